"""Tiers in two currencies, from the command line to `shadow serve` and back."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Desk, only_in_a_file

USAGE = "catalogs/main/usage.yaml"
MANIFEST = """\
stripectl: 1
model: usage
products:
  usage:
    name: Usage
    prices:
      graduated:
        charge: CHARGE
        every: month
        tiers:
          - {up_to: 100, amount: {eur: 0.10, usd: 0.11, jpy: 15}, flat: {eur: 5, usd: 6, jpy: 700}}
          - {up_to: inf, amount: {eur: 0.02, usd: 0.03, jpy: 4}}
"""


@only_in_a_file
@pytest.mark.parametrize("charge", ["graduated", "volume"])
def test_tiers_in_other_currencies_are_applied_seen_and_replaced(started: Desk, charge: str) -> None:
    with started.serving() as url:
        place = started.at(url)
        (place.root / USAGE).write_text(MANIFEST.replace("CHARGE", charge), encoding="utf-8")
        place.run("apply", "--yes")
        place.run("plan", "--detailed-exitcode")
        place.run("drift")
        place.edit(USAGE, "usd: 0.03", "usd: 0.04")
        planned = json.loads(place.run("plan", "--output", "json", "--detailed-exitcode", exit=2).out)
        assert planned["summary"]["replace"] == 1
        place.run("apply", "--yes", "--allow", "price-changes")
        place.run("plan", "--detailed-exitcode")
