"""Records and graphs that the tests of the exports share."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import networkx

from extractor.records import Dispersion, Record
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


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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
