"""The corpora and their gold records: they fit each other and the parsers, and hold what they promise."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from extractor.records import TWO_ARM_MEASURES, Article, check_offsets, decode_record, encode_record
from extractor.sources import read_sources
from tests import gate

CORPORA = gate.CORPORA
SRC = CORPORA / "gold" / "src"
IDS = [gold.record.document.id for gold in gate.load_gold()]
DEMO_IDS = [gold.record.document.id for gold in gate.load_gold() if gold.part == "demo"]


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
def stored() -> dict[str, gate.Gold]:
    return {gold.record.document.id: gold for gold in gate.load_gold()}


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
    record, aside, phenomena = stored()[name]
    assert decode_record(encode_record(record)) == record
    check_offsets(record)
    numbers = [r.id for t in record.trials for r in t.results]
    assert len(numbers) == len(set(numbers)) > 0
    assert set(phenomena) <= set(numbers)
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
    for gold in stored().values():
        for trial in gold.record.trials:
            for registry_id in trial.registry_ids:
                trials.setdefault(registry_id.value, set()).add(gold.record.document.kind)
    assert sum(kinds == {"news", "abstract"} for kinds in trials.values()) >= 3


def test_every_demo_document_has_gold_and_the_reverse() -> None:
    assert set(demo()) == set(DEMO_IDS)


@pytest.mark.parametrize("name", DEMO_IDS)
def test_the_sources_read_the_text_that_was_annotated(name: str) -> None:
    article, wanted = demo()[name], stored()[name].record.document
    assert article.text == wanted.text
    assert (article.title, article.kind, article.sha256) == (wanted.title, wanted.kind, wanted.sha256)


# ---- the cases
def test_the_corpora_are_large_enough() -> None:
    kinds = [gold.record.document.kind for gold in stored().values()]
    assert len(kinds) >= 42
    assert kinds.count("abstract") >= 20
    assert kinds.count("news") + kinds.count("press_release") >= 14
    assert kinds.count("full_text") >= 1


def test_every_phenomenon_has_its_cases() -> None:
    held: dict[str, int] = dict.fromkeys(compiler().PHENOMENA, 0)
    for gold in stored().values():
        for names in gold.phenomena.values():
            for name in names:
                held[name] += 1
    assert [name for name, count in held.items() if count == 0] == []


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("None", 0), ("Forty-six", 46), ("One hundred and eight", 108), ("Five hundred and two", 502),
        ("three thousand two hundred", 3200), ("two years", 2), ("1,250", 1250), ("0·5", 0.5), ("−3.6", -3.6), (".04", 0.04),
    ],
)  # fmt: skip
def test_numbers_of_annotations_in_words_and_digits(words: str, value: float) -> None:
    assert compiler()._value(words) == value


def test_an_unknown_phenomenon_is_refused(tmp_path: Path) -> None:
    assert "brakets" in _broken(tmp_path, "glimmer", "ph=brackets,", "ph=brakets,")
