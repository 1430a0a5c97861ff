"""The vocabulary in memory: entries in a trie of folded words, and what is known of each concept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from extractor.lexicon.folding import fold, is_cased, term_keys, term_tokens
from extractor.records import MentionLabel, OutcomeRole

__all__ = ["Entry", "Lexicon", "Modifier", "Stem", "StopRule", "Trie", "cased_of", "cased_tokens"]

Trie = dict[str, Any]
"""Nested dictionaries, one level for each key; the value under "" is the tuple of what ends there."""

_MAX_MEMO = 1 << 14


class StopRule(msgspec.Struct, frozen=True, gc=False):
    """When a term is not what it looks like.

    Attributes:
        never: the term never has this label by itself.
        scope: where a cue makes it valid: within a few tokens ("near") or anywhere in the text ("document").
        cues: keys of the words that do.
    """

    never: bool
    scope: str
    cues: frozenset[str]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One reading of a term.

    Attributes:
        concept: the preferred name.
        label: what it is, as in Mention.
        kind: the vocabulary it came from: "drug", "drug_class", "regimen", "procedure", "behaviour", "control",
            "condition", "condition_head" (only with a modifier before it), "outcome", "biomarker", "organisation",
            "location", "user".
        cased: for each token of the term its exact spelling, or "" where the case does not matter; empty when it
            matters for none.
        stop: the rule that restricts it, if any.
        id: CURIE, where known for certain.
    """

    concept: str
    label: MentionLabel
    kind: str
    cased: tuple[str, ...] = ()
    stop: StopRule | None = None
    id: str | None = None


class Modifier(msgspec.Struct, frozen=True):
    """A word before a disease name. ``defining``: it makes another disease (metastatic), not a state (severe)."""

    term: str
    kind: str
    defining: bool


class Stem(msgspec.Struct, frozen=True):
    """A stem of generic drug names; ``min_other`` is the least number of letters beside it."""

    stem: str
    prefix: bool
    min_other: int
    drug_class: str
    meaning: str


def cased_tokens(term: str) -> tuple[str, ...]:
    """Return, for each token of ``term``, its spelling if its case matters, else ""; () if it matters for none."""
    return () if term.islower() else cased_of(term_tokens(term))


def cased_of(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return what ``cased_tokens`` returns for the term of ``tokens`` (see ``term_tokens``)."""
    count = len(tokens)
    marks = tuple([token if is_cased(token, count) else "" for token in tokens])
    return marks if any(marks) else ()


class Lexicon(msgspec.Struct, frozen=True):
    """All vocabularies. Made by load_lexicon; treat as read-only.

    Attributes:
        trie: terms by their keys. modifiers: words before disease names, by their keys from right to left.
        status_words: words that follow a biomarker ("positive", "mutant").
        drug_classes, regimen_parts: by concept of a drug, of a regimen. controls: concepts that are control treatments.
        outcome_domains, outcome_roles: by concept of an outcome. specialties: by concept of a condition.
        broader: by concept of a condition, the conditions of which it is a kind.
        kinds: of places and organisations, by concept.
        trial_words, trial_series: names of trials that are ordinary words; beginnings of numbered series.
        stems: drug-name stems by suffix or prefix; stem_lengths: their suffix lengths, longest first.
        stem_stop: ordinary words that end like stems. endings: word endings (with label and least letters before).
        ending_stop: words that end like them by chance.
        salts: keys of salt and ester names. code_prefixes: letters that begin development codes.
        own_terms: stands for the content of the user's files ("" where there are none).
        organisation_heads: head noun to the words of which one must stand before it (none: any).
    """

    trie: Trie
    modifiers: Trie
    status_words: frozenset[str]
    drug_classes: dict[str, tuple[str, ...]]
    regimen_parts: dict[str, tuple[str, ...]]
    controls: frozenset[str]
    outcome_domains: dict[str, str]
    outcome_roles: dict[str, OutcomeRole]
    specialties: dict[str, str]
    broader: dict[str, tuple[str, ...]]
    kinds: dict[str, str]
    trial_words: frozenset[str]
    trial_series: tuple[str, ...]
    stems: dict[str, Stem]
    prefix_stems: dict[str, Stem]
    stem_lengths: tuple[int, ...]
    stem_stop: frozenset[str]
    endings: dict[str, tuple[Literal["condition", "procedure"], int]]
    ending_lengths: tuple[int, ...]
    ending_stop: frozenset[str]
    salts: frozenset[str]
    code_prefixes: frozenset[str]
    organisation_heads: dict[str, frozenset[str]]
    own_terms: str = ""
    memo: dict[str, Stem | str | None] = {}

    def lookup(self, term: str, label: MentionLabel | None = None) -> Entry | None:
        """Return the entry that ``term`` as a whole names (of ``label``, if given), or None when there is none."""
        node: Trie | None = self.trie
        for key in term_keys(term):
            node = node.get(key) if node is not None else None
        if node is None:
            return None
        tokens = term_tokens(term)
        for entry in node.get("", ()):
            spelled = all(not mark or mark == token for mark, token in zip(entry.cased, tokens, strict=False))
            if spelled and entry.kind != "condition_head" and (label is None or entry.label == label):
                found: Entry = entry
                return found
        return None

    def is_control(self, concept: str | None) -> bool:
        """Tell whether ``concept`` is a control treatment (placebo, sham, usual care, no treatment, ...)."""
        return concept in self.controls

    def classes_of(self, drug: str) -> tuple[str, ...]:
        """Return the classes of a drug concept, the most specific first; a drug known by its stem alone included."""
        if drug in self.drug_classes:
            return self.drug_classes[drug]
        stem = self.stem_of(drug.lower())
        return (stem.drug_class,) if stem is not None else ()

    def components_of(self, regimen: str) -> tuple[str, ...]:
        """Return the drugs of a regimen ("FOLFOX"), or () when ``regimen`` is none."""
        return self.regimen_parts.get(regimen, ())

    def outcome_role(self, concept: str | None) -> OutcomeRole:
        """Return "safety" for outcomes that are harms, else "other"."""
        return self.outcome_roles.get(concept, "other") if concept is not None else "other"

    def stem_of(self, lower: str) -> Stem | None:
        """Return the drug-name stem in the lower-case word ``lower``, or None when it is not formed like a drug name."""
        if not lower.isascii() or not lower.isalpha() or not 6 <= len(lower) <= 30 or lower in self.stem_stop:
            return None
        singular = fold(lower)
        if singular in self.stem_stop:
            return None
        for length in self.stem_lengths:
            stem = self.stems.get(lower[-length:])
            if stem is not None and len(lower) - length >= stem.min_other:
                return stem
        for prefix, stem in self.prefix_stems.items():
            if lower.startswith(prefix) and len(lower) - len(prefix) >= stem.min_other:
                return stem
        return None

    def ending_label(self, lower: str) -> Literal["condition", "procedure"] | None:
        """Return what a lower-case word's ending makes it ("-itis" a condition, "-ectomy" a procedure), or None."""
        if not lower.isalpha() or len(lower) < 7:
            return None
        key = fold(lower)
        if lower in self.ending_stop or key in self.ending_stop:
            return None
        for word in (lower, key):
            for length in self.ending_lengths:
                found = self.endings.get(word[-length:])
                if found is not None and len(word) - length >= found[1]:
                    return found[0]
        return None

    def shape_of(self, lower: str) -> Stem | str | None:
        """Return, remembered, what an unlisted word looks like: a drug (its Stem), "condition", "procedure" or None."""
        try:
            return self.memo[lower]
        except KeyError:
            found = self.stem_of(lower) or self.ending_label(lower)
            if len(self.memo) >= _MAX_MEMO:
                self.memo.clear()  # the common words are back at once
            self.memo[lower] = found
            return found
