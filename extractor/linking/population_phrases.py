"""The phrases of a document that name the people studied, with the rules that speak for or against each.

People are named by a noun for people with what tells which are meant (``phrases.py``), by the criteria that a text lists
("Inclusion criteria were ..."), or by their disease alone ("letrozole in early breast cancer").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache

import msgspec

from extractor.linking.participants import untokenised
from extractor.linking.patterns import Rule, load_rules, pattern_set
from extractor.linking.phrases import follow_left, follow_right, people_nouns, says_which, telling_words
from extractor.reading.scan import plain_of
from extractor.reading.types import Reading, Word

__all__ = ["Phrase", "find_phrases", "title_end"]

_FILE = "population.jsonl"
_CONTEXT = 300
_EARLY = 0.5
_LETTERS = re.compile(r"[a-z]{2,}")
_MOST_ADDITIONS = 4
Scope = tuple[int, int]


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase that names people.

    ``start``, ``end``: its place. ``counted``: where it begins with the number of people before it, else ``start``;
    ``goes_on``: where what is added on age, sex and place ends, else ``end``.
    ``head``: the noun, or "criteria" or "disease" where it names the people by these. ``rules``: ids of the rules of
    ``data/population.jsonl`` that matched. ``told``: how many of its words say more than sex and age.
    """

    start: int
    end: int
    counted: int
    goes_on: int
    head: str
    rules: tuple[str, ...]
    told: int


def find_phrases(reading: Reading, scopes: tuple[Scope, ...] | None = None) -> list[Phrase]:
    """Return the phrases that name people in the sentences of ``reading`` (or in ``scopes``), in order."""
    plain = plain_of(reading)
    phrases: list[Phrase] = []
    words = reading.words
    index = 0
    for start, end in reading.sentences if scopes is None else scopes:
        while index < len(words) and words[index].start < start:
            index += 1
        stop = index
        while stop < len(words) and words[stop].end <= end:
            stop += 1
        phrases += _in_sentence(words[index:stop], plain, (start, end))
        index = stop
    phrases += _diseases(reading, plain, phrases, reading.sentences if scopes is None else scopes)
    return sorted(phrases, key=lambda p: (p.start, p.end))


def title_end(reading: Reading) -> int:
    """Return where the title ends inside the text; an abstract without a marked title has it as first sentence."""
    for section in reading.sections:
        if section.label == "title":
            return section.end
    if reading.title and reading.text.startswith(reading.title):
        return len(reading.title)
    return reading.sentences[0][1] if reading.sentences and reading.kind == "abstract" else 0


def _in_sentence(words: tuple[Word, ...], plain: str, sentence: Scope) -> list[Phrase]:
    found: list[Phrase] = []
    for i, word in enumerate(words):
        if word.lower in people_nouns():
            first, last = follow_left(words, i), follow_right(words, i, plain)
            start, end = words[first].start, words[last].end
            weak = last == i and people_nouns()[word.lower] == "weak"
            if weak and not plain[start - 2 : start - 1].isdigit():
                continue
            told = telling_words(words[first : last + 1]) if first < last else 0
            found.append(_phrase(plain, start, end, sentence, head=word.lower, told=told))
    if "criteria" in plain[slice(*sentence)] or "eligible" in plain[slice(*sentence)]:
        for rule in _fields("criteria"):
            match = rule.regex.search(plain, *sentence)
            if match is not None and not any(p.start < match.end("np") and match.start("np") < p.end for p in found):
                start, end = match.span("np")
                inside = tuple(w for w in words if start <= w.start and w.end <= end)
                if says_which(inside):
                    found.append(_phrase(plain, start, end, sentence, head="criteria", told=telling_words(inside)))
                break
    return found


@cache
def _fields(field: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in load_rules(_FILE) if rule.field == field)


def _phrase(plain: str, s: int, e: int, sentence: Scope, *, head: str, told: int) -> Phrase:
    start, end = sentence
    before = plain[max(start, s - _CONTEXT) : s]
    after = plain[e : min(end, e + _CONTEXT)]
    # the rules on the sentence see the phrase marked, so that they may speak of what it says
    views = {
        "before": untokenised(before), "after": untokenised(after), "sentence": untokenised(f"{before}‹{plain[s:e]}›{after}"),
    }  # fmt: skip
    matched = tuple(r.id for side, view in views.items() for r, _ in pattern_set(_FILE, side, "phrase").matching(view))
    count = _fields("count")[0].regex.search(before)
    counted = s - (len(before) - count.start("count")) if count is not None else s
    goes_on = _additions(plain, e, end) if head not in ("criteria", "disease") else e
    return Phrase(start=s, end=e, counted=counted, goes_on=goes_on, head=head, rules=matched, told=told)


def _additions(plain: str, at: int, end: int) -> int:
    """Return where what follows a phrase at ``at`` ends to tell the people's age, sex, number and place."""
    for _ in range(_MOST_ADDITIONS):
        matches = (rule.regex.match(plain, at, min(end, at + _CONTEXT)) for rule in _fields("goes-on"))
        match = next((m for m in matches if m is not None), None)
        if match is None:
            break
        at = match.end()
    return at


def _diseases(reading: Reading, plain: str, people: list[Phrase], scopes: tuple[Scope, ...]) -> list[Phrase]:
    """Return the conditions named in the first half of an abstract apart from people, whom they may stand for."""
    if reading.kind != "abstract":
        return []
    words = reading.words
    starts = [start for start, _ in scopes]
    taken = [(p.start, p.end) for p in people]
    found: list[Phrase] = []
    for mention in reading.mentions:
        if mention.start >= _EARLY * len(plain):
            break
        i = bisect_right(starts, mention.start) - 1
        if mention.label != "condition" or i < 0 or mention.start >= scopes[i][1]:
            continue
        first = follow_left(words, bisect_right(words, mention.start, key=lambda w: w.start) - 1)
        start = max(words[first].start, scopes[i][0])
        if not any(s < mention.end and start < e for s, e in taken):
            told = len(_LETTERS.findall(plain[start : mention.end]))
            found.append(_phrase(plain, start, mention.end, scopes[i], head="disease", told=told))
            taken.append((start, mention.end))
    return found
