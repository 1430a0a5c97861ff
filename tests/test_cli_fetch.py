"""``extractor fetch`` and ``extractor body`` as a user meets them."""

from __future__ import annotations

import gzip
import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from extractor.cli import main
from extractor.records import decode_article
from extractor.sources import HttpClient
from extractor.store import EvidenceStore
from tests.sources.pages import BODY, news_page
from tests.sources.site_server import SiteServer

# the name is that of the function as well
MODULE = importlib.import_module("extractor.sources.fetch")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def quick(*, allow_private: bool = False, state: Any = None, contact: str | None = None, **_: object) -> HttpClient:
        return HttpClient(
            allow_private=allow_private, state=state, contact=contact, min_delay=0, retries=0, backoff=0.01
        )

    monkeypatch.setattr(MODULE, "make_client", quick)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def site(httpserver: HTTPServer) -> SiteServer:
    made = SiteServer(stories=4, faults={2: "broken"})
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(made)
    return made


def written(path: Path) -> list[str]:
    return [decode_article(line).id.rsplit("-", 1)[1] for line in path.read_bytes().splitlines()]


def test_fetch_writes_articles_and_adds_what_is_new(
    run: Callable[..., Result], site: SiteServer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    output = tmp_path / "articles.jsonl"
    command = (
        "fetch", f"feed:{httpserver.url_for('/feed.xml')}", "-o", output, "--allow-private",
        "--state", tmp_path / "state.db", "--exclude", "number-1$", "--contact", "me@x.example",
    )  # fmt: skip
    done = run(*command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "status 500" in done.stderr and "1 failed" in done.stderr
    assert written(output) == ["4", "3"]
    site.stories, site.faults = 5, {}
    assert run(*command).exit_code == 0
    assert written(output) == ["4", "3", "5", "2"]
    assert run(*command).exit_code == 0
    assert written(output) == ["4", "3", "5", "2"]


def test_fetch_interrupted_loses_nothing_and_goes_on(
    run: Callable[..., Result], site: SiteServer, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.faults = {}
    output = tmp_path / "articles.jsonl"
    command = (
        "fetch", httpserver.url_for("/feed.xml"), "-o", output, "--allow-private", "--state", tmp_path / "state.db",
    )  # fmt: skip
    real = HttpClient.get

    def stopped(self: HttpClient, url: str, **options: Any) -> object:
        if "number-2" in url:
            raise KeyboardInterrupt
        return real(self, url, **options)

    monkeypatch.setattr(HttpClient, "get", stopped)
    done = run(*command)
    assert done.exit_code == 130 and "run again to go on" in done.stderr
    assert written(output) == ["4", "3"]
    monkeypatch.undo()
    monkeypatch.setattr(MODULE, "make_client", lambda **k: HttpClient(
        allow_private=True, state=k["state"], min_delay=0))  # fmt: skip
    with output.open("ab") as file:
        file.write(b'{"id": "half a li')  # as a crash would leave it
    assert run(*command).exit_code == 0
    assert written(output) == ["4", "3", "2", "1"]


def test_what_was_written_and_not_marked_is_not_written_twice(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_text("".join(json.dumps({"id": f"d-{n}", "text": f"Text {n}."}) + "\n" for n in range(3)))
    output = tmp_path / "out.jsonl"
    command = ("fetch", lines, "-o", output, "--state", tmp_path / "state.db")
    from extractor.sources import FetchState

    real = FetchState.mark_seen

    def dies(self: FetchState, source: str, address: str) -> None:
        if "d-1" in address:
            raise KeyboardInterrupt
        real(self, source, address)

    with monkeypatch.context() as patch:
        patch.setattr(FetchState, "mark_seen", dies)
        assert run(*command).exit_code == 130
    assert written(output) == ["0", "1"]
    assert run(*command).exit_code == 0
    assert written(output) == ["0", "1", "2"]


def test_fetch_into_a_store(
    run: Callable[..., Result], site: SiteServer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    store, output = tmp_path / "evidence.db", tmp_path / "articles.jsonl"
    done = run("fetch", httpserver.url_for("/feed.xml"), "--allow-private", "--store", store, "-o", output, "--limit", "2")
    assert (done.exit_code, done.stdout) == (0, "")
    with EvidenceStore.open(store, read_only=True) as opened:
        assert [r.document.title for r in opened.records()] == ["Made trial number 4", "Made trial number 3"]
    assert written(output) == ["4", "3"]


def test_fetch_to_stdout_and_private_addresses(run: Callable[..., Result], site: SiteServer, httpserver: HTTPServer, tmp_path: Path) -> None:
    address = httpserver.url_for("/feed.xml")
    done = run("fetch", address, "--allow-private", "--since", str(site.day(4)))
    assert decode_article(done.stdout.splitlines()[0]).title == "Made trial number 4"
    site.asked.clear()
    refused = run("fetch", address)
    assert refused.exit_code == 1 and "refused" in refused.stderr and not site.asked


def test_copies_of_a_story_are_told_apart(
    run: Callable[..., Result], site: SiteServer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    site.faults, site.copies = {}, {3: 1}
    output, copies = tmp_path / "articles.jsonl", tmp_path / "copies.jsonl"
    done = run("fetch", httpserver.url_for("/sitemap.xml"), "--allow-private", "-o", output, "--copies", copies)
    assert done.exit_code == 0
    (copy,) = map(json.loads, copies.read_text().splitlines())
    assert copy["id"].endswith("number-3") and copy["copy_of"].endswith("number-1")
    assert len(written(output)) + 1 == 4 and "3" not in written(output)


@pytest.mark.parametrize(
    "arguments",
    [["fetch"], ["fetch", "x", "--since", "yesterday"], ["fetch", "x", "--limit", "0"], ["fetch", "x", "--include", "("],
     ["fetch", "x", "-o", "."], ["body"]],
)  # fmt: skip
def test_wrong_usage_is_status_2(run: Callable[..., Result], arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")


def test_run_and_extract_take_the_same_sources(
    run: Callable[..., Result], site: SiteServer, httpserver: HTTPServer, tmp_path: Path
) -> None:
    site.faults = {}
    done = run("run", f"feed:{httpserver.url_for('/feed.xml')}", "--allow-private", "--store", tmp_path / "evidence.db")
    assert done.exit_code == 0
    done = run("extract", httpserver.url_for("/sitemap.xml"), "nct:x", "--allow-private")
    assert done.exit_code == 1 and "a number such as NCT01234567" in done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_body_of_pages(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text(news_page(), encoding="utf-8")
    (tmp_path / "two.html.gz").write_bytes(gzip.compress(news_page().encode()))
    (tmp_path / "three.html").write_text("<html><body>nothing</body></html>")
    done = run("body", tmp_path / "one.html", tmp_path / "two.html.gz", tmp_path / "three.html", tmp_path / "four.html")
    rows = {row["id"]: row["text"] for row in map(json.loads, done.stdout.splitlines())}
    assert (rows["one"], rows["two"], rows["three"], rows["four"]) == (BODY, BODY, "", "")
    assert done.exit_code == 1 and "2 failed" in done.stderr
