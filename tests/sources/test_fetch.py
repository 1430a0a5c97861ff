"""Every source through one call: what is new comes once, politely, and goes on where it stopped."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

import extractor
from extractor.errors import FetchError
from extractor.records import Article, Failure
from extractor.sources import FetchState, HttpClient, Services, fetch, parse_source
from tests.sources.eutils_server import EutilsServer
from tests.sources.pages import BODY_HTML, news_page
from tests.sources.site_server import FAULTS, SiteServer
from tests.sources.study import study_bytes

Run = Callable[..., list[Article | Failure]]


@pytest.fixture
def now() -> list[float]:
    """The time, which tests may move on."""
    return [time.time()]


@pytest.fixture
def state(now: list[float]) -> Iterator[FetchState]:
    with FetchState(":memory:", now=lambda: now[0]) as made:
        yield made


@pytest.fixture
def run(state: FetchState) -> Run:
    def fetched(*sources: str, **wishes: Any) -> list[Article | Failure]:
        # robots.txt is remembered by a client, so each run has its own
        with HttpClient(allow_private=True, min_delay=0, backoff=0.01, retries=1, state=state) as client:
            return list(fetch(sources, client=client, state=state, **wishes))

    return fetched


def serve(httpserver: HTTPServer, site: SiteServer) -> str:
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(site)
    return httpserver.url_for("/")


def stories(items: list[Article | Failure]) -> list[int]:
    found = (re.search(r"/story/(\d+)", item.id) for item in items if isinstance(item, Article))
    return [int(match[1]) for match in found if match]


@pytest.mark.parametrize(
    ("spec", "kind", "value"),
    [
        ("https://a.example/x", "address", "https://a.example/x"),
        ("feed:https://a.example/f", "feed", "https://a.example/f"),
        ("site:a.example", "site", "https://a.example"),
        ("pubmed:gout[ti] AND 2020:2024[dp]", "pubmed", "gout[ti] AND 2020:2024[dp]"),
        ("PMID: 1, 22", "pmid", "1, 22"),
        ("europepmc:SRC:MED", "europepmc", "SRC:MED"),
        ("pmc:pmc77", "pmc", "PMC77"),
        ("pmc:77", "pmc", "PMC77"),
        ("nct:nct00000001", "nct", "NCT00000001"),
        ("nct:00000001", "nct", "NCT00000001"),
        ("warc:a/*.gz", "warc", "a/*.gz"),
        ("a/b.warc.gz", "warc", "a/b.warc.gz"),
        ("news/a.html", "path", "news/a.html"),
        ("odd:name.txt", "path", "odd:name.txt"),
        ("-", "path", "-"),
    ],
)
def test_forms_of_sources(spec: str, kind: str, value: str) -> None:
    source = parse_source(spec)
    assert (source.kind, source.value) == (kind, value)


@pytest.mark.parametrize("spec", ["feed:", "pmid:", "pmid:x", "nct:NCT1", "pmc:abc", "pubmed:  "])
def test_what_is_no_source_is_a_failure_and_the_rest_goes_on(spec: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        parse_source(spec)
    (tmp_path / "a.txt").write_text("Forty people took part.")
    failure, article = fetch([spec, str(tmp_path / "a.txt")])
    assert isinstance(failure, Failure) and failure.where == spec
    assert isinstance(article, Article) and article.id == "a.txt"


def test_a_feed_is_read_once_and_then_asked_if_changed(httpserver: HTTPServer, run: Run) -> None:
    site = SiteServer(stories=5)
    feed = f"feed:{serve(httpserver, site)}feed.xml"
    first = run(feed)
    assert stories(first) == [5, 4, 3, 2, 1]
    assert isinstance(first[0], Article) and first[0].published == "2010-01-06T08:00:00+00:00"
    site.asked.clear()
    assert run(feed) == []
    assert (site.requests(), site.conditional["/feed.xml"]) == (0, 1)
    site.stories = 7
    assert stories(run(feed)) == [7, 6]


@pytest.mark.parametrize(("path", "found"), [("feed.xml", [3, 2, 1]), ("sitemap.xml", [1, 2, 3]), ("story/2-x", [2])])
def test_an_address_is_told_by_what_it_shows(httpserver: HTTPServer, run: Run, path: str, found: list[int]) -> None:
    address = serve(httpserver, SiteServer(stories=3)) + path
    assert stories(run(address)) == found
    assert run(address) == [], "nothing new"


def test_a_page_is_no_feed(httpserver: HTTPServer, run: Run) -> None:
    (failure,) = run(f"feed:{serve(httpserver, SiteServer(stories=3))}story/2-x")
    assert isinstance(failure, Failure) and "no feed" in failure.reason


def test_a_site_with_feed_and_sitemaps(httpserver: HTTPServer, run: Run) -> None:
    site = SiteServer(stories=12, feed=4)
    assert stories(run(f"site:{serve(httpserver, site)}")) == [12, 11, 10, 9, *range(1, 9)]
    assert set(site.asked.values()) == {1}, "nothing is asked for twice"
    assert "/?page=2" not in site.asked


def test_a_site_without_feed_and_sitemaps_is_read_list_by_list(httpserver: HTTPServer, run: Run) -> None:
    site = SiteServer(stories=25, front_feed=False, maps=False)
    assert stories(run(f"site:{serve(httpserver, site)}")) == list(range(25, 0, -1))
    site.asked.clear()
    site.stories = 26
    assert stories(run(f"site:{serve(httpserver, site)}")) == [26]
    assert "/?page=3" not in site.asked, "the second list brought nothing new"


def test_a_part_of_a_site_is_its_lists_and_feeds_only(httpserver: HTTPServer, run: Run) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("")
    page = '<html><body><a href="/story/2-x-y-z">A story of a trial in gout</a></body></html>'
    httpserver.expect_request("/health/").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/story/2-x-y-z").respond_with_handler(SiteServer(stories=2))
    assert stories(run(f"site:{httpserver.url_for('/health/')}")) == [2]
    assert "/sitemap.xml" not in {request.path for request, _ in httpserver.log}


def test_an_interrupted_run_goes_on(httpserver: HTTPServer, run: Run, state: FetchState) -> None:
    site = SiteServer(stories=25, front_feed=False, maps=False)
    source = f"site:{serve(httpserver, site)}"
    with HttpClient(allow_private=True, min_delay=0, state=state) as client:
        stream = fetch([source], client=client, state=state)
        first = [next(stream) for _ in range(13)]
        stream.close()  # type: ignore[attr-defined]
    site.stories = 40  # the newest lists have only known or only new stories; the old ones are still to be read
    rest = run(source)
    assert set(stories(first)) | set(stories(rest)) == set(range(1, 41))
    assert len(set(stories(first)) & set(stories(rest))) <= 1, "only the article under way may come twice"


def test_faults_are_failures_with_their_reason(httpserver: HTTPServer, run: Run, now: list[float]) -> None:
    site = SiteServer(stories=len(FAULTS) + 2, faults=dict(enumerate(FAULTS, 1)))
    feed = f"feed:{serve(httpserver, site)}feed.xml"
    items = run(feed)
    assert stories(items) == [10, 9]
    reasons = {f.where.rsplit("/", 1)[1].split("-")[0]: (f.stage, f.reason) for f in items if isinstance(f, Failure)}
    assert len(reasons) == len(FAULTS)
    for story, (stage, word) in {
        1: ("fetch", "404"), 2: ("fetch", "500"), 3: ("fetch", "image/png"), 4: ("fetch", "damaged"), 5: ("fetch", "loop"),
        6: ("parse", ""), 7: ("parse", ""), 8: ("parse", ""),
    }.items():  # fmt: skip
        assert reasons[str(story)][0] == stage and word in reasons[str(story)][1], (story, reasons[str(story)])
    site.asked.clear()
    (again,) = run(feed)
    assert isinstance(again, Failure) and "500" in again.reason
    assert {path for path in site.asked if path.startswith("/story/")} == {site.address(2)}
    now[0] += 8 * 86400
    assert len(run(feed)) == 5, "what is gone or no document is asked for again after a week"


def test_since_include_and_exclude(httpserver: HTTPServer, run: Run) -> None:
    site = SiteServer(stories=12)
    address = serve(httpserver, site)
    wish = {"since": SiteServer.day(9), "include": ["trial"], "exclude": [re.compile("number-10$")]}
    assert stories(run(f"feed:{address}feed.xml", **wish)) == [12, 11, 9]
    assert site.requests() == 3
    # listing pages state no dates: the article does, and lists behind one that is too old are not asked for
    site.front_feed = site.maps = False
    site.per_page = 3
    assert stories(run(f"site:{address}", since=SiteServer.day(9))) == [10]
    assert "/?page=4" not in site.asked
    assert stories(run(f"site:{address}", since=SiteServer.day(8))) == [8]
    assert stories(run(f"site:{address}")) == [7, 6, 5, 4, 3, 2, 1], "an earlier day may be asked for later"


def test_the_limit_holds_over_the_whole_call(httpserver: HTTPServer, run: Run, tmp_path: Path) -> None:
    address = serve(httpserver, SiteServer(stories=4, faults={4: "missing"}))
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"Text {number} of a trial.")
    sources = (f"feed:{address}feed.xml", str(tmp_path))
    items = run(*sources, limit=4)
    assert [isinstance(item, Failure) for item in items] == [True, False, False, False, False]
    assert [i.id for i in items if isinstance(i, Article)][-1] == "0.txt"
    rest = [i.id for i in run(*sources, limit=4) if isinstance(i, Article)]
    assert rest == ["1.txt", "2.txt"]
    with pytest.raises(ValueError, match="limit"):
        fetch(sources, limit=0)


def test_a_changed_story_comes_again(httpserver: HTTPServer, run: Run) -> None:
    site = SiteServer(stories=3)
    source = f"feed:{serve(httpserver, site)}sitemap.xml"
    assert stories(run(source)) == [1, 2, 3]
    site.asked.clear()
    site.changed[2] = "2099-01-01T00:00:00Z"
    (article,) = run(source)
    assert isinstance(article, Article) and "was changed since" in article.text
    assert site.requests() == 1 and site.conditional[site.address(2)] == 1


def paged(number: int, last: int) -> str:
    """A page of a story in several pages, with a paragraph of its own."""
    more = f'<a rel="next" href="/long?page={number + 1}">Next page</a>' if number < last else ""
    own = f"<p>On its page number {number} the made story tells of {number + 70} further people in the trial.</p>"
    body = f'{own}{BODY_HTML if number == 1 else own}<div class="pagination"><a href="/long">1</a>{more}</div>'
    return news_page(body=body + "<p>More words of the same made story that only stand here to be long enough.</p>" * 2)


def test_a_story_in_several_pages_is_one_article(httpserver: HTTPServer, run: Run) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    asked: list[int] = []
    broken: set[int] = {3}

    def page(request: Request) -> Answer:
        asked.append(request.args.get("page", 1, type=int))
        if asked[-1] in broken:
            return Answer("", status=503)
        return Answer(paged(asked[-1], 3), content_type="text/html; charset=utf-8")

    httpserver.expect_request("/long").respond_with_handler(page)
    address = httpserver.url_for("/long")
    failure, part = run(address)
    assert isinstance(failure, Failure) and failure.where.endswith("page=3")
    assert isinstance(part, Article) and "72 further people" in part.text and "73 further" not in part.text
    broken.clear()
    (whole,) = run(address)
    assert isinstance(whole, Article) and "73 further people" in whole.text and whole.id == address


def test_addresses_are_known_without_where_a_reader_came_from(httpserver: HTTPServer, run: Run) -> None:
    site = SiteServer(stories=1)
    address = serve(httpserver, site) + site.address(1).removeprefix("/")
    feed = f"<rss version='2.0'><channel><item><link>{address}?utm_source=a</link></item><item><link>{address}</link></item></channel></rss>"
    httpserver.expect_oneshot_request("/two.xml").respond_with_data(feed, content_type="text/xml")
    assert stories(run(f"feed:{httpserver.url_for('/two.xml')}", f"feed:{httpserver.url_for('/feed.xml')}")) == [1]
    assert site.requests() == 1


def test_pubmed_with_limit_and_state(httpserver: HTTPServer, run: Run) -> None:
    server = EutilsServer(count=30)
    for program in ("esearch.fcgi", "efetch.fcgi"):
        httpserver.expect_request(f"/{program}").respond_with_handler(server)
    services = Services(eutils=httpserver.url_for("/"))

    def ids(items: list[Article | Failure]) -> list[str]:
        return [item.id for item in items if isinstance(item, Article)]

    assert ids(run("pubmed:x", limit=2, services=services)) == ["pmid:1", "pmid:2"]
    assert ids(run("pubmed:x", limit=2, services=services)) == ["pmid:3", "pmid:4"], "the last one is marked as well"
    assert ids(run("pmid:7,9", "pmid:9,11", limit=3, services=services)) == ["pmid:7", "pmid:9", "pmid:11"]
    server.asked.clear()
    assert run("pmid:7,9", services=services) == [] and server.asked == []
    assert ids(run("pubmed:x", since=date(2020, 1, 3), services=services))[0] == "pmid:21"


def test_study_full_text_and_search(httpserver: HTTPServer, run: Run) -> None:
    httpserver.expect_request("/reg/studies/NCT09990001").respond_with_data(study_bytes(), content_type="application/json")
    jats = "<article><front><article-meta><article-id pub-id-type='pmcid'>PMC77</article-id><title-group><article-title>Made</article-title></title-group></article-meta></front><body><p>Forty people took part.</p></body></article>"
    httpserver.expect_request("/epmc/PMC77/fullTextXML").respond_with_data(jats, content_type="text/xml")
    found = {"hitCount": 1, "resultList": {"result": [
        {"id": "5", "source": "MED", "pmid": "5", "title": "Made", "abstractText": "Ten of 40 people improved."}]}}  # fmt: skip
    httpserver.expect_request("/epmc/search").respond_with_data(json.dumps(found), content_type="application/json")
    httpserver.expect_request("/epmc/PMC78/fullTextXML").respond_with_data("", status=404)
    services = Services(europepmc=httpserver.url_for("/epmc"), registry=httpserver.url_for("/reg"))
    sources = ("nct:NCT09990001", "pmc:PMC77", "europepmc:made", "pmc:PMC78")
    *articles, failure = run(*sources, services=services)
    assert [a.id for a in articles if isinstance(a, Article)] == ["nct:NCT09990001", "pmcid:PMC77", "pmid:5"]
    assert isinstance(failure, Failure) and failure.stage == "fetch" and failure.where.endswith("/PMC78/fullTextXML")
    assert run(*sources[:3], services=services) == []


def test_files_with_a_state_go_on(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [json.dumps({"id": f"d{n}", "text": f"Text {n}."}) for n in range(5)]
    path.write_text("\n".join(rows[:3]))
    assert len(run(str(path))) == 3
    path.write_text("\n".join(rows))
    assert [i.id for i in run(str(path)) if isinstance(i, Article)] == ["d3", "d4"]


def test_without_a_state_a_call_repeats_no_request(httpserver: HTTPServer) -> None:
    site = SiteServer(stories=6)
    address = serve(httpserver, site)
    with HttpClient(allow_private=True, min_delay=0) as client:
        items = list(fetch([f"feed:{address}feed.xml", f"site:{address}"], client=client))
    assert stories(items) == [6, 5, 4, 3, 2, 1]
    assert site.requests() == 6


def test_the_package_has_the_call() -> None:
    assert extractor.fetch is fetch
