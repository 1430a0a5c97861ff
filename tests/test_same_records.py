"""What is skipped to save time changes no record: the corpora read as always, and with every rule tried everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.extraction import extract_article
from extractor.linking import arm_size_entries, arm_size_lists, characteristics, comparisons, context_cues
from extractor.literals import PatternSet
from extractor.reading import markup, scan
from extractor.records import encode_record
from tests.bench import bench_articles

Span = tuple[int, int]


def _every_rule(rules: PatternSet[Any], text: str) -> list[tuple[Any, re.Pattern[str]]]:
    return list(rules.rows)


def _first_of_every_rule(rules: PatternSet[Any], text: str) -> Any:
    return next((row for row, pattern in rules.rows if pattern.search(text)), None)


def _every_rule_everywhere(
    rules: PatternSet[Any], text: str, spans: Iterable[Span]
) -> Iterator[tuple[Span, Any, re.Pattern[str]]]:
    return ((span, row, pattern) for span in spans for row, pattern in rules.rows)


class _Everything:
    """A set of words that holds all words."""

    def isdisjoint(self, words: object) -> bool:
        return False


def _records() -> list[bytes]:
    comparisons._wordings.cache_clear()
    context_cues._cue_in.cache_clear()
    return [encode_record(extract_article(article)) for article in bench_articles()]


def test_records_are_the_same_without_any_shortcut(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = _records()
    entries = tuple(row._replace(cue=None) for row in arm_size_entries._compiled())
    places, kinds, _ = characteristics._places()
    groups, cues, _ = characteristics._ethnicities()
    monkeypatch.setattr(PatternSet, "possible", _every_rule)
    monkeypatch.setattr(PatternSet, "first", _first_of_every_rule)
    monkeypatch.setattr(PatternSet, "possible_in", _every_rule_everywhere)
    monkeypatch.setattr(arm_size_entries, "_compiled", lambda: entries)
    monkeypatch.setattr(arm_size_lists, "_behind_names", dict)
    monkeypatch.setattr(characteristics, "_places", lambda: (places, kinds, _Everything()))
    monkeypatch.setattr(characteristics, "_ethnicities", lambda: (groups, cues, _Everything()))
    monkeypatch.setattr(markup, "_IN_SIGNS", ("",))
    slow = _records()
    assert len(quick) > 40
    assert slow == quick


@given(st.text(alphabet="aZ\t\r\n\u2009\u2212\u0130\u00b7- ", max_size=30))
def test_the_plain_copy_of_a_text_is_that_of_its_characters(text: str) -> None:
    copies = [scan.plain_text(text), "".join(map(scan.plain_text, text)), scan.plain_text(text * 100)[: len(text)]]
    assert copies == [scan._lower(text.translate(scan._TABLE))] * 3
