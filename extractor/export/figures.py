"""The results of a graph with all that hangs on them, as plain values: what the tables and FHIR are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

__all__ = ["Figure", "Group", "Place", "figures_of"]

_OF_PLACE = frozenset({"type", "document", "url", "start", "end", "quote", "context", "measure"})
"""Attributes of an EVIDENCED_BY edge that are not values of the figure."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """An arm: its node, label, role, size, and the names of what it receives, sorted."""

    key: str
    label: str
    role: str
    size: int | float | None
    treatments: tuple[str, ...]

    @property
    def treatment(self) -> str:
        """What the group receives, in one name: "cisplatin + pemetrexed"; its label where that is not known."""
        return " + ".join(self.treatments) or self.label


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document states a figure: ``quote`` is its text from ``start`` to ``end`` (code points).

    ``measure`` and ``values`` are the figure in the form in which this document states it.
    """

    document: str
    title: str | None
    kind: str | None
    url: str | None
    published: str | None
    start: int
    end: int
    quote: str
    measure: str
    values: dict[str, Any]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One result of one trial.

    Attributes:
        key: the result's node. trial, trial_name: the trial's node and name. outcome: its name. values: the figure as
            the attributes of the node say it (value, unit, events, total, ci_low, ...; schemas/graph.md).
        places: where it is stated, the fullest first.
    """

    key: str
    trial: str
    trial_name: str
    registry_ids: str | None
    phase: str | None
    enrolled: int | float | None
    conditions: tuple[str, ...]
    measure: str
    context: str
    outcome: str | None
    arm: Group | None
    comparator: Group | None
    subgroup: str | None
    values: dict[str, Any]
    places: tuple[Place, ...]

    def get(self, name: str) -> Any:
        """Return the value ``name``, None where it is not stated."""
        return self.values.get(name)

    @property
    def belief(self) -> float:
        """How far the figure can be relied on, 0 to 1; 0 where the graph does not say."""
        return float(self.get("belief") or 0.0)

    @property
    def time(self) -> str:
        """The time point such as "24 month"; "" where none is stated. Years and weeks as given."""
        value = self.get("timepoint")
        return "" if value is None else f"{value:g} {self.get('timepoint_unit') or ''}".strip()


def figures_of(graph: Any) -> Iterator[Figure]:
    """Yield the results of ``graph`` (the model of schemas/graph.md), sorted by trial and key.

    A result node without a trial is passed over: nothing is known of where it belongs.
    """
    groups: dict[str, Group] = {}
    results = sorted(node for node, kind in graph.nodes(data="type") if kind == "result")
    found = [figure for node in results if (figure := _figure(graph, node, groups)) is not None]
    yield from sorted(found, key=lambda figure: (figure.trial, figure.key))


def _targets(graph: Any, node: str, kind: str) -> list[str]:
    return sorted(target for _, target, found in graph.out_edges(node, data="type") if found == kind)


def _name(graph: Any, node: str) -> str:
    return str(graph.nodes[node].get("name", node))


def _figure(graph: Any, node: str, groups: dict[str, Group]) -> Figure | None:
    trial = next((source for source, _, kind in graph.in_edges(node, data="type") if kind == "HAS_RESULT"), None)
    if trial is None:
        return None
    about = graph.nodes[trial]
    values = dict(graph.nodes[node])
    outcome = _targets(graph, node, "MEASURES")
    sides = [_targets(graph, node, kind) for kind in ("OF_ARM", "VERSUS")]
    return Figure(
        key=node,
        trial=trial,
        trial_name=_name(graph, trial),
        registry_ids=about.get("registry_ids"),
        phase=about.get("phase"),
        enrolled=about.get("enrolled"),
        conditions=tuple(_name(graph, condition) for condition in _targets(graph, trial, "STUDIES")),
        measure=str(values.get("measure", "other")),
        context=str(values.get("context", "reported")),
        outcome=_name(graph, outcome[0]) if outcome else None,
        arm=_group(graph, sides[0][0], groups) if sides[0] else None,
        comparator=_group(graph, sides[1][0], groups) if sides[1] else None,
        subgroup=values.get("subgroup"),
        values=values,
        places=_places(graph, node, values),
    )


def _group(graph: Any, node: str, groups: dict[str, Group]) -> Group:
    if node not in groups:
        about = graph.nodes[node]
        groups[node] = Group(
            key=node,
            label=_name(graph, node),
            role=str(about.get("role", "overall")),
            size=about.get("size"),
            treatments=tuple(sorted(_name(graph, target) for target in _targets(graph, node, "RECEIVES"))),
        )
    return groups[node]


def _places(graph: Any, node: str, values: dict[str, Any]) -> tuple[Place, ...]:
    """Return where the figure is stated; first the place that states most of what the node says."""
    places = []
    for _, document, data in graph.out_edges(node, data=True):
        if data.get("type") == "EVIDENCED_BY":
            source = graph.nodes[document]
            places.append(
                Place(
                    document=str(data.get("document", document)),
                    title=source.get("name"),
                    kind=source.get("kind"),
                    url=data.get("url"),
                    published=source.get("published"),
                    start=data["start"],
                    end=data["end"],
                    quote=data["quote"],
                    measure=str(data.get("measure", values.get("measure"))),
                    values={name: value for name, value in data.items() if name not in _OF_PLACE},
                )
            )
    return tuple(sorted(places, key=lambda p: (-_same(p, values), p.document, p.start)))


def _same(place: Place, values: dict[str, Any]) -> int:
    return sum(name in values and values[name] == value for name, value in place.values.items())
