"""Records in many files of moderate size ("shards"), in a folder here or in an object store, for runs beyond one machine.

A folder holds ``records-00000.jsonl.gz`` (or ``.parquet``), ``records-00001`` ..., in the order of the input, and
``failures-00000.jsonl.gz`` ... A shard takes its name when it is complete, so that a run that was broken off leaves whole
shards only. ``extractor store import`` brings them into an evidence store.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any, Literal, Self

import msgspec

from extractor.errors import ExtractorError, RecordError
from extractor.records import Failure, Record, decode_record
from extractor.sources.remote import open_filesystem

__all__ = ["SHARD_SIZE", "ShardFormat", "ShardWriter", "read_shards"]

SHARD_SIZE = 10_000
"""Records in a shard: some 100 MB of JSON lines before they are compressed."""
ShardFormat = Literal["jsonl", "parquet"]
_SUFFIX = {"jsonl": ".jsonl.gz", "parquet": ".parquet"}
_MOST_BYTES = 4_000_000_000
_failures = msgspec.json.Decoder(Failure)


class _Key(msgspec.Struct):
    """What of a record stands in columns of its own in a Parquet shard."""

    id: str
    sha256: str
    kind: str
    title: str | None = None
    url: str | None = None
    published: str | None = None


class _Keyed(msgspec.Struct):
    document: _Key


_keys = msgspec.json.Decoder(_Keyed)


class ShardWriter:
    """Writes records and failures as shards; a context manager.

    Args:
        folder: a path, or an address that fsspec opens ("s3://bucket/run-7"); made where it is missing.
        form: "jsonl" (gzipped JSON lines) or "parquet" (columns id, sha256, kind, title, url, published and record, which
            is the whole record as JSON). size: records in a shard.

    Raises:
        ExtractorError: the folder holds shards already, cannot be written, or a library is missing.
    """

    def __init__(self, folder: str, *, form: ShardFormat = "jsonl", size: int = SHARD_SIZE) -> None:
        if form == "parquet":
            _parquet()
        self._system, self._folder = open_filesystem(folder)
        self._folder = self._folder.rstrip("/")
        self._form = form
        self._size = size
        self._records: list[bytes] = []
        self._failures: list[Failure] = []
        self._count = {"records": 0, "failures": 0}
        self._where = folder
        try:
            self._system.makedirs(self._folder, exist_ok=True)
            present = [name for name in self._system.ls(self._folder, detail=False) if _is_shard(str(name))]
        except OSError as error:
            raise ExtractorError(f"{folder}: cannot be written: {error}") from error
        if present:
            raise ExtractorError(f"{folder}: holds shards already; name another folder, or remove them first")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, also when the run was broken off: it is done, and whole."""
        self._flush_records()
        self._flush_failures()

    def add(self, item: bytes | Failure) -> None:
        """Take an encoded record or a failure."""
        if isinstance(item, Failure):
            self._failures.append(item)
            if len(self._failures) >= self._size:
                self._flush_failures()
        else:
            self._records.append(item)
            if len(self._records) >= self._size:
                self._flush_records()

    def _flush_records(self) -> None:
        if self._records:
            make = _parquet_bytes if self._form == "parquet" else _lines_bytes
            self._write("records", make(self._records), _SUFFIX[self._form])
            self._records = []

    def _flush_failures(self) -> None:
        if self._failures:
            self._write("failures", _lines_bytes(map(msgspec.json.encode, self._failures)), _SUFFIX["jsonl"])
            self._failures = []

    def _write(self, kind: str, data: bytes, suffix: str) -> None:
        name = f"{self._folder}/{kind}-{self._count[kind]:05d}{suffix}"
        try:
            self._system.pipe_file(f"{name}.part", data)
            self._system.mv(f"{name}.part", name)
        except OSError as error:
            raise ExtractorError(f"{self._where}: cannot be written: {error}") from error
        self._count[kind] += 1


def read_shards(folder: str) -> Iterator[Record | Failure]:
    """Yield the records, then the failures, of a folder of shards, in their order.

    Raises:
        ExtractorError: the folder cannot be read, holds no shard, or a library is missing. RecordError: a record is malformed.
    """
    system, path = open_filesystem(folder)
    try:
        names = sorted(str(name) for name in system.ls(path.rstrip("/"), detail=False) if _is_shard(str(name)))
    except OSError as error:
        raise ExtractorError(f"{folder}: cannot be read: {error}") from error
    if not names:
        raise ExtractorError(f"{folder}: holds no shard (records-00000.jsonl.gz, records-00000.parquet)")
    names.sort(key=lambda name: not _file(name).startswith("records-"))
    for name in names:
        where = str(system.unstrip_protocol(name))
        try:
            with system.open(name, "rb") as raw:
                yield from _items(raw, _file(name), where)
        except (OSError, EOFError) as error:
            raise ExtractorError(f"{where}: cannot be read: {error}") from error


def _file(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _is_shard(name: str) -> bool:
    file = _file(name)
    return file.startswith(("records-", "failures-")) and file.endswith(tuple(_SUFFIX.values()))


def _items(raw: IO[bytes], file: str, where: str) -> Iterator[Record | Failure]:
    if file.endswith(".parquet"):
        for number, body in enumerate(_parquet_records(raw, where), 1):
            yield decode_record(body, where=f"{where}, row {number}")
        return
    read = 0
    with gzip.open(raw, "rb") as lines:
        for number, line in enumerate(lines, 1):
            read += len(line)
            if read > _MOST_BYTES:
                raise ExtractorError(f"{where}: holds more than {_MOST_BYTES} bytes")
            if file.startswith("records-"):
                yield decode_record(line, where=f"{where}:{number}")
                continue
            try:
                yield _failures.decode(line)
            except msgspec.DecodeError as error:
                raise RecordError(f"is no failure: {error}", f"{where}:{number}") from error


def _lines_bytes(lines: Iterable[bytes]) -> bytes:
    # no time in the header: the same records are the same bytes
    return gzip.compress(b"".join(line + b"\n" for line in lines), compresslevel=6, mtime=0)


# ---- Parquet


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ExtractorError("Parquet needs pyarrow: pip install 'evidence-extractor[parquet]'") from error
    return pyarrow, parquet


def _parquet_bytes(records: list[bytes]) -> bytes:
    pyarrow, parquet = _parquet()
    documents = [_keys.decode(record).document for record in records]
    columns = {
        name: pyarrow.array([getattr(document, name) for document in documents], pyarrow.string())
        for name in _Key.__struct_fields__
    }
    table = pyarrow.table(columns | {"record": pyarrow.array(records, pyarrow.large_binary())})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _parquet_records(raw: IO[bytes], where: str) -> Iterator[bytes]:
    pyarrow, parquet = _parquet()
    try:
        file = parquet.ParquetFile(raw)
        for batch in file.iter_batches(batch_size=500, columns=["record"]):
            yield from batch.column(0).to_pylist()
    except (pyarrow.ArrowException, KeyError, IndexError) as error:
        raise ExtractorError(f"{where}: is no shard of records: {error}") from error
