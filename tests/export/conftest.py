"""The evidence that is exported."""

from __future__ import annotations

import networkx
import pytest

from extractor.query import EvidenceGraph
from tests.export.made import RECORDS


@pytest.fixture(scope="module")
def evidence() -> EvidenceGraph:
    return EvidenceGraph.from_records(RECORDS)


@pytest.fixture(scope="module")
def graph(evidence: EvidenceGraph) -> networkx.MultiDiGraph:
    return evidence.to_networkx()
