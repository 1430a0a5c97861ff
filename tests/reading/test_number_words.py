"""Numbers in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.reading.number_words import read_number_words
from extractor.reading.scan import scan_words

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
          "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def _spell(number: int, joint: str, hyphen: str) -> str:
    if number < 20:
        return _UNITS[number]
    if number < 100:
        return _TENS[number // 10] + (hyphen + _UNITS[number % 10] if number % 10 else "")
    for scale, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = number % scale
            return f"{_spell(number // scale, joint, hyphen)} {name}" + (
                f"{joint}{_spell(rest, joint, hyphen)}" if rest else ""
            )
    raise AssertionError(number)


def _read(text: str) -> tuple[int, str] | None:
    words = scan_words(text)
    read = read_number_words(words, 0)
    return None if read is None else (read[0], text[: words[read[1] - 1].end])


@given(st.integers(0, 999_999_999), st.sampled_from([" ", " and "]), st.sampled_from(["-", " "]))
def test_a_spelled_number_is_read_back(number: int, joint: str, hyphen: str) -> None:
    spelled = _spell(number, joint, hyphen)
    assert _read(f"{spelled} patients") == (number, spelled)


@pytest.mark.parametrize(
    ("text", "value", "span"),
    [("a dozen eggs", 12, "a dozen"), ("two dozen eggs", 24, "two dozen"), ("a hundred men", 100, "a hundred"), ("a thousand two hundred men", 1200, "a thousand two hundred"),
     ("Twenty-One cats", 21, "Twenty-One"), ("one or two", 1, "one"), ("three and four", 3, "three"), ("twenty thirty", 20, "twenty"), ("five six", 5, "five"),
     ("one hundred and more", 100, "one hundred"), ("twenty - one", 20, "twenty"), ("fourty cats", 40, "fourty")],
)  # fmt: skip
def test_where_a_number_ends(text: str, value: int, span: str) -> None:
    assert _read(text) == (value, span)


@pytest.mark.parametrize(
    "text", ["hundred", "dozen", "a cat", "a", "and two", "patients", "-", "tenth", "a few hundred"]
)
def test_what_is_no_number(text: str) -> None:
    assert _read(text) is None
