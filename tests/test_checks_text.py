"""Checks that need the text: what stands together, what is said around the figures; and properties of all of them."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor import extract
from extractor.checks import check_record, check_result, check_trial
from extractor.checks.context import Said
from extractor.checks.spread import grim
from extractor.checks.tables import exclusive_sets, load_scales, scale_of
from extractor.lexicon import load_lexicon
from extractor.printed import Range, decimals, printed_range
from extractor.records import (
    Arm,
    Check,
    ConfidenceInterval,
    Dispersion,
    Number,
    Outcome,
    Population,
    PValue,
    Result,
    Span,
    Trial,
)


def found(text: str, kind: Any = "abstract") -> list[Check]:
    record = extract(text, kind=kind)
    assert check_record(record) == record.checks
    return list(record.checks)


def kinds(text: str, kind: Any = "abstract") -> list[str]:
    return [check.kind for check in found(text, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "Relief of itching was seen in 16 of 30 patients (83%) after the cream.",
        "Relief of itching was seen in 83% (16/30) after the cream.",
        "Relief of itching was seen in 16 (83%) of 30 patients after the cream.",
        "Relief of itching was seen in 16/30 [83.0%] after the cream.",
        "Relief of itching was seen in sixteen of 30 patients with the cream (83%).",
    ],
)
def test_a_percentage_far_from_its_counts_is_found_in_the_text(text: str) -> None:
    (check,) = found(text)
    assert (check.kind, check.severity, check.found) == (
        "percentage_of_counts",
        "error",
        text[text.index("83") :][:4].rstrip("%] )("),
    )
    assert check.expected in ("53", "53.3")


@pytest.mark.parametrize(
    "text",
    [
        "Relief of itching was seen in 16 of 30 patients (53%) after the cream.",
        "Grade 3/8 (80%) rashes came with the cream.",
        "A ratio of 3/8 (80%) was used.",
        "Creams of 10 of 20 mg (5%) were used.",
        "Of 30 patients, 16 (83%) felt relief.",  # the bracket does not name its total
        "In 2 of 4 patients (90%) the rash went.",
        "Relief came to 16 of 30 patients versus placebo (20%).",
        "Each was given one of five creams: weak (21% urea), strong (40% urea).",
        "The pressure was 140/90 (10%).",
    ],
)
def test_what_is_no_count_beside_its_percentage_is_left_alone(text: str) -> None:
    assert "percentage_of_counts" not in kinds(text)


@pytest.mark.parametrize("text", ["41 of 34 (12%) patients itched.", "Itching was seen in 12% (41/34) of them."])
def test_more_events_than_people_are_found_in_the_text(text: str) -> None:
    (check,) = found(text)
    assert (check.kind, check.severity, check.found) == ("events_exceed_total", "error", "41")


def test_a_total_of_another_line_is_no_total() -> None:
    text = "Cream (n = 12)\nItching 711 (45%)\nItching came to 41 of 34."

    def number(printed: str) -> Number:
        return Number(
            text=printed, start=text.index(printed), end=text.index(printed) + len(printed), value=int(printed)
        )

    far = Result(id="r1", measure="count", value=711, events=number("711"), total=number("12"))
    assert list(check_result(far, Said(text))) == []
    near = Result(id="r2", measure="count", value=41, events=number("41"), total=number("34"))
    assert [check.kind for check in check_result(near, Said(text))] == ["events_exceed_total"]


def test_a_slip_of_a_few_points_is_found_on_the_result() -> None:
    (check,) = found("Relief of itching was seen in 16 of 30 patients (56.3%) after the cream.")
    assert (check.kind, check.severity, check.expected, check.found) == (
        "percentage_of_counts",
        "error",
        "53.3",
        "56.3",
    )
    assert check.result is not None


def test_a_total_far_from_its_count_proves_nothing() -> None:
    text = "Of 59 patients asked, 56 (94.9%) agreed; 29 (51.8%) had cream."
    assert "percentage_of_counts" not in kinds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In all, 616 patients were randomised, 410 to the cream and 210 to placebo.", ["error"]),
        ("In all, 616 patients were randomised, 410 to the cream and 200 to placebo.", ["warning"]),
        ("In all, 616 patients were randomised, 410 to the cream and 206 to placebo.", []),
        ("In all, 616 patients were randomised, 410 to the cream and 200 to placebo; 6 had neither.", []),
        ("About 616 patients were randomised, 410 to the cream and 200 to placebo.", []),
        ("In all, 616 patients were randomised; analysed were 410 with the cream and 200 with placebo.", []),
    ],
)
def test_sizes_told_with_the_allocation_add_up(text: str, expected: list[str]) -> None:
    def number(printed: str) -> Number:
        return Number(text=printed, start=text.index(printed), end=text.index(printed) + 3, value=int(printed))

    second = next(size for size in ("206", "210", "200") if size in text)
    arms = (
        Arm(id="a1", role="experimental", size=number("410")),
        Arm(id="a2", role="comparator", size=number(second)),
    )
    trial = Trial(id="t1", population=Population(enrolled=number("616")), arms=arms)
    assert [check.severity for check in check_trial(trial, Said(text))] == expected


def shares(text: str, measure: Any, value: float, first: float, second: float, *others: Result) -> list[Check]:
    place = {"outcome": "o1", "sentence": (0, len(text))}
    results = (
        Result(id="r1", measure="percentage", value=first, arm="a1", **place),
        Result(id="r2", measure="percentage", value=second, arm="a2", **place),
        Result(id="r3", measure=measure, value=value, arm="a1", comparator="a2", **place),
    )
    return list(check_trial(Trial(id="t1", results=(*results, *others)), Said(text)))


@pytest.mark.parametrize(
    ("measure", "value", "first", "second"),
    [
        ("risk_ratio", 0.5, 12, 24),
        ("risk_ratio", 2.0, 12, 24),  # the other way round
        ("risk_ratio", 0.86, 12, 24),  # (100 - 24) / (100 - 12): of the complement
        ("odds_ratio", 0.43, 12, 24),
        ("odds_ratio", 2.32, 12, 24),
        ("risk_difference", -12, 12, 24),
        ("risk_difference", 12.4, 12, 24),
        ("relative_reduction", 50, 12, 24),
        ("hazard_ratio", 0.9, 12, 24),  # not to be told from percentages
        ("risk_ratio", 0.0, 0, 24),
        ("odds_ratio", 0.3, 100, 24),
    ],
)
def test_ratios_that_go_with_their_percentages(measure: str, value: float, first: float, second: float) -> None:
    assert shares("", measure, value, first, second) == []


@pytest.mark.parametrize(
    ("kind", "measure", "value"),
    [
        ("comparison_against_percentages", "risk_ratio", 0.3),
        ("comparison_against_percentages", "odds_ratio", 0.75),
        ("comparison_against_percentages", "risk_difference", 8),
        ("relative_against_absolute", "relative_reduction", 30),
    ],
)
def test_ratios_that_contradict_their_percentages(kind: str, measure: str, value: float) -> None:
    (check,) = shares("", measure, value, 12, 24)
    assert (check.kind, check.result, check.severity) == (kind, "r3", "warning")


def test_a_model_and_a_hazard_ratio_explain_a_difference() -> None:
    assert shares("The adjusted risk ratio was 0.7.", "risk_ratio", 0.7, 12, 24) == []
    ratio = Result(id="r4", measure="hazard_ratio", value=0.7, outcome="o1")
    assert shares("", "relative_reduction", 30, 12, 24, ratio) == []


def test_exclusive_categories_do_not_sum_beyond_the_whole() -> None:
    names = ("complete response", "partial response", "stable disease", "progressive disease")
    outcomes = tuple(
        Outcome(id=f"o{i}", name=Span(text=name, start=0, end=len(name)), concept=name) for i, name in enumerate(names)
    )

    def trial(*values: float) -> Trial:
        results = tuple(
            Result(id=f"r{i}", measure="percentage", value=value, outcome=f"o{i}", arm="a1", sentence=(0, 9))
            for i, value in enumerate(values)
        )
        return Trial(id="t1", outcomes=outcomes, results=results)

    assert list(check_trial(trial(20, 30, 25, 27))) == []  # 102 by rounding
    (check,) = check_trial(trial(20, 30, 45, 25))
    assert (check.kind, check.found) == ("exclusive_percentages", "120")


def test_what_remains_completes_the_whole() -> None:
    text = "Of the wounds, 55% healed, 20% shrank, and the remaining 35% stayed as they were."
    results = tuple(
        Result(
            id=f"r{i}",
            measure="percentage",
            value=v,
            span=(text.index(f"{v}%"), text.index(f"{v}%") + 3),
            sentence=(0, len(text)),
        )
        for i, v in enumerate((55, 20, 35))
    )
    (check,) = check_trial(Trial(id="t1", results=results), Said(text))
    assert (check.kind, check.result, check.found) == ("remaining_percentage", "r2", "110")
    agreeing = Said(text.replace("35%", "25%"))
    right = Result(id="r2", measure="percentage", value=25, span=results[2].span, sentence=(0, len(text)))
    assert list(check_trial(Trial(id="t1", results=(*results[:2], right)), agreeing)) == []


def test_news_with_nothing_but_a_relative_reduction() -> None:
    text = "The new cream cut the risk of eczema by 40% in a randomised trial of 200 babies, doctors said."
    checks = [check for check in found(text, "news") if check.kind == "only_relative_reduction"]
    assert [check.severity for check in checks] == ["info"]
    assert "only_relative_reduction" not in kinds(text, "abstract")


def test_absolute_figures_beside_it_are_enough() -> None:
    place = {"outcome": "o1"}
    relative = Result(id="r1", measure="relative_reduction", value=40, **place)
    share = Result(id="r2", measure="percentage", value=6, arm="a1", **place)
    news = Said("x", "news")
    assert [c.kind for c in check_trial(Trial(id="t1", results=(relative,)), news)] == ["only_relative_reduction"]
    assert list(check_trial(Trial(id="t1", results=(relative, share)), news)) == []
    others = tuple(
        Result(id=f"r{arm}", measure="percentage", value=value, arm=arm, outcome="o2")
        for arm, value in (("a1", 6.2), ("a2", 10.0))
    )
    assert (
        list(check_trial(Trial(id="t1", results=(relative, *others)), news)) == []
    )  # of the same thing by another name
    survivors = tuple(
        Result(id=f"r{arm}", measure="percentage", value=value, arm=arm, outcome="o2")
        for arm, value in (("a1", 76), ("a2", 60))
    )
    assert list(check_trial(Trial(id="t1", results=(relative, *survivors)), news)) == []  # 24 % and 40 % died
    same = tuple(msgspec.structs.replace(result, value=100) for result in survivors)
    assert len(list(check_trial(Trial(id="t1", results=(relative, *same)), news))) == 1


# ---- scales


def outcome(name: str) -> Outcome:
    return Outcome(id="o1", name=Span(text=name, start=0, end=len(name)))


def test_every_scale_decides_its_examples_and_ends_make_sense() -> None:
    assert len(load_scales()) >= 20  # rows that contradict their own examples do not load
    assert {scale.id for scale in load_scales() if scale.step is None} == {"easi", "pasi"}
    known = {entry for entry in exclusive_sets() if load_lexicon().lookup(entry, "outcome")}
    assert known == set(exclusive_sets())


def total(value: int) -> Number:
    return Number(text=str(value), start=0, end=1, value=value)


def test_grim_wants_a_whole_sum() -> None:
    impossible = Result(id="r1", measure="mean", value=5.19, printed="5.19", total=total(28))
    (check,) = grim(impossible, outcome("PHQ-9 score"))
    assert (check.kind, check.expected) == ("grim", "5.18")
    assert list(grim(impossible, outcome("pain"))) == []  # its scores need not be whole
    many = Result(id="r1", measure="mean", value=5.19, printed="5.19", total=total(100))
    assert list(grim(many, outcome("PHQ-9 score"))) == []


@given(st.integers(2, 99), st.data())
def test_grim_never_speaks_against_a_true_mean(n: int, data: st.DataObject) -> None:
    whole = data.draw(st.integers(0, 27 * n))
    printed = data.draw(st.sampled_from(["half up", "down"]))
    exact = whole / n
    value = round(exact + 1e-9, 2) if printed == "half up" else round(exact - 1e-9, 2)
    result = Result(id="r1", measure="mean", value=value, printed=f"{value:.2f}", total=total(n))
    assert list(grim(result, outcome("PHQ-9 score"))) == []


@given(st.lists(st.integers(0, 27), min_size=2, max_size=40))
def test_the_spread_of_true_scores_is_possible(scores: list[int]) -> None:
    n = len(scores)
    mean = sum(scores) / n
    sd = math.sqrt(sum((score - mean) ** 2 for score in scores) / (n - 1))
    place: dict[str, Any] = {"outcome": "o1", "arm": "a1", "measure": "mean", "value": round(mean, 1)}
    results = (
        Result(id="r1", dispersion=Dispersion(kind="sd", value=round(sd, 1)), total=total(n), **place),
        Result(id="r2", dispersion=Dispersion(kind="range", low=min(scores), high=max(scores)), **place),
    )
    trial = Trial(id="t1", results=results, outcomes=(outcome("PHQ-9 score"),))
    assert [check for check in check_trial(trial) if check.kind != "mean_outside_range"] == []


def test_a_spread_beyond_the_scale_is_found() -> None:
    wide = Result(
        id="r1", measure="mean", value=3.0, outcome="o1", dispersion=Dispersion(kind="sd", value=15), total=total(50)
    )
    (check,) = check_trial(Trial(id="t1", results=(wide,), outcomes=(outcome("PHQ-9 score"),)))
    assert (check.kind, check.found) == ("sd_against_range", "15")
    outside = Result(id="r1", measure="mean", value=31, outcome="o1")
    (check,) = check_trial(Trial(id="t1", results=(outside,), outcomes=(outcome("PHQ-9 score"),)))
    assert (check.kind, check.expected) == ("mean_outside_scale", "0 to 27")
    assert scale_of(outcome("PHQ-9 and GAD-7 scores")) is None


# ---- properties


@given(st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 3))
def test_a_rounded_percentage_is_never_an_error(events: int, whole: int, places: int) -> None:
    events = min(events, whole)
    value = round(100 * events / whole, places)
    result = Result(
        id="r1",
        measure="percentage",
        value=value,
        printed=f"{value:.{places}f}",
        events=total(events),
        total=total(whole),
    )
    assert [check for check in check_result(result) if check.severity == "error"] == []


@settings(max_examples=300)
@given(
    st.sampled_from(["hazard_ratio", "odds_ratio", "risk_ratio", "mean_difference"]),
    st.floats(-1.6, 1.6),
    st.floats(0.05, 0.9),
    st.sampled_from([90, 95, 99]),
    st.integers(2, 3),
)
def test_a_computed_interval_and_p_value_agree(measure: Any, effect: float, se: float, level: int, places: int) -> None:
    z = NormalDist().inv_cdf(0.5 + level / 200)
    scale = math.exp if measure != "mean_difference" else float
    value, low, high = (round(scale(x), places) for x in (effect, effect - z * se, effect + z * se))
    p = 2 * (1 - NormalDist().cdf(abs(effect) / se))
    text = f"{value:.{places}f} ({low:.{places}f} to {high:.{places}f}; p = {p:.3f})"
    start = text.index("(")
    result = Result(
        id="r1",
        measure=measure,
        value=value,
        printed=f"{value:.{places}f}",
        span=(0, start - 1),
        ci=ConfidenceInterval(level=level, low=low, high=high, span=(start, len(text))),
        p_value=PValue(op="=", value=round(p, 3), span=(text.index("p ="), len(text) - 1)),
    )
    assert list(check_result(result, Said(text))) == []


@given(st.text(max_size=300))
def test_any_text_can_be_checked(text: str) -> None:
    for check in check_trial(Trial(id="t1"), Said(text, "news")):
        assert check.message


@given(st.floats(0.001, 1e6), st.integers(0, 4))
def test_a_printed_number_stands_for_what_rounds_to_it(value: float, places: int) -> None:
    printed = f"{value:.{places}f}"
    around = printed_range(float(printed), decimals(float(printed), printed))
    assert around.low - 1e-9 * value <= value <= around.high + 1e-9 * value


def test_decimals_as_printed() -> None:
    assert decimals(0.5, "0.50") == 2
    assert decimals(0.5, ".5") == 1
    assert decimals(1234.5, "1,234.5") == 1
    assert decimals(0.51, text="HR 0·62 (0·510 to 0·7)", span=(0, 22)) == 3
    assert decimals(3, "three") == 0
    assert not Range(1, 2).overlaps(Range(3, 4))
