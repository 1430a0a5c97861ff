"""Findings told in words alone: "no significant difference in pain between A and B", "A was superior to B for X"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.linking.arm_links import ArmLinker
from extractor.linking.comparisons import Finding
from extractor.linking.context_cues import cue_in
from extractor.linking.layout import Sentence
from extractor.linking.outcome_links import OutcomeLinker, explained_items
from extractor.linking.to_result import make_comparison
from extractor.reading.types import Reading
from extractor.records import Result

__all__ = ["worded_results"]

_FINDING_SECTIONS = frozenset({"results", "conclusions", "body", "title", "other"})


def worded_results(
    reading: Reading, sentence: Sentence, findings: Sequence[Finding], arms: ArmLinker, outcomes: OutcomeLinker,
    background: Sequence[tuple[int, int]],
) -> list[Result]:  # fmt: skip
    """Comparisons told in words, for outcomes that the sentence gives no comparative number for."""
    if not findings or sentence.section not in _FINDING_SECTIONS or cue_in("hedge", sentence.text):
        return []
    told = {v.outcome_id for v in sentence.values if v.direction is not None and len(v.arm_ids) == 2}
    # a pair of figures without a p-value does not say what "did not differ significantly" says of it
    untested = {v.outcome_id for v in sentence.values if v.outcome_id in told and v.significant is None}
    pair = arms.pair_in(sentence, None) or arms.default_pair()
    if not pair:
        return []
    made: list[Result] = []
    seen: set[str] = set()
    framed = cue_in("comparative", sentence.text) is not None
    strict = reading.kind in ("news", "press_release")
    for finding in findings:
        if finding.direction != "no_difference" and not framed and (strict or not sentence.of_kind("arm")):
            continue
        for outcome_id in _outcomes_of(finding, findings, sentence):
            tested = finding.significant is None or outcome_id not in untested
            if (outcome_id in told and tested) or outcome_id in seen:
                continue
            seen.add(outcome_id)
            outcomes.remember(outcome_id, sentence)
            oriented, direction = _oriented(pair, finding, sentence, arms)
            context = "background" if _background(sentence, background) else "reported"
            made.append(make_comparison(reading.text, sentence, finding, outcome_id, oriented, direction, context))
    return made


def _outcomes_of(finding: Finding, findings: Sequence[Finding], sentence: Sentence) -> list[str]:
    """The outcomes that a finding speaks of: those nearer to it than to any other finding of the sentence."""
    ids: list[str] = []
    explained = explained_items(sentence.items)
    for item in sentence.of_kind("outcome"):
        if item.index in explained:
            continue
        assert item.outcome is not None
        place = (item.start + item.end) / 2 - sentence.start

        def distance(f: Finding, place: float = place) -> float:
            return 0.0 if f.start <= place <= f.end else min(abs(place - f.start), abs(place - f.end))

        if min(findings, key=distance) is finding and distance(finding) < 160:
            ids.append(item.outcome.outcome_id)
    return ids


def _oriented(
    pair: tuple[str, ...], finding: Finding, sentence: Sentence, arms: ArmLinker
) -> tuple[tuple[str, ...], str]:
    """Orient the worded direction to (experimental, comparator): "higher in B than in A" says that A is lower."""
    direction = finding.direction
    if direction == "no_difference":
        return pair, direction
    first = _subject_arm(finding, sentence)
    if first is not None and first == pair[1]:
        direction = {"increased": "decreased", "decreased": "increased"}[direction]
    return pair, direction


def _subject_arm(finding: Finding, sentence: Sentence) -> str | None:
    """The arm that the comparative is said of: "with A", "in the A group" after it, unless "than" stands before."""
    named = [i for i in sentence.of_kind("arm") if i.arm is not None and len(i.arm.arm_ids) == 1]
    after = [i for i in named if i.start - sentence.start >= finding.end]
    for item in after:
        between = sentence.text[finding.end : item.start - sentence.start].lower()
        assert item.arm is not None
        if re.search(r"\b(?:than|compared|versus|vs|relative|over)\b", between):
            break
        return item.arm.arm_ids[0]
    before = [i for i in named if i.end - sentence.start <= finding.start]
    if before:
        arm = before[0].arm
        assert arm is not None
        lead = sentence.text[: before[0].start - sentence.start].lower()
        if re.search(r"\b(?:compared (?:with|to)|versus|than|relative to)(?: the| a)? ?$", lead) and len(before) > 1:
            arm = before[1].arm
            assert arm is not None
        return arm.arm_ids[0]
    return None


def _background(sentence: Sentence, background: Sequence[tuple[int, int]]) -> bool:
    return any(start <= sentence.start and sentence.end <= end for start, end in background)
