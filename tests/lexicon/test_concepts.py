"""What is one endpoint or one treatment and what is not: names of one concept are pooled together."""

from __future__ import annotations

import pytest

from extractor.lexicon import load_lexicon
from extractor.records import MentionLabel

ONE = [
    ("LVEF", "left ventricular ejection fraction"),
    ("heart attack", "myocardial infarction"),
    ("hemorrhagic complications", "bleeding"),
    ("all-cause mortality", "death"),
    ("survival", "overall survival"),
    ("complete remission rate", "complete response"),
    ("surgical site infection", "wound infection"),
    ("hypoglycemic episodes", "hypoglycemia"),
    ("acute renal failure", "acute kidney injury"),
    ("shortness of breath", "dyspnea"),
    ("weight loss", "body weight"),
    ("health-related quality of life", "quality of life"),
]
APART = [
    # opposites
    ("limb amputation", "limb salvage"), ("death", "survival to hospital discharge"), ("vomiting", "no emesis"),
    ("graft survival", "graft failure"), ("weight loss", "weight gain"), ("positive margins", "negative margins"),
    ("death or disability", "disability-free survival"), ("alopecia", "hair preservation"),
    # a longer name within which a shorter one stands
    ("died", "died of breast cancer"), ("bleeding", "major hemorrhage"), ("BNP", "N-terminal pro-brain natriuretic peptide"),
    ("LDL cholesterol", "very low-density lipoprotein"), ("myelosuppression", "non-hematological toxicity"),
    ("DAS28", "Ankylosing Spondylitis Disease Activity Score"), ("response", "ovarian response"), ("stroke", "stroke severity"),
    # causes, consequences, neighbours
    ("intraventricular hemorrhage", "cerebral palsy"), ("aneurysm rupture", "aneurysm growth"),
    ("aneurysm rupture", "endoleak"), ("pancreatitis", "pancreatic fistula"), ("perineal trauma", "perineal pain"),
    ("postpartum hemorrhage", "retained placenta"), ("mitral regurgitation", "valve area"),
    ("hernia recurrence", "incisional hernia"), ("ventilator-associated pneumonia", "pneumothorax"),
    # sub-kinds that trials report beside the whole
    ("stroke", "nonfatal stroke"), ("stroke", "fatal stroke"), ("myocardial infarction", "nonfatal MI"),
    ("intracranial hemorrhage", "symptomatic intracranial hemorrhage"), ("neutropenia", "grade 3/4 neutropenia"),
    ("acute GVHD", "chronic GVHD"), ("cardiovascular death", "cardiac death"),
    ("influenza", "influenza-like illness"), ("postoperative complications", "minor complications"),
    # kinds of figure
    ("relapse", "time to first relapse"), ("parasitemia", "parasite clearance time"), ("delirium", "duration of delirium"),
    ("discontinuation", "discontinued because of adverse events"), ("TEAEs", "TRAEs"),
    # responses
    ("clinical remission in ulcerative colitis", "clinical response in Crohn's disease"),
    ("disease progression", "progressive disease"), ("responders", "nonresponders"), ("PSA response", "PSA progression"),
    ("minimal residual disease", "MRD negativity"), ("objective response", "best overall response"),
    # composites and analytes
    ("MACE", "MACCE"), ("MACE", "cardiac morbidity"), ("NT-proBNP", "BNP"), ("factor VIII activity", "factor IX activity"),
    ("geometric mean titer", "geometric mean concentration"), ("PaO2/FiO2", "oxygenation index"),
    # scales, versions, subscales, cut-offs
    ("QMG", "MG-ADL"), ("Glasgow Outcome Scale", "GOSE"), ("CGI-S", "CGI-I"), ("physical component summary", "MCS score"),
    ("IGA", "IGA 0/1"), ("sPGA", "sPGA 0/1"), ("FACT-G", "FACT-P"), ("WOMAC pain", "WOMAC function"),
    ("ADAS-Cog", "ADCS-ADL"), ("DAS28", "SDAI"), ("EQ-5D", "EQ-VAS"), ("FEV1", "FEV1/FVC"), ("BMI", "BMI z score"),
]  # fmt: skip

TREATMENTS = [
    ("procedure", "aneurysm clipping", "endovascular coiling"), ("procedure", "drug-eluting stent", "bare-metal stent"),
    ("procedure", "restrictive transfusion", "liberal transfusion"), ("procedure", "SAVR", "aortic valve replacement"),
    ("procedure", "laparoscopic cholecystectomy", "open cholecystectomy"), ("procedure", "N95 respirator", "face mask"),
    ("procedure", "radial access", "femoral access"), ("procedure", "delayed cord clamping", "umbilical cord milking"),
    ("procedure", "off-pump CABG", "CABG"), ("procedure", "hemodialysis", "hemodiafiltration"),
    ("procedure", "hearing aid", "cochlear implant"), ("procedure", "ESD", "EMR"), ("procedure", "vertebroplasty", "kyphoplasty"),
    ("behaviour", "heat therapy", "cold therapy"), ("behaviour", "text messages", "mobile app"),
    ("behaviour", "very-low-calorie diet", "calorie restriction"), ("behaviour", "MBSR", "MBCT"),
    ("behaviour", "prolonged exposure", "EMDR"), ("behaviour", "aerobic exercise", "aerobic and resistance exercise"),
    ("biomarker", "KRAS", "KRAS G12C"), ("biomarker", "PD-L1", "combined positive score"), ("biomarker", "dMMR", "pMMR"),
]  # fmt: skip


def _concept(name: str, label: MentionLabel = "outcome") -> str:
    entry = load_lexicon().lookup(name, label)
    assert entry is not None, f"{name} is no term"
    return entry.concept


@pytest.mark.parametrize(("name", "other"), ONE)
def test_names_of_one_endpoint(name: str, other: str) -> None:
    assert _concept(name) == _concept(other)


@pytest.mark.parametrize(("name", "other"), APART)
def test_endpoints_that_are_never_pooled(name: str, other: str) -> None:
    assert _concept(name) != _concept(other)


@pytest.mark.parametrize(("label", "name", "other"), TREATMENTS)
def test_what_trials_compare_is_no_one_concept(label: MentionLabel, name: str, other: str) -> None:
    assert _concept(name, label) != _concept(other, label)
