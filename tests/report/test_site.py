"""The site as files: every page is there, every link leads somewhere, text is escaped, and folders are safe."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from extractor.cli import main
from extractor.errors import ExtractorError
from extractor.query import EvidenceGraph
from extractor.report.site import SiteSummary, write_site
from extractor.report.site.content import page_name
from extractor.store import EvidenceStore
from tests.record_builder import lung_record
from tests.report.evidence import demo_evidence, demo_records


class Page(HTMLParser):
    """The parts of a page that the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.add(found["id"] or "")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        self.loads += [found[name] or "" for name in ("src",) if found.get(name)]
        if tag == "link" and found.get("href"):
            self.loads.append(found["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SiteSummary]:
    folder = tmp_path_factory.mktemp("site") / "out"
    return folder, write_site(demo_evidence(), folder, title="Demo & more")


def pages(folder: Path) -> dict[str, Page]:
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")
    }


def test_every_part_has_its_page(site: tuple[Path, SiteSummary]) -> None:
    folder, summary = site
    found = pages(folder)
    assert len(found) == summary.pages
    by_kind = {kind: sum(name.startswith(f"{kind}/") for name in found) for kind in ("trial", "document", "question", "drug")}
    assert by_kind["trial"] == summary.trials >= 17
    assert by_kind["document"] == summary.documents == len(demo_records()) + 1
    assert by_kind["question"] == summary.questions >= 5
    assert by_kind["drug"] >= 10


def test_every_link_inside_leads_somewhere(site: tuple[Path, SiteSummary]) -> None:
    folder, _ = site
    found = pages(folder)
    for name, page in found.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                continue
            assert not parts.scheme, (name, link)
            target = name if not parts.path else (Path("/") / name).parent.joinpath(unquote(parts.path)).resolve()
            key = str(target).lstrip("/")
            assert key in found, (name, link)
            assert not parts.fragment or parts.fragment in found[key].ids, (name, link)


def test_nothing_is_loaded_from_elsewhere(site: tuple[Path, SiteSummary]) -> None:
    folder, _ = site
    for name, page in pages(folder).items():
        for load in page.loads:
            assert load == "data:," or (folder / name).parent.joinpath(load).resolve().is_file(), (name, load)
        policy = next(a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv"))
        assert policy is not None
        assert "default-src 'none'" in policy


def test_a_hostile_document_is_inert(site: tuple[Path, SiteSummary]) -> None:
    folder, _ = site
    for name, page in pages(folder).items():
        tags = {tag for tag, _ in page.tags}
        assert not tags & {"img", "iframe", "object", "embed", "style"}, name
        scripts = [a for tag, a in page.tags if tag == "script"]
        assert all(a.get("src") in ("assets/index.js", "assets/site.js") for a in scripts), name
        assert not any(attr.startswith("on") for _, attrs in page.tags for attr in attrs), name
        assert not any(link.startswith("javascript:") for link in page.links), name
    document = folder / page_name("document", "<b>hostile</b>")
    text = "".join(Page(document.read_text(encoding="utf-8")).text)
    assert "{{ 7 * 7 }}" in text
    assert "<script>document.body.dataset.hit" in text
    assert "\x1b" not in text


def test_the_index_is_one_script_that_holds_every_trial_and_figure(site: tuple[Path, SiteSummary]) -> None:
    folder, summary = site
    script = (folder / "assets" / "index.js").read_text(encoding="utf-8")
    assert "</" not in script
    rows = json.loads(re.fullmatch(r"window\.EVIDENCE = (.*);\n", script, re.DOTALL).group(1).replace("<\\/", "</"))  # type: ignore[union-attr]
    assert sum(row["t"] == "trial" for row in rows) == summary.trials
    found = pages(folder)
    for row in rows:
        page, _, fragment = row["p"].partition("#")
        assert page in found
        assert not fragment or fragment in found[page].ids


def test_figures_stand_with_their_sentence_and_lead_to_the_mark_in_the_text(site: tuple[Path, SiteSummary]) -> None:
    folder, _ = site
    name = next(n for n, page in pages(folder).items() if n.startswith("trial/") and "KEYNOTE-189" in page.text)
    page = Page((folder / name).read_text(encoding="utf-8"))
    text = " ".join(page.text)
    assert "0.49" in text
    assert any(link.startswith("../document/") and "#d1-r" in link for link in page.links)


def test_a_trial_with_a_contradiction_tells_it(tmp_path: Path) -> None:
    one, other = (lung_record(f"d{n}", registry=("NCT02578680",), ratio=r, lead=f"{n}. ") for n, r in enumerate(("0.49", "0.57")))
    write_site(EvidenceGraph.from_records([one, other]), tmp_path / "site")
    (trial,) = (tmp_path / "site" / "trial").iterdir()
    text = trial.read_text(encoding="utf-8")
    assert "Contradictions" in text
    assert "mark-contradicted" in text


def test_other_folders_are_left_alone_and_sites_written_anew(tmp_path: Path) -> None:
    evidence = EvidenceGraph.from_records([lung_record("a")])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ExtractorError, match="no evidence site"):
        write_site(evidence, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    write_site(evidence, tmp_path / "site")
    (tmp_path / "site" / "old.html").write_text("old")
    write_site(evidence, tmp_path / "site")
    assert not (tmp_path / "site" / "old.html").exists()


def test_a_site_that_cannot_be_finished_leaves_the_earlier_one(tmp_path: Path) -> None:
    evidence = EvidenceGraph.from_records([lung_record("a")])
    write_site(evidence, tmp_path / "site", title="first")

    def broken() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_site(evidence, tmp_path / "site", title="second", on_page=broken)
    assert "first" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_names_of_pages_are_safe_and_differ() -> None:
    keys = ["a/b", "a:b", "../../etc/passwd", "", "\ud800", "x" * 500, "Ä ö", "CON"]
    names = [page_name("trial", key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(re.fullmatch(r"trial/[a-z0-9-]{1,64}\.html", name) for name in names)


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_command_writes_the_site_of_what_fits(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    with EvidenceStore.open(store, create=True) as opened:
        opened.add_records(demo_records())
    done = invoke("report", "--store", store, "-o", tmp_path / "site", "--drug", "semaglutide", "--title", "Semaglutide")
    assert done.exit_code == 0
    assert "trials" in done.stderr
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "<h1>Semaglutide</h1>" in index
    assert len(list((tmp_path / "site" / "trial").iterdir())) < 10
    unknown = invoke("report", "--store", store, "-o", tmp_path / "x", "--drug", "semaglutyde")
    assert (unknown.exit_code, (tmp_path / "x").exists()) == (1, False)
