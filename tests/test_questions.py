"""The questions beside trials and results, their filters, and the forms in which answers come."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from extractor.errors import ExtractorError
from extractor.query import CheckRow, EvidenceGraph, NeighbourRow, ResultRow, Rows, TrialRow, UnknownNameError
from extractor.query.filters import days, design_terms
from extractor.query.names import population_words
from extractor.records import Check, Design, Record
from extractor.store import EvidenceStore
from tests.record_builder import RecordBuilder, infant_record, lung_record

NCT = "NCT02578680"


def asthma_record(key: str = "asthma", **article: Any) -> Record:
    """Two drugs of one class against each other and against placebo, with a figure of each group."""
    finding = "Exacerbations fell by 41.5% with reslimab, 32% with tezomab and 4% with placebo at week 52."
    ratio = "The rate ratio of tezomab against reslimab was 1.16 (P=0.21) at 6 months."
    text = (
        "In a double-blind trial, 412 children with severe asthma received Reslimab (RSL-77), tezomab or placebo. "
        f"{finding} {ratio}"
    )
    make = RecordBuilder(text, key=key, **article)
    make.mention("drug", "RSL-77", "reslimab")
    arms = (
        make.arm("a1", "experimental", make.intervention("Reslimab", "reslimab"), label="Reslimab"),
        make.arm("a2", "experimental", make.intervention("tezomab", "tezomab"), label="tezomab"),
        make.arm("a3", "comparator", make.intervention("placebo", "placebo"), label="placebo"),
    )
    at = {"timepoint": (52, "week"), "unit": "%", "outcome": "o1"}
    results = (
        make.result("r1", "percentage", "41.5", finding, arm="a1", **at),
        make.result("r2", "percentage", "32", finding, arm="a2", **at),
        make.result("r3", "percentage", "4", finding, arm="a3", **at),
        make.result(
            "r4", "rate_ratio", "1.16", ratio, arm="a2", comparator="a1", outcome="o1", p=("=", 0.21),
            timepoint=(6, "month"), significant=False,
        ),
    )  # fmt: skip
    trial = make.trial(
        acronym=None,
        enrolled="412",
        conditions=(make.mention("condition", "severe asthma", "severe asthma"),),
        arms=arms,
        outcomes=(make.outcome("o1", "Exacerbations", "exacerbation"),),
        results=results,
        design=Design(randomized=True, blinding="double-blind", control="placebo"),
    )
    people = msgspec.structs.replace(trial.population, description=make.span("children with severe asthma"))
    record = make.record()
    check = Check(kind="made", severity="warning", message="the sum is odd", result="r2", expected="33", found="32")
    whole = Check(kind="made", severity="error", message="too many people")
    return msgspec.structs.replace(
        record, trials=(msgspec.structs.replace(trial, population=people),), checks=(check, whole)
    )


@pytest.fixture(scope="module")
def evidence() -> EvidenceGraph:
    return EvidenceGraph.from_records(
        [
            infant_record(kind="news", published="2020-11-02", source="News <i>Daily</i>"),
            lung_record("a", registry=(NCT,), kind="abstract", published="2018-06"),
            lung_record("b", drug="Keytruda", lead="B. ", kind="news", published="2018-04-17T08:00:00Z"),
            lung_record("c", acronym="KEYNOTE-407", ratio="0.64", published="2019"),
            asthma_record(published="2022-03-01"),
        ]
    )


@pytest.fixture
def drug_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of the two made drugs."""
    classes = {("mast", "inhibitor"): ("reslimab", "tezomab")}
    monkeypatch.setattr("extractor.query.names._drugs_by_class", lambda: classes)


# ---- filters


@pytest.mark.parametrize(
    ("filters", "values"),
    [
        ({"population": "child"}, {41.5, 32, 4, 1.16}),
        ({"population": "pediatric asthma"}, {41.5, 32, 4, 1.16}),
        ({"population": "women"}, set()),
        ({"design": "randomised"}, {41.5, 32, 4, 1.16}),
        ({"design": ["double blind trial", "placebo-controlled"]}, {41.5, 32, 4, 1.16}),
        ({"design": ["double-blind", "crossover"]}, set()),
        ({"min_enrolled": 412}, {41.5, 32, 4, 1.16}),
        ({"min_enrolled": 30, "max_enrolled": 411}, {93.3, 81.6}),
        ({"min_time": "1 year", "max_time": "53 weeks"}, {41.5, 32, 4}),
        ({"max_time": "6 months"}, {1.16}),
        ({"min_time": "2 years"}, {93.3, 81.6}),
        ({"significant": False}, {1.16}),
        ({"significant": True}, set()),
        ({"kind": "abstract"}, {0.49}),
        ({"source": "news daily"}, set()),
        ({"source": "<i>daily"}, {93.3, 81.6}),
        ({"since": "2020-11-02", "until": "2020"}, {93.3, 81.6}),
        ({"until": "2018-04"}, {0.49}),
        ({"since": "2019-07", "until": "2019"}, {0.64}),  # only the year is known
        ({"since": "2022-03-02"}, set()),
        ({"measure": "rate_ratio", "drug": "reslimab"}, {1.16}),
        ({"drug": "RSL-77", "min_time": "12 months"}, {41.5}),
        ({"drug": "placebo", "condition": "asthma"}, {4}),
    ],
)
def test_each_filter_finds_its_figures(evidence: EvidenceGraph, filters: dict[str, Any], values: set[float]) -> None:
    assert {row.value for row in evidence.results(**filters)} == values
    trials = {row.trial for row in evidence.results(**filters)}
    assert {row.key for row in evidence.trials(**filters)} >= trials
    assert bool(evidence.trials(**filters)) == bool(trials)


@pytest.mark.usefixtures("drug_class")
def test_a_class_stands_for_its_drugs(evidence: EvidenceGraph) -> None:
    assert {row.value for row in evidence.results(drug="MAST inhibitors")} == {41.5, 32, 1.16}
    assert evidence.trials(drug="mast inhibitor", condition="lung cancer") == []


def test_classes_of_the_vocabulary_are_known(evidence: EvidenceGraph) -> None:
    assert {row.value for row in evidence.results(drug="PD-1 inhibitor")} == {0.49, 0.64}
    assert evidence.results(drug="SGLT2 inhibitor") == []


def test_beginnings_of_names_are_answered_with_whole_ones(evidence: EvidenceGraph) -> None:
    with pytest.raises(UnknownNameError, match="SGLT2 inhibitor"):
        evidence.results(drug="SGLT2")
    with pytest.raises(UnknownNameError) as caught:
        evidence.results(drug="xyzzyx")
    assert caught.value.nearest == ()


def test_a_drug_named_like_its_class_is_of_the_class() -> None:
    """The stem -gliflozin makes an SGLT2 inhibitor of a drug that no list has."""
    finding = "Death was seen in 3.1%."
    make = RecordBuilder(f"Patients received zorigliflozin. {finding}")
    arm = make.arm("a1", "experimental", make.intervention("zorigliflozin", "zorigliflozin"))
    make.trial(arms=(arm,), results=(make.result("r1", "percentage", "3.1", finding, arm="a1", unit="%"),))
    evidence = EvidenceGraph.from_records([make.record()])
    assert [row.value for row in evidence.results(drug="SGLT2 inhibitors")] == [3.1]
    assert evidence.results(drug="PD-1 inhibitor") == []


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"design": "double-blnd"}, "double blind"),
        ({"kind": "abstrct"}, "abstract"),
        ({"min_time": "soon"}, "6 months"),
        ({"since": "June 2021"}, "2021-06"),
        ({"measure": "hazard"}, "hazard_ratio"),
    ],
)
def test_filters_that_cannot_be_read_say_what_can(
    evidence: EvidenceGraph, filters: dict[str, Any], message: str
) -> None:
    for question in (evidence.results, evidence.trials, evidence.drugs, evidence.conflicts, evidence.subgraph):
        with pytest.raises(ExtractorError, match=message):
            question(**filters)


def test_a_filter_that_there_is_not_is_refused(evidence: EvidenceGraph) -> None:
    with pytest.raises(TypeError, match="did you mean 'condition'"):
        evidence.results(conditon="asthma")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="twice"):
        evidence.drugs("asthma", condition="asthma")


@pytest.mark.parametrize(
    ("written", "expected"),
    [("6 months", 182.625), ("52-week", 364), ("1.5 years", 547.875), ("30 d", None), ("-1 day", None)],
)
def test_durations(written: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(ExtractorError, match="not a duration"):
            days(written)
    else:
        assert days(written) == pytest.approx(expected)


def test_tables_of_words_hold() -> None:
    assert {field for field, _ in design_terms().values()} <= set(Design.__struct_fields__)
    assert [sorted(words & {"child", "pediatric", "infant", "teenager"}) for words in population_words("children")] == [
        ["child", "infant", "pediatric"]
    ]
    assert population_words(", ") == []


# ---- questions


def test_compare_turns_estimates_and_pairs_figures(evidence: EvidenceGraph) -> None:
    pair, estimate = sorted(evidence.compare("reslimab", "tezomab"), key=lambda row: row.measure)
    assert (pair.a_result.value, pair.b_result.value, pair.a, pair.b) == (41.5, 32, "Reslimab", "tezomab")
    assert (estimate.estimate.value, estimate.reversed, estimate.a, estimate.b) == (1.16, True, "Reslimab", "tezomab")
    (turned,) = evidence.compare("tezomab", "RSL-77", measure="rate_ratio")
    assert not turned.reversed
    rows = evidence.compare("Keytruda", "placebo", "OS")
    assert {(row.acronym, row.estimate.value) for row in rows} == {("KEYNOTE-189", 0.49), ("KEYNOTE-407", 0.64)}
    assert evidence.compare("Keytruda", "placebo", "OS", until="2018")[0].acronym == "KEYNOTE-189"
    assert evidence.compare("Keytruda", "tezomab") == []
    with pytest.raises(UnknownNameError, match="placebo"):
        evidence.compare("Keytruda", "placeboo")


def test_drugs_and_outcomes_count_trials_and_figures(evidence: EvidenceGraph) -> None:
    rows = {row.name: row for row in evidence.drugs("lung cancer")}
    assert list(rows) == ["pembrolizumab", "placebo"]
    assert (rows["placebo"].trials, rows["placebo"].comparator_in, rows["placebo"].results) == (2, 2, 2)
    assert rows["pembrolizumab"].comparator_in == 0
    assert "PD-1 inhibitor" in rows["pembrolizumab"].classes
    (outcome,) = evidence.outcomes("tezomab")
    assert (outcome.name, outcome.trials, outcome.results) == ("exacerbation", 1, 4)
    assert outcome.measures == ("percentage", "rate_ratio")
    assert {row.name for row in evidence.drugs(population="children")} == {"reslimab", "tezomab", "placebo"}


def test_timeline_is_by_date(evidence: EvidenceGraph) -> None:
    rows = evidence.timeline("Keytruda")
    assert [(row.document, row.figures) for row in rows] == [("b", 1), ("a", 1), ("c", 1)]
    assert [row.document for row in evidence.timeline("Keytruda", kind="news", until="2018")] == ["b"]


def test_checks_are_told_with_figure_and_quote(evidence: EvidenceGraph) -> None:
    whole, figure = evidence.checks()
    assert (whole.severity, whole.result, whole.quote) == ("error", None, None)
    assert (figure.message, figure.expected, figure.found, figure.document) == ("the sum is odd", "33", "32", "asthma")
    assert "32% with tezomab" in (figure.quote or "")
    assert figure.result in {row.key for row in evidence.results(drug="tezomab")}
    assert evidence.checks(measure="rate_ratio") == []
    assert evidence.checks(drug="Keytruda") == []


def test_evidence_of_a_trial_a_document_and_a_figure(evidence: EvidenceGraph) -> None:
    assert [place.document for place in evidence.evidence("KEYNOTE-189")] == ["a", "b"]
    assert [place.document for place in evidence.evidence("document:b")] == ["b"]
    (row,) = evidence.results(trial="KEYNOTE-407")
    assert evidence.evidence(row) == evidence.evidence(row.key) == list(row.evidence)
    (infants,) = {row.trial for row in evidence.results(drug="Blincyto")}
    assert len(evidence.evidence(infants)) == 2
    for unknown in ("result:none/x", "document:none", "KEYNOTE-1"):
        with pytest.raises(UnknownNameError):
            evidence.evidence(unknown)


def test_neighbours_of_nodes_and_names(evidence: EvidenceGraph) -> None:
    beside = {(row.edge, row.direction, row.key) for row in evidence.neighbours("KEYNOTE-407")}
    assert ("HAS_ARM", "out", "arm:KEYNOTE-407/placebo") in beside
    assert ("REPORTS", "in", "document:c") in beside
    trials = {row.key for row in evidence.neighbours("condition:non-small cell lung cancer")}
    assert trials == {f"trial:{NCT}", "trial:KEYNOTE-407"}
    assert evidence.neighbours("Keytruda") == evidence.neighbours("drug:pembrolizumab")
    assert {row.type for row in evidence.neighbours("document:asthma")} == {"trial", "result"}
    with pytest.raises(UnknownNameError, match="KEYNOTE-189"):
        evidence.neighbours("KEYNOTE-188")


def test_paths_lead_over_few_trials(evidence: EvidenceGraph) -> None:
    rows = evidence.path("tezomab", "lung cancer")
    assert (rows[0].key, rows[-1].key) == ("drug:tezomab", "condition:non-small cell lung cancer")
    assert "drug:placebo" in [row.key for row in rows]
    graph = evidence.to_networkx()
    for before, after in zip(rows, rows[1:], strict=False):
        source, target = (before.key, after.key) if after.direction == "out" else (after.key, before.key)
        assert after.edge in {data["type"] for data in graph.get_edge_data(source, target).values()}
    assert [row.key for row in evidence.path("Keytruda", "drug:pembrolizumab")] == ["drug:pembrolizumab"]
    apart = EvidenceGraph.from_records([infant_record(), asthma_record()])
    assert apart.path("Blincyto", "tezomab") == []


def test_subgraph_answers_the_same_questions(evidence: EvidenceGraph) -> None:
    lungs = evidence.subgraph(condition="lung cancer")
    assert {row.value for row in lungs.results()} == {0.49, 0.64}
    assert [row.acronym for row in lungs.subgraph(since="2019").trials()] == ["KEYNOTE-407"]
    assert lungs.results(drug="tezomab") == []
    assert {row.name for row in lungs.drugs()} == {"pembrolizumab", "placebo"}
    types = {data["type"] for _, data in lungs.to_networkx().nodes(data=True)}
    assert "trial" in types
    assert "drug:tezomab" not in lungs.to_networkx()


def test_graph_of_everything_follows_the_store() -> None:
    evidence = EvidenceGraph.from_records([infant_record()])
    graph = evidence.to_networkx()
    evidence._base.store.add_records([lung_record("late")])
    assert evidence.update(graph) == 1
    assert "trial:KEYNOTE-189" in graph
    with pytest.raises(ValueError, match="whole store"):
        evidence.update(evidence.to_networkx(drug="Keytruda"))


# ---- large stores


def test_a_question_reads_only_what_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [lung_record(f"d{n}", acronym=f"OTHER-{n}", ratio=f"0.{n}", lead=f"Story {n}. ") for n in range(10, 60)]
    evidence = EvidenceGraph.from_records([*others, asthma_record()])
    read: list[str] = []
    documents = EvidenceStore.documents

    def noted(self: EvidenceStore, components: Any = None) -> Any:
        for document in documents(self, components):
            read.append(document.key)
            yield document

    monkeypatch.setattr(EvidenceStore, "documents", noted)
    for question in (
        lambda: evidence.results(drug="tezomab"),
        lambda: evidence.results(drug="placebo", condition="asthma"),  # placebo alone is in every document
        lambda: evidence.compare("tezomab", "placebo"),
        lambda: evidence.to_networkx(outcome="exacerbation"),
        lambda: evidence.neighbours("severe asthma"),
        lambda: evidence.timeline("tezomab"),
        lambda: evidence.trials(population="children"),
    ):
        read.clear()
        assert len(question()) > 0
        assert set(read) == {"asthma"}
    read.clear()
    assert len(evidence.results(trial="OTHER-23")) == 1
    assert read == ["d23"]
    read.clear()
    assert evidence.results(drug="placebo", until="1999") == []
    assert read == []


def test_answers_do_not_depend_on_how_much_is_read_at_once(
    evidence: EvidenceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, trials, edges = evidence.results(), evidence.trials(), evidence.to_networkx().edges
    monkeypatch.setattr("extractor.graph.base._CHUNK", 1)
    assert evidence.results() == results
    assert evidence.trials() == trials
    assert set(evidence.to_networkx().edges) == set(edges)


# ---- forms of answers


def test_csv_has_a_heading_and_a_line_a_row(evidence: EvidenceGraph, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    rows = evidence.results(drug="Keytruda")
    text = rows.to_csv(file)
    assert file.read_bytes().decode() == text
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["value"], line["ci_low"], line["document"]) for line in lines] == [
        ("0.64", "0.38", "c"), ("0.49", "0.38", "a"),
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == [file]
    assert evidence.conflicts(drug="Blincyto").to_csv().startswith("key,trial,")
    for answer in (evidence.compare("Keytruda", "placebo"), evidence.checks(), evidence.evidence("KEYNOTE-189")):
        assert len(list(csv.DictReader(io.StringIO(answer.to_csv())))) == len(answer) > 0


def test_csv_that_cannot_be_written_leaves_the_old_file(evidence: EvidenceGraph, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        evidence.trials().to_csv(tmp_path / "none" / "rows.csv")


def test_html_is_escaped_and_leaves_empty_columns_out(evidence: EvidenceGraph) -> None:
    page = evidence.timeline("Blincyto")._repr_html_()
    assert "News &lt;i&gt;Daily&lt;/i&gt;" in page
    assert "<i>" not in page
    assert "<th>date</th>" in page
    assert "<th>acronym</th>" not in page
    row = evidence.trials()[0]
    many = Rows(TrialRow, [row] * 60)._repr_html_()
    assert many.count("<tr>") == 51
    assert "60 rows, the first 50 shown" in many
    assert "<th>key</th>" in Rows(NeighbourRow)._repr_html_()


def test_rows_are_lists_of_plain_values(evidence: EvidenceGraph) -> None:
    rows = evidence.results(trial="KEYNOTE-407")
    assert rows == [rows[0]]
    (plain,) = rows.to_dicts()
    assert all(value is None or isinstance(value, str | int | float | bool) for value in plain.values())
    assert (plain["p_value_op"], plain["sources"], plain["arm"]) == ("<", 1, "pembrolizumab")
    assert list(plain) == rows.columns == Rows(ResultRow).columns
    assert Rows(CheckRow).to_dicts() == []


def test_data_frame(evidence: EvidenceGraph) -> None:
    pytest.importorskip("pandas")
    frame = evidence.results(drug="Keytruda").to_pandas()
    assert list(frame["value"]) == [0.64, 0.49]
    assert list(Rows(TrialRow).to_pandas().columns) == Rows(TrialRow).columns


def test_missing_libraries_are_named(evidence: EvidenceGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ExtractorError, match=r"evidence-extractor\[pandas\]"):
        evidence.trials().to_pandas()
    monkeypatch.setitem(sys.modules, "grandcypher", None)
    with pytest.raises(ExtractorError, match=r"evidence-extractor\[cypher\]"):
        evidence.cypher("MATCH (t:trial) RETURN t.name")


# ---- Cypher


def test_cypher_over_types_and_edges(evidence: EvidenceGraph) -> None:
    pytest.importorskip("grandcypher")
    query = "MATCH (t:trial)-[:HAS_ARM]->(a:arm)-[:RECEIVES]->(d:drug) WHERE d.name = 'tezomab' RETURN a.name, a.role"
    assert evidence.cypher(query) == [{"a.name": "tezomab", "a.role": "experimental"}]
    ratios = evidence.cypher(
        "MATCH (r:result) WHERE r.measure = 'hazard_ratio' RETURN r.value", condition="lung cancer"
    )
    assert sorted(row["r.value"] for row in ratios) == [0.49, 0.64]
    assert evidence.cypher("MATCH (c:condition) WHERE c.name = 'gout' RETURN c.name") == []
    with pytest.raises(ExtractorError, match="not a Cypher query"):
        evidence.cypher("FIND ME trials")
