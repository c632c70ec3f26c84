"""Metadata is owned key by key."""

from __future__ import annotations

from stripectl.engine.projection import foreign_keys, owned_keys
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


def test_a_key_dropped_since_the_last_revision_is_unset() -> None:
    made = plan([product()], [held(DECLARED)], last=revision(DECLARED))
    (row,) = made.effective
    assert [(each.path, each.before, each.after) for each in row.changed] == [
        (("metadata", "ours"), "1", None)
    ]


def test_a_key_that_was_never_recorded_as_ours_is_not_unset() -> None:
    assert actions(plan([product()], [held(DECLARED)], last=revision(product()))) == {}
