"""What the columns of a table stand under: header rows made whole, spanning cells given back their columns.

Markdown loses which cells span several columns: their labels stand packed to the left. They are spread again by the
row below (labels that repeat in it begin a new span) or evenly, and labels that never span (p-value, total) keep one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.table_cells import is_figure
from extractor.linking.table_hints import hint, hints
from extractor.reading.tables import Cell, Row, Table

__all__ = ["Grid", "lay_out_table", "said"]

_SINGLE = ("p", "ignore", "ci", "total", "mean_difference", "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_difference")  # fmt: skip
_MOST_HEADER_ROWS = 4
_TIME_HEAD = re.compile(r"(?:study )?(?:weeks?|days?|months?|years?|time|visits?|time ?points?|assessment)(?: \\(.{1,12}\\))?")
_TIME_WORD = re.compile(r"\b(?:weeks?|days?|months?|years?|hours?|minutes?|time|visits?|time ?points?|assessment|follow-?up)\b")
_TIME_LABEL = re.compile(
    r"(?:at |after )?\d{1,4} ?-?(?:min|minutes?|h|hrs?|hours?|days?|weeks?|wks?|months?|mos?|years?|yrs?)\.?|(?:week|day|month|year|hour|visit|t) ?\d{1,3}|baseline"
)
_SIZED = re.compile(r"\bn\s?=")
_P_LIKE = re.compile(r"[<>=≤]? ?(?:0?[.·]\d+|1(?:[.·]0+)?|ns|n\.s\.)")


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
    stub = _stub_columns(rows, table.columns, header)
    rows = _move_rows(rows, stub)
    labels = _in_columns(header, stub, table.columns, rows)
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
    if any(_data(cell) and not _TIME_LABEL.fullmatch(said(cell)) for cell in row.cells[1:]) or not header:
        return False
    if row.cells[0] is None:
        return len(labels) > 0 and (len(labels) > 1 or len(rows) < 2 or rows[1].cells[0] is None)
    if header[0].cells[0] is None and len(labels) * 2 > len(row.cells) - 1:
        return True
    # a row packed to the left under a stub label that spans two rows
    return row.cells[-1] is None and len(labels) >= 1 and _labels_columns(row)


def _labels_columns(row: Row) -> bool:
    texts = [said(cell) for cell in row.cells if cell is not None]
    kinds = sum(
        hints(("p", "mean_sd", "n_percent", "n", "mean", "median", "percent", "ci", "mean_difference", "total", "arm_word"), text)
        is not None
        or "n =" in text
        or "n=" in text
        for text in texts
    )
    return kinds * 2 > len(texts) or (len(texts) >= 3 and kinds > 0)


def _packed(cells: Sequence[Cell | None]) -> bool:
    """Whether all labels of a row stand at its left, with nothing between them."""
    count = sum(cell is not None for cell in cells)
    return all(cell is not None for cell in cells[:count])


def _move_rows(rows: Sequence[Row], stub: int) -> list[Row]:
    """Move rows that lost their first cell, which spans them, back under their columns: figures under like figures."""
    shapes = _shapes(rows)
    # where labels of the second column stand under a blank, the packed ones span both
    blanks = any(row.cells[0] is None and stub > 1 and row.cells[1] is not None for row in rows)
    moved: list[Row] = []
    for row in rows:
        filled = [cell for cell in row.cells if cell is not None]
        if stub > 1 and len(filled) > 2 and row.cells[-1] is None and _packed(row.cells):
            here = _likeness(row.cells, shapes)
            right = (None, *row.cells[:-1])
            if _likeness(right, shapes) > here:
                cells = (row.cells[0], None, *row.cells[1:-1]) if blanks else right
                row = Row(cells=cells, indent=row.indent)
        moved.append(row)
    return moved


def _shape(cell: Cell) -> str:
    """The pattern of a cell's marks: "n", "n.n", "n (n.n)", "w" for words."""
    text = re.sub(r"\s+", "", cell.text)
    return re.sub(r"[^\W\d_]+", "w", re.sub(r"\d+", "n", re.sub(r"[-−–]", "", text)))[:12]


def _shapes(rows: Sequence[Row]) -> list[set[str]]:
    full = [row for row in rows if row.cells[0] is not None and row.cells[-1] is not None]
    columns = len(rows[0].cells) if rows else 0
    return [{_shape(cell) for row in full if (cell := row.cells[c]) is not None} for c in range(columns)]


def _likeness(cells: Sequence[Cell | None], shapes: Sequence[set[str]]) -> int:
    return sum(cell is not None and _shape(cell) in shape for cell, shape in zip(cells, shapes, strict=True))


def _stub_columns(rows: Sequence[Row], columns: int, header: Sequence[Row]) -> int:
    """How many leading columns name the rows: the first, and a second that holds words or times, not figures."""
    full = [row for row in rows if row.cells[0] is not None and row.cells[-1] is not None]
    stub = 1
    while stub < min(columns - 1, 3):
        head = said(header[0].cells[stub]) if header else ""
        if _TIME_HEAD.fullmatch(head) or ((not head or _TIME_WORD.search(head)) and (_all_times(full, stub) or _all_times(rows, stub))):
            stub += 1
            continue
        whole = [row for row in full if row.cells[stub] is not None]
        told = whole if len(whole) > 1 else rows
        cells = [row.cells[stub] for row in told if row.cells[stub] is not None]
        figures = sum(_data(cell) for cell in cells)
        if not cells or figures * 2 >= len(cells) or len(cells) * 3 < len(told):
            break
        stub += 1
    return stub


def _all_times(rows: Sequence[Row], column: int) -> bool:
    """Whether a column holds nothing but times ("15 min", "week 4")."""
    cells = [said(row.cells[column]) for row in rows if row.cells[column] is not None]
    return len(cells) > 1 and all(_TIME_LABEL.fullmatch(text) for text in cells)


def _in_columns(header: Sequence[Row], stub: int, columns: int, body: Sequence[Row]) -> list[list[Cell | None]]:
    placed: list[list[Cell | None]] = []
    for row in reversed(header):
        cells = list(row.cells)
        if stub > 1 and _left_of_place(cells, stub, body):
            # the blank corner spans all columns of the stub
            corner: list[Cell | None] = [None] * (stub - 1)
            cells = corner + cells[: 1 - stub]
        below = next((r for r in placed if sum(c is not None for c in r[stub:]) > 1), None)
        whole = _by_period(cells, stub, header[0].cells) if row is not header[0] and below is None else None
        if whole is not None:
            cells = whole
        elif row is not header[0] and cells[0] is not None and cells[-1] is None and _packed(cells):
            right = _right_by(cells, header[0], body, stub)
            moved: list[Cell | None] = [None] * right
            cells = moved + cells[: columns - right]
        placed.append(_spread(cells, stub, below))
    return list(reversed(placed))


def _left_of_place(cells: Sequence[Cell | None], stub: int, body: Sequence[Row]) -> bool:
    """Whether the labels of a header row stand left of their columns: the blank corner above a stub of several columns
    took one column only, so that figures stand under no label at the right."""
    if cells[0] is not None or any(cells[1 - stub :]):
        return False
    if _SIZED.search(said(cells[1])):
        return True
    full = all(cells[1 : 1 - stub])
    bare = [row.cells[c] for row in body for c in range(len(cells) + 1 - stub, len(cells))]
    return full and any(_data(cell) for cell in bare)


def _by_period(cells: Sequence[Cell | None], stub: int, above: Sequence[Cell | None]) -> list[Cell | None] | None:
    """Labels packed to the left under a row that repeats its labels: each spans one repetition; None where none does."""
    labels = [cell for cell in cells[stub:] if cell is not None]
    over = [said(cell) for cell in above[stub:]]
    if cells[0] is not None and not hint("heading", said(cells[0])):
        return None
    if len(labels) < 2 or len(over) % len(labels) or not all(over):
        return None
    span = len(over) // len(labels)
    if span < 2 or any(over[i] != over[i % span] for i in range(len(over))):
        return None
    return [*cells[:stub], *(label for label in labels for _ in range(span))]


def _right_by(cells: Sequence[Cell | None], top: Row, body: Sequence[Row], stub: int) -> int:
    """How many columns a row that lost its leading cells must move: as many as leave its p-values above p-values."""
    labels = [said(cell) for cell in cells if cell is not None]
    single = sum(hints(_SINGLE, said(cell)) is not None for cell in top.cells)
    expected = [i for i, text in enumerate(labels) if hint("p", text)]
    even = len(cells) - len(labels) - single
    if not expected and stub <= even <= stub + 2 and (even == stub or top.cells[even - 1] is not None):
        return even
    best, most = stub, -1
    for right in range(stub, len(cells) - len(labels) + 1):
        if right > stub and top.cells[right - 1] is None:
            break
        hits = sum(_holds_p(body, right + i) for i in expected)
        if hits > most:
            best, most = right, hits
    return best


def _holds_p(body: Sequence[Row], column: int) -> bool:
    cells = [said(row.cells[column]) for row in body if row.cells[column] is not None]
    return bool(cells) and sum(_P_LIKE.fullmatch(text) is not None for text in cells) * 2 > len(cells)


def _spread(cells: list[Cell | None], stub: int, below: list[Cell | None] | None) -> list[Cell | None]:
    """Give each label of a header row all the columns that it spans."""
    width = len(cells) - stub
    labels = [cell for cell in cells[stub:] if cell is not None]
    if not labels or len(labels) == width:
        return cells
    packed = all(cell is not None for cell in cells[stub : stub + len(labels)])
    moved = below is not None and below[stub] is None and below[-1] is None
    if not packed and not moved:
        return _without_overhang(_fill_forward(cells, stub), stub, below)
    if below is None:
        return cells
    # labels over nothing at the left stand over one column each: they span both rows
    lead = next((i for i, cell in enumerate(below[stub:]) if cell is not None), 0)
    lead = lead if lead < len(labels) else 0
    filled = sum(cell is not None for cell in below[stub:])
    spans = _spans(labels[lead:], [said(cell) for cell in below[stub + lead :]], width - lead, filled)
    if spans is None:
        return cells
    spans = [1] * lead + spans
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


def _without_overhang(cells: list[Cell | None], stub: int, below: list[Cell | None] | None) -> list[Cell | None]:
    """Take from the last label the columns beyond the width of the others where these hold a comparison ("P value")."""
    runs: list[list[int]] = []
    for c in range(stub, len(cells)):
        if runs and cells[c] is not None and cells[c] is cells[c - 1] and c > stub:
            runs[-1].append(c)
        elif cells[c] is not None:
            runs.append([c])
    widths = {len(run) for run in runs[:-1]}
    if below is None or len(widths) != 1 or not 1 < (width := widths.pop()) < len(runs[-1]):
        return cells
    over = runs[-1][width:]
    if all(hints(_SINGLE, said(below[c])) is not None for c in over):
        return [None if c in over else cell for c, cell in enumerate(cells)]
    return cells


def _spans(labels: Sequence[Cell], below: Sequence[str], width: int, filled: int) -> list[int] | None:
    """How many columns each label spans, or None where that cannot be told."""
    single = [hints(_SINGLE, said(label)) is not None for label in labels]
    wide = len(labels) - sum(single)
    groups = _groups(below[:filled])
    if len(groups) == len(labels) and len(groups) > 1 and filled == width:
        return groups
    tail = groups[len(labels) :]
    if wide == len(labels) > 1 and filled == width and tail and sum(tail) == len(tail) and max(groups) > 1:
        return groups[: len(labels)]
    if wide and len(groups) == wide and all(not s for s in single[:wide]) and filled + sum(single) <= width:
        return [*groups[:-1], width - sum(single) - sum(groups[:-1])] + [1] * sum(single)
    # those beyond what the row below labels share what is left: they span both rows
    rest, alone = width - sum(groups), single[len(groups) :]
    shared, sharing = rest - sum(alone), len(alone) - sum(alone)
    if filled == sum(groups) and len(groups) > 1 and min(groups) > 1 and alone and shared >= sharing:
        if (sharing and shared % sharing == 0) or shared == sharing:
            return [*groups, *(1 if one else shared // sharing for one in alone)]
    # labels of one column have nothing below them
    rest = width - sum(single)
    if wide and rest > 0 and rest % wide == 0:
        return [1 if one else rest // wide for one in single]
    if wide and filled and filled % wide == 0 and filled + sum(single) <= width:
        return [1 if one else filled // wide for one in single]
    return [width // len(labels)] * len(labels) if width % len(labels) == 0 else None


def _groups(below: Sequence[str]) -> list[int]:
    """The lengths of the runs that the row below shows: each begins where its first label stands again; p-values and
    comparisons stand alone."""
    texts = [text.split("(")[0].split(",")[0].strip() for text in below]
    first = texts[0] if texts else ""
    groups: list[int] = []
    alone = False
    for i, text in enumerate(texts):
        single = hints(_SINGLE, below[i]) is not None and not (i and texts.count(text) > 1 and first in texts[1:] and text in texts[: texts.index(first, 1)])  # fmt: skip
        if not groups or single or alone or text == first:
            groups.append(1)
        else:
            groups[-1] += 1
        alone = single
    return groups
