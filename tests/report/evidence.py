"""The evidence that the tests of the site show: the records of the demo corpus, and a hostile document."""

from __future__ import annotations

from functools import cache

from extractor.batch import run_batch
from extractor.query import EvidenceGraph
from extractor.records import Article, Record, make_article
from extractor.sources import read_sources
from tests.varied_corpus import DEMO

HOSTILE_TITLE = "</title><script>document.body.dataset.hit = 1</script>"
HOSTILE = (
    f"{HOSTILE_TITLE} Ivotinib or placebo in <img src=x onerror=\"document.body.dataset.hit = 2\"> gout\n\n"
    "\u202eOf the 40 patients given ivotinib, 20 had a response\u202c, and of 40 given placebo 8 had, in NCT99990001. "
    "'\"><svg onload='document.body.dataset.hit = 3'> \x07\x1b[31m {{ 7 * 7 }} {% raw %} javascript:alert(1) \ufdd0\n"
    + "x" * 1_000_000
)


@cache
def demo_records() -> tuple[Record, ...]:
    articles = [item for item in read_sources([str(DEMO)]) if isinstance(item, Article)]
    return tuple(item for item in run_batch(articles) if isinstance(item, Record))


@cache
def hostile_record() -> Record:
    article = make_article(id="<b>hostile</b>", text=HOSTILE, kind="news", title=HOSTILE_TITLE, url="javascript:alert(1)")
    (record,) = run_batch([article])
    assert isinstance(record, Record)
    return record


def demo_evidence() -> EvidenceGraph:
    return EvidenceGraph.from_records([*demo_records(), hostile_record()])
