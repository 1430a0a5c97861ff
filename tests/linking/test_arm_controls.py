"""Controls: which words call a group the control, where it is labelled, and the phrases of what groups get."""

from __future__ import annotations

import pytest

from extractor.errors import LexiconError
from extractor.extraction import extract_article
from extractor.linking import rules
from extractor.linking.arm_labels import label_weights
from extractor.records import Arm, Record, make_article


def record_of(text: str) -> Record:
    return extract_article(make_article(id="d", text=text, kind="abstract"))


def arms_of(text: str) -> list[Arm]:
    return list(record_of(text).trials[0].arms)


def labels(text: str, role: str) -> list[str]:
    return [arm.label.text for arm in arms_of(text) if arm.role == role and arm.label is not None]


TAIL = " The main outcome was knee function after one year. Analysis was by intention to treat."


@pytest.mark.parametrize(
    ("text", "experimental", "comparator"),
    [
        ("Pilates for stiff shoulders. Ninety clerks were randomly assigned to usual care (n = 45) or pilates (n = 45).", "Pilates", "usual care"),
        ("Copper bracelets for sore thumbs. Eighty tailors were randomly assigned to a copper bracelet (n = 40) or no bracelet (n = 40).", "Copper bracelets", "no bracelet"),
        ("Naproxen for tennis elbow. We compared naproxen with nothing. In all, 70 players were randomised to physiotherapy with (n = 35) or without (n = 35) naproxen.", "Naproxen", "without"),
        ("Celecoxib is better than ibuprofen in wrist sprain. We studied 120 skaters in two clinics.", "Celecoxib", "ibuprofen"),
        ("Losartan compared with valsartan in gouty farmers. Farmers were assigned to losartan 50 mg and placebo capsules or valsartan 80 mg and placebo capsules.", "Losartan", "valsartan"),
    ],
)  # fmt: skip
def test_two_groups_and_their_roles(text: str, experimental: str, comparator: str) -> None:
    assert experimental.lower() in [x.lower() for x in labels(text + TAIL, "experimental")]
    assert any(comparator in x for x in labels(text + TAIL, "comparator"))


@pytest.mark.parametrize(
    "text",
    [
        "Ketoprofen gel in rowers. All 60 rowers got ketoprofen gel for a month. Pain control was good in most of them.",
        "Tea and gout. In this case-control study of tea we asked 300 cases. Tea was drunk by half of the cases.",
        "Metformin in miners. All 50 miners took metformin to control weight. Few stopped it.",
    ],
)
def test_control_of_something_is_no_group(text: str) -> None:
    assert "control" not in [x.lower() for x in labels(text, "comparator")]


def test_what_the_control_group_received_is_the_control() -> None:
    text = (
        "Baclofen against hiccups. Sixty singers were randomly assigned to baclofen or a control group."
        " The control group (n = 30) received peppermint oil. Hiccups stopped in 20% with peppermint oil and 60% with baclofen."
    )
    results = {r.value: r.arm for r in record_of(text).trials[0].results}
    arms = {arm.id: arm.role for arm in arms_of(text)}
    assert len(arms) == 2
    assert arms[results[20] or ""] == "comparator"


def test_one_alone_beside_the_combination() -> None:
    text = (
        "Hip replacement combined with teriparatide in ballet dancers. From 2011 to 2014, 30 dancers received hip replacement"
        " with teriparatide and 32 received hip replacement alone. Healing took a month."
    )
    assert any("alone" in x or "hip replacement" in x.lower() for x in labels(text, "comparator"))


def test_lettered_groups_of_an_allocation_are_two() -> None:
    text = (
        "Two ways to warm saline. Forty divers were randomly allocated to group A or group B by lottery."
        " Group A was given warm saline. Group B was given saline at room temperature. Shivering was seen in 3 divers of group A."
    )
    arms = arms_of(text)
    assert sum("group a" in (arm.label.text.lower() if arm.label else "") for arm in arms) <= 1
    assert len({(arm.label.text if arm.label else "") for arm in arms}) == len(arms)


def test_a_short_form_of_first_letters_is_the_arm_of_the_title() -> None:
    text = (
        "Warm water immersion bathing for cramp. Eighty cyclists were randomised to bathing or a control group."
        " Cramp was seen in 10% of the WWIB group and 30% of the control group."
    )
    found = record_of(text)
    arms = {arm.id: arm.role for arm in found.trials[0].arms}
    assert {r.value: arms.get(r.arm or "") for r in found.trials[0].results} == {10: "experimental", 30: "comparator"}


def test_a_comparator_is_labelled_where_the_groups_are_set_up() -> None:
    text = (
        "Melatonin for shift workers. Placebo has helped some workers before. We randomly assigned 200 nurses to melatonin"
        " (n = 100) or placebo (n = 100). Sleep was longer with melatonin than with placebo."
    )
    label = next(arm.label for arm in arms_of(text) if arm.role == "comparator")
    assert label is not None
    assert label.start == text.index("placebo (n")


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["name\tweight"], "header"),
        (["feature\tweight", "title"], "weight"),
        (["feature\tweight", "title\t1", "title\t2"], "of its own"),
        (["feature\tweight", "title\theavy"], "not a number"),
    ],
)
def test_malformed_label_weights_are_refused(lines: list[str], where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "vocabulary_lines", lambda name: lines)
    label_weights.cache_clear()
    with pytest.raises(LexiconError, match=where):
        label_weights()
    label_weights.cache_clear()


def test_every_label_weight_names_a_feature_that_decides() -> None:
    weights = label_weights()
    assert weights["allocated"] > 0 > weights["late"]


def test_what_a_group_gets_is_a_phrase_and_a_group_is_none() -> None:
    text = (
        "Ramipril in pilots. We randomly assigned 80 pilots to ramipril plus amlodipine 5 mg or to a control group."
        " Blood pressure fell in both groups."
    )
    found = [m for m in record_of(text).mentions if m.label in ("drug", "procedure", "behaviour")]
    phrases = {m.text: m.concept for m in found}
    assert phrases["ramipril plus amlodipine 5 mg"] == "ramipril + amlodipine"
    assert phrases["amlodipine"] == "amlodipine"
    assert "control group" not in phrases
    assert all(text[m.start : m.end] == m.text for m in found)
