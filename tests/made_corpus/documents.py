"""The documents of the made corpus: abstracts, registry records, releases, news, copies of news, later results."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import Any

from extractor.records import Article, Identifiers, make_article
from extractor.sources import read_study
from tests.made_corpus.truth import Binary, MadeTrial, Ratio, make_trials

__all__ = ["Conflict", "Corpus", "Slip", "make_corpus"]

SEED = 20
_DOCUMENTS = 300


@dataclass(frozen=True)
class Conflict:
    """A planted contradiction: ``document`` says ``wrong`` of an outcome where the others say ``right``."""

    trial: int
    document: str
    outcome: str
    right: float
    wrong: float


@dataclass(frozen=True)
class Slip:
    """A planted slip: in ``document`` a percentage is not that of the counts beside it."""

    trial: int
    document: str
    wrong: float


@dataclass(frozen=True)
class Corpus:
    """Articles, for each its trial, and what was planted."""

    trials: tuple[MadeTrial, ...]
    articles: tuple[Article, ...]
    trial_of: dict[str, int]
    conflicts: tuple[Conflict, ...]
    slips: tuple[Slip, ...]


def _when(time: str, *, first: bool = True) -> str:
    if not time:
        return "In all" if first else "in all"
    return f"{'At' if first else 'at'} {time}"


def _counts(result: Binary, side: int) -> str:
    return f"{result.events[side]} of {result.totals[side]} patients ({result.percent(side)}%)"


def _hazard(ratio: Ratio) -> str:
    return f"{ratio.value} (95% CI, {ratio.low} to {ratio.high}; {ratio.p})"


def _named(trial: MadeTrial, rng: random.Random, share: float) -> str:
    return f"{trial.acronym} " if trial.acronym is not None and rng.random() < share else ""


# ---- abstracts


def _abstract(
    trial: MadeTrial, rng: random.Random, result: Binary, ratio: Ratio, *, later: bool, numbered: bool
) -> str:
    name = _named(trial, rng, 0.9)
    blind = "open-label" if trial.cancer else "double-blind"
    begin = (
        f"BACKGROUND: Earlier results of {trial.drug} in {trial.condition} covered a shorter time."
        if later
        else f"BACKGROUND: Treatment of {trial.condition} often fails, and {trial.drug} may help."
    )
    methods = (
        f"METHODS: In this {blind}, phase {trial.phase} {name}trial, we randomly assigned {trial.people} adults with "
        f"{trial.condition} to receive {trial.drug} ({trial.sizes[0]} patients) or {trial.control} "
        f"({trial.sizes[1]} patients). The primary end point was {result.outcome if not trial.cancer else ratio.outcome}."
    )
    middle = (
        f"{_when(result.time)}, {result.outcome} was seen in {_counts(result, 0)} in the {trial.drug} group and "
        f"{_counts(result, 1)} in the {trial.control} group."
        if result.time
        else f"{result.outcome.capitalize()} was seen in {_counts(result, 0)} in the {trial.drug} group and "
        f"{_counts(result, 1)} in the {trial.control} group."
    )
    medians = (
        f" Median progression-free survival was {trial.medians[0]} months with {trial.drug} and {trial.medians[1]} "
        f"months with {trial.control}."
        if trial.cancer and not later
        else ""
    )
    until = f" At {result.time}, the" if later else " The"
    hazard = f"{until} hazard ratio for {ratio.outcome} with {trial.drug} as compared with {trial.control} was {_hazard(ratio)}."
    end = f"CONCLUSIONS: Among adults with {trial.condition}, {trial.drug} was better than {trial.control}."
    number = f" (ClinicalTrials.gov number, {trial.nct}.)" if numbered else ""
    return f"{begin}\n{methods}\nRESULTS: {middle}{medians}{hazard}\n{end}{number}"


# ---- news and releases


def _news(trial: MadeTrial, rng: random.Random, result: Binary, ratio: Ratio, *, named: bool, later: bool) -> str:
    drug, control, condition = trial.drug, trial.control, trial.condition
    trial_name = f"the {trial.acronym} trial" if named and trial.acronym else "a new trial"
    decimals = 0 if rng.random() < 0.35 else 1
    high, low = result.percent(0, decimals), result.percent(1, decimals)
    when = f"At {result.time}, " if result.time else ""
    people = f"{trial.people} adults with {condition} were randomly assigned to {drug} or {control}"
    outcome = result.outcome
    kind = rng.randrange(3)
    until = f" at {result.time}" if later else ""
    risk = "disease progression or death" if ratio.outcome == "progression-free survival" else ratio.outcome
    risk = "death" if risk == "overall survival" else risk
    if kind == 0:
        opening = (
            f"{drug.capitalize()} works better than {control} in people with {condition}, according to {trial_name}."
        )
        figures = (
            f"{when}{high}% of patients in the {drug} group had {outcome}, compared with {low}% in the {control} group."
        )
        if not when:
            figures = (
                f"{high}% of patients in the {drug} group had {outcome}, compared with {low}% in the {control} group."
            )
        hazard = f"{drug.capitalize()} reduced the risk of {risk} by {ratio.reduction}% compared with {control}{until}."
    elif kind == 1:
        opening = f"Patients with {condition} may soon have another choice after {trial_name} of {drug}."
        figures = f"{when}the rate of {outcome} was {high}% with {drug} and {low}% with {control}."
        hazard = f"{f'At {result.time}, the' if later else 'The'} hazard ratio for {ratio.outcome} was {ratio.value} in favor of {drug} over {control}."
    else:
        opening = f"Doctors reported on Sunday that {drug} beat {control} in {condition} in {trial_name}."
        figures = f"{when}{outcome} was reached by {high}% of patients who received {drug} versus {low}% of patients who received {control}."
        hazard = (
            f"Treatment with {drug} led to a {ratio.reduction}% lower risk of {risk} compared with {control}{until}."
        )
    figures = figures[0].upper() + figures[1:]
    design = f"In the phase {trial.phase} study, {people}."
    filler = rng.choice(_FILLERS).format(drug=drug, condition=condition)
    extra = f" {rng.choice(_LATER)}" if later else ""
    order = [design, figures, hazard] if rng.random() < 0.7 else [figures, hazard, design]
    return f"{opening}{extra}\n\n" + "\n\n".join(order) + f"\n\n{filler}"


_LATER = (
    "The longer observation confirms what was seen before.",
    "It is the second report, after patients were followed for longer.",
)
_FILLERS = (
    "“We had waited for something like this,” said a physician who took part in the work and treats people with "
    "{condition} every week. Side effects were mostly mild, and few people stopped treatment because of them. The maker of "
    "{drug} wants to ask regulators for approval in the autumn. Experts who had no part in the work called for studies that "
    "last longer, and asked what the treatment would cost. Whether everybody needs it from the start remains to be seen.",
    "The work was paid for by the maker of {drug}. Outside experts said the findings fit what is known of the way in which it "
    "acts, and that doctors should talk over the benefits and the burdens with each person. An application is expected within "
    "the year, and a further study in younger people is being planned in several countries. Groups that speak for people with "
    "{condition} welcomed the news but asked for patience until all data are open to everyone.",
    "Nausea and headache were the commonest complaints. Investigators will go on watching the participants, and more will be "
    "told at a meeting next spring. {drug} is given under the eyes of a specialist, which may limit its use outside large "
    "towns. People with {condition} who want to know more should ask the doctor who knows them, one of the authors said, and "
    "not change any treatment by themselves because of a single report.",
)


def _release(trial: MadeTrial, rng: random.Random, result: Binary, ratio: Ratio) -> str:
    name = f"{trial.acronym} " if trial.acronym else ""
    when = f" at {result.time}" if result.time else ""
    return (
        f"Nordhaven Therapeutics today announced results of the phase {trial.phase} {name}trial of {trial.drug} in adults "
        f"with {trial.condition}.\n\nThe trial randomized {trial.people} patients to {trial.drug} or {trial.control}. "
        f"{result.outcome.capitalize()}{when} was achieved by {result.percent(0)}% of patients in the {trial.drug} group "
        f"and {result.percent(1)}% of patients in the {trial.control} group. The hazard ratio for {ratio.outcome} was "
        f"{ratio.value} (95% CI, {ratio.low} to {ratio.high}) for {trial.drug} versus {trial.control}.\n\n"
        f"“These data support our plans for {trial.drug},” said the chief medical officer. The company will present full "
        f"results at a coming congress, and holds all rights to {trial.drug}."
    )


def _copy(text: str, rng: random.Random) -> str:
    """Return the story as another site prints it: another opening line, the last sentence cut."""
    byline = rng.choice(("From our wire services.", "By the health desk.", "Agency report."))
    return f"{byline}\n\n{text.rsplit('. ', 1)[0]}."


# ---- registry


def _registry(trial: MadeTrial) -> bytes:
    drug = trial.drug.capitalize()
    control = trial.control.capitalize()
    groups = [{"id": "OG000", "title": drug}, {"id": "OG001", "title": control}]
    result = trial.first
    counts = [{"groupId": f"OG00{i}", "value": str(result.totals[i])} for i in (0, 1)]
    values = [{"groupId": f"OG00{i}", "value": str(result.events[i])} for i in (0, 1)]
    frame = result.time.capitalize() or "Up to 24 months"
    measure: dict[str, Any] = {
        "type": "PRIMARY" if not trial.cancer else "SECONDARY",
        "title": result.outcome.capitalize(),
        "timeFrame": frame,
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "groups": groups,
        "denoms": [{"units": "Participants", "counts": counts}],
        "classes": [{"categories": [{"measurements": values}]}],
    }
    arms = [
        {"label": drug, "type": "EXPERIMENTAL", "interventionNames": [f"Drug: {drug}"]},
        {
            "label": control,
            "type": "ACTIVE_COMPARATOR" if trial.cancer else "PLACEBO_COMPARATOR",
            "interventionNames": [f"Drug: {control}"],
        },
    ]
    identification = {"nctId": trial.nct, "briefTitle": f"{drug} in {trial.condition.title()}"}
    if trial.acronym is not None:
        identification["acronym"] = trial.acronym
    return json.dumps(
        {
            "protocolSection": {
                "identificationModule": identification,
                "conditionsModule": {"conditions": [trial.condition.capitalize()]},
                "designModule": {
                    "studyType": "INTERVENTIONAL",
                    "phases": [f"PHASE{trial.phase}"],
                    "designInfo": {"allocation": "RANDOMIZED"},
                    "enrollmentInfo": {"count": trial.people, "type": "ACTUAL"},
                },
                "armsInterventionsModule": {"armGroups": arms},
                "outcomesModule": {"primaryOutcomes": [{"measure": result.outcome.capitalize(), "timeFrame": frame}]},
            },
            "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [measure]}},
            "hasResults": True,
        }
    ).encode()


# ---- the corpus


class _Maker:
    def __init__(self, rng: random.Random, trials: list[MadeTrial]) -> None:
        self.rng = rng
        self.trials = trials
        self.articles: list[Article] = []
        self.trial_of: dict[str, int] = {}
        self.conflicts: list[Conflict] = []
        self.slips: list[Slip] = []

    def keep(self, article: Article, trial: MadeTrial) -> None:
        self.articles.append(article)
        self.trial_of[article.id] = trial.number

    def paper(self, trial: MadeTrial, *, later: bool = False) -> None:
        number = 99700000 + 10 * trial.number + later
        result, ratio = (trial.later, trial.later_ratio) if later else (trial.first, trial.ratio)
        numbered = self.rng.random() < 0.6
        text = _abstract(trial, self.rng, result, ratio, later=later, numbered=numbered)
        name = f"pmid:{number}"
        if not later and trial.number % 7 == 3:
            # The slip: the tens of the first percentage.
            right = result.percent(0)
            wrong = f"{float(right) + 10:.1f}"
            text = text.replace(f"({right}%)", f"({wrong}%)", 1)
            self.slips.append(Slip(trial.number, name, float(wrong)))
        names = Identifiers(pmid=str(number), doi=f"10.5555/made.{number}")
        # Medline carries the number of the registry where the abstract does not print it.
        entries = (trial.nct,) if not numbered and (later or self.rng.random() < 0.5) else ()
        self.keep(make_article(id=name, text=text, kind="abstract", identifiers=names, registry_ids=entries), trial)

    def registry(self, trial: MadeTrial) -> None:
        self.keep(read_study(_registry(trial)), trial)

    def story(self, trial: MadeTrial, name: str, *, how: str, later: bool = False, wrong: bool = False) -> None:
        """Add a news story that tells its trial by "acronym", "link", "number", or not at all ("figures")."""
        result, ratio = (trial.later, trial.later_ratio) if later else (trial.first, trial.ratio)
        if wrong:
            shift = round(result.totals[0] * 0.14)
            told = replace(result, events=(result.events[0] - shift, result.events[1]))
        else:
            told = result
        text = _news(trial, self.rng, told, ratio, named=how == "acronym", later=later)
        if wrong:
            said = next(d for d in (1, 0) if f"{told.percent(0, d)}%" in text)
            self.conflicts.append(
                Conflict(trial.number, name, result.outcome, float(result.percent(0)), float(told.percent(0, said)))
            )
        links: tuple[str, ...] = ()
        number = 99700000 + 10 * trial.number + later
        if how == "link":
            links = (f"https://doi.org/10.5555/made.{number}",)
            if self.rng.random() < 0.3:
                links = (f"https://pubmed.ncbi.nlm.nih.gov/{number}/",)
        elif how == "number":
            text += f"\n\nThe trial is registered as {trial.nct}."
        self.keep(make_article(id=name, text=text, kind="news", url=f"https://news.example/{name}", links=links), trial)
        if not wrong and len(self.articles) < _DOCUMENTS - 10 and self.rng.random() < 0.25:
            copy = f"{name}-copy"
            self.keep(
                make_article(id=copy, text=_copy(text, self.rng), kind="news", url=f"https://wire.example/{copy}"),
                trial,
            )

    def release(self, trial: MadeTrial) -> None:
        text = _release(trial, self.rng, trial.first, trial.ratio)
        self.keep(make_article(id=f"release-{trial.number}", text=text, kind="press_release"), trial)


def make_corpus(seed: int = SEED) -> Corpus:
    """Return the corpus of ``seed``."""
    rng = random.Random(seed)
    trials = make_trials(rng)
    maker = _Maker(rng, trials)
    for trial in trials:
        maker.paper(trial)
    for trial in trials:
        ways = ["link", "number", "figures"] + (["acronym", "acronym"] if trial.acronym else [])
        if trial.number % 3 == 0:
            maker.registry(trial)
        if trial.number % 4 == 1:
            maker.paper(trial, later=True)
        if trial.number % 8 == 1:
            maker.story(trial, f"later-{trial.number}", how=rng.choice(ways[:2]), later=True)
        if trial.number % 6 == 2:
            maker.release(trial)
        maker.story(trial, f"news-{trial.number}", how=rng.choice(ways), wrong=trial.number % 4 == 2)
    for trial in rng.sample(trials, len(trials)):
        if len(maker.articles) >= _DOCUMENTS:
            break
        maker.story(trial, f"more-{trial.number}", how="figures")
    articles = tuple(maker.articles[:_DOCUMENTS])
    kept = {article.id for article in articles}
    return Corpus(
        trials=tuple(trials),
        articles=articles,
        trial_of={name: number for name, number in maker.trial_of.items() if name in kept},
        conflicts=tuple(conflict for conflict in maker.conflicts if conflict.document in kept),
        slips=tuple(slip for slip in maker.slips if slip.document in kept),
    )
