"""What the portal makes of values, stamps, histories and the life of a record."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from connector.sandbox.hubspot.associations import Link
from connector.sandbox.hubspot.errors import PortalError
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.hubspot.records import Source
from connector.sandbox.hubspot.schema import PropertyDefinition
from connector.sandbox.world import World

APP = Source.app(42, "Baton")


def refused(call: object, *args: object, **kwargs: object) -> PortalError:
    assert callable(call)
    with pytest.raises(PortalError) as caught:
        call(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "name", "given", "stored"),
    [
        ("contacts", "email", "  Wang.Wei@Example.COM ", "wang.wei@example.com"),
        ("contacts", "phone", "+86 138-0013-8000", "+86 138-0013-8000"),
        ("contacts", "firstname", "王伟 ＡＢ 🎉", "王伟 ＡＢ 🎉"),
        ("companies", "annualrevenue", "1000.00", "1000"),
        ("companies", "annualrevenue", "1.2500e3", "1250"),
        ("companies", "numberofemployees", 250, "250"),
        ("deals", "amount", "-12.50", "-12.5"),
        ("deals", "closedate", "1767225600000", "2026-01-01T00:00:00.000Z"),
        ("deals", "closedate", "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00.000Z"),
        ("contacts", "hs_email_optout", "TRUE", "true"),
        ("contacts", "hs_buying_role", "CHAMPION;INFLUENCER;CHAMPION", "CHAMPION;INFLUENCER"),
    ],
)
def test_values_are_stored_as_hubspot_normalises_them(
    portal: Portal, kind: str, name: str, given: object, stored: str
) -> None:
    made = portal.create(kind, {name: given})
    assert portal.get(kind, made.id).properties[name] == stored


@pytest.mark.parametrize(
    ("kind", "name", "given", "code"),
    [
        ("contacts", "email", "not an address", "INVALID_EMAIL"),
        ("contacts", "lifecyclestage", "Lead", "INVALID_OPTION"),
        ("companies", "annualrevenue", "a lot", "INVALID_LONG"),
        ("deals", "closedate", "soon", "INVALID_DATE"),
        ("contacts", "hs_email_optout", "perhaps", "INVALID_BOOLEAN"),
        ("contacts", "no_such_property", "x", "PROPERTY_DOESNT_EXIST"),
        ("contacts", "hs_object_id", "7", "READ_ONLY_VALUE"),
        ("contacts", "hubspot_owner_id", "7", "INVALID_OWNER_ID"),
        ("contacts", "firstname", "x" * 70_000, "INVALID_LENGTH"),
        ("deals", "dealstage", "dreaming", "INVALID_OPTION"),
    ],
)
def test_one_refused_value_refuses_the_record(
    portal: Portal, kind: str, name: str, given: str, code: str
) -> None:
    error = refused(portal.create, kind, {name: given})
    assert (error.status, error.category) == (400, "VALIDATION_ERROR")
    assert f'"error":"{code}"' in error.message
    assert portal.page(kind) == ([], None)


def test_a_date_property_takes_utc_midnight_only(portal: Portal) -> None:
    portal.create_property(
        "contacts", PropertyDefinition("renewal", "Renewal", "date", "date", "contactinformation")
    )
    made = portal.create("contacts", {"renewal": "1767225600000"})
    assert made.properties["renewal"] == "2026-01-01"
    assert "midnight" in refused(portal.update, "contacts", made.id, {"renewal": "1767225600001"}).message


def test_a_phone_gets_a_searchable_form(portal: Portal) -> None:
    made = portal.create("contacts", {"phone": "+86 138 0013 8000", "mobilephone": "(010) 6552-9988"})
    assert made.properties["hs_searchable_calculated_phone_number"] == "13800138000"
    assert made.properties["hs_searchable_calculated_mobile_number"] == "01065529988"


def test_every_write_bumps_the_stamp_even_when_nothing_changes(portal: Portal) -> None:
    contact = portal.create("contacts", {"firstname": "A"})
    company = portal.create("companies", {"name": "A"})
    first = contact.properties["lastmodifieddate"], company.properties["hs_lastmodifieddate"]
    portal.update("contacts", contact.id, {"firstname": "A"}, source=APP)
    portal.update("companies", company.id, {"name": "A"}, source=APP)
    assert contact.properties["lastmodifieddate"] > first[0]
    assert company.properties["hs_lastmodifieddate"] > first[1]
    assert contact.properties["createdate"] == first[0]
    assert len(portal.history("contacts", contact.id, "firstname")) == 1


def test_blank_clears_and_history_remembers_who(portal: Portal) -> None:
    made = portal.create("contacts", {"company": "Old"}, source=Source.person(7))
    portal.update("contacts", made.id, {"company": ""}, source=APP)
    assert "company" not in portal.get("contacts", made.id).properties
    newest, oldest = portal.history("contacts", made.id, "company")
    assert (newest.value, newest.source.kind, newest.source.id) == ("", "INTEGRATION", "42")
    assert (oldest.value, oldest.source.user_id) == ("Old", 7)
    assert newest.timestamp > oldest.timestamp


@pytest.mark.parametrize(("kind", "name", "cap"), [("contacts", "firstname", 45), ("deals", "dealname", 20)])
def test_history_keeps_only_so_many_versions(portal: Portal, kind: str, name: str, cap: int) -> None:
    made = portal.create(kind, {name: "0"})
    for number in range(1, 60):
        portal.update(kind, made.id, {name: str(number)})
    kept = portal.history(kind, made.id, name)
    assert len(kept) == cap
    assert kept[0].value == "59"


def test_life_cycle_does_not_move_backwards_in_one_write(portal: Portal, world: World) -> None:
    made = portal.create("contacts", {"lifecyclestage": "salesqualifiedlead"})
    portal.update("contacts", made.id, {"lifecyclestage": "lead", "firstname": "B"})
    assert made.properties["lifecyclestage"] == "salesqualifiedlead"
    assert made.properties["firstname"] == "B"
    world.switches.lifecycle_backward = "error"
    assert refused(portal.update, "contacts", made.id, {"lifecyclestage": "lead"}).status == 400
    portal.update("contacts", made.id, {"lifecyclestage": ""})
    portal.update("contacts", made.id, {"lifecyclestage": "lead"})
    assert made.properties["lifecyclestage"] == "lead"
    assert "hs_lifecyclestage_salesqualifiedlead_date" not in made.properties


def test_a_deal_stage_carries_its_facts(portal: Portal) -> None:
    deal = portal.create("deals", {"dealname": "X", "dealstage": "appointmentscheduled"})
    assert deal.properties["pipeline"] == "default"
    portal.update("deals", deal.id, {"dealstage": "closedwon"})
    assert deal.properties["hs_is_closed_won"] == "true"
    assert deal.properties["hs_deal_stage_probability"] == "1"
    assert deal.properties["hs_v2_date_entered_closedwon"] == deal.properties["closedate"]
    assert [v.value for v in portal.history("deals", deal.id, "dealstage")] == [
        "closedwon",
        "appointmentscheduled",
    ]


def test_unique_values_hold_when_threads_race(portal: Portal) -> None:
    portal.create_property(
        "contacts",
        PropertyDefinition("baton_key", "Key", "string", "text", "contactinformation", unique=True),
    )
    barrier, outcomes = Barrier(8), []

    def create() -> None:
        barrier.wait()
        try:
            outcomes.append(portal.create("contacts", {"baton_key": "K1"}).id)
        except PortalError as error:
            outcomes.append(error.category)

    threads = [Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [one for one in outcomes if one != "CONFLICT"]
    assert len(winners) == 1
    assert outcomes.count("CONFLICT") == 7
    assert len(portal.page("contacts")[0]) == 1


def test_a_taken_email_names_its_holder_only_in_the_text(portal: Portal) -> None:
    made = portal.create("contacts", {"email": "a@b.com"})
    error = refused(portal.create, "contacts", {"email": "A@B.com"})
    assert (error.status, error.message) == (409, f"Contact already exists. Existing ID: {made.id}")


@pytest.mark.parametrize(("switch", "status"), [("conflict", 409), ("validation", 400)])
def test_changing_to_a_taken_value_is_refused_as_the_switch_says(
    portal: Portal, world: World, switch: str, status: int
) -> None:
    world.switches.hubspot_unique_conflict = switch
    first = portal.create("contacts", {"email": "a@b.com"})
    second = portal.create("contacts", {"email": "c@d.com"})
    error = refused(portal.update, "contacts", second.id, {"email": "a@b.com"})
    assert error.status == status
    assert first.id in error.message


def test_a_freed_email_can_be_taken_again(portal: Portal) -> None:
    made = portal.create("contacts", {"email": "a@b.com"})
    portal.update("contacts", made.id, {"email": "new@b.com"})
    other = portal.create("contacts", {"email": "a@b.com"})
    portal.archive("contacts", other.id)
    assert portal.create("contacts", {"email": "a@b.com"}).id != other.id
    assert refused(portal.restore_record, "contacts", other.id).status == 409


def test_upsert_by_unique_value_creates_once(portal: Portal) -> None:
    first, new = portal.upsert("contacts", "email", {"email": "A@b.com", "firstname": "A"})
    again, second = portal.upsert("contacts", "email", {"email": "a@B.com", "lastname": "B"})
    assert (first.id, new, second) == (again.id, True, False)
    assert portal.get("contacts", "a@b.com", id_property="email").properties["lastname"] == "B"


def test_delete_is_an_archive_that_comes_back_for_ninety_days(portal: Portal, world: World) -> None:
    company = portal.create("companies", {"name": "C"})
    made = portal.create("contacts", {"email": "a@b.com"}, associations=[Link("companies", company.id)])
    portal.archive("contacts", made.id)
    assert refused(portal.get, "contacts", made.id).status == 404
    assert [row.id for row in portal.page("contacts", archived=True)[0]] == [made.id]
    assert portal.associated("companies", company.id, "contacts") == []
    portal.restore_record("contacts", made.id)
    assert portal.get("contacts", "a@b.com", id_property="email").id == made.id
    portal.archive("contacts", made.id)
    world.clock.advance(timedelta(days=91))
    assert refused(portal.restore_record, "contacts", made.id).status == 404


def test_an_association_touches_no_stamp_and_makes_the_first_company_primary(portal: Portal) -> None:
    contact, company = (
        portal.create("contacts", {"firstname": "A"}),
        portal.create("companies", {"name": "C"}),
    )
    before = contact.updated_at, company.updated_at
    portal.associate(("contacts", contact.id), ("companies", company.id))
    assert (contact.updated_at, company.updated_at) == before
    linked = portal.associations.of("contacts", contact.key, "companies")
    assert [[label.type_id for label in labels] for _, labels in linked] == [[1, 279]]
    portal.dissociate(("companies", company.id), ("contacts", contact.id))
    assert portal.associated("contacts", contact.id, "companies") == []


def test_a_lead_needs_a_contact_and_required_properties_are_named(portal: Portal, world: World) -> None:
    assert refused(portal.create, "leads", {"hs_lead_name": "L"}).status == 400
    contact = portal.create("contacts", {"firstname": "A"})
    link = [Link("contacts", contact.id, 578)]
    made = portal.create("leads", {"hs_lead_name": "L"}, associations=link)
    assert portal.associated("leads", made.id, "contacts") == [contact.id]
    assert refused(portal.create, "notes", {"hs_note_body": "x"}).context == {"properties": ["hs_timestamp"]}


@pytest.mark.parametrize("allowed", [True, False])
def test_unique_properties_on_leads_follow_the_switch(portal: Portal, world: World, allowed: bool) -> None:
    world.switches.unique_on_leads = allowed
    definition = PropertyDefinition("baton_key", "K", "string", "text", "lead_information", unique=True)
    if allowed:
        assert portal.create_property("leads", definition).unique
    else:
        assert refused(portal.create_property, "leads", definition).status == 400


def test_late_commits_are_stamped_at_once_and_seen_later(portal: Portal, world: World) -> None:
    made = portal.create("contacts", {"email": "a@b.com"}, late=timedelta(seconds=30))
    assert portal.page("contacts") == ([], None)
    assert refused(portal.create, "contacts", {"email": "a@b.com"}).status == 409
    world.clock.advance(timedelta(seconds=31))
    assert [row.id for row in portal.page("contacts")[0]] == [made.id]
    portal.update("contacts", made.id, {"firstname": "New"}, late=timedelta(seconds=30))
    stale = portal.get("contacts", made.id)
    assert "firstname" not in stale.properties
    world.clock.advance(timedelta(seconds=31))
    fresh = portal.get("contacts", made.id)
    assert fresh.properties["firstname"] == "New"
    assert stale.updated_ms < fresh.updated_ms < portal.now_ms() - 30_000


def test_a_late_delete_and_a_late_merge_are_seen_later(portal: Portal, world: World) -> None:
    one, two, three = (portal.create("contacts", {"firstname": str(n)}) for n in range(3))
    portal.archive("contacts", one.id, late=timedelta(seconds=10))
    portal.merge("contacts", two.id, three.id, late=timedelta(seconds=10))
    assert [row.id for row in portal.page("contacts")[0]] == [one.id, two.id, three.id]
    world.clock.advance(timedelta(seconds=11))
    assert [row.id for row in portal.page("contacts")[0]] == [two.id]


@pytest.mark.parametrize("new_id", [False, True])
@pytest.mark.parametrize("resolves", [False, True])
def test_merge_leaves_one_survivor(portal: Portal, world: World, new_id: bool, resolves: bool) -> None:
    world.switches.merge_makes_new_id, world.switches.old_id_resolves = new_id, resolves
    primary = portal.create("contacts", {"email": "a@b.com", "lifecyclestage": "lead"})
    other = portal.create("contacts", {"email": "c@d.com", "phone": "1", "lifecyclestage": "customer"})
    note = portal.log_activity("notes", other.id, {"hs_note_body": "x"})
    survivor = portal.merge("contacts", primary.id, other.id)
    assert (survivor.id != primary.id) is new_id
    assert survivor.properties["phone"] == "1"
    assert survivor.properties["lifecyclestage"] == "customer"
    assert survivor.properties["hs_additional_emails"] == "c@d.com"
    assert other.id in survivor.properties["hs_merged_object_ids"].split(";")
    assert portal.associated("notes", note.id, "contacts") == [survivor.id]
    assert [row.id for row in portal.page("contacts")[0]] == [survivor.id]
    assert portal.page("contacts", archived=True)[0] == []
    if resolves:
        assert portal.get("contacts", other.id).id == survivor.id
    else:
        assert refused(portal.get, "contacts", other.id).status == 404
    taken = refused(portal.create, "contacts", {"email": "c@d.com"})
    assert survivor.id in taken.message


@pytest.mark.parametrize("blocks", [True, False])
def test_a_privacy_deletion_leaves_no_trace(portal: Portal, world: World, blocks: bool) -> None:
    world.switches.hubspot_gdpr_blocks_email = blocks
    made = portal.create("contacts", {"email": "a@b.com"})
    portal.gdpr_delete("a@b.com", id_property="email")
    assert portal.page("contacts", archived=True) == ([], None)
    assert refused(portal.get, "contacts", made.id).status == 404
    if blocks:
        assert refused(portal.create, "contacts", {"email": "a@b.com"}).status == 400
    else:
        assert portal.create("contacts", {"email": "a@b.com"}).id != made.id


def test_a_snapshot_restores_everything(portal: Portal, world: World) -> None:
    owner = portal.add_owner("rep@x.com")
    contact = portal.create("contacts", {"email": "a@b.com", "hubspot_owner_id": owner})
    portal.update("contacts", contact.id, {"firstname": "B"}, source=APP)
    portal.log_activity("calls", contact.id, {"hs_call_body": "hello", "hs_call_duration": 1000})
    gone = portal.create("contacts", {"email": "x@y.com"})
    portal.archive("contacts", gone.id)
    form = portal.add_form("Demo")
    portal.submit_form(form.id, {"email": "a@b.com"})
    portal.create_property("contacts", PropertyDefinition("k", "K", "string", "text", "contactinformation"))
    saved = portal.snapshot()
    again = Portal(world)
    again.restore(saved)
    assert again.snapshot() == saved
    assert again.history("contacts", contact.id, "firstname") == portal.history(
        "contacts", contact.id, "firstname"
    )
    assert refused(again.create, "contacts", {"email": "a@b.com"}).status == 409
    assert again.create("contacts", {"k": "v"}).id == portal.create("contacts", {"k": "v"}).id


def test_two_portals_of_one_seed_agree(world: World) -> None:
    ids = [Portal(World(world.clock)).create("contacts", {"firstname": "A"}).id for _ in range(2)]
    assert ids[0] == ids[1]


def test_a_lead_enters_the_first_stage_and_goes_with_its_last_contact(portal: Portal) -> None:
    contacts = [portal.create("contacts", {"firstname": name}) for name in "AB"]
    leads = [
        portal.create("leads", {"hs_lead_name": "L"}, associations=[Link("contacts", contact.id, 578)])
        for contact in contacts
    ]
    assert leads[0].properties["hs_pipeline_stage"] == "new-stage-id"
    assert leads[0].properties["hs_lead_is_open"] == "true"
    assert leads[0].properties["hs_primary_contact_id"] == contacts[0].id
    portal.update("leads", leads[0].id, {"hs_pipeline_stage": "unqualified-stage-id"})
    assert leads[0].properties["hs_lead_is_open"] == "false"
    portal.dissociate(("leads", leads[0].id), ("contacts", contacts[0].id))
    portal.archive("contacts", contacts[1].id)
    assert portal.page("leads")[0] == []
    assert len(portal.page("leads", archived=True)[0]) == 2


@pytest.mark.parametrize("tied", [True, False])
def test_a_new_contact_finds_its_company_where_the_portal_is_set_so(
    portal: Portal, world: World, tied: bool
) -> None:
    world.switches.hubspot_auto_associates_company = tied
    company = portal.create("companies", {"name": "Acme", "domain": "acme.com"})
    contact = portal.create("contacts", {"email": "a@acme.com"})
    assert portal.associated("contacts", contact.id, "companies") == ([company.id] if tied else [])
