"""Tables inside a text: Markdown tables of every usual writing, found and parsed into cells with their offsets.

Read are tables with pipes, with columns under rows of dashes ("simple" and "multiline" tables of Pandoc), each with its
caption and notes. Offsets are code points of the text as stored. A cell of a multiline table has several parts.
"""

from __future__ import annotations

import re

import msgspec

from extractor.reading.markup import blank_markup, has_markup

__all__ = ["Cell", "Row", "Table", "find_tables", "is_number", "prose_of"]

_WRAP = re.compile(r"::::+ ?table-wrap")
_RULE = re.compile(r"^ {0,8}-{2,}(?: +-{2,})+ *$")
_FULL_RULE = re.compile(r"^ {0,8}-{6,} *$")
_PIPE_RULE = re.compile(r"^ {0,3}\|? *:?-+:? *(?:\| *:?-+:? *)+\|? *$")
_RUN = re.compile(r"-+")
_PIECE = re.compile(r"[^ ]+(?: [^ ]+)*")
_WORDY = re.compile(r"[^\W\d_]{3}")
_LINK = re.compile(r"\]\(#\)")
_PIPE = re.compile(r"(?<!\\)\|")
_CAPTION = re.compile(r"^\W{0,4}(?:supplementary |online )?table ?[A-Z]?\d|^: |^table:", re.IGNORECASE)
_NOTE = re.compile(
    r"^\W{0,4}(?:(?i:notes?\b|abbreviations?\b|data (?:are|is|were|shown|present)|values? (?:are|is|were|expressed|shown)|results (?:are|were))|"
    r"[a-z]\b[ .):]|\*|†|‡|§|[A-Z][A-Za-z0-9-]{1,12} ?[,:=] )"
)
_FENCE = "::::"
_NEAR, _SLACK, _MOST_LOST = 2, 1, 60


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell; ``text`` is what it says without marks, its ``parts`` (one per line) joined by a blank.

    ``parts`` are [start, end] pairs in the document. Characters of ``text`` and of the parts stand one for one.
    """

    text: str
    parts: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """Where the cell begins in the document."""
        return self.parts[0][0]

    @property
    def end(self) -> int:
        """Where its last part ends."""
        return self.parts[-1][1]

    def place(self, first: int, stop: int) -> tuple[int, int]:
        """Return the offsets in the document of ``text[first:stop]``, within the part that holds its beginning."""
        at = 0
        for start, end in self.parts:
            if first < at + end - start:
                return start + first - at, min(start + stop - at, end)
            at += end - start + 1
        return self.parts[-1][1], self.parts[-1][1]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row: one cell or None per column. ``indent`` is how far its first cell stands in, in blanks."""

    cells: tuple[Cell | None, ...]
    indent: int = 0


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table: ``start`` to ``end`` covers it with caption and notes; these are [start, end] pairs or None."""

    start: int
    end: int
    header: tuple[Row, ...]
    rows: tuple[Row, ...]
    columns: int
    caption: tuple[int, int] | None = None
    notes: tuple[int, int] | None = None


class _Line:
    """A line of the text with its offset."""

    __slots__ = ("start", "text")

    def __init__(self, start: int, text: str) -> None:
        self.start = start
        self.text = text

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def find_tables(text: str) -> tuple[Table, ...]:
    """Return the tables of ``text``, in order, none overlapping another."""
    if "--" not in text:
        return ()
    lines = _lines(text)
    wraps = _wraps(text)
    found: list[Table] = []
    i = done = 0
    while i < len(lines):
        line = lines[i].text
        stop = i + 1
        if "--" in line:
            made: tuple[Table, int] | None = None
            if _RULE.match(line):
                made = _dashed(text, lines, i, done)
            elif _PIPE_RULE.match(line) and "|" in line:
                made = _piped(text, lines, i, done)
            if made is not None:
                table, stop = made
                found.append(_surround(text, lines, table, wraps, i, stop, found[-1].end if found else 0))
                done = stop
        i = stop
    return tuple(found)


def _lines(text: str) -> list[_Line]:
    """The lines of the text; one in which a wrap closes ends there, since prose may follow it without a line end."""
    lines: list[_Line] = []
    at = 0
    for line in text.split("\n"):
        first = 0
        while (cut := line.find(_FENCE, first + len(_FENCE) if line.startswith(_FENCE, first) else first)) >= 0:
            if cut > first:
                lines.append(_Line(at + first, line[first:cut]))
            first = cut
        lines.append(_Line(at + first, line[first:]))
        at += len(line) + 1
    return lines


def prose_of(text: str, tables: tuple[Table, ...]) -> str:
    """Return ``text`` with its tables and Markdown marks replaced by blanks, of the same length: the prose alone.

    Tables and the marks of headings become line ends, so that they end a sentence.
    """
    parts: list[str] = []
    at = 0
    for table in tables:
        parts.append(text[at : table.start])
        parts.append("\n" * (table.end - table.start))
        at = table.end
    parts.append(text[at:])
    prose = "".join(parts)
    return blank_markup(prose) if has_markup(prose) else prose


def is_number(text: str) -> bool:
    """Return whether the text of a cell has no word of three letters or more."""
    return _WORDY.search(text) is None


# -- captions and notes ----------------------------------------------------------------------------------------------


def _wraps(text: str) -> list[tuple[int, int]]:
    """Stretches from ``::::table-wrap`` to the ``::::`` that closes it."""
    found = []
    for match in _WRAP.finditer(text):
        end = text.find("::::", match.end())
        found.append((match.start(), len(text) if end < 0 else end + 4))
    return found


def _surround(
    text: str, lines: list[_Line], table: Table, wraps: list[tuple[int, int]], i: int, stop: int, before: int
) -> Table:
    """Give ``table`` the caption and notes that stand around it."""
    for start, end in wraps:
        if start <= table.start < end:
            opening = text.find("::: caption", start, table.start)
            closing = text.find("\n:::", opening, table.start) if opening >= 0 else -1
            caption = (opening + 11, closing) if closing > 0 else None
            # a second table in the same wrap keeps the caption; the first reaches up to the second
            following = next(
                (k for k in range(stop, len(lines)) if _RULE.match(lines[k].text) or lines[k].start >= end), len(lines)
            )
            shared = following < len(lines) and lines[following].start < end
            return msgspec.structs.replace(
                table, start=max(start, before), end=table.end if shared else end, caption=caption, notes=None if table.end >= end else (table.end, end - 4)
            )  # fmt: skip
    caption_line = _caption_before(lines, table, before)
    after = stop
    notes_end = table.end
    while after < len(lines) and after < stop + 12:
        line = lines[after]
        if not line.blank:
            if not _NOTE.match(line.text) or len(line.text) > 600:
                break
            notes_end = line.end
        after += 1
    return msgspec.structs.replace(
        table,
        start=caption_line[0] if caption_line else table.start,
        end=notes_end,
        caption=caption_line,
        notes=(table.end, notes_end) if notes_end > table.end else None,
    )


def _caption_before(lines: list[_Line], table: Table, before: int) -> tuple[int, int] | None:
    """The line before the table where it names a table ("Table 2. ...")."""
    low, high = 0, len(lines) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if lines[middle].start <= table.start:
            low = middle
        else:
            high = middle - 1
    for k in range(low - 1, max(low - 4, -1), -1):
        line = lines[k]
        if line.start < before:
            return None
        if not line.blank:
            return (line.start, line.end) if _CAPTION.match(line.text) and len(line.text) < 500 else None
    return None


# -- columns under dashes --------------------------------------------------------------------------------------------


def _dashed(text: str, lines: list[_Line], rule: int, done: int) -> tuple[Table, int] | None:
    """The table whose column rule is line ``rule``, and the index of the line after it."""
    columns = [(m.start(), m.end()) for m in _RUN.finditer(lines[rule].text)]
    top = rule
    while top > done and rule - top < 14 and not lines[top - 1].blank and not _FULL_RULE.match(lines[top - 1].text):
        top -= 1
    multiline = top > 0 and top > done and _FULL_RULE.match(lines[top - 1].text) is not None
    if not multiline and rule - top > 1:
        top = rule - 1
    head = lines[top:rule]
    stop = rule + 1
    body: list[list[_Line]] = []
    if multiline:
        record: list[_Line] = []
        while stop < len(lines) and not _FULL_RULE.match(lines[stop].text):
            if lines[stop].text.startswith(":::"):
                break
            if lines[stop].blank:
                if record:
                    body.append(record)
                record = []
            else:
                record.append(lines[stop])
            stop += 1
        if record:
            body.append(record)
        stop += 1
    else:
        while stop < len(lines) and not _ends_simple(lines[stop].text, columns):
            if not lines[stop].blank:
                body.append([lines[stop]])
            stop += 1
        if stop < len(lines) and not head and _RULE.match(lines[stop].text):
            stop += 1
    if not body:
        return None
    stop = min(stop, len(lines))
    header = (_dashed_row(text, head, columns),) if head else ()
    rows = tuple(_dashed_row(text, record, columns) for record in body)
    first = lines[top - 1] if multiline else lines[top]
    table = Table(start=first.start, end=lines[stop - 1].end, header=header, rows=rows, columns=len(columns))
    return table, stop


def _ends_simple(line: str, columns: list[tuple[int, int]]) -> bool:
    """Whether a line ends a simple table: an empty one, a rule, the end of a wrap. Blanks up to the last column are a row
    of empty cells."""
    if not line.strip():
        return len(line) < columns[-1][0]
    return line.startswith(":::") or _RULE.match(line) is not None


def _dashed_row(text: str, record: list[_Line], columns: list[tuple[int, int]]) -> Row:
    parts: list[list[tuple[int, int]]] = [[] for _ in columns]
    indent = 0
    for line in record:
        placed = _assign(line.text, columns)
        for column, (start, end) in placed:
            if column == 0 and not parts[0]:
                said = line.text[start:end]
                indent = max(0, start - columns[0][0]) + len(said) - len(said.lstrip())
            cell = parts[column]
            if cell and cell[-1][0] >= line.start:
                cell[-1] = (cell[-1][0], line.start + end)
            else:
                cell.append((line.start + start, line.start + end))
    return Row(cells=tuple(_cell(text, found) for found in parts), indent=indent)


def _assign(line: str, columns: list[tuple[int, int]]) -> list[tuple[int, tuple[int, int]]]:
    """Return (column, [start, end]) of each piece of a line.

    Cells begin where their column begins, but a shortened link target before them moves them to the left; then the
    shift is looked for under which the following pieces stand at the beginnings of columns again.
    """
    pieces = _pieces(line, columns)
    placed: list[tuple[int, tuple[int, int]]] = []
    shift, column, moved = 0, -1, False
    if len(pieces) == len(columns):
        return list(enumerate(pieces))
    for k, (start, end) in enumerate(pieces):
        if moved:
            shift, moved = _shift(pieces[k:], columns, column, shift), False
        chosen = _column(start + shift, end + shift, columns, column)
        placed.append((chosen, (start, end)))
        column = chosen
        moved = _LINK.search(line, start, end) is not None
    return placed


def _pieces(line: str, columns: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of a line that two blanks or more set apart; one that runs over a border that a blank marks is cut."""
    found: list[tuple[int, int]] = []
    linked = "](#)" in line
    for match in _PIECE.finditer(line):
        start, end = match.span()
        for left, _ in columns:
            if not linked and start < left < end and line[left - 1] == " ":
                found.append((start, left - 1))
                start = left
        found.append((start, end))
    return found


def _shift(pieces: list[tuple[int, int]], columns: list[tuple[int, int]], column: int, least: int) -> int:
    starts = [left for left, _ in columns[column + 1 :]]
    best, best_hits = least, 0
    for left in starts:
        shift = left - pieces[0][0]
        if not least <= shift <= least + _MOST_LOST:
            continue
        hits = sum(any(abs(start + shift - s) <= _SLACK for s in starts) for start, _ in pieces)
        if hits > best_hits:
            best, best_hits = shift, hits
    return best


def _column(start: int, end: int, columns: list[tuple[int, int]], after: int) -> int:
    """The column right of ``after`` at whose beginning the piece stands, else the one that it overlaps most."""
    last = len(columns) - 1
    allowed = range(min(after + 1, last), last + 1) if after >= 0 else range(last + 1)
    for k in allowed:
        if abs(columns[k][0] - start) <= _NEAR:
            return k
    return max(allowed, key=lambda k: (min(end, columns[k][1]) - max(start, columns[k][0]), -k))


def _cell(text: str, parts: list[tuple[int, int]]) -> Cell | None:
    kept: list[tuple[int, int]] = []
    said: list[str] = []
    for start, end in parts:
        plain = blank_markup(text[start:end])
        left = len(plain) - len(plain.lstrip())
        plain = plain.strip()
        if plain:
            kept.append((start + left, start + left + len(plain)))
            said.append(plain)
    return Cell(text=" ".join(said), parts=tuple(kept)) if kept else None


# -- pipes -----------------------------------------------------------------------------------------------------------


def _piped(text: str, lines: list[_Line], rule: int, done: int) -> tuple[Table, int] | None:
    columns = len(_pipe_cells(lines[rule]))
    top = rule
    while top > done and "|" in lines[top - 1].text and rule - top < 6:
        top -= 1
    stop = rule + 1
    while stop < len(lines) and "|" in lines[stop].text:
        stop += 1
    if stop == rule + 1 or columns < 2:
        return None
    rows = [_pipe_row(text, line, columns) for line in lines[rule + 1 : stop] if not _PIPE_RULE.match(line.text)]
    header = tuple(_pipe_row(text, line, columns) for line in lines[top:rule])
    table = Table(
        start=lines[top].start, end=lines[stop - 1].end, header=header, rows=tuple(rows), columns=columns
    )  # fmt: skip
    return table, stop


def _pipe_cells(line: _Line) -> list[tuple[int, int]]:
    """[start, end] within the line of each cell between pipes."""
    content = line.text.rstrip()
    borders = [m.start() for m in _PIPE.finditer(content)]
    first = len(content) - len(content.lstrip())
    if not borders or borders[0] != first:
        borders.insert(0, -1)
    if borders[-1] != len(content) - 1:
        borders.append(len(content))
    return [(a + 1, b) for a, b in zip(borders, borders[1:], strict=False)]


def _pipe_row(text: str, line: _Line, columns: int) -> Row:
    cells: list[Cell | None] = []
    spans = _pipe_cells(line)[:columns]
    for start, end in spans:
        cells.append(_cell(text, [(line.start + start, line.start + end)]))
    cells += [None] * (columns - len(cells))
    indent = 0
    if cells and cells[0] is not None:
        said = line.text[spans[0][0] : spans[0][1]]
        indent = len(said) - len(said.lstrip(" \u00a0\u2003")) - 1
    return Row(cells=tuple(cells), indent=max(indent, 0))
