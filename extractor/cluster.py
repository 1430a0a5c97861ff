"""Extraction on a Dask cluster: the same chunks, the same records in the same order, on many machines.

Dask distributed (https://distributed.dask.org) maps chunks of articles over its workers and runs a chunk again elsewhere
when its worker dies. Each worker extracts in a child process of its own, so that a document that crashes or hangs is given
up alone. Workers that a nanny started are daemons, which may have no children: set ``distributed.worker.daemon`` to False
(``DASK_DISTRIBUTED__WORKER__DAEMON=False``) where they start; a daemon extracts all the same, without that care.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from extractor.batch import Engine, Extract, Extracted, Item, extract_items, lost_document, with_lexicon
from extractor.errors import ExtractorError
from extractor.workers import in_chunks

__all__ = ["CLUSTER_CHUNK", "cluster_engine", "local_cluster", "run_on_cluster"]

CLUSTER_CHUNK = 100
"""Articles per task: a task costs the scheduler about a millisecond, whatever it does."""
_AHEAD = 4
"""Chunks per worker thread that are under way or wait; bounds memory here and on the scheduler."""
_Work = Callable[[list[Item]], list[Extracted]]
_CONNECT_LIMIT = "30s"
_NEEDS = "needs Dask: pip install 'evidence-extractor[cluster]'"


@contextmanager
def cluster_engine(
    address: str,
    *,
    workers: int = 1,
    lexicon: Sequence[Path] = (),
    extract: Extract | None = None,
    timeout: float | None = None,
) -> Iterator[Engine]:
    """Give what extracts on a cluster, for ``run_into_store`` or to call with articles itself.

    Args:
        address: of a scheduler ("tcp://10.0.0.1:8786"), or "local" for a cluster of processes on this machine, which ends
            with the context. workers: processes of the local cluster.
        lexicon: own vocabulary files; they stand at the same paths on every worker.
        extract, timeout: as for ``extractor.batch.run_batch``.

    Raises:
        ExtractorError: Dask is not installed, or no scheduler answers at ``address``.
        LexiconError: a vocabulary file is malformed.
    """
    distributed = _distributed()
    extract = with_lexicon(extract, lexicon)
    with ExitStack() as stack:
        cluster = stack.enter_context(local_cluster(workers)) if address == "local" else address
        try:
            client = stack.enter_context(distributed.Client(cluster, set_as_default=False, timeout=_CONNECT_LIMIT))
        except (OSError, ValueError) as error:
            raise ExtractorError(f"no Dask scheduler answers at {address}: {error}") from error
        yield partial(run_on_cluster, client, extract=extract, timeout=timeout)


@contextmanager
def local_cluster(workers: int) -> Iterator[Any]:
    """Give a distributed.LocalCluster of processes with one thread each, reachable from this machine only."""
    import dask

    # as long as the cluster lives: workers that a nanny starts anew in place of dead ones need it as well
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        _distributed().LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as cluster,
    ):
        yield cluster


def run_on_cluster(
    client: Any,
    articles: Iterable[Item],
    *,
    extract: Extract | None = None,
    timeout: float | None = None,
    chunk_size: int = CLUSTER_CHUNK,
) -> Iterator[Extracted]:
    """Yield the encoded record or a Failure for each article, in input order.

    Args:
        client: a distributed.Client. articles: read as a stream. extract: importable by name on the workers.
        timeout: seconds that a document may take. chunk_size: articles per task.
    """
    work = partial(extract_items, extract=extract, timeout=timeout)
    threads = max(1, sum(client.nthreads().values()))
    waiting: deque[tuple[list[Item], Any]] = deque()
    try:
        for chunk in in_chunks(articles, chunk_size):
            waiting.append((chunk, _submit(client, work, chunk)))
            if len(waiting) >= threads * _AHEAD:
                yield from _results(client, work, *waiting.popleft())
        while waiting:
            yield from _results(client, work, *waiting.popleft())
    finally:
        for _, future in waiting:
            future.cancel()


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise ExtractorError(_NEEDS) from error


def _submit(client: Any, work: _Work, chunk: list[Item]) -> Any:
    # pure: without it, two equal chunks would be one task, and its loss the loss of both
    return client.submit(work, chunk, pure=False, retries=2)


def _results(client: Any, work: _Work, chunk: list[Item], future: Any, again: bool = True) -> Iterator[Extracted]:
    """Yield what came of ``chunk``; where it lost worker after worker it is tried once more, then its items are failures."""
    try:
        yield from future.result()
        return
    except _distributed().KilledWorker:
        pass
    finally:
        future.release()
    if again:
        yield from _results(client, work, chunk, _submit(client, work, chunk), again=False)
    else:
        yield from (lost_document(item, "the workers of the cluster died, one after the other") for item in chunk)
