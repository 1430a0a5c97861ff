"""The grade that an outcome is of: grade 3 or 4 anaemia is another endpoint than anaemia."""

from __future__ import annotations

import re

from extractor.linking.arm_view import View

__all__ = ["GRADE", "grade_name", "graded"]

GRADE = "grade"
"""Kind of the tokens that say a grade of toxicity, and how the names of graded endpoints begin."""

_LEVEL = re.compile(r"(?<![a-z])(?:iii|ii|iv|i|v)(?![a-z])|[1-5]")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_OPEN = re.compile(r"[≥>+]|higher|greater|worse|more|above|over")
_SEVERE = 3


def grade_name(text: str) -> str:
    """Return one name for the ways to write a grade: "Grade 3/4", "grades III-IV" and "grade ≥3" are grade 3 or higher."""
    low = text.lower()
    levels = sorted({_ROMAN.get(level) or int(level) for level in _LEVEL.findall(low)})
    if not levels:
        return low
    if _OPEN.search(low) or (levels[0] == _SEVERE and len(levels) > 1):
        return f"{GRADE} {levels[0]} or higher"
    return f"{GRADE} {levels[0]}" + (f" to {levels[-1]}" if len(levels) > 1 else "")


def graded(view: View, first: int, stop: int, end: int, concept: str) -> str | None:
    """Return the concept of the term in tokens [first, stop) with the grade beside it.

    Args:
        view: the text. first, stop: tokens of the term. end: of the phrase around it. concept: what the term names.

    Returns:
        None where the term is but a grade, and the phrase goes on with what is graded.
    """
    tokens = view.tokens
    if all(tokens[k].kind == GRADE for k in range(first, stop)):
        return None if end > stop else concept
    if concept.startswith(GRADE):
        return concept
    after = stop + 1 if view.lows[stop : stop + 1] in (["of"], ["("]) else stop
    low, high = view.ranges[view.sentence_of[first]]
    for place in (first - 1, after):
        if low <= place < high and tokens[place].kind == GRADE:
            return f"{grade_name(view.text[tokens[place].start : tokens[place].end])} {concept}"
    return concept
