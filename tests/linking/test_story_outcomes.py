"""How stories tell what a figure is of: objects of verbs of change, causes, insertions, and the closing paragraphs."""

from __future__ import annotations

import pytest

from extractor.extraction import extract

START = "Sailors and seasickness\n\nNinety sailors were randomised to zelotinib or placebo. "


def told(text: str) -> list[tuple[float | None, str, str | None]]:
    trial = extract(START + text, kind="news").trials[0]
    names = {o.id: o.name.text for o in trial.outcomes}
    return [(r.value, r.measure, names.get(r.outcome or "")) for r in trial.results if r.value is not None]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Zelotinib cut bouts of the wobbles by 51%.", [(51, "change", "bouts of the wobbles")]),
        ("Zelotinib cut severe wobble attacks by 51%.", [(51, "relative_reduction", "severe wobble attacks")]),
        ("The taste of zelotinib led 4 sailors (9%) to leave the ship.", [(9, "percentage", "leave the ship")]),
        (
            "Nausea was rare. Nine sailors on zelotinib, or 20 percent, asked for a biscuit.",
            [(20, "percentage", "asked for a biscuit")],
        ),
        (
            "Hiccups were the most common side effect. They affected 11% of the zelotinib group and 6% of the placebo group.",
            [(11, "percentage", "Hiccups"), (6, "percentage", "Hiccups")],
        ),
        ("Nausea occurred in 4%.\n\nAbout hiccups\nHiccups trouble sailors; vomiting occurred in 15% of them.", []),
    ],
)
def test_what_a_figure_is_of(text: str, wanted: list[tuple[float, str, str]]) -> None:
    assert [row for row in told(text) if row[0] != 4] == wanted


def test_a_group_called_by_its_kind_is_the_named_one() -> None:
    trial = extract(START + "Nausea was seen in 10% of the drug group and 30% of the placebo group.", kind="news").trials[0]
    assert [a.label.text for a in trial.arms if a.label is not None] == ["zelotinib", "placebo"]
