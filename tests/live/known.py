"""Where the shadow is known to answer otherwise than a fact says; a test holds the table exactly."""

from __future__ import annotations

from collections.abc import Mapping

SHADOW_DIFFERS: Mapping[str, str] = {}
"""Probe -> what the shadow does. A row goes when the shadow is mended."""
