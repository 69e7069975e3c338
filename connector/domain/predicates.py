"""Conditions of matrix rows compiled to closures that say whether they hold and by which fallback fact.

Knows how an absent fact is stood in for and how near a limit still counts as the old side; knows no rows.
"""

from __future__ import annotations

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
    measure,
    reaches,
    read_fact,
    value_test,
)
from connector.domain.document import NOT_EMPTY, Id, Section
from connector.domain.money import Currency

_NO = Finding(False)
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


def _decided_by(findings: Sequence[Finding]) -> str:
    """The fallback that findings of one truth rest on: none where any of them rests on a proper fact."""
    return findings[0].fallback if all(f.fallback for f in findings) else ""


def _all(checks: Sequence[Check]) -> Check:
    def check(facts: Facts, margin: Decimal) -> Finding:
        findings = [one(facts, margin) for one in checks]
        against = [f for f in findings if not f.holds]
        if against:
            return Finding(False, _decided_by(against))
        return Finding(True, next((f.fallback for f in findings if f.fallback), ""))

    return check


def _any(checks: Sequence[Check]) -> Check:
    def check(facts: Facts, margin: Decimal) -> Finding:
        findings = [one(facts, margin) for one in checks]
        in_favour = [f for f in findings if f.holds]
        if in_favour:
            return Finding(True, _decided_by(in_favour))
        return Finding(False, next((f.fallback for f in findings if f.fallback), ""))

    return check


def _not(inner: Check) -> Check:
    def check(facts: Facts, margin: Decimal) -> Finding:
        finding = inner(facts, -margin)
        return Finding(not finding.holds, finding.fallback)

    return check


def _in_band(band: BandConfig, name: str) -> Check:
    place = band.names.index(name)

    def check(facts: Facts, margin: Decimal) -> Finding:
        for nth, source in enumerate(band.facts):
            by_currency = source.limits if isinstance(source.limits, dict) else None
            first = {code: row[0] for code, row in by_currency.items()} if by_currency else None
            measured = measure(read_fact(facts, source.fact), first, facts)
            if measured is None:
                continue
            amount, currency = measured
            limits = source.limits[currency] if isinstance(source.limits, dict) else source.limits
            above = place == 0 or reaches(amount, limits[place - 1], margin)
            under = place == len(limits) or not reaches(amount, limits[place], -margin)
            return Finding(above and under, source.fact if nth else "")
        return _NO

    return check


def _fact(node: FactIs) -> Check:
    decide = _limit(node) if node.at_least is not None or node.below is not None else _value(node)
    fallback = _fact(node.fallback) if node.fallback else None

    def check(facts: Facts, margin: Decimal) -> Finding:
        holds = decide(facts, margin)
        if holds is not None:
            return Finding(holds)
        if fallback is None or node.fallback is None:
            return _NO
        stood_in = fallback(facts, margin)
        return Finding(stood_in.holds, stood_in.fallback or node.fallback.fact)

    return check


def _value(node: FactIs) -> _Decide:
    test = value_test(node)

    def decide(facts: Facts, _margin: Decimal) -> bool | None:
        value = read_fact(facts, node.fact)
        return None if value is None and node.present is None else test(value)

    return decide


def _limit(node: FactIs) -> _Decide:
    asked, below = (node.at_least, False) if node.at_least is not None else (node.below, True)
    by_currency = asked if isinstance(asked, dict) else None

    def decide(facts: Facts, margin: Decimal) -> bool | None:
        measured = measure(read_fact(facts, node.fact), by_currency, facts)
        if measured is None:
            return None
        amount, currency = measured
        limit = by_currency[currency] if by_currency else Decimal(str(asked))
        return reaches(amount, limit, -margin if below else margin) != below

    return decide
