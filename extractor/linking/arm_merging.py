"""Arms that are one: the same group under a long name and a short form, or under two names that are never listed together.

A trial of three groups names all three in one list somewhere. Where two of three or more drafts stand in no list together,
while another group is listed with each of them, the two are one group. Controls are never merged with studied groups, nor
groups that a letter or a size tells apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_names import Draft
from extractor.linking.arm_view import View

__all__ = ["merge_arms"]

_FEW, _LEAST_LETTERS, _ENOUGH = 3, 3, 3
_UNSOUNDED = frozenset({"of", "the", "and", "with", "in", "for", "a", "an", "to", "or"})
_BARE = frozenset({"control", "comparison", "controls"})


def merge_arms(view: View, chooser: Chooser, drafts: list[Draft]) -> list[Draft]:
    """Return ``drafts`` with those joined that are one group, and without what only one list names among three or more.

    Args:
        view: the text. chooser: the chooser of the arms. drafts: the arms; joined ones take over what the others hold.
    """
    if chooser.short_text or len(drafts) < _FEW:
        return drafts
    kept = list(drafts)
    tests: tuple[Callable[[Draft, Draft, Sequence[Draft]], bool], ...] = (
        _same_name, lambda a, b, rest: _short_for(view, a, b, rest), _only_control, _listed_apart, _part_of_name,
    )  # fmt: skip
    for test in tests:
        while len(kept) >= _FEW:
            pair = next(
                (
                    (a, b)
                    for a, b in combinations(kept, 2)
                    if not _told_apart(a, b) and test(a, b, [d for d in kept if d is not a and d is not b])
                ),
                None,
            )
            if pair is None:
                break
            _join(*pair)
            kept.remove(pair[1])
    _name_control(view, kept)
    return _without_stray(view, kept)


def _name_control(view: View, drafts: list[Draft]) -> None:
    """Join "the control group" with the one of two listed arms that it is never set against, where it is in no list itself."""
    controls = [d for d in drafts if d.control]
    if len(drafts) != _FEW or len(controls) != 1 or not _bare(controls[0]):
        return
    first, second = (d for d in drafts if d is not controls[0])
    if not _rows(first) & _rows(second) or any(_told_apart(d, controls[0], controls=True) for d in (first, second)):
        return
    beside = [d for d in (first, second) if _sentences(view, d) & _sentences(view, controls[0])]
    if len(beside) == 1:
        named = second if beside[0] is first else first
        _join(named, controls[0])
        named.control = True
        drafts.remove(controls[0])


def _sentences(view: View, draft: Draft) -> set[int]:
    return {view.sentence_of[n.first] for n in draft.namings}


def _bare(draft: Draft) -> bool:
    """Whether a draft is called nothing but "control"."""
    return draft.control and bool(draft.keys) and all(key <= _BARE for key in draft.keys)


def _rows(draft: Draft) -> set[int]:
    return {n.row for n in draft.namings if n.row >= 0}


def _told_apart(a: Draft, b: Draft, *, controls: bool = False) -> bool:
    """Whether one list names both, or a letter, a size or (but for ``controls``) the nature of a control tells them apart."""
    sizes = [{n.size.start for n in d.namings if n.size is not None} for d in (a, b)]
    return bool(
        _rows(a) & _rows(b)
        or (a.control != b.control and not controls)
        or a.historical
        or b.historical
        or (a.letters and b.letters and a.letters != b.letters)
        or (sizes[0] and sizes[1] and sizes[0] != sizes[1])
    )


def _same_name(a: Draft, b: Draft, rest: Sequence[Draft]) -> bool:
    return any(key in b.keys for key in a.keys)


def _only_control(a: Draft, b: Draft, rest: Sequence[Draft]) -> bool:
    """Whether one is called nothing but "control" and the other is the only control beside it."""
    return _bare(a) != _bare(b) and a.control and b.control and not any(d.control for d in rest)


def _listed_apart(a: Draft, b: Draft, rest: Sequence[Draft]) -> bool:
    """Whether another arm is listed with each of the two."""
    return any(_rows(a) & _rows(d) and _rows(b) & _rows(d) for d in rest)


def _part_of_name(a: Draft, b: Draft, rest: Sequence[Draft]) -> bool:
    """Whether the name of one is a part of the name of the other, and of no third."""
    if a.control:
        return False
    for short, long in ((a, b), (b, a)):
        if any(mine < theirs and len(mine) > 1 for mine in short.keys for theirs in long.keys):
            return not any(mine & theirs for d in rest for mine in short.keys for theirs in d.keys)
    return False


def _short_for(view: View, a: Draft, b: Draft, rest: Sequence[Draft]) -> bool:
    """Whether one is called by a short form only, whose capitals are initials of the other's name and of no third's."""
    for short, long in ((a, b), (b, a)):
        forms = {_form(view, short)} - {""}
        if forms and all(_spells(view, form, long) and not any(_spells(view, form, d) for d in rest) for form in forms):
            return True
    return False


def _form(view: View, draft: Draft) -> str:
    """The capitals of the one short form that a draft is called by, "" where it has another name too."""
    names = {tuple(view.lows[slice(*n.core)]) for n in draft.namings}
    if len(names) != 1 or draft.title is not None:
        return ""
    first, stop = draft.namings[0].core
    printed = view.text[view.tokens[first].start : view.tokens[stop - 1].end]
    capitals = "".join(c for c in printed if c.isupper())
    return capitals if stop - first == 1 and len(capitals) >= _LEAST_LETTERS else ""


def _spells(view: View, form: str, draft: Draft) -> bool:
    """Whether the letters of ``form`` are initials of a name of ``draft``, in order, the first being the first."""
    named = draft.namings if draft.title is None else [draft.title, *draft.namings]
    for naming in named:
        lows = view.lows[slice(*naming.core)]
        initials = iter("".join(low[0] for low in lows if low[0].isalpha() and low not in _UNSOUNDED).upper())
        if len(lows) >= len(form) and all(letter in initials for letter in form):
            return True
    return False


def _join(draft: Draft, other: Draft) -> None:
    """Give ``draft`` what ``other`` holds."""
    draft.namings += [n for n in other.namings if n not in draft.namings]
    draft.keys += [key for key in other.keys if key not in draft.keys]
    draft.letters |= other.letters
    draft.generic = draft.generic and other.generic
    draft.support += other.support
    draft.title = draft.title or other.title
    draft.order = min(draft.order, other.order)


def _without_stray(view: View, drafts: list[Draft]) -> list[Draft]:
    """Leave out what is named once, without a size, where two other arms are named often and with sizes."""
    if len(drafts) < _FEW:
        return drafts
    sized = [d for d in drafts if len(d.namings) >= _ENOUGH and any(n.size is not None for n in d.namings)]
    if len(sized) < _FEW - 1:
        return drafts
    return [d for d in drafts if len(d.namings) > 1 or d.letters or any(n.size is not None for n in d.namings)]
