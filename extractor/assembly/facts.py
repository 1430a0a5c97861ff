"""The figures of a trial over documents: what states the same figure is one fact."""

from __future__ import annotations

import msgspec

from extractor.assembly.belief import Sources
from extractor.assembly.concepts import Place
from extractor.assembly.types import Evidence, Fact, TrialReport
from extractor.naming import fold_name
from extractor.records import Context, Result

__all__ = ["join_facts"]


class _FactKey(msgspec.Struct, frozen=True, order=True):
    """What makes two stated figures one fact."""

    outcome: str
    measure: str
    value: str
    unit: str
    timepoint: str
    subgroup: str
    direction: str
    hypothesis: bool
    arm: str
    comparator: str

    def text(self) -> str:
        parts = [self.outcome or "-", self.measure, " ".join(filter(None, (self.value or "-", self.unit)))]
        parts += [f"at {self.timepoint}"] if self.timepoint else []
        parts += [self.subgroup] if self.subgroup else []
        parts += [self.direction] if self.direction else []
        parts += [self.arm] if self.arm else []
        parts += [f"vs {self.comparator}"] if self.comparator else []
        parts += ["hypothesis"] if self.hypothesis else []
        return "/".join(part.replace("/", "|") for part in parts)


def _time_key(result: Result) -> str:
    """Years count as 12 months and weeks as 7 days, so that "2 years" and "24 months" are one time point."""
    if result.timepoint is None:
        return ""
    factor, unit = {"year": (12, "month"), "week": (7, "day")}.get(result.timepoint.unit, (1, result.timepoint.unit))
    return f"{result.timepoint.value * factor:g} {unit}"


def _fact_key(report: TrialReport, result: Result, arms: dict[Place, str], outcomes: dict[Place, str]) -> _FactKey:
    def look_up(keys: dict[Place, str], identifier: str | None) -> str:
        return keys.get((report.document, report.trial.id, identifier or ""), "")

    return _FactKey(
        outcome=look_up(outcomes, result.outcome),
        measure=result.measure,
        value="" if result.value is None else f"{result.value:.12g}",
        unit=fold_name(result.unit or ""),
        timepoint=_time_key(result),
        subgroup=fold_name(result.subgroup.text) if result.subgroup is not None else "",
        direction=(result.direction or "") if result.measure == "comparison" else "",
        hypothesis=result.context == "hypothesis",
        arm=look_up(arms, result.arm),
        comparator=look_up(arms, result.comparator),
    )


def _evidence(report: TrialReport, result: Result) -> Evidence:
    document = report.record.document
    start, end = result.sentence or result.span or (0, 0)
    return Evidence(
        document=report.document,
        document_kind=document.kind,
        title=document.title,
        url=document.url,
        source=document.source,
        published=document.published,
        start=start,
        end=end,
        quote=document.text[start:end],
        trial=report.trial.id,
        result=result,
    )


def _fullness(evidence: Evidence) -> tuple[bool, int]:
    result = evidence.result
    stated = (result.events, result.total, result.ci, result.p_value, result.dispersion, result.baseline)
    return (result.context != "reported", -sum(part is not None for part in stated))


def join_facts(
    trial: str, reports: list[TrialReport], arms: dict[Place, str], outcomes: dict[Place, str], sources: Sources
) -> tuple[Fact, ...]:
    """Return the facts of the trial of this key, sorted by key."""
    found: dict[_FactKey, list[Evidence]] = {}
    for report in reports:
        for result in report.trial.results:
            found.setdefault(_fact_key(report, result, arms, outcomes), []).append(_evidence(report, result))
    facts = []
    for key, evidence in sorted(found.items()):
        contexts = {item.result.context for item in evidence}
        context: Context = "hypothesis" if key.hypothesis else "reported" if "reported" in contexts else "background"
        facts.append(
            Fact(
                key=f"result:{trial.removeprefix('trial:')}/{key.text()}",
                trial=trial,
                measure=evidence[0].result.measure,
                context=context,
                arm=key.arm or None,
                comparator=key.comparator or None,
                outcome=key.outcome or None,
                evidence=tuple(sorted(evidence, key=_fullness)),
                belief=sources.belief(evidence),
            )
        )
    return tuple(facts)
