"""What speaks for and against two trials being one: features, their weights, the score.

The features and their weights, each with its reason, stand in ``data/identity_score.tsv``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path

import msgspec

from extractor.assembly.copies import same_text, text_runs
from extractor.assembly.figures import Figure, figure_of, outcome_key, same_figure, same_time, time_days
from extractor.assembly.joining import Group, other_conditions
from extractor.assembly.types import TrialReport
from extractor.errors import LexiconError
from extractor.identity import is_only_subject
from extractor.lexicon.folding import term_keys
from extractor.lexicon.tables import read_table
from extractor.naming import acronym_key
from extractor.records import Trial

__all__ = ["Features", "Profile", "compare", "features", "identity_score", "score_weights"]

_DATA = Path(__file__).parent / "data"
_FEATURES = (
    "drug_same", "condition_same", "condition_other", "enrolment_same", "enrolment_near", "enrolment_other",
    "phase_same", "phase_other", "design_other", "acronym_same", "acronym_other", "figure_same", "figure_same_sharp",
    "figure_other", "groups_same", "groups_other", "text_same",
)  # fmt: skip
_NEAR = 0.03
_MOST_TEXTS = 4
"""Different texts of one trial that others are compared with, to see whether they are copies."""

Features = dict[str, int]
"""How often each feature was found."""


class Weight(msgspec.Struct, frozen=True):
    """What a feature counts each time, and all times together."""

    each: float
    limit: float


class _Weights(msgspec.Struct, frozen=True):
    features: dict[str, Weight]
    threshold: float
    margin: float
    apart: float


@cache
def score_weights(path: Path = _DATA / "identity_score.tsv") -> _Weights:
    """Return the weights of the features, the threshold, the margin, and from where on two trials are apart.

    Raises:
        LexiconError: the file cannot be read, a feature is unknown or missing, or a cell is no number.
    """
    rows = {row.cells[0]: row for row in read_table(path, ("feature", "weight", "limit", "reason"))}
    wrong = {*_FEATURES, "threshold", "margin", "apart"} ^ rows.keys()
    if wrong:
        raise LexiconError(f"features missing or unknown: {', '.join(sorted(wrong))}", str(path))

    def number(name: str, cell: int) -> float:
        row = rows[name]
        try:
            return float(row.cells[cell])
        except ValueError as error:
            raise LexiconError(f"not a number: {row.cells[cell]!r}", row.where) from error

    return _Weights(
        features={name: Weight(number(name, 1), number(name, 2)) for name in _FEATURES},
        threshold=number("threshold", 1),
        margin=number("margin", 1),
        apart=number("apart", 1),
    )


# ---- what is compared


class _Told(msgspec.Struct, frozen=True):
    """A figure with its place, as far as reports of different documents can be compared.

    ``topics``: the outcome by its concept and by its printed name, which another document may have without a concept.
    """

    topics: tuple[str, ...]
    side: str
    days: float | None
    subgroup: str
    figure: Figure
    interval: tuple[float, float] | None
    digits: int


class Profile:
    """What reports of one trial tell of it together."""

    def __init__(self, group: Group) -> None:
        trials = [report.trial for report in group.reports]
        self.drugs = group.drugs
        self.conditions = group.conditions
        self.people = {
            number.value
            for trial in trials
            for number in (trial.population.enrolled, trial.population.analysed)
            if number is not None
        }
        self.sizes = {sizes for trial in trials if (sizes := _sizes(trial)) is not None}
        self.phases = {trial.phase.value for trial in trials if trial.phase is not None}
        self.acronyms = {acronym_key(trial.acronym.text) for trial in trials if trial.acronym is not None}
        self.designs: dict[str, set[object]] = {}
        for trial in trials:
            for name in ("randomized", "single_arm", "blinding"):
                value = getattr(trial.design, name)
                if value is not None:
                    self.designs.setdefault(name, set()).add(value)
        self.texts: list[frozenset[int]] = []
        for report in group.reports:
            if len(self.texts) < _MOST_TEXTS and is_only_subject(report.record, report.trial):
                self._add_text(text_runs(report.record))
        self.told = dict.fromkeys(told for report in group.reports for told in _told(report))

    def _add_text(self, text: frozenset[int]) -> None:
        if len(self.texts) < _MOST_TEXTS and not any(same_text(known, text) for known in self.texts):
            self.texts.append(text)

    def absorb(self, other: Profile) -> None:
        """Take over what ``other`` tells."""
        self.drugs = self.drugs | other.drugs
        self.conditions = self.conditions | other.conditions
        self.people |= other.people
        self.sizes |= other.sizes
        self.phases |= other.phases
        self.acronyms |= other.acronyms
        for name, values in other.designs.items():
            self.designs.setdefault(name, set()).update(values)
        for text in other.texts:
            self._add_text(text)
        self.told |= other.told


def _sizes(trial: Trial) -> tuple[int | float, ...] | None:
    """Return the sizes of the groups; None where they are not all known, or equal, as those of many trials are."""
    sizes = sorted(
        arm.size.value for arm in trial.arms if arm.size is not None and arm.role in ("experimental", "comparator")
    )
    return tuple(sizes) if len(sizes) > 1 and sizes[0] != sizes[-1] else None


def _told(report: TrialReport) -> Iterable[_Told]:
    outcomes = {outcome.id: (outcome.concept, outcome.name.text) for outcome in report.trial.outcomes}
    roles = {arm.id: arm.role for arm in report.trial.arms}
    for result in report.trial.results:
        figure = figure_of(result)
        names = outcomes.get(result.outcome or "", ())
        if figure is None or not names or result.context != "reported":
            continue
        interval = result.ci
        bounds = (
            (float(interval.low), float(interval.high))
            if interval is not None and interval.low is not None and interval.high is not None
            else None
        )
        printed = (result.printed or f"{result.value:g}").lstrip("0.·")
        yield _Told(
            topics=tuple(dict.fromkeys(outcome_key(name, figure.family) for name in names if name)),
            side="both" if figure.family == "ratio" else roles.get(result.arm or "", ""),
            days=time_days(result),
            subgroup="" if result.subgroup is None else " ".join(term_keys(result.subgroup.text)),
            figure=figure,
            interval=bounds,
            digits=sum(character.isdigit() for character in printed),
        )


def features(one: Group, other: Group) -> Features:
    """Return which features two trials have, and how often."""
    return compare(Profile(one), Profile(other))


def compare(one: Profile, other: Profile) -> Features:
    """Return which features two trials have, and how often, from their profiles."""
    found: Features = {}
    if one.drugs & other.drugs:
        found["drug_same"] = 1
    if one.conditions and other.conditions:
        other_ones = other_conditions(one.conditions, other.conditions)
        found["condition_other" if other_ones else "condition_same"] = 1
    if one.people and other.people:
        found[_enrolment(one.people, other.people)] = 1
    if one.phases and other.phases:
        found["phase_same" if one.phases & other.phases else "phase_other"] = 1
    if one.acronyms and other.acronyms:
        found["acronym_same" if one.acronyms & other.acronyms else "acronym_other"] = 1
    differing = sum(
        one.designs[name].isdisjoint(other.designs[name]) for name in one.designs.keys() & other.designs.keys()
    )
    if differing:
        found["design_other"] = differing
    if one.sizes and other.sizes:
        found["groups_same" if one.sizes & other.sizes else "groups_other"] = 1
    found |= _compare_figures(one.told, other.told)
    # Two stories of one author have much text in common too, but not the figures.
    agree = ("figure_same" in found or "figure_same_sharp" in found) and "figure_other" not in found
    if agree and any(same_text(a, b) for a in one.texts for b in other.texts):
        found["text_same"] = 1
    return found


def _enrolment(one: set[int | float], other: set[int | float]) -> str:
    if one & other:
        return "enrolment_same"
    near = any(abs(a - b) <= _NEAR * max(a, b) for a in one for b in other)
    return "enrolment_near" if near else "enrolment_other"


def _compare_figures(one: Iterable[_Told], other: Iterable[_Told]) -> Features:
    """Count the places (outcome, kind of figure, side) at which the two agree, and those at which they only differ.

    What is printed sharply (three digits, an interval, counts) outweighs what is not: intervals that differ tell two
    ratios apart though both are told as "a third less" elsewhere.
    """
    rank = {"figure_other": 1, "figure_same": 2, "figure_other_sharp": 3, "figure_same_sharp": 4}
    best: dict[tuple[str, str, str, float | None], str] = {}
    by_topic: dict[tuple[str, str, str], list[_Told]] = {}
    for theirs in other:
        for topic in theirs.topics:
            by_topic.setdefault((topic, theirs.figure.family, theirs.subgroup), []).append(theirs)
    for mine in one:
        place = (mine.topics[0], mine.figure.family, mine.side, mine.days)
        found = (by_topic.get((topic, mine.figure.family, mine.subgroup), ()) for topic in mine.topics)
        for theirs in chain.from_iterable(found):
            feature = _agreement(mine, theirs)
            if feature is not None and rank[feature] > rank.get(best.get(place, ""), 0):
                best[place] = feature
    counted = Counter(feature.replace("other_sharp", "other") for feature in best.values())
    return {feature: counted[feature] for feature in rank if feature in counted}


def _agreement(mine: _Told, theirs: _Told) -> str | None:
    if mine.side and theirs.side and mine.side != theirs.side:
        return None
    if mine.days is not None and theirs.days is not None and not same_time(mine.days, theirs.days):
        return None
    same = same_figure(mine.figure, theirs.figure)
    if same is None:
        return None
    sharp = min(mine.digits, theirs.digits) >= 3
    if not same:
        place_known = bool(mine.side) and mine.side == theirs.side and same_time(mine.days, theirs.days)
        if not place_known or mine.figure.loose or theirs.figure.loose:
            return None
        return "figure_other_sharp" if sharp else "figure_other"
    if mine.interval is not None and theirs.interval is not None:
        return "figure_same_sharp" if mine.interval == theirs.interval else "figure_other_sharp"
    counts = mine.figure.events is not None and mine.figure.events == theirs.figure.events
    return "figure_same_sharp" if sharp or counts else "figure_same"


def identity_score(found: Features) -> tuple[float, tuple[str, ...]]:
    """Return the score of ``found``, and what each feature gave to it, such as "enrolment_same +3"."""
    weights = score_weights().features
    total, parts = 0.0, []
    for name in _FEATURES:
        if name in found:
            weight = weights[name]
            points = weight.each * found[name]
            points = min(points, weight.limit) if weight.each > 0 else max(points, weight.limit)
            total += points
            parts.append(f"{name} {points:+g}")
    return total, tuple(parts)
