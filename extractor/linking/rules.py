"""Word lists of the linking rules: ``vocabulary/cues.tsv`` with the columns list, word."""

from __future__ import annotations

from functools import cache
from importlib import resources

from extractor.errors import LexiconError

__all__ = ["cue_words"]


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = resources.files("extractor.linking").joinpath("vocabulary", "cues.tsv").read_text(encoding="utf-8")
    lines = text.splitlines()
    if not lines or lines[0].split("\t") != ["list", "word"]:
        raise LexiconError("the header must be list, word", "cues.tsv:1")
    lists: dict[str, set[str]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cells):
            raise LexiconError(f"expected 2 columns, found {len(cells)}", f"cues.tsv:{number}")
        if cells[1] in lists.setdefault(cells[0], set()):
            raise LexiconError(f"{cells[1]!r} stands twice in {cells[0]!r}", f"cues.tsv:{number}")
        lists[cells[0]].add(cells[1])
    return {name: frozenset(words) for name, words in lists.items()}


class CueWords:
    """A word list that is read when it is first asked."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._words: frozenset[str] | None = None

    def __contains__(self, word: object) -> bool:
        return word in self.words

    @property
    def words(self) -> frozenset[str]:
        """The words of the list (LexiconError where the file is malformed or has no such list)."""
        if self._words is None:
            try:
                self._words = _lists()[self._name]
            except KeyError as error:
                raise LexiconError(f"no list {self._name!r}", "cues.tsv") from error
        return self._words


def cue_words(name: str) -> CueWords:
    """Return the word list ``name``; its file is read on first use."""
    return CueWords(name)
