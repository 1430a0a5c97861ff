"""The commands that read documents in bulk, and that tell what came of it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

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

__all__ = ["extract", "failures", "retry", "run", "status", "store_group"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_ALLOW_PRIVATE = click.option(
    "--allow-private",
    is_flag=True,
    help="Also fetch addresses on this machine and in private networks. Off, so that no page can reach them.",
)
_CLUSTER = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Extract on a Dask cluster: tcp://SCHEDULER:8786, or local for one of --workers processes.",
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
@_CLUSTER
@click.option(
    "--shards",
    metavar="FOLDER",
    help="Write many files of moderate size into this folder instead, here or in an object store (s3://BUCKET/FOLDER); "
    "`extractor store import` reads them.",
)
@click.option(
    "--shard-format",
    type=click.Choice(["jsonl", "parquet"]),
    default="jsonl",
    show_default=True,
    help="Gzipped JSON Lines, or Parquet.",
)
@click.option(
    "--shard-size", type=click.IntRange(1), default=10_000, show_default=True, help="Records in a shard."
)
def extract(
    inputs: tuple[str, ...],
    workers: int,
    allow_private: bool,
    lexicon: tuple[Path, ...],
    output: str,
    failures_path: Path | None,
    timeout: float,
    cluster: str | None,
    shards: str | None,
    shard_format: Any,
    shard_size: int,
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
      extractor extract "s3://corpus/pubmed*.xml.gz" --cluster tcp://10.0.0.1:8786 --shards s3://corpus/records
    """
    if shards is not None and output != "-":
        raise click.UsageError("--shards takes the place of --output: give one of them")
    failed = 0
    with ExitStack() as stack:
        engine = stack.enter_context(_engine(workers, lexicon, timeout, cluster))
        write: Callable[[bytes | Failure], object]
        if shards is not None:
            from extractor.shards import ShardWriter

            write = stack.enter_context(ShardWriter(shards, form=shard_format, size=shard_size)).add
        else:
            write = partial(_write_line, stack.enter_context(written(output)))
        failures = stack.enter_context(written(str(failures_path))) if failures_path else None
        advance = stack.enter_context(progress(inputs))
        for item in engine(read_inputs(inputs, allow_private)):
            if isinstance(item, Failure):
                if item.stage != "withdrawn":
                    failed += 1
                    tell_failure(item)
                if failures is not None:
                    failures.write(json_line(item))
            write(item)
            advance(item)
    end(failed)


def _write_line(file: IO[bytes], item: bytes | Failure) -> None:
    """Records are lines of the output; failures are told apart from it."""
    if not isinstance(item, Failure):
        file.write(item + b"\n")


@contextmanager
def _engine(workers: int, lexicon: tuple[Path, ...], timeout: float, cluster: str | None) -> Iterator[Any]:
    """Give what extracts: processes of this machine, or a cluster."""
    if cluster is None:
        from extractor.batch import run_encoded

        yield partial(run_encoded, workers=workers, lexicon=lexicon, timeout=timeout or None)
        return
    from extractor.cluster import cluster_engine

    with cluster_engine(cluster, workers=workers, lexicon=lexicon, timeout=timeout or None) as engine:
        yield engine


@click.command()
@_reading_options
@STORE
@TIMEOUT
@_CLUSTER
@_READ_ALL
def run(
    inputs: tuple[str, ...],
    workers: int,
    allow_private: bool,
    lexicon: tuple[Path, ...],
    store: Path,
    timeout: float,
    cluster: str | None,
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
    with _engine(workers, lexicon, timeout, cluster) as engine:
        _run(inputs, read_inputs(inputs, allow_private), engine, workers, lexicon, store, read_all=read_all)


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
    with _engine(workers, lexicon, timeout, None) as engine:
        _run(wanted.sources, items, engine, workers, lexicon, store, read_all=True)


def _run(
    inputs: Sequence[str],
    items: Iterator[Article | Failure],
    engine: Any,
    workers: int,
    lexicon: tuple[Path, ...],
    store: Path,
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
                read_all=read_all,
                engine=engine,
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


@click.group("store")
def store_group() -> None:
    """Work on an evidence store as a whole.

    \b
    Example:
      extractor store import s3://corpus/records --store evidence.db
    """


@store_group.command("import")
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True)
@STORE
def store_import(folders: tuple[str, ...], store: Path) -> None:
    """Bring records that were written as shards (`extractor extract --shards`) into a store, made if missing.

    Failures come along. What the store holds already is left alone, so that an import can be repeated.

    \b
    Example:
      extractor store import records/ s3://corpus/records --store evidence.db
    """
    from extractor.batch import import_records
    from extractor.shards import read_shards
    from extractor.store import EvidenceStore

    with EvidenceStore.open(store, create=True) as opened, progress() as advance:
        items = (item for folder in folders for item in read_shards(folder))
        try:
            result = import_records(items, opened, inputs=folders, on_item=advance)
        except KeyboardInterrupt:
            say(f"interrupted; what was done is in {store}, import again to go on")
            sys.exit(INTERRUPTED)
    say(f"{result.added} documents added, {result.skipped} known before, {result.failed} failures")


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
