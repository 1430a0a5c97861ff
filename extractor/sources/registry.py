"""Study records of ClinicalTrials.gov (API version 2) to Articles of kind "registry".

Interface: https://clinicaltrials.gov/data-api/api. The text is a rendering that people and ``linking.registry_record``
both read: the title, then one fact a line, "Label: value", in a fixed order; a value never runs over its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from extractor.errors import ParseError
from extractor.records import Article, Identifiers, Section, make_article
from extractor.sources.http import HttpClient
from extractor.sources.markup import collapse
from extractor.sources.study import Analysis, OutcomeMeasure, Study

__all__ = ["REGISTRY_ADDRESS", "fetch_study", "read_study"]

REGISTRY_ADDRESS = "https://clinicaltrials.gov/api/v2/"
_decoder = msgspec.json.Decoder(Study)
_PHASES = {"EARLY_PHASE1": "0", "PHASE1": "1", "PHASE2": "2", "PHASE3": "3", "PHASE4": "4"}
_Line = tuple[str, str]


def fetch_study(client: HttpClient, number: str, *, address: str = REGISTRY_ADDRESS) -> Article:
    """Return the record of a study, such as "NCT01234567".

    Raises:
        FetchError: there is none, or it cannot be fetched. ParseError: the answer is no study record.
    """
    url = f"{address.rstrip('/')}/studies/{quote(number.upper())}"
    response = client.get(url, accept=("application/json",), interface=True)
    return read_study(response.content, where=url, retrieved_at=response.retrieved_at)


def read_study(data: bytes, *, where: str | None = None, retrieved_at: str | None = None) -> Article:
    """Return a study record (JSON of the API) as an Article; its id is "nct:" and the number.

    Raises:
        ParseError: ``data`` is no study record.
    """
    try:
        study = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ParseError(f"not a study record of ClinicalTrials.gov: {error}", where) from error
    protocol = study.protocol_section
    number = collapse(protocol.identification_module.nct_id)
    if not number:
        raise ParseError("the study record has no number", where)
    title = collapse(protocol.identification_module.brief_title) or number
    parts = [
        ("other", [("Registry", "ClinicalTrials.gov"), *_about(study)]),
        ("background", [("Summary", protocol.description_module.brief_summary), *_many("Condition", protocol.conditions_module.conditions)]),
        ("methods", [*_design(study), *_arms(study), *_eligibility(study), *_planned(study)]),
        ("results", [*_flow(study), *_results(study), *_events(study)]),
    ]  # fmt: skip
    text, sections = title, [Section(label="title", start=0, end=len(title))]
    for label, lines in parts:
        block = "\n".join(f"{name}: {shown}" for name, value in lines if (shown := collapse(value)))
        if block:
            text += "\n\n"
            sections.append(Section(label=label, start=len(text), end=len(text) + len(block)))
            text += block
    status = protocol.status_module
    return make_article(
        id=f"nct:{number}",
        kind="registry",
        text=text,
        title=title,
        url=f"https://clinicaltrials.gov/study/{quote(number)}",
        source="ClinicalTrials.gov",
        language="en",
        published=status.results_first_post_date_struct.date or status.study_first_post_date_struct.date or None,
        updated=status.last_update_post_date_struct.date or None,
        retrieved_at=retrieved_at,
        sections=tuple(sections),
        identifiers=Identifiers(),
        links=tuple(
            f"https://pubmed.ncbi.nlm.nih.gov/{r.pmid}/"
            for r in protocol.references_module.references
            if r.pmid.isdecimal() and r.type in ("RESULT", "DERIVED")
        ),
        registry_ids=(number,),
    )


def _words(code: str) -> str:
    """Return a code of the API as words: "ACTIVE_COMPARATOR" as "active comparator"."""
    return code.replace("_", " ").lower()


def _many(label: str, values: Sequence[str]) -> list[_Line]:
    return [(label, value) for value in dict.fromkeys(values)]


def _about(study: Study) -> Iterator[_Line]:
    protocol = study.protocol_section
    names, status = protocol.identification_module, protocol.status_module
    yield "Number", names.nct_id
    yield "Official title", names.official_title
    yield "Acronym", names.acronym
    yield from _many("Other number", [names.org_study_id_info.id, *(i.id for i in names.secondary_id_infos)])
    yield "Status", _words(status.overall_status)
    yield "Why stopped", status.why_stopped
    first, last = status.start_date_struct.date, status.completion_date_struct.date
    if first and last:
        yield "Dates", f"{first} to {last}"
    yield "Sponsor", protocol.sponsor_collaborators_module.lead_sponsor.name
    yield from _many("Collaborator", [c.name for c in protocol.sponsor_collaborators_module.collaborators])
    yield from _many("Country", [place.country for place in protocol.contacts_locations_module.locations])


def _design(study: Study) -> Iterator[_Line]:
    design = study.protocol_section.design_module
    info = design.design_info
    yield "Study type", _words(design.study_type)
    yield "Phase", "/".join(_PHASES[phase] for phase in design.phases if phase in _PHASES)
    yield "Allocation", _words(info.allocation)
    yield "Model", _words(info.intervention_model)
    yield "Masking", _words(info.masking_info.masking)
    yield from _many("Masked", [_words(who) for who in info.masking_info.who_masked])
    yield "Purpose", _words(info.primary_purpose)
    if design.enrollment_info.count is not None:
        planned = design.enrollment_info.type == "ESTIMATED"
        yield ("Planned enrollment" if planned else "Enrollment"), f"{design.enrollment_info.count} participants"


def _arms(study: Study) -> Iterator[_Line]:
    for arm in study.protocol_section.arms_interventions_module.arm_groups:
        yield "Arm", arm.label
        yield "Role", _words(arm.type)
        yield from _many("Intervention", arm.intervention_names)
        yield "Description", arm.description


def _eligibility(study: Study) -> Iterator[_Line]:
    rules = study.protocol_section.eligibility_module
    yield "Sex", _words(rules.sex)
    yield "Minimum age", rules.minimum_age
    yield "Maximum age", rules.maximum_age
    for line in rules.eligibility_criteria.splitlines():
        yield "Criterion", line.strip().lstrip("*-•·").strip()


def _planned(study: Study) -> Iterator[_Line]:
    module = study.protocol_section.outcomes_module
    for role, outcomes in (
        ("Primary", module.primary_outcomes),
        ("Secondary", module.secondary_outcomes),
        ("Other", module.other_outcomes),
    ):
        for outcome in outcomes:
            yield f"{role} outcome", outcome.measure
            yield "Time frame", outcome.time_frame


def _flow(study: Study) -> Iterator[_Line]:
    flow = study.results_section.participant_flow_module
    first = flow.periods[0].milestones if flow.periods else ()
    for kind, label in (("STARTED", "Started"), ("COMPLETED", "Completed")):
        for milestone in first:
            counts = {count.group_id: count.num_subjects for count in milestone.achievements}
            for group in flow.groups if milestone.type == kind else ():
                if counts.get(group.id):
                    yield f"{label} group", group.title
                    yield label, f"{counts[group.id]} participants"


def _results(study: Study) -> Iterator[_Line]:
    for outcome in study.results_section.outcome_measures_module.outcome_measures:
        yield "Result", outcome.title
        yield "Type", _words(outcome.type)
        yield "Time frame", outcome.time_frame
        yield "Statistic", _words(outcome.param_type)
        yield "Dispersion", _words(outcome.dispersion_type)
        yield "Unit", outcome.unit_of_measure
        for group in outcome.groups:
            yield from _group(outcome, group.id, group.title)
        for analysis in outcome.analyses:
            yield from _analysis(outcome, analysis)


def _group(outcome: OutcomeMeasure, group: str, title: str) -> Iterator[_Line]:
    """The values of one group: its number analysed first, then row by row."""
    yield "Group", title
    yield "Analysed", next((c.value for d in outcome.denoms for c in d.counts if c.group_id == group), "")
    for row in outcome.classes:
        own = next((c.value for d in row.denoms for c in d.counts if c.group_id == group), "")
        for category in row.categories:
            for value in category.measurements:
                if value.group_id != group or not value.value:
                    continue
                yield "Row", ", ".join(filter(None, (collapse(row.title), collapse(category.title))))
                yield "Analysed in row", own
                yield "Value", value.value
                yield "Spread", value.spread
                if value.lower_limit and value.upper_limit:
                    yield "Limits", f"{value.lower_limit} to {value.upper_limit}"


def _analysis(outcome: OutcomeMeasure, analysis: Analysis) -> Iterator[_Line]:
    titles = {group.id: group.title for group in outcome.groups}
    yield "Analysis", analysis.param_type or "comparison"
    for group in analysis.group_ids:
        yield "Compared", titles.get(group, "")
    yield "Estimate", analysis.param_value
    if analysis.ci_lower_limit and analysis.ci_upper_limit:
        yield "Confidence level", f"{analysis.ci_pct_value}%" if analysis.ci_pct_value else ""
        yield "Interval", f"{analysis.ci_lower_limit} to {analysis.ci_upper_limit}"
    yield "P-value", analysis.p_value
    yield "Method", analysis.statistical_method


def _events(study: Study) -> Iterator[_Line]:
    module = study.results_section.adverse_events_module
    for title, affected, at_risk in (
        ("Deaths from any cause", "deaths_num_affected", "deaths_num_at_risk"),
        ("Serious adverse events", "serious_num_affected", "serious_num_at_risk"),
        ("Other adverse events", "other_num_affected", "other_num_at_risk"),
    ):
        told = [g for g in module.event_groups if getattr(g, affected) is not None]
        if not told:
            continue
        yield "Result", title
        yield "Type", "safety"
        yield "Time frame", module.time_frame
        yield "Statistic", "count of participants"
        yield "Unit", "participants"
        for group in told:
            total = getattr(group, at_risk)
            yield "Group", group.title
            yield "Analysed", "" if total is None else str(total)
            yield "Value", str(getattr(group, affected))
