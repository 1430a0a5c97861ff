"""Extraction on a Dask cluster of real processes on this machine: the same records, whatever happens to a worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.batch import run_encoded, run_into_store
from extractor.cluster import cluster_engine, local_cluster, run_on_cluster
from extractor.errors import ExtractorError
from extractor.records import Article, Extractor, Failure, Record, make_article
from extractor.store import EvidenceStore

distributed = pytest.importorskip("distributed", reason="Dask is not installed")


def slow_extract(article: Article) -> Record:
    """Stands for extraction; ends its process where the text says so."""
    if "crash" in article.text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in article.text:
        time.sleep(90)
    if "bug" in article.text:
        raise ZeroDivisionError("division by zero")
    time.sleep(0.01)
    return Record(document=article, extractor=Extractor(name="evidence-extractor", version="1"))


def _is_daemon() -> bool:
    return multiprocessing.current_process().daemon


def articles(count: int, **special: str) -> list[Article | Failure]:
    made: list[Article | Failure] = [
        make_article(id=f"d{number}", text=special.get(f"n{number}", f"Document {number}.")) for number in range(count)
    ]
    made.insert(count // 2, Failure(where="input:7", stage="parse", reason="not JSON"))
    return made


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with (
        local_cluster(2) as made,
        distributed.Client(made, set_as_default=False) as client,
    ):
        yield client


def test_records_are_those_of_one_machine(cluster: Any) -> None:
    given = articles(60, n9="1 bug")
    alone = list(run_encoded(given, extract=slow_extract))
    assert list(run_on_cluster(cluster, given, extract=slow_extract, chunk_size=7)) == alone


def test_real_extraction_gives_the_same_bytes(cluster: Any) -> None:
    given = [
        make_article(id=f"d{n}", text=f"Of {40 + n} patients given ivotinib, {n + 7} had a response.") for n in range(6)
    ]
    assert list(run_on_cluster(cluster, given, chunk_size=2)) == list(run_encoded(given))


def test_a_worker_that_is_killed_loses_nothing(cluster: Any) -> None:
    given = articles(300)
    pids = list(cluster.run(os.getpid).values())
    found = run_on_cluster(cluster, given, extract=slow_extract, chunk_size=10)
    first = [next(found) for _ in range(20)]
    os.kill(pids[0], signal.SIGKILL)
    assert [*first, *found] == list(run_encoded(given, extract=slow_extract))
    cluster.wait_for_workers(2)
    assert pids[0] not in cluster.run(os.getpid).values()
    # the worker in the place of the dead one may have children, too
    assert set(cluster.run(_is_daemon).values()) == {False}


def test_a_document_that_crashes_or_hangs_is_given_up_alone(cluster: Any) -> None:
    given = articles(12, n4="1 crash", n7="1 hang")
    found = list(run_on_cluster(cluster, given, extract=slow_extract, chunk_size=5, timeout=1.5))
    lost = {item.document: item.reason for item in found if isinstance(item, Failure) and item.stage == "extract"}
    assert lost.keys() == {"d4", "d7"}
    assert "died" in lost["d4"]
    assert "took longer" in lost["d7"]
    assert sum(isinstance(item, bytes) for item in found) == 10


def test_a_run_into_a_store_uses_the_cluster(cluster: Any, tmp_path: Path) -> None:
    address = cluster.scheduler_info()["address"]
    with EvidenceStore.open(tmp_path / "s.db", create=True) as store:
        with cluster_engine(address, extract=slow_extract) as engine:
            done = run_into_store(articles(12, n3="1 bug"), store, engine=engine)
        assert (done.added, done.failed) == (11, 2)


def test_local_cluster_is_made_and_ended() -> None:
    with cluster_engine("local", workers=1, extract=slow_extract) as engine:
        assert len(list(engine(articles(5)))) == 6


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "no address"])
def test_a_scheduler_that_does_not_answer_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.cluster._CONNECT_LIMIT", "1s")
    with pytest.raises(ExtractorError, match="no Dask scheduler answers"), cluster_engine(address):
        pass
