"""What only the whole text settles of its comparisons."""

from __future__ import annotations

from functools import partial

import pytest

from extractor.extraction import extract
from tests.linking.test_results import link as link_text

link = partial(link_text, kind="abstract")

_METHODS = (
    "METHODS: Adults were randomly assigned to metformin or placebo. The primary outcome was body weight. "
    "Secondary outcomes were fasting glucose, blood pressure and heart rate. RESULTS: "
)


def compared(sentence: str) -> dict[str, str | None]:
    """The direction of each outcome compared by ``sentence`` in a trial of two arms, by its name."""
    (trial,) = extract(_METHODS + sentence, kind="abstract").trials
    names = {o.id: o.name.text for o in trial.outcomes}
    return {
        names[r.outcome]: r.direction for r in trial.results if r.outcome is not None and r.comparator is not None
    }


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("No differences were found between the groups in any of the secondary outcomes.", {"fasting glucose", "blood pressure", "heart rate"}),
        ("Heart rate was higher with metformin than with placebo, and other outcomes did not differ between the groups.", {"body weight", "fasting glucose", "blood pressure"}),
        ("There was no difference in blood pressure between the groups.", {"blood pressure"}),
    ],
)  # fmt: skip
def test_outcomes_told_of_together(sentence: str, told: set[str]) -> None:
    named = {name for name, direction in compared(sentence).items() if direction == "no_difference"}
    assert {name for name in named if not name.endswith("outcomes")} == told


def test_a_pair_without_a_test_is_what_a_later_sentence_says() -> None:
    text = "<o1|Fever> occurred in 12% on [a1|zelotinib] and 14% on [a2|placebo]. [a1|Zelotinib] did not significantly reduce <o1|fever>."
    assert [r.direction for r in link(text) if r.comparator is not None] == ["no_difference", "no_difference"]


def test_a_pair_that_other_words_bear_out_stays() -> None:
    text = "<o1|Fever> occurred in 12% on [a1|zelotinib] and 34% on [a2|placebo]. [a1|Zelotinib] reduced <o1|fever>."
    assert [r.direction for r in link(text) if r.comparator is not None] == ["decreased", "decreased"]


def test_a_difference_before_treatment_counts_where_there_is_no_other() -> None:
    text = "<o1|Grip> did not differ between [a1|zelotinib] and [a2|placebo] at baseline."
    assert [r.direction for r in link(text)] == ["no_difference"]
    assert [r.direction for r in link(text + " <o1|Grip> was stronger with [a1|zelotinib] than [a2|placebo].")] == ["increased"]
