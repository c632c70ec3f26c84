"""What customers read holds nothing that they cannot see."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from stripectl.diagnostics import Diagnostic, Path, Severity
from stripectl.pricing.checks.finding import Findings, placed
from stripectl.pricing.model import Artifact, Catalog

SHOWN = ("name", "description", "unit_label", "marketing_features", "nickname")
"""Fields whose texts stand on pricing pages, invoices and in the dashboard."""

_WANTED = "\n\t\u00ad\u200c\u200d"
"""Signs without a shape that words and emoji are put together with."""


def check(catalog: Catalog) -> Findings:
    for artifact in catalog.artifacts():
        for path, text in _texts(artifact):
            if not text.isprintable() and (hidden := sorted({sign for sign in text if _is_hidden(sign)})):
                yield placed(_hiding(hidden), artifact, path)


def _texts(artifact: Artifact) -> Iterator[tuple[Path, str]]:
    for name in SHOWN:
        match getattr(artifact, name, None):
            case str() as text:
                yield (name,), text
            case tuple() as texts:
                yield from (((name, index), text) for index, text in enumerate(texts))


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf") and sign not in _WANTED


def _hiding(signs: list[str]) -> Diagnostic:
    named = ", ".join(f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip() for sign in signs)
    return Diagnostic(
        Severity.WARNING,
        "invisible-text",
        "A text that customers read holds signs that cannot be seen",
        f"It has {named}; what follows may read otherwise on an invoice than it does here.",
        hint="write the text anew, without them",
    )
