"""Two arms: the ratio or difference that a sentence states against the percentages that it gives for the arms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from extractor.checks.context import Said
from extractor.checks.intervals import RATIOS
from extractor.printed import Range
from extractor.records import Check, Result, Trial

__all__ = ["comparison_against_percentages"]

_CHECKED = frozenset({"risk_ratio", "odds_ratio", "risk_difference", "absolute_difference", "relative_reduction"})
_MODELLED = re.compile(
    r"\badjust|\bstratif|\bregression\b|\bmodel|\bMantel|\bper-protocol|\bimput|\bmultivari|\bweighted\b|\bBayes",
    re.IGNORECASE,
)
_SLACK, _MODELLED_SLACK = 1.2, 1.6
"""Factor by which a ratio may differ beyond rounding (a model often made it), and where the sentence says so."""
_POINTS, _MODELLED_POINTS = 0.6, 3.0
"""Percentage points by which a difference may differ beyond rounding; adjusted differences are not the plain one."""


def comparison_against_percentages(trial: Trial, said: Said) -> Iterator[Check]:
    """Yield a finding for each ratio or difference that the two percentages beside it contradict.

    With p1 and p2 the percentages of the arm and the comparator: risk ratio p1 / p2, odds ratio
    p1 / (100 - p1) * (100 - p2) / p2, risk difference p1 - p2, relative reduction 100 * (1 - p1 / p2) (Altman 1991,
    Practical Statistics for Medical Research, ch. 10). Checked is only a sentence with one such figure and exactly two
    percentages, of two arms; a ratio the other way round, of the complement, or a reduction that a hazard ratio of
    the trial explains (100 * (1 - HR)) agrees as well. Hazard ratios are left alone: they do not follow from the
    percentages at one time.
    """
    placed = [result for result in trial.results if result.sentence is not None and result.context == "reported"]
    for _, group in groupby(sorted(placed, key=lambda result: result.sentence or (0, 0)), lambda r: r.sentence):
        results = list(group)
        stated = [result for result in results if result.measure in _CHECKED and result.value is not None]
        shares = [result for result in results if result.measure == "percentage"]
        if len(stated) != 1 or len(shares) != 2:
            continue
        pair = _sides(stated[0], shares[0], shares[1])
        if pair is not None:
            yield from _finding(stated[0], pair, trial, said)


def _sides(stated: Result, first: Result, second: Result) -> tuple[Result, Result] | None:
    """Return the percentages of ``stated``'s arm and comparator; None where they are not clearly these."""
    if None in (first.arm, second.arm, first.value, second.value) or first.arm == second.arm:
        return None
    if first.modifier or second.modifier or stated.modifier:
        return None
    for part in (first, second):
        if part.outcome != stated.outcome or part.subgroup != stated.subgroup or part.unit not in (None, "%"):
            return None
        if part.timepoint != stated.timepoint and None not in (part.timepoint, stated.timepoint):
            return None
    if first.timepoint != second.timepoint:
        return None
    if (stated.arm, stated.comparator) == (second.arm, first.arm):
        return second, first
    return first, second


def _finding(stated: Result, pair: tuple[Result, Result], trial: Trial, said: Said) -> Iterator[Check]:
    value = said.value_range(stated)
    ranges = [said.value_range(part) for part in pair]
    if value is None or ranges[0] is None or ranges[1] is None:
        return
    p1, p2 = (Range(max(part.low, 0.0), min(part.high, 100.0)) for part in (ranges[0], ranges[1]))
    modelled = _MODELLED.search(said.sentence(stated)) is not None
    expected = _expected(stated.measure, p1, p2)
    if not expected:
        return
    if stated.measure in RATIOS:
        slack = _MODELLED_SLACK if modelled else _SLACK
        agrees = any(value.high * slack >= e.low and e.high * slack >= value.low for e in expected)
    else:
        points = _MODELLED_POINTS if modelled else _POINTS
        size = Range(*sorted((abs(value.low), abs(value.high))))
        agrees = any(size.overlaps(e, points) for e in expected) or _explained(stated, size, trial, said)
    if agrees:
        return
    first, second = (f"{part.value:g}" for part in pair)
    shown = _shown(expected[0])
    yield Check(
        kind="relative_against_absolute"
        if stated.measure == "relative_reduction"
        else "comparison_against_percentages",
        severity="warning",
        message=f"{first} % and {second} % make a {stated.measure.replace('_', ' ')} of {shown}, "
        f"stated is {stated.value:g}{' (a model may have made it)' if modelled else ''}",
        result=stated.id,
        expected=shown,
        found=f"{stated.value:g}",
    )


def _expected(measure: str, p1: Range, p2: Range) -> list[Range]:
    """Return the ranges that agree with the percentages, the plain reading first; empty where there is none."""
    if measure in ("risk_difference", "absolute_difference"):
        difference = p1 - p2
        ends = sorted((abs(difference.low), abs(difference.high)))
        return [Range(0.0 if difference.low <= 0 <= difference.high else ends[0], ends[1])]
    q1, q2 = Range(100 - p1.high, 100 - p1.low), Range(100 - p2.high, 100 - p2.low)
    if measure == "odds_ratio":
        odds = [p1.over(q1), p2.over(q2)]
        if odds[0] is None or odds[1] is None:
            return []
        return [ratio for ratio in (odds[0].over(odds[1]), odds[1].over(odds[0])) if ratio is not None]
    ratios = [ratio for ratio in (p1.over(p2), p2.over(p1), q1.over(q2), q2.over(q1)) if ratio is not None]
    if measure == "risk_ratio":
        return ratios
    return [Range(*sorted((abs(100 - 100 * r.low), abs(100 - 100 * r.high)))) for r in ratios]


def _explained(stated: Result, size: Range, trial: Trial, said: Said) -> bool:
    """Whether 100 * (1 - ratio) of some ratio of the trial is the stated reduction."""
    if stated.measure != "relative_reduction":
        return False
    for result in trial.results:
        ratio = said.value_range(result) if result.measure in RATIOS else None
        if ratio is not None and size.overlaps(Range(100 - 100 * ratio.high, 100 - 100 * ratio.low), 0.5):
            return True
    return False


def _shown(expected: Range) -> str:
    low, high = f"{expected.low:.3g}", f"{expected.high:.3g}"
    return low if low == high else f"{low} to {high}"
