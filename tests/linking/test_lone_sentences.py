"""Sentences that stand alone: groups and outcomes that only the figures beside them make known."""

from __future__ import annotations

import pytest

from extractor.extraction import extract

CASES = [
    (
        "The rate of late scarring was 8% for o.d. vs. 13% for t.d.s. (P = 0.3).",
        [("8", "o.d", "late scarring"), ("13", "t", "late scarring")],
    ),
    (
        "Success rates were 21 (84.0%) for Kestrel and 13 (65.0%) for Merlin valves.",
        [("84.0", "Kestrel", "Success"), ("65.0", "Merlin", "Success")],
    ),
    (
        "More KT patients (31%) discontinued due to AEs than MT patients (12%, P = 0.01).",
        [("31", "KT", "discontinued"), ("12", "MT", "discontinued")],
    ),
    (
        "The Q40 (52 patients) and Q80 (49 patients) arms had response rates of 21% and 30%, respectively.",
        [("21", "Q40", "response"), ("30", "Q80", "response")],
    ),
    (
        "Travoprost lowered eye pressure by 7.1 mm Hg and timolol by 5.2 mm Hg.",
        [("7.1", "Travoprost", "eye pressure"), ("5.2", "timolol", "eye pressure")],
    ),
    (
        "The bubble formation in arterial blood in the sham group was 9.1 mmol/L and 4.2 mmol/L in the controls.",
        [("9.1", "sham", "bubble formation"), ("4.2", "controls", "bubble formation")],
    ),
    (
        "41% of patients in the timolol group and 64% of patients in the travoprost group had achieved > or = 25% reduction in eye pressure.",
        [("41", "timolol", "eye pressure"), ("64", "travoprost", "eye pressure")],
    ),
    (
        "Wound sepsis, characterised by pus and grade 3 redness occurred in 21 patients treated with KT, versus 7 in those treated with MT.",
        [("21", "KT", "Wound sepsis")],
    ),
    (
        "The relapse rate was 22% in the KT group and 31% in the MT group, with about 40% fatigue in each group.",
        [("22", "KT", "relapse"), ("31", "MT", "relapse")],
    ),
    ("Eye pressure of less than or equal to 15 mm Hg was seen in 52% of eyes with timolol.", [("52", "timolol", "Eye pressure")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text[:40] for text, _ in CASES])
def test_each_figure_finds_its_group_and_outcome(text: str, wanted: list[tuple[str, str, str]]) -> None:
    record = extract(text, kind="abstract")
    arms = {a.id: a.label.text for t in record.trials for a in t.arms if a.label is not None}
    outcomes = {o.id: o.name.text for t in record.trials for o in t.outcomes}
    results = {r.printed: r for t in record.trials for r in t.results if r.measure != "comparison"}
    for printed, arm, outcome in wanted:
        result = results[printed]
        assert arm in arms[result.arm or ""], (printed, arms, result.rules)
        assert outcome in outcomes[result.outcome or ""], (printed, outcomes, result.rules)


def test_a_cut_off_is_no_value_and_does_not_end_a_name() -> None:
    record = extract("Eye pressure of less than or equal to 15 mm Hg was seen in 52% of eyes with timolol.", kind="abstract")
    assert [r.printed for t in record.trials for r in t.results if r.value is not None] == ["52"]
    assert all(not o.name.text.endswith(("to", "than", "of")) for t in record.trials for o in t.outcomes)


def test_both_opens_two_outcomes() -> None:
    record = extract("Both wound rupture and skin necrosis were less frequent in the KT group (3% and 5%) than in the MT group.")
    names = " | ".join(o.name.text for t in record.trials for o in t.outcomes)
    assert "wound rupture" in names and "skin necrosis" in names
