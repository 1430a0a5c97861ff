"""News pages to Articles."""

from __future__ import annotations

import json
import random

import pytest

from extractor.errors import ParseError
from extractor.records import text_sha256
from extractor.sources import article_body, parse_news
from extractor.sources.dates import iso_date
from tests.sources.pages import BODY, BODY_HTML, JSON_LD, NEVER, TITLE, broken_line_page, copied_page, news_page

LD = f'<script type="application/ld+json">{JSON_LD}</script>'


@pytest.mark.parametrize("page", [news_page(), news_page(head=LD), copied_page(), broken_line_page()])
def test_body_is_the_article_and_nothing_else(page: str) -> None:
    assert article_body(page) == BODY
    assert not [words for words in NEVER if words in parse_news(page, id="x").text]


def test_text_is_title_and_body_with_sections() -> None:
    article = parse_news(news_page(), id="page")
    assert article.text == f"{TITLE}\n\n{BODY}"
    assert [(s.label, article.text[s.start : s.end]) for s in article.sections] == [("title", TITLE), ("body", BODY)]
    assert article.sha256 == text_sha256(article.text)
    assert (article.id, article.kind) == ("page", "news")


def test_bytes_and_text_give_the_same() -> None:
    assert parse_news(news_page().encode(), id="x") == parse_news(news_page(), id="x")


def test_metadata_from_json_ld_and_links() -> None:
    head = LD + '<link rel="canonical" href="/2023/icodec"><meta property="og:site_name" content="Health Ledger">'
    article = parse_news(news_page(head=head), id="x", url="https://ledger.example/d?utm=1", retrieved_at="2024-01-01")
    assert article.title == TITLE
    assert article.authors == ("Mara Lindqvist", "Tom Okafor")
    assert article.published == "2023-06-24T09:30:00+01:00"
    assert article.source == "Health Ledger"
    assert article.url == "https://ledger.example/2023/icodec"
    assert article.language == "en"
    assert article.retrieved_at == "2024-01-01"
    assert article.links == ("https://clinicaltrials.gov/study/NCT04460885", "https://doi.org/10.1056/NEJMoa2303208")
    assert article.identifiers.doi is None


def test_metadata_without_json_ld_comes_from_the_page() -> None:
    article = parse_news(news_page(), id="x", url="https://www.ledger.example/2023/icodec#top")
    assert article.authors == ("Mara Lindqvist", "Tom Okafor")
    assert article.published == "2023-06-24"
    assert article.source == "ledger.example"
    assert article.url == "https://www.ledger.example/2023/icodec"


def test_meta_tags_and_own_paper() -> None:
    head = (
        '<meta property="og:title" content="Weekly icodec matches daily glargine in people new to insulin - Ledger">'
        '<meta property="article:published_time" content="2023-06-24T08:00:00Z"><meta name="author" content="Bo Ek">'
        '<meta name="citation_doi" content="doi:10.1000/xyz123."><meta name="citation_pmid" content="37356066">'
        '<meta property="og:locale" content="en_US"><meta property="og:url" content="https://ledger.example/a">'
    )
    article = parse_news(news_page(head=head).replace('<html lang="en">', "<html>"), id="x")
    assert (article.title, article.authors, article.published) == (TITLE, ("Bo Ek",), "2023-06-24T08:00:00+00:00")
    assert (article.identifiers.doi, article.identifiers.pmid) == ("10.1000/xyz123", "37356066")
    assert (article.language, article.url) == ("en-US", "https://ledger.example/a")


@pytest.mark.parametrize(
    "script",
    [
        "{broken",
        "[" * 5000,
        "null",
        '{"@type": 5, "headline": {"a": [1]}}',
        JSON_LD.replace('"Health Ledger"}}]', '"HL"},}]'),
    ],
)
def test_broken_json_ld_is_tolerated(script: str) -> None:
    page = news_page(head=f'<script type="application/ld+json">{script}</script>')
    article = parse_news(page, id="x")
    assert article.text == f"{TITLE}\n\n{BODY}"
    assert article.authors == ("Mara Lindqvist", "Tom Okafor")


def test_references_inside_json_ld_are_followed() -> None:
    graph = [
        {
            "@type": "NewsArticle",
            "headline": TITLE,
            "author": [{"@id": "#bo"}, {"@id": "#none"}],
            "publisher": {"@id": "#org"},
        },
        {"@type": "Person", "@id": "#bo", "name": "Bo Ek"},
        {"@type": "Organization", "@id": "#org", "name": "The Ledger"},
    ]
    head = f'<script type="application/ld+json">{json.dumps({"@graph": graph})}</script>'
    article = parse_news(news_page(head=head), id="x", url="https://l.example/a")
    assert (article.authors, article.source) == (("Bo Ek",), "The Ledger")


def test_article_body_of_json_ld_serves_where_the_page_shows_none() -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": BODY.replace("\n\n", "\n")})
    page = (
        f'<html><head><script type="application/ld+json">{data}</script></head><body><div id="app"></div></body></html>'
    )
    assert article_body(page) == BODY


def test_canonical_link_to_the_home_page_is_not_believed() -> None:
    page = news_page(head='<link rel="canonical" href="https://ledger.example/">')
    assert parse_news(page, id="x", url="https://ledger.example/a/1").url == "https://ledger.example/a/1"


def test_press_release_by_host() -> None:
    assert parse_news(news_page(), id="x", url="https://www.prnewswire.com/a").kind == "press_release"
    assert parse_news(news_page(), id="x", url="https://notprnewswire.com/a").kind == "news"


def test_links_outside_the_article_do_not_count() -> None:
    page = news_page().replace("<footer>", '<footer><p>See <a href="https://doi.org/10.1/other">another paper</a></p>')
    assert "https://doi.org/10.1/other" not in parse_news(page, id="x").links


def test_reference_list_is_cut_but_its_links_are_kept() -> None:
    body = (
        BODY_HTML
        + '<h2>References</h2><ol><li>Ek B. Insulin once a week. <a href="https://doi.org/10.1/ref">Link</a></li></ol>'
    )
    article = parse_news(news_page(body=body), id="x")
    assert "Ek B." not in article.text
    assert "https://doi.org/10.1/ref" in article.links


def test_related_lines_inside_the_article_are_dropped_and_it_goes_on() -> None:
    inner = (
        '<p>Read more: <a href="/x">Five breakfasts that keep sugar flat</a></p>'
        '<h4>Related articles</h4><ul><li><a href="/y">Diet tips</a></li></ul>'
    )
    parts = BODY_HTML.split("<p>Severe")
    assert article_body(news_page(body=f"{parts[0]}{inner}<p>Severe{parts[1]}")) == BODY


def test_sentences_that_begin_like_cues_stay() -> None:
    lead = "By adding icodec to metformin, the team hoped to spare patients six injections of every seven, they said."
    last = "Comments from patients were mostly kind, and 85% of them wished to go on with it after the trial had ended."
    page = news_page(body=f"<p>{lead}</p>{BODY_HTML}<p>{last}</p>")
    assert article_body(page) == f"{lead}\n\n{BODY}\n\n{last}"


def test_company_profile_at_the_end_of_a_release_is_cut() -> None:
    profile = (
        "<p><strong>About Exemplar Bio</strong></p><p>Exemplar Bio is a biopharmaceutical company headquartered in "
        "Basel. For more information, visit www.exemplar.example.</p>"
    )
    assert article_body(news_page(body=BODY_HTML + profile)) == BODY


def test_tables_keep_their_rows() -> None:
    table = "<table><tr><th>Group</th><th>HbA1c</th></tr><tr><td>Icodec</td><td>6.93%</td></tr></table>"
    parts = BODY_HTML.split("<p>Severe")
    body = article_body(news_page(body=f"{parts[0]}{table}<p>Severe{parts[1]}"))
    assert "\n\nGroup | HbA1c\n\nIcodec | 6.93%\n\n" in body


def test_article_split_over_boxes_is_joined() -> None:
    boxes = "".join(
        f'<div class="chunk"><div class="text"><p>Part {part} tells that the drug lowered pressure by {part} mm '
        f"Hg in adults.</p><p>Part {part} adds that the difference to placebo was kept for {part} weeks in both strata."
        '</p></div></div><div class="ad"><span>ad</span></div>'
        for part in range(1, 7)
    )
    page = f'<html><head><title>Pressure falls</title></head><body><div class="all">{boxes}</div></body></html>'
    body = article_body(page)
    assert [part for part in range(1, 7) if f"Part {part} tells" in body and f"Part {part} adds" in body] == [
        *range(1, 7)
    ]


INLINE = ("em", "b", "strong", "i", "u", "abbr", "mark", "sub", "cite", "code", "q", "small", "span", "span class='hl'",
          "a href='https://x.example/y'", "a href='/t'", "font color='red'", "time datetime='2020-01-01'")  # fmt: skip


def test_inline_tags_neither_glue_nor_split_words() -> None:
    chance = random.Random(7)
    words = [
        "median",
        "survival",
        "was",
        "longer",
        "with",
        "the",
        "agent",
        "than",
        "placebo",
        "in",
        "EGFR",
        "mutant",
        "tumours",
        "after",
        "two",
        "years",
    ]
    for _ in range(40):
        paragraphs, expected = [], []
        for number in range(4):
            marked, plain = [], []
            for word in chance.choices(words, k=25):
                tag = chance.choice(INLINE)
                start, end = sorted(chance.sample(range(len(word) + 1), 2))
                inside = f"{word[:start]}<{tag}>{word[start:end]}</{tag.split()[0]}>{word[end:]}"
                marked.append(inside if chance.random() < 0.3 else word)
                plain.append(word)
            paragraphs.append("<p>" + " ".join(marked) + f" in part {number}.</p>")
            expected.append(" ".join(plain) + f" in part {number}.")
        assert article_body(news_page(body="".join(paragraphs))) == "\n\n".join(expected)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("", "empty"),
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        ("Only words, no page.", "not HTML"),
        ('{"id": 1}', "not HTML"),
        ("<html><body></body></html>", "no article"),
        (f"<html><body><nav>{'<a href=/x>Link to a page</a> ' * 50}</nav></body></html>", "no article"),
        ("<html><head><title>Just a moment</title></head><body><p>Checking your browser before you can go on. This may "
         "take some seconds, and then the page that you have asked for will be shown to you.</p></body></html>",
         "bot check"),
        ("<html><body>" + "<a href='/x'>x</a>" * 9_000 + "</body></html>", "links"),
        ("<html><body>" + "<b></b>" * 70_000 + "</body></html>", "elements"),
    ],
)  # fmt: skip
def test_pages_without_article_are_errors(page: str | bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        parse_news(page, id="x.html")
    assert caught.value.where == "x.html"


def test_deep_nesting_does_no_harm() -> None:
    page = news_page(body=BODY_HTML + "<div>" * 20_000 + "<i>" * 20_000)
    assert article_body(page) == BODY


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-01", "2024-03-01"),
        ("2024-03-01T10:00:00Z", "2024-03-01T10:00:00+00:00"),
        ("2024-03-01 10:00:00", "2024-03-01T10:00:00"),
        ("March 1, 2024", "2024-03-01"),
        ("1 March 2024", "2024-03-01"),
        ("2024/03/01", "2024-03-01"),
        ("20240301", "2024-03-01"),
        ("2024-03", "2024-03"),
        ("2024", "2024"),
        ("Fri, 01 Mar 2024 10:00:00 GMT", "2024-03-01T10:00:00+00:00"),
        ("2024-03-01T25:00:00 nonsense", "2024-03-01"),
        ("2024-02-31", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(value: str | None, expected: str | None) -> None:
    assert iso_date(value) == expected
