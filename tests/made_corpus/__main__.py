"""Prints the figures: ``python -m tests.made_corpus [--errors] [--seed N]``."""

from __future__ import annotations

import argparse
from collections import Counter

from tests.made_corpus.documents import SEED, make_corpus
from tests.made_corpus.score import extract_corpus, score


def main() -> None:
    """Make, extract, assemble, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.made_corpus", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--errors", action="store_true", help="list what went wrong")
    options = parser.parse_args()
    corpus = make_corpus(options.seed)
    result, trials = score(corpus, extract_corpus(corpus))
    kinds = Counter(article.kind for article in corpus.articles)
    rules = Counter(join.rule for trial in trials for join in trial.joins)
    print(f"documents {len(corpus.articles)} ({', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))})")
    print(f"trials {len(corpus.trials)}, assembled {sum(trial.role == 'reported' for trial in trials)}")
    print(f"joins {', '.join(f'{n} by {rule}' for rule, n in sorted(rules.items()))}")
    print(f"pairs: precision {result.precision:.4f} recall {result.recall:.4f} F1 {result.f1:.4f}")
    print(f"wrong joins {len(result.wrong)}, among near-namesakes {len(result.namesakes)}")
    print(f"planted conflicts {len(corpus.conflicts)}, lost {len(result.lost_conflicts)}")
    print(
        f"false conflicts {len(result.false_conflicts)} of {result.conflicts}; figures stated twice {result.compared}"
    )
    print(f"planted slips {len(corpus.slips)}, lost {len(result.lost_slips)}")
    if options.errors:
        for name in ("wrong", "missed", "lost_conflicts", "lost_slips"):
            for item in getattr(result, name):
                print(name, item)
        for conflict in result.false_conflicts:
            sides = [(s.measure, s.value, sorted({e.document for e in s.evidence})) for s in conflict.sides]
            print("false conflict", conflict.key, conflict.open, sides)


if __name__ == "__main__":
    main()
