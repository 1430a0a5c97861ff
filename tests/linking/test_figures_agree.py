"""Figures tell their groups: by the size that a count and its percentage imply, and by the ratio of two printed values."""

from __future__ import annotations

import pytest

from extractor.extraction import extract_article
from extractor.records import Result, make_article

DESIGN = "Patients were randomly assigned to zelotinib (n = 66) or placebo (n = 64). "


def read(text: str) -> dict[str, tuple[str | None, Result]]:
    """Figure as printed -> (name of its group, result) of the first trial."""
    trial = extract_article(make_article(id="t", text=DESIGN + text, kind="abstract")).trials[0]
    names = {arm.id: arm.label.text for arm in trial.arms if arm.label is not None}
    return {r.printed or "": (names.get(r.arm or ""), r) for r in trial.results}


@pytest.mark.parametrize(
    ("text", "printed", "arm"),
    [
        ("Zelotinib was tolerated well. Relapse was seen after placebo was stopped, in 5 patients (7.6%).", "7.6", "zelotinib"),
        ("Zelotinib was tolerated well. Relapse was seen after placebo was stopped, in 5 patients (7.8%).", "7.8", "placebo"),
        ("Zelotinib was tolerated well. Relapse was seen after placebo was stopped, in 5 patients (9.9%).", "9.9", "placebo"),
    ],
    ids=["fits the other group", "fits its own", "fits neither"],
)
def test_count_and_percentage_imply_the_group(text: str, printed: str, arm: str) -> None:
    assert read(text)[printed][0] == arm


def test_sides_of_a_ratio_are_those_of_the_values_before_it() -> None:
    found = read("Fewer in the placebo group had relapse (6/64 vs 13/66; relative risk 0.48, 95% CI 0.24-0.97).")
    assert found["0.48"][0] == "placebo"
    assert found["0.48"][1].rules["arm"] == "arm.sides_by_values"
    assert found["0.48"][1].direction == "decreased"


def test_sides_of_a_ratio_stay_where_the_values_agree() -> None:
    found = read("Relapse was seen in 13/66 with zelotinib and 6/64 with placebo (relative risk 2.1, 95% CI 1.01-4.2).")
    assert found["2.1"][0] == "zelotinib"


def test_time_of_one_outcome_is_not_that_of_the_next() -> None:
    found = read(
        "Haemoglobin at 24 hours was 16.9 g/dl with zelotinib and 15.6 g/dl with placebo. "
        "Relapse was seen in 12% with zelotinib and in 24% with placebo."
    )
    assert found["16.9"][1].timepoint is not None
    assert found["12"][1].timepoint is None


def test_time_that_opens_a_sentence_holds_for_the_next() -> None:
    found = read(
        "At 24 weeks, relapse was seen in 12% with zelotinib and in 24% with placebo. "
        "Remission was seen in 41% with zelotinib and in 20% with placebo."
    )
    assert found["41"][1].timepoint is not None


def test_fall_is_directed_as_a_fall() -> None:
    found = read("Systolic blood pressure fell by 4.1 mm Hg with zelotinib and by 1.0 mm Hg with placebo.")
    assert found["4.1"][1].direction == "decreased"


def test_untested_pair_is_settled_by_words_on_the_same_groups_only() -> None:
    found = read("Zelotinib was not associated with a significant improvement in overall survival versus placebo (median, 10.4 vs 10.5 months).")
    assert found["10.4"][0] == "zelotinib"
    assert found["10.4"][1].direction == "no_difference"
