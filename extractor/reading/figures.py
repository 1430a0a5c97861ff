"""Every numeric literal and statistic as written, with exact offsets: a cascade of token patterns over one scan.

Each layer of ``patterns/figures.jsonl`` replaces the tokens that a pattern covers by one token of the pattern's kind; the next
layer's patterns speak of those. What cannot be said locally (a bracket that is a standard deviation because the sentence said
"mean (SD)" before) is settled by extractor.reading.figure_scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from extractor.reading.attach import attach_companions, lend_p_values
from extractor.reading.compose import build_node
from extractor.reading.figure_scope import settle_not_reached, settle_scopes, settle_times
from extractor.reading.finish import to_tokens
from extractor.reading.labels import load_labels
from extractor.reading.nodes import Node, first_nodes
from extractor.reading.token_patterns import Grammar, load_grammar
from extractor.reading.types import Token, Word

__all__ = ["figure_grammar", "read_figures"]


_CONTEXT_LAYER = 6
"""From this layer on patterns look at what stands around a figure; before it, companions are attached."""


@cache
def figure_grammar() -> Grammar:
    """Return the compiled figure patterns (LexiconError when the file is malformed)."""
    return load_grammar("figures.jsonl")


def read_figures(text: str, plain: str, words: Sequence[Word], sentences: Sequence[tuple[int, int]]) -> list[Token]:
    """Return the tokens of ``text``, each figure one token.

    Args:
        text: the text as stored. plain: its plain copy (scan.plain_text). words: its scan. sentences: its sentence pairs.
    """
    grammar = figure_grammar()
    nodes = first_nodes(text, words, load_labels())
    nodes = _mark_sentence_ends(nodes, sentences)
    codes = grammar.codes(nodes)
    for layer in grammar.layers:
        if layer == _CONTEXT_LAYER:
            nodes = attach_companions(nodes)
            settle_scopes(nodes)
            codes = grammar.codes(nodes)
        nodes, codes = _apply(grammar, layer, nodes, codes, text)
    settle_times(nodes)
    settle_not_reached(nodes)
    lend_p_values(nodes)
    return to_tokens(nodes, text)


def _mark_sentence_ends(nodes: list[Node], sentences: Sequence[tuple[int, int]]) -> list[Node]:
    """Put a zero-width border between sentences, so that no pattern reaches over it."""
    marked: list[Node] = []
    ends = iter(sentences)
    end = next(ends, (0, len(nodes) and nodes[-1].end + 1))[1]
    for node in nodes:
        while node.start >= end:
            marked.append(Node(end, end, "\x00", "border"))
            following = next(ends, None)
            if following is None:
                end = nodes[-1].end + 1
                break
            end = following[1]
        marked.append(node)
    return marked


def _apply(grammar: Grammar, layer: int, nodes: list[Node], codes: str, text: str) -> tuple[list[Node], str]:
    """Return the nodes after one layer, with their codes."""
    out: list[Node] = []
    spelled: list[str] = []
    done = position = 0
    while (match := grammar.find(layer, codes, nodes, position)) is not None:
        built = build_node(match, nodes, text) if match.start >= done else None
        if built is None:
            position = match.first + 1
            continue
        taken = match.end
        while taken > match.start + 1 and nodes[taken - 1].start >= built.end > built.start:
            taken -= 1  # a builder may leave what stands at the end
        position = max(taken, match.first + 1)
        out.extend(nodes[done : match.start])
        out.append(built)
        spelled.append(codes[done : match.start])
        spelled.append(grammar.code(built.lower, built.kind))
        done = taken
    if not done:
        return nodes, codes
    out.extend(nodes[done:])
    spelled.append(codes[done:])
    return out, "".join(spelled)
