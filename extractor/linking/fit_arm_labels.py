"""Fit ``vocabulary/arm_label_weights.tsv``: ``python -m extractor.linking.fit_arm_labels CORPUS[:EVERY]... -o FILE``.

A corpus is a file of JSON Lines, one abstract each: ``{"text", "entities": [{"label", "start", "end"}]}`` with the labels
"intervention" and "control". ``EVERY`` takes each n-th abstract only. The weights in the package were fitted on the
development part of PICO-Corpus (Mutinda et al. 2022). No feature names a word of an abstract, so that no vocabulary of a
corpus is learnt.

The model is a conditional logistic regression (McFadden, Conditional logit analysis of qualitative choice behavior, 1974) over
the places that may give the label of an arm; where several places are right, their chances are added; an arm without a right
place teaches nothing. It has a ridge penalty towards 0 and is fitted by Adam (Kingma and Ba 2015). The share of arms that get
a right label is printed: as fitted on all, and cross-validated over documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor.lexicon import load_lexicon
from extractor.linking.arm_labels import label_weights
from extractor.linking.arms import label_choices
from extractor.linking.fit_corpora import corpora_and_output, write_weights
from extractor.reading.reader import read_article
from extractor.records import make_article

__all__ = ["Choice", "choices_of", "fit", "main", "share_right"]

Choice = tuple[list[dict[str, float]], list[bool]]
"""Features of each place that may give the label of an arm, and which of them are right."""

_LABELS = {"experimental": "intervention", "comparator": "control"}
_RIDGE = 1.0
_STEPS = 400
_RATE = 0.05
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
_SMALLEST_WEIGHT = 0.05
_FOLDS = 5


def choices_of(document: dict[str, Any]) -> list[Choice]:
    """Return a choice for each arm of one labelled abstract; a place is right where a label of the arm's role overlaps it."""
    article = make_article(id="fit", text=document["text"], kind="abstract")
    lexicon = load_lexicon()
    rows: list[Choice] = []
    for role, places in label_choices(read_article(article, lexicon), lexicon):
        gold = [(e["start"], e["end"]) for e in document["entities"] if e["label"] == _LABELS.get(role)]
        if gold and len(places) > 1:
            right = [any(start < stop and first < end for start, end in gold) for first, stop, _ in places]
            rows.append(([features for _, _, features in places], right))
    return rows


def fit(choices: Sequence[Choice]) -> dict[str, float]:
    """Return feature -> weight, fitted on ``choices``.

    Raises:
        ValueError: no choice has a right place.
    """
    known = [(rows, right) for rows, right in choices if any(right) and not all(right)]
    if not known:
        raise ValueError("nothing to fit on")
    names = sorted({name for rows, _ in known for features in rows for name in features})
    index = {name: i for i, name in enumerate(names)}
    tables = [(_matrix(rows, index), np.array(right)) for rows, right in known]
    weights = np.zeros(len(names))
    first, second = np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, _STEPS + 1):
        slope = _RIDGE * weights
        for matrix, right in tables:
            sums = matrix @ weights
            chance = np.exp(sums - sums.max())
            chance /= chance.sum()
            given = chance * right
            slope += matrix.T @ (chance - given / given.sum())
        first = _BETA1 * first + (1 - _BETA1) * slope
        second = _BETA2 * second + (1 - _BETA2) * slope**2
        weights -= _RATE * (first / (1 - _BETA1**step)) / (np.sqrt(second / (1 - _BETA2**step)) + _EPSILON)
    return {name: float(weights[i]) for name, i in index.items() if abs(weights[i]) >= _SMALLEST_WEIGHT}


def _matrix(rows: Sequence[dict[str, float]], index: dict[str, int]) -> NDArray[np.float64]:
    matrix = np.zeros((len(rows), len(index)))
    for i, features in enumerate(rows):
        for name, value in features.items():
            matrix[i, index[name]] = value
    return matrix


def share_right(choices: Sequence[Choice], weights: dict[str, float]) -> float:
    """Return the share of ``choices`` in which the place with the greatest sum is right, 0 where there is no choice."""
    hits = 0
    for rows, right in choices:
        sums = [sum(weights.get(name, 0.0) * value for name, value in features.items()) for features in rows]
        hits += right[sums.index(max(sums))]
    return hits / len(choices) if choices else 0.0


def _crossed(documents: Sequence[Sequence[Choice]]) -> float:
    """Return the share of right labels where each fifth of the documents is judged by weights fitted on the others."""
    hits = total = 0.0
    for fold in range(_FOLDS):
        judged = [choice for rows in documents[fold::_FOLDS] for choice in rows]
        weights = fit([choice for i, rows in enumerate(documents) if i % _FOLDS != fold for choice in rows])
        hits += share_right(judged, weights) * len(judged)
        total += len(judged)
    return hits / total if total > 0 else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the corpora named on the command line, fit, print how well, and write the table of weights."""
    texts, output = corpora_and_output(arguments, __doc__)
    documents = [choices_of(text) for text in texts]
    choices = [choice for rows in documents for choice in rows]
    weights = fit(choices)
    print(f"{len(choices)} labels; right before {share_right(choices, label_weights()):.3f}, "
          f"fitted {share_right(choices, weights):.3f}, cross-validated {_crossed(documents):.3f}")  # fmt: skip
    write_weights(output, weights)


if __name__ == "__main__":
    main()
