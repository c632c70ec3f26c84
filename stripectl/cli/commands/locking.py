"""`lock show` and `unlock`."""

from __future__ import annotations

import sys
from pathlib import Path

from stripectl.cli.commands.planning import Choice
from stripectl.cli.wiring import lock
from stripectl.diagnostics import InvalidInput, error
from stripectl.store.lock import FileLock, Holder


def show(folder: Path | None, env: str | None, catalog: str | None) -> None:
    """A line for each chosen catalog."""
    for name, each in _locks(folder, env, catalog):
        holder = each.holder()
        sys.stdout.write(f"{name}: {_described(holder) if holder else 'not locked'}\n")


def _described(holder: Holder) -> str:
    dead = "; that process is gone" if holder.is_dead else ""
    where = f", {holder.url}" if holder.url else ""
    return (
        f"locked by {holder.owner} on {holder.host}, process {holder.pid}{where},"
        f" since {holder.started}{dead}\n"
        f"  {holder.command}\n"
        f"  free it with: stripectl unlock {holder.id}"
    )


def unlock(lock_id: str, folder: Path | None, env: str | None, catalog: str | None) -> None:
    """Free the lock with that id; raises InvalidInput where no chosen catalog has it."""
    for name, each in _locks(folder, env, catalog):
        if each.release(lock_id):
            sys.stdout.write(f"{name}: unlocked\n")
            return
    raise InvalidInput(
        error(
            "no-such-lock",
            "No lock has that id",
            f"{lock_id} holds no catalog that was looked at.",
            hint="see the locks with `stripectl lock show`",
        )
    )


def _locks(folder: Path | None, env: str | None, catalog: str | None) -> list[tuple[str, FileLock]]:
    project, environment, names = Choice(folder, env, catalog).open()
    return [(name, lock(project, name, environment)) for name in names]
