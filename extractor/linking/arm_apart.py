"""Values of arms that stand apart from each other: lists that carry a label each, values broken up by units, the bracket
after an arm that holds the parts of its value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from extractor.linking.arm_ties import BREAKS, TWO_ARM, is_one, linked_after
from extractor.linking.groups import Group
from extractor.linking.layout import Item, Sentence

__all__ = ["bind_lists", "bind_values_apart", "opens_bracket_of", "order_before"]

_LABEL_MARKS = frozenset([":", ",", "=", "("])
_LEADING = frozenset(["(", "[", ";", ":", ""])
_OPENING, _CLOSING = frozenset(["(", "["]), frozenset([")", "]"])
_BEHIND_ARM = re.compile(r"^(?: (?:patients|women|men|people|participants|subjects|recipients|group|arm))? ")
_TWO = 2
_LABEL_REACH = 3
_LIST_REACH = 12


def bind_lists(groups: Sequence[Group], sentence: Sentence, runs: Sequence[Sequence[Item]]) -> None:
    """Bind lists of values that have one arm each; ``runs`` are the lists of arms of the sentence."""
    _bind_labelled(groups, sentence)
    _bind_blocks(groups, runs)


def _bind_blocks(groups: Sequence[Group], runs: Sequence[Sequence[Item]]) -> None:
    """ "6.0 and 5.9 with A and 4.8 and 4.6 with B after 6 and 12 months": each list of values has one arm."""
    lists = [g for g in groups if g.values[0].value is not None and g.values[0].value.measure not in TWO_ARM]
    if len(lists) < 2 or not all(len(g.values) > 1 for g in lists) or any(g.versus for g in lists):
        return
    if len(runs) != len(lists) or any(len(r) != 1 or r[0].arm is None or len(r[0].arm.arm_ids) != 1 for r in runs):
        return
    order = sorted([(g.start, "value") for g in lists] + [(r[0].index, "arm") for r in runs])
    kinds = [k for _, k in order]
    if any(a == b for a, b in pairwise(kinds)):
        return
    for group, run in zip(lists, runs, strict=True):
        assert run[0].arm is not None
        for item in group.values:
            if item.value is not None:
                item.value.link("arm_ids", run[0].arm.arm_ids, "arm.one_per_list")


def _bind_labelled(groups: Sequence[Group], sentence: Sentence) -> None:
    """ "A: 41 versus 52; B: 40 versus 44": each list has its own label, so that all its values are of that arm."""
    lists = [g for g in groups if len(g.values) >= _TWO and _is_open(g.values)]
    for left, right in pairwise(lists):
        labels = _label_of(left, sentence), _label_of(right, sentence)
        if labels[0] is None or labels[1] is None or len(left.values) != len(right.values):
            continue
        assert labels[0].arm is not None and labels[1].arm is not None
        if labels[0].arm.arm_ids == labels[1].arm.arm_ids or labels[1].index - left.end > _LABEL_REACH:
            continue
        for group, label in ((left, labels[0]), (right, labels[1])):
            assert label.arm is not None
            for item in group.values:
                if item.value is not None:
                    item.value.link("arm_ids", label.arm.arm_ids, "arm.label_of_list")


def _label_of(group: Group, sentence: Sentence) -> Item | None:
    """Return the arm right before a list, with nothing but a mark and words for a mean between."""
    marked = False
    for item in reversed(sentence.items[max(0, group.start - _LABEL_REACH - 1) : group.start]):
        if item.kind == "arm":
            led = sentence.items[item.index - 1].lower if item.index else ""
            return item if marked and is_one(item) and led in _LEADING else None
        if item.kind not in ("word", "mark") or (item.kind == "mark" and item.lower not in _LABEL_MARKS):
            return None
        marked = marked or item.kind == "mark"
    return None


def _is_open(values: Sequence[Item]) -> bool:
    return all(i.value is not None and not i.value.arm_ids and i.value.measure not in TWO_ARM for i in values)


def bind_values_apart(items: Sequence[Item], runs: Sequence[Sequence[Item]], sentence: Sentence) -> None:
    """ "5.1 (x 10) mmol and 4.2 (x 10) mmol in A and B, respectively": values of one list that units break up."""
    if "respectively" not in sentence.text.lower():
        return
    for run in runs:
        ids = list(dict.fromkeys(i.arm.arm_ids for i in run if i.arm is not None and is_one(i)))
        following = [i.lower for i in sentence.items[run[-1].index + 1 : run[-1].index + _LABEL_REACH]]
        if len(ids) < _TWO or len(ids) != len(run) or "respectively" not in following:
            continue
        before = [i for i in items if i.index < run[0].index]
        own = before[-len(ids) :]
        if len(own) == len(ids) and _make_list(own, run[0], sentence):
            for item, arm in zip(own, ids, strict=True):
                assert item.value is not None
                item.value.link("arm_ids", arm, "arm.parallel_list")


def _make_list(values: Sequence[Item], arm: Item, sentence: Sentence) -> bool:
    """Whether only one thing is told in ``values``, up to the list of arms that begins with ``arm``."""
    measures = {i.value.measure for i in values if i.value is not None}
    between = sentence.items[values[0].index + 1 : arm.index]
    if len(measures) != 1 or measures & TWO_ARM or not _is_open(values):
        return False
    if any(i.kind in ("arm", "outcome", "time") or i.lower in BREAKS for i in between):
        return False
    if len([i for i in between if i.kind == "value"]) != len(values) - 1:
        return False
    return all(
        right.index - left.index <= _LIST_REACH and any(i.lower in ("and", ",") for i in sentence.items[left.index : right.index])
        for left, right in pairwise(values)
    )


def order_before(group: Group, sentence: Sentence) -> list[str]:
    """Return the arms of the values right before a list of as many, in their order: "12% with B vs 3% with A, and 9% vs 1%"."""
    before = [i.value for i in sentence.items[: group.start] if i.value is not None and i.value.companion_of is None]
    own = [v for v in before if v.measure not in TWO_ARM][-len(group.values) :]
    ids = [v.arm_ids[0] for v in own if len(v.arm_ids) == 1]
    return ids if len(set(ids)) == len(group.values) else []


def opens_bracket_of(item: Item, sentence: Sentence) -> Item | None:
    """Return the arm whose bracket holds ``item``, where the arm has its value before: "64% in A (rash 27%, pain 9%)"."""
    for other in reversed(sentence.items[: item.index]):
        if other.lower == ";":
            return None
        if other.kind != "arm" or other.arm is None or other.arm.rule == "definition":
            continue
        between = _BEHIND_ARM.sub("", sentence.text[other.end - sentence.start : item.start - sentence.start], count=1)
        return _arm_with_value(other, item, sentence) if between[:1] in _OPENING and _stays_open(between) else None
    return None


def _stays_open(text: str) -> bool:
    """Whether the bracket that ``text`` begins with is still open at its end."""
    depth = 0
    for mark in text:
        depth += (mark in _OPENING) - (mark in _CLOSING)
        if depth <= 0:
            return False
    return True


def _arm_with_value(arm: Item, item: Item, sentence: Sentence) -> Item | None:
    if arm.kind != "arm" or not is_one(arm):
        return None
    before = [i for i in sentence.items[: arm.index] if i.kind == "value" and i.value is not None and i.value.companion_of is None]
    if not before or not linked_after(before[-1], arm, sentence):
        return None
    assert before[-1].value is not None and item.value is not None
    return arm if before[-1].value.measure == item.value.measure else None
