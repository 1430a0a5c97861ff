"""Batches: the order of the input, the same bytes with any number of workers, and nothing lost in silence."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from extractor import batch
from extractor.batch import extract_items, failures_to_retry, run_batch, run_encoded, run_into_store
from extractor.errors import ParseError, StoreError
from extractor.extraction import extractor_version
from extractor.records import Article, Extractor, Failure, Record, decode_record, make_article
from extractor.store import EvidenceStore


def fake_extract(article: Article) -> Record:
    """Stands for extraction: quick, and failing where the text asks for it."""
    if "bug" in article.text:
        raise ZeroDivisionError("division by zero")
    if "unreadable" in article.text:
        raise ParseError("no article", article.id)
    if "crash" in article.text:
        os._exit(3)
    return Record(document=article, extractor=Extractor(name="evidence-extractor", version=extractor_version()))


def articles(count: int, **special: str) -> Iterator[Article | Failure]:
    for number in range(count):
        text = special.get(f"n{number}", f"Document {number}.")
        if text == "failure":
            yield Failure(where=f"file:{number}", stage="parse", reason="not JSON")
        else:
            yield make_article(id=f"d{number}", text=text)


SPECIAL = {"n3": "1 bug", "n5": "failure", "n8": "1 unreadable"}


def test_items_come_in_the_order_of_the_input() -> None:
    seen: list[object] = []
    found = list(run_batch(articles(12, **SPECIAL), extract=fake_extract, on_item=seen.append))
    assert seen == found
    names = [item.document.id if isinstance(item, Record) else (item.document or item.where) for item in found]
    assert names == [f"d{number}" if number != 5 else "file:5" for number in range(12)]


def test_failures_name_document_and_exception() -> None:
    failures = [item for item in run_batch(articles(12, **SPECIAL), extract=fake_extract) if isinstance(item, Failure)]
    assert failures == [
        Failure(where="d3", stage="extract", reason="ZeroDivisionError: division by zero", document="d3"),
        Failure(where="file:5", stage="parse", reason="not JSON"),
        Failure(where="d8", stage="extract", reason="d8: no article", document="d8"),
    ]


@pytest.mark.parametrize("chunk_size", [1, 7, 50])
def test_workers_give_the_same_bytes(chunk_size: int) -> None:
    alone = list(run_encoded(articles(40, **SPECIAL), extract=fake_extract))
    assert list(run_encoded(articles(40, **SPECIAL), workers=2, chunk_size=chunk_size, extract=fake_extract)) == alone


def test_text_that_json_cannot_hold_is_a_failure_in_any_process() -> None:
    broken = make_article(id="d", text="lone \ud800 surrogate")
    (alone,) = run_encoded([broken], extract=fake_extract)
    (apart,) = run_encoded([broken], workers=2, extract=fake_extract)
    assert isinstance(alone, Failure)
    assert alone == apart


def test_dying_worker_costs_one_document() -> None:
    found = list(run_batch(articles(9, n4="crash"), workers=2, extract=fake_extract))
    assert [isinstance(item, Failure) for item in found] == [number == 4 for number in range(9)]
    assert isinstance(found[4], Failure)
    assert (found[4].document, "died" in found[4].reason) == ("d4", True)


def test_input_is_read_as_a_stream() -> None:
    taken = []

    def endless() -> Iterator[Article]:
        number = 0
        while True:
            taken.append(number)
            yield make_article(id=str(number), text=f"Document {number}.")
            number += 1

    for workers in (1, 2):
        taken.clear()
        stream = run_encoded(endless(), workers=workers, chunk_size=5, extract=fake_extract)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert len(taken) <= 1 if workers == 1 else len(taken) <= 2 * 3 * 5


def test_no_workers_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        list(run_encoded([], workers=0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evidence.db"


def test_second_run_does_only_what_is_new(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        first = run_into_store(articles(10, **SPECIAL), store, inputs=["a"], extract=fake_extract)
        assert (first.added, first.skipped, first.failed) == (7, 0, 3)
        extracted: list[str] = []

        def counting(article: Article) -> Record:
            extracted.append(article.id)
            return fake_extract(article)

        second = run_into_store(articles(12, **SPECIAL), store, extract=counting)
        assert (second.added, second.skipped, second.failed) == (2, 7, 3)
        assert extracted == ["d3", "d8", "d10", "d11"]
        assert [(run.status, run.added) for run in store.runs()] == [("finished", 7), ("finished", 2)]
        assert {row.times for row in store.failures()} == {2}


def test_the_same_text_twice_in_one_run_is_one_document(path: Path) -> None:
    twice = [make_article(id=name, text="The same story, 1.") for name in ("a", "b")]
    with EvidenceStore.open(path, create=True) as store:
        result = run_into_store(twice, store, extract=fake_extract)
        assert (result.added, result.skipped) == (1, 1)
        assert store.counts()["copies"] == 1


def test_what_a_source_withdraws_is_let_go_of(path: Path) -> None:
    one, two = (make_article(id=f"pmid:{n}", text=f"Story {n}.") for n in (1, 2))
    gone = Failure(where="update.xml", stage="withdrawn", reason="deleted", document="pmid:1")
    told: list[object] = []
    with EvidenceStore.open(path, create=True) as store:
        result = run_into_store([one, two, gone], store, extract=fake_extract, on_item=told.append)
        assert (result.added, result.failed, len(told)) == (2, 0, 2)
        assert [record.document.id for record in store.records()] == ["pmid:2"]
        assert list(store.failures()) == []


def test_a_changed_article_takes_the_place_of_its_earlier_version(path: Path) -> None:
    texts = [("pmid:1", "First, 1."), ("pmid:1", "Second, 2."), ("a.txt", "1 of a folder."), ("a.txt", "2 of another folder.")]
    with EvidenceStore.open(path, create=True) as store:
        for name, text in texts:
            run_into_store([make_article(id=name, text=text)], store, extract=fake_extract)
        current = [record.document.text for record in store.records()]
        assert current == ["Second, 2.", "1 of a folder.", "2 of another folder."]
        assert store.counts()["documents"] == 4


@pytest.mark.parametrize("workers", [1, 2])
def test_interruption_keeps_what_was_done(path: Path, workers: int) -> None:
    def interrupted() -> Iterator[Article | Failure]:
        yield from articles(400)
        raise KeyboardInterrupt

    with EvidenceStore.open(path, create=True) as store:
        with pytest.raises(KeyboardInterrupt):
            run_into_store(interrupted(), store, workers=workers, extract=fake_extract)
        done = store.counts()["records"]
        assert done == 400 if workers == 1 else 0 < done <= 400
        assert [run.status for run in store.runs()] == ["interrupted"]
        assert run_into_store(articles(400), store, extract=fake_extract).added == 400 - done


def test_store_that_cannot_be_written_ends_the_run_with_its_error(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store, EvidenceStore.open(path, timeout=0.01) as other:

        def locking() -> Iterator[Article | Failure]:
            yield from articles(2)
            store._connection.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="locked"):
            run_into_store(locking(), other, extract=fake_extract)
        store._connection.execute("ROLLBACK")
        assert store.counts()["records"] == 0


def hang_where_told(article: Article) -> Record:
    if "hang" in article.text:
        time.sleep(90)
    return fake_extract(article)


def test_a_document_that_hangs_is_a_failure_and_the_run_goes_on(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        given = articles(6, n1="1 hang", n2="2 crash")
        done = run_into_store(given, store, workers=1, extract=hang_where_told, timeout=2.0)
        assert (done.added, done.failed) == (4, 2)
        reasons = {row.failure.document: row.failure.reason for row in store.failures()}
    assert reasons["d1"] == "took longer than 2 seconds"
    assert "died" in reasons["d2"]


IRRELEVANT = "The council spoke about the old bridge and about nothing else."


def test_what_cannot_report_results_is_set_aside_with_its_reason(path: Path) -> None:
    given = [make_article(id="bridge", text=IRRELEVANT), make_article(id="story", text="Of 40 patients, 20 slept.")]
    with EvidenceStore.open(path, create=True) as store:
        seen: list[object] = []
        first = run_into_store(given, store, extract=fake_extract, on_item=seen.append)
        assert (first.added, first.set_aside, first.skipped, len(seen)) == (1, 1, 0, 2)
        assert [(row.document_id, row.reason) for row in store.all_set_aside()] == [
            ("bridge", "no figure and no finding")
        ]
        again = run_into_store(given, store, extract=fake_extract)
        assert (again.added, again.set_aside, again.skipped) == (0, 0, 2)
        everything = run_into_store(given, store, extract=fake_extract, read_all=True)
        assert (everything.added, everything.skipped, list(store.all_set_aside())) == (1, 1, [])
        assert [run.set_aside for run in store.runs()] == [1, 0, 0]


def test_what_failed_can_be_tried_again(path: Path) -> None:
    given = [make_article(id=f"d{n}", text=f"Document {n}{' with a bug' * (n == 2)}.") for n in range(4)]
    page = make_article(id="page", text="1 bug", url="https://news.example/story")
    with EvidenceStore.open(path, create=True) as store:
        run_into_store([*given, page], store, inputs=["folder/"], extract=fake_extract)
        wanted = failures_to_retry(store)
        assert (set(wanted.sources), "d2" in wanted.names) == ({"folder/", "https://news.example/story"}, True)
        assert [item.id for item in [*given, page] if wanted.wants(item)] == ["d2", "page"]
        mended = [make_article(id="d2", text="Document 2."), page]
        assert run_into_store(mended, store, extract=fake_extract).added == 1
        assert failures_to_retry(store).sources == ("https://news.example/story",)


def whose_extract(article: Article, *, mark: str) -> Record:
    """Tells in the record which process made it."""
    return Record(document=article, extractor=Extractor(name=mark, version=str(os.getpid())))


def test_a_worker_of_a_cluster_keeps_its_child_for_the_next_chunk() -> None:
    def process(mark: str) -> str:
        (record,) = extract_items(list(articles(1)), extract=partial(whose_extract, mark=mark))
        assert isinstance(record, bytes)
        return decode_record(record).extractor.version

    try:
        first = process("a")  # each call brings an equal, but another object, as a task does
        assert process("a") == first != str(os.getpid())
        assert process("b") != first
    finally:
        batch._kept.pool.close()
        del batch._kept.pool, batch._kept.key
