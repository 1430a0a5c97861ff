"""HTML page of a news site or press office to Article. Pure: bytes in, Article out, no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from urllib.parse import urlsplit

from extractor.errors import ParseError
from extractor.records import Article, Identifiers, Kind, Section, make_article
from extractor.sources.blocks import Block, choose_blocks, key
from extractor.sources.cleaning import Cleaned, clean, is_blocked
from extractor.sources.encoding import decode_html
from extractor.sources.markup import collapse
from extractor.sources.metadata import Metadata, read_metadata
from extractor.sources.page import Page, absolute, parse_page, prepare_body
from extractor.sources.tables import load_table

__all__ = ["article_body", "parse_news"]

_MOST_LINKS = 500
_MIN_WORDS = 20
_MIN_PROSE_WORDS = 15
_MOST_BYTES = 20_000_000
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")


def _host_in(address: str | None, table: str) -> bool:
    """Return True when the host of ``address`` is one of the table's hosts or under one."""
    host = urlsplit(address or "").hostname or ""
    return any(
        host == row["suffix"] or host.endswith("." + row["suffix"]) for row in load_table(table, ("suffix", "kind"))
    )


def _links(page: Page, cleaned: Cleaned) -> tuple[str, ...]:
    """Return the addresses of papers, registry entries and regulators that the article's own blocks link to."""
    text = "\n".join(key(block.text) for block in (*cleaned.blocks, *cleaned.references))
    found: dict[str, None] = {}
    evidence = (
        (link, address)
        for link in page.tree.iter("a")
        if (address := absolute(link.get("href"), page.base)) and _host_in(address, "evidence_hosts.tsv")
    )
    for link, address in islice(evidence, _MOST_LINKS):
        block = next((a for a in link.iterancestors("p", "li", "td", "blockquote", "h2", "h3", "h4", "div")), None)
        around = key(_plain(page, "".join(block.itertext()))) if block is not None else ""
        if around and (around in text or (key(_plain(page, "".join(link.itertext()))) in text and len(around) > 5_000)):
            found.setdefault(address)
    return tuple(found)


def _plain(page: Page, text: str) -> str:
    return text.replace(page.link_open, "").replace(page.link_close, "").replace(page.blank, " ")


def _read(
    html: bytes | str, *, url: str | None, charset: str | None, where: str | None
) -> tuple[Page, Metadata, Cleaned]:
    if len(html) > _MOST_BYTES:
        raise ParseError(f"the page is larger than {_MOST_BYTES} bytes", where)
    text = decode_html(html, charset=charset, where=where) if isinstance(html, bytes) else html
    if not text.strip():
        raise ParseError("the page is empty", where)
    page = parse_page(text, url=url, where=where)
    try:
        metadata = read_metadata(page, url=url)
        prepare_body(page)
        structured = _MARKUP.sub("\n", metadata.body) if metadata.body else None
        blocks = choose_blocks(page, structured)
    except RecursionError as error:
        raise ParseError("the page is nested too deeply", where) from error
    cleaned = clean(blocks, titles=metadata.titles, categories=metadata.categories)
    _require_article(blocks, cleaned.blocks, where)
    return page, metadata, cleaned


def _require_article(chosen: Sequence[Block], blocks: list[Block], where: str | None) -> None:
    if is_blocked(chosen):
        raise ParseError("the page is a bot check, an error page or a cookie wall, not an article", where)
    prose = sum(block.words for block in blocks if block.is_prose)
    if sum(block.words for block in blocks) < _MIN_WORDS or prose < _MIN_PROSE_WORDS:
        raise ParseError("no article body found in the page", where)


def _join(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block.text for block in blocks)


def article_body(html: bytes | str, *, charset: str | None = None, where: str | None = None) -> str:
    """Return the article's body alone: paragraphs joined by an empty line, no title, no boilerplate.

    Args:
        html: the page; bytes are decoded by their byte order mark, ``charset`` (HTTP header) or own declaration.
        where: file or address for messages.

    Raises:
        ParseError: empty, binary or wrongly declared content, no HTML, or no article in it.
    """
    return _join(_read(html, url=None, charset=charset, where=where)[2].blocks)


def parse_news(
    html: bytes | str,
    *,
    id: str,
    url: str | None = None,
    charset: str | None = None,
    retrieved_at: str | None = None,
) -> Article:
    """Return the article of a news page or press release.

    The text is the title, an empty line and the body; sections "title" and "body" give their offsets. ``links`` are the
    papers, registry entries and regulators' documents that the body links to; ``identifiers`` are the page's own paper.

    Args:
        html: the page. id: id of the article. url: address it came from, used where the page names none and to resolve
            links. charset: charset of the HTTP header. retrieved_at: ISO 8601 time of the download.

    Raises:
        ParseError: empty, binary or wrongly declared content, no HTML, or no article in it.
    """
    where = url or id
    page, metadata, cleaned = _read(html, url=url, charset=charset, where=where)
    title = collapse(metadata.title.replace("\n", " ")) if metadata.title else None
    body = _join(cleaned.blocks)
    text = f"{title}\n\n{body}" if title else body
    start = len(text) - len(body)
    sections = [Section(label="body", start=start, end=len(text))]
    if title:
        sections.insert(0, Section(label="title", start=0, end=len(title)))
    kind: Kind = "press_release" if _host_in(metadata.url or url, "press_hosts.tsv") else "news"
    return make_article(
        id=id,
        text=text,
        kind=kind,
        title=title,
        url=metadata.url,
        source=metadata.source,
        language=metadata.language,
        published=metadata.published,
        authors=metadata.authors,
        retrieved_at=retrieved_at,
        sections=tuple(sections),
        identifiers=Identifiers(pmid=metadata.pmid, pmcid=metadata.pmcid, doi=metadata.doi),
        links=_links(page, cleaned),
    )
