"""Findings that only several documents of one trial show: news against its paper, the registry against the paper.

They are of an assembled trial, so they come after ``extractor.assembly``; nothing is corrected here either.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from extractor.assembly import AssembledTrial, Conflict, ConflictSide, TrialReport
from extractor.records import Check, Number

__all__ = ["ASSEMBLED_KINDS", "AssembledCheck", "check_assembled"]

ASSEMBLED_KINDS: tuple[str, ...] = ("news_against_paper", "registry_against_paper")
"""Kinds of findings on a trial over documents, as ``Check.kind`` names them."""

_NEWS = frozenset({"news", "press_release"})
_PAPER = frozenset({"abstract", "full_text"})
_FAR = 0.05
"""Share of the registered number from which a difference in enrolment is more than late withdrawals."""


class AssembledCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with where it stands: ``check.result`` is the key of a fact, ``document`` of the document it is about.

    ``start`` and ``end`` are the place in that document (code points), ``quote`` its text there.
    """

    check: Check
    document: str
    start: int
    end: int
    quote: str


def check_assembled(trial: AssembledTrial) -> tuple[AssembledCheck, ...]:
    """Return the findings on ``trial`` over its documents, those of news before those of the registry."""
    return (*_news(trial), *_enrolment(trial))


def _news(trial: AssembledTrial) -> Iterator[AssembledCheck]:
    """Yield a finding for each figure of news that differs from the paper's or registry's (a conflict of assembly).

    What differs is taken from ``AssembledTrial.conflicts``; a figure that some paper states as the news does is none.
    A note where one side leaves open of what exactly it speaks, else a warning. Source: comparisons of news with the
    papers they report (Sumner et al. 2014, BMJ 349:g7015).
    """
    for conflict in trial.conflicts:
        news = [side for side in conflict.sides if {e.document_kind for e in side.evidence} <= _NEWS]
        papers = [side for side in conflict.sides if any(e.document_kind in _PAPER for e in side.evidence)]
        papers = papers or [
            side for side in conflict.sides if any(e.document_kind == "registry" for e in side.evidence)
        ]
        for side in news if papers else ():
            yield _against(conflict, side, papers)


def _against(conflict: Conflict, side: ConflictSide, papers: list[ConflictSide]) -> AssembledCheck:
    evidence = side.evidence[0]
    expected = " or ".join(dict.fromkeys(_figure(paper) for paper in papers))
    where = papers[0].evidence[0].document
    return AssembledCheck(
        check=Check(
            kind="news_against_paper",
            severity="info" if conflict.open else "warning",
            message=f"the news says {_figure(side)}, {where} says {expected}",
            result=side.fact,
            expected=expected,
            found=_figure(side),
        ),
        document=evidence.document,
        start=evidence.start,
        end=evidence.end,
        quote=evidence.quote,
    )


def _figure(side: ConflictSide) -> str:
    if side.value is None:
        return f"{side.measure.replace('_', ' ')} without a value"
    total = side.evidence[0].result.total
    if side.measure == "count" and total is not None:
        return f"{side.value:.10g} of {total.value:.10g}"
    return f"{side.value:.10g} {side.unit or ''}".strip()


def _enrolment(trial: AssembledTrial) -> Iterator[AssembledCheck]:
    """Yield a finding where a paper enrolled other numbers than the registry says: |paper - registry| > 0.

    A note up to 5 % of the registered number, a warning from there. A paper whose number of analysed participants is
    the registered one agrees. Source: discrepancies between registry and publication (Mathieu et al. 2009,
    JAMA 302:977).
    """
    registered = [report for report in trial.reports if report.record.document.kind == "registry"]
    numbers = {n.value for report in registered if (n := report.trial.population.enrolled) is not None}
    if len(numbers) != 1:
        return
    number = next(iter(numbers))
    for report in trial.reports:
        population = report.trial.population
        stated = {n.value for n in (population.enrolled, population.analysed) if n is not None}
        if report.record.document.kind in _PAPER and population.enrolled is not None and number not in stated:
            yield _registered(report, population.enrolled, number)


def _registered(report: TrialReport, enrolled: Number, number: float) -> AssembledCheck:
    text = report.record.document.text
    start, end = max(0, enrolled.start - 60), min(len(text), enrolled.end + 60)
    far = abs(enrolled.value - number) > _FAR * number
    return AssembledCheck(
        check=Check(
            kind="registry_against_paper",
            severity="warning" if far else "info",
            message=f"the paper enrolled {enrolled.value:g}, the registry says {number:g}",
            expected=f"{number:g}",
            found=f"{enrolled.value:g}",
        ),
        document=report.document,
        start=start,
        end=end,
        quote=text[start:end],
    )
