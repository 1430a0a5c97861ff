"""Where a text may name an outcome: noun phrases around the words of the vocabulary and around words that measure."""

from __future__ import annotations

from extractor.linking.arm_view import View
from extractor.linking.outcome_bounds import Bounds
from extractor.linking.outcome_grades import graded
from extractor.linking.rules import cue_words

__all__ = ["Phrase", "find_phrases"]


class Phrase:
    """A stretch that may name an outcome: tokens [first, stop); ``rule`` says what found it, ``concept`` what it is."""

    __slots__ = ("concept", "first", "rule", "stop")

    def __init__(self, first: int, stop: int, rule: str, concept: str | None = None) -> None:
        self.first = first
        self.stop = stop
        self.rule = rule
        self.concept = concept


class PhraseFinder(Bounds):
    """Runs over one text; ``blocked[i]`` tells that token ``i`` names an arm."""

    def __init__(self, view: View, blocked: list[bool]) -> None:
        super().__init__(view, blocked)
        self.found: list[Phrase] = []

    def run(self) -> list[Phrase]:
        """Return the phrases in the order of the text; where two overlap, they are joined."""
        self._terms()
        for first, stop in self.view.ranges:
            self._heads(first, stop)
            self._subjects(first, stop)
            self._objects(first, stop)
            self._valued(first, stop)
            self._predicates(first, stop)
            self._leading(first, stop)
        return self._alternatives(_join(self.found))

    def _alternatives(self, phrases: list[Phrase]) -> list[Phrase]:
        """Join to a phrase the lone measure word that "or" adds to it: "acute kidney injury or failure" is one event."""
        out: list[Phrase] = []
        for phrase in phrases:
            last = out[-1] if out else None
            if (
                last is not None
                and phrase.first == last.stop + 1
                and phrase.stop == phrase.first + 1
                and phrase.concept is None
                and self.view.lows[last.stop] == "or"
                and last.stop - last.first > 1
            ):
                last.stop = phrase.stop
                continue
            out.append(phrase)
        return out

    # -- the words of the vocabulary --------------------------------------------------------------------------------

    def _terms(self) -> None:
        view = self.view
        t, count = 0, len(view.tokens)
        for mention in view.reading.mentions:
            if mention.label != "outcome":
                continue
            while t > 0 and t < count and view.tokens[t].start > mention.start:
                t -= 1
            while t < count and view.tokens[t].end <= mention.start:
                t += 1
            first = stop = t
            while stop < count and view.tokens[stop].start < mention.end:
                stop += 1
            if (
                stop == first
                or any(self.blocked[first:stop])
                or any(
                    view.tokens[k].figure is not None and view.tokens[k].kind not in _NAME_FIGURES
                    for k in range(first, stop)
                )
            ):
                continue
            if (
                view.lows[stop : stop + 1] in (["interval"], ["intervals"])
                or " ".join(view.lows[first:stop]) in _NO_OUTCOME
            ):
                continue
            if self.bits[first] & self.r.stop and not mention.text[:2].isupper():
                continue
            low, high = view.ranges[view.sentence_of[first]]
            end = self.right(stop, high)
            concept = graded(view, first, stop, end, mention.concept or mention.text)
            self.found.append(Phrase(self.left(first, low), end, "term", concept))

    # -- nouns that measure -----------------------------------------------------------------------------------------

    def _heads(self, first: int, stop: int) -> None:
        view, r = self.view, self.r
        i = first
        while i < stop:
            b = self.bits[i]
            if (
                not b & r.head
                or self.blocked[i]
                or (view.lows[i] in ("intention", "intent") and "treat" in view.lows[i + 1 : i + 5])
                or (b & r.object_verb and not self._is_noun(i, first))
            ):
                i += 1
                continue
            start = self.left(i, first)
            end = self.right(i + 1, stop)
            if (
                end == i + 1
                and b & r.taker
                and i + 1 < stop
                and view.lows[i + 1] in ("of", "in", "to", "for", "with", "from", "on")
            ):
                end = self._taken(i, stop)
            if self._says_something(start, end):
                self.found.append(Phrase(start, end, "head"))
            i = max(end, i + 1)

    def _taken(self, i: int, stop: int) -> int:
        """ "rate of X", "reduction in X", "time to X": the phrase after the preposition."""
        view = self.view
        low = view.lows[i + 1]
        if (
            low in ("of", "in", "to")
            or (low == "from" and "freedom" in view.lows[i])
            or (low == "for" and view.lows[i] in ("rate", "rates", "score", "scores", "risk", "need", "time"))
            or (low == "with" and view.lows[i] in ("satisfaction",))
        ):
            if low == "to" and view.lows[i] not in (
                "time",
                "times",
                "response",
                "responses",
                "adherence",
                "progression",
                "return",
                "days",
                "interval",
                "need",
            ):
                return i + 1
            end = self.noun(i + 2, stop)
            if end > i + 2 and not all(self.bits[k] & (self.r.people | self.r.notoutcome) for k in range(i + 2, end)):
                return end
        return i + 1

    def _is_noun(self, i: int, first: int) -> bool:
        """Whether a word that may be a verb stands as a noun: after an article, an adjective or another noun."""
        if i == first:
            return False
        before = self.view.lows[i - 1]
        return before in (
            "the",
            "a",
            "an",
            "in",
            "of",
            "no",
            "mean",
            "median",
            "significant",
            "greater",
            "higher",
            "lower",
        ) or bool(self.bits[i - 1] & self.r.head)

    def _says_something(self, start: int, end: int) -> bool:
        """Whether a phrase is more than a bare measure word ("rate", "levels", "the number")."""
        if end - start > 1:
            words = [k for k in range(start, end) if self.view.lows[k][0].isalpha()]
            return any(not self.bits[k] & self.r.notoutcome and len(self.view.lows[k]) > 1 for k in words)
        return not self.bits[start] & self.r.notoutcome

    # -- subjects and objects of verbs that measure -----------------------------------------------------------------

    def _subjects(self, first: int, stop: int) -> None:
        """ "X was higher in ...", "X occurred in ...", "X was 5.3"."""
        view, r = self.view, self.r
        for i in range(first + 1, stop):
            b = self.bits[i]
            if not b & r.result_verb or self.blocked[i]:
                continue
            if view.lows[i] in ("was", "were", "did", "remained") and not self._measures(i, stop):
                continue
            k = i
            while k > first and self.bits[k - 1] & r.adverb:
                k -= 1
            k = self._before_bracket(k, first)
            start = self.left(k, first)
            if start < k and self._may_be_outcome(start, k):
                self.found.append(Phrase(start, k, "subject"))
                self._coordinated(start, first)

    def _coordinated(self, start: int, first: int) -> None:
        """Add the subject joined before the one at ``start`` where "both" opens the two: "both X and Y were rarer"."""
        view = self.view
        if start < first + 3 or view.lows[start - 1] != "and":
            return
        left = self.left(start - 1, first)
        if left < start - 1 and left > first and view.lows[left - 1] == "both" and self._may_be_outcome(left, start - 1):
            self.found.append(Phrase(left, start - 1, "subject"))

    def _before_bracket(self, i: int, first: int) -> int:
        """Return where the bracket that ends right before ``i`` opens ("time in range (3.9-10 mmol/L) was"), else ``i``."""
        if i - 1 <= first or self.view.lows[i - 1] != ")":
            return i
        opened = next((k for k in range(i - 2, max(first, i - 14), -1) if self.view.lows[k] in ("(", ")")), first)
        return opened if self.view.lows[opened] == "(" and opened > first else i

    def _measures(self, i: int, stop: int) -> bool:
        view, r = self.view, self.r
        j = i + 1
        while (
            j < stop
            and j - i < 4
            and (self.bits[j] & r.adverb or view.lows[j] in ("the", "a", "no", "only", "found", "to", "be", "in", "of"))
        ):
            j += 1
        if j >= stop:
            return False
        token = view.tokens[j]
        if token.figure is not None:
            return token.kind not in ("date", "age", "dose", "group_size", "timepoint", "design")
        return bool(self.bits[j] & r.compare) or (
            view.lows[i] == "did" and view.lows[j] in ("differ", "change", "improve", "increase", "decrease", "not")
        )

    def _may_be_outcome(self, start: int, end: int) -> bool:
        view, r = self.view, self.r
        if any(self.blocked[start:end]):
            return False
        words = [k for k in range(start, end) if view.lows[k][0].isalpha()]
        if not words or all(self.bits[k] & (r.notoutcome | r.people) or view.drug[k] for k in words):
            return False
        if self.bits[words[-1]] & (r.people | r.notoutcome) and not self.bits[words[-1]] & r.head:
            return False
        if len(words) == 1 and self.bits[words[0]] & (r.object_verb | r.result_verb) and not self.bits[words[0]] & r.head:
            return False  # "a hernia had developed in 1 of 58": the verb names nothing
        if len(words) == 1 and view.lows[words[0]].endswith("ly") and len(view.lows[words[0]]) > _LONGEST_NOUN_IN_LY:
            return False  # an adverb
        return len(view.lows[words[-1]]) > 1

    def _objects(self, first: int, stop: int) -> None:
        """ "no difference in X", "had X", "reduced X"."""
        view, r = self.view, self.r
        for i in range(first, stop - 1):
            b = self.bits[i]
            if b & r.in_cue and view.lows[i + 1] in ("in", "on", "of", "for", "regarding"):
                rule, j = "in", i + 2
            elif b & r.in_cue and view.lows[i + 1] in ("between", "among"):
                j = i + 2
                while (
                    j < stop
                    and (self.blocked[j] or view.lows[j] not in ("in", "for", "regarding", "on", ".", ";"))
                    and j - i < 12
                ):
                    j += 1
                if j >= stop or view.lows[j] not in ("in", "for", "regarding", "on"):
                    continue
                rule, j = "in", j + 1
            elif b & r.object_verb and not self.blocked[i]:
                rule, j = "object", i + 1
            else:
                continue
            self._object(j, stop, rule)

    def _object(self, j: int, stop: int, rule: str) -> None:
        view, r = self.view, self.r
        while j < stop and (
            view.lows[j]
            in (
                "the",
                "a",
                "an",
                "no",
                "more",
                "less",
                "fewer",
                "their",
                "significantly",
                "any",
                "better",
                "in",
                "both",
                "either",
                "further",
                "additional",
                "been",
                "undergone",
            )
            or self.bits[j] & r.adverb
        ):
            j += 1
        count = 0
        while j < stop and count < 6:
            end = self.noun(j, stop)
            if end <= j or not self._may_be_outcome(j, end):
                return
            self.found.append(Phrase(j, end, rule))
            count += 1
            if end + 1 >= stop or view.lows[end] not in (",", "and", "or"):
                return
            j = end + 1
            while j < stop and view.lows[j] in ("and", "or", "the", "in"):
                j += 1
            if rule == "object":
                return

    def _predicates(self, first: int, stop: int) -> None:
        """ "12 of 40 patients converted to glaucoma", "45% in the A group completed the study": what people did."""
        view, r = self.view, self.r
        counted = False
        for i in range(first, stop):
            token = view.tokens[i]
            if token.kind in ("percent", "fraction", "number") and token.figure is not None:
                counted = True
            if not counted or not self.bits[i] & r.predicate or self.blocked[i]:
                continue
            k = i
            while k > first and (
                self.bits[k - 1] & r.adverb
                or view.lows[k - 1]
                in ("had", "have", "has", "were", "was", "subsequently", "successfully", "who", "not", "been")
            ):
                k -= 1
            before = k - 1
            if before < first or not (
                self.bits[before] & r.people
                or self.blocked[before]
                or view.tokens[before].figure is not None
                or view.lows[before] in (")", "group", "arm")
            ):
                continue
            j = i + 1
            while j < stop and view.lows[j] in (
                "to",
                "from",
                "in",
                "out",
                "over",
                "of",
                "on",
                "the",
                "a",
                "their",
                "free",
                "with",
                "for",
            ):
                j += 1
            end = self.noun(j, stop) if j < stop else j
            self.found.append(Phrase(i, end if end > j else i + 1, "predicate"))

    def _leading(self, first: int, stop: int) -> None:
        """ "Uptake in coronary blood in the A group was 12%": the noun that leads a sentence in which no other outcome is found."""
        view = self.view
        values = [i for i in range(first, stop) if view.tokens[i].kind in _VALUE_FIGURES and view.tokens[i].figure is not None]
        if not values:
            return
        lone = len(view.ranges) <= _FEW_SENTENCES
        named = [phrase for phrase in self.found if first <= phrase.first < stop]
        if named and not (lone and all(self._stands_in(phrase) for phrase in named)):
            return
        i = first
        while i < values[0] and (view.lows[i] in _BEFORE_LEAD or self.bits[i] & self.r.adverb):
            i += 1
        end = self.noun(i, values[0])
        while end > i and not view.lows[end - 1][0].isalnum():
            end -= 1
        measured = lone and end == i + 1 and bool(self.bits[i] & self.r.head) and not self.blocked[i]
        if end > i and (measured or self._may_be_outcome(i, end)) and not self.bits[end - 1] & self.r.people:
            self.found.append(Phrase(i, end, "leading"))

    def _stands_in(self, phrase: Phrase) -> bool:
        """Whether a phrase only points at what was measured ("mean increase", "the rates")."""
        return all(low in _STANDING_IN or not low[0].isalnum() for low in self.view.lows[phrase.first : phrase.stop])

    def _is_unit(self, i: int) -> bool:
        """Whether token ``i`` is a unit in short ("IU/dl", "min"), not a word that may end a name ("time point")."""
        low = self.view.lows[i]
        return self.view.tokens[i].kind in ("unit", "utime") and (len(low) <= _LONGEST_SHORT or "/" in low)

    def _valued(self, first: int, stop: int) -> None:
        """ "X 5.3", "X (12%", "X: 5.3": the noun phrase directly before a value."""
        view = self.view
        for i in range(first + 1, stop):
            token = view.tokens[i]
            if token.figure is None or token.kind not in _VALUE_FIGURES:
                continue
            k = i
            while k > first and (
                view.lows[k - 1] in ("(", "[", ":", "=", ",") or view.tokens[k - 1].kind in ("mean", "median", "approx")
            ):
                k -= 1
            if view.lows[k - 1] in ("of", "by", "at", "to", "from") or self._is_unit(k - 1):
                continue
            if (k > first and view.lows[k - 1][0].isalnum() and k < i) or (k == i and view.lows[k - 1][0].isalpha()):
                start = self.left(k, first)
                if (
                    start < k
                    and self._may_be_outcome(start, k)
                    and not self.bits[k - 1] & (self.r.in_cue | self.r.compare)
                ):
                    self.found.append(Phrase(start, k, "valued"))


_STANDING_IN = cue_words("standing_in")
_FEW_SENTENCES = 2
_LONGEST_SHORT = 3
_LONGEST_NOUN_IN_LY = 7
_NO_START = frozenset(["of", "the", "a", "an", "in", "to", "for", "with", "by", "on", "at", "and", "or"])
_NO_END = cue_words("outcome_no_end")
_BEFORE_LEAD = cue_words("outcome_before_lead")
_NO_OUTCOME = frozenset({"intention - to - treat", "intention to treat", "intent - to - treat", "intent to treat", "95 % confidence", "confidence interval", "confidence intervals"})  # fmt: skip
_VALUE_FIGURES = frozenset({"percent", "fraction", "quantity", "number", "estimate", "p_value", "interval"})
_NAME_FIGURES = frozenset({"name", "grade", "ordinal", "identifier", "number", "dose"})


def _join(found: list[Phrase]) -> list[Phrase]:
    """Join phrases that overlap; a vocabulary term gives the concept, the longest stretch the place."""
    order = {"term": 0, "head": 1, "subject": 2, "in": 3, "object": 4, "valued": 5, "predicate": 6, "leading": 7}
    out: list[Phrase] = []
    for phrase in sorted(found, key=lambda p: (p.first, -p.stop)):
        last = out[-1] if out else None
        if last is not None and phrase.first < last.stop:
            if phrase.stop > last.stop:
                last.stop = phrase.stop
            if order[phrase.rule] < order[last.rule]:
                last.rule = phrase.rule
            if last.concept is None:
                last.concept = phrase.concept
            continue
        out.append(Phrase(phrase.first, phrase.stop, phrase.rule, phrase.concept))
    return out


def find_phrases(view: View, blocked: list[bool]) -> list[Phrase]:
    """Return the stretches of ``view`` that may name an outcome, in order, none overlapping.

    Args:
        view: the text. blocked: for each token whether it names an arm.
    """
    phrases = PhraseFinder(view, blocked).run()
    for phrase in phrases:
        while phrase.first + 1 < phrase.stop and view.lows[phrase.first] in _NO_START:
            phrase.first += 1
        while phrase.stop > phrase.first and _begins_cut_off(view, phrase.stop - 1):
            phrase.stop -= 1
    # "-oxygenation" is a part of "the lower-oxygenation group", and so no name
    return [phrase for phrase in phrases if phrase.stop > phrase.first and view.lows[phrase.first] != "-"]


def _begins_cut_off(view: View, i: int) -> bool:
    """Whether the token at the end of a phrase only leads to a number: "a pressure of less than or equal to 18 mm Hg"."""
    return view.tokens[i].kind.startswith("mod_") or view.lows[i] in _NO_END
