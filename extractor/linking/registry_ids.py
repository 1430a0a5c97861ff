"""Registry ids of clinical trials: every form in which they are printed, one canonical form out.

The forms are those of the primary registries of the WHO network
(https://www.who.int/tools/clinical-trials-registry-platform), of ClinicalTrials.gov, EudraCT and the EU Clinical Trials
Information System; ``data/registries.jsonl`` holds a pattern and test cases for each.
"""

from __future__ import annotations

import re

from extractor.linking.patterns import Rule, load_rules, pattern_set
from extractor.reading.scan import plain_text
from extractor.records import Coded

__all__ = ["find_registry_ids", "registry_of"]

_FILE = "registries.jsonl"
_FIRST_YEAR = {"eudract": 2004, "eudract-cue": 2004, "ctri": 2007, "slctr": 2006, "pactr": 2008, "tctr": 2008,
               "lbctr": 2017, "itmctr": 2019, "ctis": 2021, "ctis-short": 2021}  # fmt: skip
_LAST_YEAR = 2045
# the most frequent first letters of a registry's ids: a text without any of them needs no scan
_TRIGGERS = (
    "nct",
    "rctn",
    "ctr",
    "ctri",
    "actrn",
    "eu",
    "umin",
    "jrct",
    "japic",
    "ntr",
    "drks",
    "nl",
    "irct",
    "kct",
    "rbr",
    "rpcec",
    "per",
    "1111",
    "jma",
    "20",
    "19",
)
_DIGITS = re.compile(r"\{d(\d+)(?:-(\d+))?\}")
_MARKS = str.maketrans("", "", " -")


def find_registry_ids(text: str, plain: str | None = None) -> tuple[Coded, ...]:
    """Return the registry ids that ``text`` prints, in order, each with its canonical form as ``value``.

    Blanks, hyphens and letter case may vary ("NCT 0397 8585"); the canonical form has none ("NCT03978585"). An id whose
    form is not possible (wrong number of digits, a month 13, a year before the registry existed) is left out. The span
    is the id with its prefix, without the words around it.

    Args:
        text: the text as stored. plain: ``plain_text(text)`` where the caller has it already.
    """
    plain = plain_text(text) if plain is None else plain
    if not any(trigger in plain for trigger in _TRIGGERS):
        return ()
    found: list[tuple[int, int, str]] = []
    for rule, regex in pattern_set(_FILE).possible(plain):
        for match in regex.finditer(plain):
            printed = _canonical(rule, match)
            if printed is None:
                continue
            value, end = printed
            found.append((_id_start(rule, match), end, value))
    ids: list[Coded] = []
    # rules stand in order of trust: the sort is stable, so the first of two at one place comes first
    for start, end, value in sorted(found, key=lambda item: item[0]):
        if not ids or start >= ids[-1].end:
            ids.append(Coded(text=text[start:end], start=start, end=end, value=value))
    return tuple(ids)


def registry_of(value: str) -> str | None:
    """Return the name of the registry whose canonical id ``value`` is, None where it is of no known form."""
    for rule in load_rules(_FILE):
        match = rule.regex.search(plain_text(value)) or rule.regex.search(f"registry {plain_text(value)}")
        if match is not None and (printed := _canonical(rule, match)) is not None and printed[0] == value:
            return rule.field
    return None


def _id_start(rule: Rule, match: re.Match[str]) -> int:
    # ids that are told by a cue word before them begin with their first group, or with the letters right before it
    if rule.id in ("ctis", "ctis-short", "eudract", "eudract-cue"):
        return match.start(1)
    if rule.id == "nl":
        return match.string.rindex("nl", match.start(), match.start(1))
    return match.start()


def _canonical(rule: Rule, match: re.Match[str]) -> tuple[str, int] | None:
    """Return the canonical id and the offset where its print ends, None where its form is impossible."""
    assert rule.value is not None
    groups = [g or "" for g in match.groups()]
    end = match.end(len(groups))
    value = rule.value
    digits = _DIGITS.search(value)
    if digits is not None:
        low, high = int(digits.group(1)), int(digits.group(2) or digits.group(1))
        cut = _cut_digits(groups[-1], low, high)
        if cut is None:
            return None
        kept, length = cut
        end = match.start(len(groups)) + length
        value = _DIGITS.sub(kept, value)
    if "{-1}" in value:
        value = value.replace("{-1}", f"-{groups[0].upper()}" if groups[0] else "").replace(
            "{-}", "-" if groups[0] else ""
        )
    for i, group in enumerate(groups, 1):
        value = value.replace(f"{{{i}}}", group if rule.id == "jrct" else group.upper())
    return (value, end) if _possible(rule, value, groups) else None


def _cut_digits(printed: str, low: int, high: int) -> tuple[str, int] | None:
    """Return the digits of ``printed`` without marks and the length of their print, where their number is right."""
    printed = printed.rstrip(" -")
    digits = printed.translate(_MARKS)
    if low <= len(digits) <= high:
        return digits, len(printed)
    # "NCT03978585 2019": the first unbroken run is the id, what follows is another number
    head = re.split(r"[ -]", printed, maxsplit=1)[0]
    if low <= len(head) <= high:
        return head, len(head)
    return None


def _possible(rule: Rule, value: str, groups: list[str]) -> bool:
    numbers = re.sub(r"\D", "", value)
    if not numbers.strip("0") and rule.id != "rbr":
        return False
    if rule.id == "rbr":
        return any(c.isdigit() for c in groups[0])
    if rule.id == "ctri":
        month = int(groups[1])
        if len(groups[1]) == 2 and not 1 <= month <= 12:
            return False
    if rule.id == "chictr" and len(numbers) != (8 if groups[0] else 10):
        return False
    if rule.id == "actrn" and numbers[:3] != "126" and numbers[:3] != "123":
        return False
    first = _FIRST_YEAR.get(rule.id)
    if first is not None:
        year = int(groups[0][:4])
        return first <= year <= _LAST_YEAR
    return True
