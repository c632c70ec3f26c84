"""What nobody foresaw: one message, and a traceback in a file, without a key in either."""

from __future__ import annotations

import re
import stat
import tempfile
from pathlib import Path

import pytest
import typer

from stripectl.cli.leaving import guarded
from stripectl.diagnostics import ExitCode, Incomplete, error
from tests.conftest import KEY


def program(problem: Exception, cause: Exception | None = None) -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command()
    def fail() -> None:
        raise problem from cause

    return app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_traceback_is_kept_in_a_file_that_the_message_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(program(KeyError(KEY)), []) == ExitCode.ERROR
    said = capsys.readouterr().err
    (kept,) = folder.iterdir()
    assert "KeyError at test_crash_report.py:" in said
    assert str(kept) in re.sub(r"\s+", "", said)
    assert "Traceback" not in said
    text = kept.read_text()
    assert "raise problem from cause" in text
    assert KEY not in said + text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_without_a_place_to_keep_it_the_message_stands_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert guarded(program(RuntimeError("x")), []) == ExitCode.ERROR
    assert "The traceback is kept" not in capsys.readouterr().err


def test_an_apply_that_a_defect_stopped_half_way_says_both(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = Incomplete(error("half-way", "The apply stopped half-way", "x", hint="y"))
    assert guarded(program(stopped, ZeroDivisionError()), []) == ExitCode.INCOMPLETE
    said = capsys.readouterr().err
    assert said.index("half-way") < said.index("ZeroDivisionError")
    assert len(list(folder.iterdir())) == 1
    assert guarded(program(stopped, OSError("disk")), []) == ExitCode.INCOMPLETE
    assert "unexpected" not in capsys.readouterr().err
