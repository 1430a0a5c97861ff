"""Files in object stores and other file systems that fsspec knows: s3://bucket/part-*.jsonl.gz, gs://, abfs://, hdfs://.

fsspec (https://filesystem-spec.readthedocs.io) comes with ``pip install 'evidence-extractor[cluster]'``; a store of one kind
may need its own package besides, as fsspec then says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extractor.errors import ExtractorError, FetchError
from extractor.records import Article, Failure
from extractor.sources.files import read_stream

__all__ = ["REMOTE_SCHEMES", "is_remote", "open_filesystem", "read_remote"]

REMOTE_SCHEMES = frozenset(["s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "hdfs", "webhdfs", "file", "memory"])
"""Beginnings of addresses that are files in a store, and no web pages."""


def is_remote(address: str) -> bool:
    """Whether ``address`` names a file in a store that fsspec opens."""
    scheme, separator, _ = address.partition("://")
    return bool(separator) and scheme.lower() in REMOTE_SCHEMES


def open_filesystem(address: str) -> tuple[Any, str]:
    """Return the fsspec file system of ``address`` and the path inside it.

    Raises:
        FetchError: fsspec, or what it needs for this kind of store, is not installed; or the store cannot be reached.
    """
    try:
        import fsspec  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise FetchError("needs fsspec: pip install 'evidence-extractor[cluster]'", address) from error
    try:
        return fsspec.core.url_to_fs(address)  # type: ignore[no-any-return]
    except (ImportError, ValueError, OSError) as error:
        raise FetchError(str(error), address) from error


def read_remote(address: str) -> Iterator[Article | Failure]:
    """Yield what the files of ``address`` (a file, a folder, or a pattern with * and ?) hold, in the order of their names."""
    try:
        system, path = open_filesystem(address)
        names = sorted(system.glob(path)) if any(c in path for c in "*?[") else [path]
        if len(names) == 1 and system.isdir(names[0]):
            names = sorted(system.find(names[0]))
        if not names:
            yield Failure(where=address, stage="fetch", reason="no file fits the pattern, or the folder holds none")
            return
    except FetchError as error:
        yield Failure(where=address, stage="fetch", reason=error.reason)
        return
    except (OSError, ValueError) as error:
        yield Failure(where=address, stage="fetch", reason=f"cannot be read: {error}")
        return
    for name in names:
        yield from _read_one(system, str(name))


def _read_one(system: Any, name: str) -> Iterator[Article | Failure]:
    where = str(system.unstrip_protocol(name))
    file = name.rsplit("/", 1)[-1]
    try:
        with system.open(name, "rb") as raw:
            yield from read_stream(raw, file, where, file)
    except ExtractorError as error:
        yield Failure(where=where, stage="parse", reason=getattr(error, "reason", str(error)))
    except (OSError, ValueError) as error:
        yield Failure(where=where, stage="fetch", reason=f"cannot be read: {error}")
