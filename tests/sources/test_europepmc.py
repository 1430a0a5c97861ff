"""Europe PMC against a look-alike on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from extractor.errors import FetchError, ParseError
from extractor.records import Article, Failure
from extractor.sources import HttpClient
from extractor.sources.europepmc import EuropePmc, read_result
from extractor.sources.markup import plain_html
from extractor.sources.state import FetchState

JATS = (
    "<article><front><article-meta><title-group><article-title>Trial {n}</article-title></title-group></article-meta>"
    "</front><body><sec><title>Results</title><p>Of 40 patients, 12 improved on drug A.</p></sec></body></article>"
)


def made(n: int, **values: Any) -> dict[str, Any]:
    record = {
        "id": str(n), "source": "MED", "pmid": str(n), "doi": f"10.1/{n}", "title": f"Drug A in <i>trial</i> {n}.",
        "abstractText": "<h4>Background: </h4>Drug A was tried.<h4>Results </h4>10<sup>-4</sup> of 40 improved (P&lt;0.01).",
        "language": "eng", "firstPublicationDate": "2024-02-03", "isOpenAccess": "N",
        "authorList": {"author": [{"fullName": "Doe J"}, {"collectiveName": "Trial Group"}, {}]},
        "pubTypeList": {"pubType": ["Journal Article"]}, "journalInfo": {"journal": {"title": "J Made"}},
        "unheard": [1],
    }  # fmt: skip
    return {**record, **values}


class Server:
    """Answers searches in pages of two and full texts."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.records = records
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: Request) -> Answer:
        if request.path.endswith("/fullTextXML"):
            return Answer(JATS.format(n=request.path.split("/")[-2]), content_type="application/xml")
        values = dict(request.args.items())
        self.asked.append(values)
        if values["query"] == "broken":
            return Answer(json.dumps({"hitCount": 0, "errMsg": "not a query"}))
        start = 0 if values["cursorMark"] == "*" else int(values["cursorMark"])
        page = self.records[start : start + 2]
        after = str(start + 2) if page else values["cursorMark"]
        return Answer(json.dumps({"hitCount": 9, "resultList": {"result": page}, "nextCursorMark": after}))


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(allow_private=True, min_delay=0, retries=0) as made_client:
        yield made_client


def serve(httpserver: HTTPServer, server: Server) -> str:
    import re

    httpserver.expect_request(re.compile("/rest/.*")).respond_with_handler(server)
    return httpserver.url_for("/rest")


def test_a_record_becomes_an_article() -> None:
    article = read_result(json.dumps(made(7)).encode(), where="x")
    assert isinstance(article, Article)
    assert article.text == (
        "Drug A in trial 7.\n\nBACKGROUND: Drug A was tried.\nRESULTS: 10^-4 of 40 improved (P<0.01)."
    )
    assert [(s.label, article.text[s.start : s.end][:8]) for s in article.sections] == [
        ("title", "Drug A i"), ("background", "BACKGROU"), ("results", "RESULTS:"),
    ]  # fmt: skip
    assert (article.id, article.language, article.published) == ("pmid:7", "en", "2024-02-03")
    assert (article.authors, article.source, article.status) == (("Doe J", "Trial Group"), "J Made", "unknown")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (
            {"commentCorrectionList": {"commentCorrection": [{"type": "Erratum in", "reference": "J Made 2"}]}},
            "corrected",
        ),
        (
            {"commentCorrectionList": {"commentCorrection": [{"type": "Retraction in"}, {"type": "Erratum in"}]}},
            "retracted",
        ),
        ({"pubTypeList": {"pubType": ["Retracted Publication"]}}, "retracted"),
        ({"commentCorrectionList": {"commentCorrection": [{"type": "Comment in"}]}}, "unknown"),
    ],
)
def test_standing(values: dict[str, Any], status: str) -> None:
    article = read_result(json.dumps(made(1, **values)).encode(), where="x")
    assert isinstance(article, Article) and article.status == status


def test_what_is_no_record() -> None:
    empty = read_result(json.dumps(made(1, abstractText="")).encode(), where="x")
    assert isinstance(empty, Failure) and (empty.document, empty.reason) == ("pmid:1", "no abstract")
    for data in (b"[]", b"\xff", b'{"id": 5, "source": "MED"}'):
        with pytest.raises(ParseError):
            read_result(data, where="x")


def test_search_goes_through_all_pages(httpserver: HTTPServer, client: HttpClient) -> None:
    server = Server([made(n) for n in range(1, 6)])
    source = EuropePmc(client, address=serve(httpserver, server))
    assert [item.id for item in source.search("drug") if isinstance(item, Article)] == [
        f"pmid:{n}" for n in range(1, 6)
    ]
    assert len(list(source.search("drug", limit=3))) == 3
    list(source.search("drug", since=date(2024, 1, 1)))
    assert server.asked[-1]["query"] == "(drug) AND FIRST_PDATE:[2024-01-01 TO 3000-12-31]"


def test_only_what_is_new_is_delivered(httpserver: HTTPServer, client: HttpClient) -> None:
    server = Server([made(n) for n in range(1, 4)])
    address = serve(httpserver, server)
    with FetchState(":memory:") as state:
        stream = EuropePmc(client, address=address, state=state).search("drug")
        assert [getattr(next(stream), "id", None) for _ in range(2)] == ["pmid:1", "pmid:2"]
        stream.close()
        again = list(EuropePmc(client, address=address, state=state).search("drug"))
        assert {getattr(item, "id", None) for item in again} <= {"pmid:2", "pmid:3"}
        assert list(EuropePmc(client, address=address, state=state).search("drug")) == []


def test_open_full_text_takes_the_place_of_the_abstract(httpserver: HTTPServer, client: HttpClient) -> None:
    server = Server([made(1, isOpenAccess="Y", pmcid="PMC1"), made(2)])
    source = EuropePmc(client, address=serve(httpserver, server), full_text=True)
    whole, abstract = source.search("drug")
    assert isinstance(whole, Article) and isinstance(abstract, Article)
    assert (whole.kind, whole.id, whole.identifiers.pmcid) == ("full_text", "pmid:1", "PMC1")
    assert "12 improved" in whole.text and abstract.kind == "abstract"


def test_a_search_that_is_refused(httpserver: HTTPServer, client: HttpClient) -> None:
    with pytest.raises(FetchError, match="not a query"):
        list(EuropePmc(client, address=serve(httpserver, Server([]))).search("broken"))


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("plain  text ", "plain text"),
        ("<i>BRCA1</i>-mutated &amp; HER2<sup>+</sup>", "BRCA1-mutated & HER2+"),
        ("10<sup>9</sup>/L <script>x</script>y", "10^9/L y"),
        ("a < b and c > d", "a < b and c > d"),
        ("", ""),
    ],
)
def test_markup_in_titles_and_abstracts(fragment: str, text: str) -> None:
    assert plain_html(fragment) == text
