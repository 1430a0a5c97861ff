"""``extractor export``: the evidence of a store, or what fits a question, as a file for another program."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from extractor.cli_common import INTERRUPTED, JOINS, STORE, open_evidence, say
from extractor.cli_query import filter_options, given

__all__ = ["export"]

_FORMATS = (
    *("graphml", "gexf", "node-link", "cytoscape", "neo4j", "parquet"),
    *("fhir", "metafor", "netmeta", "revman"),
)


@click.command()
@STORE
@JOINS
@click.option("--format", "form", type=click.Choice(_FORMATS), required=True, help="What to write; see above.")
@click.option("-o", "--output", required=True, help="The file, for neo4j the folder; - for stdout.")
@filter_options
def export(store: Path, form: str, output: str, **filters: Any) -> None:
    """Write the evidence of a store, or what fits the filters, as a file for another program.

    \b
    graphml, gexf          graph programs (yEd, Gephi, igraph)
    node-link, cytoscape   JSON of the graph (D3, networkx; Cytoscape)
    neo4j                  a folder of CSV for neo4j-admin database import
    parquet                a row for each place that states a figure; needs pyarrow
    fhir                   FHIR R5 bundle of Evidence, EvidenceVariable and Citation
    metafor, netmeta       CSV for meta-analysis in R
    revman                 CSV with RevMan's data rows

    The filters are those of `extractor query`. The three tables hold what can be compared over trials, each row with its sentence and how its numbers were derived;
    pool only rows of one "set". How many figures were left out, and why, is told on stderr. Text cells that begin with
    =, +, - or @ get an apostrophe, so that no spreadsheet takes them for a formula.

    The file appears when it is complete; after an error or Ctrl-C what was there before is untouched.

    \b
    Examples:
      extractor export --store evidence.db --format graphml -o evidence.graphml
      extractor export --store evidence.db --format metafor -o os.csv --drug Keytruda --outcome OS --measure hazard_ratio
      extractor export --store evidence.db --format neo4j -o graph/ --condition "lung cancer"
    """
    from extractor.export import export as write

    if output == "-" and form == "neo4j":
        raise click.BadParameter("neo4j is several files: name a folder", param_hint="--output")
    try:
        with open_evidence(store) as evidence:
            if output != "-":
                done = write(evidence, output, form, **given(filters))
            else:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "export"
                    done = write(evidence, path, form, **given(filters))
                    sys.stdout.buffer.write(path.read_bytes())
                    sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        say(f"interrupted; {output} is as it was before")
        sys.exit(INTERRUPTED)
    _tell(done)


def _tell(done: Any) -> None:
    if done is None:
        return
    left = ", ".join(f"{count} {reason}" for reason, count in done.left_out.items())
    say(f"{done.rows} rows{f'; left out: {left}' if left else ''}")
