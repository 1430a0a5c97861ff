"""The vocabulary files: complete, consistent, refused with file and line when they are not; users' own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import LexiconError
from extractor.lexicon import load_lexicon, loader, tables
from extractor.lexicon.tables import COLUMNS, DATA, read_own, read_table


def test_every_data_file_is_declared_and_has_rows() -> None:
    assert {path.stem for path in DATA.glob("*.tsv")} == set(COLUMNS)
    for name in COLUMNS:
        assert any(True for _ in read_own(name)), name


def test_every_row_says_how_it_was_made() -> None:
    for name, columns in COLUMNS.items():
        assert columns[-1] == "source"
        assert all(row.cells[-1] for row in read_own(name)), name


@pytest.mark.parametrize(
    ("file", "least"),
    [("drugs", 900), ("conditions", 700), ("outcomes", 700), ("procedures", 300), ("behaviours", 100), ("places", 500),
     ("drug_classes", 150), ("regimens", 100), ("inn_stems", 200), ("biomarkers", 150), ("organisations", 150)],
)  # fmt: skip
def test_vocabularies_are_broad(file: str, least: int) -> None:
    assert sum(1 for _ in read_own(file)) >= least


@pytest.mark.parametrize(
    ("term", "label", "concept"),
    [
        ("Keytruda", "drug", "pembrolizumab"),
        ("MK-3475", "drug", "pembrolizumab"),
        ("Blincyto", "drug", "blinatumomab"),
        ("Wegovy", "drug", "semaglutide"),
        ("lignocaine", "drug", "lidocaine"),
        ("5-FU", "drug", "fluorouracil"),
        ("T-DXd", "drug", "trastuzumab deruxtecan"),
        ("beta blockers", "drug", "beta-blocker"),
        ("R-CHOP", "drug", "R-CHOP"),
        ("CABG", "procedure", "coronary artery bypass grafting"),
        ("CBT", "behaviour", "cognitive behavioral therapy"),
        ("heart attack", "condition", "myocardial infarction"),
        ("NSCLC", "condition", "non-small cell lung cancer"),
        ("haemophilia B", "condition", "hemophilia B"),
        ("OS", "outcome", "overall survival"),
        ("HbA1c", "outcome", "HbA1c"),
        ("glycated haemoglobin", "outcome", "HbA1c"),
        ("HER-2", "biomarker", "HER2"),
        ("Dutch", "location", "Netherlands"),
        ("FDA", "organisation", "Food and Drug Administration"),
    ],
)
def test_names_lead_to_their_concept(term: str, label: str, concept: str) -> None:
    entry = load_lexicon().lookup(term, label)  # type: ignore[arg-type]
    assert entry is not None
    assert entry.concept == concept


def test_unknown_and_wrongly_cased_terms_are_not_found() -> None:
    lexicon = load_lexicon()
    assert lexicon.lookup("wobblestone") is None
    assert lexicon.lookup("os", "outcome") is None
    assert lexicon.lookup("Bayer", "drug") is None
    assert lexicon.lookup("") is None


def test_what_is_known_of_concepts() -> None:
    lexicon = load_lexicon()
    assert lexicon.classes_of("pembrolizumab") == ("PD-1 inhibitor",)
    assert lexicon.classes_of("zorvatinib") == ("tyrosine kinase inhibitor",)
    assert "oxaliplatin" in lexicon.components_of("FOLFOX")
    assert lexicon.components_of("aspirin") == ()
    assert lexicon.is_control("placebo")
    assert lexicon.is_control("usual care")
    assert not lexicon.is_control("aspirin")
    assert lexicon.outcome_role("neutropenia") == "safety"
    assert lexicon.outcome_role("overall survival") == "other"
    assert lexicon.outcome_role(None) == "other"
    assert lexicon.kinds["France"] == "country"
    assert lexicon.broader["Crohn's disease"] == ("inflammatory bowel disease",)
    assert lexicon.broader["asthma"] == ()
    assert "LEADER" in lexicon.trial_words
    entry = lexicon.lookup("aspirin")
    assert entry is not None
    assert entry.id == "RXNORM:1191"


def test_components_of_regimens_are_drugs() -> None:
    lexicon = load_lexicon()
    for regimen, parts in lexicon.regimen_parts.items():
        assert len(parts) > 1, regimen
        for part in parts:
            entry = lexicon.lookup(part, "drug")
            assert entry is not None, (regimen, part)
            assert entry.concept == part, (regimen, part)


def test_classes_of_drugs_and_stems_are_names_themselves() -> None:
    lexicon = load_lexicon()
    unnamed = {
        "other drug", "hormone", "androgen", "growth factor", "interleukin", "peptide", "polymer", "pegylated product",
        "enzyme inhibitor", "ion exchange inhibitor",
    }  # fmt: skip
    stems = (*lexicon.stems.values(), *lexicon.prefix_stems.values())
    used = {name for classes in lexicon.drug_classes.values() for name in classes} | {stem.drug_class for stem in stems}
    assert {name for name in used if lexicon.lookup(name, "drug") is None} == unnamed


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_terms_are_added_and_win(tmp_path: Path) -> None:
    own = write(tmp_path / "own.tsv", "term\tconcept\tlabel\nZorbatrine\tzorbatrine\tdrug\nKeytruda\tkeytruda (house name)\tdrug\n")
    lexicon = load_lexicon((own,))
    assert lexicon.lookup("zorbatrine", "drug") is not None
    entry = lexicon.lookup("Keytruda", "drug")
    assert entry is not None
    assert entry.concept == "keytruda (house name)"
    packaged = load_lexicon().lookup("Keytruda", "drug")
    assert packaged is not None
    assert packaged.concept == "pembrolizumab"
    assert load_lexicon((own,)) is lexicon


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("term\tconcept\nx\ty\n", ":1", "header"),
        ("term\tconcept\tlabel\tcolour\n", ":1", "colour"),
        ("term\tconcept\tlabel\nx\ty\n", ":2", "2 columns instead of 3"),
        ("term\tconcept\tlabel\n\ty\tdrug\n", ":2", "empty term"),
        ("term\tconcept\tlabel\nx\t\tdrug\n", ":2", "empty concept"),
        ("term\tconcept\tlabel\nx\ty\tpotion\n", ":2", "unknown label 'potion'"),
        ("term\tconcept\tlabel\n--\ty\tdrug\n", ":2", "no letter"),
        ("term\tconcept\tlabel\nfoobarine\ta\tdrug\nFoobarines\tb\tdrug\n", ":3", "own.tsv:2"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(tmp_path: Path, text: str, place: str, reason: str) -> None:
    path = write(tmp_path / "own.tsv", text)
    with pytest.raises(LexiconError) as caught:
        load_lexicon((path,))
    assert f"own.tsv{place}" in str(caught.value)
    assert reason in str(caught.value)


def test_missing_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"absent\.tsv"):
        load_lexicon((tmp_path / "absent.tsv",))
    (tmp_path / "binary.tsv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(LexiconError, match="cannot be read"):
        load_lexicon((tmp_path / "binary.tsv",))


def test_a_kind_of_what_no_row_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in DATA.glob("*.tsv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "conditions.tsv").open("a", encoding="utf-8") as file:
        file.write("zorbitis\t\tzorba\tgeneral\town\n")
    monkeypatch.setattr(tables, "DATA", tmp_path)
    with pytest.raises(LexiconError, match=r"conditions\.tsv:\d+: 'zorbitis' is no kind of 'zorba'"):
        loader.load_lexicon.__wrapped__()


@pytest.mark.parametrize(
    ("term", "other"),
    [
        ("intracerebral hemorrhage", "hemorrhagic stroke"),
        ("bleeding", "blood loss"),
        ("vaginal candidiasis", "bacterial vaginosis"),
        ("Graves' disease", "hyperthyroidism"),
        ("stable angina", "angina"),
        ("hepatoma", "liver cancer"),
        ("MDR-TB", "XDR-TB"),
        ("plaque psoriasis", "psoriasis"),
        ("premenstrual syndrome", "PMDD"),
    ],
)
def test_other_diseases_have_other_concepts(term: str, other: str) -> None:
    lexicon = load_lexicon()
    one, two = lexicon.lookup(term, "condition"), lexicon.lookup(other, "condition")
    assert one is not None
    assert two is not None
    assert one.concept != two.concept


@pytest.mark.parametrize(
    ("term", "other"),
    [("succimer", "dimercaprol"), ("polidocanol", "sodium tetradecyl sulfate"),
     ("lenograstim", "filgrastim"), ("Stribild", "elvitegravir"), ("VAC regimen", "CAV"), ("bDMARD", "DMARD")],
)  # fmt: skip
def test_other_drugs_have_other_concepts(term: str, other: str) -> None:
    lexicon = load_lexicon()
    one, two = lexicon.lookup(term, "drug"), lexicon.lookup(other, "drug")
    assert one is not None
    assert two is not None
    assert one.concept != two.concept


def test_a_term_of_two_concepts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in DATA.glob("*.tsv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "drugs.tsv").open("a", encoding="utf-8") as file:
        file.write("zorbatrine\tKeytruda\tother drug\town\n")
    monkeypatch.setattr(tables, "DATA", tmp_path)
    with pytest.raises(LexiconError, match=r"drugs\.tsv:\d+: 'Keytruda' is 'zorbatrine' here but 'pembrolizumab' at drugs"):
        loader.load_lexicon.__wrapped__()


def test_users_table_may_have_windows_line_ends_and_a_mark(tmp_path: Path) -> None:
    path = write(tmp_path / "own.tsv", "\ufeffterm\tconcept\tlabel\r\nx1\ty1\tdrug\r\n\r\n")
    assert [row.cells for row in read_table(path, ("term", "concept", "label"))] == [("x1", "y1", "drug")]
