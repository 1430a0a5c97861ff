"""Token patterns: the spans of spaCy's Matcher; what is no pattern is refused."""

from __future__ import annotations

import importlib.resources
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.matcher import Matcher
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from extractor.errors import LexiconError
from extractor.reading.labels import load_labels
from extractor.reading.nodes import Node, first_nodes
from extractor.reading.scan import plain_text, scan_words
from extractor.reading.token_patterns import Grammar, PatternRow, load_pattern_rows

_TEXTS = [
    "The hazard ratio for death was 0.62 (95% CI, 0.51-0.75; P<0.001) at 2 years.",
    "Healing was seen in 16 of 30 burns (53.3%), 12/40 scars and 7 out of 9 blisters.",
    "Median stay was 12.3 days (IQR 8.1-15.0), range 2 to 30 days, in 45 patients aged 18 to 65 years.",
    "Aspirin 100 mg daily for 12 weeks, every 2 weeks, in January 2010 and on 26 December.",
    "Grade 3 or higher rash and stage II disease; mean (SD) score 12.3 ± 4.5 vs 14.1 ± 5.0 kg.",
    "Falls were reduced by 20% compared with care (relative risk, 0.8), a 12% lower risk of fracture.",
    "There were 2 to 3 times higher titres, a 3-fold rise, $20 to $30, 12-15%, 5 percentage points.",
    "They were randomized 2:1; one in five, two-thirds and a quarter of the cohort agreed (P for trend = .03).",
]
_GREEDY = [row for row in load_pattern_rows("figures.jsonl") if row.layer <= 2 and not row.lazy and not row.focus]
_LAZY = [row for row in load_pattern_rows("figures.jsonl") if row.layer <= 2 and row.lazy]


def _row(pattern: list[dict[str, Any]], **more: Any) -> PatternRow:
    return PatternRow(id=more.pop("id", "t"), layer=1, kind="x", pattern=pattern, **more)


def _nodes(text: str) -> list[Node]:
    return first_nodes(text, scan_words(text), load_labels())


@cache
def _vocab() -> Vocab:
    return spacy.blank("en").vocab


def _by_matcher(row: PatternRow, nodes: list[Node]) -> list[tuple[int, int]]:
    """Return the spans of spaCy's Matcher, longest first at each place, from left to right, not overlapping."""
    if not Token.has_extension("forms"):
        Token.set_extension("forms", default=[])
    vocab = _vocab()
    matcher = Matcher(vocab, validate=True)
    matcher.add(row.id, [row.pattern], greedy=None)
    doc = Doc(vocab, words=[node.lower for node in nodes])
    for token, node in zip(doc, nodes, strict=True):
        token._.forms = [f"<{node.kind}>", node.lower]
    spans = sorted({(start, end) for _, start, end in matcher(doc)}, key=lambda span: (span[0], -span[1]))
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _by_grammar(row: PatternRow, nodes: list[Node]) -> list[tuple[int, int]]:
    grammar = Grammar([row])
    codes = grammar.codes(nodes)
    assert codes == "".join(grammar.code(node.lower, node.kind) for node in nodes)
    found: list[tuple[int, int]] = []
    position = 0
    while (match := grammar.find(row.layer, codes, nodes, position)) is not None:
        found.append((match.first, match.last))
        position = match.last
    return found


@pytest.mark.parametrize("row", _GREEDY, ids=[row.id for row in _GREEDY])
def test_spans_are_those_of_the_matcher(row: PatternRow) -> None:
    plain = PatternRow(id=row.id, layer=row.layer, kind=row.kind, pattern=row.pattern)
    for text in _TEXTS:
        nodes = [node for node in _nodes(text) if " " not in node.lower]
        assert _by_grammar(plain, nodes) == _by_matcher(plain, nodes), text


def test_the_sample_of_patterns_and_texts_has_matches() -> None:
    matched = {row.id for row in _GREEDY for text in _TEXTS if _by_grammar(row, _nodes(text))}
    assert len(_GREEDY) >= 60
    assert len(matched) >= 20


def test_lazy_patterns_take_the_shortest_span() -> None:
    row = _row([{"LOWER": "a"}, {"_": {"forms": {"INTERSECTS": ["<word>", "b"]}}, "OP": "{0,5}"}, {"LOWER": "b"}])
    nodes = _nodes("a foo b bar b")
    assert _by_grammar(row, nodes) == [(0, 5)]
    lazy = PatternRow(id="t", layer=1, kind="x", pattern=row.pattern, lazy=True)
    assert _by_grammar(lazy, nodes) == [(0, 3)]


@pytest.mark.parametrize("op", ["?", "*", "+", "{2}", "{1,2}", "{,2}", "{2,}"])
@pytest.mark.parametrize("text", ["b", "a b", "a a b", "a a a b", "a a a a b a b"])
def test_every_op_means_what_it_means_to_spacy(op: str, text: str) -> None:
    row = _row([{"LOWER": "a", "OP": op}, {"LOWER": "b"}])
    assert _by_grammar(row, _nodes(text)) == _by_matcher(row, _nodes(text))


def test_roles_give_the_tokens_that_play_them() -> None:
    row = _row(
        [{"LOWER": "foo"}, {"LOWER": "bar", "OP": "?"}, {"_": {"forms": {"INTERSECTS": ["<num>"]}}}],
        roles=["", "why", "value"],
    )
    nodes = _nodes("foo 5 foo bar 6")
    grammar = Grammar([row])
    codes = grammar.codes(nodes)
    first = grammar.find(1, codes, nodes)
    assert first is not None and first.roles == {"value": (1, 2)}
    second = grammar.find(1, codes, nodes, first.end)
    assert second is not None and second.roles == {"why": (3, 4), "value": (4, 5)}


def test_kept_and_focused_tokens_stay_outside() -> None:
    pattern: list[dict[str, Any]] = [{"LOWER": "foo"}, {"_": {"forms": {"INTERSECTS": ["<num>"]}}}, {"LOWER": "bar"}]
    nodes = _nodes("foo 5 bar")
    kept = Grammar([_row(pattern, keep_left=1, keep_right=1)])
    focused = Grammar([_row(pattern, roles=["", "value", ""], focus=True)])
    for grammar in (kept, focused):
        match = grammar.find(1, grammar.codes(nodes), nodes)
        assert match is not None
        assert (match.start, match.end, match.first, match.last) == (1, 2, 0, 3)


def test_adjacent_patterns_suffer_no_blank() -> None:
    grammar = Grammar([_row([{"LOWER": "foo"}, {"LOWER": "-"}, {"LOWER": "bar"}], adjacent=True)])
    apart, close = _nodes("foo - bar"), _nodes("foo - bar foo-bar")
    assert grammar.find(1, grammar.codes(apart), apart) is None
    match = grammar.find(1, grammar.codes(close), close)
    assert match is not None and match.first == 3


def test_the_first_pattern_of_a_layer_has_priority() -> None:
    rows = [_row([{"LOWER": "foo"}], id="short"), _row([{"LOWER": "foo"}, {"LOWER": "bar"}], id="long")]
    nodes = _nodes("foo bar")
    for ordered, winner in ((rows, "short"), (rows[::-1], "long")):
        grammar = Grammar(ordered)
        match = grammar.find(1, grammar.codes(nodes), nodes)
        assert match is not None and match.row.id == winner


@pytest.mark.parametrize(
    "token",
    [{"TEXT": "x"}, {"REGEX": "x"}, {"LOWER": {"REGEX": "x"}}, {"LOWER": 3}, {"LOWER": {"IN": [3]}}, {"LOWER": "x", "OP": "!"}, {"LOWER": "x", "OP": 2},
     {"_": {"kind": "x"}}, {"_": {"forms": {"IN": ["x"]}}}, {"_": {"forms": {"INTERSECTS": []}}}, {"_": {"forms": {"INTERSECTS": [1]}}},
     {"_": {"forms": {"INTERSECTS": ["x"]}, "more": 1}}, {"_": None}, {}, {"OP": "?"}],
)  # fmt: skip
def test_what_is_no_token_description_is_refused(token: dict[str, Any]) -> None:
    with pytest.raises(LexiconError):
        Grammar([_row([token])])


def test_an_id_stands_once() -> None:
    with pytest.raises(LexiconError, match="twice"):
        Grammar([_row([{"LOWER": "x"}]), _row([{"LOWER": "y"}])])


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"id": "a"}',
        '{"id": "a", "layer": 1, "kind": "x", "pattern": [], "colour": "red"}',
        '{"id": "a", "layer": "one", "kind": "x", "pattern": []}',
    ],
)
def test_a_bad_line_is_named(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "bad.jsonl").write_text("\n" + line + "\n", encoding="utf-8")
    monkeypatch.setattr(importlib.resources, "files", lambda package: tmp_path)
    with pytest.raises(LexiconError, match=r"bad\.jsonl:2"):
        load_pattern_rows("bad.jsonl")


def test_plain_text_of_the_samples_keeps_their_length() -> None:
    assert all(len(plain_text(text)) == len(text) for text in _TEXTS)
