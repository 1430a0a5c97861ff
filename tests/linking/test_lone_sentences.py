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
    (
        'Wound pain was seen in 12 % ( 6/50 ) of the " early-drain " group and in 30 % ( 15/50 ) of the " late-drain " group.',
        [("12", "early-drain", "Wound pain"), ("30", "late-drain", "Wound pain")],
    ),
    (
        "From the control group ( no Sealoderm ) , two patients presented with wound sepsis and three had bleeding , "
        "whereas none of the Sealoderm group had any complication.",
        [("two", "control", "wound sepsis"), ("three", "control", "bleeding")],
    ),
    (
        "A significantly higher detection rate was seen for fluoroscan compared with plain endoscopy (81.0% vs 60.5%, P < .05).",
        [("81.0", "fluoroscan", "detection rate"), ("60.5", "endoscopy", "detection rate")],
    ),
    (
        "Hospital stay was shorter in the KT group ( KT 3.1 +/- 1.3 [ 1 ; 6.0 ] versus MM 4.4 +/- 1.9 [ 1 ; 9.0 ] P < 0.001 ).",
        [("3.1", "KT", "Hospital stay"), ("4.4", "MM", "Hospital stay")],
    ),
    (
        "There was no difference in the rate of blood transfusion ( 2.1 % in the zudol group and 1.4 % in the placebo group ).",
        [("2.1", "zudol", "blood transfusion"), ("1.4", "placebo", "blood transfusion")],
    ),
    (
        "The remission rate was similar comparing KT ( 31 of 90 , 34.4 % ) and MD ( 36 of 91 , 39.6 % ).",
        [("34.4", "KT", "remission"), ("39.6", "MD", "remission")],
    ),
    (
        "At 1 year the mean pain score was 17.3+/-2.9 in the timolol group (P<0.02, 38% reduction) and 12.2+/-3.7 in the MMC group.",
        [("38", "timolol", "score")],
    ),
    (
        "Adults were at higher risk for VTE after treatment with KLOX ( 5.1 % ) versus treatment with KL ( 2.2 % , P < .01 ).",
        [("5.1", "KLOX", "VTE"), ("2.2", "KL", "VTE")],
    ),
    ("In adults , KCM therapy increased peak airflow by 9.1 +/- 1.4 %.", [("9.1", "KCM", "peak airflow")]),
    ("Repeat KEPS was successful in 14 of these 60 patients.", [("14 of these 60", "Repeat KEPS", "successful")]),
    (
        "The cortisol response was higher with timolol than placebo ( AUC 229 +/- 73 vs 137 +/- 44 ).",
        [("229", "timolol", "cortisol response"), ("137", "placebo", "cortisol response")],
    ),
    (
        "The decline was steeper, with no differences between salizudol and placebo (1.25 ± 0.36 vs 1.52 ± 0.49).",
        [("1.25", "salizudol", "decline"), ("1.52", "placebo", "decline")],
    ),
    (
        "Remission was 21.9 % (goserelin 10.8 mg) and 28.9 % (goserelin 3.6 mg).",
        [("21.9", "10.8 mg", "Remission"), ("28.9", "3.6 mg", "Remission")],
    ),
    ("OAQ was 71.4% in arm 1 and 73.7% in arm 2.", [("71.4", "arm 1", "OAQ"), ("73.7", "arm 2", "OAQ")]),
    (
        "Necrosis of the hip was rare (2.4%, denosumab; 1.6%, zoledronic acid; P = .4).",
        [("2.4", "denosumab", "Necrosis"), ("1.6", "zoledronic", "Necrosis")],
    ),
    (
        "Grade 3 rash was more common in Arm B (61 %) than Arms A (17 %) or C (23 %).",
        [("61", "Arm B", "rash"), ("17", "A", "rash"), ("23", "C", "rash")],
    ),
    (
        "The rate of wound pain after breast surgery was 45% in the KRI group versus 28% in the control group.",
        [("45", "KRI", "pain"), ("28", "control", "pain")],
    ),
    (
        "Severe toxicity was seen in 64% of women on arm A (rash 27%, muscle pain 9%) and 14% in arm B.",
        [("64", "arm A", "toxicity"), ("27", "arm A", "rash")],
    ),
    (
        "There were 18 falls in the balance-training group and 12 such falls in the stretching group.",
        [("18", "balance", "falls"), ("12", "stretching", "falls")],
    ),
    (
        "Swelling was 5.1 ± 1.6 mm with timolol and 3.9 ± 1.1 mm without timolol.",
        [("5.1", "timolol", "Swelling"), ("3.9", "without timolol", "Swelling")],
    ),
    (
        "Median cumulative dose at onset of cardiotoxicity was 640 mg/m2 for KLD versus 480 mg/m2 for doxorubicin.",
        [("640", "KLD", "cardiotoxicity"), ("480", "doxorubicin", "cardiotoxicity")],
    ),
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


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Full success (pressure 6 to 18 mm Hg without drops) was achieved in 61.5% of eyes in the timolol group.", ["61.5"]),
        ("The mean score at base line was 51.0 ( range of possible values , 0 to 140 ) in the timolol group.", ["51.0"]),
        ("In Study 1, pressure was 24.1 mm Hg with timolol, and in Study 2, 23.0 mm Hg with timolol.", ["24.1", "23.0"]),
        ("The toxicities experienced by more than 5 % of patients included rash ( 21 % ) with timolol.", ["21"]),
        ("A total of 90 adults ( mean [ +/-SD ] age , 41.2+/-9.1 years ) were randomly assigned to timolol ( 44 adults ) or placebo ( 46 ).", []),
        ("The infusion rate was 5.2 +/- 1.9 mg kg ( -1 ) min ( -1 ) with timolol.", ["5.2"]),
    ],
)
def test_numbers_that_define_or_label_are_no_results(text: str, printed: list[str]) -> None:
    record = extract(text, kind="abstract")
    assert [r.printed for t in record.trials for r in t.results if r.value is not None] == printed


def test_a_dated_operation_is_no_group() -> None:
    record = extract("At 1 year after surgery, mean eye pressure was 15.6 mm Hg in the KT group and 12.5 mm Hg in the MT group.")
    assert len(record.trials[0].arms) == 2
