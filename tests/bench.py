"""Speed on this machine: ``python -m tests.bench`` prints documents per second of each part, in one run.

The texts are the demo abstracts, repeated; nothing is asserted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import spacy

from extractor.extraction import extract_article
from extractor.reading.listing import list_figures
from extractor.records import Article
from extractor.sources import read_sources

ROOT = Path(__file__).parent.parent
ROUNDS = 5
REPEATS = 8


def rate(work: Callable[[Article], object], articles: list[Article]) -> float:
    """Return the median of documents per second over ROUNDS rounds."""
    work(articles[0])
    rates = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for article in articles:
            work(article)
        rates.append(len(articles) / (time.perf_counter() - begin))
    return statistics.median(rates)


def main() -> None:
    """Print the figures as a table and as ratios of bare tokenizing."""
    found = [a for a in read_sources([str(ROOT / "corpora" / "demo")]) if isinstance(a, Article)]
    nlp = spacy.blank("en")
    for name, kinds in (("abstracts", {"abstract"}), ("news", {"news"})):
        articles = [a for a in found if a.kind in kinds] * REPEATS
        words = statistics.mean(len(a.text.split()) for a in articles)
        print(f"{name}: {len(articles)} documents of {words:.0f} words on average, one core")
        bare = rate(lambda a: nlp.make_doc(a.text), articles)
        for part, work in (
            ("bare spaCy tokenizing", lambda a: nlp.make_doc(a.text)),
            ("figures alone", lambda a: list_figures(a.text)),
            ("whole extraction", extract_article),
        ):
            speed = rate(work, articles)
            print(f"  {part:24s} {speed:9.0f} documents/s   {speed / bare:6.3f} of bare tokenizing")


if __name__ == "__main__":
    main()
