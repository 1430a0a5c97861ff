"""Selectors of known sites (``data/selectors.tsv``): which elements of their pages hold the article, and which are in the way."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NoReturn
from urllib.parse import urlsplit

from lxml import etree

from extractor.errors import LexiconError
from extractor.sources.tables import load_table

__all__ = ["compile_selector", "drop_marked", "site_bodies"]

_PART = re.compile(
    r"(?P<tag>[a-z][a-z0-9]{0,12})|#(?P<id>[\w-]{1,60})|\.(?P<class>[\w-]{1,60})|"
    r"\[(?P<name>[a-z][a-z-]{0,40})=\"(?P<value>[^\"\]\s,]{1,60})\"\]"
)


def compile_selector(selector: str) -> str:
    """Return the XPath of a selector made of tag, #id, .class and [attribute="value"], nested by blanks, listed by commas.

    Raises:
        LexiconError: the selector is empty or uses anything else.
    """
    return " | ".join(
        "".join("//" + _step(step, selector) for step in branch.split()) or _fail(selector)
        for branch in selector.split(",")
    )


def _fail(selector: str) -> NoReturn:
    raise LexiconError(f"not a selector: {selector!r}", "selectors.tsv")


def _step(step: str, selector: str) -> str:
    tag, tests, place = "*", "", 0
    while place < len(step):
        match = _PART.match(step, place)
        if match is None or (match["tag"] and place):
            _fail(selector)
        if match["tag"]:
            tag = match["tag"]
        elif match["id"]:
            tests += f'[@id="{match["id"]}"]'
        elif match["class"]:
            tests += f'[contains(concat(" ", normalize-space(@class), " "), " {match["class"]} ")]'
        else:
            tests += f'[@{match["name"]}="{match["value"]}"]'
        place = match.end()
    return tag + tests


@cache
def _sites() -> dict[str, tuple[etree.XPath, etree.XPath | None]]:
    found: dict[str, tuple[etree.XPath, etree.XPath | None]] = {}
    for row in load_table("selectors.tsv", ("host", "body", "drop")):
        if row["host"] in found or row["host"] != row["host"].lower() or "/" in row["host"]:
            raise LexiconError(f"the host stands twice or is no host name: {row['host']!r}", "selectors.tsv")
        drop = None if row["drop"] == "-" else etree.XPath(compile_selector(row["drop"]))
        found[row["host"]] = (etree.XPath(compile_selector(row["body"])), drop)
    return found


def _site(address: str | None) -> tuple[etree.XPath, etree.XPath | None] | None:
    labels = (urlsplit(address or "").hostname or "").split(".")
    return next((row for start in range(len(labels)) if (row := _sites().get(".".join(labels[start:])))), None)


def drop_marked(tree: Any, address: str | None) -> None:
    """Take out of a page of a known site what its row says is no part of the article; its body element itself always stays."""
    site = _site(address)
    if site is None or site[1] is None:
        return
    bodies = {ancestor for body in site[0](tree) for ancestor in (body, *body.iterancestors())}
    for element in site[1](tree):
        if element not in bodies and element.getparent() is not None:
            element.drop_tree()


def site_bodies(tree: Any, address: str | None) -> list[Any]:
    """Return the outermost elements that hold the article on a page of a known site; none for other sites."""
    site = _site(address)
    found = site[0](tree) if site is not None else []
    inside = set(found)
    return [element for element in found if not inside.intersection(element.iterancestors())]
