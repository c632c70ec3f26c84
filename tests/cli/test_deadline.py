"""Every command has an end, and stops at it as at Ctrl-C."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stripectl.diagnostics import ExitCode

LOADED_IN_THREADS = """
import sys, threading
late = set()
def heard(event, given):
    if event == "import" and threading.current_thread() is not threading.main_thread():
        late.add(given[0].partition(".")[0])
sys.addaudithook(heard)
from stripectl.cli.main import run
try:
    run()
finally:
    sys.stderr.write("late: " + " ".join(sorted(late & {"stripe", "stripectl", "requests", "urllib3"})) + ";")
"""


def stripectl(folder: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    program = ["-c", code] if code else ["-m", "stripectl"]
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_command_that_takes_too_long_stops_calmly_with_a_way_on(tmp_path: Path) -> None:
    stripectl(tmp_path, "init")
    ended = stripectl(tmp_path, "plan", "--timeout", "0.001")
    assert ended.returncode == ExitCode.INTERRUPTED
    assert "error[timed-out]" in ended.stderr
    assert "hint: run it again with a longer --timeout" in ended.stderr


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "rollback", "drift", "doctor"])
def test_the_help_of_every_command_says_how_long_it_may_take(command: str, tmp_path: Path) -> None:
    told = stripectl(tmp_path, command, "--help").stdout
    assert "--timeout" in told
    assert "1800" in told


@pytest.mark.parametrize("seconds", ["nan", "inf", "-5", "soon"])
def test_a_time_that_is_none_is_refused(seconds: str, tmp_path: Path) -> None:
    done = stripectl(tmp_path, "validate", "--timeout", seconds)
    assert (done.returncode, "--timeout" in done.stderr) == (ExitCode.USAGE, True)


def test_modules_are_loaded_before_the_threads_that_use_them(tmp_path: Path) -> None:
    stripectl(tmp_path, "init")
    for command in ("plan", "doctor"):
        assert "late: ;" in stripectl(tmp_path, command, code=LOADED_IN_THREADS).stderr
