"""From stored records to assembled trials, and from these to a networkx graph.

A result is a node: its arms, outcome, trial and the documents that state it hang on it. Node keys are typed and
readable ("trial:NCT02517788", "drug:blinatumomab"). The model is described in ``schemas/graph.md``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from extractor.assembly import AssembledTrial, Concept, Evidence, Fact, TrialReport, assemble, reports_of
from extractor.records import Record
from extractor.store import EvidenceStore

if TYPE_CHECKING:
    import networkx

__all__ = ["EDGE_TYPES", "NODE_TYPES", "EvidenceBase", "build_graph"]

NODE_TYPES: tuple[str, ...] = (
    "document", "trial", "arm", "drug", "intervention", "condition", "outcome", "result",
)  # fmt: skip
EDGE_TYPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "REPORTS": (("document",), ("trial",)),
    "HAS_ARM": (("trial",), ("arm",)),
    "HAS_RESULT": (("trial",), ("result",)),
    "RECEIVES": (("arm",), ("drug", "intervention")),
    "STUDIES": (("trial",), ("condition",)),
    "MEASURES": (("trial", "result"), ("outcome",)),
    "OF_ARM": (("result",), ("arm",)),
    "VERSUS": (("result",), ("arm",)),
    "EVIDENCED_BY": (("result",), ("document",)),
}
"""Edge type -> (types of its source, types of its target)."""


class EvidenceBase:
    """The evidence of a store as assembled trials, whole or for a selection made in SQL."""

    def __init__(self, store: EvidenceStore) -> None:
        self.store = store

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the store at ``path`` for reading.

        Raises:
            StoreError: there is none, or it is not a store that this version reads.
        """
        return cls(EvidenceStore.open(path, read_only=True))

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Self:
        """Hold ``records`` in memory; records with the same text count once."""
        store = EvidenceStore.in_memory()
        store.add_records(records)
        return cls(store)

    def trials(
        self,
        *,
        labels: Sequence[str] = (),
        concepts: Iterable[str] = (),
        keys: Iterable[str] = (),
        document: tuple[str, str] | None = None,
    ) -> tuple[AssembledTrial, ...]:
        """Return assembled trials that ``EvidenceStore.find_trials`` selects; without arguments all of them.

        A selection may hold more trials than match: those that share an identity key with one that does.
        """
        concepts, keys = list(concepts), list(keys)
        chosen = None
        if labels or concepts or keys or document:
            chosen = self.store.find_trials(labels=labels, concepts=concepts, keys=keys, document=document)
        reports: list[TrialReport] = []
        for stored in self.store.documents(chosen):
            reports.extend(reports_of(stored.key, stored.record, stored.trials))
        return assemble(reports)


def build_graph(trials: Iterable[AssembledTrial]) -> networkx.MultiDiGraph[str]:
    """Return the graph of ``trials``.

    Nodes carry ``type`` and ``name``, edges ``type``; the key of an edge among parallel ones is its type, for
    EVIDENCED_BY its type with the place of the quote. Attributes are str, int, float or bool, never None or lists, so
    that every graph format can hold them; what a document does not state is absent.
    """
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    for trial in trials:
        _add_trial(graph, trial)
        for fact in trial.facts:
            _add_fact(graph, trial, fact)
    return graph


def _node(graph: Any, kind: str, key: str, name: str, /, **attributes: Any) -> str:
    graph.add_node(key, type=kind, name=name, **_stated(attributes))
    return key


def _edge(graph: Any, kind: str, source: str, target: str, place: str = "", /, **attributes: Any) -> None:
    graph.add_edge(source, target, key=f"{kind}{place}", type=kind, **_stated(attributes))


def _stated(attributes: dict[str, Any]) -> dict[str, Any]:
    plain = {name: "; ".join(value) if isinstance(value, tuple) else value for name, value in attributes.items()}
    return {name: value for name, value in plain.items() if value is not None and value != ""}


def _concept_node(graph: Any, concept: Concept) -> str:
    kind = "drug" if concept.kind == "drug" else "intervention"
    return _node(graph, kind, f"{kind}:{concept.key}", concept.name, label=concept.kind, curie=concept.id)


def _outcome_node(graph: Any, key: str, name: str) -> str:
    return _node(graph, "outcome", f"outcome:{key}", name)


def _arm_key(trial: AssembledTrial, arm: str) -> str:
    return f"arm:{trial.key.removeprefix('trial:')}/{arm}"


def _add_trial(graph: Any, trial: AssembledTrial) -> None:
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
        target = _node(graph, "condition", f"condition:{condition.key}", condition.name, curie=condition.id)
        _edge(graph, "STUDIES", trial.key, target)
    for arm in trial.arms:
        group = _node(graph, "arm", _arm_key(trial, arm.key), arm.label, role=arm.role, size=arm.size)
        _edge(graph, "HAS_ARM", trial.key, group)
        for intervention in arm.interventions:
            target = _concept_node(graph, intervention)
            _edge(graph, "RECEIVES", group, target, dose=arm.doses.get(intervention.key))
    for outcome in trial.outcomes:
        _edge(graph, "MEASURES", trial.key, _outcome_node(graph, outcome.key, outcome.name), role=outcome.role)


def _add_fact(graph: Any, trial: AssembledTrial, fact: Fact) -> None:
    names = {outcome.key: outcome.name for outcome in trial.outcomes}
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
        **_figures(fact.evidence[0]),
    )
    _edge(graph, "HAS_RESULT", trial.key, node)
    if fact.outcome is not None:
        _edge(graph, "MEASURES", node, _outcome_node(graph, fact.outcome, names[fact.outcome]))
    if fact.arm is not None:
        _edge(graph, "OF_ARM", node, _arm_key(trial, fact.arm))
    if fact.comparator is not None:
        _edge(graph, "VERSUS", node, _arm_key(trial, fact.comparator))
    for evidence in fact.evidence:
        _edge(
            graph, "EVIDENCED_BY", node, f"document:{evidence.document}",
            f" {evidence.trial}/{evidence.result.id}",
            document=evidence.document, url=evidence.url, start=evidence.start, end=evidence.end, quote=evidence.quote,
            context=evidence.result.context, **_figures(evidence),
        )  # fmt: skip


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
    }
    if result.ci is not None:
        figures |= {"ci_low": result.ci.low, "ci_high": result.ci.high, "ci_level": result.ci.level}
    if result.p_value is not None:
        figures |= {"p_op": result.p_value.op, "p_value": result.p_value.value}
    if result.timepoint is not None:
        figures |= {"timepoint": result.timepoint.value, "timepoint_unit": result.timepoint.unit}
    return figures
