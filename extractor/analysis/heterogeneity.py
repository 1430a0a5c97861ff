"""How much true effects differ between studies: Q, tau² by several methods, and its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Literal

from extractor.analysis.distributions import chi2_quantile
from extractor.analysis.effect_sizes import EffectSize
from extractor.errors import AnalysisError

__all__ = ["TauMethod", "cochran_q", "generalised_q", "q_profile_interval", "tau_squared", "weighted_mean"]

TauMethod = Literal["DL", "PM", "REML"]
"""DerSimonian-Laird, Paule-Mandel, restricted maximum likelihood."""
_ROUNDS = 200
_CLOSE = 1e-10
_LARGEST = 1e12


def weighted_mean(effects: Sequence[EffectSize], tau2: float = 0.0) -> tuple[float, float]:
    """Return the mean with weights 1/(variance + tau²), and its variance, 1 over the sum of the weights."""
    weights = [1 / (e.variance + tau2) for e in effects]
    total = sum(weights)
    return sum(w * e.estimate for w, e in zip(weights, effects, strict=True)) / total, 1 / total


def generalised_q(effects: Sequence[EffectSize], tau2: float) -> float:
    """Return the weighted sum of squares about the weighted mean, with weights 1/(variance + tau²)."""
    mean, _ = weighted_mean(effects, tau2)
    return sum((e.estimate - mean) ** 2 / (e.variance + tau2) for e in effects)


def cochran_q(effects: Sequence[EffectSize]) -> float:
    """Return Cochran's Q (Cochran 1954, Biometrics 10:101-129)."""
    return generalised_q(effects, 0.0)


def tau_squared(effects: Sequence[EffectSize], method: TauMethod = "REML") -> float:
    """Return the variance of true effects between studies; never below 0, and 0 for a single study.

    Args:
        method: "DL" (DerSimonian and Laird 1986, Controlled Clinical Trials 7:177-188), "PM" (Paule and Mandel 1982,
            Journal of Research of the NBS 87:377-385: the value at which the generalised Q equals its degrees of freedom),
            "REML" (Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261-293; Fisher scoring).

    Raises:
        AnalysisError: there is no study.
    """
    if not effects:
        raise AnalysisError("there is no study")
    if len(effects) == 1:
        return 0.0
    if method == "DL":
        return _dersimonian_laird(effects)
    if method == "PM":
        return _root(lambda tau2: generalised_q(effects, tau2) - (len(effects) - 1))
    return _restricted_likelihood(effects)


def _dersimonian_laird(effects: Sequence[EffectSize]) -> float:
    weights = [1 / e.variance for e in effects]
    total = sum(weights)
    excess = cochran_q(effects) - (len(effects) - 1)
    return max(0.0, excess / (total - sum(w * w for w in weights) / total))


def _restricted_likelihood(effects: Sequence[EffectSize]) -> float:
    """Fisher scoring for the one parameter tau²: with P = W - W 1 1' W / sum(W), the step is (y'PPy - tr P) / tr PP."""
    tau2 = _dersimonian_laird(effects)
    for _ in range(_ROUNDS):
        weights = [1 / (e.variance + tau2) for e in effects]
        total = sum(weights)
        squares = sum(w * w for w in weights)
        cubes = sum(w**3 for w in weights)
        mean, _ = weighted_mean(effects, tau2)
        spread = sum((w * (e.estimate - mean)) ** 2 for w, e in zip(weights, effects, strict=True))
        trace = total - squares / total
        trace_of_square = squares - 2 * cubes / total + (squares / total) ** 2
        step = (spread - trace) / trace_of_square
        while tau2 + step < 0 and abs(step) > _CLOSE:
            step /= 2
        new = max(0.0, tau2 + step)
        if abs(new - tau2) <= _CLOSE * (1 + tau2):
            return new if new > _CLOSE else 0.0
        tau2 = new
    return _likeliest(effects, max(tau2, _dersimonian_laird(effects)))


def _likeliest(effects: Sequence[EffectSize], near: float) -> float:
    """Where the restricted likelihood is greatest, by bounded search: for the rare data on which scoring creeps or goes round."""

    def against(tau2: float) -> float:
        weights = [1 / (e.variance + tau2) for e in effects]
        return sum(math.log(e.variance + tau2) for e in effects) + math.log(sum(weights)) + generalised_q(effects, tau2)

    spread = max(e.estimate for e in effects) - min(e.estimate for e in effects)
    optimize = import_module("scipy.optimize")  # half a second: only where it is needed
    found = optimize.minimize_scalar(against, bounds=(0.0, 10 * near + spread**2), method="bounded", options={"xatol": _CLOSE})
    best = float(found.x)
    return best if best > _CLOSE and against(best) < against(0.0) else 0.0


def q_profile_interval(effects: Sequence[EffectSize], level: float = 0.95) -> tuple[float, float]:
    """Return the interval of tau² by the Q-profile method (Viechtbauer 2007, Statistics in Medicine 26:37-52).

    Its ends are where the generalised Q equals the upper and the lower quantile of chi-squared; an end below 0 is 0.

    Args:
        level: 0 to 1.

    Raises:
        AnalysisError: there are fewer than two studies.
    """
    if len(effects) < 2:
        raise AnalysisError("one study tells nothing of how effects differ between studies")
    df, rest = len(effects) - 1, (1 - level) / 2
    upper, lower = chi2_quantile(1 - rest, df), chi2_quantile(rest, df)
    return (
        _root(lambda tau2: generalised_q(effects, tau2) - upper),
        _root(lambda tau2: generalised_q(effects, tau2) - lower),
    )


def _root(falling: Callable[[float], float]) -> float:
    """Return where a falling function of tau² crosses 0, by bisection; 0 where it is below 0 from the start."""
    if falling(0.0) <= 0:
        return 0.0
    high = 1.0
    while falling(high) > 0:
        high *= 2
        if high > _LARGEST:
            raise AnalysisError("the estimates differ beyond all bounds")
    low = 0.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
        if high - low <= _CLOSE * high:
            break
    return (low + high) / 2
