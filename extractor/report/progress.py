"""A line on the terminal that tells how far a batch is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as _Remaining
from rich.text import Text

from extractor.records import Failure
from extractor.report.tables import printable

__all__ = ["documents_bar", "failure_summary"]

_REASONS = 2
_LONGEST = 40


class _Rate(ProgressColumn):
    """Documents per second over the last while."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f}/s" if task.speed is not None else "-/s")


def failure_summary(reasons: Counter[str]) -> str:
    """Return how many failed, and the commonest reasons: "3 failed (2 took longer than 60 seconds, 1 blank)"."""
    if not reasons:
        return "0 failed"
    told = [f"{count} {reason[:_LONGEST]}" for reason, count in reasons.most_common(_REASONS)]
    more = len(reasons) - len(told)
    return printable(f"{reasons.total()} failed ({', '.join(told)}{f', {more} other reasons' if more else ''})")


@contextmanager
def documents_bar(total: int | None, console: Console | None = None) -> Iterator[Callable[[object], None]]:
    """Show a line while the context lasts; call what it gives with each document or failure that is done.

    Args:
        total: how many there will be, where that is known. console: where to show it; by default stderr.
    """
    known = (BarColumn(), TextColumn("of {task.total:,.0f}"), _Remaining()) if total is not None else ()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} documents"),
        *known,
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[failed]}", markup=False),
    )
    reasons: Counter[str] = Counter()
    with Progress(*columns, console=console or Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, failed=failure_summary(reasons))

        def advance(item: object) -> None:
            if isinstance(item, Failure):
                reasons[item.reason] += 1
                bar.update(task, advance=1, failed=failure_summary(reasons))
            else:
                bar.update(task, advance=1)

        yield advance
