"""Study records of ClinicalTrials.gov: rendered as text, and read back into the trial exactly."""

from __future__ import annotations

import copy
import json

import pytest
from pytest_httpserver import HTTPServer

from extractor import extract_article
from extractor.errors import FetchError, ParseError
from extractor.linking.registry_record import is_registry_record, registry_terms
from extractor.records import Result, Trial, check_offsets, make_article
from extractor.sources import HttpClient
from extractor.sources.registry import fetch_study, read_study
from tests.sources.study import STUDY, study_bytes


@pytest.fixture(scope="module")
def trial() -> Trial:
    record = extract_article(read_study(study_bytes()))
    check_offsets(record)
    (found,) = record.trials
    return found


def test_article_of_a_study() -> None:
    article = read_study(study_bytes(), retrieved_at="2034-03-01T00:00:00+00:00")
    assert (article.id, article.kind, article.title) == (
        "nct:NCT09990001",
        "registry",
        "Morvantin for Gout: a Made Trial",
    )
    assert (article.published, article.updated) == ("2034-01-05", "2034-02-01")
    assert article.url == "https://clinicaltrials.gov/study/NCT09990001"
    assert article.links == ("https://pubmed.ncbi.nlm.nih.gov/99999901/",)
    assert article.registry_ids == ("NCT09990001",)
    labels = [section.label for section in article.sections]
    assert labels == ["title", "other", "background", "methods", "results"]
    methods = article.sections[3]
    assert article.text[methods.start : methods.end].startswith("Study type: interventional\nPhase: 2/3\n")
    assert "\nMasked: participant\nMasked: investigator\n" in article.text
    assert article.text.count("\nResult: ") == 5, "a line break in a summary makes no line of its own"


def test_trial_of_a_study(trial: Trial) -> None:
    assert [i.value for i in trial.registry_ids] == ["NCT09990001"]
    assert trial.acronym is not None and trial.acronym.text == "CRYSTAL-2"
    assert trial.phase is not None and trial.phase.value == "2/3"
    assert trial.sponsor is not None and trial.sponsor.text == "Hollow Hill Institute"
    assert trial.recruitment is not None and trial.recruitment.last == "2033-05-10"
    design = trial.design
    assert (design.randomized, design.blinding, design.allocation, design.control) == (
        True, "double-blind", "parallel", "placebo",
    )  # fmt: skip
    assert [c.text for c in trial.conditions] == ["Gout", "Hyperuricemia"]
    people = trial.population
    assert people.enrolled is not None and (people.enrolled.value, people.enrolled.text) == (239, "239")
    assert [a.text for a in people.age] == ["18 Years", "75 Years"]
    assert people.sex is not None and people.sex.text == "female"
    assert [p.text for p in people.location] == ["Norway", "Chile"]
    assert [e.text for e in people.eligibility][1:3] == ["Gout for 1 year", "Two flares: at least"]


def test_arms_and_outcomes_of_a_study(trial: Trial) -> None:
    drug, placebo, whole = trial.arms
    assert [(a.role, a.label.text if a.label else None, a.size.value if a.size else None) for a in trial.arms] == [
        ("experimental", "Morvantin 20 mg", 119),
        ("comparator", "Placebo", 120),
        ("overall", "All Participants", None),
    ]
    assert [(i.text, i.label) for a in (drug, placebo) for i in a.interventions] == [
        ("Morvantin", "drug"), ("Placebo", "drug"), ("Diet", "behaviour"),
    ]  # fmt: skip
    assert (drug.rule, whole.rule) == ("registry.arm", "registry.group")
    assert [(o.name.text, o.role, o.rule) for o in trial.outcomes] == [
        ("Change from baseline in serum urate", "primary", "registry.outcome"),
        ("Patients with a flare", "secondary", "registry.outcome"),
        ("Time to first flare", "other", "registry.result"),
        ("Deaths from any cause", "safety", "registry.result"),
        ("Serious adverse events", "safety", "registry.result"),
    ]


def told(result: Result) -> tuple[object, ...]:
    total = result.total.value if result.total is not None else None
    time = (result.timepoint.value, result.timepoint.unit) if result.timepoint is not None else None
    return (result.outcome, result.arm, result.comparator, result.measure, result.value, result.unit, total, time)


def test_results_of_a_study(trial: Trial) -> None:
    week, month, year, half = (24, "week"), (12, "month"), (1, "year"), (6, "month")
    assert [told(r) for r in trial.results] == [
        ("o1", "a1", None, "change", -2.4, "mg/dL", 118, week),
        ("o1", "a2", None, "change", 0, "mg/dL", 121, week),
        ("o1", "a1", "a2", "mean_difference", -2.4, None, None, week),
        ("o2", "a1", None, "count", 0, None, 118, half),
        ("o2", "a1", None, "count", None, None, 40, month),
        ("o2", "a2", None, "count", 31, None, 121, half),
        ("o2", "a2", None, "count", 12, None, 121, month),
        ("o2", "a1", "a2", "hazard_ratio", 0.48, None, None, month),
        ("o2", "a1", "a2", "comparison", None, None, None, month),
        ("o3", "a3", None, "median", 7.5, "month", None, None),
        ("o4", "a1", None, "count", 1, None, None, year),
        ("o5", "a1", None, "count", 0, None, 119, year),
        ("o5", "a2", None, "count", 4, None, 120, year),
    ]
    change, _, difference, none, *_ = trial.results
    assert change.printed == "-2.40" and change.dispersion is not None
    assert (change.dispersion.kind, change.dispersion.value) == ("se", 0.15)
    assert none.events is not None and none.events.value == 0
    assert difference.ci is not None and (difference.ci.level, difference.ci.low, difference.ci.high) == (
        95,
        -2.9,
        -1.9,
    )
    assert difference.p_value is not None and (difference.p_value.op, difference.p_value.value) == ("<", 0.001)
    assert [r.significant for r in trial.results if r.comparator] == [True, False, False]
    assert trial.results[4].subgroup is not None and trial.results[4].subgroup.text == "Women over 60"
    median = trial.results[9]
    assert median.dispersion is None and median.ci is not None and (median.ci.low, median.ci.high) == (6.1, 9.0)
    assert all(rule.startswith("registry.") for r in trial.results for rule in r.rules.values())


def test_every_figure_stands_where_it_says() -> None:
    article = read_study(study_bytes())
    for result in extract_article(article).trials[0].results:
        assert result.span is not None and result.sentence is not None
        if result.printed is not None:
            assert article.text[result.span[0] : result.span[1]] == result.printed
        assert article.text[result.sentence[0] :].startswith(("Value: ", "Analysis: "))


def test_a_study_without_results_and_one_without_anything() -> None:
    bare = {"protocolSection": {"identificationModule": {"nctId": "NCT09990002"}}}
    (found,) = extract_article(read_study(json.dumps(bare).encode())).trials
    assert ([i.value for i in found.registry_ids], found.arms, found.results) == (["NCT09990002"], (), ())
    assert (found.design.randomized, found.population.enrolled) == (None, None)
    planned = copy.deepcopy(STUDY)
    planned.pop("resultsSection")
    planned["protocolSection"]["designModule"]["enrollmentInfo"] = {"count": 500, "type": "ESTIMATED"}
    (found,) = extract_article(read_study(json.dumps(planned).encode())).trials
    assert (len(found.outcomes), found.results, found.population.enrolled) == (2, (), None)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b'{"protocolSection": {"identificationModule": {"nctId": 7}}}',
             b'{"protocolSection": {"identificationModule": {"nctId": " "}}}'],
)  # fmt: skip
def test_what_is_no_study_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        read_study(data)


def test_another_text_from_a_registry_is_read_as_prose() -> None:
    article = make_article(id="x", kind="registry", text="At 2 years, overall survival was 93.3% with morvantin.")
    assert not is_registry_record(article)
    assert extract_article(article).trials[0].results[0].value == 93.3


def test_a_study_is_fetched(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/studies/NCT09990001").respond_with_data(
        study_bytes(), content_type="application/json"
    )
    with HttpClient(allow_private=True, min_delay=0, retries=0) as client:
        article = fetch_study(client, "nct09990001", address=httpserver.url_for("/api/"))
        assert article.id == "nct:NCT09990001" and article.retrieved_at is not None
        with pytest.raises(FetchError):
            fetch_study(client, "NCT00000000", address=httpserver.url_for("/api/"))


def test_terms_are_of_the_contract() -> None:
    terms = registry_terms()
    assert set(terms["role"].values()) == {"experimental", "comparator"}
    assert terms["statistic"]["least squares mean"] == "mean"
