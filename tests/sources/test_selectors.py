"""Selectors of known sites, and which body wins."""

from __future__ import annotations

import json

import pytest
from lxml import html

from extractor.errors import LexiconError
from extractor.sources import article_body, selectors
from extractor.sources.selectors import compile_selector, site_bodies
from extractor.sources.tables import load_table
from tests.sources.pages import BODY, BODY_HTML, TITLE

ROWS = load_table("selectors.tsv", ("host", "body", "drop"))
EXTRA = "<p>The editor of this page adds a long line of advice of her own on meals, sleep and the joys of a walk at noon.</p>"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("p", ["a", "b", "c"]),
        ("#x p", ["a", "b"]),
        (".two", ["b"]),
        ("p.one.two", ["b"]),
        ('[data-k="v"]', ["c"]),
        ("#x .one, p[data-k=\"v\"]", ["a", "b", "c"]),
        ("div span", []),
    ],
)  # fmt: skip
def test_selectors(selector: str, expected: list[str]) -> None:
    tree = html.fromstring(
        '<body><div id="x"><p class="one">a</p><p class="one two">b</p></div><p class="twofold" data-k="v">c</p></body>'
    )
    assert [element.text for element in tree.xpath(compile_selector(selector))] == expected


@pytest.mark.parametrize("selector", ["", " ", "p > a", "p:first-child", "a,", "[href]", "p*", "#", '[a="b"]p'])
def test_what_is_no_selector_is_an_error(selector: str) -> None:
    with pytest.raises(LexiconError, match="not a selector"):
        compile_selector(selector)


def page(inside: str, host: str) -> str:
    return (
        f"<html><head><title>{TITLE}</title><link rel='canonical' href='https://www.{host}/news/weekly-icodec'></head><body>"
        f"<div class='page'><h1>{TITLE}</h1>{inside}</div></body></html>"
    )


def element(selector: str, content: str) -> str:
    """Return an element that the first branch of ``selector`` finds."""
    step = selector.split(",")[0].split()[-1]
    if step.startswith("#"):
        return f'<div id="{step[1:]}">{content}</div>'
    if step.startswith("."):
        return f'<div class="{step[1:]}">{content}</div>'
    return f"<div {step.strip('[]')}>{content}</div>" if step.startswith("[") else f"<{step}>{content}</{step}>"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["host"])
def test_each_site(row: dict[str, str]) -> None:
    inside = element(row["body"], BODY_HTML + element(row["drop"], EXTRA)) + f"<div class='z'>{EXTRA}</div>"
    assert article_body(page(inside, row["host"])) == BODY
    # The same markup on an unknown site is read by the general rules; a site that changed its markup is as well.
    changed = f"<div class='new'>{BODY_HTML}</div>"
    assert article_body(page(changed, row["host"])) == BODY
    assert site_bodies(html.fromstring(page(inside, "elsewhere.example")), "https://elsewhere.example/a") == []


def test_a_selector_that_finds_a_scrap_is_passed_over() -> None:
    host, body = ROWS[0]["host"], ROWS[0]["body"]
    inside = (
        element(body, "<p>Only a line of the release stands here, which is far too little.</p>")
        + f"<div>{BODY_HTML}</div>"
    )
    assert BODY in article_body(page(inside, host))


def test_tables_and_lists_of_a_known_site() -> None:
    table = "<table><tr><th>Group</th><th>HbA1c</th></tr><tr><td><p>Icodec</p></td><td>6.93%</td></tr></table>"
    items = "<ul><li>One weekly injection of the new insulin</li><li>One daily injection of the old one</li></ul>"
    inside = element(
        ROWS[0]["body"], BODY_HTML + table + items + "<p>The doctors of Malmö will go on with the work.</p>"
    )
    text = article_body(page(inside, ROWS[0]["host"]))
    assert "Group | HbA1c\n\nIcodec | 6.93%\n\nOne weekly" in text


def test_structured_text_wins_where_the_page_shows_half_of_it() -> None:
    def with_ld(shown: str, structured: str) -> str:
        data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": structured})
        return page(shown, "elsewhere.example").replace(
            "</head>", f'<script type="application/ld+json">{data}</script></head>'
        )

    first = BODY_HTML.split("<p>Among")[0]
    assert article_body(with_ld(first, BODY.replace("\n\n", "\n"))) == BODY
    assert article_body(with_ld(BODY_HTML, BODY.split("\n\n")[0])) == BODY


@pytest.mark.parametrize("rows", [[{"host": "A.example"}], [{"host": "a.example/x"}], [{}, {}], [{"body": "p >"}]])
def test_bad_rows_are_errors(rows: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"host": "a.example", "body": "p", "drop": "-"}
    monkeypatch.setattr(selectors, "load_table", lambda *_: tuple({**good, **row} for row in rows))
    selectors._sites.cache_clear()
    with pytest.raises(LexiconError):
        selectors._sites()
    monkeypatch.undo()
    selectors._sites.cache_clear()
