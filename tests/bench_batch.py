"""Batches on this machine: ``python -m tests.bench_batch [--documents N] [--memory N] [--long N]``.

Prints documents per second, from articles to the evidence store, of one worker process, of two, and of a Dask cluster of two
processes; the time of the relevance test; and the memory of one process over many documents. ``--long N`` runs N documents
with two workers besides and prints its rate, the size of the store and the memory at the end. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from extractor.batch import Engine, RunResult, run_encoded, run_into_store
from extractor.cluster import cluster_engine
from extractor.extraction import extract_article
from extractor.relevance import why_set_aside
from extractor.store import EvidenceStore
from tests.varied_corpus import short_articles, varied_articles

__all__ = ["into_store", "rate_of", "resident_bytes"]

ROUNDS = 3
_TIMEOUT = 120.0


def resident_bytes(pid: int | str = "self") -> int:
    """Return the memory that a process holds (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def into_store(path: Path, documents: int, engine: Engine, kind: str | None = None) -> RunResult:
    """Run ``documents`` varied articles into a new store at ``path``."""
    with EvidenceStore.open(path, create=True) as store:
        return run_into_store(varied_articles(documents, kind=kind), store, engine=engine)


def rate_of(documents: int, engine: Engine, kind: str | None = None) -> float:
    """Return documents per second, end to end, of one run into a new store; worker start-up is in it."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        done = into_store(Path(folder) / "s.db", documents, engine, kind)
        assert done.added == documents, done
        return documents / (time.perf_counter() - begin)


def _compare_workers(documents: int) -> None:
    print(f"{documents} varied demo articles into a store, median of {ROUNDS}")
    one = _median(lambda: rate_of(documents, partial(run_encoded, workers=1, timeout=_TIMEOUT)))
    two = _median(lambda: rate_of(documents, partial(run_encoded, workers=2, timeout=_TIMEOUT)))
    print(f"  one worker process       {one:8.0f} documents/s")
    print(f"  two worker processes     {two:8.0f} documents/s   {two / one:5.2f} of one")
    with cluster_engine("local", workers=1, timeout=_TIMEOUT) as engine:
        rate_of(100, engine)  # the children of the workers have started then
        one = _median(lambda: rate_of(documents, engine))
    with cluster_engine("local", workers=2, timeout=_TIMEOUT) as engine:
        rate_of(300, engine)
        two = _median(lambda: rate_of(documents, engine))
    print(f"  Dask, one process        {one:8.0f} documents/s")
    print(f"  Dask, two processes      {two:8.0f} documents/s   {two / one:5.2f} of one")


def _median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(ROUNDS))


def _relevance() -> None:
    articles = list(varied_articles(500))
    begin = time.perf_counter()
    for article in articles:
        why_set_aside(article)
    print(f"relevance test: {1e6 * (time.perf_counter() - begin) / len(articles):.0f} µs a document")


def _memory(documents: int) -> None:
    """The memory of this process, extracting one short article after the other, each with six new words."""
    print(f"memory of one process over {documents:,} short articles with six new words each")
    first = 0
    for number, article in enumerate(short_articles(documents), 1):
        extract_article(article)
        if number == 10_000:
            first = resident_bytes()
        if number % max(1, documents // 8) == 0 or number == 10_000:
            told = f"   {resident_bytes() / first:5.3f} of that after 10,000" if first else ""
            print(f"  after {number:>9,}: {resident_bytes() / 1e6:7.1f} MB{told}", flush=True)


def _long(documents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        begin = time.perf_counter()
        done = into_store(path, documents, partial(run_encoded, workers=2, timeout=_TIMEOUT))
        seconds = time.perf_counter() - begin
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        with EvidenceStore.open(path, read_only=True) as store:
            counts = store.counts()
    print(
        f"{documents:,} documents, two workers: {seconds:,.0f} s, {documents / seconds:.0f} documents/s, {done.failed} failed, "
        f"{counts['results']:,} results, store {size / 1e6:,.0f} MB ({size / documents:,.0f} bytes a document), "
        f"main process {resident_bytes() / 1e6:.0f} MB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1500)
    parser.add_argument("--memory", type=int, default=20_000)
    parser.add_argument("--long", type=int, default=0)
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        if given.long:
            _long(given.long)
            return
        _relevance()
        _compare_workers(given.documents)
        _memory(given.memory)


if __name__ == "__main__":
    main()
