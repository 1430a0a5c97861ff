"""The papers, registry entries and regulators' documents behind an article: by its links and by the numbers it prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import islice
from urllib.parse import unquote, urlsplit

from extractor.errors import LexiconError
from extractor.sources.blocks import Block, key
from extractor.sources.page import Page, absolute
from extractor.sources.tables import load_table

__all__ = ["evidence_links", "host_in"]

_MOST_LINKS = 500


def host_in(address: str | None, table: str) -> bool:
    """Return True when the host of ``address`` is one of the hosts in ``data/<table>`` or under one."""
    host = urlsplit(address or "").hostname or ""
    return any(
        host == row["suffix"] or host.endswith("." + row["suffix"]) for row in load_table(table, ("suffix", "kind"))
    )


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for row in load_table("paper_ids.tsv", ("kind", "pattern", "address")):
        try:
            pattern = re.compile(row["pattern"], re.ASCII)
        except re.error as error:
            raise LexiconError(f"not a regular expression: {error}", "paper_ids.tsv") from error
        if pattern.groups != 1 or "{id}" not in row["address"]:
            raise LexiconError(f"the pattern needs one group and the address {{id}}: {row}", "paper_ids.tsv")
        found.append((pattern, row["address"]))
    return tuple(found)


def evidence_links(
    page: Page, title: str | None, blocks: Sequence[Block], references: Sequence[Block]
) -> tuple[str, ...]:
    """Return the addresses of papers, registry entries and regulators that the article names, each once.

    First those that its own blocks link to, in reading order; then those of the DOI, PubMed and registry numbers which its
    text prints (``data/paper_ids.tsv``) and no link leads to.

    Args:
        page: the page after ``prepare_body``. title: the article's title. blocks: the article's blocks.
        references: the closing blocks (reference list) that were cut but whose links count.
    """
    found = dict.fromkeys(_linked(page, (*blocks, *references)))
    text = "\n".join((title or "", *(block.text for block in (*blocks, *references))))
    known = "\n".join(unquote(address).casefold() for address in found)
    for pattern, address in _patterns():
        for match in islice(pattern.finditer(text), _MOST_LINKS):
            number = match[1].rstrip(".,;:)]}")
            if not re.search(rf"(?<!\w){re.escape(number.casefold())}(?!\w)", known):
                found.setdefault(address.replace("{id}", number))
    return tuple(found)


def _linked(page: Page, blocks: Sequence[Block]) -> list[str]:
    text = "\n".join(key(block.text) for block in blocks)
    found: list[str] = []
    evidence = (
        (link, address)
        for link in page.tree.iter("a")
        if (address := absolute(link.get("href"), page.base)) and host_in(address, "evidence_hosts.tsv")
    )
    for link, address in islice(evidence, _MOST_LINKS):
        block = next((a for a in link.iterancestors("p", "li", "td", "blockquote", "h2", "h3", "h4", "div")), None)
        around = key(_plain(page, "".join(block.itertext()))) if block is not None else ""
        if around and (around in text or (key(_plain(page, "".join(link.itertext()))) in text and len(around) > 5_000)):
            found.append(address)
    return found


def _plain(page: Page, text: str) -> str:
    return text.replace(page.link_open, "").replace(page.link_close, "").replace(page.blank, " ")
