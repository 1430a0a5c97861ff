"""An explanation as one page: no script, nothing fetched, every character of the document escaped.

The page's frame and style are ``templates/explain.html`` and ``templates/explain.css``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from string import Template

from extractor.report.explain import Explanation, Piece, ResultView, TrialView, pieces
from extractor.report.tables import printable

__all__ = ["document_body", "explanation_page"]

_ARM_COLOURS = 6
"""Colours of arms that the style sheet has; more arms than these begin again."""


def _safe(text: str) -> str:
    return escape(printable(text), quote=True)


def _template(name: str) -> str:
    return resources.files("extractor.report").joinpath("templates", name).read_text(encoding="utf-8")


def explanation_page(explanations: Sequence[Explanation]) -> bytes:
    """Return the page (UTF-8) that shows ``explanations``, one after the other.

    Lone surrogates, which UTF-8 cannot hold, become character references.
    """
    body = "\n".join(_article(f"d{i}", item) for i, item in enumerate(explanations, 1))
    title = explanations[0].title or explanations[0].id if len(explanations) == 1 else f"{len(explanations)} documents"
    page = Template(_template("explain.html")).substitute(title=_safe(title), style=_template("explain.css"), body=body)
    return page.encode("utf-8", "xmlcharrefreplace")


def document_body(item: Explanation) -> str:
    """Return the marked text of a document and what was read in it, for a page of another frame; all text is escaped."""
    return "\n".join(_text_and_trials("d1", item))


def _article(key: str, item: Explanation) -> str:
    parts = [
        f'<article id="{key}">',
        f'<h1 dir="auto">{_safe(item.title or item.id)}</h1>',
        f'<p class="source">{_safe(item.id)}, read by {_safe(item.version)} · <a href="#{key}-read">what was read</a></p>',
        *_text_and_trials(key, item),
        "</article>",
    ]
    return "\n".join(parts)


def _text_and_trials(key: str, item: Explanation) -> list[str]:
    return [
        f'<div class="text" dir="auto">{"".join(_piece(key, piece) for piece in pieces(item))}</div>',
        f'<div id="{key}-read">',
        *(_trial(f"{key}-t{i}", key, trial) for i, trial in enumerate(item.trials, 1)),
        *(f'<p class="check">{_safe(check)}</p>' for check in item.checks),
        "</div>",
    ]


def _arm_class(arm: int | None) -> str:
    return "" if arm is None else f" arm-{arm % _ARM_COLOURS}"


def _piece(key: str, piece: Piece) -> str:
    if not piece.marks:
        return _safe(piece.text)
    main = piece.marks[0]
    tip = _safe("\n".join(dict.fromkeys(mark.note for mark in piece.marks)))
    classes = f"m {main.kind}{_arm_class(main.arm)}"
    if main.result is not None:
        target = f"{key}-{_safe(main.result)}"
        focus = "" if piece.opens else ' tabindex="-1"'
        return f'<a class="{classes}" href="#{target}" data-tip="{tip}"{focus}>{_safe(piece.text)}</a>'
    focus = ' tabindex="0"' if piece.opens else ""
    return f'<mark class="{classes}" data-tip="{tip}" aria-description="{tip}"{focus}>{_safe(piece.text)}</mark>'


def _trial(trial_key: str, key: str, trial: TrialView) -> str:
    facts = "".join(
        f'<tr><th scope="row">{_safe(fact.name)}</th><td class="{_arm_class(fact.arm).strip()}" dir="auto">{_safe(fact.value)}</td>'
        f"<td>{_why(fact.rule, fact.says)}</td></tr>"
        for fact in trial.facts
    )
    return (
        f'<section aria-labelledby="{trial_key}"><h2 id="{trial_key}">{_safe(trial.name)}</h2>'
        f"<table>{facts}</table>{''.join(_result(key, result) for result in trial.results)}</section>"
    )


def _result(key: str, result: ResultView) -> str:
    return "".join(
        (
            f'<section class="result{_arm_class(result.arm)}" id="{key}-{_safe(result.id)}" tabindex="-1">',
            f"<h3><span>{_safe(result.id)}</span> {_safe(result.figure)} <small>{_safe(result.measure.replace('_', ' '))}</small></h3>",
            f'<blockquote dir="auto">{_safe(result.quote)}</blockquote>',
            f"<table>{''.join(_link_rows(result))}</table></section>",
        )
    )


def _link_rows(result: ResultView) -> Iterator[str]:
    for link in result.links:
        yield (
            f'<tr><th scope="row">{_safe(link.name)}</th><td dir="auto">{_safe(link.value)}</td>'
            f"<td>{_why(link.rule, link.says)}</td></tr>"
        )


def _why(rule: str | None, says: str) -> str:
    return f"<code>{_safe(rule)}</code> {_safe(says)}" if rule is not None else ""
