"""The substring tests before a search: they may never rule out a rule that matches."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.linking.context_cues import context_cues
from extractor.linking.patterns import pattern_set
from extractor.literals import PatternSet, required_literals

LINKING = Path(__file__).parent.parent / "extractor" / "linking"
SENTENCES = [
    "Of 240 women who were randomly assigned, 118 received letrozole and 122 placebo.",
    "The hazard ratio was 0.70 (95% CI, 0.55 to 0.90; P = .004) in favour of the new drug.",
    "Patients aged 18 years or older with stage II disease were enrolled between 2001 and 2004 in Norway.",
]


@pytest.mark.parametrize(
    ("pattern", "required"),
    [
        (r"\bdid not differ\b", [{"did not differ"}]),
        (r"(?:increas|decreas)\w+ in", [{"increas", "decreas"}, {" in"}]),
        (r"(?:no |not )?differen(?:t|ce)", [{"differen"}]),
        (r"\d+", []),
        (r"(?:abc|\d)x", []),
        (r"(?<!no )significant", [{"significant"}]),
        (r"(?:many ){2,}people", [{"people"}, {"many "}]),
    ],
)
def test_required_literals_are_read_from_the_pattern(pattern: str, required: list[set[str]]) -> None:
    assert [set(s) for s in required_literals(re.compile(pattern))] == required


def test_literals_of_a_pattern_that_ignores_case_are_folded() -> None:
    assert required_literals(re.compile("Straße", re.IGNORECASE)) == (frozenset({"strasse"}),)


def test_one_set_holds_patterns_of_one_kind() -> None:
    with pytest.raises(ValueError, match="ignore case"):
        PatternSet([(1, re.compile("a")), (2, re.compile("b", re.IGNORECASE))])


def _sets() -> list[PatternSet[object]]:
    sets: list[PatternSet[object]] = [*context_cues().values()]  # type: ignore[list-item]
    for path in sorted((LINKING / "data").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if rows and "field" in rows[0]:
            sets.append(pattern_set(path.name))  # type: ignore[arg-type]
    return sets


SETS = _sets()


def _plain(rows: PatternSet[object], text: str) -> list[object]:
    return [row for row, pattern in rows.rows if pattern.search(text)]


def test_every_rule_that_matches_an_example_of_any_rule_is_found() -> None:
    texts = list(SENTENCES)
    for rows in SETS:
        for row, _ in rows.rows:
            for example in getattr(row, "examples", ()):
                texts.append(example if isinstance(example, str) else example[0])
    assert len(texts) > 200
    for rows in SETS:
        for text in texts:
            for view in (text, text.lower()):
                assert [row for row, _ in rows.matching(view)] == _plain(rows, view)


@given(st.text(alphabet="abcſsßKİ -.", max_size=20))
def test_any_text_gives_what_plain_searching_gives(text: str) -> None:
    patterns = ["abc", "a(?:b|c)s", "ss+", "k.b", r"b\w*c|cc ", "(?:ab){2}"]
    for flags in (0, re.IGNORECASE):
        rows = PatternSet([(p, re.compile(p, flags)) for p in patterns])
        assert [row for row, _ in rows.matching(text)] == [p for p, q in rows.rows if q.search(text)]
        assert [row for row, _ in rows.within(text + "-").matching(text)] == [row for row, _ in rows.matching(text)]
        assert rows.first(text) == next((p for p, q in rows.rows if q.search(text)), None)
