"""The figures of a trial over documents: facts with their evidence and belief, and the conflicts among them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from extractor.assembly.belief import Sources, against_each_other
from extractor.assembly.concepts import Place
from extractor.assembly.conflicts import contradictions
from extractor.assembly.statements import Cluster, Statement, cluster, statements_of
from extractor.assembly.types import Conflict, ConflictSide, Evidence, Fact, TrialReport
from extractor.naming import fold_name
from extractor.records import Context

__all__ = ["join_facts"]


def join_facts(
    trial: str,
    reports: Sequence[TrialReport],
    arms: dict[Place, str],
    outcomes: dict[Place, str],
    sources: Sources,
) -> tuple[tuple[Fact, ...], tuple[Conflict, ...]]:
    """Return the facts of the trial of this key, and those that contradict each other, both sorted by key.

    Args:
        arms, outcomes: for each arm and outcome of a report (its place) the key of the trial's.
    """
    buckets: dict[tuple[str, str, str, str, bool], list[Statement]] = {}
    stated = statements_of(reports, arms, outcomes)
    for statement in stated:
        buckets.setdefault(statement.bucket, []).append(statement)
    times = [s.days for s in stated if s.days is not None and s.figure is not None and not s.hypothesis]
    taken: set[str] = set()
    facts: list[Fact] = []
    conflicts: list[Conflict] = []
    for _, statements in sorted(buckets.items()):
        clusters = cluster(statements)
        made = [_fact(trial, known, sources, taken) for known in clusters]
        for members, left_open in contradictions(clusters, times):
            sides = [made[member] for member in members]
            for member, belief in zip(members, against_each_other([side.belief for side in sides]), strict=True):
                made[member] = msgspec.structs.replace(made[member], belief=belief)
            sides = [made[member] for member in members]
            conflicts.append(_conflict(trial, [clusters[member] for member in members], sides, left_open, taken))
        facts.extend(made)
    return tuple(sorted(facts, key=lambda fact: fact.key)), tuple(sorted(conflicts, key=lambda c: c.key))


def _unique(key: str, taken: set[str]) -> str:
    number = 2
    found = key
    while found in taken:
        found = f"{key}/({number})"
        number += 1
    taken.add(found)
    return found


def _key(kind: str, trial: str, parts: Sequence[str], taken: set[str]) -> str:
    path = "/".join(part.replace("/", "|") for part in parts if part)
    return _unique(f"{kind}:{trial.removeprefix('trial:')}/{path}", taken)


def _fact(trial: str, known: Cluster, sources: Sources, taken: set[str]) -> Fact:
    evidence = tuple(sorted((statement.evidence for statement in known.statements), key=_fullness))
    first = next(s for s in known.statements if s.evidence is evidence[0])
    result = first.evidence.result
    value = "-" if result.value is None else f"{result.value:.12g}"
    parts = (
        first.outcome or "-",
        result.measure,
        " ".join(filter(None, (value, fold_name(result.unit or "")))),
        f"at {known.timepoint}" if known.timepoint else "",
        first.subgroup,
        first.direction,
        known.arm,
        f"vs {known.comparator}" if known.comparator else "",
        "hypothesis" if first.hypothesis else "",
    )
    contexts = {item.result.context for item in evidence}
    context: Context = "hypothesis" if first.hypothesis else "reported" if "reported" in contexts else "background"
    return Fact(
        key=_key("result", trial, parts, taken),
        trial=trial,
        measure=result.measure,
        context=context,
        arm=known.arm or None,
        comparator=known.comparator or None,
        outcome=first.outcome or None,
        evidence=evidence,
        belief=sources.belief(evidence),
    )


def _fullness(evidence: Evidence) -> tuple[bool, int]:
    result = evidence.result
    stated = (result.events, result.total, result.ci, result.p_value, result.dispersion, result.baseline)
    return (result.context != "reported", -sum(part is not None for part in stated))


def _conflict(
    trial: str, clusters: Sequence[Cluster], facts: Sequence[Fact], left_open: tuple[str, ...], taken: set[str]
) -> Conflict:
    order = sorted(range(len(facts)), key=lambda i: (-facts[i].belief.score, facts[i].key))
    first = facts[order[0]]
    arm = next((known.arm for known in clusters if known.arm), "")
    comparator = next((known.comparator for known in clusters if known.comparator), "")
    timepoint = next((known.timepoint for known in clusters if known.timepoint), "")
    subgroup = clusters[0].head.subgroup
    parts = (
        first.outcome or "-",
        first.measure,
        f"at {timepoint}" if timepoint else "",
        subgroup,
        arm,
        f"vs {comparator}" if comparator else "",
    )
    return Conflict(
        key=_key("conflict", trial, parts, taken),
        trial=trial,
        outcome=first.outcome,
        measure=first.measure,
        arm=arm or None,
        comparator=comparator or None,
        timepoint=timepoint,
        subgroup=subgroup,
        sides=tuple(_side(facts[i]) for i in order),
        open=left_open,
    )


def _side(fact: Fact) -> ConflictSide:
    result = fact.result
    return ConflictSide(
        fact=fact.key,
        measure=fact.measure,
        value=result.value,
        unit=result.unit,
        belief=fact.belief.score,
        evidence=fact.evidence,
    )
