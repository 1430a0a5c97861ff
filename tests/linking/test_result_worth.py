"""Which figures of an abstract are findings: the table of weights, its fitting, and what no table drops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractor.errors import LexiconError
from extractor.extraction import extract
from extractor.linking import result_worth
from extractor.linking.fit_results import Row, fit, main, rows_of, sums
from extractor.linking.result_worth import result_weights, worth

FRAME = (
    "Liquorice for hoarse singers. {before} Eighty singers were randomly assigned to liquorice (n = 40) or placebo (n = 40). "
    "Hoarseness lasted in 20% of the liquorice group and 45% of the placebo group (P = 0.02). {after}"
)


def printed(before: str = "", after: str = "", kind: str = "abstract") -> list[str | None]:
    text = FRAME.format(before=before, after=after)
    return [r.printed for t in extract(text, kind=kind).trials for r in t.results]  # type: ignore[arg-type]


def test_a_share_of_the_people_in_the_background_is_no_finding_of_an_abstract() -> None:
    said = "Hoarseness was seen in 13% of choirs."
    assert printed(said) == ["20", "45"]
    assert "13" in printed(said, kind="news")


def test_what_is_printed_as_only_findings_are_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Mean pitch was 3.1 ± 0.4 points with liquorice."
    monkeypatch.setattr(result_worth, "LEAST_WORTH", 1000.0)
    assert printed(after=said) == ["3.1"]
    assert "20" in printed(after=said, kind="news")


def test_each_weight_is_read_and_summed_with_the_bias() -> None:
    weights = result_weights()
    assert weights["cue=enrolment"] < 0 < weights["arm=arm.parallel_list"]
    assert worth(["cue=enrolment", "no such feature"]) == pytest.approx(weights["bias"] + weights["cue=enrolment"])


@pytest.mark.parametrize("lines", [["name\tweight"], ["feature\tweight", "arm=none\tmuch"], []])
def test_a_malformed_table_is_refused(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.linking.rules.vocabulary_lines", lambda name: lines)
    result_weights.cache_clear()
    with pytest.raises(LexiconError):
        result_weights()
    result_weights.cache_clear()


def test_fitting_learns_what_tells_a_finding() -> None:
    rows: list[Row] = [(["always", "sign"], True), (["always", "noise"], False)] * 20
    weights = fit(rows)
    assert weights["sign"] > 0 > weights["noise"]
    assert [total > 0 for total in sums(rows[:2], weights)] == [True, False]
    with pytest.raises(ValueError, match="nothing to fit on"):
        fit(rows[::2])


def labelled(text: str) -> dict[str, object]:
    at = text.index("20%")
    return {"text": text, "entities": [{"label": "iv-bin-percent", "start": at, "end": at + 3}]}


def test_a_figure_is_a_finding_where_a_label_of_a_group_overlaps_it() -> None:
    rows = rows_of(labelled(FRAME.format(before="", after="")))
    assert [right for _, right in rows] == [True, False]


def test_the_script_writes_a_table_that_the_loader_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, table = tmp_path / "corpus.jsonl", tmp_path / "weights.tsv"
    corpus.write_text("\n".join([json.dumps(labelled(FRAME.format(before="", after="")))] * 15), encoding="utf-8")
    main([str(corpus), "-o", str(table)])
    assert "30 figures, 15 findings" in capsys.readouterr().out
    lines = table.read_text(encoding="utf-8").splitlines()
    monkeypatch.setattr("extractor.linking.rules.vocabulary_lines", lambda name: lines)
    result_weights.cache_clear()
    assert "bias" in result_weights()
    result_weights.cache_clear()
