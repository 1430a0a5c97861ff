"""Answers made readable: figures as text, rows as tables."""

from __future__ import annotations

from extractor.report.answers import answer_table, dicts_csv, dicts_table
from extractor.report.tables import (
    figure_text,
    printable,
    results_table,
    rows_csv,
    rows_json,
    timepoint_text,
    trials_table,
)

__all__ = [
    "answer_table",
    "dicts_csv",
    "dicts_table",
    "figure_text",
    "printable",
    "results_table",
    "rows_csv",
    "rows_json",
    "timepoint_text",
    "trials_table",
]
