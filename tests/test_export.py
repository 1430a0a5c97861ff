"""Each format is read back by what reads it; what cannot be compared is left out; nothing is half written."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.cli import main
from extractor.cli_export import _FORMATS
from extractor.export import (
    FORMATS,
    Exported,
    export,
    to_cytoscape,
    to_fhir,
    to_gexf,
    to_graphml,
    to_metafor,
    to_neo4j,
    to_netmeta,
    to_node_link,
    to_parquet,
    to_revman,
)
from extractor.export.effects import comparable
from extractor.export.fhir import statistic_codes
from extractor.export.figures import figures_of
from extractor.export.files import atomic_file, atomic_folder
from extractor.export.neo4j import NEO4J_FILES
from extractor.export.parquet import PARQUET
from extractor.export.plain import plain_attributes, unified
from extractor.export.tables import METAFOR, NETMETA, REVMAN, safe_cell
from extractor.query import EvidenceGraph
from extractor.records import MEASURES, Dispersion, Record
from extractor.store import EvidenceStore
from tests.record_builder import RecordBuilder, infant_record, lung_record


def cream_record(**article: Any) -> Record:
    """Two groups with events of N, means with SD, and an odds ratio without interval but with a p-value."""
    events = "Healing was seen in 24 of 60 patients with the cream and in 12 of 58 with placebo."
    means = "Mean itch was 3.1 (SD 1.2) and 4.4 (SD 1.4), respectively."
    ratio = "The odds ratio for relapse was 0.5 (P=0.03)."
    text = f"=Cream or placebo? {events} {means} {ratio}"
    make = RecordBuilder(text, key="cream.html", url="https://news.example/cream", title="=Cream", **article)
    arms = (
        make.arm("a1", "experimental", make.intervention("cream", "zinc cream"), label="the cream"),
        make.arm("a2", "comparator", make.intervention("placebo", "placebo"), label="placebo"),
    )
    outcomes = (
        make.outcome("o1", "Healing", "healing"), make.outcome("o2", "itch", "itch"), make.outcome("o3", "relapse", "relapse"),
    )  # fmt: skip
    sides = {"arm": "a1", "comparator": "a2"}

    def count(key: str, arm: str, printed: str, total: str) -> Any:
        fields = {"events": make.number(printed), "total": make.number(total), "timepoint": (12, "week")}
        return make.result(key, "count", printed, events, outcome="o1", arm=arm, **fields)

    def mean(key: str, arm: str, printed: str, sd: float, total: str) -> Any:
        fields = {"dispersion": Dispersion(kind="sd", value=sd), "total": make.number(total)}
        return make.result(key, "mean", printed, means, outcome="o2", arm=arm, **fields)

    make.trial(
        registry=(),
        arms=arms,
        outcomes=outcomes,
        results=(
            count("r1", "a1", "24", "60"),
            count("r2", "a2", "12", "58"),
            mean("r3", "a1", "3.1", 1.2, "60"),
            mean("r4", "a2", "4.4", 1.4, "58"),
            make.result("r5", "odds_ratio", "0.5", ratio, outcome="o3", p=("=", 0.03), **sides),
        ),
    )
    return make.record()


RECORDS = (infant_record(), lung_record("lung-1", registry=("NCT02578680",)), cream_record())


@pytest.fixture(scope="module")
def evidence() -> EvidenceGraph:
    return EvidenceGraph.from_records(RECORDS)


@pytest.fixture(scope="module")
def graph(evidence: EvidenceGraph) -> networkx.MultiDiGraph:
    return evidence.to_networkx()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- graph formats


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


# ---- tables


def only(rows: list[dict[str, str]], **wanted: str) -> dict[str, str]:
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


def quoted(row: dict[str, str], suffix: str = "") -> None:
    texts = {record.document.id: record.document.text for record in RECORDS}
    text = texts[row[f"document{suffix}"]]
    found = text[int(row[f"start{suffix}"]) : int(row[f"end{suffix}"])]
    assert row[f"quote{suffix}"].removeprefix("'") == found


def test_metafor_rows(evidence: EvidenceGraph, tmp_path: Path) -> None:
    done = to_metafor(evidence, tmp_path / "m.csv")
    found = rows(tmp_path / "m.csv")
    assert tuple(found[0]) == METAFOR
    assert done.rows == len(found) == 4
    ratio = only(found, measure="HR")
    assert float(ratio["yi"]) == pytest.approx(math.log(0.49))
    assert float(ratio["sei"]) == pytest.approx((math.log(0.64) - math.log(0.38)) / (2 * 1.959964), rel=1e-6)
    assert float(ratio["vi"]) == pytest.approx(float(ratio["sei"]) ** 2)
    assert (ratio["treat1"], ratio["treat2"], ratio["study"]) == ("pembrolizumab", "placebo", "KEYNOTE-189")
    assert "95 % interval" in ratio["derivation"]
    quoted(ratio)
    events = only(found, measure="events")
    assert [events[name] for name in ("ai", "bi", "ci", "di", "n1i", "n2i")] == ["24", "36", "12", "46", "60", "58"]
    assert events["set"] == "healing | events | 84 day"
    quoted(events)
    quoted(events, "2")
    means = only(found, measure="means")
    assert [means[name] for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")] == [
        "3.1",
        "1.2",
        "60",
        "4.4",
        "1.4",
        "58",
    ]
    odds = only(found, measure="OR")
    assert float(odds["sei"]) == pytest.approx(math.log(2) / 2.170090, rel=1e-5)
    assert "two-sided p = 0.03" in odds["derivation"]


def test_what_cannot_be_compared_is_counted(evidence: EvidenceGraph, tmp_path: Path) -> None:
    done = to_metafor(evidence, tmp_path / "m.csv")
    assert done.left_out["only cited or expected"] == 1  # Interfant-06
    assert done.left_out["no events and total"] + done.left_out["no group"] == 2  # the infants' survival
    assert "infants.html" not in {row["document"] for row in rows(tmp_path / "m.csv")}


def test_netmeta_rows(evidence: EvidenceGraph, tmp_path: Path) -> None:
    assert to_netmeta(evidence, tmp_path / "n.csv").rows == 4
    found = rows(tmp_path / "n.csv")
    assert tuple(found[0]) == NETMETA
    events = only(found, measure="events")
    assert events["sm"] == "OR"
    assert float(events["TE"]) == pytest.approx(math.log(24 * 46 / (36 * 12)))
    assert float(events["seTE"]) == pytest.approx(math.sqrt(1 / 24 + 1 / 36 + 1 / 12 + 1 / 46))
    means = only(found, measure="means")
    assert (means["sm"], float(means["TE"])) == ("MD", pytest.approx(-1.3))
    assert float(means["seTE"]) == pytest.approx(math.sqrt(1.44 / 60 + 1.96 / 58))
    assert {row["treat2"] for row in found} == {"placebo"}


def test_revman_rows(evidence: EvidenceGraph, tmp_path: Path) -> None:
    assert to_revman(evidence, tmp_path / "r.csv").rows == 4
    found = rows(tmp_path / "r.csv")
    assert tuple(found[0]) == REVMAN
    events = only(found, Outcome="healing")
    assert [events[name] for name in ("Experimental cases", "Experimental N", "Control cases", "Control N")] == [
        "24",
        "60",
        "12",
        "58",
    ]
    means = only(found, Outcome="itch")
    assert (means["Experimental mean"], means["Control SD"]) == ("3.1", "1.4")
    ratio = only(found, Study="KEYNOTE-189")
    assert (ratio["Effect measure"], float(ratio["GIV Mean"])) == ("HR", pytest.approx(math.log(0.49)))


def with_results(
    *results: tuple[str, dict[str, Any]], roles: tuple[str, str] = ("experimental", "comparator")
) -> networkx.MultiDiGraph:
    """A graph of one trial; each result is (side, attributes), side "1", "2" or "12"."""
    graph = networkx.MultiDiGraph()
    graph.add_node("trial:T", type="trial", name="T")
    graph.add_node("document:d", type="document", name="D")
    graph.add_node("outcome:o", type="outcome", name="o")
    for number, role in enumerate(roles, 1):
        graph.add_node(f"arm:T/{number}", type="arm", name=f"arm {number}", role=role, size=20)
        graph.add_edge("trial:T", f"arm:T/{number}", key="HAS_ARM", type="HAS_ARM")
        graph.add_node(f"drug:{number}", type="drug", name=f"drug {number}")
        graph.add_edge(f"arm:T/{number}", f"drug:{number}", key="RECEIVES", type="RECEIVES")
    for number, (side, attributes) in enumerate(results):
        node = f"result:T/{number}"
        graph.add_node(node, type="result", name=node, context="reported", **attributes)
        graph.add_edge("trial:T", node, key="HAS_RESULT", type="HAS_RESULT")
        graph.add_edge(node, "outcome:o", key="MEASURES", type="MEASURES")
        for kind, arm in zip(("OF_ARM", "VERSUS"), side, strict=False):
            graph.add_edge(node, f"arm:T/{arm}", key=kind, type=kind)
        graph.add_edge(
            node, "document:d", key="E", type="EVIDENCED_BY", document="d", start=0, end=1, quote="-x", **attributes
        )
    return graph


def test_no_trial_counts_twice() -> None:
    ratio = {"measure": "hazard_ratio", "value": 0.5, "ci_low": 0.4, "ci_high": 0.625, "belief": 0.7}
    other = {"value": 0.6, "ci_high": 0.9, "belief": 0.8, "marks": "contradicted"}
    effects, left = comparable(figures_of(with_results(("12", ratio), ("12", ratio | other))))
    assert [(effect.others, effect.yi, effect.marks) for effect in effects] == [(1, math.log(0.6), "contradicted")]
    assert left == {"another figure of the same comparison": 1}


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([("12", {"measure": "hazard_ratio", "value": 0.5})], "no standard error"),
        ([("12", {"measure": "hazard_ratio", "value": 0, "p_op": "=", "p_value": 0.1})], "ratio not above 0"),
        ([("1", {"measure": "hazard_ratio", "value": 0.5, "ci_low": 0.4, "ci_high": 0.6})], "no comparator"),
        ([("1", {"measure": "percentage", "value": 50})], "no events and total"),
        ([("1", {"measure": "mean", "value": 50, "total": 9})], "no SD and n"),
        ([("1", {"measure": "count", "value": 1, "events": 1, "total": 9})], "no figure of the other group"),
        ([("", {"measure": "percentage", "value": 50})], "no group"),
        ([("1", {"measure": "percentage"})], "no value"),
        (
            [("1", {"measure": "count", "value": 1, "events": 1, "total": 10}), ("2", {"measure": "count", "value": 9, "events": 9, "total": 10})],
            "cases divided among the groups, not groups with cases",
        ),
    ],
)  # fmt: skip
def test_reasons(results: list[Any], reason: str) -> None:
    effects, left = comparable(figures_of(with_results(*results)))
    assert effects == []
    assert list(left) == [reason]


def test_zero_is_a_value(tmp_path: Path) -> None:
    none = {"measure": "count", "value": 0, "events": 0, "total": 20}
    some = {"measure": "count", "value": 5, "events": 5, "total": 20}
    path = tmp_path / "x.csv"
    assert to_metafor(with_results(("1", none), ("2", some)), path).rows == 1
    assert (rows(path)[0]["ai"], rows(path)[0]["ci"]) == ("0", "5")
    assert to_netmeta(with_results(("1", none), ("2", some)), path).rows == 1
    assert float(rows(path)[0]["TE"]) == pytest.approx(math.log(0.5 * 15.5 / (20.5 * 5.5)))
    done = to_netmeta(with_results(("1", none), ("2", none)), path)
    assert (done.rows, done.left_out) == (0, {"no event in either group, or in everybody": 1})
    flat = {"measure": "mean_difference", "value": 0, "ci_low": -1, "ci_high": 1}
    assert to_metafor(with_results(("12", flat)), path).rows == 1
    assert rows(path)[0]["yi"] == "0"


def test_standard_error_becomes_standard_deviation(tmp_path: Path) -> None:
    first = {"measure": "mean", "value": 3.0, "spread": "se", "spread_value": 0.5}
    to_metafor(with_results(("1", first), ("2", first | {"value": 4.0, "total": 16})), tmp_path / "x.csv")
    (row,) = rows(tmp_path / "x.csv")
    assert float(row["sd1i"]) == pytest.approx(0.5 * math.sqrt(20))  # the group's size
    assert float(row["sd2i"]) == pytest.approx(2.0)
    assert "SE * sqrt(n), n is the size of the group" in row["derivation"]


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_text_cell_is_a_formula(text: str, tmp_path: Path) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(-0.5) == -0.5
    assert safe_cell("a=b") == "a=b"
    ratio = {"measure": "hazard_ratio", "value": 0.5, "ci_low": 0.4, "ci_high": 0.625}
    to_metafor(with_results(("12", ratio)), tmp_path / "x.csv")
    (row,) = rows(tmp_path / "x.csv")
    assert (row["quote"], float(row["yi"])) == ("'-x", math.log(0.5))


# ---- Parquet and FHIR


def test_parquet_has_a_row_for_each_place(
    evidence: EvidenceGraph, graph: networkx.MultiDiGraph, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    done = to_parquet(evidence, tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    assert table.column_names == list(PARQUET)
    stated = sum(kind == "EVIDENCED_BY" for _, _, kind in graph.edges(data="type"))
    assert table.num_rows == stated == (done.rows if done else 0)
    quotes = {row["quote"] for row in table.to_pylist()}
    assert quotes == {data["quote"] for *_, data in graph.edges(data=True) if data["type"] == "EVIDENCED_BY"}
    empty = networkx.MultiDiGraph()
    to_parquet(empty, tmp_path / "y.parquet")
    assert parquet.read_table(tmp_path / "y.parquet").schema == table.schema


def test_fhir_bundle_is_valid(evidence: EvidenceGraph, graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    bundles = pytest.importorskip("fhir.resources.bundle")
    done = to_fhir(evidence, tmp_path / "x.json")
    data = json.loads((tmp_path / "x.json").read_bytes())
    bundle = bundles.Bundle.model_validate(data)
    kinds = [entry.resource.__resource_type__ for entry in bundle.entry]
    assert kinds.count("Evidence") == done.rows == sum(kind == "result" for _, kind in graph.nodes(data="type"))
    assert kinds.count("Citation") == len(RECORDS)
    urls = {entry["fullUrl"] for entry in data["entry"]}
    assert len(urls) == len(data["entry"])
    assert references(data) <= urls
    ratio = statistic_of(data, "0.49")
    assert ratio["statisticType"]["coding"][0]["code"] == "C93150"
    interval, p = ratio["attributeEstimate"]
    assert (interval["level"], interval["range"]["low"]["value"], interval["range"]["high"]["value"]) == (
        0.95,
        0.38,
        0.64,
    )
    assert (p["quantity"]["value"], p["quantity"]["comparator"]) == (0.001, "<")
    count = statistic_of(data, "24")
    assert (count["numberAffected"], count["sampleSize"]["knownDataCount"]) == (24, 60)


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        return (
            {value["reference"]}
            if set(value) == {"reference"}
            else set().union(*map(references, value.values()), set())
        )
    return set().union(*map(references, value), set()) if isinstance(value, list) else set()


def statistic_of(data: Any, value: str) -> Any:
    evidence = [entry["resource"] for entry in data["entry"] if entry["resource"]["resourceType"] == "Evidence"]
    (found,) = [
        e["statistic"][0] for e in evidence if f"{e['statistic'][0].get('quantity', {}).get('value'):g}" == value
    ]
    return found


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=12), st.sampled_from(MEASURES), st.none() | st.integers(-5, 500), st.text(max_size=12))
def test_any_figure_is_a_valid_resource(text: str, measure: str, value: int | None, unit: str) -> None:
    from extractor.export.fhir import bundle_of

    bundles = pytest.importorskip("fhir.resources.bundle")
    figure = {
        "measure": measure, "unit": unit, "subgroup": text, "spread": "iqr", "spread_low": 5, "spread_high": 2,
        "events": 3, "total": 2.5, "ci_low": 1.0, "ci_high": -1.0, "p_op": ">=", "p_value": 0.5,
    }  # fmt: skip
    graph = with_results(("12", figure | ({} if value is None else {"value": value})))
    graph.nodes["document:d"].update(name=text, published=text)
    graph.edges["result:T/0", "document:d", "E"].update(url=text, quote=text)
    bundle = bundle_of(figures_of(graph))
    assert len(bundles.Bundle.model_validate_json(json.dumps(bundle)).entry) >= 6


def test_codes_are_of_known_measures() -> None:
    names = {name for use, name in statistic_codes() if use == "statistic"}
    assert names < set(MEASURES)
    assert {name for use, name in statistic_codes() if use == "attribute"} == {"ci", "p", "sd", "se", "iqr", "range"}


# ---- selection, files, command line


def test_filters_choose_results_and_what_hangs_on_them(evidence: EvidenceGraph, tmp_path: Path) -> None:
    to_node_link(evidence, tmp_path / "x.json", drug="Blincyto", outcome="OS", measure=None)
    nodes = json.loads((tmp_path / "x.json").read_bytes())["nodes"]
    results = [node for node in nodes if node["type"] == "result"]
    assert [node["value"] for node in results] == [93.3]
    assert {node["id"] for node in nodes if node["type"] == "document"} == {"document:infants.html"}
    to_node_link(evidence, tmp_path / "x.json", measure="hazard_ratio")
    nodes = json.loads((tmp_path / "x.json").read_bytes())["nodes"]
    assert [node["value"] for node in nodes if node["type"] == "result"] == [0.49]
    to_node_link(evidence, tmp_path / "x.json", phase="2")
    nodes = json.loads((tmp_path / "x.json").read_bytes())["nodes"]
    assert len([node for node in nodes if node["type"] == "trial"]) == 1


def test_a_networkx_graph_takes_no_filters(graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="as it is"):
        to_graphml(graph, tmp_path / "x", drug="Blincyto")
    with pytest.raises(TypeError, match="neither"):
        to_graphml("evidence.db", tmp_path / "x")
    with pytest.raises(ValueError, match="graphml"):
        export(graph, tmp_path / "x", "dot")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, ZeroDivisionError])
def test_a_failure_leaves_what_was_there(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("before")

    def half_a_file() -> None:
        with atomic_file(path) as file:
            file.write(b"half")
            raise error

    def half_a_folder() -> None:
        with atomic_folder(tmp_path / "folder", frozenset({"a"})) as folder:
            (folder / "a").write_text("half")
            raise error

    for interrupted in (half_a_file, half_a_folder):
        with pytest.raises(error):
            interrupted()
        assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]
        assert path.read_text() == "before"


def test_files_keep_their_mode_and_links(tmp_path: Path) -> None:
    target, link = tmp_path / "x", tmp_path / "link"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    with atomic_file(link) as file:
        file.write(b"after")
    assert link.is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("after", 0o640)
    with pytest.raises(IsADirectoryError), atomic_file(tmp_path):
        pass
    with pytest.raises(NotADirectoryError), atomic_folder(target, frozenset()):
        pass
    with atomic_file(os.devnull) as file:
        file.write(b"gone")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.db"
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records(RECORDS)
    return path


@pytest.fixture
def run() -> Callable[..., Any]:
    return lambda *arguments: CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_every_format_by_command(store: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    assert set(_FORMATS) == set(FORMATS)
    for form in _FORMATS:
        if form == "parquet":
            pytest.importorskip("pyarrow")
        done = run("--store", store, "--format", form, "-o", tmp_path / form)
        assert done.exit_code == 0, done.output
        assert (tmp_path / form).exists()


def test_table_on_stdout_with_the_count_on_stderr(store: Path, run: Callable[..., Any]) -> None:
    done = run("--store", store, "--format", "metafor", "-o", "-", "--drug", "pembrolizumab")
    assert done.exit_code == 0
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["study"] == "KEYNOTE-189"
    assert done.stderr == "1 rows\n"


def test_errors_are_told_and_nothing_is_written(store: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    before = sorted(entry.name for entry in tmp_path.iterdir())
    done = run("--store", store, "--format", "graphml", "-o", tmp_path / "x", "--drug", "nosuchdrug")
    assert (done.exit_code, "unknown drug" in done.stderr) == (1, True)
    done = run("--store", tmp_path / "none.db", "--format", "graphml", "-o", tmp_path / "x")
    assert done.exit_code == 1
    done = run("--store", store, "--format", "graphml", "-o", tmp_path / "no" / "x")
    assert done.exit_code == 1
    done = run("--store", store, "--format", "neo4j", "-o", "-")
    assert done.exit_code == 2
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.startswith("evidence.db-")] == before
    assert sqlite3.connect(store).execute("pragma integrity_check").fetchone() == ("ok",)


def test_ctrl_c_leaves_what_was_there(
    store: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(networkx, "write_graphml", interrupted)
    (tmp_path / "x").write_text("before")
    done = run("--store", store, "--format", "graphml", "-o", tmp_path / "x")
    assert done.exit_code == 130
    assert (tmp_path / "x").read_text() == "before"
    assert not [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".x")]


def test_exported_is_plain() -> None:
    assert Exported(rows=0).left_out == {}


def test_documented_formats_and_columns_are_those_of_the_code() -> None:
    parts = (Path(__file__).parent.parent / "schemas" / "export.md").read_text(encoding="utf-8").split("\n## ")
    first = [[line.split("|")[1].strip() for line in part.splitlines() if line.startswith("| ")][1:] for part in parts]
    assert tuple(first[0]) == tuple(FORMATS)
    columns = {name.strip() for cell in first[1] for name in cell.split(",")}
    assert columns == {*METAFOR, *NETMETA, *REVMAN}


def test_a_contradiction_is_exported_with_both_sides_or_not_at_all(tmp_path: Path) -> None:
    odd = networkx.MultiDiGraph()
    odd.add_node("conflict:c", type="conflict")
    for node in ("result:1", "result:2"):
        odd.add_node(node, type="result")
        odd.add_edge("trial:t", node, key="HAS_RESULT", type="HAS_RESULT")
        odd.add_edge("conflict:c", node, key="BETWEEN", type="BETWEEN")

    class Queried:
        def __init__(self, *keys: str) -> None:
            self.keys = keys

        def results(self, **filters: Any) -> list[Any]:
            return [type("Row", (), {"key": key}) for key in self.keys]

        def to_networkx(self, **filters: Any) -> networkx.MultiDiGraph:
            return odd

    to_node_link(Queried("result:1", "result:2"), tmp_path / "x", drug="d")
    assert {node["id"] for node in json.loads((tmp_path / "x").read_bytes())["nodes"]} >= {
        "conflict:c",
        "result:1",
        "result:2",
    }
    to_node_link(Queried("result:1"), tmp_path / "x", drug="d")
    assert {node["id"] for node in json.loads((tmp_path / "x").read_bytes())["nodes"]} == {"trial:t", "result:1"}
