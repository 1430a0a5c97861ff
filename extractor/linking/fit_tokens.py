"""Fit the weights of words: ``python -m extractor.linking.fit_tokens outcome|mention CORPUS... -o FILE``.

"outcome" writes ``vocabulary/outcome_weights.tsv``, "mention" ``vocabulary/mention_weights.tsv``. A corpus is a file of JSON
Lines, one abstract each, in one of two forms: ``{"text", "entities": [{"label", "start", "end"}]}`` with labels that begin with
"outcome" (endpoints that are measured), or ``{"text", "tokens": [[start, end], ...], "tags": [...]}`` with the tags "I-OUT",
"I-INT", "I-PAR" (every place that names an outcome, an intervention, the people studied); "mention" needs the second form. The
outcome weights in the package were fitted on the development parts of PICO-Corpus (Mutinda et al. 2022) and of EBM-NLP (Nye et
al. 2018), those of the mentions on the latter.

The model is a logistic regression over tokens with a ridge penalty, fitted by L-BFGS (Nocedal and Wright, Numerical
Optimization, 2006, algorithm 7.4). The two forms mark outcomes by different guidelines; so the features of place, section and
repetition get a second weight in the second form (Daume 2007, Frustratingly easy domain adaptation), of which the table
takes the part ``--share``. A feature must stand in ``--least`` texts, so that no text is learnt by heart; a row whose weights are
all nearer to 0 than ``--prune`` is left out.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor.lexicon import load_lexicon
from extractor.linking.arm_view import View, make_view
from extractor.linking.arms import find_arms
from extractor.linking.mention_tokens import mention_reader
from extractor.linking.outcomes import outcome_candidates
from extractor.linking.record import link
from extractor.reading.reader import read_article
from extractor.records import make_article

__all__ = ["Example", "fit", "main", "mention_examples", "outcome_examples"]

Example = tuple[list[str], bool]
Vector = NDArray[np.float64]
_RIDGE = 6.0
_ROUNDS = 60
_MEMORY = 8
_CLOSE = 1e-5
_GUIDELINE = "guideline "
_BY_GUIDELINE = ("kind=", "section=", "place=", "cue:", "sentence:", "again", "new", "named", "generic", "head=")


def _spans(document: dict[str, Any], tag: str) -> list[tuple[int, int]]:
    if "entities" in document:
        return [(e["start"], e["end"]) for e in document["entities"] if e["label"].startswith("outcome")]
    return [(s, e) for (s, e), found in zip(document["tokens"], document["tags"], strict=True) if found == tag]


def _truth(document: dict[str, Any], view: View, tag: str) -> list[bool]:
    marked = np.zeros(len(document["text"]) + 1, dtype=bool)
    for start, end in _spans(document, tag):
        marked[start:end] = True
    return [bool(marked[token.start : token.end].any()) for token in view.tokens]


def outcome_examples(document: dict[str, Any]) -> list[Example]:
    """Return (features, is part of an outcome) for each token of one labelled abstract."""
    lexicon = load_lexicon()
    reading = read_article(make_article(id="fit", text=document["text"], kind="abstract"), lexicon)
    candidates = outcome_candidates(reading, find_arms(reading, lexicon))
    rows: list[Example] = []
    truth = _truth(document, candidates.view, "I-OUT")
    for features, right in zip(candidates.reader.features(), truth, strict=True):
        if "entities" not in document:
            own = [_GUIDELINE + name for name in features if name.startswith(_BY_GUIDELINE)]
            features = [*features, _GUIDELINE + "bias", *own]
        rows.append((features, right))
    return rows


def mention_examples(document: dict[str, Any]) -> tuple[list[Example], list[Example]]:
    """Return (features, is part of an intervention) for each token of one labelled abstract, and the same for people."""
    lexicon = load_lexicon()
    reading = read_article(make_article(id="fit", text=document["text"], kind="abstract"), lexicon)
    found = link(reading, lexicon).found
    view = make_view(reading)
    features = mention_reader(view, found).features()
    treatments, people = (_truth(document, view, tag) for tag in ("I-INT", "I-PAR"))
    return list(zip(features, treatments, strict=True)), list(zip(features, people, strict=True))


def fit(texts: Sequence[Sequence[Example]], least: int, share: float) -> dict[str, float]:
    """Return feature -> weight, "bias" included, fitted on the tokens of ``texts``.

    Args:
        texts: the examples of each text. least: in how many texts a feature must stand. share: the part of the second
            guideline's own weights that is added, 0 to 1.
    """
    stands_in = Counter(name for rows in texts for name in {n for features, _ in rows for n in features})
    index = {
        name: i
        for i, name in enumerate(sorted(n for n, count in stands_in.items() if count >= least and n.isprintable()))
    }
    tokens = [row for rows in texts for row in rows]
    columns: list[int] = []
    places: list[int] = []
    for features, _ in tokens:
        places.append(len(columns))
        columns.extend([index[f] for f in features if f in index] + [len(index)])
    truth = np.array([right for _, right in tokens], dtype=float)
    weights = _minimise(_loss(np.array(columns), np.array(places), truth), len(index) + 1)
    found = {name: float(weights[i]) for name, i in index.items()}
    bias = float(weights[-1])
    for name in [n for n in found if n.startswith(_GUIDELINE)]:
        extra = share * found.pop(name)
        plain = name.removeprefix(_GUIDELINE)
        if plain == "bias":
            bias += extra
        else:
            found[plain] = found.get(plain, 0.0) + extra
    return {"bias": bias, **dict(sorted(found.items()))}


def _loss(
    columns: NDArray[np.int64], places: NDArray[np.int64], truth: Vector
) -> Callable[[Vector], tuple[float, Vector]]:
    """Return the penalised negative log likelihood and its slope; the last column is the bias, which bears no penalty."""
    size = int(columns.max()) + 1
    token_of = np.repeat(np.arange(len(places)), np.diff(np.append(places, len(columns))))
    penalty = np.full(size, _RIDGE)
    penalty[-1] = 0.0

    def loss(weights: Vector) -> tuple[float, Vector]:
        sums = np.add.reduceat(weights[columns], places)
        wrong = 1 / (1 + np.exp(-sums)) - truth
        value = float(np.sum(np.logaddexp(0, sums) - truth * sums) + 0.5 * np.sum(penalty * weights**2))
        slope = np.bincount(columns, weights=wrong[token_of], minlength=size) + penalty * weights
        return value, slope

    return loss


def _minimise(loss: Callable[[Vector], tuple[float, Vector]], size: int) -> Vector:
    """Return the ``size`` numbers at which ``loss`` is least: L-BFGS with backtracking."""
    weights = np.zeros(size)
    value, slope = loss(weights)
    memory: list[tuple[Vector, Vector]] = []
    for _ in range(_ROUNDS):
        step = slope.copy()
        parts = []
        for moved, turned in reversed(memory):
            part = (moved @ step) / (turned @ moved)
            parts.append(part)
            step -= part * turned
        step *= (
            (memory[-1][0] @ memory[-1][1]) / (memory[-1][1] @ memory[-1][1]) if memory else 0.5 / np.abs(slope).max()
        )
        for (moved, turned), part in zip(memory, reversed(parts), strict=True):
            step += moved * (part - (turned @ step) / (turned @ moved))
        length = 1.0
        new_value, new_slope = loss(weights - step)
        while new_value > value - 1e-4 * length * (slope @ step) and length > 1e-4:
            length /= 2
            new_value, new_slope = loss(weights - length * step)
        if (moved := -length * step) @ (turned := new_slope - slope) > 1e-10:
            memory = [*memory, (moved, turned)][-_MEMORY:]
        weights = weights + moved
        done = abs(value - new_value) < _CLOSE * abs(new_value)
        value, slope = new_value, new_slope
        if done:
            break
    return weights


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the corpora named on the command line, fit, and write the table of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=("outcome", "mention"))
    parser.add_argument("corpora", nargs="+", type=Path, metavar="CORPUS")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--least", type=int, default=8)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--prune", type=float, default=0.05)
    given = parser.parse_args(arguments)
    documents = [
        json.loads(line)
        for path in given.corpora
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    if given.target == "outcome":
        columns = {"weight": fit([outcome_examples(d) for d in documents], given.least, given.share)}
    else:
        pairs = [mention_examples(d) for d in documents]
        columns = {
            "intervention": fit([p[0] for p in pairs], given.least, 0.0),
            "population": fit([p[1] for p in pairs], given.least, 0.0),
        }
    given.output.write_text(_table(columns, given.prune), encoding="utf-8")


def _table(columns: dict[str, dict[str, float]], prune: float) -> str:
    """Return the rows of the table: a feature and its weights, without those that count for nearly nothing."""
    lines = ["\t".join(["feature", *columns])]
    for name in sorted({name for column in columns.values() for name in column}, key=lambda n: (n != "bias", n)):
        weights = [column.get(name, 0.0) for column in columns.values()]
        if name == "bias" or max(map(abs, weights)) >= prune:
            lines.append("\t".join([name, *(f"{0.0 if abs(w) < prune else w:.2f}" for w in weights)]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
