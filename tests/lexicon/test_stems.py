"""Drug names that no list holds, formed from stems, are recognised; ordinary words that end like stems are not."""

from __future__ import annotations

import random

from extractor.lexicon import load_lexicon
from extractor.reading.terms import find_terms
from tests.reading.test_terms import tokenize


def words(listing: str) -> list[str]:
    return listing.split()


# Written down apart from inn_stems.tsv, so that a stem missing there shows here.
STEMS = words("""
lizumab zumab ximab umab kimab tug bart mig tament kiment prument viment tinib ertinib brutinib citinib rafenib metinib
ciclib parib lisib sertib zomib domide degib clax rasib sidenib inostat taxel rubicin platin tecan bulin mustine trexate
citabine lutamide trozole mestane strant oxifene relix golix relin gestrel leucel temcel parvovec siran virsen nersen
gliptin gliflozin glutide glipron glitazone glinide vastatin fibrate cetrapib sartan pril olol dipine azosin kiren entan
renone thiazide semide vaptan drostat ciguat xaban gatran grel fiban parin teplase poetin dustat grastim bopag kinra
cept imod rolimus oxetine faxine triptyline peridone piprazole azepam azolam tiapine orexant melteon barbital racetam
panel gabalin stigmine capone triptan gepant setron pitant prazole prazan tidine lukast terol fylline tropium caftor
milast solone methasone astine rizine caine flurane curonium fentanil profen coxib fenac oxicam dronate paratide calcet
reotide pressin tocin tropin prost sudil onidine afil steride begron fenacin cillin penem bactam mycin floxacin cycline
zolid vancin conazole fungin nidazole bendazole ciclovir navir tegravir buvir asvir previr amivir virine viroc vudine
antel ectin copan
""")
BEGINNINGS = words("zor bel vani tuli mopa kere dasu lefo niri gava pelu sito redo futa hobi juma wexi cala")

ORDINARY = words("""
dynamic urban retain april accept concept except intercept percept precept treatment testament lament ligament parliament
document ornament tournament sacrament temperament predicament filament movement agreement refinement confinement
postponement atonement achievement bereavement basement abasement placement replacement announcement enhancement
commencement reinforcement impediment sediment rudiment condiment environment government element supplement implement
cyclone clone suggest digest ingest congest largest youngest strongest longest harvest request peptide nucleotide riptide
polypeptide dipeptide eventide gene hygiene antigene transgene oncogene parcel cancel chancel excel council pencil
stencil thermostat rheostat cryostat habitat combat format democrat acrobat cosmetic arsenic organic botanic volcanic
titanic satanic panic mechanic ceramic academic endemic polemic systemic domain certain maintain contain obtain sustain
mountain fountain captain villain bargain chaplain curtain plantain suburban turban bourbon ribbon carbon protein casein
martin satin latin bulletin violin goblin muslin dolphin cabin robin cousin basin raisin resin rosin toxin alcohol
cholesterol ergosterol glycerol symbol protocol petrol control patrol carol idol school pistol capitol vitriol gambol
comb tomb catacomb rib crib glib lib slab grab prefab rehab crab stab thumb numb plumb panel channel tunnel kernel flannel
profile reptile textile fertile hostile mobile fragile juvenile senile magazine engine machine marine routine sardine
medicine discipline doctrine urine famine vaccine hotline pipeline baseline outline deadline gasoline quarantine
valentine turpentine pristine determine examine imagine combine decline incline refine define fast breakfast forecast
broadcast contrast podcast steadfast outcast ballast
""")


def recognised(word: str) -> bool:
    text = f"Patients received {word} once daily."
    return any(m.label == "drug" and m.text == word for m in find_terms(text, tokenize(text), load_lexicon()))


def made_up_names(count: int) -> list[str]:
    chosen = random.Random(4)
    lexicon = load_lexicon()
    names: list[str] = []
    while len(names) < count:
        name = chosen.choice(BEGINNINGS) + STEMS[len(names) % len(STEMS)]
        if name not in names and lexicon.lookup(name) is None:
            names.append(name)
    return names


def test_made_up_drug_names_are_recognised() -> None:
    names = made_up_names(200)
    missed = [name for name in names if not recognised(name)]
    assert len(missed) <= 10, missed


def test_ordinary_words_that_end_like_stems_are_not_drugs() -> None:
    ordinary = list(dict.fromkeys(ORDINARY))[:200]
    assert len(ordinary) == 200
    alarms = [word for word in ordinary if load_lexicon().stem_of(word) is not None]
    assert len(alarms) <= 4, alarms


def test_new_antibody_stems_give_their_class() -> None:
    lexicon = load_lexicon()
    for name in ("vezolitug", "palanobart", "sunotamig", "ebrutament"):
        stem = lexicon.stem_of(name)
        assert stem is not None, name
        assert stem.drug_class.startswith("monoclonal antibody")
