"""Prices: what they may say, what can be changed, and whose lookup key it is."""

from __future__ import annotations

from tests.live.asking import Asking, Tries, sold
from tests.live.probe import REFUSED, Grade, Probe, Seen

PRICES = "/v1/prices"
MONTHLY = {"interval": "month"}
TIERS = [{"up_to": 5, "unit_amount": 500}, {"up_to": "inf", "unit_amount": 400}]
TIERED: dict[str, object] = {
    "unit_amount": None,
    "billing_scheme": "tiered",
    "tiers_mode": "graduated",
    "tiers": TIERS,
}


def tries_of(ask: Asking, product: str, tries: Tries) -> Seen:
    """Outcome of each attempt to make a price."""
    return ask.outcomes(PRICES, {name: sold(product, **sent) for name, sent in tries.items()})


def _one_time_tiers(ask: Asking) -> Seen:
    return tries_of(ask, ask.product(), {"tiers, once": TIERED})


def _metered(ask: Asking) -> Seen:
    metered = {"interval": "month", "usage_type": "metered"}
    return tries_of(ask, ask.product(), {"metered without a meter": {"recurring": metered}})


def _inactive_meter(ask: Asking) -> Seen:
    meter = ask.meter()["id"]
    ask.post(f"/v1/billing/meters/{meter}/deactivate", {})
    by = {"interval": "month", "usage_type": "metered", "meter": meter}
    return tries_of(ask, ask.product(), {"on a deactivated meter": {"recurring": by}})


def _no_deletion(ask: Asking) -> Seen:
    return {"deleted": ask.delete(f"{PRICES}/{ask.price(ask.product())}").outcome}


def _missing(ask: Asking) -> Seen:
    product = ask.product()
    tries: Tries = {
        "no product": {"product": None},
        "no amount": {"unit_amount": None},
        "product and product data": {"product_data": {"name": "x"}},
        "unknown product": {"product": "prod_nope"},
        "both spellings of an amount": {"unit_amount_decimal": "500"},
    }
    return {**tries_of(ask, product, tries), "unknown price": ask.get(f"{PRICES}/price_nope").outcome}


def _held_key(ask: Asking) -> Seen:
    product, key = ask.product(), ask.unique()
    holder = ask.price(product, lookup_key=key)
    by_active = ask.post(PRICES, sold(product, lookup_key=key)).outcome
    ask.post(f"{PRICES}/{holder}", {"active": False})
    return {
        "held by an active price": by_active,
        "held by an archived price": ask.post(PRICES, sold(product, lookup_key=key)).outcome,
        "the archived price has it still": ask.get(f"{PRICES}/{holder}").at("lookup_key") == key,
    }


def _moved_key(ask: Asking) -> Seen:
    product, key = ask.product(), ask.unique()
    first = ask.price(product, lookup_key=key)
    second = ask.price(product, lookup_key=key, transfer_lookup_key=True)
    ask.post(f"{PRICES}/{second}", {"active": False})
    third = ask.post(PRICES, sold(product, lookup_key=key, transfer_lookup_key=True))
    return {
        "of an active price, afterwards": ask.get(f"{PRICES}/{first}").at("lookup_key"),
        "from an archived price": third.outcome,
        "of the archived price, afterwards": ask.get(f"{PRICES}/{second}").at("lookup_key"),
    }


def _cleared_key(ask: Asking) -> Seen:
    product, key = ask.product(), ask.unique()
    price = ask.price(product, lookup_key=key)
    cleared = ask.post(f"{PRICES}/{price}", {"lookup_key": ""})
    return {
        "an empty string": cleared.at("lookup_key") if cleared.ok else cleared.outcome,
        "given to another": ask.post(PRICES, sold(product, lookup_key=key)).outcome,
    }


def _nickname(ask: Asking) -> Seen:
    body = ask.made(PRICES, sold(ask.product(), nickname=" Monthly "))
    cleared = ask.post(f"{PRICES}/{body['id']}", {"nickname": ""})
    return {
        "stored": body.get("nickname"),
        "an empty string": cleared.outcome,
        "afterwards": ask.get(f"{PRICES}/{body['id']}").at("nickname"),
    }


def _texts(ask: Asking) -> Seen:
    product, key = ask.product(), ask.unique()
    tries = {
        "lookup key of 200": {"lookup_key": key.ljust(200, "x")},
        "lookup key of 201": {"lookup_key": key.ljust(201, "x")},
        "nickname of 5000": {"nickname": "n" * 5000},
        "nickname of 5001": {"nickname": "n" * 5001},
    }
    return tries_of(ask, product, tries)


def _intervals(ask: Asking) -> Seen:
    most = {"month": 36, "week": 156, "year": 3}
    tries = {
        f"{count} {interval}s": {"recurring": {"interval": interval, "interval_count": count}}
        for interval, limit in most.items()
        for count in (limit, limit + 1)
    }
    return tries_of(ask, ask.product(), tries)


def _days(ask: Asking) -> Seen:
    tries = {
        f"{count} days": {"recurring": {"interval": "day", "interval_count": count}}
        for count in (365, 1095, 1096)
    }
    return tries_of(ask, ask.product(), tries)


def _tax_behavior(ask: Asking) -> Seen:
    price = ask.price(ask.product())
    steps = ("inclusive", "exclusive", "unspecified")
    return ask.outcomes(f"{PRICES}/{price}", {f"then {step}": {"tax_behavior": step} for step in steps})


def _frozen(ask: Asking) -> Seen:
    price = ask.price(ask.product(), recurring=MONTHLY)
    sent: dict[str, object] = {
        "unit_amount": 700,
        "currency": "eur",
        "recurring": {"interval": "year"},
        "product": ask.product(),
    }
    return ask.outcomes(f"{PRICES}/{price}", {name: {name: value} for name, value in sent.items()})


def _archived(ask: Asking) -> Seen:
    product = ask.product()
    made = ask.made(PRICES, sold(product, active=False))
    back = ask.post(f"{PRICES}/{made['id']}", {"active": True})
    return {"made inactive": made.get("active"), "made active later": back.at("active")}


def _unexpanded(ask: Asking) -> Seen:
    options = {"eur": {"tiers": TIERS}}
    made = ask.made(PRICES, sold(ask.product(), **TIERED, recurring=MONTHLY, currency_options=options))
    read = ask.get(f"{PRICES}/{made['id']}", expand=["tiers", "currency_options"])
    return {
        "tiers": "tiers" in made,
        "currency options": "currency_options" in made,
        "tiers, expanded": isinstance(read.at("tiers"), list),
        "currency options, expanded": isinstance(read.at("currency_options"), dict),
    }


def _product_data(ask: Asking) -> Seen:
    made = ask.made(PRICES, {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Inline"}})
    product = ask.get(f"/v1/products/{made['product']}")
    listed = ask.get("/v1/products", ids=[made["product"]])
    return {
        "its product": product.at("name"),
        "its product is listed": len(listed.rows) == 1,
        "active": made.get("active"),
    }


def _trial_days(ask: Asking) -> Seen:
    recurring = {"interval": "month", "trial_period_days": 7}
    answer = ask.post(PRICES, sold(ask.product(), recurring=recurring))
    return {
        "made": answer.outcome,
        "read back": answer.at("recurring", "trial_period_days") if answer.ok else None,
    }


PROBES = (
    Probe(
        "price-one-time-tiers",
        "A price that is paid once cannot have tiers; the refusal names `interval` and no code.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "`validate` refuses it",
        _one_time_tiers,
        {"tiers, once": "refused 400, param interval"},
    ),
    Probe(
        "price-metered",
        "A metered price needs a meter.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "usage is always measured by a meter of the catalog",
        _metered,
        {"metered without a meter": "refused 400"},
    ),
    Probe(
        "price-inactive-meter",
        "A deactivated meter takes no new price.",
        Grade.DOCUMENTED,
        "Stripe's guide to meters",
        "meters are reactivated before prices are made on them",
        _inactive_meter,
        {"on a deactivated meter": REFUSED},
    ),
    Probe(
        "price-deletion",
        "Prices cannot be deleted: there is no such endpoint.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "prices are archived",
        _no_deletion,
        {"deleted": "refused 404"},
    ),
    Probe(
        "price-parameters",
        "Refusals of missing and excluding parameters of a price seldom name a code.",
        Grade.RECORDED,
        "an exchange of 2026-09; two spellings documented",
        "messages of refusals are shown as they are; nothing depends on their codes",
        _missing,
        {
            "no product": "refused 400",
            "no amount": "refused 400",
            "product and product data": "refused 400, param product",
            "unknown product": "refused 400, code resource_missing, param product",
            "both spellings of an amount": REFUSED,
            "unknown price": "refused 404, code resource_missing, param price",
        },
    ),
    Probe(
        "price-lookup-key-held",
        "A lookup key is on one price; an archived price keeps it and blocks it.",
        Grade.RECORDED,
        "an exchange of 2026-09",
        "keys are always moved, never just set",
        _held_key,
        {
            "held by an active price": "refused 400, param lookup_key",
            "held by an archived price": "refused 400, param lookup_key",
            "the archived price has it still": True,
        },
    ),
    Probe(
        "price-lookup-key-transfer",
        "`transfer_lookup_key` takes a key from an active price, and from an archived one.",
        Grade.CLAIMED,
        "from an active one recorded in 2026-09; from an archived one claimed",
        "successors take the key in *switch*; a rollback takes it back",
        _moved_key,
        {
            "of an active price, afterwards": None,
            "from an archived price": "accepted",
            "of the archived price, afterwards": None,
        },
    ),
    Probe(
        "price-lookup-key-clear",
        "An empty string clears a lookup key, which is free then.",
        Grade.RECORDED,
        "clearing recorded in 2026-09",
        "a key that a manifest no longer sets can be cleared",
        _cleared_key,
        {"an empty string": None, "given to another": "accepted"},
    ),
    Probe(
        "price-nickname",
        "Blanks around a nickname are stripped; whether an empty string clears it is open.",
        Grade.CLAIMED,
        "differential tests of other projects; clearing: no source",
        "nicknames are compared as they will be stored; a refusal to clear is told",
        _nickname,
        {"stored": "Monthly"},
    ),
    Probe(
        "price-lengths",
        "A lookup key has 200 characters at most, a nickname 5000.",
        Grade.DOCUMENTED,
        "API description: maxLength",
        "`validate` refuses more",
        _texts,
        {
            "lookup key of 200": "accepted",
            "lookup key of 201": REFUSED,
            "nickname of 5000": "accepted",
            "nickname of 5001": REFUSED,
        },
    ),
    Probe(
        "price-intervals",
        "The time between two invoices is three years at most.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "`validate` refuses more",
        _intervals,
        {
            "36 months": "accepted",
            "37 months": REFUSED,
            "156 weeks": "accepted",
            "157 weeks": REFUSED,
            "3 years": "accepted",
            "4 years": REFUSED,
        },
    ),
    Probe(
        "price-interval-days",
        "In days, three years are 1,095.",
        Grade.UNKNOWN,
        "follows from three years; no source names the days",
        "`validate` refuses more than 1,095 days",
        _days,
    ),
    Probe(
        "price-tax-behavior",
        "A tax behaviour is set once.",
        Grade.DOCUMENTED,
        "API reference, prices",
        "any other change replaces the price; setting it is irreversible",
        _tax_behavior,
        {"then inclusive": "accepted", "then exclusive": REFUSED, "then unspecified": REFUSED},
    ),
    Probe(
        "price-frozen",
        "Amount, currency, interval and product of a price cannot be changed.",
        Grade.DOCUMENTED,
        "API reference, prices: no such parameters of an update",
        "such a change replaces the price",
        _frozen,
        {
            "unit_amount": REFUSED,
            "currency": REFUSED,
            "recurring": REFUSED,
            "product": REFUSED,
        },
    ),
    Probe(
        "price-reactivation",
        "A price can be made inactive, and an archived price can be active again.",
        Grade.RECORDED,
        "coming back recorded in 2026-09",
        "a rollback brings the original price back",
        _archived,
        {"made inactive": False, "made active later": True},
    ),
    Probe(
        "price-expansion",
        "Tiers and currency options are left out of an answer unless they are expanded.",
        Grade.DOCUMENTED,
        "API reference, prices; recorded in 2026-09 without them",
        "every read expands them",
        _unexpanded,
        {
            "tiers": False,
            "currency options": False,
            "tiers, expanded": True,
            "currency options, expanded": True,
        },
    ),
    Probe(
        "price-product-data",
        "A price may make its product along with it; the product may be listed.",
        Grade.CLAIMED,
        "making recorded in 2026-09; listing claimed",
        "such products are found and left alone",
        _product_data,
        {"its product": "Inline", "its product is listed": True, "active": True},
    ),
    Probe(
        "price-trial-days",
        "A price takes `recurring.trial_period_days`, and says so when it is read.",
        Grade.DOCUMENTED,
        "parameter types of the SDK",
        "a trial that an account's price holds is told",
        _trial_days,
        {"made": "accepted", "read back": 7},
    ),
)
