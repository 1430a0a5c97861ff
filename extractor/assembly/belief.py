"""How far a fact can be relied on: by how many independent sources, of what kind, and whether its arithmetic holds.

As INDRA does for statements read by several readers (Gyori et al. 2017, Mol Syst Biol 13:954), each kind of source k
errs at random with probability r_k, anew each time, and systematically with s_k, in the same way each time. Sources of
different kinds err independently, so that all that state a fact are wrong with probability

    error = product over kinds k of min(1, s_k + r_k ** n_k),        belief = 1 - error

where n_k is the sum of the weights of the independent sources of that kind: 1 for a sound one, less for one that is
retracted or corrected, that only cites the figure, or whose arithmetic fails. ``data/priors.tsv`` holds r and s,
``data/weights.tsv`` the weights; where a source states a fact twice its better statement counts.

Of figures that contradict each other at most one is right. With b_i the belief in figure i for itself,

    belief_i = b_i * prod_{j != i} (1 - b_j) / (prod_j (1 - b_j) + sum_i b_i * prod_{j != i} (1 - b_j))

which is the chance that i is right and the others wrong, given that not two of them are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import prod
from pathlib import Path
from typing import Literal

import msgspec

from extractor.assembly.types import Belief, Evidence, TrialReport
from extractor.errors import LexiconError
from extractor.lexicon.tables import read_table

__all__ = ["Prior", "Sources", "against_each_other", "priors", "weights"]

_DATA = Path(__file__).parent / "data"
_MARKS = ("retracted", "concern", "corrected")
_WEIGHTS = ("arithmetic_holds", "arithmetic_unchecked", "arithmetic_fails", "cited", *_MARKS)
Arithmetic = Literal["holds", "fails", "unchecked"]


class Prior(msgspec.Struct, frozen=True):
    """How often a kind of source errs: ``random`` anew each time, ``systematic`` in the same way each time."""

    random: float
    systematic: float


def _share(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError as error:
        raise LexiconError(f"not a number: {cell!r}", where) from error
    if not 0 <= value <= 1:
        raise LexiconError(f"{cell} is not between 0 and 1", where)
    return value


@cache
def priors(path: Path = _DATA / "priors.tsv") -> dict[str, Prior]:
    """Return the priors by kind of document, most reliable first.

    Raises:
        LexiconError: the file cannot be read, a figure is not between 0 and 1, or a kind is missing.
    """
    found = {}
    for row in read_table(path, ("kind", "random", "systematic", "reason")):
        kind, chance, system, _ = row.cells
        found[kind] = Prior(_share(chance, row.where), _share(system, row.where))
    missing = {"registry", "full_text", "abstract", "press_release", "news"} ^ found.keys()
    if missing:
        raise LexiconError(f"kinds missing or unknown: {', '.join(sorted(missing))}", str(path))
    return dict(sorted(found.items(), key=lambda item: (item[1].random + item[1].systematic, item[0])))


@cache
def weights(path: Path = _DATA / "weights.tsv") -> dict[str, float]:
    """Return what a source counts by what is known of it.

    Raises:
        LexiconError: the file cannot be read, a weight is not between 0 and 1, or one is missing.
    """
    rows = {row.cells[0]: row for row in read_table(path, ("what", "weight", "reason"))}
    missing = set(_WEIGHTS) ^ rows.keys()
    if missing:
        raise LexiconError(f"weights missing or unknown: {', '.join(sorted(missing))}", str(path))
    return {what: _share(row.cells[1], row.where) for what, row in rows.items()}


class Sources:
    """The documents of one trial: which are independent, and which of their figures fail a check."""

    def __init__(self, reports: Sequence[TrialReport], independent: Mapping[str, str]) -> None:
        self._independent = independent
        self._status = {report.document: report.record.document.status for report in reports}
        self._failing = {
            (report.document, check.result)
            for report in reports
            for check in report.record.checks
            if check.severity == "error" and check.result is not None
        }
        kinds: dict[str, set[str]] = {}
        for report in reports:
            kinds.setdefault(independent[report.document], set()).add(report.record.document.kind)
        self._kinds = {source: next(kind for kind in priors() if kind in found) for source, found in kinds.items()}

    def belief(self, evidence: Sequence[Evidence]) -> Belief:
        """Return the belief in a fact that ``evidence`` states, before anything that contradicts it."""
        counted: dict[str, float] = {}
        found: set[Arithmetic] = set()
        marks: set[str] = set()
        for item in evidence:
            arithmetic = self._arithmetic(item)
            found.add(arithmetic)
            weight = weights()[f"arithmetic_{arithmetic}"]
            if item.result.context != "reported":
                weight *= weights()["cited"]
            status = self._status[item.document]
            if status in _MARKS:
                marks.add(status)
                weight *= weights()[status]
            source = self._independent[item.document]
            counted[source] = max(weight, counted.get(source, 0.0))
        kinds: dict[str, float] = {}
        for source, weight in counted.items():
            kinds[self._kinds[source]] = kinds.get(self._kinds[source], 0.0) + weight
        error = prod(
            min(1.0, priors()[kind].systematic + priors()[kind].random ** number) for kind, number in kinds.items()
        )
        holds: Arithmetic = "holds" if "holds" in found else "unchecked"
        return Belief(
            score=round(1 - error, 4),
            sources=len(counted),
            kinds=tuple(sorted(kinds)),
            arithmetic="fails" if "fails" in found else holds,
            marks=tuple(mark for mark in _MARKS if mark in marks),
        )

    def _arithmetic(self, item: Evidence) -> Arithmetic:
        result = item.result
        if (item.document, result.id) in self._failing:
            return "fails"
        counts = result.measure == "percentage" and result.events is not None and result.total is not None
        interval = result.ci is not None and result.ci.low is not None and result.ci.high is not None
        return "holds" if result.value is not None and (counts or interval) else "unchecked"


def against_each_other(beliefs: Sequence[Belief]) -> tuple[Belief, ...]:
    """Return ``beliefs`` of figures of which at most one is right, lowered and marked "contradicted"."""
    alone = [belief.score for belief in beliefs]
    only = [b * prod(1 - other for j, other in enumerate(alone) if j != i) for i, b in enumerate(alone)]
    every = prod(1 - b for b in alone) + sum(only)
    return tuple(
        msgspec.structs.replace(
            belief,
            score=round(chance / every, 4) if every else 0.0,
            marks=tuple(dict.fromkeys((*belief.marks, "contradicted"))),
        )
        for belief, chance in zip(beliefs, only, strict=True)
    )
