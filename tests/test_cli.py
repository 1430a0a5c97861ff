"""The command line as a user meets it: results on stdout, the rest on stderr, and the exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extractor import batch
from extractor.cli import main
from extractor.extraction import extractor_version
from extractor.records import Article, Extractor, Record, decode_record, make_article
from extractor.store import EvidenceStore
from tests.record_builder import infant_record, lung_record

ROOT = Path(__file__).parent.parent


def fake_extract(article: Article) -> Record:
    if "bug" in article.text:
        raise ZeroDivisionError("division by zero")
    if "stop here" in article.text:
        raise KeyboardInterrupt
    return Record(document=article, extractor=Extractor(name="evidence-extractor", version=extractor_version()))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(batch, "_default_extract", lambda: fake_extract)

    def invoke(*arguments: object) -> Result:
        here = ("--timeout", "0") if arguments[0] in ("run", "retry") else ()  # in this process: what is patched holds
        return CliRunner().invoke(main, [str(argument) for argument in (*arguments, *here)])

    return invoke


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "input.jsonl"
    rows = [json.dumps({"id": f"d{n}", "text": f"Text {n} with 45 patients.", "kind": "abstract"}) for n in range(5)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.db"
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records([infant_record(), lung_record("a", registry=("NCT02578680",))])
    return path


def test_extract_writes_one_record_a_line_in_order(run: Callable[..., Result], lines: Path, tmp_path: Path) -> None:
    output = tmp_path / "records.jsonl"
    done = run("extract", lines, "-o", output)
    assert (done.exit_code, done.output) == (0, "")
    records = [decode_record(line) for line in output.read_bytes().splitlines()]
    assert [record.document.id for record in records] == [f"d{n}" for n in range(5)]
    assert list(tmp_path.glob("*.part")) == []
    assert run("extract", lines).stdout_bytes == output.read_bytes()


def test_extract_goes_on_after_failures_and_ends_with_status_1(
    run: Callable[..., Result], lines: Path, tmp_path: Path
) -> None:
    with lines.open("a", encoding="utf-8") as file:
        file.write('{"id": "broken\n{"id": "d6", "text": "a bug"}\n{"id": "d7", "text": "the last one"}\n')
    output, failures = tmp_path / "records.jsonl", tmp_path / "failed.jsonl"
    done = run("extract", lines, tmp_path / "missing.html", "-o", output, "--failures", failures)
    assert (done.exit_code, done.stdout) == (1, "")
    assert [json.loads(line)["document"]["id"] for line in output.read_bytes().splitlines()][-1] == "d7"
    rows = [json.loads(line) for line in failures.read_bytes().splitlines()]
    assert [(row["stage"], row["document"]) for row in rows] == [
        ("parse", None),
        ("extract", "d6"),
        (rows[2]["stage"], None),
    ]
    assert rows[0]["where"].endswith("input.jsonl:6")
    for word in ("input.jsonl:6", "ZeroDivisionError: division by zero", "missing.html", "3 failed"):
        assert word in done.stderr


def test_extract_keeps_what_was_done_when_interrupted(run: Callable[..., Result], lines: Path, tmp_path: Path) -> None:
    with lines.open("a", encoding="utf-8") as file:
        file.write('{"id": "d5", "text": "stop here, 1"}\n')
    output = tmp_path / "records.jsonl"
    output.write_text("from before")
    done = run("extract", lines, "-o", output)
    assert done.exit_code == 130
    assert output.read_text() == "from before"
    assert len((tmp_path / "records.jsonl.part").read_bytes().splitlines()) == 5
    assert "records.jsonl.part" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["extract"],
        ["run"],
        ["extract", "x", "--workers", "0"],
        ["extract", "x", "--unknown"],
        ["query", "results", "--format", "xml"],
        ["query", "results", "--measure", "vibes"],
        ["extract", "x", "-o", "."],
        ["nothing"],
    ],
)
def test_wrong_usage_is_status_2(run: Callable[..., Result], arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr


def test_unwritable_output_is_a_message(run: Callable[..., Result], lines: Path, tmp_path: Path) -> None:
    done = run("extract", lines, "-o", tmp_path / "no" / "such" / "folder.jsonl")
    assert done.exit_code == 1
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_fills_a_store_and_does_nothing_twice(run: Callable[..., Result], lines: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    assert run("run", lines, "--store", path).exit_code == 0
    lines.write_text(lines.read_text() + "no json\n")
    assert run("run", lines, "--store", path).exit_code == 1
    with EvidenceStore.open(path) as opened:
        assert [record.document.id for record in opened.records()] == [f"d{n}" for n in range(5)]
        assert [(row.added, row.skipped, row.failed) for row in opened.runs()] == [(5, 0, 0), (0, 5, 1)]
    listed = run("failures", "--store", path)
    assert "input.jsonl:6" in listed.stdout
    assert json.loads(run("failures", "--store", path, "--format", "json").stdout)[0]["times"] == 1
    status = run("status", "--store", path).stdout
    assert "documents           5" in status
    assert "0 added, 5 known before, 0 set aside, 1 failed" in status


def test_run_interrupted_keeps_what_was_done(run: Callable[..., Result], lines: Path, tmp_path: Path) -> None:
    with lines.open("a", encoding="utf-8") as file:
        file.write('{"id": "d5", "text": "stop here, 1"}\n')
    done = run("run", lines, "--store", tmp_path / "new.db")
    assert done.exit_code == 130
    with EvidenceStore.open(tmp_path / "new.db") as opened:
        assert opened.counts()["records"] == 5
        assert opened.runs()[0].status == "interrupted"


def test_query_prints_figure_time_quote_and_address(run: Callable[..., Result], store: Path) -> None:
    done = run("query", "results", "--store", store, "--drug", "Blincyto", "--outcome", "OS")
    assert (done.exit_code, done.stderr) == (0, "")
    for words in ("93.3 %", "2 years", "overall survival", "https://news.example/infants", "(OS) was 93.3% and"):
        assert words in done.stdout
    assert "81.6 %" not in done.stdout


def test_query_as_json_and_csv(run: Callable[..., Result], store: Path) -> None:
    question = ("query", "results", "--store", store, "--trial", "KEYNOTE-189")
    (row,) = json.loads(run(*question, "--format", "json").stdout)
    assert (row["value"], row["ci"]["low"], row["p_value"]["op"]) == (0.49, 0.38, "<")
    assert row["evidence"][0]["quote"] in row["quotes"]
    (line,) = csv.DictReader(io.StringIO(run(*question, "--format", "csv").stdout))
    assert (line["value"], line["ci_low"], line["document"], line["arm"]) == ("0.49", "0.38", "a", "pembrolizumab")
    (trial,) = csv.DictReader(
        io.StringIO(run("query", "trials", "--store", store, "--drug", "Blincyto", "--format", "csv").stdout)
    )
    assert (trial["phase"], trial["enrolled"], trial["results"]) == ("2", "30", "2")


def test_query_without_rows_says_why(run: Callable[..., Result], store: Path) -> None:
    cited = run("query", "results", "--store", store, "--trial", "Interfant-06")
    assert (cited.exit_code, cited.stdout) == (0, "")
    assert "--context all" in cited.stderr
    assert "36 %" in run("query", "results", "--store", store, "--trial", "Interfant-06", "--context", "all").stdout
    unknown = run("query", "results", "--store", store, "--drug", "Blincito")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "blincyto" in unknown.stderr
    assert json.loads(run("query", "trials", "--store", store, "--phase", "4", "--format", "json").stdout) == []


def test_store_errors_are_messages(run: Callable[..., Result], tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    foreign.write_text("not a database at all, only some text in a file " * 40)
    for command in (["query", "trials"], ["failures"], ["status"]):
        for path in (foreign, tmp_path / "missing.db"):
            done = run(*command, "--store", path)
            assert (done.exit_code, done.stdout) == (1, "")
            assert path.name in done.stderr
            assert "Traceback" not in done.stderr


def test_control_characters_of_a_document_do_not_reach_the_terminal(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "evidence.db"
    record = lung_record("a\x1b[31m", url="https://a.example/\x1b]0;title\x07")
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records([record])
    assert "\x1b" not in run("query", "results", "--store", path, "--drug", "Pembrolizumab").stdout
    assert "\x1b" not in run("query", "results", "--store", path, "--drug", "\x1b[31mx").stderr


def test_help_teaches_and_version_is_told() -> None:
    runner = CliRunner()
    for command in (
        [],
        ["extract"],
        ["run"],
        ["fetch"],
        ["body"],
        ["query"],
        ["query", "results"],
        ["query", "trials"],
        *(["query", question] for question in ("compare", "drugs", "outcomes", "timeline", "conflicts", "checks")),
        *(["query", question] for question in ("evidence", "neighbours", "path", "cypher")),
        ["failures"],
        ["status"],
    ):
        shown = runner.invoke(main, [*command, "--help"])
        assert shown.exit_code == 0
        assert "Example" in shown.output
    assert extractor_version() in runner.invoke(main, ["--version"]).output


def test_module_is_the_command(store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "extractor", "query", "results", "--store", str(store), "--drug", "Blincyto"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "93.3 %" in done.stdout


def test_fake_extraction_keeps_the_contract() -> None:
    article = make_article(id="x", text="y")
    assert fake_extract(article).document == article


def test_retry_reads_only_what_failed(run: Callable[..., Result], tmp_path: Path) -> None:
    store, file = tmp_path / "s.db", tmp_path / "input.jsonl"
    rows = [{"id": f"d{n}", "text": f"Text {n} with 45 patients{' and a bug' * (n == 1)}."} for n in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("run", file, "--store", store).exit_code == 1
    reasons = run("failures", "--store", store, "--by-reason")
    assert reasons.output.split() == ["1", "extract:", "ZeroDivisionError:", "division", "by", "zero"]
    assert json.loads(run("failures", "--store", store, "--by-reason", "--format", "json").output)[0]["documents"] == 1
    rows[1]["text"] = "Text 1 with 45 patients."
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = run("retry", "--store", store)
    assert (done.exit_code, done.output) == (0, "")
    told = run("status", "--store", store).output
    assert "1 added, 0 known before, 0 set aside, 0 failed" in told
    nothing = run("retry", "--store", store)
    assert (nothing.exit_code, "nothing failed" in nothing.output) == (0, True)


def test_what_is_set_aside_is_told(run: Callable[..., Result], tmp_path: Path) -> None:
    file, store = tmp_path / "bridge.txt", tmp_path / "s.db"
    file.write_text("The council spoke about the old bridge.", encoding="utf-8")
    assert run("run", file, "--store", store).exit_code == 0
    assert run("status", "--store", store, "--aside").output == "bridge.txt: no figure and no finding\n"
    assert run("run", file, "--store", store, "--all").exit_code == 0
    assert "documents           1" in run("status", "--store", store).output
