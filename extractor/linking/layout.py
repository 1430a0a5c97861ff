"""A sentence as linking sees it: values, arm namings, outcome namings, time points and the words between, in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from extractor.linking.arms import ArmMention
from extractor.linking.comparison_rules import frame_in
from extractor.linking.outcomes import OutcomeMention
from extractor.linking.rules import cue_words
from extractor.reading.types import Figure, Reading, Token
from extractor.records import Measure, Number, PValue

__all__ = ["Item", "Sentence", "Value", "lay_out"]

VALUE_KINDS = frozenset(
    {"percent", "fraction", "quantity", "number", "estimate", "duration", "not_reached", "change", "dose"}
)


class Value:
    """A figure that may become a result, with the links found so far.

    ``arm_ids`` has one id, or two for a comparison (first side, other side); ``rules`` says which rule made each link.
    """

    __slots__ = (
        "arm_ids", "companion_of", "context", "direction", "end", "events", "figure", "inside_arms", "inside_outcomes",
        "measure", "outcome_id", "p_value", "rules", "sentence", "shared_arms", "significant", "start", "subgroup", "timepoint", "total", "unit",
    )  # fmt: skip

    def __init__(self, token: Token, sentence: int) -> None:
        assert token.figure is not None
        self.figure: Figure = token.figure
        self.start, self.end = token.start, token.end
        self.sentence = sentence
        self.measure: Measure | None = None
        self.unit = self.figure.unit
        self.arm_ids: tuple[str, ...] = ()
        self.outcome_id: str | None = None
        self.timepoint: Figure | None = None
        self.p_value: PValue | None = self.figure.p_value
        self.events = self.figure.events
        self.total = self.figure.total
        self.shared_arms: tuple[str, ...] = ()
        self.rules: dict[str, str] = {}
        self.inside_arms: list[ArmMention] = []
        self.inside_outcomes: list[OutcomeMention] = []
        self.direction: str | None = None
        self.significant: bool | None = None
        self.context = "reported"
        self.subgroup: tuple[int, int] | None = None
        self.companion_of: Value | None = None

    @property
    def events_number(self) -> Number | None:
        """The counted events: those printed with the figure, or a whole number that is itself the count."""
        figure = self.figure
        if self.events is not None or self.measure != "count" or not isinstance(figure.value, int):
            return self.events
        return Number(text=figure.printed or "", start=figure.value_start, end=figure.value_end, value=figure.value)

    def link(self, what: str, value: Any, rule: str) -> None:
        """Set the link ``what`` ("arm_ids", "outcome_id", ...) unless it is set already, and remember the rule."""
        if getattr(self, what) in (None, ()) and value not in (None, ()):
            setattr(self, what, value)
            self.rules[{"arm_ids": "arm", "outcome_id": "outcome"}.get(what, what)] = rule


class Item:
    """One element of a sentence: kind is "value", "arm", "outcome", "time", "figure", "word" or "mark"."""

    __slots__ = ("arm", "end", "figure", "index", "kind", "lower", "outcome", "start", "token_kind", "value")

    def __init__(self, kind: str, start: int, end: int, lower: str) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.lower = lower
        self.index = 0
        self.token_kind = ""
        self.value: Value | None = None
        self.arm: ArmMention | None = None
        self.outcome: OutcomeMention | None = None
        self.figure: Figure | None = None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.lower!r}>"


class Sentence:
    """A sentence laid out; ``section`` is the label of the section it stands in, ``opens`` whether a paragraph begins with it."""

    __slots__ = ("end", "index", "items", "opens", "section", "start", "text")

    def __init__(self, index: int, start: int, end: int, text: str, section: str, items: list[Item]) -> None:
        self.index = index
        self.start = start
        self.end = end
        self.text = text
        self.section = section
        self.items = items
        self.opens = False
        for i, item in enumerate(items):
            item.index = i

    @property
    def values(self) -> list[Value]:
        """The values of the sentence in order."""
        return [item.value for item in self.items if item.value is not None]

    def of_kind(self, kind: str) -> list[Item]:
        """The items of one kind, in order."""
        return [item for item in self.items if item.kind == kind]


_SHORTEST_NAMING = 10
_STANDING_IN = cue_words("standing_in")
_WORDS = re.compile(r"[\w,]+")
_SHORT_FORM = re.compile(r"(?!SEM|IQR)[A-Z]{3,4}")
"""A short form in capitals is a name, though its letters make a word: "END"."""


def _stands_in(name: str) -> bool:
    """Whether a naming only points back ("the corresponding rates", "the figures"), so that the outcome is elsewhere."""
    return all(word.lower() in _STANDING_IN and not _SHORT_FORM.fullmatch(word) for word in _WORDS.findall(name))


def _names_of_arms(text: str, mentions: Sequence[ArmMention]) -> dict[str, ArmMention]:
    """The namings of single arms as they are written, in lower case, with and without "group"; ambiguous ones are left out."""
    names: dict[str, ArmMention] = {}
    for mention in mentions:
        if len(mention.arm_ids) != 1:
            continue
        written = text[mention.start : mention.end].lower().removesuffix(" group").removesuffix(" arm")
        whole, _, short = written.removesuffix(")").partition(" (")
        for name in {written, whole, short} - {""}:
            if names.setdefault(name, mention).arm_ids != mention.arm_ids:
                names[name] = msgspec.structs.replace(mention, arm_ids=())
    return names


def _named_within(text: str, value: Value, names: dict[str, ArmMention]) -> list[ArmMention]:
    """The arm that stands within a figure: "47% (17 of 36) in the sham group (95% CI 30 to 64)" is read as one."""
    rest = text[value.figure.value_end : value.end]
    found = frame_in("group_within", rest.lower())
    hit = names.get(found.group(1)) if found is not None else None
    if found is not None and hit is not None and hit.arm_ids:
        start, end = (value.figure.value_end + place for place in found.span(1))
        return [ArmMention(start=start, end=end, arm_ids=hit.arm_ids, rule="within_figure")]
    return _counted_within(text, value, names)


_COUNTED = re.compile(r"[a-z][\w/+-]*(?: [a-z][\w/+-]*){0,4}")


def _counted_within(text: str, value: Value, names: dict[str, ArmMention]) -> list[ArmMention]:
    """The arm named between a count and its percentage: "four clonidine eyes (27%)"."""
    for stretch in _COUNTED.finditer(text[value.start : value.end].lower()):
        words = stretch.group().split(" ")
        for count in range(len(words) - 1, 0, -1):
            for first in range(len(words) - count + 1):
                name = " ".join(words[first : first + count])
                hit = names.get(name)
                if hit is not None and hit.arm_ids:
                    start = value.start + stretch.start() + len(" ".join(words[:first])) + (first > 0)
                    return [ArmMention(start=start, end=start + len(name), arm_ids=hit.arm_ids, rule="within_figure")]
    return []


def lay_out(
    reading: Reading, arm_mentions: Sequence[ArmMention], outcome_mentions: Sequence[OutcomeMention]
) -> list[Sentence]:
    """Return the sentences of ``reading`` with its tokens overlaid by the namings of arms and outcomes."""
    tokens = list(reading.tokens)
    arms = sorted(arm_mentions, key=lambda m: (m.start, -m.end))
    outcomes = sorted(outcome_mentions, key=lambda m: (m.start, -m.end))
    outcomes = [
        m for m in outcomes if (m.likely or m.rule == "compared") and not _stands_in(reading.text[m.start : m.end])
    ]
    names = _names_of_arms(reading.text, arms)
    sentences: list[Sentence] = []
    t = a = o = 0
    sections = sorted(reading.sections, key=lambda s: s.start)
    for index, (start, end) in enumerate(reading.sentences):
        t0 = t
        while t < len(tokens) and tokens[t].start < end:
            t += 1
        a0 = a
        while a < len(arms) and arms[a].start < end:
            a += 1
        o0 = o
        while o < len(outcomes) and outcomes[o].start < end:
            o += 1
        items = [i for item in _items(tokens[t0:t], arms[a0:a], outcomes[o0:o], index) for i in _one_by_one(reading.text, item)]
        section = next((s.label for s in reversed(sections) if s.start <= start < s.end), "body")
        sentence = Sentence(index, start, end, reading.text[start:end], section, items)
        for value in sentence.values:
            if not value.inside_arms and value.end - value.figure.value_end > _SHORTEST_NAMING:
                value.inside_arms = _named_within(reading.text, value, names)
        sentence.opens = "\n" in reading.text[sentences[-1].end if sentences else 0 : start]
        sentences.append(sentence)
    return sentences


_LISTED = cue_words("time_lists")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _one_by_one(text: str, item: Item) -> list[Item]:
    """Return the item, or where it is a list of time points ("at 3 and 6 months") one for each; the later ones are of
    kind "time" with the token kind "listed_timepoint"."""
    figure = item.figure
    if item.kind != "time" or figure is None or figure.rule not in _LISTED:
        return [item]
    numbers = list(_NUMBER.finditer(text, item.start, item.end))
    if len(numbers) < 2 or numbers[0].start() != figure.value_start:
        return [item]
    items = [item]
    for before, number in pairwise(numbers):
        joint = Item("word", before.end(), number.start(), "and")
        later = Item("time", number.start(), item.end if number is numbers[-1] else number.end(), number.group())
        whole = "." not in number.group()
        later.figure = msgspec.structs.replace(
            figure, start=later.start, end=later.end, value_start=number.start(), value_end=later.end,
            value=int(number.group()) if whole else float(number.group()), printed=number.group(),
        )  # fmt: skip
        later.token_kind = "listed_timepoint"
        items += [joint, later]
    item.end = numbers[0].end()
    return items


def _items(
    tokens: Iterable[Token], arms: Sequence[ArmMention], outcomes: Sequence[OutcomeMention], sentence: int
) -> list[Item]:
    items: list[Item] = []
    used_arms: set[int] = set()
    used_outcomes: set[int] = set()
    # "conversion to open surgery" tells of an outcome, not of the group that had open surgery
    named = [(m.start, m.end) for m in outcomes if m.rule == "term"]
    arms = [m for m in arms if not any(start <= m.start and m.end <= end and end - start > m.end - m.start for start, end in named)]
    arm_places = [(m.start, m.end) for m in arms]
    outcome_places = [(m.start, m.end) for m in outcomes]
    places = arm_places + outcome_places
    for token in tokens:
        figure = token.figure
        if figure is not None and token.kind in VALUE_KINDS:
            value = Value(token, sentence)
            covering = any(
                start <= figure.value_start
                and figure.value_end <= end
                and (start < token.start or token.kind != "percent")
                for start, end in places
            )
            value.inside_arms = [m for m in arms if token.start <= m.start and m.end <= token.end]
            value.inside_outcomes = [m for m in outcomes if token.start <= m.start and m.end <= token.end]
            if not covering or token.kind == "estimate" or figure.events is not None:
                used_arms.update(i for i, m in enumerate(arms) if m in value.inside_arms)
                used_outcomes.update(i for i, m in enumerate(outcomes) if m in value.inside_outcomes)
                item = Item("value", token.start, token.end, token.lower)
                item.value = value
                item.token_kind, item.figure = token.kind, figure
                items.append(item)
                continue
        over_outcome = _covering(outcome_places, token) if outcome_places else None
        over_arm = _covering(arm_places, token) if arm_places else None
        if over_outcome is not None and over_outcome not in used_outcomes:
            mention = outcomes[over_outcome]
            item = Item("outcome", mention.start, mention.end, "")
            item.outcome = mention
            items.append(item)
            used_outcomes.add(over_outcome)
        if over_arm is not None and over_arm not in used_arms:
            arm = arms[over_arm]
            item = Item("arm", arm.start, arm.end, token.lower)
            item.arm = arm
            if figure is not None and figure.p_value is not None:
                item.figure = figure  # "110 mg (P = .13)": the dose is the group, the p-value behind it is still told
            items.append(item)
            used_arms.add(over_arm)
        leveled = over_arm is not None and arms[over_arm].rule == "level"
        if token.kind in ("timepoint", "followup") and not leveled:
            item = Item("time", token.start, token.end, token.lower)
        elif over_outcome is not None or over_arm is not None:
            continue
        elif figure is not None:
            item = Item("figure", token.start, token.end, token.lower)
        else:
            item = Item("mark" if token.kind == "mark" else "word", token.start, token.end, token.lower)
        item.figure = figure
        item.token_kind = token.kind
        items.append(item)
    return items


def _covering(places: Sequence[tuple[int, int]], token: Token) -> int | None:
    for i, (start, end) in enumerate(places):
        if start <= token.start and token.end <= end:
            return i
        if start > token.start:
            break
    return None
