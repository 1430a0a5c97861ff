"""Evidence for other programs: graph formats, Neo4j, Parquet, FHIR R5, and tables for metafor, netmeta and RevMan.

    from extractor import EvidenceGraph
    from extractor.export import to_graphml, to_metafor

    with EvidenceGraph.open("evidence.db") as evidence:
        to_graphml(evidence, "evidence.graphml")
        done = to_metafor(evidence, "survival.csv", drug="pembrolizumab", outcome="OS", measure="hazard_ratio")
        print(done.rows, done.left_out)

Every function takes an EvidenceGraph, with the filters of ``EvidenceGraph.results``, or a networkx graph of the model in
``schemas/graph.md``. A file appears complete or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from extractor.export.fhir import to_fhir
from extractor.export.graphs import to_cytoscape, to_gexf, to_graphml, to_node_link
from extractor.export.neo4j import to_neo4j
from extractor.export.parquet import to_parquet
from extractor.export.selecting import Source
from extractor.export.tables import Exported, to_metafor, to_netmeta, to_revman

__all__ = [
    "FORMATS",
    "Exported",
    "export",
    "to_cytoscape",
    "to_fhir",
    "to_gexf",
    "to_graphml",
    "to_metafor",
    "to_neo4j",
    "to_netmeta",
    "to_node_link",
    "to_parquet",
    "to_revman",
]

FORMATS: dict[str, Callable[..., Exported | None]] = {
    "graphml": to_graphml,
    "gexf": to_gexf,
    "node-link": to_node_link,
    "cytoscape": to_cytoscape,
    "neo4j": to_neo4j,
    "parquet": to_parquet,
    "fhir": to_fhir,
    "metafor": to_metafor,
    "netmeta": to_netmeta,
    "revman": to_revman,
}
"""Name of a format -> what writes it."""


def export(source: Source, path: str | os.PathLike[str], form: str, **filters: Any) -> Exported | None:
    """Write ``source`` to ``path`` in the format called ``form`` (a key of FORMATS); see the function for the format.

    Raises:
        ValueError: there is no such format. Else as that function does.
    """
    write = FORMATS.get(form)
    if write is None:
        raise ValueError(f"no format {form!r}; there are {', '.join(FORMATS)}")
    return write(source, path, **filters)
