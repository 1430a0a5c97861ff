"""What a sentence does: report a finding, define an endpoint, or neither."""

from __future__ import annotations

from functools import lru_cache

from extractor.linking.arm_view import View
from extractor.linking.arm_vocabulary import cue_set

__all__ = ["sentence_kinds"]

_FIGURES = frozenset({"percent", "fraction", "estimate", "p_value", "quantity", "not_reached", "interval"})
_FIRST_RESULT = 0.3


def _does(sentence: str, field: str) -> bool:
    return cue_set("outcome_scopes.jsonl", field).first(sentence) is not None


# the searches for outcomes and for mentions ask for the same text
@lru_cache(maxsize=1)
def sentence_kinds(view: View) -> list[str]:
    """Return "result", "definition", "conclusion" or "other" for each sentence of ``view``.

    A labelled section decides where there is one; otherwise a sentence is a result when it prints a statistic or says
    how groups compare, after the methods. A text of one or two sentences is all result.
    """
    reading = view.reading
    plain = view.plain
    length = max(1, len(plain))
    kinds: list[str] = []
    labelled = {s.label for s in reading.sections}
    for index, (start, end) in enumerate(reading.sentences):
        if len(reading.sentences) <= 2:
            kinds.append("result")
            continue
        section = (
            next((s.label for s in reversed(reading.sections) if s.start <= start < s.end), "body")
            if labelled
            else "body"
        )
        sentence = plain[start:end]
        first, stop = view.ranges[index]
        figures = any(view.tokens[i].kind in _FIGURES for i in range(first, stop))
        if section == "title" or (index == 0 and reading.kind == "abstract"):
            kinds.append("other")
        elif not figures and _does(sentence, "definition"):
            kinds.append("definition")
        elif section in ("background", "objective", "methods", "registration", "funding"):
            kinds.append("other")
        elif section == "results":
            kinds.append("result")
        elif start / length < _FIRST_RESULT or _does(sentence, "other"):
            kinds.append("other")
        elif section == "conclusions" or _does(sentence, "conclusion"):
            kinds.append("conclusion")
        elif figures or _does(sentence, "result"):
            kinds.append("result")
        else:
            kinds.append("other")
    return kinds
