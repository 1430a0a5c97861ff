"""Which conditions the reported trial is about: what it treats or prevents first, then what its participants have.

What a trial treats or prevents is read from its purpose ("for the prevention of ...", "to reduce ...") in the title or first
sentence; ``data/conditions.jsonl`` holds the wordings, ``data/condition_heads.tsv`` the nouns that may stand at the head of
a condition that the vocabulary does not know.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from extractor.linking.patterns import load_rules, read_table
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import Mention, Population

__all__ = ["find_conditions"]

_MOST_CONDITIONS = 3
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


def find_conditions(
    reading: Reading, population: Population, scopes: tuple[Scope, ...], *, participants: bool = True
) -> tuple[Mention, ...]:
    """Return the conditions of the trial whose sentences are ``scopes``, the main one first, each once.

    Args:
        reading: the document as read, with the conditions that the vocabulary knows among its mentions.
        population: the trial's population; conditions inside its description are those of the participants.
        participants: whether an abstract that states no purpose gets the condition of its participants.
    """
    known = [m for m in reading.mentions if m.label == "condition" and not _is_generic(m)]
    target = _target(reading, known, scopes)
    description = population.description
    own = [m for m in known if description is not None and description.start <= m.start < description.end]
    lead = _by_weight(known, scopes)
    ranked = target or (own or lead[:1] if participants else [])
    if reading.kind in ("news", "press_release"):
        # news names the disease in the lead and describes the people later, in other words
        ranked = [*target, *own, *lead] or _by_weight(known, scopes, lead=len(scopes))[:1]
    return _each_once(ranked)[:_MOST_CONDITIONS]


def _by_weight(known: list[Mention], scopes: tuple[Scope, ...], lead: int = _LEAD_SENTENCES) -> list[Mention]:
    """Return the conditions of the first ``lead`` sentences, those that the whole text names most often first."""
    counts = Counter((m.concept or m.text).casefold() for m in known)
    inside = [m for m in known if any(s <= m.start < e for s, e in scopes[:lead])]
    return sorted(inside, key=lambda m: (-counts[(m.concept or m.text).casefold()], m.start))


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


def _target(reading: Reading, known: list[Mention], scopes: tuple[Scope, ...]) -> list[Mention]:
    """Return what the trial treats or prevents, from the first of title and lead sentences that says it."""
    plain = plain_text(reading.text)
    for start, end in scopes[:1]:
        for rule in load_rules(_FILE):
            if rule.field != "purpose":
                continue
            for match in rule.regex.finditer(plain, start, end):
                mention = _mention(reading.text, plain, match.start("np"), match.end("np"), known)
                if mention is not None:
                    return [mention]
    return []


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
    for mention in known:
        if start <= mention.start < end and not _is_people(phrase):
            return mention
    heads, endings = _heads()
    while words and not (words[-1] in heads or words[-1].split("-")[-1] in heads or words[-1].endswith(endings)):
        words.pop()
    if not words or _is_people(phrase):
        return None
    end = start + phrase.rfind(words[-1]) + len(words[-1])
    mention = Mention(text=text[start:end], start=start, end=end, label="condition")
    return None if _is_generic(mention) else mention


def _is_people(phrase: str) -> bool:
    return _cue("people").search(phrase) is not None
