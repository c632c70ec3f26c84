"""What has to hold after every recovery, whatever went wrong before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from stripectl.engine.planner import make_plan
from stripectl.engine.resource import Resource
from stripectl.pricing.model import Catalog
from stripectl.providers.stripe.kinds import KINDS
from stripectl.store.lock import FileLock
from tests.workbench import ANYTHING, FREE, Workbench, actions, intent

PERMANENT = {"feature.audit": "archive"}
"""What unwinding leaves: a new feature, because archiving it would be for ever."""

RENEWED = frozenset({"price.pro.seat", "discount.launch", "code.launch.LAUNCH", "product_feature.pro.sso"})
"""What unwinding may have to make anew: a currency stays on a price, and what was deleted is gone."""


def check(
    bench: Workbench, catalog: Catalog, *, revision: int, unwound: bool = False
) -> tuple[Resource, ...]:
    """The account holds the catalog and nothing twice, the record says the same, nobody is at work.

    Returns our objects.
    """
    wanted = intent(catalog)
    target = bench.session().target(wanted.desired)
    made = make_plan(wanted, target, KINDS, FREE, allow=ANYTHING)
    drifted = {each.address for each in made.drift}
    if unwound:
        assert actions(made) in ({}, PERMANENT)
        assert drifted <= {*PERMANENT, *RENEWED}
    else:
        assert (actions(made), drifted) == ({}, set())
    assert bench.recorded.number == revision
    assert bench.journals.unfinished() == ()
    assert not (bench.folder / "lock.json").exists()
    active = [each for each in target.objects if each.active]
    keys = Counter(each.fields.get("lookup_key") for each in active if each.kind == "price")
    assert set(keys.values()) == {1}
    marked = _ours(target.objects)
    assert set(Counter((each.kind, each.address) for each in marked if each.active).values()) == {1}
    return marked


def ours(bench: Workbench) -> tuple[Resource, ...]:
    """Every object that bears our mark, or an address where its kind carries none."""
    return _ours(bench.provider.observe(bench.recorded.desired))


def _ours(objects: Iterable[Resource]) -> tuple[Resource, ...]:
    return tuple(each for each in objects if each.address and each.owner in (None, "acme"))


def used(objects: Iterable[Resource]) -> Counter[str]:
    """How many objects of each kind are in use, but for features, which nothing can put back."""
    return Counter(each.kind for each in objects if each.active and each.kind != "feature")


def counted(objects: Iterable[Resource]) -> Counter[str]:
    """How many objects of each kind there are, in use or not."""
    return Counter(each.kind for each in objects)


def unlock(folder: Path) -> None:
    """What `stripectl unlock` does after a process died that held the lock."""
    lock = FileLock(folder / "acme" / "lock.json", lambda: datetime.now(UTC), "somebody")
    if holder := lock.holder():
        lock.release(holder.id)
