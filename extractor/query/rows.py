"""What questions are answered with: lists of plain rows that also come as a table, as CSV and as a data frame."""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from extractor.assembly import Evidence
from extractor.errors import ExtractorError
from extractor.records import ConfidenceInterval, Number, PValue, Result, TimePoint

__all__ = [
    "CheckRow",
    "ComparisonRow",
    "ConflictRow",
    "DrugRow",
    "NeighbourRow",
    "OutcomeRow",
    "ResultRow",
    "Rows",
    "TimelineRow",
    "TrialRow",
    "columns_of",
    "flat",
]

_SHOWN = 50
"""Rows that a notebook shows of a longer answer."""


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trial over all documents; ``documents`` holds (document key, title, address) of those that name it."""

    key: str
    acronym: str | None
    registry_ids: tuple[str, ...]
    role: str
    phase: str | None
    enrolled: int | float | None
    conditions: tuple[str, ...]
    drugs: tuple[str, ...]
    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    results: int
    documents: tuple[tuple[str, str | None, str | None], ...]


class ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one trial, as the fullest evidence states it; ``evidence`` holds every place that states it.

    Attributes:
        key: the result's node in the graph. trial: the trial's key. acronym, registry_ids: its names.
        arm, arm_role, comparator: labels of the groups; for a comparison, ``arm`` is the first side.
        outcome: preferred name. printed: the number string as printed. baseline: value before, where given.
        context: reported, background (only cited) or hypothesis. quotes: the sentences. documents: how many state it.
        belief: 0 to 1, how far the figure can be relied on. sources: how many independent ones state it.
        marks: "contradicted", "retracted", "concern", "corrected".
    """

    key: str
    trial: str
    acronym: str | None
    registry_ids: tuple[str, ...]
    arm: str | None
    arm_role: str | None
    comparator: str | None
    outcome: str | None
    measure: str
    value: int | float | None
    unit: str | None
    printed: str | None
    events: Number | None
    total: Number | None
    baseline: Number | None
    ci: ConfidenceInterval | None
    p_value: PValue | None
    timepoint: TimePoint | None
    subgroup: str | None
    direction: str | None
    significant: bool | None
    context: str
    belief: float
    sources: int
    marks: tuple[str, ...]
    quotes: tuple[str, ...]
    documents: int
    evidence: tuple[Evidence, ...]


class ComparisonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One treatment against another in one trial: an estimate of the two, or one figure of each.

    Attributes:
        a, b: labels of the groups that receive the first and the second treatment asked for.
        estimate: of a comparative measure, its figure; ``reversed`` where the document states it of b against a.
        a_result, b_result: of a measure of single groups, the figure of each; either may be missing.
    """

    trial: str
    acronym: str | None
    outcome: str | None
    measure: str
    timepoint: TimePoint | None
    subgroup: str | None
    a: str | None
    b: str | None
    estimate: ResultRow | None = None
    reversed: bool = False
    a_result: ResultRow | None = None
    b_result: ResultRow | None = None


class DrugRow(msgspec.Struct, frozen=True, kw_only=True):
    """A drug or other intervention with the number of trials that give it and of figures of its groups.

    ``comparator_in``: trials in which only comparator groups receive it. ``classes``: as the vocabulary has them.
    """

    key: str
    name: str
    kind: str
    classes: tuple[str, ...]
    trials: int
    comparator_in: int
    results: int


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint with the number of trials that measure it and of figures given, and by which measures."""

    key: str
    name: str
    role: str
    trials: int
    results: int
    measures: tuple[str, ...]


class ConflictRow(msgspec.Struct, frozen=True, kw_only=True):
    """Different figures where there can be only one, the one most relied on first; no side is preferred.

    Attributes:
        outcome, arm, comparator: names of what the sides have in common. subgroup: "" for everybody.
        open: what a side leaves unsaid, by which the sides may yet be of different things.
        values: the figure of each side with its unit. results: the key of each in the graph, in the same order.
        evidence: every place that states any of them, the sides in the same order.
    """

    key: str
    trial: str
    acronym: str | None
    outcome: str | None
    measure: str
    arm: str | None
    comparator: str | None
    timepoint: str
    subgroup: str
    open: tuple[str, ...]
    values: tuple[str, ...]
    results: tuple[str, ...]
    evidence: tuple[Evidence, ...]


class CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of arithmetic or consistency, with the figure and the place it is about.

    ``result`` is the key of the figure in the graph, None where the finding is of the trial or document as a whole.
    """

    severity: str
    kind: str
    message: str
    expected: str | None
    found: str | None
    trial: str
    acronym: str | None
    result: str | None
    document: str
    url: str | None
    quote: str | None


class TimelineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that reports a trial: when it appeared and what it says; ``figures`` counts its own findings."""

    date: str | None
    document: str
    kind: str
    title: str | None
    source: str | None
    url: str | None
    trial: str
    acronym: str | None
    phase: str | None
    conditions: tuple[str, ...]
    figures: int


class NeighbourRow(msgspec.Struct, frozen=True, kw_only=True):
    """A node beside another one: the edge's type and whether it leads there (``out``) or comes from there (``in``)."""

    edge: str
    direction: str
    key: str
    type: str
    name: str
    edges: int


Row = TypeVar("Row", bound=msgspec.Struct)

_EVIDENCE_COLUMNS = ("document", "url", "start", "end", "quote")
_NUMBERS = frozenset({"events", "total", "baseline"})
_PARTS: dict[str, tuple[str, ...]] = {
    "ci": ("low", "high", "level"),
    "p_value": ("op", "value"),
    "timepoint": ("value", "unit"),
    "estimate": ("value", "unit", "ci_low", "ci_high", "p_value_op", "p_value_value", "documents", "quote"),
    "a_result": ("value", "unit", "events", "total", "documents", "quote"),
    "b_result": ("value", "unit", "events", "total", "documents", "quote"),
}
"""Fields that hold a value of several parts, and the parts that get a column each."""
_STATED = ("id", "measure", "value", "unit", "printed", "context")
"""Parts of the figure that a piece of evidence states."""


def columns_of(kind: type[msgspec.Struct]) -> list[str]:
    """Return the columns of a table of rows of ``kind``."""
    columns: list[str] = []
    for name in kind.__struct_fields__:
        if name in _PARTS:
            columns += [f"{name}_{part}" for part in _PARTS[name]]
        elif name == "result" and kind is Evidence:
            columns += [f"{name}_{part}" for part in _STATED]
        elif name == "evidence":
            columns += _EVIDENCE_COLUMNS
        elif name != "quotes":
            columns.append(name)
    return columns


def flat(row: msgspec.Struct) -> dict[str, Any]:
    """Return ``row`` as column -> str, number, bool or None; of the evidence the fullest, several values by " | "."""
    cells: dict[str, Any] = {}
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if name in _PARTS:
            whole = flat(value) if name.endswith(("_result", "estimate")) and value is not None else value
            for part in _PARTS[name]:
                cells[f"{name}_{part}"] = whole.get(part) if isinstance(whole, dict) else getattr(whole, part, None)
        elif isinstance(value, Result):
            cells |= {f"{name}_{part}": getattr(value, part) for part in _STATED}
        elif name == "evidence":
            cells |= {column: getattr(value[0], column) if value else None for column in _EVIDENCE_COLUMNS}
        elif name in _NUMBERS:
            cells[name] = value.value if value is not None else None
        elif name == "documents" and isinstance(value, tuple):
            cells[name] = " | ".join(document for document, _, _ in value)
        elif isinstance(value, tuple):
            cells[name] = " | ".join(value) if name != "quotes" else None
        else:
            cells[name] = value
    return {column: cells.get(column) for column in columns_of(type(row))}


class Rows(list[Row], Generic[Row]):
    """An answer: a list of rows of one kind, which is known also where there are none."""

    def __init__(self, kind: type[Row], rows: Iterable[Row] = ()) -> None:
        super().__init__(rows)
        self.kind = kind

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the table; values of several parts have a column for each ("ci_low", "ci_high")."""
        return columns_of(self.kind)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the table as column -> str, number, bool or None of each row; several values are joined by " | "."""
        return [flat(row) for row in self]

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the table as CSV (RFC 4180) with a heading line, and write it to ``path`` if one is given.

        Raises:
            OSError: the file cannot be written; one that was there before is left as it was.
        """
        out = io.StringIO()
        writer = csv.DictWriter(out, self.columns)
        writer.writeheader()
        writer.writerows(self.to_dicts())
        text = out.getvalue()
        if path is not None:
            part = Path(f"{os.fspath(path)}.part")
            try:
                part.write_text(text, encoding="utf-8", newline="")
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        return text

    def to_pandas(self) -> Any:
        """Return the table as a pandas DataFrame.

        Raises:
            ExtractorError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ExtractorError(
                "pandas is missing; install it with: pip install 'evidence-extractor[pandas]'"
            ) from error
        return pandas.DataFrame(self.to_dicts(), columns=self.columns)

    def _repr_html_(self) -> str:
        """Return the table for a notebook; columns without any value are left out, and rows after the first 50."""
        shown = [flat(row) for row in self[:_SHOWN]]
        columns = [name for name in self.columns if not shown or any(row[name] not in (None, "") for row in shown)]
        heading = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in columns)
        lines = ["".join(f"<td>{_cell(row[name])}</td>" for name in columns) for row in shown]
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        more = f"<p>{len(self)} rows, the first {_SHOWN} shown</p>" if len(self) > _SHOWN else ""
        return f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return html.escape(str(value))
