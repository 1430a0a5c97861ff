"""The network of comparisons: which treatments were compared with each other, and what follows from its shape."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import networkx

__all__ = ["NetworkGeometry", "comparison_network", "network_geometry"]


class NetworkGeometry(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of a network of comparisons.

    Attributes:
        treatments, comparisons, studies: how many. connected: whether every treatment can be compared with every other,
            directly or over others. parts: the treatments of each connected part, the largest first.
        loops: independent closed loops, in which direct and indirect comparisons can be checked against each other; a
            loop that one study of several arms closes alone does not count.
        density: the part of all pairs of treatments that were compared directly, 0 to 1.
    """

    treatments: int
    comparisons: int
    studies: int
    connected: bool
    parts: tuple[tuple[str, ...], ...]
    loops: int
    density: float


def comparison_network(comparisons: Iterable[tuple[str, str, str]]) -> networkx.Graph:
    """Return the treatments as nodes and the direct comparisons as edges.

    Args:
        comparisons: (study, treatment, other treatment), one row for each pair of arms of a study; rows of a treatment
            with itself are passed over.

    Returns:
        An undirected graph; each edge has "studies", the sorted names of the studies that compare the two, and "count".
    """
    graph = networkx.Graph()
    found: dict[tuple[str, str], set[str]] = {}
    for study, one, other in comparisons:
        if one != other:
            first, second = sorted((one, other))
            found.setdefault((first, second), set()).add(study)
    for (one, other), studies in sorted(found.items()):
        graph.add_edge(one, other, studies=sorted(studies), count=len(studies))
    return graph


def network_geometry(graph: networkx.Graph) -> NetworkGeometry:
    """Return the shape of a network as ``comparison_network`` makes it (Salanti et al. 2008, Annals of Internal Medicine
    148:544-553)."""
    parts = sorted((tuple(sorted(part)) for part in networkx.connected_components(graph)), key=lambda p: (-len(p), p))
    n = graph.number_of_nodes()
    studies = {study for _, _, names in graph.edges(data="studies") for study in names}
    return NetworkGeometry(
        treatments=n,
        comparisons=graph.number_of_edges(),
        studies=len(studies),
        connected=len(parts) == 1,
        parts=tuple(parts),
        loops=sum(not _closed_by_one_study(graph, loop) for loop in networkx.cycle_basis(graph)),
        density=networkx.density(graph) if n > 1 else 0.0,
    )


def _closed_by_one_study(graph: networkx.Graph, loop: list[str]) -> bool:
    """Whether every comparison of a loop comes from the arms of one and the same study alone."""
    sides = [set(graph.edges[one, other]["studies"]) for one, other in zip(loop, [*loop[1:], loop[0]], strict=True)]
    return len(set.union(*sides)) == 1
