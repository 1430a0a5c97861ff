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

__all__ = ["follow_left", "follow_right", "people_nouns", "phrase_words", "says_which", "telling_words"]

_LONGEST_LEFT = 12
_LONGEST_RIGHT = 60
_LONGEST_BRACKET = 40
_LONGEST_SETTING = 14
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
def phrase_words(role: str) -> frozenset[str]:
    """Return the words of ``role`` in ``data/phrase_words.tsv``. Raises KeyError where the file has no such role."""
    rows = {row["role"]: row["words"] for row in read_table("phrase_words.tsv", ("role", "words"))}
    return frozenset(rows[role].split())


def telling_words(words: Words) -> int:
    """Return how many of ``words`` say more of the people they name than sex and age."""
    return sum(
        1
        for word in words
        if (low := word.lower)[0].isalpha()
        and len(low) > 1
        and low not in phrase_words("plain_modifier")
        and low not in people_nouns()
    )


def says_which(words: Words) -> bool:
    """Tell whether ``words`` say anything of the people they name but sex and age."""
    return telling_words(words) > 0


def follow_left(words: Words, i: int) -> int:
    """Return the index of the first word of the modifiers that stand before the noun ``words[i]``."""
    stop = phrase_words("left_stop")
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
    if before == "/" and j > 1 and words[j - 2].lower[0].isalpha():
        return True  # "BRCA1/2 carriers"
    return before in ("type", "stage", "grade", "-", "class", "ii", "phase") or words[j + 1].lower == "-"


def _adjective(low: str) -> bool:
    return low.endswith(_ENDINGS) and low not in phrase_words("left_stop") and len(low) > 3


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
    verbs = phrase_words("verb")
    last = i
    # what eligible people had is told like what follows "who"
    free_verbs = 2 if words[j].lower in phrase_words("copula") else 0  # 2: a relative clause waits for its verb; 1: it has had it
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
            if free_verbs == 2:
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
    while last > i and words[last].lower in phrase_words("cannot_end"):
        last -= 1
    return last


def _first_after_noun(words: Words, i: int) -> int | None:
    """Return the index where what follows the noun begins to tell which people are meant, None where it does not."""
    begin = phrase_words("post_start")
    j = i + 1
    if j < len(words) and words[j].lower == "(":
        close = _closing(words, j)
        if close is None:
            return None
        j = close + 1
        if j >= len(words) or (words[j].lower not in begin and not _is_age(words, j)):
            return None
    if j + 1 < len(words) and words[j].lower == "," and words[j + 1].lower in phrase_words("after_comma"):
        return j + 1
    if j + 1 < len(words) and words[j].lower == "of" and words[i].lower in phrase_words("of_head"):
        return j + 1
    if j + 1 < len(words) and words[j].lower in ("from", "in", "at", "of") and _is_setting(words, j):
        return j
    if j + 1 < len(words) and words[j].lower in phrase_words("copula") and _states_criteria(words, i, j):
        return j
    if _is_age(words, j):
        return j
    if j >= len(words) or words[j].lower not in begin or not _tells_which(words, j):
        return None
    return j


def _is_age(words: Words, j: int) -> bool:
    """Tell whether an age begins at ``j`` ("women 42-69 years old", "women age 50 or more")."""
    if j + 1 >= len(words):
        return False
    if words[j].lower == "age":
        return words[j + 1].lower[0].isdigit() or words[j + 1].lower in phrase_words("age_sign")
    if not (words[j].lower[0].isdigit() or words[j].lower in phrase_words("age_sign")):
        return False
    return any(w.lower in ("years", "year", "yr", "yrs") for w in words[j + 1 : j + 5])


def _is_setting(words: Words, j: int) -> bool:
    """Tell whether a place stands between the people and what tells which they are ("women from two clinics, aged ...")."""
    verbs, stop = phrase_words("verb"), phrase_words("stop")
    for k in range(j + 1, min(len(words), j + _LONGEST_SETTING)):
        low = words[k].lower
        if low in phrase_words("after_setting"):
            return True
        if low in verbs or low in stop or low in _ENDS or low in phrase_words("no_setting"):
            return False
    return False


def _states_criteria(words: Words, i: int, j: int) -> bool:
    """Tell whether the verb at ``j`` says what eligible people had or were ("Eligible patients had ...")."""
    if not any(w.lower in ("eligible", "included", "eligibility") for w in words[max(0, i - 2) : i]):
        return False
    after = words[j + 1].lower
    return after not in phrase_words("verb") and after not in ("eligible", "then", "(", ",") and not after.endswith("ly")


def _ends_phrase(words: Words, j: int, plain: str) -> bool:
    word = words[j]
    if word.lower in _ENDS or (word.lower in phrase_words("stop") and not _compares_size(words, j)):
        return True
    return word.lower == "-" and plain[word.start - 1] == " " and plain[word.end : word.end + 1] == " "


def _compares_size(words: Words, j: int) -> bool:
    """Tell whether "than" compares a size ("older than 65 years"), or "because of" gives a reason inside the phrase."""
    if words[j].lower == "because":
        return j + 1 < len(words) and words[j + 1].lower == "of"
    return words[j].lower == "than" and words[j - 1].lower in phrase_words("compared_size")


def _verb_goes_on(words: Words, j: int) -> bool:
    """Tell whether the verb at ``j`` is only the beginning of a verb group ("had been", "were undergoing")."""
    if j + 1 >= len(words):
        return False
    following = words[j + 1].lower
    return following in phrase_words("verb") or following in ("not", "been", "just", "previously", "recently", "also")


def _inside_modifier(words: Words, j: int) -> bool:
    # "with improved ...": a participle right after a preposition or hyphen modifies a noun
    return words[j].lower.endswith("ed") and words[j - 1].lower in phrase_words("before_participle")


def _leads_away(words: Words, j: int) -> bool:
    """Tell whether the preposition at ``j`` leads to something else than a property of the people."""
    if j + 1 >= len(words):
        return True
    low, before, after = words[j].lower, words[j - 1].lower, words[j + 1].lower
    if low == "to":
        return not (
            before in phrase_words("takes_to")
            or after in phrase_words("to_range")
            or before in phrase_words("stage_number")
            or after[0].isdigit()
            or before[0].isdigit()
        )
    if low in ("from", "at"):
        return after[0].isdigit() or after in phrase_words("month") or after in phrase_words("place_leads_away")
    if low == "in":
        return after[0].isdigit() or after in phrase_words("in_leads_away")
    if low == "between":
        return (len(after) == 4 and after.isdigit()) or after in phrase_words("month")
    if low == "for":
        return after in ("the", "a") and j + 2 < len(words) and words[j + 2].lower in ("trial", "study", "first")
    if low == "by":
        return after in ("adding", "giving", "using")
    return low == "as" and after in phrase_words("as_leads_away")


def _goes_on(words: Words, j: int, in_clause: bool) -> bool:
    """Tell whether the phrase goes on after the comma at ``j``."""
    if j + 1 >= len(words):
        return False
    after = words[j + 1].lower
    starts, goes_on, verbs = phrase_words("post_start"), phrase_words("goes_on_after_comma"), phrase_words("verb")
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
    if after in phrase_words("stage_number") and words[j - 1].lower in phrase_words("stage_number"):
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
        return after in phrase_words("risk_after_at") or any(w.lower == "risk" for w in words[j + 1 : j + 5])
    if low in ("treated", "following", "after", "using", "over", "under", "planned", "that"):
        return after not in ("the", "to", "a")
    return bool(after) and low != "selected"
