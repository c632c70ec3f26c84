"""`lock show` and `unlock`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from stripectl.cli.commands.planning import Choice
from stripectl.cli.places import inert, to_stdout
from stripectl.cli.terminal import Sink, Terminal
from stripectl.cli.wiring import lock
from stripectl.diagnostics import InvalidInput, Locked, error
from stripectl.engine.values import Json
from stripectl.store.lock import FileLock, Holder


def show(screen: Terminal, folder: Path | None, env: str | None, catalog: str | None) -> None:
    """Who holds each chosen catalog."""
    found = [(name, each, each.holder()) for name, each in _locks(folder, env, catalog)]
    for sink in screen.sinks:
        screen.write(_texts(sink, found), sink)


Found = list[tuple[str, FileLock, Holder | None]]
"""Name of a catalog, its lock, who holds it."""


def _texts(sink: Sink, found: Found) -> str:
    from stripectl.views.as_json import json_text, locks_json

    if sink.format == "json":
        return json_text(locks_json({"catalog": name, "holder": _facts(holder)} for name, _, holder in found))
    return "\n".join(_lines(name, each, holder) for name, each, holder in found)


def _lines(name: str, found: FileLock, holder: Holder | None) -> str:
    if holder is None:
        return f"{name}: not locked"
    return f"{name}: locked\n{_described(holder, found.unlock_command(holder))}"


def _facts(holder: Holder | None) -> Json:
    return {**asdict(holder), "process": _process(holder)} if holder else None


def _process(holder: Holder) -> str:
    if holder.is_dead:
        return "gone"
    return "at work" if holder.is_alive else "not of this machine"


def _described(holder: Holder, command: str) -> str:
    rows = {
        "id": holder.id,
        "owner": holder.owner,
        "host": holder.host,
        "process": f"{holder.pid}, {_process(holder)}",
        "since": holder.started,
        "command": holder.command,
        "CI run": holder.url,
        "free it": command,
    }
    return "\n".join(f"  {name:8}{value}" for name, value in rows.items() if value)


def unlock(lock_id: str, folder: Path | None, env: str | None, catalog: str | None, *, yes: bool) -> None:
    """Free the lock with that id; raises InvalidInput where no chosen catalog has it.

    Raises Locked where its process is at work on this machine, unless `yes`.
    """
    for name, each in _locks(folder, env, catalog):
        holder = each.holder()
        if holder is None or holder.id != lock_id:
            continue
        if holder.is_alive and not yes:
            raise _in_use(holder, each.unlock_command(holder))
        if each.release(lock_id):
            to_stdout(inert(f"{name}: unlocked\n"))
            return
    raise InvalidInput(
        error(
            "no-such-lock",
            "No lock has that id",
            f"{lock_id} holds no catalog that was looked at.",
            hint="see the locks with `stripectl lock show`",
        )
    )


def _in_use(holder: Holder, command: str) -> Locked:
    return Locked(
        error(
            "lock-in-use",
            "The holder of the lock is at work",
            f"Process {holder.pid} of this machine holds it since {holder.started} for: {holder.command}.",
            hint=f"wait, or stop that process; to take the lock from it all the same: {command} --yes",
        )
    )


def _locks(folder: Path | None, env: str | None, catalog: str | None) -> list[tuple[str, FileLock]]:
    project, environment, names = Choice(folder, env, catalog).open()
    return [(name, lock(project, name, environment)) for name in names]
