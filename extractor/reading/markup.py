"""Markdown marks inside a text: emphasis, footnote references, link targets, headings.

Marks are blanked in a copy of the same length, so that offsets hold in the stored text, which is never altered.
"""

from __future__ import annotations

import re

__all__ = ["blank_markup", "has_markup", "without_script_marks"]

_SIGNS = re.compile(
    r"\]\(#|(?:^|[.!?)] |\n)#{1,6} [A-Z]|::: ?[a-z]|(?<!\w)\*{1,3}[A-Za-z]{1,30}\*|\n[ ]*\|?[ :]*-{3,}[ |]"
)
_IN_SIGNS = ("#", ":::", "*", "---")
"""What stands in every text that ``_SIGNS`` matches."""
_HEADING = re.compile(
    r"(?<=\s)#{1,6} +(?:\d{1,2}(?:\.\d{1,2}){0,2}\.? )?(?P<words>[A-Z][\w'’,/()-]{0,40}(?: [\w'’,/()&-]{1,40}){0,11}?)"
    r"(?P<gap> )(?=(?:The|We|In|There|At|Of|A|An|After|Among|During|Mean|Median|No|All|Both|For|This|These|From|Between|On|Table|Figure|Overall|Most|Patients|Participants|As|To|Two|Three|Our|It|Significantly|Compared)(?! and\b| or\b) [a-z]|\d+[ .%])"
    r"|(?<=\s)#{1,6} +(?P<low>[A-Z][\w'’,/()-]{0,40}(?: [a-z(][\w'’,/()&-]{0,40}){1,11})(?P<gap2> )(?=[A-Z][a-z]+ )"
)
_LABEL = re.compile(
    r"(?<!\S)#{1,6} +(?:\d{1,2}(?:\.\d{1,2}){0,2}\.? )?(?i:abstract|background|introduction|objectives?|aims?|purpose|methods|materials and methods|patients and methods|methods and findings|results|findings|conclusions?|discussion|interpretation|trial registration|funding):? (?=[A-Z0-9(*])",
)
_MARKS = re.compile(
    r"""
    \^?\[[^\[\]\n]{0,12}\]\(\#\)(?:,?\s\[[^\[\]\n]{0,12}\]\(\#\))*\^?   # footnote or table reference [a](#), ^[a](#)^
  | \]\(\#\)|\]\(https?://[^()\s]{1,300}\)|\]\{\.smallcaps\}
  | !\[\]\([^()\s]{0,200}\)
  | (?<=\w)~(?=[\w ]{1,8}~)|(?<=[\w ])~(?=\W|$)                            # HbA~1c~
  | \^(?:[a-z*†‡§¶|\#]{1,3}(?:,\ ?[a-z*†‡§¶]{1,2})*)\^                        # ^a^, ^a,b^
  | (?<=[)\w%.])[*†‡§¶]+(?!\w)                                            # 0.02*, 12 (4)**
  | [*†‡§¶]+
  | :{3,}(?:\ ?(?:caption|table-wrap))?
  | (?:(?<=\n)|(?<=[.!?:)\]]\ )|^)\#{1,6}(?=\s)
  | (?<=\s)\#{2,6}(?=\s)
  | </?[a-z]{1,12}(?:\s[^<>]{0,200})?/?>
    """,
    re.VERBOSE,
)


_SCRIPT = re.compile(r"~([^~^\s]{1,8})~|\^([^~^\s]{1,8})\^")


def without_script_marks(text: str) -> str:
    """Return ``text`` with the signs of subscripts and superscripts left out: "HbA~1c~" becomes "HbA1c"."""
    return _SCRIPT.sub(lambda m: m[1] or m[2], text)


def has_markup(text: str) -> bool:
    """Return whether ``text`` carries Markdown marks at all, so that plain prose is left alone."""
    return any(sign in text for sign in _IN_SIGNS) and _SIGNS.search(text) is not None


def blank_markup(text: str) -> str:
    """Return ``text`` with its marks replaced by blanks; same length, so every offset carries over.

    The mark of a heading becomes line ends: a sentence begins there."""
    if "# " in text:
        text = _LABEL.sub(_end_label, text)
        text = _HEADING.sub(_end_heading, text)
    return _MARKS.sub(_blank, text)


def _end_heading(match: re.Match[str]) -> str:
    """A heading within a line ("## Pain at rest The mean score ...") ends where its sentence begins."""
    gap = match.start("gap") if match["gap"] is not None else match.start("gap2")
    at = gap - match.start()
    return match.group()[:at] + "\n" + match.group()[at + 1 :]


def _end_label(match: re.Match[str]) -> str:
    """A section's own name ends its heading, whatever sentence follows ("## Results Cough fell")."""
    return match.group()[:-1] + "\n"


def _blank(match: re.Match[str]) -> str:
    mark = match.group()
    return ("\n" if mark[0] == "#" else " ") * len(mark)
