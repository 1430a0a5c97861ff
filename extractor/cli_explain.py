"""``extractor explain``: what was read in a document, and the rule behind every link."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from extractor.cli_common import LEXICON, end, read_inputs, say, tell_failure, written
from extractor.records import Failure, decode_record

__all__ = ["explain"]

_WIDEST = 160
"""Columns of a line where the output is no terminal."""


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page to this file; - for stdout.")
@click.option("--id", "wanted", help="Only the document of this id, where FILE holds several.")
@LEXICON
def explain(file: str, page: Path | None, wanted: str | None, lexicon: tuple[Path, ...]) -> None:
    """Show what is read in FILE and why: every mention, trial, arm, outcome and figure, and the rule of each link.

    FILE is a file (.html, .txt, .xml of PubMed, .jsonl, each also .gz), a folder, or an address, as for `extract`.

    The text comes first, each mark as [words | what they are]. Then, for each trial, what was read of it; and for each
    figure the outcome, arm, time point and the rest that it was bound to, with the id of the rule that bound it and
    what that rule says. The id is what to search for in the source of the extractor, or to name in a report of an error:

    \b
      r1 92 % (percentage)
        outcome  healing    outcome.clause_before: the last outcome named before the value, in its clause
        arm      stockings  arm.preposition_after: a preposition ties the arm to the value before it

    "not known" says that the text leaves a link open, or that no rule was sure of it.

    With --html the same is one page that needs nothing else: it can be mailed, and opened on a phone. Figures and arms
    have the colour of the arm; pointing at a mark, or reaching it with the Tab key, shows what made it.

    \b
    Examples:
      extractor explain abstract.txt
      extractor explain story.html --html story-explained.html
      extractor explain articles.jsonl --id pmid:99900001 --lexicon our-drugs.tsv
    """
    from extractor.batch import run_encoded
    from extractor.report.explain import explain_record

    found, failed = [], 0
    for item in run_encoded(read_inputs((file,), allow_private=False), lexicon=lexicon):
        if isinstance(item, Failure):
            failed += 1
            tell_failure(item)
            continue
        record = decode_record(item)
        if wanted in (None, record.document.id):
            found.append(explain_record(record))
    if not found:
        if not failed:
            say(f"{file}: no document of the id {wanted!r}" if wanted is not None else f"{file}: no document")
        sys.exit(1)
    if page is not None:
        from extractor.report.explain_html import explanation_page

        with written(str(page)) as out:
            out.write(explanation_page(found))
    else:
        from rich.console import Console

        from extractor.report.explain_text import print_explanation

        console = Console(width=None if sys.stdout.isatty() else _WIDEST, highlight=False)
        for i, explanation in enumerate(found):
            if i:
                console.rule()
            print_explanation(explanation, console)
    end(failed)
