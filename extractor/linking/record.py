"""From a Reading to the one Record of a document."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from msgspec.structs import replace

from extractor.lexicon import Lexicon
from extractor.linking.arm_completion import complete_arms
from extractor.linking.arm_definitions import with_definitions
from extractor.linking.arm_doses import POOLED, split_doses
from extractor.linking.arm_levels import split_levels
from extractor.linking.arm_sizes import size_arms
from extractor.linking.arm_treatments import is_group_name, treatment_phrases
from extractor.linking.arm_types import ArmMention
from extractor.linking.arms import ArmReading, find_arms
from extractor.linking.clause_outcomes import add_clauses
from extractor.linking.compared_outcomes import add_compared
from extractor.linking.mention_tokens import Found, widen_mentions
from extractor.linking.outcome_completion import complete_outcomes
from extractor.linking.outcomes import OutcomeMention, OutcomeReading, find_outcomes
from extractor.linking.population import recount_population
from extractor.linking.result_worth import Judge
from extractor.linking.results import link_results, number_results
from extractor.linking.table_emit import AFTER_TREATMENT
from extractor.linking.table_groups import arms_of_tables
from extractor.linking.table_results import link_tables
from extractor.linking.trials import TrialFrame, find_trials
from extractor.reading.markup import without_script_marks
from extractor.reading.types import Reading
from extractor.records import Mention, Outcome, Population, Result, Trial

__all__ = ["Linked", "link", "link_trials"]


class Linked(NamedTuple):
    """The trials of a document, the outcomes it names, and what its mentions are made of."""

    trials: tuple[Trial, ...]
    outcomes: OutcomeReading
    found: Found


def link_trials(reading: Reading, lexicon: Lexicon) -> tuple[tuple[Trial, ...], tuple[Mention, ...]]:
    """Return the trials of a document with everything bound to them, and all mentions.

    The reported trial comes first; figures that stand in a background trial's scopes go to that trial.
    """
    linked = link(reading, lexicon)
    return linked.trials, _mentions(reading, linked.outcomes, widen_mentions(reading, linked.found))


def link(reading: Reading, lexicon: Lexicon, judge: Judge | None = None) -> Linked:
    """Return the trials of a document with everything bound to them, and what was found on the way.

    Args:
        reading: the text read. lexicon: the vocabularies. judge: see ``link_results``.
    """
    frames = find_trials(reading, lexicon)
    cited = [(frame.acronym, frame.scopes) for frame in frames if frame.role == "background"]
    named = split_levels(reading, split_doses(reading, complete_arms(reading, lexicon, find_arms(reading, lexicon), cited)))
    sized, population = _sized(reading, named, frames[0])
    frames = (replace(frames[0], population=population), *frames[1:])
    arms = with_definitions(reading, arms_of_tables(reading, sized))
    outcomes, prevented = complete_outcomes(reading, find_outcomes(reading, lexicon, arms), frames[0].studied)
    outcomes = add_clauses(reading, arms, add_compared(reading, arms, outcomes))
    background = [scope for frame in frames if frame.role == "background" for scope in frame.scopes]
    results = link_results(reading, arms, outcomes, background, prevented, judge)
    tabled = link_tables(reading, arms, outcomes)
    results = number_results([*results, *tabled.results])
    arms = replace(arms, arms=tabled.arms)
    outcomes = replace(outcomes, outcomes=tabled.outcomes)
    trials = tuple(_trial(f"t{i}", frame, frames, arms, outcomes, results, bool(tabled.results)) for i, frame in enumerate(frames, 1))
    treatments = treatment_phrases(reading, arms.mentions)
    return Linked(trials, outcomes, Found(arms.mentions, outcomes.mentions, treatments, frames[0].people, results))


def _is_number_of_all(result: Result, population: Population) -> bool:
    """Whether the same characters were read as the number of participants: "over 20 months in 1,846 adults who ..."."""
    told = [number for number in (population.enrolled, population.analysed) if number is not None]
    if result.measure != "count" or result.total is not None or result.span is None:
        return False
    return any(result.span[0] < number.end and number.start < result.span[1] for number in told)


def _sized(reading: Reading, named: ArmReading, frame: TrialFrame) -> tuple[ArmReading, Population]:
    """Return the groups with their sizes and the population with the numbers that agree with them."""
    sizing = size_arms(reading, named.arms, named.mentions, frame.population.enrolled)
    population = recount_population(reading, frame.population, frame.scopes, sizing.parts, sizing.wholes)
    if population.enrolled != frame.population.enrolled:
        sizing = size_arms(reading, named.arms, named.mentions, population.enrolled)
    return replace(named, arms=sizing.arms), population


def _mentions(reading: Reading, outcomes: OutcomeReading, phrases: Sequence[Mention]) -> tuple[Mention, ...]:
    """All mentions in order; an outcome is mentioned where it is measured or defined, not wherever its word stands."""
    concepts = {o.id: o.concept or o.name.text for o in outcomes.outcomes}
    measured = [
        Mention(text=reading.text[start:end], start=start, end=end, label="outcome", concept=concepts[m.outcome_id])
        for m in outcomes.mentions
        if m.measured
        for start, end in [m.extent or (m.start, m.end)]
    ]
    others = [m for m in reading.mentions if m.label != "outcome" and not is_group_name(m)]
    tabled = [m for m in reading.table_mentions if m.label != "outcome"]
    found = [*others, *tabled, *measured, *phrases]
    return tuple(sorted(found, key=lambda m: (m.start, m.end, m.label)))


def best_told_first(outcomes: Sequence[Outcome], results: Sequence[Result]) -> tuple[Outcome, ...]:
    """Return ``outcomes`` with those first that are told for two groups in full (events of a total, a mean with its
    deviation), then those with any figure of two groups; otherwise in the order given."""
    tabled: dict[str, set[str]] = {}
    full: dict[str, set[str]] = {}
    told: dict[str, set[str]] = {}
    for r in results:
        if r.outcome is not None and r.arm is not None and r.context == "reported" and not _at_baseline(r):
            if _fullness(r) > 0:
                full.setdefault(r.outcome, set()).add(r.arm)
                if _in_table(r):
                    tabled.setdefault(r.outcome, set()).add(r.arm)
            if r.measure in _OF_ONE_ARM and r.value is not None:
                told.setdefault(r.outcome, set()).add(r.arm)
    return tuple(sorted(outcomes, key=lambda o: tuple(len(known.get(o.id, ())) < 2 for known in (tabled, full, told))))


def _plain_name(name: str) -> str | None:
    """The name of an outcome without marks of subscripts ("HbA~1c~"), None where it has none."""
    plain = without_script_marks(name)
    return plain if plain != name else None


_OF_ONE_ARM = frozenset({"count", "percentage", "mean", "change", "score", "median", "rate"})
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 30.4, "year": 365}


def whole_groups_first(results: Sequence[Result]) -> tuple[Result, ...]:
    """Return ``results`` with those first that are told in full of whole groups, what was found directly after treatment
    and then the latest time first; then those of parts of the groups and those told in part; otherwise in the order given."""
    return tuple(sorted(results, key=lambda r: (_at_baseline(r), r.subgroup is not None, -_fullness(r), not _in_table(r), -_days(r))))


def _at_baseline(result: Result) -> bool:
    """Whether a figure describes the participants before anything was done."""
    return result.timepoint is not None and result.timepoint.value == 0


def _in_table(result: Result) -> bool:
    return result.rules.get("figure", "").startswith("table.")


def _fullness(result: Result) -> int:
    """2 where a figure of one group stands with its group size and, for a mean, its spread; 1 where one of them is told,
    as a percentage tells of the whole group; a bare count does not say of how many."""
    with_size = result.total is not None
    if result.measure in ("percentage", "count"):
        return (result.measure == "percentage" or with_size) + (with_size and result.events is not None)
    return (result.dispersion is not None) + (result.dispersion is not None and with_size)


def _days(result: Result) -> float:
    time = result.timepoint
    if time is None and result.rules.get("timepoint") == AFTER_TREATMENT:
        return inf  # what a trial asks first; later visits ask whether it lasts
    return time.value * _DAYS.get(time.unit, 0) if time is not None else 0.0


def _owner(result: Result, frames: Sequence[TrialFrame]) -> int:
    """Index of the frame that a result belongs to: the background trial whose scope it stands in, else the reported."""
    place = result.span[0] if result.span is not None else 0
    for i, frame in enumerate(frames):
        if frame.role == "background" and any(start <= place < end for start, end in frame.scopes):
            return i
    return 0


def _start(mention: ArmMention | OutcomeMention) -> int:
    return mention.start


def _trial(
    trial_id: str, frame: TrialFrame, frames: Sequence[TrialFrame], arms: ArmReading, outcomes: OutcomeReading,
    results: Sequence[Result], tabled: bool,
) -> Trial:  # fmt: skip
    mine = tuple(r for r in results if frames[_owner(r, frames)] is frame)
    if tabled:
        mine = whole_groups_first(mine)
    reported = frame is frames[0]
    used = {r.outcome for r in mine}
    measured = {m.outcome_id for m in outcomes.mentions if m.measured}
    used_arms = {a for r in mine for a in (r.arm, r.comparator)}
    # the rule of the first naming is what found the arm or outcome
    arm_rules = {a: m.rule for m in sorted(arms.mentions, key=_start, reverse=True) for a in m.arm_ids}
    outcome_rules = {m.outcome_id: m.rule for m in sorted(outcomes.mentions, key=_start, reverse=True)}
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
        arms=tuple(
            replace(a, rule=arm_rules.get(a.id)) for a in arms.arms if (reported and a.rule != POOLED) or a.id in used_arms
        ),
        outcomes=best_told_first(
            [
                replace(o, rule=outcome_rules.get(o.id), concept=o.concept or _plain_name(o.name.text))
                for o in outcomes.outcomes
                if o.id in used or (reported and o.id in measured)
            ],
            mine,
        ),
        results=mine,
    )
