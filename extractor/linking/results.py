"""Values become results: the stages of linking in their order, p-values and totals shared, directions set.

``link_results`` is the whole of it: candidates, groups, arms, outcomes, time points, comparisons, context. Every link
keeps the id of the rule that made it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.arm_links import ArmLinker
from extractor.linking.arm_ties import TWO_ARM
from extractor.linking.arms import ArmReading
from extractor.linking.candidates import choose_candidates
from extractor.linking.comparisons import find_wording
from extractor.linking.context_cues import around, cue_in
from extractor.linking.directions import set_directions
from extractor.linking.figures_agree import arms_by_size, order_estimates
from extractor.linking.finding_scope import Claim, claims_of
from extractor.linking.findings import take_back, worded_results
from extractor.linking.groups import group_values
from extractor.linking.layout import Item, Sentence, Value, lay_out
from extractor.linking.outcome_links import OutcomeLinker
from extractor.linking.outcomes import OutcomeReading
from extractor.linking.p_links import share_p_for_each, share_p_of_difference, share_p_values
from extractor.linking.people_split import split_of_people
from extractor.linking.result_worth import Judge, judge_of
from extractor.linking.settling import drop_baseline, settle_untested, tell_together, told_together
from extractor.linking.subgroups import find_subgroup
from extractor.linking.time_links import InForce, at_baseline, link_times, share_times
from extractor.linking.to_result import make_result
from extractor.reading.types import Reading
from extractor.records import Number, Result

__all__ = ["link_results", "number_results"]


def link_results(
    reading: Reading,
    arms: ArmReading,
    outcomes: OutcomeReading,
    background: Sequence[tuple[int, int]],
    prevented: str | None = None,
    judge: Judge | None = None,
) -> list[Result]:
    """Return the results of a document, in the order of the text, not numbered yet (see ``number_results``).

    Args:
        reading: what was read. arms, outcomes: the groups and endpoints with all their namings.
        background: stretches of the text that speak of other, earlier trials; their results have context "background".
        prevented: id of the outcome that is the disease a vaccine prevents, where the text is on a vaccine.
        judge: says of each linked value whether it is a finding; by default the weights of ``result_worth`` do.
    """
    judge = judge_of(reading, sum(a.role != "overall" for a in arms.arms)) if judge is None else judge
    sentences = lay_out(reading, arms.mentions, outcomes.mentions)
    boilerplate = _boilerplate(reading)
    choose_candidates(sentences)
    arm_linker, outcome_linker = ArmLinker(arms.arms), OutcomeLinker(prevented)
    names = {o.id: (o.name.text, *([o.concept] if o.concept is not None else [])) for o in outcomes.outcomes}
    results: list[Result] = []
    together: list[tuple[Sentence, Claim]] = []
    time_in_force: InForce | None = None
    of_total: tuple[int, Number] | None = None
    for sentence in sentences:
        groups = group_values(sentence)
        spoken_of = outcome_linker.last if sentence.index - outcome_linker.last_sentence == 1 else None
        arm_linker.link(sentence, groups)
        outcome_linker.link(sentence, groups)
        arms_by_size(sentence, arm_linker.by_id)
        order_estimates(sentence, arm_linker.by_id)
        time_in_force = link_times(sentence, groups, time_in_force)
        of_total = _share_totals(sentence, of_total)
        share_p_for_each(sentence)
        if sentence.index + 1 < len(sentences):
            share_p_of_difference(sentence, sentences[sentence.index + 1])
        claims = claims_of(find_wording(sentence), sentence, spoken_of, arm_linker.default_pair())
        for group in groups:
            share_p_values(group, sentence, arm_linker.by_id)
            set_directions(group, sentence, claims, arm_linker, names)
        of_people = split_of_people(sentence)
        for item in sentence.items:
            value = item.value
            if value is None or value in of_people:
                continue
            _follow_host(value)
            if value.start >= boilerplate or _describes_participants(item, sentence, value, arm_linker):
                continue
            value.subgroup = find_subgroup(sentence, value)
            if value.subgroup is not None:
                behind = value.subgroup[0] >= value.end
                value.rules["subgroup"] = "subgroup.phrase_after" if behind else "subgroup.phrase_before"
            value.context = _context(sentence, value, background)
            _unlink_cited(value, arm_linker)
            if judge is not None and value.context == "reported" and value.measure not in TWO_ARM and not judge(item, sentence):
                continue
            results.extend(at_baseline(_results_of(reading.text, sentence, value), sentence))
        take_back(results, claims, sentence)
        results.extend(worded_results(reading, sentence, claims, arm_linker, outcome_linker, background, names))
        together.extend((sentence, c) for c in told_together(reading, sentence, claims))
    results.extend(tell_together(reading, outcomes, results, together, arm_linker))
    return share_times(sorted(settle_untested(drop_baseline(results)), key=_place))


_ABOUT = re.compile(r"(?m)^About (?:the )?\w[^\n.?!]{1,70}$")


def _boilerplate(reading: Reading) -> int:
    """Where the closing paragraphs of a press release begin ("About Zephyria Bio"), which report nothing; else the end."""
    found = _ABOUT.search(reading.text, len(reading.text) // 3) if reading.kind in ("news", "press_release") else None
    return found.start() if found is not None else len(reading.text)


def number_results(results: Sequence[Result]) -> list[Result]:
    """Return ``results`` in the order of the text, with the ids "r1", "r2" ..."""
    return [msgspec.structs.replace(r, id=f"r{i}") for i, r in enumerate(sorted(results, key=_place), 1)]


def _results_of(text: str, sentence: Sentence, value: Value) -> list[Result]:
    """One result, or one for each arm where the text says a figure of several ("2% of each group")."""
    if not value.shared_arms:
        return [make_result(text, sentence, value)]
    made = []
    for arm in value.shared_arms:
        value.arm_ids = (arm,)
        value.rules.setdefault("arm", "arm.of_each")
        made.append(make_result(text, sentence, value))
    return made


def _place(result: Result) -> tuple[int, int]:
    return result.span or (0, 0)


_LOOSE = frozenset({None, "arm.only_arm", "arm.sentence_before"})


def _tells_ages(sentence: Sentence) -> bool:
    """Whether the sentence describes the participants, since it tells their age."""
    return cue_in("ages", sentence.text) is not None


def _describes_participants(item: Item, sentence: Sentence, value: Value, linker: ArmLinker) -> bool:
    """A share of all participants, of no arm and no outcome, describes who took part: "63% were premenopausal"."""
    if value.measure not in ("percentage", "count", "mean", "median"):
        return False
    if value.rules.get("arm") in _LOOSE and value.p_value is None and _tells_ages(sentence):
        return True
    loose = value.rules.get("arm") in _LOOSE and value.p_value is None
    if value.arm_ids and loose and cue_in("characteristic", around(item, sentence)) is not None:
        return True
    if _stands_alone(sentence, value, linker):
        return True
    if value.arm_ids:
        return False
    summarised = value.figure.dispersion is not None or value.figure.ci is not None
    if value.outcome_id is None and len(linker.order) > 1 and not summarised:
        return True
    bare = value.measure == "mean" and value.figure.unit is None and not summarised
    if ((value.measure == "count" and value.total is None) or bare) and len(linker.order) > 1:
        return True
    return cue_in("characteristic", around(item, sentence)) is not None


def _stands_alone(sentence: Sentence, value: Value, linker: ArmLinker) -> bool:
    """The one figure of a sentence that names no group, in a trial of several, with no outcome told in it."""
    if value.arm_ids or len(linker.order) < 2 or value.p_value is not None or value.figure.ci is not None:
        return False
    if sum(v.companion_of is None for v in sentence.values) != 1 or sentence.of_kind("arm"):
        return False
    return value.rules.get("outcome") in (None, "outcome.sentence_before")


_INHERITED = frozenset({"arm.only_arm", "arm.sentence_before", "arm.order_of_trial", "arm.value_after"})


def _unlink_cited(value: Value, linker: ArmLinker) -> None:
    """A figure of a cited trial has no arm of the reported one, unless its sentence names it; the historical arm fits."""
    if value.context != "background" or len(value.arm_ids) != 1 or value.rules.get("arm") not in _INHERITED:
        return
    historical = next((a.id for a in linker.groups_of_trial if a.role == "historical"), None)
    value.arm_ids = (historical,) if historical is not None else ()
    value.shared_arms = ()
    if value.arm_ids:
        value.rules["arm"] = "arm.cited_trial"
    else:
        del value.rules["arm"]


def _follow_host(value: Value) -> None:
    """A figure in brackets that repeats its host in another unit shares its links."""
    host = value.companion_of
    if host is None:
        return
    for what, name in (("arm_ids", "arm"), ("outcome_id", "outcome"), ("timepoint", "time"), ("p_value", "p")):
        value.link(what, getattr(host, what), f"{name}.of_host")
    value.direction, value.significant = host.direction, host.significant


# -- totals ---------------------------------------------------------------------------------------------------------


def _share_totals(sentence: Sentence, inherited: tuple[int, Number] | None) -> tuple[int, Number] | None:
    """ "Of the 30 infants, 16 achieved ... and 12 had ...": the 30 is the total of both counts."""
    current: tuple[int, Number] | None = None
    for item in sentence.items:
        figure = item.figure
        if (
            item.value is None
            and figure is not None
            and figure.kind in ("number", "figure")
            and isinstance(figure.value, int)
        ):
            before = sentence.text[: figure.value_start - sentence.start]
            following = sentence.items[item.index + 1 : item.index + 3]
            if cue_in("total_of", before) and any(
                i.token_kind == "people" or i.lower in ("evaluable", "enrolled") for i in following
            ):
                current = (
                    sentence.index,
                    Number(
                        text=figure.printed or "", start=figure.value_start, end=figure.value_end, value=figure.value
                    ),
                )
        value = item.value
        if (
            value is not None
            and value.measure in ("count", "percentage")
            and value.total is None
            and current is not None
        ):
            number = value.events.value if value.events is not None else value.figure.value
            if number is not None and (number <= current[1].value or value.measure == "percentage"):
                value.link("total", current[1], "total.of_the")
    return current


# -- context ---------------------------------------------------------------------------------------------------------


def _context(sentence: Sentence, value: Value, background: Sequence[tuple[int, int]]) -> str:
    """The context; where it is not the reported trial's own finding, the rule that says so is kept."""
    if any(start <= value.start < end for start, end in background):
        value.rules["context"] = "context.cited_trial"
        return "background"
    if cue := cue_in("hypothesis", sentence.text):
        value.rules["context"] = cue
        return "hypothesis"
    if sentence.section not in ("results", "title") and (cue := cue_in("background", sentence.text)):
        value.rules["context"] = cue
        return "background"
    return "reported"
