"""Press releases: how they are known, and what of them is cut."""

from __future__ import annotations

import pytest

from extractor.errors import LexiconError
from extractor.sources import article_body, parse_news, releases
from extractor.sources.tables import load_table
from tests.sources.pages import BODY, BODY_HTML, news_page

CUES = load_table("press_cues.tsv", ("id", "place", "match", "cue"))
LEAD = "Adults who had never used insulin did as well with one weekly injection, the company Exemplar Bio said today."


def body_with(row: dict[str, str]) -> tuple[str, str]:
    """Return the body and the address of a page that ``row`` makes a press release."""
    cue, place = row["cue"], row["place"]
    if place == "head":
        lead = (
            f"<p>BASEL, June 24 {cue} {LEAD}</p>"
            if row["match"] == "contains"
            else f"<p>{cue.title()}</p><p>{LEAD}</p>"
        )
        return lead + BODY_HTML, "https://a.example/n/1"
    if place == "tail":
        return f"{BODY_HTML}<p>{cue.capitalize()} of the company in Basel, as of today.</p>", "https://a.example/n/1"
    return BODY_HTML, f"https://a.example{cue}s/1" if place == "path" else "https://a.example/n/1"


@pytest.mark.parametrize("row", [row for row in CUES if row["place"] != "keep"], ids=lambda row: row["id"])
def test_each_cue_makes_a_release(row: dict[str, str]) -> None:
    body, url = body_with(row)
    head = f'<meta property="article:section" content="{row["cue"].title()}">' if row["place"] == "category" else ""
    assert parse_news(news_page(body=body, head=head), id="x", url=url).kind == "press_release"
    assert parse_news(news_page(), id="x", url="https://a.example/n/1").kind == "news"


ABOUT = "<p><strong>About Rowan syndrome</strong></p><p>Rowan syndrome is a rare disease of the nerves{}.</p>"
NEXT = (
    "<h3>Where it was held</h3><p>The trial took place at 96 hospitals, most of which stand in the north of Europe.</p>"
)
DATELINE = f"<p>BASEL, June 24 /PRNewswire/ -- {LEAD}</p>"


@pytest.mark.parametrize("row", [row for row in CUES if row["place"] == "keep"], ids=lambda row: row["id"])
def test_sections_about_a_trial_stay(row: dict[str, str]) -> None:
    kept = ABOUT.format(f", as a {row['cue']}90000001) trial has shown")
    assert "rare disease" in article_body(news_page(body=DATELINE + BODY_HTML + kept))
    assert "rare disease" not in article_body(news_page(body=DATELINE + BODY_HTML + ABOUT.format("")))


def test_sections_end_at_the_next_heading_and_stay_in_news() -> None:
    page = news_page(body=DATELINE + BODY_HTML + ABOUT.format("") + NEXT)
    assert "Rowan" not in article_body(page)
    assert article_body(page).endswith("in the north of Europe.")
    assert "rare disease" in article_body(news_page(body=BODY_HTML + ABOUT.format("") + NEXT))


@pytest.mark.parametrize(
    "section",
    [
        "<p>About Exemplar Bio: Exemplar Bio makes medicines for rare diseases of the nerves and of the muscles.</p>",
        "<p><b>About Exemplar Bio</b><br>Exemplar Bio makes medicines for rare diseases of the nerves.</p>",
        "<h2>About Exemplar Bio</h2><p>Exemplar Bio makes medicines.</p><p>It was founded by two nurses in 1987.</p>",
        "<p>SOURCE Exemplar Bio</p>",
    ],
)
def test_closing_sections_of_a_release(section: str) -> None:
    assert article_body(news_page(body=DATELINE + BODY_HTML + section)).endswith(BODY)


@pytest.mark.parametrize(
    "sentence",
    [
        "About 40% of the adults in the trial had never been told that they might use insulin only once a week.",
        "About half of them chose the weekly pen when they were asked at the end of the trial which they liked more.",
    ],
)
def test_sentences_that_begin_with_about_stay(sentence: str) -> None:
    assert sentence in article_body(news_page(body=f"{DATELINE}{BODY_HTML}<p>{sentence}</p>"))


@pytest.mark.parametrize("bad", [{"place": "sky"}, {"match": "near"}, {"cue": "Upper"}])
def test_bad_cues_are_errors(bad: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "load_table", lambda *_: ({**CUES[0], **bad},))
    releases._cues.cache_clear()
    with pytest.raises(LexiconError):
        releases._cues("head")
    monkeypatch.undo()
    releases._cues.cache_clear()


# ---- closing lines of releases, cut from any page: the rows of boilerplate.tsv that are about them

LEGAL = (
    "forward-looking", "forward looking", "cautionary", "disclosure notice", "safe harb", "media inquir", "media enquir",
    "media relations", "media contact", "press contact", "press inquir", "press office", "investor", "contact information",
    "further information", "for more information, please", "###", "# # #", "ends", "any statements in", "statements in this",
    "statements contained", "historical information", "litigation", "obligation to update", "differ materially", "trademark",
    "aaas and", "view source", "view original", "immediate release", "logo", "photo - ", "photo: ", "multimedia",
)  # fmt: skip
ROWS = [
    row
    for row in load_table("boilerplate.tsv", ("action", "match", "place", "max_words", "cue"))
    if row["action"] in ("drop", "end") and any(name in row["cue"] for name in LEGAL) and row["place"] != "head"
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['match']} {row['cue']}")
def test_each_closing_line_is_cut(row: dict[str, str]) -> None:
    cue = row["cue"]
    line = {
        "equals": cue,
        "starts": f"{cue} and so on for the company of Basel, as of the day above.",
        "ends": f"The company of Basel {cue}",
        "contains": f"What Exemplar writes here {cue} for the company of Basel, as of the day above.",
    }[row["match"]]
    if int(row["max_words"]) <= 14 and row["match"] == "starts":
        line = cue
    article = article_body(news_page(body=f"{BODY_HTML}<p>{line}</p>"))
    assert article == BODY


def test_the_rows_of_releases_are_all_tried() -> None:
    assert len(ROWS) >= 80
