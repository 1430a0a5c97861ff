"""Trials without a name in common: what counts for and against their being one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from extractor.assembly import AssembledTrial, assemble, reports_of
from extractor.assembly.features import features, identity_score, score_weights
from extractor.assembly.joining import Group
from extractor.errors import LexiconError
from extractor.records import ConfidenceInterval, Design, Record
from tests.record_builder import RecordBuilder

NCT = "NCT02578680"


def record(
    key: str, people: str = "412", figures: tuple[str, ...] = ("61.4", "38.2"), *, registry: str = "",
    drug: str = "dalvikinra", condition: str = "gout", phase: str = "3", acronym: str = "", ratio: str = "",
    design: Design | None = None, **article: Any,
) -> Record:  # fmt: skip
    """A report of a two-arm trial with remission in both arms, and perhaps a hazard ratio for flares."""
    finding = f"Remission was seen in {' and '.join(figures)}."
    hazard = f" The hazard ratio for flares was {ratio} of it." if ratio else ""
    lead = f"{key}: {registry} {acronym} phase {phase} trial of {drug} or placebo in {people} adults with {condition}."
    make = RecordBuilder(f"{lead} {finding}{hazard}", key=key, **article)
    arms = (
        make.arm("a1", "experimental", make.intervention(drug, drug)),
        make.arm("a2", "comparator", make.intervention("placebo", "placebo")),
    )
    results = [
        make.result(f"r{i}", "percentage", printed, finding, outcome="o1", arm=f"a{i + 1}", unit="%")
        for i, printed in enumerate(figures)
    ]
    outcomes = [make.outcome("o1", "Remission", "remission")]
    if ratio:
        outcomes.append(make.outcome("o2", "flares", "flares"))
        made = make.result("r9", "hazard_ratio", ratio, hazard.strip(), outcome="o2", arm="a1", comparator="a2")
        results.append(msgspec.structs.replace(made, ci=ConfidenceInterval(level=95, low=0.41, high=0.83)))
    make.trial(
        registry=(registry,) if registry else (), acronym=acronym or None, phase=phase, enrolled=people,
        conditions=(make.mention("condition", condition, condition),), arms=arms, outcomes=tuple(outcomes),
        results=tuple(results), design=design or Design(),
    )  # fmt: skip
    return make.record()


def assembled(*records: Record) -> tuple[AssembledTrial, ...]:
    reports = [report for record in records for report in reports_of(record.document.id, record)]
    trials = assemble(reports)
    for seed in range(3):
        random.Random(seed).shuffle(reports)
        assert assemble(reports) == trials, "the order of documents must not matter"
    return trials


def parts(*records: Record) -> list[str]:
    return ["".join(sorted(document for document, _ in trial.documents)) for trial in assembled(*records)]


def found(one: Record, other: Record) -> dict[str, int]:
    groups = [Group(next(reports_of(record.document.id, record))) for record in (one, other)]
    return features(groups[0], groups[1])


def test_the_same_people_and_figures_are_one_trial_and_the_join_says_why() -> None:
    (trial,) = assembled(record("a", registry=NCT), record("b"))
    (join,) = trial.joins
    assert (join.rule, join.one, join.other) == ("score", "a#t1", "b#t1")
    assert join.keys == (
        "drug_same +2",
        "condition_same +1",
        "enrolment_same +3",
        "phase_same +0.5",
        "figure_same_sharp +4",
    )
    assert join.score == 10.5
    assert join.reason == "alike in drug, condition, enrolment, phase, figure; score 10.5, at least 7"


def test_near_namesakes_stay_apart() -> None:
    assert parts(record("a"), record("b", "414", ("55.0", "30.1"))) == ["a", "b"]
    assert parts(record("a"), record("b", "412", ("55.0", "30.1"))) == ["a", "b"]  # as many people, other figures
    assert parts(record("a", acronym="LUMEN-4"), record("b", acronym="LUMEN-5")) == ["a", "b"]
    assert parts(record("a", registry=NCT), record("b", registry="NCT09999999")) == ["a", "b"]


def test_one_planted_wrong_figure_does_not_part_a_trial() -> None:
    assert parts(record("a", ratio="0.58"), record("b", figures=("41.4", "38.2"), ratio="0.58")) == ["ab"]


@pytest.mark.parametrize(
    ("feature", "changed"),
    [
        ("condition_other", {"condition": "sarcoma"}),
        ("enrolment_near", {"people": "410"}),
        ("enrolment_other", {"people": "230"}),
        ("phase_other", {"phase": "2"}),
        ("acronym_other", {"acronym": "HELIOS"}),
        ("design_other", {"design": Design(randomized=False)}),
        ("figure_other", {"figures": ("50.5", "20.1")}),
    ],
)
def test_what_speaks_against_lowers_the_score(feature: str, changed: dict[str, Any]) -> None:
    base = {"acronym": "RECOVERY", "design": Design(randomized=True)}
    same = found(record("a", **base), record("b", **base))
    other = found(record("a", **base), record("b", **(base | changed)))
    assert feature in other and feature not in same
    assert identity_score(other)[0] < identity_score(same)[0]


def test_features_of_agreement() -> None:
    assert found(record("a"), record("b", figures=("61", "38"))) == {
        "drug_same": 1, "condition_same": 1, "enrolment_same": 1, "phase_same": 1, "figure_same": 2,
    }  # fmt: skip
    assert found(record("a", condition="lung cancer"), record("b", condition="small cell lung cancer"))[
        "condition_same"
    ]
    assert found(record("a", figures=(), ratio="0.58"), record("b", figures=(), ratio="0.58"))["figure_same_sharp"] == 1


def test_a_copy_is_known_by_its_text_where_the_figures_agree() -> None:
    story = " ".join(f"word{number}" for number in range(80))
    one = record(f"a {story}", figures=("61", "38"))
    other = record(f"b {story}", figures=("61", "38"))
    assert found(one, other)["text_same"] == 1
    assert "text_same" not in found(one, record(f"b {story}", figures=("44", "21")))


def test_limits_hold() -> None:
    weights = score_weights().features
    total, _ = identity_score({"figure_same_sharp": 40, "figure_other": 40})
    assert total == weights["figure_same_sharp"].limit + weights["figure_other"].limit


def test_what_fits_two_registered_trials_about_equally_joins_neither() -> None:
    trials = assembled(record("a", registry=NCT), record("b", registry="NCT09999999"), record("c"))
    assert sorted(len(trial.documents) for trial in trials) == [1, 1, 1]
    better = record("c", ratio="0.58")
    trials = assembled(
        record("a", registry=NCT, ratio="0.58"), record("b", registry="NCT09999999", figures=("61", "37.7")), better
    )
    assert {trial.key: len(trial.documents) for trial in trials} == {f"trial:{NCT}": 2, "trial:NCT09999999": 1}


def test_a_trial_that_everybody_reports_is_one() -> None:
    many = [record(f"d{number:03d}", ratio="0.58" if number % 3 else "") for number in range(90)]
    many[40] = record("named", registry=NCT)
    trials = assemble(report for made in many for report in reports_of(made.document.id, made))
    assert [(trial.key, len(trial.documents)) for trial in trials] == [(f"trial:{NCT}", 90)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("drug_same\t2", "drug_same\ttwo", "not a number: 'two'"),
        ("drug_same\t", "drugs_same\t", "missing or unknown: drug_same, drugs_same"),
        ("threshold\t", "limit\t", "limit, threshold"),
    ],
)
def test_weights_are_checked(old: str, new: str, says: str, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "extractor" / "assembly" / "data" / "identity_score.tsv"
    path = tmp_path / "identity_score.tsv"
    path.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(LexiconError, match=says):
        score_weights(path)
