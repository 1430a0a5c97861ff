"""Figures as a Parquet file: one row for each place that states a figure. Needs pyarrow (the extra ``parquet``)."""

from __future__ import annotations

import os
from typing import Any

from extractor.errors import ExtractorError
from extractor.export.figures import Figure, Place, figures_of
from extractor.export.files import atomic_file
from extractor.export.plain import plain_text
from extractor.export.selecting import Source, selected
from extractor.export.tables import Exported

__all__ = ["PARQUET", "to_parquet"]

_FLOATS = (
    *("value", "baseline", "events", "total", "spread_value", "spread_low", "spread_high"),
    *("ci_level", "ci_low", "ci_high", "p_value", "timepoint"),
)
_TEXTS = ("unit", "printed", "spread", "p_op", "timepoint_unit", "direction")
PARQUET: dict[str, str] = {
    **dict.fromkeys(("result", "trial", "study", "registry_ids", "phase"), "string"),
    "enrolled": "double",
    **dict.fromkeys(("conditions", "outcome", "measure", "context", "subgroup"), "string"),
    **dict.fromkeys(("arm", "arm_role", "arm_treatment", "comparator", "comparator_treatment"), "string"),
    **dict.fromkeys(_FLOATS, "double"),
    **dict.fromkeys(_TEXTS, "string"),
    "significant": "bool",
    **dict.fromkeys(("document", "document_kind", "title", "url", "published"), "string"),
    **dict.fromkeys(("start", "end"), "int64"),
    "quote": "string",
}
"""Column -> its type."""


def to_parquet(source: Source, path: str | os.PathLike[str], **filters: Any) -> Exported:
    """Write every figure as Parquet, a row for each place that states it; columns and types are ``PARQUET``.

    The types do not depend on what the rows hold. Several conditions are joined by "; ".

    Args:
        source: an EvidenceGraph or a networkx graph of its model. path: the file. filters: as for
            ``EvidenceGraph.results``, only with an EvidenceGraph.

    Raises:
        ExtractorError: pyarrow is not installed. TypeError: ``source`` is neither. UnknownNameError: a filter is not
            known. OSError: the file cannot be written.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExtractorError("Parquet needs pyarrow: pip install 'evidence-extractor[parquet]'") from error
    rows = [
        _printable(_row(figure, place)) for figure in figures_of(selected(source, filters)) for place in figure.places
    ]
    types = {"string": pyarrow.string(), "double": pyarrow.float64(), "bool": pyarrow.bool_(), "int64": pyarrow.int64()}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in PARQUET.items()])
    table = pyarrow.Table.from_pylist(rows, schema=schema)
    with atomic_file(path) as file:
        pyarrow.parquet.write_table(table, file)
    return Exported(rows=len(rows))


def _row(figure: Figure, place: Place) -> dict[str, Any]:
    row: dict[str, Any] = {
        "result": figure.key,
        "trial": figure.trial.removeprefix("trial:"),
        "study": figure.trial_name,
        "registry_ids": figure.registry_ids,
        "phase": figure.phase,
        "enrolled": _float(figure.enrolled),
        "conditions": "; ".join(figure.conditions) or None,
        "outcome": figure.outcome,
        "measure": place.measure,
        "context": figure.context,
        "subgroup": figure.subgroup,
        "arm": figure.arm.label if figure.arm else None,
        "arm_role": figure.arm.role if figure.arm else None,
        "arm_treatment": figure.arm.treatment if figure.arm else None,
        "comparator": figure.comparator.label if figure.comparator else None,
        "comparator_treatment": figure.comparator.treatment if figure.comparator else None,
        "document": place.document,
        "document_kind": place.kind,
        "title": place.title,
        "url": place.url,
        "published": place.published,
        "start": place.start,
        "end": place.end,
        "quote": place.quote,
        "significant": place.values.get("significant"),
    }
    row |= {name: _float(place.values.get(name)) for name in _FLOATS}
    return row | {name: place.values.get(name) for name in _TEXTS}


def _printable(row: dict[str, Any]) -> dict[str, Any]:
    """Lone surrogates cannot be UTF-8."""
    return {name: plain_text(value) if isinstance(value, str) else value for name, value in row.items()}


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
