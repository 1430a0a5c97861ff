"""Word tables of the stages that find arms and outcomes: TSV files {word, role}, loaded once as bit masks.

A word may have several roles; ``WordTable.bits`` maps each word to the sum of its roles' bits, so that a text is classified
by one look-up per token.
"""

from __future__ import annotations

from functools import cache

import msgspec

from extractor.errors import LexiconError
from extractor.linking.rules import compiled, load_rows, vocabulary_lines
from extractor.literals import PatternSet

__all__ = ["CueRule", "WordTable", "cue_set", "load_cues", "load_words"]


class WordTable:
    """The words of one file by role.

    Attributes:
        bits: word -> sum of the bits of its roles. role_bits: role -> its bit. words: role -> its words.
    """

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        self.role_bits: dict[str, int] = {}
        self.bits: dict[str, int] = {}
        self.words: dict[str, set[str]] = {}
        for word, role in rows:
            bit = self.role_bits.setdefault(role, 1 << len(self.role_bits))
            self.bits[word] = self.bits.get(word, 0) | bit
            self.words.setdefault(role, set()).add(word)

    def bit(self, *roles: str) -> int:
        """Return the mask of ``roles``.

        Raises:
            LexiconError: the file has no such role.
        """
        mask = 0
        for role in roles:
            try:
                mask |= self.role_bits[role]
            except KeyError as error:
                raise LexiconError(f"no words with the role {role!r}") from error
        return mask


@cache
def load_words(name: str) -> WordTable:
    """Return the word table ``name`` of the vocabulary folder.

    Raises:
        LexiconError: another header, a wrong number of columns, or a repeated pair of word and role.
    """
    lines = vocabulary_lines(name)
    if not lines or lines[0].split("\t") != ["word", "role"]:
        raise LexiconError("the header must be word, role", f"{name}:1")
    rows: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cells):
            raise LexiconError(f"expected 2 columns, found {len(cells)}", f"{name}:{number}")
        pair = (cells[0], cells[1])
        if pair in seen:
            raise LexiconError(f"{cells[0]!r} stands twice as {cells[1]!r}", f"{name}:{number}")
        seen.add(pair)
        rows.append(pair)
    return WordTable(rows)


class CueRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A regular expression over the plain text, with what a match says.

    Attributes:
        id: unique inside the file. field: what a match speaks of. pattern: the expression; the named groups "name",
            "other", ... are what the frame takes from it. examples: texts it must match; rejects: texts it must not.
    """

    id: str
    field: str
    pattern: str
    examples: tuple[str, ...]
    rejects: tuple[str, ...] = ()


@cache
def load_cues(name: str) -> PatternSet[CueRule]:
    """Return the rules of a JSONL file of the vocabulary folder with their patterns, in their order.

    Raises:
        LexiconError: a line is not JSON, lacks or adds a key, repeats an id, or its pattern does not compile.
    """
    return PatternSet((rule, compiled(rule.pattern, where)) for where, rule in load_rows(name, CueRule))


@cache
def cue_set(name: str, field: str) -> PatternSet[CueRule]:
    """Return the rules of ``load_cues(name)`` that speak of ``field``.

    Raises:
        LexiconError: as ``load_cues``.
    """
    return PatternSet((rule, regex) for rule, regex in load_cues(name).rows if rule.field == field)
