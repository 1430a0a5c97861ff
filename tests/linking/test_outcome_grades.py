"""Graded toxicities are endpoints of their own."""

from __future__ import annotations

import pytest

from extractor.extraction import extract
from extractor.linking.outcome_grades import grade_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Grade 3/4", "grade 3 or higher"), ("grades III-IV", "grade 3 or higher"), ("grade ≥3", "grade 3 or higher"),
        ("grade 3 or worse", "grade 3 or higher"), ("grade 3 to 5", "grade 3 or higher"), ("grade 4", "grade 4"),
        ("grade 3", "grade 3"), ("grade 1 or 2", "grade 1 to 2"), ("grade II", "grade 2"), ("grade 2 or higher", "grade 2 or higher"),
    ],
)  # fmt: skip
def test_one_name_for_the_ways_to_write_a_grade(text: str, name: str) -> None:
    assert grade_name(text) == name


def test_each_graded_toxicity_is_an_outcome_of_its_own() -> None:
    record = extract(
        "Patients were randomized to dulvitinib (n=100) or placebo (n=100). The rate of grade 3 or higher anaemia was 8% "
        "versus 3%. Grade 3 or 4 infections were seen in 6% and 2%. Grade 3 or 4 adverse events occurred in 40% and 20%. "
        "Anaemia of any grade was found in 31% and 17%."
    )
    trial = record.trials[0]
    concepts = {outcome.id: outcome.concept for outcome in trial.outcomes}
    values: dict[str | None, list[float | None]] = {}
    for result in trial.results:
        values.setdefault(concepts[result.outcome or ""], []).append(result.value)
    assert values["grade 3 or higher anemia"] == [8, 3]
    assert values["grade 3 or higher infection"] == [6, 2]
    assert values["grade 3 or higher adverse events"] == [40, 20]
    assert values["anemia"] == [31, 17]
    assert {o.role for o in trial.outcomes if (o.concept or "").startswith("grade")} == {"safety"}
