"""The same over the vendors' wire: real adapters against the embedded systems."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

import connector.hubspot
import connector.salesforce
from connector.hubspot import HubSpotSettings
from connector.salesforce import SalesforceSettings
from connector.sandbox.faults import Fault
from connector.sandbox.http import serve
from connector.sandbox.hubspot.app import HubSpotApp
from connector.sandbox.hubspot.portal import DEFAULT_TOKEN
from connector.sandbox.salesforce.app import SalesforceApp
from connector.sync.provision import check, provision
from mappings.problems import Severity
from mappings.records import RecordKey, SystemRole
from tests.sync.reading.bench import Bench


@pytest.fixture
def wired(bench: Bench) -> Iterator[Bench]:
    servers = serve(HubSpotApp(bench.portal)), serve(SalesforceApp(bench.org))
    outside = {"clock": bench.world.clock, "sleep": lambda seconds: None, "rng": random.Random(7)}
    marketing = connector.hubspot.connect(
        HubSpotSettings("marketing", SecretStr(DEFAULT_TOKEN), url=servers[0].url),
        role=SystemRole.MARKETING,
        **outside,
    )
    crm = connector.salesforce.connect(
        SalesforceSettings("crm", servers[1].url, "sandbox-client", SecretStr("sandbox-secret")),
        role=SystemRole.CRM,
        **outside,
    )
    bench.swap(marketing=marketing, crm=crm)
    yield bench
    marketing.close()
    crm.close()
    for server in servers:
        server.stop()


def test_a_person_in_both_systems_is_one_lead_with_activities_from_both(wired: Bench) -> None:
    contact = wired.contact(email="zhang@acme.com", lastname="张", company="Acme")
    wired.portal.log_activity("notes", contact.id, {"hs_note_body": "asked for a demo"})
    lead = wired.lead(Email="ZHANG@acme.com", LastName="张")
    wired.org.log_task({"WhoId": lead.id, "Subject": "Call", "Status": "Completed", "TaskSubtype": "Call"})
    wired.wait(minutes=10)
    result = wired.round()
    assert result.trouble == []
    assert wired.leads() == 1
    assert wired.lead_of(contact) == wired.lead_of(lead)
    tied = wired.rows(
        "SELECT count(*) FROM activity_tie WHERE lead_id IS NOT NULL AND connection = 'marketing'"
    )
    assert tied == [(1,)]
    assert wired.rows("SELECT count(*) FROM activity WHERE connection = 'crm'") == [(1,)]
    assert wired.rows("SELECT min(backfill) FROM activity") == [(1,)]


def test_merged_converted_and_deleted_over_the_wire(wired: Bench) -> None:
    winner, loser = wired.contact(email="a@acme.com"), wired.contact(email="b@acme.com")
    lead, dead = wired.lead(Email="a@acme.com"), wired.lead(Email="c@globex.com", LastName="C")
    wired.round()
    merged = wired.portal.merge("contacts", winner.id, loser.id)
    made = wired.org.convert(lead.id)
    wired.org.delete("Lead", dead.id)
    for _ in range(3):
        assert wired.round(wait=1300).trouble == []
    assert wired.leads() == 2
    assert [wired.state_of(key) for key in (loser, lead, dead)] == ["merged", "converted", "gone"]
    contact = RecordKey("crm", "Contact", str(made["contactId"]))
    survivor = RecordKey("marketing", "contacts", str(merged.id))
    assert wired.lead_of(contact) == wired.lead_of(survivor) == wired.lead_of(lead)


def test_a_quiet_round_changes_nothing_and_asks_little(wired: Bench) -> None:
    wired.portal.load("contacts", [{"email": f"p{n}@acme.com"} for n in range(120)])
    wired.round()
    wired.round(wait=7300)
    quiet = wired.round()
    assert sum(counts.changed for counts in quiet.objects.values()) == 0
    assert all(counts.calls <= 4 for counts in quiet.objects.values())


def test_an_outage_of_one_system_is_told_and_mended_by_the_next_round(wired: Bench) -> None:
    wired.contact(email="a@acme.com")
    wired.world.faults.add(Fault("hubspot", "answer", status=503, times=100))
    key = wired.lead(Email="b@acme.com")
    result = wired.round()
    assert any(line.startswith("marketing contacts") for line in result.trouble)
    assert wired.state_of(key) == "active"
    wired.world.faults.clear()
    assert wired.round().trouble == []
    assert wired.leads() == 2


def test_provision_then_check_finds_no_error_of_ours(wired: Bench) -> None:
    assert not [one for one in provision(wired.engine) if one.severity is Severity.ERROR]
    codes = {
        (one.connection, one.name, one.code) for one in check(wired.engine) if one.severity is Severity.ERROR
    }
    assert not {code for code in codes if code[2].startswith("own_field")}
