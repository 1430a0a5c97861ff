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
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from extractor.databases import use_write_ahead_log
from extractor.errors import StoreError
from extractor.naming import acronym_key, fold_name, identity_keys
from extractor.records import Article, Failure, Intervention, Mention, Record, Trial, decode_record, encode_record

__all__ = [
    "APPLICATION_ID",
    "STORE_VERSION",
    "EvidenceStore",
    "RunStatus",
    "RunSummary",
    "StoredDocument",
    "StoredFailure",
    "schema_sql",
]

APPLICATION_ID = 1163281496
"""Bytes 68 to 71 of the file ("EVDX"), by which SQLite files of other programs are told apart."""
STORE_VERSION = 1
"""PRAGMA user_version: raised with every change of schema.sql."""

RunStatus = Literal["running", "finished", "interrupted", "stopped"]
_CURRENT = "FROM records r JOIN documents d ON d.id = r.document WHERE r.current = 1"


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document in the store with its current record; ``key`` is unique in the store and stable."""

    key: str
    record: Record
    trials: tuple[str, ...]
    """Ids (inside the record) of the trials that were selected."""


class StoredFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A failure with its history: runs in which it was first and last seen, and how often."""

    failure: Failure
    first_run: int | None
    last_run: int | None
    times: int
    resolved: bool


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the batch command; times are ISO 8601 in UTC. ``status`` stays "running" where a run was killed."""

    id: int
    started: str
    ended: str | None
    extractor_version: str
    inputs: tuple[str, ...]
    workers: int
    status: str
    added: int
    skipped: int
    failed: int


@cache
def schema_sql() -> str:
    """Return the SQL that makes an empty store."""
    return resources.files("extractor").joinpath("schema.sql").read_text(encoding="utf-8")


class EvidenceStore:
    """A store that is open; use ``EvidenceStore.open`` or ``EvidenceStore.in_memory`` and close it, or use ``with``."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], create: bool = False, *, read_only: bool = False, timeout: float = 10.0
    ) -> Self:
        """Open the store at ``path``.

        Args:
            path: the SQLite file.
            create: make it where it does not exist (or is empty).
            read_only: open for reading; needs no permission to write the file.
            timeout: seconds to wait for another program's lock.

        Raises:
            StoreError: missing, a file of another program, of another version, truncated, locked or not writable.
        """
        file = Path(path)
        where = str(path)
        present = file.is_file() and file.stat().st_size > 0
        if file.exists() and not file.is_file():
            raise StoreError("is not a file", where)
        if not present and not create:
            raise StoreError(f"there is no evidence store; make one with: extractor run INPUT --store {where}", where)
        with _reported(where):
            connection = _connect(file, read_only=read_only, timeout=timeout)
            try:
                if present and _is_blank(connection):  # its making was cut short
                    if not create:
                        raise StoreError(f"is empty; fill it with: extractor run INPUT --store {where}", where)
                    present = False
                if present:
                    _check_identity(connection, file, where)
                if not read_only:
                    use_write_ahead_log(connection, timeout)
                    connection.execute("PRAGMA synchronous = NORMAL")
                if not present:
                    _make_schema(connection, file, where)
                connection.execute("PRAGMA foreign_keys = ON")
            except BaseException:
                connection.close()
                raise
        return cls(connection, where)

    @classmethod
    def in_memory(cls) -> Self:
        """Return an empty store that lives as long as the object."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(schema_sql())
        connection.execute("PRAGMA foreign_keys = ON")
        return cls(connection, ":memory:")

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
            for record in records:
                document = _put_document(db, record.document)
                added += _put_record(db, document, record, run)
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
            db.execute("DELETE FROM copies WHERE document_id = ?", (document_id,))
            return db.execute("DELETE FROM documents WHERE document_id = ?", (document_id,)).rowcount

    def note_copy(self, article: Article) -> None:
        """Keep the address of ``article``, whose text is in the store already.

        Raises:
            StoreError: the text is not in the store, or the store cannot be written.
        """
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM documents WHERE sha256 = ?", (article.sha256,)).fetchone() is None:
                raise StoreError(f"holds no document with the text of {article.id!r}", self._where)
            _put_document(db, article)

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
                (*map(_storable, values), run, run),
            )

    def begin_run(self, *, extractor_version: str, inputs: Sequence[str] = (), workers: int = 1) -> int:
        """Record the start of a run and return its number."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO runs (started, extractor_version, inputs, workers, status) VALUES (?, ?, ?, ?, 'running')",
                (_now(), extractor_version, json.dumps(list(inputs)), workers),
            )
            return int(cursor.lastrowid or 0)

    def end_run(self, run: int, status: RunStatus, *, added: int, skipped: int, failed: int) -> None:
        """Record how run number ``run`` ended and what it did."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET ended = ?, status = ?, added = ?, skipped = ?, failed = ? WHERE id = ?",
                (_now(), status, added, skipped, failed, run),
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

    def records(self) -> Iterator[Record]:
        """Yield the current record of every document, in the order they were stored."""
        with _reported(self._where):
            for (body,) in self._connection.execute(f"SELECT r.body {_CURRENT} ORDER BY d.id"):
                yield decode_record(body, where=self._where)

    def documents(self, trials: Iterable[int] | None = None) -> Iterator[StoredDocument]:
        """Yield documents with their current records.

        Args:
            trials: row numbers of trials as ``find_trials`` returns them; only documents that hold one of them are
                read. None: every document.
        """
        with _reported(self._where):
            chosen = "" if trials is None else "AND t.id IN (SELECT value FROM json_each(?))"
            parameters = () if trials is None else (json.dumps(sorted(trials)),)
            rows = self._connection.execute(
                "SELECT d.key, r.body, group_concat(t.name, char(10)) FROM records r "
                "JOIN documents d ON d.id = r.document JOIN trials t ON t.record = r.id "
                f"WHERE r.current = 1 {chosen} GROUP BY d.id ORDER BY d.id",
                parameters,
            )
            for key, body, names in rows:
                record = decode_record(body, where=f"{self._where}, document {key!r}")
                yield StoredDocument(key=key, record=record, trials=tuple(names.split("\n")))

    def find_trials(
        self,
        *,
        labels: Sequence[str] = (),
        concepts: Iterable[str] = (),
        keys: Sequence[str] = (),
        document: tuple[str, str] | None = None,
    ) -> frozenset[int]:
        """Return row numbers of the trials that match, and of all that share an identity key with these.

        What is returned is closed under identity: assembling it gives the same trials as assembling the whole store.

        Args:
            labels, concepts: trials of documents that name one of the (folded) concepts under one of the labels.
            keys: trials with one of these identity keys, or with this acronym ("acronym:dapahf").
            document: (document key, trial id) of one trial.
        """
        return frozenset(
            row[0]
            for row in self._rows(
                """
                WITH RECURSIVE reach (trial) AS (
                    SELECT t.id FROM trials t JOIN names n ON n.record = t.record
                    WHERE n.label IN (SELECT value FROM json_each(?)) AND n.concept IN (SELECT value FROM json_each(?))
                    UNION SELECT trial FROM trial_keys WHERE key IN (SELECT value FROM json_each(?))
                    UNION SELECT id FROM trials WHERE acronym_key IN (SELECT value FROM json_each(?))
                    UNION SELECT t.id FROM trials t JOIN records r ON r.id = t.record AND r.current = 1
                        JOIN documents d ON d.id = r.document WHERE d.key = ? AND t.name = ?
                    UNION SELECT b.trial FROM reach JOIN trial_keys a ON a.trial = reach.trial
                        JOIN trial_keys b ON b.key = a.key
                ) SELECT trial FROM reach
                """,
                (*(json.dumps(sorted(x)) for x in (labels, concepts, keys, keys)), *(document or (None, None))),
            )
        )

    def concepts_named(self, labels: Sequence[str], name: str) -> frozenset[str]:
        """Return the (folded) concepts that some document calls ``name`` under one of ``labels``."""
        return frozenset(
            row[0]
            for row in self._rows(
                "SELECT DISTINCT concept FROM names WHERE label IN (SELECT value FROM json_each(?)) "
                "AND (name = ? OR concept = ?)",
                (json.dumps(sorted(labels)), fold_name(name), fold_name(name)),
            )
        )

    def vocabulary(self, labels: Sequence[str], *, names: bool = False) -> list[str]:
        """Return all (folded) concepts of ``labels`` in the store, with ``names`` also the other names, sorted."""
        query = "SELECT concept FROM names WHERE label IN (SELECT value FROM json_each(?1))"
        if names:
            query += " UNION SELECT name FROM names WHERE label IN (SELECT value FROM json_each(?1))"
        return sorted({row[0] for row in self._rows(query, (json.dumps(sorted(labels)),))})

    def trial_names(self) -> list[str]:
        """Return registry ids and acronyms of all trials in the store, sorted."""
        return [
            row[0]
            for row in self._rows(
                "SELECT key FROM trial_keys WHERE key NOT LIKE 'acronym:%' "
                "UNION SELECT acronym FROM trials WHERE acronym IS NOT NULL ORDER BY 1"
            )
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
        """Return how many documents, copies, records, trials (as documents state them), results and unresolved
        failures the store holds."""
        tables = ("documents", "copies", "records", "trials", "results")
        found = {table: int(self._rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}
        return found | {"failures": int(self._rows("SELECT count(*) FROM failures WHERE resolved = 0")[0][0])}

    # ---- inside

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        with _reported(self._where):
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _reported(self._where):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _storable(text: str) -> str:
    """File names may hold bytes that are not UTF-8; SQLite takes only what is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _real(value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None


@contextmanager
def _reported(where: str) -> Iterator[None]:
    """Turn what SQLite raises into a StoreError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        message = str(error)
        if "locked" in message or "busy" in message:
            advice = "is locked by another program; wait until it is done, or end it"
        elif "not a database" in message:
            advice = "is not an evidence store, or its header is damaged; give another file name"
        elif "malformed" in message:
            advice = "is damaged; restore a copy, or run again over the documents into a new file"
        elif "full" in message:
            advice = "cannot grow: the disk is full; free some space and run again, what was committed is kept"
        elif "unable to open" in message:
            advice = "cannot be opened; is its folder there, and readable?"
        elif "readonly" in message:
            advice = "cannot be written; check the permissions of the file and its folder"
        else:
            advice = "failed"
        raise StoreError(f"{advice} ({message})", where) from error


def _connect(file: Path, *, read_only: bool, timeout: float) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    if read_only and not os.access(file.parent, os.W_OK) and not Path(f"{file}-wal").exists():
        mode = "ro&immutable=1"  # a WAL file on read-only media can be read in no other way
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=timeout)


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Tell whether the database is one that nobody has put anything into, not even a mark of whose it is."""
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    return not any(marks) and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0


def _check_identity(connection: sqlite3.Connection, file: Path, where: str) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise StoreError("is an SQLite file of another program; give another file name", where)
    if version > STORE_VERSION:
        raise StoreError(
            f"was made by a newer version of extractor (store version {version}, this one reads {STORE_VERSION}); "
            "upgrade evidence-extractor",
            where,
        )
    if version < STORE_VERSION:
        raise StoreError(
            f"is of store version {version}, this extractor reads {STORE_VERSION}; run again into a new file", where
        )
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    size = pages * connection.execute("PRAGMA page_size").fetchone()[0]
    log = Path(f"{file}-wal")
    if file.stat().st_size < size and not (log.exists() and log.stat().st_size > 0):
        raise StoreError(
            f"is truncated ({file.stat().st_size:,} of {size:,} bytes); restore a copy, or run again into a new file",
            where,
        )


def _make_schema(connection: sqlite3.Connection, file: Path, where: str) -> None:
    marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {STORE_VERSION};"
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {schema_sql()} {marks} COMMIT;")
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if "already exists" not in str(error):
            raise
        _check_identity(connection, file, where)  # another process made the same store just now


def _put_document(db: sqlite3.Connection, article: Article) -> int:
    row = db.execute(
        "SELECT id, document_id, ifnull(url, '') FROM documents WHERE sha256 = ?", (article.sha256,)
    ).fetchone()
    if row is not None:
        if row[1:] != (article.id, article.url or ""):
            db.execute(
                "INSERT OR IGNORE INTO copies VALUES (?, ?, ?, ?)",
                (row[0], article.id, article.url or "", article.source),
            )
        return int(row[0])
    taken = db.execute("SELECT 1 FROM documents WHERE key = ?", (article.id,)).fetchone()
    names = article.identifiers
    cursor = db.execute(
        "INSERT INTO documents (key, sha256, document_id, kind, title, url, source, language, published, pmid, pmcid, "
        "doi) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            f"{article.id}@{article.sha256[:12]}" if taken else article.id,
            *(article.sha256, article.id, article.kind, article.title, article.url, article.source),
            *(article.language, article.published, names.pmid, names.pmcid, names.doi),
        ),
    )
    return int(cursor.lastrowid or 0)


def _put_record(db: sqlite3.Connection, document: int, record: Record, run: int | None) -> int:
    version = record.extractor.version
    same = "FROM records WHERE document = ? AND extractor_version = ? AND current ="
    if db.execute(f"SELECT 1 {same} 1", (document, version)).fetchone() is not None:
        return 0
    db.execute(f"DELETE {same} 0", (document, version))
    for earlier in (document, *_earlier_versions(db, document, record.document.id)):
        old = "(SELECT id FROM records WHERE document = ? AND current = 1)"
        db.execute(f"DELETE FROM names WHERE record IN {old}", (earlier,))
        db.execute(f"DELETE FROM trials WHERE record IN {old}", (earlier,))
        db.execute("UPDATE records SET current = 0 WHERE document = ?", (earlier,))
    cursor = db.execute(
        "INSERT INTO records (document, extractor_name, extractor_version, run, current, body) "
        "VALUES (?, ?, ?, ?, 1, ?)",
        (document, record.extractor.name, version, run, encode_record(record)),
    )
    row = int(cursor.lastrowid or 0)
    db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?, ?)", ((row, *name) for name in _names(record)))
    for trial in record.trials:
        _put_trial(db, row, trial)
    return 1


_LASTING_IDS = ("pmid:", "pmcid:", "nct:", "http://", "https://")


def _earlier_versions(db: sqlite3.Connection, document: int, document_id: str) -> list[int]:
    """Return the documents that an article took the place of: same lasting id, other text, stored before.

    File names are no lasting ids: two folders may hold different articles of one name.
    """
    if not document_id.startswith(_LASTING_IDS):
        return []
    rows = db.execute("SELECT id FROM documents WHERE document_id = ? AND id < ?", (document_id, document))
    return [int(row[0]) for row in rows]


def _put_trial(db: sqlite3.Connection, record: int, trial: Trial) -> None:
    enrolled = trial.population.enrolled
    cursor = db.execute(
        "INSERT INTO trials (record, name, role, acronym, acronym_key, phase, enrolled) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(record, trial.id, trial.role),
            *((trial.acronym.text, acronym_key(trial.acronym.text)) if trial.acronym else (None, None)),
            *(trial.phase.value if trial.phase else None, _real(enrolled.value) if enrolled else None),
        ),
    )
    row = int(cursor.lastrowid or 0)
    db.executemany("INSERT INTO trial_keys VALUES (?, ?)", ((key, row) for key in identity_keys(trial)))
    concepts = {outcome.id: fold_name(outcome.concept or outcome.name.text) for outcome in trial.outcomes}
    db.executemany(
        f"INSERT OR IGNORE INTO results VALUES ({', '.join('?' * 16)})",
        (
            (
                *(row, result.id, concepts.get(result.outcome or ""), result.measure, _real(result.value), result.unit),
                *(_real(number.value) if number else None for number in (result.events, result.total)),
                *((_real(result.ci.low), _real(result.ci.high)) if result.ci else (None, None)),
                *((result.p_value.op, _real(result.p_value.value)) if result.p_value else (None, None)),
                *((_real(result.timepoint.value), result.timepoint.unit) if result.timepoint else (None, None)),
                *(result.direction, result.context),
            )
            for result in trial.results
        ),
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
