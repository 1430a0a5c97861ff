"""What the scripts that fit weights share: the corpora named on the command line, and the table that is written."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["corpora_and_output", "documents_of", "write_weights"]


def documents_of(corpus: str) -> Iterator[dict[str, Any]]:
    """Yield the documents of ``corpus``: the name of a file of JSON Lines, or "FILE:EVERY" for each n-th line of it.

    Raises:
        OSError: the file cannot be read. ValueError: EVERY is no number, or a line is no JSON.
    """
    path, _, every = corpus.partition(":")
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    for line in lines[:: int(every or 1)]:
        yield json.loads(line)


def corpora_and_output(arguments: Sequence[str] | None, says: str | None) -> tuple[list[dict[str, Any]], Path]:
    """Return the documents of the corpora that the command line names, and the file to write (``-o``).

    Args:
        arguments: the command line, None for that of the program. says: what ``--help`` says of the script.
    """
    parser = argparse.ArgumentParser(description=says, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS[:EVERY]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args(arguments)
    return [document for name in given.corpora for document in documents_of(name)], given.output


def write_weights(output: Path, weights: Mapping[str, float]) -> None:
    """Write the table of ``weights``, a feature a line, to ``output``."""
    rows = "".join(f"{name}\t{weight:.2f}\n" for name, weight in weights.items())
    output.write_text("feature\tweight\n" + rows, encoding="utf-8")
