"""The demo corpora and the gold records: they fit each other, the parsers and, to the pinned floors, the extraction."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

import extractor
from extractor.records import (
    TWO_ARM_MEASURES,
    Article,
    Record,
    Result,
    TimePoint,
    check_offsets,
    decode_record,
    encode_record,
)
from extractor.sources import read_sources
from tests import gate as gold

CORPORA = gold.CORPORA
SRC = CORPORA / "gold" / "src"
IDS = [record.document.id for record, _ in gold.load_gold()]


@cache
def compiler() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compile_gold", CORPORA / "compile_gold.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def stored() -> dict[str, tuple[Record, gold.NotResults]]:
    return {record.document.id: (record, aside) for record, aside in gold.load_gold()}


@cache
def demo() -> dict[str, Article]:
    found = list(read_sources([str(CORPORA / "demo")]))
    assert all(isinstance(item, Article) for item in found), found
    return {item.id: item for item in found if isinstance(item, Article)}


# ---- the gold itself
def test_stored_gold_is_what_the_annotations_compile_to() -> None:
    assert compiler().main(["--check"]) == 0


@pytest.mark.parametrize("name", IDS)
def test_gold_follows_the_contract(name: str) -> None:
    record, aside = stored()[name]
    assert decode_record(encode_record(record)) == record
    check_offsets(record)
    numbers = [r.id for t in record.trials for r in t.results]
    assert len(numbers) == len(set(numbers)) > 0
    for trial in record.trials:
        arms, outcomes = {a.id for a in trial.arms}, {o.id for o in trial.outcomes}
        for r in trial.results:
            assert {r.arm, r.comparator} <= arms | {None}
            assert r.outcome in outcomes
            assert r.comparator is None or r.measure in TWO_ARM_MEASURES
            assert r.context == trial.role
            assert r.span is not None
            assert r.sentence is not None
            assert r.sentence[0] <= r.span[0] < r.span[1] <= r.sentence[1]
            assert not any(s < r.span[1] and r.span[0] < e for s, e, _ in aside)


def _broken(tmp_path: Path, name: str, old: str, new: str) -> str:
    for suffix in (".txt", ".gold"):
        shutil.copy(SRC / f"{name}{suffix}", tmp_path)
    path = tmp_path / f"{name}.gold"
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")
    with pytest.raises(compiler().GoldError) as caught:
        compiler().compile_document(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('x follow-up "10.5 months"\n', "", "neither part of a result"),
        ('"47.6%"', '"47.7%"', "does not stand"),
        ("n=33 N=60", "n=18 N=60", "%"),
        ('r median "8.8 months" o=o2 a=a1', 'r median "8.8 months" o=o2 a=a9', "a9"),
        ('r hazard_ratio "0.49"', 'r hazard "0.49"', "hazard"),
        ('ci="95% CI 0.43–0.64"', 'ci="0.38 to 0.64"', "does not stand"),
        ("enrolled 616", "enroled 616", "unknown command"),
    ],
)
def test_a_slip_in_an_annotation_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    message = _broken(tmp_path, "keynote-189", old, new)
    assert message.startswith("keynote-189.gold:")
    assert complaint in message


# ---- the demo corpora
def test_demo_holds_what_it_promises() -> None:
    kinds = [article.kind for article in demo().values()]
    assert kinds.count("news") >= 9
    assert kinds.count("abstract") >= 8
    trials: dict[str, set[str]] = {}
    for record, _ in stored().values():
        for trial in record.trials:
            for registry_id in trial.registry_ids:
                trials.setdefault(registry_id.value, set()).add(record.document.kind)
    assert sum(kinds == {"news", "abstract"} for kinds in trials.values()) >= 3


def test_every_demo_document_has_gold_and_the_reverse() -> None:
    assert set(demo()) == set(IDS)


@pytest.mark.parametrize("name", IDS)
def test_the_sources_read_the_text_that_was_annotated(name: str) -> None:
    article, wanted = demo()[name], stored()[name][0].document
    assert article.text == wanted.text
    assert (article.title, article.kind, article.sha256) == (wanted.title, wanted.kind, wanted.sha256)


# ---- the comparison
def test_gold_against_itself_is_perfect() -> None:
    total = gold.Scores()
    for record, aside in stored().values():
        total.add(gold.compare(record, record, aside))
    assert total.facts == total.found == total.read == total.whole > 200
    assert (total.false_alarms, total.restated, total.not_results_taken, total.findings) == (0, 0, 0, [])
    assert set(total.figures().values()) == {1.0}


def _changed(name: str, index: int, **changes: object) -> gold.Scores:
    record, aside = stored()[name]
    first, *rest = record.trials
    results: list[Result] = list(first.results)
    results[index] = msgspec.structs.replace(results[index], **changes)
    trial = msgspec.structs.replace(first, results=tuple(results))
    return gold.compare(msgspec.structs.replace(record, trials=(trial, *rest)), record, aside)


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"value": 70.2}, "found read whole"),
        ({"span": (0, 5)}, "found read whole"),
        ({"measure": "rate"}, "read whole"),
        ({"ci": None}, "read whole"),
        ({"arm": "a2"}, "whole"),
        ({"outcome": "o2"}, "whole"),
        ({"timepoint": TimePoint(value=2, unit="year")}, "whole"),
        ({"context": "background"}, "whole"),
        ({"timepoint": TimePoint(value=1, unit="year")}, ""),
        ({"total": None, "significant": True}, ""),
    ],
)
def test_each_level_counts_what_it_says(changes: dict[str, object], lost: str) -> None:
    # the first result of this abstract is "69.2% (95% CI, 64.1 to 73.8)" at 12 months
    scores = _changed("pmid:99900001", 0, **changes)
    missing = {level for level in ("found", "read", "whole") if getattr(scores, level) < scores.facts}
    assert missing == set(lost.split())
    assert scores.false_alarms == ("found" in missing)


def test_a_figure_that_is_no_result_counts_as_a_false_alarm() -> None:
    record, aside = stored()["pmid:99900001"]
    start, end, _ = next(x for x in aside if x[2] == "threshold")
    extra = Result(id="x", measure="percentage", value=50, span=(start, end))
    trial = msgspec.structs.replace(record.trials[0], results=(*record.trials[0].results, extra))
    scores = gold.compare(msgspec.structs.replace(record, trials=(trial,)), record, aside)
    assert (scores.false_alarms, scores.not_results_taken, scores.whole) == (1, 1, scores.facts)
    assert "[[50%]]" in scores.findings[0].text


def test_other_texts_are_not_compared() -> None:
    one, other = stored()[IDS[0]][0], stored()[IDS[1]][0]
    with pytest.raises(ValueError, match="texts differ"):
        gold.compare(one, other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("overall survival", "OS", True),
        ("death from any cause", "any-cause death", True),
        ("adverse events of grade 3 or higher", "grade 3 or higher adverse events", True),
        ("placebo group", "placebo", True),
        ("intensive treatment", "standard treatment", False),
        ("overall survival", "progression-free survival", False),
        ("adverse events of grade 3 or higher", "serious adverse events", False),
        ("overall survival", "nausea", False),
        ("placebo", "", False),
    ],
)
def test_texts_match_on_content_words(one: str, other: str, same: bool) -> None:
    assert gold.text_match(one, other) is same
    assert gold.text_match(other, one) is same


# ---- the extraction
def test_extraction_reaches_the_pinned_floors() -> None:
    if not hasattr(extractor, "extract"):
        pytest.skip("extractor.extract does not exist yet")
    assert gold.BASELINE.exists(), "no floors are pinned yet: python -m tests.gold --pin"
    baseline = json.loads(gold.BASELINE.read_text(encoding="utf-8"))
    assert baseline["corpus_sha256"] == gold.corpus_hash(), "the gold changed: python -m tests.gold --pin"
    assert baseline["floors"], "no floors are pinned"
    total = gold.Scores()
    for scores in gold.compare_all().values():
        total.add(scores)
    figures = total.figures()
    below = {
        name: (round(figures.get(name, 0.0), 4), floor)
        for name, floor in baseline["floors"].items()
        if figures.get(name, 0.0) < floor
    }
    assert not below, "below the floor (reached, floor); see python -m tests.gold"
