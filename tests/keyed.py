"""Shadow accounts that are opened by less than a secret key: refusals as Stripe words them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stripectl.providers.shadow.account import Answer, ShadowAccount

KYC = "rak_accounts_kyc_basic_read"
ACCOUNT = "acct_1Shadow"
ORGANIZATION_KEY = "sk_org_4eC39HqLyjWDarjtT1zdp7dc"


def refused(status: int, **told: str | None) -> Answer:
    error = {"type": "invalid_request_error", **{name: text for name, text in told.items() if text}}
    return Answer(status, {"Request-Id": "req_1Refused"}, json.dumps({"error": error}))


@dataclass
class Lacking:
    """What a restricted key may not do, and how much a refusal gives away."""

    permissions: Mapping[str, str] = field(default_factory=dict)
    """Path -> the permission that would do."""
    in_message: str = ACCOUNT
    """The account that the message names; empty for none."""
    in_address: str = ACCOUNT
    """The account that the address of the request log names; empty for none."""
    host: str = "https://dashboard.stripe.com"
    """Where the request log is."""


class Restricted(ShadowAccount):
    """An account whose key lacks permissions."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(path, clock=clock, account_id=ACCOUNT)
        self.lacking = Lacking()
        self.asked: list[str] = []

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(f"{method.upper()} {path}")
        if missing := self.lacking.permissions.get(path):
            return self._refusal(missing)
        return super().handle(method, path, query, body, headers)

    def _refusal(self, permission: str) -> Answer:
        lacking = self.lacking
        on_account = f" on account '{lacking.in_message}'" if lacking.in_message else ""
        account = f"{lacking.in_address}/" if lacking.in_address else ""
        return refused(
            403,
            message=(
                "The provided key 'rk_test_*********************dp7dc' does not have the required"
                f" permissions for this endpoint{on_account}. Having the '{permission}' permission would"
                " allow this request to continue."
            ),
            request_log_url=f"{lacking.host}/{account}test/logs/req_1Refused?t=1789879061",
        )


class Organization(ShadowAccount):
    """An account of an organization, whose key opens it where a request says that it is about it."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(path, clock=clock, account_id=ACCOUNT)
        self.livemode: bool | None = None
        """What the balance says; None where it may not be read."""
        self.contexts: set[str | None] = set()

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        known = {name.lower(): value for name, value in headers.items()}
        context = known.get("stripe-context")
        self.contexts.add(context)
        if known.get("authorization") not in _spellings(ORGANIZATION_KEY):
            return refused(401, message="Invalid API Key provided.")
        if context != ACCOUNT:
            return refused(403, code="account_invalid", message=f"No access to account '{context}'.")
        if path == "/v1/balance" and self.livemode is not None:
            balance = {"object": "balance", "livemode": self.livemode}
            return Answer(200, {"Request-Id": "req_1Balance"}, json.dumps(balance))
        inner = {**known, "authorization": "Bearer sk_test_shadow"}
        return super().handle(method, path, query, body, inner)


def _spellings(key: str) -> tuple[str, str]:
    return f"Bearer {key}", f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"
