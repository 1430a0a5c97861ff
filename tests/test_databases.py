"""Two processes that open the same new file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from extractor.databases import use_write_ahead_log


def _held(path: Path) -> sqlite3.Connection:
    """Return a connection that is about to write: the state in which SQLite refuses others without waiting."""
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE held (x)")
    holder.execute("BEGIN IMMEDIATE")
    return holder


def test_waits_for_another_process_that_opens_the_file(tmp_path: Path) -> None:
    holder = _held(tmp_path / "s.db")
    second = sqlite3.connect(tmp_path / "s.db", isolation_level=None, timeout=60)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.execute("PRAGMA journal_mode = WAL")  # what the helper is for: the time limit is not used
    release = threading.Timer(0.2, holder.execute, ["COMMIT"])
    release.start()
    use_write_ahead_log(second, timeout=60)
    release.join()
    assert second.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_gives_up_after_the_time_limit(tmp_path: Path) -> None:
    holder = _held(tmp_path / "s.db")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_write_ahead_log(sqlite3.connect(tmp_path / "s.db", isolation_level=None), timeout=0.05)
    holder.execute("COMMIT")


def test_other_faults_are_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"no database" * 500)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        use_write_ahead_log(sqlite3.connect(tmp_path / "s.db", isolation_level=None), timeout=60)
