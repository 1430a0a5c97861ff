"""Labels of structured abstracts ("METHODS:", "Conclusions:") and the sections they open."""

from __future__ import annotations

import re
from functools import cache

from extractor.records import Section
from extractor.sources.tables import load_table

__all__ = ["find_sections", "has_labels", "normal_label", "title_line"]

_LINE_LABEL = re.compile(r"^([A-Za-z][A-Za-z &/,()'\-]{1,60}?)[ \t]?:(?=\s|$)", re.MULTILINE)
_LONGEST_TITLE = 300
_MOST_LABELS = 40


@cache
def _labels() -> dict[str, str]:
    return {row["label"]: row["section"] for row in load_table("section_labels.tsv", ("label", "section", "source"))}


def normal_label(label: str | None, category: str | None = None) -> str:
    """Return the section that a label stands for: background, objective, methods, results, conclusions or other.

    Args:
        label: as printed. category: NLM's category of it, which goes before unless it is UNASSIGNED.
    """
    for candidate in (category, label):
        name = " ".join((candidate or "").upper().split()).rstrip(":.")
        if name and name != "UNASSIGNED" and name in _labels():
            return _labels()[name]
    return "other"


def _line_labels(text: str) -> list[tuple[int, str]]:
    """Return (offset, section) of each known label at the start of a line."""
    found: list[tuple[int, str]] = []
    for match in _LINE_LABEL.finditer(text):
        name = " ".join(match[1].upper().split())
        if name in _labels():
            found.append((match.start(), _labels()[name]))
            if len(found) >= _MOST_LABELS:
                break
    return found


def has_labels(text: str) -> bool:
    """Return True when at least two lines open with labels of different sections of a structured abstract."""
    return len({section for _, section in _line_labels(text)}) >= 2


def title_line(text: str) -> str | None:
    """Return the first line that is not blank, as it stands, if it is short enough to be a title; else None."""
    for line in text.splitlines():
        if line.strip():
            return line.strip() if len(line.strip()) < _LONGEST_TITLE else None
    return None


def _title_section(text: str, title: str | None) -> Section | None:
    """Return the place of the title where it is the first line and an empty line (or the end) follows."""
    if not title:
        return None
    start = len(text) - len(text.lstrip())
    if not text.startswith(title, start):
        return None
    end = start + len(title)
    rest = text[end:].lstrip(" \t").replace("\r\n", "\n")
    return Section(label="title", start=start, end=end) if not rest or rest.startswith("\n\n") else None


def find_sections(text: str, title: str | None) -> tuple[Section, ...]:
    """Return the sections of a plain text: the title where an empty line sets it off, labelled parts, or the body.

    Args:
        text: the text, offsets into which are returned. title: its title as it stands in the text, if known.
    """
    found: list[Section] = []
    head = _title_section(text, title)
    start = 0
    if head is not None:
        found.append(head)
        start = head.end
    start += len(text[start:]) - len(text[start:].lstrip())
    end = len(text.rstrip())
    labels = [(at, section) for at, section in _line_labels(text) if at >= start]
    if len({section for _, section in labels}) < 2:
        labels = []
    if not labels or labels[0][0] > start:
        first = labels[0][0] if labels else end
        stop = len(text[:first].rstrip())
        if stop > start:
            found.append(Section(label="body" if not labels else "other", start=start, end=stop))
    ends = [*(at for at, _ in labels[1:]), end][: len(labels)]
    for (at, section), following in zip(labels, ends, strict=True):
        found.append(Section(label=section, start=at, end=len(text[:following].rstrip())))
    return tuple(found)
