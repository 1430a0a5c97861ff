"""Quantiles and tail probabilities, from SciPy where the standard library has none."""

from __future__ import annotations

from importlib import import_module
from statistics import NormalDist
from typing import Any

__all__ = ["chi2_quantile", "chi2_tail", "normal_quantile", "normal_two_sided", "t_quantile", "t_two_sided"]

_NORMAL = NormalDist()


def _stats() -> Any:
    return import_module("scipy.stats")  # half a second: only where it is needed


def normal_quantile(level: float) -> float:
    """Return z such that the part ``level`` (0 to 1) of a standard normal lies between -z and z."""
    return _NORMAL.inv_cdf(0.5 + level / 2)


def normal_two_sided(z: float) -> float:
    """Return the two-sided p-value of ``z``."""
    return 2 * _NORMAL.cdf(-abs(z))


def t_quantile(level: float, df: float) -> float:
    """Return t such that the part ``level`` of Student's t with ``df`` degrees of freedom lies between -t and t."""
    return float(_stats().t.ppf(0.5 + level / 2, df))


def t_two_sided(t: float, df: float) -> float:
    """Return the two-sided p-value of ``t``."""
    return float(2 * _stats().t.sf(abs(t), df))


def chi2_tail(value: float, df: float) -> float:
    """Return the probability that a chi-squared variable with ``df`` degrees of freedom is above ``value``."""
    return float(_stats().chi2.sf(value, df))


def chi2_quantile(probability: float, df: float) -> float:
    """Return the value below which a chi-squared variable lies with ``probability``."""
    return float(_stats().chi2.ppf(probability, df))
