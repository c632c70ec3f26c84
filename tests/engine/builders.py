"""Small states for the tests of the engine: what is declared, and what an account holds of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from stripectl.engine.plan import Account, Change, Plan, Revision
from stripectl.engine.planner import Intent, Target, make_plan
from stripectl.engine.policy import Policy
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value
from stripectl.providers.stripe.kinds import KINDS

D = Decimal

ACCOUNT = Account("acct_1", livemode=False, api_version="2026-10-28.endive", api_base="shadow")

MONTHLY: Mapping[str, Value] = {
    "product": Ref("product.pro"),
    "currency": "eur",
    "unit_amount": D(900),
    "recurring": {"interval": "month"},
    "lookup_key": "pro_monthly",
}

FREE = Policy(max_archive_percent=None, max_price_change_percent=None)
"""Forbids nothing by its share or size."""

ANYTHING = frozenset({"irreversible", "archives", "price-changes"})


def product(id: str = "pro", /, **fields: Value) -> Resource:
    """Declared: a product named like its id."""
    return Resource("product", f"product.{id}", {"name": id.title(), **fields}, object_id=f"acme-{id}")


def price(id: str = "monthly", /, **fields: Value) -> Resource:
    """Declared: a price of product.pro, 9.00 EUR a month."""
    named = {**MONTHLY, "lookup_key": f"pro_{id}"}
    return Resource("price", f"price.pro.{id}", {**named, **fields})


def coupon(id: str = "launch", /, **fields: Value) -> Resource:
    """Declared: a coupon of 20 % once."""
    return Resource("coupon", f"discount.{id}", {"percent_off": D(20), **fields}, object_id=f"acme-{id}")


def code(word: str = "LAUNCH", /, **fields: Value) -> Resource:
    """Declared: a promotion code of discount.launch."""
    return Resource(
        "promotion_code", f"code.launch.{word}", {"code": word, "coupon": Ref("discount.launch"), **fields}
    )


def meter(id: str = "calls", /, **fields: Value) -> Resource:
    """Declared: a meter that sums up."""
    named = {"display_name": id.title(), "event_name": id, "aggregation": "sum"}
    return Resource("meter", f"meter.{id}", {**named, **fields})


def feature(id: str = "sso", /, **fields: Value) -> Resource:
    """Declared: an entitlement feature."""
    return Resource("feature", f"feature.{id}", {"name": id.title(), "lookup_key": id, **fields})


def product_feature(product: str = "pro", feature: str = "sso") -> Resource:
    """Declared: a feature that a product grants."""
    return Resource(
        "product_feature",
        f"product_feature.{product}.{feature}",
        {"product": Ref(f"product.{product}"), "entitlement_feature": Ref(f"feature.{feature}")},
    )


def held(
    declared: Resource,
    object_id: str | None = None,
    *,
    owner: str | None = "acme",
    created: int = 0,
    **fields: Value,
) -> Resource:
    """What the account holds of a resource: an id, a mark (or none), ids in place of references."""
    known = {
        "product.pro": "acme-pro",
        "product.lite": "acme-lite",
        "discount.launch": "acme-launch",
        "price.pro.monthly": "price_1",
        "feature.sso": "feat_1",
        "meter.calls": "mtr_1",
    }

    def plain(value: Value) -> Value:
        match value:
            case Ref(address):
                return known[address]
            case Mapping():
                return {key: plain(each) for key, each in value.items()}
            case _:
                return value

    kind = KINDS[declared.kind]
    return Resource(
        declared.kind,
        declared.address if owner and kind.marked else "",
        {name: plain(value) for name, value in {**declared.fields, **fields}.items()},
        object_id or declared.object_id or known[declared.address],
        owner=owner if kind.marked else None,
        created=created,
    )


def revision(*resources: Resource, number: int = 1, ids: Mapping[str, str] | None = None) -> Revision:
    """A record of what was declared, with the ids of its objects."""
    found = {each.address: held(each).object_id or "" for each in resources} if ids is None else ids
    return Revision(
        number,
        "acme",
        "shadow",
        ACCOUNT,
        State.of(resources),
        found,
        (),
        "",
        "",
        f"run-{number}",
        "",
        "tester",
    )


def plan(
    desired: Iterable[Resource],
    objects: Iterable[Resource] = (),
    *,
    last: Revision | None = None,
    policy: Policy = FREE,
    allow: frozenset[str] = ANYTHING,
    moved: Mapping[str, str] | None = None,
    released: tuple[str, ...] = (),
    rollback_of: Revision | None = None,
    targets: tuple[str, ...] = (),
    known: frozenset[str] | None = None,
) -> Plan:
    """The plan of catalog `acme` from objects to desired."""
    intent = Intent(
        "acme",
        State.of(desired),
        moved=moved or {},
        released=released,
        rollback_of=rollback_of,
        targets=targets,
    )
    target = Target("shadow", ACCOUNT, tuple(objects), last, known=known)
    return make_plan(intent, target, KINDS, policy, allow=allow)


def actions(made: Plan) -> dict[str, str]:
    """Address -> action of every row that changes something."""
    return {row.address: row.action.value for row in made.effective}


def row(made: Plan, address: str) -> Change:
    """The first row of an address."""
    return next(each for each in made.changes if each.address == address)


def codes(made: Plan) -> list[str]:
    """Codes of what the plan has to say."""
    return [each.code for each in made.diagnostics]


def ignoring(resource: Resource, *names: str) -> Resource:
    return replace(resource, ignore=names)


def protected(resource: Resource) -> Resource:
    return replace(resource, protect=True)


def adopting(resource: Resource, object_id: str) -> Resource:
    return replace(resource, object_id=object_id, adopts=True)
