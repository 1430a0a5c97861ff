"""Folding: spelling variants of one word get one key, different words keep different keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.lexicon.folding import fold, is_cased, term_keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tumour", "tumors"),
        ("anaemia", "anemia"),
        ("oesophageal", "esophageal"),
        ("sulphate", "sulfate"),
        ("randomisation", "randomization"),
        ("counselling", "counseling"),
        ("metastases", "metastasis"),
        ("therapies", "therapy"),
        ("headaches", "headache"),
        ("diseases", "disease"),
        ("centre", "centers"),
        ("biopsies", "biopsy"),
        ("behçet", "behcet"),
        ("α", "alpha"),
        ("tnf‐α", "tnf-α"),
    ],
)
def test_variants_share_a_key(one: str, other: str) -> None:
    assert term_keys(one) == term_keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("four", "for"), ("virus", "viru"), ("colitis", "colit"), ("bass", "bas"), ("diabetes", "diabetic"), ("mean", "men")],
)
def test_different_words_keep_different_keys(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_hyphens_apostrophes_and_possessives_do_not_count() -> None:
    assert term_keys("Crohn's disease") == term_keys("Crohn disease") == term_keys("Crohn’s-disease")
    assert term_keys("non-small-cell") == term_keys("non small cell")


@pytest.mark.parametrize(
    ("token", "siblings", "cased"),
    [("OS", 1, True), ("pCR", 1, True), ("Paris", 1, False), ("HbA1c", 1, False), ("FOLFOXIRI", 1, False),
     ("HADS", 2, True), ("Maxi", 2, False)],
)  # fmt: skip
def test_abbreviations_keep_their_case(token: str, siblings: int, cased: bool) -> None:
    assert is_cased(token, siblings) is cased


@given(st.text(max_size=80))
def test_any_word_has_a_key(word: str) -> None:
    assert isinstance(fold(word.lower()), str)
