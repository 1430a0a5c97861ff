"""Forest plots of pooled evidence: as text for the terminal, as SVG, and through matplotlib as PNG or PDF."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from extractor.analysis.evidence import PooledSet
from extractor.errors import AnalysisError
from extractor.report.tables import printable

__all__ = ["forest_svg", "forest_text", "save_forest"]

_ROW, _TOP, _NAME, _PLOT, _NUMBERS = 26, 58, 260, 380, 250
_TEXT_WIDTH = 41
_LONGEST = 34


class _Line(NamedTuple):
    """A row of the plot: estimate and interval on the pooling scale."""

    name: str
    estimate: float
    low: float
    high: float
    weight: float | None


def _lines(found: PooledSet) -> list[_Line]:
    rows = [_Line(s.study, s.effect.estimate, s.low, s.high, s.weight) for s in found.studies]
    pooled = found.pooled
    name = "Pooled, common effect" if pooled.model == "common" else "Pooled, random effects"
    return [*rows, _Line(name, pooled.estimate, pooled.low, pooled.high, None)]


def _bounds(found: PooledSet, lines: Sequence[_Line]) -> tuple[float, float]:
    """The ends of the axis: all estimates and the line of no effect, intervals as far as they are not out of all measure."""
    middle = [line.estimate for line in lines] + [0.0]
    spread = max(max(middle) - min(middle), 0.2 if found.logarithmic else 1e-9)
    low = min([*middle, *(max(line.low, min(middle) - 1.5 * spread) for line in lines)])
    high = max([*middle, *(min(line.high, max(middle) + 1.5 * spread) for line in lines)])
    edge = 0.05 * (high - low) or 1.0
    return low - edge, high + edge


def _number(value: float) -> str:
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _figures(found: PooledSet, line: _Line) -> str:
    estimate, low, high = (_number(found.shown(value)) for value in (line.estimate, line.low, line.high))
    return f"{estimate} [{low}, {high}]"


def p_text(p: float) -> str:
    """Return a p-value as it is printed: three decimals, "p < 0.001" below that."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def heading(found: PooledSet) -> str:
    """Return what is pooled, in one line: "overall survival, HR, at 24 months"."""
    parts = [found.outcome, f"{found.measure}{f' ({found.unit})' if found.unit else ''}"]
    parts += [f"at {found.time}{'' if found.time.startswith('1 ') else 's'}"] if found.time else []
    parts += [found.subgroup] if found.subgroup else []
    return ", ".join(parts)


def heterogeneity(found: PooledSet) -> str:
    """Return Q, I² and tau² in one line; for one study that there is one only."""
    pooled = found.pooled
    if pooled.studies < 2 or pooled.q_p is None:
        return "one study: nothing to pool"
    told = f"Q = {pooled.q:.2f} (df = {pooled.q_df}, {p_text(pooled.q_p)}), I² = {100 * pooled.i2:.0f} %"
    if pooled.model == "common":
        return told
    told += f", tau² = {pooled.tau2:.4f} ({pooled.method})"
    if pooled.tau2_interval is not None:
        told += f" [{pooled.tau2_interval[0]:.4f}, {pooled.tau2_interval[1]:.4f}]"
    if pooled.prediction is not None:
        low, high = (_number(found.shown(value)) for value in pooled.prediction)
        told += f"; prediction interval [{low}, {high}]"
    return told


# ---- text


def forest_text(found: PooledSet) -> str:
    """Return the plot as lines of text: "o" an estimate, "-" its interval, "#" the pooled effect, "|" no effect.

    An arrow at an end says that the interval goes on.
    """
    lines = _lines(found)
    low, high = _bounds(found, lines)

    def column(value: float) -> int:
        return round((value - low) / (high - low) * (_TEXT_WIDTH - 1))

    out = [heading(found)]
    width = max(min(max(len(printable(line.name)) for line in lines), _LONGEST), 5)
    for line in lines:
        cells = [" "] * _TEXT_WIDTH
        cells[column(0.0)] = "|"
        start, stop = column(max(line.low, low)), column(min(line.high, high))
        for i in range(start, stop + 1):
            cells[i] = "-" if line.weight is not None else "="
        if line.low < low:
            cells[0] = "<"
        if line.high > high:
            cells[-1] = ">"
        cells[column(line.estimate)] = "o" if line.weight is not None else "#"
        weight = f"{100 * line.weight:5.1f} %" if line.weight is not None else " " * 7
        name = printable(line.name)[:_LONGEST]
        out.append(f"{name:<{width}}  {''.join(cells)}  {_figures(found, line):<24} {weight}".rstrip())
    out.append(heterogeneity(found))
    return "\n".join(out) + "\n"


# ---- SVG


def forest_svg(found: PooledSet) -> str:
    """Return the plot as an SVG document of its own: text is escaped, nothing is loaded from elsewhere.

    It has a title and a description for screen readers, and takes the colour of the text around it.
    """
    lines = _lines(found)
    low, high = _bounds(found, lines)
    width, height = _NAME + _PLOT + _NUMBERS, _TOP + _ROW * len(lines) + 48

    def x(value: float) -> float:
        return _NAME + (min(max(value, low), high) - low) / (high - low) * _PLOT

    about = f"{heading(found)}: {_figures(found, lines[-1])}. {heterogeneity(found)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="currentColor" stroke="none">',
        f"<title>{_xml(heading(found))}</title><desc>{_xml(about)}</desc>",
        f'<text x="0" y="18" font-weight="bold">{_xml(heading(found))}</text>',
        f'<text x="{width}" y="{_TOP - 14}" text-anchor="end">{_xml(found.measure)} '
        f"[{100 * found.pooled.level:g} % CI], weight</text>",
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{_TOP - 6}" y2="{height - 42}" stroke="currentColor" '
        'stroke-dasharray="3 3" stroke-width="1" opacity="0.6"/>',
    ]
    for number, line in enumerate(lines):
        parts += _svg_row(found, line, _TOP + _ROW * number + _ROW / 2, x, width)
    parts += _svg_axis(found, low, high, x, height - 38)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _xml(text: str) -> str:
    """Escape, without what XML cannot hold."""
    return escape("".join(c for c in text if c in "\t\n" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF)))


def _svg_row(found: PooledSet, line: _Line, y: float, x: Any, width: int) -> list[str]:
    name = line.name if len(line.name) <= _LONGEST else f"{line.name[: _LONGEST - 1]}…"
    parts = [
        f'<text x="0" y="{y + 4:.1f}"{"" if line.weight is not None else " font-weight=" + chr(34) + "bold" + chr(34)}>'
        f"<title>{_xml(line.name)}</title>{_xml(name)}</text>"
    ]
    if line.weight is None:
        points = f"{x(line.low):.1f},{y:.1f} {x(line.estimate):.1f},{y - 7:.1f} {x(line.high):.1f},{y:.1f} "
        parts.append(f'<polygon points="{points}{x(line.estimate):.1f},{y + 7:.1f}"/>')
    else:
        side = 4 + 10 * math.sqrt(line.weight)
        parts.append(
            f'<line x1="{x(line.low):.1f}" x2="{x(line.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor"/>'
        )
        parts.append(
            f'<rect x="{x(line.estimate) - side / 2:.1f}" y="{y - side / 2:.1f}" width="{side:.1f}" height="{side:.1f}"/>'
        )
    weight = f"  {100 * line.weight:.1f} %" if line.weight is not None else ""
    parts.append(f'<text x="{width}" y="{y + 4:.1f}" text-anchor="end">{_xml(_figures(found, line))}{weight}</text>')
    return parts


def _svg_axis(found: PooledSet, low: float, high: float, x: Any, y: float) -> list[str]:
    parts = [
        f'<line x1="{_NAME}" x2="{_NAME + _PLOT}" y1="{y}" y2="{y}" stroke="currentColor" stroke-width="1"/>',
    ]
    for tick in _ticks(found, low, high):
        parts.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{y}" y2="{y + 5}" stroke="currentColor"/>')
        label = f"{found.shown(tick):.3g}"
        parts.append(f'<text x="{x(tick):.1f}" y="{y + 19}" text-anchor="middle" font-size="11">{label}</text>')
    parts.append(f'<text x="0" y="{y + 32}" font-size="11">{_xml(heterogeneity(found))}</text>')
    return parts


def _ticks(found: PooledSet, low: float, high: float) -> list[float]:
    """Round values inside the axis: of ratios 1, 2 and 5 times powers of ten."""
    if found.logarithmic:
        rounded = [math.log(m * 10.0**e) for e in range(-4, 5) for m in (1, 2, 5)]
        return [tick for tick in rounded if low <= tick <= high] or [0.0]
    step = 10.0 ** math.floor(math.log10(high - low))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if (high - low) / s <= 8)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


# ---- files


def save_forest(found: PooledSet, path: str | os.PathLike[str]) -> None:
    """Write the plot to a file: ".svg" as ``forest_svg`` makes it, ".png" and ".pdf" through matplotlib.

    Raises:
        AnalysisError: another ending, or matplotlib is not installed.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending == ".svg":
        target.write_text(forest_svg(found), encoding="utf-8")
    elif ending in (".png", ".pdf"):
        _draw(found, target)
    else:
        raise AnalysisError(f"{target.name}: a plot is a file that ends with .svg, .png or .pdf")


def _draw(found: PooledSet, target: Path) -> None:
    try:
        figures: Any = import_module("matplotlib.figure")
    except ImportError as error:
        raise AnalysisError("needs matplotlib: pip install 'evidence-extractor[plots]', or name a .svg file") from error
    lines = _lines(found)
    low, high = _bounds(found, lines)
    figure = figures.Figure(figsize=(9, 1.6 + 0.38 * len(lines)), layout="constrained")
    axes = figure.add_subplot()
    for number, line in enumerate(lines):
        y, pooled = -number, line.weight is None
        axes.plot([max(line.low, low), min(line.high, high)], [y, y], color="black", linewidth=3 if pooled else 1)
        size = 90 if pooled else 25 + 250 * (line.weight or 0.0)
        axes.scatter([line.estimate], [y], marker="D" if pooled else "s", s=size, color="black")
        axes.annotate(_figures(found, line), (1.02, y), xycoords=("axes fraction", "data"), va="center")
    axes.axvline(0.0, color="gray", linestyle="--", linewidth=1)
    axes.set_yticks([-n for n in range(len(lines))], [line.name[:_LONGEST].replace("$", r"\$") for line in lines])
    ticks = _ticks(found, low, high)
    axes.set_xticks(ticks, [f"{found.shown(tick):.3g}" for tick in ticks])
    axes.set_xlim(low, high)
    axes.set_title(heading(found).replace("$", r"\$"), loc="left")
    axes.set_xlabel(heterogeneity(found))
    figure.savefig(target)
