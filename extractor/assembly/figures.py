"""When two printed figures are one: rounding, 53 % and 16 of 30, a hazard ratio of 0.62 and a reduction by 38 %.

A figure printed with d decimals stands for all values that round to it, half a unit of the last place either way. Two
figures printed with the same decimals are the same where they are equal; else where the finer one lies within what the
coarser one stands for. "about", "nearly", "more than" and their like allow ``_LOOSE`` of the value besides, and so do
figures in words ("one in five").
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from extractor.lexicon.folding import term_keys
from extractor.lexicon.tables import read_table
from extractor.naming import fold_name
from extractor.printed import decimals
from extractor.records import Result

__all__ = ["Figure", "events_of", "figure_of", "outcome_key", "same_figure", "same_time", "time_days"]

_DATA = Path(__file__).parent / "data"
_RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})
_LOOSE = 0.05
_SAME_TIME = 0.03
"""Relative difference up to which two time points are one: 52 weeks and 12 months, 30 days and one month."""
_DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_GENERIC = frozenset(
    key
    for word in ("rate", "risk", "incidence", "proportion", "percentage", "probability", "of", "the", "in", "a", "an",
                 "patients", "participants", "median", "mean", "estimated", "who", "with", "had", "having")
    for key in term_keys(word)
)  # fmt: skip


class Figure(msgspec.Struct, frozen=True):
    """What a result says, in a form that can be compared.

    Attributes:
        family: figures of different families cannot be compared: "proportion", "ratio", or measure and unit.
        measure: of the result. value: in percent for proportions, as a ratio for relative reductions, in days for times.
        step: half a unit of the last printed place, on the scale of ``value``. events, total: where printed.
        loose: qualified, or in words.
    """

    family: str
    measure: str
    value: float | None
    step: float
    events: float | None
    total: float | None
    loose: bool


def figure_of(result: Result) -> Figure | None:
    """Return the figure of ``result``; None where it has no value (a comparison in words, "not reached")."""
    if result.value is None:
        return None
    value = float(result.value)
    step = 0.5 * 10.0 ** -decimals(result.value, result.printed)
    events = float(result.events.value) if result.events is not None else None
    total = float(result.total.value) if result.total is not None else None
    loose = result.modifier is not None or not any(c.isdigit() for c in result.printed or "0")
    measure, unit = result.measure, fold_name(result.unit or "")
    if measure == "percentage":
        return Figure("proportion", measure, value, step, events, total, loose)
    if measure == "count":
        events = value if events is None else events
        share = 100 * events / total if total else None
        return Figure("proportion", measure, share, 0.0, events, total, loose)
    if measure in _RATIOS:
        return Figure("ratio", measure, value, step, None, None, loose)
    if measure == "relative_reduction":
        # "increased by 12 %" is kept as a reduction too, with its direction beside it.
        sign = -1 if result.direction == "increased" and value > 0 else 1
        return Figure("ratio", measure, round(1 - sign * value / 100, 9), step / 100, None, None, loose)
    if unit in _DAYS:
        return Figure(f"{measure} time", measure, value * _DAYS[unit], step * _DAYS[unit], None, None, loose)
    return Figure(f"{measure} {unit}".strip(), measure, value, step, None, None, loose)


def same_figure(one: Figure, other: Figure) -> bool | None:
    """Tell whether the two state the same; None where they cannot be compared."""
    if one.family != other.family or not _comparable(one.measure, other.measure):
        return None
    if one.measure == "count" == other.measure or one.value is None or other.value is None:
        # Numbers of people; a share beside one of them says nothing about the other.
        if one.events is None or other.events is None:
            return None
        equal = abs(one.events - other.events) <= _slack(one.events, one, other)
        return equal and (one.total is None or other.total is None or one.total == other.total)
    difference = abs(one.value - other.value)
    return difference <= _step(one, other) + _slack(max(abs(one.value), abs(other.value)), one, other)


def _comparable(one: str, other: str) -> bool:
    """Ratios of two kinds are different things; a relative reduction may be told of any of them."""
    if one == other or {one, other} == {"percentage", "count"}:
        return True
    return "relative_reduction" in (one, other) and not _RATIOS.isdisjoint((one, other))


def _step(one: Figure, other: Figure) -> float:
    if one.step == other.step:
        return 1e-9
    return max(one.step, other.step) * (1 + 1e-6)


def _slack(value: float, one: Figure, other: Figure) -> float:
    return _LOOSE * value if one.loose or other.loose else 0.0


# ---- time points and outcomes


def time_days(result: Result) -> float | None:
    """Return the time point in days; None where the result states none. Cycles are kept apart as negative numbers."""
    if result.timepoint is None:
        return None
    factor = _DAYS.get(result.timepoint.unit)
    return -1.0 - result.timepoint.value if factor is None else result.timepoint.value * factor


def same_time(one: float | None, other: float | None) -> bool:
    """Tell whether two time points (days) are one; none at all is no time point."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _SAME_TIME * max(abs(one), abs(other)) and (one < 0) == (other < 0)


@cache
def _table(path: Path = _DATA / "outcome_events.tsv") -> tuple[tuple[str, str], ...]:
    rows = read_table(path, ("event", "outcome", "reason"))
    return tuple((row.cells[0], row.cells[1]) for row in rows)


@cache
def _outcomes_of_events() -> dict[str, str]:
    return {_plain(event): _plain(outcome) for event, outcome in _table()}


def events_of(outcome: str) -> tuple[str, ...]:
    """Return the events whose ratios are those of ``outcome``: for "overall survival" death by its various names."""
    return tuple(event for event, known in _table() if known == fold_name(outcome))


def _plain(name: str) -> str:
    keys = term_keys(name)
    return " ".join(key for key in keys if key not in _GENERIC) or " ".join(keys)


def outcome_key(name: str, family: str) -> str:
    """Return the form in which names of outcomes are compared: words folded, "rate of", "risk of" and the like left out.

    For ratios the event is its outcome: a hazard ratio for death is one for overall survival.
    """
    plain = _plain(name)
    return _outcomes_of_events().get(plain, plain) if family == "ratio" else plain
