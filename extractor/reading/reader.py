"""Reading an article: the stages of reading in their order, without spaCy objects."""

from __future__ import annotations

from extractor.lexicon import Lexicon
from extractor.reading.abbreviations import find_abbreviations, resolve_mentions
from extractor.reading.figures import read_figures
from extractor.reading.scan import plain_text, scan_words, split_sentences
from extractor.reading.sections import find_sections
from extractor.reading.tables import Table, find_tables, is_number, prose_of
from extractor.reading.terms import find_terms
from extractor.reading.types import Reading, Word
from extractor.records import Article, Mention

__all__ = ["read_article"]


def read_article(article: Article, lexicon: Lexicon) -> Reading:
    """Return everything that is read in ``article``: sections, sentences, figures, terms, abbreviations."""
    text = article.text
    tables = find_tables(text)
    prose = prose_of(text, tables)
    plain = plain_text(prose)
    words = scan_words(prose, plain)
    sentences = split_sentences(prose)
    tokens = read_figures(text, plain, words, sentences)
    abbreviations = find_abbreviations(text, words)
    mentions = resolve_mentions(text, words, find_terms(text, words, lexicon), abbreviations)
    return Reading(
        text=text,
        plain=plain,
        kind=article.kind,
        title=article.title,
        sections=find_sections(article),
        sentences=tuple(sentences),
        words=tuple(words),
        tokens=tuple(tokens),
        figures=tuple(t.figure for t in tokens if t.figure is not None),
        mentions=tuple(mentions),
        abbreviations={a.short.text: a.long.text for a in abbreviations},
        tables=tables,
        table_mentions=tuple(_table_mentions(text, tables, lexicon)),
    )


def _table_mentions(text: str, tables: tuple[Table, ...], lexicon: Lexicon) -> list[Mention]:
    """Terms in the header and label cells of the tables; their figures hold none."""
    found: list[Mention] = []
    for table in tables:
        rows = [*table.header, *table.rows]
        for row in rows:
            for cell in row.cells:
                if cell is None or is_number(cell.text):
                    continue
                for start, end in cell.parts:
                    words = [Word(w.start + start, w.end + start, w.lower) for w in scan_words(text[start:end])]
                    found.extend(find_terms(text, words, lexicon))
    return found
