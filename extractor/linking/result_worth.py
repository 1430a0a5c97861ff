"""How likely a figure of an abstract is a finding of its trial: named features, weighed by a table.

Abstracts print many figures that are measured but report no outcome of the groups: who took part, what a group was given, how
common the disease is. Every figure that the rules take for a result has named features: how its arm and outcome were found,
what its sentence names, its measure, place and company. ``vocabulary/result_weights.tsv`` holds a weight for each; where the
sum is below ``LEAST_WORTH`` the figure is left out. Texts of a sentence or two and texts other than abstracts are not weighed,
since the table was fitted on abstracts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from extractor.linking.context_cues import around, cue_in
from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.rules import weight_rows
from extractor.reading.types import Reading

__all__ = ["LEAST_WORTH", "Judge", "judge_of", "result_weights", "worth", "worth_features"]

Judge = Callable[[Item, Sentence], bool]
"""Whether the value of an item, with all its links, is a finding."""

LEAST_WORTH = -0.7
"""Chosen by cross-validation: lower lets more figures through that are no findings, higher loses findings."""
_FILE = "result_weights.tsv"
_FEWEST_SENTENCES = 3
_FEWEST_GROUPS = 2
_PLACES = (0.15, 0.3, 0.45, 0.6, 0.8)
_SIZES = (1, 5, 20, 100, 1000)
_CUES = (
    "characteristic", "enrolment", "participation", "not_result", "follow_up", "ages", "hedge", "comparative", "change",
    "same_outcomes", "subgroup", "compared_before", "total_of", "event_outcome",
)  # fmt: skip
_MOST_VALUES, _MOST_NAMED, _MOST_ALIKE = 6, 3, 4


@cache
def result_weights() -> dict[str, float]:
    """Return feature -> weight, with "bias".

    Raises:
        LexiconError: the table is malformed.
    """
    return {feature: weight for feature, (weight,) in weight_rows(_FILE, ("feature", "weight")).items()}


def judge_of(reading: Reading, groups: int) -> Judge | None:
    """Return what judges the figures of ``reading``; None where all that the rules take for results are kept.

    Args:
        reading: the text. groups: how many groups its trial has; where there is one only, no figure needs to name it.
    """
    if reading.kind != "abstract" or len(reading.sentences) < _FEWEST_SENTENCES or groups < _FEWEST_GROUPS:
        return None
    length = max(1, len(reading.text))
    return lambda item, sentence: _stated_in_full(item) or any(
        worth(worth_features(other, sentence, length)) >= LEAST_WORTH for other in _told_together(item, sentence)
    )


def _stated_in_full(item: Item) -> bool:
    """Whether the figure is printed as only findings are: with an interval or a spread, as a change from a baseline, as not reached."""
    assert item.value is not None
    figure = item.value.figure
    spread = figure.dispersion is not None and figure.dispersion.kind in ("sd", "se")
    return spread or figure.ci is not None or figure.baseline is not None or figure.kind == "not_reached"


def _told_together(item: Item, sentence: Sentence) -> list[Item]:
    """The item and the others whose values are of the same outcome and measure: one finding of several groups."""
    value = item.value
    assert value is not None
    others = [
        i for i in sentence.of_kind("value")
        if i.value is not None and i.value.measure == value.measure and i.value.outcome_id == value.outcome_id
    ]  # fmt: skip
    return [item, *(i for i in others if i is not item)]


def worth(features: list[str]) -> float:
    """Return the sum of the weights of ``features`` with the bias: log odds of being a finding."""
    weights = result_weights()
    return weights.get("bias", 0.0) + sum(weights.get(name, 0.0) for name in features)


def worth_features(item: Item, sentence: Sentence, length: int) -> list[str]:
    """Return the features of the value of ``item``, whose links are made.

    Args:
        item: an item with a value that has a measure. sentence: its sentence. length: characters of the text.
    """
    value = item.value
    assert value is not None
    arm, outcome = value.rules.get("arm", "none"), value.rules.get("outcome", "none")
    place = _step(value.start / length, _PLACES)
    features = [
        f"section={sentence.section}", f"section={sentence.section}:place={place}", f"place={place}",
        f"measure={value.measure}", f"arm={arm}", f"outcome={outcome}", f"{value.measure}:arm={arm}",
    ]  # fmt: skip
    features += _printed_with(value)
    features += _company(item, sentence, value)
    window = around(item, sentence)
    for name in _CUES:
        if cue_in(name, window) is not None:
            features.append(f"cue={name}")
        elif cue_in(name, sentence.text) is not None:
            features.append(f"sentence-cue={name}")
    return features


def _step(number: float, steps: tuple[float, ...]) -> int:
    return sum(number >= step for step in steps)


def _printed_with(value: Value) -> list[str]:
    """What is printed with the figure: interval, spread, counts, p-value, unit, and how great it is."""
    figure = value.figure
    parts = {
        "ci": figure.ci, "dispersion": figure.dispersion, "events": value.events, "total": value.total,
        "p": value.p_value, "own-p": figure.p_value, "time": value.timepoint, "subgroup": value.subgroup,
        "modifier": figure.modifier, "companion": value.companion_of, "baseline": figure.baseline,
    }  # fmt: skip
    features = [f"{name}={'no' if part is None else 'yes'}" for name, part in parts.items()]
    if figure.dispersion is not None:
        features.append(f"dispersion={figure.dispersion.kind}")
    features.append(f"unit={value.unit or 'none'}")
    features.append(f"digits={'yes' if any(c.isdigit() for c in figure.printed or '') else 'no'}")
    if figure.value is not None:
        size = _step(abs(figure.value), _SIZES)
        whole = "whole" if isinstance(figure.value, int) else "decimal"
        features += [f"size={size}", f"{value.measure}:{whole}:{size}"]
    return features


def _company(item: Item, sentence: Sentence, value: Value) -> list[str]:
    """What else its sentence names and counts."""
    others = [v for v in sentence.values if v.companion_of is None]
    alike = [v for v in others if v.outcome_id == value.outcome_id and v.measure == value.measure]
    named = {a for i in sentence.items if i.arm is not None for a in i.arm.arm_ids}
    kinds = {i.token_kind for i in sentence.items}
    told_p = "p_value" in kinds or any(i.figure is not None and i.figure.p_value is not None for i in sentence.items)
    return [
        f"values={min(_MOST_VALUES, len(others))}",
        f"alike={min(_MOST_ALIKE, len(alike))}",
        f"arms-of-alike={min(_MOST_NAMED, len({v.arm_ids for v in alike if v.arm_ids}))}",
        f"arms-named={min(_MOST_NAMED, len(named))}",
        f"arms-valued={min(_MOST_NAMED, len({v.arm_ids for v in others if v.arm_ids}))}",
        f"outcomes-named={min(_MOST_NAMED, len(sentence.of_kind('outcome')))}",
        f"p-in-sentence={'yes' if told_p else 'no'}",
        f"estimate-in-sentence={'yes' if 'estimate' in kinds else 'no'}",
    ]
