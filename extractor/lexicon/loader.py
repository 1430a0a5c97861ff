"""Building of the Lexicon from the vocabulary files of the package and of the user."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast, get_args

from extractor.errors import LexiconError
from extractor.lexicon.folding import HYPHENS, fold, keys_of, term_keys, term_tokens
from extractor.lexicon.model import Entry, Lexicon, Modifier, Stem, StopRule, Trie, cased_of, cased_tokens
from extractor.lexicon.tables import read_own, read_table, split_cell
from extractor.records import MentionLabel, OutcomeRole

__all__ = ["USER_COLUMNS", "load_lexicon", "own_terms_digest"]

USER_COLUMNS = ("term", "concept", "label")
"""The header of a user's vocabulary file; another row for each synonym."""

_LABELS: tuple[str, ...] = get_args(MentionLabel)
_PREFIXES = ("non", "anti", "pre", "post", "multi", "intra", "peri", "micro")
_CURIE = re.compile(r"[A-Z]+:[A-Z0-9]+")
_Identity = tuple[str, tuple[str, ...], tuple[str, ...]]


class _Builder:
    """Collects entries; refuses one term that names two concepts of one label."""

    def __init__(self, stops: dict[tuple[str, str], StopRule], ids: dict[tuple[str, str], str]) -> None:
        self.trie: Trie = {}
        self.stops = stops
        self.ids = ids
        self.claimed: dict[_Identity, tuple[str, str]] = {}

    def add(self, term: str, concept: str, label: str, kind: str, where: str) -> None:
        """Add ``term`` as a name of ``concept``; the same again is ignored.

        Raises:
            LexiconError: ``term`` has no letter or digit, or names another concept of the same label already.
        """
        tokens = term_tokens(term)
        keys = keys_of(tokens)
        if not any(key[0].isalnum() for key in keys):
            raise LexiconError(f"{term!r} holds no letter or digit", where)
        cased = cased_of(tokens)
        identity = (label, keys, cased)
        other = self.claimed.get(identity)
        if other is not None:
            if other[0] != concept:
                raise LexiconError(f"{term!r} is {concept!r} here but {other[0]!r} at {other[1]} ({label})", where)
            return
        self.claimed[identity] = (concept, where)
        stop = self.stops.get((term, label))
        curie = self.ids.get((concept, label))
        entry = Entry(concept, cast(MentionLabel, label), kind, cased, stop, curie)
        self.put(keys, entry)
        for variant, marks in _variants(term, keys, cased):
            self.put(variant, entry if marks == cased else Entry(concept, entry.label, kind, marks, stop, curie))

    def put(self, keys: Iterable[str], entry: Entry, first: bool = False) -> None:
        node = self.trie
        for key in keys:
            node = node.setdefault(key, {})
        present: tuple[Entry, ...] = node.get("", ())
        for known in present:
            if known.label == entry.label and known.cased == entry.cased and not first:
                return
        node[""] = (entry, *present) if first else (*present, entry)


def _variants(
    term: str, keys: tuple[str, ...], cased: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield further key sequences of ``term``: hyphenated parts written together, prefixes written apart, plurals of
    abbreviations; each with its spelling marks."""
    if len(keys) == 1 and cased and keys[0].isalpha() and not keys[0].endswith("s"):
        yield (keys[0] + "s",), (cased[0] + "s",)
    if not HYPHENS.isdisjoint(term):
        parts = term.replace("‐", "-").replace("‑", "-").replace("–", "-").split("-")
        for cut in range(1, len(parts)):
            left, right = parts[cut - 1], parts[cut]
            if left[-1:].isalnum() and right[:1].isalnum():
                joined = "-".join(parts[:cut]) + "-".join(parts[cut:])
                yield term_keys(joined), cased_tokens(joined)
        if len(parts) > 2 and " " not in term:
            yield term_keys("".join(parts)), cased_tokens("".join(parts))
    for place, key in enumerate(keys):
        for prefix in _PREFIXES if key.startswith(_PREFIXES) else ():
            rest = key[len(prefix) :]
            if key.startswith(prefix) and len(rest) > 3:
                marks = (*cased[:place], "", "", *cased[place + 1 :]) if cased else ()
                yield (*keys[:place], prefix, fold(rest), *keys[place + 1 :]), marks


def _stop_rules() -> dict[tuple[str, str], StopRule]:
    rules: dict[tuple[str, str], StopRule] = {}
    for (term, label, rule, scope, cues, _), where in read_own("stop"):
        if label not in _LABELS:
            raise LexiconError(f"unknown label {label!r}", where)
        if rule not in ("never", "cue") or (rule == "cue" and (scope not in ("near", "document") or not cues)):
            raise LexiconError(f"rule {rule!r} with scope {scope!r} and cues {cues!r} makes no sense", where)
        if (term, label) in rules:
            raise LexiconError(f"second rule for {term!r} as {label}", where)
        rules[term, label] = StopRule(rule == "never", scope, frozenset(fold(cue.lower()) for cue in split_cell(cues)))
    return rules


def _ids() -> dict[tuple[str, str], str]:
    ids: dict[tuple[str, str], str] = {}
    for (concept, label, curie, _), where in read_own("ids"):
        if label not in _LABELS or not _CURIE.fullmatch(curie):
            raise LexiconError(f"{label!r} is no label or {curie!r} no CURIE", where)
        if (concept, label) in ids:
            raise LexiconError(f"second id for {concept!r}", where)
        ids[concept, label] = curie
    return ids


def _add_named(builder: _Builder, file: str, label: str, kind: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Add concepts and synonyms of ``file``; yield for each row its concept, its further cells and its place."""
    for (concept, synonyms, *further, source), where in read_own(file):
        if not source:
            raise LexiconError("empty source", where)
        builder.add(concept, concept, label, kind, where)
        for synonym in split_cell(synonyms):
            builder.add(synonym, concept, label, kind, where)
        yield concept, tuple(further), where


def _add_conditions(builder: _Builder) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Add the conditions; return for each of what it is a kind, and its specialty."""
    broader: dict[str, tuple[str, ...]] = {}
    specialties: dict[str, str] = {}
    places: dict[str, str] = {}
    for concept, (kind_of, specialty), where in _add_named(builder, "conditions", "condition", "condition"):
        broader[concept], specialties[concept], places[concept] = split_cell(kind_of), specialty, where
    for concept, general in broader.items():
        for name in general:
            if name not in broader or name == concept:
                raise LexiconError(f"{concept!r} is no kind of {name!r}: no other condition has that name", places[concept])
    return broader, specialties


def _add_controls(builder: _Builder) -> frozenset[str]:
    concepts: set[str] = set()
    for (concept, synonyms, label, _), where in read_own("controls"):
        if label not in ("drug", "procedure", "behaviour"):
            raise LexiconError(f"label {label!r} of a control must be drug, procedure or behaviour", where)
        concepts.add(concept)
        for term in (concept, *split_cell(synonyms)):
            builder.add(term, concept, label, "control", where)
    return frozenset(concepts)


def _modifiers() -> tuple[Trie, frozenset[str]]:
    trie: Trie = {}
    status: set[str] = set()
    for (term, kind, defining, _), where in read_own("condition_modifiers"):
        if defining not in ("yes", "no"):
            raise LexiconError(f"defining must be yes or no, not {defining!r}", where)
        keys = term_keys(term)
        if kind == "status":
            status.add(keys[0])
            continue
        variants = {keys, *(variant for variant, _ in _variants(term, keys, ()))}
        for variant in variants:
            node = trie
            for key in reversed(variant):
                node = node.setdefault(key, {})
            node.setdefault("", Modifier(term, kind, defining == "yes"))
    return trie, frozenset(status)


def _count(cell: str, where: str) -> int:
    if not cell.isdecimal():
        raise LexiconError(f"{cell!r} is not a number of letters", where)
    return int(cell)


def _stems() -> tuple[dict[str, Stem], dict[str, Stem], tuple[int, ...]]:
    suffixes: dict[str, Stem] = {}
    prefixes: dict[str, Stem] = {}
    for (text, position, least, drug_class, meaning, _), where in read_own("inn_stems"):
        if position not in ("suffix", "prefix"):
            raise LexiconError(f"position must be suffix or prefix, not {position!r}", where)
        table = suffixes if position == "suffix" else prefixes
        if text in table:
            raise LexiconError(f"second row for {text!r}", where)
        table[text] = Stem(text, position == "prefix", _count(least, where), drug_class, meaning)
    return suffixes, prefixes, tuple(sorted({len(text) for text in suffixes}, reverse=True))


def _endings() -> dict[str, tuple[Literal["condition", "procedure"], int]]:
    endings: dict[str, tuple[Literal["condition", "procedure"], int]] = {}
    for (ending, label, least, _), where in read_own("word_endings"):
        if label == "condition":
            endings[ending] = ("condition", _count(least, where))
        elif label == "procedure":
            endings[ending] = ("procedure", _count(least, where))
        else:
            raise LexiconError(f"label must be condition or procedure, not {label!r}", where)
    return endings


def _words(file: str) -> frozenset[str]:
    return frozenset(row.cells[0] for row in read_own(file))


def _own_terms(files: Iterable[Path]) -> Iterator[tuple[str, str, str]]:
    """Yield (term, concept, label) of the user's ``files``, checked, also against each other."""
    seen: dict[_Identity, tuple[str, str]] = {}
    for (term, concept, label), where in (row for path in files for row in read_table(path, USER_COLUMNS)):
        if label not in _LABELS:
            raise LexiconError(f"unknown label {label!r}, must be one of {', '.join(_LABELS)}", where)
        if not concept:
            raise LexiconError("empty concept", where)
        keys, cased = term_keys(term), cased_tokens(term)
        if not any(key[0].isalnum() for key in keys):
            raise LexiconError(f"{term!r} holds no letter or digit", where)
        other = seen.setdefault((label, keys, cased), (concept, where))
        if other[0] != concept:
            raise LexiconError(f"{term!r} is {concept!r} here but {other[0]!r} at {other[1]} ({label})", where)
        yield term, concept, label


def _digest(rows: Iterable[tuple[str, str, str]]) -> str:
    text = "\n".join("\t".join(row) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""


def own_terms_digest(files: Sequence[Path]) -> str:
    """Return 12 hexadecimal digits that stand for the content of the user's vocabulary ``files``, or "" for no terms.

    Line ends and empty lines do not change it. Only these files are read, not the vocabularies of the package.

    Raises:
        LexiconError: as load_lexicon does for them.
    """
    return _digest(_own_terms(files))


def _add_own_terms(builder: _Builder, files: Sequence[Path]) -> str:
    """Add a user's terms, which win over the package's own reading of the same term; return their digest."""
    rows = list(_own_terms(files))
    for term, concept, label in rows:
        keys, cased = term_keys(term), cased_tokens(term)
        entry = Entry(concept, cast(MentionLabel, label), "user", cased)
        builder.put(keys, entry, first=True)
        for variant, marks in _variants(term, keys, cased):
            builder.put(variant, Entry(concept, entry.label, "user", marks), first=True)
    return _digest(rows)


def _outcome_role(cell: str, where: str) -> OutcomeRole:
    if cell not in ("safety", "other"):
        raise LexiconError(f"role must be safety or other, not {cell!r}", where)
    return cast(OutcomeRole, cell)


@functools.cache
def load_lexicon(extra: tuple[Path, ...] = ()) -> Lexicon:
    """Return the vocabularies of the package together with the user's files ``extra``.

    A user's file is tab-separated text with the header ``term``, ``concept``, ``label``; a term of it wins over the
    package's own reading of the same term and label. The result is remembered for each tuple of files.

    Raises:
        LexiconError: a file is missing or malformed, or a term names two concepts of one label (with file and line).
    """
    builder = _Builder(_stop_rules(), _ids())
    classes = {
        concept: split_cell(cells[0]) for concept, cells, _ in _add_named(builder, "drugs", "drug", "drug")
    }
    for file, label, kind in (
        ("drug_classes", "drug", "drug_class"),
        ("procedures", "procedure", "procedure"),
        ("behaviours", "behaviour", "behaviour"),
        ("biomarkers", "biomarker", "biomarker"),
    ):
        for _ in _add_named(builder, file, label, kind):
            pass
    parts = {
        concept: split_cell(cells[0]) for concept, cells, _ in _add_named(builder, "regimens", "drug", "regimen")
    }
    controls = _add_controls(builder)
    broader, specialties = _add_conditions(builder)
    domains: dict[str, str] = {}
    roles: dict[str, OutcomeRole] = {}
    for concept, cells, where in _add_named(builder, "outcomes", "outcome", "outcome"):
        domains[concept], roles[concept] = cells[0], _outcome_role(cells[1], where)
    kinds: dict[str, str] = {}
    for file, label in (("organisations", "organisation"), ("places", "location")):
        kinds.update({concept: cells[0] for concept, cells, _ in _add_named(builder, file, label, label)})
    unknown = sorted({concept for concept, _ in builder.ids} - {concept for concept, _ in builder.claimed.values()})
    if unknown:
        raise LexiconError(f"ids for concepts that no vocabulary has: {', '.join(unknown)}", "ids.tsv")
    for (head, _), _where in read_own("condition_heads"):
        builder.put(term_keys(head), Entry(head, "condition", "condition_head"))
    own_terms = _add_own_terms(builder, extra)
    return _assemble(
        builder,
        own_terms=own_terms,
        drug_classes=classes,
        regimen_parts=parts,
        controls=controls,
        specialties=specialties,
        broader=broader,
        outcome_domains=domains,
        outcome_roles=roles,
        kinds=kinds,
    )


def _assemble(builder: _Builder, **concepts: Any) -> Lexicon:
    """Return the Lexicon of the collected terms, the facts about ``concepts``, and the tables of word forms."""
    modifiers, status = _modifiers()
    suffixes, prefixes, lengths = _stems()
    endings = _endings()
    trial_words = [row.cells for row in read_own("trial_words")]
    return Lexicon(
        trie=builder.trie,
        modifiers=modifiers,
        status_words=status,
        trial_words=frozenset(term for term, kind, _ in trial_words if kind == "word"),
        trial_series=tuple(term for term, kind, _ in trial_words if kind == "series"),
        stems=suffixes,
        prefix_stems=prefixes,
        stem_lengths=lengths,
        stem_stop=_words("stem_stop"),
        endings=endings,
        ending_lengths=tuple(sorted({len(ending) for ending in endings}, reverse=True)),
        ending_stop=_words("ending_stop"),
        salts=frozenset(fold(word) for word in _words("drug_salts")),
        code_prefixes=_words("drug_code_prefixes"),
        organisation_heads={row.cells[0]: frozenset(split_cell(row.cells[2])) for row in read_own("organisation_heads")},
        memo={},
        **concepts,
    )
