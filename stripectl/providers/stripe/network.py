"""The way to Stripe's servers, with an end to every answer: in bytes, packed or not, and in seconds.

Importing this module imports the SDK.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from typing import Any, cast

import requests
import stripe
import urllib3
from requests.adapters import HTTPAdapter

from stripectl.providers.stripe.answers import MOST_BYTES, Origin

SECONDS = (10.0, 60.0)
"""How long to wait for a connection, and then for anything to come."""

WHOLE_ANSWER = 60.0
"""Seconds that an answer may take from its first byte to its last, and until its first."""

CONNECTIONS = 32
"""Kept open for the next request: more than there are threads that send."""

_PORTION = 2**16

_due = threading.local()
"""`at`: when the answer that this thread waits for has to have ended."""


class _Timely(io.RawIOBase):
    """Bytes of a socket until an answer is due: a timeout of the socket's own starts anew with each byte."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = cast("Any", sock.makefile("rb", buffering=0))
        self._due: float = getattr(_due, "at", float("inf"))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._due - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        self._sock.settimeout(min(left, SECONDS[1]))
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timely(sock))


class _Plain(urllib3.connection.HTTPConnection):
    response_class = _Response


class _Secure(urllib3.connection.HTTPSConnection):
    response_class = _Response


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Session(requests.Session):
    """Follows no redirect: a key and a body go to no address but the one that was configured."""

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        return super().request(*arguments, **{**options, "allow_redirects": False})


class _Network(stripe.RequestsClient):
    """The SDK's own client, which takes whatever comes for as long as it comes, held to bounds."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Raises NotUnderstood for a body beyond all reason, APIConnectionError for one that does not end."""
        _due.at = time.monotonic() + WHOLE_ANSWER
        raw, status, answered = self.request_stream(method, url, headers, post_data)
        path = url.partition("://")[2].partition("/")[2].partition("?")[0]
        origin = Origin(method, f"/{path}", answered.get("Request-Id"))
        try:
            body = _unpacked(_read(raw, origin), answered.get("Content-Encoding", ""), origin)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, zlib.error) as problem:
            raw.close()
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                f"the answer broke off or did not end ({type(problem).__name__})"
            ) from None
        except BaseException:
            raw.close()
            raise
        raw.release_conn()
        return body, status, answered


def _read(raw: Any, origin: Origin) -> bytes:
    body = bytearray()
    while portion := raw.read(_PORTION, decode_content=False):
        body += portion
        if len(body) > MOST_BYTES:
            _refuse_size(origin)
    return bytes(body)


def _unpacked(body: bytes, encoding: str, origin: Origin) -> bytes:
    """The body without its packing, of which there is one sort that was asked for."""
    if encoding.strip().lower() in ("", "identity"):
        return body
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    found = unpacker.decompress(body, MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        _refuse_size(origin)
    return found


def _refuse_size(origin: Origin) -> None:
    origin.refuse(f"the body has more than {MOST_BYTES // 2**20} MiB")


def network(*, local: bool = False) -> stripe.HTTPClient:
    """The way to Stripe's servers; connections are shared by all threads.

    `local` is a server on this machine, to which no proxy leads, whatever variables say.
    """
    session = _Session()
    session.trust_env = not local
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=CONNECTIONS))
    # Else requests puts what a `default` line of ~/.netrc says in the place of the key.
    session.auth = _as_it_is
    return _Network(timeout=SECONDS, session=session)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
