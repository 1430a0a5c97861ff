"""What only the whole text settles of its comparisons: figures that a later sentence calls no difference, comparisons
before treatment, and outcomes told of together ("no differences were found in the other outcomes")."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from extractor.linking.arm_links import ArmLinker
from extractor.linking.comparison_rules import frame_in
from extractor.linking.finding_scope import Claim
from extractor.linking.findings import AT_BASELINE, FINDING_SECTIONS, sides
from extractor.linking.layout import Sentence
from extractor.linking.outcomes import OutcomeReading
from extractor.linking.to_result import make_comparison
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import Result

__all__ = ["drop_baseline", "settle_untested", "tell_together", "told_together"]

_MOST = 15
_DECLARING = frozenset({"methods", "objective"})


def drop_baseline(results: Sequence[Result]) -> list[Result]:
    """Return ``results`` without the comparisons before treatment of outcomes that another comparison tells of."""
    told = {r.outcome for r in results if r.direction is not None and r.rules.get("timepoint") != AT_BASELINE}
    return [r for r in results if r.rules.get("timepoint") != AT_BASELINE or r.outcome not in told]


def settle_untested(results: Sequence[Result]) -> list[Result]:
    """ "The rates were 22% and 29%. ... A did not change the rate": a pair without a test is what the words make of it.

    Only where all comparisons in words of the outcome find no difference.
    """
    worded: dict[str | None, list[Result]] = {}
    for result in results:
        if result.measure == "comparison" and result.direction is not None:
            worded.setdefault(result.outcome, []).append(result)
    settled = []
    for result in results:
        words = [r for r in worded.get(result.outcome, []) if _compares_them(r, result)]
        untested = result.value is not None and result.comparator is not None and result.significant is None
        if untested and words and all(w.direction == "no_difference" for w in words):
            rules = {**result.rules, "direction": "direction.settled_by_words"}
            result = msgspec.structs.replace(result, direction="no_difference", significant=False, rules=rules)
        settled.append(result)
    return settled


def _compares_them(worded: Result, pair: Result) -> bool:
    """Whether a comparison in words may be of the groups of ``pair``: of the same two, or of groups that it leaves open."""
    told = {worded.arm, worded.comparator}
    return None in told or told == {pair.arm, pair.comparator}


def told_together(reading: Reading, sentence: Sentence, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims of a sentence of an abstract that find no difference in outcomes told of together."""
    if reading.kind != "abstract" or sentence.section not in FINDING_SECTIONS:
        return []
    plain = plain_text(sentence.text)
    return [
        c
        for c in claims
        if c.finding.direction == "no_difference"
        and not (c.withdrawn or c.at_baseline or c.of_people or c.located)
        and (len(c.subjects) != 1 or c.references or not c.finding.of_change)
        and frame_in("together", plain[c.start : c.end]) is not None
    ]


def tell_together(
    reading: Reading, outcomes: OutcomeReading, results: Sequence[Result], claims: Sequence[tuple[Sentence, Claim]],
    arms: ArmLinker,
) -> list[Result]:  # fmt: skip
    """The comparisons that ``claims`` tell of outcomes that the text declares and compares nowhere else.

    Args:
        reading: what was read. outcomes: with all namings. results: those found in the text. claims: what ``told_together``
            returned, with their sentences. arms: knows the arms.
    """
    if not claims:
        return []
    compared = {r.outcome for r in results if r.direction is not None and r.comparator is not None}
    declared = {m.outcome_id for m in outcomes.mentions if m.likely and (m.measured or _is_declared(reading, m.start))}
    declared |= {r.outcome for r in results if r.outcome is not None}
    sentence, claim = claims[0]
    said = plain_text(sentence.text)[claim.start : claim.end]
    apart = compared | {o for o, _ in claim.outcomes}
    if frame_in("together_secondary", said):
        apart |= {o.id for o in outcomes.outcomes if o.role == "primary"}
    wanted = [
        o.id
        for o in outcomes.outcomes
        if o.id in declared - apart and frame_in("no_single_outcome", o.name.text.lower()) is None
    ]
    if len(wanted) > _MOST:
        return []
    (pair, _), *_ = sides(claim, "no_difference", arms)
    return [
        msgspec.structs.replace(one, rules={**one.rules, "outcome": "outcome.told_together"})
        for one in (
            make_comparison(
                reading.text, sentence, claim.finding, outcome, pair, "no_difference", "reported", claim.p_value
            )
            for outcome in wanted
        )
    ]


def _is_declared(reading: Reading, place: int) -> bool:
    return any(s.start <= place < s.end and s.label in _DECLARING for s in reading.sections)
