"""Workbenches for the contract suite: one sandbox system each, an adapter on it, and the few acts of people that tests need.

A bench hides what the vendors call things, so that one test class serves every adapter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

import connector.hubspot
import connector.salesforce
from connector.hubspot import HubSpotSettings
from connector.ports import RemoteRow, RemoteSystem, Window
from connector.salesforce import SalesforceSettings
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Fault, FaultPlan
from connector.sandbox.http import WireApp
from connector.sandbox.hubspot.app import HubSpotApp
from connector.sandbox.hubspot.portal import DEFAULT_TOKEN, Portal
from connector.sandbox.memory import MemoryOrg, MemoryPortal
from connector.sandbox.salesforce.app import SalesforceApp
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import World
from mappings.records import SystemRole

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Stage(WireApp):
    """Answers with whichever application the running test put on it."""

    def __init__(self) -> None:
        super().__init__(FaultPlan())
        self.app: WireApp | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


@dataclass
class Bench:
    """What every bench offers. `person` is the object of people, `name` its field that tests write."""

    url: str
    stage: Stage
    world: World = field(default_factory=lambda: World(SandboxClock(START)))
    waits: list[float] = field(default_factory=list)
    system: RemoteSystem = field(init=False)

    vendor = ""
    wire = True
    person = ""
    name = ""
    read_path = ""
    write_path = ""
    settings: Any = None

    def __post_init__(self) -> None:
        raise NotImplementedError

    def connect(self, **changes: Any) -> Any:
        """Another adapter on the same system."""
        raise NotImplementedError

    def add(self, names: Sequence[str], *, stamp: datetime | None = None) -> list[str]:
        """Put people in; their ids."""
        raise NotImplementedError

    def rename(self, id_: str, name: str, *, late: timedelta = timedelta(0)) -> None:
        """A person in the CRM changes the field; readers see it only `late` afterwards."""
        raise NotImplementedError

    def remove(self, id_: str) -> None:
        """A person deletes the record."""
        raise NotImplementedError

    def merge(self, winner: str, loser: str) -> None:
        """A person merges two records."""
        raise NotImplementedError

    def stored(self, id_: str) -> str | None:
        """The field as the system holds it."""
        raise NotImplementedError

    def fault(self, effect: Any, *, path: str = ".*", method: str = "*", **more: Any) -> None:
        """Have the sandbox commit a fault."""
        self.world.faults.add(Fault(self.vendor, effect, method=method, path=path, **more))

    def paths(self) -> list[str]:
        """Paths called so far, in order."""
        return [call.path for call in self.stage.app.log.calls] if self.stage.app else []

    def pass_time(self, **by: float) -> datetime:
        """Move the system's clock."""
        return self.world.clock.advance(timedelta(**by))

    def everything(self, since: datetime | None = None, *, after: str = "") -> list[RemoteRow]:
        """All rows that `changed` gives up to now."""
        window = Window(since, self.world.clock.now() + SECOND, after)
        return [row for page in self.system.changed(self.person, window, [self.name]) for row in page.rows]


class HubSpotBench(Bench):
    """A portal on the wire."""

    vendor, person, name = "hubspot", "contacts", "lastname"
    read_path, write_path = r"/contacts(\?|/search|$)", "/batch/update"

    def __post_init__(self) -> None:
        self.portal = Portal(self.world)
        self.stage.app = HubSpotApp(self.portal)
        self.settings = HubSpotSettings("marketing", SecretStr(DEFAULT_TOKEN), url=self.url)
        self.system = self.connect()

    def connect(self, **changes: Any) -> Any:
        settings = replace(self.settings, **changes)
        return connector.hubspot.connect(
            settings,
            clock=self.world.clock,
            sleep=self.waits.append,
            role=SystemRole.MARKETING,
            rng=random.Random(7),
        )

    def add(self, names: Sequence[str], *, stamp: datetime | None = None) -> list[str]:
        return self.portal.load("contacts", [{"lastname": name} for name in names], stamp=stamp)

    def rename(self, id_: str, name: str, *, late: timedelta = timedelta(0)) -> None:
        self.portal.update("contacts", id_, {"lastname": name}, late=late)

    def remove(self, id_: str) -> None:
        self.portal.archive("contacts", id_)

    def merge(self, winner: str, loser: str) -> None:
        self.portal.merge("contacts", winner, loser)

    def stored(self, id_: str) -> str | None:
        return self.portal.get("contacts", id_).properties.get("lastname")


class SalesforceBench(Bench):
    """An org on the wire."""

    vendor, person, name = "salesforce", "Lead", "LastName"
    read_path, write_path = "/queryAll", "/composite/sobjects"

    def __post_init__(self) -> None:
        self.org = Org(self.world)
        self.org.add_field(
            "Lead.Baton_Id__c",
            {"label": "Baton id", "type": "Text", "length": 80, "externalId": True, "unique": True},
            visible=True,
        )
        self.stage.app = SalesforceApp(self.org)
        self.settings = SalesforceSettings("crm", self.url, "sandbox-client", SecretStr("sandbox-secret"))
        self.system = self.connect()

    def connect(self, **changes: Any) -> Any:
        settings = replace(self.settings, **changes)
        return connector.salesforce.connect(
            settings,
            clock=self.world.clock,
            sleep=self.waits.append,
            role=SystemRole.CRM,
            rng=random.Random(7),
        )

    def add(self, names: Sequence[str], *, stamp: datetime | None = None) -> list[str]:
        rows = [{"LastName": name, "Company": "公司", "Status": "Open - Not Contacted"} for name in names]
        wire = f"{stamp or self.world.clock.stamp():%Y-%m-%dT%H:%M:%S.000+0000}"
        return self.org.load("Lead", rows, wire)

    def rename(self, id_: str, name: str, *, late: timedelta = timedelta(0)) -> None:
        self.org.update("Lead", id_, {"LastName": name}, auto_assign=False, late=late)

    def remove(self, id_: str) -> None:
        self.org.delete("Lead", id_)

    def merge(self, winner: str, loser: str) -> None:
        self.org.merge("Lead", winner, [loser])

    def stored(self, id_: str) -> str | None:
        found: str | None = self.org.get("Lead", id_)["LastName"]
        return found


class MemoryPortalBench(HubSpotBench):
    """A portal without a wire."""

    wire = False

    def connect(self, **changes: Any) -> Any:
        return MemoryPortal(self.portal, "marketing")


class MemoryOrgBench(SalesforceBench):
    """An org without a wire."""

    wire = False

    def connect(self, **changes: Any) -> Any:
        return MemoryOrg(self.org, "crm")


BENCHES: dict[str, Callable[[str, Stage], Bench]] = {
    "memory-hubspot": MemoryPortalBench,
    "memory-salesforce": MemoryOrgBench,
    "hubspot": HubSpotBench,
    "salesforce": SalesforceBench,
}
