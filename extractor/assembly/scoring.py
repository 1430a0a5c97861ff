"""Trials without a common name, joined by a score over drug, condition, design, enrolment and figures (``features``).

Only pairs that share a candidate key (``extractor.identity``) are scored. The best pair of all is joined first and takes
part from then on as one trial; what may not be joined (two ids of one registry, two numbers of one acronym, a split by the
user) never is. Where a trial fits two that cannot be one about equally well, it is joined to neither. Weights, threshold
and margin stand in ``data/identity_score.tsv``.

A key that many share, as the stories on a well-known trial do, is followed to a few of them only: those that name
most, and the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, islice

import msgspec

from extractor.assembly.features import Profile, compare, identity_score, score_weights
from extractor.assembly.joining import Group
from extractor.assembly.types import Join

__all__ = ["join_by_score"]

_MANY_SHARING = 24
"""Trials that share one candidate key, up to which each is compared with each."""
_ANCHORS = 4
"""Trials that all others are compared with where more share a key."""
_MOST_RIVALS = 20


class _Pair(msgspec.Struct, frozen=True):
    one: Group
    other: Group
    score: float
    parts: tuple[str, ...]

    def order(self) -> tuple[float, str, str]:
        return (-self.score, self.one.reports[0].name, self.other.reports[0].name)


def join_by_score(groups: Sequence[Group]) -> None:
    """Join those of ``groups`` whose score reaches the threshold; ``groups`` are in the order of their reports' names."""
    holders: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        for key in group.match_keys():
            holders.setdefault(key, []).append(i)
    linked: dict[int, set[int]] = {}
    for sharing in holders.values():
        for i, j in _pairs_of(sharing, groups):
            linked.setdefault(i, set()).add(j)
            linked.setdefault(j, set()).add(i)
    done: set[int] = set()
    for start in sorted(linked):
        if start not in done:
            part = _reach(start, linked)
            done |= part
            _Part([groups[i] for i in sorted(part)], {(i, j) for i in part for j in linked[i] if i < j}, groups).join()


def _pairs_of(sharing: Sequence[int], groups: Sequence[Group]) -> Iterable[tuple[int, int]]:
    if len(sharing) <= _MANY_SHARING:
        return combinations(sharing, 2)

    def worth(i: int) -> tuple[bool, int, int]:
        return (not groups[i].registry_ids(), -len(groups[i].holders), i)

    anchors = sorted(sharing, key=worth)[:_ANCHORS]
    return {(min(i, j), max(i, j)) for i in anchors for j in sharing if i != j}


def _reach(start: int, linked: dict[int, set[int]]) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        fresh = linked[waiting.pop()] - found
        found |= fresh
        waiting.extend(fresh)
    return found


class _Part:
    """Trials linked by candidate keys, directly or through others, and the scores of the pairs that share one.

    After a join the scores of the trial that has grown are old. Those below the threshold are taken anew at once, since
    they may have risen; the others when their turn comes.
    """

    def __init__(self, members: list[Group], links: set[tuple[int, int]], groups: Sequence[Group]) -> None:
        self._profiles = {id(group): Profile(group) for group in members}
        self._pairs: dict[tuple[int, int], _Pair] = {}
        self._old: set[tuple[int, int]] = set()
        self._apart_known: dict[tuple[int, int], bool] = {}
        for i, j in sorted(links):
            self._put(groups[i], groups[j])

    def _put(self, one: Group, other: Group) -> None:
        key = _key(one, other)
        self._old.discard(key)
        if not one.may_join(other):
            self._pairs.pop(key, None)
            return
        score, parts = identity_score(compare(self._profiles[id(one)], self._profiles[id(other)]))
        self._pairs[key] = _Pair(one, other, score, parts)

    def join(self) -> None:
        """Join all that can be joined."""
        threshold = score_weights().threshold
        while True:
            good = sorted((pair for pair in self._pairs.values() if pair.score >= threshold), key=_Pair.order)
            if not any(self._takes(pair, good) for pair in good):
                return

    def _takes(self, pair: _Pair, good: Sequence[_Pair]) -> bool:
        """Join ``pair``, or only take its score anew where that is old; tell whether either was done."""
        if _key(pair.one, pair.other) in self._old:
            self._put(pair.one, pair.other)
            return True
        if self._rivalled(pair, good):
            return False
        self._unite(pair)
        return True

    def _rivalled(self, pair: _Pair, good: Sequence[_Pair]) -> bool:
        """Tell whether one of the two fits a third about as well, which cannot be the same trial as the other."""
        least = pair.score - score_weights().margin
        ends = {id(pair.one), id(pair.other)}
        rivals = (r for r in good if r.score >= least and len(ends & {id(r.one), id(r.other)}) == 1)
        for rival in islice(rivals, _MOST_RIVALS):
            shared = ends & {id(rival.one), id(rival.other)}
            mine = pair.one if id(pair.other) in shared else pair.other
            theirs = rival.one if id(rival.other) in shared else rival.other
            if not mine.may_join(theirs) or self._apart(mine, theirs):
                return True
        return False

    def _apart(self, one: Group, other: Group) -> bool:
        key = _key(one, other)
        if key not in self._apart_known:
            weights = score_weights()
            found = compare(self._profiles[id(one)], self._profiles[id(other)])
            against, _ = identity_score({name: n for name, n in found.items() if weights.features[name].each < 0})
            self._apart_known[key] = against <= weights.apart
        return self._apart_known[key]

    def _unite(self, pair: _Pair) -> None:
        keep, gone = pair.one, pair.other
        # Those that share a candidate key are the ones to look at.
        shared = min(set(keep.match_keys()) & set(gone.match_keys()), default=None)
        one, other = sorted(
            group.holders[shared] if shared is not None else group.reports[0].name for group in (keep, gone)
        )
        reason = f"alike in {_in_words(pair.parts)}; score {pair.score:g}, at least {score_weights().threshold:g}"
        keep.absorb(gone, Join(rule="score", one=one, other=other, keys=pair.parts, reason=reason, score=pair.score))
        keep.reports.sort(key=lambda report: (report.document, report.trial.id))
        self._profiles[id(keep)].absorb(self._profiles[id(gone)])
        changed = {id(keep), id(gone)}
        self._apart_known = {key: known for key, known in self._apart_known.items() if changed.isdisjoint(key)}
        touched = {key: known for key, known in self._pairs.items() if not changed.isdisjoint(key)}
        best: dict[int, _Pair] = {}
        for key, known in touched.items():
            del self._pairs[key]
            self._old.discard(key)
            third = known.one if id(known.other) in changed else known.other
            if (
                third is not keep
                and third is not gone
                and (id(third) not in best or best[id(third)].score < known.score)
            ):
                best[id(third)] = _Pair(keep, third, known.score, known.parts)
        for known in best.values():
            if known.score < score_weights().threshold:
                self._put(keep, known.other)
            elif keep.may_join(known.other):
                self._pairs[_key(keep, known.other)] = known
                self._old.add(_key(keep, known.other))


def _key(one: Group, other: Group) -> tuple[int, int]:
    return (min(id(one), id(other)), max(id(one), id(other)))


def _in_words(parts: Iterable[str]) -> str:
    names = [part.partition("_same")[0] for part in parts if "_same" in part]
    return ", ".join(dict.fromkeys(names))
