"""A rep who does nothing is told, then loses the lead; who logs a call keeps it. Lists and notices say each once."""

from __future__ import annotations

from connector.store import deadlines
from connector.store.deadlines import Notice
from connector.sync.deadline_lists import deadline_lists
from mappings.records import RecordKey
from tests.sync.bench import Desk

LATE = 31.0
"""Minutes: a hand-raiser is to be contacted within 30."""


def waiting(desk: Desk) -> list[Notice]:
    with desk.store.read() as tx:
        return [notice for _, _, notice in deadlines.notices_waiting(tx)]


def rep_calls(desk: Desk, lead_id: str) -> None:
    owner = desk.org.get("Lead", lead_id)["OwnerId"]
    task = {
        "WhoId": lead_id,
        "Subject": "Call",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "OwnerId": owner,
    }
    desk.org.log_task(task, as_user=owner)


def kinds(desk: Desk) -> list[tuple[str, str]]:
    return sorted((row["kind"], row["deadline"]) for row in deadline_lists(desk.engine)["rows"])


def shown(desk: Desk, contact: RecordKey) -> dict[str, bool]:
    return {one["name"]: one["breached"] for one in desk.view(contact)["deadlines"]}


def test_a_missed_first_contact_is_listed_told_once_and_then_reclaimed(desk: Desk) -> None:
    contact = desk.hot()
    desk.settle()
    rep = desk.only_lead()["OwnerId"]
    desk.round(after=60 * LATE)
    assert shown(desk, contact)["first_contact"] is True
    assert kinds(desk) == [("breach", "first_contact")]
    told = [one for one in waiting(desk) if one.kind == "breach" and one.deadline == "first_contact"]
    assert sorted((one.to_kind, one.to_id) for one in told) == [("manager", ""), ("rep", rep)]
    desk.round()
    assert [one for one in waiting(desk) if one.deadline == "first_contact"] == told
    desk.round(after=25 * 3600)  # the next working day, as late as that
    lead = desk.only_lead()
    assert lead["OwnerId"] != rep
    (row,) = desk.view(contact)["hand_offs"][0]["reassignments"]
    assert (row["cause"], row["deadline"], row["by"]["kind"]) == ("reclaimed", "first_contact", "baton")
    moved = {(one.to_kind, one.to_id) for one in waiting(desk) if one.kind == "reclaimed"}
    assert moved == {("rep", rep), ("rep", lead["OwnerId"]), ("manager", "")}
    assert shown(desk, contact)["first_contact"] is False
    assert desk.view(contact)["rejections"] == []


def test_who_logs_a_call_in_time_keeps_the_lead(desk: Desk) -> None:
    contact = desk.hot()
    desk.settle()
    lead = desk.only_lead()
    rep_calls(desk, lead["Id"])
    desk.rep_accepts(lead["Id"])
    desk.settle()
    desk.round(after=3 * 86400)
    assert desk.only_lead()["OwnerId"] == lead["OwnerId"]
    assert shown(desk, contact)["first_contact"] is False
    assert kinds(desk) == []


def test_an_accepted_lead_of_which_nothing_is_logged_stands_in_both_lists(desk: Desk) -> None:
    desk.hot()
    desk.round()
    lead = desk.only_lead()
    desk.rep_accepts(lead["Id"])
    desk.round()
    assert kinds(desk) == [("no_activity", "first_contact")]
    desk.round(after=60 * LATE)
    assert kinds(desk) == [("breach", "first_contact"), ("no_activity", "first_contact")]
    mine = deadline_lists(desk.engine, rep=lead["OwnerId"], kind="no_activity")["rows"]
    assert [row["rep"]["id"] for row in mine] == [lead["OwnerId"]]
    assert deadline_lists(desk.engine, rep="nobody")["rows"] == []


def test_a_record_given_to_another_by_hand_is_theirs_from_then_on(desk: Desk) -> None:
    contact = desk.hot()
    desk.settle()
    lead = desk.only_lead()
    other = next(
        id_ for id_ in (row["Id"] for row in desk.org.query("SELECT Id FROM User")) if id_ != lead["OwnerId"]
    )
    desk.org.update("Lead", lead["Id"], {"OwnerId": other}, auto_assign=False)
    desk.settle()
    (episode,) = desk.episodes(contact)
    assert episode.owner_id == other
    (row,) = desk.view(contact)["hand_offs"][0]["reassignments"]
    assert (row["cause"], row["by"]["kind"], row["to_id"]) == ("transferred", "crm", other)
    assert {one["owner_id"] for one in desk.view(contact)["deadlines"]} == {other}
    desk.settle()
    assert len(desk.view(contact)["hand_offs"][0]["reassignments"]) == 1


def test_what_ended_stays_in_history_with_its_verdict(desk: Desk) -> None:
    desk.hot()
    desk.settle()
    desk.round(after=60 * LATE)
    desk.rep_rejects(desk.only_lead()["Id"], "bad_timing")
    desk.settle()
    assert kinds(desk) == []
    rows = desk.rows("SELECT name, breached, met_at, ended_at FROM deadline WHERE owner_id != ''")
    kept = {name: (breached, met is not None, ended is not None) for name, breached, met, ended in rows}
    assert kept["first_contact"] == (1, False, True)
