"""Why a change is made, what happens then and to whom, for a reader who does not know the provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stripectl.engine.branch import SHORT
from stripectl.engine.fidelity import Fidelity
from stripectl.engine.kinds import Reach
from stripectl.engine.places import IN_A_FILE
from stripectl.engine.plan import Account, Action, Change, DriftChange, Plan, Restores
from stripectl.engine.values import Ref, Value
from stripectl.review.amounts import Amount, Course, side_by_side
from stripectl.review.reading import Review, review
from stripectl.views import amount_lines, fields
from stripectl.views.amounts import bare, count, listed
from stripectl.views.audiences import stay, subscriptions, worth

SYMBOLS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.REACTIVATE: "↻",
    Action.ADOPT: "⇥",
    Action.ARCHIVE: "−",
    Action.DELETE: "−",
    Action.NO_OP: " ",
}

RISK: tuple[Action, ...] = (
    Action.DELETE,
    Action.ARCHIVE,
    Action.REPLACE,
    Action.REACTIVATE,
    Action.UPDATE,
    Action.ADOPT,
    Action.CREATE,
    Action.NO_OP,
)
"""Actions, the one to look at first in front."""

PARTS = 2
"""So many parts of a field are named; of more it is the field that differs."""

DONE: Mapping[str, str] = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "reactivate": "reactivated",
    "adopt": "adopted",
    "archive": "archived",
    "delete": "deleted",
    "no-op": "unchanged",
    "no_op": "unchanged",
}
"""Action -> what was done, for the history."""

VERDICTS: Mapping[Fidelity, str] = {
    Fidelity.EXACT: "exact",
    Fidelity.APPROXIMATE: "approximate",
    Fidelity.UNSUPPORTED: "not sent",
}

DRIFTED: Mapping[DriftChange, str] = {
    DriftChange.MODIFIED: "was changed",
    DriftChange.ARCHIVED: "was taken out of use",
    DriftChange.DELETED: "is gone",
    DriftChange.APPEARED: "bears our mark, but no revision recorded it",
    DriftChange.UNMARKED: "lost its mark",
}

NOUNS: Mapping[str, str] = {
    "meter": "billing meter",
    "feature": "entitlement feature",
    "product_feature": "feature of a product",
    "coupon": "coupon",
    "promotion_code": "promotion code",
    "metadata_binding": "note in metadata",
}


def noun(kind: str) -> str:
    return NOUNS.get(kind, kind.replace("_", " "))


def article(kind: str) -> str:
    """`a` or `an`, as the kind's noun asks for."""
    return "an" if noun(kind)[0] in "aeiou" else "a"


@dataclass(frozen=True, slots=True)
class Setting:
    """What one row has to know of the rest of its plan."""

    default_prices: frozenset[str]
    """Addresses of prices that are the default of their product."""
    revision: int | None
    """The revision that a rollback restores."""
    addresses: Mapping[str, str]
    """Id of an object that a row of the plan acts on -> the address that it bears."""
    revived: frozenset[str]
    """Addresses whose earlier object comes back."""
    keys: frozenset[Value]
    """Lookup keys that something bears when the plan is applied."""
    adopted: frozenset[str]
    """Addresses at which an object that exists already is taken over."""
    declared: frozenset[str]
    review: Review
    amounts: Mapping[str, tuple[Amount, ...]]
    """Address -> its amounts, in every currency."""

    @classmethod
    def of(cls, plan: Plan) -> Setting:
        defaults = (each.fields.get("default_price") for each in plan.desired)
        read = review(plan)
        bearers = ((each, row) for row in plan.changes for each in (row.before, row.revives) if each)
        return cls(
            frozenset(ref.address for ref in defaults if isinstance(ref, Ref)),
            plan.rollback_of,
            {each.object_id: row.address for each, row in bearers if each.object_id},
            frozenset(row.address for row in plan.changes if row.action is Action.REACTIVATE),
            frozenset(each.fields.get("lookup_key") for each in plan.desired),
            frozenset(row.address for row in plan.changes if row.action is Action.ADOPT),
            frozenset(row.address for row in plan.changes if row.after),
            read,
            read.by_address(),
        )

    def paid(self, change: Change) -> tuple[Amount, ...]:
        """What the row says of what is paid; nothing where another object takes its place at the address."""
        succeeded = change.after is None and change.address in self.declared
        return () if succeeded else self.amounts.get(change.address, ())

    def unit(self, change: Change) -> str:
        """What the product of a price calls one unit; empty where it does not say, or it is no price."""
        return self.review.products.unit(change.resource) if change.kind == "price" else ""

    def named(self, value: Value) -> Value:
        """The value, as a reference where it is the id of an object that the plan knows."""
        return Ref(self.addresses[value]) if isinstance(value, str) and value in self.addresses else value

    def follower(self, address: str) -> str:
        """What takes the place of the object that bears the address now."""
        if address in self.adopted:
            return f"the adopted {address}"
        return f"the {'earlier' if address in self.revived else 'successor of'} {address}"


def place(account: Account, spell: Callable[[str], str] = str) -> str:
    """Where requests go, as a plan shows it at its top, an address as `spell` has it; empty for unknown."""
    if account.api_base == IN_A_FILE:
        return "in a file here"
    return f"at {spell(account.api_base.removeprefix('https://'))}" if account.api_base else ""


def why(change: Change, setting: Setting) -> str:
    """The reason for the action; empty where the fields that change say it all."""
    match change.action:
        case Action.REPLACE if change.kind == "metadata_binding":
            return "what it is noted on changes, so it is noted anew"
        case Action.REPLACE:
            return f"{listed(_because(change, setting))} cannot change in Stripe; a successor is created"
        case Action.REACTIVATE if change.revives:
            return f"{change.revives.object_id} already is what is wanted; it comes back as it was"
        case Action.REACTIVATE:
            return "it is out of use and wanted again"
        case Action.ADOPT:
            return "it exists already; from now on this catalog manages it"
        case Action.ARCHIVE | Action.DELETE:
            return _why_gone(change, setting)
    return ""


def _because(change: Change, setting: Setting) -> Iterator[str]:
    """What differs of the fields that only a successor can change: amounts by their currencies."""
    told = tuple(amount_lines.names(_of_price(change, setting)))
    told = () if "currency" in change.replace_because else told
    yield from told
    for name in change.replace_because:
        if not told or name not in amount_lines.AMOUNTS:
            yield from _labels(change, name)


def _of_price(change: Change, setting: Setting) -> tuple[Amount, ...]:
    """The amounts of a price that is sold before and after; empty for anything else."""
    found = setting.paid(change) if change.kind == "price" else ()
    return found if side_by_side(found) else ()


def _labels(change: Change, name: str) -> tuple[str, ...]:
    """What of a field differs, by its own names where those are few."""
    paths = [each.path for each in change.changed if each.path[0] == name]
    parts = tuple(dict.fromkeys(map(fields.label, paths)))
    is_list = any(isinstance(part, int) for path in paths for part in path)
    return parts if 0 < len(parts) <= PARTS and not is_list else (fields.label((name,)),)


def _why_gone(change: Change, setting: Setting) -> str:
    if change.after:
        return "it is declared as out of use"
    if change.address in setting.adopted:
        return "another object takes its place, by the `id` that is declared"
    if change.address in setting.declared:
        return "another object is in force at this address"
    return (
        f"revision {setting.revision} did not have it"
        if setting.revision
        else "no manifest declares it any more"
    )


def then(change: Change, setting: Setting) -> str:
    """What follows for the objects concerned; empty where there is nothing to say."""
    match change.action:
        case Action.REPLACE | Action.REACTIVATE if change.before and change.kind == "price":
            return _price_moves(change, setting)
        case Action.REPLACE:
            return _REPLACED.get(change.kind, _one_archived)(change)
        case Action.ARCHIVE | Action.DELETE:
            return _GONE.get(change.kind, "")
        case Action.UPDATE:
            return _key_goes(change, setting)
    return ""


def _key_goes(change: Change, setting: Setting) -> str:
    """That nothing bears a lookup key any more; empty where it stays, or another takes it."""
    before = change.before.fields.get("lookup_key") if change.before else None
    # What is let go keeps its key.
    if change.after is None or before is None or before in setting.keys:
        return ""
    return f"whoever asks for lookup key {before} finds nothing any more"


def _price_moves(change: Change, setting: Setting) -> str:
    if change.revives is None and change.action is Action.REACTIVATE:
        return ""
    key = change.resource.fields.get("lookup_key")
    moving = [f"lookup key {key}"] if key and ("lookup_key" in change.transfers or _kept(change)) else []
    if change.address in setting.default_prices:
        moving.append("the product's default")
    stays = "the old price stays in use, as the default of an archived product"
    archived = "the old price is archived" if change.before and change.before.active else ""
    archived = stays if change.stays else archived
    moves = f"{listed(moving)} {'move' if len(moving) > 1 else 'moves'} to it" if moving else ""
    return ", ".join(part for part in (moves, archived) if part)


def _kept(change: Change) -> bool:
    """The new price has the lookup key of the old one."""
    key = change.resource.fields.get("lookup_key")
    return bool(change.before and change.before.fields.get("lookup_key") == key)


def _one_archived(change: Change) -> str:
    return f"the old {noun(change.kind)} is archived"


def _coupon_follows(change: Change) -> str:
    named = f"its id is {change.new_id}; " if change.new_id else ""
    return f"{named}the old coupon is deleted, discounts already given stay"


_REPLACED: Mapping[str, Callable[[Change], str]] = {
    "coupon": _coupon_follows,
    "promotion_code": lambda _: "the old code is switched off right before, so for a moment there is none",
    "meter": lambda _: (
        "the old meter is deactivated right before; usage reported from then on counts on the new"
    ),
    "product_feature": lambda _: "the old feature is detached",
    "metadata_binding": lambda _: "the old note is removed",
}

_GONE: Mapping[str, str] = {
    "product": "it can no longer be sold",
    "price": "nobody can newly buy it",
    "coupon": "it can no longer be redeemed, discounts already given stay",
    "promotion_code": "it can no longer be redeemed",
    "meter": "usage is no longer counted",
    "feature": "no product can grant it any more",
    "product_feature": "the product no longer grants it",
    "metadata_binding": "the note is removed",
}


def who(change: Change, setting: Setting) -> str:
    """What customers notice; empty where they notice nothing."""
    if change.kind == "product":
        held = [each for _, each in setting.review.staying.get(change.address, ())]
        return "; ".join(stay(held, "of its prices", "of its prices", "its prices"))
    if change.kind != "price" or change.before is None:
        return ""
    match change.action:
        case Action.REPLACE:
            return _two_prices(change, setting)
        case Action.REACTIVATE if change.revives:
            return _two_prices(change, setting)
        case Action.ARCHIVE | Action.DELETE:
            return _staying(change, "it")
    return ""


def leaves_somebody(change: Change, setting: Setting) -> bool:
    """Somebody is known to be on the price, or on a price of the product, that goes out of use."""
    on_prices = (held for _, held in setting.review.staying.get(change.address, ()))
    return any(each.subscriptions for each in (change.audience, *on_prices) if each)


def _two_prices(change: Change, setting: Setting) -> str:
    amounts = _of_price(change, setting)
    moving = [each for each in amounts if each.course in (Course.CHANGES, Course.GOES)]
    if amounts and not moving:
        return f"{_newcomers(change)} pay the same{_tax(change)}; {_staying(change, 'the old price')}"
    step = moving[0].step if len(moving) == 1 else None
    if step is None:
        return f"{_newcomers(change)} pay the new price{_tax(change)}; {_staying(change, 'the old price')}"
    was, now = (bare(each, moving[0].currency) for each in step)
    if len(amounts) == 1:
        return f"{_newcomers(change)} pay {now}{_tax(change)}; {_staying(change, was)}"
    where = f"{_newcomers(change)} in {moving[0].currency.upper()}"
    return f"{where} pay {now}{_tax(change)}; {_staying(change, 'the old price')}"


def _tax(change: Change) -> str:
    """That tax goes with the amount in another way; empty where it does not."""
    sides = (each.fields.get("tax_behavior") for each in (change.before, change.after) if each)
    was, now = (*sides, None, None)[:2]
    return _TAXED.get(str(now), ", whatever tax is added") if was != now else ""


_TAXED: Mapping[str, str] = {
    "inclusive": ", with the tax in it",
    "exclusive": ", and the tax on top of it",
}


def _newcomers(change: Change) -> str:
    return "new checkouts" if change.resource.fields.get("recurring") else "new purchases"


def _staying(change: Change, price: str) -> str:
    if not change.resource.fields.get("recurring"):
        return "what was bought stays bought"
    held = change.audience
    if held is None:
        return f"subscriptions that exist stay on {price}"
    number = held.subscriptions
    if number is None:
        return f"how many subscriptions stay on {price} is unknown: the key may not read them"
    if number == 0:
        return f"no active subscription is on {price}"
    stay = "stays" if number == 1 and not held.more else "stay"
    return f"{subscriptions(number, more=held.more)} {stay} on {price}{worth((held,))}"


def undo(change: Change) -> str:
    """What a rollback would not bring back as it was; empty where it is exact, or said already."""
    if change.undo.restores is not Restores.APPROXIMATELY or change.action is Action.CREATE:
        return ""
    return f"a rollback restores it approximately: {'; '.join(change.undo.because)}"


REACHES: Mapping[Reach, tuple[str, str]] = {
    Reach.IRREVERSIBLE: ("cannot be taken back", "cannot be taken back"),
    Reach.EXISTING_CUSTOMERS: ("reaches existing customers", "reach existing customers"),
    Reach.NEW_CUSTOMERS: ("reaches new customers only", "reach new customers only"),
    Reach.COSMETIC: ("is cosmetic", "are cosmetic"),
}
"""Reach -> of one change, of several; the widest first."""


def reach(change: Change) -> str:
    """That it concerns more than those who buy from now on; empty where it does not."""
    return "those who bought before, too" if change.reach is Reach.EXISTING_CUSTOMERS else ""


def reach_counts(changes: Iterable[Change]) -> str:
    """`1 cannot be taken back, 3 reach new customers only`."""
    found = Counter(each.reach for each in changes)
    return ", ".join(
        f"{found[each]:,} {one if found[each] == 1 else several}"
        for each, (one, several) in REACHES.items()
        if found[each]
    )


def undo_counts(changes: Iterable[Change]) -> str:
    """`a rollback restores 3 exactly, 1 approximately and 1 not`."""
    found = Counter(each.undo.restores for each in changes)
    if set(found) <= {Restores.EXACTLY}:
        return "a rollback restores everything exactly" if found else ""
    return "a rollback restores " + listed(
        f"{found[each]:,} {each.value}" if each is not Restores.NOT else f"{found[each]:,} not at all"
        for each in Restores
        if found[each]
    )


def approval(plan: Plan) -> str:
    """What somebody has to approve; empty where the policy asks for nothing."""
    return listed(each.value for each in reversed(plan.approval))


def source(change: Change, setting: Setting) -> str:
    """`catalogs/acme/pro.yaml:14`; for a rollback the revision; empty where nobody knows."""
    if setting.revision is not None:
        return f"revision {setting.revision}"
    place = change.resource.source
    return f"{place.file}:{place.line}" if place else ""


WORKING_TREE = "working tree"
"""What a diff leads to."""


def title(plans: Sequence[Plan]) -> str:
    """`Plan for acme in live`, `Diff of 2 catalogs: base main@1a2b3c4 → working tree`."""
    first = plans[0]
    of = first.catalog if len(plans) == 1 else count(len(plans), "catalog")
    if first.compared:
        return f"Diff of {of}: base {first.compared.base} → {WORKING_TREE}"
    if first.rollback_of is not None:
        return f"Rollback plan for {of} in {first.environment}: restores revision {first.rollback_of}"
    return f"Plan for {of} in {first.environment}"


def nothing_to_do(plan: Plan) -> str:
    """Why a plan changes nothing."""
    if plan.compared is None:
        spent = any(each.code == "spent" for each in plan.diagnostics)
        return f"the account holds what is declared{', as far as it can be used' if spent else ''}"
    return "both versions declare the same" if plan.changes else "this version declares nothing"


def origin(plan: Plan) -> str:
    """`commit 1a2b3c4, and changes that are not committed`; empty where nobody knows."""
    if plan.made_from is None:
        return ""
    dirty = ", and changes that are not committed" if plan.made_from.dirty else ""
    return f"{plan.made_from.commit[:SHORT]}{dirty}"


def made_at(plan: Plan) -> str:
    """`2026-11-21 09:00 UTC`; empty where nobody knows."""
    try:
        return f"{datetime.fromisoformat(plan.created_at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return ""


def action_counts(summary: Mapping[str, int]) -> str:
    """`1 to replace, 12 to create; 40 stay as they are`, riskiest first; `nothing to do` for none."""
    parts = [
        f"{summary[key]:,} to {action.value}"
        for action in RISK
        if action is not Action.NO_OP and summary.get(key := action.value.replace("-", "_"))
    ]
    same = summary.get("no_op", 0)
    stays = f"; {same:,} {'stays as it is' if same == 1 else 'stay as they are'}" if same else ""
    return (", ".join(parts) or "nothing to do") + stays


def fidelity_counts(summary: Mapping[str, int]) -> str:
    """`50 artifacts exact, 2 approximate, 1 not sent`; what there is none of is left out."""
    found = [(summary[each.value], VERDICTS[each]) for each in Fidelity if summary.get(each.value)]
    rest = (f"{number:,} {verdict}" for number, verdict in found[1:])
    return ", ".join((*(f"{count(number, 'artifact')} {verdict}" for number, verdict in found[:1]), *rest))


def past_counts(changes: Mapping[str, int]) -> str:
    """`1 replaced, 12 created`, for the history."""
    return ", ".join(_past(changes)) or "nothing changed"


def _past(changes: Mapping[str, int]) -> Iterator[str]:
    for action in RISK:
        number = changes.get(action.value) or changes.get(action.value.replace("-", "_"))
        if number and action is not Action.NO_OP:
            yield f"{number:,} {DONE[action.value]}"
