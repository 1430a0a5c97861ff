"""Which of the places that name a group gives its label.

The group that is studied is labelled by the title where the title names it. A comparator is labelled where the trial sets
its groups up: the features of each place (does the sentence allot people to groups, does it name another group too, does a
number of people stand beside it, how late is it) are weighed by the table ``vocabulary/arm_label_weights.tsv``.
"""

from __future__ import annotations

from functools import cache

from extractor.errors import LexiconError
from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_mentions import Found
from extractor.linking.arm_names import Draft
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, roles
from extractor.linking.rules import vocabulary_lines
from extractor.records import Span

__all__ = ["comparator_label", "draft_label", "label_features", "label_weights", "title_label"]

_FILE = "arm_label_weights.tsv"
_LABEL_RANK = {"all": 9, "ordinal": 8, "letter": 6, "title-later": 3, "than": 2}
_LATE = 0.6
_MOST_WORDS = 5
_REACH = 9
_SET_AGAINST = frozenset({"versus", "vs", "v", "than", "with", "to"})
_SIZE_KINDS = frozenset({"group_size", "number", "fraction", "people"})


@cache
def label_weights() -> dict[str, float]:
    """Return feature -> weight.

    Raises:
        LexiconError: another header, a wrong number of columns, a weight that is no number, or a feature twice.
    """
    lines = vocabulary_lines(_FILE)
    if not lines or lines[0].split("\t") != ["feature", "weight"]:
        raise LexiconError("the header must be feature, weight", f"{_FILE}:1")
    weights: dict[str, float] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 2 or cells[0] in weights:
            raise LexiconError("expected a feature of its own and a weight", f"{_FILE}:{number}")
        try:
            weights[cells[0]] = float(cells[1])
        except ValueError as error:
            raise LexiconError(f"{cells[1]!r} is no weight", f"{_FILE}:{number}") from error
    return weights


def _span(view: View, first: int, stop: int) -> Span:
    start, end = view.span(first, stop)
    return Span(text=view.text[start:end], start=start, end=end)


def draft_label(view: View, draft: Draft, chooser: Chooser) -> Span | None:
    """Return the most telling and then the first of the namings that made the arm."""
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
    return _span(view, first, stop)


def title_label(view: View, found: list[Found], arm_id: str, title_stop: int) -> Span | None:
    """Return the first place in the title that names this arm alone."""
    for first, stop, arm_ids, rule in found:
        if stop > title_stop:
            return None
        if arm_ids == (arm_id,) and rule != "letter":
            return _span(view, first, stop)
    return None


def comparator_label(view: View, found: list[Found], arm_id: str, title_stop: int) -> Span | None:
    """Return the place, of those that name this arm alone, where the trial sets its groups up most plainly."""
    weights = label_weights()
    others = {view.sentence_of[first] for first, _, arm_ids, _ in found if arm_id not in arm_ids and len(arm_ids) == 1}
    best: tuple[float, int, int] | None = None
    for first, stop, arm_ids, rule in found:
        if arm_ids != (arm_id,):
            continue
        features = label_features(view, first, stop, rule, title_stop, others)
        if best is None:
            features["first"] = 1.0
        points = sum(weights.get(name, 0.0) * value for name, value in features.items())
        if best is None or points > best[0]:
            best = (points, first, stop)
    return None if best is None else _span(view, best[1], best[2])


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
