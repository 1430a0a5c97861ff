"""Which regular expressions of a list can match at all: cheap substring tests before costly searches.

Nearly every rule holds words that must stand in the text for it to match. ``required_literals`` reads them from the
pattern itself; ``PatternSet`` asks for them first and searches only with the rules that are left. What matches is the
same as without the test; only the time differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

try:  # the parse tree of a pattern is no public interface: without it every rule is simply searched
    from re import _constants as _codes  # type: ignore[attr-defined]
    from re import _parser  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover
    _parser = _codes = None

__all__ = ["PatternSet", "any_of", "first_word", "required_literals", "rest_of", "words_in"]

_Row = TypeVar("_Row")
# alternatives of a few letters are not worth a test, and neither are very many
_SHORTEST, _MOST = 2, 64

_Literals = frozenset[str]


def required_literals(pattern: re.Pattern[str]) -> tuple[frozenset[str], ...]:
    """Return sets of strings: of each set at least one stands in every text that ``pattern`` matches; best set first.

    For a pattern that ignores case they are case-folded and hold for the case-folded text. Empty where none are known.

    Args:
        pattern: a compiled regular expression over text.
    """
    if _parser is None:  # pragma: no cover
        return ()
    folded = bool(pattern.flags & re.IGNORECASE)
    found = map(_shortest, _sets(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG), folded))
    useful = {s for s in found if len(s) <= _MOST and min(map(len, s)) >= _SHORTEST}
    return tuple(sorted(useful, key=lambda s: (_worth(s), sorted(s)), reverse=True))


def _shortest(literals: _Literals) -> _Literals:
    """Return ``literals`` without those that hold another one: "trials" stands nowhere without "trial"."""
    return frozenset(one for one in literals if not any(other in one for other in literals if other != one))


def _worth(literals: _Literals) -> tuple[int, int]:
    return (min(min(map(len, literals)), 6), -len(literals))


def _best(items: Iterable[tuple[Any, Any]], folded: bool) -> _Literals | None:
    return max(_sets(items, folded), key=_worth, default=None)


def _sets(items: Iterable[tuple[Any, Any]], folded: bool) -> list[_Literals]:
    """Return the sets of which a text that matches the sequence holds one string each."""
    found: list[_Literals] = []
    run: list[str] = []

    def end_run() -> None:
        if run:
            word = "".join(run)
            found.append(frozenset({word.casefold() if folded else word}))
            run.clear()

    for code, value in items:
        if code is _codes.LITERAL:
            run.append(chr(value))
            continue
        end_run()
        found += _sets_of_item(code, value, folded)
    end_run()
    return found


def _sets_of_item(code: Any, value: Any, folded: bool) -> list[_Literals]:
    if code is _codes.SUBPATTERN:
        return [] if value[1] or value[2] else _sets(value[3], folded)
    if code is _codes.BRANCH:
        sides = [_best(side, folded) for side in value[1]]
        return [] if None in sides else [frozenset().union(*(s for s in sides if s is not None))]
    if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT, _codes.POSSESSIVE_REPEAT):
        return _sets(value[2], folded) if value[0] > 0 else []
    if code is _codes.ATOMIC_GROUP:
        return _sets(value, folded)
    if code is _codes.ASSERT and value[0] > 0:
        # what is looked back at may stand before the stretch that is searched
        return _sets(value[1], folded)
    return []


def _has_each(text: str, sets: tuple[tuple[str, ...], ...]) -> bool:
    for literals in sets:
        for literal in literals:
            if literal in text:
                break
        else:
            return False
    return True


_NAMED = re.compile(r"\(\?P<\w+>")
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)


def rest_of(pattern: re.Pattern[str]) -> re.Pattern[str] | None:
    """Return what ``pattern`` looks for behind its leading named group, which stands in every text that it matches.

    A name of any words before a cue is tried from every character of a text; the cue alone is looked for at once. None
    where the pattern does not begin with a named group, or where what follows is no pattern of its own.
    """
    begin = _NAMED.match(pattern.pattern)
    if begin is None:
        return None
    depth, alternatives, stop = 1, False, 0
    for piece in _PIECE.finditer(pattern.pattern, begin.end()):
        depth += {"(": 1, ")": -1}.get(piece.group(), 0)
        stop = stop or (piece.end() if depth == 0 else 0)
        alternatives |= depth == 0 and piece.group() == "|"
    rest = pattern.pattern[stop:]
    if not rest or alternatives or rest[0] in "*+?{" or "(?P=" in rest or "(?(" in rest:
        return None
    return re.compile(rest, pattern.flags)


def any_of(names: Iterable[str], *, before: str = "", after: str = "") -> str:
    """Return a pattern of any of ``names``, the longest that fits, which begins with one letter that tells most of them.

    Args:
        names: the names as printed. before: what must stand before a name, a look-behind that is tried behind the first
            letter ("(?<!\\w.)"): the search then goes from one such letter to the next. after: pattern of what follows.
    """
    rests: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        rests.setdefault(name[0], []).append(re.escape(name[1:]))
    return "|".join(f"{re.escape(c)}{before}(?:{'|'.join(rest)}){after}" for c, rest in sorted(rests.items()))


_LIKE_OTHERS = re.compile("[\u00b5\u00df\u0130\u0131\u017f\u0345\u0370-\u03ff\u1c80-\u1c88\u1e00-\u1fff\u212a-\u212b\ufb00-\ufb06]")
"""Letters that are the same as others when case is ignored, and are not when both are lower-cased."""
_TO_LOWER = re.compile(r"\\.|\(\?P?|[A-Z]+", re.DOTALL)


def _lowered(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return ``pattern``, which ignores case, for texts in lower case: quicker, as the search then goes from one first letter
    to the next. A pattern with other letters than those of ASCII, or with a range over both cases, is returned as it is."""
    if any(c.isalpha() and not c.isascii() for c in pattern.pattern) or re.search(r"[A-Z]-[^A-Z]", pattern.pattern):
        return pattern
    lowered = _TO_LOWER.sub(lambda m: m.group() if m.group()[0] in "\\(" else m.group().lower(), pattern.pattern)
    return re.compile(lowered, pattern.flags & ~re.IGNORECASE)


_WORD = re.compile(r"\w+")


@lru_cache(maxsize=16)
def words_in(text: str) -> frozenset[str]:
    """Return the unbroken runs of letters and digits in ``text``."""
    return frozenset(_WORD.findall(text))


def first_word(name: str) -> str:
    """Return the first unbroken run of letters and digits of ``name``, which stands in every text that names it.

    Raises:
        ValueError: ``name`` has neither.
    """
    match = _WORD.search(name)
    if match is None:
        raise ValueError(f"no letter and no digit in {name!r}")
    return match.group()


class PatternSet(Generic[_Row]):
    """Rules with their patterns, in order; all of them ignore case, or none does.

    Args:
        rows: (rule, compiled pattern) pairs.

    Raises:
        ValueError: some of the patterns ignore case and some do not.
    """

    def __init__(self, rows: Iterable[tuple[_Row, re.Pattern[str]]]) -> None:
        self.rows: Sequence[tuple[_Row, re.Pattern[str]]] = tuple(rows)
        cases = {bool(pattern.flags & re.IGNORECASE) for _, pattern in self.rows}
        if len(cases) > 1:
            raise ValueError("patterns that ignore case and patterns that do not in one set")
        self._folded = cases == {True}
        self._lowered = [_lowered(pattern) for _, pattern in self.rows] if self._folded else []
        self._always: list[int] = []
        self._first: list[tuple[str, ...]] = []
        self._more: dict[int, tuple[tuple[str, ...], ...]] = {}
        by_literal: dict[str, list[int]] = {}
        for index, (_, pattern) in enumerate(self.rows):
            required = required_literals(pattern)
            self._first.append(tuple(sorted(required[0])) if required else ())
            if not required:
                self._always.append(index)
                continue
            for literal in required[0]:
                by_literal.setdefault(literal, []).append(index)
            if required[1:]:
                self._more[index] = tuple(tuple(sorted(s)) for s in required[1:])
        self._literals = tuple(by_literal.items())

    def __len__(self) -> int:
        return len(self.rows)

    def possible(self, text: str) -> list[tuple[_Row, re.Pattern[str]]]:
        """Return, in order, the rules that ``text`` does not rule out."""
        rows = self.rows
        return [rows[i] for i in self._possible(text.casefold() if self._folded else text)]

    def _possible(self, view: str) -> list[int]:
        """Return, in order, the numbers of the rules that ``view`` does not rule out (folded, where the rules ignore case)."""
        hits = [rules for literal, rules in self._literals if literal in view]
        if not hits:
            return self._always
        indices = set(self._always).union(*hits)
        more = self._more
        return [i for i in sorted(indices) if i not in more or _has_each(view, more[i])]

    def possible_in(
        self, text: str, spans: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], _Row, re.Pattern[str]]]:
        """Yield, by stretch [start, end] of ``text`` and then in order, the rules that the stretch does not rule out.

        Raises:
            ValueError: the patterns ignore case.
        """
        if self._folded:
            raise ValueError("the places of folded text are not those of the text")
        rules = [(*self.rows[i], self._first[i]) for i in self._possible(text)]
        for span in spans if rules else ():
            for row, pattern, literals in rules:
                if not literals:
                    yield span, row, pattern
                    continue
                for literal in literals:
                    if text.find(literal, *span) >= 0:
                        yield span, row, pattern
                        break

    def matching(self, text: str) -> Iterator[tuple[_Row, re.Match[str]]]:
        """Yield, in order, each rule that matches in ``text``, with its first match."""
        for row, pattern in self.possible(text):
            match = pattern.search(text)
            if match is not None:
                yield row, match

    def first(self, text: str) -> _Row | None:
        """Return the first rule that matches in ``text``; None where none does."""
        rows = self.rows
        if self._folded and (text.isascii() or _LIKE_OTHERS.search(text) is None):
            low = text.lower()
            for i in self._possible(low):
                if self._lowered[i].search(low) is not None:
                    return rows[i][0]
            return None
        for i in self._possible(text.casefold() if self._folded else text):
            row, pattern = rows[i]
            if pattern.search(text) is not None:
                return row
        return None
