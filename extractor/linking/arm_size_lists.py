"""Lists of sizes: which counts of one sentence are the sizes of which groups, and how well that is supported.

A list gives each group at most one count and each count to at most one group. Where one count of a list stays without a
group and one group without a count, they belong together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

import msgspec

from extractor.linking.arm_size_entries import Entry, find_entries, is_whole
from extractor.linking.arm_size_names import ArmNames
from extractor.linking.arm_size_view import MarkedSentence
from extractor.linking.patterns import with_macros
from extractor.linking.rules import compiled, load_rows
from extractor.literals import PatternSet, rest_of
from extractor.records import Number

__all__ = ["ListRule", "SizeCue", "SizeList", "find_lists", "list_rules", "size_cues", "support_near"]

_CUES, _LISTS = "arm_size_cues.jsonl", "arm_size_lists.jsonl"
_NEAR, _LIST_REACH = 70, 240
_SURE_NAME, _LEAST_NAME, _ALIKE = 2.0, 1.0, 0.01
_PARALLEL, _EACH, _TOTAL = 3.0, 2.0, -1.5
_EVENT_VERB, _EVENT = "event-verb", -2.0
_PEOPLE, _OF_WHAT, _SAYS_PEOPLE = "people", -2.0, 2.0
_OTHER_NOUN = re.compile(
    r" (?!(?:were|was|who|whom|of|in|had|have|with|from|to|and|are|at|for|on|consecutive|eligible|evaluable|received|completed|"
    r"entered|underwent|met|agreed|had|randomi[sz]ed|assigned|enrolled)\b)[a-z]{4,}"
)
_CUT = re.compile(r"\b(?:and|or|versus|vs)\b")
_SURELY_LEFT = frozenset(["remaining", "denied"])
"""Rules that read a count of the others."""
_OPENING = "opening-n"
"""The rule that reads a group and its size at the head of a sentence: what happened to the group follows."""
_SUBGROUP = "subgroup"
"""The cue that speaks against the whole of a share being a group's size, too."""


class SizeCue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that speak for or against a count being a size: anywhere in its sentence, just before it, or just after it."""

    id: str
    where: Literal["sentence", "before", "after"]
    pattern: str
    weight: float
    examples: tuple[str, ...]
    rejects: tuple[str, ...] = ()


class ListRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pattern of a whole list: "pair" counts in the order of the groups (group ``names``), "each" one count for all."""

    id: str
    kind: Literal["pair", "each"]
    pattern: str
    examples: tuple[str, ...]


class SizeList(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes that one sentence gives.

    ``sizes``: the count of each arm, by its id. ``score``: how well it is supported. ``start``: where the sentence starts.
    ``stated``: whether the counts are stated sizes, not the wholes of shares.
    """

    sizes: dict[str, Number]
    score: float
    start: int
    stated: bool


@cache
def _cues() -> tuple[tuple[SizeCue, re.Pattern[str]], ...]:
    return tuple((cue, _pattern(cue.pattern, where)) for where, cue in load_rows(_CUES, SizeCue))


@cache
def _cues_of(where: Literal["sentence", "before", "after"]) -> PatternSet[SizeCue]:
    return PatternSet((cue, pattern) for cue, pattern in _cues() if cue.where == where)


@cache
def _cue(cue_id: str) -> re.Pattern[str]:
    return next(pattern for cue, pattern in _cues() if cue.id == cue_id)


@cache
def _lists() -> PatternSet[ListRule]:
    return PatternSet((rule, _pattern(rule.pattern, where)) for where, rule in load_rows(_LISTS, ListRule))


@cache
def _behind_names() -> dict[str, re.Pattern[str]]:
    """What the rules that begin with the names of groups look for behind these, by the id of the rule."""
    return {rule.id: rest for rule, pattern in _lists().rows if (rest := rest_of(pattern)) is not None}


def _pattern(pattern: str, where: str) -> re.Pattern[str]:
    return compiled(with_macros(pattern, where), where)


def size_cues() -> tuple[tuple[SizeCue, re.Pattern[str]], ...]:
    """Return the cues with their compiled patterns (LexiconError where the file is malformed)."""
    return _cues()


def list_rules() -> tuple[tuple[ListRule, re.Pattern[str]], ...]:
    """Return the patterns of whole lists, compiled (LexiconError where the file is malformed)."""
    return tuple(_lists().rows)


def find_lists(sentence: MarkedSentence, names: ArmNames) -> list[SizeList]:
    """Return the lists of sizes of ``sentence``; several where one sentence gives sizes twice."""
    found: list[SizeList] = []
    if not sentence.counts:
        return found
    said = {cue.id: cue.weight for cue, _ in _cues_of("sentence").matching(sentence.text)}
    sentence_weight = sum(said.values())
    # nothing is read of a list but around its counts
    first, last = max(0, min(sentence.counts) - _LIST_REACH), max(sentence.counts) + _LIST_REACH
    pairs = len(sentence.counts) > 1 and len(sentence.places) > 0
    for rule, pattern in _lists().possible(sentence.text):
        if rule.kind == "pair" and not pairs:
            continue
        rest = _behind_names().get(rule.id)
        if rest is not None and rest.search(sentence.text, first, last) is None:
            continue
        for match in pattern.finditer(sentence.text, first, last):
            counts = [i for i in range(*match.span()) if i in sentence.counts]
            sizes = _each(counts, sentence, names) if rule.kind == "each" else _pair(match, counts, sentence, names)
            if sizes:
                near = min(support_near(sentence, i) for i in counts)
                stated = not any(is_whole(sentence, i) for i in counts)
                said_for = near + sentence_weight if stated else _TOTAL + said.get(_SUBGROUP, 0.0)
                base = _EACH if rule.kind == "each" else _PARALLEL
                found.append(SizeList(sizes=sizes, score=base + said_for, start=sentence.start, stated=stated))
    entries = find_entries(sentence)
    for total in (False, True):
        mine = [kept for row in entries if (kept := [e for e in row if e.total is total])]
        for chunk in _chunks(mine, sentence, names):
            context = _TOTAL + said.get(_SUBGROUP, 0.0) if total else sentence_weight
            made = _assign(chunk, sentence, names, context, not total)
            if made is not None:
                found.append(made)
    return found


def support_near(sentence: MarkedSentence, at: int) -> float:
    """Return what the words just before and after the count at index ``at`` say for its being a size."""
    before, after = sentence.text[max(0, at - _NEAR) : at], sentence.text[at + 1 : at + 1 + 2 * _NEAR]
    return sum(
        cue.weight
        for where, text in (("before", before), ("after", after))
        for cue, _ in _cues_of(where).matching(text)
    )


def _each(counts: list[int], sentence: MarkedSentence, names: ArmNames) -> dict[str, Number]:
    """One count for every group of the trial."""
    present = [a.id for a in names.arms.values() if a.role in ("experimental", "comparator")]
    if not counts or len(present) < 2:
        return {}
    return dict.fromkeys(present, sentence.counts[counts[-1]])


def _pair(match: re.Match[str], counts: list[int], sentence: MarkedSentence, names: ArmNames) -> dict[str, Number]:
    """Counts in the order of as many groups."""
    if len(counts) != 2:
        return {}
    named = list(dict.fromkeys(sentence.places[i].arm for i in range(*match.span("names")) if i in sentence.places))
    if match.end("names") <= counts[0]:
        named = named[-2:]
    if len(named) == 1 and match.end("names") > counts[0]:
        named = _by_halves(match.span("names"), sentence, names)
    if len(named) != 2:
        return {}
    return {arm: sentence.counts[i] for arm, i in zip(named, counts, strict=True)}


def _by_halves(stretch: tuple[int, int], sentence: MarkedSentence, names: ArmNames) -> list[str]:
    """The two groups that stand before and after an "and" of ``stretch``, one of them told by words only; else none."""
    for cut in _CUT.finditer(sentence.text, *stretch):
        halves = ((stretch[0], cut.start()), (cut.end(), stretch[1]))
        sides = [names.weigh(sentence, half, "after") for half in halves]
        best = [max(side, key=lambda arm: side[arm]) for side in sides if max(side.values(), default=0.0) >= _LEAST_NAME]
        if len(set(best)) == 2:
            return best
    return []


Weighed = tuple[Entry, dict[str, float]]


def _weigh(row: Sequence[Entry], sentence: MarkedSentence, names: ArmNames) -> Weighed:
    """Return the best reading of one count and what it says for each arm."""
    best: Weighed | None = None
    for entry in row:
        # the better part of the stretch counts where it names a group, not where it only shares words with one
        readings = [names.weigh(sentence, region, entry.side) for region in entry.regions]
        weights = max(readings, key=lambda read: min(max(read.values(), default=0.0), _SURE_NAME))
        if len(entry.regions) > 1 and names.denied(sentence, entry.regions[-1]):
            weights = {}
        worth = (max(weights.values(), default=0.0) >= _LEAST_NAME, entry.weight)
        if best is None or worth > (max(best[1].values(), default=0.0) >= _LEAST_NAME, best[0].weight):
            best = (entry, weights)
    assert best is not None
    return best


def _chunks(rows: Sequence[Sequence[Entry]], sentence: MarkedSentence, names: ArmNames) -> list[list[Weighed]]:
    """Split the counts of a sentence where a list is complete and a group comes a second time."""
    chunks: list[list[Weighed]] = []
    seen: list[str] = []
    for row in rows:
        weighed = _weigh(row, sentence, names)
        sure = [a for a, w in weighed[1].items() if w >= _SURE_NAME]
        if not chunks or (len(set(seen)) >= 2 and any(a in seen for a in sure)):
            chunks.append([])
            seen = []
        chunks[-1].append(weighed)
        seen += sure
    return chunks


def _assign(
    chunk: list[Weighed], sentence: MarkedSentence, names: ArmNames, context: float, stated: bool
) -> SizeList | None:
    near = {entry.at: support_near(sentence, entry.at) if stated else 0.0 for entry, _ in chunk}
    near.update((entry.at, max(0.0, near[entry.at])) for entry, _ in chunk if entry.rule == _OPENING)
    chunk = [(e, w) for e, w in chunk if near[e.at] > -3]
    ranked = sorted(
        (
            (weight + entry.weight / 10, -entry.at, arm, entry)
            for entry, weights in chunk
            for arm, weight in weights.items()
        ),
        key=lambda row: row[:2],
        reverse=True,
    )
    given = _match(ranked)
    if not given:
        return None
    rest = _left_over([e for e, _ in chunk], list(given.values()))
    left = [a.id for a in names.arms.values() if a.role in ("experimental", "comparator") and a.id not in given]
    if len(rest) == 1:
        other = left[0] if len(left) == 1 else _opposite(given, names)
        if other is not None:
            given[other] = rest[0]
    worth = sum(e.weight for e in given.values()) / len(given) + min(near[e.at] for e in given.values())
    worth += 1.5 if len(given) >= 2 else 0.0
    last = max(e.at for e in given.values())
    if stated and any(e.rule != _OPENING for e in given.values()) and _event_follows(sentence.text[last + 1 : last + 2 * _NEAR]):
        worth += _EVENT
    if stated and not _of_people(list(given.values()), sentence, context):
        worth += _OF_WHAT
    return SizeList(
        sizes={arm: e.number for arm, e in given.items()}, score=worth + context, start=sentence.start, stated=stated
    )


Ranked = tuple[float, int, str, Entry]


def _match(ranked: Sequence[Ranked]) -> dict[str, Entry]:
    """Give each arm the count that speaks for it most, one count to one arm; where two speak alike, none.

    Of two counts that speak alike for an arm, the one that speaks for no other arm has it.
    """
    given: dict[str, Entry] = {}
    used: set[int] = set()
    for weight, _, arm, entry in ranked:
        if arm in given or entry.at in used:
            continue
        alike = [e for w, _, a, e in ranked if a == arm and abs(w - weight) < _ALIKE and e.at not in used]
        if len(alike) > 1:
            other = {e.at for w, _, a, e in ranked if a != arm and a not in given and w >= _LEAST_NAME}
            sole = [e for e in alike if e.at not in other]
            if len(sole) != 1:
                used.update(e.at for e in alike)
                continue
            entry = sole[0]
        given[arm] = entry
        used.add(entry.at)
    return given


def _left_over(entries: Sequence[Entry], given: Sequence[Entry]) -> list[Entry]:
    """The counts without a group that are read by a rule of those with one, or else on the same side."""
    taken, rules, sides = {e.at for e in given}, {e.rule for e in given}, {e.side for e in given}
    free = [e for e in entries if e.at not in taken]
    return (
        [e for e in free if e.rule in rules]
        or [e for e in free if e.side in sides]
        or [e for e in free if e.rule in _SURELY_LEFT]
    )


def _of_people(entries: Sequence[Entry], sentence: MarkedSentence, context: float) -> bool:
    """Whether people are counted: the sentence says so of a count, or tells how people entered; not "fifty flares (20 ...)"."""
    whole, first = sum(e.number.value for e in entries), min(e.at for e in entries)
    for at, number in sentence.counts.items():
        if number.value == whole and at < first and len(entries) > 1:
            return _people_after(sentence, at) or _OTHER_NOUN.match(sentence.text, at + 1) is None
    return context > 0 or any(
        _people_after(sentence, e.at)
        or sentence.text.endswith("n=", 0, e.at)
        or (e.side == "after" and e.weight >= _SAYS_PEOPLE)
        for e in entries
    )


def _people_after(sentence: MarkedSentence, at: int) -> bool:
    after = sentence.text[at + 1 : at + 2 * _NEAR]
    return _cue(_PEOPLE).search(after) is not None


def _event_follows(after: str) -> bool:
    """Whether the people counted are said to have had an event."""
    return _cue(_EVENT_VERB).search(after) is not None


def _opposite(given: dict[str, Entry], names: ArmNames) -> str | None:
    """The one arm that stands against the one arm given."""
    if len(given) != 1:
        return None
    role = names.arms[next(iter(given))].role
    return names.sole("comparator" if role == "experimental" else "experimental")
