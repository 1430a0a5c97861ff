"""How many people each group had: "122 were assigned to A and 119 to B", "A (n = 122)", "61 patients in each group".

Every sentence with counts is read with marks for counts and groups (``arm_size_view``); what stands beside a count tells
whose it is (``arm_size_entries``, ``arm_size_names``), and the counts of one sentence are taken together as a list
(``arm_size_lists``). The best supported list gives the sizes; groups that it leaves out take theirs from the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from extractor.linking.arm_size_entries import is_paired
from extractor.linking.arm_size_lists import SizeList, find_lists, support_near
from extractor.linking.arm_size_names import ArmNames
from extractor.linking.arm_size_view import MarkedSentence, mark_sentences
from extractor.linking.arm_types import ArmMention
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import Arm, Number

__all__ = ["Sizing", "size_arms"]

_LEAST_SCORE, _LEAST_TOTAL = 2.5, -1.0
_SUM, _TOO_LARGE, _ALL_ALONE = 2.0, -4.0, -9.0
_LEAST_PART, _LEAST_SIZE, _LEAST_SUPPORT = 0.3, 4, 0.5
_ABOUT_SAME = 0.8
_SURE_SCORE, _CERTAIN, _LEAST_WHOLE = 4.0, 7.0, 10
_REACH = 40
_OF_A_GROUP = re.compile(
    r"(?:@[^#@()\[\]]{0,20} ?[(\[]n=|@ each (?:consisted of|included|comprised|had|contained) )$"
)


class Sizing(msgspec.Struct, frozen=True, kw_only=True):
    """The groups with their sizes, and what these tell of the number of all.

    ``arms``: the groups. ``parts``: where the counts start that are the sizes of one of several groups, or smaller than
    one. ``wholes``: printed counts that such sizes make up together, the best supported first.
    """

    arms: tuple[Arm, ...]
    parts: frozenset[int] = frozenset()
    wholes: tuple[Number, ...] = ()


def size_arms(reading: Reading, arms: Sequence[Arm], mentions: Sequence[ArmMention], enrolled: Number | None) -> Sizing:
    """Return ``arms`` with the size of each, where the text states one, and the counts that the sizes make up.

    Args:
        reading: the text read. arms: the groups; a size they have already stands where none better is found.
        mentions: the places that name them. enrolled: the number of people in the trial.
    """
    if not arms:
        return Sizing(arms=())
    plain = plain_text(reading.text)
    sentences = mark_sentences(reading, plain, mentions)
    names = ArmNames(arms, mentions, reading.text)
    every = [n for s in sentences for n in s.counts.values()]
    counts = {n.value for n in every}
    sentences = [_without_all(s, enrolled) for s in sentences]
    lists = [_supported(found, counts, enrolled) for s in _worth_reading(sentences) for found in find_lists(s, names)]
    lists = [found for found in lists if found.score >= (_LEAST_SCORE if found.stated else _LEAST_TOTAL)]
    lists.sort(key=lambda s: (not s.stated, -s.score, s.start))
    sizes = _chosen(lists)
    if any(a.size is not None and a.id not in sizes for a in arms):
        stated = {n.start: support_near(s, i) for s in sentences for i, n in s.counts.items() if not is_paired(s, i)}
        for one in arms:
            if one.id not in sizes and (kept := _kept(one, sizes, stated)) is not None:
                sizes[one.id] = kept
    sure = [found for found in lists if found.stated and len(found.sizes) > 1 and found.score >= _SURE_SCORE]
    parts = {place for found in sure for place in _places(found)}
    if enrolled is not None and any(n.value > enrolled.value for n in sizes.values()):
        parts.add(enrolled.start)
    return Sizing(
        arms=tuple(msgspec.structs.replace(a, size=sizes.get(a.id)) for a in arms),
        parts=frozenset(parts),
        wholes=tuple(whole for found in sure if (whole := _whole(found, every)) is not None),
    )


def _chosen(lists: Sequence[SizeList]) -> dict[str, Number]:
    """Return the size of each arm: of the best list, then of the next that says the same of the arms they share."""
    sizes: dict[str, Number] = {}
    for found in lists:
        if not _agrees(found, sizes):
            continue
        taken = {n.start for n in sizes.values()}
        least = _LEAST_PART * min((n.value for n in sizes.values()), default=0)
        for arm, number in found.sizes.items():
            if (
                arm not in sizes
                and number.value >= least
                and (number.start not in taken or len(set(_places(found))) == 1)
            ):
                sizes[arm] = number
    return sizes


def _whole(found: SizeList, every: Sequence[Number]) -> Number | None:
    """Return the printed count that the sizes make up: the nearest before them, else the first behind."""
    first = min(_places(found))
    whole = sum(n.value for n in found.sizes.values())
    same = [n for n in every if n.value == whole >= _LEAST_WHOLE]
    before = [n for n in same if n.start < first]
    return before[-1] if before else next(iter(same), None)


def _agrees(found: SizeList, sizes: dict[str, Number]) -> bool:
    """Whether the list says about the same of the groups whose size is known."""
    both = [(found.sizes[a].value, n.value) for a, n in sizes.items() if a in found.sizes]
    return all(min(pair) >= _ABOUT_SAME * max(pair) for pair in both)


def _places(found: SizeList) -> list[int]:
    return [n.start for n in found.sizes.values()]


def _worth_reading(sentences: Sequence[MarkedSentence]) -> list[MarkedSentence]:
    return [s for s in sentences if s.places or len(s.counts) > 1 or "each" in s.text or "group" in s.text]


def _without_all(sentence: MarkedSentence, enrolled: Number | None) -> MarkedSentence:
    """Return the sentence without the number of all people, unless one of about its size stands beside it."""
    at = next((i for i, n in sentence.counts.items() if enrolled is not None and n.start == enrolled.start), None)
    if at is None or _OF_A_GROUP.search(sentence.text, max(0, at - _REACH), at):
        return sentence
    whole = sentence.counts[at].value
    others = [n.value for i, n in sentence.counts.items() if i != at]
    if any(_LEAST_PART * whole < v < whole / _LEAST_PART for v in others) and not _adds_up(others, whole):
        return sentence
    counts = {i: n for i, n in sentence.counts.items() if i != at}
    text = f"{sentence.text[:at]}¤{sentence.text[at + 1 :]}"
    return msgspec.structs.replace(sentence, text=text, counts=counts)


def _adds_up(parts: Sequence[float], whole: float) -> bool:
    """Whether two neighbours, or three, of ``parts`` make ``whole``, or a part is half of it."""
    return any(sum(parts[i : i + n]) == whole for n in (2, 3) for i in range(len(parts) - n + 1)) or any(
        2 * v == whole for v in parts
    )


def _supported(found: SizeList, counts: set[float], enrolled: Number | None) -> SizeList:
    """Return the list with its score for sums that the text prints, and against counts larger than that of all."""
    values = [n.value for n in found.sizes.values()]
    score = found.score
    if enrolled is not None and enrolled.start in _places(found):
        score += _ALL_ALONE if len(values) == 1 else 0.0
    elif enrolled is not None and any(v > enrolled.value for v in values):
        score += 0.0 if _certain(found) or _not_of_all(found, enrolled) else _TOO_LARGE
    if len(values) > 1 and (sum(values) in counts or (len(set(_places(found))) == 1 and 2 * values[0] in counts)):
        score += _SUM
    return msgspec.structs.replace(found, score=score)


def _certain(found: SizeList) -> bool:
    """Whether the list stands against a number of all that is smaller: "A (n = 72) or B (n = 69)" where people enter."""
    return found.stated and len(found.sizes) > 1 and found.score >= _CERTAIN


def _not_of_all(found: SizeList, enrolled: Number) -> bool:
    """Whether no size of the list is less than the number of all, which is then that of a group or of something else."""
    return found.stated and len(found.sizes) > 1 and all(n.value >= enrolled.value for n in found.sizes.values())


def _kept(arm: Arm, sizes: dict[str, Number], stated: dict[int, float]) -> Number | None:
    """Return the size that the arm had, unless it is another arm's, no count of people, or small beside those found."""
    size = arm.size
    if size is None or size.start in {n.start for n in sizes.values()} or size.value < _LEAST_SIZE:
        return None
    if stated.get(size.start, -1.0) < _LEAST_SUPPORT or (
        sizes and size.value < _LEAST_PART * min(n.value for n in sizes.values())
    ):
        return None
    return size
