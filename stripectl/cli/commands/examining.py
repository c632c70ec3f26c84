"""`doctor`: look at everything that plan and apply rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from stripectl.cli.git import git
from stripectl.cli.progress import patient
from stripectl.cli.project import Project, find_project
from stripectl.cli.rendering import ink
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.wiring import (
    door,
    fitting_key,
    key_file,
    lock,
    now,
    provider,
    rates,
    read,
    require_allowed,
    revisions,
)
from stripectl.diagnostics import ExitCode, InvalidInput, StripectlError
from stripectl.engine.checkup import Check, Health
from stripectl.engine.places import IN_A_FILE
from stripectl.manifest.config import Environment
from stripectl.operations import doctor as operation
from stripectl.operations.doctor import Examination, Holding, Records
from stripectl.providers.stripe.keys import sort_of
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.journal import FileJournals
from stripectl.store.lock import FileLock
from stripectl.store.room import free_bytes, try_to_write
from stripectl.views.amounts import count

SCARCE = 100 * 2**20
"""Bytes left on the disk below which it is worth a word: journals and revisions take a few."""


USED_AT_ONCE = (
    "requests",
    "stripectl.providers.stripe.network",
    "stripectl.providers.stripe.provider",
    "stripectl.providers.shadow.account",
    "stripectl.providers.shadow.transport",
    "encodings.idna",
)
"""Modules that several examinations need, loaded before the threads start."""


def doctor(screen: Terminal, folder: Path | None, env: str | None) -> ExitCode:
    """Examine an environment; exit 1 where something failed."""
    project = find_project(folder)
    environment = project.environment(env)
    with patient(screen, "Examining"):
        checks = operation.examine(_examinations(project, environment))
    for sink in screen.sinks:
        screen.write(_texts(screen, sink, environment.name, checks), sink)
    return ExitCode.ERROR if any(each.health is Health.FAILED for each in checks) else ExitCode.OK


def _texts(screen: Terminal, sink: Sink, environment: str, checks: tuple[Check, ...]) -> str:
    from stripectl.views.as_json import checkup_json, json_text
    from stripectl.views.text import checkup_text

    if sink.format == "json":
        return json_text(checkup_json(environment, checks))
    return checkup_text(environment, checks, **ink(screen, sink))


def _examinations(project: Project, environment: Environment) -> Mapping[str, Examination]:
    # Half-made modules, or none, are what two threads find that import the same ones at once.
    for name in USED_AT_ONCE:
        import_module(name)
    records = _records(project, environment)
    state = project.state_folder(environment)
    return {
        "catalogs": partial(_catalogs, project, environment),
        "key": partial(_key, project, environment),
        "requests": partial(_requests, environment),
        "account": partial(_account, project, environment, records),
        "rate limits": partial(_rate_limits, environment),
        "proxy": partial(_proxy, environment),
        "state": partial(_state, project, state),
        "disk": partial(_disk, state),
        "lock": partial(operation.locks, records),
        "runs": partial(operation.runs, records),
        "revisions": partial(operation.revisions, records),
    }


def _catalogs(project: Project, environment: Environment) -> Iterable[Check]:
    """How many can be read; what is wrong with one is for `validate` to tell."""
    sound: dict[str, int] = {}
    for name in project.catalogs():
        found = read(project, name, project.config.policy_for(name, environment.name))
        if found.valid:
            sound[name] = len(found.mapped.desired)
            continue
        errors = sum(each.is_error for each in found.diagnostics)
        hint = f"see what is wrong with `stripectl validate --catalog {name}`"
        yield Check("catalogs", Health.FAILED, f"{name} cannot be used: {count(errors, 'problem')}.", hint)
    if sound:
        names = f"{', '.join(sound)}: {count(sum(sound.values()), 'object')} declared."
        yield Check("catalogs", Health.OK, names)


def _key(project: Project, environment: Environment) -> Iterable[Check]:
    if environment.provider == "shadow":
        yield Check("key", Health.OK, "None is needed: the account is in a file on this machine.")
        return
    found = fitting_key(project, environment)
    sort = sort_of(found)
    assert sort is not None, "it fits"
    mode = "live" if environment.livemode else "test"
    if environment.api_key_file:
        yield from _exposed(key_file(project, environment))
    noun = f"{sort.noun[0].upper()}{sort.noun[1:]}"
    yield Check("key", Health.OK, f"{noun} for {mode} mode, from {door(environment).place}.")


def _exposed(file: Path) -> Iterable[Check]:
    """Ways in which others come to read the file of a key."""
    if file.stat().st_mode & 0o077:
        found = "Other users of this machine may read the file of the key."
        yield Check("key", Health.WARNING, found, f"chmod 600 {file}")
    if git(file.parent, "ls-files", "--error-unmatch", "--", file.name) is not None:
        found = "The file of the key is tracked by git, so everybody with a copy has the key."
        yield Check("key", Health.WARNING, found, "revoke the key, remove the file from git, and ignore it")


def _requests(environment: Environment) -> Iterable[Check]:
    """Where they go, and the key with them."""
    require_allowed(environment)
    local = environment.api_base == IN_A_FILE
    found = "They stay in this process." if local else f"They go to {environment.api_base}."
    yield Check("requests", Health.OK, found)


def _account(project: Project, environment: Environment, records: tuple[Records, ...]) -> Iterable[Check]:
    """The account and what the key may do there; what is wrong with the key is told by itself."""
    try:
        if environment.provider != "shadow":
            fitting_key(project, environment)
    except InvalidInput:
        return (Check("account", Health.UNKNOWN, "Nothing was asked, as there is no key that fits."),)
    gate = operation.gate(environment.name, environment.account, records)
    return provider(project, environment, read_only=True, gate=gate).probe(now)


def _rate_limits(environment: Environment) -> Iterable[Check]:
    at_most = rates(environment)
    sides = ((at_most.overall, "overall"), (at_most.per_endpoint, "for one endpoint"))
    limits = " and ".join(f"{most:g} {what}" for most, what in sides if most)
    if not limits:
        yield Check("rate limits", Health.OK, "None: requests stay on this machine.")
        return
    source = "as stripectl.yaml says" if environment.rate_limit else "as Stripe documents"
    yield Check("rate limits", Health.OK, f"At most {limits} in a second, {source}.")


def _proxy(environment: Environment) -> Iterable[Check]:
    """What variables put between here and Stripe; its user and password are nobody's business."""
    if environment.is_local:
        return
    address = urlsplit(environment.base_url or "https://api.stripe.com")
    proxies = getproxies()
    scheme = next((each for each in (address.scheme, "all") if each in proxies), None)
    if scheme and not proxy_bypass(address.hostname or ""):
        via = urlsplit(proxies[scheme]).hostname or "a proxy"
        yield Check("proxy", Health.OK, f"Requests go through {via}, as {scheme.upper()}_PROXY says.")


def _state(project: Project, folder: Path) -> Iterable[Check]:
    try_to_write(folder)
    yield Check("state", Health.OK, f"{project.shown(folder)} takes what is recorded.")


def _disk(folder: Path) -> Iterable[Check]:
    free = free_bytes(folder)
    found = f"{free / 2**30:,.1f} GiB are free for what is recorded."
    if free < SCARCE:
        found = f"Only {free / 2**20:,.1f} MiB are free for what is recorded."
        yield Check(
            "disk", Health.WARNING, found, "make room: an apply stops where it cannot keep its journal"
        )
        return
    yield Check("disk", Health.OK, found)


def _records(project: Project, environment: Environment) -> tuple[Records, ...]:
    """Of every catalog; none where there is none."""
    try:
        names = project.catalogs()
    except StripectlError:
        return ()
    return tuple(
        Records(
            name,
            revisions(project, name, environment),
            FileJournals(project.state_folder(environment) / name / "journal", KINDS, now),
            _holding(lock(project, name, environment)),
        )
        for name in names
    )


def _holding(found: FileLock) -> Callable[[], Holding | None]:
    def look() -> Holding | None:
        holder = found.holder()
        if holder is None:
            return None
        gone = ", whose process is gone" if holder.is_dead else ""
        who = f"locked by {holder.owner} on {holder.host} since {holder.started}{gone}"
        return Holding(who, found.unlock_command(holder))

    return look
