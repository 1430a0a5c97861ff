"""Sentences as the search for the sizes of groups sees them: plain text in which counts and groups are single marks.

"Of 57 women (29 on letrozole, 28 (49%) on placebo)" reads "of # women (# on @, # on @)". The marks: ``#`` a count, ``@`` the
name of one group, ``~`` the events of "16 of 120" or "16/120", ``%`` a percentage, ``¤`` a dose, duration, date or other
figure that counts nobody. A bracket that holds only a percentage is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from extractor.linking.arm_types import ArmMention
from extractor.linking.participants import WORD_NUMBER, numbers_in, read_number
from extractor.literals import PatternSet
from extractor.reading.types import Reading
from extractor.records import Number

__all__ = ["MarkedSentence", "Place", "mark_sentences"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The name of one group: its place in the text, the id of the arm, and the words."""

    start: int
    end: int
    arm: str


class MarkedSentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with marks for counts and groups.

    ``text``: with the marks. ``counts``, ``places``: what stands at each mark, by its index in ``text``.
    ``start``: where the sentence starts in the document.
    """

    text: str
    start: int
    counts: dict[int, Number]
    places: dict[int, Place]


Item = tuple[int, int, str, Number | Place | None]
"""The [start, end] of what a mark stands for, the mark, and what is counted or named there."""
_NO_COUNTS = frozenset(
    [
        "dose",
        "duration",
        "age",
        "date",
        "threshold",
        "grade",
        "identifier",
        "reference",
        "p_value",
        "interval",
        "estimate",
    ]
)
_DIGITS = re.compile(
    r"\d(?<![\w.,·$€£+-].)(?<![^\d]/.)(?:\d{0,2}(?:[, ]\d{3})+|\d*)(?![\w·%]|[.,]\d|-[a-z])"
)
_IN_WORDS = PatternSet([("words", re.compile(rf"\b{WORD_NUMBER}\b(?!th|-[a-z])"))])
_UNIT = re.compile(
    r" ?(?:mg|g|kg|ml|dl|l|mcg|µg|μg|iu|gy|cgy|mm|cm|mmol|nmol|mmhg|kcal|min|minutes|hours?|days?|weeks?|months?|years?|yrs?|wk|wks|"
    r"cycles?|courses|doses?|sessions|times|points?|fractions|units|h|d|y)\b(?! ?[=(])"
)
_PERCENT = re.compile(r"(?<![\w.])\d+(?:[.·,]\d+)?(?: ?%| per ?cent\b)")
_RANGE = re.compile(r"(?<![\w.])\d+(?:[.·]\d+)? ?(?:-|±|to ) ?\d+(?:[.·]\d+)?(?![\w/])")
_EVENTS = re.compile(
    r" ?(?:\(¤\) ?|\(%\) ?)?(?:/|of (?:the |these |all )?|out of (?:the )?|among (?:the )?|(?:deaths|events|recurrences|relapses|failures|responses) (?:among|in|of) (?:the )?)#"
)
_BRACKETED = re.compile(r" ?[(\[] ?%(?: ?, ?)? ?[)\]]")
_SIZE = re.compile(r"(?<![a-z0-9])[*_]{0,2}n[*_]{0,2} ?(?:=|:) ?(?=#)")
_BLANK = re.compile(r"\s+")
_LEAST_COUNT = 3
_YEAR_LENGTH = 4
_ASSIGNED = re.compile(
    r"(?: (?:patients|women|men|participants|people|subjects|adults|children))?(?: (?:were )?(?:randomly )?(?:assigned|allocated|randomi[sz]ed))?"
    r" (?:to|received|on)(?: receive| the| an?| matching)* "
)
_MARKS = str.maketrans({"#": " ", "@": " ", "~": " ", "¤": " "})


def mark_sentences(reading: Reading, plain: str, mentions: Sequence[ArmMention]) -> list[MarkedSentence]:
    """Return the sentences of ``reading`` that hold a count, marked, in order.

    Args:
        reading: the text read. plain: ``plain_text(reading.text)``. mentions: where arms are named.
    """
    named = [Place(start=m.start, end=m.end, arm=m.arm_ids[0]) for m in mentions if len(m.arm_ids) == 1]
    named.sort(key=lambda p: p.start)
    figures = [f for f in reading.figures if f.kind in _NO_COUNTS]
    marked: list[MarkedSentence] = []
    p = f = 0
    for start, end in reading.sentences:
        while p < len(named) and named[p].start < start:
            p += 1
        while f < len(figures) and figures[f].start < start:
            f += 1
        here: list[Place] = []
        while p < len(named) and named[p].end <= end:
            here.append(named[p])
            p += 1
        taken = []
        while f < len(figures) and figures[f].end <= end:
            taken.append((figures[f].start, figures[f].end))
            f += 1
        sentence = _mark(reading.text, plain, (start, end), here, taken)
        if sentence is not None and sentence.counts:
            marked.append(sentence)
    return marked


def _mark(
    text: str, plain: str, span: tuple[int, int], places: list[Place], figures: list[tuple[int, int]]
) -> MarkedSentence | None:
    """Return the sentence at ``span`` with its marks; None where nothing in it can be a count."""
    start, end = span
    numbers = numbers_in(plain, start, end, _DIGITS, _IN_WORDS)
    if not numbers:
        return None
    items: list[Item] = [(p.start, p.end, "@", p) for p in places]
    covered = bytearray(end - start)

    def cover(s: int, e: int) -> None:
        covered[s - start : e - start] = b"\1" * (e - s)

    def free(s: int, e: int) -> bool:
        return not any(covered[s - start : e - start])

    for place in places:
        cover(place.start, place.end)
    kept = [f for f in figures if free(*f) and not _looks_a_year(plain, f, places)]
    for pattern, mark in ((_PERCENT, "%"), (_RANGE, "¤")):
        for match in pattern.finditer(plain, start, end):
            if free(*match.span()):
                items.append((*match.span(), mark, None))
                cover(*match.span())
    counts: dict[int, Item] = {}
    for match in numbers:
        s, e = match.span()
        if free(s, e) and plain[s] != "0" and not _UNIT.match(plain, e):
            counts[s] = (s, e, "#", Number(text=text[s:e], start=s, end=e, value=read_number(match.group())))
    _leave_out(counts, kept, items)
    if not counts:
        return None
    return _join(plain, start, end, sorted([*items, *counts.values()], key=lambda i: (i[0], -i[1])))


def _looks_a_year(plain: str, figure: tuple[int, int], places: list[Place]) -> bool:
    """Whether what was read as a year is the number of a group: "and 1944 to placebo"."""
    s, e = figure
    if e - s != _YEAR_LENGTH or not plain[s:e].isdigit():
        return False
    following = next((p.start for p in places if p.start >= e), None)
    return following is not None and _ASSIGNED.fullmatch(plain, e, following) is not None


def _leave_out(counts: dict[int, Item], figures: list[tuple[int, int]], items: list[Item]) -> None:
    """Take out the counts inside figures that count nobody; the figures become items."""
    starts = sorted(counts)
    for s, e in figures:
        inside = [
            i for i in starts[bisect_left(starts, s) : bisect_left(starts, e)] if i in counts and counts[i][1] <= e
        ]
        if inside:
            items.append((s, e, "¤", None))
        for i in inside:
            del counts[i]


def _join(plain: str, start: int, end: int, items: list[Item]) -> MarkedSentence:
    """Put the marks in, then leave out doubled blanks and bracketed percentages."""
    view = plain[start:end].translate(_MARKS)
    pieces: list[str] = []
    at = start
    order: list[Number | Place | None] = []
    for s, e, mark, what in items:
        if s < at:
            continue
        pieces.append(view[at - start : s - start])
        pieces.append(mark)
        if what is not None:
            order.append(what)
        at = e
    pieces.append(view[at - start :])
    line = _BLANK.sub(" ", "".join(pieces))
    line = (
        line.replace("( ", "(")
        .replace(" )", ")")
        .replace(" ,", ",")
        .replace(" ;", ";")
        .replace("[ ", "[")
        .replace(" ]", "]")
    )
    line = _BRACKETED.sub("", line)
    line = _SIZE.sub("n=", line)
    counts: dict[int, Number] = {}
    places: dict[int, Place] = {}
    out = list(line)
    rest = iter(order)
    for i, mark in enumerate(line):
        if mark in "#@":
            what = next(rest)
            if isinstance(what, Number):
                if _EVENTS.match(line, i + 1):
                    out[i] = "~"
                elif what.value < _LEAST_COUNT:
                    out[i] = "¤"
                else:
                    counts[i] = what
            elif what is not None:
                places[i] = what
    return MarkedSentence(text="".join(out), start=start, counts=counts, places=places)
