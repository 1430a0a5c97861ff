"""Arithmetic and consistency of the figures of a record, from what the document itself prints.

In the spirit of statcheck (Nuijten 2016) and GRIM (Brown and Heathers 2017): a finding says what was expected, what
was found, and never corrects anything. Percentages are compared at the decimals they are printed with.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from extractor.records import Check, Record, Result, Trial

__all__ = ["CHECK_KINDS", "check_record", "check_result", "check_trial"]

CHECK_KINDS: tuple[str, ...] = (
    "percentage_of_counts",
    "events_exceed_total",
    "percentage_out_of_range",
    "interval_reversed",
    "estimate_outside_interval",
    "median_outside_iqr",
    "p_value_against_interval",
    "arm_sizes_against_enrolled",
)
_RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})


def check_record(record: Record) -> tuple[Check, ...]:
    """Return the findings on every trial and result of ``record``, in their order.

    Severity "error" is for what cannot be right as printed, "warning" for what may have an explanation that the text
    does not give (rounding of an interval, patients not assigned to an arm).
    """
    return tuple(check for trial in record.trials for check in check_trial(trial))


def check_trial(trial: Trial) -> Iterator[Check]:
    """Yield the findings on one trial, first those on the trial itself, then those on each result."""
    yield from _arm_sizes(trial)
    for result in trial.results:
        yield from check_result(result)


def check_result(result: Result) -> Iterator[Check]:
    """Yield the findings on one result."""
    yield from _counts(result)
    yield from _percentage_of_counts(result)
    yield from _interval(result)
    yield from _quartiles(result)
    yield from _p_value(result)


def _decimals(result: Result) -> int:
    """Return how many decimals the value is printed with; trailing zeros count."""
    value = Decimal(str(result.value))
    printed = (result.printed or "").replace("·", ".").replace(",", ".").replace("−", "-").replace("–", "-")
    try:
        number = Decimal(printed.strip().rstrip("%").strip())
    except InvalidOperation:
        number = value
    if number != value:  # in words, or with thousands
        number = value
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _counts(result: Result) -> Iterator[Check]:
    events, total = result.events, result.total
    if events is not None and total is not None and events.value > total.value:
        yield Check(
            kind="events_exceed_total",
            severity="error",
            message=f"{events.text} events among {total.text} are more than there can be",
            result=result.id,
            expected=f"<= {total.value}",
            found=str(events.value),
        )


def _percentage_of_counts(result: Result) -> Iterator[Check]:
    if result.measure != "percentage" or result.value is None:
        return
    if not 0 <= result.value <= 100:
        yield Check(
            kind="percentage_out_of_range",
            severity="warning",
            message="a proportion lies between 0 and 100 %",
            result=result.id,
            expected="0 to 100",
            found=f"{result.value:g}",
        )
    if result.events is None or result.total is None or result.modifier is not None:
        return
    if result.total.value <= 0 or not 0 <= result.events.value <= result.total.value:
        return
    exact = Decimal(str(result.events.value)) * 100 / Decimal(str(result.total.value))
    step = Decimal(1).scaleb(-_decimals(result))
    stated = Decimal(str(result.value))
    # Printed figures may be rounded half up, half to even, or cut: anything between floor and ceiling is accepted.
    low, high = exact.quantize(step, ROUND_FLOOR), exact.quantize(step, ROUND_CEILING)
    if not low <= stated <= high:
        yield Check(
            kind="percentage_of_counts",
            severity="error",
            message=f"{result.events.text} of {result.total.text} is {exact.quantize(step)} %, not {stated} %",
            result=result.id,
            expected=f"{exact.quantize(step)}",
            found=f"{stated}",
        )


def _interval(result: Result) -> Iterator[Check]:
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
        return
    if result.value is not None and not low <= result.value <= high:
        yield Check(
            kind="estimate_outside_interval",
            severity="error",
            message="the estimate lies outside its own interval",
            result=result.id,
            expected=f"{low:g} to {high:g}",
            found=f"{result.value:g}",
        )


def _quartiles(result: Result) -> Iterator[Check]:
    spread = result.dispersion
    if spread is None or spread.kind != "iqr" or result.measure != "median" or result.value is None:
        return
    if spread.low is not None and spread.high is not None and not spread.low <= result.value <= spread.high:
        yield Check(
            kind="median_outside_iqr",
            severity="error",
            message="the median lies outside the interquartile range",
            result=result.id,
            expected=f"{spread.low:g} to {spread.high:g}",
            found=f"{result.value:g}",
        )


def _p_value(result: Result) -> Iterator[Check]:
    """Compare a two-sided p-value with the 95 % interval of a ratio: either both exclude 1 or neither does."""
    interval, p = result.ci, result.p_value
    if result.measure not in _RATIOS or interval is None or p is None or p.kind != "difference":
        return
    if interval.level not in (None, 95) or interval.low is None or interval.high is None:
        return
    excludes = interval.low > 1 or interval.high < 1
    includes = interval.low < 1 < interval.high  # a bound printed as 1.0 may lie on either side
    significant = p.value <= 0.05 if p.op in ("<", "<=") else p.value < 0.05 if p.op == "=" else False
    insignificant = p.value >= 0.05 if p.op in (">", ">=") else p.value > 0.05 if p.op == "=" else False
    if (excludes and insignificant) or (includes and significant):
        yield Check(
            kind="p_value_against_interval",
            severity="warning",
            message=f"the interval {'excludes' if excludes else 'includes'} 1, the p-value says otherwise "
            "(or is one-sided, or of another test)",
            result=result.id,
            expected="p < 0.05" if excludes else "p >= 0.05",
            found=f"p {p.op} {p.value:g}",
        )


def _arm_sizes(trial: Trial) -> Iterator[Check]:
    enrolled = trial.population.enrolled
    groups = [arm for arm in trial.arms if arm.role in ("experimental", "comparator")]
    sizes = [arm.size.value for arm in groups if arm.size is not None]
    if enrolled is None or len(groups) < 2 or len(sizes) < len(groups):
        return
    analysed = trial.population.analysed
    if sum(sizes) not in (enrolled.value, analysed.value if analysed is not None else None):
        too_many = sum(sizes) > enrolled.value
        yield Check(
            kind="arm_sizes_against_enrolled",
            severity="error" if too_many else "warning",
            message=f"the groups hold {' + '.join(map(str, sizes))} = {sum(sizes)}, enrolled were {enrolled.text}",
            expected=str(enrolled.value),
            found=str(sum(sizes)),
        )
