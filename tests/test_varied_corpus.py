"""The made corpora for benchmarks: as many as asked for, all different, the same each time; and the plan made of rates."""

from __future__ import annotations

from extractor.relevance import why_set_aside
from tests.scale_plan import PLANS, Measured, plan_text
from tests.varied_corpus import base_articles, short_articles, varied_articles


def test_varied_articles_differ_and_repeat() -> None:
    made = list(varied_articles(60, seed=3))
    assert len({article.sha256 for article in made}) == 60
    assert made == list(varied_articles(60, seed=3))
    assert made[0].text != next(varied_articles(1, seed=4)).text
    assert not any(why_set_aside(article) for article in made)
    assert {a.kind for a in varied_articles(10, kind="news")} == {"news"}


def test_figures_keep_their_first_digit_and_their_length() -> None:
    base, made = base_articles()[0].text, next(varied_articles(1)).text
    assert [c.isdigit() for c in base] == [c.isdigit() for c in made[: len(base)]]
    assert base != made[: len(base)]


def test_short_articles_bring_new_words() -> None:
    made = [set(article.text.split()) for article in short_articles(50)]
    assert all(len(words - set.union(*made[:n])) >= 4 for n, words in enumerate(made) if n)


def test_plan_grows_with_time_per_document() -> None:
    fast, slow = (plan_text(Measured(rate, rate, 0.0001, 20_000, 2e8)) for rate in (100.0, 10.0))
    assert all(plan.name in fast for plan in PLANS)
    # a million abstracts at 100 a second are 2.8 core-hours, at 10 a second 27.8, the rest is parsing and the test
    assert "| 1,000,000 of 1,000,000 | 3 |" in fast
    assert "| 1,000,000 of 1,000,000 | 28 |" in slow
