"""What setting things against each other tells of the arms: standards ("than A"), and values that cannot share an arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.rules import cue_words

__all__ = ["contrast", "is_standard", "label_after", "label_before", "order_of_values"]

_STANDARD = cue_words("arm_contrast_standard")
_PASSED = cue_words("arm_contrast_passed")
_AGAINST = cue_words("arm_contrast_against")
_BRACKETS = {"(": ")", "[": "]"}
_LONGEST_BRACKET = 14
_LONGEST_TIE = 9
_SHORT = 3


def is_standard(item: Item, sentence: Sentence) -> bool:
    """Whether the arm of ``item`` is what another is measured by: "than in the A group", "compared with A", "versus A"."""
    for other in reversed(sentence.items[: item.index]):
        if other.lower in _STANDARD:
            return True
        if other.lower == "to" or other.lower == "with":
            before = sentence.items[other.index - 1].lower if other.index else ""
            if before != "than":
                return before in ("compared", "relative", "comparison", "opposed", "contrast")
        elif other.lower not in _PASSED:
            return False
    return False


def order_of_values(ids: Sequence[str], first: Item, sentence: Sentence) -> list[str]:
    """Return the arms in the order of their values: "Compared with A, B had more pain (x vs y)" has x for B.

    Args:
        ids: the arms in the order of naming. first: the first naming.
    """
    if len(ids) == 2 and is_standard(first, sentence) and _opens(first, sentence):
        return [ids[1], ids[0]]
    return list(ids)


def _opens(item: Item, sentence: Sentence) -> bool:
    """Whether the standard is told first, before anything that is said: only words stand before it, and few."""
    return item.index <= 5 and all(i.kind in ("word", "mark") for i in sentence.items[: item.index])


def label_before(item: Item, sentence: Sentence) -> Item | None:
    """Return the arm right before the value, as its label: "control: 20.4", "(study; 13.6)", "placebo (18%"; else None."""
    marks = 0
    for other in reversed(sentence.items[: item.index]):
        if other.kind == "arm":
            return other if marks else None
        if other.lower == ";":
            # a semicolon after an arm mostly closes the clause; only in a bracket it stands for a colon
            named = sentence.items[other.index - 1] if other.index else None
            led = sentence.items[other.index - 2].lower if other.index > 1 else ""
            if named is None or named.kind != "arm" or led not in ("(", "[", ","):
                return None
        elif other.lower not in (":", "(", "=", "["):
            return None
        marks += 1
    return None


def label_after(item: Item, sentence: Sentence) -> Item | None:
    """Return the arm right after the value, as its label: "94% (A)", "17% A versus 11% B", "2.4% [1.7-3.1] A"; else None."""
    items = sentence.items
    place = _after_bracket(item.index + 1, items)
    opened = place < len(items) and items[place].lower in _BRACKETS
    if opened:
        place += 1
    if place >= len(items) or items[place].kind != "arm":
        return None
    arm = items[place]
    following = items[place + 1] if place + 1 < len(items) else None
    if opened:
        return arm if following is not None and following.lower in (")", "]") else None
    if following is None or following.kind == "value" or following.lower in (":", "=", "(", "["):
        return None
    return arm


def _after_bracket(place: int, items: Sequence[Item]) -> int:
    """The place after a bracket that opens at ``place`` and names no arm and no value; ``place`` itself where there is none."""
    if place >= len(items) or items[place].lower not in _BRACKETS:
        return place
    closing = _BRACKETS[items[place].lower]
    for other in items[place + 1 : place + _LONGEST_BRACKET]:
        if other.kind in ("arm", "value", "outcome"):
            return place
        if other.lower == closing:
            return other.index + 1
    return place


def contrast(
    values: Sequence[Item], sentence: Sentence, other_arm: Callable[[str], str | None], tied: Callable[[Item, Item, Sentence], bool]
) -> None:  # fmt: skip
    """Undo links of two values set against each other to the same arm: the less certain one gets the other arm, or none.

    Args:
        values: the values of the sentence that are of one arm, in order.
        other_arm: gives the one other arm of a trial of two, None where there is no such thing.
        tied: whether an arm that follows a value belongs to it by a preposition.
    """
    for left, right in pairwise(values):
        first, second = left.value, right.value
        assert first is not None and second is not None
        if len(first.arm_ids) != 1 or first.arm_ids != second.arm_ids or first.shared_arms or second.shared_arms:
            continue
        if first.measure != second.measure or first.companion_of is not None or second.companion_of is not None:
            continue
        between = sentence.items[left.index + 1 : right.index]
        if not _set_against(between) or any(i.kind == "time" for i in between):
            continue
        weaker = _less_certain(left, right, sentence, tied)
        changed = other_arm(weaker.arm_ids[0])
        weaker.arm_ids = (changed,) if changed is not None else ()
        weaker.rules["arm"] = "arm.contrast"
        if changed is None:
            del weaker.rules["arm"]


def _less_certain(
    left: Item, right: Item, sentence: Sentence, tied: Callable[[Item, Item, Sentence], bool]
) -> Value:  # fmt: skip
    """Of two values bound to one arm, the one that is not tied to it by its words; of equals, the one farther from it."""
    first, second = left.value, right.value
    assert first is not None and second is not None
    arm_ids = first.arm_ids
    namings = [i for i in sentence.of_kind("arm") if i.arm is not None and i.arm.arm_ids == arm_ids]

    def near(item: Item, low: int, high: int) -> bool:
        own = [a for a in namings if low <= a.index < high]
        before = [a for a in own if 0 < item.index - a.index <= _LONGEST_TIE]
        parted = any(i.lower in _AGAINST for a in before[-1:] for i in sentence.items[a.index : item.index])
        return (bool(before) and not parted) or any(a.index > item.index and tied(item, a, sentence) for a in own)

    led = [a for a in namings if a.index < left.index]
    if led and right.index - left.index <= _SHORT and is_standard(led[-1], sentence):
        return first
    one = label_after(left, sentence) or label_before(left, sentence)
    two = label_after(right, sentence) or label_before(right, sentence)
    if (one in namings) != (two in namings):
        return second if one in namings else first
    ties = near(left, 0, right.index), near(right, left.index, len(sentence.items))
    if ties[0] != ties[1]:
        return second if ties[0] else first
    if led:
        return first if is_standard(led[-1], sentence) else second
    return first if namings else second


def _set_against(between: Sequence[Item]) -> bool:
    """Whether the values are set against each other: "versus", "compared with" and the like, nothing else told between."""
    if any(i.kind == "mark" and i.lower == ";" for i in between):
        return False
    against = [k for k, i in enumerate(between) if i.lower in _AGAINST]
    return bool(against) and len(between) - against[-1] <= _LONGEST_TIE
