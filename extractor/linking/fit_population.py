"""Fit ``vocabulary/population_weights.tsv``: ``python -m extractor.linking.fit_population CORPUS[:EVERY]... -o FILE``.

A corpus is a file of JSON Lines, one abstract each, in one of two forms: ``{"text", "entities": [{"label", "start", "end"}]}``
with the label "eligibility", for the weights of the description, or ``{"text", "tokens": [[start, end], ...], "tags": [...]}``
with the tag "I-PAR", for those of the mentions. ``EVERY`` takes each n-th abstract only. The weights in the package were
fitted on the development parts of PICO-Corpus (Mutinda et al. 2022) and of EBM-NLP (Nye et al. 2018). No feature names a
condition or a drug, so that no vocabulary of a corpus is learnt.

Description: a conditional logistic regression (McFadden, Conditional logit analysis of qualitative choice behavior, 1974) over
the phrases of a document and "none"; where several phrases are right, their chances are added. Mentions: a logistic regression
in which each phrase counts with its number of tokens. Both have a ridge penalty and are fitted by Adam (Kingma and Ba 2015).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor.lexicon import load_lexicon
from extractor.linking.participants import choose_counts, find_counts
from extractor.linking.population_choice import features_of
from extractor.linking.population_phrases import Phrase, find_phrases
from extractor.reading.reader import read_article
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading
from extractor.records import make_article

__all__ = ["Choice", "Labelled", "choice_of", "fit_choices", "fit_labelled", "labelled_of", "main"]

Vector = NDArray[np.float64]
Choice = tuple[list[list[str]], list[bool]]
"""Features of every phrase of a document, and which of them are right (none, where the document labels nothing)."""
Labelled = tuple[list[str], float, float]
"""Features of a phrase, its number of labelled tokens, and its number of tokens."""
_RIDGE_CHOICE, _RIDGE_LABELLED = 6.0, 6.0
_ROUNDS, _STEP, _LAST_STEPS = 300, 0.1, 100
_LEAST_SHARE = 0.3
_SMALLEST_WEIGHT = 0.02


def _read(reading: Reading) -> tuple[list[Phrase], list[list[str]]]:
    plain = plain_text(reading.text)
    enrolled, _ = choose_counts(find_counts(reading.text, plain, reading.sentences))
    phrases = find_phrases(reading)
    return phrases, features_of(reading, phrases, enrolled)


def choice_of(reading: Reading, gold: Sequence[tuple[int, int]]) -> Choice | None:
    """Return the phrases of a document with those that overlap ``gold``; None where it is labelled and none does."""
    telling = [(p, names) for p, names in zip(*_read(reading), strict=True) if p.told]
    right = [any(s < p.end and p.start < e for s, e in gold) for p, _ in telling]
    return None if not telling or (gold and not any(right)) else ([names for _, names in telling], right)


def labelled_of(reading: Reading, tokens: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Labelled]:
    """Return the phrases of a document with how many of their tokens carry the tag "I-PAR"."""
    rows: list[Labelled] = []
    for phrase, names in zip(*_read(reading), strict=True):
        place = (phrase.counted, phrase.goes_on)
        inside = [t == "I-PAR" for (s, e), t in zip(tokens, tags, strict=True) if s < place[1] and place[0] < e]
        rows.append((names, float(sum(inside)), float(len(inside))))
    return rows


def _descend(slope: Callable[[Vector], Vector], size: int) -> Vector:
    weights, mean, spread = np.zeros(size), np.zeros(size), np.zeros(size)
    for i in range(1, _ROUNDS + 1):
        found = slope(weights)
        mean = 0.9 * mean + 0.1 * found
        spread = 0.99 * spread + 0.01 * found * found
        step = _STEP * (0.3 if i > _ROUNDS - _LAST_STEPS else 1.0)
        weights = weights - step * (mean / (1 - 0.9**i)) / (np.sqrt(spread / (1 - 0.99**i)) + 1e-8)
    return weights


def fit_choices(rows: Sequence[Choice]) -> dict[str, float]:
    """Return feature -> weight for describing the population, with "none". Raises ValueError where ``rows`` is empty."""
    if not rows:
        raise ValueError("nothing to fit on")
    names = sorted({name for features, _ in rows for row in features for name in row} | {"none"})
    index = {name: i for i, name in enumerate(names)}
    documents: list[tuple[Vector, Vector]] = []
    for features, right in rows:
        matrix = np.zeros((len(features) + 1, len(names)))
        for i, row in enumerate([*features, ["none"]]):
            matrix[i, [index[name] for name in row]] = 1
        documents.append((matrix, np.array([*right, not any(right)], dtype=float)))

    def slope(weights: Vector) -> Vector:
        total = _RIDGE_CHOICE * weights
        for matrix, truth in documents:
            sums = matrix @ weights
            powers = np.exp(sums - sums.max())
            share = powers * truth
            total = total + matrix.T @ (powers / powers.sum() - share / share.sum())
        return total

    return dict(zip(names, _descend(slope, len(names)).tolist(), strict=True))


def fit_labelled(rows: Sequence[Labelled]) -> dict[str, float]:
    """Return feature -> weight for telling of the people studied, with "bias". Raises ValueError where ``rows`` is empty."""
    if not rows:
        raise ValueError("nothing to fit on")
    names = sorted({name for row, _, _ in rows for name in row})
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names) + 1))
    matrix[:, -1] = 1
    for i, (row, _, _) in enumerate(rows):
        matrix[i, [index[name] for name in row]] = 1
    tagged, size = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    # tokens of one phrase are no independent witnesses: a phrase weighs by the root of its length
    scale = 1 / np.sqrt(np.maximum(size, 1))

    def slope(weights: Vector) -> Vector:
        chance = 1 / (1 + np.exp(-matrix @ weights))
        found: Vector = matrix.T @ ((chance * size - tagged) * scale) + _RIDGE_LABELLED * weights
        return found

    weights = _descend(slope, len(names) + 1)
    # a phrase is worth its tokens where the share labelled is above half of the F1 that is reached
    bias = float(weights[-1]) - float(np.log(_LEAST_SHARE / (1 - _LEAST_SHARE)))
    return {"bias": bias, **{name: float(weights[i]) for name, i in index.items()}}


def _documents(name: str) -> list[dict[str, Any]]:
    path, _, every = name.partition(":")
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [json.loads(line) for line in lines[:: int(every or 1)]]


def write_weights(path: Path, description: dict[str, float], mention: dict[str, float]) -> None:
    """Write the table of weights; features whose weights are next to nothing are left out."""
    rows = ["feature\tdescription\tmention"]
    for name in sorted(description.keys() | mention.keys()):
        one, other = description.get(name, 0.0), mention.get(name, 0.0)
        if max(abs(one), abs(other)) >= _SMALLEST_WEIGHT:
            rows.append(f"{name}\t{one:.2f}\t{other:.2f}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the corpora named on the command line, fit, and write the table of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS[:EVERY]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args(arguments)
    choices: list[Choice] = []
    labelled: list[Labelled] = []
    lexicon = load_lexicon()
    for name in given.corpora:
        for document in _documents(name):
            reading = read_article(make_article(id="fit", text=document["text"], kind="abstract"), lexicon)
            if "entities" in document:
                gold = [(e["start"], e["end"]) for e in document["entities"] if e["label"] == "eligibility"]
                choice = choice_of(reading, gold)
                choices += [choice] if choice is not None else []
            else:
                labelled += labelled_of(reading, [(s, e) for s, e in document["tokens"]], document["tags"])
    write_weights(given.output, fit_choices(choices), fit_labelled(labelled))


if __name__ == "__main__":
    main()
