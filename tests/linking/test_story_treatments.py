"""Treatments that only a story introduces, groups that it denies, and the doses of one drug taken together."""

from __future__ import annotations

from extractor.extraction import extract
from extractor.records import Trial


def read(text: str) -> Trial:
    return extract(text, kind="news").trials[0]


def labels(trial: Trial) -> list[tuple[str, str]]:
    return [(a.role, a.label.text) for a in trial.arms if a.label is not None]


def test_an_unknown_drug_is_known_by_its_dose() -> None:
    trial = read(
        "Spray against hiccups\n\nSailors used 10 mg of quavolam, 20 mg of quavolam or a placebo spray. Hiccups ceased in 30% of those who "
        "used 10 mg, 40% of those who used 20 mg and 12% of the placebo group. Sneezing was seen in 8% of quavolam users."
    )
    assert {("experimental", "10 mg"), ("experimental", "20 mg"), ("comparator", "placebo")} <= set(labels(trial))
    of = {a.id: a.label.text for a in trial.arms if a.label is not None}
    assert [of.get(r.arm or "") for r in trial.results if r.measure == "percentage"] == ["10 mg", "20 mg", "placebo", "quavolam"]


def test_a_story_without_a_name_tells_of_a_kind_of_treatment() -> None:
    trial = read(
        "Implanted nerve stimulator stops hiccups\n\nThe device was put into 40 sailors. There was no control group. Twelve months later, "
        "70% of the sailors were free of hiccups."
    )
    assert labels(trial) == [("experimental", "Implanted nerve stimulator")]


def test_unvaccinated_people_are_the_control() -> None:
    trial = read(
        "Vaccine against hiccups\n\nSailors were randomly assigned to a hiccup vaccine or placebo. Hiccups struck 4% of vaccinated sailors and "
        "9% of unvaccinated people."
    )
    roles = {a.id: a.role for a in trial.arms}
    assert [roles.get(r.arm or "") for r in trial.results if r.value == 9] == ["comparator"]
