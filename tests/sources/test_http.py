"""The HTTP client against a loopback server that misbehaves."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from pytest_httpserver import HTTPServer
from requests.adapters import BaseAdapter
from werkzeug import Request
from werkzeug import Response as Answer

from extractor.errors import FetchError
from extractor.sources import HttpClient
from extractor.sources.addresses import is_public, resolve


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(allow_private=True, robots=False, min_delay=0, backoff=0.01, retries=2, total_timeout=5) as made:
        yield made


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections with a function that writes whatever it likes."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    talk(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_page_is_fetched(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/a").respond_with_data("<p>Überleben</p>", content_type="Text/HTML; charset=UTF-8")
    response = client.get(httpserver.url_for("/a"))
    assert (response.status, response.content_type, response.charset) == (200, "text/html", "utf-8")
    assert response.content.decode() == "<p>Überleben</p>"
    assert response.url == response.final_url == httpserver.url_for("/a")
    assert response.retrieved_at is not None


def test_client_names_itself_with_contact(httpserver: HTTPServer) -> None:
    agents: list[str] = []

    def handler(request: Request) -> Answer:
        agents.append(request.headers["User-Agent"])
        return Answer("x", content_type="text/plain")

    httpserver.expect_request("/a").respond_with_handler(handler)
    with HttpClient(allow_private=True, robots=False, min_delay=0, contact="mailto:ek@x.example") as client:
        client.get(httpserver.url_for("/a"))
    assert agents[0].startswith("evidence-extractor/")
    assert agents[0].endswith("(+mailto:ek@x.example)")
    with pytest.raises(ValueError, match="line break"):
        HttpClient(contact="a\r\nX: y")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://x.example/a", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("x.example/a", "only http and https"),
        ("http:///a", "no host"),
        ("http://[::1/a", "not an address"),
        ("http://x.example:99999/", "not an address"),
        ("http://me:secret@x.example/", "user name or password"),
    ],
)
def test_what_is_no_address_is_refused(client: HttpClient, url: str, reason: str) -> None:
    with pytest.raises(FetchError, match=reason) as caught:
        client.get(url)
    assert caught.value.where == url


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "ff02::1",
     "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "198.18.0.1", "none"],
)  # fmt: skip
def test_private_and_reserved_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        resolve("x.example", 80, resolver=lambda host, port: ["8.8.8.8", "10.0.0.1"], allow_private=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_loopback_is_refused_in_every_spelling(httpserver: HTTPServer, host: str) -> None:
    httpserver.expect_request("/a").respond_with_data("secret")
    with (
        HttpClient(robots=False, min_delay=0, retries=0) as client,
        pytest.raises(FetchError, match=r"refused|resolved"),
    ):
        client.get(f"http://{host}:{httpserver.port}/a")
    assert not httpserver.log


def test_connection_goes_to_the_address_that_was_checked(httpserver: HTTPServer) -> None:
    """A name that is public when checked and private a moment later (rebinding) is resolved once only."""
    answers = iter([["203.0.113.9"], ["127.0.0.1"]])
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with (
        HttpClient(robots=False, min_delay=0, retries=0, resolver=resolver) as client,
        pytest.raises(FetchError, match=r"203\.0\.113\.9"),
    ):
        client.get(f"http://rebind.example:{httpserver.port}/a")
    assert asked == ["rebind.example"]
    assert not httpserver.log


def test_redirect_to_a_private_address_is_refused(httpserver: HTTPServer) -> None:
    """The first host counts as public for the test; the redirect leads to loopback by its own name."""
    target = f"http://127.0.0.1:{httpserver.port}/secret"

    class Transport(BaseAdapter):
        def send(self, request: requests.PreparedRequest, **kwargs: object) -> requests.Response:  # type: ignore[override]
            sent.append(str(request.url))
            response = requests.Response()
            response.status_code = 302
            response.request = request
            response.headers["Location"] = target
            response.raw = type("Raw", (), {"stream": lambda *a, **k: iter(()), "close": lambda s: None,
                                            "release_conn": lambda s: None})()  # fmt: skip
            return response

        def close(self) -> None:
            """Nothing to close."""

    sent: list[str] = []
    resolver = {"public.example": ["8.8.8.8"]}
    client = HttpClient(
        robots=False, min_delay=0, transport=Transport(), resolver=lambda host, port: resolver.get(host, [host])
    )
    with pytest.raises(FetchError, match=r"127\.0\.0\.1"):
        client.get("http://public.example/a")
    assert sent == ["http://public.example/a"]
    assert not httpserver.log


def test_redirects_are_followed(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=301, headers={"Location": "/b?x=1#part"})
    httpserver.expect_request("/b").respond_with_data("here", content_type="text/plain")
    response = client.get(httpserver.url_for("/a"))
    assert (response.content, response.url) == (b"here", httpserver.url_for("/a"))
    assert response.final_url == httpserver.url_for("/b?x=1")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/a", "redirect loop"),
        ("file:///etc/passwd", "only http"),
        (None, "without a Location"),
    ],
)
def test_bad_redirects(httpserver: HTTPServer, client: HttpClient, location: str | None, reason: str) -> None:
    headers = {"Location": location} if location else {}
    httpserver.expect_request("/a").respond_with_data("", status=302, headers=headers)
    with pytest.raises(FetchError, match=reason):
        client.get(httpserver.url_for("/a"))


@pytest.mark.parametrize("location", ["http://[", "http://x:y:z/", "http://\xff\xfe/"])
def test_redirect_to_what_is_no_address(client: HttpClient, location: str) -> None:
    def answer(connection: socket.socket) -> None:
        line = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(line.encode("latin-1"))

    with raw_server(answer) as url, pytest.raises(FetchError):
        client.get(url)


def test_endless_body_of_a_redirect_is_not_read(client: HttpClient) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    start = time.monotonic()
    with raw_server(endless) as url, pytest.raises(FetchError, match="redirect loop"):
        client.get(url)
    assert time.monotonic() - start < 2


def test_redirects_are_capped(httpserver: HTTPServer, client: HttpClient) -> None:
    def handler(request: Request) -> Answer:
        return Answer("", status=302, headers={"Location": f"/r{int(request.path[2:]) + 1}"})

    for number in range(9):
        httpserver.expect_request(f"/r{number}").respond_with_handler(handler)
    with pytest.raises(FetchError, match="more than 5 redirects"):
        client.get(httpserver.url_for("/r0"))
    assert len(httpserver.log) == 6


def test_credentials_stay_with_their_host(httpserver: HTTPServer, client: HttpClient) -> None:
    seen: list[str | None] = []

    def handler(request: Request) -> Answer:
        seen.append(request.headers.get("Authorization"))
        there = f"http://localhost:{httpserver.port}/b"
        return (
            Answer("x", status=302, headers={"Location": there})
            if request.path == "/a"
            else Answer("x", content_type="text/plain")
        )

    httpserver.expect_request("/a").respond_with_handler(handler)
    httpserver.expect_request("/b").respond_with_handler(handler)
    client.get(f"http://127.0.0.1:{httpserver.port}/a", headers={"Authorization": "secret"})
    assert seen == ["secret", None]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
def test_refusals_are_errors_at_once(httpserver: HTTPServer, client: HttpClient, status: int) -> None:
    httpserver.expect_request("/a").respond_with_data("no", status=status)
    with pytest.raises(FetchError, match=f"status {status}"):
        client.get(httpserver.url_for("/a"))
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_faults_are_tried_again(httpserver: HTTPServer, client: HttpClient, status: int) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("", status=status)
    httpserver.expect_ordered_request("/a").respond_with_data("ok", content_type="text/plain")
    assert client.get(httpserver.url_for("/a")).content == b"ok"


def test_lasting_faults_end_after_the_retries(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=503)
    with pytest.raises(FetchError, match="status 503"):
        client.get(httpserver.url_for("/a"))
    assert len(httpserver.log) == 3


def test_retry_after_is_obeyed(httpserver: HTTPServer) -> None:
    waits: list[float] = []
    httpserver.expect_ordered_request("/a").respond_with_data("", status=429, headers={"Retry-After": "7"})
    httpserver.expect_ordered_request("/a").respond_with_data("", status=503, headers={"Retry-After": "not a time"})
    httpserver.expect_ordered_request("/a").respond_with_data("ok", content_type="text/plain")
    with HttpClient(allow_private=True, robots=False, min_delay=0, backoff=0.5, sleep=waits.append) as client:
        assert client.get(httpserver.url_for("/a")).content == b"ok"
    assert waits[0] == 7
    assert 0.5 <= waits[1] < 7


def test_retry_after_past_the_time_limit_ends_it(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=429, headers={"Retry-After": "99999"})
    with pytest.raises(FetchError, match="would pass the time limit"):
        client.get(httpserver.url_for("/a"))
    assert len(httpserver.log) == 1


def test_nobody_listening(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError, match="no answer"):
        client.get(f"http://127.0.0.1:{port}/")


def test_broken_connection_is_tried_again_then_an_error(client: HttpClient) -> None:
    calls: list[int] = []

    def cut(connection: socket.socket) -> None:
        calls.append(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nshort")

    with raw_server(cut) as url, pytest.raises(FetchError, match="broke"):
        client.get(url)
    assert len(calls) == 3


def test_endless_body_is_capped(httpserver: HTTPServer) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with (
        HttpClient(allow_private=True, robots=False, min_delay=0, max_bytes=300_000) as client,
        raw_server(endless) as url,
        pytest.raises(FetchError, match="more than 300000 bytes"),
    ):
        client.get(url)


def test_stated_size_is_believed_before_reading(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("x" * 2000, content_type="text/plain")
    with (
        HttpClient(allow_private=True, robots=False, min_delay=0, max_bytes=1000) as client,
        pytest.raises(FetchError, match="has 2000 bytes"),
    ):
        client.get(httpserver.url_for("/a"))


@pytest.mark.parametrize("where", ["head", "body"])
def test_slow_drip_ends_at_the_time_limit(where: str) -> None:
    """One byte now and then keeps every read timeout happy; the total limit must end it."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + (b"\r\n" if where == "body" else b"X-Slow: ")
        )
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    start = time.monotonic()
    with (
        HttpClient(
            allow_private=True, robots=False, min_delay=0, read_timeout=5, total_timeout=0.6, backoff=0.01
        ) as client,
        raw_server(drip) as url,
        pytest.raises(FetchError, match="longer than"),
    ):
        client.get(url)
    assert time.monotonic() - start < 3


def test_silent_server_ends_at_the_read_timeout() -> None:
    def silent(connection: socket.socket) -> None:
        connection.settimeout(3)
        connection.recv(1)

    with (
        HttpClient(allow_private=True, robots=False, min_delay=0, read_timeout=0.2, retries=0) as client,
        raw_server(silent) as url,
        pytest.raises(FetchError, match="timed out"),
    ):
        client.get(url)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("identity", bytes),
    ],
)
def test_compressed_bodies_are_read(
    httpserver: HTTPServer, client: HttpClient, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    data = b"words and words " * 20_000
    httpserver.expect_request("/a").respond_with_data(
        pack(data), content_type="text/plain", headers={"Content-Encoding": encoding}
    )
    assert client.get(httpserver.url_for("/a")).content == data


@pytest.mark.parametrize(
    ("encoding", "data", "reason"),
    [
        ("gzip", gzip.compress(b"x" * 30_000_000), "more than 20000000 bytes"),
        ("gzip", gzip.compress(b"words" * 1000)[:-10], "cut off"),
        ("gzip", b"not zipped", "damaged"),
        ("br", b"x", "not known"),
        ("gzip, gzip", b"x", "not known"),
    ],
)
def test_bad_compressed_bodies(
    httpserver: HTTPServer, client: HttpClient, encoding: str, data: bytes, reason: str
) -> None:
    httpserver.expect_request("/a").respond_with_data(
        data, content_type="text/plain", headers={"Content-Encoding": encoding}
    )
    with pytest.raises(FetchError, match=reason):
        client.get(httpserver.url_for("/a"))


def test_content_type_is_checked(httpserver: HTTPServer, client: HttpClient) -> None:
    httpserver.expect_request("/a").respond_with_data(b"x", content_type="image/png")
    with pytest.raises(FetchError, match="image/png"):
        client.get(httpserver.url_for("/a"))
    assert client.get(httpserver.url_for("/a"), accept=()).content == b"x"


def test_robots_txt_is_obeyed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /private/\n")
    httpserver.expect_request("/open").respond_with_data("x", content_type="text/plain")
    httpserver.expect_request("/private/a").respond_with_data("x", content_type="text/plain")
    with HttpClient(allow_private=True, min_delay=0) as client:
        for _ in range(2):
            assert client.get(httpserver.url_for("/open")).content == b"x"
        with pytest.raises(FetchError, match=r"robots\.txt forbids"):
            client.get(httpserver.url_for("/private/a"))
    assert [request.path for request, _ in httpserver.log] == ["/robots.txt", "/open", "/open"]


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False), (503, False)])
def test_robots_txt_absent_or_broken(httpserver: HTTPServer, status: int, allowed: bool) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=status)
    httpserver.expect_request("/a").respond_with_data("x", content_type="text/plain")
    with HttpClient(allow_private=True, min_delay=0, retries=0) as client:
        if allowed:
            assert client.get(httpserver.url_for("/a")).content == b"x"
        else:
            with pytest.raises(FetchError, match=r"robots\.txt cannot be fetched"):
                client.get(httpserver.url_for("/a"))


def test_delay_between_requests_to_one_host(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nCrawl-delay: 9\n")
    httpserver.expect_request("/a").respond_with_data("x", content_type="text/plain")
    now = [100.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    with HttpClient(allow_private=True, min_delay=2, sleep=sleep, clock=lambda: now[0]) as client:
        for _ in range(3):
            client.get(httpserver.url_for("/a"))
    assert waits == [2, 9, 9]
