"""What a printed figure can stand for: its decimals, the values that round to it, and arithmetic on such ranges.

A figure printed as "0.62" stands for anything from 0.615 to 0.625. All checks compare ranges made this way, so that
no finding rests on the rounding of a printed digit.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from extractor.records import Numeric, Pair

__all__ = ["Range", "decimals", "fraction_digits", "printed_range"]

_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:[.·,]\d+)|\d+", re.ASCII)
_LONGEST = 400
"""Characters of a span that are searched for its numbers; an interval as printed is far shorter."""


class Range(NamedTuple):
    """All values from ``low`` to ``high``, both included."""

    low: float
    high: float

    def overlaps(self, other: Range, slack: float = 0.0) -> bool:
        """Whether some value lies in both ranges, where each end may be moved by ``slack``."""
        return self.low - slack <= other.high and other.low - slack <= self.high

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def scaled(self, factor: float) -> Range:
        """Return the range times ``factor`` (not negative)."""
        return Range(self.low * factor, self.high * factor)

    def over(self, other: Range) -> Range | None:
        """Return the range of the quotient of two ranges of positive numbers; None where the divisor may be 0."""
        if other.low <= 0 or self.low < 0:
            return None
        return Range(self.low / other.high, self.high / other.low)

    def log(self) -> Range | None:
        """Return the range of the natural logarithm; None where the range reaches 0."""
        return None if self.low <= 0 else Range(math.log(self.low), math.log(self.high))


def fraction_digits(number: Decimal) -> int:
    """Return how many digits stand behind the decimal point; trailing zeros count."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _parsed(printed: str) -> Decimal | None:
    plain = printed.replace("·", ".").replace("−", "-").replace("–", "-").strip().rstrip("%").strip()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    try:
        return Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None


def decimals(value: Numeric, printed: str | None = None, *, text: str = "", span: Pair | None = None) -> int:
    """Return how many decimals ``value`` is printed with.

    Args:
        printed: the number string as printed, where it is kept. text, span: the document and the stretch of it that
            holds the number, such as a whole interval; the number in it that equals ``value`` counts.

    What is printed in words, or cannot be found, has the decimals of the plain number.
    """
    number = abs(Decimal(str(value)))
    if printed is not None:
        parsed = _parsed(printed)
        if parsed is not None and abs(parsed) == number:
            return fraction_digits(parsed)
    if span is not None and text:
        found = (_parsed(match.group()) for match in _NUMBER.finditer(text[span[0] : min(span[1], span[0] + _LONGEST)]))
        same = [fraction_digits(candidate) for candidate in found if candidate is not None and candidate == number]
        if same:
            return max(same)
    return fraction_digits(number.normalize())


def printed_range(value: Numeric, places: int) -> Range:
    """Return the values that round to ``value`` at ``places`` decimals (half a unit of the last place either way)."""
    half = 0.5 * 10.0**-places
    return Range(value - half, value + half)
