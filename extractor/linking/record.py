"""From a Reading to the one Record of a document."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.lexicon import Lexicon
from extractor.linking.arm_completion import complete_arms
from extractor.linking.arms import ArmReading, find_arms
from extractor.linking.outcome_completion import complete_outcomes
from extractor.linking.outcomes import OutcomeReading, find_outcomes
from extractor.linking.population import population_mentions
from extractor.linking.results import link_results
from extractor.linking.trials import TrialFrame, find_trials
from extractor.reading.types import Reading
from extractor.records import Mention, Result, Trial

__all__ = ["link_trials"]


def link_trials(reading: Reading, lexicon: Lexicon) -> tuple[tuple[Trial, ...], tuple[Mention, ...]]:
    """Return the trials of a document with everything bound to them, and all mentions.

    The reported trial comes first; figures that stand in a background trial's scopes go to that trial.
    """
    frames = find_trials(reading, lexicon)
    cited = [(frame.acronym, frame.scopes) for frame in frames if frame.role == "background"]
    arms = complete_arms(reading, lexicon, find_arms(reading, lexicon), cited)
    outcomes, prevented = complete_outcomes(reading, find_outcomes(reading, lexicon, arms), frames[0].studied)
    background = [scope for frame in frames if frame.role == "background" for scope in frame.scopes]
    results = link_results(reading, arms, outcomes, background, prevented)
    trials = [_trial(f"t{i}", frame, frames, arms, outcomes, results) for i, frame in enumerate(frames, 1)]
    return tuple(trials), _mentions(reading, outcomes)


def _mentions(reading: Reading, outcomes: OutcomeReading) -> tuple[Mention, ...]:
    """All mentions in order; an outcome is mentioned where it is measured or defined, not wherever its word stands."""
    concepts = {o.id: o.concept or o.name.text for o in outcomes.outcomes}
    measured = [
        Mention(
            text=reading.text[m.start : m.end],
            start=m.start,
            end=m.end,
            label="outcome",
            concept=concepts[m.outcome_id],
        )
        for m in outcomes.mentions
        if m.measured
    ]
    others = [m for m in reading.mentions if m.label != "outcome"]
    found = [*others, *measured, *population_mentions(reading)]
    return tuple(sorted(found, key=lambda m: (m.start, m.end, m.label)))


def _owner(result: Result, frames: Sequence[TrialFrame]) -> int:
    """Index of the frame that a result belongs to: the background trial whose scope it stands in, else the reported."""
    place = result.span[0] if result.span is not None else 0
    for i, frame in enumerate(frames):
        if frame.role == "background" and any(start <= place < end for start, end in frame.scopes):
            return i
    return 0


def _trial(
    trial_id: str, frame: TrialFrame, frames: Sequence[TrialFrame], arms: ArmReading, outcomes: OutcomeReading,
    results: Sequence[Result],
) -> Trial:  # fmt: skip
    mine = tuple(r for r in results if frames[_owner(r, frames)] is frame)
    reported = frame is frames[0]
    used = {r.outcome for r in mine}
    measured = {m.outcome_id for m in outcomes.mentions if m.measured}
    used_arms = {a for r in mine for a in (r.arm, r.comparator)}
    return Trial(
        id=trial_id,
        role=frame.role,
        registry_ids=frame.registry_ids,
        acronym=frame.acronym,
        phase=frame.phase,
        design=frame.design,
        sponsor=frame.conduct.sponsor,
        funders=frame.conduct.funders,
        sites=frame.conduct.sites,
        countries=frame.conduct.countries,
        recruitment=frame.conduct.recruitment,
        follow_up=frame.conduct.follow_up,
        conditions=frame.conditions,
        population=frame.population,
        arms=tuple(a for a in arms.arms if reported or a.id in used_arms),
        outcomes=tuple(o for o in outcomes.outcomes if o.id in used or (reported and o.id in measured)),
        results=mine,
    )
