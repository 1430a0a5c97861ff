"""The user's own joins and splits: they come before every rule, are checked, and hold for questions too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from extractor.assembly import AssembledTrial, Decision, Decisions, assemble, read_decisions, reports_of
from extractor.cli import main
from extractor.errors import AssemblyError
from extractor.query import EvidenceGraph
from extractor.records import Record
from extractor.store import EvidenceStore
from tests.record_builder import RecordBuilder, lung_record

HEADER = "action\tone\tother\treason\n"


def file(folder: Path, *lines: str) -> Path:
    path = folder / "joins.tsv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def assembled(decisions: Decisions, *records: Record) -> list[AssembledTrial]:
    return list(assemble((r for record in records for r in reports_of(record.document.id, record)), decisions))


def groups(decisions: Decisions, *records: Record) -> list[str]:
    return sorted("".join(sorted(document for document, _ in t.documents)) for t in assembled(decisions, *records))


@pytest.fixture
def records() -> list[Record]:
    return [
        lung_record("a", registry=("NCT02578680",)),
        lung_record("b", lead="B. "),
        lung_record("c", acronym=None, ratio="0.71", lead="C. "),
    ]


def test_a_split_undoes_a_join_and_a_join_makes_one(records: list[Record], tmp_path: Path) -> None:
    assert groups(Decisions([]), *records) == ["ab", "c"]
    path = file(tmp_path, "split\ta#t1\tb#t1\tan extension", "join\tc\tb\tsame photograph")
    decisions = read_decisions(path)
    assert groups(decisions, *records) == ["a", "bc"]
    (join,) = [join for trial in assembled(decisions, *records) for join in trial.joins]
    assert (join.rule, join.one, join.other, join.keys) == ("manual", "b#t1", "c#t1", ("joins.tsv:3",))
    assert join.reason == "joined by the user: same photograph"


def test_a_split_holds_for_everything_that_is_joined_with_either(records: list[Record]) -> None:
    decisions = Decisions([Decision(action="split", one="a", other="d")])
    more = lung_record("d", registry=("NCT02578680",), lead="D. ")
    trials = assembled(decisions, *records, more)
    together = {frozenset(document for document, _ in trial.documents) for trial in trials}
    assert not any({"a", "d"} <= group for group in together)
    assert frozenset("b") in together  # which of the two it means cannot be told


def test_what_can_never_be_one_cannot_be_joined(records: list[Record]) -> None:
    other = lung_record("d", registry=("NCT09999999",), acronym=None)
    decisions = Decisions([Decision(action="join", one="a", other="d", where="joins.tsv:2")])
    with pytest.raises(AssemblyError, match=r"joins.tsv:2: a and d cannot be one trial: .*NCT02578680, NCT09999999"):
        assembled(decisions, *records, other)
    numbered = lung_record("e", acronym="KEYNOTE-407", lead="E. ")
    decisions = Decisions([Decision(action="join", one="b", other="e")])
    with pytest.raises(AssemblyError, match="different numbers"):
        assembled(decisions, *records, numbered)


def test_reports_that_are_not_at_hand_are_passed_over_and_told(records: list[Record]) -> None:
    decisions = Decisions([Decision(action="join", one="a", other="z"), Decision(action="split", one="a", other="b")])
    assert groups(decisions, *records) == ["a", "b", "c"]
    reports = [report for record in records for report in reports_of(record.document.id, record)]
    assert decisions.unknown(reports) == [decisions.joins[0]]


def test_a_document_on_two_trials_must_be_named_with_the_trial() -> None:
    make = RecordBuilder("Two trials of ginger.", key="both")
    make.trial("t1")
    make.trial("t2")
    both, one = make.record(), lung_record("a", acronym=None)
    assert groups(Decisions([Decision(action="join", one="both", other="a")]), both, one) == ["a", "both", "both"]
    assert groups(Decisions([Decision(action="join", one="both#t2", other="a")]), both, one) == ["aboth", "both"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("merge\ta\tb\t",), r"joins.tsv:2: the action must be join or split, not 'merge'"),
        (("join\ta\t\t",), r"joins.tsv:2: a report is missing"),
        (("join\ta\ta\t",), r"joins.tsv:2: a stands on both sides"),
        (("join\ta\tb",), r"joins.tsv:2: 3 columns instead of 4"),
        (("join\ta\tb\t", "split\tb\ta\t"), r"joins.tsv:3: a and b stand in joins.tsv:2 already"),
        (
            ("join\ta\tb\t", "join\tb\tc\t", "join\td\te\t", "split\ta\tc\t"),
            r"joins.tsv:5: a and c are joined by joins.tsv:2, joins.tsv:3$",
        ),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_line(lines: tuple[str, ...], says: str, tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match=says):
        read_decisions(file(tmp_path, *lines))


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / "joins.tsv"
    path.write_text("one,other\n", encoding="utf-8")
    with pytest.raises(AssemblyError, match="header"):
        read_decisions(path)
    with pytest.raises(AssemblyError, match="cannot be read"):
        read_decisions(tmp_path / "none.tsv")


# ---- over a store


@pytest.fixture
def store(records: list[Record], tmp_path: Path) -> Path:
    path = tmp_path / "evidence.db"
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records(records)
    return path


def test_questions_obey_the_file_of_joins(store: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "split\ta\tb\t", "join\tc\tb\t")
    with EvidenceGraph.open(store, joins=path) as evidence:
        rows = evidence.trials(trial="NCT02578680")
        assert [[document for document, *_ in row.documents] for row in rows] == [["a"]]
        everything = evidence.trials()
        assert sorted(len(row.documents) for row in everything) == [1, 2]
        # Asked for one side of the join, the other comes too.
        (row,) = [row for row in evidence.trials(trial="KEYNOTE-189") if len(row.documents) == 2]
        assert {document for document, *_ in row.documents} == {"b", "c"}


def test_the_command_line_asks_with_the_file_of_joins(store: Path, tmp_path: Path) -> None:
    def documents(*more: str | Path) -> list[int]:
        arguments = ["query", "trials", "--store", store, "--format", "json", *more]
        done = CliRunner().invoke(main, [*map(str, arguments)])
        assert done.exit_code == 0, done.output
        return sorted(len(row["documents"]) for row in json.loads(done.stdout))

    assert documents() == [1, 2]
    assert documents("--joins", file(tmp_path, "split\ta\tb\t")) == [1, 1, 1]
    assert documents() == [1, 2]
    output = tmp_path / "out.json"
    arguments = ["export", "--store", store, "--format", "node-link", "-o", output]
    done = CliRunner().invoke(main, [*map(str, arguments), "--joins", str(file(tmp_path, "join\ta\tc\t"))])
    assert done.exit_code == 0, done.output
    assert sum(node["type"] == "trial" for node in json.loads(output.read_text())["nodes"]) == 1


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["assemble", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_assemble_lists_trials_and_explains_each_join(store: Path) -> None:
    code, out, _ = run("--store", store)
    assert code == 0
    assert out.splitlines() == [
        "trial:NCT02578680 (KEYNOTE-189, NCT02578680) reported: 2 documents, 1 figure",
        "trial:doc:c#t1 reported: 1 document, 1 figure",
    ]
    code, out, _ = run("--store", store, "--explain", "--trial", "Keynote 189")
    assert code == 0
    assert "    a#t1 = b#t1  [acronym] both carry the name keynote189" in out.splitlines()
    assert "doc:c" not in out
    code, _, err = run("--store", store, "--trial", "KEYNOTE-188")
    assert code == 1
    assert "KEYNOTE-189" in err


def test_assemble_takes_the_file_of_joins_and_tells_what_it_does_not_know(store: Path, tmp_path: Path) -> None:
    path = file(tmp_path, "split\ta#t1\tb#t1\t", "join\tc\tzz\t")
    code, out, err = run("--store", store, "--explain", "--joins", path, "--format", "json")
    assert code == 0
    assert sorted(row["reports"] for row in json.loads(out)) == [["a#t1"], ["b#t1"], ["c#t1"]]
    assert "joins.tsv:3" in err and "zz" in err
    code, out, err = run("--store", store, "--joins", file(tmp_path, "melt\ta\tb\t"))
    assert code == 1
    assert out == ""
    assert "joins.tsv:2" in err
