"""What each row of a table is about: the labels over it, its time, its arm, and the numbers of people given for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

import msgspec

from extractor.linking.table_arms import ArmIndex, has_name, label_size
from extractor.linking.table_cells import is_figure
from extractor.linking.table_columns import Column, When, read_time
from extractor.linking.table_hints import hint
from extractor.linking.table_layout import Grid, said
from extractor.linking.table_outcomes import is_heading
from extractor.reading.tables import Cell, Row
from extractor.records import Number

__all__ = ["TIMES_HEAD", "RowScope", "arms_name_rows", "characteristic", "row_sizes", "scope_rows", "share_cells"]

_MEASURE_LABEL = re.compile(
    r"^(?:n ?(?:\(%\))?|no\.?(?: \(%\))?|%|(?:means?|medians?|average)(?: ?(?:±|\+/-|\(|and|,).{0,24})?|sd|se|(?:min.{1,5}max\.?)|range|iqr|mean (?:score|value|change).{0,20}|change.{0,18}|values?|scores?|total|yes)$"
)
_MEAN_HEAD = re.compile(r"means?|proportions?")
_SHARE = re.compile(r"0?[.·]\d{2,4}|1[.·]0+|0[.·]0+")
_LEAST_SHARES = 4
TIMES_HEAD = re.compile(r"(?:study |clinic )?(?:visits?|time|time ?points?|assessments?|periods?|weeks?|days?|months?|years?)(?: ?[(\[].{0,12}[)\]])?")
_AT_BASELINE = re.compile(r"(?P<a>\S.{0,80}?[^\s,;:(-])[ ,;:(-]{1,3}(?:at )?baseline\)?|baseline (?P<b>\S.{1,80})", re.IGNORECASE)
_VISIT = re.compile(r"(?:visit|session|assessment|time ?point|examination) ?(?:no\.? ?)?\d")
_TIME_HEAD = re.compile(r"\b(weeks?|days?|months?|years?|hours?|minutes?|min)\b")


class RowScope(msgspec.Struct, frozen=True, kw_only=True):
    """A row with figures: ``topic`` names its outcome (None: the column or caption does), ``over`` stands above it.

    ``words`` are the labels in force, nearest first, for what they say of the summary; ``heading`` is the last heading.
    ``sizes`` are the numbers of people that a row above gives its columns ("n = 16 | n = 19").
    """

    row: Row
    topic: Cell | None = None
    over: tuple[Cell, ...] = ()
    words: tuple[str, ...] = ()
    when: When | None = None
    arm: str | None = None
    arm_cell: Cell | None = None
    heading: str = ""
    sizes: Mapping[int, Number] = {}


class _Walk:
    """The labels in force while the rows are walked."""

    def __init__(self, grid: Grid, index: ArmIndex, arms_in_rows: bool) -> None:
        self.sizes: Mapping[int, Number] = {}
        self.grid = grid
        self.index = index
        self.arms_in_rows = arms_in_rows
        self.groups: list[tuple[int, Cell, bool]] = []
        self.section: Cell | None = None
        self.section_arm: str | None = None
        self.last: Cell | None = None
        self.carried: Cell | None = None
        self.heading = ""
        self.times_under_group = False
        head = " ".join(said(cell) for path in grid.paths[: grid.stub] for cell in path)
        unit = _TIME_HEAD.search(head) if len(head) < 40 else None
        self.unit = unit[1] if unit else None
        heads = [path[-1] if path else None for path in grid.paths[: grid.stub]]
        self.timed = frozenset(k for k, cell in enumerate(heads) if TIMES_HEAD.fullmatch(said(cell)))

    def open_group(self, row: Row) -> None:
        sizes = row_sizes(self.index.text, row, self.grid.stub)
        self.sizes = sizes or self.sizes
        labels = [cell for c, cell in enumerate(row.cells) if cell is not None and c not in sizes]
        if len(labels) != 1:
            return
        cell = labels[0]
        if row.cells[0] is None:
            arm = self.index.find(cell.text)
            self.section_arm = arm if arm is not None and "n" in said(cell) else None
            self.section = None if self.section_arm else cell
            self.groups = []
        elif is_heading(cell):
            self.heading = said(cell)
            self.groups = []
        else:
            self.groups = [g for g in self.groups if g[0] < row.indent]
            self.groups.append((row.indent, cell, False))
        self.last = None

    def scope(self, row: Row) -> RowScope:
        labels = [cell for cell in row.cells[: self.grid.stub] if cell is not None]
        timed_labels = {cell.start for k, cell in enumerate(row.cells[: self.grid.stub]) if cell is not None and k in self.timed}
        if row.cells[0] is not None:
            self.carried = None if 0 in self.timed or _VISIT.match(said(row.cells[0])) else row.cells[0]
        if self.groups and row.indent <= self.groups[-1][0] and self.groups[-1][2]:
            self.groups = [g for g in self.groups if g[0] < row.indent]
        if self.groups and row.indent > self.groups[-1][0]:
            self.groups[-1] = (*self.groups[-1][:2], True)
        timed = any(read_time(cell, self.unit) is not None for cell in labels)
        if self.groups and self.times_under_group and not timed and not self.groups[-1][2]:
            self.groups.pop()  # the group had its times as rows; this row names another outcome
        self.times_under_group = timed
        times = [time for g in self.groups if (time := read_time(g[1], self.unit)) is not None]
        over = [g[1] for g in self.groups if read_time(g[1], self.unit) is None]
        if self.section is not None:
            over.insert(0, self.section)
        topic: Cell | None = None
        when: When | None = None
        arm, arm_cell = self.section_arm, None
        if self.grid.stub > 1 and row.cells[0] is None and self.carried is not None and labels:
            labels.insert(0, self.carried)
        words = [said(cell) for cell in reversed(labels)]
        for cell in labels:
            found = self.index.find(cell.text) if self.arms_in_rows else None
            time = read_time(cell, self.unit)
            if found is not None:
                arm, arm_cell = found, cell
            elif time is not None:
                when = time
            elif _MEASURE_LABEL.match(said(cell)) or cell.start in timed_labels or _VISIT.match(said(cell)):
                continue
            elif topic is None:
                topic = cell
            else:
                over, topic = [*over, topic], (topic if _unit_like(cell) else cell)
                over = over[:-1] if topic is over[-1] else over
        when = when or (times[-1] if times else None)
        if topic is not None and when is None and (named := _without_baseline(topic)) is not None:
            topic, when = named, When(baseline=True)
        if topic is not None:
            self.last = topic
        elif self.last is not None and arm_cell is None and when is None:
            topic = self.last
        elif over:
            topic = over.pop()
        elif self.last is not None:
            topic = self.last
        words += [said(cell) for cell in reversed(over)]
        if topic is not None:
            words.append(said(topic))
        return RowScope(
            row=row, topic=topic, over=tuple(over), words=tuple(words), when=when, arm=arm, arm_cell=arm_cell,
            heading=self.heading, sizes=self.sizes,
        )  # fmt: skip


def row_sizes(text: str, row: Row, stub: int) -> dict[int, Number]:
    """Return by column the numbers of people that a row of nothing else gives ("n = 16 | n = 19"); none for other rows.

    Args:
        text: the document. row: a row of the body. stub: how many columns name the rows.
    """
    cells = {c: cell for c, cell in enumerate(row.cells) if c >= stub and cell is not None}
    sizes = {c: size for c, cell in cells.items() if not has_name(cell) and (size := label_size(text, cell)) is not None}
    return sizes if len(sizes) == len(cells) > 1 else {}


def _without_baseline(cell: Cell) -> Cell | None:
    """The label without "baseline" behind or before it ("Grip strength, baseline"), None where it does not say so."""
    match = _AT_BASELINE.fullmatch(cell.text)
    if match is None:
        return None
    first, stop = match.span("a") if match["a"] is not None else match.span("b")
    start, end = cell.place(first, stop)
    return Cell(text=cell.text[first:stop], parts=((start, end),)) if end - start == stop - first else None


def _unit_like(cell: Cell) -> bool:
    return len(cell.text) <= 18 and re.search(r"[/%()^]|^[a-zµμ]{1,3}$", cell.text) is not None


def arms_name_rows(grid: Grid, index: ArmIndex) -> bool:
    """Return whether the rows, not the columns, are the arms: labels of at least two arms in the stub."""
    found = {index.find(cell.text) for row in grid.rows for cell in row.cells[: grid.stub] if cell is not None}
    return len(found - {None}) >= 2


def scope_rows(grid: Grid, index: ArmIndex, arms_in_rows: bool) -> list[RowScope]:
    """Return the rows that hold figures with what they are about, in order.

    Args:
        grid: the table laid out. index: the arms. arms_in_rows: whether row labels name arms.
    """
    walk = _Walk(grid, index, arms_in_rows)
    found: list[RowScope] = []
    for row in grid.rows:
        if any(cell is not None and is_figure(cell.text) for cell in row.cells[grid.stub :]):
            found.append(walk.scope(row))
        else:
            walk.open_group(row)
    return found


def characteristic(scope: RowScope) -> bool:
    """Return whether a row describes the participants (age, sex), and so holds no result."""
    cells: Sequence[Cell | None] = (scope.topic, *scope.over)
    return any(cell is not None and hint("characteristic_row", said(cell)) for cell in cells)


def share_cells(scopes: Sequence[RowScope], columns: Sequence[Column]) -> frozenset[int]:
    """Return where the cells begin that hold shares of people as means between 0 and 1.

    A "mean" beside a number of people is a share where all means of a block of rows under one heading lie between 0 and
    1, with decimals, and no row names a quantity that is measured.
    """
    told = {c.index for c in columns if c.role == "value" and c.arm is not None and c.words and _MEAN_HEAD.fullmatch(c.words[0])}
    if not told or not any(c.role == "n" for c in columns):
        return frozenset()
    found: set[int] = set()
    for _, rows in groupby(scopes, key=lambda scope: tuple(cell.start for cell in scope.over)):
        block = list(rows)
        cells = [cell for scope in block for i in sorted(told) if (cell := scope.row.cells[i]) is not None]
        if len(cells) < _LEAST_SHARES:
            continue
        measured = any(scope.topic is not None and hint("measured", said(scope.topic)) for scope in block)
        if not measured and all(_SHARE.fullmatch(said(cell)) for cell in cells):
            found.update(cell.start for cell in cells)
    return frozenset(found)
