"""The roles of arms: what decides them, the table of weights, and its fitting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractor.extraction import extract_article
from extractor.lexicon import load_lexicon
from extractor.linking.arm_roles import compared, role_weights
from extractor.linking.arms import role_choices
from extractor.linking.fit_arm_roles import Group, fit, groups_of, main, share_right
from extractor.reading.reader import read_article
from extractor.records import make_article

TEXT = (
    "Peppermint lozenges against hiccups after tooth extraction. Sixty sailors were randomly assigned to peppermint lozenges"
    " (n = 30) or placebo (n = 30). Hiccups ended within an hour in 66% of sailors on peppermint lozenges and in 37% on placebo."
)


def roles_of(text: str) -> dict[str, str]:
    trial = extract_article(make_article(id="d", text=text, kind="abstract")).trials[0]
    return {arm.label.text.lower(): arm.role for arm in trial.arms if arm.label is not None}


TAIL = " The main outcome was grip strength after a year. Analysis was by intention to treat."


@pytest.mark.parametrize(
    ("text", "studied", "against"),
    [
        (
            "Losartan versus valsartan in gouty farmers. Ninety farmers were randomised to losartan (n = 45) or valsartan (n = 45).",
            "losartan",
            "valsartan",
        ),
        (
            "Allopurinol versus febuxostat in gouty farmers. Ninety farmers were randomised to standard allopurinol (n = 45) or the"
            " new drug febuxostat (n = 45). Febuxostat was better than allopurinol. Febuxostat should be preferred to allopurinol.",
            "febuxostat",
            "allopurinol",
        ),
        (
            "Colchicine in gouty farmers. Ninety farmers were randomised to naproxen (n = 45) or naproxen plus colchicine (n = 45).",
            "colchicine",
            "naproxen",
        ),
    ],
)
def test_which_of_two_treatments_is_studied(text: str, studied: str, against: str) -> None:
    roles = roles_of(text + TAIL)
    assert roles[against] == "comparator"
    assert [role for name, role in roles.items() if name.endswith(studied)] == ["experimental"]
    assert len(roles) == 2


def test_one_arm_at_least_is_compared_and_one_studied() -> None:
    weights = {"sign": 1.0}
    assert compared([{"sign": -3.0}, {"sign": -2.0}], weights) == [False, True]
    assert compared([{"sign": 3.0}, {"sign": 2.0}], weights) == [True, False]
    assert compared([{"sign": 3.0}, {"sign": 2.0}, {"sign": 1.0}], weights) == [True, True, False]
    assert compared([{"sign": 3.0}, {"sign": -2.0}, {"sign": -1.0}], weights) == [True, False, False]


def test_features_tell_how_an_arm_differs_from_the_others() -> None:
    reading = read_article(make_article(id="d", text=TEXT, kind="abstract"), load_lexicon())
    choices = {TEXT[slice(*c.places[0])].lower(): c for c in role_choices(reading, load_lexicon())}
    tested, control = choices["peppermint lozenges"].features, choices["placebo"].features
    assert control["sure-control"] == 1.0 == -tested["sure-control"]
    assert tested["named-first"] == 1.0 == tested["title-first"]
    assert set(tested) == set(control)
    alone = read_article(make_article(id="d", text="Peppermint for hiccups. All sailors got it.", kind="abstract"), load_lexicon())
    assert role_choices(alone, load_lexicon()) == []


def test_each_weight_has_the_sign_that_its_name_suggests() -> None:
    weights = role_weights()
    for name in ("sure-control", "control", "standard", "title-against", "part"):
        assert weights[name] > 0
    for name in ("named-first", "concluded-opens", "force"):
        assert weights[name] < 0


def test_fitting_learns_what_makes_a_comparator() -> None:
    documents = [[Group({"sign": 1.0, "noise": 1.0}, 0.0, 4.0), Group({"sign": -1.0, "noise": 1.0}, 4.0, 0.0)]] * 20
    weights = fit(documents)
    assert weights["sign"] > 0.5 and abs(weights.get("noise", 0.0)) < 0.1
    assert share_right(documents, weights) == (160.0, 160.0)
    assert share_right(documents, {"sign": -1.0}) == (0.0, 160.0)


def test_nothing_is_learnt_where_no_arm_has_a_vote() -> None:
    with pytest.raises(ValueError, match="nothing to fit on"):
        fit([[Group({"sign": 1.0}, 0.0, 0.0)], []])


def labelled() -> dict[str, object]:
    spans = [
        ("intervention", "Peppermint lozenges", 0),
        ("control", "placebo", TEXT.index("placebo (n")),
        ("iv-bin-percent", "66%", TEXT.index("66%")),
        ("cv-bin-percent", "37%", TEXT.index("37%")),
        ("control-participants", "30", TEXT.rindex("30)")),
    ]
    return {"text": TEXT, "entities": [{"label": n, "start": at, "end": at + len(t)} for n, t, at in spans]}


def test_labels_on_names_sizes_and_figures_vote() -> None:
    assert sorted((g.studied, g.compared) for g in groups_of(labelled())) == [(0.0, 4.0), (2.5, 0.0)]


def test_words_for_the_two_sides_vote() -> None:
    finding = {"intervention": "lozenges with peppermint", "comparator": "placebo"}
    groups = groups_of({"text": TEXT, "findings": [finding, finding]})
    assert sorted((g.studied, g.compared) for g in groups) == [(0.0, 1.5), (1.5, 0.0)]


def test_the_script_writes_a_table_that_the_loader_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, table = tmp_path / "corpus.jsonl", tmp_path / "weights.tsv"
    corpus.write_text("\n".join([json.dumps(labelled())] * 11), encoding="utf-8")
    main([str(corpus), "-o", str(table)])
    assert "cross-validated 1.000" in capsys.readouterr().out
    lines = table.read_text(encoding="utf-8").splitlines()
    monkeypatch.setattr("extractor.linking.rules.vocabulary_lines", lambda name: lines)
    role_weights.cache_clear()
    assert role_weights()["named-first"] < 0
    role_weights.cache_clear()
