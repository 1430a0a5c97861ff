"""Each value to its outcome: lists in parallel, the bracket after a name, verbs, clauses, and the sentence before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.linking.context_cues import cue_in
from extractor.linking.groups import Group, mention_lists
from extractor.linking.layout import Item, Sentence
from extractor.linking.outcomes import OutcomeMention
from extractor.linking.rules import cue_words

__all__ = ["OutcomeLinker", "explained_items"]

_HAD = cue_words("had_verbs")
_LEADING = cue_words("outcome_links_leading")


class OutcomeLinker:
    """Binds values to outcomes, sentence by sentence, remembering the outcome spoken of last.

    Args:
        prevented: the outcome that stands for the disease a vaccine prevents, or None.
    """

    def __init__(self, prevented: str | None = None) -> None:
        self.prevented = prevented
        self.last: str | None = None
        self.last_sentence = -9
        self.last_order: tuple[str, ...] = ()
        self.last_order_sentence = -9
        self.last_measured: dict[str | None, str | None] = {}

    def remember(self, outcome_id: str, sentence: Sentence) -> None:
        """Go on from ``outcome_id``, the outcome that ``sentence`` spoke of last."""
        self.last, self.last_sentence = outcome_id, sentence.index

    def link(self, sentence: Sentence, groups: Sequence[Group]) -> None:
        """Set ``outcome_id`` of the values of one sentence."""
        runs = mention_lists(sentence, "outcome")
        previous: str | None = None
        self._link_clauses(sentence)
        self._link_per_group(groups, sentence, runs)
        for group in groups:
            if (own := self._of(group)) is not None:
                previous = own
                continue
            if self._link_parallel(group, sentence, runs, groups):
                previous = self._of(group)
                continue
            if self._link_by_order(group, sentence, groups):
                previous = self._of(group)
                continue
            chosen, rule = self._choose(group, sentence, previous, groups)
            if chosen is None:
                chosen, rule = self._former_or_latter(group, sentence)
            if chosen is None and self._is_efficacy(group):
                chosen, rule = self.prevented, "outcome.disease_prevented"
            if chosen is None and not sentence.of_kind("outcome") and sentence.index - self.last_sentence <= 2:
                chosen, rule = self._of_same_rates(group, sentence) or self.last, "outcome.sentence_before"
            for item in group.values:
                assert item.value is not None
                item.value.link("outcome_id", chosen, rule)
            previous = self._of(group) or previous
        self._fill_backwards(groups, sentence)
        self._remember_order(sentence)
        told = [v for v in sentence.values if v.outcome_id is not None and v.measure is not None]
        self.last_measured = {v.measure: v.outcome_id for v in told} or self.last_measured
        if previous is not None:
            self.remember(previous, sentence)
        elif (named := [i for i in sentence.of_kind("outcome") if i.outcome is not None and i.outcome.since is None]):
            subjects = [i for i in named if not _is_predicate(i, sentence)]
            self.remember(_id((subjects or named)[-1]), sentence)

    def _link_clauses(self, sentence: Sentence) -> None:
        """ "18% of those on A and 9% of those on B went back to work": every share that is the subject of the verb."""
        for item in sentence.of_kind("outcome"):
            since = item.outcome.since if item.outcome is not None else None
            for other in sentence.items[: item.index] if since is not None else ():
                if other.value is not None and since is not None and since <= other.start:
                    other.value.link("outcome_id", _id(item), "outcome.clause")

    def _of_same_rates(self, group: Group, sentence: Sentence) -> str | None:
        """ "RFS was 50% and 39% (HR for relapse, 0.7). In women, the corresponding rates were ...": the outcome told as a rate."""
        value = group.values[0].value
        if value is None or cue_in("same_outcomes", sentence.text) is None:
            return None
        return self.last_measured.get(value.measure)

    def _remember_order(self, sentence: Sentence) -> None:
        """Note the outcomes in the order in which the sentence told them, of values where there are any."""
        told = list(dict.fromkeys(v.outcome_id for v in sentence.values if v.outcome_id is not None))
        told = told or list(dict.fromkeys(_id(i) for i in sentence.of_kind("outcome")))
        if told:
            self.last_order, self.last_order_sentence = tuple(told), sentence.index

    def _link_by_order(self, group: Group, sentence: Sentence, groups: Sequence[Group]) -> bool:
        """ "DFS was 83% and OS 93% with A. With B, the figures were 44% and 60%": the outcomes are told once, in order."""
        n = len(group.values)
        if n < 2 or n != len(self.last_order) or len(groups) != 1 or group.versus or sentence.of_kind("outcome"):
            return False
        if any(i.lower in ("former", "latter") for i in sentence.items):
            return False
        if sentence.index - self.last_order_sentence != 1 or cue_in("same_outcomes", sentence.text) is None:
            return False
        for item, outcome in zip(group.values, self.last_order, strict=True):
            assert item.value is not None
            item.value.outcome_id = None
            item.value.link("outcome_id", outcome, "outcome.order_of_sentence_before")
        return True

    def _former_or_latter(self, group: Group, sentence: Sentence) -> tuple[str | None, str]:
        """ "Events and deaths were fewer. For the former the rates were 49 and 56": one of the two named before."""
        if len(self.last_order) != 2 or sentence.index - self.last_order_sentence != 1:
            return None, ""
        before = [i.lower for i in sentence.items[: group.start]]
        if "former" in before:
            return self.last_order[0], "outcome.the_former"
        if "latter" in before:
            return self.last_order[1], "outcome.the_latter"
        return None, ""

    def _is_efficacy(self, group: Group) -> bool:
        value = group.values[0].value
        return self.prevented is not None and value is not None and value.measure == "relative_reduction"

    def _link_per_group(self, groups: Sequence[Group], sentence: Sentence, runs: Sequence[list[Item]]) -> None:
        """ "Rates of X and Y in A and B were 38 and 31 and 36 and 25": one outcome for each list of values."""
        n = len(groups)
        size = {len(g.values) for g in groups}
        if n < 2 or len(size) != 1 or size == {1} or "respectively" not in sentence.text.lower():
            return
        if all(_of_one_arm(g) for g in groups):
            return  # "X and Y were 12 and 0.3 with A and 11 and 0.2 with B": the lists are those of the arms
        run = next((r for r in runs if len(_distinct(r)) == n and r[-1].index < groups[0].start), None)
        if run is None or any(i.kind == "outcome" for i in sentence.items[groups[0].start : groups[-1].end]):
            return
        for group, outcome in zip(groups, _distinct(run), strict=True):
            for item in group.values:
                if item.value is not None:
                    item.value.link("outcome_id", outcome, "outcome.one_per_list")

    def _fill_backwards(self, groups: Sequence[Group], sentence: Sentence) -> None:
        """ "80% of A and 74% of B achieved X": a value without an outcome takes that of the value after it."""
        for left, right in reversed(list(pairwise(groups))):
            first, second = left.values[-1].value, right.values[0].value
            if first is None or second is None or first.outcome_id is not None or first.measure != second.measure:
                continue
            if not any(i.lower == ";" for i in sentence.items[left.end : right.start]):
                for item in left.values:
                    if item.value is not None:
                        item.value.link("outcome_id", second.outcome_id, "outcome.value_after")

    def _of(self, group: Group) -> str | None:
        value = group.values[-1].value
        return value.outcome_id if value is not None else None

    def _link_parallel(
        self, group: Group, sentence: Sentence, runs: Sequence[list[Item]], groups: Sequence[Group]
    ) -> bool:
        """ "DFS and OS rates were 81.6% and 93.3%": as many outcomes as values, and the arms do not claim the list."""
        values = [i.value for i in group.values]
        n = len(values)
        if n < 2 or group.versus:
            return False
        arms = {v.arm_ids for v in values if v is not None}
        if len(arms) == n and all(arms):
            return False
        run = next((r for r in reversed(runs) if len(_distinct(r)) == n and r[-1].index < group.start), None)
        run = run or next((r for r in runs if len(_distinct(r)) == n and r[0].index > group.end), None)
        if run is None:
            return False
        for value, outcome in zip(values, _distinct(run), strict=True):
            assert value is not None
            value.link("outcome_id", outcome, "outcome.parallel_list")
        return True

    def _choose(
        self, group: Group, sentence: Sentence, previous: str | None, groups: Sequence[Group]
    ) -> tuple[str | None, str]:
        first = group.values[0].value
        assert first is not None
        inside = first.inside_outcomes
        if inside and not (len(inside) > 1 and _alternatives(inside, sentence)):
            return inside[-1].outcome_id if first.figure.kind == "estimate" else inside[0].outcome_id, "outcome.inside"
        before = _previous(group, sentence)
        after = _next(group, sentence)
        if before is not None and _bracket_after(group, before, sentence, "([:"):
            return _id(before), "outcome.bracket"
        if after is not None and _linked_after(group, after, sentence):
            return _id(after), "outcome.verb_after"
        if before is not None and _bracket_after(group, before, sentence, ","):
            return _id(before), "outcome.comma"
        last = max((g.end for g in groups if g.end < group.start), default=-1)
        if previous is not None and (before is None or before.index < last):
            return previous, "outcome.value_before"
        if before is not None and _same_clause(group, before, sentence):
            return _id(before), "outcome.clause_before"
        if after is not None and not _value_between(group.end, after.index, sentence):
            if before is None or not _leads(group, sentence):
                return _id(after), "outcome.after"
        if before is not None:
            return _id(before), "outcome.before"
        return None, ""


def _of_one_arm(group: Group) -> bool:
    """Whether all values of a list have the same arm."""
    arms = {i.value.arm_ids for i in group.values if i.value is not None}
    return len(arms) == 1 and all(arms)


def _alternatives(inside: Sequence[OutcomeMention], sentence: Sentence) -> bool:
    """Whether the outcomes in an estimate's words make one together: "hazard ratio for stroke or death"."""
    gap = sentence.text[inside[-2].end - sentence.start : inside[-1].start - sentence.start]
    return gap.strip().lower() in ("or", "and", "/", ", or", "and/or")


def _id(item: Item) -> str:
    assert item.outcome is not None
    return item.outcome.outcome_id


def _distinct(run: Sequence[Item]) -> list[str]:
    return list(dict.fromkeys(_id(i) for i in run))


def _previous(group: Group, sentence: Sentence) -> Item | None:
    """The outcome before a group of values; what a closed bracket or an apposition explains is passed over."""
    explained = explained_items(sentence.items[: group.start])
    named = [i for i in sentence.items[: group.start] if i.kind == "outcome"]
    named = [i for i in named if not _is_predicate(i, sentence)] or named
    last = next((i for i in reversed(named) if i.index not in explained), named[-1] if named else None)
    if last is not None and len(named) > 1 and _only_labels(last, named[-2], sentence) and named[-1] is last:
        last = named[-2]
    for earlier in reversed(named[: named.index(last)] if last is not None else []):
        if last is None or not _depends(last, earlier, sentence):
            break
        last = earlier
    return last


def _only_labels(label: Item, outcome: Item, sentence: Sentence) -> bool:
    """Whether a naming only says how the outcome before its bracket was measured: "effect of A (AUC 229 vs 137)"."""
    if label.outcome is None or label.index == 0 or sentence.items[label.index - 1].lower not in ("(", "["):
        return False
    words = sentence.text[label.start - sentence.start : label.end - sentence.start].lower().split()
    return outcome.index < label.index and all(w in _MEASURING for w in words)


_MEASURING = cue_words("outcome_links_measuring")

_BE = frozenset({"was", "were", "is", "are", "remained", "being"})
_RANKING = cue_words("outcome_links_ranking")
_LONGEST_RANK = 6


def _is_predicate(item: Item, sentence: Sentence) -> bool:
    """Whether an outcome only says what the one before it was: "low pressure was the most common side effect"."""
    before = sentence.items[max(0, item.index - _LONGEST_RANK) : item.index]
    verb = next((i for i in reversed(before) if i.lower in _BE), None)
    if verb is None or not any(i.kind == "outcome" for i in sentence.items[: verb.index]):
        return False
    between = sentence.items[verb.index + 1 : item.index]
    return all(i.kind == "word" for i in between) and any(i.lower in _RANKING for i in between)


_DEPENDING = cue_words("outcome_links_depending")
_MEASURED = cue_words("outcome_links_measured")
_WITH = cue_words("outcome_links_measured_with")
_PARTING_OBJECT = cue_words("outcome_links_parting_object")
_PARTING = cue_words("outcome_links_parting")
_LONGEST_TAIL = 8


def _depends(outcome: Item, head: Item, sentence: Sentence) -> bool:
    """Whether ``outcome`` only tells more of the one before it: "time from onset of pain to discharge", "failure to control pressure"."""
    between = sentence.items[head.index + 1 : outcome.index]
    if not between or len(between) > _LONGEST_TAIL or any(i.kind not in ("word", "mark", "time") for i in between):
        return False
    lowers = [i.lower for i in between]
    if any(a in _MEASURED and b in _WITH for a, b in pairwise(lowers)):
        return not any(w in _PARTING for w in lowers)  # "pain on day 1 measured by visual analogue scale was less"
    if any(i.kind == "time" for i in between):
        return False
    if any(w in _PARTING for w in lowers) or (lowers[0] in ("in", "by", "at") and lowers[-1].endswith("ing")):
        return False
    return any(w in _DEPENDING for w in lowers)


_APPOSITION = cue_words("outcome_links_apposition")
_OCCURRING = cue_words("outcome_links_occurring")
_BEFALLING = cue_words("measures_befalling")


def _names_outcome(items: Sequence[Item], i: int) -> bool:
    return items[i].kind == "outcome" or (items[i].lower == ")" and i > 0 and items[i - 1].kind == "outcome")


def explained_items(items: Sequence[Item]) -> set[int]:
    """Return the indices of items inside closed brackets, "X (further stroke or death)", and of appositions, "X, a composite of stroke and death, occurred"."""
    inside: set[int] = set()
    opened: list[int] = []
    for i, item in enumerate(items):
        if (item.lower in ("(", "[") and item.kind == "mark") or (item.token_kind == "scale" and "(" in item.lower):
            opened.append(i)
        elif item.lower in (")", "]") and item.kind == "mark" and opened:
            inside.update(x.index for x in items[opened.pop() : i])
        elif (
            item.lower == ","
            and i
            and _names_outcome(items, i - 1)
            and i + 1 < len(items)
            and items[i + 1].lower in _APPOSITION
        ):
            closing = [
                k for k in range(i + 1, len(items) - 1) if items[k].lower == "," and items[k + 1].lower in _OCCURRING
            ] or [k for k in range(i + 1, len(items)) if items[k].lower in _BEFALLING][:1]
            if closing:
                inside.update(x.index for x in items[i : closing[-1]])
    return inside


def _next(group: Group, sentence: Sentence) -> Item | None:
    following = next((i for i in sentence.items[group.end + 1 :] if i.kind == "outcome"), None)
    return following if following is None else _object_of(following, sentence)


_LONGEST_OBJECT = 7


def _object_of(verb: Item, sentence: Sentence) -> Item:
    """What was achieved, where an outcome is but a verb with an object: "40% achieved a 20% reduction in pressure"."""
    assert verb.outcome is not None
    word = sentence.text[verb.start - sentence.start : verb.end - sentence.start]
    if " " in word or not (verb.outcome.rule == "predicate" or word.endswith("ed")):
        return verb
    for other in sentence.items[verb.index + 1 : verb.index + 1 + _LONGEST_OBJECT]:
        if other.kind == "outcome":
            return other
        if other.kind not in ("word", "figure", "mark") or other.lower in _PARTING_OBJECT:
            return verb
    return verb


def _bracket_after(group: Group, outcome: Item, sentence: Sentence, marks: str) -> bool:
    """ "vomiting (29% vs. 9%)", "OS [HR 0.7]": the bracket belongs to what stands right before it."""
    between = sentence.items[outcome.index + 1 : group.start]
    return (
        bool(between)
        and len(between) <= 3
        and between[0].lower in marks
        and not any(i.kind in ("value", "arm") for i in between)
    )


def _value_between(start: int, end: int, sentence: Sentence) -> bool:
    low, high = sorted((start, end))
    return any(i.kind == "value" for i in sentence.items[low + 1 : high])


def _linked_after(group: Group, outcome: Item, sentence: Sentence) -> bool:
    """ "15% of patients had relapse", "16 achieved remission", "20% with fever": said right after the value."""
    between = sentence.items[group.end + 1 : outcome.index]
    if len(between) > 14 or any(i.kind == "value" for i in between):
        return False
    lowers = [i.lower for i in between]
    if any(w in (";", "but", "whereas", "while", ".") for w in lowers):
        return False
    before = any(i.kind == "outcome" for i in sentence.items[: group.start])
    if before and "," in lowers and lowers[-1] == "with":
        return False
    if before and "and" in lowers and any(w in _HAD for w in lowers[lowers.index("and") :]):
        return False
    verbs = [k for k, w in enumerate(lowers) if w in _HAD or w in ("with", "free", "without")]
    leading = _leads(group, sentence)
    if not between:
        value = group.values[-1].value
        counted = value is not None and value.measure == "count"  # "there were 10 strokes and 3 deaths"
        return not leading or counted or sentence.items[group.start - 1].lower == "of"
    if lowers in (["for"], ["for", "the"]):
        return True
    if lowers == ["of"] and all(item.value is not None and item.value.measure == "count" for item in group.values):
        return True  # "four of fever and three of infection"
    if verbs and len(lowers) - verbs[-1] <= 6:
        return not (
            leading
            and any(i.kind == "outcome" for i in sentence.items[: group.start])
            and lowers[verbs[-1]] in ("with", "received", "was", "were")
        )
    return False


def _leads(group: Group, sentence: Sentence) -> bool:
    """Whether the word before the value says that its outcome came before: "was 15%", "occurred in 15%"."""
    index = group.start - 1
    while index >= 0 and sentence.items[index].token_kind in (
        "approx",
        "mod_ge",
        "mod_gt",
        "mod_lt",
        "mod_le",
        "median",
        "mean",
    ):
        index -= 1
    return index >= 0 and sentence.items[index].lower in _LEADING


def _same_clause(group: Group, outcome: Item, sentence: Sentence) -> bool:
    between = sentence.items[outcome.index + 1 : group.start]
    return not any(i.lower in (";",) for i in between) and (
        _leads(group, sentence) or not any(i.kind == "value" for i in between)
    )
