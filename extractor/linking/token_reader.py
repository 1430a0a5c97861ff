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

import numpy as np
from numpy.typing import NDArray

from extractor.linking.arm_view import View
from extractor.linking.outcome_features import FIGURES_OF_FINDINGS, word_of
from extractor.linking.token_weights import EDGE, FAR, KINDS, PLACES, N, Numbers, TokenWeights, gap_step

__all__ = ["Candidate", "TokenReader"]

_OFTEN = 4
_REACH = ("1", "2", "3", "5", "5", "8", "8", "8")
"""The steps of the distance to a mark, for one token, two tokens, and so on."""
_PAD = 5
"""As many edges stand between two sentences, so that no word is seen from the sentence beside."""
_KIND = {kind: PLACES.index(kind) for kind in KINDS}
_WAYS = {"w-1": (-1,), "w-2": (-2,), "w+1": (1,), "w+2": (2,), "w-far": (-5, -4, -3), "w+far": (3, 4, 5)}
_AROUND = [(way, PLACES.index(place)) for place, ways in _WAYS.items() for way in ways]
"""How far off the words around stand, and what they count for."""

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


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
        ranges: list[tuple[int, int]] = self.view.ranges
        count = len(self.words)
        if not count:
            return []
        told = ranges[-1][1] if ranges else 0
        sizes: list[int] = [end - begin for begin, end in ranges]
        # what stands behind the last sentence is a stretch of its own
        first = np.repeat([*(begin for begin, _ in ranges), told], [*sizes, count - told])
        stop = np.repeat([*(end for _, end in ranges), count], [*sizes, count - told])
        sums: Numbers = np.zeros(count, dtype=type(self.weights.zero))
        sums[:told] = self._words_around(sizes)
        marked: list[tuple[str, Sequence[bool]]] = [(name, flags) for name, flags in self.marks if True in flags]
        findings = [token.kind in FIGURES_OF_FINDINGS for token in self.view.tokens]
        marks = np.array([np.frombuffer(bytes(row), dtype=bool) for row in (findings, *(flags for _, flags in marked))])
        back, on = _gaps(marks, first, stop)
        for name, gaps in (("figure before", back[0]), ("figure after", on[0])):
            sums[:told] += self.weights.gaps[name][gaps[:told]]
        self._add_words(sums)
        if marked:
            sums = self._with_marks(sums, [name for name, _ in marked], marks[1:], back[1:], on[1:])
        return self._with_phrases(sums) if self.phrases else sums.tolist()

    def _sum(self, features: Sequence[str]) -> N:
        single, zero = self.weights.single.get, self.weights.zero
        return sum((single(feature, zero) for feature in features), zero)

    def _words_around(self, sizes: Sequence[int]) -> Numbers:
        """Return the weights of the sentence and of the words around, for the tokens of the sentences."""
        weights: TokenWeights[N] = self.weights
        words, pad = [EDGE] * _PAD, [EDGE] * _PAD
        for first, stop in self.view.ranges:
            words += self.words[first:stop]
            words += pad
        rows = weights.rows(words)
        # the sums of the edges are made too, and left out at the end
        lengths = [size + _PAD for size in sizes]
        bases = np.array([weights.bias + self._sum(names) for names in self.sentences], dtype=type(weights.zero))
        own = np.repeat(np.array([_KIND[kind] for kind in self.kinds], dtype=int), lengths)
        inner = len(words) - 2 * _PAD
        sums: Numbers = np.repeat(bases, lengths)[:inner]
        sums += rows[np.arange(_PAD, _PAD + inner), own[:inner]]
        for way, place in _AROUND:
            sums += rows[_PAD + way : _PAD + way + inner, place]
        told = np.arange(sum(sizes)) + np.repeat(_PAD * np.arange(len(sizes)), sizes)
        return sums[told]

    def _add_words(self, sums: Numbers) -> None:
        """Add what is known of each word in the text at large, and for words in capitals."""
        single, zero = self.weights.single.get, self.weights.zero
        often = [single(f"times={times}", zero) for times in range(_OFTEN + 1)]
        known = {word: zero + often[min(_OFTEN, times)] for word, times in self.times.items() if word[0].isalpha()}
        for name, words in self.word_sets.items():
            weight = single(name, zero)
            for word in known.keys() & words:
                known[word] += weight
        sums += [known.get(word, zero) for word in self.words]
        capitals = [i for i in self.view.capitals() if self.words[i][0].isalpha()]
        sums[capitals] += single("capitals here", zero)

    def _with_marks(self, sums: Numbers, names: Sequence[str], marks: Flags, back: Places, on: Places) -> Numbers:
        """Return the sums with the weights of the marks at a token, right beside it and, if they reach, some places off.

        Args:
            names, marks: the marks, and a line for each that tells which tokens bear it. back, on: see ``_gaps``.
        """
        tables = self.weights.mark_tables(tuple(names), _REACH if self.reaching else ())
        line = np.arange(len(names))[:, np.newaxis]
        parts = [np.where(marks, tables.at[:, np.newaxis], 0), tables.after[line, back], tables.before[line, on]]
        if self.reaching:
            parts += [np.where(marks, 0, tables.since[line, back]), np.where(marks, 0, tables.until[line, on])]
        # one mark after the other, so that the sums do not depend on how many there are
        added = np.stack(parts, axis=1).reshape(len(names) * len(parts), len(sums))
        total: Numbers = np.add.reduce(np.concatenate([sums[np.newaxis], added]), axis=0)
        return total

    def _with_phrases(self, sums: Numbers) -> list[N]:
        """Return the sums with the weights of the candidate phrases: of their own for the tokens inside, of what stands
        right beside for those outside."""
        owner = self.owner
        beside = {i for phrase in self.phrases for i in (phrase.first - 1, phrase.stop) if 0 <= i < len(owner)}
        beside = {i for i in beside if owner[i] < 0}
        plain = np.array(owner) < 0
        plain[list(beside)] = False
        sums[plain] += self._sum(("outside",))
        out: list[N] = sums.tolist()
        for i in beside:
            out[i] += self._sum(self._outside(i))
        for phrase in self.phrases:
            whole = self._sum(phrase.features)
            for i in range(phrase.first, phrase.stop):
                out[i] += whole + self.weights.single.get(_position(phrase, i), self.weights.zero)
        return out

    # -- the features by name ---------------------------------------------------------------------------------------

    def features(self) -> list[list[str]]:
        """Return the names of the features of each token, bias left out; their weights add up to ``scores``."""
        words: list[str] = self.words
        capitals = set(self.view.capitals())
        out: list[list[str]] = []
        for s, (first, stop) in enumerate(self.view.ranges):
            for i in range(first, stop):
                near = [words[k] if first <= k < stop else "^" for k in (i - 1, i - 2, i + 1, i + 2)]
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
                if i in capitals:
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


def _gaps(marks: Flags, first: Places, stop: Places) -> tuple[Places, Places]:
    """Return for each token how many tokens back the last marked one stands in its sentence, and how many on the next.

    Args:
        marks: lines that tell which tokens are marked. first, stop: where the sentence of each token begins and ends.
    """
    count = marks.shape[1]
    here = np.arange(count)
    last, following = np.full((len(marks), count + 1), -1), np.full((len(marks), count + 1), count)
    np.maximum.accumulate(np.where(marks, here, -1), axis=1, out=last[:, 1:])
    following[:, :-1] = np.minimum.accumulate(np.where(marks, here, count)[:, ::-1], axis=1)[:, ::-1]
    back = np.where(last[:, :-1] >= first, here - last[:, :-1], FAR + 1)
    on = np.where(following[:, 1:] < stop, following[:, 1:] - here, FAR + 1)
    return np.minimum(back, FAR + 1), np.minimum(on, FAR + 1)
