"""Every figure of a text, one line each, for people and for debugging."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.reading.figures import read_figures
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.types import Figure

__all__ = ["figure_lines", "list_figures"]


def list_figures(text: str) -> list[Figure]:
    """Return the figures of ``text`` in order, those that are no results (doses, ages, dates) included."""
    plain = plain_text(text)
    tokens = read_figures(text, plain, scan_words(text, plain), split_sentences(text))
    return [token.figure for token in tokens if token.figure is not None]


def figure_lines(text: str) -> Iterator[str]:
    """Yield one line per figure: kind, value, [start, end], what is printed, what was attached, and the pattern's id."""
    for figure in list_figures(text):
        value = "" if figure.value is None else f"{figure.value:g}"
        if figure.high is not None:
            value += f"..{figure.high:g}"
        unit = f" {figure.unit}" if figure.unit is not None else ""
        kind = figure.kind if figure.measure is None else f"{figure.kind}:{figure.measure}"
        printed = " ".join(text[figure.start : figure.end].split())
        parts = [kind, f"{value}{unit}", f"[{figure.value_start}, {figure.value_end}]", printed, *_attached(figure)]
        yield "\t".join([*parts, figure.rule])


def _attached(figure: Figure) -> list[str]:
    parts: list[str] = []
    if figure.events is not None or figure.total is not None:
        events = "?" if figure.events is None else f"{figure.events.value:g}"
        total = "?" if figure.total is None else f"{figure.total.value:g}"
        parts.append(f"n/N={events}/{total}")
    if figure.ci is not None:
        level = "" if figure.ci.level is None else f"{figure.ci.level:g}%"
        parts.append(f"CI{level}={figure.ci.low}..{figure.ci.high}")
    if figure.dispersion is not None:
        spread = figure.dispersion
        parts.append(f"{spread.kind}={spread.value if spread.value is not None else f'{spread.low}..{spread.high}'}")
    if figure.p_value is not None:
        parts.append(f"p{figure.p_value.op}{figure.p_value.value:g}")
    if figure.baseline is not None:
        parts.append(f"baseline={figure.baseline.value:g}")
    if figure.modifier is not None:
        parts.append(f"({figure.modifier})")
    return parts
