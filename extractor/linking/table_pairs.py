"""Columns that print two groups in every cell: "Heparin (placebo)" over "12.3 ± 4.5 (14.1 ± 3.9)", "A vs B" over "12 vs 9".

Such a column is made two, one for each group, where its head names two groups of the trial and its cells fall into two
figures in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.table_arms import ArmIndex
from extractor.linking.table_cells import is_figure
from extractor.linking.table_layout import Grid
from extractor.reading.tables import Cell, Row

__all__ = ["split_pairs"]

_NAME = r"[^\s;:,()/](?:[^;:,()/]{0,48}[^\s;:,()/])?"
_HEADS = (
    re.compile(rf"(?P<lead>(?:.*[;:,] )?)(?P<a>{_NAME}) *\((?P<b>{_NAME}) *\) *"),
    re.compile(rf"(?P<lead>(?:.*[;:,] )?)(?P<a>{_NAME}) ?(?:/|\bvs?\.?|\bversus) ?(?P<b>{_NAME})"),
)
_CELLS = (
    re.compile(r"(?P<a>[^()]*\d[^()]*?) ?\( ?(?P<b>[^()]*\d[^()]*?) ?\)"),
    re.compile(r"(?P<a>[^/]*\d[^/]*?) ?(?:/|\bvs?\.?|\bversus) ?(?P<b>[^/]*\d[^/]*)"),
)
_SPREAD = re.compile(r"±|\+/-")
_BLANK = re.compile(r"\s")


class _Pair(msgspec.Struct, frozen=True):
    """A column to be made two: the labels of its halves, what stands before them, and how its cells are parted."""

    lead: Cell | None
    first: Cell
    second: Cell
    cells: re.Pattern[str]


def split_pairs(grid: Grid, index: ArmIndex) -> Grid:
    """Return ``grid`` with a column for each group where a column prints two.

    Args:
        grid: the table laid out. index: the arms, none of which is added.
    """
    pairs = {c: pair for c in range(grid.stub, grid.columns) if (pair := _pair(grid, c, index)) is not None}
    # "a (b)" may be anything unless the halves have their spread; other columns of the table follow
    if not any(_has_spreads(grid, c, pair) or pair.cells is _CELLS[1] for c, pair in pairs.items()):
        return grid
    paths: list[tuple[Cell, ...]] = []
    for c, path in enumerate(grid.paths):
        pair = pairs.get(c)
        if pair is None:
            paths.append(path)
            continue
        over = (*path[:-1], *(() if pair.lead is None else (pair.lead,)))
        paths += [(*over, pair.first), (*over, pair.second)]
    rows = tuple(_split_row(row, pairs) for row in grid.rows)
    return Grid(stub=grid.stub, paths=tuple(paths), rows=rows, columns=grid.columns + len(pairs))


def _pair(grid: Grid, column: int, index: ArmIndex) -> _Pair | None:
    path = grid.paths[column]
    if not path:
        return None
    text = _BLANK.sub(" ", path[-1].text)
    for head, cells in zip(_HEADS, _CELLS, strict=True):
        match = head.fullmatch(text)
        if match is None:
            continue
        arms = [index.find(match[name]) for name in ("a", "b")]
        if None in arms or arms[0] == arms[1]:
            continue
        said = [cell for row in grid.rows if (cell := row.cells[column]) is not None and is_figure(cell.text)]
        if sum(_halves(cell, cells) is not None for cell in said) * 2 <= len(said):
            continue
        first, second = (_part(path[-1], *match.span(name)) for name in ("a", "b"))
        if first is not None and second is not None:
            lead = _part(path[-1], 0, len(match["lead"].rstrip(" ;:,")))
            return _Pair(lead, first, second, cells)
    return None


def _has_spreads(grid: Grid, column: int, pair: _Pair) -> bool:
    found = [h for row in grid.rows if (cell := row.cells[column]) is not None and (h := _halves(cell, pair.cells)) is not None]
    return any(all(_SPREAD.search(half.text) for half in halves) for halves in found)


def _halves(cell: Cell, parted: re.Pattern[str]) -> tuple[Cell, Cell] | None:
    match = parted.fullmatch(_BLANK.sub(" ", cell.text))
    if match is None or not is_figure(match["a"]) or not is_figure(match["b"]):
        return None
    first, second = _part(cell, *match.span("a")), _part(cell, *match.span("b"))
    return (first, second) if first is not None and second is not None else None


def _part(cell: Cell, first: int, stop: int) -> Cell | None:
    """The stretch of a cell as a cell of its own; None where it is empty or runs over a line."""
    start, end = cell.place(first, stop)
    if stop <= first or end - start != stop - first:
        return None
    return Cell(text=cell.text[first:stop], parts=((start, end),))


def _split_row(row: Row, pairs: dict[int, _Pair]) -> Row:
    cells: list[Cell | None] = []
    for c, cell in enumerate(row.cells):
        if c not in pairs:
            cells.append(cell)
        else:
            halves: Sequence[Cell | None] | None = _halves(cell, pairs[c].cells) if cell is not None else None
            cells.extend(halves or (None, None))
    return Row(cells=tuple(cells), indent=row.indent)
