"""The made corpus (300 documents on 100 invented trials): identity, conflicts and slips against the known truth."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from extractor.assembly import AssembledTrial, TrialReport, assemble, reports_of
from extractor.graph import EvidenceBase
from extractor.identity import join_keys
from extractor.records import Record
from extractor.store import EvidenceStore, Selection
from tests.made_corpus.documents import Corpus, make_corpus
from tests.made_corpus.score import Score, extract_corpus, score


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus()


@pytest.fixture(scope="module")
def records(corpus: Corpus) -> list[Record]:
    return extract_corpus(corpus)


@pytest.fixture(scope="module")
def scored(corpus: Corpus, records: list[Record]) -> tuple[Score, tuple[AssembledTrial, ...]]:
    return score(corpus, records)


def test_the_corpus_is_what_it_should_be(corpus: Corpus) -> None:
    assert (len(corpus.articles), len(corpus.trials)) == (300, 100)
    assert make_corpus() == corpus
    assert len({article.text for article in corpus.articles}) == 300
    families = {trial.family for trial in corpus.trials}
    assert sum(sum(trial.family == family for trial in corpus.trials) > 1 for family in families) == 20
    assert len(corpus.conflicts) >= 20
    assert len(corpus.slips) >= 10
    nameless = [
        article
        for article in corpus.articles
        if (trial := corpus.trials[corpus.trial_of[article.id]]).nct not in article.text
        and not article.links
        and not article.registry_ids
        and (trial.acronym is None or trial.acronym not in article.text)
    ]
    assert len(nameless) >= 50


def test_trials_are_told_apart(scored: tuple[Score, tuple[AssembledTrial, ...]]) -> None:
    result, _ = scored
    assert result.f1 >= 0.98
    assert result.namesakes == ()


def test_everything_planted_is_found_and_little_else(scored: tuple[Score, tuple[AssembledTrial, ...]]) -> None:
    result, _ = scored
    assert result.lost_conflicts == ()
    assert result.lost_slips == ()
    assert len(result.false_conflicts) <= 0.02 * result.conflicts


def test_every_rule_of_joining_has_worked_and_each_join_has_its_reason(
    scored: tuple[Score, tuple[AssembledTrial, ...]],
) -> None:
    _, trials = scored
    joins = [join for trial in trials for join in trial.joins]
    assert {join.rule for join in joins} == {"registry", "link", "acronym", "score"}
    assert all(join.reason and join.keys for join in joins)
    assert all(len(trial.joins) == len(trial.reports) - 1 for trial in trials)
    members = {report.name: trial.key for trial in trials for report in trial.reports}
    assert all(members[join.one] == members[join.other] for join in joins)


def test_the_order_of_documents_does_not_matter(
    records: list[Record], scored: tuple[Score, tuple[AssembledTrial, ...]]
) -> None:
    _, trials = scored
    reports = [report for record in records for report in reports_of(record.document.id, record)]
    random.Random(3).shuffle(reports)
    assert assemble(reports) == trials


def closed_parts(reports: list[TrialReport]) -> list[list[TrialReport]]:
    """Return the parts of ``reports`` that share no key with each other."""
    first: dict[str, str] = {report.name: report.name for report in reports}

    def final(name: str) -> str:
        while first[name] != name:
            name = first[name]
        return name

    holder: dict[str, str] = {}
    for report in reports:
        for key in join_keys(report.record, report.trial):
            first[final(report.name)] = final(holder.setdefault(key, report.name))
    parts: dict[str, list[TrialReport]] = {}
    for report in reports:
        parts.setdefault(final(report.name), []).append(report)
    return list(parts.values())


def test_a_part_closed_under_keys_is_assembled_as_the_whole(
    records: list[Record], scored: tuple[Score, tuple[AssembledTrial, ...]]
) -> None:
    _, trials = scored
    reports = [report for record in records for report in reports_of(record.document.id, record)]
    parts = closed_parts(reports)
    assert len(parts) > 50
    parted = [trial for part in parts for trial in assemble(part)]
    assert sorted(parted, key=lambda trial: trial.key) == list(trials)


def test_a_selection_from_a_store_holds_what_the_whole_holds(
    tmp_path: Path, corpus: Corpus, records: list[Record], scored: tuple[Score, tuple[AssembledTrial, ...]]
) -> None:
    _, trials = scored
    whole = {trial.key: trial for trial in trials}
    path = tmp_path / "evidence.db"
    with EvidenceStore.open(path, create=True) as store:
        store.add_records(records)
    base = EvidenceBase.open(path)
    try:
        for number in (0, 5, 30, 61, 90):
            made = corpus.trials[number]
            wanted = [trial for trial in trials if made.nct in trial.registry_ids]
            found = {trial.key: trial for trial in base.trials(Selection(keys=(made.nct,)))}
            assert wanted
            assert all(found[trial.key] == trial for trial in wanted)
            assert all(whole[key] == trial for key, trial in found.items())
            assert len(found) < 12
    finally:
        base.store.close()
