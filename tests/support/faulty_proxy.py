"""A proxy before a real server that answers some requests wrongly, the same ones in every run.

Whether a request fails, and how, follows from the seed, the request and how often it came before: not from the order in which
requests arrive, nor from time.
"""

from __future__ import annotations

import hashlib
import http.client
import http.server
import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.http_server import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DAMAGE", "FAULTS", "Answer", "Proxy", "faulty_proxy"]

FAULTS_IN_A_ROW = 3
"""An equal request that failed so often is answered: so the tests are sure to end well, whatever the seed."""


@dataclass
class Answer:
    """What the real server said."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes


def slow(handler: _Handler, answer: Answer) -> None:
    """The right answer in pieces, each a packet of its own, and a breath between them."""
    handler.send_head(answer)
    size = max(1, len(answer.body) // 8)
    for start in range(0, len(answer.body), size):
        handler.wfile.write(answer.body[start : start + size])
        handler.wfile.flush()
        handler.breath.wait(0.005)


def short(handler: _Handler, answer: Answer) -> None:
    """Half of the body, then the end of the connection."""
    handler.send_head(answer)
    handler.wfile.write(answer.body[: len(answer.body) // 2])
    handler.close_connection = True


def cut(handler: _Handler, answer: Answer) -> None:
    """Half of the body, with a length that fits it: only the range that was promised tells. Of a whole object nothing would."""
    if "Content-Range" not in answer.headers:
        short(handler, answer)
        return
    half = answer.body[: len(answer.body) // 2]
    handler.send_head(Answer(answer.status, answer.reason, {**answer.headers, "Content-Length": str(len(half))}, half))
    handler.wfile.write(half)


def reset(handler: _Handler, answer: Answer) -> None:
    """No answer."""
    handler.reset()


def reset_midway(handler: _Handler, answer: Answer) -> None:
    """A part of the answer, then a reset."""
    handler.send_head(answer)
    handler.wfile.write(answer.body[: len(answer.body) // 3])
    handler.wfile.flush()
    handler.reset()


def refuse_500(handler: _Handler, answer: Answer) -> None:
    """An error."""
    handler.send_plain(500, "Internal Server Error")


def refuse_503(handler: _Handler, answer: Answer) -> None:
    """Too much to do."""
    handler.send_plain(503, "Service Unavailable", {"Retry-After": "1"})


def whole_200(handler: _Handler, answer: Answer) -> None:
    """A part, said to be the whole."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-range"}
    handler.send_head(Answer(200, "OK", headers, answer.body))
    handler.wfile.write(answer.body)


def other_range(handler: _Handler, answer: Answer) -> None:
    """A part, but not the one that was asked for."""
    headers = dict(answer.headers)
    if "Content-Range" in headers:
        interval, total = headers["Content-Range"].removeprefix("bytes ").split("/")
        first, last = (int(number) + 1 for number in interval.split("-"))
        headers["Content-Range"] = f"bytes {first}-{last}/{total}"
        handler.send_head(Answer(answer.status, answer.reason, headers, answer.body))
        handler.wfile.write(answer.body[1:] + b"\0")
    else:
        handler.reset()


def flipped(handler: _Handler, answer: Answer) -> None:
    """One wrong bit in the middle, in an answer that looks right."""
    body = bytearray(answer.body)
    if body:
        body[len(body) // 2] ^= 4
    handler.send_head(answer)
    handler.wfile.write(body)


FAULTS: dict[str, Callable[[_Handler, Answer], None]] = {
    fault.__name__: fault
    for fault in (slow, short, cut, reset, reset_midway, refuse_500, refuse_503, whole_200, other_range)
}
"""All of them are told from a right answer without knowing the bytes."""

DAMAGE = {"flipped": flipped}
"""This one is not."""


@dataclass
class Proxy:
    """A running proxy.

    Attributes
    ----------
    port
        Where it listens.
    rate
        How many of the requests fail, from 0 to 1; may be changed at any time.
    faults
        How they fail.
    seen
        Each request's method, path, range and what became of it: the name of a fault, or empty.
    most_at_once
        Requests that were under way at the same time.
    """

    host: str
    port: int
    upstream: tuple[str, int]
    rate: float
    seed: int
    faults: tuple[str, ...] = tuple(FAULTS)
    seen: list[tuple[str, str, str, str]] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    _times: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _in_a_row: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _lock: Any = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def fault(self, method: str, path: str, interval: str) -> str:
        """How a request is to fail; empty: not at all."""
        request = (method, path, interval)
        with self._lock:
            self._times[request] += 1
            digest = hashlib.blake2b(repr((self.seed, request, self._times[request])).encode()).digest()
            chance, choice = (int.from_bytes(part, "big") for part in (digest[:4], digest[4:8]))
            fails = chance < self.rate * 2**32 and self._in_a_row[request] < FAULTS_IN_A_ROW
            self._in_a_row[request] = self._in_a_row[request] + 1 if fails else 0
            # Of a put, the answer may be lost, or never come; there is no body that could be wrong.
            kinds = (
                self.faults if method == "GET" else [name for name in self.faults if name.startswith(("re", "slow"))]
            )
            name = kinds[choice % len(kinds)] if fails and kinds else ""
            self.seen.append((*request, name))
        return name

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request that is under way."""
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self._lock:
                self.at_once -= 1


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    breath = threading.Event()  # never set: waiting for it is a pause

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ValueError):
            self.close_connection = True  # the client has gone, or we reset the connection

    def answer(self) -> None:
        fault = self.proxy.fault(self.command, self.path, self.headers.get("Range", ""))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.proxy.counted():
            answer = self.ask(body)
        if fault:
            (FAULTS | DAMAGE)[fault](self, answer)
            return
        self.send_head(answer)
        self.wfile.write(answer.body)

    def ask(self, body: bytes) -> Answer:
        """Ask the real server the same: every header as it came, since some are signed."""
        connection = http.client.HTTPConnection(*self.proxy.upstream, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            found = connection.getresponse()
            headers = {
                name: value
                for name, value in found.getheaders()
                if name.lower() not in ("connection", "transfer-encoding")
            }
            answer = Answer(found.status, found.reason, headers, found.read())
        finally:
            connection.close()
        if self.command != "HEAD":
            answer.headers = {n: v for n, v in answer.headers.items() if n.lower() != "content-length"}
            answer.headers["Content-Length"] = str(len(answer.body))
        return answer

    def send_head(self, answer: Answer) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_plain(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        self.send_head(Answer(status, reason, {"Content-Length": "0", **(headers or {})}, b""))

    def reset(self) -> None:
        """Close the connection in such a way that the other side is told of an error."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        raise ConnectionResetError


@contextmanager
def faulty_proxy(
    upstream: tuple[str, int], *, rate: float = 0.1, seed: int = 0, faults: tuple[str, ...] = tuple(FAULTS)
) -> Iterator[Proxy]:
    """Run a proxy before the server at ``upstream``."""
    methods = {f"do_{method}": _Handler.answer for method in ("GET", "HEAD", "PUT", "POST", "DELETE")}
    handler = type("Handler", (_Handler,), methods)
    with served(handler) as (host, port):
        proxy = handler.proxy = Proxy(host, port, upstream, rate, seed, faults)
        yield proxy
