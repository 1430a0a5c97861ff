"""Linking of figures to arms, outcomes and time points, with the namings given: one case per way of printing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from extractor.linking.arms import ArmMention, ArmReading
from extractor.linking.outcomes import OutcomeMention, OutcomeReading
from extractor.linking.results import link_results
from extractor.reading.figures import read_figures
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.types import Reading
from extractor.records import Arm, Kind, Outcome, Result, Section, Span

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "link_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
_MARK = re.compile(r"\[(?P<arm>a\d)\|(?P<a>[^\]]+)\]|<(?P<outcome>o\d)\|(?P<o>[^>]+)>")


def link(marked: str, *, default_arms: bool = True, kind: Kind = "news") -> list[Result]:
    """Return the results of a text in which arms are marked [a1|...] and outcomes <o1|...>; every figure is a finding."""
    text, arms, outcomes, position = "", [], [], 0
    arm_mentions, outcome_mentions = [], []
    for m in _MARK.finditer(marked):
        text += marked[position : m.start()]
        name = m["a"] or m["o"]
        start, end = len(text), len(text) + len(name)
        if m["arm"]:
            arm_mentions.append(ArmMention(start=start, end=end, arm_ids=(m["arm"],), rule="given"))
            arms.append((m["arm"], Span(text=name, start=start, end=end)))
        else:
            outcome_mentions.append(OutcomeMention(start=start, end=end, outcome_id=m["outcome"], rule="given"))
            outcomes.append((m["outcome"], Span(text=name, start=start, end=end)))
        text, position = text + name, m.end()
    text += marked[position:]
    named = dict(reversed(arms))
    ids = sorted(named) if len(named) > 1 or not default_arms else sorted({*named, "a1", "a2"})
    last = ids[-1] if ids else ""
    groups = tuple(
        Arm(id=i, role="comparator" if i == last and len(ids) > 1 else "experimental", label=named.get(i)) for i in ids
    )
    plain, words, sentences = plain_text(text), scan_words(text), split_sentences(text)
    reading = Reading(
        text=text, kind=kind, title=None, sections=(Section(label="body", start=0, end=len(text)),),
        sentences=tuple(sentences), words=tuple(words), tokens=tuple(read_figures(text, plain, words, sentences)),
        figures=(), mentions=(), abbreviations={},
    )  # fmt: skip
    endpoints = tuple(Outcome(id=i, name=s) for i, s in dict(reversed(outcomes)).items())
    return link_results(
        reading,
        ArmReading(arms=groups, mentions=tuple(arm_mentions)),
        OutcomeReading(outcomes=endpoints, mentions=tuple(outcome_mentions)),
        [],
        judge=lambda item, sentence: True,
    )


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_each_figure_finds_its_arm_outcome_and_time(case: dict[str, Any]) -> None:
    results = [r for r in link(case["text"], default_arms="arms" not in case) if r.measure != "comparison"]
    for wanted in case["expect"]:
        found = [r for r in results if r.printed == wanted["printed"]]
        assert found, f"{wanted['printed']} was not read as a result in {[r.printed for r in results]}"
        result = found[0]
        assert result.arm == wanted["arm"], (result.printed, result.rules)
        assert result.outcome == wanted["outcome"] or wanted["outcome"] is None, (result.printed, result.rules)
        if wanted.get("time") is not None:
            assert result.timepoint is not None, result.printed
            assert [result.timepoint.value, result.timepoint.unit] == wanted["time"]
        if wanted.get("comparator") is not None:
            assert result.comparator == wanted["comparator"]
    if "total" in case:
        assert [r.total.value for r in results if r.total is not None] == [case["total"]]


def test_a_fall_is_told_once_for_all_groups() -> None:
    text = "<o1|Pressure> had fallen by 12.6 mm Hg with [a1|fluparib] and 2.9 mm Hg with [a2|placebo], and stood at 131 mm Hg."
    told = {r.printed: r.measure for r in link(text)}
    assert (told["12.6"], told["2.9"]) == ("change", "change")


def test_a_cut_off_is_no_share() -> None:
    text = "At six months, 47% of those on [a1|fluparib] had a <o1|pressure> below 135 mm Hg, against 21% on [a2|placebo]."
    assert "135" not in [r.printed for r in link(text)]


def test_every_link_says_which_rule_made_it() -> None:
    for case in CASES:
        for result in link(case["text"], default_arms="arms" not in case):
            for field, key in (("arm", "arm"), ("outcome", "outcome"), ("timepoint", "timepoint")):
                if getattr(result, field) is not None:
                    assert key in result.rules, (case["id"], result.printed, field)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("<o1|Pain> was significantly lower with [a1|zelotinib] than with [a2|placebo].", "decreased"),
        ("<o1|Pain> was significantly lower with [a2|placebo] than with [a1|zelotinib].", "increased"),
        ("[a1|Zelotinib] significantly improved <o1|survival> compared with [a2|placebo].", "increased"),
        ("There was no significant difference in <o1|pain> between [a1|zelotinib] and [a2|placebo].", "no_difference"),
        ("<o1|Survival> did not differ between the [a1|early] and [a2|late] groups.", "no_difference"),
        ("<o1|Adverse events> were similar with [a1|zelotinib] and [a2|placebo].", "no_difference"),
    ],
)
def test_worded_comparisons_are_oriented_to_the_experimental_arm(text: str, direction: str) -> None:
    (result,) = [r for r in link(text) if r.measure == "comparison"]
    assert (result.direction, result.arm, result.comparator, result.value) == (direction, "a1", "a2", None)


@pytest.mark.parametrize(
    ("estimate", "direction", "significant"),
    [
        ("hazard ratio, 0.72; 95% CI, 0.58 to 0.90", "decreased", True),
        ("hazard ratio, 0.92; 95% CI, 0.78 to 1.10", "no_difference", False),
        ("odds ratio 1.8; 95% CI 1.2 to 2.7", "increased", True),
    ],
)
def test_ratio_and_interval_give_direction_and_significance(estimate: str, direction: str, significant: bool) -> None:
    (result,) = link(f"<o1|Death> was compared between [a1|zelotinib] and [a2|placebo] ({estimate}).")
    assert (result.direction, result.significant) == (direction, significant)


@pytest.mark.parametrize(
    "text",
    [
        "<o1|Asthma> affects 8% of adults worldwide.",
        "The trial had 80% power to detect a 15% difference in <o1|relapse>.",
        "Patients aged 18 to 75 years with a score of 12 or more were eligible for [a1|zelotinib].",
        "[a1|Zelotinib] 50 mg was given every 3 weeks for 12 months.",
        "Participants had a mean age of 58 years, a body mass index of 31.9 (SD 3.5) and 41% were smokers.",
        "In 2016, 240 patients were randomly assigned to [a1|zelotinib] or [a2|placebo].",
    ],
)
def test_other_numbers_are_no_results(text: str) -> None:
    assert [r.printed for r in link(text) if r.value is not None] == []


def p_values(marked: str) -> dict[str, float | None]:
    return {r.printed or "": r.p_value.value if r.p_value else None for r in link(marked) if r.measure != "comparison"}


def test_a_p_value_for_both_is_that_of_every_value_before() -> None:
    told = "<o1|Pain> fell by 12 points and <o2|stiffness> by 9 points with [a1|lacodine] (P < .001 for both)."
    assert p_values(told) == {"12": 0.001, "9": 0.001}


def test_a_p_value_without_for_both_stays_with_its_own_outcome() -> None:
    told = "<o1|Pain> fell by 12 points and <o2|stiffness> by 9 points with [a1|lacodine] (P < .001)."
    assert p_values(told) == {"12": None, "9": 0.001}


def test_the_p_value_of_the_difference_is_that_of_the_pair_before() -> None:
    pair = "<o1|Relapse> was seen in 12% of the [a1|lacodine] group and 20% of the [a2|placebo] group."
    assert p_values(pair + " The difference was significant (P = .01).") == {"12": 0.01, "20": 0.01}
    assert p_values(pair + " Age made no odds (P = .71).") == {"12": None, "20": None}


def test_the_same_figure_has_the_same_time_point() -> None:
    text = (
        "<o1|Survival> with [a1|lacodine] was 83.3%. Doctors were pleased. "
        "At 4 years, <o1|survival> with [a1|lacodine] was 83.3%."
    )
    times = [r.timepoint.value if r.timepoint else None for r in link(text) if r.printed == "83.3"]
    assert times == [4, 4]


def test_a_time_point_told_of_something_later_is_not_that_of_the_pair() -> None:
    text = (
        "<o1|Response> was higher with [a1|lacodine] than with [a2|placebo] (28% vs 16%), "
        "and <o2|relapse> came in 7% by 18 months."
    )
    first = next(r for r in link(text) if r.printed == "28")
    assert first.timepoint is None


@pytest.mark.parametrize(
    "text",
    [
        "<o1|Wounds> were rinsed with 0.9% saline in the [a1|lacodine] group.",
        "<o1|Fever> was seen in arm 2 of [a1|lacodine] users.",
        "<o1|Fever> was more common with [a1|lacodine] ([OR] = 1.62; 95% [CI] = 1.19-2.23).",
        "Of those asked to come, 58 (91%) agreed to take part.",
        "The retention rate was 94%.",
        "At baseline, 42% were smokers.",
        "The trial was powered for a 30% reduction in <o1|death>.",
    ],
)
def test_what_is_no_figure_of_a_result_stays_out(text: str) -> None:
    assert [r.printed for r in link(text) if r.measure not in ("comparison", "odds_ratio")] == []


def test_how_people_are_split_over_groups_is_no_result() -> None:
    for text in (
        "Of 52 patients eligible for <o1|response> (27 [a1|zelotinib], 25 [a2|placebo]), all were women.",
        "Overall 88 patients in the [a1|zelotinib group] and 91 patients in the [a2|placebo group] were assessable for <o1|safety>.",
        "Of all procedures, 32 (51.6%) were guided by [a1|dye] and 30 (48.4%) by [a2|wire].",
    ):
        assert [r.printed for r in link(text)] == []
    told = link("<o1|Relapse> was seen in 32 patients (45.1%) on [a1|zelotinib] and 30 (42.3%) on [a2|placebo].")
    assert [r.arm for r in told] == ["a1", "a2"]
