"""The evidence store (SQLite): opening and migrating, writing, the index, and selection from it."""

from __future__ import annotations

from extractor.store.model import (
    APPLICATION_ID,
    STORE_VERSION,
    Concept,
    RunStatus,
    RunSummary,
    Selection,
    SetAside,
    StoredDocument,
    StoredFailure,
    schema_sql,
)
from extractor.store.store import EvidenceStore

__all__ = [
    "APPLICATION_ID",
    "STORE_VERSION",
    "Concept",
    "EvidenceStore",
    "RunStatus",
    "RunSummary",
    "Selection",
    "SetAside",
    "StoredDocument",
    "StoredFailure",
    "schema_sql",
]
