"""``extractor check-story``: a news story held against the paper or registry record of its trial."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from extractor.cli_common import read_inputs, say, tell_failure
from extractor.errors import ExtractorError
from extractor.records import Article, Failure

if TYPE_CHECKING:
    from extractor.story import StoryCheck

__all__ = ["check_story"]

_NOT_COMPARED = 2
_WIDEST = 160
"""Columns of a line where the output is no terminal."""
_SQLITE = b"SQLite format 3\x00"


@click.command("check-story")
@click.argument("story", metavar="STORY")
@click.option("--against", required=True, metavar="STORE|PMID|NCT|FILE", help="What the story is held against; see above.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check_story(story: str, against: str, form: str) -> None:
    """Compare the figures of a news story with the abstract or registry record of the same trial.

    STORY is a file (.html, .txt, .jsonl), an address, or - for standard input, and holds one story.

    \b
    --against takes
      an evidence store   everything stored on the story's trial; papers and registry records come before other news
      33567185            the abstract of this number in PubMed
      NCT03574597         the record of this number in ClinicalTrials.gov
      a file or address   one abstract, paper or record, or any other SOURCE of `extractor fetch`

    Each figure of the story agrees, differs, or is missing from the source. The same figure in another form agrees: 53 %
    and 16 of 30, a hazard ratio of 0.62 and "38 % lower". It is told besides where the story gives a relative figure only,
    and where it gives the figure of one group without the other; the source's figures then stand beside it.

    What is shown as differing was read by rules, which can be wrong: both sentences are shown, with their places. A
    figure that is missing may stand in the paper's full text.

    \b
    Exit status: 0 nothing differs; 1 some figure differs; 2 nothing was compared: wrong usage, a story or source that
    cannot be read, or no source of the same trial.

    \b
    Examples:
      extractor check-story story.html --against abstract.jsonl
      extractor check-story https://news.example/story --against NCT03574597
      extractor check-story story.html --against evidence.db --format json
    """
    try:
        found = _checked(story, against)
    except (ExtractorError, OSError) as error:
        _end(str(error))
    if form == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        from rich.console import Console

        from extractor.report.story import print_story_check

        print_story_check(found, Console(width=None if sys.stdout.isatty() else _WIDEST, highlight=False))
    sys.exit(1 if found.differing else 0)


def _end(reason: str) -> NoReturn:
    say(f"Error: {reason}")
    sys.exit(_NOT_COMPARED)


def _checked(story: str, against: str) -> StoryCheck:
    from extractor.query import EvidenceGraph
    from extractor.story import check_story

    articles = _articles(story)
    if len(articles) != 1:
        _end(f"{story}: holds {len(articles)} documents; one story is checked at a time")
    if _is_store(against):
        with EvidenceGraph.open(against) as evidence:
            return check_story(articles[0], evidence)
    return check_story(articles[0], _articles(_source(against)))


def _source(against: str) -> str:
    """Return ``against`` as a SOURCE; a file of that name comes before a number."""
    name = against.strip()
    if not Path(name).exists():
        if re.fullmatch(r"[0-9]{1,9}", name):
            return f"pmid:{name}"
        if re.fullmatch(r"NCT[0-9]{8}", name, re.IGNORECASE):
            return f"nct:{name.upper()}"
    return against


def _is_store(against: str) -> bool:
    path = Path(against)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _articles(source: str) -> list[Article]:
    """Return the documents of ``source``; where one of them cannot be read the program ends."""
    found = []
    for item in read_inputs((source,), allow_private=False):
        if isinstance(item, Failure):
            tell_failure(item)
            sys.exit(_NOT_COMPARED)
        found.append(item)
    return found
