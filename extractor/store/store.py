"""The evidence store: documents, their records, failures and runs in one SQLite file.

The file is in WAL mode: it can be read while a batch writes, and everything committed survives a killed process.
Records are keyed by (hash of the document's text, extractor version), so running again does only what is new.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import msgspec

from extractor.errors import StoreError
from extractor.records import Article, Failure, Record
from extractor.store.indexing import Indexer, filed
from extractor.store.model import (
    Concept,
    RunStatus,
    RunSummary,
    Selection,
    SetAside,
    StoredDocument,
    StoredFailure,
    unpack_record,
)
from extractor.store.opening import open_file, open_memory, reported
from extractor.store.selecting import (
    components,
    concepts_called,
    concepts_formed,
    concepts_holding,
    concepts_named,
    vocabulary,
)
from extractor.store.writing import now, put_document, put_record, storable, withdraw_documents

__all__ = ["EvidenceStore"]

_EVERYTHING = Selection()


class EvidenceStore:
    """A store that is open; use ``EvidenceStore.open`` or ``EvidenceStore.in_memory`` and close it, or use ``with``."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        create: bool = False,
        *,
        read_only: bool = False,
        migrate: bool = True,
        timeout: float = 10.0,
    ) -> Self:
        """Open the store at ``path``.

        A store of an older version is brought up to date first, in one transaction: whoever kills the program in the
        middle finds the old store again.

        Args:
            path: the SQLite file.
            create: make it where it does not exist (or is empty).
            read_only: open for reading; needs no permission to write the file, if it is of this version.
            migrate: False to refuse a store of an older version instead of changing it.
            timeout: seconds to wait for another program's lock.

        Raises:
            StoreError: missing, a file of another program, of a newer version, truncated, damaged, locked, or not writable
                where it must be written.
        """
        connection = open_file(path, create=create, read_only=read_only, migrate=migrate, timeout=timeout)
        return cls(connection, str(path))

    @classmethod
    def in_memory(cls) -> Self:
        """Return an empty store that lives as long as the object."""
        return cls(open_memory(), ":memory:")

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- writing

    def add_records(self, records: Iterable[Record], *, run: int | None = None) -> int:
        """Store ``records`` in one transaction: either all are there afterwards or none.

        A record of the same text and extractor version is there already and is left alone, but an address that is new
        for that text is kept. A record of another version than the current one becomes the current one of its document,
        also where that version (without the vocabulary that was tried since, say) had read the text before.

        Returns:
            How many were new.

        Raises:
            StoreError: the file is locked, full, damaged or not writable; nothing of this call is stored.
        """
        added = 0
        with self._transaction() as db:
            indexer = Indexer(db)
            for record in records:
                document = put_document(db, record.document)
                db.execute("DELETE FROM set_aside WHERE sha256 = ?", (record.document.sha256,))
                added += put_record(db, indexer, document, record, run)
                for name in {record.document.id, record.document.url or record.document.id}:
                    db.execute(
                        "UPDATE failures SET resolved = 1 WHERE stage != 'store' AND (place = ? OR document = ?)",
                        (name, name),
                    )
        return added

    def withdraw(self, document_id: str) -> int:
        """Let go of the documents with this id and of all that was read in them; return how many there were.

        Raises:
            StoreError: the store cannot be written.
        """
        with self._transaction() as db:
            return withdraw_documents(db, document_id)

    def note_copy(self, article: Article) -> None:
        """Keep the address of ``article``, whose text is in the store already.

        Raises:
            StoreError: the text is not in the store, or the store cannot be written.
        """
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM documents WHERE sha256 = ?", (article.sha256,)).fetchone() is None:
                raise StoreError(f"holds no document with the text of {article.id!r}", self._where)
            put_document(db, article)

    def add_failure(self, failure: Failure, *, run: int | None = None) -> None:
        """Record ``failure``; the same one again raises its count.

        Raises:
            StoreError: the store cannot be written.
        """
        values = (failure.where, failure.stage, failure.reason, failure.document or "")
        with self._transaction() as db:
            db.execute(
                "INSERT INTO failures (place, stage, reason, document, first_run, last_run) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (place, stage, reason, document) DO UPDATE SET "
                "times = times + 1, last_run = excluded.last_run, resolved = 0",
                (*map(storable, values), run, run),
            )

    def set_aside(self, articles: Iterable[tuple[Article, str]], version: str, *, run: int | None = None) -> None:
        """Keep of each article that it was not read, and why, in one transaction.

        Args:
            articles: with the reason for each. version: of the extractor, as records carry it.

        Raises:
            StoreError: the store cannot be written.
        """
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?, ?, ?, ?)",
                ((a.sha256, storable(a.id), a.url, reason, version, run) for a, reason in articles),
            )

    def begin_run(self, *, extractor_version: str, inputs: Sequence[str] = (), workers: int = 1) -> int:
        """Record the start of a run and return its number."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO runs (started, extractor_version, inputs, workers, status) VALUES (?, ?, ?, ?, 'running')",
                (now(), extractor_version, json.dumps(list(inputs)), workers),
            )
            return int(cursor.lastrowid or 0)

    def end_run(
        self, run: int, status: RunStatus, *, added: int, skipped: int, failed: int, set_aside: int = 0
    ) -> None:
        """Record how run number ``run`` ended and what it did."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET ended = ?, status = ?, added = ?, skipped = ?, failed = ?, set_aside = ? WHERE id = ?",
                (now(), status, added, skipped, failed, set_aside, run),
            )

    # ---- reading

    def has(self, sha256: str, version: str) -> bool:
        """Tell whether the current record of the text with this hash was made by this version of the extractor."""
        return bool(
            self._rows(
                "SELECT 1 FROM records r JOIN documents d ON d.id = r.document "
                "WHERE d.sha256 = ? AND r.extractor_version = ? AND r.current = 1",
                (sha256, version),
            )
        )

    def is_set_aside(self, sha256: str, version: str) -> bool:
        """Tell whether this version of the extractor has set the text with this hash aside."""
        query = "SELECT 1 FROM set_aside WHERE sha256 = ? AND extractor_version = ?"
        return bool(self._rows(query, (sha256, version)))

    def all_set_aside(self) -> Iterator[SetAside]:
        """Yield the texts that were set aside, ordered by document."""
        columns = SetAside.__struct_fields__
        for row in self._rows(f"SELECT {', '.join(columns)} FROM set_aside ORDER BY document_id, sha256"):
            yield msgspec.convert(dict(zip(columns, row, strict=True)), SetAside)

    def records(self) -> Iterator[Record]:
        """Yield the current record of every document, in the order they were stored."""
        with reported(self._where):
            for (body,) in self._connection.execute("SELECT body FROM records WHERE current = 1 ORDER BY document"):
                yield unpack_record(body, where=self._where)

    def documents(self, components: Iterable[int] | None = None) -> Iterator[StoredDocument]:
        """Yield documents that hold trials, with their current records.

        Args:
            components: numbers as ``components`` returns them; only documents with a trial of one of these are read, and
                only those trials named. None: every document.
        """
        with reported(self._where):
            chosen = "" if components is None else "AND t.component IN (SELECT value FROM json_each(?))"
            parameters = () if components is None else (json.dumps(sorted(components)),)
            rows = self._connection.execute(
                "SELECT d.key, r.body, group_concat(t.name, char(10)) FROM trials t "
                "JOIN records r ON r.id = t.record JOIN documents d ON d.id = r.document "
                f"WHERE r.current = 1 {chosen} GROUP BY d.id ORDER BY d.id",
                parameters,
            )
            for key, body, names in rows:
                record = unpack_record(body, where=f"{self._where}, document {key!r}")
                yield StoredDocument(key=key, record=record, trials=tuple(names.split("\n")))

    def components(self, selection: Selection = _EVERYTHING) -> list[int]:
        """Return the numbers of the components that hold what is asked for, by default of all.

        A component is what must be assembled together: all trials that share an identity key, also through others.
        Assembling it gives the same trials as assembling the whole store. It may hold trials that do not fit.
        """
        with reported(self._where):
            found = components(self._connection, selection)
        if found is None:
            found = [row[0] for row in self._rows("SELECT DISTINCT component FROM trials ORDER BY 1")]
        return found

    def components_of(self, documents: Iterable[str]) -> list[int]:
        """Return the numbers of the components to which the trials of the documents with these keys belong, sorted."""
        query = (
            "SELECT DISTINCT t.component FROM json_each(?) j CROSS JOIN documents d ON d.key = j.value "
            "JOIN records r ON r.document = d.id AND r.current = 1 JOIN trials t ON t.record = r.id ORDER BY 1"
        )
        return [row[0] for row in self._rows(query, (json.dumps(sorted(documents)),))]

    def components_sharing(self, keys: Iterable[str]) -> list[int]:
        """Return the numbers of the components in which a trial has one of ``keys`` (``extractor.identity.join_keys``)."""
        query = (
            "SELECT DISTINCT t.component FROM json_each(?) j CROSS JOIN trial_keys k ON k.key = j.value "
            "JOIN trials t ON t.id = k.trial ORDER BY 1"
        )
        return [row[0] for row in self._rows(query, (json.dumps([filed(key) for key in keys]),))]

    def reports_of(self, components: Iterable[int]) -> list[tuple[str, str]]:
        """Return (document key, trial id) of the reports that make up these components, sorted."""
        query = (
            "SELECT d.key, t.name FROM json_each(?) j CROSS JOIN trials t ON t.component = j.value "
            "JOIN records r ON r.id = t.record JOIN documents d ON d.id = r.document ORDER BY 1, 2"
        )
        return [(key, name) for key, name in self._rows(query, (json.dumps(sorted(components)),))]

    def components_holding(self, reports: Iterable[tuple[str, str]]) -> list[int]:
        """Return the numbers of the components of these reports, each (document key, trial id); what is not there (any
        more) is passed over."""
        query = (
            "SELECT DISTINCT t.component FROM json_each(?) j "
            "CROSS JOIN documents d ON d.key = json_extract(j.value, '$[0]') "
            "JOIN records r ON r.document = d.id AND r.current = 1 "
            "JOIN trials t ON t.record = r.id AND t.name = json_extract(j.value, '$[1]') ORDER BY 1"
        )
        return [row[0] for row in self._rows(query, (json.dumps(sorted(reports)),))]

    def links(
        self, *, components: Iterable[int] | None = None, concepts: Iterable[int] | None = None
    ) -> Iterator[tuple[int, int]]:
        """Yield (component, concept) for what trials are about: of these components, or of these concepts."""
        if components is not None:
            query = (
                "SELECT DISTINCT t.component, a.concept FROM json_each(?) j CROSS JOIN trials t ON t.component = j.value "
                "JOIN trial_concepts a ON a.trial = t.id"
            )
        else:
            query = (
                "SELECT DISTINCT t.component, a.concept FROM json_each(?) j "
                "CROSS JOIN trial_concepts a ON a.concept = j.value JOIN trials t ON t.id = a.trial"
            )
        chosen = components if components is not None else concepts or ()
        with reported(self._where):
            yield from self._connection.execute(query, (json.dumps(sorted(chosen)),))

    def last_change(self) -> int:
        """Return the number of the last change of a document, 0 for a store that never held any."""
        return int(self._rows("SELECT ifnull(max(id), 0) FROM changes")[0][0])

    def changed_since(self, change: int) -> list[str]:
        """Return the keys of the documents added, read anew or withdrawn after change number ``change``, sorted."""
        return [
            row[0] for row in self._rows("SELECT DISTINCT document FROM changes WHERE id > ? ORDER BY 1", (change,))
        ]

    def concepts_named(self, labels: Sequence[str], name: str) -> list[Concept]:
        """Return the concepts under ``labels`` that some document calls ``name``, or whose preferred name it is."""
        with reported(self._where):
            return concepts_named(self._connection, labels, name)

    def concepts_called(self, labels: Sequence[str], names: Iterable[str]) -> list[Concept]:
        """Return the concepts under ``labels`` whose preferred name is one of ``names``."""
        with reported(self._where):
            return concepts_called(self._connection, labels, names)

    def concepts_formed(self, labels: Sequence[str], stem: str, *, prefix: bool) -> list[Concept]:
        """Return the concepts under ``labels`` whose preferred name ends with ``stem``, with ``prefix`` begins with it."""
        with reported(self._where):
            return concepts_formed(self._connection, labels, stem, prefix=prefix)

    def concepts_holding(self, labels: Sequence[str], name: str) -> list[Concept]:
        """Return the concepts under ``labels`` in whose preferred name the words of ``name`` stand side by side, in any
        spelling and number: "lung cancer" finds non-small cell lung cancer."""
        with reported(self._where):
            return concepts_holding(self._connection, labels, name)

    def vocabulary(self, labels: Sequence[str], *, names: bool = False) -> list[str]:
        """Return all (folded) concepts of ``labels`` in the store, with ``names`` also the other names, sorted."""
        with reported(self._where):
            return vocabulary(self._connection, labels, names=names)

    def trial_names(self) -> list[str]:
        """Return registry ids and acronyms of all trials in the store, sorted."""
        # Registry ids are digits and capitals, keys of other kinds begin with a small letter or are numbers.
        ids = "SELECT key FROM trial_keys WHERE key >= '' AND key < 'a'"
        return [
            row[0] for row in self._rows(f"{ids} UNION SELECT acronym FROM trials WHERE acronym IS NOT NULL ORDER BY 1")
        ]

    def failures(self, *, resolved: bool = False) -> Iterator[StoredFailure]:
        """Yield failures in the order of their first appearance; with ``resolved`` also those of documents that were
        read later."""
        for place, stage, reason, document, first, last, times, done in self._rows(
            "SELECT place, stage, reason, document, first_run, last_run, times, resolved FROM failures "
            "WHERE resolved <= ? ORDER BY id",
            (int(resolved),),
        ):
            failure = Failure(where=place, stage=stage, reason=reason, document=document or None)
            yield StoredFailure(failure=failure, first_run=first, last_run=last, times=times, resolved=bool(done))

    def runs(self) -> list[RunSummary]:
        """Return all runs, the latest last."""
        columns = RunSummary.__struct_fields__
        return [
            msgspec.convert(dict(zip(columns, row, strict=True)) | {"inputs": json.loads(row[4])}, RunSummary)
            for row in self._rows(f"SELECT {', '.join(columns)} FROM runs ORDER BY id")
        ]

    def counts(self) -> dict[str, int]:
        """Return how many documents, copies, records, trials (as documents state them), results, texts set aside and
        unresolved failures the store holds."""
        tables = ("documents", "copies", "records", "trials", "results", "set_aside")
        found = {table: int(self._rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}
        return found | {"failures": int(self._rows("SELECT count(*) FROM failures WHERE resolved = 0")[0][0])}

    # ---- inside

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        with reported(self._where):
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with reported(self._where):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
