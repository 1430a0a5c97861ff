"""Groups that differ only in how long or how often people were treated."""

from __future__ import annotations

from extractor.extraction import extract
from extractor.records import Trial


def bound(trial: Trial) -> list[tuple[float | None, str | None]]:
    labels = {a.id: a.label.text for a in trial.arms if a.label is not None}
    return [(r.value, labels.get(r.arm or "")) for r in trial.results if r.measure == "percentage"]


def test_lengths_of_treatment_are_groups() -> None:
    text = (
        "Short course will do\n\nDivers with an ear infection were randomly assigned to 5 or 10 days of drops. Relapse was seen in "
        "12% of the five-day group and 11% of the ten-day group. Itching occurred in 4% on the short course and 9% on the long course."
    )
    trial = extract(text, kind="news").trials[0]
    assert bound(trial) == [(12, "5"), (11, "10 days"), (4, "5"), (9, "10 days")]
    assert [a.role for a in trial.arms] == ["experimental", "comparator"]


def test_numbers_of_doses_are_groups_beside_a_dummy() -> None:
    text = (
        "Two shots or one?\n\nDivers were split at random into three groups: two doses of a vaccine, one dose of it, or dummy shots. "
        "Fever was seen in 5% of divers given two doses, 4% of those given one and 2% of those on dummy shots. "
        "Rash struck 3% of the two-dose group and 1% of the one-dose group."
    )
    trial = extract(text, kind="news").trials[0]
    assert bound(trial)[:2] == [(5, "two doses"), (4, "one dose")]
    assert bound(trial)[3:] == [(3, "two doses"), (1, "one dose")]


def test_a_time_point_is_no_group() -> None:
    text = (
        "Drops for divers\n\nDivers were randomly assigned to zelotinib or placebo. They were seen after 5 and 10 days. At 5 days, relapse was "
        "seen in 12% with zelotinib and 20% with placebo; at 10 days, in 14% and 25%."
    )
    assert [a.label.text for a in extract(text, kind="news").trials[0].arms if a.label is not None] == ["zelotinib", "placebo"]
