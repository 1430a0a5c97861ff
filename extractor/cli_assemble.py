"""``extractor assemble``: which documents were taken for one trial, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.cli_common import STORE, safe, say

if TYPE_CHECKING:
    from extractor.assembly import AssembledTrial, Decisions
    from extractor.graph import EvidenceBase

__all__ = ["assemble"]


@click.command()
@STORE
@click.option("--explain", is_flag=True, help="Also tell why: each join with its rule, its reason and its score.")
@click.option(
    "--joins",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Your own joins and splits, which come before every rule; see above.",
)
@click.option("--trial", help="Only the trial of this registry id, acronym or key.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def assemble(store: Path, explain: bool, joins: Path | None, trial: str | None, form: str) -> None:
    """List the trials that the documents of a store make, and with --explain why each document is of its trial.

    Documents are joined by registry ids, by links (DOI, PubMed number), by an acronym with a number, and by a score over
    drug, condition, design, number of participants and figures. Two ids of one registry are never joined.

    A join that is wrong is undone, and one that is missing made, by a file of your own: tab-separated text whose first
    line is action, one, other, reason. The action is join or split; the reports are named as --explain prints them, or by
    the document alone where it reports one trial:

    \b
      action<TAB>one<TAB>other<TAB>reason
      split<TAB>pmid:12345678#t1<TAB>pmid:23456789#t1<TAB>an extension with other people
      join<TAB>https://news.example/a<TAB>pmid:12345678<TAB>same authors, same figures

    `extractor query` and `extractor export` take the same file as --joins, and EvidenceGraph.open as its argument joins.

    \b
    Examples:
      extractor assemble --store evidence.db --explain
      extractor assemble --store evidence.db --explain --trial KEYNOTE-189
      extractor assemble --store evidence.db --joins our-joins.tsv --format json
    """
    from extractor.graph import EvidenceBase
    from extractor.query import EvidenceGraph

    base = EvidenceBase.open(store, joins)
    try:
        if base.decisions is not None:
            _tell_unknown(base, base.decisions)
        wanted = None if trial is None else {row.key for row in EvidenceGraph(base).trials(trial=trial, role=None)}
        chosen = (one for one in base.stream() if wanted is None or one.key in wanted)
        found = tuple(sorted(chosen, key=lambda one: one.key))
    finally:
        base.store.close()
    if form == "json":
        click.echo(_json(found, explain))
        return
    for one in found:
        for line in _lines(one, explain):
            click.echo(safe(line))


def _tell_unknown(base: EvidenceBase, decisions: Decisions) -> None:
    """A name that stands for nothing in this store may be a slip, or of a document that is still to come."""
    from extractor.assembly import reports_of

    reports = (report for stored in base.store.documents() for report in reports_of(stored.key, stored.record))
    for decision in decisions.unknown(reports):
        say(f"{decision.where}: not both in this store (or on several trials): {decision.one}, {decision.other}")


def _lines(trial: AssembledTrial, explain: bool) -> list[str]:
    documents = len({report.document for report in trial.reports})
    own = sum(fact.context == "reported" for fact in trial.facts)
    parts = [f"{documents} document{'s' * (documents != 1)}", f"{own} figure{'s' * (own != 1)}"]
    if trial.conflicts:
        parts.append(f"{len(trial.conflicts)} in conflict")
    names = ", ".join(dict.fromkeys((*trial.acronyms, *trial.registry_ids)))
    lines = [f"{trial.key}{f' ({names})' if names else ''} {trial.role}: {', '.join(parts)}"]
    if explain:
        lines += [f"  {report.name} ({report.record.document.kind})" for report in trial.reports]
        for join in trial.joins:
            lines.append(f"    {join.one} = {join.other}  [{join.rule}] {join.reason}")
            if join.rule == "score":
                lines.append(f"      {', '.join(join.keys)}")
    return lines


def _json(trials: tuple[AssembledTrial, ...], explain: bool) -> str:
    import msgspec

    rows = [
        {
            "key": trial.key,
            "role": trial.role,
            "registry_ids": trial.registry_ids,
            "acronyms": trial.acronyms,
            "reports": [report.name for report in trial.reports],
            "figures": len(trial.facts),
            "conflicts": [conflict.key for conflict in trial.conflicts],
        }
        | ({"joins": trial.joins} if explain else {})
        for trial in trials
    ]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
