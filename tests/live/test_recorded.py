"""The shadow answers what was recorded of Stripe by `make live` as Stripe did."""

from __future__ import annotations

from pathlib import Path

import pytest

from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.transport import ShadowTransport
from tests.live.connection import Connection
from tests.live.recording import START
from tests.live.replay import Replay, rows
from tests.live.suite import AT_ONCE, SHADOW_KEY

FOLDER = Path(__file__).parents[1] / "recorded"
FILES = sorted(FOLDER.glob("*.jsonl"))


@pytest.mark.skipif(not FILES, reason="nothing was recorded yet: make live LIVE='--record tests/recorded/…'")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_recorded_request_is_answered_as_it_was(file: Path, tmp_path: Path) -> None:
    account = ShadowAccount(tmp_path / "account.db", clock=lambda: START + 60)
    connection = Connection(SHADOW_KEY, transport=ShadowTransport(account), rates=AT_ONCE)
    found = Replay(connection).differences(rows(file))
    account.close()
    assert found == [], "\n".join(found)
