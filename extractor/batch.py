"""Many documents: extraction over worker processes, in the order of the input, and into a store.

Articles go to the workers in chunks; encoded records come back, never spaCy objects. Results are the same bytes in the
same order at any number of workers. A document that fails, or that kills its worker, becomes a Failure and the rest
goes on.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import msgspec

from extractor.errors import ExtractorError
from extractor.lexicon import own_terms_digest
from extractor.records import Article, Failure, Record, decode_record, encode_record
from extractor.store import EvidenceStore, RunStatus

__all__ = ["CHUNK_SIZE", "RunResult", "run_batch", "run_encoded", "run_into_store"]

CHUNK_SIZE = 50
"""Articles per task: large enough that shipping costs nothing, small enough to keep all workers busy."""
_AHEAD = 3
"""Chunks in flight per worker; bounds memory, and how much is read ahead of the slowest document."""
_COMMIT_RECORDS = 500
_COMMIT_SECONDS = 5.0

Item = Article | Failure
Extracted = bytes | Failure
Extract = Callable[[Article], Record]


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run into a store did: records added, documents skipped because read before, failures recorded."""

    run: int
    added: int
    skipped: int
    failed: int


def run_batch(
    articles: Iterable[Item],
    *,
    workers: int = 1,
    on_item: Callable[[Record | Failure], None] | None = None,
    extract: Extract | None = None,
    lexicon: Sequence[Path] = (),
) -> Iterator[Record | Failure]:
    """Yield a Record or a Failure for each article, in the order of the input; failures in the input pass through.

    Args:
        articles: read as a stream, a bounded number of chunks ahead.
        workers: processes; 1 extracts in this process.
        on_item: called with each item before it is yielded, for progress.
        extract: what makes a record of an article; by default ``extractor.extraction.extract_article``. With several
            workers it must be importable by name.
        lexicon: own vocabulary files (TSV with the columns term, concept, label), for the default of ``extract``.

    Raises:
        LexiconError: a vocabulary file is malformed; nothing was read then.
    """
    for item in run_encoded(articles, workers=workers, extract=extract, lexicon=lexicon):
        result = item if isinstance(item, Failure) else decode_record(item)
        if on_item is not None:
            on_item(result)
        yield result


def run_encoded(
    articles: Iterable[Item], *, workers: int = 1, chunk_size: int = CHUNK_SIZE, extract: Extract | None = None,
    lexicon: Sequence[Path] = (),
) -> Iterator[Extracted]:  # fmt: skip
    """Yield the encoded record (one line of JSON, no line break) or a Failure for each article, in input order.

    Args and behaviour are those of ``run_batch``; ``chunk_size`` is the number of articles per task.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    if extract is None and lexicon:
        own_terms_digest(lexicon)  # a malformed file ends the run here, not every document of it
        extract = partial(_extract_with, lexicon=tuple(lexicon))
    if workers == 1:
        for item in articles:
            yield from _extract_chunk([item], extract)
        return
    yield from _Pool(workers, extract).map(_chunks(articles, chunk_size))


def run_into_store(
    articles: Iterable[Item],
    store: EvidenceStore,
    *,
    workers: int = 1,
    inputs: Sequence[str] = (),
    on_item: Callable[[Record | Failure | Article], None] | None = None,
    extract: Extract | None = None,
    lexicon: Sequence[Path] = (),
) -> RunResult:
    """Extract ``articles`` and store the records, leaving out texts that this version has read before.

    What is done is committed every few seconds, and also when the run is interrupted (KeyboardInterrupt) or fails.

    Args:
        inputs: what the user named, kept with the run.
        on_item: called with each Record or Failure when it is done, and with each Article that is skipped; not with what
            a source withdraws, which is let go of.
        lexicon: own vocabulary files; texts are read again when their terms have changed.

    Raises:
        LexiconError: a vocabulary file is malformed; nothing was read then.
        StoreError: the store cannot be written; what was committed before is kept.
    """
    from extractor.extraction import extractor_version

    version = extractor_version(own_terms_digest(lexicon))
    run = store.begin_run(extractor_version=version, inputs=inputs, workers=workers)
    writer = _Writer(store, run)

    def unread() -> Iterator[Item]:
        for item in articles:
            if isinstance(item, Article) and store.has(item.sha256, version):
                store.note_copy(item)
                writer.skipped += 1
                if on_item is not None:
                    on_item(item)
            else:
                yield item

    status: RunStatus = "stopped"
    try:
        for result in run_batch(unread(), workers=workers, extract=extract, lexicon=lexicon):
            writer.add(result)
            if on_item is not None and not _is_withdrawal(result):
                on_item(result)
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        writer.flush()
        store.end_run(run, status, added=writer.added, skipped=writer.skipped, failed=writer.failed)
    return RunResult(run=run, added=writer.added, skipped=writer.skipped, failed=writer.failed)


def _is_withdrawal(item: Record | Failure) -> bool:
    return isinstance(item, Failure) and item.stage == "withdrawn"


class _Writer:
    """Gathers records and commits them by number and time."""

    def __init__(self, store: EvidenceStore, run: int) -> None:
        self._store = store
        self._run = run
        self._records: list[Record] = []
        self._since = monotonic()
        self.added = 0
        self.skipped = 0
        self.failed = 0

    def add(self, result: Record | Failure) -> None:
        if isinstance(result, Failure):
            if _is_withdrawal(result) and result.document is not None:
                self.flush()
                self._store.withdraw(result.document)
                return
            self.failed += 1
            self._store.add_failure(result, run=self._run)
            return
        self._records.append(result)
        if len(self._records) >= _COMMIT_RECORDS or monotonic() - self._since >= _COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._records:
            added = self._store.add_records(self._records, run=self._run)
            self.added += added
            self.skipped += len(self._records) - added
        self._records = []
        self._since = monotonic()


# ---- worker processes


class _Pool:
    """Worker processes that extract chunks; what they return comes out in the order in which it went in."""

    def __init__(self, workers: int, extract: Extract | None) -> None:
        self._workers = workers
        self._extract = extract
        self._executor = self._start()
        self._pending: deque[tuple[list[Item], Future[list[Extracted]]]] = deque()

    def map(self, chunks: Iterable[list[Item]]) -> Iterator[Extracted]:
        try:
            for chunk in chunks:
                self._pending.append((chunk, self._submit(chunk)))
                if len(self._pending) >= self._workers * _AHEAD:
                    yield from self._take()
            while self._pending:
                yield from self._take()
        finally:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=_ignore_interrupt)

    def _submit(self, chunk: list[Item]) -> Future[list[Extracted]]:
        try:
            return self._executor.submit(_extract_chunk, chunk, self._extract)
        except BrokenProcessPool as error:
            broken: Future[list[Extracted]] = Future()
            broken.set_exception(error)
            return broken

    def _take(self) -> Iterator[Extracted]:
        chunk, future = self._pending.popleft()
        try:
            results = future.result()
        except BrokenProcessPool:
            results = self._isolate(chunk)
            self._resubmit()
        yield from results

    def _isolate(self, chunk: list[Item]) -> list[Extracted]:
        """A worker died while ``chunk`` was under way: go through it one by one to find whether it holds the cause."""
        self._restart()
        results: list[Extracted] = []
        for item in chunk:
            try:
                results.extend(self._submit([item]).result())
            except BrokenProcessPool:
                results.append(_failure(item, "the worker process died while extracting this document"))
                self._restart()
        return results

    def _restart(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._start()
        try:
            self._executor.submit(_alive).result()
        except BrokenProcessPool as error:
            raise ExtractorError(
                "worker processes cannot be started; a script that uses several workers needs the guard "
                "'if __name__ == \"__main__\":' around its work"
            ) from error

    def _resubmit(self) -> None:
        for _ in range(len(self._pending)):
            chunk, future = self._pending.popleft()
            lost = future.cancelled() or (future.done() and future.exception() is not None)
            self._pending.append((chunk, self._submit(chunk) if lost else future))


def _ignore_interrupt() -> None:
    """Ctrl-C reaches every process of the group; only the main one decides what to do about it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _alive() -> bool:
    return True


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])


def _extract_chunk(items: list[Item], extract: Extract | None) -> list[Extracted]:
    run = extract or _default_extract()
    return [item if isinstance(item, Failure) else _extract_one(item, run) for item in items]


@cache
def _default_extract() -> Extract:
    """Imported here, once per process: reading and linking are heavy, and the command line must start without them."""
    from extractor.extraction import extract_article

    return extract_article


def _extract_with(article: Article, *, lexicon: tuple[Path, ...]) -> Record:
    """Each process builds the vocabularies once, with the user's terms."""
    from extractor.extraction import extract_article
    from extractor.lexicon import load_lexicon

    return extract_article(article, lexicon=load_lexicon(lexicon))


def _extract_one(article: Article, extract: Extract) -> Extracted:
    try:
        return encode_record(extract(article))
    except ExtractorError as error:
        return _failure(article, str(error))
    except Exception as error:  # a bug in one document must not lose the others; it is recorded with its kind
        return _failure(article, f"{type(error).__name__}: {error}")


def _failure(item: Item, reason: str) -> Failure:
    if isinstance(item, Failure):
        return item
    return Failure(where=item.url or item.id, stage="extract", reason=reason, document=item.id)
