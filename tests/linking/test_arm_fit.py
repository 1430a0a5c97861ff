"""The labels of arms: the table of weights, its fitting, and extraction without any fitting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractor.extraction import extract_article
from extractor.lexicon import load_lexicon
from extractor.linking.arm_labels import best_label, label_weights
from extractor.linking.arm_view import make_view
from extractor.linking.arms import label_choices
from extractor.linking.fit_arm_labels import Choice, choices_of, fit, main, share_right
from extractor.reading.reader import read_article
from extractor.reading.types import Reading
from extractor.records import Arm, make_article

TEXT = (
    "Effect of peppermint lozenges on hiccups after tooth extraction. Sixty sailors were randomly assigned to peppermint lozenges"
    " (n = 30) or placebo (n = 30). Hiccups ended within an hour in 20 sailors on peppermint and in 11 on placebo."
)


def reading_of(text: str) -> Reading:
    return read_article(make_article(id="d", text=text, kind="abstract"), load_lexicon())


def arms_of(text: str) -> list[Arm]:
    return list(extract_article(make_article(id="d", text=text, kind="abstract")).trials[0].arms)


def test_a_label_is_chosen_without_fitting() -> None:
    labels = {arm.role: arm.label for arm in arms_of(TEXT)}
    tested, control = labels["experimental"], labels["comparator"]
    assert tested is not None and control is not None
    assert (tested.text, tested.start) == ("peppermint lozenges", TEXT.index("peppermint"))
    assert control.start == TEXT.index("placebo (n")


def test_each_weight_belongs_to_a_feature_that_some_place_may_have() -> None:
    weights = label_weights()
    plain = {name for name in weights if not name.startswith("experimental:")}
    assert plain and len(plain) < len(weights)
    assert weights["experimental:title"] > 0 > weights["experimental:after"]
    assert weights["allocated"] > 0 > weights["late"]


def test_the_place_with_the_greatest_sum_is_the_label() -> None:
    view = make_view(reading_of("Figs against gout in cooks."))
    late, received = {"late": 1.0}, {"received": 1.0}
    label = best_label(view, [(0, 1, late), (2, 3, received)])
    assert label is not None and label.text == "gout"
    assert best_label(view, []) is None


def test_fitting_learns_what_tells_the_right_place() -> None:
    choices: list[Choice] = [([{"noise": 1.0}, {"sign": 1.0}, {}], [False, True, False])] * 6
    weights = fit(choices)
    assert weights["sign"] > 0 > weights["noise"]
    assert share_right(choices, weights) == 1.0
    assert share_right([], weights) == 0.0


def test_nothing_is_learnt_where_no_place_is_right() -> None:
    with pytest.raises(ValueError, match="nothing to fit on"):
        fit([([{"sign": 1.0}, {}], [False, False])])


def labelled(text: str) -> dict[str, object]:
    spans = [("intervention", "peppermint lozenges", text.index("peppermint")), ("control", "placebo", text.index("placebo (n"))]
    return {"text": text, "entities": [{"label": n, "start": at, "end": at + len(t)} for n, t, at in spans]}


def test_a_place_is_right_where_a_label_of_the_role_overlaps_it() -> None:
    choices = choices_of(labelled(TEXT))
    assert len(choices) == len(label_choices(reading_of(TEXT), load_lexicon()))
    assert all(any(right) and not all(right) for _, right in choices)


def test_the_script_writes_a_table_that_the_loader_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, table = tmp_path / "corpus.jsonl", tmp_path / "weights.tsv"
    corpus.write_text("\n".join([json.dumps(labelled(TEXT))] * 5), encoding="utf-8")
    main([str(corpus), "-o", str(table)])
    assert "cross-validated 1.000" in capsys.readouterr().out
    lines = table.read_text(encoding="utf-8").splitlines()
    monkeypatch.setattr("extractor.linking.rules.vocabulary_lines", lambda name: lines)
    label_weights.cache_clear()
    assert label_weights()
    label_weights.cache_clear()
