"""Selection, files that are whole or not there, and the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import pytest
from click.testing import CliRunner

from extractor.cli import main
from extractor.cli_export import _FORMATS
from extractor.export import (
    FORMATS,
    Exported,
    export,
    to_graphml,
    to_node_link,
)
from extractor.export.files import atomic_file, atomic_folder
from extractor.export.tables import METAFOR, NETMETA, REVMAN
from extractor.query import EvidenceGraph
from extractor.store import EvidenceStore
from tests.export.made import RECORDS

# ---- selection, files, command line


def test_filters_choose_results_and_what_hangs_on_them(evidence: EvidenceGraph, tmp_path: Path) -> None:
    to_node_link(evidence, tmp_path / "x.json", drug="Blincyto", outcome="OS", measure=None)
    nodes = json.loads((tmp_path / "x.json").read_bytes())["nodes"]
    results = [node for node in nodes if node["type"] == "result"]
    assert [node["value"] for node in results] == [93.3]
    assert {node["id"] for node in nodes if node["type"] == "document"} == {"document:infants.html"}
    to_node_link(evidence, tmp_path / "x.json", measure="hazard_ratio")
    nodes = json.loads((tmp_path / "x.json").read_bytes())["nodes"]
    assert [node["value"] for node in nodes if node["type"] == "result"] == [0.49]
    to_node_link(evidence, tmp_path / "x.json", phase="2")
    nodes = json.loads((tmp_path / "x.json").read_bytes())["nodes"]
    assert len([node for node in nodes if node["type"] == "trial"]) == 1


def test_a_networkx_graph_takes_no_filters(graph: networkx.MultiDiGraph, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="as it is"):
        to_graphml(graph, tmp_path / "x", drug="Blincyto")
    with pytest.raises(TypeError, match="neither"):
        to_graphml("evidence.db", tmp_path / "x")
    with pytest.raises(ValueError, match="graphml"):
        export(graph, tmp_path / "x", "dot")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, ZeroDivisionError])
def test_a_failure_leaves_what_was_there(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("before")

    def half_a_file() -> None:
        with atomic_file(path) as file:
            file.write(b"half")
            raise error

    def half_a_folder() -> None:
        with atomic_folder(tmp_path / "folder", frozenset({"a"})) as folder:
            (folder / "a").write_text("half")
            raise error

    for interrupted in (half_a_file, half_a_folder):
        with pytest.raises(error):
            interrupted()
        assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]
        assert path.read_text() == "before"


def test_files_keep_their_mode_and_links(tmp_path: Path) -> None:
    target, link = tmp_path / "x", tmp_path / "link"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    with atomic_file(link) as file:
        file.write(b"after")
    assert link.is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("after", 0o640)
    with pytest.raises(IsADirectoryError), atomic_file(tmp_path):
        pass
    with pytest.raises(NotADirectoryError), atomic_folder(target, frozenset()):
        pass
    mask = os.umask(0o027)
    try:
        with atomic_file(tmp_path / "new"), atomic_folder(tmp_path / ("ü" * 120), frozenset()):
            pass
    finally:
        os.umask(mask)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / ("ü" * 120)).stat().st_mode & 0o777 == 0o750
    with atomic_file(os.devnull) as file:
        file.write(b"gone")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.db"
    with EvidenceStore.open(path, create=True) as opened:
        opened.add_records(RECORDS)
    return path


@pytest.fixture
def run() -> Callable[..., Any]:
    return lambda *arguments: CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_every_format_by_command(store: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    assert set(_FORMATS) == set(FORMATS)
    for form in _FORMATS:
        if form == "parquet":
            pytest.importorskip("pyarrow")
        done = run("--store", store, "--format", form, "-o", tmp_path / form)
        assert done.exit_code == 0, done.output
        assert (tmp_path / form).exists()


def test_table_on_stdout_with_the_count_on_stderr(store: Path, run: Callable[..., Any]) -> None:
    done = run("--store", store, "--format", "metafor", "-o", "-", "--drug", "pembrolizumab")
    assert done.exit_code == 0
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["study"] == "KEYNOTE-189"
    assert done.stderr == "1 rows\n"


def test_errors_are_told_and_nothing_is_written(store: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    before = sorted(entry.name for entry in tmp_path.iterdir())
    done = run("--store", store, "--format", "graphml", "-o", tmp_path / "x", "--drug", "nosuchdrug")
    assert (done.exit_code, "unknown drug" in done.stderr) == (1, True)
    done = run("--store", tmp_path / "none.db", "--format", "graphml", "-o", tmp_path / "x")
    assert done.exit_code == 1
    done = run("--store", store, "--format", "graphml", "-o", tmp_path / "no" / "x")
    assert done.exit_code == 1
    done = run("--store", store, "--format", "neo4j", "-o", "-")
    assert done.exit_code == 2
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.startswith("evidence.db-")] == before
    assert sqlite3.connect(store).execute("pragma integrity_check").fetchone() == ("ok",)


def test_ctrl_c_leaves_what_was_there(
    store: Path, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(networkx, "write_graphml", interrupted)
    (tmp_path / "x").write_text("before")
    done = run("--store", store, "--format", "graphml", "-o", tmp_path / "x")
    assert done.exit_code == 130
    assert (tmp_path / "x").read_text() == "before"
    assert not [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".x")]


def test_exported_is_plain() -> None:
    assert Exported(rows=0).left_out == {}


def test_documented_formats_and_columns_are_those_of_the_code() -> None:
    parts = (Path(__file__).parent.parent.parent / "schemas" / "export.md").read_text(encoding="utf-8").split("\n## ")
    first = [[line.split("|")[1].strip() for line in part.splitlines() if line.startswith("| ")][1:] for part in parts]
    assert tuple(first[0]) == tuple(FORMATS)
    columns = {name.strip() for cell in first[1] for name in cell.split(",")}
    assert columns == {*METAFOR, *NETMETA, *REVMAN}


def test_a_contradiction_is_exported_with_both_sides_or_not_at_all(tmp_path: Path) -> None:
    odd = networkx.MultiDiGraph()
    odd.add_node("conflict:c", type="conflict")
    for node in ("result:1", "result:2"):
        odd.add_node(node, type="result")
        odd.add_edge("trial:t", node, key="HAS_RESULT", type="HAS_RESULT")
        odd.add_edge("conflict:c", node, key="BETWEEN", type="BETWEEN")

    class Queried:
        def __init__(self, *keys: str) -> None:
            self.keys = keys

        def results(self, **filters: Any) -> list[Any]:
            return [type("Row", (), {"key": key}) for key in self.keys]

        def to_networkx(self, **filters: Any) -> networkx.MultiDiGraph:
            return odd

    to_node_link(Queried("result:1", "result:2"), tmp_path / "x", drug="d")
    assert {node["id"] for node in json.loads((tmp_path / "x").read_bytes())["nodes"]} >= {
        "conflict:c",
        "result:1",
        "result:2",
    }
    to_node_link(Queried("result:1"), tmp_path / "x", drug="d")
    assert {node["id"] for node in json.loads((tmp_path / "x").read_bytes())["nodes"]} == {"trial:t", "result:1"}
