"""The two places where a trial names its groups in one go: the allocation sentence and the title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.linking.arm_phrases import combination_end, name_right
from extractor.linking.arm_value_frames import printed_number, size_in_bracket
from extractor.linking.arm_view import View, skip_bracket
from extractor.linking.arm_vocabulary import load_words
from extractor.records import Number

if TYPE_CHECKING:
    from extractor.linking.arm_frames import Finder
    from extractor.linking.arm_naming import Naming

__all__ = ["allocation_list", "received_list", "title_names"]

_STARTS = frozenset(["to", "into", "between", "receive", "receiving", "either", "among", "undergo", "of", "with"])
_FILLERS = frozenset(["no more than", "no less than", "to", "in", "into", "with", "as", "one", "two", "three", "four", "the", "a", "an", "following", "treatment", "of", "either", "receive", "by", "group-wise", "them", "for", "at", "least", "using", "on", "arms", "groups", "arm", "group", "treatments", "i", "ii", "iii", "iv", ":", ";", ",", "assigned", "allocated", "randomized", "randomised", "only", "matching", "matched", "equal", "ratio", "ratio:", "(", "patients", "1"])  # fmt: skip


def allocation_list(finder: Finder, i: int, stop: int) -> bool:
    """Add the names of the list that the allocation verb at token ``i`` opens; tell whether there were two or more."""
    view = finder.view
    j = _list_start(view, i, stop)
    if j is None:
        return False
    row = finder.row()
    names = _parse(finder, j, stop, row)
    return len(names) >= 2


def received_list(finder: Finder, i: int, stop: int) -> bool:
    """Add the names of "A, B or C" behind the verb of receiving at token ``i``; tell whether there were two or more."""
    view = finder.view
    if not _has_or(view, i + 1, stop):
        return False
    return len(_parse(finder, i + 1, stop, finder.row())) >= 2


def _list_start(view: View, i: int, stop: int) -> int | None:
    j = i + 1
    while j < stop and j - i < 26:
        low = view.lows[j]
        if low in ("(", "[", "{"):
            after = skip_bracket(view, j, stop)
            if after == j:
                return None
            j = after
            continue
        if low in _STARTS and not (low in ("of", "with") and j - i > 2):
            if low in ("of", "with"):
                j += 1
                continue
            return j + 1
        if view.tokens[j].kind == "timepoint" and low.startswith("to"):
            return j + 1
        if low in ("them",):
            return j + 1
        if low in (".", ";"):
            return None
        j += 1
    return None


def _has_or(view: View, j: int, stop: int) -> bool:
    k = j
    while k < stop:
        low = view.lows[k]
        if low in ("(", "[", "{"):
            after = skip_bracket(view, k, stop)
            k = after if after > k else k + 1
            continue
        if low in ("or", "versus", "vs", "v") and not (low == "or" and k + 1 < stop and view.lows[k + 1] == "without"):
            return True
        k += 1
    return False


def _parse(finder: Finder, j: int, stop: int, row: int) -> list[Naming]:
    view, r = finder.view, finder.r
    by_or = _has_or(view, j, stop)
    counted = not by_or and _counted_split(view, j, stop)
    closed = not by_or and not counted and _closed_items(finder, j, stop)
    names: list[Naming] = []
    k = j
    while k < stop and len(names) < 8:
        k, count = _skip_fillers(finder, k, stop)
        if k >= stop:
            break
        if view.bits[k] & r.aux and names:
            break
        lettered = finder.letter_after(k, stop) if view.bits[k] & r.arm_group else k
        if lettered > k + 1:
            named = finder.add(k + 1, lettered, "letter", row, outer=(k, lettered))
            k = lettered
            if named is not None:
                named.size = count
                names.append(named)
                k = _attach(finder, named, k, stop)
            k = _next_item(finder, k, stop, by_or, bool(names), counted, closed)
            continue
        end = name_right(view, k, stop, with_and=by_or or counted or closed, with_with=True)
        if end <= k:
            if names or k - j > 12:
                break
            k += 1
            continue
        if (by_or or counted) and end < stop and view.lows[end] == ",":
            end = combination_end(view, end, stop) or end
        if end < stop and view.lows[end] in ("groups", "arms"):
            for cut in range(k + 1, end - 1):
                if view.lows[cut] == "and":
                    # "the A and B groups" are two
                    part = finder.add(k, cut, "allocation", row)
                    names.extend([part] if part is not None else [])
                    k = cut + 1
        naming = finder.add(k, end, "allocation", row)
        k = end
        if naming is not None:
            naming.size = count
            names.append(naming)
            k = _attach(finder, naming, k, stop)
        k = _next_item(finder, k, stop, by_or, bool(names), counted, closed)
    return names


def _is_count(view: View, k: int, stop: int) -> bool:
    return k < stop and view.tokens[k].kind in ("number", "fraction", "group_size") and k + 1 < stop and view.lows[k + 1] in ("to", "patients", "women", "in", "were", "received", "(", "participants", "subjects", "children", "receiving")  # fmt: skip


def _counted_split(view: View, j: int, stop: int) -> bool:
    """Whether the list gives a count with each group: "112 to A, B and C, and 112 to D"."""
    return any(view.lows[k] in ("and", ",", "with") and _is_count(view, k + 1, stop) for k in range(j, stop - 1))


def _skip_fillers(finder: Finder, k: int, stop: int) -> tuple[int, Number | None]:
    view, r = finder.view, finder.r
    count = None
    start = k
    while k < stop and k - start < 14:
        token, low, b = view.tokens[k], view.lows[k], view.bits[k]
        if token.figure is not None:
            if token.kind in ("name",) or (k + 1 < stop and view.glued[k + 1] and view.lows[k + 1] == "-"):
                break
            if token.kind in ("number", "group_size", "fraction"):
                count = printed_number(view, k)
                if count is not None and count.value < 4:
                    count = None
            k += 1
            continue
        if low in ("(", "[", "{"):
            after = skip_bracket(view, k, stop)
            if after > k and after - k <= 4:
                k = after
                continue
            k += 1
            continue
        if low == "no" or (b & r.control and low != "standard"):
            break
        if b & r.arm_group:
            after = finder.letter_after(k, stop)
            if after > k + 1:
                break
        if (
            b & (r.det | r.receive | r.or_ | r.and_ | r.people)
            or low in _FILLERS
            or token.kind == "people"
            or not low[0].isalnum()
        ):
            if b & r.people and k + 1 < stop and view.lows[k + 1] == "-":
                break
            k += 1
            continue
        break
    return k, count


def _second_name(view: View, first: int, stop: int) -> tuple[int, int] | None:
    """Return the part of the bracket [first, stop) that may be the group's second name: "(EX, n = 20)", "(n = 20; EX)"."""
    begin = first
    for k in range(first, stop + 1):
        if k < stop and view.lows[k] not in (",", ";"):
            continue
        sized = any(view.tokens[i].kind == "group_size" for i in range(begin, k))
        figure = begin < k and view.tokens[begin].figure is not None and view.tokens[begin].kind not in ("timepoint", "duration")
        if begin < k and not sized and not figure and view.lows[begin] != "n" and view.text[view.tokens[begin].start].isalnum():
            # a name of several parts ("A, B and C") stays whole where no size parts them
            whole = all(view.tokens[i].kind != "group_size" for i in range(first, stop))
            end = stop if whole else k
            return (begin, end) if end - begin > 1 or len(view.lows[begin]) > 1 else None
        begin = k + 1
    return None


def _attach(finder: Finder, naming: Naming, k: int, stop: int) -> int:
    """Read what stands after the name: the word for a group, doses, and the bracket with size and second name."""
    view, r = finder.view, finder.r
    if k < stop and view.bits[k] & r.arm_group and not view.lows[k].endswith("s"):
        k += 1
        naming.stop = k
    while k < stop and view.tokens[k].kind in ("dose", "duration"):
        k += 1
    if k < stop and view.lows[k] in ("(", "[", "{"):
        end = skip_bracket(view, k, stop)
        if end > k:
            size = size_in_bracket(view, k, stop)
            if size is not None:
                naming.size = size
            alias = _second_name(view, k + 1, end - 1)
            if alias is not None:
                naming.alias = alias
            k = end
    return k


def _next_item(
    finder: Finder, k: int, stop: int, by_or: bool, started: bool, counted: bool, closed: bool
) -> int:
    """Return the index after the next separator of the list; ``stop`` where the list ends."""
    view, r = finder.view, finder.r
    naming = finder.found[-1] if finder.found else None
    steps = 0
    while k < stop:
        low, b = view.lows[k], view.bits[k]
        if low in ("(", "[", "{"):
            after = skip_bracket(view, k, stop)
            if after == k:
                return stop
            if naming is not None and naming.size is None and started:
                naming.size = size_in_bracket(view, k, stop)
            if naming is not None and naming.alias is None and started and _names_group(finder, k, after):
                naming.alias = (k + 1, after - 1)
            k = after
            continue
        if closed and low in ("and", ",") and view.lows[k - 1] not in (")", "]"):
            k += 1
            continue
        if low in ("or", "versus", "vs", "v") and not (
            low == "or" and k + 1 < stop and view.lows[k + 1] in ("without", "until", "at", "more", "after")
        ):
            return k + 1
        if low == ";":
            return k + 1
        if counted:
            if low in ("and", ",", "with") and _is_count(view, k + 1 + (view.lows[k + 1 : k + 2] == ["and"]), stop):
                return k + 1
            k += 1
            continue
        if low == "," and k + 1 < stop:
            nxt = k + 1
            if view.lows[nxt] in ("or", "and", "versus"):
                if view.lows[nxt] != "and" or not by_or or _list_like(view, nxt + 1, stop):
                    return nxt + 1
            elif _list_like(view, nxt, stop, again=naming is not None and view.lows[nxt] == view.lows[naming.core[0]]):
                return nxt
        if low == "and" and not by_or:
            return k + 1
        if (
            low in ("with", "while", "whereas")
            and not by_or
            and k + 1 < stop
            and view.tokens[k + 1].figure is not None
            and view.tokens[k + 1].kind in ("number", "fraction")
        ):
            return k + 1
        if (
            view.tokens[k].kind in ("quantity", "percent", "estimate", "p_value")
            and view.text.find("%", view.tokens[k].start, view.tokens[k].end) < 0
            and not view.glued[k]
        ):
            return stop
        if (b & r.aux and low in ("was", "were", "is", "are", "had")) or low in ("compared",):
            return stop
        if b & r.verb and started and low.endswith(("ed", "ew")):
            return stop
        steps += 1
        if steps > 40:
            return stop
        k += 1
    return stop


def _names_group(finder: Finder, k: int, after: int) -> bool:
    """Whether the bracket [k, after) gives a group its name: "(arm A, n = 30)", "(the tape group)"."""
    bits, group = finder.view.bits, finder.r.arm_group
    return bool(bits[after - 2] & group or (bits[k + 1] & group and finder.letter_after(k + 1, after) > k + 2))


def _closed_items(finder: Finder, j: int, stop: int) -> bool:
    """Whether a bracket with size or name of the group closes each item: "A and B (n = 30), C (n = 28) and D (n = 31)"."""
    view, closed, k = finder.view, 0, j
    while k < stop:
        after = skip_bracket(view, k, stop) if view.lows[k] in ("(", "[") else k
        if after > k:
            closed += size_in_bracket(view, k, stop) is not None or _names_group(finder, k, after)
            k = after
        else:
            k += 1
    return closed >= 2 and view.lows[j:stop].count("and") + view.lows[j:stop].count(",") > closed


def _list_like(view: View, k: int, stop: int, *, again: bool = False) -> bool:
    """Whether a name of an intervention begins at token ``k``, short enough to be one of a list."""
    end = name_right(view, k, stop)
    if end <= k or end >= stop or end - k > 7:
        return False
    name_end = end
    # "A 5 mg daily, A 10 mg daily or B": the name comes back with another dose or time
    while again and end < stop - 1 and (view.tokens[end].figure is not None or view.lows[end] in _HOW_OFTEN):
        end += 1
    table = word_bits()
    bits, lows = view.bits, view.lows
    good = any(
        view.drug[m] or bits[m] & table or view.text[view.tokens[m].start : view.tokens[m].end].isupper()
        for m in range(k, name_end)
    )
    return good and lows[end] in (",", "or", "and", "(", ".", ";", "group", "groups")


def word_bits() -> int:
    """Return the bits of words that speak of an intervention."""
    return load_words("arm_words.tsv").bit("treat", "control")


_HOW_OFTEN = frozenset({"every", "weekly", "daily", "monthly", "once", "twice", "a", "per", "times", "week", "weeks", "day", "days", "month", "months", "for"})  # fmt: skip
_OF_HEADS = frozenset(["effect", "effects", "impact", "impacts", "influence", "influences", "efficacy", "role", "roles", "use", "benefit", "benefits", "safety", "evaluation", "feasibility", "comparison", "addition", "trial", "study", "studies", "effectiveness", "value", "utility", "tolerability", "comparative", "assessment", "investigation", "examination", "outcome", "outcomes", "test", "testing", "usefulness", "administration", "activity", "results", "analysis", "action", "contribution", "implementation", "potential", "acceptability", "versus", "combination", "combining", "consequences", "performance", "application", "pilot", "report", "introduction", "delivery", "rct", "pharmacokinetics", "bioequivalence", "cost-effectiveness"])  # fmt: skip
_WITH_HEADS = frozenset(
    [
        "with",
        "by",
        "using",
        "after",
        "following",
        "receiving",
        "via",
        "through",
        "adding",
        "comparing",
        "evaluating",
        "testing",
        "taking",
        "undergoing",
        "versus",
        "investigating",
        "assessing",
        "studying",
    ]
)
_DESIGN_WORDS = frozenset(
    [
        "randomized",
        "randomised",
        "trial",
        "study",
        "double-blind",
        "placebo-controlled",
        "phase",
        "prospective",
        "pilot",
        "controlled",
        "results",
        "multicenter",
        "multicentre",
        "protocol",
        "analysis",
        "open-label",
        "feasibility",
        "clinical",
    ]
)


def title_names(finder: Finder, first: int, stop: int) -> None:
    """Add the phrases of the title [first, stop) that may name the intervention."""
    view = finder.view
    if view.lows[first : first + 2] == ["title", ":"]:
        first += 2
    begin = True
    j = first
    while j < stop:
        low = view.lows[j]
        if low in (":", "?", "."):
            begin = True
            j += 1
            continue
        if (begin and low[0].isalnum()) or (begin and low == "["):
            begin = False
            k = j + 1 if low == "[" else j
            while k < stop and (
                view.bits[k] & finder.r.det
                or view.lows[k]
                in ("short", "long", "term", "-", "randomized", "randomised", "prospective", "does", "is", "can", "do")
            ):
                k += 1
            end = name_right(view, k, stop, with_and=True, with_with=True)
            of_head = any(view.lows[m] in _OF_HEADS and view.lows[m + 1 : m + 2] == ["of"] for m in range(k, end))
            if end > k and not of_head and not set(view.lows[k:end]) & _DESIGN_WORDS:
                finder.add(k, end, "title-lead" if k - first < 6 else "title-later")
        if low == "of" and j > first and view.lows[j - 1] in _OF_HEADS:
            k = _content_start(finder, j + 1, stop)
            end = name_right(view, k, stop, with_and=True, with_with=True)
            if end > k:
                finder.add(k, end, "title-of")
        elif low in _WITH_HEADS and j > first and j + 1 < stop and not (view.bits[j - 1] & finder.r.people):
            k = _content_start(finder, j + 1, stop)
            end = name_right(view, k, stop, with_and=True, with_with=False)
            if end > k:
                finder.add(k, end, "title-with")
        elif low in ("efficacy", "effects", "effect") and j > first and view.bits[j - 1] == 0:
            finder.add(first, j, "title-lead")
        j += 1


def _content_start(finder: Finder, k: int, stop: int) -> int:
    view = finder.view
    while k < stop and (
        view.bits[k] & finder.r.det
        or (
            view.tokens[k].kind in ("duration", "timepoint", "number")
            and not (k + 1 < stop and view.glued[k + 1] and view.tokens[k].kind == "number")
        )
        or view.lows[k]
        in (
            "month",
            "months",
            "two",
            "three",
            "of",
            "different",
            "types",
            "-",
            "oral",
            "adding",
            "combining",
            "using",
            "kinds",
        )
    ):
        k += 1
    return k
