"""Who was studied: the phrase that names the population, and everything stated of it.

All phrases that name people (``population_phrases.py``) compete (``population_choice.py``); the best one describes the
population, and one that is nearly as good says who was eligible as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from extractor.linking.characteristics import find_ages, find_ethnicity, find_locations, find_sex
from extractor.linking.participants import choose_counts, find_counts, reconcile
from extractor.linking.population_choice import chances, features_of, mention_sums
from extractor.linking.population_phrases import Phrase, find_phrases
from extractor.reading.scan import plain_of
from extractor.reading.types import Reading
from extractor.records import Mention, Number, Population, Span

__all__ = ["find_population", "recount_population"]

_LEAST_CHANCE = 0.2
_LEAST_SECOND = 0.33
# whom the text says it enrolled was studied, however little it says of them
_ENTRY = frozenset(("entered", "enrolling", "eligible", "participants-were"))
_AGED = "only-age"
Scope = tuple[int, int]


def find_population(
    reading: Reading, scopes: tuple[Scope, ...] | None = None
) -> tuple[Population, tuple[Mention, ...]]:
    """Return what ``reading`` states of the people studied, and every mention of them in order.

    What the text does not state is null or empty. A number of people before a phrase, and age, sex and place added after
    it, are part of the mention ("40 women with asthma, aged 20 to 40 years"), not of the population's description.

    Args:
        reading: the document as read. scopes: the [start, end] pairs of sentences to look in, all where None.
    """
    text, plain = reading.text, plain_of(reading)
    sentences = reading.sentences if scopes is None else scopes
    enrolled, analysed = choose_counts(find_counts(text, plain, sentences))
    phrases = find_phrases(reading, sentences)
    features = features_of(reading, phrases, enrolled)
    who = [Span(text=text[p.start : p.end], start=p.start, end=p.end) for p in _chosen(phrases, features)]
    description = who[0] if who else None
    population = Population(
        description=description,
        eligibility=tuple(sorted(who, key=lambda span: span.start)),
        age=find_ages(text, plain, sentences),
        sex=find_sex(text, plain, sentences, description),
        ethnicity=find_ethnicity(reading, sentences),
        location=find_locations(reading, sentences),
        enrolled=enrolled,
        analysed=analysed,
    )
    return population, _mentions(text, phrases, features)


def recount_population(
    reading: Reading, population: Population, scopes: tuple[Scope, ...], parts: frozenset[int], wholes: Sequence[Number]
) -> Population:
    """Return ``population`` with the numbers enrolled and analysed in the light of the sizes of the groups.

    Args:
        reading: the document as read. population: as found without the groups. scopes: the sentences to look in.
        parts: where the counts start that are sizes of groups. wholes: printed counts that the groups make up.
    """
    plain = plain_of(reading)
    own = [w for w in wholes if any(start <= w.start < end for start, end in scopes)]
    enrolled, analysed = reconcile(
        population.enrolled,
        population.analysed,
        parts,
        own,
        lambda: choose_counts([c for c in find_counts(reading.text, plain, scopes) if c.number.start not in parts]),
    )
    return msgspec.structs.replace(population, enrolled=enrolled, analysed=analysed)


def _chosen(phrases: Sequence[Phrase], features: Sequence[Sequence[str]]) -> list[Phrase]:
    """Return the phrases that say who was studied, the best first."""
    telling = [(p, names) for p, names in zip(phrases, features, strict=True) if p.told]
    ranked = sorted(
        zip(chances([names for _, names in telling]), (p for p, _ in telling), strict=True),
        key=lambda row: (-row[0], row[1].start),
    )
    best = [p for chance, p in ranked[:1] if chance >= _LEAST_CHANCE or _ENTRY.intersection(p.rules)]
    if not best:
        # "418 adults aged 65 years or older were randomly assigned": all that the text says of them
        return [p for p in phrases if not p.told and _AGED in p.rules and _ENTRY.intersection(p.rules)][:1]
    return best + [p for chance, p in ranked[1:2] if best and chance >= _LEAST_SECOND]


def _mentions(text: str, phrases: Sequence[Phrase], features: Sequence[Sequence[str]]) -> tuple[Mention, ...]:
    return tuple(
        Mention(text=text[p.counted : p.goes_on], start=p.counted, end=p.goes_on, label="population")
        for p, weight in zip(phrases, mention_sums(features), strict=True)
        if weight > 0
    )
