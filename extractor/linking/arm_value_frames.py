"""Names of groups that stand beside values: "12% in A", "for A and B, respectively", "(A: 12; B: 15)", "A (n = 30)"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractor.linking.arm_phrases import name_left, name_right
from extractor.linking.arm_view import View, roles, skip_back_bracket, skip_bracket
from extractor.records import Number

if TYPE_CHECKING:
    from extractor.linking.arm_frames import Finder

__all__ = [
    "add_bracketed_groups",
    "add_brackets",
    "add_counted_people",
    "add_known",
    "add_prepositions",
    "add_respective",
    "add_sized",
    "add_subject",
    "add_value",
    "printed_number",
    "size_in_bracket",
]

_VALUE_LINKS = frozenset(
    ["in", "with", "for", "on", "after", "among", "receiving", "from", "following", "under", "using"]
)
_FEW_SENTENCES = 2
_SAYING = frozenset(["said", "reported", "told", "felt"])
_GAPPED = frozenset(["by", "to", "at", "had"])
_RESULT_KINDS = frozenset({"percent", "fraction", "quantity", "number", "duration", "not_reached"})


def add_value(finder: Finder, i: int, first: int, stop: int) -> None:
    """Add the names after the value at ``i``: "12% in A and 20% with B", "60 weeks for A"."""
    view, r = finder.view, finder.r
    j = i + 1
    if j < stop and view.lows[j] in ("(", "[", "{"):
        j = skip_bracket(view, j, stop)
    while (
        j < stop
        and (
            view.bits[j] & r.people
            or view.tokens[j].kind in ("people", "unit", "dispersion", "p_value")
            or view.lows[j] in ("of", "the", "percent")
        )
        and j - i < 8
    ):
        if view.lows[j] == "of" and j + 1 < stop and not (view.bits[j + 1] & (r.people | r.det)):
            break
        j += 1
    if j + 1 < stop and view.lows[j] == "of" and not view.bits[j + 1] & (r.people | r.det):
        end = name_right(view, j + 1, stop)
        if (
            end > j + 1
            and end < stop
            and view.bits[end] & r.people
            and (view.glued[j + 2] or any(view.drug[j + 1 : end]))
        ):
            finder.add(j + 1, end, "recipients", outer=(j + 1, end + 1))
        return
    if j + 1 < stop and view.lows[j] == "without" and len(view.ranges) <= _FEW_SENTENCES:
        end = name_right(view, j + 1, stop)
        if end > j + 1 and any(view.drug[m] or view.bits[m] & r.treat for m in range(j + 1, end)):
            finder.add(j, end, "without", finder.row())
        return
    if j >= stop or view.lows[j] not in _VALUE_LINKS:
        return
    j = _after_links(view, j + 1, stop)
    end = name_right(view, j, stop)
    if view.lows[end - 1] in _SAYING:
        return
    if end <= j or (view.tokens[j].figure is not None and end == j + 1 and view.tokens[j].kind != "dose"):
        return
    row = finder.row()
    finder.add(j, end, "value", row)
    k = end
    while k < stop and view.lows[k] in ("and", "or", "vs", "versus", ","):
        k += 1
        while k < stop and (view.bits[k] & (r.det | r.and_) or view.lows[k] in ("with", "in", "for")):
            k += 1
        following = name_right(view, k, stop)
        if following <= k or view.tokens[k].figure is not None:
            break
        finder.add(k, following, "values", row)
        k = following


def _after_links(view: View, j: int, stop: int) -> int:
    r = roles()
    while j < stop and (
        view.bits[j] & (r.det | r.people | r.receive)
        or view.lows[j] in ("treated", "with", "who", "were", "on", "assigned", "randomized", "to", "those", "in")
    ):
        j += 1
    return j


def add_respective(finder: Finder, i: int, first: int) -> None:
    """Add the names listed before "respectively" at ``i``: "for A and B, respectively"."""
    view, r = finder.view, finder.r
    k = i
    while k > first and (view.lows[k - 1] == "," or view.bits[k - 1] & r.people or (view.bits[k - 1] & r.arm_group)):
        k -= 1
    parts: list[tuple[int, int]] = []
    while k > first and len(parts) < 6:
        start = name_left(view, k, first)
        if start >= k or (view.tokens[start].figure is not None and start + 1 == k):
            break
        parts.append((start, k))
        k = start
        while k > first and view.bits[k - 1] & r.det:
            k -= 1
        if (
            k > first
            and view.lows[k - 1] in ("in", "with", "for")
            and len(parts) == 1
            and k - 1 > first
            and view.lows[k - 2] == "and"
        ):
            k -= 1
        if k > first and view.lows[k - 1] in ("and", ",", "or"):
            while k > first and view.lows[k - 1] in ("and", ",", "or"):
                k -= 1
            continue
        break
    if len(parts) >= 2 and k > first and (view.lows[k - 1] in _VALUE_LINKS or view.bits[k - 1] & (r.receive | r.on)):
        row = finder.row()
        for start, end in reversed(parts):
            finder.add(start, end, "values", row)


def add_brackets(finder: Finder, first: int, stop: int) -> None:
    """Add the names that stand with a value inside a bracket: "(A: 12%; B: 15%)", "15% (A) and 30% (B)"."""
    view, _r = finder.view, finder.r
    k = first
    while k < stop:
        if view.lows[k] not in ("(", "[", "{"):
            k += 1
            continue
        end = skip_bracket(view, k, stop)
        if end == k:
            k += 1
            continue
        inner_first, inner_stop = k + 1, end - 1
        if inner_stop > inner_first:
            if (
                view.tokens[k - 1].kind in _RESULT_KINDS
                and k > first
                and inner_stop - inner_first <= 4
                and view.tokens[inner_first].figure is None
            ):
                name_stop = name_right(view, inner_first, inner_stop)
                dosed = inner_first < name_stop == inner_stop - 1 and view.tokens[name_stop].kind == "dose"
                if name_stop == inner_stop or dosed:
                    finder.add(inner_first, name_stop, "bracket")
            else:
                _items_in_bracket(finder, inner_first, inner_stop)
        k = end


def _items_in_bracket(finder: Finder, first: int, stop: int) -> None:
    view, r = finder.view, finder.r
    parts: list[tuple[int, int]] = []
    start = first
    # "(2.0%, A; 1.4%, B)": where semicolons part the groups, commas do not
    parting = (";",) if ";" in view.lows[first:stop] and view.tokens[first].kind in _RESULT_KINDS else (";", ",")
    for k in range(first, stop + 1):
        if k == stop or view.lows[k] in parting or view.bits[k] & r.versus or view.lows[k] in ("and",):
            parts.append((start, k))
            start = k + 1
    names: list[tuple[int, int, int]] = []
    for a, b in parts:
        while a < b and (view.bits[a] & r.det or view.lows[a] in ("in", "with", "for", "on")):
            a += 1
        end = name_right(view, a, b)
        m = end
        if end > a and m < b and view.bits[m] & r.arm_group:
            m += 1
        if end > a and m < b and view.lows[m] in (":", "=", "-", ","):
            m += 1
        if end > a and m < b and view.tokens[m].kind in _RESULT_KINDS and view.tokens[a].figure is None:
            names.append((a, end, m))
        elif view.tokens[a].kind in _RESULT_KINDS and a + 1 < b:
            after = a + 1
            while after < b and (
                view.bits[after] & (r.det | r.people) or view.lows[after] in ("in", "with", "for", "on", ",")
            ):
                after += 1
            tail = name_right(view, after, b)
            if tail == b and tail > after:
                names.append((after, tail, tail))
    if len(names) >= 2:
        row = finder.row()
        for a, end, _ in names:
            finder.add(a, end, "values", row)


def add_subject(finder: Finder, first: int, stop: int) -> None:
    """Add the subject of a sentence: "A reduced ...", "A and B were ..."."""
    view, r = finder.view, finder.r
    j = first
    while j < stop and (
        view.lows[j]
        in (
            "results",
            "conclusion",
            "both",
            ":",
            "in",
            "contrast",
            ",",
            "however",
            "treatment",
            "therapy",
            "with",
            "all",
        )
        or view.bits[j] & r.det
    ):
        if view.lows[j] in ("therapy", "treatment") and not (j + 1 < stop and view.lows[j + 1] == "with"):
            break
        j += 1
    if not _subject_at(finder, j, stop) and view.lows[first] in _OPENING:
        comma = next((k for k in range(first + 1, min(stop, first + _LONGEST_OPENING)) if view.lows[k] == ","), stop)
        if comma + 1 < stop:
            _subject_at(finder, comma + 1, stop)


_OPENING = frozenset(["in", "after", "among", "during", "at", "for", "following", "with"])
_LONGEST_OPENING = 12
_GIVEN_NOUNS = frozenset(["therapy", "treatment", "testing", "supplementation", "administration", "training", "stimulation", "pacing", "prophylaxis", "boost"])  # fmt: skip


def _subject_at(finder: Finder, j: int, stop: int) -> bool:
    """Add the subject that begins at token ``j``; False where none does."""
    view, r = finder.view, finder.r
    while j < stop and view.bits[j] & r.det:
        j += 1
    end = name_right(view, j, stop)
    if end <= j or view.tokens[j].figure is not None:
        return False
    if (view.other[end - 1] and not view.drug[end - 1]) or view.lows[end - 1] in _MEASURED_NOUNS:
        return True
    row = finder.row()
    k = end
    if k < stop and view.lows[k] == "and":
        second = name_right(view, k + 1, stop)
        if second > k + 1 and second < stop and view.bits[second] & (r.aux | r.verb):
            finder.add(j, end, "subject", row)
            finder.add(k + 1, second, "subject", row)
            return True
    printed = view.text[view.tokens[j].start : view.tokens[end - 1].end]
    led = printed[0].upper() + printed[1:] if view.lows[j] in ("use", "repeat") else ""
    if not (
        any(view.drug[m] or view.bits[m] & (r.control | r.treat) for m in range(j, end))
        or _SHORT_FORM.fullmatch(printed)
        or _LED_SHORT_FORM.fullmatch(led)
        or (view.lows[end - 1] in _GIVEN_NOUNS and (end - j > 1 or view.lows[j] == "boost"))
    ):
        return False
    while k < stop and (
        view.tokens[k].kind in ("dose", "percent")
        or view.lows[k] in ("once", "twice", "daily", "weekly", "significantly", "alone", "also", "only")
    ):
        k += 1
    known = any(view.drug[m] or view.bits[m] & (r.control | r.treat) for m in range(j, end))
    if k < stop and view.bits[k] & (r.aux | r.verb) and (known or not _is_measured(view, k, stop)):
        finder.add(j, end, "subject")
    return True


_MEASURED_NOUNS = frozenset({"rate", "rates", "score", "scores", "value", "values", "level", "levels", "steps", "index", "count", "counts", "survival", "response", "responses"})  # fmt: skip
_OF_GROUP = frozenset({"associated", "superior", "inferior", "noninferior", "non", "well", "better", "tolerated", "more", "as", "successful", "effective", "given", "administered", "used"})  # fmt: skip


def _is_measured(view: View, verb: int, stop: int) -> bool:
    """Whether a subject that is but a short form is what was measured: "OAS was 81% in arm 1", "CR was seen in 10%"."""
    if view.lows[verb] not in ("was", "were") or verb + 1 >= stop:
        return False
    return view.lows[verb + 1] not in _OF_GROUP


def add_known(finder: Finder, first: int, stop: int) -> None:
    """Add the known interventions of a lone sentence that stand beside a value or before a verb: "4 A and 2 B patients"."""
    view, r = finder.view, finder.r
    i = first
    while i < stop:
        if not view.drug[i] or view.tokens[i].figure is not None:
            i += 1
            continue
        start = name_left(view, i, first)
        end = max(i + 1, name_right(view, i, stop))
        before = start - 1
        if before > first and view.lows[before] in (")", "]"):
            before -= 1
        beside = before >= first and (
            view.tokens[before].kind in _RESULT_KINDS or view.lows[before] in ("respectively",)
        )
        after = end
        while after < stop and view.lows[after] in ("significantly", "also", "alone", "therapy", "treatment"):
            after += 1
        if after + 1 < stop and view.lows[after] in _GAPPED and view.tokens[after + 1].kind in _RESULT_KINDS:
            beside = True  # "A lowered it by 8.4 and B by 8.9"
        if after < stop and (
            view.bits[after] & r.verb
            or (view.lows[after] in ("(", ":") and after + 1 < stop and view.tokens[after + 1].kind in _RESULT_KINDS)
            or view.tokens[after].kind in _RESULT_KINDS
        ):
            beside = True
        # "those who were taking A had": what people did is no name; "transfusion-dependent days" are counted
        did = view.lows[start].endswith("ing") and start > first and bool(view.bits[start - 1] & r.aux)
        led = start - 1
        while led > first and view.bits[led] & r.det:
            led -= 1
        counted = led > first and view.lows[led] in ("of", "for", "after") and _of_time_or_amount(view, led, start, first)
        if beside and not did and not counted and view.lows[end - 1] not in _AMOUNTS and (view.drug[end - 1] or not view.other[end - 1]):
            finder.add(start, end, "subject")
        i = max(end, i + 1)


def add_prepositions(finder: Finder, first: int, stop: int) -> None:
    """Add the names after a preposition in a lone sentence: "higher with A", "noted after A"."""
    view, r = finder.view, finder.r
    for i in range(first, stop - 1):
        if view.lows[i] not in ("with", "for", "after", "on", "by", "favored", "favoured", "of", "in", "group"):
            continue
        k = i + 1
        while k < stop and view.bits[k] & r.det:
            k += 1
        end = name_right(view, k, stop)
        if end <= k or view.tokens[k].figure is not None or _of_time_or_amount(view, i, k, first):
            continue
        known = any(view.drug[m] or view.bits[m] & r.control for m in range(k, end))
        capital = view.lows[i] in ("with", "for", "on") and _SHORT_FORM.fullmatch(
            view.text[view.tokens[k].start : view.tokens[end - 1].end]
        )
        treat = view.lows[i] in ("after", "with", "by", "favored") and any(
            view.bits[m] & r.treat for m in range(k, end)
        )
        if view.other[end - 1] and not view.drug[end - 1]:
            continue
        if known or capital or treat:
            row = finder.row()
            finder.add(k, end, "preposition", row)
            if end + 1 < stop and view.lows[end] == "and":
                other = name_right(view, end + 1, stop)
                if (
                    other > end + 1
                    and view.tokens[end + 1].figure is None
                    and (
                        any(view.drug[m] for m in range(end + 1, other))
                        or "respectively" in view.lows[other:stop]
                        or _SHORT_FORM.fullmatch(view.text[view.tokens[end + 1].start : view.tokens[other - 1].end])
                    )
                ):
                    finder.add(end + 1, other, "preposition", row)


def _of_time_or_amount(view: View, i: int, k: int, first: int) -> bool:
    """Whether what follows the preposition at ``i`` only dates or counts: "6 months after surgery", "rate of transfusion",
    "the number of days with a drain"; ``k`` is where the name begins."""
    low = view.lows[i]
    if view.lows[k] in _AMOUNTS or (low == "group" and view.lows[k].endswith("ed")):
        return True
    if i <= first or low not in ("of", "after", "for"):
        return False
    before = view.lows[i - 1]
    if low == "for":
        return before in ("risk", "risks")
    if low == "after":
        return view.tokens[i - 1].figure is not None and view.tokens[i - 1].kind in ("duration", "timepoint", "followup")
    return before in _AMOUNTS or before in _EDGES or view.tokens[i - 1].kind in ("duration", "timepoint", "utime")


_AMOUNTS = frozenset({"rate", "rates", "number", "numbers", "amount", "day", "days", "week", "weeks", "absence", "presence", "risk", "incidence", "concentration", "concentrations", "frequency", "duration", "cost", "costs", "favor", "favour"})  # fmt: skip


_EDGES = frozenset({"end", "start", "completion", "time", "course", "courses", "cycle", "cycles"})


def add_counted_people(finder: Finder, first: int, stop: int) -> None:
    """Add the names of people who have a value in brackets in a lone sentence: "more CD patients (28%) left than GD patients (18%)"."""
    view, r = finder.view, finder.r
    for i in range(first + 1, stop - 2):
        if not view.bits[i] & r.people or view.lows[i + 1] not in ("(", "["):
            continue
        if view.tokens[i + 2].kind not in _RESULT_KINDS:
            continue
        start = name_left(view, i, first)
        if start < i and view.tokens[start].figure is None:
            finder.add(start, i, "value", finder.row(), outer=(start, i + 1))


def add_bracketed_groups(finder: Finder, i: int, first: int) -> None:
    """Add the names that brackets part from the word for a group at ``i``: "the P600 (47 patients) and P900 (45 patients) arms"."""
    view = finder.view
    names: list[tuple[int, int]] = []
    k = i
    while k > first and view.lows[k - 1] == ")" and len(names) < _MOST_GROUPS:
        opened = skip_back_bracket(view, k - 1, first)
        start = name_left(view, opened, first)
        if opened == k - 1 or start >= opened:
            break
        names.append((start, opened))
        k = start
        while k > first and view.lows[k - 1] in ("and", ",", "the"):
            k -= 1
    if len(names) > 1:
        row = finder.row()
        for start, end in reversed(names):
            finder.add(start, end, "groups", row)


_MOST_GROUPS = 5
_SHORT_FORM = re.compile(r"[A-Z][A-Z0-9/+-]{1,9}(?: \d{1,3})?")
_LED_SHORT_FORM = re.compile(r"(?:Use of|Repeat) [A-Z][A-Z0-9/+-]{1,9}")


def add_sized(finder: Finder, i: int, first: int, stop: int) -> None:
    """Add the name before the size at ``i``: "A (n = 30)", "A; n = 30"."""
    view = finder.view
    k = i
    while k > first and view.lows[k - 1] in ("(", "[", ",", ";", "{"):
        k -= 1
    if k == i:
        return
    while k > first and view.tokens[k - 1].kind in ("dose", "duration"):
        k -= 1
    if k > first and view.bits[k - 1] & finder.r.arm_group:
        return
    start = name_left(view, k, first, with_and=True)
    if start < k and not view.bits[k - 1] & finder.r.people:
        naming = finder.add(start, k, "sized")
        if naming is not None:
            naming.size = printed_number(view, i)


def printed_number(view: View, i: int) -> Number | None:
    """Return the whole number that the figure at token ``i`` prints, None where it is no whole number."""
    figure = view.tokens[i].figure
    if figure is None:
        return None
    if figure.kind == "fraction" and figure.events is not None:
        return figure.events
    if not isinstance(figure.value, int) or figure.value < 0:
        return None
    start, end = figure.value_start, figure.value_end
    match = re.search(r"\d[\d,\u2009\u00a0\u202f ]*\d|\d", view.text[start:end])
    if match:
        start, end = start + match.start(), start + match.end()
    return Number(text=view.text[start:end], start=start, end=end, value=figure.value)


def size_in_bracket(view: View, j: int, stop: int) -> Number | None:
    """Return the size in the bracket at ``j``: "(n = 30)", "(30 patients)", "(400 mg daily; n = 30)", "(n = 30, 50%)"."""
    end = skip_bracket(view, j, stop) if view.lows[j] in "([{" else min(stop, j + 2)
    for k in range(j + 1, max(j + 1, end)):
        token = view.tokens[k]
        if token.kind == "group_size":
            return printed_number(view, k)
        if token.kind in ("number", "fraction", "percent") and view.lows[j] in "([{":
            after = k + 1
            people = after < stop and bool(view.bits[after] & roles().people or view.tokens[after].kind == "people")
            alone = after == end - 1 and k == j + 1 and in_enrolment(view, j)
            if token.kind != "percent" and (people or alone):
                return printed_number(view, k)
    return None


_ENROL = frozenset(
    [
        "randomized",
        "randomised",
        "randomly",
        "assigned",
        "allocated",
        "received",
        "receive",
        "divided",
        "enrolled",
        "underwent",
    ]
)


def in_enrolment(view: View, i: int) -> bool:
    """Whether the sentence of token ``i`` tells how many entered the groups."""
    first, stop = view.ranges[view.sentence_of[i]]
    return any(view.lows[k] in _ENROL for k in range(first, stop))
