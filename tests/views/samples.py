"""Plans written out by hand, one for each thing that a reader may meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from stripectl.diagnostics import Diagnostic, Location, Severity, error
from stripectl.engine.consequences import pointed_to
from stripectl.engine.fidelity import Annotation, Fidelity
from stripectl.engine.plan import (
    Account,
    Action,
    Audience,
    Base,
    Change,
    Compared,
    Drift,
    DriftChange,
    FieldChange,
    FieldDrift,
    MadeFrom,
    Plan,
    Pointer,
    Reassessed,
    Restores,
    Revision,
    Undo,
)
from stripectl.engine.quotes import Interval, Quote
from stripectl.engine.resource import Resource, State
from stripectl.engine.values import Ref, Value

FILE = "catalogs/acme/pro.yaml"
MONTH: Mapping[str, Value] = {"interval": "month", "interval_count": 1}
ACCOUNT = Account(
    "acct_1Nv0FGQ9RKHgCVdK",
    livemode=False,
    api_version="2026-10-28.endive",
    api_base="https://api.stripe.com",
)
LIVE = replace(ACCOUNT, livemode=True)
DIGEST = "sha256:" + "0" * 64
MADE_FROM = MadeFrom("5d6e7f8" + "0" * 33, dirty=True)


def at(row: int) -> Location:
    return Location(FILE, row, 3)


def product(name: str = "Acme Pro", **fields: Value) -> Resource:
    fields = {"name": name, "default_price": Ref("price.pro.monthly"), **fields}
    return Resource("product", "product.pro", fields, "acme-pro", source=at(5))


def price(
    cents: int | str = 2900, address: str = "price.pro.monthly", object_id: str | None = None, **fields: Value
) -> Resource:
    base: dict[str, Value] = {
        "product": Ref("product.pro"),
        "currency": "usd",
        "unit_amount": Decimal(cents),
        "recurring": MONTH,
        "lookup_key": "_".join(address.split(".")[1:]),
    }
    return Resource("price", address, {**base, **fields}, object_id, source=None if object_id else at(14))


def exact(address: str) -> Annotation:
    return Annotation(address, Fidelity.EXACT, "exact", source=at(1))


TRIAL = Annotation(
    "price.pro.monthly",
    Fidelity.APPROXIMATE,
    "trial-at-checkout",
    "the 14 trial days have to be passed on at checkout, because a trial belongs to a subscription",
    source=at(16),
)
COMPARED = Compared(
    "main@1a2b3c4",
    "1a2b3c4" + "0" * 33,
    (Reassessed("price.pro.monthly", (exact("price.pro.monthly"),), (TRIAL,)),),
)
OFFERS = tuple(
    Annotation(
        f"offer.{name}",
        Fidelity.APPROXIMATE,
        "offer-as-metadata",
        "Stripe has no bundle; what is sold together is noted in metadata for the checkout to read",
    )
    for name in ("team", "solo")
)
ACCEPTED = Annotation(
    "commitment.floor",
    Fidelity.UNSUPPORTED,
    "minimum-spend",
    "nothing tops an invoice up to 500.00 EUR",
    accepted="invoiced by finance",
)
REFUSED = replace(ACCEPTED, address="meter.peak", code="aggregation", detail="no maximum", accepted=None)


def raised(after_cents: int = 2900, subscribers: int | None = 12) -> Change:
    return Change(
        "price.pro.monthly",
        "price",
        Action.REPLACE,
        before=price(2400, object_id="price_1OLD"),
        after=price(after_cents),
        changed=(FieldChange(("unit_amount",), Decimal(2400), Decimal(after_cents)),),
        replace_because=("unit_amount",),
        annotations=(exact("price.pro.monthly"),),
        transfers=("lookup_key",),
        audience=None if subscribers is None else Audience(subscribers, monthly={}),
    )


def created(resource: Resource, *notes: Annotation) -> Change:
    return Change(resource.address, resource.kind, Action.CREATE, after=resource, annotations=notes)


def kept(resource: Resource) -> Change:
    before = replace(resource, source=None)
    return Change(resource.address, resource.kind, Action.NO_OP, before=before, after=resource)


def updated(before: Resource, after: Resource, *changed: FieldChange) -> Change:
    return Change(after.address, after.kind, Action.UPDATE, before=before, after=after, changed=changed)


def gone(resource: Resource, action: Action = Action.ARCHIVE, subscribers: int | None = None) -> Change:
    return Change(
        resource.address,
        resource.kind,
        action,
        before=resource,
        audience=None if subscribers is None else Audience(subscribers),
    )


def plan(*changes: Change, **more: object) -> Plan:
    base = Plan(
        catalog="acme",
        environment="sandbox",
        account=ACCOUNT,
        base=Base(3, DIGEST),
        desired_digest=DIGEST,
        changes=changes,
        plan_id="0190c0de",
        created_at="2026-11-21T09:00:00Z",
    )
    return replace(base, **more)  # type: ignore[arg-type]


COUPON = Resource(
    "coupon",
    "discount.launch20",
    {
        "name": "Launch",
        "percent_off": Decimal(20),
        "duration": "repeating",
        "duration_in_months": 3,
        "redeem_by": 1801353600,
    },
    "acme-launch20",
    source=at(40),
)
CODE = Resource(
    "promotion_code",
    "code.launch20.LAUNCH20",
    {"code": "LAUNCH20", "coupon": Ref("discount.launch20"), "max_redemptions": 50, "first_time_only": True},
    source=at(44),
)
METER = Resource(
    "meter",
    "meter.api-calls",
    {"display_name": "API calls", "event_name": "api_calls", "aggregation": "sum"},
    source=at(50),
)
FEATURE = Resource("feature", "feature.sso", {"name": "Single sign-on", "lookup_key": "sso"}, source=at(60))
GRANT = Resource(
    "product_feature",
    "product_feature.pro.sso",
    {"product": Ref("product.pro"), "entitlement_feature": Ref("feature.sso")},
    source=at(9),
)
OFFER = Resource(
    "metadata_binding",
    "offer.team",
    {"host": Ref("product.pro"), "key": "stripectl_offer.team", "value": '{"prices":["pro.monthly"]}'},
    source=at(70),
)


def usage(overage: str = "0.04", included: int = 10000) -> Resource:
    tiers: Value = (
        {"up_to": included, "unit_amount": Decimal(0)},
        {"up_to": None, "unit_amount": Decimal(overage)},
    )
    return price(
        0,
        "price.pro.api",
        unit_amount=None,
        currency="eur",
        billing_scheme="tiered",
        tiers_mode="graduated",
        tiers=tiers,
        recurring={**MONTH, "meter": Ref("meter.api-calls")},
    )


DRIFTED = (
    Drift(
        "product.pro",
        "product",
        "acme-pro",
        DriftChange.MODIFIED,
        (
            FieldDrift(("description",), "Everything in Pro", "Everything in Pro!"),
            FieldDrift(("metadata", "tier"), "gold", None),
        ),
    ),
    Drift(
        "price.pro.yearly",
        "price",
        "price_1YEAR",
        DriftChange.ARCHIVED,
        (FieldDrift(("active",), True, False),),
    ),
    Drift("feature.sso", "feature", "feat_1", DriftChange.DELETED),
    Drift("price.pro.odd", "price", "price_1ODD", DriftChange.APPEARED),
)

YEARLY = price(29000, "price.pro.yearly", recurring={"interval": "year", "interval_count": 1})

FIRST = plan(
    created(product(), exact("product.pro")),
    created(METER, exact("meter.api-calls")),
    created(price(2900), TRIAL),
    created(usage(), exact("price.pro.api")),
    created(YEARLY, exact("price.pro.yearly")),
    created(FEATURE, exact("feature.sso")),
    created(GRANT, exact("feature.sso")),
    created(COUPON, exact("discount.launch20")),
    created(CODE, exact("code.launch20.LAUNCH20")),
    created(OFFER, OFFERS[0]),
    base=Base(0, DIGEST),
    annotations=(exact("product.pro"), TRIAL, *OFFERS, ACCEPTED),
)

RAISED = plan(raised(), kept(product()), annotations=(exact("product.pro"), exact("price.pro.monthly")))

MONTHLY, YEARLY_PAID = Interval("month"), Interval("year")
QUOTES = (
    Quote("profile.solo", "solo", None, "usd", MONTHLY, Decimal(2400), Decimal(2400)),
    Quote("profile.team", "small team", None, "usd", MONTHLY, Decimal(3399), Decimal(3899)),
    Quote("profile.team", "small team", None, "jpy", MONTHLY, None, Decimal(4800)),
    Quote("profile.team", "small team", None, "usd", None, Decimal(15000), None),
    Quote("profile.free", "free plan", None, "usd", YEARLY_PAID, Decimal(0), Decimal(12000)),
    Quote("price.pro.api", "price.pro.api", 9_999, "usd", MONTHLY, Decimal(0), Decimal(0)),
    Quote("price.pro.api", "price.pro.api", 10_001, "usd", MONTHLY, Decimal(4), Decimal(6)),
)

DIFF = replace(
    plan(raised(subscribers=None), kept(product()), annotations=(exact("product.pro"), TRIAL)),
    account=None,
    made_from=MADE_FROM,
    compared=COMPARED,
)

BUSY = plan(
    kept(FEATURE),
    raised(),
    updated(
        product("Acme Pro", description="All of it", unit_label=None),
        product("Acme Professional", description="All of it, and more", unit_label="seat"),
        FieldChange(("name",), "Acme Pro", "Acme Professional"),
        FieldChange(("description",), "All of it", "All of it, and more"),
        FieldChange(("unit_label",), None, "seat"),
    ),
    Change(
        "price.pro.yearly",
        "price",
        Action.REACTIVATE,
        before=replace(YEARLY, fields={**YEARLY.fields, "unit_amount": Decimal(31000)}, object_id="price_2"),
        after=YEARLY,
        revives=replace(YEARLY, object_id="price_1YEAR", fields={**YEARLY.fields, "active": False}),
        changed=(FieldChange(("unit_amount",), Decimal(31000), Decimal(29000)),),
        replace_because=("unit_amount",),
        audience=Audience(1),
    ),
    Change(
        "discount.launch20",
        "coupon",
        Action.REPLACE,
        before=COUPON,
        after=replace(COUPON, fields={**COUPON.fields, "percent_off": Decimal("25.5")}),
        changed=(FieldChange(("percent_off",), Decimal(20), Decimal("25.5")),),
        replace_because=("percent_off",),
        new_id="acme-launch20-2",
    ),
    Change(
        "meter.api-calls",
        "meter",
        Action.REPLACE,
        before=replace(METER, object_id="mtr_1"),
        after=replace(METER, fields={**METER.fields, "aggregation": "count"}),
        changed=(FieldChange(("aggregation",), "sum", "count"),),
        replace_because=("aggregation",),
        irreversible=("usage already reported stays with the old meter",),
        undo=Undo(Restores.NOT, ("usage already reported stays with the old meter",)),
    ),
    Change(
        "price.pro.setup",
        "price",
        Action.ADOPT,
        before=price(9900, "price.pro.setup", "price_1SETUP", recurring=None, nickname="Onboarding"),
        after=price(9900, "price.pro.setup", recurring=None, nickname="Setup"),
        changed=(FieldChange(("nickname",), "Onboarding", "Setup"),),
    ),
    gone(price(1000, "price.pro.weekly", "price_1WEEK", recurring={"interval": "week"}), subscribers=7),
    gone(replace(CODE, address="code.old.SPRING", object_id="promo_1"), Action.ARCHIVE),
    gone(replace(GRANT, address="product_feature.pro.audit", object_id="pf_1"), Action.DELETE),
    created(OFFER, OFFERS[0]),
    drift=DRIFTED,
    annotations=(exact("product.pro"), TRIAL, *OFFERS, ACCEPTED, REFUSED),
    moved={"price.pro.annual": "price.pro.yearly"},
    diagnostics=(
        error(
            "unsupported",
            "Something in the catalog cannot be sent",
            "meter.peak: aggregation. no maximum",
            hint="accept it with a reason: accept: [{address: meter.peak, code: aggregation, reason: …}]",
            address="meter.peak",
            source=at(52),
        ),
        Diagnostic(
            Severity.WARNING,
            "redoes-rollback",
            "The plan would redo what a rollback undid",
            "Revision 3 rolled back to revision 2.",
            hint="revert the manifests to the state that was rolled back to, or apply on purpose",
        ),
        Diagnostic(
            Severity.INFO,
            "foreign-metadata",
            "Metadata of others is left alone",
            "product acme-pro has crm_id, which no manifest declares.",
            address="product.pro",
        ),
    ),
    quotes=QUOTES,
)

QUIET = plan(kept(product()), kept(price()), annotations=(exact("product.pro"), exact("price.pro.monthly")))

ROLLBACK = plan(
    Change(
        "price.pro.monthly",
        "price",
        Action.REACTIVATE,
        before=price(2900, object_id="price_2NEW"),
        after=price(2400),
        revives=price(2400, object_id="price_1OLD", active=False),
        changed=(FieldChange(("unit_amount",), Decimal(2900), Decimal(2400)),),
        replace_because=("unit_amount",),
        transfers=("lookup_key",),
        audience=Audience(0),
    ),
    kept(product()),
    account=LIVE,
    environment="live",
    rollback_of=1,
)

HOSTILE = plan(
    updated(
        product("Pro"),
        product("\x1b[31mPro\x1b[0m [bold]|`@admin` <b>\n# owned</b> \u202eevil"),
        FieldChange(("name",), "Pro", "\x1b[31mPro\x1b[0m [bold]|`@admin` <b>\n# owned</b> \u202eevil"),
        FieldChange(("metadata", "a|b\r"), "x", "[link](https://example.invalid)"),
    ),
    quotes=(Quote("profile.x", "| @admin <b>\x1b[31m", None, "usd", MONTHLY, Decimal(100), Decimal(200)),),
)


def large(products: int, prices: int, action: Action = Action.REPLACE) -> Plan:
    """A plan of `products` times `prices` changes."""
    rows: list[Change] = []
    for number in range(products):
        for each in range(prices):
            address = f"price.p{number}.t{each}"
            before, after = price(2400, address, f"price_{number}_{each}"), price(2900, address)
            changed = (FieldChange(("unit_amount",), Decimal(2400), Decimal(2900)),)
            rows.append(
                created(after)
                if action is Action.CREATE
                else Change(
                    address,
                    "price",
                    action,
                    before,
                    after,
                    changed=changed,
                    replace_because=("unit_amount",),
                    audience=Audience(each % 3),
                )
            )
    return plan(*rows, annotations=tuple(exact(row.address) for row in rows))


LINKS = tuple(
    Pointer("payment_link", f"plink_{n}", f"https://buy.stripe.com/{n}", stops=True) for n in range(1, 6)
)
AFFECTED = plan(
    replace(
        pointed_to(raised(), (*LINKS, Pointer("portal_configuration", "bpc_1", "Self | service"))),
        audience=Audience(1000, more=True, monthly={"eur": Decimal(120000), "usd": Decimal("2400000.4")}),
    ),
    replace(
        pointed_to(
            gone(price(900, "price.lite.monthly", "price_1LITE", product=Ref("product.lite"))), LINKS[:1]
        ),
        audience=Audience(1, monthly=None),
    ),
    replace(
        gone(price(5, "price.old.monthly", "price_1DEAD", product=Ref("product.old"))), audience=Audience(0)
    ),
    pointed_to(gone(COUPON, Action.DELETE), (Pointer("promotion_code", "promo_1", "BYHAND", stops=True),)),
    unread=("portal_configuration",),
)

PLANS = {
    "first": FIRST,
    "raised": RAISED,
    "busy": BUSY,
    "quiet": QUIET,
    "rollback": ROLLBACK,
    "hostile": HOSTILE,
    "affected": AFFECTED,
    "many": large(3, 20),
}

REVISION = Revision(
    number=3,
    catalog="acme",
    environment="sandbox",
    account=ACCOUNT,
    desired=State.of((product(), price(2900))),
    ids={"product.pro": "acme-pro", "price.pro.monthly": "price_2NEW"},
    annotations=(exact("product.pro"), TRIAL),
    plan_digest=DIGEST,
    desired_digest=DIGEST,
    run="run_01",
    created_at="2026-11-21T09:00:00Z",
    by="ana@build-7",
    commit="0123456789abcdef0123456789abcdef01234567",
    changes={"replace": 1, "create": 2, "no_op": 4},
)
EARLIER = replace(
    REVISION,
    number=1,
    desired=State.of((product(), price(2400))),
    ids={"product.pro": "acme-pro", "price.pro.monthly": "price_1OLD"},
    created_at="2026-10-01T09:00:00Z",
    changes={"create": 2},
)
ROLLED_BACK = replace(
    EARLIER,
    number=4,
    rollback_of=1,
    created_at="2026-11-22T07:30:00Z",
    commit=None,
    changes={"reactivate": 1},
)
REVISIONS = (EARLIER, replace(EARLIER, number=2, changes={"update": 1}), REVISION, ROLLED_BACK)
