"""One trial over documents: joined by ids and numbered acronyms, never across two of them; figures fold into facts."""

from __future__ import annotations

import random

import msgspec
import pytest

from extractor.assembly import AssembledTrial, assemble, reports_of
from extractor.naming import acronym_parts, fold_name, registry_of, trial_name_keys
from extractor.records import Population, Record
from tests.record_builder import RecordBuilder, infant_record, lung_record

NCT = "NCT02578680"


def assembled(*records: Record) -> dict[str, AssembledTrial]:
    reports = [report for record in records for report in reports_of(record.document.id, record)]
    trials = assemble(reports)
    random.Random(7).shuffle(reports)
    assert assemble(reports) == trials, "the order of documents must not matter"
    return {trial.key: trial for trial in trials}


def documents(trial: AssembledTrial) -> set[str]:
    return {document for document, _ in trial.documents}


def test_registry_id_then_numbered_acronym_joins() -> None:
    trials = assembled(
        lung_record("a", registry=(NCT,), acronym=None),
        lung_record("b", registry=(NCT,), acronym="KEYNOTE-189"),
        lung_record("c", acronym="Keynote 189"),
    )
    (trial,) = trials.values()
    assert trial.key == f"trial:{NCT}"
    assert documents(trial) == {"a", "b", "c"}
    assert trial.acronyms == ("KEYNOTE-189", "Keynote 189")
    assert trial.reasons == (NCT, "acronym:keynote189")


def test_two_ids_of_one_registry_are_never_joined() -> None:
    trials = assembled(
        lung_record("a", registry=(NCT, "ISRCTN11111111")),
        lung_record("b", registry=("NCT09999999", "ISRCTN11111111")),
        lung_record("c"),
        lung_record("d", lead="D. "),
    )
    assert {key: documents(trial) for key, trial in trials.items()} == {
        f"trial:{NCT}": {"a"},
        "trial:NCT09999999": {"b"},
        "trial:KEYNOTE-189": {"c", "d"},  # which of the two they mean cannot be told
    }


def test_namesakes_with_another_number_stay_apart() -> None:
    trials = assembled(
        lung_record("a", acronym="KEYNOTE-189"),
        lung_record("b", acronym="KEYNOTE-407"),
        lung_record("c", registry=(NCT,), acronym="KEYNOTE-189"),
        lung_record("d", registry=(NCT,), acronym="KEYNOTE-407"),
    )
    assert all(len({key.split("-")[-1] for key in trial.acronyms}) == 1 for trial in trials.values())


def test_a_pooled_report_is_none_of_its_trials() -> None:
    trials = assembled(
        lung_record("pool", registry=(NCT, "NCT09999999"), acronym=None),
        lung_record("a", registry=(NCT,), acronym=None),
    )
    assert set(trials) == {f"trial:{NCT}", f"trial:{NCT}+NCT09999999"}


def test_unnamed_trials_stay_with_their_document() -> None:
    trials = assembled(
        lung_record("a", acronym=None),
        lung_record("b", acronym=None, ratio="0.56"),
        lung_record("c", acronym="RECOVERY"),
    )
    assert set(trials) == {"trial:doc:a#t1", "trial:doc:b#t1", "trial:doc:c#t1"}


def test_background_citation_lands_on_the_trial_itself() -> None:
    finding = "The 6-year event-free survival was 36%."
    make = RecordBuilder(f"Results of Interfant-06 in infants. {finding}", key="own-paper")
    make.trial(
        acronym="Interfant-06",
        outcomes=(make.outcome("o9", "event-free survival", "Event-free survival"),),
        results=(make.result("r1", "percentage", "36", finding, outcome="o9", timepoint=(72, "month"), unit="%"),),
    )
    trials = assembled(infant_record(), make.record())
    trial = trials["trial:INTERFANT-06"]
    (fact,) = trial.facts
    assert trial.role == "reported"
    assert fact.context == "reported"
    assert [(item.document, item.result.context) for item in fact.evidence] == [
        ("own-paper", "reported"),
        ("infants.html", "background"),
    ]
    assert assembled(infant_record())["trial:INTERFANT-06"].facts[0].context == "background"


def test_equal_figures_are_one_fact_with_several_evidences() -> None:
    trials = assembled(
        lung_record("a", registry=(NCT,)),
        lung_record("b", registry=(NCT,), drug="Keytruda"),
        lung_record("c", ratio="0.56"),
    )
    (trial,) = trials.values()
    assert [arm.key for arm in trial.arms] == ["pembrolizumab", "placebo"]
    values = {fact.result.value: [item.document for item in fact.evidence] for fact in trial.facts}
    assert values == {0.49: ["a", "b"], 0.56: ["c"]}
    for fact in trial.facts:
        for item in fact.evidence:
            assert item.quote.startswith("The hazard ratio")
            assert item.start < item.end


def test_an_outcome_without_a_concept_is_the_one_that_is_called_the_same_elsewhere() -> None:
    def outcome_record(key: str, name: str, concept: str | None) -> Record:
        finding = f"{name} was 53.3% there."
        make = RecordBuilder(f"{key}: LUMEN-4. {finding}", key=key)
        figure = make.result("r1", "percentage", "53.3", finding, outcome="o1", unit="%")
        make.trial(acronym="LUMEN-4", outcomes=(make.outcome("o1", name, concept),), results=(figure,))
        return make.record()

    (trial,) = assembled(
        outcome_record("a", "itch relief", "itch"),
        outcome_record("b", "Itch relief", None),
        outcome_record("c", "sleep", None),
    ).values()
    assert [outcome.key for outcome in trial.outcomes] == ["itch", "sleep"]
    assert {fact.outcome: len(fact.evidence) for fact in trial.facts} == {"itch": 2, "sleep": 1}


def test_quotes_stand_in_the_text_at_their_offsets() -> None:
    record = infant_record()
    for trial in assembled(record).values():
        for fact in trial.facts:
            for item in fact.evidence:
                assert record.document.text[item.start : item.end] == item.quote
                assert item.span is not None
                assert record.document.text[slice(*item.span)] == item.result.printed


def dose_record(key: str, dose: str) -> Record:
    make = RecordBuilder(f"STEP 2 gave semaglutide {dose} or placebo.", key=key)
    arms = (
        make.arm("a1", "experimental", make.intervention("semaglutide", "semaglutide", dose)),
        make.arm("a2", "comparator", make.intervention("placebo", "placebo")),
    )
    make.trial(acronym="STEP 2", arms=arms)
    return make.record()


def test_arms_with_two_doses_are_two_arms() -> None:
    (trial,) = assembled(
        dose_record("a", "2.4 mg"), dose_record("b", "1.0 mg"), dose_record("c", "2·4-mg each")
    ).values()
    assert [arm.key for arm in trial.arms] == ["semaglutide", "placebo", "semaglutide 1.0 mg"]


def test_only_arm_of_its_role_is_one_arm_though_one_document_names_less() -> None:
    def record(key: str, *drugs: str) -> Record:
        make = RecordBuilder(f"KEYNOTE-189 gave {' and '.join(drugs)}, or the same without it.", key=key)
        arm = make.arm("a1", "experimental", *(make.intervention(drug, drug) for drug in drugs))
        make.trial(acronym="KEYNOTE-189", arms=(arm,))
        return make.record()

    (trial,) = assembled(record("a", "pembrolizumab", "pemetrexed"), record("b", "pembrolizumab")).values()
    assert [arm.key for arm in trial.arms] == ["pembrolizumab + pemetrexed"]
    (trial,) = assembled(record("a", "pembrolizumab"), record("b", "pemetrexed")).values()
    assert len(trial.arms) == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("KEYNOTE-189", ("keynote", "189", "")),
        ("Interfant‑06", ("interfant", "06", "")),
        ("CheckMate 9LA", ("checkmate", "9", "la")),
        ("RECOVERY", None),
        ("2020", None),
    ],
)
def test_acronym_parts(text: str, parts: tuple[str, str, str] | None) -> None:
    assert acronym_parts(text) == parts


def test_names_fold_alike() -> None:
    assert fold_name("  Non–Small\u00a0Cell  LUNG ") == "non-small cell lung"
    assert trial_name_keys("trial:Keynote 189") == ("KEYNOTE189", "acronym:keynote189")
    assert [registry_of(name) for name in ("NCT02578680", "2010-012345-67", "ISRCTN1")] == ["NCT", "EUDRACT", "ISRCTN"]


def test_a_trial_is_known_by_the_disease_of_its_participants() -> None:
    make = RecordBuilder(
        "Ginger for nausea. We treated 40 adults with asthma; some had gout, others had gout.", key="ginger"
    )
    nausea = make.mention("condition", "nausea", "nausea")
    make.mention("condition", "asthma", "asthma")
    make.mention("condition", "gout", "gout")
    people = Population(description=make.span("adults with asthma"))
    aimed = make.trial(conditions=(nausea,))
    make.trials[:] = [msgspec.structs.replace(aimed, population=people)]
    (trial,) = assembled(make.record()).values()
    assert [c.name for c in trial.conditions] == ["asthma", "nausea"]
    make.trials[:] = [msgspec.structs.replace(aimed, conditions=())]
    (trial,) = assembled(make.record()).values()
    assert [c.name for c in trial.conditions] == ["nausea"]  # nothing stated: what is named most often, and first
