"""An estimate, its confidence interval and its p-value: whether the three can come from one normal approximation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

import msgspec

from extractor.checks.context import Said
from extractor.printed import Range
from extractor.records import ONE_ARM_MEASURES, Check, PValue, Result

__all__ = ["RATIOS", "estimate_outside_interval", "interval_symmetry", "p_value_against_interval"]

RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})
"""Measures whose interval is symmetric on the log scale and whose value of no effect is 1."""

_DIFFERENCES = frozenset({"mean_difference", "risk_difference", "absolute_difference", "standardized_mean_difference"})
_SYMMETRIC = frozenset({"mean_difference", "standardized_mean_difference", "mean"})
"""Differences of risks are left out: intervals of rare events (Newcombe, Miettinen-Nurminen) are lopsided."""

_NOT_OF_DIFFERENCE = re.compile(r"\b(?:equivalen|non-?inferior|interaction|heterogen|trend)", re.IGNORECASE)
_NORMAL = NormalDist()
_SKEW = 0.25
"""Share of the half-width by which an estimate may lie off the middle beyond rounding: profile and exact intervals do."""
_OTHER_TEST_FACTOR = 1.25
_OTHER_TEST_SHIFT = 0.3
"""By how much the z of another test of the same data (log-rank, stratified, exact) may differ from the interval's."""


class _Interval(NamedTuple):
    """Bounds and estimate on the scale where the interval is symmetric and no effect is 0, each with its rounding."""

    low: Range
    high: Range
    estimate: Range
    z: float


def estimate_outside_interval(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where the bounds stand the wrong way round, or the estimate is not between them.

    A fall printed without its sign agrees; a percentage beside the interval of a proportion is not compared.

    Source: by construction an interval holds its own point estimate (Altman and Bland 2011, BMJ 343:d2090).
    """
    if result.ci is None or result.ci.low is None or result.ci.high is None:
        return
    low, high = result.ci.low, result.ci.high
    if low > high:
        yield Check(
            kind="interval_reversed",
            severity="error",
            message="the lower bound of the interval is above its upper bound",
            result=result.id,
            expected=f"{high:g} to {low:g}",
            found=f"{low:g} to {high:g}",
        )
    elif (
        result.value is not None and not low <= result.value <= high and not _written_otherwise(result, said, low, high)
    ):
        yield Check(
            kind="estimate_outside_interval",
            severity="error",
            message="the estimate lies outside its own interval",
            result=result.id,
            expected=f"{low:g} to {high:g}",
            found=f"{result.value:g}",
        )


def _written_otherwise(result: Result, said: Said, low: float, high: float) -> bool:
    """Whether the figure is no estimate of this interval: a fall without its sign, a percentage beside an interval of a
    proportion or of a difference, one far away beside the interval of a ratio, the unit of a ratio ("1.15 per 10
    points")."""
    value = result.value or 0
    as_fall = value > 0 and low <= -value <= high and result.measure not in RATIOS
    per_unit = result.span is not None and said.text[max(0, result.span[0] - 4) : result.span[0]] == "per "
    as_share = result.measure == "percentage" and (low < 0 or high <= 1)
    of_other = result.measure in ONE_ARM_MEASURES and min(abs(value - low), abs(value - high)) > 2 * (high - low)
    return as_fall or as_share or of_other or per_unit


def _read(result: Result, said: Said) -> _Interval | None:
    interval = result.ci
    if interval is None or interval.low is None or interval.high is None or result.value is None:
        return None
    if not interval.low <= result.value <= interval.high or interval.low == interval.high:
        return None
    level = 95.0 if interval.level is None else float(interval.level)
    if not 50 <= level < 100:
        return None
    bounds = (said.part_range(interval.low, interval.span), said.part_range(interval.high, interval.span))
    estimate = said.value_range(result)
    if estimate is None:
        return None
    z = _NORMAL.inv_cdf(0.5 + level / 200)
    linear = _Interval(*bounds, estimate, z)
    logs = [part.log() for part in (*bounds, estimate)]
    if logs[0] is None or logs[1] is None or logs[2] is None:
        return None if result.measure in RATIOS else linear
    logarithmic = _Interval(logs[0], logs[1], logs[2], z)
    if result.measure in RATIOS:
        return logarithmic
    # A ratio that nothing names may have been read as a difference; its interval shows it.
    return linear if _off_middle(linear) <= _off_middle(logarithmic) else None


def _off_middle(read: _Interval) -> float:
    """Return how far the estimate is from the middle of the interval, in half-widths."""
    low, high, estimate = ((part.low + part.high) / 2 for part in (read.low, read.high, read.estimate))
    return abs(estimate - (low + high) / 2) / ((high - low) / 2)


def interval_symmetry(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where the estimate is far from the middle of its interval, beyond what rounding allows.

    The middle is (low + high) / 2, for ratios sqrt(low * high), as estimate +- z * SE makes it (Altman and Bland 2011,
    BMJ 343:d2090 and d2304). All three printed figures stand for ranges of half a unit of their last digit. A quarter
    of the half-width is allowed on top, since exact, profile and bootstrap intervals are not quite symmetric. Not for
    percentages and medians, whose intervals are not meant to be.
    """
    if result.measure not in RATIOS and result.measure not in _SYMMETRIC:
        return
    read = _read(result, said)
    if read is None or result.ci is None:
        return
    middle = Range((read.low.low + read.high.low) / 2, (read.low.high + read.high.high) / 2)
    half_width = (read.high.high - read.low.low) / 2
    if read.estimate.overlaps(middle, _SKEW * half_width):
        return
    if result.measure not in RATIOS:
        fallen = Range(-read.estimate.high, -read.estimate.low)
        fallen = Range(-read.estimate.high, -read.estimate.low)
        unsigned = result.value is not None and result.value > 0
        if (unsigned and fallen.overlaps(middle, _SKEW * half_width)) or 0 in (result.ci.low, result.ci.high):
            return  # a fall printed without its sign; the difference of rare events
    centre = (middle.low + middle.high) / 2
    expected = math.exp(centre) if result.measure in RATIOS else centre
    yield Check(
        kind="interval_symmetry",
        severity="warning",
        message=f"the middle of the interval {result.ci.low:g} to {result.ci.high:g} is {expected:.3g}"
        f"{' on the log scale' if result.measure in RATIOS else ''}, the estimate {result.value:g} is far from it",
        result=result.id,
        expected=f"{expected:.3g}",
        found=f"{result.value:g}",
    )


def _z_range(read: _Interval) -> Range | None:
    """Return the range of |estimate - null| / SE that the printed figures leave, with SE = (high - low) / (2 * z)."""
    least_width, most_width = read.high.low - read.low.high, read.high.high - read.low.low
    if least_width <= 0:
        return None
    near, far = sorted((abs(read.estimate.low - 0.0), abs(read.estimate.high - 0.0)))
    if read.estimate.low <= 0.0 <= read.estimate.high:
        near = 0.0
    return Range(near * 2 * read.z / most_width, far * 2 * read.z / least_width)


def _z_of_p(p: float, sides: int) -> float:
    """Return the |z| whose p-value is ``p`` (1 or 2 ``sides``)."""
    if p <= 0:
        return math.inf
    return max(0.0, -_NORMAL.inv_cdf(min(p / sides, 0.5)))


def _stated_z(p: PValue, said: Said, sides: int) -> Range:
    """Return the range of |z| that the printed p-value leaves."""
    if p.op in ("<", "<="):
        return Range(_z_of_p(p.value, sides), math.inf)
    if p.op in (">", ">="):
        return Range(0.0, _z_of_p(p.value, sides))
    printed = said.part_range(p.value, p.span)
    return Range(_z_of_p(min(printed.high, 1.0), sides), _z_of_p(max(printed.low, 0.0), sides))


def _is_other_test(p: PValue, said: Said) -> bool:
    """Whether the p-value is of equivalence or non-inferiority, or no p-value can be what is printed ("< 0")."""
    if p.value == 0 and p.op in ("<", "<="):
        return True
    return p.span is not None and _NOT_OF_DIFFERENCE.search(said.text, max(0, p.span[0] - 30), p.span[1]) is not None


def _follows(p: PValue, z: Range, said: Said) -> bool:
    """Whether the printed p-value leaves some |z| that another test of data with ``z`` may have."""
    allowed = Range(z.low / _OTHER_TEST_FACTOR - _OTHER_TEST_SHIFT, z.high * _OTHER_TEST_FACTOR + _OTHER_TEST_SHIFT)
    return any(_stated_z(p, said, sides).overlaps(allowed) for sides in ((2, 1) if said.one_sided else (2,)))


def p_value_against_interval(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where the p-value cannot come from the estimate and its interval.

    SE = (high - low) / (2 * z of the level), for ratios of the logarithms; z = |estimate - no effect| / SE; p is its
    two-sided normal tail, or the one-sided one where the document says that it tests one-sided (Altman and Bland 2011,
    "How to obtain the P value from a confidence interval", BMJ 343:d2304; in the spirit of statcheck, Nuijten et al.
    2016). Printed digits stand for ranges, and z may differ by a quarter and 0.3 on top, since p often comes from
    another test of the same data. A warning where p says another side of the interval's level than the interval does,
    else a note.
    """
    p = result.p_value
    if p is None or p.kind != "difference" or not 0 <= p.value <= 1 or _is_other_test(p, said):
        return
    if result.measure not in RATIOS and result.measure not in _DIFFERENCES:
        return
    read = _read(result, said) if result.dispersion is None else None  # with a spread it is one group's own figure
    z = _z_range(read) if read is not None else None
    if read is None or z is None or _follows(p, z, said):
        return
    if result.measure not in RATIOS:
        as_ratio = _read(msgspec.structs.replace(result, measure="risk_ratio"), said)
        other = _z_range(as_ratio) if as_ratio is not None else None
        if other is not None and _follows(p, other, said):
            return
    stated = _stated_z(p, said, 2)
    excludes, includes = (
        read.low.low > 0.0 or read.high.high < 0.0,
        read.low.high < 0.0 < read.high.low,
    )
    against = (excludes and stated.high < read.z) or (includes and stated.low > read.z)
    smallest, largest = (2 * (1 - _NORMAL.cdf(bound)) for bound in (z.high, z.low))
    expected = (
        f"p = {smallest:.2g}" if f"{smallest:.2g}" == f"{largest:.2g}" else f"p = {smallest:.2g} to {largest:.2g}"
    )
    none = "1" if result.measure in RATIOS else "0"
    side = f"the interval {'excludes' if excludes else 'includes'} {none}, the p-value says otherwise"
    yield Check(
        kind="p_value_against_interval",
        severity="warning" if against else "info",
        message=(side if against else "the p-value does not follow from the estimate and its interval")
        + " (or is one-sided, or of another test)",
        result=result.id,
        expected=expected,
        found=f"p {p.op} {p.value:g}",
    )
