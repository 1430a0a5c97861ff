"""What only the text shows: counts beside a percentage that they contradict, what remains, news without absolute risks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations
from typing import NamedTuple

from extractor.checks.context import Said
from extractor.checks.counts import share_finding
from extractor.records import Check, Result, Trial

__all__ = ["contradicted_counts", "only_relative", "remaining_percentage"]

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
}  # fmt: skip
_COUNT = (
    r"(?<![\d.,·/–-])(?<!\w)(\d{1,3}(?:,\d{3})+|\d{1,7}|(?i:" + "|".join(reversed(_WORDS)) + r"))(?![\d·]|[.,]\d|\w)"
)
_TOTAL = r"(\d{1,3}(?:,\d{3})+|\d{1,7})(?![\d·/]|[.,]\d)"
_OF = r"(?:[  ]?/[  ]?|[  ](?:out[  ])?of[  ](?:the[  ]|all[  ])?)"
_PEOPLE = r"(?:[  ](?!(?:and|or|vs|versus|than|to|compared|but|while|whereas|per|was|were|by|from)\b)[a-z-]{1,20}){0,6}"
"""Up to six plain words: "16 of 30 patients with the cream (53%)"; a comparison among them means another group."""
_BRACKETED = re.compile(r"[(\[][  ]?(\d{1,3}(?:[.·]\d{1,3})?)[  ]?%[  ]?(?=[)\];,])")
_FRACTION_BEFORE = re.compile(rf"{_COUNT}{_OF}{_TOTAL}{_PEOPLE}[  ]?$")
_COUNT_BEFORE = re.compile(rf"{_COUNT}[  ]?$")
_TOTAL_AFTER = re.compile(rf"[)\]][  ](?:out[  ])?of[  ](?:the[  ]|all[  ])?{_COUNT}(?=[  ][a-z])")
_THEN_BRACKET = re.compile(r"%[  ]?[(\[][  ]?(?=\d)")
_SHARE_BEFORE = re.compile(r"(?<![\d.,·])(?<!\d [.·] )(\d{1,3}(?:[.·]\d{1,3})?)[  ]?$")
_FRACTION_AFTER = re.compile(rf"{_COUNT}{_OF}{_TOTAL}(?={_PEOPLE}[  ]?[)\];,])")
_REACH = 90
"""Characters before a bracket that are read for its counts."""
_NO_COUNT = re.compile(
    r"\b(?:grades?|stages?|phases?|types?|ratio|allocated|randomi[sz]ed|visits?|days?|weeks?|months?|HER|BRCA|PD-L|score)"
    r"[  ]{0,2}(?:of[  ])?$",
    re.IGNORECASE,
)
_UNIT_AFTER = re.compile(r"[  ](?:mg|g|ml|mmol|days?|weeks?|months?|years?|points?|hours?|cycles?)\b", re.IGNORECASE)
_LEAST_TOTAL = 6
_FAR = 1
"""Percentage points from which count and percentage may be read as two figures, so that no result can tell."""

_REST = re.compile(r"\b(?:the|and|with)[  ](?:remaining|remainder|rest)\b[^.;()%]{0,40}$", re.IGNORECASE)


def contradicted_counts(trials: tuple[Trial, ...], said: Said) -> Iterator[Check]:
    """Yield a finding where "n of N (p%)" stands in the text and p is more than a point from 100 * n / N, or n > N.

    A large slip is read as two figures, so it is looked for in the text itself: "16 of 30 (83%)", "83% (16/30)",
    "16 (83%) of 30 patients". Where one result holds all three, ``percentage_of_counts`` looks at it. Stages and
    grades ("grade 3/4"), totals below 6 and quantities are no counts. The finding names the result that holds the
    percentage, if any does.

    Source: as for ``percentage_of_counts``.
    """
    if "%" not in said.text:
        return
    held = {result.span[0]: result for trial in trials for result in trial.results if result.span is not None}
    for events, total, share in _beside(said.text):
        if _NO_COUNT.search(said.text, max(0, events.start() - 30), events.start()):
            continue
        result = held.get(share.start())
        if _UNIT_AFTER.match(said.text, total.end()) or (result is not None and result.events and result.total):
            continue
        finding = _far_off(
            events.group(), total.group(), share.group(), result.id if result else None, said.text[events.end()]
        )
        if finding is not None:
            yield finding


class _Place(NamedTuple):
    """A number in the text."""

    match: re.Match[str]
    number: int

    def group(self) -> str:
        return self.match.group(self.number)

    def start(self) -> int:
        return self.match.start(self.number)

    def end(self) -> int:
        return self.match.end(self.number)


def _beside(text: str) -> Iterator[tuple[_Place, _Place, _Place]]:
    """Yield the places of (events, total, percentage) wherever the three stand beside each other."""
    for bracket in _BRACKETED.finditer(text):
        before = max(0, bracket.start() - _REACH)
        fraction = _FRACTION_BEFORE.search(text, before, bracket.start())
        if fraction is not None:
            yield _Place(fraction, 1), _Place(fraction, 2), _Place(bracket, 1)
            continue
        after = _TOTAL_AFTER.match(text, bracket.end())
        count = _COUNT_BEFORE.search(text, before, bracket.start()) if after is not None else None
        if after is not None and count is not None:
            yield _Place(count, 1), _Place(after, 1), _Place(bracket, 1)
    for bracket in _THEN_BRACKET.finditer(text):
        share = _SHARE_BEFORE.search(text, max(0, bracket.start() - 10), bracket.start())
        fraction = _FRACTION_AFTER.match(text, bracket.end())
        if share is not None and fraction is not None:
            yield _Place(fraction, 1), _Place(fraction, 2), _Place(share, 1)


def _far_off(events: str, total: str, share: str, result: str | None, sign: str) -> Check | None:
    n, whole = Decimal(_WORDS.get(events.lower(), 0) or events.replace(",", "")), Decimal(total.replace(",", ""))
    stated = Decimal(share.replace("·", "."))
    if whole < _LEAST_TOTAL or stated > 100:
        return None
    if n > whole:
        if sign == "/" and 70 <= whole + 30 < n <= 260:
            return None  # a blood pressure
        return Check(
            kind="events_exceed_total",
            severity="error",
            message=f"{events} events among {total} are more than there can be",
            result=result,
            expected=f"<= {whole}",
            found=str(n),
        )
    if abs(n * 100 / whole - stated) <= _FAR:
        return None
    places = len(share.replace("·", ".").partition(".")[2])
    return share_finding((events, n), (total, whole), stated, places, result)


def remaining_percentage(trial: Trial, said: Said) -> Iterator[Check]:
    """Yield a finding where the percentages of a sentence and "the remaining p%" do not sum to 100.

    Only where the text itself says that p is what remains, and every percentage of the sentence is of one arm and
    time point, so that the sum must be 100 within one unit of the last digit of each.

    Source: parts of a whole; the allowance is that of rounded parts (Mosteller, Youtz and Zahn 1967, Demography 4:850).
    """
    sentences: dict[tuple[int, int], list[Result]] = {}
    for result in trial.results:
        if result.measure == "percentage" and result.sentence is not None and result.value is not None:
            sentences.setdefault(result.sentence, []).append(result)
    for (start, _), results in sentences.items():
        last = max(results, key=lambda result: result.span or (0, 0))
        if len(results) < 2 or last.span is None or not _REST.search(said.text, start, last.span[0]):
            continue
        if len({(result.arm, result.timepoint, result.subgroup) for result in results}) > 1:
            continue
        ranges = [part for part in map(said.value_range, results) if part is not None]
        spare = sum(part.high - part.low for part in ranges)
        total = sum(result.value or 0 for result in results)
        if abs(total - 100) > spare:
            yield Check(
                kind="remaining_percentage",
                severity="warning",
                message=f"with what is said to remain the percentages of the sentence sum to {total:g}",
                result=last.id,
                expected="100",
                found=f"{total:g}",
            )


_OF_GROUPS = frozenset({"percentage", "count", "rate"})
_DIFFERENCES = frozenset({"risk_difference", "absolute_difference", "number_needed_to_treat"})
_MOST_FIGURES = 200
"""Figures of a document that are compared two by two."""

_SAME_REDUCTION = 7
"""Points by which a reduction may differ from that of two percentages and still be theirs: hazard ratios do."""


def _reductions(trial: Trial) -> Iterator[float]:
    """Yield the relative reduction in percent that each two percentages, rates or counts of two groups make.

    Of percentages those of the complement as well: who survived tells who died.
    """
    told = [r for r in trial.results if r.measure in _OF_GROUPS and r.value is not None and r.arm is not None]
    for one, other in permutations(told[:_MOST_FIGURES], 2):
        if (one.outcome, one.measure) != (other.outcome, other.measure) or one.arm == other.arm:
            continue
        first, second = one.value or 0, other.value or 0
        if second > first:
            yield 100 - 100 * first / second
        elif one.measure == "percentage" and second < first <= 100:
            yield 100 - 100 * (100 - first) / (100 - second)


def only_relative(trial: Trial, said: Said) -> Iterator[Check]:
    """Yield a note where news gives a relative reduction and no absolute figure of the same outcome.

    Absolute are percentages, counts and rates of a group, or any difference of risks or number needed to treat; also
    two figures under another name whose ratio is the reduction, as those of "the primary outcome" are.

    Source: the criterion "quantifies the benefits" of news reviews (Schwitzer 2008, PLoS Med 5:e95); relative risks
    alone mislead (Gigerenzer et al. 2007, Psychol Sci Public Interest 8:53).
    """
    if said.kind not in ("news", "press_release"):
        return
    if any(result.measure in _DIFFERENCES for result in trial.results):
        return
    absolute = {result.outcome for result in trial.results if result.measure in _OF_GROUPS and result.arm is not None}
    told: set[str | None] = set()
    made: list[float] | None = None
    for result in trial.results:
        if result.measure != "relative_reduction" or result.context != "reported" or result.value is None:
            continue
        if result.outcome in absolute or result.outcome in told or result.outcome is None:
            continue
        made = list(_reductions(trial)) if made is None else made
        if any(abs(reduction - abs(result.value)) <= _SAME_REDUCTION for reduction in made):
            continue
        told.add(result.outcome)
        yield Check(
            kind="only_relative_reduction",
            severity="info",
            message="a relative reduction is given, but for neither group how often the outcome occurred",
            result=result.id,
            expected="percentages, counts or rates of both groups",
            found=f"{result.value:g} {result.unit or ''}".strip(),
        )
