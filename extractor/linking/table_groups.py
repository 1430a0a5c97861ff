"""The groups of the trial as the heads of its tables name them: the surest list of arms that a full text has.

A head with two groups or more corrects what the prose gave: groups that it names are added where the prose named none of
that name, two names of one group become one, and groups without a size that no such head knows are dropped as no groups
at all. Sizes come from the heads ("(n = 120)") or from a row that counts the people of each group.
"""

from __future__ import annotations

import operator
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

import msgspec

from extractor.linking.arms import ArmMention, ArmReading
from extractor.linking.table_arms import (
    ArmIndex,
    bare_label,
    has_name,
    label_size,
    name_span,
    short_forms,
    telling_words,
)
from extractor.linking.table_cells import parse_number, read_cell
from extractor.linking.table_columns import group_name, is_group_label
from extractor.linking.table_hints import hint
from extractor.linking.table_layout import Grid, lay_out_table, said
from extractor.linking.table_rows import row_sizes
from extractor.naming import fold_name
from extractor.reading.tables import Cell
from extractor.reading.types import Reading
from extractor.records import Arm, Number, Span

__all__ = ["arms_of_tables"]

_GROUP_NOUN = r"(?: ?-?(?:groups?|arms?|participants|patients|subjects|women|children|cohort|recipients|students))"
_LETTERED = re.compile(r"(?:group|arm|cohort)? ?(?:[a-z]|[ivx]{1,4}|\d{1,2})")
_LETTER_BEHIND = re.compile(r"\(((?:group|arm|cohort) (?:[a-z]|[ivx]{1,4}|\d{1,2}))\)\s*$", re.IGNORECASE)
_MOST_GROUPS = 6
_PEOPLE = r"(?:people|persons|patients|participants|subjects|women|men|children|infants|individuals|cases|adults|students|volunteers|eyes|teeth|animals)"
_BEHIND = re.compile(
    rf"\s?[(\[]\s?(?:(?P<mark>\*?[nN]\*?\s?=\s?))?(?P<n>\d[\d,]{{0,7}})(?(mark)(?:\s{_PEOPLE})?|\s{_PEOPLE})\s?[)\];,]"
)
_REACH = 70
_BEFORE = re.compile(
    rf"(?<![\d.,/])(?P<n>\d[\d,]{{0,6}})(?: {_PEOPLE})?(?: (?:were|was|are|being))?(?: (?:randomly|randomi[sz]ed))? (?:in|assigned to|allocated to|randomi[sz]ed to|to)(?: the)? $"
)
_OF_EACH = re.compile(
    r"\b(?:two|three|four|both|2|3|4) (?:\w+ ){0,2}(?:groups|arms)(?: ?\((?:\*?[nN]\*? ?= ?)| of )(?P<n>\d[\d,]{0,6})(?![\d%]|\.\d)(?: (?:each|per group|in each|in each group))?(?! ?(?:%|mg|days|weeks|months|years))"
)


class _Label(msgspec.Struct, frozen=True):
    """A label of a head that names a group, with the size that the head gives it."""

    cell: Cell
    size: Number | None


def arms_of_tables(reading: Reading, arms: ArmReading) -> ArmReading:
    """Return ``arms`` as the heads of the tables correct them.

    Args:
        reading: what was read. arms: the groups that the prose names.
    """
    if not reading.tables:
        return _with_sizes_behind_names(reading.text, arms) if reading.kind == "full_text" else arms
    arms = _same_names_merged(reading, arms)
    index = ArmIndex(reading, arms, (*reading.mentions, *reading.table_mentions))
    for table in reading.tables:
        forms = short_forms(reading.text, table.notes)
        index.add_short_forms({fold_name(short): fold_name(long) for short, long in forms.items()})
    grids = [lay_out_table(table) for table in reading.tables]
    labels = _sized_head(reading.text, grids, index) or _plain_head(grids, index)
    if len(labels) < 2:
        return _with_sizes_behind_names(reading.text, _with_counted_sizes(reading.text, arms, grids, index))
    found: list[tuple[str, _Label]] = []
    taken: set[str] = set()
    for label in labels:
        arm = index.find(label.cell.text) or index.find(group_name(label.cell.text))
        if arm is None or arm in taken:
            arm = index.add(label.cell)
        else:
            _relabel(index, arm, label.cell)
        taken.add(arm)
        found.append((arm, label))
        if label.size is not None:
            index.replace_size(arm, label.size)
    kept, same = _kept_arms(arms, index, found)
    ids = {arm.id for arm in kept}
    mentions = _renamed(arms.mentions, same, ids)
    new = {arm.id for arm in index.arms} - {arm.id for arm in arms.arms}
    for arm_id, label in found:
        if arm_id in new:
            mentions = _given_back(reading.text, mentions, arm_id, label.cell)
            named = _namings(reading, arm_id, label.cell, mentions)
            mentions = [_cut_before(reading.text, mention, named) for mention in mentions] + named
    mentions.extend(_letters_behind_names(reading, mentions, found))
    corrected = ArmReading(arms=kept, mentions=tuple(sorted(mentions, key=lambda m: (m.start, m.end))))
    return _with_sizes_behind_names(reading.text, _with_counted_sizes(reading.text, corrected, grids, index))


# -- which groups are kept -------------------------------------------------------------------------------------------


def _same_names_merged(reading: Reading, arms: ArmReading) -> ArmReading:
    """Let arms be one whose labels say the same once short forms are written out ("TAU", "treatment as usual")."""
    long_forms = {fold_name(short): fold_name(long) for short, long in reading.abbreviations.items()}
    by_name: dict[frozenset[str], Arm] = {}
    same: dict[str, str] = {}
    for arm in arms.arms:
        name = bare_label(arm.label.text) if arm.label is not None else ""
        words = telling_words(long_forms.get(name, name))
        first = by_name.setdefault(words, arm) if words else arm
        if first is not arm:
            same[arm.id] = first.id
            control = "comparator" in (arm.role, first.role) and hint("control", name + " " + long_forms.get(name, ""))
            if control and first.role != "comparator":
                by_name[words] = msgspec.structs.replace(first, role="comparator")
    if not same:
        return arms
    merged = {arm.id: arm for arm in by_name.values()}
    kept = tuple(merged.get(arm.id, arm) for arm in arms.arms if arm.id not in same)
    return ArmReading(arms=kept, mentions=tuple(_renamed(arms.mentions, same, {arm.id for arm in kept})))


def _kept_arms(
    arms: ArmReading, index: ArmIndex, found: Sequence[tuple[str, _Label]]
) -> tuple[tuple[Arm, ...], dict[str, str]]:
    """The arms of the head with those of the prose that stay, and which prose arm is another name of a head's arm.

    The prose keeps what the head does not know only where it gives it a size, or holds it for an earlier cohort; an
    arm of the prose with the size that one group alone has, which the prose did not name otherwise, is that group.
    """
    known = {arm.id: arm for arm in index.arms}
    taken = {arm for arm, _ in found}
    prose = {arm.id for arm in arms.arms}
    sizes = [label.size.value for _, label in found if label.size is not None]
    same: dict[str, str] = {}
    others: list[Arm] = []
    for arm in arms.arms:
        if arm.id in taken or (arm.size is None and arm.role != "historical"):
            continue
        like = [a for a, label in found if arm.size is not None and label.size is not None and label.size.value == arm.size.value]
        if len(like) == 1 and sizes.count(arm.size.value if arm.size is not None else 0) == 1:
            same[arm.id] = like[0]
            if like[0] not in prose and not known[like[0]].interventions:
                known[like[0]] = msgspec.structs.replace(known[like[0]], interventions=arm.interventions)
        else:
            others.append(arm)
    named = _with_roles([known[arm] for arm, _ in found], [label.cell for _, label in found])
    return (*sorted(named, key=lambda arm: arm.role != "experimental"), *others), same


def _renamed(mentions: Sequence[ArmMention], same: Mapping[str, str], ids: set[str]) -> list[ArmMention]:
    """The mentions with the ids that ``same`` gives, those of ``ids`` alone."""
    kept: list[ArmMention] = []
    for mention in mentions:
        own = tuple(dict.fromkeys(i for arm in mention.arm_ids if (i := same.get(arm, arm)) in ids))
        if own:
            kept.append(msgspec.structs.replace(mention, arm_ids=own))
    return kept


def _relabel(index: ArmIndex, arm_id: str, cell: Cell) -> None:
    """Let the head of a table name an arm whose label in the prose shares no word with it; a role, a letter or a short
    form does not."""
    name = bare_label(cell.text)
    if hint("experimental", name) or hint("control", name) or _LETTERED.fullmatch(name) or index.is_short_form(name):
        return
    arm = next(arm for arm in index.arms if arm.id == arm_id)
    words = telling_words(name)
    if not words or (arm.label is not None and words & telling_words(bare_label(arm.label.text))):
        return
    start, end = name_span(cell)
    index.relabel(arm_id, Span(text=index.text[start:end], start=start, end=end))


# -- heads -----------------------------------------------------------------------------------------------------------


def _column_labels(text: str, grid: Grid) -> list[_Label]:
    """The labels that may name groups, one per column, with a size given by them or below them."""
    found: dict[int, _Label] = {}
    for path in grid.paths[grid.stub :]:
        named = [cell for cell in path if has_name(cell) and is_group_label(cell)]
        sized = [cell for cell in path if label_size(text, cell) is not None]
        own = [cell for cell in named if cell in sized]
        if not named:
            continue
        cell = own[-1] if own else named[-1]
        size = label_size(text, sized[-1]) if sized and (own or not has_name(sized[-1])) else None
        found.setdefault(cell.start, _Label(cell, size))
    return list(found.values())


def _row_labels(text: str, grid: Grid, index: ArmIndex) -> list[_Label]:
    """The labels of rows that name groups with their sizes ("Control (n = 40)"), each name once."""
    found: dict[str, _Label] = {}
    for row in grid.rows:
        for cell in row.cells[: grid.stub]:
            size = label_size(text, cell) if cell is not None else None
            if cell is None or size is None or not has_name(cell) or not is_group_label(cell):
                continue
            if index.find(cell.text) is None and not hint("arm_word", said(cell)):
                return []
            found.setdefault(bare_label(cell.text), _Label(cell, size))
    return list(found.values()) if len(found) <= _MOST_GROUPS else []


def _sized_head(text: str, grids: Sequence[Grid], index: ArmIndex) -> list[_Label]:
    """The groups of the first table that names at least two with their sizes, none a subgroup."""
    for grid in grids:
        labels = [label for label in _column_labels(text, grid) if label.size is not None] or _row_labels(text, grid, index)
        names = {bare_label(label.cell.text) for label in labels}
        if len(labels) < 2 or len(names) < len(labels):
            continue
        if not any(hint("subgroup", said(label.cell)) for label in labels) and _groups_of_trial(labels, index):
            return labels
    return []


def _groups_of_trial(labels: Sequence[_Label], index: ArmIndex) -> bool:
    """Whether labels with sizes are the arms, not places or kinds of people: one names an arm of the prose, calls itself
    a group, or has an arm's size; where the prose names no two arms, any labels are."""
    if len(index.arms) < 2:
        return True
    sizes = {arm.size.value for arm in index.arms if arm.size is not None}
    return any(
        index.find(label.cell.text) is not None
        or hint("arm_word", said(label.cell))
        or (label.size is not None and label.size.value in sizes)
        for label in labels
    )


def _plain_head(grids: Sequence[Grid], index: ArmIndex) -> list[_Label]:
    """The groups of the first table whose columns all are groups by their names, where no head gives sizes."""
    for grid in grids:
        # one label for each group, were it over several times ("Taping: pre", "Taping: post")
        every = _column_labels(index.text, grid)
        by_name = {bare_label(group_name(label.cell.text)): label for label in reversed(every)}
        if len(by_name) < 2:  # groups told apart by a time alone ("2 h group")
            by_name = {bare_label(label.cell.text): label for label in reversed(every)}
        labels = [_Label(label.cell, None) for label in reversed(by_name.values())]
        names = {bare_label(label.cell.text) for label in labels}
        if not 2 <= len(labels) <= _MOST_GROUPS or len(names) < len(labels):
            continue
        noun = [re.search(r"\b(?:group|arm)s?\b", said(label.cell)) is not None for label in labels]
        told = [(index.find(label.cell.text) or index.find(group_name(label.cell.text))) is not None or index.names_treatment(label.cell) for label in labels]
        if all(map(operator.or_, noun, told)):
            return labels
    return []


# -- people counted in rows ------------------------------------------------------------------------------------------


def _with_counted_sizes(text: str, arms: ArmReading, grids: Sequence[Grid], index: ArmIndex) -> ArmReading:
    """Give arms without a size what a row of a table counts ("Participants | 40 | 38")."""
    counted: dict[str, Number] = {}
    for grid in grids:
        columns = [_arm_of_path(path, index) for path in grid.paths]
        if len({arm for arm in columns if arm is not None}) < 2:
            continue
        for row in grid.rows:
            label = " ".join(said(cell) for cell in row.cells[: grid.stub] if cell is not None)
            printed = row_sizes(text, row, grid.stub)
            if not printed and not hint("people_row", label):
                continue
            own = {
                arm: number
                for c, (arm, cell) in enumerate(zip(columns, row.cells, strict=True))
                if arm is not None and cell is not None and (number := printed.get(c) or _whole_number(text, cell)) is not None
            }
            if len(own) >= 2 and min(number.value for number in own.values()) > 1:
                for arm, number in own.items():
                    counted.setdefault(arm, number)
                break
    sized = tuple(
        msgspec.structs.replace(arm, size=counted[arm.id]) if arm.size is None and arm.id in counted else arm
        for arm in arms.arms
    )
    return msgspec.structs.replace(arms, arms=sized)


def _with_sizes_behind_names(text: str, arms: ArmReading) -> ArmReading:
    """Give arms without a size the one beside their name ("group B (40 people)", "40 were in group B"), else the one that the text
    gives all groups at once ("two groups (n = 40)")."""
    open_arms = {arm.id for arm in arms.arms if arm.size is None and arm.role != "historical"}
    if not open_arms:
        return arms
    sizes: dict[str, Number] = {}
    for mention in arms.mentions:
        own = mention.arm_ids[0]
        if len(mention.arm_ids) == 1 and own in open_arms and (match := _BEHIND.match(text, mention.end)) is not None:
            sizes.setdefault(own, _number_at(match))
        elif len(mention.arm_ids) == 1 and own in open_arms:
            before = _BEFORE.search(text, max(0, mention.start - _REACH), mention.start)
            if before is not None:
                sizes.setdefault(own, _number_at(before))
    if not sizes and len(open_arms) == len(arms.arms) >= 2 and (match := _OF_EACH.search(text)) is not None:
        sizes = dict.fromkeys(open_arms, _number_at(match))
    return msgspec.structs.replace(
        arms, arms=tuple(msgspec.structs.replace(a, size=sizes.get(a.id, a.size)) for a in arms.arms)
    )


def _number_at(match: re.Match[str]) -> Number:
    return Number(text=match["n"], start=match.start("n"), end=match.end("n"), value=parse_number(match["n"]))


def _arm_of_path(path: Sequence[Cell], index: ArmIndex) -> str | None:
    """The arm that a column's labels name, none where one of them marks a part of the people."""
    if any(hint("subgroup", said(cell)) or hint("total", said(cell)) for cell in path):
        return None
    return next((arm for cell in reversed(path) if is_group_label(cell) and (arm := index.find(cell.text)) is not None), None)


def _whole_number(text: str, cell: Cell) -> Number | None:
    figure = read_cell(cell.text)
    if figure is None or not isinstance(figure.main.value, int) or figure.percent or figure.op is not None:
        return None
    if figure.first is not None and figure.first.value != 100:
        return None
    start, end = cell.place(figure.main.start, figure.main.end)
    return Number(text=text[start:end], start=start, end=end, value=figure.main.value)


# -- roles and namings -----------------------------------------------------------------------------------------------


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


def _given_back(text: str, mentions: Sequence[ArmMention], arm_id: str, cell: Cell) -> list[ArmMention]:
    """The mentions with those that say just what the head calls a group given to that group."""
    words = telling_words(bare_label(cell.text))
    return [
        msgspec.structs.replace(m, arm_ids=(arm_id,))
        if len(m.arm_ids) == 1 and words and telling_words(bare_label(text[m.start : m.end])) == words
        else m
        for m in mentions
    ]


def _letters_behind_names(
    reading: Reading, mentions: Sequence[ArmMention], found: Sequence[tuple[str, _Label]]
) -> list[ArmMention]:
    """The places where a group is called by the letter that stands behind its name elsewhere: "bracing (group I)"."""
    text = reading.text
    said = [(m.arm_ids[0], text[m.start : m.end]) for m in mentions if len(m.arm_ids) == 1]
    said += [(arm_id, label.cell.text) for arm_id, label in found]
    called: dict[str, set[str]] = {}
    for arm_id, name in said:
        if (match := _LETTER_BEHIND.search(name)) is not None:
            called.setdefault(" ".join(match[1].lower().split()), set()).add(arm_id)
    places = sorted((m.start, m.end) for m in mentions)
    more: list[ArmMention] = []
    for name, own in called.items():
        if len(own) > 1:
            continue
        noun, letter = name.split(" ")
        for match in re.finditer(rf"(?<![\w-]){noun}s? {re.escape(letter)}(?![\w-])", text, re.IGNORECASE):
            inside = any(table.start <= match.start() < table.end for table in reading.tables)
            i = bisect_left(places, match.end(), key=lambda place: place[0])
            if not inside and not (i and places[i - 1][1] > match.start()):
                more.append(ArmMention(start=match.start(), end=match.end(), arm_ids=tuple(own), rule="arm.letter_behind_name"))
    return more


def _cut_before(text: str, mention: ArmMention, named: Sequence[ArmMention]) -> ArmMention:
    """The mention without what a group's own name in ``named`` takes of its end."""
    over = next((n for n in named if mention.start < n.start < mention.end), None)
    if over is None:
        return mention
    kept = re.sub(r"(?:,? and|,? or|,)? *$", "", text[mention.start : over.start])
    return msgspec.structs.replace(mention, end=mention.start + len(kept)) if kept else mention


def _namings(reading: Reading, arm_id: str, cell: Cell, taken: Sequence[ArmMention]) -> list[ArmMention]:
    """The places in the prose that name a group of a table's head."""
    name = bare_label(cell.text)
    if not 1 < len(name) <= 40:
        return []
    bare = re.sub(_GROUP_NOUN + r"$", "", name)
    lettered = _LETTERED.fullmatch(name) is not None and bare == name and " " in name
    by_noun = hint("arm_word", bare) or hint("experimental", bare) or len(bare) < 4
    noun = _GROUP_NOUN if by_noun and not lettered else _GROUP_NOUN + "?"
    pattern = re.compile(rf"(?<![\w-]){re.escape(bare)}{noun}(?![\w-])|(?<![\w-]){re.escape(name)}(?![\w-])" if noun[-1] != "?" and name != bare else rf"(?<![\w-]){re.escape(bare)}{noun}(?![\w-])")  # fmt: skip
    places = sorted((m.start, m.end) for m in taken)
    found: list[ArmMention] = []
    at = 0
    for match in pattern.finditer(reading.text.lower() if len(reading.text.lower()) == len(reading.text) else reading.text):
        while at < len(places) and places[at][1] <= match.start():
            at += 1
        inside = any(table.start <= match.start() < table.end for table in reading.tables)
        # a name that runs on into this one ("X and Group" of "X and Group B") ends before it
        runs_on = at < len(places) and places[at][0] < match.start() and places[at][1] < match.end()
        if inside or (at < len(places) and places[at][0] < match.end() and not runs_on):
            continue
        found.append(ArmMention(start=match.start(), end=match.end(), arm_ids=(arm_id,), rule="arm.table_head"))
    return found
