"""Medical news and abstracts in, trials with every figure bound to arm, outcome and time point out.

>>> from extractor import extract
>>> record = extract("At 2 years, overall survival was 93.3%.")
>>> record.trials[0].results[0].value
93.3

Heavy parts are imported on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractor.errors import (
        AnalysisError,
        ExtractorError,
        FetchError,
        LexiconError,
        ParseError,
        RecordError,
        StoreError,
    )
    from extractor.extraction import extract, extract_article, extract_many
    from extractor.query import EvidenceGraph
    from extractor.records import Article, Record
    from extractor.report.notebook import displacy_spans, render
    from extractor.sources import FetchState, read_sources
    from extractor.sources.fetch import fetch
    from extractor.story import StoryCheck, check_story

__all__ = [
    "AnalysisError",
    "Article",
    "EvidenceGraph",
    "ExtractorError",
    "FetchError",
    "FetchState",
    "LexiconError",
    "ParseError",
    "Record",
    "RecordError",
    "StoreError",
    "StoryCheck",
    "check_story",
    "displacy_spans",
    "extract",
    "extract_article",
    "extract_many",
    "fetch",
    "read_sources",
    "render",
]

_HOMES = {
    "Article": "extractor.records",
    "Record": "extractor.records",
    "EvidenceGraph": "extractor.query",
    "extract": "extractor.extraction",
    "extract_article": "extractor.extraction",
    "extract_many": "extractor.extraction",
    "read_sources": "extractor.sources",
    "fetch": "extractor.sources",
    "FetchState": "extractor.sources",
    "StoryCheck": "extractor.story",
    "check_story": "extractor.story",
    "render": "extractor.report.notebook",
    "displacy_spans": "extractor.report.notebook",
    **dict.fromkeys(
        ("AnalysisError", "ExtractorError", "FetchError", "LexiconError", "ParseError", "RecordError", "StoreError"), "extractor.errors"
    ),
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'extractor' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
