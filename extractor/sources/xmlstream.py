"""XML from strangers as a stream of elements: no entities, no DTD, no network, constant memory.

Documents that declare entities or name an encoding that their bytes contradict are refused before the parser sees them:
entities in attribute values are expanded by the parser whatever its settings, and an exotic encoding could hide a
declaration from the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

from lxml import etree

from extractor.errors import ParseError

__all__ = ["Readable", "root_name", "stream_elements"]

_CHUNK = 65536
_PROLOG_LIMIT = 262_144
_ENCODING = re.compile(
    r"""^\s{0,20}<\?xml[^>]{0,200}?\bencoding\s{0,5}=\s{0,5}["']([A-Za-z][A-Za-z0-9._\-]{0,40})["']"""
)
_ASCII_LIKE = re.compile(r"utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d|cp125\d|latin-?1", re.IGNORECASE)
_SKIP = re.compile(r"\s+|<\?[^>]{0,4000}\?>|<!--(?:[^-]|-[^-]){0,100000}-->")
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^\[>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}'){0,4000}")
_ROOT = re.compile(r"<([A-Za-z_][\w.\-:]{0,100})")


class Readable(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, b"" at the end."""
        ...


def root_name(head: bytes, where: str | None = None) -> str:
    """Return the name of the root element, after checking that the prolog is harmless.

    Args:
        head: the first bytes of the document (its prolog must end within them).

    Raises:
        ParseError: entity declarations, an encoding that is not known or not true, or no root element.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        wide = True
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
        wide = False
    declared = _ENCODING.match(text)
    if declared:
        name = declared[1]
        if wide != name.lower().startswith("utf-16") or not (wide or _ASCII_LIKE.fullmatch(name)):
            raise ParseError(f"wrong or unsupported encoding declaration {name!r}", where)
    place = 0
    while True:
        skip = _SKIP.match(text, place)
        if skip:
            place = skip.end()
            continue
        doctype = _DOCTYPE.match(text, place)
        if doctype is None:
            break
        if text[doctype.end() : doctype.end() + 1] != ">":
            raise ParseError("the XML declares entities or a DTD of its own, which is not read", where)
        place = doctype.end() + 1
    root = _ROOT.match(text, place)
    if root is None:
        raise ParseError("the content is not XML" if place == 0 else "the XML has no root element", where)
    return root[1]


def stream_elements(
    source: Readable, tags: tuple[str, ...], *, where: str | None = None, head: bytes = b""
) -> Iterator[Any]:
    """Yield each element named in ``tags`` when it is complete; it is emptied when the next one is asked for.

    Args:
        source: the document. head: bytes already read from it.

    Raises:
        ParseError: the document is empty, refused (see ``root_name``) or malformed, after everything before the fault
            has been given.
    """
    head += source.read(max(0, _PROLOG_LIMIT - len(head)))
    if not head.strip():
        raise ParseError("the file is empty", where)
    root_name(head, where)
    parser = etree.XMLPullParser(
        events=("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=True, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    data, fault = head, None
    while data and fault is None:
        for start in range(0, len(data), _CHUNK):
            fault = _feed(parser, data[start : start + _CHUNK])
            yield from _complete(parser)
            if fault is not None:
                break
        data = source.read(_CHUNK) if fault is None else b""
    if fault is None:
        fault = _close(parser)
        yield from _complete(parser)
    if fault is not None:
        raise ParseError(f"the XML is malformed: {fault}", where)


def _feed(parser: Any, data: bytes) -> str | None:
    """Feed the parser; return what is wrong, or None."""
    try:
        parser.feed(data)
    except etree.XMLSyntaxError as error:
        return str(error)
    return None


def _close(parser: Any) -> str | None:
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        return str(error)
    return None


def _complete(parser: Any) -> Iterator[Any]:
    for _, element in parser.read_events():
        yield element
        element.clear()
        parent = element.getparent()
        if parent is not None:
            while element.getprevious() is not None:
                del parent[0]
