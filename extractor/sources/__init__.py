"""Everything that turns the outside into Articles. Fetching (``http``) and parsing (all else) are apart."""

from __future__ import annotations

from extractor.sources.fetch import Services, Source, fetch, parse_source
from extractor.sources.files import read_line, read_sources, read_text
from extractor.sources.http import HttpClient, Response
from extractor.sources.jats import read_jats
from extractor.sources.news import article_body, parse_news
from extractor.sources.pubmed import read_pubmed
from extractor.sources.registry import read_study
from extractor.sources.state import FetchState
from extractor.sources.warc import read_warc

__all__ = [
    "FetchState",
    "HttpClient",
    "Response",
    "Services",
    "Source",
    "article_body",
    "fetch",
    "parse_news",
    "parse_source",
    "read_jats",
    "read_line",
    "read_pubmed",
    "read_sources",
    "read_study",
    "read_text",
    "read_warc",
]
