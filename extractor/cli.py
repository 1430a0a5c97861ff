"""The command line. Results go to stdout, everything else to stderr.

Exit status: 0 when all went well, 1 when something failed (the rest was done), 2 for wrong usage, 130 when interrupted.
Heavy modules are imported by the commands that need them, so that ``extractor --help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from extractor.cli_assemble import assemble
from extractor.cli_batch import extract, failures, retry, run, status, store_group
from extractor.cli_check_story import check_story
from extractor.cli_common import ErrorGroup, safe
from extractor.cli_explain import explain
from extractor.cli_export import export
from extractor.cli_fetch import body, fetch
from extractor.cli_pool import compare, pool
from extractor.cli_query import query
from extractor.cli_report import report

__all__ = ["main"]


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
      extractor check-story story.html --against evidence.db
      extractor assemble --store evidence.db --explain
      extractor export --store evidence.db --format graphml -o evidence.graphml
      extractor failures --store evidence.db
      extractor retry --store evidence.db
    """


for _command in (
    *(fetch, body, extract, run, retry, status, failures, store_group),
    *(explain, check_story, query, compare, pool, report, export, assemble),
):
    main.add_command(_command)


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
