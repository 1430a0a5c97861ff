"""Which group of the trial a label of a table names: an arm that the text knows, or a new one with its size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from extractor.linking.arms import ArmReading
from extractor.linking.table_cells import parse_number
from extractor.linking.table_hints import hint
from extractor.naming import fold_name
from extractor.reading.markup import blank_markup
from extractor.reading.tables import Cell
from extractor.reading.types import Reading
from extractor.records import Arm, Intervention, Mention, Number, Span

__all__ = ["ArmIndex", "bare_label", "has_name", "label_size", "name_span", "short_forms", "telling_words", "without_size"]

_SIZE = re.compile(
    r"[(\[]?\s?\bn[a-z]{0,3}(?:[\s~^]{1,6}[a-z]{1,3}[\s~^]{0,6})?\s{0,4}[=:]\s{0,4}(\d[\d,]{0,8})(?!\s?%)\s?[)\]]?|\((\d[\d,]{1,6})(?: (?:patients|participants|subjects|women|men|children))?\)$",
    re.IGNORECASE,
)
_EMPTY_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "with",
        "and",
        "or",
        "for",
        "to",
        "group",
        "groups",
        "arm",
        "arms",
        "cohort",
        "patients",
        "participants",
        "subjects",
        "n",
        "mg",
        "ml",
        "g",
        "only",
        "alone",
        "per",
        "day",
        "daily",
        "week",
        "mean",
        "sd",
        "se",
        "median",
        "treatment",
        "therapy",
        "score",
        "scores",
        "change",
    ]
)
_MOST_NOTES = 1500
_SHORT_FORM = re.compile(
    r"(?<![\w-])([A-Za-z][A-Za-z0-9/+-]{1,11}) ?(?:,|=|:) ?([A-Za-z][A-Za-z0-9 /+-]{3,60}?)(?: group| arm)?(?=[.;,]|$)"
)
_WORD = re.compile(r"[^\W_]+")
_SEVERAL = re.compile(r" (?:and|or|versus|vs\.?) ")
_NEGATED = re.compile(r"(?:without|no|non)\b", re.IGNORECASE)
_APART = frozenset({"without", "no", "non", "not", "low", "high", "standard", "intensive"})


def label_size(text: str, cell: Cell) -> Number | None:
    """Return the "(n = 120)" of a header cell.

    Args:
        text: the document. cell: the header cell.
    """
    match = _SIZE.search(cell.text)
    if match is None:
        return None
    group = 1 if match[1] is not None else 2
    start, end = cell.place(match.start(group), match.end(group))
    if text[start:end] != match[group]:
        return None
    return Number(text=match[group], start=start, end=end, value=parse_number(match[group].rstrip(",")))


def without_size(text: str) -> str:
    """Return a header label in lower case without the number of people in it."""
    return " ".join(_SIZE.sub(" ", text).lower().split())


def bare_label(text: str) -> str:
    """Return a header label without its size and what follows it, folded."""
    match = _SIZE.search(text)
    kept = text[: match.start()] if match is not None and match.start() else text
    kept = re.sub(r"\((?:[^()]*%[^()]*|n|sd|se|mean.{0,12})\)", " ", kept, flags=re.IGNORECASE)
    return fold_name(kept.strip(" ,:;([-"))


def telling_words(name: str) -> frozenset[str]:
    """Return the words of a folded name that tell groups apart: without articles, "group", units and summaries."""
    return frozenset(w for w in _WORD.findall(name) if w not in _EMPTY_WORDS)


def has_name(cell: Cell) -> bool:
    """Return whether a label says more than a number of people."""
    return re.search(r"[^\W\d_]", _SIZE.sub(" ", cell.text)) is not None


def name_span(cell: Cell) -> tuple[int, int]:
    """Return the offsets in the document of a group's name, without the size behind it."""
    match = _SIZE.search(cell.text)
    stop = match.start() if match is not None and match.start() else len(cell.text)
    return cell.place(0, len(cell.text[:stop].rstrip(" ,(:;[-")) or len(cell.text))


def _differ(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether what one name has alone says that it is another group: "without", "low", another number."""
    apart = words ^ others
    if apart & _APART:
        return True
    return any(w.isdigit() for w in words - others) and any(w.isdigit() for w in others - words)


def short_forms(text: str, notes: tuple[int, int] | None) -> dict[str, str]:
    """Return the short forms that the notes of a table explain ("AL, artemether-lumefantrine").

    Args:
        text: the document. notes: [start, end] of the notes, or None.
    """
    if notes is None:
        return {}
    said = " ".join(blank_markup(text[notes[0] : min(notes[1], notes[0] + _MOST_NOTES)]).split())
    return {m[1]: m[2] for m in _SHORT_FORM.finditer(said) if m[1] != m[1].lower()}


class ArmIndex:
    """The arms of a document by their names; arms that only tables name are added as they are met."""

    def __init__(self, reading: Reading, arms: ArmReading, mentions: Sequence[Mention]) -> None:
        self.text = reading.text
        self.arms: list[Arm] = list(arms.arms)
        self._treatments = [m for m in mentions if m.label in ("drug", "procedure", "behaviour")]
        self._short = {fold_name(k): fold_name(v) for k, v in reading.abbreviations.items()}
        self._exact: dict[str, str | None] = {}
        self._by_words: dict[str, list[frozenset[str]]] = {}
        labelled: set[frozenset[str]] = set()
        for arm in self.arms:
            if arm.label is not None:
                self._name(arm.id, arm.label.text)
                labelled.add(telling_words(bare_label(arm.label.text)))
        for arm in self.arms:
            # "without a drain" does not name the drain's arm, nor "diet plus exercise" the arm that is labelled "diet"
            if arm.label is not None and _NEGATED.match(arm.label.text):
                continue
            for name in [n for i in arm.interventions for n in (i.text, i.concept) if n]:
                if telling_words(bare_label(name)) not in labelled:
                    self._name(arm.id, name)
        for mention in arms.mentions:
            said = self.text[mention.start : mention.end]
            if len(mention.arm_ids) == 1 and not _SEVERAL.search(said):
                self._name(mention.arm_ids[0], said)

    def _name(self, arm_id: str, name: str) -> None:
        key = bare_label(name)
        for known in (key, " ".join(sorted(telling_words(key)))):
            if known and self._exact.setdefault(known, arm_id) != arm_id:
                self._exact[known] = None
        words = telling_words(key)
        if words:
            self._by_words.setdefault(arm_id, []).append(words)

    def add_short_forms(self, forms: Mapping[str, str]) -> None:
        """Let the notes of a table explain its short forms."""
        for short, long in forms.items():
            self._short.setdefault(short, long)

    def is_short_form(self, name: str) -> bool:
        """Return whether a folded name is a short form that the document explains."""
        return name in self._short

    def find(self, text: str) -> str | None:
        """Return the id of the arm that a label names, or None."""
        key = bare_label(text)
        if not key or len(key) > 90:
            return None
        for name in (key, " ".join(sorted(telling_words(key)))):
            if name and self._exact.get(name):
                return self._exact[name]
        words = telling_words(key)
        long = self._short.get(key) or next((self._short[w] for w in sorted(words) if w in self._short), None)
        if long is not None:
            words = words | telling_words(long)
        return self._of_words(words) or self._of_role(key)

    def _of_words(self, words: frozenset[str]) -> str | None:
        """The one arm whose name and the label agree best in their telling words."""
        best: dict[str, float] = {}
        for arm_id, names in self._by_words.items():
            best[arm_id] = max(
                (2 * len(words & n) / (len(words) + len(n)) for n in names if words & n and not _differ(words, n)),
                default=0.0,
            )
        ranked = sorted(best.values(), reverse=True)
        if not ranked or ranked[0] < 0.5 or (len(ranked) > 1 and ranked[1] == ranked[0]):
            return None
        return max(best, key=lambda arm_id: best[arm_id])

    def _of_role(self, key: str) -> str | None:
        """ "Control", "Intervention group": the one arm of that role."""
        for field, role in (("control", "comparator"), ("experimental", "experimental")):
            if hint(field, key):
                own = [arm for arm in self.arms if arm.role == role]
                if len(own) != 1 or (field == "experimental" and own[0].label is not None and hint("control", fold_name(own[0].label.text))):
                    return None
                return own[0].id
        return None

    def add(self, cell: Cell) -> str:
        """Return the id of a new arm named by ``cell``."""
        key = bare_label(cell.text)
        start, end = name_span(cell)
        numbers = [int(a.id[1:]) for a in self.arms if a.id[1:].isdigit()]
        arm_id = f"a{max(numbers, default=0) + 1}"
        given = tuple(
            Intervention(text=m.text, start=m.start, end=m.end, label=m.label, concept=m.concept, id=m.id)
            for m in self._treatments
            if start <= m.start and m.end <= end
        ) or self._written_out(key)
        self.arms.append(
            Arm(
                id=arm_id,
                role="comparator" if hint("control", key) else "experimental",
                label=Span(text=self.text[start:end], start=start, end=end),
                interventions=given,
                rule="arm.table_head",
            )
        )
        self._name(arm_id, key)
        return arm_id

    def names_treatment(self, cell: Cell) -> bool:
        """Return whether a label holds the name of a treatment, written out or as a short form."""
        start, end = name_span(cell)
        return any(start <= m.start and m.end <= end for m in self._treatments) or bool(self._written_out(bare_label(cell.text)))

    def _written_out(self, key: str) -> tuple[Intervention, ...]:
        """The treatment that a short form stands for, where the text names it in full."""
        long = self._short.get(key)
        found = next((m for m in self._treatments if long is not None and fold_name(m.text) == long), None)
        if found is None:
            return ()
        return (Intervention(text=found.text, start=found.start, end=found.end, label=found.label, concept=found.concept, id=found.id),)

    def relabel(self, arm_id: str, label: Span) -> None:
        """Give an arm another label; it keeps its other names."""
        self.arms = [msgspec.structs.replace(a, label=label) if a.id == arm_id else a for a in self.arms]
        self._name(arm_id, label.text)

    def set_size(self, arm_id: str, size: Number) -> None:
        """Give an arm the size that a table prints, where the prose gave none."""
        for i, arm in enumerate(self.arms):
            if arm.id == arm_id and arm.size is None:
                self.arms[i] = msgspec.structs.replace(arm, size=size)

    def replace_size(self, arm_id: str, size: Number) -> None:
        """Give an arm the size that the head of a table prints, whatever the prose gave."""
        self.arms = [msgspec.structs.replace(a, size=size) if a.id == arm_id else a for a in self.arms]

    def size(self, arm_id: str) -> Number | None:
        """Return the size of an arm where it is known."""
        return next((arm.size for arm in self.arms if arm.id == arm_id), None)
