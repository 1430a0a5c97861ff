"""Records and trials as a notebook shows them, and as displaCy takes them.

The HTML is a fragment with its style in it: nothing is fetched, nothing runs, every character of a document is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Literal

import msgspec

from extractor.records import Record, Trial
from extractor.report.explain import Mark, Piece, ResultView, explain_record, explain_trial, pieces
from extractor.report.tables import printable

__all__ = ["displacy_spans", "render"]

_MOST_TEXT = 20_000
"""Characters of a text, and results of a trial, that a notebook shows."""
_MOST_RESULTS = 100
_COLOURS = ("#3b82f6", "#d946ef", "#d97706", "#16a34a", "#0891b2", "#dc2626")
"""Colours of arms, as for the page of `extractor explain`; on the border, so that text is legible on any ground."""
_CELL = "text-align:left;vertical-align:top;padding:2px 8px"
_COLUMNS = ("figure", "outcome", "arm", "time point", "sentence")
_TOKEN = re.compile(r"\w+|[^\w\s]")


def _safe(text: str) -> str:
    return escape(printable(text), quote=True).encode("utf-8", "xmlcharrefreplace").decode("utf-8")


def render(item: Record | Trial) -> str:
    """Return ``item`` as an HTML fragment: of a record the text with its marks, of each trial a table of figures.

    A long text is cut, and of many results the first are shown; what was left out is said.
    """
    if isinstance(item, Trial):
        view = explain_trial(item)
        return f"<div>{_results(view.name, view.results)}</div>"
    explanation = explain_record(item)
    text, room = [], _MOST_TEXT
    for piece in pieces(explanation):
        text.append(_piece(msgspec.structs.replace(piece, text=piece.text[:room])))
        room -= len(piece.text)
        if room < 0:
            text.append(f"<p>… {len(explanation.text) - _MOST_TEXT:,} more characters</p>")
            break
    checks = "".join(f"<p>{_safe(check)}</p>" for check in explanation.checks)
    trials = "".join(_results(trial.name, trial.results) for trial in explanation.trials)
    return (
        f'<div><p><b dir="auto">{_safe(explanation.title or explanation.id)}</b></p>'
        f'<div dir="auto" style="white-space:pre-wrap;max-width:60em">{"".join(text)}</div>{trials}{checks}</div>'
    )


def _piece(piece: Piece) -> str:
    if not piece.marks:
        return _safe(piece.text)
    main = piece.marks[0]
    colour = "currentColor" if main.arm is None else _COLOURS[main.arm % len(_COLOURS)]
    line = f"2px {'solid' if main.result is not None else 'dotted'} {colour}"
    style = f"background:none;color:inherit;border-bottom:{line}"
    if main.result is not None:
        style += ";font-weight:bold"
    tip = _safe("\n".join(dict.fromkeys(mark.note for mark in piece.marks)))
    return f'<mark style="{style}" title="{tip}">{_safe(piece.text)}</mark>'


def _results(name: str, results: Sequence[ResultView]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{column}</th>' for column in _COLUMNS)
    rows = []
    for result in results[:_MOST_RESULTS]:
        links = {link.name: link.value for link in result.links}
        cells = (result.figure, *(links.get(column, "") for column in _COLUMNS[1:-1]), result.quote)
        rows.append("<tr>" + "".join(f'<td dir="auto" style="{_CELL}">{_safe(cell)}</td>' for cell in cells) + "</tr>")
    left = len(results) - _MOST_RESULTS
    more = f"<p>… {left:,} more figures</p>" if left > 0 else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else "<p>no figures</p>"
    return f"<p><b>{_safe(name)}</b></p>{table}{more}"


def displacy_spans(record: Record, style: Literal["ent", "span"] = "ent") -> dict[str, Any]:
    """Return ``record`` as spaCy's displaCy takes it with ``manual=True``.

    Args:
        style: of displaCy. "ent" gives {"text", "ents", "title"}; of marks that overlap, figures come before arms and
            outcomes, these before mentions, and then the longer one. "span" gives {"text", "spans", "tokens"} with all
            marks, for which the text is cut into words and where marks begin or end.

    Raises:
        ValueError: another style.
    """
    if style not in ("ent", "span"):
        raise ValueError(f"the style is 'ent' or 'span', not {style!r}")
    marks = [mark for mark in explain_record(record).marks if mark.start < mark.end]
    text = record.document.text
    if style == "ent":
        ents = [{"start": m.start, "end": m.end, "label": m.kind.upper()} for m in _without_overlap(marks)]
        return {"text": text, "ents": ents, "title": record.document.title}
    borders = {place for mark in marks for place in (mark.start, mark.end)}
    tokens = _tokens(text, borders)
    first = {start: number for number, (start, _) in enumerate(tokens)}
    last = {end: number + 1 for number, (_, end) in enumerate(tokens)}
    spans = [
        {"start_token": first[m.start], "end_token": last[m.end], "label": m.kind.upper()}
        for m in dict.fromkeys(marks)
        if m.start in first and m.end in last
    ]
    return {"text": text, "spans": spans, "tokens": [text[start:end] for start, end in tokens]}


def _without_overlap(marks: Iterable[Mark]) -> list[Mark]:
    rank = {"result": 0, "arm": 1, "outcome": 1}
    chosen: list[Mark] = []
    taken: set[int] = set()
    for mark in sorted(marks, key=lambda m: (rank.get(m.kind, 2), m.start - m.end, m.start)):
        if taken.isdisjoint(range(mark.start, mark.end)):
            taken.update(range(mark.start, mark.end))
            chosen.append(mark)
    return sorted(chosen, key=lambda m: m.start)


def _tokens(text: str, borders: set[int]) -> list[tuple[int, int]]:
    found = []
    for match in _TOKEN.finditer(text):
        cuts = [match.start(), *sorted(b for b in borders if match.start() < b < match.end()), match.end()]
        found += list(zip(cuts, cuts[1:], strict=False))
    return found
