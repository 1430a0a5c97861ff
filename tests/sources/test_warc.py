"""Web archives as a stream, with cheap tests before parsing."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from extractor.errors import ParseError
from extractor.records import Article, Failure
from extractor.sources import warc as module
from extractor.sources.fetch import fetch
from extractor.sources.warc import read_warc
from tests.sources.pages import TITLE, news_page

STORY = news_page().encode()
OTHER = b"<html lang='en'><body><p>" + b"The match of the day and the rest of the week with the team was lost. " * 9
GERMAN = STORY.replace(b'lang="en"', b'lang="de"')
BROKEN = b"<html lang='en'><body>patients placebo treatment dose</body></html>"


def record(kind: str, address: str, block: bytes, media: str) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2031-05-06T07:08:09Z\r\n"
        f"WARC-Record-ID: <urn:uuid:{address}>\r\nContent-Type: {media}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def archive(path: Path, pages: list[tuple[str, str, str, bytes]], packed: bool = True) -> Path:
    """Write an archive of (address, status line, content type, body)."""
    pytest.importorskip("warcio")
    records = [record("warcinfo", "urn:made", b"software: made\r\n", "application/warc-fields")]
    for address, status, media, body in pages:
        told = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n\r\n".encode()
        records.append(record("request", address, b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"))
        records.append(record("response", address, told + body, "application/http; msgtype=response"))
    path.write_bytes(b"".join(gzip.compress(r) if packed else r for r in records))
    return path


PAGES = [
    ("https://a.example/story", "200 OK", "text/html; charset=utf-8", STORY),
    ("https://a.example/gone", "404 Not Found", "text/html", STORY),
    ("https://a.example/doc", "200 OK", "application/pdf", STORY),
    ("https://a.example/match", "200 OK", "text/html", OTHER),
    ("https://a.example/de", "200 OK", "text/html", GERMAN),
    ("https://a.example/broken", "200 OK", "text/html", BROKEN),
    ("https://b.example/story-b", "200 OK", "text/html", STORY),
]


@pytest.mark.parametrize("packed", [True, False])
def test_articles_of_an_archive(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = module.parse_news
    monkeypatch.setattr(module, "parse_news", lambda *a, **k: (parsed.append(k["id"]), real(*a, **k))[1])
    path = archive(tmp_path / "made.warc.gz", PAGES, packed)
    items = list(read_warc(str(path)))
    assert [(i.id, i.title) for i in items if isinstance(i, Article)] == [
        ("https://a.example/story", TITLE), ("https://b.example/story-b", TITLE),
    ]  # fmt: skip
    assert [(i.where, i.stage) for i in items if isinstance(i, Failure)] == [("https://a.example/broken", "parse")]
    assert parsed == [PAGES[0][0], PAGES[5][0], PAGES[6][0]], "pages that fail the cheap tests are never parsed"
    article = items[0]
    assert isinstance(article, Article) and article.retrieved_at == "2031-05-06T07:08:09Z"


def test_archives_as_a_source(tmp_path: Path) -> None:
    archive(tmp_path / "one.warc.gz", PAGES[:1])
    archive(tmp_path / "two.warc", PAGES[6:], packed=False)
    pattern = str(tmp_path / "*.warc*")
    assert len([i for i in fetch([f"warc:{pattern}"]) if isinstance(i, Article)]) == 2
    (only,) = fetch([str(tmp_path / "one.warc.gz"), str(tmp_path / "two.warc")], include=[r"//b\.example/"])
    assert isinstance(only, Article) and only.id == "https://b.example/story-b"


def test_damaged_archives_are_failures(tmp_path: Path) -> None:
    path = archive(tmp_path / "made.warc.gz", PAGES)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    cut = list(read_warc(str(path)))
    assert isinstance(cut[0], Article) and len(cut) < 4
    noise = tmp_path / "noise.warc"
    noise.write_bytes(b"no archive at all\n" * 50)
    (failure,) = read_warc(str(noise))
    assert isinstance(failure, Failure) and "damaged" in failure.reason
    empty = tmp_path / "empty.warc"
    empty.write_bytes(b"")
    for name, reason in ((empty, "no record"), (tmp_path / "none.warc", "cannot be read"), (tmp_path / "*.x", "no file")):
        (failure,) = read_warc(str(name))
        assert isinstance(failure, Failure) and reason in failure.reason


def test_without_warcio_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "warcio.archiveiterator", None)
    with pytest.raises(ParseError, match=r"evidence-extractor\[warc\]"):
        list(read_warc("a.warc"))
    (failure,) = fetch(["warc:a.warc"])
    assert isinstance(failure, Failure) and "warcio" in failure.reason
