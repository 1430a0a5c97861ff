"""Press releases: how one is recognised, and what of it is no report ("About X" sections).

Forward-looking statements, contacts and trademark lines are cut by the cues of ``data/boilerplate.tsv`` from any page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from extractor.errors import LexiconError
from extractor.sources.blocks import Block
from extractor.sources.links import host_in
from extractor.sources.tables import load_table

__all__ = ["cut_sections", "is_release"]

_PLACES = frozenset(("head", "tail", "category", "path", "keep"))
_MATCHES = frozenset(("equals", "starts", "contains"))
_ABOUT = re.compile(r"(?:about|über|à propos de)\s(?!\d)\S", re.IGNORECASE)
_HEADING_WORDS = 12
_TAIL = 15
_LONG = 18


@dataclass(frozen=True, slots=True)
class _Cue:
    place: str
    match: str
    text: str

    def hits(self, text: str) -> bool:
        """Return True when the cue is in ``text`` (lower case, single blanks)."""
        if self.match == "contains":
            return self.text in text
        return text.startswith(self.text) if self.match == "starts" else text.strip(" .:|-–—") == self.text


@cache
def _cues(place: str) -> tuple[_Cue, ...]:
    found: list[_Cue] = []
    for row in load_table("press_cues.tsv", ("id", "place", "match", "cue")):
        if row["place"] not in _PLACES or row["match"] not in _MATCHES or row["cue"] != row["cue"].lower():
            raise LexiconError(f"unknown place or match, or a cue not in lower case, in {row}", "press_cues.tsv")
        found.append(_Cue(row["place"], row["match"], row["cue"]))
    return tuple(cue for cue in found if cue.place == place)


def _hit(place: str, texts: Sequence[str]) -> bool:
    folded = [" ".join(text.casefold().split()) for text in texts]
    return any(cue.hits(text) for cue in _cues(place) for text in folded)


def is_release(address: str | None, blocks: Sequence[Block], categories: Sequence[str]) -> bool:
    """Return True for a press release: by its host, its path, its section, its dateline or its closing lines.

    Args:
        address: where the page is, if known. blocks: its blocks, not yet cleaned. categories: its section and keywords.
    """
    if host_in(address, "press_hosts.tsv"):
        return True
    return (
        _hit("path", [urlsplit(address or "").path])
        or _hit("category", categories)
        or _hit("head", [block.text[:400] for block in blocks[:3]])
        or _hit("tail", [block.text for block in blocks[-_TAIL:]])
    )


def _is_heading(block: Block) -> bool:
    return block.kind == "head" or (block.words <= _HEADING_WORDS and not block.is_sentence)


def _is_about(block: Block) -> bool:
    """Return True for the heading of a section "About X", alone or as the first line of the section."""
    first, _, rest = block.text.partition("\n")
    if not _ABOUT.match(first):
        return False
    alone = _is_heading(block) or (bool(rest) and len(first.split()) <= _HEADING_WORDS and first[-1:] not in ".!?")
    return alone or re.match(r"(?i)about\s(?:\S{1,40}\s?){1,8}?(?::|\s[-–—]\s)", block.text[:200]) is not None


def cut_sections(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of a press release without its sections "About X", save those which describe a trial.

    A section begins after the first long paragraph and goes on to the next heading.
    """
    kept: list[Block] = []
    seen_long = False
    index = 0
    while index < len(blocks):
        block = blocks[index]
        end = index + 1
        if seen_long and _is_about(block):
            while end < len(blocks) and not _is_heading(blocks[end]) and not _is_about(blocks[end]):
                end += 1
            if _hit("keep", [b.text for b in blocks[index:end]]):
                kept.extend(blocks[index:end])
        else:
            kept.append(block)
        seen_long = seen_long or block.words >= _LONG
        index = end
    while len(kept) > 1 and kept[-1].text.startswith("SOURCE ") and kept[-1].words <= _HEADING_WORDS:
        kept.pop()
    return kept
