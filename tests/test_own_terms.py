"""A user's own vocabulary (``--lexicon``): read by every process, part of the version that a store goes by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extractor.batch import run_batch, run_into_store
from extractor.cli import main
from extractor.errors import LexiconError
from extractor.extraction import extract_article, extractor_version
from extractor.lexicon import load_lexicon, own_terms_digest
from extractor.records import Record, decode_record, make_article
from extractor.store import EvidenceStore

HEADER = "term\tconcept\tlabel\n"
TEXT = "Knee pain eased in 41% of the swimmers given Zanovia and in 22% of those given placebo."


def table(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return table(tmp_path / "own.tsv", "Zanovia\tzanolimab\tdrug")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "swimmers.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def concepts(record: Record) -> set[str | None]:
    return {mention.concept for mention in record.mentions if mention.label == "drug"}


# ---- the digest and the version
def test_digest_stands_for_the_terms(tmp_path: Path, own: Path) -> None:
    digest = own_terms_digest([own])
    assert len(digest) == 12
    windows = tmp_path / "windows.tsv"
    windows.write_bytes(b"\xef\xbb\xbfterm\tconcept\tlabel\r\n\r\nZanovia\tzanolimab\tdrug\r\n")
    assert own_terms_digest([windows]) == digest
    changed = table(tmp_path / "changed.tsv", "Zanovia\tzanolimab\tprocedure")
    assert own_terms_digest([changed]) != digest
    assert own_terms_digest([own, changed]) != own_terms_digest([changed, own])
    assert own_terms_digest([table(tmp_path / "empty.tsv")]) == own_terms_digest([]) == ""


def test_the_lexicon_knows_the_digest_of_its_own_terms(own: Path) -> None:
    assert load_lexicon((own,)).own_terms == own_terms_digest([own])
    assert load_lexicon().own_terms == ""


def test_version_of_a_record_tells_the_vocabulary(own: Path) -> None:
    article = make_article(id="a", text=TEXT)
    plain, with_terms = extract_article(article), extract_article(article, lexicon=load_lexicon((own,)))
    assert plain.extractor.version == extractor_version()
    assert with_terms.extractor.version == f"{extractor_version()}+lexicon.{own_terms_digest([own])}"
    assert "zanolimab" in concepts(with_terms) - concepts(plain)


# ---- batches and the store
def test_workers_read_it_too(own: Path) -> None:
    articles = [make_article(id=str(n), text=f"{TEXT} Visit {n}.") for n in range(3)]
    alone = list(run_batch(articles, lexicon=[own]))
    assert list(run_batch(articles, workers=2, lexicon=[own])) == alone
    assert all(isinstance(item, Record) and "zanolimab" in concepts(item) for item in alone)


def test_a_malformed_file_ends_a_run_before_it_begins(tmp_path: Path) -> None:
    broken = table(tmp_path / "broken.tsv", "Zanovia\tzanolimab\tdrug", "Zanovia\tother\tdrug")
    articles = [make_article(id="a", text=TEXT)]
    with pytest.raises(LexiconError, match=r"broken\.tsv:3: 'Zanovia' is 'other' here but 'zanolimab'"):
        list(run_batch(articles, lexicon=[broken]))
    with EvidenceStore.open(tmp_path / "e.db", create=True) as store:
        with pytest.raises(LexiconError):
            run_into_store(articles, store, lexicon=[broken])
        assert store.runs() == []


def test_store_reads_again_when_the_terms_change_and_when_they_change_back(tmp_path: Path, own: Path) -> None:
    other = table(tmp_path / "other.tsv", "Zanovia\totherimab\tdrug")
    articles = [make_article(id="a", text=TEXT)]
    with EvidenceStore.open(tmp_path / "e.db", create=True) as store:

        def run(*lexicon: Path) -> tuple[int, int]:
            result = run_into_store(articles, store, lexicon=lexicon)
            (record,) = store.records()
            assert record.extractor.version == extractor_version(own_terms_digest(lexicon))
            return result.added, result.skipped

        assert [run(own), run(own), run(other), run(), run(), run(own)] == [
            (1, 0),
            (0, 1),
            (1, 0),
            (1, 0),
            (0, 1),
            (1, 0),
        ]
        assert "zanolimab" in concepts(next(iter(store.records())))
        assert store.counts()["documents"] == 1


# ---- the command line
def test_extract_takes_several_files(tmp_path: Path, own: Path, text: Path) -> None:
    second = table(tmp_path / "second.tsv", "swimmers\tpool athletes\tpopulation")
    done = call("extract", text, "--lexicon", own, "--lexicon", second)
    assert (done.exit_code, done.stderr) == (0, "")
    record = decode_record(done.stdout)
    assert {"zanolimab", "pool athletes"} <= {mention.concept for mention in record.mentions}
    assert record.extractor.version.endswith(own_terms_digest([own, second]))


def test_run_reads_again_with_other_terms(tmp_path: Path, own: Path, text: Path) -> None:
    store = tmp_path / "e.db"
    for arguments in ([], ["--lexicon", own]):
        assert call("run", text, "--store", store, *arguments).exit_code == 0
    with EvidenceStore.open(store, read_only=True) as opened:
        assert [row.added for row in opened.runs()] == [1, 1]
        assert "zanolimab" in concepts(next(iter(opened.records())))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (HEADER + "Zanovia\tzanolimab\tdrag\n", ":2: unknown label 'drag', must be one of trial, drug"),
        (HEADER + "Zanovia\tzanolimab\n", ":2: 2 columns instead of 3"),
        (HEADER + "\nZanovia\t\tdrug\n", ":3: empty concept"),
        ("name\tconcept\tlabel\n", ":1: unknown columns ['name']; the header must be"),
    ],
)
@pytest.mark.parametrize("command", ["extract", "run"])
def test_a_slip_is_told_with_file_and_line(
    tmp_path: Path, text: Path, command: str, content: str, complaint: str
) -> None:
    path = tmp_path / "slip.tsv"
    path.write_text(content, encoding="utf-8")
    target = {"extract": ["-o", tmp_path / "out.jsonl"], "run": ["--store", tmp_path / "e.db"]}[command]
    done = call(command, text, "--lexicon", path, *target)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "slip.tsv" + complaint in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["slip.tsv", "swimmers.txt"]


def test_a_missing_file_is_wrong_usage(text: Path, tmp_path: Path) -> None:
    done = call("extract", text, "--lexicon", tmp_path / "none.tsv")
    assert done.exit_code == 2
    assert "none.tsv' does not exist" in done.stderr


def test_the_table_of_the_help_works(tmp_path: Path) -> None:
    shown = call("extract", "--help").stdout
    rows = [line.strip().replace("<TAB>", "\t") for line in shown.splitlines() if "<TAB>" in line]
    assert rows[0] + "\n" == HEADER
    path = table(tmp_path / "help.tsv", *rows[1:])
    text = tmp_path / "a.jsonl"
    text.write_text(json.dumps({"id": "a", "text": "ZNL-114 was given for swimmer's knee."}), encoding="utf-8")
    record = decode_record(call("extract", text, "--lexicon", path).stdout)
    assert {(m.concept, m.label) for m in record.mentions} >= {
        ("zanolimab", "drug"),
        ("medial collateral strain", "condition"),
    }
