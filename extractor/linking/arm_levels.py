"""Groups that differ only in how long or how often they were treated: "7 or 14 days of treatment", "two doses, one dose".

The search for groups looks for names of treatments. Where a sentence that allocates people lists lengths or numbers of doses, and
other sentences set figures beside the same ("the seven-day group", "after two doses"), each of them is a group of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from extractor.linking.arm_doses import FIGURES, pooled_arm, sentence_at
from extractor.linking.arm_types import ArmMention
from extractor.linking.arms import ArmReading
from extractor.linking.rules import cue_words
from extractor.reading.types import Reading
from extractor.records import Arm, Span

__all__ = ["split_levels"]

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)}|single|a single)"
_UNIT = r"(?:day|week|month|year|dose|session|injection|shot|jab|cycle|infusion)"
_LEVEL = re.compile(rf"(?<![\w.,])(?P<n>{_NUMBER})(?:[ -](?P<unit>{_UNIT})s?)?(?![\w-])(?!\.\d|,\d|%| ?%)", re.IGNORECASE)
_ALLOCATING = re.compile(r"\b(?:random\w*|assigned|allocated|split|divided)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:or|versus|vs|and|two|three)\b|,", re.IGNORECASE)
_NAMED = r"(?<![\w.,])(?:{forms})[ -]{unit}s?(?: (?:group|arm|course|regimen|schedule|cohort)s?)?(?!\w)(?! (?:later|after|before|earlier|apart|a (?:day|week|month)))"
_GIVEN = r"\b(?:given|got|received|receiving|getting) (?P<n>{forms})(?= (?:and|or|had|were|was|it)\b|[,.;])"
_GROUP_WORD = re.compile(r"\b(?:group|arm|course|regimen|schedule|cohort)s?$", re.IGNORECASE)
_SHORTER = re.compile(r"\bshort(?:er|est)?(?:[ -](?:course|treatment|regimen|therapy|group|arm|duration|one))(?: (?:group|arm))?\b", re.IGNORECASE)
_LONGER = re.compile(r"\blong(?:er|est)?(?:[ -](?:course|treatment|regimen|therapy|group|arm|duration|one))(?: (?:group|arm))?\b", re.IGNORECASE)
_OF_TIME = frozenset({"day", "week", "month", "year"})
_BEFORE_LEVEL = cue_words("levels_before")
_FEWEST, _MOST = 2, 3


class _Level(NamedTuple):
    number: int
    unit: str
    start: int
    end: int


def split_levels(reading: Reading, arms: ArmReading) -> ArmReading:
    """Return ``arms`` with a group for each length or number of doses, where a news story sets figures beside them.

    Args:
        reading: the text read. arms: the groups found so far.
    """
    if reading.kind not in ("news", "press_release"):
        return arms
    for start, end in reading.sentences:
        if not _ALLOCATING.search(reading.text, start, end):
            continue
        listed = _listed(reading.text, start, end)
        if not _FEWEST <= len(listed) <= _MOST:
            continue
        named = {level: _namings(level, reading) for level in listed}
        if sum(_beside_figure(places, (start, end), reading) for places in named.values()) >= _FEWEST:
            return _split(reading, arms, named)
    return arms


def _number(text: str) -> int:
    low = text.lower().removeprefix("a ")
    return 1 if low == "single" else int(low) if low.isdigit() else _NUMBERS.index(low) + 1


def _listed(text: str, start: int, end: int) -> list[_Level]:
    """The levels of one unit that an allocating sentence lists; a number without a unit has that of the next."""
    allocating = _ALLOCATING.search(text, start, end)
    assert allocating is not None
    found = list(_LEVEL.finditer(text, allocating.end(), end))
    units = [m["unit"].lower() for m in found if m["unit"]]
    if not units:
        return []
    unit = max(set(units), key=units.count)
    levels: dict[int, _Level] = {}
    for i, match in enumerate(found):
        own = (match["unit"] or "").lower()
        if not own and i + 1 < len(found) and (found[i + 1]["unit"] or "").lower() == unit:
            gap = text[match.end() : found[i + 1].start()].strip().lower()
            own = unit if gap in ("or", "versus", "vs", "to", ",", "and") else ""
        before = text[start : match.start()].lower().split()[-1:]
        if own == unit and before and (before[0][-1] in ",:(" or before[0] in _BEFORE_LEVEL):
            number = _number(match["n"])
            levels.setdefault(number, _Level(number, unit, match.start(), match.end()))
    found_levels = sorted(levels.values(), key=lambda level: level.start)
    if len(found_levels) >= _FEWEST and _BETWEEN.search(text[found_levels[0].end : found_levels[-1].start]):
        return found_levels
    return []


def _namings(level: _Level, reading: Reading) -> list[tuple[int, int]]:
    word = _NUMBERS[level.number - 1] if level.number <= len(_NUMBERS) else str(level.number)
    forms = "|".join([str(level.number), word, *(["a single", "single"] if level.number == 1 else [])])
    places = [m.span() for m in re.finditer(_NAMED.format(forms=forms, unit=level.unit), reading.text, re.IGNORECASE)]
    if level.unit in _OF_TIME:
        # "at 7 days" is a time; what is called a group, or what people were assigned to, is not
        places = [p for p in places if _is_of_group(p, level, reading.text)]
    else:
        places += [m.span("n") for m in re.finditer(_GIVEN.format(forms=forms), reading.text, re.IGNORECASE)]
    return sorted(places)


def _is_of_group(place: tuple[int, int], level: _Level, text: str) -> bool:
    if place[0] <= level.start < place[1] or _GROUP_WORD.search(text[place[0] : place[1]]):
        return True
    before = text[max(0, place[0] - 30) : place[0]].lower().split()
    after = text[place[1] : place[1] + 4].lower()
    return (bool(before) and before[-1] in _BEFORE_LEVEL and before[-1] not in ("at", "after", "by")) or after.startswith(" of ")


def _beside_figure(places: Sequence[tuple[int, int]], own: tuple[int, int], reading: Reading) -> bool:
    for start, end in places:
        sentence = sentence_at(start, reading)
        if sentence == own:
            continue
        if any(t.kind in FIGURES and sentence[0] <= t.start < sentence[1] and not start <= t.start < end for t in reading.tokens):
            return True
    return False


def _split(reading: Reading, arms: ArmReading, named: dict[_Level, list[tuple[int, int]]]) -> ArmReading:
    text, levels = reading.text, list(named)
    controls = [a for a in arms.arms if a.role in ("comparator", "historical") and _is_untreated(a)]
    owner = next((a for a in arms.arms if a.role == "experimental" and _is_treatment(a, reading)), None)
    numbers = [int(a.id[1:]) for a in arms.arms if a.id[1:].isdigit()]
    ids = {level: f"a{max(numbers, default=0) + k}" for k, level in enumerate(levels, 1)}
    made: list[Arm] = []
    for k, level in enumerate(levels):
        label = Span(text=text[level.start : level.end], start=level.start, end=level.end)
        role = "experimental" if k == 0 or controls else "comparator"
        given = owner.interventions if owner is not None else ()
        made.append(Arm(id=ids[level], role=role, label=label, interventions=given, rule="level"))  # type: ignore[arg-type]
    places = [(*place, ids[level]) for level in levels for place in named[level]]
    if levels[0].unit in _OF_TIME:
        low, high = min(levels), max(levels)
        places += [(*m.span(), ids[low]) for m in _SHORTER.finditer(text)] + [(*m.span(), ids[high]) for m in _LONGER.finditer(text)]
    mentions = [_naming(reading, *place) for place in sorted(set(places))]
    kept_ids = {a.id for a in controls} | {a.id for a in arms.arms if a.role == "overall"}
    dropped = {a.id for a in arms.arms if a.id not in kept_ids}
    kept = []
    for mention in arms.mentions:
        if any(m.start < mention.end and mention.start < m.end for m in mentions):
            continue
        rest = tuple(i for i in mention.arm_ids if i not in dropped)
        pooled = tuple(ids.values()) if owner is not None and owner.id in mention.arm_ids else ()
        if rest or pooled:
            kept.append(replace(mention, arm_ids=(*pooled, *rest)))
    whole = [pooled_arm(owner, max(numbers, default=0) + len(levels) + 1)] if owner is not None else []
    return ArmReading(
        arms=(*made, *(a for a in arms.arms if a.id in kept_ids), *whole),
        mentions=tuple(sorted([*kept, *mentions], key=lambda m: m.start)),
    )


_UNTREATED = re.compile(r"\b(?:placebo|dummy|sham|saline|control|controls|no|usual|standard|unvaccinated|untreated|observation)\b", re.IGNORECASE)


def _is_untreated(arm: Arm) -> bool:
    """Whether an arm is a control of its own beside the lengths or doses compared."""
    return arm.label is not None and _UNTREATED.search(arm.label.text) is not None


def _is_treatment(arm: Arm, reading: Reading) -> bool:
    """Whether a vocabulary knows the name of an arm as a treatment."""
    label = arm.label
    return label is not None and any(
        m.label in ("drug", "procedure", "behaviour") and m.start < label.end and label.start < m.end for m in reading.mentions
    )


def _naming(reading: Reading, start: int, end: int, arm_id: str) -> ArmMention:
    """The place of a naming, widened to the whole tokens it touches: "in the seven-day" is read as one."""
    touched = [t for t in reading.tokens if t.start < end and start < t.end]
    return ArmMention(
        start=min([start, *(t.start for t in touched)]), end=max([end, *(t.end for t in touched)]), arm_ids=(arm_id,), rule="level"
    )
