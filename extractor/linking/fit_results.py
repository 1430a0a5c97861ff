"""Fit ``vocabulary/result_weights.tsv``: ``python -m extractor.linking.fit_results CORPUS[:EVERY]... -o FILE``.

A corpus is a file of JSON Lines, one abstract each: ``{"text", "entities": [{"label", "start", "end"}]}`` in which the labels
that begin with "iv-" or "cv-" mark the figures of the groups' outcomes. ``EVERY`` takes each n-th abstract only. The weights in
the package were fitted on the development part of PICO-Corpus (Mutinda et al. 2022). No feature is a word of the text.

The model is a logistic regression with a ridge penalty towards 0, fitted by Adam (Kingma and Ba 2015), over the figures that the
rules of linking take for results of one group. What the threshold of the package would drop is printed, cross-validated over
documents.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor.lexicon import load_lexicon
from extractor.linking.arm_ties import TWO_ARM
from extractor.linking.layout import Item, Sentence
from extractor.linking.record import link
from extractor.linking.result_worth import LEAST_WORTH, worth_features
from extractor.reading.reader import read_article
from extractor.records import make_article

__all__ = ["Row", "fit", "main", "rows_of", "sums"]

Row = tuple[list[str], bool]
"""Features of a figure, and whether it is labelled as a finding."""
Vector = NDArray[np.float64]

_RIDGE = 6.0
_ROUNDS, _STEP, _LAST_STEPS = 300, 0.1, 100
_LEAST_SEEN = 8
_SMALLEST_WEIGHT = 0.02
_FOLDS = 5


def rows_of(document: dict[str, Any]) -> list[Row]:
    """Return a row for each figure of one labelled abstract that the rules take for a finding of one group."""
    article = make_article(id="fit", text=document["text"], kind="abstract")
    lexicon = load_lexicon()
    gold = [(e["start"], e["end"]) for e in document["entities"] if e["label"][:3] in ("iv-", "cv-")]
    rows: list[Row] = []

    def note(item: Item, sentence: Sentence) -> bool:
        value = item.value
        if value is not None and value.measure not in TWO_ARM and value.context == "reported":
            start, end = value.figure.value_start, value.figure.value_end
            features = worth_features(item, sentence, max(1, len(article.text)))
            rows.append((features, any(start < e and s < end for s, e in gold)))
        return True

    link(read_article(article, lexicon), lexicon, judge=note)
    return rows


def _matrix(rows: Sequence[Sequence[str]], index: dict[str, int]) -> Vector:
    matrix = np.zeros((len(rows), len(index) + 1))
    matrix[:, -1] = 1
    for i, names in enumerate(rows):
        matrix[i, [index[name] for name in names if name in index]] = 1
    return matrix


def fit(rows: Sequence[Row]) -> dict[str, float]:
    """Return feature -> weight with "bias", fitted on ``rows``; features seen too seldom have none.

    Raises:
        ValueError: all rows are findings, or none is.
    """
    truth = np.array([float(right) for _, right in rows])
    if not 0 < truth.sum() < len(truth):
        raise ValueError("nothing to fit on")
    seen = Counter(name for names, _ in rows for name in set(names))
    index = {name: i for i, name in enumerate(sorted(n for n, count in seen.items() if count >= _LEAST_SEEN))}
    matrix = _matrix([names for names, _ in rows], index)
    weights, mean, spread = (np.zeros(len(index) + 1) for _ in range(3))
    ridge = np.full(len(weights), _RIDGE)
    ridge[-1] = 0
    for i in range(1, _ROUNDS + 1):
        chance = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (chance - truth) + ridge * weights
        mean = 0.9 * mean + 0.1 * slope
        spread = 0.99 * spread + 0.01 * slope * slope
        step = _STEP * (0.3 if i > _ROUNDS - _LAST_STEPS else 1.0)
        weights = weights - step * (mean / (1 - 0.9**i)) / (np.sqrt(spread / (1 - 0.99**i)) + 1e-8)
    return {"bias": float(weights[-1]), **{name: float(weights[i]) for name, i in index.items()}}


def sums(rows: Sequence[Row], weights: dict[str, float]) -> list[float]:
    """Return the summed weight of each row, the bias included."""
    return [weights["bias"] + sum(weights.get(name, 0.0) for name in names) for names, _ in rows]


def _crossed(documents: Sequence[Sequence[Row]]) -> tuple[int, int]:
    """How many findings, and how many other figures, the threshold drops when each fifth is judged by the others' weights."""
    good = bad = 0
    for fold in range(_FOLDS):
        judged = [row for rows in documents[fold::_FOLDS] for row in rows]
        weights = fit([row for i, rows in enumerate(documents) if i % _FOLDS != fold for row in rows])
        for (_, right), total in zip(judged, sums(judged, weights), strict=True):
            good += right and total < LEAST_WORTH
            bad += not right and total < LEAST_WORTH
    return good, bad


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the corpora named on the command line, fit, print what would be dropped, and write the table of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS[:EVERY]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args(arguments)
    documents: list[list[Row]] = []
    for name in given.corpora:
        path, _, every = name.partition(":")
        lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
        documents.extend(rows_of(json.loads(line)) for line in lines[:: int(every or 1)])
    rows = [row for document in documents for row in document]
    good, bad = _crossed(documents)
    print(f"{len(rows)} figures, {sum(right for _, right in rows)} findings; cross-validated, {good} findings and {bad} others "
          "are left out")  # fmt: skip
    table = "".join(f"{n}\t{w:.2f}\n" for n, w in sorted(fit(rows).items()) if n == "bias" or abs(w) >= _SMALLEST_WEIGHT)
    given.output.write_text("feature\tweight\n" + table, encoding="utf-8")


if __name__ == "__main__":
    main()
