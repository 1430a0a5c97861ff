"""Each value to its time point: "at 2 years", "2-year OS", "by week 24", "at a median follow-up of 18 months"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from extractor.linking.context_cues import cue_in
from extractor.linking.groups import Group, mention_lists
from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.rules import cue_words
from extractor.records import Result, TimePoint

__all__ = ["InForce", "at_baseline", "link_times", "share_times"]

_TURNS = frozenset(["although", "though", "but", "while", "whereas", "until"])
_GIVEN_FOR = cue_words("time_links_given_for")


class InForce(NamedTuple):
    """A time point that a sentence leaves in force, and the outcomes that it is told of; of None it holds for whatever follows."""

    point: Item
    outcomes: frozenset[str | None] | None


def link_times(sentence: Sentence, groups: Sequence[Group], inherited: InForce | None) -> InForce | None:
    """Set ``timepoint`` of the values of one sentence.

    Args:
        inherited: what the sentence before left in force, or None.

    Returns:
        the time point in force for the next sentence.
    """
    times = [t for t in sentence.of_kind("time") if t.figure is not None and t.figure.value is not None]
    points = [
        t for t in times if t.token_kind == "timepoint" and not _is_period(t, sentence) and not _is_of_name(t, sentence)
    ]
    followups = [t for t in times if t.token_kind == "followup"]
    runs = mention_lists(sentence, "time")
    held = False
    _link_per_pair(groups, runs)
    for group in groups:
        n = len(group.values)
        parallel = next((r for r in runs if len(r) == n and n > 1), None)
        arms = {i.value.arm_ids for i in group.values if i.value is not None}
        outcomes = {i.value.outcome_id for i in group.values if i.value is not None}
        if parallel is not None and len(arms) < n and len(outcomes) < n:
            for item, point in zip(group.values, parallel, strict=True):
                assert item.value is not None
                item.value.link("timepoint", point.figure, "time.parallel_list")
            continue
        chosen, rule = _nearest(group, [p for p in points if not _of_later(group, p, sentence)], sentence)
        if chosen is None and followups:
            chosen, rule = followups[0], "time.follow_up"
        if chosen is None and inherited is not None and not points and _holds_for(inherited, sentence, outcomes):
            chosen, rule = inherited.point, "time.sentence_before"
            held = not sentence.opens
        for item in group.values:
            value = item.value
            assert value is not None
            if chosen is not None and not _is_own_unit(value):
                value.link("timepoint", chosen.figure, rule)
    if followups and not groups:
        return InForce(followups[-1], None)
    if any(t.token_kind == "listed_timepoint" for t in times):
        return None  # of several time points none holds on
    if points:
        return _left_in_force(points, sentence, groups)
    return inherited if held else None


def _link_per_pair(groups: Sequence[Group], runs: Sequence[list[Item]]) -> None:
    """ "At 3 and 6 months, the rates were 19% vs 12% and 24% vs 17%": one time point for each pair, in order."""
    if len(groups) < _PAIR or any(len(g.values) != _PAIR or not g.versus for g in groups):
        return
    if len({i.value.outcome_id for g in groups for i in g.values if i.value is not None}) != 1:
        return
    run = next((r for r in runs if len(r) == len(groups) and r[-1].index < groups[0].start), None)
    for group, point in zip(groups, run or (), strict=False):
        for item in group.values:
            if item.value is not None:
                item.value.link("timepoint", point.figure, "time.one_per_pair")


def _left_in_force(points: Sequence[Item], sentence: Sentence, groups: Sequence[Group]) -> InForce | None:
    """The one time point of a sentence, where it stands before its values.

    Where it opens the sentence ("at 24 hours, ...") it holds for what follows; "haemoglobin at 24 h was ..." tells it of that alone.
    """
    distinct = {(t.figure.value, t.figure.unit) for t in points if t.figure is not None}
    if len(distinct) > 1 or (groups and points[-1].index > groups[0].start):
        return None
    opens = not groups or all(i.kind not in ("outcome", "value") for i in sentence.items[: points[0].index])
    told = frozenset(v.outcome_id for v in sentence.values if v.measure is not None)
    return InForce(points[-1], None if opens else told)


def at_baseline(results: Sequence[Result], sentence: Sentence) -> list[Result]:
    """Return the ``results`` of ``sentence`` with day 0 as their time, compared with nothing, where it tells of nothing
    but baseline ("At baseline, mean pain scores were 6.1 and 6.3")."""
    if cue_in("at_baseline", sentence.text) is None:
        return list(results)
    point = TimePoint(value=0, unit="day")
    return [
        r if r.timepoint is not None else msgspec.structs.replace(
            r, timepoint=point, comparator=None, direction=None, significant=None, rules={**r.rules, "timepoint": "time.baseline_sentence"}
        )
        for r in results
    ]  # fmt: skip


def _is_of_name(item: Item, sentence: Sentence) -> bool:
    """ "24-hour systolic pressure", "90-minute sessions": how long it is measured, not when; "6-year survival" is a time point."""
    following = sentence.items[item.index + 1 : item.index + 2]
    unit = item.figure.unit if item.figure is not None else None
    return unit in ("hour", "minute") and "-" in item.lower and bool(following) and following[0].kind in ("outcome", "word")


_PAIR = 2
_REFERRING = ("by then", "by that", "at that", "at the same", "at this", "then,")


def _holds_for(inherited: InForce, sentence: Sentence, outcomes: set[str | None]) -> bool:
    """A time point holds on for the next sentence; a length of follow-up only where the sentence refers to it."""
    if inherited.point.token_kind == "followup":
        return sentence.text.lower().startswith(_REFERRING)
    return inherited.outcomes is None or outcomes <= inherited.outcomes


def _is_own_unit(value: Value) -> bool:
    """A median survival in months has no time point of its own unless one is printed with it."""
    if value.figure.kind == "not_reached":
        return True
    return value.measure in ("median", "mean") and value.figure.unit in ("month", "year", "week", "day")


def _of_later(group: Group, point: Item, sentence: Sentence) -> bool:
    """Whether a time point is told of something later: "response was higher (28% vs 16%), and 72% of responses lasted to 1 year"."""
    between = sentence.items[group.end + 1 : point.index]
    if any(i.lower in _TURNS for i in between):
        return True
    parted = next((k for k, i in enumerate(between) if i.lower in (",", ";")), None)
    if parted is None:
        return False
    rest = between[parted:]
    return any(i.kind == "outcome" for i in rest) and any(i.kind == "value" for i in rest)


def _is_period(item: Item, sentence: Sentence) -> bool:
    """ "a 28-day infusion": how long something was given; "with onset at least 7 days after": what counts as the event."""
    if item.index and (sentence.items[item.index - 1].token_kind == "mod_ge" or sentence.items[item.index - 1].lower == "least"):
        return True
    following = sentence.items[item.index + 1].lower if item.index + 1 < len(sentence.items) else ""
    return following in _GIVEN_FOR


def _nearest(group: Group, points: Sequence[Item], sentence: Sentence) -> tuple[Item | None, str]:
    if not points:
        return None, ""
    if len({(p.figure.value, p.figure.unit) for p in points if p.figure is not None}) == 1:
        return points[0], "time.only_in_sentence"
    opening = sentence.items[group.start - 1].lower in ("(", "[") if group.start else False
    if opening and (named := next((p for p in points if p.index == group.start - 2), None)) is not None:
        return named, "time.bracket"
    after = next((p for p in points if p.index > group.end), None)
    before = next((p for p in reversed(points) if p.index < group.start), None)
    if after is not None and not any(
        i.kind == "value" or i.lower in (";",) for i in sentence.items[group.end + 1 : after.index]
    ):
        gap = sentence.items[group.end + 1 : after.index]
        closed = (
            before is not None
            and any(i.lower == "," for i in gap)
            and not any(i.kind == "value" for i in sentence.items[before.index : group.start])
        )
        if not closed:
            return after, "time.after"
    if before is not None:
        return before, "time.before"
    return (after, "time.after") if after is not None else (None, "")


def share_times(results: Sequence[Result]) -> list[Result]:
    """Return ``results`` where a figure that is told again has the time point that it was told with elsewhere.

    The same figure is one with the same value, measure, outcome and arm; where it was told with two time points, none is given.
    """
    told: dict[tuple[object, ...], set[TimePoint]] = {}
    for result in results:
        if result.timepoint is not None and result.outcome is not None and result.value is not None:
            told.setdefault(_key(result), set()).add(result.timepoint)
    shared: list[Result] = []
    for result in results:
        points = told.get(_key(result), set()) if result.timepoint is None else set()
        if len({(p.value, p.unit) for p in points}) == 1:
            first = min(points, key=lambda p: p.span or (0, 0))
            rules = {**result.rules, "timepoint": "time.same_figure"}
            result = msgspec.structs.replace(result, timepoint=first, rules=rules)
        shared.append(result)
    return shared


def _key(result: Result) -> tuple[object, ...]:
    return (result.measure, result.value, result.outcome, result.arm)
