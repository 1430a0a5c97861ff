"""The network of comparisons as SVG: treatments on a circle, a line for every two that some trial compares."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import Any

from extractor.report.tables import printable

__all__ = ["network_svg"]

_WIDTH, _HEIGHT, _MARGIN = 960, 640, 60
_MOST = 60
_NAME = 26


def network_svg(network: Any, page_of: Callable[[str, str], str | None]) -> str:
    """Return an SVG element; of a large network the treatments that are compared most.

    Args:
        network: as ``analysis.comparison_network`` makes it. page_of: address of the page of two treatments, or None.
    """
    names = sorted(network, key=lambda name: (-network.degree(name, weight="count"), name))[:_MOST]
    shown = network.subgraph(names)
    names.sort()
    radius = _HEIGHT / 2 - _MARGIN
    places = {}
    for number, name in enumerate(names):
        angle = 2 * math.pi * number / max(1, len(names)) - math.pi / 2
        places[name] = (_WIDTH / 2 + radius * math.cos(angle), _HEIGHT / 2 + radius * math.sin(angle), angle)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" class="network" role="group" aria-label="Network of comparisons" '
        'font-size="13" fill="currentColor">'
    ]
    for one, other, count in sorted(shown.edges(data="count")):
        (x1, y1, _), (x2, y2, _) = places[one], places[other]
        line = (
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" '
            f'stroke-width="{min(12, 1 + 2 * count)}" stroke-opacity="0.45"/>'
        )
        label = f"{_text(one)} against {_text(other)}: {count} trial{'s' if count > 1 else ''}"
        page = page_of(one, other)
        inside = f"<title>{label}</title>{line}"
        parts.append(f'<a href="{escape(page)}" aria-label="{label}">{inside}</a>' if page else f"<g>{inside}</g>")
    for name, (x, y, angle) in places.items():
        size = 5 + 2 * math.sqrt(shown.degree(name, weight="count"))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>')
        right = math.cos(angle) >= -1e-9
        shift = (size + 6) * (1 if right else -1)
        short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
        parts.append(
            f'<text x="{x + shift:.1f}" y="{y + 4 + 12 * math.sin(angle):.1f}" '
            f'text-anchor="{"start" if right else "end"}"><title>{_text(name)}</title>{_text(short)}</text>'
        )
    return "\n".join([*parts, "</svg>"])


def _text(text: str) -> str:
    return escape(printable(text).encode("utf-8", "replace").decode("utf-8"), quote=True)
