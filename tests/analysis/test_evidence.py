"""Pooling of what a store holds: orientation, what is comparable, what is left out; and the plots of it."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from extractor.analysis import log_odds_ratio, log_risk_ratio
from extractor.analysis.effect_sizes import TwoByTwo
from extractor.analysis.evidence import PooledEvidence, Settings, pool_evidence
from extractor.cli import main
from extractor.errors import AnalysisError
from extractor.query import EvidenceGraph, UnknownNameError
from extractor.records import Record
from extractor.report.forest import forest_svg, forest_text, heterogeneity, save_forest
from extractor.store import EvidenceStore
from tests.export.made import cream_record
from tests.record_builder import RecordBuilder, lung_record


def trial(
    number: int, events: tuple[int, int], totals: tuple[int, int], drug: str = "ivotinib", **article: Any
) -> Record:
    """One trial of a drug against placebo with a response in so many of so many; at week 12."""
    finding = (
        f"A response was seen in {events[0]} of {totals[0]} on {drug} and in {events[1]} of {totals[1]} on placebo."
    )
    text = f"In NCT0000{number:04d}, {drug} was compared with placebo in gout. {finding}"
    make = RecordBuilder(text, key=f"doc-{number}", title=f"Trial {number}", **article)
    arms = (
        make.arm("a1", "experimental", make.intervention(drug, drug), label=drug),
        make.arm("a2", "comparator", make.intervention("placebo", "placebo"), label="placebo"),
    )
    results = [
        make.result(
            f"r{side}", "count", str(events[side]), finding, outcome="o1", arm=f"a{side + 1}",
            events=make.number(str(events[side])), total=make.number(str(totals[side])), timepoint=(12, "week"),
        )
        for side in (0, 1)
    ]  # fmt: skip
    outcome = make.outcome("o1", "response", "response")
    make.trial(registry=(f"NCT0000{number:04d}",), arms=arms, outcomes=(outcome,), results=tuple(results))
    return make.record()


# told events and totals are different in each trial, so that each number is found in its own place of the text
RECORDS = (
    trial(1, (31, 14), (90, 88)),
    trial(2, (45, 26), (120, 118)),
    trial(3, (17, 19), (61, 60)),
    cream_record(),
    lung_record("lung-1", registry=("NCT02578680",)),
)


@pytest.fixture(scope="module")
def evidence() -> EvidenceGraph:
    return EvidenceGraph.from_records(RECORDS)


@pytest.fixture(scope="module")
def found(evidence: EvidenceGraph) -> PooledEvidence:
    return pool_evidence(evidence, "ivotinib", "placebo")


def table(events: int, total: int, events_control: int, total_control: int) -> TwoByTwo:
    return TwoByTwo(events=events, total=total, events_control=events_control, total_control=total_control)


def test_counts_of_three_trials_are_pooled_as_risk_ratios(found: PooledEvidence) -> None:
    (one,) = found.sets
    assert (one.outcome, one.measure, one.time, len(one.studies)) == ("response", "RR", "12 week", 3)
    assert one.studies[0].effect.estimate == pytest.approx(log_risk_ratio(table(31, 90, 14, 88)).estimate)
    assert one.shown(one.studies[0].effect.estimate) == pytest.approx((31 / 90) / (14 / 88))
    assert [len(row.places) for row in one.studies] == [2, 2, 2]
    assert "31 of 90" in one.studies[0].places[0].quote


def test_the_question_the_other_way_round_turns_the_effect(evidence: EvidenceGraph, found: PooledEvidence) -> None:
    (turned,) = pool_evidence(evidence, "placebo", "ivotinib").sets
    assert turned.pooled.estimate == pytest.approx(-found.sets[0].pooled.estimate)
    assert all(row.turned and row.a == "placebo" for row in turned.studies)


def test_settings_choose_measure_and_method(evidence: EvidenceGraph) -> None:
    (odds,) = pool_evidence(evidence, "ivotinib", "placebo", settings=Settings(counts="OR")).sets
    assert odds.studies[1].effect.estimate == pytest.approx(log_odds_ratio(table(45, 120, 26, 118)).estimate)
    (exact,) = pool_evidence(evidence, "ivotinib", "placebo", settings=Settings(mantel_haenszel=True)).sets
    assert (exact.pooled.method, exact.pooled.model) == ("MH", "common")
    (common,) = pool_evidence(evidence, "ivotinib", "placebo", settings=Settings(model="common")).sets
    assert common.pooled.method == "IV"


def test_estimates_and_means_of_other_trials_stay_apart(evidence: EvidenceGraph) -> None:
    sets = pool_evidence(evidence, "zinc cream", "placebo").sets
    assert {(s.outcome, s.measure) for s in sets} == {("healing", "RR"), ("itch", "MD"), ("relapse", "OR")}
    itch = next(s for s in sets if s.outcome == "itch")
    assert itch.pooled.estimate == pytest.approx(-1.3)
    (ratio,) = pool_evidence(evidence, "pembrolizumab", "placebo").sets
    assert ratio.shown(ratio.pooled.estimate) == pytest.approx(0.49)
    scaled = pool_evidence(evidence, "zinc cream", "placebo", "itch", settings=Settings(means="SMD")).sets
    assert [s.measure for s in scaled] == ["SMD"]


def test_filters_choose_and_unknown_names_are_told(evidence: EvidenceGraph) -> None:
    assert pool_evidence(evidence, "ivotinib", "placebo", min_time="20 weeks").sets == ()
    assert len(pool_evidence(evidence, "ivotinib", "placebo", trial="NCT00000002").sets[0].studies) == 1
    with pytest.raises(UnknownNameError):
        pool_evidence(evidence, "ivotinub", "placebo")


def test_a_study_without_events_in_either_group_is_left_out_with_its_reason() -> None:
    none = EvidenceGraph.from_records([trial(1, (31, 14), (90, 88)), trial(7, (0, 0), (41, 43))])
    found = pool_evidence(none, "ivotinib", "placebo")
    assert [len(s.studies) for s in found.sets] == [1]
    assert any("all or none" in reason for reason in found.left_out)


# ---- plots


def test_text_plot_shows_every_study_and_the_pooled_effect(found: PooledEvidence) -> None:
    lines = forest_text(found.sets[0]).splitlines()
    assert len(lines) == 6
    assert lines[0] == "response, RR, at 12 weeks"
    assert lines[1].count("o") >= 1
    assert "2.17 [" in lines[1]
    assert "#" in lines[4]
    assert lines[5].startswith("Q = ")
    assert heterogeneity(found.sets[0]) == lines[5]


def test_svg_plot_is_well_formed_and_escapes_names(evidence: EvidenceGraph) -> None:
    (one,) = pool_evidence(evidence, "ivotinib", "placebo").sets
    hostile = one.studies[0].__class__(
        **{f: getattr(one.studies[0], f) for f in one.studies[0].__struct_fields__}
        | {"study": "<script>alert('x')</script>\x00 \ud800 & co"}
    )
    bad = one.__class__(
        **{f: getattr(one, f) for f in one.__struct_fields__} | {"studies": (hostile, *one.studies[1:])}
    )
    text = forest_svg(bad)
    assert "<script" not in text
    root = ElementTree.fromstring(text)
    names = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "<script>alert('x')</script>  & co" in names
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 3
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_rows_of_the_svg_stand_where_their_estimates_are(found: PooledEvidence) -> None:
    (one,) = found.sets
    root = ElementTree.fromstring(forest_svg(one))
    boxes = [
        float(r.get("x", "")) + float(r.get("width", "")) / 2 for r in root.iter("{http://www.w3.org/2000/svg}rect")
    ]
    order = sorted(range(3), key=lambda i: one.studies[i].effect.estimate)
    assert sorted(range(3), key=lambda i: boxes[i]) == order


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_plots_are_written_to_files(ending: str, found: PooledEvidence, tmp_path: Path) -> None:
    if ending != "svg":
        pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    save_forest(found.sets[0], tmp_path / f"plot.{ending}")
    start = (tmp_path / f"plot.{ending}").read_bytes()[:8]
    assert start.startswith({"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}[ending])


def test_other_endings_are_refused(found: PooledEvidence, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="ends with"):
        save_forest(found.sets[0], tmp_path / "plot.gif")


# ---- commands


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pool") / "s.db"
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records(RECORDS)
    return path


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_pool_shows_plot_sentences_and_what_was_left_out(store: Path, tmp_path: Path) -> None:
    done = invoke("pool", "ivotinib", "placebo", "--store", store, "--plot", tmp_path / "p.svg", "--hartung-knapp")
    assert done.exit_code == 0
    assert "Pooled, random effects" in done.stdout
    assert "“A response was seen in 31 of 90 on ivotinib" in done.stdout
    assert (tmp_path / "p.svg").exists()
    plain = invoke("compare", "ivotinib", "placebo", "--store", store)
    assert "“" not in plain.stdout
    assert "response, RR" in plain.stdout


def test_nothing_to_pool_is_told(store: Path) -> None:
    done = invoke("pool", "ivotinib", "pembrolizumab", "--store", store)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no trial compares" in done.stderr
    unknown = invoke("pool", "ivotinub", "placebo", "--store", store)
    assert (unknown.exit_code, "ivotinib" in unknown.output) == (1, True)


def test_ratios_beyond_what_numbers_hold_are_still_shown(found: PooledEvidence) -> None:
    assert math.isfinite(found.sets[0].shown(1e6))
