"""Every stretch of the text that may name a group of the trial, with the frame that says so.

A frame is a construction in which groups are named: an allocation ("randomly assigned to A or B"), a comparison ("A versus
B", "compared with B"), a word for a group ("the A group", "arm B"), people with what they got ("patients receiving A"), a
value with its group ("12% in A and 20% with B, respectively"), a size ("A (n = 30)"), the title.
"""

from __future__ import annotations

import re

from extractor.linking.arm_comparison_frames import ComparisonFrames
from extractor.linking.arm_lists import allocation_list, received_list, title_names
from extractor.linking.arm_naming import Naming, trim
from extractor.linking.arm_phrases import name_left, name_right
from extractor.linking.arm_value_frames import (
    add_bracketed_groups,
    add_brackets,
    add_counted_people,
    add_known,
    add_prepositions,
    add_respective,
    add_sized,
    add_subject,
    add_value,
    printed_number,
)
from extractor.linking.arm_view import View, skip_back_bracket, skip_bracket, word_table
from extractor.linking.rules import cue_words

__all__ = ["Finder", "find_namings"]

_VALUES = frozenset({"percent", "fraction", "quantity", "number", "duration", "not_reached", "estimate", "dose"})


class Finder(ComparisonFrames):
    """Runs the frames over a view; ``found`` are the namings in no particular order."""

    def run(self) -> list[Naming]:
        """Return the namings of all sentences."""
        view, r = self.view, self.r
        hot = r.arm_group | r.versus | r.alloc | r.receive
        lone = len(view.ranges) <= _FEW_SENTENCES
        for s, (first, stop) in enumerate(view.ranges):
            allocated = False
            for i in range(first, stop):
                b = view.bits[i]
                token = view.tokens[i]
                if token.figure is not None:
                    if token.kind in _VALUES:
                        add_value(self, i, first, stop)
                    elif token.kind == "group_size":
                        add_sized(self, i, first, stop)
                    continue
                if not b & hot:
                    low = view.lows[i]
                    if (
                        low in _DRUGS
                        and i > first
                        and (
                            view.lows[i - 1] in _BOTH
                            or (view.lows[i - 1] in ("study", "treatment", "active") and view.lows[i - 2] in _BOTH)
                        )
                    ):
                        self._all(i - 1, i + 1)
                    elif low in _TWO_SIDED:
                        self.compared(i, first, stop)
                    elif (
                        low == "-"
                        and i + 2 < stop
                        and view.lows[i + 1] in ("treated", "exposed", "allocated", "assigned")
                        and view.glued[i]
                    ):
                        self.treated(i, first, stop)
                    elif low in ("without", "not"):
                        self.without(i, first, stop)
                    elif low == "respectively":
                        add_respective(self, i, first)
                    elif low == "on" and i > first and view.bits[i - 1] & r.people:
                        self.receiving(i, first, stop)
                    elif low in _TESTED_ALONE:
                        self.add(i, i + 1, "group")
                    elif b & r.people and i > first and view.lows[i - 1] in _TESTED:
                        self.add(i - 1, i, "group", outer=(i - 1, i + 1))  # "in intervention schools"
                    elif b & r.people and i > first and low in ("recipients", "receivers", "users", "controls"):
                        self.recipients(i, first, stop)
                    continue
                if b & r.arm_group:
                    self.group(i, first, stop)
                if b & r.versus:
                    self.versus(i, first, stop)
                if b & r.alloc and not allocated and i >= self.title_stop:
                    allocated = allocation_list(self, i, stop)
                if b & r.receive or (lone and view.lows[i] in _ASSIGNED and view.lows[i + 1 : i + 2] not in (["to"], ["at"])):
                    self.receiving(i, first, stop)
            if s == 0 and first < self.title_stop:
                title_names(self, first, min(stop, self.title_stop))
            add_brackets(self, first, stop)
            if len(view.ranges) <= 2:
                add_subject(self, first, stop)
                add_prepositions(self, first, stop)
                add_known(self, first, stop)
                add_counted_people(self, first, stop)
        if not any(naming.frame == "allocation" for naming in self.found):
            for i, stop in self.received:
                if received_list(self, i, stop):
                    break
        return self.found

    # -- words for a group ------------------------------------------------------------------------------------------

    def group(self, i: int, first: int, stop: int) -> None:
        """ "the A group", "group A", "the A and B groups", "both groups"."""
        view = self.view
        plural = view.lows[i].endswith("s")
        hyphen = i + 2 < stop and view.lows[i + 1] == "-" and view.glued[i + 1] and view.glued[i + 2]
        at = i + 2 if hyphen else i + 1
        after = self.letter_after(at - 1, stop, hyphen=hyphen)
        if after > at:
            row = self.row() if plural else -1
            letter = self.add(at, after, "letter", row, outer=(i, after))
            if letter is not None:
                self._define(letter, after, stop)
            j = skip_bracket(view, after, stop) if plural and view.lows[after : after + 1] == ["("] else after
            while j + 1 < stop and view.lows[j] in ("and", "or", ",", "versus", "vs", "&"):
                k = j + 2 if view.lows[j + 1] in ("and", "or") else j + 1
                if k < stop and view.bits[k] & self.r.arm_group:
                    break
                end = self.letter_after(k - 1, stop)
                if end <= k:
                    break
                self.add(k, end, "letter", row)
                j = end
            return
        if i - 1 > first and view.lows[i - 1] == '"':
            opened = next((k for k in range(i - 2, max(first, i - 2 - _LONGEST_QUOTED) - 1, -1) if view.lows[k] == '"'), i)
            self.add(opened + 1, i - 1, "group", outer=(opened, i + 1))
            return
        start = name_left(view, i, first, with_and=True)
        if start < i:
            known = len(self.found)
            self._coordinated(start, i, i + 1, plural, first)
            if not plural and len(self.found) == known + 1 and view.bits[i - 1] & self.r.control:
                self._given_to(self.found[-1], i + 1, stop)
            return
        if i > first and view.lows[i - 1] == ")":
            add_bracketed_groups(self, i, first)
            return
        before = view.lows[i - 1] if i > first else ""
        wide = view.lows[i - 2] if i > first + 1 else ""
        if plural and before in _ALL_BEFORE:
            if before == "in" or (
                before == "the"
                and wide not in ("between", "of", "in", "both", "all", "among", "for", "across", "than", "with")
            ):
                return
            self._all(i if before in ("between", "in") else i - 1, i + 1)
        elif not plural and before in ("either", "each", "neither"):
            self._all(i - 1, i + 1)
        elif before in ("latter", "former", "other", "second", "first", "another"):
            self.add(i - 1, i, "ordinal", outer=(i - 1, i + 1))

    def _all(self, first: int, stop: int) -> None:
        naming = Naming(first, stop, (first, stop), "all")
        naming.whole = True
        self.found.append(naming)

    def letter_after(self, i: int, stop: int, *, hyphen: bool = False) -> int:
        """Return the index after the letter, number or short capital name that follows the word for a group at ``i``.

        ``hyphen``: ``i`` is the hyphen of "arm-A", behind which stands one letter or none.
        """
        view = self.view
        if i + 1 >= stop or view.glued[i + 1] != hyphen or (hyphen and not _ONE_LETTER.fullmatch(view.lows[i + 1])):
            return i + 1
        token = view.tokens[i + 1]
        printed = view.text[token.start : token.end]
        if _LETTER.fullmatch(printed) and (token.figure is None or token.kind in ("number", "name", "identifier")):
            if (
                i + 2 < stop
                and view.glued[i + 2]
                and view.lows[i + 2] in ("%", "-", ".", "/")
                and view.lows[i + 2] != "."
            ):
                return i + 1
            if token.figure is not None and i + 2 < stop and view.bits[i + 2] & self.r.people:
                return i + 1
            if (
                len(printed) > 1
                and printed.isupper()
                and not _ROMAN.fullmatch(printed)
                and i + 2 < stop
                and view.lows[i + 2] in ("-", "group", "arm")
            ):
                return i + 1
            return i + 2
        return i + 1

    def _coordinated(self, start: int, i: int, stop: int, plural: bool, first: int) -> None:
        """Add the name or names [start, i) before a word for a group."""
        view = self.view
        split = plural or self._listed(start, i)
        cuts = [
            k for k in range(start, i) if view.lows[k] in ("and", "or", ",", "&") and (split or view.lows[k] == "or")
        ]
        generic = all(
            view.bits[k] & self.r.generic or view.lows[k] in ("-", "and", "two", "three") for k in range(start, i)
        )
        if plural and not cuts:
            if generic:
                self._all(start, stop)
                return
            self.add(start, i, "group", outer=(start, stop))
            return
        if not cuts:
            naming = self.add(start, i, "group", outer=(start, stop))
            before = start - 1
            if before > first and view.bits[before] & self.r.det:
                before -= 1
            if naming is not None and before > first and view.lows[before] in ("and", "or", "versus", "vs", "than"):
                left = name_left(view, before, first)
                if left < before and view.lows[before] in ("and", "or") and not view.tokens[left].figure:
                    row = self.row()
                    naming.row = row
                    self.add(left, before, "coordinated", row)
            return
        row = self.row()
        edges = [start - 1, *cuts, i]
        for a, b in zip(edges, edges[1:], strict=False):
            if b > a + 1:
                self.add(a + 1, b, "groups", row, outer=(a + 1, stop) if b == i else None)
        if plural:
            left = (
                name_left(view, start - 1, first)
                if view.bits[start - 1] & self.r.det and start - 2 > first and view.lows[start - 2] in ("and", "or")
                else start
            )
            if left < start - 2:
                self.add(left, start - 2, "groups", row)

    def _listed(self, start: int, i: int) -> bool:
        """Whether "A and B group" speaks of two groups: values stand in parallel, or one of them is the control."""
        view, r = self.view, self.r
        first, stop = view.ranges[view.sentence_of[i]]
        if "respectively" in view.lows[i:stop] or "either" in view.lows[max(first, start - 3) : start]:
            return True
        parts = " ".join(view.lows[start:i]).split(" and ")
        return any(view.bits[k] & r.control for k in range(start, i)) and any(
            len(p.split()) == 1 and word_table().bits.get(p, 0) & (r.control | r.generic) for p in parts
        )

    def _given_to(self, naming: Naming, after: int, stop: int) -> None:
        """ "the control group (n = 40) only received A": a second name of the group."""
        view, r = self.view, self.r
        k = after
        while k < stop and k - after < _REACH:
            if view.lows[k] == "(":
                k = max(k + 1, skip_bracket(view, k, stop))
            elif view.bits[k] & r.people or view.lows[k] in ("only", "just", "who", "was", "were", "will"):
                k += 1
            else:
                break
        if k + 1 >= stop or not view.bits[k] & r.receive:
            return
        k += 1
        while k < stop and (view.bits[k] & r.det or view.lows[k] in ("only", "with", "of", "to", "sessions")):
            k += 1
        end = name_right(view, k, stop)
        if end > k and view.tokens[k].figure is None:
            naming.alias = trim(view, k, end)

    def _define(self, letter: Naming, after: int, stop: int) -> None:
        """ "group A (ondansetron 8 mg, n = 30)", "group 1 received X", "arm B: X"."""
        view = self.view
        j = after
        if j >= stop:
            return
        lone = len(view.ranges) <= _FEW_SENTENCES
        if (
            (view.lows[j] in ("(", "[", ":", ",", "=", "-") and j + 1 < stop and not (lone and view.lows[j] == ","))
            or view.bits[j] & self.r.receive
            # a sentence alone tells what happened to the group, not what it got
            or (view.lows[j] in ("was", "were", "consisted", "comprised", "patients", "had") and not lone)
        ):
            k = j + 1
        else:
            return
        while k < stop and (
            view.bits[k] & (self.r.receive | self.r.det | self.r.people)
            or view.lows[k]
            in (
                "was",
                "were",
                "of",
                "with",
                "who",
                "in",
                "only",
                "to",
                "by",
                "assigned",
                "allocated",
                "a",
                ":",
                "which",
            )
            or view.tokens[k].kind == "group_size"
            or view.lows[k] in ("(", ")", ",")
        ):
            k += 1
            if k - j > 9:
                return
        end = name_right(view, k, stop, with_and=True, with_with=True)
        if end < stop and view.tokens[end].kind in ("percent", "fraction"):
            return  # "arm A (fatigue 31%)": what was found in it
        if end > k and view.tokens[k].figure is None:
            letter.alias = trim(view, k, end)

    # -- comparisons ------------------------------------------------------------------------------------------------

    def receiving(self, i: int, first: int, stop: int) -> None:
        """ "patients receiving A", "those on A", "30 patients received A or B"."""
        view, r = self.view, self.r
        if view.bits[i] & r.receive and view.glued[i]:
            return
        k = i - 1
        while k > first and (
            view.lows[k]
            in (
                "who",
                "were",
                "was",
                "had",
                "either",
                "initially",
                "also",
                "being",
                "randomly",
                "assigned",
                "to",
                "that",
                "randomized",
                "randomised",
                "allocated",
                "have",
                "are",
                "both",
                "then",
            )
            or (view.lows[k] in (")", "]", "}"))
        ):
            k = skip_back_bracket(view, k, first) - 1 if view.lows[k] in (")", "]", "}") else k - 1
        if k < first or not (
            view.bits[k] & (r.people | r.arm_group)
            or view.tokens[k].kind in ("people", "group_size", "fraction", "number", "percent")
            or view.lows[k] in ("all", "half", "others", "remaining", "group")
        ):
            if self._counted_people(k, first) and i >= self.title_stop:
                self.received.append((i, stop))
            return
        j = i + 1
        while (
            j < stop
            and (
                view.lows[j] in ("with", "either", "by", "to", "only", "treatment", "of", "on") or view.bits[j] & r.det
            )
            and not (view.lows[j] == "treatment" and not (j + 1 < stop and view.lows[j + 1] == "with"))
        ):
            j += 1
        if j >= stop or (view.lows[i] in ("having", "had", "have") and j == i + 1):
            return
        end = name_right(view, j, stop, with_and="respectively" not in view.lows[j:stop])
        if end <= j:
            return
        row = self.row()
        naming = self.add(j, end, "receiving", row)
        if naming is None:
            return
        self._size_after(naming, stop)
        m = end
        if m < stop and view.lows[m] == "(":
            m = skip_bracket(view, m, stop)
        while m < stop and view.tokens[m].figure is not None and view.tokens[m].kind in ("dose", "duration"):
            m += 1
        if not (m < stop and view.lows[m] in ("or", "versus", "vs")):
            self._count_before(naming, i, first)
        if m < stop and (
            view.lows[m] in ("or", "versus", "vs") or (view.lows[m] == "and" and "respectively" in view.lows[m:stop])
        ):
            right = self._name_after(m + 1, stop)
            if right is not None and view.tokens[m + 1].figure is None:
                other = self.add(*right, "receiving-or" if view.lows[m] != "and" else "receiving-and", row)
                self._size_after(other, stop)

    def treated(self, i: int, first: int, stop: int) -> None:
        """ "MMC-treated eyes": the name before the hyphen at ``i``."""
        view = self.view
        start = name_left(view, i, first)
        end = i + 2
        if end < stop and (view.bits[end] & self.r.people or view.bits[end] & self.r.arm_group):
            end += 1
        if start < i:
            self.add(start, i, "treated", outer=(start, end))

    def recipients(self, i: int, first: int, stop: int) -> None:
        """ "enoxaparin recipients": the name before the word at ``i``."""
        start = name_left(self.view, i, first)
        if self.view.lows[i] == "controls":
            self.add(i, i + 1, "group", outer=(start, i + 1))
        elif start < i:
            self.add(start, i, "recipients", outer=(start, i + 1))

    def _counted_people(self, k: int, first: int) -> bool:
        """ "612 people with chronic migraine received": whether a number of people stands before what ``k`` ends."""
        view, r = self.view, self.r
        for p in range(k, max(first, k - 12) - 1, -1):
            if view.bits[p] & r.aux or view.lows[p] in (",", ";", "respectively"):
                return False
            if view.bits[p] & r.people and p + 1 <= k and view.lows[p + 1] in _SAID_OF_PEOPLE:
                counted = range(max(first, p - 3), p)
                return any(view.tokens[c].kind in ("number", "group_size", "people") for c in counted)
        return False

    # -- sizes ------------------------------------------------------------------------------------------------------

    def _count_before(self, naming: Naming, i: int, first: int) -> None:
        """ "30 patients received A": the count before the verb at ``i``."""
        view = self.view
        for k in range(i - 1, max(first, i - 9) - 1, -1):
            token = view.tokens[k]
            if token.figure is not None:
                if token.kind in ("number", "group_size", "fraction"):
                    naming.size = printed_number(view, k)
                return
            if not (
                view.bits[k] & (self.r.people | self.r.aux)
                or token.kind == "people"
                or view.lows[k] in ("who", "(", ")", "randomly", "assigned", "to", "had", "initially")
            ):
                return


_TESTED, _TESTED_ALONE = cue_words("arm_tested_people"), cue_words("arm_tested_alone")
_DRUGS = frozenset(["drugs", "treatments", "agents", "therapies", "regimens", "procedures", "interventions", "techniques", "methods", "medications", "combinations", "vaccines", "strategies", "doses", "schedules", "programs", "programmes", "conditions", "modalities", "approaches", "operations", "devices"])  # fmt: skip
_SAID_OF_PEOPLE = frozenset(["with", "who", "aged", "undergoing", "having", "scheduled", "at", "from", "in"])
_REACH = 30
_LONGEST_QUOTED = 6
_FEW_SENTENCES = 2
_ASSIGNED = frozenset({"assigned", "allocated", "randomized", "randomised"})
_BOTH = frozenset(["both", "two", "either", "three"])
_ALL_BEFORE = frozenset(["both", "two", "all", "either", "between", "three", "four", "five", "the", "these", "in"])
_ONE_LETTER = re.compile(r"[a-h]|[1-9]|i{1,3}|iv")
_LETTER = re.compile(
    r"[A-H]|[1-9]|I{1,3}|IV|V|VI|[a-h]|[A-Z][A-Z0-9]{1,5}|[A-Z]\d|\d[A-Z]|one|two|three|four|One|Two|Three"
)
_ROMAN = re.compile(r"I{1,3}|IV|V|VI")
_TWO_SIDED = frozenset(["compared", "comparison", "comparable", "relative", "superior", "inferior", "noninferior", "equivalent", "similar", "opposed", "than", "between", "comparing", "compare", "compares", "either", "identical", "favoring", "favouring"])  # fmt: skip


def find_namings(view: View, title_stop: int) -> list[Naming]:
    """Return every stretch of ``view`` that may name an arm; ``title_stop`` is the token index after the title."""
    return Finder(view, title_stop).run()
