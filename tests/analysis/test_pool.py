"""Pooling: equal to published worked examples to the printed digits, and true whatever the data."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.analysis import (
    EffectSize,
    TauMethod,
    TwoByTwo,
    leave_one_out,
    log_odds_ratio,
    log_risk_ratio,
    mantel_haenszel,
    mean_difference,
    pool,
    q_profile_interval,
    risk_difference,
    standardized_mean_difference,
    tau_squared,
)
from extractor.analysis.heterogeneity import generalised_q
from extractor.errors import AnalysisError
from tests.analysis.studies import (
    bcg_odds_ratios,
    bcg_risk_ratios,
    bcg_tables,
    group,
    lidocaine_risk_differences,
    lidocaine_tables,
)


def printed(*numbers: float, digits: int = 4) -> tuple[float, ...]:
    return tuple(round(number, digits) for number in numbers)


# ---- published examples


def test_bcg_risk_ratios_with_random_effects_as_in_the_manual_of_metafor() -> None:
    found = pool(bcg_risk_ratios())
    assert printed(found.estimate, found.standard_error, found.low, found.high) == (-0.7145, 0.1798, -1.0669, -0.3622)
    assert printed(found.tau2, found.q) == (0.3132, 152.233)
    assert (found.q_df, printed(found.i2, digits=4)) == (12, (0.9222,))
    assert found.tau2_interval is not None
    assert printed(*found.tau2_interval) == (0.1197, 1.1115)
    assert found.i2_interval is not None
    assert printed(*found.i2_interval, digits=3) == (0.819, 0.977)


@pytest.mark.parametrize(("method", "tau2"), [("DL", 0.3088), ("PM", 0.3181), ("REML", 0.3132)])
def test_bcg_variance_between_trials_by_each_method(method: TauMethod, tau2: float) -> None:
    assert printed(tau_squared(bcg_risk_ratios(), method)) == (tau2,)


def test_reml_where_scoring_does_not_settle() -> None:
    """Five trials without effect and one with: no value near by is likelier than the one found."""
    effects = [EffectSize(estimate=e, variance=v) for e, v in ((0, 1), (0, 4), (0, 4), (0, 4), (0, 5), (2, 1))]
    tau2 = tau_squared(effects, "REML")
    assert tau2 == pytest.approx(0.0435, abs=0.001)

    def restricted(at: float) -> float:
        weights = [1 / (e.variance + at) for e in effects]
        return -sum(math.log(e.variance + at) for e in effects) - math.log(sum(weights)) - generalised_q(effects, at)

    assert all(restricted(tau2) >= restricted(tau2 + step) for step in (-0.04, -0.01, -0.001, 0.001, 0.01, 0.1, 1.0))


def test_bcg_risk_ratios_with_a_common_effect() -> None:
    found = pool(bcg_risk_ratios(), model="common")
    assert printed(found.estimate, found.standard_error, found.low, found.high) == (-0.4303, 0.0405, -0.5097, -0.3509)


def test_bcg_odds_ratios_as_in_van_houwelingen_2002() -> None:
    common = pool(bcg_odds_ratios(), model="common")
    assert printed(common.estimate, common.standard_error, digits=3) == (-0.436, 0.042)
    random = pool(bcg_odds_ratios())
    assert printed(random.estimate, random.standard_error, random.tau2, digits=3) == (-0.745, 0.186, 0.338)
    assert printed(*q_profile_interval(bcg_odds_ratios()), digits=3) == (0.13, 1.181)


def test_bcg_by_mantel_and_haenszel_as_in_the_manual_of_metafor() -> None:
    ratio = mantel_haenszel(bcg_tables(), "RR")
    assert printed(ratio.estimate, ratio.standard_error) == (-0.4537, 0.0393)
    assert printed(math.exp(ratio.estimate), math.exp(ratio.low), math.exp(ratio.high)) == (0.6353, 0.5881, 0.6862)
    odds = mantel_haenszel(bcg_tables(), "OR")
    assert printed(odds.estimate, odds.standard_error) == (-0.4734, 0.041)


def test_lidocaine_risk_differences_as_in_normand_1999() -> None:
    found = pool(lidocaine_risk_differences(), model="common")
    assert printed(found.estimate, found.standard_error, digits=3) == (0.029, 0.013)
    assert pool(lidocaine_risk_differences()).tau2 == 0.0


def test_hartung_and_knapp_for_bcg() -> None:
    found = pool(bcg_risk_ratios(), hartung_knapp=True)
    assert printed(found.standard_error, found.low, found.high, digits=3) == (0.181, -1.108, -0.321)


# ---- effect sizes


def test_effect_sizes_of_small_tables_by_hand() -> None:
    table = TwoByTwo(events=10, total=50, events_control=20, total_control=50)
    assert log_odds_ratio(table).estimate == pytest.approx(math.log((10 * 30) / (40 * 20)))
    assert log_odds_ratio(table).variance == pytest.approx(1 / 10 + 1 / 40 + 1 / 20 + 1 / 30)
    assert log_risk_ratio(table).estimate == pytest.approx(math.log(0.5))
    assert log_risk_ratio(table).variance == pytest.approx(1 / 10 - 1 / 50 + 1 / 20 - 1 / 50)
    assert risk_difference(table).estimate == pytest.approx(-0.2)
    assert risk_difference(table).variance == pytest.approx(0.2 * 0.8 / 50 + 0.4 * 0.6 / 50)
    assert mean_difference(group(5, 2, 20), group(3, 4, 40)).variance == pytest.approx(4 / 20 + 16 / 40)


def test_hedges_g_as_in_borenstein_2009() -> None:
    # chapter 4: means 103 and 100, SDs 5.5 and 4.5, 50 people each: d = 0.5970, J = 0.9923, g = 0.5924
    found = standardized_mean_difference(group(103, 5.5, 50), group(100, 4.5, 50))
    assert found.estimate == pytest.approx(0.5924, abs=2e-4)


def test_an_empty_cell_is_corrected_and_told() -> None:
    found = log_odds_ratio(TwoByTwo(events=0, total=10, events_control=3, total_control=10))
    assert found.estimate == pytest.approx(math.log((0.5 * 7.5) / (10.5 * 3.5)))
    assert "0.5 added" in found.derivation
    assert risk_difference(TwoByTwo(events=0, total=10, events_control=0, total_control=10)).estimate == 0


@pytest.mark.parametrize("make", [log_odds_ratio, log_risk_ratio])
@pytest.mark.parametrize("events", [0, 10])
def test_a_study_without_contrast_tells_no_ratio(make: object, events: int) -> None:
    table = TwoByTwo(events=events, total=10, events_control=events, total_control=10)
    with pytest.raises(AnalysisError, match="all or none"):
        make(table)  # type: ignore[operator]


@pytest.mark.parametrize(("events", "total"), [(-1, 10), (11, 10), (0, 0), (1, math.inf)])
def test_impossible_counts_are_refused(events: float, total: float) -> None:
    with pytest.raises(AnalysisError, match="not possible"):
        TwoByTwo(events=events, total=total, events_control=1, total_control=2)


def test_impossible_means_and_estimates_are_refused() -> None:
    for mean, sd, n in ((1, -1, 10), (1, 1, 1), (math.nan, 1, 10)):
        with pytest.raises(AnalysisError, match="not possible"):
            group(mean, sd, n)
    with pytest.raises(AnalysisError, match="SDs are 0"):
        standardized_mean_difference(group(1, 0, 5), group(2, 0, 5))
    for estimate, variance in ((math.inf, 1), (0, 0), (0, -1)):
        with pytest.raises(AnalysisError, match="cannot be pooled"):
            EffectSize(estimate=estimate, variance=variance)


# ---- what holds of any data

_effects = st.lists(
    st.builds(
        lambda estimate, variance: EffectSize(estimate=estimate, variance=variance),
        st.floats(-5, 5),
        st.floats(0.001, 10),
    ),
    min_size=1,
    max_size=12,
)
_methods = st.sampled_from(["DL", "PM", "REML"])


@settings(max_examples=60, deadline=None)
@given(_effects, _methods, st.randoms(use_true_random=False))
def test_the_order_of_studies_does_not_matter(effects: list[EffectSize], method: TauMethod, chance: object) -> None:
    other = list(effects)
    chance.shuffle(other)  # type: ignore[attr-defined]
    one, two = pool(effects, tau_method=method), pool(other, tau_method=method)
    assert one.estimate == pytest.approx(two.estimate, rel=1e-6, abs=1e-6)
    assert one.tau2 == pytest.approx(two.tau2, rel=1e-5, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(_effects, _methods)
def test_bounds_that_always_hold(effects: list[EffectSize], method: TauMethod) -> None:
    found = pool(effects, tau_method=method)
    assert found.tau2 >= 0
    assert 0 <= found.i2 < 1
    assert found.low <= found.estimate <= found.high
    values = [e.estimate for e in effects]
    assert min(values) - 1e-9 <= found.estimate <= max(values) + 1e-9
    assert sum(found.weights) == pytest.approx(1)
    wide = pool(effects, tau_method=method, hartung_knapp=True)
    assert wide.high - wide.low >= (found.high - found.low) * (1 - 1e-9)
    if found.prediction is not None:
        assert found.prediction[0] <= found.low
        assert found.prediction[1] >= found.high


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(0.001, 5), _methods)
def test_one_study_pools_to_itself(estimate: float, variance: float, method: TauMethod) -> None:
    found = pool([EffectSize(estimate=estimate, variance=variance)], tau_method=method, hartung_knapp=True)
    assert (found.estimate, found.tau2, found.studies) == (pytest.approx(estimate), 0.0, 1)
    assert found.standard_error == pytest.approx(math.sqrt(variance))
    assert (found.prediction, found.q_p, found.tau2_interval) == (None, None, None)


@settings(max_examples=40, deadline=None)
@given(_effects, _methods, st.floats(0.1, 20))
def test_a_change_of_unit_changes_the_unit_only(effects: list[EffectSize], method: TauMethod, factor: float) -> None:
    scaled = [EffectSize(estimate=e.estimate * factor, variance=e.variance * factor**2) for e in effects]
    one, two = pool(effects, tau_method=method), pool(scaled, tau_method=method)
    assert two.estimate == pytest.approx(one.estimate * factor, rel=1e-5, abs=1e-5)
    assert two.i2 == pytest.approx(one.i2, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.integers(41, 90), st.integers(1, 40), st.integers(41, 90)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["OR", "RR", "RD"]),
)
def test_mantel_haenszel_turns_with_the_groups(rows: list[tuple[int, int, int, int]], measure: object) -> None:
    tables = [TwoByTwo(events=a, total=n, events_control=c, total_control=m) for a, n, c, m in rows]
    turned = [TwoByTwo(events=c, total=m, events_control=a, total_control=n) for a, n, c, m in rows]
    one, two = mantel_haenszel(tables, measure), mantel_haenszel(turned, measure)  # type: ignore[arg-type]
    assert one.estimate == pytest.approx(-two.estimate, abs=1e-12)
    assert one.standard_error == pytest.approx(two.standard_error)


def test_mantel_haenszel_of_one_study_is_the_study() -> None:
    (table,) = lidocaine_tables()[2:3]
    assert mantel_haenszel([table], "OR").estimate == pytest.approx(log_odds_ratio(table).estimate)
    assert mantel_haenszel([table], "RR").estimate == pytest.approx(log_risk_ratio(table).estimate)
    assert mantel_haenszel([table], "RD").standard_error ** 2 == pytest.approx(risk_difference(table).variance)


def test_leave_one_out_names_each_study() -> None:
    found = leave_one_out(bcg_risk_ratios())
    assert [row.without for row in found] == [f"trial {n}" for n in range(1, 14)]
    assert all(row.pooled.studies == 12 for row in found)
    rest = bcg_risk_ratios()[1:]
    assert found[0].pooled == pool(rest)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pool([]), "no study"),
        (lambda: pool(bcg_risk_ratios(), level=1.0), "level"),
        (lambda: tau_squared([]), "no study"),
        (lambda: q_profile_interval(bcg_risk_ratios()[:1]), "one study"),
        (lambda: leave_one_out(bcg_risk_ratios()[:1]), "one study"),
        (lambda: mantel_haenszel([]), "no study"),
        (lambda: mantel_haenszel(bcg_tables(), level=0), "level"),
        (
            lambda: mantel_haenszel([TwoByTwo(events=0, total=5, events_control=0, total_control=5)]),
            "no ratio is told",
        ),
        (
            lambda: mantel_haenszel([TwoByTwo(events=0, total=5, events_control=2, total_control=5)]),
            "without bound",
        ),
    ],
)
def test_what_cannot_be_pooled_is_told(call: object, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        call()  # type: ignore[operator]
