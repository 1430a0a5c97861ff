"""Takes out of an article's blocks what is not the article: share bars, related links, comment forms, author boxes.

The cues are data (``data/boilerplate.tsv``); this module says only how they are applied. A cue never touches a block
that is longer than the cue allows, so that a sentence of the article which happens to begin like a cue stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from extractor.errors import LexiconError
from extractor.sources.blocks import Block, key
from extractor.sources.tables import load_table

__all__ = ["Cleaned", "clean"]

_COLUMNS = ("action", "match", "place", "max_words", "cue")
_ACTIONS = frozenset(("drop", "list", "end", "references", "company"))
_MATCHES = frozenset(("equals", "starts", "ends", "contains"))
_PLACES = frozenset(("any", "head", "tail"))
_EDGES = " \t\n.:;,…!?*|»«›‹<>→-–—•·"
_OPENING_EDGES = " \t\n:;,…*|»«›‹<>→-–—•·[("
_COUNT = re.compile(r"^\(?\d{1,6}\)? | ?[(\[]?\d{1,6}[)\]]?$")
_LONG_PARAGRAPH = 18
_TAG_WORDS = 4


@dataclass(frozen=True, slots=True)
class _Cue:
    action: str
    match: str
    place: str
    max_words: int
    text: str


@dataclass(slots=True)
class Cleaned:
    """The article's blocks, and the closing blocks (reference list) whose links still count as the article's."""

    blocks: list[Block] = field(default_factory=list)
    references: list[Block] = field(default_factory=list)


@cache
def _cues() -> tuple[dict[str, list[_Cue]], list[_Cue]]:
    """Return the cues: those for whole blocks by their text, and all others."""
    whole: dict[str, list[_Cue]] = {}
    partial: list[_Cue] = []
    for row in load_table("boilerplate.tsv", _COLUMNS):
        if row["action"] not in _ACTIONS or row["match"] not in _MATCHES or row["place"] not in _PLACES:
            raise LexiconError(f"unknown action, match or place in {row}", "boilerplate.tsv")
        if not row["max_words"].isdigit():
            raise LexiconError(f"max_words is not a number in {row}", "boilerplate.tsv")
        cue = _Cue(row["action"], row["match"], row["place"], int(row["max_words"]), row["cue"])
        if cue.match == "equals":
            whole.setdefault(cue.text, []).append(cue)
        else:
            partial.append(cue)
    return whole, partial


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())


def _hits(cue: _Cue, text: str) -> bool:
    if cue.match == "starts":
        return text.startswith(cue.text)
    return text.endswith(cue.text) if cue.match == "ends" else cue.text in text


def _find(block: Block, place: str, actions: frozenset[str]) -> _Cue | None:
    """Return the first cue that fits a block which stands at ``place`` ("head", "any" or "tail")."""
    whole, partial = _cues()
    text = _normal(block.text)
    words = block.words
    bare = text.strip(_EDGES)
    candidates = whole.get(bare) or whole.get(text) or whole.get(_COUNT.sub("", bare).strip(_EDGES), [])
    for cue in candidates:
        if cue.action in actions and cue.place in ("any", place):
            return cue
    opened = text.lstrip(_OPENING_EDGES)
    for cue in partial:
        if cue.action not in actions or words > cue.max_words or cue.place not in ("any", place):
            continue
        # A sentence at the head that begins like a byline ("By adding ...") is the article's lead.
        if cue.place == "head" and cue.max_words <= 25 and block.is_sentence:
            continue
        if _hits(cue, opened if cue.match == "starts" and not cue.text.startswith("(") else text):
            return cue
    return None


_CLEANING = frozenset(("drop", "list", "end", "references"))


def _is_company_profile(block: Block) -> bool:
    text = _normal(block.text)
    _, partial = _cues()
    return sum(cue.text in text for cue in partial if cue.action == "company" and block.words <= cue.max_words) >= 2


def _link_lines(blocks: Sequence[Block]) -> set[int]:
    """Return the indexes of blocks that are nothing but a link, unless they carry the article (a page all of links)."""
    found = {
        index
        for index, block in enumerate(blocks)
        if block.link_share >= 0.9 and block.kind != "head" and (not block.is_sentence or block.words < 25)
    }
    total = sum(len(block.text) for block in blocks)
    return found if sum(len(blocks[index].text) for index in found) * 10 < total * 4 else set()


def _after_list(blocks: Sequence[Block], start: int) -> int:
    """Return the index after the links, list items and unfinished lines that follow a "related articles" line."""
    index = start
    while index < len(blocks):
        block = blocks[index]
        if block.kind == "head" and index > start and index + 1 < len(blocks) and blocks[index + 1].is_prose:
            break
        if block.is_prose and block.kind != "item" and block.link_share < 0.6:
            break
        index += 1
    return index


def _drop_repeats_and_title(blocks: Sequence[Block], names: frozenset[str]) -> list[Block]:
    """Drop lines at the head that repeat the title or a category, and paragraphs that stood before."""
    kept: list[Block] = []
    seen: set[str] = set()
    prose = False
    for block in blocks:
        name = key(block.text)
        if (not prose and name in names) or (block.is_prose and name in seen):
            continue
        if block.text.startswith(("http://", "https://")) and " " not in block.text:
            continue
        prose = prose or block.words >= _LONG_PARAGRAPH
        seen.add(name)
        kept.append(block)
    return kept


def _trim_end(blocks: list[Block], names: frozenset[str]) -> None:
    """Take off closing lines that close nothing: bare headings, category names, link lines, company profiles."""
    while len(blocks) > 1:
        last = blocks[-1]
        digits = any(character.isdigit() for character in last.text)
        tag = last.kind in ("p", "head") and last.words <= _TAG_WORDS and not last.is_sentence and not digits
        links = last.link_share >= 0.6 and not last.is_prose
        profile = _is_company_profile(last)
        if not (_is_page_list(last) or last.kind == "head" or tag or links or profile or key(last.text) in names):
            return
        blocks.pop()
        if profile:
            _drop_from_profile_heading(blocks)


def _is_page_list(block: Block) -> bool:
    """Return True for "1 2 3", the numbers of the article's pages."""
    numbers = block.text.split() if len(block.text) < 100 else []
    return len(numbers) > 1 and numbers == [str(number) for number in range(1, len(numbers) + 1)]


def _drop_from_profile_heading(blocks: list[Block]) -> None:
    """Drop the rest of a company profile whose last paragraph was taken: back to its heading "About NAME"."""
    for back in range(1, min(4, len(blocks) - 1) + 1):
        block = blocks[-back]
        if block.words <= 6 and not block.is_sentence and key(block.text).startswith("about "):
            del blocks[-back:]
            return


def clean(blocks: Sequence[Block], *, titles: Sequence[str] = (), categories: Sequence[str] = ()) -> Cleaned:
    """Return the blocks that are the article.

    Args:
        blocks: what was chosen from the page, in reading order.
        titles: wordings of the title, which is not repeated in the body.
        categories: names of sections and keywords that the page gives itself; a line with nothing else is dropped.
    """
    names = frozenset(key(name) for name in (*titles, *categories) if key(name))
    links = _link_lines(blocks)
    rows = _drop_repeats_and_title([block for index, block in enumerate(blocks) if index not in links], names)
    result = Cleaned()
    index = 0
    seen_long = False
    total = sum(len(block.text) for block in rows) or 1
    passed = 0
    while index < len(rows):
        block = rows[index]
        place = "head" if not seen_long else "tail" if passed * 2 >= total else "any"
        cue = _find(block, place, _CLEANING)
        passed += len(block.text)
        if cue is None or (cue.action == "end" and not seen_long):
            seen_long = seen_long or block.words >= _LONG_PARAGRAPH
            if cue is None:
                result.blocks.append(block)
            index += 1
        elif cue.action in ("end", "references"):
            if cue.action == "references":
                result.references = rows[index + 1 :]
            break
        elif cue.action == "list":
            index = _after_list(rows, index + 1)
        else:
            index += 1
    _trim_end(result.blocks, names)
    return result
