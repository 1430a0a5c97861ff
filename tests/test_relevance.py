"""The cheap test: what can report results is read, what cannot is set aside with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extractor import relevance
from extractor.errors import LexiconError
from extractor.records import Article, Kind, make_article
from extractor.relevance import LEAST_CUES, relevance_words, why_set_aside
from extractor.sources import read_sources

ROOT = Path(__file__).parent.parent
CORPORA = ROOT / "corpora"
GOLD = ROOT.parent / "shared" / "gold"


def articles_of(folder: str) -> list[Article]:
    return [a for a in read_sources([str(CORPORA / folder)]) if isinstance(a, Article)]


@pytest.mark.parametrize("article", articles_of("irrelevant"), ids=lambda article: article.id)
def test_what_reports_no_trial_is_set_aside(article: Article) -> None:
    assert why_set_aside(article) is not None


@pytest.mark.parametrize("article", articles_of("demo"), ids=lambda article: article.id)
def test_what_reports_a_trial_is_read(article: Article) -> None:
    assert why_set_aside(article) is None


def _rows() -> list[list[str]]:
    lines = Path(relevance.__file__).with_name("data").joinpath("relevance.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")][1:]


def _judged(text: str) -> str | None:
    return why_set_aside(make_article(id="x", text=text, kind="abstract"))


def _count(text: str) -> int:
    words = relevance_words()
    return sum(word in text for word in (*words["cue"], *words["topic"]))


def _short_of_one(word: str, blank: str) -> str:
    """``blank`` with as many other cues as leave it one short of what is asked for."""
    text = f"{blank}; 7; {'zzz ' * 200}"
    for other in relevance_words()["cue"]:
        if _count(text) == LEAST_CUES["abstract"] - 1:
            break
        more = f"{text}; {other} "
        if word not in more and _count(more) == _count(text) + 1:
            text = more
    return text


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_every_word_decides_its_example(row: list[str]) -> None:
    _, kind, word, example = row
    word = word.replace("_", " ")
    example = f" {example.casefold()} "
    blank = example.replace(word, " ")
    if kind == "figure":
        without = "".join(" " if any(c in w for w in relevance_words()["figure"]) else c for c in blank)
        assert _judged(f"{without}{word}") is None
    elif kind in ("cue", "topic"):
        text = _short_of_one(word, blank)
        assert "words of studies" in (_judged(text) or "")
        assert _judged(f"{text}; {word} ") is None
    elif kind == "review":
        text = f"randomised placebo participants median sleep improved; {'zzz ' * 200}"
        assert _judged(text) is None
        assert _judged(f"{text}; {example}") == "a review without figures"
    else:
        text = f"randomised placebo participants median 7; zebu veterinar; {'zzz ' * 200}"
        text = text if word != "veterinar" else text.replace("veterinar", "livestock")
        assert _judged(text) is None
        assert _judged(f"{text}; {example}") == "speaks of animals"


def test_cues_are_counted_up_to_what_is_asked_for() -> None:
    cues = ["randomised", "placebo", "participants", "median", "baseline", "volunteers"]
    for kind, least in LEAST_CUES.items():
        for count in (least - 1, least):
            text = f"{'; '.join(cues[:count])}; 7. {'zzz ' * 200}"
            assert (why_set_aside(make_article(id="x", text=text, kind=kind)) is None) == (count == least)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("A word about the weather.", "news", "no figure and no finding"),
        ("Rain fell on 3 days.", "news", None),
        ("Rain fell on 3 days. " * 60, "news", "only 0 of 6 words of studies"),
        ("A word about the weather.", "registry", None),
    ],
)
def test_reasons(text: str, kind: Kind, reason: str | None) -> None:
    assert why_set_aside(make_article(id="x", text=text, kind=kind)) == reason


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id\tword\n", "header"),
        ("id\tkind\tword\texample\ncue.a\tcue\tmedian\tan average\n", "lacks"),
        ("id\tkind\tword\texample\ncue.a\tcue\tmedian\ta median\ncue.a\tcue\ttrial\ta trial\n", "twice"),
        ("id\tkind\tword\texample\nother.a\tother\tmedian\ta median\n", "expected"),
    ],
)
def test_malformed_tables_are_refused(
    table: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "relevance.tsv").write_text(table, encoding="utf-8")
    monkeypatch.setattr(relevance.resources, "files", lambda package: tmp_path)
    relevance_words.cache_clear()
    try:
        with pytest.raises(LexiconError, match=message):
            relevance_words()
    finally:
        monkeypatch.undo()
        relevance_words.cache_clear()


def _gold(name: str) -> list[dict[str, Any]]:
    path = GOLD / name
    if not path.exists():
        pytest.skip("the shared gold corpora are absent")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def test_recall_on_documents_with_results() -> None:
    names = ("pico_corpus", "rct_numbers", "directions", "news_dev", "rct_art")
    documents = [document for name in names for document in _gold(f"{name}.jsonl")]
    kept = sum(
        why_set_aside(make_article(id="x", text=d["text"], kind=d.get("kind") or "abstract")) is None for d in documents
    )
    assert kept / len(documents) >= 0.995
