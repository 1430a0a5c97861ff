"""How likely each word of a text belongs to a phrase of one kind (the name of an outcome, of an intervention, the people
studied): sums of weights.

The sum for a token takes the words around it (see token_weights.py), what is known of it and of its neighbours, the
features of its sentence and, inside a candidate phrase, those of the phrase. ``scores`` adds the weights up without naming
them; ``features`` names them, for fitting and for the question why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, NamedTuple

from extractor.linking.arm_view import View
from extractor.linking.outcome_features import FIGURES_OF_FINDINGS, word_of
from extractor.linking.token_weights import FAR, N, TokenWeights, WordWeights, gap_step

__all__ = ["Candidate", "TokenReader"]

_OFTEN = 4
_EDGE = "^"
_REACH = ("1", "2", "3", "5", "5", "8", "8", "8")
"""The steps of the distance to a mark, for one token, two tokens, and so on."""


class Candidate(NamedTuple):
    """A phrase that may be what is looked for: the tokens [first, stop), the rule that found it, its features."""

    first: int
    stop: int
    rule: str
    features: list[str]


class TokenReader(Generic[N]):
    """Scores the tokens of one text.

    Args:
        view: the text. weights: the table. kinds: what each sentence does (see outcome_scope). sentences: the features of
            each sentence. marks: (name, whether each token bears the mark). phrases: the candidates, in order, none
            overlapping. word_sets: feature -> the words that bear it wherever they stand in the text. reaching: whether a mark tells of the
            tokens some places off as well.
    """

    def __init__(
        self,
        view: View,
        weights: TokenWeights[N],
        kinds: Sequence[str],
        sentences: Sequence[Sequence[str]],
        marks: Sequence[tuple[str, Sequence[bool]]],
        phrases: Sequence[Candidate] = (),
        word_sets: Mapping[str, set[str]] | None = None,
        reaching: bool = False,
    ) -> None:
        self.view = view
        self.weights: TokenWeights[N] = weights
        self.kinds = kinds
        self.sentences = sentences
        self.marks = marks
        self.phrases = phrases
        self.reaching = reaching
        count = len(view.tokens)
        self.owner = [-1] * count
        for index, phrase in enumerate(phrases):
            for i in range(phrase.first, phrase.stop):
                self.owner[i] = index
        self.words: list[str] = [word_of(view, i) for i in range(count)]
        self.times = Counter(self.words)
        defined: set[str] = set()
        for kind, (first, stop) in zip(kinds, view.ranges, strict=True):
            if kind == "definition":
                defined.update(self.words[first:stop])
        title = set(self.words[: view.ranges[0][1]]) if view.ranges else set()
        self.word_sets = {"in a definition": defined, "in the first sentence": title, **(word_sets or {})}

    # -- the sum ----------------------------------------------------------------------------------------------------

    def scores(self) -> list[N]:
        """Return the sum of the weights for each token (0 is where both answers are as likely)."""
        weights: TokenWeights[N] = self.weights
        single, zero = weights.single.get, weights.zero
        sums: list[N] = []
        for s, (first, stop) in enumerate(self.view.ranges):
            base = weights.bias + sum((single(f, zero) for f in self.sentences[s]), zero)
            sums.extend(self._words(first, stop, base, self.kinds[s]))
            for name, i, gap in self._distances(first, stop):
                sums[i] += weights.gaps[name][gap]
        sums.extend([zero] * (len(self.words) - len(sums)))
        known: dict[str, N] = {}
        for i, word in enumerate(self.words):
            if word[0].isalpha():
                if word not in known:
                    known[word] = sum((single(f, zero) for f in self._word_features(word)), zero)
                sums[i] += known[word]
                if self._capitals(i):
                    sums[i] += single("capitals here", zero)
        for feature, places in self._marked():
            weight = single(feature, zero)
            for i in places:
                sums[i] += weight
        for phrase in self.phrases:
            whole = sum((single(f, zero) for f in phrase.features), zero)
            for i in range(phrase.first, phrase.stop):
                sums[i] += whole + single(_position(phrase, i), zero)
        for i, owner in enumerate(self.owner if self.phrases else ()):
            if owner < 0:
                sums[i] += sum((single(f, zero) for f in self._outside(i)), zero)
        return sums

    def _words(self, first: int, stop: int, base: N, kind: str) -> list[N]:
        """Return ``base`` with the weights of the words around, for the tokens of one sentence."""
        weights: TokenWeights[N] = self.weights
        edge: WordWeights[N] = weights.word(_EDGE)
        rows: list[WordWeights[N]] = [edge, edge]
        for word in self.words[first:stop]:
            rows.append(weights.word(word))
        rows += [edge, edge]
        sums: list[N] = []
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
        words: list[str] = self.words
        out: list[list[str]] = []
        for s, (first, stop) in enumerate(self.view.ranges):
            for i in range(first, stop):
                near = [words[k] if first <= k < stop else _EDGE for k in (i - 1, i - 2, i + 1, i + 2)]
                names = [f"{slot}={word}" for slot, word in zip(("w-1", "w-2", "w+1", "w+2"), near, strict=True)]
                names += [f"w={words[i]}", f"{self.kinds[s]}={words[i]}"]
                names += [f"end3-1={near[0][-3:]}", f"end3+1={near[2][-3:]}"]
                names.extend(f"w-far={w}" for w in words[max(first, i - 5) : max(first, i - 2)])
                names.extend(f"w+far={w}" for w in words[i + 3 : min(i + 6, stop)])
                for slot, k in (("role", i), ("role-1", i - 1), ("role+1", i + 1)):
                    if first <= k < stop:
                        names.extend(f"{slot}={role}" for role in self.weights.roles(words[k]))
                names.extend(self.sentences[s])
                out.append(names)
            for name, i, gap in self._distances(first, stop):
                out[i].append(f"{name}={gap_step(gap)}")
        out.extend([] for _ in range(len(words) - len(out)))
        for i in range(len(words)):
            word: str = words[i]
            if word[0].isalpha():
                out[i] += [f"end3={word[-3:]}", f"end4={word[-4:]}", *self._word_features(word)]
                if self._capitals(i):
                    out[i].append("capitals here")
            owner = self.owner[i]
            if owner < 0 and self.phrases:
                out[i].extend(self._outside(i))
            elif owner >= 0:
                out[i].extend(self.phrases[owner].features)
                out[i].append(_position(self.phrases[owner], i))
        for feature, places in self._marked():
            for i in places:
                out[i].append(feature)
        return out

    def _word_features(self, word: str) -> list[str]:
        names = [f"times={min(_OFTEN, self.times[word])}"]
        names.extend(name for name, words in self.word_sets.items() if word in words)
        return names

    def _capitals(self, i: int) -> bool:
        token = self.view.tokens[i]
        return token.figure is None and self.view.text[token.start : token.end].isupper()

    def _marked(self) -> Iterator[tuple[str, list[int]]]:
        """Yield (feature, its tokens) for the marks at a token, right beside it and, if they reach, some places off."""
        sentence_of, count = self.view.sentence_of, len(self.words)
        for name, marks in self.marks:
            here = [i for i, marked in enumerate(marks) if marked]
            if not here:
                continue
            yield f"at {name}", here
            yield f"after {name}", [i + 1 for i in here if i + 1 < count and sentence_of[i + 1] == sentence_of[i]]
            yield f"before {name}", [i - 1 for i in here if i > 0 and sentence_of[i - 1] == sentence_of[i]]
            for word, way in (("since", 1), ("until", -1)) if self.reaching else ():
                edge = [i for i in here if 0 <= i + way < count and not marks[i + way]]
                off = 0
                for step in _REACH:
                    off += way
                    edge = [
                        i
                        for i in edge
                        if 0 <= i + off < count and not marks[i + off] and sentence_of[i + off] == sentence_of[i]
                    ]
                    if not edge:
                        break
                    yield f"{word} {name}={step}", [i + off for i in edge]

    def _distances(self, first: int, stop: int) -> Iterator[tuple[str, int, int]]:
        """Yield (name, token, distance) for each token of a sentence: how far the next and the last figure of a finding
        stand."""
        tokens = self.view.tokens
        for name, order in (("figure before", range(first, stop)), ("figure after", range(stop - 1, first - 1, -1))):
            gap = FAR + 1
            for i in order:
                yield name, i, gap
                gap = 1 if tokens[i].kind in FIGURES_OF_FINDINGS else min(gap + 1, FAR + 1)

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


def _position(phrase: Candidate, i: int) -> str:
    if phrase.stop - phrase.first == 1:
        return "only word"
    return "first word" if i == phrase.first else "last word" if i == phrase.stop - 1 else "inner word"
