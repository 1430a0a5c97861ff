"""What a figure measures, by its form and by what stands around it; None where nothing says that it is a result."""

from __future__ import annotations

import re

from extractor.linking.context_cues import around, cue_in
from extractor.linking.layout import Item, Sentence, Value
from extractor.linking.rules import cue_words
from extractor.records import Measure

__all__ = ["NO_RESULT_SECTIONS", "is_label", "measure_cue", "measure_of"]

NO_RESULT_SECTIONS = frozenset({"methods", "objective", "background", "registration", "funding"})
_TIME_UNITS = frozenset({"second", "minute", "hour", "day", "week", "month", "year", "cycle"})
_SURVIVAL = re.compile(
    r"\b(?:survival|os|pfs|dfs|efs|ttp|time to|duration of response|dor|progression)\b", re.IGNORECASE
)
_TIMED = re.compile(
    r"\b(?:time|duration|stay|survived|latency|interval|length|delay|survival|onset|hospitali[sz]ation|recovery|period|os|pfs|dfs|efs|"
    r"ttp|dor)\b",
    re.IGNORECASE,
)
_GIVEN_OVER = re.compile(
    r"\b(?:for|over|within|during|every|each|at|after|aged?|lasting|last|between)(?: the| a| an| first)?$"
)
_STATED = re.compile(r"\b(?:was|were|took|averaged|of|versus|vs\.?|and|compared with|than)$")
_LINKED = cue_words("measures_linked")
_PEOPLE = cue_words("people")
_EVENTS = cue_words("events")
_HAD = cue_words("had_verbs")
_QUALIFIERS = frozenset({"of", "such", "the", "additional", "more", "other", "evaluable", "treated", "these"})
_NOT_COUNTED_AFTER = cue_words("measures_not_counted_after")
_TREATED = frozenset({"received", "underwent", "involved", "completed"})
"""Verbs that tell what was done to people, not what happened to them."""
_POWERS = frozenset({-3, -2, -1})
_SINGLE = ("age", "sites", "mod_ge", "mod_lt")


def measure_of(item: Item, sentence: Sentence, *, enrolment: bool) -> Measure | None:
    """Return the measure of the figure of ``item``, or None where it is no result.

    Args:
        enrolment: whether the sentence tells how many were enrolled or randomised.
    """
    value = item.value
    assert value is not None
    figure, kind = value.figure, value.figure.kind
    if kind == "estimate":
        return figure.measure  # type: ignore[return-value]
    if sentence.section in NO_RESULT_SECTIONS:
        return None
    window = around(item, sentence)
    if figure.events is None and kind in ("percent", "quantity", "number") and cue_in("not_result", window):
        return None
    if kind == "not_reached":
        return "median"
    if _further_p_value(item, sentence) or _is_exponent(item, sentence):
        return None
    if kind in ("number", "quantity") and figure.ci is not None and cue_in("compared_before", window):
        return "mean_difference"
    if kind in ("number", "quantity", "percent") and figure.events is None and cue_in("difference_before", window):
        return "risk_difference" if kind == "percent" else "mean_difference"
    if _spread_in_bracket(item, sentence) or is_label(item, sentence):
        return None
    if kind == "percent":
        return _percent(item, sentence, window)
    if kind == "fraction":
        if (
            (enrolment and not sentence.of_kind("outcome"))
            or cue_in("participation", window)
            or _is_ratio_name(item, sentence)
        ):
            return None
        return "count"
    cue = measure_cue(item, sentence)
    if kind == "dose":
        if figure.unit in ("unit", "units") and cue_in("change", window):
            return "change"
        return cue if cue is not None and (figure.dispersion is not None or _tells_dose(item, sentence)) else None
    if kind == "duration" or figure.unit in _TIME_UNITS:
        return _time(item, sentence, cue, window)
    return _number(item, sentence, cue, window, enrolment)


def _tells_dose(item: Item, sentence: Sentence) -> bool:
    """ "The median cumulative dose was 785 mg/m2 for A": the dose that was reached is what is measured."""
    before = sentence.items[: item.index]
    if not before or before[-1].lower not in ("was", "were", "versus", "vs", "and"):
        return False
    verb = next((i.index for i in before if i.lower in ("was", "were")), None)
    cue = next((i.index for i in before if i.token_kind in ("mean", "median") or i.lower in ("mean", "median")), None)
    if verb is None:
        return False
    told = sentence.text[: sentence.items[verb].start - sentence.start].lower()
    return cue is not None and cue < verb and re.search(r"\b(?:cumulative|total|final|daily) (?:\w+ )?doses?\b", told) is not None


def _further_p_value(item: Item, sentence: Sentence) -> bool:
    """ "(P = .50 and .89, respectively)": a bare number after a p-value is one too."""
    assert item.value is not None
    figure = item.value.figure
    if figure.kind != "number" or figure.value is None or not 0 <= figure.value <= 1:
        return False
    before = sentence.items[max(0, item.index - 2) : item.index]
    return len(before) == 2 and before[0].token_kind == "p_value" and before[1].lower in ("and", ",", "or")


def _is_exponent(item: Item, sentence: Sentence) -> bool:
    """ "5.2 mg kg (-1) min (-1)", a small number below 0 in a bracket after a unit is its power."""
    assert item.value is not None
    figure = item.value.figure
    if figure.kind != "number" or figure.value not in _POWERS or item.index < 2 or item.index + 1 >= len(sentence.items):
        return False
    unit, opening, closing = (sentence.items[item.index + step] for step in (-2, -1, 1))
    measured = unit.token_kind in ("unit", "utime") or (unit.figure is not None and unit.figure.unit is not None)
    return measured and opening.lower == "(" and closing.lower == ")"


def is_label(item: Item, sentence: Sentence) -> bool:
    """Whether a bare whole number is the name of a group: "in arm 1 and 16 in arm 2"."""
    assert item.value is not None
    figure = item.value.figure
    if figure.kind != "number" or not isinstance(figure.value, int) or figure.unit is not None or figure.value > 20:
        return False
    return cue_in("label_number", around(item, sentence)) is not None


def _spread_in_bracket(item: Item, sentence: Sentence) -> bool:
    """ "-7.9% (5.7)": a bare decimal alone in a bracket after a value is its spread."""
    assert item.value is not None
    if item.value.figure.kind != "number" or not isinstance(item.value.figure.value, float) or item.index < 2:
        return False
    around_it = _before(item, sentence, 2) + _after(item, sentence, 1)
    if len(around_it) != 3 or around_it[0].value is None or item.value.figure.ci is not None:
        return False
    return around_it[1].lower in ("(", "[") and around_it[2].lower in (")", "]")


def _is_ratio_name(item: Item, sentence: Sentence) -> bool:
    """ "cyclin-dependent kinase 4/6 inhibitor": a small slashed pair before a noun is a name."""
    assert item.value is not None
    total = item.value.figure.total
    if item.value.figure.rule != "frac.slash" or total is None or total.value >= 10:
        return False
    following = _after(item, sentence, 1)
    return bool(following) and following[0].kind == "word" and following[0].token_kind not in ("people", "pct")


def _lowers(items: list[Item]) -> list[str]:
    return [i.lower for i in items]


def _before(item: Item, sentence: Sentence, count: int) -> list[Item]:
    return sentence.items[max(0, item.index - count) : item.index]


def _after(item: Item, sentence: Sentence, count: int) -> list[Item]:
    return sentence.items[item.index + 1 : item.index + 1 + count]


def _percent(item: Item, sentence: Sentence, window: str) -> Measure | None:
    value = item.value
    assert value is not None
    figure = value.figure
    spread = figure.dispersion is not None and figure.dispersion.kind in ("sd", "se")
    if (figure.value is not None and not 0 <= figure.value <= 100) or (figure.printed or "").startswith("+"):
        return "change"
    if cue_in("efficacy", window):
        return "relative_reduction"
    if _worded_in_speech(value, sentence):
        return None
    if figure.events is None and cue_in("relative_reduction", window) and _after_a_pair(item, sentence):
        return "relative_reduction"
    if figure.events is None and cue_in("change", window):
        return _reduction_of_events(sentence, value) or "change"
    if figure.events is None and figure.dispersion is not None and figure.dispersion.kind == "iqr":
        return "median"
    near = _near_cue(item, sentence) if figure.events is None else None
    if spread or near is not None:
        return near or "mean"
    return "percentage"


def _after_a_pair(item: Item, sentence: Sentence) -> bool:
    """Whether the values of two arms stand before ``item``: "18% against 36% (50% reduction; 95% CI 30 to 60)"."""
    return sum(i.value is not None and i.value.measure is not None for i in sentence.items[: item.index]) > 1


def _near_cue(item: Item, sentence: Sentence) -> Measure | None:
    """A measure word makes a percentage a mean or median only where it stands right before it or its outcome."""
    for other in reversed(sentence.items[max(0, item.index - 7) : item.index]):
        if other.token_kind in ("median", "mean"):
            following = sentence.items[other.index + 1].lower if other.index + 1 < len(sentence.items) else ""
            if following in ("follow", "age", "of", "number", "duration"):
                return None
            return "median" if other.token_kind == "median" else "mean"
        if other.kind == "outcome":
            head = sentence.text[other.start - sentence.start : other.end - sentence.start].lower()
            return "median" if head.startswith("median") else "mean" if head.startswith(("mean", "average")) else None
        if other.kind in ("value", "figure", "time") or other.lower in (",", ";"):
            return None
    return None


def _worded_in_speech(value: Value, sentence: Sentence) -> bool:
    """ "half of our patients never get there", a speaker says: a way of speaking, not a figure of the trial."""
    printed = value.figure.printed or ""
    if any(c.isdigit() for c in printed):
        return False
    before = sentence.text[: value.start - sentence.start]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


_REDUCING = re.compile(r"\b(?:reduc\w+|lower\w*|cut|cuts|prevent\w*|decreas\w+|slash\w*)\b", re.IGNORECASE)


def _reduction_of_events(sentence: Sentence, value: Value) -> Measure | None:
    """ "reduced hospitalization by 35%" is a relative reduction; "reduced body weight by 15%" is a change."""
    before = sentence.text[: value.end - sentence.start]
    verb = next(reversed(list(_REDUCING.finditer(before))), None)
    if verb is None or value.figure.dispersion is not None:
        return None
    told = before[verb.end() :] + sentence.text[value.end - sentence.start :][:40]
    return "relative_reduction" if cue_in("event_outcome", told) else None


def measure_cue(item: Item, sentence: Sentence) -> Measure | None:
    """Return the nearest measure word before the figure in its clause: "median" or "mean", or None."""
    for other in reversed(sentence.items[: item.index]):
        if other.token_kind in ("median", "mean") and _of_follow_up(other, sentence):
            continue
        if other.token_kind == "median" or other.lower.startswith("median"):
            return "median"
        if other.token_kind == "mean" or other.lower.startswith(("mean ", "average")):
            return "mean"
        if other.token_kind == "hdr":
            return "median" if other.lower.startswith("median") else "mean" if other.lower.startswith("mean") else None
        if other.kind == "outcome":
            head = sentence.text[other.start - sentence.start : other.end - sentence.start].lower()
            if "median" in head:
                return "median"
            if re.search(r"\b(?:mean|average)\b", head):
                return "mean"
        if other.lower == ";" and other.kind == "mark":
            break
    return None


def _of_follow_up(cue: Item, sentence: Sentence) -> bool:
    following = [i.lower for i in sentence.items[cue.index + 1 : cue.index + 3]]
    return "follow" in following or "age" in following or any(f.startswith("follow") for f in following)


def _time(item: Item, sentence: Sentence, cue: Measure | None, window: str) -> Measure | None:
    value = item.value
    assert value is not None
    dispersion = value.figure.dispersion
    if cue_in("follow_up", window):
        return None
    if dispersion is not None and dispersion.kind in ("sd", "se"):
        return "mean"
    before = " ".join(_lowers(_before(item, sentence, 3)))
    if _GIVEN_OVER.search(before):
        return None
    names = " ".join(
        sentence.text[o.start - sentence.start : o.end - sentence.start] for o in sentence.of_kind("outcome")
    )
    if cue is not None and (names == "" or _TIMED.search(names) or _TIMED.search(sentence.text)):
        return cue
    if dispersion is not None and dispersion.kind == "iqr":
        return "median"
    if cue_in("change", window):
        return "change"
    if _SURVIVAL.search(names):
        return "median"
    stated = dispersion is not None or value.figure.ci is not None or _STATED.search(before)
    return "mean" if _TIMED.search(names) and stated else None


def _number(item: Item, sentence: Sentence, cue: Measure | None, window: str, enrolment: bool) -> Measure | None:
    value = item.value
    assert value is not None
    figure = value.figure
    dispersion = figure.dispersion
    if dispersion is not None:
        if dispersion.kind in ("sd", "se"):
            return "change" if cue_in("change", window) else "mean"
        return cue or ("median" if dispersion.kind == "iqr" else "mean")
    if figure.unit is not None:
        return _with_unit(item, sentence, cue, window)
    if figure.baseline is not None and cue_in("moved", window):
        return cue or "mean"
    if not isinstance(figure.value, int):
        if _per_person_time(item, sentence) or cue_in("rate_of_events", window):
            return "rate"
        if cue is not None or figure.ci is not None:
            return cue or "mean"
        return "mean" if _stated_of_outcome(item, sentence) else None
    if cue_in("participation", window):
        return None
    if _counts_people(item, sentence, enrolment) or _count_in_bracket(item, sentence):
        return "count"
    if cue is not None and _LINKED.words & set(_lowers(_before(item, sentence, 2))):
        # "(mean age, 8.8 years) were assigned to A (49 children) or B (52)": sizes, whatever was a mean before
        return None if enrolment and not sentence.of_kind("outcome") else cue
    return None


def _per_person_time(item: Item, sentence: Sentence) -> bool:
    """ "the rates per 1,000 person-years were 31.2 and 40.5"."""
    return any(i.token_kind == "unit" and i.lower.startswith("per ") for i in sentence.items[: item.index])


def _with_unit(item: Item, sentence: Sentence, cue: Measure | None, window: str) -> Measure | None:
    value = item.value
    assert value is not None
    if value.figure.unit in ("per person-time", "%/year"):
        return "rate"
    if cue_in("change", window):
        return "change"
    if cue is not None or value.figure.ci is not None:
        return cue or "mean"
    if sentence.of_kind("outcome") and (sentence.of_kind("arm") or _stated_of_outcome(item, sentence)):
        return "change" if value.figure.value is not None and value.figure.value < 0 else "mean"
    return None


def _stated_of_outcome(item: Item, sentence: Sentence) -> bool:
    before = sentence.items[: item.index]
    return bool(_LINKED.words & {i.lower for i in before[-2:]}) and any(i.kind == "outcome" for i in before)


def _count_in_bracket(item: Item, sentence: Sentence) -> bool:
    """ "the causes were infection (3) and bleeding (2)"."""
    if item.index < 2 or item.index + 1 >= len(sentence.items):
        return False
    opening, named = sentence.items[item.index - 1], sentence.items[item.index - 2]
    return opening.lower == "(" and named.kind == "outcome" and sentence.items[item.index + 1].lower == ")"


def _counts_people(item: Item, sentence: Sentence, enrolment: bool) -> bool:
    """Whether a whole number counts those who had an event."""
    value = item.value
    assert value is not None and value.figure.value is not None
    if value.figure.value > 100_000:
        return False
    after, before = _after(item, sentence, 9), _before(item, sentence, 3)
    lowers, led_by = _lowers(after), _lowers(before)
    if any(i.token_kind in _SINGLE for i in after[:1]) or any(i.token_kind.startswith("mod_") for i in before[-1:]):
        return False
    if _is_base_of_share(item, sentence):
        return False
    in_total = led_by[-2:] == ["total", "of"]
    if (led_by[-1:] and led_by[-1] in _NOT_COUNTED_AFTER and not in_total) or led_by[-2:] == ["of", "the"]:
        return False
    if in_total and not any(i.kind == "outcome" or i.lower in _EVENTS for i in after[:4]):
        return False
    if _befell(item, sentence) and (after[:1] and (after[0].token_kind == "people" or lowers[0] in _PEOPLE or after[0].lower in ("(", ",", "assigned", "in"))):
        return True
    if enrolment and not any(w in _HAD and w not in ("was", "were") for w in lowers[:5]):
        return False
    if lowers[:1] and (lowers[0] in _EVENTS or lowers[0] in ("occurring", "arising", "developing", "requiring")):
        return True
    if led_by[-2:] in (["there", "were"], ["there", "was"]) and not any(i.token_kind == "people" for i in after[:2]):
        return True
    if (
        after[:1]
        and after[0].kind == "arm"
        and led_by[-1:] in (["("], [","])
        and sentence.of_kind("outcome")
        and not enrolment
    ):
        return True
    skip = 0
    while skip < len(after) and (
        (after[skip].kind == "arm" and skip + 1 < len(after) and after[skip + 1].token_kind == "people")
        or after[skip].token_kind == "people"
        or lowers[skip] in _PEOPLE
        or lowers[skip] in _QUALIFIERS
    ):
        skip += 1
    if skip >= len(after):
        return False
    if not enrolment and _verb_after_arms(item, sentence):
        return True
    if _was_given(after[skip:]):
        return False
    if (lowers[skip] in _HAD and lowers[skip] not in _TREATED) or (
        after[skip].kind == "outcome" and (value.figure.printed or "").lower() != "one"
    ):
        return True
    rest = [i.kind for i in after[skip + 1 : skip + 4] if i.lower not in ("the", "a")]
    named = bool(sentence.of_kind("outcome")) and not enrolment
    if lowers[skip] in ("in", "after", "with", "for", "on", "under", "assigned") and rest[:1] == ["arm"] and named:
        return True
    if skip and led_by[-1:] == ["in"] and named:
        return True
    return bool(skip) and lowers[skip] in ("with", "in", "who", "on", "from", "assigned") and named


def _is_base_of_share(item: Item, sentence: Sentence) -> bool:
    """ "204 [6.1%] in 3344 women": those of whom the share before is."""
    before = _before(item, sentence, 2)
    if len(before) != 2 or before[1].lower not in ("in", "of", "among"):
        return False
    share = before[0].value
    return share is not None and share.figure.kind == "percent"


_BEFALLING = cue_words("measures_befalling")
_PAST_ARMS = cue_words("measures_past_arms")


def _befell(item: Item, sentence: Sentence) -> bool:
    """ "relapse occurred in 12 patients assigned A and 19 assigned B": what befell those counted is told before the count."""
    for k in range(item.index - 1, max(-1, item.index - 4), -1):
        lower = sentence.items[k].lower
        if lower in _BEFALLING:
            return any(i.kind == "outcome" for i in sentence.items[:k]) or lower == "befell"
        if lower not in ("in", "only", "among", "by", "approx", "about", "a", "total", "of"):
            return False
    return False


def _verb_after_arms(item: Item, sentence: Sentence) -> bool:
    """ "56 patients assigned to A and 75 to B died": the verb stands behind the groups of those counted."""
    arms = depth = 0
    for other in sentence.items[item.index + 1 : item.index + 26]:
        depth += (other.lower in ("(", "[")) - (other.lower in (")", "]"))
        if depth < 0:
            # "136 women (74 on A, 62 on B) developed it"
            following = sentence.items[other.index + 1].lower if other.index + 1 < len(sentence.items) else ""
            return arms > 0 and following in _HAD and following not in _TREATED
        if (other.kind == "value" and sentence.items[other.index - 1].lower == ","):
            return False
        if other.kind == "arm":
            arms += 1
        elif other.lower in _HAD and other.lower not in _TREATED and other.lower not in ("was", "were"):
            return arms > 0
        elif not (
            other.kind in ("value", "figure", "time")
            or other.token_kind in ("people", "group_size")
            or other.lower in _PAST_ARMS
            or other.lower in _PEOPLE
        ):
            return False
    return False


_GIVEN = cue_words("measures_given")


def _was_given(after: list[Item]) -> bool:
    """ "473 received durvalumab": the size of a group, not an event."""
    for i, item in enumerate(after[:4]):
        if item.lower in _GIVEN:
            rest = [x.kind for x in after[i + 1 : i + 4] if x.lower not in ("with", "the", "to", "a", "at", "random")]
            return rest[:1] == ["arm"]
        if item.lower not in ("were", "was", "had", "randomly", "who"):
            return False
    return False
