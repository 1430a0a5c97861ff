"""The keys by which trials of several documents may turn out to be one: what a store must file a trial under.

Two reports can only be joined where they share one of these keys, or through reports that share keys with both. So a
part of a store that is closed under them (with a report, all that share a key with it) is assembled as the whole is.

Three kinds:

* identity keys (``extractor.naming.identity_keys``): registry ids, an acronym with its number;
* link keys: "doi:10.1000/x", "pmid:123", "pmcid:PMC12" and registry ids of the document, its own or, for a news story,
  the one it links to. They hold for the trial that the document reports, where it reports one only;
* candidate keys "match:...", hashes of what is seldom shared by two trials: drug, condition and number of participants;
  drug and a ratio with its interval; drug and two figures of three digits. They join nothing by themselves: they tell
  which pairs are worth a score.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import combinations
from urllib.parse import unquote

from extractor.naming import conditions_of, fold_name, identity_keys, registry_of
from extractor.records import Record, Result, Trial

__all__ = ["MATCH_PREFIX", "candidate_keys", "is_only_subject", "join_keys", "link_keys", "studied_drugs"]

MATCH_PREFIX = "match:"
_MOST_DRUGS = 2
_MOST_CONDITIONS = 2
_MOST_MARKS = 8
_MOST_RATIOS = 4
_FEWEST_PARTICIPANTS = 20
"""Below this the number of participants says little: many small trials share it."""
_MOST_LINKS = 200
_DOI = re.compile(r"(?:doi\.org/|doi:\s?|/doi/(?:[a-z]{2,12}/)?)(10\.[0-9]{4,9}/[^\s?#&\"<>]{1,120})", re.IGNORECASE)
"""In the address of the DOI itself, and in those of journals that carry it: "journal.example/doi/full/10.5555/x"."""
_PMID = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/|pmid:)([0-9]{1,9})\b", re.IGNORECASE)
_PMCID = re.compile(r"/(?:pmc/)?(?:articles/)?(PMC[0-9]{1,9})\b", re.IGNORECASE)
_REGISTERED = re.compile(r"\b(NCT[0-9]{8}|ISRCTN[0-9]{8})\b", re.IGNORECASE)
_RATIOS = frozenset({"hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio"})


def is_only_subject(record: Record, trial: Trial) -> bool:
    """Tell whether ``trial`` is the one trial that ``record`` reports, so that what is said of the document is of it."""
    return [known.id for known in record.trials if known.role == "reported"] == [trial.id]


def join_keys(record: Record, trial: Trial) -> tuple[str, ...]:
    """Return every key under which ``trial`` of ``record`` may be joined with trials of other documents."""
    keys = (*identity_keys(trial), *link_keys(record, trial), *candidate_keys(record, trial))
    return tuple(dict.fromkeys(keys))


# ---- links


def link_keys(record: Record, trial: Trial) -> tuple[str, ...]:
    """Return the keys of the paper and the registry entry that the document is, or that it alone links to.

    Empty for a trial that is not the only one the document reports. Of several papers, or several entries of one
    registry, none is taken: which of them the trial is cannot be told.
    """
    if not is_only_subject(record, trial):
        return ()
    document = record.document
    own = document.identifiers
    papers = {
        "doi": [own.doi.casefold()] if own.doi else [],
        "pmid": [own.pmid] if own.pmid else [],
        "pmcid": [own.pmcid.upper()] if own.pmcid else [],
    }
    entries = [*document.registry_ids]
    if not any(papers.values()):
        links = [unquote(link) for link in document.links[:_MOST_LINKS]]
        papers = {"doi": _found(_DOI, links), "pmid": _found(_PMID, links), "pmcid": _found(_PMCID, links)}
        papers["doi"] = [doi.casefold().rstrip(".,;)/") for doi in papers["doi"]]
        papers["pmcid"] = [name.upper() for name in papers["pmcid"]]
        entries += _found(_REGISTERED, links)
    keys = [f"{kind}:{names[0]}" for kind, names in papers.items() if len(set(names)) == 1]
    return (*_lone_entries(entries, trial), *keys)


def _found(pattern: re.Pattern[str], links: Iterable[str]) -> list[str]:
    return [match[1] for link in links for match in pattern.finditer(link[:2000])]


def _lone_entries(entries: Iterable[str], trial: Trial) -> Iterator[str]:
    """Yield those ids that are the only one of their registry, where the text of the trial itself names none of it."""
    stated = {registry_of(coded.value) for coded in trial.registry_ids}
    names = sorted({"".join(name.upper().split()) for name in entries})
    counts = Counter(map(registry_of, names))
    for name in names:
        registry = registry_of(name)
        if registry and counts[registry] == 1 and registry not in stated:
            yield name


# ---- candidates


def studied_drugs(record: Record, trial: Trial) -> tuple[str, ...]:
    """Return the (folded) interventions that are tested: those of experimental arms that no comparator receives too.

    Where no arm states any, and the trial is the only one reported, those that the document names most often.
    """
    given: dict[str, list[str]] = {"experimental": [], "comparator": []}
    for arm in trial.arms:
        given.setdefault(arm.role, []).extend(fold_name(i.concept or i.text) for i in arm.interventions)
    tested = list(dict.fromkeys(given["experimental"]))
    own = [drug for drug in tested if drug not in given["comparator"]]
    if tested or not is_only_subject(record, trial):
        return tuple(own or tested)
    named = Counter(
        fold_name(m.concept or m.text) for m in record.mentions if m.label == "drug" and fold_name(m.text) != "placebo"
    )
    return tuple(name for name, count in named.most_common(1) if count > 1)


def candidate_keys(record: Record, trial: Trial) -> tuple[str, ...]:
    """Return the candidate keys of ``trial``, each "match:" and 12 hexadecimal digits.

    Numbers of participants, ratios and figures are taken as printed values; cited and expected ones are left out.
    """
    drugs = studied_drugs(record, trial)[:_MOST_DRUGS]
    if not drugs or trial.role != "reported":
        return ()
    marks = tuple(dict.fromkeys(_marks(trial)))
    people = [f"n {number}" for number in _participants(trial)]
    ratios = [mark for mark in marks if "[" in mark][:_MOST_RATIOS]
    named = conditions_of(trial, record, alone=is_only_subject(record, trial))
    conditions = list(dict.fromkeys(fold_name(m.concept or m.text) for m in named))[:_MOST_CONDITIONS]
    pairs = [" & ".join(sorted(pair)) for pair in combinations((*people[:1], *marks[:_MOST_MARKS]), 2)]
    wholes = [f"{condition} & {number}" for condition in conditions for number in people] + ratios + pairs
    hashes = (blake2b(f"{drug} & {whole}".encode(), digest_size=6).hexdigest() for drug in drugs for whole in wholes)
    return tuple(dict.fromkeys(MATCH_PREFIX + digest for digest in hashes))


def _participants(trial: Trial) -> list[int | float]:
    stated = (trial.population.enrolled, trial.population.analysed)
    numbers = [number.value for number in stated if number is not None and number.value >= _FEWEST_PARTICIPANTS]
    return list(dict.fromkeys(numbers))


def _marks(trial: Trial) -> Iterator[str]:
    """Yield what is distinctive of a trial's own figures, those of primary outcomes first."""
    roles = {outcome.id: outcome.role for outcome in trial.outcomes}
    own = [result for result in trial.results if result.context == "reported" and result.value is not None]
    for result in sorted(own, key=lambda r: roles.get(r.outcome or "") != "primary"):
        mark = _mark(result)
        if mark is not None:
            yield mark


def _mark(result: Result) -> str | None:
    value, interval = result.value, result.ci
    if result.measure in _RATIOS:
        if interval is not None and interval.low is not None and interval.high is not None:
            return f"ratio {value:g} [{interval.low:g} {interval.high:g}]"
        return f"ratio {value:g}"
    if result.measure == "relative_reduction" and value is not None:
        return f"ratio {1 - value / 100:g}"
    if result.events is not None and result.total is not None and result.total.value >= _FEWEST_PARTICIPANTS:
        return f"{result.events.value:g} of {result.total.value:g}"
    digits = sum(character.isdigit() for character in result.printed or "")
    if digits < 3:
        return None
    return f"{value:g} {fold_name(result.unit or '')}"
