"""Which figures contradict each other or do not add up, and where do they stand?

usage: python examples/doubtful_figures.py evidence.db
"""

import sys

from extractor import EvidenceGraph

with EvidenceGraph.open(sys.argv[1]) as evidence:
    for row in evidence.conflicts():
        print(f"{row.acronym or row.trial}: {row.outcome}, {' or '.join(row.values)}")
        for place in row.evidence:
            print(f"    {place.url or place.document}: {place.quote}")
    for check in evidence.checks():
        print(f"{check.severity}: {check.message} ({check.url or check.document})")
