"""Everything that turns the outside into Articles. Fetching (``http``) and parsing (all else) are apart."""

from __future__ import annotations

from extractor.sources.files import read_line, read_sources, read_text
from extractor.sources.http import HttpClient, Response
from extractor.sources.jats import read_jats
from extractor.sources.news import article_body, parse_news
from extractor.sources.pubmed import read_pubmed

__all__ = [
    "HttpClient",
    "Response",
    "article_body",
    "parse_news",
    "read_jats",
    "read_line",
    "read_pubmed",
    "read_sources",
    "read_text",
]
