"""FHIR resources are valid, Parquet has a row for each place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.export import (
    to_fhir,
    to_parquet,
)
from extractor.export.fhir import statistic_codes
from extractor.export.figures import figures_of
from extractor.export.parquet import PARQUET
from extractor.query import EvidenceGraph
from extractor.records import MEASURES
from tests.export.made import RECORDS, with_results


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
