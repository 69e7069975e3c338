"""What tests of the reading half do: act as people in both systems, read, match, and look at what became of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

import mappings
from connector.sandbox.clock import SandboxClock
from connector.sandbox.hubspot.portal import Portal
from connector.sandbox.memory import MemoryOrg, MemoryPortal
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import World
from connector.store import field_states, links, mirror
from connector.store.engine import Store
from connector.sync.engine import Engine
from connector.sync.inbox import drain
from connector.sync.match import match_pending
from connector.sync.provision import provision
from connector.sync.pull import pull
from connector.sync.results import RoundResult
from connector.sync.streams import pull_streams
from mappings.document import MappingDocument
from mappings.records import RecordKey, Scalar

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
DEFAULTS = Path(mappings.__file__).parent / "defaults" / "hubspot-salesforce.yaml"


class Bench:
    """Marketing works in a HubSpot portal, sales in a Salesforce org."""

    def __init__(self, store: Store, mapping: MappingDocument) -> None:
        self.world = World(SandboxClock(START))
        self.portal, self.org = Portal(self.world), Org(self.world)
        self.store = store
        ids = itertools.count(1)
        self.engine = Engine(
            store=store,
            marketing=MemoryPortal(self.portal, "marketing"),
            crm=MemoryOrg(self.org, "crm"),
            mapping=mapping,
            rules=_no_rules,
            clock=self.world.clock,
            new_id=lambda: f"L{next(ids):06}",
            render=lambda message, locale: message.id,
        )
        provision(self.engine)

    def swap(self, **systems: Any) -> None:
        """Put another adapter in one's place."""
        self.engine = replace(self.engine, **systems)

    def round(self, *, wait: float = 60) -> RoundResult:
        """Let time pass, then hear, read and match once."""
        self.wait(seconds=wait)
        result = RoundResult()
        drain(self.engine, result)
        pull(self.engine, result)
        pull_streams(self.engine, result)
        match_pending(self.engine, result)
        return result

    def wait(self, **by: float) -> None:
        """Time passes in both systems."""
        self.world.clock.advance(timedelta(**by))

    def contact(self, **values: str) -> RecordKey:
        """Marketing makes a contact."""
        return RecordKey("marketing", "contacts", str(self.portal.create("contacts", values).id))

    def employed(self, company: RecordKey, **values: str) -> RecordKey:
        """Marketing makes a contact of a company."""
        key = self.contact(**values)
        self.portal.associate(("contacts", key.id), ("companies", company.id))
        return key

    def lead(self, **values: Any) -> RecordKey:
        """Sales makes a lead."""
        filled = {"LastName": "Wang", "Company": "Acme", "Status": "Open - Not Contacted", **values}
        return RecordKey("crm", "Lead", self.org.create("Lead", filled))

    def leads(self) -> int:
        """How many leads live."""
        with self.store.read() as tx:
            return len(list(links.all_lead_ids(tx)))

    def lead_of(self, key: RecordKey) -> str:
        """The lead that a record is."""
        with self.store.read() as tx:
            found = links.links(tx, [key])[key]
            return links.live_lead(tx, found.lead_id) or ""

    def state_of(self, key: RecordKey) -> str:
        """The state of a record's link."""
        with self.store.read() as tx:
            return links.links(tx, [key])[key].state

    def mirrored(self, key: RecordKey) -> mirror.MirrorRow:
        """What Baton holds of a record."""
        with self.store.read() as tx:
            return mirror.mirrored(tx, [key])[key]

    def rows(self, sql: str, **values: str) -> list[Any]:
        """A look at the tables."""
        with self.store.read() as tx:
            return [tuple(row) for row in tx.execute(text(sql), values)]

    def wrote(self, key: RecordKey, **fields: Scalar) -> None:
        """Baton writes fields, and the system takes them."""
        now = self.engine.now()
        with self.store.begin() as tx:
            field_states.record_sent(tx, {key: fields}, at=now, day=now.date())
        self.engine.system(key.connection)
        if key.connection == "marketing":
            self.portal.update(key.object, key.id, {name: str(value) for name, value in fields.items()})
        else:
            self.org.update(key.object, key.id, fields, auto_assign=False)
        with self.store.begin() as tx:
            field_states.record_accepted(tx, {key: fields})


def _no_rules(tx: object) -> Any:
    raise AssertionError("reading asks for no rules")
