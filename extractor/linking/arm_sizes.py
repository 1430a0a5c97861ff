"""How many people a group had, from the places that name the group with a count: "353 EP patients", "122 in the A arm"."""

from __future__ import annotations

from extractor.linking.arm_value_frames import in_enrolment, printed_number, size_in_bracket
from extractor.linking.arm_view import View, roles, skip_bracket
from extractor.records import Number

__all__ = ["find_sizes"]

_CONNECT = frozenset(["in", "to", "on", "the", "of", "were", "was", "assigned", "allocated", "randomized", "randomised", "randomly", "received", "receiving", "receive", "treated", "with", "for", "who", "given", "a", "an", "had", "been", "at", "from", "underwent", "undergoing", "into", "either", "by", "entered", "enrolled", "evaluable", "completed", "analyzed", "analysed", "assessable", "evaluated", "eligible", "included", "took", "each", "subjects", "cases", "additional", "more", "matched"])  # fmt: skip
_COUNTS = frozenset({"number", "group_size", "fraction", "percent"})
_CUES = frozenset(["randomized", "randomised", "randomly", "randomization", "assigned", "allocated", "allotted", "received", "receive", "enrolled", "evaluable", "completed", "analyzed", "analysed", "analysis", "included", "divided", "participated", "recruited", "treated", "underwent", "assessable", "eligible", "entered", "evaluated", "available", "registered", "total", "participants", "n", "consisted", "comprised"])  # fmt: skip

Place = tuple[int, int, str]


def find_sizes(view: View, places: list[Place]) -> dict[str, Number]:
    """Return the size of each arm that is printed beside a naming of it.

    Args:
        view: the text. places: (first token, stop token, arm id) of the namings of single arms, in order.
    """
    sizes: dict[str, tuple[int, Number]] = {}
    by_sentence: dict[int, list[Place]] = {}
    for place in places:
        by_sentence.setdefault(view.sentence_of[place[0]], []).append(place)
    for sentence, here in by_sentence.items():
        first, stop = view.ranges[sentence]
        cued = any(low in _CUES for low in view.lows[first:stop])
        for rank, arm, number in _sentence_sizes(view, first, stop, here, cued):
            if arm not in sizes or rank < sizes[arm][0]:
                sizes[arm] = (rank, number)
    return {arm: number for arm, (_, number) in sizes.items()}


def _sentence_sizes(view: View, first: int, stop: int, here: list[Place], cued: bool) -> list[tuple[int, str, Number]]:
    found: list[tuple[int, str, Number]] = []
    starts = {place[0]: place for place in here}
    for _, arm_stop, arm in here:
        j = arm_stop
        while j < stop and (view.tokens[j].kind in ("dose", "duration") or view.bits[j] & roles().people):
            j += 1
        if j < stop and (
            view.lows[j] in ("(", "[", "{")
            or (view.lows[j] in (",", ";", ":") and j + 1 < stop and view.tokens[j + 1].kind == "group_size")
        ):
            number = size_in_bracket(view, j, stop)
            if number is not None:
                found.append((0 if in_enrolment(view, j) else 1, arm, number))
    depth = 0
    open_at: dict[int, bool] = {}
    for k in range(first, stop):
        depth += (view.lows[k] in ("(", "[", "{")) - (view.lows[k] in (")", "]", "}"))
        open_at[k] = depth > 0
    for arm_first, arm_stop, arm in here:
        behind = _behind(view, arm_stop, stop, open_at[arm_first])
        if behind is not None and behind[1].value >= 4:
            found.append((behind[0], arm, behind[1]))
        k = arm_first - 2
        if (
            k >= first
            and view.lows[k + 1] == ","
            and open_at[arm_first]
            and view.tokens[k].kind in ("number", "group_size")
            and in_enrolment(view, k)
        ):
            before = printed_number(view, k)
            if before is not None and before.value >= 4:
                found.append((2, arm, before))
    nums = [k for k in range(first, stop) if view.tokens[k].kind in _COUNTS]
    for index, k in enumerate(nums):
        figure = view.tokens[k].figure
        number = printed_number(view, k)
        if figure is not None and figure.total is not None and not in_enrolment(view, k):
            target = _next_arm(view, k, stop, starts, lists=True)
            if target is not None:
                found.append((4, target, figure.total))
            continue
        if number is None or number.value < 4 or (figure is not None and figure.kind == "percent"):
            continue
        target = _next_arm(view, k, stop, starts)
        if target is not None:
            if cued or view.tokens[k].kind == "group_size":
                found.append((2, target, number))
            continue
        if index + 1 < len(nums) and cued:
            found.extend(_parallel(view, k, nums[index + 1], stop, here))
    return found


def _next_arm(view: View, k: int, stop: int, starts: dict[int, Place], *, lists: bool = False) -> str | None:
    """Return the arm whose naming follows the count at ``k`` with nothing but connecting words between.

    A count before "A or B" is that of all, unless ``lists`` allows it.
    """
    r = roles()
    j = k + 1
    while j < stop and j - k < 12:
        if j in starts:
            after = starts[j][1]
            while after < stop and view.bits[after] & r.people:
                after += 1
            if not lists and _goes_on(view, after, starts):
                return None
            return starts[j][2]
        low = view.lows[j]
        if low in ("(", "[", "{"):
            after = skip_bracket(view, j, stop)
            if after == j:
                if low == "(":
                    return None
            j = after
            continue
        if not (low in _CONNECT or view.bits[j] & (r.people | r.det) or view.tokens[j].kind in ("people", "percent")):
            return None
        j += 1
    return None


def _goes_on(view: View, after: int, starts: dict[int, Place]) -> bool:
    """Whether the list of arms goes on at ``after`` without another count: "120 to A or B"."""
    if view.lows[after : after + 1] not in (["or"], ["and"]):
        return False
    k = after + 1
    while k < len(view.lows) and view.bits[k] & roles().det:
        k += 1
    return view.lows[after] == "or" or k in starts


def _behind(view: View, j: int, stop: int, bracketed: bool) -> tuple[int, Number] | None:
    """ "A n = 28", "(A 217, B 216)", "In the A arm, 450 of 495 patients": the count behind a naming that ends before ``j``."""
    k = j
    while k < stop and k - j < 2 and view.lows[k] in (",", ":", "=", "-"):
        k += 1
    if k >= stop or view.tokens[k].figure is None:
        return None
    figure = view.tokens[k].figure
    assert figure is not None
    if figure.kind == "group_size" and view.lows[k + 1 : k + 2] not in (["and"],):
        number = printed_number(view, k)
        return None if number is None else (1, number)
    if figure.total is not None and figure.kind in ("fraction", "percent"):
        return 4, figure.total
    if (
        bracketed
        and figure.kind == "number"
        and view.lows[k + 1 : k + 2] in ([","], [";"], [")"], ["and"])
        and in_enrolment(view, k)
    ):
        number = printed_number(view, k)
        return None if number is None else (2, number)
    return None


def _parallel(view: View, k: int, other: int, stop: int, here: list[Place]) -> list[tuple[int, str, Number]]:
    """ "(44 and 42 for the A and B groups)", "A and B (n = 44 and 42)": two counts, two arms, the same order."""
    between = view.lows[k + 1 : other]
    if (
        any(low not in ("and", "vs", "versus", "v", ",", "/", "patients", "women", ".", "n", "=") for low in between)
        or not between
    ):
        return []
    one, two = printed_number(view, k), printed_number(view, other)
    if one is None or two is None or one.value < 4 or two.value < 4:
        return []
    after = [p for p in here if p[0] > other and p[0] - other < 12]
    before = [p for p in here if p[1] <= k and k - p[1] < 6]
    pair: list[Place] = []
    if len(after) >= 2 and after[1][0] - after[0][1] <= 4:
        pair = after[:2]
    elif before:
        earlier = [p for p in here if p[1] <= before[-1][0]]
        if earlier and before[-1][0] - earlier[-1][1] <= 4:
            pair = [earlier[-1], before[-1]]
    if len(pair) != 2 or pair[0][2] == pair[1][2]:
        return []
    return [(3, pair[0][2], one), (3, pair[1][2], two)]
