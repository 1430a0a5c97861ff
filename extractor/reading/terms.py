"""Recognition of the vocabularies in a text: drugs, procedures, behaviours, conditions, outcomes, biomarkers, places,
organisations.

One pass over the tokens: at each token the longest term of the trie wins; a word that no vocabulary holds may be a drug
by its stem or a condition or procedure by its ending. A condition takes the modifiers before it into its span
("relapsed KMT2A-rearranged acute lymphoblastic leukemia"), a drug its salt ("metoprolol succinate").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from extractor.lexicon.folding import fold
from extractor.lexicon.model import Entry, Lexicon, Modifier, Stem, Trie
from extractor.lexicon.organisations import organisation_spans
from extractor.records import Mention, MentionLabel

__all__ = ["Word", "find_terms"]

_NEAR = 6
_MAX_MODIFIERS = 8
_STATUS_DROPPED = frozenset({"associated", "related", "driven", "enriched"})
_INNER = frozenset({"-", "'"})
_SIGNS = {"+": "positive", "-": "negative"}
_CONNECTORS = frozenset({",", "/", "and", "or"})
_VACCINE_KEYS = frozenset({"vaccine", "vaccination", "immunization"})
_CODE = re.compile(r"([A-Z]{2,5})(\d{3,8}[a-zA-Z]?)")
_CODE_NUMBER = re.compile(r"\d{3,8}[a-zA-Z]?")
_MAX_CODE = 14
_SUFFIXED = ("mab", "cept", "stim", "ase", "cog", "tug", "bart", "mig")
_NO_SUFFIX = frozenset({"free", "plus", "only", "like", "dose", "week", "mono", "arms", "base", "arm"})
_BOTH: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("condition", "outcome"), ("procedure", "outcome"), ("behaviour", "outcome"), ("drug", "outcome"),
        ("biomarker", "outcome"), ("drug", "biomarker"), ("condition", "biomarker"),
    )
)  # fmt: skip
_RANK: dict[str, int] = {
    label: rank
    for rank, label in enumerate(
        ("drug", "procedure", "behaviour", "condition", "outcome", "biomarker", "organisation", "location", "trial",
         "population")
    )
}  # fmt: skip


class Word(Protocol):
    """A token: a maximal run of letters and digits, or one other character that is not blank."""

    @property
    def start(self) -> int:
        """Where it begins in the text."""

    @property
    def end(self) -> int:
        """Where it ends."""

    @property
    def lower(self) -> str:
        """The token in lower case."""


def find_terms(text: str, tokens: Sequence[Word], lexicon: Lexicon) -> list[Mention]:
    """Return every mention of the vocabularies in ``text``, in the order of the text.

    Mentions of different labels may cover the same words where both readings are useful (stroke as condition and as
    outcome, a biomarker inside a condition); which holds is for the linking to decide.

    Args:
        text: the text. tokens: all its tokens in order. lexicon: the vocabularies.
    """
    return _Scan(text, tokens, lexicon).run()


class _Scan:
    """The state of one pass over a text."""

    def __init__(self, text: str, tokens: Sequence[Word], lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.spans = [(token.start, token.end) for token in tokens]
        self.lowers = [token.lower for token in tokens]
        self.keys = [fold(lower) for lower in self.lowers]
        self.counts: Counter[str] | None = None
        self.found: list[Mention] = []

    def run(self) -> list[Mention]:
        organisations = organisation_spans(self.text, self.spans, self.lexicon.organisation_heads)
        trie, keys, lowers, shapes = self.lexicon.trie, self.keys, self.lowers, self.lexicon.memo
        count = len(keys)
        following = [*keys[1:], ""]
        organisation = iter(organisations)
        first, end = next(organisation, (count, count))
        index = 0
        while index < count:
            if index == first:
                index = self.organisation(first, end)
                first, end = next(organisation, (count, count))
                continue
            key = keys[index]
            after = 0
            node = trie.get(key)
            if following[index] == "-" and self.unlisted_code(index):
                after = self.code(index)
            if not after and node is not None and ("" in node or following[index] in node or following[index] in _INNER):
                after = self.longest(index, first, node)
            if not after and key.isalnum():
                if len(key) > 5:
                    lower = lowers[index]
                    shape = shapes[lower] if lower in shapes else self.lexicon.shape_of(lower)
                    after = self.shaped(index, shape) if shape is not None else 0
                if not after and self.text[self.spans[index][0]].isupper():
                    after = self.code(index)
            index = after or index + 1
        return self.found

    def piece(self, first: int, after: int) -> str:
        """The text from token ``first`` up to the end of the token before ``after``."""
        return self.text[self.spans[first][0] : self.spans[after - 1][1]]

    def add(self, first: int, after: int, label: MentionLabel, concept: str, curie: str | None = None) -> None:
        start, end = self.spans[first][0], self.spans[after - 1][1]
        self.found.append(
            Mention(text=self.text[start:end], start=start, end=end, label=label, concept=concept, id=curie)
        )

    def longest(self, first: int, limit: int, node: Trie | None, only: MentionLabel | None = None) -> int:
        """Add the longest term (with the label ``only``, if given) that begins at token ``first`` and ends before
        ``limit``; return the token after it, 0 if there is none."""
        keys, spans = self.keys, self.spans
        best: list[Entry] = []
        best_after = 0
        at = first
        path = [first]
        while node is not None:
            ending: tuple[Entry, ...] | None = node.get("")
            if ending is not None:
                valid = [e for e in ending if (only is None or e.label == only) and self.holds(e, path)]
                if valid:
                    best, best_after = valid, at + 1
            at += 1
            if at >= limit or len(node) == (ending is not None):
                break
            if keys[at] == "-" and spans[at][0] == spans[at - 1][1]:
                at += 1
            elif keys[at] == "'":
                at += 2 if at + 1 < limit and keys[at + 1] == "s" else 1
            if at >= limit or (spans[at][0] - spans[at - 1][1] > 1 and self.breaks(at)):
                break
            node = node.get(keys[at])
            path.append(at)
        return self.emit(first, best_after, best) if best else 0

    def breaks(self, at: int) -> bool:
        """Tell whether an empty line stands before token ``at``: no term goes over it."""
        return self.text.count("\n", self.spans[at - 1][1], self.spans[at][0]) > 1

    def holds(self, entry: Entry, path: list[int]) -> bool:
        """Tell whether the spelling and the surroundings allow ``entry`` on the tokens of ``path``."""
        for mark, index in zip(entry.cased, path, strict=False):
            if mark and self.text[slice(*self.spans[index])] != mark:
                return False
        if len(path) == 1 and not entry.cased and self.like_trial(path[0]):
            return False
        stop = entry.stop
        if stop is None:
            return True
        if stop.never:
            return False
        if stop.scope == "near":
            around = self.keys[max(0, path[0] - _NEAR) : path[0]] + self.keys[path[-1] + 1 : path[-1] + 1 + _NEAR]
            return not stop.cues.isdisjoint(around)
        if self.counts is None:
            self.counts = Counter(self.keys)
        counts = self.counts
        own = {self.keys[index] for index in path}
        return any(counts[cue] > (cue in own) for cue in stop.cues)

    def like_trial(self, index: int) -> bool:
        """Tell whether a token is an ordinary word in capitals that names a trial (ISCHEMIA), not a heading in capitals."""
        word = self.text[slice(*self.spans[index])]
        if not word.isupper() or word not in self.lexicon.trial_words:
            return False
        around = [self.text[slice(*span)] for span in (*self.spans[max(0, index - 1) : index], *self.spans[index + 1 : index + 2])]
        return not any(len(other) > 2 and other.isupper() for other in around)

    def emit(self, first: int, after: int, entries: list[Entry]) -> int:
        """Add the readings of one term; return the token after it, 0 when none was added."""
        if len(entries) > 1:
            entries = sorted(entries, key=lambda entry: _RANK[entry.label])
            leader = entries[0].label
            entries = [e for e in entries if e.label == leader or frozenset((leader, e.label)) in _BOTH]
        done: set[str] = set()
        end = 0
        for entry in entries:
            if entry.label in done:
                continue
            done.add(entry.label)
            if entry.label == "condition":
                end = max(end, self.condition(first, after, entry))
            elif entry.label == "drug":
                end = max(end, self.drug(first, after, entry))
            else:
                self.add(first, after, entry.label, entry.concept, entry.id)
                end = max(end, after)
        return end

    def drug(self, first: int, after: int, entry: Entry) -> int:
        """Add a drug with the salt or biosimilar suffix behind it; a vaccine takes the disease before it."""
        if entry.concept in ("vaccine", "vaccination") and self.keys[first] in _VACCINE_KEYS:
            return self.vaccine(first, after)
        after = self.with_salt(first, after) if entry.kind in ("drug", "user") else after
        self.add(first, after, "drug", entry.concept, entry.id)
        return after

    def vaccine(self, first: int, after: int) -> int:
        start = self.spans[first][0]
        last = self.found[-1] if self.found else None
        if last is None or last.label not in ("condition", "biomarker") or not 0 <= start - last.end <= 1:
            self.add(first, after, "drug", "vaccine")
            return after
        while self.found and self.found[-1].start >= last.start:
            self.found.pop()
        end = self.spans[after - 1][1]
        concept = f"{last.concept} vaccine"
        self.found.append(
            Mention(text=self.text[last.start : end], start=last.start, end=end, label="drug", concept=concept)
        )
        return after

    def with_salt(self, first: int, after: int) -> int:
        """Return the token after the salt that follows, or after a biosimilar's four-letter suffix."""
        count = len(self.keys)
        lower = self.lowers[after - 1]
        if (
            after + 1 < count
            and lower.endswith(_SUFFIXED)
            and self.keys[after] == "-"
            and self.spans[after + 1][0] == self.spans[after - 1][1] + 1
            and len(self.lowers[after + 1]) == 4
            and self.lowers[after + 1].isalpha()
            and self.lowers[after + 1] not in _NO_SUFFIX
        ):
            return after + 2
        while after < count and self.keys[after] in self.lexicon.salts and after - first < 5:
            after += 1
        return after

    def shaped(self, index: int, shape: Stem | str) -> int:
        """Add a word that no vocabulary holds but whose form tells what it is; return the token after it."""
        lower = self.lowers[index]
        if self.like_trial(index):
            return 0
        if isinstance(shape, Stem):
            after = self.with_salt(index, index + 1)
            self.add(index, after, "drug", lower)
            return after
        if shape == "condition":
            return self.condition(index, index + 1, Entry(lower, "condition", "condition"))
        self.add(index, index + 1, "procedure", lower)
        return index + 1

    def unlisted_code(self, index: int) -> bool:
        """Tell whether a development code with a hyphen begins at token ``index`` that no vocabulary holds as a whole."""
        if self.text[slice(*self.spans[index])] not in self.lexicon.code_prefixes or index + 2 >= len(self.keys):
            return False
        return self.lexicon.lookup(self.piece(index, index + 3), "drug") is None

    def code(self, index: int) -> int:
        """Add a development code (AZD9291, MK-3475) that begins at token ``index``; return the token after it or 0."""
        start, end = self.spans[index]
        if end - start > _MAX_CODE:
            return 0
        word = self.text[start:end]
        prefixes = self.lexicon.code_prefixes
        match = _CODE.fullmatch(word)
        if match is not None and match[1] in prefixes:
            self.add(index, index + 1, "drug", word)
            return index + 1
        if word in prefixes and index + 2 < len(self.keys) and self.keys[index + 1] == "-":
            number = self.text[slice(*self.spans[index + 2])]
            joined = end == self.spans[index + 1][0] and self.spans[index + 1][1] == self.spans[index + 2][0]
            if joined and _CODE_NUMBER.fullmatch(number):
                self.add(index, index + 3, "drug", f"{word}-{number}")
                return index + 3
        return 0

    def organisation(self, first: int, after: int) -> int:
        """Add an organisation found by shape under its listed name, or as written."""
        written = self.piece(first, after)
        entry = self.lexicon.lookup(written, "organisation")
        start = self.spans[first][0]
        while self.found and self.found[-1].end > start:
            self.found.pop()
        self.add(first, after, "organisation", entry.concept if entry is not None else " ".join(written.split()))
        for index in range(first, after):
            node = self.lexicon.trie.get(self.keys[index])
            if node is not None:
                self.longest(index, after, node, only="location")
        return after

    def condition(self, first: int, after: int, entry: Entry) -> int:
        """Add a condition with the modifiers before it; a bare head noun counts only with one. Return the token after
        it, or 0."""
        parts, begin = self.modifiers(first)
        if entry.kind == "condition_head" and not any(kind not in ("severity", "time") for kind, _, _ in parts):
            return 0
        defining = [word for _, is_defining, word in parts if is_defining]
        concept = " ".join([*defining, entry.concept]) if defining else entry.concept
        if defining:
            known = self.lexicon.lookup(concept, "condition")
            concept = known.concept if known is not None else concept
        start = self.spans[begin][0]
        while self.found and self.found[-1].end > start and self.found[-1].label in ("condition", "outcome"):
            self.found.pop()
        self.add(begin, after, "condition", concept, entry.id if not defining else None)
        return after

    def modifiers(self, first: int) -> tuple[list[tuple[str, bool, str]], int]:
        """Return the modifiers that stand before token ``first``, as (kind, defining, wording) from left to right, and
        the token at which they begin."""
        parts: list[tuple[str, bool, str]] = []
        begin = at = first
        for _ in range(_MAX_MODIFIERS):
            before, connected = self.step_left(at, bool(parts))
            if before < 0:
                break
            step = self.status(before) or self.modifier(before)
            if step is None or (connected and step[1][0] in ("site", "histology", "type")):
                break
            begin = at = step[0]
            parts.insert(0, step[1])
        return parts, begin

    def step_left(self, at: int, connectors: bool) -> tuple[int, bool]:
        """Return the token before ``at`` that may be a modifier, over a hyphen or, if ``connectors``, over a comma, a
        slash, "and" or "or"; -1 when there is none. The second value tells whether a connector was passed."""
        before = at - 1
        if before > 0 and self.keys[before] == "-" and self.spans[at][0] > self.spans[before][1]:
            return before, False
        if before >= 0 and self.keys[before] == "-":
            if self.spans[before][1] == self.spans[at][0] and before and self.spans[before - 1][1] == self.spans[before][0]:
                return before - 1, False
            return -1, False
        passed = False
        while connectors and before > 0 and self.keys[before] in _CONNECTORS and at - before < 4:
            passed = True
            before -= 1
        if before < 0 or self.spans[at][0] - self.spans[before][1] > (8 if passed else 2) or self.breaks(at):
            return -1, False
        return before, passed

    def modifier(self, last: int) -> tuple[int, tuple[str, bool, str]] | None:
        """Return the longest modifier that ends at token ``last``: its first token, and what it is."""
        node: Trie | None = self.lexicon.modifiers.get(self.keys[last])
        best: tuple[int, Modifier] | None = None
        at = last
        while node is not None:
            ending: Modifier | None = node.get("")
            if ending is not None:
                best = at, ending
            at -= 1
            if at >= 0 and self.keys[at] == "-":
                at -= 1
            if at < 0:
                break
            node = node.get(self.keys[at])
        if best is None:
            return None
        return best[0], (best[1].kind, best[1].defining, best[1].term)

    def status(self, last: int) -> tuple[int, tuple[str, bool, str]] | None:
        """Return the biomarker with its status ("KMT2A-rearranged", "HER2-positive", "HR+") that ends at ``last``."""
        key = self.keys[last]
        sign = _SIGNS.get(key)
        if sign is None and key not in self.lexicon.status_words:
            return None
        before = last - 1
        if sign is None and before >= 0 and self.keys[before] == "-":
            before -= 1
        if before < 0 or (sign is not None and self.spans[before][1] != self.spans[last][0]):
            return None
        end = self.spans[before][1]
        start = -1
        for mention in reversed(self.found[-4:]):
            if mention.label == "biomarker" and mention.end == end:
                start = mention.start
        first = before
        if start >= 0:
            while first > 0 and self.spans[first][0] > start:
                first -= 1
        elif not self.like_biomarker(before):
            return None
        word = sign if sign is not None else self.lowers[last]
        name = " ".join(self.piece(first, before + 1).split())
        wording = name if word in _STATUS_DROPPED else f"{name}-{word}"
        return first, ("biomarker", True, wording)

    def like_biomarker(self, index: int) -> bool:
        """Tell whether a token is written like the name of a gene or protein: capitals or digits, at most 8 signs."""
        word = self.text[slice(*self.spans[index])]
        return 2 <= len(word) <= 8 and word[0].isalpha() and sum(letter.isupper() or letter.isdigit() for letter in word) > 1
