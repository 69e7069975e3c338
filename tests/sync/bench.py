"""What tests of whole rounds do: act as customers, SDRs and reps in both systems, let time pass, run rounds, and look.

The two systems are as `baton provision` leaves them. A desk works on them in memory, or over HTTP.
"""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

import connector.hubspot
import connector.salesforce
from connector.domain.facts import Actor
from connector.hubspot import HubSpotSettings
from connector.hubspot.understanding import understanding as hubspot_understanding
from connector.ports import RemoteSystem
from connector.salesforce import SalesforceSettings
from connector.salesforce.understanding import understanding as salesforce_understanding
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Fault
from connector.sandbox.hubspot.app import HubSpotApp
from connector.sandbox.hubspot.portal import DEFAULT_TOKEN, Portal
from connector.sandbox.memory import MemoryOrg, MemoryPortal
from connector.sandbox.salesforce.app import SalesforceApp
from connector.sandbox.salesforce.lifecycle import Conversion
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import World
from connector.store import handoffs, links, mirror
from connector.store.engine import Store
from connector.store.handoffs import HandOff
from connector.sync import commands, view
from connector.sync.commands import NewContact, NewRejection, Reply
from connector.sync.engine import Engine
from connector.sync.provision import provision
from connector.sync.results import RoundResult
from connector.sync.round import Choice, run_round
from connector.sync.rulebook import RuleBook
from connector.sync.speaker import Speaker
from mappings.document import MappingDocument
from mappings.records import Kind, RecordKey, SystemRole
from tests.contract.benches import Stage

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
"""A Monday, 16:00 in Shanghai."""

SDR, REP, MANAGER = Actor("sdr", "sdr-1"), Actor("rep"), Actor("manager", "boss")
DEMO = "能不能给我们安排一次产品演示？我们的场景是离散制造"
PRICE = "请给我们发一份报价，我们也在对比几家供应商"


@dataclass(frozen=True)
class Kit:
    """What is made once for all tests: the mapping, compiled rules, two provisioned systems as snapshots, two servers."""

    mapping: MappingDocument
    rules: RuleBook
    portal: Mapping[str, Any]
    org: Mapping[str, Any]
    servers: tuple[tuple[str, Stage], tuple[str, Stage]]


def provisioned(mapping: MappingDocument, store: Store, servers: Any) -> tuple[Any, Any]:
    """Snapshots of a portal and an org after `baton provision`, with three reps."""
    desk = Desk(store, Kit(mapping, RuleBook(), {}, {}, servers), wire=True)
    for number in range(3):
        desk.org.add_user("Rep", f"N{number}", f"rep{number}@vendor.example")
    found = provision(desk.engine)
    assert not [one for one in found if one.code not in ("created", "present", "granted")], found
    return desk.portal.snapshot(), desk.org.snapshot()


class Desk:
    """Marketing works in a HubSpot portal, sales in a Salesforce org, Baton between them."""

    def __init__(self, store: Store, kit: Kit, *, wire: bool = False) -> None:
        self.world = World(SandboxClock(START))
        self.portal, self.org = Portal(self.world), Org(self.world)
        if kit.portal:
            self.portal.restore(kit.portal)
            self.org.restore(kit.org)
        self.store = store
        self.apps = HubSpotApp(self.portal), SalesforceApp(self.org)
        self.waits: list[float] = []
        ids = itertools.count(1)
        marketing, crm = self._wired(kit) if wire else self._in_memory()
        self.engine = Engine(
            store=store,
            marketing=marketing,
            crm=crm,
            mapping=kit.mapping,
            rules=copy.copy(kit.rules),
            clock=self.world.clock,
            new_id=lambda: f"L{next(ids):06}",
            render=Speaker(),
        )

    def _in_memory(self) -> tuple[RemoteSystem, RemoteSystem]:
        return (
            MemoryPortal(self.portal, "marketing", hubspot_understanding("marketing")),
            MemoryOrg(self.org, "crm", salesforce_understanding("crm")),
        )

    def _wired(self, kit: Kit) -> tuple[RemoteSystem, RemoteSystem]:
        for (_, stage), app in zip(kit.servers, self.apps, strict=True):
            stage.app = app
        (portal_url, _), (org_url, _) = kit.servers
        portal = HubSpotSettings("marketing", SecretStr(DEFAULT_TOKEN), url=portal_url)
        org = SalesforceSettings("crm", org_url, "sandbox-client", SecretStr("sandbox-secret"))
        outside: dict[str, Any] = {"clock": self.world.clock, "sleep": self._sleep, "rng": random.Random(7)}
        return (
            connector.hubspot.connect(portal, role=SystemRole.MARKETING, **outside),
            connector.salesforce.connect(org, role=SystemRole.CRM, **outside),
        )

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.world.clock.advance(timedelta(seconds=seconds))

    def swap(self, **parts: Any) -> None:
        """Put another part into the engine."""
        self.engine = replace(self.engine, **parts)

    # time

    def wait(self, **by: float) -> None:
        """Time passes in both systems and here."""
        self.world.clock.advance(timedelta(**by))

    def round(self, choice: Choice | None = None, *, after: float = 60) -> RoundResult:
        """Some seconds later Baton runs one round."""
        self.wait(seconds=after)
        return run_round(self.engine, choice)

    def settle(self) -> RoundResult:
        """Rounds until every window has passed over what was written; the last one's result."""
        self.round()
        return self.round(after=1200)

    def fault(self, system: str, effect: Any, *, path: str = ".*", **more: Any) -> None:
        """Have one of the systems commit a fault."""
        self.world.faults.add(Fault(system, effect, path=path, **more))

    # what people do in marketing's system

    def company(self, name: str = "大企业有限公司", **values: str) -> str:
        """A large company, unless told otherwise."""
        number = next(_NUMBERS)
        filled = {
            "name": name,
            "domain": f"big{number}.example",
            "annualrevenue": "5000000000",
            "numberofemployees": "9000",
        }
        return str(self.portal.create("companies", {**filled, **values}).id)

    def contact(self, employer: str | None = None, **values: str) -> RecordKey:
        """A complete contact: the general manager of a large company, unless told otherwise."""
        number = next(_NUMBERS)
        filled = {
            "email": f"p{number}@firm{number}.example",
            "firstname": "伟",
            "lastname": "王",
            "jobtitle": "总经理",
            "company": "大企业有限公司",
            "mobilephone": f"+86138{number:08}",
        }
        made = str(self.portal.create("contacts", {**filled, **values}).id)
        self.portal.calculate("contacts", made, {"hs_analytics_source": "ORGANIC_SEARCH"})
        if employer is None:
            employer = self.company(values.get("company", "大企业有限公司"))
        self.portal.associate(("contacts", made), ("companies", employer))
        return RecordKey("marketing", "contacts", made)

    def small(self, **values: str) -> RecordKey:
        """A contact of a small company, where only a click hands off."""
        firm = self.company(values.get("company", "小公司"), annualrevenue="8000000", numberofemployees="12")
        return self.contact(firm, **{"company": "小公司", **values})

    def writes(self, contact: RecordKey, said: str = DEMO) -> None:
        """The customer writes an e-mail."""
        self.portal.log_activity(
            "emails",
            contact.id,
            {"hs_email_direction": "INCOMING_EMAIL", "hs_email_subject": "咨询", "hs_email_text": said},
        )

    def calls(
        self, contact: RecordKey, said: str = "通话二十分钟，客户介绍了进展", *, reached: bool = True
    ) -> None:
        """The SDR calls the customer and logs it."""
        outcome = (
            "f240bbac-87c9-4f6e-bf70-924b57d47db7" if reached else "73a0d17f-1163-4015-bdd5-ec830791da20"
        )
        self.portal.log_activity(
            "calls",
            contact.id,
            {"hs_call_title": "电话", "hs_call_body": said, "hs_call_disposition": outcome,
             "hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED"},
        )  # fmt: skip

    def clicks(self, contact: RecordKey) -> None:
        """The SDR sets *hand-off requested* to the present time."""
        now = self.world.clock.now()
        self.portal.update("contacts", contact.id, {"baton_handoff_requested": now.isoformat()})

    def hot(self, **values: str) -> RecordKey:
        """A decision maker of a large company who asked for a demonstration: handed off by itself."""
        contact = self.contact(**values)
        self.writes(contact)
        return contact

    def ripe(self, **values: str) -> RecordKey:
        """A decision maker of a small company who compares offers: handed off on a click."""
        contact = self.small(**values)
        self.writes(contact, PRICE)
        return contact

    # what reps do in sales' system

    def leads(self) -> list[dict[str, Any]]:
        """Every lead that sales has, converted ones too."""
        names = (
            "Id, OwnerId, Status, Email, LastName, IsConverted, Baton_Id__c, Baton_Handoff_Status__c, Baton_Value_Now__c,"
            " Baton_Rejection_Reason__c, Baton_Rejection_Note__c, Baton_Why_Not__c, Baton_Value_At_Handoff__c"
        )
        return self.org.query(f"SELECT {names} FROM Lead ORDER BY Id")  # noqa: S608 - SOQL of a test

    def only_lead(self) -> dict[str, Any]:
        """The one lead that sales has."""
        (lead,) = self.leads()
        return lead

    def notes(self, lead_id: str) -> list[dict[str, Any]]:
        """Tasks on a lead."""
        return self.org.query(f"SELECT Id, Subject, Description FROM Task WHERE WhoId = '{lead_id}'")  # noqa: S608

    def rep_writes(self, lead_id: str, **values: Any) -> None:
        """A minute later the owner of a lead changes it."""
        self.wait(seconds=60)
        owner = self.org.get("Lead", lead_id)["OwnerId"]
        self.org.update("Lead", lead_id, values, as_user=owner, auto_assign=False)

    def rep_accepts(self, lead_id: str) -> None:
        """The owner starts working on the lead."""
        self.rep_writes(lead_id, Status="Working - Contacted")

    def rep_rejects(self, lead_id: str, reason: str = "need_unclear", **more: Any) -> None:
        """The owner gives the lead back."""
        self.rep_writes(
            lead_id, Status="Closed - Not Converted", Baton_Rejection_Reason__c=reason or None, **more
        )

    def rep_converts(self, lead_id: str, *, amount: float | None = None) -> dict[str, str]:
        """The owner converts the lead; ids of account, contact and opportunity."""
        owner = self.org.get("Lead", lead_id)["OwnerId"]
        made: dict[str, Any] = self.org.convert(lead_id, Conversion(), as_user=owner)
        if amount is not None:
            self.org.update("Opportunity", made["opportunityId"], {"Amount": amount}, auto_assign=False)
        return made

    def rep_wins(self, opportunity: str, amount: float) -> None:
        """The customer signs."""
        self.org.update(
            "Opportunity", opportunity, {"StageName": "Closed Won", "Amount": amount}, auto_assign=False
        )

    # what people ask of Baton

    def hand_off(
        self, lead: RecordKey | str, request_id: str = "click-1", *, locale: str | None = None
    ) -> Reply:
        """The SDR clicks in the panel."""
        return commands.hand_off(self.engine, str(lead), actor=SDR, request_id=request_id, locale=locale)

    def reject(
        self, lead: RecordKey | str, reason: str = "need_unclear", *, by: str = "", **more: Any
    ) -> Reply:
        """The rep says no in the panel."""
        rejection = NewRejection(reason, **more)
        return commands.reject(self.engine, str(lead), actor=Actor("rep", by), rejection=rejection)

    def accept(self, lead: RecordKey | str, *, by: str = "") -> Reply:
        """The rep says yes in the panel."""
        return commands.accept(self.engine, str(lead), actor=Actor("rep", by))

    def recontact(self, lead: RecordKey | str, said: str = "客户补充了预算情况") -> Reply:
        """The SDR logs a call in the panel."""
        spoken = NewContact(Kind.CALL, said, self.world.clock.now())
        return commands.recontact(self.engine, str(lead), actor=SDR, contact=spoken)

    # what stands where

    def view(self, lead: RecordKey | str) -> dict[str, Any]:
        """The lead as the panel shows it."""
        return view.lead_view(self.engine, str(lead))

    def step(self, lead: RecordKey | str) -> str:
        """The life-cycle step."""
        return str(self.view(lead)["lifecycle"]["step"])

    def refusals(self, lead: RecordKey | str) -> list[str]:
        """Codes of the reasons against a hand-off now."""
        return [one["code"] for one in self.view(lead)["hand_off"]["refusals"]]

    def episodes(self, lead: RecordKey | str) -> list[HandOff]:
        """The lead's hand-offs."""
        with self.store.read() as tx:
            lead_id = commands.resolve(tx, str(lead))
            return handoffs.handoffs_of(tx, [lead_id]).get(lead_id, [])

    def lead_of(self, key: RecordKey) -> str:
        """The lead that a record is."""
        with self.store.read() as tx:
            return commands.resolve(tx, str(key))

    def links_of(self, key: RecordKey) -> dict[RecordKey, str]:
        """The records of a lead, each with the state of its link."""
        lead_id = self.lead_of(key)
        with self.store.read() as tx:
            return {one.key: one.state for one in links.links_of(tx, [lead_id])[lead_id]}

    def mirrored(self, key: RecordKey) -> mirror.MirrorRow:
        """What Baton holds of a record."""
        with self.store.read() as tx:
            return mirror.mirrored(tx, [key])[key]

    def property(self, contact: RecordKey, name: str) -> str | None:
        """A property of a contact as the portal holds it."""
        value: str | None = self.portal.get("contacts", contact.id).properties.get(name)
        return value

    def rows(self, sql: str, **values: str) -> list[Any]:
        """A look at the tables."""
        with self.store.read() as tx:
            return [tuple(row) for row in tx.execute(text(sql), values)]

    def wire_calls(self, which: int, path: str) -> int:
        """How often a path was called (0: HubSpot, 1: Salesforce)."""
        return sum(path in call.path for call in self.apps[which].log.calls)


_NUMBERS = itertools.count(1)


def until(met: Callable[[], bool], act: Callable[[], object], *, most: int = 6) -> None:
    """Act until it is so; fail when it never becomes so."""
    for _ in range(most):
        if met():
            return
        act()
    assert met()
