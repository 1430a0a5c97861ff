"""The groups of a trial: each source that names them, their roles and sizes, and the places that name them."""

from __future__ import annotations

import pytest

from extractor.errors import LexiconError
from extractor.lexicon import load_lexicon
from extractor.linking import arm_vocabulary, rules
from extractor.linking.arm_view import word_table
from extractor.linking.arm_vocabulary import WordTable, load_cues, load_words
from extractor.linking.arms import ArmReading, find_arms
from extractor.reading.reader import read_article
from extractor.records import make_article

ROLES = {"experimental", "comparator", "historical", "overall"}


def arms_of(text: str, kind: str = "abstract") -> ArmReading:
    lexicon = load_lexicon()
    return find_arms(read_article(make_article(id="t", text=text, kind=kind), lexicon), lexicon)


def labels(reading: ArmReading) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for arm in reading.arms:
        assert arm.label is not None
        out.setdefault(arm.role, []).append(arm.label.text)
    return out


def named(text: str, reading: ArmReading) -> dict[str, tuple[str, ...]]:
    return {text[m.start : m.end]: m.arm_ids for m in reading.mentions}


PLACEBO = (
    "Ondansetron for nausea after shoulder surgery: a randomised trial. Nausea is common after anaesthesia. "
    "We randomly assigned 120 adults to ondansetron 8 mg (n = 61) or placebo (n = 59). "
    "Vomiting occurred in 12% of the ondansetron group and 30% of the placebo group (P = 0.01). "
    "Headache was similar in both groups. Ondansetron reduced vomiting."
)


def test_allocation_gives_arms_roles_sizes_and_doses() -> None:
    reading = arms_of(PLACEBO)
    assert [a.role for a in reading.arms] == ["experimental", "comparator"]
    first, second = reading.arms
    assert first.label is not None
    assert first.label.text == "Ondansetron"
    assert first.label.start == 0
    assert second.label is not None
    assert second.label.text == "placebo"
    assert first.size is not None
    assert second.size is not None
    assert (first.size.value, second.size.value) == (61, 59)
    assert [i.concept for i in first.interventions] == ["ondansetron"]


def test_letters_behind_a_hyphen_name_groups() -> None:
    text = (
        "Ramipril against lisinopril for gout. Men were randomised to ramipril (arm-A) or lisinopril (arm-B). Gout ended in 20% in"
        " arm-A and 10% in arm-B. All men were followed."
    )
    reading = arms_of(text)
    for letter, arm in (("A", "a1"), ("B", "a2")):
        at = text.rindex(f"arm-{letter}") + 4
        assert [m.arm_ids for m in reading.mentions if m.start <= at < m.end] == [(arm,)]


def test_a_biosimilar_is_not_the_drug_that_it_copies() -> None:
    text = (
        "The biosimilar CT-P6 versus reference trastuzumab in sick hens. Hens were randomised to CT-P6 or trastuzumab. Eggs were laid by"
        " 60% of hens on CT-P6 and 50% on trastuzumab. All hens were followed."
    )
    reading = arms_of(text)
    at = text.rindex("trastuzumab")
    arm = next(m.arm_ids for m in reading.mentions if m.start <= at < m.end)
    assert [a.role for a in reading.arms if a.id in arm] == ["comparator"]


def test_every_naming_is_a_mention_with_true_offsets() -> None:
    reading = arms_of(PLACEBO)
    found = named(PLACEBO, reading)
    assert found["ondansetron group"] == ("a1",)
    assert found["placebo group"] == ("a2",)
    assert found["both groups"] == ("a1", "a2")
    for arm in reading.arms:
        assert arm.label is not None
        assert PLACEBO[arm.label.start : arm.label.end] == arm.label.text
    starts = [m.start for m in reading.mentions]
    assert starts == sorted(starts)
    assert all(a.end <= b.start for a, b in zip(reading.mentions, reading.mentions[1:], strict=False))


def test_same_text_gives_the_same_reading() -> None:
    assert arms_of(PLACEBO) == arms_of(PLACEBO)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("Relapse was seen in 12% of patients in the fondaparinux group and 20% in the control group.", "fondaparinux group", "control group"),
        ("Mean pressure fell by 6.1 mm Hg with bimatoprost and by 5.0 mm Hg with travoprost.", "bimatoprost", "travoprost"),
        ("Pressure was 14 and 16 mm Hg for bimatoprost and travoprost, respectively.", "bimatoprost", "travoprost"),
        ("Response was seen in 40% of patients receiving docetaxel and 31% of those on epirubicin.", "docetaxel", "epirubicin"),
        ("The success rate was 70% in MMC-treated eyes versus 55% in 5-FU-treated eyes.", "MMC-treated eyes", "5-FU-treated eyes"),
        ("Recovery took 4 days in group A and 6 days in group B.", "group A", "group B"),
        ("Survival was longer in the SL group than in the LAG group (20 vs 14 months).", "SL group", "LAG group"),
        ("Pain was lower (combined group: 2.1; control group: 3.4).", "combined group", "control group"),
        ("Healing was seen in 80% on doxycycline alone and 90% on doxycycline plus rifampicin.", "doxycycline alone", "doxycycline plus rifampicin"),
    ],
)  # fmt: skip
def test_a_lone_result_sentence_names_two_arms(text: str, one: str, other: str) -> None:
    found = named(text, arms_of(text))
    assert one in found, found
    assert other in found, found
    assert set(found[one]).isdisjoint(found[other])


def test_group_letters_take_their_definition() -> None:
    text = (
        "Two ways of closing wounds. Sixty adults were randomly divided into two groups. "
        "Group A (skin glue, n = 30) and group B (sutures, n = 30) were followed for one month. "
        "Infection occurred in 3% of group A and 9% of group B. Wounds healed sooner with skin glue than with sutures."
    )
    found = named(text, arms_of(text))
    assert found["group A"] == found["skin glue"]
    assert found["group B"] == found["sutures"]
    assert found["group A"] != found["group B"]


def test_b_inside_a_plus_b_belongs_to_the_combination() -> None:
    text = (
        "Letrozole plus palbociclib versus letrozole alone in advanced breast cancer. "
        "Women were randomly assigned to letrozole plus palbociclib (n = 80) or letrozole alone (n = 82). "
        "Median survival was 20 months with letrozole plus palbociclib and 11 months with letrozole alone."
    )
    reading = arms_of(text)
    assert labels(reading) == {"experimental": ["Letrozole plus palbociclib"], "comparator": ["letrozole alone"]}
    for mention in reading.mentions:
        shown = text[mention.start : mention.end].lower()
        if "palbociclib" in shown:
            assert mention.arm_ids == ("a1",)
        elif shown == "letrozole alone":
            assert mention.arm_ids == ("a2",)


def test_dose_levels_are_arms() -> None:
    text = "Latanoprost 0.005% once daily lowered pressure more than latanoprost 0.0015% twice daily (9.8 and 6.7 mm Hg)."
    reading = arms_of(text)
    assert len(reading.arms) == 2
    assert len({m.arm_ids for m in reading.mentions}) == 2


def test_control_without_a_name_in_the_title_is_the_comparator() -> None:
    text = (
        "Yoga for tiredness after treatment: a randomized trial. Tiredness is common. "
        "Survivors were randomly allocated to a yoga group (n = 20) or a waiting list control group (n = 22). "
        "Tiredness fell more in the yoga group than in the control group (P = 0.02)."
    )
    reading = arms_of(text)
    assert labels(reading)["experimental"][0].lower().startswith("yoga")
    assert [a.role for a in reading.arms] == ["experimental", "comparator"]
    assert named(text, reading)["control group"] == ("a2",)


def test_one_arm_and_historical_controls() -> None:
    text = (
        "Adding blinatumomab helps infants. Doctors gave one course of blinatumomab to 30 infants with leukemia. "
        "After treatment with blinatumomab, 93% were alive at two years. The nurses were pleased with the result. "
        "That is better than in infants treated with chemotherapy alone in the original trial. "
        "Relapses had been frequent in historical controls."
    )
    reading = arms_of(text, kind="news")
    roles = [a.role for a in reading.arms]
    assert roles == ["experimental", "historical"]
    found = named(text, reading)
    assert found["blinatumomab"] == ("a1",)
    assert found["historical controls"] == ("a2",)


def test_placebo_controlled_is_no_naming_of_the_placebo_arm() -> None:
    text = "In this placebo-controlled trial the rate was 12% with metformin and 15% with placebo."
    reading = arms_of(text)
    starts = [m.start for m in reading.mentions if "placebo" in text[m.start : m.end]]
    assert starts == [text.rindex("placebo")]


def test_no_group_gives_no_arm() -> None:
    reading = arms_of("Sleep matters to everyone. People sleep badly when it is hot. Open the window at night.", kind="news")
    assert reading.arms == ()
    assert reading.mentions == ()


def test_what_the_intervention_group_received_names_it() -> None:
    text = (
        "Sleep and exercise were studied in nurses. The intervention group (n = 30) received motivational interviewing about exercise. "
        "The control group (n = 31) received a leaflet. Exercise rose in the intervention group. Exercise helps sleep. "
        "More exercise was reported at 6 months by the intervention group than by the control group."
    )
    reading = arms_of(text, kind="full_text")
    assert [i.concept for i in reading.arms[0].interventions] == ["motivational interviewing"]


@pytest.mark.parametrize("name", ["arm_cues.jsonl", "arm_regimens.jsonl", "outcome_scopes.jsonl"])
def test_every_pattern_decides_its_examples(name: str) -> None:
    rules = load_cues(name)
    assert rules
    for rule, regex in rules.rows:
        assert rule.examples
        for example in rule.examples:
            assert regex.search(example), (rule.id, example)
        for reject in rule.rejects:
            assert not regex.search(reject), (rule.id, reject)


def test_a_word_of_the_table_decides() -> None:
    text = "Bleeding was seen in 4% of the slow group and 9% of the fast group."
    assert len(arms_of(text).arms) == 2
    table = word_table()
    group = table.bits["group"]
    try:
        del table.bits["group"]
        assert len(arms_of(text).arms) < 2
    finally:
        table.bits["group"] = group


def test_word_table_sums_roles() -> None:
    table = WordTable([("placebo", "control"), ("placebo", "treat"), ("yoga", "treat")])
    assert table.bits["placebo"] == table.bit("control", "treat")
    assert table.bits["yoga"] == table.bit("treat")
    with pytest.raises(LexiconError):
        table.bit("colour")


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["term\trole"], "header"),
        (["word\trole", "placebo"], "2 columns"),
        (["word\trole", "placebo\tcontrol", "placebo\tcontrol"], "twice"),
    ],
)
def test_malformed_word_tables_are_refused(lines: list[str], where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm_vocabulary, "vocabulary_lines", lambda name: lines)
    load_words.cache_clear()
    with pytest.raises(LexiconError, match=where):
        load_words("some.tsv")
    load_words.cache_clear()


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        '{"id": "a", "field": "x", "pattern": "(", "examples": []}',
        '{"id": "a", "field": "x", "pattern": "a", "examples": [], "colour": 1}',
        '{"id": "a", "field": "x", "pattern": "a", "examples": []}\n{"id": "a", "field": "x", "pattern": "b", "examples": []}',
    ],
)
def test_malformed_patterns_are_refused(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "vocabulary_lines", lambda name: line.split("\n"))
    load_cues.cache_clear()
    with pytest.raises(LexiconError, match=r"some\.jsonl"):
        load_cues("some.jsonl")
    load_cues.cache_clear()


def test_a_number_of_people_with_a_disease_received_a_list() -> None:
    found = arms_of("Altogether 350 adults with cluster headache received galcanezumab 20 mg, galcanezumab 40 mg or placebo for a month.")
    assert [(a.role, a.label.text) for a in found.arms if a.label is not None] == [
        ("experimental", "galcanezumab 20 mg"),
        ("experimental", "galcanezumab 40 mg"),
        ("comparator", "placebo"),
    ]
    assert [a.interventions[0].dose.text if a.interventions[0].dose else None for a in found.arms] == ["20 mg", "40 mg", None]


def test_what_is_set_against_one_of_two_groups_is_the_other() -> None:
    text = (
        "Timolofrost in adults with gout. Adults were assigned to timolofrost gel or tablets of the same drug. "
        "Levels were 7.2 mg/l in the timolofrost gel group and 6.9 mg/l in the oral group. The oral group had more nausea."
    )
    reading = arms_of(text)
    named_by = {text[m.start : m.end]: m.arm_ids for m in reading.mentions}
    assert named_by["timolofrost gel group"] != named_by["oral group"]
    assert len(named_by["oral group"]) == 1


def test_people_counted_beside_a_group_are_no_group() -> None:
    text = (
        "Ramipril against lisinopril for gout. Patients took ramipril or lisinopril. The ramipril group consisted of 41 women "
        "and the lisinopril group consisted of 40 women."
    )
    assert "women" not in {text[m.start : m.end] for m in arms_of(text).mentions}
