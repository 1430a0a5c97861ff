"""Groups that differ only in the dose of one drug: "zelotinib 6 mg, 12 mg or 24 mg, or placebo" are four groups.

The search for groups names the drug once. Where a text lists doses of it and sets the same doses beside figures, each dose is a
group of its own; the drug without a dose then names all of them together. "The lower dose" and "high-dose" name one of two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from extractor.linking.arm_types import ArmMention
from extractor.linking.arms import ArmReading
from extractor.linking.rules import cue_words
from extractor.reading.types import Reading, Token
from extractor.records import Arm, Numeric, Span

__all__ = ["FIGURES", "POOLED", "pooled_arm", "sentence_at", "split_doses"]

POOLED = "doses_together"
"""The rule of the arm that stands for all doses of a drug taken together."""

_JOINS = cue_words("doses_joins")
FIGURES = frozenset({"percent", "fraction", "estimate", "quantity", "number", "not_reached"})
_REACH = 80
_FEWEST, _MOST = 2, 4
_LONGEST_BRACKET = 6
_RELATIVE = re.compile(
    r"\b(?:the )?(?:(?P<low>low(?:er|est)?)|(?P<high>high(?:er|est)?))(?:(?:-| )dos(?:e|age)s?(?:[ -](?:group|arm|regimen|[a-z]{5,20}(?:mab|nib|ran|tan|vir|ine|ol)))?| one\b)",
    re.IGNORECASE,
)
_ONLY_RELATIVE = re.compile(r"(?:the )?(?:(?P<low>low(?:er|est)?)|high(?:er|est)?)[ -]dose(?: (?:group|arm))?", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w-])(?:(?P<low>low)|(?P<high>high))(?=[,:]? \d)|\((?:(?P<low2>low)|(?P<high2>high))(?=[);,])", re.IGNORECASE)
_OF = re.compile(r" of (?:the )?$")
_TWO = re.compile(r"(\d+(?:\.\d+)?) ?(?:or|and|/|,) ?(\d+(?:\.\d+)?) ?[^\W\d]")
_DOSE_IN_LABEL = re.compile(r"(\d+(?:\.\d+)?) ?(mg|g|µg|mcg|IU|mL|ml|Gy|units?)\b")


class _Dose(NamedTuple):
    value: Numeric
    unit: str
    start: int
    end: int


def split_doses(reading: Reading, arms: ArmReading) -> ArmReading:
    """Return ``arms`` with a group for each dose, where a text sets figures beside the doses of one drug.

    Args:
        reading: the text read. arms: the groups found so far.
    """
    doses = _doses(reading.tokens)
    if len(doses) > _FEWEST:
        for listed in _lists(doses, reading, arms):
            levels = list(dict.fromkeys((d.value, d.unit) for d in listed))
            owner = _owner(listed, reading, arms) or _named_with(levels, doses, reading, arms)
            if owner is None or not _FEWEST <= len(levels) <= _MOST or _beside_figures(levels, doses, listed, reading) < _FEWEST:
                continue
            arms = _merge_relative(_split(arms, owner, levels, doses, reading.text))
            break
    return _with_relative(reading, arms)


def _merge_relative(arms: ArmReading) -> ArmReading:
    """Join a group that is called nothing but "high-dose" to the group with that dose."""
    pair = _low_and_high(arms)
    if pair is None:
        return arms
    joined: dict[str, str] = {}
    for arm in arms.arms:
        match = _ONLY_RELATIVE.fullmatch(arm.label.text) if arm.label is not None else None
        if match is not None:
            joined[arm.id] = pair[match["low"] is None]
    mentions = [replace(m, arm_ids=tuple(dict.fromkeys(joined.get(i, i) for i in m.arm_ids))) for m in arms.mentions]
    return ArmReading(arms=tuple(a for a in arms.arms if a.id not in joined), mentions=tuple(mentions))


def _doses(tokens: Sequence[Token]) -> list[_Dose]:
    """The doses of the text in order; a bare number in a list that ends in a dose is one: "6, 12 and 24 mg"."""
    doses: list[_Dose] = []
    for i, token in enumerate(tokens):
        figure = token.figure
        if token.kind != "dose" or figure is None or figure.value is None or figure.unit is None:
            continue
        bare: list[_Dose] = []
        k = i
        while k > 1 and tokens[k - 1].lower in _JOINS:
            k -= 1
            if tokens[k - 1].lower in _JOINS:
                continue
            before = tokens[k - 1].figure
            if tokens[k - 1].kind != "number" or before is None or not isinstance(before.value, (int, float)):
                break
            bare.append(_Dose(before.value, figure.unit, before.value_start, before.value_end))
            k -= 1
        doses += [*reversed(bare), *_printed(token, figure.value, figure.unit)]
    return doses


def _printed(token: Token, value: Numeric, unit: str) -> list[_Dose]:
    """The dose of a token, or the two of "25 or 75 mg"; a span of doses is none."""
    two = _TWO.match(token.lower)
    if two is not None:
        cut = token.start + two.start(2)
        return [_Dose(value, unit, token.start, token.start + two.end(1)), _Dose(float(two[2]), unit, cut, token.end)]
    high = token.figure.high if token.figure is not None else None
    return [] if high is not None else [_Dose(value, unit, token.start, token.end)]


def _lists(doses: Sequence[_Dose], reading: Reading, arms: ArmReading) -> list[list[_Dose]]:
    """The runs of doses of one unit with nothing but commas, "and", "or", brackets and the name of the drug between."""
    named = [(m.start, m.end) for m in arms.mentions]
    runs: list[list[_Dose]] = []
    for dose in doses:
        if runs:
            low = runs[-1][-1].end
            between = reading.text[low : dose.start]
            for start, end in [(s, e) for s, e in named if low <= s and e <= dose.start][:1]:
                between = _OF.sub("", reading.text[low:start]) + reading.text[end : dose.start]
            plain = re.sub(r"\([^()]{0,40}\)", " ", between) if len(between) <= _REACH else "."
            words = re.findall(r"[A-Za-z]+|[^\sA-Za-z]", plain)
            if runs[-1][-1].unit == dose.unit and words and len(words) <= _LONGEST_BRACKET and all(w.lower() in _JOINS for w in words):
                runs[-1].append(dose)
                continue
        runs.append([dose])
    return [run for run in runs if len(run) >= _FEWEST]


def sentence_at(place: int, reading: Reading) -> tuple[int, int]:
    """Return start and end (code points) of the sentence that holds ``place``, (0, 0) where none does."""
    return next(((s, e) for s, e in reading.sentences if s <= place < e), (0, 0))


def _owner(listed: Sequence[_Dose], reading: Reading, arms: ArmReading) -> Arm | None:
    """The one group named right before the list, or right behind it: "5, 10 or 20 mg (of) zelotinib"."""
    start, end = sentence_at(listed[0].start, reading)
    singles = [m for m in arms.mentions if len(m.arm_ids) == 1 and start <= m.start and m.end <= end]
    before = [m for m in singles if listed[0].start - _REACH <= m.start < listed[0].start]
    after = [m for m in singles if listed[-1].end <= m.start <= listed[-1].end + 4 + len("of the")]
    between = reading.text[listed[-1].end : after[0].start].strip() if after else None
    chosen = before[-1] if before else after[0] if between in ("", "of", "of the") else None
    if chosen is None:
        return None
    arm = next((a for a in arms.arms if a.id == chosen.arm_ids[0]), None)
    return _undosed(arm, [(d.value, d.unit) for d in listed], arms)


def _named_with(
    levels: Sequence[tuple[Numeric, str]], doses: Sequence[_Dose], reading: Reading, arms: ArmReading
) -> Arm | None:
    """The one group that some place names with a dose of the list: "110 mg of zelotinib", "zelotinib 110 mg"."""
    owners = {
        m.arm_ids[0]
        for d in doses
        for m in arms.mentions
        if (d.value, d.unit) in levels
        and len(m.arm_ids) == 1
        and (0 <= d.start - m.end <= 1 or reading.text[d.end : m.start] == " of " or m.start <= d.start < m.end)
    }
    arm = next((a for a in arms.arms if a.id in owners), None) if len(owners) == 1 else None
    return _undosed(arm, levels, arms)


def _undosed(arm: Arm | None, levels: Sequence[tuple[Numeric, str]], arms: ArmReading) -> Arm | None:
    """``arm`` where it is a treatment group and no group is named by one of the doses yet, else None."""
    if arm is None or arm.role not in ("experimental", "comparator") or arm.label is None:
        return None
    labels = [a.label.text.replace("-", " ") for a in arms.arms if a.label is not None]
    dosed = {(float(d[1]), d[2].lower()) for text in labels if (d := _DOSE_IN_LABEL.search(text))}
    return None if any((float(value), unit.lower()) in dosed for value, unit in levels) else arm


def _beside_figures(
    levels: Sequence[tuple[Numeric, str]], doses: Sequence[_Dose], listed: Sequence[_Dose], reading: Reading
) -> int:
    """How many of the levels stand beside a figure in another sentence than the list."""
    own = sentence_at(listed[0].start, reading)
    told: set[tuple[Numeric, str]] = set()
    for dose in doses:
        start, end = sentence_at(dose.start, reading)
        if (start, end) == own or (dose.value, dose.unit) not in levels:
            continue
        if any(t.kind in FIGURES and start <= t.start < end and not dose.start <= t.start < dose.end for t in reading.tokens):
            told.add((dose.value, dose.unit))
    return len(told)


def _split(
    arms: ArmReading, owner: Arm, levels: Sequence[tuple[Numeric, str]], doses: Sequence[_Dose], text: str
) -> ArmReading:
    numbers = [int(a.id[1:]) for a in arms.arms if a.id[1:].isdigit()]
    ids = {level: owner.id if k == 0 else f"a{max(numbers, default=0) + k}" for k, level in enumerate(levels)}
    taken = [(m.start, m.end) for m in arms.mentions if owner.id not in m.arm_ids]
    # "zelotinib 5 mg" names one group as a whole
    opens = {m.end + gap: m.start for m in arms.mentions if m.arm_ids == (owner.id,) for gap in (0, 1)}
    named = [
        ArmMention(start=opens.get(d.start, d.start), end=d.end, arm_ids=(ids[d.value, d.unit],), rule="dose")
        for d in doses
        if (d.value, d.unit) in ids and not any(s < d.end and d.start < e for s, e in taken)
    ]
    mentions = [m if owner.id not in m.arm_ids else _pooled(m, owner.id, tuple(ids.values())) for m in arms.mentions]
    mentions = [m for m in mentions if not any(n.start < m.end and m.start < n.end for n in named)]
    # a number without its unit is no label where another place prints both
    first = {n.arm_ids[0]: n for n in sorted(named, key=lambda n: (text[n.end - 1].isdigit(), n.start), reverse=True)}
    made = [
        replace(owner, id=i, size=None, rule="dose", label=_span(first[i], text)) for i in ids.values() if i in first
    ]
    kept = [arm for a in arms.arms for arm in (made if a.id == owner.id else [a])]
    kept.append(pooled_arm(owner, max(numbers, default=0) + len(levels)))
    return ArmReading(arms=tuple(kept), mentions=tuple(sorted([*mentions, *named], key=lambda m: m.start)))


def pooled_arm(owner: Arm, number: int) -> Arm:
    """Return the arm that stands for the groups of one drug taken together: "nausea in 20% of all who got zelotinib"."""
    return replace(owner, id=f"a{number}", role="overall", size=None, rule=POOLED)


def _pooled(mention: ArmMention, owner: str, ids: tuple[str, ...]) -> ArmMention:
    """The drug without a dose names all its groups."""
    return replace(mention, arm_ids=tuple(i for a in mention.arm_ids for i in (ids if a == owner else (a,))))


def _span(naming: ArmMention, text: str) -> Span:
    return Span(text=text[naming.start : naming.end], start=naming.start, end=naming.end)


def _with_relative(reading: Reading, arms: ArmReading) -> ArmReading:
    """Add the places that name one of two doses as the lower or the higher."""
    pair = _low_and_high(arms)
    if pair is None:
        return arms
    several = sum(a.label is not None and _DOSE_IN_LABEL.search(a.label.text) is not None for a in arms.arms) > _FEWEST
    taken = [(m.start, m.end) for m in arms.mentions]
    found = list(_RELATIVE.finditer(reading.text))
    if found:
        found += _BARE.finditer(reading.text)
    named: list[ArmMention] = []
    for match in found:
        kind = (match.lastgroup or "")[:4].rstrip("2")
        if several and re.search(r"(?:low|high)er", match.group(), re.IGNORECASE):
            continue  # "the lower doses" of three are two
        start, end = match.span() if match.re is _RELATIVE else match.span(match.lastgroup or 0)
        if not any(s < end and start < e for s, e in taken):
            taken.append((start, end))
            named.append(ArmMention(start=start, end=end, arm_ids=(pair[kind == "high"],), rule="dose_relative"))
    return replace(arms, mentions=tuple(sorted([*arms.mentions, *named], key=lambda m: m.start)))


def _low_and_high(arms: ArmReading) -> tuple[str, str] | None:
    """The ids of the groups with the lowest and the highest dose, where groups differ in nothing but their dose."""
    told: list[tuple[float, str, str]] = []
    for arm in arms.arms:
        dose = _DOSE_IN_LABEL.search(arm.label.text) if arm.label is not None and arm.role != "overall" else None
        if dose is not None:
            told.append((float(dose[1]), dose[2], arm.id))
    if not _FEWEST <= len(told) <= _MOST or len({unit for _, unit, _ in told}) > 1 or len({dose for dose, *_ in told}) < len(told):
        return None
    ordered = sorted(told)
    return ordered[0][2], ordered[-1][2]
