"""How an arm is tied to a value by the words between them: prepositions, brackets, lists that end in one arm."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.linking.context_cues import cue_in
from extractor.linking.layout import Item, Sentence
from extractor.linking.rules import cue_words

__all__ = [
    "BREAKS", "TWO_ARM", "crosses", "first_arm", "is_one", "is_total", "linked_after", "next_arm", "of_unnamed_group", "previous_arm", "tied_arm", "tied_arm_of_list",
]  # fmt: skip

_PREPOSITIONS = cue_words("arm_links_prepositions")
BREAKS = frozenset([";", "but", "whereas", "while", "however", "although"])
TWO_ARM = frozenset({
    "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_difference", "mean_difference",
    "standardized_mean_difference", "relative_reduction", "absolute_difference", "fold_change", "number_needed_to_treat",
    "comparison",
})  # fmt: skip


def is_one(item: Item) -> bool:
    return item.arm is not None and len(item.arm.arm_ids) == 1


def is_total(item: Item, sentence: Sentence) -> bool:
    """Whether the value is told as a sum: "a total of 12 seizures"."""
    return [i.lower for i in sentence.items[max(0, item.index - 2) : item.index]] == ["total", "of"]


def first_arm(items: Sequence[Item]) -> Item | None:
    return next((i for i in items if i.kind == "arm"), None)


def next_arm(item: Item, sentence: Sentence) -> Item | None:
    for other in sentence.items[item.index + 1 :]:
        if other.kind == "arm":
            return other
        if other.kind == "value" and other.value is not None and other.value.measure not in TWO_ARM:
            if other.value.companion_of is None:
                return None
    return None


def of_unnamed_group(item: Item, sentence: Sentence) -> bool:
    """Whether the value is told of people by what they receive, and that is no one group: "5% of patients on the tablets and
    2% of patients on placebo", of a trial with two groups on tablets. Then no group named elsewhere is its own."""
    named = next((i for i in sentence.items[item.index + 1 :] if i.kind in ("value", "arm")), None)
    stop = len(sentence.text) if named is None else named.start - sentence.start
    return cue_in("unnamed_group", sentence.text[item.end - sentence.start : stop]) is not None


_ALIKE = frozenset(["change", "percentage"])
_OPEN = frozenset([",", "and", "or", ";"])


def tied_arm(item: Item, sentence: Sentence, passed: frozenset[str] = frozenset()) -> Item | None:
    """The arm that a preposition ties to the value from behind, with nothing but brackets between: "15% (n = 6) in the A group".

    Args:
        item: the value. sentence: its sentence. passed: words and marks that may stand between all the same.
    """
    after = next_arm(item, sentence)
    if after is None or not is_one(after) or not linked_after(item, after, sentence):
        return None
    printed = sentence.text[item.start - sentence.start : item.end - sentence.start]
    # a bracket that opens inside the figure closes behind it: "21 points (95% CI, 4 to 38) for A"
    depth = sum(printed.count(mark) for mark in "([") - sum(printed.count(mark) for mark in ")]")
    for other in sentence.items[item.index + 1 : after.index]:
        if other.lower in ("(", "["):
            depth += 1
        elif other.lower in (")", "]"):
            depth -= 1
        elif depth == 0 and ((other.lower in _OPEN and other.lower not in passed) or other.kind == "outcome"):
            return None
    return after if depth == 0 else None


def tied_arm_of_list(item: Item, sentence: Sentence) -> Item | None:
    """ "95% at 6 months and 79% at 3 years in the A group": values that differ in time or outcome have the arm told last."""
    assert item.value is not None
    here = item
    told = False
    for other in sentence.items[item.index + 1 : item.index + 40]:
        if other.kind == "arm" or other.lower in BREAKS or other.lower in ("versus", "vs", "compared", "than"):
            return None
        if other.lower in ("were", "was"):
            return None  # "12 seizures were seen, and 52 infants given A ...": said in full
        told = told or other.kind in ("time", "outcome") or other.lower == "at"
        if other.kind != "value" or other.value is None or other.value.companion_of is not None:
            continue
        alike = {other.value.measure, item.value.measure} <= _ALIKE or other.value.measure == item.value.measure
        if not alike or other.index - here.index > 10:
            return None
        here = other
        if told and (arm := tied_arm(other, sentence)) is not None:
            return arm
    return None


def previous_arm(item: Item, sentence: Sentence) -> Item | None:
    for other in reversed(sentence.items[: item.index]):
        if other.kind == "arm":
            return other
        if other.lower in BREAKS:
            return None
    return None


def crosses(item: Item, other: Item, sentence: Sentence, kind: str) -> bool:
    low, high = sorted((item.index, other.index))
    return any(i.kind == kind for i in sentence.items[low + 1 : high])


def linked_after(item: Item, arm: Item, sentence: Sentence) -> bool:
    """ "15% of patients who received A", "12 in the A group": a preposition ties the arm to the value before it."""
    between = sentence.items[item.index + 1 : arm.index]
    if len(between) > 12 or any(i.lower in BREAKS for i in between):
        return False
    prepositions = [i.index for i in between if i.lower in _PREPOSITIONS]
    if not prepositions:
        return False
    last = max(prepositions)
    return (
        not any(i.lower in ("compared", "than", "versus", "vs", "relative") for i in between) and arm.index - last <= 5
    )
