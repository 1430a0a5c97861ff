"""What reading hands to linking: plain values, no spaCy objects.

Of words, figures and tokens there are hundreds in a text and none holds another that holds it: the garbage collector need
not look at them (``gc=False``).
"""

from __future__ import annotations

import msgspec

from extractor.reading.tables import Table
from extractor.records import ConfidenceInterval, Dispersion, Mention, Number, Numeric, PValue, Section

__all__ = ["Figure", "Reading", "Token", "Word"]


class Word(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A token as the scan sees it: a run of letters and digits, a numeric literal, or one other character.

    ``lower`` is the token case-folded, with typographic blanks, dashes and decimal points made plain.
    """

    start: int
    end: int
    lower: str


class Figure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A number or statistic as the text prints it.

    Attributes:
        kind: "percent", "fraction" (n of N), "quantity" (number with unit), "number", "estimate", "p_value",
            "interval", "duration", "not_reached"; or, for what is never a result, "dose", "age", "date", "threshold",
            "group_size", "name", "design", "reference", "grade", "identifier".
        start, end: the whole stretch that was read. value_start, value_end: the value with its unit.
        value: the number; None for "not_reached" and bare intervals. high: upper end where the value is a range.
        printed: the number string as printed. decimals: digits after the decimal point as printed.
        measure: a measure of the record contract where the figure itself says it ("hazard_ratio", "mean", ...).
        rule: id of the pattern that read it.
    """

    kind: str
    start: int
    end: int
    value_start: int
    value_end: int
    rule: str
    value: Numeric | None = None
    high: Numeric | None = None
    unit: str | None = None
    printed: str | None = None
    decimals: int = 0
    modifier: str | None = None
    measure: str | None = None
    events: Number | None = None
    total: Number | None = None
    baseline: Number | None = None
    dispersion: Dispersion | None = None
    ci: ConfidenceInterval | None = None
    p_value: PValue | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A token after the figures were read: a word, a punctuation mark, or one whole figure."""

    start: int
    end: int
    lower: str
    kind: str
    figure: Figure | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Everything read in one text, in the order of the text.

    ``plain`` is the plain copy (scan.plain_text) of the prose, tables blanked, as long as the text (scan.plain_of). ``sentences`` are
    [start, end] pairs of the prose; ``tokens`` cover all that is not blank; ``figures`` are the figures of
    ``tokens``; ``mentions`` are terms of the vocabularies with abbreviations resolved.
    """

    text: str
    kind: str
    title: str | None
    sections: tuple[Section, ...]
    sentences: tuple[tuple[int, int], ...]
    words: tuple[Word, ...]
    tokens: tuple[Token, ...]
    figures: tuple[Figure, ...]
    mentions: tuple[Mention, ...]
    abbreviations: dict[str, str]
    plain: str = ""
    tables: tuple[Table, ...] = ()
    table_mentions: tuple[Mention, ...] = ()
