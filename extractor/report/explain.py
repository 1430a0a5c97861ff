"""What was read in one document, and why: marks in its text, the parts of its trials, the rule of each link.

``explain_record`` makes plain values of a Record; ``explain_text`` and ``explain_html`` show them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from extractor.records import Arm, Mention, Outcome, Record, Result, Span, Trial
from extractor.report.rules import rule_text
from extractor.report.tables import figure_text, timepoint_text

__all__ = ["Explanation", "Fact", "Link", "Mark", "Piece", "ResultView", "TrialView", "explain_record", "explain_trial", "pieces"]

Place = tuple[int, int]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the text that was read as something.

    Attributes:
        start, end: code points. kind: the label of a mention, or "trial", "arm", "outcome", "population", "result".
        note: what it is, in words. arm: place of its arm in the trial, 0 the first. result: id of the result.
    """

    start: int
    end: int
    kind: str
    note: str
    arm: int | None = None
    result: str | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something read of a trial: ``name`` says what, ``value`` what was read, ``rule`` the id of what found it."""

    name: str
    value: str
    rule: str | None = None
    says: str = ""
    arm: int | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link of a figure: ``name`` is "outcome", "arm" ..., ``rule`` the rule that made it and ``says`` what that says."""

    name: str
    value: str
    rule: str | None = None
    says: str = ""


class ResultView(msgspec.Struct, frozen=True, kw_only=True):
    """A result as a reader would write it, with its links and the sentence that says it."""

    id: str
    figure: str
    measure: str
    links: tuple[Link, ...]
    quote: str
    arm: int | None = None


class TrialView(msgspec.Struct, frozen=True, kw_only=True):
    """A trial: its name, what was read of it, and its results."""

    name: str
    facts: tuple[Fact, ...]
    results: tuple[ResultView, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A document with everything that was read in it."""

    id: str
    title: str | None
    text: str
    version: str
    marks: tuple[Mark, ...]
    trials: tuple[TrialView, ...]
    checks: tuple[str, ...]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the text that the same marks cover; the innermost comes first. ``opens``: one of them begins here."""

    text: str
    marks: tuple[Mark, ...] = ()
    opens: bool = False


def explain_record(record: Record) -> Explanation:
    """Return what ``record`` holds, in the order of its text, with the rule of every link."""
    text = record.document.text
    trials = tuple(_trial_view(trial, text) for trial in record.trials)
    marks = [Mark(start=m.start, end=m.end, kind=m.label, note=_mention_note(m)) for m in record.mentions]
    for trial, view in zip(record.trials, trials, strict=True):
        marks += _trial_marks(trial, view)
    return Explanation(
        id=record.document.id,
        title=record.document.title,
        text=text,
        version=f"{record.extractor.name} {record.extractor.version}",
        marks=tuple(sorted(marks, key=lambda m: (m.start, -m.end))),
        trials=trials,
        checks=tuple(
            f"{check.severity}: {check.message}{f' ({check.result})' if check.result else ''}"
            for check in record.checks
        ),
    )


def explain_trial(trial: Trial) -> TrialView:
    """Return what ``trial`` holds; without the text of its document no figure has its sentence."""
    return _trial_view(trial, None)


def pieces(explanation: Explanation) -> Iterator[Piece]:
    """Yield the text cut where marks begin or end; the pieces in a row are the whole text."""
    text, marks = explanation.text, explanation.marks
    borders = sorted({0, len(text), *(m.start for m in marks), *(m.end for m in marks)})
    waiting = 0
    covering: list[Mark] = []
    for start, end in zip(borders, borders[1:], strict=False):
        covering = [m for m in covering if m.end > start]
        while waiting < len(marks) and marks[waiting].start <= start:
            covering.append(marks[waiting])
            waiting += 1
        inner = sorted(covering, key=lambda m: (m.end - m.start, m.result is None, m.arm is None))
        yield Piece(text=text[start:end], marks=tuple(inner), opens=any(m.start == start for m in covering))


def _mention_note(mention: Mention) -> str:
    concept = f" = {mention.concept}" if mention.concept is not None else ""
    return f"{mention.label}{concept}{f' ({mention.id})' if mention.id else ''}"


def _trial_marks(trial: Trial, view: TrialView) -> Iterator[Mark]:
    places = {arm.id: i for i, arm in enumerate(trial.arms)}
    for arm in trial.arms:
        if arm.label is not None:
            note = f"{arm.role} arm {arm.id}"
            yield Mark(start=arm.label.start, end=arm.label.end, kind="arm", note=note, arm=places[arm.id])
    for outcome in trial.outcomes:
        note = f"{outcome.role} outcome {outcome.id}"
        yield Mark(start=outcome.name.start, end=outcome.name.end, kind="outcome", note=note)
    for name, span in (*_trial_spans(trial), *_population_spans(trial)):
        kind = "population" if name.startswith("population") else "trial"
        yield Mark(start=span.start, end=span.end, kind=kind, note=name)
    for result, shown in zip(trial.results, view.results, strict=True):
        if result.span is not None:
            note = "; ".join([f"{shown.id}: {shown.figure}", *map(_link_text, shown.links)])
            start, end = result.span
            of = places.get(result.arm or "")
            yield Mark(start=start, end=end, kind="result", note=note, arm=of, result=result.id)


def _link_text(link: Link) -> str:
    return f"{link.name} {link.value}".rstrip() + (f" [{link.rule}]" if link.rule else "")


def _trial_spans(trial: Trial) -> Iterator[tuple[str, Span]]:
    for registry_id in trial.registry_ids:
        yield "registry id", registry_id
    if trial.acronym is not None:
        yield "acronym", trial.acronym
    if trial.phase is not None:
        yield "phase", trial.phase


def _population_spans(trial: Trial) -> Iterator[tuple[str, Span]]:
    population = trial.population
    for name in population.__struct_fields__:
        value = getattr(population, name)
        for span in value if isinstance(value, tuple) else (value,):
            if isinstance(span, Span):
                yield f"population: {name}", span


def _trial_view(trial: Trial, text: str | None) -> TrialView:
    arms = {arm.id: (i, _arm_name(arm)) for i, arm in enumerate(trial.arms)}
    outcomes = {outcome.id: _outcome_name(outcome) for outcome in trial.outcomes}
    results = tuple(_result_view(result, text, arms, outcomes) for result in trial.results)
    names = [trial.acronym.text] if trial.acronym is not None else []
    names += [registry_id.value for registry_id in trial.registry_ids]
    title = f"{trial.role} trial {trial.id}" + (f": {', '.join(dict.fromkeys(names))}" if names else "")
    return TrialView(name=title, facts=tuple(_facts(trial)), results=results)


def _facts(trial: Trial) -> Iterator[Fact]:
    for name, span in _trial_spans(trial):
        value = getattr(span, "value", None)
        yield Fact(name=name, value=span.text if value in (None, span.text) else f"{value} ({span.text})")
    for name in trial.design.__struct_fields__:
        stated = getattr(trial.design, name)
        if stated is not None:
            yield Fact(name=f"design: {name}", value={True: "yes", False: "no"}.get(stated, str(stated)))
    for condition in trial.conditions:
        yield Fact(name="condition", value=_named(condition))
    for name in ("sponsor", "funders", "sites", "countries", "recruitment", "follow_up"):
        value = getattr(trial, name)
        for span in value if isinstance(value, tuple) else (value,):
            if span is not None:
                yield Fact(name=name.replace("_", " "), value=span.text)
    for name, span in _population_spans(trial):
        yield Fact(name=name, value=span.text)
    for i, arm in enumerate(trial.arms):
        says = rule_text("found_arm", arm.rule) if arm.rule else ""
        yield Fact(name=f"arm {arm.id}, {arm.role}", value=_arm_value(arm), rule=arm.rule, says=says, arm=i)
    for outcome in trial.outcomes:
        says = rule_text("found_outcome", outcome.rule) if outcome.rule else ""
        name = f"outcome {outcome.id}, {outcome.role}"
        yield Fact(name=name, value=_outcome_name(outcome), rule=outcome.rule, says=says)


def _named(mention: Mention) -> str:
    same = mention.concept is None or mention.concept == mention.text
    return mention.text if same else f"{mention.text} = {mention.concept}"


def _arm_name(arm: Arm) -> str:
    return arm.label.text if arm.label is not None else f"all participants ({arm.role})"


def _arm_value(arm: Arm) -> str:
    parts = [_arm_name(arm)]
    if arm.size is not None:
        parts.append(f"n = {arm.size.text}")
    for item in arm.interventions:
        how = [span.text for span in (item.dose, item.route, item.schedule, item.duration) if span is not None]
        parts.append(", ".join([f"{item.label} {_named(item)}", *how]))
    return "; ".join(parts)


def _outcome_name(outcome: Outcome) -> str:
    name, concept = outcome.name.text, outcome.concept
    return name if concept is None or concept.casefold() == name.casefold() else f"{name} = {concept}"


def _result_view(
    result: Result, text: str | None, arms: dict[str, tuple[int, str]], outcomes: dict[str, str]
) -> ResultView:  # fmt: skip
    start, end = result.sentence or result.span or (0, 0)
    arm = arms.get(result.arm or "")
    return ResultView(
        id=result.id,
        figure=figure_text(result),
        measure=result.measure,
        links=tuple(_links(result, text, arms, outcomes)),
        quote=" ".join(text[start:end].split()) if text is not None else "",
        arm=arm[0] if arm is not None else None,
    )


def _links(result: Result, text: str | None, arms: dict[str, tuple[int, str]], outcomes: dict[str, str]) -> Iterator[Link]:
    """The links in the order in which a reader asks; what is not linked is told too."""
    side = arms.get(result.arm or "", (0, "not known"))[1]
    other = arms.get(result.comparator or "")
    values: Sequence[tuple[str, str | None]] = (
        ("figure", text[slice(*result.span)] if result.span is not None and text is not None else result.printed),
        ("outcome", outcomes.get(result.outcome or "", "not known")),
        ("arm", f"{side} against {other[1]}" if other is not None else side),
        ("timepoint", timepoint_text(result) or None),
        ("subgroup", result.subgroup.text if result.subgroup is not None else None),
        ("total", result.total.text if result.total is not None and "total" in result.rules else None),
        ("p_value", f"{result.p_value.op} {result.p_value.value:g}" if result.p_value is not None else None),
        ("direction", result.direction),
        ("context", result.context if result.context != "reported" else None),
    )
    for name, value in values:
        if value is not None:
            rule = result.rules.get(name)
            says = rule_text(name, rule) if rule is not None else ""
            yield Link(name=_LINK_NAMES.get(name, name), value=value.replace("_", " "), rule=rule, says=says)


_LINK_NAMES = {"timepoint": "time point", "p_value": "p-value"}
