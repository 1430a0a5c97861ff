"""Assembled trials as a networkx graph.

A result is a node: its arms, outcome, trial and the documents that state it hang on it. Node keys are typed and
readable ("trial:NCT02517788", "drug:blinatumomab"). The model is described in ``schemas/graph.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from extractor.assembly import AssembledTrial, Concept, Conflict, Evidence, Fact

if TYPE_CHECKING:
    import networkx

__all__ = ["EDGE_TYPES", "NODE_TYPES", "SHARED_TYPES", "add_trials", "build_graph", "settle_names"]

NODE_TYPES: tuple[str, ...] = (
    "document", "trial", "arm", "drug", "intervention", "condition", "outcome", "result", "conflict",
)  # fmt: skip
EDGE_TYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "REPORTS": (("document",), ("trial",)),
    "HAS_ARM": (("trial",), ("arm",)),
    "HAS_RESULT": (("trial",), ("result",)),
    "RECEIVES": (("arm",), ("drug", "intervention")),
    "MENTIONS": (("trial",), ("drug", "intervention")),
    "STUDIES": (("trial",), ("condition",)),
    "MEASURES": (("trial", "result"), ("outcome",)),
    "OF_ARM": (("result",), ("arm",)),
    "VERSUS": (("result",), ("arm",)),
    "EVIDENCED_BY": (("result",), ("document",)),
    "HAS_CONFLICT": (("trial",), ("conflict",)),
    "BETWEEN": (("conflict",), ("result",)),
}
"""Edge type -> (types of its source, types of its target)."""
SHARED_TYPES = frozenset({"drug", "intervention", "condition", "outcome"})
"""Types of nodes that trials have in common; what each trial calls them stands on its edges to them."""


def build_graph(trials: Iterable[AssembledTrial]) -> networkx.MultiDiGraph[str]:
    """Return the graph of ``trials``.

    Nodes carry ``type`` and ``name``, edges ``type``; the key of an edge among parallel ones is its type, for
    EVIDENCED_BY its type with the place of the quote. Attributes are str, int, float or bool, never None or lists, so
    that every graph format can hold them; what a document does not state is absent.
    """
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    settle_names(graph, add_trials(graph, trials))
    return graph


def add_trials(graph: networkx.MultiDiGraph[str], trials: Iterable[AssembledTrial]) -> set[str]:
    """Add ``trials`` to ``graph`` and return the shared nodes they touch, whose names are to be settled then."""
    shared: set[str] = set()
    for trial in trials:
        shared |= _add_trial(graph, trial)
        for fact in trial.facts:
            _add_fact(graph, trial, fact)
        for conflict in trial.conflicts:
            _add_conflict(graph, trial, conflict)
    return shared


def settle_names(graph: networkx.MultiDiGraph[str], nodes: Iterable[str]) -> None:
    """Give each of these shared nodes the name that most trials call it by (among equals the first of the alphabet).

    So the name does not depend on the order in which trials were added, and one trial less may change it again.
    """
    for node in nodes:
        edges = [data for _, _, data in graph.in_edges(node, data=True) if "name" in data]
        for attribute in ("name", "label", "curie"):
            counted = Counter(data[attribute] for data in edges if attribute in data)
            if counted:
                graph.nodes[node][attribute] = min(counted, key=lambda value: (-counted[value], value))
            elif attribute != "name":
                graph.nodes[node].pop(attribute, None)


def _node(graph: Any, kind: str, key: str, name: str, /, **attributes: Any) -> str:
    graph.add_node(key, type=kind, name=name, **_stated(attributes))
    return key


def _edge(graph: Any, kind: str, source: str, target: str, place: str = "", /, **attributes: Any) -> None:
    graph.add_edge(source, target, key=f"{kind}{place}", type=kind, **_stated(attributes))


def _stated(attributes: dict[str, Any]) -> dict[str, Any]:
    plain = {name: "; ".join(value) if isinstance(value, tuple) else value for name, value in attributes.items()}
    return {name: value for name, value in plain.items() if value is not None and value != ""}


def _shared(graph: Any, edge: str, source: str, kind: str, concept: Concept, /, **attributes: Any) -> str:
    """Add an edge from ``source`` to the shared node of ``concept``, with what the trial calls it; return the node."""
    node = f"{kind}:{concept.key}"
    graph.add_node(node, type=kind)
    label = concept.kind if kind in ("drug", "intervention") else None
    _edge(graph, edge, source, node, name=concept.name, label=label, curie=concept.id, **attributes)
    return node


def _kind(intervention: Concept) -> str:
    return "drug" if intervention.kind == "drug" else "intervention"


def _arm_key(trial: AssembledTrial, arm: str) -> str:
    return f"arm:{trial.key.removeprefix('trial:')}/{arm}"


def _add_trial(graph: Any, trial: AssembledTrial) -> set[str]:
    shared = set()
    _node(
        graph,
        "trial",
        trial.key,
        trial.acronym or (trial.registry_ids[0] if trial.registry_ids else trial.key.removeprefix("trial:")),
        role=trial.role,
        registry_ids=trial.registry_ids,
        acronyms=trial.acronyms,
        phase=trial.phase,
        enrolled=trial.enrolled,
    )
    for report in trial.reports:
        source = report.record.document
        document = _node(
            graph, "document", f"document:{report.document}", source.title or report.document, url=source.url,
            kind=source.kind, source=source.source, published=source.published, sha256=source.sha256,
        )  # fmt: skip
        _edge(graph, "REPORTS", document, trial.key, f" {report.trial.id}", role=report.trial.role)
    for condition in trial.conditions:
        shared.add(_shared(graph, "STUDIES", trial.key, "condition", condition))
    for arm in trial.arms:
        group = _node(graph, "arm", _arm_key(trial, arm.key), arm.label, role=arm.role, size=arm.size)
        _edge(graph, "HAS_ARM", trial.key, group)
        for intervention in arm.interventions:
            dose = arm.doses.get(intervention.key)
            shared.add(_shared(graph, "RECEIVES", group, _kind(intervention), intervention, dose=dose))
    given = {intervention.key for arm in trial.arms for intervention in arm.interventions}
    for concept in trial.mentioned:
        if concept.key not in given:
            shared.add(_shared(graph, "MENTIONS", trial.key, _kind(concept), concept))
    for outcome in trial.outcomes:
        concept = Concept(key=outcome.key, name=outcome.name, kind="outcome")
        shared.add(_shared(graph, "MEASURES", trial.key, "outcome", concept, role=outcome.role))
    return shared


def _add_fact(graph: Any, trial: AssembledTrial, fact: Fact) -> None:
    result = fact.result
    node = _node(
        graph,
        "result",
        fact.key,
        fact.key.removeprefix("result:"),
        measure=fact.measure,
        context=fact.context,
        subgroup=result.subgroup.text if result.subgroup else None,
        documents=len({evidence.document for evidence in fact.evidence}),
        belief=fact.belief.score,
        sources=fact.belief.sources,
        marks=fact.belief.marks,
        **_figures(fact.evidence[0]),
    )
    _edge(graph, "HAS_RESULT", trial.key, node)
    if fact.outcome is not None:
        _edge(graph, "MEASURES", node, f"outcome:{fact.outcome}")
    if fact.arm is not None:
        _edge(graph, "OF_ARM", node, _arm_key(trial, fact.arm))
    if fact.comparator is not None:
        _edge(graph, "VERSUS", node, _arm_key(trial, fact.comparator))
    for evidence in fact.evidence:
        _edge(
            graph, "EVIDENCED_BY", node, f"document:{evidence.document}",
            f" {evidence.trial}/{evidence.result.id}",
            document=evidence.document, url=evidence.url, start=evidence.start, end=evidence.end, quote=evidence.quote,
            context=evidence.result.context, measure=evidence.result.measure, **_figures(evidence),
        )  # fmt: skip


def _add_conflict(graph: Any, trial: AssembledTrial, conflict: Conflict) -> None:
    node = _node(
        graph, "conflict", conflict.key, conflict.key.removeprefix("conflict:"), measure=conflict.measure,
        timepoint=conflict.timepoint, subgroup=conflict.subgroup, open=conflict.open,
    )  # fmt: skip
    _edge(graph, "HAS_CONFLICT", trial.key, node)
    for side in conflict.sides:
        _edge(graph, "BETWEEN", node, side.fact, belief=side.belief)


def _figures(evidence: Evidence) -> dict[str, Any]:
    result = evidence.result
    figures: dict[str, Any] = {
        "value": result.value,
        "unit": result.unit,
        "printed": result.printed,
        "direction": result.direction,
        "significant": result.significant,
        "events": result.events.value if result.events else None,
        "total": result.total.value if result.total else None,
        "baseline": result.baseline.value if result.baseline else None,
    }
    if result.dispersion is not None:
        spread = result.dispersion
        figures |= {"spread": spread.kind, "spread_value": spread.value, "spread_low": spread.low, "spread_high": spread.high}
    if result.ci is not None:
        figures |= {"ci_low": result.ci.low, "ci_high": result.ci.high, "ci_level": result.ci.level}
    if result.p_value is not None:
        figures |= {"p_op": result.p_value.op, "p_value": result.p_value.value}
    if result.timepoint is not None:
        figures |= {"timepoint": result.timepoint.value, "timepoint_unit": result.timepoint.unit}
    return figures
