"""Outcomes that only a comparison names."""

from __future__ import annotations

import pytest

from extractor.lexicon import load_lexicon
from extractor.linking.arms import ArmMention, ArmReading
from extractor.linking.compared_outcomes import add_compared
from extractor.linking.outcomes import OutcomeMention, OutcomeReading
from extractor.reading.reader import read_article
from extractor.records import Outcome, Span, make_article


def compared(text: str, arm: str | None = None, known: str | None = None) -> list[str]:
    """The names added to a text in which ``arm`` names a group and ``known`` is an outcome found before."""
    reading = read_article(make_article(id="t", text=text, kind="abstract"), load_lexicon())
    mentions, outcomes, namings = [], [], []
    if arm is not None:
        mentions.append(ArmMention(start=text.index(arm), end=text.index(arm) + len(arm), arm_ids=("a1",), rule="x"))
    if known is not None:
        start, end = text.index(known), text.index(known) + len(known)
        outcomes.append(Outcome(id="o1", name=Span(text=known, start=start, end=end)))
        namings.append(OutcomeMention(start=start, end=end, outcome_id="o1", rule="head"))
    arms = ArmReading(arms=(), mentions=tuple(mentions))
    found = add_compared(reading, arms, OutcomeReading(outcomes=tuple(outcomes), mentions=tuple(namings)))
    assert all(o.name.text == text[o.name.start : o.name.end] for o in found.outcomes)
    return [text[m.start : m.end] for m in found.mentions if m.rule == "compared"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("RESULTS: The yarrow index was significantly higher with zelotinib than with placebo.", ["yarrow index"]),
        ("RESULTS: There was no difference in frobs, the blink sum or tremolo between the groups.", ["frobs", "blink sum", "tremolo"]),
        ("RESULTS: However, composition of the sediment did not differ between the groups.", ["composition of the sediment"]),
        ("RESULTS: Zelotinib led to significantly fewer frobs than placebo.", ["frobs"]),
        ("RESULTS: The frobs and blink sum were significantly lower with zelotinib.", ["frobs", "blink sum"]),
        ("RESULTS: Tremolo was found with a similar frequency in both groups (no difference between groups).", ["Tremolo"]),
        ("RESULTS: Fewer women in the control group were restless than in the other group.", ["restless"]),
        ("RESULTS: Significantly more patients in the intervention group finished frobs until day 9.", ["finished frobs"]),
        ("RESULTS: Significantly more patients in the intervention group had tremolo than controls.", ["tremolo"]),
        ("RESULTS: The differences were not significant in younger patients.", []),
        ("RESULTS: The patients were significantly older.", []),
        ("METHODS: The yarrow index was significantly higher than expected.", []),
        ("CONCLUSIONS: Further trials with larger frobs than these are warranted.", []),
    ],
)  # fmt: skip
def test_what_a_wording_compares_is_an_outcome(text: str, names: list[str]) -> None:
    assert compared(text) == names


def test_the_name_of_an_arm_is_no_outcome() -> None:
    assert compared("RESULTS: The yarrow drink was significantly better than placebo.", arm="yarrow drink") == []


def test_a_list_with_a_known_outcome_is_completed() -> None:
    text = "RESULTS: There was no difference in frobs, yarrow index or tremolo between the groups."
    assert compared(text, known="yarrow index") == ["frobs", "tremolo"]


def test_an_outcome_found_before_is_enough() -> None:
    text = "RESULTS: The yarrow index was significantly higher with zelotinib than with placebo."
    assert compared(text, known="yarrow index") == []
