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
from extractor.literals import PatternSet, any_of, required_literals, rest_of

ALONE = r"(?<![\w-].)"
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
        (r"\b(?:trials?|studies|study) of", [{"trial", "studies", "study"}, {" of"}]),
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


@pytest.mark.parametrize(
    ("pattern", "rest"),
    [
        (r"(?P<name>[^#]{1,9}?) ?[(\[](?P<inner>\w+)?$", r" ?[(\[](?P<inner>\w+)?$"),
        (r"(?P<name>a(?:b|[)c]|\)))d", "d"),
        (r"(?P<name>a)(?:b|c)", "(?:b|c)"),
        (r"(?P<name>a)b|c", None),
        (r"(?P<name>a)+b", None),
        (r"(?P<name>a)(?P=name)", None),
        (r"(?P<name>a)", None),
        (r"(?:x)(?P<name>a)b", None),
    ],
)
def test_what_stands_behind_a_leading_name_is_a_pattern_of_its_own(pattern: str, rest: str | None) -> None:
    found = rest_of(re.compile(pattern))
    assert (found and found.pattern) == rest


@given(st.text(alphabet="#a([n=) .", max_size=30))
def test_a_text_without_the_rest_is_not_matched(text: str) -> None:
    for pattern in (re.compile(r"(?P<name>[^#]{1,9}?) ?[(\[]n=$"), re.compile(r"(?P<name>[^#(]+)(?<!a)\(.")):
        rest = rest_of(pattern)
        assert rest is not None
        assert pattern.search(text) is None or rest.search(text) is not None


@given(st.text(alphabet="abN -", max_size=20))
def test_names_by_their_first_letter_are_found_as_in_one_list(text: str) -> None:
    names = ["ab", "a", "a b", "ba", "N", "Nab-b", "b-a"]
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    plain = re.compile(rf"(?<![\w-])(?:{listed})(?!\w)")
    by_letter = re.compile(f"(?:{any_of(names, before=ALONE)})(?!\\w)")
    assert [m.span() for m in by_letter.finditer(text)] == [m.span() for m in plain.finditer(text)]


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
                found = _plain(rows, view)
                assert [row for row, _ in rows.matching(view)] == found
                assert rows.first(view) == (found[0] if found else None)


@given(st.text(alphabet="abCDdſK -.µΜ±", max_size=20))
def test_case_is_ignored_in_lower_cased_texts_alike(text: str) -> None:
    patterns = [r"D\S+", "(?P<Name>[A-C])-(?P=Name)", "k|s|b[^.]d", r"\bμ", r"\W[^\W\d_]c ?±", r"(?<!\w.)c\Bd"]
    for pattern in patterns:
        rows = PatternSet([(pattern, re.compile(pattern, re.IGNORECASE))])
        assert rows.first(text) == (pattern if rows.rows[0][1].search(text) else None)


@given(st.text(alphabet="abcſsßKİ -.", max_size=20))
def test_any_text_gives_what_plain_searching_gives(text: str) -> None:
    patterns = ["abc", "a(?:b|c)s", "ss+", "k.b", r"b\w*c|cc ", "(?:ab){2}"]
    for flags in (0, re.IGNORECASE):
        rows = PatternSet([(p, re.compile(p, flags)) for p in patterns])
        assert [row for row, _ in rows.matching(text)] == [p for p, q in rows.rows if q.search(text)]
        assert rows.first(text) == next((p for p, q in rows.rows if q.search(text)), None)
