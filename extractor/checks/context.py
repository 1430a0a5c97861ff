"""What the checks know besides one result: the text it was read from, and the kind of document."""

from __future__ import annotations

import re
from functools import cached_property

from extractor.printed import Range, decimals, printed_range
from extractor.records import Kind, Numeric, Pair, Record, Result

__all__ = ["Said", "of_record"]

_ONE_SIDED = re.compile(r"\b(?:one|1)[- ‐‑–](?:sided|tailed)\b", re.IGNORECASE)


class Said:
    """A document's text as the checks use it; an empty text means that only the values are known."""

    def __init__(self, text: str = "", kind: Kind = "abstract") -> None:
        self.text = text
        self.kind = kind

    @cached_property
    def one_sided(self) -> bool:
        """Whether the document says that it tests one-sided, anywhere."""
        return _ONE_SIDED.search(self.text) is not None

    def sentence(self, result: Result) -> str:
        """Return the sentence that ``result`` stands in; empty where that is not known."""
        return self.text[result.sentence[0] : result.sentence[1]] if result.sentence is not None else ""

    def value_range(self, result: Result) -> Range | None:
        """Return the values that the printed value may stand for; None where there is no value."""
        if result.value is None:
            return None
        return printed_range(result.value, decimals(result.value, result.printed, text=self.text, span=result.span))

    def part_range(self, value: Numeric, span: Pair | None) -> Range:
        """Return the values that ``value``, printed in ``span``, may stand for."""
        return printed_range(value, decimals(value, text=self.text, span=span))


def of_record(record: Record) -> Said:
    """Return the context that ``record`` gives to the checks of its results."""
    return Said(record.document.text, record.document.kind)
