"""The demonstration corpus, and copies of two of its pages in which a wrong figure and a slip are planted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from extractor.assembly import assemble, reports_of
from extractor.extraction import extract_article
from extractor.query import EvidenceGraph
from extractor.records import Article, Record
from extractor.sources import read_sources

DEMO = Path(__file__).parents[2] / "corpora" / "demo"
PAIRS = {
    "NCT02578680": {"keynote-189.html", "pmid:99900001"},
    "NCT03036124": {"dapa-hf.html", "pmid:99900002"},
    "NCT04368728": {"c4591001.html", "pmid:99900003"},
}


def read(folder: Path) -> list[Record]:
    return [extract_article(article) for article in read_sources([str(folder)]) if isinstance(article, Article)]


def planted(folder: Path, page: str, old: str, new: str) -> list[Record]:
    """Return the records of the corpus with ``old`` changed to ``new`` in a copy of ``page``."""
    for path in DEMO.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == page:
            assert old in text
            text = text.replace(old, new)
        (folder / path.name).write_text(text, encoding="utf-8")
    return read(folder)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return read(DEMO)


def test_three_trials_in_two_documents_each_are_three_trials(records: list[Record]) -> None:
    with EvidenceGraph.from_records(records) as evidence:
        rows = {row.key: {document for document, *_ in row.documents} for row in evidence.trials()}
    for number, documents in PAIRS.items():
        assert rows[f"trial:{number}"] == documents
        assert sum(not documents.isdisjoint(found) for found in rows.values()) == 1


def nameless(record: Record) -> Record:
    """Return ``record`` without registry ids, acronyms and links."""
    trials = tuple(msgspec.structs.replace(trial, registry_ids=(), acronym=None) for trial in record.trials)
    document = msgspec.structs.replace(record.document, links=(), registry_ids=())
    return msgspec.structs.replace(record, trials=trials, document=document)


def test_without_any_name_the_same_three_pairs_are_joined_by_score(records: list[Record]) -> None:
    stripped = [nameless(record) for record in records]
    trials = assemble(report for record in stripped for report in reports_of(record.document.id, record))
    joined = [{document for document, _ in trial.documents} for trial in trials if len(trial.documents) > 1]
    assert sorted(joined, key=sorted) == sorted(PAIRS.values(), key=sorted)
    assert {join.rule for trial in trials for join in trial.joins} == {"score"}


def test_true_pages_contradict_nothing(records: list[Record]) -> None:
    with EvidenceGraph.from_records(records) as evidence:
        assert list(evidence.conflicts()) == []
        assert [row for row in evidence.checks() if row.severity == "error"] == []


def test_a_wrong_figure_in_one_page_is_a_conflict(tmp_path: Path) -> None:
    records = planted(tmp_path, "keynote-189.html", "69.2%", "62.9%")
    with EvidenceGraph.from_records(records) as evidence:
        (conflict,) = evidence.conflicts()
        assert conflict.trial == "trial:NCT02578680"
        assert conflict.outcome is not None
        assert conflict.outcome.casefold() == "overall survival"
        assert sorted(conflict.values) == ["62.9 %", "69.2 %"]
        stated = {(item.document, item.result.value) for item in conflict.evidence}
    assert stated == {("pmid:99900001", 69.2), ("keynote-189.html", 62.9)}


def test_a_slip_in_one_page_is_found_by_the_checks(tmp_path: Path) -> None:
    records = planted(tmp_path, "dapa-hf.html", "16.3", "26.3")
    with EvidenceGraph.from_records(records) as evidence:
        found = [row for row in evidence.checks() if row.severity == "error"]
    assert any("26.3" in row.message and "16.3" in row.message for row in found), found
