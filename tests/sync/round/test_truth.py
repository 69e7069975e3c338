"""Contest and finding, rejection by rejection: what a manager finds out changes who has the lead, in both systems."""

from __future__ import annotations

from connector.domain.dispute import Settle
from connector.domain.facts import Actor
from connector.sync import commands
from mappings.records import RecordKey
from tests.sync.bench import MANAGER, SDR, Desk


def rejected(desk: Desk, reason: str = "no_budget") -> tuple[RecordKey, RecordKey, str]:
    """A lead that sales rejected and its colleague at the same company, with the rep who did."""
    firm = desk.company()
    contact, colleague = desk.contact(firm), desk.contact(firm, lastname="李")
    desk.writes(contact)
    desk.round()
    lead = desk.only_lead()
    desk.wait(hours=1)
    desk.rep_rejects(lead["Id"], reason)
    desk.round()
    return contact, colleague, lead["OwnerId"]


def settled(desk: Desk, lead: RecordKey, finding: str, *, by: Actor = MANAGER) -> commands.Reply:
    found = Settle(by, finding, "客户说预算上周已批")
    return commands.settle(desk.engine, str(lead), finding=found)


def test_a_contest_upheld_gives_the_lead_to_another_rep_and_frees_the_colleagues(desk: Desk) -> None:
    contact, colleague, rep = rejected(desk)
    assert "gate.cooldown_account" in desk.refusals(colleague)
    assert commands.contest(desk.engine, str(contact), actor=SDR, note="预算已批").code == "done"
    assert commands.contest(desk.engine, str(contact), actor=SDR, note="预算已批").code == "already"
    assert settled(desk, contact, "rep", by=SDR).code == "refused"
    assert settled(desk, contact, "rep").code == "done"
    desk.round()
    first, second = desk.episodes(contact)
    assert (first.answer, second.answer) == ("rejected", "open")
    assert second.owner_id not in ("", rep)
    assert desk.only_lead()["OwnerId"] == second.owner_id
    assert desk.only_lead()["Status"] == "Open - Not Contacted"
    assert "gate.cooldown_account" not in desk.refusals(colleague)
    shown = desk.view(contact)
    (no,) = shown["rejections"]
    assert (no["annulled"], no["finding"], no["found_by"], no["contested_by"]) == (
        True,
        "rep",
        "boss",
        "sdr-1",
    )
    assert (no["contest_note"], no["found_note"]) == ("预算已批", "客户说预算上周已批")
    assert desk.property(contact, "baton_rejection_count") == "0"
    desk.settle()
    assert desk.step(contact) == "handed_off"  # the annulled no on the record answers nothing any more


def test_any_other_finding_leaves_the_rejection_standing(desk: Desk) -> None:
    contact, colleague, _ = rejected(desk)
    commands.contest(desk.engine, str(contact), actor=SDR, note="预算已批")
    assert settled(desk, contact, "sdr").code == "done"
    desk.round()
    assert len(desk.episodes(contact)) == 1
    assert "gate.cooldown" in desk.refusals(contact)
    assert "gate.cooldown_account" in desk.refusals(colleague)
    assert desk.view(contact)["rejections"][0]["finding"] == "sdr"


def test_a_lead_never_rejected_is_refused_in_words_in_both_languages(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    english = commands.contest(desk.engine, str(contact), actor=SDR, note="why")
    chinese = commands.contest(desk.engine, str(contact), actor=SDR, note="why", locale="zh_CN")
    assert english.messages == (
        "Sales has not rejected this lead, so there is nothing to contest or to settle.",
    )
    assert chinese.messages == ("销售没有拒绝过该线索，无可申诉或裁定。",)
    assert [one["command"] for one in desk.view(contact)["refusals"]] == ["contest", "contest"]


def test_i29_a_no_in_the_panel_by_somebody_unknown_to_the_crm_is_the_no_of_the_rep_who_has_the_lead(
    desk: Desk,
) -> None:
    contact = desk.hot()
    desk.round()
    rep = desk.only_lead()["OwnerId"]
    desk.reject(contact, by="hubspot-user-7")
    assert desk.view(contact)["rejections"][0]["rep_id"] == rep


def test_over_twenty_an_hour_ask_the_manager_and_are_counted_rep_by_rep(desk: Desk) -> None:
    limit = desk.engine.rules
    with desk.store.read() as tx:
        most = limit(tx).policies.recycling.ask_manager_over_per_hour
    contacts = [desk.hot() for _ in range(most + 2)]
    desk.round()
    mine, other = desk.leads()[0]["OwnerId"], "005nobody"
    replies = [desk.reject(contact, by=mine) for contact in contacts[: most + 1]]
    assert [reply.code for reply in replies[-2:]] == ["done", "ask_manager"]
    again = commands.reject(
        desk.engine,
        str(contacts[most]),
        actor=MANAGER,
        rejection=commands.NewRejection("no_budget"),
    )
    assert again.code == "done"
    holder = desk.episodes(contacts[-1])[0].owner_id
    assert desk.view(contacts[most])["rejections"][0]["rep_id"] not in ("boss", "")
    if holder != mine:
        assert desk.reject(contacts[-1], by=other).code == "done"
