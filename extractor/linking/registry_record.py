"""From the rendering of a study record (``sources.registry``) to its trial: one fact a line, so nothing is guessed.

Every line is "Label: value"; what a line belongs to is told by the lines before it. Values keep their spans in the text.
Labels and codes of the registry are told by ``vocabulary/registry_terms.tsv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import cast

from extractor.errors import LexiconError
from extractor.lexicon import Lexicon
from extractor.linking.registry_results import Line, ResultReader
from extractor.linking.rules import vocabulary_lines
from extractor.records import (
    Arm,
    ArmRole,
    Article,
    Coded,
    Design,
    Intervention,
    Mention,
    MentionLabel,
    Number,
    Outcome,
    OutcomeRole,
    Period,
    Population,
    Span,
    Trial,
)

__all__ = ["is_registry_record", "read_registry_record", "registry_terms"]

_FILE = "registry_terms.tsv"
_FIRST = "\n\nRegistry: ClinicalTrials.gov\nNumber: "
_ALL = frozenset(("all", "both"))
_NUMBER = re.compile(r"\d[\d,]*")
_WHOLE = re.compile(r"\b(?:total|overall|all participants|all patients)\b", re.IGNORECASE)
_CONTROL = re.compile(r"\b(?:placebo|sham|control|standard of care|usual care|no treatment)\b", re.IGNORECASE)


@cache
def registry_terms() -> Mapping[str, Mapping[str, str]]:
    """Return what printed terms mean, by list.

    Raises:
        LexiconError: the file is malformed or a term stands twice in a list.
    """
    lines = vocabulary_lines(_FILE)
    if not lines or lines[0] != "list\tprinted\tvalue":
        raise LexiconError("the header must be list, printed, value", f"{_FILE}:1")
    terms: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != 3 or not all(cells):
            raise LexiconError("expected 3 columns", f"{_FILE}:{number}")
        if cells[1] in terms.setdefault(cells[0], {}):
            raise LexiconError(f"{cells[1]!r} stands twice in {cells[0]!r}", f"{_FILE}:{number}")
        terms[cells[0]][cells[1]] = cells[2]
    return terms


def is_registry_record(article: Article) -> bool:
    """Tell whether the text is a rendering of a study record, and not another text about one."""
    return article.kind == "registry" and _FIRST in article.text[:2_000]


def read_registry_record(article: Article, lexicon: Lexicon) -> tuple[tuple[Trial, ...], tuple[Mention, ...]]:
    """Return the one trial of a study record, and the mentions of its conditions, interventions and outcomes.

    Args:
        article: one for which ``is_registry_record`` holds. lexicon: gives the preferred names.
    """
    record = _Record(list(_lines(article.text)), lexicon)
    trial = record.trial()
    mentions: list[Mention] = [
        *trial.conditions,
        *(
            Mention(**{n: getattr(i, n) for n in Mention.__struct_fields__})
            for a in trial.arms
            for i in a.interventions
        ),
        *(
            Mention(text=o.name.text, start=o.name.start, end=o.name.end, label="outcome", concept=o.concept)
            for o in trial.outcomes
        ),
    ]
    return (trial,), tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.label)))


def _lines(text: str) -> Iterator[Line]:
    """Yield the lines behind the title, each with its label and the place of its value."""
    at = text.index(_FIRST)
    for line in text[at:].split("\n"):
        label, colon, value = line.partition(": ")
        if colon:
            start = at + len(label) + 2
            yield Line(label=label, text=value, start=start, end=start + len(value))
        at += len(line) + 1


def _key(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.casefold()))


class _Record:
    """The lines of one study record, read part by part."""

    def __init__(self, lines: Sequence[Line], lexicon: Lexicon) -> None:
        self._lines = lines
        self._lexicon = lexicon
        self._arms: list[Arm] = []
        self._arm_keys: dict[str, str] = {}
        self._outcomes: list[Outcome] = []
        self._outcome_keys: dict[str, str] = {}

    def _all(self, label: str) -> list[Line]:
        return [line for line in self._lines if line.label == label]

    def _first(self, label: str) -> Line | None:
        return next((line for line in self._lines if line.label == label), None)

    def trial(self) -> Trial:
        """Return the trial."""
        self._planned_arms()
        self._planned_outcomes()
        reader = ResultReader(self._group_arm, self._result_outcome, registry_terms())
        results = reader.read(self._lines, lambda name: next(arm.role for arm in self._arms if arm.id == name))
        acronym, sponsor, phase = self._first("Acronym"), self._first("Sponsor"), self._first("Phase")
        number = cast(Line, self._first("Number"))
        return Trial(
            id="t1",
            registry_ids=(self._coded(number, number.text),),
            acronym=acronym.span if acronym is not None else None,
            phase=self._coded(phase, phase.text) if phase is not None else None,
            design=self._design(),
            sponsor=self._mention(sponsor, "organisation") if sponsor is not None else None,
            recruitment=self._dates(),
            conditions=tuple(self._mention(line, "condition") for line in self._all("Condition")),
            population=self._population(),
            arms=tuple(self._arms),
            outcomes=tuple(self._outcomes),
            results=results,
        )

    def _coded(self, line: Line, value: str) -> Coded:
        return Coded(text=line.text, start=line.start, end=line.end, value=value)

    def _mention(self, line: Line, label: MentionLabel) -> Mention:
        entry = self._lexicon.lookup(line.text, label)
        concept = entry.concept if entry is not None else None
        return Mention(text=line.text, start=line.start, end=line.end, label=label, concept=concept)

    def _dates(self) -> Period | None:
        """When the trial was run; the registry does not say when recruitment ended."""
        line = self._first("Dates")
        if line is None:
            return None
        first, _, last = line.text.partition(" to ")
        return Period(text=line.text, start=line.start, end=line.end, first=first, last=last)

    def _term(self, terms: str, line: Line | None) -> str | None:
        return registry_terms()[terms].get(line.text) if line is not None else None

    def _design(self) -> Design:
        allocation, model = self._first("Allocation"), self._first("Model")
        controls = [self._term("control", line) for line in self._all("Role")]
        told = allocation is not None and allocation.text != "na"
        return Design(
            randomized=(allocation is not None and allocation.text == "randomized") if told else None,
            blinding=self._term("masking", self._first("Masking")),
            allocation=self._term("model", model),
            control=next((control for control in controls if control), None),
            single_arm=True if model is not None and model.text == "single group" else None,
        )

    def _population(self) -> Population:
        sex = self._first("Sex")
        number = self._first("Enrollment")
        return Population(
            eligibility=tuple(line.span for line in self._all("Criterion")),
            age=tuple(line.span for label in ("Minimum age", "Maximum age") for line in self._all(label)),
            sex=sex.span if sex is not None and sex.text not in _ALL else None,
            location=tuple(line.span for line in self._all("Country")),
            enrolled=self._number(number) if number is not None else None,
        )

    def _number(self, line: Line) -> Number | None:
        match = _NUMBER.match(line.text)
        if match is None:
            return None
        value = int(match.group().replace(",", ""))
        return Number(text=match.group(), start=line.start, end=line.start + match.end(), value=value)

    # ---- arms and outcomes

    def _planned_arms(self) -> None:
        sizes = {
            _key(g.text): self._number(n)
            for g, n in zip(self._all("Started group"), self._all("Started"), strict=False)
        }
        for index, line in enumerate(self._lines):
            if line.label != "Arm":
                continue
            own: dict[str, list[Line]] = {}
            for other in self._lines[index + 1 :]:
                if other.label not in ("Role", "Intervention", "Description"):
                    break
                own.setdefault(other.label, []).append(other)
            role = self._term("role", own.get("Role", [None])[0]) or "experimental"
            interventions = tuple(self._intervention(i) for i in own.get("Intervention", []))
            self._add_arm(line.span, cast(ArmRole, role), interventions, sizes.get(_key(line.text)), "registry.arm")

    def _intervention(self, line: Line) -> Intervention:
        """The kind stands before the name: "Drug: zolimab"."""
        kind, colon, name = line.text.partition(": ")
        label = registry_terms()["intervention"].get(kind.casefold()) if colon else None
        start = line.end - len(name) if label else line.start
        place = Line(label="", text=name if label else line.text, start=start, end=line.end)
        mention = self._mention(place, cast(MentionLabel, label or "procedure"))
        return Intervention(**{n: getattr(mention, n) for n in Mention.__struct_fields__})

    def _add_arm(
        self, label: Span, role: ArmRole, interventions: tuple[Intervention, ...], size: Number | None, rule: str
    ) -> str:
        name = f"a{len(self._arms) + 1}"
        arm = Arm(id=name, role=role, label=label, interventions=interventions, size=size, rule=rule)
        self._arms.append(arm)
        self._arm_keys.setdefault(_key(label.text), name)
        return name

    def _group_arm(self, line: Line) -> str:
        """Return the arm of a group of the results: that of the same label, else a group of its own."""
        known = self._arm_keys.get(_key(line.text))
        if known is not None:
            return known
        role: ArmRole = "experimental"
        if _WHOLE.search(line.text):
            role = "overall"
        elif _CONTROL.search(line.text):
            role = "comparator"
        return self._add_arm(line.span, role, (), None, "registry.group")

    def _planned_outcomes(self) -> None:
        for line in self._lines:
            role, _, rest = line.label.partition(" ")
            if rest == "outcome" and role in ("Primary", "Secondary", "Other"):
                self._add_outcome(line, role.lower(), "registry.outcome")

    def _add_outcome(self, line: Line, role: str, rule: str) -> str:
        known = self._outcome_keys.get(_key(line.text))
        if known is not None:
            return known
        name = f"o{len(self._outcomes) + 1}"
        entry = self._lexicon.lookup(line.text, "outcome")
        kind = cast(OutcomeRole, role if role in ("primary", "secondary", "safety") else "other")
        concept = entry.concept if entry is not None else None
        self._outcomes.append(Outcome(id=name, name=line.span, concept=concept, role=kind, rule=rule))
        self._outcome_keys[_key(line.text)] = name
        return name

    def _result_outcome(self, line: Line, kind: str) -> str:
        return self._add_outcome(line, kind, "registry.result")
