"""Minor units of currencies: what one cent is called in numbers. Knows no rates."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from mappings.records import Money

_WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_WITHOUT.split(), 0) | dict.fromkeys(_WITH_THREE.split(), 3)


def minor_digits(currency: str) -> int:
    """How many decimals the currency has (ISO 4217, list one): 2 for most, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def to_major(money: Money) -> Decimal:
    """The amount in whole units, exactly."""
    return Decimal(money.minor).scaleb(-minor_digits(money.currency))


def from_major(amount: Decimal, currency: str) -> Money:
    """Integer minor units, half up: a source may state more decimals than the currency has."""
    minor = amount.scaleb(minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(minor), currency)


def money_document(money: Money | None) -> dict[str, int | str] | None:
    """An amount for machines: minor units with their code, and the decimal text beside it."""
    if money is None:
        return None
    return {"minor": money.minor, "currency": money.currency, "text": str(to_major(money))}
