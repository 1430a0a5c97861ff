"""The values that travel through the package: articles, spans, and the record of one document.

All structs are frozen. Offsets are Python string indices (code points), end exclusive, into ``document.text``, which is
never altered once an offset into it exists. The field names are the record contract, ``schemas/record.schema.json``;
fields may be added but never renamed, moved or dropped.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

from extractor.errors import RecordError

__all__ = [
    "MEASURES",
    "ONE_ARM_MEASURES",
    "SCHEMA_VERSION",
    "TWO_ARM_MEASURES",
    "Arm",
    "Article",
    "ArticleStatus",
    "Check",
    "Coded",
    "ConfidenceInterval",
    "Context",
    "Design",
    "Direction",
    "Dispersion",
    "Extractor",
    "Failure",
    "FollowUp",
    "Identifiers",
    "Intervention",
    "Kind",
    "Measure",
    "Mention",
    "MentionLabel",
    "Number",
    "Outcome",
    "PValue",
    "Period",
    "Population",
    "Record",
    "Result",
    "Section",
    "Span",
    "TimePoint",
    "TimeUnit",
    "Trial",
    "check_offsets",
    "decode_article",
    "decode_record",
    "encode_article",
    "encode_record",
    "make_article",
    "text_sha256",
]

SCHEMA_VERSION = "1"

Kind = Literal["news", "press_release", "abstract", "full_text", "registry"]
MentionLabel = Literal[
    "trial",
    "drug",
    "procedure",
    "behaviour",
    "condition",
    "population",
    "outcome",
    "organisation",
    "location",
    "biomarker",
]
Measure = Literal[
    "count", "percentage", "mean", "median", "rate", "change", "score", "other",
    "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_difference", "mean_difference",
    "standardized_mean_difference", "relative_reduction", "absolute_difference", "fold_change",
    "number_needed_to_treat", "comparison",
]  # fmt: skip
ONE_ARM_MEASURES: tuple[str, ...] = ("count", "percentage", "mean", "median", "rate", "change", "score", "other")
TWO_ARM_MEASURES: tuple[str, ...] = (
    "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_difference", "mean_difference",
    "standardized_mean_difference", "relative_reduction", "absolute_difference", "fold_change",
    "number_needed_to_treat", "comparison",
)  # fmt: skip
MEASURES: tuple[str, ...] = ONE_ARM_MEASURES + TWO_ARM_MEASURES
Direction = Literal["increased", "decreased", "no_difference"]
Context = Literal["reported", "background", "hypothesis"]
ArmRole = Literal["experimental", "comparator", "historical", "overall"]
OutcomeRole = Literal["primary", "secondary", "safety", "other"]
ArticleStatus = Literal["retracted", "concern", "corrected", "unknown"]
Numeric = int | float
TimeUnit = Literal["day", "week", "month", "year"]
Pair = tuple[int, int]
"""[start, end] in code points of document.text."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the document's text: ``document.text[start:end] == text``."""

    text: str
    start: int
    end: int


class Number(Span, frozen=True, kw_only=True):
    """A number as printed, with its value (an int where printed without decimals)."""

    value: Numeric


class Coded(Span, frozen=True, kw_only=True):
    """A span with a canonical value, such as a registry id ("NCT03978585") or a phase ("2")."""

    value: str


class Mention(Span, frozen=True, kw_only=True):
    """A named thing: ``concept`` is its preferred name (brand to generic, abbreviation to long form), ``id`` a CURIE
    where known."""

    label: MentionLabel
    concept: str | None = None
    id: str | None = None


class Intervention(Mention, frozen=True, kw_only=True):
    """A mention that an arm receives, with how it is given."""

    dose: Span | None = None
    route: Span | None = None
    schedule: Span | None = None
    duration: Span | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled part of the text, e.g. "title", "background", "methods", "results", "conclusions", "body"."""

    label: str
    start: int
    end: int


class Identifiers(msgspec.Struct, frozen=True, kw_only=True):
    """Identifiers of the document itself."""

    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """A document ready to be read; also the ``document`` of a Record.

    Attributes:
        id: unique name of the document (file name, address, "pmid:123", or the id of an input line).
        text: the exact text that is analysed, fixed once; ``sha256`` is the hash of its UTF-8 bytes.
        source: the site or collection it came from. language: BCP 47, such as "en".
        published, retrieved_at: ISO 8601 date or date-time as far as known.
        sections: labelled parts of ``text`` by offsets. links: addresses that the article links to.
        updated: ISO 8601 date of the last change that the source states. category: the site's section it stands in.
        addresses: further addresses that carry the same article. corrections: notes that say what was corrected.
        status: what its publisher or index says of its standing; "unknown" where nothing is said, which is not "sound".
        publication_types, subjects, registry_ids: as the index gives them (MEDLINE: publication types, MeSH headings,
            accession numbers of trial registries).
    """

    id: str
    kind: Kind = "news"
    title: str | None = None
    url: str | None = None
    source: str | None = None
    language: str | None = None
    published: str | None = None
    authors: tuple[str, ...] = ()
    text: str = ""
    sha256: str = ""
    retrieved_at: str | None = None
    sections: tuple[Section, ...] = ()
    identifiers: Identifiers = Identifiers()
    links: tuple[str, ...] = ()
    updated: str | None = None
    category: str | None = None
    addresses: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    status: ArticleStatus = "unknown"
    publication_types: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    registry_ids: tuple[str, ...] = ()


class Period(Span, frozen=True, kw_only=True):
    """A stretch of time: ``first`` and ``last`` as ISO 8601 dates with as many parts as printed."""

    first: str
    last: str


class FollowUp(Span, frozen=True, kw_only=True):
    """How long participants were followed; ``kind`` tells which length it is, null where the text does not."""

    value: Numeric
    unit: TimeUnit
    kind: Literal["median", "mean", "minimum", "maximum", "total"] | None = None


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """Design as stated: true, false or null (not stated); terms as CONSORT names them."""

    randomized: bool | None = None
    blinding: str | None = None
    allocation: str | None = None
    control: str | None = None
    multicentre: bool | None = None
    single_arm: bool | None = None
    noninferiority: bool | None = None


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """Who was studied; ``screened`` were looked at, ``enrolled`` randomised or included, ``analysed`` counted in the end."""

    description: Span | None = None
    eligibility: tuple[Span, ...] = ()
    age: tuple[Span, ...] = ()
    sex: Span | None = None
    ethnicity: tuple[Span, ...] = ()
    location: tuple[Span, ...] = ()
    enrolled: Number | None = None
    analysed: Number | None = None
    screened: Number | None = None


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """A group of the trial; ``label`` is the first full naming of it in the text, ``rule`` the id of what found it."""

    id: str
    role: ArmRole
    label: Span | None = None
    interventions: tuple[Intervention, ...] = ()
    size: Number | None = None
    rule: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint; ``concept`` is its preferred name where the vocabulary knows it, ``rule`` the id of what found it."""

    id: str
    name: Span
    concept: str | None = None
    role: OutcomeRole = "other"
    rule: str | None = None


class Dispersion(msgspec.Struct, frozen=True, kw_only=True):
    """Spread given with a mean or median; sd and se fill ``value``, iqr and range ``low`` and ``high``."""

    kind: Literal["sd", "se", "iqr", "range"]
    value: Numeric | None = None
    low: Numeric | None = None
    high: Numeric | None = None
    span: Pair | None = None
    low_span: Pair | None = None
    high_span: Pair | None = None


class ConfidenceInterval(msgspec.Struct, frozen=True, kw_only=True):
    """An interval as printed; ``level`` in percent, null where the text does not state it."""

    level: Numeric | None = None
    low: Numeric | None = None
    high: Numeric | None = None
    span: Pair | None = None


class PValue(msgspec.Struct, frozen=True, kw_only=True):
    """A p-value; ``kind`` tells an ordinary one from those for interaction or trend."""

    op: Literal["<", "=", ">", "<=", ">="]
    value: Numeric
    span: Pair | None = None
    kind: Literal["difference", "interaction", "trend", "noninferiority"] = "difference"


class TimePoint(msgspec.Struct, frozen=True, kw_only=True):
    """When the figure was taken: ``value`` in ``unit`` (hour, day, week, month, year, cycle)."""

    value: Numeric
    unit: str
    span: Pair | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure, bound to arm, outcome and time point.

    ``span`` covers the value as written (number and its unit). ``printed`` keeps the number string as printed, since
    trailing zeros matter to consistency checks. ``modifier`` keeps "about", "more than" and the like. ``rules`` maps
    each link ("arm", "outcome", "timepoint", ...) to the id of the rule that made it.
    """

    id: str
    measure: Measure
    outcome: str | None = None
    arm: str | None = None
    comparator: str | None = None
    value: Numeric | None = None
    unit: str | None = None
    span: Pair | None = None
    printed: str | None = None
    modifier: str | None = None
    events: Number | None = None
    total: Number | None = None
    baseline: Number | None = None
    dispersion: Dispersion | None = None
    ci: ConfidenceInterval | None = None
    p_value: PValue | None = None
    timepoint: TimePoint | None = None
    subgroup: Span | None = None
    direction: Direction | None = None
    significant: bool | None = None
    context: Context = "reported"
    sentence: Pair | None = None
    rules: dict[str, str] = {}


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial the document reports, or cites (role "background").

    ``sites`` and ``countries`` are the numbers printed; the countries' names are in ``population.location``.
    ``recruitment`` is when participants were enrolled or, where only that is told, when the trial was run.
    """

    id: str
    role: Literal["reported", "background"] = "reported"
    registry_ids: tuple[Coded, ...] = ()
    acronym: Span | None = None
    phase: Coded | None = None
    design: Design = Design()
    sponsor: Mention | None = None
    funders: tuple[Mention, ...] = ()
    sites: Number | None = None
    countries: Number | None = None
    recruitment: Period | None = None
    follow_up: FollowUp | None = None
    conditions: tuple[Mention, ...] = ()
    population: Population = Population()
    arms: tuple[Arm, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    results: tuple[Result, ...] = ()

    def _repr_html_(self) -> str:
        """Return what a notebook shows. The package is asked, which knows all stages; nothing here does."""
        import extractor

        return extractor.render(self)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of the arithmetic and consistency checks; ``result`` is the id of the result it is about."""

    kind: str
    severity: Literal["info", "warning", "error"]
    message: str
    result: str | None = None
    expected: str | None = None
    found: str | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be fetched, read or extracted: recorded, so that nothing is lost in silence.

    Attributes:
        where: the file, "file:line" or address. stage: what was being done; "withdrawn": the source takes the document
            back, and a store that holds it lets go of it. reason: what is wrong, in one sentence.
        document: id of the document, where one was known already.
    """

    where: str
    stage: Literal["fetch", "parse", "extract", "store", "withdrawn"]
    reason: str
    document: str | None = None


class Extractor(msgspec.Struct, frozen=True, kw_only=True):
    """The program that made the record."""

    name: str
    version: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Everything taken from one document."""

    document: Article
    extractor: Extractor
    schema_version: str = SCHEMA_VERSION
    mentions: tuple[Mention, ...] = ()
    trials: tuple[Trial, ...] = ()
    checks: tuple[Check, ...] = ()

    def _repr_html_(self) -> str:
        """Return what a notebook shows. The package is asked, which knows all stages; nothing here does."""
        import extractor

        return extractor.render(self)


def text_sha256(text: str) -> str:
    """Return the hexadecimal SHA-256 of the UTF-8 bytes of ``text`` (lone surrogates are passed through)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def make_article(*, id: str, text: str, **fields: Any) -> Article:
    """Return an Article with its hash filled in.

    Args:
        id: unique name of the document.
        text: the text to analyse; stored as it is.
        fields: any other field of Article except ``sha256``.

    Raises:
        TypeError: a field that Article does not have.
    """
    return Article(id=id, text=text, sha256=text_sha256(text), **fields)


_encoder = msgspec.json.Encoder()
_record_decoder = msgspec.json.Decoder(Record)
_article_decoder = msgspec.json.Decoder(Article)


def encode_record(record: Record) -> bytes:
    """Return the record as one line of JSON (UTF-8, no line break)."""
    return _encoder.encode(record)


def encode_article(article: Article) -> bytes:
    """Return the article as one line of JSON (UTF-8, no line break)."""
    return _encoder.encode(article)


def decode_record(data: bytes | str, *, where: str | None = None) -> Record:
    """Return the Record that ``data`` (JSON) holds.

    Raises:
        RecordError: ``data`` is not JSON or does not follow the record contract; ``where`` names its place.
    """
    try:
        return _record_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(f"not a record: {error}", where) from error


def decode_article(data: bytes | str, *, where: str | None = None) -> Article:
    """Return the Article that ``data`` (JSON) holds.

    Raises:
        RecordError: ``data`` is not JSON or not an article; ``where`` names its place.
    """
    try:
        return _article_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(f"not an article: {error}", where) from error


def _walk_spans(value: Any) -> list[Span]:
    if isinstance(value, Article):
        return []
    found: list[Span] = []
    if isinstance(value, Span):
        found.append(value)
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            found.extend(_walk_spans(getattr(value, name)))
    elif isinstance(value, tuple | list):
        for item in value:
            if not isinstance(item, int):
                found.extend(_walk_spans(item))
    return found


def _walk_pairs(value: Any) -> list[Pair]:
    found: list[Pair] = []
    if isinstance(value, msgspec.Struct) and not isinstance(value, Article):
        for name in value.__struct_fields__:
            item = getattr(value, name)
            if name in ("span", "low_span", "high_span", "sentence") and item is not None:
                found.append(item)
            else:
                found.extend(_walk_pairs(item))
    elif isinstance(value, tuple | list):
        for item in value:
            found.extend(_walk_pairs(item))
    return found


def check_offsets(record: Record) -> None:
    """Raise RecordError when any span of ``record`` does not stand in its document's text as it says."""
    text = record.document.text
    for span in _walk_spans(record):
        if not 0 <= span.start <= span.end <= len(text) or text[span.start : span.end] != span.text:
            raise RecordError(f"span [{span.start}, {span.end}] does not hold {span.text!r}", record.document.id)
    for start, end in _walk_pairs(record):
        if not 0 <= start <= end <= len(text):
            raise RecordError(f"[{start}, {end}] lies outside the text of {len(text)} characters", record.document.id)
    for section in record.document.sections:
        if not 0 <= section.start <= section.end <= len(text):
            raise RecordError(f"section {section.label!r} lies outside the text", record.document.id)
