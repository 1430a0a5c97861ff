"""Tables for meta-analysis: numbers, derivations, sentences, and what is left out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from extractor.export import (
    to_metafor,
    to_netmeta,
    to_revman,
)
from extractor.export.effects import comparable
from extractor.export.figures import figures_of
from extractor.export.tables import METAFOR, NETMETA, REVMAN, safe_cell
from extractor.query import EvidenceGraph
from tests.export.made import RECORDS, rows, with_results


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


def test_a_percentage_of_a_known_number_becomes_a_count(tmp_path: Path) -> None:
    first = {"measure": "percentage", "value": 35.0, "printed": "35.0", "unit": "%", "total": 20}
    second = {"measure": "percentage", "value": 0, "printed": "0", "total": 31}
    path = tmp_path / "x.csv"
    assert to_metafor(with_results(("1", first), ("2", second)), path).rows == 1
    (row,) = rows(path)
    assert [row[name] for name in ("ai", "bi", "ci", "di")] == ["7", "13", "0", "31"]
    assert row["derivation"].startswith("first group: events = 35 % of 20, rounded; second group")
    done = to_metafor(with_results(("1", first | {"value": 36.0, "printed": "36.0"}), ("2", second)), path)
    assert (done.rows, done.left_out["no events and total"]) == (0, 1)  # no whole number of 20 is 36.0 %
    bare = {name: value for name, value in first.items() if name != "total"}
    assert (
        to_metafor(with_results(("1", bare), ("2", second)), path).rows == 0
    )  # of the whole group, or of a part of it
    survival = with_results(("1", first), ("2", second))
    survival.nodes["outcome:o"]["name"] = "overall survival"
    assert to_metafor(survival, path).rows == 0


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
