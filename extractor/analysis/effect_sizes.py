"""Effect sizes of one study from its counts or means, with their sampling variances.

Ratios are on the scale of natural logarithms, where they are pooled. Formulas: Borenstein, Hedges, Higgins and Rothstein,
Introduction to Meta-Analysis (2009), chapters 4 and 5, unless another source is named.
"""

from __future__ import annotations

import math

import msgspec

from extractor.errors import AnalysisError

__all__ = [
    "EffectSize",
    "GroupMean",
    "TwoByTwo",
    "log_odds_ratio",
    "log_risk_ratio",
    "mean_difference",
    "risk_difference",
    "standardized_mean_difference",
]

ZERO_CELL = 0.5
"""Added to all four cells of a table in which one is empty, for ratios only (Cochrane Handbook 10.4.4.1)."""


class TwoByTwo(msgspec.Struct, frozen=True, kw_only=True):
    """People with an event and all people, of two groups.

    Raises:
        AnalysisError: a total is not positive, or events are below 0 or above their total.
    """

    events: float
    total: float
    events_control: float
    total_control: float

    def __post_init__(self) -> None:
        for events, total in ((self.events, self.total), (self.events_control, self.total_control)):
            if not (math.isfinite(total) and total > 0 and 0 <= events <= total):
                raise AnalysisError(f"{events:g} events of {total:g} people are not possible")

    @property
    def cells(self) -> tuple[float, float, float, float]:
        """Events and others of the group, events and others of the control group."""
        return (
            self.events,
            self.total - self.events,
            self.events_control,
            self.total_control - self.events_control,
        )

    @property
    def informs_ratios(self) -> bool:
        """Whether a ratio can be told: not where nobody, or everybody, of both groups had the event."""
        a, b, c, d = self.cells
        return (a > 0 or c > 0) and (b > 0 or d > 0)

    def corrected_cells(self) -> tuple[float, float, float, float]:
        """The cells, with ``ZERO_CELL`` added to each where one is empty."""
        cells = self.cells
        if 0 in cells:
            a, b, c, d = cells
            return a + ZERO_CELL, b + ZERO_CELL, c + ZERO_CELL, d + ZERO_CELL
        return cells


class GroupMean(msgspec.Struct, frozen=True, kw_only=True):
    """Mean, standard deviation and number of people of one group.

    Raises:
        AnalysisError: the SD is negative or fewer than two people are told.
    """

    mean: float
    sd: float
    n: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd >= 0 and self.n >= 2):
            raise AnalysisError(f"mean {self.mean:g}, SD {self.sd:g} of {self.n:g} people are not possible")


class EffectSize(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate of one study and its sampling variance, of ratios that of the natural logarithm.

    Attributes:
        estimate, variance: the estimate and its variance (above 0). label: the study. derivation: how it came about.

    Raises:
        AnalysisError: one of them is no finite number, or the variance is not positive.
    """

    estimate: float
    variance: float
    label: str = ""
    derivation: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.estimate) or not math.isfinite(self.variance) or self.variance <= 0:
            raise AnalysisError(
                f"an estimate of {self.estimate:g} with variance {self.variance:g} cannot be pooled ({self.label})"
            )


def log_odds_ratio(table: TwoByTwo, label: str = "") -> EffectSize:
    """Return the log odds ratio: variance 1/a + 1/b + 1/c + 1/d.

    Raises:
        AnalysisError: nobody, or everybody, of both groups had the event.
    """
    a, b, c, d = _ratio_cells(table, label)
    return _effect(math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, label, table, "log odds ratio")


def log_risk_ratio(table: TwoByTwo, label: str = "") -> EffectSize:
    """Return the log risk ratio: variance 1/a - 1/(a+b) + 1/c - 1/(c+d).

    Raises:
        AnalysisError: nobody, or everybody, of both groups had the event.
    """
    a, b, c, d = _ratio_cells(table, label)
    n, m = a + b, c + d
    return _effect(math.log((a / n) / (c / m)), 1 / a - 1 / n + 1 / c - 1 / m, label, table, "log risk ratio")


def risk_difference(table: TwoByTwo, label: str = "") -> EffectSize:
    """Return the risk difference: variance ab/n³ + cd/m³; where that is 0, of the corrected cells.

    Raises:
        AnalysisError: never for a possible table.
    """
    for a, b, c, d in (table.cells, table.corrected_cells()):
        n, m = a + b, c + d
        variance = a * b / n**3 + c * d / m**3
        if variance > 0:
            return _effect(a / n - c / m, variance, label, table, "risk difference")
    raise AnalysisError(f"the risk difference has no variance ({label})")


def mean_difference(group: GroupMean, control: GroupMean, label: str = "") -> EffectSize:
    """Return the mean difference: variance SD²/n + SD²/n of the two groups.

    Raises:
        AnalysisError: both SDs are 0.
    """
    variance = group.sd**2 / group.n + control.sd**2 / control.n
    return EffectSize(
        estimate=group.mean - control.mean, variance=variance, label=label, derivation="mean difference of the groups"
    )


def standardized_mean_difference(group: GroupMean, control: GroupMean, label: str = "") -> EffectSize:
    """Return Hedges' g: the difference in pooled SDs, times the exact correction for small samples.

    The correction is J(m) = gamma(m/2) / (sqrt(m/2) gamma((m-1)/2)) with m = n1 + n2 - 2, the variance
    1/n1 + 1/n2 + g²/(2 (n1 + n2)) (Hedges 1981, Journal of Educational Statistics 6:107-128).

    Raises:
        AnalysisError: both SDs are 0.
    """
    m = group.n + control.n - 2
    pooled = math.sqrt(((group.n - 1) * group.sd**2 + (control.n - 1) * control.sd**2) / m)
    if pooled == 0:
        raise AnalysisError(f"both SDs are 0 ({label})")
    correction = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    g = correction * (group.mean - control.mean) / pooled
    variance = 1 / group.n + 1 / control.n + g**2 / (2 * (group.n + control.n))
    return EffectSize(estimate=g, variance=variance, label=label, derivation="Hedges' g of the groups")


def _ratio_cells(table: TwoByTwo, label: str) -> tuple[float, float, float, float]:
    if not table.informs_ratios:
        raise AnalysisError(f"a study in which all or none of both groups had the event tells no ratio ({label})")
    return table.corrected_cells()


def _effect(estimate: float, variance: float, label: str, table: TwoByTwo, what: str) -> EffectSize:
    how = (
        f"{what} of {table.events:g}/{table.total:g} against {table.events_control:g}/{table.total_control:g}"
        f"{f', {ZERO_CELL:g} added to each cell' if 0 in table.cells and what != 'risk difference' else ''}"
    )
    return EffectSize(estimate=estimate, variance=variance, label=label, derivation=how)
