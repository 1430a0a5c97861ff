"""The endpoints of a trial over documents."""

from __future__ import annotations

from extractor.assembly.concepts import Place, commonest
from extractor.assembly.types import AssembledOutcome, TrialReport
from extractor.naming import fold_name

__all__ = ["join_outcomes"]


def join_outcomes(reports: list[TrialReport]) -> tuple[tuple[AssembledOutcome, ...], dict[Place, str]]:
    """Return the outcomes of one trial, and for each outcome of each report (its place) the key of the outcome it is.

    What one report prints without a known concept is the concept under which another report prints the same name.
    """
    stated = [outcome for report in reports for outcome in report.trial.outcomes]
    concepts: dict[str, list[str]] = {}
    for outcome in stated:
        if outcome.concept:
            concepts.setdefault(fold_name(outcome.name.text), []).append(outcome.concept)
    rank = ("primary", "secondary", "safety", "other")
    names: dict[str, list[str]] = {}
    roles: dict[str, list[str]] = {}
    keys: dict[Place, str] = {}
    for report in reports:
        for outcome in report.trial.outcomes:
            name = outcome.concept or commonest(concepts.get(fold_name(outcome.name.text), ())) or outcome.name.text
            key = fold_name(name)
            keys[report.document, report.trial.id, outcome.id] = key
            names.setdefault(key, []).append(name)
            roles.setdefault(key, []).append(outcome.role)
    outcomes = (
        AssembledOutcome(key=key, name=commonest(names[key]) or key, role=min(roles[key], key=rank.index))
        for key in sorted(names)
    )
    return tuple(outcomes), keys
