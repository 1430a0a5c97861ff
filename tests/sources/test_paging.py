"""Articles over several pages."""

from __future__ import annotations

import pytest

from extractor.errors import ParseError
from extractor.records import Identifiers
from extractor.sources.news import parse_news
from extractor.sources.paging import join_pages, next_page_of, whole_page_of
from tests.sources.pages import PARAGRAPHS, TITLE, news_page

URL = "https://ledger.example/2023/icodec-week"


def page(foot: str = "", head: str = "") -> str:
    return news_page(head=head).replace("<footer>", f"{foot}<footer>")


@pytest.mark.parametrize(
    ("url", "foot", "expected"),
    [
        (URL, '<a rel="next" href="?page=2">More</a>', f"{URL}?page=2"),
        (URL, '<a href="/2023/icodec-week/2">Next page →</a>', f"{URL}/2"),
        (URL, '<a href="/2023/icodec-week/page/2/">Next</a>', f"{URL}/page/2/"),
        (f"{URL}.html", '<a href="icodec-week-2.html">Next »</a>', f"{URL}-2.html"),
        (URL, '<div class="pagination"><a href="?page=2">2</a><a href="?page=3">3</a></div>', f"{URL}?page=2"),
        (f"{URL}?page=2", '<ul class="pager"><li><a href="?">1</a><li><a href="?page=3">3</a></ul>', f"{URL}?page=3"),
        (f"{URL}/2", f'<a href="{URL}">Back to the beginning</a> <a href="{URL}/3">Next page</a>', f"{URL}/3"),
        (f"{URL}?utm_source=x", '<a href="?page=2&utm_source=y" title="Next page">→</a>', f"{URL}?page=2&utm_source=y"),
        (URL, '<a rel="next" href="/2023/other-story">Next</a>', None),
        ("https://ledger.example/story/41", '<a rel="next" href="/story/42">Next</a>', None),
        (URL, '<div class="comments pager"><a href="?page=2">2</a></div>', None),
        (URL, '<a href="?page=2">Elsewhere</a>', None),
        (URL, '<a href="?page=3" rel="next">Next</a>', None),
        (f"{URL}?page=3", '<div class="pager"><a href="?">1</a> <a href="?page=2">2</a></div>', None),
        (URL, '<a href="https://other.example/2023/icodec-week?page=2">Next page</a>', None),
        (URL, '<a href="https://ledger.example:99999/x">Next page</a>', None),
        (URL, "", None),
    ],
)
def test_next_page(url: str, foot: str, expected: str | None) -> None:
    assert next_page_of(page(foot), url) == expected


def test_next_page_in_the_head() -> None:
    assert next_page_of(page(head='<link rel="next" href="/2023/icodec-week?page=2">').encode(), URL) == f"{URL}?page=2"


@pytest.mark.parametrize(
    ("foot", "expected"),
    [
        ('<a href="?page=2">Next page</a> <a href="?page=all">View all</a>', f"{URL}?page=all"),
        ('<a href="?page=2">Next page</a> <a href="/2023/icodec-week/print">Print</a>', f"{URL}/print"),
        ('<a href="?page=2">Next page</a> <a href="#">Print</a>', None),
        ('<a href="?page=2">Next page</a> <a href="/news">View all</a>', None),
        ('<a href="/2023/icodec-week/print">Print</a>', None),
    ],
)
def test_all_pages_in_one(foot: str, expected: str | None) -> None:
    assert whole_page_of(page(foot), URL) == expected


def test_an_empty_page_is_an_error() -> None:
    with pytest.raises(ParseError, match="empty"):
        next_page_of(" ", URL)


def test_pages_are_joined_without_what_they_repeat() -> None:
    table = "<table><tr><td>Icodec</td><td>6.93%</td></tr></table>"
    later = (
        f"<p>{PARAGRAPHS[0]}</p><p>Doctors in Malmö will follow half of the participants for two more years.</p>{table}"
    )
    first = parse_news(news_page(body=f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>{table}"), id="a", url=URL)
    doi = '<meta name="citation_doi" content="10.1000/abc">'
    second = parse_news(
        news_page(
            head=doi,
            body=later
            + '<p>All figures stand in <a href="https://doi.org/10.1000/abc">the paper of the group</a>, which is free to read.</p>',
        ),
        id="b",
        url=f"{URL}?page=2",
    )
    joined = join_pages([first, second])
    assert joined.text.count(PARAGRAPHS[0]) == 1
    assert joined.text.count(TITLE) == 1
    assert joined.text.index(PARAGRAPHS[1]) < joined.text.index("Doctors in Malmö")
    assert joined.text.count("Icodec | 6.93%") == 2
    assert (joined.id, joined.url, joined.addresses) == ("a", URL, (f"{URL}?page=2",))
    assert joined.identifiers == Identifiers(doi="10.1000/abc")
    assert "https://doi.org/10.1000/abc" in joined.links
    body = joined.sections[-1]
    assert joined.text[body.start : body.end].startswith(PARAGRAPHS[0])
    assert joined.sha256 != first.sha256
    assert join_pages([first]).text == first.text
    assert join_pages([first, first]).text == first.text
    with pytest.raises(ValueError, match="no pages"):
        join_pages([])
