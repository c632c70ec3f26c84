"""The program begins quietly: a Ctrl-C while it is being loaded is no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.waiting import SECONDS

PRESSED = """\
import os, signal, sys

class Pressed:
    def find_spec(self, name, *rest):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Pressed())
sys.argv = ["stripectl", "validate"]
from stripectl.__main__ import run
run()
"""


@pytest.mark.parametrize("module", ["stripectl.cli.main", "typer", "stripectl.cli.leaving"])
def test_a_ctrl_c_while_the_program_is_loaded_ends_it_without_a_traceback(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRESSED.format(module=module)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\ninterrupted\n")
