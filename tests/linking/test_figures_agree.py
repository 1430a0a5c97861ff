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


def test_each_bracket_sets_the_subject_against_the_group_it_follows() -> None:
    trial = extract_article(
        make_article(
            id="t",
            text="Velotrigine for epilepsy: a trial. Patients were randomly assigned to velotrigine (n=330), zonisamide (n=328) or "
            "levetiracetam (n=332). Relapse was rarer with velotrigine than with both levetiracetam (HR 0.62 [95% CI 0.45 to 0.86]) "
            "and zonisamide (HR 0.67 [0.48-0.93]).",
            kind="abstract",
        )
    ).trials[0]
    names = {arm.id: arm.label.text.lower() for arm in trial.arms if arm.label is not None}
    sides = {r.printed: (names[r.arm or ""], names[r.comparator or ""]) for r in trial.results if r.measure == "hazard_ratio"}
    assert sides == {"0.62": ("velotrigine", "levetiracetam"), "0.67": ("velotrigine", "zonisamide")}


def test_ratios_against_the_control_are_those_of_the_treated_groups_in_order() -> None:
    trial = extract_article(
        make_article(
            id="t",
            text="Women received 50, 75 or 100 mg dovaprelin or placebo. RESULT(S): Response was seen in 49%, 62% and 56% with 50, 75 "
            "and 100 mg, respectively, vs. 35% with placebo (P=.155, P=.003, P=.039). Odds ratios versus placebo were 1.8, 3.1 and 2.5.",
            kind="abstract",
        )
    ).trials[0]
    names = {arm.id: arm.label.text for arm in trial.arms if arm.label is not None}
    read = {r.printed: r for r in trial.results}
    assert [names[read[n].arm or ""].removesuffix(" mg") for n in ("1.8", "3.1", "2.5")] == ["50", "75", "100"]
    p_values = [read[n].p_value for n in ("49", "62", "56", "35")]
    assert [p.value if p is not None else None for p in p_values] == [0.155, 0.003, 0.039, None]


def test_no_longer_is_no_comparison() -> None:
    found = read("Nine (41%) of 22 patients receiving zelotinib and one (4%) of 25 receiving placebo no longer had insomnia.")
    assert all(result.rules.get("direction") != "wording.longer.negated" for _, result in found.values())
    assert not any(result.measure == "comparison" for _, result in found.values())
