"""Which group a stretch of a sentence names, as far as the sizes of groups are concerned."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.linking.arm_size_view import MarkedSentence
from extractor.linking.arm_types import ArmMention
from extractor.linking.rules import cue_words
from extractor.records import Arm

__all__ = ["ArmNames"]

_SURE, _COMPOSED, _FURTHER, _BY_WORD, _DISTANT = 3.0, 2.0, 1.0, 1.5, 0.3
_LONG = 8
_SHORT = re.compile(r"\b[A-Z][A-Z0-9]*[-/]?[A-Z0-9]+\b")
_WORD = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]|[a-z]")
_DENIES = re.compile(r"\b(?:no|without|not|non|never|neither|nor)\b[^@]{0,25}@?[^@]{0,12}$")
_DENIED = re.compile(r"\b(?:no|without|not|non|never|neither|nor) ?-?(?:[a-z-]+ ){0,2}$")
_JOINED_AFTER = re.compile(
    r"^ ?(?:plus|\+|and(?! (?:the |a |an )?(?:#|$))|in combination|combined|followed by|→|->|/|with\b|then\b|or\b)"
)
_JOINED_BEFORE = re.compile(r"(?:plus|\+|and|with|followed by|→|->|/|then) ?(?:the |a |an )?$")
_OTHER_SIDE = re.compile(r"\b(?:versus|vs|compared (?:with|to)|than|whereas|while|and in|and (?:~|%))(?!\w)|;")
_PASSED = re.compile(r"\b(?:and|or|versus|vs|than|with|to|whereas|while)(?: (?:in|for|only))?(?: %)? ?$")
_REST = re.compile(r"\b(?:the )?(?:remaining|remainder|other|others|rest)\b")
_CONTROL = re.compile(
    r"\b(?:controls?|comparison|comparator|reference|placebo|no (?:treatment|intervention|therapy|further treatment))\b"
)
_TREATED = re.compile(
    r"\b(?:(?:intervention|experimental|study|treatment|active|investigational|test|exercise|treated) (?:groups?|arms?|dyads)|intervention|cases)\b"
)
_PLAIN = cue_words("size_plain_words")


class ArmNames:
    """The names of the groups of one trial: what a stretch of a marked sentence says of them.

    ``arms``: the groups by id; ``own``: for each, the words that only its names have; ``short``: short forms among them.
    """

    def __init__(self, arms: Sequence[Arm], mentions: Sequence[ArmMention], text: str) -> None:
        self.arms = {a.id: a for a in arms}
        words: dict[str, set[str]] = {a.id: set() for a in arms}
        self.short: set[str] = set()
        for arm in arms:
            if arm.label is not None:
                words[arm.id] |= _words(arm.label.text)
                self.short |= _short_forms(arm.label.text)
            for given in arm.interventions:
                words[arm.id] |= _words(given.text) | _words(given.concept or "")
        for mention in mentions:
            if len(mention.arm_ids) == 1 and mention.arm_ids[0] in words:
                words[mention.arm_ids[0]] |= _words(text[mention.start : mention.end])
                self.short |= _short_forms(text[mention.start : mention.end])
        self.own = {
            i: mine - set().union(*(other for j, other in words.items() if j != i), _PLAIN.words)
            for i, mine in words.items()
        }

    def sole(self, role: str) -> str | None:
        """Return the id of the one arm with ``role``, None where there is none or more than one."""
        found = [a.id for a in self.arms.values() if a.role == role]
        return found[0] if len(found) == 1 else None

    def denied(self, sentence: MarkedSentence, region: tuple[int, int]) -> bool:
        """Whether the stretch ``region`` ends in the denial of a treatment: "without it (n = 40)"."""
        return _DENIES.search(sentence.text[region[0] : region[1]]) is not None

    def weigh(self, sentence: MarkedSentence, region: tuple[int, int], side: str) -> dict[str, float]:
        """Return how much the stretch ``region`` speaks for each arm; arms it says nothing of are left out.

        Args:
            sentence: the sentence. region: [first, stop) of it. side: "before" where the count follows the stretch (the
                name nearest to its end counts most), else "after".
        """
        first, stop = region
        text = sentence.text
        marks = [i for i in range(first, stop) if text[i] == "@" and i in sentence.places]
        if side == "before":
            marks.reverse()
        weights: dict[str, float] = {}
        denied = False
        for rank, i in enumerate(marks):
            arm = sentence.places[i].arm
            if _DENIED.search(text[first:i]):
                denied = True
                continue
            between = text[i + 1 : stop] if side == "before" else text[first:i]
            if _OTHER_SIDE.search(between):
                weights.setdefault(arm, _DISTANT)
                continue
            joined = _JOINED_AFTER.match(text[i + 1 : stop]) or _JOINED_BEFORE.search(text[first:i])
            weight = _COMPOSED if joined else _SURE
            weights[arm] = max(weights.get(arm, 0.0), weight if rank == 0 else min(weight, _FURTHER))
        if weights or denied:
            return weights if not denied else {a: min(w, _FURTHER) for a, w in weights.items()}
        return self._by_words(text[first:stop], side)

    def _telling(self, shared: set[str]) -> bool:
        """Whether the words shared tell a group: two, or one that is long or a short form."""
        return len(shared) > 1 or any(len(w) >= _LONG or w in self.short for w in shared)

    def _by_words(self, stretch: str, side: str) -> dict[str, float]:
        if _REST.search(stretch) or (side == "before" and _PASSED.search(stretch)):
            return {}
        near = set(_WORD.findall(stretch[-60:] if side == "before" else stretch[:60]))
        hits = {i: len(near & own) for i, own in self.own.items() if self._telling(near & own)}
        if hits and not _DENIED.search(stretch[:20]):
            best = max(hits.values())
            top = [i for i, n in hits.items() if n == best]
            return {top[0]: _BY_WORD} if len(top) == 1 else {}
        for pattern, role in ((_CONTROL, "comparator"), (_TREATED, "experimental")):
            sole = self.sole(role)
            if sole is not None and pattern.search(stretch):
                return {sole: _BY_WORD}
        return {}


def _short_forms(text: str) -> set[str]:
    return {w.lower() for w in _SHORT.findall(text)}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
