"""The way to Stripe ends every answer: in bytes, packed or not, and in seconds."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from stripectl.engine.ports import Failure, RequestFailed
from stripectl.providers.stripe import network as bounds
from stripectl.providers.stripe.answers import MOST_BYTES, NotUnderstood
from stripectl.providers.stripe.gateway import Gateway
from stripectl.providers.stripe.network import network


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server on this machine that answers every request with whatever it likes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65536)
            answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def asked(url: str) -> RequestFailed:
    gateway = Gateway("sk_test_1", transport=network(local=True), base_url=url, sleep=lambda _: None)
    with pytest.raises(RequestFailed) as raised:
        gateway.get("/v1/account")
    return raised.value


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def endless_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.05)


def silence(_: socket.socket) -> None:
    time.sleep(30)


@pytest.mark.parametrize("answer", [drip, endless_header, silence])
def test_an_answer_ends_in_time_however_slowly_it_comes(
    answer: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "WHOLE_ANSWER", 0.3)
    start = time.monotonic()
    with server(answer) as url:
        failed = asked(url)
    assert failed.failure is Failure.CONNECTION
    assert time.monotonic() - start < 10


def packed(body: bytes, encoding: str) -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def hundred_megabytes(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b" " * 100_000)


@pytest.mark.parametrize(
    "answer",
    [
        hundred_megabytes,
        packed(gzip.compress(b" " * (200 * 2**20), 1), "gzip"),
    ],
    ids=["100 MB", "gzip bomb"],
)
def test_a_body_beyond_all_reason_is_refused_before_it_is_held(
    answer: Callable[[socket.socket], None],
) -> None:
    tracemalloc.start()
    try:
        with server(answer) as url:
            failed = asked(url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(failed, NotUnderstood)
    assert failed.diagnostics[0].code == "answer-not-understood"
    assert peak < 5 * MOST_BYTES


def test_an_honest_answer_arrives_packed_or_not() -> None:
    body = b'{"id": "acct_1", "object": "account"}'
    for answer in (packed(body, "identity"), packed(gzip.compress(body), "gzip")):
        with server(answer) as url:
            gateway = Gateway("sk_test_1", transport=network(local=True), base_url=url)
            assert gateway.get("/v1/account").answer["id"] == "acct_1"
