"""The vocabulary folder of linking: word lists (``cues.tsv``: list, word) and rule files (JSON Lines, one rule a line)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Protocol, TypeVar

import msgspec

from extractor.errors import LexiconError
from extractor.literals import PatternSet

__all__ = ["CueWords", "PatternRow", "compiled", "cue_words", "load_rows", "pattern_lists", "vocabulary_lines", "weight_rows"]


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Row = TypeVar("_Row", bound=_HasId)


def vocabulary_lines(name: str) -> list[str]:
    """Return the lines of the file ``name`` of the vocabulary folder.

    Raises:
        LexiconError: there is no such file.
    """
    try:
        return (
            resources.files("extractor.linking").joinpath("vocabulary", name).read_text(encoding="utf-8").splitlines()
        )
    except FileNotFoundError as error:
        raise LexiconError("no such vocabulary file", name) from error


def load_rows(name: str, kind: type[_Row]) -> list[tuple[str, _Row]]:
    """Return (place, row) for each line of the JSON Lines file ``name``, the row as ``kind``; place is "file:line".

    Raises:
        LexiconError: a line is not JSON, lacks or adds a key, or repeats an id.
    """
    rows: list[tuple[str, _Row]] = []
    seen: set[str] = set()
    for number, line in enumerate(vocabulary_lines(name), 1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            row = msgspec.convert(json.loads(line), kind)
        except (ValueError, msgspec.ValidationError) as error:
            raise LexiconError(str(error), where) from error
        if row.id in seen:
            raise LexiconError(f"repeats the id {row.id}", where)
        seen.add(row.id)
        rows.append((where, row))
    return rows


def compiled(pattern: str, where: str, flags: int = 0) -> re.Pattern[str]:
    """Return ``pattern`` compiled; ``where`` is its place for the message.

    Raises:
        LexiconError: it is no regular expression.
    """
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise LexiconError(str(error), where) from error


class PatternRow(Protocol):
    """A rule of a named list: it matches its ``example`` and, where there is one, not its ``counter``."""

    @property
    def id(self) -> str: ...
    @property
    def list(self) -> str: ...
    @property
    def regex(self) -> str: ...
    @property
    def example(self) -> str: ...
    @property
    def counter(self) -> str | None: ...


_PatternRow = TypeVar("_PatternRow", bound=PatternRow)


def pattern_lists(name: str, kind: type[_PatternRow], flags: int = 0) -> dict[str, PatternSet[str]]:
    """Return the ids of the rules in ``name`` (rows of ``kind``) with their compiled patterns, by list.

    Raises:
        LexiconError: a line is malformed, an id stands twice, or a rule contradicts its own examples.
    """
    lists: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for where, row in load_rows(name, kind):
        pattern = compiled(row.regex, where, flags)
        if not pattern.search(row.example) or (row.counter is not None and pattern.search(row.counter)):
            raise LexiconError(f"{row.id!r} contradicts its examples", where)
        lists.setdefault(row.list, []).append((row.id, pattern))
    return {key: PatternSet(rows) for key, rows in lists.items()}


@cache
def _lists() -> dict[str, frozenset[str]]:
    lines = vocabulary_lines("cues.tsv")
    if not lines or lines[0].split("\t") != ["list", "word"]:
        raise LexiconError("the header must be list, word", "cues.tsv:1")
    lists: dict[str, set[str]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cells):
            raise LexiconError(f"expected 2 columns, found {len(cells)}", f"cues.tsv:{number}")
        if cells[1] in lists.setdefault(cells[0], set()):
            raise LexiconError(f"{cells[1]!r} stands twice in {cells[0]!r}", f"cues.tsv:{number}")
        lists[cells[0]].add(cells[1])
    return {name: frozenset(words) for name, words in lists.items()}


class CueWords:
    """A word list that is read when it is first asked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __contains__(self, word: object) -> bool:
        return word in self.words

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the list (LexiconError where the file is malformed or has no such list)."""
        try:
            return _lists()[self._name]
        except KeyError as error:
            raise LexiconError(f"no list {self._name!r}", "cues.tsv") from error


@cache
def cue_words(name: str) -> CueWords:
    """Return the word list ``name``; its file is read on first use."""
    return CueWords(name)


def weight_rows(file: str, header: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return feature -> weights of a table of weights, whose columns are ``header``: "feature" and what is weighed.

    Raises:
        LexiconError: another header, a wrong number of columns, a weight that is no number, or a feature twice.
    """
    lines = vocabulary_lines(file)
    if not lines or lines[0].split("\t") != list(header):
        raise LexiconError(f"the header must be {', '.join(header)}", f"{file}:1")
    found: dict[str, tuple[float, ...]] = {}
    for number, line in enumerate(lines[1:], 2):
        feature, *cells = line.split("\t")
        if len(cells) != len(header) - 1 or feature in found:
            raise LexiconError(f"expected a feature of its own and {len(header) - 1} weights", f"{file}:{number}")
        try:
            found[feature] = tuple(float(cell) for cell in cells)
        except ValueError as error:
            raise LexiconError(f"not a number: {error}", f"{file}:{number}") from error
    return found
