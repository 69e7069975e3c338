"""What connectors get wrong, and whole rounds here do not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from connector.sync.lanes import start_over
from connector.sync.reconcile import reconcile
from connector.sync.results import RoundResult
from connector.sync.round import Choice
from mappings.records import RecordKey
from tests.sync.bench import DEMO, PRICE, Desk


def written(desk: Desk) -> int:
    """Records written by one more round."""
    return desk.round(after=1200).written


def tables(desk: Desk) -> dict[str, list[object]]:
    """Everything that Baton remembers of leads and what it wants, without times of reading."""
    kept = {
        "lead": "id, account_id",
        "link": "connection, object, remote_id, lead_id, state, by_baton",
        "handoff": "id, point, owner_id, answer",
        "request": "id, outcome",
        "rejection": "handoff_id, reason",
        "transition": "lead_id, old, new, occurred_at",
        "cell_entry": "lead_id, cell, cycle, entered_at, left_at",
        "decision": "lead_id, hash",
        "activity": "connection, object, remote_id, occurred_at",
        "outbox": "remote_id, wanted",
    }
    return {
        name: desk.rows(f"select {columns} from {name} order by {columns}")  # noqa: S608
        for name, columns in kept.items()
    }


def linked(desk: Desk) -> list[object]:
    """Which record is whose."""
    columns = "connection, object, remote_id, lead_id, state"
    return desk.rows(f"select {columns} from link order by {columns}")  # noqa: S608


def lose_links(desk: Desk) -> None:
    """Somebody restores a database without two of its tables."""
    with desk.store.begin() as tx:
        tx.execute(text("DELETE FROM link"))
        tx.execute(text("DELETE FROM identity"))


def busy(desk: Desk) -> dict[str, RecordKey]:
    """A few leads in different places: handed off, rejected, accepted, waiting, unripe."""
    people = {name: desk.hot(lastname=name) for name in ("rejected", "accepted", "handed off")}
    people |= {
        "waiting": desk.ripe(),
        "unripe": desk.contact(),
        "odd": desk.contact(email="", mobilephone=""),
    }
    desk.round()
    by_name = {lead["LastName"]: lead["Id"] for lead in desk.leads()}
    desk.rep_rejects(by_name["rejected"])
    desk.rep_accepts(by_name["accepted"])
    desk.round()
    return people


@pytest.mark.parametrize("email", ["not an address", "wang@", "王.@大企业", "a..b@firm.example"])
def test_i1_an_invalid_address_makes_no_further_record_at_any_round(desk: Desk, email: str) -> None:
    (id_,) = desk.portal.load(
        "contacts", [{"lastname": "王", "jobtitle": "总经理", "mobilephone": "+8613812345678"}]
    )
    contact, firm = RecordKey("marketing", "contacts", id_), desk.company()
    desk.portal.calculate(
        "contacts", id_, {"hs_analytics_source": "ORGANIC_SEARCH", "company": "大企业有限公司"}
    )
    desk.portal.get("contacts", id_).properties["email"] = email  # as an old import left it
    assert desk.property(contact, "email") == email
    desk.portal.associate(("contacts", id_), ("companies", firm))
    desk.writes(contact)
    desk.settle()
    assert desk.rows("select count(*) from lead") == [(1,)]
    assert len(desk.leads()) <= 1
    assert len(desk.episodes(contact)) <= 1


def test_i2_a_lost_link_table_makes_no_duplicate(desk: Desk) -> None:
    contact = desk.hot()
    desk.round()
    with desk.store.begin() as tx:
        tx.execute(text("delete from link"))
        tx.execute(text("delete from identity"))
    desk.portal.update("contacts", contact.id, {"jobtitle": "董事长"})
    desk.rep_accepts(desk.only_lead()["Id"])
    for _ in range(2):
        desk.settle()
    assert len(desk.leads()) == 1
    assert desk.rows("select count(*) from lead") == [(1,)]
    assert sorted(desk.links_of(contact).values()) == ["active", "active"]


def test_i3_three_spellings_of_one_address_are_one_lead_in_sales(desk: Desk) -> None:
    firm = desk.company()
    mobile = {"mobilephone": ""}
    spelled = ["wang@three.example", "WANG@Three.example", "ｗａｎｇ@three.example"]
    rows = [{"email": "", "lastname": "王", "jobtitle": "总经理", "company": "大企业有限公司", **mobile}] * 3
    ids = desk.portal.load("contacts", rows)
    for id_, email in zip(ids, spelled, strict=True):
        desk.portal.calculate("contacts", id_, {"email": email, "hs_analytics_source": "ORGANIC_SEARCH"})
        desk.portal.associate(("contacts", id_), ("companies", firm))
        desk.writes(RecordKey("marketing", "contacts", id_))
    desk.settle()
    assert len(desk.leads()) == 1


def test_i3_two_people_of_one_name_at_one_company_are_two(desk: Desk) -> None:
    firm = desk.company()
    for _ in range(2):
        desk.writes(desk.contact(firm))
    desk.settle()
    assert len(desk.leads()) == 2


def test_i4_a_converted_lead_is_not_made_again_and_its_contact_gets_the_values(wired: Desk) -> None:
    contact = wired.hot()
    wired.round()
    made = wired.rep_converts(wired.only_lead()["Id"])
    for _ in range(3):
        assert wired.round(after=1200).trouble == []
    assert len(wired.leads()) == 1
    stored = wired.org.get("Contact", made["contactId"])
    assert stored["Baton_Cell__c"] == "enterprise/solution-research"
    assert stored["Baton_Id__c"] == wired.lead_of(contact)
    assert written(wired) == 0


def test_i6_a_change_made_during_the_round_is_seen_by_the_next(desk: Desk) -> None:
    contact = desk.ripe()
    inside = desk.engine.marketing

    class Meanwhile:
        def __getattr__(self, name: str) -> object:
            return getattr(inside, name)

        def write(self, object: str, writes: object) -> object:
            desk.clicks(contact)
            return inside.write(object, writes)  # type: ignore[arg-type]

    desk.swap(marketing=Meanwhile())
    desk.round()
    desk.swap(marketing=inside)
    assert desk.leads() == []
    desk.round()
    assert len(desk.leads()) == 1


@pytest.mark.parametrize("lag", [5.0, 60.0])
def test_i15_a_lagging_search_neither_doubles_nor_misses(desk: Desk, lag: float) -> None:
    desk.world.switches.search_lag_seconds = lag
    desk.round()
    contacts = [desk.hot() for _ in range(3)]
    for _ in range(4):
        desk.round(after=45)
    assert len(desk.leads()) == 3
    assert [desk.step(contact) for contact in contacts] == ["handed_off"] * 3
    assert {desk.property(contact, "baton_handoff_status") for contact in contacts} == {"with_sales"}


@pytest.mark.parametrize("after", [0, 4, 9, 15, 22])
def test_i18_too_many_calls_at_any_page_is_only_a_delay(desk: Desk, after: int) -> None:
    contacts = [desk.hot(), desk.ripe()]
    for system in ("hubspot", "salesforce"):
        desk.fault(system, "answer", status=429, after=after, times=2)
    for _ in range(3):
        desk.round(after=1200)
    assert desk.step(contacts[0]) == "handed_off"
    assert desk.property(contacts[1], "baton_handoff_status") == "ready"
    assert len(desk.leads()) == 1
    assert written(desk) == 0


def test_i18_a_mass_touch_of_unchanged_rows_writes_nothing(desk: Desk) -> None:
    people = busy(desk)
    desk.settle()
    for contact in people.values():
        desk.portal.update("contacts", contact.id, {"hs_lead_status": ""})
    for lead in desk.leads():
        desk.org.update("Lead", lead["Id"], {"Description": "touched"}, auto_assign=False)
    result = desk.round()
    assert sum(counts.read for counts in result.objects.values()) >= len(people)
    assert (result.written, sum(counts.planned for counts in result.objects.values())) == (0, 0)


def test_i21_rounds_are_a_fixed_point(wired: Desk) -> None:
    people = busy(wired)
    wired.wait(minutes=45)  # the first deadlines pass; nothing else is due for hours
    wired.settle()
    before = tables(wired)
    assert [written(wired) for _ in range(2)] == [0, 0]
    assert tables(wired) == before
    changed = people["unripe"]
    wired.writes(changed)
    result = wired.round(after=1200)
    touched = {name: counts.written for name, counts in result.objects.items() if counts.written}
    assert touched == {("marketing", "contacts"): 1, ("crm", "Lead"): 1}
    assert wired.property(changed, "baton_handoff_status") == "with_sales"
    wired.settle()
    assert written(wired) == 0


def test_a_full_reading_anew_changes_nothing(desk: Desk) -> None:
    busy(desk)
    desk.settle()
    before = tables(desk)
    start_over(desk.engine)
    assert desk.round().written == 0
    assert tables(desk) == before


def test_lost_links_and_keys_come_back_with_a_full_reading_and_nothing_is_made_twice(desk: Desk) -> None:
    busy(desk)
    desk.settle()
    before, leads = linked(desk), len(desk.leads())
    lose_links(desk)
    start_over(desk.engine)
    desk.round()
    desk.settle()
    assert linked(desk) == before
    assert len(desk.leads()) == leads


def test_lost_links_come_back_after_the_nightly_comparison(desk: Desk) -> None:
    busy(desk)
    desk.settle()
    before = linked(desk)
    lose_links(desk)
    reconcile(desk.engine, RoundResult())
    desk.round()
    assert linked(desk) == before


def test_a_dry_run_says_what_it_would_do_and_keeps_nothing_of_it(desk: Desk) -> None:
    desk.round()
    contact = desk.hot()
    result = desk.round(Choice(dry_run=True))
    assert result.of("marketing", "contacts").planned == 1
    assert result.written == 0
    assert desk.leads() == []
    assert {name for name, rows in tables(desk).items() if rows} <= {"lead", "link", "activity"}
    desk.round()
    assert desk.step(contact) == "handed_off"


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    people=st.lists(
        st.tuples(
            st.integers(1, 9_999), st.sampled_from(["", DEMO, PRICE]), st.sampled_from(["总经理", "实习生"])
        ),
        min_size=1,
        max_size=8,
    )
)
def test_i24_the_value_shown_is_the_arithmetic_of_its_explanation(
    desks: object, people: list[tuple[int, str, str]]
) -> None:
    desk: Desk = desks()  # type: ignore[operator]
    contacts = []
    for revenue, said, title in people:
        firm = desk.company(annualrevenue=str(revenue * 1_000_000), numberofemployees="")
        contacts.append(desk.contact(firm, jobtitle=title))
        if said:
            desk.writes(contacts[-1], said)
    desk.settle()
    for contact in contacts:
        value = desk.view(contact)["value"]
        shown = desk.property(contact, "baton_value_now")
        if value is None:
            assert not shown
            continue
        exact = Fraction(value["rate"]) * value["price"]["minor"]
        assert value["amount"]["minor"] == int(exact + Fraction(1, 2))
        assert Fraction(shown or "") * 100 == value["amount"]["minor"]
        assert value["explained"] == desk.property(contact, "baton_value_explained")


@pytest.mark.parametrize("expired", [False, True], ids=["session good", "after a 401"])
def test_i28_assignment_rules_never_steal_the_owner_at_a_write_back(wired: Desk, expired: bool) -> None:
    contact = wired.hot()
    wired.round()
    thief = wired.org.add_user("Thief", "Rule", "thief@vendor.example")
    owner = wired.only_lead()["OwnerId"]
    wired.org.assign_by_turns([thief])
    wired.org.update("Lead", wired.only_lead()["Id"], {"Title": "x"}, auto_assign=False)
    if expired:
        wired.fault("salesforce", "expire_session", path="/composite/sobjects")
    wired.portal.update("contacts", contact.id, {"mobilephone": "+8613911112222"})
    wired.reject(contact)
    result = wired.round()
    assert result.of("crm", "Lead").written == 1
    assert wired.only_lead()["OwnerId"] == owner
    calls = [call for call in wired.apps[1].log.calls if "/composite/sobjects" in call.path]
    stated = {name.lower(): value for name, value in calls[-1].headers.items()}
    assert stated["sforce-auto-assign"].lower() == "false"
    assert not expired or any(call.status == 401 for call in wired.apps[1].log.calls)


@pytest.mark.parametrize("side", ["marketing", "crm"])
def test_i33_the_loser_of_a_merge_is_not_made_again(desk: Desk, side: str) -> None:
    firm = desk.company()
    one, other = desk.contact(firm), desk.contact(firm, lastname="李")
    desk.writes(one)
    desk.writes(other)
    desk.round()
    first, second = (lead["Id"] for lead in desk.leads())
    if side == "marketing":
        desk.portal.merge("contacts", one.id, other.id)
    else:
        desk.org.merge("Lead", first, [second])
    for _ in range(2):
        desk.settle()
    assert len(desk.leads()) == (2 if side == "marketing" else 1)
    assert written(desk) == 0


def test_i5_a_round_writes_each_record_its_own_values_only(desk: Desk) -> None:
    people = busy(desk)
    desk.settle()
    for name, contact in people.items():
        assert desk.property(contact, "baton_id") == desk.lead_of(contact), name
    for lead in desk.leads():
        (contact,) = [c for c in people.values() if desk.lead_of(c) == lead["Baton_Id__c"]]
        assert lead["Email"] == desk.property(contact, "email")
        assert lead["LastName"] == desk.property(contact, "lastname")


def test_what_is_planned_and_placed_counts_once_a_round(desk: Desk) -> None:
    desk.hot()
    result = desk.round(after=600)
    planned = {key: counts.planned for key, counts in result.objects.items() if counts.planned}
    assert set(planned.values()) == {1}
    assert result.leads_placed == 1
