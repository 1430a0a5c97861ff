"""Where the name of an intervention or group begins and ends: walks to the right and to the left over a view's tokens."""

from __future__ import annotations

import re

from extractor.linking.arm_view import View, roles, skip_back_bracket, skip_bracket

__all__ = ["combination_end", "name_left", "name_right"]

_NAME_FIGURES = frozenset({"name", "dose", "identifier"})
_LEFT_FIGURES = frozenset({"name", "dose", "quantity", "percent", "duration", "number", "timepoint"})
_SHORT = re.compile(r"[A-Za-z][\w/+.&-]{0,12}|[A-Z]\w* \w{1,6}")
_LONGEST_RIGHT = 24
_LONGEST_LEFT = 16
_INNER_MARKS = frozenset({"-", "/", "+", "'", "’", "®", "™", "&", "*"})
_MAY_BEGIN = frozenset({"no", "combined", "delayed", "standard", "first"})
_LY_ADJECTIVES = frozenset({"monthly", "fortnightly", "quarterly", "biweekly"})
_GROUP_ADJECTIVES = frozenset({"combined", "delayed", "controlled", "continued", "induced"})
_FIRST_WORDS = frozenset({"no", "delayed", "combined", "first", "second", "lower", "higher", "continued", "induced", "controlled", "total", "standard", "tested", "measured"})  # fmt: skip


def _short_form(view: View, i: int, stop: int) -> int:
    """Return the index after a bracket at ``i`` that holds nothing but a short form, else ``i``."""
    end = skip_bracket(view, i, min(stop, i + 8))
    if end == i or end - i > 6:
        return i
    inner = view.text[view.tokens[i].end : view.tokens[end - 1].start].strip()
    if not _SHORT.fullmatch(inner) or not any(c.isupper() for c in inner):
        return i
    return end


def _number_joins(view: View, i: int, stop: int) -> bool:
    """Whether the number at ``i`` is part of a name: "5-FU", "1-site", "omega-3", "FEC 100"."""
    if i + 1 < stop and view.glued[i + 1] and view.lows[i + 1] in ("-", "/") and view.tokens[i].figure is not None:
        return True
    return view.glued[i]


def name_right(view: View, i: int, stop: int, *, with_and: bool = False, with_with: bool = False) -> int:
    """Return the index after the name that begins at token ``i`` (``i`` itself where none does).

    Args:
        view: the text. i: first token of the name. stop: do not go on to this token. with_and: "A and B" is one name.
        with_with: "A with B" is one name.
    """
    last = j = i
    while j < stop and j - i < _LONGEST_RIGHT:
        low = view.lows[j]
        if view.tokens[j].figure is not None:
            after, complete = _figure_right(view, i, j, stop, with_and)
        elif low[0].isalnum():
            after, complete = _word_right(view, i, j, stop, with_and, with_with)
        else:
            after, complete = _mark_right(view, j, stop, with_and)
        if after == j:
            break
        j = after
        if complete:
            last = j
    return last


def _figure_right(view: View, i: int, j: int, stop: int, with_and: bool) -> tuple[int, bool]:
    """Return the index after the figure at ``j`` (``j`` where it ends the name), and whether the name may end there."""
    kind = view.tokens[j].kind
    if kind in _NAME_FIGURES and (j == i or kind == "name"):
        return j + 1, True
    if kind == "number" and (_number_joins(view, j, stop) or _numbers_form(view, i, j, stop)):
        return j + 1, True
    if j > i and kind in ("dose", "duration", "timepoint"):
        return _over_dose(view, j, stop, with_and), False
    if kind in ("quantity", "percent", "duration") and j + 1 < stop and view.glued[j + 1] and view.lows[j + 1] == "-":
        return j + 1, False
    return j, False


def _numbers_form(view: View, i: int, j: int, stop: int) -> bool:
    """ "FEC 100": a number after a short form in capitals, not a count of people."""
    if j == i or j + 1 >= stop or view.bits[j + 1] & roles().people:
        return False
    return view.text[view.tokens[j - 1].start : view.tokens[j - 1].end].isupper()


def _word_right(view: View, i: int, j: int, stop: int, with_and: bool, with_with: bool) -> tuple[int, bool]:
    """Return the index after the word at ``j`` (``j`` where it ends the name), and whether the name may end there."""
    r, low, b = roles(), view.lows[j], view.bits[j]
    if j + 1 < stop and view.glued[j + 1] and view.lows[j + 1] == "-" and len(low) < 3:
        return j + 1, True
    if j == i:
        begins = not b & r.breaks_right or low in _MAY_BEGIN or _participle_first(view, j, stop) or (low == "continued" and view.drug[j + 1 : j + 2] == [True])
        return (j + 1, True) if begins else (j, False)
    if view.glued[j] and view.lows[j - 1] in ("-", "/", "+") and not b & r.aux:
        return j + 1, True
    if b & r.arm_group and not view.glued[j]:
        return j, False
    if b & r.breaks_right:
        step = _connect(view, j, stop, with_and, with_with)
        return j + step, low == "alone"
    if (b & r.people and not view.glued[j]) or (low.endswith("ly") and len(low) > 6 and low not in _LY_ADJECTIVES):
        return j, False
    return (j, False) if _past_verb(view, j, stop) else (j + 1, True)


def _mark_right(view: View, j: int, stop: int, with_and: bool) -> tuple[int, bool]:
    """Return the index after the mark at ``j`` (``j`` where it ends the name), and whether the name may end there."""
    low = view.lows[j]
    if low in _INNER_MARKS:
        dash = low == "-" and not view.glued[j] and not view.glued[j + 1]
        return (j, False) if dash or (low == "&" and not with_and) else (j + 1, False)
    if low == "(":
        return _short_form(view, j, stop), True
    if low == "." and view.glued[j] and j + 1 < stop and view.glued[j + 1]:
        return j + 1, False
    return j, False


def _over_dose(view: View, j: int, stop: int, with_and: bool) -> int:
    """Return the index of the connector after the dose at ``j`` ("A 75 mg/m2 plus B"), ``j`` where none follows."""
    k = j
    while k < stop and k - j < 7:
        low = view.lows[k]
        if low in ("plus", "+") or (
            low in ("followed", "combined") and k + 1 < stop and view.lows[k + 1] in ("by", "with")
        ):
            return k
        if low == "and" and with_and and k + 1 < stop and view.drug[k + 1]:
            return k
        if low in ("(", "[", "{"):
            after = skip_bracket(view, k, stop)
            if after == k:
                return j
            k = after
            continue
        if view.tokens[k].figure is not None or low in (
            "daily",
            "weekly",
            "once",
            "twice",
            "orally",
            "intravenously",
            "for",
            "every",
            "day",
            "on",
            "per",
            "then",
        ):
            k += 1
            continue
        return j
    return j


def _participle_first(view: View, j: int, stop: int) -> bool:
    """ "Increased dose", "supervised exercise": a participle that opens a name."""
    low = view.lows[j]
    return (
        (low.endswith(("ed", "ing")))
        and j + 1 < stop
        and bool(view.lows[j + 1][:1].isalpha())
        and bool(view.bits[j + 1] & roles().treat)
    )


_ED_INSIDE = frozenset(["based", "assisted", "guided", "supervised", "modified", "enriched", "treated", "delivered", "tailored", "reduced", "extended", "pegylated", "led", "fixed", "targeted", "combined", "weighted", "fed", "related", "facilitated", "centered", "centred", "focused", "mediated", "trained", "matched", "accelerated", "integrated", "individualized", "individualised", "structured", "personalized", "personalised", "home", "oriented", "controlled", "sustained", "coated", "medicated", "fortified", "conjugated", "unfractionated", "hydrolyzed", "inactivated", "attenuated", "recombinant", "computed", "printed", "animated", "advanced", "enhanced", "adjusted", "restricted", "intensified", "concentrated", "purified", "need", "seed", "bed", "med", "red"])  # fmt: skip


def _past_verb(view: View, j: int, stop: int) -> bool:
    """Whether the word looks like a past tense that ends the name ("letrozole normalised ...")."""
    low = view.lows[j]
    if not low.endswith("ed") or low in _ED_INSIDE or len(low) < 5:
        return False
    if view.glued[j] or (j + 1 < stop and view.lows[j + 1] == "-"):
        return False
    return not (j + 1 < stop and view.bits[j + 1] & roles().treat)


def _connect(view: View, j: int, stop: int, with_and: bool, with_with: bool) -> int:
    """Return how many tokens join the name before ``j`` with what follows: 0 where nothing does."""
    low = view.lows[j]
    after = view.lows[j + 1] if j + 1 < stop else ""
    third = view.lows[j + 2] if j + 2 < stop else ""
    if low in ("plus", "minus"):
        return 1
    if low in ("followed", "preceded") and after == "by":
        return 2
    if low == "combined" and after == "with":
        return 2
    if low == "in" and after == "combination" and third == "with":
        return 3
    if low == "in" and after == "addition" and third == "to":
        return 3
    if low == "added" and after == "to":
        return 2
    if low == "with" and after == "or" and third == "without":
        return 3
    if low in ("alone",):
        return 1 if j + 1 <= stop else 0
    if (
        low == "of"
        and j + 1 < stop
        and view.lows[j + 1][:1].isalpha()
        and not view.bits[j + 1] & (roles().people | roles().aux | roles().notarm)
    ):
        return 2 if view.bits[j + 1] & roles().det else 1
    if low == "with" and with_with and after[:1].isalpha() and not view.bits[j + 1] & (roles().people | roles().notarm):
        return 1
    if low == "without" and with_with:
        return 1
    if (
        low == "and"
        and with_and
        and j + 1 < stop
        and after[:1].isalpha()
        and not view.bits[j + 1] & (roles().breaks_right | roles().people)
    ):
        return 1
    return 0


def combination_end(view: View, k: int, stop: int) -> int | None:
    """Return the index after "A, B and C" whose first name ends at ``k``; None where "or" closes the list."""
    steps = 0
    while k < stop and steps < 6:
        steps += 1
        while k < stop and view.tokens[k].kind in ("dose", "duration", "timepoint"):
            k += 1
        if k < stop and view.lows[k] == "(":
            k = max(k + 1, skip_bracket(view, k, stop))
            continue
        joined = False
        while k < stop and view.lows[k] in (",", "and"):
            joined = joined or view.lows[k] == "and"
            k += 1
        if k >= stop or view.lows[k] in ("or", "versus", "vs"):
            return None
        end = name_right(view, k, stop)
        if end <= k or not any(view.drug[m] for m in range(k, end)):
            return None
        if joined:
            return end
        k = end
        if k < stop and view.lows[k] not in (",", "and", "(") and view.tokens[k].kind != "dose":
            return None
    return None


def name_left(view: View, i: int, first: int, *, with_and: bool = False) -> int:
    """Return the index of the first token of the name that ends before token ``i`` (``i`` itself where none does).

    Args:
        view: the text. i: index after the name. first: do not go before this token. with_and: "A and B" is one name.
    """
    start = j = i
    joined = False
    while j > first and i - j < _LONGEST_LEFT:
        k = j - 1
        low = view.lows[k]
        if view.tokens[k].figure is not None:
            before, complete = _figure_left(view, i, j)
        elif low[0].isalnum():
            if low in ("and", "or") and with_and and k > first and j == start and view.bits[k] & roles().breaks:
                joined = True
                before, complete = k, False
            else:
                before, complete = _word_left(view, i, j, start, first)
        elif low == ",":
            before, complete = (
                (k, False)
                if with_and and start < i and (j == start or joined) and _listed_before(view, k, first)
                else (j, False)
            )
        else:
            before, complete = _mark_left(view, j, first)
        if before == j:
            if complete:
                start = k
            break
        j = before
        if complete:
            start = j
    return start


def _figure_left(view: View, i: int, j: int) -> tuple[int, bool]:
    """Return the index of the figure before ``j`` where it belongs to the name, else ``j``."""
    k = j - 1
    kind = view.tokens[k].kind
    if kind in ("group_size", "p_value"):
        return j, False
    hyphen = view.glued[j] and j < len(view.lows) and view.lows[j] in ("-", "/")
    belongs = hyphen or view.glued[k] or kind in ("name", "dose") or (j == i and kind in _LEFT_FIGURES)
    return (k, True) if belongs else (j, False)


def _word_left(view: View, i: int, j: int, start: int, first: int) -> tuple[int, bool]:
    """Return the index of the word before ``j`` where the name goes on with it, else ``j``; and whether it may begin there.

    (``j``, True) says that the word is the first of the name and nothing before it belongs to it.
    """
    r, lows, k = roles(), view.lows, j - 1
    low, b = lows[k], view.bits[k]
    if b & r.arm_group and j < i:
        return j, False
    if low in _GROUP_ADJECTIVES and j == i:
        return k, True
    if not (b & r.breaks or (b & r.alloc and not view.glued[j])):
        return (j, False) if b & r.people and not view.glued[j] and k + 1 != i else (k, True)
    if low == "plus":
        return k, False
    if low == "by" and k > first and lows[k - 1] == "followed":
        return k - 1, False
    if low == "with" and k > first and lows[k - 1] == "combined":
        return k - 1, False
    if low == "with" and k > first + 2 and lows[k - 2 : k] == ["in", "combination"]:
        return k - 2, False
    if low in _FIRST_WORDS and start < i and not (view.glued[start] and low != "no"):
        return (k, True) if low in _GROUP_ADJECTIVES else (j, True)
    inner = j < len(lows) and view.glued[j] and lows[j] == "-"
    if inner or (k > first and view.glued[k] and lows[k - 1] == "-" and not b & (r.aux | r.det)):
        return k, True
    return j, False


def _listed_before(view: View, k: int, first: int) -> bool:
    """Whether a name may end before the comma at ``k``."""
    r = roles()
    return k > first and view.lows[k - 1][0].isalnum() and not view.bits[k - 1] & (r.breaks | r.people)


def _mark_left(view: View, j: int, first: int) -> tuple[int, bool]:
    """Return the index of the mark (or bracket) before ``j`` where the name goes on over it, else ``j``."""
    k = j - 1
    low = view.lows[k]
    if low in _INNER_MARKS:
        return (j, False) if low == "-" and not view.glued[k] and not view.glued[j] else (k, False)
    if low == ")":
        opened = skip_back_bracket(view, k, first)
        return (j, False) if opened == k or _short_form(view, opened, k + 2) == opened else (opened, False)
    if low == "." and view.glued[k] and view.glued[j]:
        return k, False
    return j, False
