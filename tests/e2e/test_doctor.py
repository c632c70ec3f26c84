"""`doctor`: what it says of a project that works, and of one in which much is broken."""

from __future__ import annotations

import json
import subprocess
from typing import TypeAlias

import pytest

from tests.e2e.conftest import HTTP, KEY, MANIFEST, Desk, only_in_a_file

Checks: TypeAlias = dict[str, tuple[str, str]]


def examined(desk: Desk, *arguments: str, exit: int = 0) -> Checks:
    """Subject -> health and finding; the worst one where a subject has several."""
    found = json.loads(desk.run("doctor", "--output", "json", *arguments, exit=exit).out)
    assert found["healthy"] is (exit == 0)
    order = ["ok", "unknown", "warning", "failed"]
    checks = sorted(found["checks"], key=lambda each: order.index(each["health"]))
    return {each["subject"]: (each["health"], each["found"]) for each in checks}


def test_a_project_that_works_is_well_and_nothing_is_left_behind(applied: Desk) -> None:
    before = applied.kept()
    found = examined(applied)
    assert {health for health, _ in found.values()} == {"ok"}
    assert found["catalogs"] == ("ok", "main: 5 objects declared.")
    assert found["revisions"] == ("ok", "1, all as they were written.")
    assert ("clock" in found) is (applied.url is not None)
    assert applied.kept().keys() == before.keys()


@only_in_a_file
def test_a_key_that_is_missing_or_of_the_other_mode_fails_before_anything_is_asked(started: Desk) -> None:
    for key, summary in (("", "The environment has no key."), (KEY, "The key is of the other mode.")):
        found = examined(started.with_variables(STRIPE_LIVE_KEY=key), "--env", "live", exit=1)
        assert found["key"][0] == "failed"
        assert found["key"][1].startswith(summary)
        assert found["account"] == ("unknown", "Nothing was asked, as there is no key that fits.")
        assert found["catalogs"][0] == found["state"][0] == "ok"
        assert found["rate limits"][1].startswith("At most 100 overall and 25 for one endpoint")


@only_in_a_file
def test_whatever_is_broken_everything_else_is_still_looked_at(applied: Desk) -> None:
    applied.edit(MANIFEST, "usd: 24.00", "usd: many")
    (applied.root / ".stripectl/shadow/main/revisions/000001.json").write_text("{}", encoding="utf-8")
    (applied.root / ".stripectl/shadow/main/lock.json").write_text("?", encoding="utf-8")
    (applied.root / ".stripectl/shadow/account.db").write_bytes(b"no account at all" * 99)
    found = examined(applied, exit=1)
    failed = {name for name, (health, _) in found.items() if health == "failed"}
    assert failed == {"catalogs", "account", "lock", "revisions"}
    assert found["runs"][0] == found["state"][0] == "ok"


@only_in_a_file
def test_a_folder_without_catalogs_still_has_an_account(desk: Desk) -> None:
    found = examined(desk, exit=1)
    assert found["catalogs"][0] == "failed"
    assert found["catalogs"][1].startswith("There is no catalog here.")
    assert found["account"][0] == "ok"


@pytest.mark.parametrize("way", [HTTP], indirect=True)
def test_a_key_file_that_others_may_have_is_a_warning(started: Desk) -> None:
    file = started.root / "test.key"
    file.write_text(KEY, encoding="utf-8")
    started.edit("stripectl.yaml", "api_key_env: TEST_KEY", "api_key_file: test.key")
    file.chmod(0o600)
    assert examined(started)["key"] == ("ok", "A secret key for test mode, from the file test.key.")
    file.chmod(0o640)
    assert examined(started)["key"][1] == "Other users of this machine may read the file of the key."
    file.chmod(0o600)
    for arguments in (["init", "-q"], ["add", "-f", "test.key"]):
        subprocess.run(["git", *arguments], cwd=started.root, check=True)
    assert examined(started)["key"][1].startswith("The file of the key is tracked by git")


@only_in_a_file
def test_a_proxy_is_told_without_its_password(started: Desk) -> None:
    proxied = started.with_variables(HTTPS_PROXY="http://ann:secret@proxy.example:3128")
    found = examined(proxied, "--env", "live", exit=1)
    assert found["proxy"] == ("ok", "Requests go through proxy.example, as HTTPS_PROXY says.")
    assert "proxy" not in examined(proxied.with_variables(NO_PROXY="api.stripe.com"), "--env", "live", exit=1)
