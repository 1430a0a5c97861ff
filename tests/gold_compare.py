"""Compare an extracted record with a hand-made one.

A fact is one gold result. It is *found* when the same value is reported as a result at an overlapping span, *read* when
also measure, counts, interval and p-value are right, *whole* when also outcome, arm, comparator, time point and context
are right. Whatever the gold record leaves open is not asked for. Worded comparisons beyond the gold ones restate what
stands elsewhere with its figure; they are counted apart, not as false alarms.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from extractor.records import Arm, Article, Outcome, Record, Result, TimePoint, Trial

__all__ = ["Finding", "NotResults", "Scores", "closeness", "compare", "text_match"]

Pair = tuple[int, int]
NotResults = tuple[tuple[int, int, str], ...]

# words that hold a name together but do not tell one from another: "overall survival", "progression-free survival"
_LINKING_WORDS = frozenset(
    ["adverse", "event", "survival", "a", "all", "an", "and", "any", "arm", "as", "at", "by", "for", "from", "group",
     "in", "of", "on", "or", "patient", "plus", "rate", "than", "that", "the", "their", "to", "trial", "treatment",
     "was", "were", "with"]
)  # fmt: skip
_SAME_MEASURE = (
    {"mean", "change"},
    {"mean_difference", "absolute_difference"},
    {"risk_difference", "absolute_difference"},
)
_DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
READING = ("measure", "counts", "interval", "p-value")


@dataclass(frozen=True)
class Finding:
    """Something to look at: a fact that was missed or is not wholly right, or a false alarm."""

    document: str
    kind: str
    measure: str
    text: str


@dataclass
class Scores:
    """Counts over one document or many; ``aspects`` and ``measures`` hold [right, asked for], ``phenomena`` [found,
    whole, asked for]."""

    facts: int = 0
    predicted: int = 0
    found: int = 0
    read: int = 0
    whole: int = 0
    false_alarms: int = 0
    restated: int = 0
    not_results: int = 0
    not_results_taken: int = 0
    aspects: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    measures: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    phenomena: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Scores) -> None:
        """Add the counts of ``other``."""
        for name, value in vars(other).items():
            if isinstance(value, int):
                setattr(self, name, getattr(self, name) + value)
        for table in ("aspects", "measures", "phenomena"):
            mine = getattr(self, table)
            for key, counts in getattr(other, table).items():
                mine[key] = [a + b for a, b in zip(mine[key], counts, strict=True)]
        self.findings += other.findings

    def ask(self, aspect: str, right: bool) -> bool:
        """Count one judged aspect and return ``right``."""
        self.aspects[aspect][0] += right
        self.aspects[aspect][1] += 1
        return right

    def figures(self) -> dict[str, float]:
        """Return every figure that can be pinned, from 0 to 1, higher is better."""
        found = {
            "facts.found": _share(self.found, self.facts),
            "facts.read": _share(self.read, self.facts),
            "facts.whole": _share(self.whole, self.facts),
            "facts.precision": _share(self.found, self.found + self.false_alarms),
            "other_numbers.left_alone": 1 - _share(self.not_results_taken, self.not_results),
        }
        found |= {f"aspect.{name}": _share(*counts) for name, counts in sorted(self.aspects.items())}
        found |= {f"whole.{name}": _share(*counts) for name, counts in sorted(self.measures.items())}
        return found


def _share(part: int, total: int) -> float:
    return part / total if total else 0.0


# ---- texts
def _content(text: str) -> set[str]:
    words = (w.removesuffix("s") if len(w) > 3 else w for w in re.findall(r"[^\W_]+", text.casefold()))
    return {w for w in words if w not in _LINKING_WORDS}


def _initials(short: str, long: str) -> bool:
    letters = "".join(c for c in short if c.isalpha())
    firsts = "".join(w[0] for w in re.findall(r"[^\W\d_]+", long)).casefold()
    return 2 <= len(letters) <= 6 and sum(c.isupper() for c in letters) >= 2 and letters.casefold() in firsts


def closeness(one: str, other: str) -> float:
    """Return the share of the shorter text's content words that the longer one has, 0 to 1; 0.9 for an abbreviation."""
    a, b = _content(one), _content(other)
    if not a or not b:
        return float(one.strip().casefold() == other.strip().casefold() != "")
    share = len(a & b) / min(len(a), len(b))
    return 0.9 if not share and (_initials(one, other) or _initials(other, one)) else share


def text_match(one: str, other: str) -> bool:
    """Return whether two texts name the same thing: one within the other, or half of the content words in common."""
    a, b = one.strip().casefold(), other.strip().casefold()
    return bool(a and b) and (a in b or b in a or closeness(one, other) >= 0.5)


# ---- parts of a result
def _names(outcome: Outcome) -> list[str]:
    return [outcome.name.text] + ([outcome.concept] if outcome.concept else [])


def _labels(arm: Arm) -> list[str]:
    found = [arm.label.text] if arm.label else []
    for item in arm.interventions:
        found += [item.text] + ([item.concept] if item.concept else [])
    return found


def _outcome_is(outcome: Outcome, wanted: Outcome) -> bool:
    if wanted.role == "primary" and re.search(r"\bprimary\b.*\b(outcome|end)", outcome.name.text, re.I):
        return True  # "the primary outcome" names it too
    return any(text_match(x, y) for x in _names(wanted) for y in _names(outcome))


def _arm_is(arm: Arm | None, wanted: Arm, trial: Trial) -> bool:
    """Return whether ``arm`` is the gold arm ``wanted``: its only arm of that role, or the one nearest in name."""
    if arm is None:
        return wanted.role == "overall"
    alone = sum(a.role == wanted.role for a in trial.arms) == 1
    controls = {"comparator", "historical"}
    if alone and (arm.role == wanted.role or (wanted.role == "historical" and arm.role in controls)):
        return True
    near = {a.id: _arm_closeness(arm, a) for a in trial.arms}
    best = max(near.values())
    return best[0] >= 0.5 and near[wanted.id] == best and list(near.values()).count(best) == 1


def _arm_closeness(one: Arm, other: Arm) -> tuple[float, float]:
    """Return how near two arms are in name; doses in the labels tell arms of one drug apart."""
    names = max((closeness(x, y) for x in _labels(one) for y in _labels(other)), default=0.0)
    a, b = (_content(arm.label.text) if arm.label else set() for arm in (one, other))
    return names, len(a & b) / len(a | b) if a | b else 0.0


def _same_time(wanted: TimePoint, found: TimePoint | None) -> bool:
    if found is None:
        return False
    if wanted.unit not in _DAYS or found.unit not in _DAYS:
        return (wanted.value, wanted.unit) == (found.value, found.unit)
    return math.isclose(wanted.value * _DAYS[wanted.unit], found.value * _DAYS[found.unit], rel_tol=0.02)


def _same_value(gold: Result, other: Result, text: str) -> bool:
    if gold.value is None or other.value is None:
        return gold.value is None and other.value is None
    worded = gold.span is None or not re.search(r"\d", text[slice(*gold.span)])
    return math.isclose(abs(gold.value), abs(other.value), rel_tol=0.01 if worded else 1e-9)


def _overlap(a: Pair | None, b: Pair | None) -> bool:
    return a is not None and b is not None and a[0] < b[1] and b[0] < a[1]


@dataclass(frozen=True)
class _Linked:
    """A result with what it points to."""

    result: Result
    trial: Trial
    arm: Arm | None
    comparator: Arm | None
    outcome: Outcome | None


def _linked(record: Record) -> list[_Linked]:
    found = []
    for trial in record.trials:
        arms = {a.id: a for a in trial.arms}
        outcomes = {o.id: o for o in trial.outcomes}
        for r in trial.results:
            arm, comparator = arms.get(r.arm or ""), arms.get(r.comparator or "")
            found.append(_Linked(r, trial, arm, comparator, outcomes.get(r.outcome or "")))
    return found


def _judge(gold: _Linked, other: _Linked) -> dict[str, bool]:
    """Return aspect -> right for every aspect that the gold result states."""
    want, have = gold.result, other.result
    asked = {
        "measure": want.measure == have.measure or any({want.measure, have.measure} <= s for s in _SAME_MEASURE),
    }
    if want.events is not None or want.total is not None:
        pairs = ((want.events, have.events), (want.total, have.total))
        asked["counts"] = all(w is None or (h is not None and h.value == w.value) for w, h in pairs)
    if want.ci is not None:
        asked["interval"] = have.ci is not None and (have.ci.low, have.ci.high) == (want.ci.low, want.ci.high)
    if want.p_value is not None:
        p = have.p_value
        asked["p-value"] = p is not None and (p.op, p.value) == (want.p_value.op, want.p_value.value)
    if gold.outcome is not None:
        asked["outcome"] = other.outcome is not None and _outcome_is(other.outcome, gold.outcome)
    if gold.arm is not None:
        asked["arm"] = _arm_is(other.arm, gold.arm, gold.trial)
    if gold.comparator is not None:
        asked["comparator"] = other.comparator is not None and _arm_is(other.comparator, gold.comparator, gold.trial)
    if want.timepoint is not None:
        asked["time point"] = _same_time(want.timepoint, have.timepoint)
    if want.direction is not None and want.measure == "comparison":
        asked["direction"] = have.direction == want.direction
    # a formal historical control may be called reported or background
    if gold.arm is None or gold.arm.role != "historical":
        asked["context"] = have.context == want.context
    return asked


def _candidates(gold: _Linked, others: Sequence[_Linked], used: set[int], text: str) -> list[int]:
    def fits(i: int, span: Pair | None) -> bool:
        other = others[i].result
        return i not in used and _overlap(other.span, span) and _same_value(gold.result, other, text)

    direct = [i for i in range(len(others)) if fits(i, gold.result.span)]
    if direct or gold.result.measure != "comparison":
        return direct
    # the words that say "no difference" may be marked anywhere in their sentence
    return [i for i in range(len(others)) if fits(i, gold.result.sentence) and others[i].result.measure == "comparison"]


def _around(text: str, span: Pair | None) -> str:
    if span is None:
        return "(no span)"
    start, end = span
    return f"{text[max(0, start - 80) : start]}[[{text[start:end]}]]{text[end : end + 50]}".replace("\n", " ")


def compare(
    record: Record,
    gold: Record,
    not_results: NotResults = (),
    phenomena: Mapping[str, Sequence[str]] | None = None,
) -> Scores:
    """Return how much of ``gold`` stands in ``record``, both of the same text.

    Args:
        not_results: figures of the text that are no results, as (start, end, kind); those of kind "optional" may be
            reported without harm, those of kind "hypothesis" with that context.
        phenomena: what makes a gold result hard to bind, by its id.

    Raises:
        ValueError: the two records are of different texts.
    """
    text = gold.document.text
    if record.document.text != text:
        raise ValueError(f"{gold.document.id}: the texts differ, offsets cannot be compared")
    scores, used = Scores(), set[int]()
    others = _linked(record)
    for fact in _linked(gold):
        before = (scores.found, scores.whole)
        _compare_fact(fact, others, used, scores, gold.document)
        for name in (phenomena or {}).get(fact.result.id, ()):
            counts = scores.phenomena[name]
            counts[0] += scores.found - before[0]
            counts[1] += scores.whole - before[1]
            counts[2] += 1
    for i, other in enumerate(others):
        if i in used or any(_overlap(other.result.span, x[:2]) and _allowed(other.result, x[2]) for x in not_results):
            continue
        if other.result.measure == "comparison":
            scores.restated += 1
            continue
        scores.false_alarms += 1
        where = _around(text, other.result.span)
        scores.findings.append(Finding(gold.document.id, "false alarm", other.result.measure, where))
    scores.predicted = len(others)
    for start, end, kind in not_results:
        if kind != "optional":
            scores.not_results += 1
            scores.not_results_taken += any(
                o.result.measure != "comparison"
                and _overlap(o.result.span, (start, end))
                and not _allowed(o.result, kind)
                for o in others
            )
    _compare_trials(record, gold, scores)
    return scores


def _allowed(result: Result, kind: str) -> bool:
    """Whether a figure of this kind, which is no finding, may be reported the way ``result`` does."""
    return kind == "optional" or (kind == "hypothesis" and result.context == "hypothesis")


def _compare_fact(fact: _Linked, others: Sequence[_Linked], used: set[int], scores: Scores, document: Article) -> None:
    measure = fact.result.measure
    scores.facts += 1
    scores.measures[measure][1] += 1
    where = _around(document.text, fact.result.span)
    found = _candidates(fact, others, used, document.text)
    if not found:
        scores.findings.append(Finding(document.id, "missed", measure, where))
        return
    best = max(found, key=lambda i: sum(_judge(fact, others[i]).values()))
    used.add(best)
    judged = {aspect: scores.ask(aspect, right) for aspect, right in _judge(fact, others[best]).items()}
    wrong = [aspect for aspect, right in judged.items() if not right]
    scores.found += 1
    scores.read += not any(aspect in READING for aspect in wrong)
    scores.whole += not wrong
    scores.measures[measure][0] += not wrong
    if wrong:
        kind = "wrong " + ", ".join(wrong)
        scores.findings.append(Finding(document.id, kind, measure, f"{where} => {_described(others[best])}"))


def _described(linked: _Linked) -> str:
    outcome = linked.outcome.name.text if linked.outcome else None
    time = linked.result.timepoint
    when = f"{time.value:g} {time.unit}" if time else None
    arms = [" / ".join(_labels(arm)[:1]) if arm else None for arm in (linked.arm, linked.comparator)]
    return f"{linked.result.measure}; outcome {outcome}; arms {arms}; at {when}; {linked.result.context}"


def _compare_trials(record: Record, gold: Record, scores: Scores) -> None:
    reported = [t for t in record.trials if t.role == "reported"]
    cited = [t for t in record.trials if t.role == "background"]
    for trial in gold.trials:
        place, prefix = (reported, "trial") if trial.role == "reported" else (cited, "background trial")
        ids = {x.value for t in place for x in t.registry_ids}
        for wanted in trial.registry_ids:
            scores.ask(f"{prefix}: registry id", wanted.value in ids)
        checks: list[tuple[str, object, Callable[[Trial], object]]] = [
            ("acronym", _acronym(trial), _acronym),
            ("phase", trial.phase and trial.phase.value, lambda t: t.phase and t.phase.value),
            ("enrolled", _enrolled(trial), _enrolled),
        ]
        for name, wanted_value, read in checks:
            if wanted_value is not None:
                scores.ask(f"{prefix}: {name}", any(read(t) == wanted_value for t in place))


def _acronym(trial: Trial) -> str | None:
    return trial.acronym.text.casefold() if trial.acronym else None


def _enrolled(trial: Trial) -> float | None:
    return trial.population.enrolled.value if trial.population.enrolled else None
