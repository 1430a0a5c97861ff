"""What do trials say of one treatment against another?

usage: python examples/compare_treatments.py evidence.db Keytruda placebo OS
"""

import sys

from extractor import EvidenceGraph

store, a, b, *outcome = sys.argv[1:]
with EvidenceGraph.open(store) as evidence:
    for row in evidence.compare(a, b, *outcome):
        figure = row.estimate or row.a_result
        against = f" against {row.b_result.value}" if row.b_result else ""
        print(f"{row.acronym or row.trial}: {row.outcome}, {row.measure} {figure.value}{against}")
        print(f"    {figure.quotes[0]}")
