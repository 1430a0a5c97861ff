"""The values that go into and come out of the store, and the marks of its file."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from extractor.errors import RecordError, StoreError
from extractor.records import Failure, Record, decode_record, encode_record

__all__ = [
    "APPLICATION_ID",
    "STORE_VERSION",
    "Concept",
    "RunStatus",
    "RunSummary",
    "Selection",
    "SetAside",
    "StoredDocument",
    "StoredFailure",
    "migration_sql",
    "pack_record",
    "schema_sql",
    "unpack_record",
]

APPLICATION_ID = 1163281496
"""Bytes 68 to 71 of the file ("EVDX"), by which SQLite files of other programs are told apart."""
STORE_VERSION = 3
"""PRAGMA user_version: raised with every change of schema.sql, together with a script in ``migrations``; also when names
are folded or trials identified in another way, with a script that empties the index, which is then filled anew."""

RunStatus = Literal["running", "finished", "interrupted", "stopped"]


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
    set_aside: int


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A text that was not read, since a cheap test told that it holds no results of a trial, and why.

    Attributes:
        sha256: of the text. document_id, url: of the document. extractor_version: of the test.
    """

    sha256: str
    document_id: str
    url: str | None
    reason: str
    extractor_version: str


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that documents name: ``id`` is its number in the store, ``concept`` the folded preferred name."""

    id: int
    label: str
    concept: str


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What of a store is wanted; every part that is given must hold of at least one report of the trial.

    Attributes:
        concepts: groups of numbers of concepts; of each group the trial has at least one.
        keys: identity keys (registry ids, acronyms), of which the trial has at least one.
        document: (document key, trial id) of one report of the trial.
        people: groups of folded words; of each group one is said of the people studied.
        phase: as in the record. kind: kind of a document. measure: of a result.
        since, until: dates of publication, ISO 8601, both inclusive; a year or month stands for all its days.
        min_enrolled, max_enrolled: both inclusive.
    """

    concepts: tuple[frozenset[int], ...] = ()
    keys: tuple[str, ...] = ()
    document: tuple[str, str] | None = None
    people: tuple[frozenset[str], ...] = ()
    phase: str | None = None
    kind: str | None = None
    measure: str | None = None
    since: str | None = None
    until: str | None = None
    min_enrolled: float | None = None
    max_enrolled: float | None = None


@cache
def schema_sql() -> str:
    """Return the SQL that makes an empty store."""
    return resources.files("extractor.store").joinpath("schema.sql").read_text(encoding="utf-8")


def migration_sql(version: int) -> Iterator[tuple[int, str]]:
    """Yield (version it leads to, SQL) of the scripts that bring a store of ``version`` to ``STORE_VERSION``.

    Raises:
        StoreError: no script leads on from this version.
    """
    folder = resources.files("extractor.store").joinpath("migrations")
    for following in range(version + 1, STORE_VERSION + 1):
        script = folder.joinpath(f"{following:04d}.sql")
        if not script.is_file():
            raise StoreError(f"no way is known from store version {following - 1} to {following}")
        yield following, script.read_text(encoding="utf-8")


def pack_record(record: Record) -> bytes:
    """Return ``record`` as records.body holds it: its JSON, deflated (RFC 1950), a quarter of the size."""
    return zlib.compress(encode_record(record), level=1)


def unpack_record(body: bytes, *, where: str) -> Record:
    """Return the record of a records.body; stores of version 1 hold plain JSON, which begins with "{".

    Raises:
        RecordError: the bytes are neither; ``where`` names their place.
    """
    if body[:1] != b"{":
        try:
            body = zlib.decompress(body)
        except zlib.error as error:
            raise RecordError(f"not a record: {error}", where) from error
    return decode_record(body, where=where)
