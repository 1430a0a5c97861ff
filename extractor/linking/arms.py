"""The groups of a trial, and every place in the text that names one of them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from extractor.lexicon import Lexicon
from extractor.linking.arm_choice import Chooser, choose_arms
from extractor.linking.arm_fallbacks import add_missing_arms
from extractor.linking.arm_frames import find_namings
from extractor.linking.arm_labels import Place, best_label, comparator_places, draft_label, experimental_places
from extractor.linking.arm_mentions import Found, find_mentions, to_mentions
from extractor.linking.arm_names import Draft
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_regimens import interventions_of
from extractor.linking.arm_types import ArmMention
from extractor.linking.arm_view import View, make_view, roles
from extractor.reading.types import Reading
from extractor.records import Arm, ArmRole, Number

__all__ = ["ArmMention", "ArmReading", "find_arms", "label_choices"]


class ArmReading(msgspec.Struct, frozen=True, kw_only=True):
    """The groups of the trial, ids "a1", "a2" ..., and the places that name them, in the order of the text."""

    arms: tuple[Arm, ...]
    mentions: tuple[ArmMention, ...]


def find_arms(reading: Reading, lexicon: Lexicon) -> ArmReading:
    """Return the groups that ``reading`` speaks of and every place that names them.

    A text with one group gives one arm; a text that names none gives none. Roles: placebo, sham, usual care,
    observation, no treatment and the like are comparators; without one the group named first, in the title or else in
    the allocation, is experimental and the second the comparator.

    Args:
        reading: the text read. lexicon: the vocabularies (already applied in ``reading.mentions``).
    """
    groups = _find_groups(reading, lexicon)
    view = groups.view
    arms: list[Arm] = []
    for arm_id, draft, role, places in groups.arms:
        arms.append(
            Arm(
                id=arm_id,
                role=role,
                label=best_label(view, places) or draft_label(view, draft, groups.chooser),
                interventions=interventions_of(view, draft, groups.chooser),
                size=_size(draft),
            )
        )
    return ArmReading(arms=tuple(arms), mentions=to_mentions(view, groups.found))


def label_choices(reading: Reading, lexicon: Lexicon) -> list[tuple[ArmRole, list[tuple[int, int, dict[str, float]]]]]:
    """Return the role of each arm with the places that may give its label: start and end (code points), features."""
    groups = _find_groups(reading, lexicon)
    return [
        (role, [(*groups.view.span(first, stop), features) for first, stop, features in places])
        for _, _, role, places in groups.arms
    ]


class _Groups(NamedTuple):
    view: View
    chooser: Chooser
    found: list[Found]
    arms: list[tuple[str, Draft, ArmRole, list[Place]]]


def _find_groups(reading: Reading, lexicon: Lexicon) -> _Groups:
    """Return the arms, the studied ones first, with the places that may give their labels."""
    view = make_view(reading)
    title_stop = _title_stop(view)
    namings = find_namings(view, title_stop)
    drafts, chooser = choose_arms(view, namings, title_stop, lexicon)
    drafts = add_missing_arms(view, chooser, drafts)
    drafts = sorted(drafts, key=lambda d: d.order)
    arm_roles = _roles(view, drafts, title_stop)
    ranked = sorted(range(len(drafts)), key=lambda i: (_ROLE_ORDER[arm_roles[i]], i))
    ordered = [drafts[i] for i in ranked]
    untitled = not any(n.first < title_stop for d in drafts for n in d.namings)
    if ordered and arm_roles[ranked[0]] == "experimental" and ordered[0].title is None and untitled:
        ordered[0].title = chooser.title_best
    ids = {id(draft): f"a{n}" for n, draft in enumerate(ordered, 1)}
    found = find_mentions(view, namings, ordered, chooser, ids)
    arms: list[tuple[str, Draft, ArmRole, list[Place]]] = []
    for i, draft in zip(ranked, ordered, strict=True):
        role, arm_id = arm_roles[i], ids[id(draft)]
        if role == "experimental":
            free = not arms and not any(n.first < title_stop for d in drafts if d is not draft for n in d.namings)
            places = experimental_places(view, found, draft, arm_id, chooser, title_stop, title_free=free)
        else:
            places = comparator_places(view, found, arm_id, title_stop)
        arms.append((arm_id, draft, role, places))
    return _Groups(view, chooser, found, arms)


_ROLE_ORDER = {"experimental": 0, "comparator": 1, "historical": 2, "overall": 3}


def _title_stop(view: View) -> int:
    """Return the token index after the title: the title section, the given title, or the first sentence of an abstract."""
    reading = view.reading
    end = 0
    for section in reading.sections:
        if section.label == "title":
            end = section.end
    if not end and reading.title and reading.text.startswith(reading.title):
        end = len(reading.title)
    if not end:
        if len(view.ranges) < 3:
            return 0
        return view.ranges[0][1] if reading.kind == "abstract" else 0
    stop = 0
    while stop < len(view.tokens) and view.tokens[stop].start < end:
        stop += 1
    return stop


_SURE_CONTROL = frozenset(
    [
        "placebo",
        "placebos",
        "control",
        "controls",
        "sham",
        "observation",
        "untreated",
        "no",
        "none",
        "usual",
        "waitlist",
        "waiting",
        "nontreated",
        "vehicle",
        "dummy",
        "without",
    ]
)


def _control_level(view: View, draft: Draft) -> int:
    """2 where the arm is a control by its nature, 1 where it is a standard treatment, 0 otherwise."""
    if not draft.control:
        return 0
    for naming in draft.namings:
        if any(view.lows[i] in _SURE_CONTROL for i in range(*naming.core)):
            return 2
    return 1


def _roles(view: View, drafts: list[Draft], title_stop: int) -> list[ArmRole]:
    """Return the role of each arm."""
    levels = [_control_level(view, d) for d in drafts]
    levels = [0 if d.historical else level for d, level in zip(drafts, levels, strict=True)]
    historical = [
        d.historical
        or any(view.lows[i] in ("historical", "historic") for n in d.namings for i in range(n.first, n.stop))
        for d in drafts
    ]
    experimental: ArmRole = "experimental"
    comparator: ArmRole = "comparator"
    found: list[ArmRole] = [comparator if level else experimental for level in levels]
    if sum(not d.historical for d in drafts) >= 2:
        if all(levels):
            top = max(levels)
            if levels.count(top) < len(levels):
                found = [comparator if level == top else experimental for level in levels]
            else:
                found = [experimental] * len(levels)
                found[_comparator_index(view, drafts, title_stop)] = comparator
        elif not any(levels):
            found = [experimental] * len(drafts)
            found[_comparator_index(view, drafts, title_stop)] = "comparator"
    return ["historical" if old else role for old, role in zip(historical, found, strict=True)]


def _comparator_index(view: View, drafts: list[Draft], title_stop: int) -> int:
    """Return which of several arms is the comparator where none is a control."""
    paired = _title_pair(drafts, title_stop)
    if paired is not None:
        return paired
    for i, draft in enumerate(drafts):
        # "A plus B" against "B": what both get is the comparator
        if any(own < key for own in draft.keys for other in drafts if other is not draft for key in other.keys) and not any(
            key < own for own in draft.keys for other in drafts if other is not draft for key in other.keys):  # fmt: skip
            return i
    opposed = _title_opposed(view, drafts, title_stop)
    if opposed is not None:
        return opposed
    in_title = [min((n.first for n in d.namings if n.first < title_stop), default=None) for d in drafts]
    named = sorted((first, i) for i, first in enumerate(in_title) if first is not None)
    if len(named) >= 2:
        return named[1][1]
    if len(named) == 1:
        return next(i for i in range(len(drafts)) if i != named[0][1])
    return 1


def _title_pair(drafts: list[Draft], title_stop: int) -> int | None:
    """Return the arm that "A versus B" in the title names second, None where one gets a part of what the other gets."""
    rows: dict[int, list[tuple[Naming, int]]] = {}
    for i, draft in enumerate(drafts):
        for naming in draft.namings:
            if naming.row >= 0 and naming.first < title_stop:
                rows.setdefault(naming.row, []).append((naming, i))
    for row in rows.values():
        row.sort(key=lambda pair: pair[0].first)
        if len(row) == _PAIR == len({i for _, i in row}):
            first, second = drafts[row[0][1]], drafts[row[1][1]]
            if not any(a < b or b < a for a in first.keys for b in second.keys):
                return row[1][1]
    return None


def _title_opposed(view: View, drafts: list[Draft], title_stop: int) -> int | None:
    """Return the arm that the title names only behind "versus" or "compared with", while it names no other arm."""
    named = [i for i, d in enumerate(drafts) if any(n.first < title_stop for n in d.namings)]
    if len(named) != 1:
        return None
    titled = [n.first for n in drafts[named[0]].namings if n.first < title_stop]
    return named[0] if all(_opposed(view, first) for first in titled) else None


def _opposed(view: View, first: int) -> bool:
    """Whether the name that begins at token ``first`` is what something is set against."""
    lows = view.lows
    k = first - 1
    while k > 0 and view.bits[k] & roles().det:
        k -= 1
    if k < 0 or lows[k] not in _SET_AGAINST:
        return False
    return lows[k] not in _WEAKLY or any(low.startswith("compar") for low in lows[:k])


_SET_AGAINST = frozenset({"versus", "vs", "v", "against", "than", "with", "to"})
_PAIR = 2
_WEAKLY = frozenset({"with", "to"})
_SIZE_RANK = {"allocation": 0, "sized": 0, "letter": 1, "receiving": 1, "receiving-or": 1, "group": 2, "groups": 2}


def _size(draft: Draft) -> Number | None:
    sized = [n for n in draft.namings if n.size is not None]
    if not sized:
        return None
    return min(sized, key=lambda n: (_SIZE_RANK.get(n.frame, 3), n.first)).size
