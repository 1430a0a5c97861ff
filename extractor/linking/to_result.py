"""A linked value as a Result of the record contract."""

from __future__ import annotations

from typing import cast

from extractor.linking.comparisons import Finding, significance
from extractor.linking.layout import Sentence, Value
from extractor.records import Context, Direction, Number, Pair, PValue, Result, Span, TimePoint

__all__ = ["make_comparison", "make_result"]


def _subgroup(text: str, value: Value) -> Span | None:
    if value.subgroup is None:
        return None
    start, end = value.subgroup
    return Span(text=text[start:end], start=start, end=end)


def make_result(text: str, sentence: Sentence, value: Value) -> Result:
    """Return the Result of ``value``; its id is set by the caller."""
    figure = value.figure
    assert value.measure is not None
    events = value.events_number
    if events is not None and text[events.start : events.end] != events.text:
        events = Number(text=text[events.start : events.end], start=events.start, end=events.end, value=events.value)
    time = value.timepoint
    timepoint = None
    if time is not None and time.value is not None and time.unit is not None:
        timepoint = TimePoint(value=time.value, unit=time.unit, span=(time.value_start, time.value_end))
    return Result(
        id="r",
        measure=value.measure,
        outcome=value.outcome_id,
        arm=value.arm_ids[0] if value.arm_ids else None,
        comparator=value.arm_ids[1] if len(value.arm_ids) > 1 else None,
        value=None if figure.kind == "not_reached" else figure.value,
        unit=value.unit,
        span=(figure.value_start, figure.value_end),
        printed=figure.printed,
        modifier=figure.modifier,
        events=events,
        total=value.total,
        baseline=figure.baseline,
        dispersion=figure.dispersion,
        ci=figure.ci,
        p_value=value.p_value,
        timepoint=timepoint,
        subgroup=_subgroup(text, value),
        direction=cast(Direction | None, value.direction),
        significant=value.significant,
        context=cast(Context, value.context),
        sentence=(sentence.start, sentence.end),
        rules={
            "figure": figure.rule, **({} if figure.p_value is None else {"p_value": "p.of_figure"}), **value.rules
        },
    )


def make_comparison(
    text: str, sentence: Sentence, finding: Finding, outcome: str, pair: tuple[str | None, str | None], direction: str,
    context: str, p: PValue | None,
) -> Result:  # fmt: skip
    """Return the Result of a comparison told in words; its span is the wording, ``p`` its p-value."""
    span: Pair = (sentence.start + finding.start, sentence.start + finding.end)
    significant = finding.significant
    if p is not None and significance(p) is not None:
        significant = significance(p)
    rules = {"figure": finding.rule, "direction": finding.rule, "outcome": "outcome.of_wording"}
    if pair[0] is not None:
        rules["arm"] = "arm.comparison"
    if p is not None:
        rules["p_value"] = "p.of_wording"
    if context == "background":
        rules["context"] = "context.cited_trial"
    return Result(
        id="r", measure="comparison", outcome=outcome, arm=pair[0], comparator=pair[1], span=span,
        printed=text[span[0] : span[1]], direction=cast(Direction, direction), significant=significant, p_value=p,
        context=cast(Context, context), sentence=(sentence.start, sentence.end), rules=rules,
    )  # fmt: skip
