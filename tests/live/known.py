"""Where the shadow is known to answer otherwise than a fact says; a test holds the table exactly."""

from __future__ import annotations

from collections.abc import Mapping

SHADOW_DIFFERS: Mapping[str, str] = {
    "price-inline": "makes no payment link of an inline price",
    "product-default-price-clear": "does not clear a default price",
}
"""Probe -> what the shadow does. A row goes when the shadow is mended."""
