"""The groups of a trial over documents."""

from __future__ import annotations

import re

from extractor.assembly.concepts import Place, commonest, fold_concepts
from extractor.assembly.types import AssembledArm, TrialReport
from extractor.naming import fold_name
from extractor.records import Arm, Intervention

__all__ = ["join_arms"]


def _intervention_key(intervention: Intervention) -> str:
    return fold_name(intervention.concept or intervention.text)


_DOSE = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?) ?([a-zμ%]{1,12}(?:/[a-zμ0-9]{1,8}){0,3})")


def _dose_key(dose: str) -> str:
    """Return number and unit of a dose as printed, so that "30 μg each" and "30-μg" are one."""
    folded = fold_name(dose).replace("·", ".").replace("-", " ")
    found = _DOSE.search(folded)
    return f"{found[1].replace(',', '.')} {found[2]}" if found else folded


class _ArmGroup:
    def __init__(self, place: Place, arm: Arm) -> None:
        self.arms = {place: arm}
        self.role = arm.role
        self.drugs = frozenset(map(_intervention_key, arm.interventions))
        self.label = fold_name(arm.label.text) if arm.label and not self.drugs else ""
        self.doses = {_intervention_key(i): _dose_key(i.dose.text) for i in arm.interventions if i.dose is not None}

    def is_same(self, other: _ArmGroup) -> bool:
        mine, theirs = (self.role, self.drugs, self.label), (other.role, other.drugs, other.label)
        return mine == theirs and self._doses_agree(other)

    def is_counterpart(self, other: _ArmGroup) -> bool:
        """The only arm of this role on either side, and nothing speaks against their being one."""
        agree = not self.drugs or not other.drugs or bool(self.drugs & other.drugs)
        return self.role == other.role and agree and self._doses_agree(other)

    def _doses_agree(self, other: _ArmGroup) -> bool:
        return all(self.doses[drug] == other.doses[drug] for drug in self.doses.keys() & other.doses.keys())

    def absorb(self, other: _ArmGroup) -> None:
        self.arms |= other.arms
        self.drugs |= other.drugs
        self.doses = other.doses | self.doses


def join_arms(reports: list[TrialReport]) -> tuple[tuple[AssembledArm, ...], dict[Place, str]]:
    """Return the arms of one trial, and for each arm of each report (its place) the key of the arm it is."""
    groups: list[_ArmGroup] = []
    for report in reports:
        places = {(report.document, report.trial.id, arm.id): arm for arm in report.trial.arms}
        own = [_ArmGroup(place, arm) for place, arm in places.items()]
        before = list(groups)
        for group in own:
            free = [known for known in before if known.arms.keys().isdisjoint(places)]
            same = next((known for known in free if known.is_same(group)), None)
            if same is None:
                candidates = [known for known in before if known.role == group.role]
                alone = len(candidates) == 1 and sum(other.role == group.role for other in own) == 1
                same = next((k for k in candidates if alone and k in free and k.is_counterpart(group)), None)
            if same is None:
                groups.append(group)
            else:
                same.absorb(group)
    arms: list[AssembledArm] = []
    keys: dict[Place, str] = {}
    for group in groups:
        arm = _assemble_arm(group, {arm.key for arm in arms})
        arms.append(arm)
        keys.update(dict.fromkeys(group.arms, arm.key))
    return tuple(arms), keys


def _assemble_arm(group: _ArmGroup, taken: set[str]) -> AssembledArm:
    arms = list(group.arms.values())
    interventions = fold_concepts((i.concept, i.text, i.label, i.id) for arm in arms for i in arm.interventions)
    label = commonest(arm.label.text for arm in arms if arm.label is not None)
    names = " + ".join(concept.name for concept in interventions)
    doses: dict[str, str] = {}
    for arm in arms:
        for intervention in arm.interventions:
            if intervention.dose is not None:
                doses.setdefault(_intervention_key(intervention), intervention.dose.text)
    stem = fold_name(names or label or group.role)
    candidates = [stem, " ".join([stem, *map(fold_name, doses.values())]), f"{stem} ({group.role})"]
    candidates += [f"{stem} ({number})" for number in range(2, len(taken) + 3)]
    return AssembledArm(
        key=next(candidate for candidate in candidates if candidate not in taken),
        role=group.role,
        label=label or names or group.role,
        interventions=interventions,
        doses=doses,
        size=next((arm.size.value for arm in arms if arm.size is not None), None),
    )
