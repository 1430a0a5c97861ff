"""The data of worded comparisons: words that tell a direction (``comparison_words.tsv``), what may stand round them
(``comparison_frames.jsonl``), and which outcomes are better when less (``outcome_sense.tsv``)."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from extractor.errors import LexiconError
from extractor.linking.rules import pattern_lists, vocabulary_lines
from extractor.literals import PatternSet, any_of

__all__ = [
    "ComparisonWord",
    "Frame",
    "better_when",
    "comparison_words",
    "frame_in",
    "frames_in",
    "load_frames",
    "word_pattern",
]

_SENSES = frozenset({"up", "down", "better", "worse", "faster", "slower", "same", "differ", "effect"})
_KINDS = frozenset({"adjective", "plain", "participle", "verb", "base", "base_noun", "gerund", "noun", "adverb"})


class ComparisonWord(msgspec.Struct, frozen=True):
    """A word, the way it points (``sense``), and how it stands in a sentence (``kind``)."""

    word: str
    sense: str
    kind: str


class Frame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of ``comparison_frames.jsonl``: what may stand before, after or round a word of comparison."""

    id: str
    list: str
    regex: str
    example: str
    counter: str


@cache
def comparison_words() -> dict[str, ComparisonWord]:
    """Return the words of comparison.

    Raises:
        LexiconError: a line is malformed, a word stands twice, or a sense or kind is unknown.
    """
    name = "comparison_words.tsv"
    lines = vocabulary_lines(name)
    if not lines or lines[0].split("\t") != ["word", "sense", "kind"]:
        raise LexiconError("the header must be word, sense, kind", f"{name}:1")
    words: dict[str, ComparisonWord] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 3 or cells[1] not in _SENSES or cells[2] not in _KINDS or cells[0] in words:
            raise LexiconError(f"malformed or repeated: {line!r}", f"{name}:{number}")
        words[cells[0]] = ComparisonWord(*cells)
    return words


@cache
def word_pattern() -> re.Pattern[str]:
    """Return one pattern that finds every word of comparison in lower-case text."""
    words = any_of(comparison_words(), before=r"(?<![\w-].)")
    return re.compile(rf"(?:{words})(?!\w)")


@cache
def load_frames() -> dict[str, PatternSet[str]]:
    """Return the patterns of each list, by their ids.

    Raises:
        LexiconError: a line is malformed, an id stands twice, or a pattern contradicts its own examples.
    """
    return pattern_lists("comparison_frames.jsonl", Frame)


def frame_in(name: str, text: str) -> re.Match[str] | None:
    """Return the match of the first frame of list ``name`` in lower-case ``text``, or None."""
    for _, pattern in load_frames()[name].possible(text):
        if match := pattern.search(text):
            return match
    return None


def frames_in(name: str, text: str) -> list[re.Match[str]]:
    """Return all matches of the frames of list ``name`` in lower-case ``text``."""
    return [m for _, pattern in load_frames()[name].possible(text) for m in pattern.finditer(text)]


@cache
def _senses() -> dict[str, str]:
    name = "outcome_sense.tsv"
    lines = vocabulary_lines(name)
    if not lines or lines[0].split("\t") != ["word", "sense"]:
        raise LexiconError("the header must be word, sense", f"{name}:1")
    senses: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 2 or cells[1] not in ("less", "more") or cells[0] in senses:
            raise LexiconError(f"malformed or repeated: {line!r}", f"{name}:{number}")
        senses[cells[0]] = cells[1]
    return senses


_WORD = re.compile(r"[a-z0-9]+(?:-[a-z]+)?")


def better_when(name: str) -> str | None:
    """Return whether the outcome ``name`` improves by becoming "less" or "more"; None where no word of it tells.

    Pain improves by becoming less; relief of pain and survival do not. A time to an event that is bad improves by
    becoming longer.
    """
    lowered = name.lower()
    senses = {_senses().get(word) for word in _WORD.findall(lowered)}
    if "more" in senses:
        return "more"
    if "less" not in senses:
        return None
    return "more" if re.search(r"\b(?:time|interval) (?:to|until)\b", lowered) else "less"
