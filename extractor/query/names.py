"""Names in questions: what a user writes, and the concepts of the store that it stands for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from extractor.errors import ExtractorError, LexiconError
from extractor.lexicon import load_lexicon
from extractor.lexicon.folding import term_keys
from extractor.lexicon.model import Stem
from extractor.naming import fold_name
from extractor.records import MentionLabel
from extractor.store import Concept, EvidenceStore

__all__ = ["LABELS", "UnknownNameError", "concepts_of_name", "nearest", "population_words", "resolve_name"]

LABELS: dict[str, tuple[MentionLabel, ...]] = {
    "drug": ("drug", "procedure", "behaviour"),
    "condition": ("condition",),
    "outcome": ("outcome",),
}
"""Labels of mentions under which the names of a question are looked up."""
_POPULATION_FILE = "population_words.tsv"
_LONGEST_NAME = 200
_SHOWN = 3
_WORD = re.compile(r"\w")


class UnknownNameError(ExtractorError, LookupError):
    """A name that neither the vocabulary nor any stored document knows; ``nearest`` holds known ones."""

    def __init__(self, label: str, name: str, nearest: tuple[str, ...]) -> None:
        hint = f"; nearest known: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"unknown {label} {name[:_LONGEST_NAME]!r}{hint}")
        self.label = label
        self.name = name
        self.nearest = nearest


def resolve_name(label: str, name: str) -> str | None:
    """Return the preferred name that the vocabulary gives for ``name``, None where it does not know it.

    Args:
        label: "drug", "condition" or "outcome".
        name: a generic or brand name, a development code, an abbreviation, a spelling ("Blincyto", "OS", "weight loss").
    """
    lexicon = load_lexicon()
    for kind in LABELS[label]:
        # Abbreviations are listed with their capitals, but a user may type "os".
        entry = lexicon.lookup(name, kind) or lexicon.lookup(name.upper(), kind)
        if entry is not None:
            return entry.concept
    return None


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return up to three of ``known`` that look most like ``name``, or else begin with it."""
    folded = fold_name(name[:_LONGEST_NAME])
    names = {fold_name(candidate): candidate for candidate in known}
    # Names of quite another length cannot be near; leaving them out first saves most of the work.
    alike = [candidate for candidate in names if len(folded) / 2 <= len(candidate) <= 2 * len(folded) + 1]
    close = difflib.get_close_matches(folded, alike, n=_SHOWN, cutoff=0.6)
    if not close and folded:
        begun = [candidate for candidate in names if candidate.startswith(folded)]
        close = sorted(begun, key=lambda candidate: (len(candidate), candidate))[:_SHOWN]
    return tuple(names[found] for found in close)


def concepts_of_name(store: EvidenceStore, label: str, name: str) -> list[Concept]:
    """Return the concepts in ``store`` that ``name`` stands for; none where only the vocabulary knows it.

    The name of a class of drugs stands for the drugs of that class, a general condition for its special forms too.

    Raises:
        UnknownNameError: neither the vocabulary nor the store knows the name.
    """
    labels = LABELS[label]
    preferred = resolve_name(label, name)
    names = list(dict.fromkeys(known for known in (preferred, name) if known is not None))
    found = {concept.id: concept for known in names for concept in store.concepts_named(labels, known)}
    if label == "drug":
        found |= {concept.id: concept for concept in _members(store, names)}
    if label == "condition" or (label == "outcome" and not found):
        # "lung cancer" asks for non-small cell lung cancer too: English names put the general word last or whole.
        # Where they do not (inflammatory bowel disease, Crohn's disease), the vocabulary says what is a kind of what.
        known_names = dict.fromkeys([*names, *(concept.concept for concept in found.values())])
        kinds = _kinds_of(known_names) if label == "condition" else ()
        found |= {concept.id: concept for concept in store.concepts_called(labels, kinds)}
        for known in [*known_names, *kinds]:
            found |= {concept.id: concept for concept in store.concepts_holding(labels, known)}
    if not found and preferred is None:
        classes = load_lexicon().drug_classes.values() if label == "drug" else ()
        names = [*store.vocabulary(labels, names=True), *(cls for listed in classes for cls in listed)]
        raise UnknownNameError(label, name, nearest(name, names))
    return list(found.values())


# ---- classes of drugs


@cache
def _drugs_by_class() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the drugs of each class of the vocabulary, by the folded words of the class."""
    members: dict[tuple[str, ...], list[str]] = {}
    for drug, classes in load_lexicon().drug_classes.items():
        for name in classes:
            members.setdefault(term_keys(name), []).append(drug)
    return {name: tuple(sorted(drugs)) for name, drugs in members.items()}


@cache
def _stems_by_class() -> dict[tuple[str, ...], tuple[Stem, ...]]:
    """Return the stems of drug names of each class, by the folded words of the class."""
    lexicon = load_lexicon()
    stems: dict[tuple[str, ...], list[Stem]] = {}
    for stem in (*lexicon.stems.values(), *lexicon.prefix_stems.values()):
        stems.setdefault(term_keys(stem.drug_class), []).append(stem)
    return {name: tuple(found) for name, found in stems.items()}


def _members(store: EvidenceStore, names: Iterable[str]) -> Iterator[Concept]:
    """Yield the drugs in the store that belong to a class of one of ``names``: listed ones, and those whose names are
    formed like such a drug's."""
    for words in {term_keys(name) for name in names}:
        yield from store.concepts_called(LABELS["drug"], _drugs_by_class().get(words, ()))
        for stem in _stems_by_class().get(words, ()):
            for concept in store.concepts_formed(LABELS["drug"], stem.stem, prefix=stem.prefix):
                if any(term_keys(name) == words for name in load_lexicon().classes_of(concept.concept)):
                    yield concept


# ---- kinds of conditions


@cache
def _narrower() -> dict[str, tuple[str, ...]]:
    """Return the conditions that the vocabulary calls a kind of each condition, by its folded name."""
    kinds: dict[str, list[str]] = {}
    for condition, general in load_lexicon().broader.items():
        for name in general:
            kinds.setdefault(fold_name(name), []).append(condition)
    return {name: tuple(sorted(conditions)) for name, conditions in kinds.items()}


def _kinds_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of the conditions ``names``, and the kinds of these."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        for kind in _narrower().get(fold_name(waiting.pop()), ()):
            if kind not in found:
                found[kind] = None
                waiting.append(kind)
    return tuple(found)


# ---- people


def population_words(name: str) -> list[frozenset[str]]:
    """Return, for each word of ``name``, the folded words of which one must occur in what is said of the people.

    Raises:
        LexiconError: the table of words is malformed.
    """
    keys = [key for key in term_keys(name[:_LONGEST_NAME]) if _WORD.search(key)]
    return [_alike().get(key, frozenset()) | {key} for key in keys]


@cache
def _alike() -> dict[str, frozenset[str]]:
    """Return the words that say of people what a word says, or something more special."""
    file = resources.files("extractor.query").joinpath("data", _POPULATION_FILE)
    lines = file.read_text(encoding="utf-8").splitlines()
    if lines[0] != "words\tincludes\tsource":
        raise LexiconError("the header must be words, includes, source", f"{_POPULATION_FILE}:1")
    alike: dict[str, frozenset[str]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 3 or not cells[0]:
            raise LexiconError("expected words, what they include, and their source", f"{_POPULATION_FILE}:{number}")
        own, special = ([term_keys(word) for word in cell.split("|") if word] for cell in cells[:2])
        if any(len(keys) != 1 for keys in (*own, *special)) or any(keys[0] in alike for keys in own):
            raise LexiconError("single words are expected, each once as a word", f"{_POPULATION_FILE}:{number}")
        every = frozenset(keys[0] for keys in (*own, *special))
        alike.update((keys[0], every) for keys in own)
    return alike
