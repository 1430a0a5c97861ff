"""``extractor explain``: what was read and why, on a terminal and as a page that nothing in a document can break."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from extractor import extract
from extractor.cli import main
from extractor.records import Record
from extractor.report.explain import Explanation, explain_record, pieces
from extractor.report.explain_html import explanation_page
from extractor.report.explain_text import marked_text, print_explanation
from extractor.report.rules import rule_text, rule_texts
from tests import gate

ROOT = Path(__file__).parent.parent
TEXT = (
    "In a trial in 120 adults with venous leg ulcers, patients were randomly assigned to pentoxifylline (n = 60) "
    "or placebo (n = 60). At 24 weeks, healing was seen in 71% of patients with pentoxifylline and in 58% of those with "
    "placebo (P = 0.03). Pain showed no significant difference between pentoxifylline and placebo."
)
HOSTILE = (
    'A <script>alert("x")</script> trial of aspirin versus placebo in adults with migraine & "aura".\x1b[31m\x00 '
    "Patients were randomised to aspirin or placebo. </mark></div><img src=https://example.org/a.png onerror='x()'> "
    "Pain relief was reported by 45% of patients with aspirin and 30% of those with <b>placebo</b> (P<0.01). ${body} $title"
)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "ulcers.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


class Page(HTMLParser):
    """The tags of a page, the text it shows, and whether every tag is closed."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.shown: list[str] = []
        self.document = ""
        self.feed(page.decode())
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def text_of(self, name: str) -> Iterator[dict[str, str | None]]:
        return (attrs for tag, attrs in self.tags if tag == name)


# ---- the parts
def test_every_link_has_its_rule() -> None:
    explanation = explain_record(extract(TEXT, kind="abstract"))
    results = {view.figure.split()[0]: view for trial in explanation.trials for view in trial.results}
    links = {link.name: link for link in results["71"].links}
    assert links["arm"].value.startswith("pentoxifylline against placebo")
    assert "healing" in links["outcome"].value
    assert links["time point"].value == "24 weeks"
    for name in ("figure", "arm", "outcome", "time point", "p-value", "direction"):
        assert links[name].rule
        assert links[name].says
    facts = {fact.name: fact for trial in explanation.trials for fact in trial.facts}
    assert facts["population: enrolled"].value == "120"
    assert facts["arm a1, experimental"].rule


def test_results_of_the_gold_texts_tell_their_rules() -> None:
    for gold in gate.load_gold()[::6]:
        record = extract(gold.record.document.text, kind=gold.record.document.kind, id="d")
        for trial in record.trials:
            for result in trial.results:
                linked = {"outcome": result.outcome, "arm": result.arm, "timepoint": result.timepoint}
                linked |= {"subgroup": result.subgroup, "p_value": result.p_value, "figure": result.span}
                without = {name for name, value in linked.items() if value is not None and not result.rules.get(name)}
                assert without == set(), (record.document.text[slice(*(result.sentence or (0, 0)))], result.rules)
                if result.context != "reported":
                    assert result.rules["context"]


def test_the_pieces_are_the_text() -> None:
    for text in (TEXT, HOSTILE):
        explanation = explain_record(extract(text, kind="abstract"))
        cut = list(pieces(explanation))
        assert "".join(piece.text for piece in cut) == text
        for piece in cut:
            assert all(outer.end - outer.start >= piece.marks[0].end - piece.marks[0].start for outer in piece.marks)
        opened = {(m.start, m.end) for piece in cut if piece.opens for m in piece.marks}
        assert opened >= {(m.start, m.end) for m in explanation.marks}


def test_rules_say_something_each() -> None:
    assert len(set(rule_texts().values())) > 50
    assert rule_text("arm", "arm.only_arm") == rule_texts()["arm.only_arm"]
    assert rule_text("direction", "wording.anything") == rule_texts()["wording."]
    assert rule_text("figure", "some.pattern") == rule_texts()["link:figure"]
    assert rule_text("unheard", "of") == ""


# ---- the terminal
def test_marks_stand_in_brackets_and_nest() -> None:
    shown = marked_text(explain_record(extract(TEXT, kind="abstract"))).plain
    assert re.search(r"\[71% \| r1\]", shown)
    assert "[pentoxifylline | " in shown
    assert re.search(r"\[adults with \[venous leg ulcers \| condition[^\[\]]*\] \| population", shown)
    assert shown.count("[") == shown.count("]")
    assert re.sub(r" \| [^\[\]|]*\]|\[", "", shown) == TEXT


def test_output_without_colours_is_plain_and_complete(text: Path) -> None:
    done = call("explain", text)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    for word in ("reported trial t1", "population: enrolled", "arm a2, comparator", "r1 ", "time point", "24 weeks"):
        assert word in done.stdout
    assert re.search(r"no difference +wording\.\w+\.negated: a word", done.stdout)
    piped = subprocess.run(
        [sys.executable, "-m", "extractor", "explain", str(text)],
        capture_output=True, cwd=ROOT, check=False, timeout=120, env={"TERM": "xterm-256color", "NO_COLOR": "1", "PATH": ""},
    )  # fmt: skip
    assert (piped.returncode, piped.stdout.decode()) == (0, done.stdout)


def test_a_terminal_gets_colours_for_arms() -> None:
    console = Console(force_terminal=True, color_system="standard", width=100, record=True)
    with console.capture() as capture:
        print_explanation(explain_record(extract(TEXT, kind="abstract")), console)
    assert "\x1b[1;36m71" in capture.get()
    assert "\x1b[1;35m58" in capture.get()


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    import json

    path.write_text(json.dumps({"id": "\x1b[2J", "title": "\x1b]0;x\x07", "text": HOSTILE}), encoding="utf-8")
    done = call("explain", path)
    assert done.exit_code == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.stdout)
    assert "<script>" in done.stdout


# ---- the page
def page_of(*records: Record) -> Page:
    return Page(explanation_page([explain_record(record) for record in records]))


def test_page_shows_text_marks_and_rules() -> None:
    page = page_of(extract(TEXT, kind="abstract"))
    shown = "".join(page.shown)
    assert TEXT in shown
    assert "arm.preposition_after" in shown or "arm.alternating_after" in shown
    links = [attrs for attrs in page.text_of("a") if "data-tip" in attrs]
    assert [attrs["href"] for attrs in links] == ["#d1-r1", "#d1-r2", "#d1-r3"]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {str(attrs["href"])[1:] for attrs in page.text_of("a")} <= set(ids)
    assert all("arm-0" in str(attrs["class"]) or "arm-1" in str(attrs["class"]) for attrs in links[:2])
    assert "[arm." in str(links[0]["data-tip"])
    marks = [attrs for attrs in page.text_of("mark") if "data-tip" in attrs]
    assert marks
    assert all(attrs["tabindex"] == "0" for attrs in marks if "tabindex" in attrs)
    assert sum("tabindex" in attrs for attrs in marks) >= 5
    labels = [str(attrs["class"]) for attrs in marks if "arm a" in str(attrs["data-tip"])]
    assert labels == ["m arm arm-0", "m arm arm-1"]


def test_nothing_of_a_document_becomes_markup() -> None:
    record = extract(HOSTILE, kind="abstract", title='"><script>alert(1)</script>', id="'><b onclick=x>")
    page = page_of(record, record)
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "main", "article", "h1", "h2", "h3", "p", "a", "mark", "div",
        "section", "table", "tr", "th", "td", "code", "small", "span", "blockquote",
    }  # fmt: skip
    assert not any(
        name.startswith("on") or name in ("src", "srcset", "style") for _, attrs in page.tags for name in attrs
    )
    shown = "".join(page.shown)
    assert HOSTILE.replace("\x1b", "�").replace("\x00", "�") in shown
    assert "'><b onclick=x>" in shown
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_page_asks_for_nothing_from_outside() -> None:
    page = explanation_page([explain_record(extract(HOSTILE, kind="abstract"))])
    parsed = Page(page)
    (policy,) = (attrs["content"] for attrs in parsed.text_of("meta") if attrs.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not any(tag in ("script", "link", "img", "iframe") for tag, _ in parsed.tags)
    style = re.search(rb"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert b"url(" not in style[1]
    assert b"@import" not in style[1]
    for need in (b"prefers-color-scheme: dark", b":focus", b"max-width: 40rem"):
        assert need in style[1]
    assert any(attrs.get("name") == "viewport" for attrs in parsed.text_of("meta"))


def test_text_that_utf_8_cannot_hold_is_shown() -> None:
    explanation = Explanation(
        id="d", title=None, text="lone \ud800 half", version="x", marks=(), trials=(), checks=("error: \udfff",)
    )
    assert b"lone &#55296; half" in explanation_page([explanation])


# ---- the command
def test_command_writes_the_page(text: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    done = call("explain", text, "--html", target)
    assert (done.exit_code, done.output) == (0, "")
    assert TEXT in "".join(Page(target.read_bytes()).shown)
    assert list(tmp_path.glob("*.part")) == []
    assert call("explain", text, "--html", "-").stdout_bytes == target.read_bytes()


def test_one_document_of_several(tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    path.write_text('{"id": "a", "text": "Pain fell by 5%."}\n{"id": "b", "text": "Fever rose."}\n', encoding="utf-8")
    both, one = call("explain", path), call("explain", path, "--id", "b")
    assert "Pain" in both.stdout
    assert "Fever" in both.stdout
    assert ("Pain" in one.stdout, "Fever" in one.stdout) == (False, True)
    none = call("explain", path, "--id", "c")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "no document of the id 'c'" in none.stderr


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    missing = call("explain", tmp_path / "missing.txt", "--html", tmp_path / "page.html")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "missing.txt" in missing.stderr
    assert not (tmp_path / "page.html").exists()
    path = tmp_path / "part.jsonl"
    path.write_text('{"id": "a", "text": "Pain fell by 5%."}\n{"id": \n', encoding="utf-8")
    some = call("explain", path)
    assert some.exit_code == 1
    assert "Pain" in some.stdout
    assert "part.jsonl:2" in some.stderr


@pytest.mark.parametrize("arguments", [["explain"], ["explain", "x", "--nothing"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert call(*arguments).exit_code == 2


def test_own_terms_are_marked(tmp_path: Path) -> None:
    own, text = tmp_path / "own.tsv", tmp_path / "a.txt"
    own.write_text("term\tconcept\tlabel\nZanovia\tzanolimab\tdrug\n", encoding="utf-8")
    text.write_text("Zanovia was given to 20 children with croup.", encoding="utf-8")
    assert "[Zanovia | drug = zanolimab" in call("explain", text, "--lexicon", own).stdout
    assert "zanolimab" not in call("explain", text).stdout


def test_help_teaches() -> None:
    shown = call("explain", "--help").stdout
    for word in ("Examples:", "--html", "--lexicon", "not known", "arm.preposition_after", "Tab key"):
        assert word in shown
    assert "explain" in call("--help").stdout
    for rule in re.findall(r"\b(?:arm|outcome)\.[a-z_]+", shown):
        assert rule in rule_texts()
