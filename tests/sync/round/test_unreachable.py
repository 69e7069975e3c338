"""A system that cannot be reached costs a round seconds, not minutes, and is told of once."""

from __future__ import annotations

import random
from typing import Any

from pydantic import SecretStr

import connector.hubspot
import connector.salesforce
from connector.hubspot import HubSpotSettings
from connector.salesforce import SalesforceSettings
from mappings.records import SystemRole
from tests.sync.bench import Desk

NOBODY = "http://127.0.0.1:9"


def test_a_round_ends_soon_when_neither_system_can_be_reached(desk: Desk) -> None:
    desk.hot()
    desk.settle()
    outside: dict[str, Any] = {"clock": desk.world.clock, "sleep": desk._sleep, "rng": random.Random(7)}
    portal = HubSpotSettings("marketing", SecretStr("t"), url=NOBODY)
    org = SalesforceSettings("crm", NOBODY, "client", SecretStr("secret"))
    reachable = desk.engine.marketing, desk.engine.crm
    desk.swap(
        marketing=connector.hubspot.connect(portal, role=SystemRole.MARKETING, **outside),
        crm=connector.salesforce.connect(org, role=SystemRole.CRM, **outside),
    )
    result = desk.round(after=3700)
    assert sum(desk.waits) < 10
    assert [line.count("marketing") + line.count("crm") for line in result.trouble] == [1, 1]
    assert all("see to its address" in line for line in result.trouble)
    assert sum(counts.calls for counts in result.objects.values()) <= 8
    desk.swap(marketing=reachable[0], crm=reachable[1])
    assert desk.round(after=3700).trouble == []
