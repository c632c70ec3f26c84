"""The transport that lets the SDK speak to a shadow account in its own process."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import stripe

from stripectl.providers.shadow.account import ShadowAccount


class ShadowTransport(stripe.HTTPClient):
    """Answers the SDK's requests from a shadow account. Safe for threads."""

    name = "shadow"

    def __init__(self, account: ShadowAccount) -> None:
        super().__init__()
        self._account = account

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: object = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers of the answer; whatever host stands in `url` is not looked at."""
        parts = urlsplit(url)
        body = post_data if isinstance(post_data, str) else ""
        answer = self._account.handle(method, parts.path, parts.query, body, headers or {})
        return answer.body, answer.status, answer.headers

    def close(self) -> None:
        """Nothing to close: the account belongs to whoever opened it."""
