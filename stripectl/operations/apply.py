"""Apply a plan: verify, execute step by step under the journal, check that nothing is left, record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from stripectl.diagnostics import (
    Blocked,
    Diagnostic,
    Incomplete,
    Interrupted,
    InvalidInput,
    ProviderError,
    StripectlError,
)
from stripectl.engine.kinds import Kinds, Phase
from stripectl.engine.ordering import steps
from stripectl.engine.plan import Plan, Revision
from stripectl.engine.planner import Target, make_plan
from stripectl.engine.policy import OnError
from stripectl.engine.ports import Failure, Journal, JournalRecord, RequestFailed
from stripectl.engine.resource import State
from stripectl.engine.serial import plan_digest
from stripectl.engine.steps import Outcome, Step, Verb
from stripectl.operations import messages
from stripectl.operations.executing import execute
from stripectl.operations.plan import intent_of
from stripectl.operations.refusals import Refusals
from stripectl.operations.runs import Runs, close, runs, settle
from stripectl.operations.sending import Run
from stripectl.operations.session import Session
from stripectl.operations.staleness import verify
from stripectl.operations.unwind import FREE, Remnant, in_hand, remnants, unwind_plan


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply came to."""

    revision: Revision | None
    """None where there was nothing to record."""
    steps: int
    undid: bool = False
    """It put an unfinished run back."""
    left: tuple[Remnant, ...] = ()
    """What putting back could not take away again."""
    lost: tuple[Diagnostic, ...] = ()
    """What there was before the run, and can never be again."""
    unfinished: tuple[Diagnostic, ...] = ()
    """What putting back could not do, because the provider refuses it for ever."""


def apply(session: Session, plan: Plan) -> Applied:
    """Carry out a plan under the lock.

    Raises Blocked for a plan that the guard forbids, StalePlan where the account moved on, Incomplete where
    an earlier run is unfinished or this one stopped half-way, ProviderError where it failed before anything
    was switched over and everything was put back.
    """
    if plan.blocked:
        raise Blocked(*(each for each in plan.diagnostics if each.is_error))
    run_id = session.new_id()
    with _holding(session, run_id):
        settle(session)
        verify(session, plan)
        if not plan.effective:
            return Applied(_record(session, plan, run_id, run_id), 0)
        run = Run(session, session.journals.start(run_id, plan), run_id)
        try:
            return _carry_out(run, plan)
        except RequestFailed as failed:
            raise _after_failure(run, plan, failed) from failed


def resume(session: Session) -> Applied | None:
    """Finish the unfinished run; None where there is none. Raises Incomplete when it stops again."""
    holder = session.new_id()
    with _holding(session, holder):
        found = runs(session.revisions, session.journals)
        found.require_known()
        close(session, found.over)
        if not found.open:
            return _closed(found)
        if being_unwound := next((each.unwinds for each in found.open if each.unwinds), None):
            raise Incomplete(messages.being_unwound(session, being_unwound))
        record = found.open[0]
        session.provider.enter()
        run = Run(session, _reopened(session, record.run), holder)
        try:
            with session.log.about(record.run):
                return _carry_out(run, record.plan, record)
        except RequestFailed as failed:
            if session.on_error is OnError.UNWIND:
                raise _after_failure(run, record.plan, failed) from failed
            raise Incomplete(*failed.diagnostics, _half_way(run, failed)) from failed


def unwind(session: Session) -> Applied | None:
    """Put the unfinished run back; None where there is none.

    Raises Incomplete when it stops again, and ProviderError where it came to its end without everything
    being as it was, because the provider refuses that for ever.
    """
    holder = session.new_id()
    with _holding(session, holder):
        found = runs(session.revisions, session.journals)
        found.require_known()
        if not found.open and found.recorded:
            raise Incomplete(messages.recorded_already(session, found.recorded))
        close(session, found.over)
        if not found.open:
            return _closed(found)
        session.provider.enter()
        original = next((each for each in found.open if not each.unwinds), found.open[0])
        try:
            back = _put_back(session, original.plan, original.run, holder)
        except (RequestFailed, InvalidInput) as failed:
            raise Incomplete(*failed.diagnostics, _not_back(session, original.run)) from failed
        if back.unfinished:
            raise ProviderError(*back.unfinished)
        return back


def _closed(found: Runs) -> Applied | None:
    """What closing the journals of runs that were over came to."""
    return Applied(found.recorded, 0, undid=not found.recorded) if found.over else None


def _reopened(session: Session, run: str) -> Journal:
    try:
        return session.journals.reopen(run)
    except InvalidInput as broken:
        raise Incomplete(*broken.diagnostics, messages.half_way(session, run)) from broken


@contextmanager
def _holding(session: Session, run: str) -> Iterator[None]:
    """Hold the lock; what is asked of the provider meanwhile is logged as this run's."""
    with session.lock.hold(run, session.lock_timeout), session.log.about(run):
        yield


def _carry_out(run: Run, plan: Plan, record: JournalRecord | None = None) -> Applied:
    """Execute what is left of a plan, check that nothing is left, record it."""
    try:
        todo = _execute(run, plan, record)
        revision = _record(run.session, plan, run.journal.run, run.holder)
        run.journal.close("done")
    except InvalidInput as broken:
        # The disk failed under a run at work, as when it is full: what the journal holds stays true.
        raise Incomplete(*broken.diagnostics, messages.half_way(run.session, run.journal.run)) from broken
    except StripectlError:
        raise
    except Exception as bug:
        # Whatever it is, the journal is open and both ways on are.
        raise Incomplete(messages.half_way(run.session, run.journal.run, bug)) from bug
    return Applied(revision, todo)


def _execute(
    run: Run, plan: Plan, record: JournalRecord | None = None, refusals: Refusals | None = None
) -> int:
    """Send every step that has no answer yet; the number of all steps.

    With `refusals` what the provider refuses for ever is noted there and passed over.
    """
    session = run.session
    todo = steps(plan.changes, session.provider.kinds)
    ids, ended = _first_ids(plan), record.ended if record else {}

    def carry_out(step: Step) -> Outcome:
        session.progress.started(step)
        return refusals.send(step, send) if refusals else send(step)

    def send(step: Step) -> Outcome:
        return run.send(step, ids, begun=record.begun.get(step.number) if record else None)

    def note(step: Step, outcome: Outcome) -> None:
        if refusals and step.number in refusals.every:
            return
        if step.verb in (Verb.CREATE, Verb.REVIVE):
            ids[step.address] = outcome.object_id
        session.progress.ended(step)

    session.progress.began(len(todo))
    for step in todo:
        if step.number in ended:
            note(step, ended[step.number])
    left = [step for step in todo if step.number not in ended]
    try:
        done = execute(left, carry_out, note, workers=session.workers, stopping=session.stopping)
    except Interrupted:
        done = False
    if not done:
        raise Interrupted(messages.stopped(session, run.journal.run))
    return len(todo)


def _first_ids(plan: Plan) -> dict[str, str]:
    """The id that each address bears before the first step: a second object in use there comes after it."""
    ids: dict[str, str] = {}
    for row in plan.changes:
        if row.before and row.before.object_id:
            ids.setdefault(row.before.address, row.before.object_id)
    return ids


def _record(session: Session, plan: Plan, run_id: str, holder: str) -> Revision | None:
    """Assert by a fresh read that nothing is left to do, and write the revision.

    `holder` is the id under which the lock is held. None where the record already says the same: the plan
    changed nothing, or the run had got this far.
    """
    target = session.target(plan.desired)
    left = make_plan(
        replace(intent_of(session, plan), begun=_brought_about(plan, session.provider.kinds)),
        target,
        session.provider.kinds,
        FREE,
    )
    if left.effective:
        raise Incomplete(messages.not_converged(session, left))
    # A second object in use at an address has a row behind that of the first.
    ids = {row.address: row.object_id for row in reversed(left.changes) if row.object_id}
    last = target.last
    if last and (last.run == run_id or _says_the_same(last, plan, ids)):
        return last if last.run == run_id else None
    made_from = plan.made_from or session.made_from
    revision = Revision(
        number=(last.number if last else 0) + 1,
        catalog=plan.catalog,
        environment=plan.environment,
        account=target.account,
        desired=plan.desired,
        ids=ids,
        used=frozenset(row.address for row in left.changes if row.used),
        former=_former(session, last, plan, ids),
        annotations=plan.annotations,
        plan_digest=plan_digest(plan),
        desired_digest=plan.desired_digest,
        run=run_id,
        created_at=session.now().isoformat(timespec="seconds"),
        by=session.by,
        commit=made_from.commit if made_from else None,
        dirty=bool(made_from and made_from.dirty),
        rollback_of=plan.rollback_of,
        moved=plan.moved,
        changes={name: count for name, count in plan.summary.items() if count},
    )
    session.lock.confirm(holder)
    session.revisions.write(revision)
    return revision


def _former(session: Session, last: Revision | None, plan: Plan, ids: Mapping[str, str]) -> Mapping[str, str]:
    """What was ours and carries no mark that says so: a revision that brings it back has to know it."""
    kinds = session.provider.kinds
    gone = {
        last.ids[each.address]: each.address
        for each in (last.desired if last else ())
        if kinds[each.kind].shared and not kinds[each.kind].marked
        if last and each.address in last.ids and each.address not in {*last.used, *plan.released}
    }
    known = {**session.journals.left_behind(), **(last.former if last else {}), **gone}
    return {object_id: address for object_id, address in known.items() if object_id not in ids.values()}


def _brought_about(plan: Plan, kinds: Kinds) -> State:
    """What the plan made or took over: on a kind without marks nothing but the record will say so."""
    return State.of(in_hand(row, kinds[row.kind]) for row in plan.changes if row.after and not row.used)


def _says_the_same(last: Revision, plan: Plan, ids: Mapping[str, str]) -> bool:
    return not plan.effective and last.desired_digest == plan.desired_digest and dict(last.ids) == dict(ids)


def _after_failure(run: Run, plan: Plan, failed: RequestFailed) -> ProviderError | Incomplete:
    """Put everything back or keep the journal for a decision, as the session says."""
    session, run_id = run.session, run.journal.run
    # What a process finds that slept says nothing of a run that somebody else has ended meanwhile.
    session.lock.confirm(run.holder)
    if not _goes_back(run, plan, failed):
        return Incomplete(*failed.diagnostics, _half_way(run, failed))
    try:
        back = _put_back(session, plan, run_id, run.holder)
    except (RequestFailed, InvalidInput, Incomplete) as again:
        told = {each.code for each in failed.diagnostics}
        more = (each for each in again.diagnostics if each.code not in told)
        return Incomplete(*failed.diagnostics, *more, _not_back(session, run_id))
    ending = back.unfinished or (messages.put_back(run_id, back.left, back.lost),)
    return ProviderError(*failed.diagnostics, *ending)


def _half_way(run: Run, failed: RequestFailed) -> Diagnostic:
    refused = failed.failure is Failure.REFUSED
    return messages.half_way(run.session, run.journal.run, refused=refused)


def _not_back(session: Session, run_id: str) -> Diagnostic:
    """Where not even the first step back was begun, both ways are open."""
    begun = any(each.unwinds for each in session.journals.unfinished())
    return (messages.half_way_back if begun else messages.half_way)(session, run_id)


def _goes_back(run: Run, plan: Plan, failed: RequestFailed) -> bool:
    match run.session.on_error:
        case OnError.STOP:
            return False
        case OnError.UNWIND:
            return True
        case OnError.AUTO:
            return not _switched(run, plan, failed)


def _switched(run: Run, plan: Plan, failed: RequestFailed) -> bool:
    """Whether a step after *expand* was done, or may have been: a refusal did nothing.

    A plan of which every step was done is in force, whatever its phases: only the last look at it failed.
    """
    todo = steps(plan.changes, run.session.provider.kinds)
    late = {step.number for step in todo if step.phase is not Phase.EXPAND}
    records = run.session.journals.unfinished()
    ours = [each for each in records if each.run == run.journal.run]
    refused = failed.failure is Failure.REFUSED
    return any(
        len(each.ended) == len(todo) or late & (each.ended if refused else each.begun).keys() for each in ours
    )


def _put_back(session: Session, plan: Plan, run_id: str, holder: str) -> Applied:
    """Execute the plan that undoes what was done of `plan`, then close its journal.

    It comes to its end whatever the provider refuses for ever, or holds otherwise than it was told: another
    try would end alike, and the next plan shows what is left.
    """
    last, kinds = session.revisions.last(), session.provider.kinds
    if last and last.run == run_id:
        raise Incomplete(messages.recorded_already(session, last))
    records = session.journals.unfinished()
    made = [each for record in records for each in _made(session, record)]
    removable = {object_id: step.address for step, object_id in made}
    begun = {number for record in records if record.run == run_id for number in record.begun}
    touched = frozenset(step.address for step in steps(plan.changes, kinds) if step.number in begun)
    target = _knowing(session.target(plan.desired), removable)
    back = unwind_plan(plan, target, kinds, removable, touched)
    run = Run(session, session.journals.start(session.new_id(), back, unwinds=run_id), holder)
    refusals = Refusals()
    try:
        with session.log.about(run.journal.run):
            done = _execute(run, back, refusals=refusals)
    except Interrupted:
        raise Interrupted(messages.half_way_back(session, run_id)) from None
    after = _knowing(session.target(plan.desired), removable)
    left = unwind_plan(plan, after, kinds, removable, touched)
    back_again = Applied(
        None,
        done - len(refusals.every),
        undid=True,
        left=remnants(plan, after, removable),
        lost=back.diagnostics,
    )
    different = [row for row in left.effective if row.address not in refusals.addresses]
    if refusals.every or different:
        told = messages.unlike_before(back_again.left, back_again.lost)
        problems = messages.not_put_back(session, run_id, refusals, different, told)
        back_again = replace(back_again, unfinished=problems)
    ended = session.journals.unfinished()
    # What putting back made anew is ours as well.
    ours = {object_id: step.address for each in ended for step, object_id in _made(session, each)}
    for record in ended:
        session.journals.reopen(record.run).close("unwound", {**removable, **ours})
    return back_again


def _knowing(target: Target, made: Collection[str]) -> Target:
    """What the run made is ours, also where its answer was lost."""
    return replace(target, known=target.known.union(made)) if target.known is not None else target


def _made(session: Session, record: JournalRecord) -> Iterator[tuple[Step, str]]:
    """Ids of what a run made or brought back, with its steps, also where an answer was lost.

    Of a run that puts back, too, what it was about to remove: the next try may not see a reason any more.
    """
    ids = _first_ids(record.plan)
    for step in steps(record.plan.changes, session.provider.kinds):
        if step.verb is Verb.REMOVE and record.unwinds:
            yield step, step.object_id or ""
        if step.verb not in (Verb.CREATE, Verb.REVIVE) or step.number not in record.begun:
            continue
        if outcome := record.ended.get(step.number):
            ids[step.address] = outcome.object_id
            yield step, outcome.object_id
        elif step.verb is Verb.REVIVE:
            yield step, step.object_id or ""
        else:
            found = session.provider.find(step, ids, catalog=session.catalog, run=record.run)
            yield from ((step, object_id) for object_id in found)
