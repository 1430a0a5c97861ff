"""The two groups that a figure of both compares: those that its bracket, its sentence or the trial sets against each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from extractor.linking.arm_ties import tied_arm
from extractor.linking.groups import Group, mention_lists
from extractor.linking.layout import Item, Sentence
from extractor.records import Arm

__all__ = ["PairLinker", "distinct", "named_arms"]

_PAIR = 2


class PairLinker:
    """Binds estimates to two groups.

    Args:
        arms: the groups of the trial, experimental ones first as the text orders them.
    """

    def __init__(self, arms: Sequence[Arm]) -> None:
        self.groups_of_trial = [a for a in arms if a.role != "overall"]
        self.by_id = {a.id: a for a in arms}
        self.order: list[str] = []
        self.last_pair: tuple[str, ...] = ()

    def default_pair(self) -> tuple[str, ...]:
        """The two arms of a comparison where nothing names them: experimental against comparator, if that is clear."""
        experimental = [a.id for a in self.groups_of_trial if a.role == "experimental"]
        comparators = [a.id for a in self.groups_of_trial if a.role == "comparator"]
        if len(experimental) == 1 and len(comparators) == 1:
            return (experimental[0], comparators[0])
        historical = [a.id for a in self.groups_of_trial if a.role == "historical"]
        if len(experimental) == 1 and not comparators and len(historical) == 1:
            return (experimental[0], historical[0])
        return ()

    def link_against_control(self, group: Group, sentence: Sentence) -> None:
        """ "Odds ratios versus placebo were 1.9, 3.1 and 2.5": as many as there are treated groups are theirs in order."""
        treated = [a.id for a in self.groups_of_trial if a.role == "experimental"]
        controls = [a.id for a in self.groups_of_trial if a.role == "comparator"]
        if len(controls) != 1 or not len(group.values) == len(treated) > 1 or set(named_arms(sentence.items)) - set(controls):
            return
        for item, arm in zip(group.values, treated, strict=True):
            assert item.value is not None
            item.value.link("arm_ids", (arm, controls[0]), "arm.each_against_control")

    def link_comparison(self, item: Item, sentence: Sentence) -> None:
        """Set the two arms of the estimate ``item``: first side, other side; one where only that is clear."""
        value = item.value
        assert value is not None
        named = distinct(a for m in value.inside_arms for a in m.arm_ids if len(m.arm_ids) == 1)
        if len(named) >= 2:
            value.link("arm_ids", tuple(named[:2]), "arm.inside_estimate")
            return
        tied = tied_arm(item, sentence)
        controls = [a.id for a in self.groups_of_trial if a.role == "comparator"]
        if tied is not None and tied.arm is not None and len(controls) == 1 and len(self.order) > _PAIR:
            if tied.arm.arm_ids[0] != controls[0] and controls[0] in named_arms(sentence.items):
                # "the difference from placebo was 0.6 for 6 mg, 1.0 for 12 mg"
                value.link("arm_ids", (tied.arm.arm_ids[0], controls[0]), "arm.nearest_against_control")
                return
        referred = self._of_each_reference(item, sentence)
        if referred:
            value.link("arm_ids", referred, "arm.each_reference")
            return
        pair = self.pair_in(sentence, item)
        if pair:
            value.link("arm_ids", pair, "arm.pair_in_sentence")
            return
        default = self.default_pair()
        if default:
            value.link("arm_ids", default, "arm.only_pair")
            return
        near = [i for i in sentence.of_kind("arm") if i.arm is not None and len(i.arm.arm_ids) == 1]
        if near:
            nearest = min(near, key=lambda i: abs(i.index - item.index))
            assert nearest.arm is not None
            chosen = nearest.arm.arm_ids[0]
            comparators = [a.id for a in self.groups_of_trial if a.role == "comparator" and a.id != chosen]
            if len(comparators) == 1:
                value.link("arm_ids", (chosen, comparators[0]), "arm.nearest_against_control")
            else:
                value.link("arm_ids", (chosen,), "arm.nearest")
        elif self.last_pair:
            value.link("arm_ids", self.last_pair, "arm.last_pair")

    def _of_each_reference(self, item: Item, sentence: Sentence) -> tuple[str, ...]:
        """ "A was better than both B (HR 0.7) and C (HR 0.8)": each bracket sets A against the group that it follows."""
        opening = next((i for i in reversed(sentence.items[: item.index]) if i.kind != "word"), None)
        if opening is None or opening.lower not in ("(", "[") or opening.index == 0:
            return ()
        named = [i for i in sentence.items if i.arm is not None and len(i.arm.arm_ids) == 1]
        than = next((i for i in sentence.items[: opening.index] if i.lower in ("than", "versus", "vs", "against")), None)
        before = [i for i in named if i.index == opening.index - 1]
        if than is None or not before or before[0].index < than.index:
            return ()
        subjects = named_arms(sentence.items[: than.index])
        against = [a for a in named_arms(sentence.items[than.index :]) if a not in subjects]
        own = before[0].arm
        if len(subjects) != 1 or len(against) < _PAIR or own is None or own.arm_ids[0] not in against:
            return ()
        return (subjects[0], own.arm_ids[0])

    def pair_in(self, sentence: Sentence, item: Item | None) -> tuple[str, ...]:
        """The pair of arms that the sentence sets against each other, nearest to ``item``."""
        runs = mention_lists(sentence, "arm")
        pairs: list[tuple[int, tuple[str, ...]]] = []
        flat = [i for r in runs for i in r if i.arm is not None and len(i.arm.arm_ids) == 1]
        for left, right in pairwise(flat):
            assert left.arm is not None and right.arm is not None
            if left.arm.arm_ids == right.arm.arm_ids:
                continue
            between = sentence.items[left.index + 1 : right.index]
            words = {i.lower for i in between}
            if (
                words
                & {"versus", "vs", "v", "than", "compared", "against", "relative", "over", "and", "or", "with", "to"}
                and len(between) < 16
            ):
                distance = 0 if item is None else min(abs(left.index - item.index), abs(right.index - item.index))
                pairs.append((distance, (left.arm.arm_ids[0], right.arm.arm_ids[0])))
        if not pairs:
            return ()
        pair = min(pairs)[1]
        roles = [self.by_id[a].role if a in self.by_id else "" for a in pair]
        if roles == ["comparator", "experimental"]:
            return (pair[1], pair[0])
        return pair


def named_arms(items: Sequence[Item]) -> list[str]:
    """Distinct arms named one at a time in ``items``, in order."""
    return distinct(
        i.arm.arm_ids[0] for i in items if i.kind == "arm" and i.arm is not None and len(i.arm.arm_ids) == 1
    )


def distinct(ids: Iterable[str]) -> list[str]:
    """Return ``ids`` without repeats, in order."""
    return list(dict.fromkeys(ids))
