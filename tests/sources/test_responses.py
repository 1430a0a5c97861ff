"""The responses in ``corpora/sources``, one of each kind of source, are read by what reads that kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from protego import Protego

from extractor.records import Article, Failure
from extractor.sources import fetch, read_jats, read_study
from extractor.sources.europepmc import _answers, read_result
from extractor.sources.eutils import _decoder
from extractor.sources.feeds import Listing, read_feed, read_listing, read_sitemap

FOLDER = Path(__file__).parent.parent.parent / "corpora" / "sources"
URL = "https://news.example/health/"


def content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "read", "entries", "further"),
    [
        ("feed.rss", read_feed, 2, False),
        ("feed.atom", read_feed, 1, False),
        ("sitemap.xml", read_sitemap, 2, False),
        ("sitemap-index.xml", read_sitemap, 0, True),
        ("listing.html", read_listing, 2, True),
    ],
)
def test_lists_of_articles(name: str, read: Callable[..., Listing], entries: int, further: bool) -> None:
    listing = read(content(name), url=URL)
    assert (len(listing.entries), bool(listing.further)) == (entries, further)


def test_robots_txt() -> None:
    robots = Protego.parse(content("robots.txt").decode())
    assert list(robots.sitemaps) == ["https://news.example/sitemap-index.xml"]
    assert not robots.can_fetch("https://news.example/account/x", "evidence-extractor")


def test_pubmed() -> None:
    found = _decoder.decode(content("esearch.json")).esearchresult.idlist
    articles = list(fetch([str(FOLDER / "efetch.xml")]))
    assert [a.id for a in articles if isinstance(a, Article)] == [f"pmid:{number}" for number in found]


def test_europe_pmc() -> None:
    (result,) = _answers.decode(content("europepmc.json")).result_list.result
    article = read_result(bytes(result), where="europepmc.json")
    assert isinstance(article, Article) and [s.label for s in article.sections] == ["title", "methods", "results"]
    whole = read_jats(content("full-text.xml"))
    assert whole.identifiers.pmid == article.identifiers.pmid and "| Any flare, n/N | 21/118 | 43/121 |" in whole.text


def test_study() -> None:
    assert read_study(content("study.json")).id == "nct:NCT09990001"


def test_web_archive() -> None:
    pytest.importorskip("warcio")
    (article,) = fetch([str(FOLDER / "news.warc.gz")])
    assert not isinstance(article, Failure) and article.id == "https://archive.example/select"


def test_every_file_is_read_here() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    assert all(path.name in tests for path in FOLDER.iterdir())
