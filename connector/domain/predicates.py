"""Conditions of matrix rows compiled to closures that say whether they hold and by which fallback fact.

Knows how an absent fact is stood in for and how near a limit still counts as the old side; knows no rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import model_validator

from connector.domain.conditions import (
    REVENUE,
    AllOf,
    AnyOf,
    Check,
    Condition,
    FactIs,
    FactName,
    Facts,
    Finding,
    InBand,
    Limit,
    NotThis,
    fact_reader,
    measure,
    reaches,
    value_test,
)
from connector.domain.document import NOT_EMPTY, Id, Section
from connector.domain.money import Currency

_NO, _YES = Finding(False), Finding(True)
_Decide = Callable[[Facts, Decimal], bool | None]
Limits = tuple[Limit, ...]


class BandFact(Section):
    """A number that can place an account in a band. Limits ascend; revenue states them in major units by currency."""

    fact: FactName
    limits: Annotated[Limits | dict[Currency, Limits], NOT_EMPTY]

    @model_validator(mode="after")
    def _limits_fit(self) -> BandFact:
        if isinstance(self.limits, dict) != (self.fact == REVENUE):
            raise ValueError("limits by currency are for account.revenue, a plain list for every other fact")
        for row in self.rows():
            if list(row) != sorted(set(row)):
                raise ValueError("limits must ascend")
        return self

    def rows(self) -> tuple[Limits, ...]:
        """The limits, one row per currency."""
        return tuple(self.limits.values()) if isinstance(self.limits, dict) else (self.limits,)


class BandConfig(Section):
    """A dimension cut into named bands. The first fact that is known decides; a later one is a fallback."""

    id: Id
    names: Annotated[tuple[Id, ...], NOT_EMPTY]
    facts: Annotated[tuple[BandFact, ...], NOT_EMPTY]

    @model_validator(mode="after")
    def _one_limit_between_two_names(self) -> BandConfig:
        for fact in self.facts:
            if any(len(row) != len(self.names) - 1 for row in fact.rows()):
                raise ValueError(f"{len(self.names)} names need {len(self.names) - 1} limits in every list")
        return self


Bands = Mapping[str, BandConfig]


def compile_condition(node: Condition, bands: Bands) -> Check:
    """The tree as one function of facts and margin. Every band it names is declared (see check_matrix)."""
    if isinstance(node, AllOf):
        return _all([compile_condition(child, bands) for child in node.all])
    if isinstance(node, AnyOf):
        return _any([compile_condition(child, bands) for child in node.any])
    if isinstance(node, NotThis):
        return _not(compile_condition(node.not_, bands))
    if isinstance(node, InBand):
        return _in_band(bands[node.band], node.is_)
    return _fact(node)


def _all(checks: Sequence[Check]) -> Check:
    """Fails by a fallback only where every part that fails does: the first that fails by a proper fact settles it."""

    def check(facts: Facts, margin: Decimal) -> Finding:
        against: Finding | None = None
        fallback = ""
        for one in checks:
            finding = one(facts, margin)
            if finding.holds:
                fallback = fallback or finding.fallback
            elif not finding.fallback:
                return _NO
            else:
                against = against or finding
        return against or (Finding(True, fallback) if fallback else _YES)

    return check


def _any(checks: Sequence[Check]) -> Check:
    """Holds by a fallback only where every part that holds does: the first that holds by a proper fact settles it."""

    def check(facts: Facts, margin: Decimal) -> Finding:
        in_favour: Finding | None = None
        fallback = ""
        for one in checks:
            finding = one(facts, margin)
            if not finding.holds:
                fallback = fallback or finding.fallback
            elif not finding.fallback:
                return _YES
            else:
                in_favour = in_favour or finding
        return in_favour or (Finding(False, fallback) if fallback else _NO)

    return check


def _not(inner: Check) -> Check:
    def check(facts: Facts, margin: Decimal) -> Finding:
        finding = inner(facts, -margin)
        return Finding(not finding.holds, finding.fallback)

    return check


def _in_band(band: BandConfig, name: str) -> Check:
    place, measured = band.names.index(name), _measuring(band)
    key = id(band)

    def check(facts: Facts, margin: Decimal) -> Finding:
        known = facts.measured.get(key)
        if known is None:
            known = facts.measured[key] = measured(facts)
        amount, limits, exact, (yes, no) = known
        if amount is None:
            return _NO
        if not margin:
            return yes if exact == place else no
        above = place == 0 or reaches(amount, limits[place - 1], margin)
        under = place == len(limits) or not reaches(amount, limits[place], -margin)
        return yes if above and under else no

    return check


_Measured = tuple[Decimal | None, Limits, int, tuple[Finding, Finding]]
"""The number, the limits of its currency, the part of the band that it lies in, and what to answer: yes and no, each with
the fallback fact that it came from."""


def _measuring(band: BandConfig) -> Callable[[Facts], _Measured]:
    """Reads the first fact of a band that is known."""
    sources = []
    for nth, source in enumerate(band.facts):
        limits = source.limits
        first = {code: row[0] for code, row in limits.items()} if isinstance(limits, dict) else None
        fallback = source.fact if nth else ""
        answers = Finding(True, fallback), Finding(False, fallback)
        sources.append((fact_reader(source.fact), limits, first, answers))

    def measured(facts: Facts) -> _Measured:
        for read, limits, first, answers in sources:
            found = measure(read(facts), first, facts)
            if found is not None:
                amount, currency = found
                row = limits[currency] if isinstance(limits, dict) else limits
                return amount, row, bisect_right(row, amount), answers
        return None, (), 0, (_YES, _NO)

    return measured


def _fact(node: FactIs) -> Check:
    decide = _limit(node) if node.at_least is not None or node.below is not None else _value(node)
    fallback = _fact(node.fallback) if node.fallback else None

    def check(facts: Facts, margin: Decimal) -> Finding:
        holds = decide(facts, margin)
        if holds is not None:
            return _YES if holds else _NO
        if fallback is None or node.fallback is None:
            return _NO
        stood_in = fallback(facts, margin)
        return Finding(stood_in.holds, stood_in.fallback or node.fallback.fact)

    return check


def _value(node: FactIs) -> _Decide:
    test, read, asks_presence = value_test(node), fact_reader(node.fact), node.present is not None

    def decide(facts: Facts, _margin: Decimal) -> bool | None:
        value = read(facts)
        return None if value is None and not asks_presence else test(value)

    return decide


def _limit(node: FactIs) -> _Decide:
    asked, below = (node.at_least, False) if node.at_least is not None else (node.below, True)
    by_currency = asked if isinstance(asked, dict) else None
    read = fact_reader(node.fact)

    def decide(facts: Facts, margin: Decimal) -> bool | None:
        measured = measure(read(facts), by_currency, facts)
        if measured is None:
            return None
        amount, currency = measured
        limit = by_currency[currency] if by_currency else Decimal(str(asked))
        return reaches(amount, limit, -margin if below else margin) != below

    return decide
