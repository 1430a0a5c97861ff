"""Results that stand in tables: headers give arms and sizes, row labels outcomes, cells the figures.

``link_tables`` is the whole of it. Tables of participants' characteristics give arms and their sizes, but no results;
so do tables whose groups cannot be told. Figures taken at baseline stand beside those of later columns or rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.arms import ArmReading
from extractor.linking.outcomes import OutcomeReading
from extractor.linking.table_arms import ArmIndex, label_size, short_forms
from extractor.linking.table_columns import Column, read_columns
from extractor.linking.table_emit import Emitter
from extractor.linking.table_hints import hint
from extractor.linking.table_layout import Grid, lay_out_table, said
from extractor.linking.table_outcomes import OutcomeIndex, caption_cell
from extractor.linking.table_pairs import split_pairs
from extractor.linking.table_rows import arms_name_rows, characteristic, scope_rows, share_cells
from extractor.naming import fold_name
from extractor.reading.markup import blank_markup
from extractor.reading.tables import Cell, Table
from extractor.reading.types import Reading
from extractor.records import Arm, Outcome, Result

__all__ = ["TableLinks", "link_tables"]

_MOST_NOTES = 1500
_STARTS_WITH_BASELINE = re.compile(
    r"^\W*(?:table ?\S{1,4}\W+)?(?:(?:clinical|patients?'?|subjects?'?|demographics?|sociodemographic|participants?'?|the|comparison of|mean|general|preoperative|maternal|selected) )*(?:baseline|characteristics|demographic)"
)


class TableLinks(msgspec.Struct, frozen=True, kw_only=True):
    """All arms and outcomes of the document, those that only tables name at the end, and the results of its tables."""

    arms: tuple[Arm, ...]
    outcomes: tuple[Outcome, ...]
    results: tuple[Result, ...]


def link_tables(reading: Reading, arms: ArmReading, outcomes: OutcomeReading) -> TableLinks:
    """Return what the tables of ``reading`` report, on the arms and outcomes of the prose where the names agree.

    Args:
        reading: what was read, its tables among it. arms, outcomes: what the prose names.
    """
    if not reading.tables:
        return TableLinks(arms=arms.arms, outcomes=outcomes.outcomes, results=())
    mentions = (*reading.mentions, *reading.table_mentions)
    arm_index = ArmIndex(reading, arms, mentions)
    outcome_index = OutcomeIndex(reading.text, outcomes, mentions, reading.abbreviations)
    results: list[Result] = []
    for table in reading.tables:
        results.extend(_Reader(reading, table, arm_index, outcome_index).results())
    return TableLinks(
        arms=tuple(arm_index.arms), outcomes=tuple(outcome_index.outcomes), results=tuple(map(_ruled, results))
    )


_RULES = {
    "p_value": "table.p_column",
    "timepoint": "table.heading",
    "subgroup": "table.heading",
    "direction": "table.figures",
}


def _ruled(result: Result) -> Result:
    """What a table tells beside the cell has the rule of the place where it stands."""
    told = {name: rule for name, rule in _RULES.items() if getattr(result, name) is not None}
    return msgspec.structs.replace(result, rules={**told, **result.rules})


def _words(text: str, place: tuple[int, int] | None, most: int) -> str:
    if place is None:
        return ""
    return " ".join(blank_markup(text[place[0] : min(place[1], place[0] + most)]).lower().split())


class _Reader:
    """One table on its way to results."""

    def __init__(self, reading: Reading, table: Table, arms: ArmIndex, outcomes: OutcomeIndex) -> None:
        self.text = reading.text
        self.table = table
        self.arms = arms
        self.outcomes = outcomes
        self.caption = _words(self.text, table.caption, 600)
        self.notes = _words(self.text, table.notes, _MOST_NOTES)
        self._read_short_forms()
        self.grid: Grid = split_pairs(lay_out_table(table), arms)

    def _read_short_forms(self) -> None:
        forms = short_forms(self.text, self.table.notes)
        self.arms.add_short_forms({fold_name(short): fold_name(long) for short, long in forms.items()})
        self.outcomes.add_short_forms(forms)

    def _describes_participants(self) -> bool:
        head = " ".join(said(cell) for path in self.grid.paths[: self.grid.stub] for cell in path)
        if _STARTS_WITH_BASELINE.match(self.caption):
            return re.search(r"baseline (?:and|to|versus|vs)\b|\b(?:after|follow-up|post-?\w+)\b", self.caption) is None
        stated = hint("characteristics", self.caption) or hint("characteristics", head)
        return stated and not hint("outcomes", self.caption)

    def results(self) -> list[Result]:
        """Return the results of the table; none where its groups cannot be told. In a table of the participants, what is
        measured in them stands at baseline; rows that say who they are (age, sex) hold no result in any table."""
        describes = self._describes_participants()
        known = len([arm for arm in self.arms.arms if arm.role != "historical"])
        columns = read_columns(self.text, self.grid, self.arms, may_add=not describes or known < 2)
        named = {column.arm for column in columns} - {None}
        self._set_sizes(columns)
        if hint("not_results", self.caption) or (describes and len(named) < 2):
            return []
        in_rows = not named and arms_name_rows(self.grid, self.arms)
        scopes = scope_rows(self.grid, self.arms, in_rows)
        lone = self.arms.arms[0].id if len(self.arms.arms) == 1 else None
        if not named and lone is None and not any(scope.arm for scope in scopes):
            return []
        if in_rows:
            for scope in scopes:
                size = label_size(self.text, scope.arm_cell) if scope.arm_cell is not None else None
                if size is not None and scope.arm is not None:
                    self.arms.set_size(scope.arm, size)
        emitter = Emitter(
            text=self.text, arms=self.arms, outcomes=self.outcomes, columns=columns, caption=self.caption,
            notes=self.notes, caption_cell=self._caption_cell(), lone_arm=lone,
            stub_head=self._stub_head(), safety=hint("safety", self.caption), at_baseline=describes,
            shares=share_cells(scopes, columns),
        )  # fmt: skip
        found: list[Result] = []
        for scope in scopes:
            if not characteristic(scope):
                found.extend(emitter.row(scope))
        return found

    def _set_sizes(self, columns: Sequence[Column]) -> None:
        split = any(hint("subgroup", said(cell)) for column in columns for cell in column.topics)
        if split or hint("subgroup", self.caption):
            return
        for column in columns:
            if column.arm is not None and column.size is not None:
                self.arms.set_size(column.arm, column.size)

    def _stub_head(self) -> Cell | None:
        path = self.grid.paths[0]
        cell = path[0] if path else None
        return cell if cell is not None and not hint("heading", said(cell)) else None

    def _caption_cell(self) -> Cell | None:
        if self.table.caption is None:
            return None
        start, end = self.table.caption
        parts: list[tuple[int, int]] = []
        texts: list[str] = []
        for line in re.finditer(r"[^\n]+", self.text[start:end]):
            plain = blank_markup(line.group())
            left = len(plain) - len(plain.lstrip())
            plain = plain.strip()
            label = re.match(r"(?:table ?\S{1,4}[.:]? )?", plain, re.IGNORECASE)
            skip = label.end() if label is not None else 0
            if plain[skip:]:
                first = start + line.start() + left + skip
                parts.append((first, first + len(plain) - skip))
                texts.append(plain[skip:])
        return caption_cell(Cell(text=" ".join(texts), parts=tuple(parts))) if parts else None
