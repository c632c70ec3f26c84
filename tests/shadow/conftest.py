"""The SDK on a shadow account, once in its own process and once over HTTP; everything sent is validated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.server import ShadowServer
from stripectl.providers.shadow.transport import ShadowTransport
from tests.conftest import KEY
from tests.listening import listening
from tests.openapi import ValidatingTransport


@pytest.fixture
def server(account: ShadowAccount) -> Iterator[ShadowServer]:
    """The account's server, running in a thread."""
    with listening(account) as server:
        yield server


@pytest.fixture(params=["in process", "over HTTP"])
def either(request: pytest.FixtureRequest, account: ShadowAccount) -> Iterator[stripe.StripeClient]:
    """A client for a test that has to pass both ways."""
    if request.param == "in process":
        transport = ValidatingTransport(ShadowTransport(account))
        yield stripe.StripeClient(KEY, http_client=transport)
        return
    server: ShadowServer = request.getfixturevalue("server")
    http = stripe.RequestsClient()
    transport = ValidatingTransport(http)
    yield stripe.StripeClient(KEY, http_client=transport, base_addresses={"api": server.url})
    http.close()  # type: ignore[no-untyped-call]
