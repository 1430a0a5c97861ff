"""Superscripts and blanks, and the tables they rest on."""

from __future__ import annotations

import pytest

from extractor.errors import LexiconError
from extractor.sources.markup import collapse, superscript
from extractor.sources.tables import load_table, markup_names, parse_table


@pytest.mark.parametrize(
    ("before", "inner", "expected"),
    [
        ("5×10", "-4", "^-4"),
        ("<5×10", "−4", "^−4"),
        ("cells × 10", "9", "^9"),
        ("35 kg/m", "2", "^2"),
        ("per mm", "3", "^3"),
        ("mL min", "-1", "^-1"),
        ("I", "2", "^2"),
        ("CD4", "+", "+"),
        ("the 1", "st", "st"),
        ("Drug", "®", "®"),
        ("with ", "177", "177"),
        ("", "68", "68"),
        ("survival", "3", ""),
        ("survival.", "3,4", ""),
        ("was longer", "[12]", ""),
        ("12.3", "a", ""),
        ("placebo", "†", ""),
        ("word", "", ""),
    ],
)
def test_superscript_reads_as_exponent_mark_or_text(before: str, inner: str, expected: str) -> None:
    assert superscript(before, inner) == expected


def test_superscript_with_an_inner_link_is_a_reference_even_after_a_digit() -> None:
    assert superscript("in 2019", "4", linked=True) == ""
    assert superscript("in 2019", "4") == "^4"


def test_abstracts_keep_what_looks_like_a_reference_mark() -> None:
    assert superscript("survival", "3", keep_marks=True) == "3"


def test_collapse_leaves_special_blanks_alone() -> None:
    assert collapse(" a \n\t b\u00a0 c\u2009d ") == "a b\u00a0 c\u2009d"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\tb\n1\n", 2),
        ("# note\n\na\tc\n", 3),
        ("a\tb\n1\t2\n1\t2\n", 3),
        ("a\tb\n\t2\n", 2),
    ],
)
def test_malformed_table_names_file_and_line(text: str, line: int) -> None:
    with pytest.raises(LexiconError) as caught:
        parse_table(text, ("a", "b"), "words.tsv")
    assert caught.value.where == f"words.tsv:{line}"


def test_table_without_header_or_file_is_an_error() -> None:
    with pytest.raises(LexiconError, match="no header"):
        parse_table("# only a note\n", ("a",), "words.tsv")
    with pytest.raises(LexiconError, match="cannot be read"):
        load_table("there_is_none.tsv", ("a",))
    with pytest.raises(LexiconError, match="no names"):
        markup_names("there_is_none")


def test_table_rows_are_dictionaries() -> None:
    assert parse_table("# note\na\tb\n1\t\n", ("a", "b"), "x") == ({"a": "1", "b": ""},)
