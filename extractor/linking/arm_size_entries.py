"""Counts beside the words that tell whose they are: "ramipril (n = 40)", "41 were assigned to lisinopril".

The rules of ``vocabulary/arm_sizes.jsonl`` read one count of a marked sentence (see ``arm_size_view``) with what stands
before it, as far as the count before, and after it, as far as the next count. Each names the stretch that tells the group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from extractor.errors import LexiconError
from extractor.linking.arm_size_view import MarkedSentence
from extractor.linking.patterns import with_macros
from extractor.linking.rules import compiled, load_rows
from extractor.literals import PatternSet, rest_of
from extractor.records import Number

__all__ = ["Entry", "SizeRule", "find_entries", "is_paired", "is_whole", "size_rules"]

_FILE = "arm_sizes.jsonl"
_REACH = 220
_PAIRED, _PAIRED_AFTER = re.compile(r"#,? (?:and|or|vs\.?|versus) (?:n=)?$"), re.compile(r",? (?:and|or|vs\.?|versus) (?:n=)?#")
"""Counts side by side are sizes in the order of the groups, or none."""
_LEAST_PLAIN = 5
"""Smaller counts are sizes only where "n =" says so: the others are cycles, arms and enumerations."""
_OF_NEXT = re.compile(r" ?[(\[][^()\[\]~]*$")
_BETWEEN = re.compile(r"\b(?:and|versus|vs|compared|than|whereas|while)\b")
_WHOLE = re.compile(
    r"~ ?(?:/|(?:out )?of (?:the |these |all )?|among (?:the )?|(?:deaths|events|recurrences|relapses|failures|responses) (?:among|in|of) (?:the )?)$"
)


_EVENTS = re.compile(
    r"\b(?:occurred|seen|observed|reported|developed|recorded|noted|found|achieved|documented|detected|needed|required) "
    r"(?:in|by|among) (?:only |just |about )?#"
)
"""Counts of people to whom something happened: "occurred in 35 patients assigned to A and 53 assigned to B"."""
_SIZE_AFTER_ALL = re.compile(r"(?:\bn=|\bof (?:the )?(?:\w+ )?)$")


class SizeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to tell whose a count is.

    Attributes:
        id: unique inside the file. side: on which side of the count the group is named.
        before: pattern of what stands before the count (written to end at it); after: of what stands behind it. The one
            on the side of the name has the group ``name``, and may have ``inner`` for the better part of it.
        weight: how sure it is.
        examples: [sentence with one of its counts in guillemets, the name read] pairs; rejects: sentences not read.
    """

    id: str
    side: Literal["before", "after"]
    weight: float
    before: str | None = None
    after: str | None = None
    examples: tuple[tuple[str, str], ...] = ()
    rejects: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A count with the stretch of its sentence that names the group.

    ``at``: index of the count in the sentence; ``regions``: [first, stop) stretches of the sentence that name the group,
    the better one first; ``rule``, ``side``, ``weight``: of the rule. ``total``: whether the count is the whole of a share ("16 of 120"),
    not a stated size.
    """

    number: Number
    at: int
    regions: tuple[tuple[int, int], ...]
    rule: str
    side: Literal["before", "after"]
    weight: float
    total: bool


class _Patterns(NamedTuple):
    """A rule with its patterns; ``cue`` is what ``before`` looks for behind the name."""

    rule: SizeRule
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    cue: re.Pattern[str] | None


@cache
def _compiled() -> tuple[_Patterns, ...]:
    out: list[_Patterns] = []
    for where, rule in load_rows(_FILE, SizeRule):
        before = None if rule.before is None else compiled(with_macros(rule.before, where), where)
        after = None if rule.after is None else compiled(with_macros(rule.after, where), where)
        named = before if rule.side == "before" else after
        if named is None or "name" not in named.groupindex:
            raise LexiconError(f"rule {rule.id} does not say where the name stands", where)
        out.append(_Patterns(rule, before, after, None if before is None else rest_of(before)))
    return tuple(out)


@cache
def _gate(side: Literal[1, 2]) -> PatternSet[int]:
    """The patterns of one side (1: before, 2: after), each with the number of its rule."""
    return PatternSet((i, pattern) for i, row in enumerate(_compiled()) if (pattern := row[side]) is not None)


def _possible(before: str, after: str) -> list[_Patterns]:
    """Return, in order, the rules that what stands before and after a count does not rule out."""
    left, right = {i for i, _ in _gate(1).possible(before)}, {i for i, _ in _gate(2).possible(after)}
    return [
        row
        for i, row in enumerate(_compiled())
        if (row.before is None or i in left) and (row.after is None or i in right)
    ]


def size_rules() -> tuple[SizeRule, ...]:
    """Return the rules in their order (LexiconError where the file is malformed)."""
    return tuple(row.rule for row in _compiled())


def find_entries(sentence: MarkedSentence) -> list[list[Entry]]:
    """Return, for each count of ``sentence`` that a rule reads, what the rules make of it."""
    text = sentence.text
    found: list[list[Entry]] = []
    last = 0
    order = sorted(sentence.counts)
    events = _EVENTS.search(text)
    for n, at in enumerate(order):
        stop = order[n + 1] if n + 1 < len(order) else len(text)
        first = max(last, at - _REACH)
        before, after = text[first:at], text[at + 1 : min(stop, at + _REACH)]
        doubted = (
            (sentence.counts[at].value < _LEAST_PLAIN and not before.endswith("n="))
            or _makes_up(order[n:], sentence)
            or is_paired(sentence, at)
            or (events is not None and at >= events.end() - 1 and _SIZE_AFTER_ALL.search(before) is None)
        )
        rules = [] if doubted else _possible(before, after)
        entries = [e for rule in rules if (e := _read(rule, sentence.counts[at], at, first, before, after))]
        entries = [e for e in entries if e.side == "before" or not _of_next(text, e.regions[-1], stop)]
        if entries:
            found.append(entries)
        last = at + 1
    return found


def is_whole(sentence: MarkedSentence, at: int) -> bool:
    """Return whether the count at index ``at`` is the whole of a share: "16 of 120"."""
    return _WHOLE.search(sentence.text, max(0, at - _REACH), at) is not None


def is_paired(sentence: MarkedSentence, at: int) -> bool:
    """Return whether another count stands side by side with the one at index ``at``: "42 and 43 patients"."""
    text = sentence.text
    return _PAIRED.search(text, max(0, at - _REACH), at) is not None or _PAIRED_AFTER.match(text, at + 1) is not None


def _makes_up(order: Sequence[int], sentence: MarkedSentence) -> bool:
    """Whether the first of the counts at ``order`` is the sum of those right behind it: the number of all."""
    whole, *parts = (sentence.counts[i].value for i in order[:5])
    return any(sum(parts[:n]) == whole for n in range(2, len(parts) + 1))


def _of_next(text: str, region: tuple[int, int], stop: int) -> bool:
    """Whether the name behind a count is the name of the next count: "120 were assigned to ramipril (n = 60)"."""
    return _OF_NEXT.match(text, region[1], stop) is not None and not _BETWEEN.search(text, *region)


def _read(patterns: _Patterns, number: Number, at: int, first: int, before: str, after: str) -> Entry | None:
    rule = patterns.rule
    left = right = None
    if patterns.after is not None and (right := patterns.after.match(after)) is None:
        return None
    if patterns.cue is not None and patterns.cue.search(before) is None:
        return None
    if patterns.before is not None and (left := patterns.before.search(before)) is None:
        return None
    named, shift = (left, first) if rule.side == "before" else (right, at + 1)
    if named is None:
        return None
    regions = [
        (shift + named.start(group), shift + named.end(group))
        for group in ("inner", "name")
        if group in named.re.groupindex and named.group(group)
    ]
    if not regions:
        return None
    return Entry(
        number=number,
        at=at,
        regions=tuple(regions),
        rule=rule.id,
        side=rule.side,
        weight=rule.weight,
        total=_WHOLE.search(before) is not None,
    )
