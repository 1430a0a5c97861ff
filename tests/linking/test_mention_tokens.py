"""Mentions of interventions and people as whole phrases."""

import pytest

from extractor.errors import LexiconError
from extractor.extraction import extract_article
from extractor.lexicon import load_lexicon
from extractor.linking import mention_tokens, rules
from extractor.linking.arm_view import make_view
from extractor.linking.mention_tokens import best_run, mention_reader
from extractor.linking.record import link
from extractor.linking.token_weights import TokenWeights, mention_weights
from extractor.reading.reader import read_article
from extractor.records import Record, check_offsets, make_article

TEXT = (
    "Nightly doxepin in pilots with insomnia. Eighty pilots (aged 30 to 50 years) with chronic insomnia were randomly"
    " assigned to doxepin 6 mg nightly or to a dummy capsule. Sleep time rose by 41 minutes (P = 0.02) with doxepin."
)


def record_of(text: str) -> Record:
    return extract_article(make_article(id="t", text=text, kind="abstract"))


def test_the_named_features_add_up_to_both_sums_of_each_token() -> None:
    lexicon = load_lexicon()
    reading = read_article(make_article(id="t", text=TEXT, kind="abstract"), lexicon)
    reader = mention_reader(make_view(reading), link(reading, lexicon).found)
    weights = mention_weights()
    for total, names in zip(reader.scores(), reader.features(), strict=True):
        wanted = weights.bias + sum(weights.of(name) for name in names)
        assert (total.real, total.imag) == pytest.approx((wanted.real, wanted.imag))


def test_a_run_bridges_a_small_gap_and_leaves_out_a_small_island() -> None:
    assert best_run([3.0, -0.5, 3.0, -9.0, 0.5], 1.0) == [True, True, True, False, False]
    assert best_run([-9.0, 0.5, 3.0], 0.0) == [False, True, True]
    assert best_run([], 1.0) == []


def test_without_weights_the_mentions_of_the_rules_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mention_tokens, "mention_weights", lambda: TokenWeights({}, 0j))
    monkeypatch.setattr(mention_tokens, "_LEAST", {"intervention": 1.0, "population": 1.0})
    found = {(m.text, m.label) for m in record_of(TEXT).mentions}
    assert ("doxepin", "drug") in found


def test_mentions_alone_depend_on_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    with_weights = record_of(TEXT)
    monkeypatch.setattr(mention_tokens, "mention_weights", lambda: TokenWeights({"bias": -99 - 99j}, 0j))
    without = record_of(TEXT)
    assert with_weights.trials == without.trials
    assert with_weights.mentions != without.mentions


@pytest.mark.parametrize(
    "text", [TEXT, TEXT.upper(), "((([[[ doxepin - / ' , of", "<b>pilots</b> \x00 \u202edoxepin(", "with " * 400, "."]
)
def test_phrases_are_whole_and_their_offsets_right(text: str) -> None:
    record = record_of(text)
    check_offsets(record)
    for m in record.mentions:
        assert text[m.start : m.end] == m.text
        if m.label in ("drug", "population"):
            assert not m.text.lower().startswith(("the ", "a ", "and ", "of "))
            assert "P = 0.02" not in m.text


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["feature\tweight"], "the header"),
        (["feature\tintervention\tpopulation", "w=a\t1"], "2 weights"),
        (["feature\tintervention\tpopulation", "w=a\t1\t2", "w=a\t1\t2"], "of its own"),
        (["feature\tintervention\tpopulation", "w=a\t1\tmuch"], "not a number"),
    ],
)
def test_malformed_weights_are_refused(lines: list[str], where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "vocabulary_lines", lambda name: lines)
    mention_weights.cache_clear()
    with pytest.raises(LexiconError, match=where):
        mention_weights()
    mention_weights.cache_clear()
