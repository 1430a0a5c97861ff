"""JATS articles: text, sections, tables as Markdown that the reader of tables reads back."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import ParseError
from extractor.reading.tables import find_tables
from extractor.records import Article
from extractor.sources import read_jats, read_sources

ARTICLE = b"""<?xml version="1.0"?>
<article><front><article-meta>
<article-id pub-id-type="pmc">7654321</article-id><article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>Zinc lozenges for <italic>sore</italic> throat</article-title></title-group>
<abstract><sec><title>Results</title><p>Pain fell by 10<sup>3</sup> units.</p></sec></abstract>
</article-meta></front><body>
<sec><title>Methods</title><p>We gave lozenges <xref ref-type="bibr">4</xref>.</p></sec>
<sec><title>Results</title><sec><title>Pain</title><p>See below.</p>
<table-wrap><label>Table 1</label><caption><p>Pain at day 3</p></caption>
<table><thead>
<tr><th rowspan="2">Outcome</th><th colspan="2">Zinc (n = 52)</th><th colspan="2">Sugar (n = 49)</th></tr>
<tr><th>Mean</th><th>SD</th><th>Mean</th><th>SD</th></tr></thead>
<tbody><tr><td>Pain, 0-10</td><td>3.1</td><td>1.2</td><td>4.4</td><td>1.5</td></tr>
<tr><td><hr/></td></tr>
<tr><td>Fever | chills</td><td>1</td><td>2</td><td>3</td><td>4</td></tr></tbody></table>
<table-wrap-foot><p>SD, standard deviation.</p></table-wrap-foot></table-wrap></sec></sec></body></article>"""


def test_article() -> None:
    article = read_jats(ARTICLE)
    assert article.id == "PMC7654321"
    assert article.kind == "full_text"
    assert article.title == "Zinc lozenges for sore throat"
    assert article.identifiers.doi == "10.1/x"
    assert [s.label for s in article.sections] == ["title", "other", "results", "methods", "results"]
    assert "We gave lozenges ." in article.text
    assert "10^3" in article.text
    for section in article.sections:
        assert article.text[section.start : section.end].strip()


def test_table_is_read_back() -> None:
    article = read_jats(ARTICLE)
    (table,) = find_tables(article.text)
    rows = [[cell.text if cell else None for cell in row.cells] for row in (*table.header, *table.rows)]
    assert rows == [
        ["Outcome", "Zinc (n = 52)", "Zinc (n = 52)", "Sugar (n = 49)", "Sugar (n = 49)"],
        [None, "Mean", "SD", "Mean", "SD"],
        ["Pain, 0-10", "3.1", "1.2", "4.4", "1.5"],
        ["Fever \\| chills", "1", "2", "3", "4"],
    ]
    assert table.caption is not None and article.text[slice(*table.caption)] == "Table 1. Pain at day 3"
    assert table.notes is not None and "standard deviation" in article.text[slice(*table.notes)]


def test_file_is_told_by_its_root(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(ARTICLE)
    (article,) = read_sources([str(path)])
    assert isinstance(article, Article)
    assert article.kind == "full_text"


@pytest.mark.parametrize(
    "data", [b"<article><body><p>cut", b"<article/>", b'<!DOCTYPE a [<!ENTITY x "y">]><article><body><p>&x;</p></body></article>']
)  # fmt: skip
def test_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        read_jats(data, id="x")
