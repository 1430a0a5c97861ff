"""How likely each word of a text belongs to the name of an outcome that its sentence measures: sums of weights.

The sum for a token takes the words around it (see outcome_weights.py), what is known of it and of its neighbours, the
features of its sentence and, inside a candidate phrase, those of the phrase (see outcome_features.py). ``scores`` adds the
weights up without naming them; ``features`` names them, for fitting and for the question why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from extractor.linking.arm_view import View
from extractor.linking.outcome_features import FIGURES_OF_FINDINGS, FeatureReader, word_of
from extractor.linking.outcome_phrases import Phrase
from extractor.linking.outcome_weights import load_weights, word_weights

__all__ = ["TokenReader"]

_OFTEN = 4
_FAR = 24
_EDGE = "^"


class TokenReader:
    """Scores the tokens of one text.

    Args:
        view: the text. reader: the features of its sentences and phrases. phrases: the candidates, in order, none
            overlapping. keys: the key of each phrase's outcome. blocked: which tokens name an arm.
    """

    def __init__(
        self, view: View, reader: FeatureReader, phrases: Sequence[Phrase], keys: Sequence[str], blocked: list[bool]
    ) -> None:
        self.view = view
        self.reader = reader
        self.phrases = phrases
        self.phrase_features = [reader.features(p, k) for p, k in zip(phrases, keys, strict=True)]
        count = len(view.tokens)
        self.owner = [-1] * count
        for index, phrase in enumerate(phrases):
            for i in range(phrase.first, phrase.stop):
                self.owner[i] = index
        self.words = [word_of(view, i) for i in range(count)]
        self.marks = (
            ("arm", blocked), ("drug", view.drug), ("term", view.other), ("condition", reader.conditions),
        )  # fmt: skip
        self.times = Counter(self.words)
        self.title = set(self.words[: view.ranges[0][1]]) if view.ranges else set()
        self.defined: set[str] = set()
        for kind, (first, stop) in zip(reader.kinds, view.ranges, strict=True):
            if kind == "definition":
                self.defined.update(self.words[first:stop])

    # -- the sum ----------------------------------------------------------------------------------------------------

    def scores(self) -> list[float]:
        """Return the sum of the weights for each token (0 is where both answers are as likely)."""
        weights = load_weights()
        single = weights.single.get
        sums: list[float] = []
        for s, (first, stop) in enumerate(self.view.ranges):
            base = weights.bias + sum(single(f, 0.0) for f in self.reader.sentences[s])
            sums.extend(self._words(first, stop, base, self.reader.kinds[s]))
            for i, feature in self._distances(first, stop):
                sums[i] += single(feature, 0.0)
        sums.extend([0.0] * (len(self.words) - len(sums)))
        known: dict[str, float] = {}
        for i, word in enumerate(self.words):
            if word[0].isalpha():
                if word not in known:
                    known[word] = sum(single(f, 0.0) for f in self._word_features(word))
                sums[i] += known[word]
                if self._capitals(i):
                    sums[i] += single("capitals here", 0.0)
        for i, feature in self._marked():
            sums[i] += single(feature, 0.0)
        for phrase, features in zip(self.phrases, self.phrase_features, strict=True):
            whole = sum(single(f, 0.0) for f in features)
            for i in range(phrase.first, phrase.stop):
                sums[i] += whole + single(_position(phrase, i), 0.0)
        for i, owner in enumerate(self.owner):
            if owner < 0:
                sums[i] += sum(single(f, 0.0) for f in self._outside(i))
        return sums

    def _words(self, first: int, stop: int, base: float, kind: str) -> list[float]:
        """Return ``base`` with the weights of the words around, for the tokens of one sentence."""
        edge = word_weights(_EDGE)
        rows = [edge, edge, *(word_weights(w) for w in self.words[first:stop]), edge, edge]
        sums = []
        for j in range(2, len(rows) - 2):
            total = base + rows[j][0][kind] + rows[j - 1][1] + rows[j - 2][2] + rows[j + 1][4] + rows[j + 2][5]
            for row in rows[max(2, j - 5) : max(2, j - 2)]:
                total += row[3]
            for row in rows[j + 3 : min(j + 6, len(rows) - 2)]:
                total += row[6]
            sums.append(total)
        return sums

    # -- the features by name ---------------------------------------------------------------------------------------

    def features(self) -> list[list[str]]:
        """Return the names of the features of each token, bias left out; their weights add up to ``scores``."""
        words = self.words
        out: list[list[str]] = []
        for s, (first, stop) in enumerate(self.view.ranges):
            for i in range(first, stop):
                near = [words[k] if first <= k < stop else _EDGE for k in (i - 1, i - 2, i + 1, i + 2)]
                names = [f"{slot}={word}" for slot, word in zip(("w-1", "w-2", "w+1", "w+2"), near, strict=True)]
                names += [f"w={words[i]}", f"{self.reader.kinds[s]}={words[i]}"]
                names += [f"end3-1={near[0][-3:]}", f"end3+1={near[2][-3:]}"]
                names.extend(f"w-far={w}" for w in words[max(first, i - 5) : max(first, i - 2)])
                names.extend(f"w+far={w}" for w in words[i + 3 : min(i + 6, stop)])
                names.extend(self.reader.sentences[s])
                out.append(names)
            for i, feature in self._distances(first, stop):
                out[i].append(feature)
        out.extend([] for _ in range(len(words) - len(out)))
        for i, word in enumerate(words):
            if word[0].isalpha():
                out[i] += [f"end3={word[-3:]}", f"end4={word[-4:]}", *self._word_features(word)]
                if self._capitals(i):
                    out[i].append("capitals here")
            owner = self.owner[i]
            if owner < 0:
                out[i].extend(self._outside(i))
            else:
                out[i].extend(self.phrase_features[owner])
                out[i].append(_position(self.phrases[owner], i))
        for i, feature in self._marked():
            out[i].append(feature)
        return out

    def _word_features(self, word: str) -> list[str]:
        names = [f"times={min(_OFTEN, self.times[word])}"]
        if word in self.defined:
            names.append("in a definition")
        if word in self.title:
            names.append("in the first sentence")
        return names

    def _capitals(self, i: int) -> bool:
        token = self.view.tokens[i]
        return token.figure is None and self.view.text[token.start : token.end].isupper()

    def _marked(self) -> Iterator[tuple[int, str]]:
        """Yield (token, feature) for the marks at a token and right beside it, in its sentence."""
        sentence_of, count = self.view.sentence_of, len(self.words)
        for name, marks in self.marks:
            here, after, before = f"at {name}", f"after {name}", f"before {name}"
            for i, marked in enumerate(marks):
                if marked:
                    yield i, here
                    if i + 1 < count and sentence_of[i + 1] == sentence_of[i]:
                        yield i + 1, after
                    if i > 0 and sentence_of[i - 1] == sentence_of[i]:
                        yield i - 1, before

    def _distances(self, first: int, stop: int) -> Iterator[tuple[int, str]]:
        """Yield for each token of a sentence how far the next and the last figure of a finding stand."""
        tokens = self.view.tokens
        for name, order in (("figure before", range(first, stop)), ("figure after", range(stop - 1, first - 1, -1))):
            last: int | None = None
            for i in order:
                gap = _FAR + 1 if last is None else abs(i - last)
                yield i, f"{name}={'none' if gap > _FAR else gap if gap < 4 else 5 if gap < 8 else 9}"
                if tokens[i].kind in FIGURES_OF_FINDINGS:
                    last = i

    def _outside(self, i: int) -> list[str]:
        """Return the features of a token outside the candidate phrases: what phrase stands right beside it."""
        s = self.view.sentence_of[i]
        first, stop = self.view.ranges[s]
        left = self.owner[i - 1] if i > first else -1
        right = self.owner[i + 1] if i + 1 < stop else -1
        if left < 0 and right < 0:
            return ["outside"]
        word = self.words[i]
        names = ["outside", "between" if left >= 0 and right >= 0 else "behind" if left >= 0 else "ahead"]
        if left >= 0:
            names.append(f"behind {self.phrases[left].rule}: {word}")
        if right >= 0:
            names.append(f"ahead of {self.phrases[right].rule}: {word}")
        return names


def _position(phrase: Phrase, i: int) -> str:
    if phrase.stop - phrase.first == 1:
        return "only word"
    return "first word" if i == phrase.first else "last word" if i == phrase.stop - 1 else "inner word"
