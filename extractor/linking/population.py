"""Who was studied: the phrase that names the population, and everything stated of it.

All phrases that name people (``phrases.py``) are scored by the rules of ``data/population.jsonl`` on what stands around
them; the best one names the population.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from extractor.linking.characteristics import find_ages, find_ethnicity, find_locations, find_sex
from extractor.linking.participants import choose_counts, find_counts, reconcile, untokenised
from extractor.linking.patterns import pattern_set
from extractor.linking.phrases import follow_left, follow_right, information, people_nouns
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading, Word
from extractor.records import Mention, Number, Population, Span

__all__ = ["Phrase", "find_phrases", "find_population", "population_mentions", "recount_population"]

_FILE = "population.jsonl"
_CONTEXT = 300
_LEAST_SCORE = 1.0
_TITLE_PENALTY = 1.5
_BEHIND_ENROLLED = 2.0
_LATE_FROM, _LATE_PENALTY = 0.4, 6.0
_NOT_POPULATION = frozenset(("arm-of-trial", "group-phrase", "share"))
Scope = tuple[int, int]


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase that names people.

    ``start``, ``end``: its place. ``head``: the noun. ``score``: what it says and what stands around it, for its being
    the population. ``rules``: ids of the rules that matched. ``telling``: whether it says more than sex and age.
    """

    start: int
    end: int
    head: str
    score: float
    rules: tuple[str, ...]
    telling: bool


def find_phrases(reading: Reading, scopes: tuple[Scope, ...] | None = None) -> list[Phrase]:
    """Return the phrases that name people in the sentences of ``reading`` (or in ``scopes``), in order, scored."""
    plain = plain_text(reading.text)
    title_end = _title_end(reading)
    phrases: list[Phrase] = []
    words = reading.words
    index = 0
    for start, end in reading.sentences if scopes is None else scopes:
        while index < len(words) and words[index].start < start:
            index += 1
        stop = index
        while stop < len(words) and words[stop].end <= end:
            stop += 1
        sentence = words[index:stop]
        for i, word in enumerate(sentence):
            if word.lower in people_nouns():
                phrase = _phrase(sentence, i, plain, (start, end), title_end)
                if phrase is not None:
                    phrases.append(phrase)
        index = stop
    return phrases


def _title_end(reading: Reading) -> int:
    for section in reading.sections:
        if section.label == "title":
            return section.end
    if reading.title and reading.text.startswith(reading.title):
        return len(reading.title)
    return reading.sentences[0][1] if reading.sentences and reading.kind == "abstract" else 0


def _phrase(words: tuple[Word, ...], i: int, plain: str, sentence: Scope, title_end: int) -> Phrase | None:
    first, last = follow_left(words, i), follow_right(words, i, plain)
    if first == last or (last == i and people_nouns()[words[i].lower] == "weak"):
        return None
    start, end = words[first].start, words[last].end
    score, rules = _score(plain, start, end, sentence)
    told = information(words[first : last + 1])
    score += told
    if start < title_end:
        # a title names the people in short; the methods say who they were
        score -= _TITLE_PENALTY
    score -= _LATE_PENALTY * max(0.0, start / max(1, len(plain)) - _LATE_FROM)
    return Phrase(start=start, end=end, head=words[i].lower, score=score, rules=rules, telling=told > 0)


def _score(plain: str, s: int, e: int, sentence: Scope) -> tuple[float, tuple[str, ...]]:
    start, end = sentence
    # the rules on the sentence see the phrase marked, so that they may speak of what it says
    views = {
        "before": untokenised(plain[max(start, s - _CONTEXT) : s]),
        "after": untokenised(plain[e : min(end, e + _CONTEXT)]),
        "sentence": untokenised(
            f"{plain[max(start, s - _CONTEXT) : s]}‹{plain[s:e]}›{plain[e : min(end, e + _CONTEXT)]}"
        ),
    }
    matched = [rule for side, view in views.items() for rule, _ in pattern_set(_FILE, side).matching(view)]
    return sum(r.weight for r in matched), tuple(r.id for r in matched)


def find_population(reading: Reading, scopes: tuple[Scope, ...] | None = None) -> Population:
    """Return what ``reading`` states of the people studied; what it does not state is null or empty.

    Args:
        reading: the document as read. scopes: the [start, end] pairs of sentences to look in, all where None.
    """
    text, plain = reading.text, plain_text(reading.text)
    sentences = reading.sentences if scopes is None else scopes
    enrolled, analysed = choose_counts(find_counts(text, plain, sentences))
    best = _best(find_phrases(reading, sentences), enrolled.end if enrolled is not None else None)
    description = None if best is None else Span(text=text[best.start : best.end], start=best.start, end=best.end)
    return Population(
        description=description,
        eligibility=() if description is None else (description,),
        age=find_ages(text, plain, sentences),
        sex=find_sex(text, plain, sentences, description),
        ethnicity=find_ethnicity(reading, sentences),
        location=find_locations(reading, sentences),
        enrolled=enrolled,
        analysed=analysed,
    )


def recount_population(
    reading: Reading, population: Population, scopes: tuple[Scope, ...], parts: frozenset[int], wholes: Sequence[Number]
) -> Population:
    """Return ``population`` with the numbers enrolled and analysed in the light of the sizes of the groups.

    Args:
        reading: the document as read. population: as found without the groups. scopes: the sentences to look in.
        parts: where the counts start that are sizes of groups. wholes: printed counts that the groups make up.
    """
    plain = plain_text(reading.text)
    own = [w for w in wholes if any(start <= w.start < end for start, end in scopes)]
    enrolled, analysed = reconcile(
        population.enrolled,
        population.analysed,
        parts,
        own,
        lambda: choose_counts([c for c in find_counts(reading.text, plain, scopes) if c.number.start not in parts]),
    )
    return msgspec.structs.replace(population, enrolled=enrolled, analysed=analysed)


def population_mentions(reading: Reading) -> tuple[Mention, ...]:
    """Return every phrase of ``reading`` that tells which people it speaks of, in order, as population mentions."""
    text = reading.text
    return tuple(
        Mention(text=text[p.start : p.end], start=p.start, end=p.end, label="population")
        for p in find_phrases(reading)
        if p.telling and not _NOT_POPULATION.intersection(p.rules)
    )


def _best(phrases: list[Phrase], enrolled_end: int | None) -> Phrase | None:
    def worth(phrase: Phrase) -> float:
        behind = enrolled_end is not None and 0 <= phrase.start - enrolled_end <= 3
        return phrase.score + (_BEHIND_ENROLLED if behind else 0.0)

    return max((p for p in phrases if p.telling and worth(p) >= _LEAST_SCORE), key=worth, default=None)
