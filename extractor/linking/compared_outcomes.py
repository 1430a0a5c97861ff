"""Outcomes that a comparison names: in "differences in X between the groups" and "X was higher with A", X is an outcome.

What the search for outcomes passed over (no word of its vocabulary, or too little speaking for it) becomes an outcome
where a wording of comparison governs it and no other outcome stands near.
"""

from __future__ import annotations

import re
from bisect import bisect_left

import msgspec

from extractor.linking.arms import ArmReading
from extractor.linking.comparison_rules import frame_in, word_pattern
from extractor.linking.comparisons import Finding, find_wording
from extractor.linking.finding_scope import clause_borders
from extractor.linking.layout import Sentence
from extractor.linking.outcome_bounds import outcome_bits, outcome_table
from extractor.linking.outcomes import OutcomeMention, OutcomeReading
from extractor.linking.rules import cue_words
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading, Token
from extractor.records import Outcome, Span

__all__ = ["add_compared"]

_NO_FINDINGS = frozenset({"title", "background", "objective", "methods", "registration", "funding", "conclusions"})
_LONGEST = 9
_FIRST_RESULT = 0.3
_BOUNDS = cue_words("compared_bounds")
_AWAY = cue_words("compared_away")
_NO_HEADS = cue_words("compared_no_heads")
_NEVER = cue_words("compared_never")
_OPENERS = cue_words("compared_openers")
_LEADS = cue_words("compared_leads")
_INSIDE = cue_words("compared_inside")
_PREPOSITIONS = cue_words("compared_prepositions")
_TO_GROUP = cue_words("compared_to_group")
_HAVING = cue_words("compared_having")
_LISTING = cue_words("compared_listing")
_GLUE = frozenset(["-", "/", "'"])


def add_compared(reading: Reading, arms: ArmReading, outcomes: OutcomeReading) -> OutcomeReading:
    """Return ``outcomes`` with those added that only a wording of comparison names.

    Args:
        reading: what was read. arms: the groups, whose names are no outcomes. outcomes: those found so far.
    """
    finder = _Finder(reading, arms, outcomes)
    sections = sorted(reading.sections, key=lambda s: s.start)
    for index, (start, end) in enumerate(reading.sentences):
        section = next((s.label for s in reversed(sections) if s.start <= start < s.end), "body")
        early = section == "body" and start < _FIRST_RESULT * len(reading.text) and len(reading.sentences) > 2
        if section not in _NO_FINDINGS and not early:
            finder.read(Sentence(index, start, end, reading.text[start:end], section, []))
    return finder.result()


_GENERIC = cue_words("compared_generic")
_FURTHER = re.compile(r"\b(?:further|future|larger|more) (?:\w+ )?(?:stud|research|trial|investigation)|\bwarranted\b")


def _touch(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class _Finder:
    """Runs over one text."""

    def __init__(self, reading: Reading, arms: ArmReading, outcomes: OutcomeReading) -> None:
        self.reading = reading
        self.tokens = reading.tokens
        self.starts = [t.start for t in reading.tokens]
        self.arm_spans = [(m.start, m.end) for m in arms.mentions]
        self.outcomes = list(outcomes.outcomes)
        self.mentions = list(outcomes.mentions)
        self.ids = {o.name.text.lower(): o.id for o in reversed(outcomes.outcomes)}
        self.unnamed = {o.id for o in outcomes.outcomes if o.concept is None}
        self.bits = outcome_table().bits
        self.roles = outcome_bits()

    def result(self) -> OutcomeReading:
        """Return the outcomes with those added."""
        return OutcomeReading(
            outcomes=tuple(self.outcomes), mentions=tuple(sorted(self.mentions, key=lambda m: (m.start, m.end)))
        )

    def read(self, sentence: Sentence) -> None:
        """Add what the wordings of one sentence compare."""
        plain = plain_text(sentence.text)
        if not word_pattern().search(plain) or _FURTHER.search(plain):
            return
        findings = find_wording(sentence)
        if not frame_in("between", plain) and not any(f.significant is not None for f in findings):
            return
        borders = clause_borders(plain)
        for i, finding in enumerate(findings):
            low = max(max(b for b in borders if b <= finding.start), findings[i - 1].end if i else 0)
            high = min(
                min(b for b in borders if b >= finding.end),
                findings[i + 1].start if i + 1 < len(findings) else len(plain),
            )
            place = sentence.start
            phrases = [
                (self.tokens[first].start, self.tokens[stop - 1].end)
                for first, stop in self._phrases(finding, place, place + low, place + high)
            ]
            laid_out = [
                (m.start, m.end)
                for m in self.mentions
                if place + low <= m.start and m.end <= place + high and self._is_laid_out(m)
            ]
            if laid_out:  # of a list some of whose names are known, the others are outcomes too
                new = [p for p in phrases if not any(_touch(p, m) for m in laid_out)]
                phrases = new if len(new) < len(phrases) else []
            for start, end in phrases:
                self._add(start, end)

    def _is_laid_out(self, mention: OutcomeMention) -> bool:
        return mention.likely or mention.rule == "compared"

    # -- phrases -----------------------------------------------------------------------------------------------------

    def _phrases(self, finding: Finding, place: int, low: int, high: int) -> list[tuple[int, int]]:
        """Token ranges [first, stop) of what the wording compares."""
        if finding.takes == "inside":
            return []
        after = bisect_left(self.starts, place + finding.end)
        before = bisect_left(self.starts, place + finding.start)
        bottom, top = bisect_left(self.starts, low), bisect_left(self.starts, high)
        if predicate := self._predicate(after, top):
            return predicate
        if finding.takes in ("after", "around"):
            found = self._following(after, top, direct=finding.takes == "after" or finding.noun is None)
            if found:
                return found
        if finding.takes == "after":  # "X was seen in a similar share of patients"
            return self._subjects(bottom, before, verbs=True)
        return self._subjects(bottom, before) or self._following(after, top, direct=False)

    def _predicate(self, i: int, top: int) -> list[tuple[int, int]]:
        """What more people did or had: "fewer women on A were hungry", "more patients in the A group kept the diet"."""
        if i >= top or not self.bits.get(self.tokens[i].lower, 0) & self.roles.people:
            return []
        i += 1
        while i < top and (
            self.tokens[i].lower in _TO_GROUP
            or any(s < self.tokens[i].end and self.tokens[i].start < e for s, e in self.arm_spans)
            or self.bits.get(self.tokens[i].lower, 0) & self.roles.people
        ):
            i += 1
        if i >= top:
            return []
        verb = self.tokens[i].lower
        if not (verb in _HAVING or self.bits.get(verb, 0) & self.roles.be or (verb.endswith("ed") and verb.isalpha())):
            return []
        phrase = self._noun(i + 1, top)
        if phrase is None or (phrase[1] < top and self.bits.get(self.tokens[phrase[1]].lower, 0) & self.roles.compare):
            return []
        own = verb not in _HAVING and not self.bits.get(verb, 0) & self.roles.be
        return [(i if own and phrase[0] == i + 1 else phrase[0], phrase[1])]

    def _following(self, i: int, top: int, *, direct: bool) -> list[tuple[int, int]]:
        """Noun phrases after a wording: at once ("higher X"), or after its preposition ("no difference in X, Y or Z")."""
        if not direct or (i < top and self.tokens[i].lower in _PREPOSITIONS):
            while i < top and not (
                self.tokens[i].lower in ("in", "on", "for", "regarding", "concerning") and self._noun(i + 1, top)
            ):
                if self.tokens[i].lower in (",", ";", "(") or self.tokens[i].figure is not None:
                    return []
                i += 1
            i += 1
        return self._list(i, top)

    def _list(self, i: int, top: int) -> list[tuple[int, int]]:
        """The noun phrases side by side from token ``i`` on: "X, Y (Z) or W"."""
        found: list[tuple[int, int]] = []
        while i < top and (phrase := self._noun(i, top)) is not None:
            found.append(phrase)
            i = phrase[1]
            if i < top and self.tokens[i].lower == "(":
                i = next((k + 1 for k in range(i, min(top, i + 12)) if self.tokens[k].lower == ")"), top)
            if i >= top or self.tokens[i].lower not in _LISTING:
                break
            while i < top and self.tokens[i].lower in _LISTING:
                i += 1
        return found

    def _noun(self, i: int, top: int) -> tuple[int, int] | None:
        """The noun phrase that begins at token ``i``, None where none does."""
        while i < top and self.tokens[i].lower in _LEADS:
            i += 1
        j = i
        while j < top and j - i < _LONGEST and self._in_name(self.tokens[j], j, i, top):
            j += 1
        while j > i and (
            self.tokens[j - 1].lower in _INSIDE
            or self.tokens[j - 1].lower in _GLUE
            or self.tokens[j - 1].lower in ("the", "a")
        ):
            j -= 1
        return (i, j) if j > i and self._is_name(i, j) else None

    def _in_name(self, token: Token, j: int, i: int, top: int) -> bool:
        low = token.lower
        if token.figure is not None or any(s < token.end and token.start < e for s, e in self.arm_spans):
            return False
        if low in _GLUE or not low[0].isalnum():
            return low in _GLUE and j > i
        if (low == "of" or (low in ("the", "a") and self.tokens[j - 1].lower == "of")) and j > i:
            return True
        bits = self.bits.get(low, 0)
        if bits & (self.roles.stop | self.roles.people | self.roles.adverb):
            return False
        if j > i and low.endswith("ed") and not bits & self.roles.head:
            return False
        return not bits & self.roles.be or bool(bits & self.roles.head)

    def _is_name(self, i: int, j: int) -> bool:
        """Whether a phrase may name an outcome: its last word is no group, study or statistic, and it has letters."""
        last = self.tokens[j - 1].lower
        words = [t.lower for t in self.tokens[i:j]]
        bits = self.bits.get(last, 0)
        if j < len(self.tokens) and self.bits.get(self.tokens[j].lower, 0) & self.roles.people:
            return False
        if j - i == 1 and last in _GENERIC:
            return False
        if bits & self.roles.notoutcome and (j - i == 1 or last in _NO_HEADS):
            return False
        if last.endswith(("ed", "ly")) or (
            bits & (self.roles.compare | self.roles.result_verb) and not bits & self.roles.head
        ):
            return False
        return any(len(w) > 2 and w[0].isalpha() for w in words) and not any(w in _NEVER for w in words)

    def _subjects(self, bottom: int, end: int, *, verbs: bool = False) -> list[tuple[int, int]]:
        """The noun phrases, side by side, that are the subject of the wording that begins at token ``end``."""
        verb = end
        while verb > bottom and (
            self.bits.get(self.tokens[verb - 1].lower, 0) & (self.roles.be | self.roles.adverb | self.roles.stop)
            and self.tokens[verb - 1].lower not in _BOUNDS
        ):
            verb -= 1
        i = bottom
        while i < verb:
            phrase = self._noun(i, verb)
            if phrase is None:
                i += 1
                continue
            if self._begins_clause(phrase[0], bottom):
                listed = self._list(phrase[0], verb)
                last = listed[-1][1]
                following = self.tokens[last].lower if last < verb else ""
                if last >= verb or following in _AWAY or (verbs and self.bits.get(following, 0) & self.roles.be):
                    return listed
            i = phrase[1]
        return []

    def _begins_clause(self, i: int, bottom: int) -> bool:
        """Whether nothing but an article, "however," or "at 6 weeks," stands before the phrase in its clause."""
        while i > bottom and self.tokens[i - 1].lower in _LEADS:
            i -= 1
        return i <= bottom or self.tokens[i - 1].lower in _OPENERS

    # -- adding ------------------------------------------------------------------------------------------------------

    def _add(self, start: int, end: int) -> None:
        for k, mention in enumerate(self.mentions):
            if mention.start < end and start < mention.end:
                if mention.start < start and mention.end <= end and mention.outcome_id in self.unnamed:
                    del self.mentions[k]  # "differences in X" names less well than X
                    break
                self.mentions[k] = msgspec.structs.replace(mention, rule="compared")
                return
        name = self.reading.text[start:end]
        key = name.lower()
        if key not in self.ids:
            self.ids[key] = f"o{len(self.outcomes) + 1}"
            self.outcomes.append(Outcome(id=self.ids[key], name=Span(text=name, start=start, end=end)))
        self.mentions.append(
            OutcomeMention(start=start, end=end, outcome_id=self.ids[key], rule="compared", measured=False)
        )
