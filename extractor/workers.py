"""Worker processes for work that may crash or hang: what comes out keeps the order of what went in, and nothing is lost.

Each worker is sent the next chunk of items while it works on the one before, and returns every result as soon as it is
there. So when a worker dies, or is ended because one item took too long, it is known which item that was: it alone is
given up, what stood behind it goes to a fresh worker.
"""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from extractor.errors import ExtractorError

__all__ = ["RECYCLE_AFTER", "WorkerPool", "in_chunks"]

In = TypeVar("In")
Out = TypeVar("Out")

RECYCLE_AFTER = 20_000
"""Items after which a worker gives way to a fresh one, so that what it remembers of words never grows for days."""
_AHEAD = 3
"""Chunks per worker that may be under way or wait for their turn; bounds memory and how far ahead the input is read."""
_QUEUED = 2
_START_LIMIT = 300.0
"""Seconds in which a worker must have started; a machine that swaps needs some."""
_PATIENCE = 0.5
"""Seconds that a chunk waits to be filled where the input comes slowly."""
_READY = b"ready"


class _Chunk(Generic[In, Out]):
    """Items that travel together, and what came back of them."""

    def __init__(self, items: list[In]) -> None:
        self.items = items
        self.results: list[Out] = []

    @property
    def done(self) -> bool:
        return len(self.results) == len(self.items)


class _Worker(Generic[In, Out]):
    """One process with its connection and the chunks that it was sent."""

    def __init__(self, work: Callable[[In], Out], warm_up: Callable[[], object] | None) -> None:
        context = get_context(_start_method())
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work, warm_up), daemon=True)  # type: ignore[attr-defined]
        self.process.start()
        theirs.close()
        self.ready = False
        self.chunks: deque[_Chunk[In, Out]] = deque()
        self.sent = 0
        self.since = monotonic()

    def send(self, chunk: _Chunk[In, Out]) -> None:
        """Send the items of ``chunk`` that have no result yet. Raises OSError when the process has ended."""
        if not self.chunks:
            self.since = monotonic()
        self.chunks.append(chunk)
        rest = chunk.items[len(chunk.results) :]
        self.sent += len(rest)
        self.connection.send_bytes(pickle.dumps(rest, pickle.HIGHEST_PROTOCOL))

    def take(self) -> None:
        """Receive what is there. Raises EOFError or OSError when the process has ended."""
        while self.connection.poll():
            message = self.connection.recv_bytes()
            self.since = monotonic()
            if not self.ready:
                self.ready = True
                continue
            chunk = self.chunks[0]
            chunk.results.append(pickle.loads(message))
            if chunk.done:
                self.chunks.popleft()

    def limit(self, timeout: float | None) -> float | None:
        """The moment at which what the worker does now has taken too long (None: never)."""
        if not self.ready:
            return self.since + _START_LIMIT
        return self.since + timeout if self.chunks and timeout is not None else None

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self.process.kill()
        self.process.join()
        self.connection.close()


class WorkerPool(Generic[In, Out]):
    """Processes that do ``work`` on items.

    Args:
        workers: how many. work: called in a worker for each item; importable by name, like ``warm_up``, and may not raise.
        lost: called here with an item that ended its worker and why; what it returns is the item's result.
        warm_up: called once in each worker before its first item; not counted as time of an item.
        timeout: seconds an item may take (None: as long as it wants).
        recycle_after: items after which a worker is replaced.
    """

    def __init__(
        self,
        workers: int,
        work: Callable[[In], Out],
        *,
        lost: Callable[[In, str], Out],
        warm_up: Callable[[], object] | None = None,
        timeout: float | None = None,
        recycle_after: int = RECYCLE_AFTER,
    ) -> None:
        self._size = workers
        self._work = work
        self._lost = lost
        self._warm_up = warm_up
        self._timeout = timeout
        self._recycle_after = recycle_after
        self._workers: list[_Worker[In, Out]] = []

    def map(self, items: Iterable[In], chunk_size: int) -> Iterator[Out]:
        """Yield the result of each item, in the order of the items, which are read as results are taken; then end all workers.

        Raises:
            ExtractorError: worker processes cannot be started.
        """
        try:
            yield from self.stream(items, chunk_size)
        finally:
            self.close()

    def stream(self, items: Iterable[In], chunk_size: int) -> Iterator[Out]:
        """Yield the same as ``map``; the workers stay for the next call, unless this one is broken off."""
        chunks = in_chunks(items, chunk_size)
        in_order: deque[_Chunk[In, Out]] = deque()
        more = True
        try:
            while more or in_order:
                while more and len(in_order) < self._size * _AHEAD and self._has_room():
                    chunk = next(chunks, None)
                    if chunk is None:
                        more = False
                        break
                    in_order.append(_Chunk(chunk))
                    self._give(in_order[-1])
                    self._attend(0.0)
                while in_order and in_order[0].done:
                    yield from in_order.popleft().results
                if in_order:
                    self._attend(None)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    # -- giving out work -----------------------------------------------------------------------------------------------

    def _has_room(self) -> bool:
        return len(self._workers) < self._size or any(len(w.chunks) < _QUEUED for w in self._lasting())

    def _lasting(self) -> list[_Worker[In, Out]]:
        """The workers that are not about to be replaced."""
        return [w for w in self._workers if w.sent < self._recycle_after]

    def _give(self, chunk: _Chunk[In, Out]) -> None:
        """Send ``chunk`` to an idle worker, a new one where one is missing, or the one with least to do."""
        lasting = self._lasting()
        worker = next((w for w in lasting if not w.chunks), None)
        if worker is None and len(self._workers) < self._size:
            worker = _Worker(self._work, self._warm_up)
            self._workers.append(worker)
        if worker is None:
            worker = min(lasting or self._workers, key=lambda w: len(w.chunks))
        with suppress(OSError):  # it has ended: seen when its results are taken, the chunk is in its list
            worker.send(chunk)

    def _attend(self, patience: float | None) -> None:
        """Wait for results (at most ``patience`` seconds), and look after workers that ended or take too long."""
        limits = [limit for w in self._workers if (limit := w.limit(self._timeout)) is not None]
        left = max(0.0, min(limits) - monotonic()) if limits else None
        if patience is not None:
            left = patience if left is None else min(left, patience)
        ready = wait([w.connection for w in self._workers], left)
        for worker in list(self._workers):
            if worker.connection in ready:
                try:
                    worker.take()
                except (EOFError, OSError, pickle.UnpicklingError):
                    self._replace(worker, "the worker process died while extracting this document")
                    continue
            limit = worker.limit(self._timeout)
            if limit is not None and monotonic() >= limit:
                self._replace(worker, f"took longer than {self._timeout:g} seconds" if self._timeout is not None else "")
            elif worker.sent >= self._recycle_after and not worker.chunks and worker.ready:
                self._workers.remove(worker)
                worker.end()

    def _replace(self, worker: _Worker[In, Out], reason: str) -> None:
        """End ``worker``, give up the item that it was at, and give what stood behind that to others."""
        self._workers.remove(worker)
        worker.end()
        if not worker.ready:
            raise ExtractorError(
                "worker processes cannot be started; a script that uses them needs the guard "
                "'if __name__ == \"__main__\":' around its work"
            )
        for position, chunk in enumerate(list(worker.chunks)):
            if position == 0:
                chunk.results.append(self._lost(chunk.items[len(chunk.results)], reason))
            if not chunk.done:
                self._give(chunk)


def _start_method() -> str:
    """Workers of a fork server share what importing costs; where there is none, each starts from nothing."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    get_context("forkserver").set_forkserver_preload(["extractor.extraction"])
    return "forkserver"


def in_chunks(items: Iterable[In], size: int) -> Iterator[list[In]]:
    """Yield ``items`` in lists of ``size``, or fewer where they come slowly."""
    chunk: list[In] = []
    begun = 0.0
    for item in items:
        if not chunk:
            begun = monotonic()
        chunk.append(item)
        if len(chunk) >= size or monotonic() - begun > _PATIENCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# ---- in the worker


def _serve(connection: Connection, work: Callable[[Any], Any], warm_up: Callable[[], object] | None) -> None:
    """Do ``work`` on what comes, one list of items after the other, until the other side is gone."""
    # Ctrl-C reaches every process of the group; only the main one decides what to do about it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox: SimpleQueue[bytes | None] = SimpleQueue()

    def receive() -> None:
        # apart from the work, so that neither side ever waits for the other to read
        try:
            while True:
                inbox.put(connection.recv_bytes())
        except (EOFError, OSError):
            inbox.put(None)

    if warm_up is not None:
        warm_up()
        # the vocabularies stay for good: the collector need not go over them again and again
        gc.collect()
        gc.freeze()
    Thread(target=receive, daemon=True).start()
    try:
        connection.send_bytes(_READY)
        while (message := inbox.get()) is not None:
            for item in pickle.loads(message):
                connection.send_bytes(pickle.dumps(work(item), pickle.HIGHEST_PROTOCOL))
    except BrokenPipeError:
        sys.exit(1)  # the main process is gone
