"""What the namings say of themselves: content, control or not, and how much they speak for a group of the trial."""

from __future__ import annotations

import re

from extractor.lexicon import Lexicon
from extractor.linking.arm_names import content, expand_abbreviations
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, roles, word_table

__all__ = ["NamingReader"]


_INERT = frozenset(
    {"normal", "matching", "matched", "physiological", "isotonic", "identical", "only", "the", "a", "an"}
)
_ADDING = frozenset({"plus", "and", "with", "+"})
_CODE = re.compile(r"(?=[A-Za-z]*[A-Z])[A-Za-z][A-Za-z+]*[A-Z][A-Za-z0-9+]*")
_LETTER = re.compile(r"[a-h]|[1-9]|i{1,3}|iv")
_LONGEST_NAME = 5
_SHORT_FORM = re.compile(r"[A-Z][A-Z0-9+/]{1,5}")
_GROUP_FRAMES = frozenset({"group", "groups", "treated", "versus", "value", "values"})
_LONGEST_TAIL = 8
_MARKS = frozenset({"(", ")", ",", "-"})
_REGIMEN = frozenset({"every", "weekly", "daily", "monthly", "biweekly", "once", "twice", "three", "times", "a", "per", "day", "week", "weeks", "month", "months", "days", "for", "or", "-", "continuously", "orally", "intravenously", "subcutaneously", "iv", "low", "high", "early", "late", "/", "over", "hours", "hour", "minutes"}) - {"or"}  # fmt: skip
_SIDE_FRAMES = frozenset({"value", "values", "allocation"})
_PAIR_FRAMES = frozenset({"between", "compare", "versus", "coordinated"})
_PLAIN, _LEAST_IN_PAIR = 0.0, 1.0
_DUMMIES = frozenset({"placebo", "sham"})
_LEADING_TO_GROUP = frozenset({"for", "with", "in", "of", "after", "on", "to", "by", "among"})


class NamingReader:
    """What each naming of a text says: its content, whether it is a control or generic, how far it speaks for a group.

    ``key``: content by id(naming); ``worth``: plausibility by id(naming); ``control_tokens``: tokens of known controls;
    ``short_text``: the text is a sentence or two.
    """

    def __init__(self, view: View, namings: list[Naming], title_stop: int, lexicon: Lexicon) -> None:
        self.view = view
        self.control_tokens = {
            i for first, (stop, name) in view.concepts.items() if lexicon.is_control(name) for i in range(first, stop)
        }
        self.namings = namings
        self.title_stop = title_stop
        self.r = roles()
        self.short_text = len(view.ranges) <= 2
        self.expanded = expand_abbreviations(view)
        self._expand_brackets(namings)
        self.key: dict[int, frozenset[str]] = {}
        self.worth: dict[int, float] = {}
        for naming in namings:
            if naming.whole:
                continue
            self.key[id(naming)] = content(view, *naming.core, self.expanded)
            self.worth[id(naming)] = self._plausible(naming)
        if self.short_text:
            self._tell_pairs()
            self._tell_sides()
        self._tell_doses()
        self._tell_regimens()

    def _expand_brackets(self, namings: list[Naming]) -> None:
        """A short form in the bracket after a name stands for the name, whatever its letters: "docetaxel and A (TX)"."""
        view = self.view
        for naming in namings:
            first, stop = naming.core
            if view.lows[stop - 3 : stop - 2] == ["("] and view.lows[stop - 1] == ")":
                stop -= 3
            if naming.whole or naming.frame == "letter" or stop <= first:
                continue
            if view.lows[stop : stop + 1] != ["("] or view.lows[stop + 2 : stop + 3] != [")"]:
                continue
            short = view.text[view.tokens[stop + 1].start : view.tokens[stop + 1].end]
            words = content(view, first, stop, self.expanded)
            if short not in self.expanded and words and _SHORT_FORM.fullmatch(short) and self._plausible(naming) > 0:
                self.expanded[short] = words

    def _tell_pairs(self) -> None:
        """In a sentence alone, a name of no known kind is a group where it is set against one that is: "between A and placebo"."""
        rows: dict[int, list[Naming]] = {}
        for naming in self.namings:
            if naming.row >= 0 and not naming.whole and naming.frame in _PAIR_FRAMES and self.key[id(naming)]:
                rows.setdefault(naming.row, []).append(naming)
        for row in rows.values():
            if any(self.worth[id(n)] > 1.0 for n in row):
                for naming in row:
                    if _PLAIN <= self.worth[id(naming)] <= _LEAST_IN_PAIR:
                        self.worth[id(naming)] = _LEAST_IN_PAIR

    def _tell_sides(self) -> None:
        """In a sentence alone, names that stand each at a value of its own speak for groups: "6% for qd vs. 11% for bid"."""
        sides = [
            n for n in self.namings
            if not n.whole and n.frame in _SIDE_FRAMES and self.worth[id(n)] >= 0 and self.key[id(n)]
        ]  # fmt: skip
        if len({self.key[id(n)] for n in sides}) > 1:
            for naming in sides:
                self.worth[id(naming)] += 1.0

    def _tell_doses(self) -> None:
        """Where one sentence gives the same name with different doses, the dose is part of the name."""
        view = self.view
        groups: dict[tuple[int, frozenset[str]], dict[int, str]] = {}
        for naming in self.namings:
            if naming.whole or naming.frame == "letter":
                continue
            stop = naming.core[1]
            if stop < len(view.tokens) and view.tokens[stop].kind in ("dose", "percent", "quantity", "number"):
                figure = view.tokens[stop].figure
                if figure is not None and (figure.dispersion is not None or figure.ci is not None or figure.p_value is not None):
                    continue  # "A 105 +/- 46": a value
                dose = re.sub(r"\s+", "", view.lows[stop])
                if view.tokens[stop].kind == "percent" and not 0 < (view.tokens[stop].figure.value or 9) < 3:  # type: ignore[union-attr]
                    continue
                if view.tokens[stop].kind in ("percent", "number") and (
                    view.tokens[stop].figure is None or view.tokens[stop].end - view.tokens[stop].start > 9
                ):
                    continue
                groups.setdefault((view.sentence_of[naming.first], self.key[id(naming)]), {})[id(naming)] = dose
        by_id = {id(n): n for n in self.namings}
        for (_, key), doses in groups.items():
            if len(set(doses.values())) < 2 or not key:
                continue
            for naming_id, dose in doses.items():
                naming = by_id[naming_id]
                self.key[naming_id] = key | {dose}
                if naming.stop == naming.core[1]:
                    naming.stop += 1
                naming.core = (naming.core[0], naming.core[1] + 1)

    def _tell_regimens(self) -> None:
        """Where one list gives the same name with different times or ways, these are part of the name: "A weekly", "A monthly"."""
        lists: dict[tuple[int, frozenset[str]], list[Naming]] = {}
        for naming in self.namings:
            if naming.row >= 0 and naming.frame == "allocation" and not naming.whole and self.key[id(naming)]:
                lists.setdefault((naming.row, self.key[id(naming)]), []).append(naming)
        for (_, key), same in lists.items():
            tails = [self._tail(n.core[1]) for n in same]
            words = [frozenset(self.view.lows[a:b]) - _MARKS for a, b in tails]
            common = frozenset.intersection(*words)
            if len(same) < 2 or len({w - common for w in words}) < len(same) or any(w <= common for w in words):
                continue
            for naming, tail, own in zip(same, tails, words, strict=True):
                stop = tail[1]
                self.key[id(naming)] = key | {re.sub(r"\s+", "", w) for w in own - common}
                if self.view.lows[stop - 1] == ")":
                    stop -= 3
                naming.core = (naming.core[0], max(naming.core[1], stop))
                naming.stop = max(naming.stop, naming.core[1])

    def _tail(self, first: int) -> tuple[int, int]:
        """Return the tokens after a name that say how much, how often, how long, and a short form in a bracket."""
        view = self.view
        stop, end = first, view.ranges[view.sentence_of[first - 1]][1]
        while stop < end and stop - first < _LONGEST_TAIL and (view.tokens[stop].figure is not None or view.lows[stop] in _REGIMEN):
            stop += 1
        if view.lows[stop : stop + 1] == ["("] and view.lows[stop + 2 : stop + 3] == [")"] and stop + 2 < end:
            stop += 3
        return first, stop

    def _plausible(self, naming: Naming) -> float:
        """How much the words of a naming speak for a group of a trial (above 0 is plausible)."""
        view, r = self.view, self.r
        first, stop = naming.core
        score = 0.0
        bits = [view.bits[i] for i in range(first, stop)]
        if any(view.drug[i] for i in range(first, stop)):
            score += 3
        if any(b & r.control for b in bits):
            score += 3
        if any(b & r.treat for b in bits):
            score += 2
        if any(b & r.generic for b in bits):
            score += 1
        printed = view.text[view.tokens[first].start : view.tokens[stop - 1].end]
        if re.search(r"[A-Z]\w*[A-Z0-9]|\d[A-Z]", printed) or naming.frame == "letter":
            score += 1
        if naming.frame in ("group", "groups", "treated", "recipients", "letter"):
            score += 2
        elif naming.frame in ("receiving", "receiving-or", "allocation", "sized"):
            score += 1.5
        if (
            naming.frame == "compared-left"
            and not any(b & (r.treat | r.control) for b in bits)
            and not any(view.drug[i] for i in range(first, stop))
        ):
            score -= 1.5
        if any(b & r.notarm for b in bits):
            score -= 3 if bits[-1] & r.notarm else 1.5
        if any(view.other[i] for i in range(first, stop)) and not any(view.drug[i] for i in range(first, stop)):
            score -= 1.0 if naming.frame in ("group", "groups", "letter", "treated") else 2.5
        if naming.frame == "without":
            score += 2
        opens = naming.first == view.ranges[view.sentence_of[first]][0]
        if naming.frame == "compared-left" and self.short_text and not opens:
            # "the yield of A compared with B"; a noun after a verb is what was seen, "completed the regimen compared with"
            score += 3.0 if self._after_preposition(first) else -4.0
        if naming.frame in ("versus", "compared") and naming.first < self.title_stop:
            score += 1.5
        if naming.frame == "bracket" and self.short_text:
            score += 1.0
        if stop - first == 1 and not printed[0].isalpha() and naming.frame not in ("letter", "group", "groups"):
            score -= 2
        return score

    def _after_preposition(self, first: int) -> bool:
        view = self.view
        before = first - 1
        while before >= 0 and view.bits[before] & self.r.det:
            before -= 1
        return before >= 0 and view.lows[before] in _LEADING_TO_GROUP

    @staticmethod
    def bits_of(word: str) -> int:
        """Return the role bits of a word."""
        return word_table().bits.get(word, 0)

    def _raw(self, naming: Naming) -> frozenset[str]:
        return frozenset(self.view.lows[naming.core[0] : naming.core[1]])

    def is_generic(self, naming: Naming) -> bool:
        """Whether a naming says no more than "intervention", "treatment", "experimental"."""
        view, r = self.view, self.r
        return all(
            view.bits[i] & (r.generic | r.arm_group | r.det) or not view.lows[i][0].isalnum()
            for i in range(*naming.core)
        )

    def is_control(self, naming: Naming) -> bool:
        view, r = self.view, self.r
        first, stop = naming.core
        if any(view.lows[i] == "no" for i in range(first, stop)) or view.lows[first] in ("without", "not"):
            return True
        if view.lows[first] == "non" and view.lows[first + 1 : first + 2] == ["-"] and stop - first <= _LONGEST_NAME and naming.frame in _GROUP_FRAMES:
            return True
        controls = [i for i in range(first, stop) if view.bits[i] & r.control or i in self.control_tokens]
        if not controls or self._adds(first, stop):
            return False
        drugs = any(
            view.drug[i]
            and not view.bits[i] & (r.control | r.arm_group)
            and i not in self.control_tokens
            and view.lows[i][0].isalnum()
            for i in range(first, stop)
        )
        if view.lows[controls[0]] in _DUMMIES and "and" in view.lows[first + 1 : controls[0]]:
            # "A 5 mg and placebo injections": a dummy beside the treatment
            return False
        return not drugs or view.lows[controls[0]] in (
            "placebo",
            "sham",
            "standard",
            "conventional",
            "control",
            "reference",
            "vehicle",
        )

    def _adds(self, first: int, stop: int) -> bool:
        """Whether something is added to the control: "usual care plus coaching"."""
        view, r = self.view, self.r
        cuts = [i for i in range(first, stop) if view.lows[i] in ("plus", "+")]
        if not cuts or _DUMMIES & set(view.lows[first:stop]):
            return False
        edges = [first - 1, *cuts, stop]
        return any(
            not any(view.bits[i] & (r.control | r.generic) or i in self.control_tokens for i in range(a + 1, b))
            for a, b in zip(edges, edges[1:], strict=False)
        )

    def _called_control(self, span: tuple[int, int]) -> bool:
        """Whether a second name says that this is the control: "(control group)", "normal saline", "conventional surgery"."""
        view, r = self.view, self.r
        named = [i for i in range(*span) if view.lows[i][0].isalpha() and view.lows[i] not in _INERT]
        if not named or _ADDING & set(view.lows[slice(*span)]):
            return False
        first = named[0]
        if view.lows[first] == "no" or view.bits[first] & r.control or first in self.control_tokens:
            return True
        return any(view.bits[i] & r.control for i in named) and all(
            view.bits[i] & (r.control | r.arm_group | r.det | r.generic) or i in self.control_tokens for i in named
        )

    def _letters(self, span: tuple[int, int]) -> set[str]:
        """The letter or number of the group that a second name gives: "arm A", "group 2, 30 patients"."""
        view = self.view
        following = [(i, i + 2 if view.lows[i + 1] == "-" else i + 1) for i in range(span[0], span[1] - 1)]
        return {
            view.lows[at]
            for i, at in following
            if at < span[1] and view.bits[i] & self.r.arm_group and not view.lows[i].endswith("s") and _LETTER.fullmatch(view.lows[at])
        }

    def _alias(self, span: tuple[int, int]) -> frozenset[str]:
        """The content of a second name, from its telling tokens only; all of it where it ends in the word for a group."""
        view, r = self.view, self.r
        last = span[1] - 1
        if view.bits[last] & r.arm_group and not view.lows[last].endswith("s") and last - span[0] <= _LONGEST_NAME:
            if any(view.tokens[i].figure is not None for i in range(*span)):
                return frozenset()
            return content(view, span[0], last, self.expanded)
        if last == span[0] and _CODE.fullmatch(view.text[view.tokens[last].start : view.tokens[last].end]):
            return content(view, *span, self.expanded)  # "supervised training (EX, n = 20)"
        telling = [
            i
            for i in range(*span)
            if view.tokens[i].figure is None
            and (
                view.drug[i]
                or view.bits[i] & (r.treat | r.control)
                or i in self.control_tokens
                or view.text[view.tokens[i].start : view.tokens[i].end] in self.expanded
            )
        ]
        words: set[str] = set()
        for i in telling:
            words |= content(view, i, i + 1, self.expanded)
        return frozenset(words)
