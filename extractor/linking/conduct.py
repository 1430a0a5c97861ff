"""How a trial was conducted: sponsor and funders, sites, countries, recruitment period, length of follow-up, screening.

Rules: ``data/conduct.jsonl`` over the plain text. Only the stretches that speak of the trial itself are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, cast

import msgspec

from extractor.errors import LexiconError
from extractor.linking.participants import read_number
from extractor.linking.patterns import Rule, pattern_set
from extractor.reading.types import Reading
from extractor.records import FollowUp, Mention, Number, Period, TimeUnit

__all__ = ["Conduct", "find_conduct", "iso_date"]

_FILE = "conduct.jsonl"
_FIELDS = frozenset(
    ("sites", "countries", "recruitment", "follow_up", "screened", "sponsor", "sponsor_before", "funder")
)
_REACH = 160
"""How far behind its cue a sponsor's or funder's name may stand."""
_MOST_FUNDERS = 6
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE_PARTS = re.compile(r"(?P<month>[a-z]{3})[a-z]*|(?P<year>(?:19|20)\d\d)|(?P<day>\d{1,2})(?:st|nd|rd|th)?")
_RECRUITING = re.compile(
    r"enrol|recruit|random|includ|accru|enter|regist|assigned|allocated|screened|conducted|carried out|performed|took place"
    r"|undertaken|treated|patients|women|men|participants|children|adults"
)
_UNITS: dict[str, TimeUnit] = {"d": "day", "w": "week", "m": "month", "y": "year"}
Scope = tuple[int, int]


class Conduct(msgspec.Struct, frozen=True, kw_only=True):
    """What a text states of the conduct of its trial; what it does not state is null or empty."""

    sponsor: Mention | None = None
    funders: tuple[Mention, ...] = ()
    sites: Number | None = None
    countries: Number | None = None
    recruitment: Period | None = None
    follow_up: FollowUp | None = None
    screened: Number | None = None


def find_conduct(reading: Reading, plain: str, scopes: tuple[Scope, ...]) -> Conduct:
    """Return how the trial was conducted, as the stretches ``scopes`` of ``reading`` state it.

    Args:
        reading: the document as read. plain: ``plain_text(reading.text)``. scopes: [start, end] pairs.

    Raises:
        LexiconError: the rule file is malformed.
    """
    sponsors = _organisations(reading, plain, scopes, "sponsor")
    funders = _organisations(reading, plain, scopes, "funder")
    sponsor = next(iter(sponsors), None) or _sponsor_before(reading, plain, scopes)
    return Conduct(
        sponsor=sponsor,
        funders=tuple(funders[:_MOST_FUNDERS]),
        sites=_number(reading.text, plain, scopes, "sites"),
        countries=_number(reading.text, plain, scopes, "countries"),
        recruitment=_recruitment(reading.text, plain, scopes),
        follow_up=_follow_up(reading.text, plain, scopes),
        screened=_number(reading.text, plain, scopes, "screened"),
    )


def _matches(plain: str, scopes: tuple[Scope, ...], field: str) -> Iterator[tuple[Rule, re.Match[str]]]:
    """Yield the matches of the rules of ``field``, scope by scope."""
    if field not in _FIELDS:
        raise LexiconError(f"no field {field!r}", _FILE)
    for scope, rule, regex in pattern_set(_FILE, field=field).possible_in(plain, scopes):
        for match in regex.finditer(plain, *scope):
            yield rule, match


def _number(text: str, plain: str, scopes: tuple[Scope, ...], field: str) -> Number | None:
    for _, match in _matches(plain, scopes, field):
        start, end = match.span("n")
        value = read_number(plain[start:end])
        if value >= 1:
            return Number(text=text[start:end], start=start, end=end, value=value)
    return None


def iso_date(printed: str, year: str | None = None) -> str:
    """Return an English date as ISO 8601 with as many parts as it has ("30 June 2013" is "2013-06-30").

    Args:
        printed: the date in lower case. year: the year to take where ``printed`` has none.

    Raises:
        ValueError: there is no year.
    """
    month = day = None
    for match in _DATE_PARTS.finditer(printed):
        name = match.group("month")
        if name in _MONTHS:
            month = _MONTHS.index(name) + 1
        year = match.group("year") or year
        if match.group("day") and 1 <= int(match.group("day")) <= 31:
            day = int(match.group("day"))
    if year is None:
        raise ValueError(f"no year in {printed!r}")
    if month is None:
        return year
    return f"{year}-{month:02d}" if day is None else f"{year}-{month:02d}-{day:02d}"


def _recruitment(text: str, plain: str, scopes: tuple[Scope, ...]) -> Period | None:
    for rule, match in _matches(plain, scopes, "recruitment"):
        sentence = next((s for s in scopes if s[0] <= match.start() < s[1]), None)
        if sentence is None or not _RECRUITING.search(plain, *sentence):
            continue
        last = iso_date(match.group("last"))
        first = iso_date(match.group("first"), last[:4])
        if first > last:
            continue
        start, end = match.span()
        if rule.id == "recruitment-dash":
            start, end = start + 1, end - 1
        return Period(text=text[start:end], start=start, end=end, first=first, last=last)
    return None


def _follow_up(text: str, plain: str, scopes: tuple[Scope, ...]) -> FollowUp | None:
    found: list[tuple[bool, int, FollowUp]] = []
    for _, match in _matches(plain, scopes, "follow_up"):
        start, end = match.start("n"), match.end("unit")
        printed = match.group("n")
        value = float(printed) if "." in printed else read_number(printed)
        kind = match.group("kind")
        found.append(
            (
                kind not in ("median", "mean"),
                start,
                FollowUp(
                    text=text[start:end],
                    start=start,
                    end=end,
                    value=value,
                    unit=_UNITS[match.group("unit")[0]],
                    kind=cast(
                        Literal["median", "mean", "minimum", "maximum", "total"] | None,
                        "mean" if kind == "average" else kind,
                    ),
                ),
            )
        )
    # the typical length says more than that of one visit
    return min(found, key=lambda item: item[:2])[2] if found else None


def _organisations(reading: Reading, plain: str, scopes: tuple[Scope, ...], field: str) -> list[Mention]:
    """Return the organisations named behind a cue of ``field`` in its sentence, each once."""
    cues = [match.end() for _, match in _matches(plain, scopes, field)]
    if not cues:
        return []
    named: dict[str, Mention] = {}
    for mention in reading.mentions:
        if mention.label != "organisation":
            continue
        for cue in cues:
            end = next((e for s, e in reading.sentences if s <= cue < e), cue)
            if cue <= mention.start < min(end, cue + _REACH):
                named.setdefault(mention.concept or mention.text, mention)
    return list(named.values())


def _sponsor_before(reading: Reading, plain: str, scopes: tuple[Scope, ...]) -> Mention | None:
    if "sponsor" not in plain:
        return None
    rules = pattern_set(_FILE, field="sponsor_before")
    for mention in reading.mentions:
        if mention.label != "organisation" or not any(s <= mention.start < e for s, e in scopes):
            continue
        if rules.first(plain[mention.end : mention.end + 40]) is not None:
            return mention
    return None
