"""What only several documents of one trial show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from extractor.assembly import AssembledTrial, Conflict, ConflictSide, Fact, assemble, reports_of
from extractor.checks import CHECK_KINDS
from extractor.checks.assembled import ASSEMBLED_KINDS, check_assembled
from extractor.query import EvidenceGraph
from extractor.records import Record
from tests.record_builder import RecordBuilder, lung_record

NCT = "NCT02578680"


def assembled(*records: Record) -> AssembledTrial:
    (trial,) = assemble(report for record in records for report in reports_of(record.document.id, record))
    return trial


def side(fact: Fact) -> ConflictSide:
    result = fact.result
    return ConflictSide(
        fact=fact.key, measure=fact.measure, value=result.value, unit=result.unit, belief=0.5, evidence=fact.evidence
    )


def contradicted(*kinds: Any, open_: tuple[str, ...] = ()) -> AssembledTrial:
    """A trial of which a document of each kind states another hazard ratio."""
    records = [
        lung_record(f"d{number}", registry=(NCT,), ratio=ratio, kind=kind)
        for number, (kind, ratio) in enumerate(zip(kinds, ("0.49", "0.59", "0.39"), strict=False))
    ]
    trial = assembled(*records)
    conflict = Conflict(
        key="conflict:x", trial=trial.key, outcome="overall survival", measure="hazard_ratio", arm=None, comparator=None,
        timepoint="", subgroup="", open=open_, sides=tuple(side(fact) for fact in trial.facts),
    )  # fmt: skip
    return msgspec.structs.replace(trial, conflicts=(conflict,))


def test_news_that_differs_from_its_paper() -> None:
    trial = contradicted("abstract", "news")
    (found,) = check_assembled(trial)
    assert (found.check.kind, found.check.severity) == ("news_against_paper", "warning")
    assert (found.check.expected, found.check.found, found.document) == ("0.49", "0.59", "d1")
    text = next(r.record.document.text for r in trial.reports if r.document == "d1")
    assert found.quote == text[found.start : found.end]
    assert "0.59" in found.quote
    assert found.check.result in {fact.key for fact in trial.facts}


def test_what_a_side_leaves_open_makes_it_a_note() -> None:
    (found,) = check_assembled(contradicted("abstract", "press_release", open_=("timepoint",)))
    assert found.check.severity == "info"


@pytest.mark.parametrize("kinds", [("abstract", "abstract"), ("news", "news"), ("news", "press_release")])
def test_papers_among_themselves_and_news_alone_are_conflicts_only(kinds: tuple[str, str]) -> None:
    assert check_assembled(contradicted(*kinds)) == ()


def test_the_registry_stands_in_for_the_paper() -> None:
    (found,) = check_assembled(contradicted("registry", "news"))
    assert (found.check.expected, found.check.found) == ("0.49", "0.59")


def enrolled(key: str, number: str, kind: Any, analysed: str | None = None) -> Record:
    make = RecordBuilder(
        f"In {NCT}, {number} patients took part; analysed were {analysed or 'all'}.", key=key, kind=kind
    )
    trial = make.trial(registry=(NCT,), enrolled=number)
    if analysed is not None:
        population = msgspec.structs.replace(trial.population, analysed=make.number(analysed))
        make.trials = [msgspec.structs.replace(trial, population=population)]
    return make.record()


@pytest.mark.parametrize(
    ("paper", "analysed", "severity"),
    [("616", None, None), ("610", None, "info"), ("550", None, "warning"), ("640", "616", None)],
)
def test_enrolment_of_registry_and_paper(paper: str, analysed: str | None, severity: str | None) -> None:
    trial = assembled(enrolled("registry", "616", "registry"), enrolled("paper", paper, "abstract", analysed))
    found = check_assembled(trial)
    assert [(f.check.kind, f.check.severity, f.document) for f in found] == (
        [("registry_against_paper", severity, "paper")] if severity else []
    )
    for finding in found:
        assert (finding.check.expected, finding.check.found) == ("616", paper)
        assert paper in finding.quote


def test_news_is_not_held_against_the_registry_by_its_enrolment() -> None:
    assert check_assembled(assembled(enrolled("r", "616", "registry"), enrolled("n", "550", "news"))) == ()


def test_the_questions_answer_with_them() -> None:
    evidence = EvidenceGraph.from_records([enrolled("r", "616", "registry"), enrolled("p", "550", "abstract")])
    (row,) = evidence.checks()
    assert (row.kind, row.document, row.severity) == ("registry_against_paper", "p", "warning")
    assert row.kind in ASSEMBLED_KINDS


def test_documented_kinds_are_those_of_the_code() -> None:
    text = (Path(__file__).parent.parent / "schemas" / "checks.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in text.splitlines() if line.startswith("| ")][1:]
    assert sorted(kind for kind, _ in rows) == sorted([*CHECK_KINDS, *ASSEMBLED_KINDS])
    assert {part for _, cell in rows for part in cell.split(", ")} == {"error", "warning", "info"}
