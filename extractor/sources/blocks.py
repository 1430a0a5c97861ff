"""The blocks of an article: what trafilatura chooses of a page, as paragraphs, plus what it left out by mistake."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from lxml import etree

from extractor.sources.markup import collapse
from extractor.sources.page import Page
from extractor.sources.selectors import drop_marked, site_bodies
from extractor.sources.tables import markup_names

__all__ = ["Block", "choose_blocks", "key", "prose_share"]

_BLOCK_TAGS = frozenset(
    ("p", "head", "list", "item", "quote", "table", "row", "cell", "div", "fw", "ab", "body", "code")
)
_SKIPPED_ANCESTORS = frozenset(("nav", "aside", "footer", "header", "form", "figure", "figcaption", "button", "select"))
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]\d]{0,4}$")
_LEVELS = 4
_MIN_WORDS = 8
_MOST_PARAGRAPHS = 2_000
_BREAK = "<br>"
_SHORT_LINE = 4
_MIN_STRUCTURED_WORDS = 50
_DUMP_PROSE = 0.3
_MIN_SELECTED_WORDS = 50
_SELECTED_SHARE = 0.5
_CELL_WORDS = 60

Kind = Literal["p", "head", "item", "row", "quote"]
_SITE_TAGS: dict[str, Kind] = {
    "p": "p", "h2": "head", "h3": "head", "h4": "head", "h5": "head", "li": "item", "blockquote": "quote", "pre": "p",
    "tr": "row",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item or table row of a page.

    Attributes:
        link_share: share of the characters that are link text, 0 to 1.
    """

    kind: Kind
    text: str
    link_share: float = 0.0

    @property
    def words(self) -> int:
        """Number of words."""
        return len(_WORD.findall(self.text))

    @property
    def is_sentence(self) -> bool:
        """True when the block ends as a sentence does."""
        return _SENTENCE_END.search(self.text) is not None

    @property
    def is_prose(self) -> bool:
        """True for a paragraph of at least eight words that ends as a sentence and is not mostly link."""
        return self.is_sentence and self.link_share < 0.6 and self.words >= _MIN_WORDS


def key(text: str) -> str:
    """Return ``text`` in the form blocks are compared in: lower case, words only."""
    return " ".join(_WORD.findall(text.casefold()))


def prose_share(blocks: list[Block]) -> float:
    """Return the share of characters (0 to 1) that stand in prose blocks."""
    total = sum(len(block.text) for block in blocks)
    return sum(len(block.text) for block in blocks if block.is_prose) / total if total else 0.0


@cache
def _quiet() -> None:
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def _trafilatura(page: Page, recall: bool = False) -> Any:
    """Return the body element that trafilatura chooses, or None."""
    import trafilatura  # 0.2 s; needed for pages only

    _quiet()
    document = trafilatura.bare_extraction(
        page.tree, fast=True, include_comments=False, include_tables=True, favor_recall=recall
    )
    return getattr(document, "body", None)


def _make(page: Page, kind: Kind, raw: str) -> Block | None:
    linked = depth = 0
    plain: list[str] = []
    for character in raw:
        if character == page.link_open:
            depth += 1
        elif character == page.link_close:
            depth = max(0, depth - 1)
        else:
            linked += depth > 0
            plain.append(character)
    joined = "".join(plain).replace(page.blank, " ")
    text = "\n".join(line for line in (collapse(part).strip() for part in joined.split("\n")) if line)
    return Block(kind, text, min(1.0, linked / max(1, len(joined.strip())))) if text else None


def _pieces(element: Any) -> Iterator[tuple[Kind, str]]:
    """Yield the (kind, raw text) pieces of a trafilatura element in reading order."""
    if element.tag == "row":
        cells = ["".join(cell.itertext()) for cell in element]
        if all(len(cell.split()) <= _CELL_WORDS for cell in cells):
            yield "row", " | ".join(collapse(cell.replace("\n", " ")) for cell in cells if cell.strip())
            return
    kind: Kind = {"head": "head", "item": "item", "quote": "quote"}.get(element.tag, "p")  # type: ignore[assignment]
    buffer = [_soft(element.text)]
    for child in element:
        if child.tag == "lb":
            buffer.append("\n" + _soft(child.tail))
        elif child.tag in _BLOCK_TAGS:
            yield from _flush(kind, buffer)
            yield from _pieces(child)
            buffer = [_soft(child.tail)]
        else:
            buffer.append(_soft("".join(child.itertext())) + _soft(child.tail))
    yield from _flush(kind, buffer)


def _soft(text: str | None) -> str:
    """Line breaks in the source are blanks; only <br> breaks a line."""
    return (text or "").replace("\r", " ").replace("\n", " ")


def _flush(kind: Kind, buffer: list[str]) -> Iterator[tuple[Kind, str]]:
    for part in re.split(r"\n[ \u00a0]{0,20}\n", "".join(buffer)):
        yield kind, part


def _lines(page: Page, kind: Kind, raw: str) -> Iterator[Block]:
    """Yield the lines of a piece: together where a line break stands inside a sentence, else each for itself."""
    run: list[str] = []
    for raw_line in raw.split("\n"):
        line = _make(page, kind, raw_line)
        if line is None:
            continue
        own = line.link_share >= 0.6
        if own and run:
            yield from filter(None, (_make(page, kind, "\n".join(run)),))
            run = []
        run.append(raw_line)
        if own or line.is_sentence or line.words <= _SHORT_LINE:
            yield from filter(None, (_make(page, kind, "\n".join(run)),))
            run = []
    if run:
        yield from filter(None, (_make(page, kind, "\n".join(run)),))


def _blocks_of(page: Page, body: Any) -> list[Block]:
    if body is None:
        return []
    return [block for kind, raw in _pieces(body) for block in _lines(page, kind, raw)]


@dataclass(frozen=True, slots=True)
class _Paragraph:
    block: Block
    key: str
    container: tuple[Any, ...]


def _source_paragraphs(page: Page) -> list[_Paragraph]:
    """Return the paragraphs of the page itself with the kind of container they stand in."""
    found: list[_Paragraph] = []
    boxes = re.compile("|".join(map(re.escape, sorted(markup_names("skipped_class")))), re.IGNORECASE)
    for element in page.tree.iter("p"):
        ancestors = list(element.iterancestors())
        if any(
            a.tag in _SKIPPED_ANCESTORS or boxes.search(f"{a.get('class') or ''} {a.get('id') or ''}")
            for a in (element, *ancestors[:_LEVELS])
        ):
            continue
        near = ancestors[:_LEVELS]
        if len(near) < 2:
            continue
        container = (near[-1], *((a.tag, a.get("class")) for a in near[:-1]))
        raw = "".join("\n" if piece is _BREAK else _soft(piece) for piece in _with_breaks(element))
        found.extend(_Paragraph(block, key(block.text), container) for block in _lines(page, "p", raw))
        if len(found) >= _MOST_PARAGRAPHS:
            break
    return found


def _with_breaks(element: Any) -> Iterator[str]:
    """Yield the text pieces of an element, and ``_BREAK`` at each <br>."""
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            yield node.text or ""
        else:
            if node.tag == "br":
                yield _BREAK
            if node is not element:
                yield node.tail or ""


def _recover(page: Page, blocks: list[Block]) -> list[Block]:
    """Add paragraphs that stand in containers of the same shape, under the same ancestor, as those already chosen.

    Pages that split the article over several boxes (with advertisements between) lose all but one box otherwise.
    """
    paragraphs = _source_paragraphs(page)
    chosen = {key(block.text) for block in blocks}
    chosen_text = "\n".join(key(block.text) for block in blocks)
    containers: dict[tuple[Any, ...], int] = {}
    for paragraph in paragraphs:
        if paragraph.key in chosen and paragraph.block.words >= _MIN_WORDS:
            containers[paragraph.container] = containers.get(paragraph.container, 0) + 1
    missing = [
        p
        for p in paragraphs
        if p.key not in chosen and p.block.is_prose and containers.get(p.container, 0) >= 2 and p.key not in chosen_text
    ]
    if sum(len(p.block.text) for p in missing) * 5 < sum(len(block.text) for block in blocks):
        return blocks
    wanted = {id(p) for p in missing}
    result = list(blocks)
    place = {key(block.text): index for index, block in enumerate(result)}
    after = -1
    inserts: dict[int, list[Block]] = {}
    for paragraph in paragraphs:
        if id(paragraph) in wanted:
            inserts.setdefault(after, []).append(paragraph.block)
        elif paragraph.key in place:
            after = place[paragraph.key]
    merged = list(inserts.get(-1, []))
    for index, block in enumerate(result):
        merged.append(block)
        merged.extend(inserts.get(index, []))
    return merged


def _words(blocks: list[Block]) -> str:
    return key(" ".join(block.text for block in blocks))


def _site_blocks(page: Page, address: str | None) -> list[Block]:
    """Return the paragraphs, headings, list items and table rows of the elements that a known site's row names."""
    found: list[Block] = []
    rows: set[Any] = set()
    for body in site_bodies(page.tree, address):
        for element in body.iter(*_SITE_TAGS):
            if rows and not rows.isdisjoint(element.iterancestors("tr")):
                continue
            if element.tag == "tr":
                cells = [_flat(page, cell) for cell in element if cell.tag in ("td", "th")]
                if all(len(cell.split()) <= _CELL_WORDS for cell in cells):
                    rows.add(element)
                    found.extend([Block("row", text)] if (text := " | ".join(cell for cell in cells if cell)) else [])
            elif not any(inner is not element for inner in element.iter(*_SITE_TAGS)):
                raw = "".join("\n" if piece is _BREAK else _soft(piece) for piece in _with_breaks(element))
                found.extend(_lines(page, _SITE_TAGS[element.tag], raw))
    return found


def _flat(page: Page, element: Any) -> str:
    block = _make(page, "p", _soft("".join(element.itertext())))
    return block.text if block is not None else ""


def _words_in(blocks: list[Block]) -> int:
    return sum(block.words for block in blocks)


def choose_blocks(page: Page, structured: str | None = None, address: str | None = None) -> list[Block]:
    """Return the blocks of the article in reading order, not yet cleaned.

    Rules, in order:

    1. What a known site's row in ``data/selectors.tsv`` marks as no part of the article is taken out of the page.
    2. Its body element wins where it has at least 50 words and at least half as many as rule 3 finds: less means that the
       site has changed its markup, and the row is passed over.
    3. Otherwise trafilatura's choice; where less than 30% of that is prose (a heap of fragments), its recall-minded choice,
       if that has more prose; then the paragraphs in boxes of the same shape as those chosen are added, if they make at
       least a fifth as much again.
    4. ``structured`` (the page's JSON-LD articleBody) wins over all these where it has half as much text again and at least
       50 words (the page shows a teaser, or draws its text by script), or the same words in more paragraphs.

    Args:
        page: a page after ``prepare_body``. structured: the article as the page's metadata give it, if any.
        address: the page's address, by which a known site is told.
    """
    drop_marked(page.tree, address)
    blocks = _blocks_of(page, _trafilatura(page))
    if prose_share(blocks) < _DUMP_PROSE:
        other = _blocks_of(page, _trafilatura(page, recall=True))
        if other and prose_share(other) > prose_share(blocks):
            blocks = other
    if blocks:
        blocks = _recover(page, blocks)
    selected = _site_blocks(page, address)
    if _words_in(selected) >= _MIN_SELECTED_WORDS and _words_in(selected) >= _SELECTED_SHARE * _words_in(blocks):
        blocks = selected
    if structured:
        parts = [Block("p", text) for line in structured.splitlines() if (text := collapse(line))]
        longer = sum(len(b.text) for b in parts) > 1.5 * sum(len(b.text) for b in blocks)
        # trafilatura falls back on the same text, but as one line.
        same = len(parts) > len(blocks) and _words(parts) == _words(blocks)
        if (longer and _words_in(parts) >= _MIN_STRUCTURED_WORDS) or same:
            return parts
    return blocks
