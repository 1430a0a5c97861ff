"""The invented trials: families of near-namesakes (one drug, one condition, nearly as many people) and single ones."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

__all__ = ["Binary", "MadeTrial", "Ratio", "make_trials"]

_STARTS = (
    "velo", "quarva", "tremo", "sibra", "nolda", "ferri", "galvu", "hesto", "jorva", "kelmi", "luvra", "mendo", "ostra",
    "pelvi", "ruxo", "zanda", "dorvi", "crisa", "wenta", "ymbra", "bolfi", "ibrano", "ulmeto", "arkisa",
)  # fmt: skip
_ENDS = ("tinib", "limab", "zumab", "parib", "ciclib", "gliptin", "sartan")
_CHRONIC = (
    ("severe asthma", "asthma control"),
    ("ulcerative colitis", "clinical remission"),
    ("rheumatoid arthritis", "low disease activity"),
    ("plaque psoriasis", "clear skin"),
    ("atopic dermatitis", "itch relief"),
    ("chronic migraine", "pain freedom"),
    ("lupus nephritis", "complete renal response"),
)
_CANCERS = (
    "metastatic melanoma",
    "multiple myeloma",
    "ovarian cancer",
    "metastatic colorectal cancer",
    "non-small-cell lung cancer",
    "hepatocellular carcinoma",
)
_STEMS = (
    "HALCYON", "ORBITAL", "MERIDIAN", "LANTERN", "CASCADE", "SUMMIT", "HARVEST", "TIDAL", "COBALT", "EMBER", "FALCON",
    "GRANITE", "JUNIPER", "KESTREL", "MAGNET", "NIMBUS", "OSPREY", "PRAIRIE", "QUARTZ", "RIDGE", "SEQUOIA", "TUNDRA",
)  # fmt: skip


@dataclass(frozen=True)
class Binary:
    """How many of each group had an outcome by ``time`` (such as "week 24" or "24 months")."""

    outcome: str
    events: tuple[int, int]
    totals: tuple[int, int]
    time: str

    def percent(self, side: int, decimals: int = 1) -> str:
        """Return the percentage of one side as printed, rounded half up."""
        scale = 10**decimals
        rounded = (200 * scale * self.events[side] + self.totals[side]) // (2 * self.totals[side])
        return f"{rounded / scale:.{decimals}f}"


@dataclass(frozen=True)
class Ratio:
    """A hazard ratio with its interval and p-value as printed; ``median``: follow-up in months, where it is stated."""

    outcome: str
    value: str
    low: str
    high: str
    p: str
    followed: str | None = None

    @property
    def reduction(self) -> str:
        """The reduction in percent that the ratio means."""
        return str(100 - round(100 * float(self.value)))


@dataclass(frozen=True)
class MadeTrial:
    """One trial as it really was. ``family``: trials of one family are near-namesakes."""

    number: int
    family: int
    nct: str
    acronym: str | None
    drug: str
    control: str
    condition: str
    cancer: bool
    phase: str
    people: int
    sizes: tuple[int, int]
    first: Binary
    later: Binary
    ratio: Ratio
    later_ratio: Ratio
    medians: tuple[str, str]


def _ratio(rng: random.Random, outcome: str, followed: str | None) -> Ratio:
    log = math.log(rng.randint(50, 74) / 100)
    error = rng.uniform(0.07, 0.11)
    low, high = (f"{math.exp(log + sign * 1.96 * error):.2f}" for sign in (-1, 1))
    p = math.erfc(abs(log) / error / math.sqrt(2))
    return Ratio(outcome, f"{math.exp(log):.2f}", low, high, "P<0.001" if p < 0.001 else f"P={p:.3f}", followed)


def _binary(rng: random.Random, outcome: str, sizes: tuple[int, int], time: str) -> Binary:
    control = rng.uniform(0.12, 0.40)
    events = (round(sizes[0] * (control + rng.uniform(0.12, 0.3))), round(sizes[1] * control))
    return Binary(outcome, events, sizes, time)


def _trial(rng: random.Random, number: int, family: int, like: MadeTrial | None, names: dict[str, str]) -> MadeTrial:
    cancer = like.cancer if like else rng.random() < 0.5
    condition, outcome = (rng.choice(_CANCERS), "objective response") if cancer else rng.choice(_CHRONIC)
    if like is not None:
        condition, outcome = like.condition, like.first.outcome
    people = (like.people + 2 * rng.randint(-2, 2)) if like else 2 * rng.randint(90, 420)
    shift = rng.choice((0, 0, 1, 2, 5))
    if like is not None and people == like.people and shift == abs(like.sizes[0] - like.people // 2):
        shift += 3  # as many people in groups of the same sizes: no reader could tell these apart without a name
    sizes = (people // 2 + shift, people - people // 2 - shift)
    if cancer:
        first = _binary(rng, outcome, sizes, "")
        later = _binary(rng, "overall survival", sizes, rng.choice(("36 months", "48 months", "60 months")))
        ratio = _ratio(rng, "progression-free survival", None)
        later_ratio = _ratio(rng, "overall survival", None)
    else:
        week = rng.choice((12, 16, 24))
        first, later = (_binary(rng, outcome, sizes, f"week {w}") for w in (week, rng.choice((52, 76, 104))))
        ratio, later_ratio = (_ratio(rng, "hospitalization", None) for _ in range(2))
    months = rng.randint(40, 110) / 10
    return MadeTrial(
        number=number,
        family=family,
        nct=f"NCT{99000000 + 137 * number + rng.randint(0, 99):08d}",
        acronym=names["acronym"] or None,
        drug=names["drug"],
        control=like.control if like else ("chemotherapy" if cancer else "placebo"),
        condition=condition,
        cancer=cancer,
        phase=like.phase if like else rng.choice(("2", "3", "3")),
        people=people,
        sizes=sizes,
        first=first,
        later=later,
        ratio=ratio,
        later_ratio=later_ratio,
        medians=(f"{months * rng.uniform(1.3, 1.9):.1f}", f"{months:.1f}"),
    )


def make_trials(rng: random.Random) -> list[MadeTrial]:
    """Return 100 trials: 20 families of three namesakes and 40 single ones.

    In half of the families the trials carry one acronym and different numbers; in the others only some have a name.
    """
    drugs = [start + end for start in _STARTS for end in _ENDS]
    rng.shuffle(drugs)
    stems = list(_STEMS)
    rng.shuffle(stems)
    trials: list[MadeTrial] = []
    for family in range(60):
        drug = drugs[family]
        size = 3 if family < 20 else 1
        stem = stems[family % len(stems)] if family < 10 or family >= 35 else ""
        numbers = rng.sample(range(2, 30), size)
        like: MadeTrial | None = None
        for member in range(size):
            acronym = f"{stem}-{numbers[member]}" if stem and family < 55 else ""
            trial = _trial(rng, len(trials), family, like, {"drug": drug, "acronym": acronym})
            trials.append(trial)
            like = like or trial
    return [replace(trial, family=trial.family) for trial in trials]
