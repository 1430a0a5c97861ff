"""Many documents: extraction over worker processes, in the order of the input, and into a store.

Articles go to the workers in chunks; encoded records come back, never spaCy objects. Results are the same bytes in the
same order at any number of workers. A document that fails, that takes too long, or that kills its worker, becomes a
Failure and the rest goes on.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from multiprocessing import current_process
from pathlib import Path
from time import monotonic
from typing import Self

import msgspec

from extractor.errors import ExtractorError
from extractor.lexicon import own_terms_digest
from extractor.records import Article, Failure, Record, decode_record, encode_record, make_article
from extractor.relevance import why_set_aside
from extractor.store import EvidenceStore, RunStatus
from extractor.workers import WorkerPool

__all__ = [
    "CHUNK_SIZE",
    "Engine",
    "Extract",
    "Extracted",
    "Item",
    "Retry",
    "RunResult",
    "extract_items",
    "failures_to_retry",
    "import_records",
    "lost_document",
    "run_batch",
    "run_encoded",
    "run_into_store",
    "with_lexicon",
]

CHUNK_SIZE = 50
"""Articles per task: large enough that shipping costs nothing, small enough to keep all workers busy."""
_COMMIT_RECORDS = 500
_COMMIT_SECONDS = 5.0

Item = Article | Failure
Extracted = bytes | Failure
Extract = Callable[[Article], Record]
Engine = Callable[[Iterable[Item]], Iterator[Extracted]]
"""What makes an encoded record or a Failure of each article, in their order: processes here, or a cluster."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run into a store did: records added, documents skipped because read before, failures recorded, and documents
    set aside since they cannot report results of a trial."""

    run: int
    added: int
    skipped: int
    failed: int
    set_aside: int


def run_batch(
    articles: Iterable[Item],
    *,
    workers: int = 1,
    on_item: Callable[[Record | Failure], None] | None = None,
    extract: Extract | None = None,
    lexicon: Sequence[Path] = (),
    timeout: float | None = None,
) -> Iterator[Record | Failure]:
    """Yield a Record or a Failure for each article, in the order of the input; failures in the input pass through.

    Args:
        articles: read as a stream, a bounded number of chunks ahead.
        workers: processes; 1 extracts in this process, unless a ``timeout`` is given.
        on_item: called with each item before it is yielded, for progress.
        extract: what makes a record of an article; by default ``extractor.extraction.extract_article``. With worker
            processes it must be importable by name.
        lexicon: own vocabulary files (TSV with the columns term, concept, label), for the default of ``extract``.
        timeout: seconds that a document may take; one that takes longer is ended and becomes a Failure.

    Raises:
        LexiconError: a vocabulary file is malformed; nothing was read then.
    """
    for item in run_encoded(articles, workers=workers, extract=extract, lexicon=lexicon, timeout=timeout):
        result = _decoded(item)
        if on_item is not None:
            on_item(result)
        yield result


def _decoded(item: Extracted) -> Record | Failure:
    return item if isinstance(item, Failure) else decode_record(item)


def run_encoded(
    articles: Iterable[Item], *, workers: int = 1, chunk_size: int = CHUNK_SIZE, extract: Extract | None = None,
    lexicon: Sequence[Path] = (), timeout: float | None = None,
) -> Iterator[Extracted]:  # fmt: skip
    """Yield the encoded record (one line of JSON, no line break) or a Failure for each article, in input order.

    Args and behaviour are those of ``run_batch``; ``chunk_size`` is the number of articles per task.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    extract = with_lexicon(extract, lexicon)
    if workers == 1 and timeout is None:
        yield from map(partial(_extract_or_fail, extract=extract), articles)
        return
    yield from _pool(workers, extract, timeout).map(articles, chunk_size)


def run_into_store(
    articles: Iterable[Item],
    store: EvidenceStore,
    *,
    workers: int = 1,
    inputs: Sequence[str] = (),
    on_item: Callable[[Record | Failure | Article], None] | None = None,
    extract: Extract | None = None,
    lexicon: Sequence[Path] = (),
    timeout: float | None = None,
    read_all: bool = False,
    engine: Engine | None = None,
) -> RunResult:
    """Extract ``articles`` and store the records, leaving out texts that this version has read before.

    What is done is committed every few seconds, and also when the run is interrupted (KeyboardInterrupt) or fails.

    Args:
        inputs: what the user named, kept with the run.
        on_item: called with each Record or Failure when it is done, and with each Article that is skipped or set aside; not
            with what a source withdraws, which is let go of.
        lexicon: own vocabulary files; texts are read again when their terms have changed.
        read_all: also read what cannot report results of a trial (see relevance.py); otherwise it is set aside, with
            its reason in the store.
        engine: extracts in place of processes of this machine (see cluster.py); ``extract`` and ``timeout`` do not count.

    Raises:
        LexiconError: a vocabulary file is malformed; nothing was read then.
        StoreError: the store cannot be written; what was committed before is kept.
    """
    from extractor.extraction import extractor_version

    version = extractor_version(own_terms_digest(lexicon))
    run_engine = engine or partial(run_encoded, workers=workers, extract=extract, lexicon=lexicon, timeout=timeout)
    with _Writer(store, version, inputs, workers) as writer:

        def unread() -> Iterator[Item]:
            for item in articles:
                if isinstance(item, Failure) or not writer.passes_over(item, read_all=read_all):
                    yield item
                elif on_item is not None:
                    on_item(item)

        for result in map(_decoded, run_engine(unread())):
            writer.add(result)
            if on_item is not None and not _is_withdrawal(result):
                on_item(result)
    return writer.result()


def import_records(
    items: Iterable[Record | Failure],
    store: EvidenceStore,
    *,
    inputs: Sequence[str] = (),
    on_item: Callable[[Record | Failure], object] | None = None,
) -> RunResult:
    """Store records and failures that were made elsewhere, as a run of their own.

    Raises:
        StoreError: the store cannot be written; what was committed before is kept. ExtractorError: as ``items`` raises.
    """
    from extractor.extraction import extractor_version

    with _Writer(store, extractor_version(), inputs, workers=1) as writer:
        for item in items:
            writer.add(item)
            if on_item is not None:
                on_item(item)
    return writer.result()


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Failures of a store that may go away when they are tried again.

    Attributes:
        sources: what must be read again to come by the documents: their own addresses where they have one, else all inputs
            of the runs in which they failed.
        names: ids, addresses and places of the documents that failed.
    """

    sources: tuple[str, ...]
    names: frozenset[str]

    def wants(self, item: Item) -> bool:
        """Whether ``item`` is one of what failed."""
        if isinstance(item, Failure):
            return item.where in self.names or item.document in self.names
        return item.id in self.names or item.url in self.names


def failures_to_retry(store: EvidenceStore) -> Retry:
    """Return what of ``store`` failed and was not read since.

    Raises:
        StoreError: the store cannot be read.
    """
    inputs = {run.id: run.inputs for run in store.runs()}
    sources: dict[str, None] = {}
    names: set[str] = set()
    for row in store.failures():
        failure = row.failure
        names.update(name for name in (failure.where, failure.document) if name is not None)
        if failure.where.startswith(("http://", "https://")):
            sources[failure.where] = None
        elif row.last_run in inputs:
            sources.update(dict.fromkeys(inputs[row.last_run]))
    return Retry(sources=tuple(sources), names=frozenset(names))


def _is_withdrawal(item: Record | Failure) -> bool:
    return isinstance(item, Failure) and item.stage == "withdrawn"


class _Writer:
    """A run into a store: gathers what goes into it, commits it by number and time, and notes how the run ended."""

    def __init__(self, store: EvidenceStore, version: str, inputs: Sequence[str], workers: int) -> None:
        self._store = store
        self._version = version
        self._run = store.begin_run(extractor_version=version, inputs=inputs, workers=workers)
        self._records: list[Record] = []
        self._aside: list[tuple[Article, str]] = []
        self._since = monotonic()
        self.added = 0
        self.skipped = 0
        self.failed = 0
        self.set_aside = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        status: RunStatus = "finished"
        if kind is not None:
            status = "interrupted" if issubclass(kind, KeyboardInterrupt) else "stopped"
        try:
            self.flush()
        finally:
            self._store.end_run(self._run, status, **self._counts())

    def _counts(self) -> dict[str, int]:
        return {
            "added": self.added, "skipped": self.skipped, "failed": self.failed, "set_aside": self.set_aside,
        }  # fmt: skip

    def result(self) -> RunResult:
        """Return what the run did."""
        return RunResult(run=self._run, **self._counts())

    def passes_over(self, article: Article, *, read_all: bool) -> bool:
        """Whether ``article`` needs no reading: this version has read it before, or it cannot report results."""
        if self._store.has(article.sha256, self._version):
            self._store.note_copy(article)
            self.skipped += 1
            return True
        if read_all:
            return False
        if self._store.is_set_aside(article.sha256, self._version):
            self.skipped += 1
            return True
        reason = why_set_aside(article)
        if reason is None:
            return False
        self._aside.append((article, reason))
        self.set_aside += 1
        self._flush_when_due()
        return True

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
        self._flush_when_due()

    def _flush_when_due(self) -> None:
        waiting = len(self._records) + len(self._aside)
        if waiting >= _COMMIT_RECORDS or monotonic() - self._since >= _COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._records:
            added = self._store.add_records(self._records, run=self._run)
            self.added += added
            self.skipped += len(self._records) - added
        self._records = []
        if self._aside:
            self._store.set_aside(self._aside, self._version, run=self._run)
        self._aside = []
        self._since = monotonic()


# ---- extraction


def with_lexicon(extract: Extract | None, lexicon: Sequence[Path]) -> Extract | None:
    """Return ``extract``, or where that is None what reads with the user's vocabulary files, if there are any.

    Raises:
        LexiconError: a file is malformed: that ends a run at its beginning, not every document of it.
    """
    if extract is not None or not lexicon:
        return extract
    own_terms_digest(lexicon)
    return partial(_extract_with, lexicon=tuple(lexicon))


def extract_items(
    items: Sequence[Item], *, extract: Extract | None = None, timeout: float | None = None
) -> list[Extracted]:
    """Return the encoded record or a Failure for each item; what a worker of a cluster does with a chunk.

    Where this process may have children, one of them does the work, so that a document that crashes or hangs costs no
    more than itself; it stays for the next call.
    """
    if current_process().daemon:
        return [_extract_or_fail(item, extract) for item in items]
    # by its bytes: what comes with a task is another object each time, and a new pool for each would start a process a chunk
    key = pickle.dumps((extract, timeout))
    if getattr(_kept, "key", None) != key:
        if hasattr(_kept, "pool"):
            _kept.pool.close()
        _kept.pool, _kept.key = _pool(1, extract, timeout), key
    pool: WorkerPool[Item, Extracted] = _kept.pool
    return list(pool.stream(items, len(items)))


_kept = threading.local()
"""Of each thread of a worker of a cluster: its ``pool``, and the ``key`` of what that pool does."""


def _pool(workers: int, extract: Extract | None, timeout: float | None) -> WorkerPool[Item, Extracted]:
    work = partial(_extract_or_fail, extract=extract)
    warm_up = _warm_up if extract is None else None
    return WorkerPool(workers, work, lost=lost_document, warm_up=warm_up, timeout=timeout)


def _extract_or_fail(item: Item, extract: Extract | None) -> Extracted:
    return item if isinstance(item, Failure) else _extract_one(item, extract or _default_extract())


@cache
def _default_extract() -> Extract:
    """Imported here, once per process: reading and linking are heavy, and the command line must start without them."""
    from extractor.extraction import extract_article

    return extract_article


def _warm_up() -> None:
    """Load rules and vocabularies, so that the first document is not charged with it."""
    _default_extract()(make_article(id="warm-up", text="Of 20 patients, 10 (50%) had a response.", kind="news"))


def _extract_with(article: Article, *, lexicon: tuple[Path, ...]) -> Record:
    """Each process builds the vocabularies once, with the user's terms."""
    from extractor.extraction import extract_article
    from extractor.lexicon import load_lexicon

    return extract_article(article, lexicon=load_lexicon(lexicon))


def _extract_one(article: Article, extract: Extract) -> Extracted:
    try:
        return encode_record(extract(article))
    except ExtractorError as error:
        return lost_document(article, str(error))
    except Exception as error:  # a bug in one document must not lose the others; it is recorded with its kind
        return lost_document(article, f"{type(error).__name__}: {error}")


def lost_document(item: Item, reason: str) -> Failure:
    """Return the failure that takes the place of ``item``; an item that is one already stays as it is."""
    if isinstance(item, Failure):
        return item
    return Failure(where=item.url or item.id, stage="extract", reason=reason, document=item.id)
