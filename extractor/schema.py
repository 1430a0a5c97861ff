"""The published schemas, generated from the code: ``python -m extractor.schema DIRECTORY``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from extractor.records import Article, Record
from extractor.store import schema_sql

__all__ = ["json_schema", "main", "schema_files"]

_TITLES: dict[type, str] = {Article: "A document ready to be read", Record: "Everything taken from one document"}


def json_schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of Article or Record, keys in a stable order."""
    schema = msgspec.json.schema(kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[kind], **schema}


def schema_files() -> dict[str, str]:
    """Return the text of every generated schema by file name."""
    files = {
        f"{kind.__name__.lower()}.schema.json": json.dumps(json_schema(kind), indent=2, sort_keys=True) + "\n"
        for kind in _TITLES
    }
    return files | {"store.sql": schema_sql()}


def main(arguments: list[str]) -> int:
    """Write the schemas into the folder that ``arguments`` names; return the exit status."""
    if len(arguments) != 1:
        print("usage: python -m extractor.schema DIRECTORY", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
