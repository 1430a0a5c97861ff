"""The pattern files of the linking stage: JSON lines {id, field, pattern, ...}, compiled once when first asked for.

A pattern is a regular expression over the plain text (lower case, plain blanks and dashes, see ``plain_text``).
``{NAME}`` in a pattern stands for the macro of that name in ``macros.jsonl``.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from extractor.errors import LexiconError
from extractor.literals import PatternSet

__all__ = ["Rule", "load_column", "load_rules", "pattern_set", "read_table", "with_macros"]

_MACRO = re.compile(r"\{([A-Z][A-Z_]+)\}")


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pattern of a data file.

    Attributes:
        id: unique inside its file. field: what a match speaks of.
        pattern: regular expression over the plain text; ``value``: what a match means, where it is not the text itself.
        side: for patterns around a number: what stands "before" it (anchored at its end), "after" it (anchored at its
            start) or anywhere in its "sentence". weight: what a match adds to the score.
        examples: [text, expected] pairs (or plain texts) that a test holds the pattern to; rejects: texts that it
            must not match.
    """

    id: str
    field: str
    pattern: str
    value: str | None = None
    side: Literal["before", "after", "sentence"] | None = None
    weight: float = 0.0
    examples: tuple[str | tuple[str, str], ...] = ()
    rejects: tuple[str, ...] = ()

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return _compile(self.pattern)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _lines(name: str) -> list[tuple[str, str]]:
    path = files("extractor.linking").joinpath("data", name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LexiconError("no such pattern file", name) from error
    return [(f"{name}:{i}", line) for i, line in enumerate(text.split("\n"), 1) if line.strip()]


@cache
def _macros() -> dict[str, str]:
    macros: dict[str, str] = {}
    for where, line in _lines("macros.jsonl"):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise LexiconError(f"not JSON: {error}", where) from error
        if set(row) != {"name", "pattern"} or row["name"] in macros:
            raise LexiconError("a macro has a name of its own and a pattern", where)
        macros[row["name"]] = f"(?:{_expand(row['pattern'], macros, where)})"
    return macros


def _expand(pattern: str, macros: dict[str, str], where: str) -> str:
    def one(match: re.Match[str]) -> str:
        try:
            return macros[match.group(1)]
        except KeyError:
            raise LexiconError(f"unknown macro {match.group(1)}", where) from None

    return _MACRO.sub(one, pattern)


def with_macros(pattern: str, where: str) -> str:
    """Return ``pattern`` with its macros expanded (LexiconError where it names an unknown one; ``where`` is its place)."""
    return _expand(pattern, _macros(), where)


@cache
def load_rules(name: str) -> tuple[Rule, ...]:
    """Return the rules of data file ``name`` in their order, macros expanded, patterns compiled.

    Raises:
        LexiconError: a line is not JSON, has unknown or missing keys, repeats an id, or its pattern does not compile.
    """
    decoder = msgspec.json.Decoder(Rule)
    rules: dict[str, Rule] = {}
    for where, line in _lines(name):
        try:
            rule = decoder.decode(line)
            rule = msgspec.structs.replace(rule, pattern=_expand(rule.pattern, _macros(), where))
            _compile(rule.pattern)
        except (msgspec.MsgspecError, re.error) as error:
            raise LexiconError(str(error), where) from error
        if rule.id in rules:
            raise LexiconError(f"repeats the id {rule.id}", where)
        rules[rule.id] = rule
    return tuple(rules.values())


@cache
def pattern_set(name: str, side: str | None = None, field: str | None = None) -> PatternSet[Rule]:
    """Return the rules of data file ``name``, of one ``side`` or ``field`` only where given, ready to be searched with.

    Raises:
        LexiconError: as ``load_rules``.
    """
    return PatternSet(
        (rule, rule.regex)
        for rule in load_rules(name)
        if (side is None or rule.side == side) and (field is None or rule.field == field)
    )


@cache
def read_table(name: str, columns: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """Return the rows of tab-separated data file ``name``, whose first line must name exactly ``columns``.

    Raises:
        LexiconError: other columns, a row with too many or too few fields, or a repeated first field.
    """
    rows: list[dict[str, str]] = []
    seen: set[str] = set()
    for where, line in _lines(name):
        fields = line.split("\t")
        if where.endswith(":1"):
            if tuple(fields) != columns:
                raise LexiconError(f"expected the columns {', '.join(columns)}", where)
            continue
        if len(fields) != len(columns):
            raise LexiconError(f"expected {len(columns)} columns, found {len(fields)}", where)
        if fields[0] in seen:
            raise LexiconError(f"repeats {fields[0]!r}", where)
        seen.add(fields[0])
        rows.append(dict(zip(columns, fields, strict=True)))
    return tuple(rows)


@cache
def load_column(name: str, columns: tuple[str, ...], column: str) -> frozenset[str]:
    """Return the values of one column of a table (see ``read_table``)."""
    return frozenset(row[column] for row in read_table(name, columns))
