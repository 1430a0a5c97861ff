"""What a group gets that is known by its role alone: "the intervention group received supervised walking twice a week"."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from extractor.linking.arm_regimens import kind_of
from extractor.linking.arms import ArmReading
from extractor.naming import fold_name
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import Arm, Intervention

__all__ = ["with_definitions"]

_GETS = re.compile(
    r" ?(?:[(\[][^()\[\]]{1,30}[)\]],? )?(?:groups? |arms? |patients |participants |subjects |women |children |families |students )?(?:(?:will|were|was|also|additionally) )*"
    r"(?:receiv(?:ed|es|e|ing)|given|underwent|got|attended|took part in|participated in|performed|offered|provided with|treated with|trained with) "
    r"(?:(?:an?|the|their|either|only) )?(?P<what>(?:[^.;:()\[\]]|\.(?=\d)){4,160})"
)
_ENDS = re.compile(
    r",? (?:whereas|while|but|and (?:the )?(?:controls?|placebo|those|patients|participants)|in addition to|compared|versus|than|during|before|after|until|every|once|twice|daily|for (?:\d|one|two|three|four|six|eight|twelve|a total))\b|, "
)
_MOST = 90


def with_definitions(reading: Reading, arms: ArmReading) -> ArmReading:
    """Return ``arms`` of a full text with what it says that those receive which are named without any intervention.

    Args:
        reading: the text read. arms: its groups and the places that name them.
    """
    if reading.kind != "full_text":
        return arms
    bare = {arm.id for arm in arms.arms if all(len(i.text) < 3 for i in arm.interventions) and arm.role != "historical"}
    if not bare:
        return arms
    plain = plain_text(reading.text)
    given: dict[str, Intervention] = {}
    for mention in arms.mentions:
        own = mention.arm_ids[0]
        if len(mention.arm_ids) != 1 or own not in bare or own in given:
            continue
        match = _GETS.match(plain, mention.end)
        if match is not None and (found := _intervention(reading.text, *match.span("what"))) is not None:
            given[own] = found
    return msgspec.structs.replace(arms, arms=tuple(_with(arm, given) for arm in arms.arms))


def _with(arm: Arm, given: Mapping[str, Intervention]) -> Arm:
    """The arm with its own definition, without what only that of another names."""
    if arm.id in given:
        return msgspec.structs.replace(arm, interventions=(given[arm.id],))
    label = fold_name(arm.label.text) if arm.label is not None else ""
    others = " ".join(fold_name(g.text) for g in given.values())
    kept = tuple(i for i in arm.interventions if fold_name(i.text) in label or fold_name(i.text) not in others)
    return msgspec.structs.replace(arm, interventions=kept) if kept else arm


def _intervention(text: str, start: int, end: int) -> Intervention | None:
    """The phrase without what follows the treatment's name; None where hardly anything is left."""
    phrase = text[start : min(end, start + _MOST)]
    stop = _ENDS.search(phrase)
    if stop is not None:
        phrase = phrase[: stop.start()]
    elif len(phrase) == _MOST:
        phrase = phrase[: phrase.rfind(" ")]
    phrase = phrase.rstrip(" ,")
    if len(phrase) < 4 or phrase.lower().endswith((" the", "treatment", "intervention", "medication")):
        return None
    return Intervention(text=phrase, start=start, end=start + len(phrase), label=kind_of(phrase.lower()))
