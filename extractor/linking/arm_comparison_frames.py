"""Frames in which two groups are set against each other: "A versus B", "compared with B", "between A and B"."""

from __future__ import annotations

from extractor.linking.arm_naming import FrameBase
from extractor.linking.arm_phrases import combination_end, name_left, name_right
from extractor.linking.arm_value_frames import size_in_bracket
from extractor.linking.arm_view import skip_back_bracket, skip_bracket

__all__ = ["ComparisonFrames"]

_JOINS = {
    "between": frozenset({"and", "versus", "vs", "or"}),
    "compare": frozenset({"and", "with", "to", "versus", "vs", "or", "against"}),
    "either": frozenset({"or"}),
}
_PLAIN_JOINS = frozenset({"versus", "vs", "to", "or", "against"})
_HISTORY = frozenset({"history", "prior", "previous", "past", "evidence", "concomitant", "need", "use"})


class ComparisonFrames(FrameBase):
    """The frames of comparisons."""

    def versus(self, i: int, first: int, stop: int) -> None:
        """ "A versus B": the names at both sides."""
        view = self.view
        j = i + 1
        if j < stop and view.lows[j] == "." and view.glued[j]:
            j += 1
        row = self.row()
        left = self._name_before(i, first)
        right = self._name_after(j, stop)
        if left is not None:
            self.add(*left, "versus", row)
        if right is not None:
            naming = self.add(*right, "versus", row)
            self._size_after(naming, stop)

    def _name_before(self, i: int, first: int) -> tuple[int, int] | None:
        """Return the name that ends before token ``i``, over brackets and commas."""
        view = self.view
        k = i
        while k > first and (
            view.lows[k - 1] in (",", ")", "]", "as", "when", "and", "either") or view.bits[k - 1] & self.r.arm_group
        ):
            if view.lows[k - 1] in (")", "]", "}"):
                opened = skip_back_bracket(view, k - 1, first)
                if opened == k - 1:
                    break
                k = opened
            else:
                k -= 1
        start = name_left(view, k, first, with_and=k <= self.title_stop)
        if start - 2 > first and start < k and view.lows[start - 1] in ("a", "an") and view.lows[start - 2] == ",":
            # "A, a long-acting B, versus C": what B says of A is no name
            apposed = name_left(view, start - 2, first, with_and=k <= self.title_stop)
            if apposed < start - 2:
                start, k = apposed, start - 2
        if start >= k or (view.tokens[start].kind in ("percent", "number", "quantity", "duration") and k - start == 1):
            return None
        return start, k

    def _name_after(
        self, j: int, stop: int, *, with_and: bool = False, lenient: bool = False, plain: bool = False
    ) -> tuple[int, int] | None:
        """Return the name that begins at or after token ``j``, over "with", "in the", "those receiving" and the like."""
        view, r = self.view, self.r
        k = j
        while k < stop and k - j < 8:
            low = view.lows[k]
            if low in ("no",) and k + 1 < stop and view.lows[k + 1][0].isalpha():
                break
            if low in ("treatment", "therapy") and k + 1 < stop and view.lows[k + 1] == "with":
                k += 2
                continue
            if view.bits[k] & (r.det | r.on | r.receive | r.people) or low in (
                "who",
                "were",
                "was",
                "treated",
                "assigned",
                "randomized",
                "randomised",
                "allocated",
                "that",
                "either",
                "only",
                "when",
            ):
                if view.bits[k] & r.people and k + 1 < stop and view.lows[k + 1] == "-":
                    break
                if low in ("control", "controls", "usual", "standard") or (
                    view.bits[k] & r.receive and k + 1 < stop and not view.lows[k + 1][0].isalnum()
                ):
                    break
                k += 1
                continue
            break
        if plain:
            end = name_right(view, k, stop, with_and=with_and)
            return (k, end) if end > k else None
        end = name_right(
            view, k, stop, with_and=with_and or k < self.title_stop, with_with=k < self.title_stop or lenient
        )
        if k < self.title_stop and end < stop and view.lows[end] == "," and end > k and view.drug[k]:
            end = combination_end(view, end, stop) or end
        return (k, end) if end > k else None

    def without(self, i: int, first: int, stop: int) -> None:
        """ "with or without A", "with A (n = 20) or without", "received A or not": A against none of it."""
        view, r = self.view, self.r
        k = i - 1
        while k > first and view.lows[k] == ".":
            k -= 1
        joined = k > first and view.lows[k] in ("or", "versus", "vs", "and", ",")
        if k > first and view.lows[k] == "," and not (view.lows[i] == "not" or view.lows[k - 1] in ("or", "and")):
            joined = False
        if not joined or i < self.title_stop:
            # a title "A with or without B" names what is studied, not its two groups
            return
        closing = k > first and view.lows[k - 1] in (")", "]")
        opened = skip_back_bracket(view, k - 1, first) if closing else k
        row = self.row()
        if view.lows[i] == "not":
            after = view.lows[i + 1] if i + 1 < stop else "."
            if after in ("(", ".", ",", ";") or view.bits[min(i + 1, stop - 1)] & r.receive:
                self._size_after(self.add(i, i + 1, "without", row), stop)
            return
        right = self._name_after(i + 1, stop)
        if opened > first and view.lows[opened - 1] == "with":
            # one name serves both sides
            shared = right
            if shared is None and i + 1 < stop and view.lows[i + 1] == "(":
                shared = self._name_after(skip_bracket(view, i + 1, stop), stop)
            if shared is None or not self._given(*shared):
                return
            self._size_after(self.add(i, i + 1 if shared != right else shared[1], "without", row), stop)
            given = self.add(*shared, "without", row)
            if given is not None and closing:
                given.size = size_in_bracket(view, opened, stop)
            return
        left = self._name_before(k, first) if view.lows[k] != "and" else None
        if left is not None and self._given(*left):
            bare = right is None or not set(view.lows[slice(*right)]) & set(view.lows[slice(*left)])
            self.add(*left, "without", row)
            self._size_after(self.add(i, i + 1 if bare or right is None else right[1], "without", row), stop)

    def _given(self, first: int, stop: int) -> bool:
        """Whether the name speaks of something that people get, not of a trait or a history they have."""
        view = self.view
        return any(view.drug[m] or view.bits[m] & self.r.treat for m in range(first, stop)) and not (
            view.other[stop - 1] or set(view.lows[first:stop]) & _HISTORY
        )

    def compared(self, i: int, first: int, stop: int) -> None:
        """ "compared with B", "than B", "between A and B", "comparing A with B"."""
        view = self.view
        low = view.lows[i]
        after = view.lows[i + 1] if i + 1 < stop else ""
        if low in (
            "compared",
            "comparison",
            "comparable",
            "relative",
            "superior",
            "inferior",
            "noninferior",
            "equivalent",
            "similar",
            "opposed",
            "identical",
        ):
            if after in ("with", "to"):
                row = self.row()
                right = self._name_after(i + 2, stop)
                if right is not None:
                    self._size_after(self.add(*right, "compared", row), stop)
                if i < self.title_stop or low in (
                    "comparison",
                    "superior",
                    "inferior",
                    "noninferior",
                    "equivalent",
                    "compared",
                ):
                    before = (
                        i - 1
                        if i > first and view.lows[i - 1] in ("as", "in", "is", "was", "when", "are", "were")
                        else i
                    )
                    left = self._name_before(before, first)
                    if left is not None and (i < self.title_stop or low == "compared"):
                        self.add(*left, "compared-left", row)
                return
            if low == "comparison" and after in ("of", "between"):
                self._pair(i + 2, stop, "compare")
            return
        if low == "than":
            right = self._name_after(i + 1, stop)
            if right is not None:
                row = self.row() if i < self.title_stop else -1
                self.add(*right, "than", row)
                stop_left = name_right(view, first, i, with_and=True, with_with=True) if row >= 0 else first
                if first < stop_left < i and view.bits[stop_left] & (self.r.aux | self.r.verb):
                    self.add(first, stop_left, "versus", row)
            return
        if low == "between":
            self._pair(i + 1, stop, "between")
            return
        if low in (
            "comparing",
            "compare",
            "compares",
            "compared_",
            "either",
            "favoring",
            "favouring",
            "favour",
            "favor",
        ):
            self._pair(i + 1, stop, "compare" if low.startswith("comp") else "either")

    def _pair(self, j: int, stop: int, frame: str) -> None:
        """Add "A and/with/to/or/versus B" that begins at token ``j``."""
        view = self.view
        left = self._first_of_pair(j, stop, frame)
        if left is None:
            return
        k = left[1]
        if k < stop and view.bits[k] & self.r.arm_group:
            k += 1
        if k < stop and view.lows[k] in ("(", "[", "{"):
            k = skip_bracket(view, k, stop)
        if k < stop and view.lows[k] == ",":
            k += 1
        if k < stop and view.lows[k] in _JOINS[frame]:
            right = self._name_after(k + 1, stop)
            row = self.row()
            self._size_after(self.add(*left, frame, row), stop)
            if right is not None:
                self._size_after(self.add(*right, frame, row), stop)
        elif frame == "compare":
            self.add(*left, "compare-one")

    def _first_of_pair(self, j: int, stop: int, frame: str) -> tuple[int, int] | None:
        """Return the first name of a pair: up to "and" or "with" where no plainer word sets the two against each other."""
        view = self.view
        if frame != "either" and j < self.title_stop and not set(view.lows[j:stop]) & _PLAIN_JOINS:
            by_with = frame == "compare" and any(
                view.lows[m] == "with" and not view.bits[m - 1] & self.r.people for m in range(j + 1, stop)
            )
            name = self._name_after(j, stop, plain=True, with_and=by_with)
            if name is not None and name[1] < stop and view.lows[name[1]] in ("and", "with"):
                return name
        return self._name_after(j, stop)

    # -- people with what they got ----------------------------------------------------------------------------------
