"""The graph is what schemas/graph.md says it is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import networkx
import pytest

from extractor.assembly import AssembledTrial, Conflict, ConflictSide
from extractor.graph import EDGE_TYPES, NODE_TYPES, EvidenceBase, build_graph
from extractor.records import Mention
from extractor.store import Selection
from tests.record_builder import infant_record, lung_record

MODEL = (Path(__file__).parent.parent / "schemas" / "graph.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def graph() -> networkx.MultiDiGraph:
    infants = infant_record()
    transplant = Mention(text="phase 2", start=4, end=11, label="procedure", concept="stem cell transplantation")
    records = [
        msgspec.structs.replace(infants, mentions=(*infants.mentions, transplant)),
        lung_record("a", registry=("NCT02578680",)),
        lung_record("b", lead="B. ", url="https://b.example"),
    ]
    return build_graph(map(with_conflict, EvidenceBase.from_records(records).trials()))


def with_conflict(trial: AssembledTrial) -> AssembledTrial:
    """The trial with its first two figures, if it has as many, said to contradict each other."""
    if len(trial.facts) < 2:
        return trial
    sides = tuple(
        ConflictSide(
            fact=fact.key, measure=fact.measure, value=fact.result.value, unit=fact.result.unit,
            belief=fact.belief.score, evidence=fact.evidence,
        )
        for fact in trial.facts[:2]
    )  # fmt: skip
    conflict = Conflict(
        key="conflict:made", trial=trial.key, outcome=None, measure="percentage", arm=None, comparator=None,
        timepoint="24 month", subgroup="", sides=sides, open=("arm",),
    )  # fmt: skip
    return msgspec.structs.replace(trial, conflicts=(conflict,))


def documented(heading: str) -> dict[str, list[set[str]]]:
    """Return type -> cells (as sets of words) of the table under ``heading``."""
    part = MODEL.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in part.splitlines() if line.startswith("| ")][1:]
    return {
        row[0].strip(): [set(re.findall(r"[A-Za-z_0-9]+", re.sub(r"\(.*?\)", "", cell))) for cell in row]
        for row in rows
    }


def test_documented_types_are_those_of_the_code() -> None:
    assert set(documented("Nodes")) == set(NODE_TYPES)
    edges = documented("Edges")
    assert {kind: (cells[1], cells[2]) for kind, cells in edges.items()} == {
        kind: (set(sources), set(targets)) for kind, (sources, targets) in EDGE_TYPES.items()
    }


def test_nodes_and_their_attributes_are_documented(graph: networkx.MultiDiGraph) -> None:
    nodes = documented("Nodes")
    seen = set()
    for key, attributes in graph.nodes(data=True):
        kind = attributes["type"]
        seen.add(kind)
        assert key.startswith(f"{kind}:")
        assert attributes.keys() - {"type", "name"} <= nodes[kind][-1], (key, attributes)
        assert all(isinstance(value, str | int | float | bool) for value in attributes.values())
    assert seen == set(NODE_TYPES)


def test_edges_and_their_attributes_are_documented(graph: networkx.MultiDiGraph) -> None:
    edges = documented("Edges")
    seen = set()
    for source, target, attributes in graph.edges(data=True):
        kind = attributes["type"]
        seen.add(kind)
        allowed = EDGE_TYPES[kind]
        assert graph.nodes[source]["type"] in allowed[0]
        assert graph.nodes[target]["type"] in allowed[1]
        assert attributes.keys() - {"type"} <= edges[kind][-1], (kind, attributes)
    assert seen == set(edges)


def test_a_result_hangs_on_trial_arms_outcome_and_documents(graph: networkx.MultiDiGraph) -> None:
    (result,) = [key for key, data in graph.nodes(data=True) if data.get("measure") == "hazard_ratio"]
    data = graph.nodes[result]
    assert (data["value"], data["ci_low"], data["p_op"], data["documents"]) == (0.49, 0.38, "<", 2)
    out = {(edge["type"], target) for _, target, edge in graph.out_edges(result, data=True)}
    assert out == {
        ("MEASURES", "outcome:overall survival"),
        ("OF_ARM", "arm:NCT02578680/pembrolizumab"),
        ("VERSUS", "arm:NCT02578680/placebo"),
        ("EVIDENCED_BY", "document:a"),
        ("EVIDENCED_BY", "document:b"),
    }
    assert graph.has_edge("trial:NCT02578680", result)


def test_evidence_edges_carry_quote_and_offsets(graph: networkx.MultiDiGraph) -> None:
    text = infant_record().document.text
    edges = [
        data
        for _, target, data in graph.edges(data=True)
        if data["type"] == "EVIDENCED_BY" and target == "document:infants.html"
    ]
    assert len(edges) == 3
    for data in edges:
        assert text[data["start"] : data["end"]] == data["quote"]
        assert data["url"] == "https://news.example/infants"


def test_graph_survives_graphml(graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    file = tmp_path / "graph.graphml"
    networkx.write_graphml(graph, file)
    again = networkx.read_graphml(file, force_multigraph=True)
    assert set(again.nodes) == set(graph.nodes)
    assert again.number_of_edges() == graph.number_of_edges()


def test_selection_equals_its_part_of_the_whole() -> None:
    base = EvidenceBase.from_records(
        [
            infant_record(),
            lung_record("a", registry=("NCT02578680",)),
            lung_record("b"),
            lung_record("c", acronym="KEYNOTE-407", ratio="0.71"),
        ]
    )
    whole = {trial.key: trial for trial in base.trials()}
    part = base.trials(Selection(keys=("NCT02578680",)))
    assert [trial.key for trial in part] == ["trial:NCT02578680"]
    assert all(whole[trial.key] == trial for trial in part)
