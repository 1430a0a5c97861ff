"""Records made by hand: spans are found in the text, so their offsets are right by construction."""

from __future__ import annotations

from typing import Any

from extractor.records import (
    Arm,
    Coded,
    ConfidenceInterval,
    Extractor,
    Intervention,
    Mention,
    Number,
    Outcome,
    Population,
    PValue,
    Record,
    Result,
    Span,
    TimePoint,
    Trial,
    check_offsets,
    make_article,
)

VERSION = "0.1.0"


class RecordBuilder:
    """Gathers the parts of one record over ``text``."""

    def __init__(self, text: str, *, key: str = "doc-1", version: str = VERSION, **article: Any) -> None:
        self.article = make_article(id=key, text=text, **article)
        self.version = version
        self.mentions: list[Mention] = []
        self.trials: list[Trial] = []

    def at(self, text: str) -> dict[str, Any]:
        start = self.article.text.index(text)
        return {"text": text, "start": start, "end": start + len(text)}

    def pair(self, text: str) -> tuple[int, int]:
        start = self.article.text.index(text)
        return start, start + len(text)

    def span(self, text: str) -> Span:
        return Span(**self.at(text))

    def number(self, text: str) -> Number:
        return Number(**self.at(text), value=float(text) if "." in text else int(text))

    def mention(self, label: Any, text: str, concept: str | None = None) -> Mention:
        mention = Mention(**self.at(text), label=label, concept=concept)
        self.mentions.append(mention)
        return mention

    def intervention(self, text: str, concept: str | None = None, dose: str | None = None) -> Intervention:
        self.mention("drug", text, concept)
        return Intervention(
            **self.at(text), label="drug", concept=concept, dose=self.span(dose) if dose is not None else None
        )

    def arm(self, key: str, role: Any, *interventions: Intervention, label: str | None = None) -> Arm:
        return Arm(id=key, role=role, label=self.span(label) if label else None, interventions=interventions)

    def outcome(self, key: str, text: str, concept: str | None = None, role: Any = "primary") -> Outcome:
        return Outcome(id=key, name=self.span(text), concept=concept, role=role)

    def result(self, key: str, measure: Any, printed: str | None, sentence: str, **fields: Any) -> Result:
        """A result whose value stands as ``printed`` in ``sentence``; ``ci`` is (low, high), ``p`` (op, value) and
        ``timepoint`` (value, unit)."""
        start = self.article.text.index(sentence)
        found: dict[str, Any] = {"sentence": (start, start + len(sentence))}
        if printed is not None:
            place = self.article.text.index(printed, start)
            found |= {"span": (place, place + len(printed)), "printed": printed, "value": float(printed)}
        if "ci" in fields:
            low, high = fields.pop("ci")
            fields["ci"] = ConfidenceInterval(level=95, low=low, high=high)
        if "p" in fields:
            op, value = fields.pop("p")
            fields["p_value"] = PValue(op=op, value=value)
        if "timepoint" in fields:
            value, unit = fields.pop("timepoint")
            fields["timepoint"] = TimePoint(value=value, unit=unit)
        return Result(id=key, measure=measure, **found, **fields)

    def trial(
        self,
        key: str = "t1",
        *,
        registry: tuple[str, ...] = (),
        acronym: str | None = None,
        conditions: tuple[Mention, ...] = (),
        phase: str | None = None,
        enrolled: str | None = None,
        **fields: Any,
    ) -> Trial:
        trial = Trial(
            id=key,
            registry_ids=tuple(Coded(**self.at(value), value=value) for value in registry),
            acronym=self.span(acronym) if acronym else None,
            phase=Coded(**self.at(f"phase {phase}"), value=phase) if phase else None,
            population=Population(enrolled=self.number(enrolled) if enrolled else None),
            conditions=conditions,
            **fields,
        )
        self.trials.append(trial)
        return trial

    def record(self) -> Record:
        record = Record(
            document=self.article,
            extractor=Extractor(name="evidence-extractor", version=self.version),
            mentions=tuple(self.mentions),
            trials=tuple(self.trials),
        )
        check_offsets(record)
        return record


def infant_record(**article: Any) -> Record:
    """A single-arm trial with its two outcomes, and an earlier trial that the text cites."""
    finding = "At 2 years, overall survival (OS) was 93.3% and disease-free survival 81.6%."
    cited = "In Interfant-06, 6-year event-free survival was 36%."
    text = (
        "The phase 2 trial gave blinatumomab (Blincyto) to 30 infants with acute lymphoblastic leukemia. "
        f"{finding} {cited}"
    )
    make = RecordBuilder(
        text, **{"key": "infants.html", "url": "https://news.example/infants", "title": "Infants"} | article
    )
    make.mention("drug", "Blincyto", "blinatumomab")
    condition = make.mention("condition", "acute lymphoblastic leukemia", "acute lymphoblastic leukemia")
    outcomes = (
        make.outcome("o1", "overall survival", "overall survival"),
        make.outcome("o2", "disease-free survival", "disease-free survival"),
    )
    make.mention("outcome", "OS", "overall survival")
    arm = make.arm("a1", "experimental", make.intervention("blinatumomab", "blinatumomab"))
    at = {"timepoint": (2, "year"), "unit": "%"}
    make.trial(
        phase="2",
        enrolled="30",
        conditions=(condition,),
        arms=(arm,),
        outcomes=outcomes,
        results=(
            make.result("r1", "percentage", "93.3", finding, outcome="o1", arm="a1", **at),
            make.result("r2", "percentage", "81.6", finding, outcome="o2", **at),
        ),
    )
    make.trial(
        "t2",
        role="background",
        acronym="Interfant-06",
        outcomes=(make.outcome("o1", "event-free survival", "event-free survival"),),
        results=(
            make.result(
                "r3", "percentage", "36", cited, outcome="o1", context="background", timepoint=(6, "year"), unit="%"
            ),
        ),
    )
    return make.record()


def lung_record(
    key: str,
    *,
    registry: tuple[str, ...] = (),
    acronym: str | None = "KEYNOTE-189",
    drug: str = "pembrolizumab",
    ratio: str = "0.49",
    lead: str = "",
    **article: Any,
) -> Record:
    """A two-arm trial with one hazard ratio; ``lead`` makes the text another one."""
    finding = f"The hazard ratio for death was {ratio} (95% CI, 0.38 to 0.64; P<0.001)."
    names = " ".join([*registry, acronym or "the trial"])
    text = f"{lead}In {names}, {drug} was compared with placebo in lung cancer. {finding}"
    make = RecordBuilder(text, key=key, **article)
    arms = (
        make.arm("a1", "experimental", make.intervention(drug, "pembrolizumab")),
        make.arm("a2", "comparator", make.intervention("placebo", "placebo")),
    )
    make.trial(
        registry=registry,
        acronym=acronym,
        conditions=(make.mention("condition", "lung cancer", "non-small cell lung cancer"),),
        arms=arms,
        outcomes=(make.outcome("o1", "death", "overall survival"),),
        results=(
            make.result(
                "r1",
                "hazard_ratio",
                ratio,
                finding,
                outcome="o1",
                arm="a1",
                comparator="a2",
                ci=(0.38, 0.64),
                p=("<", 0.001),
            ),
        ),
    )
    return make.record()
