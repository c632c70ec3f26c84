"""The account over HTTP, below the SDK: what a socket may send, and how the server stops."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Barrier

import pytest

from stripectl.diagnostics import UsageError
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.limiter import Limiter, Limits
from stripectl.providers.shadow.server import ShadowServer, Tally, serve
from tests.conftest import KEY, Clock
from tests.listening import listening
from tests.waiting import SECONDS

HEAD = f"Host: localhost\r\nAuthorization: Bearer {KEY}\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"

SERVE = """
import sys
from pathlib import Path
from stripectl.providers.shadow.server import serve
serve(Path(sys.argv[1]), 0, on_ready=lambda url: print(url, flush=True))
"""


def exchange(server: ShadowServer, *requests: str) -> list[tuple[int, str]]:
    """Send requests over one connection; status and body of each answer."""
    answers = []
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=SECONDS) as connection:
        reader = connection.makefile("rb")
        for request in requests:
            connection.sendall(request.encode())
            status = int(reader.readline().split()[1])
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            answers.append((status, reader.read(length).decode()))
        reader.close()
    return answers


def test_chunked_and_counted_bodies_share_a_connection(server: ShadowServer) -> None:
    chunked = (
        f"POST /v1/products HTTP/1.1\r\n{HEAD}{FORM}Transfer-Encoding: chunked\r\n\r\n"
        "5\r\nid=a&\r\n6;note=x\r\nname=A\r\n0\r\nTrailer: x\r\n\r\n"
    )
    counted = f"POST /v1/products HTTP/1.1\r\n{HEAD}{FORM}Content-Length: 11\r\n\r\nid=b&name=B"
    listed = f"GET /v1/products HTTP/1.1\r\n{HEAD}\r\n"
    one, two, three = exchange(server, chunked, counted, listed)
    assert (one[0], two[0], three[0]) == (200, 200, 200)
    assert [product["id"] for product in json.loads(three[1])["data"]] == ["b", "a"]


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Transfer-Encoding: gzip\r\n\r\n", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Content-Length: -5\r\n\r\n", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Content-Length: 99999999\r\n\r\n", 413),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Content-Length: 8\r\n\r\nname=%FF", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Content-Length: {'9' * 5000}\r\n\r\n", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Content-Length: \u0661\r\n\r\n", 400),
        (f"POST /v1/products HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n{'f' * 900}\r\n", 400),
        (
            f"POST /v1/products HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n"
            "Transfer-Encoding: x\r\n\r\n0\r\n",
            400,
        ),
        (f"GET /v1/account HTTP/1.1\r\n{HEAD}Origin: http://localhost\r\n\r\n", 403),
        (f"GET /v1/account HTTP/1.1\r\n{HEAD}Origin: null\r\n\r\n", 403),
        (f"GET /v1/account HTTP/1.1\r\n{HEAD}Sec-Fetch-Site: cross-site\r\n\r\n", 403),
        (f"GET /v1/account HTTP/1.1\r\n{HEAD}Sec-Fetch-Site: same-origin\r\n\r\n", 403),
        (f"GET /v1/account HTTP/1.1\r\n{HEAD}Host: localhost\r\n\r\n", 403),
        ("GET /v1/account HTTP/1.1\r\nHost: x@127.0.0.1\r\n\r\n", 403),
        ("GET /v1/account HTTP/1.1\r\nHost: 127.0.0.1/evil\r\n\r\n", 403),
        ("GET /v1/account HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        ("GET /v1/account HTTP/1.1\r\n\r\n", 403),
        ("GET /v1/account HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 401),
        ("GET /v1/account HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 401),
        (f"PATCH /v1/products HTTP/1.1\r\n{HEAD}\r\n", 404),
    ],
)
def test_a_request_that_cannot_be_taken_is_answered_in_stripes_shape(
    server: ShadowServer, request_text: str, status: int
) -> None:
    ((found, body),) = exchange(server, request_text)
    assert found == status
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


def test_who_has_no_key_is_told_how_to_send_one(server: ShadowServer) -> None:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=SECONDS)
    connection.request("GET", "/v1/account")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("WWW-Authenticate")) == (401, 'Basic realm="Stripe"')
    connection.close()


def asked(server: ShadowServer, method: str, path: str, body: str = "", key: str = "") -> HTTPResponse:
    """One request over a connection of its own; the answer was read."""
    headers = {"Authorization": f"Bearer {KEY}"} | ({"Idempotency-Key": key} if key else {})
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=SECONDS)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_request_over_the_limit_is_answered_as_stripe_answers_it(
    account: ShadowAccount, clock: Clock
) -> None:
    limiter = Limiter(Limits(per_endpoint=1), clock)
    listed = f"GET /v1/products HTTP/1.1\r\n{HEAD}\r\n"
    with listening(account, limiter=limiter) as server:
        first, (status, body) = exchange(server, listed, listed)
        headers = asked(server, "GET", "/v1/products").headers
    assert (first[0], status) == (200, 429)
    problem = json.loads(body)["error"]
    assert (problem["type"], problem["code"]) == ("invalid_request_error", "rate_limit")
    assert headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert headers["Request-Id"].startswith("req_")
    assert "Retry-After" not in headers
    assert server.tally == Tally(requests=3, refused=2)


def test_a_request_over_the_limit_is_not_carried_out_and_its_key_stays_free(
    account: ShadowAccount, clock: Clock
) -> None:
    limiter = Limiter(Limits(overall=1), clock)
    with listening(account, limiter=limiter) as server:
        assert asked(server, "POST", "/v1/products", "name=A", "one").status == 200
        refused = asked(server, "POST", "/v1/products", "name=B", "two")
        assert (refused.status, refused.headers["Stripe-Rate-Limited-Reason"]) == (429, "global-rate")
        clock.advance(1)
        again = asked(server, "POST", "/v1/products", "name=C", "two")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, None)


def test_requests_wait_for_their_latency_side_by_side(account: ShadowAccount) -> None:
    together, waited = Barrier(3, timeout=SECONDS), []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        together.wait()

    with listening(account, latency=0.05, sleep=sleep) as server, ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: asked(server, "GET", "/v1/account").status, range(3)))
    assert (answers, waited) == ([200, 200, 200], [0.05, 0.05, 0.05])


def test_the_server_listens_on_loopback_only(server: ShadowServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named(server: ShadowServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        serve(tmp_path / "other.db", server.server_port, on_ready=print)
    assert str(server.server_port) in caught.value.diagnostics[0].detail


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_although_a_client_stays_connected(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-c", SERVE, str(tmp_path / "account.db")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    port = int(child.stdout.readline().rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as idle:
        idle.sendall(f"GET /v1/account HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert idle.recv(12) == b"HTTP/1.1 200"
        child.send_signal(number)
        _, errors = child.communicate(timeout=SECONDS)
    assert (child.returncode, errors) == (0, "")
    assert [file.name for file in tmp_path.iterdir()] == ["account.db"]
