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

from extractor.errors import RecordError, StoreError
from extractor.records import Failure, Record, encode_record
from extractor.store import APPLICATION_ID, STORE_VERSION, EvidenceStore, Selection, schema_sql
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
            "documents": 1, "copies": 1, "records": 1, "trials": 2, "results": 3, "set_aside": 0, "failures": 0,
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
        lung_record("d", acronym="KEYNOTE-407", lead="D. ", ratio="0.71"),
    ]
    with EvidenceStore.open(path, create=True) as store:
        store.add_records(records)
        chosen = store.components(Selection(keys=("NCT02578680",)))
        assert [document.key for document in store.documents(chosen)] == ["a", "b", "c"]
        (drug,) = store.concepts_named(["drug"], "KEYTRUDA")
        assert drug.concept == "pembrolizumab"
        every = store.components(Selection(concepts=(frozenset({drug.id}),)))
        assert every == store.components()
        assert store.reports_of(every) == [(name, "t1") for name in "abcd"]
        assert store.concepts_named(["condition"], "pembrolizumab") == []
        assert store.trial_names() == ["KEYNOTE-189", "KEYNOTE-407", "NCT02578680"]
        assert store.components(Selection(document=("d", "t1"))) == store.components_of(["d"])
        assert store.components(Selection(concepts=(frozenset(),))) == []


def test_parts_of_a_selection_hold_of_the_trial_over_documents(path: Path) -> None:
    news = lung_record("n", kind="news", published="2021-06-05T10:00:00Z")
    paper = lung_record("p", lead="P. ", kind="abstract", published="2023-02")
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([news, paper, infant_record(published="2020-01-01")])
        lungs, infants = store.components_of(["n"]), store.components_of(["infants.html"])
        (placebo,) = store.concepts_named(["drug"], "placebo")

        def found(**parts: object) -> list[int]:
            return store.components(Selection(**parts))  # type: ignore[arg-type]

        assert found(kind="abstract", since="2021-06-05", until="2021") == lungs
        assert found(until="2020-01") == infants
        assert found(since="2021-06-06", until="2023-01") == lungs  # each part of some report
        assert found(since="2023-03") == []
        assert found(measure="hazard_ratio", concepts=(frozenset({placebo.id}),)) == lungs
        assert found(measure="median") == []
        assert found(phase="2", min_enrolled=30, max_enrolled=30) == infants[:1]
        assert found(phase="2", min_enrolled=31) == []


def test_a_trial_that_goes_parts_what_it_joined(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records(
            [
                lung_record("a", registry=("NCT02578680",), acronym=None, ratio="0.71"),
                lung_record("b", lead="B. "),
                lung_record("both", registry=("NCT02578680",), lead="Both. "),
            ]
        )
        assert len(store.components()) == 1
        assert store.withdraw("both") == 1
        assert store.components_of(["a"]) != store.components_of(["b"])
        assert store.components_of(["both"]) == []
        assert store.changed_since(3) == ["both"]
        assert store.changed_since(store.last_change()) == []


def test_general_names_find_special_ones(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([lung_record("a"), infant_record()])
        for name in ("Lung cancers", "cell lung cancer", "lung  cancer"):
            assert [c.concept for c in store.concepts_holding(["condition"], name)] == ["non-small cell lung cancer"]
        assert store.concepts_holding(["condition"], "cancer lung") == []
        assert store.concepts_holding(["drug"], "lung cancer") == []
        assert store.concepts_holding(["condition"], " ") == []


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


@pytest.mark.parametrize(
    ("version", "message"), [(STORE_VERSION + 1, "newer version.*upgrade evidence-extractor"), (0, "no way is known")]
)
def test_unknown_store_versions_are_refused_and_left_alone(path: Path, version: int, message: str) -> None:
    EvidenceStore.open(path, create=True).close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=message):
            EvidenceStore.open(path, read_only=read_only)
    assert path.read_bytes() == before


def make_version_1(path: Path, records: list[Record]) -> None:
    """Make a store as version 1 of its layout held it: the index by names, no components, no log of changes."""
    layout = (Path(__file__).parent / "stores" / "version-1.sql").read_text(encoding="utf-8")
    database = sqlite3.connect(path)
    database.executescript(f"{layout} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;")
    database.execute("PRAGMA journal_mode = WAL")
    for number, record in enumerate(records, start=1):
        article = record.document
        database.execute(
            "INSERT INTO documents (id, key, sha256, document_id, kind, title) VALUES (?, ?, ?, ?, ?, ?)",
            (number, article.id, article.sha256, article.id, article.kind, article.title),
        )
        database.execute(
            "INSERT INTO records VALUES (?, ?, 'evidence-extractor', ?, NULL, 1, ?)",
            (number, number, record.extractor.version, encode_record(record)),
        )
        database.execute("INSERT INTO names VALUES (?, 'drug', 'a concept', 'a name')", (number,))
        for trial in record.trials:
            database.execute("INSERT INTO trials (record, name, role) VALUES (?, ?, ?)", (number, trial.id, trial.role))
    database.execute("INSERT INTO failures (place, stage, reason) VALUES ('x.html', 'parse', 'empty file')")
    database.commit()
    database.close()


def layout(path: Path) -> dict[tuple[str, str], object]:
    with sqlite3.connect(path) as database:
        names = database.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        found = {
            (kind, name): sorted(database.execute(f"PRAGMA {kind}_info({name})").fetchall()) for kind, name in names
        }
    database.close()
    return found


@pytest.mark.parametrize("read_only", [False, True])
def test_store_of_version_1_is_brought_up_to_date(path: Path, tmp_path: Path, read_only: bool) -> None:
    records = [lung_record("a", registry=("NCT02578680",)), lung_record("b", lead="B. "), infant_record()]
    make_version_1(path, records)
    with (
        EvidenceStore.open(tmp_path / "new.db", create=True) as new,
        EvidenceStore.open(path, read_only=read_only) as old,
    ):
        new.add_records(records)
        assert layout(path) == layout(tmp_path / "new.db")
        assert list(old.records()) == records
        assert old.components() == new.components()
        assert old.reports_of(old.components()) == new.reports_of(new.components())
        assert old.vocabulary(["drug", "condition", "outcome"], names=True) == new.vocabulary(
            ["drug", "condition", "outcome"], names=True
        )
        assert old.counts() == new.counts() | {"failures": 1}
    with EvidenceStore.open(path) as store:
        assert store.add_records(records) == 0
        assert store.changed_since(0) == sorted(record.document.id for record in records)


def test_store_of_version_2_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store, EvidenceStore.open(tmp_path / "new.db", create=True) as new:
        for each in (store, new):
            each.add_records([lung_record("a"), infant_record()])
        store._connection.execute("DROP TABLE people_words")
        store._connection.execute("PRAGMA user_version = 2")
    with EvidenceStore.open(path) as store, EvidenceStore.open(tmp_path / "new.db") as new:
        assert layout(path) == layout(tmp_path / "new.db")
        assert store.counts() == new.counts()
        assert store.reports_of(store.components()) == new.reports_of(new.components())


def test_migration_that_fails_leaves_the_old_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_version_1(path, [infant_record()])

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("extractor.store.opening.fill_index", broken)
        with pytest.raises(KeyboardInterrupt):
            EvidenceStore.open(path)
    with pytest.raises(StoreError, match=r"older version.*extractor status --store"):
        EvidenceStore.open(path, migrate=False)
    with EvidenceStore.open(path) as store:
        assert store.concepts_named(["drug"], "Blincyto")


def test_migration_waits_for_who_writes_and_then_says_so(path: Path) -> None:
    make_version_1(path, [infant_record()])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        EvidenceStore.open(path, timeout=0.05)
    other.execute("ROLLBACK")
    other.close()
    with EvidenceStore.open(path) as store:
        assert list(store.records()) == [infant_record()]


def test_record_that_is_damaged_names_its_document(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([infant_record(), lung_record("a")])
        store._connection.execute("UPDATE records SET body = x'00112233' WHERE id = 2")
        with pytest.raises(RecordError, match="document 'a'"):
            list(store.documents())
        assert [document.key for document in store.documents(store.components_of(["infants.html"]))] == ["infants.html"]


def test_full_disk_says_so_and_keeps_what_was_committed(path: Path) -> None:
    def records(first: int, count: int) -> list[Record]:
        return [lung_record(f"d{n}", lead=f"Document {n}. ") for n in range(first, first + count)]

    with EvidenceStore.open(path, create=True) as store:
        assert store.add_records(records(0, 3)) == 3
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="disk is full"):
            store.add_records(records(3, 100))
        with pytest.raises(StoreError, match="disk is full"):
            store.add_failure(Failure(where="large.html", stage="parse", reason="x" * 100_000))
        assert len(list(store.records())) == 3
        store._connection.execute(f"PRAGMA max_page_count = {pages * 1000}")
        assert store.add_records(records(0, 103)) == 100
    with EvidenceStore.open(path) as store:
        assert len(list(store.records())) == 103
        assert store.components() == store.components_of(f"d{n}" for n in range(103))


def test_damaged_store_says_so(path: Path) -> None:
    with EvidenceStore.open(path, create=True) as store:
        store.add_records([lung_record(f"d{n}", lead=f"Document {n}. ") for n in range(50)])
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    data[size * 5 :] = b"\x5a" * (len(data) - size * 5)
    path.write_bytes(data)

    def read() -> list[Record]:
        with EvidenceStore.open(path) as store:
            return list(store.records())

    with pytest.raises(StoreError, match="damaged"):
        read()


def test_store_whose_making_was_cut_short_can_be_made_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed() -> str:
        raise RuntimeError("killed before the schema was written")

    with monkeypatch.context() as patched:
        patched.setattr("extractor.store.opening.schema_sql", killed)
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
