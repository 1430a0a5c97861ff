"""Arithmetic and consistency of the figures of a record, from what the document itself prints.

In the spirit of statcheck (Nuijten 2016) and GRIM (Brown and Heathers 2017): a finding says what was expected, what
was found, and never corrects anything. Every printed figure stands for the range of values that round to it. The
docstring of each check gives its formula and where that comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from extractor.checks.comparisons import comparison_against_percentages
from extractor.checks.context import Said, of_record
from extractor.checks.counts import events_exceed_total, percentage_of_counts, percentage_out_of_range
from extractor.checks.groups import arm_sizes, exclusive_percentages
from extractor.checks.intervals import estimate_outside_interval, interval_symmetry, p_value_against_interval
from extractor.checks.spread import grim, mean_outside_scale, median_outside_spread, sd_against_range
from extractor.checks.wording import contradicted_counts, only_relative, remaining_percentage
from extractor.records import Check, Outcome, Record, Result, Trial

__all__ = ["CHECK_KINDS", "check_record", "check_result", "check_trial"]

CHECK_KINDS: tuple[str, ...] = (
    "percentage_of_counts",
    "events_exceed_total",
    "percentage_out_of_range",
    "interval_reversed",
    "estimate_outside_interval",
    "interval_symmetry",
    "median_outside_iqr",
    "median_outside_range",
    "mean_outside_range",
    "mean_outside_scale",
    "sd_against_range",
    "grim",
    "p_value_against_interval",
    "comparison_against_percentages",
    "relative_against_absolute",
    "arm_sizes_against_enrolled",
    "exclusive_percentages",
    "remaining_percentage",
    "only_relative_reduction",
)
"""Kinds of findings on one record, as ``Check.kind`` names them."""


def check_record(record: Record) -> tuple[Check, ...]:
    """Return the findings on every trial and result of ``record``, in their order, then those on its text.

    Severity "error" is for what cannot be right as printed, "warning" for what may have an explanation that the text
    does not give (rounding of an interval, another test, patients not assigned to an arm), "info" for what a reader
    should know though nothing contradicts itself.
    """
    said = of_record(record)
    found = [check for trial in record.trials for check in check_trial(trial, said)]
    return (*found, *contradicted_counts(record.trials, said))


def check_trial(trial: Trial, said: Said | None = None) -> Iterator[Check]:
    """Yield the findings on one trial, first those on the trial itself, then those on each result.

    Args:
        said: the document's text and kind; without it only the values are compared, and their decimals are those of
            the plain numbers.
    """
    said = Said() if said is None else said
    outcomes = {outcome.id: outcome for outcome in trial.outcomes}
    yield from arm_sizes(trial, said)
    yield from exclusive_percentages(trial, said)
    yield from remaining_percentage(trial, said)
    yield from comparison_against_percentages(trial, said)
    yield from only_relative(trial, said)
    for group in _same_average(trial):
        yield from sd_against_range(group, outcomes.get(group[0].outcome or ""))
    for result in trial.results:
        yield from check_result(result, said, outcomes.get(result.outcome or ""))


def check_result(result: Result, said: Said | None = None, outcome: Outcome | None = None) -> Iterator[Check]:
    """Yield the findings on one result; ``outcome`` is the one it measures, where that is known."""
    said = Said() if said is None else said
    yield from events_exceed_total(result, said)
    yield from percentage_out_of_range(result, said)
    yield from percentage_of_counts(result, said)
    yield from estimate_outside_interval(result, said)
    yield from interval_symmetry(result, said)
    yield from median_outside_spread(result, said)
    yield from mean_outside_scale(result, outcome)
    yield from grim(result, outcome)
    yield from p_value_against_interval(result, said)


def _same_average(trial: Trial) -> list[list[Result]]:
    """Return the results with a spread, those of one value, arm, outcome and time point together."""
    groups: dict[object, list[Result]] = {}
    for result in trial.results:
        if result.dispersion is not None:
            time = (result.timepoint.value, result.timepoint.unit) if result.timepoint is not None else None
            place = (result.arm, result.outcome, time, result.subgroup, result.value)
            groups.setdefault(place, []).append(result)
    return list(groups.values())
