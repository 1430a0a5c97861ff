"""What large collections cost: ``python -m tests.scale_plan [-o docs/scale.md]`` measures here and computes from that.

Measured in this run: documents per second of one core from article to store, for abstracts and for news; the time of the
relevance test; bytes a document in the store; memory of a worker. Assumed, and printed with the plan: how many documents a
collection has and what share of them the relevance test lets through.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from extractor.batch import run_encoded
from extractor.extraction import extract_article
from extractor.relevance import why_set_aside
from extractor.store import EvidenceStore
from tests.bench_batch import into_store, resident_bytes
from tests.varied_corpus import varied_articles

__all__ = ["Measured", "Plan", "measure", "plan_text"]

_DOCUMENTS = 1000


class Measured(NamedTuple):
    """Rates of one core: documents/s with the store, of abstracts and news; seconds of the relevance test a document; bytes a
    document in the store; bytes that a worker holds."""

    abstracts: float
    news: float
    relevance: float
    stored: float
    worker: float


class Plan(NamedTuple):
    """A collection: its name, documents, kind, the share that is read, the seconds it takes to parse one, and where the
    assumptions are from."""

    name: str
    documents: int
    kind: str
    read: float
    parse: float
    why: str


PLANS = (
    Plan("a million abstracts of trials", 1_000_000, "abstract", 1.0, 0.0003, "all are read; from JSON lines or MEDLINE XML"),
    Plan(
        "all of PubMed",
        38_000_000,
        "abstract",
        0.45,
        0.0003,
        "38 million records, of which about 70 % have an abstract; of these about two thirds name figures of a study and pass "
        "the relevance test",
    ),
    Plan(
        "a year of Common Crawl news",
        150_000_000,
        "news",
        0.003,
        0.0005,
        "about 12 to 13 million pages a month; 3 in 1,000 are English, on health and with figures of a study; the cheap "
        "tests on bytes take half a millisecond a page, pages that pass them are parsed in 40 ms",
    ),
)


def measure() -> Measured:
    """Measure on this machine; takes some minutes."""
    rates: dict[str, float] = {}
    sizes = []
    for kind in ("abstract", "news"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.db"
            begin = time.process_time()
            into_store(path, _DOCUMENTS, partial(run_encoded, workers=1), kind)
            rates[kind] = _DOCUMENTS / (time.process_time() - begin)
            with EvidenceStore.open(path) as store:
                assert store.counts()["documents"] == _DOCUMENTS
            sizes.append(sum(file.stat().st_size for file in Path(folder).iterdir()) / _DOCUMENTS)
    articles = list(varied_articles(300))
    for article in articles:
        extract_article(article)
    begin = time.process_time()
    for article in articles:
        why_set_aside(article)
    relevance = (time.process_time() - begin) / len(articles)
    return Measured(rates["abstract"], rates["news"], relevance, max(sizes), resident_bytes())


def plan_text(found: Measured) -> str:
    """Return the plan as Markdown."""
    lines = [
        "# What large collections cost",
        "",
        "Computed by `make scale-plan` from what it measured on one core of the machine it ran on; with other machines, other",
        "figures. Time is processor time. Nothing here was run at full size: the largest run so far is told in the changelog.",
        "",
        "| measured | |",
        "|---|---|",
        f"| abstracts, from article to store | {found.abstracts:.0f} documents/s on one core |",
        f"| news, from article to store | {found.news:.0f} documents/s on one core |",
        f"| relevance test | {found.relevance * 1e6:.0f} µs a document |",
        f"| evidence store | {found.stored:,.0f} bytes a document |",
        f"| memory of a worker | {found.worker / 1e6:.0f} MB |",
        "",
        "| collection | read | core-hours | on 16 cores | store | memory of 16 workers |",
        "|---|---|---|---|---|---|",
    ]
    for plan in PLANS:
        rate = found.abstracts if plan.kind == "abstract" else found.news
        read = plan.documents * plan.read
        hours = (plan.documents * (plan.parse + found.relevance) + read / rate) / 3600
        if plan.kind == "news":
            hours += read * 0.04 / 3600
        lines.append(
            f"| {plan.name} | {read:,.0f} of {plan.documents:,} | {hours:,.0f} | {hours / 16:,.1f} hours | "
            f"{read * found.stored / 1e9:,.0f} GB | {16 * found.worker / 1e9:.1f} GB |"
        )
    lines += ["", "Assumed:", "", *(f"- {plan.name}: {plan.why}." for plan in PLANS)]
    lines += [
        "- Workers scale as processes that share nothing; one process writes the store, at 20 to 30 times the rate of one",
        "  extracting core, so that beyond some 20 cores shards (`extractor extract --shards`) are written instead and brought",
        "  in with `extractor store import`.",
        "- What cannot report results is set aside with one row of about 200 bytes.",
        "",
        "## How to run it",
        "",
        "<!-- needs cluster -->",
        "```sh",
        "extractor run pubmed/*.xml.gz --store evidence.db --workers 16                  # one machine",
        "extractor extract \"s3://corpus/pubmed*.xml.gz\" --cluster tcp://10.0.0.1:8786 --shards s3://corpus/records",
        "extractor store import s3://corpus/records --store evidence.db                  # many machines",
        "```",
        "",
        "A run may be interrupted, killed or run out of disk at any moment: what was committed is kept, and the same command goes",
        "on from there. `extractor status` and `extractor failures --by-reason` tell how it stands.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, compute, and write the plan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    text = plan_text(measure())
    if given.output is None:
        print(text, end="")
    else:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
