"""Questions come back with the right figure and the sentence that says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor import query
from extractor.errors import StoreError
from extractor.query import EvidenceGraph, UnknownNameError
from extractor.store import EvidenceStore
from tests.record_builder import RecordBuilder, infant_record, lung_record

NCT = "NCT02578680"


@pytest.fixture(scope="module")
def evidence() -> EvidenceGraph:
    return EvidenceGraph.from_records(
        [
            infant_record(),
            lung_record("a", registry=(NCT,), url="https://a.example"),
            lung_record("b", drug="Keytruda", lead="B. "),
            lung_record("c", acronym="KEYNOTE-407", ratio="0.64"),
        ]
    )


def test_brand_and_abbreviation_find_the_figure_with_its_quote(evidence: EvidenceGraph) -> None:
    (row,) = evidence.results(drug="Blincyto", outcome="OS")
    assert (row.value, row.unit, row.printed, row.outcome) == (93.3, "%", "93.3", "overall survival")
    assert row.timepoint is not None
    assert (row.timepoint.value, row.timepoint.unit) == (2, "year")
    (place,) = evidence.evidence(row)
    assert place.url == "https://news.example/infants"
    assert "overall survival (OS) was 93.3%" in place.quote
    assert infant_record().document.text[place.start : place.end] == place.quote


def test_store_and_memory_answer_alike(evidence: EvidenceGraph, tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([infant_record()])
    with EvidenceGraph.open(path) as opened:
        assert opened.results(drug="Blincyto") == evidence.results(drug="Blincyto")
    with pytest.raises(StoreError):
        EvidenceGraph.open(tmp_path / "none.db")


def test_a_drug_s_results_are_those_of_its_arms(evidence: EvidenceGraph) -> None:
    assert {row.value for row in evidence.results(drug="blinatumomab")} == {93.3, 81.6}  # one names no arm
    assert {row.trial for row in evidence.results(drug="Keytruda")} == {f"trial:{NCT}", "trial:KEYNOTE-407"}
    assert [row.value for row in evidence.results(drug="placebo", trial="KEYNOTE-407")] == [0.64]


def test_a_figure_of_another_arm_is_not_of_the_drug() -> None:
    finding = "Response was 47.6% and 18.9%, respectively."
    make = RecordBuilder(f"ABC-1 compared alphamab with betamab. {finding}")
    arms = (
        make.arm("a1", "experimental", make.intervention("alphamab", "alphamab")),
        make.arm("a2", "comparator", make.intervention("betamab", "betamab")),
    )
    results = (
        make.result("r1", "percentage", "47.6", finding, arm="a1", unit="%"),
        make.result("r2", "percentage", "18.9", finding, arm="a2", unit="%"),
    )
    make.trial(acronym="ABC-1", arms=arms, results=results)
    evidence = EvidenceGraph.from_records([make.record()])
    assert [row.value for row in evidence.results(drug="alphamab")] == [47.6]
    assert [row.value for row in evidence.results(drug="betamab")] == [18.9]


def test_zero_is_a_result() -> None:
    finding = "Deaths were 0% with alphamab."
    make = RecordBuilder(f"ABC-1. {finding}")
    arm = make.arm("a1", "experimental", make.intervention("alphamab", "alphamab"))
    make.trial(arms=(arm,), results=(make.result("r1", "percentage", "0", finding, arm="a1", unit="%"),))
    (row,) = EvidenceGraph.from_records([make.record()]).results(drug="alphamab")
    assert row.value == 0


def test_context_keeps_cited_figures_apart(evidence: EvidenceGraph) -> None:
    assert evidence.results(trial="Interfant-06") == []
    (row,) = evidence.results(trial="Interfant 06", context="background")
    assert (row.value, row.context, row.trial) == (36, "background", "trial:INTERFANT-06")
    assert len(evidence.results(context=None)) == 5


def test_measure_condition_and_phase_filter(evidence: EvidenceGraph) -> None:
    assert {row.value for row in evidence.results(measure="hazard_ratio")} == {0.49, 0.64}
    assert len(evidence.results(condition="lung cancer", measure="hazard_ratio")) == 2
    assert {row.value for row in evidence.results(condition="leukemia")} == {93.3, 81.6}
    assert {row.value for row in evidence.results(phase="Phase 2")} == {93.3, 81.6}
    assert evidence.results(phase="3") == []


def test_a_general_condition_finds_its_kinds_by_other_names() -> None:
    make = RecordBuilder("Alphamab in Crohn's disease.")
    make.trial(conditions=(make.mention("condition", "Crohn's disease", "Crohn's disease"),))
    evidence = EvidenceGraph.from_records([make.record()])
    for name in ("inflammatory bowel disease", "IBD", "Crohn's disease"):
        assert len(evidence.trials(condition=name)) == 1
    assert evidence.trials(condition="ulcerative colitis") == []


def test_equal_figures_of_two_documents_are_one_row(evidence: EvidenceGraph) -> None:
    (row,) = evidence.results(trial=NCT)
    assert (row.documents, len(row.quotes)) == (2, 1)
    assert [place.document for place in evidence.evidence(row.key)] == ["a", "b"]
    assert row.ci is not None
    assert (row.ci.low, row.ci.high, row.arm, row.comparator) == (0.38, 0.64, "pembrolizumab", "placebo")


def test_trials_tell_what_is_known_of_them(evidence: EvidenceGraph) -> None:
    (trial,) = evidence.trials(drug="Keytruda", trial="keynote-189")
    assert (trial.key, trial.acronym, trial.registry_ids) == (f"trial:{NCT}", "KEYNOTE-189", (NCT,))
    assert [document for document, _, _ in trial.documents] == ["a", "b"]
    assert trial.drugs == ("pembrolizumab", "placebo")
    assert {row.key for row in evidence.trials(outcome="overall survival", condition="lung cancer")} == {
        f"trial:{NCT}",
        "trial:KEYNOTE-407",
    }
    assert [row.key for row in evidence.trials(role="background")] == ["trial:INTERFANT-06"]
    (infants,) = evidence.trials(condition="leukemia")
    assert (infants.phase, infants.enrolled, infants.results) == ("2", 30, 2)
    assert evidence.trials(trial=infants.key) == [infants]


@pytest.mark.parametrize(
    ("filters", "nearest"),
    [
        ({"drug": "Blincito"}, "blincyto"),
        ({"outcome": "overal survivall"}, "overall survival"),
        ({"condition": "acute lymphoblastc leukemia"}, "acute lymphoblastic leukemia"),
        ({"trial": "KEYNOTE-188"}, "KEYNOTE-189"),
        ({"measure": "hazard-ratio"}, "hazard_ratio"),
    ],
)
def test_unknown_names_are_answered_with_known_ones(
    evidence: EvidenceGraph, filters: dict[str, str], nearest: str
) -> None:
    with pytest.raises(UnknownNameError, match=nearest) as caught:
        evidence.results(**filters)  # type: ignore[arg-type]
    assert nearest in caught.value.nearest


def test_name_that_only_the_vocabulary_knows_has_no_results(
    evidence: EvidenceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractor.query.names.resolve_name", lambda label, name: "acetylsalicylic acid")
    assert evidence.results(drug="aspirin") == []


@pytest.mark.parametrize(
    ("label", "name", "concept"),
    [
        ("drug", "Blincyto", "blinatumomab"),
        ("outcome", "OS", "overall survival"),
        ("outcome", "os", "overall survival"),
        ("drug", "no such drug", None),
        ("outcome", "Blincyto", None),
    ],
)
def test_vocabulary_resolves_names(label: str, name: str, concept: str | None) -> None:
    assert query.resolve_name(label, name) == concept


def test_spelling_and_number_of_a_condition_do_not_matter(evidence: EvidenceGraph) -> None:
    for name in ("leukaemia", "leukemias", "acute lymphoblastic leukaemia"):
        assert {row.value for row in evidence.results(condition=name)} == {93.3, 81.6}


def test_unknown_result_key(evidence: EvidenceGraph) -> None:
    with pytest.raises(UnknownNameError):
        evidence.evidence("result:none")


def test_graph_of_a_question_holds_only_its_trials(evidence: EvidenceGraph) -> None:
    def trials(**filters: str) -> set[str]:
        graph = evidence.to_networkx(**filters)  # type: ignore[arg-type]
        return {key for key, data in graph.nodes(data=True) if data["type"] == "trial"}

    assert trials(drug="Keytruda") == {f"trial:{NCT}", "trial:KEYNOTE-407"}
    assert len(trials()) == 4
