"""Groups that differ only in the dose of one drug."""

from __future__ import annotations

from extractor.extraction import extract
from extractor.records import Trial

LISTED = (
    "Two doses of zelotinib for hiccups. Ninety sailors were randomised to zelotinib 5 mg (n = 30), 10 mg (n = 31) or placebo "
    "(n = 29) once daily. Hiccups ceased in {figures}. The difference from placebo was 21 percentage points (95% CI, 4 to 38) for "
    "5 mg and 33 percentage points (95% CI, 15 to 51) for 10 mg."
)


def trial(figures: str) -> Trial:
    return extract(LISTED.format(figures=figures), kind="abstract").trials[0]


def bound(figures: str) -> list[tuple[str | None, str | None]]:
    read = trial(figures)
    labels = {a.id: a.label.text for a in read.arms if a.label is not None}
    return [(r.printed, labels.get(r.arm or "")) for r in read.results if r.measure == "percentage"]


WANTED = [("41", "zelotinib 5 mg"), ("53", "10 mg"), ("20", "placebo")]


def test_each_dose_is_a_group_with_its_size_and_its_figures() -> None:
    figures = "41% of sailors on 5 mg, 53% of those on 10 mg and 20% of those on placebo"
    sizes = {a.label.text: a.size.value for a in trial(figures).arms if a.label is not None and a.size is not None}
    assert sizes == {"zelotinib 5 mg": 30, "10 mg": 31, "placebo": 29}
    assert bound(figures) == WANTED


def test_numbers_in_a_list_that_ends_in_a_dose_are_doses() -> None:
    assert bound("41% and 53% of sailors with 5 and 10 mg, respectively, and in 20% with placebo") == WANTED


def test_the_lower_and_the_higher_dose_are_named_without_a_number() -> None:
    assert bound("41% of sailors on the lower dose, 53% of those on the higher dose and 20% of those on placebo") == WANTED


def test_a_difference_is_that_of_the_dose_it_is_tied_to_from_the_control() -> None:
    read = trial("41% of sailors on 5 mg, 53% of those on 10 mg and 20% of those on placebo")
    labels = {a.id: a.label.text for a in read.arms if a.label is not None}
    sides = [(labels.get(r.arm or ""), labels.get(r.comparator or "")) for r in read.results if r.printed in ("21", "33")]
    assert sides == [("zelotinib 5 mg", "placebo"), ("10 mg", "placebo")]


def test_doses_that_no_figure_stands_beside_make_no_groups() -> None:
    text = (
        "Sailors were randomised to zelotinib 5 mg, 10 mg or 20 mg, as tolerated, or placebo. "
        "Hiccups ceased in 41% with zelotinib and 20% with placebo. Sleep was better in 60% with zelotinib and 50% with placebo."
    )
    labels = [a.label.text for a in extract(text, kind="abstract").trials[0].arms if a.label is not None]
    assert labels == ["zelotinib", "placebo"]


def test_a_list_of_doses_is_of_the_drug_that_another_place_names_with_one_of_them() -> None:
    text = (
        "Sailors with hiccups were randomly assigned to dabigatran or placebo. It was given as 5 mg or 10 mg. Hiccups ceased in 20% "
        "of the placebo group, in 41% of those on dabigatran 5 mg and in 53% of those on 10 mg. Rash was seen in 3% with 10 mg."
    )
    read = extract(text, kind="news").trials[0]
    labels = {a.id: a.label.text for a in read.arms if a.label is not None}
    bound = {r.printed: labels.get(r.arm or "") for r in read.results if r.measure == "percentage"}
    assert (bound["41"], bound["53"]) == ("5 mg", "10 mg")
