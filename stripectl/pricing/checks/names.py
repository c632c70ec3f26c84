"""Ids are well-formed, and names that have to be unique are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from stripectl.diagnostics import Diagnostic, error
from stripectl.pricing.checks.finding import Findings, placed
from stripectl.pricing.model import Artifact, Catalog, Code, Discount, Meter, Product, place

ID = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")

A = TypeVar("A", Meter, Code)


def check(catalog: Catalog) -> Findings:
    yield from _catalog_name(catalog)
    for artifact in catalog.artifacts():
        yield from _well_formed(artifact)
        yield from _one_id(artifact)
    yield from _unique(
        catalog.meters.values(),
        lambda meter: meter.event,
        "event",
        error(
            "duplicate-event",
            "Two meters count the same event",
            hint="charge both prices by one meter, or report two events",
        ),
    )
    yield from _unique(
        (code for discount in catalog.discounts.values() for code in discount.codes),
        lambda code: code.code.upper() if code.active else None,
        "",
        error(
            "duplicate-code",
            "Two discounts have the same code",
            hint="codes are read without regard to case; change one, or make one inactive",
        ),
    )


def _one_id(artifact: Artifact) -> Findings:
    match artifact:
        case Product(new_id=new, lifecycle=handling) | Discount(new_id=new, lifecycle=handling) if (
            handling.id and new
        ):
            yield placed(
                error(
                    "two-ids",
                    "An object is named and to be made at once",
                    f"{artifact.address} has `id: {handling.id}`, which exists, and `new_id: {new}`,"
                    " which is to be created.",
                    hint="keep `id` to adopt the object, or `new_id` to create one",
                ),
                artifact,
                ("new_id",),
            )


def _catalog_name(catalog: Catalog) -> Findings:
    if not ID.fullmatch(catalog.name):
        yield error(
            "catalog-name",
            "The name of a catalog is not well-formed",
            f"The folder is called {catalog.name}. The name becomes part of ids, so it has"
            " lower-case letters, digits and inner hyphens only.",
            hint="rename the folder",
        )


def _well_formed(artifact: Artifact) -> Findings:
    # What a code may be made of is the provider's to say.
    if not isinstance(artifact, Code) and not ID.fullmatch(artifact.id):
        yield placed(
            error(
                "id-format",
                "An id is not well-formed",
                f"An id has lower-case letters, digits and inner hyphens; `{artifact.id}` does not.",
                hint="rename it",
            ),
            artifact,
        )


def _unique(
    artifacts: Iterable[A], key: Callable[[A], str | None], field: str, problem: Diagnostic
) -> Findings:
    first: dict[str, A] = {}
    for artifact in artifacts:
        name = key(artifact)
        if name is None:
            continue
        other = first.setdefault(name, artifact)
        if other is not artifact:
            where = place(other, (field,) if field else ())
            detail = (
                f"{artifact.address} and {other.address} both have {name}; the other one stands at {where}."
            )
            yield placed(replace(problem, detail=detail), artifact, (field,) if field else ())
