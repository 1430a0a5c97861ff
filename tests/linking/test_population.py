"""Population: who was studied, how many, of what age, sex, ethnicity and place."""

from __future__ import annotations

import re

import pytest

from extractor.errors import LexiconError
from extractor.linking import population_choice
from extractor.linking.characteristics import find_ages, find_ethnicity, find_locations
from extractor.linking.fit_population import choice_of, fit_choices, fit_labelled, labelled_of
from extractor.linking.participants import choose_counts, find_counts, read_number
from extractor.linking.patterns import Rule, load_rules
from extractor.linking.population import find_population
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.types import Reading
from extractor.records import Population
from tests.growth import growth


def read(text: str, kind: str = "abstract") -> Reading:
    return Reading(
        text=text,
        kind=kind,
        title=None,
        sections=(),
        sentences=tuple(split_sentences(text)),
        words=tuple(scan_words(text)),
        tokens=(),
        figures=(),
        mentions=(),
        abbreviations={},
    )


def population(text: str) -> Population:
    return find_population(read(text))[0]


def counts(text: str) -> tuple[int | float | None, int | float | None]:
    enrolled, analysed = choose_counts(find_counts(text, plain_text(text), tuple(split_sentences(text))))
    for number in (enrolled, analysed):
        assert number is None or text[number.start : number.end] == number.text
    return (enrolled.value if enrolled else None, analysed.value if analysed else None)


def holds(rule: Rule, example: str) -> bool:
    """Whether the rule matches where ``example`` marks the number or phrase with ‹ ›."""
    plain = plain_text(example)
    if rule.side == "before":
        return rule.regex.search(plain[: plain.index("‹")]) is not None
    if rule.side == "after":
        return rule.regex.search(plain[plain.index("›") + 1 :]) is not None
    if rule.id in ("arm-other-n", "required-sentence"):
        plain = plain.replace("‹", "").replace("›", "")
    return rule.regex.search(plain) is not None


@pytest.mark.parametrize(
    "rule",
    [*load_rules("participants.jsonl"), *(r for r in load_rules("population.jsonl") if r.field != "criteria")],
    ids=lambda rule: rule.id,
)
def test_context_rules_keep_their_examples(rule: Rule) -> None:
    assert rule.examples
    for example in rule.examples:
        assert isinstance(example, str)
        assert holds(rule, example), example
    for example in rule.rejects:
        assert not holds(rule, example), example


@pytest.mark.parametrize(
    "rule",
    [
        *load_rules("ages.jsonl"),
        *load_rules("conditions.jsonl"),
        *(r for r in load_rules("population.jsonl") if r.field == "criteria"),
    ],
    ids=lambda rule: rule.id,
)
def test_phrase_rules_keep_their_examples(rule: Rule) -> None:
    group = "age" if rule.field == "age" else "np"
    for example in rule.examples:
        if isinstance(example, str):
            assert rule.regex.search(plain_text(example))
            continue
        text, expected = example
        match = rule.regex.search(plain_text(text))
        assert match is not None
        assert match.group(group).strip().startswith(plain_text(expected))
    for text in rule.rejects:
        assert rule.regex.search(plain_text(text)) is None


@pytest.mark.parametrize("rule", load_rules("characteristics.jsonl"), ids=lambda rule: rule.id)
def test_characteristic_rules_keep_their_examples(rule: Rule) -> None:
    for text in rule.examples:
        assert isinstance(text, str)
        assert rule.regex.search(text)
    for text in rule.rejects:
        assert rule.regex.search(text) is None


@pytest.mark.parametrize(
    ("printed", "value"),
    [("1,274", 1274), ("13 388", 13388), ("13\u202f388", 13388), ("Twenty", 20), ("forty-five", 45),
     ("One hundred and fifty-nine", 159), ("two thousand three hundred twelve", 2312), ("a hundred", 100)],
)  # fmt: skip
def test_read_number(printed: str, value: int) -> None:
    assert read_number(printed) == value


@pytest.mark.parametrize("printed", ["", "many", "12b"])
def test_read_number_refuses_what_is_none(printed: str) -> None:
    with pytest.raises(ValueError, match="number"):
        read_number(printed)


@pytest.mark.parametrize(
    ("text", "enrolled"),
    [
        ("The study randomly assigned 1,318 never treated patients to A or to B.", 1318),
        ("Of the 48 children with refractory sarcoma, 31 achieved remission.", 48),
        ("A total of 40 patients were enrolled between 2010 and 2012.", 40),
        ("Patients with asthma (n = 120) were randomly assigned to one of two inhalers.", 120),
        ("Adults with gout (N = 1,032) received either drug.", 1032),
        ("The 4,744-patient trial lasted two years.", 4744),
        ("Twenty consecutive men were studied.", 20),
        ("One hundred and one postmenopausal women with cancer were randomised to A or B.", 101),
        ("In all, 43,548 volunteers from the age of 16 were randomized.", 43548),
    ],
)
def test_enrolled(text: str, enrolled: int) -> None:
    assert counts(text)[0] == enrolled


def test_enrolled_is_told_from_screened_and_from_arms() -> None:
    text = (
        "We screened 700 women. A total of 120 women with asthma were randomised: 61 patients in the drug group and 59 "
        "patients in the placebo group. Twelve patients withdrew."
    )
    assert counts(text)[0] == 120


def test_analysed_is_told_from_enrolled() -> None:
    assert counts("From 2003 to 2005, 61 patients were randomized, 59 of whom were analysed.") == (61, 59)
    assert counts("A total of 120 patients were enrolled and 113 patients completed the study.") == (120, 113)


@pytest.mark.parametrize(
    "text",
    [
        "Patients were assigned to A (n = 51) or B (n = 50).",
        "A sample size of 120 patients was required for 80% power.",
        "The dose was 120 mg for 24 weeks in patients.",
        "The drug helped most patients in 2019.",
    ],
)
def test_no_total_is_invented(text: str) -> None:
    assert counts(text)[0] is None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (
            "Of the 48 children with refractory NTRK-rearranged sarcoma, 31 achieved remission.",
            "children with refractory NTRK-rearranged sarcoma",
        ),
        (
            "The study allocated 912 never-smoking adults whose forced expiratory volume (FEV1) was 60% or lower to the "
            "inhaler or to a dummy device.",
            "never-smoking adults whose forced expiratory volume (FEV1) was 60% or lower",
        ),
        (
            "In all, 80 postmenopausal women with hormone receptor-positive breast cancer were randomly assigned to A or B.",
            "postmenopausal women with hormone receptor-positive breast cancer",
        ),
        (
            "We enrolled 60 patients with asthma who had never smoked, and they were given a drug.",
            "patients with asthma who had never smoked",
        ),
        ("Forty women older than 70 years, with severe gout, were recruited.", None),
    ],
)
def test_population_phrase(text: str, phrase: str | None) -> None:
    found = population(text).description
    assert found is not None
    assert found.text == (phrase or "women older than 70 years, with severe gout")
    assert text[found.start : found.end] == found.text


def test_no_population_where_the_text_names_nobody() -> None:
    found = population("The drug was tested. It worked well.")
    assert found == Population()


def test_people_of_the_methods_are_preferred_to_the_title() -> None:
    text = (
        "Exercise in women with asthma. To see whether exercise helps. In this trial, 40 sedentary women with moderate "
        "asthma were randomly assigned to exercise or usual care. Most women with asthma liked it."
    )
    found = population(text).description
    assert found is not None
    assert found.text == "sedentary women with moderate asthma"


def ages(text: str) -> list[str]:
    return [a.text for a in find_ages(text, plain_text(text), tuple(split_sentences(text)))]


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("Thirty consecutive men (age range 52-77 yrs) were studied.", "52-77 yrs"),
        ("Patients aged 18 years or older were eligible.", "18 years or older"),
        ("The mean age was 53.5 (10.4) years in all.", "53.5 (10.4) years"),
        ("Median age was 65 years; all were well.", "65 years"),
        ("We included infants younger than 1 year.", "younger than 1 year"),
        ("Women (≥50 years) with cancer were recruited.", "≥50 years"),
    ],
)
def test_ages(text: str, age: str) -> None:
    assert ages(text) == [age]


def test_ages_of_subgroups_are_left_out() -> None:
    assert ages("Relapse fell by 12% in patients aged 70 years or older (p = 0.02).") == []


def test_same_age_is_given_once() -> None:
    assert ages("Women aged 50-69 years were invited. All women aged 50 to 69 came.") == ["50-69 years"]


def test_sex_only_where_one_sex_was_studied() -> None:
    only = population("In all, 40 women with asthma were enrolled.").sex
    assert only is not None
    assert only.text == "women"
    assert population("In all, 40 men and women with asthma were enrolled.").sex is None
    assert population("In all, 40 adults with asthma were enrolled.").sex is None


def test_ethnicity() -> None:
    text = "We studied Japanese women with asthma. Of these women, 84% were white. Black tea was served."
    found = find_ethnicity(read(text), tuple(split_sentences(text)))
    assert [s.text for s in found] == ["Japanese", "white"]


def test_asian_is_not_swallowed_by_caucasian() -> None:
    text = "Participants were Caucasian patients or Asian patients."
    assert [s.text for s in find_ethnicity(read(text), ((0, len(text)),))] == ["Caucasian", "Asian"]


def test_locations() -> None:
    text = (
        "It was done in Toronto, Canada, and at 12 Swedish hospitals. The gel (Gelco Ltd, Lyon, France) was given. "
        "Results were presented at a congress in Vienna. It ran in the New England Journal of Medicine."
    )
    found = find_locations(read(text), tuple(split_sentences(text)))
    assert [s.text for s in found] == ["Toronto, Canada", "Swedish"]


def mentions(text: str) -> list[str]:
    found = find_population(read(text))[1]
    assert all(m.label == "population" and text[m.start : m.end] == m.text for m in found)
    return [m.text for m in found]


def test_population_mentions_bring_number_age_and_place() -> None:
    text = (
        "Zinc in infants with diarrhoea. A total of 120 infants with diarrhoea (64 boys), aged three to nine months, were "
        "given zinc or not. Of 12 infants lost, 4 (33%) died."
    )
    assert mentions(text)[:2] == [
        "infants with diarrhoea", "A total of 120 infants with diarrhoea (64 boys), aged three to nine months",
    ]  # fmt: skip
    assert population(text).description is not None


def described(text: str) -> str | None:
    description = population(text).description
    return None if description is None else description.text


@pytest.mark.parametrize(
    ("sentence", "phrase"),
    [
        ("Women (n = 80) with gout were randomised to zinc or not.", "Women (n = 80) with gout"),
        ("Women 30-44 years old without any gallstones were invited.", "Women 30-44 years old without any gallstones"),
        ("Men from two clinics in the capital who had had gout were enrolled.", "Men from two clinics in the capital who had had gout"),
        ("Women, mean age 61 years, with gout were randomised to zinc or not.", "Women, mean age 61 years, with gout"),
        ("We enrolled BRCA1/2 mutation carriers with gout.", "BRCA1/2 mutation carriers with gout"),
        ("We enrolled adults at a very low risk of gout.", "adults at a very low risk of gout"),
        ("Eligible patients had gout and were free of stones.", "patients had gout and were free of stones"),
        ("Eligible patients were randomised to zinc.", None),
        ("Inclusion criteria were gout and clear urine.", "gout and clear urine"),
    ],
)  # fmt: skip
def test_shapes_of_the_population_phrase(sentence: str, phrase: str | None) -> None:
    assert described(f"Zinc and its effects. {sentence} It was well tolerated.") == phrase


def test_people_studied_are_told_from_those_of_the_background_and_the_conclusion() -> None:
    text = (
        "Zinc for gout. Many adults with joint pain are treated badly. We randomly assigned 90 men with gout and a high serum "
        "urate to zinc or not. Urate fell (p = 0.01). We conclude that older people with kidney stones should not take zinc."
    )
    assert described(text) == "men with gout and a high serum urate"


def test_weights_that_are_malformed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    population_choice._weights.cache_clear()
    for lines in (["feature\tweight"], ["feature\tdescription\tmention", "title\t1"], ["feature\tdescription\tmention", "a\tb\tc"]):
        monkeypatch.setattr("extractor.linking.rules.vocabulary_lines", lambda name, lines=lines: lines)
        with pytest.raises(LexiconError, match=r"population_weights\.tsv:[12]"):
            population_choice._weights()
    monkeypatch.undo()
    population_choice._weights.cache_clear()


def test_fitted_weights_prefer_what_the_labels_prefer() -> None:
    rows = [([["title"], ["counted"]], [False, True]), ([["counted"], ["percent"]], [True, False]), ([["percent"]], [False])]
    weights = fit_choices(rows)
    assert weights["counted"] > weights["title"]
    assert weights["none"] > weights["percent"]
    told = fit_labelled([(["counted"], 5.0, 5.0), (["percent"], 0.0, 4.0)] * 5)
    assert told["counted"] > 0 > told["percent"]
    with pytest.raises(ValueError, match="nothing"):
        fit_choices([])
    with pytest.raises(ValueError, match="nothing"):
        fit_labelled([])


def test_labels_are_laid_on_phrases() -> None:
    text = "Zinc for gout. We enrolled 40 men with gout."
    choice = choice_of(read(text), [(text.index("men with"), len(text) - 1)])
    assert choice is not None
    assert choice[1] == [True]
    assert choice_of(read(text), [(0, 4)]) is None
    tokens = [(m.start(), m.end()) for m in re.finditer(r"\w+", text)]
    rows = labelled_of(read(text), tokens, ["I-PAR" if text[s:e] in ("men", "gout") else "O" for s, e in tokens])
    assert [row[1:] for row in rows] == [(2.0, 4.0)]


@pytest.mark.parametrize(
    "piece",
    ["women with asthma and ", "n = 12 patients ", "aged 50 to 60 years ", "patients (", "one hundred and ", "to "],
)
def test_time_is_linear_in_the_text(piece: str) -> None:
    readings = {times: read("Women aged " + piece * times) for times in (200, 1600)}
    # eight times the text may take eight times as long, with room for noise, but not 64 times
    assert growth(lambda times: find_population(readings[times]), 200, 1600) < 30
