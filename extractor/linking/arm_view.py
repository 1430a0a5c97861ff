"""The text as the search for arms sees it: its tokens with the roles of their words."""

from __future__ import annotations

import re
from functools import cache

from extractor.linking.arm_vocabulary import WordTable, load_words
from extractor.reading.scan import plain_text
from extractor.reading.types import Reading, Token

__all__ = ["View", "is_no_group", "make_view", "roles", "skip_back_bracket", "skip_bracket", "word_table"]

_WORDS = "arm_words.tsv"


@cache
def word_table() -> WordTable:
    """Return the roles of words in the search for arms (LexiconError when the file is malformed)."""
    return load_words(_WORDS)


class Roles:
    """The bits of the roles, as attributes."""

    def __init__(self, table: WordTable) -> None:
        bit = table.bit
        self.det, self.and_, self.or_, self.versus = bit("det"), bit("and"), bit("or"), bit("versus")
        self.people, self.group, self.arm_group = bit("people"), bit("group"), bit("arm_group")
        self.control, self.generic, self.alloc = bit("control"), bit("generic"), bit("alloc")
        self.receive, self.on, self.aux, self.verb = bit("receive"), bit("on"), bit("aux"), bit("verb")
        self.stop, self.treat, self.notarm = bit("stop"), bit("treat"), bit("notarm")
        self.control_of, self.joins, self.modifier = bit("control_of"), bit("joins"), bit("modifier")
        self.breaks = self.stop | self.aux | self.verb | self.det
        self.breaks_right = self.breaks | self.alloc | self.receive


@cache
def roles() -> Roles:
    """Return the role bits of the word table."""
    return Roles(word_table())


_CAPITAL = frozenset(["it", "at", "us", "do", "is", "am", "as", "had", "all", "no", "or"]) - {"no", "or", "as", "is"}


class View:
    """Tokens of a text with the role bits of each, and the token range of each sentence.

    ``tokens[i]`` has the folded word ``lows[i]`` and the roles ``bits[i]``; ``glued[i]`` tells that no blank stands before
    it; ``drug[i]`` and ``other[i]`` tell that a vocabulary knows the token as part of an intervention, or of an outcome,
    condition or the like; ``concepts`` maps the first token of an intervention to (stop token, preferred name);
    ``ranges`` are [first, stop) pairs of token indices by sentence, ``sentence_of[i]`` the index of the sentence.
    """

    __slots__ = (
        "_capitals",
        "bits",
        "concepts",
        "drug",
        "glued",
        "lows",
        "other",
        "plain",
        "ranges",
        "reading",
        "sentence_of",
        "text",
        "tokens",
    )

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.text = reading.text
        self.plain = plain_text(reading.text)
        tokens = self.tokens = _split_people_figures(reading)
        self.lows = [t.lower for t in tokens]
        table = word_table().bits
        get = table.get
        self.bits = [0 if t.figure is not None else get(t.lower, 0) for t in tokens]
        for i, t in enumerate(tokens):
            # "IT" is intrathecal, "AC" a regimen: a capital short form is no function word
            if t.lower in _CAPITAL and t.figure is None and reading.text[t.start : t.end].isupper():
                self.bits[i] = 0
        self.glued = [False] * (len(tokens) + 1)
        end = -1
        for i, token in enumerate(tokens):
            self.glued[i] = token.start == end
            end = token.end
        self.ranges: list[tuple[int, int]] = []
        self.sentence_of = [0] * len(tokens)
        at, count = 0, len(tokens)
        for index, (_, stop) in enumerate(reading.sentences):
            first = at
            while at < count and tokens[at].start < stop:
                self.sentence_of[at] = index
                at += 1
            self.ranges.append((first, at))
        self._capitals: list[int] | None = None
        self.drug = [False] * count
        self.other = [False] * count
        self._mark_terms()

    def _mark_terms(self) -> None:
        """Note which tokens a vocabulary knows as an intervention, and which as an outcome or condition."""
        tokens = self.tokens
        self.concepts: dict[int, tuple[int, str]] = {}
        t, count = 0, len(tokens)
        for mention in self.reading.mentions:
            target = (
                self.drug
                if mention.label in ("drug", "procedure", "behaviour")
                else self.other
                if mention.label in ("outcome", "condition", "population", "biomarker", "location")
                else None
            )
            if target is None:
                continue
            while t > 0 and t < count and tokens[t].start > mention.start:
                t -= 1
            while t < count and tokens[t].end <= mention.start:
                t += 1
            i = t
            while i < count and tokens[i].start < mention.end:
                target[i] = True
                i += 1
            if target is self.drug and mention.concept is not None and i > t:
                self.concepts[t] = (i, mention.concept)

    def capitals(self) -> list[int]:
        """Return the indices of the words printed in capitals."""
        if self._capitals is None:
            text = self.text
            self._capitals = [
                i for i, t in enumerate(self.tokens) if t.figure is None and text[t.start : t.end].isupper()
            ]
        return self._capitals

    def span(self, first: int, stop: int) -> tuple[int, int]:
        """Return the characters [start, end] of tokens [first, stop)."""
        return self.tokens[first].start, self.tokens[stop - 1].end

    def words(self, first: int, stop: int) -> list[str]:
        """Return the folded tokens [first, stop)."""
        return self.lows[first:stop]


class _LastView:
    """The view made last: arms and outcomes of one text are looked for one after the other."""

    view: View | None = None


def make_view(reading: Reading) -> View:
    """Return the view of ``reading`` that the stages for arms and outcomes share; the last one is kept."""
    view = _LastView.view
    if view is None or view.reading is not reading:
        view = _LastView.view = View(reading)
    return view


def is_no_group(view: View, i: int) -> bool:
    """Whether "control" at token ``i`` is no group: "pain control", "to control bleeding", "case-control", "control trial"."""
    lows, bits, r = view.lows, view.bits, roles()
    if lows[i] != "control":
        return False
    before = lows[i - 1] if i else ""
    after = lows[i + 1] if i + 1 < len(lows) else ""
    if before == "-" and i > 1:
        before = lows[i - 2]
    if bits[i - 1] & r.control_of or (before and word_table().bits.get(before, 0) & r.control_of) or view.other[i]:
        return True
    if after in ("of", "over", "study", "studies", "trial", "trials"):
        return True
    verb = before in ("to", "can", "will", "could", "may", "and") and (
        before != "and" or lows[i - 2] in ("prevent", "treat")
    )
    return (
        verb
        and after[:1].isalpha()
        and not bits[i + 1] & (r.people | r.arm_group | r.aux | r.stop | r.receive | r.treat | r.and_ | r.or_)
    )


_NAMED_PEOPLE = re.compile(
    r"\d[\d,]* +(?!of\b|the\b|patients\b|pts\b|eyes\b|wom|men\b|subj|partic|child|adult|eval)[A-Za-z][\w/+-]* +(?:patients|recipients|eyes|participants|women|subjects)\b|[a-z]-? (?!of )[a-z]{4,} (?:recipients)\b|\) in the (?!same\b|whole\b|total\b)[A-Za-z][\w/+-]*(?: [\w/+-]+)? (?:group|arm)\b"
)


def _split_people_figures(reading: Reading) -> list[Token]:
    """Return the tokens; a figure that swallowed the name of a group ("24 enoxaparin recipients (11.7%)") is opened again."""
    out: list[Token] = []
    text = reading.text
    for token in reading.tokens:
        if (
            token.figure is None
            or token.end - token.start < 18
            or token.kind not in ("percent", "fraction")
            or not _NAMED_PEOPLE.search(text, token.start, token.end)
        ):
            out.append(token)
            continue
        for word in reading.words:
            if word.start >= token.end:
                break
            if word.start >= token.start:
                kind = "word" if word.lower[0].isalpha() else "number" if word.lower[0].isdigit() else "mark"
                out.append(Token(start=word.start, end=word.end, lower=word.lower, kind=kind))
    return out


def skip_bracket(view: View, i: int, stop: int) -> int:
    """Return the index after the bracket that opens at token ``i``; ``i`` where it does not close before ``stop``."""
    depth = 0
    for j in range(i, min(stop, i + 60)):
        opened, closed = _brackets(view.lows[j])
        depth += opened - closed
        if closed and depth <= 0:
            return j + 1
    return i


def _brackets(low: str) -> tuple[int, int]:
    """How many brackets a token opens and closes; a figure may hold the bracket that closes behind it: "18 of 36 , 50 % )"."""
    if len(low) == 1:
        return int(low in "([{"), int(low in ")]}")
    return sum(low.count(mark) for mark in "([{"), sum(low.count(mark) for mark in ")]}")


def skip_back_bracket(view: View, i: int, first: int) -> int:
    """Return the index of the bracket that closes at token ``i``; ``i`` where it does not open after ``first``."""
    depth = 0
    for j in range(i, max(first, i - 60) - 1, -1):
        opened, closed = _brackets(view.lows[j])
        depth += closed - opened
        if opened and depth <= 0:
            return j
    return i
