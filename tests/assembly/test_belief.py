"""Belief: independent sources and their kinds, arithmetic, retraction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from extractor.assembly import Belief, assemble, reports_of
from extractor.assembly.belief import against_each_other, priors, weights
from extractor.assembly.copies import independent_sources
from extractor.errors import LexiconError
from extractor.records import Check, Identifiers, Record
from tests.record_builder import lung_record

FILLER = " ".join(f"word{number}" for number in range(80))


def belief_of(*records: Record) -> Belief:
    (trial,) = assemble(report for record in records for report in reports_of(record.document.id, record))
    (fact,) = trial.facts
    return fact.belief


def record(key: str, kind: str = "news", **fields: Any) -> Record:
    return lung_record(key, kind=kind, lead=fields.pop("lead", f"{key}. "), **fields)


def test_one_source_is_believed_as_its_kind() -> None:
    for kind, prior in priors().items():
        assert belief_of(record("a", kind)).score == pytest.approx(1 - prior.systematic - prior.random, abs=1e-4)
    assert list(priors())[-1] == "news"


def test_more_sources_and_more_kinds_are_believed_more() -> None:
    one = belief_of(record("a"))
    two = belief_of(record("a"), record("b"))
    mixed = belief_of(record("a"), record("b", "abstract"))
    assert one.score < two.score < mixed.score < 1
    assert (two.sources, mixed.kinds) == (2, ("abstract", "news"))
    news, abstract = priors()["news"], priors()["abstract"]
    assert two.score == pytest.approx(1 - news.systematic - news.random**2, abs=1e-4)
    error = (news.systematic + news.random) * (abstract.systematic + abstract.random)
    assert mixed.score == pytest.approx(1 - error, abs=1e-4)


def test_copies_of_one_text_count_once() -> None:
    one = belief_of(record("a", lead=f"{FILLER}. "))
    both = belief_of(record("a", lead=f"{FILLER}. "), record("b", lead=f"By our staff. {FILLER}. "))
    assert both == one
    apart = belief_of(record("a", lead=f"{FILLER}. "), record("b"))
    assert apart.sources == 2


def test_all_texts_of_one_paper_count_once() -> None:
    paper = Identifiers(doi="10.5555/lung.7")
    texts = [
        ("a", record("a", "abstract", identifiers=paper)),
        ("b", record("b", "full_text", identifiers=Identifiers(doi="10.5555/LUNG.7", pmid="9"))),
        ("c", record("c", "abstract", identifiers=Identifiers(pmid="9"))),
        ("d", record("d", "abstract")),
    ]
    assert independent_sources(texts) == {"a": "a", "b": "a", "c": "a", "d": "d"}
    assert belief_of(*(text for _, text in texts[:3])).kinds == ("full_text",)


def test_short_texts_are_copies_word_for_word_only() -> None:
    texts = [("a", record("a", lead="New. ")), ("b", record("b", lead="New! ")), ("c", record("c", lead="Old. "))]
    assert independent_sources(texts) == {"a": "a", "b": "a", "c": "c"}


def test_retraction_and_failing_arithmetic_lower_and_mark() -> None:
    sound = belief_of(record("a"))
    marked = {status: belief_of(record("a", status=status)) for status in ("retracted", "concern", "corrected")}
    assert marked["retracted"].score < marked["concern"].score < marked["corrected"].score < sound.score
    assert all(belief.marks == (status,) for status, belief in marked.items())
    check = Check(kind="estimate_outside_interval", severity="error", message="outside", result="r1")
    failing = belief_of(msgspec.structs.replace(record("a"), checks=(check,)))
    assert (sound.arithmetic, failing.arithmetic) == ("holds", "fails")
    assert failing.score < sound.score
    other = belief_of(msgspec.structs.replace(record("a"), checks=(msgspec.structs.replace(check, result="r9"),)))
    assert other == sound


def test_of_figures_that_contradict_at_most_one_is_right() -> None:
    def belief(score: float) -> Belief:
        return Belief(score=score, sources=1, kinds=("news",), arithmetic="unchecked")

    strong, weak = against_each_other([belief(0.9), belief(0.6)])
    # Right alone 0.9 * 0.4 = 0.36, the other 0.6 * 0.1 = 0.06, none 0.1 * 0.4 = 0.04; together 0.46.
    assert (strong.score, weak.score) == (pytest.approx(0.36 / 0.46, abs=1e-4), pytest.approx(0.06 / 0.46, abs=1e-4))
    assert strong.marks == weak.marks == ("contradicted",)
    assert [b.score for b in against_each_other([belief(1.0), belief(1.0)])] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("priors", "news\t0.30", "news\t1.30", "not between 0 and 1"),
        ("priors", "news\t", "blog\t", "missing or unknown: blog, news"),
        ("priors", "0.30", "often", "not a number: 'often'"),
        ("weights", "cited\t", "quoted\t", "cited, quoted"),
    ],
)
def test_priors_are_checked(name: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "extractor" / "assembly" / "data" / f"{name}.tsv"
    path = tmp_path / f"{name}.tsv"
    path.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(LexiconError, match=says):
        (priors if name == "priors" else weights)(path)
