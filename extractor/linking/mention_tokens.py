"""Mentions of interventions and of the people studied as whole phrases: a regression over words widens what the rules and the
vocabularies found, and adds what they missed (unlisted interventions, doses, later words for the same people).

The sums for each word come from token_reader.py with ``vocabulary/mention_weights.tsv``; the words of a phrase are the best
run through a sentence, where each change between inside and outside costs ``_CHANGE``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extractor.linking.arm_regimens import kind_of
from extractor.linking.arm_treatments import is_group_name
from extractor.linking.arm_types import ArmMention
from extractor.linking.arm_view import View, make_view, roles, word_table
from extractor.linking.outcome_features import FeatureReader
from extractor.linking.outcome_scope import sentence_kinds
from extractor.linking.outcomes import OutcomeMention
from extractor.linking.rules import cue_words
from extractor.linking.token_reader import TokenReader
from extractor.linking.token_weights import mention_weights
from extractor.reading.types import Reading
from extractor.records import Mention, Result

__all__ = ["Found", "best_run", "mention_reader", "widen_mentions"]

_CHANGE = 1.0
_DOUBT = -2.0
"""The mean of the words' sums up to which what the rules took for such a phrase is none."""
_LEAST = {"intervention": -1.2, "population": -1.0}
"""The sum from which on a word speaks for its phrase: chosen on two thirds of the development corpus for F1."""
_FINDINGS = frozenset({"percent", "fraction", "estimate", "p_value", "not_reached", "interval"})
_HYPHENS = frozenset(["-", "/", "'", "_"])
_COORDINATES = frozenset([",", "and", "or", "/", "-"])
_INNER_MARKS = frozenset(",;.-/'()[]{}+&=%:°·")
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_TREATMENTS = frozenset({"drug", "procedure", "behaviour"})
Place = tuple[int, int]


class Found(NamedTuple):
    """What the rules found: arms and outcomes, the phrases for treatments and for people, the results."""

    arms: Sequence[ArmMention]
    outcomes: Sequence[OutcomeMention]
    treatments: Sequence[Mention]
    people: Sequence[Mention]
    results: Sequence[Result] = ()


def mention_reader(view: View, found: Found) -> TokenReader[complex]:
    """Return the reader of the tokens of ``view``: interventions in the real part of its sums, people in the imaginary."""
    arm = _marked(view, [(m.start, m.end) for m in found.arms])
    spoken = _marked(view, [(m.start, m.end) for m in found.treatments])
    who = _marked(view, [(m.start, m.end) for m in found.people])
    measured = _marked(view, [m.extent or (m.start, m.end) for m in found.outcomes if m.measured])
    told = FeatureReader(view, sentence_kinds(view), arm, [], [])
    marks = (
        ("arm", arm), ("drug", view.drug), ("treatment", spoken), ("people", who), ("outcome", measured),
        ("condition", told.conditions), ("term", view.other),
    )  # fmt: skip
    sets = {
        f"in {name}": {word for word, mark in zip(view.lows, flags, strict=True) if mark and len(word) > 3}
        for name, flags in (("an arm", arm), ("a treatment", spoken), ("people", who), ("an outcome", measured))
    }
    return TokenReader(view, mention_weights(), told.kinds, told.sentences, marks, word_sets=sets, reaching=True)


def widen_mentions(reading: Reading, found: Found) -> list[Mention]:
    """Return the phrases for treatments and people of ``found``, widened, with those that the words alone tell of.

    A phrase that stands within a wider one of its kind gives way to it. The concept and id of a wider phrase are those of
    the intervention that a vocabulary knows in it; where it holds several, their names joined, as in "A + B".
    """
    view = make_view(reading)
    sums = mention_reader(view, found).scores()
    treated, studied = [z.real for z in sums], [z.imag for z in sums]
    barred = _barred(view, found.results)
    known = [m for m in reading.mentions if m.label in _TREATMENTS and not is_group_name(m)]
    have = [*known, *found.treatments]
    for_them = [value - _LEAST["intervention"] for value in treated]
    wide = [
        _treatment(view, known, *place)
        for place in _phrases(view, for_them, barred, have, cue_words("treatment_breaks").words)
        if not _calls_a_group(view.text[slice(*place)]) and not _lone_unknown(view.text[slice(*place)], known, place)
    ]
    have = [*(m for m in reading.mentions if m.label == "population"), *found.people]
    for_them = [value - _LEAST["population"] for value in studied]
    who = [
        Mention(text=view.text[start:end], start=start, end=end, label="population")
        for start, end in _phrases(view, for_them, barred, have, cue_words("people_breaks").words)
    ]
    return [
        *_replaced(_believed(view, found.treatments, treated), wide),
        *_replaced(_believed(view, found.people, studied), who),
    ]


def _lone_unknown(text: str, known: Sequence[Mention], place: Place) -> bool:
    """Whether a phrase is one plain word that no vocabulary knows: too little to call it a treatment."""
    return text.isalpha() and text.islower() and not any(place[0] <= m.start and m.end <= place[1] for m in known)


def _calls_a_group(text: str) -> bool:
    """Whether a phrase calls a group ("control group") and says nothing of what it gets."""
    table, r = word_table().bits, roles()
    bits = r.control | r.generic | r.arm_group | r.group | r.det | r.people
    return all(table.get(word, 0) & bits for word in text.lower().split())


def _believed(view: View, mentions: Sequence[Mention], sums: Sequence[float]) -> list[Mention]:
    """Return those of ``mentions`` whose words do not on the whole speak against them."""
    starts = [token.start for token in view.tokens]
    out = []
    for mention in mentions:
        own = sums[max(0, bisect_right(starts, mention.start) - 1) : bisect_left(starts, mention.end)]
        if sum(own) > _DOUBT * len(own):
            out.append(mention)
    return out


def best_run(sums: Sequence[float], change: float) -> list[bool]:
    """Return which tokens of a sentence are inside: the answer with the greatest total of the sums inside, less ``change``
    for each place where inside and outside meet (the algorithm of Viterbi 1967 for two states)."""
    out, into = 0.0, float("-inf")
    turns: list[tuple[bool, bool]] = []
    for value in sums:
        left, entered = into - change > out, out - change > into
        turns.append((left, entered))
        out, into = (into - change if left else out), (out - change if entered else into) + value
    inside = into - change > out
    answer: list[bool] = []
    for left, entered in reversed(turns):
        answer.append(inside)
        inside = not entered if inside else left
    return answer[::-1]


def _phrases(
    view: View, sums: Sequence[float], barred: Sequence[bool], have: Sequence[Mention], breaks: frozenset[str]
) -> Iterator[Place]:
    """Yield the [start, end] of the phrases that the words tell of and that are no phrase of ``have`` or part of one."""
    places = sorted((m.start, m.end) for m in have)
    at = 0
    for first, stop in view.ranges:
        if not any(value > 0 for value in sums[first:stop]):
            continue
        inside = best_run(sums[first:stop], _CHANGE)
        i = first
        while i < stop:
            j = i
            while j < stop and inside[j - first] and not barred[j]:
                j += 1
            for low, high in _well_formed(view, i, j, (first, stop), barred, breaks) if i < j else ():
                start, end = view.span(low, high)
                while at < len(places) and places[at][1] <= start:
                    at += 1
                over = []
                for place in places[at:]:
                    if place[0] >= end:
                        break
                    if place[1] > start:
                        over.append(place)
                whole = min([start, *(s for s, _ in over)]), max([end, *(e for _, e in over)])
                if whole not in over and _closes(view.text[slice(*whole)]):
                    yield whole
            i = max(j, i + 1)


def _well_formed(
    view: View, first: int, stop: int, sentence: Place, barred: Sequence[bool], breaks: frozenset[str]
) -> Iterator[Place]:
    """Yield the tokens [first, stop) of the well-formed phrases in a run: whole words, brackets that close, no loose ends."""
    for low, high in _pieces(view, first, stop, breaks):
        low, high = _trimmed(view, low, high)
        if low >= high:
            continue
        low, high = _whole_words(view, low, high, sentence)
        cut = (view.glued[low] and _is_odd(view, low - 1)) or (view.glued[high] and _is_odd(view, high))
        if not cut and not any(barred[low:high]) and any(_says_something(view, k) for k in range(low, high)):
            yield low, high


def _pieces(view: View, first: int, stop: int, breaks: frozenset[str]) -> Iterator[Place]:
    """Yield the parts of a run between what no phrase goes over: verbs, marks, "versus", a bracket without its other half."""
    lows = view.lows
    verbs, relative = cue_words("mention_verbs").words, cue_words("mention_relative").words
    depth, opened, told = 0, first, False
    begin = first
    for i in range(first, stop):
        low = lows[i]
        if low in relative:
            told = True
        elif low in _OPEN:
            depth, opened = depth + 1, i if depth == 0 else opened
        elif low in _CLOSE and depth > 0:
            depth -= 1
        elif low in _CLOSE or _is_odd(view, i) or (depth == 0 and (low in breaks or (low in verbs and not told))):
            # a bracket that is open here goes to neither side
            yield begin, opened if depth else i
            begin, depth, told = i + 1, 0, False
    if depth:
        yield begin, opened
        begin = opened + 1
    yield begin, stop


def _is_odd(view: View, i: int) -> bool:
    """Whether token ``i`` is a mark that names hold nowhere, or a dash between two words."""
    low = view.lows[i]
    if low[0].isalnum() or view.tokens[i].figure is not None:
        return False
    return low not in _INNER_MARKS or (low == "-" and not (view.glued[i] or view.glued[i + 1]))


def _trimmed(view: View, low: int, high: int) -> Place:
    """Return [low, high) without the words that begin or end no phrase."""
    loose, acts = cue_words("mention_no_edge").words, roles().alloc | roles().receive
    lows, bits, glued = view.lows, view.bits, view.glued

    def is_loose(i: int) -> bool:
        word = lows[i]
        return word in loose or not (
            word[0].isalnum() or word in _OPEN or word in _CLOSE or view.tokens[i].figure is not None
        )

    while low < high:
        word = lows[low]
        past = word.endswith("ed") and low + 1 < high and lows[low + 1] in loose and lows[low + 1] not in _COORDINATES
        if not (is_loose(low) or word in _CLOSE or past or (bits[low] & acts and not glued[low + 1])):
            break
        low += 1
    while low < high:
        word = lows[high - 1]
        bare = not glued[high - 1] and (
            bits[high - 1] & acts or word.endswith("ed") or _is_bare_number(view, low, high - 1)
        )
        if not (is_loose(high - 1) or word in _OPEN or bare):
            break
        high -= 1
    return low, high


def _is_bare_number(view: View, low: int, i: int) -> bool:
    """Whether a number is left over of a phrase that was cut: "exposed to 4", and not "aged 18 to 65"."""
    if view.tokens[i].kind != "number" or view.lows[i - 1] not in cue_words("mention_no_edge"):
        return False
    return not any(view.tokens[k].figure is not None for k in range(max(low, i - 3), i))


def _says_something(view: View, i: int) -> bool:
    """Whether token ``i`` is a word with a meaning of its own."""
    word, nothing = view.lows[i], roles().stop | roles().arm_group
    return (
        len(word) > 1 and word[0].isalpha() and word not in cue_words("mention_no_edge") and not view.bits[i] & nothing
    )


def _closes(text: str) -> bool:
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))


def _whole_words(view: View, low: int, high: int, sentence: Place) -> Place:
    """Return [low, high) with the rest of a hyphenated or abbreviated word that either end cuts."""
    lows, glued = view.lows, view.glued
    while low - 1 > sentence[0] and glued[low] and lows[low - 1] in _HYPHENS and glued[low - 1]:
        low -= 2
    while high + 1 < sentence[1] and glued[high] and lows[high] in _HYPHENS and glued[high + 1]:
        high += 2
    return low, high


def _barred(view: View, results: Sequence[Result]) -> list[bool]:
    """Return for each token whether it prints a finding, which no phrase may hold."""
    barred = _marked(view, [place for r in results if (place := r.span) is not None])
    return [mark or token.kind in _FINDINGS for mark, token in zip(barred, view.tokens, strict=True)]


def _treatment(view: View, known: Sequence[Mention], start: int, end: int) -> Mention:
    inner = [m for m in known if start <= m.start and m.end <= end]
    names = list(dict.fromkeys(m.concept for m in inner if m.concept is not None))
    text = view.text[start:end]
    return Mention(
        text=text,
        start=start,
        end=end,
        label=inner[0].label if inner else kind_of(text.lower()),
        concept=" + ".join(names) if names else None,
        id=next((m.id for m in inner if m.concept == names[0]), None) if len(names) == 1 else None,
    )


def _replaced(old: Sequence[Mention], wide: Sequence[Mention]) -> list[Mention]:
    """Return ``wide`` with those of ``old`` that stand in none of them or that name something of their own in it."""
    return [*(m for m in old if not any(_within(m, w) and m.concept in (None, w.concept) for w in wide)), *wide]


def _within(small: Mention, wide: Mention) -> bool:
    return wide.start <= small.start and small.end <= wide.end


def _marked(view: View, places: Sequence[Place]) -> list[bool]:
    """Return for each token whether it stands in one of ``places`` ([start, end] in code points)."""
    tokens = view.tokens
    out = [False] * len(tokens)
    t, count = 0, len(tokens)
    for start, end in sorted(places):
        while 0 < t < count and tokens[t].start > start:
            t -= 1
        while t < count and tokens[t].end <= start:
            t += 1
        i = t
        while i < count and tokens[i].start < end:
            out[i] = True
            i += 1
    return out
