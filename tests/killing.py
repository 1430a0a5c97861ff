"""Runs of ``extractor run`` that are killed with SIGKILL at random moments: ``python -m tests.killing [KILLS] [SEED]``.

Everything heavy is loaded once; each run is a fork, so that a kill costs only the work that it cuts short. Commits are made
every few documents instead of every few seconds, so that kills fall before, between and into them. After each kill the run is
started again in the same store, and the store is compared with that of an undisturbed run, by contents.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

import extractor.batch
from extractor.cli import main as command
from extractor.extraction import extract_article
from extractor.graph import EvidenceBase
from extractor.records import Article
from extractor.sources import fetch
from extractor.store import EvidenceStore
from tests.made_corpus.documents import make_corpus

__all__ = ["contents", "kill_runs", "write_articles"]

_COMMIT_EVERY = 3
_TABLES = {
    "documents": "SELECT key, sha256, document_id, kind, title, url, source, language, published, pmid, pmcid, doi",
    "failures": "SELECT place, stage, reason, document, resolved",
}
_DOCUMENTS = 36


def write_articles(path: Path) -> None:
    """Write short articles: reports of trials, one text at two addresses, one that fails."""
    lines = [
        {"id": article.id, "text": article.text, "kind": article.kind}
        for article in make_corpus().articles[:_DOCUMENTS]
    ]
    lines.insert(9, {"id": "again", "text": lines[2]["text"], "kind": "abstract"})
    lines.insert(17, {"id": "blank", "text": " \n ", "kind": "news"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def contents(store: Path) -> dict[str, Any]:
    """Return what a store says: documents, copies, records, failures, and the trials they make.

    Runs, and how often a failure was seen, tell the history and are left out.
    """
    found: dict[str, Any] = {}
    connection = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
    try:
        found["integrity"] = connection.execute("PRAGMA integrity_check").fetchall()
        found["foreign keys"] = connection.execute("PRAGMA foreign_key_check").fetchall()
        for table, query in _TABLES.items():
            found[table] = sorted(connection.execute(f"{query} FROM {table}").fetchall(), key=repr)
        found["copies"] = sorted(
            connection.execute(
                "SELECT d.key, c.document_id, c.url, c.source FROM copies c JOIN documents d ON d.id = c.document"
            )
        )
        found["versions"] = sorted(
            connection.execute(
                "SELECT d.key, r.extractor_version, r.current FROM records r JOIN documents d ON d.id = r.document"
            )
        )
    finally:
        connection.close()
    base = EvidenceBase.open(store)
    try:
        found["records"] = sorted(map(msgspec.json.encode, base.store.records()))
        found["trials"] = msgspec.json.encode(base.trials())
        found["counts"] = base.store.counts()
        found["names"] = base.store.trial_names()
    finally:
        base.store.close()
    return found


def _start(articles: Path, store: Path) -> int:
    """Begin a run in a fork and return its process id."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 2)
            command(["run", str(articles), "--store", str(store), "--all", "--timeout", "0"], standalone_mode=False)
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 70
        finally:
            os._exit(status)
    return child


def _finish(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _stored(store: Path) -> int:
    """Return how many documents a store holds that a killed run has left; 0 where it was not even made."""
    if not store.exists() or store.stat().st_size == 0:
        return 0
    with EvidenceStore.open(store, create=True) as opened:
        return opened.counts()["documents"]


def kill_runs(folder: Path, kills: int, seed: int) -> tuple[list[int], list[str]]:
    """Kill ``kills`` runs; return how many documents each had stored by then, and what differed after the restart."""
    extractor.batch._COMMIT_RECORDS = _COMMIT_EVERY
    articles, whole = folder / "articles.jsonl", folder / "whole.db"
    write_articles(articles)
    for item in fetch([str(articles)]):  # vocabularies, patterns and readers are loaded before the forks
        if isinstance(item, Article) and item.text.strip():
            extract_article(item)
    begin = time.monotonic()
    if _finish(_start(articles, whole)) != 1:  # the blank article fails
        raise RuntimeError("the undisturbed run ended in another way than it should")
    span = time.monotonic() - begin
    expected = contents(whole)
    rng = random.Random(seed)
    stored: list[int] = []
    problems: list[str] = []
    for attempt in range(4 * kills):
        if len(stored) == kills:
            break
        store = folder / f"killed-{attempt}.db"
        begin = time.monotonic()
        child = _start(articles, store)
        time.sleep(rng.uniform(0, span))
        os.kill(child, signal.SIGKILL)
        if _finish(child) != -signal.SIGKILL:
            span = min(span, time.monotonic() - begin)  # it was done already: aim earlier
            continue
        stored.append(_stored(store))
        if _finish(_start(articles, store)) != 1:
            problems.append(f"kill {len(stored)}: the run after it did not end as it should")
            continue
        after = contents(store)
        problems += [f"kill {len(stored)}: {part} differ" for part in expected if after[part] != expected[part]]
        for left in folder.glob(f"{store.name}*"):
            left.unlink()
    return stored, problems


def main(arguments: list[str]) -> int:
    """Print what became of each kill as JSON; return the exit status."""
    kills = int(arguments[0]) if arguments else 50
    seed = int(arguments[1]) if len(arguments) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        stored, problems = kill_runs(Path(folder), kills, seed)
    print(json.dumps({"kills": len(stored), "documents stored at each": sorted(stored), "problems": problems}))
    return 1 if problems or len(stored) < kills else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
