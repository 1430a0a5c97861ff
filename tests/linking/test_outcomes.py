"""The endpoints of a text: known ones, unlisted ones by their noun phrase, roles, and what counts as measured."""

from __future__ import annotations

import pytest

from extractor.lexicon import load_lexicon
from extractor.linking.arms import find_arms
from extractor.linking.outcome_bounds import outcome_table
from extractor.linking.outcomes import OutcomeReading, find_outcomes, outcome_candidates
from extractor.linking.token_weights import PLACES, outcome_weights
from extractor.reading.reader import read_article
from extractor.records import make_article


def outcomes_of(text: str) -> OutcomeReading:
    lexicon = load_lexicon()
    reading = read_article(make_article(id="t", text=text, kind="abstract"), lexicon)
    return find_outcomes(reading, lexicon, find_arms(reading, lexicon))


def shown(text: str) -> list[str]:
    return [text[m.start : m.end] for m in outcomes_of(text).mentions]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Median overall survival was 20 months with docetaxel and 14 months with placebo.", "overall survival"),
        ("The incidence of deep vein thrombosis was 2% with enoxaparin.", "incidence of deep vein thrombosis"),
        ("Grade 3 neutropenia occurred in 20% of patients on docetaxel.", "neutropenia"),
        ("There was no difference in gripping force between the two groups.", "gripping force"),
        ("Corneal haze was higher in group A than in group B.", "Corneal haze"),
        ("The percentage of patients with relapse was 12% in group A.", "percentage of patients with relapse"),
        ("Twelve of 40 adults given the dummy cream converted to psoriasis.", "converted to psoriasis"),
        ("Time to first flatus was 20 hours in group A and 26 hours in group B.", "Time to first flatus"),
    ],
)
def test_namings_of_outcomes(text: str, name: str) -> None:
    assert any(name.lower() in found.lower() for found in shown(text)), shown(text)


def test_arms_are_no_outcomes() -> None:
    text = "Vomiting occurred in 12% of the ondansetron group and 30% of the placebo group."
    assert not any("group" in found for found in shown(text))


ABSTRACT = (
    "Sertraline for low mood after stroke. Low mood after stroke is common. "
    "METHODS: Adults were randomly assigned to sertraline (n = 60) or placebo (n = 62). "
    "The primary outcome was quality of life at 6 months; secondary outcomes were mortality and anxiety. "
    "RESULTS: Quality of life was higher with sertraline (P = 0.01). Mortality was 4% and 5%. "
    "Nausea occurred in 20% and 8% of patients. Quality of life was not related to age."
)


def test_roles_and_shared_ids() -> None:
    reading = outcomes_of(ABSTRACT)
    by_concept = {o.concept: o for o in reading.outcomes if o.concept is not None}
    assert by_concept["quality of life"].role == "primary"
    assert by_concept["anxiety"].role == "secondary"
    life = by_concept["quality of life"].id
    places = [ABSTRACT[m.start : m.end].lower() for m in reading.mentions if m.outcome_id == life]
    assert len(places) == 3
    assert all("quality of life" in place for place in places)


def test_names_and_mentions_stand_in_the_text() -> None:
    reading = outcomes_of(ABSTRACT)
    assert reading.outcomes
    ids = {o.id for o in reading.outcomes}
    for outcome in reading.outcomes:
        assert ABSTRACT[outcome.name.start : outcome.name.end] == outcome.name.text
    assert all(m.outcome_id in ids for m in reading.mentions)
    assert all(a.end <= b.start for a, b in zip(reading.mentions, reading.mentions[1:], strict=False))
    assert outcomes_of(ABSTRACT) == reading


def test_what_is_measured_is_told_from_what_is_only_spoken_of() -> None:
    reading = outcomes_of(ABSTRACT)
    title_end = ABSTRACT.index(".")
    assert not any(m.measured for m in reading.mentions if m.end <= title_end)
    results = ABSTRACT.index("RESULTS")
    assert sum(m.measured for m in reading.mentions if m.start > results) >= 3


def test_statistics_are_no_outcomes() -> None:
    text = "Survival was longer with docetaxel (hazard ratio 0.7; 95% confidence interval, 0.5 to 0.9) by intention to treat."
    assert not any("confidence" in found or "hazard" in found or "intention" in found for found in shown(text))


def test_the_named_features_add_up_to_the_score_of_each_token() -> None:
    lexicon = load_lexicon()
    reading = read_article(make_article(id="t", text=ABSTRACT, kind="abstract"), lexicon)
    tokens = outcome_candidates(reading, find_arms(reading, lexicon)).reader
    scores, features = tokens.scores(), tokens.features()
    assert len(scores) == len(features) == len(tokens.view.tokens)
    for score, names in zip(scores, features, strict=True):
        assert score == pytest.approx(outcome_weights().bias + sum(outcome_weights().of(name) for name in names))


def _weight(word: str, kind: str) -> float:
    return outcome_weights().word(word)[PLACES.index(kind)]


def test_words_that_name_outcomes_outweigh_words_that_do_not() -> None:
    assert _weight("mortality", "result") > _weight("hospital", "result")
    assert _weight("no such word at all", "other") < _weight("mortality", "other")


def extents(text: str) -> list[str]:
    return [text[m.extent[0] : m.extent[1]] for m in outcomes_of(text).mentions if m.extent is not None]


def test_items_that_share_a_word_give_one_full_name() -> None:
    text = "The incidence of vomiting and dizziness was 2% with enoxaparin."
    assert any("incidence of vomiting and dizziness" in found for found in extents(text)), extents(text)
    apart = "Vomiting and dizziness occurred in 12% of adults."
    assert not any("and" in found for found in extents(apart)), extents(apart)


def test_full_names_hold_no_figure_of_a_finding_and_no_open_bracket() -> None:
    for found in extents(ABSTRACT):
        assert "%" not in found
        assert found.count("(") == found.count(")")


def test_what_did_not_change_is_what_the_sentence_speaks_of() -> None:
    text = f"{ABSTRACT} Gripping force did not improve."
    assert any(m.likely for m in outcomes_of(text).mentions if text[m.start : m.end] == "Gripping force")


def test_or_adds_a_lone_measure_word_to_the_event_before() -> None:
    text = "For acute kidney injury or failure the rates were 4.1% and 2.5%."
    assert any(found.lower() == "acute kidney injury or failure" for found in shown(text)), shown(text)


def test_a_word_of_the_table_decides() -> None:
    table = outcome_table()
    text = "The wobble score was 12 in group A and 14 in group B."
    assert any("wobble score" in found for found in shown(text))
    assert "score" in table.words["head"]
    bits = table.bits.pop("score")
    try:
        assert not any(m.rule == "head" for m in outcomes_of(text).mentions)
    finally:
        table.bits["score"] = bits
