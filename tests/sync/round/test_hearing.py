"""Sales' answers are heard wherever they are given, and one odd lead keeps nobody else waiting."""

from __future__ import annotations

import pytest

from connector.sync import place
from tests.sync.bench import PRICE, Desk


def test_a_lead_that_cannot_be_decided_waits_for_a_person_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, other = desk.hot(lastname="毒"), desk.hot()
    decide = place.decide

    def stumbling(known, rules, now):  # type: ignore[no-untyped-def]
        if known.person.last_name == "毒":
            raise KeyError("secret text of the record")
        return decide(known, rules, now)

    monkeypatch.setattr(place, "decide", stumbling)
    result = desk.round()
    assert (result.trouble, len(desk.leads())) == ([], 1)
    assert desk.step(other) == "handed_off"
    waits = "select key, reason, detail from parked where kind = 'lead' and resolved_at is null"
    assert desk.rows(waits) == [(desk.lead_of(odd), "undecidable", "KeyError")]
    assert (
        desk.rows("select 1 from dirty where lead_id = :id and due_at is not null", id=desk.lead_of(odd))
        == []
    )
    monkeypatch.undo()
    desk.writes(odd, PRICE)
    desk.round()
    assert desk.step(odd) == "handed_off"
    assert desk.rows(waits) == []
