"""The keys by which trials may be joined, and the links between documents."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from extractor.assembly import AssembledTrial, assemble, reports_of
from extractor.identity import candidate_keys, join_keys, link_keys
from extractor.records import Identifiers, Population, Record
from tests.record_builder import RecordBuilder, lung_record

PAPER = Identifiers(doi="10.5555/Lung.7", pmid="99900071")


def groups(*records: Record) -> list[set[str]]:
    trials = assemble(report for record in records for report in reports_of(record.document.id, record))
    return sorted((documents(trial) for trial in trials), key=sorted)


def documents(trial: AssembledTrial) -> set[str]:
    return {document for document, _ in trial.documents}


def only_trial(record: Record) -> Any:
    (trial,) = record.trials
    return trial


def test_a_story_that_links_the_paper_is_of_its_trial() -> None:
    paper = lung_record("paper", registry=("NCT02578680",), acronym=None, kind="abstract", identifiers=PAPER)
    by_doi = lung_record("doi", acronym=None, lead="A. ", links=("https://doi.org/10.5555/lung.7?x=1",))
    by_pmid = lung_record("pmid", acronym=None, lead="B. ", links=("https://pubmed.ncbi.nlm.nih.gov/99900071/",))
    by_entry = lung_record("nct", acronym=None, lead="C. ", links=("https://clinicaltrials.gov/study/NCT02578680",))
    other = lung_record("other", acronym=None, ratio="0.61", lead="D. ", links=("https://doi.org/10.5555/heart.9",))
    assert groups(paper, by_doi, by_pmid, by_entry, other) == [{"doi", "nct", "paper", "pmid"}, {"other"}]
    (trial, _) = assemble(r for record in (paper, by_doi, other) for r in reports_of(record.document.id, record))
    (join,) = trial.joins
    assert (join.rule, join.one, join.other, join.keys) == ("link", "doi#t1", "paper#t1", ("doi:10.5555/lung.7",))
    assert "10.5555/lung.7" in join.reason


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("https://doi.org/10.5555/Heart.9", ("doi:10.5555/heart.9",)),
        ("https://dx.doi.org/10.5555%2Fheart.9.", ("doi:10.5555/heart.9",)),
        ("https://journal.example/doi/full/10.5555/heart.9?src=feed", ("doi:10.5555/heart.9",)),
        ("https://journal.example/doi/10.5555/heart.9#table", ("doi:10.5555/heart.9",)),
        ("https://www.ncbi.nlm.nih.gov/pubmed/99900071", ("pmid:99900071",)),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC99900/", ("pmcid:PMC99900",)),
        ("https://clinicaltrials.gov/study/nct02578680", ("NCT02578680",)),
        ("https://journal.example/article/12345678", ()),
        ("https://registry.example/NCT0257868", ()),
    ],
)
def test_what_an_address_names(address: str, keys: tuple[str, ...]) -> None:
    record = lung_record("a", acronym=None, links=(address,))
    assert link_keys(record, only_trial(record)) == keys


def test_several_linked_papers_tell_nothing() -> None:
    links = ("https://doi.org/10.5555/lung.7", "https://doi.org/10.5555/lung.8")
    record = lung_record("a", acronym=None, links=links)
    assert link_keys(record, only_trial(record)) == ()


def test_references_of_a_paper_are_not_its_own_links() -> None:
    record = lung_record("a", identifiers=PAPER, links=("https://doi.org/10.5555/older.1",))
    assert link_keys(record, only_trial(record)) == ("doi:10.5555/lung.7", "pmid:99900071")


def test_an_entry_that_the_index_names_counts_where_the_text_names_none_of_that_registry() -> None:
    record = lung_record("a", registry=("NCT02578680",), registry_ids=("NCT09999999", "ISRCTN12345678"))
    assert link_keys(record, only_trial(record)) == ("ISRCTN12345678",)


def test_a_link_joins_no_trials_of_different_drugs() -> None:
    paper = lung_record("paper", acronym=None, identifiers=PAPER)
    make = RecordBuilder("Ginger tea, compared with water.", key="story", links=("https://doi.org/10.5555/lung.7",))
    make.trial(arms=(make.arm("a1", "experimental", make.intervention("Ginger tea", "ginger")),))
    assert groups(paper, make.record()) == [{"paper"}, {"story"}]


def test_a_document_on_two_trials_is_linked_to_neither() -> None:
    make = RecordBuilder("Two trials of ginger.", key="both", identifiers=PAPER)
    make.trial("t1")
    make.trial("t2")
    record = make.record()
    assert [link_keys(record, trial) for trial in record.trials] == [(), ()]


def test_candidate_keys_meet_on_numbers_of_participants_and_on_figures() -> None:
    def keys(key: str, people: str, ratio: str) -> set[str]:
        record = lung_record(key, acronym=None, ratio=ratio, lead=f"{people} people. ")
        make = RecordBuilder(record.document.text, key=key)
        trial = msgspec.structs.replace(only_trial(record), population=Population(enrolled=make.number(people)))
        return set(candidate_keys(record, trial))

    assert keys("a", "616", "0.49") & keys("b", "616", "0.57")  # the same people
    assert keys("a", "616", "0.49") & keys("b", "598", "0.49")  # the same ratio and interval
    assert not keys("a", "616", "0.49") & keys("b", "598", "0.57")
    assert not keys("a", "12", "0.49") & keys("b", "12", "0.57")  # a small number is shared by many


def test_everything_that_joins_is_among_the_keys_to_file_by() -> None:
    record = lung_record("a", registry=("NCT02578680",), identifiers=PAPER)
    keys = join_keys(record, only_trial(record))
    assert {"NCT02578680", "acronym:keynote189", "doi:10.5555/lung.7", "pmid:99900071"} < set(keys)
    assert len(set(keys)) == len(keys)
