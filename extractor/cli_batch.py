"""The commands that read documents in bulk, and that tell what came of it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from extractor.cli_common import (
    INTERRUPTED,
    LEXICON,
    STORE,
    TIMEOUT,
    WORKERS,
    end,
    json_line,
    progress,
    read_inputs,
    safe,
    say,
    tell_failure,
    written,
)
from extractor.records import Article, Failure, Record

__all__ = ["extract", "failures", "retry", "run", "status"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_ALLOW_PRIVATE = click.option(
    "--allow-private",
    is_flag=True,
    help="Also fetch addresses on this machine and in private networks. Off, so that no page can reach them.",
)
_READ_ALL = click.option(
    "--all",
    "read_all",
    is_flag=True,
    help="Also read what cannot report results of a trial: no figure, no word of studies, animals. Otherwise a cheap "
    "test sets it aside; `extractor status --aside` lists it.",
)


def _reading_options(command: _Command) -> _Command:
    for option in (_ALLOW_PRIVATE, WORKERS, LEXICON, click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)):
        command = option(command)
    return command


@click.command()
@_reading_options
@click.option("-o", "--output", default="-", show_default=True, help="File for the records; - for stdout.")
@click.option(
    "--failures",
    "failures_path",
    type=click.Path(path_type=Path),
    help="Also write what failed to this file, as JSON Lines.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="End a document that takes longer; it becomes a failure. 0: no limit.",
)
def extract(
    inputs: tuple[str, ...],
    workers: int,
    allow_private: bool,
    lexicon: tuple[Path, ...],
    output: str,
    failures_path: Path | None,
    timeout: float,
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
    from contextlib import ExitStack

    from extractor.batch import run_encoded

    failed = 0
    with ExitStack() as stack:
        records = stack.enter_context(written(output))
        failures = stack.enter_context(written(str(failures_path))) if failures_path else None
        advance = stack.enter_context(progress(inputs))
        items = read_inputs(inputs, allow_private)
        for item in run_encoded(items, workers=workers, lexicon=lexicon, timeout=timeout or None):
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


@click.command()
@_reading_options
@STORE
@TIMEOUT
@_READ_ALL
def run(
    inputs: tuple[str, ...],
    workers: int,
    allow_private: bool,
    lexicon: tuple[Path, ...],
    store: Path,
    timeout: float,
    read_all: bool,
) -> None:
    """Extract every INPUT into an evidence store, made if missing.

    INPUT is as for `extractor extract`. Texts that this version has read before are skipped, so that a run may be
    repeated or taken up again after Ctrl-C, a crash or a full disk. What cannot be read, takes too long or ends its
    worker is kept with its reason (`extractor failures`), and the rest goes on; `extractor retry` tries it again.

    With --lexicon (files as for `extractor extract`) a text is read again when the terms of the files have changed.

    \b
    Examples:
      extractor run news/ pubmed.xml.gz --store evidence.db --workers 4
      extractor run https://example.org/story.html --store evidence.db
      extractor run news/ --lexicon our-drugs.tsv --store evidence.db
    """
    _run(inputs, read_inputs(inputs, allow_private), workers, lexicon, store, timeout, read_all=read_all)


@click.command()
@_ALLOW_PRIVATE
@WORKERS
@LEXICON
@STORE
@TIMEOUT
def retry(workers: int, allow_private: bool, lexicon: tuple[Path, ...], store: Path, timeout: float) -> None:
    """Try again what failed in earlier runs into an evidence store.

    Pages are fetched again from their own address; for other documents the inputs of the runs in which they failed are
    read again, and of these only what failed is extracted. Call it in the folder in which those runs were called.

    \b
    Example:
      extractor retry --store evidence.db --timeout 600
    """
    from extractor.batch import failures_to_retry
    from extractor.store import EvidenceStore

    with EvidenceStore.open(store) as opened:
        wanted = failures_to_retry(opened)
    if not wanted.names:
        say("nothing failed that was not read since")
        return
    items = (item for item in read_inputs(wanted.sources, allow_private) if wanted.wants(item))
    _run(wanted.sources, items, workers, lexicon, store, timeout, read_all=True)


def _run(
    inputs: Sequence[str],
    items: Iterator[Article | Failure],
    workers: int,
    lexicon: tuple[Path, ...],
    store: Path,
    timeout: float,
    *,
    read_all: bool,
) -> None:
    """Extract ``items`` into the store, with progress, and end the program with its status."""
    from extractor.batch import run_into_store
    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, create=True) as opened, progress(inputs) as advance:

        def on_item(item: Record | Failure | Article) -> None:
            if isinstance(item, Failure):
                tell_failure(item)
            advance(item)

        try:
            result = run_into_store(
                items,
                opened,
                workers=workers,
                inputs=inputs,
                on_item=on_item,
                lexicon=lexicon,
                timeout=timeout or None,
                read_all=read_all,
            )
        except KeyboardInterrupt:
            say(f"interrupted; what was done is in {store}, run again to go on")
            sys.exit(INTERRUPTED)
    if sys.stderr.isatty():
        say(
            f"{result.added} documents added, {result.skipped} known before, {result.set_aside} set aside, "
            f"{result.failed} failed"
        )
    end(result.failed)


@click.command()
@STORE
@click.option("--all", "everything", is_flag=True, help="Also failures of documents that were read later.")
@click.option("--by-reason", is_flag=True, help="Count the failures of each stage and reason instead.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def failures(store: Path, everything: bool, by_reason: bool, form: str) -> None:
    """List what could not be fetched, read or extracted, with the reason.

    \b
    Examples:
      extractor failures --store evidence.db --format json
      extractor failures --store evidence.db --by-reason
    """
    import msgspec

    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, read_only=True) as opened:
        found = list(opened.failures(resolved=everything))
    if by_reason:
        counted = Counter((row.failure.stage, row.failure.reason) for row in found)
        rows = [{"stage": s, "reason": r, "documents": n} for (s, r), n in counted.most_common()]
        if form == "json":
            click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
            return
        for row_of_reason in rows:
            click.echo(safe("{documents:>8,} {stage}: {reason}".format(**row_of_reason)))
        return
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    for row in found:
        times = f" ({row.times} times)" if row.times > 1 else ""
        done = " [read later]" if row.resolved else ""
        click.echo(safe(f"{row.failure.stage}: {row.failure.where}: {row.failure.reason}{times}{done}"))


@click.command()
@STORE
@click.option("--aside", is_flag=True, help="List instead the documents that were set aside, with the reason.")
def status(store: Path, aside: bool) -> None:
    """Tell what a store holds and what its runs did.

    \b
    Example:
      extractor status --store evidence.db
    """
    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, read_only=True) as opened:
        if aside:
            for row in opened.all_set_aside():
                click.echo(safe(f"{row.url or row.document_id}: {row.reason}"))
            return
        counts, runs = opened.counts(), opened.runs()
    for name, count in counts.items():
        click.echo(f"{name:<10} {count:>10,}")
    for summary in runs:
        click.echo(
            f"run {summary.id}: {summary.started} {summary.status}, extractor {summary.extractor_version}, "
            f"{summary.added} added, {summary.skipped} known before, {summary.set_aside} set aside, "
            f"{summary.failed} failed"
        )
