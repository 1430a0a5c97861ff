"""Pooled effects and networks of comparisons: numbers in, numbers out, each formula with its source."""

from __future__ import annotations

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
from extractor.analysis.heterogeneity import TauMethod, cochran_q, q_profile_interval, tau_squared
from extractor.analysis.mantel_haenszel import mantel_haenszel
from extractor.analysis.network import NetworkGeometry, comparison_network, network_geometry
from extractor.analysis.pool import LeaveOneOut, Pooled, leave_one_out, pool

__all__ = [
    "EffectSize",
    "GroupMean",
    "LeaveOneOut",
    "NetworkGeometry",
    "Pooled",
    "TauMethod",
    "TwoByTwo",
    "cochran_q",
    "comparison_network",
    "leave_one_out",
    "log_odds_ratio",
    "log_risk_ratio",
    "mantel_haenszel",
    "mean_difference",
    "network_geometry",
    "pool",
    "q_profile_interval",
    "risk_difference",
    "standardized_mean_difference",
    "tau_squared",
]
