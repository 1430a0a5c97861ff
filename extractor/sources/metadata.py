"""What a page says of itself: JSON-LD, OpenGraph, meta tags and bylines, read with BeautifulSoup.

Only the elements that can carry metadata are handed to BeautifulSoup (a page is parsed once, by lxml); the selectors
are data (``data/metadata.tsv``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from lxml import etree

from extractor.sources.dates import is_later, iso_date
from extractor.sources.markup import collapse
from extractor.sources.page import Page, absolute
from extractor.sources.tables import load_table, markup_names

__all__ = ["Metadata", "read_metadata"]

_CARRIERS = "//title | //meta | //link[@rel='canonical'] | //script[contains(@type, 'ld+json')]"
_BYLINES = (
    "//*[@itemprop='author' or @itemprop='datePublished' or @itemprop='dateModified' or @rel='author' or contains(@class, 'byline') or "
    "contains(@class, 'author')]"
)
_TIMES = "//time[@datetime or @pubdate]"
_MOST_BYLINES = 6
_QUOTED = re.compile(r'"([^"]{1,80})"')
_COLUMNS = ("field", "selector", "attribute")
_CATEGORY_NAMES = frozenset(("article:section", "article:tag"))
_ANY_PAGE = frozenset(("WebPage", "MedicalWebPage"))
_REFERRING = frozenset(("author", "creator", "publisher"))
_MOST_CARRIERS = 200
_MOST_CARRIER_BYTES = 2_000
_MOST_LD_CHARACTERS = 2_000_000
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>]{1,200}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page states; None or () where it states nothing.

    Attributes:
        titles: all wordings of the title, the best first. updated: when it was last changed, if later than published.
        category: the section of the site. categories: all section names and keywords. body: schema.org's articleBody.
        free: schema.org's isAccessibleForFree. word_count: its wordCount. types: all schema.org and OpenGraph types.
    """

    title: str | None = None
    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: str | None = None
    source: str | None = None
    url: str | None = None
    language: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    body: str | None = None
    categories: tuple[str, ...] = ()
    updated: str | None = None
    category: str | None = None
    free: bool | None = None
    word_count: int | None = None
    types: tuple[str, ...] = ()

    @property
    def is_article(self) -> bool:
        """True when the page calls itself an article, and not only a web page."""
        named = {name for name in self.types if name not in _ANY_PAGE}
        return bool(named & markup_names("article_type")) or "article" in self.types


@cache
def _meta_names() -> frozenset[str]:
    """Return the names of the <meta> elements that the selectors ask for, in lower case."""
    rows = load_table("metadata.tsv", _COLUMNS)
    return frozenset(name.lower() for row in rows for name in _QUOTED.findall(row["selector"])) | _CATEGORY_NAMES


def _is_asked_for(element: Any) -> bool:
    if element.tag != "meta":
        return True
    names = (element.get("property"), element.get("name"), element.get("itemprop"), element.get("http-equiv"))
    return any(name and name.lower() in _meta_names() for name in names)


def _soup(page: Page) -> BeautifulSoup:
    """Return a small soup of the elements that can carry metadata."""
    tree = page.tree
    attributes = "".join(
        f' {name}="{value[:40]}"'
        for name, value in tree.attrib.items()
        if name in ("lang", "xml:lang") and '"' not in value
    )
    parts = [f"<html{attributes}><body>"]
    carriers = [element for element in tree.xpath(_CARRIERS) if _is_asked_for(element)][:_MOST_CARRIERS]
    for element in (*carriers, *tree.xpath(_BYLINES)[:_MOST_BYLINES], *tree.xpath(_TIMES)[:2]):
        text = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
        if element.tag == "script" or len(text) <= _MOST_CARRIER_BYTES:
            parts.append(text)
    parts.append("</body></html>")
    return BeautifulSoup("".join(parts), "lxml")


def _walk(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 12:
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _walk(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, depth + 1)


def _types(node: dict[str, Any]) -> set[str]:
    kind = node.get("@type")
    return {str(item).rsplit("/", 1)[-1] for item in (kind if isinstance(kind, list) else [kind]) if item}


def _load_ld(text: str) -> Any:
    """Return the JSON of a JSON-LD script, mended where it is only wrapped or has a trailing comma; None if broken."""
    text = text.strip().removeprefix("<![CDATA[").removesuffix("]]>").strip().removesuffix(";")
    for candidate in (text, re.sub(r",(\s{0,200}[}\]])", r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _ld_nodes(soup: BeautifulSoup) -> list[dict[str, Any]]:
    """Return all JSON-LD nodes of the page."""
    nodes: list[dict[str, Any]] = []
    for script in soup.find_all("script"):
        text = script.get_text()
        if len(text) <= _MOST_LD_CHARACTERS:
            nodes.extend(_walk(_load_ld(text)))
    return nodes


def _json_ld(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON-LD node that describes the article: an article rather than a web page, then the fullest."""
    articles = [node for node in nodes if _types(node) & markup_names("article_type")]
    articles.sort(key=lambda node: (_types(node) == {"WebPage"}, "headline" not in node, -len(node)))
    return _resolved(articles[0], nodes) if articles else {}


def _resolved(node: dict[str, Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the node with its people and organisations in place of mere references ({"@id": ...}) to them."""
    by_id = {str(other["@id"]): other for other in nodes if "@id" in other and "name" in other}

    def follow(value: Any) -> Any:
        if isinstance(value, list):
            return [follow(item) for item in value]
        if isinstance(value, dict) and "name" not in value:
            return by_id.get(str(value.get("@id")), value)
        return value

    return {name: follow(value) if name in _REFERRING else value for name, value in node.items()}


def _text(value: Any) -> str | None:
    """Return a JSON-LD value as plain text: the string itself, or the name of the thing."""
    if isinstance(value, list):
        return next((text for item in value if (text := _text(item))), None)
    if isinstance(value, dict):
        return _text(value.get("name") or value.get("@value"))
    if isinstance(value, str):
        return collapse(unescape(unescape(value))) or None
    return None


def _select(soup: BeautifulSoup, field: str) -> Iterator[str]:
    """Yield the values of a field in order of belief."""
    for row in load_table("metadata.tsv", _COLUMNS):
        if row["field"] != field:
            continue
        for element in soup.select(row["selector"], limit=60):
            value = _value(element, row["attribute"])
            if value:
                yield value


def _value(element: Tag, attribute: str) -> str | None:
    raw = element.get_text(" ") if attribute == "text" else element.get(attribute)
    return collapse(unescape(raw)) or None if isinstance(raw, str) else None


def _first(values: Iterator[str]) -> str | None:
    return next(values, None)


def _strings(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := _text(item))]


def _names(raw: str) -> list[str]:
    """Return the person names of a byline such as "By Ann Lee, MD, and Bo Ek"."""
    raw = re.sub(r"^(?:written |reported |posted )?by:?\s+", "", collapse(raw), flags=re.IGNORECASE)
    raw = re.split(r"\s[|•·]\s|\s{2,}|\bPublished\b|\bUpdated\b|\bPosted\b", raw)[0]
    names = []
    for part in re.split(r",|;|\s&\s|\band\b", raw):
        part = part.strip(" .")
        if part and part.replace(".", "").lower() not in markup_names("credential") and len(part.split()) <= 5:
            names.append(part)
    return names


def _is_name(text: str) -> bool:
    return 1 < len(text) <= 80 and "://" not in text and "@" not in text and not any(c.isdigit() for c in text)


def _authors(soup: BeautifulSoup, node: dict[str, Any]) -> tuple[str, ...]:
    stated = [name for name in _strings(node.get("author") or node.get("creator")) if _is_name(name)]
    if not stated:
        by_selector = load_table("metadata.tsv", _COLUMNS)
        for row in by_selector:
            if row["field"] not in ("author", "byline"):
                continue
            values = [v for e in soup.select(row["selector"], limit=60) if (v := _value(e, row["attribute"]))]
            stated = [name for value in values if len(value) <= 200 for name in _names(value) if _is_name(name)]
            if stated:
                break
    return tuple(dict.fromkeys(re.sub(r"^[Bb]y\s+", "", name) for name in stated))


def _titles(soup: BeautifulSoup, node: dict[str, Any], page: Page, source: str | None) -> list[str]:
    """Return the wordings of the title, the best first: the heading where the metadata agree, else theirs.

    The name of the site is taken off; a metadata title that is cut off yields to the heading that continues it.
    """
    headings = [head for element in page.tree.iter("h1") if (head := collapse("".join(element.itertext())))]
    document = soup.find("title")
    raw = (_text(node.get("headline")), *_select(soup, "title"), _text(document.get_text()) if document else None)
    stated = [_without_site(text, source) for text in raw if text]
    agreed = [
        head
        for head in headings
        if any(head == text or text.startswith(head) or head.startswith(text.rstrip(" .…")) for text in stated)
    ]
    return list(dict.fromkeys([*agreed, *stated, *headings]))


def _without_site(title: str, source: str | None) -> str:
    for separator in (" | ", " - ", " – ", " — ", " :: ", " » "):
        head, mark, tail = title.rpartition(separator)
        if mark and head and (separator == " | " or (source and tail.casefold() == source.casefold())):
            return head
    return title


def _url(soup: BeautifulSoup, page: Page, url: str | None) -> str | None:
    for value in _select(soup, "url"):
        found = absolute(value, page.base)
        # A canonical link to the home page is a mistake of the site.
        if found and not (urlsplit(found).path in ("", "/") and url and urlsplit(url).path not in ("", "/")):
            return found
    return absolute(url, None)


def _language(soup: BeautifulSoup, node: dict[str, Any]) -> str | None:
    for value in (*_select(soup, "language"), *_strings(node.get("inLanguage"))):
        tag = value.replace("_", "-").split(",")[0].strip()
        if _LANGUAGE.fullmatch(tag):
            head, *rest = tag.split("-")
            return "-".join([head.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])
    return None


def _category(stated: Iterable[str], source: str | None, host: str | None) -> str | None:
    """Return the first section that is not the site itself; of a list of tags ("game,news") the first."""
    site = {name.casefold() for name in (source, host, (host or "").removeprefix("www.")) if name}
    names = (re.split(r",(?!\s)", value)[0].strip() for value in stated)
    return next((name for name in names if name and name.casefold() not in site), None)


def _truth(value: Any) -> bool | None:
    """Return a JSON-LD boolean, which many sites write as a string or as schema.org's address of it."""
    if isinstance(value, bool):
        return value
    name = str(value).rsplit("/", 1)[-1].strip().lower()
    return {"true": True, "false": False}.get(name)


def _word_count(value: Any) -> int | None:
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) < 7 else None


def _doi(value: str | None) -> str | None:
    found = _DOI.search(value or "")
    return found[0].rstrip(".,;)") if found else None


def read_metadata(page: Page, *, url: str | None = None) -> Metadata:
    """Return what the page states of itself.

    Args:
        page: the page before ``prepare_body``. url: the address it was fetched from.
    """
    soup = _soup(page)
    nodes = _ld_nodes(soup)
    node = _json_ld(nodes)
    canonical = _url(soup, page, url)
    host = urlsplit(canonical or url or "").hostname
    source = _first(_select(soup, "source")) or _text(node.get("publisher"))
    source = source or (host.removeprefix("www.") if host else None)
    dates = (*_strings(node.get("datePublished") or node.get("dateCreated")), *_select(soup, "published"))
    body = node.get("articleBody")
    keywords = [part for text in _strings(node.get("keywords")) for part in text.split(",")]
    sections = [value for tag in soup.select('meta[property="article:section"], meta[property="article:tag"]', limit=60)
                if (value := _value(tag, "content"))]  # fmt: skip
    titles = _titles(soup, node, page, source)
    published = next((iso for value in dates if (iso := iso_date(value))), None)
    changes = (*_strings(node.get("dateModified")), *_select(soup, "updated"))
    updated = next((iso for value in changes if (iso := iso_date(value))), None)
    return Metadata(
        title=titles[0] if titles else None,
        titles=tuple(titles),
        authors=_authors(soup, node),
        published=published,
        source=source,
        url=canonical,
        language=_language(soup, node),
        doi=next((doi for value in _select(soup, "doi") if (doi := _doi(value))), None),
        pmid=next((value for value in _select(soup, "pmid") if value.isdigit()), None),
        pmcid=next((value for value in _select(soup, "pmcid") if re.fullmatch(r"PMC\d{1,12}", value)), None),
        body=unescape(body) if isinstance(body, str) and body.strip() else None,
        categories=tuple(dict.fromkeys([*_strings(node.get("articleSection")), *keywords, *sections])),
        updated=updated if updated and is_later(updated, published) else None,
        category=_category((*_strings(node.get("articleSection")), *_select(soup, "category")), source, host),
        free=_truth(node.get("isAccessibleForFree")),
        word_count=_word_count(node.get("wordCount")),
        types=tuple(dict.fromkeys([*(name for other in nodes for name in sorted(_types(other))), *_select(soup, "type")])),
    )
