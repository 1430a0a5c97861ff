"""Which treatments were tested for a condition, and what was found on their primary endpoints?

usage: python examples/drugs_for_condition.py evidence.db "heart failure"
"""

import sys

from extractor import EvidenceGraph

with EvidenceGraph.open(sys.argv[1]) as evidence:
    for drug in evidence.drugs(sys.argv[2], design="randomized"):
        print(f"{drug.name} ({', '.join(drug.classes) or drug.kind}): {drug.trials} trials")
        significant = evidence.results(drug=drug.name, condition=sys.argv[2], significant=True)
        for row in significant[:3]:
            print(f"    {row.outcome}: {row.measure} {row.value} {row.unit or ''} ({row.sources} sources)")
