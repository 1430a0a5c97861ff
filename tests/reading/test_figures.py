"""The figure reader: one case per printed form and per reading in the opposite sense, round trips, hostile text."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.reading.compose import build_node
from extractor.reading.labels import load_labels
from extractor.reading.number_words import NUMBER_WORDS
from extractor.reading.token_patterns import Match, load_pattern_rows
from tests.growth import growth
from tests.reading.figure_views import figures_of, tokens_of, view

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("figures_cases.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case['form']}" for n, case in enumerate(CASES, 1)])
def test_case(case: dict[str, Any]) -> None:
    assert [view(figure, case["text"]) for figure in figures_of(case["text"])] == case["figures"]


def test_cases_are_many_and_differ() -> None:
    assert len(CASES) >= 400
    assert len({case["text"] for case in CASES}) == len(CASES)
    kinds = Counter(figure["kind"] for case in CASES for figure in case["figures"])
    assert set(kinds) >= {
        "percent", "fraction", "quantity", "number", "estimate", "p_value", "interval", "duration", "not_reached", "dose",
        "age", "date", "threshold", "group_size", "name", "design", "grade", "ordinal", "allocation", "dimension",
        "statistic", "sites", "enrolment", "reference", "dispersion", "range", "schedule", "timepoint", "followup",
        "p_value_lost", "scale",
    }  # fmt: skip


def test_every_pattern_fires_in_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    built: set[str] = set()

    def recording(match: Match, nodes: list[Any], text: str) -> Any:
        node = build_node(match, nodes, text)
        if node is not None:
            built.add(match.row.id)
        return node

    monkeypatch.setattr("extractor.reading.figures.build_node", recording)
    for case in CASES:
        figures_of(case["text"])
    assert [row.id for row in load_pattern_rows("figures.jsonl") if row.id not in built] == []


def test_no_literal_is_hidden_by_a_label() -> None:
    """A word that is a label is never seen as itself, so a pattern that spells it could not match."""
    hidden = load_labels().one_word_terms() | NUMBER_WORDS | {"none", "nobody"}
    spelled = {
        (row.id, word)
        for row in load_pattern_rows("figures.jsonl")
        for token in row.pattern
        for word in [*_lower_words(token), *_form_words(token)]
    }
    assert sorted(pair for pair in spelled if pair[1] in hidden) == []


def _lower_words(token: dict[str, Any]) -> list[str]:
    wanted = token.get("LOWER", [])
    return [wanted] if isinstance(wanted, str) else list(wanted["IN"]) if isinstance(wanted, dict) else list(wanted)


def _form_words(token: dict[str, Any]) -> list[str]:
    forms = token["_"]["forms"]["INTERSECTS"] if "_" in token else []
    return [form for form in forms if not (len(form) > 2 and form[0] == "<" and form[-1] == ">")]


# ---------------------------------------------------------------- offsets and precision


@pytest.mark.parametrize(
    ("text", "printed", "decimals"),
    [("It was 0.570 here.", "0.570", 3), ("It was 12% here.", "12", 0), ("It was 12.30% here.", "12.30", 2), ("It was .5 kg.", ".5", 1),
     ("It was 1,250 here.", "1,250", 0), ("It was 0·40 here.", "0·40", 2), ("It was −3.10 mmHg.", "−3.10", 2)],
)  # fmt: skip
def test_printed_number_and_its_decimals_are_kept(text: str, printed: str, decimals: int) -> None:
    (figure,) = figures_of(text)
    assert (figure.printed, figure.decimals) == (printed, decimals)


def test_a_figure_never_reaches_over_a_sentence() -> None:
    text = "The hazard ratio for death was given. In all, 0.62 was seen (P = .01). Of these, 12 (40%) died."
    assert [f.kind for f in figures_of(text)] == ["number", "p_value", "percent"]
    assert figures_of(text)[0].p_value is None


def test_a_modifier_before_a_full_stop_is_not_carried_on() -> None:
    (figure,) = figures_of("They were nearly there. About that, 30% agreed.")
    assert figure.modifier is None


def test_tokens_cover_all_that_is_not_blank() -> None:
    for case in CASES:
        text, done = case["text"], 0
        for token in tokens_of(text):
            assert done <= token.start < token.end
            assert not text[done : token.start].strip()
            done = token.end
        assert not text[done:].strip()


# ---------------------------------------------------------------- composed figures are read back

decimal_point = st.sampled_from([".", "·"])
hundredths = st.integers(1, 999).map(lambda n: n / 100)
separators = st.sampled_from(["-", "–", " to ", ", ", "; "])
brackets = st.sampled_from([("(", ")"), ("[", "]")])


def printed(value: float, point: str) -> str:
    return f"{value:.2f}".replace(".", point)


@given(
    st.sampled_from([("HR", "hazard_ratio"), ("OR", "odds_ratio"), ("RR", "risk_ratio"), ("relative risk", "risk_ratio"), ("aHR", "hazard_ratio")]),
    hundredths, hundredths, hundredths, separators, brackets, decimal_point,
    st.sampled_from(["95% CI ", "95%CI: ", "95% CI, ", "CI 95% ", "95% confidence interval "]),
    st.sampled_from([("", None), ("; P = 0.03", ("=", 0.03)), ("; P<.001", ("<", 0.001)), (", p ≤ 0.05", ("<=", 0.05))]),
)  # fmt: skip
def test_a_composed_ratio_is_read_back(
    label: tuple[str, str], value: float, low: float, high: float, separator: str, bracket: tuple[str, str],
    point: str, level: str, p_value: tuple[str, tuple[str, float] | None],
) -> None:  # fmt: skip
    interval = f"{level}{printed(low, point)}{separator}{printed(high, point)}"
    text = f"The {label[0]} was {printed(value, point)} {bracket[0]}{interval}{p_value[0]}{bracket[1]} after surgery."
    (figure,) = figures_of(text)
    assert (figure.kind, figure.measure, figure.value) == ("estimate", label[1], value)
    assert text[figure.value_start : figure.value_end] == printed(value, point)
    assert figure.ci is not None
    assert (figure.ci.low, figure.ci.high, figure.ci.level) == (low, high, 95)
    if p_value[1] is None:
        assert figure.p_value is None
    else:
        assert figure.p_value is not None
        assert (figure.p_value.op, figure.p_value.value) == p_value[1]


@given(
    st.integers(3, 1899),
    st.data(),
    st.sampled_from(
        ["{n}/{N} ({p}%)", "{n} of {N} ({p}%)", "{p}% ({n}/{N})", "{n} ({p}%) of {N}", "{n} out of {N} ({p}%)"]
    ),
)
def test_composed_counts_are_read_back(total: int, data: st.DataObject, form: str) -> None:
    events = data.draw(st.integers(0, total))
    share = round(100 * events / total, 1)
    text = f"Healing was seen in {form.format(n=events, N=total, p=share)} burns."
    (figure,) = figures_of(text)
    assert (figure.kind, figure.value) == ("percent", share)
    assert figure.events is not None and figure.events.value == events
    assert figure.total is not None and figure.total.value == total
    assert text[figure.events.start : figure.events.end] == str(events)


@given(st.integers(-99999, 99999).map(lambda n: n / 10), st.integers(0, 999).map(lambda n: n / 10),
       st.sampled_from([" ± ", "±", " +/- "]), st.sampled_from(["", " kg", " mmHg", " points", " mmol/L"]))  # fmt: skip
def test_composed_spread_is_read_back(mean: float, deviation: float, sign: str, unit: str) -> None:
    (figure,) = figures_of(f"Grip was {mean:.1f}{sign}{deviation:.1f}{unit} then.")
    assert figure.value == mean
    assert figure.dispersion is not None
    assert (figure.dispersion.kind, figure.dispersion.value) == ("sd", deviation)
    assert bool(figure.unit) == bool(unit)


@given(st.integers(0, 999_999_999), st.sampled_from([",", "\u2009", "\u202f", "\u00a0"]))
def test_composed_thousands_are_read_back(number: int, blank: str) -> None:
    text = f"They counted {number:,} tests.".replace(",", blank)
    (figure,) = figures_of(text)
    assert figure.value == number or figure.kind == "date"


@given(st.integers(1, 99), st.integers(1, 99), st.sampled_from(["day", "week", "month", "year"]))
def test_composed_medians_are_read_back(value: int, width: int, unit: str) -> None:
    text = f"Median stay was {value} {unit}s (range, {value - 0.5}-{value + width} {unit}s)."
    (figure,) = figures_of(text)
    assert (figure.kind, figure.value, figure.unit) == ("duration", value, unit)
    assert figure.dispersion is not None
    assert (figure.dispersion.low, figure.dispersion.high) == (value - 0.5, value + width)


# ---------------------------------------------------------------- no text whatever

_PIECES = [
    "95% CI", "HR", "hazard ratio", "(", ")", "[", "]", ";", ",", ".", " ", " ", " ", "P", "<", "=", "±", "0.5", "12", "1,000", "%",
    "to", "-", "–", "mean", "median", "(SD)", "of", "one", "half", "twice", "n", "/", "kg", "weeks", "week", "from", "NR", "2010", "×10",
    "^-4", "e-5", "grade", "≥", "vs", "risk", "reduced by", "difference", "patients", "were randomized", "\n", "\u2009", "İ", "²", "٣", "$",
]  # fmt: skip


def _check(text: str) -> None:
    for figure in figures_of(text):
        assert 0 <= figure.start <= figure.value_start <= figure.value_end <= figure.end <= len(text)
        assert figure.start < figure.end
        if figure.value is not None:
            assert math.isfinite(figure.value)
        for number in (figure.events, figure.total, figure.baseline):
            if number is not None:
                assert text[number.start : number.end] == number.text
        for part in (figure.ci, figure.p_value, figure.dispersion):
            if part is not None and part.span is not None:
                assert 0 <= part.span[0] < part.span[1] <= len(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=60))
def test_no_mixture_of_pieces_breaks_the_reader(pieces: list[str]) -> None:
    _check("".join(pieces))
    _check(" ".join(pieces))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    _check(text)


# ---------------------------------------------------------------- linear time

_HOSTILE = [
    "1", "12 ", "1 of ", "1 of 1 of ", "95% CI ", "95% CI 95% CI (", "- ", "1-", "1.", "1,", "1 ", "111,", "1.1 x 10", "(", ")", "[(", "(1 ", "HR ",
    "HR of the ", "the difference between ", "P ", "P = ", "from 1 ", "from 1 to ", "mean (SD) ", "± ", "12 ± ", "aged ", "scale of ",
    "randomized ", "1/1 ", "one hundred ", "a ", "a dozen ", "detect ", "difference in a , ", "reduced the risk of x ", "grade 1 or ",
    "within the first ", "follow up ", "not reached ", "HR 0.5 and ", "HR 0.5 (", "P = .5 ) ", "%", "%.", "0.5 0.5", "a.", "A. ", "abc", "é", "1a", "1\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", _HOSTILE)
def test_time_grows_with_length_only(unit: str) -> None:
    short, long = 4_000, 32_000
    # eight times the length: linear is 8 (a lot of slack for the garbage collector), quadratic 64
    assert growth(lambda length: figures_of(unit * (length // len(unit))), short, long) < 26
