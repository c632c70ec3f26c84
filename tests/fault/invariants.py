"""What has to hold after every recovery, whatever went wrong before."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from stripectl.engine.resource import Resource
from stripectl.pricing.model import Catalog
from stripectl.store.lock import FileLock
from tests.workbench import Workbench, actions

PERMANENT = {"feature.audit": "archive"}
"""What unwinding leaves: a new feature, because archiving it would be for ever."""

RENEWED = frozenset({"price.pro.seat", "discount.launch", "code.launch.LAUNCH", "product_feature.pro.sso"})
"""What unwinding may have to make anew: a currency stays on a price, and what was deleted is gone."""


def check(bench: Workbench, catalog: Catalog, *, revision: int, unwound: bool = False) -> None:
    """The account holds the catalog and nothing twice, the record says the same, nobody is at work."""
    made = bench.plan(catalog)
    drifted = {each.address for each in made.drift}
    if unwound:
        assert actions(made) in ({}, PERMANENT)
        assert drifted <= {*PERMANENT, *RENEWED}
    else:
        assert (actions(made), drifted) == ({}, set())
    assert bench.recorded.number == revision
    assert bench.journals.unfinished() == ()
    assert not (bench.folder / "lock.json").exists()
    keys = Counter(each.lookup_key for each in bench.client.v1.prices.list({"active": True}).data)
    assert set(keys.values()) == {1}
    assert set(Counter((each.kind, each.address) for each in ours(bench) if each.active).values()) == {1}


def ours(bench: Workbench) -> list[Resource]:
    """Every object that bears our mark, or an address where its kind carries none."""
    observed = bench.provider.observe(bench.recorded.desired)
    return [each for each in observed if each.address and each.owner in (None, bench.catalog)]


def used(bench: Workbench) -> Counter[str]:
    """How many objects of each kind are in use, but for features, which nothing can put back."""
    return Counter(each.kind for each in ours(bench) if each.active and each.kind != "feature")


def counted(bench: Workbench) -> Counter[str]:
    """How many objects of each kind there are, in use or not."""
    return Counter(each.kind for each in ours(bench))


def unlock(folder: Path) -> None:
    """What `stripectl unlock` does after a process died that held the lock."""
    lock = FileLock(folder / "acme" / "lock.json", lambda: datetime.now(UTC), "somebody")
    if holder := lock.holder():
        lock.release(holder.id)
