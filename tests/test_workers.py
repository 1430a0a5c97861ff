"""Worker processes: order, crashes, hangs, fresh workers, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.errors import ExtractorError
from extractor.workers import WorkerPool


def work(item: str) -> str:
    """What the tests ask of a worker: it does what the item says."""
    if item == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "hang":
        time.sleep(90)
    if item == "pid":
        return str(os.getpid())
    return item.upper()


def lost(item: str, reason: str) -> str:
    return f"{item} lost: {reason}"


def broken_start() -> None:
    raise RuntimeError("no vocabulary")


def pool(workers: int = 2, timeout: float | None = None, recycle_after: int = 1000) -> WorkerPool[str, str]:
    return WorkerPool(workers, work, lost=lost, timeout=timeout, recycle_after=recycle_after)


@pytest.mark.parametrize(("workers", "chunk_size"), [(1, 1), (2, 3), (3, 50)])
def test_results_come_in_the_order_of_the_items(workers: int, chunk_size: int) -> None:
    items = [f"item {number}" for number in range(40)]
    assert list(pool(workers).map(items, chunk_size)) == [item.upper() for item in items]


def test_nothing_in_nothing_out() -> None:
    assert list(pool().map([], 10)) == []


def test_only_what_ends_its_worker_is_lost() -> None:
    items = [f"item {number}" for number in range(30)]
    items[4] = items[5] = items[20] = "crash"
    found = list(pool().map(items, 7))
    reason = "crash lost: the worker process died while extracting this document"
    assert found == [reason if item == "crash" else item.upper() for item in items]


def test_what_takes_too_long_is_ended() -> None:
    items = ["a", "hang", "b", "c", "hang", "d"]
    reason = "hang lost: took longer than 1.5 seconds"
    assert list(pool(timeout=1.5).map(items, 3)) == ["A", reason, "B", "C", reason, "D"]


def test_waiting_for_input_is_not_charged_to_a_document() -> None:
    def slow() -> Iterator[str]:
        for number in range(4):
            time.sleep(0.6)
            yield f"item {number}"

    assert list(pool(1, timeout=0.5).map(slow(), 2)) == [f"ITEM {number}" for number in range(4)]


def test_large_items_and_results_do_not_block_each_other() -> None:
    items = ["x" * 3_000_000 for _ in range(12)]
    assert list(pool(1).map(items, 1)) == ["X" * 3_000_000] * 12


def test_workers_are_replaced_after_so_many_items() -> None:
    found = list(pool(1, recycle_after=10).map(["pid"] * 40, 5))
    assert len(set(found)) == 4
    assert [found.count(pid) for pid in dict.fromkeys(found)] == [10] * 4


def test_workers_that_cannot_start_are_an_error() -> None:
    with pytest.raises(ExtractorError, match="cannot be started"):
        list(WorkerPool(2, work, lost=lost, warm_up=broken_start).map(["a", "b"], 1))


def test_input_that_fails_ends_the_workers() -> None:
    def failing() -> Iterator[str]:
        yield "pid"
        raise OSError("gone")

    some = pool(1)
    with pytest.raises(OSError, match="gone"):
        list(some.map(failing(), 1))
    assert some._workers == []


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes live")
def test_no_worker_outlives_a_main_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, signal\n"
        "from tests.test_workers import pool\n"
        "def items():\n"
        "    yield from ['pid'] * 4\n"
        "    while True:\n"
        "        yield 'more'\n"
        "if __name__ == '__main__':\n"
        "    found = pool(2).map(items(), 2)\n"
        "    print(*{next(found) for _ in range(4)}, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(root)},
        cwd=root,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    pids = [int(pid) for pid in done.stdout.split()]
    assert pids
    deadline = time.monotonic() + 60
    while any(map(_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_alive, pids))
