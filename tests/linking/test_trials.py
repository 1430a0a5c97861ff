"""Trials: names, phases, designs, registry ids; the reported trial told from those that the text cites."""

from __future__ import annotations

from typing import cast

import pytest

from extractor.errors import LexiconError
from extractor.lexicon import Lexicon
from extractor.linking import patterns
from extractor.linking.acronyms import find_trial_names, name_key
from extractor.linking.patterns import Rule, load_rules, read_table
from extractor.linking.trials import TrialFrame, find_design, find_phase, find_trials
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.types import Reading
from extractor.records import Mention, Section


def read(
    text: str, *, kind: str = "news", title: str | None = None, conditions: tuple[tuple[str, str], ...] = ()
) -> Reading:
    """A Reading of ``text`` with the mentions given as (printed, concept)."""
    mentions = tuple(
        Mention(text=t, start=text.index(t), end=text.index(t) + len(t), label="condition", concept=concept)
        for t, concept in conditions
    )
    return Reading(
        text=text,
        kind=kind,
        title=title,
        sections=(Section(label="body", start=0, end=len(text)),),
        sentences=tuple(split_sentences(text)),
        words=tuple(scan_words(text)),
        tokens=(),
        figures=(),
        mentions=mentions,
        abbreviations={},
    )


def trials(
    text: str, *, kind: str = "news", title: str | None = None, conditions: tuple[tuple[str, str], ...] = ()
) -> tuple[TrialFrame, ...]:
    # the vocabulary has done its work in the mentions
    return find_trials(read(text, kind=kind, title=title, conditions=conditions), cast(Lexicon, None))


def name_of(frame: TrialFrame) -> str | None:
    return frame.acronym.text if frame.acronym is not None else None


def told(text: str, frame: TrialFrame) -> list[str]:
    return [text[start:end] for start, end in frame.scopes]


@pytest.mark.parametrize("rule", load_rules("acronyms.jsonl"), ids=lambda rule: rule.id)
def test_acronym_rules_keep_their_examples(rule: Rule) -> None:
    assert rule.examples
    for example in rule.examples:
        assert not isinstance(example, str)
        text, name = example
        match = rule.regex.search(text)
        assert match is not None
        assert match.group("a") == name
    for text in rule.rejects:
        assert rule.regex.search(text) is None


@pytest.mark.parametrize(
    "rule",
    [*load_rules("phases.jsonl"), *load_rules("designs.jsonl"), *load_rules("trial_cues.jsonl"), *load_rules("scopes.jsonl")],
    ids=lambda rule: rule.id,
)  # fmt: skip
def test_other_rules_keep_their_examples(rule: Rule) -> None:
    assert rule.examples
    for text in rule.examples:
        assert isinstance(text, str)
        assert rule.regex.search(plain_text(text)), text
    for text in rule.rejects:
        assert rule.regex.search(plain_text(text)) is None, text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Results of KEYNOTE-189 were presented.", "KEYNOTE-189"),
        ("CheckMate 067 followed them for years.", "CheckMate 067"),
        ("In DESTINY-Breast03, the drug won.", "DESTINY-Breast03"),
        ("It was tested in Interfant-06, which was long.", "Interfant-06"),
        ("The SPRINT MIND trial looked at memory.", "SPRINT MIND"),
        ("Depression was treated in the STAR*D study.", "STAR*D"),
        ("Patients came from NSABP B-31 and others.", "NSABP B-31"),
        ("In the LEADER trial, fewer died.", "LEADER"),
        ("REWIND (NCT01394952) followed patients with diabetes.", "REWIND"),
        ("Findings from the Polypill in Daily Practice Study (PiDPS) are out.", "PiDPS"),
    ],
)
def test_trial_names(text: str, name: str) -> None:
    assert [n.span.text for n in find_trial_names(text, {})] == [name]


@pytest.mark.parametrize(
    "text",
    [
        "The LEADER of the team said REWIND the tape.",
        "COVID-19 and HER2 were measured with EQ-5D; BNT162b2 and MK-3475 are codes.",
        "PD-L1 expression of 50% in a trial.",
        "The FDA and ESMO met in BOSTON.",
    ],
)
def test_what_only_looks_like_a_trial(text: str) -> None:
    assert find_trial_names(text, {}) == ()


def test_a_short_form_that_is_no_study_is_no_trial() -> None:
    text = "Usual exercise training (CONX) was compared; the CONX trial arm did well."
    assert find_trial_names(text, {"CONX": "usual exercise training"}) == ()
    assert [n.span.text for n in find_trial_names(text, {"CONX": "Control of Nutrition Study"})][-1] == "CONX"


def test_spellings_share_a_key() -> None:
    assert len({name_key(n) for n in ("KEYNOTE-189", "Keynote 189", "KEYNOTE\u2013189", "keynote189")}) == 1
    assert name_key("PALOMA-2") != name_key("PALOMA-3")


@pytest.mark.parametrize(
    ("printed", "value"),
    [("phase II", "2"), ("Phase 2b", "2"), ("phase 1/2", "1/2"), ("phase IIa", "2"), ("phase 2/3", "2/3"),
     ("phase three", "3"), ("phase IIb/III", "2/3"), ("phase-3", "3"), ("phase IV", "4"), ("phase 0", "0"), ("Phase Ib", "1")],
)  # fmt: skip
def test_phase_in_every_notation(printed: str, value: str) -> None:
    text = f"A {printed} trial enrolled 40 adults."
    phase = find_phase(text, plain_text(text), ((0, len(text)),))
    assert phase is not None
    assert (phase.text, phase.value) == (printed, value)
    assert text[phase.start : phase.end] == printed


@pytest.mark.parametrize(
    "text", ["A late-stage trial.", "An early-phase study in adults.", "They phased out the drug."]
)
def test_no_phase(text: str) -> None:
    assert find_phase(text, plain_text(text), ((0, len(text)),)) is None


def test_design_as_stated_and_null_where_not() -> None:
    text = "This randomised, double-blind, placebo-controlled, parallel-group, multicentre trial tested noninferiority."
    design = find_design(plain_text(text), ((0, len(text)),))
    assert (design.randomized, design.blinding, design.allocation, design.control) == (
        True, "double-blind", "parallel", "placebo")  # fmt: skip
    assert (design.multicentre, design.single_arm, design.noninferiority) == (True, None, True)
    silent = find_design("forty adults took the drug.", ((0, 27),))
    assert all(getattr(silent, field) is None for field in silent.__struct_fields__)


def test_design_denied_is_false() -> None:
    text = "a nonrandomized, open-label, single-arm study at a single center"
    design = find_design(text, ((0, len(text)),))
    assert (design.randomized, design.blinding, design.multicentre, design.single_arm) == (
        False, "open-label", False, True)  # fmt: skip


INFANTS = (
    "The antibody proved safe for babies with leukemia in a phase II study, which gave it on top of the Interfant-06 "
    "chemotherapy backbone.\n\nOf 30 babies with leukemia, 16 had a response. Two years on, survival was "
    "93.3%.\n\nSurvival in the current study was better than for comparable babies in the original Interfant-06 "
    "trial. They had fared poorly: six-year survival was 36% in Interfant-06, which ran between 2006 and "
    "2016.\n\nIn that trial, 90% of relapses came early, a doctor recalled. They hope for more."
)


def test_regimen_and_background_trial_are_not_the_reported_one() -> None:
    reported, background = trials(INFANTS)
    assert (reported.role, name_of(reported)) == ("reported", None)
    assert reported.phase is not None
    assert reported.phase.value == "2"
    assert reported.population.enrolled is not None
    assert reported.population.enrolled.value == 30
    assert (background.role, name_of(background)) == ("background", "Interfant-06")
    scopes = told(INFANTS, background)
    assert any("36%" in scope for scope in scopes)
    assert any("90% of relapses" in scope for scope in scopes)
    assert not any("backbone" in scope or "93.3%" in scope or "current study" in scope for scope in scopes)


def test_scopes_do_not_meet_and_hold_their_place() -> None:
    reported, background = trials(INFANTS)
    for start, end in background.scopes:
        assert not any(a < end and start < b for a, b in reported.scopes)


def test_lead_trial_is_reported_and_cited_one_is_background() -> None:
    text = (
        "Sotorasib slowed lung cancer in CodeBreaK 200, a phase 3 trial (NCT04303780).\n\nThe study randomly assigned 345 "
        "patients with lung cancer to the pill or docetaxel. The hazard ratio was 0.66.\n\nThat will remind readers of "
        "KRYSTAL-12, in which another pill lowered the hazard by 42%."
    )
    reported, background = trials(text)
    assert name_of(reported) == "CodeBreaK 200"
    assert [i.value for i in reported.registry_ids] == ["NCT04303780"]
    assert name_of(background) == "KRYSTAL-12"
    assert told(text, background) == [text[text.index("That will remind") :]]
    assert background.registry_ids == ()


def test_title_names_the_reported_trial() -> None:
    text = "A drug helped failing hearts. The trial ran at 410 centers and enrolled 4,744 patients with heart failure."
    (frame,) = trials(f"{text} In DAPA-HF, fewer died.", title="DAPA-HF: a drug helps failing hearts")
    assert name_of(frame) == "DAPA-HF"


def test_registry_id_goes_to_the_trial_beside_it() -> None:
    text = (
        "The EMBER trial (NCT01000001) enrolled 200 adults with asthma.\n\nEarlier results came from an older trial, "
        "GLOWING (NCT02000002), in which 12% improved."
    )
    reported, background = trials(text)
    assert [i.value for i in reported.registry_ids] == ["NCT01000001"]
    assert [i.value for i in background.registry_ids] == ["NCT02000002"]


def test_cited_trial_without_a_name() -> None:
    text = "The trial enrolled 146 people with knee pain. A well-known earlier trial found that 40% did no better."
    reported, background = trials(text)
    assert background.acronym is None
    assert "40%" in told(text, background)[0]
    assert not any("40%" in text[s:e] for s, e in reported.scopes)


def test_an_earlier_publication_is_the_same_trial() -> None:
    text = "The study enrolled 30 infants. An earlier publication of it had hinted at an effect of 80%."
    assert [frame.role for frame in trials(text)] == ["reported"]


def test_pooled_trials_are_both_reported() -> None:
    text = "Pooled results of the MONARCH 2 and MONARCH 3 trials were shown. Of 1,162 women, 60% responded."
    frames = trials(text, kind="abstract")
    assert [(f.role, name_of(f)) for f in frames] == [("reported", "MONARCH 2"), ("reported", "MONARCH 3")]


def test_conditions_main_first() -> None:
    text = (
        "Acupuncture for the prevention of lymphedema in men with thymic cancer. In a trial, 40 men with thymic cancer "
        "were randomly assigned to acupuncture or not."
    )
    known = (("lymphedema", "lymphedema"), ("thymic cancer", "thymic cancer"))
    frame = trials(text, kind="abstract", conditions=known)[0]
    assert [c.concept for c in frame.conditions] == ["lymphedema"]


def test_abstract_is_about_the_disease_of_the_participants_where_no_other_is_aimed_at() -> None:
    text = (
        "Melatonin as second-line treatment for migraine. We randomly assigned 80 adults with migraine to melatonin or "
        "placebo."
    )
    known = (("migraine", "migraine"),)
    frame = trials(text, kind="abstract", conditions=known)[0]
    assert [c.concept for c in frame.conditions] == [c.concept for c in frame.studied] == ["migraine"]
    assert frame.population.description is not None
    assert frame.population.description.text == "adults with migraine"
    assert [c.concept for c in trials(text, kind="news", conditions=known)[0].conditions] == ["migraine"]


def test_abstract_leaves_the_cancer_of_the_participants_to_the_population() -> None:
    text = "Velatinib in thymic cancer. We randomly assigned 80 adults with thymic cancer to velatinib or placebo."
    frame = trials(text, kind="abstract", conditions=(("thymic cancer", "thymic cancer"),))[0]
    assert frame.conditions == ()
    assert [c.concept for c in frame.studied] == ["thymic cancer"]


@pytest.mark.parametrize(
    ("text", "conditions", "target"),
    [
        ("Quitline calls for smoking cessation in students. We assigned 90 students to calls or not.", (), "smoking"),
        ("Trial of a high-dose influenza vaccine. Adults got one of two doses.", (), "influenza"),
        ("Two early doses of measles vaccine in infants. Infants got one of two doses.", (), "measles"),
        ("Early feeds for newborns. We assigned 60 preterm infants with jaundice to early feeds or not.",
         ("preterm infants", "jaundice"), "jaundice"),
        ("Pelvic floor exercise in preterm infants. We assigned 60 babies to exercise or not.",
         ("preterm infants",), "preterm infants"),
    ],
)  # fmt: skip
def test_condition_of_an_abstract(text: str, conditions: tuple[str, ...], target: str) -> None:
    found = trials(text, kind="abstract", conditions=tuple((name, name) for name in conditions))[0].conditions
    assert [c.text for c in found] == [target]


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("Zinc gel to prevent thymic cancer-related lymphedema in women with thymic cancer", "thymic cancer-related lymphedema"),
        ("Inulin for reducing gastric cancer seroma in men with gastric cancer", "gastric cancer seroma"),
        ("Ginger for nausea and vomiting in elderly women with thymic cancer", "nausea"),
        ("Effect of hypnosis on prognosis in women with thymic cancer", None),
        ("Irinotecan as first-line therapy for metastatic colon cancer", None),
    ],
)  # fmt: skip
def test_target_of_a_title(title: str, target: str | None) -> None:
    known = [(name, name) for name in ("thymic cancer", "gastric cancer", "nausea", "colon cancer") if name in title]
    text = f"{title}. We randomly assigned 90 patients with tumours of any stage to treatment or not."
    found = trials(text, kind="abstract", conditions=tuple(known))[0].conditions
    assert [c.text for c in found] == ([] if target is None else [target])


def test_text_without_any_trial_still_has_one_frame() -> None:
    (frame,) = trials("Nothing to see here.")
    assert (frame.role, frame.acronym, frame.phase, frame.registry_ids) == ("reported", None, None, ())


def test_malformed_pattern_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def lines(bad: str) -> None:
        monkeypatch.setattr(patterns, "_lines", lambda name: [(f"{name}:1", bad)])

    patterns.load_rules.cache_clear()
    for bad in (
        '{"id": 1}',
        "no json",
        '{"id":"a","field":"b","pattern":"("}',
        '{"id":"a","field":"b","pattern":"x","odd":1}',
    ):
        lines(bad)
        with pytest.raises(LexiconError, match=r"file\.jsonl:1"):
            load_rules("file.jsonl")
    lines("a\tb\tc")
    with pytest.raises(LexiconError, match=r"table\.tsv:1"):
        read_table("table.tsv", ("a", "b"))
    patterns.load_rules.cache_clear()
