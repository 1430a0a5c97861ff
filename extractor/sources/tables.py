"""Reading of the small vocabularies in ``sources/data``: TSV files with a header line, checked when they are loaded.

Format: UTF-8; lines that start with ``#`` and empty lines are skipped; the first other line names the columns; every
further line has exactly as many columns, separated by one tab. No row may stand twice.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from extractor.errors import LexiconError

__all__ = ["load_table", "markup_names", "parse_table"]


def parse_table(text: str, columns: tuple[str, ...], where: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a TSV vocabulary as dictionaries by column name.

    Args:
        text: the whole file.
        columns: the columns that the file must have, in order.
        where: name of the file for messages.

    Raises:
        LexiconError: wrong header, wrong column count, an empty first column or a repeated row, with file:line.
    """
    rows: list[dict[str, str]] = []
    seen: set[tuple[str, ...]] = set()
    header = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = tuple(cell.strip() for cell in line.split("\t"))
        place = f"{where}:{number}"
        if not header:
            if cells != columns:
                raise LexiconError(f"the columns are {cells}, expected {columns}", place)
            header = True
            continue
        if len(cells) != len(columns):
            raise LexiconError(f"{len(cells)} columns instead of {len(columns)}", place)
        if not cells[0]:
            raise LexiconError(f"column {columns[0]!r} is empty", place)
        if cells in seen:
            raise LexiconError("this row stands in the file already", place)
        seen.add(cells)
        rows.append(dict(zip(columns, cells, strict=True)))
    if not header:
        raise LexiconError("the file has no header line", where)
    return tuple(rows)


@cache
def load_table(name: str, columns: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """Return the rows of the packaged file ``sources/data/<name>``; see ``parse_table``.

    Raises:
        LexiconError: the file is missing or malformed.
    """
    resource = files("extractor.sources").joinpath("data", name)
    try:
        text = resource.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"cannot be read: {error}", str(Path("extractor/sources/data") / name)) from error
    return parse_table(text, columns, name)


@cache
def markup_names(kind: str) -> frozenset[str]:
    """Return the names of one kind in ``data/markup.tsv``.

    Raises:
        LexiconError: the file is malformed or knows no such kind.
    """
    names = frozenset(row["value"] for row in load_table("markup.tsv", ("kind", "value")) if row["kind"] == kind)
    if not names:
        raise LexiconError(f"no names of kind {kind!r}", "markup.tsv")
    return names
