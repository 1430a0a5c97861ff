"""Token patterns in spaCy's own language, compiled to regular expressions over one character per token.

A pattern is a list of token descriptions as spaCy's Matcher takes them. Of that language these keys are used: ``LOWER`` (a
string, or ``{"IN": [...]}``); ``_`` with ``{"forms": {"INTERSECTS": [...]}}``, where the forms of a token are its kind in angle
brackets ("<percent>") and its spelling in lower case; and ``OP``. Each token of a text becomes one character: tokens whose kind
or spelling no pattern names share characters, so a whole layer of patterns is tried in a single scan. The spans are those of
the Matcher (a test compares).

A pattern file is JSON Lines: ``{"id", "layer", "kind", "pattern", "roles"?, "set"?, "adjacent"?, "lazy"?, "focus"?, "keep_left"?,
"keep_right"?}``.
``roles`` names the part that each token plays ("value", "low", "unit", ...), ``set`` gives constants, ``adjacent`` asks that no
blank stands inside, ``lazy`` makes every OP take as little as it can, ``keep_left`` and ``keep_right`` count tokens at either end
that are only looked at, ``focus`` leaves all but the token of the role "value" as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any, Protocol

import msgspec

from extractor.errors import LexiconError

__all__ = ["Grammar", "Match", "PatternRow", "TokenLike", "load_grammar", "load_pattern_rows"]


class TokenLike(Protocol):
    """What the compiler needs of a token."""

    start: int
    end: int
    lower: str
    kind: str


class PatternRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a pattern file."""

    id: str
    layer: int
    kind: str
    pattern: list[dict[str, Any]]
    roles: list[str] = []
    set: dict[str, str] = {}
    adjacent: bool = False
    keep_left: int = 0
    keep_right: int = 0
    lazy: bool = False
    focus: bool = False


class Match(msgspec.Struct, frozen=True):
    """A pattern found.

    Attributes:
        start, end: the tokens that it is about. first, last: all tokens that it looked at, [first, last).
        roles: role -> the tokens [start, end) that play it.
    """

    row: PatternRow
    start: int
    end: int
    first: int
    last: int
    roles: dict[str, tuple[int, int]]


_QUANTIFIER = re.compile(r"^(?:[?*+]|\{\d*,?\d*\})$")
_GENERIC = {"word": "\ue000", "mark": "\ue001"}
_FIRST_KIND = 0xE010
_FIRST_WORD = 0xE200


class _Alphabet:
    """One character for each kind and each spelling that some pattern names."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = dict(_GENERIC)
        self.words: dict[str, str] = {}

    def kind(self, kind: str) -> str:
        if kind not in self.kinds:
            self.kinds[kind] = chr(_FIRST_KIND + len(self.kinds))
        return self.kinds[kind]

    def word(self, lower: str) -> str:
        if lower not in self.words:
            self.words[lower] = chr(_FIRST_WORD + len(self.words))
        return self.words[lower]

    def kind_class(self, kind: str) -> str:
        chars = self.kind(kind)
        if kind == "word":
            chars += "".join(c for w, c in self.words.items() if w[0].isalpha())
        elif kind == "mark":
            chars += "".join(c for w, c in self.words.items() if not w[0].isalpha())
        return chars


def _literals(wanted: Any, where: str) -> list[str]:
    if isinstance(wanted, str):
        return [wanted]
    if isinstance(wanted, dict) and set(wanted) == {"IN"} and all(isinstance(v, str) for v in wanted["IN"]):
        return list(wanted["IN"])
    raise LexiconError(f"LOWER must be a string or {{'IN': [...]}}, not {wanted!r}", where)


def _forms(wanted: Any, where: str) -> list[str]:
    try:
        forms = wanted["forms"]["INTERSECTS"]
    except (TypeError, KeyError) as error:
        raise LexiconError("the extension must be {'forms': {'INTERSECTS': [...]}}", where) from error
    if set(wanted) != {"forms"} or not forms or not all(isinstance(v, str) for v in forms):
        raise LexiconError("the extension must be {'forms': {'INTERSECTS': [...]}}", where)
    return list(forms)


class _Layer:
    """The patterns of one layer as one regular expression."""

    def __init__(self, rows: Sequence[PatternRow], alphabet: _Alphabet) -> None:
        parts: list[str] = []
        self.by_group: dict[int, tuple[PatternRow, list[tuple[str, int]]]] = {}
        group = 0
        triggers: set[str] = set()
        for row in rows:
            group += 1
            outer = group
            role_groups: list[tuple[str, int]] = []
            body: list[str] = []
            optional_prefix = True
            for i, token in enumerate(row.pattern):
                chars = _token_class(token, alphabet, row.id)
                piece = f"[{re.escape(chars)}]"
                op = token.get("OP", "")
                role = row.roles[i] if i < len(row.roles) else ""
                if role:
                    group += 1
                    role_groups.append((role, group))
                quantifier = op + ("?" if op and row.lazy else "")
                body.append(f"({piece}{quantifier})" if role and op else f"({piece})" if role else piece + quantifier)
                if optional_prefix:
                    triggers.update(chars)
                    optional_prefix = op in ("?", "*") or op.startswith(("{0", "{,"))
            parts.append(f"({''.join(body)})")
            self.by_group[outer] = (row, role_groups)
        self.regex = re.compile(f"(?=[{re.escape(''.join(sorted(triggers)))}])(?:{'|'.join(parts)})")
        self.triggers = frozenset(triggers)

    def find(self, codes: str, tokens: Sequence[TokenLike], position: int) -> Match | None:
        while (m := self.regex.search(codes, position)) is not None:
            group = m.lastindex
            assert group is not None
            row, role_groups = self.by_group[group]
            first, last = m.span()
            if row.adjacent and not _adjacent(tokens, first, last):
                position = first + 1
                continue
            roles = {role: m.span(g) for role, g in role_groups if m.start(g) >= 0 and m.end(g) > m.start(g)}
            if row.focus:
                start, end = roles["value"]
            else:
                start, end = first + row.keep_left, last - row.keep_right
            return Match(row, start, end, first, last, roles)
        return None


def _adjacent(tokens: Sequence[TokenLike], start: int, end: int) -> bool:
    return all(tokens[i].end == tokens[i + 1].start for i in range(start, end - 1))


def _token_class(token: dict[str, Any], alphabet: _Alphabet, where: str) -> str:
    chars = ""
    for key, wanted in token.items():
        if key == "LOWER":
            chars += "".join(alphabet.word(v) for v in _literals(wanted, where))
        elif key == "_":
            for form in _forms(wanted, where):
                kind = form[1:-1] if len(form) > 2 and form[0] == "<" and form[-1] == ">" else ""
                chars += alphabet.kind_class(kind) if kind else alphabet.word(form)
        elif key == "OP":
            if not isinstance(wanted, str) or not _QUANTIFIER.match(wanted):
                raise LexiconError(f"unknown OP {wanted!r}", where)
        else:
            raise LexiconError(f"unknown key {key!r}", where)
    if not chars:
        raise LexiconError("a token needs LOWER or _.forms", where)
    return chars


class Grammar:
    """Pattern layers over a common alphabet of token classes.

    Args:
        rows: the patterns; within a layer the first that fits wins, so the file's order is its priority.

    Raises:
        LexiconError: a pattern uses something outside the language above, or an id stands twice.
    """

    def __init__(self, rows: Sequence[PatternRow]) -> None:
        self.rows = tuple(rows)
        alphabet = _Alphabet()
        seen: set[str] = set()
        for row in rows:
            if row.id in seen:
                raise LexiconError("pattern id stands twice", row.id)
            seen.add(row.id)
            alphabet.kind(row.kind)
            for token in row.pattern:
                _token_class(token, alphabet, row.id)
        self._alphabet = alphabet
        numbers = sorted({row.layer for row in rows})
        self.layers = {n: _Layer([r for r in rows if r.layer == n], alphabet) for n in numbers}

    def codes(self, tokens: Sequence[TokenLike]) -> str:
        """Return ``code`` of each of ``tokens``, as one string."""
        spellings, kinds = self._alphabet.words, self._alphabet.kinds
        word, mark = _GENERIC["word"], _GENERIC["mark"]
        return "".join(
            [
                spellings.get(t.lower, word)
                if t.kind == "word"
                else spellings.get(t.lower, mark)
                if t.kind == "mark"
                else kinds.get(t.kind, mark)
                for t in tokens
            ]
        )

    def code(self, lower: str, kind: str) -> str:
        """Return the character that stands for a token of this spelling and kind."""
        if kind in _GENERIC:
            return self._alphabet.words.get(lower) or _GENERIC[kind]
        return self._alphabet.kinds.get(kind) or _GENERIC["mark"]

    def find(self, layer: int, codes: str, tokens: Sequence[TokenLike], position: int = 0) -> Match | None:
        """Return the first match of one layer that begins at token ``position`` or after it, or None.

        Args:
            layer: number of the layer. codes: one ``code`` per token. tokens: the tokens themselves.
        """
        return self.layers[layer].find(codes, tokens, position)


def load_pattern_rows(name: str) -> list[PatternRow]:
    """Return the rows of the packaged pattern file ``name``.

    Raises:
        LexiconError: a line is not a pattern row; the message names file and line.
    """
    text = resources.files("extractor.reading").joinpath("patterns", name).read_text(encoding="utf-8")
    rows: list[PatternRow] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(msgspec.convert(json.loads(line), PatternRow))
        except (ValueError, msgspec.ValidationError) as error:
            raise LexiconError(str(error), f"{name}:{number}") from error
    return rows


def load_grammar(name: str) -> Grammar:
    """Return the compiled grammar of the packaged pattern file ``name`` (raises LexiconError as its parts do)."""
    return Grammar(load_pattern_rows(name))
