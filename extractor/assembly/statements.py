"""What one document says of one figure, and the statements that are one fact.

A figure belongs to a place: outcome, arm, comparator, time point, subgroup. Two statements are of one place where every
part is the same or left open by one of them, and one fact where their figures are the same too (``figures``). The most
complete statements come first; one that leaves parts open joins a fact only where a single one can be meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from extractor.assembly.concepts import Place
from extractor.assembly.figures import Figure, figure_of, outcome_key, same_figure, same_time, time_days
from extractor.assembly.types import Evidence, TrialReport
from extractor.naming import fold_name
from extractor.records import ONE_ARM_MEASURES, Result

__all__ = ["OPEN_PARTS", "Cluster", "Statement", "cluster", "statements_of"]

OPEN_PARTS = ("arm", "comparator", "timepoint")
"""Parts that a document may leave open though the figure has them."""
_MANY = 400
"""Statements of one bucket beyond which only equal figures of the same place are one; a table of so many has parts that
were not read, and comparing all with all would take long."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as one document states it.

    Attributes:
        outcome, arm, comparator: keys of the trial's, "" where not stated. topic: the outcome as it is compared.
        days: the time point; subgroup: folded, "" for everybody. direction: of comparisons in words.
        figure: None for what has no value. failing: a check found an error in it.
    """

    outcome: str
    topic: str
    arm: str
    comparator: str
    days: float | None
    timepoint: str
    subgroup: str
    direction: str
    hypothesis: bool
    figure: Figure | None
    evidence: Evidence
    failing: bool

    @property
    def loose(self) -> bool:
        """Whether the figure is qualified, or in words."""
        return self.figure is not None and self.figure.loose

    @property
    def versus(self) -> str:
        """The comparator, where it makes the figure another one: a group's own figure is the same beside any other."""
        return "" if self.evidence.result.measure in ONE_ARM_MEASURES else self.comparator

    @property
    def bucket(self) -> tuple[str, str, str, str, bool]:
        """Only statements of one bucket can be one fact or contradict each other."""
        family = self.figure.family if self.figure is not None else f"{self.evidence.result.measure} without value"
        return (self.topic, family, self.subgroup, self.direction, self.hypothesis)


class Cluster:
    """Statements of one fact: its place is what they say together."""

    def __init__(self, head: Statement) -> None:
        self.head = head
        self.statements = [head]
        self.arm = head.arm
        self.comparator = head.comparator
        self.versus = head.versus
        self.days = head.days
        self.timepoint = head.timepoint

    def add(self, statement: Statement) -> None:
        """Take ``statement`` in; what was open is filled by what it says."""
        self.statements.append(statement)
        self.arm = self.arm or statement.arm
        self.comparator = self.comparator or statement.comparator
        self.versus = self.versus or statement.versus
        if self.days is None:
            self.days, self.timepoint = statement.days, statement.timepoint

    def documents(self, *, sound: bool = False) -> frozenset[str]:
        """Return the keys of the documents; with ``sound`` only of those whose statement is exact and no check finds wrong."""
        return frozenset(s.evidence.document for s in self.statements if not (sound and (s.failing or s.loose)))

    def has_place_of(self, statement: Statement) -> bool:
        """Tell whether every part is the same."""
        mine, theirs = (self.arm, self.versus), (statement.arm, statement.versus)
        return mine == theirs and same_time(self.days, statement.days)

    def may_be_of(self, statement: Statement) -> bool:
        """Tell whether every part is the same or left open by one of the two."""
        return (
            (self.arm == statement.arm or not self.arm or not statement.arm)
            and (self.versus == statement.versus or not self.versus or not statement.versus)
            and (self.days is None or statement.days is None or same_time(self.days, statement.days))
        )

    def says(self, statement: Statement) -> bool:
        """Tell whether ``statement`` states the same figure as all that are here."""
        theirs = statement.figure
        if theirs is None:
            return all(known.figure is None for known in self.statements)
        return all(known.figure is not None and same_figure(known.figure, theirs) for known in self.statements)


def statements_of(
    reports: Iterable[TrialReport], arms: dict[Place, str], outcomes: dict[Place, str]
) -> list[Statement]:
    """Return what ``reports`` of one trial state, in their order.

    Args:
        arms, outcomes: for each arm and outcome of a report (its place) the key of the trial's.
    """
    return [_statement(report, result, arms, outcomes) for report in reports for result in report.trial.results]


def _statement(report: TrialReport, result: Result, arms: dict[Place, str], outcomes: dict[Place, str]) -> Statement:
    def look_up(keys: dict[Place, str], identifier: str | None) -> str:
        return keys.get((report.document, report.trial.id, identifier or ""), "")

    figure = figure_of(result)
    outcome = look_up(outcomes, result.outcome)
    return Statement(
        outcome=outcome,
        topic=outcome_key(outcome, figure.family) if figure is not None else outcome,
        arm=look_up(arms, result.arm),
        comparator=look_up(arms, result.comparator),
        days=time_days(result),
        timepoint=_time_name(result),
        subgroup=fold_name(result.subgroup.text) if result.subgroup is not None else "",
        direction=(result.direction or "") if result.measure == "comparison" else "",
        hypothesis=result.context == "hypothesis",
        figure=figure,
        evidence=_evidence(report, result),
        failing=any(c.result == result.id and c.severity == "error" for c in report.record.checks),
    )


def _time_name(result: Result) -> str:
    """Years count as 12 months and weeks as 7 days, so that "2 years" and "24 months" are one time point."""
    if result.timepoint is None:
        return ""
    factor, unit = {"year": (12, "month"), "week": (7, "day")}.get(result.timepoint.unit, (1, result.timepoint.unit))
    return f"{result.timepoint.value * factor:g} {unit}"


def _evidence(report: TrialReport, result: Result) -> Evidence:
    document = report.record.document
    start, end = result.sentence or result.span or (0, 0)
    return Evidence(
        document=report.document,
        document_kind=document.kind,
        title=document.title,
        url=document.url,
        source=document.source,
        published=document.published,
        start=start,
        end=end,
        quote=document.text[start:end],
        trial=report.trial.id,
        result=result,
    )


def _completeness(statement: Statement) -> tuple[bool, int, float, str, str]:
    stated = (statement.arm != "", statement.comparator != "", statement.days is not None)
    figure = statement.figure
    step = figure.step if figure is not None and not figure.loose else float("inf")
    evidence = statement.evidence
    return (evidence.result.context != "reported", -sum(stated), step, evidence.document, evidence.result.id)


def cluster(statements: Sequence[Statement]) -> list[Cluster]:
    """Return the facts that ``statements`` of one bucket make."""
    ordered = sorted(statements, key=_completeness)
    return _exact_clusters(ordered) if len(ordered) > _MANY else _clusters(ordered)


def _exact_clusters(statements: Sequence[Statement]) -> list[Cluster]:
    found: dict[tuple[object, ...], Cluster] = {}
    for statement in statements:
        result = statement.evidence.result
        place = (statement.arm, statement.versus, statement.timepoint)
        key = (*place, result.measure, result.value, None if result.total is None else result.total.value)
        if key in found:
            found[key].add(statement)
        else:
            found[key] = Cluster(statement)
    return list(found.values())


def _clusters(statements: Sequence[Statement]) -> list[Cluster]:
    clusters: list[Cluster] = []
    for statement in statements:
        same = [known for known in clusters if known.may_be_of(statement) and known.says(statement)]
        exact = [known for known in same if known.has_place_of(statement)]
        # Where not even the outcome is known, nothing else may be open.
        found = _nearest(exact or (same if statement.topic else []), statement)
        if found is None:
            clusters.append(Cluster(statement))
        else:
            found.add(statement)
    return clusters


def _nearest(clusters: list[Cluster], statement: Statement) -> Cluster | None:
    """Return the one cluster that can be meant; among several the one whose figure is printed alike, else none."""
    if len(clusters) > 1:
        clusters = [known for known in clusters if _alike(known.head, statement)]
    return clusters[0] if len(clusters) == 1 else None


def _alike(one: Statement, other: Statement) -> bool:
    mine, theirs = one.evidence.result, other.evidence.result
    return (mine.measure, mine.value) == (theirs.measure, theirs.value)
