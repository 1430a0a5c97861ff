"""The subgroup that a figure speaks of: "among patients with PD-L1 expression of 50% or more", "in women"."""

from __future__ import annotations

from extractor.linking.context_cues import cue_in, cues_in
from extractor.linking.layout import Sentence, Value

__all__ = ["find_subgroup"]


def find_subgroup(sentence: Sentence, value: Value) -> tuple[int, int] | None:
    """Return the [start, end] of the subgroup phrase nearest before ``value`` in its sentence (else after), or None."""
    place = value.start - sentence.start
    found = [(m.start("phrase"), m.end("phrase")) for m in cues_in("subgroup", sentence.text)]
    arms = [(i.start - sentence.start, i.end - sentence.start) for i in sentence.items if i.kind == "arm"]
    values = [v.start - sentence.start for v in sentence.values]
    found = [
        (s, e) for s, e in found
        if not any(s < b and a < e for a, b in arms) and not any(s <= v < e for v in values)
    ]  # fmt: skip
    ends = {v.end - sentence.start: v for v in sentence.values}
    owned = {f: owner for f in found if (owner := _owner_before(f, ends, sentence)) is not None}
    own = next((f for f, owner in owned.items() if owner is value), None)
    free = [f for f in found if f[1] <= place and f not in owned]
    chosen = own if own is not None else (free[-1] if free else None)
    if chosen is None:
        return None
    start, end = chosen
    while end > start and sentence.text[end - 1].isspace():
        end -= 1
    return (sentence.start + start, sentence.start + end)


def _owner_before(phrase: tuple[int, int], ends: dict[int, Value], sentence: Sentence) -> Value | None:
    """The value that a subgroup phrase follows directly: "0.59 in patients with a score below 1%"."""
    for end, value in ends.items():
        if end <= phrase[0] and cue_in("subgroup_tie", sentence.text[end : phrase[0]]) is not None:
            return value
    return None
