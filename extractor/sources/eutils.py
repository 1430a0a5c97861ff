"""PubMed over NCBI's E-utilities: ESearch with the history server, EFetch in batches.

Interface: https://www.ncbi.nlm.nih.gov/books/NBK25499/ (ESearch, EFetch) and NBK25497 (usage: 3 requests a second, 10
with an API key). ESearch hands out the first 9,999 records of a search only; a larger search is cut into stretches of
entry dates until each stretch fits.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import msgspec

from extractor.errors import FetchError, ParseError
from extractor.records import Article, Failure
from extractor.sources.http import HttpClient
from extractor.sources.pubmed import read_pubmed
from extractor.sources.state import FetchState

__all__ = ["EUTILS_ADDRESS", "PubMed", "request_delay"]

EUTILS_ADDRESS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
_MOST_PER_SEARCH = 9_999
_BATCH = 200
_FIRST_DAY = date(1900, 1, 1)
_TYPES = ("application/json", "text/xml", "application/xml", "text/plain")


class _Search(msgspec.Struct):
    count: str
    idlist: list[str] = []
    webenv: str = ""
    querykey: str = ""
    ERROR: str = ""


class _Answer(msgspec.Struct):
    esearchresult: _Search


_decoder = msgspec.json.Decoder(_Answer)


def request_delay(api_key: str | None) -> float:
    """Return the least seconds between two requests: a third of a second, with an API key a tenth."""
    return 1 / 3 if api_key is None else 0.1


class PubMed:
    """The E-utilities as a source of articles.

    Args:
        client: HTTP client; give it ``delays={host: request_delay(api_key)}`` and a ``state``, so that the rate holds
            over all workers.
        api_key: NCBI API key. contact: mail address that NCBI asks programs to name.
        address: where the E-utilities are. state: remembers which records were delivered, so that a search that was
            interrupted goes on where it stopped and one that is repeated brings what is new.
    """

    def __init__(
        self,
        client: HttpClient,
        *,
        api_key: str | None = None,
        contact: str | None = None,
        address: str = EUTILS_ADDRESS,
        state: FetchState | None = None,
    ) -> None:
        self._client = client
        self._common = {"db": "pubmed", "tool": "evidence-extractor"}
        if contact:
            self._common["email"] = contact
        if api_key:
            self._common["api_key"] = api_key
        self._address = address.rstrip("/") + "/"
        self._state = state

    def _get(self, program: str, parameters: dict[str, str]) -> bytes:
        """Return what a program answers; the key stays out of error messages."""
        url = f"{self._address}{program}?{urlencode({**parameters, **self._common})}"
        try:
            return self._client.get(url, accept=_TYPES, interface=True).content
        except FetchError as error:
            raise FetchError(
                error.reason.replace(url, self._named(program, parameters)), self._named(program, parameters)
            ) from error

    def _named(self, program: str, parameters: dict[str, str]) -> str:
        return f"{self._address}{program}?{urlencode(parameters)}"

    def search(self, query: str, *, since: date | None = None, limit: int | None = None) -> Iterator[Article | Failure]:
        """Yield the articles that PubMed finds, without those that the state knows as delivered.

        Args:
            query: in PubMed's own language. since: only records entered on this day or later. limit: most articles.

        Yields:
            An Article per record, a Failure for each that has no abstract, cannot be read or is not handed out.
        """
        job = f"pubmed:{query}"
        left = limit
        for first, last in self._stretches(query, since):
            for item in self._stretch(query, job, first, last, left):
                yield item
                self._delivered(item, job)
                if left is not None and isinstance(item, Article):
                    left -= 1
                    if left <= 0:
                        return

    def _delivered(self, item: Article | Failure, job: str) -> None:
        if self._state is not None:
            self._state.mark_delivered(job, item)

    def _stretches(self, query: str, since: date | None) -> Iterator[tuple[date, date]]:
        """Yield stretches of entry dates whose searches fit, newest first."""
        pending = [(since or _FIRST_DAY, datetime.now(UTC).date() + timedelta(days=1))]
        while pending:
            first, last = pending.pop()
            found = int(self._esearch(query, first, last, ids=0).count)
            if found > _MOST_PER_SEARCH and first < last:
                middle = first + (last - first) // 2
                pending += [(first, middle), (middle + timedelta(days=1), last)]
            elif found:
                yield first, last

    def _esearch(self, query: str, first: date, last: date, *, ids: int) -> _Search:
        parameters = {
            "term": query, "retmode": "json", "retmax": str(ids), "usehistory": "y" if ids else "n", "datetype": "edat",
            "mindate": first.strftime("%Y/%m/%d"), "maxdate": last.strftime("%Y/%m/%d"),
        }  # fmt: skip
        content = self._get("esearch.fcgi", parameters)
        try:
            answer = _decoder.decode(content).esearchresult
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ParseError(f"not an answer of ESearch: {error}", self._named("esearch.fcgi", parameters)) from error
        if answer.ERROR or not answer.count.isdecimal():
            reason = answer.ERROR or f"the count is {answer.count!r}"
            raise FetchError(f"ESearch: {reason}", self._named("esearch.fcgi", parameters))
        return answer

    def _stretch(self, query: str, job: str, first: date, last: date, limit: int | None) -> Iterator[Article | Failure]:
        answer = self._esearch(query, first, last, ids=_MOST_PER_SEARCH)
        new = [pmid for pmid in answer.idlist if self._state is None or not self._state.is_seen(job, f"pmid:{pmid}")]
        if limit is not None:
            # records without an abstract give no article: a few more than asked for are fetched
            new = new[: limit * 2 + 20]
        if len(new) == len(answer.idlist) and answer.webenv and limit is None:
            for start in range(0, len(new), _BATCH):
                history = {
                    "WebEnv": answer.webenv, "query_key": answer.querykey, "retstart": str(start), "retmax": str(_BATCH),
                }  # fmt: skip
                yield from self._efetch(new[start : start + _BATCH], history)
        else:
            yield from self._by_ids(new)

    def fetch(self, pmids: Sequence[str]) -> Iterator[Article | Failure]:
        """Yield the articles of PubMed ids, in their order, without those that the state knows as delivered so.

        Args:
            pmids: each a number, with or without "pmid:" before it.

        Yields:
            An Article per record; a Failure for an id that is none, is not handed out, or has no abstract.
        """
        numbers: list[str] = []
        for pmid in pmids:
            number = pmid.strip().lower().removeprefix("pmid:")
            if number.isascii() and number.isdecimal() and len(number) <= 12:
                numbers.append(str(int(number)))
            else:
                yield Failure(where=pmid, stage="fetch", reason="not a PubMed id")
        job = "pmid"
        new = [n for n in dict.fromkeys(numbers) if self._state is None or not self._state.is_seen(job, f"pmid:{n}")]
        for item in self._by_ids(new):
            yield item
            self._delivered(item, job)

    def _by_ids(self, pmids: Sequence[str]) -> Iterator[Article | Failure]:
        for start in range(0, len(pmids), _BATCH):
            batch = pmids[start : start + _BATCH]
            yield from self._efetch(batch, {"id": ",".join(batch)})

    def _efetch(self, asked: Sequence[str], which: dict[str, str]) -> Iterator[Article | Failure]:
        """Yield the records of one request; those asked for and not handed out are failures."""
        parameters = {"retmode": "xml", **which}
        where = self._named("efetch.fcgi", parameters)
        try:
            content = self._get("efetch.fcgi", parameters)
        except FetchError as error:
            for pmid in asked:
                yield Failure(where=where, stage="fetch", reason=error.reason, document=f"pmid:{pmid}")
            return
        missing = dict.fromkeys(f"pmid:{pmid}" for pmid in asked)
        for item in read_pubmed(io.BytesIO(content), where=f"{urlsplit(where).netloc} efetch"):
            name = item.id if isinstance(item, Article) else item.document
            if name is not None:
                missing.pop(name, None)
            yield item
        for name in missing:
            yield Failure(where=where, stage="fetch", reason="PubMed handed out no such record", document=name)
