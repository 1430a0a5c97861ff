"""What setting things against each other tells of the arms: standards ("than A"), and values that cannot share an arm."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.rules import cue_words
from extractor.records import Arm

__all__ = ["alternation", "contrast", "is_standard", "label_after", "label_before", "order_of_values", "tested_in_order"]

_STANDARD = cue_words("arm_contrast_standard")
_PASSED = cue_words("arm_contrast_passed")
_AGAINST = cue_words("arm_contrast_against")
_BRACKETS = {"(": ")", "[": "]"}
_LONGEST_BRACKET = 14
_LONGEST_TIE = 9
_SHORT = 3
_FEWEST = 2
_WEAK = frozenset([
    "arm.alternating_after", "arm.alternating_before", "arm.nearest_before", "arm.nearest_after", "arm.value_after",
    "arm.only_arm", "arm.sentence_before",
])  # fmt: skip
_GROUP_AFTER = re.compile(
    r"\W{0,2}(?:[\[(][^()]{0,40}[\])],? ?)?(?:(?:of|in|for|with|on|among|from) (?:the |those (?:in|on|with) (?:the )?|(?:patients|women) (?:in|on|with|receiving) (?:the )?)?"
    r"(?:(?!the\b|all|both|each|either|total|whole|entire|overall|same|study|treatment|two|three)[\w+/-]+ ){1,4}?(?:group|arm)\b"
    r"|(?:of|in|for|with|on) (?:the )?(?:group |arm |groups )?[A-Z][A-Z0-9+-]{1,8}\b|(?:in|for|of) (?:group|arm) \w\b)"
)


def is_standard(item: Item, sentence: Sentence) -> bool:
    """Whether the arm of ``item`` is what another is measured by: "than in the A group", "compared with A", "versus A"."""
    for other in reversed(sentence.items[: item.index]):
        if other.lower in _STANDARD or other.lower.endswith(" than"):
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
    """Return the arm right before the value, as its label: "control: 20.4", "(study; 13.6)", "placebo (18%", or before the
    bracket that lists it: "arm A (pain 31%, rash 11%)"; else None."""
    return _right_before(item, sentence) or _arm_of_bracket(item, sentence)


def _right_before(item: Item, sentence: Sentence) -> Item | None:
    marks = 0
    for other in reversed(sentence.items[: item.index]):
        if other.kind == "arm":
            return other if marks else None
        if other.lower == ";":
            # a semicolon after an arm mostly closes the clause; only in a bracket it stands for a colon
            named = sentence.items[other.index - 1] if other.index else None
            led = sentence.items[other.index - 2].lower if other.index > 1 else ""
            if named is None or named.kind != "arm" or led not in ("(", "[", ",") or _values_first(other, sentence):
                return None
        elif other.token_kind == "p_value" or (other.lower == "," and sentence.items[other.index - 1].token_kind == "p_value"):
            continue  # "in the A group (P < 0.02, 38% reduction)"
        elif other.lower not in (":", "(", "=", "["):
            return None
        marks += 1
    return None


def _values_first(item: Item, sentence: Sentence) -> bool:
    """Whether the bracket around ``item`` opens with a value, so that groups follow theirs: "(2.0%, A; 1.4%, B)"."""
    opened = next((i.index for i in reversed(sentence.items[: item.index]) if i.lower in _BRACKETS), None)
    return opened is not None and sentence.items[opened + 1].kind == "value"


def _arm_of_bracket(item: Item, sentence: Sentence) -> Item | None:
    """Return the arm right before the bracket that lists the value among others of other outcomes: "69% in arm A (pain 31%,
    rash 11%) and ..."; None where the bracket names an arm, sets values against each other or tells one outcome."""
    opened = next((i for i in reversed(sentence.items[: item.index]) if i.lower in (*_BRACKETS, ")", "]")), None)
    if opened is None or opened.lower not in _BRACKETS or opened.index == 0:
        return None
    arm = sentence.items[opened.index - 1]
    inside: list[Item] = []
    for other in sentence.items[opened.index + 1 :]:
        if other.lower == _BRACKETS[opened.lower]:
            break
        inside.append(other)
    values = sum(i.kind == "value" for i in inside)
    told = sum(i.kind == "outcome" for i in inside)
    if arm.kind != "arm" or any(i.kind == "arm" or i.lower in _AGAINST for i in inside):
        return None
    return arm if values > 1 and told > 1 else None


def label_after(item: Item, sentence: Sentence) -> Item | None:
    """Return the arm right after the value, as its label: "94% (A)", "17% A versus 11% B", "2.4% [1.7-3.1] A"; else None."""
    items = sentence.items
    place = _after_bracket(item.index + 1, items)
    opened = place < len(items) and items[place].lower in _BRACKETS
    comma = place < len(items) and items[place].lower == ","
    if opened or comma:
        place += 1
    if place >= len(items) or items[place].kind != "arm":
        return None
    arm = items[place]
    following = items[place + 1] if place + 1 < len(items) else None
    if comma:  # "(2.0%, A; 1.4%, B)"
        return arm if following is not None and following.lower in (";", ")", "]") and _in_bracket(item, sentence) else None
    if opened:
        return arm if following is not None and following.lower in (")", "]") else None
    if following is None or following.kind == "value" or following.lower in (":", "=", "(", "["):
        return None
    return arm


def _in_bracket(item: Item, sentence: Sentence) -> bool:
    before = [i.lower for i in sentence.items[: item.index]]
    return sum(low in _BRACKETS for low in before) > sum(low in _BRACKETS.values() for low in before)


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
    """Undo links of two values set against each other to the same arm: the less certain one gets the other arm, or none;
    where just one of the two has an arm, the other gets the other arm.

    Args:
        values: the values of the sentence that are of one arm, in order.
        other_arm: gives the one other arm of a trial of two, None where there is no such thing.
        tied: whether an arm that follows a value belongs to it by a preposition.
    """
    for left, right in _pairs(values):
        first, second = left.value, right.value
        assert first is not None and second is not None
        if first.companion_of is not None or second.companion_of is not None:
            continue
        between = sentence.items[left.index + 1 : right.index]
        if any(i.kind == "time" for i in between):
            continue
        if not first.arm_ids and not second.arm_ids and _set_against(between):
            _repeat_order(left, right, values)
        if not first.arm_ids or not second.arm_ids:
            _give_the_rest(left, right, between, other_arm)
            continue
        if len(first.arm_ids) != 1 or first.arm_ids != second.arm_ids or first.shared_arms or second.shared_arms:
            continue
        if first.rules.get("arm") == second.rules.get("arm") == "arm.label_of_list":
            continue
        weaker = _less_certain(left, right, sentence, tied)
        if not _set_against(between) and not _of_unknown_group(left if weaker is first else right, between, sentence):
            continue
        changed = other_arm(weaker.arm_ids[0])
        weaker.arm_ids = (changed,) if changed is not None else ()
        weaker.rules["arm"] = "arm.contrast"
        if changed is None:
            del weaker.rules["arm"]


def _pairs(values: Sequence[Item]) -> list[tuple[Item, Item]]:
    """Each value with the next of its measure: the next value, or the one after a bracket: "27 deaths [0.2%] v 61 [0.5%]"."""
    pairs = []
    for place, left in enumerate(values):
        for right in values[place + 1 : place + 3]:
            assert left.value is not None and right.value is not None
            if left.value.measure == right.value.measure:
                pairs.append((left, right))
                break
    return pairs


def _repeat_order(left: Item, right: Item, values: Sequence[Item]) -> None:
    """Give two open values set against each other the arms of the last two before them, in the same order."""
    before = [i.value for i in values if i.index < left.index and i.value is not None]
    ids = list(dict.fromkeys(v.arm_ids for v in before if len(v.arm_ids) == 1))
    last = [v.arm_ids for v in before[-2:]]
    if len(ids) != _FEWEST or not all(last) or left.value is None or right.value is None:
        return
    left.value.link("arm_ids", ids[0], "arm.order_of_trial")
    right.value.link("arm_ids", ids[1], "arm.order_of_trial")


def _give_the_rest(
    left: Item, right: Item, between: Sequence[Item], other_arm: Callable[[str], str | None]
) -> None:  # fmt: skip
    """Of two values set against each other one is of a known arm, the other of a group not named: it has the other arm."""
    first, second = left.value, right.value
    assert first is not None and second is not None
    known, open_one = (first, second) if first.arm_ids else (second, first)
    if len(known.arm_ids) != 1 or known.rules.get("arm") in _WEAK or not _set_against(between):
        return
    other = other_arm(known.arm_ids[0])
    if other is not None:
        open_one.link("arm_ids", (other,), "arm.contrast")


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
    # "36% vs 69% ... were lower in patients on A": what is spoken of comes first, unless it is the standard
    return first if namings and is_standard(namings[0], sentence) else second


def _of_unknown_group(item: Item, between: Sequence[Item], sentence: Sentence) -> bool:
    """Whether a group that is no known arm is tied to the value: "15% of the IT group and 20% of B", "24 weeks (non-IT)"."""
    if any(i.kind == "outcome" for i in between) or not any(i.lower in ("and", ",", ";", ")") for i in between):
        return False
    assert item.value is not None
    if item.value.rules.get("arm") not in _WEAK:
        return False
    place = item.end - sentence.start
    found = _GROUP_AFTER.match(sentence.text, place)
    if found is None:
        return False
    start, end = sentence.start + found.start(), sentence.start + found.end()
    return not any(
        i.kind in ("arm", "outcome", "value") and i.start < end and start < i.end
        for i in sentence.items[item.index + 1 :]
    )


def _set_against(between: Sequence[Item]) -> bool:
    """Whether the values are set against each other: "versus", "compared with" and the like, nothing else told between."""
    if any(i.kind == "mark" and i.lower == ";" for i in between):
        return False
    against = [k for k, i in enumerate(between) if i.lower in _AGAINST or i.lower.endswith(" than")]
    return bool(against) and len(between) - against[-1] <= _LONGEST_TIE


def alternation(chain: Sequence[Item]) -> str:
    """ "before" for arm, values, arm, values; "after" for values, arm, values, arm; "" where they do not alternate."""
    kinds: list[str] = []
    for item in chain:
        if item.kind == "value" and kinds[-1:] == ["value"]:
            continue
        kinds.append(item.kind)
    if len(kinds) < 2 or len(kinds) % 2 or any(a == b for a, b in pairwise(kinds)):
        return ""
    return "before" if kinds[0] == "arm" else "after"


def tested_in_order(count: int, groups: Sequence[Arm], named: Sequence[str]) -> list[str]:
    """Return the tested groups in the order of the trial where ``count`` values side by side are theirs, else nothing.

    "Nausea was reported by 22%, 29% and 38%, and by 11% with placebo": the sentence names none of them, at most the control.
    """
    tested = [a.id for a in groups if a.role == "experimental"]
    if count < _FEWEST or len(tested) != count or not any(a.role == "comparator" for a in groups):
        return []
    return tested if set(named) <= {a.id for a in groups if a.role == "comparator"} else []
