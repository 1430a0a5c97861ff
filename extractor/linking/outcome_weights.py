"""The weights of the features that tell the words of an outcome: the table ``vocabulary/outcome_weights.tsv``.

A row is a feature and its weight; fit_outcomes.py fitted them and says on what. Any row may be changed or dropped. Features
with "=" behind a name of ``SLOTS`` speak of a word by its place: "w=mortality" is the word itself, "w-1=of" the word
before, "w+far=..." a word three to five places on, "end3=" and "end4=" its last letters, "result=..." the word itself in
a sentence that reports a finding.
"""

from __future__ import annotations

from functools import cache, lru_cache

from extractor.errors import LexiconError
from extractor.linking.rules import vocabulary_lines

__all__ = ["KINDS", "SLOTS", "OutcomeWeights", "WordWeights", "load_weights", "word_weights"]

_FILE = "outcome_weights.tsv"
KINDS = ("result", "definition", "conclusion", "other")
"""What a sentence can do (see outcome_scope.sentence_kinds)."""
SLOTS = frozenset(
    ["w", "w-1", "w+1", "w-2", "w+2", "w-far", "w+far", "end3", "end4", "end3-1", "end3+1", *KINDS]
)  # fmt: skip

WordWeights = tuple[dict[str, float], float, float, float, float, float, float]
"""What a word counts: where it stands itself (by kind of sentence), then for the tokens after it (as their w-1, w-2, w-far)
and before it (as their w+1, w+2, w+far): (own, minus1, minus2, minus_far, plus1, plus2, plus_far)."""


class OutcomeWeights:
    """The table: ``bias``, ``single`` feature -> weight, ``slots`` slot -> word -> weight."""

    def __init__(self, weights: dict[str, float]) -> None:
        self.bias = weights.get("bias", 0.0)
        self.single: dict[str, float] = {}
        self.slots: dict[str, dict[str, float]] = {slot: {} for slot in SLOTS}
        for feature, weight in weights.items():
            slot, found, word = feature.partition("=")
            if found and slot in SLOTS:
                self.slots[slot][word] = weight
            elif feature != "bias":
                self.single[feature] = weight


@cache
def load_weights() -> OutcomeWeights:
    """Return the table of weights.

    Raises:
        LexiconError: another header, a wrong number of columns, a weight that is no number, or a feature twice.
    """
    lines = vocabulary_lines(_FILE)
    if not lines or lines[0].split("\t") != ["feature", "weight"]:
        raise LexiconError("the header must be feature, weight", f"{_FILE}:1")
    weights: dict[str, float] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 2 or cells[0] in weights:
            raise LexiconError("expected a feature of its own and a weight", f"{_FILE}:{number}")
        try:
            weights[cells[0]] = float(cells[1])
        except ValueError as error:
            raise LexiconError(f"not a number: {cells[1]!r}", f"{_FILE}:{number}") from error
    return OutcomeWeights(weights)


@lru_cache(maxsize=1 << 16)
def word_weights(word: str) -> WordWeights:
    """Return what ``word`` counts in each place (a figure is "#" and its kind, the edge of a sentence "^")."""
    slots = load_weights().slots
    own = slots["w"].get(word, 0.0)
    if word[0].isalpha():
        own += slots["end3"].get(word[-3:], 0.0) + slots["end4"].get(word[-4:], 0.0)
    return (
        {kind: own + slots[kind].get(word, 0.0) for kind in KINDS},
        slots["w-1"].get(word, 0.0) + slots["end3-1"].get(word[-3:], 0.0),
        slots["w-2"].get(word, 0.0),
        slots["w-far"].get(word, 0.0),
        slots["w+1"].get(word, 0.0) + slots["end3+1"].get(word[-3:], 0.0),
        slots["w+2"].get(word, 0.0),
        slots["w+far"].get(word, 0.0),
    )
