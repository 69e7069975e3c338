"""Several contacts of one company, played through whole rounds."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.sync.bench import Desk


def cycles(desk: Desk) -> list[tuple[int, str]]:
    return desk.rows("SELECT number, closed_by FROM buying_cycle ORDER BY unit, number")


def test_contacts_of_one_company_share_one_cycle_which_one_win_closes_and_one_evidence_opens_again(
    desk: Desk,
) -> None:
    firm = desk.company()
    first, second = desk.contact(firm), desk.contact(firm)
    desk.writes(first)
    desk.round()
    made = desk.rep_converts(desk.only_lead()["Id"])
    desk.rep_wins(made["opportunityId"], 1_200_000)
    desk.round()
    assert cycles(desk) == [(1, "won")]
    desk.wait(days=10)
    desk.writes(second)
    desk.round()
    assert desk.refusals(second)[0] == "gate.cycle_won"
    assert desk.episodes(second) == []
    desk.wait(days=30)
    desk.settle()
    assert cycles(desk) == [(1, "won"), (2, "")]
    assert [one.cycle for one in desk.episodes(second)] == [2]
    entered = desk.rows("SELECT DISTINCT unit, cycle FROM cell_entry ORDER BY cycle")
    assert [(unit == entered[0][0], cycle) for unit, cycle in entered] == [(True, 1), (True, 2)]
    assert datetime.fromisoformat(desk.view(second)["lifecycle"]["history"][-1]["occurred_at"]).tzinfo == UTC
