"""The line on the terminal while a batch runs."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from rich.console import Console

from extractor.records import Failure
from extractor.report.progress import documents_bar, failure_summary


def test_failures_are_told_with_their_commonest_reasons() -> None:
    assert failure_summary(Counter()) == "0 failed"
    reasons = Counter({"took longer than 60 seconds": 3, "the text is blank": 2, "not JSON": 1, "no figure": 1})
    told = failure_summary(reasons)
    assert told == "7 failed (3 took longer than 60 seconds, 2 the text is blank, 2 other reasons)"
    assert len(failure_summary(Counter({"x" * 900: 1}))) < 80


@pytest.mark.parametrize("total", [None, 3])
def test_bar_counts_what_is_done_and_what_failed(total: int | None) -> None:
    shown = io.StringIO()
    with documents_bar(total, Console(file=shown, force_terminal=True, width=200)) as advance:
        advance(object())
        advance(Failure(where="a", stage="parse", reason="[not] JSON"))
    assert "2 documents" in shown.getvalue()
    assert "1 failed (1 [not] JSON)" in shown.getvalue()
    assert ("of 3" in shown.getvalue()) == (total is not None)
