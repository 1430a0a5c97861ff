"""Files, folders and addresses to Articles, in the order given; whatever cannot be read is a Failure, never a gap."""

from __future__ import annotations

import glob
import hashlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from extractor.errors import ExtractorError, FetchError, ParseError, RecordError
from extractor.records import Article, Failure, Kind, decode_article, make_article, text_sha256
from extractor.sources.archives import is_archive, read_members
from extractor.sources.encoding import CappedGzip, decode, is_binary
from extractor.sources.http import HttpClient, Response
from extractor.sources.jats import read_jats
from extractor.sources.news import parse_news
from extractor.sources.pubmed import read_pubmed
from extractor.sources.structure import find_sections, has_labels, title_line
from extractor.sources.xmlstream import Readable

__all__ = ["Names", "read_line", "read_response", "read_sources", "read_stream", "read_text"]

_STREAM_LIMIT = 2_000_000_000
_WHOLE_LIMIT = 50_000_000
_CHUNK = 65536
_HEAD = 4096
_FORMS = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "text",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".xml": "xml",
}
_MEDIA_FORMS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/json": "lines",
    "application/jsonl": "lines",
    "application/x-ndjson": "lines",
}


class _InputLine(msgspec.Struct):
    """What is read of a JSON line; all other keys are ignored."""

    id: str
    text: str
    kind: Kind | None = None
    title: str | None = None


class _Hashed(msgspec.Struct):
    sha256: str


_line_decoder = msgspec.json.Decoder(_InputLine)
_hash_decoder = msgspec.json.Decoder(_Hashed)


def _failure(where: str, reason: str, document: str | None = None) -> Failure:
    return Failure(where=where, stage="parse", reason=reason, document=document)


def read_text(text: str, *, id: str, kind: Kind | None = None, title: str | None = None) -> Article:
    """Return a plain text as an Article; the text is kept exactly as it is.

    Args:
        kind: what it is; without it, "abstract" where lines open with labels of a structured abstract, else "news".
        title: its title; without it none is looked for.

    Raises:
        ParseError: the text is empty or only white space.
    """
    if not text.strip():
        raise ParseError("the text is empty", id)
    return make_article(
        id=id,
        text=text,
        kind=kind or ("abstract" if has_labels(text) else "news"),
        title=title,
        sections=find_sections(text, title),
    )


def read_line(line: bytes, *, where: str) -> Article:
    """Return the Article of one line of JSON: {"id", "text", "kind"?, "title"?}, or an Article as written by us.

    A line is taken as a whole Article when its ``sha256`` is the hash of its text; otherwise only the four keys count
    and all others are ignored.

    Raises:
        ParseError: not JSON, ``id`` or ``text`` missing, a wrong type, or a text of white space only.
    """
    try:
        row = _line_decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"not a line of JSON with id and text: {error}", where) from error
    if not row.id.strip():
        raise ParseError("the id is empty", where)
    if not row.text.strip():
        raise ParseError("the text is empty", where)
    if b'"sha256"' in line:
        try:
            if _hash_decoder.decode(line).sha256 == text_sha256(row.text):
                return decode_article(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # a key of another's making that is only called sha256
        except RecordError as error:
            raise ParseError(error.reason, where) from error
    return read_text(row.text, id=row.id, kind=row.kind, title=row.title)


def _read_lines(source: Readable, where: str) -> Iterator[Article | Failure]:
    number = 0
    for line in _split_lines(source, where):
        number += 1
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not line.strip():
            continue
        place = f"{where}:{number}"
        try:
            yield read_line(line, where=place)
        except ParseError as error:
            yield _failure(place, error.reason)
    if number == 0:
        yield _failure(where, "the file is empty")


def _split_lines(source: Readable, where: str) -> Iterator[bytes]:
    """Yield the lines of a stream (split at line feeds only); a line longer than the limit ends it."""
    rest: list[bytes] = []
    have = 0
    while chunk := source.read(_CHUNK):
        *complete, last = chunk.split(b"\n")
        for piece in complete:
            yield b"".join((*rest, piece))
            rest, have = [], 0
        rest.append(last)
        have += len(last)
        if have > _WHOLE_LIMIT:
            raise ParseError(f"a line is longer than {_WHOLE_LIMIT} bytes", where)
    if have:
        yield b"".join(rest)


def _read_all(source: Readable, where: str) -> bytes:
    parts: list[bytes] = []
    have = 0
    while chunk := source.read(_CHUNK):
        parts.append(chunk)
        have += len(chunk)
        if have > _WHOLE_LIMIT:
            raise ParseError(f"the file has more than {_WHOLE_LIMIT} bytes", where)
    return b"".join(parts)


def _sniff(head: bytes) -> str | None:
    """Return the form that the first bytes of a file show, or None."""
    if not head.strip() or is_binary(head):
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:_HEAD].lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start[:1024]:
        return "html"
    if b"<pubmedarticleset" in start or (start.startswith(b"<?xml") and b"<html" not in start):
        return "xml"
    if start.startswith(b"{") and b'"text"' in head and b'"id"' in head:
        return "lines"
    return None


_JATS = re.compile(rb"<(?:article|pmc-articleset)[\s>]")


class _Joined:
    """A stream with bytes put back at its front."""

    def __init__(self, head: bytes, source: Readable) -> None:
        self._head = head
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes."""
        if not self._head:
            return self._source.read(size)
        if size < 0:
            head, self._head = self._head, b""
            return head + self._source.read()
        head, self._head = self._head[:size], self._head[size:]
        return head


def _parse(
    form: str, source: Readable, where: str, name: str, parse_html: Callable[[bytes], Article]
) -> Iterator[Article | Failure]:
    """Yield what a stream of the given form holds."""
    if form == "xml":
        head = source.read(_HEAD)
        if _JATS.search(head) is not None:
            yield read_jats(head + _read_all(source, where), id=name, where=where)
        else:
            yield from read_pubmed(_Joined(head, source), where=where)
    elif form == "lines":
        yield from _read_lines(source, where)
    elif form == "html":
        yield parse_html(_read_all(source, where))
    else:
        text = decode(_read_all(source, where), where=where)
        yield read_text(text, id=name, title=title_line(text))


def _read_file(path: Path, name: str) -> Iterator[Article | Failure]:
    where = str(path)
    try:
        if not path.is_file():
            yield _failure(where, "neither a file nor a folder" if path.exists() else "no such file or folder")
            return
        _check_md5(path)
        if is_archive(path):
            yield from _read_archive(path, name)
            return
        with path.open("rb") as raw:
            yield from read_stream(raw, path.name, where, name)
    except ExtractorError as error:
        yield _failure(where, getattr(error, "reason", str(error)))
    except OSError as error:
        yield _failure(where, f"cannot be read: {error.strerror or error}")


def read_stream(raw: Readable, file: str, where: str, name: str) -> Iterator[Article | Failure]:
    """Yield what one file holds, by its extension or by what it shows.

    Args:
        raw: the bytes as stored, also gzipped. file: its name, for the extension. where: its place, for failures.
        name: id of the document, where the file is one and states none.

    Raises:
        ParseError: the file as a whole cannot be read.
    """
    suffixes = [suffix.lower() for suffix in Path(file).suffixes]
    zipped = suffixes[-1:] == [".gz"]
    form = _FORMS.get((suffixes[-2:-1] if zipped else suffixes[-1:] or [""])[0] if suffixes[zipped:] else "")
    source = raw
    if zipped:
        source = CappedGzip(raw, _STREAM_LIMIT if form in ("xml", "lines") else _WHOLE_LIMIT, where)
    if form is None:
        head = source.read(_HEAD)
        form = _sniff(head)
        if form is None:
            yield _failure(where, "the file is empty" if not head.strip() else _unknown(file, head))
            return
        source = _Joined(head, source)
    yield from _parse(form, source, where, name, lambda data: parse_news(data, id=name))


def _read_archive(path: Path, name: str) -> Iterator[Article | Failure]:
    count = 0
    for member in read_members(path):
        count += 1
        if isinstance(member, ParseError):
            yield _failure(member.where or str(path), member.reason)
            continue
        where = f"{path}!{member.name}"
        try:
            yield from read_stream(member.source, member.name, where, f"{name}!{member.name}")
        except ParseError as error:
            yield _failure(where, error.reason)
    if not count:
        yield _failure(str(path), "the archive holds no file")


_MD5 = re.compile(r"\b[0-9a-fA-F]{32}\b")


def _check_md5(path: Path) -> None:
    """Raise ParseError when a file "NAME.md5" stands beside ``path`` (as the yearly MEDLINE files have it) and disagrees."""
    beside = path.with_name(path.name + ".md5")
    if not beside.is_file():
        return
    stated = _MD5.search(beside.read_text(encoding="utf-8", errors="replace")[:1000])
    if stated is None:
        raise ParseError(f"{beside.name} beside it holds no MD5 sum", str(path))
    with path.open("rb") as source:
        # against damage on the way, not against an adversary
        found = hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != stated.group().lower():
        raise ParseError(f"its MD5 sum is {found}, {beside.name} says {stated.group().lower()}", str(path))


def _unknown(file: str, head: bytes) -> str:
    if is_binary(head):
        return "the content is binary, not text"
    return (
        f"the extension {Path(file).suffix!r} is not known and the content is neither HTML, PubMed XML nor JSON lines"
    )


def _read_folder(folder: Path, names: Names) -> Iterator[Article | Failure]:
    count = 0
    problems: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=problems.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            if file.startswith(".") or file.endswith(".md5"):
                continue
            count += 1
            path = Path(parent) / file
            yield from _read_file(path, names.of(path, folder))
    for problem in problems:
        yield _failure(str(problem.filename or folder), f"cannot be read: {problem.strerror or problem}")
    if not count and not problems:
        yield _failure(str(folder), "the folder holds no file")


def _read_matches(pattern: str, names: Names) -> Iterator[Article | Failure]:
    # Path.glob takes no absolute pattern
    found = sorted(glob.iglob(pattern, recursive=True))  # noqa: PTH207
    if not found:
        yield _failure(pattern, "no file or folder fits the pattern")
    for name in found:
        path = Path(name)
        if path.is_dir():
            yield from _read_folder(path, names)
        elif not name.endswith(".md5"):
            yield from _read_file(path, names.of(path))


def _read_stdin() -> Iterator[Article | Failure]:
    """Yield what standard input holds: JSON lines, MEDLINE XML, HTML or plain text."""
    where = "standard input"
    source: Readable = sys.stdin.buffer
    try:
        head = source.read(_HEAD)
        source = _Joined(head, source)
        if head.startswith(b"\x1f\x8b"):
            source = CappedGzip(source, _STREAM_LIMIT, where)
            head = source.read(_HEAD)
            source = _Joined(head, source)
        if not head.strip():
            yield _failure(where, "nothing was written to it")
            return
        if is_binary(head):
            yield _failure(where, "the content is binary, not text")
            return
        yield from _parse(_sniff(head) or "text", source, where, "stdin", lambda data: parse_news(data, id="stdin"))
    except ExtractorError as error:
        yield _failure(where, getattr(error, "reason", str(error)))


class Names:
    """Gives each file an id: its name (in a folder: its path below it), or the path as given where that is taken."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, path: Path, folder: Path | None = None) -> str:
        """Return the id of a file."""
        name = path.relative_to(folder).as_posix() if folder is not None else path.name
        name = name if name not in self._taken else path.as_posix()
        self._taken.add(name)
        return name


def read_response(response: Response) -> Iterator[Article | Failure]:
    """Yield what a fetched document holds, told by its media type or else by what it shows; ids are its address."""
    where = response.url
    content = response.content
    source: Readable = io.BytesIO(content)
    form = _MEDIA_FORMS.get(response.content_type)
    try:
        if content.startswith(b"\x1f\x8b"):
            content = CappedGzip(io.BytesIO(content), _WHOLE_LIMIT, where).read()
            source, form = io.BytesIO(content), None
        form = form or _sniff(content[:_HEAD]) or ("text" if response.content_type in ("", "text/plain") else None)
        if form is None:
            yield _failure(where, f"content of type {response.content_type!r} is not known")
            return

        def parse_html(data: bytes) -> Article:
            return parse_news(
                data, id=where, url=response.final_url, charset=response.charset, retrieved_at=response.retrieved_at
            )

        for item in _parse(form, source, where, where, parse_html):
            if isinstance(item, Article) and item.retrieved_at is None:
                item = msgspec.structs.replace(
                    item, retrieved_at=response.retrieved_at, url=item.url or response.final_url
                )
            yield item
    except ExtractorError as error:
        yield _failure(where, getattr(error, "reason", str(error)))


def _read_address(url: str, client: HttpClient) -> Iterator[Article | Failure]:
    try:
        response = client.get(url)
    except FetchError as error:
        yield Failure(where=url, stage="fetch", reason=error.reason)
        return
    yield from read_response(response)


def read_sources(
    inputs: Sequence[str], *, client: HttpClient | None = None, names: Names | None = None
) -> Iterator[Article | Failure]:
    """Yield the articles of files, folders and addresses, in the order of ``inputs``.

    Files are read by extension (.html, .htm, .txt, .jsonl, .xml, each also .gz), others by what they show; folders with
    everything below them, sorted, without hidden files; .zip and .tar archives likewise, without unpacking them to disk;
    patterns ("news/**/*.html") as their matches, sorted; "-" as standard input; "scheme://" inputs through the client. A
    file with "NAME.md5" beside it must have that sum. Ids: the file name, in a folder the path below it, in an archive
    "archive!member"; the address; "pmid:N"; the ``id`` of a JSON line.

    Args:
        inputs: paths and addresses. client: HTTP client; without it one with default settings, made when needed.
        names: the ids given so far, where one document set is read by several calls.

    Yields:
        An Article, or a Failure with file, file:line or address and the reason; the rest goes on.
    """
    names = Names() if names is None else names
    with ExitStack() as stack:
        for name in inputs:
            if "://" in name:
                if client is None:
                    client = stack.enter_context(HttpClient())
                yield from _read_address(name, client)
                continue
            if not name or "\0" in name:
                yield _failure(name, "not a path")
                continue
            if name == "-":
                yield from _read_stdin()
                continue
            path = Path(name)
            if path.is_dir():
                yield from _read_folder(path, names)
            elif path.exists() or not glob.has_magic(name):
                yield from _read_file(path, names.of(path))
            else:
                yield from _read_matches(name, names)
