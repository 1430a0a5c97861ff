"""A Figure as the plain dict that the case table holds: only what is set, offsets given by the text they cover."""

from __future__ import annotations

from typing import Any

from extractor.reading.figures import read_figures
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.types import Figure, Token

__all__ = ["figures_of", "tokens_of", "view"]


def tokens_of(text: str) -> list[Token]:
    """Return the tokens that the reader makes of ``text``."""
    plain = plain_text(text)
    return read_figures(text, plain, scan_words(text, plain), split_sentences(text))


def figures_of(text: str) -> list[Figure]:
    """Return the figures that the reader finds in ``text``."""
    return [token.figure for token in tokens_of(text) if token.figure is not None]


def view(figure: Figure, text: str) -> dict[str, Any]:
    """Return what a case states of ``figure``: kind, value, span and whatever else is set."""
    seen: dict[str, Any] = {
        "kind": figure.kind,
        "value": figure.value,
        "span": text[figure.value_start : figure.value_end],
    }
    if (figure.start, figure.end) != (figure.value_start, figure.value_end):
        seen["whole"] = text[figure.start : figure.end]
    for name in ("high", "unit", "modifier", "measure"):
        if getattr(figure, name) is not None:
            seen[name] = getattr(figure, name)
    for name in ("events", "total", "baseline"):
        number = getattr(figure, name)
        if number is not None:
            assert text[number.start : number.end] == number.text
            seen[name] = number.value
    spread = figure.dispersion
    if spread is not None:
        seen[spread.kind] = spread.value if spread.kind in ("sd", "se") else [spread.low, spread.high]
    if figure.ci is not None:
        seen["ci"] = [figure.ci.low, figure.ci.high, figure.ci.level]
    if figure.p_value is not None:
        seen["p"] = [figure.p_value.op, figure.p_value.value, figure.p_value.kind]
    return seen
