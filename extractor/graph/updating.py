"""A graph of a whole store, and how it follows the store: what changed is taken out and put in anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from extractor.graph.base import EvidenceBase
from extractor.graph.building import SHARED_TYPES, add_trials, build_graph, settle_names

if TYPE_CHECKING:
    import networkx

__all__ = ["graph_of", "update_graph"]

_CHANGE = "last_change"
"""Attribute of the graph: the number of the last change of the store that is in it."""


def graph_of(base: EvidenceBase) -> networkx.MultiDiGraph[str]:
    """Return the graph of everything in the store, which ``update_graph`` can bring up to date later.

    Raises:
        StoreError: the store cannot be read.
    """
    change = base.store.last_change()  # before reading: what comes meanwhile is looked at again, never missed
    graph = build_graph(base.stream())
    graph.graph[_CHANGE] = change
    return graph


def update_graph(graph: networkx.MultiDiGraph[str], base: EvidenceBase) -> int:
    """Bring ``graph``, made by ``graph_of``, up to date; it is then equal to one made anew.

    Only trials are assembled that share documents or identity keys with what changed.

    Returns:
        How many documents had changed.

    Raises:
        ValueError: the graph was not made by ``graph_of``.
        StoreError: the store cannot be read.
    """
    if _CHANGE not in graph.graph:
        raise ValueError("only a graph of a whole store, as graph_of returns it, can be brought up to date")
    change = base.store.last_change()
    changed = base.store.changed_since(graph.graph[_CHANGE])
    if changed:
        components, stale = _affected(graph, base, changed)
        touched = _remove_trials(graph, stale)
        touched |= add_trials(graph, base.assembled(components))
        settle_names(graph, (node for node in touched if node in graph))
    graph.graph[_CHANGE] = change
    return len(changed)


def _affected(
    graph: networkx.MultiDiGraph[str], base: EvidenceBase, changed: Iterable[str]
) -> tuple[list[int], set[str]]:
    """Return the components to assemble and the trial nodes to remove, for documents that changed.

    A document that is gone may have held two others together, and a new one may join trials that were two: so the
    reports of all trials concerned are followed, in the graph as it was and in the store as it is.
    """
    changed = list(changed)
    stale = {trial for document in changed for trial in _reported(graph, document)}
    components = set(base.store.components_of(changed))
    known: set[tuple[str, str]] = set()
    while True:
        components = base.bundled(components)
        reports = {report for trial in stale for report in _reports(graph, trial)}
        reports |= set(base.store.reports_of(components))
        if reports == known:
            return sorted(components), stale
        components |= set(base.store.components_holding(reports - known))
        stale |= {
            trial
            for document, name in reports - known
            for trial in _reported(graph, document)
            if (document, name) in _reports(graph, trial)
        }
        known = reports


def _reported(graph: networkx.MultiDiGraph[str], document: str) -> list[str]:
    node = f"document:{document}"
    return list(graph.successors(node)) if node in graph else []


def _reports(graph: networkx.MultiDiGraph[str], trial: str) -> set[tuple[str, str]]:
    """Return (document key, trial id) of the reports of a trial in the graph."""
    return {
        (document.removeprefix("document:"), key.removeprefix("REPORTS "))
        for document, _, key in graph.in_edges(trial, keys=True)
    }


def _remove_trials(graph: networkx.MultiDiGraph[str], trials: Iterable[str]) -> set[str]:
    """Remove ``trials`` with their arms, results and documents; return the shared nodes that remain beside them.

    Shared nodes and documents that nothing refers to any more are removed as well.
    """
    own = set(trials)
    beside: set[str] = set()
    for trial in list(own):
        for neighbour in graph.successors(trial):
            (beside if graph.nodes[neighbour]["type"] in SHARED_TYPES else own).add(neighbour)
    for node in own:
        for neighbour in (*graph.successors(node), *graph.predecessors(node)):
            if neighbour not in own:
                beside.add(neighbour)
    graph.remove_nodes_from(own)
    lonely = {node for node in beside if graph.degree(node) == 0}
    graph.remove_nodes_from(lonely)
    return {node for node in beside - lonely if graph.nodes[node]["type"] in SHARED_TYPES}
