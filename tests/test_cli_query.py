"""The questions of ``extractor query``: same filters, three formats, exit status."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from extractor.cli import main
from extractor.store import EvidenceStore
from tests.record_builder import infant_record, lung_record
from tests.test_questions import asthma_record


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stores") / "evidence.db"
    records = [infant_record(), lung_record("a"), lung_record("b", lead="B. "), asthma_record(published="2022-03-01")]
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records(records)
    return path


def ask(store: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["query", *arguments, "--store", str(store)])


QUESTIONS: list[tuple[tuple[str, ...], list[str]]] = [
    (("trials", "--population", "children", "--design", "double-blind"), ["412", "severe asthma"]),
    (("results", "--min-time", "1 year", "--drug", "tezomab"), ["32", "52 weeks"]),
    (("results", "--not-significant"), ["1.16", "tezomab against reslimab"]),
    (("compare", "reslimab", "tezomab"), ["41.5 % against 32 %", "(b against a)", "Exacerbations fell by"]),
    (("drugs", "--condition", "lung cancer"), ["pembrolizumab", "PD-1 inhibitor", "placebo"]),
    (("outcomes", "--drug", "tezomab"), ["exacerbation", "percentage, rate_ratio"]),
    (("timeline", "--since", "2022"), ["2022-03-01", "asthma"]),
    (("checks", "--drug", "tezomab"), ["too many people", "the sum is odd", "32% with tezomab"]),
    (("evidence", "KEYNOTE-189"), ["HR 0.49", "The hazard ratio for death was"]),
    (("neighbours", "lung cancer"), ["← STUDIES", "trial:KEYNOTE-189"]),
    (("path", "tezomab", "KEYNOTE-189"), ["drug:placebo", "trial:KEYNOTE-189"]),
]


@pytest.mark.parametrize(("question", "words"), QUESTIONS, ids=lambda value: " ".join(value)[:30])
def test_every_question_comes_as_table_json_and_csv(store: Path, question: tuple[str, ...], words: list[str]) -> None:
    done = ask(store, *question)
    assert (done.exit_code, done.stderr) == (0, "")
    for word in words:
        assert word in done.stdout
    rows: list[dict[str, Any]] = json.loads(ask(store, *question, "--format", "json").stdout)
    lines = list(csv.DictReader(io.StringIO(ask(store, *question, "--format", "csv").stdout)))
    assert len(rows) == len(lines) > 0


def test_no_answer_is_said_and_no_error(store: Path) -> None:
    done = ask(store, "conflicts")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no contradiction found\n")
    assert ask(store, "conflicts", "--format", "csv").stdout.startswith("key,trial")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("compare", "reslimb", "tezomab"), "nearest known: reslimab"),
        (("trials", "--design", "double-blnd"), "nearest known: double blind"),
        (("results", "--min-time", "soon"), "not a duration: 'soon'"),
        (("neighbours", "KEYNOTE-188"), "nearest known: KEYNOTE-189"),
    ],
)
def test_what_cannot_be_understood_is_a_message(store: Path, question: tuple[str, ...], message: str) -> None:
    done = ask(store, *question)
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_cypher_in_three_formats(store: Path) -> None:
    pytest.importorskip("grandcypher")
    question = "MATCH (t:trial)-[:STUDIES]->(c:condition) WHERE c.name = 'severe asthma' RETURN c.name, t.enrolled"
    done = ask(store, "cypher", question)
    assert "severe asthma" in done.stdout
    assert json.loads(ask(store, "cypher", question, "--format", "json").stdout) == [
        {"c.name": "severe asthma", "t.enrolled": 412}
    ]
    assert ask(store, "cypher", question, "--format", "csv").stdout.splitlines()[1] == "severe asthma,412"
    nothing = ask(store, "cypher", question, "--drug", "Keytruda")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "nothing fits\n")
