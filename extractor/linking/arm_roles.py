"""Which groups of a trial are studied and which they are compared with.

Historical controls and texts with one group are plain. Of several groups each has features (is it a control by its nature,
does it get a part of what another gets, where does the title name it, is it what others are set against, is its treatment
called new or standard, which comes first, ...); the table ``vocabulary/arm_role_weights.tsv``, which ``fit_arm_roles.py``
fits, weighs how far each differs from the other groups. The group with the greatest sum is the comparator, and with it every
other group that the sum makes more likely a comparator than not; one group at least is studied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from extractor.linking.arm_mentions import Found
from extractor.linking.arm_names import Draft
from extractor.linking.arm_view import View, roles
from extractor.linking.rules import cue_words, weight_rows
from extractor.records import ArmRole

__all__ = ["assign_roles", "compared", "control_level", "is_historical", "role_features", "role_weights"]

_FILE = "arm_role_weights.tsv"
_SURE_CONTROL = cue_words("sure_controls")
_NOVEL, _STANDARD = cue_words("role_novel"), cue_words("role_standard")
_FORCE, _LESS = cue_words("role_force"), cue_words("role_less")
_AGAINST = frozenset({"versus", "vs", "v", "against", "than"})
_WEAKLY = frozenset({"with", "to"})
_BACK, _NEAR_WORDS, _COMPARED_REACH = 8, 2, 5
_CONCLUSION = 0.82
_MOST = 4
_DOSE = re.compile(r"\d+(?:\.\d+)?")


@cache
def role_weights() -> dict[str, float]:
    """Return feature -> weight.

    Raises:
        LexiconError: another header, a wrong number of columns, a weight that is no number, or a feature twice.
    """
    return {feature: weight for feature, (weight,) in weight_rows(_FILE, ("feature", "weight")).items()}


def is_historical(view: View, draft: Draft) -> bool:
    """Whether the arm is an earlier group that is only compared with."""
    return draft.historical or any(
        view.lows[i] in ("historical", "historic") for n in draft.namings for i in range(n.first, n.stop)
    )


def assign_roles(view: View, drafts: Sequence[Draft], rows: Sequence[dict[str, float]]) -> list[ArmRole]:
    """Return the role of each arm.

    Args:
        view: the text. drafts: the arms. rows: the ``role_features`` of those that are not historical, where they are several.
    """
    found_roles: list[ArmRole] = ["historical"] * len(drafts)
    present = [i for i, d in enumerate(drafts) if not is_historical(view, d)]
    if len(present) < 2:
        decided = [control_level(view, drafts[i]) > 0 for i in present]
    else:
        decided = compared(rows, role_weights())
    for i, is_compared in zip(present, decided, strict=True):
        found_roles[i] = "comparator" if is_compared else "experimental"
    return found_roles


def compared(rows: Sequence[dict[str, float]], weights: dict[str, float]) -> list[bool]:
    """Return which of several arms with the features ``rows`` are comparators: one at least, and never all."""
    sums = [sum(weights.get(name, 0.0) * value for name, value in row.items()) for row in rows]
    best = sums.index(max(sums))
    least = min((i for i in range(len(sums)) if i != best), key=lambda i: sums[i])
    return [i == best or (points > 0 and i != least) for i, points in enumerate(sums)]


def control_level(view: View, draft: Draft) -> int:
    """2 where the arm is a control by its nature, 1 where it is a standard treatment, 0 otherwise."""
    if not draft.control:
        return 0
    for naming in draft.namings:
        if any(view.lows[i] in _SURE_CONTROL.words for i in range(*naming.core)):
            return 2
    return 1


def role_features(
    view: View, drafts: Sequence[Draft], found: Sequence[Found], ids: Sequence[str], title_stop: int
) -> list[dict[str, float]]:
    """Return, for each arm, by how much it has each feature more than the other arms have on average, and "bias".

    Args:
        view: the text. drafts: the arms, two at least. found: every place that names one. ids: by which ``found`` knows
            each draft. title_stop: token index after the title.
    """
    rows = [_own(view, d, drafts, found, arm_id, title_stop) for d, arm_id in zip(drafts, ids, strict=True)]
    _rank(view, rows, drafts, found, ids)
    names = sorted({name for row in rows for name in row})
    rest = len(rows) - 1
    totals = {name: sum(row.get(name, 0.0) for row in rows) for name in names}
    relative = []
    for row in rows:
        features = {"bias": 1.0, "bias=many": float(rest > 1)}
        for name in names:
            value = row.get(name, 0.0)
            difference = value - (totals[name] - value) / rest
            if difference:
                features[name] = difference
        relative.append(features)
    return relative


def _rank(
    view: View, rows: list[dict[str, float]], drafts: Sequence[Draft], found: Sequence[Found], ids: Sequence[str]
) -> None:
    """Add the features that tell which arm is named first: in the list of the arms, in the text, in its sentences."""
    orders = [d.order for d in drafts]
    firsts = [min((f for f, _, names, _ in found if names == (i,)), default=1 << 30) for i in ids]
    for name, places in (("listed", orders), ("named", firsts)):
        low, high = min(places), max(places)
        for row, place in zip(rows, places, strict=True):
            row[f"{name}-first"] = float(place == low)
            row[f"{name}-last"] = float(place == high)
    _order(view, rows, found, ids)


def _order(view: View, rows: list[dict[str, float]], found: Sequence[Found], ids: Sequence[str]) -> None:
    """Add how often an arm is the first, the last, and the only one that a sentence names."""
    sentences: dict[int, list[str]] = {}
    for first, _, names, _ in found:
        if len(names) == 1 and names[0] in ids:
            named = sentences.setdefault(view.sentence_of[first], [])
            if names[0] not in named:
                named.append(names[0])
    several = [named for named in sentences.values() if len(named) > 1]
    for row, arm_id in zip(rows, ids, strict=True):
        row["leads"] = sum(named[0] == arm_id for named in several) / max(1, len(several))
        row["closes"] = sum(named[-1] == arm_id for named in several) / max(1, len(several))
        row["alone"] = sum(named == [arm_id] for named in sentences.values()) / max(1, len(sentences))


def _own(
    view: View, draft: Draft, drafts: Sequence[Draft], found: Sequence[Found], arm_id: str, title_stop: int
) -> dict[str, float]:
    """Return the features of one arm by itself."""
    lows, r = view.lows, roles()
    places = [(first, stop) for first, stop, names, _ in found if names == (arm_id,)]
    others = [d for d in drafts if d is not draft]
    level = control_level(view, draft)
    keys, rest = draft.keys, [key for d in others for key in d.keys]
    cores = [n.core for n in draft.namings]
    title = [first for first, _ in places if first < title_stop]
    other_title = [f for f, _, names, _ in found if f < title_stop and len(names) == 1 and names != (arm_id,)]
    against = [_set_against(view, first) for first, _ in places]
    last = len(view.text) * _CONCLUSION
    concluded = [k for k, (first, _) in enumerate(places) if view.tokens[first].start >= last]
    words = [low for core in cores for low in lows[slice(*core)]]
    near = words + [low for first, stop in places for low in _around(view, first, stop)]
    total = max(1, len(places))
    features = {
        "control": float(level > 0),
        "sure-control": float(level > 1),
        "part": float(any(own < key for own in keys for key in rest)),
        "whole": float(any(key < own for own in keys for key in rest)),
        "title": float(bool(title)),
        "title-alone": float(bool(title) and not other_title),
        "title-first": float(bool(title) and (not other_title or min(title) < min(other_title))),
        "title-second": float(bool(title) and bool(other_title) and min(title) > min(other_title)),
        "title-against": float(bool(title) and all(_set_against(view, first) for first in title)),
        "against": sum(against) / total,
        "against-any": float(any(against)),
        "against-concluded": float(any(against[k] for k in concluded)),
        "concluded": min(_MOST, len(concluded)) / _MOST,
        "opens": sum(_opens(view, first) for first, _ in places) / total,
        "concluded-opens": float(any(_opens(view, places[k][0]) for k in concluded)),
        "novel": _share(near, _NOVEL.words),
        "standard": _share(near, _STANDARD.words),
        "force": _share(near, _FORCE.words),
        "less": _share(near, _LESS.words),
        "named-novel": float(any(w in _NOVEL.words for w in words)),
        "named-standard": float(any(w in _STANDARD.words for w in words)),
        "named-force": float(any(w in _FORCE.words for w in words)),
        "named-less": float(any(w in _LESS.words for w in words)),
        "generic": float(draft.generic or any(view.bits[i] & r.generic for core in cores for i in range(*core))),
        "length": min(6, max((stop - first for first, stop in cores), default=0)) / 6,
        "letter": float(bool(draft.letters & {"a", "1", "i"})),
        "late-letter": float(bool(draft.letters) and not draft.letters & {"a", "1", "i"}),
        "mentions": min(12, len(places)) / 12,
        "dose": _dose(view, cores),
        "titled": float(draft.title is not None),
    }
    return {name: value for name, value in features.items() if value}


def _share(words: Sequence[str], table: frozenset[str]) -> float:
    return min(_MOST, sum(w in table for w in words)) / _MOST


def _around(view: View, first: int, stop: int) -> list[str]:
    """The words just before and after a naming, within its sentence."""
    begin, end = view.ranges[view.sentence_of[first]]
    return view.lows[max(begin, first - _NEAR_WORDS) : first] + view.lows[stop : min(end, stop + 1)]


def _opens(view: View, first: int) -> bool:
    """Whether a naming stands at the head of its sentence."""
    begin = view.ranges[view.sentence_of[first]][0]
    return first - begin <= _NEAR_WORDS


def _set_against(view: View, first: int) -> bool:
    """Whether the name that begins at token ``first`` is what something is set against: "compared with those on A"."""
    lows, bits, r = view.lows, view.bits, roles()
    begin = view.ranges[view.sentence_of[first]][0]
    k = first - 1
    while k >= begin and first - k <= _BACK:
        low = lows[k]
        if low in _AGAINST:
            return True
        if low in _WEAKLY and any(w.startswith("compar") or w == "relative" for w in lows[max(begin, k - _COMPARED_REACH) : k]):
            return True
        if not (bits[k] & (r.det | r.people | r.receive | r.on) or low in ("that", "in", "of", "who", "were", "had", "among")):
            return False
        k -= 1
    return False


def _dose(view: View, cores: Sequence[tuple[int, int]]) -> float:
    """The largest number in the names, on a scale on which ten times as much is 1 more; 0 where there is none."""
    numbers = [float(n) for first, stop in cores for low in view.lows[first:stop] for n in _DOSE.findall(low)[:1]]
    best = max(numbers, default=0.0)
    return min(_MOST, len(str(int(best))) - 1 + best / 10 ** len(str(int(best)))) if best > 0 else 0.0
