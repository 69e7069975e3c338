"""Starts a whole sandbox: two systems with state, three servers on loopback, and a thread that delivers their messages."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from connector.sandbox import seed, state
from connector.sandbox.clock import SandboxClock
from connector.sandbox.control import ControlApp
from connector.sandbox.http import RunningServer, serve
from connector.sandbox.hubspot import webhooks
from connector.sandbox.hubspot.app import HubSpotApp
from connector.sandbox.hubspot.portal import DEFAULT_TOKEN, Portal
from connector.sandbox.salesforce import outbound
from connector.sandbox.salesforce.app import SalesforceApp
from connector.sandbox.salesforce.org import Org
from connector.sandbox.world import Switches, World

if TYPE_CHECKING:
    from connector.sandbox.people import Cast

PUMP_SECONDS = 0.2
SAVE_SECONDS = 30.0
OUTBOUND_SECRET = "sandbox-outbound-path"
"""The secret part of the address to which Salesforce's outbound messages go. It opens the sandbox only."""
DATABASE_URL = "sqlite:///baton-sandbox.db"


@dataclass(frozen=True, slots=True)
class Ports:
    """The three ports on 127.0.0.1; 0 takes any free one."""

    hubspot: int = 0
    salesforce: int = 0
    control: int = 0


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """What to start. `start` is the sandbox's present (aware); stories of `leads` end there. A state file that exists is
    taken instead of new stories, and time then goes on from where it was saved, or from `start` where that is later."""

    start: datetime
    leads: int = 0
    seed: int = 1
    running_clock: bool = False
    ports: Ports = Ports()
    state_file: Path | None = None
    switches: Switches = field(default_factory=Switches)


class Sandbox:
    """A running sandbox. `portal` and `org` may be used directly, under `world.lock` where several calls belong together."""

    def __init__(self, plan: SandboxPlan) -> None:
        saved = state.read_state(plan.state_file) if plan.state_file and plan.state_file.exists() else None
        if saved is not None:
            present = max(state.saved_time(saved), plan.start.astimezone(UTC))
            number, switches = saved["seed"], state.saved_switches(saved)
        else:
            present, number, switches = plan.start, plan.seed, plan.switches
        # Setting up an empty system takes a few ticks of the clock: they lie before the present, not after it.
        self.world = World(SandboxClock(seed.beginning(present, plan.leads)), number, switches=switches)
        self.portal = Portal(self.world)
        self.org = Org(self.world)
        if saved is not None:
            self.portal.restore(saved["hubspot"])
            self.org.restore(saved["salesforce"])
        else:
            seed.tell(self.portal, self.org, count=plan.leads, now=plan.start)
        self.world.clock.advance(max(present - self.world.clock.now(), timedelta(0)))
        self._state_file = plan.state_file
        self._stopping = Event()
        if plan.running_clock:
            self.world.clock.run(time.monotonic)
        self.hubspot_app = HubSpotApp(self.portal)
        self.salesforce_app = SalesforceApp(self.org)
        self.control_app = ControlApp(self.portal, self.org, (self.hubspot_app, self.salesforce_app))
        for app in (self.hubspot_app, self.salesforce_app, self.control_app):
            app.log.keep = (
                False  # counts are kept; whole calls would fill the memory of a sandbox that runs for days
            )
        self._servers = self._serve(plan.ports)
        self._saved_moves = self.world.clock.moves if saved is not None else -1
        self._pump = Thread(target=self._keep_going, daemon=True)
        self._pump.start()

    def _serve(self, ports: Ports) -> list[RunningServer]:
        servers: list[RunningServer] = []
        pairs = (
            (self.hubspot_app, ports.hubspot),
            (self.salesforce_app, ports.salesforce),
            (self.control_app, ports.control),
        )
        try:
            for app, port in pairs:
                servers.append(serve(app, port))
        except OSError:
            for server in servers:
                server.stop()
            raise
        return servers

    @property
    def hubspot_url(self) -> str:
        """Where the portal's API answers."""
        return self._servers[0].url

    @property
    def salesforce_url(self) -> str:
        """Where the org's API answers."""
        return self._servers[1].url

    @property
    def control_url(self) -> str:
        """Where the sandbox itself is controlled."""
        return self._servers[2].url

    @property
    def people(self) -> Cast:
        """Who can be made to act, without going over the control port."""
        return self.control_app.cast

    def env(self, database_url: str = DATABASE_URL) -> dict[str, str]:
        """Every setting that Baton needs to work on this sandbox."""
        hooks = self.portal.webhooks.settings
        return {
            "BATON_DATABASE_URL": database_url,
            "BATON_MARKETING": "hubspot",
            "BATON_MARKETING_URL": self.hubspot_url,
            "BATON_MARKETING_TOKEN": DEFAULT_TOKEN,
            "BATON_MARKETING_WEBHOOK_SECRET": hooks.secret,
            "BATON_MARKETING_APP_ID": str(hooks.app_id),
            "BATON_MARKETING_SEARCHES_PER_SECOND": "0"
            if not self.world.switches.enforce_rate_limits
            else "4.5",
            "BATON_CRM": "salesforce",
            "BATON_CRM_URL": self.salesforce_url,
            "BATON_CRM_CLIENT_ID": self.salesforce_app.client_id,
            "BATON_CRM_CLIENT_SECRET": self.salesforce_app.client_secret,
            "BATON_CRM_ORGANIZATION_ID": self.org.org_id,
            "BATON_CRM_WEBHOOK_SECRET": OUTBOUND_SECRET,
            "BATON_CLOCK_URL": self.control_url,
        }

    def save(self) -> bool:
        """Write the state file, if there is one and something changed since; whether it was written."""
        moves = self.world.clock.moves
        if self._state_file is None or moves == self._saved_moves:
            return False
        state.write_state(self._state_file, self.world, self.portal, self.org)
        self._saved_moves = moves
        return True

    def pump(self) -> None:
        """Deliver what is due now. The sandbox does it by itself five times a second."""
        self.portal.webhooks.pump(webhooks.post)
        self.org.outbound.pump(outbound.post)

    def _keep_going(self) -> None:
        since = 0.0
        while not self._stopping.wait(PUMP_SECONDS):
            self.pump()
            since += PUMP_SECONDS
            if since >= SAVE_SECONDS:
                since = 0.0
                self.save()

    def stop(self) -> None:
        """Stop delivering and answering, free the ports, save."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._pump.join(timeout=10)
        for server in self._servers:
            server.stop()
        self.save()


def start(plan: SandboxPlan) -> Sandbox:
    """Start a sandbox; it answers when this returns. Raises StateFileError, or OSError for a taken port."""
    return Sandbox(plan)
