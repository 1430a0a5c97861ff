"""Which of the places that name a group gives its label.

The features of each place (does it stand in the title, does the sentence allot people to groups or name another group too,
does a number of people stand beside it, how late is it) are weighed by the table ``vocabulary/arm_label_weights.tsv``, which
``fit_arm_labels.py`` fits. Features of a group that is studied begin with "experimental:"; its place may also be a phrase
of the title that no other group is known by.
"""

from __future__ import annotations

from functools import cache

from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_mentions import Found
from extractor.linking.arm_names import Draft, content
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, roles
from extractor.linking.rules import weight_rows
from extractor.records import Span

__all__ = ["Place", "best_label", "comparator_places", "draft_label", "experimental_places", "label_features", "label_weights"]

Place = tuple[int, int, dict[str, float]]
"""First token, stop token and features of a place that may give the label of an arm."""

_FILE = "arm_label_weights.tsv"
_LABEL_RANK = {"all": 9, "ordinal": 8, "letter": 6, "title-later": 3, "than": 2}
_LATE = 0.6
_MOST_WORDS = 5
_REACH = 9
_SET_AGAINST = frozenset({"versus", "vs", "v", "than", "with", "to"})
_AFTER = frozenset({"after", "following", "undergoing", "during", "before"})
_BACKGROUND = frozenset({"in", "with", "receiving", "for", "on"})
_HEADLINED = frozenset({"news", "press_release"})
"""Kinds whose titles are headlines: clauses, not names of what is studied."""
_SIZE_KINDS = frozenset({"group_size", "number", "fraction", "people"})


@cache
def label_weights() -> dict[str, float]:
    """Return feature -> weight.

    Raises:
        LexiconError: another header, a wrong number of columns, a weight that is no number, or a feature twice.
    """
    return {feature: weight for feature, (weight,) in weight_rows(_FILE, ("feature", "weight")).items()}


def _span(view: View, first: int, stop: int) -> Span:
    start, end = view.span(first, stop)
    return Span(text=view.text[start:end], start=start, end=end)


def draft_label(view: View, draft: Draft, chooser: Chooser) -> Span | None:
    """Return the most telling and then the first of the namings that made the arm."""
    place = _drafted(view, draft, chooser)
    return None if place is None else _span(view, *place)


def _drafted(view: View, draft: Draft, chooser: Chooser) -> tuple[int, int] | None:
    best: tuple[int, int] | None = None
    chosen: Naming | None = None
    named = draft.namings if draft.title is None else [draft.title, *draft.namings]
    for naming in named:
        rank = _LABEL_RANK.get(naming.frame, 0)
        if chooser.is_generic(naming):
            rank = max(rank, 4)
        order = (rank, naming.first)
        if best is None or order < best:
            best, chosen = order, naming
    if chosen is None:
        return None
    first, stop = chosen.core
    r = roles()
    if (
        chosen.frame == "letter"
        or chooser.is_generic(chosen)
        or all(view.bits[i] & r.control for i in range(first, stop))
    ):
        first, stop = chosen.first, chosen.stop
    return first, stop


def best_label(view: View, places: list[Place]) -> Span | None:
    """Return the place with the greatest sum of weights, the first of equals; None where there is none."""
    weights = label_weights()
    best: tuple[float, int, int] | None = None
    for first, stop, features in places:
        points = sum(weights.get(name, 0.0) * value for name, value in features.items())
        if best is None or points > best[0]:
            best = (points, first, stop)
    return None if best is None else _span(view, best[1], best[2])


def comparator_places(view: View, found: list[Found], arm_id: str, title_stop: int) -> list[Place]:
    """Return the places that name this comparator alone, in the order of the text."""
    others = {view.sentence_of[first] for first, _, arm_ids, _ in found if arm_id not in arm_ids and len(arm_ids) == 1}
    places: list[Place] = []
    for first, stop, arm_ids, rule in found:
        if arm_ids == (arm_id,):
            features = label_features(view, first, stop, rule, title_stop, others)
            if not places:
                features["first"] = 1.0
            places.append((first, stop, features))
    return places


def experimental_places(
    view: View, found: list[Found], draft: Draft, arm_id: str, chooser: Chooser, title_stop: int, *, title_free: bool
) -> list[Place]:
    """Return the places that may name this arm: what made it, where it alone is named, and phrases of the title.

    Args:
        view: the text. found: the places that name arms. draft, arm_id: the arm. chooser: knows the contents of namings.
        title_stop: token index after the title. title_free: no arm is named in the title, so that its phrases may name this.
    """
    rules: dict[tuple[int, int], set[str]] = {}
    drafted = _drafted(view, draft, chooser)
    if drafted is not None:
        rules.setdefault(drafted, set()).add("drafted")
    in_title = False
    for first, stop, arm_ids, rule in found:
        if arm_ids == (arm_id,) and rule != "letter":
            told = rules.setdefault((first, stop), set())
            told.add(f"rule={rule}")
            if stop <= title_stop and not in_title:
                told.add("titled")
                in_title = True
    if title_free and view.reading.kind not in _HEADLINED:
        for naming in chooser.namings:
            if naming.first < title_stop and naming.frame.startswith("title") and chooser.key.get(id(naming)):
                if not chooser.is_control(naming):
                    rules.setdefault(naming.core, set()).add(naming.frame)
    if chooser.title_best is not None and title_free:
        rules.setdefault(chooser.title_best.core, set()).add("title-best")
    own = draft.words()
    return [
        (*place, _experimental_features(view, place, told, own, chooser, title_stop))
        for place, told in sorted(rules.items())
    ]


def _experimental_features(
    view: View, place: tuple[int, int], told: set[str], own: frozenset[str], chooser: Chooser, title_stop: int
) -> dict[str, float]:
    r, bits, lows = roles(), view.bits, view.lows
    first, stop = place
    inside = range(first, stop)
    key = content(view, first, stop, chooser.expanded)
    before = lows[first - 1] if first else ""
    drug = any(view.drug[i] for i in inside)
    holds = {
        "title": first < title_stop,
        "generic": all(bits[i] & (r.generic | r.arm_group | r.det) for i in inside),
        "control": any(bits[i] & r.control for i in inside),
        "drug": drug,
        "treat": any(bits[i] & r.treat for i in inside),
        "notarm": bool(bits[stop - 1] & r.notarm),
        "other": view.other[stop - 1] and not drug,
        "after": before in _AFTER,
        "with": before in _BACKGROUND,
        "group": bool(bits[stop - 1] & r.arm_group),
        "short-form": stop - first == 1 and view.text[view.tokens[first].start : view.tokens[first].end].isupper(),
        "late": view.tokens[first].start > _LATE * len(view.text),
        "bracketed": before == "(",
    }
    features = {f"experimental:{name}": 1.0 for name, is_so in holds.items() if is_so}
    features.update((f"experimental:{name}", 1.0) for name in told)
    features["experimental:words"] = min(_MOST_WORDS, stop - first) / _MOST_WORDS
    features["experimental:own"] = len(key & own) / max(1, len(key))
    features["experimental:whole"] = len(key & own) / max(1, len(own))
    return features


def label_features(view: View, first: int, stop: int, rule: str, title_stop: int, others: set[int]) -> dict[str, float]:
    """Return the features of the place [first, stop) that name a group.

    Args:
        view: the text. first, stop: tokens. rule: what found the place. title_stop: token index after the title.
        others: the sentences that name another group.
    """
    r, bits, lows = roles(), view.bits, view.lows
    sentence = view.sentence_of[first]
    begin, end = view.ranges[sentence]
    title = first < title_stop
    position = view.tokens[first].start / max(1, len(view.text))
    k = first - 1
    while k > begin and (bits[k] & r.det or lows[k] in ("only", "matching", "matched", "(")):
        k -= 1
    before = lows[k] if k >= begin else ""
    told = {
        f"rule={rule}": True,
        "title": title,
        "title-both": title and sentence in others,
        "both": sentence in others,
        "allocated": not title and any(bits[i] & r.alloc for i in range(begin, first)),
        "after-or": before == "or",
        "set-against": before in _SET_AGAINST,
        "received": k >= begin and bool(bits[k] & r.receive),
        "size-before": any(view.tokens[i].kind in _SIZE_KINDS for i in range(max(begin, first - _REACH), first)),
        "result": any(view.tokens[i].kind in ("percent", "p_value", "estimate", "interval") for i in range(begin, end)),
        "group": stop < len(lows) and bool(bits[stop - 1] & r.arm_group or bits[stop] & r.arm_group),
        "late": position > _LATE,
        "bare-not": stop - first == 1 and lows[first] == "not",
        "bracketed": lows[first - 1 : first] == ["("],
    }
    features = {name: 1.0 for name, holds in told.items() if holds}
    features["position"] = position
    features["words"] = min(_MOST_WORDS, stop - first) / _MOST_WORDS
    return features
