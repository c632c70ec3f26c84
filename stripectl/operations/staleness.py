"""Whether a plan still fits: made again it must be the very same, in all that is signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from stripectl.diagnostics import Diagnostic, InvalidInput, Path, StalePlan, dotted, error
from stripectl.engine.branch import SHORT
from stripectl.engine.kinds import Kind
from stripectl.engine.plan import Account, Action, Change, Plan
from stripectl.engine.resource import Resource
from stripectl.engine.serial import first_difference, shortened, signed_change, signed_plan
from stripectl.engine.steps import Step
from stripectl.engine.values import Value, equal, leaves, resolve, to_json
from stripectl.operations.plan import checked, intent_of
from stripectl.operations.session import Session

HINT = "plan again, and have the new plan reviewed"


def verify(session: Session, plan: Plan) -> None:
    """Read everything again and raise StalePlan, naming what differs and both values, where it matters.

    `plan` is one that this process made itself, never what a file says.
    """
    _same_account(account_of(plan), session.provider.account())
    target = session.target(plan.desired)
    allowed = frozenset(plan.allowed)
    now = checked(session, intent_of(session, plan), target, allow=allowed)
    check_executed(plan, now)


def check_same(claimed: Plan, now: Plan) -> None:
    """Raise StalePlan where a plan that was read is not the one that is made now, in anything signed."""
    check_executed(claimed, now)
    if differing := first_difference(signed_plan(claimed), signed_plan(now)):
        path, old, new = differing
        said = f"{dotted(path)} is {shortened(old)} in the plan, and {shortened(new)} when it is made again."
        raise _stale("stale-plan", said, claimed, now)


def check_executed(claimed: Plan, now: Plan) -> None:
    """Raise StalePlan where the two would not do the same to the same account, or one of them is blocked."""
    _same_account(account_of(claimed), account_of(now))
    if claimed.base.revision != now.base.revision:
        raise _stale(
            "stale-revision",
            f"The plan was made after revision {claimed.base.revision}; the last revision is"
            f" {now.base.revision} now. A plan is used once.",
        )
    told = {(each.code, each.address) for each in claimed.diagnostics if each.is_error}
    for each in _errors(now):
        # The plan would not be blocked if it had known.
        if (each.code, each.address) not in told:
            raise _stale("stale-object", f"The plan is blocked now{_at(each)}: {each.detail}")
    for planned, found in _pairs(claimed, now):
        if reason := _difference(planned, found):
            raise _stale("stale-object", reason, claimed, now)


def _errors(plan: Plan) -> Iterator[Diagnostic]:
    return (each for each in plan.diagnostics if each.is_error)


def _at(diagnostic: Diagnostic) -> str:
    return f" at {diagnostic.address}" if diagnostic.address else ""


def account_of(plan: Plan) -> Account:
    """The account that the plan is for; raises InvalidInput for a diff, which is for none."""
    if plan.account is None:
        raise InvalidInput(
            error(
                "diff-not-applied",
                "A diff cannot be applied",
                f"It compares two versions of the manifests of {plan.catalog}; no account was asked.",
                hint="make a plan with `stripectl plan -o FILE`",
            )
        )
    return plan.account


def changed_meanwhile(
    step: Step, found: Resource | None, kind: Kind, ids: Mapping[str, str], catalog: str
) -> str | None:
    """What an object holds that an update neither expects there nor is about to write; None where all fits.

    `ids` are those that addresses bear at this moment; `catalog` is the one that the step is of.
    """
    where = f"{step.address} ({step.object_id})"
    if found is None:
        return f"{where} is gone."
    if step.mark and found.owner not in (None, catalog):
        return f"{where} belongs to catalog {found.owner} now."
    for name, value in step.fields.items():
        field = kind.fields[name]
        expected, written = (resolve(each, ids) for each in (step.before.get(name), value))
        now = found.fields.get(name)
        # An exclusive value may have gone to another object of the same run already.
        allowed = [expected, written, *([None] if field.exclusive else [])]
        if field.keyed:
            now, *allowed = (_keys(each, written) for each in (now, *allowed))
        else:
            allowed = [None if equal(each, field.default) else each for each in allowed]
        if not any(equal(now, each) for each in allowed):
            return f"{where}: {name} was {_show(allowed[0])} in the plan and is {_show(now)} now."
    return None


def _keys(value: Value, written: Value) -> Value:
    """Of a mapping that is owned key by key only what is written."""
    held = value if isinstance(value, Mapping) else {}
    names = written if isinstance(written, Mapping) else {}
    return {name: held.get(name) for name in names}


def _same_account(planned: Account, found: Account) -> None:
    for name in (each.name for each in fields(Account)):
        old, new = getattr(planned, name), getattr(found, name)
        if old != new:
            raise _stale(
                "stale-account", f"The plan is for an account with {name} {old}; this one has {new}."
            )


def _pairs(plan: Plan, now: Plan) -> list[tuple[Change | None, Change | None]]:
    """Rows of both plans by address and object; None where one of them has no such row."""
    planned = {(row.address, row.object_id): row for row in plan.changes}
    found = {(row.address, row.object_id): row for row in now.changes}
    return [(planned.get(key), found.get(key)) for key in dict.fromkeys((*planned, *found))]


def _difference(planned: Change | None, found: Change | None) -> str | None:
    if planned is None:
        return None if found is None or found.action is Action.NO_OP else _unplanned(found)
    if found is None:
        return f"{planned.address} ({planned.object_id}) is no longer there to {planned.action}."
    if planned.action is found.action is Action.NO_OP:
        return None
    if reason := _moved(planned, found) or _meant(planned, found):
        return reason
    if (planned.action, planned.new_id) != (found.action, found.new_id):
        return f"{planned.address} was to {planned.action}, but would now {found.action}{_fields(found)}."
    differing = first_difference(signed_change(planned), signed_change(found))
    if differing is None:
        return None
    path, old, new = differing
    where = f"{planned.address}: {dotted(path)}"
    return f"{where} is {shortened(old)} in the plan, and {shortened(new)} when it is made again."


def _unplanned(found: Change) -> str:
    return f"{found.address} ({found.object_id or 'not made yet'}) would need to {found.action} as well."


def _fields(found: Change) -> str:
    shown = [f"{dotted(each.path)}: {_show(each.before)} in the account" for each in found.changed]
    return f" ({'; '.join(shown)})" if shown else ""


def _moved(planned: Change, found: Change) -> str | None:
    """The first field of a touched object that is not as it was planned against."""
    if planned.action is Action.NO_OP or not (planned.before and found.before):
        return None
    differing = _values(planned.before, found.before)
    if differing is None:
        return None
    name, old, new = differing
    where = f"{planned.address} ({planned.object_id})"
    return f"{where}: {name} was {_show(old)} in the plan and is {_show(new)} now."


def _meant(planned: Change, found: Change) -> str | None:
    """The first field that is to become another value than what declares it says."""
    if not (planned.after and found.after):
        return None
    differing = _values(planned.after, found.after)
    if differing is None:
        return None
    name, old, new = differing
    where = f"{planned.address}: {name}"
    return f"{where} is to be {_show(old)} by the plan, and {_show(new)} by what it is made from."


def _values(planned: Resource, found: Resource) -> tuple[str, Value, Value] | None:
    before, after = _set_values(planned), _set_values(found)
    for path in dict.fromkeys((*before, *after)):
        if not equal(before.get(path), after.get(path)):
            return dotted(path), before.get(path), after.get(path)
    return None


def _set_values(resource: Resource) -> Mapping[Path, Value]:
    """Every value by its path; an empty container is no value."""
    return {path: value for path, value in leaves(resource.fields) if value not in ((), {})}


def _show(value: Value) -> str:
    return "not set" if value in (None, (), {}) else str(to_json(value))


def _stale(code: str, detail: str, claimed: Plan | None = None, now: Plan | None = None) -> StalePlan:
    return StalePlan(error(code, "The plan no longer fits", detail, hint=_way_out(claimed, now)))


def _way_out(claimed: Plan | None, now: Plan | None) -> str:
    """Manifests of another commit make another plan."""
    at = claimed.made_from if claimed else None
    if at is None or claimed is None or claimed.rollback_of is not None or (now and now.made_from == at):
        return HINT
    return f"check out commit {at.commit[:SHORT]}, which it was made from; or {HINT}"
