"""What is exported: a networkx graph as it is, or the part of an EvidenceGraph that fits the filters of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import networkx

__all__ = ["Queried", "Source", "selected"]


@runtime_checkable
class Queried(Protocol):
    """What an EvidenceGraph offers an export."""

    def results(self, **filters: Any) -> Any:
        """Return rows with a ``key`` each."""

    def to_networkx(self, **filters: Any) -> networkx.MultiDiGraph[str]:
        """Return the graph of the trials that fit."""


Source = Any
"""An ``EvidenceGraph``, or a ``networkx.MultiDiGraph`` of the model in ``schemas/graph.md``."""


def selected(source: Source, filters: dict[str, Any]) -> networkx.MultiDiGraph[str]:
    """Return the graph to export.

    Args:
        source: an EvidenceGraph or a networkx graph. filters: as for ``EvidenceGraph.results``, those that are None left
            out; with any, only results that fit stay, and what hangs on the trials that fit.

    Raises:
        TypeError: ``source`` is neither, or filters are given for a networkx graph, which is exported as it is.
        UnknownNameError: a filter names what neither the vocabulary nor the store knows.
    """
    import networkx

    wanted = {name: value for name, value in filters.items() if value is not None}
    if isinstance(source, networkx.Graph):
        if wanted:
            raise TypeError("a networkx graph is exported as it is: filter the EvidenceGraph that it comes from")
        return source if isinstance(source, networkx.MultiDiGraph) else networkx.MultiDiGraph(source)
    if not isinstance(source, Queried):
        raise TypeError(f"neither an EvidenceGraph nor a networkx graph: {type(source).__name__}")
    if not wanted:
        return source.to_networkx()
    context = {"context": wanted.pop("context")} if "context" in wanted else {}
    graph = source.to_networkx(**wanted)
    return _only(graph, {row.key for row in source.results(**wanted, **context)})


def _only(graph: networkx.MultiDiGraph[str], keys: set[str]) -> networkx.MultiDiGraph[str]:
    """Return ``graph`` with only the results of ``keys``, without nodes that nothing holds any more.

    A conflict stays where two of its sides do: with one it would say nothing.
    """
    kept = graph.copy()
    kept.remove_nodes_from([node for node, kind in graph.nodes(data="type") if kind == "result" and node not in keys])
    conflicts = [node for node, kind in kept.nodes(data="type") if kind == "conflict" and kept.out_degree(node) < 2]
    kept.remove_nodes_from(conflicts)
    kept.remove_nodes_from([node for node in graph if node in kept and graph.degree(node) and not kept.degree(node)])
    return kept
