"""The command line. Results go to stdout, everything else to stderr.

Exit status: 0 when all went well, 1 when something failed (the rest was done), 2 for wrong usage, 130 when interrupted.
Heavy modules are imported by the commands that need them, so that ``extractor --help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import click

from extractor.cli_common import (
    INTERRUPTED,
    LEXICON,
    ErrorGroup,
    end,
    json_line,
    progress,
    read_inputs,
    safe,
    say,
    tell_failure,
    written,
)
from extractor.cli_explain import explain
from extractor.cli_fetch import body, fetch
from extractor.records import MEASURES, Article, Failure, Record

__all__ = ["main"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


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
    """


main.add_command(explain)
main.add_command(fetch)
main.add_command(body)

# ---- reading


def _reading_options(command: _Command) -> _Command:
    for option in (
        click.option(
            "--allow-private",
            is_flag=True,
            help="Also fetch addresses on this machine and in private networks. Off, so that no page can reach them.",
        ),
        click.option(
            "--workers", type=click.IntRange(1, 512), default=1, show_default=True, help="Processes that extract."
        ),
        LEXICON,
        click.argument("inputs", metavar="INPUT...", nargs=-1, required=True),
    ):
        command = option(command)
    return command


@main.command()
@_reading_options
@click.option("-o", "--output", default="-", show_default=True, help="File for the records; - for stdout.")
@click.option("--failures", "failures_path", type=_PATH, help="Also write what failed to this file, as JSON Lines.")
def extract(
    inputs: tuple[str, ...],
    workers: int,
    allow_private: bool,
    lexicon: tuple[Path, ...],
    output: str,
    failures_path: Path | None,
) -> None:
    """Extract every INPUT and write one record a line (JSON Lines), in the order of the input.

    INPUT is a file (.html, .txt, .xml of PubMed, .jsonl, each also .gz), a folder, an address, or any other SOURCE of
    `extractor fetch`. Lines of a .jsonl file are {"id", "text", "kind"?, "title"?}. The output is the same, byte for byte, with any number of workers.

    A name that is not known, or known as something else, comes from a file of your own; a further name of the same
    thing is another line with the same concept:

    \b
      term<TAB>concept<TAB>label
      Zanovia<TAB>zanolimab<TAB>drug
      ZNL-114<TAB>zanolimab<TAB>drug
      swimmer's knee<TAB>medial collateral strain<TAB>condition

    The file appears when it is complete. Until then, and after Ctrl-C, what was done is in OUTPUT.part.

    \b
    Examples:
      extractor extract story.html -o story.jsonl
      extractor extract articles.jsonl -o records.jsonl --workers 4 --failures failed.jsonl
      extractor extract story.html --lexicon our-drugs.tsv --lexicon our-diseases.tsv
    """
    from extractor.batch import run_encoded

    failed = 0
    with ExitStack() as stack:
        records = stack.enter_context(written(output))
        failures = stack.enter_context(written(str(failures_path))) if failures_path else None
        advance = stack.enter_context(progress())
        for item in run_encoded(read_inputs(inputs, allow_private), workers=workers, lexicon=lexicon):
            if isinstance(item, Failure):
                if item.stage != "withdrawn":
                    failed += 1
                    tell_failure(item)
                if failures is not None:
                    failures.write(json_line(item))
            else:
                records.write(item + b"\n")
            advance(item)
    end(failed)


@main.command()
@_reading_options
@click.option("--store", type=_PATH, default="evidence.db", show_default=True, help="Store to add to, made if missing.")
def run(inputs: tuple[str, ...], workers: int, allow_private: bool, lexicon: tuple[Path, ...], store: Path) -> None:
    """Extract every INPUT into an evidence store.

    INPUT is as for `extractor extract`. Texts that this version has read before are skipped, so that a run may be
    repeated or taken up again after Ctrl-C. What cannot be read is kept with its reason; see `extractor failures`.

    With --lexicon (files as for `extractor extract`) a text is read again when the terms of the files have changed.

    \b
    Examples:
      extractor run news/ pubmed.xml.gz --store evidence.db --workers 4
      extractor run https://example.org/story.html --store evidence.db
      extractor run news/ --lexicon our-drugs.tsv --store evidence.db
    """
    from extractor.batch import run_into_store
    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, create=True) as opened, progress() as advance:

        def on_item(item: Record | Failure | Article) -> None:
            if isinstance(item, Failure):
                tell_failure(item)
            advance(item)

        try:
            result = run_into_store(
                read_inputs(inputs, allow_private),
                opened,
                workers=workers,
                inputs=inputs,
                on_item=on_item,
                lexicon=lexicon,
            )
        except KeyboardInterrupt:
            say(f"interrupted; what was done is in {store}, run again to go on")
            sys.exit(INTERRUPTED)
    if sys.stderr.isatty():
        say(f"{result.added} documents added, {result.skipped} known before, {result.failed} failed")
    end(result.failed)


# ---- asking


def _store_option(command: _Command) -> _Command:
    return click.option("--store", type=_PATH, default="evidence.db", show_default=True, help="The evidence store.")(
        command
    )


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
    return _store_option(command)


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
@_store_option
@click.option("--all", "everything", is_flag=True, help="Also failures of documents that were read later.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def failures(store: Path, everything: bool, form: str) -> None:
    """List what could not be fetched, read or extracted, with the reason.

    \b
    Example:
      extractor failures --store evidence.db --format json
    """
    import msgspec

    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, read_only=True) as opened:
        found = list(opened.failures(resolved=everything))
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    for row in found:
        times = f" ({row.times} times)" if row.times > 1 else ""
        done = " [read later]" if row.resolved else ""
        click.echo(safe(f"{row.failure.stage}: {row.failure.where}: {row.failure.reason}{times}{done}"))


@main.command()
@_store_option
def status(store: Path) -> None:
    """Tell what a store holds and what its runs did.

    \b
    Example:
      extractor status --store evidence.db
    """
    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, read_only=True) as opened:
        counts, runs = opened.counts(), opened.runs()
    for name, count in counts.items():
        click.echo(f"{name:<10} {count:>10,}")
    for summary in runs:
        click.echo(
            f"run {summary.id}: {summary.started} {summary.status}, extractor {summary.extractor_version}, "
            f"{summary.added} added, {summary.skipped} known before, {summary.failed} failed"
        )


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
