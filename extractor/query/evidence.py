"""Questions to the evidence: trials, their results, and the sentences that say them.

    evidence = EvidenceGraph.open("evidence.db")
    for row in evidence.results(drug="Blincyto", outcome="OS"):
        print(row.value, row.unit, row.quotes[0])

Names may be given as the reader understands them in texts: brands, abbreviations and spellings of the vocabulary, and
every name that some stored document uses for the same thing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from extractor.assembly import AssembledTrial, Evidence, TrialReport, reports_of
from extractor.graph import EvidenceBase, build_graph, graph_of, update_graph
from extractor.identity import join_keys
from extractor.query.connections import find_path, find_place, neighbour_rows
from extractor.query.cypher import run_cypher
from extractor.query.filters import ContextFilter, Filters, FurtherFilters, MoreFilters, Question, RoleFilter
from extractor.query.making import (
    check_rows,
    comparison_rows,
    conflict_rows,
    drug_rows,
    outcome_rows,
    result_row,
    timeline_rows,
    trial_row,
)
from extractor.query.names import UnknownNameError
from extractor.query.rows import (
    CheckRow,
    ComparisonRow,
    ConflictRow,
    DrugRow,
    NeighbourRow,
    OutcomeRow,
    ResultRow,
    Rows,
    TimelineRow,
    TrialRow,
)
from extractor.records import Record

if TYPE_CHECKING:
    import networkx

__all__ = ["EvidenceGraph"]


class EvidenceGraph:
    """The evidence of a store, or of records in memory, ready for questions.

    A question about a drug, condition, outcome or trial reads only what is stored about it. Every question takes the
    filters of ``extractor.query.Filters``; all that are given must hold.

    Questions raise UnknownNameError for a name that neither the vocabulary nor the store knows (with the nearest known
    ones), ExtractorError for a duration or date that cannot be read, TypeError for a filter that there is not, and
    StoreError where the store cannot be read.
    """

    def __init__(self, base: EvidenceBase, *, within: tuple[Filters, ...] = ()) -> None:
        self._base = base
        self._within = within

    @classmethod
    def open(cls, path: str | os.PathLike[str], joins: str | os.PathLike[str] | None = None) -> Self:
        """Open the store at ``path`` for reading.

        Args:
            joins: file of your own joins and splits of trials, as ``extractor assemble --joins`` takes it.

        Raises:
            StoreError: there is none, or it is damaged, foreign or of a newer version.
            AssemblyError: the file of joins cannot be read or contradicts itself.
        """
        return cls(EvidenceBase.open(path, joins))

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

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what the store holds, and what this selection asks for."""
        counts = self._base.store.counts()
        cells = "".join(f"<tr><td>{escape(name)}</td><td>{number:,}</td></tr>" for name, number in counts.items())
        asked = "; ".join(f"{name} = {value}" for filters in self._within for name, value in filters.items())
        selection = f"<p>of these, what fits: {escape(asked)}</p>" if asked else ""
        return f"<div><b>EvidenceGraph</b><table><tbody>{cells}</tbody></table>{selection}</div>"

    # ---- trials and figures

    def trials(
        self,
        drug: str | None = None,
        condition: str | None = None,
        outcome: str | None = None,
        phase: str | None = None,
        trial: str | None = None,
        role: RoleFilter = "reported",
        **more: Unpack[MoreFilters],
    ) -> Rows[TrialRow]:
        """Return the trials that fit every filter, sorted by key.

        Args:
            drug: an intervention of some arm; where no arm states any, one that a document only about it names.
            condition: a condition of the trial; a general name also finds its special forms.
            outcome: an endpoint of the trial. phase: "1", "1/2", "2", ... trial: registry id, acronym or key.
            role: "background" for trials that are only cited, None for both.
            more: any other of ``Filters``; those of figures must hold of some figure of the trial.
        """
        filters = Filters(drug=drug, condition=condition, outcome=outcome, phase=phase, trial=trial, **more)
        _, found = self._ask(filters)
        rows = [trial_row(one) for one in found if role in (None, one.role)]
        return Rows(TrialRow, sorted(rows, key=lambda row: row.key))

    def results(
        self,
        drug: str | None = None,
        condition: str | None = None,
        outcome: str | None = None,
        measure: str | None = None,
        trial: str | None = None,
        phase: str | None = None,
        context: ContextFilter = "reported",
        **more: Unpack[FurtherFilters],
    ) -> Rows[ResultRow]:
        """Return the results that fit every filter, by trial, outcome and measure.

        Args:
            drug: the result's arm or comparator receives it; where the result names no arm, some arm of its trial does.
            condition, outcome, trial, phase: as for ``trials``.
            measure: one of ``extractor.records.MEASURES``, such as "hazard_ratio".
            context: "reported" (a trial's own findings), "background" (only cited), "hypothesis", or None for all.
            more: any other of ``Filters``; kind, source and dates must hold of some document that states the figure.
        """
        filters = Filters(
            drug=drug, condition=condition, outcome=outcome, measure=measure, trial=trial, phase=phase, **more
        )
        question, found = self._ask(filters)
        rows = [
            result_row(one, fact)
            for one in sorted(found, key=lambda one: one.key)
            for fact in one.facts
            if context in (None, fact.context) and question.fits_fact(one, fact)
        ]
        return Rows(ResultRow, rows)

    def compare(self, a: str, b: str, outcome: str | None = None, /, **filters: Unpack[Filters]) -> Rows[ComparisonRow]:
        """Return what trials with both treatments say of ``a`` against ``b``, by trial.

        Estimates of the two (hazard ratios, differences, ...) stand as printed; where a document states them of b against
        a, ``reversed`` says so. Figures of single groups stand side by side where outcome, measure, unit, time point and
        subgroup are the same.
        """
        of_a, found = self._ask(_with(filters, drug=a, outcome=outcome))
        of_b = Question(self._base, Filters(drug=b))
        rows = [
            row
            for trial in sorted(found, key=lambda one: one.key)
            if of_b.gives_drug(trial)
            for row in comparison_rows(trial, of_a, of_b)
        ]
        return Rows(ComparisonRow, rows)

    def evidence(self, x: ResultRow | ConflictRow | str) -> Rows[Evidence]:
        """Return every place that states ``x``, the fullest first.

        Args:
            x: a row of ``results`` or ``conflicts``, or the key of one; the name or key of a trial, for all its figures; the
                key of a document ("document:..."), for all that stand in it.
        """
        if not isinstance(x, str):
            return Rows(Evidence, x.evidence)
        place = find_place(self._base, x)
        found = [item for trial in self._base.assembled(place.components) for item in _places(trial, x, place.nodes)]
        if not found:
            raise UnknownNameError("figure", x, ())
        return Rows(Evidence, found)

    # ---- what is studied

    def drugs(self, condition: str | None = None, /, **filters: Unpack[Filters]) -> Rows[DrugRow]:
        """Return the treatments given in trials that fit (of ``condition``), those of most trials first."""
        _, found = self._ask(_with(filters, condition=condition))
        return Rows(DrugRow, drug_rows(trial for trial in found if trial.role == "reported"))

    def outcomes(self, drug: str | None = None, /, **filters: Unpack[Filters]) -> Rows[OutcomeRow]:
        """Return the endpoints of trials that fit (of ``drug``), those of most trials first."""
        _, found = self._ask(_with(filters, drug=drug))
        return Rows(OutcomeRow, outcome_rows(trial for trial in found if trial.role == "reported"))

    def timeline(self, drug: str | None = None, /, **filters: Unpack[Filters]) -> Rows[TimelineRow]:
        """Return the documents that report trials that fit (of ``drug``), by date of publication, undated ones last."""
        question, found = self._ask(_with(filters, drug=drug))
        rows = timeline_rows(found)
        return Rows(TimelineRow, (row for row in rows if question.fits_document(row.kind, row.source, row.date)))

    def documents(self) -> Iterator[tuple[str, Record]]:
        """Yield (key, record) of every document that reports or cites a trial of this graph, a few in memory at a time."""
        _, found = self._ask(Filters())
        seen: set[str] = set()
        for trial in found:
            for report in trial.reports:
                if report.document not in seen:
                    seen.add(report.document)
                    yield report.document, report.record

    # ---- what does not agree

    def conflicts(self, **filters: Unpack[Filters]) -> Rows[ConflictRow]:
        """Return where documents state different figures of one thing, by trial; of those that fit the filters.

        Filters of figures must hold of at least one side.
        """
        question, found = self._ask(filters)
        rows: list[ConflictRow] = []
        for trial in sorted(found, key=lambda one: one.key):
            fitting = {fact.key for fact in trial.facts if question.fits_fact(trial, fact)}
            chosen = [c for c in trial.conflicts if any(side.fact in fitting for side in c.sides)]
            rows += conflict_rows(trial, chosen)
        return Rows(ConflictRow, rows)

    def checks(self, **filters: Unpack[Filters]) -> Rows[CheckRow]:
        """Return the findings of arithmetic and consistency in trials that fit, by trial, the gravest first.

        With filters of figures only findings on figures that fit are returned.
        """
        question, found = self._ask(filters)
        rows = []
        for trial in sorted(found, key=lambda one: one.key):
            facts = {fact.key: fact for fact in trial.facts}
            for row in check_rows(trial):
                fact = facts.get(row.result or "")
                if fact is None and question.asks_of_figures():
                    continue
                if fact is None or question.fits_fact(trial, fact):
                    rows.append(row)
        return Rows(CheckRow, rows)

    # ---- other documents

    def related(self, record: Record) -> list[TrialReport]:
        """Return the stored reports that may be of a trial of ``record``, with all that hang together with these.

        Whether they are of one trial, ``extractor.assembly.assemble`` tells. ``record`` need not be in the store.
        """
        keys = {key for trial in record.trials for key in join_keys(record, trial)}
        found = self._base.bundled(self._base.store.components_sharing(sorted(keys)))
        stored = self._base.store.documents(sorted(found))
        return [report for one in stored for report in reports_of(one.key, one.record, one.trials)]

    # ---- the graph

    def neighbours(self, x: str) -> Rows[NeighbourRow]:
        """Return the nodes of the graph beside ``x``: a node's key, or the name of a trial, drug, condition or outcome."""
        return Rows(NeighbourRow, neighbour_rows(self._base, find_place(self._base, x)))

    def path(self, x: str, y: str) -> Rows[NeighbourRow]:
        """Return how ``x`` and ``y`` are connected: the nodes between them over as few trials as possible, each with the
        edge by which it is reached; empty where they are not."""
        return Rows(NeighbourRow, find_path(self._base, find_place(self._base, x), find_place(self._base, y)))

    def subgraph(self, **filters: Unpack[Filters]) -> EvidenceGraph:
        """Return the trials that fit as an evidence graph of their own, of which the same questions can be asked.

        It reads from the same store, which must stay open. ``neighbours`` and ``path`` look at the whole store still.
        """
        Question(self._base, filters)  # names that are not known are told now
        return EvidenceGraph(self._base, within=(*self._within, filters))

    def to_networkx(self, **filters: Unpack[Filters]) -> networkx.MultiDiGraph[str]:
        """Return the graph (schemas/graph.md) of the trials that fit, of everything without filters.

        A graph of everything can be brought up to date with ``update``.
        """
        if not filters and not self._within:
            return graph_of(self._base)
        return build_graph(self._ask(filters)[1])

    def update(self, graph: networkx.MultiDiGraph[str]) -> int:
        """Bring ``graph``, the graph of everything, up to date with the store; return how many documents had changed.

        Raises:
            ValueError: it is the graph of a selection.
            StoreError: the store cannot be read.
        """
        return update_graph(graph, self._base)

    def cypher(self, query: str, **filters: Unpack[Filters]) -> list[dict[str, Any]]:
        """Answer a Cypher question over the graph of the trials that fit, one dictionary a row.

        Labels are the types of nodes (``drug``, ``trial``, ...), types of edges those of schemas/graph.md:
        ``MATCH (t:trial)-[:HAS_ARM]->(a:arm) RETURN t.name, a.name``.

        Raises:
            ExtractorError: grand-cypher is not installed, or the query cannot be read.
        """
        return run_cypher(self.to_networkx(**filters), query)

    # ---- inside

    def _ask(self, filters: Filters) -> tuple[Question, Iterator[AssembledTrial]]:
        """Return the question and the trials that fit it, in no particular order and read as they are asked for."""
        question = Question(self._base, filters)
        components = question.components()
        questions = [question]
        for outer in self._within:
            questions.append(Question(self._base, outer))
            chosen = set(questions[-1].components())
            components = [component for component in components if component in chosen]
        trials = self._base.assembled(components)
        return question, (trial for trial in trials if all(each.fits_trial(trial) for each in questions))


def _with(filters: Filters, **named: str | None) -> Filters:
    """Return ``filters`` with those that were given by place; the same given twice is refused."""
    given = {name: value for name, value in named.items() if value is not None}
    twice = sorted(given.keys() & filters.keys())
    if twice:
        raise TypeError(f"{twice[0]} is given twice")
    return cast(Filters, {**filters, **given})


def _places(trial: AssembledTrial, x: str, nodes: frozenset[str]) -> Iterator[Evidence]:
    """Yield the evidence in ``trial`` of the node with the key or name ``x``."""
    conflicts = [side.fact for conflict in trial.conflicts if conflict.key == x for side in conflict.sides]
    document = x.removeprefix("document:") if x.startswith("document:") else None
    for fact in trial.facts:
        if fact.key == x or fact.key in conflicts or trial.key in nodes:
            yield from fact.evidence
        elif document is not None:
            yield from (item for item in fact.evidence if item.document == document)
