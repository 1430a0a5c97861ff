"""Many documents: extraction over worker processes, in the order of the input, and into a store.

Articles go to the workers in chunks; encoded records come back, never spaCy objects. Results are the same bytes in the
same order at any number of workers. A document that fails, that takes too long, or that kills its worker, becomes a
Failure and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from time import monotonic

import msgspec

from extractor.errors import ExtractorError
from extractor.lexicon import own_terms_digest
from extractor.records import Article, Failure, Record, decode_record, encode_record, make_article
from extractor.store import EvidenceStore, RunStatus
from extractor.workers import WorkerPool

__all__ = ["CHUNK_SIZE", "RunResult", "run_batch", "run_encoded", "run_into_store"]

CHUNK_SIZE = 50
"""Articles per task: large enough that shipping costs nothing, small enough to keep all workers busy."""
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
        result = item if isinstance(item, Failure) else decode_record(item)
        if on_item is not None:
            on_item(result)
        yield result


def run_encoded(
    articles: Iterable[Item], *, workers: int = 1, chunk_size: int = CHUNK_SIZE, extract: Extract | None = None,
    lexicon: Sequence[Path] = (), timeout: float | None = None,
) -> Iterator[Extracted]:  # fmt: skip
    """Yield the encoded record (one line of JSON, no line break) or a Failure for each article, in input order.

    Args and behaviour are those of ``run_batch``; ``chunk_size`` is the number of articles per task.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    if extract is None and lexicon:
        own_terms_digest(lexicon)  # a malformed file ends the run here, not every document of it
        extract = partial(_extract_with, lexicon=tuple(lexicon))
    work = partial(_extract_or_fail, extract=extract)
    if workers == 1 and timeout is None:
        yield from map(work, articles)
        return
    warm_up = _warm_up if extract is None else None
    pool = WorkerPool[Item, Extracted](workers, work, lost=_failure, warm_up=warm_up, timeout=timeout)
    yield from pool.map(articles, chunk_size)


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
        results = run_batch(unread(), workers=workers, extract=extract, lexicon=lexicon, timeout=timeout)
        for result in results:
            writer.add(result)
            if on_item is not None and not _is_withdrawal(result):
                on_item(result)
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        try:
            writer.flush()
        finally:
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


# ---- extraction


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
        return _failure(article, str(error))
    except Exception as error:  # a bug in one document must not lose the others; it is recorded with its kind
        return _failure(article, f"{type(error).__name__}: {error}")


def _failure(item: Item, reason: str) -> Failure:
    if isinstance(item, Failure):
        return item
    return Failure(where=item.url or item.id, stage="extract", reason=reason, document=item.id)
