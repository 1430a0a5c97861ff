"""The commands that get articles: ``extractor fetch`` from any source, ``extractor body`` from pages on disk."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, Any

import click

from extractor.cli_common import INTERRUPTED, end, progress, say, tell_failure
from extractor.records import Article, Failure, decode_article, encode_article

__all__ = ["body", "fetch"]

_PATH = click.Path(path_type=Path)
_TAIL = 8_000_000


def _day(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no day such as 2025-03-31") from error


def _patterns(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(value) for value in values)
    except re.error as error:
        raise click.BadParameter(f"no regular expression: {error}") from error


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--copies",
            type=_PATH,
            help="File for stories that only repeat one of this run under another address: lines "
            '{"id", "url", "copy_of"}. They are left out of the output then.',
        ),
        click.option("--store", type=_PATH, help="Also extract every article into this evidence store."),
        click.option("--allow-private", is_flag=True, help="Also fetch addresses on this machine and in private networks."),
        click.option("--contact", help="Address or mail address that sites and NCBI may complain to; named in requests."),
        click.option("--api-key", envvar="NCBI_API_KEY", help="NCBI API key: 10 requests a second, not 3. [env: NCBI_API_KEY]"),
        click.option("--state", "state_path", type=_PATH, help="File that remembers what was delivered; made if missing."),
        click.option("--exclude", multiple=True, callback=_patterns, metavar="RE", help="Leave out addresses in which this is found."),
        click.option("--include", multiple=True, callback=_patterns, metavar="RE", help="Take only addresses in which this is found."),
        click.option("--limit", type=click.IntRange(1), help="Most articles of the whole run."),
        click.option("--since", callback=_day, metavar="DATE", help="Articles of this day or later, such as 2025-03-31."),
        click.option("-o", "--output", default=None, help="File for the articles, one a line (JSON Lines); - for stdout."),
        click.argument("sources", metavar="SOURCE...", nargs=-1, required=True),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@_options
def fetch(
    sources: tuple[str, ...], output: str | None, since: date | None, limit: int | None,
    include: tuple[re.Pattern[str], ...], exclude: tuple[re.Pattern[str], ...], state_path: Path | None,
    api_key: str | None, contact: str | None, allow_private: bool, store: Path | None, copies: Path | None,
) -> None:  # fmt: skip
    """Get the articles of every SOURCE and write one a line (JSON Lines), ready for `extractor extract`.

    \b
    SOURCE is one of
      https://...          a news story, or a feed or sitemap: told by what it shows
      feed:ADDRESS         RSS, Atom or a sitemap
      site:ADDRESS         a whole site: its feeds and sitemaps, else its list of stories, page after page
      pubmed:QUERY         a search in PubMed's own language; pmid:ID[,ID...] for known records
      europepmc:QUERY      a search in Europe PMC; pmc:PMC1234567 for an open full text
      nct:NCT01234567      the study record, with its results, of ClinicalTrials.gov
      warc:PATH            a web archive (Common Crawl news), also a pattern
      PATH                 a file, folder, pattern, .zip or .tar; - for standard input

    With --state, what was delivered is not asked for again and pages are asked for "if changed" only: the same command
    every day brings what is new, and after Ctrl-C or a crash it goes on where it stopped. OUTPUT is then added to;
    without --state it is written anew. Each article is in OUTPUT as soon as it is read.

    robots.txt and crawl delays are obeyed. What cannot be fetched or read is told with its reason, and the rest goes on.

    \b
    Examples:
      extractor fetch feed:https://news.example/health.xml -o articles.jsonl --state fetched.db
      extractor fetch site:https://news.example --include /health/ --since 2025-01-01 -o articles.jsonl --state fetched.db
      extractor fetch "pubmed:semaglutide AND randomized controlled trial[pt]" --limit 500 --contact me@example.org
      extractor fetch nct:NCT03574597 pmid:33567185 pmc:PMC8112735 --store evidence.db
    """
    with ExitStack() as stack:
        on_copy = _copies(stack, copies, append=state_path is not None)
        items = _fetched(
            stack, sources, state_path, allow_private, since=since, limit=limit, include=include, exclude=exclude,
            api_key=api_key, contact=contact, on_copy=on_copy,
        )  # fmt: skip
        target = output if output is not None else None if store is not None else "-"
        file = _opened(stack, target, append=state_path is not None)
        last = _last_article(target) if state_path is not None else None
        advance = stack.enter_context(progress())
        failures: list[Failure] = []
        told = _told(items, file, last, advance, failures)
        try:
            if store is None:
                for _ in told:
                    pass
                lost = 0
            else:
                lost = _into_store(told, store, sources)
        except KeyboardInterrupt:
            again = "run again to go on" if state_path is not None else "with --state a run can go on where it stopped"
            say(f"interrupted; what was fetched is kept, {again}")
            sys.exit(INTERRUPTED)
    end(len(failures) + lost)


def _told(
    items: Iterator[Article | Failure], file: IO[bytes] | None, last: tuple[str, str] | None,
    advance: Callable[[object], None], failures: list[Failure],
) -> Iterator[Article | Failure]:  # fmt: skip
    """Yield the items, each article written and each failure told and added to ``failures`` before."""
    for item in items:
        if isinstance(item, Failure):
            if item.stage != "withdrawn":
                failures.append(item)
                tell_failure(item)
        elif file is not None and (item.id, item.sha256) != last:
            file.write(encode_article(item) + b"\n")
            file.flush()
        advance(item)
        yield item


def _fetched(
    stack: ExitStack, sources: tuple[str, ...], state_path: Path | None, allow_private: bool, **wishes: Any
) -> Iterator[Article | Failure]:
    from extractor.sources import FetchState
    from extractor.sources import fetch as fetch_sources
    from extractor.sources.fetch import make_client

    state = stack.enter_context(FetchState(state_path)) if state_path is not None else None
    try:
        client = make_client(
            state=state, api_key=wishes["api_key"], contact=wishes["contact"], allow_private=allow_private
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--contact") from error
    return fetch_sources(sources, client=stack.enter_context(client), state=state, **wishes)


def _copies(stack: ExitStack, path: Path | None, *, append: bool) -> Callable[[Article, str], None] | None:
    """Return what writes a copy's line; None where copies are to come as articles."""
    file = _opened(stack, str(path), append=append) if path is not None else None
    if file is None:
        return None

    def write(article: Article, first: str) -> None:
        line = {"id": article.id, "url": article.url, "copy_of": first}
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()

    return write


def _opened(stack: ExitStack, target: str | None, *, append: bool) -> IO[bytes] | None:
    if target is None:
        return None
    if target == "-":
        return sys.stdout.buffer
    path = Path(target)
    if path.is_dir():
        raise click.BadParameter(f"{target} is a folder", param_hint="--output")
    if append and path.is_file():
        _mend(path)
    return stack.enter_context(path.open("ab" if append else "wb"))


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return file.read()


def _mend(path: Path) -> None:
    """Cut off a line that a crash left half written: its article was not marked and comes again."""
    tail = _tail(path)
    rest = len(tail) - (tail.rfind(b"\n") + 1)
    if rest:
        with path.open("rb+") as file:
            file.truncate(path.stat().st_size - rest)


def _last_article(target: str | None) -> tuple[str, str] | None:
    """Return id and hash of the last article of the output: written, perhaps, but not yet marked when it was stopped."""
    if target is None or target == "-" or not Path(target).is_file():
        return None
    lines = _tail(Path(target)).splitlines()
    if not lines:
        return None
    article = decode_article(lines[-1], where=target)
    return (article.id, article.sha256)


def _into_store(items: Iterator[Article | Failure], store: Path, sources: tuple[str, ...]) -> int:
    """Extract into the store; return how many articles were fetched and could not be extracted."""
    from extractor.batch import run_into_store
    from extractor.store import EvidenceStore

    lost = 0

    def on_item(item: object) -> None:
        nonlocal lost
        if isinstance(item, Failure) and item.stage == "extract":
            lost += 1
            tell_failure(item)

    with EvidenceStore.open(store, create=True) as opened:
        run_into_store(items, opened, inputs=sources, on_item=on_item)
    return lost


@click.command()
@click.argument("pages", metavar="PAGE...", nargs=-1, required=True, type=_PATH)
def body(pages: tuple[Path, ...]) -> None:
    """Write the article text of every PAGE (.html, .html.gz) as a line {"id", "text"}; id is the file name alone.

    A page in which no article is found has an empty text; the reason is told and the exit status is 1.

    \b
    Example:
      extractor body pages/*.html.gz > bodies.jsonl
    """
    from extractor.errors import ParseError
    from extractor.sources import article_body
    from extractor.sources.encoding import gunzip

    failed = 0
    for page in pages:
        text = ""
        try:
            with page.open("rb") as file:
                data = gunzip(file, 50_000_000, where=str(page)) if page.suffix == ".gz" else file.read()
            text = article_body(data, where=str(page))
        except (ParseError, OSError) as error:
            failed += 1
            say(f"failed (parse): {page}: {getattr(error, 'reason', error)}")
        name = page.name.removesuffix(".gz").removesuffix(".html")
        click.echo(json.dumps({"id": name, "text": text}, ensure_ascii=False))
    end(failed)
