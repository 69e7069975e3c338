"""Who gets the lead: owner, pool, manager - never who rejected it, never beyond capacity."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from connector.domain.decision import Deed, HandOffVerdict, Preferred
from connector.domain.routing import Rep, Route, route, working_day_began
from tests.domain.deciding.tale import DAY, START, rules


def verdict(**fields: Any) -> HandOffVerdict:
    return HandOffVerdict(Deed.HAND_OFF, "automatic", **fields)


def go(reps: list[Rep], *, prefer: tuple[str, ...] = (), **fields: Any) -> Route:
    policies = rules(routing={"manager_id": "boss"}).policies
    wanted = tuple(Preferred(owner, "account_owner") for owner in prefer)
    return route(policies, reps, verdict(prefer=wanted, **fields), START)


def test_the_preferred_owner_comes_first_beyond_capacity() -> None:
    reps = [Rep("r1", today=9), Rep("r2")]
    assert go(reps, prefer=("gone", "r1")) == Route("r1", cause="account_owner")


@pytest.mark.parametrize(
    "rep",
    [
        Rep("r1", active=False),
        Rep("r1", away=True),
        Rep("r1", back_at=START + DAY),
        Rep("r1", today=3),
        Rep("r1", capacity=0),
        Rep("r1", weight=0),
        Rep("r1", groups=("others",)),
    ],
)
def test_who_cannot_take_it_is_passed_over_and_nobody_means_the_manager(rep: Rep) -> None:
    assert go([rep], pool="telesales") == Route("boss", manager=True, cause="nobody_eligible")


def test_a_rep_who_is_back_takes_leads_again() -> None:
    assert go([Rep("r1", back_at=START)]).owner_id == "r1"


def test_an_owner_who_rejected_it_or_is_away_does_not_get_it_back() -> None:
    reps = [Rep("r1"), Rep("r2", away=True), Rep("r3")]
    assert go(reps, prefer=("r1", "r2"), not_to=("r1",)).owner_id == "r3"


def test_a_queue_of_the_crm_takes_what_has_no_owner() -> None:
    assert go([Rep("r1")], pool="queue:00G1") == Route(queue="00G1", cause="queue")


def test_the_turn_goes_round_by_weight_within_the_group() -> None:
    reps = {rep.owner_id: rep for rep in (Rep("a", weight=1, capacity=99), Rep("b", weight=3, capacity=99))}
    taken: Counter[str] = Counter()
    for _ in range(40):
        owner = go(list(reps.values())).owner_id
        taken[owner] += 1
        reps[owner] = replace(reps[owner], today=reps[owner].today + 1)
    assert taken == {"a": 10, "b": 30}


def test_the_same_day_gives_the_same_rep() -> None:
    reps = [Rep("b"), Rep("a")]
    assert go(reps) == go(reps[::-1]) == Route("a", cause="round_robin")


def test_between_days_the_turn_goes_on_with_who_waits_longest() -> None:
    yesterday = Rep("a", last_given_at=START - DAY)
    assert go([yesterday, Rep("b", last_given_at=START - 2 * DAY)]).owner_id == "b"
    assert go([yesterday, Rep("c")]).owner_id == "c"


def test_leads_of_days_off_count_for_the_working_day_after_them() -> None:
    working = rules().policies.working()
    zone = working.zone
    friday, sunday, monday = (datetime(2026, 3, day, 15, tzinfo=zone) for day in (6, 8, 9))
    assert working_day_began(working, friday) == datetime(2026, 3, 6, tzinfo=zone)
    for instant in (sunday, monday):
        assert working_day_began(working, instant) == datetime(2026, 3, 7, tzinfo=zone)


def test_an_owner_outside_the_groups_gets_the_accounts_lead_and_no_other() -> None:
    owner = Rep("k1", in_turn=False)
    assert go([owner, Rep("r1")], prefer=("k1",)).owner_id == "k1"
    assert go([owner, Rep("r1")]).owner_id == "r1"
