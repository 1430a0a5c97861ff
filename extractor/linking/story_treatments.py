"""Treatments that no vocabulary knows, named as stories name them: "10 mg of zelotinib", "the device, called the Zephyrion".

A story on a new drug or device introduces it: by a dose, by saying what it is, or by its kind alone ("the implant").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.linking.rules import cue_words
from extractor.reading.types import Reading
from extractor.records import Mention, Span

__all__ = ["find_kind", "find_unknown"]

_KINDS = (
    r"(?:drug|tablet|pill|antibody|inhibitor|agonist|antagonist|blocker|activator|vaccine|jab|medicine|medication|agent|compound|molecule|"
    r"peptide|injection|therapy|treatment|device|implant|stimulator|spray|modulator|degrader|enzyme|app|capsule|gel|cream|patch|"
    r"programme|program|psychedelic|antisense)"
)
_NAME = r"(?P<name>[A-Za-z][\w-]{4,}|[A-Z]{2,5}-?\d{2,6})"
_INTRODUCED = (
    re.compile(rf"\d ?(?:mg|mcg|µg|μg|g|IU|units|mL|ml)(?: doses?)? of (?:the )?{_NAME}"),
    re.compile(rf"(?<![\w-]){_NAME}(?: \([^()]{{2,30}}\))?, (?:an?|its|the|their) (?:[\w-]+ ){{0,7}}{_KINDS}\b"),
    re.compile(rf"\b{_KINDS},? (?:is |was )?(?:called|named|known as|branded|dubbed) (?:the )?{_NAME}"),
)
_TWICE = 2
_NO_NAME = cue_words("story_no_name")
_KIND = re.compile(
    r"\b(?:(?:an?|the|this|one|new) )?(?P<name>(?:[A-Za-z][\w-]+ ){0,3}(?:devices?|implants?|stimulators?|pacemakers?|apps?|programmes?|programs?|diets?|"
    r"vaccines?|pills?|tablets?|shots?|jabs?|injections?|drugs?|gene therapy|infusions?|therapy|operations?|surgery|procedures?|classes|"
    r"courses?|training|exercises?|supplements?|screening|coaching|counselling|counseling|spray|cream|gel|patch(?:es)?|scheme|transplants?))\b",
    re.IGNORECASE,
)
_BREAK = cue_words("story_kind_breaks")


def find_unknown(reading: Reading) -> list[Mention]:
    """Return the places that name a treatment which a story introduces and no vocabulary knows.

    Args:
        reading: the text read.
    """
    if reading.kind not in ("news", "press_release"):
        return []
    text = reading.text
    known = [(m.start, m.end) for m in reading.mentions if m.label in ("drug", "procedure", "behaviour", "condition", "location", "organisation")]
    names: dict[str, str] = {}
    for pattern in _INTRODUCED:
        for match in pattern.finditer(text):
            name, place = match["name"], match.span("name")
            if name.lower() in _NO_NAME or any(s < place[1] and place[0] < e for s, e in known):
                continue
            names.setdefault(name.lower(), name)
    found: list[Mention] = []
    for low, name in names.items():
        places = [m.span() for m in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w])(?!-like)", text, re.IGNORECASE)]
        if len(places) >= _TWICE:
            found += [Mention(label="drug", text=text[s:e], start=s, end=e, concept=low, id=None) for s, e in places]
    return sorted(found, key=lambda m: m.start)


def find_kind(reading: Reading, taken: Sequence[tuple[int, int]]) -> Span | None:
    """Return the first place at the top of a story that says what kind of treatment it is about: "implanted nerve stimulator".

    Args:
        reading: the text read. taken: the places that name something else.
    """
    top = reading.sentences[:3]
    for start, end in top:
        for match in _KIND.finditer(reading.text, start, end):
            first, last = match.span("name")
            words = reading.text[first:last].split(" ")
            while len(words) > 1 and (words[0].lower() in _BREAK or any(w.lower() in _BREAK for w in words[1:-1])):
                first += len(words[0]) + 1
                words = words[1:]
            if not any(s < last and first < e for s, e in taken):
                return Span(text=reading.text[first:last], start=first, end=last)
    return None
