"""A live key never opens anything here, and no key is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.__main__ import Exit, main
from tests.live.connection import Connection, LiveMode
from tests.live.suite import SHADOW_KEY
from tests.workbench import Log

SECRET = "9" * 24
LIVE = ("sk_live_", "rk_live_", "sk_org_", "pk_test_", "whsec_", "", "SK_TEST_", "mksk_test_")


class Silent(Log):
    """Answers nothing: it has to stay unasked."""

    def request(self, *arguments: object) -> tuple[str, int, dict[str, str]]:  # type: ignore[override]
        raise AssertionError("a request was made")


@pytest.mark.parametrize("prefix", LIVE)
def test_anything_but_a_test_key_is_refused_before_a_request(
    prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = main([], {"STRIPE_SANDBOX_KEY": prefix + SECRET})
    told = "".join(capsys.readouterr())
    assert (ended, SECRET in told) == (Exit.USAGE, False)
    assert "is not clearly a test key, so nothing was asked" in told
    with pytest.raises(ValueError, match="not a test key"):
        Connection(prefix + SECRET)


@pytest.mark.parametrize("environment", [{}, {"STRIPE_SANDBOX_KEY": "  "}])
def test_without_a_key_the_way_to_one_is_told(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], environment) is Exit.USAGE
    told = capsys.readouterr().out
    assert told.startswith("STRIPE_SANDBOX_KEY is not set")
    assert "\nhint: make a sandbox" in told


def test_no_other_address_than_stripes_or_this_machine_gets_the_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = main(["--base-url", "https://example.com"], {"STRIPE_SANDBOX_KEY": SHADOW_KEY})
    assert ended is Exit.USAGE
    assert "on this machine" in capsys.readouterr().out


def test_an_account_that_answers_in_live_mode_is_left_at_once() -> None:
    class Live(Log):
        def request(self, *_: object) -> tuple[str, int, dict[str, str]]:  # type: ignore[override]
            return '{"id": "prod_1", "livemode": true}', 200, {}

    connection = Connection(SHADOW_KEY, transport=Live(inner=None))  # type: ignore[arg-type]
    with pytest.raises(LiveMode):
        connection.ask("GET", "/v1/products/prod_1", {})


def test_a_run_shows_and_writes_no_key(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = f"sk_test_{SECRET}"
    recording = tmp_path / "recording.jsonl"
    arguments = [
        "--base-url",
        url,
        "--ledgers",
        str(tmp_path),
        "--record",
        str(recording),
        "--only",
        "account",
    ]
    assert main([*arguments, "--only", "product-id"], {"STRIPE_SANDBOX_KEY": key}) is Exit.AS_BELIEVED
    told = "".join(capsys.readouterr())
    assert "2 facts, " in told
    assert SECRET not in told
    assert SECRET not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "acct_" not in recording.read_text()
