"""The endpoints that a text reports, and every place that names one of them."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from extractor.lexicon import Lexicon
from extractor.linking.arm_names import content_of_text
from extractor.linking.arm_view import View, make_view
from extractor.linking.arms import ArmReading
from extractor.linking.outcome_bounds import outcome_bits, outcome_table
from extractor.linking.outcome_features import FIGURES_OF_FINDINGS, FeatureReader
from extractor.linking.outcome_grades import GRADE
from extractor.linking.outcome_phrases import Phrase, find_phrases
from extractor.linking.outcome_scope import sentence_kinds
from extractor.linking.rules import cue_words
from extractor.linking.token_reader import Candidate, TokenReader
from extractor.linking.token_weights import outcome_weights
from extractor.reading.types import Reading
from extractor.records import Outcome, OutcomeRole, Span

__all__ = [
    "Candidates",
    "OutcomeMention",
    "OutcomeReading",
    "blocked_tokens",
    "find_outcomes",
    "outcome_candidates",
    "outcome_key",
    "share_words",
    "widened",
]

_LEAST_MEAN = -0.7
"""The mean of the words' sums from which on a phrase counts as measured: chosen on the development corpora for F1."""
_LEAST_LIKELY = -0.7
_LEAST_WORD = -1.4
_NO_EDGE = cue_words("outcome_no_edge")
_OF_EFFECT = cue_words("outcome_of_effect")
_BORDERS = frozenset([".", ":", ";", "?", "!"])


class OutcomeMention(msgspec.Struct, frozen=True, kw_only=True):
    """A place that names an outcome.

    Attributes:
        start, end: code points in the text. outcome_id: the outcome named. rule: what found it.
        measured: whether its sentence reports a finding or defines an endpoint (and does not merely speak of it).
        likely: whether it may be what a figure beside it speaks of: a lower bar than ``measured``.
        extent: code points of the full name around it, with words that only the context adds (None: the same).
        since: where its clause begins, if every figure from there on is of it (None: the words round a figure decide).
    """

    start: int
    end: int
    outcome_id: str
    rule: str
    measured: bool = True
    likely: bool = True
    extent: tuple[int, int] | None = None
    since: int | None = None


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
    candidates = outcome_candidates(reading, arms)
    view, sums = candidates.view, candidates.reader.scores()
    lone = len(view.ranges) <= 2
    namings: list[Naming] = []
    for phrase in candidates.phrases:
        mean = sum(sums[phrase.first : phrase.stop]) / (phrase.stop - phrase.first)
        measured = lone or mean >= _LEAST_MEAN
        extent = phrase.first, phrase.stop
        if measured:
            extent = widened(view, candidates.reader.owner, sums, phrase, namings[-1].extent[1] if namings else 0)
        namings.append(Naming(phrase, measured, extent, mean))
    groups: dict[str, list[Naming]] = {}
    for naming, key in zip(share_words(view, namings), candidates.keys, strict=True):
        groups.setdefault(key, []).append(naming)
    return _assemble(view, lexicon, groups)


class Naming(NamedTuple):
    """A phrase that names an outcome, whether its sentence measures what it names, the tokens [first, stop) of the full
    name, and the mean of its words' sums."""

    phrase: Phrase
    measured: bool
    extent: tuple[int, int]
    mean: float


class Candidates(msgspec.Struct, frozen=True):
    """What may name an outcome in a text: the phrases, the key of each one's outcome, and the reader of their features."""

    view: View
    phrases: list[Phrase]
    keys: list[str]
    reader: TokenReader[float]


def outcome_candidates(reading: Reading, arms: ArmReading) -> Candidates:
    """Return the phrases of ``reading`` that may name an outcome, with what their features are read from."""
    view = make_view(reading)
    blocked = blocked_tokens(view, arms)
    phrases = find_phrases(view, blocked)
    keys = [outcome_key(view, phrase) for phrase in phrases]
    told = FeatureReader(view, sentence_kinds(view), blocked, phrases, keys)
    marks = (("arm", blocked), ("drug", view.drug), ("term", view.other), ("condition", told.conditions))
    found = [Candidate(p.first, p.stop, p.rule, told.features(p, k)) for p, k in zip(phrases, keys, strict=True)]
    return Candidates(
        view, phrases, keys, TokenReader(view, outcome_weights(), told.kinds, told.sentences, marks, found)
    )


def widened(view: View, owner: list[int], sums: list[float], phrase: Phrase, taken: int) -> tuple[int, int]:
    """Return the tokens [first, stop) of the full name around ``phrase``: with the words beside it that belong to an outcome.

    Args:
        view: the text. owner: for each token the index of its phrase, -1 outside all. sums: see TokenReader.scores.
        phrase: the phrase. taken: before which token nothing may be added.
    """
    low, high = view.ranges[view.sentence_of[phrase.first]]
    first, stop = phrase.first, phrase.stop
    roles, bits = outcome_bits(), outcome_table().bits
    verbs = roles.be | roles.result_verb | roles.predicate

    def belongs(i: int) -> bool:
        if owner[i] >= 0 or sums[i] < _LEAST_WORD or view.lows[i] in _BORDERS:
            return False
        if bits.get(view.lows[i], 0) & verbs and not bits.get(view.lows[i], 0) & roles.head:
            return False
        return view.tokens[i].kind not in FIGURES_OF_FINDINGS

    while first > max(low, taken) and belongs(first - 1):
        first -= 1
    while stop < high and belongs(stop):
        stop += 1
    while stop > phrase.stop and view.lows[stop - 1] in _NO_EDGE:
        stop -= 1
    while first < phrase.first and (view.lows[first] in _NO_EDGE or view.lows[first] == ")"):
        first += 1
    if stop > phrase.stop and view.lows[stop - 1] == ")" and "(" not in view.lows[first:stop]:
        stop -= 1
    if view.lows[first:stop].count("(") != view.lows[first:stop].count(")"):
        return phrase.first, phrase.stop
    return first, stop


def share_words(view: View, namings: list[Naming]) -> list[Naming]:
    """Return ``namings``; where the items of a list share a word, the full name of the first runs to the end of the list.

    "incidence of nausea and vomiting", "physical, social and emotional well-being": the whole is the name, since the first
    or the last word belongs to every item.
    """
    out = list(namings)
    roles, bits = outcome_bits(), outcome_table().bits
    i = 0
    while i < len(out):
        j = i
        while j + 1 < len(out) and out[j].measured and out[j + 1].measured and _joined(view, out[j], out[j + 1]):
            j += 1
        if j > i:
            first, last = out[i], out[j]
            taker = "of" in view.lows[first.phrase.first : first.phrase.stop]
            ends = [bits.get(view.lows[n.phrase.stop - 1], 0) & roles.head for n in out[i : j + 1]]
            if taker or (ends[-1] and not any(ends[:-1])):
                out[i] = first._replace(extent=(first.extent[0], last.extent[1]))
        i = j + 1
    return out


_LINKS = frozenset([",", "and", "or", ";", "and/or", "nor"])


def _joined(view: View, left: Naming, right: Naming) -> bool:
    """Whether nothing but commas and "and" or "or" stands between two namings of one sentence."""
    between = view.lows[left.extent[1] : right.extent[0]]
    same = view.sentence_of[left.phrase.first] == view.sentence_of[right.phrase.first]
    return same and 0 < len(between) <= 2 and all(word in _LINKS for word in between)


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


def _assemble(view: View, lexicon: Lexicon, groups: dict[str, list[Naming]]) -> OutcomeReading:
    outcomes: list[Outcome] = []
    mentions: list[OutcomeMention] = []
    stated = _stated(view)
    lone = len(view.ranges) <= 2
    for members in sorted(groups.values(), key=lambda ms: ms[0].phrase.first):
        outcome_id = f"o{len(outcomes) + 1}"
        told = [m for m in members if m.measured]
        # "improvement in overall survival" names an effect on it, where another place names the outcome itself
        plain = next((m for m in told if view.lows[m.extent[0]] not in _OF_EFFECT), None)
        named = plain or (told[0] if told else max(members, key=lambda m: m.mean))
        # a name that runs over the next item of a list would be the name of both
        whole = not {",", "and", "or"}.intersection(view.lows[named.phrase.stop : named.extent[1]])
        start, end = view.span(*(named.extent if whole else (named.phrase.first, named.phrase.stop)))
        concept = next((m.phrase.concept for m in members if m.phrase.concept is not None), None)
        outcomes.append(
            Outcome(
                id=outcome_id,
                name=Span(text=view.text[start:end], start=start, end=end),
                concept=concept,
                role=_role(view, lexicon, members, concept, stated),
            )
        )
        for phrase, measured, extent, mean in members:
            start, end = view.span(phrase.first, phrase.stop)
            mentions.append(
                OutcomeMention(
                    start=start,
                    end=end,
                    outcome_id=outcome_id,
                    rule=phrase.rule,
                    measured=measured,
                    likely=lone or phrase.rule == "term" or mean >= _LEAST_LIKELY or _subject_of_denial(view, phrase),
                    extent=view.span(*extent),
                )
            )
    mentions.sort(key=lambda m: m.start)
    return OutcomeReading(outcomes=tuple(outcomes), mentions=tuple(mentions))


def _subject_of_denial(view: View, phrase: Phrase) -> bool:
    """Whether "did not" follows a phrase of several words: "gripping force did not improve" speaks of the force."""
    return phrase.stop - phrase.first > 1 and view.lows[phrase.stop : phrase.stop + 2] == ["did", "not"]


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
    members: list[Naming],
    concept: str | None,
    stated: dict[int, tuple[int, int]],
) -> OutcomeRole:
    """Return the role: as the text states it, else safety where the vocabulary says so."""
    for phrase, *_ in members:
        primary, secondary = stated.get(view.sentence_of[phrase.first], (-1, -1))
        at = view.tokens[phrase.first].start
        if 0 <= secondary <= at and not secondary < primary <= at:
            return "secondary"
        if primary >= 0 and (primary <= at or secondary < 0):
            return "primary"
    if concept is not None and (concept.startswith(f"{GRADE} ") or lexicon.outcome_role(concept) == "safety"):
        return "safety"
    return "other"
