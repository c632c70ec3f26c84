"""The demo that `make demo` runs: it ends well, shows the main job, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "docs/demo.sh"


@pytest.mark.slow
def test_the_demo_tells_the_main_job_to_its_end_and_leaves_nothing_behind(tmp_path: Path) -> None:
    room, home = tmp_path / "tmp", tmp_path / "home"
    room.mkdir()
    home.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    setting = {"PATH": path, "TMPDIR": str(room), "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(["sh", str(DEMO)], env=setting, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert re.findall(r"^== (\d)", done.stdout, re.M) == ["1", "2", "3", "4", "5", "6"]
    assert "No changes: compliance-pack, coulomb, dataface and onboarding" in done.stdout
    assert '"Dataface Pro" → "Dataface Pro (new!)"' in done.stdout
    assert "24.00 USD → 29.00 USD a month  (+5.00, +20.8 %)" in done.stdout
    first, successor, restored = re.findall(r"\bprice_\w+$", done.stdout, re.M)
    assert first == restored != successor
    assert done.stdout.splitlines()[-1].startswith("Done: ")
    assert "\x1b" not in done.stdout
    assert (list(room.iterdir()), list(home.iterdir())) == ([], [])
