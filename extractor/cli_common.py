"""What the commands share: messages, inputs, files that appear when they are complete, progress, exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from extractor.errors import ExtractorError
from extractor.records import Article, Failure

if TYPE_CHECKING:
    from extractor.query import EvidenceGraph

__all__ = [
    "INTERRUPTED",
    "JOINS",
    "LEXICON",
    "STORE",
    "TIMEOUT",
    "WORKERS",
    "ErrorGroup",
    "end",
    "json_line",
    "open_evidence",
    "progress",
    "read_inputs",
    "safe",
    "say",
    "tell_failure",
    "written",
]

INTERRUPTED = 130
"""Exit status after Ctrl-C."""


class ErrorGroup(click.Group):
    """Turns the package's own errors, and those of the file system, into a message and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ExtractorError as error:
            raise click.ClickException(safe(str(error))) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            raise click.ClickException(safe(str(error))) from error


def safe(text: str) -> str:
    """Return ``text`` without what a terminal would obey or could not print."""
    from extractor.report import printable

    return printable(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def say(message: str) -> None:
    """Print ``message`` on stderr."""
    click.echo(safe(message), err=True)


def _checked_lexicon(_: click.Context, __: click.Parameter, files: tuple[Path, ...]) -> tuple[Path, ...]:
    """A slip in a vocabulary is told before anything is read or written."""
    if files:
        from extractor.lexicon import own_terms_digest

        own_terms_digest(files)
    return files


LEXICON = click.option(
    "--lexicon",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    callback=_checked_lexicon,
    metavar="FILE",
    help="Own names, read besides the built-in ones and before them: tab-separated text whose first line is "
    "term, concept, label. Label is drug, condition, outcome, procedure, behaviour, biomarker, organisation, location "
    "or population. May be given several times.",
)


STORE = click.option(
    "--store",
    type=click.Path(path_type=Path),
    default="evidence.db",
    show_default=True,
    help="The evidence store.",
)


def _keep_joins(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    context.meta[_JOINS] = path


_JOINS = "extractor.joins"
JOINS = click.option(
    "--joins",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    expose_value=False,
    callback=_keep_joins,
    help="Your own joins and splits of trials; see `extractor assemble`.",
)
"""For commands that ask ``open_evidence``."""
WORKERS = click.option(
    "--workers", type=click.IntRange(1, 512), default=1, show_default=True, help="Processes that extract."
)
TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="End a document that takes longer; it becomes a failure. 0: no limit, and one worker is this process.",
)


def open_evidence(store: Path) -> EvidenceGraph:
    """Return the evidence of ``store``, assembled with the file that the option --joins of this command names."""
    from extractor.query import EvidenceGraph

    return EvidenceGraph.open(store, click.get_current_context().meta.get(_JOINS))


def read_inputs(inputs: Sequence[str], allow_private: bool) -> Iterator[Article | Failure]:
    """Yield what the INPUT arguments of a command name: articles, and failures for what cannot be read.

    They are the sources of ``extractor fetch``; an NCBI API key is taken from the environment.
    """
    from extractor.sources import fetch
    from extractor.sources.fetch import make_client

    api_key = os.environ.get("NCBI_API_KEY")
    client = make_client(allow_private=True, api_key=api_key) if allow_private else None
    return fetch(inputs, client=client, api_key=api_key)


def json_line(failure: Failure) -> bytes:
    """Return ``failure`` as a line of JSON."""
    import msgspec

    return msgspec.json.encode(failure) + b"\n"


def tell_failure(failure: Failure) -> None:
    """Print a failure on stderr."""
    named = failure.document is not None and failure.document != failure.where
    say(f"failed ({failure.stage}): {failure.where}{f' ({failure.document})' if named else ''}: {failure.reason}")


def end(failed: int) -> None:
    """End the program with status 1 when something failed."""
    if failed:
        say(f"{failed} failed")
        sys.exit(1)


@contextmanager
def written(output: str) -> Iterator[IO[bytes]]:
    """Give a binary file that takes the name ``output`` only when it is complete."""
    path = Path(output)
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.is_dir():
        raise click.BadParameter(f"{output} is a folder", param_hint="--output")
    if path.exists() and not path.is_file():  # a device or pipe cannot be replaced
        with path.open("wb") as file:
            yield file
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except KeyboardInterrupt:
        say(f"interrupted; what was done is in {part}")
        sys.exit(INTERRUPTED)
    part.replace(path)


@contextmanager
def progress(inputs: Sequence[str] = ()) -> Iterator[Callable[[object], None]]:
    """Show what is done, how fast, how long it will take and what failed for which reason, when stderr is a terminal.

    Args:
        inputs: what the user named; where it can be told at once how many documents these are, the time left is shown.
    """
    if not sys.stderr.isatty():
        yield lambda item: None
        return
    from extractor.report.progress import documents_bar

    with documents_bar(_expected(inputs)) as advance:
        yield advance


def _expected(inputs: Sequence[str]) -> int | None:
    """How many documents ``inputs`` hold, where that can be told without reading them through."""
    from extractor.sources.counting import count_documents

    counts = [count_documents(Path(name)) for name in inputs]
    known = [count for count in counts if count is not None]
    return sum(known) if inputs and len(known) == len(counts) else None
