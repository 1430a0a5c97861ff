"""What the columns of a table stand under: header rows made whole, spanning cells given back their columns.

Markdown loses which cells span several columns: their labels stand packed to the left. They are spread again by the
row below (labels that repeat in it begin a new span) or evenly, and labels that never span (p-value, total) keep one.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from extractor.linking.table_cells import is_figure
from extractor.linking.table_hints import hint, hints
from extractor.reading.tables import Cell, Row, Table

__all__ = ["Grid", "lay_out_table", "said"]

_SINGLE = ("p", "ignore", "ci", "total", "mean_difference", "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_difference")  # fmt: skip
_MOST_HEADER_ROWS = 4


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A table with its headers told apart: ``stub`` leading columns name the rows; ``paths`` has, for every column, the
    header cells above it from top to bottom; ``rows`` are the rows of the body."""

    stub: int
    paths: tuple[tuple[Cell, ...], ...]
    rows: tuple[Row, ...]
    columns: int


def said(cell: Cell | None) -> str:
    """Return the text of a cell in lower case with single blanks ("" for none)."""
    return " ".join(cell.text.lower().split()) if cell is not None else ""


def lay_out_table(table: Table) -> Grid:
    """Return ``table`` with its header rows taken from its head and from the first rows of its body."""
    header = list(table.header)
    rows = list(table.rows)
    if not header and rows and not any(_data(cell) for cell in rows[0].cells[1:]):
        header.append(rows.pop(0))
    while rows and len(header) < _MOST_HEADER_ROWS and _is_header(rows, header):
        header.append(rows.pop(0))
    stub = _stub_columns(rows, table.columns)
    labels = _in_columns(header, stub, table.columns)
    paths = tuple(
        tuple(cell for cell in (row[column] for row in labels) if cell is not None) for column in range(table.columns)
    )
    return Grid(stub=stub, paths=paths, rows=tuple(rows), columns=table.columns)


def _data(cell: Cell | None) -> bool:
    return cell is not None and is_figure(cell.text)


def _is_header(rows: Sequence[Row], header: Sequence[Row]) -> bool:
    """Whether the first of ``rows`` still labels columns: two labels or more beside the stub, none of them a figure."""
    row = rows[0]
    labels = [cell for cell in row.cells[1:] if cell is not None]
    if any(_data(cell) for cell in row.cells[1:]) or not header:
        return False
    if row.cells[0] is None:
        return len(labels) > 0 and (len(labels) > 1 or len(rows) < 2 or rows[1].cells[0] is None)
    # a row packed to the left under a stub label that spans two rows
    return row.cells[-1] is None and len(labels) >= 1 and _labels_columns(row)


def _labels_columns(row: Row) -> bool:
    texts = [said(cell) for cell in row.cells if cell is not None]
    kinds = sum(
        hints(("p", "mean_sd", "n_percent", "n", "mean", "ci", "mean_difference", "total", "arm_word"), text)
        is not None
        or "n =" in text
        or "n=" in text
        for text in texts
    )
    return kinds * 2 > len(texts) or (len(texts) >= 3 and kinds > 0)


def _stub_columns(rows: Sequence[Row], columns: int) -> int:
    """How many leading columns name the rows: the first, and a second that holds words, not figures."""
    stub = 1
    while stub < min(columns - 1, 3):
        cells = [row.cells[stub] for row in rows if row.cells[stub] is not None]
        figures = sum(_data(cell) for cell in cells)
        if not cells or figures * 2 >= len(cells) or len(cells) * 3 < len(rows):
            break
        stub += 1
    return stub


def _in_columns(header: Sequence[Row], stub: int, columns: int) -> list[list[Cell | None]]:
    placed: list[list[Cell | None]] = []
    for row in reversed(header):
        cells = list(row.cells)
        upper = header[0].cells[0] is not None and row is not header[0]
        if upper and cells[0] is not None and cells[-1] is None:
            moved: list[Cell | None] = [None] * stub
            cells = moved + cells[: columns - stub]
        below = next((r for r in placed if sum(c is not None for c in r[stub:]) > 1), None)
        placed.append(_spread(cells, stub, below))
    return list(reversed(placed))


def _spread(cells: list[Cell | None], stub: int, below: list[Cell | None] | None) -> list[Cell | None]:
    """Give each label of a header row all the columns that it spans."""
    width = len(cells) - stub
    labels = [cell for cell in cells[stub:] if cell is not None]
    if not labels or len(labels) == width:
        return cells
    packed = all(cell is not None for cell in cells[stub : stub + len(labels)])
    if not packed:
        return _fill_forward(cells, stub)
    if below is None:
        return cells
    filled = sum(cell is not None for cell in below[stub:])
    spans = _spans(labels, [said(cell) for cell in below[stub:]], width, filled)
    if spans is None:
        return cells
    spread: list[Cell | None] = list(cells[:stub])
    for label, span in zip(labels, spans, strict=True):
        spread.extend([label] * span)
    return (spread + [None] * len(cells))[: len(cells)]


def _fill_forward(cells: list[Cell | None], stub: int) -> list[Cell | None]:
    filled: list[Cell | None] = list(cells[:stub])
    last: Cell | None = None
    for cell in cells[stub:]:
        last = cell if cell is not None else (None if last is not None and hints(_SINGLE, said(last)) else last)
        filled.append(last)
    return filled


def _spans(labels: Sequence[Cell], below: Sequence[str], width: int, filled: int) -> list[int] | None:
    """How many columns each label spans, or None where that cannot be told."""
    single = [hints(_SINGLE, said(label)) is not None for label in labels]
    wide = len(labels) - sum(single)
    repeats = _repeats(below)
    if wide and len(repeats) == wide and len(repeats) > 1:
        ends = [*repeats[1:], width - sum(single) if all(single[-sum(single) :] or [True]) else width]
        if all(not s for s in single[:wide]):
            spans = [end - start for start, end in zip(repeats, ends, strict=True)] + [1] * sum(single)
            if all(span > 0 for span in spans):
                return spans
    # labels of one column have nothing below them
    rest = width - sum(single)
    if wide and rest > 0 and rest % wide == 0:
        return [1 if one else rest // wide for one in single]
    if wide and filled and filled % wide == 0 and filled + sum(single) <= width:
        return [1 if one else filled // wide for one in single]
    return [width // len(labels)] * len(labels) if width % len(labels) == 0 else None


def _repeats(below: Sequence[str]) -> list[int]:
    """Where the first label of the row below stands again: the beginnings of the spans."""
    texts = [text.split("(")[0].split(",")[0].strip() for text in below]
    first = next((text for text in texts if text), "")
    return [i for i, text in enumerate(texts) if text and text == first and hint("p", text) is False]
