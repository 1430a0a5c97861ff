"""A stretch of the text that may name a group of the trial, and what all frames share."""

from __future__ import annotations

from extractor.linking.arm_value_frames import size_in_bracket
from extractor.linking.arm_view import View, is_no_group, roles, skip_bracket
from extractor.records import Number

__all__ = ["FrameBase", "Naming", "trim"]

_OF_HEADS = frozenset(["effect", "effects", "impact", "influence", "efficacy", "role", "use", "safety", "feasibility", "comparison", "effectiveness", "value", "benefit", "benefits", "evaluation", "tolerability", "cost", "benefit", "results", "study", "trial", "number", "amount", "uptake", "augmentation", "addition", "receipt"])  # fmt: skip


class Naming:
    """A stretch that may name an arm.

    ``first``, ``stop``: tokens of the whole naming ("the" left out, "group" kept); ``core``: tokens of the name itself;
    ``frame``: the construction; ``row``: namings of one list share it; ``size``: the number of people given with it;
    ``alias``: tokens of a second name given in brackets; ``whole``: it names all groups together.
    """

    __slots__ = ("alias", "core", "first", "frame", "row", "size", "stop", "whole")

    def __init__(self, first: int, stop: int, core: tuple[int, int], frame: str, row: int = -1) -> None:
        self.first = first
        self.stop = stop
        self.core = core
        self.frame = frame
        self.row = row
        self.size: Number | None = None
        self.alias: tuple[int, int] | None = None
        self.whole = False


class FrameBase:
    """What the frames share: the view, and the namings ``found`` so far, in no particular order."""

    def __init__(self, view: View, title_stop: int) -> None:
        self.view = view
        self.title_stop = title_stop
        self.found: list[Naming] = []
        self.received: list[tuple[int, int]] = []
        """(token of the verb, end of its sentence) where people of a number received something: a list for want of a better."""
        self.rows = 0
        self.r = roles()

    def row(self) -> int:
        """Return a new list number."""
        self.rows += 1
        return self.rows

    def add(
        self, first: int, stop: int, frame: str, row: int = -1, *, outer: tuple[int, int] | None = None
    ) -> Naming | None:
        """Add the name [first, stop) unless nothing is left of it; ``outer`` is the naming with its word for a group."""
        if frame != "letter":
            first, stop = trim(self.view, first, stop)
            first, stop = self._without_count(first, stop)
        for k in range(stop - 2, first, -1):
            # "safety of A" names A
            if self.view.lows[k] == "of" and self.view.lows[k - 1] in _OF_HEADS:
                first, stop = trim(self.view, k + 1, stop)
                break
        if first >= stop or self._controlled(first, stop) or is_no_group(self.view, stop - 1):
            return None
        if self.view.lows[first] == "no" and self.view.lows[first + 1 : first + 2] in _NO_ABSENCE:
            return None
        whole = outer or (first, stop)
        naming = Naming(min(whole[0], first), max(whole[1], stop), (first, stop), frame, row)
        self.found.append(naming)
        if stop + 2 < len(self.view.lows) and self.view.lows[stop] == "(" and self.view.bits[stop + 1] & self.r.arm_group:
            # "A (group 1, n = 30)"
            end = skip_bracket(self.view, stop, self.view.ranges[self.view.sentence_of[stop]][1])
            if end > stop and not self.view.lows[stop + 1].endswith("s"):
                naming.alias = (stop + 1, end - 1)
        return naming

    def _without_count(self, first: int, stop: int) -> tuple[int, int]:
        """Return the name without the number of those counted before it and the value after it: "24 A recipients", "A 2.2 +/- 1.2"."""
        view = self.view
        counted = view.tokens[first].figure if first + 1 < stop else None
        if counted is not None and counted.kind in ("number", "fraction") and not view.glued[first + 1]:
            first += 1
        valued = view.tokens[stop - 1].figure if first + 1 < stop else None
        if valued is not None and valued.dispersion is not None:
            stop -= 1
        return first, stop

    def _controlled(self, first: int, stop: int) -> bool:
        """Whether the name is part of "placebo-controlled", which speaks of the design."""
        lows = self.view.lows
        return (
            "controlled" in lows[stop : stop + 1]
            or lows[stop : stop + 2] == ["-", "controlled"]
            or lows[first + 1 : first + 3] == ["-", "controlled"]
        )

    def _size_after(self, naming: Naming | None, stop: int) -> None:
        """Give the naming the size in the bracket after it."""
        if naming is None:
            return
        view = self.view
        j = naming.stop
        while j < stop and (view.bits[j] & self.r.arm_group or view.tokens[j].kind in ("dose", "duration")):
            j += 1
        if j < stop and view.lows[j] in ("(", "[", ",") and naming.size is None:
            naming.size = size_in_bracket(view, j, stop)


def trim(view: View, first: int, stop: int) -> tuple[int, int]:
    """Return the tokens [first, stop) without articles, marks and words that belong to no name at either side."""
    r = roles()
    while first < stop and (
        (view.bits[first] & (r.det | r.and_ | r.or_) and view.lows[first] != "other")
        or (not view.lows[first][0].isalnum() and view.lows[first] not in ("(", "β", "α"))
        or (view.lows[first] in _LEADING and view.lows[first + 1 : first + 2] != ["-"])
    ):
        first += 1
    while first < stop and (
        view.bits[stop - 1] & (r.det | r.and_ | r.or_)
        or (view.lows[stop - 1] in _TRAILING and not (view.lows[stop - 1] == "combined" and stop - first == 1))
        or (not view.lows[stop - 1][0].isalnum() and view.lows[stop - 1] not in (")", "®", "™", "+", "]"))
    ):
        stop -= 1
    return first, stop


_NO_ABSENCE = [["more"], ["less"], ["fewer"], ["longer"], ["later"], ["significant"], ["evidence"], ["difference"], ["differences"], ["effect"], ["change"], ["clear"]]  # fmt: skip
_LEADING = frozenset(
    [
        "no more than",
        "no less than",
        "either",
        "receive",
        "receiving",
        "received",
        "only",
        "matching",
        "matched",
        "identical",
        "then",
        "with",
        "of",
        "to",
        "for",
        "in",
        "by",
    ]
)
_TRAILING = frozenset(["of", "with", "plus", "followed", "by", "combined", "in", "to", "then", "on", "for"])
