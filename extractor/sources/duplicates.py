"""The same story at several addresses: canonical addresses, and texts that are nearly the same.

Near-duplicates are found by MinHash over word shingles (Broder 1997) and locality-sensitive banding (Leskovec, Rajaraman,
Ullman: Mining of Massive Datasets, ch. 3). A text is the set of its runs of ``SHINGLE`` = 4 words, each hashed to 64 bits by
BLAKE2b; permutation i of the 64-bit numbers is h -> a_i * h + b_i mod 2^64 with odd a_i, and the signature keeps the upper 32
bits of the least value under each of ``PERMUTATIONS`` = 96. Signatures are cut into 24 bands of 4: two texts of Jaccard
similarity s share a band with probability 1 - (1 - s^4)^24, that is 0.17 at 0.3, 0.79 at 0.5, 0.96 at 0.6 and 0.999 at 0.7.
Texts that share one count as the same story where at least ``SAME`` = 0.6 of the values agree (standard error 0.05): a
similarity of 0.7 is caught 98 times of 100, one of 0.5 passes 3 times of 100. A copy with another headline, another byline and
a few paragraphs cut has 0.7 or more; two reports of one trial written apart have below 0.3. Everything is deterministic.

Two kinds of texts are never joined by similarity: texts below ``SHORTEST`` = 60 words, where one other figure changes the story
and hardly the set (they must be equal word for word), and texts that name different registered trials.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from extractor.errors import LexiconError, ParseError
from extractor.records import Article
from extractor.sources.tables import load_table

__all__ = ["PERMUTATIONS", "SAME", "SHINGLE", "SHORTEST", "Duplicates", "canonical_address", "signature", "similarity"]

SHINGLE = 4
PERMUTATIONS = 96
SHORTEST = 60
SAME = 0.6
_ROWS = 4
_MASK = (1 << 64) - 1
_MOST_IN_BAND = 16
_MOST_ADDRESSES = 16
_MOST_WORDS = 20_000
_WORD = re.compile(r"\w+")
_TRIAL = re.compile(r"\b(?:NCT\d{8}|ISRCTN\d{8}|20\d\d-\d{6}-\d\d|ChiCTR[\w-]{6,16}|DRKS\d{8}|ACTRN\d{14})\b", re.ASCII)
_KINDS = frozenset(
    ("parameter", "parameter_prefix", "view", "host_prefix", "path_prefix", "path_suffix", "wrapper")
)  # fmt: skip
_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SLUG = re.compile(r"[-\d]")


# ---- addresses


@cache
def _variants() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_KINDS, ())
    for row in load_table("address_variants.tsv", ("kind", "value")):
        if row["kind"] not in _KINDS or not row["value"] or row["value"] != row["value"].lower():
            raise LexiconError(
                f"unknown kind, or a value that is empty or not lower case, in {row}", "address_variants.tsv"
            )
        found[row["kind"]] += (row["value"],)
    return {kind: tuple(sorted(values, key=len, reverse=True)) for kind, values in found.items()}


def canonical_address(url: str) -> str:
    """Return the form that all addresses of one page share: a name to compare by, not an address to fetch.

    Scheme https (http is the same page), host in lower case without "www.", "m." or "amp.", no default port, fragment,
    user name or tracking parameter, parameters in order of their names, no closing slash, the plain page in place of
    its AMP, mobile or print edition or of a cache of it (``data/address_variants.tsv``).

    Raises:
        ParseError: ``url`` is no http(s) address.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except (ValueError, UnicodeError) as error:
        raise ParseError(f"not an address: {error}", url) from error
    if parts.scheme.lower() not in _PORTS or not host:
        raise ParseError("not an http(s) address", url)
    wrapped = _unwrapped(host, parts.path)
    if wrapped is not None:
        return canonical_address(wrapped + (f"?{parts.query}" if parts.query else ""))
    for prefix in _variants()["host_prefix"]:
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            host = host.removeprefix(prefix)
    shown = "" if port is None or port == _PORTS[parts.scheme.lower()] else f":{port}"
    query = _query(parts.query)
    return f"https://{host}{shown}{_path(parts.path)}" + (f"?{query}" if query else "")


def _unwrapped(host: str, path: str) -> str | None:
    """Return the address proper of an address in a cache, or None."""
    for wrapper in _variants()["wrapper"]:
        domain, _, folder = wrapper.partition("/")
        inner = path.removeprefix("/" + folder)
        if (host == domain or host.endswith("." + domain)) and inner != path and "." in inner.partition("/")[0]:
            return "https://" + inner
    return None


def _path(path: str) -> str:
    path = _ESCAPE.sub(_unescaped, quote(path, safe="/:@!$&'()*+,;=-._~%"))
    for prefix in _variants()["path_prefix"]:
        if path.startswith(prefix) and _SLUG.search(path[len(prefix) :]):
            path = "/" + path.removeprefix(prefix)
    path = path.rstrip("/")
    for suffix in _variants()["path_suffix"]:
        rest = path.removesuffix(suffix)
        if rest != path and (_SLUG.search(rest.rpartition("/")[2]) or suffix.startswith("/index")):
            path = rest
    return path.rstrip("/")


def _unescaped(match: re.Match[str]) -> str:
    """Return the character where it needed no escape (RFC 3986, 6.2.2.2), else the escape in upper case."""
    character = chr(int(match[1], 16))
    return character if character.isascii() and (character.isalnum() or character in "-._~") else match[0].upper()


def _query(query: str) -> str:
    known = _variants()
    kept = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None)
        if name.lower() not in known["parameter"]
        and not name.lower().startswith(known["parameter_prefix"])
        and f"{name}={value}".lower() not in known["view"]
    ]
    return urlencode(sorted(kept))


# ---- texts


@cache
def _permutations() -> tuple[tuple[int, int], ...]:
    def number(name: str) -> int:
        return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")

    return tuple((number(f"factor {i}") | 1, number(f"summand {i}")) for i in range(PERMUTATIONS))


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def signature(words: Iterable[str]) -> array[int]:
    """Return the MinHash signature of a text: ``PERMUTATIONS`` numbers of 32 bits (384 bytes).

    Args:
        words: the words of the text in their order, in one letter case; those after the 20,000th are not read.

    Raises:
        ValueError: fewer words than one shingle has.
    """
    row = list(words)[:_MOST_WORDS]
    if len(row) < SHINGLE:
        raise ValueError(f"{len(row)} words make no shingle of {SHINGLE}")
    hashes = list({_hash(" ".join(row[i : i + SHINGLE])) for i in range(len(row) - SHINGLE + 1)})
    return array("I", (min([(a * h + b) & _MASK for h in hashes]) >> 32 for a, b in _permutations()))


def similarity(one: array[int], other: array[int]) -> float:
    """Return the estimated Jaccard similarity (0 to 1) of the shingles of two texts from their signatures."""
    return sum(a == b for a, b in zip(one, other, strict=True)) / PERMUTATIONS


def _body_words(article: Article) -> list[str]:
    """Return the words of the body alone: syndicated copies have titles of their own."""
    body = next((s for s in article.sections if s.label == "body"), None)
    text = article.text[body.start : body.end] if body is not None else article.text
    return _WORD.findall(text.casefold())


@dataclass(slots=True)
class _Story:
    """One text that was kept. ``trials``: hashes of the registry ids that it names; ``values``: None for a short text."""

    id: str
    values: array[int] | None
    trials: frozenset[int]
    addresses: tuple[str, ...]
    earlier: str | None = None


class Duplicates:
    """Remembers the articles of a run and tells which of them repeat another.

    An article repeats another where the two have the same canonical address and the same words, or nearly the same words at
    different addresses. The same address with changed words is a version of the article, not a duplicate.

    Memory: at most 5 kB for an article with one address, whatever its length, and 0.3 kB for each further address (16 at
    most are kept); the texts themselves are not kept.
    """

    def __init__(self) -> None:
        self._stories: list[_Story] = []
        self._by_id: dict[str, int] = {}
        self._by_text: dict[int, int] = {}
        # Canonical address -> (story, hash of the words last seen there, whether the story is its own).
        self._by_address: dict[int, tuple[int, int, bool]] = {}
        self._bands: dict[int, tuple[int, ...]] = {}

    def __len__(self) -> int:
        """Return how many different texts are known."""
        return len(self._stories)

    def add(self, article: Article) -> str | None:
        """Return the id of the article that this one repeats, or None for a new article or a new version of one.

        A repeated article's addresses are added to those of the first (``addresses``); a new one is remembered.
        """
        words = _body_words(article)
        text = _hash(" ".join(words))
        given = tuple(dict.fromkeys(a for a in (article.url, *article.addresses) if a))
        keys = [key for address in given if (key := _address_key(address)) is not None]
        known = next((self._by_address[key] for key in keys if key in self._by_address), None)
        trials = frozenset(_hash(name) for name in list(dict.fromkeys(_TRIAL.findall(article.text)))[:8])
        values = signature(words) if len(words) >= SHORTEST else None
        found = self._find(text, values, trials, known)
        if found is None:
            earlier = self._stories[known[0]].id if known is not None else None
            found = self._keep(_Story(article.id, values, trials, given[:_MOST_ADDRESSES], earlier), text)
            self._note(keys, found, text, own=True)
            return None
        story = self._stories[found]
        story.addresses = tuple(dict.fromkeys((*story.addresses, *given)))[:_MOST_ADDRESSES]
        self._note(keys, found, text, own=False)
        return story.id

    def addresses(self, id: str) -> tuple[str, ...]:
        """Return the addresses under which the article ``id`` and its copies came, in order of arrival.

        Raises:
            KeyError: no article with this id is remembered.
        """
        return self._stories[self._by_id[id]].addresses

    def earlier_version(self, id: str) -> str | None:
        """Return the id of the article whose address held other words before this one's, or None where it is the first.

        Raises:
            KeyError: no article with this id is remembered.
        """
        return self._stories[self._by_id[id]].earlier

    def _find(
        self, text: int, values: array[int] | None, trials: frozenset[int], known: tuple[int, int, bool] | None
    ) -> int | None:
        if known is not None:
            index, last, own = known
            story = self._stories[index]
            if last == text:
                return index
            if own or values is None or story.values is None or similarity(values, story.values) < SAME:
                return None
            return index  # the copy was changed, but is still a copy
        if text in self._by_text:
            return self._by_text[text]
        return self._most_similar(values, trials) if values is not None else None

    def _most_similar(self, values: array[int], trials: frozenset[int]) -> int | None:
        candidates = {index for key in _band_keys(values) for index in self._bands.get(key, ())}
        best, share = None, SAME
        for index in sorted(candidates):
            story = self._stories[index]
            if story.values is None or (trials and story.trials and not trials & story.trials):
                continue
            found = similarity(values, story.values)
            if found > share or (found == share and best is None):
                best, share = index, found
        return best

    def _keep(self, story: _Story, text: int) -> int:
        index = len(self._stories)
        self._stories.append(story)
        self._by_id[story.id] = index
        self._by_text.setdefault(text, index)
        for key in _band_keys(story.values) if story.values is not None else ():
            row = self._bands.get(key, ())
            if len(row) < _MOST_IN_BAND:
                self._bands[key] = (*row, index)
        return index

    def _note(self, keys: list[int], index: int, text: int, *, own: bool) -> None:
        for key in keys[:_MOST_ADDRESSES]:
            before = self._by_address.get(key)
            kept = own or (before is not None and before[0] == index and before[2])
            self._by_address[key] = (index, text, kept)


def _address_key(address: str) -> int | None:
    """Return the hash of the canonical address; None for a file name or anything else that is no web address."""
    try:
        return _hash(canonical_address(address))
    except ParseError:
        return None


def _band_keys(values: array[int]) -> list[int]:
    raw = values.tobytes()
    size = _ROWS * values.itemsize
    return [
        int.from_bytes(blake2b(bytes([band]) + raw[band * size : (band + 1) * size], digest_size=7).digest(), "big")
        for band in range(PERMUTATIONS // _ROWS)
    ]
