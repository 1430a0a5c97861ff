"""The vocabularies of the package (``data/*.tsv``) and their loader."""

from __future__ import annotations

from extractor.lexicon.loader import load_lexicon, own_terms_digest
from extractor.lexicon.model import Entry, Lexicon

__all__ = ["Entry", "Lexicon", "load_lexicon", "own_terms_digest"]
