"""The demonstration: ``python -m extractor.demo`` reads corpora/demo into evidence.db and answers three questions.

The answers come out of the store by the same queries that a user writes; none is known here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from extractor.batch import run_into_store
from extractor.errors import ExtractorError, StoreError
from extractor.query import EvidenceGraph
from extractor.records import Failure
from extractor.report import printable, results_table, trials_table
from extractor.sources import read_sources
from extractor.store import EvidenceStore

__all__ = ["CORPUS", "QUESTIONS", "Question", "main", "run_demo"]

CORPUS = Path(__file__).parent.parent / "corpora" / "demo"


class Question(msgspec.Struct, frozen=True):
    """A question in words, and as arguments of ``EvidenceGraph.results``."""

    text: str
    filters: dict[str, str]


QUESTIONS = (
    Question(
        "Does pembrolizumab prolong survival in lung cancer?",
        {"drug": "Keytruda", "condition": "lung cancer", "outcome": "OS", "measure": "hazard_ratio"},
    ),
    Question("How much weight do people lose with semaglutide?", {"drug": "Wegovy", "outcome": "body weight"}),
    Question(
        "How well does the mRNA vaccine BNT162b2 protect?", {"drug": "BNT162b2", "measure": "relative_reduction"}
    ),
)


def run_demo(corpus: Path, store: Path, console: Console) -> bool:
    """Read ``corpus`` into a new store at ``store`` and print what was found and the answers.

    Returns:
        True when every document was read and every question answered.

    Raises:
        StoreError: ``store`` holds something else than an earlier demonstration.
    """
    _make_way(store, corpus)
    failures: list[Failure] = []

    def on_item(item: object) -> None:
        if isinstance(item, Failure):
            failures.append(item)

    with EvidenceStore.open(store, create=True) as opened:
        run_into_store(read_sources([str(corpus)]), opened, inputs=[str(corpus)], on_item=on_item)
        console.print(_documents(opened))
    with EvidenceGraph.open(store) as evidence:
        console.print(f"\n[bold]Trials[/bold] that these documents report, in {store}:")
        console.print(trials_table(evidence.trials()))
        answered = [_answer(evidence, question, console) for question in QUESTIONS]
    for failure in failures:
        console.print(printable(f"failed: {failure.where}: {failure.reason}"), style="red", markup=False)
    if not all(answered):
        console.print("a question found no answer", style="red")
    return all(answered) and not failures


def _make_way(store: Path, corpus: Path) -> None:
    """Remove the store of an earlier demonstration; anything else is the user's and stays."""
    if not store.exists():
        return
    with EvidenceStore.open(store, read_only=True) as opened:
        if any(run.inputs != (str(corpus),) for run in opened.runs()):
            raise StoreError("holds other evidence than the demonstration; move it away first", str(store))
    for name in (store.name, f"{store.name}-wal", f"{store.name}-shm"):
        store.with_name(name).unlink(missing_ok=True)


def _documents(store: EvidenceStore) -> Table:
    table = Table(title="Documents", title_justify="left")
    for heading in ("document", "kind", "trials", "results", "checks"):
        table.add_column(heading)
    for record in store.records():
        results = sum(len(trial.results) for trial in record.trials)
        row: list[Any] = [record.document.id, record.document.kind, len(record.trials), results, len(record.checks)]
        table.add_row(*(printable(str(cell)) for cell in row))
    return table


def _answer(evidence: EvidenceGraph, question: Question, console: Console) -> bool:
    filters = " ".join(f'--{name} "{value}"' for name, value in question.filters.items())
    console.print(f"\n[bold]{question.text}[/bold]\nextractor query results {filters}")
    rows = evidence.results(**question.filters)  # type: ignore[arg-type]
    console.print(results_table(rows) if rows else "no result fits")
    return bool(rows)


def main() -> int:
    """Run the demonstration in the current folder; return the exit status."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        return 0 if run_demo(CORPUS, Path("evidence.db"), console) else 1
    except ExtractorError as error:
        Console(stderr=True).print(printable(str(error)), style="red", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
