"""How many took part: the numbers enrolled (randomised or included) and analysed, told from arms, screening and events.

Every whole number that a noun for people or "n =" goes with is a candidate; the rules of ``data/participants.jsonl``
speak of what stands before it, after it, and in its sentence, and add to (or take from) its score. Nothing is summed: a
number that is not printed is not given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import msgspec

from extractor.errors import LexiconError
from extractor.linking.patterns import Rule, load_rules, pattern_set
from extractor.literals import PatternSet
from extractor.records import Number

__all__ = ["WORD_NUMBER", "Count", "choose_counts", "find_counts", "numbers_in", "read_number", "reconcile", "untokenised"]

_FILE = "participants.jsonl"
_UNITS = {w: i for i, w in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])}  # fmt: skip
_TENS = {
    w: 10 * i for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
} | {"fourty": 40}
_WORD = "|".join([*list(_UNITS)[1:], *_TENS])
WORD_NUMBER = (
    rf"(?:(?:a |{'|'.join(f'{w} ' for w in list(_UNITS)[1:10])})(?:hundred|thousand)|{_WORD})"
    rf"(?:(?:[ -]and[ -]|[ -])(?:hundred|thousand|{_WORD}))*"
)
_DIGITS = re.compile(r"\d(?<![\w.,·/$€£+-].)(?:\d{0,2}(?:[, ]\d{3})+|\d*)(?![\w·%]|[.,]\d)")
_IN_WORDS = PatternSet([("words", re.compile(rf"\b{WORD_NUMBER}\b(?!th)"))])
_BEFORE, _AFTER = 120, 260
_LEAST_SCORE = 4.0
_LEAST_SCORE_ALONE = 3.0


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A number of participants with what speaks for it.

    ``enrolled``, ``analysed``: scores (higher is better); ``rules``: ids of the rules that matched;
    ``doubted``: whether any of them speaks against it.
    """

    number: Number
    enrolled: float
    analysed: float
    rules: tuple[str, ...]
    doubted: bool


def read_number(printed: str) -> int:
    """Return the value of a whole number in digits ("1,274", "13 388") or words ("one hundred and fifty-nine").

    Raises:
        ValueError: ``printed`` is neither.
    """
    plain = printed.lower().strip()
    compact = re.sub(r"[,\s]", "", plain)
    if compact.isascii() and compact.isdigit():
        return int(compact)
    total = group = 0
    words = [w for w in re.split(r"[\s-]+", plain) if w != "and"]
    if not words:
        raise ValueError("no number")
    for word in words:
        if word in _UNITS or word in _TENS:
            group += _UNITS.get(word, 0) or _TENS.get(word, 0)
        elif word == "a":
            group += 1
        elif word == "hundred":
            group = (group or 1) * 100
        elif word == "thousand":
            total, group = total + (group or 1) * 1000, 0
        else:
            raise ValueError(f"not a number: {printed!r}")
    return total + group


_Rules = tuple[PatternSet[Rule], PatternSet[Rule], PatternSet[Rule]]


@cache
def _rules() -> _Rules:
    """Return the rules on what stands before, after and round a number."""
    rules = load_rules(_FILE)
    for rule in rules:
        if rule.side is None or rule.field not in ("any", "enrolled", "analysed", "arm", "screened"):
            raise LexiconError(f"rule {rule.id} lacks a side or has an unknown field", _FILE)
    before, after, sentence = (pattern_set(_FILE, side) for side in ("before", "after", "sentence"))
    return before, after, sentence


_GATE_AFTER = re.compile(
    r"patient|pts|wom[ae]n|m(?<!\w.)[ae]n\b|males|participant|subject|people|person|individual|adult|child|adolescent|infant|neonate|"
    r"newborn|bab(?:y|ies)|boys|girls|volunteer|survivor|veteran|mother|couple|relative|case|eyes|random|enrol|recruit|assigned|"
    r"evaluable|analy|complet|teen|kid|student|resident|smoker|carer|caregiver|parent|recipient|nurse|physician|latina|responder|carrier|"
    r"outpatient|worker|dyad|bcs|user|member|practitioner|gps|youth|famil|assessable|immigrant|visitor|respondent|"
    r"includ|available|treated|received|intent|evaluat|for response"
)


def numbers_in(
    plain: str, start: int, end: int, digits: re.Pattern[str], words: PatternSet[str]
) -> list[re.Match[str]]:
    """Return the whole numbers in ``plain[start:end]``, in order: what ``digits`` finds, and what the pattern of ``words``
    finds where a word for a number can stand."""
    found = list(digits.finditer(plain, start, end))
    for _, pattern in words.possible(plain[start:end]):
        found += pattern.finditer(plain, start, end)
    return sorted(found, key=re.Match.start)


def find_counts(text: str, plain: str, sentences: tuple[tuple[int, int], ...]) -> list[Count]:
    """Return the candidate numbers of participants in ``text``, in order, those without any cue left out.

    Args:
        text: the text as stored; plain: ``plain_text(text)``; sentences: the [start, end] pairs to look in.
    """
    counts: list[Count] = []
    rules = _rules()
    for start, end in sentences:
        for match in numbers_in(plain, start, end, _DIGITS, _IN_WORDS):
            count = _score(text, plain, match, (start, end), rules)
            if count is not None:
                counts.append(count)
    return counts


_SPACED_MARK = re.compile(r" (?=[,.;:)\]%])|(?<=[(\[]) ")


def untokenised(view: str) -> str:
    """Return ``view`` without the blanks that tokenised texts print beside marks ("( n = 12 )")."""
    return _SPACED_MARK.sub("", view) if " )" in view or " ," in view or "( " in view or " ." in view else view


def _score(text: str, plain: str, match: re.Match[str], sentence_at: tuple[int, int], rules: _Rules) -> Count | None:
    start, end = sentence_at
    s, e = match.span()
    before, after = untokenised(plain[max(start, s - _BEFORE) : s]), untokenised(plain[e : min(end, e + _AFTER)])
    if not _GATE_AFTER.search(after[:130]) and not before.rstrip(" =:").endswith("n"):
        return None
    if match.group()[0] == "0":
        return None
    value = read_number(match.group())
    if value < 3 or (
        len(match.group()) == 4 and 1950 <= value <= 2035 and _is_year(before, after)
    ):
        return None
    rules_before, rules_after, rules_sentence = rules
    matched = [rule for rule, _ in rules_before.matching(before)]
    matched += [rule for rule, _ in rules_after.matching(after)]
    sentence = untokenised(plain[max(start, s - _AFTER) : min(end, e + _AFTER)])
    matched += [rule for rule, _ in rules_sentence.matching(sentence)]
    scores = {"enrolled": 0.0, "analysed": 0.0}
    for rule in matched:
        for field in scores if rule.field not in scores else (rule.field,):
            scores[field] += rule.weight
    if not any(r.weight > 0 for r in matched):
        return None
    number = Number(text=text[s:e], start=s, end=e, value=value)
    return Count(
        number=number, rules=tuple(r.id for r in matched), doubted=any(r.weight < 0 for r in matched), **scores
    )


_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_YEAR_BEFORE = re.compile(rf"(?:in|since|until|to|and|from|between|{_MONTHS}|\d,|through|of) ?$")
_YEAR_AFTER = re.compile(r"^ ?(?:[,;.)]|and|to|until|-|through|$)")


def _is_year(before: str, after: str) -> bool:
    return bool(_YEAR_BEFORE.search(before)) and bool(_YEAR_AFTER.search(after))


def choose_counts(counts: list[Count]) -> tuple[Number | None, Number | None]:
    """Return the number enrolled and the number analysed among ``counts``; None where the text prints none.

    The best supported count wins, the earlier one between equals. A number analysed that is larger than the number
    enrolled is not believed.
    """
    largest = max((c.number.value for c in counts if c.enrolled >= _LEAST_SCORE_ALONE), default=0)
    # the whole group is larger than its parts: a count far below another plausible one is more likely an arm
    enrolled = _best([(c.enrolled - (1.5 if 2 * c.number.value < largest * 1.3 else 0.0), c) for c in counts])
    analysed = _best([(c.analysed, c) for c in counts if _speaks_of_analysis(c)])
    if analysed is None:
        return (enrolled.number if enrolled else None), None
    if enrolled is None or enrolled.number == analysed.number:
        return analysed.number, None if enrolled is None else analysed.number
    if analysed.number.value > enrolled.number.value:
        return enrolled.number, None
    return enrolled.number, analysed.number


_ANALYSIS_RULES = frozenset(
    ("analysed", "analysed-whom", "completed", "analysed-before", "analysed-verb", "analysed-percent", "treated-all",
     "of-these-treated", "for-response"))  # fmt: skip


def _speaks_of_analysis(count: Count) -> bool:
    return bool(_ANALYSIS_RULES.intersection(count.rules))


def _best(scored: list[tuple[float, Count]]) -> Count | None:
    good = [(score, -c.number.start, c) for score, c in scored if score >= _LEAST_SCORE]
    # a count that nothing speaks against may stand where no better one is printed
    good = good or [(s, -c.number.start, c) for s, c in scored if s >= _LEAST_SCORE_ALONE and not c.doubted]
    if not good:
        return None
    best = max(good, key=lambda row: row[:2])[2]
    same = [c for score, c in scored if c.number.value == best.number.value and score >= _LEAST_SCORE_ALONE]
    return same[0]


def reconcile(
    enrolled: Number | None,
    analysed: Number | None,
    parts: frozenset[int],
    wholes: Sequence[Number],
    recount: Callable[[], tuple[Number | None, Number | None]],
) -> tuple[Number | None, Number | None]:
    """Return the numbers enrolled and analysed in the light of the sizes of the groups.

    The size of one group is not the number of all; a printed number that the groups make up together is the number
    enrolled where none is known, and the number analysed where it is less than the number enrolled.

    Args:
        enrolled, analysed: as chosen without the groups. parts: where the counts start that are sizes of groups.
        wholes: printed counts that groups make up, the best supported first. recount: chooses again, without ``parts``.
    """
    if (enrolled is not None and enrolled.start in parts) or (analysed is not None and analysed.start in parts):
        enrolled, analysed = recount()
    if not wholes:
        return enrolled, analysed
    best = wholes[0]
    if enrolled is None or best.value > enrolled.value:
        return best, analysed if analysed is not None and analysed.value < best.value else None
    if analysed is None:
        analysed = next((w for w in wholes if w.value < enrolled.value), None)
    return enrolled, analysed
