"""Archives from strangers as a stream of members: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz; nothing is unpacked to disk."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from extractor.errors import ParseError
from extractor.sources.xmlstream import Readable

__all__ = ["Member", "is_archive", "read_members"]

_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_MOST_MEMBERS = 1_000_000
_MOST_MEMBER_BYTES = 2_000_000_000
_MOST_RATIO = 2_000
"""A member that unpacks to more times its size than any text does is a bomb."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an archive: its name and what it holds, to be read before the next is asked for."""

    name: str
    source: Readable


class _Capped:
    """A member's bytes, up to a limit."""

    def __init__(self, source: IO[bytes], limit: int, where: str) -> None:
        self._source = source
        self._left = limit
        self._where = where

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes."""
        try:
            data = self._source.read(size if size >= 0 else self._left + 1)
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, tarfile.TarError, ValueError) as error:
            raise ParseError(f"the archive is damaged: {error}", self._where) from error
        except Exception as error:  # zlib.error and lzma.LZMAError have no common base
            if type(error).__name__ in ("error", "LZMAError"):
                raise ParseError(f"the archive is damaged: {error}", self._where) from error
            raise
        self._left -= len(data)
        if self._left < 0:
            raise ParseError("unpacks to more bytes than are read", self._where)
        return data


def is_archive(path: Path) -> bool:
    """Tell by its name whether ``path`` is an archive."""
    name = path.name.lower()
    return name.endswith(".zip") or name.endswith(_TAR)


def read_members(path: Path) -> Iterator[Member | ParseError]:
    """Yield the files of an archive in their order, without folders, links and hidden files.

    Args:
        path: a .zip or .tar file, the latter also compressed.

    Yields:
        A Member, or a ParseError for one that cannot be read (encrypted, damaged, a bomb).

    Raises:
        ParseError: the archive cannot be opened or breaks off.
        OSError: the file cannot be read.
    """
    try:
        if path.name.lower().endswith(".zip"):
            yield from _zip_members(path)
        else:
            yield from _tar_members(path)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError) as error:
        raise ParseError(f"the archive is damaged: {error}", str(path)) from error


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _zip_members(path: Path) -> Iterator[Member | ParseError]:
    with zipfile.ZipFile(path) as archive:
        for count, info in enumerate(archive.infolist(), 1):
            if count > _MOST_MEMBERS:
                raise ParseError(f"the archive has more than {_MOST_MEMBERS} members", str(path))
            if info.is_dir() or _is_hidden(info.filename):
                continue
            where = f"{path}!{info.filename}"
            if info.flag_bits & 1:
                yield ParseError("the member is encrypted", where)
                continue
            limit = min(_MOST_MEMBER_BYTES, max(1_000_000, info.compress_size * _MOST_RATIO))
            with archive.open(info) as source:
                yield Member(name=info.filename, source=_Capped(source, limit, where))


def _tar_members(path: Path) -> Iterator[Member | ParseError]:
    # "r|*" reads strictly forward: a member can never make the reader seek in what is compressed
    with tarfile.open(path, "r|*") as archive:
        for count, info in enumerate(archive, 1):
            if count > _MOST_MEMBERS:
                raise ParseError(f"the archive has more than {_MOST_MEMBERS} members", str(path))
            if not info.isfile() or _is_hidden(info.name):
                continue
            source = archive.extractfile(info)
            where = f"{path}!{info.name}"
            if source is None:
                yield ParseError("the member cannot be read", where)
                continue
            yield Member(name=info.name, source=_Capped(source, _MOST_MEMBER_BYTES, where))
