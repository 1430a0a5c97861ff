"""Speed on this machine: ``python -m tests.bench`` prints documents per second of each part, in one run.

The texts are the abstracts and news of the demo articles and of the gold cases, each once a round. Every round measures the
parts one after the other, in processor time, so that other work on the machine slows all of them alike; the median of the
rounds' ratios is printed. Then come the seconds until ``extractor --help`` and ``extractor query`` have answered. Nothing is
asserted.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import spacy

from extractor.extraction import extract_article
from extractor.reading.listing import list_figures
from extractor.records import Article, decode_record
from extractor.sources import read_sources

ROOT = Path(__file__).parent.parent
ROUNDS = 7
STARTS = 9
_KINDS = {"abstracts": ("abstract",), "news": ("news", "press_release")}
_PARTS = ("bare spaCy tokenizing", "figures alone", "whole extraction")


def bench_articles() -> list[Article]:
    """Return the demo articles and the documents of the gold cases that are no demo articles."""
    found = {a.id: a for a in read_sources([str(ROOT / "corpora" / "demo")]) if isinstance(a, Article)}
    for line in (ROOT / "corpora" / "gold" / "records.jsonl").read_bytes().splitlines():
        document = decode_record(line).document
        found.setdefault(document.id, document)
    return list(found.values())


def rates(articles: list[Article]) -> dict[str, list[float]]:
    """Return documents per second of processor time for each part, round by round."""
    nlp = spacy.blank("en")
    works: tuple[Callable[[Article], object], ...] = (
        lambda article: nlp.make_doc(article.text),
        lambda article: list_figures(article.text),
        extract_article,
    )
    found: dict[str, list[float]] = {part: [] for part in _PARTS}
    for round_number in range(ROUNDS + 1):
        for part, work in zip(_PARTS, works, strict=True):
            begin = time.process_time()
            for article in articles:
                work(article)
            if round_number:  # the first round fills what is remembered of words
                found[part].append(len(articles) / (time.process_time() - begin))
    return found


def start_seconds(arguments: list[str]) -> tuple[float, float]:
    """Return the medians of the seconds until ``extractor`` with ``arguments`` has ended, on the clock and of processor time.

    Bytecode is kept, as when the program is installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as bytecode:
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        seconds: list[tuple[float, float]] = []
        for _ in range(STARTS + 1):
            begin, spent = time.perf_counter(), _children_seconds()
            subprocess.run(
                [sys.executable, "-m", "extractor", *arguments], check=True, capture_output=True, env=environment, cwd=ROOT
            )
            seconds.append((time.perf_counter() - begin, _children_seconds() - spent))
    clock, processor = zip(*seconds[1:], strict=True)
    return statistics.median(clock), statistics.median(processor)


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _print_rates() -> None:
    articles = bench_articles()
    for name, kinds in _KINDS.items():
        mine = [a for a in articles if a.kind in kinds]
        words = statistics.mean(len(a.text.split()) for a in mine)
        print(f"{name}: {len(mine)} documents of {words:.0f} words on average, one core, median of {ROUNDS} rounds")
        found = rates(mine)
        bare = found[_PARTS[0]]
        for part, speeds in found.items():
            share = statistics.median(speed / basis for speed, basis in zip(speeds, bare, strict=True))
            print(f"  {part:24s} {statistics.median(speeds):9.0f} documents/s   {share:6.3f} of bare tokenizing")


def _print_starts() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "demo.db")
        run = [sys.executable, "-m", "extractor", "run", str(ROOT / "corpora" / "demo"), "--store", store]
        subprocess.run(run, check=True, capture_output=True, cwd=ROOT)
        print(f"start-up, median of {STARTS}")
        query = ["query", "results", "--store", store, "--drug", "Keytruda", "--outcome", "OS"]
        for name, arguments in (("extractor --help", ["--help"]), ("extractor query", query)):
            clock, processor = start_seconds(arguments)
            print(f"  {name:24s} {clock:9.2f} s, {processor:.2f} s of processor time")


def main() -> None:
    """Print the rates, as a table and as shares of bare tokenizing, and the seconds of start-up."""
    _print_rates()
    _print_starts()


if __name__ == "__main__":
    main()
