"""Reading of the vocabulary files: tab-separated text with a header row, checked line by line.

Every file of ``data/`` has a ``source`` column that says how the row was made. Several values in one cell are
separated by "|". A line that does not fit its header raises LexiconError with file and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from extractor.errors import LexiconError

__all__ = ["COLUMNS", "DATA", "Row", "read_own", "read_table", "split_cell"]

DATA = Path(__file__).parent / "data"
_MAX_BYTES = 32 * 1024 * 1024

COLUMNS: dict[str, tuple[str, ...]] = {
    "behaviours": ("concept", "synonyms", "source"),
    "biomarkers": ("concept", "synonyms", "source"),
    "condition_heads": ("term", "source"),
    "condition_modifiers": ("term", "kind", "defining", "source"),
    "conditions": ("concept", "synonyms", "broader", "specialty", "source"),
    "controls": ("concept", "synonyms", "label", "source"),
    "drug_classes": ("concept", "synonyms", "source"),
    "drug_code_prefixes": ("prefix", "source"),
    "drug_salts": ("word", "source"),
    "drugs": ("concept", "synonyms", "classes", "source"),
    "ending_stop": ("word", "source"),
    "ids": ("concept", "label", "id", "source"),
    "inn_stems": ("stem", "position", "min_other", "class", "meaning", "source"),
    "organisation_heads": ("term", "kind", "after", "source"),
    "organisations": ("concept", "synonyms", "kind", "source"),
    "outcomes": ("concept", "synonyms", "domain", "role", "source"),
    "places": ("concept", "synonyms", "kind", "source"),
    "procedures": ("concept", "synonyms", "source"),
    "regimens": ("concept", "synonyms", "components", "source"),
    "stem_stop": ("word", "source"),
    "stop": ("term", "label", "rule", "scope", "cues", "source"),
    "trial_words": ("term", "kind", "source"),
    "word_endings": ("ending", "label", "min_before", "source"),
}
"""The header of every vocabulary file in ``data/``."""


class Row(NamedTuple):
    """One row: its cells in the order of the header, and its place as "file:line"."""

    cells: tuple[str, ...]
    where: str


def split_cell(cell: str) -> tuple[str, ...]:
    """Return the values of a cell that holds several, separated by "|"."""
    return tuple(part for part in cell.split("|") if part) if cell else ()


def read_table(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Yield the rows of the tab-separated file at ``path``, whose header must be ``columns``.

    Raises:
        LexiconError: the file cannot be read or is too large, the header has unknown, missing or misplaced columns, a
            row has another number of cells than the header, or its first cell is empty.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise LexiconError(f"larger than {_MAX_BYTES} bytes", str(path))
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"cannot be read: {error}", str(path)) from error
    header = tuple(lines[0].rstrip("\r").split("\t"))
    if header != columns:
        unknown = [name for name in header if name not in columns]
        detail = f"unknown columns {unknown}; " if unknown else ""
        raise LexiconError(f"{detail}the header must be {list(columns)}, not {list(header)}", f"{path}:1")
    width = len(columns)
    name = path.name
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = tuple(line.rstrip("\r").split("\t"))
        where = f"{name}:{number}"
        if len(cells) != width:
            raise LexiconError(f"{len(cells)} columns instead of {width}", where)
        if not cells[0].strip():
            raise LexiconError(f"empty {columns[0]}", where)
        yield Row(cells, where)


def read_own(name: str) -> Iterator[Row]:
    """Yield the rows of the package's own vocabulary ``name`` (see COLUMNS).

    Raises:
        LexiconError: as read_table.
    """
    return read_table(DATA / f"{name}.tsv", COLUMNS[name])
