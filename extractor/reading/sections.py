"""Labelled sections of a text: those that the article brings, or those that its printed labels announce."""

from __future__ import annotations

import re

from extractor.records import Article, Section

__all__ = ["SECTION_LABELS", "find_sections"]

SECTION_LABELS: dict[str, str] = {
    "title": "title",
    "abstract": "other", "background": "background", "introduction": "background", "context": "background",
    "rationale": "background", "importance": "background", "what is known": "background",
    "objective": "objective", "objectives": "objective", "aim": "objective", "aims": "objective", "purpose": "objective",
    "goal": "objective", "hypothesis": "objective", "question": "objective", "study objective": "objective",
    "aims and objectives": "objective", "background and aims": "background", "background and purpose": "background",
    "background and objectives": "background", "background/objectives": "background", "background/aims": "background",
    "methods": "methods", "method": "methods", "design": "methods", "study design": "methods", "setting": "methods",
    "patients": "methods", "participants": "methods", "subjects": "methods", "interventions": "methods",
    "intervention": "methods", "materials and methods": "methods", "material and methods": "methods",
    "patients and methods": "methods", "subjects and methods": "methods", "methods and materials": "methods",
    "design and methods": "methods", "methods and results": "results", "experimental design": "methods",
    "main outcome measures": "methods", "main outcome measure": "methods", "main outcomes and measures": "methods",
    "measurements": "methods", "design, setting, and participants": "methods", "outcome measures": "methods",
    "statistical analysis": "methods", "trial design": "methods", "trial registration": "registration",
    "clinical trial registration": "registration", "registration": "registration",
    "results": "results", "result": "results", "findings": "results", "main results": "results",
    "measurements and main results": "results", "outcomes": "results", "outcome": "results", "safety": "results",
    "efficacy": "results", "results and discussion": "results", "key results": "results", "main findings": "results",
    "major results": "results", "results and limitations": "results", "principal results": "results",
    "main results and the role of chance": "results", "main outcomes and results": "results",
    "primary outcome": "methods", "primary and secondary outcome measures": "methods", "major outcome measures": "methods",
    "primary outcome measures": "methods", "primary outcome measure": "methods", "main measures": "methods",
    "main outcome": "methods", "main outcomes": "methods", "outcomes and measures": "methods", "animals": "methods",
    "measures": "methods", "procedure": "methods", "procedures": "methods", "sample": "methods", "patient": "methods",
    "population": "methods", "study population": "methods", "population and methods": "methods", "methodology": "methods",
    "methods and design": "methods", "methods and analysis": "methods", "methods and findings": "results",
    "methods and materials and results": "results", "study design and methods": "methods", "exposures": "methods",
    "study design, size, duration": "methods", "participants/materials, setting, methods": "methods",
    "design, setting, participants": "methods", "data sources": "methods", "study selection": "methods",
    "study question": "objective", "summary answer": "conclusions", "what is known already": "background",
    "wider implications of the findings": "conclusions", "limitations, reasons for caution": "conclusions",
    "limitations": "conclusions", "clinical relevance": "conclusions", "clinical implications": "conclusions",
    "practice implications": "conclusions", "research design and methods": "methods", "aims of the study": "objective",
    "aim of the study": "objective", "aim and objectives": "objective", "purpose of review": "objective",
    "objectives and aims": "objective", "study objectives": "objective", "primary objective": "objective",
    "trial registration number": "registration", "study funding/competing interests": "funding",
    "funding source": "funding", "funding sources": "funding",
    "conclusion": "conclusions", "conclusions": "conclusions", "discussion": "conclusions",
    "interpretation": "conclusions", "conclusions and relevance": "conclusions", "significance": "conclusions",
    "implications": "conclusions", "comment": "conclusions", "meaning": "conclusions", "summary": "conclusions",
    "funding": "funding", "acknowledgements": "funding", "disclosures": "funding", "conflict of interest": "funding",
}  # fmt: skip

_HEADING = re.compile(
    r"(?:^|\n|(?<=[.!?)] ))[ \t#*_]*(?:\d{1,2}\.[ \t])?(?:ABSTRACT\.)?(?P<label>[A-Z][A-Za-z,&/ ]{2,58}?(?:\([sS]\))?)[ \t*_]*(?P<mark>:|\n|\.(?=\s[A-Z])|(?<=[A-Z)]) (?=[A-Z0-9][a-z0-9 ]))"
)


_MARKED = re.compile(r"(?:(?<=\s)|^)(?P<level>#{1,6}) +(?P<words>[A-Za-z][A-Za-z,&/]*(?: [A-Za-z,&/]+){0,5})")
_MOST_WORDS = 6


def _marked(text: str, start: int) -> list[tuple[int, int, str]]:
    """Return (start, end, label) of the headings that Markdown marks, even within a line ("# Results ## Patients We ...").

    A heading under "Results" belongs to the results, whatever it says ("## Patients").
    """
    if "# " not in text:
        return []
    found: list[tuple[int, int, str]] = []
    parent: tuple[int, str] | None = None
    for m in _MARKED.finditer(text, start):
        level = len(m["level"])
        if parent is not None and level > parent[0]:
            continue
        words = m["words"].split(" ")
        for count in range(min(len(words), _MOST_WORDS), 0, -1):
            name = " ".join(words[:count]).lower().replace("&", "and")
            label = SECTION_LABELS.get(name.rstrip(","))
            if label is not None:
                found.append((m.start("level"), m.start("words") + len(" ".join(words[:count])), label))
                parent = (level, label) if label in ("results", "methods", "conclusions") else None
                break
    return found


def find_sections(article: Article) -> tuple[Section, ...]:
    """Return the sections of ``article``, in order, covering disjoint stretches of its text.

    Sections that the article brings are kept, except that a "body" is searched for printed labels ("RESULTS:",
    "Methods" on a line of its own). Text before the first label is "body".
    """
    text = article.text
    brought = [s for s in article.sections if s.label != "body"]
    if len(brought) > 1:
        return article.sections
    start = max((s.end for s in brought), default=0)
    found: list[tuple[int, int, str]] = _marked(text, start)
    for m in _HEADING.finditer(text, start):
        raw = m.group("label").strip()
        label = SECTION_LABELS.get(raw.lower().replace("&", "and").replace("(s)", "s"))
        if label is None or (m.group("mark") in (" ", "") and not raw.isupper()):
            continue
        if m.group("mark") == "." and not raw.isupper():
            continue
        if not any(begin <= m.start("label") < stop for begin, stop, _ in found):
            found.append((m.start("label"), m.end(), label))
    found.sort()
    sections = list(brought)
    if not found:
        sections.append(Section(label="body", start=start, end=len(text)))
        return tuple(sections)
    if found[0][0] > start:
        sections.append(Section(label="body", start=start, end=found[0][0]))
    for i, (begin, after, label) in enumerate(found):
        end = found[i + 1][0] if i + 1 < len(found) else len(text)
        paragraph = _end_of_title(text, after, end) if label == "title" else end
        sections.append(Section(label=label, start=begin, end=paragraph))
        if paragraph < end:
            sections.append(Section(label="body", start=paragraph, end=end))
    return tuple(sections)


def _end_of_title(text: str, start: int, end: int) -> int:
    """Return where the title that begins at ``start`` ends: it is one paragraph."""
    while start < end and text[start].isspace():
        start += 1
    line = text.find("\n", start, end)
    return end if line < 0 or not text[line:end].strip() else line + 1
