"""A large store on this machine: ``python -m tests.bench_graph [DOCUMENTS ...]`` prints how fast questions are answered.

The documents are records of corpora/demo, varied: two documents of each kind a trial, ten trials a treatment, with registry
ids, treatments, conditions and figures of their own. They are stored as records, nothing is extracted again. A question
about one treatment finds the same amount at every size, so its time shows what the rest of the store costs. Nothing is
asserted.
"""

from __future__ import annotations

import gc
import random
import re
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from extractor.extraction import extract_article
from extractor.query import EvidenceGraph
from extractor.records import Article, Identifiers, Record, Trial, decode_record, encode_record, text_sha256
from extractor.sources import read_sources
from extractor.store import EvidenceStore

ROOT = Path(__file__).parent.parent
SIZES = (1_000, 10_000, 100_000)
DOCUMENTS_A_TRIAL = 2
TRIALS_A_DRUG = 10
ROUNDS = 40
COMMIT = 500
_ID = re.compile(rb"(NCT|ISRCTN)[0-9]{8}")
_FIGURE = re.compile(rb"(?<![0-9.])[1-9]?[0-9]\.[0-9]{1,2}(?![0-9.])")


class Template:
    """A record of the demo corpus as JSON, with what is varied in it."""

    def __init__(self, record: Record) -> None:
        self.text = encode_record(record)
        arms = [arm for trial in record.trials for arm in trial.arms if arm.role != "comparator"]
        names = [i.concept or i.text for arm in arms for i in arm.interventions]
        self.drugs = list(dict.fromkeys(names))
        self.conditions = {m.concept or m.text for trial in record.trials for m in trial.conditions}

    def varied(self, number: int) -> Record:
        """Return document ``number``: figures and ids keep their length, so that every offset holds."""
        trial = number // DOCUMENTS_A_TRIAL
        drug = trial // TRIALS_A_DRUG
        text = _ID.sub(rb"\g<1>%08d" % (10_000_000 + trial), self.text)
        record = decode_record(_FIGURE.sub(lambda found: _shifted(found[0], trial % 9), text))
        names = {name: drug_name(drug) + "-b" * place for place, name in enumerate(self.drugs)}
        names |= {name: f"{name} type {drug}" for name in self.conditions}
        body = f"{record.document.text} Report {number}."
        document = msgspec.structs.replace(
            record.document, id=f"report-{number}", url=None, text=body, sha256=text_sha256(body),
            identifiers=Identifiers(), links=(),
        )  # fmt: skip
        return msgspec.structs.replace(
            record,
            document=document,
            mentions=tuple(_renamed(mention, names) for mention in record.mentions),
            trials=tuple(_varied_trial(one, names, trial) for one in record.trials),
        )


def _renamed(mention: Any, names: dict[str, str]) -> Any:
    new = names.get(mention.concept or mention.text)
    return mention if new is None else msgspec.structs.replace(mention, concept=new)


def _varied_trial(trial: Trial, names: dict[str, str], number: int) -> Trial:
    """The trial under other names and of another size; without its acronym, which all varieties would share."""
    people = trial.population
    if people.enrolled is not None:
        enrolled = msgspec.structs.replace(people.enrolled, value=people.enrolled.value + number)
        people = msgspec.structs.replace(people, enrolled=enrolled, analysed=None)
    arms = [
        msgspec.structs.replace(arm, interventions=tuple(_renamed(i, names) for i in arm.interventions))
        for arm in trial.arms
    ]
    conditions = tuple(_renamed(condition, names) for condition in trial.conditions)
    return msgspec.structs.replace(trial, acronym=None, population=people, arms=tuple(arms), conditions=conditions)


def _shifted(printed: bytes, shift: int) -> bytes:
    """Return the figure with another last digit."""
    return printed[:-1] + b"%d" % ((printed[-1] - 48 + shift) % 10)


def drug_name(number: int) -> str:
    """Return a made name of treatment ``number``."""
    syllables = ("ba", "cu", "di", "fo", "ge", "ki", "lo", "ma", "ne", "pu")
    return "".join(syllables[int(digit)] for digit in f"{number:05d}") + "xan"


def templates() -> list[Template]:
    articles = [a for a in read_sources([str(ROOT / "corpora" / "demo")]) if isinstance(a, Article)]
    found = [Template(extract_article(article)) for article in articles]
    return [template for template in found if template.drugs and _ID.search(template.text)]


def fill(store: EvidenceStore, first: int, last: int, kinds: list[Template]) -> float:
    """Store documents ``first`` to ``last``; return the seconds that storing took."""
    taken = 0.0
    for start in range(first, last, COMMIT):
        numbers = range(start, min(start + COMMIT, last))
        batch = [kinds[n // DOCUMENTS_A_TRIAL % len(kinds)].varied(n) for n in numbers]
        begin = time.perf_counter()
        store.add_records(batch)
        taken += time.perf_counter() - begin
    return taken


def questions(documents: int) -> Iterator[tuple[str, Callable[[EvidenceGraph, random.Random], Any]]]:
    trials = documents // DOCUMENTS_A_TRIAL

    def drug(chance: random.Random) -> str:
        return drug_name(chance.randrange(trials // TRIALS_A_DRUG))

    def trial(chance: random.Random) -> str:
        return f"NCT{10_000_000 + chance.randrange(trials):08d}"

    yield "results of a drug", lambda g, c: g.results(drug=drug(c))
    yield "its results on one outcome, phase 3", lambda g, c: g.results(drug=drug(c), outcome="OS", phase="3")
    yield "trials of a drug against placebo", lambda g, c: g.compare(drug(c), "placebo")
    yield "one trial by its registry id", lambda g, c: g.results(trial=trial(c))
    yield "conflicts of a drug", lambda g, c: g.conflicts(drug=drug(c))
    yield "graph of a drug's evidence", lambda g, c: g.to_networkx(drug=drug(c))
    yield "what stands beside a trial", lambda g, c: g.neighbours(trial(c))


def measure(path: Path, documents: int) -> dict[str, tuple[float, float, float, float]]:
    """Return of each question median and p95 in milliseconds, the median of the processor's time alone (which other
    programs do not lengthen), and rows of an answer on average."""
    figures = {}
    with EvidenceGraph.open(path) as graph:
        for name, ask in questions(documents):
            chance = random.Random(7)
            ask(graph, chance)
            taken, worked, found = [], [], []
            for _ in range(ROUNDS):
                begin, work = time.perf_counter(), time.process_time()
                found.append(len(ask(graph, chance)))
                worked.append((time.process_time() - work) * 1000)
                taken.append((time.perf_counter() - begin) * 1000)
            p95 = statistics.quantiles(taken, n=20)[-1]
            figures[name] = (statistics.median(taken), p95, statistics.median(worked), statistics.mean(found))
    return figures


def memory(path: Path, documents: int) -> tuple[float, float, float]:
    """Return bytes of a graph a result it holds, bytes of rows a result, and the peak of memory (MB) of one question."""
    chance = random.Random(7)
    with EvidenceGraph.open(path) as graph:
        drugs = [drug_name(chance.randrange(documents // DOCUMENTS_A_TRIAL // TRIALS_A_DRUG)) for _ in range(20)]
        graph.to_networkx(drug=drugs[0])
        gc.collect()
        tracemalloc.start()
        built = [graph.to_networkx(drug=drug) for drug in drugs]
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        nodes = sum(data["type"] == "result" for one in built for _, data in one.nodes(data=True))
        del built
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        rows = [graph.results(drug=drug, context=None) for drug in drugs]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        figures = sum(map(len, rows))
        del rows
        gc.collect()
        start, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        graph.results(drug=drugs[1])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return held / max(nodes, 1), (after - before) / max(figures, 1), (peak - start) / 1e6


def main(arguments: list[str]) -> None:
    """Fill a store step by step and print the figures at each size."""
    sizes = sorted(int(number) for number in arguments) or list(SIZES)
    kinds = templates()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.db"
        stored = 0
        for size in sizes:
            with EvidenceStore.open(path, create=True) as store:
                seconds = fill(store, stored, size, kinds)
                counts = store.counts()
            disk = path.stat().st_size
            print(f"{size:,} documents, {counts['results']:,} results, {disk / 1e6:,.0f} MB on disk: "
                  f"{(size - stored) / seconds:,.0f} documents/s stored, {disk / counts['results']:,.0f} bytes a result, "
                  f"{disk / size:,.0f} a document")  # fmt: skip
            stored = size
            for name, (median, p95, worked, rows) in measure(path, size).items():
                print(f"  {name:36s} median {median:7.1f} ms   p95 {p95:7.1f} ms   processor {worked:6.1f} ms   "
                      f"{rows:6.1f} rows or nodes")  # fmt: skip
            in_graph, in_rows, peak = memory(path, size)
            print(f"  in memory: {in_graph:,.0f} bytes a result in a graph, {in_rows:,.0f} in rows; "
                  f"one question takes {peak:.1f} MB at most")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
