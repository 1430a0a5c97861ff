"""Any number of documents made of our own demo articles: the same words, other figures and other names, each text new.

    python -m tests.varied_corpus COUNT OUTPUT.jsonl [--kind abstract|news] [--seed N]

The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from extractor.records import Article, make_article
from extractor.sources import read_sources

__all__ = ["base_articles", "short_articles", "varied_articles"]

DEMO = Path(__file__).parent.parent / "corpora" / "demo"
_DIGITS = re.compile(r"(?<=\d)\d|(?<=\d\.)\d")
_PEOPLE = re.compile(r"\b[A-Z][a-z]+(?=(?: [A-Z][a-z]+)?,? (?:said|says|told|of the University))")
_SYLLABLES = [
    "ba",
    "be",
    "bo",
    "da",
    "de",
    "do",
    "fa",
    "fe",
    "fo",
    "ga",
    "ge",
    "go",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "lo",
    "ma",
    "me",
    "mo",
    "na",
    "ne",
    "no",
    "ra",
    "re",
    "ro",
    "sa",
    "se",
    "so",
    "ta",
    "te",
    "to",
    "va",
    "ve",
    "vo",
]


def base_articles(kind: str | None = None) -> list[Article]:
    """Return the demo articles, all or of one kind."""
    found = [item for item in read_sources([str(DEMO)]) if isinstance(item, Article)]
    return [article for article in found if kind is None or article.kind == kind]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(3))


def varied_articles(count: int, *, kind: str | None = None, seed: int = 0) -> Iterator[Article]:
    """Yield ``count`` articles, lazily: of every figure all digits but the first are drawn anew, and so are names of people.

    Args:
        kind: of demo articles only. seed: of the draws.
    """
    bases = base_articles(kind)
    chance = random.Random(seed)
    for number in range(count):
        base = bases[number % len(bases)]
        text = _DIGITS.sub(lambda _: str(chance.randrange(10)), base.text)
        text = _PEOPLE.sub(lambda _: _word(chance).title(), text)
        yield make_article(id=f"made:{number}", text=f"{text}\nNote {number}.", kind=base.kind, title=base.title)


def short_articles(count: int, *, seed: int = 0) -> Iterator[Article]:
    """Yield ``count`` articles of two sentences, in each of which six words never stood before."""
    chance = random.Random(seed)
    for number in range(count):
        new = [f"{_word(chance)}{_word(chance)}{number % 97}x" for _ in range(6)]
        people, share = chance.randrange(20, 900), chance.uniform(1, 99)
        text = (
            f"Of the {people} patients with {new[0]} {new[1]} disease, {share:.1f}% had a {new[2]} response with "
            f"{new[3]}mab and {share / 2:.1f}% with placebo (P = {chance.random():.3f}). Dr {new[4].title()} led the "
            f"study in {new[5].title()}."
        )
        yield make_article(id=f"short:{number}", text=text, kind="news")


def main() -> None:
    """Write the articles that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("output", type=Path)
    parser.add_argument("--kind", choices=("abstract", "news"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with given.output.open("w", encoding="utf-8") as file:
        for article in varied_articles(given.count, kind=given.kind, seed=given.seed):
            row = {"id": article.id, "kind": article.kind, "title": article.title, "text": article.text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
