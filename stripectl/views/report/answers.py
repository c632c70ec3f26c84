"""What a decision needs, as five questions with their answers, and one sentence above them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stripectl.engine.comparing import is_gone
from stripectl.engine.kinds import Reach
from stripectl.engine.plan import Action, Plan
from stripectl.review.amounts import Amount as Paid
from stripectl.review.amounts import Course, Part
from stripectl.review.reading import Review
from stripectl.views import amounts, fields, wording
from stripectl.views.affected import ceasing, leading, staying
from stripectl.views.amount_lines import amount_counts, names
from stripectl.views.amounts import count, listed
from stripectl.views.report.prices import Amount, PriceCard
from stripectl.views.rows import Row

SAID = 3
"""So many different sentences answer a question; what more there is stands further down."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the answers are drawn from."""

    plan: Plan
    rows: tuple[Row, ...]
    cards: tuple[PriceCard, ...]
    review: Review

    @property
    def besides(self) -> tuple[tuple[Row, tuple[Paid, ...]], ...]:
        """Rows without a card that say what is paid, such as those of discounts, with what changes of it."""
        found = ((row, _changing(row)) for row in self.rows if row.change.kind != "price")
        return tuple((row, paid) for row, paid in found if paid)

    @property
    def retired(self) -> tuple[Row, ...]:
        """Rows of products that go out of use."""
        return tuple(
            row
            for row in self.rows
            if row.change.kind == "product" and row.change.action in (Action.ARCHIVE, Action.DELETE)
        )

    @property
    def kept_cards(self) -> tuple[PriceCard, ...]:
        """Cards of prices whose product stays."""
        gone = {id(row.change) for row in self.retired}
        product = self.review.products.row
        return tuple(card for card in self.cards if id(product(card.row.change.resource)) not in gone)

    @property
    def problems(self) -> int:
        return sum(1 for each in self.plan.diagnostics if each.is_error)

    @property
    def moving(self) -> tuple[tuple[str, Amount], ...]:
        """Amounts that are something else before and after, each with the name of its price."""
        return tuple(
            (card.name, amount)
            for card in self.cards
            for amount in card.amounts
            if amount.course is Course.CHANGES
        )


def _changing(row: Row) -> tuple[Paid, ...]:
    return tuple(each for each in row.amounts if each.course is Course.CHANGES)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and what the plan says to it, a sentence each."""

    question: str
    sentences: tuple[str, ...]
    tone: str = ""
    """`bad` where it must not be overlooked, `good` where it calms."""


def lead(subject: Subject) -> str:
    """What the plan comes to, in one line."""
    plan = subject.plan
    back = "" if plan.rollback_of is None else f"Back to revision {plan.rollback_of}: "
    if not subject.rows:
        same = wording.nothing_to_do(plan)
        nothing = _GONE if is_gone(plan) else f"No changes. {same[0].upper()}{same[1:]}."
        return back + (_blocked(subject) or nothing)
    parts = (*_gone(subject.retired), *_priced(subject.kept_cards), *_besides(subject))
    return back + "; ".join(parts)


_GONE = "This version no longer declares the catalog; what the account holds of it stays as it is."


def _blocked(subject: Subject) -> str:
    stands = count(subject.problems, "problem stands", "problems stand")
    return f"Nothing can be applied: {stands} in the way." if subject.problems else ""


def _gone(products: tuple[Row, ...]) -> Iterator[str]:
    """A product by its name, several by their number."""
    if len(products) == 1:
        yield f"{products[0].headline} goes out of use"
    elif products:
        yield f"{count(len(products), 'product')} go out of use"


def _priced(cards: tuple[PriceCard, ...]) -> Iterator[str]:
    """One price by its amounts, several by their number."""
    if len(cards) == 1:
        yield _one(cards[0])
        return
    known = [card for card in cards if any(each.before for each in card.amounts)]
    new = len(cards) - len(known)
    gone = sum(1 for card in known if not any(each.after for each in card.amounts))
    if changed := len(known) - gone:
        yield f"{count(changed, 'price')} {'changes' if changed == 1 else 'change'}"
    if new:
        yield count(new, "new price")
    if gone:
        yield f"{count(gone, 'price')} {'goes' if gone == 1 else 'go'} out of use"


def _one(card: PriceCard) -> str:
    match [amount for amount in card.amounts if amount.moves]:
        case [amount] if amount.frame or not (amount.before and amount.after):
            was_and_now = " → ".join(filter(None, (amount.before, amount.after)))
            share = f" ({amount.share})" if amount.share else ""
            word = "" if amount.before and amount.after else ", new" if amount.after else ", out of use"
            return f"{card.name}: {was_and_now}{amount.frame}{share}{word}"
        case [amount] if not amount.tiers:
            return f"{card.name}: {amount.before} → {amount.after}"
        case [_] if len(card.row.fields) == 1:
            ((label, text),) = card.row.fields
            return f"{card.name}: {label} {text}"
        case [*moving] if all(amount.course is Course.CHANGES for amount in moving) and _named(card):
            return f"{card.name}: {_named(card)}"
        case [_]:
            return f"{card.name}: {len(card.row.fields)} of its values change"
        case moving:
            return f"{card.name}: {len(moving)} of its amounts {_verb(moving)}"


def _named(card: PriceCard) -> str:
    """`tier 2 amount in EUR and USD +43.0 %`; empty where it is another shape, or too much for one line."""
    told = tuple(names(card.row.amounts))
    parts = [part for each in card.row.amounts for part in each.parts]
    if len(told) != 1 or not all(part.path for part in parts):
        return ""
    shares = sorted(
        (part.share, _percent(part)) for part in parts if part.path[-1] in fields.MONEY and part.share
    )
    if not shares:
        return f"another {told[0]}"
    least, most = shares[0][1], shares[-1][1]
    return f"{told[0]} {least}" if least == most else f"{told[0]} {least} to {most}"


def _percent(part: Part) -> str:
    was, now = amounts.number(part.before), amounts.number(part.after)
    return amounts.percent_change(was, now) if was and now is not None else ""


def _verb(moving: list[Amount]) -> str:
    if all(not each.before for each in moving):
        return "are new"
    return "change" if any(each.after for each in moving) else "go out of use"


def _besides(subject: Subject) -> Iterator[str]:
    """What else happens, but for what only follows the prices."""
    priced = {id(row) for row in (*(card.row for card in subject.cards), *subject.retired)}
    follows = (Action.UPDATE, Action.REPLACE)
    rest = sum(
        1
        for row in subject.rows
        if id(row) not in priced and (row.details or row.change.action not in follows)
    )
    if len(subject.besides) == 1 and not subject.cards:
        ((row, paid),) = subject.besides
        yield f"{row.change.address}: {listed(_values(row, paid))}"
        rest -= 1
    elif subject.besides:
        number = len(subject.besides)
        noun = "discount" if all(row.change.kind == "coupon" for row, _ in subject.besides) else "term"
        yield f"{count(number, noun)} {'changes' if number == 1 else 'change'}"
        rest -= len(subject.besides)
    elif not (subject.cards or subject.retired):
        none = "" if subject.review.moving else ", none to an amount"
        yield f"{count(len(subject.rows), 'change')}{none}"
        return
    if rest:
        yield count(rest, "other change")


def _values(row: Row, paid: Iterable[Paid]) -> Iterator[str]:
    """`percent off 20 % → 90 %`, of each value that says what is paid."""
    change = row.change
    for part in (part for each in paid for part in each.parts):
        told = fields.difference(part.path, part.before, part.after, change.before, change.after)
        yield f"{fields.label(part.path)} {told}"


def answers(subject: Subject) -> tuple[Answer, ...]:
    """The questions in the order in which they are asked."""
    return tuple(answer(subject) for answer in ANSWERS)


def _what(subject: Subject) -> Answer:
    sentences = [_sentence(wording.action_counts(subject.plan.summary))]
    if drift := len(subject.plan.drift):
        sentences.append(
            f"{count(drift, 'object')} drifted: somebody changed the account behind the manifests."
        )
    return Answer("What changes?", tuple(sentences))


def _whom(subject: Subject) -> Answer:
    question = "For whom?"
    told = list(_staying(subject))
    leads = (*_reaching(subject), *map(_sentence, leading(subject.plan)))
    if told:
        in_all = tuple(map(_sentence, staying(subject.plan))) if len(told) > 1 else ()
        return Answer(question, (*(in_all or _first(told)), *leads))
    if not subject.rows:
        return Answer(question, ("For nobody.",), "good")
    if all(row.change.action is Action.CREATE for row in subject.rows) and not leads:
        return Answer(
            question, ("Only for those who buy something new: nothing that is sold today changes.",), "good"
        )
    gone = [
        _of(row.change.address, text)
        for row in subject.rows
        for label, text in row.reasons
        if label == "then"
    ]
    moves = any(each.course is not Course.COMES for each in subject.review.moving)
    calm = () if moves else ("No price that anybody pays changes.",)
    return Answer(question, (*calm, *_first(gone), *leads) or ("For those who buy from now on.",))


def _reaching(subject: Subject) -> Iterator[str]:
    """How far the changes reach, counted, where any reaches further than those who buy from now on."""
    changes = [row.change for row in subject.rows]
    if any(each.reach.rank > Reach.NEW_CUSTOMERS.rank for each in changes):
        yield _sentence(wording.reach_counts(changes))


def _staying(subject: Subject) -> Iterator[str]:
    """Who pays what from then on; with the name of the price or product, where there are several."""
    names = {card.row.change.address: card.name for card in subject.cards}
    told = [(row, text) for row in subject.rows for label, text in row.reasons if label == "who"]
    for row, text in told:
        address = row.change.address
        yield _of(names.get(address, address), text) if len(told) > 1 else _sentence(text)


def _much(subject: Subject) -> Answer:
    sentences = [
        *_by_amount([each for each in subject.moving if each[1].direction]),
        *(_otherwise(name, each) for name, each in subject.moving if not (each.direction or each.tiers)),
        *_by_usage(subject.cards),
        *(_of(row.change.address, listed(_values(row, paid))) for row, paid in subject.besides),
    ]
    counted = _sentence(amount_counts(subject.review.amounts))
    return Answer("How much?", (counted, *_first(sentences)))


def _by_amount(moving: list[tuple[str, Amount]]) -> Iterator[str]:
    """A few amounts one by one; of many how far they go up and down, and which one goes furthest."""
    if len(moving) <= SAID:
        largest_first = sorted(moving, key=lambda each: -each[1].percent)
        yield from (_of(name, _one_amount(each)) for name, each in largest_first)
        return
    for direction in ("up", "down"):
        if moved := [each for each in moving if each[1].direction == direction]:
            name, _ = max(moved, key=lambda each: each[1].percent)
            span = _span([each for _, each in moved])
            most = f", most of all {name}" if " to " in span else ""
            goes = count(len(moved), "amount goes", "amounts go")
            yield f"{goes} {direction}{span}{most}."


def _one_amount(each: Amount) -> str:
    return f"{each.before.removesuffix(f' {each.currency}')} → {each.after}{each.frame} ({each.delta})"


def _otherwise(name: str, each: Amount) -> str:
    """What cannot be subtracted, because it is paid for something else: another time, package or currency."""
    return _of(name, f"{each.before} → {each.after}")


def _by_usage(cards: tuple[PriceCard, ...]) -> Iterator[str]:
    """What tiers change; with the price's name, where there are several."""
    for card in cards:
        changing = {each.currency for each in card.amounts if each.course is Course.CHANGES}
        for text in (each.said for each in card.charts if each.said and each.currency in changing):
            yield _of(card.name, text[:1].lower() + text[1:]) if len(cards) > 1 else text


def _span(moved: list[Amount]) -> str:
    """` by 4.2 % to 20.8 %`, or ` by 1.91`; empty where they have no share."""
    with_share = [each for each in moved if each.share]
    if not with_share:
        return ""
    least, most = (end(with_share, key=lambda each: each.percent).share.lstrip("+-") for end in (min, max))
    return f" by {most}" if least == most else f" by {least} to {most}"


def _undo(subject: Subject) -> Answer:
    question, plan = "Can it be undone?", subject.plan
    final = [text for row in subject.rows for text in row.change.irreversible]
    counts = _sentence(wording.undo_counts(row.change for row in subject.rows))
    stopped = tuple(map(_sentence, ceasing(plan)))
    if final:
        return Answer(question, ("Not all of it.", *_first(map(_sentence, final)), counts, *stopped), "bad")
    if not subject.rows:
        return Answer(question, ("There is nothing to undo.",))
    back = PLANNED_BACK.format(plan.base.revision) if plan.base.revision else FIRST
    exactly = not any(wording.undo(row.change) for row in subject.rows)
    restored = () if exactly else (counts, *stopped)
    tone = "good" if exactly else ""
    return Answer(question, (f"Yes. Nothing in it is irreversible; {back}", *restored), tone)


PLANNED_BACK = "a rollback to revision {} restores what that revision recorded."
FIRST = "what it makes can be taken out of use again."


def _who(subject: Subject) -> Answer:
    question = "Who must approve?"
    if subject.problems:
        stands = count(subject.problems, "problem stands", "problems stand")
        return Answer(question, (f"Nobody can, as it is: {stands} in the way.",), "bad")
    if not subject.rows:
        return Answer(question, ("Nobody: there is nothing to apply.",))
    if subject.plan.approval:
        asked = wording.approval(subject.plan)
        return Answer(question, (f"Somebody has to, because the policy asks for it: {asked}.",), "bad")
    return Answer(question, ("Whoever reviews it; the policy asks for no further approval.",))


def _first(sentences: Iterable[str]) -> Iterator[str]:
    """The first few that differ, and how many there are besides."""
    different = list(dict.fromkeys(sentences))
    yield from different[:SAID]
    if len(different) > SAID:
        yield f"… and {len(different) - SAID:,} more, below."


def _of(name: str, text: str) -> str:
    """A sentence that begins with a name, which is spelled as its owner spells it."""
    return f"{name}: {text}{'' if text.endswith('.') else '.'}"


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


ANSWERS: tuple[Callable[[Subject], Answer], ...] = (_what, _whom, _much, _undo, _who)
