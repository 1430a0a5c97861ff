"""The gate: extraction is scored on the project's own gold corpora and must not fall below the pinned floors.

    python -m tests.gate [DOCUMENT...] [--quiet]     figures per document and phenomenon, misses and false alarms
    python -m tests.gate --pin                       raise the floors to what is reached now
    python -m tests.gate --pin --accept-lower REASON lower floors too; the reason is kept in corpora/baseline.json

There are two parts with floors of their own: ``demo``, the pages and abstracts of corpora/demo, and ``cases``, documents
written to hold what is hard to bind. The exit status is 1 where a figure is below its floor, a part has changed since
its floors were pinned, or a floor would be lowered without a reason.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from extractor.records import Record, decode_record
from tests.gold_compare import NotResults, Scores, compare

__all__ = [
    "BASELINE",
    "CORPORA",
    "PARTS",
    "Gold",
    "corpus_hash",
    "evaluate",
    "load_gold",
    "main",
    "pin",
    "shortfalls",
    "totals",
]

CORPORA = Path(__file__).parent.parent / "corpora"
BASELINE = CORPORA / "baseline.json"
PARTS = ("demo", "cases")
Figures = dict[str, float]


class Gold(NamedTuple):
    """A gold record, the other figures of its text, and the phenomena of its results by their ids."""

    record: Record
    not_results: NotResults
    phenomena: Mapping[str, tuple[str, ...]]

    @property
    def part(self) -> str:
        """The part of the corpus: the ids of the cases begin with "case:"."""
        return "cases" if self.record.document.id.startswith("case:") else "demo"


# ---- the corpus
def load_gold() -> list[Gold]:
    """Return the gold documents in the order of the files."""
    folder = CORPORA / "gold"
    rows = [json.loads(line) for line in (folder / "not_results.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = (folder / "records.jsonl").read_bytes().splitlines()
    found = []
    for i, (line, row) in enumerate(zip(lines, rows, strict=True), 1):
        record = decode_record(line, where=f"records.jsonl:{i}")
        if record.document.id != row["id"]:
            raise ValueError(f"line {i} of not_results.jsonl is of {row['id']}, not of {record.document.id}")
        aside = tuple((x["start"], x["end"], x["kind"]) for x in row["not_results"])
        found.append(Gold(record, aside, {key: tuple(names) for key, names in row["phenomena"].items()}))
    return found


def corpus_hash(part: str) -> str:
    """Return the SHA-256 of the texts and annotations of ``part``, so that floors are never held against others."""
    content = hashlib.sha256()
    for path in sorted((CORPORA / "gold" / "src").glob("*.gold")):
        annotation = path.read_bytes()
        if annotation.startswith(b"document case:") == (part == "cases"):
            content.update(b"\0".join((path.name.encode(), path.with_suffix(".txt").read_bytes(), annotation, b"")))
    return content.hexdigest()


def evaluate(documents: Iterable[str] = ()) -> dict[str, tuple[str, Scores]]:
    """Extract from the text of every gold document (or of those named); return part and scores by document id."""
    from extractor import extract

    wanted = set(documents)
    found = {}
    for gold in load_gold():
        article = gold.record.document
        if not wanted or article.id in wanted:
            record = extract(article.text, kind=article.kind, title=article.title, id=article.id)
            found[article.id] = (gold.part, compare(record, gold.record, gold.not_results, gold.phenomena))
    return found


def totals(results: Mapping[str, tuple[str, Scores]]) -> dict[str, Scores]:
    """Return the scores of each part that ``results`` (of evaluate) has documents of."""
    found = {part: Scores() for part in PARTS if any(part == p for p, _ in results.values())}
    for part, scores in results.values():
        found[part].add(scores)
    return found


# ---- the floors
def _pinned(name: str) -> bool:
    # the aspects of a fact are asked only where it is found: finding more may lower them, which is no loss
    return not name.startswith("aspect.") or "trial: " in name


def _baseline() -> dict[str, Any]:
    empty: dict[str, Any] = {"parts": {}, "lowered": []}
    return json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else empty


def shortfalls(figures: Mapping[str, Figures]) -> list[str]:
    """Return what keeps the gate shut, a line each: figures below their floors, parts not pinned or changed since.

    Args:
        figures: by part, what ``Scores.figures`` returns.
    """
    problems = []
    baseline = _baseline()["parts"]
    for part, reached in figures.items():
        if part not in baseline:
            problems.append(f"{part}: no floors are pinned; python -m tests.gate --pin")
            continue
        if baseline[part]["corpus_sha256"] != corpus_hash(part):
            problems.append(f"{part}: the gold changed since its floors were pinned; python -m tests.gate --pin")
        for name, floor in baseline[part]["floors"].items():
            value = reached.get(name, 0.0)
            if value < floor:
                problems.append(f"{part}: {name} is {value:.4f}, below its floor {floor:.3f}")
    return problems


def pin(figures: Mapping[str, Figures], reason: str | None = None) -> list[str]:
    """Write ``figures`` as floors; return what would be lowered when there is no ``reason``, and then write nothing.

    A floor that goes down or away, also because the gold has changed, is kept under "lowered" with the reason.
    """
    baseline = _baseline()
    lowered = []
    for part, reached in figures.items():
        # rounded down, so that a floor is never above what was reached
        floors = {name: math.floor(value * 1000) / 1000 for name, value in reached.items() if _pinned(name)}
        before = baseline["parts"].get(part, {}).get("floors", {})
        for name, floor in before.items():
            if floors.get(name, 0.0) < floor:
                change = {"part": part, "figure": name, "from": floor, "to": floors.get(name)}
                lowered.append({**change, "reason": reason})
        baseline["parts"][part] = {"corpus_sha256": corpus_hash(part), "floors": floors}
    if lowered and reason is None:
        return [f"{x['part']}: {x['figure']} from {x['from']} to {x['to']}" for x in lowered]
    baseline["lowered"] += lowered
    BASELINE.write_text(json.dumps(baseline, indent=2) + "\n", encoding="utf-8")
    return []


# ---- the command
def _print_report(results: Mapping[str, tuple[str, Scores]], quiet: bool) -> None:
    print(f"{'document':<30}{'facts':>6}{'found':>6}{'read':>6}{'whole':>6}{'alarms':>7}")
    parts = totals(results)
    rows = [(name, scores) for name, (_, scores) in results.items()]
    for name, s in [*rows, *((part.upper(), scores) for part, scores in parts.items())]:
        print(f"{name:<30}{s.facts:>6}{s.found:>6}{s.read:>6}{s.whole:>6}{s.false_alarms:>7}")
    if not quiet:
        findings = [finding for _, scores in results.values() for finding in scores.findings]
        for finding in sorted(findings, key=lambda f: (f.kind, f.document)):
            print(f"{finding.kind} | {finding.measure} | {finding.document} | {finding.text}")
    names = dict.fromkeys(name for scores in parts.values() for name in scores.figures())
    print(f"\n{'figure':<40}{''.join(f'{part:>8}' for part in parts)}")
    for name in names:
        values = [scores.figures().get(name) for scores in parts.values()]
        print(f"{name:<40}{''.join('       -' if value is None else f'{value:8.3f}' for value in values)}")
    print(f"\n{'phenomenon':<40}{'facts':>6}{'found':>8}{'whole':>8}")
    for scores in parts.values():
        for name, (found, whole, asked) in sorted(scores.phenomena.items()):
            print(f"{name:<40}{asked:>6}{found / asked:8.3f}{whole / asked:8.3f}")


def main(argv: list[str] | None = None) -> int:
    """Print the figures and hold them against the floors, or with --pin store them. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.gate", description="Score extraction on corpora/gold.")
    parser.add_argument("documents", nargs="*", help="ids of gold documents; all when none is given")
    parser.add_argument("--quiet", action="store_true", help="figures only")
    parser.add_argument("--pin", action="store_true", help="write the figures as floors into corpora/baseline.json")
    parser.add_argument("--accept-lower", metavar="REASON", help="let --pin lower a floor, and keep this reason")
    args = parser.parse_args(argv)
    if args.accept_lower is not None and not args.accept_lower.strip():
        parser.error("--accept-lower needs a reason in words")
    if args.accept_lower is not None and not args.pin:
        parser.error("--accept-lower goes with --pin")
    if args.pin and args.documents:
        parser.error("--pin needs the whole corpus")
    results = evaluate(args.documents)
    unknown = set(args.documents) - set(results)
    if unknown:
        parser.error(f"no gold document {', '.join(sorted(unknown))}")
    _print_report(results, args.quiet)
    figures = {part: scores.figures() for part, scores in totals(results).items()}
    if args.pin:
        problems = [f"would lower {x}; --accept-lower REASON to do so" for x in pin(figures, args.accept_lower)]
    else:
        problems = [] if args.documents else shortfalls(figures)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
