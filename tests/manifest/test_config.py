"""stripectl.yaml: environments, policies that add up, and nothing that would leak or mislead a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from stripectl.diagnostics import Diagnostic, InvalidInput
from stripectl.engine.policy import OnApproximate, OnUnsupported, Policy
from stripectl.manifest.config import Config, Environment, PolicyChange, RateLimit, load_config

HEAD = "stripectl: 1\n"


def config(root: Path, text: str) -> Config:
    (root / "stripectl.yaml").write_text(HEAD + text)
    return load_config(root)


def problems(root: Path, text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInput) as caught:
        config(root, text)
    return caught.value.diagnostics


def found(root: Path, text: str) -> list[tuple[str, str]]:
    return [(each.code, str(each.source).removeprefix("stripectl.yaml:")) for each in problems(root, text)]


def test_without_a_file_everything_runs_on_the_shadow(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config(
        default_environment="shadow",
        environments={"shadow": Environment("shadow", "shadow")},
        policy=Policy(OnUnsupported.BLOCK, OnApproximate.WARN, 30, 50, ()),
        catalogs_folder="catalogs",
        catalog_policies={},
    )


def test_a_file_says_where_and_how(tmp_path: Path) -> None:
    (tmp_path / "models" / "shop").mkdir(parents=True)
    loaded = config(
        tmp_path,
        """\
default_environment: live
catalogs_folder: models
environments:
  live:
    provider: stripe
    api_key_env: LIVE_KEY
    livemode: true
    base_url: https://api.example.com
    state: /var/lib/stripectl
    rate_limit: 20
    account: acct_1
    policy: {approximate: require-accept, max_archive_percent: none}
policy: {unsupported: warn, max_price_change_percent: 10, currencies: [eur, usd]}
catalogs: {shop: {policy: {currencies: [usd], approximate: allow}}}
""",
    )
    assert loaded.default_environment == "live"
    assert loaded.catalogs_folder == "models"
    assert list(loaded.environments) == ["shadow", "live"]
    assert loaded.environments["live"] == Environment(
        "live",
        "stripe",
        api_key_env="LIVE_KEY",
        livemode=True,
        base_url="https://api.example.com",
        state="/var/lib/stripectl",
        rate_limit=RateLimit(20),
        account="acct_1",
        policy=PolicyChange(approximate=OnApproximate.REQUIRE_ACCEPT, max_archive_percent="none"),
    )
    project = Policy(OnUnsupported.WARN, OnApproximate.WARN, 30, 10, ("eur", "usd"))
    assert loaded.policy == project
    assert loaded.policy_for("other", "shadow") == project
    assert loaded.policy_for("shop", "shadow") == Policy(
        OnUnsupported.WARN, OnApproximate.ALLOW, 30, 10, ("usd",)
    )
    assert loaded.policy_for("shop", "live") == Policy(
        OnUnsupported.WARN, OnApproximate.REQUIRE_ACCEPT, None, 10, ("usd",)
    )


def test_an_empty_list_of_currencies_lifts_the_limit(tmp_path: Path) -> None:
    loaded = config(
        tmp_path,
        "policy: {currencies: [eur]}\nenvironments: {test: {provider: shadow, policy: {currencies: []}}}\n",
    )
    assert loaded.policy_for("any", "test").currencies == ()


@pytest.mark.parametrize(
    "address",
    ["https://api.stripe.com", "http://127.0.0.1:4242", "http://localhost:12111/", "http://[::1]:80"],
)
def test_a_key_may_be_sent_over_https_or_within_this_machine(tmp_path: Path, address: str) -> None:
    text = f"environments: {{e: {{provider: stripe, api_key_env: K, base_url: '{address}'}}}}\n"
    assert config(tmp_path, text).environments["e"].base_url == address


@pytest.mark.parametrize(
    "address",
    [
        "http://api.stripe.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "ftp://127.0.0.1",
        "api.stripe.com",
        "https://",
        "https://user:word@api.stripe.com",
        "http://127.0.0.1@example.com",
        "https://[broken",
        "https://api.stripe.com:port",
        "file:///etc/passwd",
    ],
)
def test_a_key_is_sent_nowhere_else(tmp_path: Path, address: str) -> None:
    text = f"environments: {{e: {{provider: stripe, api_key_env: K, base_url: '{address}'}}}}\n"
    assert found(tmp_path, text) == [("base-url", "2:64")]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("{provider: stripe}", [("environment-key", "2:16")]),
        ("{provider: stripe, api_key_env: K, api_key_file: f}", [("environment-key", "2:68")]),
        ("{provider: shadow, api_key_env: K}", [("environment-fields", "2:51")]),
        ("{provider: shadow, account: acct_1}", [("environment-fields", "2:47")]),
        ("{provider: shadow, livemode: true}", [("environment-live", "2:48")]),
        ("{provider: stripe, api_key_env: K, livemode: true, base_url: 'http://127.0.0.1'}",
         [("environment-live", "2:64")]),
        ("{provider: strype, api_key_env: K}", [("unknown-value", "2:30")]),
        ("{provider: stripe, api_key: x}", [("unknown-field", "2:38")]),
        ("{provider: stripe, api_key_env: 'my key'}", [("text-format", "2:51")]),
        ("{provider: stripe, api_key_env: K, livemode: yes}", [("wrong-type", "2:64")]),
        ("{provider: stripe, api_key_env: K, rate_limit: 0}", [("value-range", "2:66")]),
        ("{provider: stripe, api_key_env: K, policy: {approximate: alow}}", [("unknown-value", "2:76")]),
        ("{provider: shadow, policy: {max_archive_percent: 101}}", [("value-range", "2:68")]),
        ("{provider: shadow, policy: {max_archive_percent: non}}", [("wrong-shape", "2:68")]),
        ("{provider: shadow, policy: {currencies: [eur, eru]}}", [("unknown-currency", "2:65")]),
    ],
)  # fmt: skip
def test_an_environment_that_cannot_work_is_refused(
    tmp_path: Path, environment: str, expected: list[tuple[str, str]]
) -> None:
    assert found(tmp_path, f"environments: {{e: {environment}}}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("default_environment: prod\n", [("unknown-environment", "2:22")]),
        ("catalogs: {shop: {policy: {currencies: [usd]}}}\n", [("unknown-catalog", "2:12")]),
        ("policy: {currencies: [EUR]}\n", [("currency-format", "2:23")]),
        ("environment: {}\n", [("unknown-field", "2:1")]),
        ("environments: {Live: {provider: shadow}}\n", [("id-format", "2:16")]),
        ("environments: {e: {provider: shadow}, e: {provider: shadow}}\n", [("duplicate-key", "2:39")]),
        ("default_environment: [\n", [("yaml-syntax", "3:1")]),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(
    tmp_path: Path, text: str, expected: list[tuple[str, str]]
) -> None:
    assert found(tmp_path, text) == expected


def test_a_misspelt_catalog_is_pointed_out_because_its_policy_would_protect_nothing(tmp_path: Path) -> None:
    (tmp_path / "catalogs" / "onboarding").mkdir(parents=True)
    (diagnostic,) = problems(tmp_path, "catalogs: {onbording: {policy: {currencies: [usd]}}}\n")
    assert (diagnostic.code, diagnostic.hint) == ("unknown-catalog", "did you mean onboarding?")
    assert diagnostic.path == "catalogs.onbording"


def test_a_key_in_the_file_is_refused_and_never_shown(tmp_path: Path) -> None:
    text = "environments: {live: {provider: stripe, api_key_env: sk_live_abcdef123456}}\n"
    diagnostics = problems(tmp_path, text)
    assert diagnostics[0].code == "secret-in-file"
    assert "abcdef123456" not in repr(diagnostics)


def test_all_problems_are_found_in_one_run(tmp_path: Path) -> None:
    text = "default_environment: prod\nenvironments: {a: {provider: stripe}, b: {provider: stripe}}\n"
    assert [code for code, _ in found(tmp_path, text)] == [
        "unknown-environment",
        "environment-key",
        "environment-key",
    ]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stripectl.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidInput) as caught:
        load_config(tmp_path)
    assert [each.code for each in caught.value.diagnostics] == ["file-unreadable"]
