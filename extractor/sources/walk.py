"""The articles that sites tell of: feeds, sitemaps, listing pages and what robots.txt names, walked lazily and once.

What a state knows as delivered is not asked for again, unless the source says that it was changed since; what was asked
for and failed is asked for again by the next run, a page that is gone, forbidden or no document after a week.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from urllib.parse import urljoin, urlsplit

import msgspec

from extractor.errors import FetchError, ParseError
from extractor.records import Article, Failure
from extractor.sources.duplicates import canonical_address
from extractor.sources.encoding import decode_html
from extractor.sources.feeds import (
    Entry,
    Listing,
    form_of,
    may_be_article,
    read_feed,
    read_listing,
    read_sitemap,
    wanted,
)
from extractor.sources.files import read_response
from extractor.sources.http import DEFAULT_TYPES, HttpClient, Response
from extractor.sources.paging import join_pages, next_page_of
from extractor.sources.state import FetchState

__all__ = ["Budget", "SiteWalker", "Wish"]

_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/octet-stream",
    "binary/octet-stream",
)
_MOST_DOCUMENTS = 2_000
_MOST_PAGES = 20
_HTML = ("text/html", "application/xhtml+xml")
_JOB = "articles"
_REFUSED = "refused"
_REFUSED_FOR = 7 * 86400.0
"""Seconds for which a page that is gone, forbidden or no document is not asked for again."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: articles of this day or later, by patterns searched in the address."""

    since: date | None = None
    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    def takes(self, address: str) -> bool:
        """Tell whether the patterns let an address through."""
        return any(wanted([Entry(address=address)], since=None, include=self.include, exclude=self.exclude))

    def too_old(self, article: Article) -> bool:
        """Tell whether the article states days, all of them before ``since``."""
        dates = Entry(address=article.id, published=article.published, updated=article.updated)
        return not any(wanted([dates], since=self.since, include=(), exclude=()))


class Budget:
    """How many articles may still be given; ``left`` is None where there is no limit."""

    def __init__(self, limit: int | None) -> None:
        self.left = limit

    @property
    def spent(self) -> bool:
        """True when no more may be given."""
        return self.left is not None and self.left <= 0

    def take(self) -> None:
        """Count one article."""
        if self.left is not None:
            self.left -= 1


def _plain(address: str) -> str:
    """Return the name by which an address is remembered."""
    try:
        return canonical_address(address)
    except ParseError:
        return address


def _changed_since(entry: Entry, taken: float) -> bool:
    """Tell whether a source dates the entry's last change after the time it was taken (a mere day: on a later day)."""
    try:
        moment = datetime.fromisoformat(entry.updated or "")
    except ValueError:
        return False
    then = datetime.fromtimestamp(taken, UTC)
    if len(entry.updated or "") <= len("2024-01-31"):
        return moment.date() > then.date()
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) > then


def _fault(error: FetchError | ParseError, where: str) -> Failure:
    return Failure(where=where, stage="fetch" if isinstance(error, FetchError) else "parse", reason=error.reason)


class SiteWalker:
    """Fetches the articles of addresses, feeds and whole sites.

    Args:
        client: HTTP client. state: what was delivered. wish: which entries are asked for. budget: how many.
        is_copy: tells whether an article is left out as a copy of another.
    """

    def __init__(
        self,
        client: HttpClient,
        *,
        state: FetchState | None,
        wish: Wish,
        budget: Budget,
        is_copy: Callable[[Article], bool] = lambda article: False,
    ) -> None:
        self._client = client
        self._is_copy = is_copy
        self._state = state
        self._wish = wish
        self._budget = budget
        self._asked: set[str] = set()
        self._useful = False  # the list brought something new
        self._recent = False  # the list names an article that is not too old, new or not

    # ---- the three kinds of source

    def address(self, url: str) -> Iterator[Article | Failure]:
        """Yield what an address holds: the articles that a feed or sitemap names, or the article that stands there."""
        try:
            response = self._document(url)
        except FetchError as error:
            yield _fault(error, url)
            return
        if form_of(response.content) == "page":
            self._asked.add(_plain(url))
            yield from self._delivered(url, response, None)
        else:
            yield from self._walk(f"address:{url}", [url], {url: response})

    def feed(self, url: str) -> Iterator[Article | Failure]:
        """Yield the articles that a feed or sitemap names; a page is none."""
        try:
            response = self._document(url)
        except FetchError as error:
            yield _fault(error, url)
            return
        if form_of(response.content) == "page":
            yield Failure(where=url, stage="parse", reason="the document is no feed and no sitemap")
            return
        yield from self._walk(f"feed:{url}", [url], {url: response})

    def site(self, url: str) -> Iterator[Article | Failure]:
        """Yield the articles of a site: those of its feeds and sitemaps; where it has none, of the listing page itself.

        Feeds are those that the page links to. Sitemaps are those that robots.txt names, else /sitemap.xml; they cover a
        whole site and are left out when ``url`` is a part of it.
        """
        try:
            front = self._document(url)
            listing = read_listing(front.content, url=front.final_url, charset=front.charset)
        except (FetchError, ParseError) as error:
            yield _fault(error, url)
            return
        documents = {url: front}
        starts = list(listing.further)
        if urlsplit(front.final_url).path.strip("/") == "":
            found = self._sitemaps(front.final_url)
            starts += found
            documents.update({address: response for address, response in found.items() if response is not None})
        yield from self._walk(f"site:{url}", starts or [url], documents)

    def _sitemaps(self, url: str) -> dict[str, Response | None]:
        try:
            named = self._client.sitemaps(url)
        except FetchError:
            named = ()  # pages of this host are then forbidden as well, and each says so
        if named:
            return dict.fromkeys(named)
        usual = urljoin(url, "/sitemap.xml")
        try:
            response = self._document(usual)
        except FetchError:
            return {}  # nobody said that there is one
        return {usual: response} if form_of(response.content) == "sitemap" else {}

    # ---- documents that list articles

    def _document(self, url: str) -> Response:
        return self._client.get(url, accept=(*DEFAULT_TYPES, *_FEED_TYPES))

    def _walk(self, job: str, starts: Sequence[str], had: dict[str, Response]) -> Iterator[Article | Failure]:
        """Yield the articles of the documents and of all that they lead to.

        Pages after the first are left out once a page brings nothing new, if an earlier run has gone through all back
        to the same day; the state holds that day, nothing while a run is under way.
        """
        since = (self._wish.since or date.min).isoformat()
        back_to = self._state.progress(job) if self._state is not None else None
        through = back_to is not None and back_to <= since
        if self._state is not None:
            self._state.note_progress(job, None)
        pending = deque(starts)
        known = set(starts)
        done = 0
        while pending:
            if self._budget.spent:
                return
            if done >= _MOST_DOCUMENTS:
                yield Failure(where=job, stage="fetch", reason=f"more than {_MOST_DOCUMENTS} lists of articles")
                return
            url = pending.popleft()
            done += 1
            try:
                response = had.pop(url, None) or self._document(url)
                listing = self._listing(response)
            except (FetchError, ParseError) as error:
                yield _fault(error, url)
                continue
            self._useful = self._recent = False
            yield from self._entries(listing.entries)
            more = list(listing.further)
            going_on = self._useful or (not through and (self._recent or self._wish.since is None))
            if listing.next_page and going_on:
                more.append(listing.next_page)
            pending.extend(address for address in dict.fromkeys(more) if address not in known)
            known.update(more)
        if self._state is not None and not self._budget.spent:
            self._state.note_progress(job, back_to if through else since)

    def _listing(self, response: Response) -> Listing:
        url = response.final_url
        form = form_of(response.content)
        if form == "feed":
            return read_feed(response.content, url=url)
        if form == "sitemap":
            listing = read_sitemap(response.content, url=url)
            entries = tuple(entry for entry in listing.entries if may_be_article(entry.address))
            return msgspec.structs.replace(listing, entries=entries)
        page = read_listing(response.content, url=url, charset=response.charset)
        return msgspec.structs.replace(page, further=())

    def _entries(self, entries: Iterable[Entry]) -> Iterator[Article | Failure]:
        wish = self._wish
        for entry in entries:
            if self._budget.spent:
                return
            if not any(wanted([entry], since=wish.since, include=(), exclude=())):
                continue
            plain = _plain(entry.address)
            if not wish.takes(entry.address) or plain in self._asked:
                self._recent = True
                continue
            if self._is_too_old(plain):
                continue
            if not self._is_new(entry, plain):
                self._recent = True
                continue
            self._asked.add(plain)
            try:
                response = self._client.get(entry.address)
            except FetchError as error:
                self._useful = True
                yield _fault(error, entry.address)
                if error.lasting and self._state is not None:
                    self._state.mark_seen(_REFUSED, plain)
                continue
            yield from self._delivered(entry.address, response, entry)

    def _is_too_old(self, plain: str) -> bool:
        """Tell whether the article was too old for the same day or an earlier one before."""
        day = self._state.progress(f"old:{plain}") if self._state is not None else None
        return day is not None and self._wish.since is not None and self._wish.since.isoformat() >= day

    def _is_new(self, entry: Entry, plain: str) -> bool:
        if self._state is None:
            return True
        taken = self._state.seen_at(_JOB, plain)
        if taken is None and self._state.seen_within(_REFUSED, plain, _REFUSED_FOR):
            taken = self._state.seen_at(_REFUSED, plain)
        return taken is None or _changed_since(entry, taken)

    # ---- articles

    def _delivered(self, url: str, response: Response, entry: Entry | None) -> Iterator[Article | Failure]:
        """Yield the articles of an answer whose texts are new, and mark them when they have been taken."""
        plain = _plain(url)
        passed = False
        whole = True
        for item in read_response(response):
            if isinstance(item, Failure):
                self._useful = True
                yield item
                continue
            if response.content_type in _HTML:
                item, fault = self._with_further_pages(item, response)
                if fault is not None:
                    whole = False
                    yield fault
            if self._wish.too_old(item if entry is None else _with_dates(item, entry)):
                passed = True
                continue
            self._useful = True
            text = f"{plain} {item.id} {item.sha256}"
            if self._state is not None and self._state.is_seen(_JOB, text):
                continue
            if self._budget.spent:
                return
            if self._is_copy(item):
                self._remember(text)
                continue
            yield _with_dates(item, entry) if entry is not None else item
            self._budget.take()
            self._remember(text)
        if self._state is None:
            return
        if passed and self._wish.since is not None:  # an earlier day may be asked for another time
            self._state.note_progress(f"old:{plain}", self._wish.since.isoformat())
        elif whole:  # with a page missing it is asked for again
            self._state.mark_seen(_JOB, plain)

    def _remember(self, text: str) -> None:
        if self._state is not None:
            self._state.mark_seen(_JOB, text)

    def _with_further_pages(self, article: Article, response: Response) -> tuple[Article, Failure | None]:
        """Return the article with its further pages joined, and what kept one of them away."""
        pages, asked = [article], {_plain(response.final_url)}
        while len(pages) < _MOST_PAGES:
            html = decode_html(response.content, charset=response.charset, where=response.url)
            following = next_page_of(html, response.final_url)
            if following is None or _plain(following) in asked:
                break
            asked.add(_plain(following))
            self._asked.add(_plain(following))
            try:
                response = self._client.get(following)
                pages += [page for page in read_response(response) if isinstance(page, Article)]
            except FetchError as error:
                return join_pages(pages), _fault(error, following)
        return (join_pages(pages) if len(pages) > 1 else article), None


def _with_dates(article: Article, entry: Entry) -> Article:
    """Return the article with the dates that its source gives, where its page gives none."""
    return msgspec.structs.replace(
        article, published=article.published or entry.published, updated=article.updated or entry.updated
    )
