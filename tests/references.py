"""Where Stripe's own description and the recorded exchanges lie: beside the project, never in it."""

from __future__ import annotations

import os
from pathlib import Path

STRIPE = Path(os.environ.get("STRIPECTL_REFERENCES") or Path(__file__).parents[2] / "shared") / "stripe"
"""A folder that may be absent; the variable names another than the one beside the project."""
