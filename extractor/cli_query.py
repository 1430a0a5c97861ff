"""``extractor query``: the questions of ``EvidenceGraph`` from the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from extractor.cli_common import JOINS, STORE, open_evidence, say
from extractor.records import MEASURES

if TYPE_CHECKING:
    from extractor.query import EvidenceGraph

__all__ = ["FILTERS", "filter_options", "given", "query"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_KINDS = ("news", "press_release", "abstract", "full_text", "registry")
FILTERS: dict[str, Callable[[Any], Any]] = {
    "drug": click.option(
        "--drug", help="Drug or other intervention: generic name, brand, code, abbreviation or class."
    ),
    "condition": click.option("--condition", help="Condition; a general name also finds its special forms."),
    "outcome": click.option("--outcome", help="Outcome, also abbreviated: OS, progression-free survival, HbA1c."),
    "trial": click.option("--trial", help="Registry id, acronym or key of the trial."),
    "phase": click.option("--phase", help="Phase of the trial: 1, 1/2, 2, 2/3, 3, 4."),
    "measure": click.option(
        "--measure", type=click.Choice(MEASURES), metavar="MEASURE", help="hazard_ratio, percentage, median, ..."
    ),
    "population": click.option("--population", help="Words said of the people: children, postmenopausal women."),
    "design": click.option(
        "--design", multiple=True, help="randomized, double-blind, single-arm, ...; may be given several times."
    ),
    "min_enrolled": click.option("--min-enrolled", type=float, metavar="N", help="At least so many participants."),
    "max_enrolled": click.option("--max-enrolled", type=float, metavar="N", help="At most so many participants."),
    "min_time": click.option("--min-time", metavar="TIME", help='Figures taken then or later: "6 months".'),
    "max_time": click.option("--max-time", metavar="TIME", help='Figures taken then or earlier: "52 weeks".'),
    "significant": click.option(
        "--significant/--not-significant", default=None, help="Figures by whether they are statistically significant."
    ),
    "kind": click.option("--kind", type=click.Choice(_KINDS), help="Kind of document."),
    "source": click.option("--source", help="Site or collection of the document."),
    "since": click.option("--since", metavar="DATE", help="Documents of that date or later: 2021, 2021-06."),
    "until": click.option("--until", metavar="DATE", help="Documents of that date or earlier."),
}
_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print the rows.",
)


def _filters(*without: str) -> Callable[[_Command], _Command]:
    """Return a decorator that gives a command the options of all filters but those in ``without``."""

    def decorate(command: _Command) -> _Command:
        command = _FORMAT(command)
        for name, option in reversed(FILTERS.items()):
            if name not in without:
                command = option(command)
        return STORE(JOINS(command))

    return decorate


def filter_options(command: _Command, without: Sequence[str] = ()) -> _Command:
    """Give ``command`` the options of all filters but those in ``without``, in their order."""
    for name, option in reversed(FILTERS.items()):
        if name not in without:
            command = option(command)
    return command


def given(filters: dict[str, Any]) -> dict[str, Any]:
    """Return the filters that the command line names."""
    return {name: value for name, value in filters.items() if value is not None and value != ()}


def _answer(store: Path, form: str, nothing: str, ask: Callable[[EvidenceGraph], Any]) -> None:
    """Print what ``ask`` returns; ``nothing`` is said where that are no rows."""
    with open_evidence(store) as evidence:
        rows = ask(evidence)
    _print_rows(rows, form)
    if not rows:
        say(nothing)


def _print_rows(rows: Any, form: str) -> None:
    from extractor.report import answer_table, rows_json

    if form == "json":
        click.echo(rows_json(rows), nl=False)
    elif form == "csv":
        click.echo(rows.to_csv(), nl=False)
    elif rows:
        from rich.console import Console

        # A pipe has no width: lines stay whole, so that they can be searched.
        Console(width=None if sys.stdout.isatty() else 100_000).print(answer_table(rows, rows.kind))


@click.group()
def query() -> None:
    """Ask an evidence store for trials, results, comparisons, contradictions and connections.

    Every question takes the same filters; all that are given must hold.

    \b
    Examples:
      extractor query results --drug Blincyto --outcome OS
      extractor query results --drug semaglutide --measure change --format csv
      extractor query trials --condition "lung cancer" --phase 3 --design double-blind --since 2021
      extractor query compare pembrolizumab placebo --outcome OS
      extractor query conflicts --drug Keytruda
      extractor query path DAPA-HF semaglutide
    """


@query.command()
@_filters()
@click.option(
    "--role",
    type=click.Choice(["reported", "background", "all"]),
    default="reported",
    show_default=True,
    help="Trials that some document reports, or that are only cited.",
)
def trials(store: Path, form: str, role: str, **filters: Any) -> None:
    """List trials that fit every filter.

    \b
    Example:
      extractor query trials --store evidence.db --drug pembrolizumab --condition NSCLC
    """
    wanted: Any = None if role == "all" else role
    _answer(store, form, "no trial fits", lambda evidence: evidence.trials(role=wanted, **given(filters)))


@query.command()
@_filters()
@click.option(
    "--context",
    type=click.Choice(["reported", "background", "hypothesis", "all"]),
    default="reported",
    show_default=True,
    help="A trial's own findings, figures that are only cited, or expectations.",
)
def results(store: Path, form: str, context: str, **filters: Any) -> None:
    """List results that fit every filter, each with the sentence that says it and where that stands.

    \b
    Examples:
      extractor query results --store evidence.db --drug Blincyto --outcome OS
      extractor query results --store evidence.db --trial KEYNOTE-189 --measure hazard_ratio --format json
    """
    from extractor.query import ResultRow, Rows

    with open_evidence(store) as evidence:
        every = evidence.results(context=None, **given(filters))
    rows = Rows(ResultRow, (row for row in every if context in ("all", row.context)))
    _print_rows(rows, form)
    if not rows:
        others = f"; {len(every)} in another context, see them with --context all" if every else ""
        say(f"no result fits{others}")


@query.command()
@click.argument("a")
@click.argument("b")
@_filters("drug")
def compare(store: Path, form: str, a: str, b: str, outcome: str | None, **filters: Any) -> None:
    """List what trials say of treatment A against treatment B: estimates of the two, and figures side by side.

    \b
    Example:
      extractor query compare Keytruda placebo --outcome OS
    """
    nothing = "no trial compares them so"
    _answer(store, form, nothing, lambda evidence: evidence.compare(a, b, outcome, **given(filters)))


@query.command()
@_filters()
def drugs(store: Path, form: str, **filters: Any) -> None:
    """List the treatments given in trials that fit, those of most trials first.

    \b
    Example:
      extractor query drugs --condition "heart failure"
    """
    _answer(store, form, "no trial fits", lambda evidence: evidence.drugs(**given(filters)))


@query.command()
@_filters()
def outcomes(store: Path, form: str, **filters: Any) -> None:
    """List the endpoints of trials that fit, those of most trials first.

    \b
    Example:
      extractor query outcomes --drug semaglutide
    """
    _answer(store, form, "no trial fits", lambda evidence: evidence.outcomes(**given(filters)))


@query.command()
@_filters()
def timeline(store: Path, form: str, **filters: Any) -> None:
    """List the documents that report trials that fit, by date of publication.

    \b
    Example:
      extractor query timeline --drug Wegovy --kind abstract
    """
    _answer(store, form, "no trial fits", lambda evidence: evidence.timeline(**given(filters)))


@query.command()
@_filters()
def conflicts(store: Path, form: str, **filters: Any) -> None:
    """List where documents state different figures of one thing, each side with its sentences.

    \b
    Example:
      extractor query conflicts --drug Keytruda
    """
    _answer(store, form, "no contradiction found", lambda evidence: evidence.conflicts(**given(filters)))


@query.command()
@_filters()
def checks(store: Path, form: str, **filters: Any) -> None:
    """List figures whose arithmetic does not hold, the gravest first.

    \b
    Example:
      extractor query checks --condition "lung cancer" --since 2021
    """
    _answer(store, form, "nothing found", lambda evidence: evidence.checks(**given(filters)))


@query.command()
@click.argument("x")
@STORE
@JOINS
@_FORMAT
def evidence(store: Path, form: str, x: str) -> None:
    """List every sentence that states X: the key of a result or conflict, a trial, or "document:" and its key.

    \b
    Example:
      extractor query evidence KEYNOTE-189
    """
    _answer(store, form, "nothing found", lambda evidence: evidence.evidence(x))


@query.command()
@click.argument("x")
@STORE
@JOINS
@_FORMAT
def neighbours(store: Path, form: str, x: str) -> None:
    """List what stands beside X in the graph: the key of a node, or the name of a trial, drug, condition or outcome.

    \b
    Example:
      extractor query neighbours "heart failure"
    """
    _answer(store, form, "nothing stands beside it", lambda evidence: evidence.neighbours(x))


@query.command()
@click.argument("x")
@click.argument("y")
@STORE
@JOINS
@_FORMAT
def path(store: Path, form: str, x: str, y: str) -> None:
    """List the nodes that connect X and Y, over as few trials as possible.

    \b
    Example:
      extractor query path DAPA-HF semaglutide
    """
    _answer(store, form, "they are not connected", lambda evidence: evidence.path(x, y))


@query.command()
@click.argument("question")
@_filters()
def cypher(store: Path, form: str, question: str, **filters: Any) -> None:
    """Answer a Cypher QUESTION over the graph of the trials that fit; schemas/graph.md tells its nodes and edges.

    \b
    Example:
      extractor query cypher "MATCH (t:trial)-[:STUDIES]->(c:condition) RETURN t.name, c.name" --drug Keytruda
    """
    import json

    from extractor.report import dicts_csv, dicts_table

    with open_evidence(store) as evidence:
        rows = evidence.cypher(question, **given(filters))
    if form == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    elif form == "csv":
        click.echo(dicts_csv(rows), nl=False)
    elif rows:
        from rich.console import Console

        Console(width=None if sys.stdout.isatty() else 100_000).print(dicts_table(rows))
    if not rows:
        say("nothing fits")
