"""Put the parts together: read a catalog, open an environment, make the session of an operation."""

from __future__ import annotations

import getpass
import os
import secrets
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Event

from stripectl.cli.project import CONFIG_FILE, Project, root_from
from stripectl.cli.repository import builds_on, made_from
from stripectl.diagnostics import (
    Diagnostic,
    Interrupted,
    InvalidInput,
    Severity,
    by_importance,
    error,
    keep_secret,
)
from stripectl.engine.guard import fidelity_rules
from stripectl.engine.places import origin
from stripectl.engine.plan import MadeFrom
from stripectl.engine.planner import Intent
from stripectl.engine.policy import OnError, Policy
from stripectl.engine.ports import Gate, Provider, Sent
from stripectl.engine.quotes import Basket
from stripectl.engine.steps import Outcome, Step
from stripectl.files import Most, content_of, make_folder, require_unlinked, told
from stripectl.manifest.config import Environment, RateLimit
from stripectl.manifest.load import Loaded, load_catalog
from stripectl.operations.gate import wanted
from stripectl.operations.session import Progress, Session, Silent
from stripectl.pricing.checks import Unread
from stripectl.pricing.model import Catalog, Profile
from stripectl.pricing.stance import outside_currencies
from stripectl.providers.stripe.keys import Door, misfit
from stripectl.providers.stripe.kinds import KINDS
from stripectl.providers.stripe.limiter import Rates
from stripectl.providers.stripe.limits import TOO_FAR, check_limits
from stripectl.providers.stripe.mapping import Mapped, map_catalog
from stripectl.providers.stripe.names import followed
from stripectl.store.journal import FileJournals
from stripectl.store.lock import FileLock
from stripectl.store.log import FileLog
from stripectl.store.revisions import FileRevisions

SHADOW_FILE = "account.db"
SHADOW_KEY = "sk_test_shadow"
"""Opens the account in the file, which asks for a key as Stripe does; it is no secret."""

CI_URLS = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",
    "{BUILD_URL}",
)
"""Where a run of GitHub, GitLab or Jenkins can be watched, from their variables."""

ACTORS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
"""Variables in which a pipeline says for whom it runs."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A catalog that was read, checked and mapped."""

    loaded: Loaded
    mapped: Mapped
    diagnostics: tuple[Diagnostic, ...]
    """Everything found on the way, most important first."""
    forbidden: tuple[Diagnostic, ...]
    """What the policy says of losses; a plan is told so by its guard."""

    @property
    def valid(self) -> bool:
        return not any(each.is_error for each in self.diagnostics)


def read(project: Project, name: str, policy: Policy, today: date | None = None) -> Reading:
    """Read one catalog; all problems are collected, none is raised. `today` is the day, UTC, if not now's."""
    loaded = load_catalog(project.catalogs_folder / name, root=project.root)
    day = today or now().date()
    # Mapping takes as long as all the checks together.
    mapped = {id(each): map_catalog(each) for each in loaded.readable.versions()}

    def findings(catalog: Catalog, _: Unread) -> Iterator[Diagnostic]:
        yield from mapped[id(catalog)].diagnostics
        yield from check_limits(catalog, mapped[id(catalog)].desired, day)
        yield from outside_currencies(catalog, policy.currencies)

    def losses(catalog: Catalog, _: Unread) -> Iterator[Diagnostic]:
        return fidelity_rules(mapped[id(catalog)].annotations, policy)

    found = by_importance((*loaded.diagnostics, *loaded.readable.agreed(findings)))
    return Reading(loaded, mapped[id(loaded.catalog)], found, loaded.readable.agreed(losses))


def intent(project: Project, name: str, environment: Environment, today: date | None = None) -> Intent:
    """What the manifests of a catalog want; raises InvalidInput with all that is wrong with them."""
    reading = read(project, name, project.config.policy_for(name, environment.name), today)
    diagnostics = by_importance(map(_in_a_plan, reading.diagnostics))
    if any(each.is_error for each in diagnostics):
        raise InvalidInput(*diagnostics)
    catalog = reading.loaded.catalog
    return Intent(
        name,
        reading.mapped.desired,
        reading.mapped.annotations,
        diagnostics,
        moved=followed({each.old: each.new for each in catalog.moved}, reading.mapped.desired.resources),
        released=tuple(each.address for each in catalog.removed if each.keep),
        profiles=tuple(map(basket, catalog.profiles.values())),
    )


def _in_a_plan(diagnostic: Diagnostic) -> Diagnostic:
    """A date that no object can have yet may be declared, but nothing can be planned with it."""
    return replace(diagnostic, severity=Severity.ERROR) if diagnostic.code == TOO_FAR else diagnostic


def basket(profile: Profile) -> Basket:
    """What a profile buys, by addresses."""
    return Basket(
        profile.address,
        profile.title or profile.id,
        offer=None if profile.offer is None else f"offer.{profile.offer}",
        prices=tuple(f"price.{name}" for name in profile.prices),
        quantities={f"price.{name}": number for name, number in profile.quantities.items()},
        usage={f"meter.{name}": number for name, number in profile.usage.items()},
        currencies=profile.currencies,
        discounts=tuple(f"discount.{name}" for name in profile.discounts),
    )


def baskets(project: Project, name: str, environment: Environment) -> tuple[Basket, ...]:
    """What the profiles of a catalog buy; nothing where its manifests cannot be used."""
    reading = read(project, name, project.config.policy_for(name, environment.name))
    return tuple(map(basket, reading.loaded.catalog.profiles.values())) if reading.valid else ()


def session(
    project: Project,
    name: str,
    environment: Environment,
    *,
    read_only: bool = False,
    account: Provider | None = None,
    lock_timeout: float = 0.0,
    on_error: OnError = OnError.AUTO,
    progress: Progress | None = None,
    on_sent: Callable[[Sent], None] = lambda _: None,
    on_end: Callable[[Step, Outcome], None] = lambda *_: None,
    stop: Event | None = None,
) -> Session:
    """Everything that an operation on one catalog needs.

    `account` is one that is open already; else `on_sent` is told of each try of a request. `on_end` is told
    of each step that is on record. `stop` is set when a person asks the operation to stop.
    """
    stop = stop or Event()
    at = here(project)
    folder = records_folder(project, name, environment)
    log = request_log(project, name, environment)

    def sent(each: Sent) -> None:
        # First those that cannot fail: a full disk must not hide a request from who watches.
        on_sent(each)
        log.record(each)

    return Session(
        catalog=name,
        environment=environment.name,
        provider=account
        or provider(project, environment, read_only=read_only, on_sent=sent, sleep=partial(_pause, stop)),
        policy=project.config.policy_for(name, environment.name),
        revisions=revisions(project, name, environment),
        journals=FileJournals(folder / "journal", KINDS, now, on_end),
        lock=replace(lock(project, name, environment), stopping=stop.is_set),
        log=log,
        now=now,
        new_id=new_id,
        by=who(),
        commit=at.commit if at else None,
        dirty=at.dirty if at else False,
        builds_on=partial(builds_on, project.root),
        account_id=environment.account,
        lock_timeout=lock_timeout,
        on_error=on_error,
        # A file has no latency to hide, and steps that come one by one can be told in order.
        workers=1 if environment.provider == "shadow" else WORKERS,
        progress=progress or Silent(),
        stopping=stop.is_set,
    )


def _pause(stop: Event, seconds: float) -> None:
    """Wait between two tries; raises Interrupted when a person asks to stop meanwhile."""
    if stop.wait(seconds):
        raise Interrupted(
            error(
                "interrupted",
                "The command was stopped while it waited",
                "A request was about to be tried again.",
                hint="run the same command again",
            )
        )


def records_folder(project: Project, name: str, environment: Environment) -> Path:
    """Where the records of a catalog are; raises InvalidInput where one of its folders is a link."""
    state = project.state_folder(environment)
    for each in ("revisions", "journal"):
        folder = state / name / each
        with told(folder, "use"):
            require_unlinked(folder, state.parent)
    return state / name


def revisions(project: Project, name: str, environment: Environment) -> FileRevisions:
    return FileRevisions(records_folder(project, name, environment) / "revisions", KINDS)


def request_log(project: Project, name: str, environment: Environment) -> FileLog:
    return FileLog(records_folder(project, name, environment) / "log.jsonl", now)


def lock(project: Project, name: str, environment: Environment) -> FileLock:
    path = records_folder(project, name, environment) / "lock.json"
    return FileLock(path, now, who(), _ci_url(), found_with(project, name, environment))


def found_with(project: Project, name: str, environment: Environment) -> str:
    """Options with which a command finds the same catalog; `--dir` only where it is not found from here."""
    elsewhere = ("--dir", str(project.root)) if root_from(Path.cwd()) != project.root else ()
    return shlex.join(("--catalog", name, "--env", environment.name, *elsewhere))


def provider(
    project: Project,
    environment: Environment,
    *,
    read_only: bool = False,
    keep: bool = False,
    gate: Gate | None = None,
    on_sent: Callable[[Sent], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Provider:
    """The account behind an environment: everything that sends is born here.

    It stands behind `gate`; without one, behind what the environment says of its account. `keep` reads its
    lists once, for a command that compares several catalogs with it. Raises InvalidInput where its key is
    missing or none, or may not be sent to where the environment says.
    """
    from stripectl.providers.stripe.gateway import Gateway  # loads the SDK
    from stripectl.providers.stripe.network import network
    from stripectl.providers.stripe.provider import StripeProvider

    if environment.provider == "shadow":
        from stripectl.providers.shadow.account import ShadowAccount
        from stripectl.providers.shadow.transport import ShadowTransport

        file = shadow_file(project, environment)
        make_folder(file.parent)
        account = ShadowAccount(file, clock=time.time)
        gateway = Gateway(
            SHADOW_KEY,
            transport=ShadowTransport(account),
            api_base=environment.api_base,
            read_only=read_only,
            on_sent=on_sent,
        )
    else:
        require_allowed(environment)
        gateway = Gateway(
            fitting_key(project, environment),
            transport=network(local=environment.is_local),
            base_url=environment.api_base,
            read_only=read_only,
            rates=rates(environment),
            on_sent=on_sent,
            sleep=sleep,
        )
    entrance = gate or wanted(environment.name, environment.account)
    return StripeProvider(gateway, door(environment), entrance, keep=keep)


ALLOW_BASE_URL = "STRIPECTL_ALLOW_BASE_URL"
"""Variable that lists the addresses, besides Stripe's own, to which a key may be sent. A repository cannot
set it."""

_STRIPES_OWN = (
    "https://api.stripe.com",
    "https://connect.stripe.com",
    "https://files.stripe.com",
    "https://meter-events.stripe.com",
)


def require_allowed(environment: Environment) -> None:
    """Raise InvalidInput where a key would go to a server that nobody but the configuration vouches for."""
    place = environment.api_base
    if environment.is_local or origin(place, path=False) in _STRIPES_OWN:
        return
    allowed = os.environ.get(ALLOW_BASE_URL, "").replace(",", " ").split()
    if place not in map(origin, allowed):
        raise InvalidInput(
            error(
                "base-url-not-allowed",
                "A key is not sent there",
                f"Requests of environment {environment.name}, and its key with them, would go to {place}."
                " That is neither Stripe's nor on this machine. Nothing was sent.",
                hint=f"remove `base_url`; where it is meant: export {ALLOW_BASE_URL}={place}",
                source=environment.source,
            )
        )


WORKERS = 16
"""Steps in hand at the same time: enough to use what Stripe allows when an answer takes half a second."""

_ALLOWED = {True: RateLimit(100, 25), False: RateLimit(25, 25)}
"""Whether the account is live -> requests a second that Stripe allows, as documented."""


def rates(environment: Environment) -> Rates:
    """What the configuration says, else what Stripe allows; this machine sets itself no limit."""
    allowed = RateLimit() if environment.is_local else _ALLOWED[environment.livemode]
    set_ = environment.rate_limit or RateLimit()
    return Rates(set_.overall or allowed.overall, set_.per_endpoint or allowed.per_endpoint)


def shadow_file(project: Project, environment: Environment) -> Path:
    """The account; raises InvalidInput where the folder that it is in is a link."""
    folder = project.state_folder(environment)
    with told(folder, "use"):
        require_unlinked(folder, folder.parent)
    return folder / SHADOW_FILE


def key(project: Project, environment: Environment) -> str:
    """The API key of an environment, from its variable or its file; never shown."""
    if environment.api_key_env:
        found = os.environ.get(environment.api_key_env, "").strip()
        where = f"the variable {environment.api_key_env}, which is empty or not set"
        hint = f"export {environment.api_key_env}=…"
    else:
        found = _key_in(key_file(project, environment))
        where = f"the file {environment.api_key_file}, which is empty, missing or unreadable"
        hint = "write the key into that file, outside git"
    if not found:
        raise InvalidInput(
            error(
                "key-missing",
                "The environment has no key",
                f"Environment {environment.name} takes its key from {where}.",
                hint=f"{hint}, or work on another environment with --env",
            )
        )
    keep_secret(found)
    return found


def key_file(project: Project, environment: Environment) -> Path:
    """Where the key stands, for an environment with `api_key_file`."""
    return project.root / (environment.api_key_file or "")


def _key_in(path: Path) -> str:
    try:
        return content_of(path, Most.KEY, follow=True).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def fitting_key(project: Project, environment: Environment) -> str:
    """The key, once it is known to fit the environment; raises InvalidInput before any request."""
    found = key(project, environment)
    if told := misfit(found, door(environment)):
        raise InvalidInput(told)
    return found


def door(environment: Environment) -> Door:
    """What an environment says of the account that its key is to open."""
    place = f"the variable {environment.api_key_env}"
    if environment.api_key_file:
        place = f"the file {environment.api_key_file}"
    return Door(environment.name, environment.livemode, environment.account, environment.source, place)


def now() -> datetime:
    """The one clock of the program, which the shadow account goes by as well."""
    return datetime.fromtimestamp(time.time(), UTC)


def new_id() -> str:
    """Sorts by time, and is unique beyond doubt: `20270131T120000-3f9a0c1b2d`."""
    return f"{now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(5)}"


def here(project: Project) -> MadeFrom | None:
    """The commit that the manifests are at, and whether they differ from it; None outside git."""
    return made_from(project.root, project.config.catalogs_folder, CONFIG_FILE)


def who() -> str:
    """Who is at work: the person that a pipeline runs for, or the user of this machine."""
    if actor := next((os.environ[name] for name in ACTORS if os.environ.get(name)), None):
        return actor
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def _ci_url() -> str | None:
    for template in CI_URLS:
        try:
            return template.format_map(os.environ)
        except KeyError:
            continue
    return None
