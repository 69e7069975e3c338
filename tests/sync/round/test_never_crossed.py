"""A cooldown is never crossed on real records either: commands, edits in the CRM, time and rounds in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.dispute import Settle
from connector.store import handoffs, rejections, requests
from connector.sync import commands
from mappings.records import RecordKey
from tests.sync.bench import MANAGER, PRICE, Desk
from tests.sync.round.test_paths import CLOSED, WORKING, policies

TABLE = {"no_budget": (90, True), "not_a_fit": (180, True), "need_unclear": (30, False), "": (180, True)}


class Firm:
    """Two people of one company, and whatever may be done about them."""

    def __init__(self, desk: Desk, how: str) -> None:
        self.desk = desk
        policies(desk, on_violation=how)
        firm = desk.company()
        self.people = (desk.contact(firm), desk.contact(firm, lastname="李"))
        self.flow = desk.org.add_user("Flow", "Automation", "flow@vendor.example")
        self.clicks = 0
        desk.writes(self.people[0])
        desk.round()

    def act(self, what: str, who: int) -> None:
        """One thing happens to one of the two."""
        contact = self.people[who]
        _ACTS[what](self, contact)
        self.check()

    def record(self, contact: RecordKey) -> str:
        """The CRM's record that a rep looks at; empty when sales has none."""
        lead_id = self.desk.lead_of(contact)
        return next((row["Id"] for row in self.desk.leads() if row["Baton_Id__c"] == lead_id), "")

    def edit(self, contact: RecordKey, **values: object) -> None:
        if record := self.record(contact):
            self.desk.wait(seconds=61)
            self.desk.org.update("Lead", record, values, as_user=self.flow, auto_assign=False)

    def move(self, contact: RecordKey) -> None:
        if record := self.record(contact):
            reps = self.desk.org.query("SELECT Id FROM User WHERE LastName LIKE 'N%'")
            owner = self.desk.org.get("Lead", record)["OwnerId"]
            self.edit(contact, OwnerId=next(one["Id"] for one in reps if one["Id"] != owner))

    def make(self, contact: RecordKey) -> None:
        values = {"LastName": "王", "Company": "大企业有限公司", "Status": WORKING}
        email = self.desk.property(contact, "email")
        self.desk.org.create("Lead", {**values, "Email": email}, as_user=self.flow, auto_assign=False)

    def click(self, contact: RecordKey) -> None:
        self.clicks += 1
        self.desk.hand_off(contact, f"click-{self.clicks}")

    def check(self) -> None:
        """No hand-off began while a rejection that Baton knew of held its lead back, nor goes to who said no."""
        with self.desk.store.read() as tx:
            ids = [commands.resolve(tx, str(contact)) for contact in self.people]
            begun = [one for mine in handoffs.handoffs_of(tx, ids).values() for one in mine]
            said = rejections.rejections_of(tx, [one.id for one in begun])
            lifts = requests.overrides_of(tx, ids)
        for one in begun:
            if one.confirmed_at is None:
                continue
            for other in begun:
                no = said.get(other.id)
                if no is None or no.annulled or other.id == one.id or not no.at <= one.requested_at:
                    continue
                mine = other.lead_id == one.lead_id
                days, account = TABLE[no.reason]
                lifted = any(no.at <= lift.at <= one.requested_at for lift in lifts.get(one.lead_id, ()))
                if (mine or account) and not lifted:
                    assert one.requested_at >= no.at + timedelta(days=days), "a cooldown was crossed"
                if mine:
                    assert one.owner_id != no.rep_id, "back to the rep who said no"


def _wait(days: float) -> Callable[[Firm, RecordKey], object]:
    return lambda firm, _: firm.desk.wait(days=days)


_ACTS: dict[str, Callable[[Firm, RecordKey], object]] = {
    "a round": lambda firm, _: firm.desk.round(),
    "rounds until all is read": lambda firm, _: firm.desk.settle(),
    "a day": _wait(1),
    "a month": _wait(31),
    "a quarter": _wait(91),
    "the customer asks for the price": lambda firm, one: firm.desk.writes(one, PRICE),
    "a call": lambda firm, one: firm.desk.calls(one),
    "a click": Firm.click,
    "the property": lambda firm, one: firm.desk.clicks(one),
    "the panel says no": lambda firm, one: firm.desk.reject(one, "not_a_fit"),
    "sales says no": lambda firm, one: firm.edit(one, Status=CLOSED, Baton_Rejection_Reason__c="No budget"),
    "no reason": lambda firm, one: firm.edit(one, Status=CLOSED),
    "set back to work": lambda firm, one: firm.edit(one, Status=WORKING),
    "another owner": Firm.move,
    "another record": Firm.make,
    "lifted": lambda firm, one: commands.override(firm.desk.engine, str(one), actor=MANAGER, reason="asked"),
    "found with the rep": lambda firm, one: commands.settle(
        firm.desk.engine, str(one), finding=Settle(MANAGER, "rep", "asked")
    ),
}

STEPS = st.lists(st.tuples(st.sampled_from(sorted(_ACTS)), st.integers(0, 1)), min_size=5, max_size=10)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(how=st.sampled_from(["flag", "revert"]), steps=STEPS)
def test_no_interleaving_crosses_a_cooldown(
    desks: Callable[..., Desk], how: str, steps: list[tuple[str, int]]
) -> None:
    firm = Firm(desks(), how)
    firm.act("sales says no", 0)
    firm.act("rounds until all is read", 0)
    for what, who in steps:
        firm.act(what, who)
    firm.act("rounds until all is read", 0)
