"""PubMed over the E-utilities, against a look-alike on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pytest_httpserver import HTTPServer

from extractor.errors import FetchError
from extractor.records import Article, Failure
from extractor.sources import HttpClient
from extractor.sources import eutils as module
from extractor.sources.eutils import PubMed, request_delay
from extractor.sources.state import FetchState
from tests.sources.eutils_server import EutilsServer


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(allow_private=True, min_delay=0, backoff=0.01, retries=1) as made:
        yield made


def serve(httpserver: HTTPServer, server: EutilsServer) -> str:
    for program in ("esearch.fcgi", "efetch.fcgi"):
        httpserver.expect_request(f"/eutils/{program}").respond_with_handler(server)
    return httpserver.url_for("/eutils")


def ids(items: list[Article | Failure]) -> list[str]:
    return [item.id for item in items if isinstance(item, Article)]


def test_a_search_is_fetched_in_batches_through_the_history(httpserver: HTTPServer, client: HttpClient) -> None:
    server = EutilsServer(count=450)
    pubmed = PubMed(client, api_key="secret", contact="who@where.example", address=serve(httpserver, server))
    items = list(pubmed.search("drug A"))
    assert len(ids(items)) == 441
    assert [f.reason for f in items if isinstance(f, Failure)] == ["no abstract"] * 9
    fetches = [values for program, values in server.asked if program == "efetch.fcgi"]
    assert [v["retstart"] for v in fetches] == ["0", "200", "400"] and all("WebEnv" in v for v in fetches)
    assert {v["api_key"] for _, v in server.asked} == {"secret"}
    assert {(v["tool"], v["email"]) for _, v in server.asked} == {("evidence-extractor", "who@where.example")}


def test_a_search_too_large_is_cut_by_entry_date(
    httpserver: HTTPServer, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_PER_SEARCH", 100)
    server = EutilsServer(count=330, most=100)
    found = ids(list(PubMed(client, address=serve(httpserver, server)).search("drug A")))
    assert len(found) == len(set(found)) == 324
    assert found[0] != "pmid:1", "the newest stretch comes first"


def test_since_and_limit(httpserver: HTTPServer, client: HttpClient) -> None:
    server = EutilsServer(count=100)
    pubmed = PubMed(client, address=serve(httpserver, server))
    assert ids(list(pubmed.search("x", since=date(2020, 1, 10)))) == [f"pmid:{n}" for n in range(91, 100)]
    assert ids(list(pubmed.search("x", limit=3))) == ["pmid:1", "pmid:2", "pmid:3"]


def test_what_was_delivered_is_not_fetched_again(httpserver: HTTPServer, client: HttpClient) -> None:
    server = EutilsServer(count=300)
    address = serve(httpserver, server)
    with FetchState(":memory:") as state:
        stream = PubMed(client, address=address, state=state).search("x")
        first = [next(stream) for _ in range(250)]
        stream.close()  # interrupted
        server.asked.clear()
        rest = list(PubMed(client, address=address, state=state).search("x"))
        handed = [item.id if isinstance(item, Article) else item.document for item in (*first, *rest)]
        assert set(handed) == {f"pmid:{n}" for n in range(1, 301)}
        assert len(handed) <= 301, "only the record under way at the interruption may come twice"
        server.count = 302
        assert ids(list(PubMed(client, address=address, state=state).search("x"))) == ["pmid:301", "pmid:302"]


def test_ids_are_fetched_once_and_those_missing_are_failures(httpserver: HTTPServer, client: HttpClient) -> None:
    server = EutilsServer(count=10, missing=frozenset({4}))
    items = list(PubMed(client, address=serve(httpserver, server)).fetch(["pmid:3", "3", "4", "x", " PMID:007 "]))
    assert ids(items) == ["pmid:3", "pmid:7"]
    failures = [(f.document or f.where, f.reason) for f in items if isinstance(f, Failure)]
    assert failures == [("x", "not a PubMed id"), ("pmid:4", "PubMed handed out no such record")]


def test_what_pubmed_refuses_is_an_error_that_hides_the_key(httpserver: HTTPServer, client: HttpClient) -> None:
    pubmed = PubMed(client, api_key="secret", address=serve(httpserver, EutilsServer(count=1)))
    with pytest.raises(FetchError, match="no such field") as caught:
        list(pubmed.search("broken"))
    assert "secret" not in str(caught.value)
    httpserver.clear()
    httpserver.expect_request("/eutils/efetch.fcgi").respond_with_data("", status=400)
    failures = list(PubMed(client, api_key="secret", address=httpserver.url_for("/eutils")).fetch(["1"]))
    assert isinstance(failures[0], Failure) and "400" in failures[0].reason
    assert "secret" not in failures[0].where + failures[0].reason


def test_rates() -> None:
    assert request_delay(None) * 3 == pytest.approx(1)
    assert request_delay("key") * 10 == pytest.approx(1)
