"""Abbreviations defined in a document, and what they mean everywhere in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.lexicon import load_lexicon
from extractor.reading.abbreviations import find_abbreviations, resolve_mentions
from extractor.reading.terms import find_terms
from extractor.records import Mention
from tests.growth import growth
from tests.reading.test_terms import tokenize


def pairs(text: str) -> list[tuple[str, str]]:
    found = find_abbreviations(text, tokenize(text))
    for abbreviation in found:
        for span in (abbreviation.short, abbreviation.long):
            assert text[span.start : span.end] == span.text
    return [(abbreviation.short.text, abbreviation.long.text) for abbreviation in found]


def resolved(text: str) -> list[Mention]:
    tokens = tokenize(text)
    return resolve_mentions(text, tokens, find_terms(text, tokens, load_lexicon()), find_abbreviations(text, tokens))


def concepts(text: str, short: str) -> list[tuple[str, str | None]]:
    return [(m.label, m.concept) for m in resolved(text) if m.text == short]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("overall survival (OS) was long", [("OS", "overall survival")]),
        ("We saw OS (overall survival) rise", [("OS", "overall survival")]),
        ("given tocilizumab (TCZ) or nothing", [("TCZ", "tocilizumab")]),
        ("adverse events (AEs)", [("AEs", "adverse events")]),
        ("patients in group A (GA) walked", [("GA", "group A")]),
        ("5-fluorouracil (5-FU)", [("5-FU", "5-fluorouracil")]),
        ("non-small-cell lung cancer (NSCLC)", [("NSCLC", "non-small-cell lung cancer")]),
        ("paclitaxel-induced peripheral neuropathy (PIPN)", [("PIPN", "paclitaxel-induced peripheral neuropathy")]),
        ("breast-conserving surgery (BCS; n = 12)", [("BCS", "breast-conserving surgery")]),
        ("tumour necrosis factor-α (TNF-α)", [("TNF-α", "tumour necrosis factor-α")]),
        ("the first dose (see Methods)", []),
        ("the ratio was high (HR 0.62)", []),
        ("hazard ratio (HR) 0.5", []),
        ("12 patients (12%)", []),
        ("in Paris (France)", []),
        ("and docetaxel (AD)", []),
        ("overall survival (OS) and optical sight (OS)", [("OS", "overall survival")]),
        ("unrelated words (XQZ)", []),
        ("(OS)", []),
        ("", []),
    ],
)
def test_definitions(text: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(text) == expected


def test_the_long_form_is_the_concept_everywhere_after() -> None:
    text = "We compared tocilizumab (TCZ) with placebo. Later, TCZ-treated patients and TCZ itself did well."
    assert concepts(text, "TCZ") == [("drug", "tocilizumab")] * 3


def test_the_document_wins_over_the_vocabulary() -> None:
    text = "Objective response was rare. Progesterone receptor (PR) status: PR was positive."
    assert concepts(text, "PR") == [("biomarker", "progesterone receptor")] * 2
    chart = "A complete response was seen. Chart review (CR) was done; CR took a week."
    assert concepts(chart, "CR") == []


def test_plural_and_singular_are_one() -> None:
    text = "Adverse events (AEs) were few; one AE was serious, two AEs were not."
    assert set(concepts(text, "AE") + concepts(text, "AEs")) == {("outcome", "adverse events")}
    assert len(concepts(text, "AE")) == 1
    assert len(concepts(text, "AEs")) == 2


def test_modifiers_outside_the_long_form_are_not_its_concept() -> None:
    text = "PD-L1-positive non-small cell lung cancer (NSCLC). NSCLC is common."
    assert concepts(text, "NSCLC") == [("condition", "non-small cell lung cancer")] * 2


def test_an_abbreviation_of_the_end_of_an_outcome_keeps_its_own_reading() -> None:
    text = "progression to type 1 diabetes (T1D) and T1D itself"
    assert ("outcome", "progression to type 1 diabetes") not in concepts(text, "T1D")
    assert ("condition", "type 1 diabetes") in concepts(text, "T1D")


def test_without_definitions_nothing_changes() -> None:
    text = "OS and PFS improved with aspirin."
    tokens = tokenize(text)
    found = find_terms(text, tokens, load_lexicon())
    assert resolve_mentions(text, tokens, found, []) == found


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=120), st.text(alphabet="aAbB1 ()[]-/,;.=s", max_size=80)))
def test_spans_stand_in_any_text(text: str) -> None:
    pairs(text)
    for mention in resolved(text):
        assert text[mention.start : mention.end] == mention.text


@pytest.mark.parametrize("piece", ["(", "a (AB) ", "alpha beta (AB) AB ", ",", "A-1 (A-2) "])
def test_long_hostile_text_takes_linear_time(piece: str) -> None:
    def work(times: int) -> None:
        tokens = tokenize(piece * times)
        resolve_mentions(piece * times, tokens, [], find_abbreviations(piece * times, tokens))

    assert growth(work, 1_000, 8_000) < 26
