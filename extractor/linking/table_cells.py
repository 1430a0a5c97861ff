"""The figures in one cell of a table: "12.3 ± 4.5", "16 (53.3)", "42/402 (10.5)", "1.3 (1.0-4.1)", "<0.001".

A cell is read by one pattern from its beginning; what its bracket means is settled by the words around (see
extractor.linking.table_values). Places are offsets into the cell's text.
"""

from __future__ import annotations

import re

import msgspec

from extractor.records import Numeric

__all__ = ["CellFigure", "Part", "is_figure", "parse_number", "read_cell"]

_NUM = r"[-−–+]?\ ?(?:\d{1,3}(?:[,\ ]\d{3})+(?![\d])(?:[.·]\d+)?|\d*[.·]?\d+)"
_BLANKS = str.maketrans(dict.fromkeys("\xa0\u2009\u202f\u2008\u2002\u2003\u2005\u200a", " "))
_CELL = re.compile(
    rf"""
    (?P<op>[<>=≤≥~≈])?\ ?(?P<main>{_NUM})\ ?(?P<pct>%)?(?:\ ?(?P<of>/|\bof\b)\ ?(?P<total>\d[\d,]*)(?![\d.]))?
    (?:\ ?(?P<pm>±|\+/-|\+-)\ ?(?P<spread>{_NUM}))?
    (?:\ ?[(\[]\ ?n?=?\ ?(?:[A-Z][A-Za-z]{{0,3}}[:=]?\ ?)?(?P<bpm>±|\+/-)?\ ?(?P<b1>{_NUM})\ ?(?P<b1pct>%)?
       (?:\ ?(?P<bsep>--|-|–|—|−|,|;|:|\bto\b|/|\.\.)\ ?(?P<b2>{_NUM})\ ?(?P<b2pct>%)?)?
       (?:[,;]\ ?(?P<rest>[^()\[\]]{{0,30}}))?\ ?[)\]])?
    """,
    re.VERBOSE,
)  # fmt: skip
_UNIT_TAIL = re.compile(r"\s?[a-zA-Zμµ°/%²*†‡§^+()a-e. ]{0,14}$")
_RANGE_ONLY = re.compile(rf"[(\[]? ?(?P<low>{_NUM}) ?(?:--|–|—|to|,|;|-) ?(?P<high>{_NUM}) ?[)\]]?$")
_INTERVAL_LABEL = re.compile(r"[(\[]?\s?9[059]\s?%\s?[Cc]")
_BRACKETED = re.compile(r"^[(\[±]{1,2} ?(?=[-−–+]?[\d.])")


class Part(msgspec.Struct, frozen=True):
    """A number of a cell with its place in the cell's text."""

    value: Numeric
    start: int
    end: int


class CellFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A cell's figures: the main number, what follows "/", "±", and one or two numbers in brackets."""

    main: Part
    op: str | None = None
    percent: bool = False
    total: Part | None = None
    spread: Part | None = None
    first: Part | None = None
    second: Part | None = None
    bracket_percent: bool = False
    only_range: bool = False
    bracket_fraction: bool = False


def parse_number(text: str) -> Numeric:
    """Return the value of a printed number: minus signs, thousands and decimal points as journals print them.

    Raises:
        ValueError: ``text`` is no number.
    """
    plain = text.translate(_BLANKS).replace("−", "-").replace("–", "-").replace("·", ".").replace(" ", "").lstrip("+")
    plain = plain.replace(",", "")
    return int(plain) if re.fullmatch(r"-?\d+", plain) else float(plain)


def is_figure(text: str) -> bool:
    """Return whether a cell begins with a number (after a bracket, a sign or a comparison) and is no "(95% CI)"."""
    if _INTERVAL_LABEL.match(text):
        return False
    return re.match(r"[<>=≤≥~(\[±+−–-]{0,3} ?[-−–]? ?[.·]?\d", text.translate(_BLANKS)) is not None


def read_cell(text: str) -> CellFigure | None:
    """Return the figures of a cell, or None where its text is not a number with its spread, total or interval."""
    plain = text.translate(_BLANKS)
    opening = _BRACKETED.match(plain)
    start = opening.end() if opening else 0
    lone = _RANGE_ONLY.fullmatch(plain)
    if lone is not None and not re.match(_NUM + r"$", plain):
        low, high = _part(lone, "low"), _part(lone, "high")
        if low is not None and high is not None:
            return CellFigure(main=low, first=low, second=high, only_range=True)
    match = _CELL.match(plain, start)
    if match is None:
        return None
    rest = plain[match.end() :].lstrip(" )]")
    if rest and not _UNIT_TAIL.fullmatch(rest) and not rest.startswith(("(", "[", ",", ";")):
        return None
    main = _part(match, "main")
    if main is None:
        return None
    return CellFigure(
        main=main,
        op=match["op"],
        percent=match["pct"] is not None,
        total=_part(match, "total"),
        spread=_part(match, "spread") or (_part(match, "b1") if match["bpm"] else None),
        first=None if match["bpm"] else _part(match, "b1"),
        second=_part(match, "b2"),
        bracket_percent=match["b1pct"] is not None or match["b2pct"] is not None,
        bracket_fraction=match["bsep"] == "/",
    )


def _part(match: re.Match[str], name: str) -> Part | None:
    if match[name] is None:
        return None
    start, end = match.span(name)
    try:
        return Part(parse_number(match[name]), start, end)
    except ValueError:
        return None
