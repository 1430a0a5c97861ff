"""An explanation on the terminal: the text with its marks in brackets, then trials, results and rules.

Everything is told by letters; colours only help where the terminal has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from extractor.report.explain import Explanation, Mark, ResultView, TrialView
from extractor.report.tables import printable

__all__ = ["marked_text", "print_explanation"]

_STYLES = {
    "drug": "cyan", "procedure": "cyan", "behaviour": "cyan", "condition": "magenta", "population": "yellow",
    "outcome": "green", "biomarker": "magenta", "organisation": "blue", "location": "blue", "trial": "blue",
}  # fmt: skip
_ARMS = ("bold cyan", "bold magenta", "bold yellow", "bold green", "bold blue", "bold red")


def _style(kind: str, arm: int | None) -> str:
    if arm is not None:
        return _ARMS[arm % len(_ARMS)]
    return "bold" if kind in ("result", "arm") else _STYLES.get(kind, "")


def _tag(mark: Mark) -> str:
    """What stands behind the marked words: of a result only its id, which is told in full further down."""
    return mark.result if mark.result is not None else mark.note


def marked_text(explanation: Explanation) -> Text:
    """Return the text with each mark as ``[words | what they are]``, marks inside others nested.

    A mark that crosses the end of another one is closed with it and its words stand in both.
    """
    shown, text, at = Text(), explanation.text, 0
    places: dict[tuple[int, int], list[Mark]] = {}
    for mark in explanation.marks:
        places.setdefault((mark.start, mark.end), []).append(mark)
    open_marks: list[tuple[int, list[Mark]]] = []

    def close_until(place: int) -> None:
        nonlocal at
        while open_marks and open_marks[-1][0] <= place:
            end, marks = open_marks.pop()
            append(end)
            tags = "; ".join(dict.fromkeys(_tag(m) for m in marks))
            shown.append(f" | {printable(tags)}]", style="dim")

    def append(end: int) -> None:
        nonlocal at
        inner = open_marks[-1][1] if open_marks else []
        style = next((s for m in inner if (s := _style(m.kind, m.arm))), "")
        if end > at:
            shown.append(printable(text[at:end]), style=style)
            at = end

    for (start, end), marks in sorted(places.items(), key=lambda p: (p[0][0], -p[0][1])):
        close_until(start)
        append(start)
        if start < end:
            shown.append("[", style="dim")
            open_marks.append((min(end, open_marks[-1][0]) if open_marks else end, marks))
    close_until(len(text))
    append(len(text))
    return shown


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Print ``explanation`` on ``console``."""
    heading = explanation.title or explanation.id
    console.print(Text(printable(heading), style="bold"))
    console.print(Text(printable(f"{explanation.id}, read by {explanation.version}"), style="dim"))
    console.print()
    console.print(marked_text(explanation))
    for trial in explanation.trials:
        console.print()
        console.print(Text(printable(trial.name), style="bold underline"))
        console.print(_facts(trial))
        for result in trial.results:
            console.print()
            for line in _result(result):
                console.print(line)
    for check in explanation.checks:
        console.print(Text(printable(f"check: {check}"), style="red"))


def _facts(trial: TrialView) -> Table:
    table = _grid()
    for fact in trial.facts:
        table.add_row(*_cells(fact.name, fact.value, fact.rule, fact.says, fact.arm))
    return table


def _result(result: ResultView) -> Iterator[Padding | Text | Table]:
    heading = Text(f"{result.id} ", style="bold")
    heading.append(printable(result.figure), style=_style("result", result.arm))
    heading.append(f" ({result.measure.replace('_', ' ')})")
    yield heading
    table = _grid()
    for link in result.links:
        table.add_row(*_cells(link.name, link.value, link.rule, link.says, None))
    yield table
    yield Padding(Text(printable(f"“{result.quote}”"), style="italic"), (0, 0, 0, 2))


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    for ratio in (None, 2, 3):
        table.add_column(overflow="fold", ratio=ratio, no_wrap=ratio is None)
    return table


def _cells(name: str, value: str, rule: str | None, says: str, arm: int | None) -> tuple[Text, Text, Text]:
    why = Text()
    if rule is not None:
        why.append(printable(rule), style="bold")
        why.append(printable(f": {says}") if says else "", style="dim")
    return Text(printable(f"  {name}")), Text(printable(value), style=_style("", arm)), why
