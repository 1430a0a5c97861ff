"""The spaCy component: ``nlp.add_pipe("trial_evidence")`` puts the Record of a text on ``doc._.evidence``.

The component works in any pipeline, whatever its tokenizer, since it reads ``doc.text``. It also fills three span groups:
``doc.spans["trial_terms"]`` (mentions, labelled drug, condition, outcome, ...), ``doc.spans["trial_arms"]`` and
``doc.spans["trial_figures"]`` (results, labelled with their measure). Spans that do not fall on token borders are widened to
them; the exact offsets are those of the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span

from extractor.extraction import extract_article
from extractor.lexicon import load_lexicon
from extractor.records import Kind, Record, make_article, text_sha256

__all__ = ["TrialEvidence", "make_trial_evidence"]


class TrialEvidence:
    """Callable that reads a Doc and stores its Record in ``doc._.evidence``.

    Args:
        kind: what the texts are: "news" (default), "press_release", "abstract", "full_text" or "registry".
        lexicon: own vocabulary files (TSV with the columns term, concept, label), read besides the packaged ones.

    Raises:
        LexiconError: a vocabulary file is malformed.
    """

    def __init__(self, kind: Kind = "news", lexicon: Sequence[Path] = ()) -> None:
        self.kind = kind
        self.lexicon = load_lexicon(tuple(lexicon))
        if not Doc.has_extension("evidence"):
            Doc.set_extension("evidence", default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Return ``doc`` with its evidence; a blank text gets None.

        Raises:
            ParseError: the text is longer than is read.
        """
        if not doc.text.strip():
            return doc
        name = f"sha256:{text_sha256(doc.text)[:16]}"
        record = extract_article(make_article(id=name, text=doc.text, kind=self.kind), lexicon=self.lexicon)
        doc._.evidence = record
        _set_spans(doc, record)
        return doc


def _set_spans(doc: Doc, record: Record) -> None:
    terms = [(m.start, m.end, m.label) for m in record.mentions]
    arms = [(a.label.start, a.label.end, a.role) for t in record.trials for a in t.arms if a.label is not None]
    figures = [(r.span[0], r.span[1], r.measure) for t in record.trials for r in t.results if r.span is not None]
    for key, places in (("trial_terms", terms), ("trial_arms", arms), ("trial_figures", figures)):
        doc.spans[key] = _spans(doc, places)


def _spans(doc: Doc, places: Iterable[tuple[int, int, str]]) -> list[Span]:
    spans = [doc.char_span(start, end, label=label, alignment_mode="expand") for start, end, label in places]
    return [span for span in spans if span is not None]


@Language.factory("trial_evidence", default_config={"kind": "news", "lexicon": []})
def make_trial_evidence(nlp: Language, name: str, kind: Kind, lexicon: list[str]) -> TrialEvidence:
    """Return the component for ``nlp.add_pipe("trial_evidence", config={"kind": ..., "lexicon": [...]})``."""
    return TrialEvidence(kind, [Path(path) for path in lexicon])
