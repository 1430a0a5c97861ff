"""Writes the documentation as a site of plain pages: ``python docs/build.py [-o FOLDER]`` (``make docs``).

First the API reference, Markdown made from the docstrings of the public modules, into docs/api/; then every page of docs/,
schemas/ and the project's own README, CONTRIBUTING and CHANGELOG as HTML. Nothing is fetched; the pages load nothing.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any

from markdown_it import MarkdownIt

DOCS = Path(__file__).parent
ROOT = DOCS.parent
API = DOCS / "api"
MODULES = (
    "extractor", "extractor.records", "extractor.errors", "extractor.extraction", "extractor.component", "extractor.sources",
    "extractor.lexicon", "extractor.checks", "extractor.assembly", "extractor.store", "extractor.graph", "extractor.query",
    "extractor.story", "extractor.analysis", "extractor.export", "extractor.report", "extractor.report.notebook", "extractor.report.site",
    "extractor.batch", "extractor.cluster", "extractor.shards",
)  # fmt: skip
PAGES = ("docs", "schemas", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
_SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Attributes):[ \t]*", re.MULTILINE)
_REPR = re.compile(r" at 0x[0-9a-f]+")


# ---- the API reference


def write_api(folder: Path) -> list[Path]:
    """Write a Markdown page for each module of MODULES, and an index, into ``folder``; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    lines = ["# API reference", "", "Made from the docstrings by `make docs`. Names that are not listed are not public.", ""]
    paths = []
    for name in MODULES:
        module = importlib.import_module(name)
        path = folder / f"{name}.md"
        path.write_text("\n".join(module_lines(module)) + "\n", encoding="utf-8")
        paths.append(path)
        lines.append(f"- [`{name}`]({path.name}): {summary(module)}")
    index = folder / "index.md"
    index.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [*paths, index]


def summary(thing: Any) -> str:
    """Return the first sentence of the docstring."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return text.replace("``", "`")


def module_lines(module: ModuleType) -> Iterator[str]:
    """Yield the Markdown of a module: its docstring, then its public names in the order of the alphabet."""
    yield f"# {module.__name__}"
    yield ""
    yield doc_text(module)
    for name in sorted(module.__all__, key=str.casefold):
        thing = getattr(module, name)
        yield ""
        if inspect.isclass(thing):
            yield from class_lines(name, thing)
        elif inspect.isroutine(thing) or hasattr(thing, "__wrapped__"):
            yield from (f"## {name}", "", f"`{name}{signature(thing)}`", "", doc_text(thing))
        else:
            yield from (f"## {name}", "", f"`{_REPR.sub('', short(repr(thing)))}`")


def class_lines(name: str, kind: type) -> Iterator[str]:
    """Yield the Markdown of a class: how it is made, its docstring, its own public methods."""
    call = name if issubclass(kind, BaseException) else f"{name}{signature(kind)}"
    yield from (f"## {name}", "", f"`class {call}`", "", doc_text(kind))
    for member, found in sorted(vars(kind).items()):
        function = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if member.startswith("_") or not inspect.getdoc(function):
            continue
        if isinstance(function, property):
            yield from ("", f"### {name}.{member}", "", doc_text(function))
        elif inspect.isfunction(function):
            yield from ("", f"### {name}.{member}", "", f"`{member}{signature(function)}`", "", doc_text(function))


def signature(thing: Any) -> str:
    """Return the call as it is written, without types; "" where there is none."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (ValueError, TypeError):
        return ""
    parts: list[str] = []
    for one in parameters:
        if one.name in ("self", "cls"):
            continue
        mark = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        if one.kind == one.KEYWORD_ONLY and not any(part.startswith("*") for part in parts):
            parts.append("*")
        default = "" if one.default is one.empty else f"={_REPR.sub('', short(repr(one.default)))}"
        parts.append(f"{mark}{one.name}{default}")
    return f"({', '.join(parts)})"


def short(text: str) -> str:
    """Return ``text``, cut where it is long."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def doc_text(thing: Any) -> str:
    """Return a docstring as Markdown: code in single backticks, "Args:" and the like as a heading of their own."""
    text = (inspect.getdoc(thing) or "").replace("``", "`")
    lines = []
    for line in _SECTION.sub(r"\n**\1**\n\n", text).splitlines():
        # Sections are indented by four blanks, which Markdown would take for code; deeper ones continue a line.
        indented = len(line) - len(line.lstrip())
        lines.append(f"\n{line.strip()}" if indented == 4 else line.strip() if indented > 4 else line)
    return "\n".join(lines)


# ---- the site


def build(target: Path) -> list[Path]:
    """Write the site into ``target``, in place of what is there; return the pages."""
    write_api(API)
    if target.exists():
        shutil.rmtree(target)
    written = []
    for source in sources():
        relative = source.relative_to(ROOT)
        page = target / relative.with_suffix(".html") if source.suffix == ".md" else target / relative
        page.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            page.write_text(html_page(source), encoding="utf-8")
            written.append(page)
        else:
            shutil.copy(source, page)
    shutil.copy(DOCS / "style.css", target / "style.css")
    (target / "index.html").write_text('<!DOCTYPE html><meta http-equiv="refresh" content="0; url=docs/index.html">\n', encoding="utf-8")
    return written


def sources() -> Iterator[Path]:
    """Yield the pages, and what they link to beside them."""
    for name in PAGES:
        path = ROOT / name
        if path.is_file():
            yield path
        else:
            found = (one for one in path.rglob("*") if one.suffix in (".md", ".json", ".sql", ".svg", ".png"))
            yield from sorted(one for one in found if "_site" not in one.parts)


def html_page(source: Path) -> str:
    """Return the page of a Markdown file; raw HTML in it is shown as text, comments are left out."""
    text = re.sub(r"^<!--.*?-->\n", "", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    seen: set[str] = set()
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[i + 1].content, seen))
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", site_link(str(child.attrGet("href"))))
    title = next((tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"), source.stem)
    depth = len(source.relative_to(ROOT).parts) - 1
    return Template((DOCS / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title.replace("\\", "")), body=markdown.renderer.render(tokens, markdown.options, {}), root="../" * depth
    )


def anchor(heading: str, seen: set[str]) -> str:
    """Return the anchor of a heading as GitHub makes it, unique on its page."""
    name = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
    found, number = name, 1
    while found in seen:
        found = f"{name}-{number}"
        number += 1
    seen.add(found)
    return found


def site_link(href: str) -> str:
    """Return a link between Markdown files as one between their pages."""
    if "://" in href:
        return href
    path, hash_, rest = href.partition("#")
    return (f"{path[:-3]}.html" if path.endswith(".md") else path) + hash_ + rest


def main(arguments: list[str]) -> None:
    """Build the site and say where it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=DOCS / "_site")
    target = parser.parse_args(arguments).output
    pages = build(target)
    print(f"{len(pages)} pages in {target}; open {target / 'index.html'}")


if __name__ == "__main__":
    main(sys.argv[1:])
