"""Files and folders that appear complete or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["atomic_file", "atomic_folder"]


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Give a binary file that takes the name ``path`` when the block ends well.

    It is written beside ``path`` under another name, flushed to disk, and renamed. After any failure, Ctrl-C included,
    it is gone and what stood at ``path`` before is untouched. A symbolic link keeps pointing where it did; a device or
    pipe is written to as it is.

    Raises:
        OSError: the folder is missing or not writable, the disk is full, or ``path`` is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    if target.exists() and not target.is_file():
        with target.open("wb") as device:
            yield device
        return
    part = _beside(target)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            part.chmod(target.stat().st_mode & 0o777)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _beside(target: Path) -> Path:
    """Return a name that nothing has, in the same folder, so that the file can be renamed."""
    return target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.tmp")


@contextmanager
def atomic_folder(path: str | os.PathLike[str], names: frozenset[str]) -> Iterator[Path]:
    """Give a folder that takes the name ``path`` when the block ends well; after a failure it is gone.

    A folder that is there already is replaced only where it holds nothing but files called ``names``, that is an
    earlier export; any other is left alone.

    Raises:
        OSError: ``path`` is a file or a folder with other things in it, or the disk does not take it.
    """
    target = Path(os.path.realpath(path))
    if target.exists():
        if not target.is_dir():
            raise NotADirectoryError(f"{path} is a file; this format is a folder of several files")
        strange = sorted(entry.name for entry in target.iterdir() if entry.name not in names or entry.is_dir())
        if strange:
            raise FileExistsError(f"{path} holds other things ({strange[0]}); choose a new folder")
    new = _beside(target)
    try:
        new.mkdir()
        yield new
        for file in new.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        if target.exists():
            _swap(new, target)
        else:
            new.replace(target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _swap(new: Path, target: Path) -> None:
    old = _beside(target)
    target.replace(old)
    try:
        new.replace(target)
    except BaseException:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
