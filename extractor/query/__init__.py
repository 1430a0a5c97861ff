"""Questions to the evidence: trials, their results, and the sentences that say them."""

from __future__ import annotations

from extractor.query.evidence import EvidenceGraph
from extractor.query.filters import Filters
from extractor.query.names import UnknownNameError, resolve_name
from extractor.query.rows import (
    CheckRow,
    ComparisonRow,
    ConflictRow,
    DrugRow,
    NeighbourRow,
    OutcomeRow,
    ResultRow,
    Rows,
    TimelineRow,
    TrialRow,
)

__all__ = [
    "CheckRow",
    "ComparisonRow",
    "ConflictRow",
    "DrugRow",
    "EvidenceGraph",
    "Filters",
    "NeighbourRow",
    "OutcomeRow",
    "ResultRow",
    "Rows",
    "TimelineRow",
    "TrialRow",
    "UnknownNameError",
    "resolve_name",
]
