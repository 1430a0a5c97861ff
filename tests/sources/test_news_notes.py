"""What a page says of itself beside the article: corrections, dates of change, section; and links by printed numbers."""

from __future__ import annotations

import json

import pytest

from extractor.errors import LexiconError
from extractor.sources import links, notes, parse_news
from extractor.sources.dates import is_later, iso_date
from extractor.sources.tables import load_table
from tests.sources.pages import BODY, BODY_HTML, TITLE, news_page

CUES = load_table("corrections.tsv", ("kind", "match", "max_words", "cue"))
STATUS = {"correction": "corrected", "clarification": "unknown", "retraction": "retracted"}


@pytest.mark.parametrize("row", CUES, ids=lambda row: row["cue"])
def test_each_cue_takes_its_note_out_of_the_body(row: dict[str, str]) -> None:
    note = f"{row['cue'].capitalize()} the wording on doses was mended on the third of May."
    html = f"<p>{note}</p>"
    if row["match"] == "heading":
        note = "The dose of the morning tablet was mended on the third of May."
        html = f"<h3>{row['cue'].capitalize()}</h3><p>{note}</p>"
    elif row["match"] == "contains":
        note = f"Please note that {row['cue']} gave a wrong dose for the tablet of the morning."
        html = f"<p>{note}</p>"
    article = parse_news(news_page(body=BODY_HTML + html), id="x")
    assert article.corrections == (note,)
    assert article.text == f"{TITLE}\n\n{BODY}"
    assert article.status == STATUS[row["kind"]]


@pytest.mark.parametrize(
    "sentence",
    [
        "Correction of low sodium took 3 days longer in the arm on tablets, and no patient was harmed by the delay in it.",
        "An earlier version of this vaccine had failed in 2019, when it protected no more than 12% of those who had it.",
        "Retraction of the eyelid was seen in 4 of 60 eyes, and it went away within two weeks in each one of the four.",
    ],
)
def test_sentences_that_begin_like_notes_stay(sentence: str) -> None:
    article = parse_news(news_page(body=f"{BODY_HTML}<p>{sentence}</p>"), id="x")
    assert (article.corrections, article.status) == ((), "unknown")
    assert article.text.endswith(sentence)


def test_notes_in_boxes_of_the_markup_are_found_once() -> None:
    box = '<aside class="article-correction"><p>Correction: The figure for week 52 was wrong.</p></aside>'
    article = parse_news(news_page().replace("</article>", f"</article>{box}"), id="x")
    assert article.corrections == ("Correction: The figure for week 52 was wrong.",)
    assert article.text == f"{TITLE}\n\n{BODY}"


def test_a_heading_without_a_note_stays() -> None:
    article = parse_news(news_page(body=f"<h3>Correction</h3><p>of sodium</p>{BODY_HTML}"), id="x")
    assert article.corrections == ()


@pytest.mark.parametrize("bad", [{"kind": "praise"}, {"match": "ends"}, {"max_words": "x"}, {"cue": "Upper"}])
def test_bad_cues_are_errors(bad: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "load_table", lambda *_: ({**CUES[0], **bad},))
    notes._cues.cache_clear()
    with pytest.raises(LexiconError):
        notes._cues()
    monkeypatch.undo()
    notes._cues.cache_clear()


# ---- metadata


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (
            '<meta property="article:modified_time" content="2023-06-25T08:00:00-05:00">',
            "",
            "2023-06-25T08:00:00-05:00",
        ),
        ('<meta property="og:updated_time" content="2023-06-25">', "", "2023-06-25"),
        ("", '<time class="updated" datetime="2023-07-01T10:00:00Z">1 July</time>', "2023-07-01T10:00:00+00:00"),
        ("", '<span itemprop="dateModified">Updated June 30, 2023 at 3:04 PM EDT</span>', "2023-06-30T15:04:00-04:00"),
        ('<meta property="article:modified_time" content="2023-06-24">', "", None),
        ('<meta property="article:modified_time" content="2020-01-01">', "", None),
        ('<meta property="article:modified_time" content="soon">', "", None),
        ("", "", None),
    ],
)
def test_updated(head: str, body: str, expected: str | None) -> None:
    article = parse_news(news_page(head=head).replace('<div class="share">', body + '<div class="share">'), id="x")
    assert (article.published, article.updated) == ("2023-06-24", expected)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta property="article:section" content="Diabetes">', "Diabetes"),
        ('<meta name="parsely-section" content="Drugs">', "Drugs"),
        (
            '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "H", "articleSection": ["Health", "A"]}'
            '</script><meta property="article:section" content="Diabetes">',
            "Health",
        ),
        ('<meta property="article:tag" content="insulin">', None),
        ('<meta property="article:section" content="insulin,news,slider">', "insulin"),
        ('<meta property="article:section" content="Diabetes, heart and kidney">', "Diabetes, heart and kidney"),
        ('<meta property="og:site_name" content="The Ledger"><meta property="article:section" content="the ledger">', None),
    ],
)
def test_category(head: str, expected: str | None) -> None:
    assert parse_news(news_page(head=head), id="x").category == expected


def test_fetched_address_is_kept_where_the_canonical_one_differs() -> None:
    page = news_page(head='<link rel="canonical" href="https://ledger.example/a">')
    assert parse_news(page, id="x", url="https://ledger.example/a").addresses == ()
    assert parse_news(page, id="x", url="https://m.ledger.example/a#c").addresses == ("https://m.ledger.example/a",)
    assert parse_news(page, id="x").addresses == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("March 5, 2024 at 3:04 PM EDT", "2024-03-05T15:04:00-04:00"),
        ("3:04 p.m. EST March 5, 2024", "2024-03-05T15:04:00-05:00"),
        ("Updated: 5 March 2024, 15:04 GMT", "2024-03-05T15:04:00+00:00"),
        ("Last updated on Mar 5, 2024 12:10 am ET", "2024-03-05T00:10:00"),
        ("15:04, 5 March 2024", "2024-03-05T15:04:00"),
        ("5 March 2024 | 15:04 +01:00", "2024-03-05T15:04:00+01:00"),
        ("5. March 2024", "2024-03-05"),
        ("5 March 2024 29:04 GMT", None),
    ],
)
def test_days_with_clock_and_zone(value: str, expected: str | None) -> None:
    assert iso_date(value) == expected


@pytest.mark.parametrize("row", load_table("zones.tsv", ("zone", "offset")), ids=lambda row: row["zone"])
def test_each_zone(row: dict[str, str]) -> None:
    assert iso_date(f"5 March 2024, 15:04 {row['zone']}") == f"2024-03-05T15:04:00{row['offset']}"


@pytest.mark.parametrize(
    ("value", "published", "expected"),
    [
        ("2024-01-02", None, True),
        ("2024-01-02", "2024-01-01T23:00:00+00:00", True),
        ("2024-01-01T23:00:00", "2024-01-01", False),
        ("2024-01-01T10:00:00+02:00", "2024-01-01T09:00:00+00:00", False),
        ("2024-01-01T10:00:00", "2024-01-01T09:00:00+00:00", True),
    ],
)
def test_later(value: str, published: str | None, expected: bool) -> None:
    assert is_later(value, published) is expected


# ---- links


@pytest.mark.parametrize(
    ("printed", "address"),
    [
        ("doi: 10.5555/abc.123", "https://doi.org/10.5555/abc.123"),
        ("PMID: 99900001", "https://pubmed.ncbi.nlm.nih.gov/99900001/"),
        ("PMC99900001", "https://pmc.ncbi.nlm.nih.gov/articles/PMC99900001/"),
        ("NCT90000001", "https://clinicaltrials.gov/study/NCT90000001"),
        ("ISRCTN90000001", "https://www.isrctn.com/ISRCTN90000001"),
        (
            "EudraCT number 2031-000001-11",
            "https://www.clinicaltrialsregister.eu/ctr-search/search?query=2031-000001-11",
        ),
    ],
)
def test_printed_numbers_become_links(printed: str, address: str) -> None:
    text = f"<p>The whole report of the group from Malmö is open to all who wish to read it there ({printed}).</p>"
    article = parse_news(news_page(body=BODY_HTML + text), id="x")
    assert article.links[-1] == address
    assert article.identifiers.doi is None and article.identifiers.pmid is None


def test_a_number_that_is_linked_already_is_not_given_twice() -> None:
    text = (
        '<p>The whole report is open to all who wish to read it at <a href="https://www.nejm.org/doi/full/10.5555/ABC.1">'
        "the site of the journal</a> (doi: 10.5555/abc.1).</p>"
    )
    found = parse_news(news_page(body=BODY_HTML + text), id="x").links
    assert [address for address in found if "abc.1" in address.lower()] == [
        "https://www.nejm.org/doi/full/10.5555/ABC.1"
    ]


@pytest.mark.parametrize("bad", [{"pattern": "("}, {"pattern": "NCT"}, {"address": "https://x.example"}])
def test_bad_patterns_are_errors(bad: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"kind": "nct", "pattern": "(NCT)", "address": "https://x.example/{id}", **bad}
    monkeypatch.setattr(links, "load_table", lambda *_: (row,))
    links._patterns.cache_clear()
    with pytest.raises(LexiconError):
        links._patterns()
    monkeypatch.undo()
    links._patterns.cache_clear()


def test_json_ld_that_names_several_articles_keeps_its_own_date() -> None:
    data = [{"@type": "NewsArticle", "headline": TITLE, "dateModified": "2023-06-30T10:00:00+02:00"}]
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    assert parse_news(news_page(head=head), id="x").updated == "2023-06-30T10:00:00+02:00"
