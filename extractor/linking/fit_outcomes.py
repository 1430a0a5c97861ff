"""Fit the weights of ``vocabulary/outcome_weights.tsv``: ``python -m extractor.linking.fit_outcomes CORPUS[:EVERY]... -o FILE``.

A corpus is a file of JSON Lines, one abstract each, in one of two forms: ``{"text", "entities": [{"label", "start", "end"}]}``
with labels that begin with "outcome", or ``{"text", "tokens": [[start, end], ...], "tags": [...]}`` with the tag "I-OUT".
``EVERY`` takes each n-th abstract only. The weights in the package were fitted on the development part of PICO-Corpus
(Mutinda et al. 2022) and on every third abstract of the development part of EBM-NLP (Nye et al. 2018). Features that name
single words are left out, so that no vocabulary of a corpus is learnt.

The model is a logistic regression with a ridge penalty, fitted by Newton's method (iteratively reweighted least squares:
McCullagh and Nelder, Generalized Linear Models, 1989, section 2.5). The threshold that serves F1 best is folded into the bias.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor.lexicon import load_lexicon
from extractor.linking.arm_view import make_view
from extractor.linking.arms import find_arms
from extractor.linking.outcome_features import FeatureReader
from extractor.linking.outcome_phrases import find_phrases
from extractor.linking.outcome_scope import sentence_kinds
from extractor.linking.outcomes import blocked_tokens, outcome_key
from extractor.reading.reader import read_article
from extractor.records import make_article

__all__ = ["Example", "examples_of", "fit", "main"]

Example = tuple[list[str], bool]
_RIDGE = 2.0
_ROUNDS = 60
_CLOSE = 1e-4
_SMALLEST_WEIGHT = 0.05
_WORD_FEATURE = "word="


def _gold_spans(document: dict[str, Any]) -> list[tuple[int, int]]:
    if "entities" in document:
        return [(e["start"], e["end"]) for e in document["entities"] if e["label"].startswith("outcome")]
    return [(s, e) for (s, e), tag in zip(document["tokens"], document["tags"], strict=True) if tag == "I-OUT"]


def examples_of(document: dict[str, Any]) -> list[Example]:
    """Return (features, is an outcome) for each candidate phrase of one labelled abstract.

    A phrase counts as an outcome where a labelled span overlaps it; with token labels, where at least half of its tokens
    are labelled.
    """
    article = make_article(id="fit", text=document["text"], kind="abstract")
    lexicon = load_lexicon()
    reading = read_article(article, lexicon)
    arms = find_arms(reading, lexicon)
    view = make_view(reading)
    blocked = blocked_tokens(view, arms)
    phrases = find_phrases(view, blocked)
    keys = [outcome_key(view, phrase) for phrase in phrases]
    reader = FeatureReader(view, sentence_kinds(view), blocked, phrases, keys)
    gold = _gold_spans(document)
    rows: list[Example] = []
    for phrase, key in zip(phrases, keys, strict=True):
        start, end = view.span(phrase.first, phrase.stop)
        if "entities" in document:
            right = any(s < end and start < e for s, e in gold)
        else:
            covered = [1 for s, e in document["tokens"] if s < end and start < e]
            right = 2 * sum(1 for s, e in gold if s < end and start < e) >= max(1, len(covered))
        features = [f for f in reader.features(phrase, key) if not f.startswith(_WORD_FEATURE)]
        rows.append((features, right))
    return rows


def fit(rows: Sequence[Example]) -> dict[str, float]:
    """Return feature -> weight, "bias" included, fitted on ``rows``.

    Raises:
        ValueError: ``rows`` is empty.
    """
    if not rows:
        raise ValueError("nothing to fit on")
    names = sorted({f for features, _ in rows for f in features})
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names) + 1))
    matrix[:, -1] = 1
    for i, (features, _) in enumerate(rows):
        matrix[i, [index[f] for f in features]] = 1
    truth = np.array([right for _, right in rows], dtype=float)
    weights = np.zeros(matrix.shape[1])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (chance - truth) + _RIDGE * weights
        spread = chance * (1 - chance)
        step = np.linalg.solve((matrix * spread[:, None]).T @ matrix + _RIDGE * np.eye(len(weights)), slope)
        weights -= step
        if np.abs(step).max() < _CLOSE:
            break
    bias = float(weights[-1]) - _best_threshold(matrix @ weights, truth)
    found = {name: float(weights[i]) for name, i in index.items() if abs(weights[i]) >= _SMALLEST_WEIGHT}
    return {"bias": bias, **found}


def _best_threshold(sums: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    def f1(threshold: float) -> float:
        chosen = sums >= threshold
        right = float((truth * chosen).sum())
        return 2 * right / (float(chosen.sum()) + float(truth.sum())) if right > 0 else 0.0

    return max((float(t) for t in np.arange(-1.4, 0.4, 0.1)), key=f1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the corpora named on the command line, fit, and write the table of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS[:EVERY]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args(arguments)
    rows: list[Example] = []
    for name in given.corpora:
        path, _, every = name.partition(":")
        lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
        for line in lines[:: int(every or 1)]:
            rows.extend(examples_of(json.loads(line)))
    weights = fit(rows)
    table = "".join(f"{name}\t{weight:.2f}\n" for name, weight in weights.items())
    given.output.write_text("feature\tweight\n" + table, encoding="utf-8")


if __name__ == "__main__":
    main()
