"""A trial's groups: sizes that must make up those enrolled, and categories of which a participant has only one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.checks.context import Said
from extractor.checks.tables import exclusive_sets
from extractor.records import Check, Number, Result, Trial

__all__ = ["arm_sizes", "exclusive_percentages"]

_WHOLE = re.compile(r"\b(?:\d{1,3}(?:,\d{3})+|\d{1,7})(?!\w|[.·]\d)", re.ASCII)
_ABOUT = re.compile(r"\b(?:about|approximately|around|some|over|nearly|almost|least)[  ]$", re.IGNORECASE)
_BREATH, _BEFORE = 300, 60
"""Characters that an allocation may take from its first number to its last, and that are read before and after it."""

_ALLOCATED = re.compile(r"\b(?:randomi[sz]|randomly|assign|allocat|divided)", re.IGNORECASE)
_ANALYSED = re.compile(
    r"\b(?:further|analy[sz]|evalua|complet|follow(?:ed)?[- ]up|withdr|exclu|dropped|assess|eligib|available|respon|remain|lost|surviv)",
    re.IGNORECASE,
)


def arm_sizes(trial: Trial, said: Said) -> Iterator[Check]:
    """Yield a finding where the groups' sizes do not add up to those enrolled (or analysed).

    Only where the size of every group is known, and the text allocates the enrolled in one breath ("616 patients were
    randomised, 410 to A and 206 to B"): sizes told elsewhere are often those of an analysis.

    Source: every participant is allocated to one group (CONSORT 2010, item 13, the flow of participants).
    """
    enrolled = trial.population.enrolled
    groups = [arm for arm in trial.arms if arm.role in ("experimental", "comparator")]
    sizes = [arm.size.value for arm in groups if arm.size is not None]
    if enrolled is None or len(groups) < 2 or len(sizes) < len(groups):
        return
    counted = [arm.size for arm in groups if arm.size is not None]
    if said.text and (not _allocated([enrolled, *counted], said.text) or _told_otherwise(enrolled, counted, said.text)):
        return
    analysed = trial.population.analysed
    if sum(sizes) not in (enrolled.value, analysed.value if analysed is not None else None):
        too_many = sum(sizes) > enrolled.value
        yield Check(
            kind="arm_sizes_against_enrolled",
            severity="error" if too_many else "warning",
            message=f"the groups hold {' + '.join(map(str, sizes))} = {sum(sizes)}, enrolled were {enrolled.text}",
            expected=str(enrolled.value),
            found=str(sum(sizes)),
        )


def _allocated(numbers: list[Number], text: str) -> bool:
    """Whether the numbers stand close together, each at its own place, in words of allocation and not of analysis."""
    start, end = min(number.start for number in numbers), max(number.end for number in numbers)
    if end - start > _BREATH or len({number.start for number in numbers}) < len(numbers):
        return False
    breath = text[max(0, start - _BEFORE) : end + _BEFORE]
    return _ALLOCATED.search(breath) is not None and _ANALYSED.search(breath) is None


def _told_otherwise(enrolled: Number, sizes: list[Number], text: str) -> bool:
    """Whether numbers around explain the gap: a group that was not read, a subgroup read as one, a total of its own."""
    numbers = [enrolled, *sizes]
    stretch = text[max(0, min(n.start for n in numbers) - _BEFORE) : max(n.end for n in numbers) + _BREATH]
    printed = {int(match.group().replace(",", "")) for match in _WHOLE.finditer(stretch)}
    total = sum(size.value for size in sizes)
    return (
        enrolled.value - total in printed
        or total in printed
        or any(total - size.value == enrolled.value for size in sizes)
        or _ABOUT.search(text, max(0, enrolled.start - 15), enrolled.start) is not None
    )


def exclusive_percentages(trial: Trial, said: Said) -> Iterator[Check]:
    """Yield a finding where percentages of categories that exclude each other sum to more than 100.

    Half a unit of the last digit of each is allowed. Which outcomes exclude each other is in ``data/exclusive.tsv``
    (best response: complete, partial, stable, progressive). Added up are percentages of one sentence, arm, time point
    and subgroup, each category once.

    Source: categories of one variable partition the group (RECIST 1.1, Eisenhauer 2009, section 4.3).
    """
    sets, names = exclusive_sets(), {outcome.id: outcome.concept or "" for outcome in trial.outcomes}
    found: dict[object, dict[str, Result]] = {}
    for result in trial.results:
        concept = names.get(result.outcome or "", "")
        if result.measure != "percentage" or result.value is None or concept not in sets or result.sentence is None:
            continue
        time = (result.timepoint.value, result.timepoint.unit) if result.timepoint is not None else None
        place = (sets[concept], result.sentence, result.arm, time, result.subgroup)
        found.setdefault(place, {}).setdefault(concept, result)
    for categories in found.values():
        ranges = [said.value_range(result) for result in categories.values()]
        if sum(part.low for part in ranges if part is not None) <= 100:
            continue
        total = sum(result.value or 0 for result in categories.values())
        yield Check(
            kind="exclusive_percentages",
            severity="warning",
            message=f"{', '.join(categories)} exclude each other, together they are {total:g} %",
            result=next(iter(categories.values())).id,
            expected="<= 100",
            found=f"{total:g}",
        )
