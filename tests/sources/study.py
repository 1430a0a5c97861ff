"""A made study record, in the form of the API of ClinicalTrials.gov; trial, drug and figures are invented."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["STUDY", "study_bytes"]

_GROUPS = [{"id": "OG000", "title": "Morvantin 20 mg"}, {"id": "OG001", "title": "Placebo"}]
_COUNTS = [{"groupId": "OG000", "value": "118"}, {"groupId": "OG001", "value": "121"}]

STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT09990001", "orgStudyIdInfo": {"id": "MOR-204"}, "secondaryIdInfos": [{"id": "2031-000111-22"}],
            "briefTitle": "Morvantin for Gout:  a Made Trial", "officialTitle": "A made study of morvantin in gout",
            "acronym": "CRYSTAL-2",
        },
        "statusModule": {
            "overallStatus": "COMPLETED", "startDateStruct": {"date": "2031-02"},
            "completionDateStruct": {"date": "2033-05-10"}, "studyFirstPostDateStruct": {"date": "2031-01-20"},
            "resultsFirstPostDateStruct": {"date": "2034-01-05"}, "lastUpdatePostDateStruct": {"date": "2034-02-01"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Hollow Hill Institute"}, "collaborators": [{"name": "Made Fund"}]},
        "descriptionModule": {"briefSummary": "Morvantin lowers urate.\n\nResult: this line only looks like one."},
        "conditionsModule": {"conditions": ["Gout", "Hyperuricemia"]},
        "designModule": {
            "studyType": "INTERVENTIONAL", "phases": ["PHASE2", "PHASE3"],
            "designInfo": {
                "allocation": "RANDOMIZED", "interventionModel": "PARALLEL", "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
            },
            "enrollmentInfo": {"count": 239, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Morvantin 20 mg", "type": "EXPERIMENTAL", "description": "Once a day", "interventionNames": ["Drug: Morvantin"]},
                {"label": "Placebo", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Placebo", "Behavioral: Diet"]},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Change from baseline in serum urate", "timeFrame": "Baseline, week 24"}],
            "secondaryOutcomes": [{"measure": "Patients with a flare", "timeFrame": "Up to 12 months"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Gout for 1 year\n* Two flares: at least\n\nExclusion Criteria:\n\n* Dialysis",
            "sex": "FEMALE", "minimumAge": "18 Years", "maximumAge": "75 Years",
        },
        "contactsLocationsModule": {"locations": [{"country": "Norway"}, {"country": "Norway"}, {"country": "Chile"}]},
        "referencesModule": {"references": [{"pmid": "99999901", "type": "RESULT"}, {"pmid": "7", "type": "BACKGROUND"}]},
    },
    "resultsSection": {
        "participantFlowModule": {
            "groups": [{"id": "FG000", "title": "Morvantin 20 mg"}, {"id": "FG001", "title": "Placebo"}],
            "periods": [{"milestones": [{"type": "STARTED", "achievements": [
                {"groupId": "FG000", "numSubjects": "119"}, {"groupId": "FG001", "numSubjects": "120"}]}]}],
        },
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "type": "PRIMARY", "title": "Change from Baseline in Serum Urate", "timeFrame": "Baseline, week 24",
                    "paramType": "LEAST_SQUARES_MEAN", "dispersionType": "Standard Error", "unitOfMeasure": "mg/dL",
                    "groups": _GROUPS, "denoms": [{"units": "Participants", "counts": _COUNTS}],
                    "classes": [{"categories": [{"measurements": [
                        {"groupId": "OG000", "value": "-2.40", "spread": "0.15"},
                        {"groupId": "OG001", "value": "0", "spread": "0.14"}]}]}],
                    "analyses": [{
                        "groupIds": ["OG000", "OG001"], "pValue": "<0.001", "statisticalMethod": "ANCOVA",
                        "paramType": "LS Mean Difference (Final Values)", "paramValue": "-2.4", "ciPctValue": "95",
                        "ciLowerLimit": "-2.9", "ciUpperLimit": "-1.9"}],
                },
                {
                    "type": "SECONDARY", "title": "Patients with a flare", "timeFrame": "Up to 12 months",
                    "paramType": "COUNT_OF_PARTICIPANTS", "unitOfMeasure": "Participants", "groups": _GROUPS,
                    "denoms": [{"units": "Participants", "counts": _COUNTS}],
                    "classes": [
                        {"title": "Month 6", "categories": [{"measurements": [{"groupId": "OG000", "value": "0"}, {"groupId": "OG001", "value": "31"}]}]},
                        {"title": "Women over 60", "denoms": [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "40"}]}],
                         "categories": [{"measurements": [{"groupId": "OG000", "value": "NA"}, {"groupId": "OG001", "value": "12"}]}]},
                    ],
                    "analyses": [
                        {"groupIds": ["OG001", "OG000"], "paramType": "Hazard Ratio (HR)", "paramValue": "0.48",
                         "ciPctValue": "95", "ciLowerLimit": "0.31", "ciUpperLimit": "1.02"},
                        {"groupIds": ["OG000", "OG001"], "pValue": "0.62", "paramType": "Slope", "paramValue": "3"},
                        {"groupIds": ["OG000"], "pValue": "0.01"}],
                },
                {
                    "type": "OTHER_PRE_SPECIFIED", "title": "Time to first flare", "timeFrame": "12 months, 24 months",
                    "paramType": "MEDIAN", "dispersionType": "95% Confidence Interval", "unitOfMeasure": "Months",
                    "groups": [{"id": "OG000", "title": "All Participants"}],
                    "classes": [{"categories": [{"measurements": [
                        {"groupId": "OG000", "value": "7.5", "lowerLimit": "6.1", "upperLimit": "9.0"}]}]}],
                },
            ],
        },
        "adverseEventsModule": {"timeFrame": "1 year", "eventGroups": [
            {"title": "Morvantin 20 mg", "seriousNumAffected": 0, "seriousNumAtRisk": 119, "deathsNumAffected": 1},
            {"title": "Placebo", "seriousNumAffected": 4, "seriousNumAtRisk": 120}]},
    },
    "hasResults": True,
}  # fmt: skip


def study_bytes() -> bytes:
    """Return the record as the API sends it."""
    return json.dumps(STUDY).encode()
