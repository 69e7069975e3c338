"""Made-up stories are told alike for the same seed, quickly, in their own time, and with the oddities of real data."""

# ruff: noqa: S608 - SOQL, put together from ids that the sandbox gave
from __future__ import annotations

from functools import cache

from connector.sandbox import seed
from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import World
from tests.sandbox.shell.conftest import NOW


def told(count: int, number: int = 1) -> tuple[Portal, Org]:
    world = World(SandboxClock(seed.beginning(NOW, count)), number)
    portal, org = Portal(world), Org(world)
    seed.tell(portal, org, count=count, now=NOW)
    return portal, org


@cache
def four_hundred() -> tuple[Portal, Org]:
    return told(400)


def test_the_same_seed_tells_the_same_and_another_one_something_else() -> None:
    first, again, other = told(40), told(40), told(40, 2)
    assert [system.snapshot() for system in first] == [system.snapshot() for system in again]
    assert first[0].snapshot() != other[0].snapshot()


def test_nothing_happens_after_the_present_and_contacts_are_as_old_as_their_stories() -> None:
    portal, org = four_hundred()
    assert portal.world.clock.now() < NOW
    created = sorted(one.properties["createdate"] for one in portal.shelves["contacts"].records.values())
    assert created[0] < "2025-07"
    assert "2026-10" < created[-1] < "2026-11-02T09"
    assert all(row["CreatedDate"] <= "2026-11-02T08:00:01" for row in org.tables["Lead"].rows.values())


def test_past_sales_stand_in_the_crm_with_the_day_on_which_they_were_closed() -> None:
    _, org = four_hundred()
    deals = [row for row in org.tables["Opportunity"].rows.values() if row.get("IsClosed")]
    won = [row for row in deals if row["IsWon"]]
    assert len(won) >= 40
    assert len(deals) > len(won)
    for deal in won:
        moves = [
            row
            for row in org.query(
                f"SELECT StageName, CreatedDate FROM OpportunityHistory WHERE OpportunityId = '{deal['Id']}'"
            )
            if row["StageName"] == "Closed Won"
        ]
        assert [row["CreatedDate"][:10] for row in moves] == [deal["CloseDate"]]


def test_who_was_converted_has_the_same_address_in_both_systems() -> None:
    portal, org = four_hundred()
    known = {one.properties.get("email") for one in portal.shelves["contacts"].records.values()}
    people = [row["Email"] for row in org.tables["Contact"].rows.values() if "Email" in row]
    assert len(people) > 80
    assert set(people) <= known


def test_a_customer_is_called_so_in_marketing() -> None:
    portal, org = four_hundred()
    stages = [one.properties.get("lifecyclestage") for one in portal.shelves["contacts"].records.values()]
    won = [row for row in org.tables["Opportunity"].rows.values() if row.get("IsWon")]
    assert stages.count("customer") == len(won)
    assert {"lead", "salesqualifiedlead", "opportunity"} <= set(stages)


def test_one_in_twenty_is_odd() -> None:
    portal, org = four_hundred()
    contacts = [one.properties for one in portal.shelves["contacts"].records.values()]
    assert any("email" not in one for one in contacts)
    assert any("🚀" in one.get("firstname", "") for one in contacts)
    assert any("\uff21" <= one.get("company", " ")[0] <= "\uff5a" for one in contacts)
    assert any(one.get("email", "").startswith("twin.") for one in contacts)
    notes = portal.shelves["notes"].records.values()
    assert max(len(one.properties.get("hs_note_body", "")) for one in notes) == 20_000
    assert any("@@" in row.get("Email", "") for row in org.tables["Lead"].rows.values())
    assert any(row.get("Amount", 0) < 0 for row in org.tables["Opportunity"].rows.values())


def test_an_empty_sandbox_has_its_staff_and_the_forms_of_the_site() -> None:
    portal, org = told(0)
    assert len(portal.owners) == 3
    assert org.query("SELECT Id FROM User WHERE Email = 'nora.hughes@seller.example'")
    assert len(portal.marketing.forms) == 4
    assert not portal.shelves["contacts"].records
