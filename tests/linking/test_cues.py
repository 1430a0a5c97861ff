"""Cue files of linking: each row decides its own example and leaves its counter-example alone; malformed files are refused."""

from __future__ import annotations

import re

import pytest

from extractor.errors import LexiconError
from extractor.linking import rules
from extractor.linking.comparisons import direction_of_ratio
from extractor.linking.context_cues import context_cues, cue_in
from extractor.linking.rules import cue_words

ROWS = [(name, cue_id, pattern) for name, rows in context_cues().items() for cue_id, pattern in rows.rows]


@pytest.mark.parametrize(("name", "cue_id", "pattern"), ROWS, ids=[row[1] for row in ROWS])
def test_each_context_cue_is_of_its_list_and_linear(name: str, cue_id: str, pattern: re.Pattern[str]) -> None:
    assert cue_id.startswith(f"{name}.")
    long = "score of " * 400 + "FIG" + " of patients" * 400
    pattern.search(long)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("not_result", "asthma affects FIG of adults", True),
        ("not_result", "relapse affected FIG of those on zelotinib", False),
        ("not_result", "patients whose score was at least FIG", True),
        ("not_result", "a mean score of FIG", False),
        ("efficacy", "the jab reached an efficacy of FIG", True),
        ("efficacy", "the efficacy population (FIG)", False),
        ("change", "weight fell by FIG", True),
        ("change", "the rate was FIG", False),
        ("follow_up", "over a median of FIG", True),
        ("follow_up", "after a median of FIG rather than 13", False),
        ("participation", "FIG participants completed the trial", True),
        ("participation", "FIG participants had relapsed", False),
        ("background", "In an earlier trial, FIG relapsed", True),
        ("background", "FIG relapsed", False),
    ],
)
def test_cues_decide(name: str, text: str, found: bool) -> None:
    assert (cue_in(name, text) is not None) is found


def test_an_unknown_word_list_is_an_error() -> None:
    with pytest.raises(LexiconError, match="no list"):
        _ = "x" in cue_words("no such list")


def test_a_row_that_contradicts_its_example_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Folder:
        def joinpath(self, *_: str) -> Folder:
            return self

        def read_text(self, encoding: str) -> str:
            assert encoding == "utf-8"
            return '{"id": "a.b", "list": "a", "regex": "FIG cats", "example": "FIG dogs", "counter": null}\n'

    monkeypatch.setattr(rules.resources, "files", lambda _: Folder())
    context_cues.cache_clear()
    try:
        with pytest.raises(LexiconError, match="contradicts its examples"):
            context_cues()
    finally:
        monkeypatch.undo()
        context_cues.cache_clear()


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.7, 0.5, 0.9, ("decreased", True)),
        (1.4, 1.1, 1.9, ("increased", True)),
        (0.9, 0.7, 1.2, ("no_difference", False)),
        (0.9, None, None, ("decreased", None)),
        (1.0, None, None, ("no_difference", None)),
        (0, None, None, ("decreased", None)),
    ],
)
def test_direction_of_a_ratio(
    value: float, low: float | None, high: float | None, expected: tuple[str, bool | None]
) -> None:
    assert direction_of_ratio(value, low, high) == expected
