"""Which trials of a store a question is about, found in the index alone.

The rarest part of a selection is looked up first and the others are only asked of what it found, so that the time
depends on how much there is to find and not on how much is stored.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from extractor.lexicon.folding import term_keys
from extractor.naming import fold_name
from extractor.store.model import Concept, Selection

__all__ = ["components", "concepts_called", "concepts_formed", "concepts_holding", "concepts_named", "vocabulary"]

_LISTED = "(SELECT value FROM json_each(?))"
_RARE = 2_000
"""Rows up to which parts of a selection are counted to find the rarest."""


def _numbers(values: Iterable[int]) -> str:
    return json.dumps(sorted(values))


# ---- names


def concepts_named(db: sqlite3.Connection, labels: Sequence[str], name: str) -> list[Concept]:
    """Return the concepts under ``labels`` that some document calls ``name``, or whose preferred name it is."""
    folded = fold_name(name)
    wanted = json.dumps(sorted(labels))
    rows = db.execute(
        f"SELECT id, label, concept FROM concepts WHERE concept = ? AND label IN {_LISTED} "
        "UNION SELECT c.id, c.label, c.concept FROM names n JOIN concepts c ON c.id = n.concept "
        f"WHERE n.name = ? AND c.label IN {_LISTED} ORDER BY 1",
        (folded, wanted, folded, wanted),
    )
    return [Concept(id=number, label=label, concept=concept) for number, label, concept in rows]


def concepts_called(db: sqlite3.Connection, labels: Sequence[str], names: Iterable[str]) -> list[Concept]:
    """Return the concepts under ``labels`` whose preferred name is one of ``names``."""
    folded = json.dumps(sorted(set(map(fold_name, names))))
    rows = db.execute(
        "SELECT c.id, c.label, c.concept FROM json_each(?) l CROSS JOIN json_each(?) j "
        "CROSS JOIN concepts c ON c.label = l.value AND c.concept = j.value ORDER BY 1",
        (json.dumps(sorted(labels)), folded),
    )
    return [Concept(id=number, label=label, concept=concept) for number, label, concept in rows]


def concepts_formed(db: sqlite3.Connection, labels: Sequence[str], stem: str, *, prefix: bool) -> list[Concept]:
    """Return the concepts under ``labels`` whose preferred name ends with ``stem``, with ``prefix`` begins with it."""
    part = "substr(concept, 1, length(?))" if prefix else "substr(concept, -length(?))"
    rows = db.execute(
        f"SELECT id, label, concept FROM concepts WHERE label IN {_LISTED} AND {part} = ? ORDER BY id",
        (json.dumps(sorted(labels)), stem, stem),
    )
    return [Concept(id=number, label=label, concept=concept) for number, label, concept in rows]


def concepts_holding(db: sqlite3.Connection, labels: Sequence[str], name: str) -> list[Concept]:
    """Return the concepts under ``labels`` in which the words of ``name`` stand side by side, in any spelling."""
    words = term_keys(name)
    if not words:
        return []
    each = " INTERSECT ".join("SELECT concept FROM concept_words WHERE word = ?" for _ in words)
    rows = db.execute(
        f"SELECT id, label, concept FROM concepts WHERE id IN ({each}) AND label IN {_LISTED} ORDER BY id",
        (*words, json.dumps(sorted(labels))),
    )
    return [
        Concept(id=number, label=label, concept=concept)
        for number, label, concept in rows
        if _stand_together(term_keys(concept), words)
    ]


def _stand_together(keys: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return any(keys[at : at + len(words)] == words for at in range(len(keys) - len(words) + 1))


def vocabulary(db: sqlite3.Connection, labels: Sequence[str], *, names: bool) -> list[str]:
    """Return all (folded) concepts of ``labels``, with ``names`` also the other names, sorted."""
    query = f"SELECT concept FROM concepts WHERE label IN {_LISTED}"
    parameters = [json.dumps(sorted(labels))]
    if names:
        query += f" UNION SELECT n.name FROM names n JOIN concepts c ON c.id = n.concept WHERE c.label IN {_LISTED}"
        parameters *= 2
    return sorted({row[0] for row in db.execute(query, parameters)})


# ---- trials


class _Part(NamedTuple):
    """A part of a selection as conditions on a row of trials, called t.

    ``lookup`` finds all that fit by an index, "" where there is none for it; ``check`` tells of one row whether it fits;
    ``rows`` is a query of as many rows as the lookup goes through, "" where they are few.
    """

    lookup: str
    check: str
    parameters: tuple[object, ...]
    rows: str = ""


def components(db: sqlite3.Connection, selection: Selection) -> list[int] | None:
    """Return the components that hold what ``selection`` asks for, sorted; None where it asks for nothing.

    Each part is asked of the component as a whole: one report may name the drug and another the phase.
    """
    parts = list(_parts(selection))
    if not parts:
        return None
    parts.sort(key=lambda part: _count(db, part))
    first = parts[0].lookup or parts[0].check
    found = _column(db, f"SELECT DISTINCT t.component FROM trials t WHERE {first}", parts[0].parameters)
    for part in parts[1:]:
        # CROSS JOIN keeps the order of the tables: what was found before is small, what the part finds may be large.
        found = _column(
            db,
            "SELECT DISTINCT t.component FROM json_each(?) j CROSS JOIN trials t ON t.component = j.value "
            f"WHERE {part.check}",
            (_numbers(found), *part.parameters),
        )
    return sorted(found)


def _column(db: sqlite3.Connection, query: str, parameters: tuple[object, ...]) -> list[int]:
    return [row[0] for row in db.execute(query, parameters)]


def _count(db: sqlite3.Connection, part: _Part) -> int:
    """Return how many rows the part finds, as far as it matters; parts without an index come last."""
    if not part.lookup:
        return _RARE + 1
    if not part.rows:
        return 0
    return int(db.execute(f"SELECT count(*) FROM ({part.rows} LIMIT {_RARE})", part.parameters).fetchone()[0])


def _parts(selection: Selection) -> Iterator[_Part]:
    for group in selection.concepts:
        named = f"SELECT 1 FROM trial_concepts c WHERE c.trial = t.id AND c.concept IN {_LISTED}"
        lookup = f"t.id IN (SELECT trial FROM trial_concepts WHERE concept IN {_LISTED})"
        rows = f"SELECT 1 FROM trial_concepts WHERE concept IN {_LISTED}"
        yield _Part(lookup, f"EXISTS ({named})", (_numbers(group),), rows)
    for words in selection.people:
        said = f"SELECT 1 FROM people_words p WHERE p.trial = t.id AND p.word IN {_LISTED}"
        lookup = f"t.id IN (SELECT trial FROM people_words WHERE word IN {_LISTED})"
        rows = f"SELECT 1 FROM people_words WHERE word IN {_LISTED}"
        yield _Part(lookup, f"EXISTS ({said})", (json.dumps(sorted(words)),), rows)
    if selection.keys:
        known = f"SELECT trial FROM trial_keys WHERE key IN {_LISTED}"
        lookup = f"t.id IN ({known} UNION SELECT id FROM trials WHERE acronym_key IN {_LISTED})"
        keys = json.dumps(sorted(selection.keys))
        yield _Part(lookup, lookup, (keys, keys))
    if selection.document is not None:
        lookup = (
            "t.id IN (SELECT n.id FROM documents d JOIN records r ON r.document = d.id AND r.current = 1 "
            "JOIN trials n ON n.record = r.id WHERE d.key = ? AND n.name = ?)"
        )
        yield _Part(lookup, lookup, selection.document)
    if selection.phase is not None:
        yield _Part("", "t.phase = ?", (selection.phase,))
    if selection.min_enrolled is not None:
        yield _Part("", "t.enrolled >= ?", (selection.min_enrolled,))
    if selection.max_enrolled is not None:
        yield _Part("", "t.enrolled <= ?", (selection.max_enrolled,))
    if selection.measure is not None:
        measured = "SELECT 1 FROM results m WHERE m.trial = t.id AND m.measure = ?"
        yield _Part("", f"EXISTS ({measured})", (selection.measure,))
    if selection.kind is not None:
        yield _Part("", _of_document("d.kind = ?"), (selection.kind,))
    if selection.since is not None:
        yield _Part(
            "",
            _of_document("substr(d.published, 1, length(?)) >= substr(?, 1, length(d.published))"),
            (selection.since, selection.since),
        )
    if selection.until is not None:
        yield _Part("", _of_document("substr(d.published, 1, length(?)) <= ?"), (selection.until, selection.until))


def _of_document(condition: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM records r JOIN documents d ON d.id = r.document WHERE r.id = t.record AND {condition})"
    )
