"""Groups with two names are one arm; groups of a trial of three stay apart."""

from __future__ import annotations

import pytest

from extractor.lexicon import load_lexicon
from extractor.linking.arm_choice import choose_arms
from extractor.linking.arm_completion import complete_arms
from extractor.linking.arm_frames import find_namings
from extractor.linking.arm_merging import merge_arms
from extractor.linking.arm_names import Draft
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, make_view
from extractor.linking.arms import ArmReading
from extractor.reading.reader import read_article
from extractor.records import Arm, ArmRole, Span, make_article

TWO_NAMES = (
    "Colchicine against gout in sailors. Sailors were randomised to naproxen alone or combined with colchicine. In all, 90 sailors"
    " were assigned to naproxen alone (n = 45) or naproxen plus colchicine (n = 45). Pain ended in 30% of the naproxen plus"
    " colchicine group and in 20% of the naproxen-alone group. All sailors were followed."
)
NAMELESS_CONTROL = (
    "A puzzle board for gouty sailors. Sailors were assigned to a puzzle board (n = 45) or a talk alone (n = 44). The puzzle board"
    " group knew more than the control group. Knowledge was 8 points in the puzzle board group and 6 points in the control group."
    " Sailors in the control group asked more questions. The puzzle board group was content."
)
THREE = (
    "Allopurinol, naproxen or both for gouty sailors. Sailors were randomised to allopurinol (n = 30), naproxen (n = 30) or allopurinol"
    " plus naproxen (n = 30). Pain ended in 20% of the allopurinol group, 25% of the naproxen group and 30% of the allopurinol plus"
    " naproxen group. All sailors were followed."
)


def view_of(text: str) -> View:
    return make_view(read_article(make_article(id="d", text=text, kind="abstract"), load_lexicon()))


@pytest.mark.parametrize(
    ("text", "before", "after"), [(TWO_NAMES, 3, 2), (NAMELESS_CONTROL, 3, 2), (THREE, 3, 3), ("Figs for gout. They help.", 0, 0)]
)
def test_how_many_arms_are_left(text: str, before: int, after: int) -> None:
    view = view_of(text)
    stop = view.ranges[0][1]
    drafts, chooser = choose_arms(view, find_namings(view, stop), stop, load_lexicon())
    assert len(drafts) == before
    merged = merge_arms(view, chooser, drafts)
    assert len(merged) == after
    assert {id(n) for d in merged for n in d.namings} == {id(n) for d in drafts for n in d.namings}


SHORT = "Fast honest lion taming against slow dull taming. Tigers slept. FHLT helped. Taming took weeks. Nobody was hurt. Hay was given."


def draft(view: View, words: str, order: int, key: set[str], frame: str = "group") -> Draft:
    wanted = words.lower().split()
    first = next(i for i in range(len(view.lows)) if view.lows[i : i + len(wanted)] == wanted)
    made = Draft(order)
    made.namings.append(Naming(first, first + len(wanted), (first, first + len(wanted)), frame))
    made.keys.append(frozenset(key))
    return made


@pytest.mark.parametrize(("letters", "size", "expected"), [("", False, 2), ("ab", False, 3), ("", True, 2)])
def test_a_short_form_and_its_long_name(letters: str, size: bool, expected: int) -> None:
    view = view_of(SHORT)
    drafts, chooser = choose_arms(view, [], 0, load_lexicon())
    assert drafts == []
    made = [
        draft(view, "fast honest lion taming", 0, {"fast", "honest", "lion", "taming"}),
        draft(view, "slow dull taming", 1, {"slow", "dull"}),
        draft(view, "fhlt", 2, {"fhlt"}),
    ]
    for one, letter in zip((made[0], made[2]), letters, strict=False):
        one.letters.add(letter)
    merged = merge_arms(view, chooser, made)
    assert len(merged) == expected
    assert (frozenset({"fhlt"}) in merged[0].keys) is (expected == 2)


def test_one_list_with_both_tells_two_arms_apart() -> None:
    view = view_of(SHORT)
    _, chooser = choose_arms(view, [], 0, load_lexicon())
    made = [draft(view, w, i, {w}) for i, w in enumerate(["taming", "tigers", "hay"])]
    made[1].keys = [frozenset({"taming"})]
    assert len(merge_arms(view, chooser, list(made))) == 2
    for one in made:
        one.namings = one.namings[:1]
    made[0].namings[0].row = made[1].namings[0].row = 7
    assert len(merge_arms(view, chooser, list(made))) == 3


def test_where_the_only_comparator_is_denied_the_last_arm_is_compared_with() -> None:
    text = "Figs or dates for gout. Men took figs or dates. There was no concurrent control."
    reading = read_article(make_article(id="d", text=text, kind="abstract"), load_lexicon())
    arms: list[Arm] = []
    named: list[tuple[str, ArmRole, str]] = [
        ("a1", "experimental", "figs"), ("a2", "experimental", "dates"), ("a3", "comparator", "no concurrent control"),
    ]  # fmt: skip
    for arm_id, role, words in named:
        at = text.index(words)
        arms.append(Arm(id=arm_id, role=role, label=Span(text=words, start=at, end=at + len(words))))
    completed = complete_arms(reading, load_lexicon(), ArmReading(arms=tuple(arms), mentions=()), [])
    assert [(a.id, a.role) for a in completed.arms] == [("a1", "experimental"), ("a2", "comparator")]
