"""The site in a real browser, headless Chromium, opened from disk; skipped where there is none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extractor.report.site import write_site
from extractor.report.site.content import page_name
from tests.report.evidence import demo_evidence

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "out"
    write_site(demo_evidence(), folder, title="Demo")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield opened
        opened.close()


class Watched:
    """A page with all that it said and asked for."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.page = browser.new_page(**options)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, site: Path, name: str) -> Any:
        self.page.goto((site / name).as_uri())
        return self.page

    def check(self) -> None:
        assert self.said == []
        assert all(address.startswith(("file:", "data:")) for address in self.asked), self.asked
        self.page.close()


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    one = Watched(browser, viewport={"width": 1200, "height": 900})
    yield one
    one.check()


def one_of(site: Path, folder: str, words: str) -> str:
    return next(f"{folder}/{path.name}" for path in sorted((site / folder).iterdir()) if words in path.name)


def test_search_and_filters(site: Path, watched: Watched) -> None:
    page = watched.open(site, "index.html")
    expect, count, rows = sync_api.expect, page.locator("#count"), page.locator("#found tbody tr")
    expect(count).to_have_text(re.compile(r"^\d+ found$"))
    every = rows.count()
    assert every >= 17
    page.fill("#q", "SEMAGLUTIDE step")
    expect(count).to_have_text("2 found")
    assert "STEP" in page.locator("#found tbody").inner_text()
    page.fill("#q", "")
    expect(rows).to_have_count(every)
    page.select_option("#phase", "2")
    expect(rows).not_to_have_count(every)
    page.select_option("#phase", "")
    page.select_option("#kind", "result")
    expect(rows).to_have_count(50)
    expect(page.locator("#back")).to_be_disabled()
    first = rows.first.inner_text()
    page.click("#on")
    expect(page.locator("#where")).to_have_text(re.compile(r"^2 of"))
    assert rows.first.inner_text() != first
    page.fill("#q", "no such thing anywhere")
    expect(count).to_have_text("0 found")


def test_a_figure_leads_to_its_trial_and_to_the_words(site: Path, watched: Watched) -> None:
    page = watched.open(site, "index.html")
    page.select_option("#kind", "result")
    page.fill("#q", "keynote-189 0.49")
    sync_api.expect(page.locator("#count")).to_have_text(re.compile(r"^[1-4] found$"))
    page.locator("#found tbody a").first.click()
    page.wait_for_url("**/trial/**")
    row = page.locator("tr:target")
    assert "0.49" in row.inner_text()
    row.locator("summary").click()
    row.locator("ul.quotes a").first.click()
    page.wait_for_url("**/document/**")
    assert "0.49" in page.locator("section.result:target").inner_text()


def test_marks_tell_what_they_are_by_keyboard(site: Path, watched: Watched) -> None:
    page = watched.open(site, one_of(site, "document", "step-1"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.text .m')"):
            break
    note = page.evaluate("document.activeElement.dataset.tip")
    assert note
    shown = page.evaluate("getComputedStyle(document.activeElement, '::after').content")
    assert note.split("\n")[0].replace('"', '\\"') in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_every_kind_of_page_is_accessible(site: Path, browser: Any, scheme: str, width: int, height: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    one = Watched(browser, viewport={"width": width, "height": height}, color_scheme=scheme)
    names = ["index.html", "network.html", *(one_of(site, f, w) for f, w in (("trial", "nct02578680"), ("drug", "semaglutide")))]
    names += [one_of(site, "question", "semaglutide"), one_of(site, "document", "step-1")]
    for name in names:
        page = one.open(site, name)
        found = axe.Axe().run(page).response["violations"]
        grave = [(name, row["id"], row["nodes"][0]["html"][:200]) for row in found if row["impact"] in ("serious", "critical")]
        assert grave == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, name
    one.said.clear()  # axe asks for the style sheets by itself, which the page's policy forbids; other tests watch the console
    one.check()


def test_a_hostile_document_runs_nothing_and_can_be_read(site: Path, watched: Watched) -> None:
    page = watched.open(site, page_name("document", "<b>hostile</b>"))
    assert page.evaluate("document.body.dataset.hit") is None
    assert page.locator("main img, main script, main svg").count() == 0
    assert "20 had a response" in page.locator("div.text").inner_text()
    assert page.locator("h1").inner_text().startswith("</title><script>")
    page = watched.open(site, "index.html")
    page.fill("#q", "dataset.hit")
    page.wait_for_timeout(200)
    assert page.evaluate("document.body.dataset.hit") is None


def test_print_shows_the_sentences(site: Path, watched: Watched) -> None:
    page = watched.open(site, one_of(site, "trial", "nct02578680"))
    page.emulate_media(media="print")
    assert not page.locator("header nav").is_visible()
