"""Opening, making and migrating the file of a store, and what SQLite says put into words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from extractor.databases import use_write_ahead_log
from extractor.errors import StoreError
from extractor.store.indexing import fill_index
from extractor.store.model import APPLICATION_ID, STORE_VERSION, migration_sql, schema_sql

__all__ = ["open_file", "open_memory", "reported"]

_CACHE_KB = 64 * 1024
"""Pages kept in memory: the index of a large store is written all over."""


@contextmanager
def reported(where: str) -> Iterator[None]:
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


def open_memory() -> sqlite3.Connection:
    """Return a connection to an empty store in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(schema_sql())
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def open_file(
    path: str | os.PathLike[str], *, create: bool, read_only: bool, migrate: bool, timeout: float
) -> sqlite3.Connection:
    """Return a connection to the store at ``path``; the arguments are those of ``EvidenceStore.open``.

    Raises:
        StoreError: as ``EvidenceStore.open`` says.
    """
    file = Path(path)
    where = str(path)
    present = file.is_file() and file.stat().st_size > 0
    if file.exists() and not file.is_file():
        raise StoreError("is not a file", where)
    if not present and not create:
        raise StoreError(f"there is no evidence store; make one with: extractor run INPUT --store {where}", where)
    with reported(where):
        if present and _stored_version(file, where, timeout) < STORE_VERSION:
            _bring_up_to_date(file, where, migrate=migrate, timeout=timeout)
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
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            if not present:
                _make_schema(connection, file, where)
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def _connect(file: Path, *, read_only: bool, timeout: float) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    if read_only and not os.access(file.parent, os.W_OK) and not Path(f"{file}-wal").exists():
        mode = "ro&immutable=1"  # a WAL file on read-only media can be read in no other way
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=timeout)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Tell whether the database is one that nobody has put anything into, not even a mark of whose it is."""
    marked = _pragma(connection, "application_id") or _pragma(connection, "user_version")
    return not marked and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0


def _check_identity(connection: sqlite3.Connection, file: Path, where: str) -> None:
    """Raise StoreError unless the file is a whole store of a version that this extractor knows; older ones pass."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError("is an SQLite file of another program; give another file name", where)
    version = _pragma(connection, "user_version")
    if version > STORE_VERSION:
        raise StoreError(
            f"was made by a newer version of extractor (store version {version}, this one reads {STORE_VERSION}); "
            "upgrade evidence-extractor",
            where,
        )
    size = _pragma(connection, "page_count") * _pragma(connection, "page_size")
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


# ---- stores of earlier versions


def _stored_version(file: Path, where: str, timeout: float) -> int:
    """Return the version of the store, ``STORE_VERSION`` for a file that holds nothing yet."""
    connection = _connect(file, read_only=True, timeout=timeout)
    try:
        if _is_blank(connection):
            return STORE_VERSION
        _check_identity(connection, file, where)
        return _pragma(connection, "user_version")
    finally:
        connection.close()


def _bring_up_to_date(file: Path, where: str, *, migrate: bool, timeout: float) -> None:
    """Run the scripts from the file's version to ``STORE_VERSION`` in one transaction, and fill the index anew."""
    if not migrate:
        raise StoreError(
            f"is of an older version of extractor; bring it up to date with: extractor status --store {where}", where
        )
    if not os.access(file, os.W_OK) or not os.access(file.parent, os.W_OK):
        raise StoreError(
            "is of an older version of extractor and cannot be written; copy it to a folder of your own, where it is "
            "brought up to date when it is opened",
            where,
        )
    connection = _connect(file, read_only=False, timeout=timeout)
    try:
        connection.execute("PRAGMA foreign_keys = OFF")  # tables are dropped whose rows others refer to
        connection.execute("BEGIN IMMEDIATE")
        version = _pragma(connection, "user_version")  # another process may have been faster
        for following, script in migration_sql(version):
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {following}")
        if version < STORE_VERSION:
            fill_index(connection, where)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.close()


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; ``executescript`` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
