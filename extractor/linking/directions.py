"""Directions that figures tell: a ratio against 1, a difference against 0, the values of two arms with their p-value.

What the sentence says in words decides where the figures leave it open, and mends the order of a pair that contradicts it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.linking.arm_links import ArmLinker
from extractor.linking.arm_ties import TWO_ARM
from extractor.linking.comparison_rules import frame_in
from extractor.linking.comparisons import (
    Finding,
    direction_of_ratio,
    direction_on,
    flip,
    significance,
    worded_direction,
)
from extractor.linking.finding_scope import Claim
from extractor.linking.findings import Names, names_of
from extractor.linking.groups import Group
from extractor.linking.layout import Item, Sentence, Value
from extractor.reading.scan import plain_text

__all__ = ["set_directions"]

_RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})
_SIGNED = frozenset({"mean_difference", "standardized_mean_difference", "risk_difference", "absolute_difference"})
_LASTING = re.compile(
    r"\bsurvival\b|\btime (?:to|until)\b|\bduration of\b|-free\b|\b(?:OS|[PDERB]FS|MFS|DMFS|TTP|TTF)\b", re.IGNORECASE
)
_REACH_OF_NS = 60
_LESS = re.compile(
    r"\b(?:lower|fewer|less|reduc\w+|decreas\w+|shorter|cut|declin\w*|drop|fall|fell|smaller)\b", re.IGNORECASE
)
_MORE = re.compile(
    r"\b(?:higher|more|greater|increas\w+|longer|rais\w+|larger|improv\w+|twice|double\w*)\b", re.IGNORECASE
)


def set_directions(group: Group, sentence: Sentence, claims: Sequence[Claim], linker: ArmLinker, names: Names) -> None:
    """Set direction and significance of the values of ``group``, and the other arm of a pair of values.

    Args:
        group: values side by side. sentence, claims: their sentence and what its wordings speak of. linker: knows the
            arms. names: of the outcomes.
    """
    findings = [c.finding for c in claims]
    for item in group.values:
        value = item.value
        if value is None or value.figure.value is None:
            continue
        if value.measure in _RATIOS:
            ci = value.figure.ci
            low, high = (ci.low, ci.high) if ci is not None else (None, None)
            value.direction, value.significant = direction_of_ratio(value.figure.value, low, high)
            value.rules["direction"] = "direction.ratio"
            if value.measure == "hazard_ratio" and any(map(_LASTING.search, names.get(value.outcome_id or "", ()))):
                # a hazard is that of the event: the smaller it is, the longer the survival
                value.direction, value.rules["direction"] = flip(value.direction), "direction.hazard_of_event"
        elif value.measure in TWO_ARM or value.measure == "change":
            _direct_difference(value, item, sentence, findings, names)
        if value.measure in TWO_ARM:
            _weigh(value, claims)
    values = [i.value for i in group.values if i.value is not None]
    if len(values) > 1 and values[0].measure not in TWO_ARM:
        _direct_list(values, sentence, claims, linker, names, _estimate_says(group, sentence))
    elif len(values) == 1 and values[0].measure not in TWO_ARM:
        _direct_shared(values[0])
        _direct_apart(group, sentence, claims, linker, names)
    for value in values:
        if value.significant is None and value.p_value is not None and value.p_value.kind == "difference":
            value.significant = significance(value.p_value)


def _direct_shared(value: Value) -> None:
    """ "It was 2.2 mm in both groups (P = .7)": the one figure of all groups is no difference."""
    p = value.p_value
    if len(value.shared_arms) > 1 and p is not None and p.kind == "difference" and significance(p) is False:
        value.direction, value.significant = "no_difference", False
        value.rules["direction"] = "direction.of_each"


def _estimate_says(group: Group, sentence: Sentence) -> bool | None:
    """ "15 vs 24 months; hazard ratio 1.2 (0.8 to 1.7)": whether the estimate right after a pair finds a difference; so
    does "(p = NS)"."""
    last = group.values[-1]
    if frame_in("ns_after", plain_text(sentence.text[last.end - sentence.start :][:_REACH_OF_NS])):
        return False
    following = next((i for i in sentence.items[group.end + 1 :] if i.kind in ("value", "outcome", "arm")), None)
    estimate = following.value if following is not None else None
    if estimate is None or estimate.measure not in TWO_ARM:
        return None
    ci, p = estimate.figure.ci, estimate.p_value
    if p is not None and p.kind == "difference":
        return significance(p)
    if ci is not None and ci.low is not None and ci.high is not None:
        return not ci.low <= (1 if estimate.measure in _RATIOS else 0) <= ci.high
    return None


def _weigh(value: Value, claims: Sequence[Claim]) -> None:
    """A comparison whose p-value is not significant, or of which the text says so, finds no difference."""
    p = value.p_value
    if value.significant is None and p is not None and p.kind == "difference":
        value.significant = significance(p)
    if value.significant is None and value.direction is not None:
        claim = _claim_on(value, claims)
        if claim is not None and claim.finding.direction == "no_difference":
            value.significant = False
    if value.significant is False and value.direction is not None:
        value.direction = "no_difference"


def _direct_difference(value: Value, item: Item, sentence: Sentence, findings: Sequence[Finding], names: Names) -> None:
    spelled = sentence.text[item.start - sentence.start : item.end - sentence.start]
    if frame_in(
        "insignificant",
        plain_text(sentence.text[max(0, item.start - sentence.start - 60) : item.start - sentence.start]),
    ):
        value.significant = False
    number = value.figure.value
    signed = value.measure in _SIGNED and len(value.arm_ids) == 2
    if _LESS.search(spelled):
        value.direction, value.rules["direction"] = "decreased", "direction.worded_in_figure"
    elif _MORE.search(spelled):
        value.direction, value.rules["direction"] = "increased", "direction.worded_in_figure"
    elif value.measure == "relative_reduction":
        value.direction, value.rules["direction"] = "decreased", "direction.reduction"
    else:
        finding = worded_direction(findings, sentence, item)
        if finding is not None and finding.direction != "no_difference":
            named = names_of(value.outcome_id or "", "", names)
            value.direction, value.rules["direction"] = direction_on(finding, named), finding.rule
        elif number is not None and number < 0:
            value.direction, value.rules["direction"] = "decreased", "direction.sign"
        elif number is not None and number > 0 and finding is None and signed:
            value.direction, value.rules["direction"] = "increased", "direction.sign"
    ci = value.figure.ci
    if ci is not None and ci.low is not None and ci.high is not None and value.measure != "change":
        value.significant = not ci.low <= 0 <= ci.high
        if value.significant is False:
            value.direction, value.rules["direction"] = "no_difference", "direction.interval"


def _claim_on(value: Value, claims: Sequence[Claim]) -> Claim | None:
    """The claim of the sentence on the outcome of a value: the last one before it that was not taken back."""
    mine = [c for c in claims if not c.withdrawn and not c.within and any(o == value.outcome_id for o, _ in c.outcomes)]
    before = [c for c in mine if c.place <= value.start]
    return before[-1] if before else mine[0] if mine else None


def _direct_list(
    values: Sequence[Value],
    sentence: Sentence,
    claims: Sequence[Claim],
    linker: ArmLinker,
    names: Names,
    told: bool | None,
) -> None:
    """Values of two or more arms side by side: each tested arm against the control."""
    if len(values) == 2:
        _direct_pair(values[0], values[1], sentence, claims, linker, names, told)
        return
    if any(len(v.arm_ids) != 1 for v in values):
        return
    controls = [v for v in values if _role(v, linker) == "comparator"]
    if not controls and (apart := _value_of_control(values[0], sentence, linker)) is not None:
        controls = [apart]  # "14% on placebo compared with 20%, 24% and 29% of those on 5, 10 and 20 mg"
    if len(controls) != 1 or len({v.outcome_id for v in values}) > 1:
        return
    for value in values:
        if value is not controls[0]:
            _direct_pair(value, controls[0], sentence, claims, linker, names, None)


def _role(value: Value, linker: ArmLinker) -> str:
    arm = linker.by_id.get(value.arm_ids[0]) if value.arm_ids else None
    return arm.role if arm is not None else ""


_REACH_OF_FALL = 160


def _signed(value: Value, sentence: Sentence, names: Names) -> float:
    """The figure, below 0 where it is printed as a reduction of an outcome whose name does not say so."""
    number = value.figure.value
    assert number is not None
    place = value.start - sentence.start
    before = plain_text(sentence.text)[max(0, place - _REACH_OF_FALL) : place]
    named = names.get(value.outcome_id or "", ())
    if number > 0 and named and frame_in("fell", before) and not frame_in("fell", named[0].lower()):
        return -float(number)
    return float(number)


_BY_ORDER = frozenset({"arm.order_of_trial", "arm.parallel_list", "arm.around_list"})


def _mend_order(first: Value, second: Value, claim: Claim, linker: ArmLinker, sentence: Sentence) -> None:
    """ "Compared with B, A had higher X (79 vs 70)": the wording tells which value is whose where only their order did."""
    direction = claim.finding.direction  # "improved" may be told of scores or of what they gained: it mends nothing
    if direction not in ("increased", "decreased") or len(claim.subjects) > 1 or claim.within:
        return
    if first.rules.get("arm") not in _BY_ORDER or second.rules.get("arm") not in _BY_ORDER:
        return
    pair = (first.arm_ids[0], second.arm_ids[0])
    others = [a for a in pair if a not in claim.references]
    subject = claim.subjects[0] if claim.subjects else others[0] if len(others) == 1 else None
    if not claim.references:  # "a decrease of X (79 vs 70)" is that of the tested arm
        tested = [a for a in pair if a in linker.by_id and linker.by_id[a].role == "experimental"]
        led = any(i.arm is not None and len(i.arm.arm_ids) == 1 and i.end <= first.start for i in sentence.of_kind("arm"))
        subject = tested[0] if not claim.subjects and not led and len(tested) == 1 else None
    if subject not in pair or not set(claim.references) <= set(pair):
        return
    low, high = first.figure.value, second.figure.value
    if low is None or high is None or low == high or low < 0 or high < 0:
        return
    subject_is_higher = (low > high) == (subject == pair[0])
    if subject_is_higher != (direction == "increased"):
        first.arm_ids, second.arm_ids = second.arm_ids, first.arm_ids
        first.rules["arm"] = second.rules["arm"] = "arm.order_mended_by_wording"


def _direct_pair(
    first: Value, second: Value, sentence: Sentence, claims: Sequence[Claim], linker: ArmLinker, names: Names,
    told: bool | None,
) -> None:  # fmt: skip
    """Two arms' values: the experimental one is increased or decreased against the other."""
    if first.outcome_id != second.outcome_id or first.timepoint != second.timepoint:
        return
    claim = _claim_on(first, claims)
    if len(first.arm_ids) != 1 or len(second.arm_ids) != 1 or first.arm_ids == second.arm_ids:
        _no_difference_of_unnamed(first, second, claim, told)
        return
    if claim is not None:
        _mend_order(first, second, claim, linker, sentence)
    side, other = first, second
    controls = ("comparator", "historical")
    if _role(first, linker) in controls and _role(second, linker) not in controls:
        side, other = second, first
    if side.figure.value is None or other.figure.value is None:
        return
    compares = claim is not None and (bool(claim.references) or claim.finding.direction == "no_difference")
    if not compares and _own_tests(first, second):
        return
    p = side.p_value or other.p_value
    significant = significance(p) if p is not None and p.kind == "difference" else told
    rule = "direction.pair"
    if significant is None and claim is not None and claim.finding.direction == "no_difference":
        significant, rule = False, claim.finding.rule
    elif significant is None and claim is not None:
        significant = claim.finding.significant
        if significant is None and claim.p_value is not None:
            significant = significance(claim.p_value)
    if significant is None and any(c.within and any(o == side.outcome_id for o, _ in c.outcomes) for c in claims):
        return
    one, two = _signed(side, sentence, names), _signed(other, sentence, names)
    side.direction, side.rules["direction"] = "increased" if one > two else "decreased", rule
    if significant is False or one == two:
        side.direction = "no_difference"
    side.significant = significant
    if claim is not None and side.direction == flip(_worded(claim, side, other, names)):
        # the values are not whose they seem, or of another time: the words are plainer
        side.direction, side.rules["direction"] = flip(side.direction), claim.finding.rule
    side.arm_ids = (side.arm_ids[0], other.arm_ids[0])


def _own_tests(first: Value, second: Value) -> bool:
    """ "From 50 to 55 (P = .04) with A and from 53 to 56 (P = .03) with B": each is tested against its own baseline."""
    one, two = first.p_value, second.p_value
    if one is None or two is None or first.figure.baseline is None or second.figure.baseline is None:
        return False
    return one.span != two.span


def _worded(claim: Claim, side: Value, other: Value, names: Names) -> str:
    """The direction of ``side`` against ``other`` that the words of their sentence tell; blank where they do not."""
    direction = direction_on(claim.finding, names_of(side.outcome_id or "", "", names))
    if direction not in ("increased", "decreased") or claim.within or claim.inherited:
        return ""
    one, two = side.arm_ids[0], other.arm_ids[0]
    if claim.subjects == (one,) or (not claim.subjects and claim.references == (two,)):
        return direction
    if claim.subjects == (two,) or (not claim.subjects and claim.references == (one,)):
        return flip(direction)
    return ""


def _no_difference_of_unnamed(first: Value, second: Value, claim: Claim | None, told: bool | None) -> None:
    """Whose values they are may stay open: where they do not differ, neither is higher."""
    p = first.p_value or second.p_value
    significant = significance(p) if p is not None and p.kind == "difference" else told
    if significant is None and claim is not None and claim.finding.direction == "no_difference":
        significant = False
    if significant is False and first.direction is None and len(first.arm_ids) < 2:
        first.direction, first.significant = "no_difference", False
        first.rules["direction"] = "direction.pair_without_arms"


def _direct_apart(group: Group, sentence: Sentence, claims: Sequence[Claim], linker: ArmLinker, names: Names) -> None:
    """ "15% in A and 21% in B": the pair stands apart, each value with its own arm."""
    value = group.values[0].value
    assert value is not None
    previous = next((i.value for i in reversed(sentence.items[: group.start]) if i.value is not None), None)
    if _role(value, linker) == "experimental":
        previous = _value_of_control(value, sentence, linker) or previous
    if previous is None or previous.measure != value.measure or previous.outcome_id != value.outcome_id:
        return
    if value.arm_ids and previous.arm_ids and _role(value, linker) == _role(previous, linker) == "experimental":
        control = _value_of_control(value, sentence, linker, behind=True)
        if control is not None:
            return  # "20% with 5 mg, 24% with 10 mg and 14% with placebo": neither dose is the other's comparator
    if len(previous.arm_ids) < 2 and previous.timepoint == value.timepoint:
        _direct_pair(previous, value, sentence, claims, linker, names, _estimate_says(group, sentence))


def _value_of_control(value: Value, sentence: Sentence, linker: ArmLinker, *, behind: bool = False) -> Value | None:
    """The value of the control group of the same outcome and time point, printed before ``value`` or ``behind`` it."""
    if len([a for a in linker.groups_of_trial if a.role == "comparator"]) != 1:
        return None
    alike = [
        v
        for v in sentence.values
        if v.measure == value.measure and v.outcome_id == value.outcome_id and v.timepoint == value.timepoint
        and len(v.arm_ids) == 1 and _role(v, linker) == "comparator" and (v.start > value.start) == behind
    ]  # fmt: skip
    return alike[0 if behind else -1] if alike else None
