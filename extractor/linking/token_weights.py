"""The weights of the features that tell the words of a phrase: the tables ``vocabulary/outcome_weights.tsv`` (names of
outcomes) and ``vocabulary/mention_weights.tsv`` (interventions, and the people studied).

A row is a feature and its weight, or its two weights; fit_tokens.py fitted them and says on what. Any row may be changed
or dropped. Features with "=" behind a name of ``SLOTS`` speak of a word by its place: "w=mortality" is the word itself,
"w-1=of" the word before, "w+far=..." a word three to five places on, "end3=" and "end4=" its last letters, "result=..."
the word itself in a sentence that reports a finding, "role=" what a table of words says of it (see arm_words.tsv and
outcome_words.tsv).

Two weights are added up as one complex number, so that the words are gone through once for both. What a word counts in
each place is looked up as one line of an array, and the sums of all tokens are made column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from extractor.linking.arm_view import word_table
from extractor.linking.outcome_bounds import outcome_table
from extractor.linking.rules import weight_rows

__all__ = [
    "EDGE",
    "FAR",
    "KINDS",
    "PLACES",
    "SLOTS",
    "MarkTables",
    "N",
    "Numbers",
    "TokenWeights",
    "gap_step",
    "mention_weights",
    "outcome_weights",
]  # fmt: skip

N = TypeVar("N", float, complex)
"""A weight: one number, or (intervention, population) as the two parts of a complex number."""
KINDS = ("result", "definition", "conclusion", "other")
"""What a sentence can do (see outcome_scope.sentence_kinds)."""
SLOTS = frozenset(
    ["w", "w-1", "w+1", "w-2", "w+2", "w-far", "w+far", "end3", "end4", "end3-1", "end3+1", "role", "role-1", "role+1", *KINDS]
)  # fmt: skip
FAR = 24
"""From how many tokens on a figure is too far to matter."""

PLACES = (*KINDS, "w-1", "w-2", "w-far", "w+1", "w+2", "w+far")
"""What a word counts for: the token where it stands itself, by the kind of its sentence; then the tokens after it (as their
w-1, w-2, w-far) and before it (as their w+1, w+2, w+far)."""

EDGE = ""
"""The edge of a sentence: to the words beside it what "^" is, farther off nothing."""
_FIRST_KNOWN, _MOST_KNOWN = 1 << 12, 1 << 14

Numbers = NDArray[Any]
"""An array of weights: of one number each, or of complex ones."""


class MarkTables(NamedTuple):
    """What marks count, a line for each: at the token itself, and by the distance to the marked token: right after and right
    before it, and some places on (since) or ahead (until)."""

    at: Numbers
    after: Numbers
    before: Numbers
    since: Numbers
    until: Numbers


def gap_step(gap: int) -> str:
    """Return the step that a distance of ``gap`` tokens to a figure falls in."""
    return "none" if gap > FAR else str(gap) if gap < 4 else "5" if gap < 8 else "9"


# every word ever met asks for its roles: without a bound they would be kept for good
@lru_cache(maxsize=1 << 14)
def _roles_of(word: str) -> tuple[str, ...]:
    tables = (("arm", word_table()), ("out", outcome_table()))
    return tuple(f"{t}.{r}" for t, table in tables for r, b in table.role_bits.items() if table.bits.get(word, 0) & b)


def _no_roles(word: str) -> tuple[str, ...]:
    return ()


class TokenWeights(Generic[N]):
    """A table: ``bias``, ``single`` feature -> weight, ``slots`` slot -> word -> weight, ``zero`` of its kind of number.

    ``rows(words)`` returns what each word counts in each place (a figure is "#" and its kind).
    ``gaps`` maps "figure before", "figure after" to the weights by the distance in tokens; ``roles`` tells the roles of a word.
    """

    def __init__(self, weights: dict[str, N], zero: N, roles: Callable[[str], tuple[str, ...]] = _no_roles) -> None:
        self.zero: N = zero
        self.bias: N = weights.get("bias", zero)
        self.single: dict[str, N] = {}
        self.slots: dict[str, dict[str, N]] = {slot: {} for slot in SLOTS}
        for feature, weight in weights.items():
            slot, found, word = feature.partition("=")
            if found and slot in SLOTS:
                self.slots[slot][word] = weight
            elif feature != "bias":
                self.single[feature] = weight
        self.roles = roles
        self.gaps: dict[str, Numbers] = {
            name: np.array([self.single.get(f"{name}={gap_step(gap)}", zero) for gap in range(FAR + 2)])
            for name in ("figure before", "figure after")
        }
        # the line of each word met so far, and the lines; a table that is full is replaced, never moved
        self._known: tuple[dict[str, int], Numbers] = ({}, self._lines(_FIRST_KNOWN))
        self._lock = Lock()
        self._tables: dict[tuple[tuple[str, ...], tuple[str, ...]], MarkTables] = {}

    def _lines(self, count: int, columns: int = len(PLACES)) -> Numbers:
        return np.zeros((count, columns), dtype=type(self.zero))

    def rows(self, words: Sequence[str]) -> Numbers:
        """Return what ``words`` count in each place: an array of a line for each word, with the columns of ``PLACES``."""
        lines, rows = self._known
        try:
            return rows[[lines[word] for word in words]]
        except KeyError:
            lines, rows = self._with(set(words))
            return rows[[lines[word] for word in words]]

    def _with(self, words: set[str]) -> tuple[dict[str, int], Numbers]:
        """Return the lines with those of ``words``."""
        with self._lock:
            lines, rows = self._known
            new = words.difference(lines)
            if len(lines) + len(new) > _MOST_KNOWN:
                lines, rows, new = {}, self._lines(max(_FIRST_KNOWN, len(words))), words
            elif len(lines) + len(new) > len(rows):
                lines, rows = dict(lines), np.concatenate([rows, self._lines(len(rows) + len(new))])
            for word in new:
                rows[len(lines)] = self.word(word)
                lines[word] = len(lines)
            self._known = lines, rows
        return lines, rows

    def mark_tables(self, names: tuple[str, ...], reach: tuple[str, ...]) -> MarkTables:
        """Return what the marks ``names`` count, where they reach as far as the steps ``reach`` (one for each token on)."""
        found = self._tables.get((names, reach))
        if found is None:
            single, zero = self.single.get, self.zero

            def table(way: str, steps: Sequence[str]) -> Numbers:
                rows = self._lines(len(names), FAR + 2)
                rows[:, 1 : len(steps) + 1] = [[single(f"{way} {name}{s}", zero) for s in steps] for name in names]
                return rows

            at = np.array([single(f"at {name}", zero) for name in names])
            farther = [f"={step}" for step in reach]
            found = self._tables[names, reach] = MarkTables(
                at, table("after", [""]), table("before", [""]), table("since", farther), table("until", farther)
            )
        return found

    def of(self, feature: str) -> N:
        """Return the weight of a feature by its name, zero where it has none."""
        slot, found, word = feature.partition("=")
        table = self.slots[slot] if found and slot in SLOTS else self.single
        return table.get(word if table is not self.single else feature, self.zero)

    def word(self, word: str) -> list[N]:
        """Return what ``word`` counts in each of ``PLACES``."""
        slots: dict[str, dict[str, N]] = self.slots
        zero: N = self.zero
        if word == EDGE:
            edge: list[N] = self.word("^")
            return [zero if "far" in place else weight for place, weight in zip(PLACES, edge, strict=True)]
        own: N = slots["w"].get(word, zero)
        if word[0].isalpha():
            own += slots["end3"].get(word[-3:], zero) + slots["end4"].get(word[-4:], zero)
        before, after = slots["w-1"].get(word, zero), slots["w+1"].get(word, zero)
        for role in self.roles(word):
            own += slots["role"].get(role, zero)
            before += slots["role-1"].get(role, zero)
            after += slots["role+1"].get(role, zero)
        here: list[N] = [own + slots[kind].get(word, zero) for kind in KINDS]
        around: list[N] = [
            before + slots["end3-1"].get(word[-3:], zero),
            slots["w-2"].get(word, zero),
            slots["w-far"].get(word, zero),
            after + slots["end3+1"].get(word[-3:], zero),
            slots["w+2"].get(word, zero),
            slots["w+far"].get(word, zero),
        ]
        return here + around


@cache
def outcome_weights() -> TokenWeights[float]:
    """Return the weights for the names of outcomes.

    Raises:
        LexiconError: another header, a wrong number of columns, a weight that is no number, or a feature twice.
    """
    return TokenWeights({f: w for f, (w,) in weight_rows("outcome_weights.tsv", ("feature", "weight")).items()}, 0.0)


@cache
def mention_weights() -> TokenWeights[complex]:
    """Return the weights for interventions (real part) and for the people studied (imaginary part).

    Raises:
        LexiconError: as for ``outcome_weights``.
    """
    rows = weight_rows("mention_weights.tsv", ("feature", "intervention", "population"))
    return TokenWeights({f: complex(i, p) for f, (i, p) in rows.items()}, 0j, _roles_of)
