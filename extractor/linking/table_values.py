"""What the figures of a cell mean: the measure, the spread, events and total, by the words of header, row and caption.

The nearest words decide: the column's, then the row's, then the caption's and notes'. Where they leave open whether
"16 (53.3)" is a count with its share or a mean with its deviation, the size of the group does: 16 of 30 is 53.3%.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from extractor.linking.table_cells import CellFigure, Part
from extractor.linking.table_hints import hint, hints
from extractor.records import Measure

__all__ = ["Meaning", "decide", "pair_measure", "summary_of"]

_NEAR = ("mean_n", "percent_n", "mean_se", "mean_sd", "n_percent", "median_iqr", "median_range", "median", "percent", "mean", "count")
_FAR = ("mean_se", "mean_sd", "n_percent", "median_iqr", "median_range", "median", "mean")
_FAR_OFF = 5.0
_TOLERANCE = 0.6
"""Percentage points by which a printed share may differ from events / size (rounding to whole numbers)."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of a cell of one arm; parts are places in the cell's text."""

    measure: Measure
    value: Part
    unit: str | None = None
    events: Part | None = None
    total: Part | None = None
    spread: Literal["sd", "se", "iqr", "range"] | None = None
    spread_value: Part | None = None
    low: Part | None = None
    high: Part | None = None
    interval: bool = False


def summary_of(near: Sequence[str], far: Sequence[str]) -> str | None:
    """Return the summary that the words state: "mean_sd", "n_percent", "median" ... ; None where they differ or are mute.

    Args:
        near: texts of the column and the row, nearest first. far: caption and notes.
    """
    for text in near:
        found = hints(_NEAR, text)
        if found is not None and not (found == "percent" and hint("percent_unit", text)):
            return found
    stated = {field for text in far for field in _FAR[:4] if text and hint(field, text)}
    if len(stated) == 1:
        return next(iter(stated))
    if stated:
        return None
    return next((found for text in far if (found := hints(_FAR, text)) is not None), None)


def decide(figure: CellFigure, near: Sequence[str], far: Sequence[str], size: float | None) -> Meaning | None:
    """Return what a cell of one arm means, or None where it is no result.

    Args:
        figure: the figures of the cell. near, far: as for ``summary_of``. size: people in the column, if known.
    """
    summary = summary_of(near, far)
    if summary == "mean" and any(hint("mean_se", t) for t in far) and not any(hint("mean_sd", t) for t in (*near, *far)):
        summary = "mean_se"  # the head says mean, the notes what stands behind it
    if figure.total is not None:
        return _fraction(figure)
    if figure.spread is not None:
        kind: Literal["sd", "se"] = "se" if summary == "mean_se" or (any(hint("mean_se", t) for t in far) and not any(
            hint("mean_sd", t) for t in (*near, *far))) else "sd"  # fmt: skip
        return _mean(figure, near, kind, figure.spread)
    if figure.only_range:
        return None
    if figure.bracket_fraction and figure.first is not None and figure.second is not None:
        return _share_of_fraction(figure, figure.first, figure.second)
    if figure.first is not None and figure.second is not None:
        return _with_range(figure, summary, near, far)
    if figure.first is not None:
        return _with_bracket(figure, summary, near, far, size)
    return _alone(figure, summary, near, size)


def pair_measure(text: str) -> Measure | None:
    """Return the measure of a column that compares two arms, by its header in lower case, or None."""
    fields: tuple[Measure, ...] = (
        "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "risk_difference", "mean_difference",
    )  # fmt: skip
    return next((field for field in fields if hint(field, text)), None)


def _whole(part: Part) -> bool:
    return isinstance(part.value, int) and part.value >= 0


def _fraction(figure: CellFigure) -> Meaning | None:
    assert figure.total is not None
    if not _whole(figure.main) or figure.main.value > figure.total.value:
        return None
    if figure.first is not None and figure.second is None and figure.first.value <= 100:
        return Meaning(
            measure="percentage", value=figure.first, unit="%", events=figure.main, total=figure.total
        )  # fmt: skip
    return Meaning(measure="count", value=figure.main, events=figure.main, total=figure.total)


def _share_of_fraction(figure: CellFigure, events: Part, total: Part) -> Meaning | None:
    """ "11.2 (17/152)": a share with what it is the share of; None where it is not."""
    if not (_whole(events) and _whole(total)) or not 0 < total.value >= events.value:
        return None
    if abs(100 * events.value / total.value - figure.main.value) > _TOLERANCE:
        return None
    return Meaning(measure="percentage", value=figure.main, unit="%", events=events, total=total)


def _mean(figure: CellFigure, near: Sequence[str], kind: Literal["sd", "se"], spread: Part) -> Meaning:
    changed = any(hint("change", text) for text in near)
    return Meaning(
        measure="change" if changed else "mean", value=figure.main, unit="%" if figure.percent else None,
        spread=kind, spread_value=spread,
    )  # fmt: skip


def _with_range(figure: CellFigure, summary: str | None, near: Sequence[str], far: Sequence[str]) -> Meaning:
    median = summary in ("median", "median_iqr", "median_range") or not any(
        hint("ci", t) or hint("mean", t) for t in (*near, *far)
    )
    if median and not any(hint("ci", text) for text in near):
        kind: Literal["iqr", "range"] = "range" if summary == "median_range" else "iqr"
        return Meaning(measure="median", value=figure.main, spread=kind, low=figure.first, high=figure.second)
    changed = any(hint("change", text) for text in (*near, *far[:1]))
    share = (figure.percent or summary == "percent") and figure.main.value >= 0 and not changed
    measure: Measure = "percentage" if share else "change" if changed else "mean"
    return Meaning(
        measure=measure, value=figure.main, unit="%" if share else None, low=figure.first, high=figure.second, interval=True
    )  # fmt: skip


def _with_bracket(
    figure: CellFigure, summary: str | None, near: Sequence[str], far: Sequence[str], size: float | None
) -> Meaning | None:
    assert figure.first is not None
    main, first = figure.main, figure.first
    if summary == "mean_n" and _whole(first) and not figure.bracket_percent:
        changed = any(hint("change", text) for text in near)
        return Meaning(measure="change" if changed else "mean", value=main, total=first)
    if figure.percent:
        if summary not in ("mean_sd", "mean_se") and isinstance(first.value, int) and not figure.bracket_percent:
            return Meaning(measure="percentage", value=main, unit="%", events=first)
        return _mean(figure, near, "se" if summary == "mean_se" else "sd", first)
    share_first = _whole(first) and 0 <= main.value <= 100 and (size is None or first.value <= size)
    if share_first and summary == "percent_n":
        return Meaning(measure="percentage", value=main, unit="%", events=first)
    counted = _whole(main) and 0 <= first.value <= 100 and (size is None or main.value <= size)
    fits = counted and size is not None and size > 0 and abs(100 * main.value / size - first.value) <= _TOLERANCE
    if summary == "percent" and counted and not fits and not figure.bracket_percent:
        # "%" may be the unit of a mean: it is where the size contradicts a count, or the caption says so
        over = summary_of((), far)
        if over in ("mean_sd", "mean_se", "mean") or (size is not None and abs(100 * main.value / size - first.value) > _FAR_OFF):
            return _mean(figure, near, "se" if over == "mean_se" else "sd", first)
    stated_mean = summary in ("mean_sd", "mean_se", "mean", "median", "median_iqr", "median_range")
    if counted and (figure.bracket_percent or summary in ("n_percent", "percent") or (fits and not stated_mean)):
        return Meaning(measure="percentage", value=first, unit="%", events=main)
    if summary in ("median", "median_iqr", "median_range"):
        return Meaning(measure="median", value=main, spread="iqr", spread_value=first)
    if summary in ("mean_sd", "mean_se", "mean") or not counted or size is not None:
        return _mean(figure, near, "se" if summary == "mean_se" else "sd", first)
    return None


def _alone(figure: CellFigure, summary: str | None, near: Sequence[str], size: float | None) -> Meaning | None:
    main = figure.main
    if figure.percent or (summary == "percent" and abs(main.value) <= 100):
        if any(hint("change", text) for text in near):
            return Meaning(measure="change", value=main, unit="%")
        return Meaning(measure="percentage", value=main, unit="%")
    if summary in ("median", "median_iqr", "median_range"):
        return Meaning(measure="median", value=main)
    if _whole(main) and (summary is not None or size is not None) and (size is None or main.value <= size):
        counted = summary in ("n_percent", "count") or (
            summary is None and not any(hint("measured", text) or hint("change", text) for text in near)
        )
        if counted:
            return Meaning(measure="count", value=main, events=main)
    if summary == "count":
        return None
    if any(hint("rate", text) for text in near):
        return Meaning(measure="rate", value=main)
    changed = any(hint("change", text) for text in near)
    return Meaning(measure="change" if changed else "mean", value=main)
