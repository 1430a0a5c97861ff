"""Writing the site: Jinja templates with escaping on, into a folder that appears when it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from extractor.analysis.evidence import Settings
from extractor.errors import ExtractorError
from extractor.records import Record
from extractor.report.explain import explain_record
from extractor.report.explain_html import document_body
from extractor.report.forest import forest_svg, heading
from extractor.report.site.content import (
    SiteContent,
    anchor,
    gather,
    index_rows,
    page_name,
    quote_parts,
)
from extractor.report.site.network_svg import network_svg
from extractor.report.tables import figure_text, printable, timepoint_text

if TYPE_CHECKING:
    from extractor.query import EvidenceGraph

__all__ = ["MARKER", "SiteSummary", "write_site"]

MARKER = ".evidence-site"
"""A file by which a folder is known to be a site of ours, which may be written anew."""


class SiteSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a site holds."""

    trials: int
    results: int
    documents: int
    questions: int
    pages: int


def write_site(
    evidence: EvidenceGraph,
    folder: Path,
    *,
    title: str = "Evidence",
    settings: Settings | None = None,
    on_page: Callable[[], object] | None = None,
) -> SiteSummary:
    """Write the site over ``evidence`` into ``folder``; open ``index.html`` there.

    The folder takes the place of an earlier site when the new one is complete; until then that one stays.

    Args:
        evidence: the graph, or a part of it (``EvidenceGraph.subgraph``). folder: made where missing; a folder with other
            content is refused. title: shown on every page. settings: how effects are pooled.
        on_page: called with every page that is written.

    Raises:
        ExtractorError: the folder holds something else. OSError: it cannot be written. StoreError: the store cannot be read.
    """
    if folder.exists() and not (folder / MARKER).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExtractorError(f"{folder}: holds something that is no evidence site; name another folder")
    content = gather(evidence, settings)
    part = folder.with_name(folder.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    try:
        pages = 0
        for name, text in _pages(evidence, content, title):
            target = part / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "xmlcharrefreplace"))
            pages += name.endswith(".html")
            if on_page is not None:
                on_page()
        (part / MARKER).write_text("Written by extractor report; written anew without asking.\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    part.replace(folder)
    return SiteSummary(
        trials=len(content.trials),
        results=content.results,
        documents=len(content.documents),
        questions=len(content.questions),
        pages=pages,
    )


def _pages(evidence: EvidenceGraph, content: SiteContent, title: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file."""
    templates = resources.files("extractor.report").joinpath("templates", "site")
    files = {item.name: item.read_text(encoding="utf-8") for item in templates.iterdir() if item.is_file()}
    environment = _environment(files, content, title)

    def made(name: str, template: str, **values: Any) -> tuple[str, str]:
        root = "../" if "/" in name else ""
        return name, environment.get_template(template).render(root=root, page=name, **values)

    explain_css = resources.files("extractor.report").joinpath("templates", "explain.css").read_text(encoding="utf-8")
    yield "assets/site.css", files["site.css"]
    yield "assets/explain.css", explain_css
    yield "assets/site.js", files["site.js"]
    # a script and no JSON file: pages opened from disk may not read other files
    rows = msgspec.json.encode(index_rows(content)).decode()
    yield "assets/index.js", f"window.EVIDENCE = {rows.replace('</', '<' + chr(92) + '/')};\n"
    yield made("index.html", "index.html")
    yield made("network.html", "network.html", svg=_network(content))
    for trial in content.trials:
        yield made(trial.page, "trial.html", it=trial)
    for drug in content.drugs:
        yield made(drug.page, "drug.html", it=drug)
    for question in content.questions:
        plots = [(one, Markup(forest_svg(one))) for one in question.pooled.sets]
        yield made(question.page, "question.html", it=question, plots=plots)
    for key, record in _records(evidence, content):
        yield made(
            content.documents[key],
            "document.html",
            record=record,
            key=key,
            body=Markup(document_body(explain_record(record))),
        )


def _records(evidence: EvidenceGraph, content: SiteContent) -> Iterator[tuple[str, Record]]:
    """Yield the record of every document that the site shows, once."""
    seen: set[str] = set()
    for key, record in evidence.documents():
        if key in content.documents and key not in seen:
            seen.add(key)
            yield key, record


def _network(content: SiteContent) -> Markup:
    pages = {frozenset((q.pooled.a, q.pooled.b)): q.page for q in content.questions}
    svg = network_svg(content.network, lambda one, other: pages.get(frozenset((one, other))))
    return Markup(svg)


def _environment(files: dict[str, str], content: SiteContent, title: str) -> Environment:
    environment = Environment(
        loader=DictLoader({name: text for name, text in files.items() if name.endswith(".html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    environment.globals.update(content=content, site_title=title, page_name=page_name)
    environment.filters.update(
        figure=figure_text,
        time=timepoint_text,
        anchor=anchor,
        parts=quote_parts,
        heading=heading,
        words=lambda text: str(text).replace("_", " "),
        percent=lambda part: f"{100 * part:.0f} %",
    )
    environment.tests["web"] = lambda address: str(address).startswith(("http://", "https://"))
    return environment
