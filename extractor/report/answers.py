"""Tables for the terminal of what questions are answered with, beside trials and results."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from extractor.assembly import Evidence
from extractor.query import (
    CheckRow,
    ComparisonRow,
    ConflictRow,
    DrugRow,
    NeighbourRow,
    OutcomeRow,
    ResultRow,
    TimelineRow,
    TrialRow,
)
from extractor.report.tables import figure_text, printable, results_table, timepoint_text, trials_table

__all__ = ["answer_table", "dicts_csv", "dicts_table"]

_Cell = Callable[[Any], str | None]


def _quoted(evidence: Sequence[Evidence]) -> str:
    return "\n".join(
        f"“{' '.join(item.quote.split())}”\n{item.url or item.document} [{item.start}-{item.end}]" for item in evidence
    )


def _figures(row: ComparisonRow) -> str:
    if row.estimate is not None:
        return figure_text(row.estimate) + (" (b against a)" if row.reversed else "")
    return " against ".join(figure_text(side) if side is not None else "?" for side in (row.a_result, row.b_result))


def _sources(row: ComparisonRow) -> str:
    found = [side for side in (row.estimate, row.a_result, row.b_result) if side is not None]
    places = {(item.document, item.start, item.end): item for side in found for item in side.evidence[:1]}
    return _quoted(list(places.values()))


def _named(row: Any) -> str:
    return str(row.acronym or row.trial)


_TABLES: dict[type, dict[str, _Cell]] = {
    ComparisonRow: {
        "trial": _named,
        "outcome": lambda row: "\n".join(filter(None, (row.outcome, row.subgroup))),
        "at": timepoint_text,
        "a": lambda row: row.a,
        "b": lambda row: row.b,
        "figure": _figures,
        "quote and address": _sources,
    },
    DrugRow: {
        "treatment": lambda row: row.name,
        "kind": lambda row: row.kind,
        "classes": lambda row: "\n".join(row.classes),
        "trials": lambda row: str(row.trials),
        "as comparator only": lambda row: str(row.comparator_in),
        "results": lambda row: str(row.results),
    },
    OutcomeRow: {
        "outcome": lambda row: row.name,
        "role": lambda row: row.role,
        "trials": lambda row: str(row.trials),
        "results": lambda row: str(row.results),
        "measures": lambda row: ", ".join(row.measures),
    },
    TimelineRow: {
        "date": lambda row: (row.date or "")[:10],
        "trial": _named,
        "phase": lambda row: row.phase,
        "kind": lambda row: row.kind,
        "title and address": lambda row: "\n".join(filter(None, (row.title, row.url or row.document))),
        "figures": lambda row: str(row.figures),
    },
    ConflictRow: {
        "figures": lambda row: "\n".join(row.values),
        "measure": lambda row: row.measure.replace("_", " "),
        "outcome": lambda row: "\n".join(filter(None, (row.outcome, row.timepoint, row.subgroup))),
        "arm": lambda row: row.arm,
        "versus": lambda row: row.comparator,
        "trial": _named,
        "quote and address": lambda row: _quoted(row.evidence),
    },
    CheckRow: {
        "severity": lambda row: row.severity,
        "finding": lambda row: row.message,
        "trial": _named,
        "quote and address": lambda row: "\n".join(
            filter(None, (row.quote and f"“{' '.join(row.quote.split())}”", row.url or row.document))
        ),
    },
    NeighbourRow: {
        "edge": lambda row: {"out": f"{row.edge} →", "in": f"← {row.edge}"}.get(row.direction, row.edge),
        "type": lambda row: row.type,
        "name": lambda row: row.name,
        "key": lambda row: row.key,
    },
    Evidence: {
        "figure": lambda row: figure_text(row.result),
        "at": lambda row: timepoint_text(row.result),
        "kind": lambda row: row.document_kind,
        "date": lambda row: (row.published or "")[:10],
        "quote and address": lambda row: _quoted([row]),
    },
}
"""Headings and cells of each kind of row."""


def answer_table(rows: Sequence[Any], kind: type) -> Table:
    """Return a table of ``rows``, which are of ``kind``, one of those that ``extractor.query`` answers with."""
    if kind is TrialRow:
        return trials_table(rows)
    if kind is ResultRow:
        return results_table(rows)
    columns = _TABLES[kind]
    table = Table(show_lines=True)
    for heading in columns:
        table.add_column(heading, overflow="fold", ratio=2 if heading == "quote and address" else None)
    for row in rows:
        table.add_row(*(Text(printable(cell(row) or "")) for cell in columns.values()))
    return table


def dicts_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Return a table of rows that all have the same keys."""
    table = Table(show_lines=True)
    for heading in rows[0] if rows else ():
        table.add_column(Text(printable(heading)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable("" if value is None else str(value))) for value in row.values()))
    return table


def dicts_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows that all have the same keys as CSV (RFC 4180 quoting) with a heading line; "" where there are none."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()
