"""The gate and the comparison it rests on: what counts as found, read and whole, and when a floor may move."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import msgspec
import pytest

from extractor.records import Result, TimePoint
from tests import gate
from tests.gold_compare import Scores, compare, text_match


@cache
def stored() -> dict[str, gate.Gold]:
    return {gold.record.document.id: gold for gold in gate.load_gold()}


# ---- the comparison
def test_gold_against_itself_is_perfect() -> None:
    total = Scores()
    for record, aside, phenomena in stored().values():
        total.add(compare(record, record, aside, phenomena))
    assert total.facts == total.found == total.read == total.whole > 600
    assert all(found == whole == asked > 0 for found, whole, asked in total.phenomena.values())
    assert (total.false_alarms, total.restated, total.not_results_taken, total.findings) == (0, 0, 0, [])
    assert set(total.figures().values()) == {1.0}


def _changed(name: str, index: int, **changes: object) -> Scores:
    record, aside, phenomena = stored()[name]
    first, *rest = record.trials
    results: list[Result] = list(first.results)
    results[index] = msgspec.structs.replace(results[index], **changes)
    trial = msgspec.structs.replace(first, results=tuple(results))
    return compare(msgspec.structs.replace(record, trials=(trial, *rest)), record, aside, phenomena)


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"value": 70.2}, "found read whole"),
        ({"span": (0, 5)}, "found read whole"),
        ({"measure": "rate"}, "read whole"),
        ({"ci": None}, "read whole"),
        ({"arm": "a2"}, "whole"),
        ({"outcome": "o2"}, "whole"),
        ({"timepoint": TimePoint(value=2, unit="year")}, "whole"),
        ({"context": "background"}, "whole"),
        ({"timepoint": TimePoint(value=1, unit="year")}, ""),
        ({"total": None, "significant": True}, ""),
    ],
)
def test_each_level_counts_what_it_says(changes: dict[str, object], lost: str) -> None:
    # the first result of this abstract is "69.2% (95% CI, 64.1 to 73.8)" at 12 months
    scores = _changed("pmid:99900001", 0, **changes)
    missing = {level for level in ("found", "read", "whole") if getattr(scores, level) < scores.facts}
    assert missing == set(lost.split())
    assert scores.false_alarms == ("found" in missing)


def test_a_figure_that_is_no_result_counts_as_a_false_alarm() -> None:
    record, aside, _ = stored()["pmid:99900001"]
    start, end, _ = next(x for x in aside if x[2] == "threshold")
    extra = Result(id="x", measure="percentage", value=50, span=(start, end))
    trial = msgspec.structs.replace(record.trials[0], results=(*record.trials[0].results, extra))
    scores = compare(msgspec.structs.replace(record, trials=(trial,)), record, aside)
    assert (scores.false_alarms, scores.not_results_taken, scores.whole) == (1, 1, scores.facts)
    assert "[[50%]]" in scores.findings[0].text


def test_other_texts_are_not_compared() -> None:
    one, other = (gold.record for gold in gate.load_gold()[:2])
    with pytest.raises(ValueError, match="texts differ"):
        compare(one, other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("overall survival", "OS", True),
        ("death from any cause", "any-cause death", True),
        ("adverse events of grade 3 or higher", "grade 3 or higher adverse events", True),
        ("placebo group", "placebo", True),
        ("intensive treatment", "standard treatment", False),
        ("overall survival", "progression-free survival", False),
        ("adverse events of grade 3 or higher", "serious adverse events", False),
        ("overall survival", "nausea", False),
        ("placebo", "", False),
    ],
)
def test_texts_match_on_content_words(one: str, other: str, same: bool) -> None:
    assert text_match(one, other) is same
    assert text_match(other, one) is same


def test_phenomena_count_what_was_found_and_whole() -> None:
    gold = stored()["case:tidewater"]
    full = compare(gold.record, gold.record, gold.not_results, gold.phenomena).phenomena
    assert full["factorial"] == [6, 6, 6]
    first = _changed("case:tidewater", 0, arm="a2").phenomena
    assert first["factorial"] == [6, 5, 6]
    assert first["safety"] == full["safety"] == [2, 2, 2]


@pytest.mark.parametrize(("context", "alarms"), [("hypothesis", 0), ("reported", 1), ("background", 1)])
def test_a_hypothesis_may_be_reported_as_one(context: str, alarms: int) -> None:
    record, aside, _ = stored()["case:harbour-2"]
    start, end, _ = next(x for x in aside if x[2] == "hypothesis")
    extra = Result(id="x", measure="median", value=3.5, span=(start, end), context=context)  # type: ignore[arg-type]
    trial = msgspec.structs.replace(record.trials[0], results=(*record.trials[0].results, extra))
    scores = compare(msgspec.structs.replace(record, trials=(trial, *record.trials[1:])), record, aside)
    assert (scores.false_alarms, scores.not_results_taken) == (alarms, alarms)


# ---- the floors
@pytest.fixture
def baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "baseline.json"
    monkeypatch.setattr(gate, "BASELINE", path)
    assert gate.pin({"demo": {"facts.found": 0.81239, "aspect.arm": 0.9, "aspect.trial: phase": 1.0}}) == []
    return path


def read(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_floors_are_rounded_down_and_leave_out_what_may_fall(baseline: Path) -> None:
    floors = {"facts.found": 0.812, "aspect.trial: phase": 1.0}
    part = {"corpus_sha256": gate.corpus_hash("demo"), "floors": floors}
    assert read(baseline) == {"parts": {"demo": part}, "lowered": []}


def test_the_gate_holds_at_the_floor_and_shuts_below_it(baseline: Path) -> None:
    assert gate.shortfalls({"demo": {"facts.found": 0.812, "aspect.trial: phase": 1.0}}) == []
    below = gate.shortfalls({"demo": {"facts.found": 0.8119, "aspect.trial: phase": 1.0}})
    assert below == ["demo: facts.found is 0.8119, below its floor 0.812"]
    assert gate.shortfalls({"demo": {"facts.found": 0.9}}) == [
        "demo: aspect.trial: phase is 0.0000, below its floor 1.000"
    ]
    assert "no floors are pinned" in gate.shortfalls({"cases": {"facts.found": 1.0}})[0]


def test_raising_needs_no_reason(baseline: Path) -> None:
    assert gate.pin({"demo": {"facts.found": 0.9, "aspect.trial: phase": 1.0}}) == []
    assert gate.shortfalls({"demo": {"facts.found": 0.85, "aspect.trial: phase": 1.0}}) != []


def test_lowering_is_refused_without_a_reason_and_kept_with_it(baseline: Path) -> None:
    before = baseline.read_bytes()
    worse = {"demo": {"facts.found": 0.7, "aspect.trial: phase": 1.0}, "cases": {"facts.found": 0.5}}
    assert gate.pin(worse) == ["demo: facts.found from 0.812 to 0.7"]
    assert baseline.read_bytes() == before
    assert gate.pin(worse, "bounds of intervals are no results any more") == []
    lowered = {"part": "demo", "figure": "facts.found", "from": 0.812, "to": 0.7}
    assert read(baseline)["lowered"] == [{**lowered, "reason": "bounds of intervals are no results any more"}]
    assert gate.pin({"demo": {"facts.found": 0.75}}, "phase is gone") == []
    assert [x["figure"] for x in read(baseline)["lowered"]] == ["facts.found", "aspect.trial: phase"]  # type: ignore[attr-defined]


def test_changed_gold_shuts_the_gate(baseline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = {"demo": {"facts.found": 0.9, "aspect.trial: phase": 1.0}}
    src = tmp_path / "gold" / "src"
    src.mkdir(parents=True)
    (src / "a.gold").write_text("document a.html news\n")
    (src / "a.txt").write_text("Text.")
    monkeypatch.setattr(gate, "CORPORA", tmp_path)
    assert gate.shortfalls(reached) == [
        "demo: the gold changed since its floors were pinned; python -m tests.gate --pin"
    ]
    first = gate.corpus_hash("demo")
    (src / "b.gold").write_text("document case:b abstract\n")
    (src / "b.txt").write_text("Text.")
    assert gate.corpus_hash("demo") == first != gate.corpus_hash("cases")
    (src / "a.txt").write_text("Other text.")
    assert gate.corpus_hash("demo") != first


@pytest.mark.parametrize(
    "arguments",
    [["--accept-lower", "x"], ["--pin", "--accept-lower", " "], ["--pin", "sprint.html"], ["no-such-document"]],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        gate.main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_report_of_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main(["case:tidewater"]) == 0
    shown = capsys.readouterr().out
    for word in ("case:tidewater", "facts.whole", "factorial", "order-once"):
        assert word in shown


# ---- the extraction
def test_extraction_reaches_the_pinned_floors() -> None:
    reached = {part: scores.figures() for part, scores in gate.totals(gate.evaluate()).items()}
    assert set(reached) == set(gate.PARTS)
    assert gate.shortfalls(reached) == [], "see python -m tests.gate"


def test_every_lowered_floor_has_its_reason() -> None:
    for row in read(gate.BASELINE)["lowered"]:  # type: ignore[attr-defined]
        assert row["reason"].strip()
