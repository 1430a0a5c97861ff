"""Notes of correction, clarification or retraction: what a page says of its own mistakes.

They are taken out of the body, because they repeat the wrong figure, and kept as texts of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from extractor.errors import LexiconError
from extractor.records import ArticleStatus
from extractor.sources.blocks import Block, key
from extractor.sources.markup import collapse
from extractor.sources.page import Page
from extractor.sources.tables import load_table, markup_names

__all__ = ["Notes", "take_notes"]

_KINDS: dict[str, ArticleStatus] = {"correction": "corrected", "clarification": "unknown", "retraction": "retracted"}
_MATCHES = frozenset(("heading", "starts", "contains"))
_LONGEST = 200
_TAGS = ("p", "div", "aside", "section", "li", "footer")


@dataclass(frozen=True, slots=True)
class _Cue:
    kind: str
    match: str
    max_words: int
    text: str


@dataclass(frozen=True, slots=True)
class Notes:
    """The blocks without the notes, the notes as printed, and the standing that they give the article."""

    blocks: list[Block]
    texts: tuple[str, ...]
    status: ArticleStatus


@cache
def _cues() -> tuple[_Cue, ...]:
    found: list[_Cue] = []
    for row in load_table("corrections.tsv", ("kind", "match", "max_words", "cue")):
        if row["kind"] not in _KINDS or row["match"] not in _MATCHES or not row["max_words"].isdigit():
            raise LexiconError(f"unknown kind or match, or max_words is no number, in {row}", "corrections.tsv")
        if not row["cue"] or row["cue"] != row["cue"].lower():
            raise LexiconError(f"the cue is empty or not lower case in {row}", "corrections.tsv")
        found.append(_Cue(row["kind"], row["match"], int(row["max_words"]), row["cue"]))
    return tuple(found)


def _find(text: str) -> _Cue | None:
    """Return the cue that makes a block's text a note or the heading of one, or None."""
    folded = " ".join(text.casefold().replace("’", "'").split())
    if len(folded) > _LONGEST * 10:
        return None
    words = folded.count(" ") + 1
    for cue in _cues():
        if words > cue.max_words:
            continue
        if cue.match == "heading":
            hit = folded.strip(" :.*[]()") == cue.text
        else:
            hit = folded.lstrip("*[(– ").startswith(cue.text) if cue.match == "starts" else cue.text in folded
        if hit:
            return cue
    return None


def take_notes(page: Page, blocks: Sequence[Block]) -> Notes:
    """Return the blocks of a page without its notes of correction, and the notes.

    Notes are looked for in the blocks and in the boxes that the page's markup names so (``correction_class``).

    Args:
        page: the page after ``prepare_body``. blocks: what was chosen from it, not yet cleaned.
    """
    kept: list[Block] = []
    found: dict[str, str] = {}
    kinds: list[str] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        cue = _find(block.text)
        index += 1
        if cue is None:
            kept.append(block)
            continue
        text = block.text
        if cue.match == "heading":
            if index >= len(blocks) or not blocks[index].is_sentence or blocks[index].words > _LONGEST:
                kept.append(block)
                continue
            text = blocks[index].text
            index += 1
        found.setdefault(key(text), text)
        kinds.append(cue.kind)
    for text in _boxed(page):
        cue = _find(text)
        if (
            cue is not None
            and cue.match != "heading"
            and not any(key(text) in name or name in key(text) for name in found)
        ):
            found[key(text)] = text
            kinds.append(cue.kind)
    status: ArticleStatus = "unknown"
    if kinds:
        status = "retracted" if "retraction" in kinds else "corrected" if "correction" in kinds else "unknown"
    return Notes(kept, tuple(found.values()), status)


def _boxed(page: Page) -> list[str]:
    names = markup_names("correction_class")
    found: list[str] = []
    for element in page.tree.iter(*_TAGS):
        own = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        if own != " " and any(name in own for name in names):
            text = "".join(element.itertext())
            plain = text.replace(page.link_open, "").replace(page.link_close, "").replace(page.blank, " ")
            if 0 < len(plain) <= _LONGEST * 10:
                found.append(collapse(plain.replace("\n", " ")))
    return found
