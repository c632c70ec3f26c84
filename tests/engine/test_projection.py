"""Metadata is owned key by key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stripectl.diagnostics import Severity
from stripectl.engine.projection import foreign_keys, owned_keys
from stripectl.engine.serial import plan_digest
from stripectl.providers.stripe.kinds import KINDS
from tests.engine.builders import actions, codes, held, plan, product, revision

KIND = KINDS["product"]
OBSERVED = held(product(metadata={"ours": "1", "theirs": "2"}))
DECLARED = product(metadata={"ours": "1"})


def test_keys_that_nobody_of_us_declared_are_cut_away() -> None:
    assert owned_keys(OBSERVED, [DECLARED], KIND).fields["metadata"] == {"ours": "1"}
    assert owned_keys(OBSERVED, [None], KIND).fields["metadata"] == {}


def test_keys_of_others_are_named() -> None:
    assert foreign_keys(OBSERVED, [DECLARED, None], KIND) == ("metadata.theirs",)


def test_metadata_owned_key_by_key_leaves_others_alone_and_reports_them() -> None:
    made = plan([DECLARED], [OBSERVED])
    assert (actions(made), codes(made), made.blocked) == ({}, ["foreign-metadata"], False)
    assert "metadata.theirs" in made.diagnostics[0].detail


MORE = replace(held(product()), unread={"tax_details.performance_location": "loc_1", "attributes": ("a",)})


@pytest.mark.parametrize("owner", ["acme", None])
def test_what_a_manifest_cannot_say_is_told_of_what_is_managed_or_adopted(owner: str | None) -> None:
    found = replace(MORE, owner=owner, address="product.pro" if owner else "")
    made = plan([replace(product(), adopts=owner is None)], [found])
    (told,) = [each for each in made.diagnostics if each.code == "not-in-the-format"]
    assert (told.severity, told.address, made.blocked) == (Severity.INFO, "product.pro", False)
    assert told.detail == (
        'product acme-pro has tax_details.performance_location "loc_1", attributes ["a"]. It stays as it is;'
        " a successor would not have it."
    )


def test_what_a_manifest_cannot_say_is_not_told_of_strangers_nor_of_what_goes() -> None:
    stranger = replace(MORE, owner=None, address="", object_id="prod_9")
    assert codes(plan([product()], [held(product()), stranger])) == []
    assert "not-in-the-format" not in codes(plan([], [MORE], last=revision(product())))


def test_a_long_value_that_a_manifest_cannot_say_is_cut() -> None:
    made = plan([product()], [replace(MORE, unread={"legal": "x" * 500})])
    assert len(made.diagnostics[0].detail) < 200


def test_what_a_manifest_cannot_say_is_in_no_digest() -> None:
    with_more, without = plan([product()], [MORE]), plan([product()], [held(product())])
    assert plan_digest(with_more) == plan_digest(without)


def test_a_key_dropped_since_the_last_revision_is_unset() -> None:
    made = plan([product()], [held(DECLARED)], last=revision(DECLARED))
    (row,) = made.effective
    assert [(each.path, each.before, each.after) for each in row.changed] == [
        (("metadata", "ours"), "1", None)
    ]


def test_a_key_that_was_never_recorded_as_ours_is_not_unset() -> None:
    assert actions(plan([product()], [held(DECLARED)], last=revision(product()))) == {}
