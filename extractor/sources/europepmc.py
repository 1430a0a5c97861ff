"""Europe PMC: abstracts and open full texts over its REST interface.

Interface: https://europepmc.org/RestfulWebService (search with cursorMark, resultType core; fullTextXML).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote, urlencode

import msgspec

from extractor.errors import FetchError, ParseError
from extractor.records import Article, ArticleStatus, Failure, Identifiers, Section, make_article
from extractor.sources.http import HttpClient
from extractor.sources.jats import read_jats
from extractor.sources.markup import plain_html
from extractor.sources.state import FetchState
from extractor.sources.structure import normal_label

__all__ = ["EUROPEPMC_ADDRESS", "EuropePmc", "read_result"]

EUROPEPMC_ADDRESS = "https://www.ebi.ac.uk/europepmc/webservices/rest/"
_PAGE = 100
_HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.IGNORECASE | re.DOTALL)


class _Names(msgspec.Struct, frozen=True, rename="camel"):
    full_name: str = ""
    collective_name: str = ""


class _Authors(msgspec.Struct, frozen=True, rename="camel"):
    author: list[_Names] = []


class _Types(msgspec.Struct, frozen=True, rename="camel"):
    pub_type: list[str] = []


class _Journal(msgspec.Struct, frozen=True, rename="camel"):
    title: str = ""


class _Issue(msgspec.Struct, frozen=True, rename="camel"):
    journal: _Journal = _Journal()


class _Notice(msgspec.Struct, frozen=True, rename="camel"):
    type: str = ""
    reference: str = ""


class _Notices(msgspec.Struct, frozen=True, rename="camel"):
    comment_correction: list[_Notice] = []


class _Result(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of one record; all other keys are ignored."""

    id: str
    source: str
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None
    title: str = ""
    abstract_text: str = ""
    language: str | None = None
    first_publication_date: str | None = None
    date_of_revision: str | None = None
    is_open_access: str = "N"
    author_list: _Authors = _Authors()
    pub_type_list: _Types = _Types()
    journal_info: _Issue = _Issue()
    comment_correction_list: _Notices = _Notices()


class _Results(msgspec.Struct, frozen=True, rename="camel"):
    result: list[msgspec.Raw] = []


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    hit_count: int
    result_list: _Results = _Results()
    next_cursor_mark: str | None = None
    err_msg: str | None = None


_answers = msgspec.json.Decoder(_Answer)
_results = msgspec.json.Decoder(_Result)
_STATUS: dict[str, ArticleStatus] = {
    "Retraction in": "retracted", "Expression of concern in": "concern", "Erratum in": "corrected",
    "Corrected and republished in": "corrected",
}  # fmt: skip


def _status(result: _Result) -> ArticleStatus:
    said = {_STATUS.get(n.type) for n in result.comment_correction_list.comment_correction}
    if "retracted publication" in (t.lower() for t in result.pub_type_list.pub_type):
        said.add("retracted")
    ranked: tuple[ArticleStatus, ...] = ("retracted", "concern", "corrected")
    return next((status for status in ranked if status in said), "unknown")


def _paragraphs(abstract: str) -> list[tuple[str, str]]:
    """Return (label, text) of each part of an abstract; labels stand in it as headings."""
    parts = _HEADING.split(abstract)
    paragraphs = [("", plain_html(parts[0]))]
    paragraphs += [
        (plain_html(label).rstrip(": "), plain_html(body)) for label, body in zip(parts[1::2], parts[2::2], strict=True)
    ]
    return [(label, body) for label, body in paragraphs if body]


def read_result(data: bytes, *, where: str, retrieved_at: str | None = None) -> Article | Failure:
    """Return one record of a search result (JSON, resultType core) as an Article.

    Text is the title, an empty line and the abstract, one line per labelled part. Ids: "pmid:N", else "pmcid:PMCN", else
    "europepmc:SOURCE/ID".

    Raises:
        ParseError: ``data`` is no such record.
    """
    try:
        result = _results.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ParseError(f"not a record of Europe PMC: {error}", where) from error
    name = f"pmid:{result.pmid}" if result.pmid else f"pmcid:{result.pmcid}" if result.pmcid else ""
    name = name or f"europepmc:{result.source}/{result.id}"
    paragraphs = _paragraphs(result.abstract_text)
    if not paragraphs:
        return Failure(where=where, stage="parse", reason="no abstract", document=name)
    title = plain_html(result.title)
    text = f"{title}\n\n" if title else ""
    sections = [Section(label="title", start=0, end=len(title))] if title else []
    for index, (label, body) in enumerate(paragraphs):
        text += "\n" if index else ""
        line = f"{label.upper()}: {body}" if label else body
        sections.append(
            Section(label=normal_label(label, None) if label else "body", start=len(text), end=len(text) + len(line))
        )
        text += line
    return make_article(
        id=name,
        text=text,
        kind="abstract",
        title=title or None,
        url=f"https://europepmc.org/article/{quote(result.source)}/{quote(result.id)}",
        source=result.journal_info.journal.title or None,
        language="en" if result.language == "eng" else result.language,
        published=result.first_publication_date,
        updated=result.date_of_revision,
        authors=tuple(filter(None, (a.full_name or a.collective_name for a in result.author_list.author))),
        retrieved_at=retrieved_at,
        sections=tuple(sections),
        identifiers=Identifiers(pmid=result.pmid, pmcid=result.pmcid, doi=result.doi),
        links=(f"https://doi.org/{quote(result.doi, safe='/()-._;:<>')}",) if result.doi else (),
        status=_status(result),
        corrections=tuple(
            f"{n.type}: {n.reference}".rstrip(": ")
            for n in result.comment_correction_list.comment_correction
            if n.type in _STATUS
        ),
        publication_types=tuple(dict.fromkeys(result.pub_type_list.pub_type)),
    )


class EuropePmc:
    """Europe PMC as a source of articles.

    Args:
        client: HTTP client. address: where the REST interface is. full_text: give the open full text instead of the
            abstract, where there is one. state: remembers what was delivered, so that a search that was interrupted
            goes on where it stopped and one that is repeated brings what is new.
    """

    def __init__(
        self,
        client: HttpClient,
        *,
        address: str = EUROPEPMC_ADDRESS,
        full_text: bool = False,
        state: FetchState | None = None,
    ) -> None:
        self._client = client
        self._address = address.rstrip("/") + "/"
        self._full_text = full_text
        self._state = state

    def search(self, query: str, *, since: date | None = None, limit: int | None = None) -> Iterator[Article | Failure]:
        """Yield the articles that Europe PMC finds, without those that the state knows as delivered.

        Args:
            query: in Europe PMC's own language. since: first published on this day or later. limit: most articles.

        Yields:
            An Article per record, a Failure for one without abstract or that cannot be read.

        Raises:
            FetchError: the search itself is refused or cannot be fetched. ParseError: its answer is none.
        """
        asked = f"({query}) AND FIRST_PDATE:[{since.isoformat()} TO 3000-12-31]" if since is not None else query
        job = f"europepmc:{query}"
        cursor, left = "*", limit
        while True:
            answer = self._page(asked, cursor)
            for raw in answer.result_list.result:
                item = self._item(bytes(raw), job)
                if item is None:
                    continue
                yield item
                self._delivered(item, job)
                if left is not None and isinstance(item, Article):
                    left -= 1
                    if left <= 0:
                        return
            if not answer.result_list.result or answer.next_cursor_mark in (None, cursor):
                return
            cursor = answer.next_cursor_mark or ""

    def full_text(self, pmcid: str) -> Article:
        """Return the open full text of a PubMed Central number, such as "PMC1234567".

        Raises:
            FetchError: there is none, or it cannot be fetched. ParseError: it cannot be read.
        """
        url = f"{self._address}{quote(pmcid)}/fullTextXML"
        response = self._client.get(url, interface=True)
        whole = read_jats(response.content, id=f"pmcid:{pmcid}", where=url)
        return msgspec.structs.replace(
            whole, url=f"https://europepmc.org/article/PMC/{quote(pmcid)}", retrieved_at=response.retrieved_at
        )

    def _page(self, query: str, cursor: str) -> _Answer:
        parameters = {
            "query": query, "format": "json", "resultType": "core", "pageSize": str(_PAGE), "cursorMark": cursor,
        }  # fmt: skip
        url = f"{self._address}search?{urlencode(parameters)}"
        content = self._client.get(url, interface=True).content
        try:
            answer = _answers.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ParseError(f"not an answer of Europe PMC: {error}", url) from error
        if answer.err_msg:
            raise FetchError(f"Europe PMC: {answer.err_msg}", url)
        return answer

    def _item(self, data: bytes, job: str) -> Article | Failure | None:
        """Return one record; None where it was delivered before."""
        try:
            item = read_result(data, where=f"{self._address}search")
        except ParseError as error:
            return Failure(where=error.where or self._address, stage="parse", reason=error.reason)
        name = item.id if isinstance(item, Article) else item.document
        if self._state is not None and name is not None and self._state.is_seen(job, name):
            return None
        open_access = self._full_text and isinstance(item, Article) and item.identifiers.pmcid and _is_open(data)
        return self._whole(item) if open_access and isinstance(item, Article) else item

    def _whole(self, article: Article) -> Article | Failure:
        """Return the full text of an article, with what the index says of it."""
        url = f"{self._address}{article.identifiers.pmcid}/fullTextXML"
        try:
            whole = read_jats(self._client.get(url, interface=True).content, id=article.id, where=url)
        except FetchError as error:
            return Failure(where=url, stage="fetch", reason=error.reason, document=article.id)
        except ParseError as error:
            return Failure(where=url, stage="parse", reason=error.reason, document=article.id)
        return msgspec.structs.replace(
            whole,
            url=article.url,
            identifiers=article.identifiers,
            status=article.status,
            corrections=article.corrections,
            publication_types=article.publication_types,
            updated=article.updated,
        )

    def _delivered(self, item: Article | Failure, job: str) -> None:
        if self._state is not None:
            self._state.mark_delivered(job, item)


def _is_open(data: bytes) -> bool:
    return _results.decode(data).is_open_access == "Y"
