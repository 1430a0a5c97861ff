"""Sponsor, funders, sites, countries, recruitment, follow-up and screening of a trial."""

from __future__ import annotations

import pytest

from extractor.extraction import extract_article
from extractor.linking.conduct import find_conduct, iso_date
from extractor.linking.patterns import Rule, load_rules
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.types import Reading
from extractor.records import Trial, check_offsets, make_article


def read(text: str) -> Reading:
    return Reading(
        text=text, kind="news", title=None, sections=(), sentences=tuple(split_sentences(text)),
        words=tuple(scan_words(text)), tokens=(), figures=(), mentions=(), abbreviations={},
    )  # fmt: skip


def reported(text: str) -> Trial:
    record = extract_article(make_article(id="x", text=text, kind="news"))
    check_offsets(record)
    return record.trials[0]


@pytest.mark.parametrize("rule", load_rules("conduct.jsonl"), ids=lambda rule: rule.id)
def test_rules_keep_their_examples(rule: Rule) -> None:
    assert rule.examples
    for example in rule.examples:
        text, wanted = (example, None) if isinstance(example, str) else example
        match = rule.regex.search(text)
        assert match is not None, text
        if wanted is not None:
            groups = match.groupdict()
            if "unit" in groups:
                assert text[match.start("n") : match.end("unit")] == wanted
            else:
                assert (groups["n"] if "n" in groups else match.group()) == wanted
    for text in rule.rejects:
        assert rule.regex.search(text) is None, text


@pytest.mark.parametrize(
    ("printed", "year", "iso"),
    [
        ("30 june 2013", None, "2013-06-30"),
        ("sept. 2004", None, "2004-09"),
        ("1998", None, "1998"),
        ("march", "2015", "2015-03"),
        ("january 5, 2010", None, "2010-01-05"),
    ],
)
def test_dates_keep_the_parts_they_have(printed: str, year: str | None, iso: str) -> None:
    assert iso_date(printed, year) == iso


def test_a_date_without_a_year_is_none() -> None:
    with pytest.raises(ValueError, match="no year"):
        iso_date("march")


def test_conduct_of_a_trial() -> None:
    text = (
        "The trial, sponsored by Novartis and funded by the National Institutes of Health, ran at 42 sites in nine countries. "
        "Of 812 patients screened, 400 were enrolled between March and October 2015. "
        "The median follow-up was 31.5 months, and a visit took place with 12 months of follow-up."
    )
    trial = reported(text)
    assert trial.sponsor is not None and trial.sponsor.text == "Novartis"
    assert [f.text for f in trial.funders] == ["National Institutes of Health"]
    assert trial.sites is not None and trial.sites.value == 42
    assert trial.countries is not None and (trial.countries.text, trial.countries.value) == ("nine", 9)
    assert trial.population.screened is not None and trial.population.screened.value == 812
    assert trial.population.enrolled is not None and trial.population.enrolled.value == 400
    assert trial.recruitment is not None
    assert (trial.recruitment.first, trial.recruitment.last) == ("2015-03", "2015-10")
    assert trial.follow_up is not None
    assert (trial.follow_up.value, trial.follow_up.unit, trial.follow_up.kind) == (31.5, "month", "median")


def test_what_is_not_stated_is_null() -> None:
    trial = reported("Forty patients took the drug and 41 took placebo; pain fell in both groups.")
    assert (trial.sponsor, trial.funders, trial.sites, trial.countries) == (None, (), None, None)
    assert (trial.recruitment, trial.follow_up, trial.population.screened) == (None, None, None)


def test_a_period_without_anyone_recruited_is_none() -> None:
    text = "Deaths fell between 1990 and 2005."
    assert find_conduct(read(text), plain_text(text), ((0, len(text)),)).recruitment is None


def test_a_period_that_runs_backwards_is_none() -> None:
    text = "Patients were enrolled between 2015 and 2005."
    assert find_conduct(read(text), plain_text(text), ((0, len(text)),)).recruitment is None
