"""The endpoints that a text reports, and every place that names one of them."""

from __future__ import annotations

import re

import msgspec

from extractor.lexicon import Lexicon
from extractor.linking.arm_names import content_of_text
from extractor.linking.arm_view import View, make_view
from extractor.linking.arms import ArmReading
from extractor.linking.outcome_features import FeatureReader, score
from extractor.linking.outcome_phrases import Phrase, find_phrases
from extractor.linking.outcome_scope import sentence_kinds
from extractor.reading.types import Reading
from extractor.records import Outcome, OutcomeRole, Span

__all__ = ["OutcomeMention", "OutcomeReading", "blocked_tokens", "find_outcomes", "outcome_key"]


class OutcomeMention(msgspec.Struct, frozen=True, kw_only=True):
    """A place that names an outcome.

    Attributes:
        start, end: code points in the text. outcome_id: the outcome named. rule: what found it.
        measured: whether its sentence reports a finding or defines an endpoint (and does not merely speak of it).
    """

    start: int
    end: int
    outcome_id: str
    rule: str
    measured: bool = True


class OutcomeReading(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoints, ids "o1", "o2" ... in the order of their first naming, and the places that name them."""

    outcomes: tuple[Outcome, ...]
    mentions: tuple[OutcomeMention, ...]


def find_outcomes(reading: Reading, lexicon: Lexicon, arms: ArmReading) -> OutcomeReading:
    """Return the endpoints of ``reading`` and every place that names one.

    Args:
        reading: the text read. lexicon: the vocabularies; it knows the role of some outcomes. arms: the groups of the
            text, whose names are no outcomes.
    """
    view = make_view(reading)
    blocked = blocked_tokens(view, arms)
    phrases = find_phrases(view, blocked)
    kinds = sentence_kinds(view)
    keys = [outcome_key(view, phrase) for phrase in phrases]
    features = FeatureReader(view, kinds, blocked, phrases, keys)
    groups: dict[str, list[tuple[Phrase, bool]]] = {}
    lone = len(view.ranges) <= 2
    for phrase, key in zip(phrases, keys, strict=True):
        groups.setdefault(key, []).append((phrase, lone or score(features.features(phrase, key)) >= 0.0))
    return _assemble(view, lexicon, groups)


def blocked_tokens(view: View, arms: ArmReading) -> list[bool]:
    """Return for each token of ``view`` whether it belongs to the name of an arm, where no outcome can stand."""
    blocked = [False] * len(view.tokens)
    t = 0
    for mention in arms.mentions:
        while t < len(view.tokens) and view.tokens[t].end <= mention.start:
            t += 1
        i = t
        while i < len(view.tokens) and view.tokens[i].start < mention.end:
            blocked[i] = view.tokens[i].figure is None or (
                view.tokens[i].start >= mention.start and view.tokens[i].end <= mention.end
            )
            i += 1
    return blocked


_POLES = ("negativ", "positiv", "low", "high", "undetect", "detect")
"""Beginnings of words that make opposite endpoints of one concept: MRD-negative status, low MRD levels."""
_MEASURE = frozenset(
    ["mean", "median", "average", "rate", "score", "level", "time", "overall", "total", "year", "month", "week", "day"]
)


def outcome_key(view: View, phrase: Phrase) -> str:
    """Return what two namings of one outcome share: the concept with the words that narrow it, or the words."""
    start, end = view.span(phrase.first, phrase.stop)
    text = view.text[start:end]
    for short, long in view.reading.abbreviations.items():
        if short in text:
            text = re.sub(rf"(?<!\w){re.escape(short)}(?!\w)", long, text)
    if phrase.concept is not None:
        concept = phrase.concept.lower()
        poles = sorted(w for w in _POLES if re.search(rf"\b{w}", text.lower()) and w not in concept)
        return " ".join([concept, *poles])
    words = content_of_text(text) - _MEASURE
    return " ".join(sorted(words)) or text.lower()


def _assemble(view: View, lexicon: Lexicon, groups: dict[str, list[tuple[Phrase, bool]]]) -> OutcomeReading:
    outcomes: list[Outcome] = []
    mentions: list[OutcomeMention] = []
    stated = _stated(view)
    for members in sorted(groups.values(), key=lambda ms: ms[0][0].first):
        outcome_id = f"o{len(outcomes) + 1}"
        named = next((p for p, measured in members if measured), members[0][0])
        start, end = view.span(named.first, named.stop)
        concept = next((p.concept for p, _ in members if p.concept is not None), None)
        outcomes.append(
            Outcome(
                id=outcome_id,
                name=Span(text=view.text[start:end], start=start, end=end),
                concept=concept,
                role=_role(view, lexicon, members, concept, stated),
            )
        )
        for phrase, measured in members:
            start, end = view.span(phrase.first, phrase.stop)
            mentions.append(
                OutcomeMention(start=start, end=end, outcome_id=outcome_id, rule=phrase.rule, measured=measured)
            )
    mentions.sort(key=lambda m: m.start)
    return OutcomeReading(outcomes=tuple(outcomes), mentions=tuple(mentions))


_PRIMARY = re.compile(
    r"\b(?:primary|main|principal|co-primary|coprimary)\b[^.;]{0,60}\b(?:end[- ]?points?|outcomes?|objectives?|measures?|aims?|variables?)\b",
    re.IGNORECASE,
)
_SECONDARY = re.compile(
    r"\bsecondary\b[^.;]{0,60}\b(?:end[- ]?points?|outcomes?|objectives?|measures?|aims?|variables?)\b", re.IGNORECASE
)


def _stated(view: View) -> dict[int, tuple[int, int]]:
    """Return, for each sentence that speaks of primary or secondary endpoints, where it does (-1 for not at all)."""
    stated: dict[int, tuple[int, int]] = {}
    for index, (start, end) in enumerate(view.reading.sentences):
        sentence = view.text[start:end]
        low = sentence.lower()
        primary = _PRIMARY.search(sentence) if "primary" in low or "main" in low or "principal" in low else None
        secondary = _SECONDARY.search(sentence) if "secondary" in low else None
        if primary or secondary:
            stated[index] = (start + primary.start() if primary else -1, start + secondary.start() if secondary else -1)
    return stated


def _role(
    view: View,
    lexicon: Lexicon,
    members: list[tuple[Phrase, bool]],
    concept: str | None,
    stated: dict[int, tuple[int, int]],
) -> OutcomeRole:
    """Return the role: as the text states it, else safety where the vocabulary says so."""
    for phrase, _ in members:
        primary, secondary = stated.get(view.sentence_of[phrase.first], (-1, -1))
        at = view.tokens[phrase.first].start
        if 0 <= secondary <= at and not secondary < primary <= at:
            return "secondary"
        if primary >= 0 and (primary <= at or secondary < 0):
            return "primary"
    if concept is not None and lexicon.outcome_role(concept) == "safety":
        return "safety"
    return "other"
