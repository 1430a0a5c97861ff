"""From a row of a table to results: cells under their columns, with spread, people, p-value and direction."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.comparisons import direction_of_ratio
from extractor.linking.table_arms import ArmIndex
from extractor.linking.table_cells import CellFigure, Part, read_cell
from extractor.linking.table_columns import Column, When
from extractor.linking.table_hints import hint
from extractor.linking.table_layout import said
from extractor.linking.table_outcomes import OutcomeIndex, label_unit
from extractor.linking.table_rows import TIMES_HEAD, RowScope
from extractor.linking.table_values import Meaning, decide
from extractor.reading.tables import Cell
from extractor.records import ConfidenceInterval, Direction, Dispersion, Number, PValue, Result, Span, TimePoint

__all__ = ["AFTER_TREATMENT", "Emitter"]

_P = re.compile(r"(?:p ?)?(?P<op>[<>=≤≥])? ?(?P<value>0?[.·]\d+|[01](?:[.·]\d+)?)(?!\d)")
_AT_BASELINE = When(baseline=True, point=TimePoint(value=0, unit="day"))
AFTER_TREATMENT = "table.after_treatment"
"""The rule of a figure taken directly after treatment, at no printed time."""
_OPS = {"≤": "<=", "≥": ">=", None: "="}


class Emitter(msgspec.Struct, kw_only=True):
    """What the rows of one table share: its columns, caption and notes; arms and outcomes are found or added."""

    text: str
    arms: ArmIndex
    outcomes: OutcomeIndex
    columns: list[Column]
    caption: str
    notes: str
    caption_cell: Cell | None
    stub_head: Cell | None
    lone_arm: str | None
    safety: bool
    at_baseline: bool = False
    shares: frozenset[int] = frozenset()
    """Where the cells begin whose means are shares of people ("0.27")."""
    people: dict[tuple[str | None, str | None], Number] = msgspec.field(default_factory=dict)
    baselines: dict[tuple[str | None, str], Number] = msgspec.field(default_factory=dict)

    def row(self, scope: RowScope) -> list[Result]:
        """Return the results of a row; the numbers of people it gives serve the rows that follow."""
        if self._counts_people(scope) or (scope.words and hint("p", scope.words[0])):
            return []
        found: list[Result] = []
        p_values = {c.index: p for c in self._tests() if (p := self._p_value(scope, c)) is not None}
        for column in self.columns:
            cell = scope.row.cells[column.index]
            if cell is None:
                continue
            figure = read_cell(cell.text)
            if figure is None:
                continue
            made: Result | None = None
            if column.role == "value":
                made = self._one_arm(scope, column, cell, figure)
            elif column.role == "pair" and not self.at_baseline:
                made = self._pair(scope, column, cell, figure)
            if made is not None:
                following = [i for i in p_values if i > column.index]
                if following:
                    made = msgspec.structs.replace(made, p_value=p_values[min(following)])
                found.append(made)
        return found if self.at_baseline else self._compare(found)

    def _tests(self) -> list[Column]:
        """The columns of p-values that compare groups: where each group has its own, these test before against after."""
        every = [c for c in self.columns if c.role == "p"]
        own = {c.arm for c in every if c.arm is not None}
        return every if len(own) < 2 else [c for c in every if c.arm is None]

    # -- people ------------------------------------------------------------------------------------------------------

    def _counts_people(self, scope: RowScope) -> bool:
        """ "Knowledge score, n | 59 | 55" above "Median | ...": the row gives the people of the rows that follow."""
        label = said(scope.topic)
        last = scope.words[0] if scope.words else ""
        if not re.search(
            r"(?:^|, |\()(?:n|no\.?|number)\)?$|^(?:n|number) (?:of )?(?:analy[sz]ed|evaluated|assessed|patients|participants|subjects|interviewed)$|^n$",
            label if label == last else last,
        ):
            return False
        mean_above = any(hint("mean", said(cell)) or hint("median", said(cell)) for cell in scope.over)
        whole = True
        for column in self.columns:
            cell = scope.row.cells[column.index]
            figure = read_cell(cell.text) if cell is not None else None
            if cell is None or column.role != "value":
                continue
            if figure is None or figure.first is not None or figure.percent or not isinstance(figure.main.value, int):
                whole = False
            elif column.arm is not None:
                self.people[column.arm, label] = self._number(cell, figure.main)
        if whole and label == "" and not scope.over and hint("people_row", last):
            return True
        return whole and (mean_above or label != "") and bool(re.search(r"(?:^|, |\()n\)?$|^n", last))

    def _size(self, scope: RowScope, column: Column, arm: str | None) -> Number | None:
        """People behind a cell: the row's own column of numbers, the row above, the header, the size of the arm."""
        for other in self.columns:
            same = column.arm is not None and other.arm == column.arm
            near = (other.index == column.index - 1 and (same or None in (other.arm, column.arm))) or (
                same and other.when == column.when and other.topics == column.topics
            )
            if other.role == "n" and (near or (column.arm is None and other.arm is None)):
                cell = scope.row.cells[other.index]
                figure = read_cell(cell.text) if cell is not None else None
                if cell is not None and figure is not None and isinstance(figure.main.value, int):
                    return self._number(cell, figure.main)
        counted = self.people.get((arm, said(scope.topic)))
        if counted is not None:
            return counted
        if column.index in scope.sizes:
            return scope.sizes[column.index]
        return column.size or (self.arms.size(arm) if arm is not None else None)

    def _number(self, cell: Cell, part: Part) -> Number:
        start, end = cell.place(part.start, part.end)
        return Number(text=self.text[start:end], start=start, end=end, value=part.value)

    # -- outcomes ----------------------------------------------------------------------------------------------------

    def _outcome(self, scope: RowScope, column: Column) -> str | None:
        topics = [
            cell for cell in column.topics if not hint("subgroup", said(cell)) and not hint("heading", said(cell))
        ]
        over = list(scope.over)
        topic = scope.topic
        if topic is not None and hint("total", said(topic)):
            topic = None  # "All" is no outcome
        if topic is None and over:
            topic = over.pop()
        if topic is None:
            topic = topics.pop() if topics else self.stub_head if not self._time_head() else None
        if topic is None:
            topic = self.caption_cell
        if topic is None:
            return None
        if topic is scope.topic:
            topics = [*self._measured_in_all(), *topics]
        return self.outcomes.find(topic, [*topics, *over], self.safety, scope.heading or self.caption)

    def _measured_in_all(self) -> list[Cell]:
        """The head of the rows' labels where it names with its unit what all rows are parts of ("Transit time (h)")."""
        head = self.stub_head
        return [head] if head is not None and label_unit(head) is not None and not TIMES_HEAD.fullmatch(said(head)) else []

    def _time_head(self) -> bool:
        return self.stub_head is not None and re.search(
            r"\b(?:weeks?|days?|months?|time|visit|hours?)\b", said(self.stub_head)
        ) is not None  # fmt: skip

    def _subgroup(self, column: Column) -> Span | None:
        for cell in column.topics:
            if hint("subgroup", said(cell)) and not hint("total", said(cell)):
                start, end = cell.parts[0]
                return Span(text=self.text[start:end], start=start, end=end)
        return None

    # -- one arm -----------------------------------------------------------------------------------------------------

    def _one_arm(self, scope: RowScope, column: Column, cell: Cell, figure: CellFigure) -> Result | None:
        arm = column.arm or scope.arm or self.lone_arm
        if arm is None:
            return None
        counted = self._counted_beside(scope, column)
        size = self._size(scope, column, arm) if counted is None else (column.size or self.arms.size(arm))
        near = (*column.words, *scope.words)
        value_of = size.value if size is not None else None
        meaning = decide(figure, near, (self.caption, self.notes), value_of)
        if meaning is None or figure.op is not None:
            return None
        outcome = self._outcome(scope, column)
        if outcome is None:
            return None
        when = column.when or scope.when
        if self.at_baseline:
            when = _AT_BASELINE
        elif when is not None and when.baseline:
            self.baselines[arm, outcome] = self._number(cell, meaning.value)
            return None
        made = self._result(scope, column, cell, meaning, arm, outcome, size, when)
        if cell.start in self.shares and made.measure == "mean" and made.value is not None:
            made = msgspec.structs.replace(made, measure="percentage", value=round(100 * made.value, 6), unit="%")
        if counted is not None and made.measure == "percentage" and made.events is None:
            made = msgspec.structs.replace(made, events=counted)
        return made

    def _counted_beside(self, scope: RowScope, column: Column) -> Number | None:
        """The number of events in the column left of one that holds nothing but its percentage ("n" | "(%)")."""
        if not column.words or not hint("percent_alone", column.words[0]):
            return None
        other = next((c for c in self.columns if c.index == column.index - 1 and c.role == "n"), None)
        cell = scope.row.cells[other.index] if other is not None else None
        figure = read_cell(cell.text) if cell is not None else None
        if cell is None or figure is None or not isinstance(figure.main.value, int):
            return None
        return self._number(cell, figure.main)

    def _result(
        self, scope: RowScope, column: Column, cell: Cell, meaning: Meaning, arm: str, outcome: str,
        size: Number | None, when: When | None,
    ) -> Result:  # fmt: skip
        start, end = cell.place(meaning.value.start, meaning.value.end)
        total = self._number(cell, meaning.total) if meaning.total is not None else size
        events = self._number(cell, meaning.events) if meaning.events is not None else None
        ci: ConfidenceInterval | None = None
        dispersion = self._beside(scope, column) if meaning.spread is None else self._spread(cell, meaning)
        if meaning.interval and meaning.low is not None and meaning.high is not None:
            ci = self._interval(cell, meaning.low, meaning.high)
        elif dispersion is None:
            ci = self._interval_beside(scope, column)
        treated = when is not None and when.treated and when.point is None
        unit = meaning.unit or (label_unit(scope.topic) if scope.topic is not None else None)
        if meaning.measure == "count":
            unit = None
        return Result(
            id="r", measure=meaning.measure, outcome=outcome, arm=arm, value=meaning.value.value, unit=unit,
            span=(start, end), printed=self.text[start:end], events=events, total=total,
            baseline=self.baselines.get((arm, outcome)), dispersion=dispersion, ci=ci,
            timepoint=when.point if when is not None else None, subgroup=self._subgroup(column),
            sentence=self._line(scope),
            rules={"figure": f"table.{meaning.measure}", "arm": "table.column" if column.arm else "table.row", "outcome": "table.label"}
            | ({"timepoint": "table.baseline"} if self.at_baseline else {"timepoint": AFTER_TREATMENT} if treated else {}),
        )  # fmt: skip

    def _line(self, scope: RowScope) -> tuple[int, int]:
        cells = [cell for cell in scope.row.cells if cell is not None]
        return min(cell.start for cell in cells), max(cell.end for cell in cells)

    def _spread(self, cell: Cell, meaning: Meaning) -> Dispersion | None:
        assert meaning.spread is not None
        if meaning.spread_value is not None:
            part = meaning.spread_value
            place = cell.place(part.start, part.end)
            return Dispersion(kind=meaning.spread, value=part.value, span=place)
        if meaning.low is None or meaning.high is None:
            return None
        low, high = cell.place(meaning.low.start, meaning.low.end), cell.place(meaning.high.start, meaning.high.end)
        return Dispersion(
            kind=meaning.spread, low=meaning.low.value, high=meaning.high.value, span=(low[0], high[1]),
            low_span=low, high_span=high,
        )  # fmt: skip

    def _beside(self, scope: RowScope, column: Column) -> Dispersion | None:
        """The deviation that stands in a column of its own, right of its mean."""
        other = next((c for c in self.columns if c.index == column.index + 1 and c.role in ("sd", "se")), None)
        cell = scope.row.cells[other.index] if other is not None else None
        figure = read_cell(cell.text) if cell is not None else None
        if other is None or cell is None or figure is None:
            return None
        return Dispersion(
            kind="sd" if other.role == "sd" else "se", value=figure.main.value,
            span=cell.place(figure.main.start, figure.main.end),
        )  # fmt: skip

    def _interval(self, cell: Cell, low: Part, high: Part) -> ConfidenceInterval:
        first, last = sorted((low, high), key=lambda part: part.start)
        span = (cell.place(first.start, first.end)[0], cell.place(last.start, last.end)[1])
        stated = any(re.search(r"\b95 ?%", text) for text in (cell.text, self.caption, self.notes, *self._heads()))
        return ConfidenceInterval(level=95 if stated else None, low=low.value, high=high.value, span=span)

    def _interval_beside(self, scope: RowScope, column: Column) -> ConfidenceInterval | None:
        """The interval that stands in a column of its own, right of its estimate."""
        after = next((c for c in self.columns if c.index == column.index + 1 and c.role == "ci"), None)
        beside = scope.row.cells[after.index] if after is not None else None
        limits = read_cell(beside.text) if beside is not None else None
        if beside is None or limits is None or limits.first is None or limits.second is None:
            return None
        return self._interval(beside, limits.first, limits.second)

    def _heads(self) -> Sequence[str]:
        return [text for column in self.columns for text in column.words]

    # -- comparisons -------------------------------------------------------------------------------------------------

    def _sides(self) -> tuple[str, str] | None:
        named = [c.arm for c in self.columns if c.arm is not None]
        known = [arm for arm in self.arms.arms if not named or arm.id in named]
        first = [arm.id for arm in known if arm.role == "experimental"]
        other = [arm.id for arm in known if arm.role == "comparator"]
        return (first[0], other[0]) if len(first) == 1 and len(other) == 1 else None

    def _pair(self, scope: RowScope, column: Column, cell: Cell, figure: CellFigure) -> Result | None:
        sides = self._sides()
        if scope.arm is not None:
            other = [arm.id for arm in self.arms.arms if arm.role == "comparator"]
            if scope.arm in other and figure.first is None:
                return None  # the reference row prints 0 or 1
            sides = (scope.arm, other[0]) if len(other) == 1 and scope.arm != other[0] else None
        outcome = self._outcome(scope, msgspec.structs.replace(column, topics=()))
        if outcome is None or column.measure is None or figure.only_range or figure.op is not None:
            return None
        ci: ConfidenceInterval | None = None
        if figure.first is not None and figure.second is not None:
            ci = self._interval(cell, figure.first, figure.second)
        else:
            ci = self._interval_beside(scope, column)
        start, end = cell.place(figure.main.start, figure.main.end)
        direction, significant = _direction(column.measure, figure.main.value, ci)
        return Result(
            id="r", measure=column.measure, outcome=outcome, arm=sides[0] if sides else None,
            comparator=sides[1] if sides else None, value=figure.main.value, span=(start, end),
            printed=self.text[start:end], ci=ci, direction=direction, significant=significant,
            timepoint=column.when.point if column.when is not None else None, sentence=self._line(scope),
            rules={"figure": f"table.{column.measure}", "arm": "table.pair", "outcome": "table.label"},
        )  # fmt: skip

    def _p_value(self, scope: RowScope, column: Column) -> PValue | None:
        cell = scope.row.cells[column.index]
        match = _P.match(said(cell)) if cell is not None else None
        if cell is None or match is None:
            return None
        value = float(match["value"].replace("·", "."))
        if value > 1:
            return None
        op = _OPS.get(match["op"], match["op"])
        start = 0 if match["op"] is None else match.start("op")
        span = cell.place(start if match["op"] else match.start("value"), match.end("value"))
        return msgspec.convert({"op": op, "value": value, "span": span}, PValue)

    def _compare(self, found: list[Result]) -> list[Result]:
        """Let the experimental arm's value know the other side, and which way it differs."""
        sides = self._sides()
        if sides is None:
            return found
        by_side = [[r for r in found if r.arm == side and r.comparator is None] for side in sides]
        if any(len(own) != 1 for own in by_side):
            return found
        mine, other = by_side[0][0], by_side[1][0]
        if mine.value is None or other.value is None or mine.measure != other.measure:
            return found
        significant = (
            None if mine.p_value is None else mine.p_value.op in ("<", "=", "<=") and mine.p_value.value <= 0.05
        )
        direction: Direction = "increased" if mine.value > other.value else "decreased"
        if significant is False or mine.value == other.value:
            direction = "no_difference"
        made = msgspec.structs.replace(mine, comparator=sides[1], direction=direction, significant=significant)
        return [made if r is mine else r for r in found]


def _direction(measure: str, value: float, ci: ConfidenceInterval | None) -> tuple[Direction | None, bool | None]:
    low, high = (ci.low, ci.high) if ci is not None else (None, None)
    if measure.endswith("_ratio"):
        direction, significant = direction_of_ratio(value, low, high)
        return msgspec.convert(direction, Direction | None), significant
    significant = None if low is None or high is None else not low <= 0 <= high
    if significant is False:
        return "no_difference", False
    return ("increased" if value > 0 else "decreased" if value < 0 else "no_difference"), significant
