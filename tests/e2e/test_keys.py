"""The key is in no output and in no file, whatever goes well or wrong, in whatever format it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stripectl.providers.shadow.account import Answer, ShadowAccount
from tests.e2e.conftest import FILE, KEY, MANIFEST, Desk, Ended
from tests.listening import listening

ALL = ("--output", "json", "--output", "text=shown.txt", "--output", "markdown=shown.md", "-v", "-v")
SOME = ("--output", "json", "--output", "text=shown.txt")
NEEDLES = (KEY, KEY[-8:])

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "plan": ("plan", *ALL, "-o", "plan.json"),
    "apply": ("apply", "--yes", *ALL),
    "rollback": ("rollback", "1", "--yes", *ALL),
    "drift": ("drift", *SOME),
    "doctor": ("doctor", *SOME),
    "history": ("history", *SOME),
}

Mend = Callable[[str, Answer], Answer]
"""Gets `METHOD path` and the right answer; what is answered instead."""


class Telltale(ShadowAccount):
    """An account whose answers give the key away."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, clock=time.time)
        self.mend: Mend = lambda _, right: right

    def handle(self, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Answer:
        return self.mend(f"{method} {path}", super().handle(method, path, query, body, headers))


def refusing(status: int) -> Mend:
    """As Stripe refuses, if it did not mind to repeat the key."""
    told = {"type": "invalid_request_error", "code": KEY, "param": KEY, "message": f"Not with {KEY} ({KEY})."}
    return lambda _, right: replace(right, status=status, body=json.dumps({"error": told}))


def broken(status: int) -> Mend:
    """Nothing that Stripe ever says."""
    return lambda _, right: replace(right, status=status, body=f"<html>Authorization: Bearer {KEY}</html>")


def revoked_after(writes: int) -> Mend:
    """The key opens the account for so many writes."""
    seen: list[str] = []

    def mend(asked: str, right: Answer) -> Answer:
        if asked.startswith("POST"):
            seen.append(asked)
        return refusing(401)(asked, right) if len(seen) > writes else right

    return mend


@pytest.fixture
def way() -> str:
    """Tests here say themselves where the account is."""
    return FILE


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Telltale]:
    with closing(Telltale(tmp_path / "account.db")) as account:
        yield account


@pytest.fixture
def place(started: Desk, account: Telltale) -> Iterator[Desk]:
    with listening(account) as server:
        yield started.at(server.url)


@contextmanager
def nothing_told(place: Desk) -> Iterator[Callable[..., Ended]]:
    """Run commands; the key is in nothing that they say, and in the end in no file."""

    def run(*arguments: str, exit: int = 0, **variables: str) -> Ended:
        ended = place.with_variables(**variables).run(*arguments, exit=exit)
        assert [each for each in NEEDLES if each in ended.out + ended.err] == []
        return ended

    yield run
    for folder in (place.root, place.home):
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert [each for each in NEEDLES if each.encode() in content] == [], path


def test_the_key_is_nowhere_when_all_goes_well(place: Desk) -> None:
    with nothing_told(place) as run:
        run(*COMMANDS["apply"])
        place.edit(MANIFEST, "usd: 24.00", "usd: 29.00")
        for name in ("plan", "apply", "rollback", "drift", "doctor", "history"):
            run(*COMMANDS[name])


@pytest.mark.parametrize(
    ("mend", "commands"),
    [
        (refusing(401), ("plan", "apply", "rollback", "drift", "doctor")),
        (refusing(400), ("apply", "doctor")),
        (broken(400), ("apply", "doctor")),
    ],
    ids=["unknown", "refused", "broken"],
)
def test_the_key_is_nowhere_when_every_answer_repeats_it(
    place: Desk, account: Telltale, mend: Mend, commands: tuple[str, ...]
) -> None:
    with nothing_told(place) as run:
        run("apply", "--yes")
        account.mend = mend
        for name in commands:
            told = run(*COMMANDS[name], exit=1)
            assert "sk_…" in told.out + told.err or "one of Stripe's" in told.out + told.err


@pytest.mark.parametrize("mend", [refusing(401), refusing(400), broken(400)])
def test_the_key_is_not_in_the_reason_why_nobody_was_counted(
    place: Desk, account: Telltale, mend: Mend
) -> None:
    with nothing_told(place) as run:
        run("apply", "--yes")
        account.mend = mend
        printed = json.loads(run("history", "price.pro.monthly", *SOME).out)
        assert "GET /v1/account was answered" in printed["unknown"]


def test_the_key_is_nowhere_when_it_is_revoked_in_the_middle(place: Desk, account: Telltale) -> None:
    with nothing_told(place) as run:
        account.mend = revoked_after(2)
        run(*COMMANDS["apply"], exit=6)
        run(*COMMANDS["doctor"], exit=1)
        # Whose key it is comes first.
        run("apply", "--resume", exit=1)
        account.mend = lambda _, right: right
        run("apply", "--unwind")


def test_the_key_is_nowhere_when_it_is_of_the_other_mode_or_written_where_a_name_belongs(
    place: Desk,
) -> None:
    with nothing_told(place) as run:
        live = KEY.replace("test", "live")
        for name in ("plan", "doctor"):
            run(*COMMANDS[name], exit=1, TEST_KEY=live)
        for name in ("plan", "apply", "doctor"):
            run(*COMMANDS[name], exit=64, STRIPECTL_ENV=KEY)
        run("plan", "--catalog", KEY, exit=64)
        run("show", KEY, exit=1)
        run("history", KEY, exit=64)
        run("explain", KEY, exit=64)
        run("plan", KEY, exit=64)
        run("plan", f"--{KEY}", exit=64)
        run(KEY, exit=64)


def test_the_key_of_a_file_is_in_that_file_alone(place: Desk) -> None:
    file = place.home.parent / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    file.chmod(0o644)
    place.edit("stripectl.yaml", "api_key_env: TEST_KEY", f"api_key_file: {file}")
    with nothing_told(place) as run:
        run("apply", "--yes")
        told = run("doctor").out
    # The path is longer than the line.
    assert f"hint:chmod600{file}" in "".join(told.split())


def test_a_key_in_a_manifest_or_the_config_is_told_with_its_place_and_not_repeated(place: Desk) -> None:
    for file in (MANIFEST, "stripectl.yaml"):
        path = place.root / file
        before = path.read_text(encoding="utf-8")
        path.write_text(f"{before}# {KEY}\n", encoding="utf-8")
        for command in ("validate", "plan", "doctor"):
            told = place.run(command, "--output", "json", exit=1)
            assert [each for each in NEEDLES if each in told.out + told.err] == []
            if (command, file) != ("doctor", MANIFEST):
                assert f"error[secret-in-file]: An API key stands in a file\n  --> {file}:" in told.err
        path.write_text(before, encoding="utf-8")
