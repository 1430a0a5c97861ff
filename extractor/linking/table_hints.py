"""What the words of a table's headers, row labels, caption and notes say: patterns by field, as data.

The fields are those of ``vocabulary/table_hints.jsonl``: measures ("mean_sd", "n_percent", "hazard_ratio"), roles of a
column ("p", "n", "sd", "total"), kinds of table ("characteristics") and so on.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import msgspec

from extractor.errors import LexiconError
from extractor.linking.rules import load_rows

__all__ = ["TableHint", "hint", "hints", "load_hints"]


class TableHint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern: ``field`` is what it says of a text in lower case, ``example`` a text that it decides."""

    id: str
    field: str
    pattern: str
    example: str


@cache
def load_hints() -> dict[str, tuple[re.Pattern[str], ...]]:
    """Return the compiled patterns by field.

    Raises:
        LexiconError: a pattern does not compile or does not match its own example.
    """
    found: dict[str, list[re.Pattern[str]]] = {}
    for where, row in load_rows("table_hints.jsonl", TableHint):
        try:
            pattern = re.compile(row.pattern)
        except re.error as error:
            raise LexiconError(f"{row.id}: {error}", where) from error
        if not pattern.search(row.example.lower()):
            raise LexiconError(f"{row.id} does not match its example", where)
        found.setdefault(row.field, []).append(pattern)
    return {field: tuple(patterns) for field, patterns in found.items()}


@lru_cache(maxsize=8192)
def hint(field: str, text: str) -> bool:
    """Return whether ``text`` (lower case, blanks single) says what ``field`` stands for.

    Raises:
        KeyError: there is no such field.
    """
    return any(pattern.search(text) for pattern in load_hints()[field])


def hints(fields: tuple[str, ...], text: str) -> str | None:
    """Return the first of ``fields`` that ``text`` says, or None."""
    return next((field for field in fields if hint(field, text)), None) if text else None
