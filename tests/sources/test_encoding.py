"""Charsets, binary content and gzip."""

from __future__ import annotations

import gzip
import io

import pytest

from extractor.errors import ParseError
from extractor.sources.encoding import CappedGzip, decode, decode_html, gunzip, is_binary

PAGE = '<html><head><meta charset="{}"></head><body><p>Café trial, 0·57 of 1 µg</p></body></html>'


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"a\0b\0c", bytes(range(1, 9)) * 20, b"PK\x03\x04x"]
)
def test_binary_is_told_from_text(data: bytes) -> None:
    assert is_binary(data)


def test_text_is_not_binary() -> None:
    assert not is_binary("Überleben\n0·57\tµg".encode())
    assert not is_binary("Überleben".encode("utf-16"))


@pytest.mark.parametrize("codec", ["utf-8", "iso-8859-1", "windows-1252"])
def test_declared_charset_is_believed(codec: str) -> None:
    text = PAGE.format(codec)
    assert decode_html(text.encode(codec)) == text


def test_latin_1_means_windows_1252_on_the_web() -> None:
    data = b'<meta charset="iso-8859-1"><p>\x93quoted\x94 \x81</p>'
    assert decode_html(data).endswith("<p>“quoted” \x81</p>")


def test_header_charset_goes_before_the_page_unless_the_bytes_contradict_it() -> None:
    text = PAGE.format("windows-1252")
    assert decode_html(text.encode("windows-1252"), charset="windows-1252") == text
    assert decode_html(text.encode("windows-1252"), charset="utf-8") == text


@pytest.mark.parametrize("declared", ["utf-8", "no-such-charset", "ascii-armoured"])
def test_wrong_declaration_is_an_error(declared: str) -> None:
    with pytest.raises(ParseError, match="wrong encoding declaration") as caught:
        decode_html(PAGE.format(declared).encode("latin-1"), where="page.html")
    assert caught.value.where == "page.html"


def test_a_codec_that_is_no_charset_is_refused() -> None:
    with pytest.raises(ParseError, match="unknown"):
        decode_html(PAGE.format("rot13").encode())


def test_undeclared_text_is_detected() -> None:
    text = "Les événements indésirables étaient plus fréquents après le traitement que prévu à l'été. " * 5
    assert decode(text.encode("cp1252")) == text
    assert decode_html(b"<p>plain</p>") == "<p>plain</p>"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_is_taken_off(codec: str) -> None:
    assert decode("Überleben\r\n".encode(codec)) == "Überleben\r\n"
    assert decode_html("<p>Überleben</p>".encode(codec)) == "<p>Überleben</p>"


@pytest.mark.parametrize("data", [b"", b"\0\1\2", b"\xff\xfe\x00\xd8"])
def test_empty_binary_and_false_marks_are_errors(data: bytes) -> None:
    with pytest.raises(ParseError):
        decode(data)


def test_gzip_members_and_padding_are_read() -> None:
    data = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0"
    assert gunzip(io.BytesIO(data), 100) == b"one two"
    stream = CappedGzip(io.BytesIO(data), 100)
    assert [stream.read(3), stream.read(3), stream.read(9), stream.read(1)] == [b"one", b" tw", b"o", b""]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"no gzip at all", "damaged"),
        (gzip.compress(b"some text" * 100)[:-12], "cut off"),
        (gzip.compress(b"x" * 2_000_000), "more than 1000000 bytes"),
    ],
)
def test_bad_gzip_is_an_error(data: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        gunzip(io.BytesIO(data), 1_000_000)
