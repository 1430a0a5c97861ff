"""Where the noun phrase around a word that may name an outcome begins and ends."""

from __future__ import annotations

from functools import cache, lru_cache

from extractor.linking.arm_view import View, skip_bracket
from extractor.linking.arm_vocabulary import WordTable, load_words

__all__ = ["Bounds", "outcome_bits", "outcome_table", "word_bits"]

_WORDS = "outcome_words.tsv"


@cache
def outcome_table() -> WordTable:
    """Return the roles of words in the search for outcomes (LexiconError when the file is malformed)."""
    return load_words(_WORDS)


class _Roles:
    def __init__(self, table: WordTable) -> None:
        bit = table.bit
        self.head, self.taker, self.stop, self.adverb = bit("head"), bit("taker"), bit("stop"), bit("adverb")
        self.be, self.compare, self.result_verb = bit("be"), bit("compare"), bit("result_verb")
        self.object_verb, self.in_cue, self.notoutcome = bit("object_verb"), bit("in_cue"), bit("notoutcome")
        self.people, self.definition = bit("people"), bit("definition")
        self.predicate = bit("predicate")


@cache
def outcome_bits() -> _Roles:
    """Return the role bits."""
    return _Roles(outcome_table())


# the phrases of a text are sought, then weighed
@lru_cache(maxsize=1)
def word_bits(view: View) -> list[int]:
    """Return the roles of each token of ``view`` in the search for outcomes, 0 for a figure."""
    get = outcome_table().bits.get
    return [0 if t.figure is not None else get(t.lower, 0) for t in view.tokens]


class Bounds:
    """Reads the bounds of phrases in one text; ``blocked[i]`` tells that token ``i`` names an arm."""

    def __init__(self, view: View, blocked: list[bool]) -> None:
        self.view = view
        self.blocked = blocked
        self.r = outcome_bits()
        self.bits = word_bits(view)

    def left(self, i: int, first: int) -> int:
        """Return the index of the first modifier of the noun at ``i``."""
        view, r = self.view, self.r
        j = i
        while j > first and i - j < 9:
            k = j - 1
            token = view.tokens[k]
            low = view.lows[k]
            if self.blocked[k]:
                break
            if token.figure is not None:
                if token.kind in ("grade", "ordinal", "name") or (
                    view.glued[j] and low[-1:].isalnum() and view.lows[j] == "-"
                ):
                    j = k
                    continue
                break
            if low[0].isalnum():
                b = self.bits[k]
                if (
                    b & (r.stop | r.people | r.adverb) and not (view.glued[j] and view.lows[j] == "-")
                ) or low in _LEFT_BREAKS:
                    break
                if (
                    (b & (r.be | r.object_verb | r.result_verb) or (low.endswith(("ed",)) and low not in _PARTICIPLES))
                    and not (view.glued[j] and view.lows[j] == "-")
                    and not b & r.head
                ):
                    break
                j = k
                continue
            if low in ("-", "/", "'") and (view.glued[k] or view.glued[j]):
                j = k
                continue
            break
        while j < i and view.lows[j] in ("-", "/", "'"):
            j += 1
        return j

    def right(self, i: int, stop: int) -> int:
        """Return the index after the words that belong to the noun that ends before ``i``."""
        view, r = self.view, self.r
        j = i
        while j < stop and j - i < 12:
            low = view.lows[j]
            if self.blocked[j] or view.tokens[j].figure is not None:
                break
            if low == "(":
                after = self._short_form(j, stop)
                if after == j:
                    break
                j = after
                continue
            if (
                low in ("-", "/")
                and j + 1 < stop
                and (view.glued[j] or view.glued[j + 1])
                and view.lows[j + 1][0].isalnum()
                and view.tokens[j + 1].figure is None
            ):
                j += 2
                continue
            b = self.bits[j]
            if b & r.head and not b & (r.stop | r.object_verb):
                j += 1
                continue
            if low == "of" and j > 0 and self.bits[j - 1] & r.taker:
                end = self.noun(j + 1, stop)
                if end > j + 1:
                    j = end
                    continue
            break
        return j

    def _short_form(self, j: int, stop: int) -> int:
        view = self.view
        after = skip_bracket(view, j, min(stop, j + 7))
        if after == j or after - j > 6:
            return j
        inner = view.text[view.tokens[j].end : view.tokens[after - 1].start].strip()
        if 2 <= len(inner) <= 12 and sum(c.isupper() for c in inner) >= 2 and "=" not in inner and "<" not in inner:
            return after
        return j

    def noun(self, i: int, stop: int) -> int:
        """Return the index after the noun phrase that begins at ``i`` (``i`` itself where none does)."""
        view, r = self.view, self.r
        j = i
        while j < stop and (
            view.lows[j] in ("the", "a", "an", "any", "at", "least", "one", "all") and view.lows[j] != "all"
        ):
            j += 1
        begin = j
        while j < stop and j - begin < 10:
            low = view.lows[j]
            token = view.tokens[j]
            if self.blocked[j]:
                break
            if token.figure is not None:
                if token.kind in ("grade", "ordinal", "name"):
                    j += 1
                    continue
                break
            b = self.bits[j]
            if low[0].isalnum():
                if j > begin and view.glued[j] and view.lows[j - 1] in ("-", "/"):
                    j += 1
                    continue
                if low == "of" and j > begin and self.bits[j - 1] & (r.taker | r.head):
                    j += 1
                    continue
                if (
                    b & r.people
                    and j == begin
                    and j + 1 < stop
                    and view.lows[j + 1]
                    in ("with", "who", "without", "achieving", "experiencing", "requiring", "having", "needing", "on", "free")
                ):
                    j += 2
                    while j < stop and view.lows[j] in ("had", "a", "the", "at", "least", "were"):
                        j += 1
                    continue
                if b & r.stop or low in _LEFT_BREAKS:
                    break
                if j > begin and (
                    (b & (r.be | r.result_verb) and not b & r.head)
                    or (
                        low.endswith("ed")
                        and low not in _PARTICIPLES
                        and not (j + 1 < stop and self.bits[j + 1] & r.head)
                    )
                ):
                    break
                if b & r.adverb and j > begin:
                    break
                j += 1
                continue
            if low in ("-", "/", "'") and j + 1 < stop and (view.glued[j] or view.glued[j + 1]):
                j += 1
                continue
            if low == "(":
                after = self._short_form(j, stop)
                if after > j:
                    j = after
                    continue
            break
        while j > begin and view.lows[j - 1] in ("of", "-", "/", "'", "with", "a", "the"):
            j -= 1
        return j if j > begin else i


_LEFT_BREAKS = frozenset(["no", "significant", "respectively", "who", "there", "group", "groups", "arm", "arms", "study", "results", "result", "conclusion", "conclusions", "background", "methods", "objective", "however", "moreover", "furthermore", "additionally", "overall_", "thus", "therefore", "finally", "including", "include", "included", "includes", "such", "following", "using", "versus", "out", "up", "down", "like", "due", "because", "better", "worse", "higher", "lower", "greater", "fewer", "longer", "shorter", "similar"])  # fmt: skip
_PARTICIPLES = frozenset(["related", "induced", "associated", "treatment-related", "reported", "perceived", "delayed", "failed", "adjusted", "based", "confirmed", "combined", "advanced", "forced", "estimated", "unexpected", "affected", "red", "bed", "need", "speed", "fed", "emergent-related", "aided", "unaided", "corrected", "uncorrected", "increased", "impaired", "elevated", "prolonged", "graded", "validated", "observed", "rated", "standardized", "standardised", "weighted", "fasting", "predicted", "self-reported", "unplanned", "planned", "timed", "mixed", "limited", "localized", "located", "restricted", "sustained", "repeated"])  # fmt: skip
