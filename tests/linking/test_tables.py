"""Results that stand in tables: arms and sizes from the head, outcomes from the labels, figures from the cells."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.errors import LexiconError
from extractor.extraction import extract
from extractor.linking import rules
from extractor.linking.table_cells import parse_number, read_cell
from extractor.linking.table_hints import TableHint, hint, load_hints
from extractor.linking.table_layout import lay_out_table
from extractor.linking.table_values import decide
from extractor.reading.tables import find_tables
from extractor.records import Result, Trial, check_offsets

LEAD = "Adults with tennis elbow were randomly assigned to bracing (n = 40) or placebo tape (n = 38).\n\n"


def read(table: str, lead: str = LEAD) -> Trial:
    record = extract(lead + table, kind="full_text")
    check_offsets(record)
    return record.trials[0]


def rows(trial: Trial) -> list[tuple[Any, ...]]:
    """(arm label, outcome name, measure, value, events, total, spread) of the results of tables."""
    arms = {a.id: a.label.text if a.label else "" for a in trial.arms}
    outcomes = {o.id: o.name.text for o in trial.outcomes}
    return [
        (
            arms.get(r.arm or ""),
            outcomes.get(r.outcome or ""),
            r.measure,
            r.value,
            r.events.value if r.events else None,
            r.total.value if r.total else None,
            (r.dispersion.kind, r.dispersion.value) if r.dispersion else None,
        )
        for r in tabled(trial)
    ]


def tabled(trial: Trial) -> list[Result]:
    return [r for r in trial.results if r.rules.get("figure", "").startswith("table.")]


PLAIN = """Table 2. Elbow outcomes at 6 weeks

| Outcome | Bracing (n = 40) | Placebo tape (n = 38) | P value |
|---|---|---|---|
| Grip strength, kg (mean ± SD) | 31.2 ± 6.4 | 27.9 ± 7.0 | 0.03 |
| Secondary outcomes | | | |
| Returned to sport, n (%) | 22 (55.0) | 13 (34.2) | 0.07 |
| Skin rash | 3/40 | 1/38 | |
| Age, years | 44 (9) | 45 (8) | |
"""


def test_arms_in_columns() -> None:
    trial = read(PLAIN)
    assert rows(trial) == [
        ("bracing", "Grip strength", "mean", 31.2, None, 40, ("sd", 6.4)),
        ("placebo tape", "Grip strength", "mean", 27.9, None, 38, ("sd", 7.0)),
        ("bracing", "Returned to sport", "percentage", 55.0, 22, 40, None),
        ("placebo tape", "Returned to sport", "percentage", 34.2, 13, 38, None),
        ("bracing", "Skin rash", "count", 3, 3, 40, None),
        ("placebo tape", "Skin rash", "count", 1, 1, 38, None),
    ]
    first = tabled(trial)[0]
    assert first.unit == "kg"
    assert first.p_value is not None and (first.p_value.op, first.p_value.value) == ("=", 0.03)
    assert (first.direction, first.significant) == ("increased", True)
    roles = {o.name.text: o.role for o in trial.outcomes}
    assert roles["Returned to sport"] == "secondary"


def test_the_shares_of_the_size_tell_counts_from_means() -> None:
    table = "| Outcome | Bracing (n = 40) | Placebo tape (n = 38) |\n|---|---|---|\n| Relapse | 10 (25) | 19 (50) |\n| Steps | 25 (10) | 28 (12) |\n"
    found = rows(read(table))
    assert [r[2] for r in found] == ["percentage", "percentage", "mean", "mean"]


def test_number_mean_and_deviation_in_columns_of_their_own() -> None:
    table = """| Scale | Bracing | | | Placebo tape | | |
|---|---|---|---|---|---|---|
| | n | Mean | SD | n | Mean | SD |
| Stiffness | 36 | 4.1 | 1.3 | 35 | 5.0 | 1.6 |
"""
    assert rows(read(table)) == [
        ("bracing", "Stiffness", "mean", 4.1, None, 36, ("sd", 1.3)),
        ("placebo tape", "Stiffness", "mean", 5.0, None, 35, ("sd", 1.6)),
    ]


def test_arms_in_rows_under_times() -> None:
    table = """| Group | Baseline | Week 4 | Week 12 |
|---|---|---|---|
| Pain score (mean ± SD) | | | |
| Bracing | 6.0 ± 1.1 | 4.2 ± 1.0 | 2.9 ± 0.8 |
| Placebo tape | 6.1 ± 1.2 | 5.5 ± 1.3 | 5.0 ± 1.4 |
"""
    trial = read(table)
    assert [(r[0], r[1], r[3]) for r in rows(trial)] == [
        ("bracing", "Pain score", 2.9), ("placebo tape", "Pain score", 5.0),
        ("bracing", "Pain score", 4.2), ("placebo tape", "Pain score", 5.5),
    ]  # fmt: skip
    times = [(r.timepoint.value, r.timepoint.unit) for r in tabled(trial) if r.timepoint]
    assert times == [(12, "week"), (12, "week"), (4, "week"), (4, "week")]
    assert [r.baseline.value for r in tabled(trial) if r.baseline] == [6.0, 6.1, 6.0, 6.1]


def test_comparisons_with_their_interval() -> None:
    table = """| Outcome | Bracing (n = 40) | Placebo tape (n = 38) | Mean difference (95% CI) | P |
|---|---|---|---|---|
| Disability score | 21 (8) | 29 (9) | -8.0 (-12.1 to -3.9) | <0.001 |
"""
    pair = next(r for r in tabled(read(table)) if r.measure == "mean_difference")
    assert pair.value == -8.0 and pair.ci is not None and (pair.ci.low, pair.ci.high) == (-12.1, -3.9)
    assert pair.arm is not None and pair.comparator is not None and pair.significant is True
    assert pair.p_value is not None and pair.p_value.op == "<"


def test_what_is_measured_at_baseline_is_at_day_0_and_who_took_part_is_no_result() -> None:
    table = """Table 1. Baseline characteristics

| Characteristic | Heel cup (n = 25) | Stretching only (n = 27) |
|---|---|---|
| Pain score | 6.1 (1.2) | 6.0 (1.4) |
| Smoker | 5 (20) | 6 (22) |
"""
    trial = read(table, "We studied heel pain.\n\nPain fell in the heel cup group.\n\n")
    assert [r[2:6] for r in rows(trial)] == [("mean", 6.1, None, 25), ("mean", 6.0, None, 27)]
    assert {(r.timepoint.value, r.timepoint.unit, r.rules["timepoint"]) for r in tabled(trial) if r.timepoint} == {
        (0, "day", "table.baseline")
    }
    assert [(a.label.text if a.label else "", a.size.value if a.size else None) for a in trial.arms] == [
        ("heel cup", 25), ("Stretching only", 27),
    ]  # fmt: skip


def test_figures_of_tables_are_not_read_as_prose() -> None:
    assert all(r.rules["figure"].startswith("table.") for r in read(PLAIN).results if r.value in (31.2, 55.0, 34.2))


@pytest.mark.parametrize(
    ("text", "main", "second"),
    [
        ("12.3 ± 4.5", 12.3, 4.5), ("16 (53.3)", 16, 53.3), ("16 (53.3%)", 16, 53.3), ("42/402 (10.5)", 42, 402),
        ("−1.65 (−2.25; −1.06)", -1.65, -2.25), ("1,683", 1683, None), ("0·57", 0.57, None), ("(12.2)", 12.2, None),
        ("<0.001", 0.001, None), ("13 of 20 (65%)", 13, 20),
    ],
)  # fmt: skip
def test_cells(text: str, main: float, second: float | None) -> None:
    figure = read_cell(text)
    assert figure is not None
    assert figure.main.value == main
    assert parse_number(text[figure.main.start : figure.main.end]) == main
    parts = [part.value for part in (figure.spread, figure.total, figure.first) if part is not None]
    assert (parts[0] if parts else None) == second


@pytest.mark.parametrize("text", ["", "Male", "10:6", "n.s.", "see text 4", "4 patients died of 3 causes"])
def test_cells_that_are_no_figure(text: str) -> None:
    assert read_cell(text) is None


@pytest.mark.parametrize(
    ("cell", "near", "far", "size", "measure"),
    [
        ("3.1 (0.4)", ["mean (se)"], [], None, "mean"), ("8 (6-11)", ["median (iqr)"], [], None, "median"),
        ("8 (6 to 11)", ["95% ci"], [], None, "mean"), ("12", ["number of falls"], [], 20, "count"),
        ("12", ["falls, %"], [], 20, "percentage"), ("4 (20)", ["falls"], [], 20, "percentage"),
        ("-4.0 (1.1)", ["change from baseline"], ["values are mean (sd)"], 20, "change"),
        ("30/20", ["falls"], [], None, None), ("2 to 3", ["falls"], [], None, None),
    ],
)  # fmt: skip
def test_meaning(cell: str, near: list[str], far: list[str], size: float | None, measure: str | None) -> None:
    figure = read_cell(cell)
    assert figure is not None
    meaning = decide(figure, near, far, size)
    assert (meaning.measure if meaning else None) == measure


def test_packed_labels_are_spread_over_their_columns() -> None:
    text = (
        "  Item   Warm     Cold     P       \n  ------ -------- -------- ------- ------- -------\n"
        "  n      Mean     n        Mean    \n  Pain   12       3.4      13      4.5     0.20\n"
    )
    (table,) = find_tables(text)
    grid = lay_out_table(table)
    assert [[cell.text for cell in path] for path in grid.paths] == [
        ["Item"], ["Warm", "n"], ["Warm", "Mean"], ["Cold", "n"], ["Cold", "Mean"], ["P"],
    ]  # fmt: skip


def test_every_hint_decides_its_example() -> None:
    assert all(rows for rows in load_hints().values())
    for _, row in rules.load_rows("table_hints.jsonl", TableHint):
        assert hint(row.field, row.example.lower()), row.id


def test_a_hint_that_misses_its_example_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ['{"id": "x", "field": "p", "pattern": "^q$", "example": "P value"}']
    monkeypatch.setattr(rules, "vocabulary_lines", lambda name: lines)
    load_hints.cache_clear()
    with pytest.raises(LexiconError, match="does not match its example"):
        load_hints()
    monkeypatch.undo()
    load_hints.cache_clear()
