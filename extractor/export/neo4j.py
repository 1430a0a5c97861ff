"""The graph as CSV for ``neo4j-admin database import``."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from extractor.export.files import atomic_folder
from extractor.export.plain import Plain, plain_edges, plain_nodes, unified
from extractor.export.selecting import Source, selected

__all__ = ["NEO4J_FILES", "to_neo4j"]

NEO4J_FILES = ("nodes.csv", "relationships.csv", "import.txt")
_TYPES = {str: "string", int: "long", float: "double", bool: "boolean"}
_COMMAND = """neo4j-admin database import full --nodes=nodes.csv --relationships=relationships.csv --multiline-fields=true neo4j
"""


def to_neo4j(source: Source, path: str | os.PathLike[str], **filters: Any) -> None:
    """Write the graph as a folder for the import of Neo4j 5: nodes.csv, relationships.csv, and the command in import.txt.

    The headings follow "neo4j-admin database import": ``key:ID``, ``:LABEL``, ``:START_ID``, ``:END_ID``, ``:TYPE``,
    properties with their type (``value:double``). Labels are the node types with a capital (Trial, Result, Drug).
    Cells are exact and not meant for a spreadsheet: nothing is put before those that begin with =, +, - or @.

    Args:
        source: an EvidenceGraph or a networkx graph of its model. path: the folder, new or of an earlier export.
        filters: as for ``EvidenceGraph.results``, only with an EvidenceGraph.

    Raises:
        TypeError: ``source`` is neither. UnknownNameError: a filter is not known.
        OSError: the folder holds other things, or cannot be written.
    """
    graph = selected(source, filters)
    with atomic_folder(path, frozenset(NEO4J_FILES)) as folder:
        nodes, edges = plain_nodes(graph), plain_edges(graph)
        _write(
            folder / NEO4J_FILES[0],
            ["key:ID", ":LABEL"],
            [([key, str(data.get("type", "node")).capitalize()], data) for key, data in nodes],
        )
        _write(
            folder / NEO4J_FILES[1],
            [":START_ID", ":END_ID", ":TYPE", "key:string"],
            [([a, b, str(data.get("type", "RELATED")), key], data) for a, b, key, data in edges],
        )
        (folder / NEO4J_FILES[2]).write_text(_COMMAND, encoding="utf-8")


def _write(path: Path, leading: list[str], rows: Iterable[tuple[list[str], dict[str, Plain]]]) -> None:
    rows = list(rows)
    types = unified(data for _, data in rows)
    names = sorted(types.keys() - {"type", "key"})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # RFC 4180: with CRLF at line ends, cells that hold a lone CR are quoted too
        writer.writerow([*leading, *(f"{name}:{_TYPES[types[name]]}" for name in names)])
        for cells, data in rows:
            writer.writerow([*cells, *(_cell(data.get(name), types[name]) for name in names)])


def _cell(value: Plain | None, kind: type) -> str:
    if value is None:
        return ""
    return str(value).lower() if kind is bool else str(kind(value))
