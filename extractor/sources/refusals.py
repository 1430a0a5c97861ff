"""Tells a page that is no article, and which: paywall teaser, cookie wall, bot check, soft 404, index, login or video page.

The cues are data (``data/refusals.tsv``). Each says where it is looked for and how long a body may be for it to count, so
that an article which writes of cookies or captchas is not refused. Two rules are no cues: schema.org's isAccessibleForFree
with a short body, and linked headings that carry most of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from extractor.errors import LexiconError
from extractor.sources.blocks import Block, key
from extractor.sources.metadata import Metadata
from extractor.sources.page import Page, absolute
from extractor.sources.tables import load_table

__all__ = ["KINDS", "refusal"]

KINDS = {
    "bot_check": "a bot check",
    "cookie_wall": "a cookie wall",
    "not_found": "an error page (soft 404)",
    "login": "a login page",
    "paywall": "a paywall teaser",
    "index": "an index page",
    "video": "a video page without a text",
}
"""The kinds of pages that are no article, as messages name them, in order of precedence."""

_COLUMNS = ("id", "kind", "place", "match", "max_words", "cue")
_PLACES = frozenset(("title", "body", "page", "markup", "types", "path"))
_MATCHES = frozenset(("equals", "starts", "contains"))
_SURROUNDINGS = frozenset(("nav", "header", "footer"))
_UNREAD = frozenset(("script", "style", "template", "svg"))
_MOST_CHARACTERS = 200_000
_TEASER_WORDS = 150
_TEASER_SHARE = 0.5
_FEW_WORDS = 400
_LEAST_BOXES = 6
_BOX_WORDS = 80
_BOX_LEVELS = 4
_INDEX_SHARE = 0.7
_INDEX_SHARE_WITH_CUE = 0.33


@dataclass(frozen=True, slots=True)
class _Cue:
    id: str
    kind: str
    place: str
    match: str
    max_words: int
    text: str

    def hits(self, text: str) -> bool:
        """Return True when the cue is in ``text``, which is lower case with single blanks."""
        if self.match == "contains":
            return self.text in text
        return text.startswith(self.text) if self.match == "starts" else text == self.text


@cache
def _cues() -> tuple[_Cue, ...]:
    """Return the cues in order of the precedence of their kinds."""
    found: list[_Cue] = []
    for row in load_table("refusals.tsv", _COLUMNS):
        if row["kind"] not in KINDS or row["place"] not in _PLACES or row["match"] not in _MATCHES:
            raise LexiconError(f"unknown kind, place or match in {row}", "refusals.tsv")
        if not row["max_words"].isdigit() or not row["cue"] or row["cue"] != row["cue"].lower():
            raise LexiconError(
                f"max_words is no number, or the cue is empty or not lower case, in {row}", "refusals.tsv"
            )
        found.append(
            _Cue(row["id"], row["kind"], row["place"], row["match"], int(row["max_words"]), row["cue"])
        )  # fmt: skip
    if len({cue.id for cue in found}) < len(found):
        raise LexiconError("an id stands twice", "refusals.tsv")
    order = list(KINDS)
    return tuple(sorted(found, key=lambda cue: order.index(cue.kind)))


def refusal(page: Page, metadata: Metadata, chosen: Sequence[Block], blocks: Sequence[Block]) -> str | None:
    """Return why the page is no article ("a paywall teaser: ..."), or None where nothing says so.

    Args:
        page: the page after ``prepare_body``. metadata: what it states.
        chosen: the blocks chosen from it. blocks: those that are left after cleaning.
    """
    words = sum(block.words for block in blocks)
    if metadata.free is False and _is_teaser(words, metadata.word_count):
        return f"{KINDS['paywall']}: the page says that it is not free, and only {words} words of it are here"
    share = _IndexShare(page, chosen)
    cue = _first_cue(page, metadata, chosen, words, share)
    if cue is not None:
        return f"{KINDS[cue.kind]} ({cue.id})"
    if not metadata.is_article and share() >= _INDEX_SHARE:
        return f"{KINDS['index']}: most of its text stands under linked headings"
    return None


def _is_teaser(words: int, stated: int | None) -> bool:
    if stated is not None and stated > 0:
        return words < stated * _TEASER_SHARE and words < _FEW_WORDS
    return words < _TEASER_WORDS


def _first_cue(
    page: Page, metadata: Metadata, chosen: Sequence[Block], words: int, share: Callable[[], float]
) -> _Cue | None:
    """Return the first cue that decides; the costly views of the page are made only for short bodies."""
    views: dict[str, tuple[str, ...]] = {
        "title": tuple(_normal(title).rstrip(" .!…") for title in metadata.titles),
        "types": tuple(name.lower() for name in metadata.types),
        "path": (urlsplit(metadata.url or page.base or "").path.lower() or "-",),
    }
    chosen_words = sum(block.words for block in chosen)
    makers: dict[str, Callable[[], str]] = {
        "body": lambda: _normal(" ".join(block.text for block in chosen)),
        "page": lambda: _page_text(page),
        "markup": lambda: _markup(page),
    }
    for cue in _cues():
        if (chosen_words if cue.place == "body" else words) > cue.max_words:
            continue
        if cue.place not in views:
            views[cue.place] = (makers[cue.place](),)
        if any(cue.hits(text) for text in views[cue.place]) and (
            cue.place != "path" or (not metadata.is_article and share() >= _INDEX_SHARE_WITH_CUE)
        ):
            return cue
    return None


def _normal(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


def _main_elements(tree: Any) -> list[Any]:
    """Return the elements outside navigation, header and footer of the page, in reading order."""
    found: list[Any] = []
    stack = [tree]
    while stack:
        element = stack.pop()
        if not isinstance(element.tag, str) or element.tag in _SURROUNDINGS:
            continue
        found.append(element)
        stack.extend(reversed(element))
    return found


def _page_text(page: Page) -> str:
    parts: list[str] = []
    have = 0
    for element in _main_elements(page.tree):
        if element.tag not in _UNREAD and element.text:
            parts.append(element.text)
            have += len(element.text)
        parts.append(" ")
        parts.extend(child.tail for child in element if child.tail)
        if have > _MOST_CHARACTERS:
            break
    text = "".join(parts).replace(page.link_open, "").replace(page.link_close, "").replace(page.blank, " ")
    return _normal(text)


def _markup(page: Page) -> str:
    rows: list[str] = []
    for element in _main_elements(page.tree):
        values = [element.get(name) for name in ("id", "class", "src", "action")]
        if element.tag in ("input", "video") or any(values):
            rows.append(f"{element.tag}:{element.get('type') or ''} {' '.join(value for value in values if value)}")
    return "\n".join(rows).lower()


class _IndexShare:
    """The share of the body's words (0 to 1) that stand in small boxes with one linked heading each; counted when asked."""

    def __init__(self, page: Page, chosen: Sequence[Block]) -> None:
        self._page = page
        self._chosen = chosen
        self._share: float | None = None

    def __call__(self) -> float:
        if self._share is None:
            self._share = self._count()
        return self._share

    def _count(self) -> float:
        boxes = _boxes(self._page)
        total = sum(block.words for block in self._chosen)
        if len(boxes) < _LEAST_BOXES:
            return 0.0
        if not total:
            return 1.0
        text = "\n".join(boxes)
        return sum(block.words for block in self._chosen if key(block.text) in text) / total


def _boxes(page: Page) -> list[str]:
    """Return the texts of the boxes: around each heading that links to a page of the same site, while no other is inside."""
    heads = [head for head in page.tree.iter("h2", "h3", "h4") if _leads_on(page, head)]
    if len(heads) < _LEAST_BOXES:
        return []
    inside: dict[Any, int] = {}
    for head in heads:
        for ancestor in list(head.iterancestors())[:_BOX_LEVELS]:
            inside[ancestor] = inside.get(ancestor, 0) + 1
    found: list[str] = []
    for head in heads:
        text = key("".join(head.itertext()))
        for ancestor in list(head.iterancestors())[:_BOX_LEVELS]:
            wider = key(" ".join(ancestor.itertext())) if inside[ancestor] == 1 else ""
            if not wider or wider.count(" ") >= _BOX_WORDS:
                break
            text = wider
        found.append(text)
    return found


def _leads_on(page: Page, head: Any) -> bool:
    """Return True when a heading is a link (or in one) to another page of the same site."""
    link = next((a for a in head.iter("a") if a.get("href")), None)
    if link is None:
        link = next((a for a in head.iterancestors("a") if a.get("href")), None)
    address = absolute(link.get("href"), page.base or "https://site.invalid/") if link is not None else None
    own = urlsplit(page.base or "https://site.invalid/").hostname
    return address is not None and urlsplit(address).hostname == own
