"""The published schemas are those of the code, and records follow them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import jsonschema
import pytest

from extractor.records import encode_article, encode_record
from extractor.schema import main, schema_files
from tests.record_builder import infant_record, lung_record

SCHEMAS = Path(__file__).parent.parent / "schemas"


@pytest.mark.parametrize("name", sorted(schema_files()))
def test_file_equals_what_the_code_generates(name: str) -> None:
    assert (SCHEMAS / name).read_text(encoding="utf-8") == schema_files()[name], "run: make schemas"


def test_command_writes_every_file(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert {file.name for file in (tmp_path / "new").iterdir()} == set(schema_files())
    assert main([]) == 2


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(schema_files()[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_records_follow_the_schema() -> None:
    for record in (infant_record(), lung_record("a", registry=("NCT02578680",))):
        validator("record.schema.json").validate(json.loads(encode_record(record)))
        validator("article.schema.json").validate(json.loads(encode_article(record.document)))


def test_schema_refuses_what_is_no_record() -> None:
    record = json.loads(encode_record(infant_record()))
    record["trials"][0]["results"][0]["measure"] = "vibes"
    with pytest.raises(jsonschema.ValidationError, match="vibes"):
        validator("record.schema.json").validate(record)


def test_store_schema_is_valid_sql() -> None:
    with sqlite3.connect(":memory:") as database:
        database.executescript((SCHEMAS / "store.sql").read_text(encoding="utf-8"))
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    database.close()
    assert tables >= {"documents", "records", "trials", "results", "failures", "runs"}
