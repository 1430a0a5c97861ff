"""Registry ids: tolerant in, canonical out, impossible forms left out."""

from __future__ import annotations

import pytest

from extractor.linking.patterns import Rule, load_rules
from extractor.linking.registry_ids import find_registry_ids, registry_of

RULES = load_rules("registries.jsonl")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_registry_reads_its_own_cases(rule: Rule) -> None:
    assert rule.examples
    for example in rule.examples:
        assert not isinstance(example, str)
        printed, canonical = example
        text = f"The trial is registered ({printed})."
        found = find_registry_ids(text)
        assert [i.value for i in found] == [canonical]
        assert text[found[0].start : found[0].end] == found[0].text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_impossible_forms_are_left_out(rule: Rule) -> None:
    assert rule.rejects
    for printed in rule.rejects:
        assert rule.field not in {registry_of(i.value) for i in find_registry_ids(f"({printed})")}


def test_span_is_the_id_alone() -> None:
    text = "EudraCT number 2011-001234-15; ClinicalTrials.gov, NCT 0397 8585, 2019."
    assert [i.text for i in find_registry_ids(text)] == ["2011-001234-15", "NCT 0397 8585"]


def test_typographic_dashes_and_blanks() -> None:
    assert [i.value for i in find_registry_ids("EudraCT 2005–003453–42, NCT\u00a003978585")] == [
        "2005-003453-42",
        "NCT03978585",
    ]


def test_order_and_repetition_are_those_of_the_text() -> None:
    text = "ISRCTN71711835 and NCT03978585; later NCT03978585."
    assert [i.value for i in find_registry_ids(text)] == ["ISRCTN71711835", "NCT03978585", "NCT03978585"]


@pytest.mark.parametrize("text", ["", "Call 2005-2006 or 12-34.", "NCT is an abbreviation.", "per 100-15 cases"])
def test_ordinary_text_holds_none(text: str) -> None:
    assert find_registry_ids(text) == ()


def test_registry_of() -> None:
    assert registry_of("NCT03978585") == "ClinicalTrials.gov"
    assert registry_of("2022-500024-30-00") == "EU CT (CTIS)"
    assert registry_of("2011-001234-15") == "EudraCT"
    assert registry_of("XYZ123") is None
