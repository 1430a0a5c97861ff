"""A look-alike of NCBI's E-utilities with made records: ESearch with history and entry dates, EFetch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta

from werkzeug import Request
from werkzeug import Response as Answer

__all__ = ["EutilsServer"]

_FIRST = date(2020, 1, 1)


def _record(pmid: int) -> str:
    abstract = (
        f"<Abstract><AbstractText>Of {pmid + 40} patients, {pmid % 30} of 40 improved on drug A.</AbstractText></Abstract>"
        if pmid % 50
        else ""
    )
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal><Title>Made Records</Title></Journal>"
        f"<ArticleTitle>Trial number {pmid}</ArticleTitle>{abstract}<Language>eng</Language></Article></MedlineCitation>"
        f"</PubmedArticle>"
    )


@dataclass
class EutilsServer:
    """Answers requests; ``count`` records with the ids 1 to ``count``, ``per_day`` entered a day from 2020 on.

    ``most`` is how many ids one search hands out; ``missing`` ids are found and not handed out. ``asked`` holds what was
    asked for.
    """

    count: int
    per_day: int = 10
    most: int = 9_999
    missing: frozenset[int] = frozenset()
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        program = request.path.rsplit("/", 1)[-1]
        values = {name: str(value) for name, value in request.args.items()}
        self.asked.append((program, values))
        if program == "esearch.fcgi":
            return self._search(values)
        if program == "efetch.fcgi":
            return self._fetch(values)
        return Answer(status=404)

    def _found(self, values: dict[str, str]) -> list[int]:
        low, high = (date.fromisoformat(values[name].replace("/", "-")) for name in ("mindate", "maxdate"))
        entered = ((n, _FIRST + timedelta(days=(n - 1) // self.per_day)) for n in range(1, self.count + 1))
        return [n for n, day in entered if low <= day <= high]

    def _search(self, values: dict[str, str]) -> Answer:
        if values["term"] == "broken":
            return Answer(json.dumps({"esearchresult": {"count": "0", "ERROR": "no such field"}}))
        found = self._found(values)
        ids = [str(n) for n in found][: min(self.most, int(values["retmax"]))]
        history = f"{values['mindate']}|{values['maxdate']}"
        result = {"count": str(len(found)), "idlist": ids, "webenv": history, "querykey": "1"}
        return Answer(json.dumps({"esearchresult": result}), content_type="application/json")

    def _fetch(self, values: dict[str, str]) -> Answer:
        if "WebEnv" in values:
            low, high = values["WebEnv"].split("|")
            found = self._found({"mindate": low, "maxdate": high})
            start = int(values["retstart"])
            ids = found[start : start + int(values["retmax"])]
        else:
            ids = [int(n) for n in values["id"].split(",")]
        records = "".join(_record(n) for n in ids if n <= self.count and n not in self.missing)
        return Answer(f'<?xml version="1.0"?><PubmedArticleSet>{records}</PubmedArticleSet>', content_type="text/xml")
