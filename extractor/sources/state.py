"""What fetching remembers between runs and shares between processes, in one SQLite file.

Held are answers with their validators (so that a page is asked for again only "if changed"), the next turn of every
host (so that rate limits hold over all threads and processes), addresses that a feed has shown before, and how far a
long job has come.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType

import msgspec

from extractor.databases import use_write_ahead_log
from extractor.errors import FetchError
from extractor.records import Article, Failure
from extractor.sources.messages import Response

__all__ = ["FetchState", "Stored", "freshness"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    url TEXT PRIMARY KEY, message BLOB NOT NULL, content BLOB NOT NULL, fresh_until REAL NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_used ON answers (used);
CREATE TABLE IF NOT EXISTS turns (host TEXT PRIMARY KEY, next REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (source TEXT, address TEXT, at REAL NOT NULL, PRIMARY KEY (source, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (job TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})")
_LONGEST_FRESH = 30 * 86400.0
_DEFAULT_BYTES = 2_000_000_000
_WAIT = 60.0  # seconds for the locks of other processes
_encode = msgspec.json.Encoder()
_decode = msgspec.json.Decoder(Response)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of an earlier request and whether it may still be used without asking."""

    response: Response
    fresh: bool

    def validators(self) -> dict[str, str]:
        """Return the request headers that ask "only if changed" (RFC 9110, sections 13.1.2 and 13.1.3)."""
        headers = self.response.headers
        pairs = (("If-None-Match", headers.get("etag")), ("If-Modified-Since", headers.get("last-modified")))
        return {name: value for name, value in pairs if value}


def freshness(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds an answer may be used without asking again; None where it may not be kept.

    By Cache-Control max-age, else Expires minus Date (RFC 9111, section 4.2.1); 0 where neither says so.

    Args:
        headers: names in lower case.
    """
    control = headers.get("cache-control", "").lower()
    if "no-store" in control:
        return None
    if "no-cache" in control:
        return 0.0
    stated = _MAX_AGE.search(control)
    if stated is not None:
        age = headers.get("age", "0")
        return min(_LONGEST_FRESH, max(0.0, float(stated.group(1)) - (float(age) if age.isdecimal() else 0.0)))
    try:
        life = (parsedate_to_datetime(headers["expires"]) - parsedate_to_datetime(headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0.0
    return min(_LONGEST_FRESH, max(0.0, life))


class FetchState:
    """The memory of fetching.

    Args:
        path: the file; made when missing. ":memory:" for one process only.
        max_bytes: stored answers beyond this are dropped, those unused for longest first, when the file is opened.
        now: the time in seconds since 1970.

    Raises:
        FetchError: the file cannot be opened or is no such file.
    """

    def __init__(
        self, path: str | Path, *, max_bytes: int = _DEFAULT_BYTES, now: Callable[[], float] = time.time
    ) -> None:
        self.path = str(path)
        self._now = now
        self._lock = threading.RLock()
        try:
            if self.path != ":memory:":
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
            use_write_ahead_log(self._db, _WAIT)
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
            self._prune(max_bytes)
        except (sqlite3.Error, OSError) as error:
            raise FetchError(f"the file of fetched answers cannot be used: {error}", self.path) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> FetchState:
        """Return the state itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _prune(self, max_bytes: int) -> None:
        total = self._db.execute("SELECT coalesce(sum(length(content)), 0) FROM answers").fetchone()[0]
        while total > max_bytes:
            oldest = self._db.execute("SELECT url, length(content) FROM answers ORDER BY used LIMIT 100").fetchall()
            for url, size in oldest:
                if total <= max_bytes:
                    break
                self._db.execute("DELETE FROM answers WHERE url = ?", (url,))
                total -= size

    def _run(self, sql: str, values: Iterable[object] = ()) -> list[tuple[object, ...]]:
        try:
            with self._lock:
                return self._db.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise FetchError(f"the file of fetched answers cannot be used: {error}", self.path) from error

    def stored(self, url: str) -> Stored | None:
        """Return the kept answer of ``url``; None where there is none."""
        rows = self._run("SELECT message, content, fresh_until FROM answers WHERE url = ?", (url,))
        if not rows:
            return None
        message, content, fresh_until = rows[0]
        assert isinstance(message, bytes) and isinstance(content, bytes) and isinstance(fresh_until, float)
        try:
            response = msgspec.structs.replace(_decode.decode(message), content=zlib.decompress(content))
        except (msgspec.MsgspecError, zlib.error) as error:
            raise FetchError(f"the kept answer is damaged: {error}", url) from error
        self._run("UPDATE answers SET used = ? WHERE url = ?", (self._now(), url))
        return Stored(response=response, fresh=self._now() < fresh_until)

    def keep(self, url: str, response: Response) -> None:
        """Keep an answer, where its headers allow it and it can be of use again; else forget an earlier one."""
        fresh = freshness(response.headers)
        checkable = "etag" in response.headers or "last-modified" in response.headers
        if fresh is None or (fresh <= 0 and not checkable):
            self._run("DELETE FROM answers WHERE url = ?", (url,))
            return
        message = _encode.encode(msgspec.structs.replace(response, content=b""))
        now = self._now()
        self._run(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
            (url, message, zlib.compress(response.content, 6), now + fresh, now),
        )

    def confirm(self, url: str, headers: Mapping[str, str]) -> None:
        """Note that the server says the kept answer of ``url`` is unchanged; ``headers`` are those of its word."""
        fresh = freshness(headers)
        self._run("UPDATE answers SET fresh_until = ? WHERE url = ?", (self._now() + (fresh or 0.0), url))

    def turn(self, host: str, delay: float, longest: float) -> float:
        """Take the next turn of ``host`` and return the seconds until it; the turn after it is ``delay`` later.

        Args:
            host: host and port. delay: seconds between two requests. longest: no turn is taken beyond these seconds.

        Raises:
            FetchError: the next turn is further away than ``longest``.
        """
        try:
            with self._lock:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    now = self._now()
                    row = self._db.execute("SELECT next FROM turns WHERE host = ?", (host,)).fetchone()
                    turn = max(now, row[0]) if row is not None else now
                    if turn - now <= longest:
                        self._db.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (host, turn + delay))
                finally:
                    self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise FetchError(f"the file of fetched answers cannot be used: {error}", self.path) from error
        if turn - now > longest:
            raise FetchError(f"the turn at this host is {turn - now:g} s away, past the time limit", host)
        return float(turn - now)

    def postpone(self, host: str, seconds: float) -> None:
        """Let nobody ask ``host`` for the next ``seconds`` (its Retry-After holds for all workers)."""
        until = self._now() + seconds
        self._run(
            "INSERT INTO turns VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET next = max(next, excluded.next)",
            (host, until),
        )

    def is_seen(self, source: str, address: str) -> bool:
        """Tell whether ``address`` was marked as taken from ``source``."""
        return bool(self._run("SELECT 1 FROM seen WHERE source = ? AND address = ?", (source, address)))

    def seen_at(self, source: str, address: str) -> float | None:
        """Return when ``address`` was marked last as taken from ``source``, in seconds since 1970; None: never."""
        rows = self._run("SELECT at FROM seen WHERE source = ? AND address = ?", (source, address))
        at = rows[0][0] if rows else None
        assert at is None or isinstance(at, float)
        return at

    def seen_within(self, source: str, address: str, seconds: float) -> bool:
        """Tell whether ``address`` was marked as taken from ``source`` in the last ``seconds``."""
        at = self.seen_at(source, address)
        return at is not None and self._now() - at < seconds

    def mark_seen(self, source: str, address: str) -> None:
        """Mark ``address`` as taken from ``source`` now."""
        self._run("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (source, address, self._now()))

    def mark_delivered(self, job: str, item: Article | Failure) -> None:
        """Mark what ``job`` has yielded; what could not be fetched stays unmarked and is asked for again the next time."""
        name = item.id if isinstance(item, Article) else item.document
        if name is not None and not (isinstance(item, Failure) and item.stage == "fetch"):
            self.mark_seen(job, name)

    def progress(self, job: str) -> str | None:
        """Return what was noted last of ``job``; None where nothing was."""
        rows = self._run("SELECT value FROM progress WHERE job = ?", (job,))
        return str(rows[0][0]) if rows else None

    def note_progress(self, job: str, value: str | None) -> None:
        """Note how far ``job`` has come; None: it is done and is forgotten."""
        if value is None:
            self._run("DELETE FROM progress WHERE job = ?", (job,))
        else:
            self._run("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (job, value, self._now()))
