"""Means, medians and their spread: quartiles around the median, what a range or scale allows, and GRIM."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal

from extractor.checks.context import Said
from extractor.checks.tables import Scale, scale_of
from extractor.printed import decimals
from extractor.records import Check, Outcome, Result

__all__ = ["grim", "mean_outside_scale", "median_outside_spread", "sd_against_range"]

_COMPOSED = re.compile(r"\b(?:years?|months?|weeks?|days?|hours?)[,  ]+(?:and[  ])?$", re.IGNORECASE)
_GRIM_MOST = 1000
"""No scale of whole numbers has more participants than this among whom a printed mean can still be impossible."""


def median_outside_spread(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where a median lies outside its own interquartile range, or any average outside its range.

    Source: by definition of quantiles and of the range.
    """
    spread = result.dispersion
    if spread is None or result.value is None or spread.low is None or spread.high is None:
        return
    if spread.kind == "iqr" and result.measure != "median":
        return  # a mean may lie outside the quartiles
    if spread.kind not in ("iqr", "range") or result.measure not in ("median", "mean"):
        return
    if spread.low <= result.value <= spread.high or spread.low > spread.high:
        return
    if result.span is not None and _COMPOSED.search(said.text, max(0, result.span[0] - 20), result.span[0]):
        return  # the second half of "2 years and 5 months"
    name = "interquartile range" if spread.kind == "iqr" else "range"
    yield Check(
        kind=f"{result.measure}_outside_{spread.kind}",
        severity="error",
        message=f"the {result.measure} lies outside the {name}",
        result=result.id,
        expected=f"{spread.low:g} to {spread.high:g}",
        found=f"{result.value:g}",
    )


def sd_against_range(results: list[Result], outcome: Outcome | None) -> Iterator[Check]:
    """Yield a finding where a standard deviation is larger than a range allows.

    Args:
        results: means of one arm, outcome and time point, some with an SD, some perhaps with the range.
        outcome: their outcome; a scale of known ends bounds the spread as a printed range does.

    With all values between a and b, and mean m, SD <= sqrt((m - a) * (b - m) * n / (n - 1)) (Bhatia and Davis 2000,
    Am Math Mon 107:353), which is at most half the range (Popoviciu 1935) times the same factor. n is the printed
    total; where none is printed the factor is that of 2 participants, the loosest.
    """
    ranges = {
        (spread.low, spread.high): "printed range"
        for spread in (result.dispersion for result in results)
        if spread is not None and spread.kind == "range" and spread.low is not None and spread.high is not None
    }
    scale = scale_of(outcome)
    if scale is not None:
        ranges.setdefault((scale.low, scale.high), f"scale ({scale.id})")
    for result in results:
        spread = result.dispersion
        if spread is None or spread.kind != "sd" or spread.value is None or result.measure != "mean":
            continue
        for (low, high), source in ranges.items():
            most = _largest_sd(result, low, high)
            if most is not None and spread.value > most:
                yield Check(
                    kind="sd_against_range",
                    severity="warning",
                    message=f"with the {source} {low:g} to {high:g} the standard deviation is at most {most:.3g}",
                    result=result.id,
                    expected=f"<= {most:.3g}",
                    found=f"{spread.value:g}",
                )


def _largest_sd(result: Result, low: float, high: float) -> float | None:
    """Return the largest SD that the range leaves, with half a unit of each printed digit to spare."""
    value = result.value
    if value is None or not low <= value <= high or result.dispersion is None or result.dispersion.value is None:
        return None
    half = 0.5 * 10.0 ** -decimals(value, result.printed)
    product = max((m - low) * (high - m) for m in (max(low, value - half), value, min(high, value + half)))
    total = result.total.value if result.total is not None else 2
    if total < 2:
        return None
    return math.sqrt(product * total / (total - 1)) + 0.5 * 10.0 ** -decimals(result.dispersion.value)


def mean_outside_scale(result: Result, outcome: Outcome | None) -> Iterator[Check]:
    """Yield a finding where a mean or median of a scale with known ends lies beyond them.

    Source: by definition of the scale; the ends and where they come from are in ``data/scales.tsv``.
    """
    if result.measure not in ("mean", "median") or result.value is None:
        return
    scale = scale_of(outcome)
    if scale is None:
        return
    if result.unit is None and not scale.low <= result.value <= scale.high and not _may_be_change(result, scale):
        yield Check(
            kind="mean_outside_scale",
            severity="warning",
            message=f"the scale ({scale.id}) runs from {scale.low:g} to {scale.high:g}",
            result=result.id,
            expected=f"{scale.low:g} to {scale.high:g}",
            found=f"{result.value:g}",
        )


def _may_be_change(result: Result, scale: Scale) -> bool:
    """A negative figure on a scale from 0 is a change, whatever the text calls it."""
    return result.value is not None and result.value < scale.low


def grim(result: Result, outcome: Outcome | None) -> Iterator[Check]:
    """Yield a finding where no sum of whole scores of n participants gives the printed mean.

    A mean of n whole numbers is k / n. The printed mean is possible where some whole k has k / n within half a unit
    of the last printed digit (ends included, so that any rounding passes). Only where the printed total n is known
    and smaller than 10^decimals / step, and the outcome is a scale of whole scores (``data/scales.tsv``); for others
    the test says nothing.

    Source: Brown and Heathers 2017, "The GRIM test", Soc Psychol Personal Sci 8:363.
    """
    if result.measure not in ("mean", "change") or result.unit is not None or result.modifier is not None:
        return
    scale = scale_of(outcome) if result.total is not None and result.value is not None else None
    if scale is None or scale.step is None or result.total is None or result.value is None:
        return
    places = decimals(result.value, result.printed)
    total = result.total.value
    if not 2 <= total <= _GRIM_MOST or total != int(total) or total * (1 / scale.step) >= 10**places:
        return
    value, half = Decimal(str(result.value)), Decimal(5).scaleb(-places - 1)
    unit = Decimal(str(scale.step)) / Decimal(int(total))
    nearest = (value / unit).to_integral_value() * unit
    if abs(nearest - value) > half + Decimal("1e-12"):
        step = Decimal(1).scaleb(-places)
        yield Check(
            kind="grim",
            severity="warning",
            message=f"no {int(total)} whole scores have the mean {value}",
            result=result.id,
            expected=str(nearest.quantize(step)),
            found=str(value),
        )
