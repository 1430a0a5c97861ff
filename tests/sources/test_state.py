"""What fetching remembers: kept answers, turns over processes, seen addresses, progress."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from extractor.errors import FetchError
from extractor.sources import HttpClient, Response
from extractor.sources.state import FetchState, freshness


def client(state: FetchState, **settings: float) -> HttpClient:
    return HttpClient(
        allow_private=True, robots=False, backoff=0.01, retries=2, total_timeout=5, state=state, **{"min_delay": 0.0, **settings}
    )  # type: ignore[arg-type]  # fmt: skip


def answer(text: str = "x", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        url="http://a/", final_url="http://a/", status=200, content_type="text/plain", charset=None,
        content=text.encode(), headers=named,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"cache-control": "private, max-age=600"}, 600.0),
        ({"cache-control": "max-age=600", "age": "100"}, 500.0),
        ({"cache-control": "max-age=60", "age": "100"}, 0.0),
        ({"cache-control": "no-cache, max-age=600"}, 0.0),
        ({"cache-control": "no-store"}, None),
        ({"expires": "Wed, 21 Oct 2015 08:28:00 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 3600.0),
        ({"expires": "0", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"cache-control": "s-max-age=5"}, 0.0),
    ],
)
def test_freshness(headers: dict[str, str], seconds: float | None) -> None:
    assert freshness(headers) == seconds


def test_a_page_is_asked_for_again_only_if_changed(httpserver: HTTPServer, tmp_path: Path) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def handler(request: Request) -> Answer:
        asked.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        if request.headers.get("If-None-Match") == '"1"':
            return Answer(status=304)
        return Answer("story", content_type="text/html", headers={"ETag": '"1"', "Last-Modified": "yesterday"})

    httpserver.expect_request("/a").respond_with_handler(handler)
    for round_ in range(2):
        with FetchState(tmp_path / "state.db") as state, client(state) as web:
            response = web.get(httpserver.url_for("/a"))
            assert (response.content, response.content_type, response.kept) == (b"story", "text/html", round_ == 1)
    assert asked == [(None, None), ('"1"', "yesterday")]


def test_a_fresh_answer_is_not_asked_for(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("one", headers={"Cache-Control": "max-age=60"})
    with FetchState(":memory:") as state, client(state) as web:
        assert not web.get(httpserver.url_for("/a"), accept=()).kept
        assert web.get(httpserver.url_for("/a"), accept=()).content == b"one"
        assert len(httpserver.log) == 1


def test_a_changed_page_takes_the_place_of_the_kept_one(httpserver: HTTPServer) -> None:
    for text in ("one", "two"):
        httpserver.expect_ordered_request("/a").respond_with_data(text, headers={"ETag": text})
    with FetchState(":memory:") as state, client(state) as web:
        assert [web.get(httpserver.url_for("/a"), accept=()).content for _ in range(2)] == [b"one", b"two"]
        stored = state.stored(httpserver.url_for("/a"))
        assert stored is not None and stored.response.content == b"two"


def test_what_is_shown_for_credentials_is_not_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("mine", headers={"Cache-Control": "max-age=60"})
    with FetchState(":memory:") as state, client(state) as web:
        web.get(httpserver.url_for("/a"), accept=(), headers={"Authorization": "Bearer x"})
        assert state.stored(httpserver.url_for("/a")) is None


def test_answers_that_may_not_or_need_not_be_kept_are_forgotten() -> None:
    with FetchState(":memory:") as state:
        state.keep("http://a/", answer(etag="1"))
        assert state.stored("http://a/") is not None
        state.keep("http://a/", answer(cache_control="no-store", etag="1"))
        assert state.stored("http://a/") is None
        state.keep("http://a/", answer())
        assert state.stored("http://a/") is None


def test_kept_answers_beyond_the_size_go_those_unused_for_longest_first(tmp_path: Path) -> None:
    now = 1000.0
    with FetchState(tmp_path / "s.db", now=lambda: now) as state:
        for name in "abc":
            now += 1
            state.keep(name, answer(name, etag=name))
        size = len(b"x") + 8  # a deflated byte
        now += 1
        assert state.stored("a") is not None
    with FetchState(tmp_path / "s.db", max_bytes=2 * size + 1) as state:
        assert [name for name in "abc" if state.stored(name) is not None] == ["a", "c"]


def test_turns_follow_one_another() -> None:
    now = 100.0
    with FetchState(":memory:", now=lambda: now) as state:
        assert [state.turn("h", 2.0, 60) for _ in range(3)] == [0.0, 2.0, 4.0]
        assert state.turn("other", 2.0, 60) == 0.0
        state.postpone("h", 30.0)
        assert state.turn("h", 2.0, 60) == 30.0
        with pytest.raises(FetchError, match="past the time limit"):
            state.turn("h", 2.0, 5)
        now += 32.0
        assert state.turn("h", 2.0, 5) == 0.0


def _take_turns(path: str, count: int, waits: multiprocessing.Queue[float]) -> None:
    with FetchState(path, now=lambda: 50.0) as state:
        for _ in range(count):
            waits.put(state.turn("h", 1.0, 1000))


def test_turns_hold_over_processes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    waits: multiprocessing.Queue[float] = context.Queue()
    workers = [context.Process(target=_take_turns, args=(str(tmp_path / "s.db"), 20, waits)) for _ in range(2)]
    for worker in workers:
        worker.start()
    taken = sorted(waits.get(timeout=60) for _ in range(40))
    for worker in workers:
        worker.join(60)
    assert taken == [float(i) for i in range(40)]


def test_the_rate_of_a_named_host_goes_before_the_general_one(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("x")
    begin = time.monotonic()
    with HttpClient(allow_private=True, robots=False, min_delay=30, delays={"localhost": 0.0, "127.0.0.1": 0.0}) as web:
        for _ in range(3):
            web.get(httpserver.url_for("/a"), accept=())
    assert time.monotonic() - begin < 25


def test_services_for_programs_are_not_asked_for_robots(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /")
    httpserver.expect_request("/api").respond_with_data("x")
    with HttpClient(allow_private=True, min_delay=0) as web:
        with pytest.raises(FetchError, match="forbids"):
            web.get(httpserver.url_for("/api"), accept=())
        assert web.get(httpserver.url_for("/api"), accept=(), interface=True).content == b"x"


def test_seen_and_progress(tmp_path: Path) -> None:
    with FetchState(tmp_path / "s.db") as state:
        state.mark_seen("feed", "http://a/1")
        state.mark_seen("feed", "http://a/1")
        state.note_progress("job", "200")
    with FetchState(tmp_path / "s.db") as state:
        assert state.is_seen("feed", "http://a/1") and not state.is_seen("other", "http://a/1")
        assert state.progress("job") == "200"
        state.note_progress("job", None)
        assert state.progress("job") is None


def test_a_file_that_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"not a database, but long enough to look at" * 40)
    with pytest.raises(FetchError, match="cannot be used"):
        FetchState(tmp_path / "s.db")
