"""A cheap test before the costly stages: may a document report results of a trial in people at all?

Words of studies, medicine and findings are looked for as plain substrings (``data/relevance.tsv``). The test errs on the
side of reading: what it sets aside is veterinary, has no figure or finding, or speaks of anything but medicine.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from extractor.errors import LexiconError
from extractor.records import Article

__all__ = ["LEAST_CUES", "PER_ANIMAL", "SHORT_TEXT", "relevance_words", "why_set_aside"]

LEAST_CUES = {"abstract": 4, "full_text": 4, "news": 6, "press_release": 6}
"""Different cues that a text of each kind must hold. What comes as an abstract is medicine already; news is anything."""
PER_ANIMAL = 6
"""Cues that each word for animals outweighs: an article on dogs holds as many words of studies as one on people."""
SHORT_TEXT = 600
"""Characters; what is shorter costs little to read and need hold a figure only."""
_HEADER = "id\tkind\tword\texample"
_KINDS = ("cue", "topic", "figure", "review", "animal")
_FIGURE = re.compile(r"\d\s?%|\d[.·,]\d|[<=>≤≥±]\s?\d|\b(?!(?:19|20)\d\d\b)\d{2,}\b")
"""A number of a finding or of people; years and single digits tell nothing."""


def why_set_aside(article: Article) -> str | None:
    """Return why ``article`` cannot report results of a trial in people; None where it may, and is to be read."""
    if article.kind == "registry":
        return None
    words = relevance_words()
    small = article.text.casefold()
    if not any(word in small for word in words["figure"]):
        return "no figure and no finding"
    if len(small) < SHORT_TEXT:
        return None
    if any(word in small for word in words["review"]) and _FIGURE.search(small) is None:
        return "a review without figures"
    papers = article.kind in ("abstract", "full_text")
    animals = sum(word in small for word in words["animal"])
    least = LEAST_CUES.get(article.kind, max(LEAST_CUES.values()))
    needed = least + (PER_ANIMAL * animals if animals > 1 else 0)
    found = 0
    for kind in ("cue", "topic") if papers else ("cue",):
        for word in words[kind]:
            if word in small:
                found += 1
                if found == needed:
                    return None
    return "speaks of animals" if found >= least else f"only {found} of {least} words of studies"


@cache
def relevance_words() -> dict[str, tuple[str, ...]]:
    """Return the words that are looked for, by kind.

    Raises:
        LexiconError: the table is malformed, an id or a word stands twice, or an example lacks its word.
    """
    lines = resources.files("extractor").joinpath("data/relevance.tsv").read_text(encoding="utf-8").splitlines()
    rows = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    if not rows or rows[0][1] != _HEADER:
        raise LexiconError(f"the header must be {_HEADER!r}", "relevance.tsv")
    found: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    ids: set[str] = set()
    for number, line in rows[1:]:
        name, _, rest = line.partition("\t")
        kind, _, rest = rest.partition("\t")
        word, _, example = rest.partition("\t")
        word = word.replace("_", " ")
        if kind not in _KINDS or not name.startswith(f"{kind}.") or not word or "\t" in example:
            raise LexiconError("expected id, kind, word and example", f"relevance.tsv:{number}")
        if name in ids or word in found[kind] or word not in f" {example.casefold()} ":
            raise LexiconError("an id or word stands twice, or the example lacks the word", f"relevance.tsv:{number}")
        ids.add(name)
        found[kind][word] = example
    return {kind: tuple(words) for kind, words in found.items()}
