"""An HTML page as a tree, made ready once for metadata and body.

The page is parsed by lxml one time; superscripts are made visible at once. ``prepare_body`` then rewrites the tree so
that any block extractor gives back the words exactly as a reader sees them: inline tags are dissolved into their text,
and links are marked by two characters that do not occur in the page, which later tell link lists from prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from extractor.errors import ParseError
from extractor.sources.markup import superscript
from extractor.sources.tables import markup_names

__all__ = ["Page", "absolute", "parse_page", "prepare_body", "text_before"]

_MARK_POOL = "⧼⧽␠⦑⦒␢⦓⦔⍽"
_INLINE = (
    "em", "i", "b", "strong", "u", "small", "big", "font", "mark", "abbr", "acronym", "dfn", "cite", "q", "code", "kbd",
    "samp", "var", "tt", "ins", "data", "bdi", "bdo", "wbr", "nobr", "sup", "sub", "label", "center",
)  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "br",
))  # fmt: skip
_PROSE = frozenset(("p", "li", "td", "th", "dd", "dt", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]+")
_LOOSE_TEXT = 100
_LIMITS = (("elements", "//*", 60_000), ("links", "//a", 8_000), ("superscripts", "//sup", 8_000))
_XML_DECLARATION = re.compile(r"\s{0,100}<\?xml[^>]{0,200}\?>")
_TAG = re.compile(
    r"<(?:!doctype\s{1,20}html|html|head|body|article|main|section|div|p|h[1-6]|title|meta|table|ul|span|br)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Page:
    """A parsed page.

    Attributes:
        tree: root element (<html>). base: address that relative links refer to, or None.
        link_open, link_close, blank: the marks that ``prepare_body`` puts into the text.
    """

    tree: Any
    base: str | None
    link_open: str
    link_close: str
    blank: str


def parse_page(text: str, *, url: str | None = None, where: str | None = None) -> Page:
    """Return the tree of an HTML page.

    Args:
        text: the decoded page. url: its address, against which links are resolved.

    Raises:
        ParseError: the text is not HTML, or the page is far larger than any article.
    """
    if not _TAG.search(text):
        raise ParseError("the content is not HTML", where)
    text = _XML_DECLARATION.sub("", text, count=1) if text.lstrip("\ufeff \n\r\t").startswith("<?xml") else text
    free = [mark for mark in _MARK_POOL if mark not in text][:3]
    if len(free) < 3:
        raise ParseError("the page uses every character that could mark its links", where)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = html.document_fromstring(_CONTROL.sub("", text).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, RecursionError) as error:
        raise ParseError(f"the page cannot be parsed: {error}", where) from error
    # Extraction takes time that grows with the square of these; no article has as many.
    for what, expression, most in _LIMITS:
        if (count := int(tree.xpath(f"count({expression})"))) > most:
            raise ParseError(f"the page has {count} {what}, more than {most}: not an article", where)
    _rewrite_superscripts(tree)
    base = next(iter(tree.xpath("//head/base/@href")), None)
    return Page(tree, absolute(base, url) or url, free[0], free[1], free[2])


def absolute(href: str | None, base: str | None) -> str | None:
    """Return ``href`` as an absolute http(s) address without fragment, or None when it is not one."""
    if not href:
        return None
    try:
        joined = urljoin(base or "", href.strip())
        parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts._replace(fragment="").geturl()


def text_before(element: Any, limit: int = 24) -> str:
    """Return up to ``limit`` characters of the text that stands directly before ``element`` in its block."""
    parts: list[str] = []
    have = 0
    node = element
    while node is not None and have < limit:
        sibling = node.getprevious()
        if sibling is not None:
            piece = (sibling.tail or "") or ("".join(sibling.itertext()) if sibling.tag not in _BLOCKS else "\n")
            parts.append(piece[-limit:])
            have += len(piece)
            node = sibling
            if sibling.tag in _BLOCKS:
                break
            if sibling.tail:
                inner = "".join(sibling.itertext())
                parts.append(inner[-limit:])
                have += len(inner)
            continue
        node = node.getparent()
        if node is None:
            break
        parts.append((node.text or "")[-limit:])
        have += len(node.text or "")
        if node.tag in _BLOCKS:
            break
    return "".join(reversed(parts))[-limit:]


def _replace_with_text(element: Any, text: str) -> None:
    """Put ``text`` in the place of ``element`` and keep its tail."""
    element.tail = text + (element.tail or "")
    parent = element.getparent()
    previous = element.getprevious()
    if previous is not None:
        previous.tail = (previous.tail or "") + element.tail
    else:
        parent.text = (parent.text or "") + element.tail
    element.tail = None
    parent.remove(element)


def _rewrite_superscripts(tree: Any) -> None:
    for element in list(tree.iter("sup")):
        if element.getparent() is None:
            continue
        linked = bool(element.xpath(".//a[starts-with(@href, '#')]")) or (
            element.getparent().tag == "a" and (element.getparent().get("href") or "").startswith("#")
        )
        _replace_with_text(element, superscript(text_before(element), "".join(element.itertext()), linked=linked))


def _in_prose(element: Any) -> bool:
    return any(ancestor.tag in _PROSE for ancestor in element.iterancestors())


def _dissolve_spans(tree: Any) -> None:
    """Dissolve <span> and <time> inside prose; text for screen readers only is taken out."""
    for element in list(tree.iter("span", "time", "div", "p")):
        parent = element.getparent()
        if parent is None:
            continue
        if markup_names("unseen_class").intersection((element.get("class") or "").split()):
            _replace_with_text(element, "")
        elif element.tag in ("span", "time") and _in_prose(element):
            element.drop_tag()


def _mark_links(page: Page) -> None:
    """Put the link marks around the text of each link, and make blanks at its borders safe from trimming."""
    for link in page.tree.iter("a"):
        if not link.get("href") or not "".join(link.itertext()).strip():
            continue
        link.text = page.link_open + (link.text or "")
        if len(link):
            link[-1].tail = (link[-1].tail or "") + page.link_close
        else:
            link.text += page.link_close
        _keep_blank_before(page, link)
        if link.tail and link.tail[:1].isspace():
            link.tail = page.blank + link.tail.lstrip()


def _keep_blank_before(page: Page, link: Any) -> None:
    previous = link.getprevious()
    if previous is not None and previous.tail and previous.tail[-1:].isspace():
        previous.tail = previous.tail.rstrip() + page.blank
    elif previous is None and link.getparent() is not None and (link.getparent().text or "")[-1:].isspace():
        text = link.getparent().text.rstrip()
        link.getparent().text = text + page.blank if text else text


def _add_text(element: Any, text: str) -> None:
    """Append text to the end of an element's content."""
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _wrap_loose_text(tree: Any) -> None:
    """Put text that stands directly in a box, between line breaks and headings, into paragraphs of its own."""
    for box in list(tree.iter("div", "article", "section", "main", "body", "td")):
        tails = [child.tail or "" for child in box]
        own = len((box.text or "").strip()) + sum(len(tail.strip()) for tail in tails)
        if own < _LOOSE_TEXT or not any(child.tag in _BLOCKS for child in box):
            continue
        children = list(box)
        first = box.text or ""
        for child, tail in zip(children, tails, strict=True):
            if tail:
                child.tail = None
            box.remove(child)
        box.text = None
        paragraph = etree.SubElement(box, "p")
        paragraph.text = first
        for child, tail in zip(children, tails, strict=True):
            if (
                child.tag == "br"
                and len(paragraph)
                and paragraph[-1].tag == "br"
                and not (paragraph[-1].tail or "").strip()
            ):
                paragraph = etree.SubElement(box, "p")
            elif child.tag in _BLOCKS and child.tag != "br":
                box.append(child)
                paragraph = etree.SubElement(box, "p")
            else:
                paragraph.append(child)
            _add_text(paragraph, tail)
        for empty in [p for p in box.iterchildren("p") if not len(p) and not (p.text or "").strip()]:
            box.remove(empty)


def prepare_body(page: Page) -> None:
    """Rewrite the page's tree in place so that block extraction keeps the words as a reader sees them."""
    tree = page.tree
    etree.strip_elements(tree, "del", "rp", "rt", "template", with_tail=False)
    _dissolve_spans(tree)
    etree.strip_tags(tree, *_INLINE)
    _wrap_loose_text(tree)
    _mark_links(page)
