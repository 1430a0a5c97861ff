"""Superscripts and inline blanks: how marked-up text becomes plain text without gaining or losing a character.

"10<sup>-4</sup>" must not become "10-4", and "survival<sup>3</sup>" must not become "survival3".
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lxml import etree, html

from extractor.sources.tables import load_table

__all__ = ["collapse", "plain_html", "superscript"]

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


def plain_html(fragment: str) -> str:
    """Return the text of a piece of HTML, as indexes put it into titles and abstracts: inline tags dissolved, entities read,
    superscripts visible, white space collapsed.

    Args:
        fragment: what an index prints; text without markup is given back as it is.
    """
    if "<" not in fragment and "&" not in fragment:
        return collapse(fragment)
    try:
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
        root = html.fragment_fromstring(fragment.encode("utf-8", "replace"), create_parent="div", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, RecursionError):
        return collapse(fragment)
    return collapse(_inline_text(root))


def _inline_text(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in ("script", "style"):
            inner = _inline_text(child)
            if child.tag == "sup":
                inner = superscript("".join(parts)[-24:], inner, keep_marks=True)
            parts.append(f" {inner} " if child.tag in ("p", "br", "div", "li", "h4") else inner)
        parts.append(child.tail or "")
    return "".join(parts)
