"""Rows of an answer as a terminal table, JSON or CSV, and a figure as a reader would write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from extractor.query import ResultRow, Rows, TrialRow
from extractor.records import Result

__all__ = [
    "figure_text",
    "printable",
    "results_table",
    "rows_csv",
    "rows_json",
    "timepoint_text",
    "trials_table",
]

_NAMES = {
    "hazard_ratio": "HR",
    "odds_ratio": "OR",
    "risk_ratio": "RR",
    "rate_ratio": "rate ratio",
    "risk_difference": "risk difference",
    "mean_difference": "mean difference",
    "standardized_mean_difference": "SMD",
    "relative_reduction": "relative reduction",
    "absolute_difference": "difference",
    "fold_change": "fold change",
    "number_needed_to_treat": "NNT",
    "mean": "mean",
    "median": "median",
    "change": "change",
    "score": "score",
    "rate": "rate",
}
_TIMES = frozenset({"minute", "hour", "day", "week", "month", "year", "cycle"})
_CONTROLS = {code: "�" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)}


def printable(text: str) -> str:
    """Return ``text`` without control characters, which could drive the terminal it is printed on."""
    return text.translate(_CONTROLS)


def _number(value: float, printed: str | None = None) -> str:
    return printed if printed is not None else f"{value:.10g}"


def _unit(unit: str | None, value: float) -> str | None:
    return f"{unit}s" if unit in _TIMES and value != 1 else unit


def figure_text(row: ResultRow | Result) -> str:
    """Return the figure with its unit and statistics: "93.3 %", "16 of 30", "HR 0.62 (p < 0.001)"."""
    if row.value is None:
        shown = (row.direction or "not reached").replace("_", " ")
        figure = shown if row.measure == "comparison" else f"{_NAMES.get(row.measure, row.measure)} not reached"
    elif row.measure == "count" and row.total is not None:
        figure = f"{_number(row.value)} of {_number(row.total.value)}"
    else:
        number = _number(row.value, row.printed)
        figure = " ".join(filter(None, (_NAMES.get(row.measure), number, _unit(row.unit, row.value))))
    notes = []
    if row.measure != "count" and row.events is not None and row.total is not None:
        notes.append(f"{_number(row.events.value)} of {_number(row.total.value)}")
    if row.baseline is not None:
        notes.append(f"from {row.baseline.text}")
    if row.ci is not None and row.ci.low is not None and row.ci.high is not None:
        level = f"{row.ci.level:g} % " if row.ci.level is not None else ""
        notes.append(f"{level}CI {_number(row.ci.low)} to {_number(row.ci.high)}")
    if row.p_value is not None:
        notes.append(f"p {row.p_value.op} {_number(row.p_value.value)}")
    return f"{figure} ({'; '.join(notes)})" if notes else figure


def timepoint_text(row: ResultRow | Result) -> str:
    """Return the time point as "2 years", "24 weeks" or ""."""
    if row.timepoint is None:
        return ""
    return f"{_number(row.timepoint.value)} {_unit(row.timepoint.unit, row.timepoint.value)}"


def _cell(*parts: str | None) -> Text:
    return Text(printable("\n".join(part for part in parts if part)))


def results_table(rows: Sequence[ResultRow]) -> Table:
    """Return a table of results, each with its quotes and where they stand."""
    table = Table(show_lines=True)
    for heading in ("figure", "at", "outcome", "arm", "versus", "trial"):
        table.add_column(heading)
    table.add_column("quote and address", overflow="fold", ratio=2)
    for row in rows:
        sources = [
            f"“{' '.join(evidence.quote.split())}”\n"
            f"{evidence.url or evidence.document} [{evidence.start}-{evidence.end}]"
            for evidence in row.evidence
        ]
        table.add_row(
            _cell(figure_text(row), f"[{row.context}]" if row.context != "reported" else None),
            _cell(timepoint_text(row)),
            _cell(row.outcome, row.subgroup),
            _cell(row.arm),
            _cell(row.comparator),
            _cell(row.acronym, *row.registry_ids) if row.acronym or row.registry_ids else _cell(row.trial),
            _cell(*sources),
        )
    return table


def trials_table(rows: Sequence[TrialRow]) -> Table:
    """Return a table of trials with the documents that name them."""
    table = Table(show_lines=True)
    for heading in ("trial", "phase", "enrolled", "conditions", "interventions", "results"):
        table.add_column(heading)
    table.add_column("documents", overflow="fold")
    for row in rows:
        table.add_row(
            _cell(row.acronym, *row.registry_ids) if row.acronym or row.registry_ids else _cell(row.key),
            _cell(row.phase),
            _cell(None if row.enrolled is None else _number(row.enrolled)),
            _cell(*row.conditions),
            _cell(*row.drugs),
            _cell(str(row.results)),
            _cell(*(url or document for document, _, url in row.documents)),
        )
    return table


def rows_json(rows: Sequence[msgspec.Struct]) -> str:
    """Return the rows as a JSON array, indented, with a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(list(rows)), indent=2).decode() + "\n"


def rows_csv(rows: Sequence[Any], kind: type[msgspec.Struct]) -> str:
    """Return the rows as CSV (RFC 4180 quoting) with a heading line, also where there are none.

    Nested values are spread over columns ("ci_low", "p_value_op"); several values in one cell are joined by " | ".
    """
    return Rows(kind, rows).to_csv()
