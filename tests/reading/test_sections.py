"""Sections by the labels that journals print."""

from __future__ import annotations

import pytest

from extractor.reading.sections import find_sections
from extractor.records import make_article


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("RESULT(S):", "results"), ("Result(s):", "results"), ("Main Outcome Measure(s):", "methods"),
        ("Patient(s):", "methods"), ("CONCLUSION(S):", "conclusions"), ("MAIN RESULTS AND THE ROLE OF CHANCE:", "results"),
        ("STUDY DESIGN, SIZE, DURATION:", "methods"), ("PARTICIPANTS/MATERIALS, SETTING, METHODS:", "methods"),
        ("Key Results:", "results"), ("Limitations:", "conclusions"), ("STUDY FUNDING/COMPETING INTEREST(S):", "funding"),
    ],
)  # fmt: skip
def test_label_of_a_journal_opens_its_section(label: str, wanted: str) -> None:
    text = f"Zelotinib for gout: a trial. DESIGN: Two groups were compared. {label} Pain fell in 12 of 40."
    section = find_sections(make_article(id="t", text=text, kind="abstract"))[-1]
    assert section.label == wanted
    assert text[section.start : section.end].startswith(label)


def test_word_that_only_looks_like_a_label_opens_no_section() -> None:
    text = "Zelotinib for gout: a trial. DESIGN: Two groups were compared. Patient(s) left: pain fell in 12 of 40."
    assert [s.label for s in find_sections(make_article(id="t", text=text, kind="abstract"))][-1] == "methods"
