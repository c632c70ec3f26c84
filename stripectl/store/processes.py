"""Whether a process of this host is still the one that it was."""

from __future__ import annotations

import os

SLACK_SECONDS = 2
"""By which two readings of the same birth may differ: the system rounds when it started."""


def born(pid: int) -> int | None:
    """Whole seconds from the start of the machine to that of a process, which no change of the clock moves.

    None where that cannot be told; raises psutil's errors for a process that is gone.
    """
    import psutil  # loaded only where a lock is taken or found

    try:
        return round(psutil.Process(pid).create_time() - psutil.boot_time())
    except psutil.AccessDenied:
        return None


def lives(pid: int, since: int | None) -> bool:
    """Whether the process that was born then is there and no zombie; True also where it cannot be told."""
    import psutil

    try:
        # Asks for existence alone; unlike /proc it also answers for processes that are hidden from us.
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return False
        found = born(pid)
    except psutil.ZombieProcess:
        return False
    except psutil.Error:
        return True
    return found is None or since is None or abs(found - since) <= SLACK_SECONDS
