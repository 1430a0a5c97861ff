"""Fit ``vocabulary/arm_role_weights.tsv``: ``python -m extractor.linking.fit_arm_roles CORPUS[:EVERY]... -o FILE``.

A corpus is a file of JSON Lines, one text each: ``{"text", "entities": [{"label", "start", "end"}]}`` with the labels
"intervention", "control", "intervention-participants", "control-participants" and, for figures of the two, labels that begin
with "iv-" and "cv-"; or ``{"text", "findings": [{"intervention", "comparator"}]}`` with the words for the two sides of what was
compared. ``EVERY`` takes each n-th text only. The weights in the package were fitted on the development parts of PICO-Corpus
(Mutinda et al. 2022) and Evidence Inference 2.0 (DeYoung et al. 2020). No feature names a word of an abstract, so that no
vocabulary of a corpus is learnt.

What an arm is follows from the labels on its name, its size and its figures, or from the words for the two sides, which vote; an
arm on which they disagree teaches less, one without any vote nothing. The model is a logistic regression for "is a comparator" over the features of
``arm_roles.role_features``, with a ridge penalty towards 0, fitted by Newton's method (Hastie, Tibshirani and Friedman, The
Elements of Statistical Learning, 2009, 4.4.1). The share of votes that the chosen roles agree with is printed: with the weights
in use, as fitted on all, and cross-validated over documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from extractor.lexicon import load_lexicon
from extractor.linking.arm_names import content_of_text
from extractor.linking.arm_roles import compared, role_weights
from extractor.linking.arms import RoleChoice, role_choices
from extractor.linking.fit_corpora import corpora_and_output, write_weights
from extractor.linking.record import link_trials
from extractor.reading.reader import read_article
from extractor.records import Trial, make_article

__all__ = ["Group", "fit", "groups_of", "main", "share_right"]

_RIDGE = 4.0
_STEPS = 30
_MOST_VOTES = 4.0
_SMALLEST_WEIGHT = 0.02
_FOLDS = 10
_NAMED, _SIZED, _VALUED = 1.5, 1.5, 1.0

Votes = dict[str, list[float]]
"""By arm, the labels that call it studied, and compared with."""


class Group(NamedTuple):
    """The features of one of several arms, and the labels that call it studied and compared with, weighed."""

    features: dict[str, float]
    studied: float
    compared: float


def groups_of(document: dict[str, Any]) -> list[Group]:
    """Return the arms of one labelled text, none where it has fewer than two."""
    article = make_article(id="fit", text=document["text"], kind="abstract")
    lexicon = load_lexicon()
    reading = read_article(article, lexicon)
    choices = role_choices(reading, lexicon)
    if not choices:
        return []
    votes = {choice.arm: [0.0, 0.0] for choice in choices}
    if "entities" in document:
        _vote_by_labels(votes, choices, document["entities"], link_trials(reading, lexicon)[0])
    _vote_by_words(votes, choices, document.get("findings", []), reading.text)
    return [Group(choice.features, *votes[choice.arm]) for choice in choices]


def _vote_by_labels(
    votes: Votes, choices: Sequence[RoleChoice], entities: Sequence[dict[str, Any]], trials: Sequence[Trial]
) -> None:
    """Count the labels on the names, sizes and figures of each arm, on both sides."""
    labels = [(e["label"], e["start"], e["end"]) for e in entities]

    def vote(arm: str | None, places: Sequence[tuple[int, int]], begin: str, end: str, weight: float) -> None:
        for side, role in enumerate((("intervention", "iv-"), ("control", "cv-"))):
            gold = [(a, b) for name, a, b in labels if name == role[0] + end or (begin and name.startswith(role[1]))]
            if arm in votes and any(a < stop and start < b for a, b in gold for start, stop in places):
                votes[arm][side] += weight

    for choice in choices:
        vote(choice.arm, choice.places, "", "", _NAMED)
    for trial in trials:
        for arm in trial.arms:
            if arm.size is not None:
                vote(arm.id, [(arm.size.start, arm.size.end)], "", "-participants", _SIZED)
        for result in trial.results:
            if result.span is not None:
                vote(result.arm, [result.span], "figure", "-figure", _VALUED)


def _vote_by_words(votes: Votes, choices: Sequence[RoleChoice], findings: Sequence[dict[str, str]], text: str) -> None:
    """Count, for each two sides, the arm whose names share more of the words of one side than of the other."""
    names = {c.arm: content_of_text(" ".join(text[start:end] for start, end in c.places)) for c in choices}
    for pair in dict.fromkeys((f["intervention"], f["comparator"]) for f in findings):
        shares = {arm: [_shared(content_of_text(side), mine) for side in pair] for arm, mine in names.items()}
        leaning = {arm: share[0] - share[1] for arm, share in shares.items()}
        for side, arm in ((0, max(leaning, key=lambda a: leaning[a])), (1, min(leaning, key=lambda a: leaning[a]))):
            if (leaning[arm] > 0) == (side == 0) and leaning[arm] != 0:
                votes[arm][side] += _NAMED


def _shared(wanted: frozenset[str], mine: frozenset[str]) -> float:
    return len(wanted & mine) / len(wanted) if wanted else 0.0


def fit(documents: Sequence[Sequence[Group]]) -> dict[str, float]:
    """Return feature -> weight, fitted on the arms of ``documents``.

    Raises:
        ValueError: no arm has a vote that decides.
    """
    known = [group for groups in documents for group in groups if group.studied != group.compared]
    if not known:
        raise ValueError("nothing to fit on")
    names = sorted({name for group in known for name in group.features})
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(known), len(names)))
    for i, group in enumerate(known):
        for name, value in group.features.items():
            matrix[i, index[name]] = value
    truth = np.array([float(group.compared > group.studied) for group in known])
    sure = np.array([min(_MOST_VOTES, abs(group.compared - group.studied)) for group in known]) / _MOST_VOTES
    weights = _newton(matrix, truth, sure)
    return {name: float(weights[i]) for name, i in index.items() if abs(weights[i]) >= _SMALLEST_WEIGHT}


def _newton(
    matrix: NDArray[np.float64], truth: NDArray[np.float64], sure: NDArray[np.float64]
) -> NDArray[np.float64]:
    weights = np.zeros(matrix.shape[1])
    ridge = _RIDGE * np.eye(matrix.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(matrix @ weights, -30.0, 30.0)))
        slope = matrix.T @ (sure * (chance - truth)) + _RIDGE * weights
        bend = (matrix.T * (sure * chance * (1.0 - chance))) @ matrix + ridge
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def share_right(documents: Sequence[Sequence[Group]], weights: dict[str, float]) -> tuple[float, float]:
    """Return the votes that agree with the roles chosen by ``weights``, and all votes."""
    right = total = 0.0
    for groups in documents:
        if groups:
            for group, is_compared in zip(groups, compared([g.features for g in groups], weights), strict=True):
                right += group.compared if is_compared else group.studied
                total += group.compared + group.studied
    return right, total


def _crossed(documents: Sequence[Sequence[Group]]) -> float:
    """Return the share of right votes of documents that the weights were not fitted on."""
    right = total = 0.0
    for fold in range(_FOLDS):
        weights = fit([groups for i, groups in enumerate(documents) if i % _FOLDS != fold])
        mine, all_of_it = share_right(documents[fold::_FOLDS], weights)
        right, total = right + mine, total + all_of_it
    return right / total if total > 0 else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the corpora named on the command line, fit, print how well, and write the table of weights."""
    texts, output = corpora_and_output(arguments, __doc__)
    documents = [groups_of(text) for text in texts]
    weights = fit(documents)
    before, total = share_right(documents, role_weights())
    after, _ = share_right(documents, weights)
    print(f"{total:.0f} votes; right before {before / total:.3f}, fitted {after / total:.3f}, "
          f"cross-validated {_crossed(documents):.3f}")  # fmt: skip
    write_weights(output, weights)


if __name__ == "__main__":
    main()
