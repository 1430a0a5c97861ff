"""What the pages of the site show: the answers of an EvidenceGraph, sorted by trial, document, drug and question."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from extractor.analysis.evidence import PooledEvidence, Settings, pool_every_pair
from extractor.analysis.network import NetworkGeometry, comparison_network, network_geometry
from extractor.assembly import Evidence
from extractor.naming import fold_name
from extractor.query import EvidenceGraph
from extractor.query.rows import CheckRow, ConflictRow, ResultRow, TrialRow
from extractor.report.tables import figure_text, printable, timepoint_text

__all__ = ["DrugPage", "OutcomeBlock", "QuestionPage", "SiteContent", "TrialPage", "gather", "page_name"]

_LONGEST_NAME = 48


def page_name(folder: str, key: str) -> str:
    """Return the address of a page inside the site: readable, safe on every file system, and of this key alone."""
    words = re.sub(r"[^a-z0-9]+", "-", fold_name(key)).strip("-")[:_LONGEST_NAME]
    digest = hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return f"{folder}/{words}-{digest}.html" if words else f"{folder}/{digest}.html"


class OutcomeBlock(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one outcome of a trial, by time point."""

    name: str
    rows: tuple[ResultRow, ...]


class TrialPage(msgspec.Struct, frozen=True, kw_only=True):
    """A trial with all that is known of it; ``documents`` are (key, title, address of the page, kind, date, original)."""

    trial: TrialRow
    page: str
    title: str
    outcomes: tuple[OutcomeBlock, ...]
    cited: tuple[ResultRow, ...]
    conflicts: tuple[ConflictRow, ...]
    checks: tuple[CheckRow, ...]


class DrugPage(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment: the documents on its trials by date, and its trials."""

    name: str
    page: str
    trials: tuple[TrialRow, ...]
    timeline: tuple[Any, ...]


class QuestionPage(msgspec.Struct, frozen=True, kw_only=True):
    """One treatment against another."""

    page: str
    pooled: PooledEvidence

    @property
    def studies(self) -> int:
        """How many trials compare the two."""
        return len({row.trial for one in self.pooled.sets for row in one.studies})


class SiteContent(msgspec.Struct, frozen=True, kw_only=True):
    """All that the site shows."""

    trials: tuple[TrialPage, ...]
    drugs: tuple[DrugPage, ...]
    questions: tuple[QuestionPage, ...]
    documents: dict[str, str]
    network: Any
    geometry: NetworkGeometry
    results: int

    def trial_page(self, key: str) -> str:
        """Return the address of a trial's page."""
        return page_name("trial", key)


def trial_title(row: TrialRow) -> str:
    """Return how a trial is called: its acronym, else a registry id, else what its first document is called."""
    if row.acronym is not None:
        return row.acronym
    if row.registry_ids:
        return row.registry_ids[0]
    return next((title for _, title, _ in row.documents if title), row.key.removeprefix("trial:"))


def gather(evidence: EvidenceGraph, settings: Settings | None = None) -> SiteContent:
    """Return what the site over ``evidence`` shows.

    Raises:
        StoreError: the store cannot be read.
    """
    trials = evidence.trials(role=None)
    by_trial: defaultdict[str, list[ResultRow]] = defaultdict(list)
    for row in evidence.results(context=None):
        by_trial[row.trial].append(row)
    conflicts = _by_trial(evidence.conflicts())
    checks = _by_trial(evidence.checks())
    pages = tuple(_trial_page(row, by_trial[row.key], conflicts[row.key], checks[row.key]) for row in trials)
    graph = evidence.to_networkx()
    questions = tuple(
        QuestionPage(page=page_name("question", f"{one.a} against {one.b}"), pooled=one)
        for one in pool_every_pair(graph, settings)
    )
    network = _network(questions)
    return SiteContent(
        trials=pages,
        drugs=_drug_pages(evidence, trials),
        questions=tuple(sorted(questions, key=lambda q: (-q.studies, q.page))),
        documents={key: page_name("document", key) for row in trials for key, _, _ in row.documents},
        network=network,
        geometry=network_geometry(network),
        results=sum(map(len, by_trial.values())),
    )


def _by_trial(rows: Sequence[Any]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.trial].append(row)
    return found


def _time_order(row: ResultRow) -> tuple[bool, float, str, str, str]:
    days = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
    time = row.timepoint
    length = 0.0 if time is None or time.value is None else time.value * days.get(time.unit, 0.0)
    return time is not None, length, row.measure, row.arm_role or "", row.arm or ""


def _trial_page(
    row: TrialRow, results: Sequence[ResultRow], conflicts: Sequence[ConflictRow], checks: Sequence[CheckRow]
) -> TrialPage:
    own = [result for result in results if result.context == "reported"]
    by_outcome: defaultdict[str, list[ResultRow]] = defaultdict(list)
    for result in own:
        by_outcome[result.outcome or "outcome not told"].append(result)
    return TrialPage(
        trial=row,
        page=page_name("trial", row.key),
        title=trial_title(row),
        outcomes=tuple(
            OutcomeBlock(name=name, rows=tuple(sorted(found, key=_time_order)))
            for name, found in sorted(by_outcome.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
        cited=tuple(result for result in results if result.context != "reported"),
        conflicts=tuple(conflicts),
        checks=tuple(checks),
    )


def _drug_pages(evidence: EvidenceGraph, trials: Sequence[TrialRow]) -> tuple[DrugPage, ...]:
    by_drug: defaultdict[str, list[TrialRow]] = defaultdict(list)
    for trial in trials:
        for drug in trial.drugs:
            by_drug[drug].append(trial)
    by_trial = _by_trial(evidence.timeline())
    pages = []
    for name, found in sorted(by_drug.items(), key=lambda item: fold_name(item[0])):
        rows = [row for trial in found for row in by_trial[trial.key]]
        ordered = sorted(rows, key=lambda row: (row.date is None, row.date or "", row.document))
        pages.append(DrugPage(name=name, page=page_name("drug", name), trials=tuple(found), timeline=tuple(ordered)))
    return tuple(pages)


def _network(questions: Sequence[QuestionPage]) -> Any:
    rows = [
        (study.trial, question.pooled.a, question.pooled.b)
        for question in questions
        for one in question.pooled.sets
        for study in one.studies
    ]
    return comparison_network(rows)


def index_rows(content: SiteContent) -> list[dict[str, Any]]:
    """Return the rows that the overview searches: one a trial, then one a figure. Text is plain, for a script to show."""
    rows: list[dict[str, Any]] = []
    for page in content.trials:
        trial = page.trial
        rows.append(
            {
                "t": "trial",
                "p": page.page,
                "n": printable(page.title),
                "d": [printable(d) for d in trial.drugs],
                "c": [printable(c) for c in trial.conditions],
                "o": [printable(o) for o in trial.outcomes],
                "h": trial.phase or "",
                "e": trial.enrolled,
                "r": trial.results,
                "w": f"{len(trial.documents)}",
                "x": len(page.conflicts) + sum(check.severity == "error" for check in page.checks),
                "b": trial.role == "background",
            }
        )
        for result in (row for block in page.outcomes for row in block.rows):
            rows.append(
                {
                    "t": "result",
                    "p": f"{page.page}#{anchor(result.key)}",
                    "n": printable(page.title),
                    "d": [printable(d) for d in trial.drugs],
                    "c": [printable(c) for c in trial.conditions],
                    "o": [printable(result.outcome)] if result.outcome else [],
                    "h": trial.phase or "",
                    "m": result.measure.replace("_", " "),
                    "v": printable(figure_text(result)),
                    "a": printable(" against ".join(filter(None, (result.arm, result.comparator)))),
                    "s": printable(timepoint_text(result)),
                    "x": int("contradicted" in result.marks),
                }
            )
    return rows


def anchor(key: str) -> str:
    """Return the fragment under which a figure stands on the page of its trial."""
    return f"r{hashlib.sha256(key.encode('utf-8', 'backslashreplace')).hexdigest()[:10]}"


def quote_parts(evidence: Evidence) -> tuple[str, str, str]:
    """Return the sentence of an evidence as what stands before the figure, the figure, and what stands behind it."""
    span = evidence.span
    if span is None or not evidence.start <= span[0] <= span[1] <= evidence.end:
        return evidence.quote, "", ""
    low, high = span[0] - evidence.start, span[1] - evidence.start
    return evidence.quote[:low], evidence.quote[low:high], evidence.quote[high:]
