"""Words that name a statistic, a unit or a comparator, found as longest matches over the scan's words.

The table is ``patterns/labels.tsv`` with the columns kind, value, term. A term with a capital letter is matched as printed
("HR" is a hazard ratio, "hr" an hour); other terms in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec

from extractor.errors import LexiconError
from extractor.reading.scan import plain_text, scan_words
from extractor.reading.types import Word

__all__ = ["Label", "LabelTable", "load_labels"]


class Label(msgspec.Struct, frozen=True):
    """A label found over words [start, end): its kind ("unit", "est_r", ...) and canonical value."""

    start: int
    end: int
    kind: str
    value: str


class LabelTable:
    """The label terms, keyed by their first word.

    Args:
        rows: (kind, value, term) triples.

    Raises:
        LexiconError: a term stands twice with different meanings.
    """

    def __init__(self, rows: Sequence[tuple[str, str, str]]) -> None:
        self._by_first: dict[str, list[tuple[list[str], str | None, str, str]]] = {}
        seen: set[str] = set()
        for kind, value, term in rows:
            if term in seen:
                raise LexiconError(f"label {term!r} stands twice", "labels.tsv")
            seen.add(term)
            lowered = plain_text(term)
            words = [w.lower for w in scan_words(lowered)]
            exact = "".join(term.split()) if term != term.lower() else None
            self._by_first.setdefault(words[0], []).append((words, exact, kind, value))
        for entries in self._by_first.values():
            entries.sort(key=lambda e: (-len(e[0]), e[1] is None))

    def one_word_terms(self) -> frozenset[str]:
        """Return the terms of one word that count in any case: no pattern sees these words as themselves."""
        return frozenset(
            words[0]
            for entries in self._by_first.values()
            for words, exact, _, _ in entries
            if len(words) == 1 and exact is None
        )

    def find(self, text: str, words: Sequence[Word]) -> list[Label]:
        """Return the longest labels in ``words``, from left to right, not overlapping.

        A document's own definitions count: "cumulative incidence difference [CID]" makes CID the same label from there
        on, and "objective response (OR)" takes the meaning of a ratio away from OR.
        """
        found = self._listed(text, words)
        own, taken = _definitions(text, words, found)
        if not own and not taken:
            return found
        return _with_definitions(text, words, found, own, taken)

    def _listed(self, text: str, words: Sequence[Word]) -> list[Label]:
        found: list[Label] = []
        by_first = self._by_first
        count = len(words)
        lowers = [word.lower for word in words]
        last = -1
        for i in [i for i, lower in enumerate(lowers) if lower in by_first]:
            if i > last:
                for spelling, exact, kind, value in by_first[lowers[i]]:
                    n = len(spelling)
                    if n > 1 and (i + n > count or lowers[i + 1] != spelling[1] or lowers[i : i + n] != spelling):
                        continue
                    end = words[i + n - 1].end
                    if exact is not None and "".join(text[words[i].start : end].split()) != exact:
                        continue
                    found.append(Label(i, i + n, kind, value))
                    last = i + n - 1
                    break
        return found


_DEFINABLE = frozenset({"est_r", "est_d", "pword", "nr", "estx"})


def _definitions(text: str, words: Sequence[Word], found: Sequence[Label]) -> tuple[dict[str, Label], set[str]]:
    """Return abbreviations that the document defines as a label, and those that it defines as something else."""
    own: dict[str, Label] = {}
    taken: set[str] = set()
    at = {label.start: label for label in found}
    ending = {label.end: label for label in found}
    for i in range(1, len(words) - 2):
        if words[i].lower not in "([" or words[i + 2].lower not in ")]":
            continue
        short = text[words[i + 1].start : words[i + 1].end]
        if not short.isalpha() or not short[0].isupper() or len(short) > 6 or sum(c.isupper() for c in short) < 2:
            continue
        long, inner = ending.get(i), at.get(i + 1)
        if long is not None and long.kind in _DEFINABLE:
            own[short] = long
        elif inner is not None and inner.kind in _DEFINABLE and inner.end == i + 2 and words[i - 1].lower[0].isalpha():
            taken.add(short)
    return own, taken


def _with_definitions(
    text: str, words: Sequence[Word], found: Sequence[Label], own: dict[str, Label], taken: set[str]
) -> list[Label]:
    covered = {i for label in found for i in range(label.start, label.end)}
    kept = [f for f in found if f.end - f.start > 1 or text[words[f.start].start : words[f.start].end] not in taken]
    added = [
        Label(i, i + 1, own[spelling].kind, own[spelling].value)
        for i, word in enumerate(words)
        if i not in covered and (spelling := text[word.start : word.end]) in own
    ]
    return sorted([*kept, *added], key=lambda label: label.start)


@cache
def load_labels() -> LabelTable:
    """Return the packaged label table.

    Raises:
        LexiconError: the file is malformed; the message names file and line.
    """
    text = resources.files("extractor.reading").joinpath("patterns", "labels.tsv").read_text(encoding="utf-8")
    lines = text.splitlines()
    if not lines or lines[0].split("\t") != ["kind", "value", "term"]:
        raise LexiconError("the header must be kind, value, term", "labels.tsv:1")
    rows: list[tuple[str, str, str]] = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 3 or not all(cells):
            raise LexiconError(f"expected 3 columns, found {len(cells)}", f"labels.tsv:{number}")
        rows.append((cells[0], cells[1], cells[2]))
    return LabelTable(rows)
