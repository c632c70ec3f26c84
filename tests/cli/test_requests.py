"""A key goes to Stripe, to this machine, or where the process itself allows; it is shown nowhere."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from stripectl.cli.project import Project
from stripectl.cli.wiring import ALLOW_BASE_URL, provider
from stripectl.diagnostics import InvalidInput, keep_secret, scrubbed
from stripectl.engine.places import origin, same_place
from stripectl.manifest.config import Config, Environment

KEY = "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("HELD", KEY)
    monkeypatch.delenv(ALLOW_BASE_URL, raising=False)
    return Project(tmp_path, Config())


def at(base_url: str | None) -> Environment:
    return Environment("test", "stripe", api_key_env="HELD", base_url=base_url)


@pytest.mark.parametrize(
    "base_url",
    [
        None,
        "https://api.stripe.com",
        "https://API.stripe.com:443/",
        "http://127.0.0.1:12111",
        "http://localhost:1/v",
        "https://[::1]:8443",
    ],
)
def test_a_key_goes_to_stripe_and_to_this_machine(project: Project, base_url: str | None) -> None:
    provider(project, at(base_url))


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example",
        "https://api.stripe.com.evil.example",
        "https://api.stripe.com:8443",
        "https://evil.example/api.stripe.com",
        "https://api.stripe.com\\@evil.example",
        "https://127.0.0.1.evil.example",
        "https://stripe.com",
        "https://xn--strpe-4va.com",
    ],
)
def test_a_key_goes_nowhere_else_unless_the_process_allows_that_very_place(
    project: Project, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for allowed in (None, "", "1", "true", "https://", "*", "https://other.example", f"{origin(base_url)}/x"):
        if allowed is not None:
            monkeypatch.setenv(ALLOW_BASE_URL, allowed)
        with pytest.raises(InvalidInput) as told:
            provider(project, at(base_url))
        assert told.value.diagnostics[0].code == "base-url-not-allowed"
        assert base_url in told.value.diagnostics[0].detail
    monkeypatch.setenv(ALLOW_BASE_URL, f"https://other.example, {base_url}")
    provider(project, at(base_url))


@pytest.mark.parametrize(
    "held", ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "ghp_" + "a" * 36, "root:x:0:0", f'"{KEY}"']
)
def test_what_is_no_key_of_stripes_is_sent_nowhere_and_not_shown(
    project: Project, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELD", held)
    with pytest.raises(InvalidInput) as told:
        provider(project, at("http://127.0.0.1:1"))
    assert told.value.diagnostics[0].code == "key-shape"
    assert held not in str(told.value)


@pytest.mark.parametrize("secret", [KEY, 'rk-odd/shape+with=signs&"quotes"-é', "no shape of its own"])
@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda key: b64encode(key.encode()).decode(),
        lambda key: b64encode(f"{key}:".encode()).decode(),
        lambda key: urlsafe_b64encode(f"{key}:".encode()).decode(),
        lambda key: quote(key, safe=""),
        lambda key: quote(key, safe="").lower() if "%" in quote(key) else key,
        lambda key: json.dumps(key),
    ],
)
def test_the_key_in_use_is_left_out_however_it_is_written(secret: str, spell: Callable[[str], str]) -> None:
    keep_secret(secret)
    written = spell(secret)
    shown = scrubbed(f"Authorization: Basic {written}, and more")
    assert written.strip('"') not in shown
    assert shown.startswith("Authorization: ")
    assert shown.endswith(", and more")


def test_a_word_is_no_key() -> None:
    keep_secret("test")
    assert scrubbed("a test") == "a test"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("shadow", "http://127.0.0.1:1", True),
        ("http://127.0.0.1:1", "http://localhost:2", True),
        ("https://api.stripe.com", "http://127.0.0.1:1", False),
        ("https://api.stripe.com", "https://api.stripe.com", True),
        ("https://a.example", "https://b.example", False),
    ],
)
def test_a_server_on_this_machine_may_come_back_at_another_port(one: str, other: str, *, same: bool) -> None:
    assert same_place(one, other) is same
