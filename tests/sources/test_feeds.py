"""RSS, Atom, sitemaps and listing pages to addresses of articles."""

from __future__ import annotations

import gzip
import re
from datetime import date

import pytest

from extractor.errors import ParseError
from extractor.sources.feeds import Entry, form_of, read_feed, read_listing, read_sitemap, wanted

URL = "https://news.example/health/"
RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Health</title>
<item><title>Drug &amp; diet &lt;b&gt;tried&lt;/b&gt;</title><link>/story/one#top</link><pubDate>Tue, 05 Mar 2024 10:00:00 +0200</pubDate></item>
<item><title>No date</title><link>https://news.example/story/two</link></item>
<item><title>Again</title><link>https://news.example/story/one</link></item>
<item><title>Odd</title><link>javascript:alert(1)</link></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>H</title><link rel="next" href="?page=2"/>
<entry><title>A trial</title><link href="https://news.example/a"/><published>2024-01-02T03:04:05Z</published>
<updated>2024-01-03T00:00:00Z</updated></entry></feed>"""
SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://news.example/a</loc>
<lastmod>2024-02-01</lastmod><news:news><news:publication_date>2024-01-31T08:00+01:00</news:publication_date>
<news:title>A trial of two drugs</news:title></news:news></url><url><loc>  /b </loc></url></urlset>"""
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://news.example/s1.xml.gz</loc></sitemap></sitemapindex>"""
LISTING = b"""<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>
<nav><a href="/">Home</a><a href="/tag/heart">Heart</a><a href="/health/">This page</a></nav>
<a href="/2024/03/beta-blocker-trial-ends-early">Trial ends</a>
<a href="/n/7">Statins lower the risk in older adults, study finds</a>
<a href="https://elsewhere.example/2024/03/another-site-with-a-story">Another site with a story</a>
<a href="/author/jane-doe-writes-here">Jane Doe writes here often</a>
<a href="/health/?page=2">Next page</a></body></html>"""


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (RSS, "feed"),
        (ATOM, "feed"),
        (SITEMAP, "sitemap"),
        (INDEX, "sitemap"),
        (LISTING, "page"),
        (b"text", "page"),
        (b"", "page"),
    ],
)
def test_forms_are_told_by_what_they_show(content: bytes, form: str) -> None:
    assert form_of(content) == form


def test_rss() -> None:
    one, two = read_feed(RSS, url=URL).entries
    assert (one.address, one.published) == ("https://news.example/story/one", "2024-03-05T08:00:00+00:00")
    assert one.title is not None and one.title.startswith("Drug & diet")
    assert (two.address, two.published) == ("https://news.example/story/two", None)


def test_atom_with_a_next_page() -> None:
    listing = read_feed(ATOM, url=URL)
    assert listing.entries == (
        Entry(
            address="https://news.example/a", title="A trial", published="2024-01-02T03:04:05+00:00",
            updated="2024-01-03T00:00:00+00:00",
        ),
    )  # fmt: skip
    assert listing.next_page == "https://news.example/health/?page=2"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_sitemap(pack: type[bytes]) -> None:
    listing = read_sitemap(pack(SITEMAP), url=URL)
    assert [(e.address, e.title, e.published, e.updated) for e in listing.entries] == [
        ("https://news.example/a", "A trial of two drugs", "2024-01-31T08:00+01:00", "2024-02-01"),
        ("https://news.example/b", None, None, None),
    ]
    assert read_sitemap(INDEX, url=URL).further == ("https://news.example/s1.xml.gz",)


def test_listing_page() -> None:
    listing = read_listing(LISTING, url=URL)
    assert [e.address for e in listing.entries] == [
        "https://news.example/2024/03/beta-blocker-trial-ends-early",
        "https://news.example/n/7",
    ]
    assert (listing.next_page, listing.further) == (
        "https://news.example/health/?page=2",
        ("https://news.example/feed.xml",),
    )


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_feed, b"<html><body>no feed</body></html>"),
        (read_feed, b""),
        (
            read_feed,
            b'<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><title>&b;</title></channel></rss>',
        ),
        (read_sitemap, b"<rss></rss>"),
        (read_sitemap, b"<urlset><url><loc>https://a.example/</loc>"),
        (read_sitemap, gzip.compress(b"0" * 60_000_000)),
        (read_listing, b"\x00\x01"),
    ],
)
def test_what_is_none_is_refused(read: object, content: bytes) -> None:
    with pytest.raises(ParseError):
        read(content, url=URL)  # type: ignore[operator]


def test_wanted_entries() -> None:
    entries = [
        Entry(address="https://a.example/story/1", published="2024-01-01"),
        Entry(address="https://a.example/story/2", published="2023-01-01", updated="2024-05-01T00:00:00Z"),
        Entry(address="https://a.example/story/3", published="2023-01-01"),
        Entry(address="https://a.example/video/4"),
        Entry(address="https://a.example/story/5", published="not a date"),
    ]
    kept = wanted(
        entries,
        since=date(2024, 1, 1),
        include=[re.compile("/story/"), re.compile("/video/")],
        exclude=[re.compile("/5$")],
    )
    assert [e.address[-1] for e in kept] == ["1", "2", "4"]
    assert len(list(wanted(entries, since=None, include=[], exclude=[]))) == 5
