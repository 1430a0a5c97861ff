"""The main call: an article in, its record out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata

import msgspec

from extractor.checks import check_record
from extractor.errors import ParseError
from extractor.lexicon import Lexicon, load_lexicon
from extractor.linking.record import link_trials
from extractor.linking.registry_record import is_registry_record, read_registry_record
from extractor.reading.reader import read_article
from extractor.records import Article, Extractor, Kind, Record, Section, make_article, text_sha256

__all__ = ["EXTRACTOR_NAME", "extract", "extract_article", "extract_many", "extractor_version"]

EXTRACTOR_NAME = "evidence-extractor"
MAX_CHARACTERS = 5_000_000
"""Texts beyond this are refused: no article is that long, and time and memory are bounded."""


@cache
def extractor_version(own_terms: str = "") -> str:
    """Return the version that records carry: that of the installed package and, with a user's vocabulary, its digest.

    A store reads a text again when this changes: "0.1.0", "0.1.0+lexicon.3f2a9c1b04de".

    Args:
        own_terms: ``Lexicon.own_terms``, or what ``own_terms_digest`` returns.
    """
    try:
        version = metadata.version(EXTRACTOR_NAME)
    except metadata.PackageNotFoundError:
        version = "0+unknown"
    return f"{version}{'.' if '+' in version else '+'}lexicon.{own_terms}" if own_terms else version


def extract_article(article: Article, *, lexicon: Lexicon | None = None) -> Record:
    """Return the record of ``article``.

    Args:
        article: the document. lexicon: vocabularies to read with; by default the packaged ones.

    Raises:
        ParseError: the text is blank or longer than MAX_CHARACTERS.
    """
    if not article.text.strip():
        raise ParseError("the text is blank", article.id)
    if len(article.text) > MAX_CHARACTERS:
        raise ParseError(f"the text has {len(article.text)} characters; at most {MAX_CHARACTERS} are read", article.id)
    lexicon = load_lexicon() if lexicon is None else lexicon
    if is_registry_record(article):
        document = article
        trials, mentions = read_registry_record(article, lexicon)
    else:
        reading = read_article(article, lexicon)
        trials, mentions = link_trials(reading, lexicon)
        document = article if article.sections else _with_sections(article, reading.sections)
    record = Record(
        document=document,
        extractor=Extractor(name=EXTRACTOR_NAME, version=extractor_version(lexicon.own_terms)),
        mentions=mentions,
        trials=trials,
    )
    checks = check_record(record)
    return msgspec.structs.replace(record, checks=tuple(checks))


def _with_sections(article: Article, sections: tuple[Section, ...]) -> Article:
    return msgspec.structs.replace(article, sections=sections)


def extract(text: str, *, kind: Kind | None = None, title: str | None = None, id: str | None = None) -> Record:
    """Return the record of ``text``.

    Args:
        text: the text, analysed exactly as given; offsets in the record count its code points.
        kind: "news" (default), "press_release", "abstract", "full_text" or "registry".
        title: the title, where it is not part of the text.
        id: name of the document; by default "sha256:" and the first 16 digits of the text's hash.

    Raises:
        ParseError: the text is blank or too long.
    """
    name = id if id is not None else f"sha256:{text_sha256(text)[:16]}"
    return extract_article(make_article(id=name, text=text, kind=kind or "news", title=title))


def extract_many(articles: Iterable[Article]) -> Iterator[Record]:
    """Yield the record of each article, in order, lazily. Raises as extract_article does."""
    for article in articles:
        yield extract_article(article)
