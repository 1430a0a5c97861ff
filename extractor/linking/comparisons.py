"""Worded comparisons: which way a difference goes, whether it is significant, and findings told without a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from extractor.errors import LexiconError
from extractor.linking.layout import Item, Sentence
from extractor.linking.rules import load_rows
from extractor.literals import PatternSet

__all__ = ["Finding", "direction_of_ratio", "find_wording", "worded_direction"]


class Cue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of ``vocabulary/comparisons.jsonl``: a regular expression over the sentence in lower case."""

    id: str
    direction: str
    regex: str
    significant: bool | None = None
    example: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A worded comparison: direction of the first side against the second, and where it stands in the sentence."""

    rule: str
    direction: str
    significant: bool | None
    start: int
    end: int


@cache
def load_cues() -> PatternSet[Cue]:
    """Return the comparison cues with their compiled patterns.

    Raises:
        LexiconError: a line is malformed or an id stands twice.
    """
    cues: list[tuple[Cue, re.Pattern[str]]] = []
    for where, cue in load_rows("comparisons.jsonl", Cue):
        if cue.direction not in ("increased", "decreased", "no_difference"):
            raise LexiconError(f"unknown direction {cue.direction!r}", where)
        try:
            cues.append((cue, re.compile(cue.regex)))
        except re.error as error:
            raise LexiconError(str(error), where) from error
    return PatternSet(cues)


def find_wording(sentence: Sentence) -> list[Finding]:
    """Return the worded comparisons of a sentence, in the order of the text; of overlapping ones that of the earlier cue stays."""
    lowered = sentence.text.lower()
    hits = [
        Finding(rule=cue.id, direction=cue.direction, significant=cue.significant, start=m.start(), end=m.end())
        for cue, pattern in load_cues().possible(lowered)
        for m in pattern.finditer(lowered)
    ]
    kept: list[Finding] = []
    for hit in hits:
        if all(hit.end <= k.start or hit.start >= k.end for k in kept):
            kept.append(hit)
    return sorted(kept, key=lambda f: f.start)


def worded_direction(findings: Sequence[Finding], sentence: Sentence, item: Item) -> Finding | None:
    """Return the finding nearest before (else after) ``item``, in the same clause, or None."""
    if not findings:
        return None
    place = item.start - sentence.start
    before = [f for f in findings if f.end <= place]
    if before and not re.search(r"[;]", sentence.text[before[-1].end : place]):
        return before[-1]
    after = [f for f in findings if f.start >= place]
    return after[0] if after and not before else None


def direction_of_ratio(value: float, low: float | None, high: float | None) -> tuple[str, bool | None]:
    """Return (direction, significant) that a ratio with its interval implies: above 1 is "increased"."""
    if low is not None and high is not None and low <= 1 <= high:
        return "no_difference", False
    significant = True if low is not None and high is not None else None
    if value == 1:
        return "no_difference", significant
    return ("increased" if value > 1 else "decreased"), significant
