"""Which documents are independent: copies of one text count once, and so do all texts of one paper.

Two texts are copies where at least ``SAME`` of their runs of four words are common (Jaccard index; the threshold that
``extractor.sources.duplicates`` uses, there estimated, here counted). Texts of fewer than ``SHORTEST`` words must agree
word for word: one other figure changes them and hardly their set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

from extractor.records import Record

__all__ = ["SAME", "SHORTEST", "independent_sources", "same_text", "text_runs"]

SAME = 0.6
SHORTEST = 60
_RUN = 4
_SKETCH = 24
_MOST_WORDS = 20_000
_WORD = re.compile(r"\w+")


def independent_sources(documents: Sequence[tuple[str, Record]]) -> dict[str, str]:
    """Return, for each (document key, record), the key of the first document that it repeats or belongs to.

    A document that stands for itself is its own source. ``documents`` in any order; the first is by key.
    """
    ordered = sorted(dict(documents).items())
    if len(ordered) < 2:
        return {key: key for key, _ in ordered}
    first: dict[str, str] = {key: key for key, _ in ordered}

    def source(key: str) -> str:
        while first[key] != key:
            key = first[key]
        return key

    def unite(one: str, other: str) -> None:
        low, high = sorted((source(one), source(other)))
        first[high] = low

    papers: dict[tuple[str, str], str] = {}
    for key, record in ordered:
        names = record.document.identifiers
        for kind, name in (("doi", names.doi), ("pmid", names.pmid), ("pmcid", names.pmcid)):
            if name:
                unite(papers.setdefault((kind, name.casefold()), key), key)
    for one, other in _copies(ordered):
        unite(one, other)
    return {key: source(key) for key, _ in ordered}


def _copies(documents: Sequence[tuple[str, Record]]) -> list[tuple[str, str]]:
    """Return pairs of documents that repeat each other. Only those that share one of their least hashes are compared:
    of two sets that have more than half in common, the least 24 hashes practically always do."""
    runs: dict[str, frozenset[int]] = {}
    holders: dict[int, list[str]] = {}
    pairs: dict[tuple[str, str], None] = {}
    for key, record in documents:
        runs[key] = text_runs(record)
        for value in sorted(runs[key])[:_SKETCH]:
            for other in holders.setdefault(value, []):
                pairs[other, key] = None
            holders[value].append(key)
    return [(one, other) for one, other in pairs if same_text(runs[one], runs[other])]


def same_text(one: frozenset[int], other: frozenset[int]) -> bool:
    """Tell whether two texts, given by their ``text_runs``, are copies."""
    common = len(one & other)
    return common >= SAME * (len(one) + len(other) - common)


def text_runs(record: Record) -> frozenset[int]:
    """Return hashes of the runs of four words in the body of a document; of a short one the hash of all its words."""
    document = record.document
    body = next((s for s in document.sections if s.label == "body"), None)
    text = document.text[body.start : body.end] if body is not None else document.text
    words = _WORD.findall(text.casefold())[:_MOST_WORDS]
    if len(words) < SHORTEST:
        return frozenset([crc32(" ".join(words).encode())])
    return frozenset(crc32(" ".join(words[i : i + _RUN]).encode()) for i in range(len(words) - _RUN + 1))
