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
from extractor.linking.arm_merging import merge_arms
from extractor.linking.arm_names import Draft
from extractor.linking.arm_opposites import find_opposites
from extractor.linking.arm_regimens import interventions_of
from extractor.linking.arm_roles import assign_roles, is_historical, role_features
from extractor.linking.arm_types import ArmMention
from extractor.linking.arm_view import View, make_view
from extractor.reading.types import Reading
from extractor.records import Arm, ArmRole, Number

__all__ = ["ArmMention", "ArmReading", "RoleChoice", "find_arms", "label_choices", "role_choices"]


class ArmReading(msgspec.Struct, frozen=True, kw_only=True):
    """The groups of the trial, ids "a1", "a2" ..., and the places that name them, in the order of the text."""

    arms: tuple[Arm, ...]
    mentions: tuple[ArmMention, ...]


def find_arms(reading: Reading, lexicon: Lexicon) -> ArmReading:
    """Return the groups that ``reading`` speaks of and every place that names them.

    A text with one group gives one arm; a text that names none gives none. The roles of several are weighed (see
    ``arm_roles``): placebo, sham, usual care, observation, no treatment and the like are comparators nearly always, and
    among treatments the one that the title, the lists and the sentences name last, or set others against.

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


class RoleChoice(NamedTuple):
    """One of several groups: its id, its features for the choice of roles, and where it alone is named (code points)."""

    arm: str
    features: dict[str, float]
    places: list[tuple[int, int]]


def role_choices(reading: Reading, lexicon: Lexicon) -> list[RoleChoice]:
    """Return what the choice of roles sees of each group that is not historical; nothing where there is only one."""
    groups = _find_groups(reading, lexicon)
    return [
        RoleChoice(arm_id, features, [groups.view.span(a, b) for a, b, names, _ in groups.found if names == (arm_id,)])
        for arm_id, features in groups.role_features
    ]


class _Groups(NamedTuple):
    view: View
    role_features: list[tuple[str, dict[str, float]]]
    chooser: Chooser
    found: list[Found]
    arms: list[tuple[str, Draft, ArmRole, list[Place]]]


def _find_groups(reading: Reading, lexicon: Lexicon) -> _Groups:
    """Return the arms, the studied ones first, with the places that may give their labels."""
    view = make_view(reading)
    title_stop = _title_stop(view)
    namings = find_namings(view, title_stop)
    drafts, chooser = choose_arms(view, namings, title_stop, lexicon)
    drafts = add_missing_arms(view, chooser, merge_arms(view, chooser, drafts))
    drafts = sorted(drafts, key=lambda d: d.order)
    known = [str(i) for i in range(len(drafts))]
    numbers = {id(d): known[i] for i, d in enumerate(drafts)}
    named = find_mentions(view, namings, drafts, chooser, numbers)
    present = [i for i, d in enumerate(drafts) if not is_historical(view, d)]
    several = len(present) > 1
    # names that a group has only for being set against the other say whose a value is and which role it has, not its label
    full = find_opposites(view, chooser, drafts, named, numbers) or drafts
    told = named if full is drafts else find_mentions(view, namings, full, chooser, {id(d): known[i] for i, d in enumerate(full)})
    rows = role_features(view, [full[i] for i in present], told, [known[i] for i in present], title_stop) if several else []
    arm_roles = assign_roles(view, full, rows)
    ranked = sorted(range(len(drafts)), key=lambda i: (_ROLE_ORDER[arm_roles[i]], i))
    ordered = [drafts[i] for i in ranked]
    untitled = not any(n.first < title_stop for d in drafts for n in d.namings)
    if ordered and arm_roles[ranked[0]] == "experimental" and ordered[0].title is None and untitled:
        ordered[0].title = chooser.title_best
    ids = {id(draft): f"a{n}" for n, draft in enumerate(ordered, 1)}
    final = {known[i]: ids[id(d)] for i, d in enumerate(drafts)}
    found = _renamed(named, final)
    features = [(final[known[i]], row) for i, row in zip(present, rows, strict=True)] if several else []
    arms: list[tuple[str, Draft, ArmRole, list[Place]]] = []
    for i, draft in zip(ranked, ordered, strict=True):
        role, arm_id = arm_roles[i], ids[id(draft)]
        if role == "experimental":
            free = not arms and not any(n.first < title_stop for d in drafts if d is not draft for n in d.namings)
            places = experimental_places(view, found, draft, arm_id, chooser, title_stop, title_free=free)
        else:
            places = comparator_places(view, found, arm_id, title_stop)
        arms.append((arm_id, draft, role, places))
    return _Groups(view, features, chooser, _renamed(told, final), arms)


def _renamed(named: list[Found], final: dict[str, str]) -> list[Found]:
    return [(first, stop, tuple(sorted(final[n] for n in names)), rule) for first, stop, names, rule in named]


_ROLE_ORDER = {"experimental": 0, "comparator": 1, "historical": 2, "overall": 3}


_IN_NO_TITLE = frozenset(["was", "were", "had", "we", "our"])


def _title_stop(view: View) -> int:
    """Return the token index after the title: the title section, the given title, or the first sentence of an abstract,
    unless that is told as no title is ("42 women were randomly assigned to ...")."""
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
        if reading.kind != "abstract" or _IN_NO_TITLE.intersection(view.lows[: view.ranges[0][1]]):
            return 0
        return view.ranges[0][1]
    stop = 0
    while stop < len(view.tokens) and view.tokens[stop].start < end:
        stop += 1
    return stop


_SIZE_RANK = {"allocation": 0, "sized": 0, "letter": 1, "receiving": 1, "receiving-or": 1, "group": 2, "groups": 2}


def _size(draft: Draft) -> Number | None:
    sized = [n for n in draft.namings if n.size is not None]
    if not sized:
        return None
    return min(sized, key=lambda n: (_SIZE_RANK.get(n.frame, 3), n.first)).size
