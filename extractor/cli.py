"""The command line. Results go to stdout, everything else to stderr.

Exit status: 0 when all went well, 1 when something failed (the rest was done), 2 for wrong usage, 130 when interrupted.
Heavy modules are imported by the commands that need them, so that ``extractor --help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from extractor.cli_batch import extract, failures, retry, run, status
from extractor.cli_common import STORE, ErrorGroup, safe, say
from extractor.cli_explain import explain
from extractor.cli_fetch import body, fetch
from extractor.records import MEASURES

__all__ = ["main"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(cls=ErrorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="evidence-extractor", prog_name="extractor")
def main() -> None:
    """Read medical news and abstracts into trials, arms, outcomes and figures, each with the sentence that says it.

    \b
    Examples:
      extractor run news/ abstracts.xml.gz https://example.org/story --store evidence.db
      extractor fetch feed:https://example.org/news.xml pubmed:"dupilumab trial" -o articles.jsonl --state fetched.db
      extractor query results --store evidence.db --drug Blincyto --outcome OS
      extractor query trials --store evidence.db --condition leukemia --format json
      extractor extract articles.jsonl -o records.jsonl --workers 4
      extractor explain story.html --html story-explained.html
      extractor failures --store evidence.db
      extractor retry --store evidence.db
    """


for _command in (fetch, body, extract, run, retry, status, failures, explain):
    main.add_command(_command)

# ---- asking


def _question_options(command: _Command) -> _Command:
    for option in (
        click.option(
            "--format",
            "form",
            type=click.Choice(["table", "json", "csv"]),
            default="table",
            show_default=True,
            help="How to print the rows.",
        ),
        click.option("--phase", help="Phase of the trial: 1, 1/2, 2, 2/3, 3, 4."),
        click.option("--trial", help="Registry id, acronym or key of the trial."),
        click.option("--outcome", help="Outcome, also abbreviated: OS, progression-free survival, HbA1c."),
        click.option("--condition", help="Condition; a general name also finds its special forms."),
        click.option("--drug", help="Drug or other intervention: generic name, brand or abbreviation."),
    ):
        command = option(command)
    return STORE(command)


@main.group()
def query() -> None:
    """Ask an evidence store for trials or results.

    \b
    Examples:
      extractor query results --drug Blincyto --outcome OS
      extractor query results --drug semaglutide --measure change --format csv
      extractor query trials --condition "lung cancer" --phase 3
    """


@query.command("trials")
@_question_options
@click.option(
    "--role",
    type=click.Choice(["reported", "background", "all"]),
    default="reported",
    show_default=True,
    help="Trials that some document reports, or that are only cited.",
)
def query_trials(
    store: Path,
    drug: str | None,
    condition: str | None,
    outcome: str | None,
    trial: str | None,
    phase: str | None,
    form: str,
    role: str,
) -> None:
    """List trials that fit every filter.

    \b
    Example:
      extractor query trials --store evidence.db --drug pembrolizumab --condition NSCLC
    """
    from extractor.query import EvidenceGraph, TrialRow
    from extractor.report import trials_table

    wanted: Any = None if role == "all" else role
    with EvidenceGraph.open(store) as evidence:
        rows = evidence.trials(drug, condition, outcome, phase, trial, wanted)
    _print_rows(rows, TrialRow, trials_table, form)
    if not rows:
        say("no trial fits")


@query.command("results")
@_question_options
@click.option("--measure", type=click.Choice(MEASURES), metavar="MEASURE", help="hazard_ratio, percentage, median, ...")
@click.option(
    "--context",
    type=click.Choice(["reported", "background", "hypothesis", "all"]),
    default="reported",
    show_default=True,
    help="A trial's own findings, figures that are only cited, or expectations.",
)
def query_results(
    store: Path,
    drug: str | None,
    condition: str | None,
    outcome: str | None,
    trial: str | None,
    phase: str | None,
    form: str,
    measure: str | None,
    context: str,
) -> None:
    """List results that fit every filter, each with the sentence that says it and where that stands.

    \b
    Examples:
      extractor query results --store evidence.db --drug Blincyto --outcome OS
      extractor query results --store evidence.db --trial KEYNOTE-189 --measure hazard_ratio --format json
    """
    from extractor.query import EvidenceGraph, ResultRow
    from extractor.report import results_table

    with EvidenceGraph.open(store) as evidence:
        every = evidence.results(drug, condition, outcome, measure, trial, phase, context=None)
    rows = [row for row in every if context in ("all", row.context)]
    _print_rows(rows, ResultRow, results_table, form)
    if not rows:
        others = f"; {len(every)} in another context, see them with --context all" if every else ""
        say(f"no result fits{others}")


def _print_rows(rows: list[Any], kind: type[Any], table: Callable[[Any], Any], form: str) -> None:
    from extractor.report import rows_csv, rows_json

    if form == "json":
        click.echo(rows_json(rows), nl=False)
    elif form == "csv":
        click.echo(rows_csv(rows, kind), nl=False)
    elif rows:
        from rich.console import Console

        # A pipe has no width: lines stay whole, so that they can be searched.
        Console(width=None if sys.stdout.isatty() else 100_000).print(table(rows))


@main.command()
@click.argument("text_or_file", metavar="TEXT_OR_FILE")
def figures(text_or_file: str) -> None:
    """List every figure that is read in a text, one line each: kind, value, span, what is printed, pattern.

    TEXT_OR_FILE is the path of a UTF-8 text file, "-" for standard input, or else the text itself.

    \b
    Examples:
      extractor figures "HR 0.62 (95% CI, 0.51-0.75; P<.001)"
      extractor figures abstract.txt
    """
    from extractor.reading.listing import figure_lines

    for line in figure_lines(_text_of(text_or_file)):
        click.echo(safe(line))


def _text_of(text_or_file: str) -> str:
    if text_or_file == "-":
        return sys.stdin.read()
    try:
        path = Path(text_or_file)
        if path.is_file():
            return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{text_or_file}: not UTF-8 text: {error}") from error
    except (OSError, ValueError):
        pass  # too long or too odd for a file name: it is the text
    return text_or_file
