"""Bytes to text: byte order marks, declared charsets, binary content, and gzip with a cap.

A declaration that does not fit the bytes is an error, never repaired in silence: a mis-read byte in a figure
("0·57") would be a wrong figure. Labels follow the WHATWG Encoding Standard where they differ from Python's codecs
(pages that say ISO-8859-1 or ASCII mean windows-1252).
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from functools import cache

import charset_normalizer

from extractor.errors import ParseError
from extractor.sources.xmlstream import Readable

__all__ = ["CappedGzip", "decode", "decode_html", "gunzip", "is_binary"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
}
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE
)
_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\x7fELF",
    b"RIFF",
    b"SQLite",
)
_SAMPLE = 65536
_CHUNK = 65536
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")


def is_binary(data: bytes) -> bool:
    """Return True when ``data`` is no text: a known magic number, NULs outside UTF-16/32, many control characters."""
    if data.startswith(_MAGIC):
        return True
    if data.startswith(tuple(mark for mark, _ in _BOMS)):
        return False
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        return True
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls * 100 > len(sample)


def _by_mark(data: bytes) -> tuple[str, bytes] | None:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name, data[len(mark) :]
    return None


def _codec(label: str) -> str | None:
    """Return the Python codec for a charset label, or None when there is none for text."""
    name = _ALIASES.get(label.strip().lower(), label.strip().lower())
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return info.name if getattr(info, "_is_text_encoding", True) else None


@cache
def _windows_1252() -> str:
    """Return the 256 characters of windows-1252 as browsers read it: its five open bytes are controls of Latin-1."""
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256))


def _strict(data: bytes, codec: str) -> str:
    if codec == "cp1252":
        return codecs.charmap_decode(data, "strict", _windows_1252())[0]
    return data.decode(codec)


def _detect(data: bytes, where: str | None) -> str:
    """Decode bytes that say nothing of their charset: UTF-8 if they are that, else what charset detection finds."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        best = charset_normalizer.from_bytes(data[: 4 * _SAMPLE]).best()
        if best is not None:
            try:
                return data.decode(best.encoding)
            except (UnicodeDecodeError, LookupError):
                pass
        raise ParseError(f"is neither UTF-8 ({error}) nor any charset that can be told", where) from error


def decode(data: bytes, *, where: str | None = None) -> str:
    """Return plain text bytes as text; a byte order mark is taken off, nothing else is changed.

    Raises:
        ParseError: empty, binary or undecodable bytes.
    """
    if not data:
        raise ParseError("the file is empty", where)
    if is_binary(data):
        raise ParseError("the content is binary, not text", where)
    marked = _by_mark(data)
    if marked is None:
        return _detect(data, where)
    try:
        return marked[1].decode(marked[0])
    except UnicodeDecodeError as error:
        raise ParseError(f"has the byte order mark of {marked[0]} but is not: {error.reason}", where) from error


def decode_html(data: bytes, *, charset: str | None = None, where: str | None = None) -> str:
    """Return the text of an HTML page.

    Order of belief: byte order mark, ``charset`` (of the HTTP header), the page's own <meta>, detection. Where header
    and page differ, the one that fits the bytes is taken.

    Raises:
        ParseError: empty or binary content, or every declared charset is unknown or contradicted by the bytes.
    """
    if not data.strip():
        raise ParseError("the page is empty", where)
    if is_binary(data):
        raise ParseError("the content is binary, not HTML", where)
    marked = _by_mark(data)
    if marked is not None:
        return decode(data, where=where)
    declared = [charset] if charset else []
    meta = _META_CHARSET.search(data[:_SAMPLE])
    if meta:
        label = meta[1].decode("ascii")
        # A <meta> that can be read as ASCII cannot be UTF-16 (WHATWG: take UTF-8).
        declared.append("utf-8" if label.lower().startswith("utf-16") else label)
    problems: list[str] = []
    for label in declared:
        codec = _codec(label)
        if codec is None:
            problems.append(f"the declared charset {label!r} is unknown")
            continue
        try:
            return _strict(data, codec)
        except UnicodeDecodeError as error:
            problems.append(f"declared as {label}, but the byte at {error.start} is not {codec}")
    if problems:
        raise ParseError("wrong encoding declaration: " + "; ".join(problems), where)
    return _detect(data, where)


class CappedGzip:
    """Reads a gzip stream (all members) and refuses to give more than ``limit`` bytes.

    Args:
        stream: the compressed file, read forward only.
        limit: most decompressed bytes to give.
        where: name for messages.
    """

    def __init__(self, stream: Readable, limit: int, where: str | None = None) -> None:
        self._chunks = _inflate(stream, limit, where)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes (all for -1), b"" at the end.

        Raises:
            ParseError: not gzip, damaged, cut off, or more than the limit.
        """
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        if size < 0:
            self._rest = b""
            return data
        self._rest = data[size:]
        return data[:size]


def _inflate(stream: Readable, limit: int, where: str | None) -> Iterator[bytes]:
    given = 0
    unpack = zlib.decompressobj(wbits=31)
    pending = b""
    started = False
    while True:
        if not pending:
            pending = stream.read(_CHUNK)
            if not pending:
                break
        if unpack.eof:
            # Zero padding after the last member is legal; anything else starts a new member.
            pending = pending.lstrip(b"\0")
            if not pending:
                continue
            unpack = zlib.decompressobj(wbits=31)
        try:
            chunk = unpack.decompress(pending, _CHUNK)
        except zlib.error as error:
            raise ParseError(f"the gzip data are damaged: {error}", where) from error
        started = True
        pending = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
        given += len(chunk)
        if given > limit:
            raise ParseError(f"decompresses to more than {limit} bytes", where)
        if chunk:
            yield chunk
    if not started:
        raise ParseError("the file is empty", where)
    if not unpack.eof:
        raise ParseError("the gzip data are cut off", where)


def gunzip(stream: Readable, limit: int, *, where: str | None = None) -> bytes:
    """Return the whole decompressed content of a gzip stream.

    Raises:
        ParseError: as ``CappedGzip.read``.
    """
    return CappedGzip(stream, limit, where).read()
