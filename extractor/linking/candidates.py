"""Which figures are results: each by itself, then those in a list with results.

Doses, dates, ages, sizes and the like were typed by reading and never come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.linking.context_cues import around, cue_in, cues_in
from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.measures import NO_RESULT_SECTIONS, is_label, measure_cue, measure_of
from extractor.linking.rules import cue_words
from extractor.records import Measure

__all__ = ["choose_candidates"]

_RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})
_DIFFERENCES = frozenset({"mean_difference", "risk_difference"})
_BARE = frozenset({"number", "duration", "quantity"})
_RATIO_REACH = 3
_PLAN_BEFORE, _PLAN_AFTER = 12, 70


def choose_candidates(sentences: Sequence[Sentence]) -> None:
    """Give every value of ``sentences`` its measure; values that are no results are taken out of the layout."""
    ratio: tuple[int, Measure] | None = None
    for sentence in sentences:
        planned = _planned(sentence)
        enrolment = cue_in("enrolment", sentence.text) is not None
        _list_of_times(sentence)
        for item in sentence.items:
            if item.value is not None:
                figure = item.value.figure
                plan = figure.ci is None and figure.p_value is None and any(a <= item.start < b for a, b in planned)
                item.value.measure = None if plan else measure_of(item, sentence, enrolment=enrolment)
        _set_against(sentence)
        _share_measures(sentence)
        _carry_summary(sentence)
        _merge_counts(sentence)
        _chain_estimates(sentence)
        ratio = _carry_ratio(sentence, ratio)
        for item in sentence.items:
            if item.value is not None and item.value.measure is None:
                _demote(item, sentence)


def _planned(sentence: Sentence) -> list[tuple[int, int]]:
    """Stretches of the document in which ``sentence`` tells how the trial was planned ("90% power to detect 3 mm Hg").

    A sentence that prints a p-value reports findings, so that only what stands near the cue is planned.
    """
    cues = [(sentence.start + c.start(), sentence.start + c.end()) for c in cues_in("design", sentence.text)]
    cues += [(i.start, i.end) for i in sentence.items if i.token_kind == "design"]
    if cues and not any(_tells_p(i) for i in sentence.items):
        return [(sentence.start, sentence.end)]
    return [(start - _PLAN_BEFORE, _end_of_plan(end, sentence)) for start, end in cues]


def _end_of_plan(place: int, sentence: Sentence) -> int:
    """The end of the bracket or clause after ``place``, at most _PLAN_AFTER characters on."""
    following = sentence.text[place - sentence.start :][:_PLAN_AFTER]
    ends = [k for k in (following.find(")"), following.find(";")) if k >= 0]
    return place + min(ends, default=len(following))


def _tells_p(item: Item) -> bool:
    return item.token_kind == "p_value" or (item.figure is not None and item.figure.p_value is not None)


def _list_of_times(sentence: Sentence) -> None:
    """ "at 3 months (14 vs 17 mm Hg), 15 months (13 vs 15) and 18 months (13 vs 16)": the further durations are time points."""
    items = sentence.items
    first = next((i for i in items if i.kind == "time"), None)
    if first is None:
        return
    for item in items[first.index + 1 : -1]:
        if item.value is None or item.value.figure.kind != "duration" or items[item.index + 1].lower not in ("(", "["):
            continue
        before = [i.lower for i in items[max(0, item.index - 3) : item.index] if i.lower not in ("and", ",", "at")]
        if before[-1:] == [")"] or before[-1:] == ["]"]:
            item.value, item.kind, item.token_kind = None, "time", "timepoint"


def _demote(item: Item, sentence: Sentence) -> None:
    """Take a value that is no result out; a length of follow-up becomes a time point."""
    assert item.value is not None
    followed = item.value.figure.kind == "duration" and cue_in("follow_up", around(item, sentence))
    item.value = None
    item.kind = "time" if followed else "figure"
    item.token_kind = "followup" if followed else item.token_kind


def _chain_estimates(sentence: Sentence) -> None:
    """ "The hazard ratio was 0.59 below 1%, 0.55 in those between, and 0.42 above": all three are hazard ratios."""
    last: Measure | None = None
    for item in sentence.items:
        value = item.value
        if value is None:
            if item.token_kind in ("mean", "median") or item.lower == ";":
                last = None
            continue
        figure = value.figure
        if value.measure in _RATIOS:
            last = value.measure
        elif last is not None and figure.kind == "number" and figure.unit is None and isinstance(figure.value, float):
            if value.measure in (None, "mean") and 0 < figure.value < 20 and figure.dispersion is None:
                value.measure = last


def _carry_ratio(sentence: Sentence, ratio: tuple[int, Measure] | None) -> tuple[int, Measure] | None:
    """ "(0.60, 0.33-1.06)" after an odds ratio in the sentence before is an odds ratio too."""
    for item in sentence.items:
        value = item.value
        if value is None:
            continue
        figure = value.figure
        if value.measure in _RATIOS:
            ratio = (sentence.index, value.measure)
        elif (
            ratio is not None
            and sentence.index - ratio[0] <= _RATIO_REACH
            and figure.kind == "number"
            and figure.ci is not None
            and figure.unit is None
            and isinstance(figure.value, float)
            and item.index > 0
            and sentence.items[item.index - 1].lower in ("(", "[")
        ):
            value.measure = ratio[1]
    return ratio


def _merge_counts(sentence: Sentence) -> None:
    """ "in 399 of 636 patients on A (62.7%)": one result, the percentage with its counts."""
    values = [i for i in sentence.items if i.value is not None and i.value.measure is not None]
    for left, right in pairwise(values):
        count, share = left.value, right.value
        assert count is not None and share is not None
        if count.measure != "count" or share.measure != "percentage" or share.events is not None:
            continue
        if right.index == 0 or sentence.items[right.index - 1].lower not in ("(", "[", ",", "or", "="):
            continue
        if any(i.lower in (";", "and", "vs", "versus") for i in sentence.items[left.index : right.index]):
            continue
        events, total, percent = count.events_number, count.total, share.figure.value
        if events is None or percent is None:
            continue
        if total is not None:
            if total.value <= 0 or abs(100 * events.value / total.value - percent) > 1:
                continue
        elif right.index - left.index > 9 or sentence.items[right.index - 1].lower == ",":
            continue
        share.events, share.total = events, total
        share.inside_arms += [i.arm for i in sentence.items[left.index : right.index] if i.arm is not None]
        count.measure = None


def _set_against(sentence: Sentence) -> None:
    """Bare numbers set against each other after an outcome are results: "days in hospital (3 vs 5)"."""
    if sentence.section in NO_RESULT_SECTIONS:
        return
    values = [i for i in sentence.items if i.value is not None]
    for left, right in pairwise(values):
        first, second = left.value, right.value
        assert first is not None and second is not None
        if first.measure is not None or second.measure is not None:
            continue
        if first.figure.kind not in _BARE or second.figure.kind not in _BARE:
            continue
        between = sentence.items[left.index + 1 : right.index]
        if not 0 < len(between) <= 4 or not any(i.lower in ("vs", "versus", "v", "against") for i in between):
            continue
        if not any(i.kind == "outcome" for i in sentence.items[: left.index]):
            continue
        whole = isinstance(first.figure.value, int) and isinstance(second.figure.value, int)
        first.measure = second.measure = measure_cue(left, sentence) or (
            "count" if whole and second.figure.unit is None else "mean"
        )
        first.unit = first.unit or second.unit


def _share_measures(sentence: Sentence) -> None:
    """A bare number in a list with results is one too: "1.4 and 2.5 per cent", "16.7 vs 12.1 months", "4 versus 2"."""
    values = [i for i in sentence.items if i.value is not None]
    for step in (1, -1):
        ordered = values if step == 1 else values[::-1]
        for left, right in pairwise(ordered):
            first, second = (left, right) if step == 1 else (right, left)
            known, unknown = left.value, right.value
            assert known is not None and unknown is not None
            if known.measure is None or known.figure.kind == "estimate" or not _listed(sentence, first, second):
                continue
            if unknown.measure is None and is_label(right, sentence):
                continue
            if known.measure == "rate" and unknown.measure == "percentage" and step == -1:
                unknown.measure, unknown.unit = "rate", known.unit
                continue
            if unknown.measure == known.measure and unknown.unit is None and unknown.figure.kind == "number":
                unknown.unit = known.unit
                continue
            if known.measure == "change" and unknown.measure in ("percentage", "mean") and unknown.figure.events is None:
                unknown.measure = "change"
                continue
            if unknown.figure.kind not in _BARE or not (unknown.measure is None or _weak(unknown, known)):
                continue
            if known.measure == "count" and not isinstance(unknown.figure.value, int):
                continue
            if known.measure == "percentage" and unknown.unit not in (None, known.unit):
                continue  # "46% had a pressure below 130 mm Hg, against 41%": a cut-off stands between
            unknown.measure = known.measure
            if unknown.unit is None:
                unknown.unit = known.unit


def _carry_summary(sentence: Sentence) -> None:
    """ "The median number was 4.5 in A and 5 in B": the second figure is a median too, not a count."""
    values = [i for i in sentence.items if i.value is not None]
    for left, right in pairwise(values):
        known, other = left.value, right.value
        assert known is not None and other is not None
        if known.measure in _DIFFERENCES and _is_like_difference(left, right, sentence):
            other.measure = known.measure
            continue
        if known.measure == "rate" and other.figure.kind == "number" and other.figure.unit is None:
            between = sentence.items[left.index + 1 : right.index]
            if isinstance(other.figure.value, float) and any(i.lower in _JOINS for i in between) and len(between) <= 14:
                other.measure, other.unit = "rate", known.unit
            continue
        if known.measure == "count" and other.measure is None and isinstance(other.figure.value, int):
            _carry_count(sentence, left, right)
            continue
        if known.measure == "change" and other.measure in ("mean", "percentage") and _is_same_fall(left, right, sentence):
            other.measure = "change"
            continue
        if known.measure == "relative_reduction" and other.measure == "percentage" and (
            _is_like_difference(left, right, sentence) or _is_same_efficacy(left, right, sentence)
        ):
            other.measure = "relative_reduction"
            continue
        if known.measure not in ("mean", "median") or other.measure not in ("percentage", "count", None):
            continue
        if other.measure is None and is_label(right, sentence):
            continue
        if (
            other.figure.kind not in ("number", "percent")
            or known.unit != other.unit
            or other.figure.events is not None
        ):
            continue
        between = sentence.items[left.index + 1 : right.index]
        joined = any(i.lower in _JOINS for i in between)
        parted = any(i.kind == "outcome" or i.lower == ";" for i in between)
        following = sentence.items[right.index + 1].token_kind if right.index + 1 < len(sentence.items) else ""
        if joined and not parted and len(between) <= 14 and following != "people":
            other.measure = known.measure


def _is_same_fall(left: Item, right: Item, sentence: Sentence) -> bool:
    """ "Pressure fell by 12 mm Hg with A and 3 mm Hg with B": the verb is said once."""
    known, other = left.value, right.value
    assert known is not None and other is not None
    between = sentence.items[left.index + 1 : right.index]
    bare = other.figure.dispersion is None and other.figure.ci is None and other.unit == known.unit is not None
    if other.measure == "percentage":
        of_people = [i.lower for i in sentence.items[right.index + 1 : right.index + 2]] == ["of"]
        opened = between[-1:] and between[-1].lower in ("(", "[")
        bare = bare and other.figure.events is None and not of_people and not opened and any(i.kind == "arm" for i in between)
    parted = any(i.kind == "outcome" or i.lower in (";", "at") for i in between)
    return bare and not parted and len(between) <= 14 and any(i.lower in _JOINS for i in between)


def _is_like_difference(left: Item, right: Item, sentence: Sentence) -> bool:
    """ "The difference was 2.1 (0.4 to 3.8) for A and 3.3 (1.5 to 5.1) for B": both are differences, with their intervals."""
    known, other = left.value, right.value
    assert known is not None and other is not None
    between = sentence.items[left.index + 1 : right.index]
    if other.measure not in ("mean", "change", "percentage") or any(i.kind == "outcome" or i.lower == ";" for i in between):
        return False
    alike = known.unit == other.unit or other.unit is None
    return alike and known.figure.ci is not None and other.figure.ci is not None and any(i.lower in _JOINS for i in between)


def _is_same_efficacy(left: Item, right: Item, sentence: Sentence) -> bool:
    """ "Efficacy was 74% in younger and 57% in older adults": one word for both."""
    between = sentence.items[left.index + 1 : right.index]
    parted = any(i.kind == "outcome" or i.lower in (";", "had", "were", "was") for i in between)
    of_people = [i.lower for i in sentence.items[right.index + 1 : right.index + 2]] == ["of"]
    efficacious = cue_in("efficacy", around(left, sentence)) is not None
    return efficacious and not parted and not of_people and len(between) <= 14 and any(i.lower in ("and", "versus") for i in between)


def _carry_count(sentence: Sentence, left: Item, right: Item) -> None:
    """ "39 cases arose in the A group and 82 in the B group": what is counted is said once."""
    between = sentence.items[left.index + 1 : right.index]
    following = sentence.items[right.index + 1 : right.index + 1 + _OF_ARM_REACH]
    arm = next((k for k, i in enumerate(following) if i.kind == "arm"), 0)
    told = arm > 0 and following[0].lower in _OF_ARM and all(i.lower in _OF_ARM or i.lower in _TO_ARM for i in following[:arm])
    lowers = [i.lower for i in between]
    joined = bool(between) and (lowers[-1] in ("and", "versus", "vs", "against", "but", ",") or lowers[-2:] in (["compared", "with"], ["compared", "to"]))
    if len(between) > 1 and between[-1].kind == "arm" and (lowers[-2] in ("and", "the") and "and" in lowers[-3:]):
        told = joined = True  # "A reported 412 falls and the B group 628"
    if told and joined and right.value is not None and any(i.kind == "arm" for i in between):
        right.value.measure = "count"


def _weak(unknown: Value, known: Value) -> bool:
    """A bare number taken for a mean gives way to what stands in its list with a unit: "31.8 vs 17.6%"."""
    figure = unknown.figure
    bare = figure.unit is None and figure.ci is None and figure.dispersion is None and unknown.measure == "mean"
    return bare and known.figure.unit is not None and known.measure != "mean"


_LIST_WORDS = cue_words("candidates_list_words")
_JOINS = cue_words("candidates_joins")
_OF_ARM = cue_words("candidates_of_arm")
_TO_ARM = cue_words("candidates_to_arm")
_OF_ARM_REACH = 6


def _listed(sentence: Sentence, first: Item, second: Item) -> bool:
    between = sentence.items[first.index + 1 : second.index]
    if not any(i.lower in _JOINS for i in between):
        return False
    return len(between) <= 6 and all(
        i.lower in _LIST_WORDS or i.token_kind in ("people", "approx", "mod_lt", "mod_gt") for i in between
    )
