"""Names that are only ever set against one of two groups: they are of the other one.

"7.2 in the A group and 6.9 in the oral group" in a trial of two groups: whatever "oral" stands for, it is not A.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from copy import copy
from itertools import pairwise

from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_mentions import Found
from extractor.linking.arm_names import Draft
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, roles
from extractor.linking.rules import cue_words

__all__ = ["find_opposites"]

_FRAMES = frozenset({"group", "groups", "letter", "treated", "coordinated", "without"})
_SETTING = cue_words("arm_opposites_setting")
_BEFORE = cue_words("arm_opposites_before")
_NO_GROUP = cue_words("arm_opposites_no_group")
_REACH = 30
_TWO = 2

_Mark = tuple[int, int, str | None, Naming | None]
"""(first token, stop token, id of the arm where it is known, the naming where it is not)"""


def find_opposites(
    view: View, chooser: Chooser, drafts: Sequence[Draft], found: Sequence[Found], ids: dict[int, str]
) -> list[Draft]:
    """Return copies of ``drafts`` that also hold each name set against one of two groups, and never against the other.

    Args:
        view: the text. chooser: knows the namings. drafts: the arms. found: the places that name them so far.
        ids: id(draft) -> id of the arm.

    Returns:
        The copies in the same order; nothing where no arm takes a name.
    """
    present = [d for d in drafts if not d.historical]
    if len(present) != _TWO or chooser.short_text or _share_name(view, *present):
        return []
    one, two = (ids[id(d)] for d in present)
    marks = _marks(view, chooser, found)
    against = _set_against(view, chooser, marks)
    other = {key: two if names == {one} else one for key, names in against.items() if len(names) == 1}
    taken = [(m[3], other[key]) for m in marks if m[3] is not None and (key := _key(view, chooser, m[3])) in other]
    if not taken:
        return []
    copies = [copy(d) for d in drafts]
    for draft, twin in zip(drafts, copies, strict=True):
        twin.namings = [*draft.namings, *(n for n, arm in taken if arm == ids[id(draft)])]
    return copies


def _share_name(view: View, one: Draft, two: Draft) -> bool:
    """Whether both groups are called by the same words somewhere, so that what is set against one may be that one."""
    names = [{tuple(view.lows[slice(*n.core)]) for n in d.namings} for d in (one, two)]
    return not names[0].isdisjoint(names[1])


def _set_against(view: View, chooser: Chooser, marks: Sequence[_Mark]) -> dict[Hashable, set[str]]:
    """Return the arms that each unknown name is set against; names set against each other are left out."""
    against: dict[Hashable, set[str]] = defaultdict(set)
    beside: set[Hashable] = set()
    for left, right in pairwise(marks):
        if view.sentence_of[left[0]] != view.sentence_of[right[0]] or not _in_like_places(view, left, right):
            continue
        keys = [_key(view, chooser, m[3]) if m[3] is not None else None for m in (left, right)]
        if keys[0] is not None and keys[1] is not None:
            beside |= {*keys} if keys[0] != keys[1] else set()
            continue
        for key, mark in ((keys[0], right), (keys[1], left)):
            if key is not None and mark[2] is not None:
                against[key].add(mark[2])
    return {key: names for key, names in against.items() if key not in beside}


def _key(view: View, chooser: Chooser, naming: Naming) -> Hashable:
    """What a naming says: its letter, else its telling words."""
    words = tuple(view.lows[slice(*naming.core)])
    return words if naming.frame == "letter" else chooser.key.get(id(naming)) or words


def _marks(view: View, chooser: Chooser, found: Sequence[Found]) -> list[_Mark]:
    """Return what names one group, known or not, in the order of the text."""
    known: list[_Mark] = [(first, stop, names[0], None) for first, stop, names, _ in found if len(names) == 1]
    covered = {i for first, stop, _, _ in found for i in range(first, stop)}
    unknown: list[_Mark] = []
    for naming in sorted(chooser.namings, key=lambda n: (n.first - n.stop, n.first)):
        if naming.whole or naming.frame not in _FRAMES or naming.first < chooser.title_stop or not _may_be_group(view, naming):
            continue
        if covered.isdisjoint(range(naming.first, naming.stop)):
            covered.update(range(naming.first, naming.stop))
            unknown.append((naming.first, naming.stop, None, naming))
    return sorted([*known, *unknown], key=lambda m: m[:2])


def _may_be_group(view: View, naming: Naming) -> bool:
    """Whether the words of a naming may name a group of the trial, not people of one kind ("the high-risk group")."""
    core = range(*naming.core)
    if naming.frame == "letter":
        return True
    if naming.frame == "group" and view.lows[naming.stop - 1].endswith("s"):
        return False
    if all(view.bits[i] & roles().people or not view.lows[i][0].isalnum() for i in core):
        return False
    return not any(view.bits[i] & roles().notarm or view.lows[i] in _NO_GROUP or (view.other[i] and not view.drug[i]) for i in core)


def _in_like_places(view: View, left: _Mark, right: _Mark) -> bool:
    """Whether two namings of a sentence are set against each other, in like places of its clauses."""
    between = view.lows[left[1] : right[0]]
    if len(between) > _REACH or not any(low in _SETTING for low in between):
        return False
    led = right[0] - 1
    while led > left[1] and view.bits[led] & (roles().det | roles().people):
        led -= 1
    return view.lows[led] in _BEFORE or view.lows[led] in _SETTING
