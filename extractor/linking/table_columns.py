"""What each column of a table holds: an arm's values, their number or spread, a p-value, a comparison, a time."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.table_arms import ArmIndex, bare_label, has_name, label_size, without_size
from extractor.linking.table_cells import parse_number
from extractor.linking.table_hints import hint, hints
from extractor.linking.table_layout import Grid, said
from extractor.linking.table_values import pair_measure
from extractor.reading.tables import Cell
from extractor.records import Measure, Number, TimePoint

__all__ = ["Column", "When", "group_name", "is_group_label", "read_columns", "read_time"]

_UNIT = r"(?P<{0}>h|hrs?|hours?|d|days?|weeks?|wks?|wk|mos?|months?|y|yrs?|years?|min|minutes?)"
_TIME = re.compile(
    rf"(?<![\d.])(?:\d{{1,3}} ?(?:--?|–|—|to) ?)?(?P<a>\d{{1,4}}(?:\.\d)?) ?-? ?{_UNIT.format('u')}\b|\b{_UNIT.format('v')}\.? ?(?P<b>\d{{1,4}})(?![\d.])"
)
_BLANKS = str.maketrans(dict.fromkeys("\xa0\u2009\u202f\u2008\u2002\u2003\u2005\u200a", " "))
_SUMMARY = re.compile(
    r"[,;]? ?\b(?:means?|medians?|m|n|no\.?)\b ?(?:±|\+/-)? ?(?:\((?:sd|se|sem|iqr|%|range|n)\)|\b(?:sd|se|sem)\b)?|\((?:sd|se|sem|%|n|n, ?%)\)",
    re.IGNORECASE,
)
_PHASE = re.compile(
    r"[ :,;(–-]{1,3}(?P<phase>pre|post|before|after|baseline|follow-?up|pre-?(?:test|treatment|intervention)|post-?(?:test|treatment|intervention))\)?$",
    re.IGNORECASE,
)
_MEAN_SIGNS = ("x", "χ", "m")
_UNITS = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_ROLES = ("p", "ignore", "sd", "se", "iqr", "range")
_MEASURE_WORDS = ("mean_se", "mean_sd", "n_percent", "median_iqr", "median_range", "median", "mean", "percent", "count", "n", "change", "ci")  # fmt: skip


class When(msgspec.Struct, frozen=True, kw_only=True):
    """When figures were taken: at baseline, or later, at a time point where one is printed. ``treated``: directly after
    treatment ("post-test"), not at a later visit ("follow-up")."""

    baseline: bool = False
    point: TimePoint | None = None
    treated: bool = False


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: ``role`` is "value", "n", "sd", "se", "iqr", "range", "ci", "p", "pair" (a comparison), "total" or
    "ignore"; ``topics`` are header cells that name an outcome or a subgroup; ``words`` what its header says."""

    index: int
    role: str
    words: tuple[str, ...]
    arm: str | None = None
    size: Number | None = None
    when: When | None = None
    topics: tuple[Cell, ...] = ()
    measure: Measure | None = None


def read_time(cell: Cell, unit: str | None = None) -> When | None:
    """Return the time that a label is, or None where it says more than a time or none at all.

    Args:
        cell: the label. unit: the unit that the head of its column gives ("weeks" over 0, 12, 24).
    """
    text = said(cell)
    if hint("baseline", text):
        return When(baseline=True)
    if unit is not None and re.fullmatch(r"\d{1,3}", text):
        point = _point(cell, parse_number(text), unit, 0, len(cell.text))
        return When(baseline=point.value == 0, point=point)
    plain = cell.text.lower().translate(_BLANKS)
    match = _TIME.search(plain)
    if match is not None:
        rest = plain[: match.start()] + plain[match.end() :]
        if not re.fullmatch(
            r"(?:[\s(),.:;*±-]|sd|se|at|after|post|treatment|intervention|surgery|operation|follow|up|mean|values?|scores?|the|of|end|visit|t\d|to|from|randomi[sz]ation|later|total|overall|postoperative|postoperatively|therapy|\bn ?= ?\d+)*",
            rest,
        ):
            return None
        number = match["a"] or match["b"]
        point = _point(cell, parse_number(number), match["u"] or match["v"], *match.span())
        return When(baseline=point.value == 0, point=point)
    return When(treated=hint("after_treatment", text)) if hint("followup", text) else None


def _time_of_summary(cell: Cell) -> When | None:
    """Return the time in a label that says besides only how values are summed up ("Mean at baseline", "Median (IQR)
    change from baseline to week 24"); None where it names anything else, or two times."""
    text = cell.text.lower().translate(_BLANKS)
    plain = re.sub(r"^(?:of|at) ", "", " ".join(_SUMMARY.sub(" ", text).split()).strip(" ,;:"))
    if hint("baseline", plain) or hint("followup", plain):
        return When(baseline=hint("baseline", plain), treated=hint("after_treatment", plain))
    if "baseline" in text and not hint("change", text) and _only_measure(re.sub(r"\bat\b", " ", text)):
        return When(baseline=True)
    match = _TIME.search(text)
    rest = text[: match.start()] + " " + text[match.end() :] if match is not None else ""
    if match is None or _TIME.search(rest) or not _only_measure(re.sub(r"\b(?:at|to|after|over|week|follow[- ]?up)\b", " ", rest)):
        return None
    number = match["a"] or match["b"]
    return When(point=_point(cell, parse_number(number), match["u"] or match["v"], *match.span()))


def _point(cell: Cell, value: int | float, unit: str, first: int, stop: int) -> TimePoint:
    name = "minute" if unit.startswith("min") else _UNITS[unit[0]]
    return TimePoint(value=value, unit=name, span=cell.place(first, stop))


def read_columns(text: str, grid: Grid, index: ArmIndex, may_add: bool) -> list[Column]:
    """Return the columns right of the stub.

    Args:
        text: the document. grid: the table laid out. index: the arms; new ones are added where ``may_add``.
    """
    named = _arms_of_labels(text, grid, index, may_add)
    columns = [_column(text, grid.paths[c], c, named) for c in range(grid.stub, grid.columns)]
    # "x" above the first of two columns is the mean, not a statistic, where the second is its deviation
    return [
        msgspec.structs.replace(column, role="value", words=("mean", *column.words[1:]))
        if column.role == "ignore" and column.words[0] in _MEAN_SIGNS and after is not None and after.role in ("sd", "se")
        else column
        for column, after in zip(columns, [*columns[1:], None], strict=True)
    ]


def _arms_of_labels(text: str, grid: Grid, index: ArmIndex, may_add: bool) -> dict[int, str]:
    """Return the arm of each header label, by where the label begins."""
    labels = {cell.start: cell for path in grid.paths[grid.stub :] for cell in path}
    found: dict[int, str] = {}
    open_labels: list[Cell] = []
    for start, cell in labels.items():
        words = said(cell)
        if _never_arm(words):
            continue
        arm = index.find(cell.text) or index.find(group_name(cell.text))
        if arm is not None:
            found[start] = arm
        elif read_time(cell) is None and has_name(cell):
            open_labels.append(cell)
    sized = [cell for cell in open_labels if label_size(text, cell) is not None or hint("arm_word", said(cell))]
    # a label that could not be told from its neighbour's arm is an arm of its own: each column of a pair has one
    if not found and len(index.arms) >= 2:
        # the document has its groups; others must call themselves so
        sized = [cell for cell in sized if hint("arm_word", said(cell))]
    if may_add and (found or len(sized) >= 2):
        for cell in sized:
            found[cell.start] = index.find(cell.text) or index.add(cell)
    return found if len(set(found.values())) >= 2 else {}


def group_name(text: str) -> str:
    """Return a label without its time and summary: "Exercise 0-6 weeks, m (SD)" names the exercise group."""
    plain = _PHASE.sub("", text.translate(_BLANKS))
    match = _TIME.search(plain.lower())
    if match is not None:
        plain = plain[: match.start()].rstrip("0123456789-–—, (") + " " + plain[match.end() :]
    return _SUMMARY.sub(" ", plain).strip(" ,:;()")


def is_group_label(cell: Cell) -> bool:
    """Return whether a header label can name a group of people: no p-value, summary, time, total or comparison."""
    return not _never_arm(said(cell)) and read_time(cell) is None


def _never_arm(words: str) -> bool:
    if re.fullmatch(r"[a-z]{1,2} ?\(n ?= ?\d[\d,]*\)", words):
        return False  # a group by its initial, not a p-value
    if hints(("p", "ignore", "total", "sd", "se", "n", "ci"), words) is not None or pair_measure(words) is not None:
        return True
    return re.match(r"(?:mean|median|n|no\.|number|%|change|baseline)\b(?! \w+ (?:group|arm))", words) is not None


def _column(text: str, path: Sequence[Cell], at: int, named: dict[int, str]) -> Column:
    arm: str | None = None
    size: Number | None = None
    when: When | None = None
    topics: list[Cell] = []
    words = tuple(without_size(cell.text) for cell in reversed(path))
    groups = [cell.start for cell in path if cell.start in named]
    for cell in path:
        if cell.start in groups[-1:]:
            arm = named[cell.start]
            size = label_size(text, cell) or size
            phase = _PHASE.search(cell.text.translate(_BLANKS))
            if phase is not None and when is None:
                told = phase["phase"].lower()
                when = When(baseline=hint("baseline", told), treated=hint("after_treatment", told))
            timed = _TIME.search(cell.text.lower().translate(_BLANKS))
            if timed is not None and when is None and "baseline" not in said(cell):
                when = When(point=_point(cell, parse_number(timed["a"] or timed["b"]), timed["u"] or timed["v"], *timed.span()))
            continue
        if not has_name(cell) and label_size(text, cell) is not None:
            size = label_size(text, cell)  # "(n = 40)" in a row of its own
            continue
        time = read_time(cell) or _time_of_summary(cell)
        if time is not None:
            when = time
        elif not _only_measure(said(cell)) and pair_measure(said(cell)) is None:
            topics.append(cell)
            size = size or label_size(text, cell)
    said_over = [without_size(c.text) for c in reversed(path) if arm is None or not hint("total", said(c)) or c.start in groups]
    own = next((without_size(c.text) for c in path if c.start in groups[-1:]), None)
    role, measure = _role(said_over, arm, own)
    return Column(
        index=at, role=role, words=words, arm=arm, size=size, when=when, topics=tuple(topics), measure=measure
    )  # fmt: skip


def _only_measure(words: str) -> bool:
    """Whether a label says only how values are summed up ("Mean (SD)", "n (%)")."""
    if hints((*_ROLES, "n", "ci"), words) is not None and len(words) < 30:
        return True
    bare = re.sub(
        r"\b(?:means?|medians?|sd|se|sem|iqr|n|no|number|of|patients|subjects|participants|percent|values?|scores?|adjusted|ls|range|q1|q3|quartiles?|interquartile|25th|75th|percentiles?|changes?|from|baseline|standard|deviation|error|ci|and|or|in|total|score|events?)\b|[\W\d_]+",
        "",
        words,
    )
    return not bare


def _role(words: Sequence[str], arm: str | None, own: str | None) -> tuple[str, Measure | None]:
    """The role of a column by its labels, the lowest first."""
    for text in words:
        bare = bare_label(text) or text
        if text == own:
            continue  # the label of the arm itself, were it "P"
        if hint("total", text):
            return "total", None
        found = hints(_ROLES, text)
        if found is not None and not (found in ("range", "iqr") and "median" in text):
            return ("ignore" if found == "ignore" else found), None
        measure = pair_measure(text)
        if measure is not None and (arm is None or "vs" in text or " and " in text or "difference" in text):
            return "pair", measure
        if text is words[0] and hint("ci", text) and not hint("mean", text) and len(text) < 25:
            return "ci", None
        if hint("n", bare) and (text is words[0]) and not hint("n_percent", text):
            return "n", None
    return "value", None
