"""The index over current records: which trials share keys, which trial is about what, who is called what.

Trials that share a key, also through others, are one component: assembling a component gives the same trials as
assembling the whole store. Components are joined as trials come, and parted again when a trial goes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator

from extractor.identity import MATCH_PREFIX, is_only_subject, join_keys
from extractor.lexicon.folding import term_keys
from extractor.naming import acronym_key, conditions_of, fold_name, said_of_people
from extractor.records import Intervention, Mention, Record, Trial
from extractor.store.model import unpack_record

__all__ = ["Indexer", "filed", "fill_index", "number"]

_TREATMENTS = ("drug", "procedure", "behaviour")
_LARGE = 5_000
"""Reports in a component above which it is not parted again: it stays one, which costs time but is never wrong."""


def number(value: float | None) -> float | None:
    """Return ``value`` as SQLite holds it; None for an integer beyond its range."""
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None


def fill_index(db: sqlite3.Connection, where: str) -> None:
    """Fill the empty index from the current records."""
    indexer = Indexer(db)
    for row, body in db.execute("SELECT id, body FROM records WHERE current = 1 ORDER BY id"):
        indexer.add(row, unpack_record(body, where=where))


class Indexer:
    """Writes the index inside one transaction, and must not outlive it: it remembers numbers of names."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._concepts: dict[tuple[str, str], int] = {}
        self._names: dict[tuple[int, str], int] = {}

    def add(self, row: int, record: Record) -> None:
        """Index ``record``, which is row number ``row`` of records and was not indexed before."""
        uses = {self._name(self._concept(label, concept), name) for label, concept, name in set(_names(record))}
        self._db.executemany("INSERT INTO record_names VALUES (?, ?)", ((row, name) for name in sorted(uses)))
        for trial in record.trials:
            self._add_trial(row, record, trial)

    def remove(self, records: Iterable[int]) -> None:
        """Take the records with these row numbers out of the index."""
        rows = json.dumps(sorted(records))
        listed = "(SELECT value FROM json_each(?))"
        components = self._column(f"SELECT DISTINCT component FROM trials WHERE record IN {listed}", rows)
        names = self._column(f"SELECT DISTINCT name FROM record_names WHERE record IN {listed}", rows)
        self._db.execute(f"DELETE FROM record_names WHERE record IN {listed}", (rows,))
        for trials in ("trial_keys", "trial_concepts", "people_words", "results"):
            self._db.execute(
                f"DELETE FROM {trials} WHERE trial IN (SELECT id FROM trials WHERE record IN {listed})", (rows,)
            )
        self._db.execute(f"DELETE FROM trials WHERE record IN {listed}", (rows,))
        self._forget(names)
        for component in components:
            self._part(component)

    def _column(self, query: str, *parameters: object) -> list[int]:
        return [row[0] for row in self._db.execute(query, parameters)]

    # ---- names

    def _concept(self, label: str, concept: str) -> int:
        known = self._concepts.get((label, concept))
        if known is None:
            row = self._db.execute(
                "SELECT id FROM concepts WHERE label = ? AND concept = ?", (label, concept)
            ).fetchone()
            if row is None:
                cursor = self._db.execute("INSERT INTO concepts (label, concept) VALUES (?, ?)", (label, concept))
                known = int(cursor.lastrowid or 0)
                words = sorted(set(term_keys(concept)))
                self._db.executemany("INSERT INTO concept_words VALUES (?, ?)", ((word, known) for word in words))
            else:
                known = int(row[0])
            self._concepts[label, concept] = known
        return known

    def _name(self, concept: int, name: str) -> int:
        known = self._names.get((concept, name))
        if known is None:
            row = self._db.execute("SELECT id FROM names WHERE concept = ? AND name = ?", (concept, name)).fetchone()
            if row is None:
                cursor = self._db.execute("INSERT INTO names (concept, name) VALUES (?, ?)", (concept, name))
                known = int(cursor.lastrowid or 0)
            else:
                known = int(row[0])
            self._names[concept, name] = known
        return known

    def _forget(self, names: list[int]) -> None:
        """Delete those of ``names`` that no record uses any more, and the concepts that are left without any."""
        listed = json.dumps(names)
        unused = (
            "SELECT value FROM json_each(?) j WHERE NOT EXISTS (SELECT 1 FROM record_names r WHERE r.name = j.value)"
        )
        gone = json.dumps(self._column(unused, listed))
        concepts = self._column("SELECT DISTINCT concept FROM names WHERE id IN (SELECT value FROM json_each(?))", gone)
        self._db.execute("DELETE FROM names WHERE id IN (SELECT value FROM json_each(?))", (gone,))
        for concept in concepts:
            empty = (
                "NOT EXISTS (SELECT 1 FROM names WHERE concept = ?1) "
                "AND NOT EXISTS (SELECT 1 FROM trial_concepts WHERE concept = ?1)"
            )
            if self._db.execute(f"SELECT {empty}", (concept,)).fetchone()[0]:
                self._db.execute("DELETE FROM concept_words WHERE concept = ?", (concept,))
                self._db.execute("DELETE FROM concepts WHERE id = ?", (concept,))
        self._concepts.clear()
        self._names.clear()

    # ---- trials

    def _add_trial(self, record: int, source: Record, trial: Trial) -> None:
        enrolled = trial.population.enrolled
        cursor = self._db.execute(
            "INSERT INTO trials (record, name, role, acronym, acronym_key, phase, enrolled) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(record, trial.id, trial.role),
                *((trial.acronym.text, acronym_key(trial.acronym.text)) if trial.acronym else (None, None)),
                *(trial.phase.value if trial.phase else None, number(enrolled.value) if enrolled else None),
            ),
        )
        row = int(cursor.lastrowid or 0)
        keys = [filed(key) for key in join_keys(source, trial)]
        self._db.executemany("INSERT INTO trial_keys VALUES (?, ?)", ((key, row) for key in keys))
        self._place(row, keys)
        about = {self._concept(label, concept) for label, concept in _subjects(source, trial)}
        self._db.executemany("INSERT INTO trial_concepts VALUES (?, ?)", ((row, concept) for concept in sorted(about)))
        said = {key for phrase in said_of_people(trial.population) for key in term_keys(phrase) if key.isalnum()}
        self._db.executemany("INSERT INTO people_words VALUES (?, ?)", ((word, row) for word in sorted(said)))
        self._db.executemany(f"INSERT OR IGNORE INTO results VALUES ({', '.join('?' * 16)})", _results(row, trial))

    def _place(self, row: int, keys: Iterable[str | int]) -> None:
        """Join the components of all trials that have one of ``keys`` with the new trial ``row``."""
        sharing = self._column(
            "SELECT DISTINCT t.component FROM trial_keys k JOIN trials t ON t.id = k.trial "
            "WHERE k.key IN (SELECT value FROM json_each(?)) AND t.id != ?",
            *(json.dumps(list(keys)), row),
        )
        component = min(sharing, default=row)
        self._db.execute("UPDATE trials SET component = ? WHERE id = ?", (component, row))
        for other in sharing:
            if other != component:
                self._db.execute("UPDATE trials SET component = ? WHERE component = ?", (component, other))

    def _part(self, component: int) -> None:
        """Number the trials of ``component`` anew, since one that joined others may be gone."""
        trials = self._column("SELECT id FROM trials WHERE component = ? LIMIT ?", component, _LARGE + 1)
        if len(trials) > _LARGE:
            return
        first = {trial: trial for trial in trials}

        def final(trial: int) -> int:
            while first[trial] != trial:
                first[trial] = first[first[trial]]
                trial = first[trial]
            return trial

        holder: dict[str | int, int] = {}
        for key, trial in self._db.execute(
            "SELECT key, trial FROM trial_keys WHERE trial IN (SELECT value FROM json_each(?))", (json.dumps(trials),)
        ):
            one, other = final(holder.setdefault(key, trial)), final(trial)
            first[max(one, other)] = min(one, other)
        self._db.executemany("UPDATE trials SET component = ? WHERE id = ?", [(final(t), t) for t in trials])


def filed(key: str) -> str | int:
    """Return a key as it is stored: candidate keys, of which there are many, as the number that their digits make."""
    return int(key.removeprefix(MATCH_PREFIX), 16) if key.startswith(MATCH_PREFIX) else key


def _results(row: int, trial: Trial) -> Iterator[tuple[object, ...]]:
    concepts = {outcome.id: fold_name(outcome.concept or outcome.name.text) for outcome in trial.outcomes}
    for result in trial.results:
        yield (
            *(row, result.id, concepts.get(result.outcome or ""), result.measure, number(result.value), result.unit),
            *(number(part.value) if part else None for part in (result.events, result.total)),
            *((number(result.ci.low), number(result.ci.high)) if result.ci else (None, None)),
            *((result.p_value.op, number(result.p_value.value)) if result.p_value else (None, None)),
            *((number(result.timepoint.value), result.timepoint.unit) if result.timepoint else (None, None)),
            *(result.direction, result.context),
        )


def _names(record: Record) -> Iterator[tuple[str, str, str]]:
    """Yield (label, concept, name) of everything the record names, all folded."""
    mentions: list[Mention | Intervention] = list(record.mentions)
    for trial in record.trials:
        mentions.extend(trial.conditions)
        for arm in trial.arms:
            mentions.extend(arm.interventions)
        for outcome in trial.outcomes:
            concept = fold_name(outcome.concept or outcome.name.text)
            yield "outcome", concept, fold_name(outcome.name.text)
    for mention in mentions:
        yield mention.label, fold_name(mention.concept or mention.text), fold_name(mention.text)


def _subjects(record: Record, trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield (label, folded concept) of what the trial is about, as the assembly sees it."""
    alone = is_only_subject(record, trial)
    for outcome in trial.outcomes:
        yield "outcome", fold_name(outcome.concept or outcome.name.text)
    found: list[Mention | Intervention] = [i for arm in trial.arms for i in arm.interventions]
    found += conditions_of(trial, record, alone=alone)
    if alone:
        found += [mention for mention in record.mentions if mention.label in _TREATMENTS]
    for mention in found:
        yield mention.label, fold_name(mention.concept or mention.text)
