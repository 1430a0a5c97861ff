"""Effects as CSV for the programs that pool them: metafor and netmeta (R), RevMan.

Each row ends with where its numbers stand: result keys, document, address, offsets in code points and the sentence, for
one estimate once, for two groups twice (``quote`` and ``quote2``).

Text cells that begin with =, +, -, @, a tab or a line break get an apostrophe before them, since spreadsheet programs
would take them for formulas (OWASP, "CSV Injection"). Numbers are written as numbers, so negative ones stay what they
are. To get a quote back exactly, take it from the document by its offsets.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from extractor.export.effects import Effect, LeftOut, comparable
from extractor.export.figures import Place, figures_of
from extractor.export.files import atomic_file
from extractor.export.plain import plain_text
from extractor.export.selecting import Source, selected

__all__ = ["METAFOR", "NETMETA", "REVMAN", "Exported", "safe_cell", "to_metafor", "to_netmeta", "to_revman"]

_WHERE = ("document", "url", "start", "end", "quote")
_SOURCE = (
    "trial",
    "registry_ids",
    "results",
    "derivation",
    "belief",
    "marks",
    "others",
    *_WHERE,
    *(f"{name}2" for name in _WHERE),
)
_SET = ("set", "outcome", "measure", "timepoint", "subgroup", "unit")
METAFOR = (
    *("study", *_SET, "treat1", "treat2", "yi", "sei", "vi", "ai", "bi", "ci", "di"),
    *("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i", *_SOURCE),
)
NETMETA = ("studlab", "treat1", "treat2", "TE", "seTE", "sm", *_SET, "event1", "n1", "event2", "n2", *_SOURCE)
REVMAN = (
    *("Study", "Outcome", "Subgroup", "Time point", "Unit", "Experimental", "Control"),
    *("Experimental cases", "Experimental mean", "Experimental SD", "Experimental N"),
    *("Control cases", "Control mean", "Control SD", "Control N", "Effect measure", "GIV Mean", "GIV SE", *_SOURCE),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_Cells = dict[str, Any]


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What an export of rows did: how many were written, and why figures were left out, with their number."""

    rows: int
    left_out: LeftOut = {}


def safe_cell(value: Any) -> Any:
    """Return ``value`` as a cell that no spreadsheet takes for a formula: text that looks like one gets an apostrophe."""
    if not isinstance(value, str):
        return value
    text = plain_text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def to_metafor(source: Source, path: str | os.PathLike[str], **filters: Any) -> Exported:
    """Write comparisons as CSV for ``metafor``: yi with sei and vi, or 2x2 tables, or means.

    ``rma(yi, vi, data = subset(d, set == "..."))`` pools estimates (of ratios yi is the logarithm);
    ``rma(measure = "OR", ai = ai, bi = bi, ci = ci, di = di, data = ...)`` pools tables of events, with ai and bi of the
    first group with and without the event; ``rma(measure = "MD", m1i = m1i, sd1i = sd1i, n1i = n1i, ...)`` pools means.
    ``set`` tells which rows can be pooled. Rows of one trial with one control share its people.

    Args:
        source: an EvidenceGraph or a networkx graph of its model. path: the file. filters: as for
            ``EvidenceGraph.results``, only with an EvidenceGraph.

    Returns:
        The number of rows, and why figures were left out (``extractor.export.effects.comparable``).

    Raises:
        TypeError: ``source`` is neither. UnknownNameError: a filter is not known. OSError: the file cannot be written.
    """
    return _write(source, path, filters, METAFOR, lambda effect, left: _metafor(effect))


def to_netmeta(source: Source, path: str | os.PathLike[str], **filters: Any) -> Exported:
    """Write comparisons as CSV for ``netmeta(TE, seTE, treat1, treat2, studlab, data = ..., sm = ...)``.

    TE is the estimate (log of ratios), from events the log odds ratio (0.5 added to each cell where one is 0), from
    means their difference; ``sm`` tells which, and ``set`` which rows belong together. Left out are groups whose
    treatment is not known, and comparisons of a treatment with itself.

    Args, returns and raises: as ``to_metafor``.
    """
    return _write(source, path, filters, NETMETA, _netmeta)


def to_revman(source: Source, path: str | os.PathLike[str], **filters: Any) -> Exported:
    """Write comparisons as CSV with the columns of RevMan's data rows.

    Events and numbers of both groups for dichotomous outcomes, mean, SD and number for continuous ones, and for
    estimates the generic inverse variance (GIV Mean and GIV SE, of ratios the logarithm).

    Args, returns and raises: as ``to_metafor``.
    """
    return _write(source, path, filters, REVMAN, lambda effect, left: _revman(effect))


def _write(
    source: Source,
    path: str | os.PathLike[str],
    filters: dict[str, Any],
    columns: tuple[str, ...],
    row_of: Callable[[Effect, LeftOut], _Cells | None],
) -> Exported:
    effects, left = comparable(figures_of(selected(source, filters)))
    rows = [row for effect in effects if (row := row_of(effect, left)) is not None]
    with atomic_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        _write_rows(text, columns, rows)
        text.flush()
        text.detach()
    return Exported(rows=len(rows), left_out=dict(sorted(left.items())))


def _write_rows(file: io.TextIOWrapper, columns: tuple[str, ...], rows: Iterable[_Cells]) -> None:
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: safe_cell(_number(value)) for name, value in row.items()})


def _number(value: Any) -> Any:
    """Whole numbers without ".0", others with all their digits; nothing for None."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _source(effect: Effect) -> _Cells:
    cells: _Cells = {
        "trial": effect.trial.removeprefix("trial:"),
        "registry_ids": effect.registry_ids,
        "results": " | ".join(effect.results),
        "derivation": effect.derivation,
        "belief": effect.belief,
        "marks": effect.marks,
        "others": effect.others,
    }
    for place, suffix in zip(effect.places, ("", "2"), strict=False):
        cells |= {f"{name}{suffix}": value for name, value in _place(place).items()}
    return cells


def _place(place: Place) -> _Cells:
    return {name: getattr(place, name) for name in _WHERE}


def _set(effect: Effect) -> _Cells:
    return {
        "set": effect.set,
        "outcome": effect.outcome,
        "measure": effect.measure,
        "timepoint": effect.time,
        "subgroup": effect.subgroup,
        "unit": effect.unit,
    }


def _metafor(effect: Effect) -> _Cells:
    cells: _Cells = {"study": effect.study, "treat1": effect.arm.treatment, "treat2": effect.comparator.treatment}
    if effect.kind == "estimate":
        assert effect.sei is not None
        cells |= {"yi": effect.yi, "sei": effect.sei, "vi": effect.sei**2}
        cells |= {"n1i": effect.arm.size, "n2i": effect.comparator.size}
    elif effect.kind == "events":
        (events, total), (events2, total2) = effect.first, effect.second
        cells |= {
            "ai": events,
            "bi": total - events,
            "ci": events2,
            "di": total2 - events2,
            "n1i": total,
            "n2i": total2,
        }
    else:
        names = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
        cells |= dict(zip(names, (*effect.first, *effect.second), strict=True))
    return cells | _set(effect) | _source(effect)


def _netmeta(effect: Effect, left: LeftOut) -> _Cells | None:
    reason = None
    if not effect.arm.treatments or not effect.comparator.treatments:
        reason = "treatment of a group not known"
    elif effect.arm.treatments == effect.comparator.treatments:
        reason = "both groups with the same treatment"
    pair = _contrast(effect) if reason is None else None
    if reason is None and pair is None:
        reason = "no event in either group, or in everybody"
    if reason is not None or pair is None:
        left[reason or ""] = left.get(reason or "", 0) + 1
        return None
    cells: _Cells = {
        "studlab": effect.study,
        "treat1": effect.arm.treatment,
        "treat2": effect.comparator.treatment,
        "TE": pair[0],
        "seTE": pair[1],
        "sm": {"events": "OR", "means": "MD"}.get(effect.measure, effect.measure),
    }
    if effect.kind == "events":
        names = ("event1", "n1", "event2", "n2")
        cells |= dict(zip(names, (*effect.first, *effect.second), strict=True))
    derived = {"derivation": f"{effect.derivation}; {pair[2]}" if pair[2] else effect.derivation}
    return cells | _set(effect) | _source(effect) | derived


def _contrast(effect: Effect) -> tuple[float, float, str] | None:
    """Return (estimate, standard error, derivation); None where no odds ratio can be made.

    Log odds ratio with SE = sqrt(1/a + 1/b + 1/c + 1/d); difference of means with SE = sqrt(sd1^2/n1 + sd2^2/n2)
    (Cochrane Handbook 10.4.1 and 10.5).
    """
    if effect.kind == "estimate":
        assert effect.yi is not None and effect.sei is not None
        return effect.yi, effect.sei, ""
    if effect.kind == "events":
        (a, n1), (c, n2) = effect.first, effect.second
        cells = [a, n1 - a, c, n2 - c]
        if (a == 0 and c == 0) or (a == n1 and c == n2):
            return None
        how = "TE = log odds ratio"
        if 0 in cells:
            cells = [cell + 0.5 for cell in cells]
            how += ", 0.5 added to each cell"
        return math.log(cells[0] * cells[3] / (cells[1] * cells[2])), math.sqrt(sum(1 / cell for cell in cells)), how
    (m1, sd1, n1), (m2, sd2, n2) = effect.first, effect.second
    error = math.sqrt(sd1**2 / n1 + sd2**2 / n2)
    return (m1 - m2, error, "TE = difference of means") if error > 0 else None


def _revman(effect: Effect) -> _Cells:
    cells: _Cells = {
        "Study": effect.study,
        "Outcome": effect.outcome,
        "Subgroup": effect.subgroup,
        "Time point": effect.time,
        "Unit": effect.unit,
        "Experimental": effect.arm.label,
        "Control": effect.comparator.label,
        "Effect measure": effect.measure if effect.kind == "estimate" else None,
    }
    if effect.kind == "estimate":
        cells |= {"GIV Mean": effect.yi, "GIV SE": effect.sei}
        cells |= {"Experimental N": effect.arm.size, "Control N": effect.comparator.size}
    else:
        names = ("cases", "N") if effect.kind == "events" else ("mean", "SD", "N")
        for side, numbers in (("Experimental", effect.first), ("Control", effect.second)):
            cells |= {f"{side} {name}": number for name, number in zip(names, numbers, strict=True)}
    return cells | _source(effect)
