"""Exact money: a Decimal of major units with its currency, and the minor units a provider counts in.

Exponents follow Stripe's currency table: most currencies have two decimals, the named ones none or three. Two
are written without decimals and still counted in hundredths: 5 UGX are 500 minor units, and 501 are nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
WHOLE = frozenset("isk ugx".split())
"""Without a minor unit, and counted in hundredths that are always 00."""

MINOR_DECIMALS = 12
"""Decimals of a minor unit that the provider keeps at most."""

EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[Inexact, InvalidOperation])
"""Wide enough for every amount that a provider accepts; Inexact is trapped, so that nothing is ever rounded
unasked."""


def exponent(currency: str) -> int:
    """Decimals of a major unit that are counted: 0 for JPY, 2 for EUR, 3 for KWD. `currency` in any case."""
    code = currency.lower()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def written_decimals(currency: str) -> int:
    """Decimals that people write: 2 for EUR, 0 for JPY, and 0 for UGX, though it is counted in hundredths."""
    return 0 if currency.lower() in WHOLE else exponent(currency)


def payable(currency: str) -> int:
    """Minor units of the smallest sum that changes hands: 1, or 100 where the hundredths are always 00."""
    return 100 if currency.lower() in WHOLE else 1


def to_minor(amount: Decimal, currency: str) -> Decimal:
    """Major to minor units, exactly: 8.99 EUR -> 899, 0.0004 EUR -> 0.04."""
    return plain(EXACT.scaleb(amount, exponent(currency)))


def to_major(minor: Decimal | int, currency: str) -> Decimal:
    """Minor to major units, exactly: 899 EUR -> 8.99. The inverse of `to_minor`."""
    return plain(EXACT.scaleb(Decimal(minor), -exponent(currency)))


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent, so that equal amounts print alike."""
    if value == 0:
        return Decimal(0)
    normal = value.normalize(EXACT)
    _, _, power = normal.as_tuple()
    return normal.quantize(Decimal(1), context=EXACT) if isinstance(power, int) and power > 0 else normal


def rounded(minor: Decimal, currency: str) -> Decimal:
    """The nearest number of minor units that can be paid in the currency; a half goes up."""
    step = EXACT.scaleb(Decimal(1), exponent(currency) - written_decimals(currency))
    return plain(minor.quantize(step, context=_HALF_UP))


_HALF_UP = Context(prec=EXACT.prec, rounding=ROUND_HALF_UP)


def decimals(value: Decimal) -> int:
    """Digits after the point that matter: 1.50 -> 1."""
    _, _, power = plain(value).as_tuple()
    return max(0, -power) if isinstance(power, int) else 0


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency."""

    amount: Decimal
    """Major units (euros, not cents)."""
    currency: str
    """Three lower-case letters, ISO 4217."""

    @property
    def minor(self) -> Decimal:
        """The amount in minor units (cents for EUR); may have up to twelve decimals."""
        return to_minor(self.amount, self.currency)

    @classmethod
    def from_minor(cls, minor: Decimal | int, currency: str) -> Money:
        return cls(to_major(minor, currency), currency)

    def __str__(self) -> str:
        """`8.99 EUR`, `0.0004 EUR`, `15,600 UGX`: at least the currency's decimals, and all that matter."""
        shown = max(written_decimals(self.currency), decimals(self.amount))
        return f"{self.amount:,.{shown}f} {self.currency.upper()}"
