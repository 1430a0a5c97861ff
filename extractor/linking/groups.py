"""Coordinated values ("43% vs 28%", "81.6% and 93.3%") and coordinated namings ("DFS and OS", "A, B and C")."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from extractor.linking.layout import Item, Sentence
from extractor.linking.rules import cue_words
from extractor.records import Measure

__all__ = ["Group", "group_values", "mention_lists"]

_JOINING = cue_words("groups_joining")
_COUNTED = cue_words("events")
_BEFORE_WITH = frozenset(["compared", "comparison", "contrast"])
_STRONG = frozenset(["vs", "v", "versus", "compared", "than", "against", "relative", "opposed"])
_TYPES = frozenset(
    {"mean", "median", "people", "approx", "mod_lt", "mod_gt", "mod_ge", "mod_le", "pct", "unit", "utime"}
)


class Group(msgspec.Struct, kw_only=True):
    """Values that stand side by side; ``versus`` where they are set against each other; ``start``, ``end`` are item
    indices of the first and last value."""

    values: list[Item]
    versus: bool
    start: int
    end: int
    tail: int = -1


_ALIKE: tuple[set[Measure | None], ...] = ({"mean", "change"}, {"percentage", "change"})
"""Measures between which the words round a figure decide, so that the first of a list may be called otherwise than the rest."""


def _is_companion(group: Group, item: Item, sentence: Sentence) -> bool:
    """ "8.77 mm Hg (33.39%)": the bracket says the same in another unit, so it shares every link."""
    host = group.values[-1]
    between = sentence.items[max(group.end, group.tail) + 1 : item.index]
    first, second = host.value, item.value
    assert first is not None and second is not None
    if len(between) != 1 or between[0].lower not in ("(", "[") or first.figure.kind == "estimate":
        return False
    after = sentence.items[item.index + 1].lower if item.index + 1 < len(sentence.items) else ""
    return after in (")", "]") and first.unit != second.unit and second.figure.kind in ("percent", "quantity")


def _joined(items: Sequence[Item]) -> bool:
    """Whether only words that join a list stand between two values; between sides also what is counted."""
    if any(b.lower == "with" and a.lower not in _BEFORE_WITH for a, b in pairwise(items)) or (items[:1] and items[0].lower == "with"):
        return False
    if any(i.lower in _STRONG for i in items):
        items = [i for i in items if i.lower not in _COUNTED]
    elif any(i.lower == "to" for i in items):
        return False  # "27.4 ± 3.1 to 31.8 ± 4.2": before and after, of one group
    return 0 < len(items) <= 7 and all(
        (i.kind in ("word", "mark") and (i.lower in _JOINING or i.token_kind in _TYPES))
        or i.token_kind in ("approx", "group_size", "range", "interval")
        for i in items
    )


def _closed(group: Group) -> bool:
    """Whether a p-value has closed the list: "38% and 31% (P = .17) and 36% and 25% (P = .05)" are two lists."""
    value = group.values[-1].value
    return len(group.values) > 1 and value is not None and value.figure.p_value is not None


def _leaves_bracket(group: Group, item: Item, sentence: Sentence) -> bool:
    """ "64% of A (rash 27%) and 12%": what stands in a bracket is no list with what follows it."""
    if group.start and sentence.items[group.start - 1].kind == "mark":
        return False  # "(4.5%) versus (8.3%)"
    text = sentence.text[group.values[0].start - sentence.start : item.start - sentence.start]
    return sum(text.count(mark) for mark in "([") < sum(text.count(mark) for mark in ")]")


def _same_series(a: Item, b: Item) -> bool:
    first, second = a.value, b.value
    assert first is not None and second is not None
    if first.measure != second.measure and {first.measure, second.measure} not in _ALIKE:
        return False
    return first.unit == second.unit or first.unit is None or second.unit is None


def _call_alike(first: Item, item: Item) -> None:
    """Give a value of a list the measure of its first where that is a change: "a fall of 8 mm Hg and 6 mm Hg"."""
    one, other = first.value, item.value
    assert one is not None and other is not None
    if one.measure == "change" and other.figure.events is None:
        other.measure = "change"


def group_values(sentence: Sentence) -> list[Group]:
    """Return the values of ``sentence`` as groups of one or more, in order."""
    groups: list[Group] = []
    for item in sentence.items:
        if item.value is None:
            continue
        if groups and _is_companion(groups[-1], item, sentence):
            host = groups[-1].values[-1].value
            item.value.companion_of = host
            groups[-1].tail = item.index
            continue
        if groups:
            last = groups[-1]
            between = sentence.items[max(last.end, last.tail) + 1 : item.index]
            if _joined(between) and _same_series(last.values[-1], item) and not _closed(last) and not _leaves_bracket(last, item, sentence):
                _call_alike(last.values[0], item)
                last.values.append(item)
                last.versus = last.versus or any(i.lower in _STRONG for i in between)
                last.end = item.index
                continue
        groups.append(Group(values=[item], versus=False, start=item.index, end=item.index))
    return [part for group in groups for part in _pairs(group, sentence)]


def _pairs(group: Group, sentence: Sentence) -> list[Group]:
    """ "19% vs 12% and 24% vs 17%": a list of pairs is as many groups; any other list is itself."""
    values = group.values
    if not group.versus or len(values) < 4 or len(values) % 2:
        return [group]
    against = [any(i.lower in _STRONG for i in sentence.items[a.index + 1 : b.index]) for a, b in pairwise(values)]
    if any(strong != (k % 2 == 0) for k, strong in enumerate(against)):
        return [group]
    return [
        Group(values=[a, b], versus=True, start=a.index, end=b.index, tail=group.tail if b is values[-1] else -1)
        for a, b in zip(values[::2], values[1::2], strict=True)
    ]


_LIST_WORDS = cue_words("groups_list_words")
_COORDINATORS = cue_words("groups_coordinators")


def mention_lists(sentence: Sentence, kind: str) -> list[list[Item]]:
    """Return the runs of coordinated namings of one kind ("arm", "outcome", "time"), singles included."""
    runs: list[list[Item]] = []
    for item in sentence.items:
        if item.kind != kind:
            continue
        if runs:
            between = sentence.items[runs[-1][-1].index + 1 : item.index]
            listed = all(
                i.kind in ("word", "mark") and (i.lower in _LIST_WORDS or i.token_kind == "people") for i in between
            )
            # "death from vascular causes" is one thing, no list of two
            if 0 < len(between) <= 5 and listed and (kind != "outcome" or any(i.lower in _COORDINATORS for i in between)):
                runs[-1].append(item)
                continue
        runs.append([item])
    return runs
