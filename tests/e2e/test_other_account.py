"""A key of another account, or a state folder that was copied: every command tells, and none asks more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from stripectl.providers.shadow.account import Answer, ShadowAccount
from tests.e2e.conftest import MANIFEST, Desk, only_in_a_file
from tests.listening import listening
from tests.workbench import Clock

OTHERS = "acct_1Others"


class Noting(ShadowAccount):
    """Remembers what it was asked."""

    asked: list[str]

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(f"{method} {path}")
        return super().handle(method, path, query, body, headers)


@only_in_a_file
def test_every_command_asks_another_account_for_its_id_alone(applied: Desk, tmp_path: Path) -> None:
    applied.run("plan", "-o", "plan.json")
    applied.edit(MANIFEST, "usd: 24.00", "usd: 25.00")
    with (
        closing(Noting(tmp_path / "others.db", clock=Clock(), account_id=OTHERS)) as others,
        listening(others) as server,
    ):
        others.asked = []
        desk = applied.at(server.url)
        for command in (
            ["plan"],
            ["drift"],
            ["apply", "--yes"],
            ["rollback", "1", "--yes"],
            ["apply", "plan.json", "--yes"],
        ):
            told = desk.refused(*command, exit=1, code="records-of-another").err
            assert OTHERS in told
        checks = json.loads(desk.run("doctor", "--output", "json", exit=1).out)["checks"]
        assert [each["subject"] for each in checks if each["health"] == "failed"] == ["account"]
        desk.run("history", "price.pro.monthly")
        desk.run("apply", "--resume", "--yes")
        desk.run("apply", "--unwind", "--yes")
        assert set(others.asked) == {"GET /v1/account"}
