"""Fetching on this machine: ``python -m tests.bench_sources`` prints articles per second, requests and peak memory.

A made site on loopback (2,000 pages, 500 of them copies and 100 faulty, with feed and sitemaps), a look-alike of the
E-utilities with 5,000 records, and a made MEDLINE file of 300 MB. The servers run in a process of their own. Nothing is
asserted; what was asked for is set against the fewest requests that can do.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from werkzeug import Request
from werkzeug import Response as Answer
from werkzeug.serving import make_server

from tests.sources.eutils_server import EutilsServer
from tests.sources.site_server import FAULTS, SiteServer

STORIES, COPIES, FAULTY, RECORDS = 2_000, 500, 100, 5_000
MEDLINE_BYTES = 300_000_000


def made_site() -> SiteServer:
    """Return the site: every 20th story faulty, the first of the others copied by the last."""
    faults = {n: FAULTS[n // 20 % len(FAULTS)] for n in range(20, STORIES + 1, STORIES // FAULTY)}
    sound = [n for n in range(1, STORIES + 1) if n not in faults]
    copies = dict(zip(sound[-COPIES:], sound, strict=False))
    return SiteServer(stories=STORIES, copies=copies, faults=faults)


def serve(port: Any) -> None:
    """Serve both; "/count" tells what was asked for since it was last asked."""
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    site, eutils = made_site(), EutilsServer(count=RECORDS)

    def application(request: Request) -> Answer:
        if request.path == "/count":
            told = {"site": site.asked, "conditional": site.conditional, "eutils": Counter(p for p, _ in eutils.asked)}
            answer = Answer(json.dumps(told), content_type="application/json")
            site.asked, site.conditional, eutils.asked = Counter(), Counter(), []
            return answer
        return eutils(request) if request.path.startswith("/eutils/") else site(request)

    server = make_server("127.0.0.1", 0, Request.application(application), threaded=True)
    port.value = server.server_port
    server.serve_forever()


_RUN = """
import json, resource, sys, time
from extractor.records import Article
from extractor.sources import FetchState, HttpClient, Services, fetch
source, state, eutils = sys.argv[1:]
begin, articles, copies, failed = time.perf_counter(), 0, [], 0
with FetchState(state) as memory, HttpClient(
    allow_private=True, min_delay=0, retries=1, backoff=0.001, state=memory
) as client:
    for item in fetch(
        [source], client=client, state=memory, services=Services(eutils=eutils), on_copy=lambda a, first: copies.append(a.id)
    ):
        articles += isinstance(item, Article)
        failed += not isinstance(item, Article)
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"articles": articles, "copies": len(copies), "failed": failed, "seconds": seconds, "peak": peak}))
"""


def run(source: str, state: Path, eutils: str) -> dict[str, Any]:
    """Fetch a source in a process of its own; return what it counted."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, source, str(state), eutils], capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def show(title: str, told: dict[str, Any]) -> None:
    """Print one run."""
    print(
        f"{title}: {told['articles']} articles, {told['copies']} copies set apart, {told['failed']} failures, "
        f"{(told['articles'] + told['copies']) / told['seconds']:.0f} articles/s, {told['seconds']:.1f} s, peak {told['peak']:.0f} MB"
    )


def counted(base: str) -> dict[str, Counter[str]]:
    """Return what was asked for since the last call."""
    with urllib.request.urlopen(base + "/count") as answer:
        return {name: Counter(counts) for name, counts in json.load(answer).items()}


def bench_site(base: str, folder: Path) -> None:
    """The made site, three times: all, nothing new, and what the requests were."""
    site = made_site()
    source, state = f"site:{base}/", folder / "site.db"
    show("site, first run", run(source, state, base))
    asked = counted(base)["site"]
    lists = sum(n for path, n in asked.items() if not path.startswith("/story/"))
    pages = sum(asked.values()) - lists
    print(f"  {pages} requests for {STORIES} pages (fewest: {STORIES}; the rest: one retry of those that answer 500)")
    print(f"  {lists} requests for {len([p for p in asked if not p.startswith('/story/')])} lists and robots.txt")
    show("site, second run", run(source, state, base))
    told = counted(base)
    unread = {site.address(n) for n, fault in site.faults.items() if fault == "broken"}
    again = sum(n for path, n in told["site"].items() if path in unread)
    other = sum(n for path, n in told["site"].items() if path not in unread)
    conditional = sum(n for path, n in told["conditional"].items() if path not in unread)
    print(f"  {other} requests, {conditional} of them conditional; {again} for the {len(unread)} pages that answer 500")


def bench_pubmed(base: str, folder: Path) -> None:
    """The look-alike of the E-utilities, twice."""
    eutils, state = f"{base}/eutils/", folder / "pubmed.db"
    fewest = {"first": -(-RECORDS // 200) + 1, "second": 1}
    for title in ("PubMed search, first run", "PubMed search, second run"):
        show(title, run("pubmed:made", state, eutils))
        asked = counted(base)["eutils"]
        print(f"  {sum(asked.values())} requests ({dict(asked)}); fewest: {fewest[title.split()[2]]}")


def write_medline(path: Path, size: int) -> int:
    """Write a MEDLINE file of about ``size`` bytes; return the number of its records."""
    words = "patients were given the drug or placebo and followed for a year in a made trial that nobody ran "
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n')
        number = 0
        while file.tell() < size:
            number += 1
            parts = "".join(
                f'<AbstractText Label="{label}" NlmCategory="{label}">Of {number + 40} people, {number % 37} of 40 improved; '
                f"{words * 4}</AbstractText>"
                for label in ("METHODS", "RESULTS", "CONCLUSIONS")
            )
            file.write(
                f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{number}</PMID><Article><Journal>'
                f"<Title>Made Records</Title></Journal><ArticleTitle>Trial number {number}</ArticleTitle><Abstract>{parts}"
                "</Abstract><Language>eng</Language></Article></MedlineCitation></PubmedArticle>\n"
            )
        file.write("</PubmedArticleSet>\n")
    return number


_READ = """
import resource, sys, time
from extractor.sources import fetch
begin = time.perf_counter()
count = sum(1 for _ in fetch([sys.argv[1]]))
print(count, time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def bench_medline(folder: Path) -> None:
    """A MEDLINE file a third of the size, and one of the whole: memory must not grow with it."""
    for size in (MEDLINE_BYTES // 3, MEDLINE_BYTES):
        path = folder / f"medline-{size}.xml"
        records = write_medline(path, size)
        done = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True)
        count, seconds, peak = (float(word) for word in done.stdout.split())
        print(
            f"MEDLINE file of {path.stat().st_size / 1e6:.0f} MB: {count:.0f} of {records} records, "
            f"{count / seconds:.0f} records/s, peak {peak:.0f} MB (limit 200 MB)"
        )
        path.unlink()


def main() -> None:
    """Print the figures."""
    context = multiprocessing.get_context("spawn")
    port = context.Value("i", 0)
    server = context.Process(target=serve, args=(port,), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            while port.value == 0:
                time.sleep(0.05)
            base = f"http://127.0.0.1:{port.value}"
            bench_site(base, folder)
            bench_pubmed(base, folder)
        finally:
            server.terminate()
            server.join()
        bench_medline(folder)


if __name__ == "__main__":
    main()
