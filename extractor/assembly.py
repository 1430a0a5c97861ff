"""The same trial over documents: one trial, one arm, one fact, with every piece of evidence kept.

Trials are joined by registry ids, then by an acronym with a number; else a trial stays with its document. Two different
ids of one registry, or two numbers of one acronym (KEYNOTE-189, KEYNOTE-407), are never joined. Results that state the
same figure of the same trial, arm, outcome, measure, time point and subgroup are one fact with several evidences.

The outcome does not depend on the order of the documents, and assembling a set of trials that is closed under shared
identity keys gives what assembling everything gives for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations

import msgspec

from extractor.naming import ACRONYM_PREFIX, acronym_parts, conditions_of, fold_name, identity_keys, registry_of
from extractor.records import Arm, Context, Intervention, Measure, Record, Result, Trial

__all__ = [
    "AssembledArm",
    "AssembledOutcome",
    "AssembledTrial",
    "Concept",
    "Evidence",
    "Fact",
    "TrialReport",
    "assemble",
    "reports_of",
]


class TrialReport(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as one document states it. ``document`` is the document's key, unique over all documents."""

    document: str
    record: Record
    trial: Trial


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """A thing under its preferred name. ``key`` is the folded name, ``kind`` the mention label, ``id`` a CURIE."""

    key: str
    name: str
    kind: str
    id: str | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a figure stands: ``quote`` is ``text[start:end]`` of the document, the sentence that says it.

    Attributes:
        document: key of the document. document_kind: news, abstract, ... trial: id of the trial inside the record.
        span: [start, end] of the figure itself. result: the figure with all its values as this document states it.
    """

    document: str
    document_kind: str
    title: str | None
    url: str | None
    source: str | None
    published: str | None
    start: int
    end: int
    quote: str
    trial: str
    result: Result

    @property
    def span(self) -> tuple[int, int] | None:
        """Offsets of the figure as written."""
        return self.result.span


class AssembledArm(msgspec.Struct, frozen=True, kw_only=True):
    """A group of the trial; ``size`` as first stated, ``doses`` as printed, by intervention key."""

    key: str
    role: str
    label: str
    interventions: tuple[Concept, ...]
    doses: dict[str, str]
    size: int | float | None


class AssembledOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint of the trial; ``key`` is the folded concept, or the folded name where no concept is known."""

    key: str
    name: str
    role: str


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one trial with all its evidence. ``arm``, ``comparator`` and ``outcome`` are keys of the trial's.

    ``context`` is "reported" where at least one document reports it as its own finding. ``evidence`` begins with the
    one that states most.
    """

    key: str
    trial: str
    measure: Measure
    context: Context
    arm: str | None
    comparator: str | None
    outcome: str | None
    evidence: tuple[Evidence, ...]

    @property
    def result(self) -> Result:
        """The figure as its fullest evidence states it."""
        return self.evidence[0].result


class AssembledTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial over all documents.

    Attributes:
        key: "trial:NCT02517788", "trial:KEYNOTE-189" or "trial:doc:<document key>#<trial id>".
        role: "reported" where a document reports it, "background" where it is only cited.
        mentioned: drugs and procedures named by documents that report this trial and no other.
        documents: (document key, role there). reasons: identity keys by which documents were joined.
    """

    key: str
    role: str
    registry_ids: tuple[str, ...]
    acronym: str | None
    acronyms: tuple[str, ...]
    phase: str | None
    enrolled: int | float | None
    conditions: tuple[Concept, ...]
    arms: tuple[AssembledArm, ...]
    outcomes: tuple[AssembledOutcome, ...]
    facts: tuple[Fact, ...]
    mentioned: tuple[Concept, ...]
    documents: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    reports: tuple[TrialReport, ...]


def reports_of(document: str, record: Record, trials: Iterable[str] | None = None) -> Iterator[TrialReport]:
    """Yield a report for each trial of ``record``, or only for the trials with the given ids.

    Args:
        document: key of the document, unique over everything that is assembled together.
    """
    chosen = None if trials is None else set(trials)
    for trial in record.trials:
        if chosen is None or trial.id in chosen:
            yield TrialReport(document=document, record=record, trial=trial)


def assemble(reports: Iterable[TrialReport]) -> tuple[AssembledTrial, ...]:
    """Join ``reports`` into trials, sorted by key.

    Args:
        reports: trials of any number of documents, in any order, each at most once.
    """
    taken: set[str] = set()
    trials = []
    for group in _join(sorted(reports, key=lambda report: (report.document, report.trial.id))):
        key = next(key for key in _trial_names(group) if key not in taken)
        taken.add(key)
        trials.append(_assemble_trial(key, group))
    return tuple(sorted(trials, key=lambda trial: trial.key))


# ---- which reports are one trial


class _Group:
    """Reports taken for one trial, with what tells it from other trials."""

    def __init__(self, report: TrialReport) -> None:
        self._joined: _Group | None = None
        self.reports = [report]
        self.keys = set(identity_keys(report.trial))
        self.pooled = len(self.by_registry()) < len(self.registry_ids())

    def registry_ids(self) -> frozenset[str]:
        return frozenset(key for key in self.keys if not key.startswith(ACRONYM_PREFIX))

    def by_registry(self) -> dict[str, str]:
        return {registry_of(key): key for key in sorted(self.registry_ids())}

    def series(self) -> dict[str, str]:
        parts = (acronym_parts(key.removeprefix(ACRONYM_PREFIX)) for key in self.keys if key.startswith(ACRONYM_PREFIX))
        return {part[0]: part[1] for part in parts if part is not None}

    def may_join(self, other: _Group) -> bool:
        if self.pooled or other.pooled:
            # A report on several registered trials is none of them: it only equals one on the same set.
            return self.registry_ids() == other.registry_ids()
        mine, theirs = self.by_registry(), other.by_registry()
        if any(mine[registry] != theirs[registry] for registry in mine.keys() & theirs.keys()):
            return False
        numbers, others = self.series(), other.series()
        return all(numbers[stem] == others[stem] for stem in numbers.keys() & others.keys())

    def absorb(self, other: _Group) -> None:
        self.reports.extend(other.reports)
        self.keys |= other.keys
        other._joined = self

    def final(self) -> _Group:
        return self if self._joined is None else self._joined.final()


def _join(reports: list[TrialReport]) -> list[list[TrialReport]]:
    groups = [_Group(report) for report in reports]
    holders: dict[str, list[_Group]] = {}
    for group in groups:
        for key in group.keys:
            holders.setdefault(key, []).append(group)
    for key in sorted(holders, key=lambda key: (key.startswith(ACRONYM_PREFIX), key)):
        sharing = list(dict.fromkeys(group.final() for group in holders[key]))
        if key.startswith(ACRONYM_PREFIX):
            nameless = _merge([group for group in sharing if not group.registry_ids()])
            named = [group for group in sharing if group.registry_ids()]
            # Where the acronym names several registered trials, those that give no id cannot be told apart.
            sharing = named + nameless if all(a.may_join(b) for a, b in combinations(named + nameless, 2)) else []
        _merge(sharing)
    final = dict.fromkeys(group.final() for group in groups)
    return [sorted(group.reports, key=lambda r: (r.document, r.trial.id)) for group in final]


def _merge(groups: list[_Group]) -> list[_Group]:
    """Join each group into the first that it may join; return those that remain."""
    remaining: list[_Group] = []
    for group in groups:
        target = next((known for known in remaining if known.may_join(group)), None)
        if target is None:
            remaining.append(group)
        else:
            target.absorb(group)
    return remaining


def _trial_names(reports: list[TrialReport]) -> Iterator[str]:
    keys = {key for report in reports for key in identity_keys(report.trial)}
    registry = sorted((k for k in keys if not k.startswith(ACRONYM_PREFIX)), key=lambda k: (not k.startswith("NCT"), k))
    pooled = any(len([k for k in registry if registry_of(k) == registry_of(key)]) > 1 for key in registry)
    yield from [f"trial:{'+'.join(registry)}"] if pooled else [f"trial:{key}" for key in registry]
    for key in sorted(keys):
        parts = acronym_parts(key.removeprefix(ACRONYM_PREFIX)) if key.startswith(ACRONYM_PREFIX) else None
        if parts is not None:
            yield f"trial:{parts[0].upper()}-{parts[1]}{parts[2]}"
    yield f"trial:doc:{reports[0].document}#{reports[0].trial.id}"


# ---- one trial from its reports


def _commonest(values: Iterable[str]) -> str | None:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value)) if counted else None


def _concepts(mentions: Iterable[tuple[str | None, str, str, str | None]]) -> tuple[Concept, ...]:
    """Fold (concept, text, label, id) rows into concepts, sorted by key."""
    rows: dict[str, list[tuple[str, str, str | None]]] = {}
    for concept, text, label, identifier in mentions:
        name = concept or text
        rows.setdefault(fold_name(name), []).append((name, label, identifier))
    return tuple(
        Concept(
            key=key,
            name=_commonest(name for name, _, _ in found) or key,
            kind=_commonest(label for _, label, _ in found) or "",
            id=min((identifier for _, _, identifier in found if identifier is not None), default=None),
        )
        for key, found in sorted(rows.items())
    )


def _assemble_trial(key: str, reports: list[TrialReport]) -> AssembledTrial:
    trials = [report.trial for report in reports]
    acronyms = [trial.acronym.text for trial in trials if trial.acronym is not None]
    enrolled = [trial.population.enrolled for trial in trials]
    arms, arm_keys = _join_arms(reports)
    outcomes, outcome_keys = _join_outcomes(reports)
    shared = Counter(name for trial in trials for name in identity_keys(trial))
    return AssembledTrial(
        key=key,
        role="reported" if any(trial.role == "reported" for trial in trials) else "background",
        registry_ids=tuple(sorted({coded.value for trial in trials for coded in trial.registry_ids})),
        acronym=_commonest(acronyms),
        acronyms=tuple(sorted(set(acronyms))),
        phase=_commonest(trial.phase.value for trial in trials if trial.phase is not None),
        enrolled=next((number.value for number in enrolled if number is not None), None),
        conditions=_concepts(
            (m.concept, m.text, m.label, m.id)
            for report in reports
            for m in conditions_of(report.trial, report.record, alone=_is_only_subject(report))
        ),
        arms=arms,
        outcomes=outcomes,
        facts=_join_facts(key, reports, arm_keys, outcome_keys),
        mentioned=_concepts(
            (m.concept, m.text, m.label, m.id)
            for report in reports
            if _is_only_subject(report)
            for m in report.record.mentions
            if m.label in ("drug", "procedure", "behaviour")
        ),
        documents=tuple(dict.fromkeys((report.document, report.trial.role) for report in reports)),
        reasons=tuple(sorted(name for name, count in shared.items() if count > 1)),
        reports=tuple(reports),
    )


def _is_only_subject(report: TrialReport) -> bool:
    subjects = [trial.id for trial in report.record.trials if trial.role == "reported"]
    return subjects == [report.trial.id]


# ---- arms


_Place = tuple[str, str, str]
"""(document key, trial id, id inside the record)."""


def _intervention_key(intervention: Intervention) -> str:
    return fold_name(intervention.concept or intervention.text)


_DOSE = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?) ?([a-zμ%]{1,12}(?:/[a-zμ0-9]{1,8}){0,3})")


def _dose_key(dose: str) -> str:
    """Return number and unit of a dose as printed, so that "30 μg each" and "30-μg" are one."""
    folded = fold_name(dose).replace("·", ".").replace("-", " ")
    found = _DOSE.search(folded)
    return f"{found[1].replace(',', '.')} {found[2]}" if found else folded


class _ArmGroup:
    def __init__(self, place: _Place, arm: Arm) -> None:
        self.arms = {place: arm}
        self.role = arm.role
        self.drugs = frozenset(map(_intervention_key, arm.interventions))
        self.label = fold_name(arm.label.text) if arm.label and not self.drugs else ""
        self.doses = {_intervention_key(i): _dose_key(i.dose.text) for i in arm.interventions if i.dose is not None}

    def is_same(self, other: _ArmGroup) -> bool:
        mine, theirs = (self.role, self.drugs, self.label), (other.role, other.drugs, other.label)
        return mine == theirs and self._doses_agree(other)

    def is_counterpart(self, other: _ArmGroup) -> bool:
        """The only arm of this role on either side, and nothing speaks against their being one."""
        agree = not self.drugs or not other.drugs or bool(self.drugs & other.drugs)
        return self.role == other.role and agree and self._doses_agree(other)

    def _doses_agree(self, other: _ArmGroup) -> bool:
        return all(self.doses[drug] == other.doses[drug] for drug in self.doses.keys() & other.doses.keys())

    def absorb(self, other: _ArmGroup) -> None:
        self.arms |= other.arms
        self.drugs |= other.drugs
        self.doses = other.doses | self.doses


def _join_arms(reports: list[TrialReport]) -> tuple[tuple[AssembledArm, ...], dict[_Place, str]]:
    groups: list[_ArmGroup] = []
    for report in reports:
        places = {(report.document, report.trial.id, arm.id): arm for arm in report.trial.arms}
        own = [_ArmGroup(place, arm) for place, arm in places.items()]
        before = list(groups)
        for group in own:
            free = [known for known in before if known.arms.keys().isdisjoint(places)]
            same = next((known for known in free if known.is_same(group)), None)
            if same is None:
                candidates = [known for known in before if known.role == group.role]
                alone = len(candidates) == 1 and sum(other.role == group.role for other in own) == 1
                same = next((k for k in candidates if alone and k in free and k.is_counterpart(group)), None)
            if same is None:
                groups.append(group)
            else:
                same.absorb(group)
    arms: list[AssembledArm] = []
    keys: dict[_Place, str] = {}
    for group in groups:
        arm = _assemble_arm(group, {arm.key for arm in arms})
        arms.append(arm)
        keys.update(dict.fromkeys(group.arms, arm.key))
    return tuple(arms), keys


def _assemble_arm(group: _ArmGroup, taken: set[str]) -> AssembledArm:
    arms = list(group.arms.values())
    interventions = _concepts((i.concept, i.text, i.label, i.id) for arm in arms for i in arm.interventions)
    label = _commonest(arm.label.text for arm in arms if arm.label is not None)
    names = " + ".join(concept.name for concept in interventions)
    doses: dict[str, str] = {}
    for arm in arms:
        for intervention in arm.interventions:
            if intervention.dose is not None:
                doses.setdefault(_intervention_key(intervention), intervention.dose.text)
    stem = fold_name(names or label or group.role)
    candidates = [stem, " ".join([stem, *map(fold_name, doses.values())]), f"{stem} ({group.role})"]
    candidates += [f"{stem} ({number})" for number in range(2, len(taken) + 3)]
    return AssembledArm(
        key=next(candidate for candidate in candidates if candidate not in taken),
        role=group.role,
        label=label or names or group.role,
        interventions=interventions,
        doses=doses,
        size=next((arm.size.value for arm in arms if arm.size is not None), None),
    )


# ---- outcomes


def _join_outcomes(reports: list[TrialReport]) -> tuple[tuple[AssembledOutcome, ...], dict[_Place, str]]:
    rank = ("primary", "secondary", "safety", "other")
    names: dict[str, list[str]] = {}
    roles: dict[str, list[str]] = {}
    keys: dict[_Place, str] = {}
    for report in reports:
        for outcome in report.trial.outcomes:
            name = outcome.concept or outcome.name.text
            key = fold_name(name)
            keys[report.document, report.trial.id, outcome.id] = key
            names.setdefault(key, []).append(name)
            roles.setdefault(key, []).append(outcome.role)
    outcomes = (
        AssembledOutcome(key=key, name=_commonest(names[key]) or key, role=min(roles[key], key=rank.index))
        for key in sorted(names)
    )
    return tuple(outcomes), keys


# ---- facts


class _FactKey(msgspec.Struct, frozen=True, order=True):
    """What makes two stated figures one fact."""

    outcome: str
    measure: str
    value: str
    unit: str
    timepoint: str
    subgroup: str
    direction: str
    hypothesis: bool
    arm: str
    comparator: str

    def text(self) -> str:
        parts = [self.outcome or "-", self.measure, " ".join(filter(None, (self.value or "-", self.unit)))]
        parts += [f"at {self.timepoint}"] if self.timepoint else []
        parts += [self.subgroup] if self.subgroup else []
        parts += [self.direction] if self.direction else []
        parts += [self.arm] if self.arm else []
        parts += [f"vs {self.comparator}"] if self.comparator else []
        parts += ["hypothesis"] if self.hypothesis else []
        return "/".join(part.replace("/", "|") for part in parts)


def _time_key(result: Result) -> str:
    """Years count as 12 months and weeks as 7 days, so that "2 years" and "24 months" are one time point."""
    if result.timepoint is None:
        return ""
    factor, unit = {"year": (12, "month"), "week": (7, "day")}.get(result.timepoint.unit, (1, result.timepoint.unit))
    return f"{result.timepoint.value * factor:g} {unit}"


def _fact_key(report: TrialReport, result: Result, arms: dict[_Place, str], outcomes: dict[_Place, str]) -> _FactKey:
    def look_up(keys: dict[_Place, str], identifier: str | None) -> str:
        return keys.get((report.document, report.trial.id, identifier or ""), "")

    return _FactKey(
        outcome=look_up(outcomes, result.outcome),
        measure=result.measure,
        value="" if result.value is None else f"{result.value:.12g}",
        unit=fold_name(result.unit or ""),
        timepoint=_time_key(result),
        subgroup=fold_name(result.subgroup.text) if result.subgroup is not None else "",
        direction=(result.direction or "") if result.measure == "comparison" else "",
        hypothesis=result.context == "hypothesis",
        arm=look_up(arms, result.arm),
        comparator=look_up(arms, result.comparator),
    )


def _evidence(report: TrialReport, result: Result) -> Evidence:
    document = report.record.document
    start, end = result.sentence or result.span or (0, 0)
    return Evidence(
        document=report.document,
        document_kind=document.kind,
        title=document.title,
        url=document.url,
        source=document.source,
        published=document.published,
        start=start,
        end=end,
        quote=document.text[start:end],
        trial=report.trial.id,
        result=result,
    )


def _fullness(evidence: Evidence) -> tuple[bool, int]:
    result = evidence.result
    stated = (result.events, result.total, result.ci, result.p_value, result.dispersion, result.baseline)
    return (result.context != "reported", -sum(part is not None for part in stated))


def _join_facts(
    trial: str, reports: list[TrialReport], arms: dict[_Place, str], outcomes: dict[_Place, str]
) -> tuple[Fact, ...]:
    found: dict[_FactKey, list[Evidence]] = {}
    for report in reports:
        for result in report.trial.results:
            found.setdefault(_fact_key(report, result, arms, outcomes), []).append(_evidence(report, result))
    facts = []
    for key, evidence in sorted(found.items()):
        contexts = {item.result.context for item in evidence}
        context: Context = "hypothesis" if key.hypothesis else "reported" if "reported" in contexts else "background"
        facts.append(
            Fact(
                key=f"result:{trial.removeprefix('trial:')}/{key.text()}",
                trial=trial,
                measure=evidence[0].result.measure,
                context=context,
                arm=key.arm or None,
                comparator=key.comparator or None,
                outcome=key.outcome or None,
                evidence=tuple(sorted(evidence, key=_fullness)),
            )
        )
    return tuple(facts)
