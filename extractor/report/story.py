"""A checked story on the terminal: what differs first, each figure with both quotes and both places."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from extractor.report.tables import printable
from extractor.story import Quoted, StoryCheck, StoryFigure

__all__ = ["print_story_check", "story_summary"]

_ORDER = ("differs", "missing", "agrees")
_STYLES = {"differs": "bold red", "missing": "yellow", "agrees": "green"}
_NOTES = {
    "relative_only": "relative only: the story gives no figure of the groups",
    "no_comparator": "the story gives no figure to compare it with",
    "elsewhere": "read for another outcome or time point in the source",
    "disputed": "another source differs",
}


def print_story_check(check: StoryCheck, console: Console) -> None:
    """Print ``check`` on ``console``: a line on what was compared, a table of figures, a line that counts them."""
    console.print(Text(printable(check.title or check.story), style="bold"))
    against = ", ".join(f"{document} ({kind.replace('_', ' ')})" for document, kind in check.sources)
    console.print(Text(printable(f"{check.story} against {against}"), style="dim"))
    table = Table(show_lines=True)
    for heading in ("", "figure", "the story says", "the source says", "remarks"):
        table.add_column(heading, overflow="fold", ratio=None if heading in ("", "figure") else 2)
    for figure in sorted(check.figures, key=lambda one: _ORDER.index(one.verdict)):
        table.add_row(
            Text(figure.verdict, style=_STYLES[figure.verdict]),
            Text(printable(_about(figure.story))),
            Text(printable(_place(figure.story))),
            Text(printable(_place(figure.source)) if figure.source is not None else "not found"),
            Text(printable("\n".join(_remarks(figure)))),
        )
    if check.figures:
        console.print(table)
    console.print(Text(story_summary(check)))


def story_summary(check: StoryCheck) -> str:
    """Return the counts in one line: "1 figure differs, 2 are missing from the source, 5 agree"."""
    counts = Counter(figure.verdict for figure in check.figures)
    one = counts["differs"] == 1
    parts = [
        f"{counts['differs']} figure{'' if one else 's'} differ{'s' if one else ''}",
        f"{counts['missing']} {'is' if counts['missing'] == 1 else 'are'} missing from the source",
        f"{counts['agrees']} agree{'s' if counts['agrees'] == 1 else ''}",
    ]
    if check.not_compared:
        parts.append(f"{len(check.not_compared)} on other trials not compared")
    return ", ".join(parts)


def _about(quoted: Quoted) -> str:
    time = f"at {quoted.timepoint}" if quoted.timepoint else None
    arms = f"{quoted.arm} against {quoted.comparator}" if quoted.arm and quoted.comparator else quoted.arm
    parts = (quoted.printed, quoted.measure.replace("_", " "), quoted.outcome, arms, time)
    return "\n".join(part for part in parts if part)


def _place(quoted: Quoted) -> str:
    quote = " ".join(quoted.quote.split())
    return f"{quoted.printed}\n“{quote}”\n{quoted.url or quoted.document} [{quoted.start}-{quoted.end}]"


def _remarks(figure: StoryFigure) -> list[str]:
    found = [f"other {part}" for part in figure.differs_in if part != "value"]
    found += [_NOTES[note] for note in figure.notes]
    if figure.beside:
        told = (f"{item.printed} {f'({item.arm})' if item.arm else ''}".strip() for item in figure.beside)
        found.append(f"the source gives {', '.join(told)}")
    return found
