"""Questions to the evidence: trials, their results, and the sentences that say them.

    evidence = EvidenceGraph.open("evidence.db")
    for row in evidence.results(drug="Blincyto", outcome="OS"):
        print(row.value, row.unit, row.quotes[0])

Names may be given as the reader understands them in texts: brands, abbreviations and spellings of the vocabulary, and
every name that some stored document uses for the same thing.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec

from extractor.assembly import AssembledArm, AssembledTrial, Evidence, Fact
from extractor.errors import ExtractorError
from extractor.graph import EvidenceBase, build_graph
from extractor.lexicon import load_lexicon
from extractor.naming import fold_name, trial_name_keys
from extractor.records import MEASURES, ConfidenceInterval, MentionLabel, Number, PValue, Record, TimePoint
from extractor.store import Concept, Selection

if TYPE_CHECKING:
    import networkx

__all__ = ["EvidenceGraph", "ResultRow", "TrialRow", "UnknownNameError", "resolve_name"]

ContextFilter = Literal["reported", "background", "hypothesis"] | None
_LABELS: dict[str, tuple[MentionLabel, ...]] = {
    "drug": ("drug", "procedure", "behaviour"),
    "condition": ("condition",),
    "outcome": ("outcome",),
}


class UnknownNameError(ExtractorError, LookupError):
    """A name that neither the vocabulary nor any stored document knows; ``nearest`` holds known ones."""

    def __init__(self, label: str, name: str, nearest: tuple[str, ...]) -> None:
        hint = f"; nearest known: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"unknown {label} {name!r}{hint}")
        self.label = label
        self.name = name
        self.nearest = nearest


class ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one trial, as the fullest evidence states it; ``evidence`` holds every place that states it.

    Attributes:
        key: the result's node in the graph. trial: the trial's key. acronym, registry_ids: its names.
        arm, arm_role, comparator: labels of the groups; for a comparison, ``arm`` is the first side.
        outcome: preferred name. printed: the number string as printed. baseline: value before, where given.
        context: reported, background (only cited) or hypothesis. quotes: the sentences. documents: how many state it.
    """

    key: str
    trial: str
    acronym: str | None
    registry_ids: tuple[str, ...]
    arm: str | None
    arm_role: str | None
    comparator: str | None
    outcome: str | None
    measure: str
    value: int | float | None
    unit: str | None
    printed: str | None
    events: Number | None
    total: Number | None
    baseline: Number | None
    ci: ConfidenceInterval | None
    p_value: PValue | None
    timepoint: TimePoint | None
    subgroup: str | None
    direction: str | None
    significant: bool | None
    context: str
    quotes: tuple[str, ...]
    documents: int
    evidence: tuple[Evidence, ...]


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trial over all documents; ``documents`` holds (document key, title, address) of those that name it."""

    key: str
    acronym: str | None
    registry_ids: tuple[str, ...]
    role: str
    phase: str | None
    enrolled: int | float | None
    conditions: tuple[str, ...]
    drugs: tuple[str, ...]
    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    results: int
    documents: tuple[tuple[str, str | None, str | None], ...]


def resolve_name(label: str, name: str) -> str | None:
    """Return the preferred name that the vocabulary gives for ``name``, None where it does not know it.

    Args:
        label: "drug", "condition" or "outcome".
        name: a generic or brand name, an abbreviation, a spelling ("Blincyto", "OS", "weight loss").
    """
    lexicon = load_lexicon()
    for kind in _LABELS[label]:
        # Abbreviations are listed with their capitals, but a user may type "os".
        entry = lexicon.lookup(name, kind) or lexicon.lookup(name.upper(), kind)
        if entry is not None:
            return entry.concept
    return None


class EvidenceGraph:
    """The evidence of a store, or of records in memory, ready for questions.

    A question about one drug, condition, outcome or trial reads only what is stored about it.
    """

    def __init__(self, base: EvidenceBase) -> None:
        self._base = base

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the store at ``path`` for reading.

        Raises:
            StoreError: there is none, or it is damaged, foreign or of another version.
        """
        return cls(EvidenceBase.open(path))

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Self:
        """Return the evidence of ``records``, held in memory; records with the same text count once."""
        return cls(EvidenceBase.from_records(records))

    def close(self) -> None:
        """Close the store."""
        self._base.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def trials(
        self,
        drug: str | None = None,
        condition: str | None = None,
        outcome: str | None = None,
        phase: str | None = None,
        trial: str | None = None,
        role: Literal["reported", "background"] | None = "reported",
    ) -> list[TrialRow]:
        """Return the trials that fit every filter, sorted by key.

        Args:
            drug: an intervention of some arm; where no arm states any, one that a document only about it names.
            condition: a condition of the trial; a general name also finds its special forms.
            outcome: an endpoint of the trial. phase: "1", "1/2", "2", ... trial: registry id, acronym or key.
            role: "background" for trials that are only cited, None for both.

        Raises:
            UnknownNameError: a name is neither in the vocabulary nor in the store.
            StoreError: the store cannot be read.
        """
        question = _Question(self._base, drug=drug, condition=condition, outcome=outcome, trial=trial)
        wanted = _phase(phase)
        return [
            _trial_row(found)
            for found in question.trials()
            if role in (None, found.role)
            and wanted in (None, found.phase)
            and question.fits_drug(found)
            and (question.outcomes is None or any(known.key in question.outcomes for known in found.outcomes))
        ]

    def results(
        self,
        drug: str | None = None,
        condition: str | None = None,
        outcome: str | None = None,
        measure: str | None = None,
        trial: str | None = None,
        phase: str | None = None,
        context: ContextFilter = "reported",
    ) -> list[ResultRow]:
        """Return the results that fit every filter, by trial, outcome and measure.

        Args:
            drug: the result's arm or comparator receives it; where the result names no arm, some arm of its trial does.
            condition, outcome, trial, phase: as for ``trials``.
            measure: one of ``extractor.records.MEASURES``, such as "hazard_ratio".
            context: "reported" (a trial's own findings), "background" (only cited), "hypothesis", or None for all.

        Raises:
            UnknownNameError: a name is neither in the vocabulary nor in the store.
            StoreError: the store cannot be read.
        """
        if measure is not None and measure not in MEASURES:
            raise UnknownNameError("measure", measure, _nearest(measure, MEASURES))
        question = _Question(self._base, drug=drug, condition=condition, outcome=outcome, trial=trial)
        wanted = _phase(phase)
        return [
            _result_row(found, fact)
            for found in question.trials()
            if wanted in (None, found.phase)
            for fact in found.facts
            if context in (None, fact.context)
            and measure in (None, fact.measure)
            and question.fits_outcome(fact)
            and question.fits_fact(found, fact)
        ]

    def evidence(self, result: ResultRow | str) -> list[Evidence]:
        """Return every place that states ``result`` (a row, or its key), the fullest first.

        Raises:
            UnknownNameError: no result has this key.
            StoreError: the store cannot be read.
        """
        if isinstance(result, ResultRow):
            return list(result.evidence)
        for found in self._base.trials():
            for fact in found.facts:
                if fact.key == result:
                    return list(fact.evidence)
        raise UnknownNameError("result", result, ())

    def to_networkx(
        self,
        drug: str | None = None,
        condition: str | None = None,
        outcome: str | None = None,
        trial: str | None = None,
    ) -> networkx.MultiDiGraph[str]:
        """Return the graph (schemas/graph.md) of the trials that fit the filters, of everything without filters.

        Raises:
            UnknownNameError: a name is neither in the vocabulary nor in the store.
            StoreError: the store cannot be read.
        """
        question = _Question(self._base, drug=drug, condition=condition, outcome=outcome, trial=trial)
        return build_graph(
            found
            for found in question.trials()
            if question.fits_drug(found)
            and (question.outcomes is None or any(known.key in question.outcomes for known in found.outcomes))
        )


_EVENTS_OF = {
    "overall survival": ("death", "all-cause mortality", "mortality", "death from any cause"),
    "progression-free survival": ("progression or death", "disease progression or death"),
}
"""Survival outcomes and the events whose hazard ratio is theirs: "hazard ratio for death" is one of overall survival."""


class _Question:
    """The names of a question, resolved to concepts of the store, and what of the store they select."""

    def __init__(
        self, base: EvidenceBase, *, drug: str | None, condition: str | None, outcome: str | None, trial: str | None
    ) -> None:
        self._base = base
        named = {"drug": drug, "condition": condition, "outcome": outcome}
        found = {label: _concepts(base, label, name) for label, name in named.items() if name is not None}
        self.drugs, self.conditions, self.outcomes = (
            frozenset(known.concept for known in found[label]) if label in found else None for label in named
        )
        self.events = frozenset(event for known in self.outcomes or () for event in _EVENTS_OF.get(known, ()))
        if "outcome" in found:
            events = (base.store.concepts_named(_LABELS["outcome"], event) for event in self.events)
            found["outcome"] = [*found["outcome"], *chain.from_iterable(events)]
        self._trial = trial
        self._groups = tuple(frozenset(known.id for known in group) for group in found.values())

    def fits_outcome(self, fact: Fact) -> bool:
        """Whether ``fact`` is of the outcome asked for; a hazard ratio of the event is one of the time to it."""
        if self.outcomes is None or fact.outcome in self.outcomes:
            return True
        return fact.measure == "hazard_ratio" and fact.outcome in self.events

    def trials(self) -> list[AssembledTrial]:
        """Return the trials that fit trial and condition; drug and outcome are left to look at."""
        found = self._select()
        if self._trial is not None:
            found = [trial for trial in found if _is_called(trial, self._trial)]
            if not found and not self._base.store.components(self._named()):
                raise UnknownNameError("trial", self._trial, _nearest(self._trial, self._base.store.trial_names()))
        if self.conditions is not None:
            found = [trial for trial in found if any(known.key in self.conditions for known in trial.conditions)]
        return found

    def _select(self) -> list[AssembledTrial]:
        return list(self._base.trials(msgspec.structs.replace(self._named(), concepts=self._groups)))

    def _named(self) -> Selection:
        if self._trial is None:
            return Selection()
        if self._trial.startswith("trial:doc:"):
            key, _, name = self._trial.removeprefix("trial:doc:").rpartition("#")
            return Selection(document=(key, name))
        return Selection(keys=trial_name_keys(self._trial))

    def fits_drug(self, trial: AssembledTrial) -> bool:
        return self.drugs is None or not self.drugs.isdisjoint(_drugs(trial))

    def fits_fact(self, trial: AssembledTrial, fact: Fact) -> bool:
        if self.drugs is None:
            return True
        arms = {arm.key: arm for arm in trial.arms}
        sides = [arms[key] for key in (fact.arm, fact.comparator) if key is not None]
        if any(not self.drugs.isdisjoint(_arm_drugs(arm)) for arm in sides):
            return True
        # A figure of everybody, or of a group whose treatment no document spells out, is taken by its trial.
        arm = arms[fact.arm] if fact.arm is not None else None
        unclear = arm is None or (arm.role in ("experimental", "overall") and not arm.interventions)
        return unclear and self.fits_drug(trial)


def _arm_drugs(arm: AssembledArm) -> set[str]:
    return {intervention.key for intervention in arm.interventions}


def _drugs(trial: AssembledTrial) -> set[str]:
    return {key for arm in trial.arms for key in _arm_drugs(arm)} | {concept.key for concept in trial.mentioned}


def _phase(phase: str | None) -> str | None:
    return None if phase is None else fold_name(phase).removeprefix("phase ")


def _is_called(trial: AssembledTrial, name: str) -> bool:
    keys = set(trial_name_keys(name))
    own = {key for known in (*trial.registry_ids, *trial.acronyms) for key in trial_name_keys(known)}
    return name == trial.key or not keys.isdisjoint(own)


def _nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    names = {fold_name(candidate): candidate for candidate in known}
    return tuple(names[near] for near in difflib.get_close_matches(fold_name(name), list(names), n=3, cutoff=0.6))


def _concepts(base: EvidenceBase, label: str, name: str) -> list[Concept]:
    """Return the concepts in the store that ``name`` stands for; empty where only the vocabulary knows it."""
    labels = _LABELS[label]
    preferred = resolve_name(label, name)
    names = list(dict.fromkeys(known for known in (preferred, name) if known is not None))
    found = {concept.id: concept for known in names for concept in base.store.concepts_named(labels, known)}
    if label == "condition" or (label == "outcome" and not found):
        # "lung cancer" asks for non-small cell lung cancer too: English names put the general word last or whole.
        for known in [*names, *(concept.concept for concept in found.values())]:
            found |= {concept.id: concept for concept in base.store.concepts_holding(labels, known)}
    if not found and preferred is None:
        raise UnknownNameError(label, name, _nearest(name, base.store.vocabulary(labels, names=True)))
    return list(found.values())


def _result_row(trial: AssembledTrial, fact: Fact) -> ResultRow:
    arms = {arm.key: arm for arm in trial.arms}
    outcomes = {outcome.key: outcome.name for outcome in trial.outcomes}
    result = fact.result
    arm = arms[fact.arm] if fact.arm is not None else None
    return ResultRow(
        key=fact.key,
        trial=trial.key,
        acronym=trial.acronym,
        registry_ids=trial.registry_ids,
        arm=arm.label if arm else None,
        arm_role=arm.role if arm else None,
        comparator=arms[fact.comparator].label if fact.comparator is not None else None,
        outcome=outcomes[fact.outcome] if fact.outcome is not None else None,
        measure=fact.measure,
        value=result.value,
        unit=result.unit,
        printed=result.printed,
        events=result.events,
        total=result.total,
        baseline=result.baseline,
        ci=result.ci,
        p_value=result.p_value,
        timepoint=result.timepoint,
        subgroup=result.subgroup.text if result.subgroup else None,
        direction=result.direction,
        significant=result.significant,
        context=fact.context,
        quotes=tuple(dict.fromkeys(evidence.quote for evidence in fact.evidence)),
        documents=len({evidence.document for evidence in fact.evidence}),
        evidence=fact.evidence,
    )


def _trial_row(trial: AssembledTrial) -> TrialRow:
    documents: dict[str, Any] = {}
    for report in trial.reports:
        documents[report.document] = (report.document, report.record.document.title, report.record.document.url)
    drugs = {concept.key: concept.name for arm in trial.arms for concept in arm.interventions}
    return TrialRow(
        key=trial.key,
        acronym=trial.acronym,
        registry_ids=trial.registry_ids,
        role=trial.role,
        phase=trial.phase,
        enrolled=trial.enrolled,
        conditions=tuple(condition.name for condition in trial.conditions),
        drugs=tuple(drugs[key] for key in sorted(drugs)),
        arms=tuple(arm.label for arm in trial.arms),
        outcomes=tuple(outcome.name for outcome in trial.outcomes),
        results=sum(fact.context == "reported" for fact in trial.facts),
        documents=tuple(documents.values()),
    )
