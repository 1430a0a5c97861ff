"""Which reports are one trial: by registry ids, links and numbered acronyms; each join with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from extractor.assembly.decisions import Decisions, names_of
from extractor.assembly.types import Join, JoinRule, TrialReport
from extractor.errors import AssemblyError
from extractor.identity import MATCH_PREFIX, is_only_subject, join_keys, studied_drugs
from extractor.lexicon.folding import term_keys
from extractor.naming import ACRONYM_PREFIX, acronym_parts, conditions_of, registry_of

__all__ = ["Group", "join_by_decisions", "join_by_keys", "other_conditions"]

_REASONS: dict[JoinRule, str] = {
    "registry": "both name the registry entry {key}",
    "link": "both are or link to {key}",
    "acronym": "both carry the name {key}",
}


class Group:
    """Reports taken for one trial, with what tells it from other trials."""

    def __init__(self, report: TrialReport) -> None:
        self._joined: Group | None = None
        self.reports = [report]
        self.joins: list[Join] = []
        keys = join_keys(report.record, report.trial)
        self.holders = dict.fromkeys(keys, report.name)
        """Key -> name of the first report that has it."""
        self.drugs = set(studied_drugs(report.record, report.trial))
        self.conditions = condition_words(report)
        own = [coded.value for coded in report.trial.registry_ids]
        self.apart: set[str] = set()
        """Names of reports that the user keeps apart from it."""
        self.pooled = len({registry_of(value) for value in own}) < len(set(own))

    @property
    def keys(self) -> Iterable[str]:
        return self.holders.keys()

    def registry_ids(self) -> frozenset[str]:
        """Return the registry ids: keys without a prefix."""
        return frozenset(key for key in self.holders if ":" not in key)

    def match_keys(self) -> list[str]:
        """Return the candidate keys."""
        return [key for key in self.holders if key.startswith(MATCH_PREFIX)]

    def may_join(self, other: Group) -> bool:
        """Tell whether nothing forbids that the two are one trial: no two ids of one registry, no two numbers of one
        acronym, no split by the user."""
        if any(report.name in self.apart for report in other.reports):
            return False
        if self.pooled or other.pooled:
            # A report on several registered trials is none of them: it only equals one on the same set.
            return self.registry_ids() == other.registry_ids()
        mine, theirs = _by_registry(self), _by_registry(other)
        if any(mine[registry] != theirs[registry] for registry in mine.keys() & theirs.keys()):
            return False
        numbers, others = _series(self), _series(other)
        return all(numbers[stem] == others[stem] for stem in numbers.keys() & others.keys())

    def absorb(self, other: Group, join: Join) -> None:
        """Take over what ``other`` holds."""
        self.reports.extend(other.reports)
        self.joins.extend((*other.joins, join))
        for key, name in other.holders.items():
            self.holders.setdefault(key, name)
        self.apart |= other.apart
        self.drugs |= other.drugs
        self.conditions |= other.conditions
        self.pooled |= other.pooled
        other._joined = self

    def final(self) -> Group:
        """Return the group that this one is part of by now."""
        group = self
        while group._joined is not None:
            group = group._joined
        return group


def join_by_decisions(groups: Sequence[Group], decisions: Decisions) -> None:
    """Join what the user joins, and note what the user keeps apart. Reports that are not at hand are passed over.

    Raises:
        AssemblyError: two are joined that have different ids of one registry or different numbers of one acronym.
    """
    names = names_of(report for group in groups for report in group.reports)
    by_name = {report.name: group for group in groups for report in group.reports}

    def group_of(name: str) -> Group | None:
        return by_name[names[name]].final() if name in names else None

    for split in decisions.splits:
        one, other = group_of(split.one), group_of(split.other)
        if one is not None and other is not None:
            one.apart.add(names[split.other])
            other.apart.add(names[split.one])
    for join in decisions.joins:
        one, other = group_of(join.one), group_of(join.other)
        if one is None or other is None or one is other:
            continue
        if not one.may_join(other):
            raise AssemblyError(f"{join.one} and {join.other} cannot be one trial: {_why_not(one, other)}", join.where)
        first, second = sorted((names[join.one], names[join.other]))
        reason = f"joined by the user{f': {join.reason}' if join.reason else ''}"
        one.absorb(other, Join(rule="manual", one=first, other=second, keys=(join.where,), reason=reason))


def _why_not(one: Group, other: Group) -> str:
    ids = sorted(one.registry_ids() ^ other.registry_ids())
    return f"they are registered as {', '.join(ids)}" if ids else "their names carry different numbers"


def _by_registry(group: Group) -> dict[str, str]:
    return {registry_of(key): key for key in sorted(group.registry_ids())}


def _series(group: Group) -> dict[str, str]:
    parts = (acronym_parts(key.removeprefix(ACRONYM_PREFIX)) for key in group.keys if key.startswith(ACRONYM_PREFIX))
    return {part[0]: part[1] for part in parts if part is not None}


def _rule_of(key: str) -> JoinRule:
    if key.startswith(ACRONYM_PREFIX):
        return "acronym"
    return "link" if ":" in key else "registry"


_ORDER: tuple[JoinRule, ...] = ("registry", "link", "acronym")


def join_by_keys(groups: Sequence[Group]) -> None:
    """Join groups that share a key, first registry ids, then links, then acronyms; each in the order of its names."""
    holders: dict[str, list[Group]] = {}
    for group in groups:
        for key in group.keys:
            if not key.startswith(MATCH_PREFIX):
                holders.setdefault(key, []).append(group)
    for key in sorted(holders, key=lambda key: (_ORDER.index(_rule_of(key)), key)):
        sharing = list(dict.fromkeys(group.final() for group in holders[key]))
        if len(sharing) > 1:
            _join_sharing(key, sharing)


def _join_sharing(key: str, sharing: list[Group]) -> None:
    rule = _rule_of(key)
    if rule == "registry":
        _merge(sharing, key, Group.may_join)
        return
    may_join = _may_be_linked if rule == "link" else _may_share_name
    nameless = _merge([group for group in sharing if not group.registry_ids()], key, may_join)
    named = [group for group in sharing if group.registry_ids()]
    # Where the key names several registered trials, those that give no id cannot be told apart.
    if all(may_join(a, b) for a, b in combinations(named + nameless, 2)):
        _merge(named + nameless, key, may_join)


def _may_be_linked(one: Group, other: Group) -> bool:
    """A story may link to the paper of another trial: the drugs, where both tell them, must have one in common."""
    return one.may_join(other) and (not one.drugs or not other.drugs or not one.drugs.isdisjoint(other.drugs))


def _may_share_name(one: Group, other: Group) -> bool:
    """Trials of different drugs in different conditions may carry one acronym and number by chance."""
    apart = bool(one.drugs and other.drugs) and one.drugs.isdisjoint(other.drugs)
    return one.may_join(other) and not (apart and other_conditions(one.conditions, other.conditions))


def condition_words(report: TrialReport) -> set[frozenset[str]]:
    """Return the conditions of a report, each as the words of its name."""
    alone = is_only_subject(report.record, report.trial)
    named = conditions_of(report.trial, report.record, alone=alone)
    return {frozenset(term_keys(mention.concept or mention.text)) for mention in named}


def other_conditions(one: set[frozenset[str]], other: set[frozenset[str]]) -> bool:
    """Tell whether both are known and no name lies within another ("lung cancer", "non-small cell lung cancer")."""
    return bool(one and other) and not any(a <= b or b <= a for a in one for b in other)


def _merge(groups: list[Group], key: str, may_join: Callable[[Group, Group], bool]) -> list[Group]:
    """Join each group into the first that it may join; return those that remain."""
    remaining: list[Group] = []
    for group in groups:
        target = next((known for known in remaining if may_join(known, group)), None)
        if target is None:
            remaining.append(group)
            continue
        rule = _rule_of(key)
        reason = _REASONS[rule].format(key=key.removeprefix(ACRONYM_PREFIX))
        one, other = sorted((target.holders[key], group.holders[key]))
        target.absorb(group, Join(rule=rule, one=one, other=other, keys=(key,), reason=reason))
    return remaining
