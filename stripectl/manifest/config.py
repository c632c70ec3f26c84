"""Read `stripectl.yaml`: environments, policy and folders. Without the file everything runs on the shadow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from stripectl.diagnostics import (
    Diagnostic,
    InvalidInput,
    Location,
    Path,
    by_importance,
    did_you_mean,
    dotted,
    error,
)
from stripectl.engine.kinds import Reach
from stripectl.engine.places import IN_A_FILE, is_local, is_loopback, origin
from stripectl.engine.policy import OnApproximate, OnUnsupported, Policy
from stripectl.manifest.artifacts import flag, known_text, table_at, text, texts, whole
from stripectl.manifest.load import read_file, repository_of
from stripectl.manifest.schemas import conforms
from stripectl.manifest.sections import entries
from stripectl.manifest.values import Places, Table, Value
from stripectl.manifest.yaml_source import Document
from stripectl.pricing.currencies import CURRENCIES

CONFIG_FILE = "stripectl.yaml"

STRIPE = "https://api.stripe.com"
"""Where Stripe takes requests."""

Provider: TypeAlias = Literal["shadow", "stripe"]
Limit: TypeAlias = int | Literal["none"]
"""Percent, or no limit at all."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The parts of a policy that one place of the configuration sets; None leaves a part as it is."""

    unsupported: OnUnsupported | None = None
    approximate: OnApproximate | None = None
    max_archive_percent: Limit | None = None
    max_price_change_percent: Limit | None = None
    approval: tuple[Reach, ...] | None = None
    currencies: tuple[str, ...] | None = None

    def over(self, policy: Policy) -> Policy:
        """The policy with these parts in place of its own."""
        return Policy(
            unsupported=self.unsupported or policy.unsupported,
            approximate=self.approximate or policy.approximate,
            max_archive_percent=_limited(self.max_archive_percent, policy.max_archive_percent),
            max_price_change_percent=_limited(self.max_price_change_percent, policy.max_price_change_percent),
            approval=policy.approval if self.approval is None else self.approval,
            currencies=policy.currencies if self.currencies is None else self.currencies,
        )


def _limited(change: Limit | None, before: int | None) -> int | None:
    match change:
        case None:
            return before
        case "none":
            return None
    return change


UNCHANGED = PolicyChange()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Most requests in a second, 1 to 1000; None is what the provider allows."""

    overall: int | None = None
    per_endpoint: int | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """A named target."""

    name: str
    provider: Provider
    api_key_env: str | None = None
    """Name of the environment variable that holds the key."""
    api_key_file: str | None = None
    """Path of the file that holds the key, relative to the configuration."""
    livemode: bool = False
    """Whether the account takes real money."""
    base_url: str | None = None
    """https, or http on this machine; None is the provider's own address."""
    state: str | None = None
    """Where revisions and journals are kept; None is `.stripectl` beside the configuration."""
    rate_limit: RateLimit | None = None
    """None is what the provider allows: everything on this machine."""
    account: str | None = None
    """The only account that may be worked on: the key's own, or one that is connected to it."""
    policy: PolicyChange = UNCHANGED
    source: Location | None = field(default=None, compare=False)
    """Where it is declared; None for the shadow that needs no declaration."""

    @property
    def is_local(self) -> bool:
        """Whether requests stay on this machine."""
        return is_local(self.api_base)

    @property
    def api_base(self) -> str:
        """Where requests go: the address of an API, or `shadow` for the account in a file."""
        return IN_A_FILE if self.provider == "shadow" else origin(self.base_url or STRIPE)


SHADOW = Environment("shadow", "shadow")


@dataclass(frozen=True, slots=True)
class Config:
    """What a project says about where and how its catalogs are applied."""

    default_environment: str = SHADOW.name
    environments: Mapping[str, Environment] = field(default_factory=lambda: {SHADOW.name: SHADOW})
    """By name, the shadow always among them."""
    policy: Policy = Policy()
    """For every catalog and environment that does not say otherwise."""
    catalogs_folder: str = "catalogs"
    """Relative to the configuration."""
    catalog_policies: Mapping[str, PolicyChange] = field(default_factory=dict)
    """By catalog, where it has its own."""

    def policy_for(self, catalog: str, environment: str) -> Policy:
        """The policy that holds: the environment's word over the catalog's over the project's."""
        own = self.catalog_policies.get(catalog, UNCHANGED).over(self.policy)
        known = self.environments.get(environment)
        return known.policy.over(own) if known else own


def load_config(root: FilePath) -> Config:
    """Read `stripectl.yaml` in `root`; the defaults when there is none.

    Raises InvalidInput with all problems of the file.
    """
    path = root / CONFIG_FILE
    if not path.is_symlink() and not path.exists():
        return Config()
    document = read_file(path, CONFIG_FILE, repository_of(root))
    problems = list(document.diagnostics)
    config = Config()
    if document.top is not None:
        departures = _departures(document)
        problems += departures
        if not departures:
            places = Places(document.file, (1, 1), document.top)
            config = _located(_config(document.top), places)
            problems += (_placed(*each, places) for each in _problems(document.top, config, root))
    if problems:
        raise InvalidInput(*by_importance(problems))
    return config


def catalogs_folder_in(document: Document, default: str) -> str:
    """The folder of catalogs that a config names; the default for one that names none or cannot be used."""
    if document.top is None or _departures(document):
        return default
    return _config(document.top).catalogs_folder


def _departures(document: Document) -> list[Diagnostic]:
    assert document.top is not None
    if conforms("config")(document.top):
        return []
    from stripectl.manifest.explain import departures

    return [diagnostic for _, diagnostic in departures("config", document.file, document.top)]


def _config(top: Table) -> Config:
    environments = {name: _environment(name, table) for name, table in entries(top.get("environments"))}
    return Config(
        default_environment=known_text(top, "default_environment", SHADOW.name),
        environments={SHADOW.name: SHADOW, **environments},
        policy=_policy(top).over(Policy()),
        catalogs_folder=known_text(top, "catalogs_folder", "catalogs"),
        catalog_policies={name: _policy(table) for name, table in entries(top.get("catalogs"))},
    )


def _environment(name: str, table: Table) -> Environment:
    return Environment(
        name=name,
        provider="stripe" if text(table, "provider") == "stripe" else "shadow",
        api_key_env=text(table, "api_key_env"),
        api_key_file=text(table, "api_key_file"),
        livemode=flag(table, "livemode"),
        base_url=text(table, "base_url"),
        state=text(table, "state"),
        rate_limit=_rate_limit(table),
        account=text(table, "account"),
        policy=_policy(table),
    )


def _rate_limit(owner: Table) -> RateLimit | None:
    table = table_at(owner, "rate_limit")
    if table is None:
        overall = whole(owner, "rate_limit")
        return RateLimit(overall) if overall else None
    return RateLimit(whole(table, "overall"), whole(table, "per_endpoint"))


def _policy(owner: Table) -> PolicyChange:
    table = table_at(owner, "policy")
    if table is None:
        return UNCHANGED
    unsupported, approximate = text(table, "unsupported"), text(table, "approximate")
    return PolicyChange(
        unsupported=OnUnsupported(unsupported) if unsupported else None,
        approximate=OnApproximate(approximate) if approximate else None,
        max_archive_percent=_limit(table.get("max_archive_percent")),
        max_price_change_percent=_limit(table.get("max_price_change_percent")),
        approval=tuple(map(Reach, texts(table, "approval"))) if "approval" in table else None,
        currencies=texts(table, "currencies") if "currencies" in table else None,
    )


def _limit(value: Value) -> Limit | None:
    if isinstance(value, int):
        return value
    return "none" if value == "none" else None


def _located(config: Config, places: Places) -> Config:
    """The config, whose environments know where they stand."""
    environments = {
        name: replace(each, source=places.get(("environments", name)))
        for name, each in config.environments.items()
    }
    return replace(config, environments=environments)


_Problem: TypeAlias = tuple[Path, Diagnostic]


def _placed(path: Path, diagnostic: Diagnostic, places: Places) -> Diagnostic:
    present = path
    while present not in places:
        present = present[:-1]
    return replace(diagnostic, path=dotted(path), source=places[present])


def _problems(top: Table, config: Config, root: FilePath) -> Iterator[_Problem]:
    yield from _default_environment(config)
    for environment in config.environments.values():
        for rule in (_key_source, _live, _address):
            for path, diagnostic in rule(environment):
                yield ("environments", environment.name, *path), diagnostic
    yield from _catalogs(config, root)
    yield from _currencies(top)


def _default_environment(config: Config) -> Iterator[_Problem]:
    if config.default_environment not in config.environments:
        known = ", ".join(config.environments)
        yield (
            ("default_environment",),
            error(
                "unknown-environment",
                "An environment is not declared",
                f"`{config.default_environment}` is none of {known}.",
                hint=did_you_mean(config.default_environment, config.environments) or "declare it",
            ),
        )


def _key_source(environment: Environment) -> Iterator[_Problem]:
    """A Stripe environment names one source of its key, the shadow none."""
    sources = [name for name in ("api_key_env", "api_key_file") if getattr(environment, name)]
    if environment.provider == "shadow":
        for name in (*sources, "base_url", "account"):
            if getattr(environment, name):
                yield (
                    (name,),
                    error(
                        "environment-fields",
                        "A field does not go with the provider",
                        f"The shadow account is a local file and has no use for `{name}`.",
                        hint=f"remove {name}, or set provider: stripe",
                    ),
                )
    elif len(sources) != 1:
        found = "names both" if sources else "names none"
        yield (
            tuple(sources[1:]),
            error(
                "environment-key",
                "An environment needs one source of its key",
                f"It takes api_key_env or api_key_file, and {found}.",
                hint="remove one of them" if sources else "add api_key_env: STRIPE_LIVE_KEY, for example",
            ),
        )


def _live(environment: Environment) -> Iterator[_Problem]:
    if not environment.livemode:
        return
    if environment.provider == "shadow":
        reason = "The shadow account never takes real money."
    elif environment.base_url and urlsplit(environment.base_url).scheme == "http":
        reason = "A server on this machine never takes real money, and a live key must not be sent to one."
    else:
        return
    yield (
        ("livemode",),
        error("environment-live", "An environment cannot be live", reason, hint="remove livemode"),
    )


def _address(environment: Environment) -> Iterator[_Problem]:
    if environment.base_url and not _is_safe(environment.base_url):
        yield (
            ("base_url",),
            error(
                "base-url",
                "The address of an API is not safe",
                "A key is sent to it, so it has to be https, or http on this machine, without a user name.",
                hint="write https://…, or http://127.0.0.1 with a port",
            ),
        )


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def _catalogs(config: Config, root: FilePath) -> Iterator[_Problem]:
    """A policy for a catalog that does not exist protects nothing."""
    folder = root / config.catalogs_folder
    for name in config.catalog_policies:
        if not (folder / name).is_dir():
            known = [path.name for path in folder.glob("*") if path.is_dir()]
            yield (
                ("catalogs", name),
                error(
                    "unknown-catalog",
                    "A catalog does not exist",
                    f"{config.catalogs_folder} has no folder {name}, so its settings would protect nothing.",
                    hint=did_you_mean(name, known) or "create the folder, or remove the settings",
                ),
            )


def _currencies(top: Table) -> Iterator[_Problem]:
    owners: list[tuple[Path, Table]] = [((), top)]
    for section in ("environments", "catalogs"):
        owners += (((section, name), table) for name, table in entries(top.get(section)))
    for path, owner in owners:
        for index, currency in enumerate(texts(table_at(owner, "policy") or Table(), "currencies")):
            if currency not in CURRENCIES:
                yield (
                    (*path, "policy", "currencies", index),
                    error(
                        "unknown-currency",
                        "A currency does not exist",
                        f"`{currency}` is not a code of ISO 4217.",
                        hint=did_you_mean(currency, sorted(CURRENCIES)) or "write an existing currency",
                    ),
                )
