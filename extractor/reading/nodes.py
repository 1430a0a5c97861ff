"""The working tokens of the figure reader: built up layer by layer, turned into Figures at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.reading.labels import LabelTable
from extractor.reading.number_words import NUMBER_WORDS, SCALES, read_number_words
from extractor.reading.types import Word
from extractor.records import Numeric

__all__ = ["Node", "first_nodes", "parse_number"]


class Node:
    """A token under construction.

    Attributes:
        start, end: offsets in the text. lower: plain spelling. kind: token kind ("word", "mark", "num", "percent", ...).
        value: the number of a "num". label: canonical value of a label. parts: nodes and constants by role.
        value_start, value_end: where the number itself (with its unit) stands.
    """

    __slots__ = ("end", "kind", "label", "lower", "parts", "rule", "start", "value", "value_end", "value_start")

    def __init__(self, start: int, end: int, lower: str, kind: str) -> None:
        self.start = start
        self.end = end
        self.lower = lower
        self.kind = kind
        self.value: Numeric | None = None
        self.label = ""
        self.parts: dict[str, Node] | None = None
        self.rule = ""
        self.value_start = start
        self.value_end = end

    def part(self, role: str) -> Node | None:
        """Return the node that plays ``role``, or None."""
        return self.parts.get(role) if self.parts else None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.lower!r} {self.value}>"


_POWER = re.compile(r"^(\d+(?:\.\d+)?) ?[×x*] ?10 ?(?:\^|\*\*|\()? ?([-+]?\d{1,3})(?: ?\))?$")


def parse_number(plain: str) -> Numeric:
    """Return the value of a numeric literal in plain spelling ("13,078", ".57", "0·57", "0,57", "5×10-4").

    Raises:
        ValueError: ``plain`` is no number.
    """
    power = _POWER.match(plain)
    if power:
        return float(f"{power[1]}e{power[2]}")
    text = plain.replace("·", ".")
    if "," in text:
        head, _, tail = text.partition(",")
        groups = text.split(".")[0].split(",")
        thousands = all(len(g) == 3 for g in groups[1:]) and 1 <= len(head) <= 3 and head != "0"
        text = text.replace(",", "") if thousands else f"{head}.{tail}"
    if "." in text or "e" in text:
        return float(text)
    return int(text)


def _is_name(words: Sequence[Word], i: int, labels_at: dict[int, str]) -> bool:
    """Whether the integer at ``i`` is part of a name: "IL-6", "KEYNOTE-189", "Interfant-06", "SF-36"."""
    if i < 2 or words[i - 1].lower != "-" or words[i - 1].end != words[i].start or not words[i].lower.isdigit():
        return False
    before = words[i - 2]
    if before.end != words[i - 1].start or not before.lower[0].isalpha():
        return False
    return labels_at.get(i - 2, "") not in ("utime", "cil", "pword", "est_r", "est_d", "ci", "mean", "median") and before.lower not in (
        "to", "of", "from", "n", "or", "and", "vs", "versus", "was", "is", *NUMBER_WORDS,
    )  # fmt: skip


_NUMBER_FIRST = frozenset("0123456789.·")
_ZERO_WORDS = frozenset(["none", "nobody"])
_NUMBER_LIKE = NUMBER_WORDS | _ZERO_WORDS | {"a"}


def first_nodes(text: str, words: Sequence[Word], labels: LabelTable) -> list[Node]:
    """Return one node per word, label, signed number or number in words."""
    found = labels.find(text, words)
    label_at = {label.start: label for label in found}
    kind_at = {i: label.kind for label in found for i in range(label.start, label.end)}
    nodes: list[Node] = []
    count = len(words)
    i = 0
    while i < count:
        word = words[i]
        first = word.lower[0]
        if i not in label_at:
            if first not in _NUMBER_FIRST and word.lower not in _NUMBER_LIKE:
                nodes.append(Node(word.start, word.end, word.lower, "word" if first.isalpha() else "mark"))
                i += 1
                continue
        else:
            label = label_at[i]
            end = words[label.end - 1].end
            node = Node(word.start, end, " ".join(w.lower for w in words[i : label.end]), label.kind)
            node.label = label.value
            nodes.append(node)
            i = label.end
            continue
        if first.isdigit() or (first in ".·" and len(word.lower) > 1):
            node = _number_node(text, words, i, kind_at, nodes)
            nodes.append(node)
            if node.end > word.end:
                i += 1
        elif word.lower in NUMBER_WORDS or word.lower == "a":
            read = read_number_words(words, i)
            if read is not None:
                value, j = read
                node = Node(word.start, words[j - 1].end, text[word.start : words[j - 1].end].lower(), "num")
                node.value = value
                if _glued_name(words, j - 1, kind_at):
                    node.kind = "name"
                nodes.append(node)
                i = j
                continue
            nodes.append(Node(word.start, word.end, word.lower, "word"))
        else:
            node = Node(word.start, word.end, word.lower, "word" if first.isalpha() else "mark")
            if word.lower in _ZERO_WORDS:
                node.kind, node.value = "zero", 0
            nodes.append(node)
        i += 1
    return nodes


_SIGN_BEFORE = frozenset("([{=,:;<>≤≥±/|~\"'")


def _number_node(text: str, words: Sequence[Word], i: int, kind_at: dict[int, str], nodes: list[Node]) -> Node:
    word = words[i]
    try:
        value = parse_number(word.lower)
    except ValueError:
        return Node(word.start, word.end, word.lower, "word")
    node = Node(word.start, word.end, word.lower, "num")
    node.value = value
    scale = words[i + 1] if i + 1 < len(words) and words[i + 1].lower in SCALES else None
    if scale is not None and kind_at.get(i + 1) is None:
        node.value = _scaled(value, SCALES[scale.lower])
        node.end = node.value_end = scale.end
        node.lower = f"{word.lower} {scale.lower}"
    elif word.lower.isdigit():
        if _is_name(words, i, kind_at) or (word.lower[0] == "0" and len(word.lower) > 1):
            node.kind = "name"
            return node
        if word.end - word.start == 4 and 1900 <= int(value) <= 2035 and not _is_counted(words, i, kind_at):
            node.kind = "year"
        if i + 1 < len(words) and _glued_name(words, i, kind_at):
            node.kind = "name"
    sign = nodes[-1] if nodes else None
    if (
        sign is not None
        and sign.lower in ("-", "+")
        and sign.kind == "mark"
        and sign.end == word.start
        and _is_sign(text, sign, nodes)
    ):
        if sign.lower == "-":
            node.value = -value
        node.start = node.value_start = sign.start
        node.lower = sign.lower + node.lower
        if node.kind == "year":
            node.kind = "num"
        nodes.pop()
    return node


_COUNTED_BY = frozenset({"people", "unit", "udose", "utime", "pct", "pp"})


def _is_counted(words: Sequence[Word], i: int, kind_at: dict[int, str]) -> bool:
    """Whether a number that could be a year counts something: "1950 women", "2000 mg", "n = 2010", "16/1950 (0.8%)"."""
    before = words[i - 1].lower if i else ""
    if kind_at.get(i + 1) in _COUNTED_BY:
        return before not in ("in", "since", "during", "until", "by")
    if before == "=":
        return True
    if i < 2 or before not in ("/", "of") or not words[i - 2].lower.isdigit():
        return False
    return before == "of" or not 1 <= int(words[i - 2].lower) <= 12 or words[min(i + 1, len(words) - 1)].lower == "("


def _scaled(value: Numeric, scale: int) -> Numeric:
    """Return "4.8 million" as a whole number where it is one."""
    scaled = round(value * scale, 6)
    return int(scaled) if scaled == int(scaled) else scaled


def _glued_name(words: Sequence[Word], i: int, kind_at: dict[int, str]) -> bool:
    """Whether the integer at ``i`` begins a name: "5-FU", "36-item", but not "2-year", "50-mg", "9-point"."""
    if i + 2 >= len(words):
        return False
    dash, after = words[i + 1], words[i + 2]
    if dash.lower != "-" or dash.start != words[i].end or after.start != dash.end:
        return False
    if not after.lower[0].isalpha() or after.lower in (
        "to",
        "fold",
        "times",
        "percent",
        "third",
        "thirds",
        "quarter",
        "quarters",
        "and",
    ):
        return False
    return kind_at.get(i + 2, "") not in ("utime", "unit", "udose", "pct", "pp", "people")


def _is_sign(text: str, sign: Node, nodes: list[Node]) -> bool:
    if text[sign.start] in "\u2014\u2015":
        return False
    if len(nodes) < 2:
        return True
    before = nodes[-2]
    if before.end < sign.start:
        return (
            text[sign.start] == "\u2212" or before.kind not in ("num", "pct", "percent", "year") or before.lower == "to"
        )
    return before.lower[-1] in _SIGN_BEFORE
