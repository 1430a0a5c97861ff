"""Graph formats are read back by what reads them; no attribute is too odd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.export import (
    to_cytoscape,
    to_gexf,
    to_graphml,
    to_neo4j,
    to_node_link,
)
from extractor.export.neo4j import NEO4J_FILES
from extractor.export.plain import plain_attributes, unified
from extractor.query import EvidenceGraph
from tests.export.made import rows


def shape(graph: networkx.MultiDiGraph) -> tuple[set[str], list[tuple[str, str]]]:
    return set(graph), sorted((a, b) for a, b, _ in graph.edges)


def test_graphml_gives_the_graph_back(evidence: EvidenceGraph, graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    to_graphml(evidence, tmp_path / "x.graphml")
    back = networkx.read_graphml(tmp_path / "x.graphml", force_multigraph=True)
    assert shape(back) == shape(graph)
    for node, data in graph.nodes(data=True):
        assert back.nodes[node] == data
    keys = {data["key"] for _, _, data in back.edges(data=True)}
    assert keys == {key for _, _, key in graph.edges}
    assert 'attr.name="value"' in (text := (tmp_path / "x.graphml").read_text())
    assert text.count('attr.name="value"') == 2  # once for nodes, once for edges


def test_gexf_gives_the_graph_back(evidence: EvidenceGraph, graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    to_gexf(evidence, tmp_path / "x.gexf")
    back = networkx.read_gexf(tmp_path / "x.gexf")
    assert shape(networkx.MultiDiGraph(back)) == shape(graph)
    for node, data in graph.nodes(data=True):
        assert back.nodes[node]["label"] == data["name"]
        assert back.nodes[node].get("value") == data.get("value")
    quoted = [data for *_, data in back.edges(data=True) if data.get("type_") == "EVIDENCED_BY"]
    assert quoted and all(data["end_"] > data["start_"] >= 0 for data in quoted)
    assert 'start="' not in (tmp_path / "x.gexf").read_text()  # offsets are not times


def test_node_link_and_cytoscape_give_the_graph_back(graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    to_node_link(graph, tmp_path / "x.json")
    data = json.loads((tmp_path / "x.json").read_bytes())
    back = networkx.node_link_graph(data, edges="edges")
    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    assert list(back.edges(keys=True, data=True)) != []
    assert {(a, b, k): d for a, b, k, d in back.edges(keys=True, data=True)} == {
        (a, b, k): d for a, b, k, d in graph.edges(keys=True, data=True)
    }
    to_cytoscape(graph, tmp_path / "y.json")
    data = json.loads((tmp_path / "y.json").read_bytes())
    back = networkx.cytoscape_graph(data)
    assert shape(back) == shape(graph)
    ids = [edge["data"]["id"] for edge in data["elements"]["edges"]]
    assert len(set(ids)) == graph.number_of_edges()
    for node, attributes in graph.nodes(data=True):
        assert back.nodes[node].get("figure_value") == attributes.get("value")


def test_neo4j_holds_every_node_and_relationship(graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    to_neo4j(graph, tmp_path / "import")
    assert {entry.name for entry in (tmp_path / "import").iterdir()} == set(NEO4J_FILES)
    nodes, edges = rows(tmp_path / "import" / "nodes.csv"), rows(tmp_path / "import" / "relationships.csv")
    assert {row["key:ID"] for row in nodes} == set(graph)
    assert {row[":LABEL"] for row in nodes} >= {"Trial", "Arm", "Result", "Document"}
    assert sorted((row[":START_ID"], row[":END_ID"], row[":TYPE"]) for row in edges) == sorted(
        (a, b, data["type"]) for a, b, data in graph.edges(data=True)
    )
    by_key = {row["key:ID"]: row for row in nodes}
    for node, data in graph.nodes(data=True):
        if "value" in data:
            assert float(by_key[node]["value:double"]) == data["value"]
    to_neo4j(graph, tmp_path / "import")  # an earlier export is replaced
    (tmp_path / "import" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        to_neo4j(graph, tmp_path / "import")
    assert (tmp_path / "import" / "notes.txt").read_text() == "mine"


ATTRIBUTES = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.integers() | st.text(max_size=5) | st.none(), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ATTRIBUTES, min_size=2, max_size=4), st.lists(ATTRIBUTES, max_size=3))
def test_no_attribute_is_too_odd_for_any_format(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> None:
    odd = networkx.MultiDiGraph()
    for number, data in enumerate(nodes):
        odd.add_node(f"n{number}")
        odd.nodes[f"n{number}"].update(data)
    for number, data in enumerate(edges):
        odd.add_edge("n0", "n1", key=f"k{number}")
        odd.edges["n0", "n1", f"k{number}"].update(data)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        to_graphml(odd, path / "a")
        back = networkx.read_graphml(path / "a", force_multigraph=True)
        assert back.number_of_edges() == len(edges)
        to_gexf(odd, path / "b")
        assert set(networkx.read_gexf(path / "b")) == set(odd)
        to_node_link(odd, path / "c")
        assert len(json.loads((path / "c").read_bytes())["nodes"]) == len(nodes)
        to_cytoscape(odd, path / "d")
        assert len(json.loads((path / "d").read_bytes())["elements"]["edges"]) == len(edges)
        to_neo4j(odd, path / "e")
        assert len(rows(path / "e" / "nodes.csv")) == len(nodes)


def test_plain_attributes() -> None:
    given_ = {
        "a": None,
        "b": [1, None, "x"],
        "c": float("nan"),
        "d": "\x00ok",
        "e": {"k": 1},
        "f": 0,
        "g": False,
        "h": (),
    }
    assert plain_attributes(given_) == {"b": "1; x", "d": "�ok", "e": '{"k": 1}', "f": 0, "g": False}
    assert unified([{"x": 1, "y": 1}, {"x": 0.5, "y": "a"}]) == {"x": float, "y": str}
