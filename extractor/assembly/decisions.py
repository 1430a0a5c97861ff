"""The user's own joins and splits, which come before every rule.

A tab-separated file whose first line is "action, one, other, reason": ``join`` makes two reports one trial, ``split``
keeps them in two. Reports are named as ``extractor assemble --explain`` prints them, "document key#trial id", or by the
document key alone where the document reports one trial only:

    action  one                     other               reason
    join    https://news.example/a  pmid:12345678       same photograph, same people
    split   pmid:12345678#t1        pmid:23456789#t1    the second is an extension with other people

Two ids of one registry, and two numbers of one acronym, cannot be joined this way either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, cast

import msgspec

from extractor.assembly.types import TrialReport
from extractor.errors import AssemblyError, LexiconError
from extractor.lexicon.tables import read_table

__all__ = ["Decision", "Decisions", "names_of", "read_decisions"]

_COLUMNS = ("action", "one", "other", "reason")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file; ``where`` is "file:line"."""

    action: Literal["join", "split"]
    one: str
    other: str
    reason: str = ""
    where: str = ""


class Decisions:
    """Joins and splits that do not contradict each other.

    Raises:
        AssemblyError: a line names one report twice, repeats an earlier line, or contradicts other lines.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.joins: list[Decision] = []
        self.splits: list[Decision] = []
        seen: dict[frozenset[str], Decision] = {}
        for decision in decisions:
            pair = frozenset((decision.one, decision.other))
            if len(pair) < 2:
                raise AssemblyError(f"{decision.one} stands on both sides", decision.where)
            if pair in seen:
                raise AssemblyError(f"{' and '.join(sorted(pair))} stand in {seen[pair].where} already", decision.where)
            seen[pair] = decision
            (self.joins if decision.action == "join" else self.splits).append(decision)
        self.clusters = _clusters(self.joins)
        """Names that the joins make one, each at least two."""
        for split in self.splits:
            cluster = next((c for c in self.clusters if {split.one, split.other} <= c), None)
            if cluster is not None:
                lines = [join.where for join in self.joins if join.one in cluster]
                raise AssemblyError(f"{split.one} and {split.other} are joined by {', '.join(lines)}", split.where)

    def __bool__(self) -> bool:
        return bool(self.joins or self.splits)

    def unknown(self, reports: Iterable[TrialReport]) -> list[Decision]:
        """Return the decisions that name a report, or a document with one reported trial, that is not in ``reports``."""
        names = names_of(reports)
        return [d for d in (*self.joins, *self.splits) if d.one not in names or d.other not in names]


def _clusters(joins: Sequence[Decision]) -> list[frozenset[str]]:
    clusters: list[frozenset[str]] = []
    for join in joins:
        pair = frozenset((join.one, join.other))
        touching = [cluster for cluster in clusters if cluster & pair]
        clusters = [cluster for cluster in clusters if not cluster & pair]
        clusters.append(pair.union(*touching))
    return clusters


def names_of(reports: Iterable[TrialReport]) -> dict[str, str]:
    """Return for each name that a decision may use the name of the report it stands for."""
    names: dict[str, str] = {}
    alone: dict[str, list[str]] = {}
    for report in reports:
        names[report.name] = report.name
        if report.trial.role == "reported":
            alone.setdefault(report.document, []).append(report.name)
    return {document: found[0] for document, found in alone.items() if len(found) == 1} | names


def read_decisions(path: Path) -> Decisions:
    """Return the joins and splits in the file at ``path``.

    Raises:
        AssemblyError: the file cannot be read, a line has another form, or lines contradict each other; with file:line.
    """
    found = []
    try:
        for row in read_table(path, _COLUMNS):
            action, one, other, reason = (cell.strip() for cell in row.cells)
            if action not in ("join", "split"):
                raise AssemblyError(f"the action must be join or split, not {action!r}", row.where)
            if not one or not other:
                raise AssemblyError("a report is missing", row.where)
            kind = cast(Literal["join", "split"], action)
            found.append(Decision(action=kind, one=one, other=other, reason=reason, where=row.where))
    except LexiconError as error:
        raise AssemblyError(error.reason, error.where) from error
    return Decisions(found)
