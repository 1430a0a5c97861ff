"""The pages and responses in corpora/pages: one of each kind, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import ParseError
from extractor.sources import parse_news, read_jats
from extractor.sources.feeds import read_feed, read_listing, read_sitemap
from extractor.sources.paging import join_pages, next_page_of, whole_page_of

PAGES = Path(__file__).parent.parent.parent / "corpora" / "pages"


def content(name: str) -> bytes:
    return (PAGES / name).read_bytes()


def test_news_page() -> None:
    url = "https://fjordpost.example/health/cranberry-capsules-stomach?utm_source=mail"
    article = parse_news(content("news-page.html"), id="x", url=url)
    assert article.kind == "news"
    assert (article.published, article.updated) == ("2025-02-11T07:30:00+01:00", "2025-02-12T18:05:00+01:00")
    assert (article.category, article.language, article.authors) == ("Health", "en-GB", ("Siv Aune",))
    assert article.url == "https://fjordpost.example/health/cranberry-capsules-stomach"
    assert article.addresses == (url,)
    assert article.corrections == (
        "Correction: An earlier version of this article gave the number of travellers as 460.",
    )
    assert article.status == "corrected"
    assert article.links == (
        "https://doi.org/10.5555/driftwood.2025",
        "https://pubmed.ncbi.nlm.nih.gov/99912345/",
        "https://clinicaltrials.gov/study/NCT90011223",
    )
    assert article.identifiers.doi is None and article.identifiers.pmid is None
    assert article.text.endswith("A larger study of children is planned.")
    assert "460" not in article.text and "privacy" not in article.text


def test_press_release() -> None:
    article = parse_news(content("press-release.html"), id="x", url="https://kestrel.example/n/1")
    assert article.kind == "press_release"
    assert article.text.endswith("96 sites with at least two flares in the year before.")
    for gone in ("oral inhibitor", "140 employees", "trademark", "expectations", "Jon Frei", "SOURCE"):
        assert gone not in article.text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("paywall-teaser.html", "a paywall teaser"),
        ("paywall-cue.html", "a paywall teaser"),
        ("cookie-wall.html", "a cookie wall"),
        ("bot-check.html", "a bot check"),
        ("captcha.html", "a bot check"),
        ("soft-404.html", "an error page"),
        ("index-page.html", "an index page"),
        ("login-page.html", "a login page"),
        ("video-page.html", "a video page"),
    ],
)
def test_pages_that_are_no_article(name: str, reason: str) -> None:
    with pytest.raises(ParseError, match=f"the page is {reason}"):
        parse_news(content(name), id=name)


def test_article_on_two_pages() -> None:
    url = "https://harbourweekly.example/long/ginger-at-sea"
    assert next_page_of(content("multipage-1.html"), url) == f"{url}/2"
    assert whole_page_of(content("multipage-1.html"), url) == f"{url}?view=print"
    assert next_page_of(content("multipage-2.html"), f"{url}/2") is None
    pages = [parse_news(content(f"multipage-{n}.html"), id=str(n), url=a) for n, a in ((1, url), (2, f"{url}/2"))]
    joined = join_pages(pages)
    assert joined.text.count("It took nine years") == 1
    assert joined.text.endswith("but only for cakes.")
    assert [paragraph[:9] for paragraph in joined.text.split("\n\n")] == [
        "Inside th", "It took n", "The first", "The secon", "When the ", "The ship'",
    ]  # fmt: skip


def test_lists_of_addresses() -> None:
    url = "https://fjordpost.example/health"
    assert [e.title for e in read_feed(content("feed.rss"), url=url).entries] == [
        "Cranberry capsules fail to spare travellers' stomachs",
        "Knee braces put to the test",
    ]
    (entry,) = read_feed(content("feed.atom"), url=url).entries
    assert (entry.address, entry.updated) == (
        "https://harbourweekly.example/long/ginger-at-sea",
        "2025-03-01T09:00:00+00:00",
    )
    (entry,) = read_sitemap(content("sitemap.xml"), url=url).entries
    assert entry.address == "https://fjordpost.example/health/cranberry-capsules-stomach"
    assert len(read_listing(content("index-page.html"), url=url).entries) == 8


def test_full_text() -> None:
    article = read_jats(content("article.jats.xml"))
    assert (article.kind, article.identifiers.doi) == ("full_text", "10.5555/driftwood.2025")
    assert "97 (30.5)" in article.text
