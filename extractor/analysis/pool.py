"""Pooled effects over studies: common or random effects, with intervals, a prediction interval and heterogeneity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from extractor.analysis.distributions import chi2_tail, normal_quantile, normal_two_sided, t_quantile, t_two_sided
from extractor.analysis.effect_sizes import EffectSize
from extractor.analysis.heterogeneity import (
    TauMethod,
    cochran_q,
    generalised_q,
    q_profile_interval,
    tau_squared,
    weighted_mean,
)
from extractor.errors import AnalysisError

__all__ = ["LeaveOneOut", "Model", "Pooled", "check_poolable", "leave_one_out", "pool"]

Model = Literal["common", "random"]


class Pooled(msgspec.Struct, frozen=True, kw_only=True):
    """A pooled effect; ratios on the scale of natural logarithms.

    Attributes:
        model: "common" (one true effect) or "random" (true effects vary with variance tau²). method: what estimated tau²,
            "MH" for Mantel-Haenszel, "IV" for a common effect by inverse variance. adjusted: whether the interval is that
            of Hartung and Knapp. studies: how many.
        estimate, standard_error, low, high, p_value: of the mean effect, at ``level`` (0.95).
        prediction: interval in which the true effect of a new study lies (None for fewer than three studies and for a
            common effect).
        q, q_df, q_p: Cochran's Q, its degrees of freedom and p-value (None for one study).
        tau2, tau2_interval: variance between studies, and its Q-profile interval. i2, i2_interval: the part of the
            variation that is between studies, 0 to 1.
        weights: of each study, adding up to 1.
    """

    model: Model
    method: str
    adjusted: bool
    studies: int
    level: float
    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    prediction: tuple[float, float] | None
    q: float
    q_df: int
    q_p: float | None
    tau2: float
    tau2_interval: tuple[float, float] | None
    i2: float
    i2_interval: tuple[float, float] | None
    weights: tuple[float, ...]


def check_poolable(studies: Sequence[object], level: float) -> None:
    """Raise AnalysisError where there is no study to pool, or ``level`` is not between 0 and 1."""
    if not studies:
        raise AnalysisError("there is no study to pool")
    if not 0 < level < 1:
        raise AnalysisError(f"the level must be between 0 and 1, not {level:g}")


def pool(
    effects: Sequence[EffectSize],
    *,
    model: Model = "random",
    tau_method: TauMethod = "REML",
    hartung_knapp: bool = False,
    level: float = 0.95,
) -> Pooled:
    """Return the pooled effect by inverse variance.

    Args:
        effects: of the studies, in any order. model, tau_method: see ``Pooled`` and ``tau_squared``.
        hartung_knapp: widen the interval by the weighted spread of the estimates about their mean, with Student's t of
            k - 1 degrees of freedom (Hartung and Knapp 2001, Statistics in Medicine 20:3875-3889; Sidik and Jonkman 2002);
            never narrower than without the spread (the factor is at least 1, as Röver et al. 2015 advise, BMC Medical
            Research Methodology 15:99). level: of the intervals, 0 to 1.

    Raises:
        AnalysisError: there is no study, or the level is not between 0 and 1.
    """
    check_poolable(effects, level)
    k = len(effects)
    tau2 = tau_squared(effects, tau_method) if model == "random" else 0.0
    mean, variance = weighted_mean(effects, tau2)
    error = math.sqrt(variance)
    adjusted = hartung_knapp and model == "random" and k > 1
    if adjusted:
        error *= math.sqrt(max(1.0, generalised_q(effects, tau2) / (k - 1)))
        wide, p = t_quantile(level, k - 1), t_two_sided(mean / error, k - 1)
    else:
        wide, p = normal_quantile(level), normal_two_sided(mean / error)
    weights = [1 / (e.variance + tau2) for e in effects]
    q = cochran_q(effects)
    tau2_interval = q_profile_interval(effects, level) if k > 1 else None
    typical = _typical_variance(effects)
    return Pooled(
        model=model,
        method=tau_method if model == "random" else "IV",
        adjusted=adjusted,
        studies=k,
        level=level,
        estimate=mean,
        standard_error=error,
        low=mean - wide * error,
        high=mean + wide * error,
        p_value=p,
        prediction=_prediction(mean, error, tau2, k, level) if model == "random" else None,
        q=q,
        q_df=k - 1,
        q_p=chi2_tail(q, k - 1) if k > 1 else None,
        tau2=tau2,
        tau2_interval=tau2_interval,
        i2=_share(tau2, typical) if model == "random" else (max(0.0, 1 - (k - 1) / q) if k > 1 and q > 0 else 0.0),
        i2_interval=None
        if tau2_interval is None
        else (_share(tau2_interval[0], typical), _share(tau2_interval[1], typical)),
        weights=tuple(w / sum(weights) for w in weights),
    )


def _prediction(mean: float, error: float, tau2: float, k: int, level: float) -> tuple[float, float] | None:
    """Student's t of k - 2 degrees of freedom (Higgins, Thompson and Spiegelhalter 2009, JRSS A 172:137-159)."""
    if k < 3:
        return None
    wide = t_quantile(level, k - 2) * math.sqrt(tau2 + error**2)
    return mean - wide, mean + wide


def _typical_variance(effects: Sequence[EffectSize]) -> float:
    """The variance that is typical within studies (Higgins and Thompson 2002, Statistics in Medicine 21:1539-1558, eq. 9);
    that of the study where there is one only."""
    if len(effects) == 1:
        return effects[0].variance
    weights = [1 / e.variance for e in effects]
    total = sum(weights)
    return (len(effects) - 1) * total / (total**2 - sum(w * w for w in weights))


def _share(tau2: float, typical: float) -> float:
    return tau2 / (tau2 + typical)


class LeaveOneOut(msgspec.Struct, frozen=True, kw_only=True):
    """The pooled effect without one study."""

    without: str
    pooled: Pooled


def leave_one_out(
    effects: Sequence[EffectSize],
    *,
    model: Model = "random",
    tau_method: TauMethod = "REML",
    hartung_knapp: bool = False,
    level: float = 0.95,
) -> list[LeaveOneOut]:
    """Return the pooled effects without each study in turn; arguments as for ``pool``.

    Raises:
        AnalysisError: there are fewer than two studies, or as ``pool`` raises.
    """
    if len(effects) < 2:
        raise AnalysisError("one study alone cannot be left out")
    return [
        LeaveOneOut(
            without=left.label,
            pooled=pool(
                [e for j, e in enumerate(effects) if j != i],
                model=model,
                tau_method=tau_method,
                hartung_knapp=hartung_knapp,
                level=level,
            ),
        )
        for i, left in enumerate(effects)
    ]
