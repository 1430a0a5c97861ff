"""What stands around a phrase that may name an outcome, and what its sentence does: named features.

Their weights stand in ``vocabulary/outcome_weights.tsv`` (see token_weights.py); token_reader.py adds them up.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from extractor.linking.arm_view import View
from extractor.linking.outcome_bounds import outcome_bits, outcome_table, word_bits
from extractor.linking.outcome_phrases import Phrase

__all__ = ["FIGURES_OF_FINDINGS", "FeatureReader", "word_of"]

FIGURES_OF_FINDINGS = frozenset(
    {"percent", "fraction", "estimate", "p_value", "quantity", "not_reached", "interval", "number"}
)


@cache
def _cues() -> tuple[tuple[str, int], ...]:
    """Return (name, bit) of the roles of words that tell what a sentence is about."""
    return tuple((role[4:], bit) for role, bit in outcome_table().role_bits.items() if role.startswith("cue-"))


def word_of(view: View, i: int) -> str:
    """Return the folded word of token ``i``; of a figure "#" and its kind."""
    token = view.tokens[i]
    return view.lows[i] if token.figure is None else f"#{token.kind}"


class FeatureReader:
    """Tells the features of the phrases of one text.

    Args:
        view: the text. kinds: what each sentence does (see outcome_scope). blocked: which tokens name an arm.
        keys: the key of each phrase's outcome. phrases: the phrases, in order.
    """

    def __init__(
        self, view: View, kinds: list[str], blocked: list[bool], phrases: list[Phrase], keys: list[str]
    ) -> None:
        self.view = view
        self.kinds = kinds
        self.r = outcome_bits()
        self.bits = word_bits(view)
        self.count = Counter(keys)
        self.seen: set[str] = set()
        self.seen_in_results: set[str] = set()
        self.labels = self._section_labels()
        length = max(1, len(view.text))
        self.sentences: list[list[str]] = []
        for s, (first, stop) in enumerate(view.ranges):
            kinds_here = {view.tokens[i].kind for i in range(first, stop)}
            features = [f"kind={kinds[s]}", f"section={self.labels[s]}"]
            if first < stop:
                features.append(f"place={12 * view.tokens[first].start // length}")
            if kinds_here & FIGURES_OF_FINDINGS - {"number"}:
                features.append("sentence:statistic")
            if "p_value" in kinds_here or "estimate" in kinds_here:
                features.append("sentence:p")
            if any(blocked[first:stop]):
                features.append("sentence:arm")
            if any(self.bits[i] & self.r.compare for i in range(first, stop)):
                features.append("sentence:compare")
            seen = 0
            for i in range(first, stop):
                seen |= self.bits[i]
            features.extend(f"cue:{name}" for name, bit in _cues() if seen & bit)
            left = len(view.ranges) - s
            features.append("last" if left == 1 else "last2" if left == 2 else "inside")
            self.sentences.append(features)
        self.conditions = self._conditions()
        self.place: dict[int, tuple[int, int]] = {}
        here: dict[int, list[int]] = {}
        for phrase in phrases:
            here.setdefault(view.sentence_of[phrase.first], []).append(phrase.first)
        for firsts in here.values():
            for rank, token in enumerate(firsts):
                self.place[token] = (rank, len(firsts))
        self.starts = {p.first for p in phrases}

    def _conditions(self) -> list[bool]:
        out = [False] * len(self.view.tokens)
        t = 0
        tokens = self.view.tokens
        for mention in self.view.reading.mentions:
            if mention.label != "condition":
                continue
            while t > 0 and t < len(tokens) and tokens[t].start > mention.start:
                t -= 1
            while t < len(tokens) and tokens[t].end <= mention.start:
                t += 1
            i = t
            while i < len(tokens) and tokens[i].start < mention.end:
                out[i] = True
                i += 1
        return out

    def _section_labels(self) -> list[str]:
        reading = self.view.reading
        labels = []
        for start, _ in reading.sentences:
            labels.append(next((s.label for s in reversed(reading.sections) if s.start <= start < s.end), "body"))
        return labels

    def features(self, phrase: Phrase, key: str) -> list[str]:
        """Return the features of ``phrase``, which must come in the order of the text."""
        view, r, bits, lows = self.view, self.r, self.bits, self.view.lows
        first, stop = phrase.first, phrase.stop
        sentence = view.sentence_of[first]
        low, high = view.ranges[sentence]
        kind = self.kinds[sentence]
        out = [f"rule={phrase.rule}", f"rule={phrase.rule}+{kind}"]
        out.extend(self._near_values(first, stop, low, high))
        rank, many = self.place[first]
        out.append(f"rank={min(rank, 3)}")
        out.append(f"many={'1' if many == 1 else '2-3' if many < 4 else '4-6' if many < 7 else '7+'}")
        out.append(f"head={word_of(view, stop - 1)}")
        out.append(f"first={word_of(view, first)}")
        out.append("vocabulary" if phrase.concept is not None else "unlisted")
        if view.text[view.tokens[first].start : view.tokens[stop - 1].end].isupper():
            out.append("capitals")
        following = lows[stop] if stop < high else "."
        before = lows[first - 1] if first > low else "^"
        if stop < high and bits[stop] & r.be:
            out.append("be after")
        if stop < high and bits[stop] & r.result_verb:
            out.append("verb after")
        out.append(
            f"before={before}"
            if before in _BEFORE
            else "before=figure"
            if first > low and view.tokens[first - 1].figure is not None
            else "before=other"
        )
        out.append(f"after={following}" if following in _AFTER else "after=other")
        window = lows[max(low, first - 5) : first]
        if any(w in _DIFFERENCE for w in window):
            out.append("difference before")
        if any(w in _PEOPLE for w in window[-3:]) and before in ("with", "had", "for"):
            out.append("people before")
        if first > low and bits[first - 1] & r.object_verb:
            out.append("object")
        depth = sum(1 for w in lows[low:first] if w in "([") - sum(1 for w in lows[low:first] if w in ")]")
        if depth > 0:
            out.append("bracketed")
        size = stop - first
        out.append("one" if size == 1 else "two" if size == 2 else "few" if size < 6 else "long")
        if any(bits[i] & r.head for i in range(first, stop)):
            out.append("head noun")
        if bits[first] & r.notoutcome or bits[stop - 1] & r.notoutcome:
            out.append("doubtful word")
        if all(self.conditions[first:stop]):
            out.append("condition")
        elif any(self.conditions[first:stop]):
            out.append("condition inside")
        if any(view.drug[first:stop]):
            out.append("drug inside")
        if any(w in ("cancer", "tumor", "tumors", "carcinoma") for w in lows[first:stop]):
            out.append("tumour inside")
        if phrase.concept is not None and phrase.concept in _GENERIC:
            out.append("generic")
        out.append("again" if key in self.seen else "new")
        if kind == "result":
            out.append("again in results" if key in self.seen_in_results else "new in results")
            self.seen_in_results.add(key)
        out.append("named once" if self.count[key] == 1 else "named twice" if self.count[key] == 2 else "named often")
        self.seen.add(key)
        return out

    def _near_values(self, first: int, stop: int, low: int, high: int) -> list[str]:
        """How far the next and the last value stand, and whether another phrase stands between."""
        tokens = self.view.tokens
        out = []
        after = next((i for i in range(stop, min(high, stop + 30)) if tokens[i].kind in FIGURES_OF_FINDINGS), None)
        if after is None:
            out.append("value after=none")
        else:
            out.append(f"value after={_bin(after - stop)}")
            if any(i in self.starts for i in range(stop, after)):
                out.append("phrase before value")
        before = next(
            (i for i in range(first - 1, max(low, first - 20) - 1, -1) if tokens[i].kind in FIGURES_OF_FINDINGS), None
        )
        out.append("value before=none" if before is None else f"value before={_bin(first - 1 - before)}")
        return out


def _bin(distance: int) -> str:
    return (
        "0"
        if distance == 0
        else "1"
        if distance == 1
        else "2-3"
        if distance < 4
        else "4-7"
        if distance < 8
        else "8-15"
        if distance < 16
        else "16+"
    )


_BEFORE = frozenset(["^", ",", "(", ".", ";", ":", "and", "or", "in", "of", "for", "with", "on", "the", "a", "no", "mean", "median", "to", "by", "from", "had", "were", "was", "more", "less", "fewer", "greater", "higher", "lower", "significant", "significantly", "better", "worse", "both"])  # fmt: skip
_AFTER = frozenset(["^", ",", "(", ")", ".", ";", ":", "and", "or", "in", "of", "for", "with", "on", "was", "were", "to", "by", "from", "between", "among", "at", "after", "than", "is", "are", "as", "during", "compared", "associated", "did", "had"])  # fmt: skip
_DIFFERENCE = frozenset(["difference", "differences", "improvement", "improvements", "reduction", "reductions", "increase", "increases", "decrease", "decreases", "change", "changes", "effect", "rates", "rate", "incidence"])  # fmt: skip
_PEOPLE = frozenset(
    ["patients", "women", "participants", "subjects", "men", "children", "adults", "those", "survivors", "people"]
)
_GENERIC = frozenset(
    {"primary outcome", "secondary outcome", "safety", "efficacy", "feasibility", "tolerability", "adherence"}
)
