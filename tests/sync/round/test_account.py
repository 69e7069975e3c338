"""Several contacts of one company, played through whole rounds."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

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


def folded(desk: Desk) -> dict[str, tuple[str, str, int]]:
    """Where each lead stands by its history alone: the last step, the open stay in a cell, the last cycle entered."""
    found = {}
    for (lead_id,) in desk.rows("SELECT id FROM lead WHERE merged_into IS NULL"):
        steps = desk.rows("SELECT old, new FROM transition WHERE lead_id = :lead ORDER BY id", lead=lead_id)
        assert all(before[1] == after[0] for before, after in pairwise(steps)), steps
        stays = desk.rows(
            "SELECT cell, cycle FROM cell_entry WHERE lead_id = :lead AND left_at IS NULL", lead=lead_id
        )
        (cell, cycle) = stays[0] if stays else ("", 0)
        found[lead_id] = (steps[-1][1] if steps else "new", cell, cycle)
    return found


def projected(desk: Desk) -> dict[str, tuple[str, str, int]]:
    """Where each lead stands as it is remembered."""
    rows = desk.rows("SELECT lead_id, step, cell, cycle, stage FROM lead_state")
    return {
        one: (step, *((cell, cycle) if stage != "none" else ("", 0)))
        for one, step, cell, cycle, stage in rows
    }


def test_the_history_of_a_company_adds_up_to_where_its_leads_stand(desk: Desk) -> None:
    firm = desk.company()
    first, second, third = (desk.contact(firm) for _ in range(3))
    desk.writes(first)
    desk.round()
    assert folded(desk) == projected(desk)
    desk.rep_accepts(desk.only_lead()["Id"])
    desk.writes(second)
    desk.round()
    desk.reject(second, "need_unclear")
    made = desk.rep_converts(desk.leads()[0]["Id"])
    desk.rep_wins(made["opportunityId"], 1_000_000)
    desk.settle()
    assert folded(desk) == projected(desk)
    desk.wait(days=45)
    desk.writes(third)
    desk.settle()
    assert folded(desk) == projected(desk)
    assert desk.step(third) == "handed_off"
    for row in desk.rows("SELECT occurred_at, learned_at, actor_kind, cause, versions FROM transition"):
        occurred_at, learned_at, actor, cause, versions = row
        assert occurred_at <= learned_at
        assert actor
        assert cause
        assert '"policies":1' in versions
