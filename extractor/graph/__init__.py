"""From stored records to assembled trials, and from these to a networkx graph that can be kept up to date."""

from __future__ import annotations

from extractor.graph.base import EvidenceBase
from extractor.graph.building import EDGE_TYPES, NODE_TYPES, build_graph
from extractor.graph.updating import graph_of, update_graph

__all__ = ["EDGE_TYPES", "NODE_TYPES", "EvidenceBase", "build_graph", "graph_of", "update_graph"]
