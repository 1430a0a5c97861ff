"""Each p-value to the values that it speaks of: the pair before it, every pair ("P < .001 for each"), an estimate's own."""

from __future__ import annotations

from collections.abc import Mapping

from extractor.linking.arm_ties import TWO_ARM
from extractor.linking.context_cues import cue_in
from extractor.linking.groups import Group
from extractor.linking.layout import Item, Sentence, Value
from extractor.records import Arm, PValue

__all__ = ["share_p_for_each", "share_p_of_difference", "share_p_values"]

_EACH = frozenset(["each", "both", "all", "either"])


def share_p_values(group: Group, sentence: Sentence, arms: Mapping[str, Arm]) -> None:
    """ "43% vs 28% (P = .01)": the p-value belongs to every value of the pair; so does one that stands further on.

    Args:
        group, sentence: values side by side, and their sentence. arms: the groups of the trial by their ids.
    """
    share_listed_p(group, sentence)
    if share_run_of_p(group, sentence, arms):
        return
    values = [i.value for i in group.values if i.value is not None]
    own = [v.p_value for v in values if v.p_value is not None and v.p_value.kind == "difference"]
    shared: PValue | None = own[-1] if len(own) == 1 and values[-1].p_value is own[-1] else None
    if shared is None and not own:
        shared = _following_p(group, sentence)
        if shared is not None and any(v.rules.get("p_value") == "p.of_run" and v.p_value == shared for v in sentence.values):
            return  # it is that of a treated group, told before
    if shared is None and own and len(values) == 1:
        shared = own[0]
        _share_back(group, sentence, shared)
        return
    if shared is None:
        return
    for value in values:
        value.link("p_value", shared, "p.of_pair")
    _share_back(group, sentence, shared)


def _share_back(group: Group, sentence: Sentence, shared: PValue) -> None:
    """ "15% in A and 21% in B (P = .4)": the value before, of the same measure and outcome, has the p-value too."""
    first = group.values[0].value
    if first is None or first.measure in TWO_ARM:
        return
    for item in reversed(sentence.items[: group.start]):
        value = item.value
        if value is None:
            if item.lower == ";" or item.token_kind == "p_value":
                return
            continue
        if value.measure == first.measure and value.outcome_id == first.outcome_id and value.arm_ids != first.arm_ids:
            value.link("p_value", shared, "p.of_comparison")
        return


def _following_p(group: Group, sentence: Sentence) -> PValue | None:
    estimate = group.values[0].value is not None and group.values[0].value.measure in TWO_ARM
    own = {i.value.outcome_id for i in group.values if i.value is not None}
    for item in sentence.items[group.end + 1 :]:
        if item.kind == "outcome" and item.outcome is not None and item.outcome.outcome_id in own:
            continue
        if item.kind in ("value", "outcome") or item.lower == ";":
            return None
        if item.figure is not None and item.figure.p_value is not None:
            p = item.figure.p_value
            if item.token_kind == "design":  # "5.4 points, inside the margin of 25 (P for noninferiority < .001)"
                return p if estimate else None
            if item.token_kind != "p_value":  # "31% with 150 mg (P = .3)"
                return p if p.kind == "difference" and not estimate else None
            return p if p.kind == "difference" or estimate else None
    return None


def share_listed_p(group: Group, sentence: Sentence) -> None:
    """ "4.1%, 3.8% and 3.6% with A, B (P = .13) and C (P = .05), respectively": each p-value is that of its own value."""
    if len(group.values) < 2 or any(i.value is None or i.value.p_value is not None for i in group.values):
        return
    parts: list[list[PValue]] = [[]]
    for item in sentence.items[group.end + 1 :]:
        if item.kind in ("value", "outcome") or item.lower in (";", "respectively"):
            break
        if item.lower in (",", "and", "or"):
            following = sentence.items[item.index + 1 : item.index + 2]
            if following and following[0].lower not in (",", "and", "or", "respectively"):
                parts.append([])
        elif item.figure is not None and item.figure.p_value is not None:
            parts[-1].append(item.figure.p_value)
    told = [p for part in parts for p in part]
    if len(parts) != len(group.values) or len(told) < 2 or any(len(part) > 1 for part in parts):
        return
    for item, part in zip(group.values, parts, strict=True):
        if part and item.value is not None and part[0].kind == "difference":
            item.value.link("p_value", part[0], "p.of_list")


def share_run_of_p(group: Group, sentence: Sentence, arms: Mapping[str, Arm]) -> bool:
    """ "14% on placebo, 20%, 24% and 29% (P = .06, P = .01 and P < .001, respectively)": p-values side by side are those of
    the values in order, or of all but the one of the control group.

    Returns:
        whether there were such p-values.
    """
    values = [i.value for i in group.values if i.value is not None and i.value.measure not in TWO_ARM]
    if len(values) < _FEWEST_OF_RUN or len(values) != len(group.values):
        return False
    run = _run_of_p(group, sentence, arms)
    controls = [v for v in values if _is_control(v, arms)]
    tested = [v for v in values if v not in controls] if len(controls) == 1 else values
    chosen = next((vs for vs in (values, tested) if len(vs) == len(run)), None)
    if len(run) < _FEWEST_P or chosen is None:
        return False
    for value, p in zip(chosen, run, strict=True):
        if p.kind == "difference":
            value.p_value, value.rules["p_value"] = p, "p.of_run"
    for value in values:
        if value not in chosen:
            value.p_value = None
    return True


_FEWEST_OF_RUN, _FEWEST_P = 3, 2


def _is_control(value: Value, arms: Mapping[str, Arm]) -> bool:
    return len(value.arm_ids) == 1 and value.arm_ids[0] in arms and arms[value.arm_ids[0]].role == "comparator"


def _run_of_p(group: Group, sentence: Sentence, arms: Mapping[str, Arm]) -> list[PValue]:
    """The p-values that stand side by side behind a list of values (and the control group's value behind it), with nothing
    but commas and "and" between them."""
    run: list[PValue] = []
    for item in sentence.items[group.end + 1 :]:
        p = item.figure.p_value if item.figure is not None else None
        if p is not None and item.kind != "value":
            run.append(p)
        elif item.value is not None and not run and _is_control(item.value, arms):
            continue
        elif item.kind in ("value", "outcome") or (run and item.lower not in (",", "and", ";", "/")):
            break
    return run


def share_p_for_each(sentence: Sentence) -> None:
    """ "pain fell by 12 and stiffness by 9 points (P < .001 for both)": the p-value is that of every value before it."""
    last = 0
    for item in sentence.items:
        if item.token_kind != "p_value" and (item.value is None or item.value.figure.p_value is None):
            continue
        p = item.figure.p_value if item.figure is not None else None
        if p is not None and p.kind == "difference" and _for_each(item, sentence):
            for other in sentence.items[last : item.index + 1]:
                if other.value is not None:
                    other.value.link("p_value", p, "p.for_each")
        last = item.index + 1


def _for_each(item: Item, sentence: Sentence) -> bool:
    following = [i.lower for i in sentence.items[item.index + 1 : item.index + 3]]
    return following[:1] == ["for"] and following[-1] in _EACH


def share_p_of_difference(sentence: Sentence, following: Sentence) -> None:
    """ "Relapse was seen in 12% and 20%. The difference was significant (P = .01)": the p-value is that of the last pair."""
    if following.values or cue_in("of_the_difference", following.text) is None:
        return
    found = [i.figure.p_value for i in following.items if i.token_kind == "p_value" and i.figure is not None]
    values = [v for v in sentence.values if v.measure not in TWO_ARM]
    if len(found) != 1 or found[0] is None or found[0].kind != "difference" or len(values) < 2:
        return
    first, second = values[-2:]
    if first.measure == second.measure and first.outcome_id == second.outcome_id and first.arm_ids != second.arm_ids:
        for value in (first, second):
            value.link("p_value", found[0], "p.of_the_difference")
