"""What a question asks for, and whether a trial, one of its figures, or a piece of evidence fits it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Literal, TypedDict, get_args, get_type_hints

import msgspec

from extractor.assembly import AssembledArm, AssembledTrial, Evidence, Fact, TrialReport
from extractor.assembly.figures import events_of
from extractor.errors import ExtractorError, LexiconError
from extractor.graph import EvidenceBase
from extractor.lexicon.folding import term_keys
from extractor.naming import fold_name, said_of_people, trial_name_keys
from extractor.query.names import LABELS, UnknownNameError, concepts_of_name, nearest, population_words
from extractor.records import MEASURES, Design, Kind
from extractor.store import Selection

__all__ = [
    "ContextFilter",
    "Filters",
    "FurtherFilters",
    "MoreFilters",
    "Question",
    "RoleFilter",
    "arm_treatments",
    "days",
    "design_terms",
    "treatments",
]

ContextFilter = Literal["reported", "background", "hypothesis"] | None
RoleFilter = Literal["reported", "background"] | None
_DESIGN_FILE = "design_terms.tsv"
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}
"""Length of a unit of time in days; a month is a twelfth of a year of 365.25 days."""
_DURATION = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*[- ]?\s*([a-z]{1,9}?)s?\s*", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


class FurtherFilters(TypedDict, total=False):
    """What may be asked for beside names; all that is given must hold.

    Attributes:
        population: words that are said of the people ("children", "postmenopausal women"), in the description, the
            eligibility criteria, their age, sex, ethnicity or country.
        design: one or several of "randomized", "double-blind", "open-label", "placebo-controlled", "single-arm",
            "crossover", "noninferiority", ...
        min_enrolled, max_enrolled: number of participants.
        min_time, max_time: when the figure was taken, such as "6 months" or "52 weeks".
        significant: as stated, or as p-value or interval imply.
        kind: "news", "press_release", "abstract", "full_text" or "registry". source: site or collection of the document.
        since, until: date of the document, ISO 8601; "2021" and "2021-06" stand for all their days.
    """

    population: str | None
    design: str | Sequence[str] | None
    min_enrolled: float | None
    max_enrolled: float | None
    min_time: str | None
    max_time: str | None
    significant: bool | None
    kind: str | None
    source: str | None
    since: str | None
    until: str | None


class MoreFilters(FurtherFilters, total=False):
    """The same with ``measure``, one of ``extractor.records.MEASURES``."""

    measure: str | None


class Filters(MoreFilters, total=False):
    """All filters.

    Attributes:
        drug: generic or brand name, development code or class ("PD-1 inhibitor"); also procedures and behaviours.
        condition: a general name also finds its special forms. outcome: name or abbreviation.
        trial: registry id, acronym or key. phase: "1", "1/2", "2", "2/3", "3", "4".
    """

    drug: str | None
    condition: str | None
    outcome: str | None
    trial: str | None
    phase: str | None


_KNOWN = frozenset(get_type_hints(Filters))


def days(duration: str) -> float:
    """Return the days of a duration such as "6 months", "52-week" or "1 year".

    Raises:
        ExtractorError: it is not a number with a unit of time.
    """
    found = _DURATION.fullmatch(duration)
    if found is None or found[2].casefold() not in _DAYS:
        raise ExtractorError(f"not a duration: {duration!r}; write a number and a unit: 6 months, 52 weeks, 30 days")
    return float(found[1]) * _DAYS[found[2].casefold()]


class Question:
    """The filters of a question with their names resolved: what of the store they select, and what fits them.

    Raises (when it is made):
        UnknownNameError: a name is neither in the vocabulary nor in the store.
        ExtractorError: a duration or date cannot be read.
    """

    def __init__(self, base: EvidenceBase, filters: Filters) -> None:
        _check_names(filters)
        self._base = base
        given = {label: name for label in LABELS if (name := filters.get(label)) is not None}
        named = {label: concepts_of_name(base.store, label, str(name)) for label, name in given.items()}
        self.drugs, self.conditions, self.outcomes = (
            frozenset(concept.concept for concept in named[label]) if label in named else None for label in LABELS
        )
        self._events = frozenset(event for known in self.outcomes or () for event in events_of(known))
        if "outcome" in named:
            named["outcome"] += base.store.concepts_called(LABELS["outcome"], self._events)
        self._filters = filters
        phase, low, high = filters.get("phase"), filters.get("min_time"), filters.get("max_time")
        self._phase = None if phase is None else fold_name(phase).removeprefix("phase ")
        self._low, self._high = (None if limit is None else days(limit) for limit in (low, high))
        self._people = population_words(filters.get("population") or "")
        self._design = list(_design_tests(filters.get("design")))
        self._groups = tuple(frozenset(concept.id for concept in group) for group in named.values())

    # ---- selection

    def selection(self) -> Selection:
        """Return what of the question the index of the store can answer."""
        filters = self._filters
        return msgspec.structs.replace(
            self._named_trial(),
            concepts=self._groups,
            people=tuple(self._people),
            phase=self._phase,
            kind=filters.get("kind"),
            measure=filters.get("measure"),
            since=filters.get("since"),
            until=filters.get("until"),
            min_enrolled=filters.get("min_enrolled"),
            max_enrolled=filters.get("max_enrolled"),
        )

    def _named_trial(self) -> Selection:
        name = self._filters.get("trial")
        if name is None:
            return Selection()
        if name.startswith("trial:doc:"):
            key, _, trial = name.removeprefix("trial:doc:").rpartition("#")
            return Selection(document=(key, trial))
        return Selection(keys=trial_name_keys(name))

    def components(self) -> list[int]:
        """Return the numbers of the components of the store that may hold what is asked for.

        Raises:
            UnknownNameError: no trial has the name that is asked for.
            StoreError: the store cannot be read.
        """
        name = self._filters.get("trial")
        found = self._base.store.components(self.selection())
        if name is not None and not found and not self._base.store.components(self._named_trial()):
            raise UnknownNameError("trial", name, nearest(name, self._base.store.trial_names()))
        return found

    # ---- trials

    def fits_trial(self, trial: AssembledTrial) -> bool:
        """Tell whether ``trial`` fits the filters that speak of trials, and has what the others ask for at all."""
        filters = self._filters
        name = filters.get("trial")
        return (
            (name is None or _is_called(trial, name))
            and self._phase in (None, trial.phase)
            and _is_within(trial.enrolled, filters.get("min_enrolled"), filters.get("max_enrolled"))
            and (self.conditions is None or any(known.key in self.conditions for known in trial.conditions))
            and self.gives_drug(trial)
            and (self.outcomes is None or any(self._is_outcome(known.key) for known in trial.outcomes))
            and all(any(test(report.trial.design) for report in trial.reports) for test in self._design)
            and self._fits_people(trial)
            and (not self._asks_of_documents() or any(map(self._fits_report, trial.reports)))
            and (not self.asks_of_figures() or any(self.fits_fact(trial, fact) for fact in trial.facts))
        )

    def gives_drug(self, trial: AssembledTrial) -> bool:
        """Tell whether the trial gives the treatment asked for, or documents on it alone name it."""
        return self.drugs is None or not self.drugs.isdisjoint(treatments(trial))

    def is_treated(self, arm: AssembledArm) -> bool:
        """Tell whether the group receives the treatment asked for."""
        return self.drugs is not None and not self.drugs.isdisjoint(arm_treatments(arm))

    def _is_outcome(self, key: str) -> bool:
        return self.outcomes is not None and (key in self.outcomes or key in self._events)

    def _fits_people(self, trial: AssembledTrial) -> bool:
        if not self._people:
            return True
        said = {
            key
            for report in trial.reports
            for phrase in said_of_people(report.trial.population)
            for key in term_keys(phrase)
        }
        return all(not words.isdisjoint(said) for words in self._people)

    # ---- documents

    def _asks_of_documents(self) -> bool:
        return any(self._filters.get(name) is not None for name in ("kind", "source", "since", "until"))

    def _fits_report(self, report: TrialReport) -> bool:
        document = report.record.document
        return self.fits_document(document.kind, document.source, document.published)

    def fits_evidence(self, evidence: Evidence) -> bool:
        """Tell whether the document of ``evidence`` fits kind, source and date."""
        return self.fits_document(evidence.document_kind, evidence.source, evidence.published)

    def fits_document(self, kind: str, source: str | None, published: str | None) -> bool:
        """Tell whether a document of this kind, source and date fits."""
        filters = self._filters
        wanted, since, until = filters.get("source"), filters.get("since"), filters.get("until")
        date = published or ""
        return (
            filters.get("kind") in (None, kind)
            and (wanted is None or fold_name(wanted) in fold_name(source or ""))
            and (since is None or (date != "" and date[: len(since)] >= since[: len(date)]))
            and (until is None or (date != "" and date[: len(until)] <= until))
        )

    # ---- figures

    def asks_of_figures(self) -> bool:
        """Tell whether some filter speaks of figures and not of trials."""
        names = ("measure", "min_time", "max_time", "significant")
        return any(self._filters.get(name) is not None for name in names)

    def fits_fact(self, trial: AssembledTrial, fact: Fact) -> bool:
        """Tell whether a figure of a trial that fits is one of those asked for."""
        return self.fits_figure(fact) and self._fits_groups(trial, fact)

    def fits_figure(self, fact: Fact) -> bool:
        """The same without regard to the treatment."""
        filters = self._filters
        return (
            filters.get("measure") in (None, fact.measure)
            and self.fits_outcome(fact)
            and filters.get("significant") in (None, fact.result.significant)
            and self._fits_time(fact)
            and (not self._asks_of_documents() or any(map(self.fits_evidence, fact.evidence)))
        )

    def fits_outcome(self, fact: Fact) -> bool:
        """Tell whether ``fact`` is of the outcome asked for; a hazard ratio of the event is one of the time to it."""
        if self.outcomes is None or fact.outcome in self.outcomes:
            return True
        if fact.measure != "hazard_ratio" or fact.outcome is None:
            return False
        # One document may tell the ratio of the event, another that of the time to it: they are one fact.
        return fact.outcome in self._events or not self.outcomes.isdisjoint(events_of(fact.outcome))

    def _fits_time(self, fact: Fact) -> bool:
        if self._low is None and self._high is None:
            return True
        at = fact.result.timepoint
        if at is None or at.unit not in _DAYS:
            return False
        # A hundredth more or less, so that 12 months are a year and 52 weeks too.
        taken = at.value * _DAYS[at.unit]
        return (self._low is None or taken >= self._low * 0.99) and (self._high is None or taken <= self._high * 1.01)

    def _fits_groups(self, trial: AssembledTrial, fact: Fact) -> bool:
        if self.drugs is None:
            return True
        arms = {arm.key: arm for arm in trial.arms}
        if any(self.is_treated(arms[key]) for key in (fact.arm, fact.comparator) if key is not None):
            return True
        # A figure of everybody, or of a group whose treatment no document spells out, is taken by its trial.
        arm = arms[fact.arm] if fact.arm is not None else None
        unclear = arm is None or (arm.role in ("experimental", "overall") and not arm.interventions)
        return unclear and self.gives_drug(trial)


def _check_names(filters: Filters) -> None:
    """Raise where a filter is not one, or has a value that is none of a short list."""
    unknown = sorted(filters.keys() - _KNOWN)
    if unknown:
        hint = nearest(unknown[0], _KNOWN)
        raise TypeError(f"there is no filter {unknown[0]!r}" + (f"; did you mean {hint[0]!r}?" if hint else ""))
    for name, known in (("measure", MEASURES), ("kind", get_args(Kind))):
        value = filters.get(name)
        if value is not None and value not in known:
            raise UnknownNameError(name, str(value), nearest(str(value), known) or tuple(known)[:5])
    for name in ("since", "until"):
        date = filters.get(name)
        if date is not None and not _DATE.fullmatch(str(date)):
            raise ExtractorError(f"not a date: {str(date)!r}; write 2021, 2021-06 or 2021-06-30")


def _is_within(number: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def arm_treatments(arm: AssembledArm) -> set[str]:
    """Return the keys of what the group receives."""
    return {intervention.key for intervention in arm.interventions}


def treatments(trial: AssembledTrial) -> set[str]:
    """Return the keys of what any group receives, and of what documents on this trial alone name."""
    return {key for arm in trial.arms for key in arm_treatments(arm)} | {concept.key for concept in trial.mentioned}


def _is_called(trial: AssembledTrial, name: str) -> bool:
    keys = set(trial_name_keys(name))
    own = {key for known in (*trial.registry_ids, *trial.acronyms) for key in trial_name_keys(known)}
    return name == trial.key or not keys.isdisjoint(own)


# ---- designs


@cache
def design_terms() -> dict[tuple[str, ...], tuple[str, frozenset[str]]]:
    """Return field of ``Design`` and the values that fit, by the folded words of each term.

    Raises:
        LexiconError: the table is malformed or names a field that Design does not have.
    """
    file = resources.files("extractor.query").joinpath("data", _DESIGN_FILE)
    lines = file.read_text(encoding="utf-8").splitlines()
    if lines[0] != "terms\tfield\tvalues\tsource":
        raise LexiconError("the header must be terms, field, values, source", f"{_DESIGN_FILE}:1")
    terms: dict[tuple[str, ...], tuple[str, frozenset[str]]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 4 or not all(cells) or cells[1] not in Design.__struct_fields__:
            raise LexiconError("expected terms, a field of Design, values, source", f"{_DESIGN_FILE}:{number}")
        for term in cells[0].split("|"):
            if _design_key(term) in terms:
                raise LexiconError(f"{term!r} stands twice", f"{_DESIGN_FILE}:{number}")
            terms[_design_key(term)] = (cells[1], frozenset(cells[2].split("|")))
    return terms


def _design_key(term: str) -> tuple[str, ...]:
    """Hyphens and the words "trial" and "study" make no difference."""
    return tuple(key for key in term_keys(term) if key not in ("-", "trial", "study"))


def _design_tests(wanted: str | Sequence[str] | None) -> Iterator[Callable[[Design], bool]]:
    for term in [wanted] if isinstance(wanted, str) else wanted or ():
        found = design_terms().get(_design_key(term))
        if found is None:
            raise UnknownNameError("design", term, nearest(term, (" ".join(known) for known in design_terms())))
        yield _design_test(*found)


def _design_test(field: str, values: Iterable[str]) -> Callable[[Design], bool]:
    def fits(design: Design) -> bool:
        stated = getattr(design, field)
        return stated is not None and (str(stated).lower() if isinstance(stated, bool) else stated) in values

    return fits
