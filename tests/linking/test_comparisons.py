"""Worded comparisons: each word of the table decides a sentence of its own, each frame its example, and whole findings."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest

from extractor.errors import LexiconError
from extractor.extraction import extract
from extractor.linking import rules
from extractor.linking.comparison_rules import ComparisonWord, better_when, comparison_words, load_frames
from extractor.linking.comparisons import direction_of_ratio, find_wording, significance
from extractor.linking.layout import Sentence
from extractor.records import PValue
from tests.linking.test_results import link as link_text

link = partial(link_text, kind="abstract")

_FORMS = {
    "adjective": "Stiffness was {} with one drug.",
    "plain": "Stiffness was significantly {} with one drug.",
    "participle": "Stiffness was {} with one drug.",
    "verb": "The drug {} stiffness.",
    "base": "The drug can {} stiffness.",
    "base_noun": "There was a {} in stiffness.",
    "gerund": "The drug was effective in {} stiffness.",
    "noun": "There was a {} in stiffness.",
    "adverb": "The drugs {} relieved stiffness.",
}
_TOLD = {"up": "increased", "down": "decreased", "same": "no_difference"}


def worded(text: str) -> list[tuple[str, bool | None]]:
    return [(f.direction, f.significant) for f in find_wording(Sentence(0, 0, len(text), text, "results", []))]


@pytest.mark.parametrize("entry", comparison_words().values(), ids=lambda e: e.word)
def test_each_word_tells_its_direction(entry: ComparisonWord) -> None:
    told = [d for d, _ in worded(_FORMS[entry.kind].format(entry.word))]
    wanted = _TOLD.get(entry.sense, entry.sense)
    assert told[:1] == ([] if entry.sense in ("differ", "effect") else [wanted])


@pytest.mark.parametrize("entry", comparison_words().values(), ids=lambda e: e.word)
def test_a_negated_word_tells_no_difference(entry: ComparisonWord) -> None:
    form = {"base": "The drug did not {} stiffness.", "verb": "Neither drug {} stiffness.", "adverb": "Not {} safe."}
    form |= {"base_noun": "There was no {} in stiffness.", "noun": "There was no {} in stiffness."}
    told = [d for d, _ in worded(form.get(entry.kind, "Stiffness was not {} with one drug.").format(entry.word))]
    assert told == ([] if entry.sense == "same" or entry.kind in ("plain", "gerund") else ["no_difference"]) or (
        entry.kind == "gerund" and told in ([], ["no_difference"])
    )


FRAMES = [(name, frame_id, pattern) for name, rows in load_frames().items() for frame_id, pattern in rows.rows]


@pytest.mark.parametrize(("name", "frame_id", "pattern"), FRAMES, ids=[row[1] for row in FRAMES])
def test_each_frame_is_of_its_list_and_linear(name: str, frame_id: str, pattern: object) -> None:
    assert frame_id.startswith(f"{name}.")
    assert hasattr(pattern, "search")
    pattern.search("no significant patients with the " * 40 + "(" * 40)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("There were no significant differences in grip.", [("no_difference", False)]),
        ("Grip was significantly stronger.", [("increased", True)]),
        ("The drug failed to improve grip.", [("no_difference", False)]),
        ("A greater reduction in swelling was seen.", [("decreased", None)]),
        ("There was less improvement in swelling.", [("worse", None)]),
        ("The drug attenuated the rise in creatinine.", [("decreased", None)]),
        ("Grip might be stronger.", []),
        ("Was grip stronger?", []),
        ("We tested whether grip was stronger.", []),
        ("The drug was given to reduce swelling.", []),
        ("The drug was found to reduce swelling.", [("decreased", None)]),
        ("Grip was noninferior.", [("no_difference", None)]),
        ("Grip was numerically stronger.", [("no_difference", False)]),
        ("There was a trend towards stronger grip.", [("no_difference", False)]),
        ("Two or more falls occurred.", []),
        ("Lower limb swelling was measured.", []),
        ("The drug was more effective.", [("better", None)]),
        ("Healing was more rapid.", [("faster", None)]),
        ("No deaths were reported.", [("no_difference", None)]),
        ("Zelotinib was as effective as placebo.", [("no_difference", None)]),
        ("Survival favoured zelotinib.", [("better", None)]),
        ("The change was not statistically significant.", [("no_difference", False)]),
        ("Grip fell significantly less.", [("increased", True)]),
        ("Zelotinib reduced more swelling.", [("decreased", None)]),
        ("There were higher rates of infections.", [("increased", None)]),
        ("Lower body weight was seen.", [("decreased", None)]),
        ("Lower body resistance exercise was done.", []),
        ("Zelotinib healed without concomitant increases in swelling.", [("no_difference", False)]),
        ("Grip was not weaker (between-group difference p = 0.19).", [("no_difference", False), ("no_difference", False)]),
        ("Grip rose with zelotinib only (between-group differences P<0.05).", [("increased", None)]),
        ("The longest survival was seen.", [("increased", None)]),
        ("Zelotinib did not have a major effect on grip.", [("no_difference", False)]),
        ("We found no evidence of a difference in grip.", [("no_difference", False)]),
    ],
)
def test_wordings(text: str, told: list[tuple[str, bool | None]]) -> None:
    assert worded(text)[: max(1, len(told))] == told


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "There was no difference in <o1|grip>, <o2|swelling> or <o3|fever> between [a1|zelotinib] and [a2|placebo].",
            [("o1", "no_difference"), ("o2", "no_difference"), ("o3", "no_difference")],
        ),
        ("Compared with [a2|placebo], [a1|zelotinib] reduced <o1|swelling>.", [("o1", "decreased")]),
        ("<o1|Swelling> was higher in the [a2|placebo] group.", [("o1", "decreased")]),
        ("[a1|Zelotinib] improved <o1|pain> and <o2|survival> more than [a2|placebo].", [("o1", "decreased"), ("o2", "increased")]),
        ("<o1|Grip> was better with [a1|zelotinib], but the difference was not significant.", [("o1", "no_difference")]),
        ("[a1|Zelotinib] reduced <o1|fever> and <o2|grip> was higher than with [a2|placebo].", [("o1", "decreased"), ("o2", "increased")]),
        ("<o1|Pain reduction> was greater with [a1|zelotinib] than with [a2|placebo].", [("o1", "increased")]),
        ("<o1|Fever> was lower with [a1|zelotinib] than with [a2|placebo] (p = 0.3).", [("o1", "no_difference")]),
        ("[a1|Zelotinib] and [a2|placebo] were similar in <o1|grip>.", [("o1", "no_difference")]),
        ("[a1|Zelotinib] showed greater efficacy in <o1|reduction of swelling> than [a2|placebo].", [("o1", "decreased")]),
        ("[a1|Zelotinib] led to greater <o1|reductions in pulse> and <o2|temperature> than [a2|placebo].", [("o1", "decreased"), ("o2", "decreased")]),
        ("<o1|Pain> was a problem. [a1|Zelotinib] gave better <o1|pain relief> than [a2|placebo].", [("o1", "decreased")]),
        ("Regimen [a1|zelotinib] reduces <o1|swelling> of the [a2|placebo] kind.", [("o1", "decreased")]),
        ("<o1|Cortisol> increased with [a1|zelotinib] versus changes during [a2|placebo].", [("o1", "increased")]),
        ("<o1|Fever> was lower with [a1|zelotinib] than the 42 hungry people on [a2|placebo].", [("o1", "decreased")]),
        ("People took [a1|zelotinib] or [a2|placebo]. The experimental group had lower <o1|fever>.", [("o1", "decreased")]),
        ("People took [a1|zelotinib] or [a2|placebo]. The control group had lower <o1|fever>.", [("o1", "increased")]),
        ("<o1|Grip> did not differ before treatment. <o1|Grip> was stronger with [a1|zelotinib] than [a2|placebo].", [("o1", "increased")]),
    ],
)  # fmt: skip
def test_findings_reach_their_outcomes_and_sides(text: str, wanted: list[tuple[str, str]]) -> None:
    results = [r for r in link(text) if r.measure == "comparison"]
    assert [(r.outcome, r.direction) for r in results] == wanted
    assert {(r.arm, r.comparator) for r in results} == {("a1", "a2")}


def test_a_change_inside_both_groups_compares_no_groups() -> None:
    (result,) = link("<o1|Fever> fell significantly in both groups on [a1|zelotinib] and [a2|placebo].")
    assert (result.direction, result.comparator) == ("decreased", None)


def test_what_did_not_change_in_one_group_compares_no_groups() -> None:
    (result,) = link("No increase in <o1|fever> was seen in the [a2|placebo] group.")
    assert (result.direction, result.arm, result.comparator) == ("no_difference", "a2", None)


@pytest.mark.parametrize(
    ("text", "direction", "significant"),
    [
        ("<o1|Fever> was similar with [a1|zelotinib] and [a2|placebo] (12% vs 14%).", "no_difference", False),
        ("<o1|Fever> occurred in 12% on [a1|zelotinib] and 14% on [a2|placebo] (p = 0.6).", "no_difference", False),
        ("<o1|Fever> occurred in 12% on [a1|zelotinib] and 34% on [a2|placebo] (p = 0.001).", "decreased", True),
        ("Mean <o1|grip> with [a1|zelotinib] vs [a2|placebo] was 12.1 vs 14.2 (hazard ratio 0.9; 95% CI 0.6 to 1.4).", "no_difference", False),
        ("<o1|Fever> was lower with [a1|zelotinib] than [a2|placebo] (12% vs 14%). The difference was not significant.", "no_difference", False),
        ("<o1|Fever> occurred in 12% on [a1|zelotinib] and 34% on [a2|placebo] (p = NS).", "no_difference", False),
    ],
)  # fmt: skip
def test_values_of_two_arms_and_what_is_said_of_them(text: str, direction: str, significant: bool) -> None:
    result = next(r for r in link(text) if r.direction is not None and r.measure in ("percentage", "mean"))
    assert (result.direction, result.significant, result.arm, result.comparator) == (direction, significant, "a1", "a2")


def test_one_figure_of_both_groups_with_its_p_value_is_no_difference() -> None:
    text = "Adults were randomly assigned to metformin or placebo. RESULTS: Mean grip strength was 24 ± 3 kg in both groups (P = 0.75)."
    results = [r for trial in extract(text, kind="abstract").trials for r in trial.results]
    assert [(r.arm, r.direction, r.significant) for r in results] == [("a1", "no_difference", False), ("a2", "no_difference", False)]


def test_a_pair_that_contradicts_its_words_has_their_direction() -> None:
    results = link("<o1|Fever> was lower with [a1|zelotinib] (34%) than with [a2|placebo] (12%, P = 0.02).")
    assert [(r.measure, r.direction) for r in results if r.direction is not None] == [("percentage", "decreased")]


def test_a_change_from_the_own_baseline_compares_no_groups() -> None:
    (result, *_) = link("With [a1|zelotinib], <o1|fever> was reduced from 39.1 to 37.2 °C (P = 0.01).")
    assert (result.measure, result.direction, result.arm, result.comparator) == ("comparison", "decreased", "a1", None)


def test_a_difference_is_read_against_zero() -> None:
    text = "With [a1|zelotinib] against [a2|placebo] the mean difference in <o1|grip> was {} kg (95% CI {})."
    told = {
        number: [r.direction for r in link(text.format(number, ci)) if r.measure == "mean_difference"]
        for number, ci in (("2.1", "1.2 to 3.0"), ("-2.1", "-3.0 to -1.2"), ("0.4", "-0.9 to 1.7"))
    }
    assert told == {"2.1": ["increased"], "-2.1": ["decreased"], "0.4": ["no_difference"]}


def test_values_tested_each_against_its_own_baseline_compare_no_groups() -> None:
    text = "Mean <o1|grip> rose from 20 to 25 kg (P = 0.04) with [a1|zelotinib] and from 21 to 24 kg (P = 0.03) with [a2|placebo]."
    assert [r.direction for r in link(text) if r.measure == "mean"] == [None, None]


def test_the_wording_mends_the_order_of_a_pair_that_names_no_group() -> None:
    text = "People took [a1|zelotinib] or [a2|placebo]. There was a decrease of <o1|fever>, seen in 80% versus 33% (P < 0.001)."
    assert {r.printed: r.arm for r in link(text) if r.measure == "percentage"} == {"80": "a2", "33": "a1"}


def test_the_wording_mends_the_order_of_a_pair() -> None:
    text = "Compared with [a2|placebo], [a1|zelotinib] led to a higher mean <o1|grip> (79 vs 70 kg, P < 0.001)."
    assert {r.printed: r.arm for r in link(text) if r.measure == "mean"} == {"79": "a1", "70": "a2"}


@pytest.mark.parametrize(
    ("name", "sense"),
    [("pain", "less"), ("pain relief", "more"), ("time to relapse", "more"), ("height", None), ("deaths", "less")],
)
def test_when_an_outcome_is_better(name: str, sense: str | None) -> None:
    assert better_when(name) == sense


@pytest.mark.parametrize(
    ("op", "value", "wanted"),
    [("<", 0.05, True), ("=", 0.05, False), (">", 0.05, False), (">", 0.01, None), ("<", 0.067, False), ("=", 0.0, True)],
)  # fmt: skip
def test_significance_of_p(op: str, value: float, wanted: bool | None) -> None:
    assert significance(msgspec.convert({"op": op, "value": value}, PValue)) is wanted


@pytest.mark.parametrize(
    ("value", "low", "high", "wanted"),
    [(1.0, None, None, ("no_difference", None)), (0.5, 0.3, 0.9, ("decreased", True)), (2.0, None, None, ("increased", None))],
)  # fmt: skip
def test_a_ratio_is_read_against_one(
    value: float, low: float | None, high: float | None, wanted: tuple[str, bool | None]
) -> None:
    assert direction_of_ratio(value, low, high) == wanted


@pytest.mark.parametrize(
    ("loader", "name", "lines"),
    [
        (comparison_words, "comparison_words.tsv", ["word\tsense\tkind", "big\tup\tcolour"]),
        (comparison_words, "comparison_words.tsv", ["word\tsense"]),
        (load_frames, "comparison_frames.jsonl", ['{"id": "x", "list": "y", "regex": "a", "example": "b", "counter": "c"}']),
        (load_frames, "comparison_frames.jsonl", ['{"id": "x", "list": "y", "regex": "(", "example": "b", "counter": "c"}']),
    ],
)  # fmt: skip
def test_malformed_data_is_refused(
    loader: object, name: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "vocabulary_lines", lambda _: lines)
    monkeypatch.setattr("extractor.linking.comparison_rules.vocabulary_lines", lambda _: lines)
    assert callable(loader)
    with pytest.raises(LexiconError):
        loader.__wrapped__()
