"""The evidence of a store as assembled trials, whole or for a selection made in SQL."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Self

from extractor.assembly import AssembledTrial, Decisions, TrialReport, assemble, read_decisions, reports_of
from extractor.records import Record
from extractor.store import EvidenceStore, Selection

__all__ = ["EvidenceBase"]

_CHUNK = 100
"""Components that are decoded and assembled at once: large enough to cost few queries, small enough for any memory."""


class EvidenceBase:
    """The evidence of a store as assembled trials."""

    def __init__(self, store: EvidenceStore, decisions: Decisions | None = None) -> None:
        self.store = store
        self.decisions = decisions

    @classmethod
    def open(cls, path: str | os.PathLike[str], joins: str | os.PathLike[str] | None = None) -> Self:
        """Open the store at ``path`` for reading.

        Args:
            joins: file of the user's own joins and splits; see ``extractor.assembly.decisions``.

        Raises:
            StoreError: there is none, or it is not a store that this version reads.
            AssemblyError: the file of joins cannot be read or contradicts itself.
        """
        decisions = None if joins is None else read_decisions(Path(joins))
        return cls(EvidenceStore.open(path, read_only=True), decisions)

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
        bundles = self._bundles()
        done: set[int] = set()
        while chunk := list(islice(remaining, _CHUNK)):
            # What the user joins over components is assembled together, and once.
            wanted = {part for component in chunk for part in bundles.get(component, (component,))} - done
            done |= wanted if bundles else set()
            reports: list[TrialReport] = []
            for stored in self.store.documents(sorted(wanted)):
                reports.extend(reports_of(stored.key, stored.record, stored.trials))
            yield from assemble(reports, self.decisions)

    def bundled(self, components: Iterable[int]) -> set[int]:
        """Return these components with those that the user's joins tie to them: what is assembled together."""
        bundles = self._bundles()
        return {part for component in components for part in bundles.get(component, (component,))}

    def _bundles(self) -> dict[int, frozenset[int]]:
        """Return, for each component that the user's joins tie to others, all that hang together."""
        found: dict[int, frozenset[int]] = {}
        for names in self.decisions.clusters if self.decisions is not None else ():
            documents = set(names) | {name.rpartition("#")[0] for name in names}
            parts = frozenset(self.store.components_of(documents))
            parts = parts.union(*(found.get(part, ()) for part in parts))
            found |= dict.fromkeys(parts, parts)
        return found
