"""Cues that stand around a figure or in its sentence: regular expressions as data, ``vocabulary/context_cues.jsonl``.

Each row has an id, the list it belongs to, a regular expression, an example that it matches and a counter-example that it does
not. In lists that look round a figure, ``FIG`` stands for the figure.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import msgspec

from extractor.linking.layout import Item, Sentence
from extractor.linking.rules import pattern_lists
from extractor.literals import PatternSet

__all__ = ["ContextCue", "around", "context_cues", "cue_in", "cues_in"]

_REACH = 110
_LONG = 2000


class ContextCue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the file."""

    id: str
    list: str
    regex: str
    example: str
    counter: str | None


@cache
def context_cues() -> dict[str, PatternSet[str]]:
    """Return the ids with their compiled patterns, by list.

    Raises:
        LexiconError: a line is malformed, an id stands twice, or a row contradicts its own examples.
    """
    return pattern_lists("context_cues.jsonl", ContextCue, re.IGNORECASE)


def cue_in(name: str, text: str) -> str | None:
    """Return the id of the first cue of list ``name`` that matches in ``text``, or None."""
    return _cue_in(name, text) if len(text) < _LONG else context_cues()[name].first(text)


# a sentence is asked for each of its figures, the surroundings of a figure by several stages
@lru_cache(maxsize=1024)
def _cue_in(name: str, text: str) -> str | None:
    return context_cues()[name].first(text)


def cues_in(name: str, text: str) -> list[re.Match[str]]:
    """Return all matches of the cues of list ``name`` in ``text``."""
    return [m for _, pattern in context_cues()[name].possible(text) for m in pattern.finditer(text)]


def around(item: Item, sentence: Sentence) -> str:
    """Return what stands round ``item`` in its sentence, with FIG in the place of the figure."""
    figure = item.figure
    start, end = (item.start, item.end) if figure is None else (figure.value_start, figure.value_end)
    start, end = start - sentence.start, end - sentence.start
    return f"{sentence.text[max(0, start - _REACH) : start]}FIG{sentence.text[end : end + _REACH]}"
