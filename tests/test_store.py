"""The store keeps what was committed, reads only its own files, and does not do work twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from extractor.errors import StoreError
from extractor.records import Failure
from extractor.store import APPLICATION_ID, STORE_VERSION, EvidenceStore, schema_sql
from tests.record_builder import VERSION, infant_record, lung_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evidence.db"


def test_records_come_back_as_they_were_stored(path: Path) -> None:
    records = [infant_record(), lung_record("a", registry=("NCT02578680",))]
    with EvidenceStore.open(path, create=True) as store:
        assert store.add_records(records) == 2
    with EvidenceStore.open(path) as store:
        assert list(store.records()) == records
        assert store.has(records[0].document.sha256, VERSION)
        assert not store.has(records[0].document.sha256, "9.9")
        assert not store.has("0" * 64, VERSION)


def test_adding_again_adds_nothing_but_keeps_a_new_address(path: Path) -> None:
    first, copy = infant_record(), infant_record(key="copy", url="https://other.example/infants")
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([first])
        assert store.add_records([first, copy, copy]) == 0
        store.note_copy(copy.document)
        assert store.counts() == {
            "documents": 1, "copies": 1, "records": 1, "trials": 2, "results": 3, "failures": 0,
        }  # fmt: skip
        with pytest.raises(StoreError, match="no document"):
            store.note_copy(lung_record("a").document)


def test_another_version_becomes_the_current_record(path: Path) -> None:
    old = infant_record()
    new = msgspec.structs.replace(
        old, trials=old.trials[:1], extractor=msgspec.structs.replace(old.extractor, version="0.2.0")
    )
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([old])
        assert store.add_records([new]) == 1
        assert list(store.records()) == [new]
        assert store.counts() | {"trials": 1, "results": 2, "records": 2} == store.counts()
        assert "event-free survival" not in store.vocabulary(["outcome"])


def test_documents_with_one_id_and_two_texts_get_two_keys(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([lung_record("1"), lung_record("1", lead="Later. ")])
        keys = [document.key for document in store.documents()]
    assert keys[0] == "1"
    assert keys[1].startswith("1@")


def test_a_failing_record_leaves_nothing_of_its_call(path: Path) -> None:
    def records():  # type: ignore[no-untyped-def]
        yield infant_record()
        raise ValueError("source broke")

    with EvidenceStore.open(path, create=True) as store:
        with pytest.raises(ValueError, match="source broke"):
            store.add_records(records())
        assert store.counts()["documents"] == 0
        assert store.add_records([infant_record()]) == 1


def test_failures_are_counted_and_resolved(path: Path) -> None:
    failure = Failure(where="infants.html", stage="parse", reason="empty file")
    with EvidenceStore.open(path, create=True) as store:
        run = store.begin_run(extractor_version=VERSION, inputs=["a", "b"], workers=2)
        store.add_failure(failure, run=run)
        store.add_failure(failure, run=run)
        store.add_failure(Failure(where="b\udcff.html", stage="parse", reason="no article"))
        found = list(store.failures())
        assert [(row.failure.where, row.times) for row in found] == [("infants.html", 2), ("b\\udcff.html", 1)]
        store.add_records([infant_record()], run=run)
        store.end_run(run, "finished", added=1, skipped=0, failed=2)
        assert [row.failure.where for row in store.failures()] == ["b\\udcff.html"]
        assert len(list(store.failures(resolved=True))) == 2
        (summary,) = store.runs()
    assert (summary.inputs, summary.status, summary.added, summary.failed) == (("a", "b"), "finished", 1, 2)


def test_selection_is_closed_under_identity(path: Path) -> None:
    records = [
        lung_record("a", registry=("NCT02578680",), acronym=None, drug="Keytruda"),
        lung_record("b", registry=("NCT02578680",), lead="B. "),
        lung_record("c", lead="C. "),
        lung_record("d", acronym="KEYNOTE-407", lead="D. "),
    ]
    with EvidenceStore.open(path, create=True) as store:
        store.add_records(records)
        chosen = store.find_trials(keys=["NCT02578680"])
        assert [document.key for document in store.documents(chosen)] == ["a", "b", "c"]
        assert store.concepts_named(["drug"], "KEYTRUDA") == {"pembrolizumab"}
        assert len(store.find_trials(labels=["drug"], concepts=["pembrolizumab"])) == 4
        assert store.find_trials(labels=["condition"], concepts=["pembrolizumab"]) == frozenset()
        assert store.trial_names() == ["KEYNOTE-189", "KEYNOTE-407", "NCT02578680"]


def test_sql_index_answers_without_the_records(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([infant_record()])
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT value, unit, time_value, time_unit FROM results WHERE outcome = 'overall survival'"
        ).fetchall()
    database.close()
    assert rows == [(93.3, "%", 2.0, "year")]


def test_missing_store_names_the_command_that_makes_one(path: Path) -> None:
    with pytest.raises(StoreError, match="extractor run INPUT --store"):
        EvidenceStore.open(path)
    assert not path.exists()


def test_files_that_are_no_store_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are not the bytes of a database, but they are long enough to be read as a header " * 30)
    foreign = tmp_path / "other.db"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    for file, message in ((text, "not an evidence store"), (foreign, "another program"), (tmp_path, "not a file")):
        before = file.read_bytes() if file.is_file() else b""
        with pytest.raises(StoreError, match=message):
            EvidenceStore.open(file, create=True)
        assert not file.is_file() or file.read_bytes() == before


@pytest.mark.parametrize(("version", "message"), [(STORE_VERSION + 1, "newer version"), (0, "run again")])
def test_other_store_versions_are_refused(path: Path, version: int, message: str) -> None:
    EvidenceStore.open(path, create=True).close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with pytest.raises(StoreError, match=message):
        EvidenceStore.open(path)


def test_store_whose_making_was_cut_short_can_be_made_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed() -> str:
        raise RuntimeError("killed before the schema was written")

    with monkeypatch.context() as patched:
        patched.setattr("extractor.store.schema_sql", killed)
        with pytest.raises(RuntimeError, match="killed"):
            EvidenceStore.open(path, create=True)
    assert path.stat().st_size > 0
    with pytest.raises(StoreError, match="is empty"):
        EvidenceStore.open(path)
    with EvidenceStore.open(path, create=True) as store:
        assert store.add_records([infant_record()]) == 1


def test_truncated_store_is_refused(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([infant_record()])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(StoreError, match="truncated"):
        EvidenceStore.open(path)


def test_locked_store_says_so(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([infant_record()])
        with EvidenceStore.open(path, timeout=0.05) as other:
            store._connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked"):
                other.add_failure(Failure(where="x", stage="fetch", reason="y"))
            assert len(list(other.records())) == 1
            store._connection.execute("ROLLBACK")


def test_read_only_store_cannot_be_written(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([infant_record()])
    with EvidenceStore.open(path, read_only=True) as store:
        assert len(list(store.records())) == 1
        with pytest.raises(StoreError):
            store.add_failure(Failure(where="x", stage="fetch", reason="y"))


def test_killed_writer_loses_nothing_committed(path: Path) -> None:
    program = (
        "import sys, time\n"
        "from extractor.store import EvidenceStore\n"
        "from tests.record_builder import infant_record, lung_record\n"
        "store = EvidenceStore.open(sys.argv[1], create=True)\n"
        "store.add_records([infant_record()])\n"
        "store._connection.execute('BEGIN IMMEDIATE')\n"
        "store._connection.execute('DELETE FROM documents')\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": "."},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    with EvidenceStore.open(path) as store:
        assert list(store.records()) == [infant_record()]


def test_schema_states_the_marks_that_the_code_sets() -> None:
    assert f"application_id = {APPLICATION_ID}" in schema_sql()
    assert f"user_version = {STORE_VERSION}" in schema_sql()
