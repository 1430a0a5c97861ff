"""The scan: numeric literals, words and marks with exact offsets; sentence borders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.reading.scan import plain_text, scan_words, split_sentences, uses_decimal_comma


def _spelled(text: str) -> list[str]:
    return [word.lower for word in scan_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.57", ["0.57"]), (".57", [".57"]), ("0·57", ["0·57"]), ("13,078", ["13,078"]), ("1,234,567.5", ["1,234,567.5"]), ("1,23", ["1", ",", "23"]),
        ("12,3456", ["12", ",", "3456"]), ("n=45", ["n", "=", "45"]), ("P<0.001", ["p", "<", "0.001"]), ("45/120", ["45", "/", "120"]),
        ("0.65–0.91", ["0.65", "-", "0.91"]), ("5×10-4", ["5×10-4"]), ("5 x 10^-4", ["5 x 10^-4"]), ("1.2e-5", ["1.2e-5"]),
        ("12h", ["12", "h"]), ("15mg/kg", ["15", "mg", "/", "kg"]), ("5FU", ["5fu"]), ("111a", ["111a"]), ("1st", ["1st"]), ("4C", ["4c"]),
        ("4.0.2", ["4.0.2"]), ("1.2.3.4", ["1.2.3.4"]), ("It was 4.", ["it", "was", "4", "."]), ("CD19", ["cd19"]), ("IL-6", ["il", "-", "6"]),
        ("2\u202f000", ["2000"]), ("2 000 patients", ["2000", "patients"]), ("2 000", ["2000"]), ("2 100", ["2", "100"]), ("5 250 men", ["5250", "men"]),
        ("1\u00a0234\u00a0567", ["1234567"]), ("0 000", ["0", "000"]), ("95%CI", ["95", "%", "ci"]), ("a_b", ["a", "_", "b"]), ("", []), (" \n\t ", []),
    ],
)  # fmt: skip
def test_words(text: str, expected: list[str]) -> None:
    assert _spelled(text) == expected


def test_offsets_are_those_of_the_stored_text() -> None:
    text = "İn 2\u202f000 “women” −1·5 kg…"
    assert [text[w.start : w.end] for w in scan_words(text)] == [
        "İn",
        "2\u202f000",
        "“",
        "women",
        "”",
        "−",
        "1·5",
        "kg",
        "…",
    ]


@given(st.text(max_size=300))
def test_any_text_keeps_its_offsets(text: str) -> None:
    plain = plain_text(text)
    assert len(plain) == len(text)
    done = 0
    for word in scan_words(text, plain):
        assert done <= word.start < word.end <= len(text)
        assert not plain[done : word.start].strip()
        done = word.end
    assert not plain[done:].strip()


def test_plain_text_makes_dashes_blanks_and_quotes_plain() -> None:
    assert plain_text("A–B − C\u2009D ‘E’ “F” ⩽") == "a-b - c d 'e' \"f\" ≤"


@pytest.mark.parametrize(
    ("text", "comma"),
    [
        ("0,57 und 1,25 sowie 3,4", True),
        ("0,57 und 1,25", False),
        ("0,57 und 1,25 sowie 3,4 und 0.5", False),
        ("1,250 und 3,400 und 5,600", False),
    ],
)
def test_the_decimal_comma_counts_only_where_the_document_keeps_to_it(text: str, comma: bool) -> None:
    assert uses_decimal_comma(plain_text(text)) is comma
    assert ("0,57" in _spelled(text)) is comma


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It fell. It rose.", ["It fell.", "It rose."]),
        ("It fell to 0.5. Then it rose.", ["It fell to 0.5.", "Then it rose."]),
        ("Drug A vs. Drug B won.", ["Drug A vs. Drug B won."]),
        ("Dr. Smith et al. Found it.", ["Dr. Smith et al. Found it."]),
        ("It lasted 12 wk. Then it rose.", ["It lasted 12 wk.", "Then it rose."]),
        ("RESULTS\nIt fell.", ["RESULTS", "It fell."]),
        ("It fell (P = .01). (It rose.)", ["It fell (P = .01).", "(It rose.)"]),
        ("“It fell.” She said so.", ["“It fell.”", "She said so."]),
        ("It fell in E. coli too.", ["It fell in E. coli too."]),
        ("", []), ("  ", []),
    ],
)  # fmt: skip
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


@given(st.text(max_size=300))
def test_sentences_of_any_text_are_in_order(text: str) -> None:
    done = 0
    for start, end in split_sentences(text):
        assert done <= start < end <= len(text)
        assert not text[done:start].strip()
        assert not text[start].isspace() and not text[end - 1].isspace()
        done = end


def test_what_is_too_long_for_a_sentence_is_cut_at_blanks() -> None:
    text = "pain and " * 2000 + "x" * 9000
    sentences = split_sentences(text)
    assert max(end - start for start, end in sentences) <= 4000
    assert "".join(text[start:end] for start, end in sentences).replace(" ", "") == text.replace(" ", "")
    assert all(text[start:end].strip() == text[start:end] for start, end in sentences)
