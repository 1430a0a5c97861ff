"""Attributes as the graph formats can hold them: text, whole numbers, decimals and truth values, one kind a name."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Plain", "plain_attributes", "plain_edges", "plain_nodes", "plain_text", "unified"]

Plain = str | int | float | bool

_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold: control characters, lone surrogates, U+FFFE and U+FFFF."""


def plain_text(text: str) -> str:
    """Return ``text`` with each character that XML cannot hold replaced by U+FFFD."""
    return _UNPRINTABLE.sub("�", text)


def plain_attributes(attributes: Mapping[Any, Any]) -> dict[str, Plain]:
    """Return the attributes that are stated, as plain values.

    None and numbers that are not finite are left out, as nothing is stated by them; lists, tuples and sets are joined
    by "; "; whatever else is given becomes JSON where it can, else its text.
    """
    plain = {plain_text(str(name)): _plain(value) for name, value in attributes.items()}
    return {name: value for name, value in plain.items() if value is not None}


def _plain(value: Any) -> Plain | None:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return plain_text(value)
    if value is None:
        return None
    if isinstance(value, list | tuple | set | frozenset):
        parts = [str(part) for part in map(_plain, value) if part is not None]
        return "; ".join(sorted(parts) if isinstance(value, set | frozenset) else parts) or None
    if isinstance(value, Mapping):
        return plain_text(json.dumps(value, ensure_ascii=False, default=str, sort_keys=True))
    return plain_text(str(value))


def unified(rows: Iterable[dict[str, Plain]]) -> dict[str, type[str] | type[int] | type[float] | type[bool]]:
    """Return for each attribute name the one type that holds all its values.

    int and float make float, every other mixture text; formats that declare a name once need this.
    """
    types: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            types.setdefault(name, set()).add(type(value))
    return {
        name: next(iter(found)) if len(found) == 1 else float if found == {int, float} else str
        for name, found in types.items()
    }


def plain_nodes(graph: Any) -> list[tuple[str, dict[str, Plain]]]:
    """Return (key, attributes) of the nodes of a networkx graph, sorted by key."""
    return sorted(((plain_text(str(node)), plain_attributes(data)) for node, data in graph.nodes(data=True)), key=_key)


def plain_edges(graph: Any) -> list[tuple[str, str, str, dict[str, Plain]]]:
    """Return (source, target, key, attributes) of the edges of a networkx multigraph, sorted by the first three."""
    edges = [
        (plain_text(str(source)), plain_text(str(target)), plain_text(str(key)), plain_attributes(data))
        for source, target, key, data in graph.edges(keys=True, data=True)
    ]
    return sorted(edges, key=lambda edge: edge[:3])


def _key(item: tuple[str, dict[str, Plain]]) -> str:
    return item[0]
