"""Facts over documents: what adds evidence, what is a new fact, and what contradicts."""

from __future__ import annotations

from typing import Any

import msgspec

from extractor.assembly import AssembledTrial, assemble, reports_of
from extractor.query import EvidenceGraph
from extractor.records import Check, Number, Record, Result, TimePoint
from tests.record_builder import RecordBuilder


def record(key: str, *figures: str, **fields: Any) -> Record:
    """A report of LUMEN-4 in which ``figures`` such as "exp remission 53.3 % @24w" stand."""
    text = f"{key}: in LUMEN-4, dalvikinra or placebo was given for gout; remission and death were counted. " + "".join(
        f"{figure}. " for figure in figures
    )
    make = RecordBuilder(text, key=key, **fields)
    arms = (
        make.arm("exp", "experimental", make.intervention("dalvikinra", "dalvikinra")),
        make.arm("con", "comparator", make.intervention("placebo", "placebo")),
    )
    outcomes = (
        make.outcome("remission", "remission", "remission"),
        make.outcome("death", "death", "death"),
    )
    results = tuple(_result(make, f"r{i}", figure) for i, figure in enumerate(figures))
    make.trial(acronym="LUMEN-4", arms=arms, outcomes=outcomes, results=results)
    return make.record()


def _result(make: RecordBuilder, key: str, figure: str) -> Result:
    words = figure.split()
    arm, outcome, printed, unit, *rest = words
    measure = {"%": "percentage", "HR": "hazard_ratio", "less": "relative_reduction", "n": "count"}[unit]
    two = measure in ("hazard_ratio", "relative_reduction")
    fields: dict[str, Any] = {"arm": None if arm == "-" else arm, "comparator": "con" if two and arm != "-" else None}
    for word in rest:
        if word.startswith("@"):
            fields["timepoint"] = (int(word[1:-1]), {"w": "week", "m": "month"}[word[-1]])
        elif word.startswith("of"):
            total = int(word[2:])
            fields["total"] = Number(text=word[2:], **_place(make, word[2:]), value=total)
            fields["events"] = Number(text=printed, **_place(make, printed), value=int(printed))
        elif word == "nearly":
            fields["modifier"] = word
        elif word == "expected":
            fields["context"] = "hypothesis"
    return make.result(
        key, measure, printed, figure, outcome=None if outcome == "-" else outcome,
        unit="%" if unit in ("%", "less") else None, **fields,
    )  # fmt: skip


def _place(make: RecordBuilder, text: str) -> dict[str, int]:
    start = make.article.text.index(text)
    return {"start": start, "end": start + len(text)}


def trial_of(*records: Record) -> AssembledTrial:
    (trial,) = assemble(report for record in records for report in reports_of(record.document.id, record))
    return trial


def facts(trial: AssembledTrial) -> dict[float | int | None, set[str]]:
    return {fact.result.value: {item.document for item in fact.evidence} for fact in trial.facts}


def sides(trial: AssembledTrial) -> list[list[tuple[float | int | None, set[str]]]]:
    return [
        sorted((side.value, {item.document for item in side.evidence}) for side in conflict.sides)
        for conflict in trial.conflicts
    ]


def test_equal_figures_in_other_forms_add_evidence() -> None:
    trial = trial_of(
        record("a", "exp remission 53.3 % @24w"),
        record("b", "exp remission 53 % @24w"),
        record("c", "exp remission 16 n of30 @24w"),
        record("d", "exp death 0.62 HR"),
        record("e", "exp death 38 less"),
    )
    assert facts(trial) == {16: {"a", "b", "c"}, 0.62: {"d", "e"}} or facts(trial) == {
        53.3: {"a", "b", "c"},
        0.62: {"d", "e"},
    }
    assert trial.conflicts == ()


def test_a_later_time_point_is_a_fact_of_its_own() -> None:
    trial = trial_of(record("a", "exp remission 53.3 % @24w"), record("b", "exp remission 47.1 % @52w"))
    assert facts(trial) == {53.3: {"a"}, 47.1: {"b"}}
    assert trial.conflicts == ()


def test_different_figures_at_one_place_are_a_conflict_with_all_sides() -> None:
    trial = trial_of(
        record("a", "exp remission 53.3 % @24w", kind="abstract"),
        record("b", "exp remission 35.3 % @24w"),
        record("c", "exp remission 53 % @6m"),
        record("d", "exp remission 53.3 % @24w"),
        record("e", "exp remission 41 % @24w"),
    )
    assert sides(trial) == [[(35.3, {"b"}), (41.0, {"e"}), (53.3, {"a", "d"})]]
    (conflict,) = trial.conflicts
    assert conflict.key == "conflict:LUMEN-4/remission/percentage/at 168 day/dalvikinra"
    assert (conflict.outcome, conflict.arm, conflict.timepoint, conflict.open) == (
        "remission",
        "dalvikinra",
        "168 day",
        (),
    )
    assert conflict.sides[0].value == 53.3
    believed = {fact.result.value: fact.belief for fact in trial.facts}
    assert believed[53.3].score > believed[35.3].score
    assert [side.belief for side in conflict.sides] == [believed[side.value].score for side in conflict.sides]
    assert all("contradicted" in believed[value].marks for value in (53.3, 35.3, 41.0))
    assert {side.fact for side in conflict.sides} <= {fact.key for fact in trial.facts}


def test_a_reduction_that_does_not_fit_the_ratio_is_a_conflict() -> None:
    trial = trial_of(record("a", "exp death 0.62 HR"), record("b", "exp death 48 less"))
    assert sides(trial) == [[(0.62, {"a"}), (48.0, {"b"})]]


def test_the_other_group_is_no_conflict() -> None:
    assert trial_of(record("a", "exp remission 53.3 %"), record("b", "con remission 35.3 %")).conflicts == ()


def test_an_expectation_is_no_conflict() -> None:
    assert trial_of(record("a", "exp remission 53.3 %"), record("b", "exp remission 60 % expected")).conflicts == ()


def test_unknown_outcomes_are_no_conflict() -> None:
    assert trial_of(record("a", "exp - 53.3 %"), record("b", "exp - 35.3 %")).conflicts == ()


def test_a_document_that_states_two_figures_tells_them_apart_itself() -> None:
    trial = trial_of(record("a", "exp remission 53.3 %", "exp remission 61.2 %"), record("b", "exp remission 35.3 %"))
    assert trial.conflicts == ()
    trial = trial_of(record("a", "exp remission 53.3 %", "exp remission 35.3 %"), record("b", "exp remission 35.3 %"))
    assert trial.conflicts == ()
    assert trial_of(record("a", "exp remission 53.3 %", "exp remission 35.3 %")).conflicts == ()


def test_a_rough_figure_beside_an_exact_one_tells_nothing_apart() -> None:
    rough = record("a", "exp remission 53.3 %", "exp remission 50 % nearly")
    trial = trial_of(rough, record("b", "exp remission 35.3 %"))
    assert [side for side in sides(trial) if (53.3, {"a"}) in side] == [[(35.3, {"b"}), (53.3, {"a"})]]


def test_whom_a_group_is_compared_with_does_not_matter_to_its_own_figure() -> None:
    one, other = record("a", "exp remission 53.3 %"), record("b", "exp remission 35.3 %")
    (trial,) = one.trials
    (figure,) = trial.results
    against = msgspec.structs.replace(figure, comparator="con")
    one = msgspec.structs.replace(one, trials=(msgspec.structs.replace(trial, results=(against,)),))
    (conflict,) = trial_of(one, other).conflicts
    assert conflict.open == ()


def test_of_two_figures_of_a_document_that_a_check_parts_the_sound_one_counts() -> None:
    slip = record("a", "exp remission 16 n of30", "exp remission 83.3 %")
    check = Check(kind="percentage_of_counts", severity="error", message="16 of 30 is 53.3 %", result="r1")
    slip = msgspec.structs.replace(slip, checks=(check,))
    trial = trial_of(slip, record("b", "exp remission 35.3 %"))
    assert sides(trial) == [[(16.0, {"a"}), (35.3, {"b"})]]
    assert trial_of(slip).conflicts == ()


def test_an_open_part_is_filled_where_only_one_thing_can_be_meant() -> None:
    trial = trial_of(record("a", "exp remission 53.3 % @24w"), record("b", "- remission 53.3 %"))
    assert facts(trial) == {53.3: {"a", "b"}}
    trial = trial_of(record("a", "exp remission 53.3 % @24w"), record("b", "exp remission 35.3 %"))
    assert [conflict.open for conflict in trial.conflicts] == [("timepoint",)]
    # With a second time point at hand the figure without one may be of either.
    trial = trial_of(
        record("a", "exp remission 53.3 % @24w", "exp remission 47.1 % @52w"), record("b", "exp remission 35.3 %")
    )
    assert trial.conflicts == ()
    # With both groups at hand the figure of an unknown group may be of either.
    trial = trial_of(record("a", "exp remission 53.3 %", "con remission 35.3 %"), record("b", "- remission 44.0 %"))
    assert trial.conflicts == ()


def test_a_figure_that_fits_two_facts_joins_neither() -> None:
    trial = trial_of(record("a", "exp remission 53.3 %", "con remission 53.3 %"), record("b", "- remission 53.3 %"))
    assert sorted(len(fact.evidence) for fact in trial.facts) == [1, 1, 1]
    assert trial.conflicts == ()


def test_keys_of_facts_are_unique_and_readable() -> None:
    trial = trial_of(
        record("a", "exp remission 53.0 %", "con remission 21.4 % @24w"), record("b", "exp remission 53.4 %")
    )
    keys = [fact.key for fact in trial.facts]
    assert len(set(keys)) == len(keys)
    assert "result:LUMEN-4/remission/percentage/21.4 %/at 168 day/placebo" in keys


def test_a_figure_without_a_value_is_kept() -> None:
    plain = record("a", "exp death 0.62 HR")
    (trial,) = plain.trials
    verdict = Result(
        id="r9",
        measure="comparison",
        outcome="death",
        direction="no_difference",
        timepoint=TimePoint(value=0, unit="day"),
    )
    both = msgspec.structs.replace(plain, trials=(msgspec.structs.replace(trial, results=(*trial.results, verdict)),))
    assert {fact.measure for fact in trial_of(both).facts} == {"hazard_ratio", "comparison"}


def test_a_ratio_told_of_the_event_and_of_the_outcome_is_found_by_either_name() -> None:
    def ratio(key: str, name: str, concept: str) -> Record:
        finding = f"The hazard ratio for {name} was 0.62."
        make = RecordBuilder(f"{key}: LUMEN-4 of dalvikinra. {finding}", key=key)
        arm = make.arm("exp", "experimental", make.intervention("dalvikinra", "dalvikinra"))
        figure = make.result("r1", "hazard_ratio", "0.62", finding, outcome="o1", arm="exp")
        make.trial(acronym="LUMEN-4", arms=(arm,), outcomes=(make.outcome("o1", name, concept),), results=(figure,))
        return make.record()

    told = [ratio("a", "death", "death"), ratio("b", "overall survival", "overall survival")]
    with EvidenceGraph.from_records(told) as evidence:
        for name in ("death", "overall survival"):
            (row,) = evidence.results(drug="dalvikinra", outcome=name, measure="hazard_ratio")
            assert row.documents == 2
