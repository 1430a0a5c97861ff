"""Arms that no list names: the one group of a single-arm trial, a placebo that is only compared with, historical controls."""

from __future__ import annotations

from collections import Counter

from extractor.linking.arm_choice import Chooser
from extractor.linking.arm_names import Draft, content_of_text
from extractor.linking.arm_naming import Naming
from extractor.linking.arm_view import View, roles
from extractor.linking.arm_vocabulary import cue_set
from extractor.records import Mention

__all__ = ["add_missing_arms"]

_EARLY = 0.25
_LEAST = 3
_ALONE = ("alone", "only")
_STATED = frozenset({"versus", "compared", "compare", "allocation", "receiving", "receiving-or", "group", "groups", "sized", "than", "value"})  # fmt: skip
_PLACEBO = frozenset({"placebo", "sham", "placebos"})


def add_missing_arms(view: View, chooser: Chooser, drafts: list[Draft]) -> list[Draft]:
    """Return ``drafts`` with the arms added that a text speaks of without listing them.

    Args:
        view: the text. chooser: the chooser of ``drafts``, whose namings are not altered. drafts: the arms so far.
    """
    if len(view.ranges) <= 2:
        return drafts
    historical = _historical(view)
    found = [d for d in drafts if not _same_words(d, historical)] if historical is not None else list(drafts)
    if not any(d.keys or d.letters for d in found if not d.control):
        single = _single(view, chooser, found)
        if single is not None:
            found = [single, *[d for d in found if d.control]]
    if historical is None and not any(d.control for d in found) and len(found) == 1:
        placebo = _placebo(view)
        if placebo is not None:
            found.append(placebo)
    if historical is None and not any(d.control for d in found) and len(found) == 1:
        alone = _alone(view, chooser, found[0])
        if alone is not None:
            found.append(alone)
    if historical is not None:
        historical.order = 90
        found.append(historical)
    return found


def _same_words(draft: Draft, historical: Draft) -> bool:
    """Whether an arm is nothing but the historical controls under another frame."""
    return bool(draft.keys) and all(any(key <= own for own in historical.keys) for key in draft.keys)


def _tokens_of(view: View, start: int, end: int) -> tuple[int, int] | None:
    inside = [i for i, t in enumerate(view.tokens) if t.start >= start and t.end <= end]
    return (inside[0], inside[-1] + 1) if inside else None


def _historical(view: View) -> Draft | None:
    """Return the arm of historical controls, named by what they got where the text says so."""
    plain = view.plain
    if (
        "histor" not in plain
        and "original" not in plain
        and "earlier" not in plain
        and "previous" not in plain
        and "prior" not in plain
    ):
        return None
    draft = Draft(90)
    for rule, regex in reversed(cue_set("arm_cues.jsonl", "historical").possible(plain)):
        for match in regex.finditer(plain):
            place = _tokens_of(view, *match.span("name"))
            if place is None:
                continue
            draft.namings.append(Naming(*place, place, rule.id))
            words = content_of_text(view.text[match.start("name") : match.end("name")])
            if words and words not in draft.keys:
                draft.keys.append(words)
    if not draft.namings or (not any(n.frame == "historical-named" for n in draft.namings) and not _compares(plain)):
        return None
    draft.control = True
    draft.historical = True
    return draft


def _compares(plain: str) -> bool:
    return "histor" in plain or "than in" in plain or "compared with" in plain


def _single(view: View, chooser: Chooser, drafts: list[Draft]) -> Draft | None:
    """Return the arm of the intervention that the text speaks of most."""
    scores: Counter[str] = Counter()
    first: dict[str, Mention] = {}
    plain = view.plain
    cues = cue_set("arm_cues.jsonl", "single")
    control = roles().control
    for mention in view.reading.mentions:
        if mention.label not in ("drug", "procedure", "behaviour"):
            continue
        words = content_of_text(mention.text)
        if not words or any(chooser.bits_of(w) & control for w in words):
            continue
        name = (mention.concept or mention.text).lower()
        first.setdefault(name, mention)
        scores[name] += 1
        if mention.start < _EARLY * len(plain):
            scores[name] += 1
        if mention.label == "drug":
            scores[name] += 1
        before = plain[max(0, mention.start - 60) : mention.start]
        if cues.first(before) is not None:
            scores[name] += 2
    taken = {w for d in drafts for w in d.words()}
    ranked = scores.most_common()
    # what the group received is its name, however much the text speaks of anything else
    given = _given_to_role(view, taken)
    if given is not None:
        name = (given.concept or given.text).lower()
        first.setdefault(name, given)
        ranked.insert(0, (name, _LEAST))
    for name, points in ranked:
        mention = first[name]
        if points < _LEAST:
            return None
        if content_of_text(mention.text) <= taken:
            continue
        place = _tokens_of(view, mention.start, mention.end)
        if place is None:
            continue
        draft = Draft(-1)
        draft.namings.append(Naming(*place, place, "single"))
        draft.keys.append(content_of_text(mention.text))
        if (
            mention.concept is not None
            and content_of_text(mention.concept) not in draft.keys
            and content_of_text(mention.concept)
        ):
            draft.keys.append(content_of_text(mention.concept))
        return draft
    return None


def _given_to_role(view: View, taken: set[str]) -> Mention | None:
    """The first treatment that "the intervention group received" and no group in ``taken``; None where none is told."""
    named = [m for m in view.reading.mentions if m.label in ("drug", "procedure", "behaviour")]
    for _, regex in cue_set("arm_cues.jsonl", "role_given").possible(view.plain):
        for match in regex.finditer(view.plain):
            start, end = match.span("name")
            inside = (m for m in named if start <= m.start and m.end <= end and not content_of_text(m.text) <= taken)
            if (found := next(inside, None)) is not None:
                return found
    return None


def _alone(view: View, chooser: Chooser, arm: Draft) -> Draft | None:
    """Return the arm that gets nothing but a part of what ``arm`` gets: "A alone" beside "A plus B"."""
    draft = Draft(50)
    draft.control = True
    for naming in chooser.namings:
        key = chooser.key.get(id(naming))
        last = naming.core[1]
        told = view.lows[last - 1] in _ALONE or view.lows[last : last + 1] in ([w] for w in _ALONE)
        if told and key and any(key < own for own in arm.keys) and naming.frame in _STATED:
            draft.namings.append(naming)
            if key not in draft.keys:
                draft.keys.append(key)
    if not draft.namings:
        return None
    arm.namings = [n for n in arm.namings if n not in draft.namings] or arm.namings
    arm.keys = [key for key in arm.keys if key not in draft.keys] or arm.keys
    return draft


def _placebo(view: View) -> Draft | None:
    """Return the placebo arm where the text speaks of placebo beyond "placebo-controlled"."""
    lows = view.lows
    places = [
        i for i, low in enumerate(lows)
        if low in _PLACEBO and lows[i + 1 : i + 2] != ["controlled"] and lows[i + 1 : i + 3] != ["-", "controlled"]
    ]  # fmt: skip
    if not places:
        return None
    draft = Draft(50)
    draft.control = True
    draft.keys.append(frozenset({lows[places[0]]}))
    for i in places:
        stop = (
            i + 2
            if i + 1 < len(lows) and view.bits[i + 1] & roles().arm_group and not lows[i + 1].endswith("s")
            else i + 1
        )
        draft.namings.append(Naming(i, stop, (i, i + 1), "placebo"))
    return draft
