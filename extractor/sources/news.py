"""HTML page of a news site or press office to Article. Pure: bytes in, Article out, no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extractor.errors import ParseError
from extractor.records import Article, Identifiers, Kind, Section, make_article
from extractor.sources.blocks import Block, choose_blocks
from extractor.sources.cleaning import Cleaned, clean
from extractor.sources.encoding import decode_html
from extractor.sources.links import evidence_links
from extractor.sources.markup import collapse
from extractor.sources.metadata import Metadata, read_metadata
from extractor.sources.notes import Notes, take_notes
from extractor.sources.page import Page, absolute, parse_page, prepare_body
from extractor.sources.refusals import refusal
from extractor.sources.releases import cut_sections, is_release

__all__ = ["article_body", "parse_news"]

_MIN_WORDS = 20
_MIN_PROSE_WORDS = 15
_MOST_BYTES = 20_000_000
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A page that is an article, with all that was found in it."""

    page: Page
    metadata: Metadata
    cleaned: Cleaned
    notes: Notes
    release: bool


def _read(html: bytes | str, *, url: str | None, charset: str | None, where: str | None) -> _Reading:
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
        blocks = choose_blocks(page, structured, address=metadata.url or url)
    except RecursionError as error:
        raise ParseError("the page is nested too deeply", where) from error
    notes = take_notes(page, blocks)
    release = is_release(metadata.url or url, blocks, metadata.categories)
    cleaned = clean(notes.blocks, titles=metadata.titles, categories=metadata.categories)
    if release:
        cleaned.blocks = cut_sections(cleaned.blocks)
    reason = refusal(page, metadata, blocks, cleaned.blocks)
    if reason is not None:
        raise ParseError(f"the page is {reason}, not an article", where)
    prose = sum(block.words for block in cleaned.blocks if block.is_prose)
    if sum(block.words for block in cleaned.blocks) < _MIN_WORDS or prose < _MIN_PROSE_WORDS:
        raise ParseError("no article body found in the page", where)
    return _Reading(page, metadata, cleaned, notes, release)


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
    return _join(_read(html, url=None, charset=charset, where=where).cleaned.blocks)


def parse_news(
    html: bytes | str,
    *,
    id: str,
    url: str | None = None,
    charset: str | None = None,
    retrieved_at: str | None = None,
) -> Article:
    """Return the article of a news page or press release.

    The text is the title, an empty line and the body; sections "title" and "body" give their offsets. ``url`` is the canonical
    address, ``addresses`` holds the one it was fetched from where that differs. ``links`` are the papers, registry entries and
    regulators' documents that the body links to or prints the number of; ``identifiers`` are the page's own paper.
    ``corrections`` are the notes of correction, which are not part of the text; ``updated`` keeps the zone of the page.

    Args:
        html: the page. id: id of the article. url: address it came from, used where the page names none and to resolve
            links. charset: charset of the HTTP header. retrieved_at: ISO 8601 time of the download.

    Raises:
        ParseError: empty, binary or wrongly declared content, no HTML, no article in it, or a page of another kind, which the
            message names (see ``refusals.KINDS``).
    """
    where = url or id
    reading = _read(html, url=url, charset=charset, where=where)
    metadata, cleaned = reading.metadata, reading.cleaned
    title = collapse(metadata.title.replace("\n", " ")) if metadata.title else None
    body = _join(cleaned.blocks)
    text = f"{title}\n\n{body}" if title else body
    start = len(text) - len(body)
    sections = [Section(label="body", start=start, end=len(text))]
    if title:
        sections.insert(0, Section(label="title", start=0, end=len(title)))
    kind: Kind = "press_release" if reading.release else "news"
    fetched = absolute(url, None)
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
        links=evidence_links(reading.page, title, cleaned.blocks, cleaned.references),
        updated=metadata.updated,
        category=metadata.category,
        addresses=(fetched,) if fetched and fetched != metadata.url else (),
        corrections=reading.notes.texts,
        status=reading.notes.status,
    )
