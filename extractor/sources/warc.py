"""News archives of Common Crawl and others: WARC files, also .gz, as a stream (ISO 28500, https://iipc.github.io/warc-specifications/).

Only answers that can be English news of trials are parsed as pages: HTML of status 200 in which words of trials stand.
Reading takes the package ``warcio`` (``pip install evidence-extractor[warc]``).
"""

from __future__ import annotations

import glob
import re
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from extractor.errors import ParseError
from extractor.records import Article, Failure
from extractor.sources.messages import media_type
from extractor.sources.news import parse_news
from extractor.sources.tables import load_table

__all__ = ["read_warc"]

_HTML = frozenset(("text/html", "application/xhtml+xml"))
_MOST_BYTES = 5_000_000
_LEAST_WORDS = 2
_LANGUAGE = re.compile(rb"<html[^>]{0,400}\blang\s{0,3}=\s{0,3}[\"']?([a-z]{2})", re.IGNORECASE)
_ENGLISH = (b" the ", b" of ", b" and ", b" with ", b" was ")
_LEAST_ENGLISH = 12
_HEAD = 8192


def read_warc(path: str, *, takes: Callable[[str], bool] = lambda address: True) -> Iterator[Article | Failure]:
    """Yield the articles of web archives in their order, at constant memory; ids are the addresses of the pages.

    Args:
        path: a file, or a pattern ("crawl/*.warc.gz"). takes: tells whether a page at an address is asked for.

    Yields:
        An Article per page that passes the cheap tests; a Failure for such a page that cannot be read as an article,
        and for a file that is missing, damaged or cut off.

    Raises:
        ParseError: ``warcio`` is not installed.
    """
    records = _reader(path)
    # Path.glob takes no absolute pattern
    names = sorted(glob.iglob(path, recursive=True)) if glob.has_magic(path) else [path]  # noqa: PTH207
    if not names:
        yield Failure(where=path, stage="parse", reason="no file fits the pattern")
    for name in names:
        try:
            with Path(name).open("rb") as stream:
                yield from _articles(records(stream), name, takes)
        except OSError as error:
            yield Failure(where=name, stage="parse", reason=f"cannot be read: {error.strerror or error}")


def _reader(path: str) -> Callable[[Any], Any]:
    try:
        from warcio.archiveiterator import ArchiveIterator
    except ImportError as error:
        reason = "reading web archives takes the package warcio: pip install 'evidence-extractor[warc]'"
        raise ParseError(reason, path) from error
    return ArchiveIterator  # type: ignore[no-any-return]


def _articles(records: Any, name: str, takes: Callable[[str], bool]) -> Iterator[Article | Failure]:
    from warcio.exceptions import ArchiveLoadFailed

    count = 0
    try:
        for record in records:
            count += 1
            item = _item(record, takes)
            if item is not None:
                yield item
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
        yield Failure(where=name, stage="parse", reason=f"the archive is damaged after {count} records: {error}")
        return
    if not count:
        yield Failure(where=name, stage="parse", reason="the archive holds no record")


def _item(record: Any, takes: Callable[[str], bool]) -> Article | Failure | None:
    """Return the article of a record; None where the cheap tests say that it is none of ours."""
    address = record.rec_headers.get_header("WARC-Target-URI") or ""
    if record.rec_type != "response" or record.http_headers is None or not address.startswith(("http://", "https://")):
        return None
    media, charset = media_type(record.http_headers.get_header("Content-Type") or "")
    if record.http_headers.get_statuscode() != "200" or media not in _HTML or not takes(address):
        return None
    content = record.content_stream().read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES or not _may_be_news(content):
        return None
    try:
        return parse_news(
            content, id=address, url=address, charset=charset,
            retrieved_at=record.rec_headers.get_header("WARC-Date"),
        )  # fmt: skip
    except ParseError as error:
        return Failure(where=address, stage="parse", reason=error.reason)


def _may_be_news(content: bytes) -> bool:
    """Tell by bytes alone whether a page can be English and tell of a trial."""
    language = _LANGUAGE.search(content[:_HEAD])
    if language is not None and language[1].lower() != b"en":
        return False
    small = content.lower()
    if sum(word in small for word in _trial_words()) < _LEAST_WORDS:
        return False
    return language is not None or sum(small.count(word) for word in _ENGLISH) >= _LEAST_ENGLISH


@cache
def _trial_words() -> tuple[bytes, ...]:
    return tuple(row["word"].encode() for row in load_table("trial_words.tsv", ("word",)))
