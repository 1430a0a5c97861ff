"""Each check finds its slip, and stays silent where the figures agree."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from extractor.checks import CHECK_KINDS, check_record, check_result, check_trial
from extractor.records import (
    Arm,
    ConfidenceInterval,
    Dispersion,
    Extractor,
    Number,
    Population,
    PValue,
    Record,
    Result,
    Trial,
    make_article,
)


def number(value: float) -> Number:
    return Number(text=str(value), start=0, end=len(str(value)), value=value)


def result(measure: Any, value: float | None, **fields: Any) -> Result:
    for name in ("events", "total"):
        if name in fields:
            fields[name] = number(fields[name])
    if "ci" in fields:
        low, high, *level = fields["ci"]
        fields["ci"] = ConfidenceInterval(low=low, high=high, level=level[0] if level else 95)
    if "p" in fields:
        op, p = fields.pop("p")
        fields["p_value"] = PValue(op=op, value=p)
    if "iqr" in fields:
        low, high = fields.pop("iqr")
        fields["dispersion"] = Dispersion(kind="iqr", low=low, high=high)
    if "range" in fields:
        low, high = fields.pop("range")
        fields["dispersion"] = Dispersion(kind="range", low=low, high=high)
    return Result(id="r1", measure=measure, value=value, **fields)


WRONG = [
    ("percentage_of_counts", result("percentage", 54.3, printed="54.3", events=16, total=30)),
    ("percentage_of_counts", result("percentage", 5, printed="5", events=0, total=45)),
    ("percentage_of_counts", result("percentage", 53.0, printed="53.0", events=16, total=30)),
    ("percentage_of_counts", result("percentage", 0.57, printed="0·57", events=1, total=30)),
    ("events_exceed_total", result("count", 31, events=31, total=30)),
    ("percentage_of_counts", result("percentage", 54, printed="54", events=16, total=30)),  # rounded up
    ("percentage_out_of_range", result("percentage", 104, printed="104")),
    ("interval_reversed", result("hazard_ratio", 0.62, ci=(0.75, 0.51))),
    ("estimate_outside_interval", result("hazard_ratio", 0.82, ci=(0.51, 0.75))),
    ("estimate_outside_interval", result("mean_difference", 0, ci=(0.1, 0.5))),
    ("median_outside_iqr", result("median", 16, iqr=(8.1, 15.0))),
    ("median_outside_range", result("median", 16, range=(2, 15))),
    ("mean_outside_range", result("mean", 1.5, range=(2, 15))),
    ("interval_symmetry", result("hazard_ratio", 0.52, ci=(0.51, 0.75))),
    ("interval_symmetry", result("mean_difference", 4.1, ci=(1.0, 4.5))),
    ("p_value_against_interval", result("hazard_ratio", 0.62, ci=(0.51, 0.75), p=("=", 0.2))),
    ("p_value_against_interval", result("odds_ratio", 0.9, ci=(0.7, 1.2), p=("<", 0.001))),
    ("p_value_against_interval", result("mean_difference", 3.1, ci=(1.2, 4.9), p=("=", 0.2))),
    ("p_value_against_interval", result("hazard_ratio", 0.62, ci=(0.39, 0.99, 99), p=("=", 0.2))),
    ("p_value_against_interval", result("hazard_ratio", 0.62, ci=(0.51, 0.75), p=("=", 0.04))),  # far from 2e-6
    ("p_value_against_interval", result("risk_ratio", 0.62, ci=(0.51, 0.75), p=(">", 0.05))),
]
RIGHT = [
    result("percentage", 53.3, printed="53.3", events=16, total=30),
    result("percentage", 53, printed="53", events=16, total=30),
    result("percentage", 66, printed="66", events=2, total=3),  # cut off
    result("percentage", 12, printed="12", events=1, total=8),  # 12.5 to even
    result("percentage", 13, printed="13", events=1, total=8),  # 12.5 up
    result("percentage", 0, printed="0", events=0, total=45),
    result("percentage", 53.3, printed="53·3", events=16, total=30),
    result("percentage", 20, printed="one in five", events=1, total=5),
    result("percentage", 50, printed="50", events=16, total=30, modifier="about"),
    result("percentage", 0, printed="0", events=0, total=0),
    result("count", 30, events=30, total=30),
    result("percentage", 100, printed="100"),
    result("hazard_ratio", 0.62, ci=(0.51, 0.75), p=("<", 0.001)),
    result("hazard_ratio", 0.75, ci=(0.75, 0.75)),
    result("hazard_ratio", 0.2, ci=(0.1, 0.3)),  # the middle 0.17 is within the rounding
    result("mean_difference", 3.3, ci=(-5.5, -1.1)),  # "fell by 3.3"
    result("percentage", 70, unit="%", ci=(0.62, 0.78)),
    result("percentage", 47, unit="%", ci=(-28, 18)),  # the interval of a difference
    result("risk_difference", 0.2, ci=(-0.1, 1.9)),  # rare events are lopsided
    result("mean_difference", 1.05, ci=(0.72, 1.53), p=("=", 0.8)),  # a ratio that nothing names
    result("hazard_ratio", 0.62, ci=(0.51, 0.75), p=("<", 0)),
    result("mean_difference", 0, ci=(-0.1, 0.5)),
    result("median", 12.3, iqr=(8.1, 15.0)),
    result("mean", 16, iqr=(8.1, 15.0)),
    result("hazard_ratio", 0.9, ci=(0.7, 1.2), p=("=", 0.4)),
    result("hazard_ratio", 0.9, ci=(0.8, 1.0), p=("=", 0.049)),
    result("hazard_ratio", 0.62, ci=(0.39, 0.99, 99), p=("=", 0.008)),
    result("median", 0, iqr=(0, 3)),
    result("mean", 1.5, range=(0, 15)),
]


@pytest.mark.parametrize(("kind", "wrong"), WRONG)
def test_slip_is_found(kind: str, wrong: Result) -> None:
    (check,) = check_result(wrong)
    assert (check.kind, check.result) == (kind, "r1")
    assert check.expected
    assert check.found
    assert check.expected != check.found


@pytest.mark.parametrize("right", RIGHT)
def test_agreeing_figures_are_left_alone(right: Result) -> None:
    assert list(check_result(right)) == []


def trial(enrolled: int, *sizes: int | None) -> Trial:
    roles = ["experimental", "comparator", "comparator"]
    arms = [
        Arm(id=f"a{i}", role=role, size=None if size is None else number(size))  # type: ignore[arg-type]
        for i, (role, size) in enumerate(zip(roles, sizes, strict=False))
    ]
    return Trial(id="t1", population=Population(enrolled=number(enrolled)), arms=tuple(arms))


@pytest.mark.parametrize(("sizes", "severity"), [((410, 210), "error"), ((400, 206), "warning")])
def test_arm_sizes_that_do_not_add_up(sizes: tuple[int, ...], severity: str) -> None:
    (check,) = check_trial(trial(616, *sizes))
    assert (check.kind, check.severity, check.expected) == ("arm_sizes_against_enrolled", severity, "616")
    assert check.found == str(sum(sizes))


@pytest.mark.parametrize("sizes", [(410, 206), (410, None), (616,), (200, 206, 210)])
def test_arm_sizes_that_add_up_or_are_not_all_stated(sizes: tuple[int | None, ...]) -> None:
    assert list(check_trial(trial(616, *sizes))) == []


def test_arm_sizes_may_be_those_of_the_analysed() -> None:
    stated = trial(43548, 21720, 21728)
    assert len(list(check_trial(stated))) == 1
    population = Population(enrolled=number(43548), analysed=number(43448))
    assert list(check_trial(msgspec.structs.replace(stated, population=population))) == []


def test_record_gathers_the_findings_of_all_its_trials() -> None:
    wrong = Trial(id="t2", results=tuple(found for _, found in WRONG))
    record = Record(
        document=make_article(id="d", text=""),
        extractor=Extractor(name="x", version="1"),
        trials=(trial(616, 410, 210), wrong),
    )
    checks = check_record(record)
    assert len(checks) == 1 + len(WRONG)
    assert {check.kind for check in checks} <= set(CHECK_KINDS)
