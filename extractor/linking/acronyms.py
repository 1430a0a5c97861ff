"""Acronyms and names of trials, wherever the text prints them.

A name counts where its form tells it (KEYNOTE-189, DESTINY-Breast03), where it is known, or where a cue stands beside it
("the LEADER trial", "REWIND (NCT...)"); ordinary words count with a cue only. ``data/acronyms.jsonl`` holds the forms and
cues, ``data/trial_names.tsv`` the known names, ``data/acronym_stop.tsv`` what looks like a name and is none.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from extractor.linking.patterns import load_column, pattern_set, read_table
from extractor.literals import any_of
from extractor.records import Span

__all__ = ["TrialName", "find_trial_names", "name_key"]

_MOST_TRIALS = 60
"""More trials than this are named by no article; a list of names is none."""
_NAME_COLUMNS = ("name", "kind", "source")
_STUDY = re.compile(
    r"\b(?:trial|study|studies|evaluation|investigation|program|programme|project|initiative|experience|cohort|research)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[\s\-\u2010-\u2015*.]+")


class TrialName(msgspec.Struct, frozen=True, kw_only=True):
    """One naming of a trial: its place, its ``key`` (same for all spellings), and the rule that found it."""

    span: Span
    key: str
    rule: str


def name_key(name: str) -> str:
    """Return what all spellings of a trial's name share ("KEYNOTE 189", "Keynote-189" and "KEYNOTE-189" are one)."""
    return _MARKS.sub("", name).casefold()


@cache
def _known() -> re.Pattern[str]:
    rows = read_table("trial_names.tsv", _NAME_COLUMNS)
    number = r"[ \-\u2010-\u2013]?(?:[A-Z]?\d{1,4}[A-Z]?|[A-Z][a-z]+\d{1,3})"
    alone = r"(?<![\w-].)"
    names = any_of((r["name"] for r in rows if r["kind"] == "name"), before=alone)
    families = any_of((r["name"] for r in rows if r["kind"] == "family"), before=alone, after=number)
    return re.compile(rf"(?:{names}|{families})(?![\w])")


@cache
def _stop() -> frozenset[str]:
    return frozenset(name_key(w) for w in load_column("acronym_stop.tsv", ("word", "source"), "word"))


def find_trial_names(text: str, abbreviations: dict[str, str]) -> tuple[TrialName, ...]:
    """Return every naming of a trial in ``text``, in order.

    Args:
        text: the text as stored.
        abbreviations: short form to long form, as the document defines them; where the long form is no study, the
            short form is no trial.
    """
    found: dict[int, tuple[int, str]] = {}
    for match in _known().finditer(text):
        found[match.start()] = (match.end(), "known-name")
    for rule, regex in pattern_set("acronyms.jsonl").possible(text):
        for match in regex.finditer(text):
            start, end = match.span("a")
            if _possible(text[start:end], abbreviations) and start not in found:
                found[start] = (end, rule.id)
    names: dict[str, tuple[int, int, str]] = {}
    for s, (e, rule_id) in sorted(found.items()):
        if len(names) < _MOST_TRIALS:
            names.setdefault(name_key(text[s:e]), (s, e, rule_id))
    spans = [(s, e, rule_id) for s, (e, rule_id) in found.items() if name_key(text[s:e]) in names]
    spans += _again(text, names, abbreviations)
    return _merged(_without_overlaps(text, spans))


def _merged(names: tuple[TrialName, ...]) -> tuple[TrialName, ...]:
    """Give a short form the key of the one longer name that holds it ("MA.17" in "NCIC CTG MA.17")."""
    keys = {name.key for name in names}
    merged: dict[str, str] = {}
    for key in keys:
        longer = [k for k in keys if k != key and (k.endswith(key) or k.startswith(key)) and len(key) >= 4]
        if len(longer) == 1:
            merged[key] = longer[0]
    return tuple(msgspec.structs.replace(name, key=merged.get(name.key, name.key)) for name in names)


def _again(
    text: str, names: dict[str, tuple[int, int, str]], abbreviations: dict[str, str]
) -> list[tuple[int, int, str]]:
    """Find the later mentions, without any cue, of what a cue has told to be a trial."""
    spans: list[tuple[int, int, str]] = []
    for s, e, _rule in names.values():
        printed = text[s:e]
        if printed.isalpha() and printed.istitle():
            continue
        for match in re.finditer(rf"(?<![\w-]){re.escape(printed)}(?![\w]|-[A-Za-z])", text):
            if _possible(printed, abbreviations):
                spans.append((match.start(), match.end(), "named-before"))
    return spans


def _without_overlaps(text: str, spans: list[tuple[int, int, str]]) -> tuple[TrialName, ...]:
    names: list[TrialName] = []
    covered = -1
    for start, end, rule in sorted(spans, key=lambda x: (x[0], -x[1], x[2] == "named-before")):
        if start < covered:
            continue
        covered = end
        printed = text[start:end]
        names.append(TrialName(span=Span(text=printed, start=start, end=end), key=name_key(printed), rule=rule))
    return tuple(names)


_CODE = re.compile(
    r"^[A-Z]{1,4}[\-\u2010-\u2013]?\d{3,}[A-Za-z]?\d*$|^(?:NCT|ISRCTN|UMIN|ACTRN|DRKS|NTR|CTRI)|^[A-Z]\d|^(?:IL|CD|HLA|BRCA|HER|ER|PR|VEGF|FGF|IGF|TNF|IFN|CYP|SNP|T|N|G|AD|SF|EQ|FACT|QLQ|PHQ|GAD|BDI|WHO|CA|KI|TP|PIK|KMT|BNT|MK|ABT|AMG|LY|GSK|BAY|RO|PF|AZD|MEDI|REGN|SAR)[\-\u2010-\u2013]?[A-Z]?\d"
)


def _possible(printed: str, abbreviations: dict[str, str]) -> bool:
    """Tell whether ``printed`` may name a trial, as far as its form goes."""
    if name_key(printed) in _stop() or _CODE.match(printed) or sum(c.isalpha() for c in printed) < 3:
        return False
    first = re.split(r"[ ]", printed)[0]
    if name_key(first) in _stop() and not re.search(r"[\-\u2010-\u2013. ]\w*\d", printed):
        return False
    long = abbreviations.get(printed)
    return long is None or bool(_STUDY.search(long))
