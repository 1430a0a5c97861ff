"""The sizes of groups: each rule decides its examples, lists give each group its own count, events and doses are none."""

from __future__ import annotations

import pytest

from extractor.errors import LexiconError
from extractor.extraction import extract
from extractor.lexicon import load_lexicon
from extractor.linking import arm_size_entries, arm_size_lists, rules
from extractor.linking.arm_size_entries import SizeRule, find_entries, size_rules
from extractor.linking.arm_size_lists import ListRule, SizeCue, list_rules, size_cues
from extractor.linking.arm_size_view import MarkedSentence, Place, mark_sentences
from extractor.linking.arm_types import ArmMention
from extractor.reading.reader import read_article
from extractor.reading.scan import plain_text
from extractor.records import Arm, Number, make_article


def marked(text: str) -> MarkedSentence:
    """A sentence written with its marks: every # counts 40, every @ is the one arm a1."""
    counts = {i: Number(text="40", start=i, end=i + 1, value=40) for i, c in enumerate(text) if c == "#"}
    places = {i: Place(start=i, end=i + 1, arm="a1") for i, c in enumerate(text) if c == "@"}
    return MarkedSentence(text=text, start=0, counts=counts, places=places)


def sizes(text: str, title: str = "Ramipril against lisinopril for gout.") -> dict[str, float]:
    """The sizes of the arms of an abstract, by role."""
    record = extract(f"{title} {text}", kind="abstract")
    return {a.role: a.size.value for a in record.trials[0].arms if a.size is not None}


@pytest.mark.parametrize("rule", size_rules(), ids=lambda rule: rule.id)
def test_each_rule_reads_the_name_of_its_examples(rule: SizeRule) -> None:
    assert rule.examples
    for text, name in rule.examples:
        first = next(iter(find_entries(marked(text))))
        read = {e.rule: text[slice(*e.regions[0])].strip(" ,;:") for e in first}
        assert read.get(rule.id) == name
    for text in rule.rejects:
        assert all(e.rule != rule.id for row in find_entries(marked(text)) for e in row), text


@pytest.mark.parametrize("cue", [cue for cue, _ in size_cues()], ids=lambda cue: cue.id)
def test_each_cue_matches_its_examples_only(cue: SizeCue) -> None:
    pattern = {c.id: p for c, p in size_cues()}[cue.id]
    assert cue.examples
    for text in cue.examples:
        assert pattern.search(text), text
    for text in cue.rejects:
        assert not pattern.search(text), text


@pytest.mark.parametrize("rule", [rule for rule, _ in list_rules()], ids=lambda rule: rule.id)
def test_each_list_pattern_matches_its_examples(rule: ListRule) -> None:
    pattern = {r.id: p for r, p in list_rules()}[rule.id]
    assert rule.examples
    for text in rule.examples:
        assert pattern.search(text), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We randomised 81 adults: 41 to ramipril and 40 to lisinopril.", (41, 40)),
        ("Adults were randomly assigned to ramipril (n = 41) or lisinopril (n = 40).", (41, 40)),
        ("Adults were randomly assigned to ramipril (*n* = 41) or lisinopril (*n* = 40).", (41, 40)),
        ("Adults were randomly assigned to ramipril 5 mg daily (41 patients) or lisinopril (40 patients).", (41, 40)),
        ("Forty-one patients received ramipril and forty patients received lisinopril.", (41, 40)),
        ("There were 41 patients in the ramipril group and 40 in the lisinopril group.", (41, 40)),
        ("Eighty-one adults were enrolled (ramipril: 41, lisinopril: 40).", (41, 40)),
        ("Eighty-one adults were enrolled (n = 41 ramipril, n = 40 lisinopril).", (41, 40)),
        ("The ramipril group consisted of 41 women and the lisinopril group consisted of 40 women.", (41, 40)),
        ("The ramipril and lisinopril groups consisted of 41 and 40 patients, respectively.", (41, 40)),
        ("We enrolled 41 and 40 patients in the ramipril and lisinopril groups, respectively.", (41, 40)),
        ("Patients were allocated to ramipril or lisinopril, with 40 patients in each group.", (40, 40)),
        ("Eighty adults were allocated to ramipril or lisinopril (n = 40 each).", (40, 40)),
        ("Flares were seen in 16 of 41 patients in the ramipril group and 9 of 40 in the lisinopril group.", (41, 40)),
        ("Flares were less common with ramipril (16/41, 39%) than with lisinopril (9/40, 22%).", (41, 40)),
        ("Flares were rarer with ramipril than with lisinopril: 39% (16/41) vs. 45% (18/40).", (41, 40)),
        ("There were 16 deaths among 41 patients in the ramipril group and 9 deaths among 40 on lisinopril.", (41, 40)),
        ("1920 men were assigned to ramipril and 1944 to lisinopril.", (1920, 1944)),
        ("Ninety men completed treatment (n = 44 and n = 46 for the ramipril group and the lisinopril group, respectively).", (44, 46)),
        ("In the ramipril group (n = 18), two men had a rash. In the lisinopril group (n = 17), one man had a rash.", (18, 17)),
        ("The ramipril group and the lisinopril group each contained 24 men.", (24, 24)),
        ("In all, 90 men were randomly assigned (48, ramipril; 42, lisinopril).", (48, 42)),
        ("Between 2001 and 2004, 39 men received ramipril and 45 received lisinopril. The 39 men on ramipril slept well.", (39, 45)),
    ],
)  # fmt: skip
def test_sizes_in_every_wording(text: str, expected: tuple[int, int]) -> None:
    assert sizes(f"Patients took ramipril or lisinopril. {text}") == {
        "experimental": expected[0],
        "comparator": expected[1],
    }


def test_the_count_left_over_belongs_to_the_group_left_over() -> None:
    text = "Patients with gout got ramipril or placebo. Of 81 patients, 41 were assigned to ramipril and 40 to dummy pills."
    assert sizes(text, "Ramipril against placebo for gout.") == {"experimental": 41, "comparator": 40}


def test_a_group_told_by_words_only_has_the_other_count_of_the_pair() -> None:
    text = "Men were randomised to ramipril or control. Thirty-seven and 36 men were assigned to the control and the treated groups."
    assert sizes(text, "Ramipril for gout.") == {"experimental": 36, "comparator": 37}


def test_years_beside_a_group_are_no_size() -> None:
    assert sizes("Men took ramipril or lisinopril. From 1944 on the ramipril group and since 1950 the lisinopril group was seen.") == {}


def test_a_denied_treatment_is_not_that_group() -> None:
    found = sizes(
        "Patients took ramipril or no ramipril. We assigned 41 to ramipril and 40 to no ramipril.", "Ramipril for gout."
    )
    assert found.get("experimental") == 41


@pytest.mark.parametrize(
    "text",
    [
        "Fifty flares (20 on ramipril and 30 on lisinopril) occurred.",
        "Twelve patients developed a rash (7 on ramipril, 5 on lisinopril).",
        "Patients were given 12 cycles of ramipril or 14 cycles of lisinopril.",
        "A sample size of 41 on ramipril and 40 on lisinopril was needed for 80% power.",
        "The mean score was 45 in the ramipril group and 52 in the lisinopril group.",
        "Of 300 patients, half got each drug. Relapse occurred in 31 patients (20.7%) assigned to ramipril and 44 (29.3%) assigned to lisinopril.",
    ],
)
def test_events_cycles_and_plans_are_no_sizes(text: str) -> None:
    assert sizes(f"Patients took ramipril or lisinopril. {text}") == {}


def test_randomised_numbers_come_before_those_of_a_result() -> None:
    text = (
        "Patients took ramipril or lisinopril. Flares fell in 16 of 38 patients on ramipril and 9 of 39 on lisinopril. "
        "We randomised 41 patients to ramipril and 40 to lisinopril."
    )
    assert sizes(text) == {"experimental": 41, "comparator": 40}


def test_the_number_of_all_is_no_group_of_it() -> None:
    text = "We randomised 81 adults to ramipril or lisinopril. Both were tolerated."
    assert sizes(text) == {}


def counted(text: str) -> tuple[float | None, float | None]:
    """The numbers enrolled and analysed of an abstract on ramipril and lisinopril."""
    record = extract(
        f"Ramipril against lisinopril for gout. Patients took ramipril or lisinopril. {text}", kind="abstract"
    )
    population = record.trials[0].population
    return tuple(None if n is None else n.value for n in (population.enrolled, population.analysed))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Overall, 41 patients received ramipril; 40 received lisinopril.", (None, None)),
        ("Between 2001 and 2003, 81 (41 ramipril, 40 lisinopril) were randomly assigned.", (81, None)),
        ("Ninety patients were enrolled, and 81 could be rated: 41 received ramipril and 40 received lisinopril.", (90, 81)),
        ("We enrolled 90 patients. There were 41 in the ramipril group and 40 in the lisinopril group.", (90, None)),
    ],
)  # fmt: skip
def test_the_number_of_all_agrees_with_the_sizes(text: str, expected: tuple[float | None, float | None]) -> None:
    assert counted(text) == expected


def test_marks_keep_the_places_of_counts_and_groups() -> None:
    text = "Of 57 women aged 40 to 60 years (29 on ramipril, 28 (49%) on lisinopril), 16/29 and 12 of 28 improved."
    reading = read_article(make_article(id="t", text=text, kind="abstract"), load_lexicon())
    at = text.index("ramipril")
    mention = ArmMention(start=at, end=at + len("ramipril"), arm_ids=("a1",), rule="name")
    (sentence,) = mark_sentences(reading, plain_text(text), [mention])
    assert sentence.text.startswith("of # women")
    assert "(# on @, # on lisinopril), ~/# and ~ of # improved" in sentence.text
    assert [n.value for _, n in sorted(sentence.counts.items())] == [57, 29, 28, 29, 28]
    assert all(text[n.start : n.end] == n.text for n in sentence.counts.values())
    assert all(text[p.start : p.end] == "ramipril" for p in sentence.places.values())


def test_a_size_of_its_own_is_kept_where_no_list_gives_one() -> None:
    from extractor.linking.arm_sizes import size_arms

    text = "The trial was short. A cohort of 44 patients was followed."
    reading = read_article(make_article(id="t", text=text, kind="abstract"), load_lexicon())
    at = text.index("44")
    arm = Arm(id="a1", role="experimental", size=Number(text="44", start=at, end=at + 2, value=44))
    (sized,) = size_arms(reading, [arm], [], None).arms
    assert sized.size == arm.size
    (unsized,) = size_arms(reading, [arm], [], arm.size).arms
    assert unsized.size is None


@pytest.mark.parametrize(
    ("name", "read", "line", "reason"),
    [
        ("arm_sizes.jsonl", "entries", '{"id": "a", "side": "before", "weight": 1, "before": "x$"}', "name stands"),
        ("arm_sizes.jsonl", "entries", '{"id": "a", "side": "before", "weight": 1, "before": "("}', "a"),
        (
            "arm_size_cues.jsonl",
            "cues",
            '{"id": "a", "where": "nowhere", "pattern": "x", "weight": 1, "examples": []}',
            "where",
        ),
        ("arm_size_lists.jsonl", "lists", '{"id": "a", "kind": "each", "pattern": "(", "examples": []}', "a"),
    ],
)
def test_a_malformed_rule_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, read: str, line: str, reason: str
) -> None:
    monkeypatch.setattr(rules, "vocabulary_lines", lambda asked: [line] if asked == name else [])
    loaders = {
        "entries": arm_size_entries._compiled,
        "cues": arm_size_lists._cues,
        "lists": arm_size_lists._lists,
    }
    loader = loaders[read]
    loader.cache_clear()
    try:
        with pytest.raises(LexiconError, match=reason):
            loader()
    finally:
        loader.cache_clear()
