"""The evidence of a store as assembled trials, whole or for a selection made in SQL."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Self

from extractor.assembly import AssembledTrial, TrialReport, assemble, reports_of
from extractor.records import Record
from extractor.store import EvidenceStore, Selection

__all__ = ["EvidenceBase"]

_CHUNK = 100
"""Components that are decoded and assembled at once: large enough to cost few queries, small enough for any memory."""


class EvidenceBase:
    """The evidence of a store as assembled trials."""

    def __init__(self, store: EvidenceStore) -> None:
        self.store = store

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the store at ``path`` for reading.

        Raises:
            StoreError: there is none, or it is not a store that this version reads.
        """
        return cls(EvidenceStore.open(path, read_only=True))

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Self:
        """Hold ``records`` in memory; records with the same text count once."""
        store = EvidenceStore.in_memory()
        store.add_records(records)
        return cls(store)

    def trials(self, selection: Selection | None = None) -> tuple[AssembledTrial, ...]:
        """Return the assembled trials of the components that ``selection`` finds, by default all, sorted by key.

        There may be trials among them that do not fit: those that share an identity key with one that does.
        """
        return tuple(sorted(self.stream(selection), key=lambda trial: trial.key))

    def stream(self, selection: Selection | None = None) -> Iterator[AssembledTrial]:
        """Yield what ``trials`` returns, in no particular order, with only a few records in memory at a time."""
        yield from self.assembled(self.store.components(selection or Selection()))

    def assembled(self, components: Iterable[int]) -> Iterator[AssembledTrial]:
        """Yield the assembled trials of the components with these numbers."""
        remaining = iter(components)
        while chunk := list(islice(remaining, _CHUNK)):
            reports: list[TrialReport] = []
            for stored in self.store.documents(chunk):
                reports.extend(reports_of(stored.key, stored.record, stored.trials))
            yield from assemble(reports)
