"""The exceptions of the package, drawn in one place.

ExtractorError
├── AssemblyError   joins and splits given by the user cannot be read or contradict each other
├── FetchError      an address could not be fetched
├── ParseError      a document was obtained but could not be read as an article
├── LexiconError    a vocabulary or pattern file is malformed
├── RecordError     a record does not follow the record contract
├── StoreError      the evidence store is missing, foreign, locked or of another version
└── AnalysisError   figures cannot be pooled or compared as asked
"""

from __future__ import annotations

__all__ = [
    "AnalysisError",
    "AssemblyError",
    "ExtractorError",
    "FetchError",
    "LexiconError",
    "ParseError",
    "RecordError",
    "StoreError",
]


class ExtractorError(Exception):
    """Base of all errors raised on purpose by this package."""


class _Located(ExtractorError):
    """An error that knows where it happened.

    Args:
        reason: what is wrong, in one sentence.
        where: file, file:line or address, when known.
    """

    def __init__(self, reason: str, where: str | None = None) -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.where = where


class AssemblyError(_Located):
    """Joins and splits given by the user cannot be read, contradict each other, or join what can never be one."""


class FetchError(_Located):
    """An address could not be fetched (network, status, size, content type, forbidden host).

    Args:
        lasting: the server's answer says that asking again soon is of no use (gone, forbidden, not a document).
    """

    def __init__(self, reason: str, where: str | None = None, *, lasting: bool = False) -> None:
        super().__init__(reason, where)
        self.lasting = lasting


class ParseError(_Located):
    """A document was obtained but is not readable as an article (empty, binary, malformed, no body)."""


class LexiconError(_Located):
    """A vocabulary or pattern file is malformed."""


class RecordError(_Located):
    """A record does not follow the record contract."""


class StoreError(_Located):
    """The evidence store is missing, foreign, locked or of another version."""


class AnalysisError(ExtractorError):
    """Figures cannot be pooled or compared as asked: too few, impossible, or of no comparable kind."""
