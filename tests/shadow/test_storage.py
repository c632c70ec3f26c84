"""The file behind the account: whole after a kill, shared by processes, calm about what it cannot use."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stripectl.diagnostics import InvalidInput, ProviderError, StripectlError
from stripectl.providers.shadow.account import ShadowAccount
from stripectl.providers.shadow.database import VERSION, reset
from tests.conftest import KEY, Clock
from tests.waiting import SECONDS

AUTHORIZED = {"Authorization": f"Bearer {KEY}"}

WRITER = """
import sys, time
from pathlib import Path
from stripectl.providers.shadow.account import ShadowAccount
account = ShadowAccount(Path(sys.argv[1]), clock=time.time)
headers = {"Authorization": "Bearer sk_test_writer"}
for number in range(int(sys.argv[3])):
    name = f"{sys.argv[2]}{number}"
    keyed = headers | {"Idempotency-Key": name}
    made = account.handle("POST", "/v1/products", "", f"id={name}&name=P", keyed)
    assert made.status == 200, made.body
    print(name, flush=True)
"""
"""Makes products one after the other and says so once each was answered."""


def writer(path: Path, prefix: str, count: int, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), prefix, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def rows(path: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def opened(path: Path) -> ShadowAccount:
    return ShadowAccount(path, clock=Clock())


def fill(account: ShadowAccount) -> None:
    for _ in range(100):
        account.handle("POST", "/v1/products", "", f"name={'x' * 4000}", AUTHORIZED)


def code_of(path: Path) -> tuple[type[StripectlError], str]:
    with pytest.raises(StripectlError) as caught:
        opened(path)
    (diagnostic,) = caught.value.diagnostics
    assert str(path) in diagnostic.detail
    assert diagnostic.hint
    return type(caught.value), diagnostic.code


def test_an_account_keeps_its_id_and_objects_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    first = ShadowAccount(path, clock=Clock(), account_id="acct_1First")
    first.handle("POST", "/v1/products", "", "id=pro&name=Pro", AUTHORIZED)
    first.close()
    again = ShadowAccount(path, clock=Clock(), account_id="acct_1Other")
    assert again.id == "acct_1First"
    assert again.handle("GET", "/v1/products/pro", "", "", AUTHORIZED).status == 200
    again.close()


def test_killing_a_writer_leaves_objects_events_and_keys_in_step(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    for attempt in range(3):
        child = writer(path, f"round{attempt}-", 100_000)
        assert child.stdout is not None
        answered = [child.stdout.readline().strip() for _ in range(40)]
        os.kill(child.pid, signal.SIGKILL)
        answered += child.stdout.read().split()
        child.wait()
        assert child.stderr is not None
        child.stdout.close()
        child.stderr.close()
        opened(path).close()
        made = {row[0] for row in rows(path, "SELECT id FROM product")}
        told = {row[0] for row in rows(path, "SELECT json_extract(body, '$.data.object.id') FROM event")}
        keys = {row[0] for row in rows(path, "SELECT key FROM idempotency")}
        assert made == told == keys
        # The last line may have been cut short by the kill; every whole one was a promise.
        assert set(answered[:-1]) <= made
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_two_processes_open_a_new_account_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    children = [writer(path, f"{name}-", 50) for name in ("one", "two", "three")]
    for child in children:
        _, errors = child.communicate(timeout=SECONDS)
        assert (child.returncode, errors) == (0, "")
    assert rows(path, "SELECT count(*) FROM product") == [(150,)]
    assert rows(path, "SELECT count(DISTINCT seq) FROM event") == [(150,)]
    assert rows(path, "SELECT count(*) FROM account") == [(1,)]


def test_a_write_that_waits_too_long_is_answered_with_a_lock_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripectl.providers.shadow.database.BUSY_SECONDS", 0.01)
    path = tmp_path / "account.db"
    account = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = account.handle("POST", "/v1/products", "", "name=A", AUTHORIZED)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (429, "lock_timeout")
    assert account.handle("GET", "/v1/products", "", "", AUTHORIZED).status == 200
    other.execute("ROLLBACK")
    assert account.handle("POST", "/v1/products", "", "name=A", AUTHORIZED).status == 200
    other.close()
    account.close()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none" / "account.db") == (ProviderError, "shadow-unusable")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path) == (ProviderError, "shadow-unusable")


def test_a_text_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("shopping list\n" * 200)
    assert code_of(path) == (InvalidInput, "shadow-not-an-account")
    with pytest.raises(InvalidInput):
        reset(path)
    assert path.read_text().startswith("shopping list")


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    assert code_of(path) == (InvalidInput, "shadow-not-an-account")
    with pytest.raises(InvalidInput):
        reset(path)
    assert rows(path, "SELECT name FROM sqlite_master") == [("mine",)]


def test_an_account_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    opened(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert code_of(path) == (InvalidInput, "shadow-newer")


def test_an_account_of_the_first_version_grows_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    account = opened(path)
    account.handle("POST", "/v1/products", "", "name=P&id=p1", AUTHORIZED)
    account.close()
    connection = sqlite3.connect(path)
    for table in ("payment_link", "billing_portal.configuration", "deleted", "inline_price"):
        connection.execute(f'DROP TABLE "{table}"')
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    for _ in range(2):
        account = opened(path)
        assert json.loads(account.handle("GET", "/v1/payment_links", "", "", AUTHORIZED).body)["data"] == []
        assert account.handle("GET", "/v1/products/p1", "", "", AUTHORIZED).status == 200
        assert account.handle("GET", "/v1/prices", "", "", AUTHORIZED).status == 200
        account.close()
    assert rows(path, "PRAGMA user_version") == [(VERSION,)]


def test_a_damaged_account_says_so_and_can_be_reset(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    account = opened(path)
    for number in range(50):
        account.handle("POST", "/v1/products", "", f"name=P&id=p{number}", AUTHORIZED)
    account.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(ProviderError) as caught:
        opened(path)
    assert caught.value.diagnostics[0].code == "shadow-corrupt"
    reset(path)
    assert not path.exists()


def test_a_full_disk_undoes_the_request_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    account = opened(path)
    with account._database.transaction(write=False) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    account._database._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ProviderError) as caught:
        fill(account)
    assert caught.value.diagnostics[0].code == "shadow-disk-full"
    account.close()
    assert rows(path, "SELECT count(*) FROM product") == rows(path, "SELECT count(*) FROM event")
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_file_that_may_not_grow_ends_in_a_diagnostic(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    opened(path).close()

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    child = writer(path, "p", 10_000, preexec_fn=limited)
    _, errors = child.communicate(timeout=SECONDS)
    assert child.returncode == 1
    assert "stripectl.diagnostics.ProviderError" in errors
    opened(path).close()
    assert rows(path, "SELECT count(*) FROM product") == rows(path, "SELECT count(*) FROM event")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    opened(folder / "account.db").close()
    folder.chmod(0o500)
    (folder / "account.db").chmod(0o400)
    try:
        with pytest.raises(ProviderError):
            opened(folder / "account.db")
    finally:
        folder.chmod(0o700)


def test_reset_starts_over_with_a_new_account(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    account = opened(path)
    account.handle("POST", "/v1/products", "", "name=A", AUTHORIZED)
    before = account.id
    account.close()
    reset(path)
    assert list(tmp_path.iterdir()) == []
    reset(path)
    after = opened(path)
    assert after.id != before
    assert json.loads(after.handle("GET", "/v1/products", "", "", AUTHORIZED).body)["data"] == []
    after.close()


def test_reset_leaves_an_account_that_is_in_use(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    account = opened(path)
    account.handle("POST", "/v1/products", "", "name=A", AUTHORIZED)
    with pytest.raises(ProviderError) as caught:
        reset(path)
    assert caught.value.diagnostics[0].code == "shadow-in-use"
    assert account.handle("GET", "/v1/products", "", "", AUTHORIZED).status == 200
    account.close()


def test_a_copy_of_the_file_is_the_account(tmp_path: Path) -> None:
    account = opened(tmp_path / "account.db")
    account.handle("POST", "/v1/products", "", "id=pro&name=Pro", AUTHORIZED)
    account.close()
    shutil.copy(tmp_path / "account.db", tmp_path / "copy.db")
    copy = opened(tmp_path / "copy.db")
    assert copy.id == account.id
    assert copy.handle("GET", "/v1/products/pro", "", "", AUTHORIZED).status == 200
    copy.close()
