"""What travels over HTTP: the answer, its media type, its body unpacked within limits."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from email.message import Message
from urllib.parse import urlsplit

import msgspec

from extractor.errors import FetchError

__all__ = ["Response", "decoded", "media_type", "origin_of", "reason_of"]

_CHUNK = 65536


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched document.

    Attributes:
        url: the address asked for; ``final_url`` the one that answered. content_type: media type without parameters,
            lower case, "" where the server names none. charset: as the header says, or None. content: the decompressed
            body. headers: of the answer, names in lower case. retrieved_at: ISO 8601, UTC. kept: the body is that of an
            earlier request (still fresh, or unchanged by the server's word).
    """

    url: str
    final_url: str
    status: int
    content_type: str
    charset: str | None
    content: bytes
    headers: dict[str, str] = {}
    retrieved_at: str | None = None
    kept: bool = False


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address as written."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def media_type(header: str) -> tuple[str, str | None]:
    """Return media type (lower case) and charset of a Content-Type header."""
    message = Message()
    message["content-type"] = header.replace("\n", " ").replace("\r", " ")
    charset = message.get_content_charset() if header else None
    return header.split(";", 1)[0].strip().lower(), charset


def reason_of(error: Exception) -> str:
    """Return why a connection failed, as far as ``error`` tells."""
    inner = error.args[0] if error.args else error
    reason = getattr(inner, "reason", None) or inner
    return f"no answer: {reason}"


def decoded(chunks: Iterator[bytes], encoding: str, url: str) -> Iterator[bytes]:
    """Yield the body decompressed, never more than one chunk at a time.

    Args:
        chunks: the body as sent. encoding: the Content-Encoding header. url: for errors.

    Raises:
        FetchError: the encoding is not known, or the body is damaged or cut off.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from chunks
        return
    if name not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"the content encoding {encoding[:60]!r} is not known", url, lasting=True)
    unpack = None
    for chunk in chunks:
        if unpack is None:
            # "deflate" is zlib by the standard, raw deflate by habit of some servers.
            raw_deflate = name == "deflate" and not (chunk[0] & 0x0F == 8 and chunk[0] >> 4 <= 7)
            unpack = zlib.decompressobj(-15 if raw_deflate else 47)
        pending = chunk
        while pending and not unpack.eof:
            try:
                piece = unpack.decompress(pending, _CHUNK)
            except zlib.error as error:
                raise FetchError(f"the compressed body is damaged: {error}", url, lasting=True) from error
            pending = unpack.unconsumed_tail
            if piece:
                yield piece
            elif not pending:
                break
    if unpack is not None and not unpack.eof:
        raise FetchError("the compressed body is cut off", url)
