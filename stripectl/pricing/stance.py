"""The currency stance: a policy may say which currencies a catalog sells in at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from stripectl.diagnostics import Diagnostic, Path, dotted, error
from stripectl.pricing.currencies import CURRENCIES
from stripectl.pricing.model import Artifact, Catalog, place

AMOUNT_FIELDS = frozenset({"amount", "flat", "amount_off", "minimum", "maximum", "preset", "minimum_amount"})
"""Fields of artifacts, and of what they hold, that map currencies to amounts."""


def outside_currencies(catalog: Catalog, allowed: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """An error for each amount in a currency that the policy does not name; none where it names none.

    A currency that does not exist is wrong whatever the policy says.
    """
    if not allowed:
        return ()
    return tuple(
        _error(artifact, path, allowed)
        for artifact in catalog.artifacts()
        for path in _currencies(artifact, ())
        if path[-1] in CURRENCIES and path[-1] not in allowed
    )


def _currencies(value: object, path: Path) -> Iterator[Path]:
    """Paths of all amounts below a value; the last part of each is the currency."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _currencies(item, (*path, index))
    elif is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in AMOUNT_FIELDS and isinstance(inner, Mapping):
                yield from ((*path, field.name, currency) for currency in inner)
            elif field.name != "codes":
                yield from _currencies(inner, (*path, field.name))


def _error(artifact: Artifact, path: Path, allowed: tuple[str, ...]) -> Diagnostic:
    return error(
        "currency-policy",
        "The policy does not allow the currency",
        f"{artifact.address} has an amount in {str(path[-1]).upper()};"
        f" policy.currencies allows {', '.join(each.upper() for each in allowed)} only.",
        hint="remove the amount, or change policy.currencies in stripectl.yaml in a change of its own",
        address=artifact.address,
        path=dotted(path),
        source=place(artifact, path),
    )
