"""Counts and percentages of one result: events among a total, and the percentage that they make."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from extractor.checks.context import Said
from extractor.printed import decimals
from extractor.records import Check, Number, Result

__all__ = ["events_exceed_total", "percentage_of_counts", "percentage_out_of_range", "share_finding"]

_LEAST_WORDED = 6
"""Totals below this beside events in words are mostly of something else than people."""

_PHRASE = 150
"""Characters that "of N patients, n (p%)" may take between its first figure and its last."""


def events_exceed_total(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where more have the event than there are: events > total.

    Only where the two stand together in the text: the heading of a column may number something else.

    Source: by definition of a count within a group.
    """
    events, total = result.events, result.total
    if events is not None and total is not None and said.text and not _in_phrase(events, total, said.text):
        return
    if events is not None and total is not None and events.value > total.value:
        yield Check(
            kind="events_exceed_total",
            severity="error",
            message=f"{events.text} events among {total.text} are more than there can be",
            result=result.id,
            expected=f"<= {total.value}",
            found=str(events.value),
        )


def percentage_out_of_range(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where a percentage is above 100, and printed with its sign.

    Source: by definition of a proportion. A change in percent may be any number, and what is below 0 is one, so only
    the other end is looked at, and it is a warning.
    """
    if result.measure == "percentage" and result.value is not None and result.value > 100:
        if said.text and result.span is not None and "%" not in said.text[slice(*result.span)]:
            return
        yield Check(
            kind="percentage_out_of_range",
            severity="warning",
            message="a proportion lies between 0 and 100 %",
            result=result.id,
            expected="0 to 100",
            found=f"{result.value:g}",
        )


def percentage_of_counts(result: Result, said: Said) -> Iterator[Check]:
    """Yield a finding where the printed percentage is not 100 * events / total at the decimals it is printed with.

    Only where the three stand together in the text: a total from a heading or the beginning of the sentence may be
    that of another group.

    Accepted are rounding half up, rounding half to even, and cutting off; what lies between the exact value's floor
    and ceiling at these decimals but is none of the three is a warning (rounded up), everything else an error.

    Source: the consistency of proportions in statcheck (Nuijten et al. 2016, Behav Res Methods 48:1205) and GRIM
    (Brown and Heathers 2017, Soc Psychol Personal Sci 8:363), where a whole count over a known total leaves few values.
    """
    if result.measure != "percentage" or result.value is None or result.modifier is not None:
        return
    if result.events is None or result.total is None:
        return
    if result.total.value <= 0 or not 0 <= result.events.value <= result.total.value:
        return
    if said.text and not _together(result, said.text):
        return
    if result.total.value < _LEAST_WORDED and not result.events.text[:1].isdecimal():
        return  # "one of five diets (21 % fat)" counts no people
    finding = share_finding(
        (result.events.text, Decimal(str(result.events.value))),
        (result.total.text, Decimal(str(result.total.value))),
        Decimal(str(result.value)),
        decimals(result.value, result.printed),
        result.id,
    )
    if finding is not None:
        yield finding


def _in_phrase(events: Number, total: Number, text: str) -> bool:
    """Whether the two numbers stand near each other in one line, each at its own place."""
    first, last = sorted((events, total), key=lambda number: number.start)
    return first.end <= last.start <= first.end + _PHRASE and "\n" not in text[first.end : last.start]


def _together(result: Result, text: str) -> bool:
    """Whether events, total and percentage are three places of one phrase without any other number in it."""
    if result.events is None or result.total is None or result.span is None:
        return False
    places = [(result.events.start, result.events.end), (result.total.start, result.total.end), result.span]
    places.sort()
    if places[0][1] > places[1][0] or places[1][1] > places[2][0] or places[2][0] - places[0][1] > _PHRASE:
        return False
    between = text[places[0][1] : places[1][0]] + text[places[1][1] : places[2][0]]
    return not any(char.isdigit() or char == "\n" for char in between)


def share_finding(
    events: tuple[str, Decimal], total: tuple[str, Decimal], stated: Decimal, places: int, result: str | None
) -> Check | None:
    """Return the finding on "events of total (stated %)", None where they agree.

    Args:
        events, total: as printed, and their values; ``total`` above 0. places: decimals of the printed percentage.
        result: id of the result that it is about.
    """
    exact = events[1] * 100 / total[1]
    step = Decimal(1).scaleb(-places)
    half_up, half_even, cut = (exact.quantize(step, way) for way in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN))
    if stated in (half_up, half_even, cut):
        return None
    between = exact.quantize(step, ROUND_FLOOR) <= stated <= exact.quantize(step, ROUND_CEILING)
    ways = f"{half_up} %" if half_up == cut else f"{half_up} % (cut off: {cut} %)"
    return Check(
        kind="percentage_of_counts",
        severity="warning" if between else "error",
        message=f"{events[0]} of {total[0]} is {ways}, not {stated} %",
        result=result,
        expected=str(half_up) if half_up == half_even else f"{half_up} or {half_even}",
        found=str(stated),
    )
