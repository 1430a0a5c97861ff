"""Phrases that name people: a noun with what stands before and after it.

"previously untreated patients whose tumor proportion score was 1% or higher": from the noun the phrase is followed to the
left over its modifiers and to the right over what tells which people are meant, up to where the sentence goes on with
something else. The word lists that decide stand in ``data/phrase_words.tsv``, the nouns in ``data/people.tsv``.
"""

from __future__ import annotations

from functools import cache

from extractor.linking.characteristics import place_words
from extractor.linking.patterns import read_table
from extractor.reading.types import Word

__all__ = ["follow_left", "follow_right", "information", "people_nouns"]

_LONGEST_LEFT = 12
_LONGEST_RIGHT = 60
_LONGEST_BRACKET = 40
_MOST_INFORMATION = 8
_WORDS_PER_POINT = 2.5
_ENDINGS = (
    "ed",
    "ive",
    "al",
    "ous",
    "ic",
    "ary",
    "ant",
    "ent",
    "y",
    "ese",
    "ing",
    "less",
    "ible",
    "able",
    "free",
    "weight",
    "an",
    "ile",
    "ar",
)
_ENDS = frozenset([".", ";", ":", "?", "!", '"', "—"])
_RELATIVE = frozenset(["who", "whose", "that", "which", "whom"])
_PREPOSITIONS = frozenset(["to", "in", "from", "at", "by", "on", "as", "for", "between"])
Words = tuple[Word, ...]


@cache
def people_nouns() -> dict[str, str]:
    """Return the nouns for people with their kind: "any", "female", "male", or "weak" (needs a post-modifier)."""
    return {row["noun"]: row["kind"] for row in read_table("people.tsv", ("noun", "kind"))}


@cache
def _words(role: str) -> frozenset[str]:
    rows = {row["role"]: row["words"] for row in read_table("phrase_words.tsv", ("role", "words"))}
    return frozenset(rows[role].split())


def information(words: Words) -> float:
    """Return how much ``words`` say of the people they name: above 0 where they say more than sex and age."""
    telling = 0
    for word in words:
        low = word.lower
        if low[0].isalpha() and len(low) > 1 and low not in _words("plain_modifier") and low not in people_nouns():
            telling += 1
    return min(telling, _MOST_INFORMATION) / _WORDS_PER_POINT - (0.0 if telling else 2.0)


def follow_left(words: Words, i: int) -> int:
    """Return the index of the first word of the modifiers that stand before the noun ``words[i]``."""
    stop = _words("left_stop")
    first = j = i
    while j > 0 and i - j < _LONGEST_LEFT:
        j -= 1
        low = words[j].lower
        if low in stop and not _joins_modifiers(words, j, first):
            break
        if low[0].isalpha() or low == "%" or (low[0].isdigit() and _numbers_a_stage(words, j)):
            first = j
        elif not (low in "-/+'" or (low == "," and j > 0 and _adjective(words[j - 1].lower) and first == j + 1)):
            break
    return first


def _numbers_a_stage(words: Words, j: int) -> bool:
    before = words[j - 1].lower if j else ""
    return before in ("type", "stage", "grade", "-", "class", "ii", "phase") or words[j + 1].lower == "-"


def _adjective(low: str) -> bool:
    return low.endswith(_ENDINGS) and low not in _words("left_stop") and len(low) > 3


def _joins_modifiers(words: Words, j: int, first: int) -> bool:
    """Tell whether "and" or "or" at ``j`` joins adjectives or people ("men and women"), not two clauses."""
    if words[j].lower not in ("and", "or") or j == 0 or first != j + 1:
        return False
    before = words[j - 1].lower
    if before in people_nouns() and words[first].lower in people_nouns():
        return True
    return (before == "-" or _adjective(before)) and _adjective(words[j + 1].lower)


def follow_right(words: Words, i: int, plain: str) -> int:
    """Return the index of the last word of what tells which people the noun ``words[i]`` means.

    Args:
        words: the words of one sentence. plain: the plain text that they stand in.
    """
    j = _first_after_noun(words, i)
    if j is None:
        return i
    verbs = _words("verb")
    last = i
    free_verbs = 0  # 2: a relative clause waits for its verb; 1: it has had it
    while j < len(words) and j - i < _LONGEST_RIGHT:
        low = words[j].lower
        if _ends_phrase(words, j, plain):
            break
        if low in _RELATIVE:
            free_verbs = 2
        elif low in ("and", "or", "but") and free_verbs == 1:
            following = words[j + 1].lower if j + 1 < len(words) else ""
            free_verbs = 2 if following in verbs else 1
        elif low in verbs:
            if free_verbs < 2 and words[j - 1].lower != "to" and not _inside_modifier(words, j):
                break
            if free_verbs == 2 and words[j - 1].lower not in verbs:
                free_verbs = 2 if _verb_goes_on(words, j) else 1
        elif (low == "," and not _goes_on(words, j, free_verbs > 0)) or (
            low in _PREPOSITIONS and _leads_away(words, j)
        ):
            break
        elif low == "(":
            close = _closing(words, j)
            if close is None or _is_count(words, j):
                break
            j = close
        last = j
        j += 1
    while last > i and words[last].lower in _words("cannot_end"):
        last -= 1
    return last


def _first_after_noun(words: Words, i: int) -> int | None:
    """Return the index where what follows the noun begins to tell which people are meant, None where it does not."""
    begin = _words("post_start")
    j = i + 1
    if j < len(words) and words[j].lower == "(":
        close = _closing(words, j)
        if close is None or _is_count(words, j):
            return None
        j = close + 1
        if j >= len(words) or words[j].lower not in begin:
            return None
    if j + 1 < len(words) and words[j].lower == "," and words[j + 1].lower in ("aged", "ages", "with", "who"):
        j += 1
    if j + 1 < len(words) and words[j].lower == "of" and words[i].lower in _words("of_head"):
        return j + 1
    if j >= len(words) or words[j].lower not in begin or not _tells_which(words, j):
        return None
    return j


def _ends_phrase(words: Words, j: int, plain: str) -> bool:
    word = words[j]
    if word.lower in _ENDS or (word.lower in _words("stop") and not _compares_size(words, j)):
        return True
    return word.lower == "-" and plain[word.start - 1] == " " and plain[word.end : word.end + 1] == " "


def _compares_size(words: Words, j: int) -> bool:
    """Tell whether "than" compares a size ("older than 65 years"), or "because of" gives a reason inside the phrase."""
    if words[j].lower == "because":
        return j + 1 < len(words) and words[j + 1].lower == "of"
    return words[j].lower == "than" and words[j - 1].lower in _words("compared_size")


def _verb_goes_on(words: Words, j: int) -> bool:
    """Tell whether the verb at ``j`` is only the beginning of a verb group ("had been", "were undergoing")."""
    if j + 1 >= len(words):
        return False
    following = words[j + 1].lower
    return following in _words("verb") or following in ("not", "been", "just", "previously", "recently", "also")


def _inside_modifier(words: Words, j: int) -> bool:
    # "with improved ...": a participle right after a preposition or hyphen modifies a noun
    return words[j].lower.endswith("ed") and words[j - 1].lower in _words("before_participle")


def _leads_away(words: Words, j: int) -> bool:
    """Tell whether the preposition at ``j`` leads to something else than a property of the people."""
    if j + 1 >= len(words):
        return True
    low, before, after = words[j].lower, words[j - 1].lower, words[j + 1].lower
    if low == "to":
        return not (
            before in _words("takes_to")
            or after in _words("to_range")
            or before in _words("stage_number")
            or after[0].isdigit()
            or before[0].isdigit()
        )
    if low in ("from", "at"):
        return after[0].isdigit() or after in _words("month") or after in _words("place_leads_away")
    if low == "in":
        return after[0].isdigit() or after in _words("in_leads_away")
    if low == "between":
        return (len(after) == 4 and after.isdigit()) or after in _words("month")
    if low == "for":
        return after in ("the", "a") and j + 2 < len(words) and words[j + 2].lower in ("trial", "study", "first")
    if low == "by":
        return after in ("adding", "giving", "using")
    return low == "as" and after in _words("as_leads_away")


def _goes_on(words: Words, j: int, in_clause: bool) -> bool:
    """Tell whether the phrase goes on after the comma at ``j``."""
    if j + 1 >= len(words):
        return False
    after = words[j + 1].lower
    starts, goes_on, verbs = _words("post_start"), _words("goes_on_after_comma"), _words("verb")
    if after in ("and", "or") and j + 2 < len(words):
        second = words[j + 2].lower
        return (
            second in goes_on
            or second in starts
            or (second in ("had", "were") and in_clause)
            or (_adjective(second) and second not in verbs)
        )
    if after in goes_on or (after in starts and after not in _NEW_CLAUSE):
        return True
    if after in _words("stage_number") and words[j - 1].lower in _words("stage_number"):
        return True
    return j + 2 < len(words) and words[j + 2].lower == "-" and after not in verbs


_NEW_CLAUSE = frozenset(["in", "on", "from", "after", "following", "that", "which", "at"])


def _closing(words: Words, j: int) -> int | None:
    depth = 0
    for k in range(j, min(len(words), j + _LONGEST_BRACKET)):
        depth += {"(": 1, ")": -1}.get(words[k].lower, 0)
        if depth == 0:
            return k
    return None


def _is_count(words: Words, j: int) -> bool:
    """Tell whether the bracket at ``j`` holds "n = 12" or a percentage."""
    inside = [w.lower for w in words[j + 1 : j + 4]]
    return inside[:1] == ["n"] or "%" in inside


def _tells_which(words: Words, j: int) -> bool:
    """Tell whether the word at ``j``, which may begin a post-modifier, does so here."""
    low = words[j].lower
    after = words[j + 1].lower if j + 1 < len(words) else ""
    if low == "on":
        return after not in ("the", "a")
    if low == "in":
        return after == "whom"
    if low == "between":
        return after[:1].isdigit() and len(after) < 4
    if low == "from":
        return after in place_words()
    if low == "at":
        return after in _words("risk_after_at")
    if low in ("treated", "following", "after", "using", "over", "under", "planned", "that"):
        return after not in ("the", "to", "a")
    return bool(after) and low != "selected"
