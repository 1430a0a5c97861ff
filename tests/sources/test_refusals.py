"""Pages that are no article: every cue decides its page, and no cue decides that of an article."""

from __future__ import annotations

import json

import pytest

from extractor.errors import LexiconError, ParseError
from extractor.sources import parse_news, refusals
from extractor.sources.tables import load_table
from tests.sources.pages import BODY_HTML, news_page

ROWS = load_table("refusals.tsv", ("id", "kind", "place", "match", "max_words", "cue"))
SHORT = "<p>Bees were seen again on the roof of the old town hall, where a keeper has put two hives of straw.</p>"
CARDS = "".join(
    f'<div class="card"><h3><a href="/n/{n}">Story number {n} of the day</a></h3><p>Part {n} of the town has {n} new trees '
    "since the spring, says the office for parks.</p></div>"
    for n in range(8)
)


def page(body: str = SHORT, title: str = "Bees on the town hall", head: str = "", foot: str = "") -> str:
    return (
        f"<html><head><title>{title}</title>{head}</head><body><header>Already a subscriber? <a href='/l'>Log in</a></header>"
        f"<main><article><h1>{title}</h1>{body}</article>{foot}</main></body></html>"
    )


def with_cue(row: dict[str, str], body: str) -> str:
    """Return the page with the cue of ``row`` in its place."""
    cue, place = row["cue"], row["place"]
    if place == "title":
        return page(body, title=cue.capitalize())
    if place == "body":
        return page(f"{body}<p>It is so that {cue} the site, as far as we can tell from here today.</p>")
    if place == "page":
        return page(body, foot=f"<div class='box'><button>{cue}</button></div>")
    if place == "types":
        kind = {
            "collectionpage": "CollectionPage",
            "searchresultspage": "SearchResultsPage",
            "videoobject": "VideoObject",
        }
        if cue in kind:
            return page(body, head=f'<script type="application/ld+json">{{"@type": "{kind[cue]}"}}</script>')
        return page(body, head=f'<meta property="og:type" content="{cue}other">'.replace("videoother", "video"))
    marks = {"video:": "<video src='x.mp4'></video>", "input:password": "<form><input type='password'></form>"}
    return page(body, foot=marks.get(cue, f"<div class='{cue}'></div>"))


def test_the_plain_page_is_an_article() -> None:
    assert parse_news(page(), id="x").text.endswith("two hives of straw.")


@pytest.mark.parametrize("row", [row for row in ROWS if row["place"] != "path"], ids=lambda row: row["id"])
def test_each_cue_decides_its_page(row: dict[str, str]) -> None:
    limit = int(row["max_words"])
    body = SHORT if limit >= 25 else "<p>Bees were seen again.</p>"
    with pytest.raises(ParseError, match=rf"\({row['id']}\)"):
        parse_news(with_cue(row, body), id="x")


@pytest.mark.parametrize("row", [row for row in ROWS if row["place"] != "path"], ids=lambda row: row["id"])
def test_no_cue_refuses_an_article(row: dict[str, str]) -> None:
    long = BODY_HTML * 1 + "".join(
        f"<p>Ward {n} had {n} fewer falls in the second month, and the nurses there went on with the new plan of care, which "
        f"had been drawn up by team {n} over the winter and was read to all of them one by one.</p>"
        for n in range(2, 14)
    )
    assert "Ward 13" in parse_news(with_cue(row, long), id="x").text


@pytest.mark.parametrize("row", [row for row in ROWS if row["place"] == "path"], ids=lambda row: row["id"])
def test_paths_of_indexes_count_with_linked_headings_only(row: dict[str, str]) -> None:
    url = "https://town.example" + (row["cue"] if row["cue"] == "/" else f"{row['cue']}bees")
    # Half of the text stands under linked headings: too little without the path.
    mixed = CARDS + "".join(
        f"<p>The council has met for the {n}th time on the matter of the bees and found no fault with them at all, it said "
        "in a long note to the town.</p>"
        for n in range(5, 13)
    )
    with pytest.raises(ParseError, match="an index page"):
        parse_news(page(mixed), id="x", url=url)
    assert "The council" in parse_news(page(mixed), id="x", url="https://town.example/bees-and-council").text
    assert parse_news(page(), id="x", url=url).text
    article = '<meta property="og:type" content="article">'
    assert "The council" in parse_news(page(mixed, head=article), id="x", url=url).text


def test_a_page_of_linked_headings_is_an_index() -> None:
    with pytest.raises(ParseError, match="an index page"):
        parse_news(page(CARDS), id="x", url="https://town.example/green")
    elsewhere = CARDS.replace('href="/n/', 'href="https://shop.example/n/')
    assert parse_news(page(elsewhere), id="x", url="https://town.example/green").text


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        ({"isAccessibleForFree": False}, True),
        ({"isAccessibleForFree": "False"}, True),
        ({"isAccessibleForFree": "http://schema.org/False", "wordCount": 900}, True),
        ({"isAccessibleForFree": False, "wordCount": "30"}, False),
        ({"isAccessibleForFree": True, "wordCount": 900}, False),
        ({"isAccessibleForFree": "maybe"}, False),
    ],
)
def test_what_is_not_free_and_short_is_a_teaser(data: dict[str, object], refused: bool) -> None:
    head = f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": "Bees", **data})}</script>'
    if refused:
        with pytest.raises(ParseError, match="a paywall teaser"):
            parse_news(page(head=head), id="x")
    else:
        assert parse_news(page(head=head), id="x").text


def test_metered_article_that_is_all_there_is_not_refused() -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": "Bees", "isAccessibleForFree": False, "wordCount": 120})
    assert parse_news(news_page(head=f'<script type="application/ld+json">{data}</script>'), id="x").text


def test_bad_data_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    good = dict(ROWS[0])
    for bad in (
        {"kind": "ufo"},
        {"place": "sky"},
        {"match": "near"},
        {"max_words": "few"},
        {"cue": "Upper"},
        {"cue": ""},
    ):
        monkeypatch.setattr(refusals, "load_table", lambda *_, row={**good, **bad}: (row,))
        refusals._cues.cache_clear()
        with pytest.raises(LexiconError):
            refusals._cues()
    monkeypatch.setattr(refusals, "load_table", lambda *_: (good, {**good, "cue": "other"}))
    with pytest.raises(LexiconError, match="twice"):
        refusals._cues()
    monkeypatch.undo()
    refusals._cues.cache_clear()
