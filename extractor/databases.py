"""What the SQLite files of this package (the evidence store, the memory of fetching) have in common."""

from __future__ import annotations

import sqlite3
import time

__all__ = ["use_write_ahead_log"]

_PAUSE = 0.02


def use_write_ahead_log(connection: sqlite3.Connection, timeout: float) -> None:
    """Put the file of ``connection`` into WAL mode, also while other processes open the same new file.

    SQLite does not call its busy handler while a file changes its journal mode, since two processes that wait for one
    another there would never end (https://www.sqlite.org/c3ref/busy_handler.html): whoever comes second is refused at
    once, whatever timeout was set. So the attempt is made again here.

    Args:
        connection: outside a transaction.
        timeout: seconds after which the refusal is passed on.

    Raises:
        sqlite3.OperationalError: the file is still locked after ``timeout``, or cannot be written.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return
