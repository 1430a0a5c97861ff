"""Which conditions the reported trial is about.

An abstract states two: the problem that the intervention is aimed at ("for hot flashes", "to prevent nausea"), and the
disease that its participants have. Where the first is another one, it is the condition of the trial. Where none is, the
trial is about the participants' disease, or the one that its title names. A cancer that the participants have is left to
``population``: people with cancer are studied for anything from pain to vaccination, so that it says who was studied,
not what was treated. What a trial is aimed at is read from its purpose in the title or first sentence;
``data/conditions.jsonl`` holds the wordings, ``data/condition_heads.tsv`` the nouns that may stand at the head of a
condition that the vocabulary does not know.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from extractor.lexicon import load_lexicon
from extractor.linking.patterns import load_rules, read_table
from extractor.reading.scan import plain_of, plain_text
from extractor.reading.types import Reading
from extractor.records import Mention, Population

__all__ = ["find_conditions", "studied_conditions"]

_MOST_CONDITIONS = 3
_BEFORE = 60
_LEAD_SENTENCES = 5
_FILE = "conditions.jsonl"
Scope = tuple[int, int]


@cache
def _cue(rule_id: str) -> re.Pattern[str]:
    return next(rule.regex for rule in load_rules(_FILE) if rule.id == rule_id)


@cache
def _heads() -> tuple[frozenset[str], tuple[str, ...]]:
    rows = read_table("condition_heads.tsv", ("word", "form", "source"))
    return (
        frozenset(row["word"] for row in rows if row["form"] == "word"),
        tuple(row["word"][1:] for row in rows if row["form"] == "ending"),
    )


def find_conditions(reading: Reading, population: Population, scopes: tuple[Scope, ...]) -> tuple[Mention, ...]:
    """Return the conditions that the record states for the trial whose sentences are ``scopes``, the main one first.

    An abstract: the problem that the trial treats, prevents or relieves, where that is another one than the disease
    that its participants are said to have; else that disease, unless it is a cancer. Other documents: that problem, the
    conditions of the participants and those that the lead names most often, each once.

    Args:
        reading: the document as read, with the conditions that the vocabulary knows among its mentions.
        population: the trial's population; conditions inside its description are those of the participants.
    """
    if reading.kind == "abstract":
        known = _known(reading)
        own = _own(known, population)
        return _each_once(_target(reading, known, scopes, own=own) or _treated(known, own, scopes))
    return studied_conditions(reading, population, scopes)


def studied_conditions(reading: Reading, population: Population, scopes: tuple[Scope, ...]) -> tuple[Mention, ...]:
    """Return what the trial is aimed at, else what its participants have, else what its text speaks of; each once.

    Takes what ``find_conditions`` takes; news, which names the disease in the lead and describes the people later and in
    other words, gets all three.
    """
    known = _known(reading)
    target = _target(reading, known, scopes, own=None)
    own = _own(known, population)
    lead = _by_weight(known, scopes)
    ranked = target or own or lead[:1]
    if reading.kind in ("news", "press_release"):
        ranked = [*target, *own, *lead] or _by_weight(known, scopes, lead=len(scopes))[:1]
    return _each_once(ranked)[:_MOST_CONDITIONS]


def _known(reading: Reading) -> list[Mention]:
    return [m for m in reading.mentions if m.label == "condition" and not _is_generic(m)]


def _own(known: list[Mention], population: Population) -> list[Mention]:
    description = population.description
    return [m for m in known if description is not None and description.start <= m.start < description.end]


def _treated(known: list[Mention], own: list[Mention], scopes: tuple[Scope, ...]) -> list[Mention]:
    """Return the disease that title and participants point to, the one named most often; none where one of them is a
    cancer, or where the text speaks of cancer and the title of no other disease: its people are chosen for their risk of it."""
    title = [m for m in known if any(s <= m.start < e for s, e in scopes[:1])]
    if any(_is("cancer", m) for m in (*title, *own)):
        return []
    counts = Counter((m.concept or m.text).casefold() for m in known)
    ranked = sorted(
        {id(m): m for m in (*own, *title)}.values(),
        # among equals the participants' own comes first: a title also names what happened to them
        key=lambda m: (_is("state", m), -counts[(m.concept or m.text).casefold()], m not in own, m.start),
    )
    cancers = sum(_is("cancer", m) for m in known)
    named = {(m.concept or m.text).casefold() for m in title}
    return [
        m for m in ranked[:1]
        if not cancers or ((name := (m.concept or m.text).casefold()) in named and counts[name] > cancers)
    ]  # fmt: skip


def _by_weight(known: list[Mention], scopes: tuple[Scope, ...], lead: int = _LEAD_SENTENCES) -> list[Mention]:
    """Return the conditions of the first ``lead`` sentences, those that the whole text names most often first."""
    counts = Counter((m.concept or m.text).casefold() for m in known)
    inside = [m for m in known if any(s <= m.start < e for s, e in scopes[:lead])]
    return sorted(inside, key=lambda m: (-counts[(m.concept or m.text).casefold()], m.start))


def _is(rule_id: str, mention: Mention) -> bool:
    return _cue(rule_id).search(plain_text(mention.concept or mention.text)) is not None


def _is_generic(mention: Mention) -> bool:
    return _cue("generic").search(plain_text(mention.text)) is not None


def _each_once(mentions: list[Mention]) -> tuple[Mention, ...]:
    seen: set[str] = set()
    chosen: list[Mention] = []
    for mention in mentions:
        # the short form that a text goes on with is kept beside the long form, since users ask for either
        key = mention.text if mention.text.isupper() else (mention.concept or mention.text).casefold()
        if key not in seen and not any(m.start < mention.end and mention.start < m.end for m in chosen):
            seen.add(key)
            chosen.append(mention)
    return tuple(chosen)


def _target(
    reading: Reading, known: list[Mention], scopes: tuple[Scope, ...], *, own: list[Mention] | None
) -> list[Mention]:
    """Return what the trial treats or prevents as the title or first sentence says it.

    ``own``: the participants' diseases, which are left out, as is what a line of disease treatment is for; None leaves
    nothing out.
    """
    plain = plain_of(reading)
    diseases = {_head_of(m.concept or m.text) for m in own or ()}
    for start, end in scopes[:1]:
        for rule in load_rules(_FILE):
            if rule.field != "purpose":
                continue
            for match in rule.regex.finditer(plain, start, end):
                mention = _mention(reading.text, plain, match.start("np"), match.end("np"), known)
                if mention is None or _head_of(mention.concept or mention.text) in diseases:
                    continue
                before = plain[max(start, mention.start - _BEFORE) : mention.start]
                if own is not None and _cue("disease-treatment").search(before):
                    continue
                return [mention]
    return []


def _head_of(name: str) -> str:
    """Return the last two words of a name, which say the disease without its stage and spread ("breast cancer")."""
    words = re.findall(r"[a-z'-]+", plain_text(name))
    return " ".join(w.removesuffix("s") for w in words[-2:])


def _mention(text: str, plain: str, start: int, end: int, known: list[Mention]) -> Mention | None:
    """Return the condition that begins at ``start``, None where no condition does."""
    leading = _cue("leading").match(plain[start:end])
    start += leading.end() if leading else 0
    cut = _cue("phrase-end").search(plain, start, end)
    end = cut.start() if cut is not None else end
    phrase = plain[start:end]
    words = re.findall(r"[a-z'-]+", phrase)
    if not words or len(words) > 9:
        return None
    while words and not _heads_condition(words[-1]):
        words.pop()
    if _is_people(phrase) or _cue("measured").search(phrase):
        return None
    last = start + phrase.rfind(words[-1]) + len(words[-1]) if words else start
    if _cue("other-thing").match(plain[last:end]):
        return None
    inside = [m for m in known if start <= m.start < end]
    if inside and (inside[0].end >= last or not _brings(plain[inside[0].end : last])):
        return inside[0]
    if not words:
        return _swallowed(text, phrase, start)
    named = next((m for m in inside if m.end == last), None)
    mention = Mention(
        text=text[start:last], start=start, end=last, label="condition",
        concept=named.concept if named is not None else None, id=named.id if named is not None else None,
    )  # fmt: skip
    return None if _is_generic(mention) else mention


def _swallowed(text: str, phrase: str, start: int) -> Mention | None:
    """Return the condition that the last words of ``phrase`` name, though a longer term holds it ("measles vaccine")."""
    for word in re.finditer(r"(?<![\w-])[a-z0-9]", phrase):
        entry = load_lexicon().lookup(phrase[word.start() :].strip(), "condition")
        if entry is not None:
            first, last = start + word.start(), start + len(phrase.rstrip())
            return Mention(
                text=text[first:last], start=first, end=last, label="condition", concept=entry.concept, id=entry.id
            )
    return None


def _heads_condition(word: str) -> bool:
    heads, endings = _heads()
    return word in heads or word.split("-")[-1] in heads or (word.endswith(endings) and not _cue("no-head").search(word))


def _brings(between: str) -> bool:
    """Tell whether what stands between a disease and a later noun makes the noun the problem, brought by the disease.

    "breast cancer-related lymphedema" is a lymphedema, as "breast cancer seroma" is a seroma; "nausea and vomiting" is both.
    """
    return _cue("joins").search(between) is None


def _is_people(phrase: str) -> bool:
    return _cue("people").search(phrase) is not None
