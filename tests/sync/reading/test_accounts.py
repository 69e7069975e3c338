"""Which company a record is, at which a lead works, and what became of deals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from connector.errors import TryLaterError
from connector.ports import Page, Window
from connector.sandbox.memory import MemoryPortal
from connector.sync.match_accounts import account_keys, name_key
from mappings.records import Account, RecordKey
from tests.sync.reading.bench import Bench


def account_of(bench: Bench, key: RecordKey) -> str | None:
    """The account of the lead behind a record."""
    found = bench.rows("SELECT account_id FROM lead WHERE id = :id", id=bench.lead_of(key))
    account: str | None = found[0][0]
    return account


def account_at(bench: Bench, key: RecordKey) -> str:
    """The account that a company's record stands for."""
    found = bench.rows("SELECT account_id FROM account_link WHERE remote_id = :id", id=key.id)
    return str(found[0][0])


def company(bench: Bench, **values: str) -> RecordKey:
    return RecordKey("marketing", "companies", str(bench.portal.create("companies", values).id))


def sales_account(bench: Bench, **values: str) -> RecordKey:
    return RecordKey("crm", "Account", bench.org.create("Account", values))


@pytest.mark.parametrize(
    ("account", "kinds"),
    [
        (Account(RecordKey("c", "o", "1"), name="Acme Ltd", domain="acme.com"), ["domain", "name"]),
        (Account(RecordKey("c", "o", "1"), domain="qq.com"), []),
        (Account(RecordKey("c", "o", "1"), domain="agency.com", kind="partner"), ["partner_domain"]),
        (Account(RecordKey("c", "o", "1"), registered_id="91110 "), ["registered_id"]),
    ],
)
def test_free_mail_and_partners_domains_name_no_company(account: Account, kinds: list[str]) -> None:
    assert [kind for kind, _ in account_keys(account)] == kinds


@pytest.mark.parametrize("name", ["", "无", "个人", "N/A", "self-employed", "-"])
def test_what_people_write_where_they_have_no_company_makes_no_colleagues(name: str) -> None:
    assert name_key(name) == ""


def test_a_company_in_both_systems_is_one_account_by_domain_before_name(bench: Bench) -> None:
    one = company(bench, name="Acme Group", domain="acme.com")
    other = sales_account(bench, Name="ACME Holding", Website="https://www.acme.com/cn")
    bench.round()
    assert account_at(bench, one) == account_at(bench, other)


def test_the_exact_normalised_name_is_enough_a_similar_one_is_not(bench: Bench) -> None:
    one = company(bench, name="小米科技（北京）有限公司")
    other = sales_account(bench, Name="小米科技有限责任公司")
    third = sales_account(bench, Name="小米通讯技术有限公司")
    bench.round()
    assert account_at(bench, one) == account_at(bench, other) != account_at(bench, third)


def test_leads_without_a_company_record_meet_by_mail_domain_or_name(bench: Bench) -> None:
    one = bench.contact(email="a@acme.com", company="Acme Ltd")
    two = bench.contact(email="b@acme.com")
    three = bench.contact(email="c@qq.com", company="ACME, Ltd.")
    alone = bench.contact(email="d@qq.com", company="个人")
    bench.round()
    assert account_of(bench, one) == account_of(bench, two) == account_of(bench, three) is not None
    assert account_of(bench, alone) is None


def test_a_company_that_comes_after_its_people_is_their_account(bench: Bench) -> None:
    person = bench.contact(email="a@acme.com")
    bench.round()
    record = company(bench, name="Acme", domain="acme.com")
    bench.round()
    assert account_at(bench, record) == account_of(bench, person)


def test_a_reference_to_a_company_not_yet_read_leads_to_it_once_it_is(bench: Bench) -> None:
    class Slow(MemoryPortal):
        def changed(self, object: str, window: Window, fields: Sequence[str]) -> Iterator[Page]:
            if object == "companies":
                raise TryLaterError("marketing", "not available")
            yield from super().changed(object, window, fields)

    other = sales_account(bench, Name="Acme")
    record = company(bench, name="ACME Ltd")
    key = bench.employed(record, email="a@qq.com")
    bench.swap(marketing=Slow(bench.portal, "marketing"))
    bench.round()
    assert account_of(bench, key) == account_at(bench, record) != account_at(bench, other)
    bench.swap(marketing=MemoryPortal(bench.portal, "marketing"))
    bench.round()
    assert account_of(bench, key) == account_at(bench, record) == account_at(bench, other)


def test_what_sales_refers_to_stands_against_marketings_reference(bench: Bench) -> None:
    account = sales_account(bench, Name="Acme China")
    person = RecordKey(
        "crm",
        "Contact",
        bench.org.create("Contact", {"LastName": "A", "Email": "a@acme.com", "AccountId": account.id}),
    )
    bench.round()
    other = company(bench, name="Acme Global")
    bench.employed(other, email="a@acme.com")
    bench.round()
    assert account_of(bench, person) == account_at(bench, account)


def test_companies_merged_in_a_system_are_one_account(bench: Bench) -> None:
    one, two = company(bench, name="Acme"), company(bench, name="Globex")
    key = bench.employed(two, email="a@qq.com")
    bench.round()
    merged = bench.portal.merge("companies", one.id, two.id)
    bench.round()
    assert account_of(bench, key) == account_at(bench, RecordKey("marketing", "companies", str(merged.id)))


def test_a_changed_company_lets_its_leads_be_decided_again(bench: Bench) -> None:
    record = company(bench, name="Acme", domain="acme.com")
    bench.employed(record, email="a@acme.com")
    bench.round()
    with bench.store.begin() as tx:
        tx.exec_driver_sql("UPDATE dirty SET due_at = NULL")
    bench.portal.update("companies", record.id, {"annualrevenue": "1000000"})
    bench.round()
    assert bench.rows("SELECT reason FROM dirty WHERE due_at IS NOT NULL") == [("account",)]


def test_a_deal_closes_when_history_says_so_not_on_its_editable_date(bench: Bench) -> None:
    account = sales_account(bench, Name="Acme")
    made = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2030-01-01", "AccountId": account.id}
    deal = bench.org.create("Opportunity", {**made, "Amount": 1200.5})
    bench.round()
    assert bench.rows("SELECT won_at, amount_minor FROM opportunity_link") == [(None, 120050)]
    bench.org.update("Opportunity", deal, {"StageName": "Closed Won"})
    won = bench.world.clock.now()
    bench.round()
    (at,) = bench.rows("SELECT won_at FROM opportunity_link")[0]
    assert at.startswith(f"{won:%Y-%m-%d %H:%M:%S}")
    bench.wait(days=3)
    bench.org.update("Opportunity", deal, {"CloseDate": "2026-01-01", "Amount": 1300})
    bench.round()
    assert bench.rows("SELECT won_at FROM opportunity_link") == [(at,)]


def test_a_deal_belongs_to_the_leads_of_its_contacts_and_a_deleted_one_to_nobody(bench: Bench) -> None:
    key = bench.contact(email="a@acme.com")
    made = bench.portal.create(
        "deals", {"dealname": "D", "dealstage": "appointmentscheduled", "amount": "10"}
    )
    bench.portal.associate(("deals", str(made.id)), ("contacts", key.id))
    bench.round()
    assert bench.rows("SELECT lead_id FROM opportunity_lead") == [(bench.lead_of(key),)]
    bench.portal.archive("deals", str(made.id))
    bench.round(wait=3700)
    assert bench.rows("SELECT count(*) FROM opportunity_lead") == [(0,)]
    assert bench.rows("SELECT count(*) FROM opportunity_link") == [(0,)]
