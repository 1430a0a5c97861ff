"""Shards: whole or absent, in both forms, here and in other file systems, and into a store."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from extractor.cli import main
from extractor.errors import ExtractorError, RecordError
from extractor.records import Failure, Record, encode_record
from extractor.shards import ShardFormat, ShardWriter, read_shards
from extractor.sources import fetch
from extractor.store import EvidenceStore
from tests.record_builder import infant_record, lung_record

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
FAILED = Failure(where="a.jsonl:3", stage="parse", reason="not JSON")


def records() -> list[Record]:
    return [infant_record(), *(lung_record(f"lung-{n}", lead=f"Study {n}. ") for n in range(4))]


def write(folder: str, form: ShardFormat = "jsonl", size: int = 2) -> None:
    with ShardWriter(folder, form=form, size=size) as writer:
        for record in records():
            writer.add(encode_record(record))
        writer.add(FAILED)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("place", ["folder", "memory"])
def test_shards_come_back_as_they_were_written(form: ShardFormat, place: str, tmp_path: Path) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    folder = str(tmp_path / "out" / "run") if place == "folder" else f"memory://{tmp_path.name}/{form}"
    write(folder, form)
    assert list(read_shards(folder)) == [*records(), FAILED]
    system, path = fsspec.core.url_to_fs(folder)
    suffix = {"jsonl": ".jsonl.gz", "parquet": ".parquet"}[form]
    names = sorted(str(name).rsplit("/", 1)[-1] for name in system.ls(path, detail=False))
    assert names == ["failures-00000.jsonl.gz", *(f"records-0000{n}{suffix}" for n in range(3))]


def test_parquet_has_columns_to_choose_by(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    write(str(tmp_path), "parquet", size=10)
    table = parquet.read_table(tmp_path / "records-00000.parquet")
    assert table.column_names == ["id", "sha256", "kind", "title", "url", "published", "record"]
    assert table.column("id").to_pylist() == [record.document.id for record in records()]


def test_the_same_records_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(str(tmp_path / name))
    assert [p.read_bytes() for p in sorted((tmp_path / "a").iterdir())] == [
        p.read_bytes() for p in sorted((tmp_path / "b").iterdir())
    ]


def test_a_folder_with_shards_is_not_written_over(tmp_path: Path) -> None:
    write(str(tmp_path))
    with pytest.raises(ExtractorError, match="holds shards already"):
        ShardWriter(str(tmp_path))


def test_what_was_done_before_an_interruption_is_whole(tmp_path: Path) -> None:
    def broken_off() -> None:
        with ShardWriter(str(tmp_path), size=2) as writer:
            for record in records()[:3]:
                writer.add(encode_record(record))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(read_shards(str(tmp_path))) == records()[:3]


def test_bad_shards_are_told(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match="cannot be read"):
        list(read_shards(str(tmp_path / "none")))
    with pytest.raises(ExtractorError, match="holds no shard"):
        list(read_shards(str(tmp_path)))
    (tmp_path / "records-00000.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n'))
    with pytest.raises(RecordError, match=r"records-00000\.jsonl\.gz:1"):
        list(read_shards(str(tmp_path)))
    (tmp_path / "records-00000.jsonl.gz").write_bytes(gzip.compress(encode_record(infant_record()))[:-20])
    with pytest.raises(ExtractorError, match="cannot be read"):
        list(read_shards(str(tmp_path)))


def test_bad_parquet_is_told(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"other": [1]}), tmp_path / "records-00000.parquet")
    with pytest.raises(ExtractorError, match="no shard of records"):
        list(read_shards(str(tmp_path)))
    (tmp_path / "records-00000.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(ExtractorError, match="no shard of records"):
        list(read_shards(str(tmp_path)))


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_extract_into_shards_and_import_into_a_store(tmp_path: Path) -> None:
    file = tmp_path / "input.jsonl"
    rows = [{"id": f"d{n}", "text": f"Of {40 + n} patients, {n + 2} had a response."} for n in range(5)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no json\n", encoding="utf-8")
    done = invoke("extract", file, "--shards", tmp_path / "out", "--shard-size", 2)
    assert done.exit_code == 1
    store = tmp_path / "s.db"
    imported = invoke("store", "import", tmp_path / "out", "--store", store)
    assert (imported.exit_code, "5 documents added, 0 known before, 1 failures" in imported.output) == (0, True)
    again = invoke("store", "import", tmp_path / "out", "--store", store)
    assert "0 documents added, 5 known before" in again.output
    with EvidenceStore.open(store, read_only=True) as opened:
        assert [record.document.id for record in opened.records()] == [f"d{n}" for n in range(5)]
        assert [row.failure.where for row in opened.failures()] == [f"{file}:6"]


def test_shards_and_output_exclude_each_other(tmp_path: Path) -> None:
    done = invoke("extract", "x.txt", "--shards", tmp_path, "-o", tmp_path / "r.jsonl")
    assert (done.exit_code, "give one of them" in done.output) == (2, True)


def test_articles_are_read_from_other_file_systems() -> None:
    system = fsspec.filesystem("memory")
    lines = [json.dumps({"id": f"d{n}", "text": f"Text {n}."}).encode() for n in range(3)]
    system.pipe_file("/corpus/a.jsonl", lines[0] + b"\n" + lines[1])
    system.pipe_file("/corpus/b.jsonl.gz", gzip.compress(lines[2]))
    system.pipe_file("/corpus/c.txt", b"A text.")
    for spec in ("memory://corpus/*", "memory://corpus"):
        assert [item.id for item in fetch([spec]) if not isinstance(item, Failure)] == ["d0", "d1", "d2", "c.txt"]
    assert [item.id for item in fetch(["memory://corpus/*.gz"]) if not isinstance(item, Failure)] == ["d2"]


@pytest.mark.parametrize("spec", ["memory://nowhere/*.jsonl", "memory://nowhere/a.jsonl", "s3://bucket/a.jsonl"])
def test_other_file_systems_that_fail_are_failures(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if spec.startswith("s3"):
        monkeypatch.setitem(__import__("sys").modules, "s3fs", None)  # as where it is not installed
    (failure,) = fetch([spec])
    assert isinstance(failure, Failure)
    assert failure.stage == "fetch"
