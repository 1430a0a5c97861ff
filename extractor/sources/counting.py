"""How many documents local files hold, as far as that can be told at once."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["count_documents"]

_CHUNK = 1 << 20
_ONE_EACH = frozenset([".html", ".htm", ".xhtml", ".txt"])
_LINES = frozenset([".jsonl", ".ndjson"])


def count_documents(path: Path) -> int | None:
    """Return how many documents ``path`` holds; None where only reading it through would tell.

    A page or text is one document, a file of JSON lines as many as it has lines that are not blank; a folder is the sum of
    its files. What is compressed, XML, an archive or no local file is not known.
    """
    try:
        if path.is_dir():
            return _count_folder(path)
        return _count_file(path) if path.is_file() else None
    except (OSError, ValueError):
        return None


def _count_folder(folder: Path) -> int | None:
    total = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.startswith(".") or name.endswith(".md5"):
                continue
            count = _count_file(Path(parent) / name)
            if count is None:
                return None
            total += count
    return total


def _count_file(path: Path) -> int | None:
    if path.suffix.lower() in _ONE_EACH:
        return 1
    if path.suffix.lower() not in _LINES:
        return None
    count = 0
    blank = True  # whether the line read so far is
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            *whole, rest = chunk.split(b"\n")
            for line in whole:
                count += not (blank and not line.strip())
                blank = True
            blank = blank and not rest.strip()
    return count + (not blank)
