"""What a name of a group says: its telling words, with short forms written out; and the arm that several names share."""

from __future__ import annotations

import re
from functools import lru_cache

from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, roles

__all__ = ["Draft", "content", "content_of_text", "expand_abbreviations"]

_DROP = frozenset(["therapy", "treatment", "group", "arm", "groups", "arms", "regimen", "oral", "matched", "matching", "adjuvant", "alone", "only", "plus", "program", "programme", "intervention", "the", "a", "an", "of", "with", "and", "or", "in", "to", "by", "for", "at", "least", "followed", "combined", "combination", "versus", "mg", "receiving", "received", "receive", "use", "using", "neoadjuvant", "standard-dose", "patient", "patients", "treated", "treatments", "therapies", "administration", "each", "cohort", "dose", "doses", "daily", "per", "followed", "either", "addition", "cycle", "cycles", "course", "courses", "week", "weeks", "month", "months", "year", "years", "day", "days", "monotherapy", "s", "strategy"])  # fmt: skip


class Draft:
    """An arm in the making.

    ``keys``: the contents by which it is named; ``namings``: where; ``control``: some naming calls it a control;
    ``historical``: an earlier group that is only compared with; ``title``: the phrase of the title that names it;
    ``support``: the sum of the weights of its namings; ``letters``: letters or numbers that stand for it;
    ``generic``: it was only called "intervention" or the like so far; ``order``: rank by first naming in the list that
    gave it.
    """

    __slots__ = ("control", "generic", "historical", "keys", "letters", "namings", "order", "support", "title")

    def __init__(self, order: int) -> None:
        self.order = order
        self.keys: list[frozenset[str]] = []
        self.letters: set[str] = set()
        self.namings: list[Naming] = []
        self.control = False
        self.generic = False
        self.historical = False
        self.support = 0.0
        self.title: Naming | None = None

    def words(self) -> frozenset[str]:
        """All words of its names."""
        return frozenset().union(*self.keys) if self.keys else frozenset()


def _stem(low: str) -> str:
    return low[:-1] if len(low) > 4 and low.endswith("s") and not low.endswith("ss") else low


_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")


# the same few names are asked for again and again
@lru_cache(maxsize=1024)
def content_of_text(text: str) -> frozenset[str]:
    """Return the words of a name that tell it from others."""
    return frozenset(_stem(w) for w in _WORD.findall(text.lower()) if w not in _DROP)


def content(view: View, first: int, stop: int, expanded: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return the content of the name of tokens [first, stop): its telling words, short forms written out."""
    words: set[str] = set()
    r = roles()
    for i in range(first, stop):
        token, low = view.tokens[i], view.lows[i]
        known = view.concepts.get(i)
        if known is not None and known[0] <= stop:
            generic = content_of_text(known[1])
            # a biosimilar is set against the drug that it copies: its code does not stand for the drug
            words |= set() if "biosimilar" in view.plain and not generic & set(view.lows[i : known[0]]) else generic
        if token.figure is not None:
            if token.kind in ("dose", "quantity", "percent", "duration", "timepoint"):
                words.add(re.sub(r"[\s-]+", "", low))
            elif token.kind in ("name", "number", "identifier"):
                words.update(_WORD.findall(low))
            continue
        if not low[0].isalnum() or low in _DROP or view.bits[i] & (r.det | r.arm_group):
            continue
        if low in ("no", "without", "not"):
            words.add("no")
            continue
        printed = view.text[token.start : token.end]
        longer = expanded.get(printed)
        if longer:
            words.update(longer)
        elif not view.bits[i] & r.people or stop - first == 1:
            words.add(_stem(low))
    if not words:
        words.update(
            view.lows[i]
            for i in range(first, stop)
            if view.lows[i] in ("combined", "combination", "alone", "monotherapy")
        )
    return frozenset(words)


def expand_abbreviations(view: View) -> dict[str, frozenset[str]]:
    """Return the content of the long form of each short form that the text defines."""
    out: dict[str, frozenset[str]] = {}
    known = view.reading.abbreviations
    for short, long in known.items():
        words = content_of_text(long)
        for part in _WORD.findall(long):
            if part != short and part in known:
                # "AC plus bevacizumab (ACB)": AC is written out too
                words = (words - {_stem(part.lower())}) | content_of_text(known[part])
        if words:
            out[short] = words
    return out
