"""A news story held against what the paper, the registry record or the stored evidence says of its trial.

Story and sources are assembled as any documents are, so that a figure counts as the same under the same rules: 53 % and
16 of 30, a hazard ratio of 0.62 and "38 % lower". A figure of the story

* agrees where a source states it, for the same place or, where it is distinctive, for one that was read differently;
* differs where a source states another figure for its place, or the same one with another interval or p-value;
* is missing where no source states either.

Papers and registry records are asked first; other news only where they are silent, since news repeat each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from extractor.assembly import AssembledTrial, Decision, Decisions, Evidence, Fact, TrialReport, assemble, reports_of
from extractor.assembly.figures import Figure, figure_of, outcome_key, same_figure, same_time, time_days
from extractor.errors import AnalysisError
from extractor.extraction import extract, extract_article
from extractor.query import EvidenceGraph
from extractor.records import ONE_ARM_MEASURES, Article, PValue, Record, Result

__all__ = ["Note", "Quoted", "StoryCheck", "StoryFigure", "Verdict", "check_story"]

Verdict = Literal["agrees", "differs", "missing"]
Note = Literal["relative_only", "no_comparator", "elsewhere", "disputed"]
_PAPERS = frozenset({"abstract", "full_text", "registry"})
_RELATIVE = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "relative_reduction", "fold_change"})
_SINGLE = frozenset({"percentage", "count", "rate", "mean", "median", "change", "score"})
_LEAST_P = 0.001
_MANY = 400
"""Figures of one kind, as in ``extractor.assembly``, beyond which not all are compared with all."""
_MOST_BESIDE = 4
"""Figures of the paper that are shown beside one of the story that stands alone."""


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """A figure where it stands.

    Attributes:
        document, kind, title, url: the document. printed: the figure as written, ``text[start:end]`` of the document.
        quote: the sentence, from ``quote_start``. measure, value, unit: as read. outcome, arm, comparator: names of the
            trial's, None where not stated. timepoint: value and unit.
    """

    document: str
    kind: str
    title: str | None
    url: str | None
    printed: str
    start: int
    end: int
    quote: str
    quote_start: int
    measure: str
    value: int | float | None
    unit: str | None
    outcome: str | None
    arm: str | None
    comparator: str | None
    timepoint: str | None


class StoryFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the story and what became of it.

    Attributes:
        story: where the story states it. source: what agrees or differs; None where it is missing.
        differs_in: "value", "interval", "p-value".
        beside: figures of the sources that the story leaves out; of a missing one, those that it may be held against.
        notes: "relative_only": a relative figure, and the story gives none of the groups for that outcome;
            "no_comparator": a figure of one group, and the story gives neither that of another nor a comparison;
            "elsewhere": it agrees with a figure that was read for another outcome or time point;
            "disputed": it agrees with one source, and another differs.
    """

    verdict: Verdict
    story: Quoted
    source: Quoted | None = None
    differs_in: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    beside: tuple[Quoted, ...] = ()


class StoryCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a story.

    Attributes:
        story, title: the story's document. trials: keys of the trials that were compared.
        sources: (document, kind) of the documents on them. figures: those of the story, in its order.
        not_compared: figures of the story on trials that no source is about.
    """

    story: str
    title: str | None
    trials: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    figures: tuple[StoryFigure, ...]
    not_compared: tuple[Quoted, ...] = ()

    @property
    def differing(self) -> tuple[StoryFigure, ...]:
        """The figures that differ."""
        return tuple(figure for figure in self.figures if figure.verdict == "differs")


def check_story(
    story: Record | Article | str, against: Record | Article | str | EvidenceGraph | Iterable[Record | Article | str]
) -> StoryCheck:
    """Compare the figures of ``story`` with what is said of the same trial elsewhere.

    Args:
        story: the text of a news story, or its article or record.
        against: the text of an abstract, an article or record, several of these, or the evidence of a store. A single
            document that reports one trial is taken for the paper of the story's trial, unless their ids speak against it;
            of several, and of a store, those count that are found to be of the same trial.

    Raises:
        AnalysisError: the story states no figure of a trial, or nothing in ``against`` is of that trial.
        AssemblyError: the two that are named are different trials by their registry ids or numbers.
        ParseError: a text is blank or too long.
    """
    record = _record(story, "news")
    if not any(trial.role == "reported" and trial.results for trial in record.trials):
        raise AnalysisError(f"{record.document.id}: no figure of a trial is read in the story")
    reports, alone = _source_reports(record, against)
    key = _free_key(record.document.id, {report.document for report in reports})
    own = list(reports_of(key, record))
    decisions = None
    if alone and _reported(own) == 1 == _reported(reports):
        # The user says that the two are of one trial; ids that speak against it are told by the assembly.
        decisions = Decisions([Decision(action="join", one=key, other=reports[0].document, where="the two that are named")])
    trials = assemble([*own, *reports], decisions)
    shared = [trial for trial in trials if _is_shared(trial, key)]
    if not shared:
        raise AnalysisError(f"{record.document.id}: nothing it could be held against is found to be of the same trial")
    figures = [figure for trial in shared for figure in _Comparison(trial, key).figures()]
    rest = [
        _quoted(trial, fact, evidence)
        for trial in trials
        if trial not in shared
        for fact in trial.facts
        for evidence in fact.evidence
        if evidence.document == key
    ]
    return StoryCheck(
        story=record.document.id,
        title=record.document.title,
        trials=tuple(trial.key for trial in shared),
        sources=tuple(sorted({(r.document, r.record.document.kind) for t in shared for r in t.reports if r.document != key})),
        figures=tuple(sorted(figures, key=lambda figure: (figure.story.start, figure.story.end))),
        not_compared=tuple(sorted(rest, key=lambda quoted: (quoted.start, quoted.end))),
    )


def _record(item: Record | Article | str, kind: Literal["news", "abstract"]) -> Record:
    if isinstance(item, Record):
        return item
    return extract_article(item) if isinstance(item, Article) else extract(item, kind=kind)


def _source_reports(
    story: Record, against: Record | Article | str | EvidenceGraph | Iterable[Record | Article | str]
) -> tuple[list[TrialReport], bool]:
    """Return the reports to compare with, without the story itself, and whether they are of one document that was named."""
    if isinstance(against, EvidenceGraph):
        found = against.related(story)
        return [report for report in found if report.record.document.sha256 != story.document.sha256], False
    items = [against] if isinstance(against, Record | Article | str) else list(against)
    records = [_record(item, "abstract") for item in items]
    records = [record for record in records if record.document.sha256 != story.document.sha256]
    reports: list[TrialReport] = []
    for record in records:
        key = _free_key(record.document.id, {report.document for report in reports})
        reports += reports_of(key, record)
    return reports, len(records) == 1


def _free_key(name: str, taken: set[str]) -> str:
    number, key = 2, name
    while key in taken:
        key = f"{name} ({number})"
        number += 1
    return key


def _reported(reports: Sequence[TrialReport]) -> int:
    return sum(report.trial.role == "reported" for report in reports)


def _is_shared(trial: AssembledTrial, story: str) -> bool:
    documents = {report.document for report in trial.reports}
    return story in documents and len(documents) > 1


def _quoted(trial: AssembledTrial, fact: Fact, evidence: Evidence) -> Quoted:
    record = next(report.record for report in trial.reports if report.document == evidence.document)
    start, end = evidence.span or (evidence.start, evidence.end)
    arms = {arm.key: arm.label for arm in trial.arms}
    outcomes = {outcome.key: outcome.name for outcome in trial.outcomes}
    time = evidence.result.timepoint
    return Quoted(
        document=evidence.document,
        kind=evidence.document_kind,
        title=evidence.title,
        url=evidence.url,
        printed=record.document.text[start:end],
        start=start,
        end=end,
        quote=evidence.quote,
        quote_start=evidence.start,
        measure=evidence.result.measure,
        value=evidence.result.value,
        unit=evidence.result.unit,
        outcome=outcomes.get(fact.outcome or ""),
        arm=arms.get(fact.arm or ""),
        comparator=arms.get(fact.comparator or ""),
        timepoint=None if time is None else f"{time.value:g} {time.unit}",
    )


class _Stated(msgspec.Struct, frozen=True):
    """A figure as one document states it, with the fact it belongs to and what it is compared by."""

    fact: Fact
    evidence: Evidence
    figure: Figure | None
    topic: str

    @property
    def result(self) -> Result:
        return self.evidence.result


class _Circle:
    """Figures that are asked together, with what finds them fast."""

    def __init__(self, stated: Iterable[_Stated]) -> None:
        self.all = list(stated)
        self._facts = _grouped((one.fact.key, one) for one in self.all)
        self._topics = _grouped((one.topic, one) for one in self.all)
        self._printed = _grouped((one.result.printed or "", one) for one in self.all)

    def of_facts(self, keys: Iterable[str]) -> list[_Stated]:
        return [one for key in keys for one in self._facts.get(key, ())]

    def of_topic(self, topic: str) -> list[_Stated]:
        """Return the figures of one outcome; none where there are so many that no place is told by what was read."""
        found = self._topics.get(topic, []) if topic else []
        return found if len(found) <= _MANY else []

    def like(self, mine: _Stated) -> list[_Stated]:
        """Return what may state the same figure; of very many, only what is printed alike."""
        return self.all if len(self.all) <= _MANY else self._printed.get(mine.result.printed or "", [])


def _grouped(pairs: Iterable[tuple[str, _Stated]]) -> dict[str, list[_Stated]]:
    groups: dict[str, list[_Stated]] = {}
    for key, one in pairs:
        groups.setdefault(key, []).append(one)
    return groups


class _Comparison:
    """The figures of one trial, those of the story apart from those of its sources."""

    def __init__(self, trial: AssembledTrial, story: str) -> None:
        self._trial = trial
        stated = [self._state(fact, evidence) for fact in trial.facts for evidence in fact.evidence]
        self._story = _Circle(one for one in stated if one.evidence.document == story)
        self._sources = _Circle(one for one in stated if one.evidence.document != story)
        papers = _Circle(one for one in self._sources.all if one.evidence.document_kind in _PAPERS)
        self._circles = [circle for circle in (papers, self._sources) if circle.all]
        self._rivals: dict[str, list[str]] = {}
        for conflict in trial.conflicts:
            for side in conflict.sides:
                others = (other.fact for other in conflict.sides if other.fact != side.fact)
                self._rivals.setdefault(side.fact, []).extend(others)

    @staticmethod
    def _state(fact: Fact, evidence: Evidence) -> _Stated:
        figure = figure_of(evidence.result)
        # For a ratio the event is its outcome; so a share of the dead and a hazard ratio for survival meet.
        return _Stated(fact, evidence, figure, outcome_key(fact.outcome, "ratio") if fact.outcome else "")

    def figures(self) -> list[StoryFigure]:
        """Return what became of each figure of the story."""
        return [self._judged(mine) for mine in self._story.all]

    def _judged(self, mine: _Stated) -> StoryFigure:
        verdict: Verdict = "missing"
        found, parts, notes = None, (), ()  # type: tuple[_Stated | None, tuple[str, ...], tuple[Note, ...]]
        for circle in self._circles:
            verdict, found, parts, notes = self._look_up(mine, circle)
            if verdict != "missing":
                break
        alone, beside = self._alone(mine)
        if verdict == "missing" and not beside:
            beside = [other for other in self._sources.of_topic(mine.topic) if _is_like(mine, other)]
        return StoryFigure(
            verdict=verdict,
            story=self._quoted(mine),
            source=None if found is None else self._quoted(found),
            differs_in=parts,
            notes=(*notes, *alone),
            beside=tuple(map(self._quoted, beside[:_MOST_BESIDE])),
        )

    def _quoted(self, stated: _Stated) -> Quoted:
        return _quoted(self._trial, stated.fact, stated.evidence)

    def _look_up(
        self, mine: _Stated, circle: _Circle
    ) -> tuple[Verdict, _Stated | None, tuple[str, ...], tuple[Note, ...]]:
        rival = self._rival(mine, circle)
        same = circle.of_facts((mine.fact.key,))
        if same:
            other = min(same, key=lambda one: (len(_other_parts(mine.result, one.result)), _is_other_form(mine, one)))
            parts = _other_parts(mine.result, other.result)
            return ("differs", other, parts, ()) if parts else ("agrees", other, (), ("disputed",) if rival else ())
        if rival is not None:
            return "differs", rival, ("value",), ()
        distant = next((other for other in circle.like(mine) if _is_distinctive(mine) and _may_be_one(mine, other)), None)
        if distant is not None:
            return "agrees", distant, (), ("elsewhere",) if _is_elsewhere(mine, distant) else ()
        return "missing", None, (), ()

    def _rival(self, mine: _Stated, circle: _Circle) -> _Stated | None:
        """Return another figure for the same place: a conflict of the assembly, or the only figure that stands there.

        A story that contradicts itself has no say in conflicts; here it is what is asked about. But where it states the
        source's figure too, for the same place, the two are told apart by something that was not read.
        """
        known = circle.of_facts(self._rivals.get(mine.fact.key, ()))
        if not known:
            there = [other for other in circle.of_topic(mine.topic) if _is_same_place(mine, other)]
            known = there if len({other.fact.key for other in there}) == 1 and not self._tells_too(mine, there) else []
        differing = (other for other in known if _compare(mine, other) is False)
        return min(differing, key=lambda other: _is_other_form(mine, other), default=None)

    def _tells_too(self, mine: _Stated, there: Sequence[_Stated]) -> bool:
        beside = [one for one in self._story.of_topic(mine.topic) if _is_same_place(mine, one)]
        # Not even ``mine`` is beside where the outcome has too many figures to be told apart.
        return not beside or any(_compare(one, other) is True for one in beside for other in there)

    def _alone(self, mine: _Stated) -> tuple[tuple[Note, ...], list[_Stated]]:
        """Tell whether the story gives a figure without those that it needs to be judged, and which the sources give."""
        measure = mine.result.measure
        if len(self._story.all) > _MANY:
            return (), []  # so many figures are those of a table, where each stands beside the others
        beside = [one for one in self._story.all if one is not mine and _is_on_the_same(mine, one)]
        theirs = [one for one in self._sources.of_topic(mine.topic) if one.result.measure in _SINGLE]
        if measure in _RELATIVE:
            if any(one.result.measure not in (*_RELATIVE, "comparison") for one in beside):
                return (), []
            return ("relative_only",), [one for one in theirs if one.fact.arm]
        groups = [arm for arm in self._trial.arms if arm.role != "overall"]
        if measure not in _SINGLE or mine.fact.arm not in {arm.key for arm in groups} or len(groups) < 2:
            return (), []
        if any(one.result.measure not in ONE_ARM_MEASURES or one.fact.arm not in (mine.fact.arm, None) for one in beside):
            return (), []
        return ("no_comparator",), [one for one in theirs if one.fact.arm not in (mine.fact.arm, None)]


def _is_on_the_same(mine: _Stated, other: _Stated) -> bool:
    """Whether the two are of one outcome; where it is not known, of one sentence."""
    if mine.topic and other.topic:
        return mine.topic == other.topic
    return mine.evidence.start == other.evidence.start


def _is_other_form(mine: _Stated, other: _Stated) -> bool:
    """Whether a reader must reckon to compare the two: 53 % and 16 of 30."""
    return mine.result.measure != other.result.measure


def _compare(mine: _Stated, other: _Stated) -> bool | None:
    if mine.figure is None or other.figure is None:
        return None
    return same_figure(mine.figure, other.figure)


def _is_same_place(mine: _Stated, other: _Stated) -> bool:
    """Whether every part of the place is stated on both sides and the same, but for a time that one side leaves open."""
    one, two = mine.fact, other.fact
    if not one.outcome or mine.topic != other.topic or _compare(mine, other) is None or "hypothesis" in (one.context, two.context):
        return False
    if any(side.figure is None or side.figure.value is None or side.figure.loose for side in (mine, other)):
        return False  # "half", or so many people of an unknown number: too little to tell two things apart
    if _subgroup(mine.result) != _subgroup(other.result) or not one.arm or one.arm != two.arm:
        return False
    if mine.result.measure not in ONE_ARM_MEASURES and one.comparator != two.comparator:
        return False
    here, there = time_days(mine.result), time_days(other.result)
    return here is None or there is None or same_time(here, there)


def _subgroup(result: Result) -> str:
    return "" if result.subgroup is None else result.subgroup.text.casefold()


def _is_distinctive(mine: _Stated) -> bool:
    """Whether the figure is printed with so many digits that another one is hardly the same by chance."""
    digits = [c for c in (mine.result.printed or "").lstrip("0.·,") if c.isdigit()]
    return len(digits) >= 2 and mine.figure is not None and not mine.figure.loose


def _is_like(mine: _Stated, other: _Stated) -> bool:
    """Whether the two are figures of one kind, outcome and arm, as far as these are stated."""
    apart = mine.fact.arm and other.fact.arm and mine.fact.arm != other.fact.arm
    return bool(mine.topic) and mine.topic == other.topic and not apart and _compare(mine, other) is not None


def _is_elsewhere(mine: _Stated, other: _Stated) -> bool:
    """Whether outcome or time point are stated on both sides and are not the same."""
    here, there = time_days(mine.result), time_days(other.result)
    moved = here is not None and there is not None and not same_time(here, there)
    return moved or bool(mine.topic and other.topic and mine.topic != other.topic)


def _may_be_one(mine: _Stated, other: _Stated) -> bool:
    apart = mine.fact.arm and other.fact.arm and mine.fact.arm != other.fact.arm
    return not apart and (mine.fact.context == other.fact.context) and _compare(mine, other) is True


# ---- intervals and p-values


def _other_parts(mine: Result, other: Result) -> tuple[str, ...]:
    """Return in which further parts two statements of one figure differ; what one leaves out is no difference."""
    parts = []
    if mine.ci is not None and other.ci is not None and mine.measure == other.measure and mine.ci.level in (None, other.ci.level):
        pairs = ((mine.ci.low, other.ci.low), (mine.ci.high, other.ci.high))
        if any(a is not None and b is not None and not _rounds_to(a, b) for a, b in pairs):
            parts.append("interval")
    if mine.p_value is not None and other.p_value is not None and not _same_p(mine.p_value, other.p_value):
        parts.append("p-value")
    return tuple(parts)


def _rounds_to(one: float, other: float) -> bool:
    """Whether the coarser of the two is the finer one rounded, by the decimals of their shortest form."""
    decimals = min(len(f"{value:.12g}".partition(".")[2]) for value in (one, other))
    unit = math.pow(10, -decimals)
    return one == other or abs(one - other) <= 0.5 * unit * (1 + 1e-6)


def _same_p(one: PValue, other: PValue) -> bool:
    """Whether both can be true: < 0.001 and = 0.0004 can."""
    if one.kind != other.kind:
        return True
    (low, high), (other_low, other_high) = _p_range(one), _p_range(other)
    return max(low, other_low) <= min(high, other_high)


def _p_range(p: PValue) -> tuple[float, float]:
    if p.op in ("<", "<="):
        return 0.0, float(p.value)
    if p.op in (">", ">="):
        return float(p.value), 1.0
    # A value of 0 is one that was rounded to so many places that nothing is left: 0.000.
    half = 0.5 * math.pow(10, -len(f"{p.value:.12f}".rstrip("0").partition(".")[2])) if p.value != 0 else _LEAST_P
    return p.value - half, p.value + half
