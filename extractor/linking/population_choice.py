"""Which of the phrases that name people says who was studied.

Every phrase has named features: what it says, where it stands, what stands around it (the rules of ``data/population.jsonl``)
and what other phrases say. ``vocabulary/population_weights.tsv`` holds two weights for each: for being the phrase that the
trial's population is described by, and for telling of the people studied at all. The weights of a phrase are summed. The first
sums compete within a document by a softmax with the weight of "none"; the second is weighed against 0 by itself.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache

from extractor.linking.phrases import phrase_words
from extractor.linking.population_phrases import Phrase, title_end
from extractor.linking.rules import weight_rows
from extractor.reading.scan import plain_of
from extractor.reading.types import Reading
from extractor.records import Number

__all__ = ["chances", "features_of", "mention_sums"]

_FILE = "population_weights.tsv"
_WORD = re.compile(r"[a-z0-9]+")
_WORD_OR_MARK = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
_LONG = 4
_RICH = 3
_TOLD_STEPS = (1, 2, 3, 5, 8, 12)
_SENTENCE_STEPS = (2, 3, 4, 5, 6, 8)
_PLACE_STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7)
_ENTERED = frozenset(("entered", "enrolling", "eligible", "participants-were", "included", "counted"))
_INSIDE = {
    "age": re.compile(r"\b(?:aged?|years?)\b"),
    "who": re.compile(r"\b(?:who|whose)\b"),
    "with": re.compile(r"\bwith\b"),
    "undergoing": re.compile(r"\b(?:undergoing|receiving|treated|scheduled)\b"),
    "healthy": re.compile(r"\bhealthy\b"),
}


@cache
def _weights() -> tuple[dict[str, float], dict[str, float]]:
    rows = weight_rows(_FILE, ("feature", "description", "mention"))
    return {name: one for name, (one, _) in rows.items()}, {name: other for name, (_, other) in rows.items()}


def chances(features: Sequence[Sequence[str]]) -> list[float]:
    """Return for each phrase (its ``features``) the share of belief that it describes the population; sums to at most 1."""
    weights, _ = _weights()
    sums = [sum(weights.get(name, 0.0) for name in names) for names in features] + [weights.get("none", 0.0)]
    most = max(sums)
    powers = [math.exp(value - most) for value in sums]
    return [power / sum(powers) for power in powers[:-1]]


def mention_sums(features: Sequence[Sequence[str]]) -> list[float]:
    """Return for each phrase its summed weight for telling of the people studied; it does where the sum is above 0."""
    _, weights = _weights()
    bias = weights.get("bias", 0.0)
    return [bias + sum(weights.get(name, 0.0) for name in names) for names in features]


def features_of(reading: Reading, phrases: Sequence[Phrase], enrolled: Number | None) -> list[list[str]]:
    """Return the features of each of ``phrases``, which stand in the order of the text.

    Args:
        reading: the document as read. phrases: its phrases. enrolled: the number of participants, where it is printed.
    """
    return _Features(reading, phrases, enrolled).all()


def _step(value: float, steps: Sequence[float]) -> int:
    return bisect_right(steps, value)


class _Features:
    """What every phrase of one document is compared with."""

    def __init__(self, reading: Reading, phrases: Sequence[Phrase], enrolled: Number | None) -> None:
        self.plain = plain_of(reading)
        self.phrases = phrases
        self.enrolled = enrolled
        self.sentences = reading.sentences
        self.starts = [start for start, _ in reading.sentences]
        self.sections = reading.sections
        self.title_end = title_end(reading)
        self.conditions = sorted(m.start for m in reading.mentions if m.label == "condition")
        self.richest = max((p.told for p in phrases), default=0)
        self.entered = [p for p in phrases if _ENTERED.intersection(p.rules)]

    def all(self) -> list[list[str]]:
        found: list[list[str]] = []
        seen: set[str] = set()
        body = False
        for phrase in self.phrases:
            names = [f"rule={rule}" for rule in phrase.rules]
            names += self._place(phrase)
            names += self._content(phrase)
            names += self._others(phrase)
            words = {w for w in _WORD.findall(self.plain[phrase.start : phrase.end]) if len(w) >= _LONG}
            if seen and words <= seen:
                names.append("says nothing new")
            seen |= words
            if phrase.start >= self.title_end and not body:
                body = True
                names.append("first of body")
            # a disease or a bare noun names people for other reasons than a telling phrase does
            kind = "disease" if phrase.head == "disease" else "" if phrase.told else "bare"
            found.append([f"{kind}: {name}" for name in names] if kind else names)
        return found

    def _place(self, phrase: Phrase) -> list[str]:
        index = max(0, bisect_right(self.starts, phrase.start) - 1)
        start, end = self.sentences[index]
        title = phrase.start < self.title_end
        names = ["title"] if title else [f"sentence={_step(index, _SENTENCE_STEPS)}"]
        names.append(f"place={_step(phrase.start / len(self.plain), _PLACE_STEPS)}")
        names.append("section=" + next((s.label for s in self.sections if s.start <= phrase.start < s.end), "none"))
        if index == len(self.sentences) - 1 and not title:
            names.append("last sentence")
        if phrase.counted == start:
            names.append("begins sentence")
        if phrase.end >= end - 2:
            names.append("ends sentence")
        before = _WORD.findall(self.plain[max(start, phrase.counted - 20) : phrase.counted])
        names.append("before=" + (before[-1] if before and before[-1] in phrase_words("named_before") else "other" if before else "none"))
        after = _WORD_OR_MARK.search(self.plain, phrase.end, min(end, phrase.end + 20))
        names.append("after=" + (after.group() if after is not None and after.group() in phrase_words("named_after") else "other"))
        if phrase.counted < phrase.start:
            names.append("counted" if phrase.told else "only counted")
        number = self.enrolled
        if number is None:
            names.append("none enrolled")
        elif 0 <= phrase.start - number.end <= 3:
            names.append("enrolled before it")
        elif start <= number.start < end:
            names.append("enrolled in sentence")
        else:
            names.append("enrolled later" if phrase.start < number.start else "enrolled earlier")
        return names

    def _content(self, phrase: Phrase) -> list[str]:
        text = self.plain[phrase.start : phrase.end]
        head = phrase.head if phrase.head in phrase_words("named_head") else "other"
        names = [f"told={_step(phrase.told, _TOLD_STEPS)}", f"head={head}"]
        names += [name for name, regex in _INSIDE.items() if regex.search(text)]
        at = bisect_right(self.conditions, phrase.start - 1)
        if at < len(self.conditions) and self.conditions[at] < phrase.end:
            names.append("condition")
        return names

    def _others(self, phrase: Phrase) -> list[str]:
        names: list[str] = []
        rich = [p.told for p in self.entered if p.start > phrase.start]
        if rich and max(rich) >= max(_RICH, 0.6 * phrase.told):
            names.append("entered later")
        if any(self.title_end <= p.start < phrase.start and p.told >= _RICH for p in self.entered):
            names.append("entered earlier")
        if phrase.told == self.richest:
            names.append("richest")
        if _ENTERED.intersection(phrase.rules):
            names.append("entered")
        return names
