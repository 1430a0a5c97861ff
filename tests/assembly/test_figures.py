"""When printed figures are one: rounding, counts and percentages, ratios and reductions, qualified figures, times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from extractor.assembly.figures import events_of, figure_of, outcome_key, same_figure, same_time, time_days
from extractor.errors import LexiconError
from extractor.records import Number, Result, TimePoint


def result(measure: Any, printed: str, **fields: Any) -> Result:
    for name in ("events", "total"):
        if name in fields:
            fields[name] = Number(text=str(fields[name]), start=0, end=1, value=fields[name])
    value = fields.pop("value", None)
    return Result(
        id="r1",
        measure=measure,
        printed=printed,
        value=float(printed.replace("·", ".")) if value is None else value,
        **fields,
    )


def same(one: Result, other: Result) -> bool | None:
    a, b = figure_of(one), figure_of(other)
    assert a is not None and b is not None
    found = same_figure(a, b)
    assert same_figure(b, a) is found, "the order must not matter"
    return found


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("percentage", "53"), ("percentage", "53.3"), True),
        (("percentage", "53"), ("percentage", "53.6"), False),
        (("percentage", "53.5"), ("percentage", "54"), True),
        (("percentage", "53"), ("percentage", "54"), False),
        (("percentage", "53.0"), ("percentage", "53.3"), False),
        (("percentage", "0"), ("percentage", "0.4"), True),
        (("hazard_ratio", "0.62"), ("hazard_ratio", "0·62"), True),
        (("hazard_ratio", "0.62"), ("hazard_ratio", "0.6"), True),
        (("hazard_ratio", "0.62"), ("hazard_ratio", "0.63"), False),
        (("hazard_ratio", "0.62"), ("relative_reduction", "38"), True),
        (("hazard_ratio", "0.624"), ("relative_reduction", "38"), True),
        (("hazard_ratio", "0.62"), ("relative_reduction", "48"), False),
        (("hazard_ratio", "0.62"), ("odds_ratio", "0.62"), None),
        (("percentage", "53"), ("median", "53"), None),
    ],
)
def test_figures_are_compared_at_their_printed_decimals(one: Any, other: Any, expected: bool | None) -> None:
    assert same(result(*one), result(*other)) is expected


def test_a_share_and_its_counts_are_one() -> None:
    counts = result("count", "16", events=16, total=30)
    assert same(counts, result("percentage", "53")) is True
    assert same(counts, result("percentage", "53.3", events=16, total=30)) is True
    assert same(counts, result("percentage", "35")) is False
    assert same(counts, result("count", "16")) is True
    assert same(counts, result("count", "17")) is False
    assert same(counts, result("count", "16", events=16, total=31)) is False
    assert same(result("count", "16"), result("percentage", "53")) is None  # of how many?
    assert same(result("count", "0", events=0, total=45), result("percentage", "0")) is True


def test_a_rise_is_a_ratio_above_one() -> None:
    assert same(result("relative_reduction", "20", direction="increased"), result("risk_ratio", "1.20")) is True
    assert same(result("relative_reduction", "20", direction="decreased"), result("risk_ratio", "0.80")) is True


def test_qualified_figures_and_words_leave_some_room() -> None:
    assert same(result("percentage", "40", modifier="about"), result("percentage", "38.6")) is True
    assert same(result("percentage", "40", modifier="about"), result("percentage", "31")) is False
    assert same(result("percentage", "one in five", value=20), result("percentage", "20.8")) is True
    assert same(result("percentage", "40"), result("percentage", "38.6")) is False


def test_times_as_values_meet_over_their_units() -> None:
    assert same(result("median", "24", unit="month"), result("median", "2", unit="year")) is True
    assert same(result("median", "24.3", unit="month"), result("median", "25.1", unit="month")) is False
    assert same(result("mean", "5", unit="kg"), result("mean", "5", unit="mg")) is None


def test_time_points() -> None:
    def days(value: float, unit: str) -> float | None:
        return time_days(Result(id="r", measure="count", timepoint=TimePoint(value=value, unit=unit)))

    assert same_time(days(52, "week"), days(12, "month"))
    assert same_time(days(2, "year"), days(24, "month"))
    assert not same_time(days(24, "week"), days(6, "month"))
    assert not same_time(days(1, "day"), days(1, "cycle"))
    assert same_time(days(0, "day"), days(0, "day"))
    assert same_time(None, None)
    assert not same_time(None, days(0, "day"))


def test_outcomes_fold_and_events_stand_for_their_outcome_in_ratios() -> None:
    assert outcome_key("Rate of complete remission", "proportion") == outcome_key("complete remissions", "proportion")
    assert outcome_key("death", "ratio") == outcome_key("overall survival", "ratio")
    assert outcome_key("death", "proportion") != outcome_key("overall survival", "proportion")
    assert outcome_key("incidence", "proportion") == "incidence"  # nothing is left without it


def test_what_has_no_value_is_no_figure() -> None:
    assert figure_of(Result(id="r", measure="comparison", direction="no_difference")) is None


def test_events_are_read_from_a_checked_file() -> None:
    from extractor.assembly.figures import _table

    with pytest.raises(LexiconError):
        _table(Path(__file__))
    assert "all-cause mortality" in events_of("Overall survival")
    assert events_of("itch") == ()
