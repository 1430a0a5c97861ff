"""Effect sizes from figures: what a meta-analysis takes, with how each number was derived from what is printed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from statistics import NormalDist
from typing import Any, Literal

import msgspec

from extractor.export.figures import Figure, Group, Place
from extractor.printed import decimals

__all__ = ["Effect", "LeftOut", "comparable"]

Scale = Literal["estimate", "events", "means"]
_RATIOS = {"hazard_ratio": "HR", "odds_ratio": "OR", "risk_ratio": "RR", "rate_ratio": "IRR"}
_DIFFERENCES = {"mean_difference": "MD", "risk_difference": "RD", "standardized_mean_difference": "SMD"}
_EQUAL_TIMES = {"year": (12, "month"), "week": (7, "day")}
_OVER_TIME = re.compile(r"surviv|-free\b|\bfree of\b|freedom|cumulative|probab", re.IGNORECASE)
_NORMAL = NormalDist()

LeftOut = dict[str, int]
"""Reason -> how many figures were left out for it."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of two groups of one trial, by an estimate of the two or by one figure of each.

    Attributes:
        kind: "estimate" (yi and sei are filled), "events" (n of N of both groups), "means" (mean, SD, n of both).
        measure: HR, OR, RR, IRR, MD, RD or SMD of an estimate; "events" and "means" for the others.
        yi, sei: the estimate and its standard error, of ratios of the natural logarithm. unit: of a difference.
        first, second: (events, total) or (mean, SD, n) of arm and comparator. derivation: how this came from the print.
        places: the sentences it comes from, of the estimate or of arm and comparator. results: keys of the figures.
        belief: how far it can be relied on, 0 to 1; of two figures, the lesser. marks: "contradicted", "retracted", ...
        others: figures of the same comparison that were left out, so that no trial counts twice.
    """

    kind: Scale
    trial: str
    study: str
    registry_ids: str | None
    outcome: str
    measure: str
    time: str
    subgroup: str
    unit: str | None
    arm: Group
    comparator: Group
    yi: float | None = None
    sei: float | None = None
    first: tuple[float, ...] = ()
    second: tuple[float, ...] = ()
    derivation: str = ""
    places: tuple[Place, ...] = ()
    results: tuple[str, ...] = ()
    belief: float = 0.0
    marks: str = ""
    others: int = 0

    @property
    def set(self) -> str:
        """What must be equal for two rows to be pooled: outcome, measure, unit, time point and subgroup."""
        parts = [self.outcome, self.measure, *([self.unit] if self.unit else []), _same_time(self.time) or "no time"]
        return " | ".join([*parts, self.subgroup] if self.subgroup else parts)


def _same_time(time: str) -> str:
    """Years count as 12 months and weeks as 7 days, so that "2 year" and "24 month" are one time point."""
    value, _, unit = time.partition(" ")
    factor, name = _EQUAL_TIMES.get(unit, (1, unit))
    return f"{float(value) * factor:g} {name}" if time else ""


def comparable(figures: Iterable[Figure]) -> tuple[list[Effect], LeftOut]:
    """Return the effects that can be compared over trials, by set and study, and why other figures are no effects.

    Left out is what a trial only cites or expects, what lacks outcome, group or standard error, and all but one of
    several figures of one comparison (kept is the one most relied on, then one with an interval).
    """
    left: LeftOut = {}
    usable = []
    for figure in figures:
        reason = _unusable(figure)
        if reason is None:
            usable.append(figure)
        else:
            left[reason] = left.get(reason, 0) + 1
    effects = [effect for figure in usable if (effect := _estimate(figure, left)) is not None]
    effects += _of_groups(usable, left)
    return sorted(_one_each(effects, left), key=lambda e: (e.set, e.study, e.arm.key, e.comparator.key)), left


def _unusable(figure: Figure) -> str | None:
    if figure.context != "reported":
        return "only cited or expected"
    if figure.outcome is None:
        return "no outcome"
    if figure.arm is None:
        return "no group"
    if figure.get("value") is None:
        return "no value"
    return None


def _count(left: LeftOut, reason: str) -> None:
    left[reason] = left.get(reason, 0) + 1


# ---- estimates of two groups


def _estimate(figure: Figure, left: LeftOut) -> Effect | None:
    name = _RATIOS.get(figure.measure) or _DIFFERENCES.get(figure.measure)
    if name is None:
        return None
    if figure.comparator is None or figure.arm is None:
        _count(left, "no comparator")
        return None
    value = float(figure.get("value"))
    ratio = figure.measure in _RATIOS
    if ratio and value <= 0:
        _count(left, "ratio not above 0")
        return None
    yi = math.log(value) if ratio else value
    error = _standard_error(figure, yi, ratio)
    if error is None:
        _count(left, "no standard error")
        return None
    sei, how = error
    return Effect(
        kind="estimate",
        measure=name,
        arm=figure.arm,
        comparator=figure.comparator,
        unit=None if ratio else figure.get("unit"),
        yi=yi,
        sei=sei,
        derivation=f"yi = {'log(' + name + ')' if ratio else name}; {how}",
        places=figure.places[:1],
        results=(figure.key,),
        belief=figure.belief,
        marks=_marks(figure),
        **_about(figure),
    )


def _marks(*figures: Figure) -> str:
    return "; ".join(sorted({str(mark) for figure in figures if (mark := figure.get("marks"))}))


def _about(figure: Figure) -> dict[str, Any]:
    return {
        "trial": figure.trial,
        "study": figure.trial_name,
        "registry_ids": figure.registry_ids,
        "outcome": figure.outcome,
        "time": figure.time,
        "subgroup": figure.subgroup or "",
    }


def _standard_error(figure: Figure, yi: float, ratio: bool) -> tuple[float, str] | None:
    """Return the standard error of ``yi`` and how it was derived.

    From the interval: (high - low) / (2 * z of its level), of ratios of the logarithms; else from an exact two-sided
    p-value: |yi| / z(p) (Cochrane Handbook 6.3.1 and 6.3.2; Altman and Bland 2011, BMJ 343:d2090).
    """
    low, high = figure.get("ci_low"), figure.get("ci_high")
    level = figure.get("ci_level")
    if low is not None and high is not None and low < high and (not ratio or low > 0):
        stated = 95.0 if level is None else float(level)
        if 50 <= stated < 100:
            z = _NORMAL.inv_cdf(0.5 + stated / 200)
            width = math.log(high) - math.log(low) if ratio else high - low
            log = "log " if ratio else ""
            guess = "" if level is not None else ", level taken to be 95 %"
            return width / (2 * z), f"sei = ({log}high - {log}low) / (2 * {z:.4g}) of the {stated:g} % interval{guess}"
    p = figure.get("p_value")
    if figure.get("p_op") == "=" and p is not None and 0 < p < 1 and yi != 0:
        z = -_NORMAL.inv_cdf(p / 2)
        if z > 0:
            return abs(yi) / z, f"sei = |yi| / {z:.4g} from the two-sided p = {p:g}"
    return None


# ---- one figure of each group


def _of_groups(figures: list[Figure], left: LeftOut) -> Iterator[Effect]:
    """Yield a comparison of each other group with each comparator that has the figure at the same place."""
    figures = [figure for figure in figures if figure.measure in ("percentage", "count", "mean")]
    arms = [row for figure in figures if (row := _arm_row(figure, left)) is not None]

    def place(row: tuple[Figure, Scale, tuple[float, ...], str]) -> tuple[str, ...]:
        figure, kind, _, _ = row
        unit = str(figure.get("unit") or "") if kind == "means" else ""
        return (figure.trial, figure.outcome or "", kind, unit, figure.time, figure.subgroup or "")

    for _, found in groupby(sorted(arms, key=lambda row: (place(row), row[0].key)), place):
        rows = list(found)
        controls = [row for row in rows if row[0].arm is not None and row[0].arm.role == "comparator"]
        tested = [row for row in rows if row[0].arm is not None and row[0].arm.role == "experimental"]
        if not controls or not tested:
            left["no figure of the other group"] = left.get("no figure of the other group", 0) + len(rows)
        for one in tested:
            for other in controls:
                if one[1] == "events" and one[2][1] == other[2][1] == one[2][0] + other[2][0]:
                    _count(left, "cases divided among the groups, not groups with cases")
                else:
                    yield _pair(one, other)


def _arm_row(figure: Figure, left: LeftOut) -> tuple[Figure, Scale, tuple[float, ...], str] | None:
    """Return (figure, kind, numbers, derivation) of one group's figure; None where the numbers are not all there."""
    arm = figure.arm
    if arm is None or arm.role not in ("experimental", "comparator"):
        _count(left, "neither treated nor control group")
        return None
    if figure.measure in ("percentage", "count"):
        counted = _counted(figure)
        if counted is None:
            _count(left, "no events and total")
            return None
        return figure, "events", counted[0], counted[1]
    total, source = figure.get("total"), "n as printed"
    if total is None:
        total, source = arm.size, "n is the size of the group"
    spread = _sd(figure, total)
    if total is None or total < 2 or spread is None:
        _count(left, "no SD and n")
        return None
    return figure, "means", (float(figure.get("value")), spread[0], float(total)), f"{spread[1]}, {source}"


def _counted(figure: Figure) -> tuple[tuple[float, float], str] | None:
    """Return (events, total) of one group and their derivation: printed, or made from a percentage of a known number.

    A percentage counts where a whole number of the total printed with it rounds to it at its decimals; the size of the
    group is not taken for that total, since the percentage may be of a part of it. Survival and the like are estimates
    over time and no shares of the group (Cochrane Handbook 6.4.2).
    """
    events, total = figure.get("events"), figure.get("total")
    if events is not None and total is not None:
        return ((float(events), float(total)), "events and total as printed") if 0 <= events <= total > 0 else None
    if figure.measure != "percentage" or events is not None or total is None or total <= 0 or total != int(total):
        return None
    value = float(figure.get("value"))
    if not 0 <= value <= 100 or _OVER_TIME.search(figure.outcome or "") is not None:
        return None
    made = round(value * total / 100)
    half = 0.5 * 10.0 ** -decimals(figure.get("value"), figure.get("printed"))
    if abs(100 * made / total - value) > half + 1e-9:
        return None
    return (float(made), float(total)), f"events = {value:g} % of {total:g}, rounded"


def _sd(figure: Figure, total: float | None) -> tuple[float, str] | None:
    """Return the SD and its derivation: printed, or SE * sqrt(n) (Cochrane Handbook 6.5.2.2)."""
    value = figure.get("spread_value")
    if value is None or value < 0:
        return None
    if figure.get("spread") == "sd":
        return float(value), "SD as printed"
    if figure.get("spread") == "se" and total is not None:
        return float(value) * math.sqrt(total), "SD = SE * sqrt(n)"
    return None


def _pair(
    one: tuple[Figure, Scale, tuple[float, ...], str], other: tuple[Figure, Scale, tuple[float, ...], str]
) -> Effect:
    figure, kind, first, how = one
    against, _, second, how_other = other
    assert figure.arm is not None and against.arm is not None
    return Effect(
        kind=kind,
        measure=kind,
        arm=figure.arm,
        comparator=against.arm,
        unit=figure.get("unit") if kind == "means" else None,
        first=first,
        second=second,
        derivation=how if how == how_other else f"first group: {how}; second group: {how_other}",
        places=(*figure.places[:1], *against.places[:1]),
        results=(figure.key, against.key),
        belief=min(figure.belief, against.belief),
        marks=_marks(figure, against),
        **_about(figure),
    )


# ---- one row a comparison


def _as_printed(effect: Effect) -> bool:
    return "from the two-sided p" not in effect.derivation and "events = " not in effect.derivation


def _one_each(effects: list[Effect], left: LeftOut) -> Iterator[Effect]:
    """Yield one effect of each comparison of a trial in a set; two figures of one would count its people twice."""

    def comparison(effect: Effect) -> tuple[str, ...]:
        return (effect.trial, effect.set, effect.arm.key, effect.comparator.key)

    for _, found in groupby(sorted(effects, key=lambda e: (comparison(e), e.results)), comparison):
        same = list(found)
        best = max(same, key=lambda e: (e.belief, _as_printed(e)))
        for _ in same[1:]:
            _count(left, "another figure of the same comparison")
        yield msgspec.structs.replace(best, others=len(same) - 1)
