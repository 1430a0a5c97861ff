"""A made news site: front page, lists with "next", feed, sitemaps, stories with validators, copies and faults."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from werkzeug import Request
from werkzeug import Response as Answer

from tests.sources.pages import BODY_HTML, news_page

__all__ = ["FAULTS", "SiteServer"]

FAULTS = ("missing", "broken", "picture", "unzippable", "loop", "wall", "charset", "empty")
"""The first five cannot be fetched, the others cannot be read as an article."""
_PER_MAP = 500
_WORDS = ["patients", "nurses", "doctors", "clinics", "weeks", "doses", "tablets", "injections", "visits", "risks", "gains", "losses", "groups", "reports", "tests", "signs", "older", "younger", "first", "later", "other", "many", "few", "small", "large", "early", "late", "weekly", "daily", "monthly", "given", "taken", "found", "seen", "told", "with", "without", "after", "before", "during", "among", "between", "under", "over", "about", "and", "or", "of", "in", "for"]


@dataclass
class SiteServer:
    """Answers requests of a site with the stories 1 to ``stories``, the newest last.

    ``copies`` (story to original) show another story's text; ``faults`` (story to one of FAULTS) are broken; ``feed``
    is how many the feed holds; ``front_feed`` and ``maps`` tell whether the site has a feed and sitemaps. ``changed``
    are stories with a second version, as their sitemap says. ``asked`` counts requests by path, ``conditional`` those
    that asked "if changed".
    """

    stories: int
    copies: dict[int, int] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    feed: int = 50
    front_feed: bool = True
    maps: bool = True
    per_page: int = 10
    changed: dict[int, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    conditional: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        path = request.full_path.rstrip("?")
        self.asked[path] += 1
        if "If-None-Match" in request.headers:
            self.conditional[path] += 1
        answer = self._answer(request.path, request.args.get("page", 1, type=int), request.host_url.rstrip("/"))
        if answer.status_code == 200 and "Content-Encoding" not in answer.headers:
            answer.add_etag()
            answer.make_conditional(request)
        return answer

    def requests(self, start: str = "/story/") -> int:
        """Return how many requests were made for paths that begin with ``start``."""
        return sum(n for path, n in self.asked.items() if path.startswith(start))

    @staticmethod
    def day(story: int) -> date:
        """Return when a story was published."""
        return date(2010, 1, 1) + timedelta(days=story)

    def _answer(self, path: str, page: int, host: str) -> Answer:
        if path == "/robots.txt":
            return Answer(f"User-agent: *\nSitemap: {host}/sitemap.xml\n" if self.maps else "User-agent: *\n")
        if path == "/feed.xml" and self.front_feed:
            return self._feed(host)
        if path.startswith("/sitemap") and self.maps:
            return self._sitemap(path, host)
        if path == "/":
            return self._list(page)
        number = path.removeprefix("/story/").partition("-")[0]
        if number.isdecimal() and 1 <= int(number) <= self.stories:
            return self._story(int(number))
        return Answer("not here", status=404)

    def address(self, story: int) -> str:
        """Return the path of a story."""
        return f"/story/{story}-trial-of-icodec-number-{story}"

    def _feed(self, host: str) -> Answer:
        items = "".join(
            f"<item><title>Trial number {n}</title><link>{host}{self.address(n)}</link>"
            f"<pubDate>{self.day(n):%a, %d %b %Y} 08:00:00 +0000</pubDate></item>"
            for n in range(self.stories, max(0, self.stories - self.feed), -1)
        )
        return Answer(f'<rss version="2.0"><channel>{items}</channel></rss>', content_type="application/rss+xml")

    def _sitemap(self, path: str, host: str) -> Answer:
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        maps = range(0, self.stories, _PER_MAP)
        if path == "/sitemap.xml":
            named = "".join(f"<sitemap><loc>{host}/sitemap-{n}.xml.gz</loc></sitemap>" for n in maps)
            return Answer(f"<sitemapindex {space}>{named}</sitemapindex>", content_type="text/xml")
        first = int(path.removeprefix("/sitemap-").partition(".")[0])
        named = "".join(
            f"<url><loc>{host}{self.address(n)}</loc><lastmod>{self.changed.get(n, self.day(n))}</lastmod></url>"
            for n in range(first + 1, min(first + _PER_MAP, self.stories) + 1)
        )
        return Answer(gzip.compress(f"<urlset {space}>{named}</urlset>".encode(), mtime=0), content_type="application/gzip")

    def _list(self, page: int) -> Answer:
        last = self.stories - (page - 1) * self.per_page
        links = "".join(
            f'<li><a href="{self.address(n)}">Made trial number {n} of icodec is told here</a></li>'
            for n in range(last, max(0, last - self.per_page), -1)
        )
        more = f'<a href="/?page={page + 1}">Older stories</a>' if last > self.per_page else ""
        feed = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">' if self.front_feed else ""
        return Answer(f"<html><head>{feed}</head><body><ul>{links}</ul>{more}</body></html>", content_type="text/html")

    def _story(self, story: int) -> Answer:
        fault = self.faults.get(story)
        if fault is not None:
            return self._fault(fault, story)
        told = self.copies.get(story, story)
        version = " The story was changed since." if story in self.changed else ""
        head = (
            f'<link rel="canonical" href="{self.address(told)}">'
            f'<meta property="article:published_time" content="{self.day(told)}T08:00:00Z">'
        )
        own = random.Random(told)  # a story's own words, so that only copies are alike
        paragraphs = "".join(
            f"<p>The {' '.join(own.choices(_WORDS, k=30))}, {own.randrange(90)} of them in year {n}.</p>" for n in range(6)
        )
        body = f"<p>In made trial number {told}, {told + 40} people took part in all.{version}</p>{paragraphs}{BODY_HTML}"
        return Answer(news_page(head=head, body=body, title=f"Made trial number {told}"), content_type="text/html")

    def _fault(self, fault: str, story: int) -> Answer:
        if fault == "missing":
            return Answer("gone", status=404)
        if fault == "broken":
            return Answer("", status=500)
        if fault == "picture":
            return Answer(b"\x89PNG", content_type="image/png")
        if fault == "unzippable":
            return Answer(b"no gzip", content_type="text/html", headers={"Content-Encoding": "gzip"})
        if fault == "loop":
            return Answer("", status=302, headers={"Location": self.address(story)})
        if fault == "wall":
            return Answer("<html><body><h1>Just a moment</h1><p>Checking your browser.</p></body></html>", content_type="text/html")
        if fault == "charset":
            return Answer(news_page().encode("utf-16-le")[1:-2], content_type="text/html; charset=utf-8")
        return Answer("", content_type="text/html")
