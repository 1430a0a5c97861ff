"""The whole path: offsets of every span over all corpora, the same bytes at any number of workers, the spaCy component."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import spacy
from click.testing import CliRunner

from extractor import extract, extract_many
from extractor.batch import run_encoded
from extractor.cli import main
from extractor.errors import ParseError
from extractor.records import Article, Record, check_offsets, decode_record, encode_record
from extractor.sources import read_sources

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
GOLD_FILES = ("pico_corpus", "rct_art", "ebm_nlp", "directions", "news_dev")
EACH = 25


def demo_articles() -> list[Article]:
    return [item for item in read_sources([str(ROOT / "corpora" / "demo")]) if isinstance(item, Article)]


@pytest.fixture(scope="module")
def demo_records() -> list[Record]:
    return list(extract_many(demo_articles()))


def test_every_span_of_the_demo_corpora_stands_in_its_text(demo_records: list[Record]) -> None:
    assert len(demo_records) >= 16
    for record in demo_records:
        check_offsets(record)


@pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason="the shared corpora are not here")
@pytest.mark.parametrize("name", GOLD_FILES)
def test_every_span_of_the_shared_corpora_stands_in_its_text(name: str) -> None:
    lines = (SHARED / "gold" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines[:: max(1, len(lines) // EACH)]:
        document = json.loads(line)
        record = extract(document["text"], kind=document["kind"], id=document["id"])
        check_offsets(record)
        assert record.document.text == document["text"]


def test_one_and_two_workers_and_two_runs_give_the_same_bytes() -> None:
    articles = demo_articles()

    def run(workers: int) -> list[bytes]:
        return [item for item in run_encoded(articles, workers=workers, chunk_size=3) if isinstance(item, bytes)]

    first = run(1)
    assert len(first) == len(articles)
    assert first == run(1) == run(2)


def test_a_record_survives_its_json(demo_records: list[Record]) -> None:
    for record in demo_records:
        assert decode_record(encode_record(record)) == record


def test_results_point_at_arms_and_outcomes_of_their_trial(demo_records: list[Record]) -> None:
    for record in demo_records:
        for trial in record.trials:
            arms, outcomes = {a.id for a in trial.arms}, {o.id for o in trial.outcomes}
            for result in trial.results:
                assert {result.arm, result.comparator} - {None} <= arms
                assert {result.outcome} - {None} <= outcomes


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_a_blank_text_is_an_error_not_an_empty_record(text: str) -> None:
    with pytest.raises(ParseError, match="blank"):
        extract(text)


def odd_texts() -> Iterator[str]:
    yield "\u202e\u0000\ud800 12% of 30 (HR 0.5; 95% CI 0.3-0.8)"
    yield "1 of 1 of 1 of " * 300
    yield "(" * 3000 + "95% CI " * 500
    yield "İ" * 50 + " 40% of patients on İlaç vs 20% on placebo"
    yield "no figure at all"


@pytest.mark.parametrize("text", list(odd_texts()), ids=["controls", "nested", "brackets", "growing-letters", "plain"])
def test_odd_texts_give_records_with_sound_offsets(text: str) -> None:
    check_offsets(extract(text))


def test_the_component_works_in_any_pipeline() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("trial_evidence", config={"kind": "abstract"})
    doc = nlp(
        "Patients received zelotinib or placebo. At 2 years, overall survival was 93.3% with zelotinib and 81.0% with placebo."
    )
    (trial,) = doc._.evidence.trials
    assert [(r.value, r.measure) for r in trial.results if r.value is not None] == [
        (93.3, "percentage"),
        (81.0, "percentage"),
    ]
    assert [span.text for span in doc.spans["trial_figures"] if span.label_ == "percentage"] == ["93.3%", "81.0%"]
    assert "overall survival" in [span.text for span in doc.spans["trial_terms"]]
    assert nlp("   ")._.evidence is None


def test_own_vocabulary_reaches_the_record(tmp_path: Path) -> None:
    terms = tmp_path / "own.tsv"
    terms.write_text("term\tconcept\tlabel\nQX-7\tquixotrexate\tdrug\n", encoding="utf-8")
    nlp = spacy.blank("en")
    nlp.add_pipe("trial_evidence", config={"lexicon": [str(terms)]})
    mentions = nlp("Those given QX-7 had fewer relapses.")._.evidence.mentions
    assert [(m.text, m.concept) for m in mentions if m.label == "drug"] == [("QX-7", "quixotrexate")]


def test_figures_command_lists_what_is_read(tmp_path: Path) -> None:
    text = "HR 0.62 (95% CI, 0.51-0.75; P<.001); 16 of 30 (53.3%) relapsed."
    path = tmp_path / "abstract.txt"
    path.write_text(text, encoding="utf-8")
    direct = CliRunner().invoke(main, ["figures", text])
    assert direct.exit_code == 0
    assert [line.split("\t")[:2] for line in direct.output.splitlines()] == [
        ["estimate:hazard_ratio", "0.62"],
        ["percent", "53.3 %"],
    ]
    assert CliRunner().invoke(main, ["figures", str(path)]).output == direct.output


# -- the example article: what a careful reader takes from it ---------------------------------------------------------

EXAMPLE = SHARED / "examples"


@pytest.fixture(scope="module")
def example() -> Record:
    if not EXAMPLE.is_dir():
        pytest.skip("the shared example is not here")
    (article,) = read_sources([str(EXAMPLE / "blinatumomab-infants.txt")])
    assert isinstance(article, Article)
    return next(iter(extract_many([article])))


def _words(text: str | None) -> set[str]:
    plain = "".join(c if c.isalnum() else " " for c in (text or "").lower())
    return {w.rstrip("s") for w in plain.split()} - {"rate", "the", "of", "level", "statu"}


def test_the_example_gives_every_result_of_its_gold(example: Record) -> None:
    gold = json.loads((EXAMPLE / "blinatumomab-infants.gold.json").read_text(encoding="utf-8"))
    found = [
        (trial, {o.id: o for o in trial.outcomes}.get(result.outcome or ""), result)
        for trial in example.trials
        for result in trial.results
    ]
    for wanted in gold["results"]:
        fitting = [
            (trial, result)
            for trial, outcome, result in found
            if result.value == wanted["value"]
            and result.measure == wanted["measure"]
            and result.context == wanted["context"]
            and outcome is not None
            and _words(wanted["outcome"]) & (_words(outcome.name.text) | _words(outcome.concept))
        ]
        assert fitting, wanted
        trial, result = fitting[0]
        for field in ("events", "total"):
            if field in wanted:
                number = getattr(result, field)
                assert number is not None, (field, wanted)
                assert number.value == wanted[field]
        if "timepoint" in wanted:
            assert result.timepoint is not None, wanted
            assert [result.timepoint.value, result.timepoint.unit] == wanted["timepoint"]
        if "trial" in wanted:
            assert trial.acronym is not None, wanted
            assert trial.acronym.text == wanted["trial"]


def test_the_example_gives_both_comparisons(example: Record) -> None:
    gold = json.loads((EXAMPLE / "blinatumomab-infants.gold.json").read_text(encoding="utf-8"))
    for wanted in gold["comparisons"]:
        fitting = []
        for trial in example.trials:
            outcomes = {o.id: o for o in trial.outcomes}
            arms = {a.id: a for a in trial.arms}
            for result in trial.results:
                outcome, other = outcomes.get(result.outcome or ""), arms.get(result.comparator or "")
                if result.measure != "comparison" or outcome is None or other is None:
                    continue
                if _words(wanted["outcome"]) & (_words(outcome.name.text) | _words(outcome.concept)):
                    fitting.append((result.direction, other.role))
        assert (wanted["direction"], "historical") in fitting, wanted


def test_the_example_gives_its_trial(example: Record) -> None:
    gold = json.loads((EXAMPLE / "blinatumomab-infants.gold.json").read_text(encoding="utf-8"))["reported_trial"]
    trial = example.trials[0]
    assert trial.role == "reported"
    assert trial.phase is not None
    assert trial.phase.value == gold["phase"]
    assert trial.population.enrolled is not None
    assert trial.population.enrolled.value == gold["enrolled"]
    assert trial.population.description is not None
    assert _words(gold["population"]) <= _words(trial.population.description.text) | {"infant"}
    brand = [m for m in example.mentions if m.text == "Blincyto"]
    assert {m.concept for m in brand} == {"blinatumomab"}
    named = {m.text for m in example.mentions}
    assert set(gold["organisations"]) <= named
    assert any("Utrecht" in n for n in named)


def test_the_example_has_no_false_results(example: Record) -> None:
    text = example.document.text
    gold = json.loads((EXAMPLE / "blinatumomab-infants.gold.json").read_text(encoding="utf-8"))
    for phrase in gold["never_results"]:
        at = text.find(phrase)
        while at >= 0:
            for trial in example.trials:
                for result in trial.results:
                    assert (
                        result.span is None or result.value is None or not (at <= result.span[0] < at + len(phrase))
                    ), phrase
            at = text.find(phrase, at + 1)


def test_the_readme_shows_what_comes_out() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.partition("```text\n")[2].partition("\n```")[0]
    (trial,) = extract(text).trials
    outcomes = {o.id: o.name.text for o in trial.outcomes}
    for result in trial.results:
        assert result.span is not None
        start, end = result.span
        shown = f'| "{text[start:end]}" at [{start}, {end}] |'
        rows = [row for row in readme.splitlines() if row.endswith(shown)]
        assert rows, shown
        assert f"| {outcomes[result.outcome or '']} | {result.measure} |" in rows[0]


def test_units_are_shared_along_a_list() -> None:
    (trial,) = extract(
        "Median PFS was 8.8 vs 4.9 months with pembrolizumab and placebo, respectively.", kind="abstract"
    ).trials
    assert [(r.value, r.unit, r.measure) for r in trial.results] == [(8.8, "month", "median"), (4.9, "month", "median")]


def test_the_example_in_a_page_leaves_its_boilerplate_out(tmp_path: Path) -> None:
    if not EXAMPLE.is_dir():
        pytest.skip("the shared example is not here")
    blocks = (EXAMPLE / "blinatumomab-infants.txt").read_text(encoding="utf-8").split("\n\n")
    end = blocks.index("Articles You May Like")
    title, paragraphs = blocks[0], blocks[2 : end - 1]
    related = "".join(f"<li><a href='/x'>{line}</a></li>" for line in blocks[end + 1].splitlines())
    page = tmp_path / "story.html"
    page.write_text(
        f"<html lang='en'><head><title>{title}</title></head><body><nav><a href='/'>Home</a><a href='/h'>Health</a></nav>"
        f"<article><h1>{title}</h1>{''.join(f'<p>{p}</p>' for p in paragraphs)}</article>"
        f"<aside><h3>Articles You May Like</h3><ul>{related}</ul></aside>"
        "<div id='respond'><h3>Leave a Reply</h3><p>Your email address will not be shown here. Required fields are marked *</p>"
        "<form><textarea></textarea></form></div></body></html>",
        encoding="utf-8",
    )
    (article,) = read_sources([str(page)])
    assert isinstance(article, Article)
    gold = json.loads((EXAMPLE / "blinatumomab-infants.gold.json").read_text(encoding="utf-8"))
    assert [phrase for phrase in gold["never_in_the_article_body"] if phrase in article.text] == []
    (record,) = extract_many([article])
    values = {r.value for t in record.trials for r in t.results}
    assert {w["value"] for w in gold["results"]} <= values
