"""How names are compared: the one folding of names, and the names under which a trial is known and asked for.

A leaf beside ``records``: the store files by these keys and the assembly joins by them, so both must fold alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from extractor.records import Mention, Population, Record, Trial

__all__ = [
    "ACRONYM_PREFIX",
    "acronym_key",
    "acronym_parts",
    "conditions_of",
    "fold_name",
    "identity_keys",
    "registry_of",
    "said_of_people",
    "trial_name_keys",
]

ACRONYM_PREFIX = "acronym:"
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_NUMBERED = re.compile(r"([^0-9]*)([0-9]+)([^0-9]*)")
_EUDRACT = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}")


@lru_cache(maxsize=1 << 14)
def fold_name(name: str) -> str:
    """Return ``name`` as it is compared: compatibility form, no case, plain hyphens, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(_DASHES).casefold().split())


def acronym_key(acronym: str) -> str:
    """Return the key of an acronym, letters and digits only: "acronym:keynote189" for "KEYNOTE 189"."""
    return ACRONYM_PREFIX + "".join(character for character in fold_name(acronym) if character.isalnum())


def acronym_parts(acronym: str) -> tuple[str, str, str] | None:
    """Return (stem, number, rest) of an acronym that carries one number, such as ("keynote", "189", ""), else None.

    An acronym without a number is too often an ordinary word or shared by several trials to identify one.
    """
    match = _NUMBERED.fullmatch(acronym_key(acronym).removeprefix(ACRONYM_PREFIX))
    return (match[1], match[2], match[3]) if match and match[1] else None


def registry_of(registry_id: str) -> str:
    """Return the registry that issued ``registry_id``, by its leading letters ("NCT", "ISRCTN", ...)."""
    if _EUDRACT.fullmatch(registry_id):
        return "EUDRACT"
    letters = re.match(r"[A-Z]+", registry_id.upper())
    return letters[0] if letters else ""


def trial_name_keys(name: str) -> tuple[str, ...]:
    """Return the keys that a user's ``name`` of a trial ("NCT02517788", "Keynote 189", "RECOVERY") may stand for: as a
    registry id, and as an acronym with or without a number."""
    bare = name.strip().removeprefix("trial:")
    return "".join(bare.upper().split()), acronym_key(bare)


def identity_keys(trial: Trial) -> tuple[str, ...]:
    """Return the keys that identify ``trial`` outside its document: registry ids, then the acronym if numbered."""
    keys = sorted({"".join(coded.value.upper().split()) for coded in trial.registry_ids})
    if trial.acronym is not None and acronym_parts(trial.acronym.text):
        keys.append(acronym_key(trial.acronym.text))
    return tuple(keys)


def said_of_people(population: Population) -> Iterator[str]:
    """Yield the phrases that tell who was studied: description, eligibility, age, sex, ethnicity, places."""
    spans = [population.description, *population.eligibility, *population.age, population.sex]
    spans += [*population.ethnicity, *population.location]
    return (span.text for span in spans if span is not None)


def conditions_of(trial: Trial, record: Record, *, alone: bool) -> list[Mention]:
    """Return the conditions of a trial and those of its participants, so that a question about either finds it.

    The record of an abstract states the participants' disease inside the phrase that tells who they are. ``alone``: the
    trial is the only one that ``record`` reports; then, where neither is stated, the condition named most often is taken.
    """
    population = trial.population
    phrases = [p for p in (population.description, *population.eligibility) if p is not None]
    named = [m for m in record.mentions if m.label == "condition"]
    found = [*trial.conditions, *(m for m in named if any(p.start <= m.start < p.end for p in phrases))]
    if found or not named or not alone:
        return found
    counts = Counter(fold_name(m.concept or m.text) for m in named)
    return [max(named, key=lambda m: (counts[fold_name(m.concept or m.text)], -m.start))]
