"""Superscripts and inline blanks: how marked-up text becomes plain text without gaining or losing a character.

"10<sup>-4</sup>" must not become "10-4", and "survival<sup>3</sup>" must not become "survival3".
"""

from __future__ import annotations

import re
from functools import cache

from extractor.sources.tables import load_table

__all__ = ["collapse", "superscript"]

_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_EXPONENT = re.compile(r"[-−–+]?\d{1,3}(?:\.\d{1,2})?")
_SIGNED = re.compile(r"[-−–]\d{1,2}")
_REFERENCE = re.compile(r"[\[(]?\d{1,3}(?:\s?[,;–\-]\s?\d{1,3}){0,20}[\])]?")
_MARK = re.compile(r"[*†‡§¶‖#]{1,3}|[a-e]")
_LAST_WORD = re.compile(r"[^\W\d_]{1,20}$")


@cache
def _exponent_bases() -> frozenset[str]:
    return frozenset(row["before"] for row in load_table("superscripts.tsv", ("before", "kind")))


def collapse(text: str) -> str:
    """Return ``text`` with each run of ASCII white space as one blank and none at the ends (other blanks stay)."""
    return _BLANKS.sub(" ", text).strip(" ")


def superscript(before: str, inner: str, *, linked: bool = False, keep_marks: bool = False) -> str:
    """Return how a superscript reads in plain text.

    Args:
        before: the text directly before the superscript (its last 20 characters are enough).
        inner: the text of the superscript.
        linked: the superscript contains a link to a place in the same page, so it is a reference mark.
        keep_marks: keep what looks like a reference mark (abstracts carry none).

    Returns:
        "^" + inner for an exponent (after a digit, a unit or a statistic's symbol), "" for a reference mark, inner as
        it is for everything else ("CD4+", "1st", "®").
    """
    inner = collapse(inner)
    if not inner or (linked and not keep_marks):
        return ""
    last = before[-1:]
    word = _LAST_WORD.search(before[-24:])
    if _EXPONENT.fullmatch(inner):
        if last.isdigit() or (word is not None and (word[0] in _exponent_bases() or _SIGNED.fullmatch(inner))):
            return "^" + inner
        if not last or last.isspace() or last in "([/":
            return inner  # the mass number of an isotope stands before its element
    if keep_marks:
        return inner
    if _REFERENCE.fullmatch(inner) and last and not last.isspace():
        return ""
    return "" if _MARK.fullmatch(inner) and last and not last.isspace() else inner
