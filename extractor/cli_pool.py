"""``extractor pool`` and ``extractor compare``: two treatments against each other, over trials."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from extractor.cli_common import STORE, say
from extractor.cli_query import filter_options, given

__all__ = ["compare", "pool"]

_WITHOUT = ("drug", "outcome", "measure")


def _pooling(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("a"),
            click.argument("b"),
            STORE,
            click.option("--outcome", help="Of this outcome only; also abbreviated: OS, HbA1c."),
            click.option(
                "--model",
                type=click.Choice(["random", "common"]),
                default="random",
                show_default=True,
                help="True effects that vary over trials, or one.",
            ),
            click.option(
                "--tau",
                "tau_method",
                type=click.Choice(["REML", "PM", "DL"]),
                default="REML",
                show_default=True,
                help="Estimator of the variance between trials.",
            ),
            click.option("--hartung-knapp", is_flag=True, help="Interval of Hartung and Knapp: wider where trials are few."),
            click.option("--mantel-haenszel", is_flag=True, help="Pool tables of events by Mantel and Haenszel."),
            click.option(
                "--counts",
                type=click.Choice(["RR", "OR", "RD"]),
                default="RR",
                show_default=True,
                help="What tables of events are turned into.",
            ),
            click.option(
                "--means",
                type=click.Choice(["MD", "SMD"]),
                default="MD",
                show_default=True,
                help="What means and SDs are turned into.",
            ),
            click.option(
                "--plot",
                type=click.Path(path_type=Path, dir_okay=False),
                help="Also write the forest plot of the first set: .svg, .png or .pdf.",
            ),
        )
    ):
        command = option(command)
    return filter_options(command, _WITHOUT)


@click.command()
@_pooling
def pool(a: str, b: str, store: Path, outcome: str | None, plot: Path | None, **options: Any) -> None:
    """Pool the effect of treatment A against B over the trials of a store.

    Only what is comparable is pooled: the same outcome, measure, unit, time point and subgroup; --min-time and --max-time
    choose time points. Each set is shown as a forest plot with its heterogeneity and the sentence behind each row. What was
    left out, and why, is told at the end.

    \b
    Examples:
      extractor pool pembrolizumab placebo --outcome OS --store evidence.db
      extractor pool semaglutide placebo --outcome "body weight" --hartung-knapp --plot weight.svg
      extractor pool dapagliflozin placebo --counts OR --mantel-haenszel
    """
    _answer(a, b, store, outcome, plot, options, quotes=True)


@click.command()
@_pooling
def compare(a: str, b: str, store: Path, outcome: str | None, plot: Path | None, **options: Any) -> None:
    """Set treatment A against B: a table and a forest plot for each outcome that trials of a store report of both.

    It is `extractor pool` without the sentences; the single figures of each trial are in `extractor query compare`.

    \b
    Example:
      extractor compare pembrolizumab placebo --outcome OS --store evidence.db
    """
    _answer(a, b, store, outcome, plot, options, quotes=False)


def _answer(
    a: str, b: str, store: Path, outcome: str | None, plot: Path | None, options: dict[str, Any], *, quotes: bool
) -> None:
    from extractor.analysis.evidence import Settings, pool_evidence
    from extractor.query import EvidenceGraph
    from extractor.report import printable
    from extractor.report.forest import forest_text, save_forest

    names = ("model", "tau_method", "hartung_knapp", "mantel_haenszel", "counts", "means")
    settings = Settings(**{name: options.pop(name) for name in names})
    with EvidenceGraph.open(store) as evidence:
        found = pool_evidence(evidence, a, b, outcome, settings=settings, **given(options))
    for one in found.sets:
        click.echo(forest_text(one))
        for row in one.studies if quotes else ():
            for place in row.places:
                click.echo(printable(f"  {row.study}: “{place.quote.strip()}” ({place.url or place.document}, {place.start})"))
        if quotes:
            click.echo("")
    if plot is not None and found.sets:
        save_forest(found.sets[0], plot)
    if not found.sets:
        say(f"no trial compares {a} with {b} in a way that can be pooled")
    if found.left_out:
        told = ", ".join(f"{count} {reason}" for reason, count in found.left_out.items())
        say(f"left out: {told}")
