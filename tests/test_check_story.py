"""A story held against its paper: what agrees in any form, what differs with both quotes, and what the story leaves out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor import EvidenceGraph, check_story, cli_check_story, extract
from extractor.batch import run_into_store
from extractor.cli import main
from extractor.errors import AnalysisError, AssemblyError
from extractor.records import Article, PValue, make_article
from extractor.sources import read_sources
from extractor.store import EvidenceStore
from extractor.story import StoryCheck, StoryFigure, _rounds_to, _same_p
from tests.made_corpus.documents import make_corpus

PAIR = Path(__file__).parent.parent / "corpora" / "fact-check"
STORY, PAPER = PAIR / "story.html", PAIR / "abstract.jsonl"
WRONG, RIGHT = "51.4%", "41.5%"

TRIAL = "In this trial, 480 adults with asthma were randomly assigned to velotinib (n = 240) or placebo (n = 240). "


def article(path: Path) -> Article:
    (item,) = read_sources([str(path)])
    assert isinstance(item, Article)
    return item


def by_figure(check: StoryCheck) -> dict[str, StoryFigure]:
    return {figure.story.printed: figure for figure in check.figures}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check-story", *map(str, arguments)])


@pytest.fixture(scope="module")
def demo() -> StoryCheck:
    return check_story(article(STORY), article(PAPER))


def test_the_planted_figure_is_named_with_both_quotes_and_places(demo: StoryCheck) -> None:
    (wrong,) = demo.differing
    assert wrong.source is not None
    assert (wrong.story.printed, wrong.source.printed, wrong.differs_in) == (WRONG, RIGHT, ("value",))
    for told, path, printed in ((wrong.story, STORY, WRONG), (wrong.source, PAPER, RIGHT)):
        text = article(path).text
        assert text[told.start : told.end] == told.printed == printed
        assert text[told.quote_start :].startswith(told.quote)
        assert printed in told.quote
    assert (wrong.story.outcome, wrong.story.arm, wrong.story.timepoint) == ("remission", "Dorvurad", "48 week")


def test_the_same_figure_in_another_form_agrees(demo: StoryCheck) -> None:
    found = by_figure(demo)
    pairs = {name: found[name].source for name in ("34.6%", "42%", "38%", "3.4%", "3.6%")}
    assert {name: source.printed for name, source in pairs.items() if source is not None} == {
        "34.6%": "34.6%", "42%": "0.58", "38%": "118 of 311", "3.4%": "3.4%", "3.6%": "3.6%",
    }  # fmt: skip
    assert all(found[name].verdict == "agrees" for name in pairs)


def test_what_the_story_leaves_out_is_told(demo: StoryCheck) -> None:
    found = by_figure(demo)
    assert (found["9 of 311"].verdict, found["9 of 311"].source) == ("missing", None)
    assert found["42%"].notes == ("relative_only",)
    assert [beside.printed for beside in found["42%"].beside] == ["5.1%", "8.7%"]
    assert found["38%"].notes == ("no_comparator",)
    assert [(beside.printed, beside.arm) for beside in found["38%"].beside] == [("83 of 309", "placebo")]
    assert found["3.4%"].notes == found["3.6%"].notes == ()


def test_a_right_story_has_no_difference() -> None:
    story = article(STORY)
    right = make_article(id="right", text=story.text.replace(WRONG, RIGHT), title=story.title)
    check = check_story(right, article(PAPER))
    assert check.differing == ()
    assert by_figure(check)[RIGHT].verdict == "agrees"


def test_groups_that_changed_places_differ() -> None:
    paper = TRIAL + "Asthma control was achieved by 61.0% of patients with velotinib and 44.5% with placebo."
    story = TRIAL + "Asthma control was achieved by 44.5% of patients with velotinib and 61.0% with placebo."
    found = check_story(story, paper).differing
    assert {(f.story.printed, f.source.printed) for f in found if f.source} == {("44.5%", "61.0%"), ("61.0%", "44.5%")}


def test_another_interval_differs_and_a_vaguer_p_value_does_not() -> None:
    told = "Overall survival was longer with velotinib than with placebo (hazard ratio, 0.71; 95% CI, {}; P{})."
    paper = TRIAL + told.format("0.60 to 0.84", "=0.0004")
    (same,) = check_story(TRIAL + told.format("0.60 to 0.84", "<0.001"), paper).figures
    assert same.verdict == "agrees"
    (other,) = check_story(TRIAL + told.format("0.60 to 0.94", "=0.04"), paper).figures
    assert (other.verdict, other.differs_in) == ("differs", ("interval", "p-value"))


def test_of_two_figures_that_may_be_meant_none_differs_and_both_are_shown() -> None:
    paper = TRIAL + (
        "Asthma control was achieved by 61.0% of patients with velotinib. "
        "Asthma control was achieved by 48.3% of patients with velotinib."
    )
    (figure,) = check_story(TRIAL + "Asthma control was achieved by 57.2% of patients with velotinib.", paper).figures
    assert (figure.verdict, figure.source) == ("missing", None)
    assert {beside.printed for beside in figure.beside} == {"61.0%", "48.3%"}


def test_what_cannot_be_compared_is_an_error() -> None:
    numbered = "Trial {}. " + TRIAL + "Asthma control was achieved by 61.0% of patients with velotinib."
    with pytest.raises(AssemblyError, match="registered as NCT09900001, NCT09900002"):
        check_story(numbered.format("NCT09900001"), numbered.format("NCT09900002"))
    with pytest.raises(AnalysisError, match="no figure of a trial"):
        check_story("The town has a new bridge.", article(PAPER))
    with pytest.raises(AnalysisError, match="same trial"):
        check_story(article(STORY), article(STORY))
    with pytest.raises(AnalysisError, match="same trial"):
        check_story(article(STORY), [])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the paper, the wrong story, a copy of it elsewhere, and an unlike trial."""
    path = tmp_path_factory.mktemp("store") / "evidence.db"
    story = article(STORY)
    copy = make_article(id="https://copy.example/a", text=story.text + "\n\nCopied here.", title=story.title)
    other = make_article(id="other", text="Trial NCT09900003. " + TRIAL + "Asthma control was achieved by 51.4% with velotinib.")
    with EvidenceStore.open(path, create=True) as opened:
        run_into_store([article(PAPER), story, copy, other], opened, read_all=True)
    return path


def test_a_store_is_asked_for_the_trial_and_papers_come_before_copies(store: Path, demo: StoryCheck) -> None:
    with EvidenceGraph.open(store) as evidence:
        check = check_story(article(STORY), evidence)
    assert {document for document, _ in check.sources} == {"pebble-2-abstract", "https://copy.example/a"}
    found = by_figure(check)
    assert (found[WRONG].verdict, found[WRONG].source and found[WRONG].source.printed) == ("differs", RIGHT)
    # What no paper gives, other news may.
    assert (found["9 of 311"].verdict, found["9 of 311"].source and found["9 of 311"].source.kind) == ("agrees", "news")


def test_records_and_texts_are_taken_alike(demo: StoryCheck) -> None:
    paper = article(PAPER)
    check = check_story(extract(article(STORY).text), extract(paper.text, kind="abstract", id=paper.id))
    assert [f.verdict for f in check.figures] == [f.verdict for f in demo.figures]


def test_command_names_the_figure_and_its_status_says_so(tmp_path: Path, store: Path) -> None:
    done = run(STORY, "--against", PAPER)
    assert done.exit_code == 1
    assert done.stdout.index(WRONG) < done.stdout.index("34.6%")
    for words in (RIGHT, "[313-318]", "[446-451]", "1 figure differs, 1 is missing from the source, 5 agree"):
        assert words in done.stdout
    right = tmp_path / "right.html"
    right.write_text(STORY.read_text(encoding="utf-8").replace(WRONG, RIGHT), encoding="utf-8")
    assert run(right, "--against", PAPER).exit_code == 0
    assert run(STORY, "--against", store).exit_code == 1


def test_command_writes_json(demo: StoryCheck) -> None:
    done = run(STORY, "--against", PAPER, "--format", "json")
    read = msgspec.json.decode(done.stdout, type=StoryCheck)
    assert [(f.verdict, f.notes) for f in read.figures] == [(f.verdict, f.notes) for f in demo.figures]
    assert json.loads(done.stdout)["figures"][0]["story"]["printed"] == WRONG


@pytest.mark.parametrize(
    ("against", "source"),
    [
        ("33567185", "pmid:33567185"),
        ("nct09901234", "nct:NCT09901234"),
        ("pmc:PMC1234567", "pmc:PMC1234567"),
        ("https://journal.example/a", "https://journal.example/a"),
        ("9901234", "9901234"),
    ],
)
def test_numbers_name_papers_and_records_unless_a_file_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, against: str, source: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PAPER, tmp_path / "9901234")
    asked: list[str] = []

    def read(inputs: tuple[str, ...], allow_private: bool) -> list[Article]:
        assert not allow_private
        asked.extend(inputs)
        return [article(PAPER if len(asked) == 2 else STORY)]

    monkeypatch.setattr(cli_check_story, "read_inputs", read)
    assert run("https://news.example/story", "--against", against).exit_code == 1
    assert asked == ["https://news.example/story", source]


@pytest.mark.parametrize(
    "arguments",
    [
        [STORY],
        [STORY, "--against", "no-such-file.html"],
        ["no-such-file.html", "--against", PAPER],
        [STORY, "--against", STORY],
        [PAIR, "--against", PAPER],
        [STORY, "--against", PAPER, "--format", "xml"],
    ],
)
def test_nothing_compared_is_status_2(arguments: list[object]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_store_of_something_else_is_status_2(tmp_path: Path) -> None:
    empty = tmp_path / "evidence.db"
    EvidenceStore.open(empty, create=True).close()
    assert run(STORY, "--against", empty).exit_code == 2
    shutil.copy(empty, tmp_path / "cut.db")
    with (tmp_path / "cut.db").open("r+b") as file:
        file.truncate(200)
    assert run(STORY, "--against", tmp_path / "cut.db").exit_code == 2


def test_what_a_story_says_does_not_drive_the_terminal(tmp_path: Path) -> None:
    rows = [{"id": "a\x1b[31m", "text": article(STORY).text.replace("Kidney", "\x1b[2J[bold]Kidney")}]
    path = tmp_path / "story.jsonl"
    path.write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    done = run(path, "--against", PAPER)
    assert done.exit_code == 1
    assert "\x1b" not in done.stdout
    assert "[bold]Kidney" in " ".join(done.stdout.split())


@given(st.integers(0, 10**7), st.integers(0, 3))
@settings(max_examples=200)
def test_rounding_is_no_difference(thousandths: int, decimals: int) -> None:
    value = thousandths / 1000
    assert _rounds_to(value, float(f"{value:.{decimals}f}"))
    assert not _rounds_to(0.84, 0.94)


def test_p_values_that_can_both_be_true_agree() -> None:
    assert _same_p(PValue(op="<", value=0.001), PValue(op="=", value=0.0004))
    assert _same_p(PValue(op="=", value=0.04), PValue(op="=", value=0.038))
    assert not _same_p(PValue(op="<", value=0.001), PValue(op="=", value=0.04))
    assert not _same_p(PValue(op=">", value=0.05), PValue(op="=", value=0.0))


def test_planted_figures_of_the_made_corpus_are_found_and_nothing_else() -> None:
    corpus = make_corpus()
    articles = {one.id: one for one in corpus.articles}
    for planted in corpus.conflicts:
        papers = [
            articles[name]
            for name, trial in corpus.trial_of.items()
            if trial == planted.trial and articles[name].kind in ("abstract", "registry")
        ]
        wrong = check_story(articles[planted.document], papers).differing
        assert [figure.story.value for figure in wrong] == [pytest.approx(planted.wrong)], planted


DEMO = PAIR.parent / "demo"


@pytest.mark.parametrize("name", ["keynote-189.html", "dapa-hf.html", "c4591001.html"])
def test_stories_that_are_right_have_no_difference(name: str) -> None:
    papers = [item for item in read_sources([str(DEMO / "pubmed.xml")]) if isinstance(item, Article)]
    check = check_story(article(DEMO / name), papers)
    assert check.differing == ()
    assert len([figure for figure in check.figures if figure.verdict == "agrees"]) >= 4


def test_a_wrong_ratio_in_a_long_story_is_found() -> None:
    papers = [item for item in read_sources([str(DEMO / "pubmed.xml")]) if isinstance(item, Article)]
    story = article(DEMO / "keynote-189.html")
    wrong = make_article(id=story.id, text=story.text.replace("0.52", "0.67"), title=story.title)
    assert [(f.story.printed, f.source and f.source.printed) for f in check_story(wrong, papers).differing] == [("0.67", "0.52")]


def test_a_story_of_very_many_figures_is_held_against_what_is_printed_alike() -> None:
    told = TRIAL + " ".join(f"Asthma control was achieved by {n / 10}% of patients with velotinib." for n in range(100, 520))
    paper = TRIAL + "Asthma control was achieved by 30.7% of patients with velotinib."
    found = by_figure(check_story(told, paper))
    assert found["30.7%"].verdict == "agrees"
    assert {figure.verdict for name, figure in found.items() if name != "30.7%"} == {"missing"}
