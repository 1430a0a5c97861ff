"""Age, sex, ethnicity and place of the people studied, as the text prints them.

Patterns stand in ``data/ages.jsonl`` and ``data/characteristics.jsonl``, names in ``data/places.tsv`` and
``data/ethnicities.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from extractor.linking.patterns import load_rules, pattern_set, read_table
from extractor.literals import any_of, first_word, words_in
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import Span

__all__ = ["find_ages", "find_ethnicity", "find_locations", "find_sex", "place_words"]

_MOST_AGES, _MOST_ETHNICITIES, _MOST_LOCATIONS = 2, 3, 4
_CONTEXT = 80
_ENOUGH = 40
_JOIN = re.compile(r"^(?:, | \(|, and | and |/)$")
_PLACE_COLUMNS = ("name", "kind", "place", "source")
Sentences = tuple[tuple[int, int], ...]


@cache
def _cue(rule_id: str) -> re.Pattern[str]:
    return next(rule.regex for rule in load_rules("characteristics.jsonl") if rule.id == rule_id)


def find_ages(text: str, plain: str, sentences: Sentences) -> tuple[Span, ...]:
    """Return the ages of the people studied (range, limit, mean, median): the figure with its unit as printed."""
    found: dict[tuple[int, int], Span] = {}
    of_subgroups: set[tuple[int, int]] = set()

    def worth_reading() -> Iterator[tuple[int, int]]:
        for start, end in sentences:
            sentence = plain[start:end]
            if len(found) > _ENOUGH:
                break
            if "age" in sentence or "old" in sentence or "year" in sentence:
                if _cue("age-of-subgroup").search(sentence) and not _cue("entry").search(sentence):
                    of_subgroups.add((start, end))
                yield start, end

    for place, rule, regex in pattern_set("ages.jsonl").possible_in(plain, worth_reading()):
        # a limit among findings parts the participants; a mean tells of all of them
        if place in of_subgroups and "mean" not in rule.id and "average" not in rule.id:
            continue
        for match in regex.finditer(plain, *place):
            s, e = match.span("age")
            if not any(a < e and s < b for a, b in found):
                found[s, e] = Span(text=text[s:e], start=s, end=e)
    return _each_once([found[key] for key in sorted(found)])[:_MOST_AGES]


def _each_once(ages: list[Span]) -> tuple[Span, ...]:
    """Leave out later prints of the same figures."""
    kept: dict[tuple[str, ...], Span] = {}
    for age in ages:
        kept.setdefault(tuple(re.findall(r"\d+(?:[.·]\d+)?", age.text)), age)
    return tuple(kept.values())


def find_sex(text: str, plain: str, sentences: Sentences, description: Span | None) -> Span | None:
    """Return the word that says that only one sex was studied, or None where both were or the text does not say.

    It is looked for in ``description``, or in the first two sentences where there is none.
    """
    places = ((description.start, description.end),) if description is not None else sentences[:2]
    for start, end in places:
        female, male = _cue("female").search(plain, start, end), _cue("male").search(plain, start, end)
        if female and male:
            return None
        match = female or male
        if match:
            return Span(text=text[match.start() : match.end()], start=match.start(), end=match.end())
    return None


@cache
def _places() -> tuple[re.Pattern[str], dict[str, str], frozenset[str]]:
    kinds = {row["name"]: row["kind"] for row in read_table("places.tsv", _PLACE_COLUMNS)}
    names = any_of(kinds, before=r"(?:(?<![\w-].)|(?<=(?<![\w-])non-.))")
    return re.compile(rf"(?P<name>{names})(?![\w]|-[a-z])"), kinds, frozenset(map(first_word, kinds))


@cache
def place_words() -> frozenset[str]:
    """Return the first words of all countries, regions, states and cities (lower case)."""
    rows = read_table("places.tsv", _PLACE_COLUMNS)
    return frozenset(re.split(r"[ .]", row["name"].lower())[0] for row in rows if row["kind"] != "nationality")


@cache
def _ethnicities() -> tuple[re.Pattern[str], dict[str, str], frozenset[str]]:
    rows = read_table("ethnicities.tsv", ("name", "cue", "source"))
    cues = {plain_text(row["name"]): row["cue"] for row in rows}
    names = any_of(cues, before=r"(?<![\w-].)")
    return re.compile(rf"(?P<name>{names})(?![\w-])"), cues, frozenset(map(first_word, cues))


def find_ethnicity(reading: Reading, sentences: Sentences) -> tuple[Span, ...]:
    """Return the ethnic groups and nationalities given for the people studied, each where it stands first."""
    text = reading.text
    plain = plain_text(text)
    groups, cues, group_words = _ethnicities()
    places, kinds, place_names = _places()
    words = words_in(text)
    grouped, placed = not group_words.isdisjoint(map(str.lower, words)), not place_names.isdisjoint(words)
    hits: list[tuple[int, int]] = []
    for start, end in sentences:
        for match in groups.finditer(plain, start, end) if grouped else ():
            s, e = match.span("name")
            free = cues[match.group("name")] != "people"
            if free or _of_people(plain, e) or _cue("were-before").search(plain[max(0, s - 25) : s]):
                hits.append((s, e))
        for match in places.finditer(text, start, end) if placed else ():
            s, e = match.span("name")
            if kinds[match.group("name")] == "nationality" and _of_people(plain, e):
                hits.append((s, e))
    return _first_of_each(text, plain, hits)[:_MOST_ETHNICITIES]


def _of_people(plain: str, end: int) -> bool:
    return _cue("people-after").match(plain[end : end + _CONTEXT]) is not None


def _first_of_each(text: str, plain: str, hits: list[tuple[int, int]]) -> tuple[Span, ...]:
    """Return the hits without overlaps and without those that only repeat words of an earlier one."""
    spans: list[Span] = []
    seen: list[frozenset[str]] = []
    covered = -1
    for s, e in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
        if s < covered:
            continue
        covered = e
        words = frozenset(w.rstrip("s") for w in re.findall(r"[^\W\d_]+", plain[s:e]))
        if not any(words <= earlier for earlier in seen):
            seen.append(words)
            spans.append(Span(text=text[s:e], start=s, end=e))
    return tuple(spans)


def find_locations(reading: Reading, sentences: Sentences) -> tuple[Span, ...]:
    """Return where the trial was done: countries, regions, states and cities, and nationalities of centres.

    Neighbouring names that belong together ("Toronto, Canada") make one span. Makers' and funders' places and those of
    congresses and journals are left out.
    """
    text = reading.text
    plain = plain_text(text)
    pattern, kinds, place_names = _places()
    if place_names.isdisjoint(words_in(text)):
        return ()
    spans: list[tuple[int, int, str]] = []
    for start, end in sentences:
        # where results were presented is not where the trial was done
        if _cue("meeting").search(plain, start, end):
            continue
        for match in pattern.finditer(text, start, end):
            s, e = match.span("name")
            if not _is_site(plain, start, s, e, kinds[match.group("name")]):
                continue
            if spans and _JOIN.match(text[spans[-1][1] : s]):
                spans[-1] = (spans[-1][0], e, spans[-1][2])
            else:
                spans.append((s, e, plain[s:e]))
    first: dict[str, Span] = {}
    for s, e, name in spans:
        first.setdefault(name, Span(text=text[s:e], start=s, end=e))
    return tuple(first.values())[:_MOST_LOCATIONS]


def _is_site(plain: str, start: int, s: int, e: int, kind: str) -> bool:
    """Tell whether the name at ``s``:``e`` says where patients were treated, as far as the words beside it tell."""
    before, after = plain[max(start, s - _CONTEXT) : s], plain[e : e + _CONTEXT]
    if _cue("no-place-after").match(after) or _cue("maker-before").search(before):
        return False
    if kind == "nationality" and not _cue("centre-after").match(after):
        return False
    return not (before.endswith("new ") or after[:1] == "$")
