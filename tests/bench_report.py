"""How long a large site takes: ``python -m tests.bench_report [--trials N]`` makes records, writes the site and prints figures.

Ten figures a trial, one document each, a hundred drugs. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from extractor.query import EvidenceGraph
from extractor.records import Record
from extractor.report.site import write_site
from extractor.store import EvidenceStore
from tests.record_builder import RecordBuilder

__all__ = ["made_trial"]

_OUTCOMES = ("response", "relapse", "remission", "fatigue", "nausea")


def made_trial(number: int) -> Record:
    """Return a trial of a drug against placebo with ten figures: events of five outcomes in two groups."""
    chance = random.Random(number)
    drug = f"drug{number % 100:02d}mab"
    findings = []
    counts = []
    for place, outcome in enumerate(_OUTCOMES):
        pair = [100 * (2 * place + side + 1) + chance.randrange(100) for side in (0, 1)]
        findings.append(f"A {outcome} was seen in {pair[0]} of 2000 on {drug} and in {pair[1]} of 2001 on placebo.")
        counts.append(pair)
    text = f"In NCT{number:08d}, {drug} was compared with placebo in gout. {' '.join(findings)}"
    make = RecordBuilder(text, key=f"doc-{number}", title=f"Trial {number} of {drug}", url=f"https://news.example/{number}")
    arms = (
        make.arm("a1", "experimental", make.intervention(drug, drug), label=drug),
        make.arm("a2", "comparator", make.intervention("placebo", "placebo"), label="placebo"),
    )
    results: list[Any] = []
    for place, (finding, pair) in enumerate(zip(findings, counts, strict=True)):
        for side in (0, 1):
            results.append(
                make.result(
                    f"r{2 * place + side}", "count", str(pair[side]), finding, outcome=f"o{place}", arm=f"a{side + 1}",
                    events=make.number(str(pair[side])), total=make.number(("2000", "2001")[side]), timepoint=(12, "week"),
                )
            )  # fmt: skip
    outcomes = tuple(make.outcome(f"o{place}", outcome, outcome) for place, outcome in enumerate(_OUTCOMES))
    make.trial(registry=(f"NCT{number:08d}",), arms=arms, outcomes=outcomes, results=tuple(results))
    return make.record()


def main() -> None:
    """Make, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="Folder in which the site stays.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        with EvidenceStore.open(path, create=True) as store:
            store.add_records(made_trial(number) for number in range(given.trials))
        site = Path(folder) / "site"
        begin = time.perf_counter()
        with EvidenceGraph.open(path) as evidence:
            done = write_site(evidence, site)
        seconds = time.perf_counter() - begin
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
        index = (site / "assets" / "index.js").stat().st_size
        print(
            f"{done.trials:,} trials, {done.results:,} figures, {done.pages:,} pages in {seconds:.1f} s "
            f"({10_000 * seconds / max(1, done.results):.1f} s per 10,000 figures), {size / 1e6:.0f} MB, "
            f"index that the overview loads {index / 1e6:.1f} MB"
        )
        if given.keep is not None:
            shutil.copytree(site, given.keep)


if __name__ == "__main__":
    main()
