"""One scan over the raw text: numeric literals, words and marks, with exact offsets; sentence borders.

The scan works on a copy of the text in which typographic blanks, dashes and decimal points are made plain. The copy has
the same length, so that every offset holds in the stored text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from extractor.reading.types import Reading, Word

__all__ = ["plain_of", "plain_text", "scan_words", "split_sentences"]

_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200b\ufeff\t\r"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_TABLE = {ord(c): " " for c in _BLANKS}
_TABLE.update({ord(c): "-" for c in _DASHES})
_TABLE.update({ord("\u2264"): "≤", ord("\u2a7d"): "≤", ord("\u2265"): "≥", ord("\u2a7e"): "≥", ord("\u2019"): "'",
               ord("\u2018"): "'", ord("\u201c"): '"', ord("\u201d"): '"', ord("\u2044"): "/", ord("\u2215"): "/",
               ord("\u00d7"): "×", ord("\u2715"): "×", ord("\u22c5"): "·", ord("\u2219"): "·", ord("\uff1d"): "="})  # fmt: skip

_LONG = 1000


def _lower(text: str) -> str:
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    # a few letters grow when lower-cased (U+0130); keep those as they are so that offsets hold
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def plain_text(text: str) -> str:
    """Return ``text`` lower-cased, with plain blanks, dashes and quotes; same length, so offsets carry over."""
    if text.isascii():
        return text.lower().replace("\t", " ").replace("\r", " ")
    return _plain_long(text) if len(text) > _LONG else _lower(text.translate(_TABLE))


@lru_cache(maxsize=2)
def _plain_long(text: str) -> str:
    """The stages of linking ask for the plain copy of a whole document one after the other."""
    return _lower(text.translate(_TABLE))


def plain_of(reading: Reading) -> str:
    """Return the plain copy of the prose of ``reading``, made now where the reading does not carry it."""
    return reading.plain or plain_text(reading.text)


_UNITS_GLUED = (
    "mg|g|kg|ml|dl|mmhg|h|hr|hrs|wk|wks|mo|mos|yr|yrs|y|d|min|mins|day|days|week|weeks|month|months|year|years|cm|mm|gy|cgy|"
    "µg|μg|mcg|iu|fold|kcal|mmol|ms|sec|bpm|pp"
)
_NUMBER = r"""
    \d{1,6}(?:\.\d{1,6}){2,}(?!\w)                                             # 4.0.2 is a version, no number
  | \d++(?:\.\d++)?\ ?[×x*]\ ?10\ ?\(\ ?[-+]?\d{1,2}\ ?\)                     # 32.5 x 10 ( 4 ), as old abstracts print powers
  | \d++(?:\.\d++)?\ ?[×x*]\ ?10\ ?(?:\^|\*\*)?\ ?[-+]?\d{1,3}(?![\d.]{0,12}%)   # 5×10-4, 5 x 10^-4
  | \d++(?:\.\d++)?e[-+]?\d{1,3}\b                                             # 1.2e-5
  | \d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])                                       # 13,078
  | \d+[.·]\d+(?![.·]?\d)                                                      # 0.57, 0·57
  | (?<![\w.)])[.·]\d+                                                         # .57
"""
_DIGITS = rf"\d++(?:(?![^\W\d_])|(?=(?:{_UNITS_GLUED})(?![^\W_])))"
_WORD = r"[^\W_]+"
_LETTERS = r"[^\W\d_][^\W_]*+"
_LONG_DASH = r"(?<=\d)--(?=\d)"
_TOKEN = re.compile(rf"{_LETTERS}|{_NUMBER}|{_DIGITS}|{_WORD}|{_LONG_DASH}|[^\s]", re.VERBOSE)
_COMMA_DECIMAL = re.compile(r"\d(?<![\d.,].)\d{0,2},\d{1,2}(?![\d,]|\.\d)")
_COMMA_TOKEN = re.compile(rf"{_LETTERS}|\d+,\d+(?![\d,])|{_NUMBER}|{_DIGITS}|{_WORD}|{_LONG_DASH}|[^\s]", re.VERBOSE)
_DOT_DECIMAL = re.compile(r"\d[.·]\d")
_BLANK_THOUSANDS = re.compile(r"\d \d{3}(?!\d)")


def uses_decimal_comma(plain: str) -> bool:
    """Tell whether the document prints its decimals with a comma ("0,57"), and does so throughout."""
    return len(_COMMA_DECIMAL.findall(plain)) >= 3 and not _DOT_DECIMAL.search(plain)


def scan_words(text: str, plain: str | None = None) -> list[Word]:
    """Return the words, numeric literals and marks of ``text`` in order.

    Args:
        text: the text as stored. plain: ``plain_text(text)`` where the caller has it already.
    """
    plain = plain_text(text) if plain is None else plain
    pattern = _COMMA_TOKEN if uses_decimal_comma(plain) else _TOKEN
    words = [Word(*m.span(), m.group()) for m in pattern.finditer(plain)]
    if "--" in plain:
        # the dash of a range, as Markdown writes it: "2.2--5.2"
        words = [Word(w.start, w.end, "-") if w.lower == "--" else w for w in words]
    return _join_blank_thousands(text, words) if _BLANK_THOUSANDS.search(plain) else words


def _join_blank_thousands(text: str, words: list[Word]) -> list[Word]:
    """Join "2 000" printed with a thin or no-break blank, and with a plain one before a counted noun."""
    joined: list[Word] = []
    i = 0
    while i < len(words):
        word = words[i]
        j = i
        if word.lower.isdigit() and len(word.lower) <= 3 and word.lower[0] != "0":
            while (
                j + 1 < len(words)
                and words[j + 1].start == words[j].end + 1
                and len(words[j + 1].lower) == 3
                and words[j + 1].lower.isdigit()
                and (
                    text[words[j].end] in "\u202f\u2009\u00a0\u2008"
                    or words[j + 1].lower[0] == "0"
                    or _counted(words, j + 2)
                )
            ):
                j += 1
        if j > i:
            joined.append(Word(word.start, words[j].end, "".join(w.lower for w in words[i : j + 1])))
        else:
            joined.append(word)
        i = j + 1
    return joined


_COUNTED = frozenset(
    [
        "patients",
        "people",
        "participants",
        "women",
        "men",
        "adults",
        "children",
        "infants",
        "subjects",
        "persons",
        "individuals",
        "cases",
    ]
)


def _counted(words: list[Word], i: int) -> bool:
    return i < len(words) and words[i].lower in _COUNTED


_BORDER = re.compile(r"(?<=[.!?])[\"')\]”’]*\s+(?=[\"'(\[“‘]?[A-Z0-9<>])|\n\s*\n|\n(?=\S)|(?<=[.!?][\"”’])\s+(?=[A-Z])")
_NO_BORDER_AFTER = re.compile(
    r"(?:\b(?:vs|v|e\.g|i\.e|cf|fig|figs|al|dr|mr|mrs|ms|prof|st|no|nos|approx|ca|resp|inc|ltd|co|corp|jr|sr|dept|univ|jan|feb|mar|apr|"
    r"jun|jul|aug|sept|sep|oct|nov|dec|u\.s|u\.k|ph\.d|m\.d|subsp|spp|max|min|incl|excl|b\.i\.d|q\.d|t\.i\.d|i\.v|p\.o|s\.c|"
    r"s\.d|s\.e|s\.e\.m|n\.s|c\.i|mo|yr|yrs|wk|wks|hr|hrs)|(?<![A-Za-z0-9])[A-Z])\.\s*$",
    re.IGNORECASE)  # fmt: skip
_LONGEST_SENTENCE = 4000
_UNIT_THEN_NEW = re.compile(r"\d\s*(?:mo|yrs?|wks?|hrs?)\.\s*$", re.IGNORECASE)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the [start, end] pairs of the sentences of ``text``, without blanks at either side.

    A line break ends a sentence; a full stop does where a capital letter, digit or bracket follows, unless the word
    before it is a known abbreviation, or one lone letter.
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    for m in _BORDER.finditer(text):
        if "\n" not in m.group():
            window = text[max(start, m.start() - 12) : m.start()].rstrip("\"')]”’ ")
            if _NO_BORDER_AFTER.search(window) and not _UNIT_THEN_NEW.search(window):
                continue
            following = text[m.end() : m.end() + 1]
            if following.isdigit() and window[-1:] == "." and window[-2:-1].isdigit() is False and len(window) < 3:
                continue
        _append(sentences, text, start, m.start() if "\n" in m.group() else m.end())
        start = m.end()
    _append(sentences, text, start, len(text))
    return sentences


def _append(sentences: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > _LONGEST_SENTENCE:
        # no sentence is that long; what looks like one (a list without marks, junk) must not cost the square of its length
        cut = text.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
        cut = cut if cut > start else start + _LONGEST_SENTENCE
        sentences.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        sentences.append((start, end))
