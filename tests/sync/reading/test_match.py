"""Whose a record is: one lead for one person, two for two, and a suggestion where only a person can judge."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store import activities, identities, links
from connector.sync.match import rematch
from connector.sync.merge_leads import (
    UnknownRecordError,
    UnknownSuggestionError,
    answer_suggestion,
    split,
)
from mappings.records import Activity, Kind, RecordKey
from tests.sync.reading.bench import Bench


def suggested(bench: Bench) -> list[tuple[str, str]]:
    """Reason and state of every suggestion."""
    return [tuple(row) for row in bench.rows("SELECT reason, state FROM suggestion ORDER BY reason")]


def test_i1_an_invalid_email_makes_no_new_lead_at_any_fetch(bench: Bench) -> None:
    key = bench.lead(Email=None, LastName="Wang")
    bench.round()
    bench.org.tables["Lead"].rows[key.id]["Email"] = "not an address"
    for title in ("a", "b"):
        bench.org.update("Lead", key.id, {"Title": title})
        bench.round()
    assert bench.leads() == 1
    assert bench.rows("SELECT kind, key, detail FROM parked WHERE resolved_at IS NULL") == [
        ("value", str(key), "Email: email_invalid")
    ]
    bench.org.tables["Lead"].rows[key.id]["Email"] = "wang@acme.com"
    bench.org.update("Lead", key.id, {"Title": "c"})
    bench.round()
    assert bench.rows("SELECT count(*) FROM parked WHERE resolved_at IS NULL") == [(0,)]


def test_i2_without_the_link_table_every_record_finds_its_lead_again(bench: Bench) -> None:
    keys = [bench.contact(email="a@acme.com"), bench.lead(Email="A@acme.com", LastName="A")]
    bench.round()
    with bench.store.begin() as tx:
        tx.exec_driver_sql("DELETE FROM link")
    for key in keys:
        rematch(bench.engine, key.connection, object=key.object)
    bench.round()
    assert bench.leads() == 1
    assert {bench.lead_of(key) for key in keys} == {bench.lead_of(keys[0])}


def test_i2_with_the_whole_database_lost_leads_keep_the_ids_that_records_carry(bench: Bench) -> None:
    key, other = bench.contact(baton_id="L777"), bench.lead(Baton_Id__c="L777", LastName="Li")
    bench.round()
    assert bench.lead_of(key) == bench.lead_of(other) == "L777"


def test_an_id_that_baton_never_gave_names_no_lead(bench: Bench) -> None:
    bench.org.tables["Lead"].rows[bench.lead(LastName="Li").id]["Baton_Id__c"] = "😀" * 200
    bench.round()
    assert bench.rows("SELECT length(id) FROM lead") == [(7,)]


def test_i3_three_spellings_of_one_address_in_one_batch_are_one_lead(bench: Bench) -> None:
    spellings = ["zhang.san@acme.com", "Zhang.San@ACME.com", "ｚｈａｎｇ．ｓａｎ＠ａｃｍｅ．ｃｏｍ"]
    keys = [bench.lead(LastName=str(n)) for n in range(3)]
    for key, email in zip(keys, spellings, strict=True):
        bench.org.tables["Lead"].rows[key.id]["Email"] = email
    bench.round()
    assert bench.leads() == 1
    assert [bench.state_of(key) for key in keys] == ["active", "duplicate", "duplicate"]


def test_i3_dots_are_dropped_for_gmail_alone(bench: Bench) -> None:
    bench.lead(Email="zhang.san@gmail.com", LastName="A")
    bench.lead(Email="zhangsan+crm@gmail.com", LastName="B", Company="Other")
    bench.lead(Email="li.si@acme.com", LastName="C")
    bench.lead(Email="lisi@acme.com", LastName="D")
    bench.round()
    assert bench.leads() == 3


def test_i3_two_people_of_one_name_at_one_company_are_two_and_suggested(bench: Bench) -> None:
    bench.lead(LastName="王伟", Company="小米科技（北京）有限公司", MobilePhone="13800138001")
    bench.lead(LastName="王伟", Company="小米科技有限责任公司", MobilePhone="13800138002")
    bench.round()
    assert bench.leads() == 2
    assert suggested(bench) == [("company_and_name", "open")]


def test_i31_case_and_width_do_not_hide_a_person_across_systems(bench: Bench) -> None:
    contact, lead = bench.contact(email="zhang@acme.com"), bench.lead(Email="ZHANG@Acme.COM")
    bench.round()
    assert bench.lead_of(contact) == bench.lead_of(lead)


@pytest.mark.parametrize("first", ["contact", "lead"])
def test_a_mobile_number_is_enough_in_whatever_spelling_and_order(bench: Bench, first: str) -> None:
    keys: list[RecordKey] = []
    for kind in (first, "lead" if first == "contact" else "contact"):
        if kind == "contact":
            keys.append(bench.contact(mobilephone="+86 138-0013-8000", lastname="张"))
        else:
            keys.append(bench.lead(MobilePhone="13800138000", LastName="张"))
        bench.round()
    assert bench.lead_of(keys[0]) == bench.lead_of(keys[1])


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({"Email": "sales@acme.com"}, {"Email": "sales@acme.com"}, "role_mailbox"),
        ({"Phone": "010-65551234"}, {"Phone": "+86 10 6555 1234"}, "landline"),
    ],
)
def test_what_many_people_share_is_only_a_suggestion(
    bench: Bench, one: dict[str, str], other: dict[str, str], reason: str
) -> None:
    bench.lead(LastName="A", Company="X", **one)
    bench.lead(LastName="B", Company="Y", **other)
    bench.round()
    assert bench.leads() == 2
    assert suggested(bench) == [(reason, "open")]


def test_a_key_that_a_crowd_shares_suggests_nothing(bench: Bench) -> None:
    for number in range(12):
        bench.lead(LastName=f"P{number}", Company=f"C{number}", Email="info@acme.com")
    bench.round()
    assert bench.leads() == 12
    assert len(suggested(bench)) == 10  # the first five know each other; from then on it is a crowd


def test_conflicting_keys_make_a_lead_of_their_own_and_two_suggestions(bench: Bench) -> None:
    bench.lead(LastName="A", Email="a@acme.com")
    bench.lead(LastName="B", MobilePhone="13800138000", Company="Other")
    bench.round()
    bench.contact(lastname="C", email="a@acme.com", mobilephone="13800138000")
    bench.round()
    assert bench.leads() == 3
    assert suggested(bench) == [("conflicting_keys", "open")] * 2


def test_the_same_mobile_at_another_employer_is_a_new_lead(bench: Bench) -> None:
    bench.lead(LastName="A", Email="a@acme.com", MobilePhone="13800138000")
    bench.round()
    bench.contact(lastname="A", email="a@globex.com", mobilephone="13800138000")
    bench.round()
    assert bench.leads() == 2
    assert suggested(bench) == [("new_employer", "open")]


def test_the_same_mobile_with_a_private_address_is_the_same_lead(bench: Bench) -> None:
    bench.lead(LastName="A", Email="a@acme.com", MobilePhone="13800138000")
    bench.round()
    bench.contact(lastname="A", email="aaa@qq.com", mobilephone="13800138000")
    bench.round()
    assert bench.leads() == 1


def test_records_of_one_person_meet_when_the_missing_address_is_filled_in(bench: Bench) -> None:
    contact = bench.contact(lastname="A")
    bench.wait(seconds=5)
    lead = bench.lead(Email="a@acme.com")
    bench.round()
    assert bench.leads() == 2
    older = bench.lead_of(contact)
    bench.portal.update("contacts", contact.id, {"email": "a@acme.com"})
    bench.round()
    assert bench.leads() == 1
    assert bench.lead_of(lead) == bench.lead_of(contact) == older


def test_i5_an_address_that_replaced_another_does_not_merge_two_people(bench: Bench) -> None:
    contact, lead = bench.contact(email="b@acme.com"), bench.lead(Email="a@acme.com")
    bench.round()
    bench.portal.update("contacts", contact.id, {"email": "a@acme.com"})
    bench.round()
    assert bench.lead_of(contact) != bench.lead_of(lead)
    assert suggested(bench) == [("key_changed", "open")]


def test_i27_of_several_records_the_one_made_first_is_written(bench: Bench) -> None:
    first = bench.lead(LastName="A", Email="a@acme.com")
    bench.wait(hours=1)
    second = bench.lead(LastName="A", Email="a@acme.com")
    bench.round()
    assert [bench.state_of(key) for key in (first, second)] == ["active", "duplicate"]
    bench.org.delete("Lead", first.id)
    bench.round()
    assert [bench.state_of(key) for key in (first, second)] == ["gone", "active"]
    bench.org.undelete("Lead", first.id)
    bench.round()
    assert [bench.state_of(key) for key in (first, second)] == ["active", "duplicate"]


def test_i14_archived_in_marketing_and_restored(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    bench.portal.archive("contacts", key.id)
    bench.round(wait=3700)
    assert bench.state_of(key) == "gone"
    bench.portal.restore_record("contacts", key.id)
    bench.round(wait=3700)
    assert bench.state_of(key) == "active"
    assert bench.leads() == 1


def test_i14_deleted_in_the_crm_and_made_again_is_the_same_person(bench: Bench) -> None:
    key = bench.lead(Email="a@acme.com")
    bench.round()
    lead_id = bench.lead_of(key)
    bench.org.delete("Lead", key.id)
    bench.round()
    assert bench.state_of(key) == "gone"
    again = bench.lead(Email="a@acme.com")
    bench.round()
    assert bench.lead_of(again) == lead_id


def test_i33_a_merge_in_marketing_makes_nothing_new(bench: Bench) -> None:
    winner, loser = bench.contact(email="a@acme.com"), bench.contact(email="b@acme.com")
    bench.round()
    old = bench.lead_of(loser)
    merged = bench.portal.merge("contacts", winner.id, loser.id)
    for _ in range(3):
        bench.round()
    survivor = RecordKey("marketing", "contacts", str(merged.id))
    assert bench.leads() == 1
    assert bench.state_of(loser) == "merged"
    assert bench.lead_of(loser) == bench.lead_of(survivor)
    with bench.store.read() as tx:
        assert links.live_lead(tx, old) == bench.lead_of(survivor)


def test_i33_a_merge_in_the_crm_makes_nothing_new(bench: Bench) -> None:
    winner, loser = bench.lead(Email="a@acme.com"), bench.lead(Email="b@acme.com", LastName="B")
    contact = bench.contact(email="b@acme.com")
    bench.round()
    bench.org.merge("Lead", winner.id, [loser.id])
    for _ in range(3):
        bench.round()
    assert bench.leads() == 1
    assert bench.state_of(loser) == "merged"
    assert bench.lead_of(contact) == bench.lead_of(winner)


def test_a_merge_of_records_never_seen_apart_is_no_trouble(bench: Bench) -> None:
    winner, loser = bench.contact(email="a@acme.com"), bench.contact(email="b@acme.com")
    bench.portal.merge("contacts", winner.id, loser.id)
    for _ in range(3):
        assert bench.round().trouble == []
    assert bench.leads() == 1


def test_i4_a_converted_lead_is_its_contact(bench: Bench) -> None:
    lead = bench.lead(Email="a@acme.com", Company="Acme")
    bench.round()
    made = bench.org.convert(lead.id)
    for _ in range(3):
        bench.round()
    contact = RecordKey("crm", "Contact", str(made["contactId"]))
    assert bench.leads() == 1
    assert bench.state_of(lead) == "converted"
    assert bench.lead_of(contact) == bench.lead_of(lead)
    assert bench.state_of(contact) == "active"
    assert bench.rows("SELECT remote_id, picked_by FROM opportunity_lead") == [
        (made["opportunityId"], "conversion")
    ]


def test_i4_a_conversion_without_any_key_still_ends_at_one_lead(bench: Bench) -> None:
    lead = bench.lead(LastName="Wang")
    bench.org.convert(lead.id)
    bench.round()
    assert bench.leads() == 1


def test_a_request_field_is_one_request_per_value(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com", baton_handoff_requested="1793613600000")
    bench.round()
    bench.portal.update("contacts", key.id, {"jobtitle": "CEO"})
    bench.round()
    asked = bench.rows("SELECT id, lead_id, actor_kind FROM request")
    assert asked == [(f"{key}:2026-11-02T10:00:00+00:00", bench.lead_of(key), "sdr")]
    bench.portal.update("contacts", key.id, {"baton_handoff_requested": "1793617200000"})
    bench.round()
    assert bench.rows("SELECT count(*) FROM request") == [(2,)]


def test_every_matched_lead_is_marked_to_be_decided(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    bench.round()
    assert bench.rows("SELECT lead_id, reason FROM dirty") == [(bench.lead_of(key), "record")]


def test_split_parts_a_record_for_good_and_keeps_both_histories(bench: Bench) -> None:
    contact, lead = bench.contact(email="a@acme.com"), bench.lead(Email="a@acme.com")
    bench.round()
    old = bench.lead_of(contact)
    new = split(bench.engine, lead, by="admin")
    assert (bench.lead_of(contact), bench.lead_of(lead)) == (old, new)
    bench.org.update("Lead", lead.id, {"Title": "CEO"})
    bench.portal.update("contacts", contact.id, {"jobtitle": "Clerk"})
    bench.round()
    assert bench.lead_of(contact) != bench.lead_of(lead)
    with pytest.raises(UnknownRecordError):
        split(bench.engine, RecordKey("crm", "Lead", "nobody"), by="admin")


def test_a_person_answers_a_suggestion_once(bench: Bench) -> None:
    one = bench.lead(LastName="王伟", Company="小米科技", MobilePhone="13800138001")
    other = bench.lead(LastName="王伟", Company="小米科技", MobilePhone="13800138002")
    bench.round()
    old = {bench.lead_of(one), bench.lead_of(other)}
    with bench.store.read() as tx:
        waiting = identities.open_suggestions(tx, 10)
    survivor = answer_suggestion(bench.engine, waiting[0].id, same=True, by="admin")
    assert bench.lead_of(one) == bench.lead_of(other) == survivor
    with bench.store.read() as tx:
        assert {links.live_lead(tx, lead) for lead in old} == {survivor}
    with pytest.raises(UnknownSuggestionError):
        answer_suggestion(bench.engine, waiting[0].id, same=False, by="admin")


def test_two_whom_a_person_called_two_stay_two(bench: Bench) -> None:
    one = bench.lead(LastName="王伟", Company="小米科技", MobilePhone="13800138001")
    other = bench.lead(LastName="王伟", Company="小米科技", MobilePhone="13800138002")
    bench.round()
    with bench.store.read() as tx:
        waiting = identities.open_suggestions(tx, 10)
    answer_suggestion(bench.engine, waiting[0].id, same=False, by="admin")
    bench.org.update("Lead", one.id, {"Email": "w@xiaomi.com"})
    bench.round()
    bench.org.update("Lead", other.id, {"Email": "w@xiaomi.com"})
    bench.round()
    assert bench.lead_of(one) != bench.lead_of(other)


def test_a_lead_is_as_old_as_its_record(bench: Bench) -> None:
    bench.lead(Email="a@acme.com")
    made = bench.world.clock.now()
    bench.wait(hours=9)
    bench.round()
    with bench.store.read() as tx:
        (found,) = links.leads(tx, [bench.rows("SELECT id FROM lead")[0][0]]).values()
    assert abs(found.created_at - made) < timedelta(seconds=2)


def test_one_mobile_number_of_two_names_is_two_people_and_suggested(bench: Bench) -> None:
    one = bench.contact(mobilephone="13911112222", lastname="王", firstname="伟")
    other = bench.contact(mobilephone="13911112222", lastname="李", firstname="娜")
    bench.round()
    third = bench.lead(MobilePhone="13911112222", LastName="赵", FirstName="敏")
    bench.round()
    assert len({bench.lead_of(key) for key in (one, other, third)}) == 3
    assert ("other_name", "open") in suggested(bench)


@pytest.mark.parametrize(
    "name",
    [
        {"LastName": "王", "FirstName": "伟"},
        {"LastName": "伟", "FirstName": "王"},
        {"LastName": "王"},
        {"LastName": "王总"},
        {"LastName": "王 伟"},
    ],
)
def test_one_mobile_number_is_one_person_where_the_names_may_be_one(
    bench: Bench, name: dict[str, str]
) -> None:
    contact = bench.contact(mobilephone="13911112222", lastname="王", firstname="伟")
    bench.round()
    lead = bench.lead(MobilePhone="13911112222", **name)
    bench.round()
    assert bench.lead_of(contact) == bench.lead_of(lead)


@pytest.mark.parametrize(
    ("lead", "one_person"),
    [
        ({"LastName": "李", "FirstName": "娜", "MobilePhone": "13911114444"}, False),
        ({"LastName": "李", "FirstName": "娜"}, True),
        ({"LastName": "王", "FirstName": "伟", "MobilePhone": "13911114444"}, True),
    ],
)
def test_an_address_is_too_little_where_name_and_number_are_of_another(
    bench: Bench, lead: dict[str, str], one_person: bool
) -> None:
    contact = bench.contact(email="a@acme.com", mobilephone="13911113333", lastname="王", firstname="伟")
    bench.round()
    made = bench.lead(Email="a@acme.com", **lead)
    bench.round()
    assert (bench.lead_of(contact) == bench.lead_of(made)) is one_person
    assert suggested(bench) == ([] if one_person else [("other_name", "open")])


def test_a_record_whose_link_was_lost_comes_back_by_the_keys_it_had(bench: Bench) -> None:
    one = bench.contact(mobilephone="13911112222", lastname="王", firstname="伟")
    other = bench.contact(mobilephone="13911112222", lastname="李", firstname="娜")
    bench.round()
    before = bench.lead_of(one), bench.lead_of(other)
    with bench.store.begin() as tx:
        tx.exec_driver_sql("DELETE FROM link")
    rematch(bench.engine, one.connection, object=one.object)
    bench.round()
    assert (bench.lead_of(one), bench.lead_of(other)) == before


def test_a_person_whose_record_moves_to_another_employer_is_pointed_out_and_parted_without_the_past(
    bench: Bench,
) -> None:
    contact = bench.contact(email="wei@acme.com", lastname="王伟")
    bench.round()
    now = bench.engine.now()
    said = Activity(
        RecordKey("marketing", "emails", "1"), Kind.EMAIL_REPLY, now, now, now, person_ids=(contact.id,)
    )
    with bench.store.begin() as tx:
        activities.keep_activities(tx, [said])
    old = bench.lead_of(contact)
    bench.portal.update("contacts", contact.id, {"email": "wei@globex.com"})
    bench.round()
    assert bench.lead_of(contact) == old
    assert bench.rows("SELECT kind, key, reason FROM parked") == [
        ("employer", str(contact), "employer_changed")
    ]
    new = split(bench.engine, contact, by="sdr:", moved=True)
    bench.round()
    assert bench.lead_of(contact) == new != old
    assert bench.rows("SELECT DISTINCT lead_id FROM activity_tie") == [(old,)]
    accounts = dict(bench.rows("SELECT id, account_id FROM lead"))
    assert accounts[new] != accounts[old]
    assert bench.rows("SELECT key FROM parked WHERE resolved_at IS NULL") == []


def test_a_private_address_that_replaces_a_companys_says_nothing_of_the_employer(bench: Bench) -> None:
    contact = bench.contact(email="wei@acme.com", lastname="王伟")
    bench.round()
    bench.portal.update("contacts", contact.id, {"email": "wei@qq.com"})
    bench.round()
    assert bench.rows("SELECT * FROM parked") == []
