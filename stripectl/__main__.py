"""`python -m stripectl`, for whoever has the package but not its command on the path."""

from __future__ import annotations

from stripectl.cli.main import run

run()
