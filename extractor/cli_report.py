"""``extractor report``: the evidence of a store as a static site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from extractor.cli_common import INTERRUPTED, STORE, progress, say
from extractor.cli_query import filter_options, given

__all__ = ["report"]


@click.command()
@STORE
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the site; one that an earlier report wrote is written anew.",
)
@click.option("--title", default="Evidence", show_default=True, help="Title of the site.")
@filter_options
def report(store: Path, output: Path, title: str, **filters: Any) -> None:
    """Write the evidence of a store as a site of plain files: open index.html in a browser, no server is needed.

    An overview to search; a page for each trial with its figures and the sentences behind them, contradictions and
    arithmetic; each document with every mention marked and the rule of every link; two treatments against each other with
    a forest plot; the network of comparisons; a timeline of each treatment. With filters, of the trials that fit only.

    \b
    Examples:
      extractor report --store evidence.db -o site/
      extractor report --store evidence.db -o lung/ --condition "lung cancer" --title "Lung cancer"
    """
    from extractor.query import EvidenceGraph
    from extractor.report.site import write_site

    try:
        with EvidenceGraph.open(store) as evidence, progress() as advance:
            chosen = given(filters)
            part = evidence.subgraph(**chosen) if chosen else evidence
            done = write_site(part, output, title=title, on_page=lambda: advance(None))
    except KeyboardInterrupt:
        say(f"interrupted; {output} is as it was before")
        sys.exit(INTERRUPTED)
    say(
        f"{output / 'index.html'}: {done.trials} trials, {done.results} figures, {done.documents} documents, "
        f"{done.questions} questions, {done.pages} pages"
    )
