"""Which facts of one trial contradict each other.

Two facts do where they are of one place and their figures can be compared and differ. What is only an incomplete
reading must not look like a contradiction, so:

* the outcome is stated, and neither figure is an expectation;
* a part of the place that one side leaves open may be filled by the other only where there is one choice: arm and
  comparator where the facts on this outcome name one, the time point where the whole trial knows one, since a report
  on a longer time need not give the time with every figure;
* a document that itself states two figures for the place tells them apart by something that was not read, and has no
  say, unless a check finds one of the two wrong, or one is in words or qualified ("half", "nearly 40 %"); nor has one
  that states both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from extractor.assembly.figures import same_figure, same_time
from extractor.assembly.statements import OPEN_PARTS, Cluster

__all__ = ["Contradiction", "contradictions"]

Contradiction = tuple[tuple[int, ...], tuple[str, ...]]
"""Positions of the clusters that contradict each other, and the parts that some of them leave open."""
_MOST = 400
"""Facts of one outcome and kind of figure that are compared in pairs; a table of more has parts that were not read."""


def contradictions(clusters: Sequence[Cluster], times: Sequence[float]) -> list[Contradiction]:
    """Return which of ``clusters`` (of one bucket) contradict each other.

    Args:
        times: all time points (days) that the trial's own figures are given for.
    """
    if not clusters or not clusters[0].head.topic or clusters[0].head.hypothesis or len(clusters) > _MOST:
        return []
    rivals: dict[int, list[int]] = {}
    for i, j in combinations(range(len(clusters)), 2):
        if _one_place(clusters[i], clusters[j]) and _differ(clusters[i], clusters[j]):
            rivals.setdefault(i, []).append(j)
            rivals.setdefault(j, []).append(i)
    told = [_Documents(i, clusters, rivals.get(i, [])) for i in range(len(clusters))]
    settled = {part for part in OPEN_PARTS if _is_one(part, clusters, times)}
    pairs = [
        (i, j)
        for i in sorted(rivals)
        for j in rivals[i]
        if i < j
        and told[i].has_speaker_against(told[j])
        and told[j].has_speaker_against(told[i])
        and settled.issuperset(_open((i, j), clusters))
    ]
    return [(members, _open(members, clusters)) for members in _connected(pairs)]


class _Documents:
    """Who states a figure, and which of them state a rival figure too."""

    def __init__(self, side: int, clusters: Sequence[Cluster], rivals: Sequence[int]) -> None:
        self.every = clusters[side].documents()
        unsure = {document for rival in rivals for document in clusters[rival].documents(sound=True)}
        self.sure = self.every - unsure

    def has_speaker_against(self, other: _Documents) -> bool:
        """Tell whether some document states this figure, neither that of ``other`` nor a further rival."""
        return bool(self.sure - other.every)


def _differ(one: Cluster, other: Cluster) -> bool:
    """Tell whether some statements can be compared and none of those agree."""
    found = False
    for mine in one.statements:
        for theirs in other.statements:
            if mine.figure is None or theirs.figure is None:
                continue
            same = same_figure(mine.figure, theirs.figure)
            if same:
                return False
            found |= same is False
    return found


def _one_place(one: Cluster, other: Cluster) -> bool:
    return (
        (one.arm == other.arm or not one.arm or not other.arm)
        and (one.versus == other.versus or not one.versus or not other.versus)
        and (one.days is None or other.days is None or same_time(one.days, other.days))
    )


def _is_one(part: str, clusters: Sequence[Cluster], times: Sequence[float]) -> bool:
    """Tell whether there is at most one thing that a side can mean which leaves ``part`` open."""
    here = [value for value in (_part(cluster, part) for cluster in clusters) if value is not None]
    known = times if part == "timepoint" else here
    return all(_same(part, known[0], value) for value in known[1:])


def _part(cluster: Cluster, part: str) -> str | float | None:
    if part == "timepoint":
        return cluster.days
    return (cluster.arm if part == "arm" else cluster.versus) or None


def _same(part: str, one: str | float, other: str | float) -> bool:
    if part == "timepoint" and isinstance(one, float) and isinstance(other, float):
        return same_time(one, other)
    return one == other


def _open(members: Sequence[int], clusters: Sequence[Cluster]) -> tuple[str, ...]:
    return tuple(part for part in OPEN_PARTS if len({_part(clusters[member], part) is None for member in members}) > 1)


def _connected(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    groups: list[set[int]] = []
    for pair in pairs:
        touching = [group for group in groups if not group.isdisjoint(pair)]
        groups = [group for group in groups if group.isdisjoint(pair)]
        groups.append(set(pair).union(*touching))
    return sorted(tuple(sorted(group)) for group in groups)
