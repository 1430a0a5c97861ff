"""What the checks know of scales and categories, as data: ``data/scales.tsv`` and ``data/exclusive.tsv``."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from extractor.errors import LexiconError
from extractor.lexicon.tables import read_table, split_cell
from extractor.records import Outcome

__all__ = ["Scale", "exclusive_sets", "load_scales", "scale_of"]

_DATA = Path(__file__).parent / "data"
_LONGEST_NAME = 300


class Scale(NamedTuple):
    """A scale: the ends of its total score and the ``step`` between scores of one person, None where it may be finer."""

    id: str
    names: re.Pattern[str]
    low: float
    high: float
    step: float | None


@cache
def load_scales() -> tuple[Scale, ...]:
    """Return the scales of ``data/scales.tsv``.

    Raises:
        LexiconError: a row is malformed, repeats an id, or does not know its own example.
    """
    scales: list[Scale] = []
    columns = ("id", "names", "low", "high", "step", "example", "counter", "source")
    for (name, names, low, high, step, example, counter, source), where in read_table(_DATA / "scales.tsv", columns):
        try:
            scale = Scale(
                name,
                re.compile("|".join(rf"\b{re.escape(part)}(?!\w)" for part in split_cell(names)), re.IGNORECASE),
                float(low),
                float(high),
                float(step) if step else None,
            )
        except ValueError as error:
            raise LexiconError(str(error), where) from error
        if not source or scale.low >= scale.high or (scale.step is not None and scale.step <= 0):
            raise LexiconError("the ends, the step or the source make no sense", where)
        if any(known.id == name for known in scales):
            raise LexiconError(f"repeats the id {name}", where)
        if not scale.names.search(example) or (counter and scale.names.search(counter)):
            raise LexiconError(f"{name!r} contradicts its examples", where)
        scales.append(scale)
    return tuple(scales)


def scale_of(outcome: Outcome | None) -> Scale | None:
    """Return the scale that ``outcome`` names; None where it names none, or two."""
    return None if outcome is None else _scale_named(outcome.name.text[:_LONGEST_NAME])


@lru_cache(maxsize=20_000)
def _scale_named(name: str) -> Scale | None:
    found = [scale for scale in load_scales() if scale.names.search(name)]
    return found[0] if len(found) == 1 else None


@cache
def exclusive_sets() -> dict[str, str]:
    """Return outcome concept -> set of categories of which a participant has one only.

    Raises:
        LexiconError: a row is malformed, or a concept stands in two sets.
    """
    sets: dict[str, str] = {}
    for (concept, name, source), where in read_table(_DATA / "exclusive.tsv", ("concept", "set", "source")):
        if not name or not source:
            raise LexiconError("empty set or source", where)
        if concept in sets:
            raise LexiconError(f"repeats {concept!r}", where)
        sets[concept] = name
    return sets
