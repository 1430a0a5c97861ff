"""Files, folders and addresses to Articles."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response as Answer

from extractor.records import Article, Failure, encode_article, make_article
from extractor.sources import HttpClient, read_sources, read_text
from tests.sources.pages import BODY, TITLE, news_page
from tests.sources.test_pubmed import document, record

TEXT = "A title\n\nFirst words of 12 patients.\nMore words.\n"


def read(*inputs: object, client: HttpClient | None = None) -> list[Article | Failure]:
    return list(read_sources([str(item) for item in inputs], client=client))


def article(item: Article | Failure) -> Article:
    assert isinstance(item, Article), item
    return item


def failure(item: Article | Failure) -> Failure:
    assert isinstance(item, Failure), item
    assert item.stage == "parse"
    return item


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_text_is_taken_exactly(tmp_path: Path) -> None:
    text = "\r\n A title \r\n\r\nWords\u00a0with 5\u2009mg\r\n\r\n"
    found = article(read(put(tmp_path / "a.txt", "\ufeff" + text))[0])
    assert (found.id, found.text, found.title, found.kind) == ("a.txt", text, "A title", "news")
    assert [(s.label, text[s.start : s.end]) for s in found.sections] == [
        ("title", "A title"),
        ("body", "Words\u00a0with 5\u2009mg"),
    ]


def test_title_needs_an_empty_line_and_a_moderate_length(tmp_path: Path) -> None:
    joined, long = read(
        put(tmp_path / "a.txt", "One line\nnext line\n"), put(tmp_path / "b.txt", "x" * 300 + "\n\nbody")
    )
    assert [section.label for section in article(joined).sections] == ["body"]
    assert article(long).title is None


def test_abstract_is_guessed_by_labels_at_line_starts() -> None:
    text = "A title\n\nBACKGROUND: Why.\nMethods: We gave it to 12.\nRESULTS: It worked.\nCONCLUSION: Good.\n"
    found = read_text(text, id="x", title="A title")
    assert found.kind == "abstract"
    assert [(s.label, text[s.start : s.end].split(":")[0]) for s in found.sections] == [
        ("title", "A title"), ("background", "BACKGROUND"), ("methods", "Methods"), ("results", "RESULTS"),
        ("conclusions", "CONCLUSION"),
    ]  # fmt: skip
    assert read_text("Results: one label only.", id="x").kind == "news"
    assert read_text("BACKGROUND: a\nRESULTS: b", id="x", kind="news").kind == "news"


def test_other_charsets_are_detected(tmp_path: Path) -> None:
    text = "Les événements indésirables étaient plus fréquents après le traitement que prévu à l'été. " * 5
    assert article(read(put(tmp_path / "a.txt", text.encode("cp1252")))[0]).text == text
    assert article(read(put(tmp_path / "b.txt", text.encode("utf-16")))[0]).text == text


def test_html_file(tmp_path: Path) -> None:
    head = '<link rel="canonical" href="https://ledger.example/a">'
    data = news_page(head=head).encode()
    for name, content in (("a.html", data), ("b.htm", data), ("c.html.gz", gzip.compress(data))):
        found = article(read(put(tmp_path / name, content))[0])
        assert (found.id, found.text, found.url) == (name, f"{TITLE}\n\n{BODY}", "https://ledger.example/a")


def test_xml_file(tmp_path: Path) -> None:
    data = document(record("1"), record("2", abstract=""), record("3"))
    for path in (put(tmp_path / "a.xml", data), put(tmp_path / "a.xml.gz", gzip.compress(data))):
        first, second, third = read(path)
        assert (article(first).id, failure(second).document, article(third).id) == ("pmid:1", "pmid:2", "pmid:3")


def test_json_lines(tmp_path: Path) -> None:
    text = " A title\n\ttext \u2028 with\u00a0blanks "
    rows = [
        json.dumps({"id": "1", "text": text, "gold": {"x": [1]}, "authors": 5}),
        "  ",
        json.dumps({"id": "2", "text": "t", "kind": "abstract", "title": "T"}),
        json.dumps({"id": "3", "text": "t", "kind": None, "title": None}),
    ]
    data = ("\ufeff" + "\r\n".join(rows)).encode()
    for path in (put(tmp_path / "a.jsonl", data), put(tmp_path / "a.jsonl.gz", gzip.compress(data))):
        one, two, three = map(article, read(path))
        assert (one.id, one.text, one.authors, one.kind) == ("1", text, (), "news")
        assert (two.kind, two.title, three.kind, three.title) == ("abstract", "T", "news", None)


def test_own_articles_come_back_whole(tmp_path: Path) -> None:
    given = make_article(id="a", text=TEXT, kind="press_release", url="https://x.example/", authors=("Bo Ek",))
    assert read(put(tmp_path / "a.jsonl", encode_article(given))) == [given]


def test_a_foreign_hash_key_is_ignored(tmp_path: Path) -> None:
    rows = [{"id": "1", "text": "t", "sha256": "0" * 64, "authors": 3}, {"id": "2", "text": "t", "sha256": 7}]
    found = read(put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert [article(item).id for item in found] == ["1", "2"]


BAD_LINES = (
    b"not json",
    b"[1]",
    b"{}",
    b'{"id": "x"}',
    b'{"text": "x"}',
    b'{"id": 5, "text": "x"}',
    b'{"id": "x", "text": null}',
    b'{"id": "", "text": "x"}',
    b'{"id": "x", "text": " \\n "}',
    b'{"id": "x", "text": "y", "kind": "novel"}',
    b'{"id": "x", "text": "y", "title": 3}',
    b'{"id": "x", "text": "\xff"}',
    b'{"id": "x", "text": "cut',
    b'{"id": "x", "text": "lone \\ud800 surrogate"}',
)


@pytest.mark.parametrize("line", BAD_LINES)
def test_bad_line_is_a_failure_with_its_place_and_the_rest_goes_on(tmp_path: Path, line: bytes) -> None:
    path = put(tmp_path / "a.jsonl", b'{"id": "1", "text": "t"}\n\n' + line + b'\n{"id": "2", "text": "t"}\n')
    first, bad, last = read(path)
    assert failure(bad).where == f"{path}:3"
    assert (article(first).id, article(last).id) == ("1", "2")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.html", b"", "empty"),
        ("a.txt", b"", "empty"),
        ("a.jsonl", b"", "empty"),
        ("a.xml", b"", "empty"),
        ("a.dat", b"", "empty"),
        ("a.txt", b" \n\t ", "empty"),
        ("a.txt.gz", b"", "empty"),
        ("a.html", b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        ("a.txt", b"\0\1\2\3", "binary"),
        ("a.dat", b"\0\1\2\3", "binary"),
        ("a.html", b"<html><body><p>Nothing here.</p></body></html>", "no article"),
        ("a.html", '<meta charset="utf-8"><p>Café</p>'.encode("latin-1"), "wrong encoding declaration"),
        ("a.xml", b"<PubmedArticleSet><PubmedArticle>", "malformed"),
        ("a.xml", b'<?xml version="1.0" encoding="utf-16"?><PubmedArticleSet/>', "encoding declaration"),
        ("a.html.gz", b"<html>not zipped</html>", "damaged"),
        ("a.xml.gz", gzip.compress(document(record()))[:-20], "cut off"),
        ("a.dat", b"some words", "not known"),
    ],
)
def test_bad_file_is_a_failure_and_the_rest_goes_on(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = put(tmp_path / name, data)
    *_, bad, good = read(path, put(tmp_path / "good.txt", TEXT))
    assert failure(bad).where == str(path)
    assert reason in failure(bad).reason
    assert article(good).text == TEXT


def test_gzip_bomb_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.sources.files._WHOLE_LIMIT", 1_000_000)
    (bad,) = read(put(tmp_path / "a.txt.gz", gzip.compress(b"x" * 5_000_000)))
    assert "more than 1000000 bytes" in failure(bad).reason
    (bad,) = read(put(tmp_path / "b.jsonl", b"x" * 1_200_000))
    assert "line is longer" in failure(bad).reason
    (bad,) = read(put(tmp_path / "c.txt", b"x" * 1_200_000))
    assert "more than 1000000 bytes" in failure(bad).reason


def test_missing_path_and_strange_ones(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    reasons = [failure(item).reason for item in read(tmp_path / "none.txt", "", pipe, "a\0b")]
    assert reasons == ["no such file or folder", "not a path", "neither a file nor a folder", "not a path"]


def test_unknown_extensions_are_recognised_by_content(tmp_path: Path) -> None:
    page = put(tmp_path / "page.aspx", news_page())
    rows = put(tmp_path / "rows.json", '{"id": "r", "text": "t"}\n')
    xml = put(tmp_path / "set", document(record("5")))
    assert [article(item).id for item in read(page, rows, xml)] == ["page.aspx", "r", "pmid:5"]


def test_folder_is_read_sorted_with_everything_below(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b.txt", ".hidden.txt", ".git/x.txt", "c.bin"):
        put(tmp_path / name, b"\0\1" if name == "c.bin" else TEXT)
    found = read(tmp_path)
    assert [item.id if isinstance(item, Article) else Path(item.where).name for item in found] == [
        "b.txt", "c.bin", "a/b.txt", "a/z.txt",
    ]  # fmt: skip
    assert read(tmp_path) == found


def test_empty_folder_is_a_failure(tmp_path: Path) -> None:
    assert failure(read(tmp_path)[0]).reason == "the folder holds no file"


def test_files_of_one_name_get_different_ids_and_order_is_kept(tmp_path: Path) -> None:
    first, second = put(tmp_path / "b/x.txt", "one"), put(tmp_path / "a/x.txt", "two")
    found = [article(item) for item in read(first, second)]
    assert [item.text for item in found] == ["one", "two"]
    assert [item.id for item in found] == ["x.txt", second.as_posix()]


def test_addresses(httpserver: HTTPServer) -> None:
    pages = {
        "/page": Answer(news_page().encode(), content_type="text/html; charset=utf-8"),
        "/latin": Answer(news_page().replace("—", "-").replace("utf-8", "windows-1252").encode("cp1252", "replace"),
                         content_type="text/html"),
        "/set.xml": Answer(document(record("5")), content_type="application/xml"),
        "/set.xml.gz": Answer(gzip.compress(document(record("6"))), content_type="application/gzip"),
        "/rows": Answer('{"id": "r", "text": "t"}', content_type="application/x-ndjson"),
        "/plain": Answer("Just words.", content_type="text/plain"),
        "/empty": Answer("", content_type="text/html"),
        "/pdf": Answer(b"%PDF", content_type="application/pdf"),
    }  # fmt: skip
    for path, answer in pages.items():
        httpserver.expect_request(path).respond_with_response(answer)
    with HttpClient(allow_private=True, robots=False, min_delay=0, retries=0) as client:
        found = read(*(httpserver.url_for(path) for path in pages), "ftp://x.example/a", client=client)
    page, latin, five, six, row, plain, empty, pdf, ftp = found
    assert article(page).text == f"{TITLE}\n\n{BODY}"
    assert (article(page).id, article(page).url) == (httpserver.url_for("/page"),) * 2
    assert article(page).retrieved_at is not None
    assert "“One needle" in article(latin).text
    assert [article(item).id for item in (five, six, row)] == ["pmid:5", "pmid:6", "r"]
    assert article(plain).text == "Just words."
    assert failure(empty).where == httpserver.url_for("/empty")
    assert isinstance(pdf, Failure)
    assert (pdf.stage, pdf.where) == ("fetch", httpserver.url_for("/pdf"))
    assert isinstance(ftp, Failure)
    assert "only http and https" in ftp.reason
