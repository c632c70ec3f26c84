"""Assemble a catalog from its documents: as far as they conform to the schema, and completed by guesses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from stripectl.diagnostics import Diagnostic, Path, dotted
from stripectl.manifest.agreement import Completed, Guesses, Readable
from stripectl.manifest.build import Builder
from stripectl.manifest.completion import Completion
from stripectl.manifest.schemas import conforms
from stripectl.manifest.sections import NESTED, SECTIONS, address_of
from stripectl.manifest.suspects import suspect
from stripectl.manifest.values import Table, find
from stripectl.manifest.wording import likely_id
from stripectl.manifest.yaml_source import Document
from stripectl.pricing.checks import Unread
from stripectl.pricing.model import Catalog

Parts: TypeAlias = Sequence[tuple[Document, Collection[Path]]]
"""Documents that hold a mapping, with the paths of what departs from the schema: artifacts, entries."""

_HEAD = ("stripectl", "model", "title")
"""Fields of a manifest that declare no artifact."""


def assemble(name: str, parts: Parts, *, partial: bool) -> tuple[Readable, tuple[Diagnostic, ...]]:
    """The catalog called `name`, and what there is to say about its declarations.

    `partial` says that there are documents besides, which cannot be read.
    """
    builder = Builder(name)
    for document, broken in parts:
        builder.add(document.file, _top(document), broken)
    # In a section that cannot be read, or is called otherwise, any name may stand.
    whole = (path for _, broken in parts for path in broken if len(path) == 1 and path[0] not in _HEAD)
    inside = {address for document, broken in parts for address in _inside(document, broken)}
    unread = Unread(builder.unread() | inside, everything=partial or any(whole))
    readable = Readable(builder.catalog(), unread)
    completed = tuple(_completed(readable, parts)) if any(broken for _, broken in parts) else ()
    nowhere = {address for each in completed for address in each.unread.addresses}
    readable = replace(readable, unread=replace(unread, addresses=unread.addresses | nowhere))
    return replace(readable, completed=completed), tuple(builder.diagnostics)


def _top(document: Document) -> Table:
    assert document.top is not None
    return document.top


def _inside(document: Document, paths: Collection[Path]) -> Iterator[str]:
    """Addresses that unreadable paths lead to; `price.pro.*` where no prices of a product can be read."""
    for path in paths:
        if address := address_of(path):
            yield address
        field, kind = NESTED.get(SECTIONS.get(str(path[0]), ""), ("", "")) if len(path) == 2 else ("", "")
        owner = find(document.top, path) if field else None
        if field and not (isinstance(owner, Table) and isinstance(owner.get(field), Table)):
            yield f"{kind}.{path[1]}.*"


def _completed(readable: Readable, parts: Parts) -> Iterator[Completed]:
    """The catalog with one round of guesses after the other, until every guess was made."""
    suspects = [(each, suspect(_top(each), whole=True), broken) for each, broken in parts if broken]
    for number in count():
        completion, builder = Completion(number), Builder(readable.catalog.name)
        for document, top, broken in suspects:
            guessed = completion.of(top)
            builder.add(document.file, guessed, () if conforms("manifest")(guessed) else broken)
        yield _guessed(readable, builder.catalog(), completion)
        if number + 1 >= completion.rounds:
            return


def _guessed(readable: Readable, guessed: Catalog, completion: Completion) -> Completed:
    catalog = _joined(readable.catalog, guessed)
    addresses = {each.address for each in (*catalog.artifacts(), *catalog.profiles.values())}
    meant = {
        address.replace(name, likely_id(written))
        for name, written in completion.names.items()
        for address in addresses
        if name in address
    }
    guesses = Guesses(
        frozenset(map(dotted, completion.made_up)),
        frozenset(map(dotted, completion.unnamed)),
        completion.names,
    )
    unread = readable.unread.addresses - addresses | meant
    return Completed(catalog, replace(readable.unread, addresses=unread), guesses)


def _joined(sound: Catalog, guessed: Catalog) -> Catalog:
    """What is sound, and what is guessed besides."""
    return replace(
        guessed,
        models=sound.models,
        products={**sound.products, **guessed.products, **sound.products},
        prices={**sound.prices, **guessed.prices, **sound.prices},
        meters={**sound.meters, **guessed.meters},
        features={**sound.features, **guessed.features},
        # The guessed one has all of its codes.
        discounts={**sound.discounts, **guessed.discounts},
        commitments={**sound.commitments, **guessed.commitments},
        offers={**sound.offers, **guessed.offers},
        configurations={**sound.configurations, **guessed.configurations},
        profiles={**sound.profiles, **guessed.profiles},
        accepts=tuple(dict.fromkeys((*sound.accepts, *guessed.accepts))),
        moved=tuple(dict.fromkeys((*sound.moved, *guessed.moved))),
        removed=tuple(dict.fromkeys((*sound.removed, *guessed.removed))),
    )
