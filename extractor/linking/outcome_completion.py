"""Outcomes that stand inside a figure's own words, and the disease that a vaccine prevents.

"lowered the risk of stroke by 14%" is one figure; the stroke in it is its outcome. A vaccine's efficacy is a relative
reduction of the disease prevented, so in a text on a vaccine that disease is an outcome.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.linking.outcomes import OutcomeMention, OutcomeReading
from extractor.reading.types import Reading
from extractor.records import Mention, Outcome, Span

__all__ = ["complete_outcomes"]

_VACCINE = re.compile(r"\b(?:vaccin\w*|jabs?|immuni[sz]ation)\b", re.IGNORECASE)
_PREVENTED = re.compile(
    r"\b(?:against|from|of|for|cases of|prevent\w*) (?:the |symptomatic |severe |clinical )*$", re.IGNORECASE
)
_LEAST_VACCINE_WORDS = 2
_FEW_SENTENCES = 2
"""A sentence or two tell what happened to people, not what they all have."""


def complete_outcomes(
    reading: Reading, outcomes: OutcomeReading, conditions: Sequence[Mention]
) -> tuple[OutcomeReading, str | None]:
    """Return ``outcomes`` with those added that only a figure's words or a vaccine's purpose name, and the id of the
    outcome that is the disease a vaccine prevents (None where the text is on no vaccine).

    Args:
        reading: what was read. outcomes: what find_outcomes returned. conditions: those of the reported trial.
    """
    completion = _Completion(reading, outcomes)
    if len(reading.sentences) > _FEW_SENTENCES:
        completion.drop_disease(conditions)
    completion.add_inside_figures()
    if len(_VACCINE.findall(reading.text)) >= _LEAST_VACCINE_WORDS:
        prevented = completion.add_prevented(conditions)
        return completion.result(), prevented
    return completion.result(), None


class _Completion:
    """The outcomes under way, found again by concept and by name."""

    def __init__(self, reading: Reading, outcomes: OutcomeReading) -> None:
        self.reading = reading
        self.outcomes = list(outcomes.outcomes)
        self.mentions = list(outcomes.mentions)
        self.ids: dict[str, str] = {}
        for outcome in reversed(outcomes.outcomes):
            self.ids[outcome.name.text.lower()] = outcome.id
            if outcome.concept is not None:
                self.ids[outcome.concept.lower()] = outcome.id

    def result(self) -> OutcomeReading:
        return OutcomeReading(
            outcomes=tuple(self.outcomes), mentions=tuple(sorted(self.mentions, key=lambda m: (m.start, m.end)))
        )

    def _id_of(self, mention: Mention) -> str:
        key = (mention.concept or mention.text).lower()
        if key not in self.ids:
            self.ids[key] = f"o{len(self.outcomes) + 1}"
            name = Span(text=mention.text, start=mention.start, end=mention.end)
            self.outcomes.append(Outcome(id=self.ids[key], name=name, concept=mention.concept))
        return self.ids[key]

    def _add(self, mention: Mention, rule: str) -> None:
        if not any(m.start < mention.end and mention.start < m.end for m in self.mentions):
            self.mentions.append(
                OutcomeMention(start=mention.start, end=mention.end, outcome_id=self._id_of(mention), rule=rule)
            )

    def drop_disease(self, conditions: Sequence[Mention]) -> None:
        """Drop what was taken for an outcome by its place alone and is the disease that all participants have."""
        concepts = {(c.concept or c.text).lower() for c in conditions[:1]}
        named = [
            (m.start, m.end)
            for m in self.reading.mentions
            if m.label == "condition" and (m.concept or m.text).lower() in concepts
        ]
        self.mentions = [
            m for m in self.mentions if m.rule == "term" or not any(s <= m.start and m.end <= e for s, e in named)
        ]

    def add_inside_figures(self) -> None:
        """Add what stands inside the words of an estimate: "cut the risk of death by 40%"."""
        spans = [(f.start, f.end) for f in self.reading.figures if f.kind == "estimate"]
        for wanted in ("outcome", "condition"):
            for mention in self.reading.mentions:
                if mention.label == wanted and any(s <= mention.start and mention.end <= e for s, e in spans):
                    self._add(mention, "term")

    def add_prevented(self, conditions: Sequence[Mention]) -> str | None:
        """Add the disease that the vaccine is for, wherever it is named, and return its id."""
        concepts = {(c.concept or c.text).lower() for c in conditions[:1]}
        for mention in self.reading.mentions:
            if mention.label != "condition":
                continue
            before = self.reading.text[max(0, mention.start - 30) : mention.start]
            if (mention.concept or mention.text).lower() in concepts or _PREVENTED.search(before):
                self._add(mention, "term")
        if not conditions:
            return None
        return self.ids.get((conditions[0].concept or conditions[0].text).lower())
