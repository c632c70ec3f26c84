"""A platform and an account that is connected to it, behind one key."""

from __future__ import annotations

from collections.abc import Mapping

import stripe

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport

PLATFORM, CONNECTED, STRANGER = "acct_1Platform", "acct_1Connected", "acct_1Stranger"


class Routed(stripe.HTTPClient):
    """Sends a request to the account that its Stripe-Account names, else to the platform."""

    name = "routed"

    def __init__(self, platform: ShadowAccount, connected: ShadowAccount) -> None:
        super().__init__()
        self._platform, self._connected = ShadowTransport(platform), ShadowTransport(connected)
        self.asked: list[tuple[str | None, str]] = []
        """Stripe-Account and method of each request, in order."""

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[str, int, Mapping[str, str]]:
        account = (headers or {}).get("Stripe-Account")
        self.asked.append((account, method))
        inner = self._connected if account == CONNECTED else self._platform
        return inner.request(method, url, headers, post_data)

    def close(self) -> None:
        pass
