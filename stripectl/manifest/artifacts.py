"""Build single artifacts from tables that conform to the schema.

A value of another type than the schema promises counts as left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from stripectl.diagnostics import Sources
from stripectl.manifest.sections import entries
from stripectl.manifest.values import Items, Table, Value
from stripectl.pricing.model import (
    Aggregation,
    Amounts,
    Application,
    Charge,
    Code,
    Combination,
    Commitment,
    CommitmentType,
    Configuration,
    CustomAmount,
    Dimensions,
    Discount,
    Feature,
    Included,
    Lifecycle,
    Meter,
    Offer,
    Override,
    Package,
    Period,
    Price,
    Product,
    Profile,
    Recurrence,
    Rounding,
    Rung,
    TaxBehavior,
    Tier,
    Unit,
    Window,
)
from stripectl.pricing.money import plain

_UNTOUCHED = Lifecycle()
_LENGTHS = {"days": Unit.DAY, "weeks": Unit.WEEK, "months": Unit.MONTH, "years": Unit.YEAR}


def text(table: Table, key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None


def known_text(table: Table, key: str, default: str = "") -> str:
    return text(table, key) or default


def whole(table: Table, key: str) -> int | None:
    value = table.get(key)
    return value if isinstance(value, int) else None


def flag(table: Table, key: str, *, default: bool = False) -> bool:
    value = table.get(key)
    return value if isinstance(value, bool) else default


def texts(table: Table, key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, Items) else ()


def table_at(table: Table, key: str) -> Table | None:
    value = table.get(key)
    return value if isinstance(value, Table) else None


def _tables(table: Table, key: str) -> list[Table]:
    value = table.get(key)
    return [each for each in value if isinstance(each, Table)] if isinstance(value, Items) else []


def _counts(table: Table, key: str) -> Mapping[str, int]:
    found = table_at(table, key)
    return {name: value for name, value in found.items() if isinstance(value, int)} if found else {}


def _metadata(table: Table) -> Mapping[str, str]:
    found = table_at(table, "metadata")
    return {key: value for key, value in found.items() if isinstance(value, str)} if found else {}


def _number(value: Value) -> Decimal:
    return plain(Decimal(value if isinstance(value, (int, str, Decimal)) else 0))


def _amounts(table: Table, key: str) -> Amounts:
    return {currency: _number(value) for currency, value in (table_at(table, key) or {}).items()}


def _percent(table: Table) -> Decimal | None:
    return _number(table["percent_off"]) if "percent_off" in table else None


def _period(value: Value) -> Period | None:
    """`month`, or `{months: 3}`."""
    if isinstance(value, str):
        return Period(Unit(value))
    for key, count in (value if isinstance(value, Table) else {}).items():
        return Period(_LENGTHS[key], count if isinstance(count, int) else 1)
    return None


def _duration(value: Value) -> Recurrence | Period:
    if isinstance(value, Table):
        return _period(value) or Recurrence.ONCE
    return Recurrence(str(value)) if value else Recurrence.ONCE


def _date(table: Table, key: str) -> date | None:
    value = text(table, key)
    return date.fromisoformat(value) if value else None


def _lifecycle(table: Table) -> Lifecycle:
    if "protect" in table or "ignore" in table or "id" in table:
        return Lifecycle(flag(table, "protect"), texts(table, "ignore"), text(table, "id"))
    return _UNTOUCHED


def _tier(table: Table) -> Tier:
    return Tier(whole(table, "up_to"), _amounts(table, "amount"), _amounts(table, "flat"))


def _package(table: Table) -> Package:
    return Package(whole(table, "size") or 1, Rounding(known_text(table, "round", "up")))


def _custom(table: Table) -> CustomAmount:
    return CustomAmount(
        _amounts(table, "minimum"),
        _amounts(table, "maximum"),
        _amounts(table, "preset"),
    )


def _dimensions(table: Table) -> Dimensions:
    height, length, width, weight = (
        _number(table.get(name)) for name in ("height", "length", "width", "weight")
    )
    return Dimensions(height, length, width, weight)


def _tax(value: Value) -> TaxBehavior | Mapping[str, TaxBehavior]:
    """`exclusive`, or `{usd: exclusive, eur: inclusive}`."""
    if isinstance(value, Table):
        return {currency: TaxBehavior(str(each)) for currency, each in value.items()}
    return TaxBehavior(str(value)) if value else TaxBehavior.UNSPECIFIED


def _included(value: Value) -> Included | None:
    if isinstance(value, Table):
        return Included(
            whole(value, "quantity") or 0,
            rollover=flag(value, "rollover"),
            pooled=flag(value, "pooled"),
        )
    return Included(value) if isinstance(value, int) else None


def _rung(table: Table) -> Rung:
    return Rung(_period(table.get("after")) or Period(Unit.DAY), _number(table.get("percent_off")))


def price(product: str, name: str, table: Table, sources: Sources) -> Price:
    package, custom = table_at(table, "package"), table_at(table, "custom")
    return Price(
        id=name,
        product=product,
        charge=Charge(known_text(table, "charge", "flat")),
        amount=_amounts(table, "amount"),
        every=_period(table.get("every")),
        meter=text(table, "meter"),
        included=_included(table.get("included")),
        tiers=tuple(map(_tier, _tables(table, "tiers"))),
        package=_package(package) if package is not None else None,
        custom=_custom(custom) if custom is not None else None,
        tax_behavior=_tax(table.get("tax_behavior")),
        trial_days=whole(table, "trial_days"),
        legacy_trial_days=whole(table, "legacy_trial_days"),
        lookup_key=text(table, "lookup_key"),
        nickname=text(table, "nickname"),
        active=flag(table, "active", default=True),
        metadata=_metadata(table),
        lifecycle=_lifecycle(table),
        sources=sources,
    )


def product(name: str, table: Table, sources: Sources) -> Product:
    shippable, parcel = table.get("shippable"), table_at(table, "package_dimensions")
    return Product(
        id=name,
        name=known_text(table, "name"),
        description=text(table, "description"),
        tax_code=text(table, "tax_code"),
        unit_label=text(table, "unit_label"),
        statement_descriptor=text(table, "statement_descriptor"),
        url=text(table, "url"),
        images=texts(table, "images"),
        marketing_features=texts(table, "marketing_features"),
        shippable=shippable if isinstance(shippable, bool) else None,
        package_dimensions=_dimensions(parcel) if parcel is not None else None,
        active=flag(table, "active", default=True),
        features=texts(table, "features"),
        default_price=text(table, "default_price"),
        metadata=_metadata(table),
        new_id=text(table, "new_id"),
        lifecycle=_lifecycle(table),
        sources=sources,
    )


def meter(name: str, table: Table, sources: Sources) -> Meter:
    window = text(table, "window")
    return Meter(
        id=name,
        name=known_text(table, "name"),
        event=known_text(table, "event"),
        aggregation=Aggregation(known_text(table, "aggregation")),
        customer_key=known_text(table, "customer_key", "stripe_customer_id"),
        value_key=known_text(table, "value_key", "value"),
        window=Window(window) if window else None,
        lifecycle=_lifecycle(table),
        sources=sources,
    )


def feature(name: str, table: Table, sources: Sources) -> Feature:
    return Feature(
        id=name,
        name=known_text(table, "name"),
        lookup_key=text(table, "lookup_key"),
        metadata=_metadata(table),
        lifecycle=_lifecycle(table),
        sources=sources,
    )


def code(discount: str, word: str, table: Table, sources: Sources) -> Code:
    return Code(
        code=word,
        discount=discount,
        max_redemptions=whole(table, "max_redemptions"),
        first_time_only=flag(table, "first_time_only"),
        expires=_date(table, "expires"),
        minimum_amount=_amounts(table, "minimum_amount"),
        customer=text(table, "customer"),
        active=flag(table, "active", default=True),
        metadata=_metadata(table),
        lifecycle=_lifecycle(table),
        sources=sources,
    )


def discount(name: str, table: Table, codes: tuple[Code, ...], sources: Sources) -> Discount:
    combine = text(table, "combine")
    return Discount(
        id=name,
        name=text(table, "name"),
        percent_off=_percent(table),
        amount_off=_amounts(table, "amount_off"),
        duration=_duration(table.get("duration")),
        products=texts(table, "products"),
        redeem_by=_date(table, "redeem_by"),
        max_redemptions=whole(table, "max_redemptions"),
        apply=Application(known_text(table, "apply", "code")),
        codes=codes,
        ladder=tuple(map(_rung, _tables(table, "ladder"))),
        combine=Combination(combine) if combine else None,
        metadata=_metadata(table),
        new_id=text(table, "new_id"),
        lifecycle=_lifecycle(table),
        sources=sources,
    )


def commitment(name: str, table: Table, sources: Sources) -> Commitment:
    return Commitment(
        id=name,
        type=CommitmentType(known_text(table, "type")),
        duration=_period(table.get("duration")),
        amount=_amounts(table, "amount"),
        every=_period(table.get("every")),
        sources=sources,
    )


def offer(name: str, table: Table, sources: Sources) -> Offer:
    return Offer(
        id=name,
        prices=texts(table, "prices"),
        setup=texts(table, "setup"),
        trial_days=whole(table, "trial_days"),
        discounts=texts(table, "discounts"),
        commitment=text(table, "commitment"),
        sources=sources,
    )


def configuration(name: str, table: Table, sources: Sources) -> Configuration:
    return Configuration(
        id=name,
        customer=known_text(table, "customer"),
        offer=known_text(table, "offer"),
        prices=tuple(
            Override(reference, _amounts(each, "amount")) for reference, each in entries(table.get("prices"))
        ),
        sources=sources,
    )


def profile(name: str, table: Table, sources: Sources) -> Profile:
    return Profile(
        id=name,
        title=text(table, "title"),
        offer=text(table, "offer"),
        prices=texts(table, "prices"),
        quantities=_counts(table, "quantities"),
        usage=_counts(table, "usage"),
        currencies=texts(table, "currencies"),
        discounts=texts(table, "discounts"),
        sources=sources,
    )
