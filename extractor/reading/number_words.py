"""Numbers written in words: "two hundred thirty-nine", "twenty-one", "a dozen"."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.reading.types import Word

__all__ = ["NUMBER_WORDS", "SCALES", "read_number_words"]

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fourty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_DOZEN = {"dozen": 12}
NUMBER_WORDS = frozenset(_UNITS) | frozenset(_TENS)
"""Words that can begin a number in words."""


def read_number_words(words: Sequence[Word], i: int) -> tuple[int, int] | None:
    """Read the number in words that begins at ``words[i]``.

    Returns:
        (value, index after its last word), or None where ``words[i]`` begins no number.
    """
    total, current = 0, 0
    j, last = i, ""
    end = i
    if words[i].lower == "a":
        if i + 1 == len(words) or (words[i + 1].lower not in SCALES and words[i + 1].lower not in _DOZEN):
            return None
        current, last, j = 1, "unit", i + 1
    while j < len(words):
        word = words[j].lower
        if word in _UNITS and (last in ("", "scale", "and") or (last == "tens" and 0 < _UNITS[word] < 10)):
            current += _UNITS[word]
            last = "unit"
        elif word in _TENS and last in ("", "scale", "and"):
            current += _TENS[word]
            last = "tens"
        elif word in SCALES and last in ("unit", "tens", "scale"):
            current *= SCALES[word]
            if word != "hundred":
                total, current = total + current, 0
            last = "scale"
        elif word == "-" and last == "tens" and _joined(words, j):
            j += 1
            continue
        elif word == "and" and last == "scale" and j + 1 < len(words) and words[j + 1].lower in NUMBER_WORDS:
            last = "and"
            j += 1
            continue
        elif word in _DOZEN and last in ("unit", "tens"):
            return (total + current) * 12, j + 1
        else:
            break
        j += 1
        end = j
    return None if end == i else (total + current, end)


def _joined(words: Sequence[Word], j: int) -> bool:
    return (
        j + 1 < len(words)
        and words[j + 1].lower in _UNITS
        and 0 < _UNITS[words[j + 1].lower] < 10
        and words[j].start == words[j - 1].end
        and words[j + 1].start == words[j].end
    )
