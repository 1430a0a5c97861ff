"""Articles that are split over several pages: where the next page is, and the one article that the pages make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from extractor.errors import LexiconError, ParseError
from extractor.records import Article, Identifiers, Section, text_sha256
from extractor.sources.blocks import key
from extractor.sources.dates import is_later
from extractor.sources.duplicates import canonical_address
from extractor.sources.encoding import decode_html
from extractor.sources.page import Page, absolute, parse_page
from extractor.sources.tables import load_table

__all__ = ["join_pages", "next_page_of", "whole_page_of"]

_KINDS = ("parameter", "path", "next", "whole", "box", "not_box")
_MOST_PAGES = 40
_LEVELS = 4
_REPEATED_WORDS = 8
_ARROWS = " \t\n.:;,…<>→←«»›‹|-–—"


@cache
def _values(kind: str) -> tuple[str, ...]:
    rows = load_table("paging.tsv", ("kind", "value"))
    if bad := [row for row in rows if row["kind"] not in _KINDS or not row["value"]]:
        raise LexiconError(f"unknown kind or empty value in {bad[0]}", "paging.tsv")
    return tuple(row["value"] for row in rows if row["kind"] == kind)


@cache
def _path_forms() -> tuple[re.Pattern[str], ...]:
    forms = tuple(re.compile(f"{value}(?:$|(?=\\.html?$))") for value in _values("path"))
    if any(form.groups != 1 for form in forms):
        raise LexiconError("a path needs one group, the number", "paging.tsv")
    return forms


def _readings(address: str) -> dict[str, int]:
    """Return how an address may be read: the canonical address of the article, and the number of the page."""
    parts = urlsplit(address)
    try:
        found = {canonical_address(address): 1}
    except ParseError:
        return {}
    query = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in query:
        if name.lower() in _values("parameter") and value.isdecimal() and 0 < int(value) <= _MOST_PAGES:
            rest = urlencode([pair for pair in query if pair != (name, value)])
            found[canonical_address(parts._replace(query=rest).geturl())] = int(value)
    path = parts.path.rstrip("/")
    for form in _path_forms():
        match = form.search(path)
        if match is not None and 0 < int(match[1]) <= _MOST_PAGES and path[: match.start()].strip("/"):
            rest = path[: match.start()] + path[match.end() :]
            found.setdefault(canonical_address(parts._replace(path=rest).geturl()), int(match[1]))
    return found


def _named(element: Any, names: Sequence[str], levels: int = _LEVELS) -> bool:
    boxes = [element, *list(element.iterancestors())[:levels]]
    return any(name in f"{b.get('class') or ''} {b.get('id') or ''}".lower() for b in boxes for name in names)


def _links(tree: Any, base: str | None) -> Iterator[tuple[Any, str]]:
    for link in tree.iter("link", "a"):
        address = absolute(link.get("href"), base)
        if address is not None and (link.tag == "a" or (link.get("rel") or "").lower() == "next"):
            yield link, address


def _text(link: Any) -> str:
    return " ".join("".join(link.itertext()).casefold().split()).strip(_ARROWS)


def _said(link: Any) -> int | None:
    """Return the number that a link gives in a list of pages, 0 for rel="next" or the words for it, None for all else."""
    if "next" in (link.get("rel") or "").lower().split():
        return 0
    if link.tag != "a" or _named(link, _values("not_box")):
        return None
    text = _text(link) or (link.get("title") or link.get("aria-label") or "").casefold().strip(_ARROWS)
    if text in _values("next"):
        return 0
    number = text.removeprefix("page ")
    return int(number) if len(number) <= 2 and number.isdecimal() and _named(link, _values("box")) else None


def _next(page: Page, url: str) -> str | None:
    here = _readings(url)
    links = list(_links(page.tree, page.base))
    if len(here) > 1:
        # A number in the address is one of a page only if the page also leads back to the first: "/story/41" may be a story.
        first = {name for _, address in links for name in _readings(address) if name in here}
        here = {name: number for name, number in here.items() if number == 1 or name in first}
    for link, address in links:
        said = _said(link)
        if said is None:
            continue
        for name, number in _readings(address).items():
            if here.get(name) == number - 1 and said in (0, number):
                return address
    return None


def next_page_of(html: bytes | str, url: str) -> str | None:
    """Return the address of the next page of the article at ``url``, or None on its last or only page.

    A link leads there where its address is that of the same article with the next number ("?page=2", "/2", "/page/2",
    "-2.html") and it is marked as such: rel="next", "Next page", or the number in a list of pages. A link to another
    article with rel="next", as blogs have it, is therefore none.

    Args:
        html: the page. url: its address.

    Raises:
        ParseError: the page cannot be read.
    """
    return _next(_parse(html, url), url)


def whole_page_of(html: bytes | str, url: str) -> str | None:
    """Return the address at which all pages of the article stand as one ("view all", "print"), or None.

    It is to be preferred to following ``next_page_of``; None where the article has one page only.

    Raises:
        ParseError: the page cannot be read.
    """
    page = _parse(html, url)
    if _next(page, url) is None:
        return None
    here = set(_readings(url))
    for link, address in _links(page.tree, page.base):
        if _text(link) in _values("whole") and here.intersection(_readings(address)) and address != absolute(url, None):
            return address
    return None


def _parse(html: bytes | str, url: str) -> Page:
    text = decode_html(html, where=url) if isinstance(html, bytes) else html
    if not text.strip():
        raise ParseError("the page is empty", url)
    return parse_page(text, url=url, where=url)


def _paragraphs(article: Article) -> list[str]:
    body = next((s for s in article.sections if s.label == "body"), None)
    text = article.text[body.start : body.end] if body is not None else article.text
    return [part for part in text.split("\n\n") if part.strip()]


def join_pages(articles: Sequence[Article]) -> Article:
    """Return the one article that pages make: the first page's metadata, and the paragraphs of all, each once.

    A paragraph of eight words or more that stood on an earlier page (a summary repeated on each) is left out, and so is the
    title; short lines such as table rows may repeat. ``addresses`` holds those of the further pages.

    Args:
        articles: the pages in their order, as ``parse_news`` gives them.

    Raises:
        ValueError: no pages.
    """
    if not articles:
        raise ValueError("no pages to join")
    head = articles[0]
    seen = {key(head.title)} if head.title else set()
    parts: list[str] = []
    for article in articles:
        rows = [(part, key(part)) for part in _paragraphs(article)]
        long = {name for _, name in rows if name.count(" ") + 1 >= _REPEATED_WORDS}
        if long and long <= seen:
            continue  # the site gave an earlier page again
        parts.extend(part for part, name in rows if name not in seen)
        seen |= long
    body = "\n\n".join(parts)
    text = f"{head.title}\n\n{body}" if head.title else body
    sections = [Section(label="body", start=len(text) - len(body), end=len(text))]
    if head.title:
        sections.insert(0, Section(label="title", start=0, end=len(head.title)))
    stated = {
        name: next((found for a in articles if (found := getattr(a.identifiers, name))), None)
        for name in ("pmid", "pmcid", "doi")
    }
    changes = [a.updated for a in articles if a.updated is not None]
    updated = changes[0] if changes else None
    for change in changes[1:]:
        updated = change if is_later(change, updated) else updated
    standing = {article.status for article in articles}
    addresses = dict.fromkeys((*_union(articles, "addresses"), *(a.url for a in articles if a.url is not None)))
    return msgspec.structs.replace(
        head,
        text=text,
        sha256=text_sha256(text),
        sections=tuple(sections),
        identifiers=Identifiers(**stated),
        links=_union(articles, "links"),
        updated=updated,
        addresses=tuple(address for address in addresses if address != head.url),
        corrections=_union(articles, "corrections"),
        status=next((name for name in ("retracted", "concern", "corrected") if name in standing), "unknown"),
    )


def _union(articles: Sequence[Article], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for article in articles for value in getattr(article, field)))
