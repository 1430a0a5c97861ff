"""Recognition of terms: labels, concepts, spans, spelling variants, stop rules, modifiers, shapes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.lexicon import load_lexicon
from extractor.reading.terms import find_terms
from extractor.records import Mention
from tests.growth import growth


class Piece(NamedTuple):
    start: int
    end: int
    lower: str


def tokenize(text: str) -> list[Piece]:
    """Tokens as terms.py expects them: runs of letters and digits, and single other characters."""
    return [Piece(m.start(), m.end(), m.group().lower()) for m in re.finditer(r"[^\W_]+|\S", text)]


def mentions(text: str) -> list[Mention]:
    found = find_terms(text, tokenize(text), load_lexicon())
    for mention in found:
        assert text[mention.start : mention.end] == mention.text
    return found


def read(text: str, label: str) -> list[tuple[str, str | None]]:
    return [(m.text, m.concept) for m in mentions(text) if m.label == label]


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("Keytruda plus chemo", "drug", [("Keytruda", "pembrolizumab"), ("chemo", "chemotherapy")]),
        ("metoprolol succinate daily", "drug", [("metoprolol succinate", "metoprolol")]),
        ("given trastuzumab-dkst weekly", "drug", [("trastuzumab-dkst", "trastuzumab")]),
        ("a placebo-controlled trial", "drug", [("placebo", "placebo")]),
        ("β-blockers and GLP1 receptor agonists", "drug",
         [("β-blockers", "beta-blocker"), ("GLP1 receptor agonists", "GLP-1 receptor agonist")]),
        ("FOLFOX-4 or XELOX", "drug", [("FOLFOX-4", "FOLFOX"), ("XELOX", "XELOX")]),
        ("AZD9999 and BMS-987654", "drug", [("AZD9999", "AZD9999"), ("BMS-987654", "BMS-987654")]),
        ("the dengue vaccine", "drug", [("dengue vaccine", "dengue vaccine")]),
        ("a hantavirus infection vaccination", "drug", [("vaccination", "vaccine")]),
        ("underwent a proximal tibiotarsectomy", "procedure", [("tibiotarsectomy", "tibiotarsectomy")]),
        ("sham surgery or watchful waiting", "procedure", [("sham surgery", "sham"), ("watchful waiting", "watchful waiting")]),
        ("usual care versus tai chi", "behaviour", [("usual care", "usual care"), ("tai chi", "tai chi")]),
        ("tumour of the oesophagus; oesophageal tumours", "condition", [("tumour", "tumor"), ("oesophageal tumours", "esophageal tumor")]),
        ("Crohn’s disease", "condition", [("Crohn’s disease", "Crohn's disease")]),
        ("nonsquamous non-small-cell lung cancer", "condition",
         [("nonsquamous non-small-cell lung cancer", "nonsquamous non-small cell lung cancer")]),
        ("a case of zygomatitis", "condition", [("zygomatitis", "zygomatitis")]),
        ("hazard ratio for OS and PFS", "outcome", [("OS", "overall survival"), ("PFS", "progression-free survival")]),
        ("in France and by German clinics", "location", [("France", "France"), ("German", "Germany")]),
    ],
)  # fmt: skip
def test_terms_are_read(text: str, label: str, expected: list[tuple[str, str]]) -> None:
    assert read(text, label) == expected


def test_every_mention_is_returned() -> None:
    assert [m.start for m in mentions("aspirin, Aspirin and ASPIRIN") if m.label == "drug"] == [0, 9, 21]


@pytest.mark.parametrize(
    ("text", "label", "wrong"),
    [
        ("Bayer sponsored the trial", "drug", "Bayer"),
        ("the gold standard", "drug", "gold"),
        ("iron will", "drug", "iron"),
        ("ALL PATIENTS RECOVERED", "condition", "ALL"),
        ("as it happens, or not", "condition", "as"),
        ("survival or death", "outcome", "or"),
        ("press os to go on", "outcome", "os"),
        ("the aids they used", "condition", "aids"),
        ("results of the ISCHEMIA trial", "condition", "ISCHEMIA"),
        ("heart failure or kidney stones", "condition", "failure"),
        ("a 95% confidence interval", "outcome", "confidence"),
        ("they had a pain", "outcome", "had a"),
    ],
)
def test_look_alikes_are_not_read(text: str, label: str, wrong: str) -> None:
    assert wrong not in [found for found, _ in read(text, label)]


def test_cues_allow_what_looks_like_another() -> None:
    assert ("gold", "gold") not in read("the gold standard", "drug")
    assert read("Leukemia of children: ALL is the most common", "condition")[-1] == ("ALL", "acute lymphoblastic leukemia")
    assert ("PR", "partial response") in read("a PR as best response", "outcome")
    assert ("PR", "progesterone receptor") in read("ER and PR receptor status", "biomarker")


@pytest.mark.parametrize(
    ("text", "span", "concept"),
    [
        ("infants with newly diagnosed KMT2A-rearranged acute lymphoblastic leukaemia",
         "newly diagnosed KMT2A-rearranged acute lymphoblastic leukaemia", "KMT2A-rearranged acute lymphoblastic leukemia"),
        ("relapsed or refractory multiple myeloma", "relapsed or refractory multiple myeloma", None),
        ("metastatic, HER2-positive breast cancer", "metastatic, HER2-positive breast cancer", "metastatic HER2-positive breast cancer"),
        ("HR+/HER2- advanced breast cancer", "HR+/HER2- advanced breast cancer", None),
        ("EGFR-mutated NSCLC", "EGFR-mutated NSCLC", "EGFR-mutated non-small cell lung cancer"),
        ("stage III colon cancer", "stage III colon cancer", "stage III colon cancer"),
        ("moderate-to-severe plaque psoriasis", "moderate-to-severe plaque psoriasis", "plaque psoriasis"),
        ("severe haemophilia B", "severe haemophilia B", "hemophilia B"),
        ("locally advanced or metastatic urothelial carcinoma", "locally advanced or metastatic urothelial carcinoma", None),
        ("growth hormone deficiency", "growth hormone deficiency", "growth hormone deficiency"),
        ("acute liver failure", "acute liver failure", "acute liver failure"),
        ("chronic kidney disease", "chronic kidney disease", "chronic kidney disease"),
    ],
)  # fmt: skip
def test_conditions_take_their_modifiers(text: str, span: str, concept: str | None) -> None:
    found = [m for m in mentions(text) if m.label == "condition"]
    assert [m.text for m in found] == [span]
    if concept is not None:
        assert found[0].concept == concept


def test_a_biomarker_inside_a_condition_stays() -> None:
    labels = {(m.label, m.text) for m in mentions("HER2-positive breast cancer")}
    assert ("biomarker", "HER2") in labels
    assert ("condition", "HER2-positive breast cancer") in labels


def test_a_word_may_be_condition_and_outcome() -> None:
    assert {m.label for m in mentions("stroke")} == {"condition", "outcome"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at the University of California, San Francisco", ["University of California"]),
        ("the Princess Máxima Center for Pediatric Oncology in Utrecht", ["Princess Máxima Center for Pediatric Oncology"]),
        ("from Duke University School of Medicine", ["Duke University School of Medicine"]),
        ("The Lancet and the N Engl J Med", ["The Lancet", "N Engl J Med"]),
        ("patients of the hospital and the clinic", []),
        ("Placebo Group or Control Group", []),
        ("Royal Infirmary of Edinburgh", ["Royal Infirmary of Edinburgh"]),
    ],
)
def test_organisations(text: str, expected: list[str]) -> None:
    assert [found for found, _ in read(text, "organisation")] == expected


def test_places_inside_organisations_are_read_too() -> None:
    assert read("University of Toronto Hospital", "location") == [("Toronto", "Toronto")]
    assert read("the Dana-Farber Cancer Institute", "condition") == []


def test_no_term_goes_over_an_empty_line() -> None:
    assert ("breast\n\ncancer", "breast cancer") not in read("breast\n\ncancer", "condition")
    assert read("breast\ncancer", "condition") == [("breast\ncancer", "breast cancer")]


def test_a_users_vocabulary_is_read(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("term\tconcept\tlabel\nwobble score\tWobble Scale\toutcome\n", encoding="utf-8")
    text = "The wobble-scores rose."
    found = find_terms(text, tokenize(text), load_lexicon((own,)))
    assert [(m.text, m.concept, m.label) for m in found] == [("wobble-scores", "Wobble Scale", "outcome")]


def test_empty_text() -> None:
    assert mentions("") == []


WORDS = st.sampled_from(
    ("ALL", "HER2", "-", "+", "positive", ",", "/", "and", "or", "metastatic", "breast", "cancer", "vaccine", "'", "s",
     "University", "of", "aspirin", "sodium", "OS", "(OS)", "\n\n", "β", "95", "%", "MK", "3475")
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=40).map("".join)))
def test_spans_stand_in_any_text(text: str) -> None:
    found = mentions(text)
    starts = [m.start for m in found if m.label in ("drug", "outcome", "location")]
    assert starts == sorted(starts)


@pytest.mark.parametrize("piece", ["falls ", "ALL ", "HER2-", "metastatic, ", "University of ", "PR leukemia ", "non-"])
def test_long_hostile_text_takes_linear_time(piece: str) -> None:
    def work(times: int) -> None:
        find_terms(piece * times, tokenize(piece * times), load_lexicon())

    assert growth(work, 1_000, 8_000) < 26
