"""The outcomes that a table's labels name: existing ones where the names agree, else new ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from extractor.linking.outcomes import OutcomeReading
from extractor.linking.table_hints import hint
from extractor.linking.table_layout import said
from extractor.naming import fold_name
from extractor.reading.markup import without_script_marks
from extractor.reading.tables import Cell
from extractor.records import Mention, Outcome, OutcomeRole, Span

__all__ = ["OutcomeIndex", "caption_cell", "label_unit", "outcome_span"]

_LEADING = re.compile(
    r"^(?:(?:any|at least (?:one|1)|one or more|≥ ?1) (?=[\w-]+ [a-z]|(?-i:[A-Z]{2}))|(?:the )?(?:numbers?|n|no\.?)(?: ?(?:\(%\)|\(percentages?\)|and (?:percent(?:age)?s?|proportions?|%)|, ?%|/ ?%))? of (?:all )?(?:patients|participants|individuals|subjects|people|women|men|children|eyes) (?:with|who had|having|on|in whom|reporting|for which) (?:an? |the )?|(?:adjusted |ls |least squares )?(?:means?|medians?)\b(?: ?(?:±|\+/-) ?(?:sd|se|sem)| ?\((?:sd|se|iqr|range|± ?sd)\))?|(?:no\.?|numbers?|n|percentage|proportion|rate)\b(?: ?\(%\))?(?: of| with)?|%)[ ,:]*(?:of |with |in )?(?:patients with |the )?",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"[ ,;:]*(?:[(\[]? ?(?:\bn\b|\bno\b\.?|number|(?<!\d)%|percent|means?|medians?|±|\+/-|\bsd\b|\bse\b|\bsem\b|\biqr\b|interquartile|score range|range|yes)[^()\[\]]{0,30}(?:\([^()]*\))?[^()\[\]]*[)\]]?)$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?:, | ?[(\[])(?P<unit>%|mm ?hg|m?mol/l|mg/d?l|[kmµμ]?g/[a-zµμ^0-9~]{1,6}|kg|cm|mm|min(?:utes)?|hours?|hrs?|h|days?|weeks?|months?|years?|s|ms|ml|l|bpm|[µμ]mol/l|n?g/ml|iu/l|kcal(?:/day)?|points?|m/s)[)\]]?$",
    re.IGNORECASE,
)
_SINGULAR = {"minutes": "minute", "min": "minute", "hours": "hour", "hrs": "hour", "hr": "hour", "h": "hour", "days": "day", "weeks": "week", "months": "month", "years": "year", "points": "point"}  # fmt: skip
_CAPTION_LEAD = re.compile(
    r"(?:the |(?:comparisons?|summary|results?|overview|analys[ei]s|distribution|description|statistics|values?|means?|medians?|averages?|proportions?|percentages?|rates?|numbers?|frequenc(?:y|ies)|prevalence|scores?) (?:\([^()]{1,30}\) )?(?:and \w+ )?(?:of|for|in|with)\b ?|(?:differences?|changes?) (?:in|of|between)\b ?|effects? of [^.,()]{3,80}? on\b ?|(?:mean|median|average|adjusted|unadjusted)s? |(?:patients|participants|subjects|individuals|people|women|children) (?:with|who had|reporting|on|using|taking|receiving) )",
    re.IGNORECASE,
)
_CAPTION_TAIL = re.compile(
    r"\s(?:in|among|between|by|for|at|during|according|across|from|after|before|following|on|over|throughout|within|per|versus|vs|as)\b|[(\[,.;:]", re.IGNORECASE
)
_LETTERS = re.compile(r"(?!(?:and|or|the|of|with|total)\b)[^\W\d_]{2}|\d[a-z]|[A-Z]\b", re.IGNORECASE)
_SUBSCRIPT = re.compile(r"\w~[^~\s]{1,8}~")
_SHORT = re.compile(r"(?<![\w-])[A-Z][A-Za-z0-9]{1,8}(?![\w-])")
_PRIMARY = re.compile(r"\bprimary\b")
_SECONDARY = re.compile(r"\bsecondary\b")


def outcome_span(cell: Cell) -> tuple[int, int]:
    """Return [first, stop] in the cell's text of the outcome's name, without "n (%)", "mean ± SD" and the unit."""
    first, stop = 0, len(cell.text)
    leading = _LEADING.match(cell.text)
    if leading is not None and stop - leading.end() >= 2:
        first = leading.end()
    for pattern in (_TRAILING, _UNIT, _TRAILING):
        trailing = pattern.search(cell.text, first, stop)
        if trailing is not None and _LETTERS.search(cell.text, first, trailing.start()):
            stop = trailing.start()
    return first, len(cell.text[:stop].rstrip(" ,;:(["))


def caption_cell(cell: Cell) -> Cell:
    """Return the part of a caption that names what was measured: "Change in grip strength by group" gives "grip strength";
    the whole caption where that leaves nothing."""
    first = 0
    while (lead := _CAPTION_LEAD.match(cell.text, first)) is not None and lead.end() > first:
        first = lead.end()
    tail = _CAPTION_TAIL.search(cell.text, first + 3)
    stop = tail.start() if tail is not None else len(cell.text)
    if not _LETTERS.search(cell.text, first, stop):
        return cell
    start, end = cell.place(first, stop)
    return Cell(text=cell.text[first : first + end - start], parts=((start, end),)) if end > start else cell


def label_unit(cell: Cell) -> str | None:
    """Return the unit that a label states after a comma or in brackets ("Weight, kg"), singular; None without one."""
    text = _TRAILING.sub("", cell.text) or cell.text
    match = _UNIT.search(text) or _UNIT.search(cell.text)
    if match is None:
        return None
    unit = match["unit"]
    return _SINGULAR.get(unit.lower(), unit)


class OutcomeIndex:
    """The outcomes of a document by their folded names; those that only tables name are added as they are met."""

    def __init__(
        self, text: str, outcomes: OutcomeReading, mentions: Sequence[Mention], short_forms: Mapping[str, str]
    ) -> None:
        self.text = text
        self._short = dict(short_forms)
        self.outcomes: list[Outcome] = list(outcomes.outcomes)
        self._terms = sorted((m for m in mentions if m.label == "outcome"), key=lambda m: m.start)
        self._by_name: dict[str, str] = {}
        for outcome in self.outcomes:
            bare = _LEADING.sub("", outcome.name.text)
            for name in (outcome.name.text, outcome.concept, bare):
                if name:
                    self._by_name.setdefault(fold_name(name), outcome.id)

    def add_short_forms(self, forms: Mapping[str, str]) -> None:
        """Let the notes of a table explain its short forms."""
        self._short.update({k: v for k, v in forms.items() if k not in self._short})

    def _written_out(self, name: str) -> str:
        """The name with its short forms written out."""
        return _SHORT.sub(lambda m: self._short.get(m.group(), m.group()), name)

    def find(self, topic: Cell, over: Sequence[Cell], safety: bool, role_words: str) -> str:
        """Return the id of the outcome that ``topic`` names.

        Args:
            topic: the label nearest to the figures. over: labels that it stands under (group rows, header labels).
            safety: whether the table is on safety. role_words: heading above it, which may say "primary".
        """
        first, stop = outcome_span(topic)
        name = topic.text[first:stop]
        said_over = [cell.text[slice(*outcome_span(cell))] for cell in over]
        concept = ", ".join([*said_over, name]) if said_over else None
        for known in (concept, name) if concept is None or len(name) > 40 else (concept,):
            if known and fold_name(known) in self._by_name:
                return self._by_name[fold_name(known)]
        stated = concept or name
        start, end = topic.place(first, stop)
        if self.text[end : end + 1] in ("~", "^") and self.text[end] in self.text[start:end]:
            end += 1  # the sign that closes a subscript at the end of the cell
        if over and hint("generic_label", fold_name(name)):
            start, end = over[-1].place(*outcome_span(over[-1]))
        if concept is None:
            term = next((m for m in self._terms if topic.start <= m.start and start < m.end <= end), None)
            if term is not None and term.end - term.start >= 0.8 * (end - start):
                concept = term.concept
            elif self.text[start:end] != name:
                concept = without_script_marks(self.text[start:end]) if _SUBSCRIPT.search(self.text[start:end]) else name
        long = self._written_out(concept or name)
        if long != (concept or name):
            concept = long
        numbers = [int(o.id[1:]) for o in self.outcomes if o.id[1:].isdigit()]
        made = Outcome(
            id=f"o{max(numbers, default=0) + 1}",
            name=Span(text=self.text[start:end], start=start, end=end),
            concept=concept,
            role=_role(role_words, safety),
            rule="table.label",
        )
        self.outcomes.append(made)
        for known in (concept, stated):
            if known is not None:
                self._by_name.setdefault(fold_name(known), made.id)
        return made.id


def _role(words: str, safety: bool) -> OutcomeRole:
    if safety:
        return "safety"
    if _PRIMARY.search(words) and not _SECONDARY.search(words):
        return "primary"
    return "secondary" if _SECONDARY.search(words) and not _PRIMARY.search(words) else "other"


def is_heading(cell: Cell) -> bool:
    """Return whether a label heads other rows without naming an outcome ("Secondary outcomes")."""
    return hint("heading", said(cell))
