"""The results of a study record: groups with their values, and comparisons with estimate, interval and p-value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, cast

import msgspec

from extractor.records import (
    ArmRole,
    ConfidenceInterval,
    Dispersion,
    Measure,
    Number,
    Numeric,
    Pair,
    PValue,
    Result,
    Span,
    TimePoint,
)

__all__ = ["Line", "ResultReader"]

_NUMBER = re.compile(r"[-−]?(?:\d[\d,]*)?(?:\.\d+|\d)")
_P_VALUE = re.compile(r"(<=|>=|<|>|=)?\s{0,3}(\d?\.\d+|[01])(?:[eE](-\d{1,3}))?")
_TIME = re.compile(
    r"\b(?:(?P<before>\d+(?:\.\d+)?)[ -]?(?P<unit>hour|day|week|month|year|cycle)s?"
    r"|(?P<unit2>hour|day|week|month|year|cycle)s? (?P<after>\d+(?:\.\d+)?))\b",
    re.IGNORECASE,
)
_TIME_UNITS = re.compile(r"(hour|day|week|month|year)s?", re.IGNORECASE)
_CHANGE = re.compile(r"\bchange\b[^.]{0,40}\bfrom\b|\bchange in\b", re.IGNORECASE)
_PERCENT = re.compile(r"percent|%", re.IGNORECASE)
_PARTICIPANTS = re.compile(r"participants|patients|subjects", re.IGNORECASE)
_RATE = re.compile(r"\b(?:per|rate)\b|/", re.IGNORECASE)
_RATIOS = frozenset(("hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "fold_change"))
_SIGNIFICANT = 0.05


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line "Label: value" of the rendering; ``text`` is the value, standing at [start, end]."""

    label: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The value as a span."""
        return Span(text=self.text, start=self.start, end=self.end)


def _value(printed: str) -> Numeric:
    plain = printed.replace(",", "").replace("−", "-")
    return float(plain) if "." in plain else int(plain)


def _number(line: Line | None) -> Number | None:
    """The number that a line holds; None where it holds none ("NA")."""
    match = _NUMBER.fullmatch(line.text) if line is not None else None
    if line is None or match is None:
        return None
    return Number(text=line.text, start=line.start, end=line.end, value=_value(line.text))


def _limits(line: Line | None) -> tuple[Number | None, Number | None]:
    if line is None:
        return None, None
    low, _, high = line.text.partition(" to ")
    first = Line(label="", text=low, start=line.start, end=line.start + len(low))
    last = Line(label="", text=high, start=line.end - len(high), end=line.end)
    return _number(first), _number(last)


def _pair(span: Span | None) -> Pair | None:
    return (span.start, span.end) if span is not None else None


def _time(line: Line | None) -> TimePoint | None:
    """The time point that a line names; None where it names none or several different ones."""
    matches = list(_TIME.finditer(line.text)) if line is not None else []
    told = {((m["before"] or m["after"]), (m["unit"] or m["unit2"]).lower()) for m in matches}
    if line is None or len(told) != 1:
        return None
    number, unit = told.pop()
    start = line.start + matches[0].start()
    return TimePoint(value=_value(number), unit=unit, span=(start, start + len(matches[0].group())))


def _p_value(line: Line | None) -> PValue | None:
    match = _P_VALUE.fullmatch(line.text) if line is not None else None
    if line is None or match is None:
        return None
    value = float(match[2] + (f"e{match[3]}" if match[3] else ""))
    op = cast(Literal["<", "=", ">", "<=", ">="], match[1] or "=")
    return PValue(op=op, value=value, span=(line.start, line.end))


def _significant(p: PValue | None, ci: ConfidenceInterval | None, measure: str) -> bool | None:
    """What the p-value, else the interval against no effect, implies at the usual 5%."""
    if p is not None:
        if p.op in ("<", "<="):
            return True if p.value <= _SIGNIFICANT else None
        return p.value < _SIGNIFICANT if p.op == "=" else False if p.value >= _SIGNIFICANT else None
    if ci is None or ci.low is None or ci.high is None or measure == "comparison" or ci.level != 95:
        return None
    null = 1 if measure in _RATIOS else 0
    return not ci.low <= null <= ci.high


class ResultReader:
    """Reads the result lines in order.

    Args:
        arm_of: the arm of a group's line. outcome_of: the outcome of a result's line and type. terms: by list.
    """

    def __init__(
        self, arm_of: Callable[[Line], str], outcome_of: Callable[[Line, str], str], terms: Mapping[str, Mapping[str, str]]
    ) -> None:  # fmt: skip
        self._arm_of = arm_of
        self._outcome_of = outcome_of
        self._terms = terms
        self._results: list[Result] = []

    def read(self, lines: Sequence[Line], role_of: Callable[[str], ArmRole]) -> tuple[Result, ...]:
        """Return the results of all "Result" blocks; ``role_of`` tells the role of an arm by its id."""
        starts = [i for i, line in enumerate(lines) if line.label == "Result"]
        for start, end in pairwise([*starts, len(lines)]):
            self._block(lines[start:end], role_of)
        return tuple(self._results)

    def _block(self, lines: Sequence[Line], role_of: Callable[[str], ArmRole]) -> None:
        parts = [i for i, line in enumerate(lines) if line.label in ("Group", "Analysis")]
        head = {line.label: line for line in lines[: parts[0] if parts else len(lines)]}
        kind = head["Type"].text if "Type" in head else "other"
        outcome = self._outcome_of(head["Result"], kind)
        for start, end in pairwise([*parts, len(lines)]):
            part = lines[start:end]
            if part[0].label == "Group":
                self._group(head, outcome, part)
            else:
                self._analysis(head, outcome, part, role_of)

    def _group(self, head: Mapping[str, Line], outcome: str, lines: Sequence[Line]) -> None:
        arm = self._arm_of(lines[0])
        whole = next((line for line in lines if line.label == "Analysed"), None)
        row: dict[str, Line] = {}
        rows: list[dict[str, Line]] = []
        for line in lines[1:]:
            # a value's row and number stand before it, its spread and limits behind it
            if line.label in ("Row", "Analysed in row", "Value") and "Value" in row:
                rows.append(row)
                row = {}
            row[line.label] = line
        for own in (*rows, row):
            if "Value" in own:
                self._figure(head, outcome, arm, own, own.get("Analysed in row") or whole)

    def _measure(self, head: Mapping[str, Line]) -> Measure:
        printed = head["Statistic"].text if "Statistic" in head else ""
        unit = head["Unit"].text if "Unit" in head else ""
        measure = self._terms["statistic"].get(printed, "other")
        if measure == "mean" and _CHANGE.search(head["Result"].text):
            return "change"
        if measure == "other":
            if _PERCENT.search(unit):
                return "percentage"
            if _RATE.search(unit):
                return "rate"
            return "count" if _PARTICIPANTS.fullmatch(unit) else "other"
        return cast(Measure, measure)

    def _figure(
        self, head: Mapping[str, Line], outcome: str, arm: str, own: Mapping[str, Line], total: Line | None
    ) -> None:
        line = own["Value"]
        number, measure = _number(line), self._measure(head)
        row = own.get("Row")
        time = _time(row) or _time(head.get("Time frame"))
        rules = {"figure": "registry.value", "arm": "registry.group", "outcome": "registry.result"}
        if time is not None:
            rules["timepoint"] = "registry.row" if _time(row) is not None else "registry.time_frame"
        counted = measure == "count" and number is not None
        self._add(
            measure=measure,
            outcome=outcome,
            arm=arm,
            value=number.value if number is not None else None,
            unit=self._unit(head, measure),
            span=(line.start, line.end),
            printed=line.text,
            events=number if counted else None,
            total=_number(total),
            dispersion=self._dispersion(head, own),
            ci=self._group_interval(head, own),
            timepoint=time,
            subgroup=row.span if row is not None and _time(row) is None else None,
            sentence=(line.start - len("Value: "), line.end),
            rules=rules,
        )

    def _add(self, **fields: Any) -> None:
        self._results.append(Result(id=f"r{len(self._results) + 1}", **fields))

    def _unit(self, head: Mapping[str, Line], measure: str) -> str | None:
        unit = head["Unit"].text if "Unit" in head else None
        if unit is None or measure == "count":
            return None
        if measure == "percentage":
            return "%"
        time = _TIME_UNITS.fullmatch(unit)
        return time[1].lower() if time else unit

    def _dispersion(self, head: Mapping[str, Line], own: Mapping[str, Line]) -> Dispersion | None:
        kind = self._terms["dispersion"].get(head["Dispersion"].text) if "Dispersion" in head else None
        if kind in ("sd", "se"):
            spread = _number(own.get("Spread"))
            return (
                Dispersion(kind=cast(Any, kind), value=spread.value, span=_pair(spread)) if spread is not None else None
            )
        low, high = _limits(own.get("Limits"))
        if kind is None or low is None or high is None:
            return None
        return Dispersion(
            kind=cast(Any, kind), low=low.value, high=high.value, low_span=_pair(low), high_span=_pair(high)
        )

    def _group_interval(self, head: Mapping[str, Line], own: Mapping[str, Line]) -> ConfidenceInterval | None:
        printed = head["Dispersion"].text if "Dispersion" in head else ""
        if "confidence interval" not in printed:
            return None
        level = _NUMBER.match(printed)
        return self._interval(own.get("Limits"), _value(level.group()) if level else None)

    def _interval(self, line: Line | None, level: Numeric | None) -> ConfidenceInterval | None:
        low, high = _limits(line)
        if line is None or (low is None and high is None):
            return None
        return ConfidenceInterval(
            level=level, low=low.value if low else None, high=high.value if high else None, span=(line.start, line.end)
        )

    def _analysis(
        self, head: Mapping[str, Line], outcome: str, lines: Sequence[Line], role_of: Callable[[str], ArmRole]
    ) -> None:
        own = {line.label: line for line in lines}
        sides = [self._arm_of(line) for line in lines if line.label == "Compared"]
        if len(sides) != 2:
            return  # a comparison of one group with itself or of three has no two sides
        first, second = sides
        if role_of(first) == "comparator" and role_of(second) == "experimental":
            first, second = second, first
        printed = own["Analysis"].text.casefold()
        named = next((value for term, value in self._terms["estimate"].items() if term in printed), None)
        number = _number(own.get("Estimate"))
        measure = named if named is not None and number is not None else "comparison"
        p = _p_value(own.get("P-value"))
        level = own.get("Confidence level")
        ci = self._interval(own.get("Interval"), _value(level.text.rstrip("%")) if level is not None else None)
        place = own.get("Estimate") or own.get("P-value") or own["Analysis"]
        time = _time(head.get("Time frame"))
        rules = {"figure": "registry.estimate", "arm": "registry.compared", "outcome": "registry.result"}
        self._add(
            measure=measure,
            outcome=outcome,
            arm=first,
            comparator=second,
            value=number.value if measure != "comparison" and number is not None else None,
            span=(place.start, place.end),
            printed=place.text if measure != "comparison" else None,
            ci=ci if measure != "comparison" else None,
            p_value=p,
            timepoint=time,
            significant=_significant(p, ci, measure),
            sentence=(lines[0].start - len("Analysis: "), lines[-1].end),
            rules=rules | ({"timepoint": "registry.time_frame"} if time is not None else {}),
        )
