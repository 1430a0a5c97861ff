"""What the figures themselves tell of their groups: a count and its percentage imply the size of the group, and a ratio
printed beside two values tells which of them comes first.

Printed figures outweigh the order of words: 5 (7.6%) can be of a group of 66, but not of one of 64.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from extractor.linking.layout import Sentence, Value
from extractor.records import Arm

__all__ = ["arms_by_size", "order_estimates"]

_WEAK = frozenset(
    {
        None, "arm.nearest_before", "arm.nearest_after", "arm.only_arm", "arm.sentence_before", "arm.value_after",
        "arm.alternating_before", "arm.alternating_after",
    }
)  # fmt: skip
_IN_ORDER = frozenset(
    {
        "arm.order_of_trial", "arm.parallel_list", "arm.around_list", "arm.alternating_before", "arm.alternating_after",
        "arm.contrast", "arm.order_mended_by_wording",
    }
)  # fmt: skip
_PAIR = 2
_CLOSE, _FAR = 0.06, 0.15
"""How far (natural logarithm) a ratio may be from that of the printed values to be theirs, and how far the other order must be."""


def arms_by_size(sentence: Sentence, arms: Mapping[str, Arm]) -> None:
    """Bind counts with percentages to the one group whose size they imply, where only weak rules bound them; exchange the
    groups of a pair that was bound by its order alone and fits the sizes the other way round only.

    Args:
        sentence: with linked values. arms: the groups of the trial by their ids.
    """
    told = [v for v in sentence.values if v.measure == "percentage" and v.events is not None and v.total is None]
    if not told:
        return
    sized = {a.id: a.size.value for a in arms.values() if a.size is not None and a.role != "overall" and a.size.value > 0}
    if len(set(sized.values())) < _PAIR:
        return
    for value in told:
        fitting = [arm for arm, size in sized.items() if _implies(value, size)]
        if len(fitting) == 1 and value.rules.get("arm") in _WEAK and value.arm_ids != tuple(fitting):
            value.arm_ids, value.rules["arm"] = tuple(fitting), "arm.size_agrees"
    for first, second in pairwise(told):
        if first.outcome_id == second.outcome_id and _exchanged(first, second, sized):
            first.arm_ids, second.arm_ids = second.arm_ids, first.arm_ids
            first.rules["arm"] = second.rules["arm"] = "arm.order_mended_by_sizes"


def _exchanged(first: Value, second: Value, sized: Mapping[str, float]) -> bool:
    """Whether two values have each other's group: bound by order, neither fits its own size and each fits the other's."""
    if not {first.rules.get("arm"), second.rules.get("arm")} <= _IN_ORDER:
        return False
    ids = [*first.arm_ids, *second.arm_ids]
    if len(ids) != _PAIR or len(set(ids)) != _PAIR or not set(ids) <= set(sized):
        return False
    one, two = sized[ids[0]], sized[ids[1]]
    return _implies(first, two) and _implies(second, one) and not _implies(first, one) and not _implies(second, two)


def _implies(value: Value, size: float) -> bool:
    """Whether the events of ``value`` in a group of ``size`` make its percentage, as it is rounded in print."""
    assert value.events is not None
    percent = value.figure.value
    if percent is None or value.events.value > size:
        return False
    places = len((value.figure.printed or "").replace("·", ".").partition(".")[2])
    return abs(100 * value.events.value / size - percent) <= 0.5 * 10.0**-places + 1e-9


def order_estimates(sentence: Sentence, arms: Mapping[str, Arm]) -> None:
    """Exchange the sides of a risk or odds ratio that the values printed before it give the other way round only.

    "12 of 106 after A and 24 of 98 after B (relative risk 0.46)" is that of A against B, whichever of them is the tested one.
    """
    values = sentence.values
    for i, value in enumerate(values):
        ratio = value.figure.value
        if value.measure not in ("risk_ratio", "rate_ratio", "odds_ratio") or ratio is None or ratio <= 0 or len(value.arm_ids) != _PAIR:
            continue
        pair = [_last_of(arm, values[:i], value, arms) for arm in value.arm_ids]
        shares = [p for p in pair if p is not None and 0 < p < math.inf]
        if len(shares) < _PAIR or (value.measure == "odds_ratio" and any(p >= 1 for p in shares)):
            continue
        own = _log_ratio(shares[0], shares[1], value.measure)
        told = math.log(ratio)
        if abs(told + own) <= _CLOSE and abs(told - own) >= _FAR:
            value.arm_ids = (value.arm_ids[1], value.arm_ids[0])
            value.rules["arm"] = "arm.sides_by_values"


def _last_of(arm: str, before: Sequence[Value], estimate: Value, arms: Mapping[str, Arm]) -> float | None:
    """The share (or the rate) of the group last printed before its estimate, of the same outcome."""
    for value in reversed(before):
        if value.outcome_id != estimate.outcome_id or value.arm_ids[:1] != (arm,) or value.figure.value is None:
            continue
        if value.events is not None and value.total is not None and value.total.value > 0:
            return float(value.events.value / value.total.value)
        if value.measure == "percentage":
            return float(value.figure.value) / 100
        if value.measure == "rate" and estimate.measure == "rate_ratio":
            return float(value.figure.value)
        size = arms[arm].size if arm in arms else None
        if value.measure == "count" and size is not None and size.value > 0:
            return float(value.figure.value / size.value)
        return None
    return None


def _log_ratio(one: float, two: float, measure: str) -> float:
    if measure == "odds_ratio":
        return math.log(one / (1 - one)) - math.log(two / (1 - two))
    return math.log(one / two)
