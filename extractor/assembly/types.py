"""The values that come out of assembly: trials over all documents, their facts, and what is known of each."""

from __future__ import annotations

from typing import Literal

import msgspec

from extractor.records import Context, Measure, Record, Result, Trial

__all__ = [
    "AssembledArm",
    "AssembledOutcome",
    "AssembledTrial",
    "Belief",
    "Concept",
    "Conflict",
    "ConflictSide",
    "Evidence",
    "Fact",
    "Join",
    "JoinRule",
    "TrialReport",
]

JoinRule = Literal["manual", "registry", "link", "acronym", "score"]


class TrialReport(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as one document states it. ``document`` is the document's key, unique over all documents."""

    document: str
    record: Record
    trial: Trial

    @property
    def name(self) -> str:
        """The report's name in joins and in the file of manual joins: "document key#trial id"."""
        return f"{self.document}#{self.trial.id}"


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """A thing under its preferred name. ``key`` is the folded name, ``kind`` the mention label, ``id`` a CURIE."""

    key: str
    name: str
    kind: str
    id: str | None = None


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """Why two reports were taken for one trial.

    Attributes:
        rule: what joined them: the user's file, a registry id, a link (DOI, PMID, PMCID or registry id by which one
            document names the other or both name a third), an acronym with a number, or a score.
        one, other: names of the reports (``TrialReport.name``).
        keys: what they have in common: identity keys; for a score the features that counted with their weights, for the
            user's file the line.
        reason: the same in words. score: the sum of the weights, for rule "score" only.
    """

    rule: JoinRule
    one: str
    other: str
    keys: tuple[str, ...]
    reason: str
    score: float | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a figure stands: ``quote`` is ``text[start:end]`` of the document, the sentence that says it.

    Attributes:
        document: key of the document. document_kind: news, abstract, ... trial: id of the trial inside the record.
        span: [start, end] of the figure itself. result: the figure with all its values as this document states it.
    """

    document: str
    document_kind: str
    title: str | None
    url: str | None
    source: str | None
    published: str | None
    start: int
    end: int
    quote: str
    trial: str
    result: Result

    @property
    def span(self) -> tuple[int, int] | None:
        """Offsets of the figure as written."""
        return self.result.span


class AssembledArm(msgspec.Struct, frozen=True, kw_only=True):
    """A group of the trial; ``size`` as first stated, ``doses`` as printed, by intervention key."""

    key: str
    role: str
    label: str
    interventions: tuple[Concept, ...]
    doses: dict[str, str]
    size: int | float | None


class AssembledOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint of the trial; ``key`` is the folded concept, or the folded name where no concept is known."""

    key: str
    name: str
    role: str


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """How far a fact can be relied on; ``extractor.assembly.belief`` has the formula, its priors are in a data file.

    Attributes:
        score: 0 to 1. sources: independent ones; copies of one text, and all texts of one paper, count once.
        kinds: kinds of these sources, sorted: "full_text", "abstract", "registry", "press_release", "news".
        arithmetic: "fails" where a check of some evidence finds an error, "holds" where figures of some evidence were
            checked against one another (events, total, interval) and agree, "unchecked" where there is nothing to check.
        marks: "retracted", "concern", "corrected" (what a document that states it is), "contradicted" (a conflict).
    """

    score: float
    sources: int
    kinds: tuple[str, ...]
    arithmetic: Literal["holds", "fails", "unchecked"]
    marks: tuple[str, ...] = ()


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one trial with all its evidence. ``arm``, ``comparator`` and ``outcome`` are keys of the trial's.

    ``context`` is "reported" where at least one document reports it as its own finding. ``evidence`` begins with the
    one that states most; it may state the figure in another form (53 % and 16 of 30, a hazard ratio of 0.62 and a
    reduction by 38 %).
    """

    key: str
    trial: str
    measure: Measure
    context: Context
    arm: str | None
    comparator: str | None
    outcome: str | None
    evidence: tuple[Evidence, ...]
    belief: Belief

    @property
    def result(self) -> Result:
        """The figure as its fullest evidence states it."""
        return self.evidence[0].result


class ConflictSide(msgspec.Struct, frozen=True, kw_only=True):
    """One of the figures of a conflict: the fact that holds it (its key), the value as its fullest evidence states it."""

    fact: str
    measure: Measure
    value: int | float | None
    unit: str | None
    belief: float
    evidence: tuple[Evidence, ...]


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Different figures of one trial where there can be only one; no side is preferred, the one most believed is first.

    Attributes:
        key: "conflict:<trial>/<outcome>/<measure>/..." trial: the trial's key.
        outcome, arm, comparator: keys of the trial's that the sides have in common; None where they state none.
        measure: of the first side. timepoint: such as "24 month", "" where none. subgroup: folded, "" for everybody.
        open: what one side leaves unsaid ("arm", "comparator", "timepoint"): with other documents at hand it may turn
            out that the sides speak of different things.
    """

    key: str
    trial: str
    outcome: str | None
    measure: Measure
    arm: str | None
    comparator: str | None
    timepoint: str
    subgroup: str
    sides: tuple[ConflictSide, ...]
    open: tuple[str, ...] = ()


class AssembledTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial over all documents.

    Attributes:
        key: "trial:NCT02517788", "trial:KEYNOTE-189" or "trial:doc:<document key>#<trial id>".
        role: "reported" where a document reports it, "background" where it is only cited.
        registry_ids: those that its documents print, link to or are filed under.
        mentioned: drugs and procedures named by documents that report this trial and no other.
        documents: (document key, role there). reasons: identity keys by which documents were joined.
        joins: why the reports are one trial, one join fewer than reports. conflicts: figures that contradict another.
    """

    key: str
    role: str
    registry_ids: tuple[str, ...]
    acronym: str | None
    acronyms: tuple[str, ...]
    phase: str | None
    enrolled: int | float | None
    conditions: tuple[Concept, ...]
    arms: tuple[AssembledArm, ...]
    outcomes: tuple[AssembledOutcome, ...]
    facts: tuple[Fact, ...]
    mentioned: tuple[Concept, ...]
    documents: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    reports: tuple[TrialReport, ...]
    joins: tuple[Join, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
