"""The parts of a ClinicalTrials.gov study record that are read, as the API gives them.

Structure: https://clinicaltrials.gov/data-api/about-api/study-data-structure (API version 2). Keys that are not named
here are ignored; absent ones take the empty value.
"""

from __future__ import annotations

import msgspec

__all__ = ["Analysis", "FlowGroup", "OutcomeMeasure", "PlannedOutcome", "Study"]


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """A part of the record; keys in camel case."""


class _Named(_Part, frozen=True):
    name: str = ""


class _Id(_Part, frozen=True):
    id: str = ""


class _Day(_Part, frozen=True):
    date: str = ""


class Identification(_Part, frozen=True):
    nct_id: str
    org_study_id_info: _Id = _Id()
    secondary_id_infos: tuple[_Id, ...] = ()
    brief_title: str = ""
    official_title: str = ""
    acronym: str = ""


class Status(_Part, frozen=True):
    overall_status: str = ""
    why_stopped: str = ""
    start_date_struct: _Day = _Day()
    completion_date_struct: _Day = _Day()
    study_first_post_date_struct: _Day = _Day()
    results_first_post_date_struct: _Day = _Day()
    last_update_post_date_struct: _Day = _Day()


class Sponsors(_Part, frozen=True):
    lead_sponsor: _Named = _Named()
    collaborators: tuple[_Named, ...] = ()


class Description(_Part, frozen=True):
    brief_summary: str = ""


class Conditions(_Part, frozen=True):
    conditions: tuple[str, ...] = ()


class Masking(_Part, frozen=True):
    masking: str = ""
    who_masked: tuple[str, ...] = ()


class DesignInfo(_Part, frozen=True):
    allocation: str = ""
    intervention_model: str = ""
    primary_purpose: str = ""
    masking_info: Masking = Masking()


class Enrollment(_Part, frozen=True):
    count: int | None = None
    type: str = ""


class DesignModule(_Part, frozen=True):
    study_type: str = ""
    phases: tuple[str, ...] = ()
    design_info: DesignInfo = DesignInfo()
    enrollment_info: Enrollment = Enrollment()


class ArmGroup(_Part, frozen=True):
    label: str = ""
    type: str = ""
    description: str = ""
    intervention_names: tuple[str, ...] = ()


class ArmsModule(_Part, frozen=True):
    arm_groups: tuple[ArmGroup, ...] = ()


class PlannedOutcome(_Part, frozen=True):
    measure: str = ""
    time_frame: str = ""


class OutcomesModule(_Part, frozen=True):
    primary_outcomes: tuple[PlannedOutcome, ...] = ()
    secondary_outcomes: tuple[PlannedOutcome, ...] = ()
    other_outcomes: tuple[PlannedOutcome, ...] = ()


class Eligibility(_Part, frozen=True):
    eligibility_criteria: str = ""
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""


class Location(_Part, frozen=True):
    country: str = ""


class Locations(_Part, frozen=True):
    locations: tuple[Location, ...] = ()


class Reference(_Part, frozen=True):
    pmid: str = ""
    type: str = ""


class References(_Part, frozen=True):
    references: tuple[Reference, ...] = ()


class Protocol(_Part, frozen=True):
    identification_module: Identification
    status_module: Status = Status()
    sponsor_collaborators_module: Sponsors = Sponsors()
    description_module: Description = Description()
    conditions_module: Conditions = Conditions()
    design_module: DesignModule = DesignModule()
    arms_interventions_module: ArmsModule = ArmsModule()
    outcomes_module: OutcomesModule = OutcomesModule()
    eligibility_module: Eligibility = Eligibility()
    contacts_locations_module: Locations = Locations()
    references_module: References = References()


class FlowGroup(_Part, frozen=True):
    id: str = ""
    title: str = ""


class Count(_Part, frozen=True):
    group_id: str = ""
    value: str = ""
    num_subjects: str = ""


class Milestone(_Part, frozen=True):
    type: str = ""
    achievements: tuple[Count, ...] = ()


class Period(_Part, frozen=True):
    milestones: tuple[Milestone, ...] = ()


class Flow(_Part, frozen=True):
    groups: tuple[FlowGroup, ...] = ()
    periods: tuple[Period, ...] = ()


class Denominator(_Part, frozen=True):
    units: str = ""
    counts: tuple[Count, ...] = ()


class Measurement(_Part, frozen=True):
    group_id: str = ""
    value: str = ""
    spread: str = ""
    lower_limit: str = ""
    upper_limit: str = ""


class Category(_Part, frozen=True):
    title: str = ""
    measurements: tuple[Measurement, ...] = ()


class Row(_Part, frozen=True):
    title: str = ""
    denoms: tuple[Denominator, ...] = ()
    categories: tuple[Category, ...] = ()


class Analysis(_Part, frozen=True):
    group_ids: tuple[str, ...] = ()
    p_value: str = ""
    statistical_method: str = ""
    param_type: str = ""
    param_value: str = ""
    ci_pct_value: str = ""
    ci_lower_limit: str = ""
    ci_upper_limit: str = ""


class OutcomeMeasure(_Part, frozen=True):
    type: str = ""
    title: str = ""
    param_type: str = ""
    dispersion_type: str = ""
    unit_of_measure: str = ""
    time_frame: str = ""
    groups: tuple[FlowGroup, ...] = ()
    denoms: tuple[Denominator, ...] = ()
    classes: tuple[Row, ...] = ()
    analyses: tuple[Analysis, ...] = ()


class OutcomeMeasures(_Part, frozen=True):
    outcome_measures: tuple[OutcomeMeasure, ...] = ()


class EventGroup(_Part, frozen=True):
    title: str = ""
    deaths_num_affected: int | None = None
    deaths_num_at_risk: int | None = None
    serious_num_affected: int | None = None
    serious_num_at_risk: int | None = None
    other_num_affected: int | None = None
    other_num_at_risk: int | None = None


class Events(_Part, frozen=True):
    time_frame: str = ""
    event_groups: tuple[EventGroup, ...] = ()


class Results(_Part, frozen=True):
    participant_flow_module: Flow = Flow()
    outcome_measures_module: OutcomeMeasures = OutcomeMeasures()
    adverse_events_module: Events = Events()


class Study(_Part, frozen=True):
    """One study record."""

    protocol_section: Protocol
    results_section: Results = Results()
    has_results: bool = False
