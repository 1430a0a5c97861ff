"""Canonical addresses, and the same story at several addresses."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from extractor.errors import ParseError
from extractor.records import Article, Section, make_article
from extractor.sources.duplicates import PERMUTATIONS, SAME, Duplicates, canonical_address, signature, similarity

STORY = """Taking a heart tablet at night instead of in the morning made no difference to how many people with stiff arteries
ended up in hospital, according to the Lanternfish trial. The study followed 2,114 adults at 31 clinics in Norway and Portugal
for a median of 4.1 years. In the evening group, 212 people were admitted for heart failure, stroke or a heart attack, against
219 in the morning group, a hazard ratio of 0.97. Falls at night, which some doctors had feared, were as common in one group as
in the other. Ingrid Solheim, who led the work in Bergen, said that patients should take the tablet whenever they are least
likely to forget it. The findings were shown in Lisbon on Saturday. The team now plans to look at people who work at night,
whose blood pressure follows another rhythm and who were left out of the study for that reason."""

OTHER_REPORT = """Cardiologists can stop worrying about the clock. That is the message of Lanternfish, a study of 2,114 adults at
31 clinics which set evening doses of a common blood pressure tablet against morning doses. After 4.1 years the two groups could
not be told apart: the hazard ratio for hospital admission was 0.97. Pedro Falcao, a hypertension specialist in Porto who had no
part in it, called the result a relief for his own patients. Earlier Spanish work had claimed that bedtime dosing halves the
risk, a claim which drew criticism from statisticians. He added that the trial should end that debate, although night workers
were not enrolled. Pharmacists in both countries have already changed the leaflets that they hand out with the tablets."""


def article(id: str, text: str, url: str | None = None, title: str = "", addresses: tuple[str, ...] = ()) -> Article:
    full = f"{title}\n\n{text}" if title else text
    body = Section(label="body", start=len(full) - len(text), end=len(full))
    return make_article(id=id, text=full, title=title or None, url=url, sections=(body,), addresses=addresses)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://WWW.Site.Example:80/News/A-1/?utm_source=x&b=2&a=1#top", "https://site.example/News/A-1?a=1&b=2"),
        ("https://site.example:443/a-1", "https://site.example/a-1"),
        ("https://site.example:8443/a-1", "https://site.example:8443/a-1"),
        ("https://m.site.example/a-1/amp/", "https://site.example/a-1"),
        ("https://amp.site.example/a-1.amp.html", "https://site.example/a-1"),
        ("https://site.example/amp/a-1", "https://site.example/a-1"),
        ("https://site.example/a-1?outputType=amp&fbclid=zz", "https://site.example/a-1"),
        ("https://site.example/a-1/print?print=1", "https://site.example/a-1"),
        ("https://www-site-example.cdn.ampproject.org/c/s/www.site.example/a-1", "https://site.example/a-1"),
        ("https://www.google.com/amp/s/site.example/a-1/amp", "https://site.example/a-1"),
        ("https://site.example/a-1?page=2", "https://site.example/a-1?page=2"),
        ("https://site.example/study?id=7&ref=home", "https://site.example/study?id=7"),
        ("https://site.example/topics/print", "https://site.example/topics/print"),
        ("https://site.example/%7eann/%e4%bb%8a", "https://site.example/~ann/%E4%BB%8A"),
        ("https://site.example/今", "https://site.example/%E4%BB%8A"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ("https://m.example/a-1", "https://m.example/a-1"),
        ("https://user:pw@site.example/", "https://site.example"),
    ],
)
def test_canonical_address(url: str, expected: str) -> None:
    assert canonical_address(url) == expected
    assert canonical_address(expected) == expected


@pytest.mark.parametrize(
    "url", ["", "a.html", "ftp://site.example/a", "https://", "http://[::1", "http://x.example:99999/"]
)
def test_what_is_no_address_is_an_error(url: str) -> None:
    with pytest.raises(ParseError, match="address"):
        canonical_address(url)


def test_signature_estimates_the_similarity_of_the_shingles() -> None:
    words = [f"w{number}" for number in range(1_003)]
    same = signature(words)
    assert len(same) == PERMUTATIONS and same == signature(words)
    for share in (0.2, 0.5, 0.8):
        # Of 1000 shingles each, the first `common` are the same: similarity common / (2000 - common).
        common = round(2_000 * share / (1 + share))
        other = words[: common + 3] + [f"v{number}" for number in range(1_000 - common)]
        assert similarity(same, signature(other)) == pytest.approx(share, abs=0.13)


def test_a_syndicated_copy_with_other_title_byline_and_a_cut_is_the_same_story() -> None:
    known = Duplicates()
    assert known.add(article("a", STORY, "https://one.example/heart-1", "Evening tablets no better")) is None
    copy = "By the staff of the Valley Courier. " + STORY.rpartition("The team now")[0].replace(
        "Taking a", "Swallowing a"
    )
    assert known.add(article("b", copy, "https://two.example/x-9", "Clock does not matter for heart pills")) == "a"
    assert known.add(article("c", STORY.upper(), None)) == "a"
    assert known.addresses("a") == ("https://one.example/heart-1", "https://two.example/x-9")
    assert len(known) == 1


def test_two_reports_of_one_trial_are_two_stories() -> None:
    known = Duplicates()
    assert known.add(article("a", STORY, "https://one.example/1")) is None
    assert known.add(article("b", OTHER_REPORT, "https://two.example/1")) is None
    assert len(known) == 2


def test_texts_that_name_different_trials_are_not_joined() -> None:
    known = Duplicates()
    assert known.add(article("a", STORY + " The trial is registered as NCT90000001.")) is None
    assert known.add(article("b", STORY + " The trial is registered as NCT90000002.")) is None
    assert known.add(article("c", STORY + " The trial is registered as NCT90000002, they say.")) == "b"
    assert known.add(article("d", STORY)) == "a"


def test_short_texts_must_be_equal_word_for_word() -> None:
    known = Duplicates()
    short = (
        "Of 90 adults on the patch, 41 slept through the night, against {} of 88 on placebo, the team in Graz reports."
    )
    assert known.add(article("a", short.format(22))) is None
    assert known.add(article("b", short.format(33))) is None
    assert known.add(article("c", "  " + short.format(33).replace(",", " -"))) == "b"
    assert known.add(article("d", "Two words")) is None


def test_the_same_address_with_other_words_is_a_version() -> None:
    known = Duplicates()
    first = article("a", STORY, "https://one.example/heart-1?utm_medium=mail")
    assert known.add(first) is None
    assert known.add(first) == "a"
    updated = STORY.replace("0.97", "0.98") + " This sentence came later."
    assert known.add(article("a2", updated, "http://www.one.example/heart-1/")) is None
    assert known.earlier_version("a2") == "a"
    assert known.earlier_version("a") is None
    assert known.add(article("a3", updated, "https://one.example/heart-1")) == "a2"


def test_a_copy_that_is_fetched_again_stays_a_copy() -> None:
    known = Duplicates()
    known.add(article("a", STORY, "https://one.example/1"))
    assert known.add(article("b", STORY + " Reporting by Ann.", "https://two.example/1")) == "a"
    assert known.add(article("b", STORY + " Reporting by Ann and Bo.", "https://two.example/1")) == "a"
    assert known.add(article("b", OTHER_REPORT, "https://two.example/1")) is None
    assert known.earlier_version("b") == "a"


def test_an_article_is_known_under_each_of_its_addresses() -> None:
    known = Duplicates()
    known.add(article("a", STORY, "https://one.example/1", addresses=("https://one.example/mobile-1",)))
    assert known.add(article("b", STORY, "https://one.example/mobile-1")) == "a"
    with pytest.raises(KeyError):
        known.addresses("b")


def test_different_texts_from_one_vocabulary_are_kept_apart() -> None:
    chance = random.Random(3)
    words = STORY.split()
    known = Duplicates()
    assert [known.add(article(str(n), " ".join(chance.choices(words, k=300)))) for n in range(60)] == [None] * 60


@pytest.mark.parametrize(("changed", "caught"), [(0.02, True), (0.3, False)])
def test_what_share_of_changed_words_is_still_the_same(changed: float, caught: bool) -> None:
    chance = random.Random(11)
    for number in range(8):
        words = [f"t{number}w{place}" for place in range(500)]
        copy = [f"x{place}" if chance.random() < changed else word for place, word in enumerate(words)]
        assert (similarity(signature(words), signature(copy)) >= SAME) is caught


def test_memory_of_an_article_is_bounded() -> None:
    chance = random.Random(5)
    rows = [
        article(
            f"id{n}",
            " ".join(f"v{chance.randrange(9_000)}" for _ in range(400)) + f" NCT9{n:07d}",
            f"https://o.example/{n}",
        )
        for n in range(300)
    ]
    known = Duplicates()
    known.add(rows[0])
    tracemalloc.start()
    for row in rows[1:]:
        assert known.add(row) is None
    used = tracemalloc.get_traced_memory()[0] / (len(rows) - 1)
    tracemalloc.stop()
    assert used <= 5_120, used
