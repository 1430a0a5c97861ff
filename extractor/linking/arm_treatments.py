"""What the groups get, as whole phrases: names that no vocabulary knows, combinations, names with their dose."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.linking.arm_regimens import kind_of
from extractor.linking.arm_types import ArmMention
from extractor.linking.arm_view import View, make_view, roles
from extractor.reading.types import Reading
from extractor.records import Mention, MentionLabel

__all__ = ["is_group_name", "treatment_phrases"]

_TREATMENT_LABELS = frozenset({"drug", "procedure", "behaviour"})
_GROUP_NAMES = frozenset({"control", "historical controls"})
"""Concepts that call a group, not what it gets."""
_TELLING_RULES = frozenset({"allocation", "receiving", "receiving-or", "versus", "compare", "either", "definition", "title-of", "title-lead", "title-with"})  # fmt: skip
"""Frames whose names are what people get."""
_WIDEST_GAP = 2
_DOSE_REACH = 3

_Piece = tuple[int, int, MentionLabel, str | None]


def is_group_name(mention: Mention) -> bool:
    """Whether a mention calls a group ("controls") and no treatment."""
    return mention.label == "behaviour" and mention.concept in _GROUP_NAMES


def treatment_phrases(reading: Reading, arms: Sequence[ArmMention]) -> tuple[Mention, ...]:
    """Return the phrases that say what a group gets and that are no mention of one known intervention.

    "A plus B 20 mg" is one phrase beside the mentions of A and of B; its concept is what it is made of ("A + B"). A name
    that no vocabulary knows has no concept.

    Args:
        reading: the text read, with its mentions.
        arms: the places that name the groups.
    """
    view = make_view(reading)
    known, pieces = _pieces(view, arms)
    r = roles()
    found: list[Mention] = []
    i = 0
    while i < len(pieces):
        first, stop = pieces[i][0], pieces[i][1]
        parts = [pieces[i]]
        i += 1
        while i < len(pieces) and _joined(view, stop, pieces[i][0]):
            parts.append(pieces[i])
            stop = max(stop, pieces[i][1])
            i += 1
        first, stop = _over_modifiers(view, first), _over_dose(view, _over_heads(view, stop))
        named = [p for p in parts if not all(view.bits[k] & r.control for k in range(p[0], p[1]))]
        if named and (first, stop) not in known:
            found.append(_phrase(view, first, stop, parts))
    return tuple(found)


def _pieces(view: View, arms: Sequence[ArmMention]) -> tuple[set[tuple[int, int]], list[_Piece]]:
    """Return the token ranges of the known mentions, and these together with the names of arms, in order, none in another."""
    r, text = roles(), view.text
    spans: list[tuple[int, int, MentionLabel, str | None, bool]] = [
        (m.start, m.end, m.label, m.concept, True)
        for m in view.reading.mentions
        if m.label in _TREATMENT_LABELS and not is_group_name(m)
    ]
    spans += [
        (m.start, m.end, kind_of(text[m.start : m.end].lower()), None, False) for m in arms if m.rule in _TELLING_RULES
    ]
    spans.sort(key=lambda s: (s[0], -s[1], not s[4]))
    known: set[tuple[int, int]] = set()
    pieces: list[_Piece] = []
    t, count = 0, len(view.tokens)
    for start, end, label, concept, listed in spans:
        while t < count and view.tokens[t].end <= start:
            t += 1
        stop = t
        while stop < count and view.tokens[stop].start < end:
            stop += 1
        if stop == t:
            continue
        if listed:
            known.add((t, stop))
        elif all(view.bits[k] & (r.control | r.generic | r.arm_group | r.det) for k in range(t, stop)):
            continue
        pieces.append((t, stop, label, concept))
    return known, pieces


def _joined(view: View, stop: int, first: int) -> bool:
    """Whether what ends before token ``stop`` goes on at token ``first``: nothing but words that join stands between."""
    if first - stop > _WIDEST_GAP or (
        stop < len(view.tokens) and view.sentence_of[stop - 1] != view.sentence_of[first]
    ):
        return False
    bit = roles().joins
    return all(view.bits[k] & bit for k in range(stop, first))


def _over_modifiers(view: View, first: int) -> int:
    """Return the index of the first of the words before the name that say how it is given: "oral", "home-based"."""
    begin, bit = view.ranges[view.sentence_of[first]][0], roles().modifier
    while first > begin and view.bits[first - 1] & bit:
        first -= 1
    return first


def _over_heads(view: View, stop: int) -> int:
    """Return the index after the words that go on with the name: "training program", "therapy"."""
    r = roles()
    end = view.ranges[view.sentence_of[stop - 1]][1]
    while stop < end and view.bits[stop] & (r.treat | r.generic) and not view.bits[stop] & (r.control | r.joins):
        stop += 1
    return stop


def _over_dose(view: View, stop: int) -> int:
    """Return the index after the dose that follows within a few tokens of the name, ``stop`` where none does."""
    for k in range(stop, min(len(view.tokens), stop + _DOSE_REACH)):
        if view.tokens[k].kind == "dose":
            return k + 1
        if not view.bits[k] & roles().joins or view.sentence_of[k] != view.sentence_of[stop - 1]:
            break
    return stop


def _phrase(view: View, first: int, stop: int, parts: Sequence[_Piece]) -> Mention:
    concepts = list(dict.fromkeys(p[3] for p in parts if p[3] is not None))
    start, end = view.span(first, stop)
    return Mention(
        text=view.text[start:end],
        start=start,
        end=end,
        label=parts[0][2],
        concept=" + ".join(concepts) if concepts else None,
    )
