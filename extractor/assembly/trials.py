"""Reports of any number of documents into trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extractor.assembly.arms import join_arms
from extractor.assembly.belief import Sources
from extractor.assembly.concepts import commonest, fold_concepts
from extractor.assembly.copies import independent_sources
from extractor.assembly.decisions import Decisions
from extractor.assembly.facts import join_facts
from extractor.assembly.joining import Group, join_by_decisions, join_by_keys
from extractor.assembly.outcomes import join_outcomes
from extractor.assembly.scoring import join_by_score
from extractor.assembly.types import AssembledTrial, TrialReport
from extractor.identity import is_only_subject
from extractor.naming import ACRONYM_PREFIX, acronym_parts, conditions_of, identity_keys, registry_of
from extractor.records import Record

__all__ = ["assemble", "reports_of"]


def reports_of(document: str, record: Record, trials: Iterable[str] | None = None) -> Iterator[TrialReport]:
    """Yield a report for each trial of ``record``, or only for the trials with the given ids.

    Args:
        document: key of the document, unique over everything that is assembled together.
    """
    chosen = None if trials is None else set(trials)
    for trial in record.trials:
        if chosen is None or trial.id in chosen:
            yield TrialReport(document=document, record=record, trial=trial)


def assemble(reports: Iterable[TrialReport], decisions: Decisions | None = None) -> tuple[AssembledTrial, ...]:
    """Join ``reports`` into trials, sorted by key.

    Args:
        reports: trials of any number of documents, in any order, each at most once.
        decisions: the user's own joins and splits, which come before every rule; see ``extractor.assembly.decisions``.

    Raises:
        AssemblyError: ``decisions`` join two ids of one registry, or two numbers of one acronym.
    """
    ordered = sorted(reports, key=lambda report: (report.document, report.trial.id))
    groups = [Group(report) for report in ordered]
    if decisions is not None:
        join_by_decisions(groups, decisions)
    join_by_keys(list(dict.fromkeys(group.final() for group in groups)))
    join_by_score(list(dict.fromkeys(group.final() for group in groups)))
    taken: set[str] = set()
    trials = []
    for group in dict.fromkeys(group.final() for group in groups):
        group.reports.sort(key=lambda report: (report.document, report.trial.id))
        key = next(key for key in _trial_names(group) if key not in taken)
        taken.add(key)
        trials.append(_assemble_trial(key, group))
    return tuple(sorted(trials, key=lambda trial: trial.key))


def _trial_names(group: Group) -> Iterator[str]:
    keys = {key for report in group.reports for key in identity_keys(report.trial)}
    registry = sorted(group.registry_ids(), key=lambda key: (not key.startswith("NCT"), key))
    pooled = any(len([k for k in registry if registry_of(k) == registry_of(key)]) > 1 for key in registry)
    yield from [f"trial:{'+'.join(registry)}"] if pooled else [f"trial:{key}" for key in registry]
    for key in sorted(keys):
        parts = acronym_parts(key.removeprefix(ACRONYM_PREFIX)) if key.startswith(ACRONYM_PREFIX) else None
        if parts is not None:
            yield f"trial:{parts[0].upper()}-{parts[1]}{parts[2]}"
    yield f"trial:doc:{group.reports[0].document}#{group.reports[0].trial.id}"


def _assemble_trial(key: str, group: Group) -> AssembledTrial:
    reports = group.reports
    trials = [report.trial for report in reports]
    acronyms = [trial.acronym.text for trial in trials if trial.acronym is not None]
    enrolled = [trial.population.enrolled for trial in trials]
    arms, arm_keys = join_arms(reports)
    outcomes, outcome_keys = join_outcomes(reports)
    sources = Sources(reports, independent_sources([(report.document, report.record) for report in reports]))
    facts, conflicts = join_facts(key, reports, arm_keys, outcome_keys, sources)
    return AssembledTrial(
        key=key,
        role="reported" if any(trial.role == "reported" for trial in trials) else "background",
        registry_ids=tuple(sorted(group.registry_ids())),
        acronym=commonest(acronyms),
        acronyms=tuple(sorted(set(acronyms))),
        phase=commonest(trial.phase.value for trial in trials if trial.phase is not None),
        enrolled=next((number.value for number in enrolled if number is not None), None),
        conditions=fold_concepts(
            (m.concept, m.text, m.label, m.id)
            for report in reports
            for m in conditions_of(report.trial, report.record, alone=is_only_subject(report.record, report.trial))
        ),
        arms=arms,
        outcomes=outcomes,
        facts=facts,
        mentioned=fold_concepts(
            (m.concept, m.text, m.label, m.id)
            for report in reports
            if is_only_subject(report.record, report.trial)
            for m in report.record.mentions
            if m.label in ("drug", "procedure", "behaviour")
        ),
        documents=tuple(dict.fromkeys((report.document, report.trial.role) for report in reports)),
        reasons=tuple(
            sorted({key for join in group.joins for key in join.keys if join.rule not in ("score", "manual")})
        ),
        reports=tuple(reports),
        conflicts=conflicts,
        joins=tuple(sorted(group.joins, key=lambda join: (join.one, join.other, join.rule))),
    )
