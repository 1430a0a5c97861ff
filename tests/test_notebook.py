"""What a notebook shows of records, trials and evidence, and what displaCy gets."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from spacy import displacy

from extractor import EvidenceGraph, displacy_spans, extract, render
from extractor.records import make_article

TEXT = (
    "In this trial, 480 adults with asthma were randomly assigned to tezepelumab (n = 240) or placebo (n = 240). "
    "At 52 weeks, asthma control was achieved by 61.0% of patients with tezepelumab and 44.5% with placebo."
)


class Shown(HTMLParser):
    """The tags and the text of a fragment."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"style", "title", "dir", "scope"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_record_shows_its_text_with_marks_and_its_figures() -> None:
    record = extract(TEXT, kind="abstract", title="Asthma & tezepelumab")
    page = record._repr_html_()
    assert page == render(record)
    shown = Shown(page)
    assert TEXT in shown.text
    assert "Asthma & tezepelumab" in shown.text
    for words in ("61.0 %", "44.5 %", "52 weeks"):
        assert words in shown.text
    assert "[arm." in page  # the rule is told with the mark


def test_a_trial_shows_its_figures() -> None:
    (trial,) = extract(TEXT, kind="abstract").trials
    shown = Shown(trial._repr_html_())
    assert shown.tags.count("tr") == 1 + len(trial.results)
    assert "61.0 %" in shown.text


def test_nothing_of_a_document_becomes_markup() -> None:
    text = TEXT.replace("asthma control", '<script>alert("x")</script> asthma </mark> control & \x1b[2J') + " 12% & \ud800"
    record = extract(text, kind="abstract", title="<img src=x onerror=alert(1)>")
    page = render(record)
    assert {"script", "img"}.isdisjoint(Shown(page).tags)
    assert "\x1b" not in page
    page.encode("utf-8")


def test_a_long_text_is_cut_and_says_so() -> None:
    record = extract(TEXT + "\n\nNothing more was told of the place." * 2000, kind="news")
    page = render(record)
    assert f"… {len(record.document.text) - 20_000:,} more characters" in page
    assert Shown(page).text.count("Nothing more") < 600


def test_evidence_shows_what_it_holds_and_what_is_asked() -> None:
    evidence = EvidenceGraph.from_records([extract(TEXT, kind="abstract")])
    shown = Shown(evidence._repr_html_())
    assert "documents1" in shown.text
    assert "trials1" in shown.text
    part = Shown(evidence.subgraph(drug="tezepelumab", population="<b>adults")._repr_html_())
    assert "drug = tezepelumab; population = <b>adults" in part.text
    assert part.tags.count("b") == 1


def test_displacy_shows_entities_that_do_not_overlap() -> None:
    record = extract(TEXT, kind="abstract")
    spans = displacy_spans(record)
    ents = spans["ents"]
    assert spans["text"] == TEXT
    assert all(a["end"] <= b["start"] for a, b in zip(ents, ents[1:], strict=False))
    figures = [TEXT[e["start"] : e["end"]] for e in ents if e["label"] == "RESULT"]
    assert figures == ["61.0%", "44.5%"]
    page = displacy.render(spans, style="ent", manual=True, jupyter=False)
    assert page.count("RESULT") == 2


def test_displacy_shows_all_spans() -> None:
    record = extract(TEXT, kind="abstract")
    spans = displacy_spans(record, style="span")
    words = [" ".join(spans["tokens"][s["start_token"] : s["end_token"]]) for s in spans["spans"] if s["label"] == "RESULT"]
    assert words == ["61 . 0 %", "44 . 5 %"]
    assert len(spans["spans"]) >= len(displacy_spans(record)["ents"])
    assert "RESULT" in displacy.render(spans, style="span", manual=True, jupyter=False)
    with pytest.raises(ValueError, match="'dep'"):
        displacy_spans(record, style="dep")  # type: ignore[arg-type]


def test_a_record_without_text_marks_is_shown() -> None:
    record = extract("The town has a new bridge.")
    assert "new bridge" in render(record)
    assert displacy_spans(record)["text"] == make_article(id="a", text="The town has a new bridge.").text
