"""Each value to its arm: lists in parallel, prepositions, alternation, and inheritance from the nearest scope that is clear."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.linking.arm_apart import bind_lists, bind_values_apart, opens_bracket_of, order_before
from extractor.linking.arm_contrast import (
    alternation,
    contrast,
    is_standard,
    label_after,
    label_before,
    order_of_values,
    tested_in_order,
)
from extractor.linking.arm_doses import POOLED
from extractor.linking.arm_pairs import PairLinker, distinct, named_arms
from extractor.linking.arm_ties import (
    TWO_ARM,
    crosses,
    first_arm,
    is_one,
    is_total,
    linked_after,
    next_arm,
    of_unnamed_group,
    previous_arm,
    tied_arm,
    tied_arm_of_list,
)  # fmt: skip
from extractor.linking.context_cues import cue_in
from extractor.linking.groups import Group, mention_lists
from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.outcome_links import explained_items
from extractor.records import Arm

__all__ = ["ArmLinker"]


_SIDES = ("side_of_treatment", "side_of_control")
_SIDE_REACH = 90
_PAIR = 2
_RESPECTIVELY = frozenset(["respectively", ","])
_LISTING = frozenset(["and", "or", ",", "versus", "vs", "/"])
_OF_NO_NAME = frozenset([None, "arm.nearest_before", "arm.only_arm", "arm.sentence_before", "arm.value_after"])


class ArmLinker(PairLinker):
    """Binds values to arms, sentence by sentence, remembering what earlier sentences made clear.

    Args:
        arms: the arms of the trial, experimental ones first as the text orders them.
    """

    def __init__(self, arms: Sequence[Arm]) -> None:
        super().__init__(arms)
        self.order = [a.id for a in self.groups_of_trial if a.role in ("experimental", "comparator")]
        if len(self.order) == 1 and len(self.default_pair()) == _PAIR:
            self.order = list(self.default_pair())
        self.overall = next((a.id for a in arms if a.role == "overall" and a.rule != POOLED), None)
        self.pooled = next((a.id for a in arms if a.rule == POOLED), None)
        self.last_pair_sentence = -9
        self.last_single: str | None = None
        self.last_single_sentence = -9
        self.values_before: list[Value] = []

    def link(self, sentence: Sentence, groups: Sequence[Group]) -> None:
        """Set ``arm_ids`` of the values of one sentence."""
        self._note_pair(sentence)
        arm_lists = mention_lists(sentence, "arm")
        singles: list[Group] = []
        bind_lists(groups, sentence, arm_lists)
        for group in groups:
            first = group.values[0].value
            assert first is not None
            if first.measure in TWO_ARM:
                self.link_against_control(group, sentence)
                for item in group.values:
                    self.link_comparison(item, sentence)
            elif first.arm_ids or (len(group.values) > 1 and self._link_list(group, sentence, arm_lists, groups)):
                continue
            else:
                singles.append(group)
        bind_values_apart([i for g in singles for i in g.values], arm_lists, sentence)
        self._link_singles(singles, sentence)
        self._link_by_side(sentence)
        contrast([i for i in sentence.of_kind("value") if _of_one_arm(i)], sentence, self._other, linked_after)
        self._remember(sentence)

    def _link_by_side(self, sentence: Sentence) -> None:
        """ "12% in vaccinated women versus 30% in control women": the side is told by a word that names no arm."""
        pair = self.default_pair()
        if not pair:
            return
        for item in sentence.of_kind("value"):
            value = item.value
            if value is None or value.measure in TWO_ARM or value.rules.get("arm") not in _OF_NO_NAME:
                continue
            after = sentence.text[item.end - sentence.start :][:_SIDE_REACH]
            side = next((i for i, name in enumerate(_SIDES) if cue_in(name, after) is not None), None)
            if side is not None:
                value.arm_ids = (pair[side],)
                value.rules["arm"] = "arm.side"

    def _other(self, arm_id: str) -> str | None:
        """The other arm, where the trial has just two."""
        if len(self.order) != 2 or arm_id not in self.order:
            return None
        return self.order[1] if self.order[0] == arm_id else self.order[0]

    # -- lists -------------------------------------------------------------------------------------------------------

    def _link_list(self, group: Group, sentence: Sentence, runs: Sequence[list[Item]], groups: Sequence[Group]) -> bool:
        """Values side by side against arms side by side; False where each value must find its own."""
        n = len(group.values)
        told = named_arms(sentence.items[: group.start])
        if told and self._repeats_series(n, sentence):
            for item in group.values:
                assert item.value is not None
                item.value.link("arm_ids", tuple(told[:1]), "arm.series_of_outcomes")
            return True
        fitting = [r for r in runs if len(_run_ids(r)) == n]
        if fitting and not _own_arms(group, sentence):
            run = min(fitting, key=lambda r: _distance(group, r))
            for item, arm_id in zip(group.values, order_of_values(_run_ids(run), run[0], sentence), strict=True):
                assert item.value is not None
                item.value.link("arm_ids", (arm_id,), "arm.parallel_list")
            return True
        own = self._one_tied(group, sentence, groups)
        if own is not None:
            for item in group.values:
                assert item.value is not None and own.arm is not None
                item.value.link("arm_ids", own.arm.arm_ids, "arm.preposition_after")
            return True
        around = self._around(group, sentence, groups)
        if len(around) == n:
            for item, arm_id in zip(group.values, around, strict=True):
                assert item.value is not None
                item.value.link("arm_ids", (arm_id,), "arm.around_list")
            return True
        named = named_arms(sentence.items)
        fresh = not named and n == len(self.last_pair) and self._pair_is_fresh(sentence)
        tested = [] if group.versus or fresh else tested_in_order(n, self.groups_of_trial, named)
        if tested:
            for item, arm_id in zip(group.values, tested, strict=True):
                assert item.value is not None
                item.value.link("arm_ids", (arm_id,), "arm.tested_in_order")
            return True
        explained = explained_items(sentence.items[: group.start])
        outcome_lists = [
            r
            for r in mention_lists(sentence, "outcome")
            if len(r) == n == len({_outcome_id(i) for i in r}) and not any(i.index in explained for i in r)
        ]
        time_lists = [r for r in mention_lists(sentence, "time") if len(r) == n]
        if (outcome_lists or time_lists) and not group.versus:
            return False
        return self._link_by_order(group, sentence, around)

    def _one_tied(self, group: Group, sentence: Sentence, groups: Sequence[Group]) -> Item | None:
        """ "53% and 35%, respectively, in the A group", beside the same of another arm: the list is of the one arm tied to it."""
        arm = None if group.versus or _own_arms(group, sentence) else _tied_behind(group, sentence)
        if arm is None or arm.arm is None:
            return None
        others = [_tied_behind(g, sentence) for g in groups if g is not group and len(g.values) == len(group.values)]
        if any(o is not None and o.arm is not None and o.arm.arm_ids != arm.arm.arm_ids for o in others):
            return arm
        before = previous_arm(group.values[0], sentence)
        if before is None or not is_one(before) or before.arm is None or before.arm.arm_ids == arm.arm.arm_ids:
            return None
        return arm if self._valued_before(before, sentence) else None

    def _valued_before(self, arm: Item, sentence: Sentence) -> bool:
        """Whether the arm has its value: it is tied to the one before it."""
        values = [i for i in sentence.items[: arm.index] if i.kind == "value"]
        return bool(values) and linked_after(values[-1], arm, sentence)

    def _link_by_order(self, group: Group, sentence: Sentence, around: list[str]) -> bool:
        """ "A was better (53% vs 28%)": the order in which the trial's arms were named holds for the pair."""
        n = len(group.values)
        told = named_arms(sentence.items[: group.start])
        repeated = [] if around else order_before(group, sentence)
        order = self.last_pair if len(self.last_pair) == n else tuple(self.order) if len(self.order) == n else ()
        if repeated:
            order, told = tuple(repeated), []
        if len(told) == n and len(around) < n and set(told) <= set(self.by_id):
            # "23% of B and 59% of A had fatigue; headache was reported by 24% and 52%"
            first = next(i for i in sentence.items if _is_of(i, told[:1]))
            order, around = tuple(order_of_values(told, first, sentence)), []
        if not order:
            return False
        lead = around[:1] or (told if len(told) == 1 and group.versus else [])
        named = next((i for i in sentence.items[: group.start] if _is_of(i, lead)), None)
        if named is not None and lead[0] in order and n == 2:
            rest = tuple(a for a in order if a != lead[0])
            order = (*rest, lead[0]) if is_standard(named, sentence) else (lead[0], *rest)
        elif (
            not self._pair_is_fresh(sentence)
            and not group.versus
            and "respectively" not in sentence.text.lower()
            and n == 2
            and len(self.order) != 2
        ):
            return False
        for item, arm_id in zip(group.values, order, strict=True):
            assert item.value is not None
            item.value.link("arm_ids", (arm_id,), "arm.order_of_trial")
        return True

    def _repeats_series(self, n: int, sentence: Sentence) -> bool:
        """Whether the values of the sentence before were of one arm, one for each of ``n`` outcomes, and this one says the same."""
        before = [v for v in self.values_before if v.measure not in TWO_ARM and v.companion_of is None]
        if len({v.arm_ids for v in before}) != 1 or len({v.outcome_id for v in before}) != n or len(before) != n:
            return False
        return not sentence.of_kind("outcome") and cue_in("same_outcomes", sentence.text) is not None

    def _around(self, group: Group, sentence: Sentence, groups: Sequence[Group]) -> list[str]:
        """Distinct arms named in the stretch between the neighbouring groups of values, in order of naming."""
        before = max((g.end for g in groups if g.end < group.start), default=-1)
        after = min((g.start for g in groups if g.start > group.end), default=len(sentence.items))
        if before >= 0:
            # what stands before a semicolon belongs to the values before it
            parted = [i.index for i in sentence.items[before + 1 : group.start] if i.lower == ";"]
            before = max([before, *parted])
            told = [i for i in sentence.items[before + 1 : group.start] if i.kind == "arm"]
            alone = any(g.end == before and len(g.values) == 1 and _of_one_arm(g.values[0]) for g in groups)
            tied = alone and bool(told) and linked_after(sentence.items[before], told[0], sentence)
            if tied and self._told_since(told[0], group, sentence):
                # "in 40% of A and 20% of B, and rash (15% vs 9%)": B has its value already
                before = max(before, told[0].index)
        ids = named_arms(sentence.items[before + 1 : after])
        told_before = named_arms(sentence.items[before + 1 : group.start])
        if len(ids) > len(group.values) == len(told_before):
            return told_before  # what follows the bracket is of the next figures
        if len(ids) < len(group.values):
            whole = named_arms(sentence.items)
            if (
                len(whole) == len(group.values)
                and len(groups) > 1
                and all(len(g.values) == len(group.values) for g in groups)
            ):
                return whole
        return ids

    def _told_since(self, arm: Item, group: Group, sentence: Sentence) -> bool:
        """Whether something new is spoken of between an arm and a group of values."""
        return any(i.kind == "outcome" or i.lower in (",", "(") for i in sentence.items[arm.index + 1 : group.start])

    # -- single values -----------------------------------------------------------------------------------------------

    def _link_singles(self, groups: Sequence[Group], sentence: Sentence) -> None:
        items = [item for group in groups for item in group.values if item.value is not None and not item.value.arm_ids]
        if not items:
            return
        chain = sorted([*items, *sentence.of_kind("arm")], key=lambda i: i.index)
        side = alternation(chain)
        for item in items:
            self._link_single(item, sentence, side)
        for left, right in reversed(list(pairwise(items))):
            first, second = left.value, right.value
            assert first is not None and second is not None
            if is_total(left, sentence) or of_unnamed_group(left, sentence):
                continue
            if not first.arm_ids and first.measure == second.measure and not crosses(left, right, sentence, "arm"):
                first.link("arm_ids", second.arm_ids, "arm.value_after")

    def _link_single(self, item: Item, sentence: Sentence, side: str) -> None:
        value = item.value
        assert value is not None
        inside = [m for m in value.inside_arms if m.arm_ids]
        if inside:
            value.link(
                "arm_ids", inside[-1].arm_ids[:1] if len(inside[-1].arm_ids) == 1 else self._whole(), "arm.inside"
            )
            return
        labelled = label_before(item, sentence)
        told = label_after(item, sentence)
        if labelled is not None and not self._own_after(item, labelled, sentence):
            self._take(value, labelled, "arm.label_before")
            return
        if told is not None:
            self._take(value, told, "arm.label_after")
            return
        host = opens_bracket_of(item, sentence)
        if host is not None:
            self._take(value, host, "arm.bracket_of_arm")
            return
        own = tied_arm(item, sentence)
        if own is None and is_total(item, sentence) and next_arm(item, sentence) is None:
            value.link("arm_ids", self._whole(), "arm.total")
            return
        own = own or tied_arm_of_list(item, sentence)
        if own is not None:
            self._take(value, own, "arm.preposition_after")
            return
        after, before = next_arm(item, sentence), previous_arm(item, sentence)
        if before is not None and before.index == item.index - 1 and is_one(before) and not (after is not None and is_one(after)):
            self._take(value, before, "arm.nearest_before")  # "A 69%; B 67%, in both groups"
            return
        behind, ahead = first_arm(sentence.items[item.index :: -1]), first_arm(sentence.items[item.index :])
        if before is None and of_unnamed_group(item, sentence):
            return
        if side == "before" and behind is not None:
            self._take(value, behind, "arm.alternating_before")
        elif side == "after" and ahead is not None:
            self._take(value, ahead, "arm.alternating_after")
        elif after is not None and linked_after(item, after, sentence):
            self._take(value, after, "arm.preposition_after")
        elif before is not None:
            self._take(value, before, "arm.nearest_before")
        elif after is not None and not crosses(item, after, sentence, "value"):
            self._take(value, after, "arm.nearest_after")
        else:
            self._inherit(value, sentence)

    def _own_after(self, item: Item, label: Item, sentence: Sentence) -> bool:
        """Whether another arm is tied to the value from behind: "lower with B than A (68% with A and 66% with B)"."""
        after = next_arm(item, sentence)
        if after is None or not is_one(after) or not linked_after(item, after, sentence):
            return False
        assert after.arm is not None and label.arm is not None
        between = {i.lower for i in sentence.items[item.index + 1 : after.index]}
        return after.arm.arm_ids != label.arm.arm_ids and not between & {")", "]", ",", ";", "and"}

    def _take(self, value: Value, item: Item, rule: str) -> None:
        assert item.arm is not None
        ids = item.arm.arm_ids
        together = self._together(ids)
        value.link("arm_ids", ids if len(ids) == 1 else together, rule)
        if len(ids) > 1 and self._of_each(item):
            value.shared_arms = ids

    def _together(self, ids: Sequence[str]) -> tuple[str, ...]:
        """What stands for several groups: those of one drug for its doses together, all of them for the whole trial."""
        if self.pooled is not None and len(ids) < len(self.groups_of_trial):
            return (self.pooled,)
        return self._whole()

    def _of_each(self, item: Item) -> bool:
        """Whether several arms are named one by one ("each group", "both arms"), not pooled ("the two groups together")."""
        assert item.arm is not None
        return item.lower.startswith(("each", "both", "either")) or "each" in item.lower

    def _whole(self) -> tuple[str, ...]:
        return (self.overall,) if self.overall is not None else ()

    def _inherit(self, value: Value, sentence: Sentence) -> None:
        groups = [a for a in self.groups_of_trial if a.role != "historical"]
        if len(groups) == 1:
            value.link("arm_ids", (groups[0].id,), "arm.only_arm")
        elif (
            self.last_single is not None
            and sentence.index - self.last_single_sentence == 1
            and not sentence.of_kind("arm")
        ):
            value.link("arm_ids", (self.last_single,), "arm.sentence_before")

    # -- memory ------------------------------------------------------------------------------------------------------

    def _note_pair(self, sentence: Sentence) -> None:
        pairs = [r for r in mention_lists(sentence, "arm") if len(_run_ids(r)) >= 2]
        if pairs:
            self.last_pair, self.last_pair_sentence = tuple(_run_ids(pairs[-1])), sentence.index

    def _pair_is_fresh(self, sentence: Sentence) -> bool:
        """Whether the order of the arms was given in one of the two sentences before."""
        return sentence.index - self.last_pair_sentence <= 2

    def _remember(self, sentence: Sentence) -> None:
        self.values_before = sentence.values
        told = distinct(v.arm_ids[0] for v in sentence.values if v.arm_ids and v.measure not in TWO_ARM)
        if len(told) >= 2 and set(told) <= set(self.order):
            self.last_pair, self.last_pair_sentence = tuple(told), sentence.index
        ids = distinct(
            a for i in sentence.of_kind("arm") if i.arm is not None and len(i.arm.arm_ids) == 1 for a in i.arm.arm_ids
        )
        if len(ids) == 1:
            self.last_single, self.last_single_sentence = ids[0], sentence.index
        elif ids:
            self.last_single = None


def _of_one_arm(item: Item) -> bool:
    return item.value is not None and item.value.measure not in TWO_ARM


def _tied_behind(group: Group, sentence: Sentence) -> Item | None:
    """The one arm that a preposition ties to the end of a list of values; None where it opens a list of arms."""
    arm = tied_arm(group.values[-1], sentence, passed=_RESPECTIVELY)
    if arm is None:
        return None
    following = [i.lower for i in sentence.items[arm.index + 1 : arm.index + 2]]
    return None if following and following[0] in _LISTING and next_arm(arm, sentence) is not None else arm


def _is_of(item: Item, ids: Sequence[str]) -> bool:
    return item.kind == "arm" and item.arm is not None and item.arm.arm_ids == tuple(ids)


def _outcome_id(item: Item) -> str:
    return item.outcome.outcome_id if item.outcome is not None else ""


def _run_ids(run: Sequence[Item]) -> list[str]:
    return distinct(i.arm.arm_ids[0] for i in run if i.arm is not None and len(i.arm.arm_ids) == 1)


def _distance(group: Group, run: Sequence[Item]) -> int:
    return run[0].index - group.end if run[0].index > group.end else group.start - run[-1].index


def _own_arms(group: Group, sentence: Sentence) -> bool:
    """Whether an arm stands between the values, so that each has its own."""
    return any(i.kind == "arm" for i in sentence.items[group.start : group.end])
