"""What an arm receives: the interventions in its names, with the dose, route, schedule and duration stated beside them."""

from __future__ import annotations

import re

from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_names import Draft
from extractor.linking.arm_view import View
from extractor.linking.arm_vocabulary import CueRule, cue_set
from extractor.literals import PatternSet
from extractor.reading.scan import plain_text
from extractor.records import Intervention, Mention, MentionLabel, Span

__all__ = ["interventions_of", "kind_of"]

_GIVEN = ("drug", "procedure", "behaviour")
_WINDOW = 70
_LEADS = re.compile(r"\s*(?:(?:of|oral|intravenous|daily|once[ -]daily)\s+){0,3}")
"""What may stand between a dose and the drug behind it: "5 mg of oral X"."""


def _cues(field: str) -> PatternSet[CueRule]:
    return cue_set("arm_regimens.jsonl", field)


def interventions_of(view: View, draft: Draft, chooser: Chooser) -> tuple[Intervention, ...]:
    """Return the interventions named by the arm, each once, in the order of their first naming.

    A name that no vocabulary knows is given as it stands.
    """
    found: dict[str, Intervention] = {}
    mentions = [m for m in view.reading.mentions if m.label in _GIVEN]
    spans = [view.span(*n.core) for n in draft.namings if not chooser.is_generic(n)]
    spans += [view.span(*n.alias) for n in draft.namings if n.alias is not None]
    for start, end in spans:
        for mention in mentions:
            if mention.start >= end:
                break
            if mention.start >= start and mention.end <= end:
                key = (mention.concept or mention.text).lower()
                best = _with_regimen(view, mention)
                if key not in found or (found[key].dose is None and best.dose is not None):
                    found[key] = best
    if not found and spans:
        start, end = min(spans)
        plain = Mention(text=view.text[start:end], start=start, end=end, label=kind_of(view.text[start:end].lower()))
        return (_with_regimen(view, plain),)
    return tuple(found.values())


def kind_of(low: str) -> MentionLabel:
    """Return what kind of intervention the lower-case name of an unlisted one speaks of."""
    if _cues("behaviour").first(low) is not None:
        return "behaviour"
    return "procedure" if _cues("procedure").first(low) is not None else "drug"


def _next_start(view: View, mention: Mention) -> int:
    """Return where the next intervention is named: what stands behind it is its own."""
    starts = (m.start for m in view.reading.mentions if m.label in _GIVEN and m.start >= mention.end)
    return next(starts, len(view.text))


def _with_regimen(view: View, mention: Mention) -> Intervention:
    """Return ``mention`` with the dose, route, schedule and duration that stand directly after it (or before: "5 mg X")."""
    text = view.text
    sentence_end = next((end for start, end in view.reading.sentences if start <= mention.start < end), len(text))
    stop = min(sentence_end, mention.end + _WINDOW)
    window = plain_text(text[mention.end : stop])
    cut = re.search(r"\b(?:or|versus|vs|compared|and|plus|followed|n ?=)\b|;", window)
    limit = cut.start() if cut else len(window)
    values: dict[str, Span | None] = {"dose": None, "route": None, "schedule": None, "duration": None}
    limit = min(limit, _next_start(view, mention) - mention.end)
    before = None
    for figure in view.reading.figures:
        if figure.start > mention.end + limit:
            break
        if figure.kind != "dose":
            continue
        span = Span(text=text[figure.start : figure.end], start=figure.start, end=figure.end)
        if figure.start >= mention.end:
            values["dose"] = span
            break
        if figure.end <= mention.start and _LEADS.fullmatch(text, figure.end, mention.start):
            before = span
    values["dose"] = before if before is not None else values["dose"]
    for field in ("route", "schedule", "duration"):
        match = next((m for _, m in _cues(field).matching(window[:limit])), None)
        if match is not None:
            s, e = mention.end + match.start(1), mention.end + match.end(1)
            values[field] = Span(text=text[s:e], start=s, end=e)
    return Intervention(
        text=mention.text, start=mention.start, end=mention.end, label=mention.label, concept=mention.concept,
        id=mention.id, **values)  # fmt: skip
