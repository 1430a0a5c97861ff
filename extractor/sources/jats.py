"""Articles in JATS XML, as PubMed Central and journals give them, to Articles whose tables are Markdown tables.

Format: Journal Article Tag Suite (https://jats.nlm.nih.gov/archiving/tag-library/1.3/). Headings stand on lines of their
own as "## Results"; a table as its label and caption, its rows between pipes, and its notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from extractor.errors import ParseError
from extractor.records import Article, Identifiers, Section, make_article
from extractor.sources.markup import collapse, superscript
from extractor.sources.structure import normal_label
from extractor.sources.xmlstream import root_name

__all__ = ["read_jats", "render_table"]

_SKIPPED = frozenset(
    {"xref", "graphic", "inline-graphic", "media", "object-id", "alt-text", "hr", "fn-group", "ref-list"}
)
_BLOCKS = frozenset({"p", "title", "label", "list-item", "disp-quote", "caption", "fn", "td", "th", "break"})
_HEAD = 262_144
_DEEPEST = 6
_LARGEST_SPAN = 60


def _inline(element: Any) -> str:
    """Return the text of an element with its inline tags: superscripts visible, references by number left out."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            if child.tag == "xref" and child.get("ref-type") not in ("bibr", "fn", "table-fn"):
                parts.append(_inline(child))
            elif child.tag == "sup":
                inner = _inline(child)
                parts.append(superscript("".join(parts)[-24:], inner, keep_marks=child.find(".//xref") is None))
            elif child.tag not in _SKIPPED:
                inner = _inline(child)
                parts.append(f" {inner} " if child.tag in _BLOCKS else inner)
        parts.append(child.tail or "")
    return "".join(parts)


def _text(element: Any | None) -> str:
    return "" if element is None else collapse(_inline(element))


def _span(cell: Any, name: str) -> int:
    said = cell.get(name) or "1"
    return min(max(int(said), 1), _LARGEST_SPAN) if said.isdigit() else 1


def _cells(rows: list[Any], header: bool) -> list[list[str]]:
    """Return the texts of the rows with every spanning cell given its columns.

    The label of a header is repeated over its columns; elsewhere a spanning cell is printed once.
    """
    grid: list[list[str]] = []
    held: dict[int, int] = {}
    for row in rows:
        texts: list[str] = []
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            while held.get(len(texts), 0) > 0:
                held[len(texts)] -= 1
                texts.append("")
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            text = _text(cell).replace("|", "\\|")
            for k in range(wide):
                if high > 1:
                    held[len(texts)] = high - 1
                texts.append(text if header or k == 0 else "")
        for column in sorted(held):
            if column >= len(texts) and held[column] > 0:
                texts.extend([""] * (column + 1 - len(texts)))
                held[column] -= 1
        if any(texts):
            grid.append(texts)
    return grid


def render_table(wrap: Any) -> list[str]:
    """Return the lines of a ``table-wrap`` element: label with caption, rows between pipes, notes.

    Args:
        wrap: the lxml element. A table that is only a picture gives its caption alone.
    """
    heading = " ".join(filter(None, (_text(wrap.find("label")).rstrip(".:"), "")))
    caption = _text(wrap.find("caption"))
    lines = [f"{heading}. {caption}" if heading else f"Table: {caption}" if caption else ""]
    for table in wrap.iter("table"):
        head = _cells([row for part in table.iter("thead") for row in part.iter("tr")], header=True)
        body = _cells([row for row in table.iter("tr") if row.getparent().tag != "thead"], header=False)
        width = max((len(row) for row in (*head, *body)), default=0)
        if width < 2:
            continue
        if not head:
            head = [body.pop(0)] if body else []
        lines.append("")
        for row in head:
            lines.append("| " + " | ".join(row + [""] * (width - len(row))) + " |")
        lines.append("|" + " --- |" * width)
        lines.extend("| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in body)
    for foot in wrap.iter("table-wrap-foot"):
        notes = [_text(p) for p in foot.iter("p")] or [_text(foot)]
        lines.append("")
        lines.append("Notes: " + " ".join(note for note in notes if note))
    return [line for i, line in enumerate(lines) if line or i]


def _blocks(element: Any, depth: int) -> Iterator[str]:
    """Yield the blocks of a section in order: headings, paragraphs, tables."""
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or tag in ("ref-list", "fig", "fig-group", "supplementary-material"):
            continue
        if tag == "title":
            heading = _text(child)
            if heading:
                yield "#" * min(depth, _DEEPEST) + " " + heading
        elif tag == "table-wrap":
            yield "\n".join(render_table(child))
        elif tag == "p":
            tables = list(child.iter("table-wrap"))
            for table in tables:
                parent = table.getparent()
                if parent is not None:
                    parent.remove(table)
            text = _text(child)
            if text:
                yield text
            for table in tables:
                yield "\n".join(render_table(table))
        elif tag in ("list", "def-list"):
            for item in child.iter("list-item", "def-item"):
                yield "- " + _text(item)
        else:
            yield from _blocks(child, depth + (tag == "sec"))


def _identifiers(root: Any) -> Identifiers:
    found = {e.get("pub-id-type"): _text(e) for e in root.iterfind(".//front/article-meta/article-id")}
    pmcid = found.get("pmcid") or found.get("pmc")
    if pmcid and re.fullmatch(r"\d{1,12}", pmcid):
        pmcid = "PMC" + pmcid
    return Identifiers(pmid=found.get("pmid"), pmcid=pmcid, doi=found.get("doi"))


def _parse(data: bytes, where: str | None) -> Any:
    root_name(data[:_HEAD], where)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ParseError(f"the XML is malformed: {error}", where) from error


def read_jats(data: bytes, *, id: str | None = None, where: str | None = None) -> Article:
    """Return the Article of a JATS document: title, abstract and body in one text, with its sections.

    Args:
        data: the XML of one ``article``. id: name of the document; by default its PMC, PubMed or DOI number.
        where: its place, for messages.

    Raises:
        ParseError: the XML is malformed, refused (see ``root_name``) or holds no text.
    """
    root = _parse(data, where)
    article = root if root.tag == "article" else root.find(".//article")
    if article is None:
        article = root
    title = _text(article.find(".//front/article-meta/title-group/article-title")) or None
    parts: list[tuple[str, str]] = [("title", title)] if title else []
    abstract = article.find(".//abstract")
    if abstract is not None:
        parts.append(("other", "# Abstract"))
        parts.extend(_labelled(abstract))
    body = article.find(".//body")
    if body is not None:
        parts.extend(_labelled(body))
    floats = article.find("floats-group")
    if floats is not None:
        parts.extend(("results", "\n".join(render_table(wrap))) for wrap in floats.iter("table-wrap"))
    if not parts:
        raise ParseError("the article has neither title, abstract nor body", where)
    text, sections = _join(parts)
    identifiers = _identifiers(article)
    number = identifiers.pmcid or identifiers.pmid or identifiers.doi
    if id is None and number is None:
        raise ParseError("the article has no identifier and was given none", where)
    return make_article(
        id=id or str(number), kind="full_text", title=title, text=text, sections=sections, identifiers=identifiers
    )  # fmt: skip


def _labelled(element: Any) -> Iterator[tuple[str, str]]:
    """Yield (section, block) of an abstract or body: each top section by its title."""
    sections = [child for child in element if child.tag == "sec"]
    for block in _blocks([child for child in element if child.tag not in ("sec", "title", "label")], 2):
        yield "other", block
    for section in sections:
        label = normal_label(_text(section.find("title")))
        for block in _blocks(section, 2):
            yield label, block


def _join(parts: list[tuple[str, str]]) -> tuple[str, tuple[Section, ...]]:
    """Return the text, blocks parted by an empty line, and its sections."""
    texts: list[str] = []
    sections: list[Section] = []
    at = 0
    for label, block in parts:
        end = at + len(block)
        if sections and sections[-1].label == label and label != "title":
            sections[-1] = Section(label=label, start=sections[-1].start, end=end)
        else:
            sections.append(Section(label=label, start=at, end=end))
        texts.append(block)
        at = end + 2
    return "\n\n".join(texts), tuple(sections)
