"""Labels: longest match, capitals that count, what a document defines itself, a malformed table."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import pytest

from extractor.errors import LexiconError
from extractor.reading.labels import LabelTable, load_labels
from extractor.reading.scan import scan_words


def _found(text: str, table: LabelTable | None = None) -> list[tuple[str, str, str]]:
    words = scan_words(text)
    return [
        (text[words[label.start].start : words[label.end - 1].end], label.kind, label.value)
        for label in (table or load_labels()).find(text, words)
    ]


def test_the_longest_label_wins() -> None:
    table = LabelTable([("a", "short", "risk"), ("b", "long", "risk ratio"), ("c", "longest", "risk ratio scale")])
    assert _found("risk ratio risk", table) == [("risk ratio", "b", "long"), ("risk", "a", "short")]
    assert _found("risk ratio scale", table) == [("risk ratio scale", "c", "longest")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HR", [("HR", "est_r", "hazard_ratio")]), ("hr", [("hr", "utime", "hour")]), ("Hazard Ratio", [("Hazard Ratio", "est_r", "hazard_ratio")]),
        ("SD", [("SD", "sd", "sd")]), ("or", []), ("OR", [("OR", "est_r", "odds_ratio")]), ("ARR", [("ARR", "est_d", "risk_difference")]),
        ("mm Hg", [("mm Hg", "unit", "mmHg")]), ("mmHg", [("mmHg", "unit", "mmHg")]), ("95% CI", [("%", "pct", "%"), ("CI", "ci", "confidence")]),
        ("more than", [("more than", "mod_gt", ">")]), ("not yet reached", [("not yet reached", "nr", "not_reached")]),
        ("mg/m(2)", [("mg/m(2)", "udose", "mg/m2")]), ("CI95", [("CI95", "cil", "95")]), ("P for trend", [("P for trend", "pword", "p")]), ("nothing", []),
    ],
)  # fmt: skip
def test_labels(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert _found(text) == expected


def test_an_abbreviation_defined_in_the_document_is_the_label() -> None:
    assert ("XHR", "est_r", "hazard_ratio") in _found("The hazard ratio (XHR) was low. XHR 0.5.")
    assert "XHR" not in {term for term, _, _ in _found("XHR 0.5.")}


def test_an_abbreviation_defined_otherwise_is_no_label() -> None:
    assert "OR" not in {term for term, _, _ in _found("The objective response (OR) was high. OR 45%.")}


def test_one_word_terms_are_those_that_count_in_any_case() -> None:
    table = LabelTable([("a", "x", "risk"), ("b", "y", "HR"), ("c", "z", "risk ratio")])
    assert table.one_word_terms() == {"risk"}


def test_a_term_stands_once() -> None:
    with pytest.raises(LexiconError, match="twice"):
        LabelTable([("a", "x", "risk"), ("b", "y", "risk")])


@pytest.mark.parametrize(
    ("content", "where"),
    [("", "labels.tsv:1"), ("kind\tterm\tvalue\n", "labels.tsv:1"), ("kind\tvalue\tterm\na\tb\n", "labels.tsv:2"), ("kind\tvalue\tterm\na\tb\tc\na\t\td\n", "labels.tsv:3"),
     ("kind\tvalue\tterm\na\tb\tc\td\n", "labels.tsv:2")],
)  # fmt: skip
def test_a_malformed_table_is_refused(
    content: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "labels.tsv").write_text(content, encoding="utf-8")
    monkeypatch.setattr(importlib.resources, "files", lambda package: tmp_path)
    with pytest.raises(LexiconError, match=where):
        load_labels.__wrapped__()
