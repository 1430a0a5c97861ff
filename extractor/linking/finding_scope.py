"""What a worded comparison speaks of: its outcomes, the side it is said of, and whether a later clause takes it back."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.comparison_rules import frame_in, frames_in
from extractor.linking.comparisons import Finding
from extractor.linking.layout import Item, Sentence
from extractor.reading.scan import plain_text
from extractor.records import PValue

__all__ = ["Claim", "claims_of", "clause_borders"]

_BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LONGEST_GAP = 90


class Claim(msgspec.Struct, kw_only=True):
    """A finding with what it speaks of.

    Attributes:
        finding: the wording. outcomes: (outcome id, name as written here) pairs; names are empty where inherited.
        place: where the wording stands in the text. start, end: the stretch of the sentence in which its arms stand. withdrawn: a later clause takes it back ("but the
            difference was not significant"). within: a change inside each group, not a comparison of groups.
        subjects, references: arms it is said of, and arms that it is measured against, as the sentence names them. p_value: the p-value after the wording.
        of_people: whether it sets kinds of people against each other (men and women), not the groups of the trial.
        at_baseline: whether it speaks of the groups before they were treated. located: whether it tells what happened
            inside its one group ("no change was seen in the control group"), not what a treatment does.
    """

    finding: Finding
    outcomes: list[tuple[str, str]]
    place: int
    start: int
    end: int
    withdrawn: bool = False
    within: bool = False
    inherited: bool = False
    subjects: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    p_value: PValue | None = None
    of_people: bool = False
    at_baseline: bool = False
    located: bool = False


def claims_of(
    findings: Sequence[Finding], sentence: Sentence, last_outcome: str | None, pair: Sequence[str] = ()
) -> list[Claim]:
    """Return the claims of one sentence, in its order.

    Args:
        findings: the wordings of the sentence. last_outcome: the outcome spoken of before, for a sentence that names none.
        pair: the tested arm and its control, where the trial has one of each: what "the experimental group" means.
    """
    if not findings:
        return []
    plain = plain_text(sentence.text)
    borders = clause_borders(plain)
    named = sentence.of_kind("outcome")
    groups = _named_groups(sentence, plain, pair)
    claims: list[Claim] = []
    taken: set[int] = set()
    findings = _without_names(findings, named, sentence.start)
    for i, finding in enumerate(findings):
        start = max(b for b in borders if b <= finding.start)
        end = min(b for b in borders if b >= finding.end)
        low = max(start, findings[i - 1].end if i else 0)
        high = min(end, findings[i + 1].start if i + 1 < len(findings) else len(plain))
        following = findings[i + 1] if i + 1 < len(findings) and findings[i + 1].start < end else None
        own = _outcomes(finding, named, sentence, plain, (start, low, high), following, taken)
        taken.update(o.index for o in own)
        claim = Claim(
            finding=finding, outcomes=_pairs(own, sentence), place=sentence.start + finding.start, start=low, end=high
        )
        claim.within = finding.direction != "no_difference" and _within(plain, start, end)
        claim.p_value = _p_of(claim, sentence)
        if not own:
            earlier = [i for i in named if i.end - sentence.start <= low]
            if earlier and not any(c.outcomes for c in claims) and frame_in("points_back", plain[low : finding.start]):
                claim.outcomes, claim.inherited = _pairs(earlier[-1:], sentence), True
            else:
                back = finding.differs or frame_in("points_back", plain[: finding.start]) is not None
                _inherit(claim, claims, last_outcome if back and not named else None)
        _withdraw(claim, claims)
        _find_arms(claim, plain, start, groups)
        claim.at_baseline = _at_baseline(plain[start:end])
        claim.of_people = not claim.references and frame_in("not_arms", plain[finding.end : end]) is not None
        claims.append(claim)
    return claims


def _without_names(findings: Sequence[Finding], named: Sequence[Item], place: int) -> list[Finding]:
    """The findings without those whose noun only ends the name of an outcome; of "greater pain reduction" the degree stays."""
    kept: list[Finding] = []
    told = [(i.start - place, i.end - place) for i in named if i.outcome is not None and i.outcome.since is not None]
    for finding in findings:
        if any(start < finding.end and finding.start < end for start, end in told):
            continue  # "74% of those on A improved by a class" says what the 74% did
        if not _of_name(finding, named, place):
            kept.append(finding)
        elif finding.degree is not None:
            kept.append(msgspec.structs.replace(finding, direction=finding.degree))
    return kept


def clause_borders(plain: str) -> list[int]:
    """Return where the clauses of a sentence in lower case begin, and its end; what stands in brackets parts nothing."""
    outside = _BRACKET.sub(lambda m: "~" * len(m.group()), plain)
    return [0, *(m.start() for m in frames_in("clause_border", outside)), len(plain)]


def _of_name(finding: Finding, named: Sequence[Item], place: int) -> bool:
    """Whether the noun of a wording ends the name of an outcome: "pain reduction" is what was measured."""
    if finding.noun is None or finding.differs:
        return False
    noun = place + finding.noun
    return any(
        i.start < noun
        and place + finding.end <= i.end
        and not i.lower[place + finding.end - i.start :].startswith((" of ", " in ", " from "))
        and (i.end - 1 <= place + finding.end or finding.direction != "no_difference")
        for i in named
    )


def _pairs(items: Sequence[Item], sentence: Sentence) -> list[tuple[str, str]]:
    pairs: dict[str, str] = {}
    for item in items:
        assert item.outcome is not None
        pairs.setdefault(
            item.outcome.outcome_id, sentence.text[item.start - sentence.start : item.end - sentence.start]
        )
    return list(pairs.items())


def _within(plain: str, start: int, end: int) -> bool:
    clause = plain[start:end]
    return frame_in("within", clause) is not None and frame_in("between", clause) is None


def _at_baseline(clause: str) -> bool:
    return frame_in("at_baseline", clause) is not None and frame_in("later", clause) is None


def _p_of(claim: Claim, sentence: Sentence) -> PValue | None:
    """The p-value that follows the wording in its stretch of the sentence."""
    first, last = sentence.start + claim.finding.end, sentence.start + claim.end
    for item in sentence.items:
        if not first <= item.start < last:
            continue
        if item.token_kind == "p_value" and item.figure is not None:
            return item.figure.p_value
        if item.value is not None and item.value.p_value is not None and item.value.p_value.kind == "difference":
            return item.value.p_value
    return None


# -- outcomes --------------------------------------------------------------------------------------------------------


def _outcomes(
    finding: Finding, named: Sequence[Item], sentence: Sentence, plain: str, bounds: tuple[int, int, int],
    following: Finding | None, taken: set[int],
) -> list[Item]:  # fmt: skip
    """The outcomes on the side that the wording takes them from, else those on the other side."""
    start, low, high = bounds
    place = sentence.start
    inside = [i for i in named if i.start - place < finding.end and i.end - place > finding.start]
    if finding.takes == "inside":
        return inside
    spare = inside if finding.differs else []
    if finding.differs:
        inside = [i for i in inside if i.end - place > finding.end]
    after = _run(
        [i for i in named if finding.end <= i.start - place and i.end - place <= high],
        finding.end,
        place,
        plain,
        forward=True,
    )
    if following is not None and following.takes == "before" and len(after) > 1:
        after = after[:-1]
    before = [i for i in named if low <= i.start - place and i.end - place <= finding.start]
    if not before and low > start:
        before = [i for i in named if start <= i.start - place and i.end - place <= low and i.index not in taken]
    before = _run(before[::-1], finding.start, place, plain, forward=False)
    if inside:
        return [*inside, *after]
    if finding.takes == "after":
        return after or before
    if finding.takes == "before":
        return before or ([] if following is not None and following.takes == "before" else after) or spare
    if after:
        gap = _BRACKET.sub("", plain[finding.end : after[0].start - place])
        if (frame_in("leads_to_outcome", gap) and not (before and frame_in("finite_verb", gap))) or not before:
            return after
    return before or spare


def _run(items: Sequence[Item], edge: int, place: int, plain: str, *, forward: bool) -> list[Item]:
    """Coordinated outcomes from ``edge`` on: the run ends where a verb or a long stretch stands between two of them."""
    run: list[Item] = []
    for item in items:
        first, last = (edge, item.start - place) if forward else (item.end - place, edge)
        gap = _BRACKET.sub("", plain[first:last])
        if run and (len(gap) > _LONGEST_GAP or frame_in("finite_verb", gap)):
            break
        if not run and forward and (len(gap) > 2 * _LONGEST_GAP or ", and " in gap):
            break
        if not frame_in("of_kind_of_people", plain[: item.start - place]):
            run.append(item)
        edge = (item.end if forward else item.start) - place
    return run


def _inherit(claim: Claim, claims: Sequence[Claim], last_outcome: str | None) -> None:
    """A wording without an outcome speaks of that before it; of the difference itself, it takes back what was said."""
    previous = next((c for c in reversed(claims) if c.outcomes), None)
    if previous is not None:
        claim.outcomes, claim.inherited = list(previous.outcomes), True
    elif last_outcome is not None:
        claim.outcomes, claim.inherited = [(last_outcome, "")], True


def _withdraw(claim: Claim, claims: Sequence[Claim]) -> None:
    """ "... but the difference was not significant" takes back what the sentence said of the same outcomes before."""
    if claim.finding.direction != "no_difference" or not claim.finding.differs:
        return
    ids = {o for o, _ in claim.outcomes}
    for earlier in claims:
        if earlier.finding.direction != "no_difference" and ids & {o for o, _ in earlier.outcomes}:
            earlier.withdrawn = True


# -- arms ------------------------------------------------------------------------------------------------------------


_Named = tuple[int, int, tuple[str, ...]]


def _named_groups(sentence: Sentence, plain: str, pair: Sequence[str]) -> list[_Named]:
    """(start, end, arm ids) of the arms that a sentence names, by their names or as "the experimental group"."""
    place = sentence.start
    named = [
        (i.start - place, i.end - place, i.arm.arm_ids)
        for i in sentence.of_kind("arm")
        if i.arm is not None and (len(i.arm.arm_ids) == 1 or i.arm.rule == "both-of")
    ]
    if len(pair) == 2 and ("group" in plain or "control" in plain or " arm" in plain or "patients" in plain):
        for frame, arm in (("tested_group", pair[0]), ("control_group", pair[1])):
            for match in frames_in(frame, plain):
                if all(match.end() <= s or match.start() >= e for s, e, _ in named):
                    named.append((match.start(), match.end(), (arm,)))
    return sorted(named)


def _find_arms(claim: Claim, plain: str, clause_start: int, groups: Sequence[_Named]) -> None:
    """The arms the wording is said of, and those it is measured against ("than B", "compared with B")."""
    finding = claim.finding
    subjects_after: list[str] = []
    subjects_before: list[str] = []
    references: list[str] = []
    last_was_reference = False
    last_end = -99
    located = False
    for start, end, arm_ids in groups:
        if start >= claim.end or end <= clause_start:
            continue
        if start >= finding.end and frame_in("next_verb", plain[finding.end : start]):
            break
        joined = start - last_end < 12 and frame_in("joins_arms", plain[max(0, last_end) : start]) is not None
        reference = (
            (last_was_reference and joined)
            or frame_in("reference", plain[max(0, start - 110) : start]) is not None
            or frame_in("reference_near", plain[max(0, last_end, start - 110) : start]) is not None
        )
        last_was_reference, last_end = reference, end
        if frame_in("negated_group", plain[:start]):  # the non-A group is the side that A is measured against
            reference = not reference
        target = references if reference else subjects_after if start >= finding.end else subjects_before
        if target is subjects_after and frame_in("genitive", plain[:start]):
            continue
        if target is not references:
            located = frame_in("located", plain[max(0, start - 60) : start]) is not None
        target.extend(a for a in arm_ids if a not in target)
    if finding.rule == "wording.favoured":
        subjects_before = []
    claim.references = tuple(references)
    subjects = subjects_before or subjects_after if finding.acts else subjects_after or subjects_before
    claim.subjects = tuple(a for a in subjects if a not in references)
    alone = len(claim.subjects) == 1 and not references and frame_in("between", _BRACKET.sub("", plain)) is None
    claim.located = located and alone
    told = finding.of_change and finding.direction != "no_difference"
    if told and alone and frame_in("from_baseline", plain[finding.end : finding.end + 120]):
        claim.within = True
