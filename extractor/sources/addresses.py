"""Connections that go only where they may: the address that was checked is the address that is connected to.

A host name is resolved once per connection; every resolved address must be public unless private ones are allowed, and
the connection is made to one of those very addresses, so that a name which resolves differently a moment later (DNS
rebinding) gains nothing. A deadline can be laid over a whole request: when it passes, the socket is shut down, which
ends even a server that sends one byte a minute.

Limits: behind a proxy the proxy resolves the name, so that only the check before the request remains.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from extractor.errors import FetchError

__all__ = ["Deadline", "Resolver", "deadline", "guarded_pools", "is_public", "resolve", "system_resolver"]

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to the IP addresses of the host, in order of preference; raises OSError when there are none."""

_EMBEDDING = (
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (ipaddress.ip_network("64:ff9b:1::/48"), 0),  # local-use NAT64, RFC 8215
    (ipaddress.ip_network("2002::/16"), 80),  # 6to4, RFC 3056
)


def is_public(address: str) -> bool:
    """Return True when an IP address is globally reachable unicast, also by the IPv4 address that it may embed."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.teredo is not None:
            return is_public(str(ip.teredo[1]))
        for network, shift in _EMBEDDING:
            if ip in network:
                return is_public(str(ipaddress.IPv4Address((int(ip) >> shift) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return the addresses of ``host`` as the operating system resolves it.

    Raises:
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(host: str, port: int, *, resolver: Resolver, allow_private: bool) -> Sequence[str]:
    """Return the addresses of ``host``, all of which may be connected to.

    Raises:
        FetchError: the name cannot be resolved, or one of its addresses is private, loopback, link-local or reserved.
    """
    try:
        addresses = resolver(host.strip("[]"), port)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"the host name {host!r} cannot be resolved: {error}", host) from error
    if not addresses:
        raise FetchError(f"the host name {host!r} has no address", host)
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise FetchError(f"refused: {host!r} is at the private or reserved address {address}", host)
    return addresses


class Deadline:
    """A time limit on a request, which shuts the request's socket down when it passes."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(0.0, seconds), self._fire)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, sock: socket.socket | None) -> None:
        """Make ``sock`` the socket to shut down; at once if the deadline has passed."""
        with self._lock:
            self._socket = sock
            if self.passed:
                self._shut()

    def cancel(self) -> None:
        """End the watch: the socket may be used by others from now on."""
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def _fire(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Past the TLS layer on purpose: its shutdown is not safe while another thread reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_current = threading.local()


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Lay a deadline over all guarded connections that this thread uses inside the block."""
    limit = Deadline(seconds)
    _current.deadline = limit
    try:
        yield limit
    finally:
        _current.deadline = None
        limit.cancel()


def _watch(sock: Any) -> None:
    limit: Deadline | None = getattr(_current, "deadline", None)
    if limit is not None:
        limit.watch(sock)


def guarded_pools(manager: PoolManager, *, resolver: Resolver, allow_private: bool) -> None:
    """Make all connections of ``manager`` resolve once, check, and connect to what was checked."""

    def connect(connection: HTTPConnection) -> socket.socket:
        host = connection.host
        addresses = resolve(host, connection.port or 0, resolver=resolver, allow_private=allow_private)
        problem: OSError | None = None
        for address in addresses:
            try:
                sock = create_connection(
                    (address, connection.port or 0),
                    connection.timeout,
                    source_address=connection.source_address,
                    socket_options=connection.socket_options,
                )
            except TimeoutError as error:
                raise ConnectTimeoutError(connection, f"connection to {host} timed out") from error
            except OSError as error:
                problem = error
            else:
                _watch(sock)
                return sock
        raise NewConnectionError(connection, f"cannot connect to {host}: {problem}") from problem

    class GuardedHTTP(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

        def request(self, *args: Any, **kwargs: Any) -> None:
            _watch(self.sock)
            super().request(*args, **kwargs)

    class GuardedHTTPS(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

        def connect(self) -> None:
            super().connect()
            _watch(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> None:
            _watch(self.sock)
            super().request(*args, **kwargs)

    class GuardedHTTPPool(HTTPConnectionPool):
        ConnectionCls = GuardedHTTP

    class GuardedHTTPSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHTTPS

    manager.pool_classes_by_scheme = {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}
