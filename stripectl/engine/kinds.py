"""The shape of the kinds table: what the engine has to know of a provider's kind to compare and order it.

A provider declares one `Kind` for each sort of object; the engine reads it and has no branch on a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from fractions import Fraction

from stripectl.engine.shapes import Shape
from stripectl.engine.values import Fields, Value


class Phase(IntEnum):
    """Parts of an apply, in order: nothing is taken away before its successor is in force."""

    EXPAND = 1
    SWITCH = 2
    CONTRACT = 3


class Mutability(StrEnum):
    """What a difference in a field asks for."""

    UPDATE = "update"
    REPLACE = "replace"
    ONCE = "once"
    """Updatable, for good, while it has the default; a replacement afterwards."""
    EXTEND = "extend"
    """A mapping that takes new keys in place; a key that changes or goes asks for a replacement."""


class Limit(StrEnum):
    """What ends the use of an object without anybody's doing, as one of its fields says it."""

    MOMENT = "moment"
    """Unix seconds: from then on the object is spent, and none like it can be made."""
    USES = "uses"
    """How often the object can be used; then it is spent."""
    CARRIER = "carrier"
    """The object that it is used through: it is spent once that one is spent or gone."""


class Write(StrEnum):
    """When a field can be sent."""

    ALWAYS = "always"
    UPDATE_ONLY = "update-only"
    """Not at creation; the step belongs to the switch phase."""


class Removal(StrEnum):
    """How an object is taken out of use."""

    ARCHIVE = "archive"
    DEACTIVATE = "deactivate"
    DELETE = "delete"
    DETACH = "detach"
    UNSET = "unset"

    @property
    def keeps_object(self) -> bool:
        """The object stays and can be brought back."""
        return self in (Removal.ARCHIVE, Removal.DEACTIVATE)


class Reach(StrEnum):
    """Whom a change reaches; members stand in order, the least first."""

    COSMETIC = "cosmetic"
    """Nobody who pays would notice."""
    NEW_CUSTOMERS = "new-customers"
    """Only what is bought from now on."""
    EXISTING_CUSTOMERS = "touches-existing"
    """Also those who bought before: their invoices, access or usage."""
    IRREVERSIBLE = "irreversible"
    """Cannot be taken back, whomever it reaches."""

    @property
    def rank(self) -> int:
        return list(Reach).index(self)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind."""

    name: str
    mutability: Mutability = Mutability.UPDATE
    default: Value = None
    """What the provider assumes when it is not sent."""
    write: Write = Write.ALWAYS
    clearable: bool = True
    """Whether a value can be taken back to the default once it is set."""
    exclusive: bool = False
    """One object at a time holds a value; it is moved to a successor in the switch phase."""
    caseless: bool = False
    """Values that differ only in upper and lower case are the same to the provider."""
    stripped: bool = False
    """The provider strips a text, or each of a list, of the blanks around it."""
    keyed: bool = False
    """A mapping that is owned key by key: keys of others are left alone."""
    holds: bool = False
    """The object referred to cannot be removed while it is referred to."""
    is_customer: bool = False
    """The value is the id of a customer, who has to exist when the object is made."""
    limit: Limit | None = None
    """How the value ends the use of the object; None where it does not."""
    reach: Reach = Reach.COSMETIC
    """Whom another value reaches."""
    wire: str | None = None
    """Dotted path of the parameter, and of the value in an answer; None is `name`."""

    def kept(self, value: Value) -> Value:
        """The value as the provider keeps it."""
        match value:
            case str() if self.stripped:
                return value.strip()
            case tuple() if self.stripped:
                return tuple(map(self.kept, value))
            case _:
                return value

    @property
    def wire_path(self) -> tuple[str, ...]:
        return tuple((self.wire or self.name).split("."))


@dataclass(frozen=True, slots=True)
class Move:
    """Something that a customer pays, and by how much it moves."""

    what: str
    """For readers, `the amount in EUR`; without a share a clause, `the amount in EUR was nothing before`."""
    share: Fraction | None
    """Percent of what it was, exact; None where it moves beyond any percentage."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a manifest says what a field of an object holds."""

    words: str = ""
    """For a sentence: `every: year` in code quotes, or what it is where no line says it; may be empty."""
    line: str = ""
    """The line to write; empty where there is none."""
    absent: str = ""
    """The name of the line that has to be left out."""


def _unspelled(name: str, fields: Fields) -> Spelling:  # noqa: ARG001 - nothing is known of the manifest
    return Spelling()


def _unmoved(before: Fields, after: Fields) -> Iterable[Move]:  # noqa: ARG001 - nothing is paid for it
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of provider object."""

    name: str
    noun: str
    """For readers: `billing meter`."""
    fields: Mapping[str, Field]
    removal: Removal
    identity: tuple[str, ...] = ()
    """Fields that together name one object when it carries no mark; empty: its chosen id."""
    marked: bool = True
    """Carries ownership in its metadata. An unmarked kind is owned through its identity."""
    chosen_id: bool = False
    """The id is ours to choose."""
    revivable: bool = True
    """A removed object can be brought back as it was."""
    break_first: bool = False
    """Two cannot be active at once: the predecessor goes right before its successor is made."""
    phase: Phase = Phase.EXPAND
    """When objects of the kind come into being."""
    irreversible: Mapping[str, str] = field(default_factory=dict)
    """Action (`archive`, `replace`) or field name -> why it cannot be taken back; what is not named can."""
    decimals: frozenset[str] = frozenset()
    """Keys, at any depth, whose values are decimals."""
    references: frozenset[str] = frozenset()
    """Keys, at any depth, whose values are ids of other objects, or sets of them."""
    stops_with: frozenset[str] = frozenset()
    """Of the references those whose object it does not outlast: when that goes, it no longer works."""
    coming: Reach = Reach.NEW_CUSTOMERS
    """Whom an object reaches that comes into use."""
    going: Reach = Reach.NEW_CUSTOMERS
    """Whom an object reaches that goes out of use."""
    reaches_through: str | None = None
    """Field that refers to what its customers have bought; None where they have the object itself."""
    counts: str = ""
    """What the provider counts on an object, and from 0 again on the next one; empty for nothing."""
    shared: bool = False
    """Belongs to the account: where one of others is just as declared, it is used as it is."""
    subscribable: bool = False
    """Customers stay on an object of the kind when it is succeeded or archived."""
    recurs: str | None = None
    """Field without which an object of a subscribable kind is bought once, and nobody stays on it."""
    moves: Callable[[Fields, Fields], Iterable[Move]] = _unmoved
    """What customers pay that differs between the fields before and after; the guard watches it."""
    spelled: Callable[[str, Fields], Spelling] = _unspelled
    """How a manifest declares a field, given by its name, of an object that has these fields."""

    def identity_of(self, fields: Fields) -> tuple[Value, ...] | None:
        """What names the object that has these fields; None where a part is missing, or the id alone does."""
        values = tuple(_folded(fields.get(name), self.fields[name]) for name in self.identity)
        return values if values and all(value is not None for value in values) else None

    def takes_subscriptions(self, fields: Fields) -> bool:
        """Whether customers can be subscribed to the object that has these fields."""
        return self.subscribable and (self.recurs is None or bool(fields.get(self.recurs)))

    @property
    def limits(self) -> tuple[Field, ...]:
        """Fields that end the use of an object by themselves; empty for a kind that is never spent."""
        return tuple(each for each in self.fields.values() if each.limit)

    @property
    def immutable(self) -> tuple[str, ...]:
        """Fields that only a successor can change."""
        return tuple(f.name for f in self.fields.values() if f.mutability is Mutability.REPLACE)


def _folded(value: Value, field: Field) -> Value:
    return value.casefold() if field.caseless and isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Kinds:
    """The table, in the order of dependency: a row refers only to rows above it when it is created."""

    rows: Mapping[str, Kind]
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    """Field -> what its value may be in a file, the same in every kind; one that is not named is a text."""

    def rank(self, name: str) -> int:
        """Position in the table, from 0."""
        return list(self.rows).index(name)

    def __getitem__(self, name: str) -> Kind:
        return self.rows[name]

    @property
    def decimals(self) -> frozenset[str]:
        return frozenset(key for kind in self.rows.values() for key in kind.decimals)


def table(*rows: Field) -> Mapping[str, Field]:
    """Fields keyed by their names, in the order in which they are shown."""
    return {row.name: row for row in rows}
