"""Rows of answers made of assembled trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from extractor.assembly import AssembledTrial, Conflict, Evidence, Fact
from extractor.checks.assembled import check_assembled
from extractor.lexicon import load_lexicon
from extractor.query.filters import Question, arm_treatments
from extractor.query.rows import (
    CheckRow,
    ComparisonRow,
    ConflictRow,
    DrugRow,
    OutcomeRow,
    ResultRow,
    TimelineRow,
    TrialRow,
)
from extractor.records import TWO_ARM_MEASURES, Check, Record

__all__ = [
    "check_rows",
    "comparison_rows",
    "conflict_rows",
    "drug_rows",
    "outcome_rows",
    "result_row",
    "timeline_rows",
    "trial_row",
]

_SEVERITIES = ("error", "warning", "info")


def trial_row(trial: AssembledTrial) -> TrialRow:
    """Return what is known of ``trial``."""
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


def result_row(trial: AssembledTrial, fact: Fact) -> ResultRow:
    """Return ``fact`` with the names of its trial, groups and outcome."""
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
        belief=fact.belief.score,
        sources=fact.belief.sources,
        marks=fact.belief.marks,
        quotes=tuple(dict.fromkeys(evidence.quote for evidence in fact.evidence)),
        documents=len({evidence.document for evidence in fact.evidence}),
        evidence=fact.evidence,
    )


# ---- one treatment against another


def comparison_rows(trial: AssembledTrial, a: Question, b: Question) -> Iterator[ComparisonRow]:
    """Yield what ``trial`` says of the treatment of question ``a`` against that of ``b``.

    A group that receives both is on the side of ``a`` only where no group receives ``a`` alone.
    """
    of_a = [arm.key for arm in trial.arms if a.is_treated(arm)]
    of_b = [arm.key for arm in trial.arms if b.is_treated(arm)]
    mine = [key for key in of_a if key not in of_b] or of_a
    theirs = [key for key in of_b if key not in mine]
    if not mine or not theirs:
        return
    facts = [fact for fact in trial.facts if fact.context == "reported" and a.fits_figure(fact)]
    labels = {arm.key: arm.label for arm in trial.arms}
    for fact in facts:
        forth = fact.arm in mine and fact.comparator in theirs
        if fact.measure in TWO_ARM_MEASURES and (forth or (fact.arm in theirs and fact.comparator in mine)):
            sides = (fact.arm, fact.comparator) if forth else (fact.comparator, fact.arm)
            row = result_row(trial, fact)
            yield _comparison(trial, row, sides, labels, estimate=row, reversed=not forth)
    singles = [fact for fact in facts if fact.measure not in TWO_ARM_MEASURES]
    beside = [(fact, b_fact) for fact in singles if fact.arm in mine for b_fact in singles if b_fact.arm in theirs]
    for fact, other in beside:
        if _place(fact) == _place(other):
            row = result_row(trial, fact)
            sides = (fact.arm, other.arm)
            yield _comparison(trial, row, sides, labels, a_result=row, b_result=result_row(trial, other))


def _comparison(
    trial: AssembledTrial, row: ResultRow, sides: tuple[str | None, str | None], labels: dict[str, str], **found: Any
) -> ComparisonRow:
    a, b = (None if side is None else labels[side] for side in sides)
    return ComparisonRow(
        trial=trial.key, acronym=trial.acronym, outcome=row.outcome, measure=row.measure, timepoint=row.timepoint,
        subgroup=row.subgroup, a=a, b=b, **found,
    )  # fmt: skip


def _place(fact: Fact) -> tuple[object, ...]:
    """Return what two figures of two groups must have in common to stand side by side."""
    result = fact.result
    at = result.timepoint
    subgroup = result.subgroup.text.casefold() if result.subgroup is not None else None
    return fact.outcome, fact.measure, result.unit, (at.value, at.unit) if at is not None else None, subgroup


# ---- what is studied


def drug_rows(trials: Iterable[AssembledTrial]) -> list[DrugRow]:
    """Return the treatments that groups of ``trials`` receive, those of most trials first."""
    names: dict[str, Counter[tuple[str, str]]] = {}
    counts: dict[str, Counter[str]] = {}
    for trial in trials:
        tested: dict[str, set[str]] = {}
        for arm in trial.arms:
            for concept in arm.interventions:
                names.setdefault(concept.key, Counter())[concept.name, concept.kind] += 1
                tested.setdefault(concept.key, set()).add(arm.role)
        of_arm = {arm.key: arm_treatments(arm) for arm in trial.arms}
        for key, roles in tested.items():
            count = counts.setdefault(key, Counter())
            count["trials"] += 1
            count["comparator_in"] += roles == {"comparator"}
            count["results"] += sum(
                fact.context == "reported"
                and any(key in of_arm.get(side or "", ()) for side in (fact.arm, fact.comparator))
                for fact in trial.facts
            )
    lexicon = load_lexicon()
    rows = [
        DrugRow(
            key=f"{'drug' if kind == 'drug' else 'intervention'}:{key}",
            name=name,
            kind=kind,
            classes=lexicon.classes_of(name) if kind == "drug" else (),
            trials=counts[key]["trials"],
            comparator_in=counts[key]["comparator_in"],
            results=counts[key]["results"],
        )
        for key, found in names.items()
        for name, kind in [min(found, key=lambda known: (-found[known], known))]
    ]
    return sorted(rows, key=lambda row: (-row.trials, row.comparator_in, row.key))


def outcome_rows(trials: Iterable[AssembledTrial]) -> list[OutcomeRow]:
    """Return the endpoints of ``trials``, those of most trials first; the role is the weightiest in any of them."""
    ranks = ("primary", "secondary", "safety", "other")
    names: dict[str, Counter[str]] = {}
    roles: dict[str, set[str]] = {}
    measures: dict[str, Counter[str]] = {}
    for trial in trials:
        for outcome in trial.outcomes:
            names.setdefault(outcome.key, Counter())[outcome.name] += 1
            roles.setdefault(outcome.key, set()).add(outcome.role)
            measures.setdefault(outcome.key, Counter())
        for fact in trial.facts:
            if fact.outcome is not None and fact.context == "reported":
                measures.setdefault(fact.outcome, Counter())[fact.measure] += 1
    rows = [
        OutcomeRow(
            key=f"outcome:{key}",
            name=min(found, key=lambda known: (-found[known], known)),
            role=min(roles[key], key=ranks.index),
            trials=sum(found.values()),
            results=sum(measures[key].values()),
            measures=tuple(sorted(measures[key], key=lambda known: (-measures[key][known], known))),
        )
        for key, found in names.items()
    ]
    return sorted(rows, key=lambda row: (-row.trials, -row.results, row.key))


def timeline_rows(trials: Iterable[AssembledTrial]) -> list[TimelineRow]:
    """Return the reports of ``trials`` by date of publication, undated ones last."""
    rows = [
        TimelineRow(
            date=document.published,
            document=report.document,
            kind=document.kind,
            title=document.title,
            source=document.source,
            url=document.url,
            trial=trial.key,
            acronym=trial.acronym,
            phase=trial.phase,
            conditions=tuple(condition.name for condition in trial.conditions),
            figures=sum(result.context == "reported" for result in report.trial.results),
        )
        for trial in trials
        for report in trial.reports
        for document in [report.record.document]
        if report.trial.role == "reported"
    ]
    return sorted(rows, key=lambda row: (row.date is None, row.date or "", row.document, row.trial))


# ---- what does not agree


def conflict_rows(trial: AssembledTrial, conflicts: Iterable[Conflict]) -> Iterator[ConflictRow]:
    """Yield ``conflicts`` of ``trial`` with the names of its groups and outcomes."""
    labels = {arm.key: arm.label for arm in trial.arms}
    outcomes = {outcome.key: outcome.name for outcome in trial.outcomes}
    for conflict in conflicts:
        yield ConflictRow(
            key=conflict.key,
            trial=trial.key,
            acronym=trial.acronym,
            outcome=outcomes.get(conflict.outcome or ""),
            measure=conflict.measure,
            arm=labels.get(conflict.arm or ""),
            comparator=labels.get(conflict.comparator or ""),
            timepoint=conflict.timepoint,
            subgroup=conflict.subgroup,
            open=conflict.open,
            values=tuple(_value(side.value, side.unit) for side in conflict.sides),
            results=tuple(side.fact for side in conflict.sides),
            evidence=tuple(evidence for side in conflict.sides for evidence in side.evidence),
        )


def _value(value: float | None, unit: str | None) -> str:
    return "none" if value is None else " ".join(filter(None, (f"{value:.10g}", unit)))


def check_rows(trial: AssembledTrial) -> list[CheckRow]:
    """Return the findings of the checks of every document that reports ``trial``, the gravest first.

    Findings that are of no figure are of the trial only where the document reports no other. Those that only several
    documents show (``extractor.checks.assembled``) are among them.
    """
    facts = {
        (evidence.document, evidence.trial, evidence.result.id): (fact, evidence)
        for fact in trial.facts
        for evidence in fact.evidence
    }
    rows = []
    for report in trial.reports:
        own = {result.id for result in report.trial.results}
        alone = [known.id for known in report.record.trials if known.role == "reported"] == [report.trial.id]
        for check in report.record.checks:
            if check.result in own or (check.result is None and alone):
                fact, evidence = facts.get((report.document, report.trial.id, check.result or ""), (None, None))
                rows.append(_check_row(trial, report.document, report.record, check, fact, evidence))
    urls = {report.document: report.record.document.url for report in trial.reports}
    rows += [
        CheckRow(
            severity=found.check.severity, kind=found.check.kind, message=found.check.message,
            expected=found.check.expected, found=found.check.found, trial=trial.key, acronym=trial.acronym,
            result=found.check.result, document=found.document, url=urls.get(found.document), quote=found.quote,
        )
        for found in check_assembled(trial)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (_SEVERITIES.index(row.severity), row.document, row.result or "", row.kind))


def _check_row(
    trial: AssembledTrial, document: str, record: Record, check: Check, fact: Fact | None, evidence: Evidence | None
) -> CheckRow:
    return CheckRow(
        severity=check.severity, kind=check.kind, message=check.message, expected=check.expected, found=check.found,
        trial=trial.key, acronym=trial.acronym, result=fact.key if fact is not None else None, document=document,
        url=record.document.url, quote=evidence.quote if evidence is not None else None,
    )  # fmt: skip
