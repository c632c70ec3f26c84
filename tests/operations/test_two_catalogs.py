"""Two catalogs in one account may use the same words for different things."""

from __future__ import annotations

from pathlib import Path

import pytest

from stripectl.manifest.load import load_texts
from stripectl.pricing.model import Catalog
from stripectl.providers.shadow.account import ShadowAccount
from tests.workbench import Clock, Workbench, actions


def granting(name: str) -> Catalog:
    """A catalog whose product is called as in any other, and grants a feature of its own."""
    text = f"""\
stripectl: 1
model: {name}
products:
  pro:
    name: Pro
    features: [{name}-sso]
    prices:
      monthly: {{amount: {{usd: 5}}, every: month, lookup_key: {name}-monthly}}
features:
  {name}-sso: {{name: Single sign-on}}
"""
    loaded = load_texts(name, {"pro.yaml": text})
    assert loaded.diagnostics == ()
    return loaded.catalog


@pytest.mark.parametrize("order", [("acme", "other"), ("other", "acme")])
def test_what_a_product_grants_is_seen_whatever_another_catalog_calls_its_own(
    tmp_path: Path, account: ShadowAccount, clock: Clock, order: tuple[str, str]
) -> None:
    benches = {name: Workbench(tmp_path / name, account, clock, catalog=name) for name in order}
    for name, bench in benches.items():
        bench.apply(granting(name))
    assert {name: actions(bench.plan(granting(name))) for name, bench in benches.items()} == {
        name: {} for name in order
    }
