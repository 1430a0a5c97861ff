"""Worded comparisons: which way a difference goes, whether it is significant, and findings told without a number.

``find_wording`` reads the words of one sentence; whose finding it is and on which outcome is decided by ``finding_scope``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec

from extractor.linking.comparison_rules import better_when, comparison_words, frame_in, frames_in, word_pattern
from extractor.linking.layout import Item, Sentence
from extractor.reading.scan import plain_text
from extractor.records import PValue

__all__ = [
    "Finding",
    "direction_of_ratio",
    "direction_on",
    "find_wording",
    "flip",
    "significance",
    "turned_name",
    "worded_direction",
]

_REACH = 130
_DIRECTIONS = {"up": "increased", "down": "decreased"}
_OPPOSITE = {"up": "down", "down": "up", "better": "worse", "worse": "better", "faster": "slower", "slower": "faster"}
_CUT = re.compile(r"[;:]|, (?:but|whereas|while|although)\b|\bwhereas\b")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A worded comparison, and where it stands in the sentence.

    Attributes:
        rule: the word that tells it, with what turned it round. direction: of the first side against the second; besides
            the directions of a result "better", "worse", "faster" and "slower", which an outcome decides.
        significant: as worded. start, end: code points from the beginning of the sentence.
        takes: where its outcome stands: "before", "after", or "around" where either is possible.
        differs: whether it speaks of the difference itself ("no difference", "not significant").
        noun: where the noun of the wording begins ("greater reduction"), None where it has none. degree: the direction of
            the reduction itself, for an outcome whose name ends in that noun ("pain reduction was greater").
        acts: whether it is a verb whose subject stands before it ("A reduces X"). of_change: whether it is a change that is
            told ("no increase"), not an effect or a difference.
    """

    rule: str
    direction: str
    significant: bool | None
    start: int
    end: int
    takes: str = "around"
    differs: bool = False
    noun: int | None = None
    degree: str | None = None
    acts: bool = False
    of_change: bool = False


class _Hit:
    """A word of comparison under way."""

    __slots__ = ("degree", "end", "kind", "left", "noun", "right", "sense", "start", "word")

    def __init__(self, match: re.Match[str], plain: str) -> None:
        entry = comparison_words()[match.group()]
        self.word, self.sense, self.kind = entry.word, entry.sense, entry.kind
        self.start, self.end = match.start(), match.end()
        self.noun = self.start if self.kind in ("noun", "base_noun") else None
        self.degree: str | None = None
        self.left = _last_part(plain[max(0, self.start - _REACH) : self.start])
        self.right = plain[self.end : self.end + _REACH]


def _last_part(left: str) -> str:
    """What stands before a word in its own clause."""
    cut = max((m.end() for m in _CUT.finditer(left)), default=0)
    return left[cut:]


def find_wording(sentence: Sentence) -> list[Finding]:
    """Return the worded comparisons of a sentence, in the order of the text; a question or an aim tells none."""
    return list(_wordings(plain_text(sentence.text), sentence.section == "title"))


# outcomes are completed by what is compared before results are linked: each sentence is asked for twice
@lru_cache(maxsize=512)
def _wordings(plain: str, title: bool) -> tuple[Finding, ...]:
    if plain.rstrip().endswith("?"):
        return ()
    hits = [_Hit(m, plain) for m in word_pattern().finditer(plain)]
    found = _standing_alone(plain)
    for hit in _join(hits, plain):
        if title and not frame_in("finite_title", hit.word):
            continue
        finding = _judge(hit, plain)
        if finding is not None and all(finding.end <= f.start or finding.start >= f.end for f in found):
            found.append(finding)
    return tuple(sorted(found, key=lambda f: f.start))


_UNWANTED = re.compile(r"\b(?:side|adverse|toxic|ill|untoward)[ -]effects?")


def _standing_alone(plain: str) -> list[Finding]:
    """Wordings that need no word of comparison: "was not significant", "favoured A", "no deaths were observed"."""
    found = []
    if "signific" in plain or "favo" in plain or "not statistically" in plain:
        if match := frame_in("not_significant", plain):
            found.append(_finding("not_significant", "no_difference", False, match, "before", differs=True))
        if (match := frame_in("favour", plain)) and not frame_in("negated", plain[: match.start()]):
            significant = True if "significantly" in match.group() else None
            found.append(_finding("favoured", "better", significant, match, "before"))
    if match := frame_in("between_p", plain) if "group" in plain else None:
        found.append(_finding("between_groups_p", "no_difference", False, match, "before", differs=True))
    if match := frame_in("as_good", plain) if " as " in plain else None:
        if not frame_in("negated", plain[: match.start()]):
            found.append(_finding("as_good", "no_difference", None, match, "around"))
    if "no " in plain or "without any" in plain or "none " in plain or "neither " in plain:
        for match in frames_in("none", plain):
            if not word_pattern().search(_UNWANTED.sub("", match.group())):
                found.append(_finding("none_observed", "no_difference", None, match, "inside"))
        if (match := frame_in("none_had", plain)) and not word_pattern().search(plain[match.end() : match.end() + 25]):
            found.append(_finding("none_had", "no_difference", None, match, "after"))
    return [f for f in found if not frame_in("aim", plain[: f.start])]


def _finding(
    rule: str, direction: str, significant: bool | None, match: re.Match[str], takes: str, *, differs: bool = False
) -> Finding:
    return Finding(
        rule=f"wording.{rule}", direction=direction, significant=significant, start=match.start(), end=match.end(),
        takes=takes, differs=differs,
    )  # fmt: skip


def _join(hits: Sequence[_Hit], plain: str) -> list[_Hit]:
    """ "A greater reduction", "less improvement", "prevented the decline": two words make one direction."""
    joined: list[_Hit] = []
    skip = False
    for first, second in pairwise([*hits, None]):
        assert first is not None
        if skip:
            skip = False
            continue
        if second is not None and _tells_degree(first, second, plain):
            if second.word == "less":
                first.sense = _OPPOSITE[first.sense]
            first.end, first.right = second.end, second.right
            skip = True
            joined.append(first)
            continue
        if second is not None and _makes_one(first, second, plain):
            if first.sense in ("down", "worse"):
                second.sense = _OPPOSITE[second.sense]
            second.start, second.left, second.degree = (
                first.start,
                first.left,
                _DIRECTIONS.get(first.sense, first.sense),
            )
            skip = True
            joined.append(second)
            continue
        joined.append(first)
    return joined


def _tells_degree(verb: _Hit, degree: _Hit, plain: str) -> bool:
    """ "Fell significantly less with A than with B", "reduced more fat": how much more or less it did so decides."""
    return (
        verb.kind in ("participle", "verb")
        and verb.sense in _OPPOSITE
        and degree.word in ("more", "less")
        and re.fullmatch(r" (?:\w+ly |much |far |even )?", plain[verb.end : degree.start]) is not None
        and frame_in("more_fast", degree.right) is None
    )


def _makes_one(first: _Hit, second: _Hit, plain: str) -> bool:
    if second.kind not in ("noun", "base_noun") or second.sense not in _OPPOSITE or first.sense not in _OPPOSITE:
        return False
    gap = plain[first.end : second.start]
    if first.kind == "adjective":
        return re.fullmatch(r"(?: [\w-]+){0,3} (?:of )?(?:a )?", gap) is not None
    return (
        first.kind in ("participle", "verb")
        and re.fullmatch(r" (?:the|this|their|any)(?: [\w-]+){0,2} ", gap) is not None
    )


def _judge(hit: _Hit, plain: str) -> Finding | None:
    """What a word of comparison tells where it stands, or None where it tells nothing."""
    if frame_in("aim", plain[: hit.start]) or frame_in("name_after", hit.right) or frame_in("of_people", hit.left):
        return None
    if hit.kind in ("base", "base_noun", "gerund") and not _is_told(hit):
        return None
    _widen(hit)
    named = hit.noun == hit.start and hit.sense != "differ" and frame_in("noun_name", hit.left) is not None
    if named and not re.search(r"significant", hit.left[-30:]):
        return None
    negated = frame_in("negated", hit.left) is not None
    if frame_in("modal", hit.left) and not negated:
        return None
    direction = _direction(hit, negated)
    if direction is None:
        return None
    significant: bool | None = None
    if negated or direction == "no_difference":
        significant = None if hit.word.startswith("non") and "inferior" in hit.word else False
    elif (
        "significantly" in plain[hit.start : hit.end]
        or frame_in("significant", hit.left)
        or frame_in("significant_after", hit.right)
    ):
        significant = True
    return Finding(
        rule=f"wording.{hit.word.replace(' ', '_')}{'.negated' if negated else ''}", direction=direction,
        significant=significant, start=hit.start, end=hit.end, takes=_takes(hit), differs=hit.sense == "differ",
        noun=hit.noun, degree="no_difference" if negated and hit.degree is not None else hit.degree,
        acts=hit.kind in ("verb", "base") and hit.sense != "differ" and _takes(hit) == "after",
        of_change=hit.sense in _OPPOSITE or hit.word.startswith("chang"),
    )  # fmt: skip


def _is_told(hit: _Hit) -> bool:
    """Whether an infinitive, a gerund or a word that may be a noun states a finding ("was found to reduce")."""
    if hit.kind == "gerund":
        return frame_in("gerund_finding", hit.left) is not None
    if frame_in("purpose", hit.left):
        return frame_in("no_purpose", hit.left) is not None
    if hit.kind == "base":
        return (
            frame_in("negated", hit.left) is not None
            or re.search(r"\b(?:can|does|did|we|to|and|or)\b", hit.left) is not None
        )
    return True


def _widen(hit: _Hit) -> None:
    """ "More often", "less effective", "more rapid": what follows decides what is compared."""
    if hit.word not in ("more", "less", "higher", "greater", "lower"):
        return
    if hit.word in ("more", "less"):
        if frame_in("more_good", hit.right):
            hit.sense = "better" if hit.word == "more" else "worse"
        elif frame_in("more_fast", hit.right):
            hit.sense = "faster" if hit.word == "more" else "slower"


def _direction(hit: _Hit, negated: bool) -> str | None:
    if hit.kind == "plain" and not re.search(r"\bsignificantly $", hit.left):
        return None
    if hit.word == "longer" and frame_in("no_longer", hit.left) and not frame_in("between", hit.right):
        return None  # "nine no longer had insomnia"
    if hit.word in ("more", "less", "fewer", "greater", "higher", "lower", "worse"):
        if frame_in("count_after", hit.right) or frame_in("count_before", hit.left):
            return None
    if hit.kind == "adverb" and (not hit.left.strip() or hit.right.startswith(",")):
        return None
    if hit.sense == "same":
        if hit.word == "same" and not frame_in("passive", hit.left.removesuffix("the ")):
            return None  # "from the same maker"
        if hit.word == "equivalent" and hit.right.startswith((" of ", " to about ")):
            return None
        return None if negated else "no_difference"
    if negated:
        return None if frame_in("other_difference", hit.left) else "no_difference"
    if hit.sense == "differ":
        return None
    if hit.sense == "effect":
        return "better" if frame_in("good_effect", hit.left) else None
    if frame_in("insignificant", hit.left) or frame_in("insignificant_after", hit.right):
        return "no_difference"
    return _DIRECTIONS.get(hit.sense, hit.sense)


def _takes(hit: _Hit) -> str:
    """On which side of the word its outcome stands."""
    existential = frame_in("existential", hit.left) is not None
    passive = not existential and frame_in("passive", hit.left) is not None
    if hit.kind in ("noun", "base_noun"):
        return "around"
    if hit.kind in ("base", "gerund", "adverb") and hit.sense != "differ":
        return "after"
    if passive or hit.sense == "differ":
        return "before"
    if existential or frame_in("attributive", hit.left):
        return "after"
    if hit.kind in ("participle", "verb"):
        return (
            "before"
            if re.match(
                r"^(?: \w+ly)*(?: (?:in|from|by|after|with|at|over|during|more|to|and|for|among|on)\b| ?[,.;:(]| ?$)",
                hit.right,
            )
            else "after"
        )
    return "around"


def flip(direction: str) -> str:
    """Return the direction seen from the other side."""
    turned = {"increased": "decreased", "decreased": "increased", "better": "worse", "worse": "better"}
    return {**turned, "faster": "slower", "slower": "faster"}.get(direction, direction)


_DURATION = re.compile(r"\b(?:time|duration|days?|hours?|minutes|onset|length|latency|interval)\b")


def direction_on(finding: Finding, names: Sequence[str]) -> str:
    """Return the direction of a finding on the outcome with these ``names`` (as written, and its concept).

    "Improved" says less pain and longer survival; "faster" says a shorter time to it.
    """
    if finding.direction in ("better", "worse"):
        sense = next((s for s in map(better_when, names) if s is not None), "more")
        return "decreased" if (sense == "less") == (finding.direction == "better") else "increased"
    if finding.direction in ("faster", "slower"):
        shorter = any(_DURATION.search(name.lower()) for name in names)
        return "decreased" if shorter == (finding.direction == "faster") else "increased"
    return finding.direction


_LESSENING = re.compile(r"\b(?:reductions?|decreases?|declines?|loss|losses|drops?|shortening|relief)\b(?! (?:of|in|from)\b)")


def turned_name(written: str, stored: str) -> bool:
    """Return whether one of two names of an outcome is of its lessening and the other is not: "pain reduction"."""
    return (_LESSENING.search(written.lower()) is None) != (_LESSENING.search(stored.lower()) is None)


def worded_direction(findings: Sequence[Finding], sentence: Sentence, item: Item) -> Finding | None:
    """Return the finding nearest before (else after) ``item``, in the same clause, or None."""
    if not findings:
        return None
    place = item.start - sentence.start
    before = [f for f in findings if f.end <= place]
    if before and not re.search(r"[;]", sentence.text[before[-1].end : place]):
        return before[-1]
    after = [f for f in findings if f.start >= place]
    return after[0] if after and not before else None


def direction_of_ratio(value: float, low: float | None, high: float | None) -> tuple[str, bool | None]:
    """Return (direction, significant) that a ratio with its interval implies: above 1 is "increased"."""
    if low is not None and high is not None and low <= 1 <= high:
        return "no_difference", False
    significant = True if low is not None and high is not None else None
    if value == 1:
        return "no_difference", significant
    return ("increased" if value > 1 else "decreased"), significant


def significance(p: PValue) -> bool | None:
    """Return whether a p-value says that the difference is significant at 5%; None where its bound leaves it open.

    "P < 0.07" is printed of what just misses, so an upper bound above 5% is not significant.
    """
    if p.op in ("<", "<=") and p.value <= 0.05:
        return True
    if p.op == "=":
        return p.value < 0.05
    return None if p.op in (">", ">=") and p.value < 0.05 else False
