"""The picture of the life cycle, edge by edge: facts take each way, at their time, by whoever did it, for a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.domain.decision import Transition
from connector.domain.facts import Step
from connector.domain.lifecycle import NEXT
from tests.domain.deciding.tale import DAY, DEMO, HOUR, PRICE, Tale, handed_off, said_no

Edge = tuple[str, str]


def qualified() -> Tale:
    tale = handed_off()
    for word in ("accepted", "qualified"):
        tale.now += HOUR
        tale.crm(word)
    return tale


def dealt(*, won: bool | None = None) -> Tale:
    tale = qualified()
    tale.now += DAY
    tale.opportunity()
    if won is not None:
        closed(tale, won=won)
    return tale


def closed(tale: Tale, *, won: bool) -> Tale:
    since = tale.known.opportunities[0].created_at
    tale.now += DAY
    tale.opportunity(is_closed=True, is_won=won, closed_at=tale.now, created_at=since)
    return tale


def corrected(tale: Tale) -> Tale:
    since = tale.known.opportunities[0].created_at
    tale.now += HOUR
    tale.opportunity(created_at=since)
    return tale


def again(tale: Tale, days: int) -> Tale:
    tale.now += days * DAY
    tale.heard(PRICE)
    return tale


def recycled() -> Tale:
    tale = said_no("need_unclear")
    tale.now += 31 * DAY
    tale.spoke()
    tale.now += HOUR
    tale.heard(PRICE)
    return tale


def ageing() -> Tale:
    tale = Tale()
    tale.heard(DEMO)
    tale.later(200 * DAY)
    return tale


def closing_gate() -> Tale:
    tale = recycled()
    tale.now += HOUR
    tale.change(consent=False)
    return tale


def silent() -> Tale:
    return again(said_no("need_unclear"), 500)


def three_times() -> Tale:
    tale = handed_off()
    for nth in (1, 2, 3):
        tale.now += DAY
        tale.crm("rejected", rejection_reason="need_unclear")
        tale.now += 31 * DAY
        tale.spoke()
        tale.heard(PRICE)
        tale.rep = f"r{nth + 1}"
        tale.click()
    return tale


def reconsidered() -> Tale:
    """A status said that the lead is out; the reason that came later says otherwise."""
    tale = handed_off()
    tale.now += HOUR
    tale.crm("disqualified")
    tale.now += HOUR
    tale.crm("rejected", rejection_reason="need_unclear")
    return tale


def outlawed() -> Tale:
    """A status that says more than the reason, read after it."""
    tale = said_no("")
    tale.now += HOUR
    tale.crm("disqualified", rejection_reason="student")
    return tale


def refused(*words: str) -> Tale:
    tale = handed_off()
    for word in words:
        tale.now += HOUR
        tale.crm(word)
    tale.now += HOUR
    tale.crm("rejected", rejection_reason="need_unclear")
    return tale


PICTURE: dict[Edge, tuple[Callable[[], Tale], str]] = {
    ("new", "mal"): (ageing, "baton"),
    ("mal", "mql"): (ageing, "baton"),
    ("mql", "mal"): (ageing, "baton"),
    ("mql", "handed_off"): (handed_off, "sdr"),
    ("mql", "recycled"): (closing_gate, "baton"),
    ("handed_off", "sal"): (qualified, "rep"),
    ("handed_off", "rejected"): (lambda: said_no("need_unclear"), "rep"),
    ("sal", "sql"): (qualified, "rep"),
    ("sal", "rejected"): (lambda: refused("accepted"), "rep"),
    ("sql", "rejected"): (lambda: refused("accepted", "qualified"), "rep"),
    ("sql", "opportunity"): (dealt, "rep"),
    ("opportunity", "won"): (lambda: dealt(won=True), "rep"),
    ("opportunity", "lost"): (lambda: dealt(won=False), "rep"),
    ("rejected", "recycled"): (lambda: said_no("need_unclear"), "baton"),
    ("rejected", "disqualified"): (lambda: said_no("student"), "baton"),
    ("recycled", "mql"): (recycled, "baton"),
    ("recycled", "mal"): (silent, "baton"),
    ("recycled", "disqualified"): (outlawed, "rep"),
    ("disqualified", "recycled"): (reconsidered, "baton"),
    ("disqualified", "mal"): (lambda: again(said_no("student"), 500), "baton"),
    ("won", "mal"): (lambda: again(dealt(won=True), 40), "baton"),
    ("lost", "mal"): (lambda: again(dealt(won=False), 100), "baton"),
    ("won", "opportunity"): (lambda: corrected(dealt(won=True)), "rep"),
    ("lost", "won"): (lambda: closed(dealt(won=False), won=True), "rep"),
    ("lost", "opportunity"): (lambda: corrected(dealt(won=False)), "rep"),
    ("won", "lost"): (lambda: closed(dealt(won=True), won=False), "rep"),
}
"""An edge, a tale that takes it, and who does."""


@pytest.mark.parametrize("edge", PICTURE, ids="-".join)
def test_the_way_is_taken_once_with_time_actor_and_cause(edge: Edge) -> None:
    tell, actor = PICTURE[edge]
    tale = tell()
    taken = [t for t in tale.transitions if (t.old, t.new) == edge and not t.implied]
    assert taken, tale.steps
    step: Transition = taken[-1]
    assert step.actor.kind == actor
    assert step.cause
    assert not step.violation
    assert step.occurred_at <= tale.now


def test_the_three_no_of_a_cycle_disqualify() -> None:
    tale = three_times()
    assert tale.decision.step is Step.DISQUALIFIED


def test_the_whole_picture_is_walked() -> None:
    assert set(PICTURE) == {(str(old), str(new)) for old, following in NEXT.items() for new in following}
