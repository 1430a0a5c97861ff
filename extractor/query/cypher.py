"""Cypher over the graph, through grand-cypher (an optional extra)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from extractor.errors import ExtractorError

if TYPE_CHECKING:
    import networkx

__all__ = ["run_cypher"]

_STRING = re.compile(r""""(?:[^"\\]|\\.)*+"|'((?:[^'\\]|\\.)*+)'""")


def run_cypher(graph: networkx.MultiDiGraph[str], query: str) -> list[dict[str, Any]]:
    """Return the answer to ``query`` as one dictionary a row, keys as they stand behind RETURN.

    Raises:
        ExtractorError: grand-cypher is not installed, or it cannot read the query.
    """
    try:
        from grandcypher import GrandCypher
        from lark.exceptions import LarkError
    except ImportError as error:
        raise ExtractorError(
            "grand-cypher is missing; install it with: pip install 'evidence-extractor[cypher]'"
        ) from error
    labelled = graph.copy()
    for _, data in labelled.nodes(data=True):
        data["__labels__"] = {data["type"]}
    for _, _, data in labelled.edges(data=True):
        data["__labels__"] = {data["type"]}
    try:
        found = GrandCypher(labelled).run(_STRING.sub(_double_quoted, query))
    except LarkError as error:
        raise ExtractorError(f"not a Cypher query that grand-cypher reads: {error}") from error
    names = list(found)
    return [dict(zip(names, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _double_quoted(string: re.Match[str]) -> str:
    """Cypher has both kinds of quotes, grand-cypher reads double ones alone."""
    if string[1] is None:
        return string[0]
    return '"' + string[1].replace("\\'", "'").replace('"', '\\"') + '"'
