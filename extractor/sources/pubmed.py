"""MEDLINE/PubMed XML to Articles, as a stream.

Format: PubmedArticleSet as described by the National Library of Medicine
(https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/250101/index.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from lxml import etree

from extractor.errors import ParseError
from extractor.records import Article, ArticleStatus, Failure, Identifiers, Section, make_article
from extractor.sources.markup import collapse, superscript
from extractor.sources.structure import normal_label
from extractor.sources.tables import load_table
from extractor.sources.xmlstream import Readable, stream_elements

__all__ = ["read_pubmed"]

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation", "DeleteDocument")
_STANDING: tuple[tuple[ArticleStatus, frozenset[str]], ...] = (
    ("retracted", frozenset({"RetractionIn", "Retracted Publication"})),
    ("concern", frozenset({"ExpressionOfConcernIn"})),
    ("corrected", frozenset({"ErratumIn", "CorrectedandRepublishedIn", "UpdateIn"})),
)
"""RefType of CommentsCorrections (or PublicationType) by what it says of the article, the gravest first."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIGITS = re.compile(r"\d{1,12}")
_PMCID = re.compile(r"PMC\d{1,12}")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b(?:[ /-]([A-Z][a-z]{2}))?")


def _inline(element: Any) -> str:
    """Return the text of an element with inline tags: nothing added or lost, superscripts visible."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            inner = _inline(child)
            parts.append(superscript("".join(parts)[-24:], inner, keep_marks=True) if child.tag == "sup" else inner)
        parts.append(child.tail or "")
    return "".join(parts)


def _text(element: Any | None) -> str:
    return "" if element is None else collapse(_inline(element))


def _authors(record: Any) -> tuple[str, ...]:
    names: list[str] = []
    for author in record.xpath(".//AuthorList[not(@Type='editors')]/Author"):
        collective = _text(author.find("CollectiveName"))
        given = _text(author.find("ForeName")) or _text(author.find("Initials"))
        name = " ".join(filter(None, (given, _text(author.find("LastName")), _text(author.find("Suffix")))))
        if collective or name:
            names.append(collective or name)
    return tuple(dict.fromkeys(names))


def _month(text: str) -> str | None:
    if text.isdigit() and 1 <= int(text) <= 12:
        return f"{int(text):02d}"
    name = text[:3].lower()
    return f"{_MONTHS.index(name) + 1:02d}" if name in _MONTHS else None


def _date(element: Any | None) -> str | None:
    """Return a date element as ISO 8601, as precise as its parts allow."""
    if element is None:
        return None
    year = _text(element.find("Year"))
    if re.fullmatch(r"\d{4}", year):
        month = _month(_text(element.find("Month")))
        day = _text(element.find("Day"))
        if month and day.isdigit() and 1 <= int(day) <= 31:
            return f"{year}-{month}-{int(day):02d}"
        return f"{year}-{month}" if month else year
    found = _YEAR.search(_text(element.find("MedlineDate")))
    if found is None:
        return None
    month = _month(found[2]) if found[2] else None
    return f"{found[1]}-{month}" if month else found[1]


def _published(record: Any) -> str | None:
    """Return the date of electronic publication, else that of the journal's issue, else of the book."""
    for path in (".//Article/ArticleDate", ".//JournalIssue/PubDate", ".//Book/PubDate", ".//ContributionDate"):
        date = _date(record.find(path))
        if date:
            return date
    return None


def _identifiers(record: Any) -> Identifiers:
    """Return the record's own identifiers (never those of its references)."""
    pmid = _text(record.find("./*/PMID"))
    by_type: dict[str, str] = {}
    for element in record.xpath("./PubmedData/ArticleIdList/ArticleId | ./PubmedBookData/ArticleIdList/ArticleId"):
        by_type.setdefault(element.get("IdType") or "", _text(element))
    doi = by_type.get("doi") or next(
        (_text(e) for e in record.xpath(".//ELocationID[@EIdType='doi' and not(@ValidYN='N')]")), None
    )
    pmcid = by_type.get("pmc", "")
    return Identifiers(
        pmid=pmid if _DIGITS.fullmatch(pmid) else None,
        pmcid=pmcid if _PMCID.fullmatch(pmcid) else None,
        doi=doi or None,
    )


@cache
def _registries() -> dict[str, str]:
    return {row["databank"].casefold(): row["address"] for row in load_table("registries.tsv", ("databank", "address"))}


@cache
def _languages() -> dict[str, str]:
    return {row["medline"]: row["tag"] for row in load_table("languages.tsv", ("medline", "tag"))}


def _links(record: Any, identifiers: Identifiers) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for bank in record.iterfind(".//DataBankList/DataBank"):
        template = _registries().get(_text(bank.find("DataBankName")).casefold())
        for number in bank.iterfind("AccessionNumberList/AccessionNumber"):
            accession = _text(number).replace(" ", "")
            if template and accession:
                found.setdefault(template.format(id=quote(accession, safe="/-")))
    if identifiers.doi:
        found.setdefault("https://doi.org/" + quote(identifiers.doi, safe="/()-._;:<>"))
    return tuple(found)


def _status(record: Any, types: tuple[str, ...]) -> ArticleStatus:
    """Return what notices and publication types say of the article's standing."""
    said = {element.get("RefType") for element in record.iterfind(".//CommentsCorrectionsList/CommentsCorrections")}
    said.update(types)
    return next((status for status, words in _STANDING if words & said), "unknown")


def _corrections(record: Any) -> tuple[str, ...]:
    """Return the notices about the article, as "RefType: where it stands"."""
    wanted = set().union(*(words for _, words in _STANDING))
    return tuple(
        f"{element.get('RefType')}: {_text(element.find('RefSource'))}".rstrip(": ")
        for element in record.iterfind(".//CommentsCorrectionsList/CommentsCorrections")
        if element.get("RefType") in wanted
    )


def _subjects(record: Any) -> tuple[str, ...]:
    """Return the MeSH headings, qualified ones as "Descriptor/qualifier"."""
    found: dict[str, None] = {}
    for heading in record.iterfind(".//MeshHeadingList/MeshHeading"):
        name = _text(heading.find("DescriptorName"))
        qualifiers = [_text(q) for q in heading.iterfind("QualifierName")]
        found.update(dict.fromkeys([f"{name}/{q}" for q in qualifiers] or [name]))
    return tuple(filter(None, found))


def _registry_ids(record: Any) -> tuple[str, ...]:
    """Return the accession numbers of trial registries."""
    return tuple(
        dict.fromkeys(
            _text(number).replace(" ", "")
            for bank in record.iterfind(".//DataBankList/DataBank")
            if _text(bank.find("DataBankName")).casefold() in _registries()
            for number in bank.iterfind("AccessionNumberList/AccessionNumber")
            if _text(number)
        )
    )


def _assemble(title: str, record: Any) -> tuple[str, tuple[Section, ...]] | None:
    """Return text and sections, or None when the record has no abstract.

    Where there is no main abstract, one that others wrote in English (or whose language is not named) stands in.
    """
    paragraphs: list[tuple[str, str]] = []
    path = "(.//Abstract)[1]/AbstractText"
    if record.find(".//Abstract/AbstractText") is None:
        path = "(.//OtherAbstract[not(@Language) or @Language='eng'])[1]/AbstractText"
    for element in record.xpath(path):
        body = _text(element)
        label = collapse(element.get("Label") or "").rstrip(":")
        category = element.get("NlmCategory")
        if not body:
            continue
        structured = bool(label and label.upper() != "UNLABELLED") or bool(category)
        section = normal_label(label, category) if structured else "body"
        paragraphs.append((section, f"{label}: {body}" if label and label.upper() != "UNLABELLED" else body))
    if not paragraphs:
        return None
    text = f"{title}\n\n" if title else ""
    sections = [Section(label="title", start=0, end=len(title))] if title else []
    for index, (section, paragraph) in enumerate(paragraphs):
        text += "\n" if index else ""
        sections.append(Section(label=section, start=len(text), end=len(text) + len(paragraph)))
        text += paragraph
    return text, tuple(sections)


def _article(record: Any, where: str, retrieved_at: str | None) -> Article | Failure:
    identifiers = _identifiers(record)
    if identifiers.pmid is None:
        return Failure(where=where, stage="parse", reason="a record without a PMID")
    name = f"pmid:{identifiers.pmid}"
    entity = next(record.iter(etree.Entity), None)
    if entity is not None:
        reason = f"the record holds the undeclared entity {entity.text}, so that its text is not whole"
        return Failure(where=where, stage="parse", reason=reason, document=name)
    title = _text(record.find(".//ArticleTitle")) or _text(record.find(".//BookTitle"))
    assembled = _assemble(title, record)
    if assembled is None:
        return Failure(where=where, stage="parse", reason="no abstract", document=name)
    language = _text(record.find(".//Language"))
    types = tuple(dict.fromkeys(filter(None, (_text(t) for t in record.iterfind(".//PublicationType")))))
    return make_article(
        id=name,
        text=assembled[0],
        kind="abstract",
        title=title or None,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{identifiers.pmid}/",
        source=_text(record.find(".//Journal/Title")) or _text(record.find(".//Publisher/PublisherName")) or None,
        language=_languages().get(language, language) or None,
        published=_published(record),
        authors=_authors(record),
        retrieved_at=retrieved_at,
        sections=assembled[1],
        identifiers=identifiers,
        links=_links(record, identifiers),
        updated=_date(record.find("./MedlineCitation/DateRevised")),
        status=_status(record, types),
        corrections=_corrections(record),
        publication_types=types,
        subjects=_subjects(record),
        registry_ids=_registry_ids(record),
    )


def _withdrawn(record: Any, where: str) -> Iterator[Failure]:
    for element in record.iterfind("PMID"):
        pmid = _text(element)
        if _DIGITS.fullmatch(pmid):
            yield Failure(where=where, stage="withdrawn", reason="deleted by PubMed", document=f"pmid:{pmid}")


def read_pubmed(
    source: Readable, *, where: str, retrieved_at: str | None = None, head: bytes = b""
) -> Iterator[Article | Failure]:
    """Yield the articles of a PubmedArticleSet in the order of the file, at constant memory.

    Text is the title, an empty line and the abstract, one line per labelled part ("LABEL: text"); sections are title,
    background, objective, methods, results, conclusions, other, or body for an abstract without labels. ``published``
    is the electronic date, else the issue's.

    Args:
        source: the XML, decompressed. where: file or address for failures. head: bytes already read from ``source``.

    Yields:
        An Article per record; a Failure for a record without PMID or abstract, and one of stage "withdrawn" for each
        citation that an update file deletes; a last Failure where the XML is
        malformed, refused or cut off.
    """
    count = 0
    try:
        for record in stream_elements(source, _RECORDS, where=where, head=head):
            count += 1
            if record.tag in ("DeleteCitation", "DeleteDocument"):
                yield from _withdrawn(record, where)
            else:
                yield _article(record, where, retrieved_at)
    except ParseError as error:
        reason = error.reason + (f" (after {count} records)" if count else "")
        yield Failure(where=where, stage="parse", reason=reason)
        return
    if count == 0:
        yield Failure(where=where, stage="parse", reason="the XML holds no PubMed record")
