"""What stands beside a node of the graph, and how two nodes are connected, without building the whole graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from extractor.errors import ExtractorError
from extractor.graph import EvidenceBase, build_graph
from extractor.naming import trial_name_keys
from extractor.query.names import LABELS, UnknownNameError, concepts_of_name, nearest
from extractor.query.rows import NeighbourRow
from extractor.records import MentionLabel
from extractor.store import Concept, Selection

__all__ = ["Place", "find_path", "find_place", "neighbour_rows"]

_CONCEPT_LABELS: dict[str, tuple[MentionLabel, ...]] = {
    "drug": ("drug",),
    "intervention": ("procedure", "behaviour"),
    "condition": ("condition",),
    "outcome": ("outcome",),
}
_WIDEST = 20_000
"""Components that are looked at for a path; a hub such as placebo leads to half of a store."""
_BUILT = 300
"""Components of which a graph is built to find the steps of a path inside them."""


class Place(msgspec.Struct, frozen=True):
    """Nodes that a name stands for, and the components of the store where they are."""

    nodes: frozenset[str]
    components: tuple[int, ...]


def find_place(base: EvidenceBase, name: str) -> Place:
    """Return where ``name`` is: the key of a node, or the name of a trial, drug, condition or outcome.

    Raises:
        UnknownNameError: nothing has this key or name.
    """
    kind, _, rest = name.partition(":")
    if kind in _CONCEPT_LABELS:
        place = _of_concepts(base, base.store.concepts_called(_CONCEPT_LABELS[kind], [rest]))
    elif kind == "document":
        place = Place(frozenset({name}), tuple(base.store.components_of([rest])))
    elif kind in ("trial", "arm", "result", "conflict"):
        place = Place(frozenset({name}), tuple(_of_trial_part(base, rest)))
    else:
        place = _of_name(base, name)
    if not place.components:
        raise UnknownNameError("node", name, nearest(name, base.store.trial_names()))
    return place


def _of_concepts(base: EvidenceBase, concepts: Iterable[Concept]) -> Place:
    found = list(concepts)
    kinds = {str(label): kind for kind, labels in _CONCEPT_LABELS.items() for label in labels}
    nodes = frozenset(f"{kinds[concept.label]}:{concept.concept}" for concept in found)
    chosen = Selection(concepts=(frozenset(concept.id for concept in found),))
    return Place(nodes, tuple(base.store.components(chosen)))


def _of_name(base: EvidenceBase, name: str) -> Place:
    components = base.store.components(Selection(keys=trial_name_keys(name)))
    if components:
        keys = set(trial_name_keys(name))
        nodes = {
            trial.key
            for trial in base.assembled(components)
            for known in (*trial.registry_ids, *trial.acronyms)
            if not keys.isdisjoint(trial_name_keys(known))
        }
        return Place(frozenset(nodes), tuple(components))
    near: list[str] = []
    for label in LABELS:
        try:
            place = _of_concepts(base, concepts_of_name(base.store, label, name))
        except UnknownNameError as error:
            near += error.nearest
        else:
            if place.components:
                return place
    raise UnknownNameError("name", name, nearest(name, [*near, *base.store.trial_names()]))


def _of_trial_part(base: EvidenceBase, rest: str) -> list[int]:
    """Return the components of a trial, arm or result by what follows the type in its key.

    A document's key may hold any character: what begins like a trial's key is tried from the longest on.
    """
    ends = [place for place, character in enumerate(rest) if character == "/"]
    for end in [len(rest), *reversed(ends)]:
        trial = rest[:end]
        if trial.startswith("doc:"):
            key, _, name = trial.removeprefix("doc:").rpartition("#")
            found = base.store.components(Selection(document=(key, name)))
        else:
            keys = [key for part in trial.split("+") for key in trial_name_keys(part)]
            found = base.store.components(Selection(keys=tuple(keys)))
        if found:
            return found
    return []


def neighbour_rows(base: EvidenceBase, place: Place) -> list[NeighbourRow]:
    """Return the nodes beside ``place``, with the edges that lead there, by edge and key."""
    graph = build_graph(base.assembled(place.components))
    counts: dict[tuple[str, str, str], int] = {}
    for node in place.nodes & set(graph):
        for _, target, data in graph.out_edges(node, data=True):
            counts[data["type"], "out", target] = counts.get((data["type"], "out", target), 0) + 1
        for source, _, data in graph.in_edges(node, data=True):
            counts[data["type"], "in", source] = counts.get((data["type"], "in", source), 0) + 1
    return [_row(graph, edge, direction, key, count) for (edge, direction, key), count in sorted(counts.items())]


def _row(graph: Any, edge: str, direction: str, key: str, edges: int) -> NeighbourRow:
    node = graph.nodes[key]
    return NeighbourRow(edge=edge, direction=direction, key=key, type=node["type"], name=node["name"], edges=edges)


# ---- paths


def find_path(base: EvidenceBase, start: Place, goal: Place) -> list[NeighbourRow]:
    """Return the nodes from ``start`` to ``goal``, each with the edge by which it is reached; empty where there are none.

    The chain leads over as few trials as possible.

    Raises:
        ExtractorError: they may be connected, but only through more trials than are looked at.
    """
    import networkx

    chain = _chain(base, start.components, goal.components)
    if not chain:
        return []
    graph = build_graph(base.assembled(chain[:_BUILT]))
    flat = graph.to_undirected(as_view=True)
    begins, ends = start.nodes & set(graph), goal.nodes & set(graph)
    if not begins or not ends:
        return []
    # One search from all nodes of the start: a node before them that leads to each.
    found: list[str] | None = None
    for node in sorted(begins):
        lengths = networkx.single_source_shortest_path(flat, node)
        reached = [lengths[end] for end in sorted(ends) if end in lengths]
        best = min(reached, key=len, default=None)
        if best is not None and (found is None or len(best) < len(found)):
            found = best
    return list(_steps(graph, found or []))


def _steps(graph: Any, nodes: list[str]) -> Iterator[NeighbourRow]:
    for place, node in enumerate(nodes):
        if place == 0:
            yield _row(graph, "", "", node, 0)
            continue
        before = nodes[place - 1]
        direction = "out" if graph.has_edge(before, node) else "in"
        source, target = (before, node) if direction == "out" else (node, before)
        kinds = sorted({data["type"] for data in graph.get_edge_data(source, target).values()})
        yield _row(graph, kinds[0], direction, node, graph.number_of_edges(source, target))


def _chain(base: EvidenceBase, start: Iterable[int], goal: Iterable[int]) -> list[int]:
    """Return components from ``start`` to ``goal`` of which each shares a concept with the next; the shared ones alone
    where there are such."""
    wanted = set(goal)
    before: dict[int, int | None] = dict.fromkeys(start)
    both = [component for component in before if component in wanted]
    if both:
        return both
    frontier = list(before)
    passed: set[int] = set()
    while frontier:
        if len(before) > _WIDEST:
            raise ExtractorError(f"no path was found within {_WIDEST:,} trials; ask for nodes that are nearer")
        reached: list[int] = []
        concept_from: dict[int, int] = {}
        for component, concept in base.store.links(components=frontier):
            if concept not in passed:
                concept_from.setdefault(concept, component)
        passed |= concept_from.keys()
        for component, concept in base.store.links(concepts=concept_from):
            if component not in before:
                before[component] = concept_from[concept]
                reached.append(component)
                if component in wanted:
                    return _back(before, component)
        frontier = reached
    return []


def _back(before: dict[int, int | None], component: int) -> list[int]:
    chain = [component]
    while (earlier := before[chain[-1]]) is not None:
        chain.append(earlier)
    return chain
