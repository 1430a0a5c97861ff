"""The one HTTP client: polite, bounded in time and size, and closed to private addresses.

The parts can be exchanged one by one: ``session`` or ``transport`` (how bytes travel), ``resolver`` (names to
addresses), ``sleep`` and ``clock`` (waiting).
"""

from __future__ import annotations

import importlib.metadata
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from protego import Protego
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util.retry import Retry

from extractor.errors import FetchError
from extractor.sources.addresses import Deadline, Resolver, deadline, guarded_pools, resolve, system_resolver
from extractor.sources.messages import Response, decoded, media_type, origin_of, reason_of
from extractor.sources.state import FetchState

__all__ = ["DEFAULT_TYPES", "HttpClient", "Response"]

DEFAULT_TYPES = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/xml",
    "application/xml",
    "application/json",
    "application/jsonl",
    "application/x-ndjson",
    "application/gzip",
    "application/x-gzip",
)
"""Media types that ``HttpClient.get`` accepts unless told otherwise."""

_AGENT = "evidence-extractor"
_RETRY_STATUS = (429, 500, 502, 503, 504)
_REDIRECT_STATUS = (301, 302, 303, 307, 308)
_CHUNK = 65536
_ROBOTS_LIMIT = 512_000
_ROBOTS_TYPES = ("",)
_LONGEST_CRAWL_DELAY = 60.0


class _GuardedAdapter(HTTPAdapter):
    """A transport that connects only to checked addresses."""

    def __init__(self, resolver: Resolver, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        super().__init__(max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools guarded ones."""
        super().init_poolmanager(*args, **kwargs)
        guarded_pools(self.poolmanager, resolver=self._resolver, allow_private=self._allow_private)


class _Again(Exception):
    """The request may be tried again after ``wait`` seconds (None: by backoff)."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class HttpClient:
    """Fetches documents over http and https.

    Args:
        contact: address or mail address named in the User-Agent, so that a site can complain.
        connect_timeout, read_timeout: seconds to wait for a connection, and for the next bytes.
        total_timeout: seconds for one ``get`` with its redirects, retries and waits.
        retries: how often a request is tried again after 429, 5xx, a timeout or a broken connection.
        backoff: seconds before the first of these; doubled each time, with jitter. Retry-After goes before.
        max_redirects: redirects followed. max_bytes: most bytes of a body, as sent and decompressed.
        min_delay: least seconds between two requests to one host; a robots.txt crawl delay goes before.
        robots: obey robots.txt. allow_private: allow private, loopback, link-local and reserved addresses.
        use_proxies: use the proxies that the environment names (the address check then holds before the request only).
        delays: least seconds between two requests by host name, for services with a stated rate; goes before
            ``min_delay`` and crawl delays.
        state: memory of fetching; with it pages are asked for "if changed" only, and rates hold over all processes that
            use the same file.
        session, transport: whose adapters send the requests, for tests and special set-ups; with either of them the
            address check is made before each request, since the connection itself is not ours.
        resolver, sleep, clock: exchangeable parts.

    Raises:
        ValueError: ``contact`` holds a line break.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 30.0,
        total_timeout: float = 120.0,
        retries: int = 3,
        backoff: float = 0.5,
        max_redirects: int = 5,
        max_bytes: int = 20_000_000,
        min_delay: float = 1.0,
        robots: bool = True,
        allow_private: bool = False,
        use_proxies: bool = False,
        delays: Mapping[str, float] | None = None,
        state: FetchState | None = None,
        session: requests.Session | None = None,
        transport: BaseAdapter | None = None,
        resolver: Resolver = system_resolver,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if contact is not None and ("\r" in contact or "\n" in contact):
            raise ValueError("the contact must not hold a line break")
        try:
            version = importlib.metadata.version(_AGENT)
        except importlib.metadata.PackageNotFoundError:
            version = "0"
        self.user_agent = f"{_AGENT}/{version}" + (f" (+{contact})" if contact else "")
        self._timeouts = (connect_timeout, read_timeout)
        self._total_timeout = total_timeout
        self._retry = Retry(
            retries,
            status_forcelist=_RETRY_STATUS,
            backoff_factor=backoff,
            backoff_jitter=backoff / 2,
            raise_on_status=False,
        )
        self._backoff = backoff
        self._max_redirects = max_redirects
        self._max_bytes = max_bytes
        self._min_delay = min_delay
        self._obey_robots = robots
        self._allow_private = allow_private
        self._use_proxies = use_proxies
        self._delays = dict(delays or {})
        self._state = state
        self._resolver = resolver
        self._sleep = sleep
        self._clock = clock
        self._preflight = session is not None or transport is not None or use_proxies
        self._session = session if session is not None else self._new_session(transport)
        self._robots: dict[str, Protego | FetchError] = {}
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def _new_session(self, transport: BaseAdapter | None) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no .netrc credentials, no proxies unless asked for
        session.cookies.set_policy(DefaultCookiePolicy(strict_domain=True))
        adapter = transport or _GuardedAdapter(self._resolver, self._allow_private)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def __enter__(self) -> HttpClient:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()

    def get(
        self,
        url: str,
        *,
        accept: Sequence[str] = DEFAULT_TYPES,
        headers: Mapping[str, str] | None = None,
        interface: bool = False,
    ) -> Response:
        """Fetch one document.

        Args:
            url: http or https address.
            accept: media types to take; a server that names none is believed. Empty: any.
            headers: further request headers; those that carry credentials do not survive a redirect to another host.
            interface: the address is a service made for programs; robots.txt, which speaks of pages, is not asked.

        Raises:
            FetchError: not http(s), forbidden address, forbidden by robots.txt, no connection, a status other than 2xx,
                unexpected media type, too large, too slow, too many redirects; with the reason and the address.
        """
        end = self._clock() + self._total_timeout
        with deadline(self._total_timeout) as limit:
            try:
                return self._follow(url, tuple(accept), headers or {}, end, limit, self._obey_robots and not interface)
            except FetchError as error:
                if limit.passed:
                    raise FetchError(f"took longer than {self._total_timeout:g} seconds", url) from error
                if error.where != url:
                    raise FetchError(f"{error.reason} (at {error.where})", url, lasting=error.lasting) from error
                raise

    def _follow(
        self, url: str, accept: tuple[str, ...], headers: Mapping[str, str], end: float, limit: Deadline, robots: bool
    ) -> Response:
        """Fetch ``url`` over its redirects, each checked like a first request."""
        current = url
        seen: set[str] = set()
        sent = dict(headers)
        for _ in range(self._max_redirects + 1):
            host = self._check_url(current)
            if current in seen:
                raise FetchError("redirect loop", current, lasting=True)
            seen.add(current)
            if robots:
                self._check_robots(current, end, limit)
            response = self._ask(current, accept, sent, self._max_bytes, end, limit)
            if response.status not in _REDIRECT_STATUS:
                if not 200 <= response.status < 300:
                    lasting = 400 <= response.status < 500
                    raise FetchError(f"the server answered with status {response.status}", current, lasting=lasting)
                return msgspec.structs.replace(response, url=url, final_url=current)
            target = response.headers.get("location")
            if not target:
                raise FetchError(f"status {response.status} without a Location", current)
            try:
                current = urlsplit(urljoin(current, target))._replace(fragment="").geturl()
            except ValueError as error:
                raise FetchError(f"redirect to an address that is none: {target[:200]!r}", current) from error
            if self._check_url(current) != host:
                sent = {name: value for name, value in sent.items() if name.lower() not in ("authorization", "cookie")}
        raise FetchError(f"more than {self._max_redirects} redirects", current, lasting=True)

    def _check_url(self, url: str) -> str:
        """Return scheme, host and port of a fetchable address."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise FetchError(f"not an address: {error}", url) from error
        if parts.scheme not in ("http", "https"):
            raise FetchError(f"only http and https addresses can be fetched, not {parts.scheme or 'this'!r}", url)
        if not host:
            raise FetchError("the address names no host", url)
        if parts.username is not None or parts.password is not None:
            raise FetchError("an address that holds a user name or password is not fetched", url)
        number = port if port is not None else 443 if parts.scheme == "https" else 80
        if self._preflight:
            resolve(host, number, resolver=self._resolver, allow_private=self._allow_private)
        return f"{parts.scheme}://{host}:{number}"

    def _ask(
        self, url: str, accept: tuple[str, ...], headers: Mapping[str, str], max_bytes: int, end: float, limit: Deadline
    ) -> Response:
        """Return the kept answer where it is fresh or unchanged, else fetch and keep a new one."""
        # what is sent to one who shows credentials is nobody else's
        if self._state is None or any(name.lower() in ("authorization", "cookie") for name in headers):
            return self._fetch(url, accept, headers, max_bytes, end, limit)
        stored = self._state.stored(url)
        if stored is not None and any(accept) and stored.response.content_type not in (*accept, ""):
            stored = None
        if stored is not None and stored.fresh:
            return msgspec.structs.replace(stored.response, kept=True)
        asked = dict(headers) if stored is None else {**headers, **stored.validators()}
        response = self._fetch(url, accept, asked, max_bytes, end, limit)
        if response.status == 304 and stored is not None:
            self._state.confirm(url, response.headers)
            return msgspec.structs.replace(stored.response, kept=True)
        if response.status == 200:
            self._state.keep(url, response)
        return response

    def _fetch(
        self, url: str, accept: tuple[str, ...], headers: Mapping[str, str], max_bytes: int, end: float, limit: Deadline
    ) -> Response:
        """Send one request, with retries."""
        policy = self._retry
        while True:
            self._pace(url, end)
            try:
                return self._send(url, accept, headers, max_bytes, end, limit)
            except _Again as again:
                try:
                    policy = policy.increment("GET", url, error=TransportError(again.reason))
                except (MaxRetryError, TransportError):
                    raise FetchError(again.reason, url) from again
                wait = again.wait if again.wait is not None else max(self._backoff, policy.get_backoff_time())
                if limit.passed or self._clock() + wait >= end:
                    raise FetchError(
                        f"{again.reason}; waiting {wait:g} s more would pass the time limit", url
                    ) from again
                if again.wait is not None and self._state is not None:
                    self._state.postpone(urlsplit(url).netloc, wait)
                self._sleep(wait)

    def _pace(self, url: str, end: float) -> None:
        """Wait until the host of ``url`` may be asked again."""
        host = urlsplit(url).netloc
        delay = self._delay(url)
        left = end - self._clock()
        if self._state is not None:
            wait = self._state.turn(host, delay, left)
        else:
            with self._lock:
                now = self._clock()
                wait = max(now, self._next.get(host, now)) - now
                if wait > left:
                    raise FetchError(f"the turn at this host is {wait:g} s away, past the time limit", url)
                self._next[host] = now + wait + delay
        if wait > 0:
            self._sleep(wait)

    def _delay(self, url: str) -> float:
        stated = self._delays.get(urlsplit(url).hostname or "")
        if stated is not None:
            return stated
        robots = self._robots.get(origin_of(url))
        asked = robots.crawl_delay(_AGENT) or 0.0 if isinstance(robots, Protego) else 0.0
        return max(self._min_delay, min(_LONGEST_CRAWL_DELAY, asked))

    def _send(
        self, url: str, accept: tuple[str, ...], headers: Mapping[str, str], max_bytes: int, end: float, limit: Deadline
    ) -> Response:
        """Send one request once and read the answer within the limits."""
        named = {"User-Agent": self.user_agent, "Accept-Encoding": "gzip, deflate", **headers}
        named.setdefault("Accept", ", ".join(filter(None, accept[:3])) + ", */*;q=0.1" if any(accept) else "*/*")
        try:
            prepared = self._session.prepare_request(requests.Request("GET", url, headers=named))
            proxies = requests.utils.get_environ_proxies(url) if self._use_proxies else {}
            # Not Session.send: that reads the whole body of a redirect, however large, to prepare the next request.
            adapter = self._session.get_adapter(url)
            raw = adapter.send(prepared, stream=True, timeout=self._timeouts, proxies=proxies, verify=True)
            extract_cookies_to_jar(self._session.cookies, prepared, raw.raw)  # type: ignore[no-untyped-call]
        except requests.exceptions.SSLError as error:
            raise FetchError(f"the TLS connection failed: {error}", url) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _Again(reason_of(error)) from error
        except (requests.RequestException, UnicodeError, ValueError) as error:
            raise FetchError(f"the request could not be made: {error}", url) from error
        try:
            return self._receive(raw, url, accept, max_bytes, end, limit)
        finally:
            raw.close()

    def _receive(
        self, raw: requests.Response, url: str, accept: tuple[str, ...], max_bytes: int, end: float, limit: Deadline
    ) -> Response:
        headers = {name.lower(): value for name, value in raw.headers.items()}
        if self._retry.is_retry("GET", raw.status_code, "retry-after" in headers):
            raise _Again(f"the server answered with status {raw.status_code}", self._retry_after(headers))
        media, charset = media_type(headers.get("content-type", ""))
        content = b""
        if 200 <= raw.status_code < 300:
            if media and any(accept) and media not in accept:
                raise FetchError(f"the content type is {media!r}, not a document", url, lasting=True)
            content = self._body(raw, headers, url, max_bytes, end, limit)
        return Response(
            url=url,
            final_url=url,
            status=raw.status_code,
            content_type=media,
            charset=charset,
            content=content,
            headers=headers,
            retrieved_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _body(
        self, raw: requests.Response, headers: Mapping[str, str], url: str, max_bytes: int, end: float, limit: Deadline
    ) -> bytes:
        stated = headers.get("content-length", "")
        if stated.isdecimal() and len(stated) < 20 and int(stated) > max_bytes:
            raise FetchError(f"the document has {stated} bytes, more than {max_bytes}", url)
        parts: list[bytes] = []
        have = 0
        try:
            for chunk in decoded(self._chunks(raw, url, max_bytes, end), headers.get("content-encoding", ""), url):
                have += len(chunk)
                if have > max_bytes:
                    raise FetchError(f"the document has more than {max_bytes} bytes", url)
                parts.append(chunk)
        except (TransportError, OSError) as error:
            raise _Again(f"the connection broke: {error}") from error
        if limit.passed:
            raise FetchError(f"took longer than {self._total_timeout:g} seconds", url)
        return b"".join(parts)

    def _chunks(self, raw: requests.Response, url: str, max_bytes: int, end: float) -> Iterator[bytes]:
        """Yield the body as it is sent; compressed bytes are capped as well."""
        sent = 0
        for chunk in raw.raw.stream(_CHUNK, decode_content=False):
            sent += len(chunk)
            if sent > max_bytes:
                raise FetchError(f"the document has more than {max_bytes} bytes", url)
            if self._clock() > end:
                raise FetchError(f"took longer than {self._total_timeout:g} seconds", url)
            yield chunk

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        stated = headers.get("retry-after")
        if stated is None:
            return None
        try:
            return float(self._retry.parse_retry_after(stated))
        except (InvalidHeader, ValueError, OverflowError):
            return None

    def _check_robots(self, url: str, end: float, limit: Deadline) -> None:
        """Raise FetchError when robots.txt forbids ``url`` (RFC 9309: absent allows all, unreachable forbids all)."""
        if not self._robots_of(url, end, limit).can_fetch(url, _AGENT):
            raise FetchError("robots.txt forbids this address", url, lasting=True)

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """Return the addresses of the sitemaps that robots.txt names for the site of ``url``; none where it names none.

        Raises:
            FetchError: ``url`` is no address that may be fetched, or its robots.txt cannot be had.
        """
        self._check_url(url)
        with deadline(self._total_timeout) as limit:
            robots = self._robots_of(url, self._clock() + self._total_timeout, limit)
        return tuple(dict.fromkeys(urljoin(origin_of(url) + "/", address) for address in robots.sitemaps))

    def _robots_of(self, url: str, end: float, limit: Deadline) -> Protego:
        """Return the robots.txt of the host of ``url``, asked for once."""
        origin = origin_of(url)
        with self._lock:
            known = self._robots.get(origin)
        if known is None:
            known = self._load_robots(origin, end, limit)
            with self._lock:
                self._robots[origin] = known
        if isinstance(known, FetchError):
            raise FetchError(f"robots.txt cannot be fetched: {known.reason}", url)
        return known

    def _load_robots(self, origin: str, end: float, limit: Deadline) -> Protego | FetchError:
        current = origin + "/robots.txt"
        for _ in range(self._max_redirects + 1):
            self._check_url(current)
            try:
                response = self._ask(current, _ROBOTS_TYPES, {}, _ROBOTS_LIMIT, end, limit)
            except FetchError as error:
                return error
            if response.status in _REDIRECT_STATUS and "location" in response.headers:
                current = urljoin(current, response.headers["location"])
                continue
            if response.status >= 500:
                return FetchError(f"the server answered with status {response.status}", current)
            found = 200 <= response.status < 300
            return Protego.parse(response.content.decode("utf-8", "replace") if found else "")
        return Protego.parse("")
