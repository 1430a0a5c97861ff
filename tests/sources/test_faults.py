"""Servers that misbehave, through the whole of fetching: each ends in an article or a recorded failure, soon.

``test_http`` holds the client's own faults; here stand those that only show in what was fetched, and in the end result.
"""

from __future__ import annotations

import gzip
import socket
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from extractor.errors import FetchError
from extractor.records import Article, Failure
from extractor.sources import FetchState, HttpClient, fetch
from tests.sources.pages import BODY, news_page
from tests.sources.test_http import raw_server

LIMIT = 5.0
PAGE = news_page().encode()


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(
        allow_private=True, min_delay=0, backoff=0.01, retries=1, read_timeout=1, total_timeout=2, max_bytes=2_000_000
    ) as made:
        yield made


def one(source: str, client: HttpClient) -> Article | Failure:
    """Return the one item of a source, which must come within the time limit."""
    begin = time.monotonic()
    (item,) = fetch([source], client=client)
    assert time.monotonic() - begin < LIMIT
    return item


def reason(item: Article | Failure) -> str:
    assert isinstance(item, Failure), "a failure was expected"
    return f"{item.stage}: {item.reason}"


# ---- answers that come late, or not


def test_retry_after_as_a_date(httpserver: HTTPServer) -> None:
    """The date has whole seconds: what is left of a wait of 9 seconds is 8 to 9 of them."""
    waits: list[float] = []

    def busy(_: Request) -> Answer:
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=9), usegmt=True)
        return Answer("", status=429, headers={"Retry-After": at})

    httpserver.expect_ordered_request("/a").respond_with_handler(busy)
    httpserver.expect_ordered_request("/a").respond_with_data(PAGE, content_type="text/html")
    with HttpClient(allow_private=True, robots=False, min_delay=0, sleep=waits.append) as client:
        assert isinstance(one(httpserver.url_for("/a"), client), Article)
    assert len(waits) == 1 and 7 <= waits[0] <= 9


def test_retry_after_in_the_past_is_no_wait(httpserver: HTTPServer) -> None:
    waits: list[float] = []
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    httpserver.expect_ordered_request("/a").respond_with_data("", status=503, headers=past)
    httpserver.expect_ordered_request("/a").respond_with_data(PAGE, content_type="text/html")
    with HttpClient(allow_private=True, robots=False, min_delay=0, sleep=waits.append) as client:
        assert isinstance(one(httpserver.url_for("/a"), client), Article)
    assert waits == [0]


def test_retry_after_holds_for_every_worker(httpserver: HTTPServer) -> None:
    """One worker was told to wait; another that uses the same state waits as well."""
    waits: list[float] = []
    httpserver.expect_ordered_request("/a").respond_with_data("", status=429, headers={"Retry-After": "30"})
    httpserver.expect_ordered_request("/a").respond_with_data(PAGE, content_type="text/html")
    httpserver.expect_ordered_request("/b").respond_with_data(PAGE, content_type="text/html")
    with FetchState(":memory:") as state:
        for path in ("/a", "/b"):
            with HttpClient(allow_private=True, robots=False, min_delay=0, state=state, sleep=waits.append) as client:
                client.get(httpserver.url_for(path))
    assert waits[0] == 30 and sum(wait > 25 for wait in waits) >= 2


def test_a_burst_of_errors_passes(httpserver: HTTPServer) -> None:
    for status in (500, 502, 503):
        httpserver.expect_ordered_request("/a").respond_with_data("", status=status)
    httpserver.expect_ordered_request("/a").respond_with_data(PAGE, content_type="text/html")
    with HttpClient(allow_private=True, robots=False, min_delay=0, backoff=0.01, retries=3) as client:
        item = one(httpserver.url_for("/a"), client)
    assert isinstance(item, Article) and item.text.endswith(BODY)
    assert len(httpserver.log) == 4


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_in_the_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 90000\r\n\r\n<html>")
    time.sleep(0.05)
    reset(connection)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"<p>")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"<p>more " * 8192)


def silent(connection: socket.socket) -> None:
    connection.settimeout(4)
    connection.recv(1)


@pytest.mark.parametrize(
    ("talk", "word"),
    [
        (reset, "no answer"),
        (reset_in_the_body, "broke"),
        (drip, "longer than"),
        (endless, "more than 2000000 bytes"),
        (silent, "timed out"),
        (lambda c: c.sendall(b"not http at all\r\n\r\n"), "no answer"),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"), "no answer"),
    ],
    ids=["reset", "reset-in-body", "drip", "endless", "silent", "not-http", "many-headers"],
)
def test_connections_that_misbehave(talk: Callable[[socket.socket], None], word: str) -> None:
    with (
        HttpClient(
            allow_private=True, robots=False, min_delay=0, backoff=0.01, retries=1, read_timeout=0.5, total_timeout=1.5,
            max_bytes=2_000_000,
        ) as client,
        raw_server(talk) as url,
    ):  # fmt: skip
        told = reason(one(url, client))
    assert told.startswith("fetch: ") and word in told


# ---- documents that are not what they say


@pytest.mark.parametrize(
    ("data", "media", "told"),
    [
        (PAGE, "image/jpeg", "fetch: the content type is 'image/jpeg'"),
        (PAGE, "application/pdf", "fetch: the content type is 'application/pdf'"),
        (b"%PDF-1.7\n\x00\x01\x02" * 99, "text/html", "parse: "),
        ("Prüfung der Wirkung".encode("latin-1") * 50, "text/html; charset=utf-8", "parse: "),
        (PAGE.replace(b'<meta charset="utf-8">', b""), "text/html; charset=no-such-charset", "parse: wrong encoding declaration"),
        (PAGE[:300], "text/html", "parse: "),
        (b"", "text/html", "parse: "),
        (b"   \n", "text/xml", "parse: "),
        (b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID>", "text/xml", "parse: the XML is malformed"),
        (b"<article><front><article-meta>", "application/xml", "parse: the XML is malformed"),
        (gzip.compress(PAGE)[:-20], "application/gzip", "parse: "),
        (gzip.compress(b"<p>x</p>" * 9_000_000), "application/gzip", "parse: "),
        (b'{"id": "x", "text": ', "application/json", "parse: not a line of JSON"),
        (b"<html>" + b"<div>" * 70_000, "text/html", "parse: "),
    ],
    ids=["picture", "pdf", "pdf-as-html", "charset-untrue", "charset-unknown", "cut-html", "empty", "blank-xml",
         "cut-medline", "cut-jats", "cut-gzip", "gzip-bomb", "cut-json", "deep-html"],
)  # fmt: skip
def test_documents_that_are_not_what_they_say(
    httpserver: HTTPServer, client: HttpClient, data: bytes, media: str, told: str
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/a").respond_with_data(data, content_type=media)
    assert reason(one(httpserver.url_for("/a"), client)).startswith(told)


def test_malformed_html_is_read_as_far_as_it_goes(httpserver: HTTPServer, client: HttpClient) -> None:
    page = news_page().replace("</article></main>", "</p></b><td></article>").replace("</div>", "", 2)
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/a").respond_with_data(page, content_type="text/html; charset=utf-8")
    item = one(httpserver.url_for("/a"), client)
    assert isinstance(item, Article) and "mean glycated haemoglobin fell from 8.50% to 6.93%" in item.text


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
DOCUMENTS = {
    "feed": "<rss version='2.0'><channel><item><title>&e;</title><link>http://a.example/&e;</link></item></channel></rss>",
    "sitemap": "<urlset><url><loc>http://a.example/&e;</loc></url></urlset>",
    "medline": "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>&e;</ArticleTitle>"
    "<Abstract><AbstractText>&e;</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
    "jats": "<article><front></front><body><p>&e;</p></body></article>",
}


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE], ids=["billion-laughs", "external"])
@pytest.mark.parametrize("form", DOCUMENTS)
def test_xml_entities_are_refused(httpserver: HTTPServer, client: HttpClient, form: str, declared: str) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    data = f"<?xml version='1.0'?>{declared}{DOCUMENTS[form]}"
    httpserver.expect_request("/a").respond_with_data(data, content_type="text/xml")
    told = reason(one(httpserver.url_for("/a"), client))
    assert told.startswith("parse: ") and "root:" not in told and "haha" not in told


def test_a_feed_that_is_cut_off_gives_what_it_holds(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/a").respond_with_data(PAGE, content_type="text/html")
    feed = f"<rss version='2.0'><channel><item><title>x</title><link>{httpserver.url_for('/a')}</link></item><item><tit"
    httpserver.expect_request("/f").respond_with_data(feed, content_type="text/xml")
    item = one(f"feed:{httpserver.url_for('/f')}", client)
    assert isinstance(item, Article)


def test_a_sitemap_that_is_cut_off_is_a_failure(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    data = f"<urlset><url><loc>{httpserver.url_for('/a')}</loc></url><url><lo"
    httpserver.expect_request("/s").respond_with_data(data, content_type="text/xml")
    assert "malformed" in reason(one(httpserver.url_for("/s"), client))


@pytest.mark.parametrize("stated", ["yesterday", "2024-13-45", "31 Foo 2024", "0000-00-00", "99999999999999"])
def test_invalid_dates_do_not_stop_an_article(httpserver: HTTPServer, client: HttpClient, stated: str) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    head = f'<meta property="article:published_time" content="{stated}">'
    httpserver.expect_request("/a").respond_with_data(news_page(head=head), content_type="text/html; charset=utf-8")
    feed = (
        f"<rss version='2.0'><channel><item><title>x</title><pubDate>{stated}</pubDate>"
        f"<link>{httpserver.url_for('/a')}</link></item></channel></rss>"
    )
    httpserver.expect_request("/f").respond_with_data(feed, content_type="text/xml")
    item = one(f"feed:{httpserver.url_for('/f')}", client)
    assert isinstance(item, Article) and item.published != stated


# ---- redirects and robots.txt


def test_a_feed_that_leads_to_a_private_address_is_refused(httpserver: HTTPServer) -> None:
    """Entries of a feed on the open network may not reach into ours: every address is checked, not only the first."""
    httpserver.expect_request("/secret").respond_with_data(PAGE, content_type="text/html")
    with HttpClient(robots=False, min_delay=0, retries=0) as client:
        told = reason(one(httpserver.url_for("/secret"), client))
    assert "refused" in told and not httpserver.log


@pytest.mark.parametrize(
    ("status", "text", "word"),
    [
        (404, "", None),
        (403, "", None),
        (200, "", None),
        (200, "<html><body>not a robots.txt</body></html>", None),
        (200, "User-agent: *\nDisallow: /", "robots.txt forbids"),
        (500, "", "robots.txt cannot be fetched"),
        (503, "", "robots.txt cannot be fetched"),
    ],
)
def test_robots_txt(httpserver: HTTPServer, client: HttpClient, status: int, text: str, word: str | None) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(text, status=status)
    httpserver.expect_request("/a").respond_with_data(PAGE, content_type="text/html")
    item = one(httpserver.url_for("/a"), client)
    if word is None:
        assert isinstance(item, Article)
    else:
        assert word in reason(item)
        assert "/a" not in {request.path for request, _ in httpserver.log}


def test_sitemaps_that_robots_txt_names(httpserver: HTTPServer, client: HttpClient) -> None:
    named = "Sitemap: /one.xml\nSitemap: https://a.example/two.xml\nSitemap: /one.xml\n"
    httpserver.expect_request("/robots.txt").respond_with_data(named)
    found = client.sitemaps(httpserver.url_for("/x"))
    assert found == (httpserver.url_for("/one.xml"), "https://a.example/two.xml")
    with HttpClient(min_delay=0, retries=0) as closed, pytest.raises(FetchError):
        closed.sitemaps(httpserver.url_for("/x"))
