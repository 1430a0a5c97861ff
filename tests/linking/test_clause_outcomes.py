"""What people did is the outcome of their share, where no known outcome says it."""

from __future__ import annotations

import pytest

from extractor.extraction import extract

START = "Sailors and seasickness\n\nNinety sailors were randomised to zelotinib or placebo. "


def outcomes(text: str) -> list[tuple[float | None, str | None]]:
    trial = extract(START + text, kind="news").trials[0]
    names = {o.id: o.name.text for o in trial.outcomes}
    return [(r.value, names.get(r.outcome or "")) for r in trial.results if r.measure in ("percentage", "count")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Nausea was rare. Some 18% of those on zelotinib and 9% of those on placebo went back on deck.",
            [(18, "went back on deck"), (9, "went back on deck")],
        ),
        ("Of the sailors given zelotinib, two-thirds said they had enjoyed the trip.", [(66.6667, "enjoyed the trip")]),
        ("On day 3, 40% of sailors who had taken zelotinib could climb the mast.", [(40, "climb the mast")]),
    ],
)
def test_the_verb_of_a_share_is_its_outcome(text: str, wanted: list[tuple[float, str]]) -> None:
    assert outcomes(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Nausea was seen in 12% of sailors on zelotinib, 14% of those treated on land and 20% with placebo.",
        "Relapse was told of 12% of those on zelotinib and 20% of those on placebo.",
    ],
)
def test_a_share_that_is_no_subject_has_no_clause_of_its_own(text: str) -> None:
    assert not any("treated" in (name or "") or "land" in (name or "") for _, name in outcomes(text))
