"""Folding of words to keys, so that spelling variants of one term meet without being listed.

A key is the case-folded word with accents removed, Greek letters written out, British spelling turned into American
(tumour, anaemia, oesophagus, sulphate, randomisation, litre), and the plural taken off. Keys are only compared with
each other, never shown: "exercise" and "aerobic" may turn into things that are no words, as long as both sides do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["HYPHENS", "fold", "is_cased", "keys_of", "term_keys", "term_tokens"]

HYPHENS = frozenset("-‐‑‒–")
_SILENT = HYPHENS | {"'", "’"}
_TOKEN = re.compile(r"[^\W_]+|\S")
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda", "µ": "mu",
    "μ": "mu", "ω": "omega", "ß": "beta",
}  # fmt: skip
_BRITISH = (
    ("ae", "e"), ("oe", "e"), ("our", "or"), ("sulph", "sulf"), ("isation", "ization"), ("yse", "yze"),
    ("ysing", "yzing"), ("lled", "led"), ("lling", "ling"), ("programme", "program"), ("ageing", "aging"),
)  # fmt: skip
_BRITISH_ENDINGS = (("ise", "ize"), ("ised", "ized"), ("ising", "izing"), ("tre", "ter"), ("bre", "ber"))
_MAX_WORD = 60


def _plain_letters(word: str) -> str:
    for letter, name in _GREEK.items():
        word = word.replace(letter, name)
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _singular(word: str) -> str:
    """Take the plural off; both forms of words like metastasis/metastases and headache/headaches get one key."""
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    for ending in ("ses", "sis", "se"):
        if word.endswith(ending) and not word.endswith("s" + ending):
            return word[: -len(ending)] + "s"
    if word.endswith("sses"):
        return word[:-2]
    for ending in ("xes", "ches", "shes"):
        if word.endswith(ending):
            return word[:-2]
    if word.endswith("che"):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=1 << 14)
def fold(lower: str) -> str:
    """Return the key of a lower-case word or of a single non-letter; hyphens of every kind become "-".

    Words of fewer than four letters and overlong ones are left as they are, save for accents and Greek letters.
    """
    if lower in HYPHENS:
        return "-"
    if lower == "’":
        return "'"
    if not lower.isascii() and len(lower) <= _MAX_WORD:
        lower = _plain_letters(lower)
    if not 4 <= len(lower) <= _MAX_WORD:
        return lower
    if len(lower) > 4:
        for british, american in _BRITISH:
            if british in lower:
                lower = lower.replace(british, american)
        for british, american in _BRITISH_ENDINGS:
            if lower.endswith(british):
                lower = lower[: -len(british)] + american
                break
    return _singular(lower)


def term_tokens(term: str) -> list[str]:
    """Return the words and signs of ``term`` that count in matching: no hyphens, no apostrophes, no possessive s."""
    tokens: list[str] = _TOKEN.findall(term)
    if _SILENT.isdisjoint(tokens):
        return tokens
    found: list[str] = []
    for position, token in enumerate(tokens):
        if token in _SILENT:
            continue
        if token == "s" and position and tokens[position - 1] in ("'", "’"):
            continue
        found.append(token)
    return found


def term_keys(term: str) -> tuple[str, ...]:
    """Return the keys of ``term``, one for each of its tokens that count in matching."""
    return keys_of(term_tokens(term))


def keys_of(tokens: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of ``tokens`` (see ``term_tokens``)."""
    return tuple([fold(token.lower()) for token in tokens])


def is_cased(token: str, siblings: int) -> bool:
    """Tell whether ``token`` must be matched with its capitals.

    Abbreviations look like ordinary words once folded (OS, MI, AIDS): those of at most six letters with a capital
    after the first letter keep their case; inside longer terms (``siblings`` tokens) only those all in capitals.
    """
    if token.islower() or not token.isalpha() or len(token) > 6:
        return False
    if siblings > 1 and len(token) > 3:
        return token.isupper()
    return any(letter.isupper() for letter in token[1:])
