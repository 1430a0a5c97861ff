"""The groups of the trial as the heads of its tables name them: the surest list of arms that a full text has.

A head with two groups or more, each with its size, corrects what the prose gave: groups that it names are added where
the prose named none of that name, and groups without a size that no such head knows are dropped as no groups at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.arms import ArmMention, ArmReading
from extractor.linking.table_arms import ArmIndex, bare_label, label_size
from extractor.linking.table_columns import is_group_label
from extractor.linking.table_hints import hint
from extractor.linking.table_layout import Grid, lay_out_table, said
from extractor.reading.tables import Cell
from extractor.reading.types import Reading
from extractor.records import Arm

__all__ = ["arms_of_tables"]

_GROUP_NOUN = r"(?: ?-?(?:groups?|arms?|participants|patients|subjects|women|children|cohort|recipients|students))"


def arms_of_tables(reading: Reading, arms: ArmReading) -> ArmReading:
    """Return ``arms`` as the heads of the tables correct them.

    Args:
        reading: what was read. arms: the groups that the prose names.
    """
    labels = _best_head(reading)
    if len(labels) < 2:
        return arms
    index = ArmIndex(reading, arms, (*reading.mentions, *reading.table_mentions))
    found: list[tuple[str, Cell]] = []
    taken: set[str] = set()
    for cell in labels:
        arm = index.find(cell.text)
        if arm is None or arm in taken:
            arm = index.add(cell)
        taken.add(arm)
        found.append((arm, cell))
        size = label_size(reading.text, cell)
        if size is not None:
            index.replace_size(arm, size)
    known = {arm.id: arm for arm in index.arms}
    # the prose keeps what the head does not know only where it gives it a size, or holds it for an earlier cohort
    others = [arm for arm in index.arms if arm.id not in taken and (arm.size is not None or arm.role == "historical")]
    named = _with_roles([known[arm] for arm, _ in found], labels)
    kept = [*sorted(named, key=lambda arm: arm.role != "experimental"), *others]
    ids = {arm.id for arm in kept}
    mentions = [
        msgspec.structs.replace(m, arm_ids=own) for m in arms.mentions if (own := tuple(i for i in m.arm_ids if i in ids))
    ]
    new = {arm.id for arm in index.arms} - {arm.id for arm in arms.arms}
    for arm_id, cell in found:
        if arm_id in new:
            mentions.extend(_namings(reading, arm_id, cell, mentions))
    return ArmReading(arms=tuple(kept), mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end))))


def _best_head(reading: Reading) -> list[Cell]:
    """The group labels of the first table that names at least two groups with their sizes, none a subgroup."""
    for table in reading.tables:
        grid: Grid = lay_out_table(table)
        labels = list({cell.start: cell for path in grid.paths[grid.stub :] for cell in path}.values())
        sized = [c for c in labels if is_group_label(c) and label_size(reading.text, c) is not None]
        names = {bare_label(cell.text) for cell in sized}
        if len(sized) < 2 or len(names) < len(sized) or any(hint("subgroup", said(cell)) for cell in sized):
            continue
        if all(re.search(r"[a-z]", name) for name in names):
            return sized
    return []


def _with_roles(arms: Sequence[Arm], labels: Sequence[Cell]) -> list[Arm]:
    """Let controls by name be comparators; without one, the arm that stands last is."""
    if len({arm.role for arm in arms} & {"experimental", "comparator"}) == 2:
        return list(arms)
    control = [hint("control", bare_label(cell.text)) for cell in labels]
    if not any(control) or all(control):
        control = [i == len(arms) - 1 for i in range(len(arms))]
    return [
        msgspec.structs.replace(arm, role="comparator" if own else "experimental")
        for arm, own in zip(arms, control, strict=True)
    ]


def _namings(reading: Reading, arm_id: str, cell: Cell, taken: Sequence[ArmMention]) -> list[ArmMention]:
    """The places in the prose that name a group of a table's head."""
    name = bare_label(cell.text)
    if not 1 < len(name) <= 40:
        return []
    bare = re.sub(_GROUP_NOUN + r"$", "", name)
    noun = _GROUP_NOUN if hint("arm_word", bare) or hint("experimental", bare) or len(bare) < 4 else _GROUP_NOUN + "?"
    pattern = re.compile(rf"(?<![\w-]){re.escape(bare)}{noun}(?![\w-])|(?<![\w-]){re.escape(name)}(?![\w-])" if noun[-1] != "?" and name != bare else rf"(?<![\w-]){re.escape(bare)}{noun}(?![\w-])")  # fmt: skip
    places = sorted((m.start, m.end) for m in taken)
    found: list[ArmMention] = []
    at = 0
    for match in pattern.finditer(reading.text.lower() if len(reading.text.lower()) == len(reading.text) else reading.text):
        while at < len(places) and places[at][1] <= match.start():
            at += 1
        inside = any(table.start <= match.start() < table.end for table in reading.tables)
        if inside or (at < len(places) and places[at][0] < match.end()):
            continue
        found.append(ArmMention(start=match.start(), end=match.end(), arm_ids=(arm_id,), rule="arm.table_head"))
    return found
