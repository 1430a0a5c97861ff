"""Pooling of counts by Mantel and Haenszel: a common effect, also where events are few or cells are empty."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from extractor.analysis.distributions import chi2_tail, normal_quantile, normal_two_sided
from extractor.analysis.effect_sizes import EffectSize, TwoByTwo, log_odds_ratio, log_risk_ratio, risk_difference
from extractor.analysis.heterogeneity import q_profile_interval
from extractor.analysis.pool import Pooled, check_poolable
from extractor.errors import AnalysisError

__all__ = ["CountMeasure", "mantel_haenszel"]

CountMeasure = Literal["OR", "RR", "RD"]
_EFFECT: dict[str, Callable[[TwoByTwo, str], EffectSize]] = {
    "OR": log_odds_ratio,
    "RR": log_risk_ratio,
    "RD": risk_difference,
}


def mantel_haenszel(tables: Sequence[TwoByTwo], measure: CountMeasure = "OR", *, level: float = 0.95) -> Pooled:
    """Return the pooled log odds ratio, log risk ratio or risk difference; no cell is corrected for the pooled effect.

    Odds ratio: Mantel and Haenszel 1959 with the variance of Robins, Breslow and Greenland 1986 (Biometrics 42:311-323);
    risk ratio and difference with the variances of Greenland and Robins 1985 (Biometrics 41:55-68). Q is the weighted sum of
    squares of the studies' own effects about the pooled one.

    Raises:
        AnalysisError: there is no study, the level is not between 0 and 1, or no study tells the measure.
    """
    check_poolable(tables, level)
    told = [t for t in tables if measure == "RD" or t.informs_ratios]
    if not told:
        raise AnalysisError("in every study all or none of both groups had the event: no ratio is told")
    estimate, variance, shares = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}[measure](told)
    effects = [_EFFECT[measure](t, "") for t in told]
    q = sum((e.estimate - estimate) ** 2 / e.variance for e in effects)
    error, k = math.sqrt(variance), len(told)
    wide = normal_quantile(level)
    return Pooled(
        model="common",
        method="MH",
        adjusted=False,
        studies=k,
        level=level,
        estimate=estimate,
        standard_error=error,
        low=estimate - wide * error,
        high=estimate + wide * error,
        p_value=normal_two_sided(estimate / error),
        prediction=None,
        q=q,
        q_df=k - 1,
        q_p=chi2_tail(q, k - 1) if k > 1 else None,
        tau2=0.0,
        tau2_interval=q_profile_interval(effects, level) if k > 1 else None,
        i2=max(0.0, 1 - (k - 1) / q) if k > 1 and q > 0 else 0.0,
        i2_interval=None,
        weights=tuple(share / sum(shares) for share in shares),
    )


def _odds_ratio(tables: Sequence[TwoByTwo]) -> tuple[float, float, list[float]]:
    rs, ss, pr, ps_qr, qs = [], [], 0.0, 0.0, 0.0
    for table in tables:
        a, b, c, d = table.cells
        n = a + b + c + d
        r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
        rs.append(r)
        ss.append(s)
        pr, ps_qr, qs = pr + p * r, ps_qr + p * s + q * r, qs + q * s
    r, s = sum(rs), sum(ss)
    if r == 0 or s == 0:
        raise AnalysisError("the pooled odds ratio is 0 or without bound: events stand in one group only")
    variance = pr / (2 * r**2) + ps_qr / (2 * r * s) + qs / (2 * s**2)
    return math.log(r / s), variance, ss


def _risk_ratio(tables: Sequence[TwoByTwo]) -> tuple[float, float, list[float]]:
    above, below, spread = [], [], 0.0
    for table in tables:
        a, b, c, d = table.cells
        n1, n2 = a + b, c + d
        n = n1 + n2
        above.append(a * n2 / n)
        below.append(c * n1 / n)
        spread += ((a + c) * n1 * n2 - a * c * n) / n**2
    r, s = sum(above), sum(below)
    if r == 0 or s == 0:
        raise AnalysisError("the pooled risk ratio is 0 or without bound: events stand in one group only")
    return math.log(r / s), spread / (r * s), below


def _risk_difference(tables: Sequence[TwoByTwo]) -> tuple[float, float, list[float]]:
    weights, total, spread = [], 0.0, 0.0
    for table in tables:
        a, b, c, d = table.cells
        n1, n2 = a + b, c + d
        n = n1 + n2
        weights.append(n1 * n2 / n)
        total += (a * n2 - c * n1) / n
        spread += (a * b * n2**3 + c * d * n1**3) / (n1 * n2 * n**2)
    whole = sum(weights)
    if spread == 0:
        raise AnalysisError("the risk difference has no variance: all or none had the event in every group")
    return total / whole, spread / whole**2, weights
