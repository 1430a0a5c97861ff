"""How well assembly tells the trials of the made corpus apart, and what it finds of what was planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from extractor.assembly import AssembledTrial, Conflict, assemble, reports_of
from extractor.extraction import extract_article
from extractor.records import Record
from tests.made_corpus import documents as made

__all__ = ["Score", "extract_corpus", "score"]


@dataclass(frozen=True)
class Score:
    """Figures over pairs of documents, and what was found of what was planted.

    Attributes:
        wrong, missed: pairs of documents joined though of two trials, and of one trial but apart.
        namesakes: those of ``wrong`` whose trials are of one family.
        lost_conflicts, lost_slips: planted but not found. false_conflicts: found but not planted.
        conflicts: all that were found. compared: figures that at least two documents state.
    """

    precision: float
    recall: float
    wrong: tuple[tuple[str, str], ...]
    missed: tuple[tuple[str, str], ...]
    namesakes: tuple[tuple[str, str], ...]
    lost_conflicts: tuple[made.Conflict, ...]
    false_conflicts: tuple[Conflict, ...]
    conflicts: int
    lost_slips: tuple[made.Slip, ...]
    compared: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of pairs."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def extract_corpus(corpus: made.Corpus) -> list[Record]:
    """Return the records of all articles, by the real extraction."""
    return [extract_article(article) for article in corpus.articles]


def score(corpus: made.Corpus, records: Sequence[Record]) -> tuple[Score, tuple[AssembledTrial, ...]]:
    """Assemble ``records`` and compare with the truth; return the figures and the trials."""
    trials = assemble(report for record in records for report in reports_of(record.document.id, record))
    found = _trial_of(records, trials)
    names = [record.document.id for record in records]
    truth = {pair for pair in combinations(names, 2) if corpus.trial_of[pair[0]] == corpus.trial_of[pair[1]]}
    joined = {pair for pair in combinations(names, 2) if found[pair[0]] == found[pair[1]]}
    family = {trial.number: trial.family for trial in corpus.trials}
    wrong = sorted(joined - truth)
    conflicts = [conflict for trial in trials for conflict in trial.conflicts]
    return Score(
        precision=len(joined & truth) / len(joined),
        recall=len(joined & truth) / len(truth),
        wrong=tuple(wrong),
        missed=tuple(sorted(truth - joined)),
        namesakes=tuple(p for p in wrong if family[corpus.trial_of[p[0]]] == family[corpus.trial_of[p[1]]]),
        lost_conflicts=tuple(p for p in corpus.conflicts if not any(_is_of(c, p) for c in conflicts)),
        false_conflicts=tuple(
            c
            for c in conflicts
            if not any(_is_of(c, p) for p in corpus.conflicts) and not any(_is_slip(c, s) for s in corpus.slips)
        ),
        conflicts=len(conflicts),
        lost_slips=tuple(slip for slip in corpus.slips if not _is_found(slip, records)),
        compared=sum(len({e.document for e in fact.evidence}) > 1 for trial in trials for fact in trial.facts),
    ), trials


def _trial_of(records: Sequence[Record], trials: Sequence[AssembledTrial]) -> dict[str, str]:
    """Return the trial that each document mainly reports: of several the one with most results."""
    key = {report.name: trial.key for trial in trials for report in trial.reports}
    found = {}
    for record in records:
        own = [trial for trial in record.trials if trial.role == "reported"]
        main = max(own, key=lambda trial: len(trial.results), default=None)
        name = record.document.id
        found[name] = key[f"{name}#{main.id}"] if main is not None else f"none:{name}"
    return found


def _sides(conflict: Conflict) -> set[tuple[str, float]]:
    return {
        (evidence.document, float(evidence.result.value))
        for side in conflict.sides
        for evidence in side.evidence
        if evidence.result.value is not None
    }


def _is_of(conflict: Conflict, planted: made.Conflict) -> bool:
    sides = _sides(conflict)
    other = any(document != planted.document for document, _ in sides)
    return other and (planted.document, planted.wrong) in sides


def _is_slip(conflict: Conflict, slip: made.Slip) -> bool:
    return (slip.document, slip.wrong) in _sides(conflict)


def _is_found(slip: made.Slip, records: Sequence[Record]) -> bool:
    record = next(record for record in records if record.document.id == slip.document)
    values = {result.id: result.value for trial in record.trials for result in trial.results}
    return any(
        check.severity == "error" and check.result is not None and values.get(check.result) == slip.wrong
        for check in record.checks
    )
