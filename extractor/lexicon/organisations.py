"""Organisations recognised by shape: capitalised words around a head noun such as University, Hospital or Institute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["organisation_spans"]

_LINKS_RIGHT = frozenset({"of", "for", "and", "&", "the", "at", "de", "du", "di", "van", "von", "und"})
_LINKS_LEFT = frozenset({"of", "and", "&", "de", "for", "'", "’", "s", "-", "."})
_MAX_LEFT = 7
_MAX_RIGHT = 9
_SENTENCE_STARTS = frozenset(
    {"The", "A", "An", "At", "In", "From", "By", "For", "Of", "And", "This", "That", "Our", "Both", "Each", "All", "Two"}
)
_NEEDS_MORE = frozenset({"of", "for", "at"})


def _is_name(text: str, start: int, end: int) -> bool:
    word = text[start:end]
    if word.isupper():
        return word.isalpha() and len(word) <= 6
    return word[0].isupper()


def _leftmost(text: str, spans: Sequence[tuple[int, int]], head: int) -> int:
    """Return the index of the first token of the name whose head noun is token ``head``."""
    first = at = head
    while at > 0 and head - at < _MAX_LEFT:
        at -= 1
        gap = text[spans[at][1] : spans[at + 1][0]]
        if "\n" in gap:
            break
        start, end = spans[at]
        word = text[start:end]
        if _is_name(text, start, end) and word not in _SENTENCE_STARTS:
            first = at
        elif word.lower() not in _LINKS_LEFT or (word == "." and not (at and len(text[slice(*spans[at - 1])]) <= 2)):
            break
    return first


def _rightmost(text: str, spans: Sequence[tuple[int, int]], head: int, heads: Mapping[str, frozenset[str]]) -> int:
    """Return the index of the last token of the name: "of X", "for X and Y", further head nouns."""
    last = at = head
    linked = False
    while at + 1 < len(spans) and at - head < _MAX_RIGHT:
        at += 1
        if "\n" in text[spans[at - 1][1] : spans[at][0]]:
            break
        start, end = spans[at]
        word = text[start:end]
        if word in ("-", "–") and linked and spans[at - 1][1] == start:
            continue
        if _is_name(text, start, end):
            if not linked and word not in heads:
                break
            last = at
        elif word.lower() in _LINKS_RIGHT:
            if word.lower() in _NEEDS_MORE or linked:
                linked = True
            else:
                break
        else:
            break
    return last


def organisation_spans(
    text: str, spans: Sequence[tuple[int, int]], heads: Mapping[str, frozenset[str]]
) -> list[tuple[int, int]]:
    """Return (first token, token after the last) of each organisation named by shape, in the order of the text.

    Args:
        text: the text. spans: [start, end] of its tokens. heads: head nouns as written, each with the words of which
            one must stand right before it (none: any or none).
    """
    found: list[tuple[int, int]] = []
    after = 0
    for index, (start, end) in enumerate(spans):
        if index < after or not text[start].isupper():
            continue
        needed = heads.get(text[start:end])
        if needed is None or (needed and (index == 0 or text[slice(*spans[index - 1])] not in needed)):
            continue
        first = max(_leftmost(text, spans, index), after)
        last = _rightmost(text, spans, index, heads)
        if last > first:
            found.append((first, last + 1))
            after = last + 1
    return found
