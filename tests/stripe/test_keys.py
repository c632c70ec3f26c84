"""What a key says of itself, and which environment it fits."""

from __future__ import annotations

import pytest

from stripectl.diagnostics import Location, scrubbed
from stripectl.providers.stripe.keys import SORTS, Door, misfit, sort_of

BODY = "4eC39HqLyjWDarjtT1zdp7dc"
PLACE = Location("stripectl.yaml", 4, 3)


def door(*, livemode: bool = False, account: str | None = None) -> Door:
    return Door("live" if livemode else "sandbox", livemode, account, PLACE, "the variable STRIPE_KEY")


@pytest.mark.parametrize(
    ("start", "noun", "livemode"),
    [
        ("sk_test_", "a secret key", False),
        ("sk_live_", "a secret key", True),
        ("rk_test_", "a restricted key", False),
        ("rk_live_", "a restricted key", True),
        ("rkcs_test_", "a restricted key", False),
        ("sk_org_", "a key of an organization", None),
        ("sk_org_test_", "a key of an organization", False),
        ("sk_org_live_", "a key of an organization", True),
    ],
)
def test_a_key_says_its_sort_and_mode_by_how_it_begins(start: str, noun: str, livemode: bool | None) -> None:
    sort = sort_of(start + BODY)
    assert sort is not None
    assert (sort.noun, sort.livemode) == (noun, livemode)


def test_every_sort_of_key_is_found_by_its_beginning_and_not_by_that_of_another() -> None:
    assert [sort_of(start + BODY) for start in SORTS] == list(SORTS.values())


@pytest.mark.parametrize("start", SORTS)
def test_no_sort_of_key_is_shown_whole_or_shortened(start: str) -> None:
    assert BODY not in scrubbed(f"The key '{start}{BODY}' is not known.")
    assert "dp7dc" not in scrubbed(f"The key '{start}...dp7dc' is not known.")
    assert "dp7dc" not in scrubbed(f"The key '{start}*********dp7dc' is not known.")


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("", "does not begin with"),
        ("sk_test_", "does not begin with"),
        ("unheard-of-4eC39", "does not begin with"),
        (f'"sk_test_{BODY}"', "does not begin with"),
        (f"sk_test_{BODY} # mine", "characters that no key has"),
        (f"pk_live_{BODY}", "It is a publishable key"),
        (f"whsec_{BODY}", "It is the secret of a webhook"),
        ("acct_1Nabc", "It is the id of an account"),
    ],
)
def test_what_is_no_key_of_stripes_is_told_without_showing_it(key: str, what: str) -> None:
    told = misfit(key, door())
    assert told is not None
    assert (told.code, told.source) == ("key-shape", PLACE)
    assert what in told.detail
    assert "the variable STRIPE_KEY" in told.detail
    assert told.hint
    assert "4eC39" not in f"{told.summary}{told.detail}{told.hint}"


@pytest.mark.parametrize("livemode", [True, False])
@pytest.mark.parametrize(
    "start", ["sk_live_", "rk_live_", "sk_test_", "rk_test_", "sk_org_live_", "sk_org_test_"]
)
def test_a_key_that_says_its_mode_fits_an_environment_of_that_mode_alone(
    start: str, *, livemode: bool
) -> None:
    told = misfit(start + BODY, door(livemode=livemode, account="acct_1"))
    assert (told is None) is (("_live_" in start) is livemode)
    if told:
        assert (told.code, told.source) == ("key-mode", PLACE)


@pytest.mark.parametrize("start", ["sk_org_", "sk_org_test_"])
def test_a_key_of_an_organization_needs_an_account(start: str) -> None:
    told = misfit(start + BODY, door())
    assert told is not None
    assert (told.code, told.source) == ("key-without-account", PLACE)
    assert "add `account: acct_…` to environment sandbox" in told.hint
    assert misfit(start + BODY, door(account="acct_1")) is None


def test_a_key_of_an_organization_that_does_not_say_its_mode_fits_both() -> None:
    for livemode in (True, False):
        assert misfit(f"sk_org_{BODY}", door(livemode=livemode, account="acct_1")) is None
