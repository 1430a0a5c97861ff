"""Reading an article: the stages of reading in their order, without spaCy objects."""

from __future__ import annotations

from extractor.lexicon import Lexicon
from extractor.reading.abbreviations import find_abbreviations, resolve_mentions
from extractor.reading.figures import read_figures
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.sections import find_sections
from extractor.reading.terms import find_terms
from extractor.reading.types import Reading
from extractor.records import Article

__all__ = ["read_article"]


def read_article(article: Article, lexicon: Lexicon) -> Reading:
    """Return everything that is read in ``article``: sections, sentences, figures, terms, abbreviations."""
    text = article.text
    plain = plain_text(text)
    words = scan_words(text, plain)
    sentences = split_sentences(text)
    tokens = read_figures(text, plain, words, sentences)
    abbreviations = find_abbreviations(text, words)
    mentions = resolve_mentions(text, words, find_terms(text, words, lexicon), abbreviations)
    return Reading(
        text=text,
        kind=article.kind,
        title=article.title,
        sections=find_sections(article),
        sentences=tuple(sentences),
        words=tuple(words),
        tokens=tuple(tokens),
        figures=tuple(t.figure for t in tokens if t.figure is not None),
        mentions=tuple(mentions),
        abbreviations={a.short.text: a.long.text for a in abbreviations},
    )
