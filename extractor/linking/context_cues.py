"""Cues that stand around a figure or in its sentence: regular expressions as data, ``vocabulary/context_cues.jsonl``.

Each row has an id, the list it belongs to, a regular expression, an example that it matches and a counter-example that it does
not. In lists that look round a figure, ``FIG`` stands for the figure.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

import msgspec

from extractor.errors import LexiconError
from extractor.linking.layout import Item, Sentence

__all__ = ["ContextCue", "around", "context_cues", "cue_in"]

_REACH = 110


class ContextCue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the file."""

    id: str
    list: str
    regex: str
    example: str
    counter: str | None


@cache
def context_cues() -> dict[str, tuple[tuple[str, re.Pattern[str]], ...]]:
    """Return (id, compiled pattern) pairs by list.

    Raises:
        LexiconError: a line is malformed, an id stands twice, or a row contradicts its own examples.
    """
    text = resources.files("extractor.linking").joinpath("vocabulary", "context_cues.jsonl").read_text(encoding="utf-8")
    lists: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"context_cues.jsonl:{number}"
        try:
            row = msgspec.convert(json.loads(line), ContextCue)
            pattern = re.compile(row.regex, re.IGNORECASE)
        except (ValueError, msgspec.ValidationError, re.error) as error:
            raise LexiconError(str(error), where) from error
        if row.id in seen:
            raise LexiconError(f"id {row.id!r} stands twice", where)
        if not pattern.search(row.example) or (row.counter is not None and pattern.search(row.counter)):
            raise LexiconError(f"{row.id!r} contradicts its examples", where)
        seen.add(row.id)
        lists.setdefault(row.list, []).append((row.id, pattern))
    return {name: tuple(rows) for name, rows in lists.items()}


def cue_in(name: str, text: str) -> str | None:
    """Return the id of the first cue of list ``name`` that matches in ``text``, or None."""
    for cue_id, pattern in context_cues()[name]:
        if pattern.search(text):
            return cue_id
    return None


def around(item: Item, sentence: Sentence) -> str:
    """Return what stands round ``item`` in its sentence, with FIG in the place of the figure."""
    figure = item.figure
    start, end = (item.start, item.end) if figure is None else (figure.value_start, figure.value_end)
    start, end = start - sentence.start, end - sentence.start
    return f"{sentence.text[max(0, start - _REACH) : start]}FIG{sentence.text[end : end + _REACH]}"
