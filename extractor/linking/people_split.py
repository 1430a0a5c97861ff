"""Counts of people that tell how the participants are split over the groups: sizes of groups, no findings."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.linking.context_cues import cue_in
from extractor.linking.layout import Item, Sentence, Value

__all__ = ["split_of_people"]

_FEWEST = 2
_PERCENT_SUM, _ROUNDING = 100.0, 0.6
_REACH = 70


def split_of_people(sentence: Sentence) -> list[Value]:
    """Return the values of ``sentence`` that only tell how many people each group has.

    Either their shares make up the whole and no outcome is named ("29 (52%) had the port and 27 (48%) the line"), or the words say that it is people
    who are told by group ("of 52 patients (27 on A, 25 on B)", "88 on A and 91 on B were evaluable").
    """
    found: list[Value] = []
    values = [i for i in sentence.items if i.value is not None and i.value.companion_of is None]
    for start in range(len(values)):
        run = _run(values[start:])
        if len(run) < _FEWEST or (start and _run(values[start - 1 :])[1:] == run):
            continue
        own = [i.value for i in run if i.value is not None]
        named = any(i.kind == "outcome" for i in sentence.items[: run[-1].index])
        if (not named and _whole(own)) or (own[0].measure == "count" and _told_of_people(run, sentence)):
            found += own
    return found


def _run(values: Sequence[Item]) -> list[Item]:
    """The values from the first on that are of one kind and of one arm each, no two of the same."""
    run: list[Item] = []
    arms: set[tuple[str, ...]] = set()
    for item in values:
        value = item.value
        assert value is not None
        if value.measure not in ("count", "percentage") or not value.arm_ids or value.arm_ids[:1] in arms:
            break
        if run and run[0].value is not None and value.measure != run[0].value.measure:
            break
        arms.add(value.arm_ids[:1])
        run.append(item)
    return run


def _whole(values: Sequence[Value]) -> bool:
    """Whether counts with percentages are the parts of one whole, each percentage being the share in the sum of the counts."""
    counts = [v.events.value if v.events is not None and v.total is None else None for v in values]
    shares = [v.figure.value for v in values]
    if any(c is None for c in counts) or any(s is None for s in shares) or values[0].measure != "percentage":
        return False
    total = sum(c for c in counts if c is not None)
    if total <= 0 or abs(sum(s for s in shares if s is not None) - _PERCENT_SUM) > _ROUNDING:
        return False
    return all(abs(100 * c / total - s) <= _ROUNDING for c, s in zip(counts, shares, strict=True) if c is not None and s is not None)


def _told_of_people(run: Sequence[Item], sentence: Sentence) -> bool:
    """Whether whole numbers without a denominator follow a number of people directly, or are said to be evaluable."""
    for item in run:
        value = item.value
        if value is None or not isinstance(value.figure.value, int) or (value.total is not None and value.rules.get("total") != "total.of_the"):
            return False
    before = sentence.text[max(0, run[0].start - sentence.start - _REACH) : run[0].start - sentence.start]
    after = sentence.text[run[-1].end - sentence.start :][:_REACH]
    return cue_in("people_split_before", before) is not None or cue_in("people_split_after", after) is not None
