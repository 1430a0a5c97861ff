"""Abbreviations that a document defines, and what they then mean everywhere in it.

The pairing follows Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical
text", Pacific Symposium on Biocomputing 2003: the letters of the short form are looked for from right to left in the
words before it, the first at the beginning of a word. Added here: both orders ("long form (SF)", "SF (long form)"),
plural short forms, several forms in one parenthesis, and words that are joined with a hyphen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from extractor.lexicon.folding import HYPHENS
from extractor.reading.terms import Word
from extractor.records import Mention, Span

__all__ = ["Abbreviation", "find_abbreviations", "resolve_mentions"]

_MAX_SHORT = 12
_MAX_INSIDE = 16
_BREAKS = frozenset({".", ";", "(", ")", "[", "]", ":", "?", "!"})
_NOT_SHORT = frozenset(
    {"CI", "IQR", "SD", "SE", "SEM", "HR", "OR", "RR", "USA", "UK", "US", "P", "N", "I", "II", "III", "IV", "ie", "eg"}
)
_NUMBER_WORDS = frozenset({"n", "p", "vs", "versus", "and", "or", "mean", "median", "range", "eg", "ie", "see"})
_FUNCTION_WORDS = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "plus", "than", "the", "to", "was", "were",
     "versus", "with", "without"}
)
_FULL_COVER = 0.6


class Abbreviation(msgspec.Struct, frozen=True):
    """A definition: ``short`` and ``long`` as they stand in the text. Plural short forms are kept as printed."""

    short: Span
    long: Span


def _span(text: str, start: int, end: int) -> Span:
    return Span(text=text[start:end], start=start, end=end)


def _is_short_form(word: str) -> bool:
    """Tell whether ``word`` can be a short form: 2 to 12 signs, begins with a letter or digit, mostly capitals."""
    if not 2 <= len(word) <= _MAX_SHORT or not word[0].isalnum() or word.isdigit() or " " in word.strip():
        return False
    letters = [sign for sign in word if sign.isalpha()]
    capitals = sum(sign.isupper() for sign in letters)
    return bool(letters) and capitals >= 1 and (capitals >= 2 or len(word) <= 3 or any(s.isdigit() for s in word))


def _begins_with_function_word(text: str, begin: int, end: int) -> bool:
    after = begin
    while after < end and text[after].isalpha():
        after += 1
    return text[begin:after].lower() in _FUNCTION_WORDS


def _best_long_form(short: str, text: str, start: int, end: int) -> int:
    """Return where the stretch of ``text[start:end]`` begins that spells ``short``, or -1.

    The initials of the last words, where they spell it; else the shortest stretch after Schwartz and Hearst: every
    letter of the short form must be found from right to left, the first one at the beginning of a word.
    """
    signs = [sign for sign in short.lower() if sign.isalnum()]
    initials = [at for at in range(start, end) if text[at].isalnum() and (at == start or not text[at - 1].isalnum())]
    last = initials[-len(signs) :]
    if len(last) == len(signs) and all(text[at].lower() == sign for at, sign in zip(last, signs, strict=True)):
        return -1 if _begins_with_function_word(text, last[0], end) else last[0]
    at = end - 1
    for place in range(len(signs) - 1, -1, -1):
        sign = signs[place]
        while at >= start:
            here = text[at].lower()
            at_word_start = at == start or not text[at - 1].isalnum()
            if here == sign and (place > 0 or at_word_start):
                break
            at -= 1
        if at < start:
            return -1
        at -= 1
    begin = at + 1
    while begin > start and text[begin - 1] in HYPHENS and begin - 1 > start and text[begin - 2].isalnum():
        word = begin - 1
        while word > start and text[word - 1].isalnum():
            word -= 1
        begin = word
    return -1 if _begins_with_function_word(text, begin, end) else begin


def _singular(short: str) -> str:
    return short[:-1] if len(short) > 2 and short[-1] == "s" and short[-2].isupper() else short


def _plausible(short: str, long: str) -> bool:
    words = [word for word in long.replace("-", " ").split() if word]
    if not words or len(long) <= len(short) or long.lower() == short.lower():
        return False
    if len(words) > min(len(short) + 5, len(short) * 2) + long.count(" of ") + long.count(" the "):
        return False
    return short not in words and not long[0].isspace()


def _before(tokens: Sequence[Word], text: str, opening: int, short: str) -> int:
    """Return the index of the first token that may belong to the long form before the parenthesis at ``opening``."""
    words = 0
    allowed = min(len(short) + 5, len(short) * 2) + 2
    at = opening
    while at > 0:
        word = text[tokens[at - 1].start : tokens[at - 1].end]
        if word in _BREAKS or "\n" in text[tokens[at - 1].end : tokens[at].start]:
            break
        at -= 1
        words += word[0].isalnum()
        if words >= allowed:
            break
    return at


def _close(tokens: Sequence[Word], opening: int) -> int:
    """Return the index of the token that closes the parenthesis at ``opening``, or -1 (too far, or nested)."""
    for at in range(opening + 1, min(len(tokens), opening + 2 + _MAX_INSIDE)):
        if tokens[at].lower in (")", "]"):
            return at
        if tokens[at].lower in ("(", "["):
            return -1
    return -1


def _short_inside(text: str, tokens: Sequence[Word], opening: int, closing: int) -> tuple[int, int] | None:
    """Return [start, end] of the short form that a parenthesis begins with, or None when it holds none."""
    start = tokens[opening + 1].start
    stop = opening + 1
    while stop < closing and tokens[stop].lower not in (",", ";", "=", ":"):
        stop += 1
    end = tokens[stop - 1].end if stop > opening + 1 else start
    word = text[start:end].strip("\"'“”‘’")
    if stop < closing and tokens[stop].lower == "=":
        return None
    offset = text.find(word, start, end) if word else -1
    if offset < 0 or not _is_short_form(word) or word in _NOT_SHORT or word.lower() in _NUMBER_WORDS:
        return None
    return offset, offset + len(word)


def _define_before(text: str, tokens: Sequence[Word], opening: int, closing: int) -> Abbreviation | None:
    """Read "long form (SF)" at the parenthesis."""
    found = _short_inside(text, tokens, opening, closing)
    if found is None or opening == 0:
        return None
    short = text[found[0] : found[1]]
    first = _before(tokens, text, opening, short)
    if first == opening:
        return None
    start, end = tokens[first].start, tokens[opening - 1].end
    for form in dict.fromkeys((short, _singular(short))):
        begin = _best_long_form(form, text, start, end)
        if begin >= 0 and _plausible(form, text[begin:end]):
            return Abbreviation(_span(text, *found), _span(text, begin, end))
    return None


def _define_inside(text: str, tokens: Sequence[Word], opening: int, closing: int) -> Abbreviation | None:
    """Read "SF (long form)" at the parenthesis."""
    if opening == 0 or closing - opening < 3:
        return None
    last = opening - 1
    first = last
    while first > 0 and last - first < 4 and tokens[first - 1].end == tokens[first].start:
        sign = text[tokens[first - 1].start : tokens[first - 1].end]
        if not (sign[0].isalnum() or sign in HYPHENS or sign in "/+"):
            break
        first -= 1
    start, end = tokens[first].start, tokens[last].end
    short = text[start:end]
    if not _is_short_form(short) or short in _NOT_SHORT or short.lower() in _NUMBER_WORDS:
        return None
    stop = opening + 1
    while stop < closing and tokens[stop].lower not in (";", ":", "="):
        stop += 1
    inside, after = tokens[opening + 1].start, tokens[stop - 1].end
    begin = _best_long_form(_singular(short), text, inside, after)
    if begin != inside or not _plausible(short, text[begin:after]) or " " not in text[begin:after].strip():
        return None
    return Abbreviation(_span(text, start, end), _span(text, begin, after))


def find_abbreviations(text: str, tokens: Sequence[Word]) -> list[Abbreviation]:
    """Return the abbreviations that ``text`` defines, in the order of the text; of a short form the first definition.

    Args:
        text: the text. tokens: its tokens in order.
    """
    found: list[Abbreviation] = []
    defined: set[str] = set()
    for opening, token in enumerate(tokens):
        if token.lower not in ("(", "["):
            continue
        closing = _close(tokens, opening)
        if closing <= opening + 1:
            continue
        definition = _define_before(text, tokens, opening, closing) or _define_inside(text, tokens, opening, closing)
        if definition is not None and definition.short.text not in defined:
            defined.add(definition.short.text)
            found.append(definition)
    return found


_UNKNOWN = (Mention(text="", start=0, end=0, label="outcome"), "")


def _trimmed(concept: str, outside: str) -> str:
    """Return ``concept`` without its first words that stand in ``outside``, the part of a mention before a long form."""
    words = concept.split()
    surplus = set(outside.lower().split())
    while len(words) > 1 and words[0].lower() in surplus:
        del words[0]
    return " ".join(words)


def _meaning(text: str, long: Span, mentions: Sequence[Mention], ends: Sequence[int]) -> tuple[Mention, str] | None:
    """Return the mention that gives the long form its label, and the concept of the whole; None when there is none;
    _UNKNOWN when the long form is but the end of an outcome ("progression to [type 1 diabetes]").

    The mention that fits the long form best and ends with it is its head. One that covers most of it gives its concept
    too, without the modifiers that stand before the long form; else the concept is the long form itself.
    """
    best: Mention | None = None
    fit = cover = 0.0
    for at in range(bisect_left(ends, long.start + 1), len(mentions)):
        mention = mentions[at]
        if mention.start >= long.end:
            break
        shared = min(mention.end, long.end) - max(mention.start, long.start)
        if shared <= 0:
            continue
        union = max(mention.end, long.end) - min(mention.start, long.start)
        score = shared / union + (mention.end == long.end)
        if best is None or score > fit:
            best, fit, cover = mention, score, shared / (long.end - long.start)
    if best is None or (best.end < long.end and cover < _FULL_COVER):
        return None
    if best.label == "outcome" and best.start < long.start:
        return _UNKNOWN
    if cover < _FULL_COVER or not best.concept:
        return best, " ".join(long.text.lower().split())
    return best, _trimmed(best.concept, text[best.start : long.start]) if best.start < long.start else best.concept


def _forms(text: str, tokens: Sequence[Word], shorts: Iterable[str]) -> list[tuple[int, int, str]]:
    """Return [start, end] and short form of every occurrence of the short forms, the plural in s included."""
    wanted: dict[str, str] = {}
    for short in shorts:
        for form in (short, short + "s", _singular(short)):
            wanted.setdefault(form, short)
    lengths: dict[str, set[int]] = {}
    for form in wanted:
        head = "".join(sign if sign.isalnum() else " " for sign in form).split(" ", 1)[0]
        lengths.setdefault(head, set()).add(len(form))
    found: list[tuple[int, int, str]] = []
    for token in tokens:
        for length in sorted(lengths.get(text[token.start : token.end], ()), reverse=True):
            end = token.start + length
            defined = wanted.get(text[token.start : end])
            if defined is not None and not text[end : end + 1].isalnum():
                found.append((token.start, end, defined))
                break
    return found


def resolve_mentions(
    text: str, tokens: Sequence[Word], mentions: Sequence[Mention], abbreviations: Sequence[Abbreviation]
) -> list[Mention]:
    """Return ``mentions`` with every occurrence of a defined abbreviation read as the document defines it.

    The definition wins over the vocabulary's reading of the same letters: "PR", once defined as "progesterone
    receptor", is no partial response; an abbreviation whose long form is no mention is none either.

    Args:
        text: the text. tokens: its tokens. mentions: as find_terms returns them. abbreviations: as find_abbreviations.
    """
    if not abbreviations:
        return list(mentions)
    ordered = sorted(mentions, key=lambda mention: (mention.start, mention.end))
    ends: list[int] = []
    highest = 0
    for mention in ordered:
        highest = max(highest, mention.end)
        ends.append(highest)
    meanings: dict[str, tuple[Mention, str] | None] = {}
    for definition in abbreviations:
        meaning = _meaning(text, definition.long, ordered, ends)
        if meaning is not _UNKNOWN:
            meanings[definition.short.text] = meaning
    places = _forms(text, tokens, meanings)
    kept, added = _replace(text, ordered, places, meanings)
    return sorted([*kept, *added], key=lambda mention: (mention.start, -mention.end))


def _replace(
    text: str,
    mentions: Sequence[Mention],
    places: Sequence[tuple[int, int, str]],
    meanings: dict[str, tuple[Mention, str] | None],
) -> tuple[list[Mention], list[Mention]]:
    """Return the mentions that stay, and those that the abbreviations add at ``places``."""
    at_place = {(start, end): short for start, end, short in places}
    kept: list[Mention] = []
    covered: list[tuple[int, int]] = []
    for mention in mentions:
        short = at_place.get((mention.start, mention.end))
        meaning = meanings[short] if short is not None else None
        agrees = meaning is not None and meaning[0].label == mention.label and meaning[1] == mention.concept
        if short is None or agrees:
            kept.append(mention)
            covered.append((mention.start, mention.end))
    starts = [start for start, _ in covered]
    added: list[Mention] = []
    for start, end, short in places:
        meaning = meanings[short]
        if meaning is None:
            continue
        position = bisect_left(starts, start)
        around = covered[max(0, position - 3) : position + 3]
        if any(begin <= start and end <= stop for begin, stop in around):
            continue
        source, concept = meaning
        added.append(
            Mention(text=text[start:end], start=start, end=end, label=source.label, concept=concept, id=source.id)
        )
    return kept, added
