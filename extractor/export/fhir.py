"""Results as a FHIR R5 bundle of Evidence, EvidenceVariable and Citation (hl7.org/fhir/R5/evidence.html).

One Evidence for each result, one EvidenceVariable for each outcome, group and population, one Citation for each
document; they refer to each other by urn:uuid addresses that are made from the graph's keys, so that the same graph
gives the same bundle. Statistic types and attributes carry the codes of FHIR's value sets (STATO and NCIt codes) from
``data/statistic_types.tsv``; a measure without a code there is named in words.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from extractor.errors import LexiconError
from extractor.export.figures import Figure, Group, Place, figures_of
from extractor.export.files import atomic_file
from extractor.export.plain import plain_text
from extractor.export.selecting import Source, selected
from extractor.export.tables import Exported
from extractor.lexicon.tables import read_table

__all__ = ["bundle_of", "statistic_codes", "to_fhir"]

_NAMESPACE = uuid.UUID("6d5d8f0e-8b5c-5f43-9a57-4b0f6f6f0a51")
_ROLES = "http://terminology.hl7.org/CodeSystem/variable-role"
_UNITS = "http://unitsofmeasure.org"
_UCUM = {
    "%": "%", "day": "d", "week": "wk", "month": "mo", "year": "a", "hour": "h", "minute": "min", "mg/dL": "mg/dL",
    "mmol/L": "mmol/L", "kg": "kg", "g": "g", "mm Hg": "mm[Hg]", "mmHg": "mm[Hg]", "cm": "cm", "m": "m",
}  # fmt: skip
_IDENTIFIERS = (
    (re.compile(r"^pmid:(\d+)$"), "https://pubmed.ncbi.nlm.nih.gov"),
    (re.compile(r"^pmcid:(PMC\d+)$"), "https://www.ncbi.nlm.nih.gov/pmc"),
    (re.compile(r"^(?:doi:)?(10\.\d{4,9}/\S+)$"), "https://doi.org"),
    (re.compile(r"^(?:nct:)?(NCT\d{8})$"), "https://clinicaltrials.gov"),
)
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_Resource = dict[str, Any]


@cache
def statistic_codes() -> dict[tuple[str, str], dict[str, str]]:
    """Return (use, name) -> coding; use is "statistic" (of a measure) or "attribute" (ci, p, sd, se, iqr, range).

    Raises:
        LexiconError: a row is malformed or repeated.
    """
    codes: dict[tuple[str, str], dict[str, str]] = {}
    columns = ("name", "use", "system", "code", "display", "source")
    path = Path(__file__).parent / "data" / "statistic_types.tsv"
    for (name, use, system, code, display, source), where in read_table(path, columns):
        if use not in ("statistic", "attribute") or not (system and code and display and source):
            raise LexiconError("unknown use or an empty cell", where)
        if (use, name) in codes:
            raise LexiconError(f"repeats {name!r}", where)
        codes[use, name] = {"system": system, "code": code, "display": display}
    return codes


def to_fhir(source: Source, path: str | os.PathLike[str], **filters: Any) -> Exported:
    """Write the results as a FHIR R5 Bundle (type collection) in JSON.

    Args:
        source: an EvidenceGraph or a networkx graph of its model. path: the file. filters: as for
            ``EvidenceGraph.results``, only with an EvidenceGraph.

    Returns:
        The number of Evidence resources.

    Raises:
        TypeError: ``source`` is neither. UnknownNameError: a filter is not known. OSError: the file cannot be written.
    """
    figures = [figure for figure in figures_of(selected(source, filters)) if figure.places]
    with atomic_file(path) as file:
        file.write(json.dumps(bundle_of(figures), ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n")
    return Exported(rows=len(figures))


def bundle_of(figures: Iterable[Figure]) -> _Resource:
    """Return the Bundle of ``figures``, each with at least one place."""
    resources: dict[str, _Resource] = {}
    for figure in figures:
        for key, resource in _resources(figure):
            resources.setdefault(key, resource)
    entries = [{"fullUrl": _urn(key), "resource": {**resource, "id": _id(key)}} for key, resource in resources.items()]
    bundle: _Resource = {"resourceType": "Bundle", "type": "collection"}
    return bundle | ({"entry": entries} if entries else {})


def _id(key: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, plain_text(key)))


def _urn(key: str) -> str:
    return f"urn:uuid:{_id(key)}"


def _text(text: str) -> str:
    """FHIR strings are not empty; blanks alone count as empty."""
    return plain_text(text).strip() or "not stated"


def _resources(figure: Figure) -> Iterator[tuple[str, _Resource]]:
    """Yield (key, resource) for ``figure`` and all that it refers to, the figure last."""
    for place in figure.places:
        yield f"citation:{place.document}", _citation(place)
    variables: list[_Resource] = []
    for role, key, resource in _variables(figure):
        yield key, resource
        coding = {"system": _ROLES, "code": role}
        variables.append({"variableRole": {"coding": [coding]}, "observed": {"reference": _urn(key)}})
    yield figure.key, _evidence(figure, variables)


def _citation(place: Place) -> _Resource:
    cited: _Resource = {"title": [{"text": _text(place.title or place.document)}]}
    for pattern, system in _IDENTIFIERS:
        match = pattern.fullmatch(place.document)
        if match is not None:
            cited["identifier"] = [{"system": system, "value": match.group(1)}]
    if place.url is not None and not any(char.isspace() for char in place.url):
        cited["webLocation"] = [{"url": plain_text(place.url)}]
    day = _DATE.match(place.published or "")
    if day is not None:
        cited["publicationForm"] = [{"articleDate": day.group()}]
    return {
        "resourceType": "Citation",
        "status": "active",
        "title": _text(place.title or place.document),
        "citedArtifact": cited,
    }


def _variables(figure: Figure) -> Iterator[tuple[str, str, _Resource]]:
    """Yield (role, key, EvidenceVariable) of the people, the groups and the outcome; there is always the people's."""
    people = f"participants of {figure.trial_name}"
    if figure.conditions:
        people += f" with {', '.join(figure.conditions)}"
    yield "population", f"variable:{figure.trial}", _variable(people)
    if figure.subgroup:
        key = f"variable:{figure.trial}/subgroup/{figure.subgroup}"
        yield "subpopulation", key, _variable(figure.subgroup)
    if figure.arm is not None:
        yield "exposure", f"variable:{figure.arm.key}", _group(figure.arm)
    if figure.comparator is not None:
        yield "referenceExposure", f"variable:{figure.comparator.key}", _group(figure.comparator)
    if figure.outcome is not None:
        yield "measuredVariable", f"variable:outcome:{figure.outcome}", _variable(figure.outcome)


def _variable(title: str) -> _Resource:
    return {"resourceType": "EvidenceVariable", "status": "active", "title": _text(title)}


def _group(group: Group) -> _Resource:
    resource = _variable(group.label)
    if group.treatments:
        described = [{"definitionCodeableConcept": {"text": _text(name)}} for name in group.treatments]
        resource["characteristic"] = described
    return resource


def _evidence(figure: Figure, variables: list[_Resource]) -> _Resource:
    words = " ".join(
        filter(None, (figure.outcome, figure.measure.replace("_", " "), figure.time and f"at {figure.time}"))
    )
    return {
        "resourceType": "Evidence",
        "status": "active",
        "identifier": [{"value": _text(figure.key)}],
        "title": _text(f"{figure.trial_name}: {words}"),
        "relatedArtifact": [
            {
                "type": "derived-from",
                "label": f"characters {place.start} to {place.end}",
                "display": _text(place.quote),
                "resourceReference": {"reference": _urn(f"citation:{place.document}")},
            }
            for place in figure.places
        ],
        "variableDefinition": variables,
        "statistic": [_statistic(figure)],
    }


def _concept(use: str, name: str) -> _Resource:
    coding = statistic_codes().get((use, name))
    text = name.replace("_", " ")
    return {"text": text} if coding is None else {"coding": [dict(coding)], "text": text}


def _quantity(value: float, unit: str | None = None) -> _Resource:
    quantity: _Resource = {"value": value}
    if unit:
        quantity["unit"] = _text(unit)
    if unit in _UCUM:
        quantity |= {"system": _UNITS, "code": _UCUM[unit]}
    return quantity


def _statistic(figure: Figure) -> _Resource:
    statistic: _Resource = {"statisticType": _concept("statistic", figure.measure)}
    value, unit = figure.get("value"), figure.get("unit")
    direction = figure.get("direction")
    if value is not None:
        statistic["quantity"] = _quantity(value, unit)
    else:
        statistic["description"] = (direction or "not reached").replace("_", " ")
    events, total = figure.get("events"), figure.get("total")
    if events is not None and events >= 0 and events == int(events):
        statistic["numberAffected"] = int(events)
    if total is not None and total >= 0 and total == int(total):
        statistic["sampleSize"] = {"knownDataCount": int(total)}
    attributes = list(_attributes(figure, unit))
    if attributes:
        statistic["attributeEstimate"] = attributes
    return statistic


def _attributes(figure: Figure, unit: str | None) -> Iterator[_Resource]:
    low, high, level = figure.get("ci_low"), figure.get("ci_high"), figure.get("ci_level")
    if low is not None and high is not None:
        interval = {"type": _concept("attribute", "ci"), "range": _range(low, high, unit)}
        yield interval | ({"level": level / 100} if level is not None else {})
    p = figure.get("p_value")
    if p is not None:
        sign = {} if figure.get("p_op") == "=" else {"comparator": figure.get("p_op")}
        yield {"type": _concept("attribute", "p"), "quantity": {"value": p, **sign}}
    spread = figure.get("spread")
    if spread in ("sd", "se") and figure.get("spread_value") is not None:
        yield {"type": _concept("attribute", spread), "quantity": _quantity(figure.get("spread_value"), unit)}
    elif spread in ("iqr", "range") and figure.get("spread_low") is not None and figure.get("spread_high") is not None:
        limits = _range(figure.get("spread_low"), figure.get("spread_high"), unit)
        yield {"type": _concept("attribute", spread), "range": limits}


def _range(low: float, high: float, unit: str | None) -> _Resource:
    """FHIR wants low <= high; an interval printed the wrong way round is given in order."""
    low, high = min(low, high), max(low, high)
    return {"low": _quantity(low, unit), "high": _quantity(high, unit)}
