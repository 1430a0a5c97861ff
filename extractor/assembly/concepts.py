"""Names folded to concepts, and the commonest of several names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from extractor.assembly.types import Concept
from extractor.naming import fold_name

__all__ = ["Place", "commonest", "fold_concepts"]

Place = tuple[str, str, str]
"""(document key, trial id, id inside the record)."""


def commonest(values: Iterable[str]) -> str | None:
    """Return the value that occurs most often, among equals the first of the alphabet; None where there is none."""
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value)) if counted else None


def fold_concepts(mentions: Iterable[tuple[str | None, str, str, str | None]]) -> tuple[Concept, ...]:
    """Fold (concept, text, label, id) rows into concepts, sorted by key."""
    rows: dict[str, list[tuple[str, str, str | None]]] = {}
    for concept, text, label, identifier in mentions:
        name = concept or text
        rows.setdefault(fold_name(name), []).append((name, label, identifier))
    return tuple(
        Concept(
            key=key,
            name=commonest(name for name, _, _ in found) or key,
            kind=commonest(label for _, label, _ in found) or "",
            id=min((identifier for _, _, identifier in found if identifier is not None), default=None),
        )
        for key, found in sorted(rows.items())
    )
