"""One call for every source: addresses, feeds, sites, PubMed, Europe PMC, ClinicalTrials.gov, web archives and files.

Articles come lazily, in the order of the sources. With a state nothing is asked for twice, what was delivered is not
delivered again, and a call that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec

from extractor.errors import ExtractorError, FetchError
from extractor.records import Article, Failure
from extractor.sources.duplicates import Duplicates
from extractor.sources.europepmc import EUROPEPMC_ADDRESS, EuropePmc
from extractor.sources.eutils import EUTILS_ADDRESS, PubMed, request_delay
from extractor.sources.files import Names, read_sources
from extractor.sources.http import HttpClient
from extractor.sources.registry import REGISTRY_ADDRESS, fetch_study
from extractor.sources.remote import is_remote, read_remote
from extractor.sources.state import FetchState
from extractor.sources.walk import Budget, SiteWalker, Wish
from extractor.sources.warc import read_warc

__all__ = ["Services", "Source", "fetch", "make_client", "parse_source"]

SourceKind = Literal["address", "feed", "site", "pubmed", "pmid", "europepmc", "pmc", "nct", "warc", "remote", "path"]
_PREFIXED = frozenset(get_args(SourceKind)) - {"address", "remote", "path"}
_SHAPES = {
    "pmid": (re.compile(r"\s*\d{1,12}(?:\s*,\s*\d{1,12})*\s*"), "numbers, parted by commas"),
    "pmc": (re.compile(r"(?:PMC)?\d{1,12}", re.IGNORECASE), "a number such as PMC1234567"),
    "nct": (re.compile(r"(?:NCT)?\d{8}", re.IGNORECASE), "a number such as NCT01234567"),
}


class Source(msgspec.Struct, frozen=True):
    """Where articles come from: the kind of source and its address, query, numbers or path."""

    kind: SourceKind
    value: str


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Where the services stand; other addresses are for mirrors and tests."""

    eutils: str = EUTILS_ADDRESS
    europepmc: str = EUROPEPMC_ADDRESS
    registry: str = REGISTRY_ADDRESS


def parse_source(spec: str) -> Source:
    """Return what a SOURCE as a user writes it means.

    Forms: "https://..." (a feed, sitemap or article, told by what it shows), "feed:ADDRESS", "site:ADDRESS",
    "pubmed:QUERY", "pmid:ID[,ID...]", "europepmc:QUERY", "pmc:PMCID", "nct:NCT...", "warc:PATH" (also without
    prefix where the name ends with .warc or .warc.gz), "s3://BUCKET/PATH" and the like (see sources/remote.py); all else
    is a path, pattern, archive or "-".

    Raises:
        FetchError: nothing stands behind the prefix, or not what belongs there.
    """
    prefix, colon, rest = spec.partition(":")
    kind = prefix.lower()
    if colon and kind in _PREFIXED:
        value = rest.strip()
        if not value:
            raise FetchError(f"nothing stands behind {kind}:", spec)
        if kind in _SHAPES and not _SHAPES[kind][0].fullmatch(value):
            raise FetchError(f"behind {kind}: stands {value!r}, not {_SHAPES[kind][1]}", spec)
        if kind in ("feed", "site") and "://" not in value:
            value = f"https://{value}"
        if kind in ("pmc", "nct"):
            value = kind.upper() + value[-8:] if kind == "nct" else f"PMC{value.upper().removeprefix('PMC')}"
        return Source(msgspec.convert(kind, SourceKind), value)
    if "://" in spec:
        return Source("remote" if is_remote(spec) else "address", spec)
    return Source("warc" if spec.lower().endswith((".warc", ".warc.gz")) else "path", spec)


def make_client(
    *,
    state: FetchState | None = None,
    api_key: str | None = None,
    contact: str | None = None,
    allow_private: bool = False,
    services: Services | None = None,
) -> HttpClient:
    """Return a client for all sources: it keeps the rate that NCBI asks for, and what a state remembers.

    Args: as for ``fetch``; ``allow_private`` as for ``HttpClient``.

    Raises:
        ValueError: ``contact`` holds a line break.
    """
    host = urlsplit((services or Services()).eutils).hostname or ""
    return HttpClient(contact=contact, state=state, allow_private=allow_private, delays={host: request_delay(api_key)})


def fetch(
    sources: Sequence[str],
    *,
    client: HttpClient | None = None,
    state: FetchState | None = None,
    since: date | None = None,
    limit: int | None = None,
    include: Sequence[str | re.Pattern[str]] = (),
    exclude: Sequence[str | re.Pattern[str]] = (),
    api_key: str | None = None,
    contact: str | None = None,
    services: Services | None = None,
    on_copy: Callable[[Article, str], None] | None = None,
) -> Iterator[Article | Failure]:
    """Yield the articles of ``sources``, lazily and in their order; see ``parse_source`` for their forms.

    Args:
        client: HTTP client; without it one that keeps NCBI's rate and uses ``state``, made when needed and closed.
        state: remembers what was delivered. An article is marked when the next one is asked for, so that a call that is
            broken off at any point loses nothing and repeats at most the one article under way.
        since: articles of this day or later; those that state no date stay.
        limit: most articles of the whole call. Failures do not count.
        include, exclude: patterns searched in the addresses that feeds, sites and web archives name: one of
            ``include`` must match where there are any, none of ``exclude`` may.
        api_key: for NCBI, which then takes 10 requests a second, not 3. contact: address for those who run a site.
        services: where the services stand, for mirrors.
        on_copy: takes each news article of this call that repeats an earlier one at another address, in the same words
            or nearly so (``Duplicates``), with the id of that one; it is not yielded then. Without it copies are yielded.

    Yields:
        An Article, or a Failure for what could not be fetched or read, with its address and reason; the rest goes on.

    Raises:
        ValueError: ``limit`` is less than 1. re.error: a pattern is none.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"the limit must be at least 1, not {limit}")
    wish = Wish(since=since, include=tuple(map(re.compile, include)), exclude=tuple(map(re.compile, exclude)))
    reader = _Reader(client, state, wish, Budget(limit), api_key, contact, services or Services(), on_copy)
    return reader.read(sources)


class _Reader:
    """One call of ``fetch``."""

    def __init__(
        self, client: HttpClient | None, state: FetchState | None, wish: Wish, budget: Budget, api_key: str | None,
        contact: str | None, services: Services, on_copy: Callable[[Article, str], None] | None,
    ) -> None:  # fmt: skip
        self._given = client
        self._state = state
        self._wish = wish
        self._budget = budget
        self._api_key = api_key
        self._contact = contact
        self._services = services
        self._on_copy = on_copy
        self._had = Duplicates()
        self._names = Names()
        self._walker: SiteWalker | None = None
        self._stack = ExitStack()

    def read(self, sources: Sequence[str]) -> Iterator[Article | Failure]:
        with self._stack:
            for spec in sources:
                if self._budget.spent:
                    return
                try:
                    yield from self._source(parse_source(spec))
                except ExtractorError as error:
                    stage: Literal["fetch", "parse"] = "fetch" if isinstance(error, FetchError) else "parse"
                    where = getattr(error, "where", None) or spec
                    yield Failure(where=where, stage=stage, reason=getattr(error, "reason", str(error)))

    def _client(self) -> HttpClient:
        if self._given is None:
            self._given = self._stack.enter_context(
                make_client(state=self._state, api_key=self._api_key, contact=self._contact, services=self._services)
            )
        return self._given

    def _source(self, source: Source) -> Iterator[Article | Failure]:
        value = source.value
        if source.kind in ("address", "feed", "site"):
            if self._walker is None:
                self._walker = SiteWalker(
                    self._client(), state=self._state, wish=self._wish, budget=self._budget, is_copy=self._is_copy
                )
            return getattr(self._walker, source.kind)(value)  # type: ignore[no-any-return]
        if source.kind in ("pubmed", "europepmc"):
            return self._counted(self._search(source))
        if source.kind == "pmid":
            return self._counted(self._pubmed().fetch(value.split(",")))
        if source.kind == "pmc":
            europe = EuropePmc(self._client(), address=self._services.europepmc)
            return self._fresh(f"pmc:{value}", self._one(lambda: europe.full_text(value)))
        if source.kind == "nct":
            return self._fresh(
                f"nct:{value}",
                self._one(lambda: fetch_study(self._client(), value, address=self._services.registry)),
            )
        if source.kind == "warc":
            return self._fresh(f"warc:{value}", read_warc(value, takes=self._wish.takes))
        if source.kind == "remote":
            return self._fresh(f"remote:{value}", read_remote(value))
        return self._fresh(f"path:{value}", read_sources([value], names=self._names))

    def _is_copy(self, article: Article) -> bool:
        """Hand a copy of an article of this call to the caller; tell whether it was one."""
        if self._on_copy is None or article.kind not in ("news", "press_release"):
            return False
        first = self._had.add(article)
        if first is None:
            return False
        self._on_copy(article, first)
        return True

    def _pubmed(self) -> PubMed:
        return PubMed(
            self._client(), api_key=self._api_key, contact=self._contact, address=self._services.eutils,
            state=self._state,
        )  # fmt: skip

    def _search(self, source: Source) -> Iterator[Article | Failure]:
        since, limit = self._wish.since, self._budget.left
        if source.kind == "pubmed":
            return self._pubmed().search(source.value, since=since, limit=limit)
        europe = EuropePmc(self._client(), address=self._services.europepmc, state=self._state)
        return europe.search(source.value, since=since, limit=limit)

    def _one(self, get: Callable[[], Article]) -> Iterator[Article | Failure]:
        yield get()

    def _counted(self, items: Iterator[Article | Failure]) -> Iterator[Article | Failure]:
        """Yield items of a source that keeps its own memory, as many as may be given.

        The source is asked once more after the last, so that it can mark that one.
        """
        for item in items:
            if isinstance(item, Article) and self._budget.spent:
                return
            yield item
            if isinstance(item, Article):
                self._budget.take()

    def _fresh(self, job: str, items: Iterator[Article | Failure]) -> Iterator[Article | Failure]:
        """Yield items of a source without memory: those whose texts were not delivered before, as many as may be."""
        for item in items:
            if isinstance(item, Failure):
                yield item
                continue
            if self._wish.too_old(item):
                continue
            key = f"{item.id} {item.sha256}"
            if self._state is not None and self._state.is_seen(job, key):
                continue
            if not self._is_copy(item):
                yield item
                self._budget.take()
            if self._state is not None:
                self._state.mark_seen(job, key)
            if self._budget.spent:
                return
