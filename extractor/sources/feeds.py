"""Where a site tells of its articles: RSS, Atom, sitemaps (also for news), and listing pages with a "next".

Formats: RSS 2.0, Atom (RFC 4287), the sitemap protocol (https://www.sitemaps.org/protocol.html) and Google's news
extension of it. Parsing is apart from fetching: bytes in, entries out.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
import msgspec

from extractor.errors import ParseError
from extractor.sources.encoding import CappedGzip, decode_html
from extractor.sources.markup import collapse
from extractor.sources.page import absolute, parse_page
from extractor.sources.xmlstream import root_name, stream_elements

__all__ = ["Entry", "Listing", "form_of", "may_be_article", "read_feed", "read_listing", "read_sitemap", "wanted"]

_HEAD = 262_144
_MOST_BYTES = 50_000_000
_MOST_ENTRIES = 50_000
_FEED_ROOTS = frozenset(("rss", "feed", "rdf:rdf"))
_SITEMAP_ROOTS = frozenset(("urlset", "sitemapindex"))
_NEXT_WORDS = re.compile(
    r"^(?:next|next page|older|older (?:posts|stories|articles|news)|more (?:news|stories)|load more)\b", re.IGNORECASE
)
_NEXT_MARKS = frozenset(("›", "»", "→", ">", ">>"))
_LEAST_TITLE_WORDS = 4
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+){2,}|\d{5,}|/\d{4}/\d{2}/", re.IGNORECASE)
_NO_ARTICLE = re.compile(
    r"/(?:tag|tags|category|categories|author|authors|topic|topics|search|login|account|about|contact|privacy|terms|subscribe|newsletter)s?(?:/|$)",
    re.IGNORECASE,
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An article that a source tells of; ``published`` and ``updated`` are ISO 8601 as far as known."""

    address: str
    title: str | None = None
    published: str | None = None
    updated: str | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What one document of a source holds: entries, further documents of the same source, and the next page."""

    entries: tuple[Entry, ...] = ()
    further: tuple[str, ...] = ()
    next_page: str | None = None


def _unzipped(content: bytes, where: str) -> bytes:
    if content.startswith(b"\x1f\x8b"):
        return CappedGzip(io.BytesIO(content), _MOST_BYTES, where).read()
    return content


def form_of(content: bytes) -> str:
    """Return "feed", "sitemap" or "page" as the first bytes of a document show."""
    if content.startswith(b"\x1f\x8b"):
        return "sitemap"
    head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(b"<") or head[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "page"
    try:
        root = root_name(content[:_HEAD]).lower()
    except ParseError:
        return "page"
    return "feed" if root in _FEED_ROOTS else "sitemap" if root.split(":")[-1] in _SITEMAP_ROOTS else "page"


def _moment(parsed: Any) -> str | None:
    """Return a time as feedparser gives it (UTC) as ISO 8601."""
    if not parsed:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _address(link: str | None, base: str) -> str | None:
    link = (link or "").strip()
    if not link:  # an entry without a link does not stand at the address of its feed
        return None
    try:
        address = urlsplit(urljoin(base, link))._replace(fragment="")
    except ValueError:
        return None
    return address.geturl() if address.scheme in ("http", "https") and address.hostname else None


def read_feed(content: bytes, *, url: str) -> Listing:
    """Return the entries of an RSS or Atom feed in its order.

    Args:
        content: the document. url: its address, against which links are resolved.

    Raises:
        ParseError: no feed, or a document that declares entities.
    """
    content = _unzipped(content, url)
    root_name(content[:_HEAD], url)
    parsed = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.version:
        raise ParseError("the document is no feed that is known", url)
    entries: dict[str, Entry] = {}
    for item in parsed.entries[:_MOST_ENTRIES]:
        address = _address(item.get("link") or next((x.get("href") for x in item.get("links", ())), None), url)
        if address is not None:
            entries.setdefault(
                address,
                Entry(
                    address=address,
                    title=collapse(item.get("title") or "") or None,
                    published=_moment(item.get("published_parsed")),
                    # not item.get: that would give the date of publication where there is no other
                    updated=_moment(dict.get(item, "updated_parsed")),
                ),
            )
    further = next((x.get("href") for x in parsed.feed.get("links", ()) if x.get("rel") == "next"), None)
    return Listing(entries=tuple(entries.values()), next_page=_address(further, url) if further else None)


def read_sitemap(content: bytes, *, url: str) -> Listing:
    """Return the addresses of a sitemap, or the sitemaps of an index, in its order; gzip is unpacked.

    Raises:
        ParseError: no sitemap, malformed, or a document that declares entities.
    """
    content = _unzipped(content, url)
    if root_name(content[:_HEAD], url).split(":")[-1] not in _SITEMAP_ROOTS:
        raise ParseError("the document is no sitemap", url)
    entries: list[Entry] = []
    further: list[str] = []
    for element in stream_elements(io.BytesIO(content), ("{*}url", "{*}sitemap"), where=url):
        values = {
            str(e.tag).rsplit("}", 1)[-1]: collapse(e.text or "") for e in element.iter() if isinstance(e.tag, str)
        }
        address = _address(values.get("loc"), url)
        if address is None or len(entries) + len(further) >= _MOST_ENTRIES:
            continue
        if str(element.tag).endswith("}sitemap") or element.tag == "sitemap":
            further.append(address)
        else:
            entries.append(
                Entry(
                    address=address,
                    title=values.get("title") or None,
                    published=values.get("publication_date") or None,
                    updated=values.get("lastmod") or None,
                )
            )
    return Listing(entries=tuple(entries), further=tuple(further))


def read_listing(content: bytes, *, url: str, charset: str | None = None) -> Listing:
    """Return the articles that a listing page links to, its feeds (``further``) and its next page.

    An article's link stands on the same host, is no tag or author page, and has a title's length or an address that
    looks like an article's.

    Raises:
        ParseError: the document is no HTML page.
    """
    page = parse_page(decode_html(content, charset=charset, where=url), url=url, where=url)
    host = urlsplit(url).hostname
    entries: dict[str, Entry] = {}
    next_page: str | None = None
    for link in page.tree.iter("a"):
        address = _address(absolute(link.get("href"), page.base), url)
        if address is None or urlsplit(address).hostname != host or address == _address(url, url):
            continue
        title = collapse("".join(link.itertext()))
        rel = (link.get("rel") or "").lower().split()
        if next_page is None and ("next" in rel or title in _NEXT_MARKS or _NEXT_WORDS.match(title)):
            next_page = address
        elif _is_article(address, title):
            known = entries.get(address)
            if known is None or len(title) > len(known.title or ""):
                entries[address] = Entry(address=address, title=title or None)
    feeds = [
        address
        for link in page.tree.iter("link")
        if "alternate" in (link.get("rel") or "").lower()
        and (link.get("type") or "").lower() in ("application/rss+xml", "application/atom+xml")
        and (address := _address(absolute(link.get("href"), page.base), url)) is not None
    ]
    head_next = next((e for e in page.tree.iter("link") if (e.get("rel") or "").lower() == "next"), None)
    if head_next is not None:
        next_page = _address(absolute(head_next.get("href"), page.base), url) or next_page
    return Listing(entries=tuple(entries.values()), further=tuple(dict.fromkeys(feeds)), next_page=next_page)


def may_be_article(address: str) -> bool:
    """Tell whether an address can be that of an article: not the front page, no tag, author, search or contact page."""
    path = urlsplit(address).path
    return path.strip("/") != "" and not _NO_ARTICLE.search(path)


def _is_article(address: str, title: str) -> bool:
    path = urlsplit(address).path
    if not may_be_article(address):
        return False
    return len(title.split()) >= _LEAST_TITLE_WORDS or bool(_SLUG.search(path) and title)


def _day(moment: str | None) -> date | None:
    try:
        return date.fromisoformat((moment or "")[:10])
    except ValueError:
        return None


def wanted(
    entries: Sequence[Entry],
    *,
    since: date | None,
    include: Sequence[re.Pattern[str]],
    exclude: Sequence[re.Pattern[str]],
) -> Iterator[Entry]:
    """Yield the entries that are asked for, in order.

    Args:
        since: entries whose newest date is earlier are left out; those without a date stay. include, exclude: patterns
            searched in the address: one of ``include`` must match where there are any, none of ``exclude`` may.
    """
    for entry in entries:
        days = [day for day in (_day(entry.published), _day(entry.updated)) if day is not None]
        if since is not None and days and max(days) < since:
            continue
        if include and not any(p.search(entry.address) for p in include):
            continue
        if any(p.search(entry.address) for p in exclude):
            continue
        yield entry
