"""What the people of a share did, where no known outcome says it: "18% of those on A went back to work".

News tells findings as sentences on people. A share or count of people that is the subject of a clause has its outcome in
the verb and what follows, whatever words these are. Where a known outcome stands there, that is the outcome and nothing
is added here.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractor.linking.arm_view import View, make_view, roles, skip_bracket
from extractor.linking.arms import ArmReading
from extractor.linking.outcome_bounds import outcome_bits, outcome_table
from extractor.linking.outcomes import OutcomeMention, OutcomeReading
from extractor.linking.rules import cue_words
from extractor.reading.types import Reading
from extractor.records import Outcome, Span

__all__ = ["add_clauses"]

_BOUNDARY = cue_words("clause_boundary")
_HEDGES = cue_words("clause_hedges")
_AUXILIARIES = cue_words("clause_auxiliaries")
_PAST = cue_words("clause_past")
_RELATIVE = cue_words("clause_relative")
_BEFORE_NOUN = cue_words("clause_before_noun")
_SEEN = cue_words("clause_seen")
_OF_ONES = cue_words("clause_of_ones")
_GIVEN = cue_words("clause_given")
_NO_VERB = cue_words("clause_no_verb")
_SAYING = cue_words("clause_saying")
_AFTER_SAYING = cue_words("clause_after_saying")
_ENDS = cue_words("clause_ends")
_BEFORE_NAME = cue_words("clause_before_name")
_CAUSING = cue_words("clause_causing")
_REDUCING = cue_words("clause_reducing")
_OBJECT_ENDS = cue_words("clause_object_ends")
_BEFORE_OBJECT = cue_words("clause_before_object")
_PRO_VERBS = cue_words("clause_pro_verbs")
_NO_NAME_END = cue_words("clause_no_name_end")
_JOINS = frozenset({"and", "versus", "vs", "or"})
_CASES = frozenset({"case", "cases", "episode", "episodes", "instance", "instances"})
_SHARES = frozenset({"percent", "fraction"})
_THRESHOLDS = frozenset({"mod_ge", "mod_gt", "mod_le", "mod_lt"})
_LONGEST_SUBJECT, _LONGEST_NAME = 40, 12
_LONGEST_CAUSED, _LONGEST_OBJECT = 14, 10


def add_clauses(reading: Reading, arms: ArmReading, outcomes: OutcomeReading) -> OutcomeReading:
    """Return ``outcomes`` with those added that only the verb of a clause names, in a news story.

    Args:
        reading: the text read. arms: the groups of the text. outcomes: the outcomes found so far.
    """
    if reading.kind not in ("news", "press_release"):
        return outcomes
    found = _Clauses(make_view(reading), arms, outcomes).run()
    if not found:
        return outcomes
    names = {_key(reading.text[m.start : m.end]): m.outcome_id for m in outcomes.mentions}
    made: list[Outcome] = []
    mentions = list(outcomes.mentions)
    for since, start, end in found:
        text = reading.text[start:end]
        if _key(text) not in names:
            names[_key(text)] = f"o{len(outcomes.outcomes) + len(made) + 1}"
            made.append(Outcome(id=names[_key(text)], name=Span(text=text, start=start, end=end)))
        mentions = [m for m in mentions if not (m.start < end and start < m.end)]
        mentions.append(
            OutcomeMention(
                start=start, end=end, outcome_id=names[_key(text)], rule="clause", measured=False, since=since
            )
        )
    return OutcomeReading(
        outcomes=(*outcomes.outcomes, *made), mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end)))
    )


def _key(text: str) -> str:
    return " ".join(text.lower().split())


class _Clauses:
    """Runs over the sentences of one text."""

    def __init__(self, view: View, arms: ArmReading, outcomes: OutcomeReading) -> None:
        self.view = view
        self.arm = _covered(view, [(m.start, m.end) for m in arms.mentions])
        self.known = _covered(view, [(m.start, m.end) for m in outcomes.mentions if m.likely and m.rule in _KNOWN])
        self.roles, self.bits = outcome_bits(), outcome_table().bits
        self.arm_roles = roles()

    def run(self) -> list[tuple[int, int, int]]:
        """Return for each outcome that a clause names where its subject begins, and start and end of the name."""
        found: list[tuple[int, int, int]] = []
        for first, stop in self.view.ranges:
            found += self._reduced(first, stop) + self._cases(first, stop)
            i = first
            while i < stop:
                verb = self._caused(i, first, stop) or (
                    self._verb(i, stop) if self._is_subject(i, first) and not self._continues(i, first) else None
                )
                name = self._name(verb, stop) if verb is not None else None
                if name is not None:
                    found.append((self.view.tokens[i].start, *self.view.span(*name)))
                    i = name[1]
                else:
                    i += 1
        return found

    def _caused(self, i: int, first: int, stop: int) -> int | None:
        """The verb of "led 4 patients (11%) to stop the pill", "made 6.7% and 3.0% of patients stop" where ``i`` is the share."""
        view, lows = self.view, self.view.lows
        token = view.tokens[i]
        counted = token.kind == "number" and self._of_people(i)
        if token.figure is None or i == first or lows[i - 1] not in _CAUSING or not (token.kind in _SHARES or counted):
            return None
        for k in range(i + 1, min(stop, i + _LONGEST_CAUSED)):
            if lows[k] in _ENDS and lows[k] not in ("(", ")"):
                return None
            if lows[k] == "to" and not lows[i - 1].startswith("ma"):
                return k + 1 if k + 1 < stop else None
            if self._is_people(k) and lows[i - 1] in ("made", "make") and k + 1 < stop and lows[k + 1][0].isalpha():
                return k + 1
        return None

    def _reduced(self, first: int, stop: int) -> list[tuple[int, int, int]]:
        """ "A cut severe asthma attacks by 51%": what a verb of change is said of, where no known outcome stands there."""
        view, lows, found = self.view, self.view.lows, []
        for i in range(first, stop):
            if lows[i] not in _REDUCING or self.arm[i]:
                continue
            k = i + 1
            while k < min(stop, i + _LONGEST_OBJECT) and lows[k] != "by" and lows[k] not in _OBJECT_ENDS and view.tokens[k].figure is None:
                k += 1
            if k + 1 >= stop or lows[k] != "by" or not any(t.kind in _SHARES for t in view.tokens[k + 1 : k + 5]):
                continue
            start = i + 1
            while start < k and lows[start] in _BEFORE_OBJECT:
                start += 1
            if start < k and not any(self.known[start:k]) and not any(self.arm[start:k]) and lows[start][0].isalnum():
                found.append((view.tokens[i].start, *view.span(start, k)))
        return found

    def _cases(self, first: int, stop: int) -> list[tuple[int, int, int]]:
        """ "One case of Zephyr syndrome was seen": what there were cases of, where no known outcome stands there."""
        view, lows, found = self.view, self.view.lows, []
        for i in range(first, stop - 3):
            token = view.tokens[i]
            if token.kind != "number" or lows[i + 1] not in _CASES or lows[i + 2] != "of" or self.arm[i]:
                continue
            end = i + 3
            while end < min(stop, i + _LONGEST_NAME) and lows[end] not in _ENDS and lows[end] not in _AUXILIARIES:
                if view.tokens[end].figure is not None or lows[end] in ("in", "among", "and", "for") or self.arm[end]:
                    break
                end += 1
            if end > i + 3 and not any(self.known[i + 3 : end]) and lows[i + 3][0].isalnum():
                found.append((token.start, *view.span(i + 3, end)))
        return found

    def _is_people(self, k: int) -> bool:
        low = self.view.lows[k]
        return bool(self.bits.get(low, 0) & self.roles.people) or self.view.tokens[k].kind == "people"

    def _is_subject(self, i: int, first: int) -> bool:
        """Whether a share or a count of people at ``i`` opens its clause: "Two months later, just 12% of ..."."""
        token, lows = self.view.tokens[i], self.view.lows
        if token.figure is None or self.arm[i] or self.known[i]:
            return False
        counted = token.kind == "number" and isinstance(token.figure.value, int) and self._of_people(i)
        if (token.kind not in _SHARES and not counted) or token.figure.value == 0:
            return False
        k = i - 1
        while k >= first and (lows[k] in _HEDGES or self.view.tokens[k].kind in ("approx", *_THRESHOLDS)):
            k -= 1
        if k < first:
            return True
        return lows[k] in _BOUNDARY or (self.view.tokens[k].kind in ("timepoint", "followup") and k > first)

    def _continues(self, i: int, first: int) -> bool:
        """Whether a share goes on with a list that the verb before it opened: "was needed for 3% of A, 4% of B and 5% of C"."""
        for k in range(i - 1, first, -1):
            if self.view.lows[k] in (";", ":") or self._is_finite(k):
                return False
            if self.view.tokens[k].kind in _SHARES:
                return not self._is_subject(k, first) or self._continues(k, first)
        return False

    def _of_people(self, i: int) -> bool:
        """Whether a count is one of people: "nine participants", "two (2.6%) on placebo"."""
        following = range(i + 1, min(len(self.view.tokens), i + 4))
        return any(self._is_people(k) or self.arm[k] or self.view.lows[k] in _OF_ONES for k in following)

    def _verb(self, i: int, stop: int) -> int | None:
        """The finite verb of the clause whose subject begins with the share at ``i``."""
        view, lows, tokens = self.view, self.view.lows, self.view.tokens
        relative = inserted = False
        people = tokens[i].kind in _SHARES and not (lows[i + 1 : i + 2] == ["of"] and i + 2 < stop and self.known[i + 2])
        k = i + 1
        while k < min(stop, i + _LONGEST_SUBJECT):
            low = lows[k]
            if low in ("(", "["):
                k = max(k + 1, skip_bracket(self.view, k, stop))
                continue
            if low in (".", ";", ":", "?", ")", "]") or low in _NO_VERB or (self.known[k] and low in _PAST_OUTCOMES):
                return None
            if low == ",":
                closes = inserted or (k == i + 1 and view.text[tokens[i].start : tokens[i].end].count(",") == 1)
                if not closes and not self._goes_on(k, stop):
                    return None
                inserted = not closes
            if tokens[k].figure is not None or self.arm[k]:
                people = people or self.arm[k] or tokens[k].kind == "people"
                k += 1
                continue
            if low in _RELATIVE:
                relative = True
            elif self._is_finite(k):
                if not relative and not self._is_reduced(k, stop):
                    return k if people else None
                relative = relative and low in _AUXILIARIES and self._goes_with(k, stop)
            elif self._is_people(k):
                people = True
            k += 1
        return None

    def _goes_on(self, comma: int, stop: int) -> bool:
        """Whether a comma only parts an insertion: "12%, or 30 people, went", "of those on A, compared with 9% on B, went"."""
        return self.view.lows[comma + 1 : comma + 2] in (["or"], ["compared"], ["versus"], ["against"])

    def _is_finite(self, k: int) -> bool:
        low = self.view.lows[k]
        if self.known[k] or self.view.drug[k] or self.view.lows[k - 1] in _BEFORE_NOUN:
            return False
        return low in _AUXILIARIES or low in _PAST or (low.endswith("ed") and len(low) > 4)

    def _goes_with(self, k: int, stop: int) -> bool:
        """Whether an auxiliary has its verb behind it: "who had taken", "that was removed"."""
        following = self.view.lows[k + 1 : min(stop, k + 3)]
        return any(w.endswith("ed") or w in _PAST or w in _AUXILIARIES or w in _GIVEN for w in following)

    def _is_reduced(self, k: int, stop: int) -> bool:
        """Whether a participle tells of the people, not what they did: "of those given A", "of men assigned to A"."""
        lows = self.view.lows
        following = lows[k + 1] if k + 1 < stop else ""
        if lows[k] in _GIVEN and lows[k - 1] not in _AUXILIARIES:
            return True
        return lows[k].endswith("ed") and following in ("with", "to") and lows[k - 1] not in _AUXILIARIES and self._again(k, stop)

    def _again(self, k: int, stop: int) -> bool:
        """Whether another finite verb follows in the clause."""
        for j in range(k + 1, min(stop, k + 12)):
            if self.view.lows[j] in (".", ";", ","):
                return False
            if self._is_finite(j):
                return True
        return False

    def _name(self, verb: int, stop: int) -> tuple[int, int] | None:
        """The tokens [first, stop) that say what was done; None where a known outcome says it, or too little is said."""
        view, lows = self.view, self.view.lows
        first = verb
        while first < stop and (lows[first] in _AUXILIARIES or lows[first] in _BEFORE_NAME):
            first += 1
        if first < stop and lows[first] in _SAYING:
            while first < stop and (lows[first] in _SAYING or lows[first] in _AFTER_SAYING or view.tokens[first].kind == "timepoint"):
                first += 1
        end = first
        while end < min(stop, first + _LONGEST_NAME):
            token, low = view.tokens[end], lows[end]
            if low in _ENDS or (end > first and (self.arm[end] or view.drug[end]) and lows[end - 1] in _BEFORE_NOUN) or token.kind in ("timepoint", "followup", "p_value", "estimate"):
                break
            if token.kind in _SHARES and view.tokens[end - 1].kind not in _THRESHOLDS and lows[end - 1] not in ("least", "than"):
                break
            if not low[0].isalnum() and low not in ("-", "/", "'", "’", "%", "≥", "≤"):
                break
            if self.known[end]:
                return None
            end += 1
        while end > first and (lows[end - 1] in _NO_NAME_END or not lows[end - 1][0].isalnum()):
            end -= 1
        if end <= first or lows[first] in _SEEN or view.bits[first] & self.arm_roles.alloc:
            return None
        given = lows[first] in _GIVEN or view.bits[first] & self.arm_roles.receive
        if given and any(self.arm[k] or view.drug[k] for k in range(first, end)):
            return None
        if all(lows[k] in _PRO_VERBS for k in range(first, end)):
            return None
        return first, end


_PAST_OUTCOMES = frozenset({"died", "responded", "relapsed", "survived", "progressed", "recurred", "bled"})
_KNOWN = frozenset({"term", "head", "subject", "in"})


def _covered(view: View, places: Sequence[tuple[int, int]]) -> list[bool]:
    covered = [False] * len(view.tokens)
    t = 0
    for start, end in sorted(places):
        while t > 0 and view.tokens[t - 1].end > start:
            t -= 1
        while t < len(view.tokens) and view.tokens[t].end <= start:
            t += 1
        i = t
        while i < len(view.tokens) and view.tokens[i].start < end:
            covered[i] = view.tokens[i].start >= start and view.tokens[i].end <= end
            i += 1
    return covered
