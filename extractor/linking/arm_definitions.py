"""What a group gets that is known by its role alone: "the intervention group received supervised walking twice a week"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from extractor.linking.arm_regimens import kind_of
from extractor.linking.arms import ArmReading
from extractor.naming import fold_name
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import Arm, Intervention, Number, Span

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
_LETTERED = re.compile(r"(?:groups?|arms?|cohort) ?(?P<letter>[A-H]|[IV]{1,4}|[1-8])", re.IGNORECASE)
_SIZED = re.compile(r"(?P<name>.{3,}?)[,;]? ?[(\[]?n ?= ?(?P<n>\d{1,6})[)\]]?")
_NAMED = r"(?P<what>[^,;:()\[\].]{3,80})(?:[,;] ?n ?= ?(?P<n>\d{1,6}))?"


def with_definitions(reading: Reading, arms: ArmReading) -> ArmReading:
    """Return ``arms`` of a full text with what it says that those receive which are named without any intervention.

    Args:
        reading: the text read. arms: its groups and the places that name them.
    """
    if reading.kind != "full_text":
        return arms
    arms = msgspec.structs.replace(arms, arms=tuple(map(_without_size, arms.arms)))
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
    sizes = _lettered(reading.text, plain, [arm for arm in arms.arms if arm.id in bare - set(given)], given)
    arms = msgspec.structs.replace(
        arms, arms=tuple(msgspec.structs.replace(a, size=a.size or sizes.get(a.id)) for a in arms.arms)
    )
    return msgspec.structs.replace(arms, arms=tuple(_with(arm, given) for arm in arms.arms))


def _without_size(arm: Arm) -> Arm:
    """The arm with the number of people taken from the end of its label: "saline, n = 26"."""
    match = _SIZED.fullmatch(arm.label.text) if arm.label is not None else None
    if arm.label is None or match is None:
        return arm
    start, at = arm.label.start, arm.label.start + match.start("n")
    size = Number(text=match["n"], start=at, end=at + len(match["n"]), value=int(match["n"]))
    label = Span(text=match["name"], start=start, end=start + len(match["name"]))
    return msgspec.structs.replace(arm, label=label, size=arm.size or size)


def _lettered(text: str, plain: str, arms: Sequence[Arm], given: dict[str, Intervention]) -> dict[str, Number]:
    """Add to ``given`` what a list says of groups that are known by letters alone: "four groups: (A) saline, (B) varnish",
    "group A (saline, n = 26)"; return the sizes that stand there."""
    sizes: dict[str, Number] = {}
    for arm in arms:
        letter = _LETTERED.fullmatch(arm.label.text) if arm.label is not None else None
        if letter is None:
            continue
        own = re.escape(letter["letter"].lower())
        for lead in (rf"\bgroups?\b[^.;]{{0,200}}?\({own}\) ?", rf"\b(?:group|arm) {own} ?[(:=] ?"):
            match = re.search(lead + _NAMED, plain)
            found = _intervention(text, *match.span("what")) if match is not None else None
            if match is None or found is None:
                continue
            given[arm.id] = found
            if match["n"] is not None:
                start, end = match.span("n")
                sizes[arm.id] = Number(text=text[start:end], start=start, end=end, value=int(match["n"]))
            break
    return sizes


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
