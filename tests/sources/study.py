"""A made study record, in the form of the API of ClinicalTrials.gov: ``corpora/sources/study.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["STUDY", "study_bytes"]

_FILE = Path(__file__).parent.parent.parent / "corpora" / "sources" / "study.json"
STUDY: dict[str, Any] = json.loads(_FILE.read_bytes())


def study_bytes() -> bytes:
    """Return the record as the API sends it."""
    return _FILE.read_bytes()
