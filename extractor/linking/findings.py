"""Findings told in words alone: "no significant difference in pain between A and B", "A was superior to B for X"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from extractor.linking.arm_links import ArmLinker
from extractor.linking.comparisons import direction_on, flip, significance, turned_name
from extractor.linking.context_cues import cue_in
from extractor.linking.finding_scope import Claim
from extractor.linking.layout import Sentence
from extractor.linking.outcome_links import OutcomeLinker
from extractor.linking.to_result import make_comparison
from extractor.reading.types import Reading
from extractor.records import Result

__all__ = ["AT_BASELINE", "FINDING_SECTIONS", "Names", "names_of", "sides", "take_back", "worded_results"]

Names = Mapping[str, tuple[str, ...]]
"""The names of each outcome by id: as first written, and its concept where there is one."""

FINDING_SECTIONS = frozenset({"results", "conclusions", "body", "title", "other"})
"""Sections whose comparisons are findings."""
_REACH_BACK = 600
AT_BASELINE = "time.at_baseline"
"""The rule of the time point of a comparison before treatment."""
_Pair = tuple[str | None, str | None]


def worded_results(
    reading: Reading, sentence: Sentence, claims: Sequence[Claim], arms: ArmLinker, outcomes: OutcomeLinker,
    background: Sequence[tuple[int, int]], names: Names,
) -> list[Result]:  # fmt: skip
    """Comparisons told in words, for outcomes that the sentence gives no comparative number for.

    Args:
        reading: what was read. sentence, claims: the sentence and what its wordings speak of. arms, outcomes: the linkers,
            which know what was spoken of before. background: stretches on other trials. names: of the outcomes.
    """
    if not claims or sentence.section not in FINDING_SECTIONS:
        return []
    told = {v.outcome_id for v in sentence.values if v.direction is not None and len(v.arm_ids) == 2}
    # a pair of figures without a p-value does not say what "did not differ significantly" says of it
    untested = {v.outcome_id for v in sentence.values if v.outcome_id in told and v.significant is None}
    made: list[Result] = []
    seen: set[tuple[str, _Pair]] = set()
    framed = cue_in("comparative", sentence.text) is not None
    strict = reading.kind in ("news", "press_release")
    context = "background" if _background(sentence, background) else "reported"
    for claim in claims:
        if claim.withdrawn or claim.of_people:
            continue
        if not _is_finding(claim, sentence.section, framed=framed, strict=strict):
            continue
        p = claim.p_value
        for outcome_id, name in claim.outcomes:
            tested = claim.finding.significant is None or outcome_id not in untested
            if outcome_id in told and tested:
                continue
            direction = direction_on(claim.finding, names_of(outcome_id, name, names))
            if claim.finding.noun is None and name and outcome_id in names and turned_name(name, names[outcome_id][0]):
                direction = flip(direction)
            if p is not None and significance(p) is False and not claim.finding.significant:
                direction = "no_difference"
            for pair, turned in sides(claim, direction, arms):
                if (outcome_id, pair) in seen:
                    continue
                seen.add((outcome_id, pair))
                outcomes.remember(outcome_id, sentence)
                one = make_comparison(
                    reading.text, sentence, claim.finding, outcome_id, pair, flip(direction) if turned else direction,
                    context, p,
                )  # fmt: skip
                if claim.at_baseline:
                    one = msgspec.structs.replace(one, rules={**one.rules, "timepoint": AT_BASELINE})
                made.append(one)
    return made


def names_of(outcome_id: str, name: str, names: Names) -> tuple[str, ...]:
    """Return the names of an outcome: as written here (where it is), as first written, and its concept."""
    known = names.get(outcome_id, ())
    return (name, *known) if name else known


def take_back(results: list[Result], claims: Sequence[Claim], sentence: Sentence) -> None:
    """ "The difference was not significant" takes back the direction that figures gave in the sentence before.

    Args:
        results: those found so far; changed in place. claims: of ``sentence``, which names no outcome of its own.
    """
    for claim in claims:
        if not (claim.inherited and claim.finding.differs and claim.finding.direction == "no_difference"):
            continue
        ids = {outcome for outcome, _ in claim.outcomes}
        for i in range(len(results) - 1, -1, -1):
            result = results[i]
            if (
                result.sentence is None
                or result.outcome not in ids
                or sentence.start - result.sentence[1] > _REACH_BACK
            ):
                break
            if result.outcome in ids and result.comparator is not None and result.significant is None:
                rules = {**result.rules, "direction": claim.finding.rule}
                results[i] = msgspec.structs.replace(result, direction="no_difference", significant=False, rules=rules)


def _is_finding(claim: Claim, section: str, *, framed: bool, strict: bool) -> bool:
    """Whether a wording compares: it says so, names the arm it is said of, prints a p-value, or concludes of the trial."""
    if claim.finding.direction == "no_difference":
        return True
    if framed or (not strict and claim.p_value is not None):
        return not claim.inherited or bool(claim.subjects)
    if strict or claim.inherited:
        return False
    concludes = section == "conclusions" and claim.finding.takes == "after" and claim.finding.noun is None
    return bool(claim.subjects or claim.references) or claim.within or concludes


def sides(claim: Claim, direction: str, arms: ArmLinker) -> list[tuple[_Pair, bool]]:
    """Return the pairs that a claim compares, the experimental side first, each with whether that turns the direction round."""
    if claim.within and direction != "no_difference":
        only = claim.subjects[0] if len(claim.subjects) == 1 else None
        return [((only, None), False)]
    pairs = _compared(claim, direction, arms)
    return [_oriented(pair, arms) for pair in pairs]


def _compared(claim: Claim, direction: str, arms: ArmLinker) -> list[_Pair]:
    subjects, references = claim.subjects, claim.references
    if subjects and references:
        return [(s, r) for s in subjects for r in references]
    two = tuple(arms.order) if len(arms.order) == 2 else arms.default_pair()
    controls = [a.id for a in arms.groups_of_trial if a.role == "comparator"]
    if len(subjects) > 1:
        if direction == "no_difference":
            return [(subjects[0], other) for other in subjects[1:]]
        others = [c for c in controls if c not in subjects]
        if len(others) == 1:
            return [(s, others[0]) for s in subjects]
        return [(subjects[0], subjects[1])] if len(two) == 2 and set(subjects) == set(two) else [(None, None)]
    if subjects:
        if (
            direction == "no_difference"
            and not claim.finding.differs
            and (
                (subjects[0] in controls and claim.finding.takes != "around")
                or (claim.located and claim.finding.of_change)
            )
        ):
            return [(subjects[0], None)]  # "nothing changed under placebo" says nothing of the others
        return [(subjects[0], _other(subjects[0], two, controls))]
    if len(references) > 1:
        return [(None, r) for r in references]
    if references:
        first = _other(references[0], two, controls)
        if first is not None:
            return [(first, references[0])]
        tested = [a.id for a in arms.groups_of_trial if a.role == "experimental" and a.id != references[0]]
        return [(t, references[0]) for t in tested] or [(None, references[0])]
    if two:
        return [(two[0], two[1])]
    if len(controls) == 1 and direction == "no_difference":
        return [(a.id, controls[0]) for a in arms.groups_of_trial if a.role == "experimental"] or [(None, None)]
    if len(arms.groups_of_trial) == 1:
        return [(arms.groups_of_trial[0].id, None)]
    return [(None, None)]


def _other(arm: str, two: Sequence[str], controls: Sequence[str]) -> str | None:
    """The other arm of a pair: the second of two, else the only control."""
    if len(two) == 2 and arm in two:
        return two[1] if arm == two[0] else two[0]
    others = [c for c in controls if c != arm]
    return others[0] if len(others) == 1 and len(controls) == 1 else None


def _oriented(pair: _Pair, arms: ArmLinker) -> tuple[_Pair, bool]:
    """A control measured against a tested arm is turned round: "higher in B than in A" says that A is lower."""
    first, second = pair
    if first is None or second is None:
        return pair, False
    role, other = (arms.by_id[a].role if a in arms.by_id else "" for a in (first, second))
    if role in ("comparator", "historical") and other == "experimental":
        return (second, first), True
    return pair, False


def _background(sentence: Sentence, background: Sequence[tuple[int, int]]) -> bool:
    return any(start <= sentence.start and sentence.end <= end for start, end in background)
