"""Conditions over static facts: what a matrix row may ask of a person and an account, compiled to closures.

Knows bands, tolerance and fallbacks; knows neither rows nor what a persona is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from connector.domain.document import NOT_EMPTY, Id, Section
from connector.domain.money import Currency, Rates, convert, to_major
from connector.domain.text import fold
from mappings.records import Account, Money, Person, Scalar

Value = Scalar | Money
Plain = str | bool | int | Decimal
_HIDDEN = frozenset({"key", "properties", "created_at", "modified_at", "requested_at", "rejection_until"})
_PERSON = frozenset(f.name for f in fields(Person)) - _HIDDEN
_ACCOUNT = frozenset(f.name for f in fields(Account)) - _HIDDEN
REVENUE = "account.revenue"


def _known_fact(name: str) -> str:
    owner, _, rest = name.partition(".")
    known = {"person": _PERSON, "account": _ACCOUNT}.get(owner, frozenset())
    if rest in known or (known and rest.startswith("properties.") and len(rest) > len("properties.")):
        return name
    raise ValueError(f"{name!r} is no fact; use person.<field>, account.<field> or …properties.<name>")


FactName = Annotated[str, AfterValidator(_known_fact)]
Limit = Annotated[Decimal, Field(ge=0)]
ByCurrency = Annotated[dict[Currency, Limit], NOT_EMPTY]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at, with the rates of a day for amounts in other currencies. `measured` keeps what bands
    found out about these facts, since every row asks the same of them."""

    person: Person
    account: Account | None
    rates: Rates
    on: date
    measured: dict[int, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a condition holds, and the fallback fact that decided it, if one did."""

    holds: bool
    fallback: str = ""


Check = Callable[[Facts, Decimal], Finding]
"""A compiled condition. The margin is a share of each limit: positive asks "could it still hold that close to the
limit?", negative "does it hold beyond doubt?", zero takes the limit as it stands."""


class ValueTest(Section):
    """Exactly one test of one value. Texts are compared folded: case, width and outer spaces do not matter."""

    equals: Plain | None = None
    in_: Annotated[tuple[Plain, ...], NOT_EMPTY] | None = Field(default=None, alias="in")
    contains: Annotated[tuple[str, ...], NOT_EMPTY] | None = None
    at_least: Decimal | ByCurrency | None = None
    below: Decimal | ByCurrency | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> ValueTest:
        asked = [n for n in ValueTest.model_fields if getattr(self, n) is not None]
        if len(asked) != 1:
            raise ValueError("give exactly one of: equals, in, contains, at_least, below, present")
        return self


class FactIs(ValueTest):
    """A test of one fact; `fallback` is asked in its place where the fact is absent."""

    fact: FactName
    fallback: FactIs | None = None

    @model_validator(mode="after")
    def _money_needs_currency(self) -> FactIs:
        limit = self.at_least if self.at_least is not None else self.below
        if limit is not None and isinstance(limit, dict) != (self.fact == REVENUE):
            raise ValueError("limits by currency are for account.revenue, plain numbers for every other fact")
        return self


class InBand(Section):
    """The band of a named dimension that the account lies in."""

    band: Id
    is_: Id = Field(alias="is")


class AllOf(Section):
    """Every one of these holds."""

    all: Annotated[tuple[Condition, ...], NOT_EMPTY]


class AnyOf(Section):
    """At least one of these holds."""

    any: Annotated[tuple[Condition, ...], NOT_EMPTY]


class NotThis(Section):
    """This does not hold."""

    not_: Condition = Field(alias="not")


def tag_by_key(*keys: str) -> Callable[[Any], str | None]:
    """A discriminator that tells a node by the key it carries, so that an error names one path, not every branch."""

    def tag(node: Any) -> str | None:
        if isinstance(node, Mapping):
            return next((key for key in keys if key in node), None)
        return next((key for key in keys if hasattr(node, key) or hasattr(node, f"{key}_")), None)

    return tag


Condition = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NotThis, Tag("not")]
    | Annotated[InBand, Tag("band")]
    | Annotated[FactIs, Tag("fact")],
    Discriminator(tag_by_key("all", "any", "not", "band", "fact")),
]
"""A tree of conditions, as a row of the matrix states it."""


def fact_reader(name: str) -> Callable[[Facts], Value]:
    """Gives the fact's value; None when nobody knows it. A negative revenue or head count is nobody's knowledge."""
    owner, _, rest = name.partition(".")
    of_person, further = owner == "person", rest.startswith("properties.")
    name = rest.removeprefix("properties.")

    def read(facts: Facts) -> Value:
        source: Person | Account | None = facts.person if of_person else facts.account
        if source is None:
            return None
        if further:
            return source.properties.get(name)
        value: Value = getattr(source, name)
        if isinstance(value, str):
            return value or None
        amount = value.minor if isinstance(value, Money) else value
        return None if isinstance(amount, int) and amount < 0 else value

    return read


def number(value: Value) -> Decimal | None:
    """A plain number, also from text ("1,200.5"); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        read = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def measure(value: Value, limits: Mapping[str, Decimal] | None, facts: Facts) -> tuple[Decimal, str] | None:
    """The number to hold against a limit, and the currency whose limit it is; None where it cannot be compared."""
    if not isinstance(value, Money):
        plain = number(value)
        return None if plain is None or limits is not None else (plain, "")
    for currency in sorted(limits or (), key=lambda code: code != value.currency):
        same = convert(value, currency, facts.rates, on=facts.on)
        if same is not None:
            return to_major(same), currency
    return None


def reaches(amount: Decimal, limit: Decimal, margin: Decimal) -> bool:
    """Whether an amount is at least the limit, read leniently (margin > 0) or strictly (margin < 0)."""
    if margin > 0:
        return amount > limit * (1 - margin)
    return amount >= limit * (1 - margin)


def _plain(value: Value | Decimal) -> str:
    return _folded(str(value))


_folded = lru_cache(maxsize=10_000)(fold)
"""Facts such as an industry or a source have few values among many leads."""


def value_test(test: ValueTest) -> Callable[[Value], bool]:
    """A test that needs no limit by currency: equals, in, contains, present, and plain numbers. Absent values fail
    everything but `present: false`."""
    if test.present is not None:
        wanted = test.present
        return lambda value: (value is not None and value != "") == wanted
    if test.contains is not None:
        parts = tuple(fold(part) for part in test.contains)
        return lambda value: value is not None and any(part in _plain(value) for part in parts)
    if test.at_least is not None or test.below is not None:
        limit, under = (test.below, True) if test.at_least is None else (test.at_least, False)
        bound = Decimal(0) if isinstance(limit, dict) or limit is None else limit
        return lambda value: (read := number(value)) is not None and (read < bound) == under
    listed = test.in_ if test.in_ is not None else (test.equals,)
    choices = frozenset(_plain(choice) for choice in listed)
    return lambda value: value is not None and _plain(value) in choices
