"""The graph in formats of graph programs: GraphML, GEXF, node-link JSON and Cytoscape JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from extractor.export.files import atomic_file
from extractor.export.plain import Plain, plain_edges, plain_nodes, unified
from extractor.export.selecting import Source, selected

if TYPE_CHECKING:
    import networkx

__all__ = ["to_cytoscape", "to_gexf", "to_graphml", "to_node_link"]

_GEXF_NODE = frozenset({"id", "pid", "label", "viz", "parents", "start", "end", "spells", "slices"})
_GEXF_EDGE = frozenset({"id", "type", "label", "weight", "viz", "start", "end", "spells", "source", "target", "kind"})
"""Names that mean something of their own in GEXF: start and end would be times, type the drawing of the edge."""


def _typed(rows: Iterable[dict[str, Plain]]) -> Iterator[dict[str, Plain]]:
    """Yield the rows with each name of one type."""
    rows = list(rows)
    types = unified(rows)
    for row in rows:
        yield {name: types[name](value) for name, value in row.items()}


def _numbered(
    nodes: list[tuple[str, dict[str, Plain]]], edges: list[tuple[str, str, str, dict[str, Plain]]]
) -> networkx.MultiDiGraph[str]:
    """Return a graph whose edges are called e0, e1, ...; XML identifiers cannot be the keys we use."""
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    graph.add_nodes_from(nodes)
    for number, (source, target, _, data) in enumerate(edges):
        graph.add_edge(source, target, key=f"e{number}")
        graph.edges[source, target, f"e{number}"].update(data)
    return graph


def to_graphml(source: Source, path: str | os.PathLike[str], **filters: Any) -> None:
    """Write the graph as GraphML (graphml.graphdrawing.org), for yEd, Gephi, igraph and others.

    Every attribute name is declared once, with one type. Edges are numbered e0, e1, ...; their own key is in the
    attribute ``key``. What is not stated is absent, lists are joined by "; ".

    Args:
        source: an EvidenceGraph or a networkx graph of its model. path: the file. filters: as for
            ``EvidenceGraph.results``, only with an EvidenceGraph.

    Raises:
        TypeError: ``source`` is neither. UnknownNameError: a filter is not known. OSError: the file cannot be written.
    """
    import networkx

    graph = selected(source, filters)
    nodes, edges = plain_nodes(graph), plain_edges(graph)
    typed_nodes = list(zip((key for key, _ in nodes), _typed(data for _, data in nodes), strict=True))
    keyed = [{**data, "key": key} for _, _, key, data in edges]
    typed_edges = [(a, b, key, data) for (a, b, key, _), data in zip(edges, _typed(keyed), strict=True)]
    with atomic_file(path) as file:
        networkx.write_graphml(_numbered(typed_nodes, typed_edges), file, infer_numeric_types=True)


def to_gexf(source: Source, path: str | os.PathLike[str], **filters: Any) -> None:
    """Write the graph as GEXF 1.2 (gexf.net), for Gephi.

    A node's label is its name. Attributes whose names mean something else in GEXF have an underscore behind them:
    ``label_``, ``start_``, ``end_`` (offsets, not times), ``kind_``, and ``type_`` of edges.

    Args and raises: as ``to_graphml``.
    """
    import networkx

    graph = selected(source, filters)
    nodes, edges = plain_nodes(graph), plain_edges(graph)
    plain = [{_free(name, _GEXF_NODE): value for name, value in data.items()} for _, data in nodes]
    labelled = [
        (key, {**data, "label": str(data.get("name", key))})
        for (key, _), data in zip(nodes, _typed(plain), strict=True)
    ]
    renamed = [{**{_free(n, _GEXF_EDGE): v for n, v in data.items()}, "key_": key} for _, _, key, data in edges]
    typed = [(a, b, key, data) for (a, b, key, _), data in zip(edges, _typed(renamed), strict=True)]
    with atomic_file(path) as file:
        networkx.write_gexf(_numbered(labelled, typed), file, version="1.2draft")


def _free(name: str, taken: frozenset[str]) -> str:
    return f"{name}_" if name in taken else name


def to_node_link(source: Source, path: str | os.PathLike[str], **filters: Any) -> None:
    """Write the graph as node-link JSON, as D3 and ``networkx.node_link_graph(data, edges="edges")`` read it.

    Args and raises: as ``to_graphml``.
    """
    graph = selected(source, filters)
    nodes = ({**data, "id": key} for key, data in plain_nodes(graph))
    edges = ({**data, "source": a, "target": b, "key": key} for a, b, key, data in plain_edges(graph))
    with atomic_file(path) as file:
        file.write(b'{"directed": true, "multigraph": true, "graph": {}, "nodes": [\n')
        _write_list(file, nodes)
        file.write(b'], "edges": [\n')
        _write_list(file, edges)
        file.write(b"]}\n")


def to_cytoscape(source: Source, path: str | os.PathLike[str], **filters: Any) -> None:
    """Write the graph as Cytoscape JSON, for Cytoscape, Cytoscape.js and ``networkx.cytoscape_graph``.

    Edges have ids e0, e1, ... The networkx convention keeps a node's key in ``value``, so that a figure is in
    ``figure_value`` here.

    Args and raises: as ``to_graphml``.
    """
    graph = selected(source, filters)
    nodes = (
        {"data": {**_figure(data), "id": key, "value": key, "name": data.get("name", key)}}
        for key, data in plain_nodes(graph)
    )
    edges = (
        {"data": {**data, "id": f"e{number}", "source": a, "target": b, "key": key}}
        for number, (a, b, key, data) in enumerate(plain_edges(graph))
    )
    with atomic_file(path) as file:
        file.write(b'{"data": [], "directed": true, "multigraph": true, "elements": {"nodes": [\n')
        _write_list(file, nodes)
        file.write(b'], "edges": [\n')
        _write_list(file, edges)
        file.write(b"]}}\n")


def _figure(data: dict[str, Plain]) -> dict[str, Plain]:
    return {"figure_value" if name == "value" else name: value for name, value in data.items()}


def _write_list(file: IO[bytes], items: Iterable[dict[str, Any]]) -> None:
    """Write the items as the inside of a JSON array, one a line."""
    for number, item in enumerate(items):
        file.write((",\n" if number else "").encode() + json.dumps(item, ensure_ascii=False, allow_nan=False).encode())
