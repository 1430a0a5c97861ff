"""MEDLINE XML to Articles."""



from __future__ import annotations

import io

import pytest

from extractor.records import Article, Failure, Identifiers
from extractor.sources import read_pubmed

DOCTYPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January '
    '2024//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_240101.dtd">\n'
)

ABSTRACT = """<Abstract>
 <AbstractText Label="AIMS" NlmCategory="OBJECTIVE">To compare drug A with placebo in <i>EGFR</i>-mutant tumours.</AbstractText>
 <AbstractText Label="METHODS" NlmCategory="METHODS">We randomised 120 adults
   (dose 5&#xd7;10<sup>9</sup> cells; CD4<sup>+</sup>, H<sub>2</sub>O, 30 kg/m<sup>2</sup>).</AbstractText>
 <AbstractText Label="FINDINGS" NlmCategory="UNASSIGNED">Response was 45/60 vs 30/60 (P&#xa0;&lt; 0&#xb7;01).</AbstractText>
 <AbstractText Label="INTERPRETATION" NlmCategory="CONCLUSIONS">Drug A <b>works</b>.</AbstractText>
 <AbstractText Label="FUNDER'S NOTE" NlmCategory="UNASSIGNED">None.</AbstractText>
 <CopyrightInformation>Copyright of somebody.</CopyrightInformation>
</Abstract>"""

EXPECTED = (
    "Drug A in EGFR-mutant tumours: a trial.\n\n"
    "AIMS: To compare drug A with placebo in EGFR-mutant tumours.\n"
    "METHODS: We randomised 120 adults (dose 5×10^9 cells; CD4+, H2O, 30 kg/m^2).\n"
    "FINDINGS: Response was 45/60 vs 30/60 (P\u00a0< 0·01).\n"
    "INTERPRETATION: Drug A works.\n"
    "FUNDER'S NOTE: None."
)


def record(pmid: str = "101", abstract: str = ABSTRACT, extra: str = "", dates: str = "") -> str:
    return f"""<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article>
<Journal><JournalIssue>{dates or "<PubDate><Year>2021</Year><Month>Mar</Month></PubDate>"}</JournalIssue><Title>Journal of Trials</Title></Journal>
<ArticleTitle>Drug A in <i>EGFR</i>-mutant tumours: a trial.</ArticleTitle>
<ELocationID EIdType="doi" ValidYN="Y">10.1000/eloc</ELocationID>{abstract}
<AuthorList><Author><LastName>Ek</LastName><ForeName>Bo</ForeName></Author><Author><CollectiveName>A Study Group</CollectiveName></Author></AuthorList>
<Language>eng</Language>{extra}</Article></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId><ArticleId IdType="doi">10.1000/own</ArticleId>
<ArticleId IdType="pmc">PMC77</ArticleId></ArticleIdList>
<ReferenceList><Reference><ArticleIdList><ArticleId IdType="pubmed">999</ArticleId><ArticleId IdType="doi">10.1000/ref</ArticleId></ArticleIdList></Reference></ReferenceList>
</PubmedData></PubmedArticle>"""


def document(*records: str) -> bytes:
    return (DOCTYPE + "<PubmedArticleSet>" + "\n".join(records) + "</PubmedArticleSet>").encode()


def read(data: bytes) -> list[Article | Failure]:
    return list(read_pubmed(io.BytesIO(data), where="f.xml"))


def one(data: bytes) -> Article:
    (article,) = read(data)
    assert isinstance(article, Article)
    return article


def test_structured_abstract_with_inline_tags() -> None:
    article = one(document(record()))
    assert article.text == EXPECTED
    parts = [(s.label, article.text[s.start : s.end]) for s in article.sections]
    assert [label for label, _ in parts] == ["title", "objective", "methods", "results", "conclusions", "other"]
    assert parts[0][1] == article.title
    assert parts[3][1].startswith("FINDINGS: Response")
    assert all(text == text.strip() for _, text in parts)


def test_what_the_record_says_of_itself() -> None:
    bank = (
        "<DataBankList><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList><AccessionNumber>"
        "NCT01234567</AccessionNumber></AccessionNumberList></DataBank><DataBank><DataBankName>ISRCTN</DataBankName>"
        "<AccessionNumberList><AccessionNumber>ISRCTN123</AccessionNumber></AccessionNumberList></DataBank><DataBank>"
        "<DataBankName>GENBANK</DataBankName><AccessionNumberList><AccessionNumber>X1</AccessionNumber>"
        "</AccessionNumberList></DataBank></DataBankList>"
    )
    article = one(document(record(extra=bank)))
    assert (article.id, article.kind, article.language, article.source) == (
        "pmid:101",
        "abstract",
        "en",
        "Journal of Trials",
    )
    assert article.authors == ("Bo Ek", "A Study Group")
    assert article.identifiers == Identifiers(pmid="101", pmcid="PMC77", doi="10.1000/own")
    assert article.url == "https://pubmed.ncbi.nlm.nih.gov/101/"
    assert article.links == (
        "https://clinicaltrials.gov/study/NCT01234567",
        "https://www.isrctn.com/ISRCTN123",
        "https://doi.org/10.1000/own",
    )


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("<PubDate><Year>2021</Year></PubDate>", "2021"),
        ("<PubDate><Year>2021</Year><Month>Mar</Month></PubDate>", "2021-03"),
        ("<PubDate><Year>2021</Year><Month>3</Month><Day>7</Day></PubDate>", "2021-03-07"),
        ("<PubDate><Year>2021</Year><Season>Spring</Season></PubDate>", "2021"),
        ("<PubDate><MedlineDate>2019 Nov-Dec</MedlineDate></PubDate>", "2019-11"),
        ("<PubDate><MedlineDate>Spring 1998</MedlineDate></PubDate>", "1998"),
        ("<PubDate></PubDate>", None),
    ],
)
def test_dates_with_missing_parts(dates: str, expected: str | None) -> None:
    assert one(document(record(dates=dates))).published == expected


def test_electronic_date_goes_before_the_issue() -> None:
    extra = '<ArticleDate DateType="Electronic"><Year>2020</Year><Month>12</Month><Day>31</Day></ArticleDate>'
    assert one(document(record(extra=extra))).published == "2020-12-31"


def test_abstract_without_labels_is_a_body() -> None:
    article = one(
        document(
            record(abstract="<Abstract><AbstractText>All of <sup>131</sup>I was taken up.</AbstractText></Abstract>")
        )
    )
    assert article.text.endswith("\n\nAll of 131I was taken up.")
    assert [section.label for section in article.sections] == ["title", "body"]


@pytest.mark.parametrize(
    "abstract", ["", "<Abstract></Abstract>", "<Abstract><AbstractText> </AbstractText></Abstract>"]
)
def test_record_without_abstract_is_a_failure_and_the_rest_goes_on(abstract: str) -> None:
    failure, article = read(document(record("7", abstract=abstract), record("8")))
    assert failure == Failure(where="f.xml", stage="parse", reason="no abstract", document="pmid:7")
    assert isinstance(article, Article)
    assert article.id == "pmid:8"


def test_everything_before_a_fault_is_given() -> None:
    data = document(record("1"), record("2"), record("3"))
    broken = data.replace(b"</MedlineCitation>", b"</Wrong>")
    items = read(data[: data.index(b">3<")])
    assert [item.id for item in items[:-1] if isinstance(item, Article)] == ["pmid:1", "pmid:2"]
    assert isinstance(items[-1], Failure)
    assert "malformed" in items[-1].reason
    assert isinstance(read(broken)[-1], Failure)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"no xml", "not XML"),
        (b"<?xml version='1.0'?>", "root"),
        (b"<PubmedArticleSet/>", "no PubMed record"),
        (b"<feed><entry/></feed>", "no PubMed record"),
        (document(record()).replace(b'"utf-8"', b'"utf-16"'), "encoding declaration"),
        (document(record()).replace(b'"utf-8"', b'"utf-7"'), "encoding declaration"),
        (document(record().replace("Bo", "Bö")).decode().encode("latin-1"), "malformed"),
    ],
)
def test_what_is_no_pubmed_xml_is_a_failure(data: bytes, reason: str) -> None:
    (failure,) = read(data)
    assert isinstance(failure, Failure)
    assert reason in failure.reason
    assert failure.where == "f.xml"


@pytest.mark.parametrize("codec", ["utf-16", "iso-8859-1"])
def test_true_encoding_declarations_are_followed(codec: str) -> None:
    text = document(record().replace(">Bo<", ">Bö<")).decode().replace("utf-8", codec, 1)
    assert one(text.encode(codec)).authors[0] == "Bö Ek"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "subset",
    [
        f'<!ENTITY l0 "ha">{LAUGHS}',
        '<!ENTITY l11 SYSTEM "file:///etc/passwd">',
        '<!ENTITY % outside SYSTEM "http://127.0.0.1:9/x.dtd"> %outside;',
    ],
)
def test_entities_are_refused_before_they_are_read(subset: str) -> None:
    prolog = f'<?xml version="1.0"?><!-- a > b [ --><!DOCTYPE PubmedArticleSet [{subset}]>'
    body = f'<PubmedArticleSet a="&l11;">{record().replace("Drug A", "&l11;")}</PubmedArticleSet>'
    (failure,) = read((prolog + body).encode())
    assert isinstance(failure, Failure)
    assert "entities" in failure.reason
    (failure,) = read((prolog + body).encode("utf-16"))
    assert isinstance(failure, Failure)
    assert "entities" in failure.reason


def test_undeclared_entity_is_malformed() -> None:
    (failure,) = read(document(record().replace("Drug A", "&laugh; A")))
    assert isinstance(failure, Failure)


def test_many_records_are_a_stream() -> None:
    class Endless:
        """Gives records for ever; a reader that waits for the end would never return."""

        def __init__(self) -> None:
            self.number = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            self.number += 1
            start = (DOCTYPE + "<PubmedArticleSet>").encode() if self.number == 1 else b""
            return start + record(str(self.number)).encode()

    articles = read_pubmed(Endless(), where="f.xml")
    assert [getattr(next(articles), "id", None) for _ in range(300)] == [f"pmid:{number}" for number in range(1, 301)]


def _citation(pmid: int, inner: str = "", article: str = "") -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID Version='2'>{pmid}</PMID><DateRevised><Year>2024</Year><Month>03</Month>"
        f"<Day>09</Day></DateRevised><Article><ArticleTitle>A trial</ArticleTitle>"
        f"<Abstract><AbstractText>Ten of 20 improved.</AbstractText></Abstract>{article}</Article>{inner}"
        f"</MedlineCitation></PubmedArticle>"
    )


def _read(xml: str) -> list[Article | Failure]:
    return list(read_pubmed(io.BytesIO(f"<PubmedArticleSet>{xml}</PubmedArticleSet>".encode()), where="made.xml"))


@pytest.mark.parametrize(
    ("ref_types", "types", "status"),
    [
        ([], [], "unknown"),
        (["CommentIn"], ["Randomized Controlled Trial"], "unknown"),
        (["ErratumIn"], [], "corrected"),
        (["ErratumIn", "ExpressionOfConcernIn"], [], "concern"),
        (["ErratumIn", "RetractionIn"], [], "retracted"),
        ([], ["Retracted Publication"], "retracted"),
        (["RetractionOf"], ["Retraction of Publication"], "unknown"),
    ],
)
def test_standing_of_an_article(ref_types: list[str], types: list[str], status: str) -> None:
    notices = "".join(
        f"<CommentsCorrections RefType='{t}'><RefSource>J Made. 2024</RefSource></CommentsCorrections>" for t in ref_types
    )
    kinds = "".join(f"<PublicationType>{t}</PublicationType>" for t in types)
    (article,) = _read(
        _citation(
            1,
            f"<CommentsCorrectionsList>{notices}</CommentsCorrectionsList>",
            f"<PublicationTypeList>{kinds}</PublicationTypeList>",
        )
    )
    assert isinstance(article, Article)
    assert (article.status, article.publication_types, article.updated) == (status, tuple(types), "2024-03-09")
    assert len(article.corrections) == sum(t in ("ErratumIn", "ExpressionOfConcernIn", "RetractionIn") for t in ref_types)


def test_what_the_index_says_of_an_article() -> None:
    (article,) = _read(
        _citation(
            1,
            "<MeshHeadingList><MeshHeading><DescriptorName>Humans</DescriptorName></MeshHeading><MeshHeading>"
            "<DescriptorName>Asthma</DescriptorName><QualifierName>drug therapy</QualifierName>"
            "<QualifierName>diet therapy</QualifierName></MeshHeading></MeshHeadingList>",
            "<DataBankList><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList><AccessionNumber>"
            "NCT00000009</AccessionNumber></AccessionNumberList></DataBank><DataBank><DataBankName>GENBANK</DataBankName>"
            "<AccessionNumberList><AccessionNumber>U12345</AccessionNumber></AccessionNumberList></DataBank></DataBankList>",
        )
    )
    assert isinstance(article, Article)
    assert article.subjects == ("Humans", "Asthma/drug therapy", "Asthma/diet therapy")
    assert article.registry_ids == ("NCT00000009",)


def test_an_english_abstract_by_others_stands_in_for_a_missing_one() -> None:
    def other(language: str) -> str:
        return (
            "<PubmedArticle><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>A trial</ArticleTitle></Article>"
            f"<OtherAbstract Type='Publisher' Language='{language}'><AbstractText>Ten of 20 improved.</AbstractText>"
            "</OtherAbstract></MedlineCitation></PubmedArticle>"
        )

    (english,) = _read(other("eng"))
    assert isinstance(english, Article) and english.text.endswith("Ten of 20 improved.")
    (spanish,) = _read(other("spa"))
    assert isinstance(spanish, Failure) and spanish.reason == "no abstract"


def test_deleted_citations_are_withdrawn() -> None:
    items = _read(_citation(1) + "<DeleteCitation><PMID Version='1'>7</PMID><PMID Version='1'>8</PMID></DeleteCitation>")
    assert [(f.stage, f.document) for f in items if isinstance(f, Failure)] == [
        ("withdrawn", "pmid:7"),
        ("withdrawn", "pmid:8"),
    ]
