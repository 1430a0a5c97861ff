"""Each p-value to the values that it speaks of."""

from __future__ import annotations

from functools import partial

import pytest

from extractor.extraction import extract
from tests.linking.test_results import link as link_text

link = partial(link_text, kind="abstract")

@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "<o1|Fever> was seen in 14%, 12% and 11% per year with [a1|zelotinib], 5 mg (P = 0.13) and 9 mg (P = 0.05), respectively.",
            {"14": None, "12": 0.13, "11": 0.05},
        ),
        ("<o1|Fever> was seen in 14% on [a1|zelotinib] and in 31% with the higher one (P = 0.31).", {"31": 0.31}),
        ("In 14% of those on [a1|zelotinib] and 31% of those on [a2|placebo] there was <o1|fever> (P = 0.01).", {"14": 0.01, "31": 0.01}),
        (
            "<o1|Relapse> was 7.2%, 6.1% and 5.9% with [a3|colchicine], [a1|20 mg (P=0.23]) and [a2|40 mg (P=0.08]), respectively.",
            {"7.2": None, "6.1": 0.23, "5.9": 0.08},
        ),
        ("<o1|Fever> was seen in 14% on [a1|zelotinib], and <o2|nausea> was less common (P = 0.01).", {"14": None}),
    ],
)  # fmt: skip
def test_p_values_reach_their_values(text: str, told: dict[str, float | None]) -> None:
    found = {r.printed: r.p_value.value if r.p_value is not None else None for r in link(text) if r.value is not None}
    assert {printed: found[printed] for printed in told} == told


def test_the_p_value_after_a_margin_is_that_of_the_difference() -> None:
    text = "Cure was seen in 66% and 61%. The difference of 5.4 percentage points (95% CI, -6 to 17) stayed within the margin set beforehand, 18 percentage points (P for noninferiority <0.001)."
    results = [r for trial in extract(text, kind="news").trials for r in trial.results]
    assert [r.p_value.value for r in results if r.value == 5.4 and r.p_value is not None] == [0.001]
