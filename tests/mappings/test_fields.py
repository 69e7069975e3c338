"""Rows become our records: what can be read is kept, what cannot is named, what is hidden is left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.document import MappingDocument
from mappings.fields import (
    newly_read,
    read_account,
    read_opportunity,
    read_owner,
    read_person,
    remote_fields,
    stated,
)
from mappings.identity import identity_keys
from mappings.own_fields import record_currency
from mappings.problems import Severity
from mappings.records import Money, Owner, Person, RecordKey, Scalar
from mappings.values import UNREADABLE, same
from mappings.writing import creation_values, written

CONTACT = RecordKey("portal", "contacts", "101")
LEAD = RecordKey("org", "Lead", "00Q000000000001AAA")
DEAL = RecordKey("portal", "deals", "7")
SEEN = datetime(2026, 11, 22, tzinfo=UTC)

ROW: dict[str, Scalar] = {
    "firstname": "伟",
    "lastname": "王",
    "company": "小米科技（北京）有限公司",
    "jobtitle": "采购总监 🚀",
    "email": "Wang.Wei@Example.com",
    "mobilephone": "138 0013 8000",
    "phone": "",
    "hs_analytics_source": "PAID_SEARCH",
    "hs_email_optout": "",
    "associatedcompanyid": "55",
    "lifecyclestage": "lead",
    "baton_id": None,
    "baton_handoff_requested": "1795305600000",
    "baton_rejection_reason": "没有预算",
    "baton_rejection_note": "明年再说",
    "baton_rejection_until": "2027-01-15",
    "baton_return_to_me": "true",
    "createdate": "2026-01-01T00:00:00.000Z",
    "annualrevenue": "5000万",
    "numemployees": "100-500",
    "country": "中国",
    "hs_analytics_num_page_views": "12",
}


def problems_of(found: tuple[object, tuple[object, ...]]) -> list[str]:
    return [f"{problem.field}:{problem.id}" for problem in found[1]]  # type: ignore[attr-defined]


def test_a_contact_is_read_in_our_words(mapping: MappingDocument) -> None:
    person, problems = read_person(mapping, "hubspot", CONTACT, ROW, modified_at=SEEN)
    assert problems == ()
    assert person == Person(
        CONTACT,
        name="王伟",
        first_name="伟",
        last_name="王",
        company="小米科技（北京）有限公司",
        title="采购总监 🚀",
        email="wang.wei@example.com",
        mobile="+8613800138000",
        source="paid_search",
        account_id="55",
        status="lead",
        requested_at=datetime(2026, 11, 22, tzinfo=UTC),
        rejection_reason="no_budget",
        rejection_note="明年再说",
        rejection_until=date(2027, 1, 15),
        return_to_me=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        modified_at=SEEN,
        properties={"employees": 100, "page_views": 12},
    )


def test_a_full_name_that_a_system_states_is_taken_as_it_is(edited: Callable[..., MappingDocument]) -> None:
    found = edited("facts", "salesforce", "Lead", "fields", name="Name")
    assert (
        read_person(found, "salesforce", LEAD, {"Name": "王伟 博士", "LastName": "王"})[0].name == "王伟 博士"
    )


def test_a_lead_record_states_facts_of_its_company(mapping: MappingDocument) -> None:
    account, problems = read_account(mapping, "hubspot", CONTACT, ROW)
    assert (account.revenue, account.employees, account.country) == (Money(5_000_000_000, "CNY"), 100, "CN")
    assert problems == ()
    assert account.properties == {}


def test_a_company_is_read(mapping: MappingDocument) -> None:
    row = {
        "name": "Acme",
        "domain": "Acme.com",
        "annualrevenue": "1000000",
        "type": "RESELLER",
        "city": "上海",
    }
    account, _ = read_account(mapping, "hubspot", RecordKey("portal", "companies", "55"), row)
    assert (account.name, account.domain, account.kind) == ("Acme", "acme.com", "partner")
    assert account.properties == {"city": "上海"}


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(mapping: MappingDocument) -> None:
    row = ROW | {
        "email": "not an address",
        "baton_rejection_until": "2027-01-15T00:00:00",
        "baton_return_to_me": "perhaps",
        "mobilephone": "12",
        "baton_rejection_reason": "手滑了",
    }
    found = read_person(mapping, "hubspot", CONTACT, row)
    assert problems_of(found) == [
        "email:email_invalid",
        "mobilephone:phone_unreadable",
        "baton_rejection_reason:choice_unmapped",
        "baton_rejection_until:datetime_naive",
        "baton_return_to_me:bool_unreadable",
    ]
    person = found[0]
    assert (person.email, person.mobile, person.rejection_until, person.return_to_me) == (
        "",
        "12",
        None,
        False,
    )
    assert (person.name, person.rejection_reason) == ("王伟", "手滑了")


def test_no_problem_holds_an_address_or_a_number(mapping: MappingDocument) -> None:
    row = ROW | {"email": "secret person@example.com", "mobilephone": "5550199", "annualrevenue": "secret"}
    _, problems = read_person(mapping, "hubspot", CONTACT, row)
    _, more = read_account(mapping, "hubspot", CONTACT, row)
    assert len(problems) == 2
    assert len(more) == 1
    assert "secret" not in repr((problems, more))
    assert "5550199" not in repr(problems)


def test_an_invalid_address_makes_no_key_however_often_it_is_read(mapping: MappingDocument) -> None:
    row = {"email": "zhang@@example", "lastname": "张"}
    readings = {identity_keys(read_person(mapping, "hubspot", CONTACT, row)[0]) for _ in range(2)}
    assert readings == {()}


def test_an_upper_case_address_in_one_system_meets_a_lower_case_one_in_the_other(
    mapping: MappingDocument,
) -> None:
    here, _ = read_person(mapping, "hubspot", CONTACT, {"email": "ＷＡＮＧ@EXAMPLE.COM"})
    there, _ = read_person(mapping, "salesforce", LEAD, {"Email": "wang@example.com"})
    assert identity_keys(here) == identity_keys(there) != ()


def test_a_row_without_fields_gives_an_empty_person_without_complaint(mapping: MappingDocument) -> None:
    assert read_person(mapping, "hubspot", CONTACT, {}) == (Person(CONTACT), ())


def test_no_row_makes_reading_fail(mapping: MappingDocument) -> None:
    values = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=40)
        | st.from_regex(r"[-\d.,e+万亿$¥%/年T:Z]{1,24}")
    )

    @given(st.dictionaries(st.sampled_from([*ROW, "hs_language", "website"]), values))
    def reads(row: dict[str, Scalar]) -> None:
        person, problems = read_person(mapping, "hubspot", CONTACT, row)
        account, _ = read_account(mapping, "hubspot", CONTACT, row)
        assert person.key == account.key == CONTACT
        assert {problem.field for problem in problems} <= set(row)

    reads()


def test_a_deal_is_read_with_its_currency_people_and_outcome(mapping: MappingDocument) -> None:
    row: dict[str, Scalar] = {
        "dealname": "Line 2",
        "amount": "12000.50",
        "deal_currency_code": "USD",
        "dealstage": "closedwon",
        "hs_is_closed": "true",
        "hs_is_closed_won": "true",
        "hs_deal_stage_probability": "1.0",
        "associations.companies": "55;56",
        "associations.contacts": "101;102",
    }
    deal, problems = read_opportunity(mapping, "hubspot", DEAL, row, modified_at=SEEN)
    assert problems == ()
    assert (deal.amount, deal.probability, deal.account_id) == (Money(1_200_050, "USD"), 100, "55")
    assert (deal.person_ids, deal.is_won, deal.is_closed) == (("101", "102"), True, True)


@pytest.mark.parametrize(
    ("stage", "closed", "won"), [("closedwon", True, True), ("closedlost", True, False), ("x", False, False)]
)
def test_where_a_deal_does_not_say_its_outcome_the_stage_does(
    mapping: MappingDocument, stage: str, closed: bool, won: bool
) -> None:
    deal, _ = read_opportunity(mapping, "hubspot", DEAL, {"dealstage": stage})
    assert (deal.is_closed, deal.is_won) == (closed, won)


def test_without_a_map_a_silent_deal_is_open(
    edited: Callable[..., MappingDocument], mapping: MappingDocument
) -> None:
    kept = {
        name: choices.model_dump() for name, choices in mapping.choices.items() if name != "stage_outcome"
    }
    deal, _ = read_opportunity(edited(choices=kept), "hubspot", DEAL, {"dealstage": "closedwon"})
    assert not deal.is_closed


def test_a_negative_amount_is_kept_and_flagged(mapping: MappingDocument) -> None:
    deal, problems = read_opportunity(mapping, "hubspot", DEAL, {"amount": "-1", "deal_currency_code": None})
    assert deal.amount == Money(-100, "CNY")
    assert [(problem.id, problem.severity) for problem in problems] == [("amount_negative", Severity.WARNING)]


def test_owners_can_be_mapped_too(edited: Callable[..., MappingDocument]) -> None:
    lines = {
        "name": "Name",
        "email": {"from": "Email", "as": "email"},
        "active": {"from": "IsActive", "as": "bool"},
    }
    user = {"role": "owner", "fields": lines}
    found = edited("facts", "salesforce", User=user)
    key = RecordKey("org", "User", "005")
    assert read_owner(
        found, "salesforce", key, {"Name": "李", "Email": "Li@Example.com", "IsActive": False}
    ) == (
        Owner(key, name="李", email="li@example.com", active=False),
        (),
    )


def test_a_constant_is_the_same_for_every_record(edited: Callable[..., MappingDocument]) -> None:
    found = edited("facts", "hubspot", "contacts", "fields", source={"constant": "website"})
    assert read_person(found, "hubspot", CONTACT, {})[0].source == "website"
    assert stated(found, "hubspot", "contacts", "source", fields={}) == "website"


def test_a_pull_asks_for_every_mapped_field_once(mapping: MappingDocument) -> None:
    names = remote_fields(mapping, "salesforce", "Lead")
    assert len(names) == len(set(names))
    assert {
        "Email",
        "Company",
        "ConvertedContactId",
        "Baton_Id__c",
        "Baton_Cell__c",
        "WeCom_External_Userid__c",
    } <= {*names}
    assert "Baton_Cell__c" not in remote_fields(mapping, "salesforce", "Account")


def test_a_record_that_takes_money_tells_its_currency(mapping: MappingDocument) -> None:
    assert "CurrencyIsoCode" in remote_fields(mapping, "salesforce", "Lead")
    assert "CurrencyIsoCode" not in remote_fields(mapping, "salesforce", "Lead", visible={"Email"})
    assert record_currency(mapping, "salesforce", {"CurrencyIsoCode": "EUR"}) == "EUR"
    assert record_currency(mapping, "salesforce", {"CurrencyIsoCode": None}) == "CNY"
    assert record_currency(mapping, "hubspot", {}) == "CNY"


def test_an_opportunity_has_its_people_and_the_moment_it_was_closed(mapping: MappingDocument) -> None:
    row: dict[str, Scalar] = {
        "Amount": "12000.00",
        "StageName": "Closed Won",
        "IsClosed": True,
        "IsWon": True,
        "OpportunityContactRole.ContactId": "003A;003B",
        "OpportunityHistory.ClosedAt": "2026-11-22T00:00:00Z",
    }
    deal, problems = read_opportunity(mapping, "salesforce", RecordKey("org", "Opportunity", "006"), row)
    assert (deal.person_ids, deal.closed_at, deal.amount) == (("003A", "003B"), SEEN, Money(1_200_000, "CNY"))
    assert problems == ()
    deal, _ = read_opportunity(
        mapping,
        "salesforce",
        RecordKey("org", "Opportunity", "006"),
        row | {"CurrencyIsoCode": "USD", "IsClosed": False},
    )
    assert (deal.amount, deal.closed_at) == (Money(1_200_000, "USD"), None)


def test_a_new_line_names_what_existing_records_have_not_told_yet(
    edited: Callable[..., MappingDocument], mapping: MappingDocument
) -> None:
    newer = edited("facts", "hubspot", "contacts", "properties", seniority="seniority")
    assert newly_read(mapping, newer) == {("hubspot", "contacts"): ("seniority",)}
    assert newly_read(mapping, mapping) == {}
    tickets = edited("facts", "hubspot", tickets={"role": "account", "fields": {"name": "subject"}})
    assert newly_read(mapping, tickets) == {("hubspot", "tickets"): ("subject",)}


def test_a_pull_asks_only_for_what_a_system_shows(mapping: MappingDocument) -> None:
    assert remote_fields(mapping, "salesforce", "Lead", visible={"Email", "Other"}) == ("Email",)
    assert "associations.contacts" in remote_fields(mapping, "hubspot", "deals", visible={"amount"})


def test_an_object_nobody_mapped_is_an_error_that_names_it(mapping: MappingDocument) -> None:
    with pytest.raises(KeyError, match="hubspot tickets"):
        remote_fields(mapping, "hubspot", "tickets")


def test_a_hidden_field_is_unreadable_and_a_blank_one_is_blank(mapping: MappingDocument) -> None:
    assert stated(mapping, "salesforce", "Lead", "title", fields={}) is UNREADABLE
    assert stated(mapping, "salesforce", "Lead", "title", fields={"Title": None}) is None
    assert stated(mapping, "salesforce", "Lead", "title", fields={"Title": " CTO "}) == "CTO"


def test_a_value_that_makes_no_sense_and_a_fact_an_object_lacks_are_unreadable(
    mapping: MappingDocument,
) -> None:
    assert stated(mapping, "salesforce", "Lead", "email", fields={"Email": "none"}) is UNREADABLE
    assert stated(mapping, "salesforce", "Contact", "company", fields={"Company": "Acme"}) is UNREADABLE


WORDS = [
    "first_name",
    "last_name",
    "company",
    "title",
    "email",
    "mobile",
    "source",
    "account.revenue",
    "account.country",
]


@pytest.mark.parametrize("word", WORDS)
def test_what_is_written_is_read_back_the_same(mapping: MappingDocument, word: str) -> None:
    value = stated(
        mapping, "hubspot", "contacts", word, fields=ROW | {"hs_analytics_source": "DIRECT_TRAFFIC"}
    )
    assert value not in (UNREADABLE, None)
    fields, problems = written(mapping, "salesforce", "Lead", word, value=value)
    assert problems == ()
    there = stated(mapping, "salesforce", "Lead", word, fields=fields)
    kind = mapping.object("salesforce", "Lead").line(word)
    assert kind is not None
    assert same(there, value, kind.how.type)  # type: ignore[arg-type]


def test_a_long_text_is_cut_to_what_the_field_takes(mapping: MappingDocument) -> None:
    fields, problems = written(mapping, "salesforce", "Lead", "title", value="长" * 20_000)
    assert len(str(fields["Title"])) == 128
    assert [(problem.id, problem.field, problem.params["length"]) for problem in problems] == [
        ("text_cut", "Title", 128)
    ]


def test_what_cannot_be_written_is_refused(mapping: MappingDocument) -> None:
    assert problems_of(written(mapping, "hubspot", "deals", "person_ids", value=("1",))) == [
        "person_ids:not_writable"
    ]
    assert problems_of(written(mapping, "hubspot", "deals", "account_id", value="1")) == [
        "account_id:not_writable"
    ]
    assert problems_of(written(mapping, "hubspot", "deals", "colour", value="red")) == ["colour:not_writable"]


def test_a_choice_is_written_as_the_other_system_calls_it(mapping: MappingDocument) -> None:
    assert written(mapping, "salesforce", "Lead", "source", value="referral") == (
        {"LeadSource": "Partner Referral"},
        (),
    )
    assert written(mapping, "salesforce", "Lead", "source", value="") == ({"LeadSource": None}, ())


def test_a_choice_nobody_mapped_follows_the_policy(edited: Callable[..., MappingDocument]) -> None:
    def write(policy: str) -> object:
        found = edited("choices", "lead_source", unknown=policy)
        fields, problems = written(found, "salesforce", "Lead", "source", value="skywriting")
        return fields, [problem.id for problem in problems]

    assert write("keep") == ({"LeadSource": "skywriting"}, [])
    assert write("flag") == ({"LeadSource": "skywriting"}, ["choice_unmapped"])
    assert write("refuse") == ({}, ["choice_refused"])
    assert write("default:Other") == ({"LeadSource": "Other"}, [])


def test_a_hand_off_fills_the_new_lead(mapping: MappingDocument) -> None:
    person, _ = read_person(mapping, "hubspot", CONTACT, ROW)
    account, _ = read_account(mapping, "hubspot", CONTACT, ROW)
    fields, problems = creation_values(mapping, person, account, system="salesforce", object="Lead")
    assert fields == {
        "FirstName": "伟",
        "LastName": "王",
        "Company": "小米科技（北京）有限公司",
        "Title": "采购总监 🚀",
        "Email": "wang.wei@example.com",
        "MobilePhone": "+8613800138000",
        "LeadSource": "Web",
        "AnnualRevenue": 50_000_000,
        "NumberOfEmployees": 100,
        "Country": "CN",
    }
    assert problems == ()


def test_a_new_lead_always_has_the_name_and_company_that_salesforce_insists_on(
    mapping: MappingDocument,
) -> None:
    fields, _ = creation_values(
        mapping, Person(CONTACT, name="王伟"), None, system="salesforce", object="Lead"
    )
    assert fields == {"FirstName": "伟", "LastName": "王", "Company": "[not given]"}
    account, _ = read_account(mapping, "hubspot", RecordKey("portal", "companies", "5"), {"name": "Acme"})
    fields, _ = creation_values(mapping, Person(CONTACT), account, system="salesforce", object="Lead")
    assert fields == {"LastName": "[not given]", "Company": "Acme"}


def test_creation_takes_constants_and_properties(edited: Callable[..., MappingDocument]) -> None:
    lines = {"language": "Language__c", "converted_account": "ConvertedAccountId"}
    edited("facts", "salesforce", "Lead", properties=lines)
    found = edited("facts", "salesforce", "Lead", properties=lines).model_dump(by_alias=True)
    found["creation"]["salesforce"]["Lead"] |= {
        "fields": ["language"],
        "otherwise": {},
        "constants": {"Rating": "Warm"},
    }
    mapping = MappingDocument.model_validate(found)
    person = Person(CONTACT, last_name="王", properties={"language": "zh"})
    fields, _ = creation_values(mapping, person, None, system="salesforce", object="Lead")
    assert fields == {"Rating": "Warm", "Language__c": "zh"}


def test_an_object_that_nobody_may_create_is_refused(mapping: MappingDocument) -> None:
    fields, problems = creation_values(mapping, Person(CONTACT), None, system="salesforce", object="Contact")
    assert fields == {}
    assert [problem.id for problem in problems] == ["creation_missing"]
