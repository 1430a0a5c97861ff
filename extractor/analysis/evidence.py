"""Pooled effects of what stands in a store: two treatments, one outcome, only what is comparable, and what was left out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from extractor.analysis.effect_sizes import (
    EffectSize,
    GroupMean,
    TwoByTwo,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    risk_difference,
    standardized_mean_difference,
)
from extractor.analysis.heterogeneity import TauMethod
from extractor.analysis.mantel_haenszel import mantel_haenszel
from extractor.analysis.pool import Model, Pooled, pool
from extractor.errors import AnalysisError
from extractor.export.effects import Effect, comparable
from extractor.export.figures import Place, figures_of

if TYPE_CHECKING:
    from extractor.query import EvidenceGraph

__all__ = ["LOG_SCALE", "PooledEvidence", "PooledSet", "Settings", "StudyRow", "pool_every_pair", "pool_evidence"]

LOG_SCALE = frozenset({"HR", "OR", "RR", "IRR"})
"""Measures that are pooled as natural logarithms."""
_COUNTS = {"OR": log_odds_ratio, "RR": log_risk_ratio, "RD": risk_difference}
_MEANS = {"MD": mean_difference, "SMD": standardized_mean_difference}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to pool.

    Attributes:
        model, tau_method, hartung_knapp, level: as for ``pool``. counts: what tables of events are turned into. means: the
            same for means. mantel_haenszel: pool tables of events by Mantel and Haenszel instead (a common effect).
    """

    model: Model = "random"
    tau_method: TauMethod = "REML"
    hartung_knapp: bool = False
    level: float = 0.95
    counts: Literal["OR", "RR", "RD"] = "RR"
    means: Literal["MD", "SMD"] = "MD"
    mantel_haenszel: bool = False


class StudyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One study of a pooled set, with ``a`` as the first group whatever way round the document states it.

    Attributes:
        study, trial: name and key of the trial. a, b: labels of the groups. effect: on the scale on which it is pooled.
        low, high: the interval of the study alone. weight: its part, 0 to 1. table: counts, where they are told.
        places: the sentences. turned: the document states b against a. marks: "contradicted", "retracted", ...
    """

    study: str
    trial: str
    a: str
    b: str
    effect: EffectSize
    low: float
    high: float
    weight: float
    table: TwoByTwo | None
    places: tuple[Place, ...]
    results: tuple[str, ...]
    turned: bool
    marks: str


class PooledSet(msgspec.Struct, frozen=True, kw_only=True):
    """Studies that are comparable (same outcome, measure, unit, time point and subgroup) and their pooled effect."""

    outcome: str
    measure: str
    unit: str | None
    time: str
    subgroup: str
    studies: tuple[StudyRow, ...]
    pooled: Pooled

    @property
    def logarithmic(self) -> bool:
        """Whether estimates are logarithms of ratios."""
        return self.measure in LOG_SCALE

    def shown(self, value: float) -> float:
        """Return a value of the pooling scale as it is printed: of a ratio its exponential."""
        return math.exp(min(value, 700.0)) if self.logarithmic else value


class PooledEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a question of ``a`` against ``b`` gives: sets, those of most studies first, and why figures were left out."""

    a: str
    b: str
    sets: tuple[PooledSet, ...]
    left_out: dict[str, int]


def pool_evidence(
    evidence: EvidenceGraph, a: str, b: str, outcome: str | None = None, *, settings: Settings | None = None, **filters: Any
) -> PooledEvidence:
    """Return the effects of treatment ``a`` against ``b``, pooled over trials.

    Estimates stand as printed (their standard error from the interval or the p-value); counts and means of two groups are
    turned into the measures that ``settings`` names. A study counts once in a set. What a document retracts is left out.

    Args:
        evidence: the graph. a, b: treatments, by any name. outcome: of this outcome only. filters: as for every question.

    Raises:
        UnknownNameError: a name is not known. AnalysisError: the estimates differ beyond all bounds.
    """
    ways = _ways(evidence.compare(a, b, outcome, **filters))
    named = {"drug": a, "outcome": outcome, **filters}
    graph = evidence.to_networkx(**{name: value for name, value in named.items() if value is not None})
    effects, left_out = comparable(figures_of(graph))
    left: Counter[str] = Counter(left_out)
    rows = []
    for effect in effects:
        turned = _turned(effect, ways)
        if turned is None:
            left[f"not {a} against {b}"] += 1
        else:
            rows.append((effect, turned))
    return _pooled(a, b, rows, settings or Settings(), left)


def pool_every_pair(graph: Any, settings: Settings | None = None) -> list[PooledEvidence]:
    """Return the pooled effects of every two treatments that some trial of ``graph`` compares, by the names of both.

    The treatment that is the comparator more often stands second ("placebo"); left out is what none of the pairs can use.

    Args:
        graph: as ``EvidenceGraph.to_networkx`` gives it.

    Raises:
        AnalysisError: the estimates differ beyond all bounds.
    """
    effects, _ = comparable(figures_of(graph))
    pairs: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        one, other = sorted((effect.arm.treatment, effect.comparator.treatment))
        if one != other:
            pairs.setdefault((one, other), []).append(effect)
    found = []
    for (one, other), rows in sorted(pairs.items()):
        first = sum(effect.arm.treatment == one for effect in rows)
        a, b = (one, other) if 2 * first >= len(rows) else (other, one)
        oriented = [(effect, effect.arm.treatment != a) for effect in rows]
        found.append(_pooled(a, b, oriented, settings or Settings(), Counter()))
    return [one for one in found if one.sets]


def _pooled(
    a: str, b: str, effects: Iterable[tuple[Effect, bool]], settings: Settings, left: Counter[str]
) -> PooledEvidence:
    """Pool effects of a against b; with each stands whether it is stated the other way round."""
    rows: list[tuple[_Key, _Study]] = []
    for effect, turned in effects:
        if "retracted" in effect.marks:
            left["retracted"] += 1
            continue
        try:
            rows.append(_study(effect, turned, settings))
        except AnalysisError as error:
            left[str(error).split(" (")[0]] += 1
    sets = [_pooled_set(key, list(found), settings, left) for key, found in groupby(sorted(rows, key=_by_key), _by_key)]
    return PooledEvidence(
        a=a,
        b=b,
        sets=tuple(sorted(sets, key=lambda s: (-len(s.studies), s.outcome, s.measure, s.time))),
        left_out={reason: count for reason, count in left.most_common() if count},
    )


_Key = tuple[str, str, str, str, str]
"""Outcome, measure, unit, time, subgroup."""


class _Study(msgspec.Struct, frozen=True):
    source: Effect
    effect: EffectSize
    table: TwoByTwo | None
    turned: bool


def _by_key(row: tuple[_Key, _Study]) -> _Key:
    return row[0]


def _ways(rows: Iterable[Any]) -> dict[str, bool | str]:
    """For each figure that compares the two: whether it is stated the other way round, or whose it is."""
    ways: dict[str, bool | str] = {}
    for row in rows:
        if row.estimate is not None:
            ways[row.estimate.key] = row.reversed
        if row.a_result is not None:
            ways[row.a_result.key] = "a"
        if row.b_result is not None:
            ways[row.b_result.key] = "b"
    return ways


def _turned(effect: Effect, ways: dict[str, bool | str]) -> bool | None:
    """Whether ``effect`` is stated of b against a; None where it does not compare the two."""
    sides = [ways.get(result) for result in effect.results]
    if effect.kind == "estimate":
        return sides[0] if isinstance(sides[0], bool) else None
    return None if sides not in (["a", "b"], ["b", "a"]) else sides == ["b", "a"]


def _study(source: Effect, turned: bool, settings: Settings) -> tuple[_Key, _Study]:
    table: TwoByTwo | None = None
    sides = (source.second, source.first) if turned else (source.first, source.second)
    if source.kind == "estimate":
        assert source.yi is not None and source.sei is not None
        estimate = -source.yi if turned else source.yi
        measure = source.measure
        effect = EffectSize(
            estimate=estimate, variance=source.sei**2, label=source.study, derivation=source.derivation
        )
    elif source.kind == "events":
        measure = settings.counts
        (events, total), (events_control, total_control) = sides
        table = TwoByTwo(events=events, total=total, events_control=events_control, total_control=total_control)
        effect = _COUNTS[measure](table, source.study)
    else:
        measure = settings.means
        first, second = (GroupMean(mean=mean, sd=sd, n=n) for mean, sd, n in sides)
        effect = _MEANS[measure](first, second, source.study)
    unit = "" if measure in ("SMD", *LOG_SCALE, "RD") else source.unit or ""
    key = (source.outcome, measure, unit, source.time, source.subgroup)
    return key, _Study(source, effect, table, turned)


def _pooled_set(key: _Key, rows: list[tuple[_Key, _Study]], settings: Settings, left: Counter[str]) -> PooledSet:
    studies = list(_one_each([study for _, study in rows], left))
    effects = [study.effect for study in studies]
    tables = [study.table for study in studies if study.table is not None]
    outcome, measure, unit, time, subgroup = key
    if settings.mantel_haenszel and len(tables) == len(studies) and measure in _COUNTS:
        pooled = mantel_haenszel(tables, settings.counts, level=settings.level)
    else:
        pooled = pool(
            effects,
            model=settings.model,
            tau_method=settings.tau_method,
            hartung_knapp=settings.hartung_knapp,
            level=settings.level,
        )
    return PooledSet(
        outcome=outcome,
        measure=measure,
        unit=unit or None,
        time=time,
        subgroup=subgroup,
        studies=tuple(
            _row(study, weight, settings.level) for study, weight in zip(studies, pooled.weights, strict=True)
        ),
        pooled=pooled,
    )


def _one_each(studies: list[_Study], left: Counter[str]) -> Iterator[_Study]:
    """Yield one figure of each trial: that most relied on, counts before an estimate that was derived from a p-value."""
    by_trial: dict[str, list[_Study]] = {}
    for study in studies:
        by_trial.setdefault(study.source.trial, []).append(study)
    for _, found in sorted(by_trial.items(), key=lambda item: item[1][0].source.study):
        best = max(found, key=lambda s: (s.source.belief, s.table is not None, s.source.results))
        left["another figure of a study that counts already"] += len(found) - 1
        yield best


def _row(study: _Study, weight: float, level: float) -> StudyRow:
    alone = pool([study.effect], model="common", level=level)
    source = study.source
    a, b = (source.comparator, source.arm) if study.turned else (source.arm, source.comparator)
    places = source.places
    return StudyRow(
        study=source.study,
        trial=source.trial,
        a=a.label,
        b=b.label,
        effect=study.effect,
        low=alone.low,
        high=alone.high,
        weight=weight,
        table=study.table,
        places=places[::-1] if study.turned else places,
        results=source.results,
        turned=study.turned,
        marks=source.marks,
    )
