"""The shadow account over HTTP/1.1, on the loopback interface only."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple
from urllib.parse import urlsplit

from stripectl.diagnostics import ProviderError, UsageError, error
from stripectl.providers.shadow.account import Answer, ShadowAccount
from stripectl.providers.shadow.errors import Problem, rate_limited
from stripectl.providers.shadow.limiter import UNLIMITED, Limiter, Limits
from stripectl.providers.shadow.objects import random_id

LOOPBACK = "127.0.0.1"
MAX_BODY = 1 << 20
"""Bytes that a request body may have."""

IDLE_SECONDS = 60.0
_JSON = {"Content-Type": "application/json"}


class Unreadable(NamedTuple):
    """Why a request body cannot be taken."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What a server was asked."""

    requests: int = 0
    refused: int = 0
    """Those of them that were answered 429."""


class ShadowServer(ThreadingHTTPServer):
    """Serves one account. `shutdown()` followed by `server_close()` lets running requests finish."""

    daemon_threads = False
    request_queue_size = 128
    """Clients that open many connections at once would else wait a second for each that was dropped."""

    def __init__(
        self,
        account: ShadowAccount,
        port: int,
        *,
        latency: float = 0.0,
        limiter: Limiter | None = None,
        retry_after: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Bind to `port` of 127.0.0.1; 0 picks a free one. Raises `OSError` where that is not possible.

        `latency` is added to every answer, in seconds; what the `limiter` refuses is answered 429, with a
        `Retry-After` of so many seconds where it is given.
        """
        self.account = account
        self.tally = Tally()
        self._latency = latency
        self._limiter = limiter or Limiter(UNLIMITED, time.monotonic)
        self._retry_after = retry_after
        self._sleep = sleep
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def answer(self, method: str, target: str, body: str, headers: Mapping[str, str]) -> Answer:
        """What the account says, unless the request comes too soon: then it never gets to the account."""
        parts = urlsplit(target)
        if reason := self._limiter.refusal(method, parts.path):
            return self._too_soon(self.account.refused(rate_limited(reason), method, random_id("request")))
        try:
            return self.account.handle(method, parts.path, parts.query, body, headers)
        except ProviderError as problem:
            return _problem(500, str(problem), kind="api_error")

    def _too_soon(self, answer: Answer) -> Answer:
        """Stripe does not say how long to wait, so neither does the server unless it was told to."""
        said = {} if self._retry_after is None else {"Retry-After": str(self._retry_after)}
        return Answer(answer.status, {**answer.headers, **said}, answer.body)

    def delay(self, answer: Answer) -> None:
        """Count an answer and hold it back for as long as the network would; others are not held up."""
        with self._guard:
            before = self.tally
            self.tally = Tally(before.requests + 1, before.refused + (answer.status == 429))
        if self._latency:
            self._sleep(self._latency)

    @contextmanager
    def connected(self, connection: socket.socket) -> Iterator[None]:
        """Know a connection as open, so that a stop can end it between two requests."""
        with self._guard:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._guard:
                self._open.discard(connection)

    def server_close(self) -> None:
        # An idle client would keep its thread alive: its reading side ends, its answer still goes out.
        with self._guard:
            for connection in self._open:
                _end_reading(connection)
        super().server_close()


def serve(
    account_path: Path,
    port: int,
    *,
    on_ready: Callable[[str], None],
    clock: Callable[[], float] = time.time,
    latency: float = 0.0,
    limits: Limits = UNLIMITED,
    retry_after: int | None = None,
    denied: frozenset[str] = frozenset(),
) -> Tally:
    """Serve the account until SIGINT or SIGTERM, then finish running requests and say how many there were.

    `port` 0 picks a free one; `on_ready` gets the base URL once requests are taken. Runs in the main thread.
    `latency` is added to every answer, in seconds; requests over `limits` are answered 429, with a
    `Retry-After` of `retry_after` seconds where it is given; restricted keys lack the permissions `denied`.
    Raises `UsageError` for a port that cannot be had, and what `ShadowAccount` raises.
    """
    account = ShadowAccount(account_path, clock=clock, denied=denied)
    try:
        server = _bound(account, port, latency, Limiter(limits, time.monotonic), retry_after)
        with _stopping(server):
            on_ready(server.url)
            server.serve_forever(poll_interval=0.1)
        server.server_close()
        return server.tally
    finally:
        account.close()


def _bound(
    account: ShadowAccount, port: int, latency: float, limiter: Limiter, retry_after: int | None
) -> ShadowServer:
    try:
        return ShadowServer(account, port, latency=latency, limiter=limiter, retry_after=retry_after)
    except (OSError, OverflowError) as problem:
        raise UsageError(
            error(
                "shadow-port",
                "The port cannot be used",
                f"Port {port} of {LOOPBACK}: {getattr(problem, 'strerror', None) or problem}.",
                hint="choose another port, or 0 for any free one",
            )
        ) from problem


@contextmanager
def _stopping(server: ShadowServer) -> Iterator[None]:
    def stop(*_: object) -> None:
        # shutdown() waits for the loop that this handler interrupts, so another thread has to call it.
        Thread(target=server.shutdown, daemon=True).start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_reading(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    server: ShadowServer
    protocol_version = "HTTP/1.1"
    server_version = "stripectl-shadow"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with self.server.connected(self.connection):
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True

    def answer(self) -> None:
        answer = self._answer()
        self.server.delay(answer)
        self._send(answer)

    # The names are those that the base class looks for.
    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: their bodies and keys belong to the caller."""

    def _answer(self) -> Answer:
        if refused := self._refused():
            # What a stranger sent along is not read.
            self.close_connection = True
            return _problem(403, refused)
        body = self._body()
        if isinstance(body, Unreadable):
            # What is left of the body cannot be told from a next request.
            self.close_connection = True
            return _problem(body.status, body.message)
        return self.server.answer(self.command, self.path, body, dict(self.headers.items()))

    def _refused(self) -> str:
        """Why nobody who sends such a request is answered; empty for a client of the API."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not _is_loopback(hosts[0]):
            return "This server answers to loopback host names only."
        # A web page that somebody has open may not act on the account: browsers say who asks.
        origins = self.headers.get_all("Origin") or []
        sites = self.headers.get_all("Sec-Fetch-Site") or []
        if origins or any(site.strip().lower() != "none" for site in sites):
            return "This server does not answer to web pages."
        return ""

    def _body(self) -> str | Unreadable:
        sizes = self.headers.get_all("Content-Length") or []
        codings = [each.strip().lower() for each in self.headers.get_all("Transfer-Encoding") or []]
        if codings and (codings != ["chunked"] or sizes):
            return Unreadable(400, "The body must be sent either chunked or with a Content-Length.")
        if len(sizes) > 1 or any(not _SIZE.fullmatch(size) for size in sizes):
            return Unreadable(400, "The Content-Length cannot be understood.")
        read = self._chunks() if codings else self._exactly(int(sizes[0]) if sizes else 0)
        if isinstance(read, Unreadable):
            return read
        try:
            return read.decode()
        except UnicodeDecodeError:
            return Unreadable(400, "The body is not UTF-8 text.")

    def _exactly(self, size: int) -> bytes | Unreadable:
        if size > MAX_BODY:
            return Unreadable(413, f"A request body can have up to {MAX_BODY} bytes.")
        read = self.rfile.read(size)
        return read if len(read) == size else Unreadable(400, "The body ended too soon.")

    def _chunks(self) -> bytes | Unreadable:
        body = b""
        while True:
            head = self.rfile.readline(1024).partition(b";")[0].strip()
            if not _CHUNK.fullmatch(head):
                return Unreadable(400, "A chunk of the body cannot be understood.")
            size = int(head, 16)
            if size == 0:
                return body if self._trailer_ends() else Unreadable(400, "The body ended too soon.")
            chunk = self._exactly(size + 2)
            if isinstance(chunk, Unreadable):
                return chunk
            body += chunk[:-2]
            if len(body) > MAX_BODY or not chunk.endswith(b"\r\n"):
                return Unreadable(
                    413 if len(body) > MAX_BODY else 400, "A chunk of the body cannot be taken."
                )

    def _trailer_ends(self) -> bool:
        for _ in range(100):
            line = self.rfile.readline(1024)
            if line in (b"\r\n", b"\n", b""):
                return line != b""
        return False

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


_SIZE = re.compile(r"[0-9]{1,15}")
_CHUNK = re.compile(rb"[0-9a-fA-F]{1,12}")
_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)


def _is_loopback(host: str) -> bool:
    return _HOST.fullmatch(host.strip()) is not None


def _problem(status: int, message: str, kind: str = "invalid_request_error") -> Answer:
    return Answer(status, _JSON, _text(Problem(message, status=status, type=kind)))


def _text(problem: Problem) -> str:
    return json.dumps(problem.to_object(), ensure_ascii=False)
