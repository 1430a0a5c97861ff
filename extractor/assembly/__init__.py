"""The same trial over documents: one trial, one arm, one fact, with every piece of evidence kept.

Trials are joined by registry ids, links (DOI, PMID, PMCID) and an acronym with a number (``joining``), then by a score
over drug, condition, design, enrolment and figures (``scoring``); else a trial stays with its document. Two different
ids of one registry, or two numbers of one acronym (KEYNOTE-189, KEYNOTE-407), are never joined. Each join keeps its
reason and can be undone (``decisions``). Results that state the same figure of the same trial, arm, outcome, measure, time point and subgroup are one fact
with several evidences (``statements``), and a belief that grows with the independent ones (``belief``); different figures
there are a conflict with all sides (``conflicts``).

The outcome does not depend on the order of the documents, and assembling a set of trials that is closed under
``extractor.identity.join_keys`` gives what assembling everything gives for them.
"""

from __future__ import annotations

from extractor.assembly.decisions import Decision, Decisions, read_decisions
from extractor.assembly.trials import assemble, reports_of
from extractor.assembly.types import (
    AssembledArm,
    AssembledOutcome,
    AssembledTrial,
    Belief,
    Concept,
    Conflict,
    ConflictSide,
    Evidence,
    Fact,
    Join,
    JoinRule,
    TrialReport,
)

__all__ = [
    "AssembledArm",
    "AssembledOutcome",
    "AssembledTrial",
    "Belief",
    "Concept",
    "Conflict",
    "ConflictSide",
    "Decision",
    "Decisions",
    "Evidence",
    "Fact",
    "Join",
    "JoinRule",
    "TrialReport",
    "assemble",
    "read_decisions",
    "reports_of",
]
